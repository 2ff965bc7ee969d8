//! Amazon's own totals by day: what figures are held against (contract section 3.9). Days are the marketplace's own.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::zone_of;
use super::calls::get;
use super::cut;
use super::errand::Barred;
use super::flow::{self, DAY, Flow, day};
use super::operations::Operation;
use super::proof::{Doubts, names};
use super::windows::{Covered, Window};
use crate::connectors::amazon::record;
use crate::connectors::fetch::{Batch, Coverage, Measure, Note, Page, Step, StreamCtx};
use crate::model::Zone;
use crate::net::NetError;

/// Days of one call.
const LONGEST: i64 = 30;
/// Days that are read again: orders are cancelled, and counts corrected.
const AGAIN: i64 = 30;
/// Seconds between two readings of the latest days.
const EVERY: i64 = 6 * 3_600;

/// A moment with its zone's offset, as an interval needs it.
fn moment(zone: Zone, second: i64) -> String {
    let offset = zone.offset_at(second);
    let offset = i32::try_from(offset).ok().and_then(FixedOffset::east_opt);
    let at = DateTime::from_timestamp(second, 0).unwrap_or_default();
    match offset {
        Some(offset) => at.with_timezone(&offset).format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        None => super::calls::time(second),
    }
}

/// Asks for the number of orders of a marketplace, and of the units in them, between two seconds.
pub(super) fn total(ctx: &StreamCtx<'_>, outlet: &str, from: i64, to: i64) -> Result<Step, NetError> {
    asked(ctx, outlet, (from, to), "Total")
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    payload: Vec<Count>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    #[serde(default)]
    order_count: u64,
    #[serde(default)]
    unit_count: u64,
}

/// The orders that an answer to [`total`] counts, and the units in them.
pub(super) fn counted(batch: &Batch<'_>) -> Result<(u64, u64), NetError> {
    let counts: Counts = flow::shaped(flow::answer(batch)?, "payload")?;
    let all = counts.payload.iter();
    let sum = |(orders, units), count: &Count| (orders + count.order_count, units + count.unit_count);
    Ok(all.fold((0, 0), sum))
}

fn asked(ctx: &StreamCtx<'_>, outlet: &str, (from, to): (i64, i64), granularity: &str) -> Result<Step, NetError> {
    let zone = zone_of(outlet);
    let interval = format!("{}--{}", moment(zone, from), moment(zone, to));
    let pairs = [
        ("marketplaceIds", outlet),
        ("interval", interval.as_str()),
        ("granularity", granularity),
        ("granularityTimeZone", zone.name()),
    ];
    get(ctx, Operation::OrderMetrics, "sales/v1/orderMetrics", &pairs)
}

/// What is said of days that Amazon did not count.
fn dayless(window: &Window) -> Note {
    flow::note(
        "totals_missing",
        format!(
            "Asked twice for its daily totals ({}, {} to {}), Amazon gave none.",
            names(&window.outlet),
            day(window.from),
            day(window.to - 1)
        ),
        "Orders of these days are not held against Amazon's own count. Later syncs ask again.",
    )
}

/// The latest day of a marketplace, which is not over.
pub(super) fn today(outlet: &str, now: i64) -> i64 {
    i64::from(zone_of(outlet).day_of(now).0)
}

/// Where the stream stands. Spans are days, the end excluded.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct OrderMetrics {
    covered: Covered,
    under: Option<Window>,
    /// Marketplaces whose latest days are due.
    due: Vec<String>,
    read_at: i64,
    done: u64,
    /// What is under way is asked for the second time: the first answer held no day.
    again: bool,
    barred: Barred,
    doubts: Doubts,
}

impl OrderMetrics {
    fn choose(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        self.due.retain(|outlet| outlets.contains(outlet));
        self.again = false;
        while let Some(outlet) = self.due.pop() {
            let to = today(&outlet, ctx.now);
            let window = Window {
                outlet,
                from: to - AGAIN,
                to,
            };
            if !self.barred.holds(&window.name(), ctx.now) {
                self.under = Some(window);
                return;
            }
        }
        let floor = flow::floor(ctx).max(ctx.now - flow::HISTORY + 2 * DAY).div_euclid(DAY) + 1;
        self.under = self.covered.latest(outlets, floor, LONGEST, &self.barred, ctx.now);
    }
}

impl Flow for OrderMetrics {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        self.done = 0;
        self.covered.retain(outlets);
        self.doubts.retain(outlets);
        let old = !(0..EVERY).contains(&(ctx.now - self.read_at));
        let due = |outlet: &&String| old || self.covered.end_of(outlet).is_none();
        self.due = outlets.iter().filter(due).cloned().rev().collect();
        if old {
            self.read_at = ctx.now;
        }
        self.choose(ctx);
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        let Some(window) = &self.under else {
            return Ok(Step::Done);
        };
        let zone = zone_of(&window.outlet);
        let span = (zone.start_of(day(window.from)), zone.start_of(day(window.to)));
        asked(ctx, &window.outlet, span, "Day")
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let rows = cut::list(flow::answer(&batch)?, &["payload"])?;
        let Some(window) = self.under.take() else {
            return Err(NetError::defect("Totals came that nobody asked for."));
        };
        let records = cut::records("order_metrics", &rows, |row| record::metric(row, &window.outlet));
        self.done += rows.len() as u64;
        let span = (window.from * DAY, window.to * DAY);
        let mut notes = Vec::new();
        match (rows.is_empty(), self.again) {
            // Every day has its interval, if only with a zero.
            (true, false) => {
                self.again = true;
                self.under = Some(window);
            }
            (true, true) => {
                let told = dayless(&window);
                self.barred.bar(window.name(), ctx.now);
                self.doubts.add(&window.outlet, span, told.clone());
                notes.push(told);
                self.choose(ctx);
            }
            (false, _) => {
                self.barred.free(&window.name());
                self.doubts.settle(&window.outlet, span);
                self.covered.insert(&window.outlet, window.from, window.to);
                self.choose(ctx);
            }
        }
        Ok(Page {
            records,
            notes,
            measure: Measure::of(self.done, None),
            ..Page::default()
        })
    }

    fn doubt(&self) -> Option<Note> {
        self.doubts.told()
    }

    fn coverage(&self) -> Coverage {
        let (since, until) = self.covered.coverage();
        Coverage {
            since: since.map(|day| day * DAY),
            until: until.map(|day| day * DAY),
            whole: false,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
