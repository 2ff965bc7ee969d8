//! A home folder of which files are missing or damaged: each is named with the next step, and nothing takes its place.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Home, Said};

const ORDER: &str = r##"{"id":"gid://shopify/Order/1","name":"#1001","createdAt":"2026-05-01T10:00:00Z"}"##;
const KPIS: [&str; 3] = ["metrics", "kpis", "--json"];

/// A home with the profile “Mill”, and its folder.
fn mill() -> (Home, PathBuf) {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let folder = home.0.join("profiles/mill");
    (home, folder)
}

/// Names of everything in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn import(home: &Home) -> Said {
    let file = home.0.join("order.json");
    fs::write(&file, ORDER).expect("a file");
    home.run(&["import", "shopify", "orders", file.to_str().expect("a path"), "--json"])
}

/// The command failed, and said these words.
fn refused(said: &Said, words: &[&str]) {
    assert_eq!(said.code, 1, "it fails: {}", said.all());
    for word in words {
        assert!(said.all().contains(word), "“{word}” is said: {}", said.all());
    }
}

#[test]
fn a_ledger_that_is_gone_is_told_and_not_made_anew() {
    for empty in [false, true] {
        let (home, folder) = mill();
        for file in ["ledger.db-wal", "ledger.db-shm"] {
            let _ = fs::remove_file(folder.join(file));
        }
        let ledger = folder.join("ledger.db");
        fs::remove_file(&ledger).expect("there was a ledger");
        if empty {
            fs::write(&ledger, []).expect("an empty file");
        }
        let before = names(&folder);
        for said in [home.run(&KPIS), import(&home), home.run(&["rebuild"])] {
            refused(&said, &["ledger.db", "missing or empty", "backup"]);
        }
        let health = home.run(&["health"]);
        refused(&health, &["ledger.db", "missing or empty"]);
        assert_eq!(names(&folder), before, "nothing was made in its place");
        assert_eq!(
            fs::metadata(&ledger).map(|m| m.len()).unwrap_or(0),
            0,
            "no ledger was made (empty file: {empty})"
        );
    }
}

#[test]
fn a_key_file_that_is_gone_or_cut_is_told_and_no_key_is_made() {
    let (home, folder) = mill();
    let key = folder.join("key.json");
    let good = fs::read(&key).expect("a key file");
    let ledger = fs::read(folder.join("ledger.db")).expect("a ledger");
    fs::remove_file(&key).expect("removed");
    refused(
        &home.run(&KPIS),
        &["key.json", "missing", "backup", "a new key cannot open"],
    );
    assert!(!key.exists(), "no key took its place");
    fs::write(&key, &good[..good.len() / 2]).expect("cut");
    let cut = home.run(&KPIS);
    refused(&cut, &["key.json", "changed or cut", "backup", "a new key cannot open"]);
    assert!(
        !cut.all().contains("connect again"),
        "connecting helps nobody here: {}",
        cut.all()
    );
    assert_eq!(
        fs::read(folder.join("ledger.db")).expect("the ledger"),
        ledger,
        "the ledger is as it was"
    );
    fs::write(&key, good).expect("restored");
    home.run(&KPIS).data();
}

#[test]
fn a_profile_whose_description_is_damaged_is_named_and_none_is_made_beside_it() {
    let (home, folder) = mill();
    let file = folder.join("profile.json");
    for damage in [Some(""), Some("{\"id\":"), Some("[]"), None] {
        match damage {
            Some(text) => fs::write(&file, text).expect("damaged"),
            None => fs::remove_file(&file).expect("removed"),
        }
        for said in [
            home.run(&KPIS),
            import(&home),
            home.run(&["profile", "create", "Mill"]),
            home.run(&["metrics", "kpis", "--profile", "Mill"]),
            home.run(&["metrics", "kpis", "--profile", "mill"]),
            home.run(&["doctor"]),
        ] {
            refused(&said, &["profiles/mill/profile.json", "profile rename mill"]);
        }
        assert_eq!(
            names(&home.0.join("profiles")),
            ["mill"],
            "no other profile was made ({damage:?})"
        );
        let listed = home.run(&["profile", "list", "--json"]).data();
        assert_eq!(listed[0]["id"], json!("mill"), "the list shows the folder: {listed}");
        assert!(
            listed[0]["error"]["message"].to_string().contains("profile.json"),
            "with what is wrong: {listed}"
        );
    }
    home.run(&["profile", "create", "Bakery", "--json"]).data();
    refused(&home.run(&KPIS), &["profiles/mill/profile.json", "Bakery"]);
    home.run(&["metrics", "kpis", "--profile", "Bakery", "--json"]).data();
    home.run(&["profile", "rename", "mill", "Mill & Sons", "--json"]).data();
    home.run(&["metrics", "kpis", "--profile", "Mill & Sons", "--json"])
        .data();
}

#[test]
fn a_note_of_the_active_profile_that_is_damaged_chooses_no_other_one() {
    let (home, _) = mill();
    let note = home.0.join("home.json");
    fs::write(&note, "{").expect("damaged");
    home.run(&KPIS).data();
    home.run(&["profile", "create", "Bakery", "--json"]).data();
    refused(&home.run(&KPIS), &["home.json", "--profile"]);
    home.run(&["metrics", "kpis", "--profile", "Mill", "--json"]).data();
}

#[test]
fn several_refused_files_are_each_named_with_their_reason_and_the_others_are_taken() {
    let home = Home::new();
    let file = |name: &str, text: &str| {
        let path = home.0.join(name);
        fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    };
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let (good, page, cut) = (
        file("good.json", ORDER),
        file("page.json", "<html></html>"),
        file("cut.json", "{\"orders\":[{"),
    );
    let gone = home.0.join("gone.json").to_string_lossy().into_owned();
    let said = home.run(&["import", "shopify", "auto", &page, &good, &cut, &gone]);
    assert_eq!(said.code, 1, "some were refused: {}", said.all());
    for words in [
        "page.json: refused – ",
        "web page",
        "cut.json: refused – ",
        "cut",
        "gone.json: refused – ",
        "good.json: 1 record read",
    ] {
        assert!(said.out.contains(words), "“{words}” is told: {}", said.out);
    }
    assert!(
        said.err.contains("3 of 4 files were refused"),
        "and how many: {}",
        said.err
    );
}

#[test]
fn why_one_file_was_refused_is_said_once() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let (good, page) = (home.0.join("good.json"), home.0.join("page.json"));
    fs::write(&good, ORDER).expect("a file");
    fs::write(&page, "<html></html>").expect("a file");
    let (good, page) = (good.to_string_lossy(), page.to_string_lossy());
    for files in [vec![&*page], vec![&*good, &*page]] {
        let said = home.run(&[&["import", "shopify", "auto"][..], &files].concat());
        assert_eq!(said.code, 1, "one was refused: {}", said.all());
        assert!(
            said.err.contains("page.json: the file is a web page"),
            "which and why: {}",
            said.err
        );
        assert_eq!(
            said.all().matches("is a web page").count(),
            1,
            "and not again: {}",
            said.all()
        );
        assert_eq!(
            said.out.contains("good.json: 1 record read"),
            files.len() > 1,
            "what became of the other is told: {}",
            said.out
        );
    }
}

#[test]
fn a_profile_that_is_made_later_opens_only_when_it_is_asked_for() {
    let home = Home::new();
    home.run(&["profile", "create", "Mill", "--json"]).data();
    let file = home.0.join("priced.json");
    let order = ORDER.replace("\"name\"", "\"currencyCode\":\"USD\",\"name\"");
    fs::write(&file, order).expect("a file");
    home.run(&["import", "shopify", "orders", file.to_str().expect("a path")]);
    home.run(&["profile", "create", "Acme", "--json"]).data();
    let listed = home.run(&["orders", "list", "--json"]).data();
    assert_eq!(
        listed["count"],
        json!(1),
        "the profile in use is still the one with the order: {listed}"
    );
    home.run(&["profile", "use", "Acme", "--json"]).data();
    let listed = home.run(&["orders", "list", "--json"]).data();
    assert_eq!(listed["count"], json!(0), "until the other is chosen: {listed}");
    home.run(&["profile", "remove", "Acme", "--yes", "--json"]).data();
    home.run(&["profile", "create", "Aaa", "--json"]).data();
    let listed = home.run(&["orders", "list", "--json"]).data();
    assert_eq!(
        listed["count"],
        json!(1),
        "after a removal, too, the one that opened then goes on to open: {listed}"
    );
}

#[test]
fn a_record_is_printed_as_it_came_and_only_for_its_own_platform() {
    let (home, _) = mill();
    import(&home);
    let shown = home.run(&["raw", "show", "shopify", "orders", "#1", "--quiet"]);
    assert_eq!(shown.out, ORDER, "exactly the bytes, not one more");
    let other = home.run(&["raw", "show", "amazon", "orders", "#1"]);
    assert_eq!(other.code, 1, "it is no record of Amazon's: {}", other.all());
    assert!(
        other.err.contains("there is no record #1"),
        "and that is said: {}",
        other.err
    );
}

#[test]
fn health_gives_all_issues_to_a_program_and_says_to_people_how_many_there_are() {
    let (home, _) = mill();
    let orders: Vec<serde_json::Value> = (1..=30)
        .map(|id| json!({"id": id, "order_number": id, "total_price": "x"}))
        .collect();
    let file = home.0.join("orders.json");
    fs::write(&file, json!({ "orders": orders }).to_string()).expect("a file");
    home.run(&["import", "shopify", "orders", file.to_str().expect("a path")]);
    let health = home.run(&["health", "--json"]).json();
    let issues = health["data"]["issues"].as_array().map_or(0, Vec::len);
    assert_eq!(issues, 30, "none is left out: {health}");
    let text = home.run(&["health"]);
    assert!(
        text.out.contains("latest 25 of 30 issues; --json"),
        "and a person sees that there are more: {}",
        text.out
    );
}
