//! Lists of what is known besides orders: variants with their products, stock by location, customers.

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};

use super::conditions::Conditions;
use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, Read};
use crate::model::Currency;

/// Which rows of a list. Every condition that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListFilter {
    /// Only of these connections.
    pub connections: Option<Vec<ConnectionId>>,
    /// Only with this text in a title or SKU (customers: of this id or country).
    pub text: Option<String>,
    /// Only made within these UTC seconds, the last one left out (customers).
    pub made: Option<Range<i64>>,
}

/// A variant with its product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductLine {
    /// Whose it is.
    pub connection: ConnectionId,
    /// The platform's product id.
    pub product: String,
    /// The platform's variant id.
    pub variant: String,
    /// SKU; may be empty.
    pub sku: String,
    /// The product's title.
    pub title: String,
    /// The variant's title.
    pub variant_title: String,
    /// Vendor.
    pub vendor: String,
    /// State in the platform's words.
    pub status: String,
    /// Price of one unit in millionths of the shop's currency.
    pub price: Option<i64>,
    /// How many variants of the connection have its SKU, this one among them; 0 where it has none.
    pub sharing: u32,
}

/// Stock of an item at a location, with their names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StockLine {
    /// Whose it is.
    pub connection: ConnectionId,
    /// The platform's stock item id.
    pub item: String,
    /// SKU; may be empty.
    pub sku: String,
    /// Title of the product that sells it; empty while unknown.
    pub title: String,
    /// Title of its variant.
    pub variant_title: String,
    /// The platform's location id.
    pub location: String,
    /// Name of the location; empty while unknown.
    pub location_name: String,
    /// Whether the item is stocked there at present.
    pub active: bool,
    /// Units by the platform's own name.
    pub quantities: BTreeMap<String, i64>,
    /// Last change, UTC second.
    pub updated_at: i64,
}

/// A customer in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerLine {
    /// Whose it is.
    pub connection: ConnectionId,
    /// The platform's id.
    pub key: String,
    /// First seen on the platform, UTC second.
    pub created_at: i64,
    /// ISO 3166 alpha-2 of the default address.
    pub country: Option<String>,
    /// Orders the platform counts.
    pub orders: Option<i64>,
    /// What the platform says was spent, in millionths of `currency`.
    pub spent: Option<i64>,
    /// Currency of `spent`.
    pub currency: Option<Currency>,
}

const VARIANTS: &str = "FROM variant v JOIN product p ON p.connection = v.connection AND p.key = v.product";
const STOCK: &str = "FROM stock_level s
  LEFT JOIN location l ON l.connection = s.connection AND l.key = s.location
  LEFT JOIN variant v ON v.connection = s.connection AND v.key = (
    SELECT o.key FROM variant o WHERE o.connection = s.connection AND o.item = s.item ORDER BY o.key LIMIT 1)
  LEFT JOIN product p ON p.connection = v.connection AND p.key = v.product";

impl ListFilter {
    fn conditions(&self, connection: &'static str) -> Conditions {
        let mut conditions = Conditions::default();
        if let Some(connections) = &self.connections {
            conditions.any(connection, connections.iter().map(|c| Value::Integer(c.0)));
        }
        conditions
    }

    /// The text in one of three columns, whatever its case.
    fn in_titles(&self, conditions: &mut Conditions, first: &'static str, second: &'static str, third: &'static str) {
        if let Some(text) = &self.text {
            conditions.add(first, Value::Text(text.clone()));
            conditions.or(second, Value::Text(text.clone()));
            conditions.or(third, Value::Text(text.clone()));
            conditions.close();
        }
    }

    fn variants(&self) -> Conditions {
        let mut conditions = self.conditions("v.connection");
        conditions.add("p.deleted = ?", Value::Integer(0));
        self.in_titles(
            &mut conditions,
            "(instr(lower(p.title), lower(?)) > 0",
            "instr(lower(v.title), lower(?)) > 0",
            "instr(lower(v.sku), lower(?)) > 0",
        );
        conditions
    }

    fn stock(&self) -> Conditions {
        let mut conditions = self.conditions("s.connection");
        self.in_titles(
            &mut conditions,
            "(instr(lower(coalesce(p.title, '')), lower(?)) > 0",
            "instr(lower(coalesce(nullif(s.sku, ''), v.sku, '')), lower(?)) > 0",
            "instr(lower(coalesce(l.name, '')), lower(?)) > 0",
        );
        conditions
    }

    fn customers(&self) -> Conditions {
        let mut conditions = self.conditions("connection");
        if let Some(made) = &self.made {
            conditions.add("created_at >= ?", Value::Integer(made.start));
            conditions.add("created_at < ?", Value::Integer(made.end));
        }
        if let Some(text) = &self.text {
            let id = Id(text)
                .number()
                .map_or_else(|| Value::Text(text.clone()), Value::Integer);
            conditions.add("(key = ?", id);
            conditions.or("country = upper(?))", Value::Text(text.clone()));
        }
        conditions
    }
}

impl Read<'_> {
    fn count_listed(&self, from: &str, conditions: Conditions) -> Result<u64> {
        let Conditions { text, values } = conditions;
        let mut count = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT count(*) {from} {text}"))?;
        Ok(count
            .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))?
            .unsigned_abs())
    }

    /// How many variants a filter finds.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_product_lines(&self, filter: &ListFilter) -> Result<u64> {
        self.count_listed(VARIANTS, filter.variants())
    }

    /// Variants of products that are not gone, by title; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn product_lines(&self, filter: &ListFilter, skip: u64, limit: u64) -> Result<Vec<ProductLine>> {
        let Conditions { text, mut values } = filter.variants();
        values.extend(bounds(skip, limit));
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT v.connection, v.product, v.key, v.sku, p.title, v.title, p.vendor, p.status, v.price,
               iif(v.sku = '', 0, (SELECT count(*) FROM variant o WHERE o.connection = v.connection AND o.sku = v.sku))
             {VARIANTS} {text}
             ORDER BY p.title, v.connection, v.product, v.position, v.key LIMIT ? OFFSET ?"
        ))?;
        let rows = find.query_map(params_from_iter(values), |row| {
            Ok(ProductLine {
                connection: ConnectionId(row.get(0)?),
                product: row.get::<_, OwnedId>(1)?.0,
                variant: row.get::<_, OwnedId>(2)?.0,
                sku: row.get(3)?,
                title: row.get(4)?,
                variant_title: row.get(5)?,
                vendor: row.get(6)?,
                status: row.get(7)?,
                price: row.get(8)?,
                sharing: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a variant of a product that is not gone sells under this SKU, or under what stands for none (`variant:ID`).
    ///
    /// # Errors
    /// Database failures only.
    pub fn lists_sku(&self, connection: ConnectionId, sku: &str) -> Result<bool> {
        let (column, value) = match sku.strip_prefix("variant:") {
            Some(key) => {
                let key = Id(key)
                    .number()
                    .map_or_else(|| Value::Text(key.to_owned()), Value::Integer);
                ("v.sku = '' AND v.key", key)
            }
            None => ("v.sku", Value::Text(sku.to_owned())),
        };
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 {VARIANTS} WHERE v.connection = ?1 AND p.deleted = 0 AND {column} = ?2)"
        ))?;
        Ok(find.query_row(params![connection.0, value], |row| row.get(0))?)
    }

    /// How many stock levels a filter finds.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_stock_lines(&self, filter: &ListFilter) -> Result<u64> {
        self.count_listed(STOCK, filter.stock())
    }

    /// Stock levels by title and location; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where stored quantities cannot be read.
    pub fn stock_lines(&self, filter: &ListFilter, skip: u64, limit: u64) -> Result<Vec<StockLine>> {
        let Conditions { text, mut values } = filter.stock();
        values.extend(bounds(skip, limit));
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT s.connection, s.item, coalesce(nullif(s.sku, ''), v.sku, ''), coalesce(p.title, ''), coalesce(v.title, ''),
               s.location, coalesce(l.name, ''), s.active, s.quantities, s.updated_at
             {STOCK} {text} ORDER BY coalesce(p.title, ''), s.connection, s.item, l.name, s.location LIMIT ? OFFSET ?"
        ))?;
        let mut rows = find.query(params_from_iter(values))?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let item = row.get::<_, OwnedId>(1)?.0;
            let quantities = row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?;
            let quantities = serde_json::from_str(quantities)
                .map_err(|e| StoreError::Corrupt(format!("quantities of item {item}: {e}")))?;
            lines.push(StockLine {
                connection: ConnectionId(row.get(0)?),
                item,
                sku: row.get(2)?,
                title: row.get(3)?,
                variant_title: row.get(4)?,
                location: row.get::<_, OwnedId>(5)?.0,
                location_name: row.get(6)?,
                active: row.get(7)?,
                quantities,
                updated_at: row.get(9)?,
            });
        }
        Ok(lines)
    }

    /// How many customers a filter finds.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_customer_lines(&self, filter: &ListFilter) -> Result<u64> {
        self.count_listed("FROM customer", filter.customers())
    }

    /// Customers, newest first; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a stored currency is none.
    pub fn customer_lines(&self, filter: &ListFilter, skip: u64, limit: u64) -> Result<Vec<CustomerLine>> {
        let Conditions { text, mut values } = filter.customers();
        values.extend(bounds(skip, limit));
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT connection, key, created_at, country, orders, spent, currency FROM customer {text}
             ORDER BY created_at DESC, connection, key LIMIT ? OFFSET ?"
        ))?;
        let mut rows = find.query(params_from_iter(values))?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let key = row.get::<_, OwnedId>(1)?.0;
            let currency: Option<String> = row.get(6)?;
            let currency = currency
                .map(|code| {
                    code.parse()
                        .map_err(|e| StoreError::Corrupt(format!("customer {key}: {e}")))
                })
                .transpose()?;
            lines.push(CustomerLine {
                connection: ConnectionId(row.get(0)?),
                key,
                created_at: row.get(2)?,
                country: row.get(3)?,
                orders: row.get(4)?,
                spent: row.get(5)?,
                currency,
            });
        }
        Ok(lines)
    }
}

fn bounds(skip: u64, limit: u64) -> [Value; 2] {
    [limit, skip].map(|n| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX)))
}
