use std::cell::{Cell, RefCell};

use serde_json::{Value, json};

use super::play::{CA, Call, NOW, Play, US, Workshop, ok, remote, time};
use crate::connectors::fetch::Remote;

pub(super) const DAY: i64 = 86_400;

pub(super) fn no_file(address: &str) -> super::play::Stored {
    panic!("{address} was not to be fetched")
}

pub(super) fn second(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text)
        .expect("a moment")
        .timestamp()
}

fn entry(id: &str, participates: bool) -> Value {
    json!({ "marketplace": { "id": id, "name": "x" }, "participation": { "isParticipating": participates, "hasSuspendedListings": false },
        "storeName": "Tidy" })
}

#[test]
fn amazon_failure_41_other_marketplaces_are_told_and_pseudo_ones_are_not() {
    let answer = |_: &Call| ok(json!({ "payload": [entry("A2ZV50J4W1RKNI", true), entry(US, true), entry(CA, true)] }));
    let played = Play::default()
        .run("marketplaces", None, answer, no_file)
        .expect("it ends");
    assert_eq!(played.keys(), [US, CA], "a pseudo marketplace is no store");
    assert_eq!(played.codes(), ["marketplace_unread"], "one is not read");
    assert!(
        played.notes[0].message.contains("Amazon.ca"),
        "{}",
        played.notes[0].message
    );
    let gone = |_: &Call| ok(json!({ "payload": [entry(CA, true), entry(US, false)] }));
    let error = Play::default()
        .run("marketplaces", None, gone, no_file)
        .err()
        .expect("another account");
    assert!(error.message.contains("none of the marketplaces"), "{error}");
}

fn summary(sku: &str) -> Value {
    json!({ "asin": "B0", "sellerSku": sku, "totalQuantity": 5, "lastUpdatedTime": "", "inventoryDetails": { "fulfillableQuantity": 4 } })
}

#[test]
fn amazon_failure_15_a_sweep_is_stored_whole_or_not_at_all() {
    let page = |call: &Call, ended: &Cell<u32>| match call.get("nextToken") {
        "" => {
            ok(json!({ "pagination": { "nextToken": "a+/=%" }, "payload": { "inventorySummaries": [summary("A")] } }))
        }
        "a+/=%" if ended.get() > 0 => {
            ended.set(ended.get() - 1);
            (
                400,
                json!({ "errors": [{ "code": "InvalidInput", "message": "nextToken has expired" }] }),
            )
        }
        "a+/=%" => ok(json!({ "pagination": {}, "payload": { "inventorySummaries": [summary("B/ 1+%")] } })),
        other => panic!("the token was sent as {other}"),
    };
    let ended = Cell::new(1);
    let played = Play::default()
        .run("inventory", None, |call| page(call, &ended), no_file)
        .expect("it ends");
    assert_eq!(
        played.keys(),
        ["A", "B/ 1+%"],
        "each SKU once, after a sweep that was begun again"
    );
    assert_eq!(
        played.asked.len(),
        4,
        "two pages, of which the second was refused, and both again"
    );
    let dead = Cell::new(u32::MAX);
    let calls = Cell::new(0);
    let broken = Play::default().run(
        "inventory",
        None,
        |call| {
            calls.set(calls.get() + 1);
            match calls.get() > 6 {
                true => (413, json!({})),
                false => page(call, &dead),
            }
        },
        no_file,
    );
    assert!(broken.is_err(), "without a last page nothing is stored");
}

/// Whether health has a doubt about what a stream holds.
pub(super) fn doubted(stream: &str, played: &super::play::Played) -> bool {
    use crate::connectors::fetch::Fetcher;
    super::AmazonFetcher.doubt(stream, &played.state).is_some()
}

/// A sweep two hours after the one before, of these SKUs each time it is made.
fn sweep(hours: i64, stored: Option<&super::play::Played>, sweeps: &[&[&str]]) -> super::play::Played {
    let made = Cell::new(0);
    let play = Play {
        now: NOW + hours * 3_600,
        ..Play::default()
    };
    let answer = |_: &Call| {
        let skus = sweeps[made.get().min(sweeps.len() - 1)];
        made.set(made.get() + 1);
        let rows: Vec<Value> = skus
            .iter()
            .map(|sku| {
                let mut row = summary(sku);
                row["lastUpdatedTime"] = time(NOW - DAY).into();
                row
            })
            .collect();
        ok(json!({ "payload": { "inventorySummaries": rows } }))
    };
    let played = play.run("inventory", stored.map(|played| &played.state), answer, no_file);
    played.expect("it ends")
}

#[test]
fn a_sku_that_a_whole_sweep_names_no_more_has_no_known_stock_until_it_is_named_again() {
    let first = sweep(0, None, &[&["A", "B", "C"]]);
    let second = sweep(2, Some(&first), &[&["A", "B"]]);
    assert_eq!(second.asked.len(), 2, "a sweep that names fewer is made again");
    let gone = second
        .records
        .iter()
        .find(|record| record.key == "C")
        .expect("C is told");
    assert_eq!(
        String::from_utf8_lossy(&gone.bytes),
        r#"{"sellerSku":"C"}"#,
        "nothing is known of it, which is not zero"
    );
    assert_eq!(gone.facet, format!("fba:{US}"), "in this marketplace only");
    assert!(
        second.notes.is_empty() && !doubted("inventory", &second),
        "that is no trouble"
    );
    let third = sweep(4, Some(&second), &[&["A", "B"]]);
    assert_eq!(third.asked.len(), 1, "it is not missed any more");
    assert_eq!(third.keys(), ["A", "B"], "nor told again");
    let back = sweep(6, Some(&third), &[&["A", "B", "C"]]);
    let version = |played: &super::play::Played| {
        let record = played.records.iter().find(|record| record.key == "C");
        record.map(|record| (record.version, record.bytes.len()))
    };
    assert!(version(&back) > version(&second), "what is named again counts");
    let again = sweep(8, Some(&back), &[&["A", "B", "C"]]);
    assert_eq!(version(&again), version(&back), "and is no change each time");
}

#[test]
fn a_sweep_that_misses_skus_takes_no_stock_away() {
    let first = sweep(0, None, &[&["A", "B", "C", "D"]]);
    let once = sweep(2, Some(&first), &[&["A"], &["A", "B", "C", "D"]]);
    assert_eq!(once.keys(), ["A", "B", "C", "D"], "the second sweep names them all");
    assert!(once.notes.is_empty(), "and nothing is to be told");
    let other = sweep(2, Some(&first), &[&["A", "B", "C"], &["A", "B", "D"]]);
    assert_eq!(other.keys(), ["A", "B", "D"], "what one of two sweeps names is there");
    assert_eq!(other.codes(), ["stock_lacking"], "but sweeps that differ are told");
    let empty = sweep(2, Some(&first), &[&[]]);
    assert!(
        empty.records.is_empty(),
        "an empty sweep says of nothing that it is gone"
    );
    assert_eq!(empty.codes(), ["stock_lacking"], "it is told");
    assert!(doubted("inventory", &empty), "and stands in health");
    let mut most = sweep(2, Some(&first), &[&["A"]]);
    assert_eq!(most.keys(), ["A"], "what is named is taken, and nothing is taken away");
    assert!(doubted("inventory", &most), "most of it gone at once is doubted");
    for run in 2..4 {
        most = sweep(2 * run, Some(&most), &[&["A"]]);
    }
    assert_eq!(
        most.keys(),
        ["A", "B", "C", "D"],
        "three runs that say the same are believed"
    );
    let full = sweep(4, Some(&empty), &[&["A", "B", "C", "D"]]);
    assert!(!doubted("inventory", &full), "a full sweep dispels the doubt");
}

#[test]
fn each_marketplaces_listings_are_asked_for_and_the_home_one_counts() {
    let workshop = RefCell::new(Workshop::default());
    let play = Play {
        remote: Remote {
            outlets: vec![US.to_owned(), CA.to_owned()],
            ..remote()
        },
        ..Play::default()
    };
    let file = |_: &str| Ok(vec!["seller-sku\tasin1\tprice\nA-1\tB1\t5.00".to_owned()]);
    let answer = |call: &Call| workshop.borrow_mut().answer(call).expect("a report's call");
    let played = play.run("listings", None, answer, file).expect("it ends");
    let asked: Vec<String> = workshop
        .borrow()
        .orders
        .iter()
        .map(|o| o["marketplaceIds"].to_string())
        .collect();
    assert_eq!(asked, [format!("[\"{US}\"]"), format!("[\"{CA}\"]")], "one report each");
    let kept: Vec<(&str, i64)> = played.records.iter().map(|r| (r.facet.as_ref(), r.version)).collect();
    let abroad = format!("listing_report:{CA}");
    assert_eq!(
        kept,
        [("listing_report", 1), (abroad.as_str(), 0)],
        "rows of one SKU stand side by side, and the home marketplace's counts more"
    );
}

#[test]
fn daily_totals_without_a_day_are_asked_for_again_and_stay_open() {
    let play = Play {
        since: Some(NOW - 20 * DAY),
        ..Play::default()
    };
    let none = |_: &Call| ok(json!({ "payload": [] }));
    let played = play.run("order_metrics", None, none, no_file).expect("it ends");
    assert_eq!(played.codes(), ["totals_missing"], "told once");
    assert_eq!(played.asked.len(), 2, "asked twice");
    assert!(doubted("order_metrics", &played), "and not held to be complete");
}

#[test]
fn stock_that_is_given_in_part_is_not_taken() {
    let answer = |_: &Call| {
        ok(json!({ "payload": { "inventorySummaries": [summary("A")] }, "errors": [{ "code": "InternalFailure" }] }))
    };
    let error = Play::default()
        .run("inventory", None, answer, no_file)
        .err()
        .expect("a part is refused");
    assert!(error.message.contains("part"), "{error}");
}

#[test]
fn amazon_failure_10_totals_are_asked_for_in_the_marketplaces_own_days() {
    let answer =
        |call: &Call| ok(json!({ "payload": [{ "interval": call.get("interval"), "orderCount": 3, "unitCount": 4 }] }));
    let play = Play {
        since: Some(NOW - 70 * DAY),
        ..Play::default()
    };
    let played = play.run("order_metrics", None, answer, no_file).expect("it ends");
    assert!(played.asked.len() >= 3, "thirty days a call");
    for call in &played.asked {
        assert_eq!(call.get("granularityTimeZone"), "America/Los_Angeles", "its zone");
        let (start, end) = call.get("interval").split_once("--").expect("an interval");
        for moment in [start, end] {
            assert!(
                moment.contains("T00:00:00-0"),
                "{moment} is the beginning of a day there, with its offset"
            );
        }
        assert!(second(end) <= NOW, "only days that are over");
    }
    assert!(
        played.keys().iter().all(|key| key.starts_with(US)),
        "each names its marketplace"
    );
    let soon = Play {
        now: NOW + 3_600,
        since: play.since,
        ..Play::default()
    };
    let second = soon
        .run("order_metrics", Some(&played.state), answer, no_file)
        .expect("it ends");
    assert!(second.asked.is_empty(), "not again within the hour");
}

fn traffic(from: &str, to: &str) -> String {
    json!({ "reportSpecification": { "marketplaceIds": [US], "dataStartTime": from, "dataEndTime": to },
        "salesAndTrafficByDate": [{ "date": from, "salesByDate": { "unitsOrdered": 3 } }],
        "salesAndTrafficByAsin": [{ "parentAsin": "B1", "salesByAsin": { "unitsOrdered": 3 } }] })
    .to_string()
}

#[test]
fn amazon_failure_36_rows_of_a_whole_span_are_no_days() {
    let workshop = RefCell::new(Workshop::default());
    let play = Play {
        since: Some(NOW - 30 * DAY),
        ..Play::default()
    };
    let played = play.run(
        "sales_and_traffic",
        None,
        |call| workshop.borrow_mut().answer(call).expect("a report's call"),
        |_| Ok(vec![traffic("2027-01-05", "2027-01-10")]),
    );
    let played = played.expect("it ends");
    assert!(!played.records.is_empty(), "days come");
    assert!(
        played.records.iter().all(|record| record.facet == "by_date"),
        "rows of products are left out"
    );
    assert_eq!(
        workshop.borrow().orders[0]["reportOptions"]["dateGranularity"],
        "DAY",
        "day by day"
    );
    assert_eq!(
        played.calls("reports/2021-06-30/reports?").len(),
        0,
        "no address in a path"
    );
}

#[test]
fn amazon_failure_38_every_part_of_a_query_is_read() {
    let created = RefCell::new(Vec::new());
    let row = |part: usize| {
        json!({ "marketplaceId": US, "startDate": "2027-01-05", "endDate": "2027-01-05", "msku": format!("S{part}"),
            "parentAsin": "B1", "fees": [], "sales": {}, "netProceeds": {} })
        .to_string()
    };
    let answer = |call: &Call| {
        let rest = call.path.strip_prefix("dataKiosk/2023-11-15/").expect("Data Kiosk");
        if let Some(id) = rest.strip_prefix("queries/") {
            let mut state = json!({ "processingStatus": "DONE", "dataDocumentId": format!("d-{id}") });
            if id == "q1" {
                state["pagination"] = json!({ "nextToken": "more" });
            }
            return ok(state);
        }
        if let Some(id) = rest.strip_prefix("documents/") {
            return ok(json!({ "documentId": id, "documentUrl": format!("https://storage.example/{id}") }));
        }
        created.borrow_mut().push(call.body.clone());
        (202, json!({ "queryId": format!("q{}", created.borrow().len()) }))
    };
    let play = Play {
        since: Some(NOW - 20 * DAY),
        restart: true,
        ..Play::default()
    };
    let file = |address: &str| Ok(vec![row(if address.ends_with("q1") { 1 } else { 2 })]);
    let played = play.run("economics", None, answer, file).expect("it ends");
    let created = created.borrow();
    assert_eq!(created.len(), 2, "a query for each part");
    assert_eq!(
        created[1]["paginationToken"], "more",
        "the second by the token of the first"
    );
    assert_eq!(created[0]["query"], created[1]["query"], "with the same text");
    let skus: Vec<bool> = ["S1", "S2"]
        .iter()
        .map(|sku| played.keys().iter().any(|key| key.contains(&format!("/{sku}:"))))
        .collect();
    assert_eq!(skus, [true, true], "both parts' rows: {:?}", played.keys());
    let query = created[0]["query"].as_str().expect("a text");
    assert!(
        query.len() < 8_000 && query.contains("date:DAY"),
        "by day, and not too long: {query}"
    );
    assert_eq!(query.matches('{').count(), query.matches('}').count(), "well formed");
}

const SETTLED: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tamount-type\tamount-description\tamount\tposted-date\n\
    7\t2027-01-01\t2027-01-14\t2027-01-16\t30.00\tUSD\n";

fn settlement(order: &str) -> String {
    format!("{SETTLED}7\t\t\t\t\t\tOrder\t{order}\tItemPrice\tPrincipal\t10.00\t2027-01-05")
}

#[test]
fn amazon_failure_16_a_token_of_reports_stands_alone_and_each_settlement_is_read_once() {
    let list = |call: &Call| {
        let report = |id: usize| {
            json!({ "reportId": format!("r{id}"), "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", "processingStatus": "DONE",
                "reportDocumentId": format!("d{id}") })
        };
        if call.path.contains("documents/") {
            return ok(json!({ "url": format!("https://storage.example/{}", call.path) }));
        }
        match call.get("nextToken") {
            "" => {
                let since = second(call.get("createdSince"));
                assert!(NOW - since <= 90 * DAY, "not further back than Amazon keeps them");
                ok(json!({ "reports": [report(2)], "nextToken": "n/1" }))
            }
            "n/1" => {
                assert_eq!(call.query.len(), 1, "the token is the only parameter");
                ok(json!({ "reports": [report(1)] }))
            }
            other => panic!("{other}"),
        }
    };
    let file = |_: &str| {
        Ok(vec![
            settlement("111-0000000-0000001"),
            settlement("111-0000000-0000002"),
            settlement(""),
        ])
    };
    let first = Play::default().run("settlements", None, list, file).expect("it ends");
    assert_eq!(first.codes(), ["settlements_90_days"], "the gap is told once");
    assert_eq!(first.files.len(), 2, "both are fetched");
    assert!(first.files[0].ends_with("d2"), "the newest first");
    let summaries = first.records.iter().filter(|record| record.facet == "summary").count();
    assert_eq!(summaries, 2, "the summary once a report");
    assert_eq!(
        first.records.len(),
        2 * 4,
        "two orders, a day of the account and the summary of each"
    );
    let tomorrow = Play {
        now: NOW + DAY,
        ..Play::default()
    };
    let second = tomorrow
        .run("settlements", Some(&first.state), list, file)
        .expect("it ends");
    assert!(
        second.files.is_empty() && second.notes.is_empty(),
        "nothing is read twice, nothing told twice"
    );
}

#[test]
fn a_settlement_of_nothing_is_read_once_and_one_without_its_rows_again() {
    let list = |call: &Call| match call.path.contains("documents/") {
        true => ok(json!({ "url": "https://storage.example/d1" })),
        false => ok(
            json!({ "reports": [{ "reportId": "r1", "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
            "processingStatus": "DONE", "reportDocumentId": "d1" }] }),
        ),
    };
    let mut later = Play::default();
    later.now += DAY;
    let runs = |total: &str| {
        let file = |_: &str| Ok(vec![SETTLED.replace("30.00", total)]);
        let first = Play::default().run("settlements", None, list, file).expect("it ends");
        let second = later
            .run("settlements", Some(&first.state), list, file)
            .expect("it ends");
        (first, second.files.len())
    };
    for (total, held) in [("0.00", true), ("0,00", true), ("0", true), ("30.00", false)] {
        let (first, again) = runs(total);
        let told = first.codes().contains(&"settlement_empty");
        assert_eq!(
            (first.keys().len(), told),
            (usize::from(held), !held),
            "total “{total}”: nothing but its summary is there, which is whole only if nothing was settled"
        );
        assert_eq!(
            again,
            usize::from(!held),
            "total “{total}”: what lacks is fetched again, and nothing else"
        );
    }
}

#[test]
fn amazon_failure_34_what_amazon_has_dropped_is_not_said_to_be_held() {
    use crate::connectors::amazon::AmazonFetcher;
    use crate::connectors::fetch::Fetcher;
    let none = |_: &Call| ok(json!({ "reports": [] }));
    let played = Play::default()
        .run("settlements", None, none, no_file)
        .expect("it ends");
    let coverage = AmazonFetcher.coverage("settlements", &played.state);
    assert!(!coverage.whole, "not everything");
    let since = coverage.since.expect("held since");
    assert!((NOW - since - 90 * DAY).abs() < 60, "ninety days");
}

#[test]
fn amazon_failure_25_zero_rows_delete_no_listings() {
    let workshop = RefCell::new(Workshop::default());
    let answer = |call: &Call| match call.path.as_str() {
        "sales/v1/orderMetrics" => ok(json!({ "payload": [{ "interval": call.get("interval"), "orderCount": 9 }] })),
        _ => workshop.borrow_mut().answer(call).expect("a report's call"),
    };
    let played = Play::default().run("listings", None, answer, |_| Ok(Vec::new()));
    let played = played.expect("it ends");
    assert!(
        played.records.is_empty(),
        "no record, and none that says that something is gone"
    );
    assert_eq!(workshop.borrow().orders.len(), 2, "it is asked for again at once");
    assert_eq!(
        played.codes(),
        ["listings_lacking"],
        "and told: nine orders were placed there"
    );
    assert!(doubted("listings", &played), "health does not say that all is well");
    let header = "Händler-SKU\tArtikelbezeichnung\tPreis";
    let translated = Play {
        now: NOW + DAY,
        ..Play::default()
    };
    let played = translated.run("listings", Some(&played.state), answer, |_| {
        Ok(vec![format!("{header}\nA-1\tRegal 24\" breit\t5,00")])
    });
    let played = played.expect("it ends");
    assert_eq!(
        played.keys(),
        ["A-1"],
        "a translated header is known, a lone quote a letter"
    );
    assert!(!doubted("listings", &played), "it came after all");
}

#[test]
fn the_catalogue_is_asked_for_by_the_skus_that_are_held() {
    let answer = |call: &Call| {
        let items: Vec<Value> = call
            .get("identifiers")
            .split(',')
            .map(|sku| json!({ "asin": format!("B-{sku}") }))
            .collect();
        ok(json!({ "numberOfResults": items.len(), "items": items }))
    };
    let known: Vec<String> = (0..45).map(|n| format!("S{n}")).chain(["a,b".to_owned()]).collect();
    let play = Play {
        known,
        restart: true,
        ..Play::default()
    };
    let played = play.run("catalog", None, answer, no_file).expect("it ends");
    assert_eq!(played.asked.len(), 3, "twenty a call");
    assert_eq!(
        played.records.len(),
        45,
        "each once; one with a comma cannot be asked for"
    );
    assert_eq!(played.asked[0].get("sellerId"), "A2SELLER", "by the seller's id");
    let unknown = Play {
        remote: Remote {
            account: Some("na:store:Tidy".into()),
            ..remote()
        },
        ..Play::default()
    };
    let played = unknown.run("catalog", None, answer, no_file).expect("it ends");
    assert!(played.asked.is_empty(), "without it nothing is asked");
}
