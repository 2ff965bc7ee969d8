//! Amazon's files: figures by whatever way and in whatever order they come, what is never kept, and the ways in which reading
//! them has been seen to go wrong.

mod account;
mod adopted;
mod arrival;
mod command;
mod discounts;
mod events;
mod failures;
mod files;
mod kinds;
mod midway;
mod oracle;
mod pace;
pub(crate) mod personal;
mod planted;
mod seller;
mod settled;
mod silent;
mod synced;
mod throughout;
mod totals;
mod untold;

use std::collections::BTreeMap;

use countinghouse_core::app::FileReport;
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::{Order, When, Zone};
use serde_json::{Value, json};

use crate::rig::Rig;

/// The order most tests are about.
pub(crate) const NUMBER: &str = "112-4400001-1000001";

pub(crate) const US: &str = "ATVPDKIKX0DER";

/// Imports a file that must be taken, whatever it holds.
pub(crate) fn import(rig: &Rig, name: &str, text: impl AsRef<[u8]>) -> FileReport {
    let report = rig.import_of(Channel::Amazon, None, name, text.as_ref());
    assert_eq!(report.refused, None, "{name} is taken");
    report
}

/// Imports a file that must be taken without a word.
pub(crate) fn import_well(rig: &Rig, name: &str, text: impl AsRef<[u8]>) -> FileReport {
    let report = import(rig, name, text);
    assert!(
        report.set_aside.is_empty(),
        "{name}: nothing is wrong with it: {:?}",
        report.set_aside
    );
    report
}

pub(crate) fn money(amount: &str, currency: &str) -> Value {
    json!({"amount": amount, "currencyCode": currency})
}

/// A line of the current interface: id, SKU, units, item price and tax as texts.
pub(crate) fn item(id: &str, sku: &str, units: i32, currency: &str, price: Option<&str>, tax: Option<&str>) -> Value {
    let mut item = json!({
        "orderItemId": id, "quantityOrdered": units, "product": {"asin": "B0EXAMPLE1", "title": "Thing", "sellerSku": sku},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": units}
    });
    if let Some(price) = price {
        let mut parts = vec![json!({"type": "ITEM", "subtotal": money(price, currency)})];
        if let Some(tax) = tax {
            let detail = json!([{"subtype": "ITEM", "value": money(tax, currency)}]);
            parts.push(json!({"type": "TAX", "subtotal": money(tax, currency), "detailedBreakdowns": detail}));
        }
        item["proceeds"] = json!({"breakdowns": parts});
    }
    item
}

/// An order of the current interface.
pub(crate) fn order(number: &str, market: &str, status: &str, updated: &str, items: &[Value]) -> Value {
    let mut items = items.to_vec();
    if status == "SHIPPED" {
        for item in &mut items {
            item["fulfillment"]["quantityFulfilled"] = item["quantityOrdered"].clone();
        }
    }
    json!({
        "orderId": number, "createdTime": "2026-03-02T18:00:00Z", "lastUpdatedTime": updated,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": market},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": "AMAZON"}, "orderItems": items
    })
}

/// A page of orders.
pub(crate) fn page(orders: &[Value]) -> String {
    json!({"orders": orders, "lastUpdatedBefore": "2026-03-20T00:00:00Z"}).to_string()
}

/// An item of a transaction: SKU, units, amounts by their type.
pub(crate) type Moved<'a> = (&'a str, i32, &'a [(&'a str, &'a str)]);

/// A transaction of items: (SKU, units, amounts); each amount is (type, number). Parents repeat the sum of their leaves.
pub(crate) fn transaction(
    order: Option<&str>,
    kind: &str,
    id: &str,
    status: &str,
    posted: &str,
    items: &[Moved<'_>],
) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
    let amount = |text: &str| json!({"currencyAmount": number(text), "currencyCode": "USD"});
    let items: Vec<Value> = items
        .iter()
        .map(|(sku, units, amounts)| {
            let leaves: Vec<Value> = amounts
                .iter()
                .map(|(kind, text)| json!({"breakdownType": kind, "breakdownAmount": amount(text), "breakdowns": []}))
                .collect();
            json!({"description": "Thing", "contexts": [{"contextType": "ProductContext", "sku": sku, "quantityShipped": units}],
                   "breakdowns": [{"breakdownType": "All", "breakdownAmount": amount("77.77"), "breakdowns": leaves}]})
        })
        .collect();
    let mut related = Vec::new();
    if let Some(order) = order {
        related.push(json!({"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order}));
    }
    json!({
        "transactionType": kind, "transactionId": id, "transactionStatus": status, "postedDate": posted,
        "description": kind, "marketplaceDetails": {"marketplaceId": US, "marketplaceName": "Amazon.com"},
        "relatedIdentifiers": related, "items": items
    })
}

/// A page of transactions.
pub(crate) fn ledger(transactions: &[Value]) -> String {
    json!({"payload": {"transactions": transactions}}).to_string()
}

/// Every order of the ledger, days of the account too.
pub(crate) fn orders(rig: &Rig) -> Vec<Order> {
    let mut all = Vec::new();
    rig.profile
        .store()
        .read_blocking(|r| {
            r.each_order(None, |_, _, order| {
                all.push(order);
                Ok(())
            })
        })
        .expect("read");
    all
}

/// The order of a number.
pub(crate) fn the(rig: &Rig, number: &str) -> Order {
    let found = orders(rig).into_iter().find(|order| order.key == number);
    found.unwrap_or_else(|| panic!("{number} is in the ledger"))
}

/// Sums of all postings by kind, as plain amounts.
pub(crate) fn sums(rig: &Rig) -> BTreeMap<&'static str, String> {
    let mut sums: BTreeMap<&'static str, i64> = BTreeMap::new();
    let all = orders(rig);
    for posting in all.iter().flat_map(|order| &order.postings) {
        *sums.entry(posting.kind.name()).or_default() += posting.micros;
    }
    let currency = all.first().map(|order| order.currency).expect("an order");
    sums.into_iter()
        .map(|(kind, micros)| (kind, currency.format(micros)))
        .collect()
}

/// A second after every day of these tests.
pub(crate) const ALL_DAYS: i64 = 2_000_000_000;

/// Makes the money of the connections known for all days, as where Finances were asked and had nothing to tell.
pub(crate) fn money_is_read(rig: &Rig) {
    let known = rig.profile.store().write_blocking(|w| {
        for connection in w.connections()? {
            let mut settings = connection.settings.clone();
            settings["money_from_files"] = json!([[0, ALL_DAYS]]);
            w.update_connection(&countinghouse_core::store::Connection { settings, ..connection })?;
        }
        Ok(())
    });
    known.expect("a connection");
}

/// A figure over all days under order totals.
pub(crate) fn figure(rig: &Rig, name: &str) -> Value {
    rig.kpi(Definition::OrderTotals, name)
}

/// The civil day of a moment in UTC.
pub(crate) fn day(at: When) -> String {
    at.day(Zone::UTC).to_string()
}
