//! Rows without sales agreements (contract section 7.5): what was sold by the lines as placed, what came back by the
//! refunds and by what agreements there are. Edits cannot be dated; everything is marked estimated.

use crate::connectors::ReadError;
use crate::model::{Order, When, split_by_quantity};

use super::super::part::{LinePart, Restock};
use super::rows::{Charge, ChargeKind, Origin, Returned, Rows, Sold};
use super::stated::{self, Heard};
use super::{Picture, given_back, shipments};

/// Whether the record states the prices of its goods.
pub(super) fn is_possible(picture: &Picture) -> bool {
    !picture.lines.is_empty() && picture.lines.iter().all(|l| l.price.is_some())
}

/// Rows of the order, or `None` where the record states no price of its goods.
pub(super) fn rows(picture: &Picture, order: &Order) -> Option<Rows> {
    let at = order.placed_at;
    let unit = order.currency.smallest_unit();
    let included = picture.whole.taxes_included;
    if !is_possible(picture) {
        return None;
    }
    let Heard {
        lines,
        shipping_tax,
        notes,
    } = stated::hear(picture, order);
    let mut rows = Rows {
        notes,
        ..Rows::default()
    };
    let mut index = 0;
    for part in &lines {
        let price = part.price.unwrap_or_default();
        let origin = Origin {
            raw: picture.sources.whole,
            path: price.path,
        };
        let (gross, discount) = without_tax(part, included, unit);
        if part.tip {
            let base = charge(ChargeKind::Tip, at, gross + discount, origin);
            rows.charges.push(Charge { tax: part.tax, ..base });
            continue;
        }
        let quantity = i64::from(part.quantity);
        if part.gift_card {
            let base = charge(ChargeKind::GiftCard, at, gross + discount, origin);
            rows.charges.push(Charge {
                line: Some(index),
                quantity,
                tax: part.tax,
                ..base
            });
        } else {
            rows.sold.push(Sold {
                line: index,
                at,
                quantity,
                price: gross,
                discount,
                tax: part.tax,
                edit: false,
                origin,
            });
        }
        index += 1;
    }
    for (number, part) in picture.shipping.iter().enumerate().filter(|(_, s)| !s.removed) {
        let Some(price) = part.price else {
            rows.notes.push(ReadError {
                code: "missing_field",
                message: format!(
                    "shipping line {} shows no price; what it cost is not counted",
                    number + 1
                ),
            });
            continue;
        };
        let origin = Origin {
            raw: picture.sources.shipping,
            path: price.path,
        };
        let tax = shipping_tax.get(number).copied().unwrap_or(part.tax);
        let net = price.micros - part.discount - if included { tax } else { 0 };
        let discount = if included {
            share(part.discount, net, price.micros - part.discount, unit)
        } else {
            part.discount
        };
        let base = charge(ChargeKind::Shipping, at, net + discount, origin);
        rows.charges.push(Charge {
            discount: -discount,
            tax,
            ..base
        });
    }
    let whole = &picture.whole;
    let tip = whole.tip.filter(|_| !picture.lines.iter().any(|l| l.tip));
    for (kind, amount) in [
        (ChargeKind::Tip, tip),
        (ChargeKind::Duty, whole.duty),
        (ChargeKind::Other, whole.fee),
    ] {
        if let Some(amount) = amount.filter(|a| a.micros != 0) {
            let raw = picture.sources.whole;
            let origin = Origin { raw, path: amount.path };
            rows.charges.push(charge(kind, at, amount.micros, origin));
        }
    }
    let money = given_back::tell(picture, order, &mut rows);
    let told = rows.returned.len();
    let mut gone = withdrawn(picture, order, unit, money.unexplained(picture), &mut rows);
    if let Some(at) = order.cancelled_at {
        gone += take_back_charges(picture, order, (at, told), &mut rows);
    }
    money.pay(gone, &mut rows, unit);
    Some(rows)
}

/// A charge without tax, discount and line.
pub(super) fn charge(kind: ChargeKind, at: When, amount: i64, origin: Origin) -> Charge {
    Charge {
        kind,
        at,
        amount,
        discount: 0,
        tax: 0,
        line: None,
        quantity: 0,
        edit: false,
        origin,
    }
}

/// Price before discounts and discount (negative), both without tax (product plan, “Tax basis”).
fn without_tax(part: &LinePart, included: bool, unit: i64) -> (i64, i64) {
    let price = part.price.map_or(0, |p| p.micros);
    if !included {
        return (price, -part.discount);
    }
    let incl = price - part.discount;
    let net = incl - part.tax;
    let discount = if incl != 0 {
        share(part.discount, net, incl, unit)
    } else {
        // Nothing was charged, so no tax shows the ratio: the rate of the tax lines does.
        share(part.discount, 1_000_000, 1_000_000 + part.tax_rate, unit)
    };
    (net + discount, -discount)
}

/// `amount × part ÷ whole`, rounded to the nearest unit, halves to even.
pub(super) fn share(amount: i64, part: i64, whole: i64, unit: i64) -> i64 {
    if whole == 0 {
        return amount;
    }
    let exact = i128::from(amount) * i128::from(part);
    let step = i128::from(whole) * i128::from(unit);
    let (quotient, rest) = (exact.div_euclid(step), exact.rem_euclid(step));
    let up = match (rest * 2).cmp(&step.abs()) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => quotient & 1,
    };
    ((quotient + up) as i64).saturating_mul(unit)
}

/// Units that are gone without a refund of theirs: removed by an edit, or the order was cancelled; or the refund, of the
/// day `refunded`, does not show its lines. Of a cancelled order those that had been sent came back, the others never left.
/// Answers their value with tax.
fn withdrawn(picture: &Picture, order: &Order, unit: i64, refunded: Option<When>, rows: &mut Rows) -> i64 {
    let sent = shipments(picture);
    let (at, restock) = match (order.cancelled_at, refunded) {
        (Some(at), _) => (at, Restock::Cancel),
        (None, Some(at)) => (at, Restock::No),
        (None, None) => (order.placed_at, Restock::Cancel),
    };
    let all_back = paid_back_whole(picture, order);
    let sent_of = |line: usize| -> i64 {
        let parcels = sent.get(order.lines[line].key.as_str()).into_iter().flatten();
        parcels.map(|(_, units)| i64::from(*units)).sum()
    };
    let mut gone = Vec::new();
    for sold in &rows.sold {
        let returned = || rows.returned.iter().filter(|r| r.line == sold.line);
        let back: i64 = returned().map(|r| r.quantity).sum();
        let left = sent_of(sold.line).min(sold.quantity);
        let returned = returned().filter(|r| r.restock == Restock::Return).map(|r| r.quantity);
        let returned: i64 = returned.sum();
        // What came back otherwise was first of what waited.
        let returned = returned + (back - returned - (sold.quantity - left)).max(0);
        let stay = if all_back { 0 } else { (left - returned).max(0) };
        let units = missing_units(picture, order, sold.line, sold.quantity, (back, stay));
        if units > 0 {
            let restock = if left > 0 && order.cancelled_at.is_some() {
                Restock::No
            } else {
                restock
            };
            let take = |amount| part_of(amount, units, sold.quantity, unit);
            gone.push(Returned {
                line: sold.line,
                at,
                quantity: units,
                net: -take(sold.price + sold.discount),
                tax: -take(sold.tax),
                restock,
                lowers: None,
                origin: sold.origin,
            });
        }
    }
    let mut worth: i64 = gone.iter().map(|g| -(g.net + g.tax)).sum();
    rows.returned.extend(gone);
    let mut cards = Vec::new();
    for card in rows
        .charges
        .iter()
        .filter(|c| c.kind == ChargeKind::GiftCard && c.quantity > 0)
    {
        let Some(line) = card.line else { continue };
        let refunded = rows.charges.iter().filter(|c| c.line == card.line && c.quantity < 0);
        let back = refunded.map(|c| -c.quantity).sum();
        let units = missing_units(picture, order, line, card.quantity, (back, 0));
        if units > 0 {
            let take = |amount| part_of(amount, units, card.quantity, unit);
            cards.push(Charge {
                at,
                amount: -take(card.amount),
                tax: -take(card.tax),
                quantity: -units,
                ..card.clone()
            });
        }
    }
    worth += cards.iter().map(|c| -(c.amount + c.tax)).sum::<i64>();
    rows.charges.extend(cards);
    worth
}

/// Whether nothing is left to be paid for an order: it came back whole, or was never taken.
fn paid_back_whole(picture: &Picture, order: &Order) -> bool {
    let paid = picture.refunds.iter().filter(|r| !r.foreign).filter_map(|r| r.total);
    let paid: i64 = paid.map(|total| total.micros).sum();
    picture.whole.payment == "voided" || order.stated_total.is_some_and(|total| total > 0 && paid >= total)
}

/// How many units of a line the order no longer holds without any refund naming them; `back` came back by a refund. A cancelled
/// order that does not show what it holds keeps those units of which `stay` were sent.
fn missing_units(picture: &Picture, order: &Order, line: usize, sold: i64, (back, stay): (i64, i64)) -> i64 {
    let part = picture.lines.iter().find(|l| l.id == order.lines[line].key);
    let gone = match (part.and_then(|l| l.current), order.cancelled_at) {
        (Some(current), _) => sold - i64::from(current) - back,
        (None, Some(_)) => sold - back - stay,
        (None, None) => 0,
    };
    gone.clamp(0, sold)
}

/// The share of `units` out of `all` in an amount.
fn part_of(amount: i64, units: i64, all: i64, unit: i64) -> i64 {
    match units == all {
        true => amount,
        false => split_by_quantity(amount, &[units, all - units], unit)[0],
    }
}

/// A cancellation that leaves no goods takes back every charge that no refund has named (LEDGER ruling 5), unless the
/// order itself says that something of it stays charged. The returns of `rows` from `told` on are those of the cancellation.
/// Answers the value of what it took back, with tax.
fn take_back_charges(picture: &Picture, order: &Order, (at, told): (When, usize), rows: &mut Rows) -> i64 {
    // Of goods that wait to be sent, what came back never left, whatever was done with it.
    let unsent = shipments(picture).is_empty() && picture.whole.source_name != "pos";
    let emptied = rows.sold.iter().all(|sold| {
        let waits = unsent && order.lines[sold.line].ships;
        let withdrawn = |r: &Returned| r.restock == Restock::Cancel || (waits && r.restock != Restock::Return);
        let back = rows.returned.iter().enumerate().filter(|(_, r)| r.line == sold.line);
        let back = back.filter(|(index, r)| *index >= told || withdrawn(r));
        back.map(|(_, r)| r.quantity).sum::<i64>() >= sold.quantity
    });
    if !emptied || picture.whole.current_total.is_some_and(|left| left != 0) {
        return 0;
    }
    let mut worth = 0;
    for (kind, back) in [
        (ChargeKind::Shipping, ChargeKind::ShippingBack),
        (ChargeKind::Tip, ChargeKind::Tip),
        (ChargeKind::Duty, ChargeKind::Duty),
        (ChargeKind::Other, ChargeKind::Other),
    ] {
        let of = |c: &&Charge| c.kind == kind || c.kind == back;
        if kind == ChargeKind::Shipping && rows.charges.iter().any(|c| c.kind == back) {
            continue;
        }
        let left: i64 = rows.charges.iter().filter(of).map(|c| c.amount + c.discount).sum();
        let tax: i64 = rows.charges.iter().filter(of).map(|c| c.tax).sum();
        let Some(first) = rows.charges.iter().find(of).filter(|_| left != 0 || tax != 0) else {
            continue;
        };
        worth += left + tax;
        rows.charges.push(Charge {
            tax: -tax,
            ..charge(back, at, -left, first.origin)
        });
    }
    worth
}
