//! Orders of an all-orders report, both variants: the header row and the rows of one order (contract section 3.7).

use super::broken_report;
use super::markets::{is_outside, market};
use super::parse::{cell_micros, cell_units, moment_at};
use super::part::{By, LineCopy, LineMoney, OrderCopy, State};
use super::paths::Place;
use super::table::{Decimals, Table};
use crate::connectors::ReadError;
use crate::model::Currency;

/// Columns without which a file is no all-orders report.
pub const REQUIRED: [&str; 5] = [
    "amazon-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "quantity",
];

/// What an order's rows say. Rows have no item ids, and rows that look alike are real: each is a line by its place.
pub(super) fn read(key: &str, bytes: &[u8]) -> Result<OrderCopy, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|e| broken_report(&e.to_string()))?;
    let table = Table::of(text);
    if table.rows() == 0 {
        return Err(broken_report("no row"));
    }
    let first = |column: &str| table.get(0, column);
    let root = Place::Row.at(&[1]);
    let word = first("order-status").unwrap_or_default();
    let currency: Option<Currency> = (0..table.rows()).find_map(|row| table.get(row, "currency")?.parse().ok());
    let mut updated = None;
    for row in 0..table.rows() {
        if let Some(text) = table.get(row, "last-updated-date") {
            let at = moment_at(text, "last-updated-date", Place::Row.at(&[row + 1]))?;
            let newer = updated.is_none_or(|known: crate::model::When| known.sort_key() < at.sort_key());
            updated = if newer { Some(at) } else { updated };
        }
    }
    let channel = first("sales-channel");
    let decimals = table.decimals();
    let lines: Result<Vec<LineCopy>, ReadError> = (0..table.rows())
        .map(|row| line(&table, row, state(word), (currency, decimals)))
        .collect();
    let lines = lines?;
    let replaces = first("is-replacement-order").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    Ok(OrderCopy {
        by: By::Report,
        state: state(word),
        word: word.to_lowercase(),
        created: first("purchase-date")
            .map(|text| moment_at(text, "purchase-date", root))
            .transpose()?,
        updated,
        market: market(None, channel),
        outside: is_outside(key, channel, None) || is_outside(key, first("order-channel"), None),
        by_seller: first("fulfillment-channel")
            .is_some_and(|by| ["Merchant", "MFN"].iter().any(|own| own.eq_ignore_ascii_case(by))),
        channel: channel.map(str::to_owned),
        replaces,
        alias: first("merchant-order-id").map(str::to_owned),
        total: None,
        tip: None,
        currency,
        lines: Some(lines),
        units: None,
        parcels: Vec::new(),
    })
}

/// The state of a word; the report writes Cancelled with two l, and Partially in several ways.
fn state(word: &str) -> State {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "pending" | "pendingavailability" => State::Pending,
        "unshipped" | "shipping" => State::Unshipped,
        "cancelled" | "canceled" => State::Cancelled,
        "unfulfillable" => State::Unfulfillable,
        _ if word.starts_with("partial") => State::Partly,
        _ if word.starts_with("shipped") || word == "complete" => State::Shipped,
        _ => State::Unknown,
    }
}

fn line(
    table: &Table<'_>,
    row: usize,
    order: State,
    (currency, decimals): (Option<Currency>, Decimals),
) -> Result<LineCopy, ReadError> {
    let place = Place::Row.at(&[row + 1]);
    let amount = |column: &str| {
        let cell = table.get(row, column);
        cell.map(|text| cell_micros(text, currency, decimals, place))
            .transpose()
    };
    let owned = |column: &str| table.get(row, column).unwrap_or_default().to_owned();
    let quantity = table
        .get(row, "quantity")
        .map(|text| cell_units(text, decimals, place))
        .transpose()?
        .unwrap_or(0);
    let status = state(table.get(row, "item-status").unwrap_or_default());
    let price = amount("item-price")?;
    let tax = amount("item-tax")?;
    let money = LineMoney {
        place,
        item: price.unwrap_or(0),
        shipping: amount("shipping-price")?.unwrap_or(0),
        other: amount("gift-wrap-price")?.unwrap_or(0),
        discount: amount("item-promotion-discount")?.unwrap_or(0).abs(),
        shipping_discount: amount("ship-promotion-discount")?.unwrap_or(0).abs(),
        tax_item: tax.unwrap_or(0),
        tax_other: amount("gift-wrap-tax")?.unwrap_or(0),
        tax_shipping: amount("shipping-tax")?.unwrap_or(0),
        tax_discount: None,
        tax_shipping_discount: None,
        tax_stated: tax.is_some(),
        total: None,
    };
    Ok(LineCopy {
        id: format!("row{}", row + 1),
        sku: owned("sku"),
        asin: owned("asin"),
        title: owned("product-name"),
        quantity,
        fulfilled: match (status, order) {
            // Of several units some may have left, and the row says shipped.
            (State::Shipped, State::Unshipped | State::Partly) if quantity > 1 => None,
            (State::Shipped, _) => Some(quantity),
            (State::Unknown, _) => None,
            (_, State::Shipped) => None,
            _ => Some(0),
        },
        cancelled: status == State::Cancelled,
        money: price.map(|_| money),
    })
}
