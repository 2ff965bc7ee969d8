//! The ready queries, and what wrong ones are told.

use serde_json::{Value, json};

use super::published;
use super::rig::{NOW, Rig, note, ready};
use crate::shopify::graphql::plan::{Request, plan};
use crate::shopify::graphql::schema::Schema;

const LATE: &str = "updated_at:>='2026-06-01T00:00:00Z' AND updated_at:<'2026-11-22T12:00:00Z'";

#[test]
fn every_ready_query_is_answered_as_the_published_schema_says() {
    let rig = Rig::new();
    let cases = [
        ("shop", json!({})),
        ("orders", json!({ "n": 25, "q": LATE })),
        ("agreements", json!({ "n": 50, "q": LATE })),
        (
            "products",
            json!({ "n": 250, "q": "updated_at:>='2020-01-01T00:00:00Z'" }),
        ),
        ("inventory", json!({ "n": 250, "q": null })),
        ("locations", json!({})),
        ("customers", json!({ "n": 250, "q": LATE })),
        (
            "payouts",
            json!({ "n": 250, "q": "issued_at:>='2026-10-01T00:00:00Z'" }),
        ),
        ("balance", json!({ "n": 250, "q": null })),
        ("poll", json!({ "id": "gid://shopify/BulkOperation/1" })),
        (
            "shopifyql",
            json!({ "q": "FROM sales SHOW orders, net_sales, total_sales TIMESERIES day SINCE 2026-11-01 UNTIL 2026-11-21" }),
        ),
    ];
    for (name, variables) in cases {
        let Some(query) = ready(name) else { return };
        let data = rig.data(&query, variables.clone());
        let request = Request {
            query,
            variables: variables.as_object().cloned().unwrap_or_default(),
            operation: None,
        };
        let plan = plan(&request).expect("the query was just answered");
        let seen = published::walk(Schema::face(), &plan, &data);
        let official = published::schema().map(|schema| published::walk(schema, &plan, &data));
        note(&format!(
            "{name}: {seen} values, against the published schema {official:?}"
        ));
        assert!(seen > 3 || name == "poll", "{name} was answered with data: {data}");
    }
}

#[test]
fn a_long_list_is_read_to_its_end_without_loss() {
    let rig = Rig::new();
    let query = "query P($n: Int!, $after: String, $q: String) { orders(first: $n, after: $after, query: $q, sortKey: UPDATED_AT) { \
                 nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }";
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = rig.data(query, json!({ "n": 17, "after": after, "q": LATE }));
        for node in page["orders"]["nodes"].as_array().expect("nodes are a list") {
            seen.push((
                node["updatedAt"].as_str().unwrap_or_default().to_owned(),
                node["id"].as_str().unwrap_or_default().to_owned(),
            ));
        }
        if page["orders"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["orders"]["pageInfo"]["endCursor"].clone();
        rig.pass(0);
        rig.sim.advance_seconds(0);
    }
    let world = rig.world();
    let first = crate::world::Second::parse("2026-06-01T00:00:00Z").expect("a time");
    let expected = world.updated_between(first, crate::world::Second(NOW)).count();
    assert_eq!(seen.len(), expected, "as many as the world has");
    assert!(
        seen.windows(2).all(|pair| pair[0].0 <= pair[1].0),
        "in the order of their change"
    );
    let mut ids: Vec<&str> = seen.iter().map(|(_, id)| id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), expected, "each once");
}

#[test]
fn wrong_queries_are_told_what_is_wrong_in_the_platforms_words() {
    let rig = Rig::new();
    let cases = [
        (
            "{ orders(first: 1) { nodes { foo } } }",
            "Field 'foo' doesn't exist on type 'Order'",
            "undefinedField",
        ),
        (
            "{ nonsense }",
            "Field 'nonsense' doesn't exist on type 'QueryRoot'",
            "undefinedField",
        ),
        (
            "{ orders(first: 1, page: 2) { nodes { id } } }",
            "Field 'orders' doesn't accept argument 'page'",
            "argumentNotAccepted",
        ),
        (
            "{ orders(first: \"x\") { nodes { id } } }",
            "Argument 'first' on Field 'orders' has an invalid value (\"x\"). Expected type 'Int'.",
            "argumentLiteralsIncompatible",
        ),
        (
            "{ orders(first: 1, sortKey: SOON) { nodes { id } } }",
            "Argument 'sortKey' on Field 'orders' has an invalid value (SOON). Expected type 'OrderSortKeys'.",
            "argumentLiteralsIncompatible",
        ),
        (
            "{ order { id } }",
            "Field 'order' is missing required arguments: id",
            "missingRequiredArguments",
        ),
        (
            "{ shop }",
            "Field must have selections (field 'shop' returns Shop but has no selections. Did you mean 'shop { ... }'?)",
            "selectionMismatch",
        ),
        (
            "{ shop { name { x } } }",
            "Selections can't be made on scalars (field 'name' returns String but has selections [\"x\"])",
            "selectionMismatch",
        ),
        (
            "{ shop { ...F } }",
            "Fragment F was used, but not defined",
            "useAndDefineFragment",
        ),
        (
            "{ shop { id } } fragment F on Shop { id }",
            "Fragment F was defined, but not used",
            "useAndDefineFragment",
        ),
        (
            "{ shop { ... on Nothing { id } } }",
            "No such type Nothing, so it can't be a fragment condition",
            "undefinedType",
        ),
        (
            "{ shop { ... on Order { id } } }",
            "Fragment on Order can't be spread inside Shop",
            "cannotSpreadFragment",
        ),
        (
            "{ shop { ...F } } fragment F on Shop { ...F }",
            "Fragment F contains an infinite loop",
            "infiniteLoop",
        ),
        (
            "query Q { order(id: $id) { id } }",
            "Variable $id is used by query Q but not declared",
            "variableNotDefined",
        ),
        (
            "query Q($id: ID!) { shop { id } }",
            "Variable $id is declared by query Q but not used",
            "variableNotUsed",
        ),
        (
            "query Q($id: ID) { order(id: $id) { id } }",
            "Nullability mismatch on variable $id and argument id (ID / ID!)",
            "variableMismatch",
        ),
        (
            "query Q($n: String) { orders(first: $n) { nodes { id } } }",
            "Type mismatch on variable $n and argument first (String / Int)",
            "variableMismatch",
        ),
        (
            "{ shop { id @maybe } }",
            "Directive @maybe is not defined",
            "undefinedDirective",
        ),
        (
            "{ a: shop { x: id x: name } }",
            "Field 'x' has a field conflict: id or name?",
            "fieldConflict",
        ),
    ];
    for (query, message, code) in cases {
        let answer = rig.ask(query, json!({}));
        let error = &answer["errors"][0];
        assert_eq!(
            (error["message"].as_str(), error["extensions"]["code"].as_str()),
            (Some(message), Some(code)),
            "for {query}: {answer}"
        );
        assert!(answer.get("data").is_none(), "a wrong query has no data: {answer}");
    }
    let named = rig.ask(
        "query Deep { orders(first: 1) { nodes { ... on Order { foo } } } }",
        json!({}),
    );
    assert_eq!(
        named["errors"][0]["path"],
        json!(["query Deep", "orders", "nodes", "... on Order", "foo"]),
        "the path names the operation and the way"
    );
    assert_eq!(
        named["errors"][0]["locations"][0],
        json!({ "line": 1, "column": 56 }),
        "and the place"
    );
    let broken = rig.ask("{ shop { id }", json!({}));
    assert!(
        broken["errors"][0]["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("syntax error")),
        "a text that is no query: {broken}"
    );
    let two = rig.ask("query A { shop { id } } query B { shop { name } }", json!({}));
    assert_eq!(
        two["errors"][0]["message"], "An operation name is required",
        "two operations need a name"
    );
}

#[test]
fn wrong_variables_are_named() {
    let rig = Rig::new();
    let query = "query Q($n: Int!, $key: OrderSortKeys) { orders(first: $n, sortKey: $key) { nodes { id } } }";
    for variables in [
        json!({}),
        json!({ "n": "5" }),
        json!({ "n": 5, "key": "SOON" }),
        json!({ "n": 5_000_000_000_i64 }),
    ] {
        let answer = rig.ask(query, variables.clone());
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "INVALID_VARIABLE",
            "variables {variables}: {answer}"
        );
        assert!(
            answer["errors"][0]["extensions"]["problems"][0]["explanation"].is_string(),
            "with an explanation: {answer}"
        );
    }
    assert!(
        rig.ask(query, json!({ "n": 5, "key": "ID", "more": 1 }))
            .get("errors")
            .is_none(),
        "more variables than declared do no harm"
    );
}

#[test]
fn fragments_aliases_and_conditions_work() {
    let rig = Rig::new();
    let query = "query Q($yes: Boolean!, $no: Boolean = false) { one: orders(first: 1, sortKey: ID) { nodes { ...Part __typename } } \
                 two: orders(first: 2, sortKey: ID) { edges { node { n: name id @include(if: $no) test @skip(if: $yes) } } } } \
                 fragment Part on Order { id ...More ... { currencyCode } } fragment More on Order { number lineItems(first: 1) { nodes { id } } }";
    let data = rig.data(query, json!({ "yes": true }));
    let node = &data["one"]["nodes"][0];
    assert_eq!(node["__typename"], "Order", "the type can be asked for");
    assert!(
        node["id"].is_string() && node["number"].is_number() && node["currencyCode"].is_string(),
        "fragments are folded in: {node}"
    );
    assert_eq!(
        node["lineItems"]["nodes"].as_array().map(Vec::len),
        Some(1),
        "with their lists"
    );
    assert_eq!(
        data["two"]["edges"][0]["node"]
            .as_object()
            .map(|members| members.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["n".to_owned()]),
        "conditions leave out"
    );
}

#[test]
fn anything_can_be_looked_up_by_its_gid() {
    let rig = Rig::new();
    let orders = rig.data(
        "{ orders(first: 250, sortKey: CREATED_AT) { nodes { id lineItems(first: 1) { nodes { id } } } } }",
        json!({}),
    );
    let refunds = "{ orders(first: 100, sortKey: CREATED_AT, query: \"financial_status:refunded\") { nodes { id refunds { id } transactions { id } fulfillments { id } } } }";
    let refunded = rig.data(refunds, json!({}));
    let mut ids: Vec<Value> = Vec::new();
    for order in orders["orders"]["nodes"].as_array().into_iter().flatten() {
        ids.push(order["id"].clone());
        ids.push(order["lineItems"]["nodes"][0]["id"].clone());
    }
    for order in refunded["orders"]["nodes"].as_array().into_iter().flatten() {
        for part in ["refunds", "transactions", "fulfillments"] {
            ids.extend(
                order[part]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|part| part["id"].clone()),
            );
        }
    }
    let others = rig.data(
        "{ products(first: 9) { nodes { id variants(first: 3) { nodes { id inventoryItem { id inventoryLevels(first: 2) { nodes { id } } } } } } } \
         customers(first: 5) { nodes { id } } locations(first: 5) { nodes { id } } events(first: 5) { nodes { id } } shop { id } }",
        json!({}),
    );
    collect_ids(&others, &mut ids);
    ids.retain(Value::is_string);
    assert!(ids.len() > 500, "many kinds of things were found: {}", ids.len());
    for some in ids.chunks(100) {
        let nodes = rig.data(
            "query N($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }",
            json!({ "ids": some }),
        );
        for (id, node) in some.iter().zip(nodes["nodes"].as_array().expect("a list")) {
            assert_eq!(&node["id"], id, "{id} leads to itself");
            let kind = node["__typename"].as_str().unwrap_or_default();
            assert!(
                id.as_str().is_some_and(|id| id.contains(&format!("/{kind}/"))),
                "{id} is a {kind}"
            );
        }
    }
    assert!(
        rig.data("{ order(id: \"gid://shopify/Order/1\") { id } }", json!({}))["order"].is_null(),
        "an unknown order is null"
    );
    assert!(
        rig.data("{ order(id: \"gid://shopify/Product/1\") { id } }", json!({}))["order"].is_null(),
        "so is another kind of thing"
    );
    assert!(
        rig.ask("{ node(id: \"nonsense\") { id } }", json!({}))
            .get("errors")
            .is_some(),
        "a text that is no gid is an error"
    );
}

fn collect_ids(value: &Value, ids: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            ids.extend(members.get("id").cloned());
            members.values().for_each(|inner| collect_ids(inner, ids));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_ids(inner, ids)),
        _ => {}
    }
}

#[test]
fn the_sales_report_agrees_with_the_truth() {
    use crate::truth::{Definition, report};
    let rig = Rig::new();
    let text =
        "FROM sales SHOW gross_sales, discounts, taxes, total_sales TIMESERIES day SINCE 2026-09-01 UNTIL 2026-11-21";
    let data = rig.data(
        "query Q($q: String!) { shopifyqlQuery(query: $q) { parseErrors tableData { columns { name } rows } } }",
        json!({ "q": text }),
    );
    assert_eq!(
        data["shopifyqlQuery"]["parseErrors"],
        json!([]),
        "the report is understood"
    );
    let day = |text: &str| text.parse().expect("a day");
    let truth = report(
        &rig.world(),
        Definition::Platform,
        day("2026-09-01"),
        day("2026-11-21"),
        None,
    );
    let rows = data["shopifyqlQuery"]["tableData"]["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), truth.days.len(), "a row for every day");
    for (row, truth) in rows.iter().zip(&truth.days) {
        let figures = &truth.figures;
        let told = [
            ("gross_sales", figures.gross_sales),
            ("discounts", figures.discounts),
            ("taxes", figures.taxes),
            ("total_sales", figures.total_sales),
        ];
        for (name, amount) in told {
            let shown: rust_decimal::Decimal = row[name]
                .as_str()
                .and_then(|text| text.parse().ok())
                .expect("an amount");
            assert_eq!(
                Some(shown),
                amount.map(|minor| figures.currency.decimal(minor)),
                "{name} of {}",
                truth.day
            );
        }
    }
    let wrong = rig.data(
        "{ shopifyqlQuery(query: \"FROM sales SHOW luck\") { parseErrors tableData { rows } } }",
        json!({}),
    );
    assert_eq!(
        wrong["shopifyqlQuery"]["parseErrors"],
        json!(["Column 'luck' not found."]),
        "an unknown column is named"
    );
}
