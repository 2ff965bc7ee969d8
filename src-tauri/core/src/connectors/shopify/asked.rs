//! What an order's record must show. An answer shows every member that was asked for, be it null: a record of ours that lacks
//! one is broken, and is set aside with a reason. A record from a file is nobody's answer to our question, whatever it shows.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::part::Whole;
use super::paths::Place;
use super::{broken, missing};
use crate::connectors::ReadError;

/// By which question a record came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// Our query for pages.
    Page,
    /// The same without the sales agreements, which the shop refuses.
    Unagreed,
    /// Our queries for further pages of one connection: the rows are whole, what they belong to is only named.
    Further,
    /// Our query for bulk files: connections stand in lines of their own.
    Bulk,
    /// Anyone's.
    Unknown,
}

impl Asked {
    /// Whether an order's lists stand in it with what they hold.
    pub(super) fn is_of_pages(self) -> bool {
        matches!(self, Asked::Page | Asked::Unagreed)
    }
}

/// Members of an order that figures hang on, in both of our queries.
const MEMBERS: [&str; 16] = [
    "id",
    "processedAt",
    "updatedAt",
    "cancelledAt",
    "test",
    "taxesIncluded",
    "currencyCode",
    "displayFinancialStatus",
    "displayFulfillmentStatus",
    "sourceName",
    "totalPriceSet",
    "totalTipReceivedSet",
    "originalTotalDutiesSet",
    "fulfillments",
    "refunds",
    "transactions",
];

/// The same that a page shows inside the order; the last where it is not refused.
const CONNECTIONS: [&str; 3] = ["lineItems", "shippingLines", "agreements"];

/// Looks whether a record of ours has its members.
///
/// # Errors
/// Names the first member that is missing, or what is wrong with the JSON.
pub(super) fn check(object: &[u8], asked: Asked) -> Result<(), ReadError> {
    if asked == Asked::Unknown {
        return Ok(());
    }
    let members = serde_json::Deserializer::from_slice(object)
        .deserialize_map(Names)
        .map_err(|error| broken(&error))?;
    let connections: &[&str] = match asked {
        Asked::Page => &CONNECTIONS,
        Asked::Unagreed => &CONNECTIONS[..2],
        Asked::Further | Asked::Bulk | Asked::Unknown => &[],
    };
    match MEMBERS
        .iter()
        .chain(connections)
        .find(|member| !members.contains(**member))
    {
        Some(member) => Err(missing(member, Place::Root.at(&[]))),
        None => Ok(()),
    }
}

/// Looks whether what may not be null is none. Agreements may be: then the fallback counts.
///
/// # Errors
/// Names the first that is.
pub(super) fn check_whole(whole: &Whole, asked: Asked) -> Result<(), ReadError> {
    if asked == Asked::Unknown {
        return Ok(());
    }
    let shown = [
        ("processedAt", whole.placed_at.is_some()),
        ("updatedAt", whole.updated_at.is_some()),
        ("currencyCode", whole.currency.is_some()),
        ("totalPriceSet", whole.total.is_some()),
        ("lineItems", whole.lines.is_some()),
        ("shippingLines", whole.shipping.is_some()),
        ("fulfillments", whole.fulfilments.is_some()),
        ("refunds", whole.refunds.is_some()),
    ];
    match shown.iter().find(|(_, shown)| !shown) {
        Some((member, _)) => Err(missing(member, Place::Root.at(&[]))),
        None => Ok(()),
    }
}

/// The names of an object's members that we look for.
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = BTreeSet<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = BTreeSet::new();
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            found.extend(MEMBERS.iter().chain(&CONNECTIONS).find(|member| **member == name));
            map.next_value::<IgnoredAny>()?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_queries_ask_for_what_must_be_there() {
        let page = include_str!("queries/order_parts.graphql");
        let bulk = include_str!("queries/orders_bulk.graphql");
        let later = include_str!("queries/later_parts.graphql");
        let asks = |text: &str, member: &str| {
            text.split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| word == member)
        };
        for member in MEMBERS.iter().chain(&CONNECTIONS) {
            assert!(
                asks(page, member) || asks(later, member),
                "a page is asked for {member}"
            );
            assert!(asks(bulk, member), "a bulk file is asked for {member}");
        }
    }

    #[test]
    fn each_missing_member_is_named_and_null_is_an_answer() {
        let whole = |without: &str| {
            let members = MEMBERS.iter().chain(&CONNECTIONS).filter(|member| **member != without);
            let members: Vec<String> = members.map(|member| format!("\"{member}\":null")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert_eq!(check(whole("").as_bytes(), Asked::Page), Ok(()), "all are there");
        for member in MEMBERS.iter().chain(&CONNECTIONS) {
            let error = check(whole(member).as_bytes(), Asked::Page).expect_err(member);
            assert_eq!(
                (error.code, error.message),
                ("missing_field", format!("$: no {member}")),
                "the member is named"
            );
            assert_eq!(
                check(whole(member).as_bytes(), Asked::Unagreed).is_ok(),
                *member == "agreements",
                "where agreements are refused, {member} lacks without being asked for"
            );
            assert_eq!(
                check(whole(member).as_bytes(), Asked::Bulk).is_err(),
                MEMBERS.contains(member),
                "the first line of a bulk file has no {member}"
            );
            assert_eq!(
                check(whole(member).as_bytes(), Asked::Unknown),
                Ok(()),
                "a file may show less"
            );
        }
        assert!(check(b"[]", Asked::Page).is_err(), "a list is no order");
    }
}
