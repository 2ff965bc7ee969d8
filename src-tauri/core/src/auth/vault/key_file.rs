//! What `key.json` says: where a profile's key is kept, and the key itself where it is wrapped.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Key, Secret, VaultError, file};
use crate::store::Checkpoint;

/// Fewest characters of a passphrase.
pub const SHORTEST_PASSPHRASE: usize = 8;

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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum KeptIn {
    /// The OS keyring.
    Keyring,
    /// The profile's folder, wrapped by a passphrase.
    Passphrase,
    /// The profile's folder, open to its owner: invented data only.
    File,
}

/// The file.
#[derive(Serialize, Deserialize)]
pub(super) struct KeyFile {
    form: u32,
    pub(super) kept_in: KeptIn,
    /// [`Key::mark`], base64.
    pub(super) mark: String,
    /// Nobody opens the profile until it is unlocked, whoever knows the passphrase.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) locked: bool,
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

impl KeyFile {
    /// A file that holds the key in the open.
    pub(super) fn open(key: &Key) -> KeyFile {
        KeyFile {
            key: Some(key.hex().to_string()),
            ..KeyFile::pointing(key, KeptIn::File)
        }
    }

    /// A file that says that the key is in the keyring.
    pub(super) fn in_keyring(key: &Key) -> KeyFile {
        KeyFile::pointing(key, KeptIn::Keyring)
    }

    /// A file that holds the key under a passphrase.
    ///
    /// # Errors
    /// [`VaultError::Invalid`] for a short passphrase.
    pub(super) fn wrapped(key: &Key, passphrase: &Secret, hardness: Hardness) -> Result<KeyFile, VaultError> {
        if passphrase.expose().chars().count() < SHORTEST_PASSPHRASE {
            return Err(VaultError::Short);
        }
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt)?;
        let salt = STANDARD.encode(salt);
        let about = about(hardness, &salt);
        let sealed = file::seal(&stretch(passphrase, &salt, hardness)?, &about, key.expose())?;
        let wrapped = Wrapped {
            hardness,
            salt,
            sealed: STANDARD.encode(sealed),
        };
        Ok(KeyFile {
            wrapped: Some(wrapped),
            ..KeyFile::pointing(key, KeptIn::Passphrase)
        })
    }

    fn pointing(key: &Key, kept_in: KeptIn) -> KeyFile {
        KeyFile {
            form: FORM,
            kept_in,
            mark: STANDARD.encode(key.mark()),
            locked: false,
            wrapped: None,
            key: None,
        }
    }

    /// The same file with the lock on or off.
    pub(super) fn locking(self, locked: bool) -> KeyFile {
        KeyFile { locked, ..self }
    }

    /// The file at `path`.
    ///
    /// # Errors
    /// [`VaultError::NoKeyFile`], [`VaultError::DamagedKey`], [`VaultError::TooNew`], [`VaultError::Io`].
    pub(super) fn read(path: &Path) -> Result<KeyFile, VaultError> {
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

    /// Puts the file in place of the one at `path`, whole.
    ///
    /// # Errors
    /// [`VaultError::Io`]; the file before is untouched then.
    pub(super) fn write(&self, path: &Path, checkpoint: &Checkpoint) -> Result<(), VaultError> {
        let mut text = Zeroizing::new(Vec::with_capacity(1024));
        serde_json::to_writer_pretty(&mut *text, self).map_err(|e| VaultError::io(path, e.into()))?;
        file::replace_with(path, &text, checkpoint)
    }

    /// The key that lies open in the file.
    pub(super) fn open_key(&self) -> Option<Key> {
        self.key.as_deref().and_then(from_hex)
    }

    /// The key under `passphrase`. Costs what [`Hardness`] says, right or wrong.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], [`VaultError::DamagedKey`].
    pub(super) fn unwrap(&self, passphrase: &Secret, path: &Path) -> Result<Key, VaultError> {
        let damaged = || VaultError::DamagedKey(path.to_owned());
        let wrapped = self.wrapped.as_ref().ok_or_else(damaged)?;
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

    /// Whether `key` is the one this file is about.
    pub(super) fn fits(&self, key: &Key) -> bool {
        self.mark == STANDARD.encode(key.mark())
    }
}

/// Where the file lies.
pub(super) fn key_path(folder: &Path) -> PathBuf {
    folder.join("key.json")
}

/// A key's bytes as a keyring gives them.
pub(super) fn key_of(bytes: &[u8]) -> Option<Key> {
    bytes.try_into().ok().map(Key::from_bytes)
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
