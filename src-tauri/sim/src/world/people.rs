//! Who buys. Orders are dealt to customers by a reversible shuffle of their indexes, so that both questions are
//! arithmetic: whose order is this, and which orders are this customer's.

use super::instant::Second;
use super::order::Region;
use super::plan::{Plan, Story};
use super::records::Customer;
use super::rng::{Purpose, Rng};
use super::words::{CUSTOMER_TAGS, LOCALES, MARKETS};
use super::{Base, World};

const CUSTOMERS: u64 = 7_200_000_000_000;
const STEP: u64 = 16;
/// People who signed up and never bought; they have the first numbers.
const SUBSCRIBERS: u64 = 12;
const QUARTER_DAY: i64 = 21_600;

/// A reversible shuffle of `0..size`, a power of two, applied to one block of orders after the other. Of 64 shuffled
/// places 20 belong to customers with one order, 20 to pairs, 20 to groups of four, 4 to guests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    bits: u32,
    factor: u64,
    inverse: u64,
    shift: u64,
}

impl Crowd {
    /// Blocks of about half a year of orders, so that people come back after days or months.
    pub(crate) fn new(seed: u64, orders: u64, days: u32) -> Self {
        let half_year = orders.saturating_mul(180) / u64::from(days.max(1));
        let bits = half_year.clamp(64, 1 << 40).next_power_of_two().ilog2();
        let mut rng = Rng::of(seed, Purpose::Customer, u64::MAX);
        let factor = rng.next() | 1;
        // Newton's iteration for the inverse of an odd number modulo 2^64.
        let inverse = (0..6).fold(factor, |guess, _| {
            guess.wrapping_mul(2_u64.wrapping_sub(factor.wrapping_mul(guess)))
        });
        Self {
            bits,
            factor,
            inverse,
            shift: rng.next(),
        }
    }

    fn mask(self, value: u64) -> u64 {
        value & ((1 << self.bits) - 1)
    }

    fn fold(self, value: u64) -> u64 {
        value ^ (value >> self.bits.div_ceil(2))
    }

    fn shuffle(self, place: u64) -> u64 {
        let mixed = self.fold(self.mask(place.wrapping_add(self.shift).wrapping_mul(self.factor)));
        self.fold(self.mask(mixed.wrapping_mul(self.factor)))
    }

    fn unshuffle(self, place: u64) -> u64 {
        let mixed = self.fold(self.mask(self.fold(place).wrapping_mul(self.inverse)));
        self.mask(mixed.wrapping_mul(self.inverse).wrapping_sub(self.shift))
    }

    /// Number of the customer who owns an order; `None` for guests.
    fn owner(self, index: u64) -> Option<u64> {
        let unit = 1 << (self.bits - 6);
        let place = self.shuffle(self.mask(index));
        let within = match place / (20 * unit) {
            0 => place,
            1 => 20 * unit + (place - 20 * unit) / 2,
            2 => 30 * unit + (place - 40 * unit) / 4,
            _ => return None,
        };
        Some((index >> self.bits) * 35 * unit + within)
    }

    /// Indexes of a customer's orders, in no order.
    fn orders(self, customer: u64) -> impl Iterator<Item = u64> {
        let unit = 1 << (self.bits - 6);
        let (block, within) = (customer / (35 * unit), customer % (35 * unit));
        let (first, count) = match within {
            _ if within < 20 * unit => (within, 1),
            _ if within < 30 * unit => (20 * unit + (within - 20 * unit) * 2, 2),
            _ => (40 * unit + (within - 30 * unit) * 4, 4),
        };
        (first..first + count).map(move |place| (block << self.bits) | self.unshuffle(place))
    }
}

/// Identifier of the customer who places order `index`; `None` for guests.
pub(crate) fn buyer(base: &Base, index: u64) -> Option<u64> {
    base.crowd.owner(index).map(|number| identifier(number + SUBSCRIBERS))
}

fn identifier(number: u64) -> u64 {
    CUSTOMERS + number * STEP
}

fn number(id: u64) -> Option<u64> {
    let number = id.checked_sub(CUSTOMERS)? / STEP;
    (identifier(number) == id).then_some(number)
}

impl World {
    /// A customer; `None` when nobody with this id has been seen yet.
    pub fn customer(&self, id: u64) -> Option<Customer> {
        let number = number(id)?;
        let base = &self.base;
        let mut rng = Rng::of(base.spec.seed, Purpose::Customer, number);
        let region: Region = rng.pick(&MARKETS.each_ref()).region;
        let mut customer = Customer {
            id,
            created_at: Second(i64::MAX),
            updated_at: Second(i64::MIN),
            number_of_orders: 0,
            amount_spent: 0,
            last_order: None,
            region,
            locale: rng.pick(&LOCALES),
            tax_exempt: rng.chance(20),
            tags: CUSTOMER_TAGS.iter().copied().filter(|_| rng.chance(200)).collect(),
        };
        match number.checked_sub(SUBSCRIBERS) {
            None => {
                customer.created_at = self.signed_up(number)?;
                customer.updated_at = customer.created_at;
            }
            Some(shopper) => {
                for index in base.crowd.orders(shopper) {
                    let Some(order) = self.order(index).filter(|order| order.customer == Some(id)) else {
                        continue;
                    };
                    customer.created_at = customer.created_at.min(order.created_at);
                    customer.updated_at = customer.updated_at.max(order.updated_at);
                    if !order.test {
                        customer.number_of_orders += 1;
                        customer.amount_spent += order.totals().net_payment.shop;
                    }
                    customer.last_order = customer.last_order.max(Some(index));
                }
                customer.last_order?;
            }
        }
        Some(customer)
    }

    /// When a subscriber signed up, if that is visible: a quarter of a day after the one before.
    fn signed_up(&self, number: u64) -> Option<Second> {
        let at = self.base.calendar.start().plus(number as i64 * QUARTER_DAY);
        (self.base.spec.orders > 0 && at <= self.now).then_some(at)
    }

    /// Customers whose last change lies in `from..to`, as (moment, id) in that order; a customer changes with every
    /// event of any of its orders. Holds the keys of one month of changes at a time.
    pub fn customers_updated_between(&self, from: Second, to: Second) -> impl Iterator<Item = (Second, u64)> + '_ {
        self.chunks(from, to).flat_map(move |(start, end)| {
            let mut seen: Vec<(Second, u64)> = self
                .updated_between(start, end)
                .filter_map(|touch| Some((touch.at, self.last_touch_of_buyer(touch.index)?)))
                .collect();
            let subscribers = (0..SUBSCRIBERS).filter_map(|number| Some((self.signed_up(number)?, identifier(number))));
            seen.extend(subscribers.filter(|(at, _)| (start..end).contains(at)));
            seen.sort_unstable();
            seen
        })
    }

    /// The buyer of an order, if no other order of the same buyer changed after it.
    fn last_touch_of_buyer(&self, index: u64) -> Option<u64> {
        let base = &self.base;
        let owner = base.crowd.owner(index)?;
        let touched = |index| {
            let plan = Plan::of(base, index).filter(|plan| plan.story != Story::Deleted)?;
            let at = plan.visible(self.now).last()?.at;
            Some((at, index))
        };
        let own = touched(index)?;
        let latest = base.crowd.orders(owner).filter_map(touched).max()?;
        (own == latest).then(|| identifier(owner + SUBSCRIBERS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shuffle_is_reversible_and_deals_every_order_once() {
        for orders in [0, 500, 9_000] {
            let crowd = Crowd::new(11, orders, 365);
            let size = 1_u64 << crowd.bits;
            let mut sizes = std::collections::BTreeMap::new();
            for index in 0..size * 2 {
                assert_eq!(
                    crowd.unshuffle(crowd.shuffle(crowd.mask(index))),
                    crowd.mask(index),
                    "place {index}"
                );
                if let Some(owner) = crowd.owner(index) {
                    assert!(
                        crowd.orders(owner).any(|own| own == index),
                        "customer {owner} knows order {index}"
                    );
                    *sizes.entry(owner).or_insert(0) += 1;
                }
            }
            let orders: u64 = sizes.values().sum();
            assert_eq!(orders, size * 2 * 60 / 64, "sixty of sixty-four orders have a customer");
            assert!(
                sizes.values().any(|count| *count == 4),
                "some customers come back three times"
            );
        }
    }
}
