//! Differences into the file.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Statement, ToSql, params_from_iter};

use super::delta::RollupDelta;
use super::month_of;
use crate::metrics::{Definition, Measures, ProductMeasures};
use crate::model::Day;
use crate::store::checkpoint::MID_ROLLUP;
use crate::store::error::Result;
use crate::store::{ConnectionId, Write};

/// Statements made once from the measures' names.
struct Statements {
    merge_daily: String,
    drop_daily: String,
    merge_day: String,
    drop_day: String,
    merge_month: String,
    drop_month: String,
}

const DAILY_KEY: [&str; 6] = ["definition", "day", "connection", "sales_channel", "currency", "status"];
const PRODUCT_KEY: [&str; 5] = ["definition", "day", "connection", "sku", "currency"];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let measures: Vec<&str> = Measures::columns().collect();
    let products = ProductMeasures::COLUMNS;
    Statements {
        merge_daily: merge_statement("daily", &DAILY_KEY, &measures),
        drop_daily: drop_statement("daily", &DAILY_KEY),
        merge_day: merge_statement("product_day", &PRODUCT_KEY, &products),
        drop_day: drop_statement("product_day", &PRODUCT_KEY),
        merge_month: merge_statement("product_month", &PRODUCT_KEY, &products),
        drop_month: drop_statement("product_month", &PRODUCT_KEY),
    }
});

/// Adds to a row, made where there is none; says whether nothing is left in it.
fn merge_statement(table: &str, key: &[&str], values: &[&str]) -> String {
    let columns: Vec<&str> = key.iter().chain(values).copied().collect();
    let places = vec!["?"; columns.len()].join(", ");
    let sums: Vec<String> = values.iter().map(|v| format!("{v} = {v} + excluded.{v}")).collect();
    let zeros: Vec<String> = values.iter().map(|v| format!("{v} = 0")).collect();
    format!(
        "INSERT INTO {table} ({}) VALUES ({places}) ON CONFLICT ({}) DO UPDATE SET {} RETURNING {}",
        columns.join(", "),
        key.join(", "),
        sums.join(", "),
        zeros.join(" AND ")
    )
}

fn drop_statement(table: &str, key: &[&str]) -> String {
    let conditions: Vec<String> = key.iter().map(|k| format!("{k} = ?")).collect();
    format!("DELETE FROM {table} WHERE {}", conditions.join(" AND "))
}

/// Adds `values` to the row of `key`, and takes the row away if nothing is left in it.
fn merge_row(merge: &mut Statement<'_>, drop: &mut Statement<'_>, key: &[i64], values: &[i64]) -> Result<()> {
    let all = key.iter().chain(values).map(|n| n as &dyn ToSql);
    let empty: bool = merge.query_row(params_from_iter(all), |row| row.get(0))?;
    if empty {
        drop.execute(params_from_iter(key))?;
    }
    Ok(())
}

/// Definition, day, connection, SKU and currency of a product row, in the order of the tables' keys.
type ProductRowKey = (Definition, std::cmp::Reverse<Day>, ConnectionId, i64, i64);

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
        let mut merge = lane.sql.prepare_cached(&STATEMENTS.merge_daily)?;
        let mut drop = lane.sql.prepare_cached(&STATEMENTS.drop_daily)?;
        for (key, measures) in rows {
            merge_row(&mut merge, &mut drop, &key, measures.values())?;
        }
        Ok(())
    }

    /// Rows of the platform's definition are stored as what differs from order totals: mostly nothing, so there are few.
    fn merge_products(&mut self, delta: &RollupDelta) -> Result<()> {
        let lane = self.lane;
        let words: Vec<i64> = delta.names.all().map(|text| lane.word(text)).collect::<Result<_>>()?;
        let mut days: HashMap<ProductRowKey, ProductMeasures> = HashMap::with_capacity(delta.products.len());
        let mut months: HashMap<ProductRowKey, ProductMeasures> = HashMap::new();
        for (at, measures) in delta.products.iter().filter(|(_, measures)| !measures.is_empty()) {
            let currency = lane.word(at.currency.code())?;
            let mut add = |definition, factor| {
                let row = |day| {
                    (
                        definition,
                        std::cmp::Reverse(day),
                        at.connection,
                        words[at.sku as usize],
                        currency,
                    )
                };
                days.entry(row(at.day)).or_default().merge(measures, factor);
                months.entry(row(month_of(at.day))).or_default().merge(measures, factor);
            };
            add(at.definition, 1);
            if at.definition == Definition::OrderTotals {
                add(Definition::Platform, -1);
            }
        }
        let tables = [
            (days, &STATEMENTS.merge_day, &STATEMENTS.drop_day),
            (months, &STATEMENTS.merge_month, &STATEMENTS.drop_month),
        ];
        for (rows, merge, drop) in tables {
            let mut rows: Vec<_> = rows.into_iter().filter(|(_, measures)| !measures.is_empty()).collect();
            rows.sort_unstable_by_key(|(key, _)| *key);
            let mut merge = lane.sql.prepare_cached(merge)?;
            let mut drop = lane.sql.prepare_cached(drop)?;
            for ((definition, day, connection, sku, currency), measures) in rows {
                let key = [definition as i64, day.0.0.into(), connection.0, sku, currency];
                merge_row(&mut merge, &mut drop, &key, &measures.values())?;
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

    /// Removes everything that a rebuild makes anew from the raw records: orders, their days, both roll-ups, catalogue, stock,
    /// customers, payouts. Raw records, learned costs, issues, states and settings stay.
    ///
    /// # Errors
    /// Database failures only.
    pub fn clear_derived(&mut self) -> Result<()> {
        Ok(self.lane.sql.execute_batch(include_str!("../sql/clear_derived.sql"))?)
    }
}
