//! One order from its stored records.

use crate::connectors::{Fact, OrderFact, ReadCtx, ReadError, Reader, Settled, StoredRaw};

/// An order from the records of its key: the settled order, and for each record that could not be read why.
pub(super) struct FromRaws {
    pub(super) settled: Option<Settled>,
    pub(super) unreadable: Vec<(i64, ReadError)>,
}

/// Extracts and settles. A record that cannot be read is left out and named; the order then rests on the others.
pub(super) fn settle(reader: &dyn Reader, ctx: &ReadCtx, key: &str, raws: &[StoredRaw]) -> FromRaws {
    let mut facts: Vec<OrderFact> = Vec::with_capacity(raws.len());
    let mut unreadable = Vec::new();
    for raw in raws {
        match reader.extract(ctx, raw) {
            Ok(found) => facts.extend(found.into_iter().filter_map(|fact| match fact {
                Fact::Order(fact) if fact.key == key => Some(*fact),
                _ => None,
            })),
            Err(error) => unreadable.push((raw.id, error)),
        }
    }
    let facts: Vec<&OrderFact> = facts.iter().collect();
    let settled = match reader.settle(ctx, key, &facts) {
        Ok(settled) => Some(settled),
        Err(error) => {
            unreadable.push((raws.last().map_or(0, |r| r.id), error));
            None
        }
    };
    FromRaws { settled, unreadable }
}
