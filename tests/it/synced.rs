//! The oracle by way of a sync: what the program fetched by itself equals the truth, and stays equal.

use std::collections::BTreeSet;

use bytes::Bytes;
use countinghouse_core::app::{Code, CostPolicy};
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::sync::{Cancel, Event, Options};

use crate::market::{Market, Seller, counted, stream, wait};
use crate::oracle::spec;

/// Every stream asks at most twice, and nothing is stored (quality P7).
fn second_sync_writes_nothing(seller: &Seller) {
    let before = seller.digest();
    let report = seller.sync();
    for stream in &report.streams {
        assert!(
            stream.requests <= 2,
            "{} asked {} times though nothing is new",
            stream.stream,
            stream.requests
        );
        assert_eq!((stream.new, stream.changed), (0, 0), "{} stored nothing", stream.stream);
    }
    assert_eq!(report.orders, 0, "no order is another now");
    assert_eq!(seller.digest(), before, "the ledger is as it was");
}

#[test]
fn a_synced_shop_equals_the_truth_today_and_on_the_days_that_follow() {
    let seller = Seller::of(Market::living(spec(31, 365, 2)));
    seller.sync();
    seller.is_true();
    second_sync_writes_nothing(&seller);
    for days in [1, 2, 9] {
        seller.market.pass(days);
        seller.sync();
        seller.is_true();
    }
    let synced = seller.digest();
    seller
        .profile()
        .rebuild()
        .expect("a ledger made again from its raw records");
    assert_eq!(seller.digest(), synced, "a rebuild changes nothing");
}

#[test]
fn a_run_in_which_nothing_changed_asks_at_most_twice_for_a_stream_whatever_came_last() {
    // Among these worlds are ones whose last minutes moved stock, so that products stand in the overlap.
    for seed in [32, 33, 34, 43, 46, 47, 49] {
        let seller = Seller::new(spec(seed, 45, 4));
        seller.sync();
        for round in 1..=3 {
            for stream in &seller.sync().streams {
                assert!(
                    stream.requests <= 2,
                    "run {round} after the load of world {seed} asked {} times for {}",
                    stream.requests,
                    stream.stream
                );
                assert_eq!(stream.changed, 0, "and nothing of {} was another", stream.stream);
            }
        }
    }
}

#[test]
fn a_shop_synced_by_bulk_runs_equals_the_truth() {
    // So many orders that they are asked for in bulk without anyone's saying so.
    let many = || spec(34, 60, 48);
    let seller = Seller::new(many());
    let report = seller.sync();
    let asked = seller.market.asked();
    assert!(
        asked.iter().any(|body| body.contains("bulkOperationRunQuery")),
        "so many orders are asked for in bulk"
    );
    assert!(stream(&report, "orders").new > 2_500, "so many orders came");
    seller.is_true();
    second_sync_writes_nothing(&seller);
    let by_pages = Seller::new(many());
    by_pages.market.tamper(|_, body| counted(body, 2_499));
    by_pages.sync();
    assert!(
        !by_pages
            .market
            .asked()
            .iter()
            .any(|body| body.contains("bulkOperationRunQuery")),
        "a shop that counts one order less than is worth a bulk run is read by pages"
    );
    assert_eq!(
        seller.digest(),
        by_pages.digest(),
        "pages and bulk runs bring the same ledger"
    );
}

#[test]
fn a_run_that_is_stopped_after_every_request_comes_to_the_same_end() {
    let whole = Seller::new(spec(33, 20, 2));
    whole.sync();
    let mut cut = Seller::new(spec(33, 20, 2));
    let mut runs = 0;
    // The line is cut one answer later in every run; what each run stored is where the next one goes on.
    loop {
        runs += 1;
        cut.market.faults(&format!("402@{}+", runs + 1));
        let ended = cut.try_sync(Options::default(), Cancel::default());
        cut.restart();
        if ended.is_ok_and(|report| report.failure().is_none()) {
            break;
        }
        assert!(runs < 200, "a run that is cut off later each time ends some time");
    }
    cut.market.faults("");
    cut.sync();
    assert!(runs > 5, "it was cut off {runs} times");
    assert_eq!(cut.digest(), whole.digest(), "the same ledger as in one run");
    cut.is_true();
}

#[test]
fn a_shop_that_moves_to_another_zone_counts_all_its_days_there() {
    let seller = Seller::new(spec(35, 30, 4));
    seller.sync();
    let before = seller.digest();
    seller.market.tamper(|_, body| {
        let text = String::from_utf8_lossy(&body);
        match text.split_once("\"ianaTimezone\":\"") {
            Some((start, rest)) => {
                let end = rest.find('"').expect("the end of a text");
                Bytes::from(format!("{start}\"ianaTimezone\":\"Asia/Tokyo{}", &rest[end..]))
            }
            None => body,
        }
    });
    seller.sync();
    let moved = seller.digest();
    assert_ne!(moved, before, "the sums stand on other days");
    seller.profile().rebuild_measures().expect("counted again");
    assert_eq!(seller.digest(), moved, "on all days, not only those of new orders");
}

#[test]
fn a_cost_holds_from_the_platforms_day_whatever_the_machines_clock_says() {
    let seller = Seller::new(spec(36, 20, 3));
    seller
        .profile()
        .set_cost_policy(CostPolicy::KnownOnly)
        .expect("a setting");
    // The platform is three days behind this machine.
    seller.market.faults("skew=-259200@*");
    seller.sync();
    let today = seller.profile().today().expect("a day");
    let connection = seller.connection;
    let variants: BTreeSet<String> = seller
        .orders()
        .iter()
        .flat_map(|order| order.lines.iter().filter_map(|line| line.variant.clone()))
        .collect();
    let known = seller.profile().store().read_blocking(move |r| {
        let mut since = Vec::new();
        for variant in &variants {
            since.extend(r.costs_of(connection, variant)?.iter().map(|(cost, _)| cost.since));
        }
        Ok(since)
    });
    let known = known.expect("costs");
    assert!(!known.is_empty(), "there are costs");
    assert!(
        known.iter().all(|since| *since == today.plus(-3)),
        "they hold from the platform's day, {today} less three: {known:?}"
    );
    let before = seller.digest();
    seller.profile().rebuild().expect("made again");
    assert_eq!(seller.digest(), before, "a rebuild reads the same days");
}

#[test]
fn a_sync_ends_when_its_profile_is_removed() {
    for another in [false, true] {
        let seller = Seller::new(spec(61, 20, 4));
        let folder = seller.folder().to_owned();
        let remove = move |event: Event| {
            if !matches!(event, Event::Progress(_)) {
                return;
            }
            // What another process does, and the next demo, which makes a profile of the same name.
            let _ = std::fs::remove_dir_all(&folder);
            if another {
                std::fs::create_dir_all(&folder).expect("a folder");
                let other = serde_json::json!({ "id": "shop", "name": "Shop", "demo": false, "created_at": 99 });
                std::fs::write(folder.join("profile.json"), other.to_string()).expect("a description");
            }
        };
        let run = seller
            .profile()
            .sync(seller.connection, Options::default(), Cancel::default(), remove);
        let error = wait(run).expect_err("there is nothing to store into any more");
        assert_eq!(error.code, Code::NotFound, "{error:?}");
        assert!(
            error.message.contains("was removed while this sync ran"),
            "it is told as it is, another profile in its folder: {another}: {error:?}"
        );
        assert!(
            seller.market.calls().len() < 30,
            "it does not go on to the end: {} requests",
            seller.market.calls().len()
        );
    }
}

#[test]
fn a_connection_asks_for_the_version_of_the_interface_that_the_user_chose() {
    let seller = Seller::new(spec(62, 20, 4));
    let set = |version: Option<&str>| {
        let version = version.map(str::to_owned);
        wait(seller.profile().set_interface_version(seller.connection, version))
    };
    assert!(set(Some("next")).is_err(), "what is no version is refused");
    let asked_for = |version: &str| {
        let before = seller.market.calls().len();
        seller.run();
        let calls = seller.market.calls();
        let own = format!("/api/{version}/");
        let mut own_calls = calls[before..]
            .iter()
            .filter(|call| call.path.contains("/api/"))
            .peekable();
        own_calls.peek().is_some() && own_calls.all(|call| call.path.contains(&own))
    };
    set(Some("2026-07")).expect("a version");
    assert!(asked_for("2026-07"), "from then on that one is asked for");
    seller.connect().expect("connected once more");
    assert!(asked_for("2026-07"), "also after connecting again");
    set(None).expect("the usual one");
    assert!(asked_for(API_VERSION), "until the user goes back");
}
