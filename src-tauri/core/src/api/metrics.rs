//! Answers about figures: daily, KPIs, comparison, trends (product plan, section 5).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::connectors::Channel;
use crate::metrics::catalog::{Metric, Unit, Value, change, fixed};
use crate::metrics::{Comparison, Definition, Measure, Measures, Period, Step};
use crate::model::{Currency, Day};
use crate::store::{ConnectionId, Group, Read, Result, RollupFilter, StoreError};

use super::figure::{Figure, Figures, figures, percent, rate};
use super::history::History;
use super::total::{Total, total_over};
use super::words::EN_US;

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
    /// Whether every order of these days is here: the newest come first, and older ones may be on their way or out of reach.
    pub orders_complete: bool,
    /// First day from which on every order is here; `null` where all are, or where no day is complete yet.
    pub orders_complete_from: Option<Day>,
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

/// How far back the orders asked for reach.
fn history(r: &Read<'_>, q: &Question) -> Result<History> {
    History::of(r, |c| {
        q.connection.is_none_or(|own| own == c.id) && (q.channels.is_empty() || q.channels.contains(&c.channel))
    })
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

/// How complete sums are.
fn completeness(q: &Question, m: &Measures, history: History) -> Completeness {
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
        days_not_final: q.period.each().filter(|day| *day >= q.today).take(31).collect(),
        orders_complete: history.covers(q.period),
        orders_complete_from: history.from(),
    }
}

/// Answers `metrics daily`.
///
/// # Errors
/// Database failures only.
pub fn daily(r: &Read<'_>, q: &Question) -> Result<Daily> {
    let sums = sums(r, q, q.period)?;
    let reach = history(r, q)?;
    let total = total(&sums).seen(reach, q.period);
    let metrics = sums
        .iter()
        .map(|((day, channel, currency), m)| DailyFigures {
            date: *day,
            platform: channel.name(),
            currency: *currency,
            figures: figures(q.definition, m, Some(*currency)),
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
        completeness: completeness(q, &total.measures, reach),
    })
}

/// Answers `metrics kpis`.
///
/// # Errors
/// Database failures only.
pub fn kpis(r: &Read<'_>, q: &Question) -> Result<Kpis> {
    let sums = sums(r, q, q.period)?;
    let reach = history(r, q)?;
    let whole = total(&sums).seen(reach, q.period);
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
        let part = total(&own);
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
        completeness: completeness(q, &whole.measures, reach),
    })
}

/// Answers `metrics compare`.
///
/// # Errors
/// Database failures only.
pub fn compare(r: &Read<'_>, q: &Question, previous: Period) -> Result<Compare> {
    let reach = history(r, q)?;
    let seen = |period: Period| Ok::<Total, StoreError>(total(&sums(r, q, period)?).seen(reach, period));
    let (now, before) = (seen(q.period)?, seen(previous)?);
    let incomplete = reach.sentence(q.period).or_else(|| reach.sentence(previous));
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
    })
}

/// Answers `metrics trends`: a point for every step of the period, also where nothing happened.
///
/// # Errors
/// Database failures only.
pub fn trends(r: &Read<'_>, q: &Question, metric: Metric, step: Step, comparison: Comparison) -> Result<Trends> {
    let reach = history(r, q)?;
    let now = series(r, q, q.period, (metric, step), reach)?;
    let previous = q.period.previous(comparison);
    let comparable = reach.covers(previous);
    let before = series(r, q, previous, (metric, step), reach)?;
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
    reach: History,
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
                unfetched: reach.knows_nothing(day, &measures),
                measures,
                currency: whole.currency,
                blocked: whole.blocked.clone(),
            };
            (day, part.value(metric, q.definition).map(Value::decimal))
        })
        .collect();
    Ok(SeriesOf {
        points,
        currency: whole.currency,
    })
}
