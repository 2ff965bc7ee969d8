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
    run(&home, &["connections", "remove", "2", "--keep-data", "--yes", "--json"]).data();
    assert_eq!(run(&home, &["sync"]).code, 1, "nothing is left to sync");
}

#[test]
fn deleted_data_leaves_the_figures_and_what_comes_later_has_a_number_of_its_own() {
    let home = demo();
    let shops = ["orders", "list", "--channel", "shopify", "--json"];
    let held = run(&home, &shops).data()["count"].clone();
    let gone = run(
        &home,
        &["connections", "remove", "1", "--delete-data", "--yes", "--json"],
    )
    .data();
    assert_eq!(gone["data_deleted"]["orders"], held, "every order is told: {gone}");
    assert_eq!(run(&home, &shops).data()["count"], json!(0), "and gone");
    let others = run(&home, &["orders", "list", "--json"]).data()["count"].clone();
    assert_ne!(others, json!(0), "the other account's orders stay");
    run(
        &home,
        &["connections", "remove", "2", "--delete-data", "--yes", "--json"],
    )
    .data();
    assert_eq!(
        run(&home, &["connections", "list", "--json"]).data(),
        json!([]),
        "both are gone"
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
}

const ORDER: &str = r##"{"id":1,"name":"#1001","created_at":"2026-05-01T10:00:00Z","currency":"USD","financial_status":"paid",
    "taxes_included":false,"test":false,"shipping_lines":[],"refunds":[],"fulfillments":[],"line_items":[{"id":1,"title":"Mug",
    "sku":"M","quantity":1,"price":"10.00","requires_shipping":true,"tax_lines":[]}]}"##;

/// Imports a file of one order; `more` are further arguments.
fn import(home: &Home, more: &[&str]) -> Said {
    let order = home.0.join("order.json");
    std::fs::write(&order, ORDER).expect("a file");
    let order = order.to_str().expect("a path");
    home.run(&[&["import", "shopify", "orders", order, "--json"], more].concat())
}

#[test]
fn a_number_is_not_given_twice() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    import(&home, &[]).data();
    home.run(&["connections", "remove", "1", "--delete-data", "--yes", "--json"])
        .data();
    import(&home, &[]).data();
    let later = home.run(&["connections", "list", "--json"]).data();
    assert_eq!(
        later[0]["id"],
        json!(2),
        "who remembers the first by its number is not misled: {later}"
    );
}

#[test]
fn what_is_real_does_not_go_into_the_demo() {
    let home = demo();
    for said in [
        import(&home, &[]),
        run(&home, &["connect", "shopify", "my-shop", "--client-id", "x", "--json"]),
    ] {
        assert_eq!(
            said.code, 1,
            "its key lies open, and the next demo replaces it: {}",
            said.out
        );
        let error = said.json()["error"].clone();
        assert!(
            error["hint"].to_string().contains("profile create"),
            "with the next step: {error}"
        );
    }
    home.run(&["profile", "create", "Mill", "--json"]).data();
    assert_ne!(import(&home, &[]).code, 0, "the demo still opens by itself");
    home.run(&["profile", "use", "mill", "--json"]).data();
    import(&home, &[]).data();
    let active = home.run(&["profile", "list", "--json"]).data();
    let active = active
        .as_array()
        .expect("profiles")
        .iter()
        .find(|p| p["active"] == json!(true));
    assert_eq!(
        active.map(|p| &p["name"]),
        Some(&json!("Mill")),
        "it opens by itself now"
    );
    assert_eq!(
        home.run(&["profile", "use", "nobody"]).code,
        1,
        "an unknown one does not"
    );
}

#[test]
fn a_zone_that_was_forgotten_is_given_later() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let first = import(&home, &[]).data();
    let told = first[0]["notices"].to_string();
    assert!(told.contains("Import again with --time-zone"), "it says how: {told}");
    import(&home, &["--time-zone", "Asia/Tokyo"]).data();
    let listed = home.run(&["connections", "list", "--json"]).data();
    assert_eq!(
        listed[0]["time_zone"],
        json!("Asia/Tokyo"),
        "it holds from now on: {listed}"
    );
    let other = import(&home, &["--time-zone", "Europe/London"]);
    assert_eq!(other.code, 1, "another one is not taken for it: {}", other.out);
}

#[test]
fn files_are_joined_by_hand_only_where_that_can_be_right() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    import(&home, &["--connection", "A", "--time-zone", "Asia/Tokyo"]).data();
    let twice = import(&home, &["--connection", "B", "--time-zone", "Europe/London"]).data();
    assert!(
        twice[0]["notices"].to_string().contains("connections join"),
        "the way out is named: {twice}"
    );
    for (wrong, code) in [(["A", "A"], 1), (["A", "nobody"], 1)] {
        let said = home.run(&["connections", "join", wrong[0], wrong[1], "--yes"]);
        assert_eq!(said.code, code, "{wrong:?}: {}", said.all());
    }
    let unsure = home.run(&["connections", "join", "B", "A"]);
    assert!(
        unsure.code == 1 && unsure.err.contains("“B”") && unsure.err.contains("--yes"),
        "it says what it would do: {}",
        unsure.err
    );
    let joined = home.run(&["connections", "join", "B", "A", "--yes"]);
    assert_eq!(joined.code, 0, "{}", joined.all());
    assert!(
        joined.out.contains("Europe/London"),
        "that days are counted anew is told: {}",
        joined.out
    );
    let left = home.run(&["connections", "list", "--json"]).data();
    assert_eq!(left.as_array().map(Vec::len), Some(1), "one is left: {left}");
    let shop = demo();
    let refused = run(&shop, &["connections", "join", "1", "1", "--yes"]);
    assert_eq!(refused.code, 1, "a shop is no set of files: {}", refused.all());
}
