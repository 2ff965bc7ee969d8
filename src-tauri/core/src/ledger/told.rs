//! What an order's records tell, worked out away from the database.

use crate::connectors::{RawRecord, ReadError, StoredRaw};
use crate::metrics::{Contribution, ProductContribution, contributions};
use crate::model::{Order, When};
use crate::store::{Lacks, OrderDays};

use super::settle::settle;
use super::{Books, TOO_LITTLE, Trouble, apply_costs};

/// An order as its records tell it, or why they tell none.
pub(super) struct Told {
    pub(super) key: String,
    /// The order with its costs, or `None` where there is none to count.
    pub(super) order: Option<Order>,
    /// What it counts for, if worked out already.
    pub(super) counts: Option<Counts>,
    /// Records that could not be read, and why.
    pub(super) unreadable: Vec<(i64, ReadError)>,
    /// Records it rests on that are of another entry.
    pub(super) others: Vec<i64>,
    /// What else is to be said, of the record it is said of.
    pub(super) notes: Vec<(Option<i64>, ReadError)>,
    /// What is missing to count it, or to know its amounts.
    pub(super) partial: Option<&'static str>,
    /// What the figures lack without it.
    pub(super) lacks: Lacks,
    /// The last of its records.
    pub(super) last: Option<i64>,
    /// From when to when it would count, where something is to be told of it.
    pub(super) span: Option<(i64, i64)>,
}

/// What an order adds to the roll-ups, and its days.
pub(super) struct Counts {
    pub(super) business: Vec<Contribution>,
    pub(super) products: Vec<ProductContribution>,
    pub(super) days: OrderDays,
}

impl Counts {
    pub(super) fn of(order: &Order, books: &Books) -> Counts {
        let (business, products) = contributions(order, books.zone);
        let days = OrderDays::of(order, books.zone, &business);
        Counts {
            business,
            products,
            days,
        }
    }
}

impl Told {
    /// The order that `raws`, all the records of `key`, tell.
    pub(super) fn by(books: &Books, key: &str, raws: &[StoredRaw]) -> Told {
        let from = settle(books.reader(), &books.ctx, key, raws);
        let of = |stream: &str| raws.iter().any(|raw| raw.record.stream == stream);
        let (own, others): (Vec<&StoredRaw>, Vec<&StoredRaw>) = raws.iter().partition(|raw| is_of(key, &raw.record));
        let mut told = Told {
            key: key.to_owned(),
            order: None,
            counts: None,
            unreadable: from.unreadable,
            others: others.into_iter().map(|raw| raw.id).collect(),
            notes: Vec::new(),
            partial: None,
            // What other streams alone tell of an order is no order, and without a deleted one nothing is lacking.
            lacks: match (of("orders"), of("deletions")) {
                (_, true) => Lacks::Nothing,
                (true, _) => Lacks::Order,
                (false, _) => Lacks::Record,
            },
            last: own.last().copied().or(raws.last()).map(|raw| raw.id),
            span: None,
        };
        let Some(settled) = from.settled else {
            told.span = span(books, None, own);
            return told;
        };
        told.notes = settled.notes.into_iter().map(|note| (told.last, note)).collect();
        told.partial = settled.partial;
        told.order = settled.order.map(|mut order| {
            apply_costs(&mut order, &books.costs, books.ctx.zone);
            order
        });
        if told.order.is_none() || !told.unreadable.is_empty() {
            told.span = span(books, told.order.as_ref(), own);
        }
        told
    }

    /// That too little is known to count it, if that is so though every record of it can be read.
    pub(super) fn too_little(&self) -> Option<Trouble> {
        let what = self
            .partial
            .filter(|_| self.order.is_none() && self.unreadable.is_empty())?;
        Some(Trouble {
            stream: "orders".into(),
            key: self.key.clone(),
            raw: self.last,
            error: ReadError {
                code: TOO_LITTLE,
                message: format!(
                    "order {} is kept, but not counted: its records do not show {what}",
                    self.key
                ),
            },
            left_out: false,
            lacks: self.lacks,
            span: self.span,
        })
    }

    /// Whether they tell what the order cost.
    pub(super) fn is_priced(&self) -> bool {
        self.order.as_ref().is_some_and(|order| order.priced)
    }

    /// With what the order counts for.
    pub(super) fn counted(self, books: &Books) -> Told {
        let counts = self.order.as_ref().map(|order| Counts::of(order, books));
        Told { counts, ..self }
    }

    /// Told by one record that was read before it was stored and is now, as `raw`.
    pub(super) fn resting_on(mut self, raw: i64) -> Told {
        if let Some(order) = &mut self.order {
            order.raws.fill(raw);
        }
        for (of, _) in &mut self.unreadable {
            *of = raw;
        }
        for (of, _) in &mut self.notes {
            *of = Some(raw);
        }
        self.last = Some(raw);
        self
    }

    /// What is to be told about its records.
    pub(super) fn troubles(&mut self) -> impl Iterator<Item = Trouble> {
        let left_out = self.order.is_none();
        let (key, span) = (self.key.clone(), self.span);
        // Without the order everything it tells is lacking; with it, what could not be read.
        let (of_record, of_note) = match left_out {
            true => (self.lacks, self.lacks),
            false => (Lacks::Record, Lacks::Nothing),
        };
        let unreadable = self.unreadable.drain(..);
        let unreadable = unreadable.map(move |(raw, error)| (Some(raw), error, true, of_record));
        let notes = self.notes.drain(..);
        let notes = notes.map(move |(raw, error)| (raw, error, left_out, of_note));
        unreadable
            .chain(notes)
            .map(move |(raw, error, left_out, lacks)| Trouble {
                stream: "orders".into(),
                key: key.clone(),
                raw,
                error,
                left_out,
                lacks,
                span: span.filter(|_| lacks != Lacks::Nothing),
            })
    }
}

/// From when to when an order would count that its records tell only in part, as UTC seconds with both ends in it: from when it
/// was placed to its last change, as far as they state one. `None` where they do not tell when it was placed.
pub(super) fn span<'r>(
    books: &Books,
    order: Option<&Order>,
    raws: impl IntoIterator<Item = &'r StoredRaw>,
) -> Option<(i64, i64)> {
    let raws: Vec<&StoredRaw> = raws.into_iter().collect();
    let (reader, ctx) = (books.reader(), &books.ctx);
    let second = |at: When| match at {
        When::Instant(second) => second,
        When::Day(day) => ctx.zone.start_of(day),
    };
    let stated = raws.iter().filter_map(|raw| reader.placed(ctx, &raw.record));
    let from = match order {
        Some(order) => second(order.placed_at),
        None => stated.map(second).min()?,
    };
    let changed = raws.iter().map(|raw| raw.record.version).max();
    Some((from, changed.map_or(from, |changed| changed.max(from))))
}

/// Whether a record is of the entry of a key, and of no other.
fn is_of(key: &str, record: &RawRecord) -> bool {
    let rest = record.key.strip_prefix(key);
    record.stream == "deletions" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
