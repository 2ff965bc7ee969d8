//! Files into raw records: the platforms' own answers and exports, cut into the same records that a sync stores, byte for byte.
//!
//! Pure: a file is either cut whole or refused with a reason; nothing is half-imported.

use crate::connectors::amazon::{self as at_amazon, markets};
use crate::connectors::{Channel, RawRecord, ReadError};
use crate::model::{Currency, Zone};

mod amazon;
mod amazon_table;
mod charset;
mod shopify;
mod shopify_export;
mod shopify_record;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Split {
    /// Records, in the file's order.
    pub records: Vec<RawRecord>,
    /// Pieces that are no usable record: where they stand, and why.
    pub set_aside: Vec<(String, ReadError)>,
    /// What the user should know of the file as a whole.
    pub notes: Vec<String>,
}

/// Why a whole file is refused; nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// Short code (`empty_file`, `not_data`, `unknown_kind`, `error_answer`, `cut_file`, `wrong_stream`).
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Refused {
            code,
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// Streams whose files a channel takes, `auto` excepted.
pub fn streams(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Shopify => &shopify::STREAMS,
        Channel::Amazon => &amazon::STREAMS,
    }
}

/// The zone and currency that most of a file's records are at home in, where they name a marketplace that has them.
pub fn home(channel: Channel, split: &Split) -> (Option<Zone>, Option<Currency>) {
    if channel != Channel::Amazon {
        return (None, None);
    }
    let mut counts: Vec<(usize, &'static markets::Market)> = Vec::new();
    for market in split.records.iter().filter_map(|record| markets::named(&record.bytes)) {
        match counts.iter_mut().find(|(_, known)| *known == market) {
            Some((count, _)) => *count += 1,
            None => counts.push((1, market)),
        }
    }
    // Of equally many the first one named.
    let most = counts
        .iter()
        .rev()
        .max_by_key(|(count, _)| *count)
        .map(|(_, market)| market);
    (most.map(|m| m.zone()), most.and_then(|m| m.currency()))
}

/// Cuts a file into records of `stream` (`None`: whatever the file holds).
///
/// # Errors
/// [`Refused`] where the file is empty, cut, a web page, an error answer, or holds nothing of the stream.
pub fn split(channel: Channel, stream: Option<&str>, bytes: &[u8]) -> Result<Split, Refused> {
    let unpacked = unpack(bytes)?;
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    let text = match channel {
        Channel::Shopify => utf8(bytes)?.to_owned(),
        Channel::Amazon => charset::text(bytes)?,
    };
    let text = text.as_str();
    match (text.trim_start().as_bytes().first(), channel) {
        (None, _) => Err(Refused::new(
            "empty_file",
            "the file is empty",
            "Export or download it again.",
        )),
        (Some(b'<'), _) => Err(Refused::new(
            "not_data",
            "the file is a web page, not data",
            "The download probably ended on a sign-in or error page; sign in and download it again.",
        )),
        (Some(b'{' | b'['), Channel::Shopify) => shopify::split(stream, text),
        (Some(b'{' | b'['), Channel::Amazon) => amazon::split(stream, text),
        (Some(_), Channel::Shopify) => shopify_export::split(stream, text),
        (Some(_), Channel::Amazon) => amazon_table::split(stream, text),
    }
}

/// Puts totals of a file that does not name their marketplace to the one that is meant: `given`, or the only one there is.
///
/// # Errors
/// [`Refused`] where nothing tells which one it is.
pub fn put_to(split: &mut Split, given: Option<&'static markets::Market>) -> Result<(), Refused> {
    for record in &mut split.records {
        at_amazon::put_to(record, given).map_err(|currency| match (given, currency) {
            (Some(given), Some(currency)) => Refused::new(
                "wrong_marketplace",
                format!("the file is in {currency}, and {} does not sell in that", given.name),
                "Name the marketplace that the file is of.",
            ),
            (_, currency) => Refused::new(
                "no_marketplace",
                format!(
                    "the file does not say of which marketplace its totals are{}",
                    currency.map_or_else(String::new, |currency| format!(", and several sell in {currency}"))
                ),
                "Name it with --marketplace, for example --marketplace DE: totals of two marketplaces must not be taken for one.",
            ),
        })?;
    }
    Ok(())
}

/// A file that must be UTF-8.
fn utf8(bytes: &[u8]) -> Result<&str, Refused> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| {
        Refused::new(
            "not_data",
            format!("the file is not UTF-8 text (byte {})", e.valid_up_to()),
            "Save it again as UTF-8, or import the file as the platform sent it.",
        )
    })
}

/// Keeps the records of the stream that was asked for; a file that holds only others is refused.
fn only_of(split: &mut Split, stream: Option<&str>) -> Result<(), Refused> {
    let Some(stream) = stream else { return Ok(()) };
    let others: std::collections::BTreeSet<String> = split.records.iter().map(|r| r.stream.to_string()).collect();
    split.records.retain(|r| r.stream == stream);
    match (split.records.is_empty(), others.first()) {
        (true, Some(other)) => Err(Refused::new(
            "wrong_stream",
            format!(
                "the file holds no {stream}, but {}",
                others.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
            ),
            format!("Import it as “{other}”."),
        )),
        _ => Ok(()),
    }
}

/// Unpacks a gzip file; `None` where it is none.
fn unpack(bytes: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(None);
    }
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes), &mut plain).map_err(|e| {
        Refused::new(
            "cut_file",
            format!("the gzip file is damaged or cut: {e}"),
            "Download it again; nothing was imported.",
        )
    })?;
    Ok(Some(plain))
}
