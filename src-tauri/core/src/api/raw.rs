//! Raw records: exactly what came, when, by which way, and in which versions.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::Result;
use crate::connectors::Source;
use crate::store::{Answer, RawFilter, RawRow as StoredRow, Read};

use super::desk::{Desk, Scene};
use super::frame::Choice;
use super::words::{Paging, said};

/// Records on a page.
pub const PAGE: u64 = 50;

/// Which record.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RawArgs {
    /// Its id.
    pub id: i64,
}

/// A record as it came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RawRecord {
    /// Its id.
    pub id: i64,
    /// The stream it belongs to.
    pub stream: String,
    /// The platform's id of the thing.
    pub key: String,
    /// Which part of the thing it tells.
    pub facet: String,
    /// When it was fetched or imported.
    pub fetched_text: String,
    /// Where it came from.
    pub source: String,
    /// Length of the bytes.
    pub size_text: String,
    /// Every version of this part that is stored, the current one first.
    pub versions: Vec<RawVersion>,
    /// The stored bytes as text; null when retention removed them.
    pub text: Option<String>,
    /// When and why the bytes were removed.
    pub removed_text: Option<String>,
    /// The answer it came with.
    pub answer: Option<RawAnswer>,
}

/// A stored version of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RawVersion {
    /// Its id.
    pub id: i64,
    /// When it was fetched or imported.
    pub fetched_text: String,
    /// The one the ledger rests on.
    pub current: bool,
}

/// The answer of a platform, or the file, that a record came with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RawAnswer {
    /// Address without secrets, or the file's name.
    pub address: String,
    /// Its status.
    pub status: String,
    /// Headers that were kept.
    pub headers: Vec<(String, String)>,
}

/// A page of records.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RawListArgs {
    /// Only of this stream.
    pub stream: Option<String>,
    /// The platform's id of a thing, or an order's number; empty for all.
    pub search: String,
    /// Page, from 0.
    pub page: u32,
}

/// A page of records.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RawList {
    /// Streams to filter by.
    pub streams: Vec<Choice>,
    /// The records, latest first.
    pub rows: Vec<RawRow>,
    /// The page shown, from 0.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
    /// How many there are.
    pub count_text: String,
}

/// A record in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RawRow {
    /// Its id.
    pub id: i64,
    /// The stream it belongs to.
    pub stream: String,
    /// The platform's id of the thing.
    pub key: String,
    /// Which part of the thing it tells.
    pub facet: String,
    /// When it was fetched or imported.
    pub fetched_text: String,
    /// Length of the bytes.
    pub size_text: String,
    /// How many versions of this part are stored.
    pub versions_text: String,
}

/// Answers `raw`.
///
/// # Errors
/// [`crate::app::Code::NotFound`].
pub fn raw(desk: Desk<'_>, args: RawArgs) -> Result<RawRecord> {
    desk.read(|r, scene| {
        let stored = r.raw(args.id)?;
        let versions = r.raw_versions(args.id)?;
        let row = versions.iter().find(|v| v.id == args.id);
        let record = stored.record;
        let moment = |at: i64| scene.words.moment(at, scene.zone, scene.now);
        Ok(RawRecord {
            id: stored.id,
            stream: record.stream.to_string(),
            key: record.key,
            facet: record.facet.to_string(),
            fetched_text: moment(stored.fetched_at),
            source: source(scene, row, record.source),
            size_text: scene.words.size(record.bytes.len() as u64),
            versions: versions
                .iter()
                .enumerate()
                .map(|(index, v)| RawVersion {
                    id: v.id,
                    fetched_text: moment(v.fetched_at),
                    current: index == 0,
                })
                .collect(),
            text: Some(String::from_utf8_lossy(&record.bytes).into_owned()),
            removed_text: None,
            answer: r.answer_of(args.id)?.map(|a| answer(&a)),
        })
    })
}

fn source(scene: &Scene, row: Option<&StoredRow>, source: Source) -> String {
    let way = match source {
        Source::Export => "the platform's export",
        Source::Legacy => "its older interface",
        Source::Bulk => "a bulk file",
        Source::Page => "a page of its interface",
    };
    match row.map(|r| scene.name_of(r.connection)) {
        Some(name) if !name.is_empty() => format!("{name}, {way}"),
        _ => said(way),
    }
}

fn answer(answer: &Answer) -> RawAnswer {
    let headers: std::collections::BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&answer.headers).unwrap_or_default();
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let status = http::StatusCode::from_u16(answer.status).ok();
    RawAnswer {
        address: answer.address.clone(),
        // A file has no status.
        status: status.map_or_else(|| "Imported file".to_owned(), |s| s.to_string()),
        headers: headers.into_iter().map(|(name, value)| (name, text(value))).collect(),
    }
}

/// Answers `raw_list`.
///
/// # Errors
/// Why the profile does not open.
pub fn raw_list(desk: Desk<'_>, args: RawListArgs) -> Result<RawList> {
    desk.read(|r, scene| {
        let keys = keys(r, args.search.trim())?;
        let filter = RawFilter {
            stream: args.stream,
            keys,
        };
        let count = r.count_raw_rows(&filter)?;
        let paging = Paging::of(args.page, count, PAGE);
        let rows = r.raw_rows(&filter, paging.skip, PAGE)?;
        Ok(RawList {
            streams: r
                .raw_streams()?
                .into_iter()
                .map(|s| Choice::new(s.clone(), said(&s)))
                .collect(),
            count_text: paging.text(scene.words, rows.len(), count, "record", "records"),
            rows: rows.into_iter().map(|row| in_list(scene, row)).collect(),
            page: paging.page,
            pages: paging.pages,
        })
    })
}

/// The ids that a search means: what was typed, without the prefix platforms put before ids, and orders of that number.
fn keys(r: &Read<'_>, search: &str) -> Result<Option<Vec<String>>> {
    if search.is_empty() {
        return Ok(None);
    }
    let id = search
        .rsplit('/')
        .next()
        .unwrap_or(search)
        .split('?')
        .next()
        .unwrap_or(search);
    let mut keys = vec![search.to_owned(), id.to_owned()];
    keys.extend(r.keys_named(search)?);
    keys.sort_unstable();
    keys.dedup();
    Ok(Some(keys))
}

fn in_list(scene: &Scene, row: StoredRow) -> RawRow {
    RawRow {
        id: row.id,
        stream: row.stream,
        key: row.key,
        facet: row.facet,
        fetched_text: scene.words.moment(row.fetched_at, scene.zone, scene.now),
        size_text: scene.words.size(row.size),
        versions_text: scene.words.number(i64::try_from(row.versions).unwrap_or(i64::MAX)),
    }
}
