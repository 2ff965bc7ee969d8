//! Lists for machines: orders, products, stock, customers. Amounts are plain decimal texts, moments RFC 3339 in UTC, days civil.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::Result;
use crate::metrics::catalog::{amount, fixed};
use crate::metrics::{Definition, Period};
use crate::model::{Currency, Day, Zone};
use crate::store::{ConnectionId, ListFilter, OrderSearch};

use super::args;
use super::desk::{Desk, Part, Scene};
use super::words::Paging;

mod variants;

pub use variants::{ProductItem, Products, SharedSku, UnlistedItem, products};

/// Which rows of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListArgs {
    /// First day: of the order, of the sales shown beside products, of a customer's first sight. Stock has no days.
    pub from: Option<Day>,
    /// Last day.
    pub to: Option<Day>,
    /// Only of a platform, or of one sales channel of it: `shopify`, `shopify/Online Store`.
    pub channel: Option<String>,
    /// Orders: part of the number, an order's or a customer's id; products and stock: part of a title, SKU or location; customers: id or
    /// country.
    pub search: Option<String>,
    /// By which definition sales are counted.
    pub definition: Definition,
    /// Rows on a page, at least 1.
    pub limit: u64,
    /// Page, from 0.
    pub page: u32,
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many there are on all pages.
    pub count: u64,
    /// The page, from 0.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
}

/// An order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OrderItem {
    /// Platform.
    pub platform: &'static str,
    /// Name of the connection.
    pub connection: String,
    /// The platform's id.
    pub key: String,
    /// The number people see.
    pub name: String,
    /// Order day in the zone of its figures.
    pub day: Day,
    /// When it was placed; `null` where the platform states only a day.
    pub placed_at: Option<String>,
    /// Sales channel inside the platform.
    pub sales_channel: String,
    /// The platform's customer id.
    pub customer: Option<String>,
    /// Part in the figures.
    pub status: &'static str,
    /// Payment state in the platform's words.
    pub payment: String,
    /// Fulfilment state in the platform's words.
    pub fulfilment: String,
    /// Cancelled on the platform.
    pub cancelled: bool,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Gross sales under order totals; `null` while not stated.
    pub gross_sales: Option<String>,
    /// Net sales under order totals; `null` while not stated.
    pub net_sales: Option<String>,
    /// Units placed and not withdrawn; `null` where no record shows what was ordered.
    pub units: Option<i64>,
}

/// Stock of an item at a location.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InventoryItem {
    /// Platform.
    pub platform: &'static str,
    /// Name of the connection.
    pub connection: String,
    /// The platform's stock item id.
    pub item: String,
    /// SKU; may be empty.
    pub sku: String,
    /// Title of the product that sells it.
    pub title: String,
    /// Title of its variant.
    pub variant_title: String,
    /// Name of the location, or its id while the name is unknown.
    pub location: String,
    /// Whether the item is stocked there at present.
    pub active: bool,
    /// Units by the platform's own name; may be negative.
    pub quantities: BTreeMap<String, i64>,
    /// Last change on the platform; `null` where not stated.
    pub updated_at: Option<String>,
}

/// A customer, without personal data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CustomerItem {
    /// Platform.
    pub platform: &'static str,
    /// Name of the connection.
    pub connection: String,
    /// The platform's customer id.
    pub key: String,
    /// First seen on the platform; `null` where not stated.
    pub created_at: Option<String>,
    /// ISO 3166 alpha-2 of the default address.
    pub country: Option<String>,
    /// Orders the platform counts.
    pub orders: Option<i64>,
    /// What the platform says was spent; `null` while not stated.
    pub spent: Option<String>,
    /// Currency of `spent`.
    pub currency: Option<Currency>,
}

impl ListArgs {
    fn parts(&self) -> Result<Vec<Part>> {
        Part::parse_all(self.channel.as_slice())
    }

    fn period(&self) -> Result<Option<Period>> {
        match (self.from, self.to) {
            (None, None) => Ok(None),
            (from, to) => {
                let from = from.unwrap_or(Day(0));
                args::period(from, to.unwrap_or(from.plus(36_000))).map(Some)
            }
        }
    }

    fn text(&self) -> Option<String> {
        self.search
            .as_deref()
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    }

    /// The filter of lists that know connections, not sales channels.
    fn filter(&self, scene: &Scene) -> Result<ListFilter> {
        let parts = self.parts()?;
        let connections = scene
            .connections
            .iter()
            .filter(|c| parts.iter().any(|p| p.channel == c.channel));
        let connections = (!parts.is_empty()).then(|| connections.map(|c| c.id).collect());
        Ok(ListFilter {
            connections,
            text: self.text(),
            made: None,
        })
    }

    fn paging(&self, count: u64) -> Paging {
        Paging::of(self.page, count, self.limit.max(1))
    }
}

fn page<T>(paging: &Paging, count: u64, rows: Vec<T>) -> Listed<T> {
    Listed {
        rows,
        count,
        page: paging.page,
        pages: paging.pages,
    }
}

/// A UTC second as RFC 3339; 0 stands for “not stated”.
fn moment(second: i64) -> Option<String> {
    let at = chrono::DateTime::from_timestamp(second, 0).filter(|_| second != 0)?;
    Some(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

/// Platform and connection of a row.
fn whose(scene: &Scene, connection: ConnectionId) -> (&'static str, String) {
    let platform = scene.channel_of(connection).map_or("", |c| c.name());
    (platform, scene.name_of(connection).to_owned())
}

/// Lists orders, newest first.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for days or a channel that are none.
pub fn orders(desk: Desk<'_>, args: &ListArgs) -> Result<Listed<OrderItem>> {
    let (parts, placed) = (args.parts()?, args.period()?.map(|p| p.range()));
    desk.read(|r, scene| {
        let search = OrderSearch {
            placed,
            outlets: Part::outlets(&parts, scene),
            text: args.text(),
        };
        let count = r.count_found(&search)?;
        let paging = args.paging(count);
        let rows = r.find_orders(&search, paging.skip, args.limit.max(1))?;
        let rows = rows.into_iter().map(|row| {
            let (platform, connection) = whose(scene, row.connection);
            let stated = scene.zone_of(row.connection).day_of(row.placed_at) == row.placed;
            let money = |micros: Option<i64>| micros.map(|m| row.currency.format(m));
            OrderItem {
                units: row.told_units(),
                platform,
                connection,
                placed_at: if stated { moment(row.placed_at) } else { None },
                gross_sales: money(row.gross),
                net_sales: money(row.net),
                key: row.key,
                name: row.name,
                day: row.placed,
                sales_channel: row.sales_channel,
                customer: row.customer,
                status: row.status.name(),
                payment: row.payment,
                fulfilment: row.fulfilment,
                cancelled: row.cancelled,
                currency: row.currency,
            }
        });
        Ok(page(&paging, count, rows.collect()))
    })
}

/// Lists stock by product and location.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a channel that is none.
pub fn inventory(desk: Desk<'_>, args: &ListArgs) -> Result<Listed<InventoryItem>> {
    desk.read(|r, scene| {
        let filter = args.filter(scene)?;
        let count = r.count_stock_lines(&filter)?;
        let paging = args.paging(count);
        let rows = r.stock_lines(&filter, paging.skip, args.limit.max(1))?;
        let rows = rows.into_iter().map(|line| {
            let (platform, connection) = whose(scene, line.connection);
            InventoryItem {
                platform,
                connection,
                item: line.item,
                sku: line.sku,
                title: line.title,
                variant_title: line.variant_title,
                location: if line.location_name.is_empty() {
                    line.location
                } else {
                    line.location_name
                },
                active: line.active,
                quantities: line.quantities,
                updated_at: moment(line.updated_at),
            }
        });
        Ok(page(&paging, count, rows.collect()))
    })
}

/// Lists customers, newest first; `from` and `to` are days of their first sight in the profile's zone.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for days or a channel that are none.
pub fn customers(desk: Desk<'_>, args: &ListArgs) -> Result<Listed<CustomerItem>> {
    let period = args.period()?;
    desk.read(|r, scene| {
        let seconds = |zone: Zone, p: Period| zone.start_of(p.from)..zone.start_of(p.to.plus(1));
        let made = period.map(|p| seconds(scene.zone, p));
        let filter = ListFilter {
            made,
            ..args.filter(scene)?
        };
        let count = r.count_customer_lines(&filter)?;
        let paging = args.paging(count);
        let rows = r.customer_lines(&filter, paging.skip, args.limit.max(1))?;
        let rows = rows.into_iter().map(|line| {
            let (platform, connection) = whose(scene, line.connection);
            let spent = line
                .spent
                .map(|micros| fixed(amount(micros), line.currency.map_or(2, |c| c.exponent())));
            CustomerItem {
                platform,
                connection,
                key: line.key,
                created_at: moment(line.created_at),
                country: line.country,
                orders: line.orders,
                spent,
                currency: line.currency,
            }
        });
        Ok(page(&paging, count, rows.collect()))
    })
}
