//! Why a key or a secret cannot be read or kept.

use std::path::{Path, PathBuf};

use super::KeptIn;
use super::key_file::SHORTEST_PASSPHRASE;
use super::keys::PASSPHRASE_VARIABLE;

/// A failure of the vault. No text of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no keyring, or it does not let us in.
    #[error(
        "the system's keyring cannot be used ({0}). Set a passphrase for this profile, or give it in {PASSPHRASE_VARIABLE}"
    )]
    KeyringUnavailable(String),
    /// The keyring works but does not know the profile's key.
    #[error(
        "the keyring has no key for this profile. If the profile came from another machine, open it there and set a passphrase"
    )]
    NotInKeyring,
    /// The key is wrapped by a passphrase and none was given.
    #[error("this profile is locked by a passphrase. Give it at the prompt, or in {PASSPHRASE_VARIABLE}")]
    PassphraseNeeded,
    /// The passphrase given is not the one.
    #[error("the passphrase is not right; nothing was changed. Type it again")]
    WrongPassphrase,
    /// The profile was locked and is to stay closed until someone unlocks it, in whatever process.
    #[error("this profile is locked. Unlock it with its passphrase: “countinghouse profile unlock”, or in the window")]
    Locked,
    /// The profile has no passphrase that a lock could ask for.
    #[error("{}", no_passphrase(*.0))]
    NoPassphrase(KeptIn),
    /// The passphrase holds, but the keyring still has its copy.
    #[error(
        "the passphrase holds from now on, but the system's keyring did not forget its copy of the key ({0}). Set the passphrase again once the keyring answers"
    )]
    LeftInKeyring(String),
    /// The profile's folder says nothing of its key.
    #[error("{} is missing: it says where this profile's key is. Put the file back from a backup of the profile's folder; a new key cannot open this ledger", .0.display())]
    NoKeyFile(PathBuf),
    /// The file of the profile's key was changed or cut, or names another key.
    #[error("{} says where the profile's key is, and was changed or cut. Put the file back from a backup of the profile's folder; a new key cannot open this ledger", .0.display())]
    DamagedKey(PathBuf),
    /// The file of secrets was changed, cut, or made with another key.
    #[error("{} was changed or belongs to another profile. Move it away and connect again; the ledger is not touched by that", .0.display())]
    Damaged(PathBuf),
    /// The file is of a newer program.
    #[error("{} was written by a newer version of the program. Update it; the file is unchanged", .0.display())]
    TooNew(PathBuf),
    /// No room left.
    #[error("the disk is full: {} cannot be written. Free some space and try again", .0.display())]
    Full(PathBuf),
    /// The file or its folder cannot be read or written.
    #[error("cannot use {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The passphrase has fewer than [`SHORTEST_PASSPHRASE`] characters.
    #[error(
        "a passphrase needs at least {SHORTEST_PASSPHRASE} characters. Several words are easy to keep in mind and hard to guess; on the command line put them into {PASSPHRASE_VARIABLE} (what is to hold from now on into COUNTINGHOUSE_NEW_PASSPHRASE), or type them at the prompt"
    )]
    Short,
    /// The passphrase cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// The system's cryptography failed.
    #[error("the system has no random numbers or refused to encrypt; restart the machine and try again")]
    Crypto,
}

impl VaultError {
    /// The code at the border; only those the screens act on are told apart.
    pub fn code(&self) -> &'static str {
        match self {
            VaultError::KeyringUnavailable(_) | VaultError::NotInKeyring | VaultError::LeftInKeyring(_) => {
                "keyring_unavailable"
            }
            VaultError::PassphraseNeeded | VaultError::WrongPassphrase | VaultError::Locked => "locked",
            VaultError::TooNew(_) => "database_too_new",
            VaultError::Short | VaultError::Invalid(_) | VaultError::NoPassphrase(_) => "invalid",
            VaultError::Full(_) => "disk_full",
            VaultError::NoKeyFile(_)
            | VaultError::DamagedKey(_)
            | VaultError::Damaged(_)
            | VaultError::Io { .. }
            | VaultError::Crypto => "internal",
        }
    }

    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull => VaultError::Full(path.to_owned()),
            _ => VaultError::Io {
                path: path.to_owned(),
                source,
            },
        }
    }
}

fn no_passphrase(kept_in: KeptIn) -> &'static str {
    match kept_in {
        KeptIn::Keyring => {
            "this profile opens with the system's keyring, so that a lock would keep nobody out. Set a passphrase first: “countinghouse profile passphrase”, or in the window's settings"
        }
        _ => {
            "this profile has no passphrase, so that a lock would keep nobody out. Set one first: “countinghouse profile passphrase”, or in the window's settings"
        }
    }
}

impl From<ring::error::Unspecified> for VaultError {
    fn from(_: ring::error::Unspecified) -> Self {
        VaultError::Crypto
    }
}
