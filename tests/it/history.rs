//! Figures say how far back the orders behind them reach, and nothing is compared with days that are not all here.

use countinghouse_core::api::metrics::{Question, compare, kpis, trends};
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Comparison, Definition, Period, Step};
use countinghouse_core::model::Day;
use countinghouse_core::store::ConnectionId;
use countinghouse_core::sync::{Cancel, Options};
use serde_json::{Value, json};

use crate::crew::{NOON, Office, marketplace};

/// Days of the seller's life.
const DAYS: u32 = 40;

/// An office whose shop was read from `since` on.
fn read_since(office: &Office, connection: i64, since: Option<i64>) {
    let profile = office.app.profile(None).expect("the profile opens");
    let options = Options {
        since,
        ..Options::default()
    };
    let run = profile.sync(ConnectionId(connection), options, Cancel::default(), |_| {});
    office.runtime.block_on(run).expect("a run that ends well");
}

fn day(office: &Office, back: i32) -> Day {
    let profile = office.app.profile(None).expect("the profile opens");
    profile.today().expect("a day").plus(-back)
}

fn overview(office: &Office, back: i32) -> Value {
    let asked = json!({
        "from": day(office, back), "to": day(office, 0), "compare": "same-length",
        "definition": "order_totals", "channels": [],
    });
    office.must("dashboard", asked)
}

fn question(office: &Office, back: i32) -> Question {
    Question {
        definition: Definition::OrderTotals,
        period: Period::new(day(office, back), day(office, 0)).expect("a period"),
        channels: Vec::new(),
        connection: None,
        today: day(office, 0),
    }
}

fn line<'a>(answer: &'a Value, label: &str) -> &'a Value {
    let lines = answer["completeness"]["lines"].as_array().expect("lines");
    lines.iter().find(|l| l["label"] == label).expect("a line of that name")
}

#[test]
fn half_a_history_is_compared_with_nothing_and_says_where_it_begins() {
    let office = Office::new();
    let (server, _) = marketplace(&office, DAYS);
    let connection = office.connect(&server);

    let none = overview(&office, 4);
    assert!(none["missing_text"].is_string(), "nothing was fetched yet: {none}");
    assert_eq!(line(&none, "Orders")["ok"], json!(false), "so nothing is complete");
    for tile in none["tiles"].as_array().expect("tiles") {
        assert_eq!(
            tile["value_text"], "–",
            "a figure of orders that nobody fetched: {tile}"
        );
    }

    // From twelve days before now on: eleven whole days and today.
    read_since(&office, connection, Some(NOON - 12 * 86_400));
    let inside = overview(&office, 4);
    assert_eq!(
        inside["missing_text"],
        Value::Null,
        "five days and the five before are here: {inside}"
    );
    assert!(
        inside["tiles"][0]["change_text"].is_string(),
        "and are compared: {inside}"
    );
    assert_eq!(line(&inside, "Orders")["ok"], json!(true), "nothing is missing in them");

    let half = overview(&office, 8);
    let missing = half["missing_text"]
        .as_str()
        .expect("the nine days before are not all here");
    assert!(missing.starts_with("Orders before "), "it names the day: {missing}");
    for tile in half["tiles"].as_array().expect("tiles") {
        assert_eq!(
            tile["change_text"],
            Value::Null,
            "a change against half a period: {tile}"
        );
        assert_eq!(
            tile["previous_text"],
            Value::Null,
            "half a period as the earlier figure: {tile}"
        );
    }
    assert!(
        half["tiles"][0]["note"].is_null(),
        "the nine days themselves are whole: {half}"
    );

    let beyond = overview(&office, 20);
    let note = beyond["tiles"][0]["note"]
        .as_str()
        .expect("a note at the figure itself");
    assert!(
        note.contains("older orders are missing"),
        "says what is missing: {note}"
    );
    assert_eq!(beyond["insights"], json!([]), "nothing stands out in half a range");

    let profile = office.app.profile(None).expect("the profile opens");
    let (nine, previous) = (question(&office, 8), Comparison::SameLength);
    let answer = profile
        .store()
        .read_blocking(|r| {
            let compared = compare(r, &nine, nine.period.previous(previous))?;
            let course = trends(r, &nine, Metric::Orders, Step::Day, previous)?;
            let part = kpis(r, &question(&office, 8))?;
            let beyond = kpis(r, &question(&office, 20))?;
            Ok(json!({ "compared": compared, "course": course, "part": part, "beyond": beyond }))
        })
        .expect("answers");
    assert!(
        answer["compared"]["incomplete"].is_string(),
        "the command line says it too: {answer}"
    );
    assert_eq!(
        answer["compared"]["changes"]["orders_change"],
        Value::Null,
        "no change of halves"
    );
    assert_eq!(
        answer["course"]["series"][0]["previous"],
        Value::Null,
        "nor a course of them"
    );
    assert_eq!(
        answer["part"]["completeness"]["orders_complete"],
        json!(true),
        "nine whole days"
    );
    assert_eq!(
        answer["beyond"]["completeness"]["orders_complete"],
        json!(false),
        "not so three weeks"
    );
    assert!(
        answer["beyond"]["completeness"]["orders_complete_from"].is_string(),
        "they begin within"
    );

    let costs = answer["part"]["completeness"]["costs_text"]
        .as_str()
        .expect("some costs are not known");
    assert!(
        costs.starts_with("Cost known for "),
        "profit says over what it is known: {costs}"
    );

    read_since(&office, connection, None);
    let whole = overview(&office, 20);
    assert_eq!(
        whole["missing_text"],
        Value::Null,
        "all of the history is here: {whole}"
    );
    assert_eq!(line(&whole, "Orders")["value_text"], json!("all"), "and it says so");
}

#[test]
fn what_was_never_fetched_is_unknown_and_not_zero() {
    let office = Office::new();
    let all = |answer: Value, what: &str| {
        let figures = answer.as_object().expect("figures").clone();
        assert!(!figures.is_empty(), "{what} has figures");
        for (name, figure) in figures {
            assert_eq!(
                figure,
                Value::Null,
                "{what}: {name} of a profile without any connection"
            );
        }
    };
    let profile = office.app.profile(None).expect("the profile opens");
    let asked = question(&office, 8);
    let answer = profile
        .store()
        .read_blocking(|r| Ok(serde_json::to_value(kpis(r, &asked)?).expect("JSON")))
        .expect("an answer");
    all(answer["kpis"].clone(), "a period");
    drop(profile);

    let (server, _) = marketplace(&office, DAYS);
    let connection = office.connect(&server);
    read_since(&office, connection, Some(NOON - 12 * 86_400));
    let profile = office.app.profile(None).expect("the profile opens");
    let long_ago = Period::new(day(&office, 65), day(&office, 60)).expect("a period");
    let answer = profile
        .store()
        .read_blocking(|r| {
            let old = Question {
                period: long_ago,
                ..question(&office, 8)
            };
            Ok(serde_json::to_value(kpis(r, &old)?).expect("JSON"))
        })
        .expect("an answer");
    all(answer["kpis"].clone(), "days before everything that was fetched");
}
