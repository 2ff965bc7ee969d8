//! Figures of single products: per day and stock-keeping unit.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::figures::Definition;
use super::posting::{Kind, Told};
use crate::world::{Order, World};

/// Sums over the goods rows of one stock-keeping unit. Amounts are smallest units of the shop's currency, signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GoodsTally {
    /// Units sold.
    pub units: i64,
    /// Price before discounts.
    pub item_price: i64,
    /// Discounts, negative.
    pub discounts: i64,
    /// Withdrawn and returned goods, negative.
    pub returns: i64,
    /// Units withdrawn or returned.
    pub units_returned: i64,
    /// Cost of goods less cost that came back, negative.
    pub cogs: i64,
    /// Price, discounts and returns of goods with a known cost.
    pub items_costed: i64,
    /// Units with a known cost.
    pub units_with_cost: i64,
}

impl GoodsTally {
    /// Net sales: price and discounts, and under the definitions that count them returns.
    pub fn net_sales(&self, definition: Definition) -> i64 {
        let returns = if definition == Definition::OrderTotals {
            0
        } else {
            self.returns
        };
        self.item_price + self.discounts + returns
    }

    fn add(&mut self, other: &Self) {
        self.units += other.units;
        self.item_price += other.item_price;
        self.discounts += other.discounts;
        self.returns += other.returns;
        self.units_returned += other.units_returned;
        self.cogs += other.cogs;
        self.items_costed += other.items_costed;
        self.units_with_cost += other.units_with_cost;
    }
}

/// Tallies by day and stock-keeping unit; goods without one share the key `None`.
pub type GoodsByDay = BTreeMap<(NaiveDate, Option<String>), GoodsTally>;

/// Counts the goods of one order, as far as they fall in `from..=to`.
pub(super) fn count(
    world: &World,
    order: &Order,
    told: &Told,
    definition: Definition,
    range: (NaiveDate, NaiveDate),
    into: &mut GoodsByDay,
) {
    for row in &told.postings {
        let Some(line) = row.line.and_then(|at| order.lines.get(at)) else {
            continue;
        };
        let Some(day) = definition.day(row).filter(|day| range.0 <= *day && *day <= range.1) else {
            continue;
        };
        let sku = world.goods(line).sku.map(str::to_owned);
        let tally = into.entry((day, sku)).or_default();
        match row.kind {
            Kind::ItemPrice => {
                tally.item_price += row.amount;
                tally.units += row.units;
                tally.units_with_cost += if row.costed { row.units } else { 0 };
            }
            Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform => tally.discounts += row.amount,
            Kind::ReversalItem | Kind::RefundItem => {
                tally.returns += row.amount;
                tally.units_returned -= row.units;
            }
            Kind::Cogs | Kind::CogsReturned => tally.cogs += row.amount,
            _ => {}
        }
        if row.costed && row.kind.is_item() {
            tally.items_costed += row.amount;
        }
    }
}

/// Adds the tallies of other orders.
pub(super) fn merge(into: &mut GoodsByDay, from: GoodsByDay) {
    for (key, tally) in from {
        into.entry(key).or_default().add(&tally);
    }
}
