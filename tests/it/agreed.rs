//! A shop that refuses the sales agreements of its orders: they are told by lines and refunds (contract 7.5), which is said wherever
//! it matters, and exactly as soon as agreements are granted.

use std::collections::BTreeMap;

use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::Profile;
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::{Day, Flags, Kind, Order};
use countinghouse_core::store::{ConnectionId, Read};
use countinghouse_core::sync::{Cancel, Options, Report};
use countinghouse_sim::world::WorldSpec;
use serde_json::{Value, json};

use crate::connectors::long_lists;
use crate::crew::{Office, marketplace};
use crate::market::{Market, Seller, large, shop, stream};
use crate::oracle::{Shopify, spec};
use crate::rig::Rig;

const REFUSED: &str = "deny=Order.agreements@*";
/// Figures of which the fallback tells.
const FIGURES: [&str; 9] = [
    "gross_sales",
    "discounts",
    "refunds",
    "net_sales",
    "orders",
    "units",
    "shipping",
    "taxes",
    "total_sales",
];

fn world() -> WorldSpec {
    spec(701, 40, 5)
}

/// The figures of all days, and how many of their rows are estimated.
fn figures(profile: &Profile, definition: Definition) -> (BTreeMap<&'static str, Value>, i64) {
    let day = |text: &str| text.parse::<Day>().expect("a day");
    let question = Question {
        definition,
        period: Period::new(day("2000-01-01"), day("2030-12-31")).expect("a period"),
        channels: Vec::new(),
        connection: None,
        today: day("2030-12-31"),
    };
    let answer = profile
        .store()
        .read_blocking(|r| kpis(r, &question))
        .expect("an answer");
    let answer = serde_json::to_value(&answer).expect("JSON");
    let figure = |name: &'static str| (name, answer["kpis"][name].clone());
    let rows = answer["completeness"]["rows_estimated"].as_i64().expect("a number");
    (FIGURES.into_iter().map(figure).collect(), rows)
}

/// What an order comes to: each posting's kind, moments, amount and marks. Costs are another story.
fn told(order: &Order) -> (String, bool, Vec<String>) {
    let mut postings: Vec<String> = order
        .postings
        .iter()
        .filter(|p| !matches!(p.kind, Kind::Cogs | Kind::CogsReturned))
        .map(|p| {
            let flags = p.flags.without(Flags::COSTED);
            format!("{:?} {:?} {:?} {} {flags:?}", p.kind, p.event_at, p.ship_at, p.micros)
        })
        .collect();
    postings.sort();
    (order.key.clone(), order.estimated, postings)
}

/// The same orders imported from answers in which no agreements stand, and so told by the fallback.
fn fallback(spec: &WorldSpec) -> (Rig, Vec<(String, bool, Vec<String>)>) {
    let (shopify, rig) = (Shopify::new(spec.clone()), Rig::new());
    for (page, body) in shopify.orders().iter().enumerate() {
        let mut body: Value = serde_json::from_slice(body).expect("JSON");
        for node in body["data"]["orders"]["nodes"].as_array_mut().expect("orders") {
            node.as_object_mut().expect("an order").remove("agreements");
        }
        let name = format!("orders-{page}.json");
        let report = rig.import_in("orders", &name, body.to_string().as_bytes(), spec.zone.name());
        assert_eq!(report.refused, None, "a file of orders without agreements is taken");
    }
    let read = |r: &Read<'_>| {
        let connection = r.connections()?[0].id;
        let keys = r.keys_of(connection, "orders")?;
        let orders = keys.iter().filter_map(|key| r.order(connection, key).transpose());
        orders.map(|order| Ok(told(&order?))).collect::<Result<Vec<_>, _>>()
    };
    let mut orders = rig.profile.store().read_blocking(read).expect("readable");
    orders.sort();
    (rig, orders)
}

fn orders(seller: &Seller) -> Vec<(String, bool, Vec<String>)> {
    let mut orders: Vec<_> = seller.orders().iter().map(told).collect();
    orders.sort();
    orders
}

fn notes(report: &Report) -> Vec<&str> {
    report.notes.iter().map(|note| note.code.as_str()).collect()
}

/// Everything is exact, nothing is said any more, and nothing is read a third time.
fn exact(seller: &Seller) {
    seller.is_true();
    assert!(
        seller.orders().iter().all(|order| !order.estimated),
        "no order is estimated"
    );
    let again = seller.sync();
    assert_eq!(notes(&again), Vec::<&str>::new(), "nothing lacks");
    let orders = stream(&again, "orders");
    assert_eq!((orders.new, orders.changed), (0, 0), "nothing is stored again");
    assert!(
        orders.requests <= 2,
        "nor asked for again: {} requests",
        orders.requests
    );
}

#[test]
fn fm22_orders_whose_agreements_are_refused_are_told_by_the_fallback_until_they_are_granted() {
    let (imported, expected) = fallback(&world());
    for bulk in [false, true] {
        let market = Market::new(world(), shop());
        match bulk {
            true => large(&market),
            false => long_lists(&market),
        }
        let seller = Seller::of(market);
        seller.market.faults(REFUSED);
        let report = seller.sync();
        assert_eq!(
            orders(&seller),
            expected,
            "bulk {bulk}: every order is told as the fallback tells it"
        );
        for definition in Definition::ALL {
            let (ours, rows) = figures(seller.profile(), definition);
            let (theirs, _) = figures(&imported.profile, definition);
            assert_eq!(
                ours,
                theirs,
                "bulk {bulk}: and so are the figures under {}",
                definition.name()
            );
            assert!(ours["net_sales"].is_string(), "net sales are there: {ours:?}");
            assert!(rows > 0, "and are marked estimated");
        }
        assert_eq!(notes(&report), ["agreements_not_permitted"], "bulk {bulk}: it is told");
        let note = &report.notes[0];
        assert!(
            note.message.contains("sales agreements") && note.message.contains("protected customer data"),
            "what is refused, and what it takes: {}",
            note.message
        );
        assert!(note.hint.contains("sync again"), "and what to do: {}", note.hint);
        let asked = seller.market.asked();
        let runs = asked.iter().filter(|body| body.contains("bulkOperationRunQuery"));
        let runs: Vec<bool> = runs.map(|body| body.contains("agreements")).collect();
        assert_eq!(!runs.is_empty(), bulk, "it came by the way it was to come");
        assert!(
            runs.iter().all(|agreed| !agreed),
            "no bulk run is asked for what is refused: {runs:?}"
        );
        let still = seller.sync();
        let quiet = stream(&still, "orders");
        assert_eq!(
            (notes(&still), quiet.new, quiet.changed),
            (vec!["agreements_not_permitted"], 0, 0),
            "while they are refused that is told, and nothing is stored again"
        );
        // The newest order tells whether they are granted, with all of its pages.
        assert!(
            quiet.requests <= if bulk { 3 } else { 6 },
            "nor asked for again: {} requests",
            quiet.requests
        );
        let before = seller.digest();
        seller.profile().rebuild().expect("made again");
        assert_eq!(seller.digest(), before, "a rebuild tells the same");
        seller.market.faults("");
        let granted = seller.sync();
        assert_eq!(notes(&granted), Vec::<&str>::new(), "bulk {bulk}: granted");
        let read_in_bulk = seller
            .market
            .asked()
            .iter()
            .any(|body| body.contains("bulkOperationRunQuery"));
        assert_eq!(read_in_bulk, bulk, "what is much is read again in bulk");
        exact(&seller);
        let before = seller.digest();
        seller.profile().rebuild().expect("made again");
        assert_eq!(seller.digest(), before, "a rebuild tells the same");
    }
}

#[test]
fn agreements_that_are_refused_later_take_nothing_from_the_orders_that_have_theirs() {
    let seller = Seller::new(world());
    seller.sync();
    let before: BTreeMap<String, _> = seller
        .orders()
        .iter()
        .map(|o| (o.key.clone(), (o.updated_at, told(o))))
        .collect();
    seller.market.faults(REFUSED);
    // The last two days are read again, most of their orders as they were.
    seller.market.advance(1);
    seller.sync();
    let (mut same, mut estimated) = (0, 0);
    for order in seller.orders() {
        match before.get(&order.key) {
            Some((at, known)) if *at == order.updated_at => {
                assert_eq!(told(&order), *known, "what did not change is as exact as it was");
                same += 1;
            }
            _ => estimated += usize::from(order.estimated),
        }
    }
    assert!(same > 100, "most orders did not change: {same}");
    assert!(estimated > 0, "what is new is estimated");
    seller.market.faults("");
    seller.sync();
    exact(&seller);
}

#[test]
fn runs_that_are_stopped_after_every_request_come_to_the_same_end_without_agreements_and_with_them() {
    let small = || spec(702, 20, 2);
    let whole = Seller::new(small());
    whole.market.faults(REFUSED);
    whole.sync();
    let mut cut = Seller::new(small());
    let mut to_the_end = |faults: &str, expected: &Seller| {
        for runs in 1.. {
            assert!(runs < 200, "a run that is cut off later each time ends some time");
            cut.market.faults(&format!("{faults}402@{}+", runs + 1));
            let ended = cut.try_sync(Options::default(), Cancel::default());
            cut.restart();
            if ended.is_ok_and(|report| report.failure().is_none()) {
                break;
            }
        }
        assert_eq!(orders(&cut), orders(expected), "the same orders as in one run");
    };
    to_the_end(&format!("{REFUSED};"), &whole);
    whole.market.faults("");
    whole.sync();
    to_the_end("", &whole);
    cut.market.faults("");
    exact(&cut);
}

#[test]
fn health_and_the_dashboard_say_that_agreements_are_refused_and_what_to_do() {
    let office = Office::new();
    let (server, sim) = marketplace(&office, 5);
    let connection = office.connect(&server);
    sim.set_faults("deny=Order.agreements:orders@*".parse().expect("a plan"));
    let sync = || {
        let profile = office.app.profile(None).expect("the profile opens");
        let run = profile.sync(ConnectionId(connection), Options::default(), Cancel::default(), |_| {});
        office.runtime.block_on(run).expect("a run that comes to its end")
    };
    assert_eq!(sync().lost(), None, "no stream is lost");
    let line = || {
        let lines = office.must("health", json!({}))["lines"].clone();
        let found = lines
            .as_array()
            .expect("lines")
            .iter()
            .find(|line| line["label"].as_str().is_some_and(|label| label.ends_with(": orders")));
        found.unwrap_or_else(|| panic!("a line of orders: {lines}")).clone()
    };
    let said = line();
    let text = said["value_text"].to_string();
    assert_eq!(said["ok"], json!(false), "something is to do: {said}");
    assert!(
        text.contains("everything the platform shows")
            && text.contains("sales agreements")
            && text.contains("estimated"),
        "no order lacks, and what its sales rest on: {said}"
    );
    assert!(
        said["next_step"].to_string().contains("Give the app this right"),
        "what to do: {said}"
    );
    let today = office.must("frame", json!({}))["today"].clone();
    let args = json!({ "from": today, "to": today, "compare": "none", "definition": "order_totals", "channels": [] });
    let board = office.must("dashboard", args)["completeness"].to_string();
    assert!(
        board.contains("derived, not stated by the platform"),
        "the dashboard marks the day: {board}"
    );
    sim.set_faults("".parse().expect("a plan"));
    assert_eq!(sync().notes, vec![], "granted");
    assert_eq!(line()["ok"], json!(true), "and all is well");
}
