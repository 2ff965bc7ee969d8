//! Day sums as the pages ask for them: kept apart by sales channel, filtered by it, added up to totals and courses.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::connectors::Channel;
use crate::metrics::catalog::{Metric, Value};
use crate::metrics::{Definition, Measures, Period, Step};
use crate::model::{Currency, Day};
use crate::store::{Group, Read, Result, RollupFilter};

use super::desk::{Part, Scene};
use super::gaps::Uncounted;
use super::history::History;
use super::total::{Total, total_over};

/// What sums are kept apart by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    /// The day.
    pub(super) day: Day,
    /// The platform.
    pub(super) channel: Channel,
    /// The sales channel inside it.
    pub(super) sales_channel: String,
    /// Currency of every amount.
    pub(super) currency: Currency,
}

/// Sums of a period.
pub(super) struct Sums {
    rows: BTreeMap<Key, Measures>,
    period: Period,
    definition: Definition,
    /// Days of the channels asked for on which orders lie that could not be counted.
    uncounted: Uncounted,
}

impl Sums {
    /// Reads the sums of `parts` (none: all) for a period.
    pub(super) fn of(
        r: &Read<'_>,
        scene: &Scene,
        definition: Definition,
        period: Period,
        parts: &[Part],
    ) -> Result<Sums> {
        Ok(Sums {
            rows: rows(r, scene, definition, period, parts)?,
            period,
            definition,
            uncounted: Uncounted::of(r, period, |c| Part::asks(parts, c))?,
        })
    }

    /// The days.
    pub(super) fn period(&self) -> Period {
        self.period
    }

    /// What the sums are about.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.rows.keys()
    }

    /// The total over everything.
    pub(super) fn total(&self) -> Total {
        total_over(self.rows.iter().map(|(key, m)| (key.currency, m)))
    }

    /// Those of some parts of what is asked for, by themselves.
    pub(super) fn of_parts(&self, r: &Read<'_>, parts: &[Part]) -> Result<Sums> {
        let own = |key: &Key| Part::admits(parts, key.channel, &key.sales_channel);
        let rows = self.rows.iter().filter(|(key, _)| own(key));
        Ok(Sums {
            rows: rows.map(|(key, m)| (key.clone(), m.clone())).collect(),
            uncounted: Uncounted::of(r, self.period, |c| Part::asks(parts, c))?,
            ..*self
        })
    }

    /// The total per sales channel.
    pub(super) fn by_channel(&self, history: &History) -> Vec<(Channel, String, Total)> {
        let mut parts: BTreeMap<(Channel, String), Vec<(Currency, &Measures)>> = BTreeMap::new();
        for (key, m) in &self.rows {
            parts
                .entry((key.channel, key.sales_channel.clone()))
                .or_default()
                .push((key.currency, m));
        }
        parts
            .into_iter()
            .map(|((channel, name), rows)| {
                let total = total_over(rows.into_iter()).of_channel(history, self.period, channel);
                (channel, name, total)
            })
            .collect()
    }

    /// A metric over time: a point for every step of the period, also where nothing happened; without a value where orders could
    /// not be counted and nothing else is of the step, and where it is made of money that was not read.
    pub(super) fn course(&self, metric: Metric, step: Step, history: &History) -> Vec<(Day, Option<Decimal>)> {
        let whole = self.total();
        let mut steps: BTreeMap<Day, Measures> = self
            .period
            .each()
            .map(|day| (step.start(day), Measures::default()))
            .collect();
        for (key, m) in &self.rows {
            steps.entry(step.start(key.day)).or_default().merge(m, 1);
        }
        let value = |start: Day, measures: Measures| {
            let part = Total {
                uncounted: self.uncounted.are_all(days_of(step, start, self.period), &measures),
                measures,
                currency: whole.currency,
                blocked: whole.blocked.clone(),
                unheld: false,
                unread: history.unread(days_of(step, start, self.period), None),
            };
            part.value(metric, self.definition).map(Value::decimal)
        };
        steps
            .into_iter()
            .map(|(day, measures)| (day, value(day, measures)))
            .collect()
    }
}

/// The total of `parts` (none: all) over a period of which no course is drawn.
pub(super) fn total_of(
    r: &Read<'_>,
    scene: &Scene,
    definition: Definition,
    period: Period,
    parts: &[Part],
) -> Result<Total> {
    let rows = rows(r, scene, definition, period, parts)?;
    Ok(total_over(rows.iter().map(|(key, m)| (key.currency, m))))
}

fn rows(
    r: &Read<'_>,
    scene: &Scene,
    definition: Definition,
    period: Period,
    parts: &[Part],
) -> Result<BTreeMap<Key, Measures>> {
    let group = Group {
        day: true,
        connection: true,
        sales_channel: true,
        ..Group::default()
    };
    let mut rows: BTreeMap<Key, Measures> = BTreeMap::new();
    for row in r.daily(definition, period.range(), &RollupFilter::default(), group)? {
        let (Some(day), Some(connection), Some(sales_channel)) = (row.day, row.connection, row.sales_channel) else {
            continue;
        };
        let Some(channel) = scene.channel_of(connection) else {
            continue;
        };
        if Part::admits(parts, channel, &sales_channel) {
            let key = Key {
                day,
                channel,
                sales_channel,
                currency: row.currency,
            };
            rows.entry(key).or_default().merge(&row.measures, 1);
        }
    }
    Ok(rows)
}

/// The step in which a period of this length is drawn.
pub(super) fn step_for(period: Period) -> Step {
    match period.days() {
        ..=190 => Step::Day,
        191..=800 => Step::Week,
        _ => Step::Month,
    }
}

/// The days of a period that lie in the step which begins with `start`.
pub(super) fn days_of(step: Step, start: Day, period: Period) -> Period {
    let last = last_of(step, start);
    Period {
        from: start.max(period.from),
        to: last.min(period.to),
    }
}

fn last_of(step: Step, start: Day) -> Day {
    match step {
        Step::Day => start,
        Step::Week => start.plus(6),
        Step::Month => step.start(start.plus(31)).plus(-1),
    }
}

/// How much of a step a point of a course is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Covered {
    /// Its days, as far as they are asked for and have come.
    pub(super) days: Period,
    /// How many days the step has.
    pub(super) of: i32,
}

impl Covered {
    /// What a course over `period` holds of the step that begins with `start`. Of a step that has not begun nothing is cut off.
    pub(super) fn of(step: Step, start: Day, period: Period, today: Day) -> Covered {
        let asked = days_of(step, start, period);
        let to = if asked.from <= today {
            asked.to.min(today)
        } else {
            asked.to
        };
        Covered {
            days: Period { to, ..asked },
            of: last_of(step, start).0 - start.0 + 1,
        }
    }

    /// Whether it is of some days of its step only.
    pub(super) fn is_partial(&self) -> bool {
        self.days.days() < self.of
    }

    /// Whether it may be held against another one: both are whole, or of as many days.
    pub(super) fn compares_with(&self, other: &Covered) -> bool {
        self.days.days() == other.days.days() || !(self.is_partial() || other.is_partial())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_held_against_one_of_its_length_only() {
        let of = |step: Step, period: &str, today: &str| {
            let (period, today): (Period, Day) = (period.parse().expect("a period"), today.parse().expect("a day"));
            Covered::of(step, step.start(period.from), period, today)
        };
        let late = "2026-12-31";
        let march = of(Step::Month, "2026-03-01..2026-03-31", late);
        let february = of(Step::Month, "2026-02-01..2026-02-28", late);
        assert!(
            !march.is_partial() && march.compares_with(&february),
            "whole months are"
        );
        let half = of(Step::Month, "2026-03-10..2026-03-31", late);
        assert_eq!((half.days.days(), half.of), (22, 31), "the rest of March");
        assert!(
            half.is_partial() && !half.compares_with(&february),
            "a part and a whole are not"
        );
        let week = of(Step::Week, "2026-03-04..2026-03-08", late);
        let other = of(Step::Week, "2026-02-25..2026-03-01", late);
        assert!(week.compares_with(&other), "parts of as many days are");
        let open = of(Step::Week, "2026-03-02..2026-03-08", "2026-03-04");
        assert_eq!(
            (open.days.days(), open.is_partial()),
            (3, true),
            "days that have not come are no part of it"
        );
    }
}
