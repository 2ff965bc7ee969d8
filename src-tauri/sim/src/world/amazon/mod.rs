//! What the same seller does at Amazon: orders of its own for each marketplace, from the same seed.
//!
//! Nothing of it is held either. Order `i` of a marketplace is a pure function of the seed, the marketplace and `i`;
//! what happens to it and to its money happens within [`super::LIFE_DAYS`] days. The orders of the shop stay what they
//! are, with Amazon or without.
//!
//! | question | answer |
//! |---|---|
//! | how many orders exist | [`Seller::order_count`], by marketplace |
//! | one order | [`Seller::order`], [`Seller::find`] by its number |
//! | orders by change | [`Seller::touched`], the newest change of each; [`Seller::created`] by placement |
//! | money | [`Seller::money`], [`Seller::order_money`] as shown now; [`Seller::settlements`] |
//! | advertising | [`Seller::ads`] |
//! | goods | [`Seller::listed`], [`Seller::listing`] |

mod account;
mod build;
mod goods;
mod ids;
mod market;
mod money;
mod order;
mod plan;
mod windows;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

pub use account::{AdSpend, Settlement};
pub use goods::{AmazonStock, Listing};
pub use market::{Marketplace, Region};
pub use money::{AmazonTransaction, Held, Part, TransactionItem, TransactionType};
pub use order::{AmazonLine, AmazonOrder, Canceller, Charge, Link, Network, OrderStatus, Parcel, ShopOrder};
pub use plan::{AmazonStep, Back, Move};
pub use windows::{MoneyKey, Touched};

use super::calendar::Calendar;
use super::plan::{Basket, Plan as ShopPlan, Story as ShopStory};
use super::{Second, World};
use goods::Listed;
use plan::{Plan, Story};
use windows::Shelf;

/// What the seller does at Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmazonSpec {
    /// Orders in all marketplaces together in the whole history of the world's days; later days go on at that pace. Exact where the
    /// world's own are.
    pub orders: u64,
    /// Whether the seller typed the goods' costs in at Amazon; known then where shop and marketplace share a currency.
    pub costs_typed: bool,
    /// Money for what the seller ships is posted as the parcel leaves, not up to fourteen hours later. Reports tell no parcels: an
    /// order that is known by report alone is then dated as it truly left.
    pub posted_at_once: bool,
}

impl AmazonSpec {
    /// Nothing sold at Amazon.
    pub fn nothing() -> Self {
        Self {
            orders: 0,
            costs_typed: true,
            posted_at_once: false,
        }
    }

    /// So many orders in the whole history.
    pub fn new(orders: u64) -> Self {
        Self {
            orders,
            ..Self::nothing()
        }
    }
}

/// What does not change as time goes on.
#[derive(Debug)]
pub(crate) struct Base {
    spec: AmazonSpec,
    seed: u64,
    calendars: [Calendar; 4],
    goods: Listed,
    shelf: Shelf,
    settled: Mutex<BTreeMap<(Marketplace, i64), i64>>,
}

impl Base {
    fn seed(&self, market: Marketplace) -> u64 {
        crate::faults::mix(self.seed ^ (0xA5A5_0000 + market.place() as u64))
    }

    fn calendar(&self, market: Marketplace) -> &Calendar {
        &self.calendars[market.place()]
    }

    /// When an order is placed, if it ever is.
    fn placed(&self, market: Marketplace, index: u64) -> Option<Second> {
        let calendar = self.calendar(market);
        (index < calendar.ever()).then(|| calendar.placed(index))
    }

    fn trades(&self, market: Marketplace) -> bool {
        self.calendar(market).ever() > 0
    }

    fn first_day(&self, market: Marketplace) -> NaiveDate {
        self.calendar(market).first_day()
    }

    fn settled(&self, key: (Marketplace, i64)) -> Option<i64> {
        let totals = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        totals.get(&key).copied()
    }

    fn keep_settled(&self, key: (Marketplace, i64), total: i64) {
        let mut totals = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        totals.insert(key, total);
    }
}

impl World {
    /// The same seller, who also sells at Amazon. A seller without goods that ship sells nothing there.
    #[must_use]
    pub fn with_amazon(self, spec: AmazonSpec) -> Self {
        let shop = &self.base;
        let goods = Listed::of(&shop.catalogue);
        let orders = if goods.all().is_empty() { 0 } else { spec.orders };
        let shares = market::shares(orders, shop.spec.exact);
        let calendars = Marketplace::ALL.map(|market| {
            let seed = crate::faults::mix(shop.spec.seed ^ (0x5A5A_0000 + market.place() as u64));
            if orders == 0 {
                return Calendar::nothing(shop.spec.now.day_in(market.zone()));
            }
            shop.spec.calendar(seed, market.zone(), shares[market.place()])
        });
        let base = Base {
            seed: shop.spec.seed,
            spec,
            calendars,
            goods,
            shelf: Shelf::default(),
            settled: Mutex::default(),
        };
        Self {
            amazon: Some(Arc::new(base)),
            ..self
        }
    }

    /// What the seller does at Amazon, if the world has that side.
    pub fn amazon(&self) -> Option<Seller> {
        Some(Seller {
            base: Arc::clone(self.amazon.as_ref()?),
            world: self.clone(),
        })
    }
}

/// The seller at Amazon at one moment. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Seller {
    base: Arc<Base>,
    world: World,
}

impl Seller {
    /// The present.
    pub fn now(&self) -> Second {
        self.world.now()
    }

    /// The same seller at another moment.
    #[must_use]
    pub fn at(&self, now: Second) -> Self {
        Self {
            base: Arc::clone(&self.base),
            world: self.world.at(now),
        }
    }

    /// What it was made from.
    pub fn spec(&self) -> &AmazonSpec {
        &self.base.spec
    }

    /// Whether the seller ever sells in a marketplace.
    pub fn trades(&self, market: Marketplace) -> bool {
        self.base.trades(market)
    }

    /// First local day that can have orders.
    pub fn first_day(&self, market: Marketplace) -> NaiveDate {
        self.base.first_day(market)
    }

    /// Orders placed so far in a marketplace, copies of other channels' orders among them.
    pub fn order_count(&self, market: Marketplace) -> u64 {
        self.base.calendar(market).first_at_or_after(self.now().plus(1))
    }

    /// One order as visible now; `None` when it is not placed yet.
    pub fn order(&self, market: Marketplace, index: u64) -> Option<AmazonOrder> {
        let plan = Plan::of(&self.base, market, index)?;
        let visible = plan.visible(self.now());
        (!visible.is_empty()).then(|| self.build(&plan, visible))
    }

    /// The order with a number.
    pub fn find(&self, id: &str) -> Option<AmazonOrder> {
        let (market, index) = ids::read(id)?;
        self.order(market, index).filter(|order| order.id == id)
    }

    /// Steps of an order's whole life, whatever the present.
    pub fn life(&self, market: Marketplace, index: u64) -> Option<Vec<(Second, AmazonStep)>> {
        Plan::of(&self.base, market, index).map(|plan| plan.steps().to_vec())
    }

    fn build(&self, plan: &Plan, steps: &[(Second, AmazonStep)]) -> AmazonOrder {
        let copied = (plan.story == Story::Copy).then(|| self.copied(plan)).flatten();
        build::order_after(&self.base, &self.world.base, plan, steps, copied.as_ref())
    }

    /// The order of the shop that a copy fulfils: one placed shortly before, whose goods ship.
    fn copied(&self, plan: &Plan) -> Option<super::Order> {
        let shop = &self.world.base;
        let before = shop.calendar.first_at_or_after(plan.placed());
        let wanted = |index: &u64| {
            ShopPlan::of(shop, *index).is_some_and(|plan| {
                plan.basket == Basket::Shipped
                    && !plan.test
                    && plan.story != ShopStory::Deleted
                    && !plan.story.cancels()
                    && plan.channel != super::SalesChannel::PointOfSale
            })
        };
        let index = (before.saturating_sub(30)..before).rev().find(wanted)?;
        self.world.order_as_of(index, self.world.created_at(index))
    }
}
