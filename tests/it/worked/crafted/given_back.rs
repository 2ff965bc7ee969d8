//! Charges and money that are given back, without agreements that say so.

use countinghouse_core::metrics::Definition;
use serde_json::json;

use super::{
    at, clean, figure, graphql, heard, line, money, on, order, paid_back, postings, refund, shipped, stated, tip, told,
};

#[test]
fn a_tip_paid_back_is_a_tip_less_and_no_loss_of_sales() {
    let order = clean(&order(
        json!([line(1, "100.00", json!({})), tip(2, "10.00")]),
        json!({"fulfillments": shipped(&[1]), "refunds": refund(&[(2, "no_restock", "10.00")], json!({}))}),
    ));
    assert_eq!(
        postings(&order),
        stated(&[("item_price 02", "100.00"), ("tip 02", "10.00"), ("tip 05", "-10.00")]),
        "the refund names the tip"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "100.00",
        "a tip is no sale"
    );
    for definition in Definition::ALL {
        let [sold, back] = [2, 5].map(|day| on(&order, definition, "tips", day));
        assert_eq!(
            [sold.as_str(), back.as_str()],
            ["10.00", "-10.00"],
            "each on its own day under {}",
            definition.name()
        );
    }
}

#[test]
fn a_cancelled_order_leaves_no_charge_of_any_kind() {
    let unpaid = order(
        json!([
            line(1, "40.00", json!({})),
            line(2, "50.00", json!({"gift_card": true, "requires_shipping": false})),
        ]),
        json!({
            "financial_status": "voided", "cancelled_at": at(4), "total_tip_received": "5.00",
            "original_total_duties_set": money("4.00"), "original_total_additional_fees_set": money("2.00"),
            "shipping_lines": [{"id": 9, "price": "6.00", "tax_lines": [], "discount_allocations": []}],
            "total_price": "107.00"
        }),
    );
    let order = clean(&unpaid);
    assert_eq!(
        postings(&order),
        stated(&[
            ("item_price 02 c", "40.00"),
            ("gift_card_sold 02 c", "50.00"),
            ("gift_card_sold 04 c", "-50.00"),
            ("tip 02 c", "5.00"),
            ("tip 04 c", "-5.00"),
            ("duty 02 c", "4.00"),
            ("duty 04 c", "-4.00"),
            ("other_charge 02 c", "2.00"),
            ("other_charge 04 c", "-2.00"),
            ("shipping 02 c", "6.00"),
            ("reversal_shipping 04 c", "-6.00"),
            ("reversal_item 04 c", "-40.00"),
        ]),
        "everything is taken back on the day of the cancellation"
    );
    for definition in [Definition::OrderTotals, Definition::Accounting] {
        for metric in [
            "gross_sales",
            "net_sales",
            "shipping",
            "tips",
            "duties",
            "gift_cards_sold",
            "orders",
        ] {
            let shown = figure(&order, definition, metric);
            assert_eq!(
                shown.trim_matches(['0', '.']),
                "",
                "{metric} under {}",
                definition.name()
            );
        }
    }
    assert_eq!(
        figure(&order, Definition::Platform, "gross_sales"),
        "40.00",
        "the past does not change"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "total_sales"),
        "0.00",
        "and nets to nothing"
    );
    // What the order itself says is still charged stays.
    let mut kept = unpaid.clone();
    kept["current_total_price"] = json!("5.00");
    let (order, code, message) = told(&kept);
    assert_eq!(
        figure(&order, Definition::OrderTotals, "tips"),
        "5.00",
        "the tip was kept"
    );
    assert!(
        code == "totals_differ" && message.contains("17.00") && message.contains("5.00"),
        "nothing says that the other charges were not: {message}"
    );
}

#[test]
fn duties_paid_back_are_duties_less() {
    let more = json!({"duties": [{"duty_id": 1, "amount_set": money("4.00")}], "additional_fees": [{"amount_set": money("1.00")}]});
    let order = clean(&order(
        json!([line(1, "30.00", json!({}))]),
        json!({
            "original_total_duties_set": money("4.00"), "original_total_additional_fees_set": money("2.00"),
            "fulfillments": shipped(&[1]), "refunds": refund(&[(1, "return", "30.00")], more)
        }),
    ));
    assert_eq!(
        postings(&order),
        stated(&[
            ("item_price 02", "30.00"),
            ("duty 02", "4.00"),
            ("duty 05", "-4.00"),
            ("other_charge 02", "2.00"),
            ("other_charge 05", "-1.00"),
            ("refund_item 05", "-30.00"),
        ]),
        "each part of the refund under its own kind"
    );
}

#[test]
fn money_paid_back_without_parts_is_an_adjustment_of_its_day() {
    let paid = |status: &str, currency: &str| {
        let payment = json!({"kind": "refund", "status": status, "amount": "5.00", "currency": currency});
        order(
            json!([line(1, "55.00", json!({}))]),
            json!({"fulfillments": shipped(&[1]), "refunds": refund(&[], json!({"transactions": [payment]}))}),
        )
    };
    assert_eq!(
        postings(&clean(&paid("success", "USD"))),
        stated(&[("item_price 02", "55.00"), ("refund_adjustment 05", "-5.00")]),
        "goodwill"
    );
    assert_eq!(
        postings(&clean(&paid("failure", "USD"))),
        stated(&[("item_price 02", "55.00")]),
        "money that did not move is none"
    );
    let (_, code, message) = told(&paid("success", "EUR"));
    assert_eq!(code, "missing_field", "what it was in shop money is not known");
    assert!(message.contains("refund 1"), "{message}");
    let both = order(
        json!([line(1, "55.00", json!({}))]),
        json!({"fulfillments": shipped(&[1]), "refunds": refund(&[], json!({
            "order_adjustments": [{"kind": "refund_discrepancy", "amount": "-5.00", "tax_amount": "0.00"}],
            "transactions": [{"kind": "refund", "status": "success", "amount": "5.00", "currency": "USD"}]
        }))}),
    );
    assert_eq!(
        figure(&clean(&both), Definition::Platform, "refunds"),
        "5.00",
        "counted once"
    );
}

#[test]
fn money_for_what_an_edit_took_away_is_not_paid_back_beside_it() {
    let edited = |money: &str| {
        let payment = json!({"kind": "refund", "status": "success", "amount": money, "currency": "USD"});
        order(
            json!([line(1, "20.00", json!({"quantity": 2, "current_quantity": 1}))]),
            json!({"refunds": refund(&[], json!({"transactions": [payment]}))}),
        )
    };
    let taken = [
        ("item_price 02", "20.00"),
        ("item_price 02 c", "20.00"),
        ("reversal_item 02 c", "-20.00"),
    ];
    for money in ["20.00", "15.00"] {
        assert_eq!(
            postings(&clean(&edited(money))),
            stated(&taken),
            "{money} pays for the unit that was taken away"
        );
    }
    assert_eq!(
        postings(&clean(&edited("23.00"))),
        stated(&[taken.as_slice(), &[("refund_adjustment 05", "-3.00")]].concat()),
        "what is beyond it is goodwill"
    );
    // The edit stands as a refund of its own, and the money comes later.
    let later = json!({"id": 2, "created_at": at(6), "processed_at": at(6), "refund_line_items": [], "transactions": [
        {"kind": "refund", "status": "success", "amount": "20.00", "currency": "USD"}
    ]});
    let mut refunds = refund(&[(1, "cancel", "20.00")], json!({"transactions": []}));
    refunds.as_array_mut().expect("refunds").push(later);
    let order = clean(&order(
        json!([line(1, "20.00", json!({"quantity": 2, "current_quantity": 1}))]),
        json!({"refunds": refunds}),
    ));
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "20.00",
        "one of two is sold, and was paid back once"
    );
}

#[test]
fn a_refund_that_shows_no_lines_counts_once_and_on_its_day() {
    let selection = |money: &str, left: i32| {
        let mut order = graphql(
            &[(2, left, "80.0")],
            json!([]),
            json!([paid_back(1, &[], money)]),
            json!({}),
        );
        let refund = order["refunds"][0].as_object_mut().expect("a refund");
        for member in ["refundLineItems", "refundShippingLines", "orderAdjustments", "duties"] {
            refund.remove(member);
        }
        let (order, notes) = heard(&order);
        assert!(order.incomplete, "what it was for is not known");
        assert!(
            matches!(notes.as_slice(), [("parts_missing", message)] if message.contains("line by line")),
            "a selection of members is nothing to tell but that the rest is to come: {notes:?}"
        );
        postings(&order)
    };
    assert_eq!(
        selection("40.0", 1),
        stated(&[("item_price 02", "80.00"), ("refund_item 05", "-40.00")]),
        "the unit that is gone, on the refund's day"
    );
    assert_eq!(
        selection("47.0", 1),
        stated(&[
            ("item_price 02", "80.00"),
            ("refund_item 05", "-40.00"),
            ("refund_adjustment 05", "-7.00")
        ]),
        "and what was paid beyond it"
    );
    assert_eq!(
        selection("5.0", 2),
        stated(&[("item_price 02", "80.00"), ("refund_adjustment 05", "-5.00")]),
        "no unit is gone: goodwill"
    );
}
