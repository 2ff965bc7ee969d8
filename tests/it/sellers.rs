//! A seller's account at Amazon as the window connects it, against the simulated interface over loopback HTTP.

use std::sync::Arc;

use chrono::DateTime;
use countinghouse_core::app::Code;
use countinghouse_core::clock::{Clock, SteppedClock};
use countinghouse_core::store::ConnectionId;
use countinghouse_core::sync::{Cancel, Options as Ways};
use countinghouse_sim::amazon::{App, Options, Role};
use countinghouse_sim::world::amazon::{AmazonSpec, Region};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Server, Setup, Sim};
use serde_json::{Value, json};

use crate::crew::{NOON, Office};

/// An office, and Amazon with a seller of a few weeks outside of it.
struct Place {
    office: Office,
    server: Server,
    sim: Arc<Sim>,
}

impl Place {
    fn new() -> Place {
        let clock: Arc<dyn Clock> = Arc::new(SteppedClock::running(NOON));
        let office = Office::at(Arc::clone(&clock));
        let (server, sim) = office.runtime.block_on(async {
            let listener = Server::bind(0).await.expect("a port");
            let world = World::new(WorldSpec::new(3, Second(NOON), 30, 60)).with_amazon(AmazonSpec::new(60));
            let now = move || DateTime::from_timestamp_millis(clock.now_millis()).unwrap_or_default();
            let mut setup = Setup::new(world, Arc::new(now));
            setup.held = true;
            setup.amazon.speed = 0;
            setup.amazon.storage = Server::storage(&listener).expect("an address");
            let sim = Arc::new(Sim::new(setup));
            (Server::serve(listener, Arc::clone(&sim)).expect("it listens"), sim)
        });
        Place { office, server, sim }
    }

    /// What the form sends; `change` replaces single entries.
    fn entries(&self, change: Value) -> Value {
        let endpoint = self.server.amazon("");
        let mut entries = json!({
            "client_id": App::DEMO_ID, "client_secret": App::DEMO_SECRET,
            "refresh_token": App::demo_token(Region::Na), "region": null, "marketplaces": [], "seller_id": null,
            "secret_made": null, "endpoint": endpoint.trim_end_matches('/'),
        });
        for (name, value) in change.as_object().expect("entries") {
            entries[name] = value.clone();
        }
        entries
    }

    /// How an attempt with these entries ends.
    fn attempt(&self, change: Value) -> Value {
        let begun = self.office.must("connect_amazon", self.entries(change));
        let ended = self.office.after(begun["id"].as_str().expect("an id"), "testing");
        secretless(&begun);
        secretless(&ended);
        ended
    }

    fn connected(&self) -> i64 {
        self.attempt(json!({}))["connection"].as_i64().expect("it is connected")
    }

    fn account(&self) -> Value {
        let told = self.office.must("accounts", json!({}));
        secretless(&told);
        told["accounts"][0].clone()
    }
}

/// No answer holds a secret.
fn secretless(told: &Value) {
    for secret in [App::DEMO_SECRET, &App::demo_token(Region::Na), "planted", "Atza|"] {
        assert!(!told.to_string().contains(secret), "an answer holds a secret: {told}");
    }
}

#[test]
fn an_account_is_connected_by_its_form_and_says_where_it_sells_and_what_may_be_read() {
    let place = Place::new();
    let told = place.attempt(json!({}));
    assert_eq!(told["state"], "connected", "the account answers: {told}");
    assert_eq!(
        (&told["shop"]["domain"], &told["shop"]["currency"]),
        (&json!("North America"), &json!("USD")),
        "its region was found: {told}"
    );
    let us = json!({ "name": "Amazon.com", "read": true, "note": null });
    assert_eq!(told["marketplaces"], json!([us]), "where it sells: {told}");
    let granted = told["granted"].to_string();
    for role in [
        Role::SellingPartnerInsights,
        Role::InventoryAndOrders,
        Role::Finance,
        Role::Fulfillment,
    ] {
        assert!(
            granted.contains(role.name()),
            "{} was shown by an answer: {told}",
            role.name()
        );
    }
    assert_eq!(told["missing"], json!([]), "nothing was refused: {told}");
    assert_eq!(
        told["untried"],
        json!(["Product Listing", "Brand Analytics"]),
        "what only a file would show is not claimed: {told}"
    );
    let listed = place.office.must("connections", json!({}));
    let detail = listed[0]["detail_text"].as_str().expect("a text");
    assert!(
        detail.starts_with("North America · Amazon.com · USD") && !detail.contains(Options::DEMO_SELLER),
        "a person reads where it sells: {detail}"
    );
    assert_eq!(listed[0]["channel_label"], "Amazon", "by the platform's name");
    let events = place.office.app.events();
    let run = place.office.sync().expect("the new connection can be synced");
    let ended = place.office.ended(events, run);
    assert_eq!(ended["state"], "done", "with the access that was kept: {ended}");
    secretless(&ended);
    let account = place.account();
    let rights = account["rights"].as_array().expect("rights");
    assert!(
        rights.len() == 6 && rights.iter().all(|right| right["state"] == "granted"),
        "every role was used by the sync: {account}"
    );
}

#[test]
fn figures_of_amazon_are_told_as_not_final_and_open_down_to_their_records() {
    let place = Place::new();
    place.connected();
    let events = place.office.app.events();
    let run = place.office.sync().expect("it can be synced");
    place.office.ended(events, run);
    let days = ["2026-11-18", "2026-11-19", "2026-11-20"];
    let board = place.office.must(
        "dashboard",
        json!({ "from": "2026-11-01", "to": "2026-11-20", "compare": "none", "definition": "order_totals", "channels": ["amazon"] }),
    );
    assert_eq!(
        board["not_final_days"],
        json!(days),
        "Amazon tells of a day up to two days late: {}",
        board["not_final_text"]
    );
    assert!(
        board["not_final_text"]
            .as_str()
            .is_some_and(|text| text.contains("Amazon")),
        "and why: {}",
        board["not_final_text"]
    );
    assert_eq!(
        board["channels"][0]["label"], "Amazon.com",
        "its sales channel by name: {}",
        board["channels"]
    );
    let health = place.office.must("health", json!({}));
    let line = |ending: &str| {
        let lines = health["lines"].as_array().expect("lines").iter();
        let mut found = lines.filter(|line| line["label"].as_str().is_some_and(|label| label.ends_with(ending)));
        found
            .next()
            .unwrap_or_else(|| panic!("{ending} is among {health}"))
            .clone()
    };
    assert!(
        line(": fees")["value_text"].to_string().contains("settlement"),
        "fees are final by settlements: {health}"
    );
    let counted = line("Amazon's own count");
    let numbers: Vec<u64> = counted["value_text"]
        .as_str()
        .expect("a text")
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(
        counted["ok"] == true && numbers[0] > 10,
        "Amazon counts as many orders as are here: {counted}"
    );
    let traced = place.office.must(
        "trace",
        json!({ "metric": "net_sales", "from": "2026-11-01", "to": "2026-11-20", "definition": "order_totals", "channels": [], "after": 0 }),
    );
    let order = &traced["orders"][0];
    let postings = order["postings"].as_array().expect("postings");
    assert!(!postings.is_empty(), "the figure leads to its rows: {traced}");
    for posting in postings {
        let raw = place.office.must("raw", json!({ "id": posting["raw"] }));
        let text = raw["text"].as_str().expect("the stored bytes");
        let number = order["key"].as_str().expect("an order number");
        assert!(text.contains(number), "of the order itself: {raw}");
        let path = posting["path"].as_str().expect("a place in it");
        let rows = text.lines().filter(|line| !line.trim().is_empty()).count();
        match path.strip_prefix("row ") {
            Some(row) => assert!(
                row.parse::<usize>().is_ok_and(|row| row + 1 < rows),
                "{path} of {rows} lines"
            ),
            None => assert!(
                path.starts_with('$') && text.starts_with('{'),
                "{path} of a JSON record: {text}"
            ),
        }
    }
}

#[test]
fn a_role_that_is_missing_is_named_with_what_is_not_shown_without_it() {
    let place = Place::new();
    place.sim.set_amazon_role(Role::Finance, false);
    let told = place.attempt(json!({}));
    assert_eq!(told["state"], "connected", "the others suffice to connect: {told}");
    let missing = &told["missing"][0];
    assert_eq!(missing["scope"], "Finance and Accounting", "by its name: {told}");
    let effect = missing["effect"].as_str().expect("a text");
    assert!(
        effect.contains("fees are not known") && effect.contains("Seller Central"),
        "what is missing, and what to do: {effect}"
    );
    let events = place.office.app.events();
    let run = place.office.sync().expect("it can be synced");
    place.office.ended(events, run);
    let health = place.office.must("health", json!({}))["lines"].clone();
    let connection = health.as_array().expect("lines").iter().find(|line| {
        line["value_text"]
            .as_str()
            .is_some_and(|text| text.starts_with("A right is missing"))
    });
    let line = connection.unwrap_or_else(|| panic!("health says how the connection stands: {health}"));
    let text = line["value_text"].as_str().expect("a text");
    assert!(
        text.contains("transactions") && text.contains(", synced ") && !text.contains("not synced yet"),
        "what was left out, and that the rest was synced: {line}"
    );
    assert!(
        line["next_step"]
            .as_str()
            .is_some_and(|next| next.contains("Finance and Accounting")),
        "to sync again would not help: {line}"
    );
    let account = place.account();
    let rights = account["rights"].as_array().expect("rights");
    let finance = rights.iter().find(|right| right["name"] == "Finance and Accounting");
    assert_eq!(
        finance.expect("the role")["state"],
        "missing",
        "settings say so too: {account}"
    );
    let tested = place
        .office
        .must("test_account", json!({ "connection": account["id"] }));
    secretless(&tested);
    assert!(
        tested["text"].as_str().is_some_and(|text| text.contains("answers")),
        "the account is there: {tested}"
    );
    let refused = tested["rights"]
        .as_array()
        .expect("rights")
        .iter()
        .find(|right| right["state"] == "missing");
    assert_eq!(
        refused.expect("one is missing")["name"],
        "Finance and Accounting",
        "{tested}"
    );
}

#[test]
fn what_is_wrong_with_the_entries_is_told_apart() {
    let cases = [
        (
            json!({ "client_secret": "planted-wrong" }),
            "invalid",
            "client id or secret",
            "LWA credentials",
        ),
        (
            json!({ "refresh_token": "Atzr|planted" }),
            "needs_reconnect",
            "refresh token",
            "Authorize",
        ),
        (
            json!({ "region": "eu" }),
            "invalid",
            "is for North America",
            "let it be found",
        ),
        (
            json!({ "marketplaces": ["US", "CA"] }),
            "invalid",
            "does not sell on Amazon.ca",
            "It sells in",
        ),
    ];
    let place = Place::new();
    for (change, code, message, hint) in cases {
        let told = place.attempt(change.clone());
        let error = &told["error"];
        assert_eq!(
            (&told["state"], &error["code"]),
            (&json!("failed"), &json!(code)),
            "{change}: {told}"
        );
        assert!(
            error["message"].as_str().is_some_and(|m| m.contains(message)),
            "{change}: what is wrong: {told}"
        );
        let said = error["hint"].as_str().expect("a next step");
        assert!(said.contains(hint), "{change}: what to do: {told}");
        assert!(!said.contains("--"), "{change}: in words of the window: {told}");
    }
    place.sim.set_amazon_secret_expiry(Some(NOON - 60));
    let told = place.attempt(json!({}));
    let error = &told["error"];
    assert!(
        error["message"].as_str().is_some_and(|m| m.contains("180 days")),
        "a secret that has ended is no wrong one: {told}"
    );
    place.sim.set_amazon_secret_expiry(None);
    // Either of them opens the participations.
    place.sim.set_amazon_role(Role::SellingPartnerInsights, false);
    place.sim.set_amazon_role(Role::ProductListing, false);
    let told = place.attempt(json!({}));
    assert!(
        told["error"]["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("Selling Partner Insights")),
        "the role that nothing works without: {told}"
    );
    assert_eq!(
        place.office.must("connections", json!({})),
        json!([]),
        "nothing was stored"
    );
}

#[test]
fn entries_that_cannot_be_right_are_refused_at_once() {
    let place = Place::new();
    for change in [
        json!({ "endpoint": "http://evil.example/" }),
        json!({ "region": "mars" }),
        json!({ "marketplaces": ["XX"] }),
    ] {
        let error = place
            .office
            .call("connect_amazon", place.entries(change.clone()))
            .expect_err("it is refused");
        assert_eq!(error.code, Code::Invalid, "{change}: {error}");
        assert!(
            !format!("{error:?}").contains(App::DEMO_SECRET),
            "the refusal holds a secret: {error:?}"
        );
    }
}

#[test]
fn the_end_of_a_secret_is_told_before_and_a_new_one_takes_its_place() {
    let place = Place::new();
    let day = |back: i32| {
        let today = "2026-11-20".parse::<countinghouse_core::model::Day>().expect("a day");
        today.plus(-back).to_string()
    };
    let told = place.attempt(json!({ "secret_made": day(165) }));
    let connection = told["connection"].as_i64().expect("it is connected");
    let secret = place.account()["secret"].clone();
    assert_eq!(secret["state"], "soon", "fifteen days are left: {secret}");
    assert!(
        secret["text"]
            .as_str()
            .is_some_and(|text| text.contains("ends ") && text.contains("days")),
        "when it ends: {secret}"
    );
    let health = place.office.must("health", json!({})).to_string();
    assert!(
        health.contains("client secret") && health.contains("Settings > Connections"),
        "health warns too: {health}"
    );
    let replace = |secret: &str, made: Value| {
        place.office.call(
            "replace_secret",
            json!({ "connection": connection, "client_secret": secret, "made": made }),
        )
    };
    let refused = replace("planted-wrong", Value::Null).expect_err("Amazon does not take it");
    assert_eq!(refused.code, Code::Invalid, "{refused}");
    assert!(
        !format!("{refused:?}").contains("planted"),
        "the refusal holds the secret: {refused:?}"
    );
    assert_eq!(place.account()["secret"]["state"], "soon", "the old one is kept");
    replace(App::DEMO_SECRET, Value::Null).expect("Amazon takes it");
    assert_eq!(place.account()["secret"]["state"], "good", "its 180 days begin anew");
    let ended = place.attempt(json!({ "secret_made": day(200) }));
    assert_eq!(
        ended["connection"], connection,
        "the account keeps its connection: {ended}"
    );
    assert_eq!(place.account()["secret"]["state"], "ended", "older than 180 days");
}

#[test]
fn an_account_is_removed_with_or_without_its_data() {
    let place = Place::new();
    let connection = place.connected();
    let events = place.office.app.events();
    let run = place.office.sync().expect("it can be synced");
    place.office.ended(events, run);
    let remove = |delete: bool| {
        place.office.must(
            "remove_account",
            json!({ "connection": connection, "delete_data": delete }),
        )
    };
    let gone = remove(false);
    assert!(
        gone["next_step"]
            .as_str()
            .is_some_and(|next| next.contains("Seller Central")),
        "what is left to do there: {gone}"
    );
    let account = place.account();
    assert_eq!(account["live"], false, "its access is deleted: {account}");
    let records = |search: &str| {
        place
            .office
            .must("raw_list", json!({ "stream": null, "search": search, "page": 0 }))
    };
    assert_ne!(records("")["rows"], json!([]), "its records stay");
    remove(true);
    assert_eq!(
        place.office.must("accounts", json!({}))["accounts"],
        json!([]),
        "it is gone"
    );
    assert_eq!(records("")["rows"], json!([]), "with its records");
}

#[test]
fn the_setup_names_roles_and_regions() {
    let place = Place::new();
    let setup = place.office.must("amazon_setup", json!({}));
    let names: Vec<&str> = setup["roles"]
        .as_array()
        .expect("roles")
        .iter()
        .filter_map(|r| r["scope"].as_str())
        .collect();
    for role in Role::ALL {
        let restricted = role == Role::DirectToConsumerShipping;
        assert_eq!(names.contains(&role.name()), !restricted, "{}: {names:?}", role.name());
    }
    assert_eq!(setup["regions"].as_array().map(Vec::len), Some(3), "{setup}");
}

#[test]
fn money_that_does_not_come_though_orders_were_placed_stands_in_health_until_it_comes() {
    let place = Place::new();
    let connection = place.connected();
    let run = |plan: &str| {
        place.sim.set_faults(plan.parse().expect("a plan of faults"));
        let profile = place.office.app.profile(None).expect("the profile opens");
        let run = profile.sync(ConnectionId(connection), Ways::default(), Cancel::default(), |_| {});
        place.office.runtime.block_on(run).expect("a run that comes to its end");
    };
    let line = || {
        let health = place.office.must("health", json!({}));
        let all = health["lines"].as_array().expect("lines").clone();
        let found = all.into_iter().find(|line| {
            let label = line["label"].as_str().unwrap_or_default();
            label.ends_with(": transactions")
        });
        found.unwrap_or_else(|| panic!("connection {connection} has the line: {health}"))
    };
    run("empty-list:listTransactions@*");
    let told = line();
    assert_eq!(told["ok"], json!(false), "not all is well: {told}");
    let said = told["value_text"].to_string();
    assert!(
        said.contains("not complete") && said.contains("orders placed there"),
        "and why: {said}"
    );
    run("");
    assert_eq!(line()["ok"], json!(true), "it came with the next sync");
}
