//! Answers and files into raw records, by the same pieces that files are imported with.

use bytes::Bytes;
use ring::digest;
use serde_json::value::RawValue;

use super::flow::misshapen;
use crate::connectors::amazon::keep;
use crate::connectors::amazon::record::{Unusable, member, members};
use crate::connectors::{Channel, NAMELESS, RawRecord, Source};
use crate::import;
use crate::net::{Code, NetError};

/// The items of a list in an answer, at the end of a path of members; none where the list is null.
pub(super) fn list<'a>(answer: &'a http::Response<Bytes>, path: &[&str]) -> Result<Vec<&'a RawValue>, NetError> {
    let last = path.last().copied().unwrap_or_default();
    let mut value: &RawValue = serde_json::from_slice(answer.body()).map_err(|_| misshapen(last))?;
    for name in path {
        value = member(&members(value.get()), name).ok_or_else(|| misshapen(name))?;
    }
    match value.get() {
        "null" => Ok(Vec::new()),
        text => serde_json::from_str(text).map_err(|_| misshapen(last)),
    }
}

/// A record for each item. One that names no thing is kept under its bytes, to be set aside.
pub(super) fn records(
    stream: &'static str,
    items: &[&RawValue],
    make: impl Fn(&str) -> Result<RawRecord, Unusable>,
) -> Vec<RawRecord> {
    let each = items
        .iter()
        .map(|item| make(item.get()).unwrap_or_else(|_| nameless(stream, keep::json(item.get(), stream == "orders"))));
    each.collect()
}

fn nameless(stream: &'static str, bytes: String) -> RawRecord {
    let hash = digest::digest(&digest::SHA256, bytes.as_bytes());
    let hash: String = hash.as_ref().iter().take(16).map(|b| format!("{b:02x}")).collect();
    RawRecord {
        stream: stream.into(),
        key: format!("{NAMELESS}{hash}"),
        facet: "unknown".into(),
        source: Source::Bulk,
        version: 0,
        bytes: bytes.into_bytes(),
    }
}

/// The records of a file's groups. Pieces that are no usable record are counted.
///
/// # Errors
/// Why a group is none of the file that was asked for.
pub(super) fn groups(stream: &'static str, groups: &[Vec<u8>]) -> Result<(Vec<RawRecord>, usize), NetError> {
    let mut records = Vec::with_capacity(groups.len());
    let mut aside = 0;
    for group in groups {
        let split = import::split(Channel::Amazon, Some(stream), group).map_err(|refused| {
            NetError::stream(
                Code::RefusedByChannel,
                format!("A report of Amazon cannot be used: {}.", refused.message),
                refused.hint,
            )
        })?;
        aside += split.set_aside.len();
        records.extend(split.records);
    }
    Ok((records, aside))
}
