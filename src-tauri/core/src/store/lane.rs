//! One connection to the file with what belongs to it: its key, its settings, its cache of words.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use zeroize::Zeroizing;

use super::error::{Result, StoreError};
use super::press::Press;
use super::word::Words;
use crate::auth::vault::Key;

/// Bytes of a page. Larger pages mean fewer cipher blocks and checks per row and a shallower tree.
const PAGE_SIZE: i64 = 8192;

/// Tells our files from others (`PRAGMA application_id`): “CtgH”.
pub(super) const APPLICATION_ID: i64 = 0x4374_6748;

/// First bytes of a file of plain SQLite.
const PLAIN_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// How a file is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Called at the named points of the work.
    pub checkpoint: super::Checkpoint,
    /// Most pages the file may have; beyond it the disk counts as full. For tests.
    pub max_pages: Option<u32>,
    /// The file must be there: a profile that was used before does not begin anew by itself.
    pub must_exist: bool,
    /// How long to wait for another process before giving up with [`StoreError::Busy`].
    pub patience: Duration,
    /// Threads that may work for a transaction ([`super::Write::threads`]); as many as the machine runs at once unless said.
    pub threads: Option<NonZeroUsize>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            checkpoint: super::Checkpoint::default(),
            max_pages: None,
            must_exist: false,
            patience: Duration::from_secs(20),
            threads: None,
        }
    }
}

impl Options {
    /// How many threads may work for a transaction.
    pub(super) fn helpers(&self) -> NonZeroUsize {
        let own = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(own)
    }
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The one that writes.
    Writer,
    /// One of several that only read.
    Reader,
}

/// A connection and its caches. Never shared between threads at one time.
pub(super) struct Lane {
    pub(super) sql: Connection,
    pub(super) words: RefCell<Words>,
    pub(super) press: Arc<Press>,
}

impl Lane {
    /// Opens `path` with `key`. The file is made if the writer finds none and may make one.
    pub(super) fn open(path: &Path, key: &Key, options: &Options, role: Role, press: Arc<Press>) -> Result<Lane> {
        begin();
        let fresh = check_header(path, key)?;
        if fresh && options.must_exist && role == Role::Writer {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if role == Role::Writer {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let sql = Connection::open_with_flags(path, flags).map_err(|e| open_error(path, e))?;
        sql.set_prepared_statement_cache_capacity(256);
        sql.busy_timeout(options.patience)?;
        // The salt is the key's own mark, so a file of another key is known before any page is decrypted, and a first page
        // that then fails its check is damage, not a wrong key.
        let unlock = Zeroizing::new(format!(
            "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{}{}'\"; PRAGMA cipher_page_size = {PAGE_SIZE}; PRAGMA cipher_memory_security = OFF;",
            key.hex().as_str(),
            hex(&key.mark())
        ));
        sql.execute_batch(&unlock)?;
        let objects: rusqlite::Result<i64> = sql.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0));
        let objects = match objects {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                return Err(StoreError::Corrupt(format!(
                    "{}: its first page fails its check",
                    path.display()
                )));
            }
            other => other?,
        };
        let application: i64 = sql.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if !fresh && objects > 0 && application != APPLICATION_ID {
            return Err(StoreError::Foreign(path.to_owned()));
        }
        // FULL: a commit that was acknowledged survives a power cut. NORMAL would lose the last ones in WAL mode, and a batch
        // of some hundred records makes the price of one sync per commit small.
        sql.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
        )?;
        match role {
            Role::Writer => {
                sql.execute_batch("PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096;")?;
                if let Some(pages) = options.max_pages {
                    sql.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
                }
            }
            Role::Reader => sql.execute_batch("PRAGMA cache_size = -16384; PRAGMA query_only = ON;")?,
        }
        super::press::register_raw_text(&sql, Arc::clone(&press))?;
        Ok(Lane {
            sql,
            words: RefCell::default(),
            press,
        })
    }
}

impl super::Read<'_> {
    /// Looks through the whole file: every page against its seal, every tree for order. What is wrong, in words; empty where
    /// nothing is. Reads every page: seconds for a large file.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the damage lets nothing be looked at.
    pub fn check(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for look in ["PRAGMA cipher_integrity_check", "PRAGMA quick_check"] {
            let mut check = self.lane.sql.prepare(look)?;
            let rows = check.query_map([], |row| row.get::<_, String>(0))?;
            found.extend(
                rows.collect::<rusqlite::Result<Vec<_>>>()?
                    .into_iter()
                    .filter(|line| line != "ok"),
            );
        }
        Ok(found)
    }

    /// Bytes of each table and index in the file, largest first.
    ///
    /// # Errors
    /// Database failures only.
    pub fn sizes(&self) -> Result<Vec<(String, i64)>> {
        let mut all = self
            .lane
            .sql
            .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC, 1")?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
    }
}

/// Begins SQLite, once in the process and before any file is opened. By itself it begins with the first connection, and counts
/// as begun while its cipher is still being made ready: a ledger that another thread opens in that moment would be refused
/// for its key.
fn begin() {
    static BEGUN: Once = Once::new();
    // If this fails for want of memory, so does what follows, and says so.
    BEGUN.call_once(|| drop(Connection::open_in_memory()));
}

/// Whether there is no file yet (or an empty one), after telling plain and foreign files and other keys apart.
fn check_header(path: &Path, key: &Key) -> Result<bool> {
    let io = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(e) => return Err(io(e)),
    };
    let length = file.metadata().map_err(io)?.len();
    if length == 0 {
        return Ok(true);
    }
    let mut header = [0; 16];
    if length < header.len() as u64 {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    file.read_exact(&mut header).map_err(io)?;
    // The first bytes of a ledger are as good as random: sixteen letters and blanks are somebody's text.
    let text = header
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n'));
    if text || &header == PLAIN_HEADER {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    if header != key.mark() {
        return Err(StoreError::WrongKey(path.to_owned()));
    }
    Ok(false)
}

fn open_error(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => StoreError::Io {
            path: PathBuf::from(path),
            source: std::io::Error::other(error.to_string()),
        },
        _ => error.into(),
    }
}

/// Bytes as hexadecimal text.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
