//! Days of the account: what Amazon charged or paid the seller without an order (storage, subscriptions, reimbursements), and
//! the advertising of a day. They post, and are never an order.

use super::super::days::{account_day, currency_of, day_of};
use super::super::part::Entry;
use super::super::record::ADS;
use super::post::kind;
use super::told::Told;
use super::{Raws, joined, nothing, other_currency, to_market_days};
use crate::connectors::{OrderFact, ReadCtx, ReadError, Settled};
use crate::model::{Currency, Flags, Kind, Line, Order, PathRef, Posting, Status, When};

/// Settles a day of the account.
pub(super) fn settle(ctx: &ReadCtx, key: &str, told: &Told<'_>) -> Result<Settled, ReadError> {
    let ads = key.starts_with(ADS);
    let (_, named) = account_day(key);
    if !ads && charged(told, key).next().is_none() {
        // What there is of the day is of other marketplaces.
        return Ok(Settled {
            order: None,
            partial: None,
            notes: Vec::new(),
        });
    }
    let day = match ads {
        true => day_of(key).map(When::Day),
        false => charged(told, key).find_map(|(_, entry)| entry.at),
    };
    let stated = currency_of(key).filter(|_| !ads);
    let (Some(placed_at), Some(currency)) = (day, stated.or_else(|| told.currency()).or(ctx.currency)) else {
        return Ok(nothing("its date", Vec::new()));
    };
    let market = if ads { told.market() } else { named };
    let mut raws = Raws::default();
    let mut notes = Vec::new();
    let mut order = blank(key, placed_at, currency);
    order.sales_channel = market.map_or("Amazon", |m| m.name).to_owned();
    if let Some(day) = day_of(key) {
        let place = market.map(|m| format!(" ({})", m.name)).unwrap_or_default();
        order.name = format!("{}, {day}{place}", if ads { "Advertising" } else { "Account" });
    }
    if ads {
        advertising(&mut order, told, &mut raws);
    } else {
        charges(ctx, &mut order, charged(told, key), &mut raws, &mut notes);
    }
    if order.postings.is_empty() {
        // Transfers only: the list of payouts has them.
        return Ok(Settled {
            order: None,
            partial: None,
            notes,
        });
    }
    order.raws = raws.0;
    to_market_days(&mut order, market.map(|m| m.zone()), ctx.zone);
    Ok(Settled {
        order: Some(order),
        partial: None,
        notes: joined(notes),
    })
}

fn blank(key: &str, placed_at: When, currency: Currency) -> Order {
    Order {
        key: key.to_owned(),
        name: key.to_owned(),
        status: Status::Account,
        placed_at,
        updated_at: placed_at,
        cancelled_at: None,
        currency,
        presentment: None,
        sales_channel: String::new(),
        customer: None,
        country: None,
        payment: String::new(),
        fulfilment: String::new(),
        units_placed: 0,
        units_cancelled: 0,
        fulfilled: false,
        first_ship: None,
        priced: true,
        basis_unknown: false,
        estimated: false,
        incomplete: false,
        stated_total: None,
        lines: Vec::new(),
        postings: Vec::new(),
        raws: Vec::new(),
    }
}

/// The line of a SKU, made on first use.
fn line(order: &mut Order, sku: &str) -> Option<u16> {
    if sku.is_empty() {
        return None;
    }
    let at = order.lines.iter().position(|line| line.sku == sku).unwrap_or_else(|| {
        order.lines.push(Line {
            key: format!("sku:{sku}"),
            sku: sku.to_owned(),
            ..Line::default()
        });
        order.lines.len() - 1
    });
    u16::try_from(at).ok()
}

fn advertising(order: &mut Order, told: &Told<'_>, raws: &mut Raws) {
    for (fact, ads) in &told.ads {
        let raw = raws.at(fact.raw);
        for spent in &ads.spent {
            let line = line(order, &ads.sku);
            put(
                order,
                Kind::AdSpend,
                When::Day(ads.day),
                spent.micros.saturating_neg(),
                line,
                raw,
                spent.place,
            );
        }
    }
}

/// What the account was charged in the entry of `key`: by its marketplace, or by none that deals in its currency. One ledger tells a
/// day whole: where Finances has any entry of it, the rows of settlements of that day say the same again, be it without a
/// marketplace.
fn charged<'t>(told: &'t Told<'_>, key: &str) -> impl Iterator<Item = (&'t OrderFact, &'t Entry)> {
    let (_, named) = account_day(key);
    let currency = currency_of(key);
    let of_day = || told.entries.iter().filter(|(_, entry)| !entry.beside);
    let highest = of_day().map(|(_, e)| e.ledger).max();
    let own = move |entry: &Entry| entry.market.filter(|m| currency.is_some() && m.currency() == currency) == named;
    of_day()
        .map(|(fact, entry)| (*fact, *entry))
        .filter(move |(_, entry)| Some(entry.ledger) == highest && own(entry))
}

/// Each charge counts on the civil day of its own marketplace.
fn charges<'t>(
    ctx: &ReadCtx,
    order: &mut Order,
    charged: impl Iterator<Item = (&'t OrderFact, &'t Entry)>,
    raws: &mut Raws,
    notes: &mut Vec<ReadError>,
) {
    for (fact, entry) in charged {
        let Some(at) = entry.at.filter(|_| !entry.moves) else {
            continue;
        };
        let zone = entry.market.map(|m| m.zone()).filter(|zone| *zone != ctx.zone);
        let at = zone.map_or(at, |zone| When::Day(at.day(zone)));
        if let Some(stated) = entry.currency.filter(|c| *c != order.currency) {
            notes.push(other_currency(stated, order.currency));
            continue;
        }
        let raw = raws.at(fact.raw);
        let mut sold = 0_i64;
        for leaf in &entry.leaves {
            let line = leaf.sku.clone().and_then(|sku| line(order, &sku));
            match kind(entry.family, leaf) {
                Some(posting) => put(order, posting, at, leaf.micros, line, raw, leaf.place),
                None => sold = sold.saturating_add(leaf.micros),
            }
        }
        if sold != 0 {
            // The order's own record tells the sale, and is not known to be missing.
            order.incomplete = true;
            notes.push(ReadError {
                code: "names_no_order",
                message: format!(
                    "transaction {}: what was sold for {} names no order; it is in no figure",
                    entry.id,
                    order.currency.format(sold)
                ),
            });
        }
    }
}

fn put(order: &mut Order, kind: Kind, event_at: When, micros: i64, line: Option<u16>, raw: u8, path: PathRef) {
    if micros == 0 {
        return;
    }
    order.postings.push(Posting {
        kind,
        event_at,
        ship_at: None,
        quantity: 0,
        micros,
        line,
        // What is paid back had left.
        flags: match kind.is_return() {
            true => Flags::SHIPPED,
            false => Flags::NONE,
        },
        raw,
        path,
    });
}
