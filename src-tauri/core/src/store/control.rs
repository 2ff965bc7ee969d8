//! The platforms' own totals, to hold figures against.

use std::ops::Range;

use rusqlite::params;

use super::error::{Result, StoreError};
use super::{ConnectionId, Rank, Read, Write};
use crate::model::{ACCOUNT_DAYS, ControlTotal, Day};

impl Write<'_> {
    /// Stores a platform's total where nothing newer is known of the same report, outlet, SKU and days.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_control(&mut self, connection: ConnectionId, rank: Rank, total: &ControlTotal) -> Result<bool> {
        let figures: serde_json::Map<String, serde_json::Value> = total
            .figures
            .iter()
            .map(|(name, n)| (name.clone(), n.as_str().into()))
            .collect();
        let stored = self
            .lane
            .sql
            .prepare_cached(include_str!("sql/control_put.sql"))?
            .execute(params![
                connection.0,
                total.report,
                total.outlet,
                total.sku,
                total.from.0,
                total.to.0,
                total.currency.map(|c| c.code().to_owned()).unwrap_or_default(),
                serde_json::Value::Object(figures).to_string(),
                rank.version,
                rank.source as u8
            ])?;
        Ok(stored > 0)
    }
}

impl Read<'_> {
    /// A platform's totals of spans that lie within `days` (the last one left out), by report, outlet, SKU and day.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where stored figures cannot be read.
    pub fn control_totals(&self, connection: ConnectionId, days: Range<Day>) -> Result<Vec<ControlTotal>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT report, outlet, sku, from_day, to_day, currency, figures FROM control_total
             WHERE connection = ?1 AND from_day >= ?2 AND to_day < ?3 ORDER BY report, outlet, sku, from_day, to_day",
        )?;
        let mut rows = find.query(params![connection.0, days.start.0, days.end.0])?;
        let mut totals = Vec::new();
        while let Some(row) = rows.next()? {
            let (report, currency): (String, String) = (row.get(0)?, row.get(5)?);
            let corrupt = |why: String| StoreError::Corrupt(format!("a total of {report}: {why}"));
            let figures: std::collections::BTreeMap<String, String> =
                serde_json::from_str(row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?)
                    .map_err(|e| corrupt(e.to_string()))?;
            let currency = match currency.as_str() {
                "" => None,
                code => Some(code.parse().map_err(|_| corrupt(format!("“{code}” is no currency")))?),
            };
            totals.push(ControlTotal {
                outlet: row.get(1)?,
                sku: row.get(2)?,
                from: Day(row.get(3)?),
                to: Day(row.get(4)?),
                currency,
                figures: figures.into_iter().collect(),
                report,
            });
        }
        Ok(totals)
    }

    /// How many of the stored orders are none, but a day of the account.
    pub(super) fn count_accounts(&self, id: ConnectionId) -> Result<u64> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT count(*) FROM orders WHERE connection = ?1 AND key >= ?2 AND key < ?3")?;
        let [from, to] = ACCOUNT_DAYS;
        let count: i64 = find.query_row(params![id.0, from, to], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}
