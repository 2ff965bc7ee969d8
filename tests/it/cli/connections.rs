//! Removing connections: access, records, and the choice between them.

use serde_json::json;

use super::{Home, Said};

fn demo() -> Home {
    let home = Home::new();
    let made = run(&home, &["demo", "--days", "6", "--orders-per-day", "2", "--json"]);
    made.data();
    home
}

fn run(home: &Home, arguments: &[&str]) -> Said {
    home.run_with(arguments, &[], None)
}

#[test]
fn what_becomes_of_the_records_must_be_said_and_confirmed() {
    let home = demo();
    let unsaid = run(&home, &["connections", "remove", "1", "--yes"]);
    assert_eq!(unsaid.code, 2, "neither keep nor delete: {}", unsaid.all());
    assert!(
        unsaid.err.contains("--keep-data") && unsaid.err.contains("--delete-data"),
        "{}",
        unsaid.err
    );
    let both = run(
        &home,
        &["connections", "remove", "1", "--keep-data", "--delete-data", "--yes"],
    );
    assert_eq!(both.code, 2, "one of them: {}", both.all());
    for (choice, word) in [("--delete-data", "deletes its"), ("--keep-data", "stay")] {
        let unsure = run(&home, &["connections", "remove", "1", choice]);
        assert_eq!(unsure.code, 1, "{choice} without --yes: {}", unsure.all());
        assert!(
            unsure.err.contains(word) && unsure.err.contains("orders") && unsure.err.contains("--yes"),
            "{choice} says what it would do: {}",
            unsure.err
        );
    }
    assert_eq!(
        run(&home, &["connections", "list", "--json"]).data()[0]["connected"],
        json!(true),
        "nothing was done"
    );
}

#[test]
fn a_disconnected_account_keeps_its_figures_and_loses_its_access() {
    let home = demo();
    let kpis = ["metrics", "kpis", "--days", "6", "--json"];
    let before = run(&home, &kpis).data()["kpis"]["net_sales"].clone();
    let gone = run(&home, &["connections", "remove", "1", "--keep-data", "--yes", "--json"]).data();
    assert_eq!(gone["access_deleted"], json!(true), "{gone}");
    assert_eq!(gone["data_deleted"], json!(null), "{gone}");
    assert!(
        gone["next_step"]
            .as_str()
            .is_some_and(|text| text.contains("Uninstall")),
        "how the rights end at the platform is named: {gone}"
    );
    assert_eq!(
        run(&home, &kpis).data()["kpis"]["net_sales"],
        before,
        "the figures stay"
    );
    let named = run(&home, &["sync", "1", "--json"]);
    assert_eq!(named.code, 3, "only connecting again helps: {}", named.out);
    assert_eq!(named.json()["error"]["code"], json!("needs_reconnect"), "{}", named.out);
    assert_eq!(run(&home, &["connections", "test", "1"]).code, 3, "nor does it answer");
    assert_eq!(run(&home, &["sync"]).code, 1, "nothing is left to sync");
}

#[test]
fn deleted_data_leaves_the_figures_and_what_comes_later_has_a_number_of_its_own() {
    let home = demo();
    let held = run(&home, &["orders", "list", "--json"]).data()["count"].clone();
    let gone = run(
        &home,
        &["connections", "remove", "1", "--delete-data", "--yes", "--json"],
    )
    .data();
    assert_eq!(gone["data_deleted"]["orders"], held, "every order is told: {gone}");
    assert_eq!(
        run(&home, &["connections", "list", "--json"]).data(),
        json!([]),
        "it is gone"
    );
    for list in ["orders", "products", "inventory", "customers"] {
        let left = run(&home, &[list, "list", "--json"]).data();
        assert_eq!(left["count"], json!(0), "{list} are gone: {left}");
    }
    let kpis = run(&home, &["metrics", "kpis", "--days", "6", "--json"]).data();
    assert_eq!(
        kpis["kpis"]["orders"],
        json!(null),
        "nothing is known without an account: {kpis}"
    );
    let checked = run(&home, &["doctor", "--json"]);
    assert_eq!(checked.code, 0, "the ledger is whole: {}", checked.out);
    let order = home.0.join("order.jsonl");
    let line = r##"{"id":"gid://shopify/Order/1","name":"#1001","createdAt":"2026-05-01T10:00:00Z"}"##;
    std::fs::write(&order, line).expect("a file");
    run(
        &home,
        &["import", "shopify", "orders", order.to_str().expect("a path"), "--json"],
    );
    let later = run(&home, &["connections", "list", "--json"]).data();
    assert_eq!(later[0]["id"], json!(2), "a number is not given twice: {later}");
}
