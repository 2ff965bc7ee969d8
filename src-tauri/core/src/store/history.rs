//! Questions about what is known of a thing beyond its current records.

use rusqlite::{OptionalExtension, params};

use super::error::Result;
use super::key::{Id, OwnedId};
use super::raw_read::COLUMNS;
use super::{ConnectionId, Read, Write};
use crate::connectors::StoredRaw;
use crate::model::Day;

impl Read<'_> {
    /// For each of these raw records the version of the same thing, facet and source that was current before it, where there
    /// is one.
    ///
    /// # Errors
    /// [`super::StoreError::Corrupt`].
    pub fn earlier_versions(&self, raws: &[i64]) -> Result<Vec<StoredRaw>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM raw WHERE id = (
               SELECT e.id FROM raw r JOIN raw e
                 ON e.connection = r.connection AND e.stream = r.stream AND e.key = r.key AND e.facet = r.facet
                AND e.source = r.source AND (e.version, e.fetched_at, e.id) < (r.version, r.fetched_at, r.id)
               WHERE r.id = ?1 ORDER BY e.version DESC, e.fetched_at DESC, e.id DESC LIMIT 1)"
        ))?;
        let mut earlier = Vec::new();
        for raw in raws {
            let mut rows = find.query([raw])?;
            if let Some(row) = rows.next()? {
                earlier.push(self.lane.stored(row)?);
            }
        }
        Ok(earlier)
    }

    /// Keys of the stored orders that bear a number people see.
    ///
    /// # Errors
    /// Database failures only.
    pub fn order_named(&self, connection: ConnectionId, name: &str) -> Result<Vec<String>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT key FROM orders WHERE connection = ?1 AND name = ?2")?;
        let rows = find.query_map(params![connection.0, name], |row| Ok(row.get::<_, OwnedId>(0)?.0))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// When the order of a key was placed: UTC second (the first one of the day where only a day is known) and order day.
    ///
    /// # Errors
    /// Database failures only.
    pub fn order_placed(&self, connection: ConnectionId, key: &str) -> Result<Option<(i64, Day)>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT placed_at, placed_day FROM orders WHERE connection = ?1 AND key = ?2")?;
        let row = find.query_row(params![connection.0, Id(key)], |row| {
            Ok((row.get(0)?, Day(row.get(1)?)))
        });
        Ok(row.optional()?)
    }

    /// Whether an order is stored whose key begins with `beginning` (of letters and signs, not a number).
    ///
    /// # Errors
    /// Database failures only.
    pub fn has_order_like(&self, connection: ConnectionId, beginning: &str) -> Result<bool> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM orders WHERE connection = ?1 AND key >= ?2 AND key < ?2 || char(0x10FFFF))",
        )?;
        Ok(find.query_row(params![connection.0, beginning], |row| row.get(0))?)
    }

    /// Whether any record of a thing is stored.
    ///
    /// # Errors
    /// Database failures only.
    pub fn knows_thing(&self, connection: ConnectionId, stream: &str, key: &str) -> Result<bool> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(false);
        };
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM raw WHERE connection = ?1 AND stream = ?2 AND key = ?3)")?;
        Ok(find.query_row(params![connection.0, stream, Id(key)], |row| row.get(0))?)
    }

    /// Whether any record of a stream is stored.
    ///
    /// # Errors
    /// Database failures only.
    pub fn knows_stream(&self, connection: ConnectionId, stream: &str) -> Result<bool> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(false);
        };
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM raw WHERE connection = ?1 AND stream = ?2)")?;
        Ok(find.query_row(params![connection.0, stream], |row| row.get(0))?)
    }

    /// Whether a thing has records besides the one of `id`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn has_other_records(&self, connection: ConnectionId, stream: &str, key: &str, id: i64) -> Result<bool> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(false);
        };
        let mut find = self.lane.sql.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM raw WHERE connection = ?1 AND stream = ?2 AND key = ?3 AND id <> ?4)",
        )?;
        Ok(find.query_row(params![connection.0, stream, Id(key), id], |row| row.get(0))?)
    }

    /// The key of every thing of a stream, once each, highest ids first.
    ///
    /// # Errors
    /// Database failures only.
    pub fn keys_of(&self, connection: ConnectionId, stream: &str) -> Result<Vec<String>> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(Vec::new());
        };
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT DISTINCT key FROM raw WHERE connection = ?1 AND stream = ?2 ORDER BY key DESC")?;
        let rows = find.query_map(params![connection.0, stream], |row| Ok(row.get::<_, OwnedId>(0)?.0))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}

impl Write<'_> {
    /// Takes away products, stock, locations, customers and payouts, to be read again from the raw records.
    ///
    /// # Errors
    /// Database failures only.
    pub fn clear_things(&mut self) -> Result<()> {
        Ok(self.lane.sql.execute_batch(include_str!("sql/clear_things.sql"))?)
    }
}
