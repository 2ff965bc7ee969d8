//! Shopify: what its records mean. Contract: the platform contract for Shopify, sections 3, 6 and 7.
//!
//! `graphql`, `bulk`, `rest` and `export` read the four shapes an order comes in; `settle` makes the order of the ledger from
//! all of them; `stock` reads products, inventory, customers and payouts.

pub mod auth;
mod bulk;
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

pub use export::REQUIRED as EXPORT_COLUMNS;
pub use fetch::ShopifyFetcher;
pub use part::OrderPart;

use crate::model::{MoneyError, PathRef, When};

use super::{Channel, Fact, OrderBody, OrderFact, ReadCtx, ReadError, Reader, Settled, Source, StoredRaw};

/// The version of the interface that is asked for (contract section 1.1); a connection may name another.
pub const API_VERSION: &str = "2026-10";

/// Reads Shopify's records.
pub struct ShopifyReader;

impl Reader for ShopifyReader {
    fn channel(&self) -> Channel {
        Channel::Shopify
    }

    fn extract(&self, ctx: &ReadCtx, raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
        let record = &raw.record;
        match record.stream.as_ref() {
            "orders" => Ok(vec![order_fact(&record.key, raw, order_part(ctx, raw)?)]),
            "deletions" => deletion(raw),
            _ => stock::read(ctx, raw),
        }
    }

    fn settle(&self, ctx: &ReadCtx, key: &str, facts: &[&OrderFact]) -> Result<Settled, ReadError> {
        settle::settle(ctx, key, facts)
    }

    fn path(&self, path: PathRef) -> String {
        paths::render(path)
    }
}

fn order_part(ctx: &ReadCtx, raw: &StoredRaw) -> Result<OrderPart, ReadError> {
    let record = &raw.record;
    let whole = record.facet == "order" || record.facet.starts_with("part-");
    match (whole, record.source) {
        (false, _) => pages::read(&record.facet, &record.bytes),
        (true, Source::Page) => graphql::read(&record.bytes),
        (true, Source::Bulk) => bulk::read(&record.bytes),
        (true, Source::Legacy) => rest::read(&record.bytes),
        (true, Source::Export) => export::read(ctx, &record.bytes),
    }
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
    let text = text.ok_or_else(|| ReadError {
        code: "missing_field",
        message: format!("{}: no {what}", paths::render(place)),
    })?;
    When::parse_rfc3339(text).ok_or_else(|| ReadError {
        code: "not_a_date",
        message: format!(
            "{}: {what} “{}” is no date",
            paths::render(place),
            text.chars().take(40).collect::<String>()
        ),
    })
}

fn amount_error(error: &MoneyError, place: PathRef) -> ReadError {
    ReadError {
        code: "not_an_amount",
        message: format!("{}: {error}", paths::render(place)),
    }
}

fn broken(error: &serde_json::Error) -> ReadError {
    ReadError {
        code: "broken_json",
        message: format!("the record cannot be read: {error}"),
    }
}
