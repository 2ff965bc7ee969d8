//! One invented seller, day by day, from a seed.
//!
//! The world holds no orders. Order `i` is a pure function of the seed and `i`; the moment of its placement grows
//! with `i` and can be inverted, and everything that later happens to it happens within [`LIFE_DAYS`] days. Any
//! window of time is therefore made from the orders placed in the days before it, at any size.
//!
//! Reading it, all as of [`World::now`]:
//!
//! | question | answer |
//! |---|---|
//! | how many orders exist | [`World::order_count`]: indexes `0..count`, removed ones included |
//! | one order | [`World::order`] (`None` when not placed yet or removed) |
//! | its id | [`World::order_id`], back with [`World::order_index`]; of a line, payment, refund, ...: [`World::part_owner`] |
//! | orders by change | [`World::updated_page`], [`World::updated_between`] |
//! | orders by creation | [`World::created_between`] |
//! | removed orders | [`World::deleted_between`] |
//! | products, variants, places | [`World::products`], [`World::variants_of`], [`World::variant`], [`World::locations`], [`World::goods`] |
//! | stock | [`World::stock_levels`], [`World::product_updated_at`], [`World::inventory_updated_at`] |
//! | customers | [`World::customers_updated_between`], [`World::customer`] |
//! | payouts | [`World::payouts_between`], [`World::balance_between`] |
//! | the seller at Amazon | [`World::with_amazon`], [`World::amazon`] |
//! | time goes on | [`World::advance`], [`World::set_now`] |
//!
//! **Parts of a line.** When units come back, the platform gives back shares of the line's price without tax and of
//! its tax, each cut toward zero at the smallest unit by the count of units so far: `share(before + q) - share(before)`.
//! The last unit takes the leftover, all parts add up to the line, and a part never differs from the exact share by a
//! smallest unit or more.

pub mod amazon;
mod build;
mod calendar;
mod catalogue;
mod changes;
mod ids;
mod instant;
mod money;
mod order;
mod people;
mod plan;
mod records;
mod rng;
mod settlement;
mod stock;
mod totals;
mod windows;
mod words;

use std::sync::Arc;

use chrono_tz::Tz;

use calendar::Calendar;
use catalogue::Catalogue;
pub use changes::*;
pub use instant::Second;
pub use money::{Bag, Currency};
pub use order::*;
use people::Crowd;
use plan::Plan;
pub use records::*;
pub use totals::{FinancialStatus, FulfillmentStatus, Totals};
use windows::ChunkShelf;
pub use windows::Touch;

/// Everything that happens to an order happens within this many days of its creation.
pub const LIFE_DAYS: i64 = 120;
/// An imported order's sale happened at most this many days before its creation.
pub const BACKDATE_DAYS: i64 = 3;

/// Products that a seller with orders has at least: goods, a gift card, a product with many variants, a download.
pub const LEAST_PRODUCTS: u32 = 4;

/// What kind of seller to invent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldSpec {
    /// Source of everything random.
    pub seed: u64,
    /// Orders placed in the whole history of `days` days; later days go on at the same pace. Test orders are among them, and
    /// those that the shop removes later.
    pub orders: u64,
    /// They are placed up to `now`, to the order; else up to the end of its local day, so that a few are still to come.
    pub exact: bool,
    /// Length of the history in local days, today included.
    pub days: u32,
    /// The present. The history ends with its local day.
    pub now: Second,
    /// Zone of the seller's days.
    pub zone: Tz,
    /// Currency of the shop.
    pub currency: Currency,
    /// Whether prices usually contain tax; one order in eight differs.
    pub taxes_included: bool,
    /// Products in the catalogue; a seller with orders has at least [`LEAST_PRODUCTS`].
    pub products: u32,
}

impl WorldSpec {
    /// A shop in New York that sells in dollars without tax, with `per_day` orders on each of `days` days.
    pub fn new(seed: u64, now: Second, days: u32, per_day: u64) -> Self {
        Self {
            seed,
            orders: per_day.saturating_mul(u64::from(days)),
            exact: false,
            days,
            now,
            zone: chrono_tz::America::New_York,
            currency: Currency::USD,
            taxes_included: false,
            products: 90,
        }
    }
}

impl WorldSpec {
    /// The days of this history in a zone, with so many orders on them.
    fn calendar(&self, seed: u64, zone: Tz, orders: u64) -> Calendar {
        match self.exact {
            true => Calendar::until(seed, zone, self.now, self.days, orders),
            false => Calendar::new(seed, zone, self.now.day_in(zone), self.days, orders),
        }
    }
}

/// What does not change as time goes on.
#[derive(Debug)]
pub(crate) struct Base {
    spec: WorldSpec,
    catalogue: Catalogue,
    calendar: Calendar,
    crowd: Crowd,
    chunks: ChunkShelf,
}

impl Base {
    /// The location that sells over the counter.
    fn till(&self) -> u64 {
        self.catalogue.locations.last().map_or(0, |location| location.id)
    }
}

/// The invented seller at one moment. Clones are cheap and share everything but the moment.
#[derive(Debug, Clone)]
pub struct World {
    base: Arc<Base>,
    amazon: Option<Arc<amazon::Base>>,
    now: Second,
}

impl World {
    /// Invents the seller. Costs a few milliseconds at any number of orders.
    pub fn new(spec: WorldSpec) -> Self {
        let calendar = spec.calendar(spec.seed, spec.zone, spec.orders);
        let products = if spec.orders == 0 {
            spec.products
        } else {
            spec.products.max(LEAST_PRODUCTS)
        };
        let catalogue = Catalogue::new(spec.seed, products, spec.currency, calendar.start(), spec.now);
        let crowd = Crowd::new(spec.seed, spec.orders, spec.days);
        let now = spec.now;
        Self {
            base: Arc::new(Base {
                spec,
                catalogue,
                calendar,
                crowd,
                chunks: ChunkShelf::default(),
            }),
            amazon: None,
            now,
        }
    }

    /// What the seller was made from; its `now` is the moment at which the history ended.
    pub fn spec(&self) -> &WorldSpec {
        &self.base.spec
    }

    /// The present.
    pub fn now(&self) -> Second {
        self.now
    }

    /// First local day that can have orders.
    pub fn first_day(&self) -> chrono::NaiveDate {
        self.base.calendar.first_day()
    }

    /// Moves the present.
    pub fn set_now(&mut self, now: Second) {
        self.now = now;
    }

    /// Lets `days` days of 24 hours go by.
    pub fn advance(&mut self, days: u32) {
        self.now = self.now.plus(i64::from(days) * instant::DAY);
    }

    /// The same seller at another moment.
    #[must_use]
    pub fn at(&self, now: Second) -> Self {
        Self {
            base: Arc::clone(&self.base),
            amazon: self.amazon.clone(),
            now,
        }
    }

    /// Orders placed so far, removed ones included: the indexes `0..order_count()`.
    pub fn order_count(&self) -> u64 {
        self.base.calendar.first_at_or_after(self.now.plus(1))
    }

    /// Order `index` as visible now; `None` when it is not placed yet or removed.
    pub fn order(&self, index: u64) -> Option<Order> {
        self.order_as_of(index, self.now)
    }

    /// Order `index` as visible at a moment; `None` when it does not exist then.
    pub fn order_as_of(&self, index: u64, at: Second) -> Option<Order> {
        let plan = Plan::of(&self.base, index)?;
        let visible = plan.visible(at);
        (!visible.is_empty()).then(|| build::order_after(&self.base, &plan, visible))
    }

    /// The whole life of order `index`, whatever the present; `None` for orders that are never placed.
    pub fn life(&self, index: u64) -> Option<Vec<LifeEvent>> {
        Plan::of(&self.base, index).map(|plan| plan.events().to_vec())
    }

    /// Last visible change of order `index`, without making it; `None` when it does not exist now.
    pub fn updated_at(&self, index: u64) -> Option<Second> {
        Plan::of(&self.base, index)?
            .visible(self.now)
            .last()
            .map(|event| event.at)
    }

    /// When order `index` was or will be created.
    pub fn created_at(&self, index: u64) -> Second {
        self.base.calendar.placed(index)
    }

    /// Identifier of order `index`.
    pub fn order_id(&self, index: u64) -> u64 {
        ids::order(index)
    }

    /// The index behind an order's identifier.
    pub fn order_index(&self, id: u64) -> Option<u64> {
        ids::order_index(id)
    }

    /// The index of the order that owns a line, charge, payment, shipment, refund, agreement or row.
    pub fn part_owner(&self, id: u64) -> Option<u64> {
        ids::part_owner(id)
    }

    /// Products that exist now, by position.
    pub fn products(&self) -> impl DoubleEndedIterator<Item = &Product> {
        let now = self.now;
        let exists = move |product: &&Product| {
            product.created_at <= now && product.deleted_at.is_none_or(|deleted| now < deleted)
        };
        self.base.catalogue.products.iter().filter(exists)
    }

    /// The variants of a product.
    pub fn variants_of(&self, product: &Product) -> &[Variant] {
        &self.base.catalogue.variants[product.variants.start as usize..product.variants.end as usize]
    }

    /// The product at a position, whether it exists now or not.
    pub fn product(&self, index: u32) -> Option<&Product> {
        self.base.catalogue.products.get(index as usize)
    }

    /// The variant at a position, whether it exists now or not.
    pub fn variant(&self, index: u32) -> Option<&Variant> {
        self.base.catalogue.variants.get(index as usize)
    }

    /// All places, inactive ones included.
    pub fn locations(&self) -> &[Location] {
        &self.base.catalogue.locations
    }

    /// What a line sells, as shown now.
    pub fn goods(&self, line: &Line) -> GoodsView<'_> {
        match line.goods {
            Goods::Custom(index) => GoodsView {
                title: Catalogue::custom_title(index),
                variant_title: None,
                sku: None,
                vendor: None,
                product_id: None,
                variant_id: None,
            },
            Goods::Variant(index) => {
                let variant = self.base.catalogue.variant(index);
                let product = self.base.catalogue.product_of(variant);
                let exists = self.base.catalogue.exists(index, self.now);
                GoodsView {
                    title: &product.title,
                    variant_title: (variant.title != "Default Title").then_some(variant.title.as_str()),
                    sku: variant.sku.as_deref(),
                    vendor: Some(product.vendor),
                    product_id: exists.then_some(product.id),
                    variant_id: exists.then_some(variant.id),
                }
            }
        }
    }

    /// Cost of one unit of a line in the shop's smallest units; `None` where unknown.
    pub fn unit_cost(&self, line: &Line) -> Option<i64> {
        match line.goods {
            Goods::Custom(_) => None,
            Goods::Variant(index) => self.base.catalogue.variant(index).unit_cost,
        }
    }
}

/// The tag of a batch at this moment.
fn batch_tag(at: Second) -> &'static str {
    words::BATCH_TAGS[at.0.div_euclid(instant::DAY).rem_euclid(words::BATCH_TAGS.len() as i64) as usize]
}
