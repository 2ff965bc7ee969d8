//! Records that leave out what they were not asked for: their tax, discounts, refunds or fulfilments. None of it is taken for zero
//! (LEDGER rulings 12, 13, 23 and 40), and a record that shows it, be it none, is whole.

use countinghouse_core::connectors::Source;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Order;
use serde_json::{Value, json};

use super::{
    at, bag, clean, figure, graphql, heard, line, on, order, paid_back, postings, settle_all, settle_as, stated, told,
};

/// An order of two units for 110.00, sent on the 3rd, of which 10.00 are tax where prices include it.
fn whole(more: Value) -> Value {
    let mut body = graphql(&[(2, 2, "110.0")], json!([]), json!([]), more);
    body["lineItems"]["nodes"][0]["taxLines"] = json!([{"rate": 0.1, "priceSet": bag("10.0")}]);
    body
}

/// The same without this member of its line.
fn without(mut body: Value, member: &str) -> Value {
    let line = body["lineItems"]["nodes"][0].as_object_mut().expect("a line");
    line.remove(member).expect("the member was there");
    body
}

/// The same without these members of its own.
fn less(mut body: Value, members: &[&str]) -> Value {
    for member in members {
        body.as_object_mut().expect("an order").remove(*member);
    }
    body
}

/// Net sales by each definition, then taxes.
fn sums(order: &Order) -> [String; 4] {
    let [first, second, third] = Definition::ALL.map(|definition| figure(order, definition, "net_sales"));
    [first, second, third, figure(order, Definition::OrderTotals, "taxes")]
}

/// The order of such a record, which has one issue of this code.
fn one(body: &Value, code: &str, what: &str) -> (Order, String) {
    let (order, notes) = heard(body);
    let [(given, message)] = notes.as_slice() else {
        panic!("{what}: one issue, not {notes:?}")
    };
    assert_eq!(*given, code, "{what}: {message}");
    assert!(order.incomplete, "{what}: it counts in part");
    (order, message.clone())
}

#[test]
fn prices_with_a_tax_that_no_record_shows_stand_as_charged() {
    let included = whole(json!({"taxesIncluded": true}));
    let (known, notes) = heard(&included);
    assert!(
        notes.is_empty() && !known.basis_unknown,
        "nothing is missing: {notes:?}"
    );
    assert_eq!(
        sums(&known),
        ["100.00", "100.00", "100.00", "10.00"],
        "the tax is shown"
    );
    let (unknown, message) = one(&without(included.clone(), "taxLines"), "tax_not_shown", "no tax");
    assert_eq!(
        sums(&unknown),
        ["110.00", "110.00", "-", "-"],
        "as charged, and neither taxes nor what is without them are known"
    );
    assert!(unknown.basis_unknown && message.contains("as charged"), "{message}");
    // The order's own tax tells it as well.
    let mut summed = without(included.clone(), "taxLines");
    summed["totalTaxSet"] = bag("10.0");
    let (order, notes) = heard(&summed);
    assert!(notes.is_empty(), "nothing is missing: {notes:?}");
    assert_eq!(sums(&order), sums(&known), "told by the order's sum");
    // Shipping has a tax of its own.
    let mut sent = included;
    sent["shippingLines"]["nodes"] = json!([{"originalPriceSet": bag("11.0"), "discountedPriceSet": bag("11.0")}]);
    let (order, _) = one(&sent, "tax_not_shown", "the tax of shipping");
    assert_eq!(sums(&order)[2..], ["-", "-"], "a part of it is unknown");
    // The older shape, too.
    let none = Value::Null;
    let (order, code, message) = told(&super::order(
        json!([line(1, "110.00", json!({"tax_lines": none}))]),
        json!({"taxes_included": true, "total_price": "110.00", "fulfillments": super::shipped(&[1])}),
    ));
    assert_eq!(code, "tax_not_shown", "{message}");
    assert_eq!(
        sums(&order),
        ["110.00", "110.00", "-", "-"],
        "the same in the older shape"
    );
}

#[test]
fn what_is_paid_back_of_prices_as_charged_stands_as_charged() {
    let mut refund = paid_back(1, &[(1, 1, "RETURN", "55.0")], "55.0");
    refund["refundLineItems"]["nodes"][0]["totalTaxSet"] = bag("5.0");
    let mut body = whole(json!({"taxesIncluded": true, "refunds": [refund]}));
    body["lineItems"]["nodes"][0]["currentQuantity"] = json!(1);
    let (order, _) = one(&without(body, "taxLines"), "tax_not_shown", "a refund");
    assert_eq!(
        postings(&order),
        stated(&[("item_price 02", "110.00"), ("refund_item 05", "-55.00")]),
        "with the tax in both, or the difference would be none's"
    );
}

#[test]
fn whether_prices_include_tax_is_told_by_the_total_or_unknown() {
    let silent = |more: Value| less(whole(more), &["taxesIncluded"]);
    for (total, net, what) in [("120.0", "110.00", "on top"), ("110.0", "100.00", "included")] {
        let (order, notes) = heard(&silent(json!({"totalPriceSet": bag(total)})));
        assert!(notes.is_empty(), "{what} is told by the total: {notes:?}");
        assert_eq!(sums(&order), [net, net, net, "10.00"], "{what}");
    }
    let (order, message) = one(&silent(json!({})), "tax_not_shown", "neither basis nor total");
    assert_eq!(sums(&order), ["110.00", "110.00", "-", "-"], "as charged");
    assert!(message.contains("whether its prices include"), "{message}");
    let (order, _) = one(
        &without(silent(json!({})), "taxLines"),
        "tax_not_shown",
        "neither basis nor tax",
    );
    assert_eq!(sums(&order), ["110.00", "110.00", "-", "-"], "as charged");
    let mut free = silent(json!({}));
    free["lineItems"]["nodes"][0]["taxLines"] = json!([]);
    let (order, notes) = heard(&free);
    assert!(
        notes.is_empty(),
        "without tax there is nothing to tell apart: {notes:?}"
    );
    assert_eq!(sums(&order), ["110.00", "110.00", "110.00", "0.00"], "no tax");
}

#[test]
fn discounts_and_taxes_that_neither_the_record_nor_its_total_shows_are_told() {
    for (member, code, word) in [
        ("discountAllocations", "discounts_not_shown", "discounts"),
        ("taxLines", "tax_not_shown", "taxes"),
    ] {
        let mut body = without(whole(json!({})), member);
        let (order, message) = one(&body, code, word);
        assert!(message.contains(word), "it says what is not shown: {message}");
        assert_eq!(sums(&order)[0], "110.00", "{word}: what is shown counts");
        // A total tells that there are none, or that there are some.
        let shown = if word == "taxes" { "110.0" } else { "120.0" };
        body["totalPriceSet"] = bag(shown);
        let (_, notes) = heard(&body);
        assert!(notes.is_empty(), "{word}: the total knows of none: {notes:?}");
        body["totalPriceSet"] = bag("115.0");
        one(&body, "totals_differ", word);
        body["totalPriceSet"] = Value::Null;
        let sum = if word == "taxes" {
            "totalTaxSet"
        } else {
            "totalDiscountsSet"
        };
        body[sum] = bag("5.0");
        let (_, notes) = heard(&body);
        assert!(notes.is_empty(), "{word}: the order states their sum: {notes:?}");
    }
    // A line that cost nothing has neither.
    let free = graphql(&[(1, 1, "0.0")], json!([]), json!([]), json!({}));
    let (_, notes) = heard(&without(without(free, "taxLines"), "discountAllocations"));
    assert!(notes.is_empty(), "nothing was charged: {notes:?}");
}

#[test]
fn a_refund_without_its_tax_gives_back_the_tax_of_the_sale() {
    for (included, value, net) in [(false, "55.0", "-55.00"), (true, "55.0", "-50.00")] {
        let mut refund = paid_back(1, &[(1, 1, "RETURN", value)], "60.0");
        let row = refund["refundLineItems"]["nodes"][0].as_object_mut().expect("a row");
        row.remove("totalTaxSet");
        refund["totalRefundedSet"] = bag(if included { "55.0" } else { "60.0" });
        let mut body = whole(json!({"taxesIncluded": included, "refunds": [refund]}));
        body["lineItems"]["nodes"][0]["currentQuantity"] = json!(1);
        let (order, notes) = heard(&body);
        assert!(notes.is_empty(), "included {included}: {notes:?}");
        assert_eq!(
            [
                on(&order, Definition::Platform, "net_sales", 5),
                on(&order, Definition::Platform, "taxes", 5)
            ],
            [net, "-5.00"],
            "included {included}: one of two units with half of their tax, and no goodwill"
        );
        // Nobody knows the line's own share of the order's tax.
        let mut body = without(body, "taxLines");
        body["totalTaxSet"] = bag("10.0");
        let error = settle_as(Source::Page, "part-1", &body).expect_err("it is set aside");
        assert!(
            error.code == "missing_field" && error.message.contains("totalTaxSet"),
            "included {included}: it is told why: {error:?}"
        );
    }
}

#[test]
fn a_record_that_shows_nothing_of_its_fulfilment_is_not_known_to_wait() {
    let told = |body: &Value| {
        let (order, message) = one(body, "fulfilment_untold", "nothing is shown");
        assert_eq!(on(&order, Definition::Accounting, "net_sales", 3), "0.00", "{message}");
    };
    let hidden = ["fulfillments", "displayFulfillmentStatus"];
    told(&less(whole(json!({})), &hidden));
    let sold = super::sale(1, "ORDER", "PRODUCT", 2, "110.0", 1);
    let agreed = json!([super::agreement(1, "ORDER", 2, 0, json!([sold]))]);
    told(&less(
        graphql(&[(2, 2, "110.0")], agreed, json!([]), json!({})),
        &hidden,
    ));
    // It waits, as either of them says; null is the older shape's word for it.
    for more in [
        json!({"fulfillments": []}),
        json!({"displayFulfillmentStatus": "UNFULFILLED"}),
    ] {
        let mut body = less(whole(json!({})), &hidden);
        for (member, value) in more.as_object().expect("members") {
            body[member] = value.clone();
        }
        let (_, notes) = heard(&body);
        assert!(notes.is_empty(), "{more}: nothing is missing: {notes:?}");
    }
    let rest = less(
        order(json!([line(1, "50.00", json!({}))]), json!({})),
        &["fulfillments"],
    );
    let (order, code, message) = super::told(&rest);
    assert!(code == "fulfilment_untold" && order.incomplete, "{message}");
    let mut waits = rest;
    waits["fulfillment_status"] = Value::Null;
    clean(&waits);
    // What needs no parcel has left with the sale.
    let mut service = less(whole(json!({})), &hidden);
    service["lineItems"]["nodes"][0]["requiresShipping"] = json!(false);
    let (_, notes) = heard(&service);
    assert!(notes.is_empty(), "nothing of it is sent: {notes:?}");
}

#[test]
fn a_record_that_shows_nothing_of_its_refunds_is_not_known_to_have_none() {
    let hidden = ["refunds", "displayFinancialStatus"];
    let (order, message) = one(&less(whole(json!({})), &hidden), "refund_untold", "nothing is shown");
    assert_eq!(sums(&order)[1], "110.00", "{message}");
    for more in [json!({"refunds": []}), json!({"displayFinancialStatus": "PAID"})] {
        let mut body = less(whole(json!({})), &hidden);
        for (member, value) in more.as_object().expect("members") {
            body[member] = value.clone();
        }
        let (_, notes) = heard(&body);
        assert!(notes.is_empty(), "{more}: nothing is missing: {notes:?}");
    }
    // Agreements tell of every return.
    let sold = super::sale(1, "ORDER", "PRODUCT", 2, "110.0", 1);
    let agreed = json!([super::agreement(1, "ORDER", 2, 0, json!([sold]))]);
    let (_, notes) = heard(&less(
        graphql(&[(2, 2, "110.0")], agreed, json!([]), json!({})),
        &hidden,
    ));
    assert!(notes.is_empty(), "agreements tell: {notes:?}");
}

#[test]
fn units_that_were_paid_back_on_a_day_nobody_shows_are_told() {
    let mut body = whole(json!({"displayFinancialStatus": "PARTIALLY_REFUNDED", "refunds": null}));
    body["lineItems"]["nodes"][0]["currentQuantity"] = json!(1);
    let (order, message) = one(&body, "refund_untold", "its refunds are denied");
    assert_eq!(
        on(&order, Definition::Platform, "refunds", 3),
        "55.00",
        "what it no longer holds counts: {message}"
    );
    assert!(message.contains("nobody knows when"), "{message}");
}

#[test]
fn another_record_of_the_same_version_may_say_what_one_leaves_out() {
    let hidden = [
        "fulfillments",
        "displayFulfillmentStatus",
        "refunds",
        "displayFinancialStatus",
        "taxesIncluded",
    ];
    let lines = less(whole(json!({})), &hidden);
    let how = json!({
        "id": "gid://shopify/Order/1", "processedAt": at(2), "updatedAt": at(20), "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED", "taxesIncluded": true
    });
    let records = [(Source::Page, "part-1", &how), (Source::Page, "part-2", &lines)];
    let settled = settle_all(&records, (0, 0)).expect("the records are read");
    assert_eq!(settled.notes, vec![], "together they show all");
    let order = settled.order.expect("an order");
    assert_eq!(sums(&order)[0], "100.00", "by the basis of the other");
}
