//! Discounts where prices include tax: what they take off the price, and what they take off the tax in it.

use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Flags;
use countinghouse_core::store::IssueFilter;
use serde_json::{Value, json};

use super::{import, import_well, ledger, money, money_is_read, order, page, sums, the, transaction};
use crate::rig::Rig;

const NUMBER: &str = "302-4400001-1000001";
const DE: &str = "A1PA6795UKMFR9";

/// An order of the older interface in Germany with one line of these amounts.
fn old(state: &str, total: &str, amounts: &[(&str, &str)]) -> Rig {
    let euro = |amount: &str| json!({"CurrencyCode": "EUR", "Amount": amount});
    let order = json!({"payload": {"Orders": [{
        "AmazonOrderId": NUMBER, "PurchaseDate": "2026-03-02T18:00:00Z", "LastUpdateDate": "2026-03-02T19:00:00Z",
        "OrderStatus": state, "MarketplaceId": DE, "OrderTotal": euro(total)}]}});
    let mut item = json!({"OrderItemId": "1", "SellerSKU": "SKU-A", "QuantityOrdered": 1, "QuantityShipped": i32::from(state == "Shipped")});
    for (name, amount) in amounts {
        item[*name] = euro(amount);
    }
    let items = json!({"payload": {"AmazonOrderId": NUMBER, "OrderItems": [item]}});
    let rig = Rig::new();
    import_well(&rig, "order.json", order.to_string());
    import_well(&rig, "items.json", items.to_string());
    rig
}

/// Net sales are this under every definition.
fn nets(rig: &Rig, amount: &str, why: &str) {
    money_is_read(rig);
    for definition in Definition::ALL {
        assert_eq!(
            rig.kpi(definition, "net_sales"),
            json!(amount),
            "{why}, {}: {:?}",
            definition.name(),
            sums(rig)
        );
    }
}

#[test]
fn free_shipping_in_europe_is_no_discount_on_goods() {
    let rig = old(
        "Shipped",
        "119.00",
        &[
            ("ItemPrice", "119.00"),
            ("ItemTax", "19.00"),
            ("ShippingPrice", "11.90"),
            ("ShippingTax", "1.90"),
            ("ShippingDiscount", "11.90"),
            ("ShippingDiscountTax", "1.90"),
        ],
    );
    nets(
        &rig,
        "100.00",
        "119.00 with 19.00 of tax in it, and shipping for nothing",
    );
    let sums = sums(&rig);
    assert_eq!(
        sums.get("item_discount_seller"),
        None,
        "nothing was taken off the goods"
    );
    assert_eq!(sums["shipping"], "10.00", "shipping without its tax");
    assert_eq!(sums["shipping_discount"], "-10.00", "is taken off as a whole");
    assert_eq!(sums["tax_item"], "19.00", "the tax on the goods is whole");
    assert_eq!(
        sums.get("tax_shipping").map_or("0.00", String::as_str),
        "0.00",
        "and none on the shipping"
    );
}

#[test]
fn each_discount_takes_its_own_tax_off() {
    let rig = old(
        "Unshipped",
        "113.05",
        &[
            ("ItemPrice", "119.00"),
            ("ItemTax", "19.00"),
            ("PromotionDiscount", "11.90"),
            ("PromotionDiscountTax", "1.90"),
            ("ShippingPrice", "11.90"),
            ("ShippingTax", "1.90"),
            ("ShippingDiscount", "5.95"),
            ("ShippingDiscountTax", "0.95"),
        ],
    );
    let sums = sums(&rig);
    assert_eq!(sums["item_discount_seller"], "-10.00", "11.90 less the tax in it");
    assert_eq!(sums["shipping_discount"], "-5.00", "5.95 less the tax in it");
    assert_eq!(sums["tax_item"], "17.10", "tax on 90.00");
    assert_eq!(sums["tax_shipping"], "0.95", "tax on 5.00");
    assert_eq!(
        rig.kpi(Definition::OrderTotals, "net_sales"),
        json!("90.00"),
        "100.00 less 10.00"
    );
    assert!(!the(&rig, NUMBER).estimated, "all of it is stated");
}

#[test]
fn one_tax_off_for_both_discounts_follows_them() {
    // The current interface merges what both discounts take off the tax; its total shows that prices include the tax here.
    let euro = |amount: &str| money(amount, "EUR");
    let detail = |kind: &str, amount: &str| json!({"subtype": kind, "value": euro(amount)});
    let part = |kind: &str, amount: &str, details: Vec<Value>| json!({"type": kind, "subtotal": euro(amount), "detailedBreakdowns": details});
    let mut line = super::item("1", "SKU-A", 1, "EUR", None, None);
    line["proceeds"] = json!({"proceedsTotal": euro("119.00"), "breakdowns": [
        part("ITEM", "119.00", Vec::new()),
        part("SHIPPING", "11.90", Vec::new()),
        part("DISCOUNT", "-11.90", vec![detail("SHIPPING", "-11.90")]),
        part("TAX", "19.00", vec![detail("ITEM", "19.00"), detail("SHIPPING", "1.90"), detail("DISCOUNT", "-1.90")])
    ]});
    let rig = Rig::new();
    import_well(
        &rig,
        "page.json",
        page(&[order(NUMBER, DE, "SHIPPED", "2026-03-05T10:00:00Z", &[line])]),
    );
    nets(&rig, "100.00", "free shipping");
    assert_eq!(
        sums(&rig).get("item_discount_seller"),
        None,
        "nothing was taken off the goods"
    );
}

#[test]
fn amazon_failure_04_the_discount_on_gift_wrap_is_none_on_items() {
    let dollars = |amount: &str| money(amount, "USD");
    let gift = |total: &str, off: &str, details: &[(&str, &str)]| {
        let detail = |(kind, amount): &(&str, &str)| json!({"subtype": kind, "value": dollars(amount)});
        let details: Vec<Value> = details.iter().map(detail).collect();
        let mut line = super::item("1", "SKU-A", 1, "USD", None, None);
        line["proceeds"] = json!({"proceedsTotal": dollars(total), "breakdowns": [
            {"type": "ITEM", "subtotal": dollars("40.00")}, {"type": "GIFT_WRAP", "subtotal": dollars("5.00")},
            {"type": "DISCOUNT", "subtotal": dollars(off), "detailedBreakdowns": details}]});
        page(&[order(
            super::NUMBER,
            super::US,
            "SHIPPED",
            "2026-03-05T10:00:00Z",
            &[line],
        )])
    };
    for (total, off, details, net) in [
        ("40.00", "-5.00", &[("GIFT_WRAP", "-5.00")][..], "40.00"),
        ("36.00", "-9.00", &[("ITEM", "-4.00"), ("GIFT_WRAP", "-5.00")], "36.00"),
        ("36.00", "-9.00", &[("GIFT_WRAP", "-5.00")], "36.00"),
    ] {
        let rig = Rig::new();
        import_well(&rig, "page.json", gift(total, off, details));
        money_is_read(&rig);
        assert_eq!(
            rig.kpi(Definition::OrderTotals, "net_sales"),
            json!(net),
            "{details:?}: what the goods cost"
        );
        assert_eq!(
            rig.kpi(Definition::OrderTotals, "gross_sales"),
            json!(total),
            "{details:?}: as charged"
        );
        assert_eq!(
            rig.kpi(Definition::Accounting, "net_sales"),
            json!(total),
            "{details:?}: the wrapping was free: {:?}",
            sums(&rig)
        );
    }
    let rig = Rig::new();
    import(&rig, "page.json", gift("31.00", "-9.00", &[("ITEM", "-4.00")]));
    let issues = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 100))
        .expect("issues");
    assert!(
        issues.iter().any(|i| i.about.code == "totals_differ"),
        "parts that do not come to the line's total are told: {issues:?}"
    );
}

/// An order in an all-orders report in Germany with these columns.
fn report(columns: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("amazon-order-id", NUMBER),
        ("purchase-date", "2026-03-02T18:00:00+00:00"),
        ("last-updated-date", "2026-03-05T10:00:00+00:00"),
        ("order-status", "Unshipped"),
        ("sales-channel", "Amazon.de"),
        ("sku", "SKU-A"),
        ("item-status", "Unshipped"),
        ("quantity", "1"),
        ("currency", "EUR"),
    ];
    all.extend(columns);
    let head: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let row: Vec<&str> = all.iter().map(|(_, value)| *value).collect();
    format!("{}\n{}\n", head.join("\t"), row.join("\t"))
}

/// Kinds whose postings are marked as derived.
fn derived(rig: &Rig) -> Vec<&'static str> {
    let order = the(rig, NUMBER);
    let marked = order.postings.iter().filter(|p| p.flags.has(Flags::ESTIMATED));
    marked.map(|p| p.kind.name()).collect()
}

#[test]
fn a_discount_of_a_report_is_without_the_tax_in_it_and_marked() {
    let rig = Rig::new();
    let text = report(&[
        ("item-price", "119.00"),
        ("item-tax", "19.00"),
        ("shipping-price", "11.90"),
        ("shipping-tax", "1.90"),
        ("item-promotion-discount", "11.90"),
        ("ship-promotion-discount", "11.90"),
    ]);
    import_well(&rig, "report.tsv", text);
    let found = sums(&rig);
    assert_eq!(found["item_price"], "100.00", "the price without its tax");
    assert_eq!(
        found["item_discount_seller"], "-10.00",
        "11.90 less the share of tax in it, as in the price"
    );
    assert_eq!(found["tax_item"], "17.10", "19.00 less what the discount takes off");
    assert_eq!(found["shipping_discount"], "-10.00", "free shipping costs nothing");
    assert_eq!(found["shipping"], "10.00", "with or without tax");
    assert_eq!(
        rig.kpi(Definition::OrderTotals, "gross_sales"),
        json!("107.10"),
        "all parts come to what was charged"
    );
    assert_eq!(
        rig.kpi(Definition::OrderTotals, "net_sales"),
        json!("90.00"),
        "107.10 less 17.10"
    );
    assert!(
        the(&rig, NUMBER).estimated,
        "no column tells the tax in a discount: it is derived"
    );
    assert_eq!(
        derived(&rig),
        ["item_discount_seller", "tax_item", "shipping_discount"],
        "and the rows say so"
    );
    let plain = Rig::new();
    import_well(
        &plain,
        "report.tsv",
        report(&[("item-price", "119.00"), ("item-tax", "19.00")]),
    );
    assert!(!the(&plain, NUMBER).estimated, "without a discount nothing is derived");
}

#[test]
fn finances_tells_what_a_discount_of_a_report_took_off_the_tax() {
    let rig = Rig::new();
    // A third off 19.99 with 19 % in it: the shares of tax do not come out even.
    let text = report(&[
        ("item-price", "19.99"),
        ("item-tax", "3.19"),
        ("item-promotion-discount", "6.65"),
    ]);
    import_well(&rig, "report.tsv", text);
    assert_eq!(sums(&rig)["item_discount_seller"], "-5.59", "6.65 × 16.80 ÷ 19.99");
    let amounts = [
        ("OurPricePrincipal", "16.80"),
        ("PromotionPrincipal", "-5.58"),
        ("OurPriceTax", "2.12"),
    ];
    let mut sale = transaction(
        Some(NUMBER),
        "Shipment",
        "T-1",
        "RELEASED",
        "2026-03-04T20:00:00Z",
        &[("SKU-A", 1, &amounts)],
    );
    let text = sale.to_string().replace("USD", "EUR").replace(super::US, DE);
    sale = serde_json::from_str(&text).expect("JSON");
    import_well(&rig, "ledger.json", ledger(&[sale]));
    let found = sums(&rig);
    assert_eq!(found["item_discount_seller"], "-5.58", "as Amazon states it");
    assert_eq!(found["tax_item"], "2.12", "with the tax that is left");
    assert_eq!(
        derived(&rig),
        Vec::<&str>::new(),
        "and nothing of it is derived any more"
    );
}

#[test]
fn a_discount_of_the_older_interface_without_its_tax_is_derived() {
    let rig = old(
        "Unshipped",
        "107.10",
        &[
            ("ItemPrice", "119.00"),
            ("ItemTax", "19.00"),
            ("PromotionDiscount", "11.90"),
        ],
    );
    assert_eq!(sums(&rig)["item_discount_seller"], "-10.00", "without the tax in it");
    assert!(the(&rig, NUMBER).estimated, "which nobody states");
}
