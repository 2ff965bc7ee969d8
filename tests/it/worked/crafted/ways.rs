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

fn all() -> impl Iterator<Item = Told> {
    let lines = include_str!("ways.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a record a line"))
}

/// The figures of a record told in this way.
fn figures_of(way: &str, record: &Value) -> Vec<String> {
    let source = if way.starts_with("older") {
        Source::Legacy
    } else {
        Source::Page
    };
    let settled = settle_as(source, "order", record).expect("the record is read");
    figures(&settled.order.expect("an order"))
}

#[test]
fn an_order_that_does_not_state_its_total_comes_to_what_its_parts_do() {
    let older = all().filter(|told| told.way.starts_with("older"));
    for Told { facts, way, mut record } in older {
        let stated = figures_of(&way, &record);
        let members = record.as_object_mut().expect("members");
        members.remove("total_price");
        assert_eq!(
            figures_of(&way, &record),
            stated,
            "{facts}: told by {way}, with its total and without"
        );
    }
}

#[test]
fn what_a_parcel_took_after_the_money_had_gone_back_was_sold() {
    let late = all().filter(|told| told.facts.ends_with("and sent all the same"));
    let mut count = 0;
    for Told { facts, way, record } in late {
        let figures = figures_of(&way, &record);
        for figure in [
            "OrderTotals orders 1",
            "OrderTotals net_sales 50.00",
            "Platform net_sales 0.00",
            "Accounting gross_sales 55.00",
            "Accounting net_sales 0.00",
            "Accounting units 1",
        ] {
            assert!(
                figures.iter().any(|f| f == figure),
                "{facts}: told by {way}, it left, so that it was no withdrawal: {figure}, in {figures:?}"
            );
        }
        count += 1;
    }
    assert_eq!(count, 7, "in every way, cancelled and not");
}

#[test]
fn the_same_facts_are_the_same_figures_in_whatever_way_they_are_told() {
    let mut known: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for Told { facts, way, record } in all() {
        let figures = figures_of(&way, &record);
        let (first, stated) = known
            .entry(facts.clone())
            .or_insert_with(|| (way.clone(), figures.clone()));
        assert_eq!(figures, *stated, "{facts}: told by {way} as by {first}");
    }
    assert!(known.len() >= 20, "every kind of order is there: {}", known.len());
}
