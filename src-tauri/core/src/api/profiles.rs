//! The profiles of this home: told without opening any of them, so that another one can be chosen while one does not open.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, App, Event, Result};

use super::NoArgs;
use super::desk::Desk;

/// A profile to choose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct ProfileRef {
    /// Its id.
    pub id: String,
    /// The name on screens.
    pub name: String,
    /// Holds invented data only.
    pub demo: bool,
    /// The one that is shown.
    pub active: bool,
}

/// A folder that holds a profile which cannot be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct LostProfile {
    /// Name of the folder.
    pub id: String,
    /// Which file, why, and what to do.
    pub error: ApiError,
}

/// Every profile of the home.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Profiles {
    /// Those that can be told, by name.
    pub profiles: Vec<ProfileRef>,
    /// Those that cannot.
    pub lost: Vec<LostProfile>,
}

/// Which profile.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ProfileArgs {
    /// Its id.
    pub id: String,
}

/// A profile to make.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct NewProfileArgs {
    /// The name of the business.
    pub name: String,
}

/// Answers `profiles`, whatever keeps the active one from opening.
///
/// # Errors
/// The home folder cannot be read.
pub fn profiles(desk: Desk<'_>, _: NoArgs) -> Result<Profiles> {
    let active = desk.app.profile_info(desk.profile).ok().map(|info| info.id);
    let lost = desk.app.unreadable_profiles()?.into_iter();
    Ok(Profiles {
        profiles: listed(desk.app, active.as_deref())?,
        lost: lost
            .map(|bad| LostProfile {
                id: bad.id,
                error: bad.error,
            })
            .collect(),
    })
}

/// The profiles that can be told, by name; `active` is the one that is shown.
pub(super) fn listed(app: &App, active: Option<&str>) -> Result<Vec<ProfileRef>> {
    let profiles = app.profiles()?.into_iter().map(|p| ProfileRef {
        active: Some(p.id.as_str()) == active,
        id: p.id,
        name: p.name,
        demo: p.demo,
    });
    Ok(profiles.collect())
}

/// Answers `choose_profile`.
///
/// # Errors
/// [`crate::app::Code::NotFound`].
pub fn choose_profile(desk: Desk<'_>, args: ProfileArgs) -> Result<()> {
    desk.app.choose_profile(&args.id)?;
    desk.app.tell(Event::DataChanged);
    Ok(())
}

/// Answers `create_profile`: makes it and shows it.
///
/// # Errors
/// [`crate::app::Code::Invalid`] where the name is taken or empty, and why its file cannot be made.
pub fn create_profile(desk: Desk<'_>, args: NewProfileArgs) -> Result<()> {
    let made = desk.app.create_profile(&args.name, false)?;
    choose_profile(
        desk,
        ProfileArgs {
            id: made.info().id.clone(),
        },
    )
}
