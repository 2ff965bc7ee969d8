//! Orders, reports, transactions, events and settlements tell of the same sale: each cent counts once, in whatever order they come.

use proptest::prelude::*;
use serde_json::json;

use super::{NUMBER, US, figure, import_well, item, ledger, order, page, sums, transaction};
use crate::rig::Rig;

const SALE: &[(&str, &str)] = &[
    ("OurPricePrincipal", "50"),
    ("OurPriceTax", "4.0"),
    ("MarketplaceFacilitatorTax-Principal", "-4"),
    ("Commission", "-7.50"),
    ("FBAPerUnitFulfillmentFee", "-6.0200"),
];

const REFUND: &[(&str, &str)] = &[
    ("OurPricePrincipal", "-25.00"),
    ("OurPriceTax", "-2"),
    ("MarketplaceFacilitatorTax-Principal", "2"),
    ("Commission", "3.75"),
    ("RefundCommission", "-0.75"),
];

const SHIPPED: &str = "2026-03-04T20:00:00Z";
const REFUNDED: &str = "2026-03-12T20:00:00Z";
const STORED: &str = "2026-03-15T20:00:00Z";

fn line(id: &str, price: Option<&str>, tax: Option<&str>) -> serde_json::Value {
    item(id, "SKU-A", 1, "USD", price, tax)
}

/// The same sale as everything that Amazon sends may tell it, each as a file.
fn files() -> Vec<(&'static str, String)> {
    let pending = order(
        NUMBER,
        US,
        "PENDING",
        "2026-03-02T18:01:00Z",
        &[line("1", None, None), line("2", None, None)],
    );
    let both = [
        line("1", Some("25.00"), Some("2.00")),
        line("2", Some("25.00"), Some("2.00")),
    ];
    let unshipped = order(NUMBER, US, "UNSHIPPED", "2026-03-03T10:00:00Z", &both);
    let shipped = order(NUMBER, US, "SHIPPED", "2026-03-05T10:00:00Z", &both);
    let sale = |id, status| transaction(Some(NUMBER), "Shipment", id, status, SHIPPED, &[("SKU-A", 2, SALE)]);
    let mut release = sale("T-2", "RELEASED");
    release["postedDate"] = json!("2026-03-11T08:00:00Z");
    let back = json!({"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": "T-1"});
    release["relatedIdentifiers"].as_array_mut().expect("a list").push(back);
    let refund = transaction(
        Some(NUMBER),
        "Refund",
        "T-3",
        "RELEASED",
        REFUNDED,
        &[("SKU-A", 1, REFUND)],
    );
    let storage = transaction(
        None,
        "ServiceFee",
        "T-4",
        "RELEASED",
        STORED,
        &[("", 0, &[("FBAStorageFee", "-14.22")])],
    );
    let v0 = json!({"payload": {"Orders": [{
        "AmazonOrderId": NUMBER, "PurchaseDate": "2026-03-02T18:00:00Z", "LastUpdateDate": "2026-03-05T10:00:00Z",
        "OrderStatus": "Shipped", "SalesChannel": "Amazon.com", "MarketplaceId": US, "IsReplacementOrder": "false",
        "OrderTotal": {"CurrencyCode": "USD", "Amount": "54.00"}, "NumberOfItemsShipped": 2}]}});
    let old = |id: &str| {
        json!({"OrderItemId": id, "SellerSKU": "SKU-A", "ASIN": "B0EXAMPLE1", "QuantityOrdered": 1, "QuantityShipped": "1",
               "ItemPrice": {"CurrencyCode": "USD", "Amount": "25.00"}, "ItemTax": {"CurrencyCode": "USD", "Amount": "2.00"}})
    };
    let items = json!({"payload": {"AmazonOrderId": NUMBER, "OrderItems": [old("1"), old("2")]}});
    let charge = |kind: &str, amount: &str| {
        let number: serde_json::Value = serde_json::from_str(amount).expect("a number");
        json!({"ChargeType": kind, "ChargeAmount": {"CurrencyCode": "USD", "CurrencyAmount": number}})
    };
    let fee = |kind: &str, amount: &str| {
        let number: serde_json::Value = serde_json::from_str(amount).expect("a number");
        json!({"FeeType": kind, "FeeAmount": {"CurrencyCode": "USD", "CurrencyAmount": number}})
    };
    let events = json!({"payload": {"FinancialEvents": {"ShipmentEventList": [{
        "AmazonOrderId": NUMBER, "PostedDate": SHIPPED, "MarketplaceName": "Amazon.com", "ShipmentItemList": [{
            "SellerSKU": "SKU-A", "OrderItemId": "1", "QuantityShipped": 2,
            "ItemChargeList": [charge("Principal", "50.00"), charge("Tax", "4.00")],
            "ItemTaxWithheldList": [{"TaxCollectionModel": "MarketplaceFacilitator",
                                     "TaxesWithheld": [charge("MarketplaceFacilitatorTax-Principal", "-4.00")]}],
            "ItemFeeList": [fee("Commission", "-7.50"), fee("FBAPerUnitFulfillmentFee", "-6.02")]}]}]}}});
    vec![
        ("pending.json", page(&[pending])),
        ("unshipped.json", page(&[unshipped])),
        ("shipped.json", page(&[shipped])),
        ("report.tsv", report()),
        ("v0.json", v0.to_string()),
        ("v0-items.json", items.to_string()),
        ("deferred.json", ledger(&[sale("T-1", "DEFERRED")])),
        (
            "released.json",
            ledger(&[sale("T-1", "DEFERRED_RELEASED"), release, refund, storage]),
        ),
        ("events.json", events.to_string()),
        ("settlement.tsv", settlement()),
    ]
}

/// The order in an all-orders report: two rows that look alike, and are two.
fn report() -> String {
    let header = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsales-channel\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price\titem-tax\tship-city";
    let row = format!(
        "{NUMBER}\t2026-03-02T18:00:00+00:00\t2026-03-05T10:00:00+00:00\tShipped\tAmazon.com\tThing\tSKU-A\tB0EXAMPLE1\tShipped\t1\tUSD\t25.00\t2.00\tSEATTLE"
    );
    format!("{header}\n{row}\n{row}\n")
}

/// The settlement that pays for the sale, the refund and the storage.
fn settlement() -> String {
    let mut text = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\tposted-date-time\torder-item-code\tsku\tquantity-purchased\n".to_owned();
    text.push_str("77\t2026-03-01 00:00:00 UTC\t2026-03-16 00:00:00 UTC\t2026-03-18 00:00:00 UTC\t0.26\tUSD\t\t\t\t\t\t\t\t\t\t\t\n");
    let mut row = |kind: &str, order: &str, of: &str, what: &str, amount: &str, at: &str, sku: &str, units: &str| {
        let date = &at[..10];
        let time = at.replace('T', " ").replace('Z', " UTC");
        text.push_str(&format!(
            "77\t\t\t\t\t\t{kind}\t{order}\tAmazon.com\t{of}\t{what}\t{amount}\t{date}\t{time}\t1\t{sku}\t{units}\n"
        ));
    };
    for (of, what, amount) in [
        ("ItemPrice", "Principal", "50.00"),
        ("ItemPrice", "Tax", "4.00"),
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", "-4.00"),
        ("ItemFees", "Commission", "-7.50"),
        ("ItemFees", "FBAPerUnitFulfillmentFee", "-6.02"),
    ] {
        row("Order", NUMBER, of, what, amount, SHIPPED, "SKU-A", "2");
    }
    for (of, what, amount) in [
        ("ItemPrice", "Principal", "-25.00"),
        ("ItemPrice", "Tax", "-2.00"),
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", "2.00"),
        ("ItemFees", "Commission", "3.75"),
        ("ItemFees", "RefundCommission", "-0.75"),
    ] {
        row("Refund", NUMBER, of, what, amount, REFUNDED, "SKU-A", "1");
    }
    row(
        "other-transaction",
        "",
        "other-transaction",
        "Storage Fee",
        "-14.22",
        STORED,
        "",
        "",
    );
    text
}

/// What it all comes to, whoever tells it.
fn expected() -> Vec<(&'static str, &'static str)> {
    vec![
        ("fee_commission", "-7.50"),
        ("fee_fulfilment", "-6.02"),
        ("fee_refund", "3.00"),
        ("fee_storage", "-14.22"),
        ("item_price", "50.00"),
        ("refund_item", "-25.00"),
        ("refund_tax", "-2.00"),
        ("tax_item", "4.00"),
        ("tax_withheld", "-2.00"),
    ]
}

fn check(rig: &Rig, what: &str) {
    let found: Vec<(&str, String)> = sums(rig).into_iter().collect();
    let expected: Vec<(&str, String)> = expected()
        .into_iter()
        .map(|(kind, amount)| (kind, amount.to_owned()))
        .collect();
    assert_eq!(found, expected, "{what}: each cent counts once");
    assert_eq!(figure(rig, "orders"), json!(1), "{what}: one order");
    assert_eq!(figure(rig, "units"), json!(2), "{what}: two units");
}

fn digest<'f>(files: impl Iterator<Item = &'f (&'static str, String)>) -> (Rig, String) {
    let rig = Rig::new();
    for (name, text) in files {
        import_well(&rig, name, text);
    }
    let digest = rig.profile.digest().expect("a digest");
    (rig, digest)
}

#[test]
fn each_cent_counts_once_whatever_comes_first() {
    let files = files();
    let (rig, straight) = digest(files.iter());
    check(&rig, "in order");
    let (_, back) = digest(files.iter().rev());
    assert_eq!(straight, back, "newest first");
    let (_, twice) = digest(files.iter().chain(files.iter()));
    assert_eq!(straight, twice, "everything twice");
    rig.profile.rebuild().expect("a rebuild");
    assert_eq!(straight, rig.profile.digest().expect("a digest"), "rebuilt from raw");
    rig.profile.rebuild_measures().expect("a recount");
    assert_eq!(straight, rig.profile.digest().expect("a digest"), "counted anew");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&Just(files.clone()).prop_shuffle(), |files| {
            let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
            let found = digest(files.iter()).1;
            prop_assert!(straight == found, "{:?}", names);
            Ok(())
        })
        .expect("any order of arrival gives the same ledger");
}

/// Every way to put four files one after the other.
#[test]
fn each_cent_counts_once_on_every_order_of_order_report_finances_and_settlement() {
    let all = files();
    let of = |name: &str| all.iter().find(|(n, _)| *n == name).expect("a file").clone();
    let four = ["shipped.json", "report.tsv", "released.json", "settlement.tsv"].map(of);
    let mut first: Option<String> = None;
    for a in 0..4 {
        for b in (0..4).filter(|b| *b != a) {
            for c in (0..4).filter(|c| ![a, b].contains(c)) {
                let d = 6 - a - b - c;
                let (rig, digest) = digest([a, b, c, d].iter().map(|at| &four[*at]));
                check(&rig, &format!("{a}{b}{c}{d}"));
                let first = first.get_or_insert_with(|| digest.clone());
                assert_eq!(first, &digest, "{a}{b}{c}{d}: the same ledger");
            }
        }
    }
}

/// Whatever subset of the tellings is there, nothing that it tells is counted twice.
#[test]
fn any_two_of_them_count_the_sale_once() {
    let all = files();
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            let (rig, _) = digest([one, other].into_iter());
            let sums = if super::orders(&rig).is_empty() {
                continue;
            } else {
                sums(&rig)
            };
            let names = (one.0, other.0);
            for (kind, most) in expected() {
                // Without the refund, all of the tax is withheld.
                let whole = if kind == "tax_withheld" { "-4.00" } else { most };
                if let Some(found) = sums.get(kind) {
                    assert!(found == most || found == whole, "{kind} of {names:?}: {found}");
                }
            }
            assert!(
                figure(&rig, "orders").as_u64() <= Some(1) && figure(&rig, "units").as_u64() <= Some(2),
                "one order at most: {names:?}"
            );
        }
    }
}
