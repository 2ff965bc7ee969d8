//! Stock that moves: a pure function of the variant, the place and the moment. It follows a saw-tooth of sales and
//! deliveries of its own; single orders do not pull it.

use super::World;
use super::instant::{DAY, Second};
use super::records::{Product, StockLevel, Variant};
use super::rng::{Purpose, Rng};

impl World {
    /// Stock of one variant wherever it is or was kept; empty for goods whose stock is not counted.
    pub fn stock_levels(&self, variant: &Variant) -> Vec<StockLevel> {
        if !variant.tracked {
            return Vec::new();
        }
        (0..self.base.catalogue.locations.len())
            .filter_map(|place| self.stock_level(variant, place))
            .collect()
    }

    fn stock_level(&self, variant: &Variant, place: usize) -> Option<StockLevel> {
        let seed = self.base.spec.seed;
        let key = u64::from(variant.index) * 8 + place as u64;
        let mut rng = Rng::of(seed, Purpose::Stock, key);
        let kept = match place {
            0 => 1_000,
            1 => 550,
            _ => 180,
        };
        let location = &self.base.catalogue.locations[place];
        if !rng.chance(kept) {
            return None;
        }
        let every = rng.pick(&[1, 1, 2, 7]) * DAY;
        let second = rng.between(0, DAY - 1);
        let cycle = rng.between(14, 45);
        let pace = rng.between(1, 6);
        let depth = pace * cycle + rng.between(-4, 25);
        let quiet = StockLevel {
            variant: variant.index,
            location: location.id,
            active: location.active,
            available: if location.active { depth } else { 0 },
            on_hand: if location.active { depth } else { 0 },
            committed: 0,
            incoming: 0,
            reserved: 0,
            damaged: 0,
            quality_control: 0,
            safety_stock: 0,
            updated_at: variant.created_at,
        };
        let moves = (self.now.0 - variant.created_at.0 - second).div_euclid(every);
        if moves < 1 || !location.active {
            return Some(quiet);
        }
        let day = moves * (every / DAY);
        let step = day.rem_euclid(cycle);
        let mut today = Rng::of(seed, Purpose::Stock, (key << 20) | day.unsigned_abs());
        let available = depth - pace * step - today.between(0, pace);
        let level = StockLevel {
            available,
            committed: today.between(0, pace * 2),
            incoming: if cycle - step <= 4 { depth } else { 0 },
            reserved: today.between(0, 1),
            damaged: today.between(0, 2),
            quality_control: today.between(0, 1),
            safety_stock: pace,
            updated_at: variant.created_at.plus(second + moves * every),
            ..quiet
        };
        let held = level.committed + level.reserved + level.damaged + level.quality_control + level.safety_stock;
        Some(StockLevel {
            on_hand: available + held,
            ..level
        })
    }

    /// Last change of a variant's stock anywhere, or the making of the variant.
    pub fn inventory_updated_at(&self, variant: &Variant) -> Second {
        self.stock_levels(variant)
            .iter()
            .map(|level| level.updated_at)
            .max()
            .unwrap_or(variant.created_at)
    }

    /// Last change of a product: every movement of stock of one of its variants is one.
    pub fn product_updated_at(&self, product: &Product) -> Second {
        let moved = self
            .variants_of(product)
            .iter()
            .map(|variant| self.inventory_updated_at(variant))
            .max();
        moved.unwrap_or(product.created_at).max(product.created_at)
    }

    /// Units for sale of a variant in all places in use; `None` where stock is not counted.
    pub fn available(&self, variant: &Variant) -> Option<i64> {
        let levels = self.stock_levels(variant);
        variant.tracked.then(|| {
            levels
                .iter()
                .filter(|level| level.active)
                .map(|level| level.available)
                .sum()
        })
    }
}
