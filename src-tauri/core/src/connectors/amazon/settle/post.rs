//! The postings of an order: its sale by its rows, everything else by the money that moved.

use super::super::part::{Entry, Family, Leaf, What};
use super::rows::{Row, Shipped, Sums};
use super::told::{Copied, Told};
use super::{Raws, other_currency};
use crate::connectors::ReadError;
use crate::model::{Currency, Flags, Kind, Order, PathRef, Posting, When, split_by_quantity};

/// Writes the sale: lines by their shipments, charges of the order with the first one (LEDGER rulings 1, 2 and 4).
pub(super) fn sale(order: &mut Order, rows: &[Row], copy: Option<&Copied<'_>>, raws: &mut Raws) {
    let unit = order.currency.smallest_unit();
    let mut parts = rows.iter().flat_map(|row| &row.shipped);
    let guessed = parts.any(|part| part.estimated && Some(part.at) == order.first_ship);
    for (index, row) in rows.iter().enumerate() {
        let line = u16::try_from(index).ok();
        if let Some(sums) = row.sums {
            order.basis_unknown |= row.basis_unknown;
            let about = About {
                line,
                raw: row.raw,
                path: row.place,
                // Its money alone tells the order and its day.
                flags: match copy {
                    Some(_) => Flags::NONE,
                    None => Flags::ESTIMATED,
                },
                derived: row.derived,
            };
            goods(order, row, &sums, about, unit);
            let first = order.first_ship;
            let all = About {
                line: None,
                flags: dated(about.flags, guessed),
                ..about
            };
            for (kind, micros) in charges(&sums) {
                let at = order.placed_at;
                all.put(order, kind, at, first, 0, micros);
            }
        }
        if let Some(sums) = row.gone_sums {
            // What was withdrawn has no tax that counts anywhere, unless nothing else of the order stands.
            order.basis_unknown |= row.basis_unknown && rows.iter().all(|row| row.live == 0);
            gone(order, row, &sums, line);
        }
    }
    if let Some((copied, tip)) = copy
        .and_then(|c| Some((c, c.copy.tip?)))
        .filter(|_| order.cancelled_at.is_none())
    {
        let about = About {
            line: None,
            raw: raws.at(copied.fact.raw),
            path: tip.place,
            flags: Flags::NONE,
            derived: false,
        };
        about.put(order, Kind::Tip, order.placed_at, Some(order.placed_at), 0, tip.micros);
    }
}

/// What postings of one origin share.
#[derive(Clone, Copy)]
struct About {
    line: Option<u16>,
    raw: u8,
    path: PathRef,
    flags: Flags,
    /// What discounts take off the tax was derived.
    derived: bool,
}

impl About {
    /// Writes a posting, unless it says nothing.
    fn put(self, order: &mut Order, kind: Kind, event_at: When, ship_at: Option<When>, quantity: i32, micros: i64) {
        if micros == 0 && quantity == 0 {
            return;
        }
        let by_discount = matches!(
            kind,
            Kind::ItemDiscountSeller
                | Kind::ShippingDiscount
                | Kind::TaxItem
                | Kind::TaxShipping
                | Kind::ReversalItem
                | Kind::ReversalShipping
                | Kind::ReversalTax
        );
        order.postings.push(Posting {
            kind,
            event_at,
            ship_at,
            quantity,
            micros,
            line: self.line,
            flags: match self.derived && by_discount {
                true => self.flags.with(Flags::ESTIMATED),
                false => self.flags,
            },
            raw: self.raw,
            path: self.path,
        });
    }
}

/// Marks of what left on a day that may have been derived.
fn dated(flags: Flags, estimated: bool) -> Flags {
    match estimated {
        true => flags.with(Flags::SHIP_ESTIMATED),
        false => flags,
    }
}

fn charges(sums: &Sums) -> [(Kind, i64); 5] {
    [
        (Kind::Shipping, sums.shipping),
        (Kind::ShippingDiscount, sums.shipping_discount),
        (Kind::OtherCharge, sums.other),
        (Kind::TaxShipping, sums.tax_shipping),
        (Kind::TaxItem, sums.tax_other),
    ]
}

/// Price, discount and tax of a line, split over its shipments and what has not left.
fn goods(order: &mut Order, row: &Row, sums: &Sums, about: About, unit: i64) {
    let mut parts: Vec<(Option<Shipped>, i32)> = Vec::new();
    for part in &row.shipped {
        match parts.last_mut() {
            Some((Some(last), units)) if last.at == part.at => *units += part.units,
            _ => parts.push((Some(*part), part.units)),
        }
    }
    let open = row.live - row.shipped_units();
    if open > 0 || parts.is_empty() {
        parts.push((None, open.max(0)));
    }
    let quantities: Vec<i64> = parts.iter().map(|(_, units)| i64::from(*units)).collect();
    let split = |whole: i64| split_by_quantity(whole, &quantities, unit);
    let (items, discounts, taxes) = (split(sums.item), split(sums.discount), split(sums.tax_item));
    let at = order.placed_at;
    for (index, (shipped, units)) in parts.iter().enumerate() {
        let estimated = shipped.is_some_and(|s| s.estimated);
        let about = About {
            flags: dated(about.flags, estimated),
            ..about
        };
        let ship = shipped.map(|s| s.at);
        about.put(order, Kind::ItemPrice, at, ship, *units, items[index]);
        about.put(order, Kind::ItemDiscountSeller, at, ship, 0, discounts[index]);
        about.put(order, Kind::TaxItem, at, ship, 0, taxes[index]);
    }
}

/// What was withdrawn: sold on the order day, taken back on the day it was cancelled.
fn gone(order: &mut Order, row: &Row, sums: &Sums, line: Option<u16>) {
    let placed = order.placed_at;
    let at = row.gone_at.or(order.cancelled_at).unwrap_or(order.updated_at);
    let about = About {
        line,
        raw: row.gone_raw,
        path: row.gone_place,
        flags: Flags::CANCELLED,
        derived: row.derived,
    };
    let all = About { line: None, ..about };
    about.put(order, Kind::ItemPrice, placed, None, row.gone, sums.item);
    about.put(order, Kind::ItemDiscountSeller, placed, None, 0, sums.discount);
    about.put(order, Kind::TaxItem, placed, None, 0, sums.tax_item);
    for (kind, micros) in charges(sums) {
        all.put(order, kind, placed, None, 0, micros);
    }
    let back = |sum: i64| sum.saturating_neg();
    about.put(
        order,
        Kind::ReversalItem,
        at,
        None,
        -row.gone,
        back(sums.item.saturating_add(sums.discount)),
    );
    about.put(order, Kind::ReversalTax, at, None, 0, back(sums.tax_item));
    all.put(
        order,
        Kind::ReversalShipping,
        at,
        None,
        0,
        back(sums.shipping.saturating_add(sums.shipping_discount)),
    );
    all.put(
        order,
        Kind::ReversalTax,
        at,
        None,
        0,
        back(sums.tax_shipping.saturating_add(sums.tax_other)),
    );
    all.put(order, Kind::OtherCharge, at, None, 0, back(sums.other));
}

/// Writes what the money that moved says beside the sale: withheld tax, fees, refunds, reimbursements. Returns what is to be said.
pub(super) fn entries(order: &mut Order, rows: &[Row], told: &Told<'_>, raws: &mut Raws) -> Vec<ReadError> {
    let mut notes = Vec::new();
    for (fact, entry) in &told.entries {
        let Some(at) = entry.at else {
            // What has no day cannot be counted on one.
            order.incomplete = true;
            continue;
        };
        if let Some(stated) = entry.currency.filter(|c| *c != order.currency) {
            order.incomplete = true;
            notes.push(other_currency(stated, order.currency));
            continue;
        }
        if let Some(total) = entry
            .total
            .filter(|total| !entry.leaves.is_empty() && *total != entry.sum())
        {
            order.incomplete = true;
            notes.push(ReadError {
                code: "totals_differ",
                message: format!(
                    "transaction {}: its amounts come to {}, its total is {}",
                    entry.id,
                    order.currency.format(entry.sum()),
                    order.currency.format(total)
                ),
            });
        }
        if entry.moves {
            continue;
        }
        let raw = raws.at(fact.raw);
        let first_ship = order.first_ship;
        for (index, leaf) in entry.leaves.iter().enumerate() {
            let found = rows
                .iter()
                .position(|row| leaf.sku.as_ref().is_some_and(|sku| *sku == row.line.sku));
            let Some(kind) = kind(entry.family, leaf) else { continue };
            let kind = match found.is_some_and(|at| rows[at].basis_unknown) {
                true => charged(kind, leaf.what),
                false => kind,
            };
            let about = About {
                line: found.and_then(|at| u16::try_from(at).ok()),
                raw,
                path: leaf.place,
                // Fees and withheld tax of a refund are no refund of shipped goods.
                flags: match kind.is_return() {
                    true => Flags::SHIPPED,
                    false => Flags::NONE,
                },
                derived: false,
            };
            let ship = match entry.family {
                Family::Sale => Some(at),
                Family::Refund => found
                    .and_then(|row| rows[row].shipped.first())
                    .map(|s| s.at)
                    .or(first_ship),
                Family::Other => None,
            };
            let units = match kind {
                Kind::RefundItem => returned(entry, index, found.map(|at| &rows[at]), order.currency.smallest_unit()),
                _ => Some(0),
            };
            let units = units.unwrap_or_else(|| {
                order.incomplete = true;
                notes.push(units_unknown(entry, order.currency));
                0
            });
            about.put(order, kind, at, ship, -units, leaf.micros);
        }
    }
    notes
}

/// The kind of posting of an amount; `None` for what the order's own rows tell already.
pub(super) fn kind(family: Family, leaf: &Leaf) -> Option<Kind> {
    Some(match (family, leaf.what) {
        // A promotion that Amazon pays for comes back with the shipment.
        (Family::Sale, What::Discount | What::ShippingDiscount) if leaf.micros > 0 => Kind::Reimbursement,
        (
            Family::Sale,
            What::Principal
            | What::Discount
            | What::Shipping
            | What::ShippingDiscount
            | What::OtherCharge
            | What::Tax
            | What::TaxShipping
            | What::TaxOther,
        ) => return None,
        // Mirrored when the sale is paid back.
        (Family::Refund, What::Discount | What::ShippingDiscount) if leaf.micros < 0 => Kind::Reimbursement,
        (_, What::TaxWithheld) => Kind::TaxWithheld,
        (_, What::Commission) => Kind::FeeCommission,
        (_, What::Fulfilment) => Kind::FeeFulfilment,
        (_, What::Storage) => Kind::FeeStorage,
        (_, What::Payment) => Kind::FeePayment,
        (_, What::RefundFee) => Kind::FeeRefund,
        (_, What::Reimbursement) => Kind::Reimbursement,
        (_, What::Label) => Kind::ShippingCost,
        (_, What::AdBill | What::Movement) => Kind::Payout,
        (Family::Refund, What::Fee) => Kind::FeeRefund,
        (Family::Refund, What::Principal | What::Discount) => Kind::RefundItem,
        (Family::Refund, What::Shipping | What::ShippingDiscount) => Kind::RefundShipping,
        (Family::Refund, What::OtherCharge) => Kind::OtherCharge,
        (Family::Refund, What::Tax | What::TaxShipping | What::TaxOther) => Kind::RefundTax,
        (Family::Refund | Family::Sale, What::Adjustment) => Kind::RefundAdjustment,
        (_, What::Fee) | (Family::Other, _) => Kind::FeeOther,
    })
}

/// The kind under which the tax of a refund is paid back where nobody tells the tax of the sale apart: as it was charged, within
/// goods, shipping and other charges.
fn charged(kind: Kind, what: What) -> Kind {
    match (kind, what) {
        (Kind::RefundTax, What::TaxShipping) => Kind::RefundShipping,
        (Kind::RefundTax, What::TaxOther) => Kind::OtherCharge,
        (Kind::RefundTax, _) => Kind::RefundItem,
        (kind, _) => kind,
    }
}

fn units_unknown(entry: &Entry, currency: Currency) -> ReadError {
    ReadError {
        code: "units_unknown",
        message: format!(
            "transaction {}: {} is paid back for goods, of an unknown number of units, and no record says what they cost",
            entry.id,
            currency.format(entry.sum().saturating_neg())
        ),
    }
}

/// Units that an amount brings back: those of its item where their whole price is paid back, on its first such amount. Where it
/// names none, those whose price is what was paid back. `None`: nobody knows what the goods cost.
fn returned(entry: &Entry, index: usize, row: Option<&Row>, unit: i64) -> Option<i32> {
    let leaf = &entry.leaves[index];
    let own = |l: &&Leaf| l.sku == leaf.sku;
    let principal = |l: &&Leaf| l.what == What::Principal && l.sku == leaf.sku;
    let first = entry.leaves.iter().position(|l| principal(&l));
    if first != Some(index) {
        return Some(0);
    }
    let units: i32 = entry.leaves.iter().filter(own).map(|l| l.units).sum();
    let taxed = row.is_some_and(|row| row.basis_unknown);
    let paid = entry
        .leaves
        .iter()
        .filter(|l| principal(l) || (taxed && l.what == What::Tax && own(l)))
        .map(|l| l.micros)
        .fold(0, i64::saturating_add)
        .saturating_neg();
    let price = row
        .and_then(|row| Some((row.sums?.item, row.live)))
        .filter(|(item, units)| *units > 0 && *item > 0);
    match price {
        Some((item, live)) if units == 0 => {
            // What one of several costs may have been rounded either way.
            let costs = |n: i32| share(item, i64::from(n), i64::from(live), unit);
            let is = |n: &i32| paid == costs(*n) || (*n < live && paid == costs(*n) + unit);
            match paid >= item {
                true => Some(live),
                false => Some((1..live).find(is).unwrap_or(0)),
            }
        }
        // A part of the price is money for a complaint; the goods stay.
        Some((item, live)) if paid < share(item, i64::from(units), i64::from(live), unit) => Some(0),
        _ if units == 0 && paid > 0 => None,
        _ => Some(units),
    }
}

/// The price of `units` of `live`, cut at the smallest unit.
fn share(item: i64, units: i64, live: i64, unit: i64) -> i64 {
    split_by_quantity(item, &[units, (live - units).max(0)], unit)[0]
}
