//! Brings a file to the schema this program knows: forward only, each step in a transaction of its own.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::checkpoint::{Checkpoint, MID_COPY, MID_MIGRATION};
use super::error::{Result, StoreError};
use super::lane::APPLICATION_ID;

/// Every migration in order; the file's `user_version` is the number of those it has. A released one is never edited.
pub(super) const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_ledger", include_str!("../../../../migrations/0001_ledger.sql")),
    ("0002_views", include_str!("../../../../migrations/0002_views.sql")),
    ("0003_amazon", include_str!("../../../../migrations/0003_amazon.sql")),
];

/// The version this program writes.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Applies what the file lacks. A file with content is first copied beside itself, so a failed update loses nothing.
///
/// # Errors
/// [`StoreError::TooNew`] for a file of a newer program; it stays as it was.
pub(super) fn migrate(sql: &mut Connection, path: &Path, checkpoint: &Checkpoint) -> Result<()> {
    let version = version_of(sql)?;
    if version > KNOWN {
        return Err(StoreError::TooNew {
            path: path.to_owned(),
            found: version,
            known: KNOWN,
        });
    }
    if version == KNOWN {
        return Ok(());
    }
    if version > 0 {
        keep_copy(sql, path, version, checkpoint)?;
    }
    for (index, (_, statements)) in MIGRATIONS.iter().enumerate() {
        let number = index as i64 + 1;
        let step = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have done this step while we waited for the lock.
        if version_of(&step)? >= number {
            continue;
        }
        step.execute_batch(statements)?;
        checkpoint.pass(MID_MIGRATION);
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", number)?;
        step.commit()?;
    }
    Ok(())
}

fn version_of(sql: &Connection) -> Result<i64> {
    Ok(sql.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Copies the file, encrypted as it is, to `NAME.before-N` where N is the version it is about to get.
fn keep_copy(sql: &Connection, path: &Path, version: i64, checkpoint: &Checkpoint) -> Result<()> {
    let copy = copy_path(path, version + 1);
    let busy: i64 = sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        return Err(StoreError::Busy);
    }
    let part = copy.with_extension("part");
    let copied = std::fs::copy(path, &part)
        .inspect(|_| checkpoint.pass(MID_COPY))
        .and_then(|_| std::fs::File::open(&part)?.sync_all())
        .and_then(|()| std::fs::rename(&part, &copy));
    copied.map_err(|source| {
        // Half a copy is of no use, and on a full disk in the way.
        let _ = std::fs::remove_file(&part);
        StoreError::of_file(&copy, source)
    })
}

fn copy_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-{version}"));
    PathBuf::from(name)
}
