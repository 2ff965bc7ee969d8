//! Every kind of fault, seen from outside.

use axum::http::Response;
use bytes::Bytes;
use serde_json::{Value, json};

use super::rig::Rig;
use crate::Cut;
use crate::faults::Plan;
use crate::shopify::App;

const PAGE: &str = "query P($after: String) { orders(first: 10, after: $after, sortKey: UPDATED_AT, query: \"updated_at:>='2026-10-01T00:00:00Z'\") { \
                    nodes { id updatedAt displayFinancialStatus totalPriceSet { shopMoney { amount currencyCode } } } pageInfo { hasNextPage endCursor } } }";
const SHOP: &str = "{ shop { id myshopifyDomain } }";

fn rig(plan: &str) -> Rig {
    let plan: Plan = plan.parse().expect("a test's plan is well formed");
    Rig::with(|setup| setup.faults = plan)
}

fn header<'r>(answer: &'r Response<Bytes>, name: &str) -> &'r str {
    answer
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn ids(page: &Value) -> Vec<String> {
    page["orders"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|node| node["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn end(page: &Value) -> Value {
    page["orders"]["pageInfo"]["endCursor"].clone()
}

/// The first two pages as they are without faults.
fn right() -> (Value, Value) {
    let rig = Rig::new();
    let first = rig.data(PAGE, json!({}));
    let second = rig.data(PAGE, json!({ "after": end(&first) }));
    (first, second)
}

#[test]
fn statuses_come_with_and_without_a_time_to_wait() {
    for code in [402, 403, 423, 429, 430, 500, 502, 503, 504, 530, 540] {
        let rig = rig(&format!("{code}@2"));
        assert_eq!(
            rig.post(SHOP, json!({})).status().as_u16(),
            200,
            "the first request is spared"
        );
        let answer = rig.post(SHOP, json!({}));
        assert_eq!(answer.status().as_u16(), code, "the second is struck");
        assert_eq!(header(&answer, "retry-after"), "", "without a time to wait");
        assert_eq!(rig.post(SHOP, json!({})).status().as_u16(), 200, "the third is spared");
    }
    let waiting = rig("429=4.0").post(SHOP, json!({}));
    assert_eq!(
        (waiting.status().as_u16(), header(&waiting, "retry-after")),
        (429, "4.0"),
        "with a time to wait"
    );
    assert!(
        String::from_utf8_lossy(waiting.body()).contains("Exceeded"),
        "in the platform's words"
    );
    let burst = rig("503@1-3");
    let statuses: Vec<u16> = (0..4).map(|_| burst.post(SHOP, json!({})).status().as_u16()).collect();
    assert_eq!(statuses, [503, 503, 503, 200], "a burst ends");
}

#[test]
fn a_page_of_html_stands_where_json_belongs() {
    let answer = rig("html").post(SHOP, json!({}));
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "content-type")),
        (200, "text/html; charset=utf-8"),
        "a status of success"
    );
    assert!(
        serde_json::from_slice::<Value>(answer.body()).is_err(),
        "that is no JSON"
    );
}

#[test]
fn connections_and_bodies_end_early() {
    let cut = rig("cut").post(SHOP, json!({}));
    assert_eq!(
        (cut.extensions().get::<Cut>(), cut.body().len()),
        (Some(&Cut::BeforeAnswer), 0),
        "nothing arrived"
    );
    let half = rig("cut-body").post(SHOP, json!({}));
    let told: usize = header(&half, "content-length").parse().expect("a length");
    assert_eq!(
        (half.extensions().get::<Cut>(), half.body().len()),
        (Some(&Cut::InBody), told / 2),
        "half of what was told arrived"
    );
    let garbled = rig("cut-gzip").post(SHOP, json!({}));
    assert_eq!(
        (garbled.extensions().get::<Cut>(), header(&garbled, "content-encoding")),
        (None, "gzip"),
        "the transfer was whole"
    );
    let mut text = String::new();
    let unpacked = std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(garbled.body().as_ref()), &mut text);
    assert!(unpacked.is_err(), "the data in it were not");
}

#[test]
fn a_redirect_leads_to_another_host() {
    let answer = rig("redirect=other.invalid").post(SHOP, json!({}));
    assert_eq!(answer.status().as_u16(), 301, "moved");
    assert_eq!(
        header(&answer, "location"),
        "https://other.invalid/admin/api/2026-10/graphql.json",
        "where a token must not go"
    );
}

#[test]
fn clocks_disagree_and_time_passes() {
    let skewed = rig("skew=-3600").post(SHOP, json!({}));
    assert_eq!(
        header(&skewed, "date"),
        "Sun, 22 Nov 2026 11:00:00 GMT",
        "the date is an hour behind"
    );
    let rig = rig("drift=86400:orders@2");
    let newest = "{ orders(first: 10, sortKey: UPDATED_AT, reverse: true) { nodes { id } } }";
    let (page, same) = (rig.data(newest, json!({})), rig.data(newest, json!({})));
    assert_ne!(page, same, "a day later the same page is another");
    assert_eq!(
        rig.sim.now().timestamp(),
        super::rig::NOW + 86_400,
        "because a day went by"
    );
}

#[test]
fn throttling_and_inner_errors_come_with_status_200() {
    let rig = rig("throttled@1;internal@2");
    let throttled = rig.ask(SHOP, json!({}));
    assert_eq!(throttled["errors"][0]["extensions"]["code"], "THROTTLED", "{throttled}");
    assert_eq!(
        throttled["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"], 0,
        "the bucket is empty: {throttled}"
    );
    rig.pass(1);
    let internal = rig.ask(SHOP, json!({}));
    assert_eq!(
        internal["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR",
        "{internal}"
    );
    assert!(
        internal["errors"][0]["extensions"]["requestId"].is_string() && internal.get("data").is_none(),
        "with the request's number: {internal}"
    );
    assert!(rig.ask(SHOP, json!({})).get("errors").is_none(), "then all is well");
}

#[test]
fn heavy_pages_fail_and_light_ones_do_not() {
    let rig = rig("heavy=50:orders@*");
    let ask = |n: u64| {
        rig.post(
            "query H($n: Int!) { orders(first: $n) { nodes { id } } }",
            json!({ "n": n }),
        )
        .status()
        .as_u16()
    };
    assert_eq!(
        (ask(100), ask(51), ask(50), ask(10)),
        (500, 504, 200, 200),
        "more than 50 nodes are too many"
    );
}

#[test]
fn tokens_die_in_the_middle() {
    let expired = rig("expire-token:orders@2");
    assert!(
        expired.post(PAGE, json!({})).status().is_success(),
        "the first page comes"
    );
    assert_eq!(
        expired.post(PAGE, json!({})).status().as_u16(),
        401,
        "then the token is dead"
    );
    assert_eq!(expired.post(SHOP, json!({})).status().as_u16(), 401, "and stays so");
    let form = format!(
        "client_id={}&client_secret={}&grant_type=client_credentials",
        App::DEMO_ID,
        App::DEMO_SECRET
    );
    let fresh = expired.send(
        "POST",
        "/admin/oauth/access_token",
        &[("content-type", "application/x-www-form-urlencoded")],
        form,
    );
    let fresh: Value = serde_json::from_slice(fresh.body()).expect("JSON");
    let renewed = Rig {
        token: fresh["access_token"].as_str().expect("a token").to_owned(),
        ..expired
    };
    assert!(renewed.post(PAGE, json!({})).status().is_success(), "a new one works");
    renewed.sim.set_faults("revoke-token".parse().expect("a plan"));
    assert_eq!(
        renewed.post(PAGE, json!({})).status().as_u16(),
        401,
        "a revoked installation"
    );
    let refused = rig("503:token");
    assert_eq!(
        refused
            .send(
                "POST",
                "/admin/oauth/access_token",
                &[],
                "grant_type=client_credentials"
            )
            .status()
            .as_u16(),
        503,
        "renewing can fail too"
    );
}

#[test]
fn rights_go_missing() {
    let lost = rig("lose-scope=read_customers:customers@2");
    let query = "{ customers(first: 1) { nodes { id } } }";
    assert!(
        lost.ask(query, json!({})).get("errors").is_none(),
        "at first it is granted"
    );
    assert_eq!(
        lost.ask(query, json!({}))["errors"][0]["extensions"]["code"],
        "ACCESS_DENIED",
        "then no more"
    );
    let scopes = lost.data("{ currentAppInstallation { accessScopes { handle } } }", json!({}));
    assert!(
        !scopes.to_string().contains("read_customers"),
        "and the list of rights says so"
    );
    let denied = rig("deny=Order.customer@*").ask("{ orders(first: 2) { nodes { id customer { id } } } }", json!({}));
    assert_eq!(
        denied["errors"].as_array().map(Vec::len),
        Some(2),
        "each refused field is told: {denied}"
    );
    assert_eq!(
        denied["data"]["orders"]["nodes"].as_array().map(Vec::len),
        Some(2),
        "and the rest comes"
    );
    let narrow = rig("lose-scope=read_all_orders").data("{ ordersCount(limit: null) { count } }", json!({}));
    let whole = Rig::new().data("{ ordersCount(limit: null) { count } }", json!({}));
    assert!(
        narrow["ordersCount"]["count"].as_u64() < whole["ordersCount"]["count"].as_u64(),
        "history shrinks without a word"
    );
}

#[test]
fn records_are_broken() {
    let (page, _) = right();
    let amount = rig("broken-amount:orders").data(PAGE, json!({}));
    assert_eq!(
        amount["orders"]["nodes"][0]["totalPriceSet"]["shopMoney"]["amount"], "not-a-number",
        "an amount is none"
    );
    assert_eq!(
        amount["orders"]["nodes"][1], page["orders"]["nodes"][1],
        "in one record only"
    );
    let member = rig("unknown-enum=displayFinancialStatus:orders").data(PAGE, json!({}));
    assert_eq!(
        member["orders"]["nodes"][0]["displayFinancialStatus"], "SOMETHING_NEW",
        "an enum has a new member"
    );
    let missing = rig("missing-field=updatedAt:orders").data(PAGE, json!({}));
    assert!(
        missing["orders"]["nodes"][0].get("updatedAt").is_none(),
        "a field is left out"
    );
    let inner = rig("missing-field=totalPriceSet.amount:orders").data(PAGE, json!({}));
    assert!(
        inner["orders"]["nodes"][0]["totalPriceSet"]["shopMoney"]
            .get("amount")
            .is_none()
            && inner["orders"]["nodes"][0]["updatedAt"].is_string(),
        "or one inside another: {inner}"
    );
    let twice = rig("duplicate:orders").data(PAGE, json!({}));
    assert_eq!(
        (ids(&twice).len(), &ids(&twice)[10]),
        (11, &ids(&page)[0]),
        "a record comes twice"
    );
}

#[test]
fn pages_come_again_shifted_empty_or_without_end() {
    let (first, second) = right();
    let two = |plan: &str| {
        let rig = rig(plan);
        let one = rig.data(PAGE, json!({}));
        let after = end(&one);
        (
            rig.data(PAGE, json!({ "after": after })),
            rig.data(PAGE, json!({ "after": after })),
        )
    };
    let (repeated, then) = two("repeat-page:orders@2");
    assert_eq!(
        (&repeated, &then),
        (&first, &second),
        "the first page comes again, and then the second"
    );
    let (shifted, _) = two("shift-page:orders@2");
    assert_eq!(
        (&ids(&shifted)[0], &ids(&shifted)[1..]),
        (&ids(&first)[9], ids(&second).as_slice()),
        "the last of the first begins the second"
    );
    let (empty, then) = two("empty-page:orders@2");
    assert_eq!(
        (ids(&empty).len(), &empty["orders"]["pageInfo"]["hasNextPage"]),
        (0, &json!(true)),
        "nothing, and more to come"
    );
    assert_eq!(
        (&empty["orders"]["pageInfo"]["endCursor"], &then),
        (&Value::Null, &second),
        "a page without records has no cursor; behind the same place is the page itself"
    );
    let begin = rig("empty-list:orders");
    let nothing = begin.data(PAGE, json!({}));
    assert_eq!(
        (ids(&nothing).len(), &nothing["orders"]["pageInfo"]),
        (0, &json!({ "hasNextPage": false, "endCursor": null })),
        "a list that is said to be empty"
    );
    assert_eq!(begin.data(PAGE, json!({})), first, "and is not when asked again");
    let (endless, again) = two("endless:orders@2+");
    assert_eq!(
        (end(&endless), end(&again)),
        (end(&first), end(&first)),
        "the cursor leads to itself"
    );
    assert_eq!(endless["orders"]["pageInfo"]["hasNextPage"], true, "for ever");
}

#[test]
fn the_answer_is_not_what_was_asked_for() {
    let warned = rig("search-warning:orders").ask(PAGE, json!({}));
    assert_eq!(
        warned["extensions"]["search"][0]["warnings"][0]["code"], "invalid_field",
        "{warned}"
    );
    let aged = rig("old-version").post(SHOP, json!({}));
    assert_eq!(
        (aged.status().as_u16(), header(&aged, "x-shopify-api-version")),
        (200, "2026-01"),
        "another version answers"
    );
    let other = rig("wrong-shop@2");
    let (own, foreign) = (other.data(SHOP, json!({})), other.data(SHOP, json!({})));
    assert_ne!(own["shop"]["id"], foreign["shop"]["id"], "another shop answers");
}

const RUN: &str =
    "mutation R($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } userErrors { code message } } }";
const POLL: &str =
    "query P($id: ID!) { bulkOperation(id: $id) { status errorCode url partialDataUrl fileSize objectCount } }";
const ROWS: &str =
    "{ orders { edges { node { id totalPriceSet { shopMoney { amount } } lineItems { edges { node { id } } } } } } }";

/// Runs a bulk operation to its end and gives the last poll.
fn bulk(rig: &Rig) -> Value {
    let run = rig.data(RUN, json!({ "q": ROWS }));
    let id = run["bulkOperationRunQuery"]["bulkOperation"]["id"].clone();
    loop {
        rig.pass(1);
        let poll = rig.data(POLL, json!({ "id": id }))["bulkOperation"].take();
        if poll["status"] != "CREATED" && poll["status"] != "RUNNING" {
            return poll;
        }
    }
}

fn file(rig: &Rig, url: &Value) -> Response<Bytes> {
    rig.send("GET", url.as_str().expect("an address"), &[], "")
}

#[test]
fn bulk_operations_fail_halfway_with_what_they_have() {
    let rig = rig("bulk-fail=TIMEOUT");
    let failed = bulk(&rig);
    assert_eq!(
        (&failed["status"], &failed["errorCode"], &failed["url"]),
        (&json!("FAILED"), &json!("TIMEOUT"), &Value::Null),
        "{failed}"
    );
    let partial = file(&rig, &failed["partialDataUrl"]);
    let text = String::from_utf8_lossy(partial.body());
    assert!(
        text.ends_with('\n') && text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "whole lines"
    );
    let whole = bulk(&rig);
    assert_eq!(whole["status"], "COMPLETED", "the next one ends well");
    assert!(
        (text.len() as u64)
            < whole["fileSize"]
                .as_str()
                .and_then(|size| size.parse().ok())
                .expect("a size"),
        "and has more: {whole}"
    );
}

#[test]
fn the_places_for_bulk_operations_are_taken() {
    let rig = rig("bulk-busy");
    let busy = rig.data(RUN, json!({ "q": ROWS }))["bulkOperationRunQuery"].take();
    assert_eq!(busy["userErrors"][0]["code"], "OPERATION_IN_PROGRESS", "{busy}");
    assert_eq!(bulk(&rig)["status"], "COMPLETED", "later there is room");
}

#[test]
fn result_files_arrive_badly() {
    let rig = rig(
        "bulk-expired:download@1;bulk-shuffle:download@2;cut-body:download@3;broken-amount:download@4;503:download@5",
    );
    let done = bulk(&rig);
    let expired = file(&rig, &done["url"]);
    assert!(
        expired.status().is_client_error(),
        "the link is said to be dead: {:?}",
        expired.body()
    );
    let shuffled = file(&rig, &done["url"]);
    let text = String::from_utf8_lossy(shuffled.body()).into_owned();
    assert!(
        text.lines().next().is_some_and(|line| line.contains("__parentId")),
        "children stand before their parents"
    );
    let half = file(&rig, &done["url"]);
    assert_eq!(
        (half.extensions().get::<Cut>(), half.body().len()),
        (Some(&Cut::InBody), text.len() / 2),
        "half of it arrives"
    );
    let broken = file(&rig, &done["url"]);
    let broken = String::from_utf8_lossy(broken.body()).into_owned();
    assert_eq!(broken.len(), text.len(), "the length is right");
    assert_eq!(broken.matches("\"amount\":\"Z").count(), 1, "one amount is none");
    assert_eq!(
        file(&rig, &done["url"]).status().as_u16(),
        503,
        "the storage has outages too"
    );
    let right = file(&rig, &done["url"]);
    let mut lines: [Vec<String>; 2] = [
        text.lines().map(str::to_owned).collect(),
        String::from_utf8_lossy(right.body())
            .lines()
            .map(str::to_owned)
            .collect(),
    ];
    lines.iter_mut().for_each(|lines| lines.sort());
    assert_eq!(lines[0], lines[1], "shuffled or not, the rows are the same");
}

#[test]
fn chance_strikes_the_same_requests_again() {
    let run = || {
        let rig = rig("seed=5;500:shop@~300");
        (0..40)
            .map(|_| rig.post(SHOP, json!({})).status().as_u16())
            .collect::<Vec<_>>()
    };
    let statuses = run();
    assert_eq!(statuses, run(), "the same seed, the same requests");
    assert!(
        statuses.contains(&500) && statuses.contains(&200),
        "some are struck and some are not: {statuses:?}"
    );
}
