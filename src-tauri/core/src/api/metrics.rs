//! Answers about figures: daily, KPIs, comparison, trends (product plan, section 5).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::connectors::Channel;
use crate::metrics::catalog::{Metric, Unit, Value, change, fixed};
use crate::metrics::{Comparison, Definition, Measures, Period, Step};
use crate::model::{Currency, Day};
use crate::store::{Connection, ConnectionId, Group, Read, Result, RollupFilter, StoreError};

use super::figure::{Figure, Figures, percent, rate};
use super::history::History;
use super::sums::days_of;
use super::total::{Total, total_over};

pub use super::completeness::{Completeness, Reach};

/// What every figure is asked by.
#[derive(Clone, Debug)]
pub struct Question {
    /// By which definition.
    pub definition: Definition,
    /// Which days.
    pub period: Period,
    /// Only these channels; all where empty.
    pub channels: Vec<Channel>,
    /// Only this connection.
    pub connection: Option<ConnectionId>,
    /// Today in the profile's zone: it is never final.
    pub today: Day,
}

/// Sums of one day or period, per channel and currency.
type Sums = BTreeMap<(Day, Channel, Currency), Measures>;

/// The name of a definition, in every answer.
#[derive(Serialize, Clone, Debug)]
pub struct Named {
    /// Code.
    pub code: &'static str,
    /// Name on screens.
    pub label: &'static str,
}

impl From<Definition> for Named {
    fn from(definition: Definition) -> Named {
        Named {
            code: definition.name(),
            label: definition.label(),
        }
    }
}

/// `metrics daily`.
#[derive(Serialize, Clone, Debug)]
pub struct Daily {
    /// By which definition.
    pub definition: Named,
    /// First day.
    pub start_date: Day,
    /// Last day.
    pub end_date: Day,
    /// Currency of every amount; `null` where several are in play, each row then names its own.
    pub currency: Option<Currency>,
    /// Why there is no total.
    pub blocked: Option<String>,
    /// A row per day and platform (and currency).
    pub metrics: Vec<DailyFigures>,
    /// Over the whole period and all platforms.
    pub totals: Figures,
    /// How complete it is.
    pub completeness: Completeness,
}

/// A row of `metrics daily`.
#[derive(Serialize, Clone, Debug)]
pub struct DailyFigures {
    /// The day.
    pub date: Day,
    /// The platform.
    pub platform: &'static str,
    /// Currency of the row.
    pub currency: Currency,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// `metrics kpis`.
#[derive(Serialize, Clone, Debug)]
pub struct Kpis {
    /// By which definition.
    pub definition: Named,
    /// First day.
    pub start_date: Day,
    /// Last day.
    pub end_date: Day,
    /// Currency of every amount; `null` where several are in play.
    pub currency: Option<Currency>,
    /// Why there is no total.
    pub blocked: Option<String>,
    /// The figures.
    pub kpis: Figures,
    /// Per platform: revenue, its share, orders, AOV and all the rest.
    pub by_platform: BTreeMap<&'static str, Figures>,
    /// How complete it is.
    pub completeness: Completeness,
}

/// `metrics compare`.
#[derive(Serialize, Clone, Debug)]
pub struct Compare {
    /// By which definition.
    pub definition: Named,
    /// The period asked for.
    pub current_period: PeriodFigures,
    /// What it is compared with.
    pub previous_period: PeriodFigures,
    /// Change as a share of the previous value; `null` without a base.
    pub changes: BTreeMap<String, Figure>,
    /// The same in percent, one decimal.
    pub changes_percent: BTreeMap<String, Figure>,
    /// Why nothing is compared: orders of one of the two periods are not all here.
    pub incomplete: Option<String>,
    /// Why they are not, and what to do about it.
    pub incomplete_hint: Option<String>,
}

/// A period with its figures.
#[derive(Serialize, Clone, Debug)]
pub struct PeriodFigures {
    /// First day.
    pub start_date: Day,
    /// Last day.
    pub end_date: Day,
    /// Currency of every amount.
    pub currency: Option<Currency>,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

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
    /// Of which days the orders are here; what lies on others has no value.
    #[serde(flatten)]
    pub reach: Reach,
}

/// A point of a trend.
#[derive(Serialize, Clone, Debug)]
pub struct TrendPoint {
    /// First day of the step.
    pub date: Day,
    /// The value.
    pub value: Figure,
    /// Mean of this and up to six earlier points, over those known.
    pub moving_average: Figure,
    /// Value of the same point of the previous period.
    pub previous: Figure,
}

/// Sums of the question's days, per day and channel.
pub(super) fn sums(r: &Read<'_>, q: &Question, period: Period) -> Result<Sums> {
    let channels: BTreeMap<ConnectionId, Channel> = r.connections()?.into_iter().map(|c| (c.id, c.channel)).collect();
    let filter = RollupFilter {
        connection: q.connection,
        ..RollupFilter::default()
    };
    let group = Group {
        day: true,
        connection: true,
        ..Group::default()
    };
    let mut sums: Sums = BTreeMap::new();
    for row in r.daily(q.definition, period.range(), &filter, group)? {
        let (Some(day), Some(connection)) = (row.day, row.connection) else {
            continue;
        };
        let Some(channel) = channels.get(&connection).copied() else {
            continue;
        };
        if q.channels.is_empty() || q.channels.contains(&channel) {
            sums.entry((day, channel, row.currency))
                .or_default()
                .merge(&row.measures, 1);
        }
    }
    Ok(sums)
}

/// Adds up.
fn total(sums: &Sums) -> Total {
    total_over(sums.iter().map(|((_, _, currency), m)| (*currency, m)))
}

/// Of which days the orders asked for are held.
fn history(r: &Read<'_>, q: &Question) -> Result<History> {
    History::of(r, q.today, |c| asks(q, c))
}

/// Whether a connection is among those asked for.
fn asks(q: &Question, c: &Connection) -> bool {
    q.connection.is_none_or(|own| own == c.id) && (q.channels.is_empty() || q.channels.contains(&c.channel))
}

/// Answers `metrics daily`.
///
/// # Errors
/// Database failures only.
pub fn daily(r: &Read<'_>, q: &Question) -> Result<Daily> {
    let sums = sums(r, q, q.period)?;
    let reach = history(r, q)?;
    let total = total(&sums).seen(&reach, q.period);
    let metrics = sums
        .iter()
        .map(|((day, channel, currency), m)| {
            let own = total_over(std::iter::once((*currency, m)));
            let day_only = Period { from: *day, to: *day };
            DailyFigures {
                date: *day,
                platform: channel.name(),
                currency: *currency,
                figures: own.seen(&reach, day_only).figures(q.definition),
            }
        })
        .collect();
    Ok(Daily {
        definition: q.definition.into(),
        start_date: q.period.from,
        end_date: q.period.to,
        currency: total.currency,
        blocked: total.blocked.clone(),
        metrics,
        totals: total.figures(q.definition),
        completeness: Completeness::of(&total.measures, q.period, &reach),
    })
}

/// Answers `metrics kpis`.
///
/// # Errors
/// Database failures only.
pub fn kpis(r: &Read<'_>, q: &Question) -> Result<Kpis> {
    let sums = sums(r, q, q.period)?;
    let reach = history(r, q)?;
    let whole = total(&sums).seen(&reach, q.period);
    let mut kpis = whole.figures(q.definition);
    for (name, metric) in [
        ("total_orders", "orders"),
        ("units_sold", "units"),
        ("revenue", "net_sales"),
    ] {
        if let Some(figure) = kpis.get(metric).cloned() {
            kpis.insert(name, figure);
        }
    }
    let all = whole.value(Metric::NetSales, q.definition).map(Value::decimal);
    let mut by_platform = BTreeMap::new();
    for channel in Channel::ALL {
        let own: Sums = sums
            .iter()
            .filter(|((_, c, _), _)| c == channel)
            .map(|(k, m)| (*k, m.clone()))
            .collect();
        if own.is_empty() {
            continue;
        }
        let held = History::of(r, q.today, |c| c.channel == *channel && asks(q, c))?;
        let part = total(&own).seen(&held, q.period);
        let mut figures = part.figures(q.definition);
        let revenue = part.value(Metric::NetSales, q.definition).map(Value::decimal);
        let share = revenue.zip(all).and_then(|(part, all)| part.checked_div(all));
        figures.insert("share", rate(share));
        if let Some(net) = figures.get("net_sales").cloned() {
            figures.insert("revenue", net);
        }
        by_platform.insert(channel.name(), figures);
    }
    Ok(Kpis {
        definition: q.definition.into(),
        start_date: q.period.from,
        end_date: q.period.to,
        currency: whole.currency,
        blocked: whole.blocked.clone(),
        kpis,
        by_platform,
        completeness: Completeness::of(&whole.measures, q.period, &reach),
    })
}

/// Answers `metrics compare`.
///
/// # Errors
/// Database failures only.
pub fn compare(r: &Read<'_>, q: &Question, previous: Period) -> Result<Compare> {
    let reach = history(r, q)?;
    let seen = |period: Period| Ok::<Total, StoreError>(total(&sums(r, q, period)?).seen(&reach, period));
    let (now, before) = (seen(q.period)?, seen(previous)?);
    let missing = [q.period, previous]
        .into_iter()
        .find_map(|p| Some((p, reach.sentence(p)?)));
    let incomplete_hint = missing.as_ref().and_then(|(period, _)| reach.hint(*period));
    let incomplete = missing.map(|(_, text)| text);
    let comparable = now.currency == before.currency || now.currency.is_none() || before.currency.is_none();
    let mut changes = BTreeMap::new();
    let mut changes_percent = BTreeMap::new();
    for metric in Metric::ALL {
        let value = |t: &Total| t.value(*metric, q.definition);
        let changed = match metric.unit() {
            // Half a period against a whole one is no change.
            _ if incomplete.is_some() => None,
            Unit::Money if !comparable => None,
            _ => change(value(&now), value(&before)),
        };
        let names = match metric {
            Metric::NetSales => vec!["net_sales_change".to_owned(), "revenue_change".to_owned()],
            _ => vec![format!("{}_change", metric.name())],
        };
        for name in names {
            changes.insert(name.clone(), rate(changed));
            changes_percent.insert(name, percent(changed));
        }
    }
    let part = |t: &Total, period: Period| {
        let mut figures = t.figures(q.definition);
        if let Some(net) = figures.get("net_sales").cloned() {
            figures.insert("revenue", net);
        }
        PeriodFigures {
            start_date: period.from,
            end_date: period.to,
            currency: t.currency,
            figures,
        }
    };
    Ok(Compare {
        definition: q.definition.into(),
        current_period: part(&now, q.period),
        previous_period: part(&before, previous),
        changes,
        changes_percent,
        incomplete,
        incomplete_hint,
    })
}

/// Answers `metrics trends`: a point for every step of the period, also where nothing happened; without a value where
/// not every order of it is here.
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
    let points: Vec<(Day, Option<Decimal>)> = now.points;
    let series = points
        .iter()
        .enumerate()
        .map(|(index, (date, value))| {
            let known: Vec<Decimal> = points[index.saturating_sub(6)..=index]
                .iter()
                .filter_map(|(_, v)| *v)
                .collect();
            let mean = known.iter().sum::<Decimal>().checked_div(Decimal::from(known.len()));
            TrendPoint {
                date: *date,
                value: figure(*value),
                moving_average: figure(mean),
                previous: figure(before.points.get(index).filter(|_| comparable).and_then(|(_, v)| *v)),
            }
        })
        .collect();
    Ok(Trends {
        definition: q.definition.into(),
        metric: metric.name(),
        currency,
        series,
        reach: Reach::of(&reach, q.period),
    })
}

/// One metric over a period, a point per step.
pub(super) struct SeriesOf {
    pub(super) points: Vec<(Day, Option<Decimal>)>,
    pub(super) currency: Option<Currency>,
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
                measures,
                currency: whole.currency,
                blocked: whole.blocked.clone(),
            };
            // A point that lacks orders would pass for a bad day.
            let value = part.value(metric, q.definition).map(Value::decimal);
            (day, value.filter(|_| reach.covers(days_of(step, day, period))))
        })
        .collect();
    Ok(SeriesOf {
        points,
        currency: whole.currency,
    })
}
