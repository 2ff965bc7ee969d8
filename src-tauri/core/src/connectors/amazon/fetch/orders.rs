//! Orders: by the interface what changed lately, by reports what is older, newest first; every night the last thirty days again by
//! report (contract sections 0, 3.2, 3.6, 3.7).
//!
//! The interface gives a call per three minutes once its burst is used. It serves what one burst holds; a longer gap goes through
//! reports of thirty days. What both tell of one order, the record with the newer change decides.

mod taken;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{SETTLED, get, time};
use super::errand::{Barred, Errand, Wanted};
use super::flow::{self, DAY, Flow, Trouble};
use super::operations::{CALL, Operation};
use super::proof::{Doubts, Proof};
use super::windows::{Covered, Window};
use crate::connectors::fetch::{Batch, Coverage, Framing, Measure, Note, Page, Step, StreamCtx};
use crate::net::NetError;

/// Data that is asked for beside an order's own: money, promotions, cancellations, shipping. Never buyers, recipients, tax numbers.
const INCLUDED: &str = "PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES";
/// Orders a page holds.
const PAGE: i64 = 100;
/// Pages of a burst that are used for one gap; the others stay for the next runs.
const BURST: i64 = 18;
/// Seconds that two spans share: orders appear some minutes late (failure 13).
const OVERLAP: i64 = 600;
/// Seconds for which a token of pages is good, less an hour.
const TOKEN_LIFE: i64 = 23 * 3_600;
/// Longest span of a report, and what of it is new: the ends overlap with their neighbours.
const MONTH: i64 = 30 * DAY;
const SPAN: i64 = MONTH - 2 * OVERLAP;
/// Seconds between two repairs.
const NIGHTLY: i64 = 20 * 3_600;
/// Seconds after the end of what is held within which a run counts as going on.
const MOMENTS: i64 = 900;
/// Seconds after which the orders are counted again.
const COUNTED: i64 = 7 * DAY;
/// Seconds that a run waits for one report.
const PATIENCE: i64 = 3_600;
/// Seconds a report takes, for the estimate: the speed limit of asking for one, and the time to make it.
const PER_REPORT: u64 = 90;
/// Both variants are the same but for what their span means.
const REPORT: &str = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL";

/// The rows of one order are a group.
fn framing(outlet: &str) -> Framing {
    Framing::Table {
        by: &["amazon-order-id"],
        shared: None,
        otherwise: super::charset_of(outlet),
    }
}

/// A list of pages, with everything it was asked with: a token is good for the same question only (failure 12).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct List {
    after: i64,
    outlets: Vec<String>,
    token: Option<String>,
    token_at: i64,
    /// The bound that the first answer stated: everything up to it is in the list.
    bound: Option<i64>,
    /// Orders in it so far.
    came: i64,
    /// It is read for the second time: the first reading said too little.
    #[serde(default)]
    again: bool,
}

/// What the file under way is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Under {
    errand: Errand,
    window: Window,
    repair: bool,
    /// Orders in it so far.
    #[serde(default)]
    came: u64,
    /// It is asked for the second time: the first file said too little.
    #[serde(default)]
    again: bool,
}

/// What has come and is held against the orders placed in its span.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Held {
    proof: Proof,
    /// The list of pages, and not the file.
    list: bool,
}

/// Where the stream stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Orders {
    covered: Covered,
    barred: Barred,
    list: Option<List>,
    under: Option<Under>,
    /// Marketplaces whose nightly repair is due.
    repairs: BTreeSet<String>,
    repaired_at: i64,
    /// Orders there are by Amazon's own count: in all of the history, and in the last thirty days.
    counts: BTreeMap<String, (i64, i64)>,
    counted_at: i64,
    /// Marketplaces that are to be counted.
    uncounted: BTreeSet<String>,
    /// Counting is not permitted or not understood.
    uncountable: bool,
    /// Everything that Amazon shows is held.
    whole: bool,
    done: u64,
    /// A file of this run was looked for before it was asked for.
    looked: bool,
    /// How soon the last file was there ([`Errand::pace`]).
    pace: Option<i64>,
    /// This run has nothing more to do.
    ended: bool,
    held: Option<Held>,
    doubts: Doubts,
    /// When a report was asked for because a list said too little.
    mended_at: i64,
}

impl Orders {
    /// How far back the interface is asked: as far as one burst reaches at the seller's pace.
    fn reach(&self, outlets: &[String], now: i64) -> i64 {
        let mut recent = 0;
        for outlet in outlets {
            match self.counts.get(outlet) {
                Some((_, last_month)) if *last_month >= 0 => recent += last_month,
                // Nobody knows: two days of any seller the program is made for fit.
                _ => return now - 2 * DAY,
            }
        }
        let fits = BURST * PAGE;
        match recent > fits {
            true => now - (MONTH * fits / recent).max(3_600),
            false => now - MONTH,
        }
    }

    /// A new list from the end of what is held, or from as far as the interface reaches.
    fn start(&self, ctx: &StreamCtx<'_>) -> List {
        let outlets = ctx.remote.outlets.clone();
        let reach = self.reach(&outlets, ctx.now);
        let end = self.covered.end(&outlets).map(|end| end - OVERLAP);
        let after = end.unwrap_or(i64::MIN).max(reach).max(flow::floor(ctx));
        List {
            after: after.min(ctx.now - SETTLED),
            outlets,
            token: None,
            token_at: ctx.now,
            bound: None,
            came: 0,
            again: false,
        }
    }

    /// The file that comes next, if one is due: a gap first, newest first, then a repair.
    fn choose(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        let gap = self
            .covered
            .latest(outlets, flow::floor(ctx), SPAN, &self.barred, ctx.now);
        let (window, repair) = match gap {
            Some(window) => (window, false),
            None => {
                self.repairs.retain(|outlet| outlets.contains(outlet));
                let Some(outlet) = self.repairs.pop_first() else {
                    self.ended = true;
                    return;
                };
                let window = Window {
                    outlet,
                    from: ctx.now - SPAN,
                    to: ctx.now - SETTLED,
                };
                (window, true)
            }
        };
        // A report that was asked for by a run that was cut off is worth finding once.
        let look = !self.looked;
        self.looked = true;
        self.under = Some(self.file(ctx, window, repair, look));
    }

    /// The file of a window, to be asked for; `look`: one that was made a moment ago may be used.
    fn file(&self, ctx: &StreamCtx<'_>, window: Window, repair: bool, look: bool) -> Under {
        let span = (window.from - OVERLAP, (window.to + OVERLAP).min(ctx.now - SETTLED));
        let wanted = Wanted::Report {
            kind: REPORT.to_owned(),
            marketplace: window.outlet.clone(),
            span: Some(span),
            options: BTreeMap::new(),
        };
        Under {
            errand: Errand::new(wanted, look, ctx.now).sooner(self.pace),
            window,
            repair,
            came: 0,
            again: false,
        }
    }

    fn measure(&self, ctx: &StreamCtx<'_>) -> Measure {
        if !self.uncounted.is_empty() {
            return Measure::of(self.done, None);
        }
        let total: i64 = self.counts.values().map(|(all, _)| all).sum();
        let total = u64::try_from(total).ok().filter(|total| *total > 0 && !self.whole);
        let outlets = &ctx.remote.outlets;
        let windows = match (&self.list, self.covered.end(outlets)) {
            // Everything before the first list will be read by reports.
            (Some(list), None) => {
                let each = (list.after - flow::floor(ctx)).max(0) / SPAN + 1;
                u64::try_from(each).unwrap_or(0) * outlets.len() as u64
            }
            _ => self.covered.left(outlets, flow::floor(ctx), SPAN),
        };
        let reports = (windows + self.repairs.len() as u64 + u64::from(self.under.is_some())) * PER_REPORT;
        let pages = self.list.as_ref().map_or(0, |list| {
            let recent: i64 = self.counts.values().map(|(_, recent)| recent.max(&0)).sum();
            let expected = recent.saturating_mul(ctx.now - list.after) / MONTH;
            (expected - list.came).max(0).div_euclid(PAGE) + 1
        });
        let waiting = ctx.limits.seconds_for(Operation::SearchOrders.limit(), pages * CALL);
        Measure {
            left: total.map(|_| reports + waiting),
            ..Measure::of(self.done, total.map(|total| total.max(self.done)))
        }
    }
}

impl Flow for Orders {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        (self.ended, self.looked, self.done) = (false, false, 0);
        self.covered.retain(outlets);
        self.doubts.retain(outlets);
        if let Some(end) = self.covered.end(outlets) {
            let mended = flow::repaired(end, ctx.now);
            if mended < end {
                self.covered.truncate(mended);
            }
        }
        self.counts.retain(|outlet, _| outlets.contains(outlet));
        if !(0..COUNTED).contains(&(ctx.now - self.counted_at)) {
            self.counts.clear();
            self.counted_at = ctx.now;
            self.uncountable = false;
        }
        let counted = |outlet: &String| self.counts.get(outlet).is_some_and(|(_, recent)| *recent >= 0);
        let uncounted = outlets.iter().filter(|outlet| !self.uncountable && !counted(outlet));
        self.uncounted = uncounted.cloned().collect();
        let first = self.covered.end(outlets).is_none();
        if self.repaired_at == 0 || ctx.now < self.repaired_at {
            self.repaired_at = ctx.now;
        } else if ctx.now - self.repaired_at >= NIGHTLY && !first {
            self.repaired_at = ctx.now;
            self.repairs = outlets.iter().cloned().collect();
        }
        let held = self.held.as_ref().is_some_and(|held| held.list);
        let usable = |list: &List| {
            let going = list.token.is_some() || held;
            list.outlets == *outlets && going && (0..TOKEN_LIFE).contains(&(ctx.now - list.token_at))
        };
        // A run that was cut off a moment ago goes on with its reports: a call of the interface is dear.
        let moments = self.covered.end(outlets).is_some_and(|end| ctx.now - end < MOMENTS);
        let going = self.list.is_none() && self.under.is_some() && moments;
        if !self.list.as_ref().is_some_and(usable) && !going {
            self.list = Some(self.start(ctx));
            self.held = self.held.take().filter(|held| !held.list);
        }
        let stale = |under: &Under| under.errand.is_stale(ctx.now) || !outlets.contains(&under.window.outlet);
        if self.under.as_ref().is_some_and(stale) {
            self.under = None;
            self.held = self.held.take().filter(|held| held.list);
        }
        if let Some(under) = &mut self.under {
            under.errand.resume(ctx.now);
        }
        if self.list.is_none() && self.under.is_none() {
            self.choose(ctx);
        }
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if let Some(outlet) = self.uncounted.first() {
            let all = !self.counts.contains_key(outlet);
            let from = if all {
                flow::floor(ctx).max(ctx.now - flow::HISTORY + DAY)
            } else {
                ctx.now - MONTH
            };
            return super::metrics::total(ctx, outlet, from, ctx.now);
        }
        if let Some(held) = &self.held {
            return held.proof.next(ctx);
        }
        if let Some(list) = &self.list {
            let (after, outlets) = (time(list.after), list.outlets.join(","));
            let mut pairs = vec![
                ("lastUpdatedAfter", after.as_str()),
                ("marketplaceIds", &outlets),
                ("maxResultsPerPage", "100"),
                ("includedData", INCLUDED),
            ];
            if let Some(token) = &list.token {
                pairs.push(("paginationToken", token));
            }
            return get(ctx, Operation::SearchOrders, "orders/2026-01-01/orders", &pairs);
        }
        match &self.under {
            Some(under) if under.errand.is_late(PATIENCE, ctx.now) => Ok(Step::Done),
            Some(under) => under.errand.next(ctx, framing(&under.window.outlet)),
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let mut page = Page::default();
        if !self.uncounted.is_empty() {
            self.count(ctx, &batch)?;
        } else if self.held.is_some() {
            self.proven(ctx, &batch, &mut page)?;
        } else if self.list.is_some() {
            self.listed(ctx, &batch, &mut page)?;
        } else {
            self.fetched(ctx, &batch, &mut page)?;
        }
        let outlets = &ctx.remote.outlets;
        self.whole = ctx.since.is_none()
            && self.covered.since(outlets).is_some()
            && self.covered.left(outlets, flow::floor(ctx) + DAY, SPAN) == 0;
        page.measure = self.measure(ctx);
        Ok(page)
    }

    fn evade(&mut self, ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        if !self.uncounted.is_empty() {
            // Without a count there is no estimate; the orders come all the same.
            self.uncounted.clear();
            self.counts.retain(|_, (_, recent)| *recent >= 0);
            self.uncountable = true;
            return trouble != Trouble::Storage;
        }
        if let Some(held) = self.held.take() {
            // Without a count nothing is held against it.
            let mut page = Page::default();
            match held.list {
                true => self.list_ended(ctx, None, &mut page),
                false => self.file_ended(ctx, None, &mut page),
            }
            return true;
        }
        match (&mut self.list, &mut self.under, trouble) {
            // A token that is not taken any more: the list is begun again, nothing of it is lost.
            (Some(list), _, Trouble::Refused) => {
                let had = list.token.is_some();
                let again = self.start(ctx);
                self.list = Some(again);
                had
            }
            (None, Some(under), trouble) => under.errand.evade(trouble, ctx.now),
            _ => false,
        }
    }

    fn doubt(&self) -> Option<Note> {
        self.doubts.told()
    }

    fn coverage(&self) -> Coverage {
        let (since, until) = self.covered.coverage();
        Coverage {
            since,
            until,
            whole: self.whole,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn redact(&mut self) {
        if let Some(under) = &mut self.under {
            under.errand.redact();
        }
    }
}
