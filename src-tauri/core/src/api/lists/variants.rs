//! Variants with what was sold of them, and what was sold under SKUs that several of them share.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{ListArgs, Listed, page, whose};
use crate::api::desk::{Desk, Part, Scene};
use crate::api::history::History;
use crate::api::products::{self, Sold};
use crate::app::Result;
use crate::metrics::catalog::{Metric, amount, fixed};
use crate::metrics::{Definition, Period};
use crate::model::Currency;
use crate::store::{Connection, ConnectionId, ProductLine, Read};

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
    /// Why its sales are not told although its SKU sold: several variants share it, and sales are told by SKU.
    pub note: Option<String>,
}

/// What was sold under a SKU that several variants share: it belongs to none of their rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SharedSku {
    /// Platform.
    pub platform: &'static str,
    /// Name of the connection.
    pub connection: String,
    /// The SKU.
    pub sku: String,
    /// How many variants share it.
    pub variants: u32,
    /// Currency of the sales.
    pub currency: Option<Currency>,
    /// Units sold within the days.
    pub units: Option<i64>,
    /// Net sales within the days, without shipping; `null` in several currencies.
    pub net_sales: Option<String>,
    /// Gross profit within the days over units with a known cost; `null` where none is known.
    pub gross_profit: Option<String>,
}

/// What was sold of something that is in no row of the list: its product is gone, or the order names none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UnlistedItem {
    /// Platform.
    pub platform: &'static str,
    /// Name of the connection.
    pub connection: String,
    /// SKU; empty where it was sold without one.
    pub sku: String,
    /// What it was called when it was sold.
    pub title: String,
    /// Currency of the sales; where it sold in several, it stands once for each.
    pub currency: Currency,
    /// Units sold within the days.
    pub units: i64,
    /// Net sales within the days, without shipping.
    pub net_sales: String,
    /// Gross profit within the days over units with a known cost; `null` where none is known.
    pub gross_profit: Option<String>,
}

/// Variants, what was sold under the SKUs on the page that several of them share, and with the last page what is in no row: together
/// all that was sold of what is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Products {
    /// The variants.
    #[serde(flatten)]
    pub listed: Listed<ProductItem>,
    /// Each SKU once.
    pub shared_skus: Vec<SharedSku>,
    /// What was sold and is in no row of any page, most first; with the last page only.
    pub unlisted: Vec<UnlistedItem>,
}

/// Lists variants by title, with what was sold of them within the days (the last thirty where none are given).
///
/// # Errors
/// [`crate::app::Code::Invalid`] for days or a channel that are none.
pub fn products(desk: Desk<'_>, args: &ListArgs) -> Result<Products> {
    let (parts, period) = (args.parts()?, args.period()?);
    desk.read(|r, scene| {
        let period = period.unwrap_or(Period::ending(scene.today, 30));
        let filter = args.filter(scene)?;
        let count = r.count_product_lines(&filter)?;
        let paging = args.paging(count);
        let asked = |c: &Connection| Part::asks(&parts, c);
        let history = History::of(r, scene.today, asked)?;
        let held = history.touches(period);
        // Of a platform whose money was not read nothing is known that is made of it.
        let known = |connection: ConnectionId, metric: Metric| {
            let channel = scene.channel_of(connection);
            !metric.holds_money_back(args.definition) || channel.is_none_or(|c| !history.unread(period, Some(c)))
        };
        // A SKU that is sold in two places is a row of each, with its own sums.
        let mut sold: HashMap<(ConnectionId, String), Vec<Sold>> = HashMap::new();
        for (connection, sums) in products::sold_by_connection(r, scene, args.definition, period, &parts)? {
            sold.entry((connection, sums.sku.clone())).or_default().push(sums);
        }
        let lines = r.product_lines(&filter, paging.skip, args.limit.max(1))?;
        let mut shared: BTreeMap<(ConnectionId, String), SharedSku> = BTreeMap::new();
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            let key = match line.sku.is_empty() {
                true => format!("variant:{}", line.variant),
                false => line.sku.clone(),
            };
            let key = (line.connection, key);
            let sums = sold.get(&key).map_or(&[][..], Vec::as_slice);
            let sales = Sales::of(scene, args.definition, (line.connection, sums), held);
            let sales = Sales {
                net: sales.net.filter(|_| known(line.connection, Metric::NetSales)),
                profit: sales.profit.filter(|_| known(line.connection, Metric::GrossProfit)),
                ..sales
            };
            // What was sold under a SKU of several variants is not known of each.
            let sales = match line.sharing {
                2.. if !sums.is_empty() => {
                    let untold = Sales::none(sales.currency);
                    shared.entry(key).or_insert_with(|| shared_sku(scene, &line, sales));
                    untold
                }
                _ => sales,
            };
            rows.push(product(r, scene, sales, line)?);
        }
        let unlisted = match paging.page + 1 >= paging.pages {
            true => unlisted(r, scene, args, &sold)?,
            false => Vec::new(),
        };
        Ok(Products {
            listed: page(&paging, count, rows),
            shared_skus: shared.into_values().collect(),
            unlisted,
        })
    })
}

/// What was sold and no variant is listed for; where a text is searched for, what holds it.
fn unlisted(
    r: &Read<'_>,
    scene: &Scene,
    args: &ListArgs,
    sold: &HashMap<(ConnectionId, String), Vec<Sold>>,
) -> Result<Vec<UnlistedItem>> {
    let mut found: Vec<(ConnectionId, &Sold)> = Vec::new();
    for ((connection, sku), sums) in sold {
        if !r.lists_sku(*connection, sku)? {
            found.extend(sums.iter().map(|sums| (*connection, sums)));
        }
    }
    let titles = products::titles(r, &found.iter().map(|(_, sums)| sums.sku.as_str()).collect::<Vec<_>>())?;
    let text = args.text().map(|text| text.to_lowercase());
    let holds = |sums: &Sold| {
        let all = format!("{}\n{}", titles[&sums.sku], sums.sku).to_lowercase();
        text.as_ref().is_none_or(|text| all.contains(text))
    };
    found.retain(|(_, sums)| holds(sums));
    let first = |(connection, sums): &(ConnectionId, &Sold)| {
        let net = std::cmp::Reverse(sums.net(args.definition));
        (sums.currency, net, *connection, sums.sku.clone())
    };
    found.sort_by_key(first);
    let item = |(connection, sums): (ConnectionId, &Sold)| {
        let (platform, name) = whose(scene, connection);
        let decimals = sums.currency.exponent();
        let stands_for_none = sums.sku.starts_with("variant:") || sums.sku.starts_with("line:");
        UnlistedItem {
            platform,
            connection: name,
            sku: if stands_for_none {
                String::new()
            } else {
                sums.sku.clone()
            },
            title: titles[&sums.sku].clone(),
            currency: sums.currency,
            units: sums.measures.units,
            net_sales: fixed(amount(sums.net(args.definition)), decimals),
            gross_profit: sums.profit().map(|profit| fixed(profit, decimals)),
        }
    };
    Ok(found.into_iter().map(item).collect())
}

/// What was sold under a SKU.
struct Sales {
    currency: Option<Currency>,
    units: Option<i64>,
    net: Option<String>,
    profit: Option<String>,
}

impl Sales {
    /// Not told.
    fn none(currency: Option<Currency>) -> Sales {
        Sales {
            currency,
            units: None,
            net: None,
            profit: None,
        }
    }

    /// By the sums of a SKU in a connection; `held`: the orders of some of the days are known.
    fn of(scene: &Scene, definition: Definition, (connection, sums): (ConnectionId, &[Sold]), held: bool) -> Sales {
        let known = scene.connections.iter().find(|c| c.id == connection);
        let currency = match sums {
            [one] => Some(one.currency),
            _ => known.and_then(|c| c.currency),
        };
        let decimals = currency.map_or(2, |c| c.exponent());
        let (net, profit) = match sums {
            [] => (held.then(|| fixed(rust_decimal::Decimal::ZERO, decimals)), None),
            [one] => (
                Some(fixed(amount(one.net(definition)), decimals)),
                one.profit().map(|p| fixed(p, decimals)),
            ),
            // Two currencies have no sum.
            _ => (None, None),
        };
        Sales {
            currency,
            units: (held || !sums.is_empty()).then(|| sums.iter().map(|s| s.measures.units).sum()),
            net,
            profit,
        }
    }
}

fn shared_sku(scene: &Scene, line: &ProductLine, sales: Sales) -> SharedSku {
    let (platform, connection) = whose(scene, line.connection);
    SharedSku {
        platform,
        connection,
        sku: line.sku.clone(),
        variants: line.sharing,
        currency: sales.currency,
        units: sales.units,
        net_sales: sales.net,
        gross_profit: sales.profit,
    }
}

fn product(r: &Read<'_>, scene: &Scene, sales: Sales, line: ProductLine) -> Result<ProductItem> {
    let (platform, connection) = whose(scene, line.connection);
    let decimals = sales.currency.map_or(2, |c| c.exponent());
    Ok(ProductItem {
        platform,
        connection,
        unit_cost: unit_cost(r, scene, &line)?,
        price: line.price.map(|micros| fixed(amount(micros), decimals)),
        note: (line.sharing > 1).then(|| {
            format!(
                "SKU “{}” is shared by {} variants; what was sold is known of the SKU, not of each",
                line.sku, line.sharing
            )
        }),
        product: line.product,
        variant: line.variant,
        sku: line.sku,
        title: line.title,
        variant_title: line.variant_title,
        vendor: line.vendor,
        status: line.status,
        currency: sales.currency,
        units: sales.units,
        net_sales: sales.net,
        gross_profit: sales.profit,
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
