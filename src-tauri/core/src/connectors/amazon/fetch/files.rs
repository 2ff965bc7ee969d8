//! Streams that are read as files of spans of days, newest first, the latest days again: the sales and traffic report, and the
//! economics of Data Kiosk (contract sections 3.7 and 3.8).

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cut;
use super::errand::{After, Barred, Errand, Wanted};
use super::flow::{self, DAY, Flow, Trouble, day};
use super::metrics::today;
use super::proof::{Doubts, Proof, lacking, lacking_units};
use super::windows::{Covered, Window};
use crate::connectors::RawRecord;
use crate::connectors::amazon::totals;
use crate::connectors::fetch::{Batch, Coverage, Framing, Measure, Note, Page, Step, StreamCtx};
use crate::model::Day;
use crate::net::NetError;

/// Latest days that may be without rows: they are told a day late or two (contract section 4).
const LATE: i64 = 3;

/// What is particular to one of these streams.
pub(super) trait Filed: Send + Sync + Default + std::fmt::Debug {
    /// Name of the stream.
    const STREAM: &'static str;
    /// Days of one file.
    const LONGEST: i64;
    /// Days that are read again.
    const AGAIN: i64;
    /// Seconds between two readings of the latest days.
    const EVERY: i64;
    /// Seconds that a run waits for one file; the next run goes on.
    const PATIENCE: i64;
    /// Days back that there is anything.
    const BACK: i64;
    /// All marketplaces are in one file.
    const JOINT: bool;
    /// How a file is cut.
    const FRAMING: Framing;

    /// What is asked for.
    fn wanted(outlets: &str, from: Day, last: Day, part: Option<String>) -> Wanted;
    /// Whether a record of a file is kept.
    fn keeps(record: &RawRecord) -> bool;
    /// The day of a record and the units that were ordered of its goods, where it tells them: by these a lost part of a file is
    /// noticed.
    fn units(_record: &RawRecord) -> Option<(i64, u64)> {
        None
    }
}

/// Sales and traffic by day. The rows of products are left out: they are of a whole span, and spans overlap.
#[derive(Debug, Default)]
pub(super) struct Traffic;

impl Filed for Traffic {
    const STREAM: &'static str = "sales_and_traffic";
    const LONGEST: i64 = 90;
    const AGAIN: i64 = 14;
    const EVERY: i64 = 20 * 3_600;
    const PATIENCE: i64 = 1_800;
    const BACK: i64 = 728;
    const JOINT: bool = false;
    const FRAMING: Framing = Framing::Whole { most: 32 << 20 };

    fn wanted(outlet: &str, from: Day, last: Day, _part: Option<String>) -> Wanted {
        let options = [("dateGranularity", "DAY"), ("asinGranularity", "PARENT")];
        let start = |day: Day| i64::from(day.0) * DAY;
        Wanted::Report {
            kind: "GET_SALES_AND_TRAFFIC_REPORT".to_owned(),
            marketplace: outlet.to_owned(),
            span: Some((start(from), start(last) + DAY - 1)),
            options: options.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }

    fn keeps(record: &RawRecord) -> bool {
        record.facet == "by_date"
    }
}

/// Sales, fees and advertising by SKU and day.
#[derive(Debug, Default)]
pub(super) struct Economics;

impl Filed for Economics {
    const STREAM: &'static str = "economics";
    const LONGEST: i64 = 28;
    const AGAIN: i64 = 14;
    const EVERY: i64 = 20 * 3_600;
    const PATIENCE: i64 = 900;
    const BACK: i64 = 728;
    const JOINT: bool = true;
    const FRAMING: Framing = Framing::LINES;

    fn wanted(outlets: &str, from: Day, last: Day, part: Option<String>) -> Wanted {
        let ids: Vec<String> = outlets.split(',').map(|id| format!("\"{id}\"")).collect();
        let amount = "{amount currencyCode}";
        let detail = format!(
            "aggregatedDetail{{amount{amount} promotionAmount{amount} taxAmount{amount} totalAmount{amount} quantity amountPerUnit{amount}}}"
        );
        let text = format!(
            "query{{analytics_economics_2024_03_15{{economics(startDate:\"{from}\" endDate:\"{last}\" marketplaceIds:[{}] \
aggregateBy:{{date:DAY productId:MSKU}}){{marketplaceId startDate endDate parentAsin childAsin msku fnsku \
sales{{orderedProductSales{amount} refundedProductSales{amount} netProductSales{amount} averageSellingPrice{amount} unitsOrdered \
unitsRefunded netUnitsSold}} fees{{feeTypeName charges{{identifier startDate endDate {detail}}}}} \
ads{{adTypeName charge{{amount{amount} promotionAmount{amount} taxAmount{amount} totalAmount{amount}}}}} \
cost{{costOfGoodsSold{amount} miscellaneousCost{amount} fbaCost{{shippingToAmazonCost{amount}}} \
mfnCost{{fulfillmentCost{amount} storageCost{amount}}}}} netProceeds{{total{amount} perUnit{amount}}}}}}}}}",
            ids.join(",")
        );
        Wanted::Query { text, token: part }
    }

    fn keeps(_record: &RawRecord) -> bool {
        true
    }

    fn units(record: &RawRecord) -> Option<(i64, u64)> {
        let (day, units) = totals::units_ordered(record)?;
        Some((day.0.into(), units))
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Under {
    errand: Errand,
    window: Window,
    /// Rows of it so far, over all its parts.
    #[serde(default)]
    came: u64,
    /// Units in those rows of the days that are held against Amazon's count; `None` where no row tells any.
    #[serde(default)]
    units: Option<u64>,
    /// It is asked for the second time: the first file held nothing, or too little.
    #[serde(default)]
    again: bool,
}

/// Where such a stream stands. Spans are days, the end excluded.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, bound = "")]
pub(super) struct Files<F: Filed> {
    covered: Covered,
    barred: Barred,
    under: Option<Under>,
    due: Vec<String>,
    read_at: BTreeMap<String, i64>,
    /// How soon the last file was there ([`Errand::pace`]).
    pace: Option<i64>,
    done: u64,
    /// The file has come, and is held against the orders placed in its days.
    proof: Option<Proof>,
    doubts: Doubts,
    #[serde(skip)]
    of: PhantomData<F>,
}

impl<F: Filed> Files<F> {
    /// What a file is of: a marketplace, or all of them.
    fn outlets(ctx: &StreamCtx<'_>) -> Vec<String> {
        match F::JOINT {
            true => vec![ctx.remote.outlets.join(",")],
            false => ctx.remote.outlets.clone(),
        }
    }

    /// The day that is not over in one of the marketplaces.
    fn today(outlet: &str, now: i64) -> i64 {
        let days = outlet.split(',').map(|id| today(id, now));
        days.min().unwrap_or_default()
    }

    fn errand(&self, window: &Window, part: Option<String>, now: i64) -> Errand {
        let wanted = F::wanted(&window.outlet, day(window.from), day(window.to - 1), part);
        Errand::new(wanted, true, now).sooner(self.pace)
    }

    fn choose(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = Self::outlets(ctx);
        self.due.retain(|outlet| outlets.contains(outlet));
        let floor = flow::floor(ctx).max(ctx.now - F::BACK * DAY).div_euclid(DAY) + 1;
        let due = self.due.pop();
        let latest = due.map(|outlet| {
            let to = Self::today(&outlet, ctx.now);
            let longest = to - F::LONGEST;
            let again = match self.covered.end_of(&outlet) {
                Some(end) => {
                    let again = end.min(to) - F::AGAIN;
                    if again < longest {
                        // The last days of the last run were not final, and this window does not reach them.
                        self.covered.remove(&outlet, again, end);
                    }
                    again.max(longest)
                }
                None => longest,
            };
            Window {
                outlet,
                from: again.max(floor).min(to - 1),
                to,
            }
        });
        let window = latest
            .filter(|window| !self.barred.holds(&window.name(), ctx.now))
            .or_else(|| self.covered.latest(&outlets, floor, F::LONGEST, &self.barred, ctx.now));
        self.under = window.map(|window| Under {
            errand: self.errand(&window, None, ctx.now),
            window,
            came: 0,
            units: None,
            again: false,
        });
    }

    /// The days of a file that are held against Amazon's count: rows of the latest come late.
    fn settled(window: &Window) -> (i64, i64) {
        (window.from + 1, window.to - LATE)
    }

    /// What the file at hand is held against, once it has come to its end.
    fn proof_of(&self, ctx: &StreamCtx<'_>) -> Option<Proof> {
        let under = self.under.as_ref()?;
        let outlets: Vec<String> = under.window.outlet.split(',').map(str::to_owned).collect();
        let (from, to) = Self::settled(&under.window);
        match (under.came, under.units) {
            (0, _) => Proof::of(ctx, &outlets, (from * DAY, to * DAY), 0),
            (_, Some(units)) => Proof::of_units(ctx, &outlets, (from, to), units),
            (_, None) => None,
        }
    }

    /// The file of days has come whole. One without a row is asked for again where orders were placed in its days, and one whose rows
    /// hold too few of the units ordered.
    fn ended(&mut self, ctx: &StreamCtx<'_>) -> Vec<Note> {
        let proof = self.proof.take();
        let Some(Under { window, again, .. }) = self.under.take() else {
            return Vec::new();
        };
        let span = (window.from * DAY, window.to * DAY);
        let lacks = |proof: &Proof| match proof.units() {
            Some(_) => proof.lacks_units(),
            None => proof.lacks_all(),
        };
        if let Some(proof) = proof.filter(lacks) {
            if !again {
                let wanted = F::wanted(&window.outlet, day(window.from), day(window.to - 1), None);
                self.under = Some(Under {
                    errand: Errand::new(wanted, false, ctx.now).sooner(self.pace),
                    window,
                    came: 0,
                    units: None,
                    again: true,
                });
                return Vec::new();
            }
            let told = match proof.units() {
                Some(units) => lacking_units(F::STREAM, &window.outlet, span, units, proof.placed()),
                None => lacking(F::STREAM, &window.outlet, span, 0, proof.placed()),
            };
            self.barred.bar(window.name(), ctx.now);
            self.doubts.add(&window.outlet, span, told.clone());
            self.choose(ctx);
            return vec![told];
        }
        self.barred.free(&window.name());
        self.doubts.settle(&window.outlet, span);
        self.covered.insert(&window.outlet, window.from, window.to);
        if window.to >= Self::today(&window.outlet, ctx.now) {
            self.due.retain(|outlet| *outlet != window.outlet);
            self.read_at.insert(window.outlet, ctx.now);
        }
        self.choose(ctx);
        Vec::new()
    }
}

impl<F: Filed> Flow for Files<F> {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = Self::outlets(ctx);
        self.done = 0;
        self.covered.retain(&outlets);
        self.doubts.retain(&outlets);
        self.read_at.retain(|outlet, _| outlets.contains(outlet));
        let due = |outlet: &&String| {
            let at = self.read_at.get(*outlet);
            at.is_none_or(|at| !(0..F::EVERY).contains(&(ctx.now - at)))
        };
        self.due = outlets.iter().filter(due).cloned().rev().collect();
        let usable = |under: &Under| !under.errand.is_stale(ctx.now) && outlets.contains(&under.window.outlet);
        match &mut self.under {
            Some(under) if usable(under) => under.errand.resume(ctx.now),
            _ => {
                self.proof = None;
                self.choose(ctx);
            }
        }
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if let Some(proof) = &self.proof {
            return proof.next(ctx);
        }
        match &self.under {
            Some(under) if under.errand.is_late(F::PATIENCE, ctx.now) => Ok(Step::Done),
            Some(under) => under.errand.next(ctx, F::FRAMING),
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let mut page = Page::default();
        if let Some(proof) = &mut self.proof {
            if proof.read(&batch)? {
                page.notes = self.ended(ctx);
            }
            page.measure = Measure::of(self.done, None);
            return Ok(page);
        }
        let Some(under) = &mut self.under else {
            return Err(NetError::defect("A file came that nobody asked for."));
        };
        let after = under.errand.read(ctx, &batch)?;
        let window = under.window.clone();
        self.pace = under.errand.pace();
        let ended = match after {
            After::Going => {
                page.transient = under.errand.is_passing();
                if under.errand.is_late(F::PATIENCE, ctx.now) {
                    page.notes.push(super::late(F::STREAM));
                }
                false
            }
            After::Groups { last } => {
                let Batch::Groups { groups, .. } = &batch else {
                    return Err(flow::misshapen("file"));
                };
                let (records, _) = cut::groups(F::STREAM, groups)?;
                page.records = records.into_iter().filter(F::keeps).collect();
                let (from, to) = Self::settled(&window);
                for (day, units) in page.records.iter().filter_map(F::units) {
                    let own = if (from..to).contains(&day) { units } else { 0 };
                    under.units = Some(under.units.unwrap_or(0) + own);
                }
                under.came += page.records.len() as u64;
                self.done += page.records.len() as u64;
                last
            }
            After::Empty => true,
            After::Cancelled => {
                self.barred.bar(window.name(), ctx.now);
                page.notes.push(super::cancelled(
                    F::STREAM,
                    &window.outlet,
                    window.from * DAY,
                    window.to * DAY,
                ));
                self.choose(ctx);
                false
            }
            After::Fatal(why) => {
                self.barred.bar(window.name(), ctx.now);
                page.notes.push(super::fatal(F::STREAM, &why));
                self.choose(ctx);
                false
            }
        };
        if ended {
            let part = self
                .under
                .as_ref()
                .and_then(|u| u.errand.next_part().map(str::to_owned));
            match part {
                // The file was one part of several; the days are covered when the last has come (failure 38).
                Some(part) => {
                    let errand = self.errand(&window, Some(part), ctx.now);
                    self.under = self.under.take().map(|under| Under { errand, ..under });
                }
                None => {
                    self.proof = self.proof_of(ctx);
                    if self.proof.is_none() {
                        page.notes = self.ended(ctx);
                    }
                }
            }
        }
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn evade(&mut self, ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        if self.proof.take().is_some() {
            // Without a count nothing is held against it.
            self.ended(ctx);
            return true;
        }
        let under = self.under.as_mut();
        under.is_some_and(|under| under.errand.evade(trouble, ctx.now))
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

    fn redact(&mut self) {
        if let Some(under) = &mut self.under {
            under.errand.redact();
        }
    }
}
