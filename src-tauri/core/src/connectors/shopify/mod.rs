//! Shopify: what its records mean. Contract: the platform contract for Shopify, sections 3, 6 and 7.
//!
//! `graphql`, `bulk`, `rest` and `export` read the four shapes an order comes in; `settle` makes the order of the ledger from
//! all of them; `stock` reads products, inventory, customers and payouts.

mod asked;
pub mod auth;
mod bounds;
mod bulk;
mod closed;
mod dated;
mod export;
pub(crate) mod fetch;
mod graphql;
mod nodes;
mod pages;
pub mod part;
mod paths;
mod rest;
mod settle;
mod stock;

use asked::Asked;
pub use export::REQUIRED as EXPORT_COLUMNS;
pub use fetch::ShopifyFetcher;
pub use part::OrderPart;

use crate::model::{MoneyError, PathRef, When};

use super::{Channel, Fact, OrderBody, OrderFact, RawRecord, ReadCtx, ReadError, Reader, Settled, Source, StoredRaw};

/// The version of the interface that is asked for (contract section 1.1); a connection may name another.
pub const API_VERSION: &str = "2026-10";

/// The facet of an order's own record that shows all that we ask for.
pub(crate) const WHOLE_ORDER: &str = "order";

/// The facet of one that was asked for without its sales agreements, because the shop refuses them.
pub(crate) const UNAGREED: &str = "unagreed";

/// Reads Shopify's records.
pub struct ShopifyReader;

impl Reader for ShopifyReader {
    fn channel(&self) -> Channel {
        Channel::Shopify
    }

    fn extract(&self, ctx: &ReadCtx, raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
        let record = &raw.record;
        if record.is_nameless() {
            return Err(nameless(record));
        }
        match record.stream.as_ref() {
            "orders" => Ok(vec![order_fact(&record.key, raw, order_part(ctx, raw)?)]),
            "deletions" => deletion(raw),
            _ => stock::read(ctx, raw),
        }
    }

    fn settle(&self, ctx: &ReadCtx, key: &str, facts: &[&OrderFact]) -> Result<Settled, ReadError> {
        settle::settle(ctx, key, facts)
    }

    fn placed(&self, ctx: &ReadCtx, record: &RawRecord) -> Option<When> {
        dated::placed(ctx, record)
    }

    fn others(&self) -> &'static [&'static str] {
        &[
            "locations",
            "products",
            "inventory",
            "customers",
            "payouts",
            "deletions",
        ]
    }

    fn path(&self, path: PathRef) -> String {
        paths::render(path)
    }
}

fn order_part(ctx: &ReadCtx, raw: &StoredRaw) -> Result<OrderPart, ReadError> {
    let record = &raw.record;
    let asked = match (record.facet.as_ref(), record.source) {
        (WHOLE_ORDER | UNAGREED, Source::Bulk) => Asked::Bulk,
        (WHOLE_ORDER, _) => Asked::Page,
        (UNAGREED, _) => Asked::Unagreed,
        (facet, _) if facet.starts_with("part-") => Asked::Unknown,
        (facet, _) => return pages::read(facet, &record.bytes),
    };
    let mut part = match record.source {
        Source::Page => graphql::read(&record.bytes, asked),
        Source::Bulk => bulk::read(&record.bytes, asked),
        Source::Legacy => rest::read(&record.bytes),
        Source::Export => export::read(ctx, &record.bytes),
    }?;
    // A bulk file shows no agreements where there are none and where none were asked for.
    if let OrderPart::Whole(whole) = &mut part
        && record.facet == UNAGREED
    {
        whole.agreements = None;
    }
    Ok(part)
}

fn order_fact(key: &str, raw: &StoredRaw, part: OrderPart) -> Fact {
    Fact::Order(Box::new(OrderFact {
        key: key.to_owned(),
        raw: raw.id,
        rank: (raw.record.version, raw.record.source, raw.fetched_at),
        body: OrderBody::Shopify(part),
    }))
}

/// A deletion seen as an event or by the absence of an id that had been there: `Order/123`, `Product/9`.
fn deletion(raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
    match raw.record.key.split_once('/') {
        Some(("Order", id)) => Ok(vec![order_fact(id, raw, OrderPart::Gone)]),
        Some(("Product", id)) => Ok(vec![Fact::ProductGone(id.to_owned())]),
        _ => Ok(vec![Fact::Nothing]),
    }
}

/// A moment that days depend on.
fn moment(text: Option<&str>, what: &'static str, place: PathRef) -> Result<When, ReadError> {
    let text = text.ok_or_else(|| missing(what, place))?;
    When::parse_rfc3339(text).ok_or_else(|| ReadError {
        code: "not_a_date",
        message: format!(
            "{}: {what} “{}” is no date",
            paths::render(place),
            text.chars().take(40).collect::<String>()
        ),
    })
}

/// A member that must be there.
fn missing(member: &str, place: PathRef) -> ReadError {
    ReadError {
        code: "missing_field",
        message: format!("{}: no {member}", paths::render(place)),
    }
}

/// A record that states no id, or none that can be read.
fn nameless(record: &RawRecord) -> ReadError {
    match serde_json::from_slice::<serde::de::IgnoredAny>(
        record.bytes.split(|b| *b == b'\n').next().unwrap_or_default(),
    ) {
        Err(error) => broken(&error),
        Ok(_) => ReadError {
            code: "missing_field",
            message: format!("$: no id; the record is kept as “{}”", record.key),
        },
    }
}

fn amount_error(error: &MoneyError, place: PathRef) -> ReadError {
    ReadError {
        code: "not_an_amount",
        message: format!("{}: {error}", paths::render(place)),
    }
}

fn broken(error: &serde_json::Error) -> ReadError {
    let message = error.to_string();
    ReadError {
        code: match message.starts_with("missing field") {
            true => "missing_field",
            false => "broken_json",
        },
        message: format!("the record cannot be read: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_member_is_told_apart_from_broken_json() {
        let of = |text: &str| match serde_json::from_str::<nodes::RefundNode<'_>>(text) {
            Ok(_) => "read",
            Err(error) => broken(&error).code,
        };
        assert_eq!(of(r#"{"createdAt":null}"#), "missing_field", "there is no id");
        assert_eq!(of(r#"{"id":"#), "broken_json", "the text ends too soon");
        assert_eq!(of(r#"{"id":"1"}"#), "read", "the rest may be missing");
    }
}
