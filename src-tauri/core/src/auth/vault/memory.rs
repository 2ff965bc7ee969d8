//! A vault in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Secret, Vault, VaultError};

/// A vault that lives as long as the process: tests.
#[derive(Default)]
pub struct MemoryVault(Mutex<HashMap<(String, String), Secret>>);

impl MemoryVault {
    fn all(&self) -> MutexGuard<'_, HashMap<(String, String), Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
