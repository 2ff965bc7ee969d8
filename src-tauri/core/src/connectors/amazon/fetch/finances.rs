//! Money: transactions in slices of ninety days, newest first; the last thirty days again in each run, sixty once a week, since
//! entries come late and change their state (contract section 3.10).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{SETTLED, get, time};
use super::cut;
use super::flow::{self, DAY, Flow, Trouble};
use super::operations::Operation;
use super::proof::{Doubts, Proof, lacking};
use crate::connectors::amazon::parse::moment;
use crate::connectors::amazon::record::{self, members, text};
use crate::connectors::fetch::{Batch, Coverage, Measure, Note, Page, Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::model::When;
use crate::net::NetError;

/// Longest slice: beyond 180 days the answer is empty without a word (failure 32).
const SLICE: i64 = 90 * DAY;
/// What is read again in each run, and once a week (failure 33).
const AGAIN: i64 = 30 * DAY;
const WEEKLY_AGAIN: i64 = 60 * DAY;
/// Seconds for which a page's token is used by another run.
const TOKEN_LIFE: i64 = 600;
/// Seconds after which an order placed has been shipped and charged, as a rule.
const CHARGED: i64 = 7 * DAY;

/// A slice under way, with everything it was asked with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Slice {
    from: i64,
    to: i64,
    token: Option<String>,
    token_at: i64,
    /// Transactions in it so far.
    #[serde(default)]
    came: u64,
    /// It is read for the second time: the first reading said too little.
    #[serde(default)]
    again: bool,
    /// The part of it that is asked for, where that is not the whole.
    #[serde(default)]
    part: Option<(i64, i64)>,
    /// The first and the last posting that came of the part.
    #[serde(default)]
    seen: Option<(i64, i64)>,
    /// Parts before the first and behind the last posting, which are asked for by themselves: a page that is said to be the last
    /// does not prove that nothing lies there.
    #[serde(default)]
    edges: Vec<(i64, i64)>,
}

impl Slice {
    /// What is asked for.
    fn asked(&self) -> (i64, i64) {
        self.part.unwrap_or((self.from, self.to))
    }

    /// Takes in when the transactions of a page were posted. What lies outside of what was asked for proves nothing.
    fn saw(&mut self, posted: impl Iterator<Item = i64>) {
        let (from, to) = self.asked();
        for at in posted.filter(|at| (from..to).contains(at)) {
            self.seen = Some(
                self.seen
                    .map_or((at, at), |(first, last)| (first.min(at), last.max(at))),
            );
        }
    }

    /// The part at hand is read to what is said to be its end; whether another is to be asked for: what lies before the first and
    /// behind the last posting, with their own seconds, in which more may have been posted. Where nothing came nothing is proved by
    /// more of it.
    fn turns(&mut self) -> bool {
        let (from, to) = self.asked();
        if let Some((first, last)) = self.seen.take() {
            let before = (from, first + 1);
            let behind = (last, to);
            self.edges.extend((first > from && before.1 < to).then_some(before));
            self.edges.extend((last + 1 < to && last > from).then_some(behind));
        }
        self.part = self.edges.pop();
        self.part.is_some()
    }
}

/// Where the stream stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Finances {
    covered: Intervals,
    /// What was read before this run: being read again takes nothing of it away.
    held: Intervals,
    slice: Option<Slice>,
    /// When sixty days were read again.
    weekly_at: i64,
    done: u64,
    /// The slice has come, and is held against the orders placed in it.
    proof: Option<Proof>,
    /// Slices of this run that are doubted; the next run asks for them again.
    passed: Intervals,
    doubts: Doubts,
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
            came: 0,
            again: false,
            part: None,
            seen: None,
            edges: Vec::new(),
        }
    }

    /// What was read at least once.
    fn ever(&self) -> Intervals {
        let mut ever = self.held.clone();
        for (from, to) in self.covered.spans() {
            ever.insert(*from, *to);
        }
        ever
    }

    /// The latest gap.
    fn choose(&mut self, ctx: &StreamCtx<'_>) {
        let mut tried = self.covered.clone();
        for (from, to) in self.passed.spans() {
            tried.insert(*from, *to);
        }
        let gap = tried.latest_gap(flow::floor(ctx));
        self.slice = gap.map(|(from, to)| self.slice(from, to, ctx.now));
    }

    /// The slice at hand is read to its end, and held against the orders placed in it, where they were counted.
    fn ended(&mut self, ctx: &StreamCtx<'_>) -> Vec<Note> {
        let proof = self.proof.take();
        let Some(slice) = self.slice.take() else {
            return Vec::new();
        };
        let span = (slice.from, slice.to);
        if let Some(proof) = proof.filter(Proof::lacks_most) {
            if !slice.again {
                self.slice = Some(Slice {
                    again: true,
                    ..self.slice(slice.from, slice.to, ctx.now)
                });
                return Vec::new();
            }
            let told = lacking(
                "finances",
                &ctx.remote.outlets.join(","),
                span,
                slice.came,
                proof.placed(),
            );
            self.passed.insert(slice.from, slice.to);
            self.doubts.add("", span, told.clone());
            self.choose(ctx);
            return vec![told];
        }
        self.doubts.settle("", span);
        self.covered.insert(slice.from, slice.to);
        self.choose(ctx);
        Vec::new()
    }
}

/// When a transaction was posted.
fn posted(row: &str) -> Option<i64> {
    match moment(&text(&members(row), "postedDate")?)? {
        When::Instant(at) => Some(at),
        When::Day(_) => None,
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
        self.passed = Intervals::default();
        let going = self.proof.is_some();
        let fresh =
            |slice: &Slice| (slice.token.is_some() || going) && (0..TOKEN_LIFE).contains(&(ctx.now - slice.token_at));
        if self.slice.as_ref().is_some_and(fresh) {
            return;
        }
        self.proof = None;
        self.held = self.ever();
        if let Some(end) = self.held.end() {
            self.held.truncate(flow::repaired(end, ctx.now));
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
        if let Some(proof) = &self.proof {
            return proof.next(ctx);
        }
        match &self.slice {
            Some(slice) => ask(ctx, slice.asked(), slice.token.as_deref()),
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        if let Some(proof) = &mut self.proof {
            let notes = match proof.read(&batch)? {
                true => self.ended(ctx),
                false => Vec::new(),
            };
            return Ok(Page {
                notes,
                measure: Measure::of(self.done, None),
                ..Page::default()
            });
        }
        let answer = flow::answer(&batch)?;
        let told: Answer = flow::shaped(answer, "payload")?;
        let rows = cut::list(answer, &["payload", "transactions"])?;
        let records = cut::records("finances", &rows, record::transaction);
        self.done += rows.len() as u64;
        let Some(slice) = &mut self.slice else {
            return Err(NetError::defect("Transactions came that nobody asked for."));
        };
        let moments: Vec<i64> = rows.iter().filter_map(|row| posted(row.get())).collect();
        slice.came += match slice.part {
            None => rows.len() as u64,
            // What was posted in the second at an edge came before.
            Some((from, to)) => moments.iter().filter(|at| **at > from && **at + 1 < to).count() as u64,
        };
        slice.saw(moments.into_iter());
        let next = told.payload.next_token.filter(|token| !token.is_empty());
        let mut notes = Vec::new();
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
            // Orders of the last days have not been charged yet.
            None => {
                slice.token = None;
                slice.token_at = ctx.now;
                if slice.turns() {
                    return Ok(Page {
                        records,
                        measure: Measure::of(self.done, None),
                        ..Page::default()
                    });
                }
                let placed = (slice.from, slice.to - CHARGED);
                self.proof = Proof::of(ctx, &ctx.remote.outlets, placed, slice.came);
                if self.proof.is_none() {
                    notes = self.ended(ctx);
                }
            }
        }
        Ok(Page {
            records,
            notes,
            measure: Measure::of(self.done, None),
            ..Page::default()
        })
    }

    fn evade(&mut self, ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        if self.proof.take().is_some() {
            // Without a count nothing is held against it; the money is taken as it came.
            self.ended(ctx);
            return true;
        }
        match (&mut self.slice, trouble) {
            (Some(slice), Trouble::Refused) => {
                if slice.part.is_none() {
                    slice.came = 0;
                }
                slice.seen = None;
                slice.token.take().is_some()
            }
            _ => false,
        }
    }

    fn doubt(&self) -> Option<Note> {
        self.doubts.told()
    }

    fn coverage(&self) -> Coverage {
        let ever = self.ever();
        Coverage {
            since: ever.start_of_last(),
            until: ever.end(),
            whole: false,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
