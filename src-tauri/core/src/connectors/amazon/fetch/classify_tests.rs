use super::*;
use crate::connectors::amazon::fetch::play::remote;
use crate::net::Reach;
use crate::net::limiter::Limiter;

fn of(stream: &'static str, operation: Operation, status: u16, body: &str) -> Meaning {
    let (remote, limits) = (remote(), Limiter::default());
    let ctx = StreamCtx {
        stream,
        remote: &remote,
        now: 0,
        limits: &limits,
        spool: None,
        since: None,
    };
    let answer = http::Response::builder()
        .status(status)
        .header("x-amzn-RequestId", "r-1")
        .body(Bytes::from(body.to_owned()))
        .expect("an answer");
    meaning(&ctx, Some(operation), &answer)
}

fn error(message: &str, details: &str) -> String {
    serde_json::json!({ "errors": [{ "code": "Unauthorized", "message": message, "details": details }] }).to_string()
}

#[test]
fn amazon_failure_19_a_403_is_told_apart_by_its_text() {
    let denied = "Access to requested resource is denied.";
    for (message, details) in [
        (denied, "The access token you provided has expired."),
        ("The access token you provided has expired.", ""),
        (
            denied,
            "The access token you provided is revoked, malformed or invalid.",
        ),
    ] {
        let meaning = of("orders", Operation::SearchOrders, 403, &error(message, details));
        assert!(
            matches!(meaning, Meaning::Refresh(_)),
            "{message} / {details}: a new token helps, in message or details: {meaning:?}"
        );
    }
    match of("finances", Operation::Transactions, 403, &error(denied, "")) {
        Meaning::Skip(why) => {
            assert_eq!(
                (why.code, why.reach),
                (Code::NotPermitted, Reach::Stream),
                "the others go on"
            );
            assert!(why.hint.contains("Finance and Accounting"), "{why} names the role");
            assert_eq!(why.request_id.as_deref(), Some("r-1"), "and the request");
        }
        other => panic!("a missing role leaves the stream out: {other:?}"),
    }
    match of("marketplaces", Operation::Participations, 403, &error(denied, "")) {
        Meaning::Fail(why) => {
            assert_eq!(why.reach, Reach::Connection, "nothing else can be read");
            assert!(why.message.contains("North America"), "{why} names the region");
        }
        other => panic!("another region, or a consent that was withdrawn: {other:?}"),
    }
    assert!(
        matches!(of("orders", Operation::SearchOrders, 401, ""), Meaning::Refresh(_)),
        "a 401 is the token's"
    );
}

#[test]
fn amazon_failure_20_a_403_of_an_ended_secret_asks_for_the_secret() {
    let body = error("Access denied", "The LWA client secret has expired; rotate it.");
    match of("orders", Operation::SearchOrders, 403, &body) {
        Meaning::Fail(why) => {
            assert_eq!(
                (why.code, why.reach),
                (Code::Invalid, Reach::Connection),
                "not “connect again”"
            );
            assert!(
                why.message.contains("180 days") && why.hint.contains("--replace-secret"),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn amazon_failure_17_a_429_without_a_word_empties_the_bucket() {
    let answer = http::Response::builder()
        .status(429)
        .body(Bytes::from_static(b"{\"errors\":[{\"code\":\"QuotaExceeded\"}]}"))
        .expect("an answer");
    let hint = hint("searchOrders", &answer).expect("a hint");
    assert_eq!(
        hint.available_milli,
        Some(0),
        "a whole call must flow in before the next"
    );
    assert!(
        matches!(of("orders", Operation::SearchOrders, 429, ""), Meaning::Again(why) if why.code == Code::Throttled),
        "and it is asked again"
    );
    let told = http::Response::builder()
        .header("x-amzn-RateLimit-Limit", "0.0167")
        .body(Bytes::new())
        .expect("an answer");
    let hint = super::hint("createReport", &told).expect("a hint");
    assert_eq!(
        (hint.refill_milli, hint.available_milli),
        (Some(16_700), None),
        "the stated rate is taken, to the last digit"
    );
}

#[test]
fn what_cannot_be_helped_is_not_asked_again() {
    for (status, again) in [
        (400, false),
        (404, false),
        (413, false),
        (415, false),
        (500, true),
        (503, true),
    ] {
        let meaning = of("orders", Operation::SearchOrders, status, "{}");
        assert_eq!(matches!(meaning, Meaning::Again(_)), again, "{status}: {meaning:?}");
    }
    assert!(
        matches!(of("orders", Operation::SearchOrders, 200, "<html>"), Meaning::Again(_)),
        "a page is no answer"
    );
}
