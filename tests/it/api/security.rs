//! Locking the profile in the window, and moving its key: with keys as the program keeps them, and a keyring in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countinghouse_core::api::{Class, Desk, answer, class_of};
use countinghouse_core::app::{ApiError, App, Code, Keys, ProfileInfo};
use countinghouse_core::auth::vault::{Hardness, Key, MemoryKeyring, ProfileKeys};
use countinghouse_core::clock::SteppedClock;
use serde_json::{Value, json};

use crate::rig::{NoNetwork, deps};

/// Keys as the program keeps them, with a keyring that outlives the app.
struct Kept(Arc<ProfileKeys>);

impl Keys for Kept {
    fn key(&self, folder: &Path, profile: &ProfileInfo, create: bool) -> Result<Key, ApiError> {
        Ok(match create {
            true => self.0.create(folder, profile.demo)?,
            false => self.0.get(folder)?,
        })
    }

    fn keeper(&self) -> Option<&ProfileKeys> {
        Some(&self.0)
    }
}

/// A window on a home folder.
struct Window {
    app: App,
    home: PathBuf,
}

fn keys() -> Arc<ProfileKeys> {
    let easy = Hardness { memory: 8, passes: 1 };
    Arc::new(ProfileKeys::new(Arc::new(MemoryKeyring::new()), None).with_hardness(easy))
}

impl Window {
    fn open(keys: &Arc<ProfileKeys>) -> Window {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("countinghouse-lock-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        let mut deps = deps(Arc::new(SteppedClock::running(1_780_000_000)), Arc::new(NoNetwork));
        deps.keys = Arc::new(Kept(Arc::clone(keys)));
        let app = App::open(&home, deps).expect("a home folder");
        app.profile(None).expect("a first profile");
        Window { app, home }
    }

    fn call(&self, command: &str, args: Value) -> Result<Value, ApiError> {
        let desk = Desk {
            app: &self.app,
            profile: None,
        };
        answer(desk, class_of(command).unwrap_or(Class::Read), command, args)
    }

    fn must(&self, command: &str, args: Value) -> Value {
        self.call(command, args).unwrap_or_else(|e| panic!("{command}: {e}"))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

#[test]
fn a_window_forgets_a_locked_profile_until_the_passphrase_is_typed() {
    let keys = keys();
    let window = Window::open(&keys);
    assert_eq!(
        window.must("security", json!({}))["kept_in"],
        "keyring",
        "the keyring at first"
    );
    let refused = window
        .call("lock", json!({}))
        .expect_err("the keyring opens it by itself");
    assert_eq!(refused.code, Code::Invalid, "{refused}");
    let hint = refused.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("passphrase"), "the way is named: {refused} {hint}");
    window.must("set_passphrase", json!({"current": null, "new": "correct horse"}));
    window.must("frame", json!({}));
    window.must("lock", json!({}));
    for command in ["frame", "runs", "connections", "settings"] {
        let error = window.call(command, json!({})).expect_err("locked");
        assert_eq!(error.code, Code::Locked, "{command}: {error}");
    }
    let health = window.must("health", json!({}));
    assert_eq!(health["problem"]["code"], "locked", "health says why: {health}");
    assert_eq!(
        window.must("security", json!({}))["locked"],
        true,
        "it is told without the key"
    );
    let wrong = window
        .call("unlock", json!({"passphrase": "wrong horse"}))
        .expect_err("a wrong passphrase");
    assert_eq!(wrong.code, Code::Locked, "{wrong}");
    assert!(
        !format!("{wrong:?}").contains("wrong horse"),
        "an error repeats what was typed: {wrong:?}"
    );
    window.call("frame", json!({})).expect_err("it is still locked");
    window.must("unlock", json!({"passphrase": "correct horse"}));
    window.must("frame", json!({}));
}

#[test]
fn a_lock_from_elsewhere_closes_the_window_too() {
    let keys = keys();
    let window = Window::open(&keys);
    window.must("set_passphrase", json!({"current": null, "new": "correct horse"}));
    window.must("frame", json!({}));
    let folder = window.home.join("profiles/my-business");
    // As another process does it: it shares nothing with the window but the folder.
    ProfileKeys::new(Arc::new(MemoryKeyring::absent()), None)
        .lock(&folder)
        .expect("locked");
    let error = window.call("frame", json!({})).expect_err("locked");
    assert_eq!(error.code, Code::Locked, "{error}");
}

#[test]
fn whoever_finds_the_window_open_cannot_change_its_passphrase() {
    let keys = keys();
    let window = Window::open(&keys);
    window.must("set_passphrase", json!({"current": null, "new": "correct horse"}));
    window.must("frame", json!({}));
    for current in [Value::Null, json!("a guess at it")] {
        for new in [json!("another horse"), Value::Null] {
            let args = json!({"current": current, "new": new});
            let error = window.call("set_passphrase", args.clone()).expect_err("refused");
            assert_eq!(error.code, Code::Locked, "{args}: {error}");
        }
    }
    let short = window
        .call("set_passphrase", json!({"current": "correct horse", "new": "short"}))
        .expect_err("too short");
    assert_eq!(short.code, Code::Invalid, "{short}");
    window.must("set_passphrase", json!({"current": "correct horse", "new": null}));
    assert_eq!(
        window.must("security", json!({}))["kept_in"],
        "keyring",
        "back in the keyring"
    );
}
