//! Parts of a whole as one stacked bar, widest first as the caller orders them.

use plotters::prelude::Rectangle;
use plotters::style::{Color, ShapeStyle};
use rust_decimal::Decimal;

use super::ink::Ink;
use super::sheet::sheet;
use super::ticks::pixel;
use super::{Axis, ChartError, Column, Drawing, Hit, HitValue, Table, Words};

/// A part of the whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Its name, for example a channel's.
    pub label: String,
    /// Its value; unknown, zero and negative ones have no width, but stand in the table.
    pub value: Option<Decimal>,
    /// Its share of the whole as text, or the caller's text where there is none.
    pub share_text: String,
}

const WIDTH: i32 = 4800;
const HEIGHT: i32 = 280;
const GAP: i32 = 20;

/// Draws `slices` side by side, each as wide as its share of the values above zero. The n-th slice has the n-th slice colour,
/// whether it is wide or not, so that a legend can be made from the order alone.
pub fn share(slices: &[Slice], headings: [&str; 3], words: &Words<'_>) -> Result<Drawing, ChartError> {
    let value = |slice: &Slice| slice.value.filter(|v| *v > Decimal::ZERO).map_or(0.0, pixel);
    let whole: f64 = slices.iter().map(value).sum();
    let text = |slice: &Slice| slice.value.map_or_else(|| words.unknown.clone(), |v| (words.amount)(v));

    let mut hits = Vec::new();
    let svg = sheet("share", (WIDTH, HEIGHT), words, |area| {
        let rectangle = |from: i32, to: i32, ink: Ink| {
            let style = ShapeStyle {
                color: ink.mark().to_rgba(),
                filled: true,
                stroke_width: 0,
            };
            area.draw(&Rectangle::new([(from, 0), (to, HEIGHT)], style))
                .map_err(|e| e.to_string())
        };
        if whole <= 0.0 {
            return rectangle(0, WIDTH, Ink::Track);
        }
        let mut before = 0.0;
        for (n, slice) in slices.iter().enumerate().filter(|(_, slice)| value(slice) > 0.0) {
            let from = (f64::from(WIDTH) * (before / whole)).round() as i32;
            before += value(slice);
            let to = (f64::from(WIDTH) * (before / whole)).round() as i32;
            let end = if to < WIDTH && to - from > 2 * GAP {
                to - GAP
            } else {
                to
            };
            rectangle(from, end, Ink::Slice((n % 256) as u8))?;
            hits.push(Hit {
                from,
                to,
                at: (from + end) / 2,
                label: slice.label.clone(),
                values: vec![
                    HitValue {
                        label: headings[1].to_string(),
                        text: text(slice),
                        mark: None,
                    },
                    HitValue {
                        label: headings[2].to_string(),
                        text: slice.share_text.clone(),
                        mark: None,
                    },
                ],
            });
        }
        Ok(())
    })?;

    Ok(Drawing {
        svg,
        width: WIDTH,
        height: HEIGHT,
        series: slices.iter().map(|slice| slice.label.clone()).collect(),
        inks: (0..slices.len()).map(|n| Ink::Slice((n % 256) as u8).name()).collect(),
        axis: Axis::X,
        hits,
        table: Table {
            columns: vec![
                Column::words(headings[0]),
                Column::numbers(headings[1]),
                Column::numbers(headings[2]),
            ],
            rows: slices
                .iter()
                .map(|s| vec![s.label.clone(), text(s), s.share_text.clone()])
                .collect(),
        },
        title: words.title.clone(),
        description: words.description.clone(),
    })
}
