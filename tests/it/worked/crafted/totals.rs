//! The order's own totals beside its lines, and the three shapes beside each other.

use countinghouse_core::connectors::Source;
use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::{at, clean, figure, kinds, line, money, order, postings, refund, settle_as, shipped, stated, told};

#[test]
fn the_orders_tax_is_spread_where_its_lines_show_none() {
    let bare = |price: &str, more: Value| order(json!([line(1, price, json!({"tax_lines": null}))]), more);
    let included = clean(&bare(
        "120.00",
        json!({"taxes_included": true, "total_tax": "20.00", "total_price": "120.00"}),
    ));
    assert_eq!(
        postings(&included),
        stated(&[("item_price 02", "100.00"), ("tax_item 02", "20.00")]),
        "tax in the price is taken out of it"
    );
    let added = clean(&bare("100.00", json!({"total_tax": "8.00", "total_price": "108.00"})));
    assert_eq!(
        figure(&added, Definition::OrderTotals, "gross_sales"),
        "108.00",
        "the total as charged"
    );
    let cent = json!([
        line(1, "9.99", json!({"tax_lines": [{"price": "0.83"}]})),
        line(2, "9.99", json!({"tax_lines": [{"price": "0.83"}]}))
    ]);
    let rounded = clean(&order(cent, json!({"total_tax": "1.65", "total_price": "21.63"})));
    assert_eq!(
        figure(&rounded, Definition::OrderTotals, "gross_sales"),
        "21.63",
        "rounded once, as charged"
    );
    assert_eq!(
        figure(&rounded, Definition::OrderTotals, "taxes"),
        "1.65",
        "the order's own tax"
    );
}

#[test]
fn the_orders_discount_is_spread_where_its_lines_show_none() {
    for (what, lines, more) in [
        (
            "no allocations",
            json!([line(1, "50.00", json!({"discount_allocations": null}))]),
            json!({}),
        ),
        (
            "a line's own",
            json!([line(1, "50.00", json!({"total_discount": "5.00"}))]),
            json!({}),
        ),
        (
            "in the total",
            json!([line(1, "50.00", json!({}))]),
            json!({"total_price": "45.00"}),
        ),
    ] {
        let mut order = order(lines, more);
        order["total_discounts"] = json!("5.00");
        assert_eq!(
            postings(&clean(&order)),
            stated(&[("item_price 02", "50.00"), ("item_discount_seller 02", "-5.00")]),
            "{what}"
        );
    }
    let card = line(2, "50.00", json!({"gift_card": true, "discount_allocations": null}));
    let lines = json!([line(1, "50.00", json!({"discount_allocations": null})), card]);
    let order = clean(&order(
        lines,
        json!({"total_discounts": "5.00", "total_price": "95.00"}),
    ));
    assert_eq!(
        figure(&order, Definition::OrderTotals, "gift_cards_sold"),
        "50.00",
        "no discount on a gift card"
    );
}

#[test]
fn a_cent_of_rounding_is_counted_and_contradicts_nothing() {
    let discounted = |total: &str| {
        json!([
            line(
                1,
                "3.33",
                json!({"quantity": 3, "discount_allocations": [{"amount": total}]})
            ),
            line(2, "10.00", json!({}))
        ])
    };
    let taxed = json!([
        line(1, "9.99", json!({"tax_lines": [{"price": "0.83"}]})),
        line(2, "9.99", json!({"tax_lines": [{"price": "0.83"}]}))
    ]);
    for (what, lines, more, gross, cent) in [
        (
            "discounts of each unit",
            discounted("0.99"),
            json!({"total_discounts": "1.00", "total_price": "18.99"}),
            "18.99",
            ("discounts", "-1.00"),
        ),
        (
            "discounts that the total does not know of",
            discounted("0.99"),
            json!({"total_discounts": "1.00", "total_price": "19.00"}),
            "19.00",
            ("discounts", "-0.99"),
        ),
        (
            "discounts of which only the total tells",
            discounted("0.99"),
            json!({"total_price": "18.99"}),
            "18.99",
            ("discounts", "-1.00"),
        ),
        (
            "taxes of which only the total tells",
            taxed,
            json!({"total_price": "21.63"}),
            "21.63",
            ("taxes", "1.65"),
        ),
        (
            "prices from the buyer's currency",
            json!([line(1, "3.33", json!({"quantity": 3}))]),
            json!({"total_price_set": {
                "shop_money": {"amount": "10.00", "currency_code": "USD"},
                "presentment_money": {"amount": "9.00", "currency_code": "EUR"}
            }}),
            "10.00",
            ("net_sales", "10.00"),
        ),
    ] {
        let order = clean(&order(lines, more));
        assert!(!order.incomplete, "{what}: rounding is no gap");
        let of = |metric| figure(&order, Definition::OrderTotals, metric);
        assert_eq!(of("gross_sales"), gross, "{what}: the order's total, which was charged");
        assert_eq!(of(cent.0), cent.1, "{what}: the cent is where it was rounded");
    }
    let (order, code, message) = told(&order(
        discounted("0.99"),
        json!({"total_discounts": "1.04", "total_price": "18.95"}),
    ));
    assert!(
        order.incomplete && code == "totals_differ",
        "more than a cent for each unit is no rounding: {message}"
    );
}

#[test]
fn totals_that_contradict_the_lines_are_told() {
    let lines = |tax: &str| json!([line(1, "100.00", json!({"tax_lines": [{"price": tax}]}))]);
    for (what, more, says) in [
        ("tax", json!({"total_tax": "9.00"}), ["taxes", "8.00", "9.00"]),
        (
            "discount",
            json!({"total_discounts": "7.00", "total_price": "108.00"}),
            ["discounts", "0.00", "7.00"],
        ),
        (
            "total",
            json!({"total_price": "110.00"}),
            ["charges", "108.00", "110.00"],
        ),
    ] {
        let (order, code, message) = told(&order(lines("8.00"), more));
        assert_eq!(code, "totals_differ", "{what}");
        for word in says {
            assert!(message.contains(word), "{what}: “{message}” names {word}");
        }
        assert_eq!(
            figure(&order, Definition::OrderTotals, "gross_sales"),
            "108.00",
            "{what}: the lines count"
        );
        assert!(order.incomplete, "{what}: the order itself says so");
    }
}

#[test]
fn three_shapes_of_one_order_come_to_the_same() {
    let rest = order(
        json!([line(
            1,
            "100.00",
            json!({"tax_lines": [{"price": "7.20"}], "discount_allocations": [{"amount": "10.00"}]})
        )]),
        json!({
            "total_tax": "7.20", "total_discounts": "10.00", "total_price": "112.20", "total_tip_received": "5.00",
            "original_total_duties_set": money("4.00"), "fulfillments": shipped(&[1]),
            "shipping_lines": [{"id": 9, "price": "6.00", "tax_lines": [], "discount_allocations": []}],
            "refunds": refund(&[], json!({
                "duties": [{"amount_set": money("4.00")}],
                "order_adjustments": [{"kind": "refund_discrepancy", "amount": "-3.00", "tax_amount": "0.00"}]
            }))
        }),
    );
    let bag = |amount: &str| json!({"shopMoney": {"amount": amount, "currencyCode": "USD"}});
    let mut graphql = json!({
        "id": "gid://shopify/Order/1", "name": "#1", "processedAt": at(2), "updatedAt": at(20), "currencyCode": "USD",
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED", "taxesIncluded": false,
        "totalPriceSet": bag("112.2"), "totalTaxSet": bag("7.2"), "totalDiscountsSet": bag("10.0"),
        "totalTipReceivedSet": bag("5.0"), "originalTotalDutiesSet": bag("4.0"),
        "lineItems": {"nodes": [{
            "id": "gid://shopify/LineItem/1", "title": "Item 1", "sku": "S1", "quantity": 1, "currentQuantity": 1,
            "originalTotalSet": bag("100.0"), "taxLines": [{"priceSet": bag("7.2")}],
            "discountAllocations": [{"allocatedAmountSet": bag("10.0")}]
        }]},
        "shippingLines": {"nodes": [{"originalPriceSet": bag("6.0"), "discountedPriceSet": bag("6.0"), "taxLines": []}]},
        "fulfillments": [{
            "id": "gid://shopify/Fulfillment/1", "status": "SUCCESS", "createdAt": at(3),
            "fulfillmentLineItems": {"nodes": [{"quantity": 1, "lineItem": {"id": "gid://shopify/LineItem/1"}}]}
        }],
        "refunds": [{
            "id": "gid://shopify/Refund/1", "createdAt": at(5), "processedAt": at(5), "refundLineItems": {"nodes": []},
            "refundShippingLines": {"nodes": []}, "duties": [{"amountSet": bag("4.0")}],
            "orderAdjustments": {"nodes": [{"amountSet": bag("-3.0"), "taxAmountSet": bag("0.0")}]}
        }]
    });
    let first = clean(&rest);
    let settled = settle_as(Source::Page, "part-1", &graphql).expect("the record is read");
    assert_eq!(settled.notes, vec![], "nothing is wrong with it");
    let second = settled.order.expect("an order");
    assert_eq!(postings(&first), postings(&second), "without agreements, day by day");
    let sale = |number: u32, action: &str, kind: &str, total: &str, tax: &str, discount: &str| {
        json!({
            "id": format!("gid://shopify/Sale/{number}"), "actionType": action, "lineType": kind, "quantity": 1,
            "totalAmount": bag(total), "totalTaxAmount": bag(tax), "totalDiscountAmountBeforeTaxes": bag(discount),
            "lineItem": (kind == "PRODUCT").then(|| json!({"id": "gid://shopify/LineItem/1"}))
        })
    };
    graphql["agreements"] = json!({"nodes": [
        {"id": "gid://shopify/Agreement/1", "happenedAt": at(2), "reason": "ORDER", "sales": {"nodes": [
            sale(1, "ORDER", "PRODUCT", "97.2", "7.2", "10.0"), sale(2, "ORDER", "SHIPPING", "6.0", "0.0", "0.0"),
            sale(3, "ORDER", "TIP", "5.0", "0.0", "0.0"), sale(4, "ORDER", "DUTY", "4.0", "0.0", "0.0")
        ]}},
        {"id": "gid://shopify/Agreement/2", "happenedAt": at(5), "reason": "REFUND", "sales": {"nodes": [
            sale(5, "RETURN", "DUTY", "-4.0", "0.0", "0.0"), sale(6, "RETURN", "ADJUSTMENT", "-3.0", "0.0", "0.0")
        ]}}
    ]});
    let settled = settle_as(Source::Page, "part-1", &graphql).expect("the record is read");
    let third = settled.order.expect("an order");
    assert_eq!(postings(&first), postings(&third), "with agreements, day by day");
    assert_eq!(kinds(&first), kinds(&third), "and in all");
}

#[test]
fn what_a_record_without_its_shipping_lacks_of_its_total_is_told() {
    let mut body = order(json!([line(1, "50.00", json!({}))]), json!({"total_price": "59.00"}));
    body["shipping_lines"] = Value::Null;
    let (order, code, message) = told(&body);
    assert_eq!(code, "totals_differ", "{message}");
    assert!(
        message.contains("50.00") && message.contains("59.00") && message.contains("shipping"),
        "what is shown, what is stated, and what may be missing: {message}"
    );
    assert!(order.incomplete, "and the order counts in part");
    body["total_price"] = json!("50.00");
    clean(&body);
    body["total_price"] = Value::Null;
    let (order, code, message) = told(&body);
    assert_eq!(code, "shipping_not_shown", "nobody says what shipping cost: {message}");
    assert!(order.incomplete, "and no zero passes for it");
}
