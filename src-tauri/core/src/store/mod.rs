//! The ledger file of a profile: one encrypted SQLite file, one writer, a few readers.
//!
//! All SQL of the product is in this folder. [`Store::write`] runs a closure in one transaction on the writer's thread:
//! all of it or nothing, also after a panic or a kill. [`Store::read`] runs one on a connection that sees a single committed
//! state. The file is SQLCipher under the profile's random key; without it not even the schema shows.

mod block;
mod browse;
mod catalog;
mod checkpoint;
mod conditions;
mod connection;
mod control;
mod cost;
mod error;
mod history;
mod issue;
mod key;
mod lane;
mod lists;
mod migrate;
mod order;
mod order_list;
mod packed_orders;
mod party;
mod press;
mod progress;
mod raw;
mod raw_list;
mod raw_read;
mod rollup;
mod setting;
mod twice;
mod varint;
mod word;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use browse::{OrderSearch, Outlet};
pub use catalog::{ProductFilter, VariantRow};
pub use checkpoint::{Checkpoint, MID_COPY, MID_MIGRATION, MID_ROLLUP, MID_TRANSFORM, RAW_WRITTEN, STATE_ADVANCED};
pub use connection::{Connection, ConnectionId, Held, NewConnection};
pub use cost::CostOrigin;
pub use error::{Result, StoreError};
pub use issue::{Coming, Issue, IssueFilter, Lacking, Lacks, NewIssue};
pub use lane::Options;
pub use lists::{CustomerLine, ListFilter, ProductLine, StockLine};
pub use order::{OrderDays, Replaced, StoredOrder};
pub use order_list::{OrderFilter, OrderRow};
pub use packed_orders::PackedOrders;
pub use press::{PackedRaw, Press};
pub use progress::{Lease, Run, RunState, StreamState};
pub use raw::{Answer, Outcome, PutRaw};
pub use raw_list::{RawFilter, RawRow};
pub use raw_read::SealedRaw;
pub use rollup::{DailyKey, DailyRow, Group, Moved, ProductRow, RollupDelta, RollupFilter, Sums};
pub use setting::Restatement;
pub use writer::Write;

use crate::auth::vault::Key;
use crate::connectors::Source;
use lane::{Lane, Role};
use writer::Writer;

/// Idle readers kept open; more may be open while they work.
const IDLE_READERS: usize = 4;

/// An open ledger file. Cheap to clone; the file closes with the last clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    path: PathBuf,
    key: Key,
    options: Options,
    press: Arc<Press>,
    writer: Writer,
    readers: Mutex<Vec<Lane>>,
}

/// How new a statement about a product, customer or the like is. A newer version wins; of the same version the higher source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rank {
    /// UTC second of the last change the record states, 0 where it states none.
    pub version: i64,
    /// By which way it came.
    pub source: Source,
}

/// A view of one committed state of the ledger (inside [`Write`]: of the transaction so far).
pub struct Read<'a> {
    pub(self) lane: &'a Lane,
}

impl Store {
    /// Opens the ledger at `path`, making it if there is none, and brings it to this program's schema.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::Foreign`], [`StoreError::TooNew`], [`StoreError::Missing`], [`StoreError::Corrupt`],
    /// [`StoreError::DiskFull`], [`StoreError::Busy`] or [`StoreError::Io`]; the file is then as it was.
    pub fn open(path: &Path, key: &Key) -> Result<Store> {
        Store::open_with(path, key, Options::default())
    }

    /// As [`Store::open`], with limits and hooks for tests.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(path: &Path, key: &Key, options: Options) -> Result<Store> {
        let press = Arc::new(Press::default());
        let mut lane = Lane::open(path, key, &options, Role::Writer, Arc::clone(&press))?;
        migrate::migrate(&mut lane.sql, path, &options.checkpoint)?;
        lane.load_dictionaries()?;
        let writer = Writer::start(lane, options.checkpoint.clone(), options.helpers())?;
        let inner = Inner {
            path: path.to_owned(),
            key: key.clone(),
            options,
            press,
            writer,
            readers: Mutex::default(),
        };
        Ok(Store(Arc::new(inner)))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Presses raw records for [`Write::put_packed`], on any thread.
    pub fn press(&self) -> Arc<Press> {
        Arc::clone(&self.0.press)
    }

    /// Runs `work` on one committed state of the file, on a thread that may block.
    ///
    /// # Errors
    /// What `work` returns, or why the file cannot be read.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Read<'_>) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || store.read_blocking(work)).await {
            Ok(result) => result,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::Closed),
            },
        }
    }

    /// As [`Store::read`], on this thread.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T>(&self, work: impl FnOnce(&Read<'_>) -> Result<T>) -> Result<T> {
        let idle = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let lane = match idle {
            Some(lane) => lane,
            None => {
                let Inner {
                    path,
                    key,
                    options,
                    press,
                    ..
                } = &*self.0;
                Lane::open(path, key, options, Role::Reader, Arc::clone(press))?
            }
        };
        // One transaction, so that everything `work` reads is of one state. A panic drops the connection with it.
        lane.sql.execute_batch("BEGIN DEFERRED")?;
        let result = work(&Read { lane: &lane });
        let ended = lane.sql.execute_batch("ROLLBACK");
        // A connection that met damage stays in its error; the next reader gets a new one.
        if ended.is_ok() && !matches!(result, Err(StoreError::Corrupt(_))) {
            let mut idle = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_READERS {
                idle.push(lane);
            }
        }
        result
    }

    /// Runs `work` in one transaction. It is committed, and on disk, when this returns `Ok`; on an error or a panic of `work`
    /// nothing of it stays. `work` must not write through the store itself: its own step would be waited for.
    ///
    /// # Errors
    /// What `work` returns, or why nothing could be stored.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Write<'_>) -> Result<T> + Send + 'static,
    {
        writer::unwrap(self.0.writer.submit(work)?.await)
    }

    /// As [`Store::write`], for callers outside the async runtime.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Write<'_>) -> Result<T> + Send + 'static,
    {
        writer::unwrap(self.0.writer.submit(work)?.blocking_recv())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.0.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
