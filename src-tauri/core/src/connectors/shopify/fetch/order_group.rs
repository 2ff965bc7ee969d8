//! One order of a bulk file: its line and its children's lines (contract section 5).

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::slices::{number, second_of, unreadable};
use crate::connectors::shopify::{UNAGREED, WHOLE_ORDER};
use crate::connectors::{RawRecord, Source};

/// Nested counts at which a bulk file is known, or suspected, to cut silently (failure 16).
const ROUND: [usize; 3] = [100, 250, 1_000];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parent<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    updated_at: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    display_fulfillment_status: Option<Cow<'a, str>>,
    #[serde(default)]
    refunds: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    fulfillments: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Child<'a> {
    #[serde(borrow, default, rename = "__typename")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "__parentId")]
    parent: Option<Cow<'a, str>>,
}

/// An order of a bulk file and what must still be read of it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) record: RawRecord,
    /// Refunds or several shipments: their lines are not in the file.
    pub(super) details: bool,
    /// A nested count is suspiciously round: read the order anew as a page.
    pub(super) suspicious: bool,
}

impl Group {
    /// The order of a group's lines. One that cannot be understood is kept as it is: its reader will say what is wrong with it.
    /// `bare`: it was asked for without its sales agreements.
    pub(super) fn of(lines: Vec<u8>, bare: bool) -> Self {
        let facet = if bare { UNAGREED } else { WHOLE_ORDER };
        let mut rows = lines.split(|byte| *byte == b'\n');
        let parent: Option<Parent<'_>> = rows.next().and_then(|row| serde_json::from_slice(row).ok());
        let Some(parent) = parent else {
            let record = record(facet, unreadable(&lines), 0, lines);
            return Group {
                record,
                details: false,
                suspicious: false,
            };
        };
        let mut counts: HashMap<(Cow<'_, str>, Cow<'_, str>), usize> = HashMap::new();
        for row in rows {
            if let Ok(Child { kind, parent }) = serde_json::from_slice::<Child<'_>>(row) {
                *counts
                    .entry((parent.unwrap_or_default(), kind.unwrap_or_default()))
                    .or_default() += 1;
            }
        }
        let suspicious = counts.values().any(|count| ROUND.contains(count));
        let parcels = parent.fulfillments.as_ref().map_or(0, Vec::len);
        let refunded = parent.refunds.as_ref().is_some_and(|refunds| !refunds.is_empty());
        let one_whole_parcel = parcels == 1 && parent.display_fulfillment_status.as_deref() == Some("FULFILLED");
        let details = refunded || !(parcels == 0 || one_whole_parcel);
        let (key, version) = (
            number(&parent.id).to_owned(),
            parent.updated_at.as_deref().and_then(second_of).unwrap_or(0),
        );
        Group {
            record: record(facet, key, version, lines),
            details,
            suspicious,
        }
    }
}

fn record(facet: &'static str, key: String, version: i64, bytes: Vec<u8>) -> RawRecord {
    RawRecord {
        stream: "orders".into(),
        key,
        facet: facet.into(),
        source: Source::Bulk,
        version,
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(parent: &str, children: &[String]) -> Group {
        let mut text = format!(r#"{{"id":"gid:\/\/shopify\/Order\/7","updatedAt":"2026-06-22T22:34:02Z",{parent}}}"#);
        for child in children {
            text.push('\n');
            text.push_str(child);
        }
        Group::of(text.into_bytes(), false)
    }

    #[test]
    fn an_orders_own_refunds_and_shipments_say_whether_details_are_needed() {
        for (parent, details, why) in [
            (r#""refunds":[],"fulfillments":[]"#, false, "nothing happened yet"),
            (
                r#""refunds":[],"fulfillments":[{}],"displayFulfillmentStatus":"FULFILLED""#,
                false,
                "one parcel took everything",
            ),
            (
                r#""refunds":[],"fulfillments":[{}],"displayFulfillmentStatus":"PARTIALLY_FULFILLED""#,
                true,
                "one parcel took a part",
            ),
            (
                r#""refunds":[],"fulfillments":[{},{}],"displayFulfillmentStatus":"FULFILLED""#,
                true,
                "two parcels",
            ),
            (r#""refunds":[{}],"fulfillments":[]"#, true, "a refund"),
        ] {
            let group = group(parent, &[]);
            assert_eq!(group.details, details, "{why}");
            assert_eq!(
                (group.record.key.as_str(), group.record.version),
                ("7", 1_782_167_642),
                "escaped slashes are slashes"
            );
        }
    }

    #[test]
    fn fm16_a_round_number_of_children_is_suspicious() {
        let child = |n: usize| {
            format!(r#"{{"__typename":"ProductSale","id":"{n}","__parentId":"gid://shopify/OrderAgreement/1"}}"#)
        };
        let children = |n: usize| (0..n).map(child).collect::<Vec<_>>();
        assert!(
            group(r#""refunds":[]"#, &children(100)).suspicious,
            "exactly a hundred sales of one agreement"
        );
        assert!(!group(r#""refunds":[]"#, &children(99)).suspicious, "ninety-nine");
        let two: Vec<String> = children(100)
            .into_iter()
            .enumerate()
            .map(|(n, row)| {
                if n < 50 {
                    row
                } else {
                    row.replace("Agreement/1", "Agreement/2")
                }
            })
            .collect();
        assert!(
            !group(r#""refunds":[]"#, &two).suspicious,
            "fifty of each of two parents"
        );
    }

    #[test]
    fn what_cannot_be_understood_is_kept() {
        let group = Group::of(b"{broken\n{}".to_vec(), false);
        assert!(
            group.record.key.starts_with("unreadable:") && group.record.bytes == b"{broken\n{}",
            "{:?}",
            group.record
        );
    }
}
