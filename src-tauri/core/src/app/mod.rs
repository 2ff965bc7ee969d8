//! The program without its window: a home folder with profiles, and what each profile can do.

mod access;
mod accounts;
mod crew;
mod digest;
mod error;
mod import;
mod lock;
mod profile;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use crate::auth::Browser;
use crate::auth::vault::{Key, ProfileKeys, VaultError};
use crate::clock::Clock;
use crate::net::Transport;
use crate::net::entropy::Entropy;

pub use access::{Removed, Tested};
pub(crate) use accounts::fetcher;
pub use crew::{Connects, Event, Runs};
pub use error::{ApiError, Code};
pub use import::{FileReport, ImportOptions, SetAside};
pub(crate) use profile::settings;
pub use profile::{CostPolicy, Profile, Settings};

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

/// What the home folder remembers.
#[derive(Default, Serialize, Deserialize)]
struct Home {
    /// The profile that opens by itself.
    active: Option<String>,
}

/// The program over one home folder.
pub struct App {
    home: PathBuf,
    deps: Deps,
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

    /// Every profile, by name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn profiles(&self) -> Result<Vec<ProfileInfo>> {
        let folder = self.home.join("profiles");
        let entries = std::fs::read_dir(&folder).map_err(|e| ApiError::folder(&folder, &e))?;
        let mut profiles: Vec<ProfileInfo> = entries
            .filter_map(std::result::Result::ok)
            .filter_map(|entry| std::fs::read(entry.path().join("profile.json")).ok())
            .filter_map(|bytes| serde_json::from_slice(&bytes).ok())
            .collect();
        profiles.sort_by(|a, b| a.name.to_lowercase().cmp(&b.name.to_lowercase()).then(a.id.cmp(&b.id)));
        Ok(profiles)
    }

    /// A profile by name or id; without one the active, else the only one. The first profile is made silently.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown name, and why the profile's file does not open.
    pub fn profile(&self, name: Option<&str>) -> Result<Arc<Profile>> {
        if name.is_none() && self.profiles()?.is_empty() {
            return self.create_profile("My business", false);
        }
        self.open_profile(&self.profile_info(name)?, false)
    }

    /// What is known of a profile without opening it: by name or id; without one the active, else the first.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub fn profile_info(&self, name: Option<&str>) -> Result<ProfileInfo> {
        let profiles = self.profiles()?;
        let found = match name {
            Some(name) => profiles
                .iter()
                .find(|p| p.name.eq_ignore_ascii_case(name) || p.id == name),
            None => {
                let active = self.read_home().active;
                let active = profiles.iter().find(|p| Some(&p.id) == active.as_ref());
                active.or(profiles.first())
            }
        };
        found.cloned().ok_or_else(|| no_profile(name.unwrap_or_default(), &profiles))
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
        let base: String = name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect::<String>()
            .split('-')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("-");
        let base = if base.is_empty() { "profile".to_owned() } else { base };
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
        let folder = self.folder(&info.id);
        std::fs::create_dir_all(&folder).map_err(|e| ApiError::folder(&folder, &e))?;
        let opened = self.open_profile(&info, true).and_then(|profile| {
            let text = serde_json::to_vec_pretty(&info).map_err(|e| ApiError::internal(e.to_string()))?;
            let file = folder.join("profile.json");
            std::fs::write(&file, text).map_err(|e| ApiError::folder(&file, &e))?;
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
        let home = Home {
            active: Some(info.id),
        };
        let text = serde_json::to_vec_pretty(&home).map_err(|e| ApiError::internal(e.to_string()))?;
        std::fs::write(&file, text).map_err(|e| ApiError::folder(&file, &e))
    }

    /// Renames a profile; its folder keeps its name.
    ///
    /// # Errors
    /// [`Code::NotFound`], or [`Code::Invalid`] where the name is empty or taken.
    pub fn rename_profile(&self, name: &str, new: &str) -> Result<ProfileInfo> {
        let (new, mut info) = (new.trim(), self.profile_info(Some(name))?);
        if new.is_empty() {
            return Err(ApiError::invalid(
                "a profile needs a name",
                "Give it the name of the business.",
            ));
        }
        let taken = |p: &ProfileInfo| p.id != info.id && p.name.eq_ignore_ascii_case(new);
        if self.profiles()?.iter().any(taken) {
            return Err(ApiError::invalid(
                format!("there is a profile “{new}” already"),
                "Choose another name.",
            ));
        }
        info.name = new.to_owned();
        let text = serde_json::to_vec_pretty(&info).map_err(|e| ApiError::internal(e.to_string()))?;
        let file = self.folder(&info.id).join("profile.json");
        std::fs::write(&file, text).map_err(|e| ApiError::folder(&file, &e))?;
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
        Ok(info)
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
        let profile = Arc::new(Profile::open(info.clone(), folder, &key, self.deps.clone())?);
        open.insert(info.id.clone(), Arc::clone(&profile));
        Ok(profile)
    }

    fn read_home(&self) -> Home {
        let bytes = std::fs::read(self.home.join("home.json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

fn no_profile(name: &str, profiles: &[ProfileInfo]) -> ApiError {
    let names: Vec<&str> = profiles.iter().map(|p| p.name.as_str()).collect();
    let hint = match names.is_empty() {
        true => "There is none yet; “profile create NAME” makes one.".to_owned(),
        false => format!("There are: {}.", names.join(", ")),
    };
    ApiError::new(Code::NotFound, format!("there is no profile “{name}”"), hint)
}
