//! Settlement reports by themselves: units of shipments that share a bare day, and amounts with a comma.

use countinghouse_core::store::IssueFilter;
use serde_json::json;

use super::{figure, import, import_well, sums};
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

#[test]
fn amazon_failure_39_a_comma_is_never_read_as_one_thing_where_it_may_be_another() {
    let rig = Rig::new();
    let rows = [["250-1", "S1", "1", "SKU-J", "1", "Principal", "1,980"]];
    import_well(&rig, "yen.tsv", settlement("JPY", "1,980", &rows));
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("1980"),
        "yen have no decimals, so that the comma stands behind thousands"
    );
    let rig = Rig::new();
    let rows = [
        ["112-1", "S1", "1", "SKU-A", "1", "Principal", "1,234"],
        ["112-2", "S1", "1", "SKU-A", "1", "Principal", "1,234.00"],
        ["112-3", "S1", "1", "SKU-A", "1", "Principal", "12,34"],
    ];
    import(&rig, "dollars.tsv", settlement("USD", "2480.34", &rows));
    assert_eq!(
        sums(&rig)["item_price"],
        "1246.34",
        "what can be read in one way only counts"
    );
    let issues = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 100))
        .expect("issues");
    assert!(
        issues
            .iter()
            .any(|i| i.about.message.contains("“1,234” may be thousands or a fraction")),
        "the other is told with its place: {issues:?}"
    );
}
