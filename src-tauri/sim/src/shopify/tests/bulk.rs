//! Bulk operations (contract section 5).

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Response;
use bytes::Bytes;
use serde_json::{Value, json};

use super::published;
use super::rig::{Rig, note, ready};
use crate::shopify::App;

const RUN: &str = "mutation Run($q: String!, $g: Boolean! = false) { bulkOperationRunQuery(query: $q, groupObjects: $g) { \
                   bulkOperation { id status createdAt objectCount fileSize url } userErrors { field message code } } }";
const POLL: &str = "query Poll($id: ID!) { bulkOperation(id: $id) { id status type errorCode createdAt completedAt objectCount \
                    rootObjectCount fileSize url partialDataUrl } }";
const ORDERS: &str = "{ orders { edges { node { __typename id name lineItems { edges { node { __typename id quantity } } } agreements { edges { \
                      node { __typename id sales { edges { node { __typename id totalAmount { shopMoney { amount } } } } } } } } } } } }";

fn run(rig: &Rig, query: &str) -> Value {
    rig.data(RUN, json!({ "q": query }))["bulkOperationRunQuery"].take()
}

fn started(rig: &Rig, query: &str) -> String {
    let answer = run(rig, query);
    assert_eq!(answer["userErrors"], json!([]), "the query is taken");
    assert_eq!(answer["bulkOperation"]["status"], "CREATED", "and waits");
    answer["bulkOperation"]["id"]
        .as_str()
        .expect("an operation has an id")
        .to_owned()
}

fn poll(rig: &Rig, id: &str) -> Value {
    rig.data(POLL, json!({ "id": id }))["bulkOperation"].take()
}

/// Polls until the operation is over.
fn finished(rig: &Rig, id: &str) -> Value {
    for _ in 0..10_000 {
        rig.pass(1);
        let operation = poll(rig, id);
        if !["CREATED", "RUNNING", "CANCELING"].contains(&operation["status"].as_str().unwrap_or_default()) {
            return operation;
        }
    }
    panic!("the operation {id} does not end");
}

fn fetch(rig: &Rig, url: &Value) -> Response<Bytes> {
    rig.send("GET", url.as_str().expect("there is an address"), &[], Bytes::new())
}

fn rows(answer: &Response<Bytes>) -> Vec<Value> {
    let text = std::str::from_utf8(answer.body()).expect("a result file is text");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap_or_default()
}

#[test]
fn an_operation_goes_its_way_by_the_clock() {
    let rig = Rig::new();
    let id = started(&rig, ORDERS);
    let first = poll(&rig, &id);
    assert_eq!(
        (&first["status"], &first["objectCount"], &first["url"]),
        (&json!("CREATED"), &json!("0"), &Value::Null),
        "at first it waits"
    );
    rig.pass(1);
    let running = poll(&rig, &id);
    assert_eq!(
        (&running["status"], &running["url"]),
        (&json!("RUNNING"), &Value::Null),
        "then it runs"
    );
    let done = finished(&rig, &id);
    assert_eq!(done["status"], "COMPLETED", "and ends: {done}");
    for count in ["objectCount", "rootObjectCount", "fileSize"] {
        assert!(
            done[count]
                .as_str()
                .is_some_and(|text| text.parse::<u64>().is_ok_and(|number| number > 0)),
            "{count} is a number in a text: {done}"
        );
    }
    assert!(
        done["completedAt"].as_str() > done["createdAt"].as_str(),
        "it took its time"
    );
}

#[test]
fn the_file_holds_every_object_and_says_whose_it_is() {
    let rig = Rig::new();
    let done = finished(&rig, &started(&rig, ORDERS));
    let answer = fetch(&rig, &done["url"]);
    assert_eq!(answer.status().as_u16(), 200, "the file is there");
    let text = std::str::from_utf8(answer.body()).expect("a result file is text");
    assert!(
        text.contains("gid:\\/\\/shopify\\/Order\\/") && !text.contains("gid://"),
        "slashes are escaped"
    );
    assert_eq!(done["fileSize"], text.len().to_string(), "the size is told");
    let rows = rows(&answer);
    assert_eq!(
        done["objectCount"],
        rows.len().to_string(),
        "the number of objects is told"
    );
    let roots = rows.iter().filter(|row| row.get("__parentId").is_none()).count();
    assert_eq!(
        done["rootObjectCount"],
        roots.to_string(),
        "and of those without parent"
    );

    let (mut known, mut kinds, mut apart) = (BTreeSet::new(), BTreeMap::new(), 0);
    let mut last_root = "";
    for row in &rows {
        *kinds.entry(row["__typename"].as_str().unwrap_or_default()).or_insert(0) += 1;
        match row["__parentId"].as_str() {
            None => last_root = id(row),
            Some(parent) => {
                assert!(known.contains(parent), "{parent} stands before {}", id(row));
                apart += usize::from(parent.contains("/Order/") && parent != last_root);
            }
        }
        known.insert(id(row).to_owned());
    }
    assert!(apart > 100, "children do not follow their parent: {apart}");
    assert_eq!(known.len(), rows.len(), "every object once");

    let world = rig.world();
    let orders: Vec<_> = (0..world.order_count())
        .filter_map(|index| world.order(index))
        .collect();
    assert_eq!(kinds["Order"], orders.len(), "every order");
    assert_eq!(
        kinds["LineItem"],
        orders.iter().map(|order| order.lines.len()).sum::<usize>(),
        "every line"
    );
    let sales: usize = orders
        .iter()
        .flat_map(|order| &order.agreements)
        .map(|agreement| agreement.sales.len())
        .sum();
    let sale_rows: usize = kinds
        .iter()
        .filter(|(kind, _)| kind.ends_with("Sale"))
        .map(|(_, count)| count)
        .sum();
    assert_eq!(sale_rows, sales, "every row of every agreement");
    assert_eq!(
        fetch(&rig, &done["url"]).body(),
        answer.body(),
        "a second reader gets the same file"
    );
}

#[test]
fn a_file_agrees_with_pages_of_the_same_moment() {
    let rig = Rig::new();
    let query = "{ orders(query: \"created_at:>='2026-10-20T00:00:00Z'\", sortKey: UPDATED_AT) { edges { node { id updatedAt displayFinancialStatus \
                 totalPriceSet { shopMoney { amount currencyCode } } refunds { id totalRefundedSet { shopMoney { amount } } } transactions { id kind } \
                 lineItems { edges { node { id quantity } } } } } } }";
    let done = finished(&rig, &started(&rig, query));
    let rows = rows(&fetch(&rig, &done["url"]));
    let mut lines: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.get("__parentId").is_some()) {
        let own = json!({ "id": row["id"], "quantity": row["quantity"] });
        lines
            .entry(row["__parentId"].as_str().unwrap_or_default().to_owned())
            .or_default()
            .push(own);
    }
    let mut compared = 0;
    for row in rows.iter().filter(|row| row.get("__parentId").is_none()).step_by(7) {
        let paged = rig.data(
            "query O($id: ID!) { order(id: $id) { id updatedAt displayFinancialStatus totalPriceSet { shopMoney { amount currencyCode } } refunds { id \
             totalRefundedSet { shopMoney { amount } } } transactions { id kind } lineItems(first: 250) { nodes { id quantity } } } }",
            json!({ "id": row["id"] }),
        );
        let mut order = paged["order"].clone();
        let mut paged_lines = order["lineItems"]["nodes"].as_array().cloned().unwrap_or_default();
        order
            .as_object_mut()
            .expect("an order is an object")
            .remove("lineItems");
        assert_eq!(&order, row, "an order reads the same either way");
        let mut bulk_lines = lines.remove(id(row)).unwrap_or_default();
        let by_id = |line: &Value| line["id"].to_string();
        paged_lines.sort_by_key(by_id);
        bulk_lines.sort_by_key(by_id);
        assert_eq!(bulk_lines, paged_lines, "with the same lines");
        compared += 1;
    }
    assert!(compared > 20, "orders were compared: {compared}");
}

#[test]
fn grouped_children_follow_their_parent() {
    let rig = Rig::new();
    let answer = rig.data(RUN, json!({ "q": ORDERS, "g": true }))["bulkOperationRunQuery"].take();
    let done = finished(&rig, answer["bulkOperation"]["id"].as_str().expect("an id"));
    let rows = rows(&fetch(&rig, &done["url"]));
    let mut way: Vec<&str> = Vec::new();
    for row in &rows {
        match row["__parentId"].as_str() {
            None => way.clear(),
            Some(parent) => {
                let at = way
                    .iter()
                    .position(|above| *above == parent)
                    .unwrap_or_else(|| panic!("{parent} is not above {}", id(row)));
                way.truncate(at + 1);
            }
        }
        way.push(id(row));
    }
    assert!(rows.len() > 1000, "there was something to group");
}

#[test]
fn the_snapshot_is_that_of_the_beginning() {
    let rig = Rig::new();
    let before = rig.world().order_count();
    let id = started(&rig, "{ orders { edges { node { id } } } }");
    rig.pass(3 * 86_400);
    let done = finished(&rig, &id);
    let rows = rows(&fetch(&rig, &done["url"]));
    assert!(
        rows.len() as u64 <= before && rig.world().order_count() > before,
        "later orders are not in it"
    );
}

#[test]
fn products_and_stock_come_in_bulk_too() {
    let rig = Rig::new();
    let query = "{ products { edges { node { id title variants { edges { node { id sku inventoryItem { id inventoryLevels { edges { node { id quantities(names: \
                 [\"available\"]) { quantity } } } } } } } } } } } }";
    let answer = run(&rig, query);
    let done = finished(
        &rig,
        answer["bulkOperation"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("taken: {answer}")),
    );
    let rows = rows(&fetch(&rig, &done["url"]));
    let of = |kind: &str| rows.iter().filter(|row| id(row).contains(kind)).collect::<Vec<_>>();
    let (items, levels) = (of("/ProductVariant/"), of("/InventoryLevel/"));
    assert!(
        items.len() > 100 && levels.len() > 100,
        "variants {} and levels {}",
        items.len(),
        levels.len()
    );
    let owners: BTreeSet<&str> = items
        .iter()
        .filter_map(|row| row["inventoryItem"]["id"].as_str().map(|_| id(row)))
        .collect();
    assert!(
        levels
            .iter()
            .all(|row| row["__parentId"].as_str().is_some_and(|parent| owners.contains(parent))),
        "a level belongs to its variant's row"
    );
}

#[test]
fn the_ready_bulk_query_is_taken_and_its_rows_fit_the_schema() {
    let rig = Rig::new();
    let Some(query) = ready("bulkorders") else { return };
    let done = finished(&rig, &started(&rig, &query));
    assert_eq!(done["status"], "COMPLETED", "{done}");
    let rows = rows(&fetch(&rig, &done["url"]));
    let Some(schema) = published::schema() else { return };
    for row in &rows {
        let kind = row["__typename"]
            .as_str()
            .map(str::to_owned)
            .unwrap_or_else(|| "ShippingLine".to_owned());
        let known = schema.known(&kind);
        for (name, value) in row
            .as_object()
            .expect("a row is an object")
            .iter()
            .filter(|(name, _)| !name.starts_with("__"))
        {
            let field = known.fields.get(name).unwrap_or_else(|| panic!("{kind} has no {name}"));
            assert!(!value.is_null() || !field.ty.is_non_null(), "{kind}.{name} is not null");
        }
    }
    note(&format!(
        "bulkorders: {} rows held against the published schema",
        rows.len()
    ));
    assert!(rows.len() > 100, "a week of orders");
}

#[test]
fn queries_that_break_a_rule_are_refused_in_the_platforms_words() {
    let rig = Rig::new();
    let node = |inner: &str| format!("{{ edges {{ node {{ id {inner} }} }} }}");
    let five = format!(
        "{{ a: orders {0} b: orders {0} c: orders {0} d: orders {0} e: orders {0} f: products {0} }}",
        node("")
    );
    let deep = format!(
        "{{ products {} }}",
        node(&format!(
            "variants {}",
            node(&format!(
                "inventoryItem {{ id inventoryLevels {} }}",
                node("item { id variants { edges { node { id } } } }")
            ))
        ))
    );
    let cases = [
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        (
            "{ node(id: \"gid://shopify/Order/1\") { id } }",
            "Bulk queries cannot contain a top level `node` field.",
        ),
        (
            "{ nodes(ids: [\"gid://shopify/Order/1\"]) { id } }",
            "Bulk queries cannot contain a top level `nodes` field.",
        ),
        (five.as_str(), "Bulk queries cannot contain more than 5 connections."),
        (
            deep.as_str(),
            "Bulk queries cannot contain connections with a nesting depth greater than 2.",
        ),
        (
            "{ orders { nodes { id } } }",
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: 'orders { edges { node {'. Selecting via \
             'nodes' is not supported. Invalid connection fields: 'orders'.",
        ),
        (
            "{ products { edges { node { title variants { edges { node { id } } } } } } }",
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type. Connection \
             fields without 'id': products.",
        ),
        (
            "{ orders { edges { node { id refunds { id refundLineItems { edges { node { quantity } } } } } } } }",
            "Queries that contain a connection field within a list field are not currently supported.",
        ),
        (
            "mutation { bulkOperationCancel(id: \"gid://shopify/BulkOperation/1\") { userErrors { message } } }",
            "Invalid operation type. Only `query` operations are supported.",
        ),
        ("", "Invalid bulk query: syntax error, unexpected end of file"),
        (
            "{ orders { edges { node { foo } } } }",
            "Invalid bulk query: Field 'foo' doesn't exist on type 'Order'",
        ),
    ];
    for (query, message) in cases {
        let answer = run(&rig, query);
        assert!(answer["bulkOperation"].is_null(), "{query} is not taken: {answer}");
        let expected = json!([{ "field": ["query"], "message": message, "code": "INVALID" }]);
        assert_eq!(answer["userErrors"], expected, "{query}");
    }
}

#[test]
fn five_run_at_once_and_a_sixth_waits() {
    let rig = Rig::new();
    let ids: Vec<String> = (0..5)
        .map(|_| started(&rig, "{ orders { edges { node { id } } } }"))
        .collect();
    let refused = run(&rig, "{ products { edges { node { id } } } }");
    let error = &refused["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("OPERATION_IN_PROGRESS"), &Value::Null),
        "{refused}"
    );
    let message = format!(
        "A bulk query operation for this app and shop is already in progress: {}.",
        ids.join(", ")
    );
    assert_eq!(error["message"], message, "all five are named");
    finished(&rig, &ids[4]);
    started(&rig, "{ products { edges { node { id } } } }");
}

#[test]
fn cancelling_takes_a_moment_and_leaves_nothing() {
    let rig = Rig::new();
    let cancel = "mutation C($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { id status } userErrors { field message } } }";
    let id = started(&rig, ORDERS);
    let answer = rig.data(cancel, json!({ "id": id }))["bulkOperationCancel"].take();
    assert_eq!(
        (&answer["bulkOperation"]["status"], &answer["userErrors"]),
        (&json!("CANCELING"), &json!([])),
        "it is being cancelled"
    );
    let over = finished(&rig, &id);
    let nothing = [
        &over["completedAt"],
        &over["fileSize"],
        &over["url"],
        &over["partialDataUrl"],
    ];
    assert_eq!(
        (&over["status"], nothing),
        (&json!("CANCELED"), [&Value::Null; 4]),
        "and then it is: {over}"
    );
    let again = rig.data(cancel, json!({ "id": id }))["bulkOperationCancel"].take();
    assert!(
        again["userErrors"][0]["message"]
            .as_str()
            .is_some_and(|text| text.contains("canceled")),
        "once over it cannot be cancelled: {again}"
    );
    let unknown = rig.data(cancel, json!({ "id": "gid://shopify/BulkOperation/1" }))["bulkOperationCancel"].take();
    assert_eq!(
        unknown["userErrors"][0]["field"],
        json!(["id"]),
        "an unknown one is named: {unknown}"
    );
}

#[test]
fn unknown_and_malformed_ids_differ() {
    let rig = Rig::new();
    assert!(
        poll(&rig, "gid://shopify/BulkOperation/1").is_null(),
        "an unknown operation is null"
    );
    assert!(
        rig.ask(POLL, json!({ "id": "gid://shopify/Order/1" }))
            .get("errors")
            .is_some(),
        "a gid of something else is an error"
    );
    started(&rig, ORDERS);
    let list = rig.data(
        "{ bulkOperations(first: 5) { nodes { id status } } currentBulkOperation { id } }",
        json!({}),
    );
    assert_eq!(
        list["bulkOperations"]["nodes"][0]["id"], list["currentBulkOperation"]["id"],
        "the newest is the current one"
    );
}

#[test]
fn an_empty_result_has_no_address_and_old_ones_lose_it() {
    let rig = Rig::new();
    let nothing = finished(
        &rig,
        &started(&rig, "{ orders(query: \"id:1\") { edges { node { id } } } }"),
    );
    assert_eq!(
        (&nothing["status"], &nothing["objectCount"], &nothing["url"]),
        (&json!("COMPLETED"), &json!("0"), &Value::Null),
        "{nothing}"
    );
    let id = started(&rig, ORDERS);
    let done = finished(&rig, &id);
    rig.pass(7 * 86_400);
    let late = fetch(&rig, &done["url"]);
    assert_eq!(
        late.status().as_u16(),
        400,
        "after a week the address is dead: {:?}",
        late.body()
    );
    let late = poll(&rig, &id);
    assert_eq!(
        (&late["status"], &late["url"]),
        (&json!("EXPIRED"), &Value::Null),
        "which the operation says"
    );
}

#[test]
fn the_storage_is_another_host_and_wants_no_token() {
    let rig = Rig::new();
    let done = finished(&rig, &started(&rig, ORDERS));
    let url = done["url"].as_str().expect("there is an address");
    assert!(!url.contains("myshopify.com"), "{url} is not the shop");
    let with_token = rig.send("GET", url, &[("x-shopify-access-token", App::DEMO_TOKEN)], Bytes::new());
    assert_eq!(with_token.status().as_u16(), 400, "a request with the token is refused");
    let forged = rig.send("GET", &url.replace("Signature=", "Signature=0"), &[], Bytes::new());
    assert_eq!(forged.status().as_u16(), 400, "a forged signature too");
}

#[test]
fn a_missing_scope_fails_the_operation() {
    let rig = Rig::new();
    rig.sim.set_scope("read_products", false);
    let failed = finished(&rig, &started(&rig, "{ products { edges { node { id } } } }"));
    assert_eq!(
        (&failed["status"], &failed["errorCode"]),
        (&json!("FAILED"), &json!("ACCESS_DENIED")),
        "{failed}"
    );
}

#[test]
fn a_seller_that_stands_still_does_not_hold_up_the_platform() {
    let rig = Rig::with(|setup| {
        setup.held = true;
        setup.shopify.search_step = 7;
    });
    let orders = "{ ordersCount(limit: null) { count } }";
    let before = rig.data(orders, json!({}));
    let done = finished(&rig, &started(&rig, "{ orders { edges { node { id } } } }"));
    assert_eq!(done["status"], "COMPLETED", "operations go on by the clock: {done}");
    let told = before["ordersCount"]["count"].as_u64().map(|count| count.to_string());
    assert_eq!(
        done["objectCount"].as_str(),
        told.as_deref(),
        "the index knows all that the seller has"
    );
    rig.pass(86_400);
    assert_eq!(
        rig.data(orders, json!({})),
        before,
        "a day later the seller has the same orders"
    );
    rig.sim.advance(1);
    assert_ne!(rig.data(orders, json!({})), before, "until days are let go by");
}
