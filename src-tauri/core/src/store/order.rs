//! Orders: one row each, the whole order packed in its block.

use std::ops::Range;
use std::sync::LazyLock;

use rusqlite::{OptionalExtension, params};

use super::block;
use super::error::{Result, StoreError};
use super::key::Id;
use super::varint::{self, Cursor};
use super::word::LaneLexicon;
use super::{ConnectionId, Moved, Read, Write};
use crate::metrics::{Contribution, Definition, catalog::Metric};
use crate::model::{Day, Flags, Kind, Order, Zone};

/// The days an order belongs to, in the active zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderDays {
    /// Its order day.
    pub placed: Day,
    /// Every day on which it has any effect under any definition.
    pub all: Vec<Day>,
}

impl OrderDays {
    /// The days of `order`, given everything it adds to the roll-ups in `zone`.
    pub fn of(order: &Order, zone: Zone, contributions: &[Contribution]) -> OrderDays {
        let mut all: Vec<Day> = contributions.iter().map(|c| c.day).collect();
        all.sort_unstable();
        all.dedup();
        OrderDays {
            placed: order.placed_at.day(zone),
            all,
        }
    }
}

pub(super) const FULFILLED: i64 = 1;
pub(super) const PRICED: i64 = 2;
pub(super) const BASIS_UNKNOWN: i64 = 4;
pub(super) const ESTIMATED: i64 = 8;
pub(super) const INCOMPLETE: i64 = 16;
pub(super) const CANCELLED: i64 = 32;

/// Kinds of gross and net sales under order totals, as bits of the kind's number.
static SALES_KINDS: LazyLock<(u32, u32)> = LazyLock::new(|| {
    let bits = |metric: Metric| {
        metric
            .kinds(Definition::OrderTotals)
            .unwrap_or_default()
            .iter()
            .fold(0, |bits, kind| bits | 1 << (*kind as u8))
    };
    (bits(Metric::GrossSales), bits(Metric::NetSales))
});

/// Gross and net sales of an order under order totals, in millionths.
fn sales(order: &Order) -> (i64, i64) {
    let (gross, net) = *SALES_KINDS;
    let sum = |bits: u32| {
        let counts = |kind: Kind| bits & 1 << (kind as u8) != 0;
        order
            .postings
            .iter()
            .filter(|p| counts(p.kind) && !p.flags.has(Flags::CANCELLED))
            .fold(0_i64, |sum, p| sum.saturating_add(p.micros))
    };
    (sum(gross), sum(net))
}

fn flags(order: &Order) -> i64 {
    [
        (order.fulfilled, FULFILLED),
        (order.priced, PRICED),
        (order.basis_unknown, BASIS_UNKNOWN),
        (order.estimated, ESTIMATED),
        (order.incomplete, INCOMPLETE),
        (order.cancelled_at.is_some(), CANCELLED),
    ]
    .iter()
    .fold(0, |bits, (set, bit)| if *set { bits | bit } else { bits })
}

impl Write<'_> {
    /// Stores an order, replacing what was stored for its key, with its days. Returns its row id, which stays the same for
    /// its key, and the order that was stored before.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the stored order cannot be read.
    pub fn put_order(
        &mut self,
        connection: ConnectionId,
        order: &Order,
        days: &OrderDays,
    ) -> Result<(i64, Option<Order>)> {
        let block = self.pack(order)?;
        match self.stored_block(connection, &order.key)? {
            None => Ok((self.insert_order(connection, order, days, &block)?, None)),
            Some(stored) => {
                let before = self.unpack(stored.id, &stored.block)?;
                self.update_order(connection, &stored, order, days, &block)?;
                Ok((stored.id, Some(before)))
            }
        }
    }

    /// As [`Write::put_order`], but writes nothing where the same order is stored already.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the stored order cannot be read.
    pub fn replace_order(
        &mut self,
        connection: ConnectionId,
        order: &Order,
        days: impl FnOnce() -> OrderDays,
    ) -> Result<Replaced> {
        let block = self.pack(order)?;
        match self.stored_block(connection, &order.key)? {
            None => {
                self.insert_order(connection, order, &days(), &block)?;
                Ok(Replaced::Nothing)
            }
            // The same order packs to the same bytes.
            Some(stored) if stored.block == block => Ok(Replaced::Same),
            Some(stored) => {
                let before = self.unpack(stored.id, &stored.block)?;
                if before == *order {
                    return Ok(Replaced::Same);
                }
                self.update_order(connection, &stored, order, &days(), &block)?;
                Ok(Replaced::Other(Box::new(before)))
            }
        }
    }

    /// Sets the days of an order whose days were others.
    ///
    /// # Errors
    /// Database failures only.
    pub fn move_days(&mut self, moved: &Moved) -> Result<()> {
        let mut packed = Vec::new();
        pack_days(&moved.days.all, &mut packed);
        self.lane
            .sql
            .prepare_cached("UPDATE orders SET placed_day = ?2, days = ?3 WHERE id = ?1")?
            .execute(params![moved.id, moved.days.placed.0, packed])?;
        self.drop_days(moved.id, &moved.before)?;
        self.add_days(moved.id, &moved.days)
    }

    fn pack(&self, order: &Order) -> Result<Vec<u8>> {
        let mut block = Vec::with_capacity(512);
        block::pack(order, &mut LaneLexicon(self.lane), &mut block)?;
        Ok(block)
    }

    fn insert_order(&self, connection: ConnectionId, order: &Order, days: &OrderDays, block: &[u8]) -> Result<i64> {
        let statement = include_str!("sql/order_insert.sql");
        let mut packed_days = Vec::with_capacity(8);
        pack_days(&days.all, &mut packed_days);
        self.write_order(statement, connection, order, days, &packed_days, block)?;
        let id = self.lane.sql.last_insert_rowid();
        self.add_days(id, days)?;
        Ok(id)
    }

    fn update_order(
        &self,
        connection: ConnectionId,
        stored: &StoredBlock,
        order: &Order,
        days: &OrderDays,
        block: &[u8],
    ) -> Result<()> {
        let mut packed_days = Vec::with_capacity(8);
        pack_days(&days.all, &mut packed_days);
        let statement = include_str!("sql/order_update.sql");
        self.write_order(statement, connection, order, days, &packed_days, block)?;
        if stored.days == packed_days {
            return Ok(());
        }
        self.drop_days(stored.id, &stored.days)?;
        self.add_days(stored.id, days)
    }

    fn write_order(
        &self,
        statement: &str,
        connection: ConnectionId,
        order: &Order,
        days: &OrderDays,
        packed_days: &[u8],
        block: &[u8],
    ) -> Result<()> {
        let lane = self.lane;
        let (gross, net) = sales(order);
        lane.sql.prepare_cached(statement)?.execute(params![
            connection.0,
            Id(&order.key),
            order.name,
            order.placed_at.sort_key(),
            days.placed.0,
            order.updated_at.sort_key(),
            order.status as u8,
            order.currency.code(),
            lane.word(&order.sales_channel)?,
            order.customer.as_deref().map(Id),
            lane.word(&order.payment)?,
            lane.word(&order.fulfilment)?,
            gross,
            net,
            i64::from(order.units_placed) - i64::from(order.units_cancelled),
            flags(order),
            packed_days,
            block
        ])?;
        Ok(())
    }

    fn add_days(&self, id: i64, days: &OrderDays) -> Result<()> {
        let mut add = self
            .lane
            .sql
            .prepare_cached("INSERT OR IGNORE INTO order_day (day, order_id) VALUES (?1, ?2)")?;
        for day in &days.all {
            add.execute(params![day.0, id])?;
        }
        Ok(())
    }

    /// Removes an order and its days; returns what was stored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the stored order cannot be read.
    pub fn remove_order(&mut self, connection: ConnectionId, key: &str) -> Result<Option<Order>> {
        let Some(stored) = self.stored_block(connection, key)? else {
            return Ok(None);
        };
        let before = self.unpack(stored.id, &stored.block)?;
        self.drop_days(stored.id, &stored.days)?;
        self.lane
            .sql
            .prepare_cached("DELETE FROM orders WHERE id = ?1")?
            .execute([stored.id])?;
        Ok(Some(before))
    }

    fn drop_days(&self, id: i64, packed: &[u8]) -> Result<()> {
        let mut drop = self
            .lane
            .sql
            .prepare_cached("DELETE FROM order_day WHERE day = ?1 AND order_id = ?2")?;
        for day in unpack_days(packed)? {
            drop.execute(params![day.0, id])?;
        }
        Ok(())
    }
}

/// What became of the order stored before.
#[derive(Clone, PartialEq, Debug)]
pub enum Replaced {
    /// None was stored.
    Nothing,
    /// The same was stored; nothing was written.
    Same,
    /// This one was stored and is replaced.
    Other(Box<Order>),
}

/// An order with its place in the file.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredOrder {
    /// Row id.
    pub id: i64,
    /// The order.
    pub order: Order,
}

struct StoredBlock {
    id: i64,
    days: Vec<u8>,
    block: Vec<u8>,
}

impl Read<'_> {
    fn stored_block(&self, connection: ConnectionId, key: &str) -> Result<Option<StoredBlock>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT id, days, block FROM orders WHERE connection = ?1 AND key = ?2")?;
        let found = find.query_row(params![connection.0, Id(key)], |row| {
            Ok(StoredBlock {
                id: row.get(0)?,
                days: row.get(1)?,
                block: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }

    fn unpack(&self, id: i64, bytes: &[u8]) -> Result<Order> {
        block::unpack(bytes, &mut LaneLexicon(self.lane)).map_err(|e| e.of_order(id))
    }

    /// The order of a key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn order(&self, connection: ConnectionId, key: &str) -> Result<Option<Order>> {
        let stored = self.stored_block(connection, key)?;
        stored.map(|stored| self.unpack(stored.id, &stored.block)).transpose()
    }

    /// The order of a row id, with its connection.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Corrupt`].
    pub fn order_by_id(&self, id: i64) -> Result<(ConnectionId, Order)> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT connection, block FROM orders WHERE id = ?1")?;
        find.query_row([id], |row| {
            let connection = ConnectionId(row.get(0)?);
            Ok(self
                .unpack(id, row.get_ref(1)?.as_blob()?)
                .map(|order| (connection, order)))
        })
        .optional()?
        .ok_or_else(|| StoreError::NotFound(format!("there is no order {id}")))?
    }

    /// Orders of a connection in the order of their row ids, those above `after`; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn orders_after(&self, connection: ConnectionId, after: i64, limit: u64) -> Result<Vec<StoredOrder>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT id, block FROM orders WHERE id > ?2 AND +connection = ?1 ORDER BY id LIMIT ?3")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = find.query(params![connection.0, after, limit])?;
        let mut orders = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            orders.push(StoredOrder {
                id,
                order: self.unpack(id, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?,
            });
        }
        Ok(orders)
    }

    /// Calls `each` with row id, connection and order of every order, in the order of row ids, of one connection if given.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], and what `each` returns.
    pub fn each_order(
        &self,
        connection: Option<ConnectionId>,
        mut each: impl FnMut(i64, ConnectionId, Order) -> Result<()>,
    ) -> Result<()> {
        let mut all = self
            .lane
            .sql
            .prepare_cached("SELECT id, connection, block FROM orders ORDER BY id")?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let (id, its) = (row.get(0)?, ConnectionId(row.get(1)?));
            if connection.is_none_or(|wanted| wanted == its) {
                let block = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
                each(id, its, self.unpack(id, block)?)?;
            }
        }
        Ok(())
    }

    /// Calls `each` with every order that has an effect on a day in `days` (the last one left out), each once.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], and what `each` returns.
    pub fn each_order_touching(
        &self,
        days: Range<Day>,
        mut each: impl FnMut(i64, ConnectionId, Order) -> Result<()>,
    ) -> Result<()> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT id, connection, block FROM orders
             WHERE id IN (SELECT order_id FROM order_day WHERE day >= ?1 AND day < ?2) ORDER BY id",
        )?;
        let mut rows = find.query([days.start.0, days.end.0])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let block = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            each(id, ConnectionId(row.get(1)?), self.unpack(id, block)?)?;
        }
        Ok(())
    }

    /// Calls `each` with every order whose order day is in `days` (the last one left out), by order date.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], and what `each` returns.
    pub fn each_order_placed(
        &self,
        days: Range<Day>,
        mut each: impl FnMut(i64, ConnectionId, Order) -> Result<()>,
    ) -> Result<()> {
        // The index is by moment; two days' margin covers every zone.
        let mut find = self.lane.sql.prepare_cached(
            "SELECT id, connection, block FROM orders
             WHERE placed_at >= (?1 - 2) * 86400 AND placed_at < (?2 + 2) * 86400 AND placed_day >= ?1 AND placed_day < ?2
             ORDER BY placed_at, id",
        )?;
        let mut rows = find.query([days.start.0, days.end.0])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let block = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            each(id, ConnectionId(row.get(1)?), self.unpack(id, block)?)?;
        }
        Ok(())
    }
}

/// Appends days in ascending order, packed.
pub(super) fn pack_days(days: &[Day], out: &mut Vec<u8>) {
    let mut before = 0;
    for day in days {
        varint::put_signed(out, i64::from(day.0) - before);
        before = i64::from(day.0);
    }
}

fn unpack_days(packed: &[u8]) -> Result<Vec<Day>> {
    let mut from = Cursor::new(packed);
    let (mut days, mut before) = (Vec::new(), 0_i64);
    while from.left() > 0 {
        before = before.saturating_add(from.signed()?);
        days.push(Day(i32::try_from(before).map_err(|_| varint::cut())?));
    }
    Ok(days)
}
