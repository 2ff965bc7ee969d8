//! The walk over an order's postings that every sum of ours comes from, whoever holds the order and the sums.

use crate::model::{Calendar, Day, Flags, Kind, Order, Posting, Status, When};

use super::{Definition, Measure, Measures, ProductMeasures};

/// What counting asks of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Countable<'a> {
    pub(crate) status: Status,
    pub(crate) placed_at: When,
    pub(crate) first_ship: Option<When>,
    pub(crate) units_placed: i32,
    pub(crate) units_cancelled: i32,
    /// It was cancelled as a whole.
    pub(crate) cancelled: bool,
    pub(crate) fulfilled: bool,
    pub(crate) priced: bool,
    pub(crate) basis_unknown: bool,
    pub(crate) incomplete: bool,
    /// A record shows lines of it.
    pub(crate) lines: bool,
    pub(crate) postings: &'a [Posting],
}

impl<'a> Countable<'a> {
    pub(crate) fn of(order: &'a Order) -> Self {
        Countable {
            status: order.status,
            placed_at: order.placed_at,
            first_ship: order.first_ship,
            units_placed: order.units_placed,
            units_cancelled: order.units_cancelled,
            cancelled: order.cancelled_at.is_some(),
            fulfilled: order.fulfilled,
            priced: order.priced,
            basis_unknown: order.basis_unknown,
            incomplete: order.incomplete,
            lines: !order.lines.is_empty(),
            postings: &order.postings,
        }
    }

    /// As [`Order::untold`].
    fn untold(&self) -> bool {
        !self.lines && !self.priced && self.units_placed == 0
    }

    /// As [`Order::wholly_cancelled`].
    fn wholly_cancelled(&self) -> bool {
        let told = self.units_placed > 0 || (self.cancelled && !self.priced);
        told && self.units_cancelled >= self.units_placed
    }
}

/// What counting asks of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LineMarks {
    pub(crate) gift_card: bool,
    pub(crate) cost_estimated: bool,
}

/// Sums that an order is counted into.
pub(crate) trait Tally {
    /// The marks of a line; `None` for one that the order does not have.
    fn marks(&self, line: u16) -> Option<LineMarks>;
    /// The sums of a definition's day.
    fn day(&mut self, definition: Definition, day: Day) -> &mut Measures;
    /// The sums of a line on a definition's day.
    fn line(&mut self, definition: Definition, day: Day, line: u16) -> &mut ProductMeasures;
}

/// Adds everything `order` counts for to `tally`, on the days of `days`: nothing for orders that never count.
pub(crate) fn count(order: &Countable<'_>, days: &mut Calendar, tally: &mut impl Tally) {
    if !order.status.posts() {
        return;
    }
    let placed = days.day_of(order.placed_at);
    let first_ship = order.first_ship.map(|at| days.day_of(at));
    for definition in Definition::ALL {
        count_order(order, definition, placed, first_ship, tally);
        for posting in order.postings {
            if let Some(moment) = definition.moment_at(order.placed_at, posting) {
                count_posting(order, definition, days.day_of(moment), posting, tally);
            }
        }
    }
}

/// Counts of the order itself (LEDGER ruling 7).
fn count_order(
    order: &Countable<'_>,
    definition: Definition,
    placed: Day,
    first_ship: Option<Day>,
    tally: &mut impl Tally,
) {
    if !order.status.counts() {
        return;
    }
    if order.incomplete {
        tally.day(definition, placed).add(Measure::OrdersIncomplete, 1);
    }
    let in_base = definition == Definition::Platform || !order.wholly_cancelled();
    if in_base {
        let m = tally.day(definition, placed);
        if order.untold() {
            m.add(Measure::OrdersUntold, 1);
        } else {
            m.add(Measure::OrdersToFulfil, 1);
            m.add(Measure::OrdersFulfilled, i64::from(order.fulfilled));
        }
        m.add(Measure::OrdersWithPrice, i64::from(order.priced));
        m.add(Measure::OrdersUnpriced, i64::from(!order.priced));
    }
    match definition {
        Definition::Accounting => {
            if let Some(ship) = first_ship {
                tally.day(definition, ship).add(Measure::Orders, 1);
            }
        }
        _ if in_base => {
            let m = tally.day(definition, placed);
            m.add(Measure::Orders, 1);
            if !order.priced {
                let withdrawn = if definition == Definition::Platform {
                    0
                } else {
                    order.units_cancelled
                };
                m.add(Measure::Units, i64::from(order.units_placed - withdrawn));
            }
        }
        _ => {}
    }
}

fn count_posting(order: &Countable<'_>, definition: Definition, day: Day, posting: &Posting, tally: &mut impl Tally) {
    let line = posting.line.and_then(|index| Some((index, tally.marks(index)?)));
    let units = match line {
        Some((_, marks)) if marks.gift_card => 0,
        _ => i64::from(posting.quantity),
    };
    let costed = posting.flags.has(Flags::COSTED);
    let m = tally.day(definition, day);
    m.add_kind(posting.kind, posting.micros);
    m.add(Measure::Rows, 1);
    if definition.is_estimated(posting) {
        m.add(Measure::RowsEstimated, 1);
    }
    if order.incomplete {
        m.add(Measure::RowsIncomplete, 1);
    }
    // Only what buyers paid or got back can hold a tax that nobody told.
    if order.basis_unknown && (posting.kind.is_sale() || posting.kind.is_return()) {
        m.add(Measure::RowsBasisUnknown, 1);
    }
    if posting.kind == Kind::ItemPrice {
        m.add(Measure::Units, units);
        if costed {
            m.add(Measure::UnitsWithCost, units);
            if line.is_some_and(|(_, marks)| marks.cost_estimated) {
                m.add(Measure::UnitsCostEstimated, units);
            }
        }
    }
    if posting.kind.is_return() {
        m.add(Measure::UnitsReturned, -units);
    }
    if !posting.flags.has(Flags::EDIT) {
        match posting.kind {
            Kind::ItemPrice => m.add(Measure::ItemPricePlaced, posting.micros),
            Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform => m.add(Measure::DiscountPlaced, posting.micros),
            _ => {}
        }
    }
    if posting.kind.is_item() {
        if costed {
            m.add(Measure::ItemsCosted, posting.micros);
            m.add(Measure::RowsCosted, 1);
        } else {
            m.add(Measure::RowsUncosted, 1);
        }
    }
    // Gift cards have no place among products.
    if let Some((index, _)) = line.filter(|(_, marks)| !marks.gift_card) {
        count_line(tally, definition, day, index, posting, units, costed);
    }
}

fn count_line(
    tally: &mut impl Tally,
    definition: Definition,
    day: Day,
    line: u16,
    posting: &Posting,
    units: i64,
    costed: bool,
) {
    let amount = i128::from(posting.micros);
    if !posting.kind.is_item() && !matches!(posting.kind, Kind::Cogs | Kind::CogsReturned) {
        return;
    }
    let p = tally.line(definition, day, line);
    match posting.kind {
        Kind::ItemPrice => {
            p.item_price += amount;
            p.units += units;
            p.units_with_cost += if costed { units } else { 0 };
        }
        Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform => p.discounts += amount,
        Kind::ReversalItem | Kind::RefundItem | Kind::RefundAdjustment => {
            p.returns += amount;
            p.units_returned -= units;
        }
        Kind::Cogs | Kind::CogsReturned => p.cogs += amount,
        _ => {}
    }
    if costed && posting.kind.is_item() {
        p.items_costed += amount;
    }
}
