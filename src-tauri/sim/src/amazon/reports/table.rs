//! Tables as text, in the character sets that the platform uses for them.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::world::amazon::Marketplace;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-8 after a byte order mark.
    Marked,
    /// Windows-1252; other letters become question marks.
    Cp1252,
    /// Windows-31J; other letters become question marks.
    Cp932,
}

impl Charset {
    /// What the listings of a marketplace are written in.
    pub(super) fn of_listings(market: Marketplace) -> Self {
        match market {
            Marketplace::Us => Self::Marked,
            Marketplace::Uk | Marketplace::De => Self::Cp1252,
            Marketplace::Jp => Self::Cp932,
        }
    }

    /// What the orders of a marketplace are written in.
    pub(super) fn of_orders(market: Marketplace) -> Self {
        match market {
            Marketplace::Us | Marketplace::Uk => Self::Utf8,
            Marketplace::De => Self::Cp1252,
            Marketplace::Jp => Self::Cp932,
        }
    }

    /// The media type that goes with it. Japan's does not always say.
    pub(super) fn media(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Marked => "text/plain; charset=UTF-8",
            Self::Cp1252 => "text/plain; charset=Cp1252",
            Self::Cp932 => "text/plain",
        }
    }

    /// Text as bytes.
    pub(super) fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Marked => [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat(),
            Self::Cp1252 => text.chars().map(cp1252).collect(),
            Self::Cp932 => text.chars().flat_map(cp932).collect(),
        }
    }
}

/// What stands between 0x80 and 0x9F in Windows-1252.
const CURLY: [(char, u8); 12] = [
    ('\u{20AC}', 0x80),
    ('\u{2026}', 0x85),
    ('\u{2018}', 0x91),
    ('\u{2019}', 0x92),
    ('\u{201C}', 0x93),
    ('\u{201D}', 0x94),
    ('\u{2022}', 0x95),
    ('\u{2013}', 0x96),
    ('\u{2014}', 0x97),
    ('\u{2122}', 0x99),
    ('\u{0161}', 0x9A),
    ('\u{0153}', 0x9C),
];

fn cp1252(letter: char) -> u8 {
    match u32::from(letter) {
        code @ (0..=0x7F | 0xA0..=0xFF) => u8::try_from(code).unwrap_or(b'?'),
        _ => CURLY
            .iter()
            .find(|(own, _)| *own == letter)
            .map_or(b'?', |(_, byte)| *byte),
    }
}

/// The letters of the headers in Windows-31J.
const KANA: [(char, u16); 42] = [
    ('ィ', 0x8342),
    ('コ', 0x8352),
    ('シ', 0x8356),
    ('ス', 0x8358),
    ('タ', 0x835e),
    ('チ', 0x8360),
    ('テ', 0x8365),
    ('デ', 0x8366),
    ('ト', 0x8367),
    ('ネ', 0x836c),
    ('フ', 0x8374),
    ('プ', 0x8376),
    ('メ', 0x8381),
    ('ャ', 0x8383),
    ('ョ', 0x8387),
    ('ル', 0x838b),
    ('ン', 0x8393),
    ('・', 0x8145),
    ('ー', 0x815b),
    ('価', 0x89bf),
    ('像', 0x919c),
    ('出', 0x8f6f),
    ('号', 0x8d86),
    ('名', 0x96bc),
    ('品', 0x9569),
    ('商', 0x8fa4),
    ('在', 0x8ddd),
    ('庫', 0x8cc9),
    ('数', 0x9094),
    ('新', 0x9056),
    ('日', 0x93fa),
    ('明', 0x96be),
    ('更', 0x8d58),
    ('格', 0x8a69),
    ('画', 0x89e6),
    ('番', 0x94d4),
    ('細', 0x8dd7),
    ('者', 0x8ed2),
    ('詳', 0x8fda),
    ('説', 0x90e0),
    ('量', 0x97ca),
    ('類', 0x97de),
];

fn cp932(letter: char) -> Vec<u8> {
    if letter.is_ascii() {
        return vec![u8::try_from(letter).unwrap_or(b'?')];
    }
    let found = KANA.iter().find(|(own, _)| *own == letter);
    found.map_or_else(|| vec![b'?'], |(_, code)| code.to_be_bytes().to_vec())
}

/// A table under construction: columns by name, tabs between, no quoting.
pub(super) struct Table {
    columns: Vec<&'static str>,
    text: String,
    end: &'static str,
}

impl Table {
    /// A table with a header; `titles` are what the header shows for the columns.
    pub(super) fn new(columns: &[&'static str], titles: &[&str], end: &'static str) -> Table {
        Table {
            columns: columns.to_vec(),
            text: format!("{}{end}", titles.join("\t")),
            end,
        }
    }

    /// Adds a row; columns that are not named stay blank.
    pub(super) fn row(&mut self, cells: &[(&str, String)]) {
        let line: Vec<&str> = self
            .columns
            .iter()
            .map(|column| {
                cells
                    .iter()
                    .find(|(name, _)| name == column)
                    .map_or("", |(_, cell)| cell.as_str())
            })
            .collect();
        self.text.push_str(&line.join("\t"));
        self.text.push_str(self.end);
    }

    /// Adds a row without the blanks at its end.
    pub(super) fn short_row(&mut self, cells: &[(&str, String)]) {
        self.row(cells);
        let kept = self.text.trim_end_matches(['\t', '\r', '\n']).len();
        self.text.truncate(kept);
        self.text.push_str(self.end);
    }

    pub(super) fn bytes(&self, charset: Charset) -> Vec<u8> {
        charset.bytes(&self.text)
    }
}

/// Packs bytes with gzip.
pub(super) fn pack(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing into memory cannot fail.
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.map_or_else(|_| Bytes::copy_from_slice(bytes), Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_the_bytes_of_their_set() {
        assert_eq!(
            Charset::Cp1252.bytes("H\u{e4}ndler \u{201C}x\u{1F600}"),
            b"H\xE4ndler \x93x?",
            "the West's"
        );
        assert_eq!(
            Charset::Cp932.bytes("\u{51FA}\u{54C1}\u{8005}SKU"),
            b"\x8Fo\x95i\x8E\xD2SKU",
            "Japan's"
        );
        assert_eq!(Charset::Marked.bytes("a"), b"\xEF\xBB\xBFa", "with a mark before it");
    }
}
