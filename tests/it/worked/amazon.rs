//! Amazon's cases as records in the platform's own shapes – the order and what Finances says of it – settled to exactly the
//! file's postings.

use countinghouse_core::connectors::amazon::record;
use countinghouse_core::connectors::{Channel, Fact, OrderFact, RawRecord, ReadCtx, StoredRaw, reader};
use countinghouse_core::ledger::apply_costs;
use countinghouse_core::model::{CostBook, Currency, KnownCost, Money, Order, Status, Zone};
use serde_json::{Value, json};

use super::records::summed;
use super::{Case, cases, order as stated_order};

/// A moment that lies on its day in Los Angeles, Tokyo and UTC.
fn at(day: &str) -> String {
    format!("2026-{day}T10:00:00Z")
}

/// An order of one line as the current interface writes it.
fn order(id: &str, market: (&str, &str), status: &str, quantity: i32) -> Value {
    json!({
        "orderId": id, "createdTime": at("03-02"), "lastUpdatedTime": at("03-05"), "programs": [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": market.0, "marketplaceName": market.1},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": "AMAZON"},
        "orderItems": [{
            "orderItemId": "81000000000001", "quantityOrdered": quantity,
            "product": {"asin": "B0EXAMPLE1", "title": "Thing <b>“A”</b>", "sellerSku": "SKU-A"},
            "fulfillment": {"quantityFulfilled": if status == "SHIPPED" { quantity } else { 0 }, "quantityUnfulfilled": 0}
        }]
    })
}

fn money(amount: &str, currency: &str) -> Value {
    json!({"amount": amount, "currencyCode": currency})
}

/// Proceeds of the order and its line.
fn priced(mut order: Value, currency: &str, item: &str, tax: Option<&str>, total: &str) -> Value {
    let mut parts = vec![json!({"type": "ITEM", "subtotal": money(item, currency)})];
    parts.extend(tax.map(|tax| {
        json!({"type": "TAX", "subtotal": money(tax, currency),
               "detailedBreakdowns": [{"subtype": "ITEM", "value": money(tax, currency)}]})
    }));
    order["proceeds"] = json!({"grandTotal": money(total, currency)});
    order["orderItems"][0]["proceeds"] = json!({"proceedsTotal": money(total, currency), "breakdowns": parts});
    order
}

/// A parcel with everything in it.
fn parcel(mut order: Value, day: &str) -> Value {
    let quantity = order["orderItems"][0]["quantityOrdered"].clone();
    order["packages"] = json!([{
        "packageReferenceId": "1", "packageStatus": {"status": "DELIVERED"}, "shipTime": at(day),
        "packageItems": [{"orderItemId": "81000000000001", "quantity": quantity}]
    }]);
    order
}

/// A transaction of one item; each amount is (parent, type, amount).
fn transaction(order: &str, kind: &str, day: &str, amounts: &[(&str, &str, &str)]) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
    let amount = |text: &str| json!({"currencyAmount": number(text), "currencyCode": "USD"});
    let parts: Vec<Value> = amounts
        .iter()
        .map(|(parent, leaf, text)| {
            json!({"breakdownType": parent, "breakdownAmount": amount(text),
                   "breakdowns": [{"breakdownType": leaf, "breakdownAmount": amount(text), "breakdowns": []}]})
        })
        .collect();
    json!({
        "transactionType": kind, "transactionId": format!("T-{kind}-{day}"), "transactionStatus": "RELEASED",
        "postedDate": at(day), "marketplaceDetails": {"marketplaceId": "ATVPDKIKX0DER", "marketplaceName": "Amazon.com"},
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order}],
        "items": [{"description": "Thing", "contexts": [
            {"contextType": "ProductContext", "sku": "SKU-A", "quantityShipped": 1}], "breakdowns": parts}],
        "breakdowns": [{"breakdownType": "Sales", "breakdownAmount": amount("999.99"), "breakdowns": null}]
    })
}

fn settle(records: &[RawRecord], cost: Option<&str>) -> Order {
    let ctx = ReadCtx {
        zone: Zone::UTC,
        currency: None,
        reads_ledger: true,
    };
    let amazon = reader(Channel::Amazon);
    let mut facts: Vec<OrderFact> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let raw = StoredRaw {
            id: at as i64 + 7,
            fetched_at: 0,
            record: record.clone(),
        };
        for fact in amazon.extract(&ctx, &raw).expect("the record is well formed") {
            match fact {
                Fact::Order(fact) => facts.push(*fact),
                other => panic!("an order's record says something else: {other:?}"),
            }
        }
    }
    let key = facts[0].key.clone();
    let told: Vec<&OrderFact> = facts.iter().collect();
    let settled = amazon.settle(&ctx, &key, &told).expect("the facts agree");
    assert_eq!(settled.notes, vec![], "a well-formed record raises no issue");
    let back: Vec<&OrderFact> = facts.iter().rev().collect();
    let again = amazon.settle(&ctx, &key, &back).expect("the facts agree");
    assert_eq!(settled, again, "whichever record comes first");
    let mut order = settled.order.expect("an order");
    let mut book = CostBook::default();
    if let Some(cost) = cost {
        let since = "2026-01-01".parse().expect("a day");
        let micros = Money::parse(cost, Currency::USD).expect("a cost").micros;
        let currency = Currency::USD;
        book.learn(
            "SKU-A",
            KnownCost {
                since,
                micros,
                currency,
            },
        );
    }
    apply_costs(&mut order, &book, Zone::UTC);
    order
}

const US: (&str, &str) = ("ATVPDKIKX0DER", "Amazon.com");
const JP: (&str, &str) = ("A1VC38T7YXB528", "Amazon.co.jp");

/// The records of a case and the unit cost.
fn records(id: &str) -> Option<(Vec<RawRecord>, Option<&'static str>)> {
    let of_order = |value: Value| record::order(&value.to_string()).expect("an order's record");
    let of_money = |value: Value| record::transaction(&value.to_string()).expect("a transaction's record");
    let number = "112-4400001-1000001";
    Some(match id {
        "tax-withheld" => (
            vec![
                of_order(priced(
                    order(number, US, "SHIPPED", 1),
                    "USD",
                    "45.00",
                    Some("3.60"),
                    "48.60",
                )),
                of_money(transaction(
                    number,
                    "Shipment",
                    "03-03",
                    &[
                        ("ProductCharges", "OurPricePrincipal", "45"),
                        ("Tax", "OurPriceTax", "3.60"),
                        ("MarketplaceWithheldTax", "MarketplaceFacilitatorTax-Principal", "-3.6"),
                        ("AmazonFees", "Commission", "-6.75"),
                        ("AmazonFees", "FBAPerUnitFulfillmentFee", "-4.10"),
                    ],
                )),
            ],
            Some("14.00"),
        ),
        "pending" => (vec![of_order(order(number, US, "PENDING", 2))], None),
        "replacement" => {
            let mut free = parcel(order(number, US, "SHIPPED", 1), "03-03");
            free["associatedOrders"] =
                json!([{"orderId": "112-4400001-1000000", "associationType": "REPLACEMENT_ORIGINAL_ID"}]);
            (vec![of_order(free)], Some("8.00"))
        }
        "mcf-copy" => {
            let number = "S01-1234567-1234567";
            let mut copy = order(number, ("A2ZV50J4W1RKNI", "Non-Amazon US"), "SHIPPED", 1);
            copy["salesChannel"]["channelName"] = json!("NON_AMAZON");
            copy["orderAliases"] = json!([{"aliasId": "#1001", "aliasType": "SELLER_ORDER_ID"}]);
            let fee = transaction(
                number,
                "Shipment",
                "03-03",
                &[("AmazonFees", "FBAPerUnitFulfillmentFee", "-5.20")],
            );
            (vec![of_order(copy), of_money(fee)], None)
        }
        "basis-unknown" => {
            let sold = priced(order(number, JP, "SHIPPED", 1), "JPY", "2200", None, "2200");
            (vec![of_order(parcel(sold, "03-03"))], None)
        }
        _ => return None,
    })
}

fn check(case: &Case) {
    let (records, cost) = records(&case.id).unwrap_or_else(|| panic!("{} has records", case.id));
    let order = settle(&records, cost);
    let stated = stated_order(case);
    assert_eq!(
        summed(&order.postings),
        summed(&stated.postings),
        "{}: postings",
        case.id
    );
    assert_eq!(order.currency, stated.currency, "{}: currency", case.id);
    assert_eq!(order.status.counts(), case.is_order, "{}: counts as an order", case.id);
    assert_eq!(order.units_placed, case.units_placed, "{}: units placed", case.id);
    assert_eq!(order.fulfilled, case.fulfilled, "{}: fulfilled", case.id);
    assert_eq!(order.priced, case.priced, "{}: priced", case.id);
    assert_eq!(
        order.basis_unknown, case.basis_unknown,
        "{}: share of tax unknown",
        case.id
    );
    assert!(
        !order.estimated && !order.incomplete,
        "{}: the records tell the whole story",
        case.id
    );
    for posting in order.postings.iter().filter(|p| p.kind.name() != "write_off") {
        let raw = order.raws.get(usize::from(posting.raw));
        assert!(
            raw.is_some_and(|raw| *raw >= 7),
            "{}: every posting rests on a record",
            case.id
        );
    }
    if case.id == "mcf-copy" {
        assert_eq!(order.status, Status::Copy, "the sale is the shop's");
        assert_eq!(order.name, "#1001", "and the shop's number leads to it");
    }
}

#[test]
fn every_amazon_record_settles_to_the_worked_postings() {
    let Some(cases) = cases() else { return };
    let ours: Vec<&Case> = cases.iter().filter(|c| c.channel == "amazon").collect();
    assert_eq!(ours.len(), 5, "every Amazon case is covered");
    for case in ours {
        check(case);
    }
}
