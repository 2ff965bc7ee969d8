//! Cost of goods (LEDGER ruling 8).

use crate::model::{CostBook, Flags, Kind, Line, Order, PathRef, Posting, Status, Zone};

/// Writes the cost postings of an order from `book`, replacing earlier ones, and marks the rows that count in gross profit.
/// The cost is the one known on the order day in `zone` (the connection's). A free replacement's goods are written off when
/// they leave.
pub fn apply_costs(order: &mut Order, book: &CostBook, zone: Zone) {
    let day = order.placed_at.day(zone);
    order
        .postings
        .retain(|p| !matches!(p.kind, Kind::Cogs | Kind::CogsReturned | Kind::WriteOff));
    for (index, line) in order.lines.iter_mut().enumerate() {
        let units = order
            .postings
            .iter()
            .filter(|p| p.line.map(usize::from) == Some(index))
            .map(|p| i64::from(p.quantity.unsigned_abs()))
            .max();
        let abroad = CostBook::abroad(&line.sku, order.currency);
        let keys = [
            line.variant.as_deref(),
            (!line.sku.is_empty()).then_some(line.sku.as_str()),
            (!line.sku.is_empty()).then_some(abroad.as_str()),
        ];
        let known = keys
            .into_iter()
            .flatten()
            .find_map(|key| book.on(key, day, order.currency));
        let known = known.filter(|_| !line.gift_card);
        // A cost that the ledger cannot hold for these units is as good as none.
        let known = known.filter(|(micros, _)| micros.checked_mul(units.unwrap_or(1)).is_some());
        line.unit_cost = known.map(|(micros, _)| micros);
        line.cost_estimated = known.is_some_and(|(_, estimated)| estimated);
    }
    let any_known = order.lines.iter().any(|l| l.unit_cost.is_some());
    let mut costs: Vec<Posting> = Vec::new();
    for posting in &mut order.postings {
        posting.flags = posting.flags.without(Flags::COSTED);
        let line = posting.line.and_then(|index| order.lines.get(usize::from(index)));
        let unit_cost = line.and_then(|l| l.unit_cost);
        let counts = match line {
            Some(_) => unit_cost.is_some(),
            None => any_known,
        };
        if posting.kind.is_item() && counts {
            posting.flags = posting.flags.with(Flags::COSTED);
        }
        let Some(unit_cost) = unit_cost.filter(|_| posting.quantity != 0) else {
            continue;
        };
        let kind = match posting.kind {
            Kind::ItemPrice if !posting.flags.has(Flags::CANCELLED) => Kind::Cogs,
            Kind::RefundItem if posting.flags.has(Flags::RESTOCKED) => Kind::CogsReturned,
            _ => continue,
        };
        costs.push(Posting {
            kind,
            quantity: 0,
            micros: -unit_cost.saturating_mul(i64::from(posting.quantity)),
            ..*posting
        });
    }
    order.postings.extend(costs);
    if order.status == Status::Replacement {
        let given_away = given_away(order);
        order.postings.extend(given_away);
    }
}

/// What a replacement that has left costs.
fn given_away(order: &Order) -> Vec<Posting> {
    let Some(ship) = order.first_ship else {
        return Vec::new();
    };
    let cost = |(index, line): (usize, &Line)| {
        let units = i64::from(line.quantity) - i64::from(line.cancelled);
        let cost = line.unit_cost?.saturating_mul(units);
        (cost != 0).then_some(Posting {
            kind: Kind::WriteOff,
            event_at: ship,
            ship_at: Some(ship),
            quantity: 0,
            micros: -cost,
            line: u16::try_from(index).ok(),
            flags: match order.estimated {
                true => Flags::ESTIMATED,
                false => Flags::NONE,
            },
            raw: 0,
            path: PathRef::default(),
        })
    };
    order.lines.iter().enumerate().filter_map(cost).collect()
}
