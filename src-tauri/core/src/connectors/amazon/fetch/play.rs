//! Plays streams against an invented account, without network and without a runner: tests of what is asked and what comes of it.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{AmazonFetcher, operations};
use crate::connectors::RawRecord;
use crate::connectors::fetch::{
    Batch, Fetcher, Framing, Mishap, Note, Remote, SpoolInfo, Step, StreamCtx, StreamState, Verdict,
};
use crate::net::NetError;
use crate::net::limiter::Limiter;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const US: &str = "ATVPDKIKX0DER";
pub(crate) const CA: &str = "A2EUQ1WTGCTBG2";

/// A second as Amazon writes it.
pub(crate) fn time(second: i64) -> String {
    super::calls::time(second)
}

/// The usual other end.
pub(crate) fn remote() -> Remote {
    Remote {
        base: "https://sellingpartnerapi-na.amazon.com/".parse().expect("an address"),
        account: Some("na:A2SELLER".into()),
        scopes: Vec::new(),
        version: "2026-01-01".into(),
        outlets: vec![US.to_owned()],
    }
}

/// A question, as Amazon gets it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) now: i64,
}

impl Call {
    fn of(request: &Request<Bytes>, now: i64) -> Call {
        let query = request.uri().query().unwrap_or_default();
        Call {
            path: request.uri().path().trim_start_matches('/').to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: serde_json::from_slice(request.body()).unwrap_or(Value::Null),
            now,
        }
    }

    /// A parameter, empty where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }
}

/// The other end of a played stream.
pub(crate) struct Play {
    pub(crate) now: i64,
    pub(crate) remote: Remote,
    pub(crate) since: Option<i64>,
    /// A new process after every stored page: the state goes through its stored form and begins a run.
    pub(crate) restart: bool,
    /// Keys that are stored.
    pub(crate) known: Vec<String>,
    /// Seconds that pass with each call.
    pub(crate) pace: i64,
}

impl Default for Play {
    fn default() -> Self {
        Play {
            now: NOW,
            remote: remote(),
            since: None,
            restart: false,
            known: Vec::new(),
            pace: 1,
        }
    }
}

/// What came of a played run.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) state: StreamState,
    pub(crate) records: Vec<RawRecord>,
    pub(crate) notes: Vec<Note>,
    pub(crate) asked: Vec<Call>,
    /// Addresses of the files that were fetched.
    pub(crate) files: Vec<String>,
    pub(crate) framings: Vec<Framing>,
    pub(crate) waited: i64,
    pub(crate) left: Vec<Option<u64>>,
    pub(crate) total: Option<u64>,
    pub(crate) now: i64,
}

impl Played {
    /// The calls whose path holds `part`.
    pub(crate) fn calls(&self, part: &str) -> Vec<&Call> {
        self.asked.iter().filter(|call| call.path.contains(part)).collect()
    }

    pub(crate) fn keys(&self) -> Vec<&str> {
        self.records.iter().map(|record| record.key.as_str()).collect()
    }

    pub(crate) fn codes(&self) -> Vec<&str> {
        self.notes.iter().map(|note| note.code.as_str()).collect()
    }
}

/// A good answer.
pub(crate) fn ok(value: Value) -> (u16, Value) {
    (200, value)
}

/// What stands at an address: the groups that a spool would cut, or a status.
pub(crate) type Stored = Result<Vec<String>, u16>;

impl Play {
    fn ctx<'a>(
        &'a self,
        stream: &'static str,
        limits: &'a Limiter,
        now: i64,
        spool: Option<SpoolInfo<'a>>,
    ) -> StreamCtx<'a> {
        StreamCtx {
            stream,
            remote: &self.remote,
            now,
            limits,
            spool,
            since: self.since,
        }
    }

    /// Runs `stream` from `stored` to its end; `respond` answers calls, `file` gives files.
    pub(crate) fn run(
        &self,
        stream: &'static str,
        stored: Option<&StreamState>,
        mut respond: impl FnMut(&Call) -> (u16, Value),
        mut file: impl FnMut(&str) -> Stored,
    ) -> Result<Played, NetError> {
        let fetcher = AmazonFetcher;
        let mut limits = Limiter::default();
        limits.declare(operations::LIMITS, 0);
        let mut played = Played::default();
        let mut now = self.now;
        let mut spool: Option<(String, Vec<String>)> = None;
        let mut kept: Option<(i64, Vec<RawRecord>)> = None;
        let mut state = fetcher.begin(&self.ctx(stream, &limits, now, None), stored)?;
        for _ in 0..10_000 {
            let at_hand = spool.clone();
            let info = at_hand.as_ref().map(|(name, groups)| SpoolInfo {
                name,
                groups: groups.len() as u64,
            });
            let ctx = self.ctx(stream, &limits, now, info);
            let page = match fetcher.next(&ctx, &state)? {
                Step::Done => {
                    played.state = fetcher.stored(stream, &state);
                    played.now = now;
                    return Ok(played);
                }
                Step::Wait(time) => {
                    let seconds = i64::try_from(time.as_secs()).expect("a short wait");
                    now += seconds;
                    played.waited += seconds;
                    continue;
                }
                Step::Download {
                    request, name, framing, ..
                } => {
                    assert!(
                        request.headers().is_empty(),
                        "a file is asked for without a header of ours"
                    );
                    let address = request.uri().to_string();
                    played.files.push(address.clone());
                    played.framings.push(framing);
                    match file(&address) {
                        Ok(groups) => spool = Some((name, groups)),
                        Err(status) => {
                            state = follow(fetcher.stumble(&ctx, &state, &Mishap::Refused(status)))?;
                            spool = None;
                        }
                    }
                    continue;
                }
                Step::Drain { from } => {
                    let (_, groups) = at_hand.as_ref().expect("a file at hand");
                    let start = usize::try_from(from).expect("a small file");
                    let some: Vec<Vec<u8>> = groups
                        .iter()
                        .skip(start)
                        .take(2)
                        .map(|g| g.clone().into_bytes())
                        .collect();
                    let last = start + some.len() >= groups.len();
                    if last {
                        spool = None;
                    }
                    fetcher.read(
                        &ctx,
                        &state,
                        Batch::Groups {
                            from,
                            groups: some,
                            last,
                        },
                    )?
                }
                Step::Known { .. } => fetcher.read(&ctx, &state, Batch::Known(self.known.clone()))?,
                Step::Compare { .. } => panic!("nothing is compared"),
                Step::Call { request, .. } => {
                    now += self.pace;
                    let call = Call::of(&request, now);
                    let (status, body) = respond(&call);
                    played.asked.push(call);
                    let answer = http::Response::builder()
                        .status(status)
                        .body(Bytes::from(body.to_string()))
                        .expect("an answer");
                    match fetcher.classify(&ctx, &state, &request, &answer) {
                        Verdict::Accept => {
                            let batch = Batch::Answer {
                                request: &request,
                                answer: &answer,
                                took: std::time::Duration::ZERO,
                            };
                            fetcher.read(&ctx, &state, batch)?
                        }
                        verdict => {
                            state = follow(verdict)?;
                            continue;
                        }
                    }
                }
            };
            played.left.push(page.measure.left);
            played.total = page.measure.total.or(played.total);
            played.notes.extend(page.notes);
            state = page.state;
            let whole = match page.together {
                None => {
                    played.records.extend(page.records);
                    true
                }
                Some(together) => {
                    match &mut kept {
                        Some((pass, records)) if *pass == together.pass => records.extend(page.records),
                        other => *other = Some((together.pass, page.records)),
                    }
                    if together.last {
                        played.records.extend(kept.take().expect("a pass").1);
                    }
                    together.last
                }
            };
            let over = matches!(fetcher.next(&self.ctx(stream, &limits, now, None), &state)?, Step::Done);
            if self.restart && whole && !page.transient && !over {
                let text = serde_json::to_string(&fetcher.stored(stream, &state)).expect("a state serialises");
                let again: StreamState = serde_json::from_str(&text).expect("and comes back");
                state = fetcher.begin(&self.ctx(stream, &limits, now, None), Some(&again))?;
                spool = None;
            }
        }
        panic!("the stream {stream} does not end");
    }
}

/// Another way, or the failure.
fn follow(verdict: Verdict) -> Result<StreamState, NetError> {
    match verdict {
        Verdict::Restate { state, .. } => Ok(state),
        Verdict::Skip { why } | Verdict::Fail(why) | Verdict::Refresh { why } | Verdict::Retry { why, .. } => Err(why),
        Verdict::Accept => panic!("accepted"),
    }
}

/// Amazon's workshop of reports: makes every report at once, unless told otherwise.
#[derive(Default)]
pub(crate) struct Workshop {
    /// Orders that were given, as they came.
    pub(crate) orders: Vec<Value>,
    /// State of the report with this number (from 1); DONE otherwise.
    pub(crate) states: Vec<(usize, &'static str)>,
    /// Polls after which a report leaves the queue.
    pub(crate) slow: usize,
    polls: usize,
}

impl Workshop {
    /// Answers what concerns reports; `None` for other calls.
    pub(crate) fn answer(&mut self, call: &Call) -> Option<(u16, Value)> {
        let rest = call.path.strip_prefix("reports/2021-06-30/")?;
        if let Some(document) = rest.strip_prefix("documents/") {
            let url = format!("https://storage.example/{document}?at={}", call.now);
            return Some(ok(json!({ "reportDocumentId": document, "url": url })));
        }
        if let Some(id) = rest.strip_prefix("reports/") {
            self.polls += 1;
            let number: usize = id.trim_start_matches('r').parse().expect("a report");
            let state = self
                .states
                .iter()
                .find(|(n, _)| *n == number)
                .map_or("DONE", |(_, state)| state);
            return Some(ok(match state {
                _ if self.polls <= self.slow => json!({ "reportId": id, "processingStatus": "IN_PROGRESS" }),
                "CANCELLED" => json!({ "reportId": id, "processingStatus": "CANCELLED" }),
                state => json!({ "reportId": id, "processingStatus": state, "reportDocumentId": format!("d{number}") }),
            }));
        }
        if call.body.is_null() {
            return Some(ok(json!({ "reports": [] })));
        }
        self.orders.push(call.body.clone());
        Some((202, json!({ "reportId": format!("r{}", self.orders.len()) })))
    }
}
