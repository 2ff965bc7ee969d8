//! Differences into the file.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection, params_from_iter};

use super::delta::{Mixed, RollupDelta};
use super::month_of;
use super::sums::{ProductCell, Sums};
use crate::metrics::{Definition, Measures, ProductMeasures, product_key};
use crate::model::{Day, Status};
use crate::store::block::Lexicon;
use crate::store::checkpoint::MID_ROLLUP;
use crate::store::error::{Result, StoreError};
use crate::store::lane::Lane;
use crate::store::word::LaneLexicon;
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

    /// As [`Merge::row`], for a row of a product table. Nothing is no row.
    fn product(&mut self, key: ProductRowKey, sum: &ProductMeasures) -> Result<()> {
        if sum.is_empty() {
            return Ok(());
        }
        let (definition, Reverse(day), connection, sku, currency) = key;
        let key = [definition as i64, day.0.into(), connection.0, sku, currency];
        self.row(&key, &sum.values().ok_or_else(beyond)?)
    }
}

/// The words of products by the numbers of their goods.
#[derive(Default)]
struct Skus(HashMap<i64, i64>);

impl Skus {
    fn word(&mut self, lane: &Lane, goods: i64) -> Result<i64> {
        if let Some(word) = self.0.get(&goods) {
            return Ok(*word);
        }
        let named = LaneLexicon(lane).goods(goods)?;
        let word = lane.word(&product_key(&named.sku, named.variant.as_deref(), &named.title))?;
        self.0.insert(goods, word);
        Ok(word)
    }
}

/// A sum beyond what a column holds: nothing of the step is stored, and nothing wraps.
fn beyond() -> StoreError {
    StoreError::Invalid(
        "the amounts of one day come to more than the ledger can hold (nine trillion); nothing of this step was stored"
            .to_owned(),
    )
}

/// Definition, day, connection, sales channel, currency and status of a business row, in the order of the table's key.
type DailyRowKey = (Definition, Reverse<Day>, ConnectionId, i64, i64, Status);

/// Definition, day, connection, SKU and currency of a product row, in the order of the tables' keys.
type ProductRowKey = (Definition, Reverse<Day>, ConnectionId, i64, i64);

impl Write<'_> {
    /// Adds gathered differences to both roll-ups.
    ///
    /// # Errors
    /// Database failures; a sum beyond the range of `i64` is one.
    pub fn merge_rollups(&mut self, delta: &RollupDelta) -> Result<()> {
        let lane = self.lane;
        let mut daily = Vec::with_capacity(delta.daily.len());
        for (at, measures) in &delta.daily {
            let channel = lane.word(delta.names.text(at.sales_channel))?;
            let currency = lane.word(at.currency.code())?;
            let key = (
                at.definition,
                Reverse(at.day),
                at.connection,
                channel,
                currency,
                at.status,
            );
            daily.push((key, measures));
        }
        let words: Vec<i64> = delta.names.all().map(|text| lane.word(text)).collect::<Result<_>>()?;
        let mut products = Vec::new();
        for ((definition, day), of_day) in &delta.products {
            for (at, measures) in of_day {
                let currency = lane.word(at.currency.code())?;
                let key = |of| (of, Reverse(*day), at.connection, words[at.sku as usize], currency);
                products.push((key(*definition), *measures));
                // The platform's rows hold what differs from order totals.
                if *definition == Definition::OrderTotals {
                    products.push((key(Definition::Platform), measures.negated()));
                }
            }
        }
        self.merge_rows(daily, products)
    }

    /// Adds the sums of a connection's orders to both roll-ups.
    ///
    /// # Errors
    /// Database failures; a sum beyond the range of `i64` is one.
    pub fn merge_sums(&mut self, connection: ConnectionId, sums: &[Sums]) -> Result<()> {
        let lane = self.lane;
        let mut daily = Vec::new();
        for (at, measures) in sums.iter().flat_map(Sums::daily) {
            let currency = lane.word(at.currency.code())?;
            let key = (
                at.definition,
                Reverse(at.day),
                connection,
                at.sales_channel,
                currency,
                at.status,
            );
            daily.push((key, measures));
        }
        let mut skus = Skus::default();
        let mut key = |definition, at: ProductCell| {
            let (sku, currency) = (skus.word(lane, at.goods)?, lane.word(at.currency.code())?);
            Ok::<_, StoreError>((definition, Reverse(at.day), connection, sku, currency))
        };
        let cells = sums.iter().map(|sums| sums.sold().count() + sums.shipped().count());
        let mut products = Vec::with_capacity(cells.sum());
        for (at, [totals, platform]) in sums.iter().flat_map(Sums::sold) {
            products.push((key(Definition::OrderTotals, at)?, *totals));
            if totals != platform {
                let mut differs = *platform;
                differs.merge(totals, -1);
                products.push((key(Definition::Platform, at)?, differs));
            }
        }
        for (at, measures) in sums.iter().flat_map(Sums::shipped) {
            products.push((key(Definition::Accounting, at)?, *measures));
        }
        self.merge_rows(daily, products)
    }

    fn merge_rows(
        &mut self,
        daily: Vec<(DailyRowKey, &Measures)>,
        products: Vec<(ProductRowKey, ProductMeasures)>,
    ) -> Result<()> {
        self.merge_daily(daily)?;
        self.checkpoint.pass(MID_ROLLUP);
        self.merge_products(products)
    }

    fn merge_daily(&mut self, mut rows: Vec<(DailyRowKey, &Measures)>) -> Result<()> {
        rows.sort_unstable_by_key(|(key, _)| *key);
        let mut merge = Merge::new(&self.lane.sql, &TABLES[0])?;
        for same in rows.chunk_by(|(one, _), (other, _)| one == other) {
            let (key, mut sum) = (same[0].0, same[0].1.clone());
            for (_, more) in &same[1..] {
                sum.merge(more, 1);
            }
            if sum.is_empty() {
                continue;
            }
            let (definition, Reverse(day), connection, channel, currency, status) = key;
            let key = [
                definition as i64,
                day.0.into(),
                connection.0,
                channel,
                currency,
                status as i64,
            ];
            merge.row(&key, &sum.values().ok_or_else(beyond)?)?;
        }
        Ok(())
    }

    /// Days, and the months they add up to.
    fn merge_products(&mut self, rows: Vec<(ProductRowKey, ProductMeasures)>) -> Result<()> {
        let lane = self.lane;
        // Rows are large and keys are small: the keys are sorted.
        let mut order: Vec<(ProductRowKey, u32)> = rows.iter().zip(0..).map(|((key, _), at)| (*key, at)).collect();
        order.sort_unstable();
        let mut days = Merge::new(&lane.sql, &TABLES[1])?;
        let mut months: Mixed<ProductRowKey, ProductMeasures> = Mixed::default();
        for same in order.chunk_by(|(one, _), (other, _)| one == other) {
            let mut sum = ProductMeasures::default();
            for (_, at) in same {
                sum.merge(&rows[*at as usize].1, 1);
            }
            let (definition, Reverse(day), connection, sku, currency) = same[0].0;
            days.product(same[0].0, &sum)?;
            let month = (definition, Reverse(month_of(day)), connection, sku, currency);
            months.entry(month).or_default().merge(&sum, 1);
        }
        let mut months: Vec<_> = months.into_iter().collect();
        months.sort_unstable_by_key(|(key, _)| *key);
        let mut merge = Merge::new(&lane.sql, &TABLES[2])?;
        for (key, sum) in &months {
            merge.product(*key, sum)?;
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
