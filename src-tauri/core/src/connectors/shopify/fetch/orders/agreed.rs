//! Sales agreements that the shop refuses. The orders are then read without them and told by their lines and refunds (contract 7.5);
//! every run asks for agreements anew, and once they are granted the orders that were read without them are read again.

use serde::{Deserialize, Serialize};

use super::{ChangeList, Job, Orders};
use crate::connectors::fetch::{Note, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::connectors::shopify::{UNAGREED, WHOLE_ORDER};
use crate::net::NetError;

/// Whether orders are read with their sales agreements.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Agreed {
    /// The shop has refused them, in this run or in the last one.
    refused: bool,
    /// In this run an order came with them.
    seen: bool,
    /// Spans of last changes whose orders are held without them.
    lacking: Intervals,
    /// What the shop said when it refused them.
    why: String,
}

impl Agreed {
    /// Prepares a run, which asks for them. A list that goes on and came without them until now is set apart.
    pub(super) fn begin(&mut self, list: Option<&mut ChangeList>) {
        if let Some(list) = list.filter(|_| self.refused) {
            list.set_apart();
        }
        (self.refused, self.seen) = (false, false);
    }

    /// Whether they are asked for.
    pub(super) fn is_asked(&self) -> bool {
        !self.refused
    }

    /// Whether orders are held without them. Each run then begins with the newest order: it tells whether they are granted by now.
    pub(super) fn is_lacking(&self) -> bool {
        !self.lacking.is_empty()
    }

    /// Takes note of orders that came by pages; gives the facet of their records.
    pub(super) fn came(&mut self, any: bool) -> &'static str {
        self.seen |= any && !self.refused;
        match self.refused {
            true => UNAGREED,
            false => WHOLE_ORDER,
        }
    }

    /// Everything of `[from, to)` was read, with them or without.
    pub(super) fn read(&mut self, from: i64, to: i64, with: bool) {
        match with {
            true => self.lacking.remove(from, to),
            false => self.lacking.insert(from, to),
        }
    }

    /// The latest span, not below `floor`, that is to be read again because they are surely granted now.
    pub(super) fn gap(&self, floor: i64) -> Option<(i64, i64)> {
        let (from, to) = self.lacking.spans().last().filter(|_| self.seen && !self.refused)?;
        (floor < *to).then_some(((*from).max(floor), *to))
    }

    /// What is told of orders without them.
    pub(super) fn note(&self) -> Option<Note> {
        if !self.is_lacking() {
            return None;
        }
        let (why, hint) = match self.refused {
            true => (
                self.why.trim_end_matches('.'),
                "Give the app this right in the Dev Dashboard, release it, approve it in the shop, and sync again: the orders are then \
                 read again with them.",
            ),
            false => (
                "Shopify did not permit reading the sales agreements of some orders, and does now",
                "The next sync of all days reads these orders again.",
            ),
        };
        Some(Note {
            code: "agreements_not_permitted".into(),
            message: format!("{why}. Without them sales are told by lines and refunds, and are estimated."),
            hint: hint.into(),
        })
    }
}

impl Orders {
    /// The shop refuses agreements: goes on without them. `false` if it goes on without them already.
    pub(super) fn without_agreements(&mut self, ctx: &StreamCtx<'_>, why: &NetError) -> bool {
        if !self.agreed.is_asked() {
            return false;
        }
        self.agreed.refused = true;
        self.agreed.why.clone_from(&why.message);
        // What else there is of agreements that came is not to be had: those orders are read again later.
        for part in self.parts.extract_if(.., |part| part.is_of_agreements()) {
            self.agreed.read(part.version(), part.version() + 1, false);
        }
        // A list that has brought nothing yet may go another way, by a bulk run.
        self.list = self.list.take().filter(|list| !(list.down && list.is_counting()));
        if let Some(list) = &mut self.list {
            list.set_apart();
        }
        self.bulk_refused = false;
        self.plan(ctx);
        true
    }

    /// Takes note of what was read completely.
    pub(super) fn cover(&mut self, read: &Intervals, with: bool) {
        for (from, to) in read.spans() {
            self.covered.insert(*from, *to);
            self.agreed.read(*from, *to, with);
        }
    }

    /// Remembers of the bulk run at hand, which is being asked for, whether that is with agreements.
    pub(super) fn mark_bulk(&mut self) {
        let bare = !self.agreed.is_asked();
        let ahead = matches!(self.job(), Job::Ahead(_));
        let at_hand = if ahead { &mut self.ahead } else { &mut self.bulk };
        if let Some(bulk) = at_hand.as_mut().filter(|bulk| bulk.is_asking()) {
            bulk.bare = bare;
        }
    }
}

#[cfg(test)]
#[path = "agreed_tests.rs"]
mod tests;
