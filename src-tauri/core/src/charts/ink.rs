//! The colours of a drawing, by meaning. The drawing library knows only fixed colours; each meaning gets a mark of its own in the
//! raw output, and [`dress`] turns the marks into `var(--chart-…, fallback)`. The fallback is used where the drawing stands alone.

use plotters::style::RGBColor;

/// How many slices have a colour of their own; further ones start over.
pub(super) const SLICES: u8 = 6;

/// What a stroke, a filling or a text is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    /// The current period.
    Now,
    /// The current period where its days are not final yet: dashed.
    NowOpen,
    /// The current period above the parts it is made of.
    Whole,
    /// The same where its days are not final yet: dashed.
    WholeOpen,
    /// The area under the current period.
    Area,
    /// The previous period.
    Before,
    /// Grid lines.
    Grid,
    /// The line of zero.
    Zero,
    /// Labels at the axes.
    Label,
    /// Texts that carry content.
    Text,
    /// The empty part of a bar.
    Track,
    /// A bar below zero.
    Negative,
    /// The n-th slice of a whole, counted from 0.
    Slice(u8),
}

const NAMED: [Ink; 12] = [
    Ink::Now,
    Ink::NowOpen,
    Ink::Area,
    Ink::Before,
    Ink::Grid,
    Ink::Zero,
    Ink::Label,
    Ink::Text,
    Ink::Track,
    Ink::Negative,
    Ink::Whole,
    Ink::WholeOpen,
];

impl Ink {
    /// The mark in the raw output.
    pub(super) fn mark(self) -> RGBColor {
        match self {
            Ink::Slice(n) => RGBColor(0xC2, 0x01, n % SLICES),
            named => RGBColor(
                0xC1,
                0x01,
                NAMED.iter().position(|ink| *ink == named).unwrap_or(0) as u8,
            ),
        }
    }

    /// The meaning of a mark as the raw output writes it (`#RRGGBB`).
    fn of_mark(text: &str) -> Option<Ink> {
        let number = u32::from_str_radix(text.strip_prefix('#')?, 16).ok()?;
        let last = (number & 0xFF) as u8;
        match number >> 8 {
            0xC101 => NAMED.get(usize::from(last)).copied(),
            0xC201 => Some(Ink::Slice(last)),
            _ => None,
        }
    }

    /// Its name among the custom properties of the page, without their beginning.
    pub(super) fn name(self) -> String {
        match self {
            Ink::Now | Ink::NowOpen => "now".to_owned(),
            Ink::Whole | Ink::WholeOpen | Ink::Text => "text".to_owned(),
            Ink::Area => "area".to_owned(),
            Ink::Before => "before".to_owned(),
            Ink::Grid => "grid".to_owned(),
            Ink::Zero => "zero".to_owned(),
            Ink::Label => "label".to_owned(),
            Ink::Track => "track".to_owned(),
            Ink::Negative => "negative".to_owned(),
            Ink::Slice(n) => (n % SLICES + 1).to_string(),
        }
    }

    /// The paint: a custom property of the page, and a colour that reads well on white.
    fn paint(self) -> String {
        let fallback = match self {
            Ink::Now | Ink::NowOpen => "#1d5fd0",
            Ink::Area => "#1d5fd01f",
            Ink::Before => "#8a94a3",
            Ink::Grid => "#e3e7ed",
            Ink::Zero => "#b4bcc8",
            Ink::Label => "#566072",
            Ink::Text | Ink::Whole | Ink::WholeOpen => "#1a2130",
            Ink::Track => "#edf0f4",
            Ink::Negative => "#b3261e",
            Ink::Slice(n) => {
                ["#1d5fd0", "#0f8a6d", "#b7791f", "#8b45b5", "#c2483d", "#4b6b8a"][usize::from(n % SLICES)]
            }
        };
        let name = self.name();
        format!("var(--chart-{name}, {fallback})")
    }
}

/// The paint of the n-th slice of a whole, for a legend beside the drawing.
pub fn slice_paint(n: usize) -> String {
    Ink::Slice((n % usize::from(SLICES)) as u8).paint()
}

/// The content of a raw drawing with meanings for colours: marks become paints, strokes keep their width at any size, texts get a
/// class, and the outer element, fonts and full opacities go away. Reads only what stands inside tags; texts pass unchanged.
pub(super) fn dress(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for piece in raw.split_inclusive('>') {
        let Some((text, tag)) = piece.split_once('<') else {
            continue;
        };
        out.push_str(text.trim_matches('\n'));
        let tag = tag.trim_end_matches('>');
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or("");
        if name == "svg" {
            continue;
        }
        if tag.starts_with('/') {
            out.push_str(&format!("</{name}>\n"));
            continue;
        }
        out.push('<');
        out.push_str(name);
        for (key, value) in attributes(tag) {
            attribute(&mut out, name, key, value);
        }
        out.push_str(if tag.ends_with('/') { "/>\n" } else { ">" });
    }
    out
}

/// Writes one attribute of an element, changed as [`dress`] says.
fn attribute(out: &mut String, element: &str, key: &str, value: &str) {
    match key {
        "fill" | "stroke" => match Ink::of_mark(value) {
            Some(ink) => {
                out.push_str(&format!(" {key}=\"{}\"", ink.paint()));
                if element == "text" {
                    let class = if ink == Ink::Text { "chart-text" } else { "chart-label" };
                    out.push_str(&format!(" class=\"{class}\" font-size=\"120\""));
                }
                if matches!(ink, Ink::NowOpen | Ink::WholeOpen) && key == "stroke" {
                    out.push_str(" stroke-dasharray=\"2 4\" stroke-linecap=\"round\"");
                }
            }
            None if value == "none" && key == "stroke" => {}
            None => out.push_str(&format!(" {key}=\"{value}\"")),
        },
        "stroke-width" if element == "circle" => {}
        "stroke-width" => {
            out.push_str(&format!(
                " stroke-width=\"{value}\" vector-effect=\"non-scaling-stroke\""
            ));
            if element == "polyline" {
                out.push_str(" stroke-linejoin=\"round\"");
            }
        }
        "opacity" | "font-family" | "font-size" | "dy" => {}
        "points" => out.push_str(&format!(" points=\"{}\"", value.trim_end())),
        "y" if element == "text" => out.push_str(&format!(" y=\"{value}\" dominant-baseline=\"middle\"")),
        _ => out.push_str(&format!(" {key}=\"{value}\"")),
    }
}

/// The attributes of a tag, as the drawing library writes them: values between double quotes, quotes inside them escaped.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let (before, after) = rest.split_once("=\"")?;
        let (value, tail) = after.split_once('"')?;
        rest = tail;
        Some((before.rsplit(' ').next().unwrap_or(""), value))
    })
}
