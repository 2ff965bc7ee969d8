//! Day sums: what the formulas start from, kept up to date by exact integer differences.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Statement, ToSql, params_from_iter};

use super::checkpoint::MID_ROLLUP;
use super::error::{Result, StoreError};
use super::{ConnectionId, Read, Write};
use crate::metrics::{Contribution, Definition, Measures, ProductContribution, ProductMeasures};
use crate::model::{Currency, Day, Order, Status};

/// What a row of the business roll-up is about.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DailyKey {
    /// By which definition.
    pub definition: Definition,
    /// Day in the active zone.
    pub day: Day,
    /// Whose orders.
    pub connection: ConnectionId,
    /// Sales channel inside the platform.
    pub sales_channel: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// Part of the orders in the figures.
    pub status: Status,
}

/// What a row of the product roll-up is about.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ProductKey {
    /// By which definition.
    pub definition: Definition,
    /// Day in the active zone.
    pub day: Day,
    /// Whose orders.
    pub connection: ConnectionId,
    /// SKU, or what stands for it ([`ProductContribution::sku`]).
    pub sku: String,
    /// Currency of every amount.
    pub currency: Currency,
}

/// Differences to both roll-ups, gathered over many orders and merged at once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RollupDelta {
    daily: HashMap<DailyKey, Measures>,
    products: HashMap<ProductKey, ProductMeasures>,
}

impl RollupDelta {
    /// Adds `factor` (1 when an order comes, −1 when it goes) times what an order contributes.
    pub fn add(
        &mut self,
        connection: ConnectionId,
        order: &Order,
        business: &[Contribution],
        products: &[ProductContribution],
        factor: i64,
    ) {
        for c in business {
            let key = DailyKey {
                definition: c.definition,
                day: c.day,
                connection,
                sales_channel: order.sales_channel.clone(),
                currency: order.currency,
                status: order.status,
            };
            self.daily.entry(key).or_default().merge(&c.measures, factor);
        }
        for c in products {
            let key = ProductKey {
                definition: c.definition,
                day: c.day,
                connection,
                sku: c.sku.clone(),
                currency: order.currency,
            };
            self.products.entry(key).or_default().merge(&c.measures, factor);
        }
    }

    /// Adds to one row of the business roll-up.
    pub fn add_daily(&mut self, key: DailyKey, measures: &Measures, factor: i64) {
        self.daily.entry(key).or_default().merge(measures, factor);
    }

    /// The business rows that differ.
    pub fn daily(&self) -> impl Iterator<Item = (&DailyKey, &Measures)> {
        self.daily.iter().filter(|(_, measures)| !measures.is_empty())
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.daily.values().all(Measures::is_empty) && self.products.values().all(ProductMeasures::is_empty)
    }
}

/// Which rows to sum. Every condition that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RollupFilter {
    /// Only of this connection.
    pub connection: Option<ConnectionId>,
    /// Only of this sales channel (business roll-up only).
    pub sales_channel: Option<String>,
    /// Only in this currency.
    pub currency: Option<Currency>,
    /// Only of orders of this part in the figures (business roll-up only).
    pub status: Option<Status>,
}

/// By what to keep sums apart. Currencies are always apart: amounts of two currencies have no sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Group {
    /// A row per day.
    pub day: bool,
    /// A row per connection.
    pub connection: bool,
    /// A row per sales channel.
    pub sales_channel: bool,
    /// A row per status.
    pub status: bool,
}

/// Sums of the business roll-up. A part of the key is `None` where rows are not kept apart by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DailyRow {
    /// Day in the active zone.
    pub day: Option<Day>,
    /// Whose orders.
    pub connection: Option<ConnectionId>,
    /// Sales channel inside the platform.
    pub sales_channel: Option<String>,
    /// Part of the orders in the figures.
    pub status: Option<Status>,
    /// Currency of every amount.
    pub currency: Currency,
    /// The sums.
    pub measures: Measures,
}

/// Sums of the product roll-up over a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductRow {
    /// SKU, or what stands for it.
    pub sku: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// The sums.
    pub measures: ProductMeasures,
}

/// Statements made once from the measures' names.
struct Statements {
    merge_daily: String,
    drop_daily: String,
    sum_daily: String,
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
        sum_daily: format!(
            "SELECT day, connection, sales_channel, currency, status, {} FROM daily",
            measures.join(", ")
        ),
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
fn merge_row(merge: &mut Statement<'_>, drop: &str, key: &[Value], values: &[i64], write: &Write<'_>) -> Result<()> {
    let all = key
        .iter()
        .map(|k| k as &dyn ToSql)
        .chain(values.iter().map(|v| v as &dyn ToSql));
    let empty: bool = merge.query_row(params_from_iter(all), |row| row.get(0))?;
    if empty {
        write.lane.sql.prepare_cached(drop)?.execute(params_from_iter(key))?;
    }
    Ok(())
}

impl Write<'_> {
    /// Adds gathered differences to both roll-ups. Rows in which nothing is left go away, so that the roll-ups are the same
    /// whichever way they came about.
    ///
    /// # Errors
    /// Database failures; a sum beyond the range of `i64` is one.
    pub fn merge_rollups(&mut self, delta: &RollupDelta) -> Result<()> {
        let lane = self.lane;
        let mut daily: Vec<(&DailyKey, &Measures)> = delta.daily().collect();
        daily.sort_unstable_by_key(|(key, _)| *key);
        let mut merge = lane.sql.prepare_cached(&STATEMENTS.merge_daily)?;
        for (key, measures) in daily {
            let key = [
                Value::Integer(key.definition as i64),
                Value::Integer(key.day.0.into()),
                Value::Integer(key.connection.0),
                Value::Integer(lane.word(&key.sales_channel)?),
                Value::Text(key.currency.code().to_owned()),
                Value::Integer(key.status as i64),
            ];
            merge_row(&mut merge, &STATEMENTS.drop_daily, &key, measures.values(), self)?;
        }
        self.checkpoint.pass(MID_ROLLUP);
        let mut days: Vec<(SkuKey, ProductMeasures)> = Vec::with_capacity(delta.products.len());
        let mut months: HashMap<SkuKey, ProductMeasures> = HashMap::new();
        for (key, measures) in delta.products.iter().filter(|(_, measures)| !measures.is_empty()) {
            let sku = lane.word(&key.sku)?;
            let key = (key.definition, key.day, key.connection, sku, key.currency);
            days.push((key, *measures));
            let month = (key.0, month_of(key.1), key.2, key.3, key.4);
            months.entry(month).or_default().merge(measures, 1);
        }
        let mut months: Vec<(SkuKey, ProductMeasures)> = months.into_iter().filter(|(_, m)| !m.is_empty()).collect();
        for (rows, merge, drop) in [
            (&mut days, &STATEMENTS.merge_day, &STATEMENTS.drop_day),
            (&mut months, &STATEMENTS.merge_month, &STATEMENTS.drop_month),
        ] {
            rows.sort_unstable_by_key(|(key, _)| *key);
            let mut merge = lane.sql.prepare_cached(merge)?;
            for ((definition, day, connection, sku, currency), measures) in rows {
                let key = [
                    Value::Integer(*definition as i64),
                    Value::Integer(day.0.into()),
                    Value::Integer(connection.0),
                    Value::Integer(*sku),
                    Value::Text(currency.code().to_owned()),
                ];
                merge_row(&mut merge, drop, &key, &measures.values(), self)?;
            }
        }
        Ok(())
    }

    /// Removes everything that a rebuild makes anew from the raw records: orders, their days, both roll-ups, catalogue, stock,
    /// customers, payouts. Raw records, learned costs, issues, states and settings stay.
    ///
    /// # Errors
    /// Database failures only.
    pub fn clear_derived(&mut self) -> Result<()> {
        Ok(self.lane.sql.execute_batch(include_str!("sql/clear_derived.sql"))?)
    }
}

type SkuKey = (Definition, Day, ConnectionId, i64, Currency);

/// First day of the month a day is in.
fn month_of(day: Day) -> Day {
    use chrono::Datelike;
    Day(day.0 - (day.date().day() as i32 - 1))
}

/// First day of the next month.
fn next_month(day: Day) -> Day {
    month_of(month_of(day).plus(31))
}

impl Read<'_> {
    /// Sums of the business roll-up for `days` (the last one left out), kept apart by `group`, in the order of the key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a stored key is no key.
    pub fn daily(
        &self,
        definition: Definition,
        days: Range<Day>,
        filter: &RollupFilter,
        group: Group,
    ) -> Result<Vec<DailyRow>> {
        let wanted_channel = match &filter.sales_channel {
            None => None,
            Some(name) => match self.lane.find_word(name)? {
                None => return Ok(Vec::new()),
                some => some,
            },
        };
        let mut find = self.lane.sql.prepare_cached(&format!(
            "{} WHERE definition = ?1 AND day >= ?2 AND day < ?3",
            STATEMENTS.sum_daily
        ))?;
        let mut rows = find.query([definition as i64, days.start.0.into(), days.end.0.into()])?;
        let mut sums: HashMap<GroupKey, Measures> = HashMap::new();
        let mut values = vec![0_i64; Measures::default().values().len()];
        while let Some(row) = rows.next()? {
            let (connection, channel, status): (i64, i64, u8) = (row.get(1)?, row.get(2)?, row.get(4)?);
            let currency = parse_currency(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
            let other = filter.connection.is_some_and(|c| c.0 != connection)
                || wanted_channel.is_some_and(|c| c != channel)
                || filter.currency.is_some_and(|c| c != currency)
                || filter.status.is_some_and(|s| s as u8 != status);
            if other {
                continue;
            }
            for (index, value) in values.iter_mut().enumerate() {
                *value = row.get(index + 5)?;
            }
            let measures = Measures::from_values(&values).ok_or_else(|| StoreError::Corrupt("a day sum".to_owned()))?;
            let key = (
                if group.day { Some(Day(row.get(0)?)) } else { None },
                group.connection.then_some(connection),
                group.sales_channel.then_some(channel),
                group.status.then_some(status),
                currency,
            );
            sums.entry(key).or_default().merge(&measures, 1);
        }
        let mut found = Vec::with_capacity(sums.len());
        for ((day, connection, channel, status, currency), measures) in sums {
            let status = match status {
                None => None,
                Some(code) => {
                    Some(Status::from_code(code).ok_or_else(|| StoreError::Corrupt(format!("status {code}")))?)
                }
            };
            let sales_channel = match channel {
                None => None,
                Some(id) => Some(self.lane.text(id)?.as_ref().to_owned()),
            };
            let connection = connection.map(ConnectionId);
            found.push(DailyRow {
                day,
                connection,
                sales_channel,
                status,
                currency,
                measures,
            });
        }
        found.sort_unstable_by(|a, b| {
            (a.day, a.connection, &a.sales_channel, a.status, a.currency).cmp(&(
                b.day,
                b.connection,
                &b.sales_channel,
                b.status,
                b.currency,
            ))
        });
        Ok(found)
    }

    /// Sums per SKU and currency for `days` (the last one left out), in the order of SKUs. Of the filter, connection and
    /// currency count. Whole months inside the period are read as months.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a stored key is no key.
    pub fn products_sold(
        &self,
        definition: Definition,
        days: Range<Day>,
        filter: &RollupFilter,
    ) -> Result<Vec<ProductRow>> {
        let first = if month_of(days.start) == days.start {
            days.start
        } else {
            next_month(days.start)
        };
        let last = month_of(days.end);
        let parts = if first < last {
            [
                ("product_day", days.start..first),
                ("product_month", first..last),
                ("product_day", last..days.end),
            ]
        } else {
            [
                ("product_day", days),
                ("product_month", last..last),
                ("product_day", last..last),
            ]
        };
        let mut sums: HashMap<(i64, Currency), ProductMeasures> = HashMap::new();
        for (table, days) in parts.into_iter().filter(|(_, days)| days.start < days.end) {
            let mut find = self.lane.sql.prepare_cached(&format!(
                "SELECT connection, sku, currency, {} FROM {table} WHERE definition = ?1 AND day >= ?2 AND day < ?3",
                ProductMeasures::COLUMNS.join(", ")
            ))?;
            let mut rows = find.query([definition as i64, days.start.0.into(), days.end.0.into()])?;
            while let Some(row) = rows.next()? {
                let currency = parse_currency(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
                let connection: i64 = row.get(0)?;
                if filter.connection.is_some_and(|c| c.0 != connection)
                    || filter.currency.is_some_and(|c| c != currency)
                {
                    continue;
                }
                let mut values = [0_i64; 8];
                for (index, value) in values.iter_mut().enumerate() {
                    *value = row.get(index + 3)?;
                }
                sums.entry((row.get(1)?, currency))
                    .or_default()
                    .merge(&ProductMeasures::from_values(values), 1);
            }
        }
        let mut found = Vec::with_capacity(sums.len());
        for ((sku, currency), measures) in sums.into_iter().filter(|(_, m)| !m.is_empty()) {
            found.push(ProductRow {
                sku: self.lane.text(sku)?.as_ref().to_owned(),
                currency,
                measures,
            });
        }
        found.sort_unstable_by(|a, b| (&a.sku, a.currency).cmp(&(&b.sku, b.currency)));
        Ok(found)
    }
}

/// Day, connection, sales channel, status and currency of a sum; `None` where rows are not kept apart by it.
type GroupKey = (Option<Day>, Option<i64>, Option<i64>, Option<u8>, Currency);

fn parse_currency(code: &str) -> Result<Currency> {
    code.parse()
        .map_err(|_| StoreError::Corrupt(format!("“{code}” is no currency")))
}
