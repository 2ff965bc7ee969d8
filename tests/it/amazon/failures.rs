//! Ways in which reading Amazon has been seen to go wrong, by their number in the contract. (Those of amounts, tables and charsets
//! by themselves stand beside that code.)

use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::{Kind, Order, Status};
use serde_json::{Value, json};

use super::{
    NUMBER, US, day, figure, import, import_well, item, ledger, money, money_is_read, order, orders, page, sums, the,
    transaction,
};
use crate::rig::Rig;

pub(super) const DE: &str = "A1PA6795UKMFR9";

pub(super) fn sold(units: i32, price: &str, tax: &str) -> Value {
    item("1", "SKU-A", units, "USD", Some(price), Some(tax))
}

/// A rig that has imported pages of orders, one after the other.
pub(super) fn with(pages: &[String]) -> Rig {
    let rig = Rig::new();
    for (at, text) in pages.iter().enumerate() {
        import_well(&rig, &format!("page{at}.json"), text);
    }
    rig
}

/// A rig that has imported one order of this item, sent on 5 March 2026.
pub(super) fn shipped(market: &str, item: Value) -> Rig {
    let sent = order(NUMBER, market, "SHIPPED", "2026-03-05T10:00:00Z", &[item]);
    with(&[page(&[sent])])
}

fn kpi(rig: &Rig, definition: Definition, name: &str) -> Value {
    rig.kpi(definition, name)
}

#[test]
fn amazon_failure_01_a_pending_order_has_no_price_and_is_no_zero_sale() {
    let open = order(
        NUMBER,
        US,
        "PENDING",
        "2026-03-02T18:01:00Z",
        &[item("1", "SKU-A", 2, "USD", None, None)],
    );
    let rig = with(&[page(std::slice::from_ref(&open))]);
    assert_eq!(figure(&rig, "orders"), json!(1), "it is an order");
    assert_eq!(figure(&rig, "units"), json!(2), "of two units");
    assert_eq!(figure(&rig, "net_sales"), Value::Null, "of unknown amount");
    assert_eq!(figure(&rig, "aov"), Value::Null, "and no part of the average");
    // A charge of the account on the same day does not make the sales zero.
    let storage: &[(&str, &str)] = &[("FBAStorageFee", "-1.00")];
    let fee = transaction(
        None,
        "ServiceFee",
        "T",
        "RELEASED",
        "2026-03-02T18:30:00Z",
        &[("", 0, storage)],
    );
    import_well(&rig, "fee.json", ledger(&[fee]));
    assert_eq!(figure(&rig, "net_sales"), Value::Null, "still unknown");
    let priced = order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[sold(2, "50.00", "4.00")],
    );
    import_well(&rig, "priced.json", page(&[priced]));
    assert_eq!(figure(&rig, "net_sales"), json!("50.00"), "until the price comes");
    assert_eq!(figure(&rig, "orders"), json!(1), "of the same order");
}

#[test]
fn amazon_failure_02_a_line_total_is_not_multiplied() {
    let rig = with(&[page(&[order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[sold(3, "74.97", "7.72")],
    )])]);
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("74.97"),
        "three units for 74.97 together"
    );
    assert_eq!(figure(&rig, "gross_sales"), json!("82.69"), "as charged");
}

#[test]
fn amazon_failure_03_the_tax_basis_is_each_interfaces_own() {
    // 2026 states the tax beside the price; v0 had it in the price of European orders. Both are 100.00 + 19.00.
    let current = order(
        "302-1",
        DE,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[item("1", "SKU-A", 1, "EUR", Some("100.00"), Some("19.00"))],
    );
    let rig = with(&[page(&[current])]);
    assert_eq!(sums(&rig)["item_price"], "100.00", "the tax stands beside it");
    let old = json!({"payload": {"Orders": [{
        "AmazonOrderId": "302-1", "PurchaseDate": "2026-03-02T18:00:00Z", "LastUpdateDate": "2026-03-02T19:00:00Z",
        "OrderStatus": "Unshipped", "MarketplaceId": DE, "OrderTotal": {"CurrencyCode": "EUR", "Amount": "119.00"}}]}});
    let items = json!({"payload": {"AmazonOrderId": "302-1", "OrderItems": [{
        "OrderItemId": "1", "SellerSKU": "SKU-A", "QuantityOrdered": 1, "ItemPrice": {"CurrencyCode": "EUR", "Amount": "119.00"},
        "ItemTax": {"CurrencyCode": "EUR", "Amount": "19.00"}}]}});
    let rig = with(&[old.to_string(), items.to_string()]);
    assert_eq!(sums(&rig)["item_price"], "100.00", "the tax is taken out");
    assert_eq!(sums(&rig)["tax_item"], "19.00", "and stands alone");
    assert!(!the(&rig, "302-1").basis_unknown, "the share of tax is known");
    let silent = order(
        "302-2",
        DE,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[item("1", "SKU-A", 1, "EUR", Some("119.00"), None)],
    );
    let rig = with(&[page(&[silent])]);
    assert!(
        the(&rig, "302-2").basis_unknown,
        "without a tax nobody knows its share in Germany"
    );
    let us = order(
        "112-2",
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[item("1", "SKU-A", 1, "USD", Some("119.00"), None)],
    );
    let rig = with(&[page(&[us])]);
    assert!(
        !the(&rig, "112-2").basis_unknown,
        "in the United States prices hold none"
    );
}

#[test]
fn the_tax_basis_is_resolved_by_finances_to_the_cent() {
    let silent = order(
        "302-2",
        DE,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 1, "EUR", Some("119.00"), None)],
    );
    let mut shipment = transaction(
        Some("302-2"),
        "Shipment",
        "T",
        "RELEASED",
        "2026-03-04T10:00:00Z",
        &[(
            "SKU-A",
            1,
            &[
                ("OurPricePrincipal", "100"),
                ("OurPriceTax", "19"),
                ("Commission", "-15"),
            ],
        )],
    );
    let text = shipment.to_string().replace("USD", "EUR");
    shipment = serde_json::from_str(&text).expect("JSON");
    let rig = with(&[page(&[silent]), ledger(&[shipment])]);
    let order = the(&rig, "302-2");
    assert!(!order.basis_unknown, "principal and tax are what was charged");
    assert_eq!(
        (sums(&rig)["item_price"].as_str(), sums(&rig)["tax_item"].as_str()),
        ("100.00", "19.00"),
        "told apart"
    );
    assert_eq!(
        order.first_ship.map(day).as_deref(),
        Some("2026-03-04"),
        "it left with its first shipment in Finances"
    );
}

/// A line with discounts written with either sign, the subtotal holding both.
fn discounted(sign: &str) -> Value {
    let mut line = item("1", "SKU-A", 1, "USD", Some("40.00"), None);
    let parts = line["proceeds"]["breakdowns"].as_array_mut().expect("a list");
    parts.push(json!({"type": "SHIPPING", "subtotal": money("6.00", "USD")}));
    parts.push(
        json!({"type": "DISCOUNT", "subtotal": money(&format!("{sign}10.00"), "USD"), "detailedBreakdowns": [
        {"subtype": "ITEM", "value": money(&format!("{sign}4.00"), "USD")},
        {"subtype": "SHIPPING", "value": money(&format!("{sign}6.00"), "USD")}]}),
    );
    line
}

#[test]
fn amazon_failure_04_the_discount_on_shipping_is_none_on_items() {
    let rig = with(&[page(&[order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[discounted("")],
    )])]);
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("36.00"),
        "40.00 less 4.00, not less 10.00"
    );
    assert_eq!(sums(&rig)["shipping_discount"], "-6.00", "the rest is off the shipping");
}

#[test]
fn amazon_failure_05_a_discount_is_a_discount_with_either_sign() {
    for sign in ["", "-"] {
        let rig = with(&[page(&[order(
            NUMBER,
            US,
            "UNSHIPPED",
            "2026-03-03T10:00:00Z",
            &[discounted(sign)],
        )])]);
        assert_eq!(sums(&rig)["item_discount_seller"], "-4.00", "written as “{sign}4.00”");
    }
}

#[test]
fn amazon_failure_06_what_amazon_ships_for_another_shop_is_no_sale_here() {
    let mut by_channel = order(
        "111-1",
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    );
    by_channel["salesChannel"]["channelName"] = json!("NON_AMAZON");
    let by_number = order(
        "S01-1",
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    );
    let by_market = order(
        "111-2",
        "A2ZV50J4W1RKNI",
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    );
    let rig = with(&[page(&[by_channel, by_number, by_market])]);
    let row = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsales-channel\tsku\tquantity\tcurrency\titem-price\tmerchant-order-id\nS01-9\t2026-03-02T18:00:00+00:00\t2026-03-02T19:00:00+00:00\tShipped\tNon-Amazon US\tA\t1\tUSD\t0.00\t#1001\n";
    import_well(&rig, "report.tsv", row);
    assert!(
        orders(&rig).iter().all(|o| o.status == Status::Copy),
        "all four are copies"
    );
    assert_eq!(figure(&rig, "orders"), json!(0), "and no orders");
    assert_eq!(
        the(&rig, "S01-9").name,
        "#1001",
        "the shop's own number leads to its sale"
    );
}

#[test]
fn amazon_failure_07_a_free_replacement_is_no_order_and_a_paid_one_is() {
    let link = json!([{"orderId": "111-0", "associationType": "REPLACEMENT_ORIGINAL_ID"}]);
    let mut free = order(
        "111-1",
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 1, "USD", None, None)],
    );
    free["associatedOrders"] = link.clone();
    let mut paid = order(
        "111-2",
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    );
    paid["associatedOrders"] = link;
    let rig = with(&[page(&[free, paid])]);
    assert_eq!(
        the(&rig, "111-1").status,
        Status::Replacement,
        "nothing was paid for it"
    );
    assert_eq!(
        the(&rig, "111-2").status,
        Status::Sale,
        "the link alone is no reason to drop money"
    );
    assert_eq!(
        (figure(&rig, "orders"), figure(&rig, "units")),
        (json!(1), json!(1)),
        "one counts"
    );
}

#[test]
fn amazon_failure_08_a_cancelled_order_keeps_its_first_price_where_the_platform_does() {
    let seen = order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-02T19:00:00Z",
        &[sold(2, "70.00", "5.60")],
    );
    let mut gone = order(
        NUMBER,
        US,
        "CANCELLED",
        "2026-03-04T19:00:00Z",
        &[item("1", "SKU-A", 0, "USD", None, None)],
    );
    gone["proceeds"] = Value::Null;
    let pages = [page(&[seen]), page(&[gone])];
    for order in [[0, 1], [1, 0]] {
        let rig = with(&order.map(|at| pages[at].clone()));
        money_is_read(&rig);
        let total = |name: &str| kpi(&rig, Definition::OrderTotals, name);
        assert_eq!(
            (total("orders"), total("gross_sales")),
            (json!(0), json!("0.00")),
            "order totals drop it: {order:?}"
        );
        let platform = |name: &str| kpi(&rig, Definition::Platform, name);
        assert_eq!(
            (platform("gross_sales"), platform("net_sales")),
            (json!("70.00"), json!("0.00")),
            "sold, and taken back"
        );
        let order = the(&rig, NUMBER);
        let back = order
            .postings
            .iter()
            .find(|p| p.kind == Kind::ReversalItem)
            .expect("a reversal");
        assert_eq!(
            (day(back.event_at).as_str(), back.micros),
            ("2026-03-04", -70_000_000),
            "on the day it was cancelled"
        );
        assert_eq!((order.units_placed, order.units_cancelled), (2, 2), "both units");
    }
    let mut zeroed = order(
        NUMBER,
        US,
        "CANCELLED",
        "2026-03-05T19:00:00Z",
        &[sold(2, "0.00", "0.00")],
    );
    zeroed["proceeds"] = json!({"grandTotal": money("0.00", "USD")});
    let rig = with(&[pages[0].clone(), page(&[zeroed])]);
    let gross = kpi(&rig, Definition::Platform, "gross_sales");
    assert_eq!(
        gross,
        json!("70.00"),
        "amounts that turn to zero with the cancellation are not the first ones"
    );
    let unseen = order(
        NUMBER,
        US,
        "CANCELLED",
        "2026-03-04T19:00:00Z",
        &[item("1", "SKU-A", 0, "USD", None, None)],
    );
    let rig = with(&[page(&[unseen])]);
    assert_eq!(
        figure(&rig, "orders"),
        json!(0),
        "of one that was never seen with a price nothing counts"
    );
    assert_eq!(
        kpi(&rig, Definition::Platform, "orders"),
        json!(1),
        "but that it was placed"
    );
}

#[test]
fn amazon_failure_09_a_request_cancels_nothing_and_an_execution_does() {
    let mut asked = sold(1, "10.00", "0.80");
    asked["cancellation"] = json!({"cancellationRequest": {"requester": "BUYER", "cancelReason": "other"}});
    let mut done = item("2", "SKU-B", 1, "USD", Some("30.00"), Some("2.40"));
    done["cancellation"] = json!({"cancellationExecution": {"cancelledBy": "AMAZON", "cancelReason": "other"}});
    let rig = with(&[page(&[order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[asked, done],
    )])]);
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("10.00"),
        "the request's line stands, the other is gone"
    );
    assert_eq!(
        kpi(&rig, Definition::Platform, "gross_sales"),
        json!("40.00"),
        "both were placed"
    );
}

#[test]
fn amazon_failure_10_days_are_the_marketplaces_own() {
    let at = |number: &str, market: &str, currency: &str, created: &str| {
        let mut order = order(
            number,
            market,
            "UNSHIPPED",
            created,
            &[item("1", "A", 1, currency, Some("1"), Some("0"))],
        );
        order["createdTime"] = json!(created);
        order
    };
    // The same instant is the first of October in Tokyo and the last of September in Los Angeles; the clocks of London differ too.
    let rig = with(&[page(&[
        at("1", US, "USD", "2026-10-01T06:30:00Z"),
        at("2", US, "USD", "2026-10-01T07:30:00Z"),
        at("3", "A1VC38T7YXB528", "JPY", "2026-09-30T15:30:00Z"),
        at("4", "A1F83G8C2ARO7P", "GBP", "2026-09-30T23:30:00Z"),
    ])]);
    let connection = rig
        .profile
        .store()
        .read_blocking(|r| r.connections())
        .expect("read")
        .remove(0);
    let own = connection.zone.expect("the file's marketplace tells the zone");
    assert_eq!(own.name(), "America/Los_Angeles", "of most of its orders");
    let placed = |number: &str| the(&rig, number).placed_at.day(own).to_string();
    assert_eq!(placed("1"), "2026-09-30", "half past eleven in the evening");
    assert_eq!(placed("2"), "2026-10-01", "half past midnight");
    assert_eq!(placed("3"), "2026-10-01", "in Tokyo");
    assert_eq!(placed("4"), "2026-10-01", "half past midnight in summer time");
    assert_eq!(the(&rig, "3").currency.code(), "JPY", "each order in its own currency");
}

#[test]
fn amazon_failure_21_a_cancelled_report_is_no_empty_report() {
    let rig = with(&[page(&[order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    )])]);
    let receipt = json!({"reportId": "1", "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
                         "processingStatus": "CANCELLED"});
    let report = rig.import_of(Channel::Amazon, None, "receipt.json", receipt.to_string().as_bytes());
    let refused = report.refused.expect("it holds nothing");
    assert!(refused.message.contains("CANCELLED"), "the state is named: {refused}");
    assert_eq!(figure(&rig, "orders"), json!(1), "and nothing was taken away");
}

#[test]
fn amazon_failure_24_gzip_is_told_by_its_bytes() {
    let text = page(&[order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    )]);
    let pack = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, bytes).expect("packed");
        packed.finish().expect("packed")
    };
    let rig = Rig::new();
    import_well(&rig, "page.json.gz", pack(text.as_bytes()));
    assert_eq!(figure(&rig, "net_sales"), json!("10.00"), "a packed file is unpacked");
    assert_eq!(
        import_well(&rig, "page.json.gz", text).new,
        0,
        "a plain one of that name is read as it is"
    );
    let cut = pack(b"{}");
    let report = rig.import_of(Channel::Amazon, None, "cut.gz", &cut[..cut.len() - 4]);
    assert!(report.refused.is_some(), "a cut one is refused");
}

#[test]
fn amazon_failure_27_lines_that_look_alike_are_two() {
    let header = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsales-channel\tsku\tquantity\tcurrency\titem-price\titem-tax";
    let row = format!(
        "{NUMBER}\t2026-03-02T18:00:00+00:00\t2026-03-03T18:00:00+00:00\tUnshipped\tAmazon.com\tSKU-A\t1\tUSD\t25.00\t2.00"
    );
    let rig = Rig::new();
    let text = format!("{header}\n{row}\n{row}\n");
    import_well(&rig, "report.tsv", &text);
    assert_eq!(
        (figure(&rig, "units"), figure(&rig, "net_sales")),
        (json!(2), json!("50.00")),
        "both count"
    );
    assert_eq!(
        import_well(&rig, "again.tsv", &text).new,
        0,
        "the same report again brings nothing"
    );
    assert_eq!(figure(&rig, "units"), json!(2), "and counts nothing twice");
}

#[test]
fn amazon_failure_28_a_report_and_the_interface_are_never_added() {
    let header = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsales-channel\tsku\tquantity\tcurrency\titem-price\titem-tax";
    let row = |status: &str, at: &str| {
        format!(
            "{header}\n{NUMBER}\t2026-03-02T18:00:00+00:00\t{at}\t{status}\tAmazon.com\tSKU-A\t1\tUSD\t25.00\t2.00\n"
        )
    };
    let current = page(&[order(
        NUMBER,
        US,
        "UNSHIPPED",
        "2026-03-03T10:00:00Z",
        &[sold(1, "26.00", "2.08")],
    )]);
    let rig = Rig::new();
    import_well(&rig, "report.tsv", row("Unshipped", "2026-03-03T11:00:00+00:00"));
    assert_eq!(figure(&rig, "net_sales"), json!("25.00"), "the report alone");
    import_well(&rig, "page.json", &current);
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("26.00"),
        "the interface's copy takes its place"
    );
    import_well(&rig, "later.tsv", row("Cancelled", "2026-03-06T11:00:00+00:00"));
    assert_eq!(
        figure(&rig, "orders"),
        json!(0),
        "a newer report that shows another state is believed"
    );
}

#[test]
fn amazon_failure_29_the_same_settlement_twice_is_one() {
    let head = "settlement-id\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\tsku\tquantity-purchased";
    let row = "9\t\t\t\tother-transaction\t\tAmazon.com\tother-transaction\tStorage Fee\t-5,00\t07.03.2026\t\t\n";
    let text = format!("{head}\n9\t18.03.2026\t-10,00\tUSD\t\t\t\t\t\t\t\t\t\n{row}{row}");
    let rig = Rig::new();
    for name in ["a.tsv", "b.tsv", "with-overlap.tsv"] {
        import_well(&rig, name, &text);
    }
    assert_eq!(
        sums(&rig)["fee_storage"],
        "-10.00",
        "two rows that look alike are two, and the file counts once"
    );
    let payouts: Vec<Order> = orders(&rig);
    assert_eq!(payouts.len(), 1, "one day of the account");
    let short = format!(
        "{head}\n8\t18.03.2026\t-10,00\tUSD\t\t\t\t\t\t\t\t\t\n{}",
        row.replacen('9', "8", 1)
    );
    let report = import(&rig, "cut.tsv", short);
    assert!(
        report
            .set_aside
            .iter()
            .any(|s| s.reason.contains("rows come to -5.00, its total is -10.00")),
        "a settlement that lost rows is told: {:?}",
        report.set_aside
    );
}

#[test]
fn amazon_failure_30_deferred_and_released_are_one() {
    let amounts: &[(&str, &str)] = &[("Commission", "-3.00")];
    let of = |id: &str, status: &str, at: &str| {
        transaction(Some(NUMBER), "Shipment", id, status, at, &[("SKU-A", 1, amounts)])
    };
    let mut release = of("T-2", "RELEASED", "2026-03-11T08:00:00Z");
    let back = json!({"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": "T-1"});
    release["relatedIdentifiers"].as_array_mut().expect("a list").push(back);
    let sale = page(&[order(
        NUMBER,
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[sold(1, "20.00", "1.60")],
    )]);
    let rig = with(&[sale, ledger(&[of("T-1", "DEFERRED", "2026-03-04T20:00:00Z")])]);
    assert_eq!(sums(&rig)["fee_commission"], "-3.00", "what is held back was earned");
    import_well(
        &rig,
        "later.json",
        ledger(&[of("T-1", "DEFERRED_RELEASED", "2026-03-04T20:00:00Z"), release.clone()]),
    );
    assert_eq!(sums(&rig)["fee_commission"], "-3.00", "its release is not earned again");
    let fee = the(&rig, NUMBER)
        .postings
        .iter()
        .find(|p| p.kind == Kind::FeeCommission)
        .map(|p| day(p.event_at));
    assert_eq!(fee.as_deref(), Some("2026-03-04"), "on its first day");
    let alone = with(&[ledger(&[of("T-9", "RELEASED", "2026-03-04T20:00:00Z")])]);
    assert_eq!(
        sums(&alone)["fee_commission"],
        "-3.00",
        "what never was deferred counts when it is released"
    );
}

#[test]
fn amazon_failure_31_parents_of_amounts_are_not_added() {
    // The builder's parents and top tree hold 77.77 and the like; only leaves are money.
    let amounts: &[(&str, &str)] = &[("Commission", "-3.00"), ("FBAPerUnitFulfillmentFee", "-4.0145")];
    let mut shipment = transaction(
        Some(NUMBER),
        "Shipment",
        "T",
        "RELEASED",
        "2026-03-04T20:00:00Z",
        &[("SKU-A", 1, amounts)],
    );
    let amount = json!({"currencyAmount": -500, "currencyCode": "USD"});
    shipment["breakdowns"] = json!([{"breakdownType": "Expenses", "breakdownAmount": amount, "breakdowns": null}]);
    let rig = with(&[ledger(&[shipment])]);
    let order = the(&rig, NUMBER);
    let all: i64 = order.postings.iter().map(|p| p.micros).sum();
    assert_eq!(all, -7_014_500, "the two leaves, with all their decimals");
}

#[test]
fn amazon_failure_40_unknown_words_and_nulls_lose_nothing() {
    let mut odd = order(
        NUMBER,
        US,
        "SOMETHING_NEW",
        "2026-03-03T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    );
    odd["programs"] = json!(["BRAND_NEW"]);
    odd["packages"] = Value::Null;
    odd["orderAliases"] = Value::Null;
    odd["orderItems"][0]["cancellation"] = Value::Null;
    odd["orderItems"][0]["proceeds"]["breakdowns"][1]["detailedBreakdowns"] = Value::Null;
    odd["newMember"] = json!({"deep": [1, 2, {"x": null}]});
    let rig = with(&[page(&[odd])]);
    assert_eq!(figure(&rig, "net_sales"), json!("10.00"), "the order counts");
    let bad = json!({"orders": [{"orderId": "1", "orderItems": []}, null, 5, {"noId": true},
                                order("112-9", US, "UNSHIPPED", "2026-03-03T10:00:00Z", &[sold(1, "5.00", "0.40")])]});
    let report = import(&rig, "mixed.json", bad.to_string());
    assert_eq!(report.new, 2, "the good ones beside it are taken");
    let places: Vec<&str> = report.set_aside.iter().map(|s| s.record.as_str()).collect();
    assert_eq!(
        places,
        ["orders[1]", "orders[2]", "orders[3]"],
        "each piece that is none is named"
    );
}
