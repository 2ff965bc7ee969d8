//! Differences, gathered in memory.

use std::collections::HashMap;

use crate::metrics::{Contribution, Definition, Measures, ProductContribution, ProductMeasures};
use crate::model::{Currency, Day, Order, Status};
use crate::store::ConnectionId;

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

/// A row of the business roll-up with its sales channel as a number of [`Names`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DailyAt {
    pub(super) definition: Definition,
    pub(super) day: Day,
    pub(super) connection: ConnectionId,
    pub(super) sales_channel: u32,
    pub(super) currency: Currency,
    pub(super) status: Status,
}

/// A row of the product roll-up with its SKU as a number of [`Names`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ProductAt {
    pub(super) definition: Definition,
    pub(super) day: Day,
    pub(super) connection: ConnectionId,
    pub(super) sku: u32,
    pub(super) currency: Currency,
}

/// Texts met while gathering, each kept once.
#[derive(Clone, Default)]
pub(super) struct Names {
    ids: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Names {
    fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.texts.len() as u32;
        self.texts.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    pub(super) fn text(&self, id: u32) -> &str {
        self.texts.get(id as usize).map_or("", |text| text)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }
}

/// Differences to both roll-ups, gathered over many orders and merged at once ([`crate::store::Write::merge_rollups`]).
#[derive(Clone, Default)]
pub struct RollupDelta {
    pub(super) names: Names,
    pub(super) daily: HashMap<DailyAt, Measures>,
    pub(super) products: HashMap<ProductAt, ProductMeasures>,
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
        let (currency, status) = (order.currency, order.status);
        let sales_channel = self.names.id(&order.sales_channel);
        for c in business {
            let at = DailyAt {
                definition: c.definition,
                day: c.day,
                connection,
                sales_channel,
                currency,
                status,
            };
            self.daily.entry(at).or_default().merge(&c.measures, factor);
        }
        for c in products {
            let sku = self.names.id(&c.sku);
            let at = ProductAt {
                definition: c.definition,
                day: c.day,
                connection,
                sku,
                currency,
            };
            self.products.entry(at).or_default().merge(&c.measures, factor);
        }
    }

    /// Adds another delta, gathered beside this one.
    pub fn absorb(&mut self, other: &RollupDelta) {
        let ids: Vec<u32> = other.names.all().map(|text| self.names.id(text)).collect();
        for (at, measures) in &other.daily {
            let at = DailyAt {
                sales_channel: ids[at.sales_channel as usize],
                ..*at
            };
            self.daily.entry(at).or_default().merge(measures, 1);
        }
        for (at, measures) in &other.products {
            let at = ProductAt {
                sku: ids[at.sku as usize],
                ..*at
            };
            self.products.entry(at).or_default().merge(measures, 1);
        }
    }

    /// The business rows that differ, in no order.
    pub fn daily(&self) -> impl Iterator<Item = (DailyKey, &Measures)> {
        self.daily
            .iter()
            .filter(|(_, measures)| !measures.is_empty())
            .map(|(at, measures)| {
                let key = DailyKey {
                    definition: at.definition,
                    day: at.day,
                    connection: at.connection,
                    sales_channel: self.names.text(at.sales_channel).to_owned(),
                    currency: at.currency,
                    status: at.status,
                };
                (key, measures)
            })
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.daily.values().all(Measures::is_empty) && self.products.values().all(ProductMeasures::is_empty)
    }
}

impl std::fmt::Debug for RollupDelta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.daily()).finish()
    }
}
