//! Settlement reports by themselves: units of shipments that share a bare day.

use serde_json::json;

use super::{figure, import_well};
use crate::rig::Rig;

/// A settlement in a currency: its total, then rows of order, shipment, item code, SKU, units, what and amount.
fn settlement(currency: &str, total: &str, rows: &[[&str; 7]]) -> String {
    let mut text = "settlement-id\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tshipment-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\torder-item-code\tsku\tquantity-purchased\n".to_owned();
    text.push_str(&format!("77\t18/03/26\t{total}\t{currency}{}\n", "\t".repeat(11)));
    for [order, shipment, code, sku, units, what, amount] in rows {
        text.push_str(&format!(
            "77\t\t\t\tOrder\t{order}\t{shipment}\tAmazon.com\tItemPrice\t{what}\t{amount}\t05/03/26\t{code}\t{sku}\t{units}\n"
        ));
    }
    text
}

#[test]
fn each_shipment_of_an_item_on_one_bare_day_has_its_units() {
    let rig = Rig::new();
    let rows = [
        ["112-1", "S1", "1", "SKU-A", "2", "Principal", "50.00"],
        ["112-1", "S1", "1", "SKU-A", "2", "Tax", "4.00"],
        ["112-1", "S2", "1", "SKU-A", "1", "Principal", "25.00"],
        ["112-1", "S2", "1", "SKU-A", "1", "Tax", "2.00"],
        // A row that names no shipment says nothing of further units.
        ["112-1", "", "1", "SKU-A", "1", "Shipping", "3.00"],
    ];
    import_well(&rig, "settlement.tsv", settlement("USD", "84.00", &rows));
    assert_eq!(
        figure(&rig, "units"),
        json!(3),
        "two units left, and one more on the same day"
    );
    assert_eq!(figure(&rig, "net_sales"), json!("75.00"), "for 75.00");
}
