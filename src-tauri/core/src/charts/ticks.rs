//! Where axis labels stand: round numbers for values, round days for time. Exact decimals, so that a label is never 0.30000000004.

use chrono::Datelike;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::Day;

/// A value axis: its ends and the labelled values between them, lowest first.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Scale {
    /// The lowest value of the axis.
    pub(super) low: f64,
    /// The highest value of the axis, above `low`.
    pub(super) high: f64,
    /// The labelled values.
    pub(super) ticks: Vec<Decimal>,
}

/// A scale that holds zero and every value, with at most about `steps` steps of 1, 2, 2.5 or 5 times a power of ten.
/// Without any value, or with zeros only, zero is the one label.
pub(super) fn scale(values: impl Iterator<Item = Decimal>, steps: u32) -> Scale {
    let (low, high) = values.fold((Decimal::ZERO, Decimal::ZERO), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    let span = high.checked_sub(low).unwrap_or(Decimal::MAX);
    let Some(step) = nice_step(span, steps) else {
        return Scale {
            low: 0.0,
            high: 1.0,
            ticks: vec![Decimal::ZERO],
        };
    };
    let from = (low / step).floor();
    let to = (high / step).ceil();
    let count = (to - from).to_u32().unwrap_or(0);
    let ticks: Vec<Decimal> = (0..=count)
        .filter_map(|n| step.checked_mul(from + Decimal::from(n)))
        .map(|t| t.normalize())
        .collect();
    let end = |tick: Option<&Decimal>, bound: Decimal| pixel(tick.copied().unwrap_or(bound));
    Scale {
        low: end(ticks.first(), low).min(pixel(low)),
        high: end(ticks.last(), high).max(pixel(high)),
        ticks,
    }
}

/// The smallest round step that needs at most `steps` steps for `span`; `None` for an empty span.
fn nice_step(span: Decimal, steps: u32) -> Option<Decimal> {
    if span <= Decimal::ZERO || steps == 0 {
        return None;
    }
    let rough = span / Decimal::from(steps);
    let mut power = Decimal::ONE;
    while power > rough && power.scale() < 20 {
        power = power.checked_div(Decimal::TEN)?;
    }
    while power.checked_mul(Decimal::TEN).is_some_and(|next| next <= rough) {
        power *= Decimal::TEN;
    }
    let factors = [
        Decimal::ONE,
        Decimal::TWO,
        Decimal::new(25, 1),
        Decimal::from(5),
        Decimal::TEN,
    ];
    factors
        .iter()
        .filter_map(|factor| power.checked_mul(*factor))
        .find(|step| *step >= rough)
}

/// An amount as a position. The only way from a decimal to a float.
#[expect(clippy::disallowed_methods, reason = "the one place where a decimal becomes a pixel")]
pub(super) fn pixel(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(0.0)
}

/// The indexes of the days that get a label, at most about `most`: every n-th day for short ranges, first days of months for long
/// ones. Days stand in ascending order.
pub(super) fn days(days: &[Day], most: usize) -> Vec<usize> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let most = most.max(1);
    let span = last.0.saturating_sub(first.0);
    if days.len() <= most {
        return (0..days.len()).collect();
    }
    if span <= 120 {
        let step = [2, 3, 7, 14, 28]
            .into_iter()
            .find(|step| days.len().div_ceil(*step) <= most);
        let step = step.unwrap_or_else(|| days.len().div_ceil(most));
        return (0..days.len()).step_by(step).collect();
    }
    let month = |day: Day| day.date().year() * 12 + day.date().month0() as i32;
    let months = (month(*last) - month(*first)).unsigned_abs() as usize + 1;
    let step = [1, 2, 3, 6, 12]
        .into_iter()
        .find(|step| months.div_ceil(*step) <= most)
        .unwrap_or(months.div_ceil(most));
    (0..days.len())
        .filter(|i| {
            let starts = days[*i].date().day() == 1 || (*i > 0 && month(days[*i - 1]) != month(days[*i]));
            starts && month(days[*i]).rem_euclid(step as i32) == 0
        })
        .collect()
}
