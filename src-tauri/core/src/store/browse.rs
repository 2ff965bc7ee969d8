//! What the pages browse: orders found by what people type, the orders behind a figure, the names of what was sold.

use std::collections::HashMap;
use std::ops::Range;

use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};

use super::conditions::Conditions;
use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, OrderRow, Read};
use crate::metrics::Measures;
use crate::model::{Currency, Day};

/// A connection, or one sales channel of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Outlet {
    /// Whose orders.
    pub connection: ConnectionId,
    /// Only of this sales channel inside the platform.
    pub sales_channel: Option<String>,
}

/// Orders to find. Every condition that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OrderSearch {
    /// Only of these order days, the last one left out.
    pub placed: Option<Range<Day>>,
    /// Only of these outlets; `None`: of all.
    pub outlets: Option<Vec<Outlet>>,
    /// Only with this text in the number people see, or with this id, their own or their customer's.
    pub text: Option<String>,
}

impl Read<'_> {
    /// Orders by order date, newest first; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn find_orders(&self, search: &OrderSearch, skip: u64, limit: u64) -> Result<Vec<OrderRow>> {
        self.orders_where(self.found_by(search)?, skip, limit)
    }

    /// How many orders a search finds.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_found(&self, search: &OrderSearch) -> Result<u64> {
        self.count_where(self.found_by(search)?)
    }

    /// Row ids of the orders with any effect on `days` (the last one left out) under any definition, newest order first.
    ///
    /// # Errors
    /// Database failures only.
    pub fn orders_touching(&self, days: Range<Day>, outlets: Option<&[Outlet]>) -> Result<Vec<i64>> {
        let mut conditions = Conditions::default();
        conditions.add(
            "id IN (SELECT order_id FROM order_day WHERE day >= ?",
            Value::Integer(days.start.0.into()),
        );
        conditions.add("day < ?)", Value::Integer(days.end.0.into()));
        self.only_of(&mut conditions, outlets)?;
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT id FROM orders {} ORDER BY placed_at DESC, id DESC",
            conditions.text
        ))?;
        let rows = find.query_map(params_from_iter(conditions.values), |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn found_by(&self, search: &OrderSearch) -> Result<Conditions> {
        let mut conditions = Conditions::default();
        conditions.only_orders();
        if let Some(days) = &search.placed {
            conditions.placed(days);
        }
        self.only_of(&mut conditions, search.outlets.as_deref())?;
        if let Some(text) = &search.text {
            conditions.add("(instr(lower(name), lower(?)) > 0", Value::Text(text.clone()));
            let id = Id(text)
                .number()
                .map_or_else(|| Value::Text(text.clone()), Value::Integer);
            conditions.or("customer = ?", id.clone());
            conditions.or("key = ?)", id);
        }
        Ok(conditions)
    }

    /// Keeps to some outlets. A sales channel that the file does not know has no orders.
    fn only_of(&self, conditions: &mut Conditions, outlets: Option<&[Outlet]>) -> Result<()> {
        let Some(outlets) = outlets else { return Ok(()) };
        conditions.add("(1 = ?", Value::Integer(0));
        for outlet in outlets {
            match &outlet.sales_channel {
                None => conditions.or("connection = ?", Value::Integer(outlet.connection.0)),
                Some(name) => {
                    let Some(word) = self.lane.find_word(name)? else {
                        continue;
                    };
                    conditions.or("(connection = ?", Value::Integer(outlet.connection.0));
                    conditions.add("sales_channel = ?)", Value::Integer(word));
                }
            }
        }
        conditions.close();
        Ok(())
    }

    /// Every sales channel on which something was sold or came back, with its connection, by connection and name.
    ///
    /// # Errors
    /// Database failures only.
    pub fn sales_channels(&self) -> Result<Vec<(ConnectionId, String)>> {
        let sold: Vec<String> = Measures::trading_columns()
            .map(|column| format!("d.{column} <> 0"))
            .collect();
        let sold = sold.join(" OR ");
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT DISTINCT d.connection, w.text FROM daily d JOIN word w ON w.id = d.sales_channel
             WHERE {sold} ORDER BY d.connection, w.text"
        ))?;
        let rows = find.query_map([], |row| Ok((ConnectionId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Currencies of a connection's orders, counted or not.
    ///
    /// # Errors
    /// [`super::StoreError::Corrupt`].
    pub fn order_currencies(&self, connection: ConnectionId) -> Result<Vec<Currency>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT DISTINCT currency FROM orders WHERE connection = ?1 ORDER BY currency")?;
        let rows = find.query_map([connection.0], |row| row.get::<_, String>(0))?;
        rows.map(currency).collect()
    }

    /// Every currency with figures.
    ///
    /// # Errors
    /// [`super::StoreError::Corrupt`].
    pub fn currencies(&self) -> Result<Vec<Currency>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT DISTINCT w.text FROM daily d JOIN word w ON w.id = d.currency ORDER BY w.text")?;
        let rows = find.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(currency).collect()
    }

    /// Titles of SKUs as products and their variants are called now, where the catalogue knows them: `Mug · Blue`. One that several
    /// variants share is called by the first of them, with how many more there are.
    ///
    /// # Errors
    /// Database failures only.
    pub fn titles_by_sku(&self, skus: &[&str]) -> Result<HashMap<String, String>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT p.title, v.title, (SELECT count(*) - 1 FROM variant o WHERE o.connection = v.connection AND o.sku = v.sku)
             FROM variant v
             JOIN product p ON p.connection = v.connection AND p.key = v.product
             WHERE v.sku = ?1 ORDER BY p.deleted, v.connection, v.key LIMIT 1",
        )?;
        let mut titles = HashMap::new();
        for sku in skus {
            let mut rows = find.query([sku])?;
            if let Some(row) = rows.next()? {
                let title = full_title(row.get(0)?, row.get::<_, String>(1)?.as_str());
                let title = match row.get::<_, u32>(2)? {
                    0 => title,
                    more => format!("{title} and {more} more with this SKU"),
                };
                titles.insert((*sku).to_owned(), title);
            }
        }
        Ok(titles)
    }

    /// The title of a variant as it is called now, of whichever connection knows its id.
    ///
    /// # Errors
    /// Database failures only.
    pub fn title_of_variant(&self, key: &str) -> Result<Option<String>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT p.title, v.title FROM variant v
             JOIN product p ON p.connection = v.connection AND p.key = v.product WHERE v.key = ?1 LIMIT 1",
        )?;
        let mut rows = find.query(params![Id(key)])?;
        Ok(match rows.next()? {
            Some(row) => Some(full_title(row.get(0)?, row.get::<_, String>(1)?.as_str())),
            None => None,
        })
    }

    /// The title of a SKU as it stood on an order, for what the catalogue does not know.
    ///
    /// # Errors
    /// Database failures only.
    pub fn title_as_sold(&self, sku: &str) -> Result<Option<String>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT title FROM goods WHERE sku = ?1 ORDER BY id DESC LIMIT 1")?;
        let mut rows = find.query([sku])?;
        Ok(match rows.next()? {
            Some(row) => Some(row.get(0)?),
            None => None,
        })
    }

    /// Keys of the orders whose number is `name` as people write it, with or without `#`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn keys_named(&self, name: &str) -> Result<Vec<String>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT key FROM orders WHERE name = ?1 OR name = '#' || ?1 LIMIT 20")?;
        let rows = find.query_map([name], |row| Ok(row.get::<_, OwnedId>(0)?.0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// UTC second of the last answer or file that came for a connection.
    ///
    /// # Errors
    /// Database failures only.
    pub fn last_answer_at(&self, connection: ConnectionId) -> Result<Option<i64>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT max(fetched_at) FROM answer WHERE connection = ?1")?;
        Ok(find.query_row([connection.0], |row| row.get(0))?)
    }
}

fn currency(code: rusqlite::Result<String>) -> Result<Currency> {
    let code = code?;
    code.parse()
        .map_err(|_| StoreError::Corrupt(format!("“{code}” is no currency")))
}

/// A product's title with its variant's, which says nothing where there is only one.
fn full_title(product: String, variant: &str) -> String {
    match variant {
        "" | "Default Title" => product,
        variant => format!("{product} · {variant}"),
    }
}
