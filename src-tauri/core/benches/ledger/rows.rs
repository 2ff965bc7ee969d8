//! The other form the postings could have: a row each. Kept so that the choice of the packed form can be measured again.

use std::collections::HashMap;
use std::path::Path;

use countinghouse_core::model::Order;
use rusqlite::{Connection, params};

const SCHEMA: &str = "
CREATE TABLE goods (id INTEGER PRIMARY KEY, sku TEXT, title TEXT, product INTEGER, variant INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, connection INTEGER, key INTEGER, name TEXT, placed_at INTEGER, updated_at INTEGER,
  status INTEGER, currency TEXT, sales_channel INTEGER, customer INTEGER, country INTEGER, payment INTEGER,
  fulfilment INTEGER, units INTEGER, cancelled INTEGER, first_ship INTEGER, flags INTEGER, total INTEGER, raw INTEGER);
CREATE UNIQUE INDEX orders_key ON orders (connection, key);
CREATE INDEX orders_placed ON orders (placed_at);
CREATE TABLE line (order_id INTEGER, n INTEGER, key INTEGER, goods INTEGER, quantity INTEGER, cancelled INTEGER, flags INTEGER,
  unit_cost INTEGER, PRIMARY KEY (order_id, n)) WITHOUT ROWID;
CREATE TABLE posting (order_id INTEGER, n INTEGER, kind INTEGER, event_at INTEGER, ship_at INTEGER, quantity INTEGER,
  micros INTEGER, line INTEGER, flags INTEGER, raw INTEGER, template INTEGER, at0 INTEGER, at1 INTEGER, at2 INTEGER,
  PRIMARY KEY (order_id, n)) WITHOUT ROWID;
";

/// A file of the row form, encrypted as the ledger is.
pub(crate) struct Rows {
    sql: Connection,
    goods: HashMap<String, i64>,
}

impl Rows {
    /// A new file.
    pub(crate) fn create(path: &Path) -> rusqlite::Result<Rows> {
        let sql = Connection::open(path)?;
        sql.execute_batch(&format!(
            "PRAGMA key = \"x'{}'\"; PRAGMA cipher_page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;",
            "07".repeat(32)
        ))?;
        sql.execute_batch(SCHEMA)?;
        sql.set_prepared_statement_cache_capacity(64);
        Ok(Rows {
            sql,
            goods: HashMap::new(),
        })
    }

    /// Stores orders in one transaction.
    pub(crate) fn put(&mut self, orders: &[Order]) -> rusqlite::Result<()> {
        let step = self.sql.transaction()?;
        {
            let mut order_row = step.prepare_cached(
                "INSERT INTO orders (connection, key, name, placed_at, updated_at, status, currency, sales_channel, customer,
                   country, payment, fulfilment, units, cancelled, first_ship, flags, total, raw)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?;
            let mut line_row = step.prepare_cached("INSERT INTO line VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
            let mut posting_row = step.prepare_cached(
                "INSERT INTO posting VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?;
            let mut goods_row =
                step.prepare_cached("INSERT INTO goods (sku, title, product, variant) VALUES (?1, ?2, ?3, ?4)")?;
            for order in orders {
                order_row.execute(params![
                    order.key.parse::<i64>().ok(),
                    order.name,
                    order.placed_at.sort_key(),
                    order.updated_at.sort_key(),
                    order.status as u8,
                    order.currency.code(),
                    order.sales_channel.len() as i64,
                    order.customer.as_deref().and_then(|c| c.parse::<i64>().ok()),
                    order.country.as_deref().map_or(0, str::len) as i64,
                    order.payment.len() as i64,
                    order.fulfilment.len() as i64,
                    order.units_placed,
                    order.units_cancelled,
                    order.first_ship.map(|at| at.sort_key()),
                    i64::from(order.fulfilled),
                    order.stated_total,
                    order.raws[0],
                ])?;
                let id = step.last_insert_rowid();
                for (n, line) in order.lines.iter().enumerate() {
                    let goods = match self.goods.get(&line.sku) {
                        Some(goods) => *goods,
                        None => {
                            goods_row.execute(params![line.sku, line.title, line.product, line.variant])?;
                            self.goods.insert(line.sku.clone(), step.last_insert_rowid());
                            step.last_insert_rowid()
                        }
                    };
                    let key = line.key.parse::<i64>().ok();
                    line_row.execute(params![
                        id,
                        n as i64,
                        key,
                        goods,
                        line.quantity,
                        line.cancelled,
                        2,
                        line.unit_cost
                    ])?;
                }
                for (n, p) in order.postings.iter().enumerate() {
                    posting_row.execute(params![
                        id,
                        n as i64,
                        p.kind as u8,
                        p.event_at.sort_key(),
                        p.ship_at.map(|at| at.sort_key()),
                        p.quantity,
                        p.micros,
                        p.line,
                        p.flags.0,
                        p.raw,
                        p.path.template,
                        p.path.at[0],
                        p.path.at[1],
                        p.path.at[2],
                    ])?;
                }
            }
        }
        step.commit()
    }

    /// Sum of all amounts by kind.
    pub(crate) fn sum_all(&self) -> rusqlite::Result<i64> {
        self.sum("SELECT kind, sum(micros), sum(quantity) FROM posting GROUP BY kind", [])
    }

    /// Sum of the amounts of orders placed in a span, by kind.
    pub(crate) fn sum_span(&self, from: i64, to: i64) -> rusqlite::Result<i64> {
        self.sum(
            "SELECT p.kind, sum(p.micros), sum(p.quantity) FROM orders o JOIN posting p ON p.order_id = o.id
             WHERE o.placed_at >= ?1 AND o.placed_at < ?2 GROUP BY p.kind",
            [from, to],
        )
    }

    fn sum(&self, statement: &str, values: impl rusqlite::Params) -> rusqlite::Result<i64> {
        let mut find = self.sql.prepare_cached(statement)?;
        let mut rows = find.query(values)?;
        let mut sum = 0;
        while let Some(row) = rows.next()? {
            sum += row.get::<_, i64>(1)?;
        }
        Ok(sum)
    }

    /// Bytes by table and index.
    pub(crate) fn sizes(&self) -> rusqlite::Result<Vec<(String, i64)>> {
        let mut find = self
            .sql
            .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC")?;
        let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }
}
