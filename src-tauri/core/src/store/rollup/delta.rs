//! Differences, gathered in memory.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

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

/// A row of the product roll-up within its definition and day, with its SKU as a number of [`Names`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ProductAt {
    pub(super) connection: ConnectionId,
    pub(super) sku: u32,
    pub(super) currency: Currency,
}

/// Hashes our own small numbers; nobody outside chooses them, so it need not withstand anyone.
#[derive(Clone, Copy, Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.write_u64(chunk.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_i32(&mut self, number: i32) {
        self.write_u64(number as u64);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number as u64);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

pub(super) type Mixed<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

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
    pub(super) daily: Mixed<DailyAt, Measures>,
    /// By definition and day first: orders come by time, so the few days at work stay in the processor's cache.
    pub(super) products: Mixed<(Definition, Day), Mixed<ProductAt, ProductMeasures>>,
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
            let of_day = self.products.entry((c.definition, c.day)).or_default();
            let at = ProductAt {
                connection,
                sku,
                currency,
            };
            of_day.entry(at).or_default().merge(&c.measures, factor);
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
        self.daily.values().all(Measures::is_empty)
            && self
                .products
                .values()
                .flat_map(Mixed::values)
                .all(ProductMeasures::is_empty)
    }
}

impl std::fmt::Debug for RollupDelta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.daily()).finish()
    }
}
