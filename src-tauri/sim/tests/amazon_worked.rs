//! Amazon's orders worked by hand, each as a record of the world: the truth tells exactly the postings of the file. Read
//! from `shared/design/worked-orders.json` beside the checkout.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use countinghouse_sim::truth::amazon::told;
use countinghouse_sim::truth::{Kind, Told};
use countinghouse_sim::world::Second;
use countinghouse_sim::world::amazon::{
    AmazonLine, AmazonOrder, AmazonTransaction, Charge, Held, Link, Marketplace, Network, OrderStatus, Parcel, Part,
    TransactionItem, TransactionType,
};
use serde_json::Value;

/// The file, where it lies beside the checkout.
#[expect(clippy::disallowed_methods, reason = "a test program begins here")]
fn worked() -> Option<Value> {
    let named = std::env::var_os("COUNTINGHOUSE_SHARED").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared"));
    let mut places = named.into_iter().chain(above);
    let text = places.find_map(|folder| std::fs::read_to_string(folder.join("design/worked-orders.json")).ok())?;
    Some(serde_json::from_str(&text).expect("the file is JSON"))
}

/// Noon in the marketplace on a day of March 2026.
fn noon(market: Marketplace, day: u32) -> Second {
    let hour = if market == Marketplace::Jp { 3 } else { 20 };
    let date = NaiveDate::from_ymd_opt(2026, 3, day).expect("a date");
    Second(date.and_hms_opt(hour, 0, 0).expect("a time").and_utc().timestamp())
}

fn order(market: Marketplace, quantity: u32, charge: Charge) -> AmazonOrder {
    AmazonOrder {
        market,
        index: 7,
        id: "112-0000000-0000007".to_owned(),
        created_at: noon(market, 2),
        updated_at: noon(market, 3),
        status: OrderStatus::Shipped,
        network: Network::Afn,
        business: false,
        prime: true,
        priced: true,
        tax_told: market == Marketplace::Us,
        link: None,
        replacement: false,
        copy: false,
        copy_of: None,
        seller_order_id: None,
        cancel_asked: false,
        cancelled_at: None,
        lines: vec![AmazonLine {
            item_id: 1,
            variant: 0,
            quantity,
            shipped: quantity,
            cancelled: None,
            unit_price: charge.item / i64::from(quantity),
            charge,
            funded: 0,
            points: 0,
        }],
        parcels: vec![Parcel {
            at: noon(market, 3),
            lines: vec![(0, quantity)],
        }],
    }
}

fn shipment(order: &AmazonOrder, parts: &[(&'static str, i64)]) -> AmazonTransaction {
    let part = |(name, amount): &(&'static str, i64)| Part {
        group: "AmazonFees",
        name,
        amount: *amount,
    };
    AmazonTransaction {
        id: "t".to_owned(),
        market: order.market,
        kind: TransactionType::Shipment,
        posted: noon(order.market, 3),
        shown: noon(order.market, 4),
        status: Held::Released,
        matures: None,
        other: None,
        order: Some((order.index, order.id.clone())),
        shipment: None,
        refund: None,
        period: 0,
        placed: true,
        items: vec![TransactionItem {
            line: 0,
            variant: 0,
            units: order.lines[0].quantity,
            parts: parts.iter().map(part).collect(),
        }],
        parts: Vec::new(),
    }
}

fn told_case(id: &str) -> Option<(Marketplace, Told)> {
    let us = Marketplace::Us;
    let (order, money, cost) = match id {
        "tax-withheld" => {
            let charge = Charge {
                item: 4_500,
                tax_item: 360,
                ..Charge::default()
            };
            let order = order(us, 1, charge);
            let parts = [
                ("OurPricePrincipal", 4_500),
                ("OurPriceTax", 360),
                ("MarketplaceFacilitatorTax-Principal", -360),
                ("Commission", -675),
                ("FBAPerUnitFulfillmentFee", -410),
            ];
            let money = shipment(&order, &parts);
            (order, vec![money], Some(1_400))
        }
        "pending" => {
            let mut order = order(us, 2, Charge::default());
            order.status = OrderStatus::Pending;
            order.priced = false;
            order.lines[0].shipped = 0;
            order.parcels.clear();
            (order, Vec::new(), Some(1_000))
        }
        "replacement" => {
            let mut order = order(us, 1, Charge::default());
            order.link = Some((Link::Replacement, "112-0000000-0000001".to_owned()));
            order.replacement = true;
            let money = shipment(&order, &[]);
            (order, vec![money], Some(800))
        }
        "mcf-copy" => {
            let mut order = order(us, 1, Charge::default());
            order.copy = true;
            let money = shipment(&order, &[("FBAPerUnitFulfillmentFee", -520)]);
            (order, vec![money], None)
        }
        "basis-unknown" => {
            let charge = Charge {
                item: 2_200,
                tax_item: 200,
                ..Charge::default()
            };
            // Finances dates the shipment and does not tell the share of tax; where it does, the case is another (below).
            let order = order(Marketplace::Jp, 1, charge);
            let money = shipment(&order, &[]);
            (order, vec![money], None)
        }
        _ => return None,
    };
    let market = order.market;
    Some((market, told(&order, money, market.zone(), &|_| cost)))
}

#[test]
fn the_truth_tells_the_postings_worked_by_hand() {
    let Some(file) = worked() else {
        return note("skipped: worked-orders.json is not beside the checkout (set COUNTINGHOUSE_SHARED)");
    };
    let cases = file["cases"].as_array().or_else(|| file.as_array()).expect("cases");
    let mut held = 0;
    for case in cases.iter().filter(|case| case["channel"] == "amazon") {
        let id = case["id"].as_str().expect("an id");
        let (market, told) = told_case(id).unwrap_or_else(|| panic!("{id} is built here"));
        let text = |row: &Value, name: &str| row[name].as_str().map(str::to_owned);
        let mut wanted: Vec<_> = case["postings"]
            .as_array()
            .expect("postings")
            .iter()
            .map(|row| {
                let names = ["kind", "event", "order", "ship", "amount"];
                names.map(|name| text(row, name).unwrap_or_default())
            })
            .collect();
        let mut found: Vec<_> = told
            .postings
            .iter()
            .map(|row| {
                let ship = row.ship.map_or_else(String::new, |day| day.to_string());
                [
                    row.kind.name().to_owned(),
                    row.event.to_string(),
                    row.order.to_string(),
                    ship,
                    market.currency().text(row.amount),
                ]
            })
            .collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "postings of {id}");
        let counts = ["tax-withheld", "pending", "basis-unknown"].contains(&id);
        assert_eq!(told.counts, counts, "{id} counts as an order, or not");
        assert_eq!(told.priced, id != "pending", "the price of {id}");
        assert_eq!(told.basis_unknown, id == "basis-unknown", "the tax basis of {id}");
        assert!(
            told.postings.iter().all(|row| row.kind != Kind::Payout),
            "{id} pays nothing out"
        );
        held += 1;
    }
    assert_eq!(held, 5, "all of Amazon's cases");
    note(&format!("validated: {held} worked orders"));
}

/// Tells the reader of a test run something.
#[allow(clippy::print_stderr)]
fn note(text: &str) {
    eprintln!("{text}");
}

/// LEDGER ruling 23: the share of tax is known from the moment Finances shows price and tax that together are what was charged.
#[test]
fn a_split_in_finances_tells_the_tax_apart_only_to_the_unit() {
    let market = Marketplace::Jp;
    let charge = Charge {
        item: 2_200,
        tax_item: 200,
        ..Charge::default()
    };
    for (principal, known) in [(2_000, true), (1_999, false)] {
        let order = order(market, 1, charge);
        let money = shipment(&order, &[("OurPricePrincipal", principal), ("OurPriceTax", 200)]);
        let told = told(&order, vec![money], market.zone(), &|_| None);
        let sum = |kind| -> i64 { told.postings.iter().filter(|p| p.kind == kind).map(|p| p.amount).sum() };
        let expected = if known { (2_000, 200) } else { (2_200, 0) };
        assert_eq!(
            (sum(Kind::ItemPrice), sum(Kind::TaxItem)),
            expected,
            "{principal} and 200 of tax beside the 2,200 that were charged"
        );
        assert_eq!(told.basis_unknown, !known, "and so is the basis, with {principal}");
    }
}
