//! Which profiles the home folder holds, and which of its folders cannot be read.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::auth::vault::{KeptIn, replace};

use super::{ApiError, App, Code, ProfileInfo, Result};

/// A profile's description in its folder.
const DESCRIPTION: &str = "profile.json";
/// Stands in the folder of a profile that is being made.
const UNFINISHED: &str = "profile.making";

/// What the home folder remembers.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Home {
    /// The profile that opens by itself.
    pub(super) active: Option<String>,
}

/// A folder that holds a profile which cannot be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Unreadable {
    /// Name of the folder.
    pub id: String,
    /// Which file, why, and what to do.
    pub error: ApiError,
}

/// Whether a profile that is open here was removed since, by whatever process; another one may have been made in its folder.
pub(super) fn is_removed(folder: &Path, info: &ProfileInfo) -> bool {
    match std::fs::read(folder.join(DESCRIPTION)) {
        Ok(text) => serde_json::from_slice(&text).is_ok_and(|now: ProfileInfo| now.created_at != info.created_at),
        Err(_) => !folder.exists(),
    }
}

impl App {
    /// Every profile that can be told, by name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn profiles(&self) -> Result<Vec<ProfileInfo>> {
        Ok(self.listing()?.0)
    }

    /// Folders of profiles whose description is damaged or gone, by name of the folder. Their ledgers are untouched.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn unreadable_profiles(&self) -> Result<Vec<Unreadable>> {
        Ok(self.listing()?.1)
    }

    /// Whether there is no profile, not even one that cannot be told.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn has_no_profile(&self) -> Result<bool> {
        let (profiles, unreadable) = self.listing()?;
        Ok(profiles.is_empty() && unreadable.is_empty())
    }

    /// What is known of a profile without opening it: by name or id; without one the active, else the first.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Invalid`] where the profile that is meant, or may be meant, cannot be told.
    pub fn profile_info(&self, name: Option<&str>) -> Result<ProfileInfo> {
        let (profiles, unreadable) = self.listing()?;
        let found = match name {
            Some(name) => {
                if let Some(bad) = unreadable.iter().find(|u| u.id == name || u.id == slug(name)) {
                    let told = profiles.iter().find(|p| p.name.eq_ignore_ascii_case(name));
                    return told.cloned().ok_or_else(|| bad.error.clone());
                }
                profiles
                    .iter()
                    .find(|p| p.name.eq_ignore_ascii_case(name) || p.id == name)
            }
            None => {
                let active = self.active(profiles.len() + unreadable.len() > 1)?;
                let active = profiles.iter().find(|p| Some(&p.id) == active.as_ref());
                // Which one opened by itself is not known any more: another business must not take its place unasked.
                if let (None, Some(bad)) = (active, unreadable.first()) {
                    return Err(or_another(&bad.error, &profiles));
                }
                active.or(profiles.first())
            }
        };
        found
            .cloned()
            .ok_or_else(|| no_profile(name.unwrap_or_default(), &profiles))
    }

    /// Writes a profile's description, whole or not at all.
    pub(super) fn describe(&self, info: &ProfileInfo) -> Result<()> {
        let folder = self.folder(&info.id);
        let text = serde_json::to_vec_pretty(info).map_err(|e| ApiError::internal(e.to_string()))?;
        replace(&folder.join(DESCRIPTION), &text)?;
        // Not there where the profile was only renamed.
        let _ = std::fs::remove_file(folder.join(UNFINISHED));
        Ok(())
    }

    /// Marks the folder of a new profile as not finished, until it is described.
    pub(super) fn begin(&self, id: &str) -> Result<()> {
        let mark = self.folder(id).join(UNFINISHED);
        std::fs::write(&mark, []).map_err(|e| ApiError::folder(&mark, &e))
    }

    /// A new description for a folder that has lost its own.
    pub(super) fn described_anew(&self, id: &str, name: &str) -> Result<Option<ProfileInfo>> {
        if !self.unreadable_profiles()?.iter().any(|u| u.id == id) {
            return Ok(None);
        }
        // Only invented data has its key in the open.
        let place = self.deps().keys.keeper().map(|keeper| keeper.place(&self.folder(id)));
        Ok(Some(ProfileInfo {
            id: id.to_owned(),
            name: name.to_owned(),
            demo: matches!(place, Some(Ok((KeptIn::File, _)))),
            created_at: self.deps().clock.now(),
        }))
    }

    /// The profile that opens by itself. A damaged note of it matters only where there are `several`.
    pub(super) fn active(&self, several: bool) -> Result<Option<String>> {
        let file = self.home().join("home.json");
        let told = match std::fs::read(&file) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => Err(e.to_string()),
            Ok(bytes) => serde_json::from_slice::<Home>(&bytes).map_err(|e| e.to_string()),
        };
        match told {
            Ok(home) => Ok(home.active),
            Err(_) if !several => Ok(None),
            Err(why) => Err(ApiError::invalid(
                format!("{} does not say which profile opens by itself: {why}", file.display()),
                "Choose the profile to open (on the command line with --profile). Deleting the file lets the first one open by itself again.",
            )),
        }
    }

    fn listing(&self) -> Result<(Vec<ProfileInfo>, Vec<Unreadable>)> {
        let folder = self.home().join("profiles");
        let entries = std::fs::read_dir(&folder).map_err(|e| ApiError::folder(&folder, &e))?;
        let (mut profiles, mut unreadable) = (Vec::new(), Vec::new());
        for entry in entries.filter_map(std::result::Result::ok) {
            let path = entry.path();
            let id = entry.file_name().to_string_lossy().into_owned();
            match description(&path) {
                // A copied folder is a profile of its own.
                Ok(Some(info)) => profiles.push(ProfileInfo { id, ..info }),
                Ok(None) => {}
                Err(why) => unreadable.push(Unreadable {
                    error: damaged(&path.join(DESCRIPTION), &id, &why),
                    id,
                }),
            }
        }
        profiles.sort_by(|a, b| a.name.to_lowercase().cmp(&b.name.to_lowercase()).then(a.id.cmp(&b.id)));
        unreadable.sort_by(|a, b| a.id.cmp(&b.id));
        Ok((profiles, unreadable))
    }
}

/// What a folder says it is; `None` where it holds no profile, or one that was never finished.
fn description(folder: &Path) -> std::result::Result<Option<ProfileInfo>, String> {
    match std::fs::read(folder.join(DESCRIPTION)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| e.to_string()),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let holds = |name: &str| folder.join(name).exists();
            match holds("ledger.db") && !holds(UNFINISHED) {
                true => Err("the file is missing".to_owned()),
                false => Ok(None),
            }
        }
        Err(e) => Err(e.to_string()),
    }
}

fn damaged(file: &Path, id: &str, why: &str) -> ApiError {
    ApiError::invalid(
        format!("{} does not say which profile this is: {why}", file.display()),
        format!(
            "Its ledger is untouched. Put the file back from a backup, or give the profile its name again: “countinghouse profile rename {id} NAME”."
        ),
    )
}

/// The error, with what can be done meanwhile.
fn or_another(error: &ApiError, profiles: &[ProfileInfo]) -> ApiError {
    let hint = error.hint.clone().unwrap_or_default();
    ApiError {
        hint: Some(match profiles.is_empty() {
            true => hint,
            false => format!(
                "{hint} Others can be chosen (on the command line with --profile): {}.",
                names(profiles)
            ),
        }),
        ..error.clone()
    }
}

/// A name as the name of a folder: letters, digits and dashes.
pub(super) fn slug(name: &str) -> String {
    let dashed: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let slug = dashed
        .split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    if slug.is_empty() { "profile".to_owned() } else { slug }
}

fn names(profiles: &[ProfileInfo]) -> String {
    profiles.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn no_profile(name: &str, profiles: &[ProfileInfo]) -> ApiError {
    let hint = match profiles.is_empty() {
        true => "“countinghouse profile create NAME” makes one; so does the first import or connection.".to_owned(),
        false => format!("There are: {}.", names(profiles)),
    };
    let message = match name {
        "" => "there is no profile yet".to_owned(),
        name => format!("there is no profile “{name}”"),
    };
    ApiError::new(Code::NotFound, message, hint)
}
