//! A right that is taken away: the stream it lets in is left out, and everything that rests on it says so.

use countinghouse_core::store::ConnectionId;
use countinghouse_core::sync::{Cancel, Options, Report};
use countinghouse_sim::faults::Plan;
use countinghouse_sim::shopify::{App, Shop};
use serde_json::{Value, json};

use crate::cli::{Home, PASSPHRASE};
use crate::crew::{Office, marketplace};

fn sync(office: &Office, connection: i64) -> Report {
    let profile = office.app.profile(None).expect("the profile opens");
    let run = profile.sync(ConnectionId(connection), Options::default(), Cancel::default(), |_| {});
    office.runtime.block_on(run).expect("a run that comes to its end")
}

/// The line of a list with this label.
fn line<'a>(lines: &'a Value, label: &str) -> &'a Value {
    let mut all = lines.as_array().expect("lines").iter();
    all.find(|line| line["label"] == label)
        .unwrap_or_else(|| panic!("there is a line “{label}”: {lines}"))
}

#[test]
fn a_lost_right_shows_wherever_the_figures_are_said_to_be_complete() {
    let office = Office::new();
    let (server, sim) = marketplace(&office, 3);
    let connection = office.connect(&server);
    assert_eq!(sync(&office, connection).lost(), None, "everything is permitted");
    let today = office.must("frame", json!({}))["today"].clone();
    let board = || {
        let args =
            json!({ "from": today, "to": today, "compare": "none", "definition": "order_totals", "channels": [] });
        office.must("dashboard", args)["completeness"]["lines"].clone()
    };
    let name = office.must("connections", json!({}))[0]["label"]
        .as_str()
        .expect("a name")
        .to_owned();
    let orders = format!("{name}: orders");
    assert_eq!(line(&board(), &name)["ok"], json!(true), "complete so far");
    assert_eq!(
        line(&office.must("health", json!({}))["lines"], &orders)["ok"],
        json!(true),
        "up to date"
    );
    sim.set_scope("read_orders", false);
    let report = sync(&office, connection);
    let (stream, _) = report.lost().expect("orders are lost");
    assert_eq!(stream.stream, "orders", "by their stream");
    let complete = board();
    assert_eq!(
        line(&complete, &name)["ok"],
        json!(false),
        "no longer complete: {complete}"
    );
    let said = line(&complete, &name)["value_text"].to_string();
    assert!(said.contains("orders left out"), "and what is missing: {said}");
    let standing = office.must("connections", json!({}))[0].clone();
    assert_eq!(standing["state"], json!("attention"), "{standing}");
    assert!(
        standing["next_step"].to_string().contains("read_orders"),
        "what to do: {standing}"
    );
    let health = office.must("health", json!({}))["lines"].clone();
    for label in [name.as_str(), orders.as_str()] {
        let line = line(&health, label);
        assert_eq!(line["ok"], json!(false), "{label}: {line}");
        assert!(line["next_step"].to_string().contains("read_orders"), "{label}: {line}");
    }
    let permissions = || {
        let health = office.must("health", json!({}))["lines"].clone();
        line(&health, &format!("{name}: permissions")).clone()
    };
    let said = permissions();
    assert_eq!(
        said["value_text"],
        json!("not granted: read_orders"),
        "which right it is: {said}"
    );
    assert!(
        said["next_step"].to_string().contains("No orders, refunds or fees"),
        "and what is not shown without it: {said}"
    );
    sim.set_scope("read_orders", true);
    let profile = office.app.profile(None).expect("the profile opens");
    let tested = office
        .runtime
        .block_on(profile.test_connection(ConnectionId(connection)));
    assert!(tested.expect("it answers").missing.is_empty(), "it is granted again");
    let said = permissions();
    assert_eq!(
        (&said["ok"], &said["value_text"]),
        (&json!(false), &json!("orders left out at the last sync")),
        "what was left out is not said to be permitted: {said}"
    );
    assert!(
        said["next_step"].to_string().contains("granted now: sync"),
        "but what to do: {said}"
    );
    assert_eq!(sync(&office, connection).lost(), None, "given back");
    assert_eq!(permissions()["ok"], json!(true), "and all is well");
    assert_eq!(line(&board(), &name)["ok"], json!(true), "complete again");
}

#[test]
fn a_sync_without_a_right_it_had_ends_as_one_that_needs_the_user() {
    let office = Office::new();
    let (server, sim) = marketplace(&office, 3);
    let home = Home::new();
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
    let connected = home.run_with(&arguments, &environment, None);
    assert_eq!(connected.code, 0, "it connects: {}", connected.all());
    sim.set_scope("read_customers", false);
    sim.set_scope("read_orders", false);
    let blind = home.run(&["sync"]);
    assert_eq!(
        blind.code,
        3,
        "without orders there is no figure at all: {}",
        blind.all()
    );
    sim.set_scope("read_orders", true);
    // What else was never permitted is the user's choice and only told.
    let first = home.run(&["sync"]);
    assert_eq!(first.code, 0, "customers were never read: {}", first.all());
    sim.set_scope("read_orders", false);
    let lost = home.run(&["sync", "--json"]);
    assert_eq!(lost.code, 3, "orders were: {}", lost.all());
    let answer = lost.json();
    assert_eq!(answer["error"]["code"], json!("needs_reconnect"), "{answer}");
    assert!(answer["error"]["message"].to_string().contains("orders"), "{answer}");
    assert!(
        answer["error"]["hint"].to_string().contains("Give the app this right"),
        "{answer}"
    );
    let text = home.run(&["sync"]);
    assert!(
        text.out.contains("orders left out"),
        "the report names the stream: {}",
        text.out
    );
    let health = home.run(&["health", "--json"]);
    let said = health.json();
    assert_eq!(
        (health.code, &said["error"]["code"]),
        (3, &json!("needs_reconnect")),
        "and so does health, which ends alike: {said}"
    );
    assert!(
        said["error"]["hint"].to_string().contains("Give the app this right"),
        "with the same next step: {said}"
    );
    // A fault of the platform is nobody's to mend.
    sim.set_scope("read_orders", true);
    sim.set_faults("endless:products@*".parse::<Plan>().expect("a plan"));
    let faulty = home.run(&["sync"]);
    assert_eq!(faulty.code, 1, "it failed: {}", faulty.all());
    let health = home.run(&["health"]);
    assert_eq!(health.code, 0, "and needs nobody: {}", health.all());
    assert!(
        health.out.contains("Last sync failed, last good sync") && health.out.contains("tries again from here"),
        "but health tells it, and how it goes on: {}",
        health.out
    );
    assert!(
        !health.out.contains("Connect the account again"),
        "without the advice of another trouble: {}",
        health.out
    );
}
