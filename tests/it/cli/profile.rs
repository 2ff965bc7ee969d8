//! Profiles, their passphrases, and locking them.

use serde_json::json;

use super::{Home, PASSPHRASE, holder};

const OTHER: &str = "another long phrase";
const ORDER: &str = r##"{"id":"gid://shopify/Order/1","name":"#1001","createdAt":"2026-05-01T10:00:00Z"}"##;

#[test]
fn a_locked_profile_tells_its_figures_to_no_command_until_it_is_unlocked() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill & Sons", "--json"]).data();
    let kpis = ["metrics", "kpis", "--json"];
    home.run(&kpis).data();
    let locked = home.run(&["profile", "lock", "--json"]).data();
    assert_eq!(locked["locked"], json!(true), "the answer says so: {locked}");
    let order = home.0.join("order.json");
    std::fs::write(&order, ORDER).expect("a file");
    let file = order.to_str().expect("a path");
    for arguments in [
        &kpis[..],
        &["orders", "list", "--json"],
        &["sync", "--json"],
        &["import", "shopify", "orders", file, "--json"],
        &["rebuild", "--json"],
        &["profile", "passphrase", "--json"],
    ] {
        let said = home.run(arguments);
        assert_eq!(
            said.code, 3,
            "{arguments:?} needs the user, with the passphrase in its environment too: {}",
            said.out
        );
        let answer = said.json();
        assert_eq!(answer["success"], json!(false), "{arguments:?}: {answer}");
        assert_eq!(answer["error"]["code"], json!("locked"), "{arguments:?}: {answer}");
    }
    let health = home.run(&["health", "--json"]);
    assert_eq!(health.code, 3, "health tells that the user is needed: {}", health.out);
    let text = home.run(&["metrics", "kpis"]);
    assert!(
        text.out.is_empty() && text.err.contains("profile unlock"),
        "the next step is named on standard error: {} {}",
        text.out,
        text.err
    );
    let wrong = home.run_with(&["profile", "unlock"], &[], Some("not the passphrase\n"));
    assert_eq!(wrong.code, 3, "a wrong passphrase unlocks nothing: {}", wrong.all());
    assert!(wrong.err.contains("passphrase is not right"), "{}", wrong.err);
    assert_eq!(home.run(&kpis).code, 3, "it is still locked");
    let silent = home.run_with(&["profile", "unlock"], &[], None);
    assert_eq!(silent.code, 3, "nor does nobody's: {}", silent.all());
    let unlocked = home.run_with(&["profile", "unlock"], &[], Some(&format!("{PASSPHRASE}\n")));
    assert_eq!(unlocked.code, 0, "the passphrase on standard input: {}", unlocked.all());
    home.run(&kpis).data();
    let stranger = home.run_with(&kpis, &[], None);
    assert_eq!(
        stranger.code, 3,
        "who has no passphrase still does not get in: {}",
        stranger.out
    );
    assert!(
        stranger.json()["error"]["hint"]
            .to_string()
            .contains("COUNTINGHOUSE_PASSPHRASE"),
        "and the hint says what to do: {}",
        stranger.out
    );
}

#[test]
fn a_passphrase_is_changed_and_the_old_one_opens_nothing() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let wrong = home.run_with(
        &["profile", "passphrase"],
        &[
            ("COUNTINGHOUSE_PASSPHRASE", "mistaken words"),
            ("COUNTINGHOUSE_NEW_PASSPHRASE", OTHER),
        ],
        None,
    );
    assert_eq!(wrong.code, 3, "a wrong passphrase changes nothing: {}", wrong.all());
    let short = home.run_with(
        &["profile", "passphrase"],
        &[("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE)],
        Some("short\n"),
    );
    assert_eq!(short.code, 1, "a short one is refused: {}", short.all());
    let given = Home::new().run_with(&["health"], &[("COUNTINGHOUSE_PASSPHRASE", "short")], None);
    for said in [&short, &given] {
        assert!(
            said.all().contains("COUNTINGHOUSE_PASSPHRASE") && said.all().contains("at least 8 characters"),
            "with where the longer one comes from: {}",
            said.all()
        );
    }
    assert!(short.err.contains("8 characters"), "{}", short.err);
    home.run(&["metrics", "kpis", "--json"]).data();
    let lines = format!("{PASSPHRASE}\n{OTHER}\n");
    let changed = home.run_with(&["profile", "passphrase", "--json"], &[], Some(&lines));
    assert_eq!(changed.data()["kept_in"], json!("passphrase"), "{}", changed.out);
    assert!(
        !changed.all().contains(OTHER) && !changed.all().contains(PASSPHRASE),
        "no passphrase is printed: {}",
        changed.all()
    );
    let kpis = ["metrics", "kpis", "--json"];
    assert_eq!(home.run(&kpis).code, 3, "the old passphrase opens nothing");
    home.run_with(&kpis, &[("COUNTINGHOUSE_PASSPHRASE", OTHER)], None)
        .data();
    for secret in [PASSPHRASE, OTHER] {
        assert_eq!(
            holder(&home.0, secret.as_bytes()),
            None,
            "a passphrase lies in the home folder"
        );
    }
}

#[test]
fn a_demo_can_be_put_under_a_passphrase_and_its_key_leaves_the_folder() {
    let home = Home::new();
    let made = home.run_with(&["demo", "--no-sync", "--days", "5", "--json"], &[], None);
    made.data();
    let file = home.0.join("profiles/demo/key.json");
    let open: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).expect("a key file")).expect("JSON");
    let key = open["key"].as_str().expect("a demo's key lies open").to_owned();
    let unprotected = home.run_with(&["profile", "lock"], &[], None);
    assert_eq!(
        unprotected.code,
        1,
        "a lock without a passphrase keeps nobody out: {}",
        unprotected.all()
    );
    assert!(
        unprotected.err.contains("profile passphrase"),
        "the way is named: {}",
        unprotected.err
    );
    home.run_with(
        &["profile", "passphrase", "Demo", "--json"],
        &[("COUNTINGHOUSE_PASSPHRASE", PASSPHRASE)],
        None,
    )
    .data();
    assert_eq!(
        holder(&home.0, key.as_bytes()),
        None,
        "the open key is gone from the home folder"
    );
    assert_eq!(
        home.run_with(&["metrics", "kpis", "--json"], &[], None).code,
        3,
        "without the passphrase it stays shut"
    );
    home.run(&["metrics", "kpis", "--json"]).data();
    let back = home.run(&["profile", "passphrase", "--remove"]);
    assert_eq!(back.code, 3, "there is no keyring to go back to: {}", back.all());
    home.run(&["metrics", "kpis", "--json"]).data();
}

#[test]
fn profiles_are_listed_with_their_protection_and_removed_with_their_keys() {
    let home = Home::new();
    let none = home.run(&["profile", "list"]);
    assert!(
        none.out.contains("no profile yet"),
        "an empty home says so: {}",
        none.all()
    );
    home.run(&["profile", "create", "Mill", "--json"]).data();
    home.run(&["profile", "lock"]);
    let listed = home.run(&["profile", "list", "--json"]).data();
    assert_eq!(listed[0]["locked"], json!(true), "{listed}");
    assert_eq!(listed[0]["kept_in"], json!("passphrase"), "{listed}");
    let empty = home.run(&["profile", "rename", "Mill", "  "]);
    assert_eq!(empty.code, 2, "a profile needs a name: {}", empty.all());
    let unsure = home.run(&["profile", "remove", "Mill"]);
    assert_eq!(unsure.code, 1, "removing needs --yes: {}", unsure.all());
    let unknown = home.run(&["profile", "remove", "Mell"]);
    assert!(
        unknown.err.contains("no profile “Mell”"),
        "an unknown name is told first: {}",
        unknown.err
    );
    home.run(&["profile", "remove", "Mill", "--yes", "--json"]).data();
    assert_eq!(home.run(&["profile", "list", "--json"]).data(), json!([]), "it is gone");
}
