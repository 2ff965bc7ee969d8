//! Settlement reports: units of shipments that share a bare day, amounts with a comma, and money that does not say all: neither its
//! order nor its units, or only a bare day.

use countinghouse_core::store::IssueFilter;
use serde_json::json;

use super::failures::{shipped, sold};
use super::{NUMBER, US, figure, import, import_well, ledger, sums, the, transaction};
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

/// A settlement of charges without an order, each on a bare day in March: day, what, amount.
fn charges(total: &str, rows: &[(u32, &str, &str)]) -> String {
    let mut text = "settlement-id\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\n".to_owned();
    text.push_str(&format!("88\t18/03/26\t{total}\tUSD{}\n", "\t".repeat(6)));
    for (day, what, amount) in rows {
        text.push_str(&format!(
            "88\t\t\t\tother-transaction\tAmazon.com\tother-transaction\t{what}\t{amount}\t{day:02}/03/26\n"
        ));
    }
    text
}

/// Storage posted at nine in the evening of a day of March in Los Angeles, which is the next day in UTC.
fn stored(id: &str, day: u32, amount: &str) -> serde_json::Value {
    let fee: &[(&str, &str)] = &[("FBAStorageFee", amount)];
    let posted = format!("2026-03-{:02}T05:00:00Z", day + 1);
    transaction(None, "ServiceFee", id, "RELEASED", &posted, &[("", 0, fee)])
}

#[test]
fn a_charge_on_a_bare_day_and_on_the_next_day_in_utc_counts_once() {
    let settlement = charges(
        "-54.21",
        &[(5, "Storage Fee", "-14.22"), (5, "Subscription Fee", "-39.99")],
    );
    let money = ledger(&[stored("T-1", 5, "-14.22")]);
    for files in [[&settlement, &money], [&money, &settlement]] {
        let rig = Rig::new();
        for (at, text) in files.into_iter().enumerate() {
            import_well(&rig, &format!("file{at}"), text);
        }
        assert_eq!(sums(&rig)["fee_storage"], "-14.22", "two records tell of one charge");
        assert_eq!(
            sums(&rig)["fee_other"],
            "-39.99",
            "what the settlement alone tells counts"
        );
        let before = rig.profile.digest().expect("a digest");
        rig.profile.rebuild().expect("made again from the raw records");
        assert_eq!(
            before,
            rig.profile.digest().expect("a digest"),
            "a rebuild says the same"
        );
    }
    let daily = charges("-28.44", &[(5, "Storage Fee", "-14.22"), (6, "Storage Fee", "-14.22")]);
    let rig = Rig::new();
    import_well(
        &rig,
        "money.json",
        ledger(&[stored("T-1", 5, "-14.22"), stored("T-2", 6, "-14.22")]),
    );
    import_well(&rig, "settlement.tsv", &daily);
    assert_eq!(
        sums(&rig)["fee_storage"],
        "-28.44",
        "the same on two days is two charges"
    );
}

#[test]
fn two_shipments_of_one_evening_count_once_beside_the_row_of_their_bare_day() {
    let rows = [
        [NUMBER, "S1", "1", "SKU-A", "1", "Principal", "44.00"],
        [NUMBER, "S2", "2", "SKU-B", "1", "Principal", "10.00"],
    ];
    let fees = "77\t\t\t\tOrder\t112-4400001-1000001\tS1\tAmazon.com\tItemFees\tCommission\t-6.60\t05/03/26\t1\tSKU-A\t1\n\
                77\t\t\t\tOrder\t112-4400001-1000001\tS2\tAmazon.com\tItemFees\tCommission\t-1.50\t05/03/26\t2\tSKU-B\t1\n";
    let settlement = settlement("USD", "45.90", &rows) + fees;
    let moved = |id: &str, at: &str, sku: &str, price: &str, fee: &str| {
        let parts: &[(&str, &str)] = &[("OurPricePrincipal", price), ("Commission", fee)];
        transaction(Some(NUMBER), "Shipment", id, "RELEASED", at, &[(sku, 1, parts)])
    };
    let money = ledger(&[
        moved("T-1", "2026-03-06T02:00:00Z", "SKU-A", "44.00", "-6.60"),
        moved("T-2", "2026-03-06T02:30:00Z", "SKU-B", "10.00", "-1.50"),
    ]);
    for files in [[&settlement, &money], [&money, &settlement]] {
        let rig = Rig::new();
        for (at, text) in files.into_iter().enumerate() {
            import(&rig, &format!("file{at}"), text);
        }
        assert_eq!(
            sums(&rig)["fee_commission"],
            "-8.10",
            "the marketplace's own day has both of them, and the settlement says them again"
        );
    }
}

#[test]
fn money_that_is_dated_anew_across_midnight_counts_once() {
    let rig = Rig::new();
    import_well(&rig, "first.json", ledger(&[stored("T-1", 5, "-14.22")]));
    import_well(&rig, "again.json", ledger(&[stored("T-1", 6, "-14.22")]));
    assert_eq!(sums(&rig)["fee_storage"], "-14.22", "as it was told last");
    rig.profile.rebuild().expect("made again from the raw records");
    assert_eq!(sums(&rig)["fee_storage"], "-14.22", "after a rebuild too");
}

#[test]
fn what_was_sold_without_naming_its_order_is_no_fee_and_no_second_sale() {
    let rig = shipped(US, sold(1, "30.00", "2.40"));
    let sale: &[(&str, &str)] = &[
        ("OurPricePrincipal", "30.00"),
        ("OurPriceTax", "2.40"),
        ("Commission", "-4.50"),
    ];
    let back: &[(&str, &str)] = &[("OurPricePrincipal", "-30.00"), ("OurPriceTax", "-2.40")];
    let nameless = [
        transaction(
            None,
            "Shipment",
            "T-1",
            "RELEASED",
            "2026-03-04T20:00:00Z",
            &[("SKU-A", 1, sale)],
        ),
        transaction(
            None,
            "Refund",
            "T-2",
            "RELEASED",
            "2026-03-12T20:00:00Z",
            &[("SKU-A", 1, back)],
        ),
    ];
    import(&rig, "ledger.json", ledger(&nameless));
    let sums = sums(&rig);
    assert_eq!(sums["item_price"], "30.00", "the order tells the sale");
    assert_eq!(sums["fee_commission"], "-4.50", "its fee counts");
    assert_eq!(sums.get("fee_other"), None, "a price is no fee that pays the seller");
    assert_eq!(
        (sums["refund_item"].as_str(), sums["refund_tax"].as_str()),
        ("-30.00", "-2.40"),
        "what was paid back is a refund"
    );
    let issues = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 100));
    let issues = issues.expect("issues");
    assert!(
        issues
            .iter()
            .any(|i| i.about.code == "names_no_order" && i.about.message.contains("32.40")),
        "and what is in no figure is told: {issues:?}"
    );
}

#[test]
fn a_refund_that_names_no_units_brings_back_those_whose_price_it_pays() {
    let refund = |amount: &str| {
        let rig = shipped(US, sold(3, "10.00", "0.80"));
        let back = [NUMBER, "", "1", "SKU-A", "", "Principal", amount];
        let rows = settlement("USD", amount, &[back]).replace("\tOrder\t", "\tRefund\t");
        import_well(&rig, "settlement.tsv", rows);
        figure(&rig, "units_returned")
    };
    assert_eq!(refund("-10.00"), json!(3), "all of it paid back is all units");
    assert_eq!(
        refund("-6.67"),
        json!(2),
        "two thirds are two of three, however the cent was rounded"
    );
    assert_eq!(refund("-3.33"), json!(1), "a third is one");
    assert_eq!(refund("-2.00"), json!(0), "less is money for a complaint");
    let rig = Rig::new();
    let amounts: &[(&str, &str)] = &[("OurPricePrincipal", "-30.00")];
    let back = transaction(
        Some(NUMBER),
        "Refund",
        "T-1",
        "RELEASED",
        "2026-03-12T20:00:00Z",
        &[("SKU-A", 0, amounts)],
    );
    import(&rig, "ledger.json", ledger(&[back]));
    assert!(
        the(&rig, NUMBER).incomplete,
        "without the order nobody knows how many came back"
    );
    let issues = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 100));
    assert!(
        issues.expect("issues").iter().any(|i| i.about.code == "units_unknown"),
        "and that is told"
    );
}

#[test]
fn amazon_failure_39_a_point_is_read_as_the_other_amounts_of_its_file_show() {
    let read = |others: &str| {
        let rig = Rig::new();
        let rows = [
            ["302-1", "S1", "1", "SKU-A", "1", "Principal", "1.234"],
            ["302-2", "S1", "1", "SKU-A", "1", "Principal", others],
        ];
        import(
            &rig,
            "euros.tsv",
            settlement("EUR", "0", &rows).replace("Amazon.com", "Amazon.de"),
        );
        let before = rig.profile.digest().expect("a digest");
        rig.profile.rebuild().expect("made again from the raw records");
        assert_eq!(
            before,
            rig.profile.digest().expect("a digest"),
            "the record itself says how it is read"
        );
        let found = super::orders(&rig).into_iter().find(|order| order.key == "302-1");
        let issues = rig
            .profile
            .store()
            .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 100));
        let told = issues
            .expect("issues")
            .iter()
            .any(|i| i.about.message.contains("“1.234” may be"));
        (found.map(|order| order.postings[0].micros), told)
    };
    assert_eq!(
        read("12,50"),
        (Some(1_234_000_000), false),
        "decimals stand behind a comma there: a thousand"
    );
    assert_eq!(
        read("12.50"),
        (Some(1_234_000), false),
        "they stand behind a point: one and a bit"
    );
    assert_eq!(read("15"), (None, true), "nothing tells: it is told, and never guessed");
}
