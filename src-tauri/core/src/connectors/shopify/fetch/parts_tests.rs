//! Remainder pages: what is asked for, and what comes of it.

use super::*;
use crate::connectors::fetch::Step;

const VERSION: i64 = 1_782_167_642;

fn parts(text: &str) -> Vec<Part> {
    missing(&RawValue::from_string(text.to_owned()).expect("JSON"), VERSION)
}

fn asked(part: &Part) -> serde_json::Value {
    let remote = Remote {
        base: "https://shop.myshopify.com/".parse().expect("an address"),
        account: None,
        scopes: Vec::new(),
        version: "2026-10".into(),
        outlets: Vec::new(),
    };
    match part.step(&remote).expect("a step") {
        Step::Call { request, .. } => {
            serde_json::from_slice::<serde_json::Value>(request.body()).expect("JSON")["variables"].clone()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn fm11_every_nested_page_that_goes_on_is_continued() {
    let more = r#"{"pageInfo":{"hasNextPage":true,"endCursor":"c1"},"nodes":[]}"#;
    let done = r#"{"pageInfo":{"hasNextPage":false,"endCursor":"c1"},"nodes":[]}"#;
    let order = format!(
        r#"{{"id":"gid://shopify/Order/5","lineItems":{more},"shippingLines":{more},
        "agreements":{{"pageInfo":{{"hasNextPage":false}},"nodes":[{{"sales":{done}}},{{"sales":{more}}}]}},
        "refunds":[{{"id":"gid://shopify/Refund/1","refundLineItems":{done},"refundShippingLines":{done},"orderAdjustments":{more}}},
                   {{"id":"gid://shopify/Refund/2","refundLineItems":{more},"refundShippingLines":{more},"orderAdjustments":{done}}}],
        "fulfillments":[{{"id":"gid://shopify/Fulfillment/8","fulfillmentLineItems":{more}}}]}}"#
    );
    let facets: Vec<String> = parts(&order).iter().map(Part::facet).collect();
    let wanted = [
        "lines:2",
        "shipping:2",
        "refund:1:adjustments:2",
        "refund:2:lines:2",
        "refund:2:shipping:2",
        "fulfilment:8:2",
        "agreements:2",
    ];
    assert_eq!(facets, wanted, "each of them, none twice");
    assert!(
        parts(&order.replace("true", "false")).is_empty(),
        "nothing goes on, nothing is asked"
    );
    assert_eq!(
        parts(&format!(r#"{{"id":"gid://shopify/Product/5","variants":{more}}}"#)).len(),
        1,
        "variants of a product"
    );
    let item = format!(r#"{{"id":"gid://shopify/InventoryItem/5","variants":{more},"inventoryLevels":{more}}}"#);
    assert_eq!(
        parts(&item).iter().map(Part::facet).collect::<Vec<_>>(),
        ["levels:2"],
        "levels of a stock item"
    );
}

#[test]
fn fm12_a_refunds_remainder_is_asked_of_that_very_refund() {
    let more = r#"{"pageInfo":{"hasNextPage":true,"endCursor":"c9"}}"#;
    let order = format!(
        r#"{{"id":"gid://shopify/Order/5","refunds":[{{"id":"gid://shopify/Refund/1"}},{{"id":"gid://shopify/Refund/2","refundLineItems":{more}}}]}}"#
    );
    let parts = parts(&order);
    assert_eq!(parts.len(), 1, "only the second refund goes on");
    assert_eq!(
        asked(&parts[0])["id"],
        "gid://shopify/Refund/2",
        "and is asked for by its own id"
    );
    assert_eq!(asked(&parts[0])["after"], "c9", "from its own cursor");
    let body = br#"{"data":{"refund":{"id":"gid://shopify/Refund/2","order":{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:02Z"},"refundLineItems":{"pageInfo":{"hasNextPage":true,"endCursor":"c10"},"nodes":[{}]}}}}"#;
    let read = parts[0]
        .read(&Envelope::of(body).expect("JSON"))
        .expect("it may be read");
    let record = read.record.expect("a record");
    assert_eq!(
        (record.key.as_str(), record.facet.as_ref(), record.version),
        ("5", "refund:2:lines:2", VERSION),
        "of its order"
    );
    let next = read.next.expect("it goes on");
    assert_eq!(
        (next.facet().as_str(), asked(&next)["after"].as_str()),
        ("refund:2:lines:3", Some("c10")),
        "the next page of the same refund"
    );
}

#[test]
fn a_page_of_a_changed_record_is_stale_and_of_a_deleted_one_nothing() {
    let part =
        &parts(r#"{"id":"gid://shopify/Order/5","lineItems":{"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}"#)[0];
    let body = br#"{"data":{"order":{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:03Z","lineItems":{"nodes":[]}}}}"#;
    let read = part.read(&Envelope::of(body).expect("JSON")).expect("it may be read");
    assert!(
        read.stale && read.record.is_none() && read.next.is_none(),
        "one second later is another record"
    );
    let gone = part
        .read(&Envelope::of(br#"{"data":{"order":null}}"#).expect("JSON"))
        .expect("it may be read");
    assert!(
        !gone.stale && gone.record.is_none() && gone.next.is_none(),
        "deleted meanwhile"
    );
}

#[test]
fn a_page_that_does_not_show_what_was_announced_is_asked_for_again_and_then_an_error() {
    let begin = || {
        parts(r#"{"id":"gid://shopify/Order/5","lineItems":{"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}"#)
            .remove(0)
    };
    let page = |info: &str, nodes: &str| {
        format!(
            r#"{{"data":{{"order":{{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:02Z","lineItems":{{"pageInfo":{info},"nodes":[{nodes}]}}}}}}}}"#
        )
    };
    for (what, wrong) in [
        (
            "nothing where more was announced",
            page(r#"{"hasNextPage":false,"endCursor":null}"#, ""),
        ),
        (
            "the same cursor again",
            page(r#"{"hasNextPage":true,"endCursor":"c"}"#, "{}"),
        ),
        (
            "more, but not from where",
            page(r#"{"hasNextPage":true,"endCursor":null}"#, "{}"),
        ),
    ] {
        let mut part = begin();
        for time in 1..BARREN {
            let read = part.read(&Envelope::of(wrong.as_bytes()).expect("JSON")).expect(what);
            assert!(read.record.is_none() && !read.stale, "{what}: no end, time {time}");
            part = read.next.expect(what);
            assert_eq!(asked(&part)["after"], "c", "{what}: the same page again, time {time}");
        }
        let right = page(r#"{"hasNextPage":false,"endCursor":"d"}"#, "{}");
        let read = part.read(&Envelope::of(right.as_bytes()).expect("JSON")).expect(what);
        assert!(
            read.record.is_some_and(|record| record.facet == "lines:2") && read.next.is_none(),
            "{what}: the page that comes at last counts"
        );
        let error = part
            .read(&Envelope::of(wrong.as_bytes()).expect("JSON"))
            .expect_err(what);
        assert!(
            error.message.contains("lineItems of gid://shopify/Order/5"),
            "{what}: in the end it is told, not believed: {error:?}"
        );
    }
}

#[test]
fn agreements_are_walked_one_by_one_with_all_their_sales() {
    let order =
        r#"{"id":"gid://shopify/Order/5","agreements":{"pageInfo":{"hasNextPage":true,"endCursor":"x"},"nodes":[]}}"#;
    let mut part = parts(order).remove(0);
    let answers = [
        (
            r#"{"pageInfo":{"hasNextPage":true,"endCursor":"a1"},"nodes":[{"sales":{"pageInfo":{"hasNextPage":true,"endCursor":"s1"}}}]}"#,
            (None, None),
        ),
        (
            r#"{"pageInfo":{"hasNextPage":true,"endCursor":"a1"},"nodes":[{"sales":{"pageInfo":{"hasNextPage":false,"endCursor":"s2"}}}]}"#,
            (None, Some("s1")),
        ),
        (
            r#"{"pageInfo":{"hasNextPage":false,"endCursor":"a2"},"nodes":[{"sales":{"pageInfo":{"hasNextPage":false}}}]}"#,
            (Some("a1"), None),
        ),
    ];
    let count = answers.len();
    for (number, (rows, (after, sales))) in answers.into_iter().enumerate() {
        let variables = asked(&part);
        assert_eq!(
            (variables["after"].as_str(), variables["salesAfter"].as_str()),
            (after, sales),
            "request {number}"
        );
        let body = format!(
            r#"{{"data":{{"order":{{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:02Z","agreements":{rows}}}}}}}"#
        );
        let read = part
            .read(&Envelope::of(body.as_bytes()).expect("JSON"))
            .expect("it may be read");
        assert_eq!(
            read.record.expect("a record").facet,
            format!("agreements:{}", number + 2),
            "its own facet"
        );
        match read.next {
            Some(next) => part = next,
            None => assert_eq!(number + 1, count, "the walk ends after the last agreement"),
        }
    }
}
