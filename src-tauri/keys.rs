//! Where profile keys are kept on this machine.

use std::path::Path;
use std::sync::Arc;

use countinghouse_core::app::{ApiError, Keys, ProfileInfo};
use countinghouse_core::auth::vault::{Key, ProfileKeys, Secret, SystemKeyring};

/// The system's keyring, or a passphrase; a demo profile, which holds only invented data, keeps its key in its folder.
pub(crate) struct HomeKeys(ProfileKeys);

impl HomeKeys {
    /// Keys with the passphrase of the environment, if it gives one.
    pub(crate) fn new(passphrase: Option<String>) -> HomeKeys {
        let passphrase = passphrase.filter(|p| !p.is_empty()).map(Secret::new);
        HomeKeys(ProfileKeys::new(Arc::new(SystemKeyring), passphrase))
    }
}

impl Keys for HomeKeys {
    fn key(&self, folder: &Path, profile: &ProfileInfo, create: bool) -> Result<Key, ApiError> {
        match create {
            true => Ok(self.0.create(folder, profile.demo)?),
            false => Ok(self.0.get(folder)?),
        }
    }
}
