//! Orders that two connections hold, and what it takes to make them one.

use rusqlite::params;

use super::error::Result;
use super::key::Id;
use super::raw_read::COLUMNS;
use super::{ConnectionId, Read};
use crate::connectors::StoredRaw;

/// Whether the connection ?2 holds the order of row `a` too: by its id, which no two orders have; or, where one of the two knows
/// its number only (its key begins with ?3), by number and second.
const HELD_TOO: &str = "
  (NOT (a.key >= ?3 AND a.key < ?3 || char(0x10FFFF))
     AND EXISTS (SELECT 1 FROM orders b WHERE b.connection = ?2 AND b.key = a.key)
   OR EXISTS (SELECT 1 FROM orders b WHERE b.connection = ?2 AND b.name = a.name AND b.placed_at = a.placed_at
     AND (a.key >= ?3 AND a.key < ?3 || char(0x10FFFF) OR b.key >= ?3 AND b.key < ?3 || char(0x10FFFF))))";

impl Read<'_> {
    /// How many orders of `one` the connection `other` holds too. Keys that begin with `numbered` hold no id but a number.
    ///
    /// # Errors
    /// Database failures only.
    pub fn shared_orders(&self, one: ConnectionId, other: ConnectionId, numbered: &str) -> Result<u64> {
        let text = format!("SELECT count(*) FROM orders a WHERE a.connection = ?1 AND {HELD_TOO}");
        let mut count = self.lane.sql.prepare_cached(&text)?;
        let count = count.query_row(params![one.0, other.0, numbered], |row| row.get::<_, i64>(0))?;
        Ok(count.unsigned_abs())
    }

    /// Whether the connection `other` holds the order `key` of `one` too.
    ///
    /// # Errors
    /// Database failures only.
    pub fn shares_order(&self, one: ConnectionId, key: &str, other: ConnectionId, numbered: &str) -> Result<bool> {
        let text =
            format!("SELECT EXISTS (SELECT 1 FROM orders a WHERE a.connection = ?1 AND a.key = ?4 AND {HELD_TOO})");
        let mut find = self.lane.sql.prepare_cached(&text)?;
        Ok(find.query_row(params![one.0, other.0, numbered, Id(key)], |row| row.get(0))?)
    }

    /// Every stored version of a connection's records after row `after`, in the order in which they came, each with the answer it
    /// was cut from; at most `limit`.
    ///
    /// # Errors
    /// [`super::StoreError::Corrupt`].
    pub fn raws_after(
        &self,
        connection: ConnectionId,
        after: i64,
        limit: u64,
    ) -> Result<Vec<(Option<i64>, StoredRaw)>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {COLUMNS}, answer FROM raw WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = find.query(params![connection.0, after, limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get("answer")?, self.lane.stored(row)?));
        }
        Ok(found)
    }
}
