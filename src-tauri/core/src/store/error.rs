//! What can go wrong with a ledger file, each with its cause and the next step.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A failure of the store. Nothing was written where one is returned from [`super::Store::write`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key does not open the file.
    #[error("{} does not open with this profile's key: it belongs to another profile, or is no ledger. Put this profile's own file back, or unlock it with the right passphrase or keyring", .0.display())]
    WrongKey(PathBuf),
    /// The file is something else: no ledger of this program.
    #[error("{} is not a ledger of this program. Choose another file, or move it away", .0.display())]
    Foreign(PathBuf),
    /// The file of a profile that was used before is not there, or nothing is in it.
    #[error("{} is missing or empty, though the profile was used before. Put the file back from where it went or from a backup of the profile's folder. Without it, make a new profile, then sync and import again; nothing was made in its place", .0.display())]
    Missing(PathBuf),
    /// The file was written by a newer version of the program.
    #[error("{} was written by a newer version (file version {found}, this program knows {known}). Update the program; the file is unchanged", .path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Version of its schema.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// Pages of the file fail their check, or a stored record is not what was stored.
    #[error("the ledger is damaged ({0}). Restore a backup, or make a new profile and sync again")]
    Corrupt(String),
    /// No room left.
    #[error("the disk is full; nothing of this step was stored. Free some space and try again")]
    DiskFull,
    /// Another process holds the file longer than the store waits.
    #[error("another process is writing to this profile. Wait for it to finish and try again")]
    Busy,
    /// The file or its folder cannot be read or written.
    #[error("cannot use {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What was asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// What was asked for cannot be done as asked.
    #[error("{0}")]
    Invalid(String),
    /// The closure of a write gave up; its transaction was rolled back.
    #[error(transparent)]
    Refused(Box<dyn std::error::Error + Send + Sync>),
    /// The store was closed while the call waited.
    #[error("the profile was closed")]
    Closed,
    /// Any other failure of the database.
    #[error("the database failed: {0}. Try again; if it stays so, check the disk that the profile is on")]
    Database(#[source] rusqlite::Error),
}

/// What the store's calls return.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// The code at the border (`ApiError`); only those the screens act on are told apart.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::WrongKey(_) => "locked",
            StoreError::Foreign(_) | StoreError::Invalid(_) => "invalid",
            StoreError::TooNew { .. } => "database_too_new",
            StoreError::DiskFull => "disk_full",
            StoreError::Busy => "busy",
            StoreError::NotFound(_) | StoreError::Missing(_) => "not_found",
            StoreError::Closed => "cancelled",
            StoreError::Corrupt(_) | StoreError::Io { .. } | StoreError::Refused(_) | StoreError::Database(_) => {
                "internal"
            }
        }
    }

    /// A file that the system does not read or write.
    pub(super) fn of_file(path: &Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull => StoreError::DiskFull,
            _ => StoreError::Io {
                path: path.to_owned(),
                source,
            },
        }
    }

    /// Names the order whose row cannot be read.
    pub(super) fn of_order(self, row: i64) -> Self {
        match self {
            StoreError::Corrupt(what) => StoreError::Corrupt(format!("order row {row}: {what}")),
            other => other,
        }
    }

    /// Gives up a write for a reason of the caller's own; the transaction is rolled back.
    pub fn refused(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        StoreError::Refused(Box::new(cause))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(error.to_string()),
            _ if lacks_room(&error) => StoreError::DiskFull,
            _ if is_failed_check(&error) => StoreError::Corrupt("a page of the file fails its check".to_owned()),
            _ => StoreError::Database(error),
        }
    }
}

/// The file by which processes share a write-ahead log cannot be made as long as it must be: SQLite says so with a code of its
/// own in place of that of a full disk.
fn lacks_room(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(code, _) if code.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// SQLCipher reports a page whose authentication fails as SQLite's unspecific error without a text of its own; errors of
/// statements always have one.
fn is_failed_check(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(code, text)
        if code.extended_code == 1 && text.as_deref().is_none_or(|text| text == "SQL logic error"))
}
