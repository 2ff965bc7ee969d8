//! A first sync that is cut off midway: what has come counts with all that it tells, and what is still to come is said to be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countinghouse_core::api::health::{HealthLine, health};
use countinghouse_core::api::issues::{IssuesArgs, issues};
use countinghouse_core::api::{Desk, NoArgs};
use countinghouse_core::app::App;
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::metrics::Definition;
use countinghouse_core::sync::{Cancel, Event, Options, Phase};
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::amazon::AmazonSpec;
use serde_json::json;

use super::{NUMBER, import, ledger, transaction};
use crate::market::{Market, Seller, application, wait};
use crate::oracle::spec;
use crate::rig::{Rig, deps};

/// An account that takes most of an hour to make a report, so that older orders are the last to come.
fn market() -> Arc<Market> {
    let account = Account {
        speed: 10_000,
        report_times: (1_500, 1_500),
        kiosk_times: (0, 0),
        ..Account::default()
    };
    Market::selling_held(spec(3, 120, 2), AmazonSpec::new(400), account)
}

/// Hears a run, and ends it when a stream is read to its end. Panics if all orders are here by then.
fn until(stream: &'static str, cancel: &Cancel) -> impl Fn(Event) + Send + Sync + 'static {
    let stop = cancel.clone();
    move |event| {
        if let Event::Progress(progress) = event
            && progress.phase == Phase::Done
        {
            assert!(
                progress.stream != "orders" || stop.is_cancelled(),
                "older orders are still to come"
            );
            if progress.stream == stream {
                stop.cancel();
            }
        }
    }
}

#[test]
fn costs_count_as_soon_as_the_stream_that_tells_them_is_read() {
    let mut seller = Seller::disconnected(market());
    seller.connect_amazon(Region::NorthAmerica).expect("it is let in");
    let cancel = Cancel::default();
    let hear = until("economics", &cancel);
    let ended = wait(
        seller
            .profile()
            .sync(seller.connection, Options::default(), cancel, hear),
    );
    assert!(ended.is_err(), "it is cut off");
    let costed = |seller: &Seller| {
        let orders = seller.orders();
        let lines = orders.iter().flat_map(|order| &order.lines);
        lines.filter(|line| line.unit_cost.is_some()).count()
    };
    let (before, counted) = (seller.digest(), costed(&seller));
    assert!(counted > 0, "orders have a cost");
    seller.profile().rebuild().expect("a rebuild");
    assert_eq!(costed(&seller), counted, "every cost that was read is applied");
    assert_eq!(seller.digest(), before, "and in every sum");
}

#[test]
fn orders_still_to_come_are_no_issues_while_they_are_read() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let home = std::env::temp_dir().join(format!("countinghouse-midway-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&home);
    let market = market();
    let transport = Arc::clone(&market) as Arc<dyn countinghouse_core::net::Transport>;
    let app = App::open(&home, deps(market.clock(), transport)).expect("a home folder");
    let profile = app.profile(None).expect("a first profile");
    let asked = application(Region::NorthAmerica);
    let (connection, _) = wait(profile.connect_amazon(asked, None, None, |_| {})).expect("it is let in");
    let desk = Desk {
        app: &app,
        profile: None,
    };
    let line = |label: &str| -> Option<HealthLine> {
        let lines = health(desk, NoArgs {}).expect("health").lines;
        lines.into_iter().find(|line| line.label == label)
    };
    let cancel = Cancel::default();
    let hear = until("finances", &cancel);
    let ended = wait(profile.sync(connection.id, Options::default(), cancel, hear));
    assert!(ended.is_err(), "it is cut off");
    let coming = line("Orders to come").expect("some orders are known by their money only");
    assert!(
        coming.ok && coming.value_text.contains("still to come"),
        "that is progress: {coming:?}"
    );
    assert_eq!(
        line("Issues").map(|line| line.value_text),
        Some("0".to_owned()),
        "and nothing is wrong"
    );
    let list = issues(desk, IssuesArgs { page: 0 }).expect("a list");
    assert_eq!(
        (list.rows.len(), list.coming_text.as_ref()),
        (0, Some(&coming.value_text)),
        "the list says the same"
    );
    let ended = wait(profile.sync(connection.id, Options::default(), Cancel::default(), |_| {}));
    ended.expect("the next run goes to the end");
    assert_eq!(line("Orders to come"), None, "all have come");
    assert_eq!(
        line("Issues").map(|line| line.value_text),
        Some("0".to_owned()),
        "nothing was wrong"
    );
    drop(profile);
    drop(app);
    let _ = std::fs::remove_dir_all(&home);
}

#[test]
fn an_order_that_is_not_here_is_not_called_a_record_that_cannot_be_read() {
    let rig = Rig::new();
    let amounts = [("Commission", "-3.00")];
    let moved = [("SKU-A", 1, &amounts[..])];
    let mut released = transaction(
        Some(NUMBER),
        "Shipment",
        "T-2",
        "RELEASED",
        "2026-03-15T18:00:00Z",
        &moved,
    );
    let related = released["relatedIdentifiers"].as_array_mut().expect("a list");
    related.push(json!({
        "relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": "T-1"
    }));
    import(&rig, "released.json", ledger(&[released]));
    let complete = rig.kpis(Definition::OrderTotals)["completeness"].clone();
    assert_eq!(
        (&complete["records_left_out"], &complete["orders_to_come"]),
        (&json!(0), &json!(1)),
        "the record can be read; its order is not here: {complete}"
    );
    let text = complete["left_out_text"].as_str().unwrap_or_default();
    assert!(
        text.contains("1 order is not here yet") && !text.contains("could not be read"),
        "and it is said so: {text}"
    );
    assert_eq!(complete["orders_complete"], json!(false), "figures lack it");
}
