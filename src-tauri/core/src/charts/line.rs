//! A measure over time as a line, with the previous period behind it and the parts it is made of below it.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    AreaSeries, Cartesian2d, ChartBuilder, ChartContext, Circle, LineSeries, PathElement, SVGBackend,
};
use plotters::style::{Color, ShapeStyle};

use super::ink::Ink;
use super::sheet::{Area, HAIR, Hold, LINE, sheet, width_of, write};
use super::ticks::{self, Scale, pixel};
use super::{Axis, ChartError, Column, Drawing, Hit, HitValue, Series, Table, Words};
use crate::model::Day;

/// What [`line()`] draws.
pub struct LineChart<'a> {
    /// The values in question.
    pub current: &'a Series,
    /// The period before, laid behind by position: first day under first day.
    pub previous: Option<&'a Series>,
    /// What the values are made of, over the same days: a line each, the n-th in the colour of the n-th slice.
    pub parts: &'a [Series],
    /// The first day that is not final yet; the line is dotted from the day before it on.
    pub open_from: Option<Day>,
}

type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

const WIDTH: i32 = 9600;
const HEIGHT: i32 = 3200;
const TOP: i32 = 140;
const RIGHT: i32 = 120;
const BOTTOM: i32 = 370;
const MOST_DAYS: usize = 9;

/// Draws values over time. The table has one row per day, the hits one area per day.
pub fn line(chart: &LineChart<'_>, words: &Words<'_>) -> Result<Drawing, ChartError> {
    let rows = all_rows(chart);
    let count = rows.iter().map(|row| row.points.len()).max().unwrap_or(0);
    let known = rows.iter().flat_map(|row| row.points.iter().filter_map(|(_, v)| *v));
    let scale = ticks::scale(known, 4);
    let ticks: Vec<String> = scale.ticks.iter().map(|tick| (words.tick)(*tick)).collect();
    let left = ticks.iter().map(|tick| width_of(tick)).max().unwrap_or(0) * 6 / 5 + 160;

    let mut hits = Vec::new();
    let svg = sheet("line", (WIDTH, HEIGHT), words, |area| {
        let mut plot = plot(area, left, count, &scale)?;
        grid(&mut plot, area, &scale, &ticks, left)?;
        day_labels(&plot, area, chart, words)?;
        if let Some(previous) = chart.previous {
            stroke(&mut plot, &stretches(previous, |_| true), Ink::Before, HAIR + 1)?;
        }
        for (n, part) in chart.parts.iter().enumerate() {
            stroke(&mut plot, &stretches(part, |_| true), part_ink(n), HAIR + 1)?;
        }
        let (now, still_open) = match chart.parts {
            [] => (Ink::Now, Ink::NowOpen),
            _ => (Ink::Whole, Ink::WholeOpen),
        };
        if chart.parts.is_empty() {
            fill(&mut plot, &stretches(chart.current, |_| true))?;
        }
        let open = |i: usize| chart.open_from.is_some_and(|from| chart.current.points[i].0 >= from);
        stroke(&mut plot, &stretches(chart.current, |i| !open(i)), now, LINE)?;
        stroke(
            &mut plot,
            &joined_to_the_day_before(chart.current, open),
            still_open,
            LINE,
        )?;
        hits = areas(&plot, chart, words, count, left);
        Ok(())
    })?;

    Ok(Drawing {
        svg,
        width: WIDTH,
        height: HEIGHT,
        series: all_rows(chart).iter().map(|row| row.label.clone()).collect(),
        inks: inks(chart),
        axis: Axis::X,
        hits,
        table: table(chart, words, count),
        title: words.title.clone(),
        description: words.description.clone(),
    })
}

/// The current series, then the previous one if there is one, then the parts.
fn all_rows<'a>(chart: &LineChart<'a>) -> Vec<&'a Series> {
    std::iter::once(chart.current)
        .chain(chart.previous)
        .chain(chart.parts)
        .collect()
}

/// The colour of the n-th part.
fn part_ink(n: usize) -> Ink {
    Ink::Slice((n % 256) as u8)
}

/// The colours of all rows.
fn inks(chart: &LineChart<'_>) -> Vec<String> {
    let now = if chart.parts.is_empty() { Ink::Now } else { Ink::Whole };
    let before = chart.previous.map(|_| Ink::Before);
    let parts = (0..chart.parts.len()).map(part_ink);
    std::iter::once(now).chain(before).chain(parts).map(Ink::name).collect()
}

/// The coordinates: position of the day across, value up.
fn plot<'a, 'b>(area: &'a Area<'b>, left: i32, count: usize, scale: &Scale) -> Result<Plot<'a, 'b>, String> {
    let (first, last) = if count > 1 {
        (0.0, (count - 1) as f64)
    } else {
        (-1.0, 1.0)
    };
    ChartBuilder::on(area)
        .margin_left(left)
        .margin_right(RIGHT)
        .margin_top(TOP)
        .margin_bottom(BOTTOM)
        .build_cartesian_2d(first..last, scale.low..scale.high)
        .map_err(|e| e.to_string())
}

/// Grid lines with their labels; the line of zero is stronger.
fn grid(plot: &mut Plot<'_, '_>, area: &Area<'_>, scale: &Scale, labels: &[String], left: i32) -> Result<(), String> {
    let span = plot.x_range();
    for (tick, label) in scale.ticks.iter().zip(labels) {
        let y = pixel(*tick);
        let ink = if tick.is_zero() { Ink::Zero } else { Ink::Grid };
        let ends = vec![(span.start, y), (span.end, y)];
        plot.draw_series([PathElement::new(ends, style(ink, HAIR))])
            .map_err(|e| e.to_string())?;
        let (_, at) = plot.backend_coord(&(span.start, y));
        write(area, label, Ink::Label, Hold::End, (left - 80, at))?;
    }
    Ok(())
}

/// Labels of days under the plot, the outermost kept inside the sheet.
fn day_labels(plot: &Plot<'_, '_>, area: &Area<'_>, chart: &LineChart<'_>, words: &Words<'_>) -> Result<(), String> {
    let days: Vec<Day> = chart.current.points.iter().map(|(day, _)| *day).collect();
    for i in ticks::days(&days, MOST_DAYS) {
        let text = (words.day_tick)(days[i]);
        let (x, _) = plot.backend_coord(&(i as f64, 0.0));
        let over = x + width_of(&text) / 2 > WIDTH;
        let (hold, x) = if over {
            (Hold::End, WIDTH - 10)
        } else {
            (Hold::Middle, x)
        };
        write(area, &text, Ink::Label, hold, (x, HEIGHT - 130))?;
    }
    Ok(())
}

/// Positions and values of uninterrupted runs of known values among the points that `wanted` admits.
fn stretches(series: &Series, wanted: impl Fn(usize) -> bool) -> Vec<Vec<(f64, f64)>> {
    let mut all = vec![Vec::new()];
    for (i, (_, value)) in series.points.iter().enumerate() {
        match value {
            Some(value) if wanted(i) => {
                if let Some(stretch) = all.last_mut() {
                    stretch.push((i as f64, pixel(*value)));
                }
            }
            _ => all.push(Vec::new()),
        }
    }
    all.retain(|stretch| !stretch.is_empty());
    all
}

/// The stretches of points that are open, each begun at the known point before it, so that the line does not break there.
fn joined_to_the_day_before(series: &Series, open: impl Fn(usize) -> bool) -> Vec<Vec<(f64, f64)>> {
    let first = (0..series.points.len()).find(|i| open(*i));
    stretches(series, |i| first.is_some_and(|first| i + 1 >= first))
        .into_iter()
        .filter(|stretch| {
            stretch
                .last()
                .is_some_and(|(x, _)| first.is_some_and(|first| *x >= first as f64))
        })
        .collect()
}

/// Lines along stretches; a point without neighbours becomes a dot.
fn stroke(plot: &mut Plot<'_, '_>, stretches: &[Vec<(f64, f64)>], ink: Ink, width: u32) -> Result<(), String> {
    for stretch in stretches {
        if let [alone] = stretch.as_slice() {
            let dot = Circle::new(
                *alone,
                30,
                ShapeStyle {
                    filled: true,
                    ..style(ink, 1)
                },
            );
            plot.draw_series([dot]).map_err(|e| e.to_string())?;
        } else {
            let line = LineSeries::new(stretch.iter().copied(), style(ink, width));
            plot.draw_series(line).map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}

/// The area between stretches and zero.
fn fill(plot: &mut Plot<'_, '_>, stretches: &[Vec<(f64, f64)>]) -> Result<(), String> {
    for stretch in stretches.iter().filter(|stretch| stretch.len() > 1) {
        let area = AreaSeries::new(stretch.iter().copied(), 0.0, Ink::Area.mark());
        plot.draw_series(area).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// A stroke of a meaning and a width in pixels.
fn style(ink: Ink, width: u32) -> ShapeStyle {
    ShapeStyle {
        color: ink.mark().to_rgba(),
        filled: false,
        stroke_width: width,
    }
}

/// One area per position, from half-way to the point before to half-way to the point after.
fn areas(plot: &Plot<'_, '_>, chart: &LineChart<'_>, words: &Words<'_>, count: usize, left: i32) -> Vec<Hit> {
    let x = |i: usize| plot.backend_coord(&(i as f64, 0.0)).0;
    let rows = all_rows(chart);
    (0..count)
        .map(|i| Hit {
            from: if i == 0 { left } else { (x(i - 1) + x(i)) / 2 },
            to: if i + 1 == count {
                WIDTH - RIGHT
            } else {
                (x(i) + x(i + 1)) / 2
            },
            at: x(i),
            label: day_text(chart.current, i, words),
            values: rows
                .iter()
                .enumerate()
                .map(|(n, row)| {
                    let value = row.points.get(i).and_then(|(_, value)| *value);
                    HitValue {
                        label: match chart.previous {
                            Some(_) if n == 1 => with_day(row, i, words),
                            _ => row.label.clone(),
                        },
                        text: value.map_or_else(|| words.unknown.clone(), |v| (words.amount)(v)),
                        mark: value.map(|v| plot.backend_coord(&(i as f64, pixel(v))).1),
                    }
                })
                .collect(),
        })
        .collect()
}

/// The day at a position in full, or the caller's text for an unknown one.
fn day_text(series: &Series, i: usize, words: &Words<'_>) -> String {
    series
        .points
        .get(i)
        .map_or_else(|| words.unknown.clone(), |(day, _)| (words.day)(*day))
}

/// The label of a series with its own day, for a period that lies elsewhere in time.
fn with_day(series: &Series, i: usize, words: &Words<'_>) -> String {
    match series.points.get(i) {
        Some((day, _)) => format!("{} · {}", series.label, (words.day)(*day)),
        None => series.label.clone(),
    }
}

/// Days and values; the previous period brings its own days.
fn table(chart: &LineChart<'_>, words: &Words<'_>, count: usize) -> Table {
    let mut columns = vec![
        Column::words(words.day_heading.clone()),
        Column::numbers(chart.current.label.clone()),
    ];
    if let Some(previous) = chart.previous {
        columns.push(Column::words(format!("{} · {}", previous.label, words.day_heading)));
        columns.push(Column::numbers(previous.label.clone()));
    }
    columns.extend(chart.parts.iter().map(|part| Column::numbers(part.label.clone())));
    let value = |series: &Series, i: usize| {
        let known = series.points.get(i).and_then(|(_, value)| *value);
        known.map_or_else(|| words.unknown.clone(), |v| (words.amount)(v))
    };
    let dated = || std::iter::once(chart.current).chain(chart.previous);
    let rows = (0..count)
        .map(|i| {
            let parts = chart.parts.iter().map(|part| value(part, i));
            let dated = dated().flat_map(|row| [day_text(row, i, words), value(row, i)]);
            dated.chain(parts).collect()
        })
        .collect();
    Table { columns, rows }
}
