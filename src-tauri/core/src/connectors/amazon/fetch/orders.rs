//! Orders: by the interface what changed lately, by reports what is older, newest first; every night the last thirty days again by
//! report (contract sections 0, 3.2, 3.6, 3.7).
//!
//! The interface gives a call per three minutes once its burst is used. It serves what one burst holds; a longer gap goes through
//! reports of thirty days. What both tell of one order, the record with the newer change decides.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{SETTLED, get, second_of, time};
use super::cut;
use super::errand::{After, Barred, Errand, Wanted};
use super::flow::{self, DAY, Flow, Trouble};
use super::operations::{CALL, Operation};
use super::windows::{Covered, Window};
use crate::connectors::RawRecord;
use crate::connectors::amazon::markets::market;
use crate::connectors::amazon::record;
use crate::connectors::amazon::table::Table;
use crate::connectors::fetch::{Batch, Coverage, Framing, Measure, Page, Step, StreamCtx};
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
}

/// What the file under way is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Under {
    errand: Errand,
    window: Window,
    repair: bool,
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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    pagination: Option<Pagination>,
    #[serde(default)]
    last_updated_before: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Metrics {
    #[serde(default)]
    payload: Vec<Metric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    #[serde(default)]
    order_count: i64,
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
        let span = (window.from - OVERLAP, (window.to + OVERLAP).min(ctx.now - SETTLED));
        let wanted = Wanted::Report {
            kind: REPORT.to_owned(),
            marketplace: window.outlet.clone(),
            span: Some(span),
            options: BTreeMap::new(),
        };
        // A report that was asked for by a run that was cut off is worth finding once.
        let errand = Errand::new(wanted, !self.looked, ctx.now).sooner(self.pace);
        self.looked = true;
        self.under = Some(Under { errand, window, repair });
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

    fn count(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>) -> Result<(), NetError> {
        let metrics: Metrics = flow::shaped(flow::answer(batch)?, "payload")?;
        let sum: i64 = metrics.payload.iter().map(|m| m.order_count).sum();
        let Some(outlet) = self.uncounted.first().cloned() else {
            return Ok(());
        };
        match self.counts.get_mut(&outlet).filter(|(_, recent)| *recent < 0) {
            Some((_, recent)) => {
                *recent = sum;
                self.uncounted.remove(&outlet);
            }
            None => {
                self.counts.insert(outlet, (sum, -1));
            }
        }
        if self.uncounted.is_empty() && self.list.as_ref().is_none_or(|list| list.token.is_none()) {
            self.list = Some(self.start(ctx));
        }
        Ok(())
    }

    fn listed(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>, page: &mut Page) -> Result<(), NetError> {
        let answer = flow::answer(batch)?;
        let orders = cut::list(answer, &["orders"])?;
        let told: Answer = flow::shaped(answer, "orders")?;
        page.records = cut::records("orders", &orders, record::order);
        self.done += orders.len() as u64;
        let Some(list) = &mut self.list else {
            return Err(NetError::defect("Orders came that nobody asked for."));
        };
        list.came += i64::try_from(orders.len()).unwrap_or(0);
        let bound = told.last_updated_before.as_deref().and_then(second_of);
        // Without a word the list reaches to some moment that lies two minutes back or more.
        list.bound = list.bound.or(bound).or(Some(list.token_at - SETTLED));
        let next = told
            .pagination
            .and_then(|p| p.next_token)
            .filter(|token| !token.is_empty());
        if next.is_some() && next == list.token {
            return Err(flow::misshapen("pagination: the same page again"));
        }
        // Only a missing token ends the list; a page may be empty (failure 14).
        match next {
            Some(token) => {
                list.token = Some(token);
                list.token_at = ctx.now;
            }
            None => {
                let (after, bound) = (list.after, list.bound.unwrap_or(list.after));
                for outlet in &list.outlets {
                    self.covered.insert(outlet, after, bound.max(after));
                }
                self.list = None;
            }
        }
        Ok(())
    }

    fn fetched(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>, page: &mut Page) -> Result<(), NetError> {
        let Some(under) = &mut self.under else {
            return Err(NetError::defect("A file came that nobody asked for."));
        };
        let after = under.errand.read(ctx, batch)?;
        self.pace = under.errand.pace();
        let window = under.window.clone();
        let name = window.name();
        match after {
            After::Going => {
                page.transient = under.errand.is_passing();
                if under.errand.is_late(PATIENCE, ctx.now) {
                    page.notes.push(super::late("orders"));
                }
                return Ok(());
            }
            After::Groups { last } => {
                let Batch::Groups { groups, .. } = batch else {
                    return Err(flow::misshapen("report"));
                };
                let (records, aside) = cut::groups("orders", groups)?;
                page.records = records.into_iter().filter(|record| is_of(record, ctx)).collect();
                page.notes.extend(super::unusable(aside));
                self.done += page.records.len() as u64;
                if !last {
                    return Ok(());
                }
                self.barred.free(&name);
                if !under.repair {
                    self.covered.insert(&window.outlet, window.from, window.to);
                }
            }
            // A report that is done and has no file has no rows; it says so.
            After::Empty => self.covered.insert(&window.outlet, window.from, window.to),
            After::Cancelled if under.repair => {}
            After::Cancelled => {
                self.barred.bar(name, ctx.now);
                page.notes
                    .push(super::cancelled("orders", &window.outlet, window.from, window.to));
            }
            After::Fatal(why) => {
                self.barred.bar(name, ctx.now);
                page.notes.push(super::fatal("orders", &why));
            }
        }
        self.under = None;
        self.choose(ctx);
        Ok(())
    }
}

/// Whether a report's order is of a marketplace that is read: reports of a unified account hold others' rows too.
fn is_of(record: &RawRecord, ctx: &StreamCtx<'_>) -> bool {
    let text = String::from_utf8_lossy(&record.bytes);
    let channel = Table::of(&text)
        .get(0, "sales-channel")
        .and_then(|name| market(None, Some(name)));
    channel.is_none_or(|market| ctx.remote.outlets.iter().any(|outlet| outlet == market.id))
}

impl Flow for Orders {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        (self.ended, self.looked, self.done) = (false, false, 0);
        self.covered.retain(outlets);
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
        let usable = |list: &List| {
            list.outlets == *outlets && list.token.is_some() && (0..TOKEN_LIFE).contains(&(ctx.now - list.token_at))
        };
        // A run that was cut off a moment ago goes on with its reports: a call of the interface is dear.
        let moments = self.covered.end(outlets).is_some_and(|end| ctx.now - end < MOMENTS);
        let going = self.list.is_none() && self.under.is_some() && moments;
        if !self.list.as_ref().is_some_and(usable) && !going {
            self.list = Some(self.start(ctx));
        }
        let stale = |under: &Under| under.errand.is_stale(ctx.now) || !outlets.contains(&under.window.outlet);
        if self.under.as_ref().is_some_and(stale) {
            self.under = None;
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
        } else if self.list.is_some() {
            self.listed(ctx, &batch, &mut page)?;
            if self.list.is_none() && self.under.is_none() {
                self.choose(ctx);
            }
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
        match (&mut self.list, &mut self.under, trouble) {
            // A token that is not taken any more: the list is begun again, nothing of it is lost.
            (Some(list), _, Trouble::Refused) => {
                let had = list.token.is_some();
                let again = self.start(ctx);
                self.list = Some(again);
                had
            }
            (None, Some(under), Trouble::Storage) => under.errand.readdress(),
            (None, Some(under), Trouble::Refused) => under.errand.restart(ctx.now),
            _ => false,
        }
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
