//! Money by what it is for: sales that the older interface of Finances alone tells, movements between the seller and Amazon, money in
//! words nobody knows, and transactions that show their total only.

use countinghouse_core::metrics::Definition;
use countinghouse_core::store::{Issue, IssueFilter};
use serde_json::{Value, json};

use super::failures::{DE, shipped, sold};
use super::{NUMBER, US, figure, import, import_well, item, ledger, money, order, page, sums, the, transaction};
use crate::rig::Rig;

const POSTED: &str = "2026-03-04T20:00:00Z";

fn dollars(amount: &str) -> Value {
    let number: Value = serde_json::from_str(amount).expect("a number");
    json!({"CurrencyCode": "USD", "CurrencyAmount": number})
}

fn charges(all: &[(&str, &str)]) -> Vec<Value> {
    let of = |(kind, amount): &(&str, &str)| json!({"ChargeType": kind, "ChargeAmount": dollars(amount)});
    all.iter().map(of).collect()
}

/// An answer of the older interface with one event.
fn events(list: &str, event: &Value) -> String {
    json!({"payload": {"FinancialEvents": {list: [event]}}}).to_string()
}

/// A shipment of two units by the older interface, with its charges.
fn shipment(all: &[(&str, &str)]) -> Value {
    json!({"AmazonOrderId": NUMBER, "PostedDate": POSTED, "MarketplaceName": "Amazon.com", "ShipmentItemList": [{
        "SellerSKU": "SKU-A", "OrderItemId": "1", "QuantityShipped": 2, "ItemChargeList": charges(all),
        "ItemFeeList": [{"FeeType": "Commission", "FeeAmount": dollars("-7.50")}],
        "PromotionList": [{"PromotionType": "PromotionMetaDataDefinitionValue", "PromotionId": "US Core Free Shipping", "PromotionAmount": dollars("-4.00")}],
    }]})
}

pub(super) fn issues(rig: &Rig) -> Vec<Issue> {
    let found = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 100));
    found.expect("issues")
}

fn told(rig: &Rig, code: &str, word: &str) -> bool {
    issues(rig)
        .iter()
        .any(|i| i.about.code == code && i.about.message.contains(word))
}

#[test]
fn a_sale_that_the_older_interface_alone_tells_counts() {
    let rig = Rig::new();
    let parts = [
        ("Principal", "50.00"),
        ("Tax", "4.00"),
        ("ShippingCharge", "4.00"),
        ("ShippingTax", "0.32"),
    ];
    import(&rig, "events.json", events("ShipmentEventList", &shipment(&parts)));
    let sums = sums(&rig);
    assert_eq!(
        sums["item_price"], "50.00",
        "the price of goods is no shipping: {sums:?}"
    );
    assert_eq!(sums["shipping"], "4.00", "shipping is");
    assert_eq!(
        sums["shipping_discount"], "-4.00",
        "a promotion of free shipping takes it off"
    );
    assert_eq!(
        (sums["tax_item"].as_str(), sums["tax_shipping"].as_str()),
        ("4.00", "0.32"),
        "each with its own tax"
    );
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("50.00"),
        "and the sale is in the figures"
    );
}

#[test]
fn the_older_interface_tells_the_share_of_tax_in_an_order_without_one() {
    let rig = shipped(DE, item("1", "SKU-A", 1, "EUR", Some("100.00"), None));
    let euros = |amount: &str| json!({"CurrencyCode": "EUR", "CurrencyAmount": serde_json::from_str::<Value>(amount).expect("a number")});
    let event = json!({"AmazonOrderId": NUMBER, "PostedDate": POSTED, "MarketplaceName": "Amazon.de", "ShipmentItemList": [{
        "SellerSKU": "SKU-A", "OrderItemId": "1", "QuantityShipped": 1, "ItemChargeList": [
            {"ChargeType": "Principal", "ChargeAmount": euros("84.03")}, {"ChargeType": "Tax", "ChargeAmount": euros("15.97")}]}]});
    import_well(&rig, "events.json", events("ShipmentEventList", &event));
    assert_eq!(figure(&rig, "net_sales"), json!("84.03"), "without the tax it shows");
    assert_eq!(figure(&rig, "taxes"), json!("15.97"), "which is told by itself");
}

#[test]
fn points_that_buyers_were_given_are_a_cost() {
    let rig = Rig::new();
    let mut event = shipment(&[("Principal", "50.00")]);
    event["ShipmentItemList"][0]["CostOfPointsGranted"] = dollars("-1.20");
    import(&rig, "events.json", events("ShipmentEventList", &event));
    assert_eq!(sums(&rig)["fee_other"], "-1.20", "not shipping, and not nothing");
}

#[test]
fn what_is_lent_carried_over_or_charged_to_a_card_is_no_earning() {
    let lent = |kind: &str, amount: &str| json!({"LoanAmount": dollars(amount), "SourceBusinessEventType": kind, "PostedDate": POSTED});
    let rig = Rig::new();
    import_well(
        &rig,
        "lent.json",
        events("LoanServicingEventList", &lent("LoanAdvance", "10000.00")),
    );
    import_well(
        &rig,
        "back.json",
        events("LoanServicingEventList", &lent("LoanPayment", "-350.00")),
    );
    let parts: &[(&str, &str)] = &[("LoanPrincipal", "-120.00")];
    for (id, kind) in [("T-1", "LoanServicing"), ("T-2", "Amazon lending payment")] {
        let paid = transaction(None, kind, id, "RELEASED", "2026-03-09T20:00:00Z", &[("", 0, parts)]);
        import_well(&rig, &format!("{id}.json"), ledger(&[paid]));
    }
    let mut text = "settlement-id\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date-time\n".to_owned();
    text.push_str("88\t18/03/26\t83.00\tUSD\t\t\t\t\t\t\n");
    for (what, amount) in [("Payable to Amazon", "50.00"), ("Successful charge", "33.00")] {
        text.push_str(&format!(
            "88\t\t\t\tother-transaction\tAmazon.com\tother-transaction\t{what}\t{amount}\t2026-03-12 20:00:00 UTC\n"
        ));
    }
    import_well(&rig, "settlement.tsv", text);
    let sums = sums(&rig);
    assert_eq!(
        sums.keys().copied().collect::<Vec<_>>(),
        ["payout"],
        "all of it only changes its place: {sums:?}"
    );
    assert!(issues(&rig).is_empty(), "and that is nothing to look at");
}

#[test]
fn money_in_words_nobody_knows_is_told_and_is_in_no_figure() {
    let rig = Rig::new();
    let parts: &[(&str, &str)] = &[("Something else", "33.00"), ("FBAStorageFee", "-2.00")];
    let moved = transaction(None, "Adjustment", "T-1", "RELEASED", POSTED, &[("", 0, parts)]);
    import(&rig, "ledger.json", ledger(&[moved]));
    let sums = sums(&rig);
    assert_eq!(
        sums.get("fee_other"),
        None,
        "an unknown word is no fee that pays the seller: {sums:?}"
    );
    assert_eq!(sums["fee_storage"], "-2.00", "what is known of it counts");
    assert!(
        told(&rig, "money_unknown", "“Something else”"),
        "its name is told: {:?}",
        issues(&rig)
    );
}

/// A transaction that shows its total only.
fn bare(kind: &str, id: &str, amount: &str) -> Value {
    let total: Value = serde_json::from_str(amount).expect("a number");
    json!({"transactionType": kind, "transactionId": id, "transactionStatus": "RELEASED", "postedDate": POSTED,
        "totalAmount": {"currencyAmount": total, "currencyCode": "USD"},
        "marketplaceDetails": {"marketplaceId": US, "marketplaceName": "Amazon.com"},
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": NUMBER}]})
}

fn paid() -> Rig {
    shipped(US, sold(1, "50.00", "4.00"))
}

#[test]
fn a_shipment_that_shows_its_total_only_is_no_fee() {
    let rig = paid();
    import(&rig, "ledger.json", ledger(&[bare("Shipment", "T-1", "36.50")]));
    let sums = sums(&rig);
    assert!(
        !sums.keys().any(|kind| kind.starts_with("fee")),
        "what the order tells is not earned again as a fee: {sums:?}"
    );
    assert!(the(&rig, NUMBER).incomplete, "its fees lack");
    assert!(told(&rig, "parts_unknown", "36.50"), "and that is told");
}

#[test]
fn a_refund_that_shows_its_total_only_is_one() {
    for kind in ["Refund", "Chargeback"] {
        let rig = paid();
        import(&rig, "ledger.json", ledger(&[bare(kind, "T-1", "-22.00")]));
        assert_eq!(
            rig.kpi(Definition::Platform, "refunds"),
            json!("22.00"),
            "{kind}: it was paid back: {:?}",
            sums(&rig)
        );
        assert!(the(&rig, NUMBER).incomplete, "{kind}: of what nobody knows");
        assert!(told(&rig, "parts_unknown", "22.00"), "{kind}: and that is told");
    }
}

#[test]
fn whoever_shows_the_parts_tells_more_than_a_higher_ledger_with_a_total() {
    let rig = paid();
    import(&rig, "ledger.json", ledger(&[bare("Refund", "T-1", "-22.00")]));
    let back = json!({"AmazonOrderId": NUMBER, "PostedDate": POSTED, "MarketplaceName": "Amazon.com", "ShipmentItemAdjustmentList": [{
        "SellerSKU": "SKU-A", "QuantityShipped": 0, "ItemChargeAdjustmentList": charges(&[("Principal", "-25.00"), ("Tax", "-2.00")]),
        "ItemFeeAdjustmentList": [{"FeeType": "Commission", "FeeAmount": dollars("5.00")}]}]});
    import(&rig, "events.json", events("RefundEventList", &back));
    let sums = sums(&rig);
    assert_eq!(
        (
            sums["refund_item"].as_str(),
            sums["refund_tax"].as_str(),
            sums["fee_refund"].as_str()
        ),
        ("-25.00", "-2.00", "5.00"),
        "by its parts"
    );
    assert_eq!(sums.get("refund_adjustment"), None, "and once: {sums:?}");
}

/// An order of the current interface from its items and what stands at the order.
fn stated(items: &[Value], proceeds: Value) -> Value {
    let mut order = order(NUMBER, US, "SHIPPED", "2026-03-05T10:00:00Z", items);
    order["proceeds"] = proceeds;
    order
}

#[test]
fn two_currencies_in_an_order_are_not_added_up() {
    let items = [
        item("1", "SKU-A", 1, "USD", Some("7.00"), None),
        item("2", "SKU-B", 1, "EUR", Some("7.00"), None),
    ];
    let rig = Rig::new();
    import(
        &rig,
        "page.json",
        page(&[order(NUMBER, US, "SHIPPED", "2026-03-05T10:00:00Z", &items)]),
    );
    assert_ne!(
        figure(&rig, "net_sales"),
        json!("14.00"),
        "7 dollars and 7 euros are not 14 of either"
    );
    assert!(told(&rig, "other_currency", "EUR"), "it is told: {:?}", issues(&rig));
}

#[test]
fn a_price_below_zero_sets_an_order_aside_and_too_many_decimals_are_told() {
    let rig = Rig::new();
    let below = [item("1", "SKU-A", 1, "USD", Some("-5.00"), None)];
    import(
        &rig,
        "page.json",
        page(&[order(NUMBER, US, "SHIPPED", "2026-03-05T10:00:00Z", &below)]),
    );
    assert!(
        told(&rig, "below_zero", "price"),
        "nobody is paid for taking goods: {:?}",
        issues(&rig)
    );
    assert_ne!(figure(&rig, "net_sales"), json!("-5.00"), "and it counts nowhere");
    let rig = Rig::new();
    let yen = [item("1", "SKU-A", 1, "JPY", Some("1980.50"), Some("0"))];
    import(
        &rig,
        "page.json",
        page(&[order(NUMBER, "A1VC38T7YXB528", "SHIPPED", "2026-03-05T10:00:00Z", &yen)]),
    );
    assert!(
        told(&rig, "more_decimals", "1980.5"),
        "yen have none: {:?}",
        issues(&rig)
    );
}

#[test]
fn an_order_whose_amounts_stand_at_the_order_only_has_no_price_yet() {
    let bare = item("1", "SKU-A", 1, "USD", None, None);
    let proceeds = json!({"grandTotal": money("75.00", "USD"), "breakdowns": [{"type": "ITEM", "subtotal": money("75.00", "USD")}]});
    let rig = Rig::new();
    import(
        &rig,
        "page.json",
        page(&[stated(std::slice::from_ref(&bare), proceeds)]),
    );
    assert!(!the(&rig, NUMBER).priced, "what its item cost is not told");
    assert_ne!(figure(&rig, "net_sales"), json!("0.00"), "and unknown is not zero");
    let beside = item("2", "SKU-B", 1, "USD", Some("75.00"), None);
    let rig = Rig::new();
    import(
        &rig,
        "page.json",
        page(&[stated(&[bare, beside], json!({"grandTotal": money("75.00", "USD")}))]),
    );
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("75.00"),
        "where the others come to the total, an item without amounts costs nothing"
    );
    assert!(the(&rig, NUMBER).priced, "and that is known");
}
