//! Questions that connecting asks: which seller's account this is, and which orders of some it knows.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{SETTLED, get};
use super::cut;
use super::finances;
use super::flow::{self, DAY, Flow, Trouble};
use super::operations::Operation;
use crate::connectors::amazon::record::{member, members, text};
use crate::connectors::fetch::{Batch, Coverage, Measure, Page, Step, StreamCtx};
use crate::net::NetError;

/// Name under which some orders are asked for.
pub(crate) const KNOWN_STREAM: &str = "known";
/// Name under which the seller's id is asked for.
pub(crate) const SELLER_STREAM: &str = "seller";
/// Most orders that are asked for: each is a call.
pub(crate) const MOST_IDS: usize = 5;

/// Orders to ask for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Question {
    /// Their numbers; those not asked for yet.
    ids: Vec<String>,
    of: u64,
    known: u64,
}

impl Question {
    /// Asks for these orders.
    pub(crate) fn of(ids: Vec<String>) -> Self {
        Question {
            ids,
            ..Question::default()
        }
    }
}

impl Flow for Question {
    fn begin(&mut self, _ctx: &StreamCtx<'_>) {
        self.of = self.ids.len() as u64;
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match self.ids.last() {
            Some(id) => {
                // Every sign that is not plain in a number would leave the path.
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
                let id: String = id.chars().filter(|c| plain(*c)).collect();
                get(ctx, Operation::GetOrder, &format!("orders/2026-01-01/orders/{id}"), &[])
            }
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, _ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        flow::answer(&batch)?;
        self.ids.pop();
        self.known += 1;
        Ok(Page {
            measure: Measure::of(self.known, Some(self.of)),
            ..Page::default()
        })
    }

    fn evade(&mut self, _ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        // An order that is not the account's is refused like one that does not exist.
        trouble == Trouble::Refused && self.ids.pop().is_some()
    }

    fn coverage(&self) -> Coverage {
        Coverage::default()
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The seller's id stands in transactions only.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seller {
    done: bool,
}

impl Flow for Seller {
    fn begin(&mut self, _ctx: &StreamCtx<'_>) {}

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match self.done {
            true => Ok(Step::Done),
            false => finances::ask(ctx, (ctx.now - 30 * DAY, ctx.now - SETTLED), None),
        }
    }

    fn read(&mut self, _ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let seller = seller_of(flow::answer(&batch)?);
        self.done = true;
        Ok(Page {
            seen: seller.map(|seller| (SELLER_STREAM, vec![seller])),
            ..Page::default()
        })
    }

    fn coverage(&self) -> Coverage {
        Coverage::default()
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The seller's id that the first transaction of an answer states.
fn seller_of(answer: &http::Response<bytes::Bytes>) -> Option<String> {
    let rows = cut::list(answer, &["payload", "transactions"]).ok()?;
    let ids = rows.iter().filter_map(|row| {
        let meta = members(member(&members(row.get()), "sellingPartnerMetadata")?.get());
        text(&meta, "sellingPartnerId")
    });
    ids.into_iter()
        .find(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()))
}
