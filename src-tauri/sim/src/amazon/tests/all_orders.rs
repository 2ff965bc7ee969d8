//! Orders of the all-orders report in the shape of the API.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::rig::{Rig, rows};
use crate::world::Second;
use crate::world::amazon::Marketplace;

/// The orders of a report, as the API would tell them.
pub(super) fn from_reports(rig: &Rig, market: Marketplace, days: i64) -> Vec<Value> {
    let mut orders: BTreeMap<String, Value> = BTreeMap::new();
    let end = rig.seller().now().0;
    for back in (0..days).step_by(29) {
        let span = json!({
            "dataStartTime": Second(end - (back + 29) * 86_400).iso(),
            "dataEndTime": Second(end - back * 86_400 + i64::from(back == 0)).iso(),
        });
        let kind = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL";
        let report = rig.report(kind, market.id(), &span);
        let (bytes, _) = rig.document(&report);
        for row in rows(&String::from_utf8_lossy(&bytes)) {
            let item = item_of(&row);
            let order = orders
                .entry(row["amazon-order-id"].clone())
                .or_insert_with(|| order_of(&row, market));
            order["orderItems"].as_array_mut().expect("items").push(item);
        }
    }
    orders.into_values().collect()
}

fn item_of(row: &BTreeMap<String, String>) -> Value {
    let told = |name: &str| !row[name].is_empty();
    let amount = |name: &str| json!({ "amount": row[name], "currencyCode": row["currency"] });
    let plain = [
        ("ITEM", "item-price"),
        ("SHIPPING", "shipping-price"),
        ("GIFT_WRAP", "gift-wrap-price"),
    ];
    let plain = plain.iter().filter(|(_, name)| told(name));
    let mut parts: Vec<Value> = plain
        .map(|(kind, name)| json!({ "type": kind, "subtotal": amount(name) }))
        .collect();
    let mut nested = |kind: &str, names: &[(&str, &str)]| {
        let own: Vec<_> = names.iter().filter(|(_, name)| told(name)).collect();
        let sum: Decimal = own
            .iter()
            .map(|(_, name)| row[*name].parse::<Decimal>().expect("an amount"))
            .sum();
        let details = own
            .iter()
            .map(|(kind, name)| json!({ "subtype": kind, "value": amount(name) }));
        let details: Vec<Value> = details.collect();
        if !details.is_empty() {
            let sum = json!({ "amount": sum.to_string(), "currencyCode": row["currency"] });
            parts.push(json!({ "type": kind, "subtotal": sum, "detailedBreakdowns": details }));
        }
    };
    nested(
        "TAX",
        &[
            ("ITEM", "item-tax"),
            ("SHIPPING", "shipping-tax"),
            ("GIFT_WRAP", "gift-wrap-tax"),
        ],
    );
    nested(
        "DISCOUNT",
        &[
            ("ITEM", "item-promotion-discount"),
            ("SHIPPING", "ship-promotion-discount"),
        ],
    );
    let units: i64 = row["quantity"].parse().expect("units");
    let gone = row["item-status"] == "Cancelled";
    json!({
        "quantityOrdered": units,
        "product": { "sellerSku": row["sku"] },
        "proceeds": { "breakdowns": parts },
        "cancellation": if gone { json!({ "cancellationExecution": {} }) } else { json!({}) },
        "fulfillment": { "quantityFulfilled": if row["order-status"] == "Shipped" { units } else { 0 } },
    })
}

fn order_of(row: &BTreeMap<String, String>, market: Marketplace) -> Value {
    let replaces = row["is-replacement-order"] == "true";
    let link = json!({ "associationType": "REPLACEMENT_ORIGINAL_ID" });
    let total = json!({ "grandTotal": { "amount": row["item-price"], "currencyCode": row["currency"] } });
    json!({
        "orderId": row["amazon-order-id"],
        "createdTime": row["purchase-date"],
        "lastUpdatedTime": row["last-updated-date"],
        "salesChannel": {
            "channelName": if row["sales-channel"] == "Non-Amazon" { "NON_AMAZON" } else { "AMAZON" },
            "marketplaceId": market.id(),
        },
        "associatedOrders": if replaces { vec![link] } else { Vec::new() },
        "proceeds": if row["item-price"].is_empty() { Value::Null } else { total },
        "fulfillment": { "fulfillmentStatus": row["order-status"].to_uppercase() },
        "orderItems": [],
    })
}
