//! From a plan to an order: the contents at placement, then one step after the other up to a moment. Each step draws
//! from a stream of its own and sees only what came before it, so an earlier view is always a prefix of a later one.

mod charges;
mod contents;
mod edits;
mod pay;
mod rows;
mod steps;

use super::instant::Second;
use super::plan::Plan;
use super::rng::{Purpose, Rng};
use super::{Base, ids};
use super::{LifeEvent, Order, Step};

/// An order under construction.
pub(super) struct Build<'a> {
    base: &'a Base,
    plan: &'a Plan,
    order: Order,
    /// Taxes of the place it goes to.
    rates: Vec<rows::Rate>,
    /// From shop money to the buyer's.
    exchange: contents::Exchange,
    /// Numbers given to parts of the order so far.
    parts: u64,
    /// Numbers of the step that is being applied.
    rng: Rng,
    /// Moment of the step that is being applied.
    at: Second,
}

/// The order after `events`, a non-empty prefix of its plan's life.
pub(super) fn order_after(base: &Base, plan: &Plan, events: &[LifeEvent]) -> Order {
    let mut build = Build::placed(base, plan);
    for (number, event) in events.iter().enumerate().skip(1) {
        build.rng = Rng::of(base.spec.seed, Purpose::Step, plan.index * 16 + number as u64);
        build.at = event.at;
        build.apply(event.step);
        build.order.updated_at = event.at;
    }
    build.order.events = events.to_vec();
    build.order
}

impl Build<'_> {
    fn part_id(&mut self) -> u64 {
        self.parts += 1;
        ids::part(self.plan.index, self.parts)
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Placed | Step::Deleted => {}
            Step::Paid => self.pay_open_amount(),
            Step::Shipped(part, of) => self.ship(part, of),
            Step::Delivered => self.deliver(),
            Step::LineAdded => self.add_line(),
            Step::UnitsAdded => self.add_units(),
            Step::UnitsRemoved => self.remove_units(),
            Step::DiscountAdded => self.add_discount(),
            Step::LoweredRemoved(refunded) => self.remove_lowered(refunded),
            Step::PartCancelled(lost) => self.cancel_part(lost),
            Step::Cancelled => self.cancel(),
            Step::PartReturned => self.return_part(),
            Step::AllReturned(shipping) => self.return_all(shipping),
            Step::Goodwill => self.goodwill(),
            Step::ReturnedWithFee(itemised) => self.return_with_fee(itemised),
            Step::Exchanged => self.exchange(),
            Step::ChargesReturned => self.return_charges(),
            Step::Tagged => self.order.tags.push(super::batch_tag(self.at)),
            Step::Closed => self.order.closed_at = Some(self.at),
        }
    }
}
