//! Where orders are taken in: each replaces what was stored for it, and the roll-ups move by the difference.

use std::collections::HashMap;

use crate::connectors::{NAMELESS, RawRecord, ReadError, StoredRaw};
use crate::metrics::contributions;
use crate::model::{Order, When};
use crate::store::{Lacks, MID_TRANSFORM, NewIssue, Press, Replaced, Result, RollupDelta, SealedRaw, Write};

use super::relay::relay;
use super::told::{Counts, Told, span};
use super::{Books, Ingested, Trouble};

/// Orders given to a helper at once.
const CHUNK: usize = 24;

/// Keys of orders read from an export without ids begin so: it names its orders by their number (`name:#1001`).
const NAMED: &str = "name:";

/// Seconds within which a shop gives no number twice: a time without its offset, or a mere day, may be off by as much.
const SAME_NUMBER: u64 = 2 * 86_400;

/// A transaction in which orders are taken in.
pub(super) struct Desk<'d, 'w> {
    pub(super) w: &'d mut Write<'w>,
    pub(super) books: &'d Books,
    pub(super) done: Ingested,
    delta: RollupDelta,
    /// Orders are stored that are known by their number only.
    named: bool,
    /// Deletions are stored.
    pub(super) deletions: bool,
    /// Records of other streams that tell about orders are stored.
    pub(super) told_elsewhere: bool,
}

impl<'d, 'w> Desk<'d, 'w> {
    pub(super) fn open(w: &'d mut Write<'w>, books: &'d Books) -> Result<Self> {
        Ok(Desk {
            named: w.has_order_like(books.connection, NAMED)?,
            deletions: w.knows_stream(books.connection, "deletions")?,
            told_elsewhere: told_elsewhere(w, books)?,
            w,
            books,
            done: Ingested::default(),
            delta: RollupDelta::default(),
        })
    }

    /// Settles orders again from everything that is stored about them.
    pub(super) fn settle_again<'k>(&mut self, keys: impl IntoIterator<Item = &'k String>) -> Result<()> {
        let books = self.books;
        let (threads, press) = (self.w.threads(), self.w.press());
        self.deletions |= self.w.knows_stream(books.connection, "deletions")?;
        let mut keys = keys.into_iter();
        relay(
            threads,
            self,
            |desk| {
                let chunk = keys.by_ref().take(CHUNK).map(|key| desk.gather(key));
                let chunk: Vec<Gathered<'_>> = chunk.collect::<Result<_>>()?;
                Ok((!chunk.is_empty()).then_some(chunk))
            },
            |chunk| chunk.into_iter().map(|of| of.settle(books, &press)).collect(),
            |desk, told: Vec<Result<Told>>| told.into_iter().try_for_each(|told| desk.take(told?)),
        )
    }

    /// Settles every order that has records of its own again; their keys.
    pub(super) fn settle_orders(&mut self) -> Result<Vec<String>> {
        let keys = self.w.keys_of(self.books.connection, "orders")?;
        self.settle_again(&keys)?;
        Ok(keys)
    }

    /// Everything that is stored about an order.
    fn gather<'k>(&self, key: &'k str) -> Result<Gathered<'k>> {
        let (connection, reader) = (self.books.connection, self.books.reader());
        let mut raws = match reader.remembers() {
            true => self.w.sealed_versions(connection, "orders", key)?,
            false => self.w.sealed_of(connection, "orders", key)?,
        };
        let under = reader.stored_under(key);
        for stream in reader.tellers() {
            for key in &under {
                raws.extend(self.w.sealed_under(connection, stream, key)?);
            }
        }
        if self.deletions {
            let gone = format!("Order/{key}");
            raws.extend(self.w.sealed_of(self.books.connection, "deletions", &gone)?);
        }
        Ok(Gathered { key, raws })
    }

    /// Puts what an order's records tell in the place of what was stored for it.
    pub(super) fn take(&mut self, told: Told) -> Result<()> {
        let mut told = match told.unreadable.is_empty() {
            true => told,
            false => self.with_earlier(told)?,
        };
        // Of a record that several entries rest on its own says that it cannot be read.
        let others = std::mem::take(&mut told.others);
        told.unreadable.retain(|(raw, _)| !others.contains(raw));
        let own = self
            .books
            .reader()
            .stored_under(&told.key)
            .first()
            .is_some_and(|key| *key == told.key);
        if own && told.counts.is_none() && told.unreadable.is_empty() && !told.is_priced() {
            told = self.with_fuller(told)?;
        }
        self.done.troubles.extend(told.too_little());
        if let Some(what) = told
            .partial
            .filter(|_| told.order.as_ref().is_some_and(|order| !order.priced))
        {
            self.done.unpriced.push((told.key.clone(), what));
        }
        self.done.troubles.extend(told.troubles());
        let order = match told.order {
            Some(order) if self.is_counted(&order)? => order,
            _ => {
                return self
                    .drop_order(&told.key)
                    .map(|gone| self.done.orders += u64::from(gone));
            }
        };
        let (books, mut counts) = (self.books, told.counts);
        let days = || counts.get_or_insert_with(|| Counts::of(&order, books)).days.clone();
        let replaced = self.w.replace_order(books.connection, &order, days)?;
        if replaced == Replaced::Same {
            return Ok(());
        }
        self.w.pass(MID_TRANSFORM);
        if let Replaced::Other(before) = replaced {
            self.count(&before, -1);
        }
        let counts = counts.unwrap_or_else(|| Counts::of(&order, books));
        self.delta
            .add(books.connection, &order, &counts.business, &counts.products, 1);
        self.done.orders += 1;
        Ok(())
    }

    /// A record that cannot be read must not take away what an earlier version of it said, however many were broken since.
    /// `told`, with the earlier versions in the place of what could not be read.
    fn with_earlier(&self, mut told: Told) -> Result<Told> {
        let ids = |told: &Told| -> Vec<i64> { told.unreadable.iter().map(|(raw, _)| *raw).collect() };
        let press = self.w.press();
        let raws = self.gather(&told.key)?.raws.into_iter();
        let mut raws: Vec<StoredRaw> = raws.map(|raw| raw.open(&press)).collect::<Result<_>>()?;
        let mut broken = ids(&told);
        while !broken.is_empty() {
            let earlier = self.w.earlier_versions(&broken)?;
            if earlier.is_empty() {
                break;
            }
            let (spoiled, mut whole): (Vec<_>, Vec<_>) = raws.into_iter().partition(|raw| broken.contains(&raw.id));
            whole.extend(earlier);
            let again = Told::by(self.books, &told.key, &whole);
            broken = ids(&again);
            // A broken copy of what is held whole in the very same version lacks nothing.
            let lacks = |id: i64| {
                let copy = spoiled.iter().find(|raw| raw.id == id).map(|raw| &raw.record);
                let held =
                    |raw: &StoredRaw| !broken.contains(&raw.id) && copy.is_some_and(|copy| same(copy, &raw.record));
                !whole.iter().any(held)
            };
            let of_order = again.order.as_ref().and_then(|o| span(self.books, Some(o), &spoiled));
            told = Told {
                // What is lacking is what the broken ones would have told.
                span: of_order.or(told.span),
                unreadable: told.unreadable.into_iter().filter(|(id, _)| lacks(*id)).collect(),
                others: told.others.into_iter().chain(again.others).collect(),
                ..again
            };
            raws = whole;
        }
        Ok(told)
    }

    /// A record that shows less must not take away what an earlier version of it said. `told`, which has no price, with the
    /// latest earlier versions that give it one.
    fn with_fuller(&self, told: Told) -> Result<Told> {
        let press = self.w.press();
        let raws = self.gather(&told.key)?.raws.into_iter();
        let raws: Vec<StoredRaw> = raws.map(|raw| raw.open(&press)).collect::<Result<_>>()?;
        let mut ids: Vec<i64> = raws.iter().map(|raw| raw.id).collect();
        loop {
            let earlier = self.w.earlier_versions(&ids)?;
            if earlier.is_empty() {
                return Ok(told);
            }
            ids = earlier.iter().map(|raw| raw.id).collect();
            let all: Vec<StoredRaw> = earlier.into_iter().chain(raws.iter().cloned()).collect();
            let again = Told::by(self.books, &told.key, &all);
            if again.is_priced() {
                // Earlier versions that cannot be read are history.
                return Ok(Told {
                    unreadable: Vec::new(),
                    ..again
                });
            }
        }
    }

    /// Whether an order is to be counted, given that the same order may be known by its id and by its number: then only the
    /// one with the id is, and the other is taken away. Where a shop gave a number again it cannot be told which the one
    /// without an id is; it is set aside rather than counted twice.
    fn is_counted(&mut self, order: &Order) -> Result<bool> {
        let has_id = !order.key.starts_with(NAMED);
        if has_id && !self.named {
            return Ok(true);
        }
        let connection = self.books.connection;
        for key in self.w.order_named(connection, &order.name)? {
            if key == order.key || (has_id && !key.starts_with(NAMED)) {
                continue;
            }
            let Some(other) = self.w.order(connection, &key)? else {
                continue;
            };
            let (nameless, known) = match (has_id, key.starts_with(NAMED)) {
                (true, _) => (&other, order),
                (false, false) => (order, &other),
                // Of two without ids that are one, the key that says more of the time stays.
                (false, true) if !self.at_once(order, &other) => continue,
                (false, true) if other.key > order.key => return Ok(false),
                (false, true) => {
                    self.drop_order(&key)?;
                    continue;
                }
            };
            if nameless.placed_at.sort_key().abs_diff(known.placed_at.sort_key()) > SAME_NUMBER {
                self.done.troubles.push(number_given_again(nameless, known, self.books));
            }
            match has_id {
                true => self.drop_order(&key).map(drop)?,
                false => return Ok(false),
            }
        }
        self.named |= !has_id;
        Ok(true)
    }

    /// Whether two orders were placed in one minute, or on one day if no time of one is known.
    fn at_once(&self, one: &Order, other: &Order) -> bool {
        match (one.placed_at, other.placed_at) {
            (When::Instant(one), When::Instant(other)) => one.div_euclid(60) == other.div_euclid(60),
            (one, other) => one.day(self.books.ctx.zone) == other.day(self.books.ctx.zone),
        }
    }

    /// Takes an order away; whether there was one.
    fn drop_order(&mut self, key: &str) -> Result<bool> {
        let before = self.w.remove_order(self.books.connection, key)?;
        if let Some(before) = &before {
            self.count(before, -1);
        }
        Ok(before.is_some())
    }

    fn count(&mut self, order: &Order, factor: i64) {
        let (business, products) = contributions(order, self.books.zone);
        self.delta
            .add(self.books.connection, order, &business, &products, factor);
    }

    /// Moves the roll-ups and brings the list of issues up to date: one per trouble, none for records that are well now.
    pub(super) fn close<'k>(
        self,
        orders: impl Iterator<Item = &'k str>,
        things: &[StoredRaw],
        at: i64,
    ) -> Result<Ingested> {
        let Desk {
            w, books, done, delta, ..
        } = self;
        w.merge_rollups(&delta)?;
        if w.has_open_issues(books.connection)? {
            let orders = orders.map(|key| ("orders", key));
            let touched = orders.chain(things.iter().map(|t| (t.record.stream.as_ref(), t.record.key.as_str())));
            let codes = codes(&done.troubles);
            for (stream, key) in touched {
                let still = codes.get(&(stream, key)).map_or(&[][..], Vec::as_slice);
                w.resolve_issues(books.connection, stream, key, still, at)?;
            }
        }
        for trouble in &done.troubles {
            w.report_issue(&issue(books, trouble), at)?;
        }
        Ok(done)
    }

    /// Moves the roll-ups, and makes the list of issues name those orders as left out that are. For a rebuild: no record was
    /// seen again, and what other issues say holds.
    pub(super) fn finish(self, at: i64) -> Result<Ingested> {
        let Desk {
            w, books, done, delta, ..
        } = self;
        w.merge_rollups(&delta)?;
        let before = w.orders_left_out(books.connection)?;
        let codes = codes(&done.troubles);
        for key in &before {
            if w.order_placed(books.connection, key)?.is_some() {
                let still = codes.get(&("orders", key.as_str())).map_or(&[][..], Vec::as_slice);
                w.resolve_issues(books.connection, "orders", key, still, at)?;
            }
        }
        let of_orders = done.troubles.iter().filter(|t| t.stream == "orders");
        // What tells no id cannot be told to have come again.
        for trouble in of_orders.filter(|t| !t.key.starts_with(NAMELESS)) {
            if trouble.lacks == Lacks::Order || before.contains(&trouble.key) {
                w.renew_issue(&issue(books, trouble), at)?;
            }
        }
        Ok(done)
    }
}

/// The codes of troubles by stream and key.
fn codes(troubles: &[Trouble]) -> HashMap<(&str, &str), Vec<&str>> {
    let mut codes: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
    for trouble in troubles {
        let of = codes.entry((&trouble.stream, &trouble.key)).or_default();
        of.push(trouble.error.code);
    }
    codes
}

fn issue(books: &Books, trouble: &Trouble) -> NewIssue {
    NewIssue {
        connection: books.connection,
        stream: trouble.stream.clone(),
        record: trouble.key.clone(),
        raw: trouble.raw,
        code: trouble.error.code.to_owned(),
        message: trouble.error.message.clone(),
        lacks: trouble.lacks,
        span: trouble.span,
    }
}

/// Whether anything is stored that tells about orders outside their own stream.
fn told_elsewhere(w: &Write<'_>, books: &Books) -> Result<bool> {
    for stream in books.reader().tellers() {
        if w.knows_stream(books.connection, stream)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn number_given_again(nameless: &Order, known: &Order, books: &Books) -> Trouble {
    let day = |order: &Order| order.placed_at.day(books.ctx.zone);
    Trouble {
        stream: "orders".into(),
        key: nameless.key.clone(),
        raw: nameless.raws.first().copied(),
        error: ReadError {
            code: "number_given_again",
            message: format!(
                "order {} of {} shows no id, and {} has the same number on {}; it is kept, but not counted, since both may be one",
                nameless.name,
                day(nameless),
                known.key,
                day(known)
            ),
        },
        left_out: true,
        lacks: Lacks::Order,
        span: Some((nameless.placed_at.sort_key(), nameless.updated_at.sort_key())),
    }
}

/// An order's key and its records, as they lie in the file.
struct Gathered<'k> {
    key: &'k str,
    raws: Vec<SealedRaw>,
}

impl Gathered<'_> {
    fn settle(self, books: &Books, press: &Press) -> Result<Told> {
        let raws: Result<Vec<StoredRaw>> = self.raws.into_iter().map(|raw| raw.open(press)).collect();
        Ok(Told::by(books, self.key, &raws?))
    }
}

/// Whether two records tell the same part of a thing in the same version.
fn same(one: &RawRecord, other: &RawRecord) -> bool {
    let rank = |record: &RawRecord| (record.facet.clone(), record.source, record.version);
    one.version > 0 && rank(one) == rank(other)
}
