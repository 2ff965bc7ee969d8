//! Products, stock and costs.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Currency, Day};

/// A product of the platform's catalogue with its variants.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    /// The platform's product id.
    pub key: String,
    /// Title; untrusted text.
    pub title: String,
    /// Vendor; untrusted text.
    pub vendor: String,
    /// Product type or category; untrusted text.
    pub category: String,
    /// State in the platform's words, lower case (`active`, `archived`, `draft`).
    pub status: String,
    /// Last change, UTC second.
    pub updated_at: i64,
    /// Gone from the platform; kept because orders point to it.
    pub deleted: bool,
    /// Variants, each a SKU that can be sold.
    pub variants: Vec<Variant>,
}

/// One sellable variant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Variant {
    /// The platform's variant id.
    pub key: String,
    /// The platform's stock item id, where it differs.
    pub item: Option<String>,
    /// The seller's stock keeping unit; may be empty.
    pub sku: String,
    /// Variant title; untrusted text.
    pub title: String,
    /// Barcode.
    pub barcode: String,
    /// Price of one unit in millionths of the shop's currency; `None` where unreadable or unstated.
    pub price: Option<i64>,
}

/// Stock of one item at one location.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StockLevel {
    /// The platform's stock item id.
    pub item: String,
    /// The platform's location id.
    pub location: String,
    /// SKU of the item; may be empty.
    pub sku: String,
    /// Whether the item is stocked there at present.
    pub active: bool,
    /// Units by the platform's own name (`available`, `on_hand`, `committed`, …). May be negative.
    pub quantities: Vec<(String, i64)>,
    /// Last change, UTC second.
    pub updated_at: i64,
}

/// A place that holds stock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Location {
    /// The platform's location id.
    pub key: String,
    /// Name; untrusted text.
    pub name: String,
    /// In use.
    pub active: bool,
    /// ISO 3166 alpha-2, where stated.
    pub country: Option<String>,
}

/// What one unit cost from a day on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownCost {
    /// First day the cost was known to hold, in the connection's zone.
    pub since: Day,
    /// Millionths of `currency` for one unit.
    pub micros: i64,
    /// Currency of the cost.
    pub currency: Currency,
}

/// Unit costs of a connection by variant (or stock item) id, each with the day it was first known.
#[derive(Clone, Debug, Default)]
pub struct CostBook {
    costs: HashMap<String, Vec<KnownCost>>,
    /// Use the earliest known cost for earlier sales too (the user's choice; such costs are marked estimated).
    pub backdate: bool,
}

impl CostBook {
    /// Records that `key` costs `cost` from its day on. A later record for the same day replaces the earlier one.
    pub fn learn(&mut self, key: &str, cost: KnownCost) {
        let known = self.costs.entry(key.to_owned()).or_default();
        match known.binary_search_by_key(&cost.since, |c| c.since) {
            Ok(at) => known[at] = cost,
            Err(at) => known.insert(at, cost),
        }
    }

    /// The cost of one unit on `day` in `currency`, and whether it is estimated. `None` where unknown: before the first
    /// known day without the user's leave, or in another currency.
    pub fn on(&self, key: &str, day: Day, currency: Currency) -> Option<(i64, bool)> {
        let known = self.costs.get(key)?;
        let (cost, estimated) = match known.partition_point(|c| c.since <= day) {
            0 if self.backdate => (known.first()?, true),
            0 => return None,
            after => (&known[after - 1], false),
        };
        (cost.currency == currency).then_some((cost.micros, estimated))
    }

    /// The key of a SKU's cost in a currency that is not the connection's own.
    pub fn abroad(sku: &str, currency: Currency) -> String {
        format!("{sku} in {currency}")
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.costs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_unknown_before_its_first_day_unless_the_user_backdates() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let mut book = CostBook::default();
        book.learn(
            "7",
            KnownCost {
                since: day("2026-03-10"),
                micros: 4_000_000,
                currency: Currency::USD,
            },
        );
        book.learn(
            "7",
            KnownCost {
                since: day("2026-04-01"),
                micros: 5_000_000,
                currency: Currency::USD,
            },
        );
        assert_eq!(
            book.on("7", day("2026-03-09"), Currency::USD),
            None,
            "the day before the first sighting"
        );
        assert_eq!(
            book.on("7", day("2026-03-31"), Currency::USD),
            Some((4_000_000, false)),
            "the cost known that day"
        );
        assert_eq!(
            book.on("7", day("2026-05-01"), Currency::USD),
            Some((5_000_000, false)),
            "the later cost from its day on"
        );
        book.backdate = true;
        assert_eq!(
            book.on("7", day("2026-03-09"), Currency::USD),
            Some((4_000_000, true)),
            "backdated and marked estimated"
        );
        assert_eq!(
            book.on("7", day("2026-05-01"), "EUR".parse().expect("a currency")),
            None,
            "never converted at 1.0"
        );
    }
}
