//! Keys and secrets: kept, got back, refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;

/// A folder of its own for a test, removed afterwards.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("countinghouse-vault-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Argon2 as cheap as it gets: these tests are not about its cost.
pub(super) const EASY: Hardness = Hardness { memory: 8, passes: 1 };

fn keys(keyring: MemoryKeyring, passphrase: Option<&str>) -> ProfileKeys {
    ProfileKeys::new(Arc::new(keyring), passphrase.map(Secret::from)).with_hardness(EASY)
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).expect("the file")
}

#[test]
fn a_key_made_in_the_keyring_comes_back_and_is_nowhere_in_the_folder() {
    let folder = Folder::new("keyring");
    let keys = keys(MemoryKeyring::new(), None);
    let key = keys.create(&folder.0, false).expect("made");
    assert_eq!(keys.get(&folder.0).expect("kept"), key, "the same key comes back");
    assert_eq!(
        keys.place(&folder.0).expect("known").0,
        KeptIn::Keyring,
        "in the keyring"
    );
    let text = String::from_utf8(read(&folder.0, "key.json")).expect("JSON");
    assert!(
        !text.contains(key.hex().as_str()),
        "the file beside the data must not hold the key"
    );
    assert!(
        keys.create(&folder.0, false).is_err(),
        "an existing key is never replaced by a new one"
    );
}

#[test]
fn without_keyring_and_passphrase_nothing_is_kept_and_the_error_says_what_to_do() {
    let folder = Folder::new("none");
    let error = keys(MemoryKeyring::absent(), None)
        .create(&folder.0, false)
        .expect_err("no place for the key");
    assert_eq!(
        error.code(),
        "keyring_unavailable",
        "the screens offer a passphrase for this code"
    );
    assert!(
        error.to_string().contains("passphrase"),
        "the text names the way out: {error}"
    );
    assert!(
        error.to_string().contains(PASSPHRASE_VARIABLE),
        "and the one for unattended runs: {error}"
    );
    assert!(
        !folder.0.join("key.json").exists(),
        "a key that is kept nowhere must not be promised by a file"
    );
}

#[test]
fn a_passphrase_wraps_the_key_and_only_the_right_one_opens_it() {
    let folder = Folder::new("passphrase");
    let key = keys(MemoryKeyring::absent(), Some("correct horse"))
        .create(&folder.0, false)
        .expect("made");
    let text = String::from_utf8(read(&folder.0, "key.json")).expect("JSON");
    assert!(
        !text.contains(key.hex().as_str()),
        "the key is not in the file in the open"
    );
    let open = |passphrase| keys(MemoryKeyring::absent(), passphrase).get(&folder.0);
    assert_eq!(open(Some("correct horse")).expect("opens"), key, "the right passphrase");
    assert!(
        matches!(open(Some("correct horsf")), Err(VaultError::WrongPassphrase)),
        "a wrong passphrase"
    );
    let error = open(None).expect_err("no passphrase");
    assert!(matches!(error, VaultError::PassphraseNeeded), "none at all: {error}");
    assert_eq!(error.code(), "locked", "the screens ask for it");
}

#[test]
fn a_changed_key_file_is_refused() {
    let folder = Folder::new("changed");
    keys(MemoryKeyring::absent(), Some("correct horse"))
        .create(&folder.0, false)
        .expect("made");
    let path = folder.0.join("key.json");
    let good = String::from_utf8(read(&folder.0, "key.json")).expect("JSON");
    let try_with = |text: String| {
        std::fs::write(&path, text).expect("written");
        keys(MemoryKeyring::absent(), Some("correct horse")).get(&folder.0)
    };
    assert!(
        matches!(
            try_with(good[..good.len() / 2].to_owned()),
            Err(VaultError::DamagedKey(_))
        ),
        "a cut file"
    );
    let easier = good.replace("\"passes\": 1", "\"passes\": 2");
    assert_ne!(easier, good, "the test changes what it means to change");
    assert!(
        matches!(try_with(easier), Err(VaultError::WrongPassphrase)),
        "the cost is bound to the wrapped key"
    );
    let greedy = good.replace("\"memory\": 8", "\"memory\": 4294967295");
    assert!(
        matches!(try_with(greedy), Err(VaultError::DamagedKey(_))),
        "a file must not exhaust the memory"
    );
    assert!(
        matches!(
            try_with(good.replace("\"form\": 1", "\"form\": 2")),
            Err(VaultError::TooNew(_))
        ),
        "a newer form"
    );
    assert!(try_with(good).is_ok(), "the file as it was still opens");
    std::fs::remove_file(&path).expect("removed");
    assert!(
        matches!(
            keys(MemoryKeyring::new(), None).get(&folder.0),
            Err(VaultError::NoKeyFile(_))
        ),
        "a missing file is told, never replaced by a new key"
    );
}

#[test]
fn a_key_moves_between_keyring_and_passphrase() {
    let folder = Folder::new("moves");
    let keys = keys(MemoryKeyring::new(), None);
    let key = keys.create(&folder.0, false).expect("made");
    assert!(
        matches!(
            keys.set_passphrase(&folder.0, None, &Secret::from("short")),
            Err(VaultError::Short)
        ),
        "a short passphrase is refused"
    );
    keys.set_passphrase(&folder.0, None, &Secret::from("long enough"))
        .expect("wrapped");
    assert_eq!(
        keys.place(&folder.0).expect("known").0,
        KeptIn::Passphrase,
        "now under the passphrase"
    );
    assert_eq!(keys.get(&folder.0).expect("opens"), key, "still the same key");
    assert!(
        matches!(
            keys.set_passphrase(&folder.0, None, &Secret::from("another one")),
            Err(VaultError::PassphraseNeeded)
        ),
        "whoever finds the profile open cannot change its passphrase"
    );
    let long = Secret::from("long enough");
    keys.set_passphrase(&folder.0, Some(&long), &Secret::from("another one"))
        .expect("wrapped anew");
    assert!(
        matches!(keys.get_with(&folder.0, &long), Err(VaultError::WrongPassphrase)),
        "the old passphrase opens nothing"
    );
    assert!(
        matches!(
            keys.remove_passphrase(&folder.0, Some(&long)),
            Err(VaultError::WrongPassphrase)
        ),
        "nor does it move the key"
    );
    keys.remove_passphrase(&folder.0, Some(&Secret::from("another one")))
        .expect("back in the keyring");
    assert_eq!(
        keys.get_with(&folder.0, &Secret::from("wrong by now")).expect("opens"),
        key,
        "the keyring needs no passphrase"
    );
    keys.forget(&folder.0).expect("forgotten");
    assert!(
        matches!(keys.get(&folder.0), Err(VaultError::NoKeyFile(_))),
        "a forgotten key is gone"
    );
}

#[test]
fn profiles_of_two_homes_do_not_take_each_others_key() {
    let (one, two) = (Folder::new("home-one"), Folder::new("home-two"));
    let keys = keys(MemoryKeyring::new(), None);
    let first = keys.create(&one.0, false).expect("made");
    let second = keys.create(&two.0, false).expect("made");
    assert_ne!(first, second, "every profile has a key of its own");
    assert_eq!(
        keys.get(&one.0).expect("kept"),
        first,
        "the second did not replace the first"
    );
    keys.forget(&two.0).expect("forgotten");
    assert_eq!(
        keys.get(&one.0).expect("kept"),
        first,
        "forgetting one leaves the other"
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("owner");
    let key = keys(MemoryKeyring::absent(), None)
        .create(&folder.0, true)
        .expect("invented data needs no keyring");
    let back = keys(MemoryKeyring::absent(), None)
        .get(&folder.0)
        .expect("opens by itself");
    assert_eq!(back, key, "the open key of invented data comes back");
    let vault = SealedVault::open(&folder.0, &key).expect("a vault");
    vault.put("1", "token", &Secret::from("x")).expect("kept");
    for name in ["key.json", "vault.sealed"] {
        let mode = std::fs::metadata(folder.0.join(name))
            .expect("there")
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o600, "{name} is for its owner only");
    }
}

#[test]
fn secrets_survive_and_never_lie_in_the_open() {
    let folder = Folder::new("sealed");
    let key = Key::from_bytes([9; 32]);
    let vault = SealedVault::open(&folder.0, &key).expect("no file yet");
    assert_eq!(
        vault.get("1", "token").expect("empty"),
        None,
        "an empty vault holds nothing"
    );
    assert!(!folder.0.join("vault.sealed").exists(), "reading makes no file");
    vault
        .put("1", "token", &Secret::from("shpat_planted_secret \"\u{1F511}\""))
        .expect("kept");
    vault.put("2", "token", &Secret::from("other")).expect("kept");
    let again = SealedVault::open(&folder.0, &key).expect("the same file");
    let found = again.get("1", "token").expect("read").expect("there");
    assert_eq!(
        found.expose(),
        "shpat_planted_secret \"\u{1F511}\"",
        "every character comes back"
    );
    let bytes = read(&folder.0, "vault.sealed");
    assert!(
        !bytes.windows(7).any(|w| w == b"planted"),
        "the file shows nothing of the secret"
    );
    assert!(!bytes.windows(5).any(|w| w == b"token"), "not even its name");
    again.delete("1", "token").expect("forgotten");
    assert_eq!(vault.get("1", "token").expect("read"), None, "a deleted secret is gone");
    assert!(vault.get("2", "token").expect("read").is_some(), "the others stay");
    assert_eq!(
        format!("{:?}", Secret::from("visible?")),
        "•••",
        "debug output shows dots"
    );
}

#[test]
fn a_wrong_key_a_cut_file_and_every_flipped_byte_are_refused() {
    let folder = Folder::new("tampered");
    let key = Key::from_bytes([9; 32]);
    let vault = SealedVault::open(&folder.0, &key).expect("no file yet");
    vault.put("1", "token", &Secret::from("secret")).expect("kept");
    let path = folder.0.join("vault.sealed");
    let good = read(&folder.0, "vault.sealed");
    assert!(
        matches!(
            SealedVault::open(&folder.0, &Key::from_bytes([8; 32])),
            Err(VaultError::Damaged(_))
        ),
        "another profile's key opens nothing"
    );
    for cut in [0, 1, 7, 8, 19, 20, good.len() - 1] {
        std::fs::write(&path, &good[..cut]).expect("written");
        assert!(vault.get("1", "token").is_err(), "a file cut to {cut} bytes");
    }
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        std::fs::write(&path, &flipped).expect("written");
        assert!(vault.get("1", "token").is_err(), "byte {at} flipped");
        let before = flipped.clone();
        assert!(
            vault.put("1", "more", &Secret::from("x")).is_err(),
            "nothing is written over a damaged file"
        );
        assert_eq!(
            read(&folder.0, "vault.sealed"),
            before,
            "the damaged file stays for a rescue"
        );
    }
    let mut newer = good.clone();
    newer[7] = b'2';
    std::fs::write(&path, &newer).expect("written");
    assert!(
        matches!(vault.get("1", "token"), Err(VaultError::TooNew(_))),
        "a newer form is named as such"
    );
    std::fs::write(&path, &good).expect("written");
    assert!(
        vault.get("1", "token").expect("read").is_some(),
        "the file as it was still opens"
    );
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let folder = Folder::new("writers");
    let key = Key::from_bytes([9; 32]);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (folder, key) = (&folder.0, &key);
            scope.spawn(move || {
                let vault = SealedVault::open(folder, key).expect("a vault");
                for n in 0..10 {
                    vault
                        .put(&writer.to_string(), &n.to_string(), &Secret::from("x"))
                        .expect("kept");
                }
            });
        }
    });
    let vault = SealedVault::open(&folder.0, &key).expect("a vault");
    for writer in 0..4 {
        for n in 0..10 {
            let found = vault.get(&writer.to_string(), &n.to_string()).expect("read");
            assert!(
                found.is_some(),
                "secret {n} of writer {writer} was overwritten by another writer"
            );
        }
    }
}
