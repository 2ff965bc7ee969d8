//! Lists of orders: what the order's own columns tell, without unpacking its block.

use std::ops::Range;

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::conditions::Conditions;
use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::order::{CANCELLED, ESTIMATED, FULFILLED, INCOMPLETE, PRICED};
use super::{ConnectionId, Read};
use crate::model::{Currency, Day, Status};

/// Which orders to list. Every condition that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OrderFilter {
    /// Only of this connection.
    pub connection: Option<ConnectionId>,
    /// Only of these order days, the last one left out.
    pub placed: Option<Range<Day>>,
    /// Only with an effect on this day under any definition.
    pub touches: Option<Day>,
    /// Only of this part in the figures.
    pub status: Option<Status>,
    /// Only in this currency.
    pub currency: Option<Currency>,
    /// Only of this sales channel.
    pub sales_channel: Option<String>,
    /// Only of this customer (platform id).
    pub customer: Option<String>,
    /// Only with this payment state.
    pub payment: Option<String>,
    /// Only with this fulfilment state.
    pub fulfilment: Option<String>,
    /// Only with this text in the number people see.
    pub name: Option<String>,
}

/// An order in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderRow {
    /// Row id.
    pub id: i64,
    /// Whose it is.
    pub connection: ConnectionId,
    /// The platform's id.
    pub key: String,
    /// The number people see.
    pub name: String,
    /// UTC second, or the first second of the day where the platform states only a day.
    pub placed_at: i64,
    /// Order day in the active zone.
    pub placed: Day,
    /// Last change, as `placed_at`.
    pub updated_at: i64,
    /// Part in the figures.
    pub status: Status,
    /// Currency of `gross` and `net`.
    pub currency: Currency,
    /// Sales channel inside the platform.
    pub sales_channel: String,
    /// The platform's customer id.
    pub customer: Option<String>,
    /// Payment state in the platform's words.
    pub payment: String,
    /// Fulfilment state in the platform's words.
    pub fulfilment: String,
    /// Gross sales under order totals, millionths; `None` while the platform has not stated the amounts.
    pub gross: Option<i64>,
    /// Net sales under order totals, millionths; `None` as above.
    pub net: Option<i64>,
    /// Units placed and not withdrawn.
    pub units: i64,
    /// Everything not withdrawn has shipped.
    pub fulfilled: bool,
    /// Settled without the platform's dated rows.
    pub estimated: bool,
    /// Parts of the order are not fetched yet.
    pub incomplete: bool,
    /// Cancelled on the platform.
    pub cancelled: bool,
}

impl OrderRow {
    /// Units placed and not withdrawn; `None` where no record shows what was ordered ([`crate::model::Order::untold`]): such an order
    /// has neither, and is marked.
    pub fn told_units(&self) -> Option<i64> {
        let untold = self.units == 0 && self.gross.is_none() && self.incomplete && !self.cancelled;
        (!untold).then_some(self.units)
    }
}

/// Columns of an order in a list, in the order [`Read::order_row`] reads them.
const COLUMNS: &str = "id, connection, key, name, placed_at, placed_day, updated_at, status, currency, sales_channel,
  customer, payment, fulfilment, gross, net, units, flags";

impl Read<'_> {
    /// Orders by order date, newest first; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn orders(&self, filter: &OrderFilter, skip: u64, limit: u64) -> Result<Vec<OrderRow>> {
        match self.conditions(filter)? {
            Some(conditions) => self.orders_where(conditions, skip, limit),
            None => Ok(Vec::new()),
        }
    }

    /// How many orders a filter finds.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_orders(&self, filter: &OrderFilter) -> Result<u64> {
        match self.conditions(filter)? {
            Some(conditions) => self.count_where(conditions),
            None => Ok(0),
        }
    }

    /// The orders under conditions, latest first; at most `limit`, after leaving out `skip`.
    pub(super) fn orders_where(&self, conditions: Conditions, skip: u64, limit: u64) -> Result<Vec<OrderRow>> {
        let Conditions { text, mut values } = conditions;
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        values.push(Value::Integer(i64::try_from(skip).unwrap_or(i64::MAX)));
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM orders {text} ORDER BY placed_at DESC, id DESC LIMIT ? OFFSET ?"
        ))?;
        let mut rows = find.query(params_from_iter(values))?;
        let mut orders = Vec::new();
        while let Some(row) = rows.next()? {
            orders.push(self.order_row(row)?);
        }
        Ok(orders)
    }

    /// How many orders there are under conditions.
    pub(super) fn count_where(&self, conditions: Conditions) -> Result<u64> {
        let Conditions { text, values } = conditions;
        let mut count = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT count(*) FROM orders {text}"))?;
        Ok(count
            .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))?
            .unsigned_abs())
    }

    fn order_row(&self, row: &Row<'_>) -> Result<OrderRow> {
        let (id, flags): (i64, i64) = (row.get(0)?, row.get(16)?);
        let broken = |what: &str| StoreError::Corrupt(format!("order row {id} has no known {what}"));
        let currency: String = row.get(8)?;
        let priced = flags & PRICED != 0;
        Ok(OrderRow {
            id,
            connection: ConnectionId(row.get(1)?),
            key: row.get::<_, OwnedId>(2)?.0,
            name: row.get(3)?,
            placed_at: row.get(4)?,
            placed: Day(row.get(5)?),
            updated_at: row.get(6)?,
            status: Status::from_code(row.get(7)?).ok_or_else(|| broken("status"))?,
            currency: currency.parse().map_err(|_| broken("currency"))?,
            sales_channel: self.lane.text(row.get(9)?)?.as_ref().to_owned(),
            customer: row.get::<_, Option<OwnedId>>(10)?.map(|id| id.0),
            payment: self.lane.text(row.get(11)?)?.as_ref().to_owned(),
            fulfilment: self.lane.text(row.get(12)?)?.as_ref().to_owned(),
            gross: if priced { Some(row.get(13)?) } else { None },
            net: if priced { Some(row.get(14)?) } else { None },
            units: row.get(15)?,
            fulfilled: flags & FULFILLED != 0,
            estimated: flags & ESTIMATED != 0,
            incomplete: flags & INCOMPLETE != 0,
            cancelled: flags & CANCELLED != 0,
        })
    }

    /// The filter as SQL; `None` where a word in it is unknown, so nothing can match.
    fn conditions(&self, filter: &OrderFilter) -> Result<Option<Conditions>> {
        let mut conditions = Conditions::default();
        if let Some(connection) = filter.connection {
            conditions.add("+connection = ?", Value::Integer(connection.0));
        }
        if let Some(days) = &filter.placed {
            conditions.placed(days);
        }
        if let Some(day) = filter.touches {
            conditions.add(
                "id IN (SELECT order_id FROM order_day WHERE day = ?)",
                Value::Integer(day.0.into()),
            );
        }
        match filter.status {
            Some(status) => conditions.add("status = ?", Value::Integer(status as i64)),
            // A day of the account is no order; whoever wants those asks for them.
            None => conditions.only_orders(),
        }
        if let Some(currency) = filter.currency {
            conditions.add("currency = ?", Value::Text(currency.code().to_owned()));
        }
        if let Some(customer) = &filter.customer {
            let id = Id(customer)
                .number()
                .map_or_else(|| Value::Text(customer.clone()), Value::Integer);
            conditions.add("customer = ?", id);
        }
        if let Some(name) = &filter.name {
            conditions.add("instr(name, ?) > 0", Value::Text(name.clone()));
        }
        let words = [
            ("sales_channel = ?", &filter.sales_channel),
            ("payment = ?", &filter.payment),
            ("fulfilment = ?", &filter.fulfilment),
        ];
        for (condition, word) in words {
            if let Some(word) = word {
                let Some(id) = self.lane.find_word(word)? else {
                    return Ok(None);
                };
                conditions.add(condition, Value::Integer(id));
            }
        }
        Ok(Some(conditions))
    }
}
