//! Figures made of money that nobody has read, and days into which orders fall that nobody has read: neither looks whole.

use std::time::Duration;

use countinghouse_core::api::metrics::{Question, compare, daily, kpis, trends};
use countinghouse_core::api::{Class, Desk, answer};
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Comparison, Definition, Period, Step};
use countinghouse_core::model::Day;
use countinghouse_sim::amazon::{Options, Role};
use countinghouse_sim::world::amazon::AmazonSpec;
use serde_json::{Value, json};

use crate::amazon::{NUMBER, US, import_well, item, ledger, order, page, transaction};
use crate::market::{Market, Seller, shop};
use crate::oracle::spec;
use crate::rig::Rig;

const DEFINITIONS: [Definition; 3] = [Definition::OrderTotals, Definition::Platform, Definition::Accounting];

/// Figures that refunds or fees have a part in under every definition.
const OF_MONEY: [&str; 6] = [
    "refunds",
    "refund_rate",
    "units_returned",
    "gross_profit",
    "contribution",
    "taxes",
];

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn question(from: &str, to: &str, definition: Definition) -> Question {
    Question {
        definition,
        period: Period::new(day(from), day(to)).expect("a period"),
        channels: Vec::new(),
        connection: None,
        today: day("2026-12-31"),
    }
}

/// Every answer about figures of some days, as JSON.
fn answers(profile: &countinghouse_core::app::Profile, q: &Question) -> Value {
    let read = profile.store().read_blocking(|r| {
        let before = q.period.previous(Comparison::SameLength);
        Ok(json!({
            "kpis": kpis(r, q)?, "daily": daily(r, q)?, "compare": compare(r, q, before)?,
            "refunds": trends(r, q, Metric::Refunds, Step::Day, Comparison::SameLength)?,
            "net": trends(r, q, Metric::NetSales, Step::Day, Comparison::SameLength)?,
        }))
    });
    read.expect("answers")
}

fn ask(rig: &Rig, command: &str, args: Value) -> Value {
    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    answer(desk, Class::Read, command, args).unwrap_or_else(|e| panic!("{command} answers: {e}"))
}

fn board(rig: &Rig, definition: Definition) -> Value {
    let args = json!({
        "from": "2026-03-02", "to": "2026-03-10", "compare": "none", "definition": definition.name(), "channels": []
    });
    ask(rig, "dashboard", args)
}

fn tile<'a>(board: &'a Value, metric: &str) -> &'a Value {
    let tiles = board["tiles"].as_array().expect("tiles");
    tiles.iter().find(|t| t["metric"] == metric).expect("a tile")
}

/// An order of March 2 and one of March 10, both at Amazon.com.
fn two_orders() -> String {
    let line = |price: &str| item("1", "SKU-A", 1, "USD", Some(price), Some("1.00"));
    let first = order(NUMBER, US, "SHIPPED", "2026-03-03T10:00:00Z", &[line("20.00")]);
    let second = order(
        "112-4400001-1000002",
        US,
        "SHIPPED",
        "2026-03-11T10:00:00Z",
        &[line("30.00")],
    );
    let second = second.to_string().replace("2026-03-02T18", "2026-03-10T18");
    page(&[first, serde_json::from_str(&second).expect("JSON")])
}

fn refund(id: &str, posted: &str) -> Value {
    let back: &[(&str, &str)] = &[("OurPricePrincipal", "-5.00")];
    transaction(Some(NUMBER), "Refund", id, "RELEASED", posted, &[("SKU-A", 1, back)])
}

#[test]
fn orders_alone_tell_no_refunds_and_nothing_made_of_them_is_shown() {
    let rig = Rig::new();
    import_well(&rig, "orders.json", two_orders());
    for definition in DEFINITIONS {
        let what = definition.name();
        let told = answers(&rig.profile, &question("2026-03-02", "2026-03-10", definition));
        let net = match definition {
            Definition::OrderTotals => json!("50.00"),
            _ => Value::Null,
        };
        for place in [
            "/kpis/kpis",
            "/daily/totals",
            "/kpis/by_platform/amazon",
            "/daily/metrics/0",
        ] {
            let figures = told.pointer(place).unwrap_or_else(|| panic!("{place}: {told}"));
            for name in OF_MONEY {
                assert_eq!(figures[name], Value::Null, "{place} {name} under {what} is not known");
            }
            let shown = match place {
                "/daily/metrics/0" if !net.is_null() => json!("20.00"),
                _ => net.clone(),
            };
            assert_eq!(figures["net_sales"], shown, "{place} net sales under {what}: {figures}");
        }
        assert!(
            told["kpis"]["kpis"]["gross_sales"].is_string() && told["kpis"]["kpis"]["orders"].is_number(),
            "what orders tell is shown under {what}: {told}"
        );
        for point in told["refunds"]["series"].as_array().expect("points") {
            assert_eq!(point["value"], Value::Null, "no day of the course is zero: {point}");
        }
        for complete in [
            &told["kpis"]["completeness"],
            &told["daily"]["completeness"],
            &told["compare"]["current_period"],
            &told["refunds"],
        ] {
            assert_eq!(complete["money_complete"], json!(false), "it is said: {complete}");
            assert_eq!(
                complete["money_text"],
                json!("What Amazon paid back and charged at “Amazon files” was not read for these days"),
                "as a sentence"
            );
            assert!(
                complete["money_hint"].to_string().contains("settlement reports"),
                "with what to do: {complete}"
            );
        }
        let shown = board(&rig, definition);
        let rate = tile(&shown, "refund_rate");
        assert_eq!(
            (&rate["value_text"], &rate["note"]),
            (&json!("–"), &json!("what was paid back and charged was not read")),
            "a dash with its reason: {rate}"
        );
        assert!(shown["money_text"].is_string(), "and the page says it: {shown}");
        let drawn = tile(&shown, "refund_rate")["sparkline"].to_string();
        assert!(!drawn.contains("0.0%"), "no course of nothing is drawn: {drawn}");
    }
    let trace = json!({
        "metric": "refunds", "from": "2026-03-02", "to": "2026-03-10", "definition": "order_totals", "channels": [], "after": 0
    });
    let trace = ask(&rig, "trace", trace);
    assert_eq!(
        (&trace["figure"], &trace["terms"]),
        (&Value::Null, &json!([])),
        "the way down shows no zero either: {trace}"
    );
    assert!(trace["note"].to_string().contains("was not read"), "and why: {trace}");
}

#[test]
fn days_that_a_file_of_money_tells_are_known_and_the_others_are_named() {
    let rig = Rig::new();
    import_well(&rig, "orders.json", two_orders());
    let money = [
        refund("T-1", "2026-03-05T20:00:00Z"),
        refund("T-2", "2026-03-07T20:00:00Z"),
    ];
    import_well(&rig, "money.json", ledger(&money));
    let of = |from: &str, to: &str| answers(&rig.profile, &question(from, to, Definition::Platform))["kpis"].clone();
    let known = of("2026-03-05", "2026-03-07");
    assert_eq!(
        (&known["kpis"]["refunds"], &known["completeness"]["money_complete"]),
        (&json!("10.00"), &json!(true)),
        "days from its first to its last entry: {known}"
    );
    assert_eq!(
        of("2026-03-06", "2026-03-06")["kpis"]["refunds"],
        json!("0.00"),
        "between them nothing was paid back, and that is known"
    );
    let unknown = of("2026-03-08", "2026-03-10");
    assert_eq!(unknown["kpis"]["refunds"], Value::Null, "later days are not: {unknown}");
    let part = of("2026-03-02", "2026-03-10");
    assert_eq!(
        (&part["kpis"]["refunds"], &part["kpis"]["net_sales"]),
        (&json!("10.00"), &json!("40.00")),
        "of all of them the sum of what was read: {part}"
    );
    assert_eq!(
        part["completeness"]["money_text"],
        json!(
            "What Amazon paid back and charged at “Amazon files” was not read for Mar 2 – 4, 2026 and Mar 8 – 10, 2026"
        ),
        "and which days it lacks"
    );
    let rate = board(&rig, Definition::Platform);
    assert!(
        tile(&rate, "refund_rate")["note"]
            .to_string()
            .contains("read for some days only"),
        "the figure says it too: {rate}"
    );
    let settlement = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tamount-type\tamount-description\tamount\tposted-date\n\
        9\t2026-03-01 00:00:00 UTC\t2026-03-12 00:00:00 UTC\t2026-03-13\t-1.00\tUSD\t\t\t\t\t\t\n\
        9\t\t\t\t\t\tother-transaction\t\tother-transaction\tStorage Fee\t-1.00\t2026-03-06\n";
    import_well(&rig, "settlement.tsv", settlement);
    assert_eq!(
        of("2026-03-02", "2026-03-10")["completeness"]["money_complete"],
        json!(true),
        "a settlement tells all from its first to its last day"
    );
}

#[test]
fn a_shop_beside_it_stays_known_by_itself_and_the_total_is_not() {
    let rig = Rig::new();
    import_well(&rig, "orders.json", two_orders());
    let own = json!([{
        "id": 1, "name": "#1", "created_at": "2026-03-04T12:00:00-05:00", "currency": "USD", "financial_status": "paid",
        "taxes_included": false, "test": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
        "line_items": [{"id": 1, "title": "Mug", "sku": "M", "quantity": 1, "price": "10.00", "requires_shipping": true, "tax_lines": []}]
    }]);
    rig.import_in("orders", "shop.json", own.to_string().as_bytes(), "America/New_York");
    let told = answers(
        &rig.profile,
        &question("2026-03-04", "2026-03-04", Definition::OrderTotals),
    );
    let platforms = &told["kpis"]["by_platform"];
    assert_eq!(
        (&platforms["shopify"]["refunds"], &told["kpis"]["kpis"]["refunds"]),
        (&json!("0.00"), &Value::Null),
        "the shop's orders tell their refunds: {told}"
    );
    let rows = told["daily"]["metrics"].as_array().expect("rows");
    let row = rows
        .iter()
        .find(|row| row["platform"] == "shopify")
        .expect("the shop's");
    assert_eq!(row["refunds"], json!("0.00"), "and its day: {row}");
    let mut shop = question("2026-03-04", "2026-03-04", Definition::OrderTotals);
    shop.channels = vec![Channel::Shopify];
    let alone = answers(&rig.profile, &shop);
    assert_eq!(
        (
            &alone["kpis"]["kpis"]["refunds"],
            &alone["kpis"]["completeness"]["money_complete"]
        ),
        (&json!("0.00"), &json!(true)),
        "asked for alone it lacks nothing: {alone}"
    );
}

fn account() -> Options {
    Options {
        speed: 1_000,
        ..Options::default()
    }
}

/// The last so many whole days before a seller's today.
fn last(seller: &Seller, from: i32, to: i32, definition: Definition) -> Question {
    let today = seller.profile().today().expect("a day");
    Question {
        period: Period::new(today.plus(-from), today.plus(-to)).expect("a period"),
        today,
        ..question("2026-03-02", "2026-03-02", definition)
    }
}

#[test]
fn without_the_role_for_finances_the_money_is_unknown_until_it_is_read() {
    let mut seller = Seller::disconnected(Market::selling_held(spec(3, 120, 2), AmazonSpec::new(400), account()));
    seller.connect_amazon(Region::NorthAmerica).expect("it is let in");
    seller.market.sim.set_amazon_role(Role::Finance, false);
    seller.run();
    for definition in DEFINITIONS {
        let told = answers(seller.profile(), &last(&seller, 40, 1, definition));
        for name in OF_MONEY {
            assert_eq!(
                told["kpis"]["kpis"][name],
                Value::Null,
                "{name} under {}",
                definition.name()
            );
        }
        for row in told["daily"]["metrics"].as_array().expect("rows") {
            assert_eq!(row["refunds"], Value::Null, "nor of a day: {row}");
        }
        let complete = &told["kpis"]["completeness"];
        assert_eq!(
            (&complete["orders_complete"], &complete["money_complete"]),
            (&json!(true), &json!(false)),
            "orders are whole, money is not: {complete}"
        );
        assert!(
            complete["money_hint"].to_string().contains("names the role"),
            "what to do: {complete}"
        );
    }
    seller.market.sim.set_amazon_role(Role::Finance, true);
    seller.restart();
    seller.market.wait(Duration::from_secs(86_400));
    seller.sync();
    for definition in DEFINITIONS {
        let told = answers(seller.profile(), &last(&seller, 40, 1, definition));
        let complete = &told["kpis"]["completeness"];
        assert_eq!(
            (&complete["money_complete"], &complete["money_text"]),
            (&json!(true), &Value::Null),
            "everything is read: {complete}"
        );
        for name in ["refunds", "refund_rate", "units_returned", "net_sales", "contribution"] {
            assert!(
                !told["kpis"]["kpis"][name].is_null(),
                "{name} is known again under {}: {told}",
                definition.name()
            );
        }
    }
}

#[test]
fn a_sync_that_reads_the_money_again_takes_no_day_away() {
    let mut seller = Seller::disconnected(Market::selling(
        spec(3, 120, 2),
        AmazonSpec::new(400),
        Options { page: 20, ..account() },
    ));
    seller.connect_amazon(Region::NorthAmerica).expect("it is let in");
    seller.sync();
    seller.market.wait(Duration::from_secs(5 * 86_400));
    // The second page of what is read again does not come.
    seller.market.faults("500:listTransactions@2-99");
    seller.run();
    let old = answers(seller.profile(), &last(&seller, 20, 8, Definition::Platform));
    assert_eq!(
        old["kpis"]["completeness"]["money_complete"],
        json!(true),
        "days that were read stay known: {old}"
    );
    assert!(old["kpis"]["kpis"]["refunds"].is_string(), "with their figures");
    let new = answers(seller.profile(), &last(&seller, 3, 1, Definition::Platform));
    assert_eq!(
        new["kpis"]["kpis"]["refunds"],
        Value::Null,
        "days after them are not known: {new}"
    );
    assert!(
        new["kpis"]["completeness"]["money_hint"].to_string().contains("sync"),
        "and come with a sync: {new}"
    );
}

#[test]
fn a_shop_that_shows_sixty_days_says_that_older_orders_are_not_in_its_figures() {
    let market = Market::new(spec(18, 120, 6), shop());
    market.sim.set_scope("read_all_orders", false);
    let seller = Seller::of(market);
    seller.run();
    for definition in DEFINITIONS {
        let told = answers(seller.profile(), &last(&seller, 28, 1, definition));
        for complete in [
            &told["kpis"]["completeness"],
            &told["daily"]["completeness"],
            &told["net"],
            &told["compare"]["current_period"],
            &told["compare"]["previous_period"],
        ] {
            assert_eq!(
                (&complete["orders_complete"], &complete["older_orders_complete"]),
                (&json!(true), &json!(false)),
                "orders of these days are whole, what became of older ones is not known: {complete}"
            );
            let text = complete["older_orders_text"].as_str().expect("a sentence");
            assert!(
                text.starts_with("Refunds and shipments of orders before ") && text.ends_with("the last 60 days only"),
                "{text}"
            );
            assert_eq!(
                complete["older_orders_from"], complete["orders_complete_from"],
                "by the day the shop shows orders from: {complete}"
            );
        }
        assert!(
            told["kpis"]["kpis"]["refunds"].is_string(),
            "the sums stay: they are the least there is"
        );
    }
    let before = last(&seller, 110, 90, Definition::OrderTotals);
    assert_eq!(
        answers(seller.profile(), &before)["kpis"]["completeness"]["older_orders_text"],
        Value::Null,
        "of days without any order something else is said"
    );
    let whole = Seller::new(spec(18, 120, 6));
    whole.sync();
    let told = answers(whole.profile(), &last(&whole, 28, 1, Definition::Accounting));
    let complete = &told["kpis"]["completeness"];
    assert_eq!(
        (
            &complete["older_orders_complete"],
            &complete["older_orders_from"],
            &complete["older_orders_text"]
        ),
        (&json!(true), &Value::Null, &Value::Null),
        "a shop that shows all of its orders lacks none: {complete}"
    );
}

#[test]
fn files_say_that_orders_before_their_first_one_are_not_in_their_figures() {
    let rig = Rig::new();
    let own = |id: u32, day: &str| {
        json!({
            "id": id, "name": format!("#{id}"), "created_at": format!("{day}T12:00:00-05:00"), "currency": "USD",
            "financial_status": "paid", "taxes_included": false, "test": false, "shipping_lines": [], "refunds": [],
            "fulfillments": [],
            "line_items": [{"id": id, "title": "Mug", "sku": "M", "quantity": 1, "price": "10.00", "requires_shipping": true, "tax_lines": []}]
        })
    };
    let file = json!([own(1, "2026-03-02"), own(2, "2026-03-10")]);
    rig.import_in("orders", "shop.json", file.to_string().as_bytes(), "America/New_York");
    let told = answers(
        &rig.profile,
        &question("2026-03-04", "2026-03-08", Definition::Platform),
    );
    let complete = &told["kpis"]["completeness"];
    assert_eq!(
        (
            &complete["older_orders_complete"],
            &complete["older_orders_from"],
            &complete["older_orders_text"]
        ),
        (
            &json!(false),
            &json!("2026-03-02"),
            &json!(
                "Refunds and shipments of orders before Mar 2, 2026 are not in it: no file of “Shopify files” tells of them"
            )
        ),
        "days between are whole but for that: {complete}"
    );
    for (definition, metric, said) in [
        (Definition::OrderTotals, "net_sales", false),
        (Definition::OrderTotals, "refund_rate", true),
        (Definition::Platform, "net_sales", true),
        (Definition::Platform, "orders", false),
        (Definition::Accounting, "orders", true),
    ] {
        let shown = board(&rig, definition);
        let note = tile(&shown, metric)["note"].to_string();
        assert_eq!(
            note.contains("older orders"),
            said,
            "{metric} under {}: {note}",
            definition.name()
        );
        assert!(shown["older_orders_text"].is_string(), "the page says it: {shown}");
        let lines = shown["completeness"]["lines"].to_string();
        assert!(lines.contains("Older orders"), "beside what is complete: {lines}");
    }
}
