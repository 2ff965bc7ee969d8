//! Where the profile's key is kept, and locking it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::Result;
use crate::auth::vault::{KeptIn, Secret};

use super::NoArgs;
use super::connect::secret;
use super::desk::Desk;

/// How the profile's key is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Security {
    /// Where it is.
    pub kept_in: KeptIn,
    /// The same in a sentence.
    pub text: String,
    /// Nobody opens the profile until it is unlocked.
    pub locked: bool,
    /// The system has a keyring that could keep it.
    pub keyring: bool,
}

/// A passphrase a person typed.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct UnlockArgs {
    /// The profile's passphrase.
    #[serde(deserialize_with = "secret")]
    #[ts(type = "string")]
    pub passphrase: Secret,
}

/// A passphrase to set, or to take away.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct PassphraseArgs {
    /// The one that holds now; null where there is none.
    #[serde(deserialize_with = "some_secret")]
    #[ts(type = "string | null")]
    pub current: Option<Secret>,
    /// The one that is to hold; null puts the key into the system's keyring.
    #[serde(deserialize_with = "some_secret")]
    #[ts(type = "string | null")]
    pub new: Option<Secret>,
}

fn some_secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

/// What a place of a key means, in a sentence.
pub fn place_text(kept_in: KeptIn) -> &'static str {
    match kept_in {
        KeptIn::Keyring => "kept in the system's keyring",
        KeptIn::Passphrase => "wrapped by a passphrase in the profile's folder",
        KeptIn::File => "open in the profile's folder, which holds invented data only",
    }
}

/// Answers `security`, of a locked profile too.
///
/// # Errors
/// What is wrong with the file that says where the key is.
pub fn security(desk: Desk<'_>, _: NoArgs) -> Result<Security> {
    let standing = desk.app.key_standing(desk.profile)?;
    Ok(Security {
        kept_in: standing.kept_in,
        text: place_text(standing.kept_in).to_owned(),
        locked: standing.locked,
        keyring: standing.keyring.is_ok(),
    })
}

/// Answers `lock`.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a profile without a passphrase.
pub fn lock(desk: Desk<'_>, _: NoArgs) -> Result<()> {
    desk.app.lock_profile(desk.profile).map(drop)
}

/// Answers `unlock`.
///
/// # Errors
/// [`crate::app::Code::Locked`] for a wrong passphrase.
pub fn unlock(desk: Desk<'_>, args: UnlockArgs) -> Result<()> {
    desk.app.unlock_profile(desk.profile, &args.passphrase).map(drop)
}

/// Answers `set_passphrase`.
///
/// # Errors
/// As [`crate::app::App::set_passphrase`] and [`crate::app::App::remove_passphrase`].
pub fn set_passphrase(desk: Desk<'_>, args: PassphraseArgs) -> Result<()> {
    let current = args.current.as_ref();
    match &args.new {
        Some(new) => desk.app.set_passphrase(desk.profile, current, new).map(drop),
        None => desk.app.remove_passphrase(desk.profile, current).map(drop),
    }
}
