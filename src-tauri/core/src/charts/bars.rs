//! A ranking as horizontal bars: name and value on a line, the bar below it.

use plotters::prelude::Rectangle;
use plotters::style::{Color, ShapeStyle};
use rust_decimal::Decimal;

use super::ink::Ink;
use super::sheet::{Area, Hold, fit, sheet, width_of, write};
use super::ticks::pixel;
use super::{Axis, ChartError, Column, Drawing, Hit, HitValue, Table, Words};

/// A row of a ranking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bar {
    /// Its name in full.
    pub label: String,
    /// The value the bar shows; `None` leaves the bar out.
    pub value: Option<Decimal>,
    /// Further cells of the table and the hover text, formatted, one per further column.
    pub cells: Vec<String>,
}

const WIDTH: i32 = 3800;
const ROW: i32 = 440;
const TEXT_AT: i32 = 130;
const BAR_FROM: i32 = 260;
const BAR_TO: i32 = 310;

/// Draws `rows` in the order given. `columns` are the headings of the table: the name's, the value's, then one for each further
/// cell. Without rows the sheet is empty and has no height of its own.
pub fn bars(rows: &[Bar], columns: Vec<Column>, words: &Words<'_>) -> Result<Drawing, ChartError> {
    let height = ROW * i32::try_from(rows.len().max(1)).unwrap_or(i32::MAX / ROW);
    let values = || rows.iter().filter_map(|row| row.value.map(pixel));
    let low = values().fold(0.0, f64::min);
    let high = values().fold(0.0, f64::max);
    let x = |value: f64| {
        let span = high - low;
        if span > 0.0 {
            (f64::from(WIDTH) * ((value - low) / span)).round() as i32
        } else {
            0
        }
    };
    let text = |row: &Bar| row.value.map_or_else(|| words.unknown.clone(), |v| (words.amount)(v));

    let svg = sheet("bars", (WIDTH, height), words, |area| {
        for (row, top) in rows.iter().zip((0..).step_by(ROW as usize)) {
            let amount = text(row);
            let room = (WIDTH - 160) * 5 / 6 - width_of(&amount);
            write(area, &fit(&row.label, room), Ink::Text, Hold::Start, (0, top + TEXT_AT))?;
            write(area, &amount, Ink::Text, Hold::End, (WIDTH, top + TEXT_AT))?;
            bar(area, (0, WIDTH), top, Ink::Track)?;
            if let Some(value) = row.value.map(pixel).filter(|value| *value != 0.0) {
                let ink = if value < 0.0 { Ink::Negative } else { Ink::Now };
                let ends = (x(value.min(0.0)), x(value.max(0.0)));
                bar(area, ends, top, ink)?;
            }
        }
        Ok(())
    })?;

    let heading = |n: usize| columns.get(n).map(|column| column.label.clone()).unwrap_or_default();
    let hits = rows
        .iter()
        .zip((0..).step_by(ROW as usize))
        .map(|(row, top)| {
            let cells = std::iter::once(text(row)).chain(row.cells.iter().cloned());
            Hit {
                from: top,
                to: top + ROW,
                at: top + TEXT_AT,
                label: row.label.clone(),
                values: cells
                    .enumerate()
                    .map(|(n, text)| HitValue {
                        label: heading(n + 1),
                        text,
                        mark: None,
                    })
                    .collect(),
            }
        })
        .collect();
    let cells = |row: &Bar| {
        [row.label.clone(), text(row)]
            .into_iter()
            .chain(row.cells.iter().cloned())
            .collect()
    };
    let rows = rows.iter().map(cells).collect();
    Ok(Drawing {
        svg,
        width: WIDTH,
        height,
        series: Vec::new(),
        inks: Vec::new(),
        axis: Axis::Y,
        hits,
        table: Table { columns, rows },
        title: words.title.clone(),
        description: words.description.clone(),
    })
}

/// A bar of the row that starts at `top`.
fn bar(area: &Area<'_>, (from, to): (i32, i32), top: i32, ink: Ink) -> Result<(), String> {
    let style = ShapeStyle {
        color: ink.mark().to_rgba(),
        filled: true,
        stroke_width: 0,
    };
    area.draw(&Rectangle::new([(from, top + BAR_FROM), (to, top + BAR_TO)], style))
        .map_err(|e| e.to_string())
}
