//! Answers about figures: daily, KPIs, comparison, trends (product plan, section 5).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::connectors::Channel;
use crate::metrics::catalog::{Metric, Unit, Value};
use crate::metrics::{Definition, Measure, Measures, Period};
use crate::model::{Currency, Day};
use crate::store::{Connection, ConnectionId, Group, Read, Result, RollupFilter, StoreError};

use super::figure::{Figure, Figures, percent, rate};
use super::gaps::Gaps;
use super::history::History;
use super::total::{Total, total_over};
use super::words::{EN_US, rounds_to_nothing};

pub use super::completeness::{Completeness, Reach};
pub use super::trends::{PartOf, TrendPoint, Trends, trends};

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
    /// Rows of the day whose amount or date was derived, not stated by the platform: its figures are estimated.
    pub rows_estimated: i64,
    /// Orders of the day without a price yet.
    pub orders_without_price: i64,
    /// Orders of the day that count in part.
    pub orders_incomplete: i64,
    /// Rows of the day whose prices include an unknown share of tax: they stand as charged.
    pub rows_basis_unknown: i64,
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
    /// Per platform: revenue, its share, orders, AOV and all the rest, and how many of its orders do not count, or in part only.
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
    /// Change as a share of the previous value; `null` without a base. Discounts, shown below zero, grow as more is discounted.
    pub changes: BTreeMap<String, Figure>,
    /// The same in percent, one decimal.
    pub changes_percent: BTreeMap<String, Figure>,
    /// Of discounts, refunds, returns and advertising, what there is more or less of: `less discounted`.
    pub changes_text: BTreeMap<String, String>,
    /// What was really held against what, where that is not as long, or is not over: `null` where both are as long and have passed.
    pub compared_text: Option<String>,
    /// Why amounts are not compared: they are in several currencies.
    pub blocked: Option<String>,
    /// Why nothing is compared: orders of one of the two periods are not all here.
    pub incomplete: Option<String>,
    /// Why they are not, and what to do about it.
    pub incomplete_hint: Option<String>,
    /// What is left out of either period or counts in part, and where to look; `null` where everything counts.
    pub left_out_text: Option<String>,
}

/// A period with its figures.
#[derive(Serialize, Clone, Debug)]
pub struct PeriodFigures {
    /// First day.
    pub start_date: Day,
    /// Last day.
    pub end_date: Day,
    /// How many of its days have come, today among them.
    pub days: i32,
    /// Currency of every amount.
    pub currency: Option<Currency>,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// How complete they are, each period by itself.
    #[serde(flatten)]
    pub completeness: Completeness,
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
pub(super) fn total(sums: &Sums) -> Total {
    total_over(sums.iter().map(|((_, _, currency), m)| (*currency, m)))
}

/// Of which days the orders asked for are held.
pub(super) fn history(r: &Read<'_>, q: &Question) -> Result<History> {
    History::of(r, q.today, |c| asks(q, c))
}

/// What the figures of a period lack of what was asked for, beside a total.
pub(super) fn gaps(r: &Read<'_>, q: &Question, period: Period, m: &Measures) -> Result<Gaps> {
    Gaps::of(r, period, m, |c| asks(q, c))
}

/// Whether a connection is among those asked for.
pub(super) fn asks(q: &Question, c: &Connection) -> bool {
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
    let gaps = gaps(r, q, q.period, &total.measures)?;
    let total = total.beside(&gaps);
    let metrics = sums
        .iter()
        .map(|((day, channel, currency), m)| {
            let own = total_over(std::iter::once((*currency, m)));
            let day_only = Period { from: *day, to: *day };
            DailyFigures {
                date: *day,
                platform: channel.name(),
                currency: *currency,
                figures: own
                    .seen(&reach, day_only)
                    .of_channel(&reach, day_only, *channel)
                    .figures(q.definition),
                rows_estimated: m.get(Measure::RowsEstimated),
                orders_without_price: m.get(Measure::OrdersUnpriced),
                orders_incomplete: m.get(Measure::OrdersIncomplete),
                rows_basis_unknown: m.get(Measure::RowsBasisUnknown),
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
        completeness: Completeness::of(&total.measures, q.period, &reach, &gaps),
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
    let gaps = gaps(r, q, q.period, &whole.measures)?;
    let whole = whole.beside(&gaps);
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
        let total = total(&own);
        let lacks = Gaps::of(r, q.period, &total.measures, |c| c.channel == *channel && asks(q, c))?;
        if own.is_empty() && lacks.lacking.orders == 0 {
            continue;
        }
        let held = History::of(r, q.today, |c| c.channel == *channel && asks(q, c))?;
        let part = total.seen(&held, q.period).beside(&lacks);
        let mut figures = part.figures(q.definition);
        figures.insert("orders_left_out", Figure::number(lacks.lacking.orders.to_string()));
        figures.insert("orders_incomplete", Figure::number(lacks.in_part.to_string()));
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
        completeness: Completeness::of(&whole.measures, q.period, &reach, &gaps),
    })
}

/// Answers `metrics compare`.
///
/// # Errors
/// Database failures only.
pub fn compare(r: &Read<'_>, q: &Question, previous: Period) -> Result<Compare> {
    let reach = history(r, q)?;
    let seen = |period: Period| {
        let total = total(&sums(r, q, period)?).seen(&reach, period);
        let gaps = gaps(r, q, period, &total.measures)?;
        Ok::<(Total, Gaps), StoreError>((total.beside(&gaps), gaps))
    };
    let ((now, gaps_now), (before, gaps_before)) = (seen(q.period)?, seen(previous)?);
    let missing = [q.period, previous]
        .into_iter()
        .find_map(|p| Some((p, reach.sentence(p)?)));
    let incomplete_hint = missing.as_ref().and_then(|(period, _)| reach.hint(*period));
    let incomplete = missing.map(|(_, text)| text);
    let blocked = not_of_one_currency(&now, &before);
    let mut changes = BTreeMap::new();
    let mut changes_percent = BTreeMap::new();
    let mut changes_text = BTreeMap::new();
    for metric in Metric::ALL {
        let value = |t: &Total| t.value(*metric, q.definition);
        let changed = match metric.unit() {
            // Half a period against a whole one is no change.
            _ if incomplete.is_some() => None,
            Unit::Money if blocked.is_some() => None,
            _ => metric.change(value(&now), value(&before)),
        };
        if let Some((what, by)) = metric.taken().zip(changed.filter(|by| !rounds_to_nothing(*by))) {
            let way = if by.is_sign_positive() { "more" } else { "less" };
            changes_text.insert(format!("{}_change", metric.name()), format!("{way} {what}"));
        }
        let names = match metric {
            Metric::NetSales => vec!["net_sales_change".to_owned(), "revenue_change".to_owned()],
            _ => vec![format!("{}_change", metric.name())],
        };
        for name in names {
            changes.insert(name.clone(), rate(changed));
            changes_percent.insert(name, percent(changed));
        }
    }
    let part = |t: &Total, period: Period, gaps: &Gaps| {
        let mut figures = t.figures(q.definition);
        if let Some(net) = figures.get("net_sales").cloned() {
            figures.insert("revenue", net);
        }
        PeriodFigures {
            start_date: period.from,
            end_date: period.to,
            days: come(period, q.today),
            currency: t.currency,
            figures,
            completeness: Completeness::of(&t.measures, period, &reach, gaps),
        }
    };
    Ok(Compare {
        definition: q.definition.into(),
        current_period: part(&now, q.period, &gaps_now),
        previous_period: part(&before, previous, &gaps_before),
        changes,
        changes_percent,
        changes_text,
        compared_text: compared(q.period, previous, q.today),
        blocked,
        incomplete,
        incomplete_hint,
        left_out_text: gaps_of_both(&gaps_now, &gaps_before),
    })
}

/// Why amounts of two periods cannot be held against each other.
fn not_of_one_currency(now: &Total, before: &Total) -> Option<String> {
    if let Some(why) = now.blocked.as_ref().or(before.blocked.as_ref()) {
        return Some(why.clone());
    }
    let (here, there) = now.currency.zip(before.currency)?;
    (here != there).then(|| format!("amounts are in {here} now and in {there} before, and no rates are known"))
}

/// How many days of a period have come by `today`.
fn come(period: Period, today: Day) -> i32 {
    let to = period.to.min(today);
    (to.0 - period.from.0 + 1).max(0)
}

/// What is held against what, where that is not two periods of one length that have passed.
fn compared(now: Period, before: Period, today: Day) -> Option<String> {
    let (days, earlier) = (come(now, today), come(before, today));
    let open = now.from <= today && today <= now.to;
    if days == earlier && !open {
        return None;
    }
    let of = |period: Period, come: i32| {
        let count = EN_US.things(i64::from(come), "day", "days");
        match come {
            0 => format!("no day ({} has not come)", EN_US.range(period.from, period.to)),
            _ => format!("{count} ({})", EN_US.range(period.from, period.from.plus(come - 1))),
        }
    };
    let text = format!("{} held against {}", of(now, days), of(before, earlier));
    Some(match open {
        true => format!("{text}; today is not over"),
        false => text,
    })
}

/// What two compared periods lack, each by itself.
pub(super) fn gaps_of_both(now: &Gaps, before: &Gaps) -> Option<String> {
    // What counts twice does so on both sides, and is told once.
    let earlier = Gaps {
        twice: Vec::new(),
        ..before.clone()
    };
    let earlier = earlier.text().map(|text| format!("In the days compared with: {text}"));
    let all: Vec<String> = now.text().into_iter().chain(earlier).collect();
    (!all.is_empty()).then(|| all.join(" "))
}
