//! The overview and what stands around it.

use countinghouse_core::api::Class;
use serde_json::{Value, json};

use super::{Shop, find};

fn dashboard(shop: &Shop, change: &[(&str, Value)]) -> Value {
    let mut args = json!({
        "from": "2026-05-22", "to": "2026-05-28", "compare": "same-length", "definition": "order_totals", "channels": []
    });
    for (field, value) in change {
        args[*field] = value.clone();
    }
    shop.read("dashboard", args)
}

fn tile<'a>(dashboard: &'a Value, metric: &str) -> &'a Value {
    find(&dashboard["tiles"], "metric", metric)
}

#[test]
fn the_overview_shows_the_week_against_the_week_before() {
    let shop = Shop::open();
    shop.prove_since("2026-05-15");
    let answer = dashboard(&shop, &[]);
    assert_eq!(
        answer["range"]["label"], "May 22 – 28, 2026",
        "the range as people write it"
    );
    assert_eq!(answer["previous"]["label"], "May 15 – 21, 2026", "the days before");
    // 25.00 − 2.50 + 38.00 + 12.50 + 38.00 + 37.50 + 12.50; the week before sold one apron.
    let net = tile(&answer, "net_sales");
    assert_eq!(net["value_text"], "$161.00", "net sales of five orders");
    assert_eq!(net["raw"], "161.00", "the same for machines");
    assert_eq!(net["previous_text"], "$38.00", "one apron the week before");
    assert_eq!(net["change_text"], "+323.7%", "the change against it");
    assert_eq!(
        (&net["change_direction"], &net["good"]),
        (&json!("up"), &json!(true)),
        "more sales are welcome"
    );
    assert_eq!(tile(&answer, "orders")["value_text"], "5", "orders of the week");
    assert_eq!(tile(&answer, "units")["value_text"], "9", "units of the week");
    assert_eq!(tile(&answer, "aov")["value_text"], "$32.20", "161.00 over five orders");
    let rate = tile(&answer, "refund_rate");
    assert_eq!(rate["value_text"], "7.5%", "13.38 paid back of 177.52 charged");
    assert_eq!(
        rate["change_text"], "+7.5 points",
        "rates differ by points, not percent"
    );
    assert_eq!(rate["good"], json!(false), "more refunds are not welcome");
    assert_eq!(
        answer["not_final_text"], "Today is not final yet",
        "the clock stands on the last day"
    );
    assert_eq!(answer["currencies"], json!(["USD"]), "one currency");
    assert_eq!(answer["blocked"], Value::Null, "there is a total");
    let insights = answer["insights"].to_string();
    assert!(
        insights.contains("Net sales are up 323.7% on May 15 – 21, 2026"),
        "the change as a sentence: {insights}"
    );
    assert!(
        insights.contains("“\u{2068}") && insights.contains("\u{2069}” sold best"),
        "a product's name keeps its direction of writing to itself: {insights}"
    );
}

#[test]
fn unknown_is_a_dash_with_its_reason_and_never_zero() {
    let shop = Shop::open();
    let answer = dashboard(&shop, &[]);
    let ads = tile(&answer, "ad_spend");
    assert_eq!(
        (&ads["value_text"], &ads["raw"]),
        (&json!("–"), &Value::Null),
        "no advertising is known"
    );
    assert_eq!(ads["note"], "no advertising costs are known", "and it says so");
    // The unit cost was first seen today, so only today's mugs have one.
    let profit = tile(&answer, "gross_profit");
    assert_eq!(
        profit["value_text"], "$25.50",
        "3 × (12.50 − 4.00), aprons have no cost"
    );
    assert_eq!(
        profit["note"], "without what happened to older orders; cost known for 33.3% of units",
        "how much of it is known"
    );
    let before = dashboard(&shop, &[("to", json!("2026-05-26"))]);
    let profit = tile(&before, "gross_profit");
    assert_eq!(profit["value_text"], "–", "no cost was known then");
    assert_eq!(profit["note"], "no unit cost is known", "and it says so");
    let empty = dashboard(&shop, &[("from", json!("2026-05-22")), ("to", json!("2026-05-22"))]);
    assert_eq!(
        tile(&empty, "net_sales")["value_text"],
        "$0.00",
        "nothing sold is a known nothing"
    );
    assert_eq!(tile(&empty, "aov")["value_text"], "–", "but its average is none");
    assert_eq!(
        empty["best_products_chart"],
        Value::Null,
        "and there is no best product"
    );
}

#[test]
fn channels_are_told_apart_and_filter_the_page() {
    let shop = Shop::open();
    let answer = dashboard(&shop, &[]);
    let channels = answer["channels"].as_array().expect("channels");
    assert_eq!(channels[0]["label"], "Online Store", "best first");
    assert_eq!(channels[0]["revenue_text"], "$110.50", "22.50 + 50.50 + 37.50");
    assert_eq!(channels[0]["share_text"], "68.6%", "of all net sales");
    assert_eq!(channels[1]["revenue_text"], "$50.50", "the till");
    assert!(
        answer["share"]["svg"]
            .as_str()
            .is_some_and(|svg| svg.starts_with("<svg")),
        "shares are drawn"
    );
    let code = channels[1]["channel"].clone();
    assert_eq!(
        find(
            &shop.read("frame", json!({}))["channels"],
            "code",
            "shopify/Point of Sale"
        )["code"],
        code,
        "the frame offers it"
    );
    let till = dashboard(&shop, &[("channels", json!([code]))]);
    assert_eq!(tile(&till, "net_sales")["value_text"], "$50.50", "only the till");
    assert_eq!(tile(&till, "orders")["value_text"], "2", "its orders");
    assert_eq!(
        till["recent_orders"].as_array().map(Vec::len),
        Some(2),
        "its latest orders"
    );
    let best = &till["best_products"];
    assert_eq!(find(best, "sku", "MUG-350")["units_text"], "1", "its mugs only");
    assert_eq!(till["share"], Value::Null, "one channel has no shares");
}

#[test]
fn best_products_have_the_names_of_the_catalogue() {
    let shop = Shop::open();
    let best = dashboard(&shop, &[])["best_products"].clone();
    let mug = find(&best, "sku", "MUG-350");
    assert_eq!(
        mug["title"], "Stoneware mug · 350 ml",
        "as the catalogue calls it, not as a hostile order line does"
    );
    assert_eq!(mug["units_text"], "7", "mugs sold");
    assert_eq!(mug["net_text"], "$85.00", "their net sales");
    assert_eq!(
        mug["profit_text"], "$25.50 (3 of 7 units)",
        "over the units with a known cost"
    );
    let apron = find(&best, "sku", "APR-OCH");
    assert_eq!(
        (&apron["net_text"], &apron["profit_text"]),
        (&json!("$76.00"), &json!("–")),
        "its cost is unknown"
    );
}

#[test]
fn amounts_of_two_currencies_have_no_total() {
    let shop = Shop::open();
    shop.import("orders", "orders-eur");
    let answer = dashboard(&shop, &[]);
    assert!(
        answer["blocked"]
            .as_str()
            .is_some_and(|why| why.contains("EUR and USD")),
        "the reason: {}",
        answer["blocked"]
    );
    let net = tile(&answer, "net_sales");
    assert_eq!(net["value_text"], "–", "dollars and euros have no sum");
    assert_eq!(net["note"], "amounts are in several currencies", "and it says so");
    let rate = tile(&answer, "refund_rate");
    assert_eq!(
        rate["value_text"], "–",
        "nor has euros refunded over dollars sold a meaning"
    );
    assert_eq!(
        tile(&answer, "orders")["value_text"],
        "6",
        "orders are counted all the same"
    );
    assert_eq!(
        answer["insights"],
        json!([]),
        "nothing is said about a sum that is none"
    );
    assert_eq!(answer["currencies"], json!(["EUR", "USD"]), "both are named");
}

#[test]
fn days_are_the_shops_own_and_the_definition_moves_them() {
    let shop = Shop::open();
    // #1006 was placed on May 28 in UTC, late on May 27 in New York.
    let day = |definition: &str| {
        let change = [
            ("from", json!("2026-05-27")),
            ("to", json!("2026-05-27")),
            ("definition", json!(definition)),
        ];
        tile(&dashboard(&shop, &change), "net_sales")["raw"].clone()
    };
    assert_eq!(day("order_totals"), "101.00", "38.00 + 50.50 + 12.50");
    assert_eq!(
        day("accounting"),
        "128.50",
        "what shipped that day, #1001 with its shipping too"
    );
    let today = dashboard(
        &shop,
        &[("from", json!("2026-05-28")), ("definition", json!("platform"))],
    );
    assert_eq!(
        tile(&today, "net_sales")["raw"],
        "25.00",
        "37.50 sold less 12.50 returned"
    );
    assert_eq!(
        today["definition"]["label"], "As the platform reports it",
        "the answer names its definition"
    );
}

#[test]
fn a_setting_is_kept_and_told() {
    let shop = Shop::open();
    let mut events = shop.rig.app.events();
    let set = |key: &str, value: &str| shop.ask(Class::Change, "set_setting", json!({"key": key, "value": value}));
    set("costs.backdate", "true").expect("a known setting");
    assert!(events.try_recv().is_ok(), "pages hear of it");
    let answer = dashboard(&shop, &[]);
    let profit = tile(&answer, "gross_profit");
    assert_eq!(
        profit["value_text"], "$48.50",
        "85.00 less 12.50 returned, 7 × 4.00 of cost, 4.00 of it back in stock"
    );
    set("theme", "dark").expect("a known setting");
    assert_eq!(shop.read("frame", json!({}))["theme"], "dark", "the frame knows");
    let groups = shop.read("settings", json!({}))["groups"].clone();
    assert_eq!(
        find(&groups[0]["items"], "key", "costs.backdate")["value"],
        "true",
        "the page shows it"
    );
    set("zone", "Asia/Tokyo").expect("a known zone");
    assert_eq!(
        shop.read("frame", json!({}))["today"],
        "2026-05-29",
        "it is tomorrow there"
    );
}
