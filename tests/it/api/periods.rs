//! Steps and periods of unequal length say so, and are not passed off as equals.

use countinghouse_core::api::Class;
use countinghouse_core::api::metrics::{Question, compare, trends};
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Comparison, Definition, Period, Step};
use countinghouse_core::model::Day;
use serde_json::{Value, json};

use super::Shop;
use crate::rig::Rig;

/// A shop that sold 7.00 on every day of these, at noon.
fn daily(from: &str, days: i32) -> Rig {
    let rig = Rig::new();
    let first: Day = from.parse().expect("a day");
    let orders: Vec<Value> = (0..days)
        .map(|n| {
            let at = format!("{}T12:00:00Z", first.plus(n));
            json!({
                "id": n + 1, "name": format!("#{n}"), "created_at": at, "currency": "USD", "financial_status": "paid",
                "taxes_included": false, "test": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
                "line_items": [{"id": n + 1, "title": "Mug", "sku": "M", "quantity": 1, "price": "7.00", "tax_lines": []}]
            })
        })
        .collect();
    let file = serde_json::to_vec(&orders).expect("JSON");
    let report = rig.import(Some("orders"), "orders.json", &file);
    assert_eq!(report.orders, u64::try_from(days).expect("days"), "every order counts");
    rig
}

fn question(from: &str, to: &str, today: &str) -> Question {
    let day = |text: &str| text.parse::<Day>().expect("a day");
    Question {
        definition: Definition::OrderTotals,
        period: Period::new(day(from), day(to)).expect("a period"),
        channels: Vec::new(),
        connection: None,
        today: day(today),
    }
}

fn course(rig: &Rig, q: &Question, step: Step) -> Vec<Value> {
    let answer = rig
        .profile
        .store()
        .read_blocking(|r| trends(r, q, Metric::NetSales, step, Comparison::SameLength))
        .expect("an answer");
    let answer = serde_json::to_value(answer).expect("JSON");
    answer["series"].as_array().expect("points").clone()
}

#[test]
fn a_week_of_some_days_says_which_and_is_held_against_as_many() {
    let rig = daily("2026-01-01", 120);
    // Wednesday to the Thursday of the week after; the nine days before are a whole week and two days.
    let uneven = course(&rig, &question("2026-03-04", "2026-03-12", "2026-12-31"), Step::Week);
    assert_eq!(uneven.len(), 2, "two weeks: {uneven:?}");
    assert_eq!(
        uneven[0]["partial"],
        json!({"from": "2026-03-04", "to": "2026-03-08", "days": 5, "of": 7}),
        "the first is of five days"
    );
    assert_eq!(uneven[1]["partial"]["days"], json!(4), "the last of four");
    for point in &uneven {
        assert_eq!(point["previous"], Value::Null, "nothing before is as long: {point}");
        assert_eq!(
            point["moving_average"],
            Value::Null,
            "and no mean of weeks is made of parts: {point}"
        );
    }

    let even = course(&rig, &question("2026-03-04", "2026-03-17", "2026-12-31"), Step::Week);
    let before: Vec<&Value> = even.iter().map(|point| &point["previous"]).collect();
    assert_eq!(
        before,
        [&json!("35.00"), &json!("49.00"), &json!("14.00")],
        "five days against five, a week against a week, two against two"
    );
    assert_eq!(even[1]["partial"], Value::Null, "the week between is whole");
    assert_eq!(
        even[2]["moving_average"],
        json!("49.00"),
        "the mean is that of whole weeks"
    );

    let months = course(&rig, &question("2026-03-01", "2026-04-30", "2026-12-31"), Step::Month);
    assert!(
        months.iter().all(|point| point["partial"] == Value::Null),
        "whole months are whole whatever their length: {months:?}"
    );
    let open = course(&rig, &question("2026-03-01", "2026-03-31", "2026-03-10"), Step::Month);
    assert_eq!(
        open[0]["partial"],
        json!({"from": "2026-03-01", "to": "2026-03-10", "days": 10, "of": 31}),
        "days that have not come are no part of a month"
    );
    let days = course(&rig, &question("2026-03-04", "2026-03-12", "2026-12-31"), Step::Day);
    assert!(
        days.iter().all(|point| point["partial"] == Value::Null),
        "a day is never in part"
    );
}

#[test]
fn the_chart_says_which_days_of_a_week_it_is_of() {
    let rig = daily("2025-01-01", 480);
    let shop = Shop { rig };
    // 200 days are drawn by weeks; the first is a Wednesday, the last a Saturday.
    let args = json!({
        "from": "2025-10-01", "to": "2026-04-18", "compare": "same-length", "definition": "order_totals", "channels": [],
    });
    let board = shop.ask(Class::Read, "dashboard", args).expect("a dashboard");
    let hits = board["revenue"]["hits"].as_array().expect("points");
    let label = |at: usize| hits[at]["label"].as_str().expect("a label").to_owned();
    assert!(
        label(0).contains("only") && label(0).contains("5 of 7 days"),
        "the first week: {}",
        label(0)
    );
    assert!(!label(1).contains("only"), "a whole one says nothing: {}", label(1));
    // The days compared with touch one week more, which has no week to lie under.
    let last = (0..hits.len()).rfind(|at| label(*at).contains("Week")).expect("a week");
    assert!(label(last).contains("6 of 7 days"), "the last week: {}", label(last));
    let rows = board["revenue"]["table"]["rows"].as_array().expect("rows");
    assert_eq!(rows[0][0], json!(label(0)), "the table says the same");
    // The 200 days before begin on a Saturday: two days of a week.
    assert_eq!(rows[0][3], "–", "five days are not held against two: {}", rows[0]);
    assert_eq!(rows[1][3], "$49.00", "a week is held against a week: {}", rows[1]);
}

#[test]
fn a_comparison_names_what_it_really_compared() {
    let rig = daily("2026-01-01", 120);
    let against = |from: &str, to: &str, today: &str| {
        let q = question(from, to, today);
        let previous = q.period.previous(Comparison::SameLength);
        let answer = rig
            .profile
            .store()
            .read_blocking(|r| compare(r, &q, previous))
            .expect("an answer");
        serde_json::to_value(answer).expect("JSON")
    };
    let weeks = against("2026-03-09", "2026-03-15", "2026-12-31");
    assert_eq!(
        weeks["compared_text"],
        Value::Null,
        "a week against a week needs no word"
    );
    let months = against("2026-03-01", "2026-03-31", "2026-12-31");
    assert_eq!(
        (&months["current_period"]["days"], &months["previous_period"]["days"]),
        (&json!(31), &json!(28)),
        "March against February"
    );
    let text = months["compared_text"].as_str().expect("a sentence");
    assert!(
        text.contains("31 days") && text.contains("28 days"),
        "it says so: {text}"
    );
    let open = against("2026-03-01", "2026-03-31", "2026-03-10");
    let text = open["compared_text"].as_str().expect("a sentence");
    assert!(
        text.contains("10 days (Mar 1 – 10, 2026)") && text.contains("28 days") && text.contains("today is not over"),
        "a month that is not over is held against a whole one, and says so: {text}"
    );
}
