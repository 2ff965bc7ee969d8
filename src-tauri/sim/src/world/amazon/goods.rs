//! What the seller lists at Amazon: the goods of the shop that ship and have a number of their own.

use super::market::Marketplace;
use super::{Seller, ids};
use crate::world::Base as Shop;
use crate::world::catalogue::Catalogue;
use crate::world::instant::{DAY, Second};
use crate::world::money::ratio_half_up;
use crate::world::rng::{Purpose, Rng};

/// Positions of the variants that are listed.
#[derive(Debug, Default)]
pub(crate) struct Listed(Vec<u32>);

/// One listing as shown at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Position of the variant in the catalogue.
    pub variant: u32,
    /// The seller's number.
    pub sku: String,
    /// Amazon's number.
    pub asin: String,
    /// Amazon's number of the product with all its variants.
    pub parent_asin: String,
    /// The number in Amazon's warehouses.
    pub fnsku: String,
    /// Title; may hold lone quotes and letters that old character sets lack.
    pub title: String,
    /// Maker.
    pub brand: &'static str,
    /// Price in smallest units of the marketplace's currency.
    pub price: i64,
    /// Whether it can be bought.
    pub active: bool,
    /// Whether Amazon ships it; the seller can ship everything.
    pub afn: bool,
    /// Units that the seller has, where the seller ships.
    pub mfn_quantity: Option<i64>,
    /// Units at Amazon.
    pub stock: Option<AmazonStock>,
    /// Made.
    pub created_at: Second,
    /// Bar code.
    pub barcode: Option<String>,
}

/// Units of one listing in Amazon's warehouses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmazonStock {
    /// For sale.
    pub fulfillable: i64,
    /// Announced.
    pub inbound_working: i64,
    /// On the way.
    pub inbound_shipped: i64,
    /// Arrived, not counted.
    pub inbound_receiving: i64,
    /// Promised to buyers.
    pub reserved_orders: i64,
    /// Between warehouses.
    pub reserved_transfer: i64,
    /// In handling.
    pub reserved_processing: i64,
    /// Searched for.
    pub researching: i64,
    /// Damaged by buyers.
    pub customer_damaged: i64,
    /// Damaged in the warehouse.
    pub warehouse_damaged: i64,
    /// Last movement.
    pub updated_at: Second,
}

impl AmazonStock {
    /// Promised, between warehouses and in handling.
    pub fn reserved(&self) -> i64 {
        self.reserved_orders + self.reserved_transfer + self.reserved_processing
    }

    /// Not fit for sale.
    pub fn unfulfillable(&self) -> i64 {
        self.customer_damaged + self.warehouse_damaged
    }

    /// On the way in.
    pub fn inbound(&self) -> i64 {
        self.inbound_working + self.inbound_shipped + self.inbound_receiving
    }

    /// Everything.
    pub fn total(&self) -> i64 {
        self.fulfillable + self.reserved() + self.unfulfillable() + self.inbound() + self.researching
    }
}

impl Listed {
    /// Everything that ships and is the first to bear its number.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let mut seen = std::collections::BTreeSet::new();
        let own = |variant: &&u32| {
            let sku = &catalogue.variant(**variant).sku;
            sku.as_ref().is_some_and(|sku| seen.insert(sku.clone()))
        };
        Self(catalogue.physical.iter().filter(own).copied().collect())
    }

    pub(crate) fn all(&self) -> &[u32] {
        &self.0
    }

    /// The listing that sells a variant; where the variant has none, another stands for it.
    pub(crate) fn listed_as(&self, variant: u32) -> u32 {
        let place = self.0.partition_point(|listed| *listed < variant);
        match self.0.get(place) {
            Some(listed) if *listed == variant => variant,
            _ => self.0[place.saturating_sub(1)],
        }
    }

    pub(crate) fn choose(&self, rng: &mut Rng) -> u32 {
        self.0[rng.skewed(self.0.len() as u64) as usize]
    }

    /// Price of one unit, with tax where the marketplace's prices contain it.
    pub(crate) fn price(shop: &Shop, market: Marketplace, variant: u32) -> i64 {
        let (from, to) = (shop.spec.currency, market.currency());
        let price = shop.catalogue.variant(variant).price;
        let with_tax = if market.taxes_included() { 12 } else { 10 };
        ratio_half_up(
            price,
            to.per_dollar() * to.unit() * with_tax,
            from.per_dollar() * from.unit() * 10,
        )
        .max(1)
    }
}

impl Seller {
    /// Positions of the variants listed at Amazon, the same in every marketplace.
    pub fn listed(&self) -> &[u32] {
        self.base.goods.all()
    }

    /// One listing of a marketplace; the variant must be listed.
    pub fn listing(&self, market: Marketplace, variant: u32) -> Listing {
        let catalogue = &self.world.base.catalogue;
        let goods = catalogue.variant(variant);
        let product = catalogue.product_of(goods);
        let afn = !variant.is_multiple_of(3);
        let title = match goods.title.as_str() {
            "Default Title" => product.title.clone(),
            // A lone inch mark, as real titles have it.
            own => format!("{} - {own} 3.5\"", product.title),
        };
        let active = catalogue.exists(variant, self.now());
        Listing {
            variant,
            sku: goods.sku.clone().unwrap_or_default(),
            asin: ids::asin(variant),
            parent_asin: ids::parent_asin(goods.product),
            fnsku: ids::fnsku(variant),
            title,
            brand: product.vendor,
            price: Listed::price(&self.world.base, market, variant),
            active,
            afn,
            mfn_quantity: (!afn || variant % 4 == 1).then(|| self.own_stock(variant)),
            stock: afn.then(|| self.stock(market, variant)),
            created_at: goods.created_at,
            barcode: goods.barcode.clone(),
        }
    }

    /// Cost of one unit in the marketplace's currency, as far as the seller typed it in at Amazon.
    pub fn unit_cost(&self, market: Marketplace, variant: u32) -> Option<i64> {
        let shop = &self.world.base;
        let known = self.base.spec.costs_typed && shop.spec.currency == market.currency();
        known.then(|| shop.catalogue.variant(variant).unit_cost).flatten()
    }

    fn own_stock(&self, variant: u32) -> i64 {
        let goods = self.world.base.catalogue.variant(variant);
        self.world.available(goods).unwrap_or(0).max(0)
    }

    /// A saw-tooth of sales and deliveries, moved once a day.
    fn stock(&self, market: Marketplace, variant: u32) -> AmazonStock {
        let mut rng = Rng::of(self.base.seed(market), Purpose::Stock, variant.into());
        let (second, cycle, pace) = (rng.between(0, DAY - 1), rng.between(20, 50), rng.between(1, 5));
        let day = (self.now().0 - second).div_euclid(DAY);
        let step = day.rem_euclid(cycle);
        let key = (u64::from(variant) << 24) | (day.unsigned_abs() & 0xFF_FFFF);
        let mut today = Rng::of(self.base.seed(market), Purpose::Stock, key);
        let due = cycle - step;
        let lot = pace * cycle;
        AmazonStock {
            fulfillable: (lot - pace * step - today.between(0, pace)).max(0),
            inbound_working: if due <= 9 && due > 6 { lot } else { 0 },
            inbound_shipped: if due <= 6 && due > 2 { lot } else { 0 },
            inbound_receiving: if due <= 2 { lot } else { 0 },
            reserved_orders: today.between(0, pace),
            reserved_transfer: today.between(0, 2),
            reserved_processing: today.between(0, 1),
            researching: today.between(0, 8) / 8,
            customer_damaged: today.between(0, 2),
            warehouse_damaged: today.between(0, 1),
            updated_at: Second(day * DAY + second),
        }
    }
}
