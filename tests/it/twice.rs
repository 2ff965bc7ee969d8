//! Orders that stand in two connections: an id belongs to one shop only, so that they are one order and count once, or are named.

use std::sync::Arc;

use countinghouse_core::api::{Class, Desk, answer};
use countinghouse_core::app::{FileReport, ImportOptions};
use countinghouse_core::clock::SystemClock;
use countinghouse_core::connectors::Channel;
use countinghouse_core::store::{Connection, ConnectionId, Read};
use countinghouse_core::sync::{Cancel, Options};
use countinghouse_sim::shopify::{App, Shop};
use serde_json::{Value, json};

use crate::cli::{Home, PASSPHRASE};
use crate::crew::{Office, marketplace};
use crate::market::{Market, Seller, shop};
use crate::oracle::spec;
use crate::rig::Rig;

/// The keys of all orders of a synced shop with their stored bytes, oldest first.
fn orders_of(seller: &Seller) -> Vec<(String, String)> {
    let connection = seller.connection;
    let read = move |r: &Read<'_>| {
        let mut keys = r.keys_of(connection, "orders")?;
        keys.reverse();
        let mut all = Vec::new();
        for key in keys {
            let raws = r.raws_of(connection, "orders", &key)?;
            let text = raws.iter().map(|raw| String::from_utf8_lossy(&raw.record.bytes) + "\n");
            all.push((key, text.collect()));
        }
        Ok(all)
    };
    seller.profile().store().read_blocking(read).expect("stored orders")
}

fn connections(seller: &Seller) -> Vec<Connection> {
    let read = seller.profile().store().read_blocking(|r| r.connections());
    read.expect("connections")
}

fn import(seller: &Seller, connection: &str, text: &str) -> FileReport {
    let options = ImportOptions {
        connection: Some(connection.to_owned()),
        zone: Some("Europe/London".parse().expect("a zone")),
        ..ImportOptions::default()
    };
    let report = seller
        .profile()
        .import(Channel::Shopify, "old.jsonl", text.as_bytes(), &options);
    report.expect("the profile takes files")
}

#[test]
fn older_orders_that_a_sync_brings_are_one_with_those_of_a_file() {
    let market = Market::new(spec(38, 20, 3), shop());
    let synced = Seller::of(Arc::clone(&market));
    synced.sync();
    let all = orders_of(&synced);
    let seller = Seller::of(market);
    let recent = Options {
        since: Some(spec(38, 20, 3).now.0 - 4 * 86_400),
        ..Options::default()
    };
    seller.try_sync(recent, Cancel::default()).expect("the latest orders");
    let here = seller.orders();
    let old: Vec<&str> = all
        .iter()
        .filter(|(key, _)| here.iter().all(|order| order.key != *key))
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(
        !here.is_empty() && old.len() > 5,
        "some are here and some are not: {} of {}",
        old.len(),
        all.len()
    );
    let report = import(&seller, "Old files", &old.concat());
    assert_eq!(
        report.connection.as_deref(),
        Some("Old files"),
        "a set of its own: nothing tells whose it is"
    );
    let report = seller.sync();
    let note = report.notes.iter().find(|note| note.code == "files_joined");
    let note = note.unwrap_or_else(|| panic!("it is told: {:?}", report.notes));
    assert!(note.message.contains("“Old files”"), "by name: {note:?}");
    assert_eq!(connections(&seller).len(), 1, "one connection");
    seller.is_true();
    let run = seller.profile().store().read_blocking(move |r| r.run(report.run));
    let told = run.expect("the run").progress["notes"].to_string();
    assert!(
        told.contains("files_joined"),
        "who looks at the run later is told too: {told}"
    );
    let joined = seller.digest();
    seller.profile().rebuild().expect("made again");
    assert_eq!(seller.digest(), joined, "a rebuild changes nothing");
    assert_eq!(seller.sync().notes.len(), 0, "and it happens once");
}

#[test]
fn a_file_of_orders_that_the_shop_holds_becomes_part_of_its_connection_at_once() {
    let market = Market::new(spec(39, 20, 3), shop());
    let seller = Seller::of(market);
    seller.sync();
    let (before, all) = (seller.digest(), orders_of(&seller));
    let four: String = all[..4].iter().map(|(_, text)| text.as_str()).collect();
    let report = import(&seller, "Copies", &four);
    assert!(
        report.notices.iter().any(|n| n.contains("“Copies” holds 4 orders")),
        "it is told: {:?}",
        report.notices
    );
    assert_eq!(
        report.connection.as_deref(),
        Some(connections(&seller)[0].name.as_str()),
        "the records are the shop's"
    );
    assert_eq!(connections(&seller).len(), 1, "one connection");
    assert_eq!(seller.digest(), before, "nothing counts twice");
}

#[test]
fn a_user_who_could_not_see_his_orders_gets_them_once_when_he_can() {
    // The command line lives by the machine's time, and so must the shop's speed limit.
    let office = Office::at(Arc::new(SystemClock));
    let (server, sim) = marketplace(&office, 6);
    let endpoint = server.shopify(Shop::DEMO_HANDLE);
    let environment = [
        ("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE),
        ("COUNTINGHOUSE_SECRET", App::DEMO_SECRET),
    ];
    let arguments = [
        "connect",
        "shopify",
        Shop::DEMO_HANDLE,
        "--endpoint",
        &endpoint,
        "--client-id",
        App::DEMO_ID,
    ];
    let with_orders = Home::new();
    with_orders
        .run_with(&[&arguments[..], &["--json"]].concat(), &environment, None)
        .data();
    with_orders.run(&["sync", "--json"]).data();
    let kpis = ["metrics", "kpis", "--days", "10", "--json"];
    let truth = with_orders.run(&kpis).data()["kpis"].clone();
    let listed = with_orders.run(&["orders", "list", "--limit", "1000", "--json"]).data();
    let mut text = String::new();
    for row in listed["rows"].as_array().expect("rows") {
        let key = row["key"].as_str().expect("an id");
        text.push_str(&with_orders.run(&["raw", "show", "shopify", "orders", key]).out);
        text.push('\n');
    }

    let home = Home::new();
    sim.set_scope("read_orders", false);
    home.run_with(&[&arguments[..], &["--json"]].concat(), &environment, None)
        .data();
    let blind = home.run(&["sync", "--json"]);
    assert_eq!(blind.code, 3, "orders cannot be read: {}", blind.out);
    let unknown = home.run(&kpis).data();
    assert_eq!(
        unknown["kpis"]["orders"],
        Value::Null,
        "none is known, which is not none: {unknown}"
    );
    let hint = unknown["completeness"]["orders_hint"].as_str().expect("what to do");
    assert!(
        hint.contains("does not let its orders be read"),
        "the reason is the right: {hint}"
    );
    let file = home.0.join("orders.jsonl");
    std::fs::write(&file, &text).expect("a file");
    let file = file.to_str().expect("a path");
    home.run(&[
        "import",
        "shopify",
        "auto",
        file,
        "--connection",
        "Export",
        "--time-zone",
        "America/New_York",
    ]);
    assert_eq!(
        home.run(&kpis).data()["kpis"]["orders"],
        truth["orders"],
        "the file tells of them"
    );

    sim.set_scope("read_orders", true);
    let seen = home.run(&["sync"]);
    assert_eq!(seen.code, 0, "{}", seen.all());
    assert!(
        seen.out.contains("note: “Export” holds") && seen.out.contains("part of “"),
        "what became of the file is told: {}",
        seen.out
    );
    let left = home.run(&["connections", "list", "--json"]).data();
    assert_eq!(left.as_array().map(Vec::len), Some(1), "one connection: {left}");
    for name in ["orders", "net_sales", "units", "refunds"] {
        assert_eq!(home.run(&kpis).data()["kpis"][name], truth[name], "{name} count once");
    }
}

/// An order of the older interface.
fn order(id: u32, day: &str) -> String {
    json!({
        "id": id, "name": format!("#{id}"), "created_at": format!("{day}T12:00:00Z"), "currency": "USD", "financial_status": "paid",
        "taxes_included": false, "test": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
        "line_items": [{ "id": id, "title": "Mug", "sku": "M", "quantity": 1, "price": "10.00", "requires_shipping": true, "tax_lines": [],
            "discount_allocations": [] }]
    })
    .to_string()
}

fn set(rig: &Rig, name: &str, zone: &str, orders: &[String]) -> FileReport {
    let options = ImportOptions {
        connection: Some(name.to_owned()),
        zone: Some(zone.parse().expect("a zone")),
        ..ImportOptions::default()
    };
    let text = format!("[{}]", orders.join(","));
    let report = rig
        .profile
        .import(Channel::Shopify, "orders.json", text.as_bytes(), &options);
    report.expect("the profile takes files")
}

fn ask(rig: &Rig, command: &str, args: Value) -> Value {
    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    answer(desk, Class::Read, command, args).unwrap_or_else(|e| panic!("{command} answers: {e}"))
}

fn total_orders(rig: &Rig) -> Value {
    rig.kpi(countinghouse_core::metrics::Definition::OrderTotals, "orders")
}

#[test]
fn where_it_is_not_certain_whose_the_orders_are_it_is_named_until_the_user_has_decided() {
    let rig = Rig::new();
    let (first, second) = (order(1, "2026-05-02"), order(2, "2026-05-03"));
    set(&rig, "Tokyo", "Asia/Tokyo", &[first.clone(), second.clone()]);
    let report = set(&rig, "London", "Europe/London", &[second, order(3, "2026-05-04")]);
    let said = "1 order stands in “London” and in “Tokyo”, and counts twice";
    assert!(
        report
            .notices
            .iter()
            .any(|n| n.contains(said) && n.contains("connections join")),
        "the import says it, with the next step: {:?}",
        report.notices
    );
    let lines = ask(&rig, "health", json!({}))["lines"].clone();
    let line = lines
        .as_array()
        .expect("lines")
        .iter()
        .find(|l| l["label"] == "Orders twice");
    let line = line.unwrap_or_else(|| panic!("health says it: {lines}"));
    assert_eq!(line["ok"], json!(false), "{line}");
    assert!(
        line["next_step"].to_string().contains("connections join"),
        "with the next step: {line}"
    );
    let notices = ask(&rig, "frame", json!({}))["notices"].clone();
    assert!(notices.to_string().contains(said), "every page says it: {notices}");
    let issues = ask(&rig, "issues", json!({ "page": 0 }));
    assert!(issues.to_string().contains(said), "it is an issue: {issues}");
    let board = json!({
        "from": "2026-05-01", "to": "2026-05-10", "compare": "none", "definition": "order_totals", "channels": []
    });
    let complete = ask(&rig, "dashboard", board)["completeness"].to_string();
    assert!(complete.contains(said), "it stands beside the figures: {complete}");

    let by_name = |name: &str| {
        let all = rig
            .profile
            .store()
            .read_blocking(|r| r.connections())
            .expect("connections");
        all.into_iter().find(|c| c.name == name).expect("a connection").id
    };
    let (london, tokyo): (ConnectionId, ConnectionId) = (by_name("London"), by_name("Tokyo"));
    let joined = crate::market::wait(rig.profile.join_files(london, tokyo)).expect("the user has decided");
    assert_eq!(
        (joined.held.orders, joined.connection),
        (2, tokyo),
        "both orders of it: {joined:?}"
    );
    assert_eq!(total_orders(&rig), json!(3), "each order once");
    let notices = ask(&rig, "frame", json!({}))["notices"].clone();
    assert_eq!(notices, json!([]), "nothing is left to do");
    let issues = ask(&rig, "issues", json!({ "page": 0 }));
    assert_eq!(issues["rows"], json!([]), "and no issue open");
}

/// A set of files of which nobody said where its shop counts its days.
fn unplaced(rig: &Rig, name: &str, orders: &[String]) -> FileReport {
    let options = ImportOptions {
        connection: Some(name.to_owned()),
        ..ImportOptions::default()
    };
    let text = format!("[{}]", orders.join(","));
    let report = rig
        .profile
        .import(Channel::Shopify, "orders.json", text.as_bytes(), &options);
    report.expect("the profile takes files")
}

#[test]
fn a_set_without_a_zone_becomes_part_of_one_that_has_it_whichever_came_first() {
    let (first, both, last) = (order(1, "2026-05-02"), order(2, "2026-05-03"), order(3, "2026-05-04"));
    for zoned_first in [true, false] {
        let rig = Rig::new();
        let placed = |rig: &Rig| set(rig, "Tokyo", "Asia/Tokyo", &[first.clone(), both.clone()]);
        let bare = |rig: &Rig| unplaced(rig, "Neu", &[both.clone(), last.clone()]);
        let report = if zoned_first {
            placed(&rig);
            bare(&rig)
        } else {
            bare(&rig);
            placed(&rig)
        };
        assert!(
            report.notices.iter().any(|n| n.contains("it is of the same shop")),
            "they become one and it is told, zone first: {zoned_first}: {:?}",
            report.notices
        );
        let all = rig.profile.store().read_blocking(|r| r.connections());
        let all = all.expect("connections");
        let zones: Vec<String> = all.iter().filter_map(|c| c.zone.map(|zone| zone.to_string())).collect();
        assert_eq!(
            (all.len(), zones),
            (1, vec!["Asia/Tokyo".to_owned()]),
            "in the zone that one was given, zone first: {zoned_first}"
        );
        assert_eq!(total_orders(&rig), json!(3), "each order once");
        let digest = rig.profile.digest().expect("a readable ledger");
        rig.profile.rebuild().expect("made again");
        assert_eq!(
            rig.profile.digest().expect("a readable ledger"),
            digest,
            "a rebuild changes nothing, zone first: {zoned_first}"
        );
    }
}

#[test]
fn figures_in_which_an_order_counts_twice_say_so_and_are_not_complete() {
    let rig = Rig::new();
    let both = order(2, "2026-05-03");
    set(&rig, "Tokyo", "Asia/Tokyo", &[both.clone(), order(1, "2026-05-01")]);
    let report = set(&rig, "London", "Europe/London", &[both]);
    assert!(
        report
            .notices
            .iter()
            .any(|n| n.contains("“London” was given the time zone Europe/London, “Tokyo” Asia/Tokyo")),
        "the reason is what is so: {:?}",
        report.notices
    );
    let said = "1 order stands in “London” and in “Tokyo”, and counts twice";
    let kpis = rig.kpis(countinghouse_core::metrics::Definition::OrderTotals);
    let complete = &kpis["completeness"];
    assert_eq!(
        complete["orders_complete"],
        json!(false),
        "not as it should be: {complete}"
    );
    let text = complete["left_out_text"].as_str().unwrap_or_default();
    assert!(
        text.contains(said) && text.contains("connections join"),
        "it stands beside the figures, with the next step: {complete}"
    );
    let board = json!({
        "from": "2026-05-01", "to": "2026-05-03", "compare": "same-length", "definition": "order_totals", "channels": []
    });
    let board = ask(&rig, "dashboard", board)["left_out_text"].to_string();
    assert_eq!(board.matches(said).count(), 1, "on the dashboard, once: {board}");
    let elsewhere = json!({
        "metric": "net_sales", "from": "2026-05-03", "to": "2026-05-03", "definition": "order_totals", "channels": ["amazon"], "after": 0
    });
    let note = ask(&rig, "trace", elsewhere.clone())["note"].to_string();
    assert!(!note.contains(said), "of other platforms it says nothing: {note}");
    let mut here = elsewhere;
    here["channels"] = json!(["shopify"]);
    let note = ask(&rig, "trace", here)["note"].to_string();
    assert!(note.contains(said), "under the figure's own trace: {note}");
}

#[test]
fn sets_of_files_that_count_alike_become_one_and_others_stay_apart() {
    let rig = Rig::new();
    let zone = "America/New_York";
    set(&rig, "2025", zone, &[order(1, "2025-05-02"), order(2, "2025-05-03")]);
    set(&rig, "Other shop", zone, &[order(91, "2025-05-02")]);
    let report = set(&rig, "2026", zone, &[order(2, "2025-05-03"), order(3, "2026-05-04")]);
    assert_eq!(
        report.connection.as_deref(),
        Some("2025"),
        "they hold the same order: {:?}",
        report.notices
    );
    let all = rig
        .profile
        .store()
        .read_blocking(|r| r.connections())
        .expect("connections");
    let names: Vec<&str> = all.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["2025", "Other shop"], "what shares nothing stays apart");
    assert_eq!(total_orders(&rig), json!(4), "each order once");
}

#[test]
fn what_stands_twice_is_told_no_longer_once_one_of_the_two_is_gone() {
    let rig = Rig::new();
    let both = order(2, "2026-05-03");
    set(&rig, "Tokyo", "Asia/Tokyo", &[both.clone(), order(1, "2026-05-01")]);
    set(&rig, "London", "Europe/London", &[both]);
    let told = || ask(&rig, "frame", json!({}))["notices"].clone();
    assert_ne!(told(), json!([]), "it is told");
    let gone = rig.profile.remove_connection(ConnectionId(1), true);
    crate::market::wait(gone).expect("removed with its data");
    assert_eq!(told(), json!([]), "nothing stands twice");
    assert_eq!(total_orders(&rig), json!(1), "what is left counts once");
}
