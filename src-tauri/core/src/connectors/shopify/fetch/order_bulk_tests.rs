use super::super::play::{NOW, remote};
use super::*;
use crate::connectors::fetch::SpoolInfo;
use crate::net::limiter::Limiter;

fn came(bulk: &mut Bulk, body: &str, now: i64) -> Turn {
    bulk.came(&Envelope::of(body.as_bytes()).expect("JSON"), now)
}

fn step(bulk: &Bulk, now: i64, spool: Option<SpoolInfo<'_>>) -> Step {
    let (remote, limits) = (remote(&[]), Limiter::default());
    let ctx = StreamCtx {
        stream: "orders",
        remote: &remote,
        now,
        limits: &limits,
        spool,
        since: None,
    };
    bulk.step(&ctx, true).expect("a step")
}

fn operation(status: &str, more: &str) -> String {
    format!(r#"{{"data":{{"bulkOperation":{{"id":"gid://shopify/BulkOperation/1","status":"{status}"{more}}}}}}}"#)
}

const STARTED: &str = r#"{"data":{"bulkOperationRunQuery":{"bulkOperation":{"id":"gid://shopify/BulkOperation/1","status":"CREATED"},"userErrors":[]}}}"#;
const READY: &str = r#","objectCount":"12","fileSize":"900","url":"https://storage.example/f?sig=1""#;

fn ready() -> Bulk {
    let mut bulk = Bulk::new(0, 100);
    assert_eq!(came(&mut bulk, STARTED, NOW), Turn::On, "it runs");
    assert_eq!(
        came(&mut bulk, &operation("COMPLETED", READY), NOW + 1),
        Turn::On,
        "it is ready"
    );
    bulk
}

#[test]
fn a_run_is_polled_with_growing_pauses_and_then_fetched() {
    let mut bulk = Bulk::new(0, 100);
    assert!(matches!(step(&bulk, NOW, None), Step::Call { .. }), "asked for");
    came(&mut bulk, STARTED, NOW);
    let mut now = NOW;
    let mut pauses = Vec::new();
    for _ in 0..7 {
        if let Step::Wait(time) = step(&bulk, now, None) {
            pauses.push(time.as_secs());
            now += i64::try_from(time.as_secs()).expect("short");
        }
        assert_eq!(came(&mut bulk, &operation("RUNNING", ""), now), Turn::On, "not yet");
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30], "doubling up to half a minute");
    came(&mut bulk, &operation("COMPLETED", READY), now);
    let Step::Download {
        request,
        name,
        lines,
        bytes,
        ..
    } = step(&bulk, now, None)
    else {
        panic!("a file")
    };
    assert_eq!((lines, bytes), (Some(12), Some(900)), "counts come as text");
    assert!(request.headers().is_empty(), "no credential goes to the storage");
    let spool = SpoolInfo { name: &name, groups: 3 };
    assert!(
        matches!(step(&bulk, now, Some(spool)), Step::Drain { from: 0 }),
        "a file at hand is read"
    );
    let other = SpoolInfo {
        name: "another",
        groups: 3,
    };
    assert!(
        matches!(step(&bulk, now, Some(other)), Step::Download { .. }),
        "another file is not this one"
    );
    bulk.drained(2, false);
    let stored: Bulk = serde_json::from_str(&serde_json::to_string(&bulk).expect("text")).expect("a state");
    assert!(
        matches!(
            step(&stored, now, Some(SpoolInfo { name: &name, groups: 3 })),
            Step::Drain { from: 2 }
        ),
        "fm13: by parents, never by children"
    );
}

#[test]
fn a_run_without_rows_covers_its_span() {
    let mut bulk = Bulk::new(0, 100);
    came(&mut bulk, STARTED, NOW);
    assert_eq!(
        came(
            &mut bulk,
            &operation("COMPLETED", r#","objectCount":"0","url":null"#),
            NOW
        ),
        Turn::Empty,
        "nothing there"
    );
    let mut bulk = Bulk::new(0, 100);
    came(&mut bulk, STARTED, NOW);
    assert_eq!(
        came(
            &mut bulk,
            &operation("COMPLETED", r#","objectCount":"5","url":null"#),
            NOW
        ),
        Turn::On,
        "rows without a file are asked for again"
    );
    assert!(matches!(step(&bulk, NOW, None), Step::Call { .. }), "by a new run");
}

#[test]
fn failed_runs_get_shorter_and_lost_ones_are_asked_for_again() {
    for (status, turn) in [
        ("FAILED", Turn::Shorter),
        ("SOMETHING_NEW", Turn::Shorter),
        ("CANCELED", Turn::On),
        ("EXPIRED", Turn::On),
    ] {
        let mut bulk = Bulk::new(0, 100);
        came(&mut bulk, STARTED, NOW);
        assert_eq!(came(&mut bulk, &operation(status, ""), NOW), turn, "{status}");
    }
    let mut bulk = Bulk::new(0, 100);
    for _ in 0..2 {
        came(&mut bulk, STARTED, NOW);
        assert_eq!(
            came(&mut bulk, r#"{"data":{"bulkOperation":null}}"#, NOW),
            Turn::On,
            "unknown to the platform: a new run"
        );
    }
    came(&mut bulk, STARTED, NOW);
    assert_eq!(
        came(&mut bulk, r#"{"data":{"bulkOperation":null}}"#, NOW),
        Turn::Shorter,
        "but not for ever"
    );
}

#[test]
fn fm18_taken_places_are_waited_for_and_then_pages_are_used() {
    let busy = r#"{"data":{"bulkOperationRunQuery":{"bulkOperation":null,"userErrors":[{"field":null,"message":"A bulk query operation for this app and shop is already in progress: gid://shopify/BulkOperation/9.","code":"OPERATION_IN_PROGRESS"}]}}}"#;
    let mut bulk = Bulk::new(0, 100);
    let mut now = NOW;
    for attempt in 1..BUSY_TRIES {
        assert_eq!(came(&mut bulk, busy, now), Turn::On, "attempt {attempt}");
        let Step::Wait(time) = step(&bulk, now, None) else {
            panic!("it waits")
        };
        now += i64::try_from(time.as_secs()).expect("short");
    }
    assert!(matches!(step(&bulk, now, None), Step::Call { .. }), "and asks again");
    let waited = now - NOW;
    assert!(
        (120..=600).contains(&waited),
        "some minutes, in which another program's run may end: {waited} s"
    );
    assert_eq!(came(&mut bulk, busy, now), Turn::Never, "in the end it goes by pages");
    let invalid = r#"{"data":{"bulkOperationRunQuery":{"bulkOperation":null,"userErrors":[{"field":["query"],"message":"Bulk queries cannot contain more than 5 connections.","code":"INVALID"}]}}}"#;
    assert_eq!(
        came(&mut Bulk::new(0, 100), invalid, NOW),
        Turn::Never,
        "a refused query is not asked again"
    );
}

#[test]
fn a_run_that_does_not_end_is_given_up_after_six_hours() {
    for status in ["CREATED", "RUNNING", "CANCELING"] {
        let mut bulk = Bulk::new(0, 100);
        came(&mut bulk, STARTED, NOW);
        let hours = 6 * 3_600;
        assert_eq!(
            came(&mut bulk, &operation(status, ""), NOW + hours - 1),
            Turn::On,
            "{status}: large runs take hours"
        );
        assert_eq!(
            came(&mut bulk, &operation(status, ""), NOW + hours),
            Turn::Shorter,
            "{status}: but not for ever"
        );
    }
}

#[test]
fn a_dead_address_is_asked_for_anew_and_then_the_run() {
    let mut bulk = ready();
    bulk.drained(4, false);
    assert_eq!(bulk.mislaid(NOW), Turn::On, "a fresh address");
    assert!(
        matches!(&bulk.phase, Phase::Poll { done: 4, .. }),
        "of the same run, from the same group: {:?}",
        bulk.phase
    );
    came(&mut bulk, &operation("COMPLETED", READY), NOW);
    assert_eq!(bulk.mislaid(NOW), Turn::On, "again");
    came(&mut bulk, &operation("COMPLETED", READY), NOW);
    assert_eq!(bulk.mislaid(NOW), Turn::On, "then a fresh run");
    assert!(matches!(bulk.phase, Phase::Ask { .. }), "{:?}", bulk.phase);
    came(&mut bulk, STARTED, NOW);
    for _ in 0..2 {
        came(&mut bulk, &operation("COMPLETED", READY), NOW);
        assert_eq!(bulk.mislaid(NOW), Turn::On, "and its addresses");
    }
    came(&mut bulk, &operation("COMPLETED", READY), NOW);
    assert_eq!(bulk.mislaid(NOW), Turn::Shorter, "then another way");
}

#[test]
fn a_file_is_fetched_only_over_a_secure_connection() {
    let remote = remote(&[]);
    assert!(plain_get(&remote, "https://storage.example/f").is_ok(), "https");
    for address in [
        "http://storage.example/f",
        "ftp://storage.example/f",
        "file:///etc/passwd",
        "no address",
    ] {
        assert!(plain_get(&remote, address).is_err(), "{address} is refused");
    }
    let simulated = Remote {
        base: "http://127.0.0.1:8080/".parse().expect("an address"),
        ..remote
    };
    assert!(
        plain_get(&simulated, "http://127.0.0.1:9090/f").is_ok(),
        "a simulator on this machine"
    );
    assert!(
        plain_get(&simulated, "http://storage.example/f").is_err(),
        "but nothing else without encryption"
    );
}

#[test]
fn a_signed_address_is_never_stored() {
    let mut bulk = ready();
    bulk.drained(3, false);
    let at_hand = serde_json::to_string(&bulk).expect("text");
    assert!(at_hand.contains("sig=1"), "the run needs the address: {at_hand}");
    bulk.redact();
    let stored = serde_json::to_string(&bulk).expect("text");
    assert!(
        !stored.contains("storage.example") && !stored.contains("sig"),
        "but it is not stored: {stored}"
    );
    let mut again: Bulk = serde_json::from_str(&stored).expect("a state");
    assert!(
        matches!(step(&again, NOW, None), Step::Call { .. }),
        "the next process asks the run for it"
    );
    came(&mut again, &operation("RUNNING", ""), NOW);
    came(&mut again, &operation("COMPLETED", READY), NOW + 5);
    let spool = SpoolInfo {
        name: "gid://shopify/BulkOperation/1",
        groups: 9,
    };
    assert!(
        matches!(step(&again, NOW + 5, Some(spool)), Step::Drain { from: 3 }),
        "and goes on at the same group"
    );
}
