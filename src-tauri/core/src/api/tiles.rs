//! Key figures: value, change against the compared period, course, formula, and why a value is unknown or partial.

use rust_decimal::Decimal;
use serde::Serialize;
use ts_rs::TS;

use crate::app::Result;
use crate::charts::Drawing;
use crate::metrics::catalog::{Metric, Unit, Value, fixed};
use crate::metrics::{Definition, Measure};

use super::completeness::{unpriced_text, untold_text};
use super::dashboard::Board;
use super::pictures;
use super::total::Total;
use super::words::{UNKNOWN, rounds_to_nothing};

/// Where a figure went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It rose.
    Up,
    /// It fell.
    Down,
    /// It stayed, as far as one decimal shows.
    Flat,
}

/// A key figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Tile {
    /// The metric's name.
    pub metric: String,
    /// The name on screens.
    pub label: String,
    /// The figure; a dash where it is unknown.
    pub value_text: String,
    /// The figure as a plain decimal; null where it is unknown.
    pub raw: Option<String>,
    /// The change against the compared period; null without a base.
    pub change_text: Option<String>,
    /// Where it went; null without a base.
    pub change_direction: Option<Direction>,
    /// Whether the change is welcome; null where it is neither.
    pub good: Option<bool>,
    /// The figure of the compared period.
    pub previous_text: Option<String>,
    /// The formula in words.
    pub formula: String,
    /// Its course over the range.
    pub sparkline: Option<Drawing>,
    /// Why it is unknown, or what is missing in it.
    pub note: Option<String>,
}

/// The figures shown, in their order.
const SHOWN: [Metric; 9] = [
    Metric::NetSales,
    Metric::GrossSales,
    Metric::Orders,
    Metric::Aov,
    Metric::Units,
    Metric::GrossProfit,
    Metric::RefundRate,
    Metric::FulfillmentRate,
    Metric::AdSpend,
];

/// The key figures; under the platform's definition its total sales too.
pub(super) fn tiles(board: &Board<'_>) -> Result<Vec<Tile>> {
    let total_sales = (board.definition == Definition::Platform).then_some(Metric::TotalSales);
    SHOWN[..2]
        .iter()
        .copied()
        .chain(total_sales)
        .chain(SHOWN[2..].iter().copied())
        .map(|m| tile(board, m))
        .collect()
}

/// A figure before and after.
pub(super) struct Moved {
    /// What it was.
    pub(super) before: Decimal,
    /// The change: a share of the earlier value, or the difference of two shares.
    pub(super) by: Decimal,
    /// As text.
    pub(super) text: String,
    /// Where it went.
    pub(super) direction: Direction,
}

/// How a metric moved; `None` without a base.
pub(super) fn moved(board: &Board<'_>, metric: Metric) -> Option<Moved> {
    let earlier = board.earlier?;
    between(board, metric, board.whole, earlier)
}

/// As [`moved`], between any two totals.
pub(super) fn between(board: &Board<'_>, metric: Metric, now: &Total, before: &Total) -> Option<Moved> {
    let other_currency = now.currency.zip(before.currency).is_some_and(|(a, b)| a != b);
    if metric.unit() == Unit::Money && other_currency {
        return None;
    }
    let current = now.value(metric, board.definition)?;
    let previous = before.value(metric, board.definition)?;
    let words = board.scene.words;
    let (by, text) = match metric.unit() {
        Unit::Rate => {
            let by = current.decimal() - previous.decimal();
            (by, words.points(by))
        }
        _ => {
            let by = metric.change(Some(current), Some(previous))?;
            (by, words.change(by))
        }
    };
    let direction = match by {
        by if rounds_to_nothing(by) => Direction::Flat,
        by if by > Decimal::ZERO => Direction::Up,
        _ => Direction::Down,
    };
    Some(Moved {
        before: previous.decimal(),
        by,
        text,
        direction,
    })
}

/// Whether more of a metric is welcome; `None` where it is neither.
fn more_is_good(metric: Metric) -> Option<bool> {
    match metric {
        Metric::Refunds | Metric::RefundRate | Metric::UnitsReturned => Some(false),
        Metric::AdSpend | Metric::Discounts | Metric::Taxes | Metric::Duties | Metric::Shipping => None,
        _ => Some(true),
    }
}

fn tile(board: &Board<'_>, metric: Metric) -> Result<Tile> {
    let words = board.scene.words;
    let value = board.whole.value(metric, board.definition);
    let text = |v: Decimal| words.value(v, metric.unit(), board.currency);
    let moved = moved(board, metric);
    let before = board
        .earlier
        .and_then(|e| e.value(metric, board.definition))
        .map(Value::decimal);
    let digits = board.currency.map_or(2, |c| c.exponent());
    Ok(Tile {
        metric: metric.name().to_owned(),
        label: metric.label().to_owned(),
        value_text: value.map_or_else(|| UNKNOWN.to_owned(), |v| text(v.decimal())),
        raw: value.map(|v| match v {
            Value::Money(d) => fixed(d, digits),
            Value::Rate(d) => fixed(d, 4),
            Value::Count(n) => n.to_string(),
        }),
        change_text: moved.as_ref().map(|m| m.text.clone()),
        change_direction: moved.as_ref().map(|m| m.direction),
        good: moved.as_ref().and_then(|m| match m.direction {
            Direction::Flat => None,
            Direction::Up => more_is_good(metric),
            Direction::Down => more_is_good(metric).map(|good| !good),
        }),
        // A compared figure in another currency is no comparison.
        previous_text: before.filter(|_| same_currency(board, metric)).map(text),
        formula: metric.formula(board.definition),
        sparkline: pictures::sparkline(board, metric)?,
        note: match value {
            None => Some(
                board
                    .whole
                    .unknown_because((metric, board.definition), (&board.history, board.period)),
            ),
            Some(_) => partial_because(board, metric),
        },
    })
}

fn same_currency(board: &Board<'_>, metric: Metric) -> bool {
    let other = |e: &Total| board.whole.currency.zip(e.currency).is_some_and(|(a, b)| a != b);
    metric.unit() != Unit::Money || !board.earlier.is_some_and(other)
}

/// What is missing in a known figure.
fn partial_because(board: &Board<'_>, metric: Metric) -> Option<String> {
    let (words, m) = (board.scene.words, &board.whole.measures);
    let (units, known) = (m.get(Measure::Units), m.get(Measure::UnitsWithCost));
    let mut notes = Vec::new();
    notes.extend(board.history.remark(board.period));
    if metric.holds_money_back(board.definition) && board.history.unread_text(board.period).is_some() {
        notes.push("what was paid back and charged was read for some days only".to_owned());
    }
    if metric.holds_older_orders(board.definition) && board.history.older_text(board.period).is_some() {
        notes.push("without what happened to older orders".to_owned());
    }
    if metric == Metric::GrossProfit {
        let share = Decimal::from(known)
            .checked_div(Decimal::from(units))
            .filter(|_| known < units);
        notes.extend(share.map(|s| format!("cost known for {} of units", words.percent(s))));
        let estimated = m.get(Measure::UnitsCostEstimated);
        if estimated > 0 {
            notes.push(format!(
                "cost of {} estimated",
                words.things(estimated, "unit", "units")
            ));
        }
    }
    let of_orders = matches!(
        metric,
        Metric::NetSales | Metric::GrossSales | Metric::TotalSales | Metric::Orders | Metric::Aov
    );
    if of_orders || metric == Metric::Units {
        notes.extend(board.gaps.left_out_text());
    }
    if of_orders {
        notes.extend(unpriced_text(m));
    }
    if matches!(metric, Metric::Units | Metric::UnitsReturned | Metric::FulfillmentRate) {
        notes.extend(untold_text(m));
    }
    if metric.unit() == Unit::Money && m.get(Measure::RowsBasisUnknown) > 0 {
        notes.push("some prices include an unknown share of tax".to_owned());
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}
