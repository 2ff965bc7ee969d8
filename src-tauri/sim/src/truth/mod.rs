//! The truth about a world: what a correct product must answer, by plain loops over the world's orders, before any
//! marketplace puts a face on them.
//!
//! Three steps, each on its own: [`tell`] makes an order's postings; [`Book`] counts postings under a definition;
//! [`Tally::figures`] turns sums into figures. Nothing here is shared with the product.

pub mod amazon;
mod figures;
mod goods;
mod json;
mod posting;
mod tell;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

pub use figures::{Book, Definition, Figures, Tally};
pub use goods::{GoodsByDay, GoodsTally};
pub use posting::{Kind, Posting, Told};
pub use tell::tell;

use crate::world::{Currency, Order, World};

/// Orders that one thread takes at a time.
const SHARE: u64 = 4_096;

/// One day's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayFigures {
    /// The day.
    pub day: NaiveDate,
    /// Its figures.
    pub figures: Figures,
}

/// Figures of every day of a range, and of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// By which definition.
    pub definition: Definition,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Zone of the days.
    pub zone: Tz,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Every day of the range, without gaps.
    pub days: Vec<DayFigures>,
    /// The whole range: sums of the days, ratios after summing.
    pub totals: Figures,
}

/// One product's sums on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodsRow {
    /// The day.
    pub day: NaiveDate,
    /// Stock-keeping unit; goods without one share a row.
    pub sku: Option<String>,
    /// The sums.
    pub tally: GoodsTally,
    /// By which definition.
    pub definition: Definition,
    /// Currency of all amounts.
    pub currency: Currency,
}

/// Products by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodsReport {
    /// By which definition.
    pub definition: Definition,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Rows by day and stock-keeping unit; days without any row are left out.
    pub rows: Vec<GoodsRow>,
}

/// The true figures of the days `from..=to`, as of the world's `now`, with days in `zone` (the shop's when `None`).
pub fn report(world: &World, definition: Definition, from: NaiveDate, to: NaiveDate, zone: Option<Tz>) -> Report {
    let zone = zone.unwrap_or(world.spec().zone);
    let book = book(world, definition, from, to, zone);
    let currency = world.spec().currency;
    let days = book.days().map(|(day, tally)| DayFigures {
        day,
        figures: tally.figures(definition, currency),
    });
    let days = days.collect();
    Report {
        definition,
        currency,
        zone,
        from,
        to,
        days,
        totals: book.total().figures(definition, currency),
    }
}

fn book(world: &World, definition: Definition, from: NaiveDate, to: NaiveDate, zone: Tz) -> Book {
    let empty = || Book::new(definition, from, to);
    fold(
        world,
        from,
        to,
        empty,
        |book: &mut Book, order| {
            if let Some(told) = tell(world, order, zone) {
                book.count(&told);
            }
        },
        |book, other| book.merge(&other),
    )
}

/// The true sums of every product on the days `from..=to`, as of the world's `now`.
pub fn goods(world: &World, definition: Definition, from: NaiveDate, to: NaiveDate, zone: Option<Tz>) -> GoodsReport {
    let zone = zone.unwrap_or(world.spec().zone);
    let rows = fold(
        world,
        from,
        to,
        GoodsByDay::new,
        |rows: &mut GoodsByDay, order| {
            if let Some(told) = tell(world, order, zone) {
                goods::count(world, order, &told, definition, (from, to), rows);
            }
        },
        goods::merge,
    );
    let currency = world.spec().currency;
    let rows = rows.into_iter().map(|((day, sku), tally)| GoodsRow {
        day,
        sku,
        tally,
        definition,
        currency,
    });
    GoodsReport {
        definition,
        currency,
        rows: rows.collect(),
    }
}

/// Folds over every order that can have anything on the days `from..=to` of any zone, on all processors.
fn fold<T: Send>(
    world: &World,
    from: NaiveDate,
    to: NaiveDate,
    empty: impl Fn() -> T + Sync,
    add: impl Fn(&mut T, &Order) + Sync,
    merge: impl Fn(&mut T, T),
) -> T {
    let (start, end) = reach(from, to);
    let add = |part: &mut T, index: u64| {
        if let Some(order) = world.order(index) {
            add(part, &order);
        }
    };
    spread(world.created_between(start, end), empty, add, merge)
}

/// The moments between which an order was made that can have anything on the days `from..=to` of any zone.
fn reach(from: NaiveDate, to: NaiveDate) -> (crate::world::Second, crate::world::Second) {
    let edge = |day: NaiveDate, days: u64, later: bool| {
        let days = Days::new(days);
        let day = if later {
            day.checked_add_days(days)
        } else {
            day.checked_sub_days(days)
        };
        day.unwrap_or_default()
            .and_time(chrono::NaiveTime::MIN)
            .and_utc()
            .timestamp()
    };
    // An order's life and a day of zone difference before; an imported order's delay and two days after.
    let before = crate::world::LIFE_DAYS.unsigned_abs() + 1;
    let after = crate::world::BACKDATE_DAYS.unsigned_abs() + 2;
    (
        crate::world::Second(edge(from, before, false)),
        crate::world::Second(edge(to, after, true)),
    )
}

/// Folds over a range of indexes on all processors.
fn spread<T: Send>(
    range: std::ops::Range<u64>,
    empty: impl Fn() -> T + Sync,
    add: impl Fn(&mut T, u64) + Sync,
    merge: impl Fn(&mut T, T),
) -> T {
    let next = std::sync::atomic::AtomicU64::new(range.start);
    let work = || {
        let mut part = empty();
        loop {
            let start = next.fetch_add(SHARE, std::sync::atomic::Ordering::Relaxed);
            if start >= range.end {
                return part;
            }
            for index in start..(start + SHARE).min(range.end) {
                add(&mut part, index);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let parts = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        let others = helpers.into_iter().map(|helper| match helper.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(others).collect::<Vec<_>>()
    });
    let mut all = empty();
    for part in parts {
        merge(&mut all, part);
    }
    all
}
