//! Figures say of which days the orders behind them are all here, nothing is compared with other days, and what is not known is
//! never zero.

use countinghouse_core::api::metrics::{Question, compare, daily, kpis, trends};
use countinghouse_core::api::{Class, Desk, answer, lists};
use countinghouse_core::app::ImportOptions;
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Comparison, Definition, Period, Step};
use countinghouse_core::model::Day;
use countinghouse_core::store::ConnectionId;
use countinghouse_core::sync::{Cancel, Options};
use serde_json::{Value, json};

use crate::crew::{NOON, Office, marketplace};
use crate::market::{Market, Seller};
use crate::oracle::spec;
use crate::rig::Rig;

/// Days of the seller's life.
const DAYS: u32 = 40;

/// An office whose shop was read from `since` on.
fn read_since(office: &Office, connection: i64, since: Option<i64>) {
    let profile = office.app.profile(None).expect("the profile opens");
    let options = Options {
        since,
        ..Options::default()
    };
    let run = profile.sync(ConnectionId(connection), options, Cancel::default(), |_| {});
    office.runtime.block_on(run).expect("a run that ends well");
}

fn day(office: &Office, back: i32) -> Day {
    let profile = office.app.profile(None).expect("the profile opens");
    profile.today().expect("a day").plus(-back)
}

fn overview(office: &Office, back: i32) -> Value {
    let asked = json!({
        "from": day(office, back), "to": day(office, 0), "compare": "same-length",
        "definition": "order_totals", "channels": [],
    });
    office.must("dashboard", asked)
}

fn question(office: &Office, back: i32) -> Question {
    Question {
        definition: Definition::OrderTotals,
        period: Period::new(day(office, back), day(office, 0)).expect("a period"),
        channels: Vec::new(),
        connection: None,
        today: day(office, 0),
    }
}

fn line<'a>(answer: &'a Value, label: &str) -> &'a Value {
    let lines = answer["completeness"]["lines"].as_array().expect("lines");
    lines.iter().find(|l| l["label"] == label).expect("a line of that name")
}

#[test]
fn half_a_history_is_compared_with_nothing_and_says_where_it_begins() {
    let office = Office::new();
    let (server, _) = marketplace(&office, DAYS);
    let connection = office.connect(&server);

    let none = overview(&office, 4);
    assert!(none["missing_text"].is_string(), "nothing was fetched yet: {none}");
    assert_eq!(line(&none, "Orders")["ok"], json!(false), "so nothing is complete");
    for tile in none["tiles"].as_array().expect("tiles") {
        assert_eq!(
            tile["value_text"], "–",
            "a figure of orders that nobody fetched: {tile}"
        );
    }

    // From twelve days before now on: eleven whole days and today.
    read_since(&office, connection, Some(NOON - 12 * 86_400));
    let inside = overview(&office, 4);
    assert_eq!(
        inside["missing_text"],
        Value::Null,
        "five days and the five before are here: {inside}"
    );
    assert!(
        inside["tiles"][0]["change_text"].is_string(),
        "and are compared: {inside}"
    );
    assert_eq!(line(&inside, "Orders")["ok"], json!(true), "nothing is missing in them");

    let half = overview(&office, 8);
    let missing = half["missing_text"]
        .as_str()
        .expect("the nine days before are not all here");
    assert!(missing.starts_with("Orders before "), "it names the day: {missing}");
    for tile in half["tiles"].as_array().expect("tiles") {
        assert_eq!(
            tile["change_text"],
            Value::Null,
            "a change against half a period: {tile}"
        );
        assert_eq!(
            tile["previous_text"],
            Value::Null,
            "half a period as the earlier figure: {tile}"
        );
    }
    assert!(
        half["tiles"][0]["note"].is_null(),
        "the nine days themselves are whole: {half}"
    );

    let beyond = overview(&office, 20);
    let note = beyond["tiles"][0]["note"]
        .as_str()
        .expect("a note at the figure itself");
    assert!(
        note.contains("older orders are missing"),
        "says what is missing: {note}"
    );
    assert_eq!(beyond["insights"], json!([]), "nothing stands out in half a range");

    let profile = office.app.profile(None).expect("the profile opens");
    let (nine, previous) = (question(&office, 8), Comparison::SameLength);
    let answer = profile
        .store()
        .read_blocking(|r| {
            let compared = compare(r, &nine, nine.period.previous(previous))?;
            let course = trends(r, &nine, Metric::Orders, Step::Day, previous)?;
            let part = kpis(r, &question(&office, 8))?;
            let beyond = kpis(r, &question(&office, 20))?;
            Ok(json!({ "compared": compared, "course": course, "part": part, "beyond": beyond }))
        })
        .expect("answers");
    assert!(
        answer["compared"]["incomplete"].is_string(),
        "the command line says it too: {answer}"
    );
    assert_eq!(
        answer["compared"]["changes"]["orders_change"],
        Value::Null,
        "no change of halves"
    );
    assert_eq!(
        answer["course"]["series"][0]["previous"],
        Value::Null,
        "nor a course of them"
    );
    assert_eq!(
        answer["part"]["completeness"]["orders_complete"],
        json!(true),
        "nine whole days"
    );
    assert_eq!(
        answer["beyond"]["completeness"]["orders_complete"],
        json!(false),
        "not so three weeks"
    );
    assert!(
        answer["beyond"]["completeness"]["orders_complete_from"].is_string(),
        "they begin within"
    );

    let costs = answer["part"]["completeness"]["costs_text"]
        .as_str()
        .expect("some costs are not known");
    assert!(
        costs.starts_with("Cost known for "),
        "profit says over what it is known: {costs}"
    );

    read_since(&office, connection, None);
    let whole = overview(&office, 20);
    assert_eq!(
        whole["missing_text"],
        Value::Null,
        "all of the history is here: {whole}"
    );
    assert_eq!(line(&whole, "Orders")["value_text"], json!("all"), "and it says so");
}

#[test]
fn what_was_never_fetched_is_unknown_and_not_zero() {
    let office = Office::new();
    let all = |answer: Value, what: &str| {
        let figures = answer.as_object().expect("figures").clone();
        assert!(!figures.is_empty(), "{what} has figures");
        for (name, figure) in figures {
            assert_eq!(
                figure,
                Value::Null,
                "{what}: {name} of a profile without any connection"
            );
        }
    };
    let profile = office.app.profile(None).expect("the profile opens");
    let asked = question(&office, 8);
    let answer = profile
        .store()
        .read_blocking(|r| Ok(serde_json::to_value(kpis(r, &asked)?).expect("JSON")))
        .expect("an answer");
    all(answer["kpis"].clone(), "a period");
    drop(profile);

    let (server, _) = marketplace(&office, DAYS);
    let connection = office.connect(&server);
    read_since(&office, connection, Some(NOON - 12 * 86_400));
    let profile = office.app.profile(None).expect("the profile opens");
    let long_ago = Period::new(day(&office, 65), day(&office, 60)).expect("a period");
    let answer = profile
        .store()
        .read_blocking(|r| {
            let old = Question {
                period: long_ago,
                ..question(&office, 8)
            };
            Ok(serde_json::to_value(kpis(r, &old)?).expect("JSON"))
        })
        .expect("an answer");
    all(answer["kpis"].clone(), "days before everything that was fetched");
}

/// The definitions, by their codes.
const DEFINITIONS: [&str; 3] = ["order_totals", "platform", "accounting"];

/// An order of the older interface, placed at noon in New York, with a refund on another day if one is given.
fn order(id: u32, day: &str, refund: Option<&str>) -> Value {
    let refunds = refund.map(|day| {
        json!({
            "id": id, "created_at": format!("{day}T12:00:00-04:00"), "order_adjustments": [],
            "refund_line_items": [{ "id": id, "line_item_id": id, "quantity": 1, "subtotal": "10.00", "total_tax": "0.00", "restock_type": "return" }],
            "transactions": [{ "id": id, "kind": "refund", "status": "success", "amount": "10.00" }]
        })
    });
    json!({
        "id": id, "name": format!("#{id}"), "created_at": format!("{day}T12:00:00-04:00"), "currency": "USD",
        "financial_status": "paid", "taxes_included": false, "test": false, "shipping_lines": [], "customer": { "id": 7 },
        "refunds": refunds.into_iter().collect::<Vec<_>>(),
        "fulfillments": [{ "id": id, "status": "success", "created_at": format!("{day}T13:00:00-04:00"),
            "line_items": [{ "id": id, "quantity": 1 }] }],
        "line_items": [{ "id": id, "title": "Mug", "sku": "M", "quantity": 1, "price": "10.00", "requires_shipping": true, "tax_lines": [] }]
    })
}

/// Files of orders, each imported by itself, into one set that counts its days in New York; the clock stands on May 28, 2026.
fn files(files: &[&[Value]]) -> Rig {
    let rig = Rig::new();
    for (number, orders) in files.iter().enumerate() {
        let bytes = serde_json::to_vec(orders).expect("JSON");
        let report = rig.import_in("orders", &format!("{number}.json"), &bytes, "America/New_York");
        assert_eq!(
            (report.refused, report.set_aside.len()),
            (None, 0),
            "file {number} is taken"
        );
    }
    rig
}

fn ask(rig: &Rig, command: &str, args: Value) -> Value {
    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    answer(desk, Class::Read, command, args).unwrap_or_else(|e| panic!("{command} answers: {e}"))
}

fn board(rig: &Rig, (from, to): (&str, &str), compare: &str, definition: &str) -> Value {
    let args = json!({ "from": from, "to": to, "compare": compare, "definition": definition, "channels": [] });
    ask(rig, "dashboard", args)
}

fn tile<'a>(board: &'a Value, metric: &str) -> &'a Value {
    let tiles = board["tiles"].as_array().expect("tiles");
    tiles.iter().find(|t| t["metric"] == metric).expect("a tile")
}

/// Every answer about figures of some days, as JSON.
fn figures(rig: &Rig, from: &str, to: &str, definition: &str) -> Value {
    let day = |text: &str| text.parse::<Day>().expect("a day");
    let asked = Question {
        definition: definition.parse().expect("a definition"),
        period: Period::new(day(from), day(to)).expect("a period"),
        channels: Vec::new(),
        connection: None,
        today: rig.profile.today().expect("a day"),
    };
    let read = rig.profile.store().read_blocking(|r| {
        let before = asked.period.previous(Comparison::SameLength);
        Ok(json!({
            "kpis": kpis(r, &asked)?, "daily": daily(r, &asked)?, "compare": compare(r, &asked, before)?,
            "trends": trends(r, &asked, Metric::Orders, Step::Day, Comparison::SameLength)?,
            "weeks": trends(r, &asked, Metric::NetSales, Step::Week, Comparison::SameLength)?,
        }))
    });
    read.expect("answers")
}

#[test]
fn a_file_proves_the_days_from_its_first_to_its_last_order_and_no_others() {
    let rig = files(&[&[order(1, "2026-05-10", None), order(2, "2026-05-20", None)]]);
    for definition in DEFINITIONS {
        for (from, to) in [
            ("2026-04-01", "2026-04-30"),
            ("2026-05-22", "2026-05-28"),
            ("2026-06-01", "2026-06-03"),
        ] {
            let when = format!("{from} to {to}, {definition}");
            let answers = figures(&rig, from, to, definition);
            for place in ["/kpis/kpis", "/daily/totals"] {
                for (name, figure) in answers.pointer(place).and_then(Value::as_object).expect("figures") {
                    assert_eq!(*figure, Value::Null, "{place} {name} of {when}");
                }
            }
            assert_eq!(
                answers["compare"]["current_period"]["orders"],
                Value::Null,
                "compared: {when}"
            );
            for point in answers["trends"]["series"].as_array().expect("points") {
                assert_eq!(point["value"], Value::Null, "a point of {when}: {point}");
            }
            let shown = board(&rig, (from, to), "none", definition);
            for tile in shown["tiles"].as_array().expect("tiles") {
                assert_eq!(
                    (&tile["value_text"], &tile["raw"]),
                    (&json!("–"), &Value::Null),
                    "{when}: {tile}"
                );
                assert_ne!(tile["note"], Value::Null, "with its reason, {when}: {tile}");
            }
            let table = shown["revenue"]["table"]["rows"].to_string();
            assert!(!table.contains("0.00"), "nor does the chart say zero, {when}: {table}");
        }
        let before = board(&rig, ("2026-04-01", "2026-04-30"), "none", definition);
        assert_eq!(
            tile(&before, "orders")["note"],
            json!("no imported file tells of these days"),
            "the reason stands at the figure"
        );
        let hint = before["missing_hint"].as_str().expect("what to do");
        assert!(
            hint.contains("from its first to its last order") && hint.contains("import"),
            "{hint}"
        );

        let inside = figures(&rig, "2026-05-12", "2026-05-15", definition);
        assert_eq!(
            inside["kpis"]["kpis"]["orders"],
            json!(0),
            "days between are known, and nothing was sold"
        );
        assert_eq!(
            inside["kpis"]["completeness"]["orders_complete"],
            json!(true),
            "and complete"
        );
        assert_eq!(inside["trends"]["series"][0]["value"], json!(0), "on each of them");

        let around = figures(&rig, "2026-05-01", "2026-05-28", definition);
        let complete = &around["kpis"]["completeness"];
        assert_eq!(around["kpis"]["kpis"]["orders"], json!(2), "what is known is shown");
        assert_eq!(
            complete["orders_complete"],
            json!(false),
            "with what it lacks: {complete}"
        );
        assert_eq!(
            (&complete["orders_complete_from"], &complete["orders_complete_to"]),
            (&json!("2026-05-10"), &json!("2026-05-20")),
            "from its first to its last order"
        );
        assert_eq!(
            complete["orders_text"],
            json!("Orders of other days than May 10 – 20, 2026 are not all here"),
            "as a sentence"
        );
        assert_eq!(
            around["compare"]["changes"]["orders_change"],
            Value::Null,
            "nothing is compared"
        );
        assert!(
            around["compare"]["incomplete_hint"].is_string(),
            "and it says what to do"
        );
        let weeks = around["weeks"]["series"].as_array().expect("weeks");
        let known: Vec<bool> = weeks.iter().map(|week| !week["value"].is_null()).collect();
        assert_eq!(
            known,
            [false, false, true, false, false],
            "a week that lacks days has no value: {weeks:?}"
        );
        let shown = board(&rig, ("2026-05-01", "2026-05-28"), "same-length", definition);
        // Net sales of order totals are dated by the orders' own days.
        let older = match definition {
            "order_totals" => "",
            _ => "; without what happened to older orders",
        };
        assert_eq!(
            tile(&shown, "net_sales")["note"],
            json!(format!("of May 10 – 20, 2026 only{older}")),
            "it stands at the figure too"
        );
        assert_eq!(shown["insights"], json!([]), "nothing stands out in a part");
    }
    let trace = json!({
        "metric": "net_sales", "from": "2026-04-01", "to": "2026-04-30", "definition": "order_totals", "channels": [], "after": 0
    });
    let trace = ask(&rig, "trace", trace);
    assert_eq!(
        trace["figure_text"],
        json!("–"),
        "the way down from the figure says the same: {trace}"
    );
    assert!(trace["note"].to_string().contains("import"), "and why: {trace}");
    let told = ask(&rig, "connections", json!({}));
    assert_eq!(
        told[0]["complete_since_text"],
        json!("Orders of its files: all of May 10 – 20, 2026"),
        "and the list of connections"
    );
}

#[test]
fn between_two_files_nothing_is_known_unless_a_third_one_tells_of_it() {
    let (first, second) = ([order(1, "2026-05-02", None)], [order(2, "2026-05-09", None)]);
    let rig = files(&[&first, &second]);
    let days = |rig: &Rig| figures(rig, "2026-05-03", "2026-05-08", "order_totals")["kpis"]["kpis"]["orders"].clone();
    assert_eq!(days(&rig), Value::Null, "no file tells of the week between");
    let line = board(&rig, ("2026-05-01", "2026-05-10"), "none", "order_totals");
    assert_eq!(
        line["missing_text"],
        json!("Orders of other days than May 2, 2026 and May 9, 2026 are not all here"),
        "both are named"
    );
    let all = [first, second].concat();
    let bytes = serde_json::to_vec(&all).expect("JSON");
    rig.import_in("orders", "all.json", &bytes, "America/New_York");
    assert_eq!(
        days(&rig),
        json!(0),
        "a file of both proves that nothing was sold between, though no order is new"
    );
}

#[test]
fn what_happened_outside_of_a_file_is_shown_and_the_rest_of_that_day_is_not_known() {
    let rig = files(&[&[order(1, "2026-05-10", Some("2026-05-25"))]]);
    for definition in DEFINITIONS {
        let answers = figures(&rig, "2026-05-24", "2026-05-26", definition);
        assert_eq!(
            answers["kpis"]["kpis"]["refunds"],
            json!("10.00"),
            "the refund is known, {definition}"
        );
        for name in ["orders", "units", "gross_sales", "taxes"] {
            assert_eq!(
                answers["kpis"]["kpis"][name],
                Value::Null,
                "{name} is not zero, {definition}"
            );
        }
        assert_eq!(
            answers["daily"]["metrics"][0]["orders"],
            Value::Null,
            "nor in the row of the day"
        );
        assert_eq!(
            answers["kpis"]["by_platform"]["shopify"]["orders"],
            Value::Null,
            "nor by platform"
        );
    }
}

#[test]
fn products_alone_say_nothing_of_sales() {
    let rig = Rig::new();
    let file = format!("{}/tests/fixtures/shopify/products.json", env!("CARGO_MANIFEST_DIR"));
    let report = rig.import(
        Some("products"),
        "products.json",
        &std::fs::read(file).expect("a fixture"),
    );
    assert!(report.new > 0, "products are there");
    for definition in DEFINITIONS {
        let answers = figures(&rig, "2026-05-01", "2026-05-28", definition);
        for (name, figure) in answers["kpis"]["kpis"].as_object().expect("figures") {
            assert_eq!(*figure, Value::Null, "{name} of products alone, {definition}");
        }
    }
    let shown = board(&rig, ("2026-05-01", "2026-05-28"), "none", "order_totals");
    assert_eq!(
        tile(&shown, "orders")["note"],
        json!("no orders were imported"),
        "the reason"
    );
    assert!(
        shown["missing_hint"].to_string().contains("import its orders"),
        "and what to do: {}",
        shown["missing_hint"]
    );
    let listed = lists::products(
        Desk {
            app: &rig.app,
            profile: None,
        },
        &lists::ListArgs {
            from: None,
            to: None,
            channel: None,
            search: None,
            definition: Definition::OrderTotals,
            limit: 10,
            page: 0,
        },
    );
    for row in listed.expect("a list").listed.rows {
        assert_eq!(
            (row.units, &row.net_sales),
            (None, &None),
            "{}: how many were sold is not known",
            row.title
        );
    }
    let health = ask(&rig, "health", json!({}))["lines"].to_string();
    assert!(
        health.contains("none imported, so that its sales are not known"),
        "health says it: {health}"
    );
}

#[test]
fn beside_a_shop_a_set_of_files_limits_what_is_known_until_it_is_ended() {
    let office = Office::new();
    let (server, _) = marketplace(&office, DAYS);
    let connection = office.connect(&server);
    read_since(&office, connection, None);
    let whole = overview(&office, 4);
    assert_eq!(whole["missing_text"], Value::Null, "the shop alone is whole");
    let profile = office.app.profile(None).expect("the profile opens");
    let options = ImportOptions {
        connection: Some("Old shop".to_owned()),
        zone: Some("America/New_York".parse().expect("a zone")),
        ..ImportOptions::default()
    };
    let text = json!([order(1, "2026-01-02", None), order(2, "2026-02-03", None)]).to_string();
    let report = profile.import(Channel::Shopify, "old.json", text.as_bytes(), &options);
    assert_eq!(report.expect("a report").refused, None, "the file is taken");
    let mixed = overview(&office, 4);
    assert_eq!(
        mixed["tiles"][0]["value_text"], whole["tiles"][0]["value_text"],
        "the shop's figures are shown"
    );
    let hint = mixed["missing_hint"].as_str().expect("something is missing");
    assert!(hint.contains("“Old shop”"), "of whom: {hint}");
    assert!(
        hint.contains("disconnect them and keep their data"),
        "and the way out: {hint}"
    );
    assert_eq!(mixed["tiles"][0]["change_text"], Value::Null, "and nothing is compared");
    let sets = profile.store().read_blocking(|r| r.connections()).expect("connections");
    let old = sets.iter().find(|c| c.name == "Old shop").expect("the set").id;
    let ended = profile.remove_connection(old, false);
    office.runtime.block_on(ended).expect("it is ended, its records stay");
    let after = overview(&office, 4);
    assert_eq!(
        after["missing_text"],
        Value::Null,
        "nothing more will come of it: {after}"
    );
    assert_eq!(
        after["tiles"][0]["change_text"], whole["tiles"][0]["change_text"],
        "so that days are compared again"
    );
}

#[test]
fn days_since_the_last_sync_are_not_known() {
    let seller = Seller::of(Market::living(spec(51, 20, 3)));
    seller.sync();
    let sold = |back: i32, days: i32| {
        let today = seller.profile().today().expect("a day");
        let asked = Question {
            definition: Definition::OrderTotals,
            period: Period::new(today.plus(-back - days + 1), today.plus(-back)).expect("a period"),
            channels: Vec::new(),
            connection: None,
            today,
        };
        let read = seller.profile().store().read_blocking(|r| kpis(r, &asked));
        serde_json::to_value(read.expect("an answer")).expect("JSON")
    };
    assert!(sold(0, 1)["kpis"]["orders"].is_number(), "today was read a moment ago");
    seller.market.pass(4);
    let late = sold(0, 3);
    assert_eq!(
        late["kpis"]["orders"],
        Value::Null,
        "what was sold since is not known: {late}"
    );
    let hint = late["completeness"]["orders_hint"].as_str().expect("what to do");
    assert!(hint.contains("was read last on") && hint.contains("sync"), "{hint}");
    let part = sold(0, 10);
    assert!(part["kpis"]["orders"].is_number(), "what is known is shown");
    assert!(
        part["completeness"]["orders_text"].to_string().contains("Orders after"),
        "with what it lacks: {part}"
    );
    seller.sync();
    assert!(sold(0, 3)["kpis"]["orders"].is_number(), "a sync brings it");
    assert_eq!(sold(0, 10)["completeness"]["orders_complete"], json!(true), "all of it");
}
