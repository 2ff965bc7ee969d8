//! Keys on the move between keyring and passphrase, and locked profiles. A kill is a real one: this test program starts itself
//! with one test and a point to abort at; the keyring of these tests outlives it, as the system's does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::tests::{EASY, Folder};
use super::*;
use crate::store::Checkpoint;

const POINT: &str = "VAULT_TEST_KILL_POINT";
const FOLDER: &str = "VAULT_TEST_KILL_FOLDER";
const STEP: &str = "VAULT_TEST_KILL_STEP";

/// A keyring in a folder of its own, so that it is still there after a kill.
struct LastingKeyring(PathBuf);

impl LastingKeyring {
    fn file(&self, entry: &str) -> PathBuf {
        let name: String = entry
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        self.0.join(name)
    }
}

impl Keyring for LastingKeyring {
    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        Ok(std::fs::read(self.file(entry)).ok().map(Zeroizing::new))
    }

    fn set(&self, entry: &str, bytes: &[u8]) -> Result<(), VaultError> {
        std::fs::write(self.file(entry), bytes).map_err(|e| VaultError::KeyringUnavailable(e.to_string()))
    }

    fn delete(&self, entry: &str) -> Result<(), VaultError> {
        let _ = std::fs::remove_file(self.file(entry));
        Ok(())
    }
}

const OLD: &str = "the old passphrase";
const NEW: &str = "a fresh passphrase";

/// Where a test's profile and its keyring lie.
fn places(base: &Path) -> (PathBuf, PathBuf) {
    (base.join("profile"), base.join("keyring"))
}

fn keys(base: &Path) -> ProfileKeys {
    let keyring = Arc::new(LastingKeyring(places(base).1));
    ProfileKeys::new(keyring, None).with_hardness(EASY)
}

/// The ways a key moves.
fn step(keys: &ProfileKeys, profile: &Path, step: &str) -> Result<(), VaultError> {
    let (old, new) = (Secret::from(OLD), Secret::from(NEW));
    match step {
        "to a passphrase" => keys.set_passphrase(profile, None, &new),
        "from an open file" => keys.set_passphrase(profile, None, &new),
        "to another passphrase" => keys.set_passphrase(profile, Some(&old), &new),
        "to the keyring" => keys.remove_passphrase(profile, Some(&old)),
        "locked" => keys.lock(profile),
        _ => keys.unlock(profile, &old).map(drop),
    }
}

/// A profile as it is before the step.
fn before(base: &Path, step: &str) -> Key {
    let (profile, keyring) = places(base);
    std::fs::create_dir_all(&profile).expect("a folder");
    std::fs::create_dir_all(&keyring).expect("a keyring");
    let keys = keys(base);
    let key = keys.create(&profile, step == "from an open file").expect("a key");
    if !matches!(step, "to a passphrase" | "from an open file") {
        keys.set_passphrase(&profile, None, &Secret::from(OLD))
            .expect("wrapped");
    }
    if step == "unlocked" {
        keys.lock(&profile).expect("locked");
    }
    key
}

/// Not a test by itself: the process that is killed. Does nothing unless the test below starts it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the entry point of a process of its own")]
fn process_to_be_killed() {
    let (Ok(point), Ok(base), Ok(name)) = (std::env::var(POINT), std::env::var(FOLDER), std::env::var(STEP)) else {
        return;
    };
    let base = PathBuf::from(base);
    let checkpoint = Checkpoint::new(move |passed| {
        if passed == point {
            std::process::abort();
        }
    });
    step(&keys(&base).with_checkpoint(checkpoint), &places(&base).0, &name).expect("never reached");
    panic!("the process passed its kill point");
}

fn kill_at(point: &str, base: &Path, name: &str) {
    let program = std::env::current_exe().expect("this program");
    let ended = Command::new(program)
        .args(["--exact", "auth::vault::moved::process_to_be_killed", "--nocapture"])
        .env(POINT, point)
        .env(FOLDER, base)
        .env(STEP, name)
        .output()
        .expect("the process starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        !ended.status.success() && !said.contains("passed its kill point") && !said.contains("never reached"),
        "{name} is killed at “{point}”: {said}"
    );
}

#[test]
fn a_key_on_the_move_is_never_lost_by_a_kill() {
    let moves = [
        ("to a passphrase", UNRENAMED),
        ("to a passphrase", KEY_WRAPPED),
        ("from an open file", UNRENAMED),
        ("from an open file", KEY_WRAPPED),
        ("to another passphrase", UNRENAMED),
        ("to another passphrase", KEY_WRAPPED),
        ("to the keyring", KEY_IN_KEYRING),
        ("to the keyring", UNRENAMED),
        ("locked", UNRENAMED),
        ("unlocked", UNRENAMED),
    ];
    for (name, point) in moves {
        let folder = Folder::new(&format!("killed-{}-{}", name.replace(' ', "-"), point.len()));
        let base = &folder.0;
        let key = before(base, name);
        kill_at(point, base, name);
        let profile = places(base).0;
        let keys = keys(base);
        let ways = [
            keys.get(&profile),
            keys.get_with(&profile, &Secret::from(OLD)),
            keys.get_with(&profile, &Secret::from(NEW)),
            keys.unlock(&profile, &Secret::from(OLD)),
        ];
        assert!(
            ways.iter().flatten().any(|found| *found == key),
            "{name}, killed at “{point}”: neither the old nor the new way opens: {ways:?}"
        );
        if name == "unlocked" {
            keys.lock(&profile).expect("locked again");
        }
        // What was cut off can be done again, and then it holds.
        let again = step(&keys, &profile, name);
        let done = match name {
            "to another passphrase" if matches!(again, Err(VaultError::WrongPassphrase)) => point == KEY_WRAPPED,
            "to a passphrase" | "from an open file" if matches!(again, Err(VaultError::PassphraseNeeded)) => keys
                .set_passphrase(&profile, Some(&Secret::from(NEW)), &Secret::from(NEW))
                .is_ok(),
            _ => again.is_ok(),
        };
        assert!(done, "{name}, killed at “{point}”, can be finished: {again:?}");
        let left = std::fs::read_dir(places(base).1).expect("the keyring").count();
        let wanted = usize::from(name == "to the keyring");
        assert_eq!(left, wanted, "{name}, killed at “{point}”: keys left in the keyring");
    }
}

/// Whether some file below `folder` holds `bytes`.
fn holds(folder: &Path, bytes: &[u8]) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let found = match path.is_dir() {
            true => holds(&path, bytes),
            false => {
                let text = std::fs::read(&path).expect("a file");
                text.windows(bytes.len()).any(|w| w == bytes).then_some(path)
            }
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

#[test]
fn neither_key_nor_passphrase_lies_in_the_folder_wherever_the_key_was_before() {
    use base64::Engine as _;
    for name in [
        "to a passphrase",
        "from an open file",
        "to another passphrase",
        "to the keyring",
        "locked",
    ] {
        let folder = Folder::new(&format!("planted-{}", name.replace(' ', "-")));
        let key = before(&folder.0, name);
        let profile = places(&folder.0).0;
        if name == "from an open file" {
            assert!(
                holds(&profile, key.hex().as_bytes()).is_some(),
                "the search finds a key that lies open"
            );
        }
        step(&keys(&folder.0), &profile, name).expect("moved");
        let forms = [
            key.expose().to_vec(),
            key.hex().as_bytes().to_vec(),
            key.hex().to_uppercase().into_bytes(),
            base64::engine::general_purpose::STANDARD
                .encode(key.expose())
                .into_bytes(),
            OLD.as_bytes().to_vec(),
            NEW.as_bytes().to_vec(),
        ];
        for form in forms {
            let found = holds(&profile, &form);
            assert_eq!(found, None, "{name}: a secret lies in the profile's folder");
        }
    }
}

#[test]
fn a_locked_profile_opens_for_nobody_until_it_is_unlocked() {
    let folder = Folder::new("locked");
    let key = before(&folder.0, "locked");
    let profile = places(&folder.0).0;
    let given = || {
        let keyring = Arc::new(LastingKeyring(places(&folder.0).1));
        ProfileKeys::new(keyring, Some(Secret::from(OLD))).with_hardness(EASY)
    };
    let window = keys(&folder.0);
    window
        .get_with(&profile, &Secret::from(OLD))
        .expect("the window has it open");
    // Another process locks it.
    given().lock(&profile).expect("locked");
    given().lock(&profile).expect("locking twice is no error");
    for (who, error) in [
        ("the window that had it open", window.get(&profile).expect_err("locked")),
        ("a task with the passphrase", given().get(&profile).expect_err("locked")),
        (
            "whoever types it for another command",
            window.get_with(&profile, &Secret::from(OLD)).expect_err("locked"),
        ),
        (
            "whoever wants another passphrase",
            window
                .set_passphrase(&profile, Some(&Secret::from(OLD)), &Secret::from(NEW))
                .expect_err("locked"),
        ),
    ] {
        assert!(matches!(error, VaultError::Locked), "{who}: {error}");
        assert_eq!(error.code(), "locked", "{who} is told that it is locked");
    }
    let text = std::fs::read(profile.join("key.json")).expect("the file");
    assert!(
        matches!(
            given().unlock(&profile, &Secret::from(NEW)),
            Err(VaultError::WrongPassphrase)
        ),
        "a wrong passphrase unlocks nothing"
    );
    assert_eq!(
        std::fs::read(profile.join("key.json")).expect("the file"),
        text,
        "a wrong passphrase leaves the file as it is"
    );
    assert_eq!(
        window.unlock(&profile, &Secret::from(OLD)).expect("right"),
        key,
        "the key"
    );
    assert_eq!(window.get(&profile).expect("open"), key, "the window goes on with it");
    assert_eq!(given().get(&profile).expect("open"), key, "so does a task");
    assert!(
        matches!(keys(&folder.0).get(&profile), Err(VaultError::PassphraseNeeded)),
        "whoever does not know the passphrase still does not get in"
    );
}

#[test]
fn without_a_passphrase_there_is_nothing_to_lock() {
    for name in ["to a passphrase", "from an open file"] {
        let folder = Folder::new(&format!("lockless-{}", name.len()));
        let key = before(&folder.0, name);
        let profile = places(&folder.0).0;
        let error = keys(&folder.0).lock(&profile).expect_err("refused");
        assert!(matches!(error, VaultError::NoPassphrase(_)), "{name}: {error}");
        assert!(
            error.to_string().contains("profile passphrase"),
            "the way is named: {error}"
        );
        assert_eq!(keys(&folder.0).get(&profile).expect("open"), key, "it stays open");
    }
}

#[test]
fn a_keyring_that_does_not_forget_is_told() {
    struct Clinging(LastingKeyring);
    impl Keyring for Clinging {
        fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
            self.0.get(entry)
        }
        fn set(&self, entry: &str, bytes: &[u8]) -> Result<(), VaultError> {
            self.0.set(entry, bytes)
        }
        fn delete(&self, _: &str) -> Result<(), VaultError> {
            Err(VaultError::KeyringUnavailable("it is asleep".into()))
        }
    }
    let folder = Folder::new("clinging");
    let key = before(&folder.0, "to a passphrase");
    let (profile, keyring) = places(&folder.0);
    let clinging = ProfileKeys::new(Arc::new(Clinging(LastingKeyring(keyring))), None).with_hardness(EASY);
    let error = clinging
        .set_passphrase(&profile, None, &Secret::from(NEW))
        .expect_err("the copy stays");
    assert!(matches!(error, VaultError::LeftInKeyring(_)), "{error}");
    assert!(error.to_string().contains("asleep"), "the cause is named: {error}");
    let back = keys(&folder.0).get_with(&profile, &Secret::from(NEW)).expect("opens");
    assert_eq!(back, key, "the passphrase holds all the same");
}
