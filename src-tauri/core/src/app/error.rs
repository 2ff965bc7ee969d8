//! Errors as people and screens see them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::auth::vault::VaultError;
use crate::store::StoreError;

/// What a caller acts on. A code exists only if someone branches on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "ErrorCode")]
pub enum Code {
    /// What was asked cannot be done as asked.
    Invalid,
    /// It does not exist.
    NotFound,
    /// The connection's rights are gone; the user must connect again.
    NeedsReconnect,
    /// The platform asks to wait.
    Throttled,
    /// No network.
    Offline,
    /// The profile is locked.
    Locked,
    /// There is no keyring to keep the key in.
    KeyringUnavailable,
    /// A newer program wrote the file.
    DatabaseTooNew,
    /// No room left.
    DiskFull,
    /// Someone else is at it.
    Busy,
    /// The user stopped it.
    Cancelled,
    /// The platform refused.
    RefusedByChannel,
    /// Anything else.
    Internal,
}

/// An error at the border: what to branch on, what happened, what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ts_rs::TS, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What to branch on.
    pub code: Code,
    /// What happened, to which thing. Carries no secret.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The channel it is about.
    pub channel: Option<String>,
}

impl ApiError {
    /// An error with a next step.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> ApiError {
        ApiError {
            code,
            message: message.into(),
            hint: Some(hint.into()),
            channel: None,
        }
    }

    /// Bad input.
    pub fn invalid(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
        ApiError::new(Code::Invalid, message, hint)
    }

    /// Something the user can do nothing about.
    pub fn internal(message: impl Into<String>) -> ApiError {
        ApiError {
            code: Code::Internal,
            message: message.into(),
            hint: None,
            channel: None,
        }
    }

    /// What the store and the vault say: the cause in a first sentence, the next step in those after it, where there is one.
    fn in_sentences(code: Code, text: &str) -> ApiError {
        let ends = text.match_indices(". ").map(|(at, _)| at);
        // A path may hold a full stop and a blank; a sentence begins with a capital letter.
        let end = ends
            .into_iter()
            .find(|at| text[at + 2..].starts_with(|c: char| c.is_uppercase()));
        let (message, hint) = match end {
            Some(at) => (&text[..at], Some(text[at + 2..].to_owned())),
            None => (text, None),
        };
        ApiError {
            code,
            message: message.to_owned(),
            hint,
            channel: None,
        }
    }

    /// A folder or file that cannot be used.
    pub fn folder(path: &Path, error: &std::io::Error) -> ApiError {
        let code = match error.kind() {
            std::io::ErrorKind::StorageFull => Code::DiskFull,
            std::io::ErrorKind::NotFound => Code::NotFound,
            _ => Code::Invalid,
        };
        let hint = match error.kind() {
            std::io::ErrorKind::StorageFull => "Free some space and try again.",
            std::io::ErrorKind::PermissionDenied => "Check who owns it and whether you may write there.",
            std::io::ErrorKind::NotFound => "Check the path.",
            _ => "Check the path and try again.",
        };
        ApiError::new(code, format!("cannot use {}: {error}", path.display()), hint)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let code = match error.code() {
            "locked" => Code::Locked,
            "invalid" => Code::Invalid,
            "database_too_new" => Code::DatabaseTooNew,
            "disk_full" => Code::DiskFull,
            "busy" => Code::Busy,
            "not_found" => Code::NotFound,
            "cancelled" => Code::Cancelled,
            _ => Code::Internal,
        };
        ApiError::in_sentences(code, &error.to_string())
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> ApiError {
        let code = match error.code() {
            "keyring_unavailable" => Code::KeyringUnavailable,
            "locked" => Code::Locked,
            "database_too_new" => Code::DatabaseTooNew,
            "invalid" => Code::Invalid,
            "disk_full" => Code::DiskFull,
            _ => Code::Internal,
        };
        ApiError::in_sentences(code, &error.to_string())
    }
}
