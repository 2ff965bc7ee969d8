//! Where keys and secrets live: the profile's key in the OS keyring (or wrapped by a passphrase), tokens and client secrets
//! in a sealed file under a key derived from it. Never in SQLite, never in a log.
//!
//! The keyring holds only the 32 bytes of the key: Windows allows 2,560 bytes an entry, and tokens can be longer.

mod error;
mod file;
mod key;
mod key_file;
mod keyring;
mod keys;
mod memory;
mod sealed;
mod secret;

pub use error::VaultError;
pub use file::UNRENAMED;
pub(crate) use file::replace;
pub use key::Key;
pub use key_file::{Hardness, KeptIn, SHORTEST_PASSPHRASE};
pub use keyring::{Keyring, MemoryKeyring, SystemKeyring};
pub use keys::{KEY_IN_KEYRING, KEY_WRAPPED, PASSPHRASE_VARIABLE, ProfileKeys, Standing};
pub use memory::MemoryVault;
pub use sealed::SealedVault;
pub use secret::Secret;

/// Secrets by connection and name.
pub trait Vault: Send + Sync {
    /// The secret, if there is one.
    ///
    /// # Errors
    /// The vault cannot be read.
    fn get(&self, connection: &str, name: &str) -> Result<Option<Secret>, VaultError>;

    /// Keeps a secret, durably before this returns.
    ///
    /// # Errors
    /// The vault cannot be written.
    fn put(&self, connection: &str, name: &str, secret: &Secret) -> Result<(), VaultError>;

    /// Forgets a secret.
    ///
    /// # Errors
    /// The vault cannot be written.
    fn delete(&self, connection: &str, name: &str) -> Result<(), VaultError>;
}

#[cfg(test)]
mod moved;
#[cfg(test)]
mod tests;
