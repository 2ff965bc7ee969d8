//! The profile's settings, and figures of past days that changed.

use std::ops::Range;

use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, Read, Write};
use crate::metrics::Definition;
use crate::model::Day;

/// A change of figures of a past day after they were first known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restatement {
    /// When it was found, UTC second.
    pub at: i64,
    /// The day whose figures changed.
    pub day: Day,
    /// By which definition.
    pub definition: Definition,
    /// Whose order.
    pub connection: ConnectionId,
    /// The order that changed.
    pub order: String,
    /// Metric and change: millionths for money, things for counts.
    pub deltas: Vec<(String, i64)>,
    /// Why, in words.
    pub reason: String,
}

/// Setting that remembers, per connection, that its platform does not let it read the ledger of money.
fn money_setting(connection: ConnectionId) -> String {
    format!("money_unread:{connection}")
}

impl Read<'_> {
    /// Whether a connection's platform lets it read the ledger of money, as far as is known.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn reads_money(&self, connection: ConnectionId) -> Result<bool> {
        let unread: Option<bool> = self.setting(&money_setting(connection))?;
        Ok(unread != Some(true))
    }

    /// A setting; `None` where it was never set.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it is stored in another form.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
        let text: Option<String> = find.query_row([name], |row| row.get(0)).optional()?;
        text.map(|text| serde_json::from_str(&text).map_err(|e| StoreError::Corrupt(format!("setting {name}: {e}"))))
            .transpose()
    }

    /// Changes of figures of `days` (the last one left out), latest first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn restatements(&self, definition: Definition, days: Range<Day>) -> Result<Vec<Restatement>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT at, day, connection, record, deltas, reason FROM restatement
             WHERE definition = ?1 AND day >= ?2 AND day < ?3 ORDER BY id DESC",
        )?;
        let mut rows = find.query([definition as i64, days.start.0.into(), days.end.0.into()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let deltas = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
            found.push(Restatement {
                at: row.get(0)?,
                day: Day(row.get(1)?),
                definition,
                connection: ConnectionId(row.get(2)?),
                order: row.get::<_, OwnedId>(3)?.0,
                deltas: serde_json::from_str(deltas).map_err(|e| StoreError::Corrupt(format!("a restatement: {e}")))?,
                reason: row.get(5)?,
            });
        }
        Ok(found)
    }
}

impl Write<'_> {
    /// Keeps whether a connection's platform lets it read the ledger of money.
    ///
    /// # Errors
    /// Database failures only.
    pub fn set_reads_money(&mut self, connection: ConnectionId, reads: bool) -> Result<()> {
        self.set_setting(&money_setting(connection), &!reads)
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a value that has no JSON form.
    pub fn set_setting<T: Serialize>(&mut self, name: &str, value: &T) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|e| StoreError::Invalid(format!("setting {name}: {e}")))?;
        self.lane
            .sql
            .prepare_cached(
                "INSERT INTO setting (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![name, text])?;
        Ok(())
    }

    /// Notes that figures of a past day changed.
    ///
    /// # Errors
    /// Database failures only.
    pub fn add_restatement(&mut self, change: &Restatement) -> Result<()> {
        let deltas = serde_json::to_string(&change.deltas)
            .map_err(|e| StoreError::Invalid(format!("deltas of order {}: {e}", change.order)))?;
        self.lane
            .sql
            .prepare_cached(
                "INSERT INTO restatement (at, day, definition, connection, record, deltas, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                change.at,
                change.day.0,
                change.definition as u8,
                change.connection.0,
                Id(&change.order),
                deltas,
                change.reason
            ])?;
        Ok(())
    }
}
