//! Lines whose price an edit changed, without units, and rows that name no units or fewer than none (LEDGER rulings 2, 6 and 40).

use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Order;
use serde_json::{Value, json};

use super::{agreement, bag, figure, graphql, heard, on, postings, sale, stated};

/// A change of a line's price without units: a discount of this much.
fn lowered(id: u32, amount: &str, line: u32) -> Value {
    let mut row = sale(id, "UPDATE", "PRODUCT", 0, &format!("-{amount}"), line);
    row["totalDiscountAmountBeforeTaxes"] = bag(amount);
    row
}

fn placed(rows: Value) -> Value {
    agreement(1, "ORDER", 2, 0, rows)
}

fn sold(id: u32, units: i32, total: &str, line: u32) -> Value {
    sale(id, "ORDER", "PRODUCT", units, total, line)
}

fn back(id: u32, units: i32, total: &str, line: u32) -> Value {
    sale(id, "RETURN", "PRODUCT", -units, &format!("-{total}"), line)
}

/// Nothing of it has left.
fn waiting() -> Value {
    json!({"fulfillments": [], "displayFulfillmentStatus": "UNFULFILLED"})
}

/// An order of which nothing is to be said.
fn clean(body: &Value) -> Order {
    let (order, notes) = heard(body);
    assert_eq!(notes, vec![], "nothing is wrong with it");
    order
}

fn net(order: &Order) -> [String; 3] {
    Definition::ALL.map(|definition| figure(order, definition, "net_sales"))
}

#[test]
fn a_change_of_price_leaves_with_the_units_that_are_withdrawn_later() {
    for reason in ["REFUND", "ORDER_EDIT"] {
        let agreements = json!([
            placed(json!([sold(1, 2, "40.0", 1)])),
            agreement(2, "ORDER_EDIT", 3, 0, json!([lowered(2, "5.0", 1)])),
            agreement(3, reason, 4, 0, json!([back(3, 2, "35.0", 1)]))
        ]);
        let order = clean(&graphql(&[(2, 0, "40.0")], agreements, json!([]), waiting()));
        assert_eq!(
            postings(&order),
            stated(&[
                ("item_price 02 c", "40.00"),
                ("item_discount_seller 03 c", "-5.00"),
                ("reversal_item 04 c", "-35.00")
            ]),
            "{reason}: each on its day, and all of it withdrawn"
        );
        assert_eq!(
            [2, 3, 4].map(|day| on(&order, Definition::Platform, "net_sales", day)),
            ["40.00", "-5.00", "-35.00"],
            "{reason}: the platform has them on their days"
        );
        assert_eq!(
            on(&order, Definition::Platform, "discounts", 3),
            "-5.00",
            "{reason}: a discount"
        );
    }
}

#[test]
fn the_line_that_stays_keeps_its_own_price() {
    let agreements = json!([
        placed(json!([sold(1, 1, "40.0", 1), sold(2, 1, "30.0", 2)])),
        agreement(2, "ORDER_EDIT", 3, 0, json!([lowered(3, "5.0", 1)])),
        agreement(3, "ORDER_EDIT", 4, 0, json!([back(4, 1, "35.0", 1)]))
    ]);
    let order = clean(&graphql(
        &[(1, 0, "40.0"), (1, 1, "30.0")],
        agreements,
        json!([]),
        waiting(),
    ));
    assert_eq!(net(&order)[..2], ["30.00", "30.00"], "order totals and platform");
}

#[test]
fn units_withdrawn_in_part_take_their_share_of_the_change() {
    let agreements = |first: Value, then: Value| {
        json!([
            placed(json!([sold(1, 2, "40.0", 1)])),
            agreement(2, "ORDER_EDIT", 3, 0, json!([first])),
            agreement(3, "ORDER_EDIT", 4, 0, json!([then]))
        ])
    };
    let after = agreements(lowered(2, "10.0", 1), back(3, 1, "15.0", 1));
    let order = clean(&graphql(&[(2, 1, "40.0")], after, json!([]), waiting()));
    assert_eq!(net(&order)[..2], ["15.00", "15.00"], "of 30.00 for two, one is left");
    assert_eq!(
        figure(&order, Definition::OrderTotals, "discounts"),
        "-5.00",
        "half of the discount"
    );
    // A change after the withdrawal is about the unit that is left.
    let before = agreements(back(3, 1, "20.0", 1), lowered(2, "5.0", 1));
    let order = clean(&graphql(&[(2, 1, "40.0")], before, json!([]), waiting()));
    assert_eq!(net(&order)[..2], ["15.00", "15.00"], "20.00 less 5.00");
    assert_eq!(
        figure(&order, Definition::OrderTotals, "discounts"),
        "-5.00",
        "all of it"
    );
}

#[test]
fn units_taken_off_the_sale_by_a_row_of_the_sale_are_gone() {
    let agreements = json!([
        placed(json!([sold(1, 2, "40.0", 1)])),
        agreement(
            2,
            "ORDER_EDIT",
            3,
            0,
            json!([sale(2, "UPDATE", "PRODUCT", -1, "-20.0", 1)])
        )
    ]);
    let order = clean(&graphql(&[(2, 1, "40.0")], agreements, json!([]), waiting()));
    assert_eq!(net(&order)[..2], ["20.00", "20.00"], "one of two is left");
    let units = Definition::ALL.map(|definition| figure(&order, definition, "units"));
    assert_eq!(units[..2], ["1", "1"], "one unit");
    assert_eq!(
        on(&order, Definition::Platform, "gross_sales", 3),
        "-20.00",
        "the sale itself is lower, on the day of the edit"
    );
}

#[test]
fn an_amount_for_no_units_counts_and_is_told() {
    let mut row = sold(1, 1, "40.0", 1);
    row["quantity"] = Value::Null;
    let body = graphql(&[(1, 1, "40.0")], json!([placed(json!([row]))]), json!([]), json!({}));
    let (order, notes) = heard(&body);
    assert_eq!(net(&order), ["40.00"; 3], "the amount counts, shipped with its line");
    assert!(order.incomplete, "its units are not known");
    assert!(
        matches!(notes.as_slice(), [("units_untold", message)] if message.contains("40.00")),
        "and that is told: {notes:?}"
    );
    // A change of a price of which nothing is left.
    let agreements = json!([
        placed(json!([sold(1, 1, "40.0", 1), sold(2, 1, "30.0", 2)])),
        agreement(2, "ORDER_EDIT", 3, 0, json!([back(3, 1, "40.0", 1)])),
        agreement(3, "ORDER_EDIT", 4, 0, json!([lowered(4, "5.0", 1)]))
    ]);
    let (order, notes) = heard(&graphql(
        &[(1, 0, "40.0"), (1, 1, "30.0")],
        agreements,
        json!([]),
        waiting(),
    ));
    assert_eq!(net(&order)[..2], ["25.00", "25.00"], "it is in the sums as in the rows");
    assert!(
        matches!(notes.as_slice(), [("units_untold", message)] if message.contains("line 1")),
        "and told: {notes:?}"
    );
}

#[test]
fn a_further_fee_paid_back_is_the_charge_less() {
    for reason in ["REFUND", "RETURN", "ORDER_EDIT"] {
        let agreements = json!([
            placed(json!([
                sold(1, 1, "40.0", 1),
                sale(2, "ORDER", "ADDITIONAL_FEE", 1, "3.95", 0)
            ])),
            agreement(
                2,
                reason,
                6,
                0,
                json!([sale(3, "RETURN", "ADDITIONAL_FEE", -1, "-3.95", 0)])
            )
        ]);
        let order = clean(&graphql(&[(1, 1, "40.0")], agreements, json!([]), json!({})));
        assert_eq!(
            postings(&order),
            stated(&[
                ("item_price 02", "40.00"),
                ("other_charge 02", "3.95"),
                ("other_charge 06", "-3.95")
            ]),
            "{reason}: under its own kind, on its day"
        );
    }
    let kept = json!([
        placed(json!([sold(1, 1, "40.0", 1)])),
        agreement(
            2,
            "RETURN",
            6,
            0,
            json!([back(3, 1, "40.0", 1), sale(4, "ORDER", "FEE", 1, "4.0", 0)])
        )
    ]);
    let order = clean(&graphql(&[(1, 0, "40.0")], kept, json!([]), json!({})));
    assert_eq!(
        postings(&order).get("refund_adjustment 06").map(String::as_str),
        Some("4.00"),
        "a fee kept of a return is money of the return"
    );
}
