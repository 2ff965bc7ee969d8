//! The sheet a chart is drawn on: opens the drawing library's SVG backend, and closes it into the final element.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, TextStyle};

use super::ink::{Ink, dress};
use super::{ChartError, Words};

/// A raw drawing area that writes into memory.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Widths of strokes in pixels; they do not grow with the drawing.
pub(super) const HAIR: u32 = 1;
/// The width of the line of the current period.
pub(super) const LINE: u32 = 2;

/// Draws on a fresh sheet of `width` × `height` tenths of a pixel and returns the finished `<svg>` element, or what the drawing
/// library said. `kind` becomes a class beside `chart`.
pub(super) fn sheet(
    kind: &str,
    (width, height): (i32, i32),
    words: &Words<'_>,
    draw: impl FnOnce(&Area<'_>) -> Result<(), String>,
) -> Result<String, ChartError> {
    let fail = |cause: String| ChartError {
        title: words.title.clone(),
        cause,
    };
    let mut raw = String::new();
    {
        let area = SVGBackend::with_string(&mut raw, (width.unsigned_abs(), height.unsigned_abs())).into_drawing_area();
        draw(&area).map_err(fail)?;
        area.present().map_err(|e| fail(e.to_string()))?;
    }
    // A stacked bar may be stretched to any height; whatever has texts or circles keeps its proportions.
    let stretch = if kind == "share" {
        " preserveAspectRatio=\"none\""
    } else {
        ""
    };
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" class=\"chart chart-{kind}\"{stretch} role=\"img\" \
         focusable=\"false\" font-family=\"system-ui, sans-serif\">\n<title>{}</title>\n<desc>{}</desc>\n{}</svg>\n",
        escape(&words.title),
        escape(&words.description),
        dress(&raw)
    ))
}

/// Where a text is held: at its start, its middle or its end.
#[derive(Clone, Copy)]
pub(super) enum Hold {
    /// The text begins at the position.
    Start,
    /// The text is centred on the position.
    Middle,
    /// The text ends at the position.
    End,
}

/// Writes `text` with its vertical middle at `at`.
pub(super) fn write(area: &Area<'_>, text: &str, ink: Ink, hold: Hold, at: (i32, i32)) -> Result<(), String> {
    let h_pos = match hold {
        Hold::Start => HPos::Left,
        Hold::Middle => HPos::Center,
        Hold::End => HPos::Right,
    };
    let color = ink.mark();
    let style = TextStyle::from(("sans-serif", 120).into_font())
        .color(&color)
        .pos(Pos::new(h_pos, VPos::Center));
    area.draw_text(&printable(text), &style, at).map_err(|e| e.to_string())
}

/// `text` with characters that XML cannot hold replaced by spaces. Everything else, markup included, is text.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// `text` for the inside of an element.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

/// About how many tenths of a pixel `text` takes in a 12 px system font; wide scripts and emoji count double.
pub(super) fn width_of(text: &str) -> i32 {
    text.chars().map(advance).sum()
}

/// The advance of one character.
fn advance(c: char) -> i32 {
    match c {
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{0300}'..='\u{036F}' => 0,
        'i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 35,
        c if (c as u32) >= 0x1100 => 130,
        c if c.is_uppercase() || matches!(c, 'm' | 'w' | '%' | '&' | '@') => 86,
        _ => 68,
    }
}

/// `text` cut to about `room` tenths of a pixel, with an ellipsis where something is missing: in the middle, since names that begin
/// alike, as those of a product's variants, differ at their end. A joined emoji is not cut open.
pub(super) fn fit(text: &str, room: i32) -> String {
    if width_of(text) <= room {
        return text.to_string();
    }
    let pieces = pieces(text);
    let free = room - width_of("…");
    let fill = |pieces: &mut dyn Iterator<Item = &&str>, room: i32| {
        let mut used = 0;
        let count = pieces.take_while(|piece| {
            used += width_of(piece);
            used <= room
        });
        count.count()
    };
    let head = fill(&mut pieces.iter(), free * 3 / 5);
    let left = free - width_of(&pieces[..head].concat());
    let tail = pieces.len() - fill(&mut pieces[head..].iter().rev(), left);
    format!(
        "{}…{}",
        pieces[..head].concat().trim_end(),
        pieces[tail..].concat().trim_start()
    )
}

/// `text` in what must stay together: a character with those that join it.
fn pieces(text: &str) -> Vec<&str> {
    let (mut starts, mut joined) = (Vec::new(), false);
    for (at, c) in text.char_indices() {
        let glued = joined || advance(c) == 0 || ('\u{1F3FB}'..='\u{1F3FF}').contains(&c);
        if !glued || starts.is_empty() {
            starts.push(at);
        }
        joined = c == '\u{200D}';
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(from, to)| &text[from..to])
        .collect()
}
