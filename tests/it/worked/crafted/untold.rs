//! Sales agreements that do not tell the whole sale, or tell it in words nobody knows.

use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::{agreement, bag, figure, graphql, heard, on, paid_back, postings, sale, stated};

/// Net sales of an order under its three definitions.
fn net(order: &countinghouse_core::model::Order) -> [String; 3] {
    Definition::ALL.map(|definition| figure(order, definition, "net_sales"))
}

/// The row of line 1, which costs 40.00, and the one of line 2, which costs 60.00, in these words.
fn two(first: [&str; 2], second: [&str; 2], line: u32) -> Value {
    json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([
            sale(1, first[0], first[1], 1, "40.0", 1),
            sale(2, second[0], second[1], 1, "60.0", line)
        ])
    )])
}

const LINES: [(i32, i32, &str); 2] = [(1, 1, "40.0"), (1, 1, "60.0")];

#[test]
fn a_sale_in_words_nobody_knows_is_told_by_the_lines() {
    for (action, kind, line) in [
        ("LEASE", "PRODUCT", 1),
        ("UNKNOWN", "PRODUCT", 1),
        ("ORDER", "BUNDLE", 1),
        ("ORDER", "UNKNOWN", 0),
        ("LEASE", "BUNDLE", 0),
        ("LEASE", "GIFT_CARD", 1),
    ] {
        let rows = json!([agreement(
            1,
            "ORDER",
            2,
            0,
            json!([sale(1, action, kind, 1, "40.0", line)])
        )]);
        let (order, notes) = heard(&graphql(&LINES[..1], rows, json!([]), json!({})));
        assert_eq!(net(&order), ["40.00"; 3], "{action} {kind}: no silent zero");
        assert_eq!(
            figure(&order, Definition::OrderTotals, "units"),
            "1",
            "{action} {kind}: the unit counts"
        );
        assert!(order.estimated && order.incomplete, "{action} {kind}: it is marked");
        let [(code, message)] = notes.as_slice() else {
            panic!("one issue, not {notes:?}")
        };
        assert_eq!(*code, "unknown_value", "{action} {kind} is told by its cause");
        assert!(
            message.contains("its lines and refunds count instead")
                && [action, kind].iter().any(|word| message.contains(&format!("= {word}"))),
            "with the word, and with what counts: {message}"
        );
    }
}

#[test]
fn one_unknown_row_of_goods_among_known_ones_gives_no_half_order() {
    let cases: [(&str, [&str; 2], u32); 4] = [
        ("an unknown action", ["LEASE", "PRODUCT"], 2),
        ("an unknown kind", ["ORDER", "BUNDLE"], 2),
        ("an unknown kind that names no line", ["ORDER", "BUNDLE"], 0),
        ("an unknown return", ["RETURN", "BUNDLE"], 2),
    ];
    for (what, second, line) in cases {
        let rows = two(["ORDER", "PRODUCT"], second, line);
        let (order, notes) = heard(&graphql(&LINES, rows, json!([]), json!({})));
        assert_eq!(net(&order), ["100.00"; 3], "{what}: both lines count");
        assert!(order.estimated && order.incomplete, "{what}: it is marked");
        assert_eq!(notes.len(), 1, "{what}: told once: {notes:?}");
    }
    // Goods given back in unknown words are told by the refund.
    let rows = json!([
        agreement(1, "ORDER", 2, 0, json!([sale(1, "ORDER", "PRODUCT", 1, "40.0", 1)])),
        agreement(2, "REFUND", 5, 1, json!([sale(2, "UNSOLD", "PRODUCT", -1, "-40.0", 1)]))
    ]);
    let refunds = json!([paid_back(1, &[(1, 1, "RETURN", "40.0")], "40.0")]);
    let (order, _) = heard(&graphql(&[(1, 0, "40.0")], rows, refunds, json!({})));
    assert_eq!(
        postings(&order),
        stated(&[("item_price 02", "40.00"), ("refund_item 05", "-40.00")]),
        "once each"
    );
}

#[test]
fn an_unknown_row_beside_goods_that_are_told_leaves_them_dated() {
    // The goods are told by known rows, an edit on its own day among them; a row of a new kind stands beside them.
    let rows = json!([
        agreement(
            1,
            "ORDER",
            2,
            0,
            json!([
                sale(1, "ORDER", "PRODUCT", 1, "40.0", 1),
                sale(2, "ORDER", "LOYALTY", 1, "1.0", 0)
            ])
        ),
        agreement(
            2,
            "ORDER_EDIT",
            4,
            0,
            json!([sale(3, "ORDER", "PRODUCT", 1, "60.0", 2)])
        )
    ]);
    let (order, notes) = heard(&graphql(&LINES, rows, json!([]), json!({})));
    assert_eq!(
        postings(&order),
        stated(&[("item_price 02", "40.00"), ("item_price 04", "60.00")]),
        "the edit keeps its day, and nothing is guessed of the new kind"
    );
    assert!(
        !order.estimated && order.incomplete,
        "what is known is exact, and something is missing"
    );
    assert!(
        matches!(notes.as_slice(), [("unknown_value", message)] if message.contains("LOYALTY") && message.contains("left out")),
        "{notes:?}"
    );
}

#[test]
fn a_charge_of_unknown_direction_counts_by_its_sign() {
    let rows = json!([
        agreement(
            1,
            "ORDER",
            2,
            0,
            json!([
                sale(1, "ORDER", "PRODUCT", 1, "40.0", 1),
                sale(2, "LEASE", "SHIPPING", 1, "6.0", 0)
            ])
        ),
        agreement(
            2,
            "REFUND",
            5,
            0,
            json!([sale(3, "UNLEASE", "SHIPPING", -1, "-2.0", 0)])
        )
    ]);
    let (order, notes) = heard(&graphql(&LINES[..1], rows, json!([]), json!({})));
    assert_eq!(
        postings(&order),
        stated(&[
            ("item_price 02", "40.00"),
            ("shipping 02", "6.00"),
            ("refund_shipping 05", "-2.00")
        ]),
        "charged and paid back"
    );
    assert!(order.incomplete && notes.len() == 1, "and told: {notes:?}");
}

#[test]
fn a_line_that_no_agreement_sells_is_told_by_all_lines() {
    let rows = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([sale(1, "ORDER", "PRODUCT", 1, "40.0", 1)])
    )]);
    let (order, notes) = heard(&graphql(&LINES, rows.clone(), json!([]), json!({})));
    assert_eq!(net(&order), ["100.00"; 3], "the second line is not lost");
    assert!(
        matches!(notes.as_slice(), [("sale_not_told", message)] if message.contains("line 2")),
        "the line is named: {notes:?}"
    );
    // What was given away needs no row.
    let free = [(1, 1, "40.0"), (1, 1, "0.0")];
    let (order, notes) = heard(&graphql(&free, rows, json!([]), json!({})));
    assert!(notes.is_empty() && !order.estimated, "nothing is missing: {notes:?}");
}

#[test]
fn a_tip_that_stands_among_the_lines_is_a_tip_and_counts_once() {
    let body = |agreements: Value| {
        let mut body = graphql(
            &[(1, 1, "40.0"), (1, 1, "5.0")],
            agreements,
            json!([]),
            json!({"totalTipReceivedSet": bag("5.0")}),
        );
        body["lineItems"]["nodes"][1]["title"] = json!("Tip");
        body["lineItems"]["nodes"][1]["requiresShipping"] = json!(false);
        body
    };
    let goods = sale(1, "ORDER", "PRODUCT", 1, "40.0", 1);
    for line in [2, 0] {
        let rows = json!([agreement(
            1,
            "ORDER",
            2,
            0,
            json!([goods, sale(2, "ORDER", "TIP", 1, "5.0", line)])
        )]);
        let (order, notes) = heard(&body(rows));
        assert!(
            notes.is_empty() && !order.estimated,
            "agreements tell all of it: {notes:?}"
        );
        assert_eq!(
            postings(&order),
            stated(&[("item_price 02", "40.00"), ("tip 02", "5.00")]),
            "the row names line {line}"
        );
        assert_eq!(order.lines.len(), 1, "a tip is no line of goods");
    }
    let (order, _) = heard(&body(json!([])));
    assert_eq!(
        postings(&order),
        stated(&[("item_price 02", "40.00"), ("tip 02", "5.00")]),
        "without agreements: not as goods, and not twice"
    );
    // A product may be called so.
    let rows = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([goods, sale(2, "ORDER", "PRODUCT", 1, "5.0", 2)])
    )]);
    assert_eq!(heard(&body(rows)).0.lines.len(), 2, "what is sold as goods is goods");
}

#[test]
fn an_order_whose_price_nobody_tells_has_none_instead_of_zero() {
    let rows = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([sale(1, "LEASE", "PRODUCT", 1, "40.0", 1)])
    )]);
    let line = json!({"nodes": [{"id": "gid://shopify/LineItem/1", "title": "Item", "quantity": 1}]});
    let (order, notes) = heard(&graphql(&[], rows, json!([]), json!({"lineItems": line})));
    assert!(!order.priced && order.incomplete, "no price is known");
    assert_eq!(
        [
            figure(&order, Definition::OrderTotals, "net_sales"),
            figure(&order, Definition::OrderTotals, "orders")
        ],
        ["-", "1"],
        "an order, and an unknown amount"
    );
    assert!(
        notes.iter().any(|(_, message)| message.contains("no price")),
        "{notes:?}"
    );
}

#[test]
fn a_refund_of_which_no_agreement_tells_is_not_lost() {
    let sold = agreement(1, "ORDER", 2, 0, json!([sale(1, "ORDER", "PRODUCT", 1, "40.0", 1)]));
    let refunds = json!([paid_back(1, &[(1, 1, "RETURN", "40.0")], "40.0")]);
    let settled = |agreements: Value| heard(&graphql(&[(1, 0, "40.0")], agreements, refunds.clone(), json!({})));
    let (order, notes) = settled(json!([sold]));
    assert_eq!(on(&order, Definition::Platform, "net_sales", 5), "-40.00", "on its day");
    assert!(
        order.incomplete && matches!(notes.as_slice(), [("sale_not_told", message)] if message.contains("refund 1")),
        "and told: {notes:?}"
    );
    // Whatever may be that refund is that refund.
    for (refund, reason) in [
        (1, "REFUND"),
        (0, "REFUND"),
        (0, "RETURN"),
        (0, "ORDER_EDIT"),
        (9, "REFUND"),
    ] {
        let back = agreement(
            2,
            reason,
            6,
            refund,
            json!([sale(2, "RETURN", "PRODUCT", -1, "-40.0", 1)]),
        );
        let (order, notes) = settled(json!([sold, back]));
        assert_eq!(net(&order), ["40.00", "0.00", "0.00"], "{reason} of {refund}: once");
        assert!(notes.is_empty(), "{reason} of {refund} is nothing to tell: {notes:?}");
    }
    // An agreement that names another refund, or an edit of another line, is not that refund.
    let other = paid_back(2, &[(2, 1, "RETURN", "60.0")], "60.0");
    let row = |line: u32| json!([sale(2, "RETURN", "PRODUCT", -1, "-60.0", line)]);
    let both = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([
            sale(1, "ORDER", "PRODUCT", 1, "40.0", 1),
            sale(5, "ORDER", "PRODUCT", 1, "60.0", 2)
        ])
    )]);
    for (reason, names) in [("REFUND", 2), ("ORDER_EDIT", 0)] {
        let mut agreements = both.clone();
        let rows = agreements.as_array_mut().expect("agreements");
        rows.push(agreement(2, reason, 6, names, row(2)));
        let mut all = refunds.clone();
        all.as_array_mut().expect("refunds").push(other.clone());
        let lines = [(1, 0, "40.0"), (1, 0, "60.0")];
        let (order, notes) = heard(&graphql(&lines, agreements, all, json!({})));
        assert_eq!(net(&order)[1], "0.00", "{reason}: each is paid back once");
        assert!(
            matches!(notes.as_slice(), [("sale_not_told", message)] if message.contains("refund 1")),
            "{reason}: {notes:?}"
        );
    }
    // A remainder of agreements that is still to come is waited for.
    let mut cut = graphql(&[(1, 0, "40.0")], json!([sold]), refunds.clone(), json!({}));
    cut["agreements"]["pageInfo"] = json!({"hasNextPage": true});
    let (order, notes) = heard(&cut);
    assert!(
        order.incomplete && matches!(notes.as_slice(), [("parts_missing", message)] if message.contains("goes on")),
        "incomplete, and no issue yet but that more is to come: {notes:?}"
    );
    let mut cut = graphql(&LINES, json!([sold]), json!([]), json!({}));
    cut["agreements"]["pageInfo"] = json!({"hasNextPage": true});
    let (order, notes) = heard(&cut);
    assert!(
        order.incomplete && !order.estimated && matches!(notes.as_slice(), [("parts_missing", _)]),
        "the row of the second line may be in it: {notes:?}"
    );
    let money = json!([{"id": "gid://shopify/Refund/1", "processedAt": super::at(5), "totalRefundedSet": bag("7.0"),
        "refundLineItems": {"nodes": []}, "refundShippingLines": {"nodes": []}, "orderAdjustments": {"nodes": []}}]);
    let (order, _) = heard(&graphql(&LINES[..1], json!([sold]), money, json!({})));
    assert_eq!(net(&order), ["40.00"; 3], "money beyond what was sold is no return");
}

#[test]
fn goods_that_are_called_tip_and_are_sent_are_goods() {
    let mut sold = super::tip(1, "30.00");
    sold["requires_shipping"] = json!(true);
    let order = super::clean(&super::order(
        json!([sold]),
        json!({"fulfillments": super::shipped(&[1])}),
    ));
    assert_eq!(
        (
            figure(&order, Definition::OrderTotals, "net_sales").as_str(),
            figure(&order, Definition::OrderTotals, "units").as_str()
        ),
        ("30.00", "1"),
        "a tip is sent to nobody"
    );
}
