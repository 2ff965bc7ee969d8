//! Where a profile's key is kept, and how it is got back.
//!
//! `key.json` in the profile's folder says where: in the keyring, wrapped by a passphrase in the same file, or (profiles of
//! invented data only) open in the same file. It also holds the key's mark, so a key that is not this profile's is refused
//! before anything is read with it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Key, Keyring, Secret, VaultError, file};

/// The environment variable that gives the passphrase to unattended runs.
pub const PASSPHRASE_VARIABLE: &str = "COUNTINGHOUSE_PASSPHRASE";

/// Fewest characters of a passphrase.
const SHORTEST: usize = 8;

/// Most memory a key file may ask for, in KiB: a changed file must not exhaust the machine.
const MOST_MEMORY: u32 = 1 << 20;

/// What a guess at a passphrase costs (Argon2id).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hardness {
    /// KiB of memory.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Hardness {
    /// 64 MiB and three passes, the second choice of RFC 9106 with one lane: about a fifth of a second.
    fn default() -> Self {
        Hardness {
            memory: 64 * 1024,
            passes: 3,
        }
    }
}

/// Where a key is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptIn {
    /// The OS keyring.
    Keyring,
    /// The profile's folder, wrapped by a passphrase.
    Passphrase,
    /// The profile's folder, open to its owner: invented data only.
    File,
}

/// What `key.json` says.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    form: u32,
    kept_in: KeptIn,
    /// [`Key::mark`], base64.
    mark: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrapped: Option<Wrapped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// A key under a passphrase.
#[derive(Serialize, Deserialize)]
struct Wrapped {
    hardness: Hardness,
    salt: String,
    sealed: String,
}

/// The form of `key.json` this program writes.
const FORM: u32 = 1;

/// The keys of profiles. Getting one may wait for the keyring or for Argon2: not for threads of the async runtime.
pub struct ProfileKeys {
    keyring: Arc<dyn Keyring>,
    passphrase: Mutex<Option<Secret>>,
    hardness: Hardness,
}

impl ProfileKeys {
    /// Keys kept in `keyring`, or wrapped by `passphrase` where one is given.
    pub fn new(keyring: Arc<dyn Keyring>, passphrase: Option<Secret>) -> Self {
        ProfileKeys {
            keyring,
            passphrase: Mutex::new(passphrase),
            hardness: Hardness::default(),
        }
    }

    /// The same with another cost of passphrases wrapped from now on.
    pub fn with_hardness(self, hardness: Hardness) -> Self {
        ProfileKeys { hardness, ..self }
    }

    /// Uses this passphrase from now on (what the user typed).
    pub fn offer_passphrase(&self, passphrase: Secret) {
        *self.passphrase.lock().unwrap_or_else(PoisonError::into_inner) = Some(passphrase);
    }

    fn passphrase(&self) -> Option<Secret> {
        self.passphrase.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a key for the new profile in `folder` and keeps it: in the folder for `invented` data, else wrapped by the
    /// passphrase if there is one, else in the keyring.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`] with neither keyring nor passphrase; nothing is kept then.
    /// [`VaultError::Invalid`] where a key is there already, or the passphrase has fewer than eight characters.
    pub fn create(&self, folder: &Path, invented: bool) -> Result<Key, VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        if path.exists() {
            return Err(VaultError::Invalid(format!("{} is there already", path.display())));
        }
        let key = Key::generate()?;
        match (invented, self.passphrase()) {
            (true, _) => write(&path, &key, KeptIn::File, None, Some(key.hex().to_string()))?,
            (false, Some(passphrase)) => self.wrap(&path, &key, &passphrase)?,
            (false, None) => self.keep_in_keyring(&path, &key)?,
        }
        Ok(key)
    }

    /// The key of the profile in `folder`.
    ///
    /// # Errors
    /// [`VaultError::NoKeyFile`], [`VaultError::PassphraseNeeded`], [`VaultError::WrongPassphrase`],
    /// [`VaultError::KeyringUnavailable`], [`VaultError::NotInKeyring`], [`VaultError::DamagedKey`], [`VaultError::TooNew`].
    pub fn get(&self, folder: &Path) -> Result<Key, VaultError> {
        let path = key_path(folder);
        let kept = read(&path)?;
        let damaged = || VaultError::DamagedKey(path.clone());
        let key = match kept.kept_in {
            KeptIn::Keyring => {
                let bytes = self.keyring.get(&entry(&kept.mark))?.ok_or(VaultError::NotInKeyring)?;
                key_of(&bytes).ok_or(VaultError::NotInKeyring)?
            }
            KeptIn::File => from_hex(kept.key.as_deref().ok_or_else(damaged)?).ok_or_else(damaged)?,
            KeptIn::Passphrase => {
                let passphrase = self.passphrase().ok_or(VaultError::PassphraseNeeded)?;
                unwrap(kept.wrapped.as_ref().ok_or_else(damaged)?, &passphrase, &path)?
            }
        };
        if kept.mark == STANDARD.encode(key.mark()) {
            Ok(key)
        } else {
            Err(damaged())
        }
    }

    /// Where the key of the profile in `folder` is kept.
    ///
    /// # Errors
    /// As [`ProfileKeys::get`], except for those of the key itself.
    pub fn kept_in(&self, folder: &Path) -> Result<KeptIn, VaultError> {
        Ok(read(&key_path(folder))?.kept_in)
    }

    /// Wraps the key by `passphrase` from now on; the keyring forgets it. Also changes a passphrase.
    ///
    /// # Errors
    /// [`VaultError::Invalid`] for a passphrase of fewer than eight characters; and as [`ProfileKeys::get`]. The key stays
    /// where it was on an error; where only the keyring does not forget it, the passphrase holds already.
    pub fn set_passphrase(&self, folder: &Path, passphrase: Secret) -> Result<(), VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        let before = read(&path)?;
        let key = self.get(folder)?;
        self.wrap(&path, &key, &passphrase)?;
        self.offer_passphrase(passphrase);
        if before.kept_in == KeptIn::Keyring {
            self.keyring.delete(&entry(&before.mark))?;
        }
        Ok(())
    }

    /// Keeps the key in the keyring from now on; the passphrase is not asked for any more.
    ///
    /// # Errors
    /// As [`ProfileKeys::get`]. The key stays where it was on an error.
    pub fn remove_passphrase(&self, folder: &Path) -> Result<(), VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        let key = self.get(folder)?;
        self.keep_in_keyring(&path, &key)
    }

    /// Forgets the key of a profile that is being deleted. Without it nothing of the profile can be read again.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`], [`VaultError::Io`].
    pub fn forget(&self, folder: &Path) -> Result<(), VaultError> {
        let path = key_path(folder);
        if let Ok(kept) = read(&path)
            && kept.kept_in == KeptIn::Keyring
        {
            self.keyring.delete(&entry(&kept.mark))?;
        }
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(VaultError::io(&path, e)),
            _ => Ok(()),
        }
    }

    fn keep_in_keyring(&self, path: &Path, key: &Key) -> Result<(), VaultError> {
        let entry = entry(&STANDARD.encode(key.mark()));
        self.keyring.set(&entry, key.expose())?;
        // Some keyrings take everything and keep nothing: what cannot be read back would lock the user out.
        let back = self.keyring.get(&entry)?;
        if back.as_deref().map(Vec::as_slice) != Some(key.expose().as_slice()) {
            return Err(VaultError::KeyringUnavailable(
                "it did not keep what it was given".to_owned(),
            ));
        }
        write(path, key, KeptIn::Keyring, None, None)
    }

    fn wrap(&self, path: &Path, key: &Key, passphrase: &Secret) -> Result<(), VaultError> {
        if passphrase.expose().chars().count() < SHORTEST {
            return Err(VaultError::Invalid(format!(
                "a passphrase needs at least {SHORTEST} characters"
            )));
        }
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt)?;
        let salt = STANDARD.encode(salt);
        let about = about(self.hardness, &salt);
        let sealed = file::seal(&stretch(passphrase, &salt, self.hardness)?, &about, key.expose())?;
        let wrapped = Wrapped {
            hardness: self.hardness,
            salt,
            sealed: STANDARD.encode(sealed),
        };
        write(path, key, KeptIn::Passphrase, Some(wrapped), None)
    }
}

/// The name of a key's entry in the keyring: by the key's mark, so profiles of one name in two home folders never meet.
fn entry(mark: &str) -> String {
    format!("profile key {mark}")
}

fn key_path(folder: &Path) -> PathBuf {
    folder.join("key.json")
}

fn read(path: &Path) -> Result<KeyFile, VaultError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(VaultError::NoKeyFile(path.to_owned())),
        Err(e) => return Err(VaultError::io(path, e)),
    };
    #[derive(Deserialize)]
    struct Form {
        form: u32,
    }
    let damaged = |_| VaultError::DamagedKey(path.to_owned());
    if serde_json::from_slice::<Form>(&bytes).map_err(damaged)?.form > FORM {
        return Err(VaultError::TooNew(path.to_owned()));
    }
    serde_json::from_slice(&bytes).map_err(damaged)
}

fn write(
    path: &Path,
    key: &Key,
    kept_in: KeptIn,
    wrapped: Option<Wrapped>,
    open: Option<String>,
) -> Result<(), VaultError> {
    let kept = KeyFile {
        form: FORM,
        kept_in,
        mark: STANDARD.encode(key.mark()),
        wrapped,
        key: open,
    };
    let mut text = Zeroizing::new(Vec::with_capacity(1024));
    serde_json::to_writer_pretty(&mut *text, &kept).map_err(|e| VaultError::io(path, e.into()))?;
    file::replace(path, &text)
}

/// What is bound to a wrapped key besides the passphrase.
fn about(hardness: Hardness, salt: &str) -> Vec<u8> {
    format!(
        "countinghouse key {FORM} {} {} {salt}",
        hardness.memory, hardness.passes
    )
    .into_bytes()
}

fn stretch(passphrase: &Secret, salt: &str, hardness: Hardness) -> Result<Key, VaultError> {
    let params = Params::new(hardness.memory, hardness.passes, 1, Some(32)).map_err(|_| VaultError::Crypto)?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut bytes = Zeroizing::new([0; 32]);
    argon
        .hash_password_into(passphrase.expose().as_bytes(), salt.as_bytes(), &mut *bytes)
        .map_err(|_| VaultError::Crypto)?;
    Ok(Key::from_bytes(*bytes))
}

fn unwrap(wrapped: &Wrapped, passphrase: &Secret, path: &Path) -> Result<Key, VaultError> {
    let damaged = || VaultError::DamagedKey(path.to_owned());
    if wrapped.hardness.memory > MOST_MEMORY || wrapped.hardness.passes > 100 || wrapped.salt.len() < 8 {
        return Err(damaged());
    }
    let sealed = STANDARD.decode(&wrapped.sealed).map_err(|_| damaged())?;
    let under = stretch(passphrase, &wrapped.salt, wrapped.hardness).map_err(|_| damaged())?;
    let plain = file::unseal(&under, &about(wrapped.hardness, &wrapped.salt), &sealed);
    plain
        .as_deref()
        .and_then(|bytes| key_of(bytes))
        .ok_or(VaultError::WrongPassphrase)
}

fn key_of(bytes: &[u8]) -> Option<Key> {
    bytes.try_into().ok().map(Key::from_bytes)
}

fn from_hex(text: &str) -> Option<Key> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = Zeroizing::new([0_u8; 32]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |d: u8| char::from(d).to_digit(16);
        *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(Key::from_bytes(*bytes))
}
