//! The file of a profile's tokens and client secrets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Key, Secret, Vault, VaultError, file};

/// First bytes of the file: what it is and in which form. A newer form has another last byte.
const MAGIC: &[u8; 8] = b"CtgHvlt1";

/// Secrets by connection, then name.
type Secrets = BTreeMap<String, BTreeMap<String, Secret>>;

/// The vault in `vault.sealed` of a profile's folder, encrypted and sealed under a key derived from the profile's. Every
/// change replaces the file whole, under a lock that other processes respect too, so two of them lose nothing.
#[derive(Debug)]
pub struct SealedVault {
    path: PathBuf,
    key: Key,
}

impl SealedVault {
    /// The vault of the profile in `folder`; its file is made with the first secret.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the file does not open with this key, [`VaultError::TooNew`], [`VaultError::Io`].
    pub fn open(folder: &Path, profile: &Key) -> Result<SealedVault, VaultError> {
        let vault = SealedVault {
            path: folder.join("vault.sealed"),
            key: profile.derive("vault")?,
        };
        vault.read()?;
        Ok(vault)
    }

    fn read(&self) -> Result<Secrets, VaultError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Secrets::new()),
            Err(e) => return Err(VaultError::io(&self.path, e)),
        };
        let damaged = || VaultError::Damaged(self.path.clone());
        let (magic, sealed) = bytes.split_at_checked(MAGIC.len()).ok_or_else(damaged)?;
        if magic != MAGIC {
            let newer = magic.starts_with(&MAGIC[..7]) && magic > MAGIC.as_slice();
            return Err(if newer {
                VaultError::TooNew(self.path.clone())
            } else {
                damaged()
            });
        }
        let plain = file::unseal(&self.key, MAGIC, sealed).ok_or_else(damaged)?;
        let texts: BTreeMap<String, BTreeMap<String, String>> =
            serde_json::from_slice(&plain).map_err(|_| damaged())?;
        let owned = |secrets: BTreeMap<String, String>| secrets.into_iter().map(|(n, s)| (n, Secret::new(s))).collect();
        Ok(texts
            .into_iter()
            .map(|(connection, secrets)| (connection, owned(secrets)))
            .collect())
    }

    fn change(&self, change: impl FnOnce(&mut Secrets)) -> Result<(), VaultError> {
        let _held = file::lock(&self.path)?;
        let mut secrets = self.read()?;
        change(&mut secrets);
        secrets.retain(|_, of_connection| !of_connection.is_empty());
        let texts: BTreeMap<&str, BTreeMap<&str, &str>> = secrets
            .iter()
            .map(|(connection, secrets)| {
                (
                    connection.as_str(),
                    secrets.iter().map(|(n, s)| (n.as_str(), s.expose())).collect(),
                )
            })
            .collect();
        // Room for the longest escaping, so that the buffer is not moved and its copies left behind.
        let length: usize = texts
            .iter()
            .map(|(c, s)| c.len() + s.iter().map(|(n, t)| n.len() + t.len() + 8).sum::<usize>() + 8)
            .sum();
        let mut plain = Zeroizing::new(Vec::with_capacity(length * 6 + 16));
        serde_json::to_writer(&mut *plain, &texts).map_err(|e| VaultError::io(&self.path, e.into()))?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(file::seal(&self.key, MAGIC, &plain)?);
        file::replace(&self.path, &bytes)
    }
}

impl Vault for SealedVault {
    fn get(&self, connection: &str, name: &str) -> Result<Option<Secret>, VaultError> {
        Ok(self
            .read()?
            .get(connection)
            .and_then(|secrets| secrets.get(name))
            .cloned())
    }

    fn put(&self, connection: &str, name: &str, secret: &Secret) -> Result<(), VaultError> {
        self.change(|secrets| {
            secrets
                .entry(connection.to_owned())
                .or_default()
                .insert(name.to_owned(), secret.clone());
        })
    }

    fn delete(&self, connection: &str, name: &str) -> Result<(), VaultError> {
        self.change(|secrets| {
            if let Some(of_connection) = secrets.get_mut(connection) {
                of_connection.remove(name);
            }
        })
    }
}
