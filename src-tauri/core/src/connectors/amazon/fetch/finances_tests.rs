use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::play::{Call, NOW, Play, ok, time};
use super::streams_tests::{DAY, doubted, no_file, second};

/// An account that counts `placed` orders in any span and otherwise answers by `rest`.
fn counting<'a>(placed: u64, rest: impl Fn(&Call) -> (u16, Value) + 'a) -> impl Fn(&Call) -> (u16, Value) + 'a {
    move |call| match call.path.as_str() {
        "sales/v1/orderMetrics" => {
            ok(json!({ "payload": [{ "interval": call.get("interval"), "orderCount": placed }] }))
        }
        _ => rest(call),
    }
}

#[test]
fn a_span_without_money_though_orders_were_placed_is_read_again_and_does_not_count_as_held() {
    let play = Play {
        since: Some(NOW - 60 * DAY),
        ..Play::default()
    };
    let none = |_: &Call| ok(json!({ "payload": { "transactions": [] } }));
    let played = play
        .run("finances", None, counting(40, none), no_file)
        .expect("it ends");
    assert_eq!(played.calls("transactions").len(), 2, "it is read twice");
    assert_eq!(played.codes(), ["answer_lacking"], "and told");
    assert!(
        played.notes[0].message.contains("40 orders"),
        "{}",
        played.notes[0].message
    );
    assert!(doubted("finances", &played), "health says it");
    let rows: Vec<Value> = (0..40)
        .map(|n| {
            json!({ "transactionType": "Shipment", "transactionId": format!("t{n}"),
        "postedDate": time(NOW - 5 * DAY), "totalAmount": { "currencyAmount": 1.5, "currencyCode": "USD" } })
        })
        .collect();
    let some = |_: &Call| ok(json!({ "payload": { "transactions": rows } }));
    let later = Play {
        now: NOW + DAY,
        since: play.since,
        ..Play::default()
    };
    let came = later
        .run("finances", Some(&played.state), counting(40, some), no_file)
        .expect("it ends");
    let from = came
        .calls("transactions")
        .iter()
        .map(|call| second(call.get("postedAfter")))
        .min();
    assert_eq!(from, play.since, "the whole span is asked for by the next run");
    assert!(
        came.notes.is_empty() && !doubted("finances", &came),
        "nothing lacks any more"
    );
    let refused = |call: &Call| match call.path.as_str() {
        "sales/v1/orderMetrics" => (
            403,
            json!({ "errors": [{ "code": "Unauthorized", "message": "Access denied" }] }),
        ),
        _ => ok(json!({ "payload": { "transactions": [] } })),
    };
    let played = play
        .run("finances", None, refused, no_file)
        .expect("without a count it ends too");
    assert!(played.notes.is_empty(), "nothing can be held against it then");
}

/// An account without money, in which nothing was sold.
fn moneyless(call: &Call) -> (u16, Value) {
    match call.path.as_str() {
        "sales/v1/orderMetrics" => ok(json!({ "payload": [{ "interval": call.get("interval"), "orderCount": 0 }] })),
        _ => ok(json!({ "payload": { "transactions": [] } })),
    }
}

#[test]
fn amazon_failure_32_money_is_read_in_slices_of_ninety_days() {
    let played = Play::default()
        .run("finances", None, moneyless, no_file)
        .expect("it ends");
    let spans: Vec<(i64, i64)> = played
        .calls("transactions")
        .iter()
        .map(|call| (second(call.get("postedAfter")), second(call.get("postedBefore"))))
        .collect();
    assert!(
        spans.iter().all(|(from, to)| to - from <= 90 * DAY),
        "none is longer: {spans:?}"
    );
    assert_eq!(spans.len(), 9, "730 days");
    assert!(
        spans.windows(2).all(|pair| pair[0].0 == pair[1].1),
        "newest first, without a gap"
    );
    assert!(spans[0].1 <= NOW - 120, "not within two minutes");
}

#[test]
fn amazon_failure_33_money_is_read_again_for_thirty_and_weekly_for_sixty_days() {
    let first = Play::default()
        .run("finances", None, moneyless, no_file)
        .expect("it ends");
    let mut state = first.state;
    for (day, days) in [(1, 30), (2, 30), (8, 60), (9, 30)] {
        let play = Play {
            now: NOW + day * DAY,
            ..Play::default()
        };
        let played = play.run("finances", Some(&state), moneyless, no_file).expect("it ends");
        let from = played
            .calls("transactions")
            .iter()
            .map(|call| second(call.get("postedAfter")))
            .min()
            .expect("asked");
        let back = (play.now - from) / DAY;
        assert_eq!(back, days, "after {day} days");
        state = played.state;
    }
}

#[test]
fn a_page_said_to_be_the_last_is_held_against_what_lies_before_and_behind_it() {
    // One page holds two transactions, and the first is always said to be the last, in either order.
    let all: Vec<i64> = (1..=7).map(|day| NOW - day * DAY).collect();
    for newest_first in [true, false] {
        let cut = |call: &Call| {
            if call.path.contains("orderMetrics") {
                return moneyless(call);
            }
            let span = second(call.get("postedAfter"))..second(call.get("postedBefore"));
            let mut own: Vec<i64> = all.iter().copied().filter(|at| span.contains(at)).collect();
            own.sort_unstable();
            if newest_first {
                own.reverse();
            }
            let rows: Vec<Value> = own
                .iter()
                .take(2)
                .map(|at| {
                    json!({ "transactionType": "Shipment", "transactionId": format!("t{at}"),
                "postedDate": time(*at), "totalAmount": { "currencyAmount": 1.5, "currencyCode": "USD" } })
                })
                .collect();
            ok(json!({ "payload": { "transactions": rows } }))
        };
        let play = Play {
            since: Some(NOW - 20 * DAY),
            ..Play::default()
        };
        let played = play.run("finances", None, cut, no_file).expect("it ends");
        let came: BTreeSet<&str> = played.records.iter().map(|record| record.key.as_str()).collect();
        assert_eq!(came.len(), 7, "each comes");
    }
}

#[test]
fn a_token_that_comes_again_and_again_is_noticed() {
    let looping = |_: &Call| ok(json!({ "payload": { "transactions": [], "nextToken": "same" } }));
    let error = Play::default()
        .run("finances", None, looping, no_file)
        .err()
        .expect("a loop");
    assert!(error.message.contains("same page again"), "{error}");
    let posted = NOW - 5 * DAY;
    let asked = |call: &Call| second(call.get("postedAfter")) <= posted && posted < second(call.get("postedBefore"));
    let empty = |call: &Call| match call.get("nextToken") {
        _ if call.path.contains("orderMetrics") || !asked(call) => moneyless(call),
        "" => ok(json!({ "payload": { "transactions": [], "nextToken": "next" } })),
        _ => ok(
            json!({ "payload": { "transactions": [{ "transactionType": "Shipment", "transactionId": "t1",
            "postedDate": time(posted), "totalAmount": { "currencyAmount": 1.5, "currencyCode": "USD" } }] } }),
        ),
    };
    let play = Play {
        since: Some(NOW - 20 * DAY),
        ..Play::default()
    };
    let played = play.run("finances", None, empty, no_file).expect("it ends");
    let came: BTreeSet<&str> = played.records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(came.len(), 1, "an empty page with a token is not the end");
}
