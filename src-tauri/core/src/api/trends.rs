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
use super::total::{Total, total_over};

/// `metrics trends`.
#[derive(Serialize, Clone, Debug)]
pub struct Trends {
    /// By which definition.
    pub definition: Named,
    /// The metric's name.
    pub metric: &'static str,
    /// Currency of every amount; `null` where several are in play, each point then names its own.
    pub currency: Option<Currency>,
    /// Why points with amounts in several currencies have no value; `null` where the whole period has one.
    pub blocked: Option<String>,
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
    /// Currency of its amounts; `null` where nothing was sold, or in several currencies.
    pub currency: Option<Currency>,
    /// The value.
    pub value: Figure,
    /// Mean of this and up to six earlier points, over those that are known and of a whole step; `null` where their amounts are in
    /// several currencies.
    pub moving_average: Figure,
    /// Value of the same point of the previous period; `null` where that is of another number of days, or in another currency.
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
    let figure = |value: Option<Decimal>, own: Option<Currency>| match (value, metric.unit()) {
        (None, _) => Figure::Unknown,
        (Some(d), Unit::Money) => {
            let shown = own.or(currency).unwrap_or(Currency::USD);
            Figure::Money(fixed(d, shown.exponent()))
        }
        (Some(d), Unit::Count) => Figure::number(fixed(d, if d.fract().is_zero() { 0 } else { 2 })),
        (Some(d), Unit::Rate) => rate(Some(d)),
    };
    let points = now.points;
    // What is no amount, as a number of orders, is of no currency.
    let differ = |one: Option<Currency>, other: Option<Currency>| {
        metric.adds_money() && one.zip(other).is_some_and(|(one, other)| one != other)
    };
    let series = points
        .iter()
        .enumerate()
        .map(|(index, point)| {
            // A part of a week among whole ones would pull their mean down.
            let near: Vec<&Point> = points[index.saturating_sub(6)..=index]
                .iter()
                .filter(|near| !near.covered.is_partial())
                .collect();
            let currencies = || near.iter().filter_map(|near| near.currency);
            let mixed = near.iter().any(|near| near.mixed && metric.adds_money())
                || differ(currencies().min(), currencies().max());
            let known: Vec<Decimal> = near.iter().filter_map(|near| near.value).collect();
            let mean = known.iter().sum::<Decimal>().checked_div(Decimal::from(known.len()));
            let previous = before.points.get(index).filter(|_| comparable);
            let previous = previous.filter(|other| point.covered.compares_with(&other.covered));
            let previous = previous.filter(|other| !differ(point.currency.or(currency), other.currency));
            let own = &point.covered;
            TrendPoint {
                date: point.start,
                currency: point.currency,
                value: figure(point.value, point.currency),
                moving_average: figure(mean.filter(|_| !mixed), currencies().next()),
                previous: figure(
                    previous.and_then(|other| other.value),
                    previous.and_then(|other| other.currency),
                ),
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
        blocked: now.blocked.filter(|_| metric.adds_money()),
        series,
        completeness: Completeness::of(&now.measures, q.period, &reach, &gaps(r, q, q.period, &now.measures)?),
    })
}

/// One metric over a period, a point per step.
struct SeriesOf {
    points: Vec<Point>,
    currency: Option<Currency>,
    /// Why there is no total over all of them.
    blocked: Option<String>,
    /// Over all points.
    measures: Measures,
}

/// A step of a course.
struct Point {
    /// First day of the step.
    start: Day,
    /// Currency of its amounts, where they are in one.
    currency: Option<Currency>,
    /// They are in several.
    mixed: bool,
    value: Option<Decimal>,
    covered: Covered,
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
    let mut steps: BTreeMap<Day, Vec<(Currency, &Measures)>> =
        period.each().map(|day| (step.start(day), Vec::new())).collect();
    for ((day, _, currency), m) in &sums {
        steps.entry(step.start(*day)).or_default().push((*currency, m));
    }
    let points = steps
        .into_iter()
        .map(|(start, sums)| {
            let total = total_over(sums.into_iter());
            let part = Total {
                unread: reach.unread(days_of(step, start, period), None),
                uncounted: uncounted.are_all(days_of(step, start, period), &total.measures),
                ..total
            };
            // A point that lacks orders would pass for a bad day.
            let value = part.value(metric, q.definition).map(Value::decimal);
            Point {
                start,
                currency: part.currency,
                mixed: part.blocked.is_some(),
                value: value.filter(|_| reach.covers(days_of(step, start, period))),
                covered: Covered::of(step, start, period, q.today),
            }
        })
        .collect();
    Ok(SeriesOf {
        points,
        currency: whole.currency,
        blocked: whole.blocked,
        measures: whole.measures,
    })
}
