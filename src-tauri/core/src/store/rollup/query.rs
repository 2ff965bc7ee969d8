//! Sums out of the file.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::{month_of, next_month};
use crate::metrics::{Definition, Measures, ProductMeasures};
use crate::model::{Currency, Day, Status};
use crate::store::error::{Result, StoreError};
use crate::store::{ConnectionId, Read};

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

static SUM_DAILY: LazyLock<String> = LazyLock::new(|| {
    let measures: Vec<&str> = Measures::columns().collect();
    format!(
        "SELECT day, connection, sales_channel, currency, status, {} FROM daily
         WHERE definition = ?1 AND day >= ?2 AND day < ?3",
        measures.join(", ")
    )
});

/// Day, connection, sales channel, status and currency of a sum; `None` where rows are not kept apart by it.
type GroupKey = (Option<i32>, Option<i64>, Option<i64>, Option<u8>, i64);

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
        let Some(channel_wanted) = self.wanted(filter.sales_channel.as_deref())? else {
            return Ok(Vec::new());
        };
        let Some(currency_wanted) = self.wanted(filter.currency.as_ref().map(Currency::code))? else {
            return Ok(Vec::new());
        };
        let mut find = self.lane.sql.prepare_cached(&SUM_DAILY)?;
        let mut rows = find.query([definition as i64, days.start.0.into(), days.end.0.into()])?;
        let mut sums: HashMap<GroupKey, Measures> = HashMap::new();
        let mut values = [0_i64; Measures::COLUMNS];
        while let Some(row) = rows.next()? {
            let (connection, channel): (i64, i64) = (row.get(1)?, row.get(2)?);
            let (currency, status): (i64, u8) = (row.get(3)?, row.get(4)?);
            let other = filter.connection.is_some_and(|c| c.0 != connection)
                || channel_wanted.is_some_and(|c| c != channel)
                || currency_wanted.is_some_and(|c| c != currency)
                || filter.status.is_some_and(|s| s as u8 != status);
            if other {
                continue;
            }
            for (index, value) in values.iter_mut().enumerate() {
                *value = row.get(index + 5)?;
            }
            let measures = Measures::from_values(&values);
            let key = (
                if group.day { Some(row.get(0)?) } else { None },
                group.connection.then_some(connection),
                group.sales_channel.then_some(channel),
                group.status.then_some(status),
                currency,
            );
            sums.entry(key).or_default().merge(&measures, 1);
        }
        let mut found = Vec::with_capacity(sums.len());
        for ((day, connection, channel, status, currency), measures) in sums {
            let status = status.map(|code| {
                Status::from_code(code).ok_or_else(|| StoreError::Corrupt(format!("{code} is no order status")))
            });
            found.push(DailyRow {
                day: day.map(Day),
                connection: connection.map(ConnectionId),
                sales_channel: channel
                    .map(|id| self.lane.text(id).map(|text| text.to_string()))
                    .transpose()?,
                status: status.transpose()?,
                currency: self.currency(currency)?,
                measures,
            });
        }
        let order = |a: &DailyRow, b: &DailyRow| {
            let [a_key, b_key] = [a, b].map(|r| (r.day, r.connection, &r.sales_channel, r.status, r.currency));
            a_key.cmp(&b_key)
        };
        found.sort_unstable_by(order);
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
        let Some(currency_wanted) = self.wanted(filter.currency.as_ref().map(Currency::code))? else {
            return Ok(Vec::new());
        };
        // The platform's rows hold what differs from order totals.
        let definitions = match definition {
            Definition::Platform => vec![Definition::OrderTotals, Definition::Platform],
            other => vec![other],
        };
        let mut sums: HashMap<(i64, i64), ProductMeasures> = HashMap::new();
        for (table, days) in spans(days) {
            let mut find = self.lane.sql.prepare_cached(&format!(
                "SELECT connection, sku, currency, {} FROM {table} WHERE definition = ?1 AND day >= ?2 AND day < ?3",
                ProductMeasures::COLUMNS.join(", ")
            ))?;
            for definition in &definitions {
                let mut rows = find.query([*definition as i64, days.start.0.into(), days.end.0.into()])?;
                while let Some(row) = rows.next()? {
                    let (connection, currency): (i64, i64) = (row.get(0)?, row.get(2)?);
                    let other = filter.connection.is_some_and(|c| c.0 != connection)
                        || currency_wanted.is_some_and(|c| c != currency);
                    if other {
                        continue;
                    }
                    let mut values = [0_i64; 8];
                    for (index, value) in values.iter_mut().enumerate() {
                        *value = row.get(index + 3)?;
                    }
                    let sum = sums.entry((row.get(1)?, currency)).or_default();
                    sum.merge(&ProductMeasures::from_values(values), 1);
                }
            }
        }
        let mut found = Vec::with_capacity(sums.len());
        for ((sku, currency), measures) in sums.into_iter().filter(|(_, m)| !m.is_empty()) {
            let sku = self.lane.text(sku)?.to_string();
            found.push(ProductRow {
                sku,
                currency: self.currency(currency)?,
                measures,
            });
        }
        found.sort_unstable_by(|a, b| (&a.sku, a.currency).cmp(&(&b.sku, b.currency)));
        Ok(found)
    }

    /// The number of a word that is asked for: `None` if it is unknown, so that nothing can match; `Some(None)` if none is.
    fn wanted(&self, word: Option<&str>) -> Result<Option<Option<i64>>> {
        match word {
            None => Ok(Some(None)),
            Some(word) => Ok(self.lane.find_word(word)?.map(Some)),
        }
    }

    fn currency(&self, word: i64) -> Result<Currency> {
        let code = self.lane.text(word)?;
        code.parse()
            .map_err(|_| StoreError::Corrupt(format!("“{code}” is no currency")))
    }
}

/// A period as days and whole months, each with the table that holds it.
fn spans(days: Range<Day>) -> Vec<(&'static str, Range<Day>)> {
    let first = if month_of(days.start) == days.start {
        days.start
    } else {
        next_month(days.start)
    };
    let last = month_of(days.end);
    if first >= last {
        return vec![("product_day", days)];
    }
    let parts = [
        ("product_day", days.start..first),
        ("product_month", first..last),
        ("product_day", last..days.end),
    ];
    parts.into_iter().filter(|(_, days)| days.start < days.end).collect()
}
