//! From a figure down to the bytes.

use countinghouse_core::metrics::Definition;
use countinghouse_core::metrics::catalog::{Metric, Unit};
use countinghouse_core::model::{Currency, Money};
use serde_json::{Value, json};

use super::{Shop, find};

fn trace(shop: &Shop, metric: &str, definition: &str, after: usize) -> Value {
    shop.read(
        "trace",
        json!({
            "metric": metric, "from": "2026-05-20", "to": "2026-05-28", "definition": definition, "channels": [], "after": after
        }),
    )
}

/// A plain decimal in millionths, exactly.
fn number(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is a text"));
    Money::parse(text, Currency::USD).expect("a plain decimal").micros
}

/// The sum of `amount` over rows.
fn sum(rows: &Value) -> i64 {
    rows.as_array()
        .into_iter()
        .flatten()
        .map(|row| number(&row["amount"]))
        .sum()
}

#[test]
fn terms_and_orders_add_up_to_every_sum_under_every_definition() {
    let shop = Shop::open();
    for definition in Definition::ALL {
        let tiles = shop.read(
            "dashboard",
            json!({
                "from": "2026-05-20", "to": "2026-05-28", "compare": "none", "definition": definition.name(), "channels": []
            }),
        );
        let mut traced = 0;
        for metric in Metric::ALL
            .iter()
            .filter(|m| m.unit() != Unit::Rate && **m != Metric::Aov)
        {
            let answer = trace(&shop, metric.name(), definition.name(), 0);
            if answer["figure_text"] == "–" {
                continue;
            }
            traced += 1;
            let what = format!("{} by {}", metric.name(), definition.name());
            assert_eq!(
                sum(&answer["terms"]),
                sum(&answer["orders"]),
                "{what}: sums and orders agree"
            );
            let shown = tiles["tiles"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|t| t["metric"] == metric.name());
            if let Some(tile) = shown {
                assert_eq!(
                    sum(&answer["terms"]),
                    number(&tile["raw"]),
                    "{what}: the sums are the figure on the overview"
                );
                assert_eq!(
                    answer["figure_text"], tile["value_text"],
                    "{what}: both pages write it alike"
                );
            }
        }
        assert!(traced >= 12, "most figures are known by {}", definition.name());
    }
}

#[test]
fn a_figure_opens_down_to_the_stored_bytes() {
    let shop = Shop::open();
    let answer = trace(&shop, "refunds", "order_totals", 0);
    assert_eq!(answer["figure_text"], "$13.38", "a mug and its tax were paid back");
    assert_eq!(
        find(&answer["terms"], "label", "Returned items")["amount_text"],
        "$12.50",
        "shown positive, as the figure is"
    );
    assert_eq!(answer["orders_text"], "1 order", "one order stands behind it");
    let order = find(&answer["orders"], "name", "#1003");
    let posting = find(&order["postings"], "kind", "refund_item");
    assert_eq!(posting["amount_text"], "−$12.50", "the ledger row has its own sign");
    assert_eq!(posting["amount"], "-12.50", "for machines as a plain decimal");
    assert_eq!(posting["flags"], json!(["restocked"]), "its marks, too");
    let spoken = |row: &Value| row.get("raw").is_some_and(|raw| !raw.is_i64());
    assert!(
        !spoken(order) && !spoken(&answer["terms"][0]) && posting["raw"].is_i64(),
        "“raw” is a stored record and nothing else: {order}"
    );
    assert_eq!(posting["event_day"], "2026-05-28", "the day of the refund");
    assert_eq!(posting["line"], "Stoneware mug", "what came back");
    let path = posting["path"].as_str().expect("a path").to_owned();
    let raw = shop.read("raw", json!({"id": posting["raw"]}));
    let record: Value = serde_json::from_str(raw["text"].as_str().expect("the bytes")).expect("JSON");
    let pointer = path.trim_start_matches('$').replace(['.', '['], "/").replace(']', "");
    let row = record
        .pointer(&pointer)
        .unwrap_or_else(|| panic!("{path} leads nowhere"));
    assert_eq!(
        row["totalAmount"]["shopMoney"]["amount"], "-13.38",
        "{path}: the platform's own row"
    );
    assert_eq!(order["raws"][0], posting["raw"], "the order names the record too");
}

#[test]
fn a_ratio_shows_what_stands_above_and_below_the_line() {
    let shop = Shop::open();
    let answer = trace(&shop, "aov", "order_totals", 0);
    assert_eq!(answer["figure_text"], "$33.17", "199.00 over six orders");
    assert_eq!(
        find(&answer["terms"], "label", "÷ Orders with a price")["amount_text"],
        "6",
        "below the line"
    );
    assert_eq!(
        find(&answer["terms"], "label", "Item price")["amount"],
        "201.50",
        "above the line"
    );
    assert_eq!(
        sum(&answer["orders"]),
        199_000_000,
        "orders show what they add above the line"
    );
    let profit = trace(&shop, "gross_profit", "order_totals", 0);
    let today = find(&profit["orders"], "name", "#1004");
    assert_eq!(today["amount_text"], "$25.50", "three mugs at a known cost");
    let kinds: Vec<&str> = today["postings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|p| p["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["item_price", "cogs"], "sale and cost stand behind it");
}

#[test]
fn a_long_trace_goes_on_after_what_was_shown() {
    let shop = Shop::open();
    let whole = trace(&shop, "orders", "order_totals", 0);
    assert_eq!(
        (&whole["orders_text"], &whole["more"]),
        (&json!("6 orders, newest first"), &json!(false)),
        "all fit"
    );
    let names = |answer: &Value| -> Vec<String> {
        let orders = answer["orders"].as_array().into_iter().flatten();
        orders.filter_map(|o| o["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names(&whole)[0], "#1004", "newest first");
    let rest = trace(&shop, "orders", "order_totals", 4);
    assert_eq!(names(&rest), names(&whole)[4..], "the rest, none twice");
    assert_eq!(rest["more"], false, "and nothing after it");
}

#[test]
fn a_figure_is_data_beside_its_text() {
    let shop = Shop::open();
    let of = |metric: &str| {
        let answer = trace(&shop, metric, "order_totals", 0);
        (
            answer["figure"].clone(),
            answer["unit"].clone(),
            answer["figure_text"].clone(),
        )
    };
    let (figure, unit, text) = of("net_sales");
    let plain = text.as_str().expect("a text").replace(['$', ','], "");
    assert_eq!(
        (figure, unit),
        (Value::from(plain), "money".into()),
        "an amount is a text of digits"
    );
    assert_eq!(
        trace(&shop, "net_sales", "order_totals", 0)["currency"],
        "USD",
        "its currency stands beside it"
    );
    let (figure, unit, text) = of("orders");
    assert_eq!(
        (figure.as_i64().map(|n| n.to_string()), unit),
        (text.as_str().map(str::to_owned), "count".into()),
        "a count is a number"
    );
    let (figure, unit, _) = of("refund_rate");
    assert!(
        figure.is_number() && figure.to_string().starts_with("0."),
        "a ratio is a share, no percent: {figure}"
    );
    assert_eq!(unit, "rate", "and says so");
    assert_eq!(of("ad_spend").0, Value::Null, "what is unknown is null, not a dash");
    let answer = shop.read(
        "trace",
        json!({
            "metric": "aov", "from": "2026-05-25", "to": "2026-05-25", "definition": "order_totals", "channels": [], "after": 0
        }),
    );
    assert_eq!(
        answer["figure"],
        Value::Null,
        "nothing was ordered on that day: {answer}"
    );
    let note = answer["note"].as_str().unwrap_or_default();
    assert!(
        note.starts_with("Unknown: no order has a price."),
        "and it says why: {note}"
    );
}
