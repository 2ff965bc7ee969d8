//! Which fulfilments have left: only those that succeeded.

use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::{agreement, at, clean, figure, graphql, heard, line, order, sale, told};

/// What accounting knows of an order of 40.00: shipped orders and net sales; and whether the order counts as fulfilled.
fn shipped(order: &countinghouse_core::model::Order) -> (String, String, bool) {
    let figure = |metric: &str| figure(order, Definition::Accounting, metric);
    (figure("orders"), figure("net_sales"), order.fulfilled)
}

fn sent() -> (String, String, bool) {
    ("1".to_owned(), "40.00".to_owned(), true)
}

fn waits(order: &countinghouse_core::model::Order) -> bool {
    let (orders, net, fulfilled) = shipped(order);
    order.first_ship.is_none()
        && !fulfilled
        && ["0", "-"].contains(&orders.as_str())
        && ["0.00", "-"].contains(&net.as_str())
}

const STATUSES: [(&str, bool); 6] = [
    ("success", true),
    ("pending", false),
    ("open", false),
    ("cancelled", false),
    ("error", false),
    ("failure", false),
];

fn rest(parcels: Value) -> Value {
    order(json!([line(1, "40.00", json!({}))]), json!({"fulfillments": parcels}))
}

fn parcel(status: Value, day: u32) -> Value {
    json!({"id": day, "created_at": at(day), "status": status, "line_items": [{"id": 1, "quantity": 1}]})
}

#[test]
fn of_the_older_interface_only_success_has_left() {
    for (status, left) in STATUSES {
        let order = clean(&rest(json!([parcel(json!(status), 3)])));
        match left {
            true => assert_eq!(shipped(&order), sent(), "{status} has left"),
            false => assert!(waits(&order), "{status} has not left: {:?}", shipped(&order)),
        }
        let order = clean(&rest(json!([parcel(json!(status), 3), parcel(json!("success"), 4)])));
        let day = if left { 3 } else { 4 };
        let first = order
            .first_ship
            .map(|when| when.day(countinghouse_core::model::Zone::UTC).to_string());
        assert_eq!(
            first.as_deref(),
            Some(&at(day)[..10]),
            "after {status} a second one left"
        );
    }
}

#[test]
fn of_the_present_interface_only_success_has_left() {
    let rows = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([sale(1, "ORDER", "PRODUCT", 1, "40.0", 1)])
    )]);
    for (status, left) in STATUSES {
        // What the carrier says besides decides nothing.
        for display in ["FULFILLED", "LABEL_PURCHASED", "DELIVERED"] {
            let mut body = graphql(&[(1, 1, "40.0")], rows.clone(), json!([]), json!({}));
            body["fulfillments"][0]["status"] = json!(status.to_uppercase());
            body["fulfillments"][0]["displayStatus"] = json!(display);
            let (order, notes) = heard(&body);
            assert!(notes.is_empty(), "{status} is a known word: {notes:?}");
            match left {
                true => assert_eq!(shipped(&order), sent(), "{status} {display} has left"),
                false => assert!(waits(&order), "{status} {display} has not left"),
            }
        }
    }
}

#[test]
fn a_status_that_is_unknown_or_missing_is_told() {
    let (order, code, message) = told(&rest(json!([parcel(json!("teleported"), 3)])));
    assert!(waits(&order) && order.incomplete, "nobody knows that it left");
    assert_eq!(code, "unknown_value", "{message}");
    let (order, code, message) = told(&rest(json!([parcel(Value::Null, 3)])));
    assert_eq!(shipped(&order), sent(), "without a status it is taken as sent");
    assert!(
        order.incomplete && code == "missing_field" && message.contains("fulfilment 3"),
        "and told: {message}"
    );
}

#[test]
fn a_parcel_that_waits_holds_its_units_against_one_without_contents() {
    let rows = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([sale(1, "ORDER", "PRODUCT", 2, "80.0", 1)])
    )]);
    let bare = |id: u32, status: &str| json!({"id": format!("gid://shopify/Fulfillment/{id}"), "status": status, "createdAt": at(3)});
    let settled = |parcels: Value| {
        let mut body = graphql(&[(2, 2, "80.0")], rows.clone(), json!([]), json!({}));
        body["fulfillments"] = parcels;
        heard(&body).0
    };
    let order = settled(json!([bare(1, "SUCCESS"), bare(2, "OPEN")]));
    assert!(
        order.first_ship.is_none() && order.incomplete,
        "what each of them holds is not known yet"
    );
    let order = settled(json!([bare(1, "SUCCESS"), bare(2, "CANCELLED")]));
    assert!(order.fulfilled && !order.incomplete, "the only parcel took everything");
}
