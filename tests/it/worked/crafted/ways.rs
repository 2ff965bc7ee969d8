//! The same facts in every way in which a record may tell them: by sales agreements, by lines and refunds, in the older shape, and in the
//! older shape before it showed what is left of a line. Each of them gives the same figures (LEDGER rulings 3 to 5 and 46).

use std::collections::BTreeMap;

use countinghouse_core::connectors::Source;
use serde::Deserialize;
use serde_json::Value;

use super::{figures, settle_as};

#[derive(Deserialize)]
struct Told {
    facts: String,
    way: String,
    record: Value,
}

#[test]
fn the_same_facts_are_the_same_figures_in_whatever_way_they_are_told() {
    let lines = include_str!("ways.jsonl").lines();
    let told: Vec<Told> = lines
        .map(|line| serde_json::from_str(line).expect("a record a line"))
        .collect();
    let mut known: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for Told { facts, way, record } in told {
        let source = if way.starts_with("older") {
            Source::Legacy
        } else {
            Source::Page
        };
        let settled = settle_as(source, "order", &record).expect("the record is read");
        let order = settled.order.expect("an order");
        let figures = figures(&order);
        let (first, stated) = known
            .entry(facts.clone())
            .or_insert_with(|| (way.clone(), figures.clone()));
        assert_eq!(figures, *stated, "{facts}: told by {way} as by {first}");
    }
    assert!(known.len() >= 20, "every kind of order is there: {}", known.len());
}
