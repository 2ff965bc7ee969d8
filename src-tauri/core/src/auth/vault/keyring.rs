//! The OS keyring, behind a trait so that tests need no desktop session.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::VaultError;

/// A place of the system for small secrets.
pub trait Keyring: Send + Sync {
    /// The bytes kept under `entry`, if any.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`].
    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError>;

    /// Keeps `bytes` under `entry`, replacing what was there.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`].
    fn set(&self, entry: &str, bytes: &[u8]) -> Result<(), VaultError>;

    /// Forgets `entry`; nothing there is fine.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`].
    fn delete(&self, entry: &str) -> Result<(), VaultError>;
}

/// The keyring of the system: Keychain, Credential Manager, Secret Service. Its calls may wait for the user to unlock it:
/// never make them on a thread of the async runtime.
#[derive(Debug, Default)]
pub struct SystemKeyring;

/// The name under which the system shows our entries.
const SERVICE: &str = "Countinghouse";

impl SystemKeyring {
    fn entry(name: &str) -> Result<::keyring::Entry, VaultError> {
        if let Err(e) = ::keyring::Entry::store_status() {
            return Err(unavailable(e));
        }
        ::keyring::Entry::new(SERVICE, name).map_err(|e| unavailable(&e))
    }
}

/// The keyring's error without its attachments: some carry the secret's bytes.
fn unavailable(error: &::keyring::Error) -> VaultError {
    use ::keyring::Error;
    let why = match error {
        Error::PlatformFailure(e) | Error::NoStorageAccess(e) => e.to_string(),
        Error::NoDefaultStore => "there is none".to_owned(),
        Error::TooLong(..) => "it does not take 32 bytes".to_owned(),
        Error::Ambiguous(_) => "it has several entries for this profile".to_owned(),
        _ => "it does not answer as expected".to_owned(),
    };
    VaultError::KeyringUnavailable(why)
}

impl Keyring for SystemKeyring {
    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        match SystemKeyring::entry(entry)?.get_secret() {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(::keyring::Error::NoEntry) => Ok(None),
            Err(e) => Err(unavailable(&e)),
        }
    }

    fn set(&self, entry: &str, bytes: &[u8]) -> Result<(), VaultError> {
        SystemKeyring::entry(entry)?
            .set_secret(bytes)
            .map_err(|e| unavailable(&e))
    }

    fn delete(&self, entry: &str) -> Result<(), VaultError> {
        match SystemKeyring::entry(entry)?.delete_credential() {
            Ok(()) | Err(::keyring::Error::NoEntry) => Ok(()),
            Err(e) => Err(unavailable(&e)),
        }
    }
}

/// A keyring that lives as long as the process: tests. `None` within stands for a system without one.
pub struct MemoryKeyring(Option<Mutex<HashMap<String, Zeroizing<Vec<u8>>>>>);

impl MemoryKeyring {
    /// An empty keyring.
    pub fn new() -> Self {
        MemoryKeyring(Some(Mutex::default()))
    }

    /// A system that has no keyring.
    pub fn absent() -> Self {
        MemoryKeyring(None)
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Zeroizing<Vec<u8>>>) -> T) -> Result<T, VaultError> {
        match &self.0 {
            Some(all) => Ok(work(&mut all.lock().unwrap_or_else(PoisonError::into_inner))),
            None => Err(VaultError::KeyringUnavailable("there is none".to_owned())),
        }
    }
}

impl Default for MemoryKeyring {
    fn default() -> Self {
        MemoryKeyring::new()
    }
}

impl Keyring for MemoryKeyring {
    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        self.with(|all| all.get(entry).cloned())
    }

    fn set(&self, entry: &str, bytes: &[u8]) -> Result<(), VaultError> {
        self.with(|all| {
            all.insert(entry.to_owned(), Zeroizing::new(bytes.to_vec()));
        })
    }

    fn delete(&self, entry: &str) -> Result<(), VaultError> {
        self.with(|all| {
            all.remove(entry);
        })
    }
}
