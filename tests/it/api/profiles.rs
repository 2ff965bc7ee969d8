//! One profile that does not open keeps nobody from the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countinghouse_core::api::{Class, Desk, answer, class_of};
use countinghouse_core::app::{ApiError, App, Code, Deps, Keys, ProfileInfo};
use countinghouse_core::auth::vault::Key;
use countinghouse_core::clock::SteppedClock;
use serde_json::{Value, json};

use crate::rig::{NoNetwork, TestKeys, deps};

/// A home with the profiles “Mill”, which is the active one, and “Bakery”; removed with it.
struct Home(PathBuf);

impl Home {
    fn new() -> Home {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("countinghouse-profiles-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&home);
        let home = Home(home);
        let app = home.app(Arc::new(TestKeys));
        for name in ["Mill", "Bakery"] {
            app.create_profile(name, false).expect("a profile");
        }
        app.choose_profile("mill").expect("it is the active one");
        home
    }

    /// The program, started anew.
    fn app(&self, keys: Arc<dyn Keys>) -> App {
        let world = deps(Arc::new(SteppedClock::running(1_780_000_000)), Arc::new(NoNetwork));
        App::open(&self.0, Deps { keys, ..world }).expect("a home folder")
    }

    fn mill(&self) -> PathBuf {
        self.0.join("profiles/mill")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A machine whose keyring has lost the key of “Mill”.
struct LostKey;

impl Keys for LostKey {
    fn key(&self, folder: &Path, profile: &ProfileInfo, create: bool) -> Result<Key, ApiError> {
        match profile.id.as_str() {
            "mill" => Err(ApiError::new(
                Code::KeyringUnavailable,
                "the keyring does not know the key of this profile",
                "Open it on the machine where it was made.",
            )),
            _ => TestKeys.key(folder, profile, create),
        }
    }
}

fn ask(app: &App, command: &str, args: Value) -> Result<Value, ApiError> {
    let desk = Desk { app, profile: None };
    answer(desk, class_of(command).unwrap_or(Class::Read), command, args)
}

#[test]
fn a_profile_that_does_not_open_leaves_the_others_in_reach() {
    type Damage = fn(&Home);
    let damages: [(&str, Damage, Arc<dyn Keys>); 5] = [
        (
            "a ledger that is gone",
            |home| fs::remove_file(home.mill().join("ledger.db")).expect("it was there"),
            Arc::new(TestKeys),
        ),
        (
            "a ledger that is damaged",
            |home| fs::write(home.mill().join("ledger.db"), [7; 9_000]).expect("written"),
            Arc::new(TestKeys),
        ),
        ("a key that is missing", |_| {}, Arc::new(LostKey)),
        (
            "a description that is damaged",
            |home| fs::write(home.mill().join("profile.json"), "{").expect("written"),
            Arc::new(TestKeys),
        ),
        (
            "a note of the active profile that is damaged",
            |home| fs::write(home.0.join("home.json"), "{").expect("written"),
            Arc::new(TestKeys),
        ),
    ];
    for (what, damage, keys) in damages {
        let home = Home::new();
        for left in ["ledger.db-wal", "ledger.db-shm"] {
            let _ = fs::remove_file(home.mill().join(left));
        }
        damage(&home);
        let app = home.app(keys);
        let error = ask(&app, "frame", json!({})).expect_err(what);
        assert!(
            error.hint.is_some_and(|hint| !hint.is_empty()),
            "{what}: says what to do"
        );
        let all = ask(&app, "profiles", json!({})).expect("profiles are told all the same");
        let told = all.to_string();
        assert!(told.contains("\"Bakery\""), "{what}: the other one is named: {all}");
        assert!(told.contains("mill"), "{what}: this one too: {all}");
        ask(&app, "create_profile", json!({ "name": "Third" }))
            .unwrap_or_else(|e| panic!("{what}: another one is made: {e}"));
        let third = ask(&app, "frame", json!({})).expect("the new one opens");
        assert_eq!(third["empty"], json!(true), "{what}: and it is shown at once: {third}");
        ask(&app, "choose_profile", json!({ "id": "bakery" })).expect("it is chosen");
        let shown = ask(&app, "frame", json!({})).unwrap_or_else(|e| panic!("{what}: Bakery opens: {e}"));
        let active = shown["profiles"]
            .as_array()
            .expect("profiles")
            .iter()
            .find(|p| p["active"] == json!(true));
        assert_eq!(
            active.map(|p| &p["name"]),
            Some(&json!("Bakery")),
            "{what}: it is shown"
        );
    }
}

#[test]
fn a_name_that_is_taken_or_empty_makes_no_profile() {
    let home = Home::new();
    let app = home.app(Arc::new(TestKeys));
    for name in ["", "  ", "mill", "Bakery"] {
        let error = ask(&app, "create_profile", json!({ "name": name })).expect_err("refused");
        assert_eq!(error.code, Code::Invalid, "“{name}”: {error}");
    }
    let all = ask(&app, "profiles", json!({})).expect("profiles");
    assert_eq!(
        all["profiles"].as_array().map(Vec::len),
        Some(2),
        "nothing was made: {all}"
    );
}
