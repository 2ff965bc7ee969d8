use super::*;
use crate::connectors::fetch::Remote;
use crate::net::Reach;
use crate::net::limiter::Limiter;

fn remote() -> Remote {
    Remote {
        base: "https://shop.myshopify.com/".parse().expect("an address"),
        account: None,
        scopes: Vec::new(),
        version: "2026-10".into(),
        outlets: Vec::new(),
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> http::Response<Bytes> {
    let mut builder = http::Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Bytes::from(body.to_owned())).expect("an answer")
}

fn mean(status: u16, headers: &[(&str, &str)], body: &str) -> Meaning {
    let (remote, limits) = (remote(), Limiter::default());
    let ctx = StreamCtx {
        stream: "orders",
        remote: &remote,
        now: 0,
        limits: &limits,
        spool: None,
        since: None,
    };
    meaning(&ctx, &answer(status, headers, body))
}

fn error(code: &str, path: &str) -> String {
    format!(
        r#"{{"data":{{"orders":null}},"errors":[{{"message":"text","path":{path},"extensions":{{"code":"{code}","requiredAccess":"`read_orders`"}}}}]}}"#
    )
}

#[test]
fn every_status_of_the_table_is_told_apart() {
    let page = "<!doctype html><title>Sorry</title>";
    let denied = r#"{"errors":"[API] This action requires merchant approval for read_orders scope."}"#;
    assert!(
        matches!(mean(400, &[], r#"{"errors":{"query":"Required"}}"#), Meaning::Fail(e) if e.reach == Reach::Stream),
        "400: a bug"
    );
    assert!(
        matches!(mean(401, &[], page), Meaning::Refresh(e) if e.code == Code::NeedsReconnect),
        "401"
    );
    assert!(
        matches!(mean(402, &[], page), Meaning::Fail(e) if e.reach == Reach::Connection && e.message.contains("frozen")),
        "402"
    );
    assert!(
        matches!(mean(403, &[], denied), Meaning::Skip(e) if e.code == Code::NotPermitted && e.message.contains("read_orders")),
        "403 names the scope"
    );
    assert!(
        matches!(mean(404, &[], page), Meaning::Fail(e) if e.code == Code::NotFound),
        "404"
    );
    assert!(
        matches!(mean(423, &[], page), Meaning::Fail(e) if e.message.contains("locked")),
        "423"
    );
    assert!(
        matches!(mean(430, &[], page), Meaning::Fail(e) if e.reach == Reach::Connection),
        "430"
    );
    for status in [500, 502, 503, 504] {
        assert!(
            matches!(mean(status, &[], page), Meaning::Less(_)),
            "fm24: {status} asks for smaller pages"
        );
    }
    for status in [501, 520, 525, 530, 540] {
        assert!(
            matches!(mean(status, &[], page), Meaning::Again(None, _)),
            "{status} passes"
        );
    }
    for status in [201, 204, 405, 418, 451, 599, 999] {
        assert!(
            matches!(mean(status, &[], page), Meaning::Fail(_)),
            "{status}: the last arm fails"
        );
    }
}

#[test]
fn a_slow_down_names_its_time() {
    let waits = |status, headers: &[(&str, &str)], body: &str| match mean(status, headers, body) {
        Meaning::Again(time, e) if e.code == Code::Throttled => time,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        waits(429, &[("retry-after", "4.0")], "{}"),
        Some(Duration::from_secs(4)),
        "a decimal"
    );
    assert_eq!(
        waits(429, &[("retry-after", "0.25")], "{}"),
        Some(Duration::from_millis(250)),
        "parts of a second"
    );
    assert_eq!(waits(429, &[("retry-after", "999999")], "{}"), Some(LONG), "bounded");
    assert_eq!(waits(429, &[], "{}"), None, "without a time the runner takes its own");
    let throttled = r#"{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":862,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":362,"restoreRate":100.0}}}}"#;
    assert_eq!(
        waits(200, &[], throttled),
        Some(Duration::from_secs(5)),
        "fm21: 500 points lack at 100 a second, and HTTP says 200"
    );
}

#[test]
fn errors_inside_http_200_are_found() {
    assert!(
        matches!(mean(200, &[], &error("MAX_COST_EXCEEDED", "[]")), Meaning::OnlyLess(_)),
        "never the same again"
    );
    assert!(
        matches!(mean(200, &[], &error("INTERNAL_SERVER_ERROR", "[]")), Meaning::Less(_)),
        "fm23: tried again"
    );
    assert!(
        matches!(mean(200, &[], &error("SHOP_INACTIVE", "[]")), Meaning::Fail(e) if e.reach == Reach::Connection),
        "paused"
    );
    for code in [
        "BAD_REQUEST",
        "undefinedField",
        "argumentLiteralsIncompatible",
        "missingRequiredArguments",
        "SOMETHING_NEW",
    ] {
        assert!(
            matches!(mean(200, &[], &error(code, "[]")), Meaning::Fail(e) if e.message.contains(code)),
            "{code} is reported"
        );
    }
    let plain = r#"{"data":null,"errors":[{"message":"Parse error"}]}"#;
    assert!(
        matches!(mean(200, &[], plain), Meaning::Fail(_)),
        "an error without a code"
    );
    let request =
        r#"{"errors":[{"message":"Oops","extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":"abc-1"}}]}"#;
    assert!(
        matches!(mean(200, &[], request), Meaning::Less(e) if e.request_id.as_deref() == Some("abc-1")),
        "with the request's number"
    );
}

#[test]
fn fm22_a_denied_stream_is_skipped_and_a_denied_optional_field_is_noted() {
    let whole = mean(200, &[], &error("ACCESS_DENIED", r#"["orders"]"#));
    assert!(
        matches!(&whole, Meaning::Skip(e) if e.code == Code::NotPermitted && e.message.contains("read_orders")),
        "{whole:?}"
    );
    let body = error("ACCESS_DENIED", r#"["orders","nodes",0,"customer"]"#).replace("null", r#"{"nodes":[]}"#);
    assert_eq!(mean(200, &[], &body), Meaning::Accept, "a customer may be missing");
    let noted = notes(&Envelope::of(body.as_bytes()).expect("JSON"));
    assert!(
        noted.len() == 1 && noted[0].message.contains("customer"),
        "and is noted: {noted:?}"
    );
    let needed = error("ACCESS_DENIED", r#"["orders","nodes",0,"lineItems"]"#);
    assert!(
        matches!(mean(200, &[], &needed), Meaning::Skip(_)),
        "lines may not be missing"
    );
    let agreed = error("ACCESS_DENIED", r#"["orders","nodes",0,"agreements"]"#);
    let unapproved = r#"{"data":null,"errors":[{"message":"This app is not approved to use the agreements field.","path":["nodes",0,"agreements"]}]}"#;
    for body in [agreed.as_str(), unapproved] {
        assert!(
            matches!(mean(200, &[], body), Meaning::Without(e) if e.code == Code::NotPermitted && e.message.contains("sales agreements")),
            "sales agreements may: the orders are asked for without them: {body}"
        );
    }
    let protected = r#"{"data":{"orders":{"nodes":[]}},"errors":[{"message":"This app is not approved to access the Order object.","path":["orders"]}]}"#;
    assert!(
        matches!(mean(200, &[], protected), Meaning::Skip(_)),
        "protected data without a code"
    );
}

#[test]
fn fm31_a_search_warning_fails_the_page() {
    let body = r#"{"data":{"orders":{"nodes":[]}},"extensions":{"search":[{"path":["orders"],"query":"x:1","warnings":[{"field":"x","message":"Invalid search field for this query.","code":"invalid_field"}]}]}}"#;
    assert!(
        matches!(mean(200, &[], body), Meaning::Fail(e) if e.message.contains("ignored a filter")),
        "the filter was loosened"
    );
    let fine =
        r#"{"data":{"orders":{"nodes":[]}},"extensions":{"search":[{"path":["orders"],"query":"x:1","warnings":[]}]}}"#;
    assert_eq!(mean(200, &[], fine), Meaning::Accept, "no warning");
}

#[test]
fn a_page_or_a_cut_body_is_not_data() {
    for (body, word) in [
        ("<html>", "a web page"),
        (r#"{"data":{"orders":{"nod"#, "broken JSON"),
        ("", "nothing"),
        ("OK", "something"),
    ] {
        assert!(
            matches!(mean(200, &[], body), Meaning::Again(None, e) if e.message.contains(word)),
            "{body:?} should be called {word}"
        );
    }
    assert!(
        matches!(mean(200, &[], "{}"), Meaning::Again(None, _)),
        "no data and no error"
    );
    assert!(
        matches!(mean(200, &[], r#"{"data":null}"#), Meaning::Again(None, _)),
        "data of nothing"
    );
}

#[test]
fn fm30_a_redirect_is_a_changed_domain() {
    let headers = [(
        "location",
        "https://new-name.myshopify.com/admin/api/2026-10/graphql.json",
    )];
    for status in [301, 302, 307, 308] {
        assert!(
            matches!(mean(status, &headers, ""), Meaning::Fail(e) if e.code == Code::NeedsReconnect && e.message.contains("new-name.myshopify.com")),
            "{status} names the new host and is not followed"
        );
    }
}

#[test]
fn fm32_another_version_answering_is_noted() {
    let (remote, limits) = (remote(), Limiter::default());
    let ctx = StreamCtx {
        stream: "shop",
        remote: &remote,
        now: 0,
        limits: &limits,
        spool: None,
        since: None,
    };
    let same = answer(200, &[("x-shopify-api-version", "2026-10")], "{}");
    assert_eq!(version_note(&ctx, &same), None, "as asked");
    let other = version_note(&ctx, &answer(200, &[("X-Shopify-API-Version", "2027-01")], "{}")).expect("a note");
    assert!(
        other.message.contains("2027-01") && other.message.contains("2026-10"),
        "{other:?}"
    );
    assert_eq!(
        version_note(&ctx, &answer(200, &[], "{}")),
        None,
        "no header, nothing to say"
    );
}

#[test]
fn a_lock_shuts_the_limit_for_long() {
    for status in [423, 430] {
        assert_eq!(
            hint(&answer(status, &[], "")).and_then(|h| h.shut),
            Some(LONG),
            "{status}"
        );
    }
    assert_eq!(hint(&answer(500, &[], "")), None, "a fault tells nothing");
}
