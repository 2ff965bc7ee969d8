//! Events of the older interface of Finances: a total beside its parts counts once, whatever list it stands in; and money that a
//! bank took back is a refund by either interface.

use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::failures::{shipped, sold};
use super::{NUMBER, US, figure, import_well, ledger, sums, the, transaction};
use crate::rig::Rig;

const POSTED: &str = "2026-03-12T20:00:00Z";

fn dollars(amount: &str) -> Value {
    let number: Value = serde_json::from_str(amount).expect("a number");
    json!({"CurrencyCode": "USD", "CurrencyAmount": number})
}

/// An answer with one event in one list.
fn answer(list: &str, event: &Value) -> String {
    json!({"payload": {"FinancialEvents": {list: [event]}}}).to_string()
}

/// Sums of an answer that stands alone.
fn alone(list: &str, event: &Value) -> Vec<(&'static str, String)> {
    let rig = Rig::new();
    import_well(&rig, "events.json", answer(list, event));
    sums(&rig).into_iter().collect()
}

fn one(kind: &'static str, amount: &str) -> Vec<(&'static str, String)> {
    vec![(kind, amount.to_owned())]
}

#[test]
fn amazon_failure_31_a_total_of_the_older_interface_is_not_added_to_its_parts() {
    let item = |total: &str| json!({"Quantity": "2", "PerUnitAmount": dollars("10.00"), "TotalAmount": dollars(total), "SellerSKU": "SKU-A"});
    let adjusted = |items: &[Value]| json!({"AdjustmentType": "WAREHOUSE_DAMAGE", "PostedDate": POSTED, "AdjustmentAmount": dollars("20.00"), "AdjustmentItemList": items});
    assert_eq!(
        alone("AdjustmentEventList", &adjusted(&[item("20.00")])),
        one("reimbursement", "20.00"),
        "two damaged units at 10.00 are paid with 20.00 once"
    );
    assert_eq!(
        alone("AdjustmentEventList", &adjusted(&[item("12.00")])),
        one("reimbursement", "20.00"),
        "items that do not come to the whole leave it as it is stated"
    );
    assert_eq!(
        alone("AdjustmentEventList", &adjusted(&[])),
        one("reimbursement", "20.00"),
        "without items it stands alone"
    );
    let coupon = json!({"PostedDate": POSTED, "CouponId": "c",
        "FeeComponent": {"FeeType": "CouponRedemptionFee", "FeeAmount": dollars("-0.60")},
        "ChargeComponent": {"ChargeType": "CouponTax", "ChargeAmount": dollars("-0.05")}, "TotalAmount": dollars("-0.65")});
    assert_eq!(
        alone("CouponPaymentEventList", &coupon),
        one("fee_other", "-0.65"),
        "a coupon costs its total"
    );
    let deal = json!({"postedDate": POSTED, "dealId": "d", "feeType": "RunLightningDealFee",
        "feeAmount": dollars("-150.00"), "taxAmount": dollars("-12.00"), "totalAmount": dollars("-162.00")});
    assert_eq!(
        alone("SellerDealPaymentEventList", &deal),
        one("fee_other", "-162.00"),
        "a deal costs its fee with the tax on it"
    );
    let ads = json!({"postedDate": POSTED, "transactionType": "Charge", "invoiceId": "i",
        "baseValue": dollars("-30.00"), "taxValue": dollars("-3.00"), "transactionValue": dollars("-33.00")});
    assert_eq!(
        alone("ProductAdsPaymentEventList", &ads),
        one("payout", "-33.00"),
        "a bill of advertising is paid once"
    );
    let paid = json!({"PostedDate": POSTED, "SAFETClaimId": "s", "ReasonCode": "r", "ReimbursedAmount": dollars("7.50"),
        "SAFETReimbursementItemList": [{"itemChargeList": [{"ChargeType": "Principal", "ChargeAmount": dollars("7.50")}]}]});
    assert_eq!(
        alone("SAFETReimbursementEventList", &paid),
        one("reimbursement", "7.50"),
        "a claim is paid once"
    );
    let held = json!({"PostedDate": POSTED, "BaseAmount": dollars("500.00"), "WithheldAmount": dollars("-120.00")});
    let withheld = alone("TaxWithholdingEventList", &held);
    assert_eq!(
        withheld.iter().map(|(_, amount)| amount.as_str()).collect::<Vec<_>>(),
        ["-120.00"],
        "what tax was reckoned on is no money that moved: {withheld:?}"
    );
}

/// The order that a bank takes the money of back.
fn paid() -> Rig {
    shipped(US, sold(1, "30.00", "2.40"))
}

fn taken_back(rig: &Rig, how: &str) {
    assert_eq!(
        rig.kpi(Definition::Platform, "refunds"),
        json!("30.00"),
        "{how}: what a bank took back is a refund: {:?}",
        sums(rig)
    );
    assert_eq!(
        rig.kpi(Definition::Platform, "net_sales"),
        json!("0.00"),
        "{how}: nothing is left of the sale"
    );
    assert_eq!(sums(rig)["refund_tax"], "-2.40", "{how}: its tax went back too");
    assert_eq!(sums(rig)["fee_refund"], "-20.00", "{how}: the fee for it is one");
}

#[test]
fn a_chargeback_is_a_refund_and_no_fee() {
    let rig = paid();
    let amounts = [
        ("OurPricePrincipal", "-30.00"),
        ("OurPriceTax", "-2.40"),
        ("ChargebackFee", "-20.00"),
    ];
    let back = transaction(
        Some(NUMBER),
        "Chargeback",
        "T-1",
        "RELEASED",
        POSTED,
        &[("SKU-A", 1, &amounts)],
    );
    import_well(&rig, "ledger.json", ledger(&[back]));
    taken_back(&rig, "the current interface");
    let rig = paid();
    let charge = |kind: &str, amount: &str| json!({"ChargeType": kind, "ChargeAmount": dollars(amount)});
    let back = json!({"AmazonOrderId": NUMBER, "PostedDate": POSTED, "MarketplaceName": "Amazon.com",
        "ShipmentItemAdjustmentList": [{"SellerSKU": "SKU-A", "OrderAdjustmentItemId": "9", "QuantityShipped": 1,
            "ItemChargeAdjustmentList": [charge("Principal", "-30.00"), charge("Tax", "-2.40")],
            "ItemFeeAdjustmentList": [{"FeeType": "ChargebackFee", "FeeAmount": dollars("-20.00")}]}]});
    import_well(&rig, "events.json", answer("ChargebackEventList", &back));
    taken_back(&rig, "the older interface");
}

#[test]
fn an_event_counts_once_in_whatever_way_its_file_is_written() {
    let rig = paid();
    let plain = r#"{"payload":{"FinancialEvents":{"RefundEventList":[{"AmazonOrderId":"112-4400001-1000001","PostedDate":"2026-03-12T20:00:00Z","MarketplaceName":"Amazon.com","ShipmentItemAdjustmentList":[{"SellerSKU":"SKU-A","QuantityShipped":1,"ItemChargeAdjustmentList":[{"ChargeType":"Principal","ChargeAmount":{"CurrencyCode":"USD","CurrencyAmount":-30.0}}]}]}]}}}"#;
    let moved = r#"{ "payload": { "FinancialEvents": { "RefundEventList": [ {
        "PostedDate": "2026-03-12T20:00:00Z", "AmazonOrderId": "112-4400001-1000001", "MarketplaceName": "Amazon.com",
        "ShipmentItemAdjustmentList": [ { "QuantityShipped": 1, "SellerSKU": "SKU-A",
            "ItemChargeAdjustmentList": [ { "ChargeType": "Principal", "ChargeAmount": { "CurrencyAmount": -30, "CurrencyCode": "USD" } } ] } ] } ] } } }"#;
    import_well(&rig, "plain.json", plain);
    import_well(&rig, "spaced.json", moved);
    assert_eq!(figure(&rig, "refunds"), json!("30.00"), "paid back once");
    let unnamed = |amount: &str| {
        format!(
            r#"{{"payload":{{"transactions":[{{"transactionType":"ServiceFee","postedDate":"{POSTED}","totalAmount":{{"currencyAmount":{amount},"currencyCode":"USD"}}}}]}}}}"#
        )
    };
    import_well(&rig, "fee.json", unnamed("-2.50"));
    import_well(&rig, "fee-again.json", unnamed(" -2.5 "));
    assert_eq!(
        sums(&rig)["fee_other"],
        "-2.50",
        "nor does a transaction without an id count twice"
    );
    let two = answer_of_two();
    import_well(&rig, "two.json", two);
    assert_eq!(
        figure(&rig, "refunds"),
        json!("36.00"),
        "two alike in one answer are two, be they written differently"
    );
    assert!(the(&rig, NUMBER).priced, "the sale stands");
}

fn answer_of_two() -> String {
    let part = |amount: &str| {
        format!(
            r#"{{"AmazonOrderId":"{NUMBER}","PostedDate":"2026-03-13T20:00:00Z","ShipmentItemAdjustmentList":[{{"SellerSKU":"SKU-A","ItemChargeAdjustmentList":[{{"ChargeType":"Goodwill","ChargeAmount":{{"CurrencyCode":"USD","CurrencyAmount":{amount}}}}}]}}]}}"#
        )
    };
    format!(
        r#"{{"payload":{{"FinancialEvents":{{"RefundEventList":[{},{}]}}}}}}"#,
        part("-3.00"),
        part("-3.0")
    )
}

#[test]
fn money_that_the_buyer_paid_to_the_seller_is_not_earned_again() {
    let rig = paid();
    let direct = json!({"AmazonOrderId": NUMBER, "PostedDate": "2026-03-04T20:00:00Z", "MarketplaceName": "Amazon.com",
        "DirectPaymentList": [{"DirectPaymentType": "StoredValueCardRevenue", "DirectPaymentAmount": dollars("32.40")}]});
    import_well(&rig, "events.json", answer("ShipmentEventList", &direct));
    let sums = sums(&rig);
    assert_eq!(sums["payout"], "32.40", "money that came another way");
    assert!(
        !sums.keys().any(|kind| kind.starts_with("fee")),
        "and no fee that pays the seller: {sums:?}"
    );
}

#[test]
fn what_is_stored_under_an_older_key_counts_once_with_the_same_under_a_newer_one() {
    let rig = paid();
    let back = json!({"AmazonOrderId": NUMBER, "PostedDate": POSTED, "MarketplaceName": "Amazon.com",
        "ShipmentItemAdjustmentList": [{"SellerSKU": "SKU-A", "QuantityShipped": 1,
            "ItemChargeAdjustmentList": [{"ChargeType": "Principal", "ChargeAmount": dollars("-30.00")}]}]});
    let fee = json!({"transactionType": "ServiceFee", "postedDate": POSTED, "totalAmount": {"currencyAmount": -2.5, "currencyCode": "USD"}});
    import_well(&rig, "events.json", answer("RefundEventList", &back));
    import_well(&rig, "fee.json", ledger(&[fee]));
    // The same records as an earlier version of the program named them.
    let older = rig.profile.store().write_blocking(|w| {
        let connection = w.connections()?[0].id;
        for key in w.keys_of(connection, "finances")? {
            for raw in w.raws_of(connection, "finances", &key)? {
                let mut record = raw.record;
                let (owner, own) = record.key.split_once('/').expect("an order's or a day's");
                record.key = match own.rsplit_once(':') {
                    Some((_, twin)) => format!("{owner}/Refund:0123456789abcdef:{twin}"),
                    None => format!("{owner}/0123456789abcdef"),
                };
                w.put_raw(connection, None, &record, raw.fetched_at)?;
            }
        }
        w.keys_of(connection, "finances")
    });
    assert_eq!(older.expect("stored").len(), 4, "each is stored twice");
    rig.profile.rebuild().expect("made again from the raw records");
    assert_eq!(figure(&rig, "refunds"), json!("30.00"), "an event counts once");
    assert_eq!(
        sums(&rig)["fee_other"],
        "-2.50",
        "and so does a transaction without an id"
    );
}
