//! Where a profile's key is kept, and how it is got back.
//!
//! `key.json` in the profile's folder says where: in the keyring, wrapped by a passphrase in the same file, or (profiles of
//! invented data only) open in the same file. It also holds the key's mark, so a key that is not this profile's is refused
//! before anything is read with it.
//!
//! A key moves in an order that never loses it: it is in its new place, read back, before the file says so, and the file is
//! replaced before the old place forgets it. Whoever is killed in between finds the old way or the new way open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key_file::{Hardness, KeptIn, KeyFile, key_of, key_path};
use super::{Key, Keyring, Secret, VaultError, file};
use crate::store::Checkpoint;

/// The environment variable that gives the passphrase to unattended runs.
pub const PASSPHRASE_VARIABLE: &str = "COUNTINGHOUSE_PASSPHRASE";

/// The key is wrapped by the passphrase, the keyring has not forgotten it yet.
pub const KEY_WRAPPED: &str = "key wrapped, keyring not cleared";
/// The keyring has the key, the file still says that a passphrase wraps it.
pub const KEY_IN_KEYRING: &str = "key in the keyring, file not replaced";

/// How a profile's key stands.
#[derive(Debug)]
pub struct Standing {
    /// Where it is kept.
    pub kept_in: KeptIn,
    /// Nobody opens the profile until it is unlocked.
    pub locked: bool,
    /// What the keyring says: whether it holds this profile's key, or why it cannot be asked.
    pub keyring: Result<bool, VaultError>,
}

/// The keys of profiles. Getting one may wait for the keyring or for Argon2: not for threads of the async runtime.
pub struct ProfileKeys {
    keyring: Arc<dyn Keyring>,
    passphrase: Option<Secret>,
    /// Keys a passphrase was typed for, by folder, until their profile is locked.
    unlocked: Mutex<HashMap<PathBuf, Key>>,
    hardness: Hardness,
    checkpoint: Checkpoint,
}

impl ProfileKeys {
    /// Keys kept in `keyring`, or wrapped by `passphrase` where one is given.
    pub fn new(keyring: Arc<dyn Keyring>, passphrase: Option<Secret>) -> Self {
        ProfileKeys {
            keyring,
            passphrase,
            unlocked: Mutex::default(),
            hardness: Hardness::default(),
            checkpoint: Checkpoint::default(),
        }
    }

    /// The same with another cost of passphrases wrapped from now on.
    pub fn with_hardness(self, hardness: Hardness) -> Self {
        ProfileKeys { hardness, ..self }
    }

    /// The same with named points at which tests stop the process.
    pub fn with_checkpoint(self, checkpoint: Checkpoint) -> Self {
        ProfileKeys { checkpoint, ..self }
    }

    fn unlocked(&self) -> MutexGuard<'_, HashMap<PathBuf, Key>> {
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a key for the new profile in `folder` and keeps it: in the folder for `invented` data, else wrapped by the
    /// passphrase if there is one, else in the keyring.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`] with neither keyring nor passphrase; nothing is kept then.
    /// [`VaultError::Invalid`] where a key is there already, or the passphrase has fewer than eight characters.
    pub fn create(&self, folder: &Path, invented: bool) -> Result<Key, VaultError> {
        match (invented, &self.passphrase) {
            (false, Some(passphrase)) => self.create_wrapped(folder, passphrase),
            (false, None) => self.make(folder, |path, key| self.keep_in_keyring(path, key)),
            (true, _) => self.make(folder, |path, key| KeyFile::open(key).write(path, &self.checkpoint)),
        }
    }

    /// Makes a key for the new profile in `folder`, wrapped by `passphrase`.
    ///
    /// # Errors
    /// [`VaultError::Invalid`] as for [`ProfileKeys::create`].
    pub fn create_wrapped(&self, folder: &Path, passphrase: &Secret) -> Result<Key, VaultError> {
        self.make(folder, |path, key| {
            KeyFile::wrapped(key, passphrase, self.hardness)?.write(path, &self.checkpoint)
        })
    }

    fn make(&self, folder: &Path, keep: impl FnOnce(&Path, &Key) -> Result<(), VaultError>) -> Result<Key, VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        if path.exists() {
            return Err(VaultError::Invalid(format!("{} is there already", path.display())));
        }
        let key = Key::generate()?;
        keep(&path, &key)?;
        Ok(key)
    }

    /// The key of the profile in `folder`, where nobody needs to be asked for it.
    ///
    /// # Errors
    /// [`VaultError::NoKeyFile`], [`VaultError::Locked`], [`VaultError::PassphraseNeeded`], [`VaultError::WrongPassphrase`],
    /// [`VaultError::KeyringUnavailable`], [`VaultError::NotInKeyring`], [`VaultError::DamagedKey`], [`VaultError::TooNew`].
    pub fn get(&self, folder: &Path) -> Result<Key, VaultError> {
        let path = key_path(folder);
        let kept = KeyFile::read(&path)?;
        if kept.locked {
            self.unlocked().remove(folder);
            return Err(VaultError::Locked);
        }
        let typed = self.unlocked().get(folder).filter(|key| kept.fits(key)).cloned();
        match (kept.kept_in, typed) {
            (KeptIn::Passphrase, Some(key)) => Ok(key),
            _ => self.open(&kept, &path, self.passphrase.as_ref()),
        }
    }

    /// The key of the profile in `folder`, by a passphrase that was typed. It is remembered until the profile is locked.
    ///
    /// # Errors
    /// As [`ProfileKeys::get`].
    pub fn get_with(&self, folder: &Path, passphrase: &Secret) -> Result<Key, VaultError> {
        let path = key_path(folder);
        let kept = KeyFile::read(&path)?;
        if kept.locked {
            return Err(VaultError::Locked);
        }
        let key = self.open(&kept, &path, Some(passphrase))?;
        if kept.kept_in == KeptIn::Passphrase {
            self.unlocked().insert(folder.to_owned(), key.clone());
        }
        Ok(key)
    }

    fn open(&self, kept: &KeyFile, path: &Path, passphrase: Option<&Secret>) -> Result<Key, VaultError> {
        let key = match kept.kept_in {
            KeptIn::Keyring => {
                let bytes = self.keyring.get(&entry(&kept.mark))?.ok_or(VaultError::NotInKeyring)?;
                key_of(&bytes).ok_or(VaultError::NotInKeyring)?
            }
            KeptIn::File => kept.open_key().ok_or_else(|| VaultError::DamagedKey(path.to_owned()))?,
            KeptIn::Passphrase => kept.unwrap(passphrase.ok_or(VaultError::PassphraseNeeded)?, path)?,
        };
        if kept.fits(&key) {
            Ok(key)
        } else {
            Err(VaultError::DamagedKey(path.to_owned()))
        }
    }

    /// How the key of the profile in `folder` stands. Asks the keyring, but never for a passphrase.
    ///
    /// # Errors
    /// [`VaultError::NoKeyFile`], [`VaultError::DamagedKey`], [`VaultError::TooNew`], [`VaultError::Io`].
    pub fn standing(&self, folder: &Path) -> Result<Standing, VaultError> {
        let kept = KeyFile::read(&key_path(folder))?;
        let found = self.keyring.get(&entry(&kept.mark));
        Ok(Standing {
            kept_in: kept.kept_in,
            locked: kept.locked,
            keyring: found.map(|key| key.is_some()),
        })
    }

    /// Where the key is kept, and whether the profile is locked, without asking anyone.
    ///
    /// # Errors
    /// As [`ProfileKeys::standing`].
    pub fn place(&self, folder: &Path) -> Result<(KeptIn, bool), VaultError> {
        let kept = KeyFile::read(&key_path(folder))?;
        Ok((kept.kept_in, kept.locked))
    }

    /// Locks the profile: from now on nobody opens it, in this process or another, until it is unlocked with its passphrase.
    ///
    /// # Errors
    /// [`VaultError::Invalid`] for a profile without a passphrase: a lock that the keyring opens by itself keeps nobody out.
    pub fn lock(&self, folder: &Path) -> Result<(), VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        let kept = KeyFile::read(&path)?;
        if kept.kept_in != KeptIn::Passphrase {
            return Err(VaultError::NoPassphrase(kept.kept_in));
        }
        self.unlocked().remove(folder);
        if kept.locked {
            return Ok(());
        }
        kept.locking(true).write(&path, &self.checkpoint)
    }

    /// Takes the lock off. The key is remembered until the profile is locked again or the process ends.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`]: it stays locked. [`VaultError::NoPassphrase`].
    pub fn unlock(&self, folder: &Path, passphrase: &Secret) -> Result<Key, VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        let kept = KeyFile::read(&path)?;
        if kept.kept_in != KeptIn::Passphrase {
            return Err(VaultError::NoPassphrase(kept.kept_in));
        }
        let key = self.open(&kept, &path, Some(passphrase))?;
        if kept.locked {
            kept.locking(false).write(&path, &self.checkpoint)?;
        }
        self.unlocked().insert(folder.to_owned(), key.clone());
        Ok(key)
    }

    /// Wraps the key by `new` from now on; the keyring forgets it. Also changes a passphrase, which then is asked for as
    /// `current`.
    ///
    /// # Errors
    /// [`VaultError::Invalid`] for a passphrase of fewer than eight characters; and as [`ProfileKeys::get`]: the key stays
    /// where it was. [`VaultError::LeftInKeyring`] where only the keyring does not forget it: the passphrase holds then.
    pub fn set_passphrase(&self, folder: &Path, current: Option<&Secret>, new: &Secret) -> Result<(), VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        let before = KeyFile::read(&path)?;
        let key = self.take_in_hand(&before, &path, current)?;
        KeyFile::wrapped(&key, new, self.hardness)?.write(&path, &self.checkpoint)?;
        self.unlocked().insert(folder.to_owned(), key);
        self.checkpoint.pass(KEY_WRAPPED);
        // Also where the file named a passphrase before: a kill at this point may have left the keyring's copy.
        match self.keyring.delete(&entry(&before.mark)) {
            Err(error) if before.kept_in == KeptIn::Keyring => Err(VaultError::LeftInKeyring(error.to_string())),
            _ => Ok(()),
        }
    }

    /// Keeps the key in the keyring from now on; the passphrase is not asked for any more.
    ///
    /// # Errors
    /// As [`ProfileKeys::get`]. The key stays where it was on an error.
    pub fn remove_passphrase(&self, folder: &Path, current: Option<&Secret>) -> Result<(), VaultError> {
        let path = key_path(folder);
        let _held = file::lock(&path)?;
        let before = KeyFile::read(&path)?;
        let key = self.take_in_hand(&before, &path, current)?;
        self.keep_in_keyring(&path, &key)?;
        self.unlocked().remove(folder);
        Ok(())
    }

    /// The key for moving it: a passphrase is asked for anew, whoever has the profile open.
    fn take_in_hand(&self, kept: &KeyFile, path: &Path, current: Option<&Secret>) -> Result<Key, VaultError> {
        if kept.locked {
            return Err(VaultError::Locked);
        }
        self.open(kept, path, current.or(self.passphrase.as_ref()))
    }

    /// Forgets the key of a profile that is being deleted. Without it nothing of the profile can be read again.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`], [`VaultError::Io`].
    pub fn forget(&self, folder: &Path) -> Result<(), VaultError> {
        let path = key_path(folder);
        self.unlocked().remove(folder);
        if let Ok(kept) = KeyFile::read(&path)
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
        let file = KeyFile::in_keyring(key);
        let entry = entry(&file.mark);
        self.keyring.set(&entry, key.expose())?;
        // Some keyrings take everything and keep nothing: what cannot be read back would lock the user out.
        let back = self.keyring.get(&entry)?;
        if back.as_deref().map(Vec::as_slice) != Some(key.expose().as_slice()) {
            return Err(VaultError::KeyringUnavailable(
                "it did not keep what it was given".to_owned(),
            ));
        }
        self.checkpoint.pass(KEY_IN_KEYRING);
        file.write(path, &self.checkpoint)
    }
}

/// The name of a key's entry in the keyring: by the key's mark, so profiles of one name in two home folders never meet.
fn entry(mark: &str) -> String {
    format!("profile key {mark}")
}
