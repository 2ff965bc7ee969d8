//! Records as slices of an answer, and the little of them that fetching must know.

use std::borrow::Cow;

use chrono::DateTime;
use ring::digest;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::connectors::{NAMELESS, RawRecord, Source};

/// A page's end.
#[derive(Deserialize, Debug, Default, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    #[serde(default)]
    pub(super) has_next_page: bool,
    #[serde(default)]
    pub(super) end_cursor: Option<String>,
}

/// A connection whose nodes stay as they came.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rows<'a> {
    #[serde(default)]
    pub(super) page_info: PageInfo,
    #[serde(borrow)]
    pub(super) nodes: Vec<&'a RawValue>,
}

/// The members every node has.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, default)]
    updated_at: Option<Cow<'a, str>>,
}

impl Head<'_> {
    /// The UTC second of `updatedAt`, where it is stated and readable.
    pub(super) fn version(&self) -> Option<i64> {
        self.updated_at.as_deref().and_then(second_of)
    }
}

/// The UTC second of a time as the platform writes it.
pub(super) fn second_of(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp())
}

/// The number at the end of a gid, without its query part: `gid://shopify/Order/123?x=1` is `123`.
pub(super) fn number(gid: &str) -> &str {
    let bare = gid.split('?').next().unwrap_or(gid);
    bare.rsplit('/').next().unwrap_or(bare)
}

/// The gid of a number.
pub(super) fn gid(kind: &str, number: &str) -> String {
    format!("gid://shopify/{kind}/{number}")
}

/// A record of a node with its own id and version. A node without a readable id keeps its bytes under a key of their hash:
/// the reader sets it aside as an issue.
pub(super) fn record(stream: &'static str, facet: &'static str, node: &RawValue) -> RawRecord {
    let bytes = node.get().as_bytes();
    let head: Option<Head<'_>> = serde_json::from_str(node.get()).ok();
    let key = match &head {
        Some(head) if !number(&head.id).is_empty() => number(&head.id).to_owned(),
        _ => unreadable(bytes),
    };
    let version = head.as_ref().and_then(Head::version).unwrap_or(0);
    RawRecord {
        stream: stream.into(),
        key,
        facet: facet.into(),
        source: Source::Page,
        version,
        bytes: bytes.to_vec(),
    }
}

/// A key for what states none.
pub(super) fn unreadable(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    let short: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{NAMELESS}{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("JSON")
    }

    #[test]
    fn a_record_is_the_node_byte_for_byte() {
        let text =
            r#"{ "id":"gid:\/\/shopify\/Order\/9007199254740993", "updatedAt" : "2026-06-22T22:34:02Z", "x": 1.50 }"#;
        let record = record("orders", "order", &raw(text));
        assert_eq!(record.bytes, text.as_bytes(), "blanks, escapes and zeros stay");
        assert_eq!(record.key, "9007199254740993", "beyond 2^53, as text (failure 29)");
        assert_eq!(record.version, 1_782_167_642, "the second of updatedAt");
    }

    #[test]
    fn a_node_without_an_id_is_kept_under_its_hash() {
        for text in [r#"{"updatedAt":"2026-06-22T22:34:02Z"}"#, r#"{"id":7}"#, "[]", "7"] {
            let record = record("orders", "order", &raw(text));
            assert!(record.key.starts_with("unreadable:"), "{text}: {}", record.key);
            assert_eq!(record.bytes, text.as_bytes(), "{text} is kept");
        }
        assert_eq!(
            record(
                "orders",
                "order",
                &raw(r#"{"id":"gid://shopify/Order/1","updatedAt":"soon"}"#)
            )
            .version,
            0,
            "an unreadable time is no version"
        );
    }

    #[test]
    fn the_number_of_a_gid_has_no_query_part() {
        assert_eq!(
            number("gid://shopify/InventoryLevel/548380009?inventory_item_id=808950810"),
            "548380009",
            "cut at the question mark"
        );
        assert_eq!(number("gid://shopify/Order/1"), "1", "the plain form");
    }
}
