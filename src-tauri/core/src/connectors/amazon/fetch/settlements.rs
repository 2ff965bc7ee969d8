//! Settlement reports: Amazon makes them about every fortnight and for nobody's asking; they are found in its list, which reaches
//! ninety days back, and each is read once (contract section 3.7, failures 16, 29, 34).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{get, time};
use super::cut;
use super::errand::{After, Errand};
use super::flow::{self, DAY, Flow, Trouble, note};
use super::operations::Operation;
use crate::connectors::RawRecord;
use crate::connectors::amazon::parse::cell_micros;
use crate::connectors::amazon::table::Table;
use crate::connectors::fetch::{Batch, Coverage, Framing, Measure, Page, Step, StreamCtx};
use crate::model::PathRef;
use crate::net::NetError;

const KIND: &str = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2";
/// How far back the list reaches.
const KEPT: i64 = 90 * DAY;
/// Seconds between two looks at the list.
const EVERY: i64 = 6 * 3_600;

/// The rows of an order are a group; those of no order are one too. The summary row belongs to all.
const FRAMING: Framing = Framing::Table {
    by: &["order-id"],
    shared: Some(("total-amount", "transaction-type")),
    otherwise: "windows-1252",
};

/// Where the stream stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settlements {
    /// Reports that are read, by their numbers.
    read: BTreeSet<String>,
    /// Reports to read: number and document. The next one stands last.
    queue: Vec<(String, String)>,
    /// The list is to be asked for.
    listing: bool,
    /// The token of its next page, if it has begun.
    token: Option<String>,
    /// Numbers that the list named.
    named: BTreeSet<String>,
    listed_at: i64,
    /// When the account was first looked at: what Amazon had dropped by then is not to be had.
    since: Option<i64>,
    under: Option<(String, Errand)>,
    done: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    #[serde(default)]
    reports: Vec<Entry>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    report_id: String,
    report_type: String,
    processing_status: String,
    #[serde(default)]
    report_document_id: Option<String>,
}

impl Settlements {
    fn choose(&mut self, now: i64) {
        self.under = self.queue.pop().map(|(report, document)| {
            let errand = Errand::of_document(KIND, &report, &document, now);
            (report, errand)
        });
    }

    fn listed(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>) -> Result<(), NetError> {
        let list: List = flow::shaped(flow::answer(batch)?, "reports")?;
        for entry in list.reports {
            let Some(document) = entry.report_document_id else {
                continue;
            };
            if entry.report_type != KIND || entry.processing_status != "DONE" {
                continue;
            }
            self.named.insert(entry.report_id.clone());
            if !self.read.contains(&entry.report_id) {
                self.queue.push((entry.report_id, document));
            }
        }
        let asked = self.token.take();
        match list.next_token.filter(|token| !token.is_empty()) {
            Some(token) if Some(&token) == asked.as_ref() => {
                return Err(flow::misshapen("nextToken: the same page again"));
            }
            Some(token) => self.token = Some(token),
            None => {
                self.listing = false;
                self.listed_at = ctx.now;
                // What the list names no more need not be remembered.
                if !self.named.is_empty() {
                    self.read.retain(|report| self.named.contains(report));
                }
                // The list has the newest first, and so shall the reading: the last one is read first.
                self.queue.reverse();
                self.choose(ctx.now);
            }
        }
        Ok(())
    }
}

impl Flow for Settlements {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        self.done = 0;
        let due = !(0..EVERY).contains(&(ctx.now - self.listed_at));
        if due || self.listing {
            self.listing = true;
            self.token = None;
            self.named.clear();
            self.queue.clear();
            self.under = None;
        } else if let Some((_, errand)) = &mut self.under {
            errand.resume(ctx.now);
        } else {
            self.choose(ctx.now);
        }
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if self.listing {
            let since = time(ctx.now - KEPT + 3_600);
            let first = [
                ("reportTypes", KIND),
                ("processingStatuses", "DONE"),
                ("createdSince", since.as_str()),
                ("pageSize", "100"),
            ];
            // A token stands alone (failure 16).
            let further = self.token.as_deref().map(|token| [("nextToken", token)]);
            let pairs: &[(&str, &str)] = further.as_ref().map_or(&first[..], |pair| &pair[..]);
            return get(ctx, Operation::GetReports, "reports/2021-06-30/reports", pairs);
        }
        match &self.under {
            Some((_, errand)) => errand.next(ctx, FRAMING),
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let mut page = Page::default();
        if self.listing {
            self.listed(ctx, &batch)?;
            if self.since.is_none() && !self.listing {
                self.since = Some(ctx.now - KEPT);
                page.notes.push(note(
                    "settlements_90_days",
                    "Amazon keeps settlement reports for ninety days; older ones cannot be fetched.",
                    "Older fees and refunds come from the transactions. Settlement files you have saved can be imported.",
                ));
            }
        } else if let Some((report, errand)) = &mut self.under {
            let report = report.clone();
            match errand.read(ctx, &batch)? {
                After::Going => page.transient = true,
                After::Groups { last } => {
                    let Batch::Groups { groups, from, .. } = &batch else {
                        return Err(flow::misshapen("report"));
                    };
                    let (records, _) = cut::groups("settlements", groups)?;
                    page.records = once(records, *from == 0);
                    let bare = *from == 0 && page.records.iter().all(|record| record.facet == "summary");
                    let lacking = bare && !page.records.iter().any(settles_nothing);
                    if lacking {
                        page.records.clear();
                    }
                    self.done += page.records.len() as u64;
                    if last {
                        // A settlement has its summary at least, and rows if that states a total: a file without them is fetched again
                        // by the next look.
                        match lacking {
                            true => {
                                self.listed_at = 0;
                                page.notes.push(note(
                                    "settlement_empty",
                                    "A settlement report of Amazon came without a row.",
                                    "The next sync fetches it again.",
                                ));
                            }
                            false => {
                                self.read.insert(report);
                            }
                        }
                        self.choose(ctx.now);
                    }
                }
                After::Empty | After::Cancelled => self.choose(ctx.now),
                After::Fatal(why) => {
                    page.notes.push(super::fatal("settlements", &why));
                    self.choose(ctx.now);
                }
            }
        } else {
            return Err(NetError::defect("A file came that nobody asked for."));
        }
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn evade(&mut self, _ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        match (self.listing, &mut self.under, trouble) {
            (true, _, Trouble::Refused) => {
                self.queue.clear();
                self.named.clear();
                self.token.take().is_some()
            }
            (false, Some((_, errand)), Trouble::Storage) => errand.readdress(),
            _ => false,
        }
    }

    fn coverage(&self) -> Coverage {
        let held = !self.listing && self.under.is_none() && self.queue.is_empty();
        Coverage {
            since: self.since.filter(|_| held),
            until: Some(self.listed_at).filter(|at| *at > 0),
            whole: false,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn redact(&mut self) {
        if let Some((_, errand)) = &mut self.under {
            errand.redact();
        }
    }
}

/// Whether a summary says that nothing was settled: its total is zero, so that no row is missing.
fn settles_nothing(summary: &RawRecord) -> bool {
    let text = String::from_utf8_lossy(&summary.bytes);
    let table = Table::of(&text);
    let currency = table.get(0, "currency").and_then(|code| code.parse().ok());
    let total = table.get(0, "total-amount");
    total.is_some_and(|total| cell_micros(total, currency, table.decimals(), PathRef::default()) == Ok(0))
}

/// Every group repeats the summary; it is kept once, from the first groups.
fn once(records: Vec<RawRecord>, first: bool) -> Vec<RawRecord> {
    let mut seen = BTreeSet::new();
    let wanted = |record: &RawRecord| record.facet != "summary" || first && seen.insert(record.key.clone());
    let mut wanted = wanted;
    records.into_iter().filter(|record| wanted(record)).collect()
}
