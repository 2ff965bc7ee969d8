//! Stored orders as they lie in the file, to be read on another thread.

use std::ops::Range;

use rusqlite::params;

use super::error::Result;
use super::{ConnectionId, Read};
use crate::model::Day;

/// Some stored orders of a connection, in the order of their row ids.
#[derive(Clone, Debug, Default)]
pub struct PackedOrders {
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    id: i64,
    placed: Day,
    days: Range<usize>,
    block: Range<usize>,
}

/// One of them.
pub(super) struct PackedOrder<'a> {
    pub(super) id: i64,
    pub(super) placed: Day,
    pub(super) days: &'a [u8],
    pub(super) block: &'a [u8],
}

impl PackedOrders {
    /// Row id of the last one.
    pub fn last(&self) -> Option<i64> {
        self.rows.last().map(|row| row.id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = PackedOrder<'_>> {
        self.rows.iter().map(|row| PackedOrder {
            id: row.id,
            placed: row.placed,
            days: &self.bytes[row.days.clone()],
            block: &self.bytes[row.block.clone()],
        })
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }
}

impl Read<'_> {
    /// Orders of a connection in the order of their row ids, those above `after`; at most `limit`. Empty where there are no more.
    ///
    /// # Errors
    /// Database failures only.
    pub fn packed_orders_after(&self, connection: ConnectionId, after: i64, limit: u32) -> Result<PackedOrders> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT id, placed_day, days, block FROM orders WHERE id > ?2 AND +connection = ?1 ORDER BY id LIMIT ?3",
        )?;
        let mut rows = find.query(params![connection.0, after, limit])?;
        let mut orders = PackedOrders::default();
        while let Some(row) = rows.next()? {
            let blob = |at| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_blob()?);
            let (days, block) = (orders.keep(blob(2)?), orders.keep(blob(3)?));
            orders.rows.push(Row {
                id: row.get(0)?,
                placed: Day(row.get(1)?),
                days,
                block,
            });
        }
        Ok(orders)
    }
}
