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
//! | how many orders exist | [`World::order_count`]: indexes `0..count`, deleted ones included |
//! | one order | [`World::order`] (`None` when not placed yet or deleted) |
//! | its id | [`World::order_id`], back with [`World::order_index`] |
//! | orders by change | [`World::updated_page`], [`World::updated_between`] |
//! | orders by creation or sale | [`World::created_between`] |
//! | removed orders | [`World::deleted_between`] |
//! | products, variants, places | [`World::products`], [`World::variants`], [`World::locations`], [`World::goods`] |
//! | stock | [`World::stock_levels`], [`World::product_updated_at`], [`World::inventory_updated_at`] |
//! | customers | [`World::customers_updated_between`], [`World::customer`] |
//! | payouts | [`World::payouts_between`], [`World::balance_between`] |
//! | time goes on | [`World::advance`], [`World::set_now`] |

mod instant;
mod money;
mod order;
mod records;

pub use instant::Second;
pub use money::{Bag, Currency};
pub use order::*;
pub use records::*;

/// Everything that happens to an order happens within this many days of its creation.
pub const LIFE_DAYS: i64 = 120;
/// An imported order's sale happened at most this many days before its creation.
pub const BACKDATE_DAYS: i64 = 3;
