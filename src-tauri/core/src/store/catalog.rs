//! Products, variants, locations and stock.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, Rank, Read, Write};
use crate::model::{Location, Product, StockLevel, Variant};

/// Which products to list. Every condition that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProductFilter {
    /// Only of this connection.
    pub connection: Option<ConnectionId>,
    /// Only with this text in the title.
    pub text: Option<String>,
    /// Only in this state (the platform's word).
    pub status: Option<String>,
    /// Products that are gone from the platform too.
    pub deleted: bool,
}

/// A variant with the product it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VariantRow {
    /// Whose it is.
    pub connection: ConnectionId,
    /// The platform's product id.
    pub product: String,
    /// The product's title; empty while only the variant is known.
    pub product_title: String,
    /// The variant.
    pub variant: Variant,
}

const PRODUCT: &str = "connection, key, title, vendor, category, status, updated_at, deleted";
const VARIANT: &str = "v.connection, v.product, v.key, v.item, v.sku, v.title, v.barcode, v.price";

fn product(row: &Row<'_>) -> rusqlite::Result<(ConnectionId, Product)> {
    let product = Product {
        key: row.get::<_, OwnedId>(1)?.0,
        title: row.get(2)?,
        vendor: row.get(3)?,
        category: row.get(4)?,
        status: row.get(5)?,
        updated_at: row.get(6)?,
        deleted: row.get(7)?,
        variants: Vec::new(),
    };
    Ok((ConnectionId(row.get(0)?), product))
}

fn variant(row: &Row<'_>) -> rusqlite::Result<Variant> {
    Ok(Variant {
        key: row.get::<_, OwnedId>(2)?.0,
        item: row.get::<_, Option<OwnedId>>(3)?.map(|id| id.0),
        sku: row.get(4)?,
        title: row.get(5)?,
        barcode: row.get(6)?,
        price: row.get(7)?,
    })
}

fn variant_row(row: &Row<'_>) -> rusqlite::Result<VariantRow> {
    Ok(VariantRow {
        connection: ConnectionId(row.get(0)?),
        product: row.get::<_, OwnedId>(1)?.0,
        product_title: row.get::<_, Option<String>>(8)?.unwrap_or_default(),
        variant: variant(row)?,
    })
}

impl Write<'_> {
    /// Stores a product and its variants where nothing newer is known. With `complete` the statement names every variant
    /// (further pages of the same rank aside): older variants are gone, whichever statement arrives first. Returns whether
    /// the product was stored.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_product(
        &mut self,
        connection: ConnectionId,
        rank: Rank,
        product: &Product,
        complete: bool,
    ) -> Result<bool> {
        let sql = &self.lane.sql;
        let stored = sql
            .prepare_cached(include_str!("sql/product_put.sql"))?
            .execute(params![
                connection.0,
                Id(&product.key),
                product.title,
                product.vendor,
                product.category,
                product.status,
                product.updated_at,
                product.deleted,
                rank.version,
                rank.source as u8
            ])?;
        if complete {
            let of_product = params![connection.0, Id(&product.key), rank.version, rank.source as u8];
            let newest = sql
                .prepare_cached(include_str!("sql/product_whole.sql"))?
                .execute(of_product)?;
            if newest > 0 {
                sql.prepare_cached(
                    "DELETE FROM variant WHERE connection = ?1 AND product = ?2 AND (version, source) < (?3, ?4)",
                )?
                .execute(of_product)?;
            }
        }
        self.put_variants(connection, rank, &product.key, 0, &product.variants)?;
        Ok(stored > 0)
    }

    /// Stores a product and its variants where nothing newer is known, as a record that knows nothing of its maker and its kind.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_listed(&mut self, connection: ConnectionId, rank: Rank, product: &Product) -> Result<()> {
        let sql = &self.lane.sql;
        sql.prepare_cached(include_str!("sql/product_listed.sql"))?
            .execute(params![
                connection.0,
                Id(&product.key),
                product.title,
                product.status,
                product.updated_at,
                product.deleted,
                rank.version,
                rank.source as u8
            ])?;
        self.put_variants(connection, rank, &product.key, 0, &product.variants)
    }

    /// Stores who makes a product that is known, and what kind of thing it is.
    ///
    /// # Errors
    /// Database failures only.
    pub fn describe_product(&mut self, connection: ConnectionId, product: &Product) -> Result<()> {
        self.lane
            .sql
            .prepare_cached("UPDATE product SET vendor = ?3, category = ?4 WHERE connection = ?1 AND key = ?2")?
            .execute(params![
                connection.0,
                Id(&product.key),
                product.vendor,
                product.category
            ])?;
        Ok(())
    }

    /// Stores variants of a product where nothing newer is known; `first` is the position of the first one.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_variants(
        &mut self,
        connection: ConnectionId,
        rank: Rank,
        product: &str,
        first: usize,
        variants: &[Variant],
    ) -> Result<()> {
        let sql = &self.lane.sql;
        let outdated: bool = sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM product
                   WHERE connection = ?1 AND key = ?2 AND (whole_version, whole_source) > (?3, ?4))",
            )?
            .query_row(
                params![connection.0, Id(product), rank.version, rank.source as u8],
                |row| row.get(0),
            )?;
        if outdated {
            return Ok(());
        }
        let mut put = sql.prepare_cached(include_str!("sql/variant_put.sql"))?;
        for (index, variant) in variants.iter().enumerate() {
            put.execute(params![
                connection.0,
                Id(&variant.key),
                Id(product),
                (first + index) as i64,
                variant.item.as_deref().map(Id),
                variant.sku,
                variant.title,
                variant.barcode,
                variant.price,
                rank.version,
                rank.source as u8
            ])?;
        }
        Ok(())
    }

    /// Marks a product as gone from the platform; orders still point to it.
    ///
    /// # Errors
    /// Database failures only.
    pub fn product_gone(&mut self, connection: ConnectionId, key: &str) -> Result<bool> {
        let mut mark = self
            .lane
            .sql
            .prepare_cached("UPDATE product SET deleted = 1 WHERE connection = ?1 AND key = ?2")?;
        Ok(mark.execute(params![connection.0, Id(key)])? > 0)
    }

    /// Stores a location where nothing newer is known.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_location(&mut self, connection: ConnectionId, rank: Rank, location: &Location) -> Result<bool> {
        let stored = self
            .lane
            .sql
            .prepare_cached(include_str!("sql/location_put.sql"))?
            .execute(params![
                connection.0,
                Id(&location.key),
                location.name,
                location.active,
                location.country,
                rank.version,
                rank.source as u8
            ])?;
        Ok(stored > 0)
    }

    /// Stores stock levels where nothing newer is known; returns how many were stored.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_stock(&mut self, connection: ConnectionId, rank: Rank, levels: &[StockLevel]) -> Result<usize> {
        let mut put = self.lane.sql.prepare_cached(include_str!("sql/stock_put.sql"))?;
        let mut stored = 0;
        for level in levels {
            let quantities: BTreeMap<&str, i64> =
                level.quantities.iter().map(|(name, n)| (name.as_str(), *n)).collect();
            let quantities = serde_json::to_string(&quantities)
                .map_err(|e| StoreError::Invalid(format!("quantities of item {}: {e}", level.item)))?;
            stored += put.execute(params![
                connection.0,
                Id(&level.item),
                Id(&level.location),
                level.sku,
                level.active,
                quantities,
                level.updated_at,
                rank.version,
                rank.source as u8
            ])?;
        }
        Ok(stored)
    }
}

impl Read<'_> {
    /// Products by title, with their variants; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn products(&self, filter: &ProductFilter, skip: u64, limit: u64) -> Result<Vec<(ConnectionId, Product)>> {
        let (text, mut values) = conditions(filter);
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        values.push(Value::Integer(i64::try_from(skip).unwrap_or(i64::MAX)));
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {PRODUCT} FROM product WHERE {text} ORDER BY title, connection, key LIMIT ? OFFSET ?"
        ))?;
        let found = find.query_map(params_from_iter(values), product)?;
        let mut products = found.collect::<rusqlite::Result<Vec<_>>>()?;
        for (connection, product) in &mut products {
            product.variants = self.variants_of(*connection, &product.key)?;
        }
        Ok(products)
    }

    /// How many products a filter finds.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_products(&self, filter: &ProductFilter) -> Result<u64> {
        let (text, values) = conditions(filter);
        let mut count = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT count(*) FROM product WHERE {text}"))?;
        Ok(count
            .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))?
            .unsigned_abs())
    }

    /// One product with its variants.
    ///
    /// # Errors
    /// Database failures only.
    pub fn product(&self, connection: ConnectionId, key: &str) -> Result<Option<Product>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {PRODUCT} FROM product WHERE connection = ?1 AND key = ?2"
        ))?;
        let Some((_, mut found)) = find.query_row(params![connection.0, Id(key)], product).optional()? else {
            return Ok(None);
        };
        found.variants = self.variants_of(connection, key)?;
        Ok(Some(found))
    }

    fn variants_of(&self, connection: ConnectionId, product: &str) -> Result<Vec<Variant>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {VARIANT} FROM variant v WHERE v.connection = ?1 AND v.product = ?2 ORDER BY v.position, v.key"
        ))?;
        let found = find.query_map(params![connection.0, Id(product)], variant)?;
        Ok(found.collect::<rusqlite::Result<Vec<_>>>()?)
    }

    /// Every variant of a connection with its product's title, by product and position.
    ///
    /// # Errors
    /// Database failures only.
    pub fn variants(&self, connection: ConnectionId) -> Result<Vec<VariantRow>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {VARIANT}, p.title FROM variant v
             LEFT JOIN product p ON p.connection = v.connection AND p.key = v.product
             WHERE v.connection = ?1 ORDER BY v.product, v.position, v.key"
        ))?;
        let found = find.query_map([connection.0], variant_row)?;
        Ok(found.collect::<rusqlite::Result<Vec<_>>>()?)
    }

    /// Locations of a connection, by name.
    ///
    /// # Errors
    /// Database failures only.
    pub fn locations(&self, connection: ConnectionId) -> Result<Vec<Location>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT key, name, active, country FROM location WHERE connection = ?1 ORDER BY name, key",
        )?;
        let found = find.query_map([connection.0], |row| {
            Ok(Location {
                key: row.get::<_, OwnedId>(0)?.0,
                name: row.get(1)?,
                active: row.get(2)?,
                country: row.get(3)?,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<Vec<_>>>()?)
    }

    /// Stock levels, of one connection if given, by connection, item and location; at most `limit`, after leaving out `skip`.
    /// Quantities come back by name.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where stored quantities cannot be read.
    pub fn stock(
        &self,
        connection: Option<ConnectionId>,
        skip: u64,
        limit: u64,
    ) -> Result<Vec<(ConnectionId, StockLevel)>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT connection, item, location, sku, active, quantities, updated_at FROM stock_level
             WHERE ?1 IS NULL OR connection = ?1 ORDER BY connection, item, location LIMIT ?2 OFFSET ?3",
        )?;
        let (limit, skip) = (
            i64::try_from(limit).unwrap_or(i64::MAX),
            i64::try_from(skip).unwrap_or(i64::MAX),
        );
        let mut rows = find.query(params![connection.map(|c| c.0), limit, skip])?;
        let mut levels = Vec::new();
        while let Some(row) = rows.next()? {
            let item = row.get::<_, OwnedId>(1)?.0;
            let quantities: BTreeMap<String, i64> =
                serde_json::from_str(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?)
                    .map_err(|e| StoreError::Corrupt(format!("quantities of item {item}: {e}")))?;
            let level = StockLevel {
                item,
                location: row.get::<_, OwnedId>(2)?.0,
                sku: row.get(3)?,
                active: row.get(4)?,
                quantities: quantities.into_iter().collect(),
                updated_at: row.get(6)?,
            };
            levels.push((ConnectionId(row.get(0)?), level));
        }
        Ok(levels)
    }
}

fn conditions(filter: &ProductFilter) -> (String, Vec<Value>) {
    let mut text = "1 = 1".to_owned();
    let mut values = Vec::new();
    if let Some(connection) = filter.connection {
        text.push_str(" AND connection = ?");
        values.push(Value::Integer(connection.0));
    }
    if let Some(part) = &filter.text {
        text.push_str(" AND instr(lower(title), lower(?)) > 0");
        values.push(Value::Text(part.clone()));
    }
    if let Some(status) = &filter.status {
        text.push_str(" AND status = ?");
        values.push(Value::Text(status.clone()));
    }
    if !filter.deleted {
        text.push_str(" AND deleted = 0");
    }
    (text, values)
}
