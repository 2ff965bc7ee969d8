//! Connections: the accounts a profile reads from. No secret is kept here.

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::error::{Result, StoreError};
use super::{Read, Write};
use crate::connectors::Channel;
use crate::model::{Currency, Zone};

/// Number of a connection within its profile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub i64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a connection is made from.
#[derive(Clone, PartialEq, Debug)]
pub struct NewConnection {
    /// The marketplace.
    pub channel: Channel,
    /// The name on screens.
    pub name: String,
    /// Base address of the platform's interface for this account.
    pub endpoint: String,
    /// The channel's own settings (scopes granted, plan, options), JSON without secrets.
    pub settings: serde_json::Value,
    /// UTC second of making.
    pub created_at: i64,
}

/// A connected account, or the source of imported files.
#[derive(Clone, PartialEq, Debug)]
pub struct Connection {
    /// Its number.
    pub id: ConnectionId,
    /// The marketplace.
    pub channel: Channel,
    /// The name on screens.
    pub name: String,
    /// Base address of the platform's interface for this account.
    pub endpoint: String,
    /// The platform's id of the account, once known.
    pub account: Option<String>,
    /// The account's address on the platform, once known (Shopify: `NAME.myshopify.com`).
    pub domain: Option<String>,
    /// The account's zone, once known.
    pub zone: Option<Zone>,
    /// The account's currency, once known.
    pub currency: Option<Currency>,
    /// The channel's own settings, JSON without secrets.
    pub settings: serde_json::Value,
    /// UTC second of making.
    pub created_at: i64,
    /// UTC second of disconnecting; its records stay.
    pub disconnected_at: Option<i64>,
}

impl Connection {
    /// Whether it only takes files: nothing is fetched for it.
    pub fn is_files_only(&self) -> bool {
        let stated = self.settings.get("files_only").and_then(serde_json::Value::as_bool);
        stated.unwrap_or(false)
    }

    /// The texts of a list among its settings (`scopes`, `outlets`); none where there is no such list.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let list = self.settings.get(name).and_then(serde_json::Value::as_array);
        list.into_iter().flatten().filter_map(serde_json::Value::as_str)
    }
}

/// What is stored of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Held {
    /// Orders.
    pub orders: u64,
    /// Raw records, all versions.
    pub records: u64,
}

/// Tables whose rows belong to a connection.
const OWNED: [&str; 21] = [
    "answer",
    "raw",
    "orders",
    "daily",
    "product_day",
    "product_month",
    "product",
    "variant",
    "location",
    "stock_level",
    "customer",
    "payout",
    "control_total",
    "cost",
    "issue",
    "stream_state",
    "run",
    "lease",
    "limiter",
    "restatement",
    "staged",
];

/// Setting that holds the highest number a connection ever had: numbers of deleted ones are not given again, for whoever has
/// the file open remembers things by them.
const HIGHEST: &str = "highest_connection";

const COLUMNS: &str =
    "id, channel, name, endpoint, account, domain, zone, currency, settings, created_at, disconnected_at";

/// A stored text that no longer parses is damage, told with its place.
fn parsed<T: std::str::FromStr>(what: &str, text: Option<String>) -> Result<Option<T>> {
    text.map(|text| {
        text.parse()
            .map_err(|_| StoreError::Corrupt(format!("“{text}” is no {what}")))
    })
    .transpose()
}

fn connection(row: &Row<'_>) -> rusqlite::Result<Result<Connection>> {
    let channel: u8 = row.get(1)?;
    let (zone, currency): (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
    let settings: String = row.get(8)?;
    let (id, name, endpoint) = (ConnectionId(row.get(0)?), row.get(2)?, row.get(3)?);
    let (account, domain, created_at, disconnected_at) = (row.get(4)?, row.get(5)?, row.get(9)?, row.get(10)?);
    let build = || {
        let channel = Channel::ALL.iter().copied().find(|c| *c as u8 == channel);
        Ok(Connection {
            id,
            channel: channel.ok_or_else(|| StoreError::Corrupt(format!("connection {id} has no known channel")))?,
            name,
            endpoint,
            account,
            domain,
            zone: parsed("time zone", zone)?,
            currency: parsed("currency", currency)?,
            settings: serde_json::from_str(&settings)
                .map_err(|e| StoreError::Corrupt(format!("settings of connection {id}: {e}")))?,
            created_at,
            disconnected_at,
        })
    };
    Ok(build())
}

impl Read<'_> {
    /// Every connection, disconnected ones too, in the order they were made.
    ///
    /// # Errors
    /// Database failures only.
    pub fn connections(&self) -> Result<Vec<Connection>> {
        let mut all = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM connection ORDER BY id"))?;
        let rows = all.query_map([], connection)?;
        rows.map(|row| row?).collect()
    }

    /// One connection.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn connection(&self, id: ConnectionId) -> Result<Connection> {
        let mut one = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM connection WHERE id = ?1"))?;
        one.query_row([id.0], connection)
            .optional()?
            .ok_or_else(|| StoreError::NotFound(format!("there is no connection {id}; `connections` lists them")))?
    }
}

impl Read<'_> {
    /// What is stored of a connection.
    ///
    /// # Errors
    /// Database failures only.
    pub fn held(&self, id: ConnectionId) -> Result<Held> {
        let count = |table: &str| -> Result<u64> {
            let text = format!("SELECT count(*) FROM {table} WHERE connection = ?1");
            let mut find = self.lane.sql.prepare_cached(&text)?;
            Ok(find.query_row([id.0], |row| row.get::<_, i64>(0))?.unsigned_abs())
        };
        Ok(Held {
            orders: count("orders")? - self.count_accounts(id)?,
            records: count("raw")?,
        })
    }
}

impl Write<'_> {
    /// Deletes a connection with everything stored of it. What several connections share stays: words and names of goods.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn delete_connection(&mut self, id: ConnectionId) -> Result<Held> {
        let known = self.connection(id)?;
        let held = self.held(id)?;
        let highest: Option<i64> = self.setting(HIGHEST)?;
        self.set_setting(HIGHEST, &highest.unwrap_or(0).max(known.id.0))?;
        let sql = &self.lane.sql;
        sql.execute(
            "DELETE FROM order_day WHERE order_id IN (SELECT id FROM orders WHERE connection = ?1)",
            [id.0],
        )?;
        // Made of pieces of records. The number stays taken: other processes know dictionaries by it.
        sql.execute("UPDATE dictionary SET body = X'' WHERE connection = ?1", [id.0])?;
        for table in OWNED {
            sql.execute(&format!("DELETE FROM {table} WHERE connection = ?1"), [id.0])?;
        }
        sql.execute("DELETE FROM connection WHERE id = ?1", [id.0])?;
        Ok(held)
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// Database failures only.
    pub fn add_connection(&mut self, new: &NewConnection) -> Result<ConnectionId> {
        let highest: i64 = self.setting(HIGHEST)?.unwrap_or(0);
        self.lane
            .sql
            .prepare_cached(
                "INSERT INTO connection (id, channel, name, endpoint, settings, created_at)
                 VALUES (1 + max(?6, (SELECT coalesce(max(id), 0) FROM connection)), ?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                new.channel as u8,
                new.name,
                new.endpoint,
                new.settings.to_string(),
                new.created_at,
                highest
            ])?;
        Ok(ConnectionId(self.lane.sql.last_insert_rowid()))
    }

    /// Stores what is known of a connection now. Its channel and making stay as they are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn update_connection(&mut self, now: &Connection) -> Result<()> {
        let changed = self
            .lane
            .sql
            .prepare_cached(
                "UPDATE connection SET name = ?2, endpoint = ?3, account = ?4, domain = ?5, zone = ?6, currency = ?7,
             settings = ?8, disconnected_at = ?9 WHERE id = ?1",
            )?
            .execute(params![
                now.id.0,
                now.name,
                now.endpoint,
                now.account,
                now.domain,
                now.zone.map(|z| z.name()),
                now.currency.map(|c| c.code().to_owned()),
                now.settings.to_string(),
                now.disconnected_at
            ])?;
        if changed == 0 {
            return Err(StoreError::NotFound(format!(
                "there is no connection {}; `connections` lists them",
                now.id
            )));
        }
        Ok(())
    }
}
