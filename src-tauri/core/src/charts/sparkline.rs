//! A measure's course without axes, for the side of a figure.

use plotters::prelude::{ChartBuilder, Circle, LineSeries};
use plotters::style::{Color, ShapeStyle};
use rust_decimal::Decimal;

use super::ink::Ink;
use super::sheet::{LINE, sheet};
use super::ticks::pixel;
use super::{Axis, ChartError, Column, Drawing, Series, Table, Words};

const WIDTH: i32 = 1200;
const HEIGHT: i32 = 320;
const EDGE: i32 = 40;

/// Draws the course of `series` between its own lowest and highest value, with a dot at its last known one. Equal values run
/// through the middle. It has a table but no hits: it is too small to be pointed at.
pub fn sparkline(series: &Series, words: &Words<'_>) -> Result<Drawing, ChartError> {
    let count = series.points.len();
    let known: Vec<f64> = series.points.iter().filter_map(|(_, value)| value.map(pixel)).collect();
    let low = known.iter().copied().fold(f64::INFINITY, f64::min);
    let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low < high { (low, high) } else { level(known.first()) };

    let svg = sheet("sparkline", (WIDTH, HEIGHT), words, |area| {
        let (first, last) = if count > 1 {
            (0.0, (count - 1) as f64)
        } else {
            (-1.0, 1.0)
        };
        let mut plot = ChartBuilder::on(area)
            .margin(EDGE)
            .build_cartesian_2d(first..last, low..high)
            .map_err(|e| e.to_string())?;
        for stretch in stretches(series) {
            if stretch.len() > 1 {
                let line = LineSeries::new(stretch.iter().copied(), stroke(false));
                plot.draw_series(line).map_err(|e| e.to_string())?;
            }
        }
        if let Some(end) = stretches(series).last().and_then(|stretch| stretch.last().copied()) {
            plot.draw_series([Circle::new(end, 26, stroke(true))])
                .map_err(|e| e.to_string())?;
        }
        Ok(())
    })?;

    let text = |value: Option<Decimal>| value.map_or_else(|| words.unknown.clone(), |v| (words.amount)(v));
    let rows = series
        .points
        .iter()
        .map(|(day, value)| vec![(words.day)(*day), text(*value)])
        .collect();
    let columns = vec![
        Column::words(words.day_heading.clone()),
        Column::numbers(series.label.clone()),
    ];
    Ok(Drawing {
        svg,
        width: WIDTH,
        height: HEIGHT,
        series: vec![series.label.clone()],
        inks: vec![Ink::Now.name()],
        axis: Axis::X,
        hits: Vec::new(),
        table: Table { columns, rows },
        title: words.title.clone(),
        description: words.description.clone(),
    })
}

/// The ends of an axis on which `value`, or nothing, lies in the middle.
fn level(value: Option<&f64>) -> (f64, f64) {
    let middle = value.copied().unwrap_or(0.0);
    let reach = middle.abs().max(1.0);
    (middle - reach, middle + reach)
}

/// Uninterrupted runs of known values with their positions.
fn stretches(series: &Series) -> Vec<Vec<(f64, f64)>> {
    series
        .points
        .iter()
        .enumerate()
        .collect::<Vec<_>>()
        .split(|(_, (_, value))| value.is_none())
        .map(|run| {
            run.iter()
                .filter_map(|(i, (_, value))| value.map(|v| (*i as f64, pixel(v))))
                .collect::<Vec<_>>()
        })
        .filter(|run| !run.is_empty())
        .collect()
}

/// The line, or the dot at its end.
fn stroke(filled: bool) -> ShapeStyle {
    ShapeStyle {
        color: Ink::Now.mark().to_rgba(),
        filled,
        stroke_width: LINE,
    }
}
