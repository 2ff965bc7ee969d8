//! Dates that cannot be: they are told, and nothing vanishes.

use countinghouse_core::connectors::Source;
use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::{figure, line, on, order, refund, settle_of, shipped};

const DAY: i64 = 86_400;

/// 2026-03-20T15:00:00Z, the last change that the records state.
const CHANGED: i64 = 1_774_018_800;

/// The order of a record that states `body`, was changed and fetched then, and its issues.
fn known(body: &Value, changed: i64, fetched: i64) -> (countinghouse_core::model::Order, Vec<(&'static str, String)>) {
    let settled = settle_of(Source::Legacy, "order", body, (changed, fetched)).expect("the record is read");
    let notes = settled
        .notes
        .into_iter()
        .map(|note| (note.code, note.message))
        .collect();
    (settled.order.expect("an order"), notes)
}

fn placed(day: &str) -> Value {
    let moment = format!("{day}T15:00:00Z");
    order(
        json!([line(1, "40.00", json!({}))]),
        json!({"created_at": moment, "processed_at": moment}),
    )
}

#[test]
fn an_order_of_the_future_counts_on_its_day_and_is_told() {
    for (day, fine) in [
        ("2026-03-20", true),
        ("2026-03-22", true),
        ("2026-03-23", false),
        ("2099-01-01", false),
    ] {
        let (order, notes) = known(&placed(day), CHANGED, CHANGED);
        assert_eq!(
            figure(&order, Definition::OrderTotals, "net_sales"),
            "40.00",
            "{day}: it counts"
        );
        assert_eq!(order.incomplete, !fine, "{day}: marked if it cannot be");
        match (fine, notes.as_slice()) {
            (true, []) => {}
            (false, [("date_doubtful", message)]) => assert!(
                message.contains(day) && message.contains("2026-03-20"),
                "the date, and when it was read: {message}"
            ),
            (_, notes) => panic!("{day}: {notes:?}"),
        }
    }
}

#[test]
fn dates_of_what_happens_later_are_looked_at_too() {
    let more = json!({"fulfillments": shipped(&[1]), "refunds": refund(&[(1, "return", "40.00")], json!({"processed_at": "2062-03-05T15:00:00Z"}))});
    let (order, notes) = known(&order(json!([line(1, "40.00", json!({}))]), more), CHANGED, CHANGED);
    assert_eq!(
        on(&order, Definition::OrderTotals, "net_sales", 2),
        "40.00",
        "the sale keeps its day"
    );
    assert!(
        matches!(notes.as_slice(), [("date_doubtful", message)] if message.contains("2062-03-05")),
        "a refund nobody would see is told: {notes:?}"
    );
}

#[test]
fn a_clock_that_is_wrong_makes_no_order_doubtful() {
    // This machine is half a year behind, or ahead: the platform's own time of the change is at hand.
    for fetched in [CHANGED - 200 * DAY, CHANGED + 200 * DAY] {
        assert_eq!(known(&placed("2026-03-20"), CHANGED, fetched).1, [], "{fetched}");
    }
    // A record that states no change is known by when it was imported, and one that lies about both is not believed.
    let (_, notes) = known(&placed("2026-03-28"), 0, CHANGED);
    assert_eq!(notes.len(), 1, "without a change: {notes:?}");
    let (_, notes) = known(&placed("2099-01-01"), 4_070_908_800, CHANGED);
    assert_eq!(notes.len(), 1, "changed in 2099, but imported in 2026: {notes:?}");
    // Nothing is known of the time at all.
    assert_eq!(known(&placed("2026-03-28"), 0, 0).1, [], "no judgement");
}

#[test]
fn a_date_before_there_were_shops_is_told() {
    for (day, fine) in [
        ("1970-01-01", false),
        ("0026-03-02", false),
        ("1994-12-31", false),
        ("1999-05-01", true),
    ] {
        let (order, notes) = known(&placed(day), CHANGED, CHANGED);
        assert_eq!(
            figure(&order, Definition::OrderTotals, "net_sales"),
            "40.00",
            "{day}: it counts"
        );
        assert_eq!(
            notes.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
            if fine { vec![] } else { vec!["date_doubtful"] },
            "{day}: a shop may have brought older orders along"
        );
    }
}

#[test]
fn what_does_not_count_raises_no_issue() {
    let mut body = placed("2099-01-01");
    body["test"] = json!(true);
    assert_eq!(known(&body, CHANGED, CHANGED).1, [], "a test order");
}
