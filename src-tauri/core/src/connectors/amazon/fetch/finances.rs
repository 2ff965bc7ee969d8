//! Money: transactions in slices of ninety days, newest first; the last thirty days again in each run, sixty once a week, since
//! entries come late and change their state (contract section 3.10).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{SETTLED, get, time};
use super::cut;
use super::flow::{self, DAY, Flow, Trouble};
use super::operations::Operation;
use crate::connectors::amazon::record;
use crate::connectors::fetch::{Batch, Coverage, Measure, Page, Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::net::NetError;

/// Longest slice: beyond 180 days the answer is empty without a word (failure 32).
const SLICE: i64 = 90 * DAY;
/// What is read again in each run, and once a week (failure 33).
const AGAIN: i64 = 30 * DAY;
const WEEKLY_AGAIN: i64 = 60 * DAY;
/// Seconds for which a page's token is used by another run.
const TOKEN_LIFE: i64 = 600;

/// A slice under way, with everything it was asked with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Slice {
    from: i64,
    to: i64,
    token: Option<String>,
    token_at: i64,
}

/// Where the stream stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Finances {
    covered: Intervals,
    slice: Option<Slice>,
    /// When sixty days were read again.
    weekly_at: i64,
    done: u64,
}

#[derive(Deserialize)]
struct Answer {
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    next_token: Option<String>,
}

impl Finances {
    fn slice(&self, from: i64, to: i64, now: i64) -> Slice {
        Slice {
            from: from.max(to - SLICE),
            to,
            token: None,
            token_at: now,
        }
    }

    /// The latest gap.
    fn choose(&mut self, ctx: &StreamCtx<'_>) {
        let gap = self.covered.latest_gap(flow::floor(ctx));
        self.slice = gap.map(|(from, to)| self.slice(from, to, ctx.now));
    }
}

/// Asks for transactions posted in `[from, to)`. Without a marketplace: orders that a seller in the US ships are named under none.
pub(super) fn ask(ctx: &StreamCtx<'_>, (from, to): (i64, i64), token: Option<&str>) -> Result<Step, NetError> {
    let (after, before) = (time(from), time(to));
    let mut pairs = vec![("postedAfter", after.as_str()), ("postedBefore", &before)];
    if let Some(token) = token {
        pairs.push(("nextToken", token));
    }
    get(ctx, Operation::Transactions, "finances/2024-06-19/transactions", &pairs)
}

impl Flow for Finances {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        self.done = 0;
        let fresh = |slice: &Slice| slice.token.is_some() && (0..TOKEN_LIFE).contains(&(ctx.now - slice.token_at));
        if self.slice.as_ref().is_some_and(fresh) {
            return;
        }
        let to = ctx.now - SETTLED;
        let end = self.covered.end().map(|end| flow::repaired(end, ctx.now));
        let Some(end) = end else {
            self.weekly_at = ctx.now;
            self.slice = Some(self.slice(flow::floor(ctx), to, ctx.now));
            return;
        };
        let weekly = !(0..7 * DAY).contains(&(ctx.now - self.weekly_at));
        let again = match weekly {
            true => WEEKLY_AGAIN,
            false => AGAIN,
        };
        if weekly {
            self.weekly_at = ctx.now;
        }
        // What is read again counts as not read until it has been.
        self.covered.truncate(end.min(to - again));
        let from = self.covered.end().unwrap_or(to - again);
        self.slice = Some(self.slice(from, to, ctx.now));
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match &self.slice {
            Some(slice) => ask(ctx, (slice.from, slice.to), slice.token.as_deref()),
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let answer = flow::answer(&batch)?;
        let told: Answer = flow::shaped(answer, "payload")?;
        let rows = cut::list(answer, &["payload", "transactions"])?;
        let records = cut::records("finances", &rows, record::transaction);
        self.done += rows.len() as u64;
        let Some(slice) = &mut self.slice else {
            return Err(NetError::defect("Transactions came that nobody asked for."));
        };
        let next = told.payload.next_token.filter(|token| !token.is_empty());
        // Amazon has been seen to give the same token again and again.
        if next.is_some() && next == slice.token {
            return Err(flow::misshapen("nextToken: the same page again"));
        }
        match next {
            // A page may be empty: the token decides (failure 14).
            Some(token) => {
                slice.token = Some(token);
                slice.token_at = ctx.now;
            }
            None => {
                self.covered.insert(slice.from, slice.to);
                self.choose(ctx);
            }
        }
        Ok(Page {
            records,
            measure: Measure::of(self.done, None),
            ..Page::default()
        })
    }

    fn evade(&mut self, _ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        match (&mut self.slice, trouble) {
            (Some(slice), Trouble::Refused) => slice.token.take().is_some(),
            _ => false,
        }
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            since: self.covered.start_of_last(),
            until: self.covered.end(),
            whole: false,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
