//! From dated rows to postings: LEDGER rulings 1 to 7.

use crate::model::{Flags, Kind, Order, Posting, When, split_by_quantity};

use super::super::part::Restock;
use super::charges::post_charge;
use super::rows::{Origin, Returned, Rows, Sold};
use super::{Picture, shipments};

/// One batch of units of a line, with what was withdrawn from it and how the rest shipped.
struct Batch {
    sold: Sold,
    withdrawn: i64,
    /// What the platform's reversals took back: net and tax, positive.
    reversed: (i64, i64),
    /// Ship moment (`None`: not yet) and units.
    parts: Vec<(Option<When>, i64)>,
}

/// Writes the order's postings and counts.
pub(super) fn post(order: &mut Order, picture: &Picture, rows: Rows) {
    let shipped = shipments(picture);
    let sold_on_the_spot = picture.whole.source_name == "pos";
    let mut out = Out {
        postings: Vec::new(),
        base: if order.estimated { Flags::ESTIMATED } else { Flags::NONE },
    };
    let mut physical = Physical::default();
    let mut first_ship: Option<When> = None;
    for index in 0..order.lines.len() {
        let ships = order.lines[index].ships && !sold_on_the_spot;
        let none = Vec::new();
        let parcels = shipped.get(order.lines[index].key.as_str()).unwrap_or(&none);
        let batches: Vec<Sold> = rows.sold.iter().filter(|s| s.line == index).cloned().collect();
        let mut returns: Vec<&Returned> = rows.returned.iter().filter(|r| r.line == index).collect();
        returns.sort_by_key(|r| r.at.sort_key());
        let line = post_line(
            &mut out,
            index,
            ships,
            parcels,
            batches,
            &returns,
            order.currency.smallest_unit(),
        );
        let entry = &mut order.lines[index];
        if !entry.gift_card {
            entry.quantity = clamp(line.placed);
            entry.cancelled = clamp(line.withdrawn);
            order.units_placed += clamp(line.placed);
            order.units_cancelled += clamp(line.withdrawn);
        }
        first_ship = earlier(first_ship, line.first_ship);
        if ships {
            physical.add(&line, parcels);
        }
    }
    order.first_ship = first_ship;
    order.fulfilled = physical.waiting == 0 && order.units_placed > order.units_cancelled;
    physical.emptied = match order.units_placed {
        0 => order.cancelled_at.is_some(),
        placed => order.units_cancelled >= placed,
    };
    let charges_ship = if physical.any { physical.first_ship } else { None };
    for charge in &rows.charges {
        let ship = if physical.any { charges_ship } else { Some(charge.at) };
        post_charge(&mut out, charge, ship, first_ship, &physical, &rows.charges);
    }
    out.postings
        .sort_by_key(|p| (p.event_at.sort_key(), p.line.map_or(u16::MAX, |l| l), p.kind));
    order.postings = out.postings;
}

fn clamp(units: i64) -> i32 {
    i32::try_from(units).unwrap_or(i32::MAX)
}

fn earlier(a: Option<When>, b: Option<When>) -> Option<When> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.sort_key() < a.sort_key() { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The postings being written.
pub(super) struct Out {
    postings: Vec<Posting>,
    base: Flags,
}

impl Out {
    #[allow(clippy::too_many_arguments)] // one argument per column of a posting
    pub(super) fn add(
        &mut self,
        kind: Kind,
        at: When,
        ship: Option<When>,
        quantity: i64,
        micros: i64,
        line: Option<usize>,
        flags: Flags,
        origin: Origin,
    ) {
        if micros == 0 && quantity == 0 {
            return;
        }
        self.postings.push(Posting {
            kind,
            event_at: at,
            ship_at: ship,
            quantity: clamp(quantity.max(i64::from(i32::MIN))),
            micros,
            line: line.and_then(|l| u16::try_from(l).ok()),
            flags: flags.with(self.base),
            raw: origin.raw,
            path: origin.path,
        });
    }
}

/// What the goods that need shipping came to.
#[derive(Default)]
pub(super) struct Physical {
    /// Nothing of the order is left: all its units were withdrawn, or it was cancelled and had none.
    pub(super) emptied: bool,
    pub(super) any: bool,
    pub(super) placed: i64,
    pub(super) withdrawn: i64,
    waiting: i64,
    first_ship: Option<When>,
    /// Moments at which units were withdrawn, and how many.
    withdrawals: Vec<(When, i64)>,
    first_parcel: Option<When>,
}

impl Physical {
    fn add(&mut self, line: &LineResult, parcels: &[(When, i32)]) {
        if line.placed == 0 && line.withdrawn == 0 {
            return;
        }
        self.any = true;
        self.placed += line.placed;
        self.withdrawn += line.withdrawn;
        self.waiting += line.waiting;
        self.first_ship = earlier(self.first_ship, line.first_ship);
        self.withdrawals.extend(line.withdrawals.iter().copied());
        self.first_parcel = earlier(self.first_parcel, parcels.first().map(|(at, _)| *at));
    }

    /// Nothing had shipped and everything was withdrawn at that moment (ruling 3).
    pub(super) fn all_withdrawn_by(&self, at: When) -> bool {
        let by = |moment: &When| moment.sort_key() <= at.sort_key();
        let withdrawn: i64 = self
            .withdrawals
            .iter()
            .filter(|(moment, _)| by(moment))
            .map(|(_, units)| units)
            .sum();
        self.any && withdrawn >= self.placed && !self.first_parcel.as_ref().is_some_and(by)
    }
}

/// What became of one line.
#[derive(Default)]
struct LineResult {
    placed: i64,
    withdrawn: i64,
    waiting: i64,
    first_ship: Option<When>,
    withdrawals: Vec<(When, i64)>,
}

fn post_line(
    out: &mut Out,
    index: usize,
    ships: bool,
    parcels: &[(When, i32)],
    sold: Vec<Sold>,
    returns: &[&Returned],
    unit: i64,
) -> LineResult {
    let mut batches: Vec<Batch> = sold
        .into_iter()
        .map(|sold| Batch {
            sold,
            withdrawn: 0,
            reversed: (0, 0),
            parts: Vec::new(),
        })
        .collect();
    batches.sort_by_key(|b| b.sold.at.sort_key());
    let mut result = LineResult {
        placed: batches.iter().map(|b| b.sold.quantity).sum(),
        ..LineResult::default()
    };
    // Each return is a reversal, a refund, or both (ruling 3).
    let mut refunds: Vec<(&Returned, i64, i64, i64)> = Vec::new();
    for returned in returns {
        let reversal = reversal_units(&batches, ships, parcels, returned, result.withdrawn);
        let reversal = withdraw(&mut batches, returned, reversal, unit);
        let rest = returned.quantity - reversal;
        let net = split_by_quantity(returned.net, &[reversal, rest], unit);
        let tax = split_by_quantity(returned.tax, &[reversal, rest], unit);
        let (net_back, tax_back) = if rest > 0 || returned.quantity == 0 {
            (net[1], tax[1])
        } else {
            (0, 0)
        };
        let (net_off, tax_off) = (returned.net - net_back, returned.tax - tax_back);
        if reversal > 0 {
            result.withdrawn += reversal;
            result.withdrawals.push((returned.at, reversal));
            let at = returned.at;
            out.add(
                Kind::ReversalItem,
                at,
                None,
                -reversal,
                net_off,
                Some(index),
                Flags::CANCELLED,
                returned.origin,
            );
            out.add(
                Kind::ReversalTax,
                at,
                None,
                0,
                tax_off,
                Some(index),
                Flags::CANCELLED,
                returned.origin,
            );
        }
        if rest > 0 || returned.quantity == 0 {
            refunds.push((returned, rest, net_back, tax_back));
        }
    }
    ship(&mut batches, ships, parcels);
    for batch in &batches {
        for (at, _) in batch.parts.iter().filter(|(at, units)| at.is_some() && *units > 0) {
            result.first_ship = earlier(result.first_ship, *at);
        }
        result.waiting += batch
            .parts
            .iter()
            .filter(|(at, _)| at.is_none())
            .map(|(_, units)| units)
            .sum::<i64>();
    }
    // What was paid back as returned is not waited for, even where no parcel names it.
    let back: i64 = refunds.iter().map(|(_, units, _, _)| units).sum();
    let sent: i64 = result.placed - result.withdrawn - result.waiting;
    result.waiting = (result.waiting - (back - sent).max(0)).max(0);
    let whole_line: Vec<(Option<When>, i64)> = batches
        .iter()
        .find(|b| b.sold.quantity > 0)
        .map(|b| b.parts.clone())
        .unwrap_or_default();
    for batch in &batches {
        post_batch(out, index, batch, &whole_line, unit);
    }
    for (returned, units, net, tax) in refunds {
        let mut flags = if result.first_ship.is_some() {
            Flags::SHIPPED
        } else {
            Flags::NONE
        };
        if matches!(returned.restock, Restock::Return | Restock::Cancel | Restock::Legacy) && units > 0 {
            flags = flags.with(Flags::RESTOCKED);
        }
        let kind = if units > 0 {
            Kind::RefundItem
        } else {
            Kind::RefundAdjustment
        };
        let ship = result.first_ship;
        out.add(
            kind,
            returned.at,
            ship,
            -units,
            net,
            Some(index),
            flags,
            returned.origin,
        );
        out.add(
            Kind::RefundTax,
            returned.at,
            ship,
            0,
            tax,
            Some(index),
            flags.without(Flags::RESTOCKED),
            returned.origin,
        );
    }
    result
}

/// How many of the returned units had not shipped at that moment.
fn reversal_units(batches: &[Batch], ships: bool, parcels: &[(When, i32)], returned: &Returned, withdrawn: i64) -> i64 {
    match returned.restock {
        Restock::Cancel => returned.quantity,
        Restock::Return => 0,
        Restock::No | Restock::Legacy if !ships => 0,
        Restock::No | Restock::Legacy => {
            let by = |moment: When| moment.sort_key() <= returned.at.sort_key();
            let placed: i64 = batches.iter().filter(|b| by(b.sold.at)).map(|b| b.sold.quantity).sum();
            let sent: i64 = parcels
                .iter()
                .filter(|(at, _)| by(*at))
                .map(|(_, units)| i64::from(*units))
                .sum();
            (placed - withdrawn - sent).clamp(0, returned.quantity)
        }
    }
}

/// Takes `units` back out of the batches, the latest first; answers how many there were to take.
fn withdraw(batches: &mut [Batch], returned: &Returned, units: i64, unit: i64) -> i64 {
    let mut takes: Vec<(usize, i64)> = Vec::new();
    let mut left = units;
    for (index, batch) in batches.iter().enumerate().rev() {
        if left == 0 {
            break;
        }
        if batch.sold.at.sort_key() > returned.at.sort_key() {
            continue;
        }
        let take = left.min(batch.sold.quantity - batch.withdrawn).max(0);
        if take > 0 {
            takes.push((index, take));
            left -= take;
        }
    }
    let taken = units - left;
    let mut quantities: Vec<i64> = takes.iter().map(|(_, q)| *q).collect();
    quantities.push(returned.quantity - taken);
    let nets = split_by_quantity(-returned.net, &quantities, unit);
    let taxes = split_by_quantity(-returned.tax, &quantities, unit);
    let whole = taken == returned.quantity;
    let last = takes.len().saturating_sub(1);
    for (position, (index, take)) in takes.iter().enumerate() {
        // With nothing left for a refund, the last batch takes the leftover cents.
        let spare = if whole && position == last {
            (nets[position + 1], taxes[position + 1])
        } else {
            (0, 0)
        };
        let batch = &mut batches[*index];
        batch.withdrawn += take;
        batch.reversed.0 += nets[position] + spare.0;
        batch.reversed.1 += taxes[position] + spare.1;
    }
    taken
}

/// Assigns shipments to the units that remain, first sold first sent.
fn ship(batches: &mut [Batch], ships: bool, parcels: &[(When, i32)]) {
    let mut parcels: Vec<(When, i64)> = parcels.iter().map(|(at, units)| (*at, i64::from(*units))).collect();
    for batch in batches.iter_mut() {
        let mut left = (batch.sold.quantity - batch.withdrawn).max(0);
        if !ships {
            batch.parts.push((Some(batch.sold.at), left));
            continue;
        }
        for (at, units) in parcels.iter_mut().filter(|(_, units)| *units > 0) {
            if left == 0 {
                break;
            }
            let take = left.min(*units);
            *units -= take;
            left -= take;
            match batch.parts.last_mut() {
                Some((Some(last), count)) if *last == *at => *count += take,
                _ => batch.parts.push((Some(*at), take)),
            }
        }
        if left > 0 {
            batch.parts.push((None, left));
        }
    }
}

/// The share of a batch that was withdrawn: price, discount, tax (ruling 2).
fn withdrawn_share(batch: &Batch, unit: i64) -> (i64, i64, i64) {
    let Sold {
        quantity,
        price,
        discount,
        tax,
        ..
    } = batch.sold;
    let q = batch.withdrawn;
    if q >= quantity {
        return (price, discount, tax);
    }
    let cut = |amount: i64| split_by_quantity(amount, &[q, quantity - q], unit)[0];
    // |part − whole × q ÷ Q| ≤ q units, without dividing.
    let near = |part: i64, whole: i64| {
        let (part, whole, q, all) = (i128::from(part), i128::from(whole), i128::from(q), i128::from(quantity));
        (part * all - whole * q).abs() <= q * all * i128::from(unit)
    };
    let (net, tax_back) = batch.reversed;
    if !near(net, price + discount) || !near(tax_back, tax) {
        return (cut(price), cut(discount), cut(tax));
    }
    let price_part = if discount == 0 { net } else { cut(price) };
    (price_part, net - price_part, tax_back)
}

fn post_batch(out: &mut Out, index: usize, batch: &Batch, whole_line: &[(Option<When>, i64)], unit: i64) {
    let Sold {
        at,
        quantity,
        price,
        discount,
        tax,
        edit,
        origin,
        ..
    } = batch.sold;
    let edit = if edit { Flags::EDIT } else { Flags::NONE };
    let line = Some(index);
    let (mut price, mut discount, mut tax) = (price, discount, tax);
    if batch.withdrawn > 0 {
        let (p, d, t) = withdrawn_share(batch, unit);
        let flags = edit.with(Flags::CANCELLED);
        out.add(Kind::ItemPrice, at, None, batch.withdrawn, p, line, flags, origin);
        out.add(Kind::ItemDiscountSeller, at, None, 0, d, line, flags, origin);
        out.add(Kind::TaxItem, at, None, 0, t, line, flags, origin);
        (price, discount, tax) = (price - p, discount - d, tax - t);
    }
    // A change of price sells no units; it follows the units of the line as sold.
    let parts = if quantity == 0 { whole_line } else { &batch.parts };
    let units: Vec<i64> = parts.iter().map(|(_, units)| *units).collect();
    let prices = split_by_quantity(price, &units, unit);
    let discounts = split_by_quantity(discount, &units, unit);
    let taxes = split_by_quantity(tax, &units, unit);
    for (part, (ship, units)) in parts.iter().enumerate() {
        let units = if quantity == 0 { 0 } else { *units };
        out.add(Kind::ItemPrice, at, *ship, units, prices[part], line, edit, origin);
        out.add(
            Kind::ItemDiscountSeller,
            at,
            *ship,
            0,
            discounts[part],
            line,
            edit,
            origin,
        );
        out.add(Kind::TaxItem, at, *ship, 0, taxes[part], line, edit, origin);
    }
}
