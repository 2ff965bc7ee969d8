//! What units cost, each cost from the day it was first known.

use rusqlite::{OptionalExtension, params};

use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, Read, Write};
use crate::model::{CostBook, Currency, Day, KnownCost};

/// Who says what a unit costs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum CostOrigin {
    /// Seen on the platform: the cost holds from the day it was first seen.
    Platform = 0,
    /// Stated by the user; a sync never replaces it.
    User = 1,
}

impl Write<'_> {
    /// Records that a unit of `key` (a variant id, or a SKU) costs `cost` from its day on. Seeing the cost that already holds
    /// on that day records nothing, so the first sighting stays. Returns whether the book changed.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a stored currency is none.
    pub fn learn_cost(
        &mut self,
        connection: ConnectionId,
        key: &str,
        cost: KnownCost,
        origin: CostOrigin,
    ) -> Result<bool> {
        let sql = &self.lane.sql;
        let mut find = sql.prepare_cached(
            "SELECT since, micros, currency, origin FROM cost WHERE connection = ?1 AND key = ?2 AND since <= ?3
             ORDER BY since DESC LIMIT 1",
        )?;
        let holds = find
            .query_row(params![connection.0, Id(key), cost.since.0], |row| {
                Ok((
                    Day(row.get(0)?),
                    row.get::<_, i64>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, u8>(3)?,
                ))
            })
            .optional()?;
        if let Some((since, micros, currency, by)) = holds {
            let same = micros == cost.micros && currency == cost.currency.code();
            let stated = since == cost.since && by > origin as u8;
            if same || stated {
                return Ok(false);
            }
        }
        sql.prepare_cached(
            "INSERT INTO cost (connection, key, since, micros, currency, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (connection, key, since) DO UPDATE SET micros = excluded.micros, currency = excluded.currency,
               origin = excluded.origin",
        )?
        .execute(params![
            connection.0,
            Id(key),
            cost.since.0,
            cost.micros,
            cost.currency.code(),
            origin as u8
        ])?;
        Ok(true)
    }
}

impl Read<'_> {
    /// Every known cost of a connection. Backdating is the caller's choice.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a stored currency is none.
    pub fn cost_book(&self, connection: ConnectionId) -> Result<CostBook> {
        let mut all = self.lane.sql.prepare_cached(
            "SELECT key, since, micros, currency FROM cost WHERE connection = ?1 ORDER BY key, since",
        )?;
        let mut rows = all.query([connection.0])?;
        let mut book = CostBook::default();
        while let Some(row) = rows.next()? {
            let key = row.get::<_, OwnedId>(0)?.0;
            let currency = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
            let currency: Currency = currency
                .parse()
                .map_err(|e| StoreError::Corrupt(format!("cost of {key}: {e}")))?;
            book.learn(
                &key,
                KnownCost {
                    since: Day(row.get(1)?),
                    micros: row.get(2)?,
                    currency,
                },
            );
        }
        Ok(book)
    }

    /// The costs of one variant or SKU, earliest first, with who said so.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a stored currency is none.
    pub fn costs_of(&self, connection: ConnectionId, key: &str) -> Result<Vec<(KnownCost, CostOrigin)>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT since, micros, currency, origin FROM cost WHERE connection = ?1 AND key = ?2 ORDER BY since",
        )?;
        let mut rows = find.query(params![connection.0, Id(key)])?;
        let mut costs = Vec::new();
        while let Some(row) = rows.next()? {
            let currency = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let currency = currency
                .parse()
                .map_err(|e| StoreError::Corrupt(format!("cost of {key}: {e}")))?;
            let origin = if row.get::<_, u8>(3)? == 0 {
                CostOrigin::Platform
            } else {
                CostOrigin::User
            };
            costs.push((
                KnownCost {
                    since: Day(row.get(0)?),
                    micros: row.get(1)?,
                    currency,
                },
                origin,
            ));
        }
        Ok(costs)
    }
}
