//! What an order's records tell, worked out away from the database.

use crate::connectors::{ReadError, StoredRaw};
use crate::metrics::{Contribution, ProductContribution, contributions};
use crate::model::Order;
use crate::store::OrderDays;

use super::settle::settle;
use super::{Books, Trouble, apply_costs};

/// An order as its records tell it, or why they tell none.
pub(super) struct Told {
    pub(super) key: String,
    /// The order with its costs, or `None` where there is none to count.
    pub(super) order: Option<Order>,
    /// What it counts for, if worked out already.
    pub(super) counts: Option<Counts>,
    /// Records that could not be read, and why.
    pub(super) unreadable: Vec<(i64, ReadError)>,
    /// What else is to be said, of the record it is said of.
    pub(super) notes: Vec<(Option<i64>, ReadError)>,
    /// What is missing to count it.
    pub(super) partial: Option<&'static str>,
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
        let mut told = Told {
            key: key.to_owned(),
            order: None,
            counts: None,
            unreadable: from.unreadable,
            notes: Vec::new(),
            partial: None,
        };
        let Some(settled) = from.settled else { return told };
        let last = raws.last().map(|raw| raw.id);
        told.notes = settled.notes.into_iter().map(|note| (last, note)).collect();
        told.partial = settled.partial;
        told.order = settled.order.map(|mut order| {
            apply_costs(&mut order, &books.costs, books.ctx.zone);
            order
        });
        told
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
        self
    }

    /// What is to be told about its records.
    pub(super) fn troubles(&mut self) -> impl Iterator<Item = Trouble> {
        let left_out = self.order.is_none();
        let key = self.key.clone();
        let unreadable = self.unreadable.drain(..).map(|(raw, error)| (Some(raw), error, true));
        let notes = self.notes.drain(..).map(move |(raw, error)| (raw, error, left_out));
        unreadable.chain(notes).map(move |(raw, error, left_out)| Trouble {
            stream: "orders".into(),
            key: key.clone(),
            raw,
            error,
            left_out,
        })
    }
}
