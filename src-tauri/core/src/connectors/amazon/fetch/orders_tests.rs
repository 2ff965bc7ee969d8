use std::cell::RefCell;

use serde_json::{Value, json};

use super::play::{CA, Call, NOW, Play, Played, US, Workshop, ok, remote, time};
use crate::connectors::Source;
use crate::connectors::fetch::{Framing, Remote, StreamState};
use crate::net::NetError;

const DAY: i64 = 86_400;
const HEAD: &str = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsales-channel\tquantity\tcurrency\titem-price\tship-city";

fn order(id: &str, at: i64) -> Value {
    json!({ "orderId": id, "createdTime": time(at), "lastUpdatedTime": time(at), "orderItems": [], "buyer": { "buyerName": "Jane" },
        "salesChannel": { "channelName": "AMAZON", "marketplaceId": US } })
}

/// A group of an all-orders report.
fn rows(id: &str, channel: &str) -> String {
    format!(
        "{HEAD}\n{id}\t{0}\t{0}\tShipped\t{channel}\t1\tUSD\t10.00\tSEATTLE",
        time(NOW - 90 * DAY)
    )
}

/// An account whose pages of orders are `pages`, and whose counts are `all` and `recent`.
struct Seller {
    pages: Vec<Value>,
    counts: (i64, i64),
    /// Orders placed in a span that ends in the past.
    placed: i64,
    workshop: RefCell<Workshop>,
}

impl Seller {
    fn new(pages: Vec<Value>, counts: (i64, i64)) -> Self {
        Seller {
            pages,
            counts,
            placed: 1,
            workshop: RefCell::default(),
        }
    }

    fn answer(&self, call: &Call) -> (u16, Value) {
        if let Some(answer) = self.workshop.borrow_mut().answer(call) {
            return answer;
        }
        match call.path.as_str() {
            "sales/v1/orderMetrics" => {
                let start = call.get("interval").split("--").next().expect("a start").to_owned();
                let start = chrono::DateTime::parse_from_rfc3339(&start)
                    .expect("a moment")
                    .timestamp();
                let end = call.get("interval").split("--").nth(1).expect("an end").to_owned();
                let end = chrono::DateTime::parse_from_rfc3339(&end)
                    .expect("a moment")
                    .timestamp();
                // What came is held against what was placed before the latest minutes; this seller lacks nothing.
                if end < call.now - 60 {
                    return ok(json!({ "payload": [{ "interval": call.get("interval"), "orderCount": self.placed }] }));
                }
                let long = call.now - start > 60 * DAY;
                let count = if long { self.counts.0 } else { self.counts.1 };
                ok(json!({ "payload": [{ "interval": call.get("interval"), "orderCount": count }] }))
            }
            "orders/2026-01-01/orders" => {
                let after = chrono::DateTime::parse_from_rfc3339(call.get("lastUpdatedAfter")).expect("a moment");
                assert!(
                    after.timestamp() <= call.now - 120,
                    "nothing within two minutes is asked for"
                );
                let page: usize = match call.get("paginationToken") {
                    "" => 0,
                    token => token.trim_start_matches("t/+").parse().expect("a token"),
                };
                let mut answer = json!({ "orders": self.pages.get(page).cloned().unwrap_or_else(|| json!([])),
                    "lastUpdatedBefore": time(call.now - 150) });
                if page + 1 < self.pages.len() {
                    answer["pagination"] = json!({ "nextToken": format!("t/+{}", page + 1) });
                }
                ok(answer)
            }
            other => panic!("{other} was not to be asked"),
        }
    }

    fn run(&self, play: &Play, stored: Option<&StreamState>) -> Result<Played, NetError> {
        play.run(
            "orders",
            stored,
            |call| self.answer(call),
            |_| Ok(vec![rows("111-0000000-0000001", "Amazon.com")]),
        )
    }
}

fn one_page() -> Vec<Value> {
    vec![json!([order("114-0000000-0000001", NOW - 1_000)])]
}

#[test]
fn the_first_run_reads_the_newest_first_and_then_two_years_of_reports() {
    let seller = Seller::new(one_page(), (400, 30));
    let played = seller.run(&Play::default(), None).expect("it ends");
    let asked = played.calls("orders/2026-01-01/orders");
    assert_eq!(asked.len(), 1, "one page serves the last thirty days");
    let after = chrono::DateTime::parse_from_rfc3339(asked[0].get("lastUpdatedAfter")).expect("a moment");
    assert!(
        (NOW - after.timestamp() - 30 * DAY).abs() < 60,
        "as one burst reaches them"
    );
    assert_eq!(asked[0].get("marketplaceIds"), US, "the marketplaces that are read");
    let workshop = seller.workshop.borrow();
    assert_eq!(workshop.orders.len(), 24, "700 days in spans of less than thirty");
    let spans: Vec<(i64, i64)> = workshop
        .orders
        .iter()
        .map(|body| {
            let second = |name: &str| {
                let text = body[name].as_str().expect("a moment");
                chrono::DateTime::parse_from_rfc3339(text)
                    .expect("a moment")
                    .timestamp()
            };
            (second("dataStartTime"), second("dataEndTime"))
        })
        .collect();
    assert!(
        spans.windows(2).all(|pair| pair[0].1 > pair[1].1),
        "newest first: {spans:?}"
    );
    assert!(
        spans.windows(2).all(|pair| pair[1].1 > pair[0].0),
        "each overlaps its neighbour"
    );
    assert!(
        spans.iter().all(|(from, to)| to - from <= 30 * DAY),
        "none is longer than Amazon allows"
    );
    assert!(
        spans[0].1 > after.timestamp(),
        "the first one overlaps what the interface gave"
    );
    assert_eq!(played.total, Some(400), "of Amazon's own count");
    let lefts: Vec<u64> = played.left.iter().flatten().copied().collect();
    assert!(lefts.first() > lefts.last(), "the estimate falls: {lefts:?}");
    let state = serde_json::to_string(&played.state).expect("a state");
    assert!(
        !state.contains("storage.example"),
        "no signed address is stored: {state}"
    );
}

#[test]
fn amazon_failure_42_each_report_is_of_one_marketplace() {
    let seller = Seller::new(one_page(), (400, 30));
    let both = Remote {
        outlets: vec![US.to_owned(), CA.to_owned()],
        ..remote()
    };
    let play = Play {
        remote: both,
        since: Some(NOW - 40 * DAY),
        ..Play::default()
    };
    seller.run(&play, None).expect("it ends");
    let workshop = seller.workshop.borrow();
    let mut asked: Vec<&Value> = workshop.orders.iter().map(|body| &body["marketplaceIds"]).collect();
    asked.sort_by_key(|ids| ids.to_string());
    assert_eq!(asked, [&json!([CA]), &json!([US])], "one each");
}

#[test]
fn a_busy_seller_leaves_all_but_a_burst_to_reports() {
    let seller = Seller::new(one_page(), (400_000, 18_000));
    let play = Play {
        since: Some(NOW - 100 * DAY),
        ..Play::default()
    };
    let played = seller.run(&play, None).expect("it ends");
    let asked = played.calls("orders/2026-01-01/orders");
    let after = chrono::DateTime::parse_from_rfc3339(asked[0].get("lastUpdatedAfter")).expect("a moment");
    let days = (NOW + DAY / 2 - after.timestamp()) / DAY;
    assert_eq!(days, 3, "600 a day: three days fill a burst of 1,800");
    assert_eq!(seller.workshop.borrow().orders.len(), 4, "97 days in four reports");
}

#[test]
fn personal_data_is_never_requested_nor_kept() {
    let seller = Seller::new(one_page(), (400, 30));
    let played = seller.run(&Play::default(), None).expect("it ends");
    for call in played.calls("orders/2026-01-01/orders") {
        let included: Vec<&str> = call.get("includedData").split(',').collect();
        assert!(included.contains(&"PROCEEDS"), "money is asked for");
        for personal in ["BUYER", "RECIPIENT", "TAX", "PAYMENT"] {
            assert!(!included.contains(&personal), "{personal} is not");
        }
    }
    for record in &played.records {
        let text = String::from_utf8_lossy(&record.bytes);
        assert!(!text.contains("Jane") && !text.contains("SEATTLE"), "{text}");
    }
    let sources: Vec<Source> = played.records.iter().map(|record| record.source).collect();
    assert!(
        sources.contains(&Source::Page) && sources.contains(&Source::Bulk),
        "both ways bring records of the same stream"
    );
}

#[test]
fn amazon_failure_13_the_next_run_begins_before_the_bound_the_server_gave() {
    let seller = Seller::new(one_page(), (400, 30));
    let first = seller.run(&Play::default(), None).expect("it ends");
    let bound = first.calls("orders/2026-01-01/orders")[0].now - 150;
    let later = Play {
        now: NOW + 7_200,
        ..Play::default()
    };
    let second = seller.run(&later, Some(&first.state)).expect("it ends");
    let asked = second.calls("orders/2026-01-01/orders");
    let after = chrono::DateTime::parse_from_rfc3339(asked[0].get("lastUpdatedAfter")).expect("a moment");
    assert_eq!(
        after.timestamp(),
        bound - 600,
        "ten minutes before the returned bound, not “now”"
    );
    assert!(second.calls("reports/").is_empty(), "nothing else is due");
}

#[test]
fn amazon_failure_11_no_bound_lies_within_two_minutes() {
    let seller = Seller::new(one_page(), (400, 30));
    let first = seller.run(&Play::default(), None).expect("it ends");
    // The answer to the calls asserts the bound; a second run at once would ask for the last moments.
    let again = Play {
        now: first.now + 1,
        ..Play::default()
    };
    seller.run(&again, Some(&first.state)).expect("it ends");
    for body in &seller.workshop.borrow().orders {
        let text = body["dataEndTime"].as_str().expect("a moment");
        let end = chrono::DateTime::parse_from_rfc3339(text)
            .expect("a moment")
            .timestamp();
        assert!(end <= first.now - 120, "{text}");
    }
}

#[test]
fn amazon_failure_12_a_token_goes_with_the_whole_question_and_survives_a_restart() {
    let pages = vec![
        json!([order("114-0000000-0000001", NOW - 3_000)]),
        json!([order("114-0000000-0000002", NOW - 2_000)]),
        json!([order("114-0000000-0000003", NOW - 1_000)]),
    ];
    let seller = Seller::new(pages, (400, 30));
    for restart in [false, true] {
        let play = Play {
            restart,
            since: Some(NOW - 10 * DAY),
            ..Play::default()
        };
        let played = seller.run(&play, None).expect("it ends");
        let asked = played.calls("orders/2026-01-01/orders");
        assert_eq!(asked.len(), 3, "three pages, restart {restart}");
        for call in &asked[1..] {
            for name in ["lastUpdatedAfter", "marketplaceIds", "includedData"] {
                assert_eq!(call.get(name), asked[0].get(name), "{name} is repeated unchanged");
            }
        }
        assert_eq!(asked[2].get("paginationToken"), "t/+2", "encoded once");
        assert_eq!(
            played.keys(),
            ["114-0000000-0000001", "114-0000000-0000002", "114-0000000-0000003"],
            "every page's orders, once"
        );
    }
}

#[test]
fn a_token_that_is_not_taken_begins_the_list_again() {
    let pages = vec![json!([order("114-0000000-0000001", NOW - 3_000)]), json!([])];
    let seller = Seller::new(pages, (400, 30));
    let play = Play {
        since: Some(NOW - 10 * DAY),
        ..Play::default()
    };
    let mut refused = 0;
    let played = play.run(
        "orders",
        None,
        |call| match call.get("paginationToken") {
            "" => seller.answer(call),
            _ if refused == 0 => {
                refused += 1;
                (
                    400,
                    json!({ "errors": [{ "code": "InvalidInput", "message": "Invalid pagination token" }] }),
                )
            }
            _ => seller.answer(call),
        },
        |_| Ok(Vec::new()),
    );
    let played = played.expect("it ends");
    assert_eq!(
        played.calls("orders/2026-01-01/orders").len(),
        4,
        "two pages, begun twice"
    );
}

#[test]
fn amazon_failure_14_an_empty_page_with_a_token_is_not_the_end() {
    let pages = vec![json!([]), json!([order("114-0000000-0000002", NOW - 2_000)])];
    let seller = Seller::new(pages, (400, 30));
    let play = Play {
        since: Some(NOW - 10 * DAY),
        ..Play::default()
    };
    let played = seller.run(&play, None).expect("it ends");
    assert_eq!(played.keys(), ["114-0000000-0000002"], "the token decides");
}

#[test]
fn amazon_failure_21_a_cancelled_report_leaves_its_days_open() {
    let seller = Seller::new(one_page(), (400, 30));
    seller.workshop.borrow_mut().states = vec![(1, "CANCELLED")];
    let play = Play {
        since: Some(NOW - 80 * DAY),
        ..Play::default()
    };
    let first = seller.run(&play, None).expect("it ends");
    assert_eq!(first.codes(), ["report_cancelled"], "the user is told");
    let cancelled = seller.workshop.borrow().orders[0].clone();
    assert_eq!(
        seller.workshop.borrow().orders.len(),
        2,
        "the others are read, and this one is not asked for at once"
    );
    let soon = Play {
        now: first.now + 3_600,
        since: play.since,
        ..Play::default()
    };
    let second = seller.run(&soon, Some(&first.state)).expect("it ends");
    assert_eq!(seller.workshop.borrow().orders.len(), 2, "nor an hour later");
    let later = Play {
        now: first.now + 5 * 3_600,
        since: play.since,
        ..Play::default()
    };
    seller.run(&later, Some(&second.state)).expect("it ends");
    let again = seller.workshop.borrow().orders[2].clone();
    assert_eq!(
        again["dataStartTime"], cancelled["dataStartTime"],
        "but some hours later, for the same days"
    );
}

#[test]
fn amazon_failure_22_a_fatal_report_is_read_and_not_repeated() {
    let seller = Seller::new(one_page(), (400, 30));
    seller.workshop.borrow_mut().states = vec![(1, "FATAL")];
    let play = Play {
        since: Some(NOW - 80 * DAY),
        ..Play::default()
    };
    let file = |address: &str| match address.contains("/d1?") {
        true => Ok(vec!["{\"errorDetails\":\"start is too early\"}".to_owned()]),
        false => Ok(vec![rows("111-0000000-0000001", "Amazon.com")]),
    };
    let played = play
        .run("orders", None, |call| seller.answer(call), file)
        .expect("it ends");
    assert_eq!(played.codes(), ["report_fatal"], "the user is told");
    assert!(
        played.notes[0].message.contains("start is too early"),
        "with Amazon's reason"
    );
    assert!(
        matches!(played.framings[0], Framing::Whole { .. }),
        "read as a text, not as a table"
    );
    let workshop = seller.workshop.borrow();
    assert_eq!(workshop.orders.len(), 2, "once, and the other days");
}

#[test]
fn amazon_failure_23_an_address_that_has_ended_is_got_anew() {
    let seller = Seller::new(one_page(), (400, 30));
    let play = Play {
        since: Some(NOW - 40 * DAY),
        ..Play::default()
    };
    let mut first = true;
    let file = |_: &str| match std::mem::take(&mut first) {
        true => Err(403),
        false => Ok(vec![rows("111-0000000-0000001", "Amazon.com")]),
    };
    let played = play
        .run("orders", None, |call| seller.answer(call), file)
        .expect("it ends");
    assert_eq!(
        played.calls("documents/").len(),
        2,
        "another address for the same document"
    );
    assert_ne!(played.files[0], played.files[1], "the new one is used");
    assert_eq!(seller.workshop.borrow().orders.len(), 1, "the report is not made again");
    assert!(played.keys().contains(&"111-0000000-0000001"), "and read");
}

#[test]
fn a_report_that_was_asked_for_survives_a_restart() {
    let seller = Seller::new(one_page(), (400, 30));
    seller.workshop.borrow_mut().slow = 3;
    let play = Play {
        restart: true,
        since: Some(NOW - 40 * DAY),
        ..Play::default()
    };
    let played = seller.run(&play, None).expect("it ends");
    assert_eq!(seller.workshop.borrow().orders.len(), 1, "asked for once");
    assert!(
        played.waited >= 15 + 30 + 60,
        "looked at with growing pauses: {} s",
        played.waited
    );
    assert!(played.keys().contains(&"111-0000000-0000001"), "and read");
}

#[test]
fn rows_of_marketplaces_that_are_not_read_are_left_out() {
    let seller = Seller::new(one_page(), (400, 30));
    let play = Play {
        since: Some(NOW - 40 * DAY),
        ..Play::default()
    };
    let file = |_: &str| {
        Ok(vec![
            rows("111-0000000-0000001", "Amazon.com"),
            rows("111-0000000-0000002", "Amazon.com.br"),
            rows("S01-0000000-0000003", "Non-Amazon US"),
        ])
    };
    let played = play
        .run("orders", None, |call| seller.answer(call), file)
        .expect("it ends");
    assert!(
        !played.keys().contains(&"111-0000000-0000002"),
        "a unified account's other rows"
    );
    assert!(
        played.keys().contains(&"S01-0000000-0000003"),
        "what was sold outside is kept as such"
    );
}

#[test]
fn amazon_failure_43_every_night_the_last_thirty_days_are_read_again_by_report() {
    let seller = Seller::new(one_page(), (400, 30));
    let play = Play {
        since: Some(NOW - 40 * DAY),
        ..Play::default()
    };
    let first = seller.run(&play, None).expect("it ends");
    let before = seller.workshop.borrow().orders.len();
    let tomorrow = Play {
        now: NOW + DAY,
        since: play.since,
        ..Play::default()
    };
    let second = seller.run(&tomorrow, Some(&first.state)).expect("it ends");
    assert_eq!(seller.workshop.borrow().orders.len(), before + 1, "one repair");
    let third = Play {
        now: NOW + DAY + 3_600,
        since: play.since,
        ..Play::default()
    };
    seller.run(&third, Some(&second.state)).expect("it ends");
    assert_eq!(
        seller.workshop.borrow().orders.len(),
        before + 1,
        "and not another one in the same night"
    );
}

#[test]
fn orders_come_without_a_count_where_counting_is_not_permitted() {
    let seller = Seller::new(one_page(), (400, 30));
    let played = Play::default().run(
        "orders",
        None,
        |call| match call.path.as_str() {
            "sales/v1/orderMetrics" => (
                403,
                json!({ "errors": [{ "code": "Unauthorized", "message": "Access to requested resource is denied." }] }),
            ),
            _ => seller.answer(call),
        },
        |_| Ok(vec![rows("111-0000000-0000001", "Amazon.com")]),
    );
    let played = played.expect("it ends");
    assert!(played.keys().contains(&"114-0000000-0000001"), "the orders come");
    assert_eq!(played.total, None, "without an estimate");
}
