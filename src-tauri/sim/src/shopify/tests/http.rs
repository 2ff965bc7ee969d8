//! Addresses, tokens, versions, headers, and the real socket.

use std::sync::Arc;

use axum::http::Response;
use bytes::Bytes;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read;

use super::rig::{NOW, Rig};
use crate::shopify::{App, Shop};
use crate::world::{Second, World, WorldSpec};
use crate::{Server, Setup, Sim};

const SHOP: &str = "{\"query\":\"{ shop { id myshopifyDomain } currentAppInstallation { accessScopes { handle } } }\"}";

fn header<'r>(answer: &'r Response<Bytes>, name: &str) -> &'r str {
    answer
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn json_of(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_else(|error| panic!("{error} in {:?}", answer.body()))
}

fn ask(rig: &Rig, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    rig.send("POST", path, &all, SHOP)
}

const TOKEN: (&str, &str) = ("x-shopify-access-token", App::DEMO_TOKEN);
const API: &str = "/admin/api/2026-10/graphql.json";

#[test]
fn only_the_right_header_lets_in() {
    let rig = Rig::new();
    assert_eq!(ask(&rig, API, &[TOKEN]).status().as_u16(), 200, "with the token");
    let bearer = format!("Bearer {}", App::DEMO_TOKEN);
    let wrong: [&[(&str, &str)]; 4] = [
        &[],
        &[("authorization", bearer.as_str())],
        &[("x-shopify-access-token", "shpat_unknown")],
        &[("x-shopify-access-token", App::DEMO_SECRET)],
    ];
    for headers in wrong {
        let answer = ask(&rig, API, headers);
        assert_eq!(answer.status().as_u16(), 401, "{headers:?}");
        let words = "[API] Invalid API key or access token (unrecognized login or wrong password)";
        assert_eq!(json_of(&answer), json!({ "errors": words }), "in the platform's words");
    }
    rig.sim.revoke(Some(App::DEMO_TOKEN));
    assert_eq!(
        ask(&rig, API, &[TOKEN]).status().as_u16(),
        401,
        "a revoked token lets nobody in"
    );
}

#[test]
fn bodies_must_be_what_the_platform_reads() {
    let rig = Rig::new();
    let json_type = ("content-type", "application/json");
    assert_eq!(
        rig.send("POST", API, &[TOKEN], SHOP).status().as_u16(),
        400,
        "without a media type"
    );
    for body in [
        "",
        "{",
        "[]",
        "{\"query\":1}",
        "{\"variables\":{}}",
        "{\"query\":\"{ shop { id } }\",\"variables\":[]}",
    ] {
        assert_eq!(
            rig.send("POST", API, &[json_type, TOKEN], body).status().as_u16(),
            400,
            "body {body:?}"
        );
    }
    assert_eq!(
        rig.send("GET", API, &[TOKEN], "").status().as_u16(),
        404,
        "the API is posted to"
    );
}

#[test]
fn the_version_that_answers_is_told() {
    let rig = Rig::new();
    let cases = [
        ("/admin/api/2026-10/graphql.json", "2026-10"),
        ("/admin/api/2026-07/graphql.json", "2026-07"),
        ("/admin/api/2025-01/graphql.json", "2026-01"),
        ("/admin/api/graphql.json", "2026-01"),
        ("/admin/api/unstable/graphql.json", "unstable"),
    ];
    for (path, version) in cases {
        let answer = ask(&rig, path, &[TOKEN]);
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "x-shopify-api-version")),
            (200, version),
            "{path}"
        );
    }
    assert_eq!(
        ask(&rig, "/admin/api/2031-01/graphql.json", &[TOKEN]).status().as_u16(),
        404,
        "a version to come"
    );
    assert_eq!(
        ask(&rig, "/admin/api/2026-10/orders.json", &[TOKEN]).status().as_u16(),
        404,
        "the older API is not simulated"
    );
}

#[test]
fn older_versions_lack_newer_enum_members() {
    let rig = Rig::new();
    let body = json!({ "query": "{ orders(first: 250, sortKey: CREATED_AT) { nodes { displayFulfillmentStatus } } }" })
        .to_string();
    let seen = |version: &str| {
        let path = format!("/admin/api/{version}/graphql.json");
        let answer = rig.send(
            "POST",
            &path,
            &[("content-type", "application/json"), TOKEN],
            body.clone(),
        );
        String::from_utf8_lossy(answer.body()).contains("FULFILLMENT_NOT_REQUIRED")
    };
    assert!(seen("2026-10") && !seen("2026-07"), "the member exists from 2026-10");
}

#[test]
fn every_answer_has_its_date_and_number_and_is_compressed_if_wanted() {
    let rig = Rig::new();
    let plain = ask(&rig, API, &[TOKEN]);
    assert_eq!(
        header(&plain, "date"),
        "Sun, 22 Nov 2026 12:00:00 GMT",
        "the simulator's own time"
    );
    assert_eq!(
        header(&plain, "content-length"),
        plain.body().len().to_string(),
        "the length"
    );
    let packed = ask(&rig, API, &[TOKEN, ("accept-encoding", "gzip, br")]);
    assert_eq!(header(&packed, "content-encoding"), "gzip", "compressed when accepted");
    let mut text = String::new();
    GzDecoder::new(packed.body().as_ref())
        .read_to_string(&mut text)
        .expect("the answer unpacks");
    assert_eq!(
        serde_json::from_str::<Value>(&text).expect("JSON")["data"],
        json_of(&plain)["data"],
        "the same answer"
    );
    let ids = [header(&plain, "x-request-id"), header(&packed, "x-request-id")];
    assert!(
        ids[0].len() == 36 && ids[0] != ids[1],
        "every request has a number of its own: {ids:?}"
    );
}

#[test]
fn a_shop_is_told_by_host_or_by_path() {
    let rig = Rig::new();
    let by_path = format!("http://127.0.0.1:9/shopify/{}{API}", Shop::DEMO_HANDLE);
    assert_eq!(
        json_of(&ask(&rig, &by_path, &[TOKEN]))["data"],
        json_of(&ask(&rig, API, &[TOKEN]))["data"],
        "both ways lead to the same shop"
    );
    for address in ["https://nobody.myshopify.com", "http://127.0.0.1:9/shopify/nobody"] {
        let answer = ask(&rig, &format!("{address}{API}"), &[TOKEN]);
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "content-type")),
            (404, "text/html; charset=utf-8"),
            "{address} is no shop"
        );
    }
    assert_eq!(
        ask(&rig, "https://example.invalid/x", &[TOKEN]).status().as_u16(),
        404,
        "another host is nothing"
    );
    let renamed = Rig::with(|setup| setup.shopify.former_handles.push("old-name".to_owned()));
    let answer = ask(&renamed, &format!("https://old-name.myshopify.com{API}"), &[TOKEN]);
    assert_eq!(answer.status().as_u16(), 301, "a former name leads to the present one");
    assert_eq!(
        header(&answer, "location"),
        format!("https://{}.myshopify.com{API}", Shop::DEMO_HANDLE),
        "on another host"
    );
}

#[test]
fn authorization_leads_from_the_page_to_a_working_token() {
    let rig = Rig::new();
    let callback = "http://127.0.0.1:4850/auth/callback";
    let query = format!(
        "client_id={}&scope=read_orders,read_products&redirect_uri={callback}&state=xyz",
        App::DEMO_ID
    );
    let page = rig.send("GET", &format!("/admin/oauth/authorize?{query}"), &[], "");
    assert_eq!(
        (page.status().as_u16(), header(&page, "content-type")),
        (200, "text/html; charset=utf-8"),
        "a page to decide on"
    );
    let back = rig.send("GET", &format!("/admin/oauth/authorize?{query}&auto=approve"), &[], "");
    let place = url::Url::parse(header(&back, "location")).expect("the way back is an address");
    let code = place
        .query_pairs()
        .find(|(name, _)| name == "code")
        .map(|(_, code)| code.into_owned())
        .expect("with a code");
    let body = json!({ "client_id": App::DEMO_ID, "client_secret": App::DEMO_SECRET, "code": code }).to_string();
    let answer = rig.send(
        "POST",
        "/admin/oauth/access_token",
        &[("content-type", "application/json")],
        body,
    );
    let token = json_of(&answer)["access_token"].as_str().expect("a token").to_owned();
    let scopes = rig.send(
        "GET",
        "/admin/oauth/access_scopes.json",
        &[("x-shopify-access-token", &token)],
        "",
    );
    assert_eq!(
        json_of(&scopes),
        json!({ "access_scopes": [{ "handle": "read_orders" }, { "handle": "read_products" }] }),
        "its scopes"
    );
    let shop = ask(&rig, API, &[("x-shopify-access-token", &token)]);
    assert_eq!(
        json_of(&shop)["data"]["currentAppInstallation"]["accessScopes"]
            .as_array()
            .map(Vec::len),
        Some(2),
        "are told the same by the API"
    );
    let denied = Rig { token, ..rig }.ask("{ customers(first: 1) { nodes { id } } }", json!({}));
    let error = &denied["errors"][0];
    assert_eq!(
        error["extensions"]["code"], "ACCESS_DENIED",
        "what was not granted is refused: {denied}"
    );
    assert_eq!(
        error["message"], "Access denied for customers field. Required access: `read_customers` access scope.",
        "in the platform's words"
    );
    assert!(
        denied["data"].is_null(),
        "a list that is never null takes the rest with it"
    );
}

#[test]
fn a_field_without_its_scope_is_null_beside_the_rest() {
    let rig = Rig::new();
    rig.sim.set_scope("read_customers", false);
    rig.sim.set_scope("read_shopify_payments_accounts", false);
    let query = "{ orders(first: 3, sortKey: ID) { nodes { id customer { id } } } shopifyPaymentsAccount { id } }";
    let answer = rig.ask(query, json!({}));
    assert_eq!(
        answer["data"]["orders"]["nodes"].as_array().map(Vec::len),
        Some(3),
        "the orders come: {answer}"
    );
    assert!(
        answer["data"]["orders"]["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .all(|order| order["customer"].is_null()),
        "without customers"
    );
    let errors = answer["errors"].as_array().expect("and with errors");
    assert_eq!(errors.len(), 4, "one for each: {errors:?}");
    assert_eq!(
        errors[0]["path"],
        json!(["orders", "nodes", 0, "customer"]),
        "with the place"
    );
    assert_eq!(
        errors[3]["extensions"]["requiredAccess"],
        "the `read_shopify_payments` or the `read_shopify_payments_accounts` access scope.",
        "and the need"
    );
}

#[test]
fn a_shop_without_the_payment_service_has_no_account() {
    let rig = Rig::with(|setup| setup.shopify.shop.payments = false);
    let answer = rig.ask(
        "{ shopifyPaymentsAccount { id payouts(first: 1) { nodes { id } } } }",
        json!({}),
    );
    assert!(
        answer.get("errors").is_none() && answer["data"]["shopifyPaymentsAccount"].is_null(),
        "null, and no error: {answer}"
    );
}

#[test]
fn the_controls_move_time_and_take_rights_away() {
    let rig = Rig::new();
    let guide = rig.send("GET", "/__sim/", &[], "");
    assert!(
        String::from_utf8_lossy(guide.body()).contains("/__sim/advance"),
        "the controls describe themselves"
    );
    let before = rig.world().order_count();
    let state = json_of(&rig.send("POST", "/__sim/advance?days=3", &[], ""));
    assert_eq!(state["now"], "2026-11-25T12:00:00+00:00", "three days went by");
    assert_eq!(state["seller"], "2026-11-25T12:00:00Z", "for the seller too");
    assert!(rig.world().order_count() > before, "and orders came");
    rig.send("POST", "/__sim/scopes?lose=read_orders", &[], "");
    assert!(
        rig.ask("{ orders(first: 1) { nodes { id } } }", json!({}))
            .get("errors")
            .is_some(),
        "a scope was taken"
    );
    rig.send("POST", "/__sim/scopes?give=read_orders", &[], "");
    assert!(
        rig.ask("{ orders(first: 1) { nodes { id } } }", json!({}))
            .get("errors")
            .is_none(),
        "and given back"
    );
    assert_eq!(
        rig.send("POST", "/__sim/faults", &[], "500:orders").status().as_u16(),
        200,
        "a plan of faults is taken"
    );
    assert_eq!(
        rig.post("{ orders(first: 1) { nodes { id } } }", json!({}))
            .status()
            .as_u16(),
        500,
        "and works"
    );
    let refused = rig.send("POST", "/__sim/faults", &[], "nosuch");
    assert!(
        refused.status().as_u16() == 400 && String::from_utf8_lossy(refused.body()).contains("nosuch"),
        "a wrong one is named"
    );
    let truth = json_of(&rig.send(
        "GET",
        "/__sim/truth?definition=platform&from=2026-11-01&to=2026-11-03",
        &[],
        "",
    ));
    assert_eq!(
        truth["days"].as_array().map(Vec::len),
        Some(3),
        "the truth of three days: {truth}"
    );
    rig.send("POST", "/__sim/tokens/revoke", &[], "");
    assert_eq!(ask(&rig, API, &[TOKEN]).status().as_u16(), 401, "all tokens are dead");
    for path in ["/__sim/nothing", "/__sim/advance?days=x"] {
        assert!(
            rig.send("POST", path, &[], "").status().is_client_error(),
            "{path} is no control"
        );
    }
}

/// Sends text through a real socket and reads what comes until the other side closes.
async fn through_socket(server: &Server, request: String) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(server.address())
        .await
        .expect("the server listens");
    socket
        .write_all(request.as_bytes())
        .await
        .expect("the request is taken");
    let mut bytes = Vec::new();
    // A connection that was cut is read as far as it goes.
    let _ = socket.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A server of a small world, with faults.
async fn served(faults: &str) -> Server {
    let listener = Server::bind(0).await.expect("a free port");
    let mut setup = Setup::new(
        World::new(WorldSpec::new(7, Second(NOW), 30, 4)),
        Arc::new(|| chrono::DateTime::from_timestamp(NOW, 0).expect("a test's time is in the calendar")),
    );
    setup.shopify.storage = Server::storage(&listener).expect("the listener has an address");
    setup.faults = faults.parse().expect("a plan");
    Server::serve(listener, Arc::new(Sim::new(setup))).expect("the listener has an address")
}

fn post(server: &Server, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nX-Shopify-Access-Token: {}\r\nContent-Length: \
         {}\r\nConnection: close\r\n\r\n{body}",
        server.address(),
        App::DEMO_TOKEN,
        body.len()
    )
}

fn length_of(head: &str) -> usize {
    let length = |line: &str| {
        line.to_lowercase()
            .strip_prefix("content-length: ")
            .and_then(|text| text.parse().ok())
    };
    head.lines().find_map(length).expect("a length is told")
}

#[tokio::test]
async fn the_same_answers_come_through_a_socket() {
    let server = served("cut:shop@2;cut-body:shop@3").await;
    let path = url::Url::parse(&server.shopify(Shop::DEMO_HANDLE))
        .expect("an address")
        .path()
        .to_owned();
    let request = post(&server, &format!("{path}{API}"), SHOP);
    let whole = through_socket(&server, request.clone()).await;
    assert!(
        whole.starts_with("HTTP/1.1 200") && whole.contains(&Shop::demo().domain()),
        "an answer: {whole}"
    );
    let nothing = through_socket(&server, request.clone()).await;
    assert_eq!(nothing, "", "a connection that was cut brings nothing");
    let half = through_socket(&server, request).await;
    let (head, body) = half.split_once("\r\n\r\n").expect("the head arrives");
    assert_eq!(body.len(), length_of(head) / 2, "half of the body arrives");
}

#[tokio::test]
async fn a_result_file_streams_through_a_socket() {
    let server = served("cut-body:download@2").await;
    let api = format!("/shopify/{}{API}", Shop::DEMO_HANDLE);
    let run = json!({ "query": "mutation { bulkOperationRunQuery(query: \"{ orders { edges { node { id name } } } }\") { bulkOperation { id } } }" });
    through_socket(&server, post(&server, &api, &run.to_string())).await;
    through_socket(&server, post(&server, "/__sim/advance?seconds=5", "")).await;
    let poll = json!({ "query": "{ currentBulkOperation { status url fileSize } }" }).to_string();
    let answer = through_socket(&server, post(&server, &api, &poll)).await;
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let operation = serde_json::from_str::<Value>(body).expect("JSON")["data"]["currentBulkOperation"].take();
    assert_eq!(operation["status"], "COMPLETED", "{operation}");
    let url = url::Url::parse(operation["url"].as_str().expect("an address")).expect("an address");
    assert_eq!(
        (url.host_str(), url.port()),
        (Some("localhost"), Some(server.address().port())),
        "another host name, the same port"
    );
    let fetch = format!(
        "GET {}?{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        url.path(),
        url.query().unwrap_or_default()
    );
    let file = through_socket(&server, fetch.clone()).await;
    let (head, rows) = file.split_once("\r\n\r\n").expect("a file");
    assert_eq!(operation["fileSize"], rows.len().to_string(), "all of it: {head}");
    assert_eq!(length_of(head), rows.len(), "as long as the head says");
    let cut = through_socket(&server, fetch).await;
    let (head, rows) = cut.split_once("\r\n\r\n").expect("the head of a file");
    assert_eq!(rows.len(), length_of(head) / 2, "and half of it when it is cut");
}
