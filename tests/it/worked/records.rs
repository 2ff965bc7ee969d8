//! Shopify's cases as records in the platform's own shape: extraction, settling and costing give exactly the file's postings
//! (summed by kind, dates and flags; the file sometimes writes one row where two lines carry the cost).

use std::collections::BTreeMap;

use countinghouse_core::connectors::{Channel, Fact, OrderFact, RawRecord, ReadCtx, Source, StoredRaw, reader};
use countinghouse_core::ledger::apply_costs;
use countinghouse_core::model::{CostBook, Currency, Day, Flags, KnownCost, Money, Order, Posting, When, Zone};
use serde_json::{Value, json};

use super::{Case, cases, order as stated_order};

/// A record being written.
struct Record {
    currency: &'static str,
    body: Value,
    costs: Vec<(&'static str, &'static str)>,
}

fn at(day: &str) -> String {
    format!("{day}T15:00:00Z")
}

impl Record {
    fn new(currency: &'static str, placed: &str) -> Self {
        let body = json!({
            "id": "gid://shopify/Order/9007199254740993", "name": "#1001", "createdAt": at(placed), "processedAt": at(placed),
            "updatedAt": "2026-03-20T15:00:00Z", "cancelledAt": null, "test": false, "taxesIncluded": false,
            "currencyCode": currency, "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED",
            "sourceName": "web", "lineItems": {"nodes": []}, "shippingLines": {"nodes": []}, "fulfillments": [],
            "refunds": [], "agreements": {"nodes": []}, "transactions": [], "totalTipReceivedSet": null,
            "originalTotalDutiesSet": null, "totalPriceSet": {"shopMoney": {"amount": "0.0", "currencyCode": currency}}
        });
        Record {
            currency,
            body,
            costs: Vec::new(),
        }
    }

    fn money(&self, amount: &str) -> Value {
        json!({"shopMoney": {"amount": amount, "currencyCode": self.currency}})
    }

    fn list(&mut self, pointer: &str) -> &mut Vec<Value> {
        self.body
            .pointer_mut(pointer)
            .and_then(Value::as_array_mut)
            .expect("a list of the record")
    }

    fn line(mut self, id: &'static str, quantity: i32, cost: Option<&'static str>) -> Self {
        let gift = id.starts_with("gift");
        let line = json!({
            "id": format!("gid://shopify/LineItem/{id}"), "title": "Thing <b>“A”</b>", "sku": format!("SKU-{id}"),
            "quantity": quantity, "currentQuantity": quantity, "isGiftCard": gift, "requiresShipping": !gift,
            "originalTotalSet": self.money("0.0"), "discountAllocations": [], "taxLines": [],
            "variant": {"id": format!("gid://shopify/ProductVariant/{id}")}
        });
        self.list("/lineItems/nodes").push(line);
        self.costs.extend(cost.map(|c| (id, c)));
        self
    }

    /// An agreement; each sale is (action, line type, units, total with tax, tax, discount before tax, line).
    fn agreement(mut self, day: &str, reason: &str, sales: &[(&str, &str, i32, &str, &str, &str, &str)]) -> Self {
        let index = self.list("/agreements/nodes").len();
        if index == 0 {
            // The total as placed.
            let currency: Currency = self.currency.parse().expect("a currency");
            let micros = |total: &str| Money::parse(total, currency).expect("an amount").micros;
            let placed = sales.iter().map(|sale| micros(sale.3)).sum();
            self.body["totalPriceSet"] = self.money(&currency.format(placed));
        }
        let rows: Vec<Value> = sales
            .iter()
            .enumerate()
            .map(|(i, (action, kind, quantity, total, tax, discount, line))| {
                let mut row = json!({
                    "id": format!("gid://shopify/ProductSale/{index}{i}"), "actionType": action, "lineType": kind,
                    "quantity": quantity, "totalAmount": self.money(total), "totalTaxAmount": self.money(tax),
                    "totalDiscountAmountBeforeTaxes": self.money(discount)
                });
                if !line.is_empty() {
                    row["lineItem"] = json!({"id": format!("gid://shopify/LineItem/{line}")});
                }
                row
            })
            .collect();
        let agreement = json!({
            "id": format!("gid://shopify/SalesAgreement/{index}"), "happenedAt": at(day), "reason": reason,
            "sales": {"nodes": rows}
        });
        self.list("/agreements/nodes").push(agreement);
        self
    }

    fn shipped(mut self, day: &str, lines: &[(&str, i32)]) -> Self {
        let nodes: Vec<Value> = lines
            .iter()
            .map(|(id, q)| json!({"quantity": q, "lineItem": {"id": format!("gid://shopify/LineItem/{id}")}}))
            .collect();
        let id = self.list("/fulfillments").len();
        let fulfilment = json!({
            "id": format!("gid://shopify/Fulfillment/{id}"), "status": "SUCCESS", "createdAt": at(day),
            "fulfillmentLineItems": {"nodes": nodes}
        });
        self.list("/fulfillments").push(fulfilment);
        self.body["displayFulfillmentStatus"] = json!("FULFILLED");
        self
    }

    fn refund(mut self, day: &str, lines: &[(&str, i32, &str)]) -> Self {
        let nodes: Vec<Value> = lines
            .iter()
            .map(|(id, q, restock)| {
                json!({"quantity": q, "restockType": restock, "lineItem": {"id": format!("gid://shopify/LineItem/{id}")},
                       "subtotalSet": self.money("0.0"), "totalTaxSet": self.money("0.0")})
            })
            .collect();
        let id = self.list("/refunds").len();
        let refund = json!({
            "id": format!("gid://shopify/Refund/{id}"), "createdAt": at(day), "processedAt": at(day),
            "refundLineItems": {"nodes": nodes}, "refundShippingLines": {"nodes": []}, "orderAdjustments": {"nodes": []}
        });
        self.list("/refunds").push(refund);
        self
    }

    fn set(mut self, field: &str, value: Value) -> Self {
        self.body[field] = value;
        self
    }

    fn settle(&self) -> Order {
        let raw = StoredRaw {
            id: 7,
            fetched_at: 0,
            record: RawRecord {
                stream: "orders".into(),
                key: "9007199254740993".into(),
                facet: "order".into(),
                source: Source::Page,
                version: 0,
                bytes: self.body.to_string().into_bytes(),
            },
        };
        let ctx = ReadCtx {
            zone: Zone::UTC,
            currency: None,
            reads_ledger: true,
        };
        let shopify = reader(Channel::Shopify);
        let facts = shopify.extract(&ctx, &raw).expect("the record is well formed");
        let facts: Vec<&OrderFact> = facts
            .iter()
            .map(|f| match f {
                Fact::Order(fact) => fact.as_ref(),
                other => panic!("an order record says something else: {other:?}"),
            })
            .collect();
        let settled = shopify
            .settle(&ctx, "9007199254740993", &facts)
            .expect("the facts agree");
        assert_eq!(settled.notes, vec![], "a well-formed record raises no issue");
        let mut order = settled.order.expect("an order");
        let currency: Currency = self.currency.parse().expect("a currency");
        let mut book = CostBook::default();
        for (line, cost) in &self.costs {
            let micros = Money::parse(cost, currency).expect("a cost").micros;
            book.learn(
                line,
                KnownCost {
                    since: "2026-01-01".parse().expect("a day"),
                    micros,
                    currency,
                },
            );
        }
        apply_costs(&mut order, &book, Zone::UTC);
        order
    }
}

const P: (&str, &str) = ("ORDER", "PRODUCT");
const R: (&str, &str) = ("RETURN", "PRODUCT");

/// The record of a case.
fn record(id: &str) -> Option<Record> {
    let usd = || Record::new("USD", "2026-03-02");
    let (d2, d3, d4, d9) = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-09");
    Some(match id {
        "plain" => usd().line("1", 2, Some("20.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 2, "108.0", "8.0", "0.0", "1"), ("ORDER", "SHIPPING", 1, "5.0", "0.0", "0.0", "")])
            .shipped(d3, &[("1", 2)]),
        "brief" => usd().line("1", 1, None)
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "299.99", "20.0", "0.0", "1")]).shipped(d3, &[("1", 1)]),
        "line-discount" => usd().line("1", 1, Some("45"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "97.2", "7.2", "10.0", "1")]).shipped(d3, &[("1", 1)]),
        "order-discount-cents" => usd().line("1", 1, Some("4")).line("2", 1, Some("4")).line("3", 1, Some("4"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "6.66", "0.0", "3.34", "1"), (P.0, P.1, 1, "6.67", "0.0", "3.33", "2"), (P.0, P.1, 1, "6.67", "0.0", "3.33", "3")])
            .shipped(d3, &[("1", 1), ("2", 1), ("3", 1)]),
        "free-shipping" => usd().line("1", 1, Some("15.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "43.2", "3.2", "0.0", "1"), ("ORDER", "SHIPPING", 1, "0.0", "0.0", "6.0", "")])
            .shipped(d3, &[("1", 1)]),
        "all-off" => usd().line("1", 1, Some("9.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "0.0", "0.0", "25.0", "1")]).shipped(d3, &[("1", 1)]),
        "partial-refund" => usd().line("1", 2, Some("11.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 2, "64.8", "4.8", "0.0", "1")])
            .agreement(d9, "REFUND", &[(R.0, R.1, -1, "-32.4", "-2.4", "0.0", "1")])
            .shipped(d3, &[("1", 2)]).refund(d9, &[("1", 1, "RETURN")]),
        "refund-other-month" => Record::new("USD", "2026-01-30").line("1", 1, Some("33.0"))
            .agreement("2026-01-30", "ORDER", &[(P.0, P.1, 1, "86.4", "6.4", "0.0", "1")])
            .agreement("2026-02-10", "REFUND", &[(R.0, R.1, -1, "-86.4", "-6.4", "0.0", "1")])
            .shipped("2026-01-31", &[("1", 1)]).refund("2026-02-10", &[("1", 1, "NO_RESTOCK")]),
        "goodwill" => usd().line("1", 1, Some("20.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "59.4", "4.4", "0.0", "1")])
            .agreement(d9, "REFUND", &[("RETURN", "ADJUSTMENT", 0, "-5.0", "0.0", "0.0", "")])
            .shipped(d3, &[("1", 1)]).refund(d9, &[]),
        "restocking-fee" => usd().line("1", 1, Some("40.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "108.0", "8.0", "0.0", "1")])
            .agreement(d9, "RETURN", &[(R.0, R.1, -1, "-108.0", "-8.0", "0.0", "1"), ("ORDER", "FEE", 1, "15.0", "0.0", "0.0", "")])
            .shipped(d3, &[("1", 1)]).refund(d9, &[("1", 1, "RETURN")]),
        "edit-up" => usd().line("1", 1, Some("8.0")).line("2", 1, Some("6.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "20.0", "0.0", "0.0", "1")])
            .agreement(d3, "ORDER_EDIT", &[(P.0, P.1, 1, "15.0", "0.0", "0.0", "2")])
            .shipped(d4, &[("1", 1), ("2", 1)]),
        "edit-down" => usd().line("1", 2, Some("7.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 2, "40.0", "0.0", "0.0", "1")])
            .agreement(d3, "ORDER_EDIT", &[(R.0, R.1, -1, "-20.0", "0.0", "0.0", "1")])
            .shipped(d4, &[("1", 1)]),
        "exchange" => usd().line("1", 1, Some("18.0")).line("2", 1, Some("22.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "50.0", "0.0", "0.0", "1")])
            .agreement(d9, "RETURN", &[(R.0, R.1, -1, "-50.0", "0.0", "0.0", "1"), (P.0, P.1, 1, "60.0", "0.0", "0.0", "2")])
            .shipped(d3, &[("1", 1)]).shipped("2026-03-10", &[("2", 1)]).refund(d9, &[("1", 1, "RETURN")]),
        "cancelled-unpaid" => usd().line("1", 1, None)
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "75.6", "5.6", "0.0", "1")])
            .agreement(d3, "REFUND", &[(R.0, R.1, -1, "-75.6", "-5.6", "0.0", "1")])
            .refund(d3, &[("1", 1, "CANCEL")]).set("cancelledAt", json!(at(d3))),
        "cancelled-paid" => usd().line("1", 1, None)
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "75.6", "5.6", "0.0", "1"), ("ORDER", "SHIPPING", 1, "4.0", "0.0", "0.0", "")])
            .agreement(d4, "REFUND", &[(R.0, R.1, -1, "-75.6", "-5.6", "0.0", "1"), ("RETURN", "SHIPPING", -1, "-4.0", "0.0", "0.0", "")])
            .refund(d4, &[("1", 1, "CANCEL")]).set("cancelledAt", json!(at(d4))),
        "gift-card-sold" => usd().line("1", 1, Some("16.0")).line("gift", 1, None)
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "40.0", "0.0", "0.0", "1"), ("ORDER", "GIFT_CARD", 1, "50.0", "0.0", "0.0", "gift"), ("ORDER", "SHIPPING", 1, "10.0", "0.0", "0.0", "")])
            .shipped(d3, &[("1", 1)]),
        "gift-card-used" => usd().line("1", 1, Some("16.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "40.0", "0.0", "0.0", "1")]).shipped(d3, &[("1", 1)])
            .set("transactions", json!([{"kind": "SALE", "status": "SUCCESS", "test": false, "gateway": "gift_card", "fees": []}])),
        "tip-duty" => usd().line("1", 1, Some("12.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "32.4", "2.4", "0.0", "1"), ("ORDER", "DUTY", 1, "4.0", "0.0", "0.0", ""), ("ORDER", "TIP", 1, "5.0", "0.0", "0.0", "")])
            .shipped(d3, &[("1", 1)]),
        "two-currencies" => usd().line("1", 1, Some("50.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "108.0", "0.0", "0.0", "1")]).shipped(d3, &[("1", 1)])
            .set("totalPriceSet", json!({"shopMoney": {"amount": "108.0", "currencyCode": "USD"}, "presentmentMoney": {"amount": "100.0", "currencyCode": "EUR"}})),
        "tax-included" => Record::new("GBP", d2).line("1", 1, Some("40.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "108.0", "18.0", "10.0", "1")]).shipped(d3, &[("1", 1)])
            .set("taxesIncluded", json!(true)),
        "bundle" => usd().line("1", 1, Some("21.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "60.0", "0.0", "0.0", "1")]).shipped(d3, &[("1", 1)]),
        "split-shipment" => usd().line("1", 3, Some("3.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 3, "29.97", "0.0", "0.0", "1"), ("ORDER", "SHIPPING", 1, "5.0", "0.0", "0.0", "")])
            .shipped(d3, &[("1", 2)]).shipped("2026-03-05", &[("1", 1)]),
        "refund-with-shipping" => usd().line("1", 1, Some("21.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "54.0", "4.0", "0.0", "1"), ("ORDER", "SHIPPING", 1, "6.48", "0.48", "0.0", "")])
            .agreement(d9, "REFUND", &[(R.0, R.1, -1, "-54.0", "-4.0", "0.0", "1"), ("RETURN", "SHIPPING", -1, "-6.48", "-0.48", "0.0", "")])
            .shipped(d3, &[("1", 1)]).refund(d9, &[("1", 1, "RETURN")]),
        "yen" => Record::new("JPY", d2).line("1", 1, Some("1200"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "2700", "0", "300", "1")]).shipped(d3, &[("1", 1)]),
        "partly-cancelled" => usd().line("1", 1, None).line("2", 1, Some("25.0"))
            .agreement(d2, "ORDER", &[(P.0, P.1, 1, "36.0", "0.0", "4.0", "1"), (P.0, P.1, 1, "54.0", "0.0", "6.0", "2")])
            .agreement(d3, "REFUND", &[(R.0, R.1, -1, "-36.0", "0.0", "0.0", "1")])
            .agreement(d9, "REFUND", &[("RETURN", "ADJUSTMENT", 0, "-10.0", "0.0", "0.0", "")])
            .shipped(d4, &[("2", 1)]).refund(d3, &[("1", 1, "CANCEL")]),
        _ => return None,
    })
}

/// Postings summed by what a person compares: kind, days, and the file's three flags.
pub(super) fn summed(postings: &[Posting]) -> BTreeMap<(String, Day, Option<Day>, String), i64> {
    let mut sums = BTreeMap::new();
    for p in postings {
        let flags: String = [('c', Flags::CANCELLED), ('s', Flags::SHIPPED), ('e', Flags::EDIT)]
            .iter()
            .filter(|(_, f)| p.flags.has(*f))
            .map(|(letter, _)| *letter)
            .collect();
        let day = |w: When| w.day(Zone::UTC);
        *sums
            .entry((p.kind.name().to_owned(), day(p.event_at), p.ship_at.map(day), flags))
            .or_insert(0) += p.micros;
    }
    sums.retain(|_, amount| *amount != 0);
    sums
}

fn check(case: &Case) {
    let record = record(&case.id).unwrap_or_else(|| panic!("{} has a record", case.id));
    let order = record.settle();
    let stated = stated_order(case);
    assert_eq!(
        summed(&order.postings),
        summed(&stated.postings),
        "{}: postings",
        case.id
    );
    assert_eq!(order.units_placed, case.units_placed, "{}: units placed", case.id);
    assert_eq!(
        order.units_cancelled, case.cancelled_units,
        "{}: units withdrawn",
        case.id
    );
    assert_eq!(order.fulfilled, case.fulfilled, "{}: fulfilled", case.id);
    let first_ship = case.shipped.first().map(|(day, _)| day.parse::<Day>().expect("a day"));
    assert_eq!(
        order.first_ship.map(|w| w.day(Zone::UTC)),
        first_ship,
        "{}: first shipment",
        case.id
    );
    assert!(
        !order.estimated && !order.incomplete,
        "{}: agreements tell the whole story",
        case.id
    );
    for posting in &order.postings {
        assert_eq!(
            order.raws.get(usize::from(posting.raw)),
            Some(&7),
            "{}: every posting rests on the record",
            case.id
        );
    }
}

#[test]
fn every_shopify_record_settles_to_the_worked_postings() {
    let Some(cases) = cases() else { return };
    let ours: Vec<&Case> = cases.iter().filter(|c| c.channel == "shopify").collect();
    assert_eq!(ours.len(), 25, "every Shopify case is covered");
    for case in ours {
        check(case);
    }
}
