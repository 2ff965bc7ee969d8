//! Orders, raw records, runs, connections.

use countinghouse_core::net::{Code as Net, NetError};
use countinghouse_core::store::{ConnectionId, Run, RunState};
use serde_json::{Value, json};

use super::{Shop, find};

fn orders(shop: &Shop, search: &str, channels: Value) -> Value {
    let filter = json!({"search": search, "from": null, "to": null, "channels": channels});
    shop.read("orders", json!({"filter": filter, "page": 0}))
}

fn names(answer: &Value) -> Vec<&str> {
    answer["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|o| o["name"].as_str())
        .collect()
}

#[test]
fn orders_are_listed_and_found() {
    let shop = Shop::open();
    let all = orders(&shop, "", json!([]));
    assert_eq!(
        names(&all),
        ["#1004", "#1006", "#1003", "#1002", "#1001", "#1005"],
        "newest first"
    );
    assert_eq!(all["count_text"], "6 orders", "how many");
    let refunded = find(&all["rows"], "name", "#1003");
    assert_eq!(
        refunded["status_text"], "Partially refunded, fulfilled",
        "how it stands"
    );
    assert_eq!(refunded["total_text"], "$54.04", "as charged: 12.50 + 38.00 + 3.54 tax");
    assert_eq!(refunded["placed_text"], "May 27, 2:00 PM", "in the shop's own time");
    assert_eq!(names(&orders(&shop, "1005", json!([]))), ["#1005"], "by number");
    assert_eq!(
        names(&orders(&shop, "7310", json!([]))),
        ["#1004", "#1001"],
        "by customer"
    );
    assert_eq!(
        names(&orders(&shop, "", json!(["shopify/Point of Sale"]))),
        ["#1006", "#1002"],
        "by channel"
    );
    assert_eq!(
        names(&orders(&shop, "", json!(["shopify/Nowhere"]))),
        Vec::<&str>::new(),
        "an unknown channel has none"
    );
    assert_eq!(
        names(&orders(&shop, "%", json!([]))),
        Vec::<&str>::new(),
        "a search is a text, not a pattern"
    );
}

#[test]
fn an_order_tells_what_happened_to_it() {
    let shop = Shop::open();
    let order = shop.read("order", json!({"connection": 1, "key": "6003"}));
    assert_eq!(order["name"], "#1003", "the order");
    let happened: Vec<(&str, &str)> = order["timeline"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|e| (e["when_text"].as_str().unwrap_or(""), e["label"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        happened,
        [
            ("May 27, 2:00 PM", "Placed through Online Store"),
            ("May 27, 4:00 PM", "Shipped 2 units"),
            ("May 28, 9:00 AM", "Refunded 1 unit"),
        ],
        "in its order"
    );
    assert_eq!(order["timeline"][2]["amount_text"], "−$13.38", "what was paid back");
    let mug = find(&order["lines"], "sku", "MUG-350");
    assert_eq!(mug["state_text"], "shipped May 27, 1 returned", "how the line stands");
    assert_eq!(
        (&mug["price_text"], &mug["net_text"]),
        (&json!("$12.50"), &json!("$0.00")),
        "sold and taken back"
    );
    let waiting = shop.read("order", json!({"connection": 1, "key": "6004"}));
    assert_eq!(
        waiting["lines"][0]["state_text"], "not shipped yet",
        "an open line says so"
    );
    let hostile = waiting["lines"][0]["title"].as_str().unwrap_or_default();
    assert!(
        hostile.contains("<img src=x"),
        "untrusted text crosses as text: {hostile}"
    );
    let sum: i64 = order["postings"].as_array().map(Vec::len).unwrap_or_default() as i64;
    assert!(sum >= 6, "every ledger row is there: {}", order["postings"]);
}

#[test]
fn a_record_is_shown_as_it_came_with_its_versions() {
    let shop = Shop::open();
    let mut page: Value = serde_json::from_slice(&super::fixture("orders")).expect("JSON");
    page["data"]["orders"]["nodes"][0]["updatedAt"] = json!("2026-05-28T18:00:00Z");
    shop.rig
        .import_in("orders", "again.json", page.to_string().as_bytes(), "America/New_York");
    let list = shop.read("raw_list", json!({"stream": "orders", "search": "#1001", "page": 0}));
    let rows = list["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2, "both versions of the order, found by its number: {list}");
    assert_eq!(
        (&rows[0]["key"], &rows[0]["versions_text"]),
        (&json!("6001"), &json!("2")),
        "by its id, newest first"
    );
    let record = shop.read("raw", json!({"id": rows[0]["id"]}));
    let versions = record["versions"].as_array().expect("versions");
    assert_eq!(
        (&versions[0]["id"], &versions[0]["current"]),
        (&rows[0]["id"], &json!(true)),
        "the newest counts"
    );
    assert_eq!(versions[1]["current"], json!(false), "the older one is kept");
    assert!(
        record["text"]
            .as_str()
            .is_some_and(|t| t.contains("2026-05-28T18:00:00Z")),
        "the bytes that came"
    );
    assert_eq!(record["answer"]["address"], "again.json", "the file they came in");
    let gid = shop.read(
        "raw_list",
        json!({"stream": null, "search": "gid://shopify/Product/61", "page": 0}),
    );
    assert_eq!(gid["rows"][0]["stream"], "products", "by the platform's own id");
    let all = shop.read("raw_list", json!({"stream": null, "search": "", "page": 0}));
    assert_eq!(
        all["count_text"], "19 records",
        "13 things, six orders in two versions: the second file was written with other blanks"
    );
    let codes: Vec<&str> = all["streams"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|s| s["code"].as_str())
        .collect();
    assert_eq!(
        codes,
        ["customers", "inventory", "locations", "orders", "products"],
        "streams to filter by"
    );
    let none = shop.read("raw_list", json!({"stream": "payouts", "search": "", "page": 3}));
    assert_eq!(
        (&none["page"], &none["pages"]),
        (&json!(0), &json!(1)),
        "an empty list has one page"
    );
}

#[test]
fn a_broken_record_is_an_issue_that_names_it() {
    let shop = Shop::open();
    assert_eq!(
        shop.read("issues", json!({"page": 0}))["rows"],
        json!([]),
        "all is well at first"
    );
    let mut page: Value = serde_json::from_slice(&super::fixture("orders")).expect("JSON");
    let order = &mut page["data"]["orders"]["nodes"][0];
    order["updatedAt"] = json!("2026-05-28T18:00:00Z");
    order["agreements"]["nodes"][0]["sales"]["nodes"][0]["totalAmount"]["shopMoney"]["amount"] = json!("twelve");
    shop.rig
        .import_in("orders", "broken.json", page.to_string().as_bytes(), "America/New_York");
    let issues = shop.read("issues", json!({"page": 0}));
    let issue = &issues["rows"][0];
    assert_eq!(
        (&issue["key"], &issue["channel"]),
        (&json!("6001"), &json!("Shopify")),
        "which record"
    );
    assert!(
        issue["text"].as_str().is_some_and(|t| t.contains("twelve")),
        "what is wrong: {issue}"
    );
    assert_eq!(issue["path"], "$.agreements.nodes[0].sales.nodes[0]", "and where");
    assert!(issue["raw"].is_i64(), "the record can be opened");
    let health = shop.read("health", json!({}));
    assert_eq!(
        find(&health["lines"], "label", "Issues")["ok"],
        json!(false),
        "health tells"
    );
}

#[test]
fn connections_say_how_they_stand() {
    let shop = Shop::open();
    let connections = shop.read("connections", json!({}));
    let files = &connections[0];
    assert_eq!(
        (&files["state"], &files["state_text"]),
        (&json!("ok"), &json!("Files only")),
        "it only takes files"
    );
    assert_eq!(files["last_sync_text"], "imported just now", "the last file");
    assert!(
        files["detail_text"]
            .as_str()
            .is_some_and(|t| t.contains("America/New_York")),
        "its days: {files}"
    );
    assert_eq!(shop.read("runs", json!({})), json!([]), "nothing was synced");
}

#[test]
fn a_run_tells_what_it_brought_and_what_ended_it() {
    let shop = Shop::open();
    let run = |state: RunState, error: Option<Value>, at: i64| {
        shop.rig
            .profile
            .store()
            .write_blocking(move |w| {
                let id = w.start_run(ConnectionId(1), at)?;
                let progress = json!({
                    "notes": [{"code": "limit", "message": "Older orders are not permitted.", "hint": "Grant read_all_orders."}],
                    "streams": [{"stream": "payouts", "label": "payouts", "phase": "skipped",
                        "why": {"message": "The shop has no payouts.", "hint": ""}}]
                });
                w.update_run(&Run {
                    id,
                    connection: ConnectionId(1),
                    started_at: at,
                    finished_at: Some(at + 40),
                    state,
                    counts: json!({"requests": 9, "records": 1204, "new": 96, "changed": 3}),
                    progress,
                    error,
                })
            })
            .expect("a run");
    };
    run(RunState::Done, None, 1_779_990_000);
    let done = shop.read("runs", json!({}))[0].clone();
    assert_eq!(
        done["counts_text"], "96 new records, 3 changed records",
        "what it brought"
    );
    assert_eq!(done["started_text"], "May 28, 1:40 PM", "in the shop's own time");
    assert_eq!(
        done["notes"],
        json!([
            "Older orders are not permitted. Grant read_all_orders.",
            "Payouts left out: The shop has no payouts."
        ]),
        "what to know about it"
    );
    let error = NetError::connection(
        Net::NeedsReconnect,
        "The token is no longer accepted.",
        "Connect again.",
    );
    run(
        RunState::Failed,
        Some(serde_json::to_value(error).expect("JSON")),
        1_779_995_000,
    );
    let failed = shop.read("runs", json!({}))[0].clone();
    assert_eq!(failed["error"]["code"], "needs_reconnect", "pages branch on the code");
    assert_eq!(failed["error"]["hint"], "Connect again.", "and offer the next step");
    let connection = shop.read("connections", json!({}))[0].clone();
    assert_eq!(
        (&connection["state"], &connection["state_text"]),
        (&json!("broken"), &json!("Needs you")),
        "the connection waits for a person"
    );
    let notices = shop.read("frame", json!({}))["notices"].clone();
    assert_eq!(notices[0]["code"], "needs_reconnect", "and the frame says so");
    assert!(
        notices[0]["text"]
            .as_str()
            .is_some_and(|t| t.contains("no longer accepted")),
        "with the cause: {notices}"
    );
}
