//! Orders that were sent, whole or in part, and cancelled: what had left was a sale and came back, what had not was withdrawn.

use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::{agreement, at, bag, clean, figure, figures, graphql, heard, line, order, refund, sale, shipped, told};

/// Shipping of 5.00 in the older shape.
fn shipping() -> Value {
    json!([{"price": "5.00", "discounted_price": "5.00", "tax_lines": [], "discount_allocations": []}])
}

/// Money of a refund in the older shape.
fn paid(amount: &str) -> Value {
    json!({"transactions": [{"kind": "refund", "status": "success", "amount": amount, "currency": "USD"}]})
}

#[test]
fn what_was_sent_and_refused_comes_to_the_same_by_lines_and_by_agreements() {
    let more = json!({
        "cancelledAt": at(5), "displayFinancialStatus": "VOIDED", "totalPriceSet": bag("55.0"),
        "shippingLines": {"nodes": [{
            "originalPriceSet": bag("5.0"), "discountedPriceSet": bag("5.0"), "discountAllocations": [], "taxLines": []
        }]}
    });
    let agreed = json!([
        agreement(
            1,
            "ORDER",
            2,
            0,
            json!([
                sale(1, "ORDER", "PRODUCT", 1, "50.0", 1),
                sale(2, "ORDER", "SHIPPING", 0, "5.0", 0)
            ])
        ),
        agreement(
            2,
            "REFUND",
            5,
            0,
            json!([
                sale(3, "RETURN", "PRODUCT", -1, "-50.0", 1),
                sale(4, "RETURN", "SHIPPING", 0, "-5.0", 0)
            ])
        ),
    ]);
    let (by_agreements, notes) = heard(&graphql(&[(1, 0, "50.0")], agreed, json!([]), more.clone()));
    assert_eq!(notes, vec![], "nothing is wrong with it");
    let mut bare = graphql(&[(1, 0, "50.0")], json!([]), json!([]), more);
    bare["agreements"] = Value::Null;
    let (by_lines, _) = heard(&bare);
    assert_eq!(
        figures(&by_lines),
        figures(&by_agreements),
        "the same facts are the same figures"
    );
    assert_eq!(
        figure(&by_lines, Definition::Accounting, "gross_sales"),
        "55.00",
        "it shipped on the 3rd, which no later cancellation undoes"
    );
    assert_eq!(
        figure(&by_lines, Definition::OrderTotals, "orders"),
        "1",
        "nothing was cancelled before shipping"
    );
}

#[test]
fn the_older_shape_paid_back_whole_gives_back_what_was_sent_with_its_shipping() {
    let order = clean(&order(
        json!([line(1, "50.00", json!({}))]),
        json!({
            "cancelled_at": at(5), "financial_status": "refunded", "fulfillment_status": "fulfilled", "total_price": "55.00",
            "shipping_lines": shipping(), "fulfillments": shipped(&[1]), "refunds": refund(&[], paid("55.00"))
        }),
    ));
    let of = |definition, metric| figure(&order, definition, metric);
    assert_eq!(of(Definition::Accounting, "gross_sales"), "55.00", "it was sent");
    assert_eq!(
        of(Definition::Accounting, "net_sales"),
        "0.00",
        "and all of it came back"
    );
    assert_eq!(of(Definition::Platform, "units_returned"), "1", "with its unit");
    assert_eq!(
        of(Definition::OrderTotals, "orders"),
        "1",
        "the order was placed and sent"
    );
}

#[test]
fn the_unit_that_was_sent_stays_sold_when_the_rest_is_cancelled() {
    let sent = json!([{"id": 1, "created_at": at(3), "status": "success", "line_items": [{"id": 1, "quantity": 1}]}]);
    for (restock, rest) in [("cancel", "by a refund"), ("no_restock", "kept apart")] {
        let order = clean(&order(
            json!([line(1, "25.00", json!({"quantity": 2}))]),
            json!({
                "cancelled_at": at(5), "financial_status": "partially_refunded", "fulfillment_status": "partial",
                "total_price": "50.00", "fulfillments": sent.clone(),
                "refunds": refund(&[(1, restock, "25.00")], paid("25.00"))
            }),
        ));
        let of = |definition, metric| figure(&order, definition, metric);
        assert_eq!(of(Definition::OrderTotals, "net_sales"), "25.00", "{rest}: one of two");
        assert_eq!(
            of(Definition::Accounting, "net_sales"),
            "25.00",
            "{rest}: the one that left"
        );
        assert_eq!(
            of(Definition::Platform, "net_sales"),
            "25.00",
            "{rest}: sold two, took back one"
        );
        assert_eq!(of(Definition::OrderTotals, "units"), "1", "{rest}: one unit");
    }
}

#[test]
fn an_order_that_is_fulfilled_and_cancelled_without_a_fulfilment_says_so() {
    let (order, code, message) = told(&order(
        json!([line(1, "50.00", json!({"current_quantity": 0}))]),
        json!({"cancelled_at": at(5), "financial_status": "voided", "fulfillment_status": "fulfilled", "total_price": "50.00"}),
    ));
    assert_eq!(
        code, "sent_and_cancelled",
        "its two states contradict each other: {message}"
    );
    assert!(order.incomplete, "and it is marked");
}

#[test]
fn what_needs_no_parcel_had_left_when_it_was_sold() {
    let till = json!({"source_name": "pos"});
    let file = json!({"line_items": [line(1, "50.00", json!({"current_quantity": 0, "requires_shipping": false}))]});
    for (what, more) in [("at a till", till), ("as a file", file)] {
        let mut body = order(
            json!([line(1, "50.00", json!({"current_quantity": 0}))]),
            json!({
                "cancelled_at": at(5), "financial_status": "refunded", "total_price": "50.00",
                "refunds": refund(&[], paid("50.00"))
            }),
        );
        for (name, value) in more.as_object().expect("members") {
            body[name] = value.clone();
        }
        let order = clean(&body);
        let of = |definition, metric| figure(&order, definition, metric);
        assert_eq!(
            of(Definition::OrderTotals, "orders"),
            "1",
            "sold {what}, it had left: {body}"
        );
        assert_eq!(
            of(Definition::Accounting, "gross_sales"),
            "50.00",
            "sold {what}, it was a sale"
        );
        assert_eq!(
            of(Definition::Accounting, "refunds"),
            "50.00",
            "sold {what}, and came back"
        );
    }
}

#[test]
fn what_came_back_unpaid_or_for_money_alone_was_sold_before() {
    let body = order(
        json!([line(1, "50.00", json!({"quantity": 2, "current_quantity": 1}))]),
        json!({
            "total_price": "100.00", "fulfillment_status": "fulfilled",
            "fulfillments": [{"id": 1, "created_at": at(3), "status": "success", "line_items": [{"id": 1, "quantity": 2}]}]
        }),
    );
    let kept = clean(&body);
    assert_eq!(
        figure(&kept, Definition::OrderTotals, "net_sales"),
        "100.00",
        "two were sent; that one came back later withdraws nothing from the day of the order"
    );
    assert_eq!(
        figure(&kept, Definition::Accounting, "gross_sales"),
        "100.00",
        "both had left"
    );
    assert_eq!(
        figure(&kept, Definition::Accounting, "net_sales"),
        "50.00",
        "and one came back"
    );
    let body = order(
        json!([line(1, "50.00", json!({"current_quantity": 0}))]),
        json!({
            "financial_status": "refunded", "fulfillment_status": "fulfilled", "total_price": "58.00", "shipping_lines": shipping(),
            "total_tip_received": "3.00", "fulfillments": shipped(&[1]), "refunds": refund(&[], paid("58.00"))
        }),
    );
    let back = clean(&body);
    let of = |definition, metric| figure(&back, definition, metric);
    assert_eq!(
        of(Definition::OrderTotals, "orders"),
        "1",
        "sent and paid back, it stays an order"
    );
    for (metric, what) in [("net_sales", "goods"), ("shipping", "shipping"), ("tips", "the tip")] {
        assert_eq!(of(Definition::Platform, metric), "0.00", "the money was for {what} too");
    }
}

#[test]
fn what_a_cancellation_kept_is_left_of_the_sale() {
    let mut body = order(
        json!([line(1, "50.00", json!({"current_quantity": 0}))]),
        json!({
            "cancelled_at": at(5), "financial_status": "partially_refunded", "total_price": "50.00",
            "refunds": refund(&[], paid("41.00"))
        }),
    );
    let (kept, code, message) = told(&body);
    assert_eq!(
        code, "cancelled_in_part",
        "nobody says for what 9.00 were kept: {message}"
    );
    assert!(message.contains("9.00"), "how much it is: {message}");
    assert_eq!(
        figure(&kept, Definition::Platform, "net_sales"),
        "9.00",
        "and that is what is left"
    );
    body["financial_status"] = json!("voided");
    body["refunds"] = json!([]);
    let void = clean(&body);
    assert_eq!(
        figure(&void, Definition::Platform, "net_sales"),
        "0.00",
        "of an order that nobody had paid nothing is kept"
    );
}
