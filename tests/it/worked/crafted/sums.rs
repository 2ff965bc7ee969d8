//! What an order's rows come to beside what the order says of itself (LEDGER ruling 40): each contradiction is told, and what is
//! no contradiction is not.

use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Flags;
use serde_json::{Value, json};

use super::{agreement, bag, figure, graphql, heard, line, on, order, paid_back, refund, sale, settle};

fn sold() -> Value {
    agreement(1, "ORDER", 2, 0, json!([sale(1, "ORDER", "PRODUCT", 2, "40.0", 1)]))
}

fn gives_back(reason: &str, refund: u32, row: Value) -> Value {
    agreement(2, reason, 5, refund, json!([row]))
}

/// Codes of the issues of an order of two units for 40.00, and whether it is incomplete.
fn codes(agreements: Value, refunds: Value, more: Value) -> (Vec<&'static str>, bool) {
    let (order, notes) = heard(&graphql(&[(2, 2, "40.0")], agreements, refunds, more));
    (notes.into_iter().map(|(code, _)| code).collect(), order.incomplete)
}

fn told(code: &'static str) -> (Vec<&'static str>, bool) {
    (vec![code], true)
}

const NOTHING: (Vec<&str>, bool) = (Vec::new(), false);

#[test]
fn rows_that_do_not_come_to_the_total_are_told() {
    for (total, current, expected) in [
        ("40.0", "40.0", NOTHING),
        ("999.0", "40.0", told("totals_differ")),
        ("40.0", "25.0", told("totals_differ")),
        ("40.0", "0.0", told("totals_differ")),
    ] {
        let more = json!({"totalPriceSet": bag(total), "currentTotalPriceSet": bag(current)});
        assert_eq!(
            codes(json!([sold()]), json!([]), more),
            expected,
            "{total} and {current} of 40.00"
        );
    }
    let (order, notes) = heard(&graphql(
        &[(2, 2, "40.0")],
        json!([sold()]),
        json!([]),
        json!({"totalPriceSet": bag("999.0")}),
    ));
    assert_eq!(
        figure(&order, Definition::OrderTotals, "net_sales"),
        "40.00",
        "the rows count"
    );
    assert!(
        ["40.00", "999.00"].iter().all(|amount| notes[0].1.contains(amount)),
        "both are named: {notes:?}"
    );
}

#[test]
fn totals_that_rows_explain_are_nothing_to_tell() {
    let goods = || sale(2, "RETURN", "PRODUCT", -1, "-20.0", 1);
    let goodwill = || sale(2, "RETURN", "ADJUSTMENT", 0, "-3.0", 0);
    let more_goods = || sale(2, "ORDER", "PRODUCT", 1, "20.0", 1);
    let tip = || {
        agreement(
            1,
            "ORDER",
            2,
            0,
            json!([
                sale(1, "ORDER", "PRODUCT", 2, "40.0", 1),
                sale(9, "ORDER", "TIP", 1, "4.0", 0)
            ]),
        )
    };
    let duty = || {
        agreement(
            1,
            "ORDER",
            2,
            0,
            json!([
                sale(1, "ORDER", "PRODUCT", 2, "40.0", 1),
                sale(9, "ORDER", "DUTY", 1, "4.0", 0)
            ]),
        )
    };
    for (what, agreements, total, current) in [
        (
            "a return",
            json!([sold(), gives_back("RETURN", 0, goods())]),
            "40.0",
            "20.0",
        ),
        (
            "an edit that takes a unit",
            json!([sold(), gives_back("ORDER_EDIT", 0, goods())]),
            "40.0",
            "20.0",
        ),
        (
            "the same, with a lower total",
            json!([sold(), gives_back("ORDER_EDIT", 0, goods())]),
            "20.0",
            "20.0",
        ),
        (
            "goodwill",
            json!([sold(), gives_back("REFUND", 0, goodwill())]),
            "40.0",
            "37.0",
        ),
        (
            "goodwill beside the total",
            json!([sold(), gives_back("REFUND", 0, goodwill())]),
            "40.0",
            "40.0",
        ),
        (
            "an edit that adds",
            json!([sold(), gives_back("ORDER_EDIT", 0, more_goods())]),
            "60.0",
            "60.0",
        ),
        (
            "the same, total as placed",
            json!([sold(), gives_back("ORDER_EDIT", 0, more_goods())]),
            "40.0",
            "60.0",
        ),
        ("a tip", json!([tip()]), "44.0", "44.0"),
        ("duties", json!([duty()]), "44.0", "44.0"),
        ("duties collected later", json!([duty()]), "40.0", "40.0"),
    ] {
        let more = json!({"totalPriceSet": bag(total), "currentTotalPriceSet": bag(current)});
        assert_eq!(codes(agreements, json!([]), more), NOTHING, "{what}");
    }
    // Each amount is rounded by itself from the buyer's currency: a cent for each row.
    let other = json!({
        "shopMoney": {"amount": "40.01", "currencyCode": "USD"}, "presentmentMoney": {"amount": "36.00", "currencyCode": "EUR"}
    });
    assert_eq!(
        codes(json!([sold()]), json!([]), json!({"totalPriceSet": other})),
        NOTHING,
        "another currency"
    );
    let cent = json!({"totalPriceSet": bag("40.01")});
    assert_eq!(
        codes(json!([sold()]), json!([]), cent),
        told("totals_differ"),
        "a cent without a reason"
    );
}

#[test]
fn money_paid_back_of_which_no_agreement_tells_is_told() {
    let money = || json!([paid_back(1, &[], "20.0")]);
    assert_eq!(
        codes(json!([sold()]), money(), json!({})),
        told("refund_untold"),
        "no agreement"
    );
    let named = agreement(2, "REFUND", 5, 1, json!([]));
    assert_eq!(
        codes(json!([sold(), named]), money(), json!({})),
        NOTHING,
        "an agreement without rows says that it was paid too much"
    );
    let row = || sale(2, "RETURN", "PRODUCT", -1, "-20.0", 1);
    assert_eq!(
        codes(json!([sold(), gives_back("ORDER_EDIT", 0, row())]), money(), json!({})),
        NOTHING,
        "an edit made it too much"
    );
    // Two refunds of a unit, and one agreement for both.
    let twice = json!([
        paid_back(1, &[(1, 1, "RETURN", "20.0")], "20.0"),
        paid_back(2, &[(1, 1, "RETURN", "20.0")], "20.0")
    ]);
    assert_eq!(
        codes(json!([sold(), gives_back("REFUND", 0, row())]), twice, json!({})),
        told("refund_untold"),
        "one of them is in no agreement"
    );
}

#[test]
fn a_refunded_order_without_a_refund_is_told() {
    let lines = || json!([line(1, "100.00", json!({}))]);
    for (what, more) in [
        ("no list", json!({"financial_status": "refunded", "refunds": null})),
        ("an empty list", json!({"financial_status": "refunded"})),
        ("in part", json!({"financial_status": "partially_refunded"})),
    ] {
        let settled = settle(&order(lines(), more)).expect("read");
        let found: Vec<&str> = settled.notes.iter().map(|note| note.code).collect();
        assert_eq!(found, ["refund_untold"], "{what}");
        assert!(
            settled.order.expect("an order").incomplete,
            "{what}: the order itself says so"
        );
    }
    let more = json!({"financial_status": "refunded", "total_price": "100.00", "current_total_price": "0.00"});
    let settled = settle(&order(lines(), more)).expect("read");
    let found: Vec<&str> = settled.notes.iter().map(|note| note.code).collect();
    assert_eq!(
        found,
        ["totals_differ", "refund_untold"],
        "and so is the total that is left"
    );
    for agreements in [json!({"nodes": [sold()]}), Value::Null] {
        let more = json!({"displayFinancialStatus": "REFUNDED", "refunds": null, "agreements": agreements});
        assert_eq!(
            codes(Value::Null, json!([]), more),
            told("refund_untold"),
            "in the newer shape"
        );
    }
}

#[test]
fn a_fulfilled_order_without_a_fulfilment_is_told() {
    let lines = || json!([line(1, "100.00", json!({}))]);
    for (state, fulfilments, rate) in [
        ("fulfilled", Value::Null, "100.00%"),
        ("fulfilled", json!([]), "100.00%"),
        ("partial", json!([]), "0.00%"),
    ] {
        let more = json!({"fulfillment_status": state, "fulfillments": fulfilments});
        let settled = settle(&order(lines(), more)).expect("read");
        let found: Vec<&str> = settled.notes.iter().map(|note| note.code).collect();
        assert_eq!(found, ["fulfilment_untold"], "{state}");
        let order = settled.order.expect("an order");
        assert!(order.incomplete, "{state}: the order itself says so");
        assert_eq!(order.fulfilled, rate == "100.00%", "{state}: as the order says");
        let accounted = figure(&order, Definition::Accounting, "net_sales");
        let shown = match state {
            "fulfilled" => on(&order, Definition::Accounting, "net_sales", 2) == "100.00" && accounted == "100.00",
            _ => ["0.00", "-"].contains(&accounted.as_str()),
        };
        assert!(
            shown,
            "{state}: what left counts on the order's day, of a part nobody knows which: {accounted}"
        );
        let dated = order.postings.iter().filter(|posting| posting.ship_at.is_some());
        assert!(
            dated.clone().count() == usize::from(state == "fulfilled")
                && dated.clone().all(|p| p.flags.has(Flags::ESTIMATED)),
            "{state}: a day that no record tells is marked estimated"
        );
    }
    let refunded = json!({
        "fulfillment_status": "fulfilled", "fulfillments": [],
        "refunds": refund(&[(1, "return", "30.00")], json!({}))
    });
    let paid = settle(&order(lines(), refunded))
        .expect("read")
        .order
        .expect("an order");
    let sums = |definition| figure(&paid, definition, "net_sales");
    assert_eq!(
        (sums(Definition::Accounting), sums(Definition::Platform)),
        ("70.00".to_owned(), "70.00".to_owned()),
        "what is paid back of goods that left is taken off what left"
    );
    for more in [
        json!({"fulfillment_status": null}),
        json!({"fulfillment_status": "fulfilled", "source_name": "pos"}),
        json!({"fulfillment_status": "fulfilled", "line_items": [line(1, "100.00", json!({"requires_shipping": false}))]}),
    ] {
        let settled = settle(&order(lines(), more.clone())).expect("read");
        assert_eq!(settled.notes, vec![], "nothing is missing in {more}");
    }
}

#[test]
fn units_sent_and_taken_back_as_never_sent_are_told() {
    let back = |restock: &str| {
        let refunds = json!([paid_back(1, &[(1, 1, restock, "20.0")], "20.0")]);
        let row = sale(2, "RETURN", "PRODUCT", -1, "-20.0", 1);
        heard(&graphql(
            &[(2, 1, "40.0")],
            json!([sold(), gives_back("REFUND", 1, row)]),
            refunds,
            json!({}),
        ))
    };
    let (order, notes) = back("CANCEL");
    assert!(
        order.incomplete && matches!(notes.as_slice(), [("sent_and_cancelled", message)] if message.contains("line 1")),
        "both units left, and one never did: {notes:?}"
    );
    assert_eq!(
        figure(&order, Definition::Accounting, "net_sales"),
        "20.00",
        "as the refund says"
    );
    let (order, notes) = back("RETURN");
    assert_eq!(
        (order.incomplete, notes),
        (false, vec![]),
        "a return is nothing to tell"
    );
    assert_eq!(
        on(&order, Definition::Accounting, "net_sales", 5),
        "-20.00",
        "on its day"
    );
}

#[test]
fn money_beyond_the_parts_of_a_refund_is_in_the_figures_or_told() {
    let moved = |total: &str| json!([paid_back(1, &[(1, 1, "RETURN", "40.0")], total)]);
    let mut bare = graphql(&[(1, 0, "40.0")], json!([]), moved("45.0"), json!({}));
    bare["agreements"] = Value::Null;
    let (order, _) = heard(&bare);
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "-5.00",
        "45.00 went back for 40.00: the 5.00 beyond the goods are gone, too"
    );
    let agreed = json!([
        agreement(1, "ORDER", 2, 0, json!([sale(1, "ORDER", "PRODUCT", 1, "40.0", 1)])),
        agreement(2, "REFUND", 5, 1, json!([sale(2, "RETURN", "PRODUCT", -1, "-40.0", 1)])),
    ]);
    let (order, notes) = heard(&graphql(&[(1, 0, "40.0")], agreed.clone(), moved("45.0"), json!({})));
    assert!(
        order.incomplete
            && notes
                .iter()
                .any(|(code, text)| *code == "refund_untold" && text.contains("45.00")),
        "agreements that tell of less than was moved are an issue with the sum: {notes:?}"
    );
    let (order, notes) = heard(&graphql(
        &[(1, 0, "40.0")],
        agreed.clone(),
        json!([paid_back(1, &[], "45.0")]),
        json!({}),
    ));
    assert!(
        order.incomplete && notes.iter().any(|(code, _)| *code == "refund_untold"),
        "so are they where the refund shows nothing but its money: {notes:?}"
    );
    let (order, notes) = heard(&graphql(&[(1, 0, "40.0")], agreed, moved("35.0"), json!({})));
    assert!(
        !order.incomplete && notes.is_empty(),
        "less money than goods is no contradiction, part of it may be kept: {notes:?}"
    );
}
