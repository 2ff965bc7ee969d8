//! Both roll-ups of many stored orders, summed from their blocks: what a recount makes in the place of differences.

use super::delta::Mixed;
use crate::metrics::{Definition, LineMarks, Measures, ProductMeasures, Tally, count};
use crate::model::{Calendar, Currency, Day, Status, Zone};
use crate::store::block::Glance;
use crate::store::error::Result;
use crate::store::order::{OrderDays, pack_days};
use crate::store::packed_orders::PackedOrders;

/// Cells that one [`Sums`] holds before it is to be merged; bounds memory (some 60 MB). A cell of the business holds many times
/// the numbers of a product's.
const FULL: usize = 250_000;
const DAILY_WEIGHT: usize = Measures::COLUMNS / 8;

/// A row of the business roll-up of one connection, its sales channel as the number of a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DailyCell {
    pub(super) definition: Definition,
    pub(super) day: Day,
    pub(super) sales_channel: i64,
    pub(super) currency: Currency,
    pub(super) status: Status,
}

/// A row of the product roll-up of one connection and one definition, its SKU as the number of goods.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ProductCell {
    pub(super) day: Day,
    pub(super) goods: i64,
    pub(super) currency: Currency,
}

/// Sums and the place of each key among them.
pub(super) struct Cells<K, V> {
    places: Mixed<K, u32>,
    pub(super) sums: Vec<V>,
}

impl<K: Copy + Eq + std::hash::Hash, V: Default> Cells<K, V> {
    fn new() -> Self {
        Cells {
            places: Mixed::default(),
            sums: Vec::new(),
        }
    }

    fn place(&mut self, key: K) -> u32 {
        *self.places.entry(key).or_insert_with(|| {
            self.sums.push(V::default());
            self.sums.len() as u32 - 1
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.places
            .iter()
            .filter_map(|(key, place)| Some((*key, self.sums.get(*place as usize)?)))
    }
}

/// Order totals and the platform's definition of a cell: nearly always the same.
pub(super) type Sold = [ProductMeasures; 2];

/// Sums over orders of one connection, gathered on one thread. Sums are exact whole numbers: however the orders are shared out
/// among several of these, together they come to the same.
pub struct Sums {
    days: Calendar,
    glance: Glance,
    room: Room,
}

struct Room {
    daily: Cells<DailyCell, Measures>,
    sold: Cells<ProductCell, Sold>,
    shipped: Cells<ProductCell, ProductMeasures>,
    at: Places,
}

/// Where the sums of the order at work are.
#[derive(Default)]
struct Places {
    days: Vec<(Definition, Day, u32)>,
    lines: Vec<(bool, Day, u16, u32)>,
}

/// An order that belongs to other days than before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Row id.
    pub id: i64,
    /// Its days as they were stored.
    pub before: Vec<u8>,
    /// Its days now.
    pub days: OrderDays,
}

impl Sums {
    /// Nothing, to be counted on the days of `zone`.
    pub fn new(zone: Zone) -> Sums {
        Sums {
            days: Calendar::of_many(zone),
            glance: Glance::empty(),
            room: Room {
                daily: Cells::new(),
                sold: Cells::new(),
                shipped: Cells::new(),
                at: Places::default(),
            },
        }
    }

    /// Counts orders. Returns those whose days are others than the stored ones.
    ///
    /// # Errors
    /// [`crate::store::StoreError::Corrupt`] for an order that cannot be read; nothing of these sums may be used then.
    pub fn count(&mut self, orders: &PackedOrders) -> Result<Vec<Moved>> {
        let mut moved = Vec::new();
        let (mut all, mut packed) = (Vec::new(), Vec::new());
        for row in orders.iter() {
            self.glance.read(row.block).map_err(|e| e.of_order(row.id))?;
            self.count_one();
            let placed = self.days.day_of(self.glance.placed_at);
            all.clear();
            all.extend(self.room.at.days.iter().map(|(_, day, _)| *day));
            all.sort_unstable();
            all.dedup();
            packed.clear();
            pack_days(&all, &mut packed);
            if placed != row.placed || packed != row.days {
                moved.push(Moved {
                    id: row.id,
                    before: row.days.to_vec(),
                    days: OrderDays {
                        placed,
                        all: all.clone(),
                    },
                });
            }
        }
        Ok(moved)
    }

    /// Whether there is so much that it should be merged before more is counted.
    pub fn is_full(&self) -> bool {
        let Room {
            daily, sold, shipped, ..
        } = &self.room;
        sold.sums.len() + shipped.sums.len() + daily.sums.len() * DAILY_WEIGHT > FULL
    }

    fn count_one(&mut self) {
        let Sums { days, glance, room } = self;
        room.at.days.clear();
        room.at.lines.clear();
        let glance = &*glance;
        count(&glance.countable(), days, &mut Counted { glance, room });
    }

    pub(super) fn daily(&self) -> impl Iterator<Item = (DailyCell, &Measures)> {
        self.room.daily.iter()
    }

    /// Order totals, and what the platform's definition adds to them.
    pub(super) fn sold(&self) -> impl Iterator<Item = (ProductCell, &Sold)> {
        self.room.sold.iter()
    }

    pub(super) fn shipped(&self) -> impl Iterator<Item = (ProductCell, &ProductMeasures)> {
        self.room.shipped.iter()
    }
}

/// The order at work and the sums it goes into.
struct Counted<'a> {
    glance: &'a Glance,
    room: &'a mut Room,
}

impl Tally for Counted<'_> {
    fn marks(&self, line: u16) -> Option<LineMarks> {
        self.glance.lines.get(usize::from(line)).map(|(_, marks)| *marks)
    }

    fn day(&mut self, definition: Definition, day: Day) -> &mut Measures {
        let Room { daily, at, .. } = &mut *self.room;
        let known = at.days.iter().rev().find(|(of, on, _)| *of == definition && *on == day);
        let place = match known {
            Some((_, _, place)) => *place,
            None => {
                let place = daily.place(DailyCell {
                    definition,
                    day,
                    sales_channel: self.glance.sales_channel,
                    currency: self.glance.currency,
                    status: self.glance.status,
                });
                at.days.push((definition, day, place));
                place
            }
        };
        &mut daily.sums[place as usize]
    }

    fn line(&mut self, definition: Definition, day: Day, line: u16) -> &mut ProductMeasures {
        let Room { sold, shipped, at, .. } = &mut *self.room;
        let by_ship = definition == Definition::Accounting;
        let known = at
            .lines
            .iter()
            .rev()
            .find(|(of, on, index, _)| *of == by_ship && *on == day && *index == line);
        let place = match known {
            Some((.., place)) => *place,
            None => {
                let goods = self.glance.lines.get(usize::from(line)).map_or(0, |(goods, _)| *goods);
                let currency = self.glance.currency;
                let cell = ProductCell { day, goods, currency };
                let place = if by_ship { shipped.place(cell) } else { sold.place(cell) };
                at.lines.push((by_ship, day, line, place));
                place
            }
        } as usize;
        match definition {
            Definition::OrderTotals => &mut sold.sums[place][0],
            Definition::Platform => &mut sold.sums[place][1],
            Definition::Accounting => &mut shipped.sums[place],
        }
    }
}

impl std::fmt::Debug for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sums")
            .field("days", &self.room.daily.sums.len())
            .field("products", &self.room.sold.sums.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders of few goods spread over many days and currencies fill the sums of days, not those of products.
    #[test]
    fn sums_are_full_by_their_days_alone_and_stay_within_their_room() {
        let mut sums = Sums::new(Zone::UTC);
        let mut days = 0;
        while !sums.is_full() {
            let size = days * size_of::<Measures>();
            assert!(
                size < 64 << 20,
                "{days} days hold {size} bytes, and more would be counted"
            );
            for _ in 0..256 {
                sums.room.daily.place(DailyCell {
                    definition: Definition::OrderTotals,
                    day: Day(days as i32),
                    sales_channel: 0,
                    currency: Currency::USD,
                    status: Status::Sale,
                });
                days += 1;
            }
        }
        assert!(days > 10_000, "nor are they merged for every few orders: {days}");
        let mut few = Sums::new(Zone::UTC);
        few.room.daily.place(DailyCell {
            definition: Definition::Platform,
            day: Day(1),
            sales_channel: 0,
            currency: Currency::USD,
            status: Status::Sale,
        });
        assert!(!few.is_full(), "one day is no reason to merge");
    }
}
