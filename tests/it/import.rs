//! Files of which pieces are no usable record: each is set aside with its place and its reason, the others are taken.

use countinghouse_core::app::{FileReport, ImportOptions};
use countinghouse_core::connectors::Channel;
use serde_json::{Value, json};

use crate::rig::Rig;

mod left_out;
mod resaved;
mod sparse;
mod untold;

/// A REST order with this id, as it is written.
fn order(id: &str, name: &str) -> String {
    format!(
        r#"{{"id":{id},"name":"{name}","created_at":"2026-03-02T12:00:00-05:00","currency":"USD","financial_status":"paid",
        "taxes_included":false,"test":false,"shipping_lines":[],"refunds":[],"fulfillments":[],
        "customer":{{"id":77,"email":"x@example.com"}},
        "line_items":[{{"id":{},"title":"Mug","sku":"M","quantity":1,"price":"10.00","requires_shipping":true,"tax_lines":[]}}]}}"#,
        name.trim_start_matches('#')
    )
}

/// The order as its price cannot be read.
fn broken(id: &str, name: &str) -> String {
    order(id, name).replace("\"price\":\"10.00\"", "\"price\":\"ten\"")
}

fn places(report: &FileReport) -> Vec<(&str, &str)> {
    report
        .set_aside
        .iter()
        .map(|s| (s.record.as_str(), s.code.as_str()))
        .collect()
}

/// That the piece at a place was set aside for a reason with these words.
fn told(report: &FileReport, place: &str, words: &str) {
    let found = report.set_aside.iter().find(|s| s.record == place);
    let found = found.unwrap_or_else(|| panic!("{place} is set aside: {:?}", report.set_aside));
    assert!(
        found.reason.contains(words) && found.reason.contains(place),
        "{place}: “{words}” is said with the place: {}",
        found.reason
    );
}

#[test]
fn a_currency_that_records_do_not_state_is_none_of_theirs() {
    let rig = Rig::new();
    let import = |given: &str, name: &str, bytes: &[u8]| {
        let options = ImportOptions {
            stream: Some("orders".to_owned()),
            currency: Some(given.parse().expect("a currency")),
            ..ImportOptions::default()
        };
        rig.profile.import(Channel::Shopify, name, bytes, &options)
    };
    let silent = |id: &str| order(id, "#1002").replace("\"currency\":\"USD\",", "");
    let report = import("CAD", "first.json", order("1", "#1001").as_bytes()).expect("the profile takes files");
    let why = report.refused.expect("a file of another currency is refused");
    assert!(
        why.message.contains("USD") && why.message.contains("CAD"),
        "both are named: {why:?}"
    );
    let connections = || {
        rig.profile
            .store()
            .read_blocking(|r| r.connections())
            .expect("readable")
    };
    assert!(connections().is_empty(), "and nothing of it is stored");
    rig.import(Some("orders"), "first.json", order("1", "#1001").as_bytes());
    let refused = import("CAD", "second.json", silent("2").as_bytes()).expect_err("orders in USD are here");
    assert!(
        refused.message.contains("holds orders in USD, not in CAD"),
        "what is here is never called something else: {refused:?}"
    );
    assert_eq!(connections()[0].currency, None, "nothing was changed");
    let report = import("USD", "second.json", silent("2").as_bytes()).expect("the profile takes files");
    assert_eq!(report.refused, None, "their own is taken, for those that state none");
    let kpis = rig.kpis(countinghouse_core::metrics::Definition::OrderTotals);
    assert_eq!(
        (&kpis["currency"], &kpis["kpis"]["net_sales"]),
        (&json!("USD"), &json!("20.00")),
        "both count in it: {kpis}"
    );
}

#[test]
fn every_item_of_a_list_of_orders_is_a_record_or_set_aside() {
    let rig = Rig::new();
    let no_id = order("1", "#1003").replacen("\"id\":1,", "", 1);
    let items = [
        order("1", "#1001"),
        order("\"2\"", "#1002"),
        no_id,
        "5".to_owned(),
        "null".to_owned(),
        order("1.5", "#1004"),
        order("18446744073709551616", "#1005"),
        order("\"abc\"", "#1006"),
        order("null", "#1007"),
        "\"text\"".to_owned(),
        "{\"id\":9}".to_owned(),
        "[]".to_owned(),
        order("18446744073709551615", "#1008"),
    ];
    let report = rig.import(
        Some("orders"),
        "mixed.json",
        format!("{{\"orders\":[{}]}}", items.join(",")).as_bytes(),
    );
    assert_eq!(report.refused, None, "the good ones are taken");
    assert_eq!(
        report.streams,
        [("orders".to_owned(), 3)],
        "a number, a text of digits, the largest id"
    );
    assert_eq!(report.new, 3, "they are stored");
    assert_eq!(report.read, items.len() as u64, "every item was read");
    told(&report, "orders[2]", "(“#1003”) has no id");
    told(&report, "orders[3]", "a number, no record");
    told(&report, "orders[4]", "null, no record");
    told(&report, "orders[5]", "1.5, and an id is a whole number");
    told(&report, "orders[6]", "18446744073709551616, more than an id can be");
    told(&report, "orders[7]", "abc, and an id is a whole number");
    told(&report, "orders[8]", "the id null");
    told(&report, "orders[9]", "a text, no record");
    told(&report, "orders[10]", "nothing but an id");
    told(&report, "orders[11]", "a list without records");
    assert_eq!(report.set_aside.len(), 10, "nothing else: {:?}", places(&report));
    let kpis = rig.kpis(countinghouse_core::metrics::Definition::OrderTotals);
    assert_eq!(kpis["kpis"]["total_orders"], json!(3), "and counted: {kpis}");
}

#[test]
fn the_same_order_with_its_id_as_a_text_is_the_same_order() {
    let rig = Rig::new();
    rig.import(Some("orders"), "a.json", order("1", "#1001").as_bytes());
    rig.import(Some("orders"), "b.json", order("\"1\"", "#1001").as_bytes());
    let kpis = rig.kpis(countinghouse_core::metrics::Definition::OrderTotals);
    assert_eq!(kpis["kpis"]["total_orders"], json!(1), "counted once: {kpis}");
}

#[test]
fn a_file_of_nothing_usable_is_refused_and_says_why() {
    let no_id = order("1", "#1003").replacen("\"id\":1,", "", 1);
    let cases: [(String, &str); 9] = [
        (r#"{"order_number":1001,"total_price":"10.00"}"#.to_owned(), "has no id"),
        (no_id.clone(), "has no id"),
        (format!("[{no_id}]"), "has no id"),
        (format!("{{\"order\":{no_id}}}"), "has no id"),
        (format!("{{\"orders\":[{no_id}]}}"), "has no id"),
        (order("1.5e10", "#1"), "an id is a whole number"),
        (order("99999999999999999999999", "#1"), "more than an id can be"),
        ("{\"orders\":[5,null]}".to_owned(), "is a number"),
        (
            r#"{"data":{"orders":{"nodes":[{"id":"gid://shopify/Order/99999999999999999999","name":"x"}]}}}"#
                .to_owned(),
            "more than an id can be",
        ),
    ];
    for (text, words) in cases {
        let rig = Rig::new();
        for stream in [Some("orders"), None] {
            let report = rig.import(stream, "file.json", text.as_bytes());
            let refused = report.refused.as_ref().unwrap_or_else(|| panic!("refused: {text}"));
            assert!(refused.message.contains(words), "“{words}”: {refused} for {text}");
            assert!(refused.hint.is_some(), "and what to do next");
            assert!(!report.set_aside.is_empty(), "each piece with its reason: {text}");
            assert_eq!(report.new, 0, "nothing is stored: {text}");
        }
        let connections = rig.profile.store().read_blocking(|r| r.connections()).expect("read");
        assert!(connections.is_empty(), "and no connection is made for it: {text}");
    }
}

#[test]
fn pages_without_entries_and_what_is_not_asked_for_are_no_trouble() {
    let rig = Rig::new();
    let node = r##"{"id":"gid://shopify/Order/1","name":"#1001","createdAt":"2026-05-01T10:00:00Z"}"##;
    let page = |nodes: &str| {
        format!("{{\"data\":{{\"orders\":{{\"nodes\":[{nodes}],\"pageInfo\":{{\"hasNextPage\":false}}}}}}}}")
    };
    let errors =
        r#"{"errors":[{"message":"Throttled","locations":[{"line":1,"column":2}],"path":["orders"]}],"data":null}"#;
    let pages = format!("[{},{},{errors}]", page(node), page(""));
    let report = rig.import(None, "pages.json", pages.as_bytes());
    assert_eq!(report.refused, None, "the pages are taken");
    assert_eq!(
        places(&report),
        [("[2]", "error_answer")],
        "an empty page is a page; an error answer among them is told: {:?}",
        report.set_aside
    );
    told(&report, "[2]", "Throttled");
    let nulls = r##"{"data":{"nodes":[{"id":"gid://shopify/Order/2","name":"#1002","createdAt":"2026-05-01T10:00:00Z"},null]}}"##;
    let report = rig.import(None, "nodes.json", nulls.as_bytes());
    assert_eq!(report.new, 1, "the node is taken");
    assert_eq!(
        places(&report),
        [("data[1]", "unknown_shape")],
        "the null beside it is told"
    );
    let lines = format!("{}\n{}\n", order("5", "#1005"), order("5.5", "#1006")).replace("\n        ", "");
    let report = rig.import(None, "lines.jsonl", lines.as_bytes());
    assert_eq!(places(&report), [("line 2", "bad_id")], "a line is named by its number");
}

#[test]
fn an_order_that_cannot_be_read_says_why_and_nothing_else_is_guessed() {
    let rig = Rig::new();
    let bad: Value = serde_json::from_str(&order("1", "#1001").replace("10.00", "12,50")).expect("JSON");
    let report = rig.import(Some("orders"), "bad.json", bad.to_string().as_bytes());
    assert_eq!(report.set_aside.len(), 1, "the record is told: {:?}", report.set_aside);
    let reason = &report.set_aside[0].reason;
    assert!(reason.contains("“12,50” is not an amount"), "with its cause: {reason}");
    let guessed = report.notices.iter().find(|n| n.contains("do not show"));
    assert_eq!(guessed, None, "the order's own record is there, and only unreadable");
}

#[test]
fn a_correction_of_an_unknown_kind_counts_and_is_told() {
    let rig = Rig::new();
    let refund = |kind: &str| {
        format!(
            r#""refunds":[{{"id":5,"created_at":"2026-03-05T12:00:00-05:00","refund_line_items":[],"transactions":[],
            "order_adjustments":[{{"id":6,"kind":"{kind}","amount":"-3.00","tax_amount":"0.00"}}]}}]"#
        )
    };
    let with = |id: &str, name: &str, kind: &str| order(id, name).replace("\"refunds\":[]", &refund(kind));
    let known = rig.import(
        Some("orders"),
        "known.json",
        with("1", "#1001", "refund_discrepancy").as_bytes(),
    );
    assert_eq!(
        (known.orders, known.notices.len()),
        (1, 1),
        "only its days are remarked: {:?}",
        known.notices
    );
    let strange = rig.import(Some("orders"), "strange.json", with("2", "#1002", "goofy").as_bytes());
    assert_eq!(strange.orders, 1, "it counts");
    assert!(
        strange.notices.iter().any(|note| note.contains("goofy")),
        "its unknown word is told: {:?}",
        strange.notices
    );
}

#[test]
fn a_page_that_is_not_the_last_and_an_error_beside_data_are_told() {
    let node =
        |id: u32| format!(r##"{{"id":"gid://shopify/Order/{id}","name":"#{id}","createdAt":"2026-05-01T10:00:00Z"}}"##);
    let page = |id: u32, more: bool| {
        format!(
            r#"{{"data":{{"orders":{{"nodes":[{}],"pageInfo":{{"hasNextPage":{more},"endCursor":"x"}}}}}}}}"#,
            node(id)
        )
    };
    let said = |text: &str, words: &str| {
        let report = Rig::new().import(None, "answer.json", text.as_bytes());
        assert_eq!(report.refused, None, "what is there is taken: {text}");
        assert!(report.new > 0, "and stored: {text}");
        report.notices.iter().filter(|note| note.contains(words)).count()
    };
    assert_eq!(
        said(&page(1, true), "“orders” says that there are more"),
        1,
        "pages are missing"
    );
    assert_eq!(said(&page(1, false), "there are more"), 0, "it is the last page");
    let both = format!("[{},{}]", page(1, true), page(2, false));
    assert_eq!(said(&both, "there are more"), 0, "the page that follows is in the file");
    let beside = page(1, false).replacen(
        '{',
        r#"{"errors":[{"message":"Access denied for customer field.","path":["orders"]}],"#,
        1,
    );
    assert_eq!(
        said(&beside, "Access denied for customer field."),
        1,
        "data may be missing"
    );
    let none = page(1, false).replacen('{', r#"{"errors":[],"#, 1);
    assert_eq!(said(&none, "error"), 0, "an empty list is no error");
}

#[test]
fn an_order_of_the_future_is_taken_and_told() {
    let rig = Rig::new();
    let future = order("1", "#1001").replace("2026-03-02", "2029-03-02");
    let report = rig.import(Some("orders"), "future.json", future.as_bytes());
    assert_eq!((report.orders, report.set_aside.len()), (1, 0), "nothing vanishes");
    let told = report
        .notices
        .iter()
        .any(|note| note.contains("1: it is dated 2029-03-02, later than its record"));
    assert!(told, "and the person hears of it: {:?}", report.notices);
    let kpis = rig.kpis(countinghouse_core::metrics::Definition::OrderTotals);
    assert_eq!(kpis["kpis"]["total_orders"], json!(1), "it counts on its day: {kpis}");
    let issues = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&countinghouse_core::store::IssueFilter::default(), 0, 10))
        .expect("a readable ledger");
    assert_eq!(
        issues.iter().map(|issue| issue.about.code.as_str()).collect::<Vec<_>>(),
        ["date_doubtful"],
        "and stays on the list of issues"
    );
    // The record with the right date settles it.
    let report = rig.import(Some("orders"), "right.json", order("1", "#1001").as_bytes());
    let of_order = report.notices.iter().filter(|note| note.starts_with("1: ")).count();
    assert_eq!(of_order, 0, "nothing is wrong any more: {:?}", report.notices);
}

#[test]
fn a_sale_in_unknown_words_is_no_order_of_nothing() {
    let rig = Rig::new();
    let money = |amount: &str| json!({"shopMoney": {"amount": amount, "currencyCode": "USD"}});
    let node = json!({
        "id": "gid://shopify/Order/1", "name": "#1001", "processedAt": "2026-03-02T12:00:00Z", "currencyCode": "USD",
        "lineItems": {"nodes": [{"id": "gid://shopify/LineItem/1", "title": "Mug", "quantity": 1, "originalTotalSet": money("10.0")}]},
        "agreements": {"nodes": [{
            "id": "gid://shopify/SalesAgreement/1", "happenedAt": "2026-03-02T12:00:00Z", "reason": "ORDER",
            "sales": {"nodes": [{
                "id": "gid://shopify/Sale/1", "actionType": "LEASE", "lineType": "PRODUCT", "quantity": 1,
                "totalAmount": money("10.0"), "totalTaxAmount": money("0.0"), "totalDiscountAmountBeforeTaxes": money("0.0")
            }]}
        }]}
    });
    let report = rig.import(Some("orders"), "page.json", node.to_string().as_bytes());
    assert_eq!(report.orders, 1, "it counts");
    assert!(
        report
            .notices
            .iter()
            .any(|note| note.contains("LEASE") && note.contains("count instead")),
        "the word is told, and what counts: {:?}",
        report.notices
    );
    let kpis = rig.kpis(countinghouse_core::metrics::Definition::OrderTotals);
    assert_eq!(
        kpis["kpis"]["net_sales"],
        json!("10.00"),
        "and no order of 0.00: {kpis}"
    );
}
