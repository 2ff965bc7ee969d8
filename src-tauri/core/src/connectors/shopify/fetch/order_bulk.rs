//! Bulk runs over orders: ask, poll, fetch the file, read it group by group (contract section 5).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::documents::{BULK_POLL, BULK_RUN, bulk_orders};
use super::envelope::Envelope;
use super::search;
use crate::connectors::fetch::{Framing, Remote, Step, StreamCtx};
use crate::net::{NetError, is_loopback};

/// Longest pause between two polls, seconds.
const LONGEST_PAUSE: i64 = 30;
/// Pause while all places for bulk runs are taken, seconds, and how often to wait.
const BUSY_PAUSE: i64 = 30;
const BUSY_TRIES: u32 = 10;
/// Attempts at one span before it is halved or read by pages.
const TRIES: u32 = 3;
/// Seconds after which a run that does not end is given up.
const PATIENCE: i64 = 6 * 3_600;

/// A bulk run over the orders last changed in `[from, to)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Bulk {
    pub(super) from: i64,
    pub(super) to: i64,
    phase: Phase,
    /// Failed attempts at this span.
    tries: u32,
    /// It was asked for without sales agreements.
    #[serde(default)]
    pub(super) bare: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Phase {
    /// Not asked for yet; `busy` times all places were taken.
    Ask { busy: u32, not_before: i64 },
    /// Asked for.
    Poll {
        id: String,
        since: i64,
        not_before: i64,
        pause: i64,
        done: u64,
    },
    /// The file is ready.
    Read {
        id: String,
        url: String,
        objects: Option<u64>,
        /// Orders among them.
        #[serde(default)]
        roots: Option<u64>,
        bytes: Option<u64>,
        done: u64,
    },
}

/// What an answer made of a bulk run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// It goes on.
    On,
    /// It found nothing, or everything of it is read: the span is covered.
    Empty,
    /// It failed: try a shorter span, or pages.
    Shorter,
    /// The platform does not run it: pages from here on.
    Never,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    object_count: Option<Value>,
    #[serde(default)]
    root_object_count: Option<Value>,
    #[serde(default)]
    file_size: Option<Value>,
    #[serde(default)]
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    #[serde(default)]
    bulk_operation: Option<Operation>,
    #[serde(default)]
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
struct UserError {
    #[serde(default)]
    code: Option<String>,
}

/// Counts come as text.
fn count(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        _ => None,
    }
}

impl Bulk {
    pub(super) fn new(from: i64, to: i64) -> Self {
        Bulk {
            from,
            to,
            phase: Phase::Ask { busy: 0, not_before: 0 },
            tries: 0,
            bare: false,
        }
    }

    /// What comes next; a run that is to be asked for is `agreed` if it is to bring sales agreements.
    pub(super) fn step(&self, ctx: &StreamCtx<'_>, agreed: bool) -> Result<Step, NetError> {
        let wait = |until: i64| Step::Wait(std::time::Duration::from_secs((until - ctx.now).unsigned_abs()));
        match &self.phase {
            Phase::Ask { not_before, .. } | Phase::Poll { not_before, .. } if ctx.now < *not_before => {
                Ok(wait(*not_before))
            }
            Phase::Ask { .. } => {
                let inner = bulk_orders(&search::between("updated_at", self.from, self.to), agreed);
                BULK_RUN.call(ctx.remote, json!({ "q": inner }), &[])
            }
            Phase::Poll { id, .. } => BULK_POLL.call(ctx.remote, json!({ "id": id }), &[]),
            Phase::Read {
                id,
                url,
                objects,
                bytes,
                done,
                ..
            } => match ctx.spool {
                Some(spool) if spool.name == id => Ok(Step::Drain { from: *done }),
                _ => Ok(Step::Download {
                    request: plain_get(ctx.remote, url)?,
                    name: id.clone(),
                    framing: Framing::JsonLines {
                        id: "id",
                        parent: "__parentId",
                    },
                    lines: *objects,
                    bytes: *bytes,
                }),
            },
        }
    }

    /// Takes an answer to asking or polling in.
    pub(super) fn came(&mut self, envelope: &Envelope<'_>, now: i64) -> Turn {
        match &self.phase {
            Phase::Ask { busy, .. } => {
                let run: Option<Run> = envelope
                    .root("bulkOperationRunQuery")
                    .and_then(|root| serde_json::from_str(root.get()).ok());
                let Some(run) = run else { return Turn::Never };
                if let Some(operation) = run.bulk_operation.filter(|_| run.user_errors.is_empty()) {
                    self.phase = Phase::Poll {
                        id: operation.id,
                        since: now,
                        not_before: now + 1,
                        pause: 1,
                        done: 0,
                    };
                    return Turn::On;
                }
                // Another program, or a run of ours that was cut off, holds every place (failure 18).
                let taken = run
                    .user_errors
                    .iter()
                    .any(|error| error.code.as_deref() == Some("OPERATION_IN_PROGRESS"));
                if !taken || *busy + 1 >= BUSY_TRIES {
                    return Turn::Never;
                }
                self.phase = Phase::Ask {
                    busy: busy + 1,
                    not_before: now + BUSY_PAUSE,
                };
                Turn::On
            }
            Phase::Poll {
                id, since, pause, done, ..
            } => {
                let operation: Option<Operation> = envelope
                    .root("bulkOperation")
                    .and_then(|root| serde_json::from_str(root.get()).ok());
                let Some(operation) = operation else {
                    return self.again();
                };
                match operation.status.as_str() {
                    "CREATED" | "RUNNING" | "CANCELING" if *since == 0 || now - since < PATIENCE => {
                        let next = (pause * 2).min(LONGEST_PAUSE);
                        self.phase = Phase::Poll {
                            id: id.clone(),
                            since: *since,
                            not_before: now + next,
                            pause: next,
                            done: *done,
                        };
                        Turn::On
                    }
                    "COMPLETED" => match (operation.url, count(operation.object_count.as_ref())) {
                        (None, None | Some(0)) => Turn::Empty,
                        (None, Some(_)) => self.again(),
                        (Some(url), objects) => {
                            let bytes = count(operation.file_size.as_ref());
                            self.phase = Phase::Read {
                                id: id.clone(),
                                url,
                                objects,
                                roots: count(operation.root_object_count.as_ref()),
                                bytes,
                                done: *done,
                            };
                            Turn::On
                        }
                    },
                    "CANCELED" | "EXPIRED" => self.again(),
                    // Which field is refused only a page says.
                    "FAILED" if operation.error_code.as_deref() == Some("ACCESS_DENIED") => Turn::Never,
                    _ => Turn::Shorter,
                }
            }
            Phase::Read { .. } => Turn::On,
        }
    }

    /// Whether the run has not been asked for yet: the answer to that names it, and must be stored.
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.phase, Phase::Ask { .. })
    }

    /// Whether the file is ready, or being read.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self.phase, Phase::Read { .. })
    }

    /// Forgets the file's address, which is signed and so as good as a password; the run's own record gives it again.
    pub(super) fn redact(&mut self) {
        if let Phase::Read { id, done, .. } = &self.phase {
            self.phase = Phase::Poll {
                id: id.clone(),
                since: 0,
                not_before: 0,
                pause: 1,
                done: *done,
            };
        }
    }

    /// Takes note of groups that were read. A file with fewer orders than the run has found is asked for again.
    pub(super) fn drained(&mut self, until: u64, last: bool) -> Turn {
        match &mut self.phase {
            Phase::Read { roots: Some(roots), .. } if last && until < *roots => return self.again(),
            Phase::Read { done, .. } => *done = until,
            Phase::Ask { .. } | Phase::Poll { .. } => {}
        }
        if last { Turn::Empty } else { Turn::On }
    }

    /// Orders that came so far.
    pub(super) fn brought(&self) -> u64 {
        match &self.phase {
            Phase::Read { done, .. } => *done,
            Phase::Ask { .. } | Phase::Poll { .. } => 0,
        }
    }

    /// The file could not be had or is not what was announced: a fresh address first, then a fresh run, then another way.
    pub(super) fn mislaid(&mut self, now: i64) -> Turn {
        self.tries += 1;
        match &self.phase {
            _ if self.tries >= TRIES * 2 => Turn::Shorter,
            Phase::Read { .. } if self.tries.is_multiple_of(TRIES) => {
                self.phase = Phase::Ask { busy: 0, not_before: 0 };
                Turn::On
            }
            Phase::Read { id, done, .. } => {
                // The address is signed and dies; the run's own record gives a fresh one.
                self.phase = Phase::Poll {
                    id: id.clone(),
                    since: now,
                    not_before: now,
                    pause: 1,
                    done: *done,
                };
                Turn::On
            }
            Phase::Ask { .. } | Phase::Poll { .. } => Turn::On,
        }
    }

    /// Asks for the same span again, a bounded number of times.
    fn again(&mut self) -> Turn {
        self.tries += 1;
        if self.tries >= TRIES {
            return Turn::Shorter;
        }
        self.phase = Phase::Ask { busy: 0, not_before: 0 };
        Turn::On
    }
}

/// A request without credential for a signed address: https, or plain http where the shop itself is on this machine.
fn plain_get(remote: &Remote, url: &str) -> Result<http::Request<bytes::Bytes>, NetError> {
    let parsed = url::Url::parse(url).map_err(|_| NetError::defect("Shopify gave an unreadable address of a file."))?;
    let simulated = remote.base.scheme() == "http" && parsed.host_str().is_some_and(is_loopback);
    if parsed.scheme() != "https" && !simulated {
        return Err(NetError::defect(
            "Shopify gave an address of a file without a secure connection.",
        ));
    }
    http::Request::get(url)
        .body(bytes::Bytes::new())
        .map_err(|_| NetError::defect("Shopify gave an unusable address of a file."))
}

#[cfg(test)]
#[path = "order_bulk_tests.rs"]
mod tests;
