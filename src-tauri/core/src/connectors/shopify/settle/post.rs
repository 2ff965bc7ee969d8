//! From dated rows to postings: LEDGER rulings 1 to 7.

use crate::connectors::ReadError;
use crate::model::{Flags, Kind, Order, Posting, When, split_by_quantity};

use super::super::part::Restock;
use super::batch::{Batch, Portion, change, reversal_units, ship, withdraw};
use super::charges::post_charge;
use super::rows::{Origin, Returned, Rows, Sold};
use super::{Picture, shipments};

/// Writes the order's postings and counts; answers what is to be said of them.
pub(super) fn post(order: &mut Order, picture: &Picture, rows: &Rows) -> Vec<ReadError> {
    let shipped = shipments(picture);
    let sold_on_the_spot = picture.whole.source_name == "pos";
    let mut out = Out {
        postings: Vec::new(),
        base: if order.estimated { Flags::ESTIMATED } else { Flags::NONE },
    };
    let mut physical = Physical::default();
    let mut first_ship: Option<When> = None;
    let mut notes = Vec::new();
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
        if line.loose != 0 {
            notes.push(ReadError {
                code: "units_untold",
                message: format!(
                    "line {} has an amount of {} {} for no units; the amount counts, and no units with it",
                    order.lines[index].key,
                    order.currency.format(line.loose),
                    order.currency
                ),
            });
        }
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
    notes
}

/// Everything of the order has left, and no record says when: what was not withdrawn counts as shipped on the order's own day,
/// marked estimated (LEDGER ruling 40). What came back of it came back shipped.
pub(super) fn ship_untold(order: &mut Order) {
    let placed_at = order.placed_at;
    order.fulfilled = true;
    order.estimated = true;
    order.first_ship = earlier(order.first_ship, Some(placed_at));
    let counts = |posting: &&mut Posting| !posting.flags.has(Flags::CANCELLED);
    for posting in order.postings.iter_mut().filter(counts) {
        if posting.kind.is_sale() && posting.ship_at.is_none() {
            posting.ship_at = Some(placed_at);
            posting.flags = posting.flags.with(Flags::ESTIMATED);
        }
        if posting.kind.is_return() && !posting.flags.has(Flags::SHIPPED) {
            posting.flags = posting.flags.with(Flags::SHIPPED).with(Flags::ESTIMATED);
        }
    }
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

    /// Price, discount and tax of sold units, or of a change of their price.
    fn charge(
        &mut self,
        line: usize,
        sold: &Sold,
        ship: Option<When>,
        units: i64,
        (price, discount, tax): (i64, i64, i64),
        flags: Flags,
    ) {
        let edit = if sold.edit { Flags::EDIT } else { Flags::NONE };
        let flags = flags.with(edit);
        let (at, line) = (sold.at, Some(line));
        self.add(Kind::ItemPrice, at, ship, units, price, line, flags, sold.origin);
        self.add(
            Kind::ItemDiscountSeller,
            at,
            ship,
            0,
            discount,
            line,
            flags,
            sold.origin,
        );
        self.add(Kind::TaxItem, at, ship, 0, tax, line, flags, sold.origin);
    }

    /// A batch with the changes of its price: what was withdrawn of each, and how the rest left. A change sells no units.
    fn sell(&mut self, line: usize, batch: &Batch, unit: i64) {
        let withdrawn = batch.withdrawn_portions(unit);
        for (number, (sold, gone)) in batch.rows().zip(withdrawn).enumerate() {
            let sells = i64::from(number == 0);
            if number == 0 && batch.withdrawn > 0 || gone != Portion::default() {
                let units = batch.withdrawn * sells;
                self.charge(line, sold, None, units, gone, Flags::CANCELLED);
            }
            let units: Vec<i64> = batch.parts.iter().map(|(_, units)| *units).collect();
            let prices = split_by_quantity(sold.price - gone.0, &units, unit);
            let discounts = split_by_quantity(sold.discount - gone.1, &units, unit);
            let taxes = split_by_quantity(sold.tax - gone.2, &units, unit);
            for (part, (ship, units)) in batch.parts.iter().enumerate() {
                let amounts = (prices[part], discounts[part], taxes[part]);
                self.charge(line, sold, *ship, units * sells, amounts, Flags::NONE);
            }
        }
    }

    /// The reversal of units that had not left: a row of its own kind, or of the sale that it lowers.
    fn take_back(&mut self, line: usize, returned: &Returned, units: i64, (net, tax): (i64, i64)) {
        let Returned { at, origin, .. } = *returned;
        if let Some(lowered) = returned.lowers {
            let edit = if lowered.edit { Flags::EDIT } else { Flags::NONE };
            let discount = if units == returned.quantity {
                lowered.discount
            } else {
                0
            };
            let amounts = (net - discount, discount, tax);
            return self.lower(line, returned, None, -units, amounts, edit.with(Flags::CANCELLED));
        }
        let (line, flags) = (Some(line), Flags::CANCELLED);
        self.add(Kind::ReversalItem, at, None, -units, net, line, flags, origin);
        self.add(Kind::ReversalTax, at, None, 0, tax, line, flags, origin);
    }

    /// A row that lowers a sale, units and all.
    fn lower(
        &mut self,
        line: usize,
        returned: &Returned,
        ship: Option<When>,
        units: i64,
        (price, discount, tax): (i64, i64, i64),
        flags: Flags,
    ) {
        let Returned { at, origin, .. } = *returned;
        let line = Some(line);
        self.add(Kind::ItemPrice, at, ship, units, price, line, flags, origin);
        self.add(Kind::ItemDiscountSeller, at, ship, 0, discount, line, flags, origin);
        self.add(Kind::TaxItem, at, ship, 0, tax, line, flags, origin);
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
    /// What was charged for no units.
    loose: i64,
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
    let (units, mut changes): (Vec<Sold>, Vec<Sold>) = sold.into_iter().partition(|sold| sold.quantity > 0);
    changes.sort_by_key(|sold| sold.at.sort_key());
    let mut changes = changes.into_iter().peekable();
    let mut batches: Vec<Batch> = units.into_iter().map(Batch::of).collect();
    batches.sort_by_key(|b| b.sold.at.sort_key());
    let mut loose: Vec<Sold> = Vec::new();
    let mut result = LineResult {
        placed: batches.iter().map(|b| b.sold.quantity).sum(),
        ..LineResult::default()
    };
    // Each return is a reversal, a refund, or both (ruling 3).
    let mut refunds: Vec<(&Returned, i64, i64, i64)> = Vec::new();
    for returned in returns {
        // What a price was changed to before units went is what they take with them.
        while let Some(sold) = changes.next_if(|sold| sold.at.sort_key() < returned.at.sort_key()) {
            loose.extend(change(&mut batches, sold, unit));
        }
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
            out.take_back(index, returned, reversal, (net_off, tax_off));
        }
        if rest > 0 || returned.quantity == 0 {
            refunds.push((returned, rest, net_back, tax_back));
        }
    }
    loose.extend(changes.filter_map(|sold| change(&mut batches, sold, unit)));
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
    for batch in &batches {
        out.sell(index, batch, unit);
    }
    let sent = result.first_ship.or(parcels.first().map(|(at, _)| *at));
    for sold in &loose {
        let ship = if ships { sent } else { Some(sold.at) };
        result.loose += sold.price + sold.discount + sold.tax;
        out.charge(index, sold, ship, 0, (sold.price, sold.discount, sold.tax), Flags::NONE);
    }
    for (returned, units, net, tax) in refunds {
        if let Some(lowered) = returned.lowers {
            // More than was there to take: the amount counts by itself.
            let discount = lowered.discount;
            let edit = if lowered.edit { Flags::EDIT } else { Flags::NONE };
            out.lower(
                index,
                returned,
                result.first_ship,
                -units,
                (net - discount, discount, tax),
                edit,
            );
            continue;
        }
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
