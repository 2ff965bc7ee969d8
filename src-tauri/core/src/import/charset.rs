//! Texts of Amazon's files, whatever their charset: UTF-8 with or without a mark, UTF-16 with one, Windows-1252 (Europe,
//! America), Windows-31J (Japan). A file does not say which; rows are stored as UTF-8.

use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Refused;

/// The text of a file.
///
/// # Errors
/// [`Refused`] where the bytes are no text.
pub(super) fn text(bytes: &[u8]) -> Result<String, Refused> {
    let decoded = match bytes {
        [0xff, 0xfe, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xfe, 0xff, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => other(rest),
        _ => other(bytes),
    };
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    match decoded.chars().take(100_000).filter(|c| control(*c)).count() > 4 {
        true => Err(Refused::new(
            "not_data",
            "the file is no text, but binary data",
            "Import the report or answer as Amazon sent it; a spreadsheet must be saved as text first.",
        )),
        false => Ok(decoded),
    }
}

fn other(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let (japanese, broken) = SHIFT_JIS.decode_without_bom_handling(bytes);
    // Letters of Europe read as Japanese give rare signs, and hardly ever kana.
    let kana = || japanese.chars().any(|c| ('\u{3041}'..='\u{30ff}').contains(&c));
    match !broken && (kana() || is_of_japan(bytes) || common_in_a_row(bytes) >= 3) {
        true => japanese.into_owned(),
        false => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Whether a file says that it is about sales in Japan.
fn is_of_japan(bytes: &[u8]) -> bool {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    has(b"\tJPY\t") || has(b"amazon.co.jp")
}

/// How many common kanji stand in a row at most. Their first bytes are dashes and quotation marks in Europe, which do not stand at
/// every second place.
fn common_in_a_row(bytes: &[u8]) -> usize {
    let (mut most, mut row, mut at) = (0, 0, 0);
    while let Some(byte) = bytes.get(at) {
        (row, at) = match byte {
            0x88..=0x97 => (row + 1, at + 2),
            0x81..=0x9f | 0xe0..=0xfc => (0, at + 2),
            _ => (0, at + 1),
        };
        most = most.max(row);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_failure_25_every_charset_of_amazons_files_is_read() {
        let euro = "sku\ttitle\nA\tKüche – 24″ „schön“ €5";
        let cp1252 = WINDOWS_1252.encode("sku\ttitle\nA\tKüche – „schön“ €5").0.into_owned();
        assert_eq!(
            text(&cp1252).expect("text"),
            "sku\ttitle\nA\tKüche – „schön“ €5",
            "curly quotes stay"
        );
        let marked = [b"\xef\xbb\xbf".as_slice(), euro.as_bytes()].concat();
        assert_eq!(
            text(&marked).expect("text"),
            euro,
            "the mark is no part of the first column"
        );
        let japan = "出品者SKU\t商品名\nA\tテレビ台 24インチ";
        let cp932 = SHIFT_JIS.encode(japan).0.into_owned();
        assert_eq!(text(&cp932).expect("text"), japan, "Japanese files");
        for japan in [
            "出品者番号\t名\nA\t東京限定商品 茶碗",
            "sku\tcurrency\ttitle\nA\tJPY\t茶碗",
            "sku\tsales-channel\ttitle\nA\tAmazon.co.jp\tﾃﾚﾋﾞ",
        ] {
            let cp932 = SHIFT_JIS.encode(japan).0.into_owned();
            assert_eq!(text(&cp932).expect("text"), japan, "without a kana too");
        }
        for europe in ["A\tMen’s “Été”\tça", "A\tÀÉÎÕÜ – ‘n’t”s"] {
            let cp1252 = WINDOWS_1252.encode(europe).0.into_owned();
            assert_eq!(text(&cp1252).expect("text"), europe, "which no letters of Europe are");
        }
        let wide: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(japan.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(text(&wide).expect("text"), japan, "files saved by a spreadsheet");
        assert!(
            text(&[0x50, 0x4b, 3, 4, 0, 0, 0, 0, 1, 2]).is_err(),
            "a packed spreadsheet is no text"
        );
    }
}
