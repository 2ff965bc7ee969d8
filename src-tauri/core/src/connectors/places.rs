//! Places in records, as templates: a posting keeps a number and positions, a person reads the path. Each connector has a table.

use crate::model::PathRef;

/// Makes a connector's table: `Place`, whose variants are its templates, and `render`, which gives a place as text.
macro_rules! places {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// The templates' texts by number; numbers are stored, so only append.
        const TEXTS: &[&str] = &[$($text,)*];

        /// The templates.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(super) enum Place { $($(#[$doc])* $name,)* }

        impl Place {
            /// This place with positions filled in.
            pub(super) fn at(self, positions: &[usize]) -> crate::model::PathRef {
                $crate::connectors::places::at(self as u16, positions)
            }
        }

        /// The path as text.
        pub(super) fn render(path: crate::model::PathRef) -> String {
            $crate::connectors::places::render(TEXTS, path)
        }
    };
}
pub(super) use places;

/// The place of a template with positions filled in; one beyond what is stored reads as the last that is.
pub(super) fn at(template: u16, positions: &[usize]) -> PathRef {
    let mut at = [0; 3];
    for (slot, position) in at.iter_mut().zip(positions) {
        *slot = u16::try_from(*position).unwrap_or(u16::MAX);
    }
    PathRef { template, at }
}

/// A place as text; the whole record where the table has no such template.
pub(super) fn render(texts: &[&str], path: PathRef) -> String {
    let template = texts.get(usize::from(path.template)).copied().unwrap_or("$");
    let mut text = String::with_capacity(template.len() + 6);
    let mut positions = path.at.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{}") {
        text.push_str(before);
        text.push_str(&positions.next().copied().unwrap_or(0).to_string());
        rest = after;
    }
    text.push_str(rest);
    text
}
