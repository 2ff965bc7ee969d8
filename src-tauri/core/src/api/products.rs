//! What was sold, per product.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::metrics::catalog::amount;
use crate::metrics::{Definition, Period, ProductMeasures, contributions};
use crate::model::Currency;
use crate::store::{ConnectionId, Read, Result, RollupFilter};

use super::desk::{Part, Scene};

/// A product's sums over a period.
pub(super) struct Sold {
    /// SKU, or what stands for it (`variant:ID`, `line:TITLE`).
    pub(super) sku: String,
    /// Currency of the sums.
    pub(super) currency: Currency,
    /// The sums.
    pub(super) measures: ProductMeasures,
}

impl Sold {
    /// Net sales of the product under `definition`, in millionths; shipping belongs to no product.
    pub(super) fn net(&self, definition: Definition) -> i128 {
        let m = &self.measures;
        match definition {
            Definition::OrderTotals => m.item_price + m.discounts,
            Definition::Platform | Definition::Accounting => m.item_price + m.discounts + m.returns,
        }
    }

    /// Gross profit over the units with a known cost; `None` where none is known.
    pub(super) fn profit(&self) -> Option<Decimal> {
        let m = &self.measures;
        let known = m.units_with_cost != 0 || m.items_costed != 0 || m.cogs != 0;
        known.then(|| amount(m.items_costed + m.cogs))
    }
}

/// Products with any sums in a period, of `parts` (none: all), over all connections that sell them.
pub(super) fn sold(
    r: &Read<'_>,
    scene: &Scene,
    definition: Definition,
    period: Period,
    parts: &[Part],
) -> Result<Vec<Sold>> {
    let mut sums: BTreeMap<(String, Currency), ProductMeasures> = BTreeMap::new();
    for (_, sold) in sold_by_connection(r, scene, definition, period, parts)? {
        let sum = sums.entry((sold.sku, sold.currency)).or_default();
        sum.merge(&sold.measures, 1);
    }
    Ok(sums
        .into_iter()
        .map(|((sku, currency), measures)| Sold {
            sku,
            currency,
            measures,
        })
        .collect())
}

/// The same, each connection's by itself.
pub(super) fn sold_by_connection(
    r: &Read<'_>,
    scene: &Scene,
    definition: Definition,
    period: Period,
    parts: &[Part],
) -> Result<Vec<(ConnectionId, Sold)>> {
    let mut sums: BTreeMap<(ConnectionId, String, Currency), ProductMeasures> = BTreeMap::new();
    if parts.iter().any(|p| p.sales_channel.is_some()) {
        // The product roll-up does not tell sales channels apart: the orders do.
        let outlets = Part::outlets(parts, scene);
        for id in r.orders_touching(period.range(), outlets.as_deref())? {
            let (connection, order) = r.order_by_id(id)?;
            let (_, products) = contributions(&order, scene.zone_of(connection));
            for part in products {
                if part.definition == definition && period.from <= part.day && part.day <= period.to {
                    sums.entry((connection, part.sku, order.currency))
                        .or_default()
                        .merge(&part.measures, 1);
                }
            }
        }
    } else {
        for connection in &scene.connections {
            if !Part::admits(parts, connection.channel, "") {
                continue;
            }
            let filter = RollupFilter {
                connection: Some(connection.id),
                ..RollupFilter::default()
            };
            for row in r.products_sold(definition, period.range(), &filter)? {
                sums.entry((connection.id, row.sku, row.currency))
                    .or_default()
                    .merge(&row.measures, 1);
            }
        }
    }
    let sold = |((connection, sku, currency), measures)| {
        let sold = Sold {
            sku,
            currency,
            measures,
        };
        (connection, sold)
    };
    Ok(sums.into_iter().map(sold).collect())
}

/// What products are called: by the catalogue, else as they were sold, else by their SKU.
pub(super) fn titles(r: &Read<'_>, skus: &[&str]) -> Result<HashMap<String, String>> {
    let mut titles = r.titles_by_sku(skus)?;
    for sku in skus {
        if titles.contains_key(*sku) {
            continue;
        }
        let title = match (sku.strip_prefix("variant:"), sku.strip_prefix("line:")) {
            (Some(variant), _) => r.title_of_variant(variant)?,
            (_, Some(title)) => Some(title.to_owned()),
            _ => r.title_as_sold(sku)?,
        };
        titles.insert(
            (*sku).to_owned(),
            title.filter(|t| !t.is_empty()).unwrap_or_else(|| (*sku).to_owned()),
        );
    }
    Ok(titles)
}
