//! Whether an answer can be all there is: it is held against Amazon's own count of the orders placed in the same span, or of the
//! units in them (contract section 3.9). An answer that says too little is asked for again; where it stays so, that is told, and what it was of does not
//! count as held.

use serde::{Deserialize, Serialize};

use super::account::zone_of;
use super::calls;
use super::flow::{self, DAY, note};
use super::metrics;
use crate::connectors::amazon::markets::market;
use crate::connectors::fetch::{Batch, Note, Step, StreamCtx};
use crate::net::NetError;

/// Orders that the count may be ahead: its known gaps are small (contract section 3.9).
const FEW: u64 = 2;
/// Beyond them, one in so many.
const ONE_IN: u64 = 50;
/// The same of units in rows of goods: those are counted by another part of Amazon, and restated at other times.
const UNITS_ONE_IN: u64 = 20;

/// A question to Amazon's count, under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Proof {
    /// Marketplaces that are not counted yet.
    left: Vec<String>,
    from: i64,
    to: i64,
    came: u64,
    placed: u64,
    /// Units are counted, by the days of each marketplace; else orders.
    #[serde(default)]
    units: bool,
}

impl Proof {
    /// Holds `came` things against the orders placed at `outlets` from one second to another; `None` where there is no such span.
    pub(super) fn of(ctx: &StreamCtx<'_>, outlets: &[String], (from, to): (i64, i64), came: u64) -> Option<Self> {
        let from = from.max(ctx.now - flow::HISTORY + DAY);
        (from < to && !outlets.is_empty()).then(|| Proof {
            left: outlets.to_vec(),
            from,
            to,
            came,
            placed: 0,
            units: false,
        })
    }

    /// Holds `came` units against those ordered at `outlets` on the days `[from, to)` of each; `None` where there is no such span.
    pub(super) fn of_units(ctx: &StreamCtx<'_>, outlets: &[String], (from, to): (i64, i64), came: u64) -> Option<Self> {
        let proof = Self::of(ctx, outlets, (from * DAY, to * DAY), came)?;
        Some(Proof { units: true, ..proof })
    }

    /// Asks for the next count.
    pub(super) fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        let start = |outlet: &str, second: i64| match self.units {
            true => zone_of(outlet).start_of(flow::day(second.div_euclid(DAY))),
            false => second,
        };
        match self.left.last() {
            Some(outlet) => metrics::total(ctx, outlet, start(outlet, self.from), start(outlet, self.to)),
            None => Err(NetError::defect("Orders were to be counted nowhere.")),
        }
    }

    /// Takes a count in; whether it was the last one.
    pub(super) fn read(&mut self, batch: &Batch<'_>) -> Result<bool, NetError> {
        let (orders, units) = metrics::counted(batch)?;
        self.placed += if self.units { units } else { orders };
        self.left.pop();
        Ok(self.left.is_empty())
    }

    /// Orders that were placed, or units.
    pub(super) fn placed(&self) -> u64 {
        self.placed
    }

    /// Whether units were counted, and how many came.
    pub(super) fn units(&self) -> Option<u64> {
        self.units.then_some(self.came)
    }

    /// What came must hold every order placed, and does not.
    pub(super) fn lacks_some(&self) -> bool {
        self.placed > self.came + FEW.max(self.placed / ONE_IN) || self.came == 0 && self.placed > 0
    }

    /// What came must hold every unit ordered, but for small differences, and does not.
    pub(super) fn lacks_units(&self) -> bool {
        self.placed > self.came + FEW.max(self.placed / UNITS_ONE_IN)
    }

    /// What came holds about as much as was placed, and is less than half of it.
    pub(super) fn lacks_most(&self) -> bool {
        self.placed > FEW && self.came < self.placed.div_ceil(2)
    }

    /// What came must hold something where anything was placed, and is nothing.
    pub(super) fn lacks_all(&self) -> bool {
        self.placed > FEW && self.came == 0
    }
}

/// An answer that cannot be all there is, though it was asked for twice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Doubt {
    outlet: String,
    from: i64,
    to: i64,
    note: Note,
}

/// Spans of seconds whose answers are doubted. They stay until another answer dispels them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Doubts(Vec<Doubt>);

impl Doubts {
    /// Doubts `[from, to)` of a marketplace, or of several joined by commas.
    pub(super) fn add(&mut self, outlet: &str, (from, to): (i64, i64), note: Note) {
        self.settle(outlet, (from, to));
        self.0.push(Doubt {
            outlet: outlet.to_owned(),
            from,
            to,
            note,
        });
    }

    /// A span is known to be all there. What is left of a doubt is dropped where it is less than a day: nobody asks for so little.
    pub(super) fn settle(&mut self, outlet: &str, (from, to): (i64, i64)) {
        let left = std::mem::take(&mut self.0).into_iter().flat_map(|doubt| {
            if doubt.outlet != outlet || doubt.to <= from || doubt.from >= to {
                return vec![doubt];
            }
            let parts = [(doubt.from, doubt.to.min(from)), (doubt.from.max(to), doubt.to)];
            let long = parts.into_iter().filter(|(from, to)| to - from >= DAY);
            long.map(|(from, to)| Doubt {
                from,
                to,
                ..doubt.clone()
            })
            .collect()
        });
        self.0 = left.collect();
    }

    /// Forgets marketplaces that are not read any more.
    pub(super) fn retain(&mut self, outlets: &[String]) {
        self.0.retain(|doubt| outlets.contains(&doubt.outlet));
    }

    /// The latest of them, for people.
    pub(super) fn told(&self) -> Option<Note> {
        self.0
            .iter()
            .max_by_key(|doubt| doubt.to)
            .map(|doubt| doubt.note.clone())
    }
}

/// Names of marketplaces, by their ids joined by commas.
pub(super) fn names(outlets: &str) -> String {
    let names = outlets
        .split(',')
        .map(|id| market(Some(id), None).map_or(id, |m| m.name));
    names.collect::<Vec<_>>().join(", ")
}

/// What is said of a span that lacks something: of `stream`, `came` things though `placed` orders were placed.
pub(super) fn lacking(stream: &str, outlets: &str, (from, to): (i64, i64), came: u64, placed: u64) -> Note {
    let day = |second: i64| calls::time(second).chars().take(10).collect::<String>();
    let what = match came {
        0 => "gave none".to_owned(),
        came => format!("gave only {came}"),
    };
    note(
        "answer_lacking",
        format!(
            "Asked twice for {} ({}, {} to {}), Amazon {what}, and itself counts {placed} orders placed there.",
            super::people(stream),
            names(outlets),
            day(from),
            day(to - 1)
        ),
        "Figures of these days may lack something. Later syncs ask again; if it stays so, import the report from Seller Central.",
    )
}

/// What is said of days whose rows of goods come to `came` units, though `ordered` were ordered.
pub(super) fn lacking_units(stream: &str, outlets: &str, (from, to): (i64, i64), came: u64, ordered: u64) -> Note {
    let day = |second: i64| calls::time(second).chars().take(10).collect::<String>();
    note(
        "answer_lacking",
        format!(
            "Asked twice for {} ({}, {} to {}), Amazon gave rows of {came} units, and itself counts {ordered} units ordered there.",
            super::people(stream),
            names(outlets),
            day(from),
            day(to - 1)
        ),
        "A part of the file may be lost, and with it fees and advertising of these days. Later syncs ask again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(came: u64, placed: u64) -> Proof {
        Proof {
            left: Vec::new(),
            from: 0,
            to: DAY,
            came,
            placed,
            units: false,
        }
    }

    #[test]
    fn a_single_order_that_is_placed_and_does_not_come_is_noticed_and_a_gap_of_amazons_count_is_not() {
        assert!(proof(0, 1).lacks_some(), "nothing came of one");
        assert!(proof(100, 1_500).lacks_some(), "a page of fifteen");
        assert!(!proof(98, 100).lacks_some(), "the count is known to be ahead by a few");
        assert!(!proof(120, 100).lacks_some(), "older orders changed too");
        assert!(!proof(0, 0).lacks_some(), "nothing was placed");
        assert!(proof(49, 100).lacks_most() && !proof(50, 100).lacks_most(), "half");
        assert!(
            proof(94, 100).lacks_units() && !proof(95, 100).lacks_units(),
            "of units one in twenty"
        );
        assert!(!proof(0, 2).lacks_all(), "two orders may both have been cancelled");
    }

    #[test]
    fn a_doubt_stays_until_all_of_its_span_has_come() {
        let mut doubts = Doubts::default();
        let said = || note("x", "x", "x");
        doubts.add("A", (0, 28 * DAY), said());
        doubts.settle("B", (0, 28 * DAY));
        doubts.settle("A", (DAY, 29 * DAY));
        assert!(doubts.told().is_some(), "its first day has not come");
        doubts.settle("A", (-27 * DAY, DAY));
        assert!(doubts.told().is_none(), "now all of it has");
        doubts.add("A", (0, 30 * DAY), said());
        doubts.settle("A", (1_800, 31 * DAY));
        assert!(doubts.told().is_none(), "half an hour is left to nobody");
    }
}
