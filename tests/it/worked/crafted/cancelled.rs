//! Orders that were sent, whole or in part, and cancelled: what had left was a sale and came back, what had not was withdrawn.

use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Order;
use serde_json::{Value, json};

use super::{agreement, at, bag, clean, figure, graphql, heard, line, order, refund, sale, shipped, told};

fn figures(order: &Order) -> Vec<String> {
    let mut figures = Vec::new();
    for definition in [Definition::OrderTotals, Definition::Platform, Definition::Accounting] {
        for metric in [
            "gross_sales",
            "net_sales",
            "refunds",
            "orders",
            "units",
            "units_returned",
        ] {
            figures.push(format!("{definition:?} {metric} {}", figure(order, definition, metric)));
        }
    }
    figures
}

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
