//! Answers about one metric over time: a point per day, week or month, with a moving average and the period before.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::metrics::catalog::{Metric, Unit, Value, fixed};
use crate::metrics::{Comparison, Measures, Period, Step};
use crate::model::{Currency, Day};
use crate::store::{Read, Result};

use super::completeness::Completeness;
use super::figure::{Figure, rate};
use super::gaps::Uncounted;
use super::history::History;
use super::metrics::{Named, Question, asks, gaps, history, sums, total};
use super::sums::{Covered, days_of};
use super::total::Total;

/// `metrics trends`.
#[derive(Serialize, Clone, Debug)]
pub struct Trends {
    /// By which definition.
    pub definition: Named,
    /// The metric's name.
    pub metric: &'static str,
    /// Currency of amounts.
    pub currency: Option<Currency>,
    /// The points.
    pub series: Vec<TrendPoint>,
    /// How complete the days are; what lies on days of which not every order is here has no value.
    #[serde(flatten)]
    pub completeness: Completeness,
}

/// A point of a trend.
#[derive(Serialize, Clone, Debug)]
pub struct TrendPoint {
    /// First day of the step.
    pub date: Day,
    /// The value.
    pub value: Figure,
    /// Mean of this and up to six earlier points, over those that are known and of a whole step.
    pub moving_average: Figure,
    /// Value of the same point of the previous period; `null` where that is of another number of days.
    pub previous: Figure,
    /// Of which days it is, where it is of some of its week or month only; `null` where it is of all.
    pub partial: Option<PartOf>,
}

/// The days of a step that a point is of.
#[derive(Serialize, Clone, Debug)]
pub struct PartOf {
    /// The first of them.
    pub from: Day,
    /// The last of them.
    pub to: Day,
    /// How many they are.
    pub days: i32,
    /// How many the step has.
    pub of: i32,
}

/// Answers `metrics trends`: a point for every step of the period, also where nothing happened; without a value where
/// not every order of it is here, or none could be counted.
///
/// # Errors
/// Database failures only.
pub fn trends(r: &Read<'_>, q: &Question, metric: Metric, step: Step, comparison: Comparison) -> Result<Trends> {
    let reach = history(r, q)?;
    let now = series(r, q, q.period, (metric, step), &reach)?;
    let previous = q.period.previous(comparison);
    let comparable = reach.covers(previous);
    let before = series(r, q, previous, (metric, step), &reach)?;
    let currency = now.currency;
    let shown = currency.unwrap_or(Currency::USD);
    let figure = |value: Option<Decimal>| match (value, metric.unit()) {
        (None, _) => Figure::Unknown,
        (Some(d), Unit::Money) => Figure::Money(fixed(d, shown.exponent())),
        (Some(d), Unit::Count) => Figure::number(fixed(d, if d.fract().is_zero() { 0 } else { 2 })),
        (Some(d), Unit::Rate) => rate(Some(d)),
    };
    let points: Vec<(Day, Option<Decimal>, Covered)> = now.points;
    let series = points
        .iter()
        .enumerate()
        .map(|(index, (date, value, own))| {
            // A part of a week among whole ones would pull their mean down.
            let known: Vec<Decimal> = points[index.saturating_sub(6)..=index]
                .iter()
                .filter(|(.., covered)| !covered.is_partial())
                .filter_map(|(_, v, _)| *v)
                .collect();
            let mean = known.iter().sum::<Decimal>().checked_div(Decimal::from(known.len()));
            let previous = before.points.get(index).filter(|_| comparable);
            let previous = previous.filter(|(.., other)| own.compares_with(other));
            TrendPoint {
                date: *date,
                value: figure(*value),
                moving_average: figure(mean),
                previous: figure(previous.and_then(|(_, v, _)| *v)),
                partial: own.is_partial().then(|| PartOf {
                    from: own.days.from,
                    to: own.days.to,
                    days: own.days.days(),
                    of: own.of,
                }),
            }
        })
        .collect();
    Ok(Trends {
        definition: q.definition.into(),
        metric: metric.name(),
        currency,
        series,
        completeness: Completeness::of(&now.measures, q.period, &reach, &gaps(r, q, q.period, &now.measures)?),
    })
}

/// One metric over a period, a point per step.
struct SeriesOf {
    points: Vec<(Day, Option<Decimal>, Covered)>,
    currency: Option<Currency>,
    /// Over all points.
    measures: Measures,
}

fn series(
    r: &Read<'_>,
    q: &Question,
    period: Period,
    (metric, step): (Metric, Step),
    reach: &History,
) -> Result<SeriesOf> {
    let sums = sums(r, q, period)?;
    let whole = total(&sums);
    let uncounted = Uncounted::of(r, period, |c| asks(q, c))?;
    let mut steps: BTreeMap<Day, Measures> = period
        .each()
        .map(|day| (step.start(day), Measures::default()))
        .collect();
    for ((day, _, _), m) in &sums {
        steps.entry(step.start(*day)).or_default().merge(m, 1);
    }
    let points = steps
        .into_iter()
        .map(|(day, measures)| {
            let part = Total {
                unheld: false,
                unread: reach.unread(days_of(step, day, period), None),
                uncounted: uncounted.are_all(days_of(step, day, period), &measures),
                measures,
                currency: whole.currency,
                blocked: whole.blocked.clone(),
            };
            // A point that lacks orders would pass for a bad day.
            let value = part.value(metric, q.definition).map(Value::decimal);
            let value = value.filter(|_| reach.covers(days_of(step, day, period)));
            (day, value, Covered::of(step, day, period, q.today))
        })
        .collect();
    Ok(SeriesOf {
        points,
        currency: whole.currency,
        measures: whole.measures,
    })
}
