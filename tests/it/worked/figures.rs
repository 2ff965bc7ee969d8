//! Postings to figures, for every channel's cases, per day and in total, under all three definitions.

use std::collections::BTreeMap;

use countinghouse_core::metrics::catalog::{Metric, Value};
use countinghouse_core::metrics::{Definition, Measures, contributions};
use countinghouse_core::model::{Currency, Day, Zone};

use super::{Case, cases, order};

/// The figure's text as the file writes it; `None` is the file's null.
fn text(metric: &str, definition: Definition, m: &Measures, currency: Currency) -> Option<String> {
    let metric = Metric::from_name(metric).unwrap_or_else(|| panic!("{metric} is a metric of the catalogue"));
    metric.value(definition, m).map(|v: Value| v.text(currency))
}

fn stated(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn check(case: &Case) {
    let currency: Currency = case.currency.parse().expect("a currency");
    let (rows, _) = contributions(&order(case), Zone::UTC);
    for definition in Definition::ALL {
        let figures = &case.figures[definition.name()];
        let mut days: BTreeMap<Day, Measures> = BTreeMap::new();
        let mut total = Measures::default();
        for row in rows.iter().filter(|r| r.definition == definition) {
            days.entry(row.day).or_default().merge(&row.measures, 1);
            total.merge(&row.measures, 1);
        }
        for (metric, value) in &figures.total {
            assert_eq!(
                text(metric, definition, &total, currency),
                stated(value),
                "{}: {metric} in total under {}",
                case.id,
                definition.name()
            );
        }
        for stated_day in &figures.days {
            let day: Day = stated_day["day"].as_str().expect("a day").parse().expect("a day");
            let measures = days.remove(&day).unwrap_or_default();
            for (metric, value) in stated_day.iter().filter(|(name, _)| *name != "day") {
                assert_eq!(
                    text(metric, definition, &measures, currency),
                    stated(value),
                    "{}: {metric} on {day} under {}",
                    case.id,
                    definition.name()
                );
            }
        }
        for (day, measures) in days {
            // Days that the file leaves out show no amount and no order; the base of the fulfilment rate may stand there.
            let shown = ["gross_sales", "refunds", "net_sales"]
                .iter()
                .filter_map(|m| text(m, definition, &measures, currency));
            for figure in shown {
                assert_eq!(
                    figure.trim_matches(['0', '.']),
                    "",
                    "{}: {day} is not in the file",
                    case.id
                );
            }
        }
    }
}

#[test]
fn every_worked_order_gives_its_figures() {
    let Some(cases) = cases() else { return };
    assert_eq!(cases.len(), 31, "the file's cases are all read");
    for case in &cases {
        check(case);
    }
}
