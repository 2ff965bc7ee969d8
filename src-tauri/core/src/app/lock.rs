//! Locking profiles, and where their keys are kept.
//!
//! A profile under a passphrase can be locked: every process forgets its key at its next step, work on it stops, and nobody
//! opens it, tasks that know the passphrase included, until it is unlocked. A profile that opens with the keyring has nothing
//! that a lock could ask for; it needs a passphrase first.

use crate::auth::vault::{KeptIn, ProfileKeys, Secret, Standing, VaultError};

use super::{ApiError, App, Event, ProfileInfo, Result};

impl App {
    fn keeper(&self) -> Result<&ProfileKeys> {
        self.deps.keys.keeper().ok_or_else(|| {
            ApiError::invalid(
                "keys cannot be moved or locked here",
                "Use the window or the command line for it.",
            )
        })
    }

    /// How the key of a profile stands; the profile is not opened for it. Asks the keyring, so not for threads that must not wait.
    ///
    /// # Errors
    /// [`super::Code::NotFound`], and what is wrong with the file that says where the key is.
    pub fn key_standing(&self, name: Option<&str>) -> Result<Standing> {
        let info = self.profile_info(name)?;
        Ok(self.keeper()?.standing(&self.folder(&info.id))?)
    }

    /// Where the key of a profile is kept, and whether the profile is locked, without asking anyone.
    ///
    /// # Errors
    /// As [`App::key_standing`].
    pub fn key_place(&self, name: Option<&str>) -> Result<(KeptIn, bool)> {
        let info = self.profile_info(name)?;
        Ok(self.keeper()?.place(&self.folder(&info.id))?)
    }

    /// Locks a profile: its key is forgotten here, and everywhere else at the next step.
    ///
    /// # Errors
    /// [`super::Code::Invalid`] for a profile without a passphrase.
    pub fn lock_profile(&self, name: Option<&str>) -> Result<ProfileInfo> {
        let info = self.profile_info(name)?;
        self.keeper()?.lock(&self.folder(&info.id))?;
        self.opened().remove(&info.id);
        self.rest(&info.id);
        self.tell(Event::DataChanged);
        Ok(info)
    }

    /// Takes the lock off a profile.
    ///
    /// # Errors
    /// [`super::Code::Locked`] for a wrong passphrase, [`super::Code::Invalid`] for a profile that has none.
    pub fn unlock_profile(&self, name: Option<&str>, passphrase: &Secret) -> Result<ProfileInfo> {
        let info = self.profile_info(name)?;
        self.keeper()?.unlock(&self.folder(&info.id), passphrase)?;
        self.tell(Event::DataChanged);
        Ok(info)
    }

    /// Keeps the profile's key under the passphrase `new` from now on; `current` is the one before, where there is one. A kill
    /// in between leaves the old or the new way open.
    ///
    /// # Errors
    /// [`super::Code::Invalid`] for a short passphrase, [`super::Code::Locked`] where `current` is missing or wrong: nothing has
    /// changed then. [`super::Code::KeyringUnavailable`] where the passphrase holds and only the keyring kept its copy.
    pub fn set_passphrase(&self, name: Option<&str>, current: Option<&Secret>, new: &Secret) -> Result<ProfileInfo> {
        let info = self.profile_info(name)?;
        self.keeper()?.set_passphrase(&self.folder(&info.id), current, new)?;
        self.tell(Event::DataChanged);
        Ok(info)
    }

    /// Keeps the profile's key in the system's keyring from now on.
    ///
    /// # Errors
    /// As [`App::set_passphrase`]; the key stays under the passphrase then.
    pub fn remove_passphrase(&self, name: Option<&str>, current: Option<&Secret>) -> Result<ProfileInfo> {
        let info = self.profile_info(name)?;
        self.keeper()?.remove_passphrase(&self.folder(&info.id), current)?;
        self.tell(Event::DataChanged);
        Ok(info)
    }

    /// Work on the profile stops at its next step; what it stored stays.
    pub(super) fn rest(&self, profile: &str) {
        if let Some(runs) = self.runs.get() {
            runs.rest(profile);
        }
    }
}

/// What ends work on a profile that was locked meanwhile.
pub(super) fn locked() -> ApiError {
    VaultError::Locked.into()
}
