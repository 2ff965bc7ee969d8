//! Everything again from what is stored: costs, roll-ups, the whole ledger.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::model::Order;
use crate::store::{Connection, MID_TRANSFORM, Moved, Read, Result, RollupDelta, StoredOrder, Sums, Write};

use super::desk::Desk;
use super::ingest::take_thing;
use super::relay::relay;
use super::told::Counts;
use super::{Books, Ingested, apply_costs};

/// Orders given to a helper at once.
const CHUNK: u64 = 64;

/// Orders given at once to a helper that counts them.
const PACKED: u32 = 256;

/// By what a version of the program says of itself that it settled a connection's orders.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Orders counted before the roll-ups take their differences: bounds memory.
const COUNTED: u64 = 20_000;

/// Applies [`Books::costs`] to every stored order of the connection again, for costs learned after the orders came. Returns how
/// many orders changed.
///
/// # Errors
/// Database failures only.
pub fn recost(w: &mut Write<'_>, books: &Books) -> Result<u64> {
    let mut redo = Redo::of(w, books);
    let mut changed = 0;
    let threads = redo.w.threads();
    relay(
        threads,
        &mut redo,
        Redo::next,
        |stored| {
            let costed = |stored: StoredOrder| {
                let mut order = stored.order.clone();
                apply_costs(&mut order, &books.costs, books.ctx.zone);
                (order != stored.order).then(|| {
                    let counts = [Counts::of(&stored.order, books), Counts::of(&order, books)];
                    (stored.order, order, counts)
                })
            };
            stored.into_iter().filter_map(costed).collect()
        },
        |redo, costed: Vec<(Order, Order, [Counts; 2])>| {
            for (before, order, [was, is]) in costed {
                redo.w.put_order(books.connection, &order, &is.days)?;
                redo.w.pass(MID_TRANSFORM);
                redo.count(&before, &was, -1)?;
                redo.count(&order, &is, 1)?;
                changed += 1;
            }
            Ok(())
        },
    )?;
    redo.finish()?;
    Ok(changed)
}

/// Adds every stored order of the connection to the roll-ups and sets its days anew, in [`Books::zone`]. For roll-ups that were
/// taken away before.
///
/// Helpers count the orders as they lie in the file, each into sums of its own, while this thread reads on.
///
/// # Errors
/// Database failures only.
fn recount(w: &mut Write<'_>, books: &Books) -> Result<()> {
    let (connection, threads) = (books.connection, w.threads());
    let idle: Mutex<Vec<Sums>> = Mutex::default();
    let idle_sums = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    let mut last = i64::MIN;
    relay(
        threads,
        w,
        |w| {
            let orders = w.packed_orders_after(connection, last, PACKED)?;
            Ok(orders.last().map(|reached| {
                last = reached;
                orders
            }))
        },
        |orders| {
            let mut sums = idle_sums().pop().unwrap_or_else(|| Sums::new(books.zone));
            let moved = sums.count(&orders)?;
            let full = match sums.is_full() {
                true => Some(sums),
                false => {
                    idle_sums().push(sums);
                    None
                }
            };
            Ok((orders.len(), moved, full))
        },
        |w, counted: Result<(usize, Vec<Moved>, Option<Sums>)>| {
            let (orders, moved, full) = counted?;
            // A point for each order, as where orders are taken in.
            (0..orders).for_each(|_| w.pass(MID_TRANSFORM));
            for order in &moved {
                w.move_days(order)?;
            }
            full.map_or(Ok(()), |sums| w.merge_sums(connection, &[sums]))
        },
    )?;
    w.merge_sums(connection, &idle_sums())
}

/// Takes the roll-ups down and counts the stored orders of all connections again: in other zones than before, orders do not leave
/// the days they were counted on by themselves.
///
/// # Errors
/// Database failures only.
pub fn recount_all(w: &mut Write<'_>, books: fn(&Read<'_>, &Connection) -> Result<Books>) -> Result<()> {
    w.clear_rollups()?;
    for connection in w.connections()? {
        let books = books(w, &connection)?;
        recount(w, &books)?;
    }
    Ok(())
}

/// A walk over all stored orders of a connection, in the order of their row ids.
struct Redo<'d, 'w> {
    w: &'d mut Write<'w>,
    books: &'d Books,
    /// Row id of the last order that was read.
    last: i64,
    delta: RollupDelta,
    counted: u64,
}

impl<'d, 'w> Redo<'d, 'w> {
    fn of(w: &'d mut Write<'w>, books: &'d Books) -> Self {
        Redo {
            w,
            books,
            last: i64::MIN,
            delta: RollupDelta::default(),
            counted: 0,
        }
    }

    fn next(&mut self) -> Result<Option<Vec<StoredOrder>>> {
        let stored = self.w.orders_after(self.books.connection, self.last, CHUNK)?;
        self.last = stored.last().map_or(self.last, |last| last.id);
        Ok((!stored.is_empty()).then_some(stored))
    }

    fn count(&mut self, order: &Order, counts: &Counts, factor: i64) -> Result<()> {
        let Counts { business, products, .. } = counts;
        self.delta.add(self.books.connection, order, business, products, factor);
        self.counted += 1;
        if self.counted.is_multiple_of(COUNTED) {
            self.w.merge_rollups(&std::mem::take(&mut self.delta))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.w.merge_rollups(&self.delta)
    }
}

/// Settles every order of a connection again from its records: by what they are read has changed. [`Ingested::orders`] counts the
/// orders that came out different. Issues are as of UTC second `at`.
///
/// # Errors
/// Database failures. On an error nothing changes: the caller's transaction is the whole of it.
pub fn resettle(w: &mut Write<'_>, books: &Books, at: i64) -> Result<Ingested> {
    let mut desk = Desk::open(w, books)?;
    desk.settle_orders()?;
    desk.finish(at)
}

/// Settles those orders of a connection again that are kept and not counted, if another version of the program did it last: this one
/// may be able to read them. Returns how many came out different. Issues are as of UTC second `at`.
///
/// # Errors
/// Database failures only.
pub fn retry(w: &mut Write<'_>, books: &Books, at: i64) -> Result<u64> {
    let name = format!("settled_by:{}", books.connection);
    if w.setting::<String>(&name)?.as_deref() == Some(VERSION) {
        return Ok(0);
    }
    w.set_setting(&name, &VERSION)?;
    let keys = w.orders_left_out(books.connection)?;
    if keys.is_empty() {
        return Ok(0);
    }
    let mut desk = Desk::open(w, books)?;
    desk.settle_again(&keys)?;
    Ok(desk.finish(at)?.orders)
}

/// Recomputes everything of a connection from its raw records, without network: products and the like into tables that were
/// cleared before, orders by the difference, with the costs that these records tell. [`Ingested::orders`] counts the orders that came out different.
///
/// The list of issues, as of UTC second `at`, names those orders as left out that are.
///
/// # Errors
/// Database failures. On an error nothing changes: the caller's transaction is the whole rebuild.
pub fn rebuild(w: &mut Write<'_>, books: &Books, at: i64) -> Result<Ingested> {
    let connection = books.connection;
    let mut desk = Desk::open(w, books)?;
    let mut told: BTreeSet<String> = BTreeSet::new();
    for stream in books.reader().others() {
        for key in desk.w.keys_of(connection, stream)? {
            for raw in desk.w.raws_of(connection, stream, &key)? {
                take_thing(&mut desk, &raw, &mut told)?;
            }
        }
    }
    let done = desk.done;
    // A record may tell a cost now that it did not tell when it came: the connection had no currency then.
    let mut costs = w.cost_book(connection)?;
    costs.backdate = books.costs.backdate;
    let books = Books { costs, ..books.clone() };
    let mut desk = Desk::open(w, &books)?;
    desk.done = done;
    let keys = desk.settle_orders()?;
    // Deletions of orders of which nothing else is known.
    for key in &keys {
        told.remove(key);
    }
    desk.settle_again(&told)?;
    desk.finish(at)
}
