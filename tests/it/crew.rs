//! Work that goes on after an answer, against the simulated marketplaces over loopback HTTP: as the window asks for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countinghouse::demo::Seller;
use countinghouse::staffed;
use countinghouse_core::api::{Class, Desk, answer, class_of};
use countinghouse_core::app::{ApiError, App, Code, Event, ImportOptions};
use countinghouse_core::clock::{Clock, SteppedClock, SystemClock};
use countinghouse_core::connectors::Channel;
use countinghouse_core::net::Wire;
use countinghouse_sim::faults::Plan;
use countinghouse_sim::shopify::{App as ShopApp, Shop, ShopPlan};
use countinghouse_sim::{Server, Sim, truth};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::rig::deps;

/// Noon in New York, on a day on which the connector's version of the interface is served.
pub(crate) const NOON: i64 = 1_795_194_000;
/// Days of the demonstrations.
const DAYS: u32 = 20;

/// A home folder with an app and its crew; the folder is removed with it.
pub(crate) struct Office {
    pub(crate) app: Arc<App>,
    pub(crate) runtime: Runtime,
    clock: Arc<dyn Clock>,
    home: PathBuf,
}

impl Office {
    /// An office whose clock moves on with whoever sleeps.
    pub(crate) fn new() -> Office {
        // Some minutes past noon, at which the invented sellers stand: Amazon's lists are two minutes behind.
        Office::at(Arc::new(SteppedClock::running(NOON + 600)))
    }

    /// An office with this clock.
    pub(crate) fn at(clock: Arc<dyn Clock>) -> Office {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("countinghouse-crew-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        Office::open(home, clock)
    }

    fn open(home: PathBuf, clock: Arc<dyn Clock>) -> Office {
        let runtime = Runtime::new().expect("threads");
        let app = App::open(
            &home,
            deps(Arc::clone(&clock), Arc::new(Wire::new().expect("secure connections"))),
        )
        .expect("a home folder");
        let app = staffed(app, runtime.handle().clone());
        Office {
            app,
            runtime,
            clock,
            home,
        }
    }

    /// The program ends and is started again.
    fn restarted(mut self, clock: Arc<dyn Clock>) -> Office {
        let home = std::mem::take(&mut self.home);
        drop(self);
        Office::open(home, clock)
    }

    /// Waits until so many runs of the active profile have ended, and none is at work.
    fn at_rest(&self, runs: usize) {
        let mut events = self.app.events();
        loop {
            let all = self.must("runs", json!({}));
            let all = all.as_array().expect("runs");
            let ended = all.iter().filter(|run| !run["finished_text"].is_null()).count();
            if ended >= runs && ended == all.len() {
                return;
            }
            // Every end is told after it was stored.
            if let Err(RecvError::Closed) = self.runtime.block_on(events.recv()) {
                panic!("the app ended before its runs");
            }
        }
    }

    /// Calls a command of the active profile as a page does.
    pub(crate) fn call(&self, command: &str, args: Value) -> Result<Value, ApiError> {
        let class = class_of(command).unwrap_or(Class::Read);
        let desk = Desk {
            app: &self.app,
            profile: None,
        };
        answer(desk, class, command, args)
    }

    pub(crate) fn must(&self, command: &str, args: Value) -> Value {
        self.call(command, args)
            .unwrap_or_else(|e| panic!("{command} answers: {e:?}"))
    }

    fn start_demo(&self) -> i64 {
        let started = self.must("start_demo", json!({ "days": DAYS }));
        started["run"].as_i64().expect("the number of a run")
    }

    pub(crate) fn sync(&self) -> Result<i64, ApiError> {
        let started = self.call("sync", json!({ "connection": null, "full": false }))?;
        Ok(started["run"].as_i64().expect("the number of a run"))
    }

    /// Waits for the end of a run, which is told by an event.
    pub(crate) fn ended(&self, mut events: Receiver<Event>, run: i64) -> Value {
        let end = async {
            loop {
                match events.recv().await {
                    Ok(Event::Run(told)) if told.id == run && told.finished_text.is_some() => {
                        return serde_json::to_value(&*told).expect("a run is JSON");
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("the app ended before run {run}"),
                }
            }
        };
        self.runtime.block_on(end)
    }

    /// Connects the marketplace by the demo app's own access; the number of the connection.
    pub(crate) fn connect(&self, server: &Server) -> i64 {
        let begun = self.must("connect_shopify", client_credentials(server, ShopApp::DEMO_SECRET));
        let connected = self.after(begun["id"].as_str().expect("an id"), "testing");
        connected["connection"].as_i64().expect("the shop answers")
    }

    /// Waits until an attempt is no longer in `state`.
    pub(crate) fn after(&self, id: &str, state: &str) -> Value {
        loop {
            let told = self.must("connect_status", json!({ "attempt": id }));
            if told["state"] != state {
                return told;
            }
            std::thread::yield_now();
        }
    }

    /// Net sales of the last days, as a plain decimal.
    fn net_sales(&self, days: u32) -> Value {
        let today = self.must("frame", json!({}))["today"].clone();
        let today: countinghouse_core::model::Day = serde_json::from_value(today).expect("a day");
        let from = today.plus(1 - i32::try_from(days).expect("some days"));
        let asked =
            json!({ "from": from, "to": today, "compare": "none", "definition": "order_totals", "channels": [] });
        let board = self.must("dashboard", asked);
        let tiles = board["tiles"].as_array().expect("tiles");
        let tile = tiles.iter().find(|t| t["metric"] == "net_sales");
        tile.unwrap_or_else(|| panic!("net sales are among {tiles:?}"))["raw"].clone()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if !self.home.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.home);
        }
    }
}

/// A marketplace outside of the program, as a developer runs one, whose seller has sold for some days.
pub(crate) fn marketplace(office: &Office, days: u32) -> (Server, Arc<Sim>) {
    office.runtime.block_on(async {
        let listener = Server::bind(0).await.expect("a port");
        let storage = Server::storage(&listener).expect("an address");
        let seller = Seller::over(days).expect("a seller");
        let sim = Arc::new(seller.marketplaces(&office.clock, Plan::default(), storage, ShopPlan::default()));
        (Server::serve(listener, Arc::clone(&sim)).expect("it listens"), sim)
    })
}

fn client_credentials(server: &Server, secret: &str) -> Value {
    json!({
        "shop": Shop::DEMO_HANDLE,
        "endpoint": server.shopify(Shop::DEMO_HANDLE),
        "credentials": { "route": "client_credentials", "client_id": ShopApp::DEMO_ID, "client_secret": secret },
    })
}

/// Net sales of the shop and Amazon together, from the first day on, by the simulator's own account of a world `later` days after
/// noon, as a plain decimal.
fn true_net_sales(later: u32) -> String {
    let now = chrono::DateTime::from_timestamp(NOON, 0).expect("a moment");
    let mut world = Seller::over(DAYS).expect("a seller").world(now);
    let (first, days) = (world.first_day(), chrono::Days::new(u64::from(DAYS + later) - 1));
    world.advance(later);
    let definition = truth::Definition::OrderTotals;
    let cents = |report: truth::Report| report.totals.net_sales.expect("net sales are known");
    let shop = cents(truth::report(&world, definition, first, first + days, None));
    let cents = cents(truth::amazon::total(&world, definition, first, first + days));
    assert!(
        cents > shop && shop > 0,
        "a seller who sells in one place only proves nothing"
    );
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[test]
fn a_demonstration_is_made_synced_and_shows_the_truth() {
    let office = Office::new();
    let events = office.app.events();
    let run = office.start_demo();
    let frame = office.must("frame", json!({}));
    let chosen = frame["profiles"]
        .as_array()
        .expect("profiles")
        .iter()
        .find(|p| p["active"] == true);
    assert_eq!(
        chosen.expect("one is shown")["demo"],
        true,
        "the demonstration is chosen at once"
    );
    let told = office.ended(events, run);
    assert_eq!(told["state"], "done", "the run ends well: {told}");
    assert_eq!(told["error"], Value::Null, "without an error");
    assert!(
        !told["counts_text"].as_str().expect("a text").starts_with("0 "),
        "records are counted: {told}"
    );
    office.at_rest(2);
    assert_eq!(
        office.net_sales(DAYS),
        true_net_sales(0),
        "the dashboard shows what the seller sold in both places"
    );
    let listed = office.must("runs", json!({}));
    let listed = listed.as_array().expect("runs");
    assert!(listed.contains(&told), "who asks later is told the same");
    assert_eq!(listed.len(), 2, "a run for each platform: {listed:?}");
    for run in listed {
        assert_eq!(run["state"], "done", "both end well: {run}");
    }
}

#[test]
fn a_demonstration_goes_on_after_the_program_was_started_again() {
    let office = Office::new();
    office.start_demo();
    office.at_rest(2);
    let before = office.net_sales(DAYS);
    // Three days later.
    let office = office.restarted(Arc::new(SteppedClock::running(NOON + 600 + 3 * 86_400)));
    let events = office.app.events();
    let run = office.sync().expect("the marketplaces listen again");
    let told = office.ended(events, run);
    assert_eq!(told["state"], "done", "the connection leads to the new address: {told}");
    office.at_rest(4);
    let shown = office.net_sales(DAYS + 3);
    assert_eq!(
        shown,
        true_net_sales(3),
        "the seller has gone on trading in both places"
    );
    assert_ne!(shown, before, "three days bring sales");
}

#[test]
fn a_second_demonstration_replaces_the_first_even_while_it_syncs() {
    let office = Office::new();
    office.start_demo();
    office.start_demo();
    office.at_rest(2);
    let told = office.must("runs", json!({}));
    for run in told.as_array().expect("runs") {
        assert_eq!(run["state"], "done", "the second one ends well: {told}");
    }
    assert_eq!(
        office.net_sales(DAYS),
        true_net_sales(0),
        "nothing of the first is counted"
    );
    let profiles = office.must("frame", json!({}))["profiles"].clone();
    let demos = profiles
        .as_array()
        .expect("profiles")
        .iter()
        .filter(|p| p["demo"] == true);
    assert_eq!(demos.count(), 1, "there is one demonstration: {profiles}");
}

#[test]
fn a_demonstration_needs_days() {
    let office = Office::new();
    for days in [0, 1_000_000] {
        let error = office
            .call("start_demo", json!({ "days": days }))
            .expect_err("no such demonstration");
        assert_eq!(error.code, Code::Invalid, "{days} days: {error}");
    }
    let profiles = office.app.profiles().expect("profiles");
    assert!(profiles.is_empty(), "nothing was made: {profiles:?}");
}

#[test]
fn a_cancelled_run_ends_so_and_the_next_one_completes() {
    let office = Office::new();
    let events = office.app.events();
    let run = office.start_demo();
    let busy = office.sync().expect_err("one run at a time");
    assert_eq!(busy.code, Code::Busy, "a second sync beside the first: {busy}");
    office.must("cancel_run", json!({ "id": run }));
    let told = office.ended(events, run);
    assert_eq!(told["state"], "cancelled", "the user ended it: {told}");
    let gone = office
        .call("cancel_run", json!({ "id": run }))
        .expect_err("it has ended");
    assert_eq!(gone.code, Code::NotFound, "a run that has ended cannot be cancelled");
    // Amazon's run was not cancelled.
    office.at_rest(2);
    let events = office.app.events();
    let next = office.sync().expect("the connection is free");
    assert_ne!(next, run, "a run of its own");
    assert_eq!(office.ended(events, next)["state"], "done", "it goes on to the end");
    office.at_rest(3);
    assert_eq!(
        office.net_sales(DAYS),
        true_net_sales(0),
        "nothing is missing, nothing counts twice"
    );
}

#[test]
fn a_demonstration_is_cancelled_with_all_of_its_runs() {
    let office = Office::new();
    let mut events = office.app.events();
    let begun = office.must("start_demo", json!({ "days": DAYS }));
    let runs: Vec<i64> = begun["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .filter_map(Value::as_i64)
        .collect();
    assert_eq!(runs.len(), 2, "the shop's and Amazon's: {begun}");
    assert_eq!(begun["run"], json!(runs[0]), "the first is the one to follow: {begun}");
    for run in &runs {
        // One that was quick has ended by itself.
        let _ = office.call("cancel_run", json!({ "id": run }));
    }
    office.at_rest(2);
    while events.try_recv().is_ok() {}
    let told = office.must("runs", json!({}));
    let ids: Vec<i64> = told
        .as_array()
        .expect("runs")
        .iter()
        .filter_map(|run| run["id"].as_i64())
        .collect();
    assert!(
        runs.iter().all(|run| ids.contains(run)),
        "the numbers are those of the runs: {told}"
    );
    assert!(
        told.as_array()
            .expect("runs")
            .iter()
            .any(|run| run["state"] == "cancelled"),
        "they stop: {told}"
    );
}

#[test]
fn what_cannot_be_synced_is_refused_with_the_next_step() {
    let office = Office::new();
    let empty = office.sync().expect_err("nothing is connected");
    assert_eq!(empty.code, Code::NotFound, "{empty}");
    assert!(empty.hint.is_some(), "says what to do: {empty:?}");
    let unknown = office
        .call("sync", json!({ "connection": 77, "full": false }))
        .expect_err("no such connection");
    assert_eq!(unknown.code, Code::NotFound, "{unknown}");
}

#[test]
fn what_became_of_imported_files_is_told_where_the_shop_is_connected() {
    let office = Office::new();
    let (server, _) = marketplace(&office, 3);
    let profile = office.app.profile(None).expect("the profile opens");
    let order = json!({
        "id": 1, "name": "#1", "created_at": "2026-05-10T12:00:00-04:00", "currency": "USD", "financial_status": "paid",
        "taxes_included": false, "test": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
        "line_items": [{ "id": 1, "title": "Mug", "sku": "M", "quantity": 1, "price": "10.00", "requires_shipping": true, "tax_lines": [] }]
    });
    let options = ImportOptions::default();
    let report = profile.import(Channel::Shopify, "o.json", order.to_string().as_bytes(), &options);
    assert_eq!(report.expect("a report").refused, None, "the file is taken");
    let begun = office.must("connect_shopify", client_credentials(&server, ShopApp::DEMO_SECRET));
    let connected = office.after(begun["id"].as_str().expect("an id"), "testing");
    let notes = connected["notes"].to_string();
    assert!(
        notes.contains("“Shopify files” stays apart") && notes.contains("connections join"),
        "with what to do if that is wrong: {connected}"
    );
}

#[test]
fn a_shop_is_connected_with_the_right_secret_and_not_with_a_wrong_one() {
    let office = Office::new();
    let (server, _) = marketplace(&office, 3);
    let wrong = "shpss_this-is-not-the-secret";
    let begun = office.must("connect_shopify", client_credentials(&server, wrong));
    let failed = office.after(begun["id"].as_str().expect("an id"), "testing");
    assert_eq!(failed["state"], "failed", "the shop refuses: {failed}");
    assert_eq!(failed["error"]["code"], "invalid", "by the secret: {failed}");
    assert!(failed["error"]["hint"].is_string(), "says what to do: {failed}");
    assert_eq!(office.must("connections", json!({})), json!([]), "nothing was stored");

    let begun = office.must("connect_shopify", client_credentials(&server, ShopApp::DEMO_SECRET));
    let connected = office.after(begun["id"].as_str().expect("an id"), "testing");
    assert_eq!(connected["state"], "connected", "the shop answers: {connected}");
    assert_eq!(connected["shop"]["currency"], "USD", "and says who it is: {connected}");
    assert_eq!(
        connected["missing"],
        json!([]),
        "the demo app has every right: {connected}"
    );
    let stored = office.must("connections", json!({}));
    assert_eq!(
        stored[0]["id"], connected["connection"],
        "the connection is there: {stored}"
    );
    for told in [&failed, &connected, &stored] {
        for secret in [wrong, ShopApp::DEMO_SECRET, ShopApp::DEMO_TOKEN] {
            assert!(!told.to_string().contains(secret), "an answer holds a secret: {told}");
        }
    }
    let events = office.app.events();
    let run = office.sync().expect("the new connection can be synced");
    assert_eq!(
        office.ended(events, run)["state"],
        "done",
        "with the access that was kept"
    );
}

#[test]
fn consent_can_be_finished_by_pasting_the_address() {
    // The consent page waits for a person, so that a clock which runs ahead would end it at once.
    let office = Office::at(Arc::new(SystemClock));
    let (server, _) = marketplace(&office, 3);
    let asked = json!({
        "shop": Shop::DEMO_HANDLE,
        "endpoint": server.shopify(Shop::DEMO_HANDLE),
        "credentials": {
            "route": "consent", "client_id": ShopApp::DEMO_ID, "client_secret": ShopApp::DEMO_SECRET, "expiring": true,
        },
    });
    let begun = office.must("connect_shopify", asked);
    let id = begun["id"].as_str().expect("an id").to_owned();
    let waiting = office.after(&id, "testing");
    assert_eq!(waiting["state"], "waiting_for_browser", "the user is asked: {waiting}");
    let page = waiting["authorize_url"].as_str().expect("the page to open").to_owned();
    let finish = |address: &str| office.call("connect_finish", json!({ "attempt": id, "address": address }));
    for (address, why) in [
        ("no address", "it is none"),
        ("http://127.0.0.1/auth/callback", "it holds no answer"),
        (
            "http://127.0.0.1/auth/callback?code=1&state=of-another",
            "it is of another attempt",
        ),
    ] {
        let error = finish(address).expect_err(why);
        assert_eq!(error.code, Code::Invalid, "{address}: {error}");
        let still = office.must("connect_status", json!({ "attempt": id }));
        assert_eq!(
            still["state"], "waiting_for_browser",
            "{address}: the attempt waits on, because {why}"
        );
    }
    let request = http::Request::get(format!("{page}&auto=approve"))
        .body(bytes::Bytes::new())
        .expect("a request");
    let answered = office
        .runtime
        .block_on(office.app.deps().transport.send(request))
        .expect("the consent page answers");
    let back = answered.headers()["location"].to_str().expect("an address").to_owned();
    let told = finish(&back).expect("the answer of this attempt");
    assert!(
        !told.to_string().contains(ShopApp::DEMO_SECRET),
        "an answer holds a secret: {told}"
    );
    let connected = office.after(&id, "testing");
    assert_eq!(connected["state"], "connected", "the shop answers: {connected}");
    let again = finish(&back).expect_err("an answer counts once");
    assert_eq!(again.code, Code::Invalid, "{again}");
}

#[test]
fn an_attempt_can_be_given_up() {
    let office = Office::at(Arc::new(SystemClock));
    let (server, _) = marketplace(&office, 3);
    let mut asked = client_credentials(&server, ShopApp::DEMO_SECRET);
    asked["credentials"]["route"] = json!("consent");
    asked["credentials"]["expiring"] = json!(false);
    let begun = office.must("connect_shopify", asked);
    let id = begun["id"].as_str().expect("an id");
    office.after(id, "testing");
    office.must("connect_cancel", json!({ "attempt": id }));
    let over = office.after(id, "waiting_for_browser");
    assert_eq!(over["error"]["code"], "cancelled", "the user ended it: {over}");
    assert_eq!(over["authorize_url"], Value::Null, "its page leads nowhere");
    assert_eq!(office.must("connections", json!({})), json!([]), "nothing was stored");
    let unknown = office
        .call("connect_status", json!({ "attempt": "none" }))
        .expect_err("no such attempt");
    assert_eq!(unknown.code, Code::NotFound, "{unknown}");
}

#[test]
fn a_shop_that_is_none_is_refused_at_once() {
    let office = Office::new();
    let ask = |shop: &str, endpoint: Value| {
        let token = json!({ "route": "token", "token": "shpat_secret" });
        office.call(
            "connect_shopify",
            json!({ "shop": shop, "endpoint": endpoint, "credentials": token }),
        )
    };
    for (shop, endpoint) in [
        ("evil.example", Value::Null),
        ("my-shop", json!("http://evil.example/")),
        ("my-shop", json!("nowhere")),
    ] {
        let error = ask(shop, endpoint.clone()).expect_err("it is refused");
        assert_eq!(error.code, Code::Invalid, "{shop} {endpoint}: {error}");
        assert!(
            !format!("{error:?}").contains("shpat_secret"),
            "the refusal holds a secret: {error:?}"
        );
    }
}

#[test]
fn the_setup_names_every_right_and_address() {
    let office = Office::new();
    let setup = office.must("shopify_setup", json!({}));
    let rights: Vec<&str> = setup["scopes"].as_str().expect("a line").split(',').collect();
    let listed: Vec<&str> = setup["scope_list"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| s["scope"].as_str().expect("a name"))
        .collect();
    assert_eq!(rights, listed, "the line to paste and the list are the same rights");
    assert!(
        rights.contains(&"read_all_orders"),
        "history beyond 60 days needs its right: {rights:?}"
    );
    let addresses = setup["redirect_urls"].as_array().expect("a list");
    assert!(
        !addresses.is_empty(),
        "the app must know where the browser comes back to"
    );
}
