use super::super::ShopifyFetcher;
use super::super::play::{self, NOW, Play, Played, counts, time};
use crate::connectors::fetch::{Fetcher, StreamState};
use serde_json::{Value, json};

type Shop = play::Orders;

fn names(played: &Played) -> Vec<&str> {
    played
        .asked
        .iter()
        .map(|body| body["operationName"].as_str().unwrap_or_default())
        .collect()
}

fn load(play: &Play, shop: &Shop, stored: Option<&StreamState>) -> Played {
    play.run("orders", stored, |body| shop.answer(body))
        .expect("the stream ends well")
}

fn coverage(state: &StreamState) -> (Option<i64>, Option<i64>, bool) {
    let coverage = ShopifyFetcher.coverage("orders", state);
    (coverage.since, coverage.until, coverage.whole)
}

#[test]
fn a_first_load_reads_everything_newest_first() {
    let shop = Shop::every(3_600, 1_000, NOW - 10);
    let played = load(&Play::default(), &shop, None);
    assert!(counts(&played.records).values().all(|n| *n == 1), "each order once");
    assert_eq!(played.records.len(), 1_000, "all of them");
    assert_eq!(played.records[0].key, "1999", "the newest comes first");
    let keys: Vec<u64> = played
        .records
        .iter()
        .map(|r| r.key.parse().expect("a number"))
        .collect();
    assert!(
        keys.windows(2).all(|pair| pair[0] > pair[1]),
        "and the others follow downward"
    );
    assert_eq!(
        names(&played)[0],
        "OrdersSurvey",
        "after one look at how many there are"
    );
    let oldest = NOW - 10 - 999 * 3_600;
    assert_eq!(
        coverage(&played.state),
        (Some(oldest), Some(NOW), true),
        "the whole history is held, since the oldest order shown"
    );
}

#[test]
fn an_empty_shop_is_covered_too() {
    let played = load(&Play::default(), &Shop::default(), None);
    assert_eq!(names(&played), ["OrdersSurvey", "Orders"], "a look and one page");
    assert_eq!(
        coverage(&played.state),
        (Some(0), Some(NOW), true),
        "fm19: nothing is missing up to now"
    );
}

#[test]
fn a_second_run_asks_once_and_takes_what_is_new() {
    let mut shop = Shop::every(3_600, 500, NOW - 1_000);
    let first = load(&Play::default(), &shop, None);
    let again = load(
        &Play {
            now: NOW + 60,
            ..Play::default()
        },
        &shop,
        Some(&first.state),
    );
    assert_eq!(
        (again.asked.len(), again.records.len()),
        (1, 0),
        "nothing changed: one request, nothing in it"
    );
    // An order changed while nobody looked, and another in the minutes before the last run that the index showed late.
    shop.all[3].1 = NOW + 30;
    shop.all.push((9_000, NOW - 120));
    let third = load(
        &Play {
            now: NOW + 90,
            ..Play::default()
        },
        &shop,
        Some(&again.state),
    );
    assert_eq!(
        counts(&third.records).into_keys().collect::<Vec<_>>(),
        [1_003, 9_000],
        "fm2, fm20: both are found"
    );
    let query = third.asked[0]["variables"]["q"].as_str().expect("a filter");
    assert!(
        query.contains(&time(NOW + 60 - 300)) && query.contains(&time(NOW + 90)),
        "five minutes of overlap: {query}"
    );
}

#[test]
fn fm20_once_a_day_the_last_two_days_are_read_again() {
    let shop = Shop::every(3_600, 200, NOW - 1_000);
    let first = load(&Play::default(), &shop, None);
    let next = load(
        &Play {
            now: NOW + 86_401,
            ..Play::default()
        },
        &shop,
        Some(&first.state),
    );
    assert!(
        next.records.len() >= 47,
        "two days of hourly orders: {}",
        next.records.len()
    );
    let soon = load(
        &Play {
            now: NOW + 86_500,
            ..Play::default()
        },
        &shop,
        Some(&next.state),
    );
    assert_eq!(soon.records.len(), 0, "and then not again the same day");
}

#[test]
fn a_process_killed_after_every_step_loses_and_skips_nothing() {
    let mut shop = Shop::every(60, 700, NOW - 10);
    shop.long = vec![1_010, 1_400, 1_699];
    let whole = load(&Play::default(), &shop, None);
    let cut = load(
        &Play {
            restart: true,
            ..Play::default()
        },
        &shop,
        None,
    );
    let keys = |played: &Played| counts(&played.records).into_keys().collect::<Vec<_>>();
    assert_eq!(keys(&cut), keys(&whole), "the same orders");
    assert_eq!(keys(&cut).len(), 700, "all of them");
    assert_eq!(coverage(&cut.state), coverage(&whole.state), "and the same is covered");
}

#[test]
fn fm11_orders_that_do_not_fit_are_read_wide_and_stored_only_then() {
    let mut shop = Shop::every(60, 40, NOW - 10);
    shop.long = vec![1_005, 1_006];
    let played = load(&Play::default(), &shop, None);
    assert_eq!(
        names(&played),
        ["OrdersSurvey", "Orders", "OrdersWide"],
        "both in one further request"
    );
    assert!(
        counts(&played.records).values().all(|n| *n == 1),
        "each stored once, whole"
    );
    assert_eq!(counts(&played.records).len(), 40, "none is lost");
}

#[test]
fn fm14_a_crowded_second_is_read_to_its_end() {
    let mut shop = Shop::every(60, 50, NOW - 10);
    shop.all.extend((0..26_000).map(|n| (100_000 + n, NOW - 100_000)));
    // Few enough for pages, but more than a list gives in one second.
    let state = json!({ "survey": { "count": 100, "oldest": 0 }, "reread_at": NOW });
    let state: StreamState = serde_json::from_value(state).expect("a state");
    let played = load(&Play::default(), &shop, Some(&state));
    assert_eq!(
        counts(&played.records).len(),
        26_050,
        "also what the platform's list of 25,000 would have cut off"
    );
    assert!(coverage(&played.state).2, "and it is the whole");
}

#[test]
fn fm24_heavy_pages_are_halved_and_grow_again() {
    let shop = Shop::every(60, 600, NOW - 10);
    let mut failures = 2;
    let played = Play::default()
        .run("orders", None, |body| {
            if body["operationName"] == "Orders" && failures > 0 {
                failures -= 1;
                return json!({ "errors": [{ "message": "Internal error", "extensions": { "code": "INTERNAL_SERVER_ERROR" } }] });
            }
            shop.answer(body)
        })
        .expect("the stream ends well");
    let sizes: Vec<u64> = played
        .asked
        .iter()
        .filter_map(|body| body["variables"]["n"].as_u64())
        .collect();
    assert_eq!(&sizes[..3], [50, 25, 12], "halved twice");
    assert_eq!(counts(&played.records).len(), 600, "and everything came");
    assert!(
        sizes.iter().skip(2).max() > Some(&12),
        "after a while larger again: {sizes:?}"
    );
}

#[test]
fn pages_cost_at_most_what_is_allowed_at_once() {
    let points = |n: i64, nested: &[(&'static str, i64)]| {
        let mut sizes = nested.to_vec();
        sizes.push(("n", n));
        super::ORDERS.points(&sizes)
    };
    assert_eq!(
        points(250, super::NARROW),
        992,
        "250 orders at once by the measured rule"
    );
    assert!(super::ORDERS_WIDE.points(super::WIDE) <= 1_000, "wide orders");
    assert!(super::ORDERS_DETAILS.points(super::DETAILS) <= 1_000, "details");
    let shop = Shop::every(60, 2_000, NOW - 10);
    let played = load(&Play::default(), &shop, None);
    let largest = played
        .asked
        .iter()
        .filter_map(|body| body["variables"]["n"].as_i64())
        .max();
    assert_eq!(largest, Some(250), "the size grows to the most");
}

#[test]
fn a_right_to_all_orders_that_comes_later_reads_the_older_ones() {
    let shop = Shop::every(86_400, 100, NOW - 10);
    let recent = Shop {
        all: shop.all[40..].to_vec(),
        long: Vec::new(),
    };
    let narrow = Play {
        scopes: vec!["read_orders".into()],
        ..Play::default()
    };
    let first = load(&narrow, &recent, None);
    assert_eq!(
        coverage(&first.state).0,
        Some(recent.all[0].1),
        "what is shown is the oldest order returned, not a claim of more"
    );
    let second = load(
        &Play {
            now: NOW + 60,
            ..Play::default()
        },
        &shop,
        Some(&first.state),
    );
    assert_eq!(
        counts(&second.records).len(),
        100,
        "everything is read again, the older ones too"
    );
}

#[test]
fn a_wish_for_recent_orders_only_leaves_a_gap_that_a_later_run_fills() {
    let shop = Shop::every(86_400, 100, NOW - 1_000);
    let recent = Play {
        since: Some(NOW - 10 * 86_400),
        ..Play::default()
    };
    let first = load(&recent, &shop, None);
    assert_eq!(first.records.len(), 10, "ten days");
    assert_eq!(
        coverage(&first.state),
        (Some(NOW - 10 * 86_400), Some(NOW), false),
        "complete since then, not the whole"
    );
    let second = load(
        &Play {
            now: NOW + 60,
            ..Play::default()
        },
        &shop,
        Some(&first.state),
    );
    assert_eq!(counts(&second.records).len(), 90, "the rest");
}

#[test]
fn a_wish_for_recent_orders_holds_for_what_is_read_again_and_leaves_no_gap() {
    let mut shop = Shop::every(86_400, 10, NOW - 1_000);
    let first = load(&Play::default(), &shop, None);
    shop.all.push((9_000, NOW + 500));
    // From when on orders are wanted, and from when on they are read.
    for (since, from) in [(NOW - 9_000, NOW - 300), (NOW - 100, NOW - 100), (NOW + 900, NOW)] {
        let later = Play {
            now: NOW + 1_000,
            since: Some(since),
            ..Play::default()
        };
        let second = load(&later, &shop, Some(&first.state));
        let (start, ..) = play::bounds(second.asked[0]["variables"]["q"].as_str().expect("a filter"));
        assert_eq!(
            start, from,
            "no overlap before what is wanted, and no gap behind what is held"
        );
        assert!(
            counts(&second.records).contains_key(&9_000),
            "what changed since is found"
        );
    }
}

#[test]
fn a_run_that_has_older_orders_to_read_reads_the_new_ones_too() {
    let mut shop = Shop::every(86_400, 100, NOW - 1_000);
    let recent = Play {
        since: Some(NOW - 10 * 86_400),
        ..Play::default()
    };
    let first = load(&recent, &shop, None);
    shop.all.push((9_000, NOW + 30));
    for (wait, new) in [(59, false), (60, true), (1_800, true)] {
        let later = Play {
            now: NOW + wait,
            ..Play::default()
        };
        let second = load(&later, &shop, Some(&first.state));
        let found = counts(&second.records);
        assert!(found.len() >= 90, "{wait} s later: the older ones");
        assert_eq!(
            found.contains_key(&9_000),
            new,
            "{wait} s later: what is new is read again unless that was a moment ago"
        );
    }
}

/// Answers bulk queries; the file is in `Play`.
fn bulk(shop: &Shop, polls: &mut u32, body: &Value) -> Value {
    match body["operationName"].as_str() {
        Some("BulkRun") => json!({ "data": { "bulkOperationRunQuery": {
            "bulkOperation": { "id": "gid://shopify/BulkOperation/1", "status": "CREATED" }, "userErrors": [] } } }),
        Some("BulkPoll") => {
            *polls += 1;
            let status = if polls.is_multiple_of(3) {
                "COMPLETED"
            } else {
                "RUNNING"
            };
            json!({ "data": { "bulkOperation": { "id": "gid://shopify/BulkOperation/1", "status": status, "objectCount": "7",
                "fileSize": "10", "url": "https://storage.example/file" } } })
        }
        Some("OrdersDetails") => {
            let nodes: Vec<Value> = body["variables"]["ids"]
                .as_array()
                .expect("ids")
                .iter()
                .map(|id| json!({ "id": id, "updatedAt": time(NOW - 400_000), "refunds": [], "fulfillments": [] }))
                .collect();
            json!({ "data": { "nodes": nodes } })
        }
        _ => shop.answer(body),
    }
}

fn file(orders: u64) -> Vec<Vec<u8>> {
    (0..orders)
        .map(|n| {
            let refunds = if n % 3 == 0 { "[{}]" } else { "[]" };
            format!(
                r#"{{"id":"gid://shopify/Order/{n}","updatedAt":"{}","refunds":{refunds},"fulfillments":[]}}"#,
                time(NOW - 400_000)
            )
            .into_bytes()
        })
        .collect()
}

#[test]
fn a_large_first_load_goes_by_bulk_runs_after_the_newest_days() {
    let mut shop = Shop::every(60, 100, NOW - 10);
    let month = 31 * 86_400;
    shop.all.insert(0, (1, NOW - month));
    let state = json!({ "survey": { "count": 900_000, "oldest": NOW - month } });
    let state: StreamState = serde_json::from_value(state).expect("a state");
    for restart in [false, true] {
        let mut polls = 0;
        let play = Play {
            restart,
            file: file(7),
            ..Play::default()
        };
        let played = play
            .run("orders", Some(&state), |body| bulk(&shop, &mut polls, body))
            .expect("the stream ends well");
        let names = names(&played);
        assert_eq!(
            names[0], "Orders",
            "the newest days come by pages, so that there is something to see"
        );
        let runs = names.iter().filter(|name| **name == "BulkRun").count();
        assert!(runs >= 17, "spans of about 50,000 orders, one run each: {runs}");
        assert!(played.waited.as_secs() > 0, "polls wait between");
        let details = played.records.iter().filter(|record| record.facet == "details").count();
        assert!(
            details >= 3 * runs,
            "refunded orders are read in detail, restart = {restart}: {details}"
        );
        assert!(names.contains(&"OrdersDetails"), "by their ids");
        assert!(coverage(&played.state).2, "the whole is covered, restart = {restart}");
        let asked = played.asked.iter().filter(|b| b["operationName"] == "BulkRun");
        let spans = asked.map(|b| play::bounds(b["variables"]["q"].as_str().expect("a query")));
        let mut spans: Vec<(i64, i64)> = spans.map(|(from, to, _)| (from, to)).collect();
        // A process cut off between asking and hearing asks for the same span again.
        spans.dedup();
        assert_eq!(spans[0].1, NOW - 2 * 86_400, "the first run ends where the pages do");
        assert!(
            spans.windows(2).all(|pair| pair[1].1 == pair[0].0),
            "each run ends where the one before begins: {spans:?}"
        );
    }
}

#[test]
fn a_refused_bulk_run_falls_back_to_pages() {
    let shop = Shop::every(3_600, 300, NOW - 10);
    let state = json!({ "survey": { "count": 900_000, "oldest": NOW - 400 * 3_600 } });
    let state: StreamState = serde_json::from_value(state).expect("a state");
    let played = Play::default()
        .run("orders", Some(&state), |body| match body["operationName"].as_str() {
            Some("BulkRun") => json!({ "data": { "bulkOperationRunQuery": { "bulkOperation": null,
                "userErrors": [{ "field": ["query"], "message": "no", "code": "INVALID" }] } } }),
            _ => shop.answer(body),
        })
        .expect("the stream ends well");
    assert_eq!(counts(&played.records).len(), 300, "all orders by pages");
    assert_eq!(
        names(&played).iter().filter(|name| **name == "BulkRun").count(),
        1,
        "asked once, not again in this run"
    );
}

#[test]
fn a_time_from_the_future_hides_nothing_that_happens_until_then() {
    let mut shop = Shop::every(3_600, 100, NOW - 1_000);
    let deluded = Play {
        now: NOW + 86_400,
        ..Play::default()
    };
    let first = load(&deluded, &shop, None);
    assert_eq!(
        coverage(&first.state).1,
        Some(NOW + 86_400),
        "the platform said it was tomorrow"
    );
    shop.all.push((5_000, NOW + 500));
    let later = Play {
        now: NOW + 1_000,
        ..Play::default()
    };
    let second = load(&later, &shop, Some(&first.state));
    assert!(
        counts(&second.records).contains_key(&5_000),
        "what happened meanwhile is found"
    );
    assert_eq!(
        coverage(&second.state).1,
        Some(NOW + 1_000),
        "and the claim is taken back"
    );
    // Also if an order itself claims to have changed in the future.
    shop.all.push((6_000, NOW + 80_000));
    let third = load(&deluded, &shop, None);
    shop.all.pop();
    shop.all.push((7_000, NOW + 900));
    let fourth = load(&later, &shop, Some(&third.state));
    assert!(
        counts(&fourth.records).contains_key(&7_000),
        "what it claims hides nothing either"
    );
}

/// Hides orders: the lists of the shop are those of `shown`, its counts its own.
fn hiding(shop: &Shop, shown: &Shop, body: &Value) -> Value {
    let mut answer = shown.answer(body);
    if !answer["data"]["ordersCount"].is_null() {
        answer["data"]["ordersCount"] = shop.answer(body)["data"]["ordersCount"].clone();
    }
    answer
}

#[test]
fn a_list_that_ends_before_all_that_is_counted_has_come_is_read_again() {
    let shop = Shop::every(3_600, 400, NOW - 10);
    for restart in [false, true] {
        let mut lists = 0;
        let play = Play {
            restart,
            ..Play::default()
        };
        let played = play
            .run("orders", None, |body| {
                let list = body["operationName"] == "Orders";
                lists += u32::from(list);
                let empty = list && lists == 1;
                hiding(&shop, &if empty { Shop::default() } else { shop.clone() }, body)
            })
            .expect("the stream ends well");
        assert_eq!(
            counts(&played.records).len(),
            400,
            "the empty list is not believed, restart = {restart}"
        );
        assert!(
            coverage(&played.state).2 && played.notes.is_empty(),
            "and in the end it is the whole, restart = {restart}"
        );
    }
}

#[test]
fn a_list_of_changes_is_not_believed_to_be_empty_either() {
    let mut shop = Shop::every(3_600, 50, NOW - 1_000);
    let first = load(&Play::default(), &shop, None);
    shop.all.push((9_000, NOW + 30));
    let mut lists = 0;
    let later = Play {
        now: NOW + 4 * 86_400,
        ..Play::default()
    };
    let second = later
        .run("orders", Some(&first.state), |body| {
            lists += 1;
            hiding(&shop, &if lists == 1 { Shop::default() } else { shop.clone() }, body)
        })
        .expect("the stream ends well");
    assert!(
        counts(&second.records).contains_key(&9_000),
        "what changed four days ago is found, though no later list would show it"
    );
    assert_eq!(
        coverage(&second.state),
        (Some(shop.all[0].1), Some(later.now), true),
        "and the whole is held again"
    );
}

#[test]
fn what_the_shop_counts_and_never_shows_is_told_and_asked_for_less_and_less() {
    let shop = Shop::every(6 * 3_600, 400, NOW - 10);
    let mut shown = shop.clone();
    // Two orders of the middle are counted and never shown.
    shown.all.drain(200..202);
    let hidden = shop.all[201].1;
    let run = |now: i64, stored: Option<&StreamState>| {
        let play = Play { now, ..Play::default() };
        play.run("orders", stored, |body| hiding(&shop, &shown, body))
            .expect("the stream ends well")
    };
    let first = run(NOW, None);
    assert!(first.asked.len() < 80, "it ends: {} requests", first.asked.len());
    assert_eq!(counts(&first.records).len(), 398, "what is shown is held");
    let (since, _, whole) = coverage(&first.state);
    assert!(!whole, "it is not the whole");
    let since = since.expect("something is complete");
    assert!(
        (hidden + 1..hidden + 2 * 86_400).contains(&since),
        "what came after the lacking orders is complete: {since}"
    );
    let told = &first.notes[0];
    assert!(
        told.code == "orders_short" && told.message.contains("counted") && told.message.contains("showed"),
        "with the numbers: {told:?}"
    );
    let mut second = first;
    for time in 2..=8 {
        second = run(NOW + time, Some(&second.state));
        assert!(second.asked.len() > 1, "run {time} tries again");
    }
    let third = run(NOW + 120, Some(&second.state));
    assert_eq!(third.asked.len(), 1, "and then not at once: {:?}", names(&third));
    assert_eq!(
        third.notes.first().map(|note| note.code.as_str()),
        Some("orders_short"),
        "but it is still told"
    );
    let fourth = run(NOW + 2 * 86_400, Some(&third.state));
    assert!(fourth.asked.len() > 1, "a day later it is tried again");
    let play = Play {
        now: NOW + 9 * 86_400,
        ..Play::default()
    };
    let last = load(&play, &shop, Some(&fourth.state));
    assert!(
        coverage(&last.state).2 && last.notes.is_empty(),
        "when they are shown at last, it is the whole"
    );
}

#[test]
fn orders_that_may_not_be_shown_are_not_missed() {
    let shop = Shop::every(86_400, 100, NOW - 10);
    let shown = Shop {
        all: shop.all[40..].to_vec(),
        long: Vec::new(),
    };
    let narrow = Play {
        scopes: vec!["read_orders".into()],
        ..Play::default()
    };
    let first = narrow
        .run("orders", None, |body| {
            let made = body["variables"]["q"]
                .as_str()
                .is_some_and(|q| q.contains("created_at:>="));
            hiding(if made { &shown } else { &shop }, &shown, body)
        })
        .expect("the stream ends well");
    assert_eq!(
        names(&first),
        ["OrdersSurvey", "Orders", "Orders", "OrdersCount"],
        "one question more"
    );
    assert_eq!(
        first.notes,
        vec![],
        "older orders are counted, perhaps, and never shown to this app"
    );
}

#[test]
fn a_bulk_run_that_finds_nothing_where_orders_are_counted_is_not_believed() {
    let shop = Shop::every(3_600, 300, NOW - 10);
    let state = json!({ "survey": { "count": 900_000, "oldest": NOW - 400 * 3_600 } });
    let state: StreamState = serde_json::from_value(state).expect("a state");
    let played = Play::default()
        .run("orders", Some(&state), |body| match body["operationName"].as_str() {
            Some("BulkRun") => json!({ "data": { "bulkOperationRunQuery": {
                "bulkOperation": { "id": "gid://shopify/BulkOperation/1", "status": "CREATED" }, "userErrors": [] } } }),
            Some("BulkPoll") => json!({ "data": { "bulkOperation": { "id": "gid://shopify/BulkOperation/1",
                "status": "COMPLETED", "objectCount": "0", "rootObjectCount": "0", "url": null } } }),
            _ => shop.answer(body),
        })
        .expect("the stream ends well");
    assert_eq!(counts(&played.records).len(), 300, "all of them come by pages");
    assert!(coverage(&played.state).2, "and it is the whole");
}
