//! What queries cost, and how the bucket answers for it (contract section 4).

use serde_json::{Value, json};

use super::rig::{Rig, ready};
use crate::shopify::graphql::cost::requested;
use crate::shopify::graphql::plan::{Request, plan};

fn priced(query: &str, variables: Value) -> u64 {
    let request = Request {
        query: query.to_owned(),
        variables: variables.as_object().cloned().unwrap_or_default(),
        operation: None,
    };
    requested(&plan(&request).unwrap_or_else(|errors| panic!("{errors:?} in {query}")))
}

#[test]
fn measured_figures_come_out() {
    let cases = [
        (
            "{ orders(first: 250) { nodes { id name } pageInfo { hasNextPage } } }",
            13,
        ),
        (
            "{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id } } } } }",
            156,
        ),
        (
            "{ locations(first: 10) { edges { cursor node { id name } } pageInfo { endCursor } } }",
            6,
        ),
        ("{ products(first: 3) { nodes { id } } }", 4),
        (
            "{ productsCount { count precision } products(first: 3) { edges { cursor node { id title } } } }",
            14,
        ),
        (
            "{ order(id: \"gid://shopify/Order/1\") { fulfillments(first: 5) { id trackingInfo { number } fulfillmentLineItems(first: 5) \
             { nodes { id lineItem { id } } } } } }",
            11,
        ),
        (
            "{ customers(first: 3) { edges { cursor node { id amountSpent { amount } defaultEmailAddress { marketingState } defaultAddress \
             { provinceCode } } } } }",
            8,
        ),
        (
            "{ bulkOperation(id: \"gid://shopify/BulkOperation/1\") { id status } }",
            1,
        ),
        ("{ ordersCount { count } }", 10),
        ("{ orders(first: 0) { nodes { id } } }", 2),
        ("{ __typename }", 1),
        // The dearest of the types that a row may turn out to be.
        (
            "{ orders(first: 1) { nodes { agreements(first: 1) { nodes { id ... on RefundAgreement { refund { id } } ... on ReturnAgreement \
             { return { order { id } } } } } } } }",
            2 + 1 + (2 + 1 + 2),
        ),
        (
            "mutation { bulkOperationRunQuery(query: \"{ orders { edges { node { id } } } }\") { bulkOperation { id } userErrors { message } } }",
            10,
        ),
    ];
    for (query, cost) in cases {
        assert_eq!(priced(query, json!({})), cost, "{query}");
    }
}

#[test]
fn the_ready_queries_cost_what_the_contract_says() {
    let table: [(&str, [u64; 5]); 7] = [
        ("orders", [526, 788, 919, 0, 0]),
        ("agreements", [318, 476, 555, 713, 871]),
        ("products", [118, 176, 205, 263, 321]),
        ("inventory", [94, 140, 163, 209, 255]),
        ("customers", [18, 26, 30, 38, 46]),
        ("payouts", [11, 15, 17, 21, 25]),
        ("balance", [15, 21, 24, 30, 36]),
    ];
    for (name, costs) in table {
        let Some(query) = ready(name) else { return };
        for (n, expected) in [10, 25, 50, 100, 250].into_iter().zip(costs) {
            let cost = priced(&query, json!({ "n": n, "q": "" }));
            match expected {
                0 => assert!(cost > 1000, "{name} with {n} is beyond the limit: {cost}"),
                _ => assert_eq!(cost, expected, "{name} with {n}"),
            }
        }
    }
}

#[test]
fn answers_tell_the_cost_and_the_bucket() {
    let rig = Rig::new();
    let query =
        "{ orders(first: 50, sortKey: ID, query: \"id:1\") { nodes { id lineItems(first: 50) { nodes { id } } } } }";
    let cost = rig.ask(query, json!({}))["extensions"]["cost"].clone();
    assert_eq!(cost["requestedQueryCost"], 2 + 7 * (1 + 2 + 7), "what was asked");
    assert_eq!(cost["actualQueryCost"], 2, "an empty page costs only itself");
    assert_eq!(
        cost["throttleStatus"],
        json!({ "maximumAvailable": 2000.0, "currentlyAvailable": 1998, "restoreRate": 100.0 }),
        "and only that is taken"
    );
    let full = "{ orders(first: 3, sortKey: ID) { nodes { id shippingAddress { provinceCode } } } }";
    let cost = rig.ask(full, json!({}))["extensions"]["cost"].clone();
    assert_eq!(
        (&cost["requestedQueryCost"], &cost["actualQueryCost"]),
        (&json!(6), &json!(6)),
        "a full page costs what was asked"
    );
}

#[test]
fn an_empty_bucket_throttles_until_the_clock_fills_it() {
    let rig = Rig::new();
    let query = "{ orders(first: 50, sortKey: ID) { nodes { id agreements(first: 50) { nodes { id sales(first: 50) { nodes { id } } } } } } }";
    let mut answers = 0;
    let refused = loop {
        let answer = rig.ask(query, json!({}));
        if answer.get("errors").is_some() {
            break answer;
        }
        answers += 1;
        assert!(answers < 1000, "the bucket never ran dry");
    };
    assert!(answers > 1, "some were answered first");
    let error = &refused["errors"][0];
    assert_eq!(
        (&error["message"], &error["extensions"]["code"]),
        (&json!("Throttled"), &json!("THROTTLED")),
        "{refused}"
    );
    assert!(refused.get("data").is_none(), "nothing was read: {refused}");
    let cost = &refused["extensions"]["cost"];
    assert!(cost["actualQueryCost"].is_null(), "nothing was spent: {cost}");
    let (asked, left) = (
        cost["requestedQueryCost"].as_u64(),
        cost["throttleStatus"]["currentlyAvailable"].as_u64(),
    );
    let missing = asked
        .zip(left)
        .map(|(asked, left)| asked - left)
        .expect("both figures are told");
    rig.pass(i64::try_from(missing / 100).expect("a small number"));
    assert!(
        missing % 100 == 0 || rig.ask(query, json!({})).get("errors").is_some(),
        "a second too early it is still too little"
    );
    rig.pass(1);
    assert!(
        rig.ask(query, json!({})).get("errors").is_none(),
        "after the time that the figures tell it is enough"
    );
}

#[test]
fn a_query_above_the_limit_is_refused_for_good() {
    let rig = Rig::new();
    let query = "{ orders(first: 250) { nodes { a: lineItems(first: 250) { nodes { id variant { id product { id variants(first: 250) { nodes { id } } } } } } } } }";
    let answer = rig.ask(query, json!({}));
    let error = &answer["errors"][0];
    let cost = priced(query, json!({}));
    assert_eq!(error["extensions"]["code"], "MAX_COST_EXCEEDED", "{answer}");
    assert_eq!(
        (&error["extensions"]["cost"], &error["extensions"]["maxCost"]),
        (&json!(cost), &json!(1000)),
        "the figures are told"
    );
    let message = format!("Query cost is {cost}, which exceeds the single query max cost limit (1000).");
    assert!(
        error["message"].as_str().is_some_and(|text| text.starts_with(&message)),
        "in the platform's words: {error}"
    );
    assert!(
        answer.get("extensions").is_none() && answer.get("data").is_none(),
        "and nothing else: {answer}"
    );
}

#[test]
fn larger_plans_have_larger_buckets() {
    let plans = [
        (crate::shopify::ShopPlan::Advanced, 4000.0, 200.0),
        (crate::shopify::ShopPlan::Plus, 20_000.0, 1000.0),
    ];
    for (plan, maximum, rate) in plans {
        let rig = Rig::with(|setup| setup.shopify.shop.plan = plan);
        let status = rig.ask("{ shop { id } }", json!({}))["extensions"]["cost"]["throttleStatus"].clone();
        assert_eq!(
            (&status["maximumAvailable"], &status["restoreRate"]),
            (&json!(maximum), &json!(rate)),
            "{plan:?}"
        );
    }
}
