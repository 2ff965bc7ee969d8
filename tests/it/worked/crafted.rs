//! Orders in the older shape that leave out, contradict or overstate something: what of them counts, what is told, and what is
//! set aside (LEDGER rulings 5 and 11 to 15). Amounts can be added up by hand.

use std::collections::BTreeMap;

use countinghouse_core::connectors::{
    Channel, Fact, OrderFact, RawRecord, ReadCtx, ReadError, Settled, Source, StoredRaw, reader,
};
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Contribution, Definition, Measures, contributions};
use countinghouse_core::model::{Flags, Order, Zone};
use serde_json::{Value, json};

fn at(day: u32) -> String {
    format!("2026-03-{day:02}T15:00:00Z")
}

/// An order of the 2nd in USD with these lines; `more` replaces members.
fn order(lines: Value, more: Value) -> Value {
    let mut order = json!({
        "id": 1, "name": "#1", "created_at": at(2), "processed_at": at(2), "updated_at": at(20), "currency": "USD",
        "financial_status": "paid", "taxes_included": false, "line_items": lines, "shipping_lines": [],
        "fulfillments": [], "refunds": []
    });
    for (name, value) in more.as_object().expect("members") {
        order[name] = value.clone();
    }
    order
}

/// A line of one unit without tax and discounts; `more` replaces members, `null` takes them away.
fn line(id: u64, price: &str, more: Value) -> Value {
    let mut line = json!({
        "id": id, "title": format!("Item {id}"), "sku": format!("S{id}"), "product_id": 1, "variant_id": 2, "quantity": 1,
        "price": price, "requires_shipping": true, "gift_card": false, "tax_lines": [], "discount_allocations": []
    });
    for (name, value) in more.as_object().expect("members") {
        line[name] = value.clone();
    }
    line
}

fn money(amount: &str) -> Value {
    json!({"shop_money": {"amount": amount, "currency_code": "USD"}})
}

fn shipped(lines: &[u64]) -> Value {
    let lines: Vec<Value> = lines.iter().map(|id| json!({"id": id, "quantity": 1})).collect();
    json!([{"id": 1, "created_at": at(3), "status": "success", "line_items": lines}])
}

/// A refund of the 5th with these lines (line, restock type, subtotal); `more` adds members.
fn refund(lines: &[(u64, &str, &str)], more: Value) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(id, restock, subtotal)| {
            json!({"line_item_id": id, "quantity": 1, "restock_type": restock, "subtotal": subtotal, "total_tax": "0.00"})
        })
        .collect();
    let mut refund = json!({"id": 1, "created_at": at(5), "processed_at": at(5), "refund_line_items": lines});
    for (name, value) in more.as_object().expect("members") {
        refund[name] = value.clone();
    }
    json!([refund])
}

fn settle_as(source: Source, facet: &str, body: &Value) -> Result<Settled, ReadError> {
    let raw = StoredRaw {
        id: 7,
        fetched_at: 0,
        record: RawRecord {
            stream: "orders".into(),
            key: "1".into(),
            facet: facet.to_owned().into(),
            source,
            version: 0,
            bytes: body.to_string().into_bytes(),
        },
    };
    let ctx = ReadCtx {
        zone: Zone::UTC,
        currency: None,
    };
    let shopify = reader(Channel::Shopify);
    let facts = shopify.extract(&ctx, &raw)?;
    let facts: Vec<&OrderFact> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Order(fact) => Some(fact.as_ref()),
            _ => None,
        })
        .collect();
    shopify.settle(&ctx, "1", &facts)
}

fn settle(body: &Value) -> Result<Settled, ReadError> {
    settle_as(Source::Legacy, "order", body)
}

/// The order of a record that gives no reason for an issue.
fn clean(body: &Value) -> Order {
    let settled = settle(body).expect("the record is read");
    assert_eq!(settled.notes, vec![], "nothing is wrong with it");
    settled.order.expect("an order")
}

/// The order of a record, and the code and message of its one issue.
fn told(body: &Value) -> (Order, &'static str, String) {
    let settled = settle(body).expect("the record is read");
    let [note] = settled.notes.as_slice() else {
        panic!("one issue, not {:?}", settled.notes)
    };
    (settled.order.expect("an order"), note.code, note.message.clone())
}

/// Code and message of why a record is set aside.
fn aside(body: &Value) -> (&'static str, String) {
    let error = settle(body).expect_err("the record is set aside");
    (error.code, error.message)
}

/// Amounts by kind and day of March, with `c` for what was withdrawn.
fn postings(order: &Order) -> BTreeMap<String, String> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for p in &order.postings {
        let flag = if p.flags.has(Flags::CANCELLED) { " c" } else { "" };
        let day = p.event_at.day(Zone::UTC).to_string();
        *sums
            .entry(format!("{} {}{flag}", p.kind.name(), &day[8..]))
            .or_default() += p.micros;
    }
    sums.retain(|_, micros| *micros != 0);
    sums.into_iter()
        .map(|(key, micros)| (key, order.currency.format(micros)))
        .collect()
}

fn stated(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter()
        .map(|(key, amount)| ((*key).to_owned(), (*amount).to_owned()))
        .collect()
}

/// A figure of one day of March.
fn on(order: &Order, definition: Definition, metric: &str, day: u32) -> String {
    let mut sum = Measures::default();
    let (rows, _) = contributions(order, Zone::UTC);
    let of_day = |row: &&Contribution| row.definition == definition && row.day.to_string() == at(day)[..10];
    rows.iter().filter(of_day).for_each(|row| sum.merge(&row.measures, 1));
    let metric = Metric::from_name(metric).expect("a metric");
    metric
        .value(definition, &sum)
        .map_or("-".into(), |v| v.text(order.currency))
}

/// A figure over all days.
fn figure(order: &Order, definition: Definition, metric: &str) -> String {
    let mut total = Measures::default();
    let (rows, _) = contributions(order, Zone::UTC);
    for row in rows.iter().filter(|r| r.definition == definition) {
        total.merge(&row.measures, 1);
    }
    let metric = Metric::from_name(metric).expect("a metric");
    metric
        .value(definition, &total)
        .map_or("-".into(), |v| v.text(order.currency))
}

fn tip(id: u64, price: &str) -> Value {
    let none = Value::Null;
    line(
        id,
        price,
        json!({"title": "Tip", "product_id": none, "variant_id": none, "requires_shipping": false}),
    )
}

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
    assert_eq!(
        figure(&order, Definition::Platform, "tips"),
        "0.00",
        "nothing of it is left"
    );
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
    let order = clean(&kept);
    assert_eq!(
        figure(&order, Definition::OrderTotals, "tips"),
        "5.00",
        "the tip was kept"
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
            "lineItems": {"nodes": [{"id": "gid://shopify/LineItem/1", "title": "A", "quantity": 1, "originalTotalSet": bag("40.0")}]},
            "agreements": {"nodes": agreements}
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
    let (order, _) = settled(json!([agreed(2, "REFUND", json!([sale(3, "RETURN", "-40.0", -1)]))]));
    assert_eq!(
        figure(&order, Definition::OrderTotals, "net_sales"),
        "40.00",
        "the sale is told by its line"
    );
    assert!(order.estimated, "and marked");
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

/// The order's amounts by kind, whatever the day.
fn kinds(order: &Order) -> BTreeMap<&'static str, i64> {
    let mut sums = BTreeMap::new();
    for p in &order.postings {
        *sums.entry(p.kind.name()).or_insert(0) += p.micros;
    }
    sums.retain(|_, micros| *micros != 0);
    sums
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
