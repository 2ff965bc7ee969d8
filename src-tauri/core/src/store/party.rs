//! Customers and payouts.

use std::ops::Range;

use rusqlite::{OptionalExtension, Row, params};

use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, Rank, Read, Write};
use crate::model::{Currency, Customer, Day, Payout};

impl Write<'_> {
    /// Stores a customer where nothing newer is known.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_customer(&mut self, connection: ConnectionId, rank: Rank, customer: &Customer) -> Result<bool> {
        let stored = self
            .lane
            .sql
            .prepare_cached(include_str!("sql/customer_put.sql"))?
            .execute(params![
                connection.0,
                Id(&customer.key),
                customer.created_at,
                customer.updated_at,
                customer.country,
                customer.province,
                customer.orders,
                customer.spent,
                customer.currency.as_ref().map(Currency::code),
                rank.version,
                rank.source as u8
            ])?;
        Ok(stored > 0)
    }

    /// Stores a payout where nothing newer is known.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_payout(&mut self, connection: ConnectionId, rank: Rank, payout: &Payout) -> Result<bool> {
        let stored = self
            .lane
            .sql
            .prepare_cached(include_str!("sql/payout_put.sql"))?
            .execute(params![
                connection.0,
                Id(&payout.key),
                payout.day.0,
                payout.status,
                payout.net,
                payout.fees,
                payout.currency.code(),
                rank.version,
                rank.source as u8
            ])?;
        Ok(stored > 0)
    }
}

impl Read<'_> {
    /// Day of the latest payout of a connection; `None` before the first.
    ///
    /// # Errors
    /// Database failures only.
    pub fn last_payout(&self, connection: ConnectionId) -> Result<Option<Day>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT max(day) FROM payout WHERE connection = ?1")?;
        let day: Option<i32> = find.query_row(params![connection.0], |row| row.get(0))?;
        Ok(day.map(Day))
    }
}

const CUSTOMER: &str = "connection, key, created_at, updated_at, country, province, orders, spent, currency";

fn customer(row: &Row<'_>) -> rusqlite::Result<Result<(ConnectionId, Customer)>> {
    let key = row.get::<_, OwnedId>(1)?.0;
    let currency: Option<String> = row.get(8)?;
    let currency = match currency.map(|code| code.parse::<Currency>()).transpose() {
        Ok(currency) => currency,
        Err(e) => return Ok(Err(StoreError::Corrupt(format!("customer {key}: {e}")))),
    };
    let customer = Customer {
        key,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        country: row.get(4)?,
        province: row.get(5)?,
        orders: row.get(6)?,
        spent: row.get(7)?,
        currency,
    };
    Ok(Ok((ConnectionId(row.get(0)?), customer)))
}

impl Read<'_> {
    /// Customers, of one connection if given, newest first; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn customers(
        &self,
        connection: Option<ConnectionId>,
        skip: u64,
        limit: u64,
    ) -> Result<Vec<(ConnectionId, Customer)>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {CUSTOMER} FROM customer WHERE ?1 IS NULL OR connection = ?1
             ORDER BY created_at DESC, connection, key LIMIT ?2 OFFSET ?3"
        ))?;
        let (limit, skip) = (
            i64::try_from(limit).unwrap_or(i64::MAX),
            i64::try_from(skip).unwrap_or(i64::MAX),
        );
        let found = find.query_map(params![connection.map(|c| c.0), limit, skip], customer)?;
        found.map(|row| row?).collect()
    }

    /// How many customers are known.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_customers(&self, connection: Option<ConnectionId>) -> Result<u64> {
        let mut count = self
            .lane
            .sql
            .prepare_cached("SELECT count(*) FROM customer WHERE ?1 IS NULL OR connection = ?1")?;
        Ok(count
            .query_row([connection.map(|c| c.0)], |row| row.get::<_, i64>(0))?
            .unsigned_abs())
    }

    /// One customer.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn customer(&self, connection: ConnectionId, key: &str) -> Result<Option<Customer>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {CUSTOMER} FROM customer WHERE connection = ?1 AND key = ?2"
        ))?;
        let found = find
            .query_row(params![connection.0, Id(key)], customer)
            .optional()?
            .transpose()?;
        Ok(found.map(|(_, customer)| customer))
    }

    /// Payouts issued on `days` (the last one left out), of one connection if given, by day.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn payouts(&self, connection: Option<ConnectionId>, days: Range<Day>) -> Result<Vec<(ConnectionId, Payout)>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT connection, key, day, status, net, fees, currency FROM payout
             WHERE (?1 IS NULL OR connection = ?1) AND day >= ?2 AND day < ?3 ORDER BY day, connection, key",
        )?;
        let mut rows = find.query(params![connection.map(|c| c.0), days.start.0, days.end.0])?;
        let mut payouts = Vec::new();
        while let Some(row) = rows.next()? {
            let key = row.get::<_, OwnedId>(1)?.0;
            let currency: String = row.get(6)?;
            let currency = currency
                .parse()
                .map_err(|e| StoreError::Corrupt(format!("payout {key}: {e}")))?;
            let payout = Payout {
                key,
                day: Day(row.get(2)?),
                status: row.get(3)?,
                net: row.get(4)?,
                fees: row.get(5)?,
                currency,
            };
            payouts.push((ConnectionId(row.get(0)?), payout));
        }
        Ok(payouts)
    }
}
