//! Where profile keys are kept on this machine.

use std::path::Path;
use std::sync::Arc;

use countinghouse_core::app::{ApiError, Keys, ProfileInfo};
use countinghouse_core::auth::vault::{Key, ProfileKeys, Secret, SystemKeyring, VaultError};

/// What a person is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// The passphrase of a profile.
    Passphrase,
    /// A passphrase for a profile that is being made where there is no keyring.
    NewPassphrase,
}

/// Asks a person; `None` where nobody is there.
pub type Ask = Box<dyn Fn(&ProfileInfo, Wanted) -> Option<Secret> + Send + Sync>;

/// The system's keyring, or a passphrase; a demo profile, which holds only invented data, keeps its key in its folder.
pub(crate) struct HomeKeys {
    keys: ProfileKeys,
    ask: Option<Ask>,
}

impl HomeKeys {
    /// Keys with the passphrase of the environment, if it gives one, and someone to ask.
    pub(crate) fn new(passphrase: Option<String>, ask: Option<Ask>) -> HomeKeys {
        let passphrase = passphrase.filter(|p| !p.is_empty()).map(Secret::new);
        HomeKeys {
            keys: ProfileKeys::new(Arc::new(SystemKeyring), passphrase),
            ask,
        }
    }

    fn ask(&self, profile: &ProfileInfo, wanted: Wanted) -> Option<Secret> {
        self.ask.as_ref().and_then(|ask| ask(profile, wanted))
    }
}

impl Keys for HomeKeys {
    fn key(&self, folder: &Path, profile: &ProfileInfo, create: bool) -> Result<Key, ApiError> {
        let found = match create {
            true => self.keys.create(folder, profile.demo),
            false => self.keys.get(folder),
        };
        match found {
            Err(needed @ VaultError::PassphraseNeeded) => match self.ask(profile, Wanted::Passphrase) {
                Some(passphrase) => Ok(self.keys.get_with(folder, &passphrase)?),
                None => Err(needed.into()),
            },
            Err(absent @ VaultError::KeyringUnavailable(_)) if create => match self.ask(profile, Wanted::NewPassphrase)
            {
                Some(passphrase) => Ok(self.keys.create_wrapped(folder, &passphrase)?),
                None => Err(absent.into()),
            },
            found => Ok(found?),
        }
    }

    fn keeper(&self) -> Option<&ProfileKeys> {
        Some(&self.keys)
    }
}
