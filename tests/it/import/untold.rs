//! Orders whose records do not show what was ordered, and what else makes a figure less than whole: nothing unknown passes for zero,
//! and what is marked says why (LEDGER rulings 13, 41 and 42).

use countinghouse_core::app::FileReport;
use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::left_out::{ask, asked, file, issues, overview, question};
use super::{broken, order};
use crate::rig::Rig;

/// An order of which nothing is shown but that it was made and what it comes to.
fn bare(id: &str) -> String {
    format!(
        r##"{{"id":{id},"name":"#{id}","created_at":"2026-03-02T12:00:00-05:00","total_price":"12.00","currency":"USD",
        "financial_status":"paid","fulfillment_status":"fulfilled","test":false}}"##
    )
}

fn imported(files: &[Vec<u8>]) -> (Rig, Vec<FileReport>) {
    let rig = Rig::new();
    let reports = files
        .iter()
        .map(|bytes| rig.import(Some("orders"), "orders.json", bytes));
    let reports = reports.collect();
    (rig, reports)
}

/// The figures of the second of March by a definition.
fn day(rig: &Rig, definition: Definition) -> Value {
    let mut q = question("2026-03-02", "2026-03-02", &[]);
    q.definition = definition;
    asked(rig, &q)
}

#[test]
fn an_order_whose_lines_were_never_shown_has_unknown_units_and_no_zeroes() {
    let (rig, reports) = imported(&[file(&[bare("1")])]);
    for definition in Definition::ALL {
        let answer = day(&rig, definition);
        for name in ["units", "units_sold", "fulfillment_rate", "units_returned", "net_sales"] {
            assert_eq!(
                answer["kpis"][name],
                Value::Null,
                "{name} by {}: no record tells it: {answer}",
                definition.name()
            );
        }
        let orders = match definition {
            // Whether it was sent, and when, nobody knows.
            Definition::Accounting => Value::Null,
            _ => json!(1),
        };
        assert_eq!(answer["kpis"]["orders"], orders, "it was placed: {}", definition.name());
        let complete = &answer["completeness"];
        assert_eq!(complete["orders_incomplete"], json!(1), "it counts in part: {complete}");
        assert_eq!(complete["orders_untold"], json!(1), "and is one of these: {complete}");
        assert_eq!(complete["orders_complete"], json!(false), "so they are not complete");
        assert_eq!(
            complete["unpriced_text"],
            json!("1 order without a price yet"),
            "said in words, too"
        );
    }
    let issues = issues(&rig);
    let [(key, text)] = issues.as_slice() else {
        panic!("one issue says why: {issues:?}");
    };
    assert_eq!(key, "1", "of the order");
    assert!(
        text.contains("no record shows its lines") && text.contains("12.00 USD"),
        "why, and what the order says of itself: {text}"
    );
    assert!(
        reports[0]
            .notices
            .iter()
            .any(|note| note.contains("no record shows its lines")),
        "the import says it at once: {:?}",
        reports[0].notices
    );
    let board = overview(&rig);
    for tile in board["tiles"].as_array().expect("tiles") {
        let metric = tile["metric"].as_str().expect("a name");
        if matches!(metric, "units" | "fulfillment_rate") {
            assert_eq!(tile["value_text"], "–", "the window shows no zero: {tile}");
            assert_eq!(tile["note"], "no record shows what was ordered", "but why: {tile}");
        }
    }
    let list = ask(&rig, "order", json!({"connection": 1, "key": "1"}));
    assert!(
        list["note"].as_str().is_some_and(|note| note.contains("$12.00")),
        "the order's page tells the total it states: {list}"
    );

    // The whole record comes: nothing of it remains.
    rig.import(Some("orders"), "whole.json", order("1", "#1").as_bytes());
    let answer = day(&rig, Definition::OrderTotals);
    assert_eq!(answer["kpis"]["units"], json!(1), "now it is known: {answer}");
    assert_eq!(answer["kpis"]["fulfillment_rate"], json!(0), "and that it was not sent");
    assert_eq!(
        answer["completeness"]["orders_incomplete"],
        json!(0),
        "nothing is lacking"
    );
    assert_eq!(self::issues(&rig), [], "and the issue is over");
}

#[test]
fn beside_other_orders_it_takes_no_part_in_units_and_fulfilment_and_is_told() {
    let sent = order("2", "#1002").replace(
        "\"fulfillments\":[]",
        r#""fulfillment_status":"fulfilled","fulfillments":[{"id":9,"status":"success","created_at":"2026-03-02T13:00:00-05:00",
        "line_items":[{"id":1002,"quantity":1}]}]"#,
    );
    let (rig, _) = imported(&[file(&[bare("1"), sent])]);
    let answer = day(&rig, Definition::OrderTotals);
    assert_eq!(answer["kpis"]["orders"], json!(2), "both were placed: {answer}");
    assert_eq!(answer["kpis"]["units"], json!(1), "of what is known");
    assert_eq!(
        answer["kpis"]["fulfillment_rate"],
        json!(1),
        "what nobody knows of does not pass for unsent"
    );
    assert_eq!(
        answer["kpis"]["units_returned"],
        json!(0),
        "of what is known, nothing came back"
    );
    let text = answer["completeness"]["untold_text"].as_str().expect("a sentence");
    assert_eq!(
        text, "1 order without a record of what was ordered",
        "and it says what it is without"
    );
}

#[test]
fn an_order_that_is_marked_incomplete_always_says_why() {
    let parcels = |id: u32| format!(r#"{{"id":{id},"status":"success","created_at":"2026-03-02T13:00:00-05:00"}}"#);
    // Two parcels of which nobody says what was in them.
    let parcels = order("1", "#1001").replace(
        "\"fulfillments\":[]",
        &format!(r#""fulfillments":[{},{}]"#, parcels(7), parcels(8)),
    );
    // A list of lines that goes on in a page which is not here.
    let cut = r##"{"data":{"order":{"id":"gid://shopify/Order/1","name":"#1001","createdAt":"2026-03-02T17:00:00Z",
        "processedAt":"2026-03-02T17:00:00Z","updatedAt":"2026-03-02T17:00:00Z","currencyCode":"USD","displayFinancialStatus":"PAID",
        "lineItems":{"nodes":[{"id":"gid://shopify/LineItem/5","title":"Mug","quantity":1,
        "originalUnitPriceSet":{"shopMoney":{"amount":"10.00","currencyCode":"USD"}}}],
        "pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}}"##
        .to_owned();
    for (bytes, words) in [
        (parcels, "refunds and fulfilments hold, line by line"),
        (cut, "goes on in a record"),
    ] {
        let (rig, _) = imported(&[bytes.clone().into_bytes()]);
        let in_part = day(&rig, Definition::OrderTotals)["completeness"]["orders_incomplete"].clone();
        assert_eq!(in_part, json!(1), "it counts in part: {bytes}");
        let open = issues(&rig);
        assert!(
            open.iter().any(|(key, text)| key == "1" && text.contains(words)),
            "and its issue says “{words}”: {open:?}"
        );
    }
}

#[test]
fn a_currency_that_nobody_knows_is_counted_and_told() {
    let (rig, reports) = imported(&[order("1", "#1001").replace("USD", "ZZZ").into_bytes()]);
    let answer = day(&rig, Definition::OrderTotals);
    assert_eq!(answer["currency"], json!("ZZZ"), "it is kept as it is stated");
    assert_eq!(answer["kpis"]["net_sales"], json!("10.00"), "and nothing is lost");
    assert_eq!(
        answer["completeness"]["orders_incomplete"],
        json!(0),
        "the order is whole"
    );
    let issues = issues(&rig);
    assert!(
        matches!(issues.as_slice(), [(_, text)] if text.contains("ISO 4217 lists no currency ZZZ")),
        "and it is said: {issues:?}"
    );
    assert!(
        reports[0].notices.iter().any(|note| note.contains("ZZZ")),
        "by the import, too: {:?}",
        reports[0].notices
    );
    for known in ["USD", "KWD", "JPY", "HRK"] {
        let (rig, _) = imported(&[order("1", "#1001").replace("USD", known).into_bytes()]);
        assert_eq!(self::issues(&rig), [], "{known} is or was a currency");
    }
}

#[test]
fn files_whose_only_order_was_set_aside_are_not_said_to_hold_none() {
    let (rig, _) = imported(&[broken("1", "#1001").into_bytes()]);
    let answer = day(&rig, Definition::OrderTotals);
    let hint = answer["completeness"]["orders_hint"].as_str().expect("a hint");
    assert!(
        !hint.contains("without any orders") && hint.contains("could not be counted"),
        "it holds one that does not count: {hint}"
    );
    let health = ask(&rig, "health", json!({})).to_string();
    assert!(
        !health.contains("none imported") && health.contains("none of them could be counted"),
        "health says the same: {health}"
    );
    let (rig, _) = imported(&[]);
    rig.import(
        Some("locations"),
        "l.json",
        br#"{"locations":[{"id":1,"name":"Mill","active":true}]}"#,
    );
    let answer = day(&rig, Definition::OrderTotals);
    let hint = answer["completeness"]["orders_hint"].as_str().expect("a hint");
    assert!(
        hint.contains("without any orders"),
        "files of other things hold none: {hint}"
    );
}

#[test]
fn a_day_of_which_an_order_is_left_out_is_not_said_to_be_all_here() {
    let (rig, _) = imported(&[file(&[order("1", "#1001"), broken("2", "#1002")])]);
    let mut q = question("2026-03-01", "2026-03-05", &[]);
    q.definition = Definition::OrderTotals;
    let complete = asked(&rig, &q)["completeness"].clone();
    assert_eq!(
        complete["orders_text"],
        json!("Orders of other days than Mar 2, 2026 are not all here"),
        "it says of which days orders are missing, and promises nothing of the other"
    );
    assert!(
        complete["left_out_text"]
            .as_str()
            .is_some_and(|text| text.contains("1 order could not be counted")),
        "of which one does not count: {complete}"
    );
}

#[test]
fn a_line_that_shows_no_price_is_an_issue_that_names_the_total() {
    let bytes = bare("1").replace(
        r#""test":false"#,
        r#""test":false,"line_items":[{"id":11,"title":"Mug","quantity":2,"price":null}]"#,
    );
    let (rig, _) = imported(&[file(&[bytes])]);
    let answer = day(&rig, Definition::OrderTotals);
    assert_eq!(
        answer["kpis"]["net_sales"],
        Value::Null,
        "nobody knows what it was: {answer}"
    );
    assert_eq!(answer["kpis"]["units"], json!(2), "but how many were ordered: {answer}");
    let complete = &answer["completeness"];
    assert_eq!(
        (&complete["orders_without_price"], &complete["orders_incomplete"]),
        (&json!(1), &json!(1)),
        "it counts in part: {complete}"
    );
    let told = issues(&rig);
    assert_eq!(told.len(), 1, "one issue says why: {told:?}");
    let said = format!("{:?}", told[0]);
    assert!(
        said.contains("show a price") && said.contains("12.00"),
        "with the total: {said}"
    );
}
