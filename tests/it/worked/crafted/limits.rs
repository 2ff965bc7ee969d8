//! Records that are set aside or counted with an issue.

use countinghouse_core::connectors::Source;
use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::{
    aside, at, clean, figure, graphql, line, money, order, paid_back, postings, refund, settle_all, settle_as, shipped,
    stated, told,
};

#[test]
fn amounts_beyond_the_ledger_set_the_record_aside_with_their_place() {
    let huge = "9000000000000.00";
    let lines: Vec<Value> = (1..5).map(|id| line(id, huge, json!({}))).collect();
    let (code, message) = aside(&order(json!(lines), json!({})));
    assert_eq!(code, "amount_out_of_range", "one amount is too much");
    assert!(message.contains("$.line_items[0]"), "{message}");
    let (code, message) = aside(&order(
        json!([line(1, "900000000.00", json!({"quantity": i32::MAX}))]),
        json!({}),
    ));
    assert_eq!(code, "amount_out_of_range", "price × quantity is");
    assert!(message.contains("price × quantity"), "{message}");
    let lines: Vec<Value> = (1..9).map(|id| line(id, "900000000000.00", json!({}))).collect();
    assert_eq!(
        aside(&order(json!(lines), json!({}))).0,
        "amount_out_of_range",
        "their sum is"
    );
    let lines: Vec<Value> = (1..3)
        .map(|id| line(id, "0.00", json!({"quantity": i32::MAX})))
        .collect();
    assert_eq!(
        aside(&order(json!(lines), json!({}))).0,
        "amount_out_of_range",
        "their units are"
    );
    let most = clean(&order(json!([line(1, "999999999999.99", json!({}))]), json!({})));
    assert_eq!(
        figure(&most, Definition::OrderTotals, "gross_sales"),
        "999999999999.99",
        "what fits is exact"
    );
}

#[test]
fn what_nobody_sells_is_set_aside() {
    let shipping = json!({"shipping_lines": [{"id": 9, "price": "-6.00"}]});
    for (what, body, place) in [
        (
            "units",
            order(json!([line(1, "9.00", json!({"quantity": -3}))]), json!({})),
            "$.line_items[0]",
        ),
        (
            "price",
            order(json!([line(1, "-9.00", json!({}))]), json!({})),
            "$.line_items[0]",
        ),
        (
            "discount",
            order(json!([line(1, "9.00", json!({"total_discount": "-1.00"}))]), json!({})),
            "$.line_items[0]",
        ),
        (
            "shipping",
            order(json!([line(1, "9.00", json!({}))]), shipping),
            "$.shipping_lines[0]",
        ),
    ] {
        let (code, message) = aside(&body);
        assert_eq!(code, "below_zero", "{what}");
        assert!(message.contains(place), "{what}: {message}");
    }
}

#[test]
fn a_missing_amount_is_never_nothing() {
    let bare = json!([{"id": 1, "created_at": at(5), "refund_line_items": [
        {"line_item_id": 1, "quantity": 1, "restock_type": "return", "total_tax": "0.00"}
    ]}]);
    let (code, message) = aside(&order(json!([line(1, "30.00", json!({}))]), json!({"refunds": bare})));
    assert_eq!(
        (code, message.as_str()),
        ("missing_field", "$.refunds[0].refund_line_items[0]: no subtotal"),
        "refund"
    );
    let silent = json!({"shipping_lines": [{"id": 9, "title": "Post"}], "total_price": "106.00"});
    let body = order(json!([line(1, "100.00", json!({}))]), silent);
    let (order, code, _) = told(&body);
    assert_eq!(code, "missing_field", "the shipping line says no price");
    assert!(order.incomplete, "and the order shows it");
    let mut known = body.clone();
    known["total_shipping_price_set"] = money("6.00");
    assert_eq!(
        figure(&clean(&known), Definition::OrderTotals, "shipping"),
        "6.00",
        "the order knows it"
    );
}

#[test]
fn shop_money_in_another_currency_sets_the_record_aside() {
    let set = json!({"shop_money": {"amount": "100.00", "currency_code": "EUR"}});
    let (code, message) = aside(&order(json!([line(1, "108.00", json!({"price_set": set}))]), json!({})));
    assert_eq!(code, "mixed_currencies", "EUR on an order in USD");
    assert!(
        message.contains("$.line_items[0]") && message.contains("EUR"),
        "{message}"
    );
    let nameless = order(
        json!([line(1, "1.00", json!({"price_set": money("10.00")}))]),
        json!({"currency": null}),
    );
    assert_eq!(
        clean(&nameless).currency.code(),
        "USD",
        "shop money names the currency where the order does not"
    );
}

#[test]
fn an_id_that_stands_twice_counts_once_and_is_told() {
    let (order, code, message) = told(&order(
        json!([line(1, "20.00", json!({})), line(1, "20.00", json!({}))]),
        json!({}),
    ));
    assert_eq!(code, "stands_twice", "the same line");
    assert!(message.contains("line 1"), "{message}");
    assert_eq!(
        figure(&order, Definition::OrderTotals, "net_sales"),
        "20.00",
        "counted once"
    );
}

#[test]
fn agreements_count_once_and_only_if_they_tell_the_sale() {
    let bag = |amount: &str| json!({"shopMoney": {"amount": amount, "currencyCode": "USD"}});
    let sale = |id: u32, action: &str, total: &str, quantity: i32| {
        json!({
            "id": format!("gid://shopify/Sale/{id}"), "actionType": action, "lineType": "PRODUCT", "quantity": quantity,
            "totalAmount": bag(total), "totalTaxAmount": bag("0.0"), "totalDiscountAmountBeforeTaxes": bag("0.0"),
            "lineItem": {"id": "gid://shopify/LineItem/1"}
        })
    };
    let agreed = |id: u32, reason: &str, sales: Value| json!({"id": format!("gid://shopify/Agreement/{id}"), "happenedAt": at(2), "reason": reason, "sales": {"nodes": sales}});
    let settled = |agreements: Value| {
        let body = json!({
            "id": "gid://shopify/Order/1", "name": "#1", "processedAt": at(2), "currencyCode": "USD",
            "lineItems": {"nodes": [{"id": "gid://shopify/LineItem/1", "title": "A", "quantity": 1, "originalTotalSet": bag("40.0"),
                "taxLines": [], "discountAllocations": []}]},
            "shippingLines": {"nodes": []}, "fulfillments": [], "agreements": {"nodes": agreements}
        });
        let settled = settle_as(Source::Page, "part-1", &body).expect("the record is read");
        let codes: Vec<&str> = settled.notes.iter().map(|n| n.code).collect();
        (settled.order.expect("an order"), codes)
    };
    let once = agreed(1, "ORDER", json!([sale(1, "ORDER", "40.0", 1)]));
    for (what, agreements) in [
        (
            "row",
            json!([agreed(
                1,
                "ORDER",
                json!([sale(1, "ORDER", "40.0", 1), sale(1, "ORDER", "40.0", 1)])
            )]),
        ),
        ("agreement", json!([once, once])),
    ] {
        let (order, codes) = settled(agreements);
        assert_eq!(codes, ["stands_twice"], "{what}");
        assert_eq!(
            figure(&order, Definition::Platform, "gross_sales"),
            "40.00",
            "the {what} counts once"
        );
    }
    let (order, codes) = settled(json!([agreed(2, "REFUND", json!([sale(3, "RETURN", "-40.0", -1)]))]));
    assert_eq!(
        [
            figure(&order, Definition::Platform, "gross_sales"),
            figure(&order, Definition::Platform, "net_sales")
        ],
        ["40.00", "0.00"],
        "the sale is told by its line, the return by its agreement"
    );
    assert_eq!(codes, ["sale_not_told"], "and said");
    assert!(order.estimated && order.incomplete, "and marked");
}

#[test]
fn units_paid_back_that_were_never_sold_are_told() {
    let mut refund = refund(&[(1, "return", "30.00")], json!({}));
    refund[0]["refund_line_items"][0]["quantity"] = json!(3);
    let body = order(
        json!([line(1, "10.00", json!({}))]),
        json!({"fulfillments": shipped(&[1]), "refunds": refund}),
    );
    let (_, code, message) = told(&body);
    assert_eq!(code, "more_returned", "three of one");
    assert_eq!(
        message, "line 1: 3 units were paid back, 1 were sold",
        "with both numbers"
    );
}

#[test]
fn more_decimals_than_the_currency_has_are_counted_and_told() {
    let (order, code, message) = told(&order(
        json!([line(1, "3000.50", json!({})), line(2, "3000.50", json!({}))]),
        json!({"currency": "JPY"}),
    ));
    assert_eq!(code, "more_decimals", "half a yen");
    assert!(message.contains("3000.5 "), "{message}");
    assert_eq!(
        figure(&order, Definition::OrderTotals, "net_sales"),
        "6001",
        "the sum is exact"
    );
}

#[test]
fn ids_of_lines_may_be_texts_but_no_fractions() {
    let order_of = |id: Value| order(json!([line(1, "10.00", json!({"id": id}))]), json!({}));
    assert_eq!(
        clean(&order_of(json!("9007199254740993"))).lines[0].key,
        "9007199254740993",
        "digits as a text"
    );
    assert!(aside(&order_of(json!(1.5))).1.contains("1.5"), "a fraction is no id");
}

#[test]
fn a_page_that_goes_on_from_another_reading_counts_nothing_twice() {
    let goods = (1, 1, "RETURN", "40.0");
    let whole = graphql(
        &[(2, 1, "80.0")],
        json!([]),
        json!([paid_back(1, &[goods], "40.0")]),
        json!({}),
    );
    let order = json!({"id": "gid://shopify/Order/1", "updatedAt": at(20)});
    let mut refund = paid_back(1, &[goods], "40.0");
    refund["order"] = order.clone();
    let mut parcel = whole["fulfillments"][0].clone();
    parcel["order"] = order;
    let settled = |first: &Value, pages: &[(&str, &Value)]| {
        let mut records = vec![(Source::Page, "part-1", first)];
        records.extend(pages.iter().map(|(facet, body)| (Source::Page, *facet, *body)));
        let settled = settle_all(&records, (0, 0)).expect("the records are read");
        settled.order.expect("an order")
    };
    // The order shows all of the refund and the parcel; a reading with shorter pages had to go on.
    let both = settled(&whole, &[("refund:1:lines:2", &refund), ("fulfilment:1:2", &parcel)]);
    assert_eq!(
        postings(&both),
        stated(&[("item_price 02", "80.00"), ("refund_item 05", "-40.00")]),
        "one unit came back, once"
    );
    // Where it did leave off there, the page goes on.
    let mut cut = whole.clone();
    cut["refunds"][0]["refundLineItems"] = json!({"nodes": [], "pageInfo": {"hasNextPage": true}});
    assert!(settled(&cut, &[]).incomplete, "lines are missing");
    let joined = settled(&cut, &[("refund:1:lines:2", &refund)]);
    assert_eq!(postings(&joined), postings(&both), "with the page it is whole");
    assert!(!joined.incomplete, "and complete");
}
