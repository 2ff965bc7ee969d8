//! Charts as SVG: pure functions from finished series to a [`Drawing`]. One file per kind of chart: [`line()`], [`sparkline()`],
//! [`share()`], [`bars()`].
//!
//! No I/O, no clock, no formula: values arrive summed, texts arrive formatted (by the caller's [`Words`]). `None` is a gap, never
//! zero. This is the only place where an amount becomes a float, because a pixel is not money; every text comes from the exact
//! decimal. Colours are the custom properties of [`ink`], so that light and dark belong to the page that shows the drawing.
//!
//! Coordinates in a drawing are tenths of a pixel at its natural size: whole numbers, smooth lines, the same bytes every time.
#![allow(
    clippy::float_arithmetic,
    reason = "positions on a drawing are floats; amounts stay decimals up to here"
)]

mod bars;
mod ink;
mod line;
mod share;
mod sheet;
mod sparkline;
#[cfg(test)]
mod tests;
mod ticks;

use rust_decimal::Decimal;
use serde::Serialize;
use ts_rs::TS;

use crate::model::Day;

pub use bars::{Bar, bars};
pub use ink::slice_paint;
pub use line::{LineChart, line};
pub use share::{Slice, share};
pub use sparkline::sparkline;

/// A named row of values over time, oldest first, every day (or first day of a week or month) of the range present.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// What the values are called on screen.
    pub label: String,
    /// A value per day; `None` where it is unknown or has no base, drawn as a gap.
    pub points: Vec<(Day, Option<Decimal>)>,
}

/// The texts of a drawing and how values are written. The caller knows currency and locale, the drawing does not.
pub struct Words<'a> {
    /// What the drawing shows, in a few words.
    pub title: String,
    /// What it says, in a sentence, for people who cannot see it.
    pub description: String,
    /// A value in full: hover texts and the table.
    pub amount: &'a dyn Fn(Decimal) -> String,
    /// A value in short: axis labels.
    pub tick: &'a dyn Fn(Decimal) -> String,
    /// A day in full: hover texts and the table.
    pub day: &'a dyn Fn(Day) -> String,
    /// A day in short: axis labels.
    pub day_tick: &'a dyn Fn(Day) -> String,
    /// What stands for a value that is not known.
    pub unknown: String,
    /// The heading of the column of days.
    pub day_heading: String,
}

/// A finished chart: the picture, what lies under the pointer, and the same content as a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Drawing {
    /// A complete `<svg>` element without ids, styles or scripts; its texts are escaped.
    pub svg: String,
    /// Natural width in tenths of a pixel, the unit of the view box and of [`Hit`].
    pub width: i32,
    /// Natural height in tenths of a pixel.
    pub height: i32,
    /// The labels of what is drawn, in the order of a hit's values, for a legend; empty where the drawing names its parts itself.
    pub series: Vec<String>,
    /// The colour of each of them, by the name of its custom property without `--chart-`.
    pub inks: Vec<String>,
    /// Along which axis the hits lie.
    pub axis: Axis,
    /// One area per point, in reading order, without holes between them; none where there is nothing to point at.
    pub hits: Vec<Hit>,
    /// The content as text.
    pub table: Table,
    /// The same text as the drawing's `<title>`.
    pub title: String,
    /// The same text as the drawing's `<desc>`.
    pub description: String,
}

/// The axis along which a pointer or an arrow key moves from one hit to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Left to right.
    X,
    /// Top to bottom.
    Y,
}

/// An area of a drawing and what it stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Hit {
    /// Where the area starts along the axis, in tenths of a pixel.
    pub from: i32,
    /// Where it ends.
    pub to: i32,
    /// Where the cursor stands along the axis.
    pub at: i32,
    /// The day, product or channel, as text.
    pub label: String,
    /// What is known there, one per series.
    pub values: Vec<HitValue>,
}

/// One series at a hit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct HitValue {
    /// The series' label.
    pub label: String,
    /// The formatted value, or the caller's text for an unknown one.
    pub text: String,
    /// Where the value lies across the axis in tenths of a pixel; `null` for a gap or where nothing is to be marked.
    pub mark: Option<i32>,
}

/// The content of a drawing as text, for screen readers and for people who prefer numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Table {
    /// The headings.
    pub columns: Vec<Column>,
    /// The cells, one row per point.
    pub rows: Vec<Vec<String>>,
}

/// A column of a [`Table`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Column {
    /// The heading.
    pub label: String,
    /// Whether its cells are numbers, to be set flush right.
    pub numeric: bool,
}

impl Column {
    /// A column of words.
    pub fn words(label: impl Into<String>) -> Column {
        Column {
            label: label.into(),
            numeric: false,
        }
    }

    /// A column of numbers.
    pub fn numbers(label: impl Into<String>) -> Column {
        Column {
            label: label.into(),
            numeric: true,
        }
    }
}

/// A drawing that could not be made. The drawing library writes into memory, so this names a defect, not a circumstance.
#[derive(Debug, thiserror::Error)]
#[error("the chart “{title}” could not be drawn: {cause}")]
pub struct ChartError {
    /// The drawing's title.
    pub title: String,
    /// What the drawing library said.
    pub cause: String,
}
