//! Orders in the older shape that leave out, contradict or overstate something: what of them counts, what is told, and what is
//! set aside (LEDGER rulings 5 and 11 to 15). Amounts can be added up by hand.

use std::collections::BTreeMap;

use countinghouse_core::connectors::{
    Channel, Fact, OrderFact, RawRecord, ReadCtx, ReadError, Settled, Source, StoredRaw, reader,
};
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Contribution, Definition, Measures, contributions};
use countinghouse_core::model::{Flags, Order, Zone};
use serde_json::{Value, json};

mod exported;
mod given_back;
mod limits;
mod totals;

fn at(day: u32) -> String {
    format!("2026-03-{day:02}T15:00:00Z")
}

/// An order of the 2nd in USD with these lines; `more` replaces members.
fn order(lines: Value, more: Value) -> Value {
    let mut order = json!({
        "id": 1, "name": "#1", "created_at": at(2), "processed_at": at(2), "updated_at": at(20), "currency": "USD",
        "financial_status": "paid", "taxes_included": false, "line_items": lines, "shipping_lines": [],
        "fulfillments": [], "refunds": []
    });
    for (name, value) in more.as_object().expect("members") {
        order[name] = value.clone();
    }
    order
}

/// A line of one unit without tax and discounts; `more` replaces members, `null` takes them away.
fn line(id: u64, price: &str, more: Value) -> Value {
    let mut line = json!({
        "id": id, "title": format!("Item {id}"), "sku": format!("S{id}"), "product_id": 1, "variant_id": 2, "quantity": 1,
        "price": price, "requires_shipping": true, "gift_card": false, "tax_lines": [], "discount_allocations": []
    });
    for (name, value) in more.as_object().expect("members") {
        line[name] = value.clone();
    }
    line
}

fn money(amount: &str) -> Value {
    json!({"shop_money": {"amount": amount, "currency_code": "USD"}})
}

fn shipped(lines: &[u64]) -> Value {
    let lines: Vec<Value> = lines.iter().map(|id| json!({"id": id, "quantity": 1})).collect();
    json!([{"id": 1, "created_at": at(3), "status": "success", "line_items": lines}])
}

/// A refund of the 5th with these lines (line, restock type, subtotal); `more` adds members.
fn refund(lines: &[(u64, &str, &str)], more: Value) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(id, restock, subtotal)| {
            json!({"line_item_id": id, "quantity": 1, "restock_type": restock, "subtotal": subtotal, "total_tax": "0.00"})
        })
        .collect();
    let mut refund = json!({"id": 1, "created_at": at(5), "processed_at": at(5), "refund_line_items": lines});
    for (name, value) in more.as_object().expect("members") {
        refund[name] = value.clone();
    }
    json!([refund])
}

fn settle_as(source: Source, facet: &str, body: &Value) -> Result<Settled, ReadError> {
    let raw = StoredRaw {
        id: 7,
        fetched_at: 0,
        record: RawRecord {
            stream: "orders".into(),
            key: "1".into(),
            facet: facet.to_owned().into(),
            source,
            version: 0,
            bytes: body.to_string().into_bytes(),
        },
    };
    let ctx = ReadCtx {
        zone: Zone::UTC,
        currency: None,
        reads_ledger: true,
    };
    let shopify = reader(Channel::Shopify);
    let facts = shopify.extract(&ctx, &raw)?;
    let facts: Vec<&OrderFact> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Order(fact) => Some(fact.as_ref()),
            _ => None,
        })
        .collect();
    shopify.settle(&ctx, "1", &facts)
}

fn settle(body: &Value) -> Result<Settled, ReadError> {
    settle_as(Source::Legacy, "order", body)
}

/// The order of a record that gives no reason for an issue.
fn clean(body: &Value) -> Order {
    let settled = settle(body).expect("the record is read");
    assert_eq!(settled.notes, vec![], "nothing is wrong with it");
    settled.order.expect("an order")
}

/// The order of a record, and the code and message of its one issue.
fn told(body: &Value) -> (Order, &'static str, String) {
    let settled = settle(body).expect("the record is read");
    let [note] = settled.notes.as_slice() else {
        panic!("one issue, not {:?}", settled.notes)
    };
    (settled.order.expect("an order"), note.code, note.message.clone())
}

/// Code and message of why a record is set aside.
fn aside(body: &Value) -> (&'static str, String) {
    let error = settle(body).expect_err("the record is set aside");
    (error.code, error.message)
}

/// Amounts by kind and day of March, with `c` for what was withdrawn.
fn postings(order: &Order) -> BTreeMap<String, String> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for p in &order.postings {
        let flag = if p.flags.has(Flags::CANCELLED) { " c" } else { "" };
        let day = p.event_at.day(Zone::UTC).to_string();
        *sums
            .entry(format!("{} {}{flag}", p.kind.name(), &day[8..]))
            .or_default() += p.micros;
    }
    sums.retain(|_, micros| *micros != 0);
    sums.into_iter()
        .map(|(key, micros)| (key, order.currency.format(micros)))
        .collect()
}

fn stated(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter()
        .map(|(key, amount)| ((*key).to_owned(), (*amount).to_owned()))
        .collect()
}

/// A figure of one day of March.
fn on(order: &Order, definition: Definition, metric: &str, day: u32) -> String {
    let mut sum = Measures::default();
    let (rows, _) = contributions(order, Zone::UTC);
    let of_day = |row: &&Contribution| row.definition == definition && row.day.to_string() == at(day)[..10];
    rows.iter().filter(of_day).for_each(|row| sum.merge(&row.measures, 1));
    let metric = Metric::from_name(metric).expect("a metric");
    metric
        .value(definition, &sum)
        .map_or("-".into(), |v| v.text(order.currency))
}

/// A figure over all days.
fn figure(order: &Order, definition: Definition, metric: &str) -> String {
    let mut total = Measures::default();
    let (rows, _) = contributions(order, Zone::UTC);
    for row in rows.iter().filter(|r| r.definition == definition) {
        total.merge(&row.measures, 1);
    }
    let metric = Metric::from_name(metric).expect("a metric");
    metric
        .value(definition, &total)
        .map_or("-".into(), |v| v.text(order.currency))
}

fn tip(id: u64, price: &str) -> Value {
    let none = Value::Null;
    line(
        id,
        price,
        json!({"title": "Tip", "product_id": none, "variant_id": none, "requires_shipping": false}),
    )
}

/// The order's amounts by kind, whatever the day.
fn kinds(order: &Order) -> BTreeMap<&'static str, i64> {
    let mut sums = BTreeMap::new();
    for p in &order.postings {
        *sums.entry(p.kind.name()).or_insert(0) += p.micros;
    }
    sums.retain(|_, micros| *micros != 0);
    sums
}
