//! Stock in Amazon's warehouses: a sweep of each marketplace, stored only when its last page has come (contract section 3.4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::calls::get;
use super::cut;
use super::flow::{self, Flow, Trouble};
use super::operations::Operation;
use crate::connectors::amazon::record;
use crate::connectors::fetch::{Batch, Coverage, Measure, Page, Step, StreamCtx, Together};
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
}

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

impl Flow for Inventory {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        self.swept.retain(|outlet, _| outlets.contains(outlet));
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
        let records = cut::records("inventory", &rows, |row| record::summary(row, Some(&outlet)));
        self.done += rows.len() as u64;
        let next = told
            .pagination
            .and_then(|p| p.next_token)
            .filter(|token| !token.is_empty());
        if next.is_some() && next == self.token {
            return Err(flow::misshapen("pagination: the same page again"));
        }
        let together = Together {
            pass: self.pass,
            last: next.is_none(),
        };
        if together.last {
            self.swept.insert(outlet, ctx.now);
            self.left.pop();
            self.pass += 1;
        }
        self.token = next;
        Ok(Page {
            records,
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
        }
        again
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
