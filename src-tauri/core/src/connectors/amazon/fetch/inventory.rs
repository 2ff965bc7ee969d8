//! Stock in Amazon's warehouses: a sweep of each marketplace, stored only when its last page has come (contract section 3.4). A SKU
//! that a whole sweep names no more has no stock that is known. Sweeps are known to miss SKUs, so that one that names fewer than the
//! one before is made again; where most are gone, or all, nothing is taken to be gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::calls::get;
use super::cut;
use super::flow::{self, Flow, Trouble};
use super::operations::Operation;
use super::proof::{Doubts, names};
use crate::connectors::RawRecord;
use crate::connectors::amazon::record;
use crate::connectors::fetch::{Batch, Coverage, Measure, Note, Page, Step, StreamCtx, Together};
use crate::net::{Code, NetError};

/// Seconds between two sweeps of a marketplace.
const EVERY: i64 = 3_600;

/// Where the stream stands. A token of pages lives for thirty seconds, so that a run begins each sweep anew.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Inventory {
    /// When each marketplace was swept to its end.
    swept: BTreeMap<String, i64>,
    /// Marketplaces left for this run, the next one last.
    left: Vec<String>,
    token: Option<String>,
    /// Number of the sweep at hand.
    pass: i64,
    done: u64,
    /// SKUs of each marketplace that are known to be there, with the version of their record.
    named: BTreeMap<String, BTreeMap<String, i64>>,
    /// SKUs that had gone and are back, with the version from which on their records count.
    back: BTreeMap<String, BTreeMap<String, i64>>,
    /// SKUs of the sweep at hand.
    rows: BTreeMap<String, i64>,
    /// SKUs of the first sweep, while the second one is made because that named too few.
    first: Option<BTreeSet<String>>,
    /// Runs in a row in which most SKUs of a marketplace were gone.
    short: BTreeMap<String, u32>,
    doubts: Doubts,
}

/// Runs in a row after which most SKUs of a marketplace are believed to be gone.
const BELIEVED: u32 = 3;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    pagination: Option<Pagination>,
    #[serde(borrow, default)]
    errors: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    #[serde(default)]
    next_token: Option<String>,
}

/// How a sweep that is at its end counts.
enum Ended {
    /// It names fewer SKUs than are known: it is made again.
    Again,
    /// It is all there is; these records say what is not there any more.
    Whole(Vec<RawRecord>),
    /// It cannot be all there is.
    Doubted(Note),
}

impl Inventory {
    fn ended(&mut self, outlet: &str, now: i64) -> Ended {
        let rows = std::mem::take(&mut self.rows);
        let known = self.named.entry(outlet.to_owned()).or_default();
        let fewer = known.keys().any(|sku| !rows.contains_key(sku));
        let names: BTreeSet<String> = rows.keys().cloned().collect();
        let first = self.first.take();
        if fewer && first.is_none() {
            self.first = Some(names);
            self.done = 0;
            return Ended::Again;
        }
        self.left.pop();
        let most = rows.len() < known.len().div_ceil(2);
        let runs = self.short.entry(outlet.to_owned()).or_default();
        *runs = if most { *runs + 1 } else { 0 };
        let believed = !rows.is_empty() && (!most || *runs >= BELIEVED);
        // What only one of two sweeps misses is there.
        if fewer && !(believed && first.as_ref() == Some(&names)) {
            let told = missing(outlet, rows.len(), known.len());
            known.extend(rows);
            self.doubts.add(outlet, (0, i64::MAX), told.clone());
            return Ended::Doubted(told);
        }
        self.swept.insert(outlet.to_owned(), now);
        self.doubts.settle(outlet, (0, i64::MAX));
        self.short.remove(outlet);
        let before = std::mem::replace(known, rows);
        let back = self.back.entry(outlet.to_owned()).or_default();
        let mut records = Vec::new();
        for (sku, version) in before.iter().filter(|(sku, _)| !names.contains(*sku)) {
            // A record without a time of change has no version; the last one that came counts there.
            let version = if *version > 0 { now.max(version + 1) } else { 0 };
            if version > 0 {
                back.insert(sku.clone(), version + 1);
            }
            records.push(record::unnamed(sku, outlet, version));
        }
        Ended::Whole(records)
    }
}

/// What is said of a sweep that names too few SKUs.
fn missing(outlet: &str, came: usize, known: usize) -> Note {
    flow::note(
        "stock_lacking",
        format!(
            "Asked twice for the stock in its warehouses ({}), Amazon named {came} SKUs; {known} were known there.",
            names(outlet)
        ),
        "The levels of the others stay as they were last told. The next sync asks again.",
    )
}

impl Flow for Inventory {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        self.swept.retain(|outlet, _| outlets.contains(outlet));
        self.named.retain(|outlet, _| outlets.contains(outlet));
        self.back.retain(|outlet, _| outlets.contains(outlet));
        self.short.retain(|outlet, _| outlets.contains(outlet));
        self.doubts.retain(outlets);
        self.rows.clear();
        self.first = None;
        let due = |outlet: &&String| {
            let at = self.swept.get(*outlet);
            at.is_none_or(|at| !(0..EVERY).contains(&(ctx.now - at)))
        };
        self.left = outlets.iter().filter(due).cloned().rev().collect();
        self.token = None;
        self.pass += 1;
        self.done = 0;
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        let Some(outlet) = self.left.last() else {
            return Ok(Step::Done);
        };
        let mut pairs = vec![
            ("details", "true"),
            ("granularityType", "Marketplace"),
            ("granularityId", outlet),
            ("marketplaceIds", outlet),
        ];
        if let Some(token) = &self.token {
            pairs.push(("nextToken", token));
        }
        get(ctx, Operation::Inventory, "fba/inventory/v1/summaries", &pairs)
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let answer = flow::answer(&batch)?;
        let told: Answer<'_> = flow::shaped(answer, "inventorySummaries")?;
        if told.errors.is_some_and(|errors| !errors.is_empty()) {
            return Err(NetError::stream(
                Code::RefusedByChannel,
                "Amazon gave only a part of the stock.",
                "What was known before stays; the next sync asks again.",
            ));
        }
        let Some(outlet) = self.left.last().cloned() else {
            return Err(NetError::defect("Stock came that nobody asked for."));
        };
        let rows = cut::list(answer, &["payload", "inventorySummaries"])?;
        let mut records = cut::records("inventory", &rows, |row| record::summary(row, Some(&outlet)));
        let back = self.back.entry(outlet.clone()).or_default();
        for record in records.iter_mut().filter(|record| !record.is_nameless()) {
            match back.get(&record.key) {
                Some(since) if record.version > 0 && record.version < *since => record.version = *since,
                _ => drop(back.remove(&record.key)),
            }
            self.rows.insert(record.key.clone(), record.version);
        }
        self.done += rows.len() as u64;
        let next = told
            .pagination
            .and_then(|p| p.next_token)
            .filter(|token| !token.is_empty());
        if next.is_some() && next == self.token {
            return Err(flow::misshapen("pagination: the same page again"));
        }
        let mut together = Together {
            pass: self.pass,
            last: next.is_none(),
        };
        let mut notes = Vec::new();
        if together.last {
            let (gone, told) = match self.ended(&outlet, ctx.now) {
                Ended::Again => {
                    together.last = false;
                    (Vec::new(), None)
                }
                Ended::Whole(gone) => (gone, None),
                Ended::Doubted(told) => (Vec::new(), Some(told)),
            };
            records.extend(gone);
            notes.extend(told);
            self.pass += 1;
        }
        self.token = next;
        Ok(Page {
            records,
            notes,
            together: Some(together),
            measure: Measure::of(self.done, None),
            ..Page::default()
        })
    }

    fn evade(&mut self, _ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        // The token has ended: the sweep begins again, as one that the first one's pages are no part of.
        let again = trouble == Trouble::Refused && self.token.is_some();
        if again {
            self.token = None;
            self.pass += 1;
            self.done = 0;
            self.rows.clear();
        }
        again
    }

    fn doubt(&self) -> Option<Note> {
        self.doubts.told()
    }

    fn coverage(&self) -> Coverage {
        let oldest = self.swept.values().min().copied();
        Coverage {
            since: None,
            until: oldest,
            whole: oldest.is_some(),
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
