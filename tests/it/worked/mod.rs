//! The orders worked by hand: postings to figures for all, and real records of each platform to exactly those postings.

mod amazon;
mod crafted;
mod figures;
mod records;

use std::collections::BTreeMap;

use countinghouse_core::model::{Currency, Flags, Kind, Line, Money, Order, Posting, Status, When};
use serde::Deserialize;

use crate::shared::material;

#[derive(Deserialize)]
pub(crate) struct Worked {
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) channel: String,
    pub(crate) currency: String,
    pub(crate) placed: String,
    pub(crate) units_placed: i32,
    pub(crate) cancelled_units: i32,
    pub(crate) fulfilled: bool,
    pub(crate) shipped: Vec<(String, i32)>,
    pub(crate) is_order: bool,
    pub(crate) priced: bool,
    pub(crate) basis_unknown: bool,
    pub(crate) postings: Vec<WorkedPosting>,
    pub(crate) figures: BTreeMap<String, Figures>,
}

#[derive(Deserialize)]
pub(crate) struct WorkedPosting {
    pub(crate) kind: String,
    pub(crate) event: String,
    pub(crate) ship: Option<String>,
    pub(crate) amount: String,
    pub(crate) flags: String,
}

#[derive(Deserialize)]
pub(crate) struct Figures {
    pub(crate) days: Vec<BTreeMap<String, serde_json::Value>>,
    pub(crate) total: BTreeMap<String, serde_json::Value>,
}

pub(crate) fn cases() -> Option<Vec<Case>> {
    let path = material("design/worked-orders.json")?;
    let text = std::fs::read_to_string(path).expect("the worked orders are readable");
    Some(
        serde_json::from_str::<Worked>(&text)
            .expect("the worked orders have the known form")
            .cases,
    )
}

pub(crate) fn day(text: &str) -> When {
    When::Day(text.parse().expect("a day"))
}

/// The order of a case: its postings and facts, as the file states them.
pub(crate) fn order(case: &Case) -> Order {
    let currency: Currency = case.currency.parse().expect("a currency");
    let any_cost = case.postings.iter().any(|p| p.kind == "cogs");
    let mut left = case.units_placed;
    let mut postings: Vec<Posting> = case
        .postings
        .iter()
        .map(|p| {
            let kind = *Kind::ALL
                .iter()
                .find(|k| k.name() == p.kind)
                .expect("a kind of the ledger");
            let mut flags = Flags::NONE;
            for (letter, flag) in [('c', Flags::CANCELLED), ('s', Flags::SHIPPED), ('e', Flags::EDIT)] {
                if p.flags.contains(letter) {
                    flags = flags.with(flag);
                }
            }
            if kind.is_item() && any_cost {
                flags = flags.with(Flags::COSTED);
            }
            let line = (kind.is_item() || kind == Kind::Cogs).then_some(0);
            Posting {
                kind,
                event_at: day(&p.event),
                ship_at: p.ship.as_deref().map(day),
                quantity: 0,
                micros: Money::parse(&p.amount, currency).expect("an amount").micros,
                line,
                flags,
                raw: 0,
                path: Default::default(),
            }
        })
        .collect();
    spread_units(case, &mut postings, &mut left);
    Order {
        key: case.id.clone(),
        name: case.id.clone(),
        status: if case.is_order {
            Status::Sale
        } else {
            Status::Replacement
        },
        placed_at: day(&case.placed),
        updated_at: day(&case.placed),
        cancelled_at: None,
        currency,
        presentment: None,
        sales_channel: String::new(),
        customer: None,
        country: None,
        payment: String::new(),
        fulfilment: String::new(),
        units_placed: case.units_placed,
        units_cancelled: case.cancelled_units,
        fulfilled: case.fulfilled,
        first_ship: case.shipped.first().map(|(at, _)| day(at)),
        priced: case.priced,
        basis_unknown: case.basis_unknown,
        estimated: false,
        incomplete: false,
        stated_total: None,
        lines: vec![Line {
            key: "1".into(),
            sku: "A".into(),
            quantity: case.units_placed,
            ships: true,
            ..Line::default()
        }],
        postings,
        raws: vec![1],
    }
}

/// The file states units per order and shipment, the ledger holds them on the price rows: each shipment's units go to its
/// first price row, cancelled units to the cancelled row, the rest to the rows that have none.
fn spread_units(case: &Case, postings: &mut [Posting], left: &mut i32) {
    let mut prices: Vec<&mut Posting> = postings.iter_mut().filter(|p| p.kind == Kind::ItemPrice).collect();
    if let Some(cancelled) = prices.iter_mut().find(|p| p.flags.has(Flags::CANCELLED)) {
        cancelled.quantity = case.cancelled_units;
        *left -= case.cancelled_units;
    }
    for (at, units) in &case.shipped {
        let mut rows: Vec<&mut &mut Posting> = prices
            .iter_mut()
            .filter(|p| p.ship_at == Some(day(at)) && !p.flags.has(Flags::CANCELLED))
            .collect();
        let count = i32::try_from(rows.len()).expect("few rows");
        for (index, row) in rows.iter_mut().enumerate() {
            // Several rows of one shipment share its units; the first takes what does not divide.
            row.quantity = units / count + if index == 0 { units % count } else { 0 };
            *left -= row.quantity;
        }
    }
    if let Some(open) = prices.iter_mut().find(|p| p.quantity == 0 && *left > 0) {
        open.quantity = *left;
    }
}
