//! Lists for machines: orders, products, stock, customers. Amounts are plain decimal texts, moments RFC 3339 in UTC, days civil.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::app::Result;
use crate::connectors::Channel;
use crate::metrics::catalog::{Metric, amount, fixed};
use crate::metrics::{Definition, Period};
use crate::model::{Currency, Day, Zone};
use crate::store::{Connection, ConnectionId, ListFilter, OrderSearch, ProductLine, Read};

use super::args;
use super::desk::{Desk, Part, Scene};
use super::history::History;
use super::products::{self, Sold};
use super::words::Paging;

/// Which rows of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListArgs {
    /// First day: of the order, of the sales shown beside products, of a customer's first sight. Stock has no days.
    pub from: Option<Day>,
    /// Last day.
    pub to: Option<Day>,
    /// Only of a platform, or of one sales channel of it: `shopify`, `shopify/Online Store`.
    pub channel: Option<String>,
    /// Orders: part of the number or a customer's id; products and stock: part of a title, SKU or location; customers: id or
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

/// A variant of a product.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProductItem {
    /// Platform.
    pub platform: &'static str,
    /// Name of the connection.
    pub connection: String,
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
    /// Currency of the price and the sales; `null` while unknown.
    pub currency: Option<Currency>,
    /// Price of one unit.
    pub price: Option<String>,
    /// What one unit costs today; `null` while unknown.
    pub unit_cost: Option<String>,
    /// Units sold within the days; `null` where none was seen and the orders of these days are not known.
    pub units: Option<i64>,
    /// Net sales within the days, without shipping; `null` as above, and where its SKU sold in several currencies.
    pub net_sales: Option<String>,
    /// Gross profit within the days over units with a known cost; `null` where none is known.
    pub gross_profit: Option<String>,
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

/// Lists variants by title, with what was sold of them within the days (the last thirty where none are given).
///
/// # Errors
/// [`crate::app::Code::Invalid`] for days or a channel that are none.
pub fn products(desk: Desk<'_>, args: &ListArgs) -> Result<Listed<ProductItem>> {
    let (parts, period) = (args.parts()?, args.period()?);
    desk.read(|r, scene| {
        let period = period.unwrap_or(Period::ending(scene.today, 30));
        let filter = args.filter(scene)?;
        let count = r.count_product_lines(&filter)?;
        let paging = args.paging(count);
        let asked = |c: &Connection| parts.is_empty() || parts.iter().any(|p| p.channel == c.channel);
        let history = History::of(r, scene.today, asked)?;
        let held = history.touches(period);
        // Of a platform whose money was not read nothing is known that is made of it.
        let hides = |channel: Channel, metric: Metric| {
            history.unread(period, Some(channel)) && metric.holds_money_back(args.definition)
        };
        // A SKU that is sold in two places is a row of each, with its own sums.
        let mut sold: HashMap<(ConnectionId, String), Vec<Sold>> = HashMap::new();
        for (connection, sums) in products::sold_by_connection(r, scene, args.definition, period, &parts)? {
            sold.entry((connection, sums.sku.clone())).or_default().push(sums);
        }
        let lines = r.product_lines(&filter, paging.skip, args.limit.max(1))?;
        let rows = lines.into_iter().map(|line| {
            let channel = scene.channel_of(line.connection);
            let hidden = |metric: Metric| channel.is_some_and(|channel| hides(channel, metric));
            let hidden = (hidden(Metric::NetSales), hidden(Metric::GrossProfit));
            let item = product(r, scene, args.definition, (&sold, held), line)?;
            Ok(ProductItem {
                net_sales: item.net_sales.filter(|_| !hidden.0),
                gross_profit: item.gross_profit.filter(|_| !hidden.1),
                ..item
            })
        });
        Ok(page(&paging, count, rows.collect::<Result<Vec<_>>>()?))
    })
}

fn product(
    r: &Read<'_>,
    scene: &Scene,
    definition: Definition,
    (sold, held): (&HashMap<(ConnectionId, String), Vec<Sold>>, bool),
    line: ProductLine,
) -> Result<ProductItem> {
    let (platform, connection) = whose(scene, line.connection);
    let key = if line.sku.is_empty() {
        format!("variant:{}", line.variant)
    } else {
        line.sku.clone()
    };
    let sums: &[Sold] = sold.get(&(line.connection, key)).map_or(&[], Vec::as_slice);
    let own = scene
        .connections
        .iter()
        .find(|c| c.id == line.connection)
        .and_then(|c| c.currency);
    let currency = match sums {
        [one] => Some(one.currency),
        _ => own,
    };
    let decimals = currency.map_or(2, |c| c.exponent());
    // What was sold under a SKU of several variants is not known of each.
    let untold = line.shared && !sums.is_empty();
    let (net_sales, gross_profit) = match sums {
        _ if untold => (None, None),
        [] => (held.then(|| fixed(rust_decimal::Decimal::ZERO, decimals)), None),
        [one] => (
            Some(fixed(amount(one.net(definition)), decimals)),
            one.profit().map(|p| fixed(p, decimals)),
        ),
        // Two currencies have no sum.
        _ => (None, None),
    };
    Ok(ProductItem {
        platform,
        connection,
        unit_cost: unit_cost(r, scene, &line)?,
        price: line.price.map(|micros| fixed(amount(micros), decimals)),
        product: line.product,
        variant: line.variant,
        sku: line.sku,
        title: line.title,
        variant_title: line.variant_title,
        vendor: line.vendor,
        status: line.status,
        currency,
        units: ((held || !sums.is_empty()) && !untold).then(|| sums.iter().map(|s| s.measures.units).sum()),
        net_sales,
        gross_profit,
    })
}

/// What one unit costs today, by the variant or its SKU.
fn unit_cost(r: &Read<'_>, scene: &Scene, line: &ProductLine) -> Result<Option<String>> {
    for key in [&line.variant, &line.sku].into_iter().filter(|key| !key.is_empty()) {
        let known = r.costs_of(line.connection, key)?;
        let now = known.iter().rev().find(|(cost, _)| cost.since <= scene.today);
        if let Some((cost, _)) = now {
            return Ok(Some(cost.currency.format(cost.micros)));
        }
    }
    Ok(None)
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
