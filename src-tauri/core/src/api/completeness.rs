//! How complete figures are: over which orders, units and days they are known.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::metrics::{Measure, Measures, Period};
use crate::model::Day;

use super::figure::{Figure, rate};
use super::gaps::Gaps;
use super::history::History;
use super::words::EN_US;

/// Of which days the orders behind an answer are here. What is not here is unknown, and never zero.
#[derive(Serialize, Clone, Debug)]
pub struct Reach {
    /// Whether every order of these days is here and counts as a whole: a sync brings the newest first and knows nothing of what was
    /// sold since, an imported file proves only the days from its first to its last order, and what is broken or tells too little
    /// is kept without being counted.
    pub orders_complete: bool,
    /// First day from which on every order is here; `null` where there is none, or no day is complete.
    pub orders_complete_from: Option<Day>,
    /// Last day up to which every order is here; `null` where they reach to today, or no day is complete.
    pub orders_complete_to: Option<Day>,
    /// What is missing, as a sentence; `null` where nothing is.
    pub orders_text: Option<String>,
    /// Why, and what to do about it.
    pub orders_hint: Option<String>,
    /// Orders of these days that are kept and not counted, because a record is broken or tells too little; those of unknown days
    /// are among them in every range.
    pub orders_left_out: u64,
    /// Of these, those of which nobody knows the day.
    pub orders_left_out_undated: u64,
    /// Records beside them that could not be read; what they belong to counts without them.
    pub records_left_out: u64,
    /// Orders of these days that count in part, by order day: something of them is missing or does not add up.
    pub orders_incomplete: i64,
    /// What is left out or counts in part, and where to look, in sentences; `null` where everything counts.
    pub left_out_text: Option<String>,
}

impl Reach {
    /// How a period stands.
    pub(super) fn of(history: &History, period: Period, gaps: &Gaps) -> Reach {
        let text = history.sentence(period);
        Reach {
            orders_complete: history.covers(period) && gaps.is_none(),
            orders_left_out: gaps.lacking.orders,
            orders_left_out_undated: gaps.lacking.undated,
            records_left_out: gaps.lacking.records,
            orders_incomplete: gaps.in_part,
            left_out_text: gaps.text(),
            orders_complete_from: history.from(),
            orders_complete_to: history.to(),
            orders_hint: text.as_ref().and_then(|_| history.hint(period)),
            orders_text: text,
        }
    }
}

/// How complete the figures of an answer are.
#[derive(Serialize, Clone, Debug)]
pub struct Completeness {
    /// Share of orders whose amounts are known.
    pub orders_with_price: Figure,
    /// Orders without a price yet.
    pub orders_without_price: i64,
    /// Share of units with a known cost.
    pub units_with_cost: Figure,
    /// Share of units whose cost was first known after the sale.
    pub units_cost_estimated: Figure,
    /// Over how many units gross profit and contribution are known, as a sentence; `null` where over all of them.
    pub costs_text: Option<String>,
    /// Rows whose amount or date was derived, not stated by the platform.
    pub rows_estimated: i64,
    /// Days whose figures may still change.
    pub days_not_final: Vec<Day>,
    /// Of which days the orders are here.
    #[serde(flatten)]
    pub reach: Reach,
}

impl Completeness {
    /// How complete the sums of a period are.
    pub(super) fn of(m: &Measures, period: Period, history: &History, gaps: &Gaps) -> Completeness {
        let share = |part: i64, whole: i64| Decimal::from(part).checked_div(Decimal::from(whole));
        let (priced, unpriced) = (m.get(Measure::OrdersWithPrice), m.get(Measure::OrdersUnpriced));
        let units = m.get(Measure::Units);
        Completeness {
            orders_with_price: rate(share(priced, priced + unpriced)),
            orders_without_price: unpriced,
            units_with_cost: rate(share(m.get(Measure::UnitsWithCost), units)),
            units_cost_estimated: rate(share(m.get(Measure::UnitsCostEstimated), units)),
            costs_text: costs_text(m),
            rows_estimated: m.get(Measure::RowsEstimated),
            days_not_final: history.not_final(period),
            reach: Reach::of(history, period, gaps),
        }
    }
}

/// Over which units the cost is known, where that is not all of them, or not by what was known then.
fn costs_text(m: &Measures) -> Option<String> {
    let units = m.get(Measure::Units);
    let part = |measure: Measure| {
        let share = Decimal::from(m.get(measure)).checked_div(Decimal::from(units));
        share.map(|share| EN_US.percent(share))
    };
    let known = part(Measure::UnitsWithCost).filter(|_| m.get(Measure::UnitsWithCost) != units);
    let estimated = part(Measure::UnitsCostEstimated).filter(|_| m.get(Measure::UnitsCostEstimated) != 0);
    match (known, estimated) {
        (None, None) => None,
        (Some(known), None) => Some(format!("Cost known for {known} of units only")),
        (None, Some(part)) => Some(format!("Cost estimated for {part} of units")),
        (Some(known), Some(part)) => Some(format!("Cost known for {known} of units only, estimated for {part}")),
    }
}
