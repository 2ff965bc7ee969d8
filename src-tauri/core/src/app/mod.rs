//! The program without its window: a home folder with profiles, and what each profile can do.

mod access;
mod accounts;
mod adoption;
mod crew;
mod digest;
mod error;
mod held;
mod import;
mod joining;
mod listing;
mod lock;
mod profile;
mod seller;
mod whose;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use crate::auth::Browser;
use crate::auth::vault::{Key, ProfileKeys, VaultError, replace};
use crate::clock::Clock;
use crate::net::Transport;
use crate::net::entropy::Entropy;
use crate::store::{self, Checkpoint};

pub use access::{Removed, Tested};
pub(crate) use accounts::fetcher;
pub use adoption::Answered;
pub use crew::{Connects, Event, Runs};
pub use error::{ApiError, Code};
pub(crate) use held::{Proof, held_by_files};
pub use import::{FileReport, ImportOptions, SetAside, no_such_stream};
pub use joining::Joined;
pub(crate) use joining::ORDERS_TWICE;
pub use listing::Unreadable;
pub(crate) use profile::settings;
pub use profile::{CostPolicy, Profile, Settings};
pub use seller::SellerAnswered;

use listing::{Home, slug};

/// Answers of the app.
pub type Result<T> = std::result::Result<T, ApiError>;

/// Where a profile's key comes from.
pub trait Keys: Send + Sync {
    /// The key of the profile in `folder`; a new one is made and kept where `create` is set.
    ///
    /// # Errors
    /// [`Code::Locked`] where a passphrase is missing or wrong, [`Code::KeyringUnavailable`] where there is no place to keep it.
    fn key(&self, folder: &Path, profile: &ProfileInfo, create: bool) -> Result<Key>;

    /// The keeper of the keys, for locking profiles and moving keys; `None` where keys have no such place (tests).
    fn keeper(&self) -> Option<&ProfileKeys> {
        None
    }

    /// Whether the profile in `folder` was locked, in this process or another.
    fn locked(&self, folder: &Path) -> bool {
        let place = self.keeper().map(|keeper| keeper.place(folder));
        matches!(place, Some(Ok((_, true))))
    }
}

/// What the app needs of the world.
#[derive(Clone)]
pub struct Deps {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Profile keys.
    pub keys: Arc<dyn Keys>,
    /// The way to the marketplaces.
    pub transport: Arc<dyn Transport>,
    /// Where consent is given.
    pub browser: Arc<dyn Browser>,
    /// Jitter, states, spool keys.
    pub entropy: Arc<dyn Entropy>,
}

/// What is known of a profile without opening it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProfileInfo {
    /// Name of its folder; letters, digits and dashes.
    pub id: String,
    /// The name on screens.
    pub name: String,
    /// Holds invented data only.
    pub demo: bool,
    /// UTC second of making.
    pub created_at: i64,
}

/// The program over one home folder.
pub struct App {
    home: PathBuf,
    deps: Deps,
    checkpoint: Checkpoint,
    open: Mutex<HashMap<String, Arc<Profile>>>,
    runs: OnceLock<Arc<dyn Runs>>,
    connects: OnceLock<Arc<dyn Connects>>,
    events: tokio::sync::broadcast::Sender<Event>,
}

/// Events kept for those who follow; one who lags further behind reads anew.
const EVENTS: usize = 64;

impl App {
    /// Opens (or makes) a home folder.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(home: &Path, deps: Deps) -> Result<App> {
        App::open_with(home, deps, Checkpoint::default())
    }

    /// As [`App::open`], with named points at which tests stop the process.
    ///
    /// # Errors
    /// As [`App::open`].
    pub fn open_with(home: &Path, deps: Deps, checkpoint: Checkpoint) -> Result<App> {
        let mut folders = std::fs::DirBuilder::new();
        folders.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        folders
            .create(home.join("profiles"))
            .map_err(|e| ApiError::folder(home, &e))?;
        Ok(App {
            home: home.to_owned(),
            deps,
            checkpoint,
            open: Mutex::default(),
            runs: OnceLock::new(),
            connects: OnceLock::new(),
            events: tokio::sync::broadcast::Sender::new(EVENTS),
        })
    }

    /// What the app was given.
    pub fn deps(&self) -> &Deps {
        &self.deps
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A profile by name or id; without one the active, else the only one. The first profile is made silently.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown name, and why the profile's file does not open.
    pub fn profile(&self, name: Option<&str>) -> Result<Arc<Profile>> {
        if name.is_none() && self.has_no_profile()? {
            return self.create_profile("My business", false);
        }
        self.open_profile(&self.profile_info(name)?, false)
    }

    /// Makes a profile and opens it.
    ///
    /// # Errors
    /// [`Code::Invalid`] where the name is taken or empty, and why its file cannot be made.
    pub fn create_profile(&self, name: &str, demo: bool) -> Result<Arc<Profile>> {
        let name = name.trim();
        if name.is_empty() {
            return Err(ApiError::invalid(
                "a profile needs a name",
                "Give it the name of the business.",
            ));
        }
        let profiles = self.profiles()?;
        if profiles.iter().any(|p| p.name.eq_ignore_ascii_case(name)) {
            return Err(ApiError::invalid(
                format!("there is a profile “{name}” already"),
                "Choose another name.",
            ));
        }
        let base = slug(name);
        if let Some(bad) = self.unreadable_profiles()?.into_iter().find(|u| u.id == base) {
            return Err(bad.error);
        }
        let mut id = base.clone();
        let mut number = 2;
        while self.folder(&id).exists() {
            id = format!("{base}-{number}");
            number += 1;
        }
        let info = ProfileInfo {
            id,
            name: name.to_owned(),
            demo,
            created_at: self.deps.clock.now(),
        };
        self.keep_choice()?;
        let folder = self.folder(&info.id);
        std::fs::create_dir_all(&folder).map_err(|e| ApiError::folder(&folder, &e))?;
        let opened = self.begin(&info.id).and_then(|()| {
            let profile = self.open_profile(&info, true)?;
            self.describe(&info)?;
            Ok(profile)
        });
        if opened.is_err() {
            // A profile that could not be made leaves no half of itself behind, nor its key in the keyring.
            if let Some(keeper) = self.deps.keys.keeper() {
                let _ = keeper.forget(&folder);
            }
            let _ = std::fs::remove_dir_all(&folder);
        }
        opened
    }

    /// Makes a profile the one that opens by itself.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub fn choose_profile(&self, id: &str) -> Result<()> {
        let info = self.profile_info(Some(id))?;
        let file = self.home.join("home.json");
        let home = Home { active: Some(info.id) };
        let text = serde_json::to_vec_pretty(&home).map_err(|e| ApiError::internal(e.to_string()))?;
        Ok(replace(&file, &text)?)
    }

    /// Renames a profile; its folder keeps its name.
    ///
    /// # Errors
    /// [`Code::NotFound`], or [`Code::Invalid`] where the name is empty or taken.
    pub fn rename_profile(&self, name: &str, new: &str) -> Result<ProfileInfo> {
        let new = new.trim();
        if new.is_empty() {
            return Err(ApiError::invalid(
                "a profile needs a name",
                "Give it the name of the business.",
            ));
        }
        // A folder that lost its description gets a new one.
        let mut info = match self.described_anew(name, new)? {
            Some(info) => info,
            None => self.profile_info(Some(name))?,
        };
        let taken = |p: &ProfileInfo| p.id != info.id && p.name.eq_ignore_ascii_case(new);
        if self.profiles()?.iter().any(taken) {
            return Err(ApiError::invalid(
                format!("there is a profile “{new}” already"),
                "Choose another name.",
            ));
        }
        info.name = new.to_owned();
        self.describe(&info)?;
        Ok(info)
    }

    /// Deletes a profile with everything in it, its key included.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::KeyringUnavailable`] where the keyring does not forget the key: nothing was deleted then.
    pub fn remove_profile(&self, name: &str) -> Result<ProfileInfo> {
        let info = self.profile_info(Some(name))?;
        self.opened().remove(&info.id);
        let folder = self.folder(&info.id);
        if let Some(keeper) = self.deps.keys.keeper() {
            keeper.forget(&folder)?;
        }
        std::fs::remove_dir_all(&folder).map_err(|e| ApiError::folder(&folder, &e))?;
        self.keep_choice()?;
        Ok(info)
    }

    /// Writes down which profile opens by itself, so that one that is made later does not take its place. What cannot be told, as
    /// where a description is damaged, stays as it is.
    fn keep_choice(&self) -> Result<()> {
        match (self.active(true), self.profile_info(None)) {
            (Ok(active), Ok(info)) if active.as_ref() != Some(&info.id) => self.choose_profile(&info.id),
            _ => Ok(()),
        }
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.home.join("profiles").join(id)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Profile>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_profile(&self, info: &ProfileInfo, create: bool) -> Result<Arc<Profile>> {
        let folder = self.folder(&info.id);
        let mut open = self.opened();
        if self.deps.keys.locked(&folder) {
            open.remove(&info.id);
            drop(open);
            self.rest(&info.id);
            return Err(VaultError::Locked.into());
        }
        if let Some(profile) = open.get(&info.id) {
            return Ok(Arc::clone(profile));
        }
        let key = self.deps.keys.key(&folder, info, create)?;
        let options = store::Options {
            checkpoint: self.checkpoint.clone(),
            must_exist: !create,
            ..store::Options::default()
        };
        let profile = Profile::open_with(info.clone(), folder, &key, self.deps.clone(), options)?;
        let profile = Arc::new(profile);
        open.insert(info.id.clone(), Arc::clone(&profile));
        Ok(profile)
    }
}
