//! Orders: what is new upward with an overlap, what is old downward or by bulk runs, each with everything that belongs to it.

mod agreed;
mod reads;
mod spans;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::agreed::Agreed;
use super::change_list::{ChangeList, Counted, Left, Listed};
use super::classify;
use super::documents::{ORDERS, ORDERS_COUNT, ORDERS_COUNTED, ORDERS_DETAILS, ORDERS_SURVEY, ORDERS_WIDE};
use super::envelope::Envelope;
use super::flow::{self, Flow};
use super::order_bulk::{Bulk, Turn};
use super::page_size::{MOST, PageSize};
use super::parts::Part;
use super::proof::{DAY, Doubt, Proof, REREAD, Words};
use super::search;
use super::slices::{Rows, gid, number};
use crate::connectors::fetch::{Batch, Coverage, Measure, Mishap, Note, Page, Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::connectors::shopify::auth::words;
use crate::net::NetError;

/// Seconds of overlap: a refund may be written after its order's change, and the index lags (contract 3.6).
const OVERLAP: i64 = 300;
/// Seconds within which what is new need not be read again before older orders.
const FRESH: i64 = 60;
/// Orders from which a first load goes by bulk runs: by pages they take more than a minute on the smallest plan.
const BULK_FROM: u64 = 2_500;
/// Orders that one bulk run should bring.
const BULK_AIM: i64 = 50_000;
/// Longest and shortest span of a bulk run.
const BULK_LONGEST: i64 = 31 * DAY;
const BULK_SHORTEST: i64 = DAY;

/// Rights without which orders, or parts of them, are not shown, and no error says so.
const TELLING: &[&str] = &[ALL_ORDERS, "read_customers"];
/// The right to orders older than 60 days.
const ALL_ORDERS: &str = "read_all_orders";
/// Nested sizes with which 250 orders still cost less than 1,000 points: enough for most orders whole.
const NARROW: &[(&str, i64)] = &[
    ("lines", 12),
    ("shipping", 2),
    ("agreements", 4),
    ("sales", 12),
    ("fulfilled", 12),
    ("refunded", 7),
    ("refundShipping", 2),
    ("adjustments", 4),
];
/// Nested sizes for the orders that did not fit.
const WIDE: &[(&str, i64)] = &[
    ("lines", 90),
    ("shipping", 20),
    ("agreements", 20),
    ("sales", 54),
    ("fulfilled", 90),
    ("refunded", 54),
    ("refundShipping", 12),
    ("adjustments", 12),
];
/// Nested sizes for the details of orders that came by bulk.
const DETAILS: &[(&str, i64)] = &[
    ("fulfilled", 54),
    ("refunded", 54),
    ("refundShipping", 12),
    ("adjustments", 12),
];

/// Days for which orders are shown without the right to all of them, less one: where exactly that ends is not known.
const SHOWN_DAYS: i64 = 59;
/// What is told of orders that are counted and not shown.
const WORDS: Words = Words {
    code: "orders_short",
    things: "orders last changed",
    hint: "Earlier days count as not complete.",
};

/// The list of orders by their last change, with their sales agreements or without.
fn listed(agreed: bool) -> Listed {
    Listed {
        document: &ORDERS,
        counted: Some(Counted {
            beside: &ORDERS_COUNTED,
            alone: &ORDERS_COUNT,
            root: "ordersCount",
            words: WORDS,
        }),
        field: "updated_at",
        sort: "UPDATED_AT",
        prefix: "",
        open: false,
        switch: Some(("agreed", agreed)),
    }
}

/// Most orders asked for at once by id, wide and for their details.
const MOST_WIDE: i64 = 25;
const MOST_DETAILS: i64 = 100;

/// Where the orders stand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Orders {
    covered: Intervals,
    /// Nothing older than what is covered exists.
    whole: bool,
    /// End of this run's span.
    target: i64,
    /// The span up to `target` was taken on in this run.
    forward: bool,
    /// When everything new was last read, UTC second.
    forwarded_at: i64,
    /// The first load has been measured: orders in all, and the oldest change.
    survey: Option<Survey>,
    list: Option<ChangeList>,
    bulk: Option<Bulk>,
    /// The run after it, made by the platform while the file at hand is read.
    ahead: Option<Bulk>,
    /// Longest span for the next bulk run; shrinks when runs fail.
    bulk_span: i64,
    /// The platform does not do bulk runs for us: not in this run.
    bulk_refused: bool,
    /// Orders to read anew with wide nested pages.
    wide: Vec<String>,
    /// Orders whose refunds and shipments are still to be read.
    details: Vec<String>,
    parts: Vec<Part>,
    size: PageSize,
    wide_size: PageSize,
    details_size: PageSize,
    /// When the last days were last read again, and whether the list at hand does it.
    reread_at: i64,
    rereading: bool,
    /// Rights that were lacking when the covered spans were read, of those on which an order's record depends.
    lacking: Vec<String>,
    agreed: Agreed,
    proof: Proof,
    oldest: Option<i64>,
    newest: Option<i64>,
    done: u64,
    /// When something was last read, UTC second.
    left_at: i64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Survey {
    count: u64,
    oldest: i64,
}

impl Default for Orders {
    fn default() -> Self {
        Orders {
            covered: Intervals::default(),
            whole: false,
            target: 0,
            forward: false,
            forwarded_at: 0,
            survey: None,
            list: None,
            bulk: None,
            ahead: None,
            bulk_span: BULK_LONGEST,
            bulk_refused: false,
            wide: Vec::new(),
            details: Vec::new(),
            parts: Vec::new(),
            size: PageSize::new(50, MOST),
            wide_size: PageSize::new(10, MOST_WIDE),
            details_size: PageSize::new(25, MOST_DETAILS),
            reread_at: 0,
            rereading: false,
            lacking: Vec::new(),
            agreed: Agreed::default(),
            proof: Proof::default(),
            oldest: None,
            newest: None,
            done: 0,
            left_at: 0,
        }
    }
}

/// What the next request, or the answer at hand, is about: the most urgent of what the state holds.
enum Job<'a> {
    Part(&'a Part),
    Wide,
    Details,
    Survey,
    Doubt(&'a Doubt),
    List(&'a ChangeList),
    Bulk(&'a Bulk),
    Ahead(&'a Bulk),
    Done,
}

impl Orders {
    fn job(&self) -> Job<'_> {
        match (&self.parts.last(), self.proof.doubt(), &self.list, &self.bulk) {
            (Some(part), ..) => Job::Part(part),
            _ if !self.wide.is_empty() => Job::Wide,
            _ if !self.details.is_empty() => Job::Details,
            (_, Some(doubt), ..) => Job::Doubt(doubt),
            (_, _, Some(list), _) => Job::List(list),
            (_, _, _, Some(bulk)) => match &self.ahead {
                Some(ahead) if bulk.is_reading() && ahead.is_asking() => Job::Ahead(ahead),
                _ => Job::Bulk(bulk),
            },
            _ if self.covered.is_empty() && self.survey.is_none() => Job::Survey,
            _ => Job::Done,
        }
    }

    /// Takes on the next span, newest first, if none is at hand.
    fn plan(&mut self, ctx: &StreamCtx<'_>) {
        if self.list.is_some() || self.proof.doubt().is_some() || (self.bulk.is_some() && self.forward) {
            return;
        }
        let floor = ctx.since.unwrap_or(0);
        let open = !self.wide.is_empty() || !self.details.is_empty() || self.bulk.is_some();
        let behind = open || (!self.whole && self.covered.latest_gap(floor).is_some());
        if !self.forward {
            self.forward = true;
            // A run that was cut off a moment ago goes on with what it left at once; otherwise one that is cut off again and
            // again would only ever read what is new.
            let fresh = behind && self.target - self.forwarded_at < FRESH;
            if let Some(end) = self.covered.end().filter(|_| !fresh) {
                self.rereading = self.target - self.reread_at >= DAY;
                let overlap = if self.rereading { REREAD } else { OVERLAP };
                let probe = self.newest.filter(|_| self.agreed.is_lacking()).unwrap_or(end);
                let from = (end - overlap).min(probe).max(floor.min(end));
                self.list = Some(ChangeList::new(from, self.target.max(from + 1), false));
                return;
            }
            if self.bulk.is_some() {
                return;
            }
        }
        if self.plan_again(ctx) {
            return;
        }
        let gap = match self.covered.is_empty() {
            true if self.survey.is_none() => return,
            true => (floor < self.target).then_some((floor, self.target)),
            false if self.whole => None,
            false => self.covered.latest_gap(floor),
        };
        let Some((from, to)) = gap.or(self.agreed.gap(floor)) else {
            return;
        };
        match self.run_over(from, to) {
            // The newest days come by pages at once, so that there is something to see while the first run is made.
            Some(_) if self.covered.is_empty() => self.list = Some(ChangeList::new(from.max(to - REREAD), to, true)),
            Some(bulk) => self.bulk = Some(self.ahead.take().filter(|ahead| ahead.to == to).unwrap_or(bulk)),
            None => self.list = Some(ChangeList::new(from, to, true)),
        }
    }

    fn by_ids(&self, ids: &[String], size: &PageSize) -> Value {
        let ids: Vec<String> = ids.iter().take(size.plain()).map(|id| gid("Order", id)).collect();
        json!({ "ids": ids })
    }

    /// Takes note of an order's last change.
    fn saw(&mut self, version: i64) {
        self.oldest = Some(self.oldest.map_or(version, |oldest| oldest.min(version)));
        self.newest = self.newest.max(Some(version));
    }

    fn measure(&self) -> Measure {
        let total = self
            .survey
            .filter(|_| !self.whole)
            .map(|survey| survey.count.max(self.done));
        Measure::of(self.done, total)
    }
}

impl Flow for Orders {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        if let Some(end) = self.covered.end() {
            self.covered.truncate(flow::repaired(end, self.newest, ctx.now));
        }
        self.target = ctx.now.max(self.covered.end().unwrap_or(0));
        let fresh = flow::fresh(self.left_at, ctx.now);
        self.proof.begin(fresh, self.bulk.is_some());
        if !fresh {
            self.list = None;
            for part in std::mem::take(&mut self.parts) {
                push_new(&mut self.wide, part.owner);
            }
        }
        // A list up to a moment ago, which was cut off, is as good as one up to now.
        self.forward = self
            .list
            .as_ref()
            .is_some_and(|list| !list.down && self.target - list.to < FRESH);
        if !ctx.remote.scopes.is_empty() {
            let lacks = |scope: &&str| !words::includes(&ctx.remote.scopes, scope);
            let lacking: Vec<String> = TELLING
                .iter()
                .filter(|scope| lacks(scope))
                .map(|scope| (*scope).to_owned())
                .collect();
            if self.lacking.iter().any(|scope| !lacking.contains(scope)) {
                // More can be seen now than when the orders were read: they are read again.
                *self = Orders {
                    size: self.size,
                    wide: std::mem::take(&mut self.wide),
                    target: self.target,
                    ..Orders::default()
                };
            }
            self.lacking = lacking;
        }
        self.agreed.begin(self.list.as_mut());
        self.bulk_refused = false;
        self.bulk_span = BULK_LONGEST;
        self.done = 0;
        // The span up to now goes first; a bulk run that was under way is taken up behind it.
        self.plan(ctx);
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match self.job() {
            Job::Part(part) => part.step(ctx.remote),
            Job::Wide => {
                let mut asked = self.by_ids(&self.wide, &self.wide_size);
                asked["agreed"] = self.agreed.is_asked().into();
                ORDERS_WIDE.call(ctx.remote, asked, WIDE)
            }
            Job::Details => ORDERS_DETAILS.call(ctx.remote, self.by_ids(&self.details, &self.details_size), DETAILS),
            Job::Doubt(doubt) => self.ask(ctx, doubt),
            Job::Survey => {
                let filter = search::between("updated_at", ctx.since.unwrap_or(0), self.target);
                ORDERS_SURVEY.call(ctx.remote, json!({ "q": filter }), &[])
            }
            Job::List(list) => list.step(ctx, &listed(self.agreed.is_asked()), &self.size, NARROW),
            Job::Bulk(bulk) | Job::Ahead(bulk) => bulk.step(ctx, self.agreed.is_asked()),
            Job::Done => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        self.left_at = ctx.now;
        let mut notes: Vec<Note> = Vec::new();
        let mut transient = false;
        let records = match batch {
            Batch::Groups { from, groups, last } => self.read_groups(ctx, from, groups, last),
            batch => {
                let (answer, seconds) = flow::answer(&batch)?;
                let envelope = flow::envelope(answer)?;
                notes.extend(classify::notes(&envelope));
                self.mark_bulk();
                match self.job() {
                    Job::Part(_) => self.read_part(ctx, &envelope)?.into_iter().collect(),
                    Job::Wide => self.read_ids(ctx, &envelope, seconds, true)?,
                    Job::Details => self.read_ids(ctx, &envelope, seconds, false)?,
                    Job::List(_) => self.read_list(ctx, &envelope, seconds)?,
                    Job::Doubt(_) => {
                        self.read_doubt(ctx, &envelope)?;
                        Vec::new()
                    }
                    Job::Survey => self.read_survey(ctx, &envelope).map(|()| Vec::new())?,
                    Job::Bulk(bulk) => {
                        let asking = bulk.is_asking();
                        let turn = self
                            .bulk
                            .as_mut()
                            .map_or(Turn::On, |bulk| bulk.came(&envelope, ctx.now));
                        transient = turn == Turn::On && !asking;
                        self.turn(ctx, turn);
                        self.look_ahead(ctx);
                        Vec::new()
                    }
                    Job::Ahead(_) => {
                        let turn = self.ahead.as_mut().map(|ahead| ahead.came(&envelope, ctx.now));
                        // What cannot be made ahead is asked for in its turn.
                        let made =
                            turn == Some(Turn::On) && self.ahead.as_ref().is_some_and(|ahead| !ahead.is_asking());
                        self.ahead = self.ahead.take().filter(|_| made);
                        Vec::new()
                    }
                    Job::Done => return Err(NetError::defect("An answer came that nobody asked for.")),
                }
            }
        };
        if matches!(self.job(), Job::Done) {
            notes.extend(self.doubt().into_iter().chain(self.lacks()));
        }
        Ok(Page {
            records,
            notes,
            measure: self.measure(),
            transient,
            ..Page::default()
        })
    }

    fn less(&mut self) -> bool {
        match self.job() {
            Job::Wide => self.wide_size.halve(),
            Job::Details => self.details_size.halve(),
            Job::List(_) => self.size.halve(),
            Job::Part(_) | Job::Survey | Job::Doubt(_) | Job::Bulk(_) | Job::Ahead(_) | Job::Done => false,
        }
    }

    fn refused(&mut self, ctx: &StreamCtx<'_>, why: &NetError) -> bool {
        self.without_agreements(ctx, why)
    }

    fn evade(&mut self, ctx: &StreamCtx<'_>, mishap: &Mishap) -> bool {
        match (mishap, &mut self.bulk) {
            (Mishap::TooDear { .. }, _) | (_, None) => false,
            (_, Some(bulk)) if self.list.is_none() => {
                let turn = bulk.mislaid(ctx.now);
                self.turn(ctx, turn);
                true
            }
            (_, Some(_)) => false,
        }
    }

    fn coverage(&self) -> Coverage {
        // Without the right to all orders the platform shows the last 60 days, and a shop may be older.
        let all = !self.lacking.iter().any(|scope| scope == ALL_ORDERS);
        let lacks = self.proof.lacks_before();
        Coverage {
            since: self.covered.start_of_last().map(|start| {
                if self.whole && start == 0 {
                    self.oldest.unwrap_or(if all { start } else { self.target })
                } else {
                    start
                }
                .max(lacks.unwrap_or(start))
            }),
            until: self.covered.end(),
            whole: all && self.whole && lacks.is_none() && self.covered.start_of_last() == Some(0),
        }
    }

    fn doubt(&self) -> Option<Note> {
        self.proof.note(&WORDS)
    }

    fn lacks(&self) -> Option<Note> {
        self.agreed.note()
    }

    fn redact(&mut self) {
        if let Some(bulk) = &mut self.bulk {
            bulk.redact();
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn rows<'a>(envelope: &Envelope<'a>, root: &str) -> Result<Rows<'a>, NetError> {
    let object = envelope.root(root).ok_or_else(|| flow::misshapen(root))?;
    serde_json::from_str(object.get()).map_err(|_| flow::misshapen(root))
}

fn push_new(list: &mut Vec<String>, key: String) {
    let key = number(&key).to_owned();
    if !list.contains(&key) {
        list.push(key);
    }
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
