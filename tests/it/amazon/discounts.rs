//! Discounts where prices include tax: what they take off the price, and what they take off the tax in it.

use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::{import_well, money, order, page, sums, the};
use crate::rig::Rig;

const NUMBER: &str = "302-4400001-1000001";
const DE: &str = "A1PA6795UKMFR9";

/// An order of the older interface in Germany with one line of these amounts.
fn old(total: &str, amounts: &[(&str, &str)]) -> Rig {
    let euro = |amount: &str| json!({"CurrencyCode": "EUR", "Amount": amount});
    let order = json!({"payload": {"Orders": [{
        "AmazonOrderId": NUMBER, "PurchaseDate": "2026-03-02T18:00:00Z", "LastUpdateDate": "2026-03-02T19:00:00Z",
        "OrderStatus": "Shipped", "MarketplaceId": DE, "OrderTotal": euro(total)}]}});
    let mut item = json!({"OrderItemId": "1", "SellerSKU": "SKU-A", "QuantityOrdered": 1, "QuantityShipped": 1});
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
        rig.kpi(Definition::Accounting, "net_sales"),
        json!("95.00"),
        "90.00 of goods and 5.00 of shipping"
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
