//! A file that Amazon makes when asked: a report, or the answer to a Data Kiosk query (contract sections 3.6 and 3.8). Look whether
//! it is there, ask for it, ask how far it is, get its address, fetch it, read it. Every step but the last two survives a restart;
//! the signed address is never stored.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::calls::{self, get, post, second_of, time};
use super::classify::clean;
use super::flow::{Trouble, misshapen, shaped};
use super::operations::Operation;
use crate::connectors::fetch::{Batch, Framing, Step, StreamCtx};
use crate::net::NetError;

/// Seconds for which a signed address is used; it ends after 300 (failure 23).
const ADDRESS_LIFE: i64 = 270;
/// Seconds between two looks at a file that is being made; the last goes on.
const POLLS: [i64; 4] = [15, 30, 60, 120];
/// Seconds after which a file that was asked for is given up: documents are kept for weeks, but not for ever.
const GIVEN_UP: i64 = 3 * 86_400;
/// Most bytes of the text that says why a file could not be made.
const REASON: usize = 1 << 20;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wanted {
    /// A report of one marketplace: of several only the first would be delivered (failure 42).
    Report {
        kind: String,
        marketplace: String,
        /// Span of UTC seconds, where the report has one.
        span: Option<(i64, i64)>,
        options: BTreeMap<String, String>,
    },
    /// A query and, for a further part of its answer, the token of that part.
    Query { text: String, token: Option<String> },
}

/// Where an errand stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Errand {
    wanted: Wanted,
    /// It is to be looked for before it is asked for.
    look: bool,
    /// Seconds to a look before the usual ones, where the file before this one was there at the first.
    #[serde(default)]
    sooner: Option<i64>,
    /// It was asked for here, and not found.
    #[serde(default)]
    own: bool,
    /// Its number, once asked for.
    id: Option<String>,
    /// When it was asked for, UTC second.
    asked_at: i64,
    /// When the wait of this run for it began.
    waiting_since: i64,
    polls: u32,
    /// When it was looked at last.
    polled_at: i64,
    /// Its document, once made.
    document: Option<String>,
    /// The document says why there is no file.
    fatal: bool,
    /// Token of the next part of a query's answer.
    next_part: Option<String>,
    /// The signed address and when it was got. Never stored.
    address: Option<(String, i64)>,
    /// Groups that are read.
    read: u64,
}

/// How an errand goes on after a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// It is not at its end.
    Going,
    /// Groups of the file, to be read now; `last`: the errand ends with them.
    Groups { last: bool },
    /// The file was made, and holds nothing.
    Empty,
    /// Cancelled: by someone, for nothing to report, or asked for too soon. No proof of zero (failure 21).
    Cancelled,
    /// It cannot be made, for this reason (failure 22).
    Fatal(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    processing_status: String,
    #[serde(default, alias = "dataDocumentId")]
    report_document_id: Option<String>,
    #[serde(default)]
    error_document_id: Option<String>,
    #[serde(default)]
    pagination: Option<Next>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Next {
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Created {
    #[serde(alias = "reportId", alias = "queryId")]
    id: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(alias = "documentUrl")]
    url: String,
}

#[derive(Deserialize)]
struct Shelf {
    #[serde(default)]
    reports: Vec<Found>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    report_id: String,
    report_type: String,
    processing_status: String,
    #[serde(default)]
    marketplace_ids: Option<Vec<String>>,
    #[serde(default)]
    data_start_time: Option<String>,
    #[serde(default)]
    data_end_time: Option<String>,
    #[serde(default)]
    created_time: Option<String>,
}

impl Errand {
    /// Goes for `wanted`; `look`: one that was made a moment ago may be used.
    pub(super) fn new(wanted: Wanted, look: bool, now: i64) -> Self {
        Errand {
            look: look && matches!(wanted, Wanted::Report { .. }),
            sooner: None,
            own: false,
            wanted,
            id: None,
            asked_at: now,
            waiting_since: now,
            polls: 0,
            polled_at: now,
            document: None,
            fatal: false,
            next_part: None,
            address: None,
            read: 0,
        }
    }

    /// The same with a look as soon as [`Errand::pace`] of the one before said.
    pub(super) fn sooner(self, pace: Option<i64>) -> Self {
        Errand { sooner: pace, ..self }
    }

    /// How soon the next file may be looked for: a fifth of the time after which this one was there, if that was the first look. An
    /// end that makes files at once is soon not waited for, and one that does not is asked no more often than usual.
    pub(super) fn pace(&self) -> Option<i64> {
        let prompt = self.own && self.polls == 1;
        prompt.then(|| ((self.polled_at - self.asked_at) / 5).clamp(0, POLLS[0]))
    }

    /// Seconds between the last look and the next.
    fn pause(&self) -> i64 {
        let polls = usize::try_from(self.polls).unwrap_or(usize::MAX);
        let usual = |nth: usize| POLLS[nth.min(POLLS.len() - 1)];
        match self.sooner {
            Some(pause) if polls == 0 => pause,
            Some(_) => usual(polls - 1),
            None => usual(polls),
        }
    }

    /// Fetches the document of a report that Amazon made by itself.
    pub(super) fn of_document(kind: &str, report: &str, document: &str, now: i64) -> Self {
        let wanted = Wanted::Report {
            kind: kind.to_owned(),
            marketplace: String::new(),
            span: None,
            options: BTreeMap::new(),
        };
        Errand {
            id: Some(report.to_owned()),
            document: Some(document.to_owned()),
            ..Errand::new(wanted, false, now)
        }
    }

    /// A new run goes on with it.
    pub(super) fn resume(&mut self, now: i64) {
        self.waiting_since = now;
        // The document is the same, and is cut in the same way: what was read of it stays read.
        self.address = None;
    }

    /// Whether it was asked for so long ago that it is not waited for any more.
    pub(super) fn is_stale(&self, now: i64) -> bool {
        now - self.asked_at > GIVEN_UP
    }

    /// When it was asked for, if Amazon is still making it.
    pub(super) fn awaited(&self) -> Option<i64> {
        (self.id.is_some() && self.document.is_none()).then_some(self.asked_at)
    }

    /// Whether this run has waited for it long enough; the next one goes on.
    pub(super) fn is_late(&self, patience: i64, now: i64) -> bool {
        self.document.is_none() && self.id.is_some() && now - self.waiting_since > patience
    }

    /// The token of a further part, where the file was only one (failure 38).
    pub(super) fn next_part(&self) -> Option<&str> {
        self.next_part.as_deref()
    }

    /// Takes out what must not be stored.
    pub(super) fn redact(&mut self) {
        self.address = None;
    }

    /// Another way after trouble; `false` if there is none.
    pub(super) fn evade(&mut self, trouble: Trouble, now: i64) -> bool {
        match trouble {
            Trouble::Storage => self.readdress(),
            Trouble::Refused => self.restart(now),
            Trouble::Denied => false,
        }
    }

    /// Gets a new address for its file; `false` if there is no file yet.
    pub(super) fn readdress(&mut self) -> bool {
        self.address.take().is_some()
    }

    /// Its number or document is not known any more: it is asked for anew. `false` if it was not asked for.
    fn restart(&mut self, now: i64) -> bool {
        let known = self.id.is_some();
        *self = Errand::new(self.wanted.clone(), false, now);
        known
    }

    /// What comes next. `framing` is how the file is cut.
    pub(super) fn next(&self, ctx: &StreamCtx<'_>, framing: Framing) -> Result<Step, NetError> {
        let Some(document) = &self.document else {
            return self.before(ctx);
        };
        if let Some(file) = ctx.spool.filter(|file| file.name == document) {
            return Ok(Step::Drain {
                from: self.read.min(file.groups),
            });
        }
        if let Some((address, _)) = self.address.as_ref().filter(|(_, at)| ctx.now - at < ADDRESS_LIFE) {
            return Ok(Step::Download {
                request: calls::file(address)?,
                name: document.clone(),
                framing: match self.fatal {
                    true => Framing::Whole { most: REASON },
                    false => framing,
                },
                lines: None,
                bytes: None,
            });
        }
        match self.wanted {
            Wanted::Report { .. } => {
                let path = format!("reports/2021-06-30/documents/{document}");
                get(ctx, Operation::ReportDocument, &path, &[])
            }
            Wanted::Query { .. } => {
                let path = format!("dataKiosk/2023-11-15/documents/{document}");
                get(ctx, Operation::QueryDocument, &path, &[])
            }
        }
    }

    /// What comes before there is a document.
    fn before(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        let Some(id) = &self.id else {
            return match &self.wanted {
                Wanted::Report { kind, marketplace, .. } if self.look => {
                    let since = time(ctx.now - 6 * 3_600);
                    let pairs = [
                        ("reportTypes", kind.as_str()),
                        ("marketplaceIds", marketplace),
                        ("createdSince", &since),
                        ("pageSize", "100"),
                    ];
                    get(ctx, Operation::GetReports, "reports/2021-06-30/reports", &pairs)
                }
                Wanted::Report { .. } => post(
                    ctx,
                    Operation::CreateReport,
                    "reports/2021-06-30/reports",
                    &self.order(),
                ),
                Wanted::Query { .. } => post(
                    ctx,
                    Operation::CreateQuery,
                    "dataKiosk/2023-11-15/queries",
                    &self.order(),
                ),
            };
        };
        let left = self.polled_at + self.pause() - ctx.now;
        if left > 0 {
            return Ok(Step::Wait(Duration::from_secs(left.unsigned_abs())));
        }
        match self.wanted {
            Wanted::Report { .. } => {
                let path = format!("reports/2021-06-30/reports/{id}");
                get(ctx, Operation::GetReport, &path, &[])
            }
            Wanted::Query { .. } => {
                let path = format!("dataKiosk/2023-11-15/queries/{id}");
                get(ctx, Operation::GetQuery, &path, &[])
            }
        }
    }

    /// What is sent to have it made.
    fn order(&self) -> serde_json::Value {
        match &self.wanted {
            Wanted::Report {
                kind,
                marketplace,
                span,
                options,
            } => {
                let mut order = json!({ "reportType": kind, "marketplaceIds": [marketplace] });
                if let Some((from, to)) = span {
                    order["dataStartTime"] = time(*from).into();
                    order["dataEndTime"] = time(*to).into();
                }
                if !options.is_empty() {
                    order["reportOptions"] = json!(options);
                }
                order
            }
            Wanted::Query { text, token } => {
                let mut order = json!({ "query": text });
                if let Some(token) = token {
                    order["paginationToken"] = token.as_str().into();
                }
                order
            }
        }
    }

    /// Whether a report that was found is the wanted one, and worth waiting for.
    fn is(&self, found: &Found) -> bool {
        let Wanted::Report {
            kind,
            marketplace,
            span,
            ..
        } = &self.wanted
        else {
            return false;
        };
        let second = |text: &Option<String>| text.as_deref().and_then(second_of);
        let same_span = match span {
            Some((from, to)) => {
                (second(&found.data_start_time), second(&found.data_end_time)) == (Some(*from), Some(*to))
            }
            // Without a span it tells of the moment it was made: half an hour is what Amazon takes for the same.
            None => second(&found.created_time).is_some_and(|at| at > self.asked_at - 1_800),
        };
        let only = found.marketplace_ids.as_deref().unwrap_or_default();
        found.report_type == *kind
            && only == [marketplace.clone()]
            && same_span
            && !["CANCELLED", "FATAL"].contains(&found.processing_status.as_str())
    }

    /// Takes a batch in.
    pub(super) fn read(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>) -> Result<After, NetError> {
        match batch {
            Batch::Groups { groups, .. } if self.fatal => {
                let text = groups.first().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                Ok(After::Fatal(clean(text.unwrap_or_default().trim())))
            }
            Batch::Groups { from, groups, last } => {
                self.read = from + groups.len() as u64;
                Ok(After::Groups { last: *last })
            }
            Batch::Answer { answer, .. } if self.document.is_some() => {
                let document: Document = shaped(answer, "url")?;
                self.address = Some((document.url, ctx.now));
                Ok(After::Going)
            }
            Batch::Answer { answer, .. } if self.id.is_some() => {
                let state: State = shaped(answer, "processingStatus")?;
                self.polls += 1;
                self.polled_at = ctx.now;
                match state.processing_status.as_str() {
                    "DONE" => {
                        self.next_part = state.pagination.unwrap_or_default().next_token;
                        self.document = state.report_document_id;
                        Ok(match self.document {
                            Some(_) => After::Going,
                            None => After::Empty,
                        })
                    }
                    "CANCELLED" => Ok(After::Cancelled),
                    "FATAL" => {
                        self.fatal = true;
                        self.document = state.error_document_id.or(state.report_document_id);
                        Ok(match self.document {
                            Some(_) => After::Going,
                            None => After::Fatal("Amazon gives no reason".into()),
                        })
                    }
                    // IN_QUEUE, IN_PROGRESS, and what may be added to them.
                    _ => Ok(After::Going),
                }
            }
            Batch::Answer { answer, .. } if self.look => {
                self.look = false;
                let shelf: Shelf = shaped(answer, "reports")?;
                if let Some(found) = shelf.reports.iter().find(|found| self.is(found)) {
                    self.asked(found.report_id.clone(), ctx.now);
                    // It may be ready at once.
                    self.sooner = Some(0);
                }
                Ok(After::Going)
            }
            Batch::Answer { answer, .. } => {
                let created: Created = shaped(answer, "reportId")?;
                self.asked(created.id, ctx.now);
                self.own = true;
                Ok(After::Going)
            }
            Batch::Missing(_) | Batch::Known(_) => Err(misshapen("file")),
        }
    }

    /// Whether nothing that it just read is worth a transaction: the state before leads there again, without another call for it
    /// to be made.
    pub(super) fn is_passing(&self) -> bool {
        self.document.is_some() || self.polls > 0
    }

    fn asked(&mut self, id: String, now: i64) {
        self.id = Some(id);
        self.asked_at = now;
        self.waiting_since = now;
        self.polled_at = now;
    }
}

/// Spans that were refused, with the second until which they are left alone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Barred(Vec<(String, i64, u32)>);

impl Barred {
    /// Whether `name` is left alone at `now`.
    pub(super) fn holds(&self, name: &str, now: i64) -> bool {
        self.0.iter().any(|(known, until, _)| known == name && *until > now)
    }

    /// Leaves `name` alone for four hours; each time again for six times as long, at most for a week.
    pub(super) fn bar(&mut self, name: String, now: i64) {
        let times = self
            .0
            .iter()
            .find(|(known, ..)| *known == name)
            .map_or(0, |(.., times)| *times);
        let pause = (4 * 3_600_i64)
            .saturating_mul(6_i64.saturating_pow(times))
            .min(7 * 86_400);
        self.free(&name);
        self.0.push((name, now + pause, times + 1));
    }

    /// It came after all.
    pub(super) fn free(&mut self, name: &str) {
        self.0.retain(|(known, ..)| known != name);
    }
}
