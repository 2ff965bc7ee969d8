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

mod cancelled;
mod changed;
mod dates;
mod exported;
mod given_back;
mod limits;
mod parcels;
mod returns;
mod sums;
mod totals;
mod unshown;
mod untold;
mod ways;

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
    settle_of(source, facet, body, (0, 0))
}

/// The same of a record that states its last change and was fetched at these seconds; 0 is unknown.
fn settle_of(source: Source, facet: &str, body: &Value, times: (i64, i64)) -> Result<Settled, ReadError> {
    settle_all(&[(source, facet, body)], times)
}

/// Settles an order from several records of one version.
fn settle_all(records: &[(Source, &str, &Value)], times: (i64, i64)) -> Result<Settled, ReadError> {
    let ctx = ReadCtx {
        zone: Zone::UTC,
        currency: None,
        reads_ledger: true,
    };
    let shopify = reader(Channel::Shopify);
    let mut facts = Vec::new();
    for (number, record) in records.iter().enumerate() {
        let id = 7 + i64::try_from(number).expect("few records");
        facts.extend(shopify.extract(&ctx, &stored(id, record, times))?);
    }
    let facts: Vec<&OrderFact> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Order(fact) => Some(fact.as_ref()),
            _ => None,
        })
        .collect();
    shopify.settle(&ctx, "1", &facts)
}

fn stored(id: i64, (source, facet, body): &(Source, &str, &Value), (version, fetched_at): (i64, i64)) -> StoredRaw {
    StoredRaw {
        id,
        fetched_at,
        record: RawRecord {
            stream: "orders".into(),
            key: "1".into(),
            facet: (*facet).to_owned().into(),
            source: *source,
            version,
            bytes: body.to_string().into_bytes(),
        },
    }
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

/// The figures that tell where goods and charges went, over all days by each definition.
fn figures(order: &Order) -> Vec<String> {
    let mut figures = Vec::new();
    for definition in Definition::ALL {
        for metric in [
            "gross_sales",
            "refunds",
            "net_sales",
            "orders",
            "units",
            "shipping",
            "taxes",
            "tips",
            "units_returned",
        ] {
            figures.push(format!("{definition:?} {metric} {}", figure(order, definition, metric)));
        }
    }
    figures
}

/// An amount in GraphQL's form.
fn bag(amount: &str) -> Value {
    json!({"shopMoney": {"amount": amount, "currencyCode": "USD"}})
}

/// A sale row of an agreement without tax and discount; it names the line unless that is 0.
fn sale(id: u32, action: &str, kind: &str, units: i32, total: &str, line: u32) -> Value {
    json!({
        "id": format!("gid://shopify/Sale/{id}"), "actionType": action, "lineType": kind, "quantity": units,
        "totalAmount": bag(total), "totalTaxAmount": bag("0.0"), "totalDiscountAmountBeforeTaxes": bag("0.0"),
        "lineItem": (line != 0).then(|| json!({"id": format!("gid://shopify/LineItem/{line}")}))
    })
}

/// An agreement of a day of March; it names the refund unless that is 0.
fn agreement(id: u32, reason: &str, day: u32, refund: u32, sales: Value) -> Value {
    json!({
        "id": format!("gid://shopify/SalesAgreement/{id}"), "happenedAt": at(day), "reason": reason,
        "refund": (refund != 0).then(|| json!({"id": format!("gid://shopify/Refund/{refund}")})),
        "sales": {"nodes": sales}
    })
}

/// A refund of the 5th in GraphQL's form, of these lines (line, units, restock type, value) and without more parts.
fn paid_back(id: u32, lines: &[(u32, i32, &str, &str)], total: &str) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(line, units, restock, value)| {
            json!({
                "quantity": units, "restockType": restock, "lineItem": {"id": format!("gid://shopify/LineItem/{line}")},
                "subtotalSet": bag(value), "totalTaxSet": bag("0.0")
            })
        })
        .collect();
    json!({
        "id": format!("gid://shopify/Refund/{id}"), "createdAt": at(5), "processedAt": at(5), "totalRefundedSet": bag(total),
        "refundLineItems": {"nodes": lines}, "refundShippingLines": {"nodes": []}, "orderAdjustments": {"nodes": []},
        "duties": []
    })
}

/// An order of the 2nd in GraphQL's form with lines (units, units left, price of all), shipped on the 3rd; `more` replaces members.
fn graphql(lines: &[(i32, i32, &str)], agreements: Value, refunds: Value, more: Value) -> Value {
    let number = |index: usize| format!("gid://shopify/LineItem/{}", index + 1);
    let nodes: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(index, (units, left, price))| {
            json!({
                "id": number(index), "title": "Item", "quantity": units, "currentQuantity": left, "originalTotalSet": bag(price),
                "discountAllocations": [], "taxLines": []
            })
        })
        .collect();
    let sent: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(index, (units, ..))| json!({"quantity": units, "lineItem": {"id": number(index)}}))
        .collect();
    let mut order = json!({
        "id": "gid://shopify/Order/1", "name": "#1", "processedAt": at(2), "updatedAt": at(20), "currencyCode": "USD",
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED", "taxesIncluded": false,
        "lineItems": {"nodes": nodes}, "shippingLines": {"nodes": []}, "refunds": refunds, "agreements": {"nodes": agreements},
        "fulfillments": [{
            "id": "gid://shopify/Fulfillment/1", "status": "SUCCESS", "createdAt": at(3),
            "fulfillmentLineItems": {"nodes": sent}
        }]
    });
    for (name, value) in more.as_object().expect("members") {
        order[name] = value.clone();
    }
    order
}

/// The order of such a record and its issues, each with its code.
fn heard(body: &Value) -> (Order, Vec<(&'static str, String)>) {
    let settled = settle_as(Source::Page, "part-1", body).expect("the record is read");
    let notes = settled
        .notes
        .into_iter()
        .map(|note| (note.code, note.message))
        .collect();
    (settled.order.expect("an order"), notes)
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
