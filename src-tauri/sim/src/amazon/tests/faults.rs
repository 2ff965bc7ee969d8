//! What goes wrong on demand.

use serde_json::{Value, json};

use super::rig::Rig;
use crate::amazon::App;
use crate::world::amazon::{Marketplace, Region};

const SEARCH: &str =
    "/orders/2026-01-01/orders?createdAfter=2026-11-10T00:00:00Z&includedData=PROCEEDS&maxResultsPerPage=10";

fn struck(plan: &str) -> Rig {
    let rig = Rig::new(Region::Na);
    rig.sim.set_faults(plan.parse().expect("a test's plan is well formed"));
    rig
}

fn ids(page: &Value) -> Vec<String> {
    let orders = page["orders"].as_array().expect("orders").iter();
    orders
        .filter_map(|order| order["orderId"].as_str().map(str::to_owned))
        .collect()
}

/// The body of a call, not held against any model: it is broken on purpose.
fn raw(rig: &Rig, path: &str) -> (u16, Value) {
    let (_, body) = rig.lwa(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", &App::demo_token(rig.region)),
    ]);
    let answer = rig.call_with("GET", path, body["access_token"].as_str().expect("a token"), "");
    (
        answer.status().as_u16(),
        serde_json::from_slice(answer.body()).unwrap_or(Value::Null),
    )
}

#[test]
fn pages_go_wrong_as_the_plan_says() {
    let plain = ids(&struck("").get(SEARCH));
    let doubled = ids(&struck("duplicate:searchOrders").get(SEARCH));
    assert_eq!(doubled.len(), plain.len() + 1, "a record comes twice");
    let rig = struck("empty-page:searchOrders");
    let page = rig.get(SEARCH);
    assert!(
        ids(&page).is_empty() && page["pagination"]["nextToken"].is_string(),
        "nothing, and more to come"
    );
    let token: String = super::rig::escape(page["pagination"]["nextToken"].as_str().expect("a token"));
    assert_eq!(
        ids(&rig.get(&format!("{SEARCH}&paginationToken={token}"))),
        plain,
        "which is the first page"
    );
    let rig = struck("shift-page:searchOrders@2");
    let page = rig.get(SEARCH);
    let token: String = super::rig::escape(page["pagination"]["nextToken"].as_str().expect("a token"));
    let second = ids(&rig.get(&format!("{SEARCH}&paginationToken={token}")));
    assert_eq!(
        second.first(),
        plain.last(),
        "the page begins with the last record of the one before"
    );
    let rig = struck("endless:searchOrders@*");
    let page = rig.get(&SEARCH.replace("2026-11-10", "2026-11-21").replace("=10", "=100"));
    assert!(
        page["pagination"]["nextToken"].is_string(),
        "there is always a next page"
    );
    let list = "/finances/2024-06-19/transactions?postedAfter=2026-11-20T00:00:00Z";
    let page = struck("empty-page:listTransactions").get(list);
    assert!(
        page["payload"]["transactions"].as_array().is_some_and(Vec::is_empty),
        "an empty page of money"
    );
    assert!(page["payload"]["nextToken"].is_string(), "with a token");
}

#[test]
fn records_are_spoiled_as_the_plan_says() {
    let (_, page) = raw(&struck("broken-amount:searchOrders"), SEARCH);
    assert!(page.to_string().contains("12,3.4x"), "an amount is no number");
    let (_, page) = raw(&struck("missing-field=createdTime:searchOrders"), SEARCH);
    assert!(page["orders"][0].get("createdTime").is_none(), "a member is missing");
    let path = SEARCH.replace("PROCEEDS", "FULFILLMENT");
    let (_, page) = raw(&struck("unknown-enum=fulfillmentStatus:searchOrders"), &path);
    assert_eq!(
        page["orders"][0]["fulfillment"]["fulfillmentStatus"], "SOMETHING_NEW",
        "a word nobody knows"
    );
    let (_, page) = raw(&struck("plant-personal"), SEARCH);
    assert_eq!(
        page["orders"][0]["buyer"]["buyerName"], "Planted Person",
        "personal data nobody asked for"
    );
    assert!(page["orders"][1].get("buyer").is_none(), "in one record");
}

#[test]
fn access_breaks_as_the_plan_says() {
    let rig = struck("429:searchOrders@1;503:searchOrders@2;internal:searchOrders@3;throttled:searchOrders@4");
    let status = || raw(&rig, SEARCH).0;
    assert_eq!(
        [status(), status(), status(), status()],
        [429, 503, 500, 429],
        "one after the other"
    );
    let rig = struck("expire-token");
    let answer = rig.call("GET", SEARCH, "");
    assert_eq!(answer.status(), 403, "the token has expired");
    assert!(
        String::from_utf8_lossy(answer.body()).contains("has expired"),
        "and says so"
    );
    let rig = struck("revoke-token");
    assert_eq!(rig.call("GET", SEARCH, "").status(), 403, "consent was withdrawn");
    let (status, body) = rig.lwa(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", &App::demo_token(Region::Na)),
    ]);
    assert_eq!((status, &body["error"]), (400, &"invalid_grant".into()), "for good");
    let rig = struck("secret-expired");
    let answer = rig.call("GET", SEARCH, "");
    assert!(
        String::from_utf8_lossy(answer.body()).contains("LWA secret"),
        "the secret has expired"
    );
    let rig = struck("lose-scope=Brand Analytics");
    assert_eq!(rig.call("GET", SEARCH, "").status(), 200, "orders need another role");
    let query = json!({ "query": "query { x }" });
    assert_eq!(
        rig.ask("POST", "/dataKiosk/2023-11-15/queries", &query).0,
        403,
        "Data Kiosk needs the lost one"
    );
}

#[test]
fn reports_end_as_the_plan_says() {
    let stock = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA";
    let rig = struck("report-cancelled");
    assert_eq!(
        rig.report(stock, Marketplace::Us.id(), &json!({}))["processingStatus"],
        "CANCELLED",
        "cancelled"
    );
    let rig = struck("report-fatal");
    let report = rig.report(stock, Marketplace::Us.id(), &json!({}));
    assert_eq!(report["processingStatus"], "FATAL", "failed");
    assert!(report["reportDocumentId"].is_string(), "with a reason");
    let rig = struck("link-expired");
    let report = rig.report(stock, Marketplace::Us.id(), &json!({}));
    let path = format!(
        "/reports/2021-06-30/documents/{}",
        report["reportDocumentId"].as_str().expect("a document")
    );
    let address = rig.get(&path)["url"].as_str().expect("an address").to_owned();
    assert_eq!(rig.send("GET", &address, &[], "").status(), 403, "the link is dead");
    assert_eq!(rig.send("GET", &address, &[], "").status(), 200, "once");
    let rig = struck("unknown-header");
    let report = rig.report("GET_MERCHANT_LISTINGS_ALL_DATA", Marketplace::Us.id(), &json!({}));
    let (bytes, _) = rig.document(&report);
    assert!(
        !String::from_utf8_lossy(&bytes).contains("sku"),
        "a header that nobody knows"
    );
}

#[test]
fn an_account_without_sales_is_empty_and_whole() {
    let rig = Rig::with(Region::Na, |setup| {
        setup.world = setup
            .world
            .clone()
            .with_amazon(crate::world::amazon::AmazonSpec::nothing());
    });
    assert!(ids(&rig.get(SEARCH)).is_empty(), "no orders");
    let money = rig.get("/finances/2024-06-19/transactions?postedAfter=2026-11-01T00:00:00Z");
    assert!(
        money["payload"]["transactions"].as_array().is_some_and(Vec::is_empty),
        "no money"
    );
    let report = rig.report("GET_MERCHANT_LISTINGS_ALL_DATA", Marketplace::Us.id(), &json!({}));
    assert_eq!(report["processingStatus"], "CANCELLED", "nothing to report");
}

#[test]
fn answers_say_too_little_without_a_sign() {
    let whole = struck("").get(SEARCH);
    assert!(whole["pagination"]["nextToken"].is_string(), "there is more");
    let empty = struck("empty-list:searchOrders").get(SEARCH);
    assert!(
        ids(&empty).is_empty() && empty.get("pagination").is_none(),
        "nothing, and nothing more to come: {empty}"
    );
    let last = struck("last-page:searchOrders").get(SEARCH);
    assert_eq!(ids(&last), ids(&whole), "the same orders");
    assert!(last.get("pagination").is_none(), "and said to be all");
    let lost = ids(&struck("lost-record:searchOrders").get(SEARCH));
    assert_eq!(lost, ids(&whole)[..lost.len()], "the others stand as they were");
    assert_eq!(lost.len() + 1, ids(&whole).len(), "the last one is left out");
}
