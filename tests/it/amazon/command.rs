//! From a file of Amazon's to figures by the command line, as a stranger does it.

use serde_json::json;

use super::{NUMBER, US, item, ledger, order, page, transaction};
use crate::cli::Home;

#[test]
fn a_file_becomes_figures_that_open_down_to_its_bytes() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let sold = order(
        NUMBER,
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 2, "USD", Some("50.00"), Some("4.00"))],
    );
    let fees: &[(&str, &str)] = &[("Commission", "-7.50")];
    let shipment = transaction(
        Some(NUMBER),
        "Shipment",
        "T-1",
        "RELEASED",
        "2026-03-04T20:00:00Z",
        &[("SKU-A", 2, fees)],
    );
    let storage: &[(&str, &str)] = &[("FBAStorageFee", "-14.22")];
    let account = transaction(
        None,
        "ServiceFee",
        "T-2",
        "RELEASED",
        "2026-03-05T20:00:00Z",
        &[("", 0, storage)],
    );
    let mut files = Vec::new();
    for (name, text) in [
        ("orders.json", page(&[sold])),
        ("money.json", ledger(&[shipment, account])),
    ] {
        let path = home.0.join(name);
        std::fs::write(&path, text).expect("a file");
        files.push(path.to_str().expect("a path").to_owned());
    }
    let done = home
        .run(&["import", "amazon", "auto", &files[0], &files[1], "--json"])
        .data();
    assert_eq!(
        done[0]["streams"],
        json!([["orders", 1]]),
        "the file's kind is recognised: {done}"
    );
    assert_eq!(done[1]["streams"], json!([["finances", 2]]), "of both: {done}");
    assert_eq!(done[0]["notices"], json!([]), "the marketplace tells the zone: {done}");
    let days = ["--from", "2026-03-01", "--to", "2026-03-31", "--json"];
    let daily = home.run(&[&["metrics", "daily"], &days[..]].concat()).data();
    assert_eq!(daily["totals"]["net_sales"], json!("50.00"), "the sale: {daily}");
    assert_eq!(daily["totals"]["orders"], json!(1), "one order: {daily}");
    let listed = home.run(&["orders", "list", "--json"]).data();
    let rows = listed["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 1, "a day of the account is no order: {listed}");
    assert_eq!(
        (&rows[0]["platform"], &rows[0]["sales_channel"]),
        (&json!("amazon"), &json!("Amazon.com")),
        "the order's marketplace is its sales channel"
    );
    let traced = home.run(&["trace", "net_sales", "--day", "2026-03-02", "--json"]);
    assert!(
        traced.data().to_string().contains(NUMBER),
        "the figure leads to its order: {}",
        traced.out
    );
    let traced = home.run(&["trace", "contribution", "--day", "2026-03-05", "--json"]);
    assert!(
        traced.data().to_string().contains("account:USD:2026-03-05"),
        "and to the day's storage: {}",
        traced.out
    );
    let shown = home.run(&["raw", "show", "amazon", "orders", NUMBER]);
    assert!(
        shown.out.contains("\"orderId\":\"112-4400001-1000001\""),
        "down to the bytes: {}",
        shown.all()
    );
    let shown = home.run(&["raw", "show", "amazon", "finances", &format!("{NUMBER}/T-1")]);
    assert!(
        shown.out.contains("\"transactionId\":\"T-1\""),
        "of the money too: {}",
        shown.all()
    );
    let health = home.run(&["health"]);
    assert_eq!(health.code, 0, "a connection of files is healthy: {}", health.all());
    assert!(health.out.contains("Amazon"), "and named: {}", health.out);
}
