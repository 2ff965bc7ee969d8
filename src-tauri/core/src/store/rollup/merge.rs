//! Differences into the file.

use std::cmp::Reverse;
use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection, params_from_iter};

use super::delta::{Mixed, RollupDelta};
use super::month_of;
use crate::metrics::{Definition, Measures, ProductMeasures};
use crate::model::Day;
use crate::store::checkpoint::MID_ROLLUP;
use crate::store::error::{Result, StoreError};
use crate::store::{ConnectionId, Write};

/// Statements of one roll-up table, made from the measures' names.
struct Table {
    insert: String,
    update: String,
    drop: String,
}

impl Table {
    fn new(name: &str, key: &[&str], values: &[&str]) -> Table {
        let columns: Vec<&str> = key.iter().chain(values).copied().collect();
        let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
        let of_key: Vec<String> = key
            .iter()
            .enumerate()
            .map(|(at, k)| format!("{k} = ?{}", at + 1))
            .collect();
        let of_key = of_key.join(" AND ");
        let sums: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(at, v)| format!("{v} = {v} + ?{}", key.len() + at + 1))
            .collect();
        let zeros: Vec<String> = values.iter().map(|v| format!("{v} = 0")).collect();
        Table {
            insert: format!(
                "INSERT INTO {name} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
                columns.join(", "),
                places.join(", ")
            ),
            update: format!("UPDATE {name} SET {} WHERE {of_key}", sums.join(", ")),
            drop: format!("DELETE FROM {name} WHERE {of_key} AND {}", zeros.join(" AND ")),
        }
    }
}

static TABLES: LazyLock<[Table; 3]> = LazyLock::new(|| {
    let measures: Vec<&str> = Measures::columns().collect();
    let products = ProductMeasures::COLUMNS;
    let product_key = ["definition", "day", "connection", "sku", "currency"];
    [
        Table::new(
            "daily",
            &["definition", "day", "connection", "sales_channel", "currency", "status"],
            &measures,
        ),
        Table::new("product_day", &product_key, &products),
        Table::new("product_month", &product_key, &products),
    ]
});

/// A table's statements, prepared.
struct Merge<'a> {
    insert: CachedStatement<'a>,
    update: CachedStatement<'a>,
    drop: CachedStatement<'a>,
}

impl<'a> Merge<'a> {
    fn new(sql: &'a Connection, table: &Table) -> Result<Self> {
        Ok(Merge {
            insert: sql.prepare_cached(&table.insert)?,
            update: sql.prepare_cached(&table.update)?,
            drop: sql.prepare_cached(&table.drop)?,
        })
    }

    /// Adds `values` to the row of `key`, made where there is none, and takes it away if nothing is left in it.
    /// Most rows of a first sync are new, so that is tried first.
    fn row(&mut self, key: &[i64], values: &[i64]) -> Result<()> {
        let all = || params_from_iter(key.iter().chain(values));
        if self.insert.execute(all())? == 0 {
            self.update.execute(all()).map_err(|error| match error.sqlite_error() {
                // What no longer fits in 64 bits becomes a fraction there, which the column refuses.
                Some(cause) if cause.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_DATATYPE => beyond(),
                _ => error.into(),
            })?;
            self.drop.execute(params_from_iter(key))?;
        }
        Ok(())
    }
}

/// A sum beyond what a column holds: nothing of the step is stored, and nothing wraps.
fn beyond() -> StoreError {
    StoreError::Invalid(
        "the amounts of one day come to more than the ledger can hold (nine trillion); nothing of this step was stored"
            .to_owned(),
    )
}

/// Definition, day, connection, SKU and currency of a product row, in the order of the tables' keys.
type ProductRowKey = (Definition, Reverse<Day>, ConnectionId, i64, i64);

impl Write<'_> {
    /// Adds gathered differences to both roll-ups.
    ///
    /// # Errors
    /// Database failures; a sum beyond the range of `i64` is one.
    pub fn merge_rollups(&mut self, delta: &RollupDelta) -> Result<()> {
        self.merge_daily(delta)?;
        self.checkpoint.pass(MID_ROLLUP);
        self.merge_products(delta)
    }

    fn merge_daily(&mut self, delta: &RollupDelta) -> Result<()> {
        let lane = self.lane;
        let mut rows: Vec<([i64; 6], &Measures)> = Vec::with_capacity(delta.daily.len());
        for (at, measures) in delta.daily.iter().filter(|(_, measures)| !measures.is_empty()) {
            let key = [
                at.definition as i64,
                at.day.0.into(),
                at.connection.0,
                lane.word(delta.names.text(at.sales_channel))?,
                lane.word(at.currency.code())?,
                at.status as i64,
            ];
            rows.push((key, measures));
        }
        rows.sort_unstable_by_key(|([definition, day, rest @ ..], _)| (*definition, -*day, *rest));
        let mut merge = Merge::new(&lane.sql, &TABLES[0])?;
        for (key, measures) in rows {
            merge.row(&key, &measures.values().ok_or_else(beyond)?)?;
        }
        Ok(())
    }

    /// Rows of the platform's definition are stored as what differs from order totals: mostly nothing, so there are few.
    fn merge_products(&mut self, delta: &RollupDelta) -> Result<()> {
        let lane = self.lane;
        let words: Vec<i64> = delta.names.all().map(|text| lane.word(text)).collect::<Result<_>>()?;
        let mut days: Mixed<ProductRowKey, ProductMeasures> = Mixed::default();
        let mut months: Mixed<ProductRowKey, ProductMeasures> = Mixed::default();
        for ((definition, day), of_day) in &delta.products {
            for (at, measures) in of_day.iter().filter(|(_, measures)| !measures.is_empty()) {
                let currency = lane.word(at.currency.code())?;
                let mut add = |definition, factor| {
                    let row = |day| {
                        (
                            definition,
                            Reverse(day),
                            at.connection,
                            words[at.sku as usize],
                            currency,
                        )
                    };
                    days.entry(row(*day)).or_default().merge(measures, factor);
                    months.entry(row(month_of(*day))).or_default().merge(measures, factor);
                };
                add(*definition, 1);
                if *definition == Definition::OrderTotals {
                    add(Definition::Platform, -1);
                }
            }
        }
        for (rows, table) in [(days, &TABLES[1]), (months, &TABLES[2])] {
            let mut rows: Vec<_> = rows.into_iter().filter(|(_, measures)| !measures.is_empty()).collect();
            rows.sort_unstable_by_key(|(key, _)| *key);
            let mut merge = Merge::new(&lane.sql, table)?;
            for ((definition, day, connection, sku, currency), measures) in rows {
                let key = [definition as i64, day.0.0.into(), connection.0, sku, currency];
                merge.row(&key, &measures.values().ok_or_else(beyond)?)?;
            }
        }
        Ok(())
    }

    /// Removes both roll-ups, for counting every order anew.
    ///
    /// # Errors
    /// Database failures only.
    pub fn clear_rollups(&mut self) -> Result<()> {
        Ok(self
            .lane
            .sql
            .execute_batch("DELETE FROM daily; DELETE FROM product_day; DELETE FROM product_month;")?)
    }
}
