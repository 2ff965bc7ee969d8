//! How a profile counts, and options that say what they take.

use serde_json::json;

use super::Home;

#[test]
fn the_help_of_the_simulator_shows_a_plan_of_faults_that_it_takes() {
    let home = Home::new();
    let help = home.run(&["sim", "--help"]).all();
    let shown: Vec<&str> = help
        .split_whitespace()
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.contains('@') && word.contains(';'))
        .collect();
    assert!(shown.len() >= 2, "examples are shown: {help}");
    for plan in shown {
        plan.parse::<countinghouse_sim::faults::Plan>()
            .unwrap_or_else(|e| panic!("the help shows a plan that is none: {e}"));
    }
    let refused = home.run(&["sim", "--port", "0", "--faults", "html at 9..12"]);
    assert_eq!(refused.code, 2, "no plan: {}", refused.all());
    assert!(
        refused.err.contains("html@9-12"),
        "the form itself is said: {}",
        refused.err
    );
}

#[test]
fn a_page_of_a_demo_that_is_not_synced_is_refused() {
    let home = Home::new();
    let said = home.run(&["demo", "--no-sync", "--html", "page.html"]);
    assert_eq!(said.code, 2, "nothing could stand on it: {}", said.all());
    assert!(
        said.err.contains("--no-sync") && said.err.contains("--html"),
        "{}",
        said.err
    );
    assert!(!home.0.exists(), "and nothing was made");
}

#[test]
fn a_profile_is_told_how_to_count() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let now = home.run(&["profile", "set", "--json"]).data();
    assert_eq!(
        now["costs"],
        json!("known"),
        "unknown stays unknown unless the user says otherwise: {now}"
    );
    let set = [
        "profile",
        "set",
        "--costs",
        "backdate",
        "--definition",
        "accounting",
        "--time-zone",
        "Europe/Paris",
        "--json",
    ];
    home.run(&set).data();
    let now = home.run(&["profile", "set", "--json"]).data();
    assert_eq!(now["costs"], json!("backdate"), "kept: {now}");
    assert_eq!(now["definition"], json!("accounting"), "kept: {now}");
    assert_eq!(now["time_zone"], json!("Europe/Paris"), "kept: {now}");
    let wrong = home.run(&["profile", "set", "--definition", "platform", "--time-zone", "Mars/Base"]);
    assert_eq!(wrong.code, 2, "no zone: {}", wrong.all());
    let now = home.run(&["profile", "set", "--time-zone", "own", "--json"]).data();
    assert_eq!(
        now["definition"],
        json!("accounting"),
        "nothing of a wrong command was done: {now}"
    );
    assert_eq!(now["time_zone"], json!(null), "taken back: {now}");
}

#[test]
fn a_shop_that_cannot_be_reached_is_told_without_a_word_of_syncs() {
    let home = Home::new();
    let environment = [
        ("COUNTINGHOUSE_PASSPHRASE", super::PASSPHRASE),
        ("COUNTINGHOUSE_SECRET", "x"),
    ];
    let connect = |endpoint: &str| {
        let arguments = [
            "connect",
            "shopify",
            "my-shop",
            "--client-id",
            "id",
            "--endpoint",
            endpoint,
        ];
        home.run_with(&arguments, &environment, None)
    };
    // The ports below 10 have no listener.
    let said = connect("http://127.0.0.1:9");
    assert_eq!(said.code, 1, "nobody listens: {}", said.all());
    assert!(
        said.err.contains("Nothing was stored") && said.err.contains("http://127.0.0.1:9/"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("next sync"), "there is none: {}", said.err);
}
