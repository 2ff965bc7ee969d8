//! Where keys and secrets live: the profile's key in the OS keyring (or wrapped by a passphrase), tokens and client secrets
//! in a sealed file under a key derived from it. Never in SQLite, never in a log.

mod key;
mod secret;

pub use key::Key;
pub use secret::Secret;

/// Why a secret cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct VaultError(pub String);

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

/// A vault that lives as long as the process: tests.
#[derive(Default)]
pub struct MemoryVault(std::sync::Mutex<std::collections::HashMap<(String, String), Secret>>);

impl MemoryVault {
    fn all(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<(String, String), Secret>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Vault for MemoryVault {
    fn get(&self, connection: &str, name: &str) -> Result<Option<Secret>, VaultError> {
        Ok(self.all().get(&(connection.to_owned(), name.to_owned())).cloned())
    }

    fn put(&self, connection: &str, name: &str, secret: &Secret) -> Result<(), VaultError> {
        self.all()
            .insert((connection.to_owned(), name.to_owned()), secret.clone());
        Ok(())
    }

    fn delete(&self, connection: &str, name: &str) -> Result<(), VaultError> {
        self.all().remove(&(connection.to_owned(), name.to_owned()));
        Ok(())
    }
}
