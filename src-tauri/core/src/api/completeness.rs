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
    /// is kept without being counted; and whether none counts twice, which it does where two connections hold it.
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
    /// Orders that are not here yet, though records are that tell of them (fees, refunds); these are in no figure.
    pub orders_to_come: u64,
    /// Orders of these days that count in part, by order day: something of them is missing or does not add up.
    pub orders_incomplete: i64,
    /// What is left out, counts in part or counts twice, and where to look, in sentences; `null` where everything counts once.
    pub left_out_text: Option<String>,
    /// Whether what was paid back and charged on these days was read, wherever a marketplace keeps that in a ledger of its own. Where
    /// it was read of none of them, figures made of it are `null`; where of some, those are the sums of what was.
    pub money_complete: bool,
    /// Of which days it was not, as a sentence; `null` where it was of all.
    pub money_text: Option<String>,
    /// Why, and what to do about it.
    pub money_hint: Option<String>,
    /// Whether refunds, changes and shipments of older orders that fall into these days are in their figures: a shop may show its
    /// latest orders only, and files know nothing of orders before their first one.
    pub older_orders_complete: bool,
    /// First day of the orders whose refunds and shipments are known; `null` where they are of all.
    pub older_orders_from: Option<Day>,
    /// What lacks, as a sentence; `null` where nothing does.
    pub older_orders_text: Option<String>,
}

impl Reach {
    /// How a period stands.
    pub(super) fn of(history: &History, period: Period, gaps: &Gaps) -> Reach {
        let text = history.sentence(period);
        let (money_text, money_hint) = history.unread_text(period).unzip();
        let older_orders_text = history.older_text(period);
        Reach {
            money_complete: money_text.is_none(),
            money_text,
            money_hint,
            older_orders_complete: older_orders_text.is_none(),
            older_orders_from: history.older_from(period),
            older_orders_text,
            orders_complete: history.covers(period) && gaps.is_none(),
            orders_left_out: gaps.lacking.orders,
            orders_left_out_undated: gaps.lacking.undated,
            records_left_out: gaps.lacking.records,
            orders_to_come: gaps.lacking.to_come,
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
    /// The same in words; `null` where every order has one.
    pub unpriced_text: Option<String>,
    /// Orders of which no record shows what was ordered: they are in no figure of units or fulfilment.
    pub orders_untold: i64,
    /// The same in words; `null` where there are none.
    pub untold_text: Option<String>,
    /// Share of units with a known cost.
    pub units_with_cost: Figure,
    /// Share of units whose cost was first known after the sale.
    pub units_cost_estimated: Figure,
    /// Over how many units gross profit and contribution are known, as a sentence; `null` where over all of them.
    pub costs_text: Option<String>,
    /// Rows whose amount or date was derived, not stated by the platform.
    pub rows_estimated: i64,
    /// The same as a sentence; `null` where there are none.
    pub estimated_text: Option<String>,
    /// Rows of prices that include an unknown share of tax.
    pub rows_basis_unknown: i64,
    /// The same as a sentence; `null` where there are none.
    pub basis_text: Option<String>,
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
            unpriced_text: unpriced_text(m),
            orders_untold: m.get(Measure::OrdersUntold),
            untold_text: untold_text(m),
            units_with_cost: rate(share(m.get(Measure::UnitsWithCost), units)),
            units_cost_estimated: rate(share(m.get(Measure::UnitsCostEstimated), units)),
            costs_text: costs_text(m),
            rows_estimated: m.get(Measure::RowsEstimated),
            estimated_text: estimated_text(m),
            rows_basis_unknown: m.get(Measure::RowsBasisUnknown),
            basis_text: basis_text(m),
            days_not_final: history.not_final(period),
            reach: Reach::of(history, period, gaps),
        }
    }
}

/// Orders whose amounts are not stated yet; `None` where all are.
pub(super) fn unpriced_text(m: &Measures) -> Option<String> {
    let count = m.get(Measure::OrdersUnpriced);
    (count > 0).then(|| format!("{} without a price yet", EN_US.things(count, "order", "orders")))
}

/// Orders of which no record shows what was ordered; `None` where there are none.
pub(super) fn untold_text(m: &Measures) -> Option<String> {
    let count = m.get(Measure::OrdersUntold);
    (count > 0).then(|| {
        format!(
            "{} without a record of what was ordered",
            EN_US.things(count, "order", "orders")
        )
    })
}

/// What was derived, not stated (contract section 7.5 wants such days marked); `None` where everything was stated.
pub(super) fn estimated_text(m: &Measures) -> Option<String> {
    let count = m.get(Measure::RowsEstimated);
    (count > 0).then(|| {
        let rows = EN_US.things(count, "ledger row", "ledger rows");
        format!("{rows} with an amount or a day that was derived, not stated by the platform")
    })
}

/// What stands as charged, with its tax (LEDGER ruling 23); `None` where all taxes are told apart.
fn basis_text(m: &Measures) -> Option<String> {
    let count = m.get(Measure::RowsBasisUnknown);
    (count > 0).then(|| {
        let rows = EN_US.things(count, "ledger row", "ledger rows");
        format!(
            "{rows} of prices that include tax, and nobody tells how much: sales stand as charged, with that tax; taxes, and amounts \
             under accounting, are unknown"
        )
    })
}

/// Over which units the cost is known, where that is not all of them, or not by what was known when they were sold.
fn costs_text(m: &Measures) -> Option<String> {
    let (units, known, estimated) = (
        m.get(Measure::Units),
        m.get(Measure::UnitsWithCost),
        m.get(Measure::UnitsCostEstimated),
    );
    let part = |count: i64| {
        let share = Decimal::from(count).checked_div(Decimal::from(units));
        share.map(|share| EN_US.percent(share))
    };
    let known_text = match known == units {
        true => None,
        false => Some(format!("Cost known for {} of units only", part(known)?)),
    };
    // Whoever chose it takes the first cost that is known for what was sold before.
    let how = "sold before a cost was known, they take the first known one";
    match (known_text, estimated) {
        (known, 0) => known,
        (None, all) if all == units => Some(format!("Cost estimated for all units: {how}")),
        (None, some) => Some(format!("Cost estimated for {} of units: {how}", part(some)?)),
        (Some(text), all) if all == known => Some(format!("{text}, and estimated for all of these: {how}")),
        (Some(text), some) => Some(format!(
            "{text}, and estimated for {} of units among them: {how}",
            part(some)?
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_costs_it_says_over_what_they_are_known_and_what_of_that_is_estimated() {
        let said = |units: i64, known: i64, estimated: i64| {
            let mut m = Measures::default();
            m.add(Measure::Units, units);
            m.add(Measure::UnitsWithCost, known);
            m.add(Measure::UnitsCostEstimated, estimated);
            costs_text(&m).unwrap_or_default()
        };
        let how = "sold before a cost was known, they take the first known one";
        assert_eq!(said(0, 0, 0), "", "nothing was sold");
        assert_eq!(said(10, 10, 0), "", "all are known by what was known then");
        assert_eq!(said(10, 4, 0), "Cost known for 40.0% of units only", "some are not");
        assert_eq!(
            said(10, 10, 10),
            format!("Cost estimated for all units: {how}"),
            "all by the user's leave"
        );
        assert_eq!(
            said(10, 10, 5),
            format!("Cost estimated for 50.0% of units: {how}"),
            "some by it"
        );
        assert_eq!(
            said(10, 8, 8),
            format!("Cost known for 80.0% of units only, and estimated for all of these: {how}"),
            "the two shares are of the same units, and not added up"
        );
        assert_eq!(
            said(10, 8, 3),
            format!("Cost known for 80.0% of units only, and estimated for 30.0% of units among them: {how}"),
            "a part of those that are known"
        );
    }
}
