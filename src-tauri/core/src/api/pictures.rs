//! The overview's charts: what is drawn, and every text in it.

use rust_decimal::Decimal;

use crate::app::{ApiError, Result};
use crate::charts::{self, Bar, ChartError, Column, Drawing, LineChart, Series, Slice, Words};
use crate::metrics::catalog::{Metric, Value, amount};
use crate::metrics::{Period, Step};
use crate::model::Day;

use super::dashboard::{BestProduct, Board, Ranked};
use super::products::Sold;
use super::sums::{Covered, Sums, days_of, step_for};
use super::words::UNKNOWN;

impl From<ChartError> for ApiError {
    fn from(error: ChartError) -> ApiError {
        ApiError::internal(error.to_string())
    }
}

/// How values of a metric are written in a drawing.
struct Pen<'a> {
    board: &'a Board<'a>,
    metric: Metric,
    step: Step,
}

impl Pen<'_> {
    fn amount(&self, value: Decimal) -> String {
        self.board
            .scene
            .words
            .value(value, self.metric.unit(), self.board.currency)
    }

    fn tick(&self, value: Decimal) -> String {
        self.board
            .scene
            .words
            .short_value(value, self.metric.unit(), self.board.currency)
    }

    /// The step a point stands for; where it is of some of its days only, which they are.
    fn day(&self, day: Day) -> String {
        let words = self.board.scene.words;
        let start = self.step.start(day);
        let text = match self.step {
            Step::Week => format!("Week of {}", words.day(start)),
            Step::Day | Step::Month => words.day(start),
        };
        let covered = self.covered(day);
        match covered.is_partial() {
            false => text,
            true => {
                let days = words.range(covered.days.from, covered.days.to);
                format!("{text}, only {days} ({} of {} days)", covered.days.days(), covered.of)
            }
        }
    }

    /// What the point of a day holds of its step, in the period asked for or else in the one compared with.
    fn covered(&self, day: Day) -> Covered {
        let board = self.board;
        let within = |p: &Period| p.from <= day && day <= p.to;
        let period = board.previous.filter(|p| !within(&board.period) && within(p));
        let start = self.step.start(day);
        Covered::of(self.step, start, period.unwrap_or(board.period), board.scene.today)
    }

    /// Draws with this pen's words.
    fn draw<T>(&self, title: &str, description: String, draw: impl FnOnce(&Words<'_>) -> T) -> T {
        draw(&Words {
            title: title.to_owned(),
            description,
            amount: &|value| self.amount(value),
            tick: &|value| self.tick(value),
            day: &|day| self.day(day),
            day_tick: &|day| self.board.scene.words.short_day(day),
            unknown: UNKNOWN.to_owned(),
            day_heading: match self.step {
                Step::Day => "Day",
                Step::Week => "Week",
                Step::Month => "Month",
            }
            .to_owned(),
        })
    }

    /// The course of the metric; days that have not come yet, and days whose orders are not all here, are a gap and not zero.
    /// A point stands on the first day of its step that is asked for.
    fn course(&self, sums: &Sums, label: String) -> Series {
        let points = sums.course(self.metric, self.step, &self.board.history).into_iter();
        let known = |day: Day| self.board.history.covers(days_of(self.step, day, sums.period()));
        let from = sums.period().from;
        Series {
            label,
            points: points
                .map(|(day, v)| (day.max(from), v.filter(|_| known(day))))
                .collect(),
        }
    }

    /// The compared course without the points that are of another number of days than those they would be held against.
    fn comparable(&self, current: &Series, mut previous: Series) -> Series {
        for ((day, _), (other, value)) in current.points.iter().zip(&mut previous.points) {
            if !self.covered(*day).compares_with(&self.covered(*other)) {
                *value = None;
            }
        }
        previous
    }

    /// Total and highest point, in a sentence for people who cannot see the drawing.
    fn sentence(&self, series: &Series) -> String {
        let words = self.board.scene.words;
        let range = words.range(self.board.period.from, self.board.period.to);
        let total = self
            .board
            .whole
            .value(self.metric, self.board.definition)
            .map(Value::decimal);
        let Some(total) = total else {
            return format!("{} of {range}: not known.", self.metric.label());
        };
        let highest = series
            .points
            .iter()
            .filter_map(|(day, v)| Some((*day, (*v)?)))
            .max_by_key(|(_, v)| *v);
        let highest = highest.filter(|(_, v)| *v > Decimal::ZERO);
        let highest = highest.map(|(day, v)| format!("; highest {}, {}", self.amount(v), self.day(day)));
        format!(
            "{} of {range}: {}{}.",
            self.metric.label(),
            self.amount(total),
            highest.unwrap_or_default()
        )
    }
}

/// Net sales over time, the compared period behind it; `channels`: those of the best sales channels below it, best first.
pub(super) fn revenue(board: &Board<'_>, channels: &[(String, Sums)]) -> Result<Drawing> {
    let words = board.scene.words;
    let pen = Pen {
        board,
        metric: Metric::NetSales,
        step: step_for(board.period),
    };
    let current = pen.course(board.now, words.range(board.period.from, board.period.to));
    let previous = board
        .before
        .zip(board.previous)
        .map(|(sums, p)| pen.comparable(&current, pen.course(sums, words.range(p.from, p.to))));
    let open = board.history.open_from();
    let open_from = (board.period.to >= open).then(|| pen.step.start(open));
    let chart = LineChart {
        current: &current,
        previous: previous.as_ref(),
        parts: &channels
            .iter()
            .map(|(label, sums)| pen.course(sums, label.clone()))
            .collect::<Vec<_>>(),
        open_from,
    };
    Ok(pen.draw("Net sales", pen.sentence(&current), |words| charts::line(&chart, words))?)
}

/// The course beside a tile; none where there is nothing to follow.
pub(super) fn sparkline(board: &Board<'_>, metric: Metric) -> Result<Option<Drawing>> {
    let pen = Pen {
        board,
        metric,
        step: step_for(board.period),
    };
    let series = pen.course(board.now, metric.label().to_owned());
    if series.points.iter().filter(|(_, v)| v.is_some()).count() < 2 {
        return Ok(None);
    }
    Ok(Some(pen.draw(metric.label(), pen.sentence(&series), |words| {
        charts::sparkline(&series, words)
    })?))
}

/// Net sales by channel.
pub(super) fn share(board: &Board<'_>, channels: &[Ranked]) -> Result<Option<Drawing>> {
    if channels.len() < 2 || board.whole.blocked.is_some() || channels.iter().any(|c| c.revenue.is_none()) {
        return Ok(None);
    }
    let slices: Vec<Slice> = channels
        .iter()
        .map(|c| Slice {
            label: c.row.label.clone(),
            value: c.revenue,
            share_text: c.row.share_text.clone(),
        })
        .collect();
    let parts: Vec<String> = channels
        .iter()
        .map(|c| format!("{} {}", c.row.label, c.row.share_text))
        .collect();
    let pen = Pen {
        board,
        metric: Metric::NetSales,
        step: Step::Day,
    };
    let description = format!("Net sales by channel: {}.", parts.join(", "));
    let draw = |words: &Words<'_>| charts::share(&slices, ["Channel", "Net sales", "Share"], words);
    Ok(Some(pen.draw("Sales by channel", description, draw)?))
}

/// The best products as bars.
pub(super) fn best(board: &Board<'_>, sold: &[Sold], products: &[BestProduct]) -> Result<Option<Drawing>> {
    if sold.is_empty() || board.whole.blocked.is_some() || board.whole.hides(Metric::NetSales, board.definition) {
        return Ok(None);
    }
    let rows: Vec<Bar> = sold
        .iter()
        .zip(products)
        .map(|(sums, product)| Bar {
            label: product.title.clone(),
            value: Some(amount(sums.net(board.definition))),
            cells: vec![product.units_text.clone(), product.profit_text.clone()],
        })
        .collect();
    let columns = vec![
        Column::words("Product"),
        Column::numbers("Net sales"),
        Column::numbers("Units"),
        Column::numbers("Gross profit"),
    ];
    let first = products
        .first()
        .map(|p| format!("; first “{}” with {}", p.title, p.net_text))
        .unwrap_or_default();
    let pen = Pen {
        board,
        metric: Metric::NetSales,
        step: Step::Day,
    };
    let description = format!("The {} best products by net sales{first}.", products.len());
    Ok(Some(pen.draw("Best products", description, |words| {
        charts::bars(&rows, columns, words)
    })?))
}
