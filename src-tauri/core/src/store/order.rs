//! Orders: one row each, the whole order packed in its block.

use std::ops::Range;
use std::sync::LazyLock;

use rusqlite::{OptionalExtension, params};

use super::block;
use super::error::{Result, StoreError};
use super::key::Id;
use super::varint::{self, Cursor};
use super::word::LaneLexicon;
use super::{ConnectionId, Read, Write};
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
        let lane = self.lane;
        let before = self.stored_order(connection, &order.key)?;
        let mut block = Vec::with_capacity(512);
        block::pack(order, &mut LaneLexicon(lane), &mut block)?;
        let packed_days = pack_days(&days.all);
        let (gross, net) = sales(order);
        let statement = match &before {
            None => include_str!("sql/order_insert.sql"),
            Some(_) => include_str!("sql/order_update.sql"),
        };
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
        let (id, before) = match before {
            None => (lane.sql.last_insert_rowid(), None),
            Some(stored) if stored.days == packed_days => return Ok((stored.id, Some(stored.order))),
            Some(stored) => {
                self.drop_days(stored.id, &stored.days)?;
                (stored.id, Some(stored.order))
            }
        };
        let mut add = lane
            .sql
            .prepare_cached("INSERT OR IGNORE INTO order_day (day, order_id) VALUES (?1, ?2)")?;
        for day in &days.all {
            add.execute(params![day.0, id])?;
        }
        Ok((id, before))
    }

    /// Removes an order and its days; returns what was stored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the stored order cannot be read.
    pub fn remove_order(&mut self, connection: ConnectionId, key: &str) -> Result<Option<Order>> {
        let Some(stored) = self.stored_order(connection, key)? else {
            return Ok(None);
        };
        self.drop_days(stored.id, &stored.days)?;
        self.lane
            .sql
            .prepare_cached("DELETE FROM orders WHERE id = ?1")?
            .execute([stored.id])?;
        Ok(Some(stored.order))
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

struct StoredOrder {
    id: i64,
    days: Vec<u8>,
    order: Order,
}

impl Read<'_> {
    fn stored_order(&self, connection: ConnectionId, key: &str) -> Result<Option<StoredOrder>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT id, days, block FROM orders WHERE connection = ?1 AND key = ?2")?;
        find.query_row(params![connection.0, Id(key)], |row| {
            let (id, days) = (row.get(0)?, row.get(1)?);
            Ok(self
                .unpack(id, row.get_ref(2)?.as_blob()?)
                .map(|order| StoredOrder { id, days, order }))
        })
        .optional()?
        .transpose()
    }

    fn unpack(&self, id: i64, bytes: &[u8]) -> Result<Order> {
        block::unpack(bytes, &mut LaneLexicon(self.lane)).map_err(|e| match e {
            StoreError::Corrupt(what) => StoreError::Corrupt(format!("order row {id}: {what}")),
            other => other,
        })
    }

    /// The order of a key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn order(&self, connection: ConnectionId, key: &str) -> Result<Option<Order>> {
        Ok(self.stored_order(connection, key)?.map(|stored| stored.order))
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

/// Days in ascending order, packed.
fn pack_days(days: &[Day]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8);
    let mut before = 0;
    for day in days {
        varint::put_signed(&mut out, i64::from(day.0) - before);
        before = i64::from(day.0);
    }
    out
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
