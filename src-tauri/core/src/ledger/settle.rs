//! One order from its stored records.

use crate::connectors::{Fact, OrderFact, ReadCtx, ReadError, Reader, Settled, StoredRaw};
use crate::model::Order;

/// Code of the issue that no record of an order shows what was ordered.
const UNTOLD: &str = "lines_not_shown";
/// Code of the issue that records are still to come which tell of an order.
pub const PARTS_MISSING: &str = "parts_missing";

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
        Ok(settled) => Some(explained(settled)),
        Err(error) => {
            unreadable.push((raws.last().map_or(0, |r| r.id), error));
            None
        }
    };
    FromRaws { settled, unreadable }
}

/// What is to be said of every settled order, whoever settled it. No order counts in part without an issue that says why
/// (LEDGER ruling 42).
fn explained(mut settled: Settled) -> Settled {
    let Settled { order, notes, .. } = &mut settled;
    let Some(order) = order.as_mut().filter(|order| order.status.posts()) else {
        return settled;
    };
    let explained = !notes.is_empty();
    if order.status.counts() && order.untold() {
        order.incomplete = true;
        notes.push(ReadError {
            code: UNTOLD,
            message: untold(order),
        });
    } else if order.incomplete && !explained {
        notes.push(ReadError {
            code: PARTS_MISSING,
            message: "not every record that tells of it is here yet; what is here counts, and may still change"
                .to_owned(),
        });
    }
    if !order.currency.is_listed() {
        notes.push(ReadError {
            code: "currency_not_listed",
            message: format!(
                "ISO 4217 lists no currency {0}; its amounts are kept and counted as they are stated, in {0}",
                order.currency
            ),
        });
    }
    settled
}

fn untold(order: &Order) -> String {
    let total = order.stated_total.map(|micros| {
        let total = order.currency.format(micros);
        format!(
            "; it says that it comes to {total} {}, and not for what",
            order.currency
        )
    });
    format!(
        "no record shows its lines, so that it counts as an order, without units and amounts, and whether it was sent is not known{}",
        total.unwrap_or_default()
    )
}
