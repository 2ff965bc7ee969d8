//! What an order no longer holds though no refund names it, where only its lines tell the sale (contract section 7.5, LEDGER rulings 3
//! to 5): units that an edit removed, that came back unpaid, or that a cancellation took away; and charges that went with them.

use super::super::part::Restock;
use super::fallback::charge;
use super::given_back::Money;
use super::rows::{Charge, ChargeKind, Returned, Rows, Sold};
use super::{Picture, shipments};
use crate::connectors::ReadError;
use crate::model::{Order, When, split_by_quantity};

/// Adds what is gone to `rows`, which hold what was sold and what refunds name, and pays for it by `money`.
pub(super) fn settle(picture: &Picture, order: &Order, money: Money, rows: &mut Rows) {
    let unit = order.currency.smallest_unit();
    let told = rows.returned.len();
    let case = Case {
        picture,
        order,
        all_back: paid_back_whole(picture, order, rows),
    };
    let days = (money.unexplained(picture), money.last());
    let mut gone = goods(case, unit, days, rows) + cards(case, unit, rows);
    gone += charges(case, (told, money.beyond(gone)), rows);
    if order.cancelled_at.is_some() && money.is_some() && !picture.whole.exported && stays(picture, order, rows) {
        rows.notes.push(ReadError {
            code: "cancelled_in_part",
            message: "it was cancelled after some of it had been sent, and money went back of which no record shows for what; what was \
                      sent counts as sold"
                .to_owned(),
        });
    }
    let kept = money.pay(gone, rows, unit);
    keep(picture, order, kept, rows);
}

/// Whether units of goods are neither named by a refund nor gone.
fn stays(picture: &Picture, order: &Order, rows: &Rows) -> bool {
    let shown = |line: usize| {
        picture
            .lines
            .iter()
            .any(|l| l.id == order.lines[line].key && l.current.is_some())
    };
    rows.sold.iter().filter(|sold| !shown(sold.line)).any(|sold| {
        let back = rows.returned.iter().filter(|r| r.line == sold.line);
        back.map(|r| r.quantity).sum::<i64>() < sold.quantity
    })
}

/// An order, and whether nothing is left to be paid for it: it came back whole, or was never taken.
#[derive(Clone, Copy)]
struct Case<'a> {
    picture: &'a Picture,
    order: &'a Order,
    all_back: bool,
}

/// An order that does not state its total came to what its parts do.
fn paid_back_whole(picture: &Picture, order: &Order, rows: &Rows) -> bool {
    let total = order.stated_total.unwrap_or_else(|| rows.charged());
    picture.whole.payment == "voided" || (total > 0 && paid_back(picture) >= total)
}

fn paid_back(picture: &Picture) -> i64 {
    let paid = picture.refunds.iter().filter(|r| !r.foreign).filter_map(|r| r.total);
    paid.map(|total| total.micros).sum()
}

/// The last day on which money went back.
fn last_refund(picture: &Picture) -> Option<When> {
    let days = picture.refunds.iter().filter_map(|r| r.at);
    days.max_by_key(|at| at.sort_key())
}

/// How the units of a sale stand.
struct Standing {
    /// Units that have left: by parcels, or when they were sold.
    left: i64,
    /// Units that no refund names and the order no longer holds.
    gone: i64,
    /// Those of them that never left.
    unsent: i64,
    /// When the last of them left.
    sent_at: Option<When>,
}

impl Standing {
    /// `parcels` are those of the line.
    fn of(case: Case<'_>, parcels: &[(When, i32)], sold: &Sold, rows: &Rows) -> Standing {
        let Case {
            picture,
            order,
            all_back,
        } = case;
        let line = &order.lines[sold.line];
        // What needs no parcel has left when it is sold.
        let (left, sent_at) = match line.ships && picture.whole.source_name != "pos" {
            true => (
                parcels.iter().map(|(_, units)| i64::from(*units)).sum::<i64>(),
                parcels.last().map(|(at, _)| *at),
            ),
            false => (sold.quantity, Some(sold.at)),
        };
        let left = left.min(sold.quantity);
        let named = || rows.returned.iter().filter(|r| r.line == sold.line);
        let back: i64 = named().map(|r| r.quantity).sum();
        let returned: i64 = named()
            .filter(|r| r.restock == Restock::Return)
            .map(|r| r.quantity)
            .sum();
        // What came back otherwise was first of what waited.
        let waited = sold.quantity - left;
        let returned = returned + (back - returned - waited).max(0);
        let stay = match all_back {
            true => 0,
            false => (left - returned).max(0),
        };
        let gone = missing_units(picture, order, sold.line, sold.quantity, (back, stay));
        let unsent = (waited - (back - returned)).clamp(0, gone);
        Standing {
            left,
            gone,
            unsent,
            sent_at,
        }
    }
}

/// Units of goods: of a cancelled order those that had left came back, the others never left; so with an order that was not
/// cancelled, of which what had left came back with the money, or else, nobody knowing when, as soon as it had left. `refunded` is
/// the day of money whose refund does not show its lines, `paid` that of any money without parts. Answers their value with tax.
fn goods(case: Case<'_>, unit: i64, (refunded, paid): (Option<When>, Option<When>), rows: &mut Rows) -> i64 {
    let Case { picture, order, .. } = case;
    let sent = shipments(picture);
    let mut gone = Vec::new();
    for sold in &rows.sold {
        let parcels = sent.get(order.lines[sold.line].key.as_str());
        let parcels = parcels.map(Vec::as_slice).unwrap_or_default();
        let standing = Standing::of(case, parcels, sold, rows);
        let (units, unsent) = (standing.gone, standing.unsent);
        let take = |amount: i64| split_by_quantity(amount, &[unsent, units - unsent, sold.quantity - units], unit);
        let (nets, taxes) = (take(sold.price + sold.discount), take(sold.tax));
        let mut went = |part: usize, quantity: i64, at: When, restock: Restock| {
            if quantity > 0 {
                gone.push(Returned {
                    line: sold.line,
                    at,
                    quantity,
                    net: -nets[part],
                    tax: -taxes[part],
                    restock,
                    lowers: None,
                    origin: sold.origin,
                });
            }
        };
        match order.cancelled_at {
            Some(at) => {
                let restock = if standing.left > 0 {
                    Restock::No
                } else {
                    Restock::Cancel
                };
                went(0, unsent, at, restock);
                went(1, units - unsent, at, restock);
            }
            None => {
                let restock = if refunded.is_some() {
                    Restock::No
                } else {
                    Restock::Cancel
                };
                went(0, unsent, refunded.unwrap_or(order.placed_at), restock);
                let since = standing.sent_at.unwrap_or(order.placed_at);
                let with_money = last_refund(picture).filter(|at| at.sort_key() >= since.sort_key());
                // Money that does not say what for paid for it, be it before it left.
                let at = refunded.or(with_money).or(paid).unwrap_or(since);
                went(1, units - unsent, at, Restock::No);
            }
        }
    }
    let worth = gone.iter().map(|g| -(g.net + g.tax)).sum();
    rows.returned.extend(gone);
    worth
}

/// Gift cards, which leave when they are sold. Answers their value with tax.
fn cards(case: Case<'_>, unit: i64, rows: &mut Rows) -> i64 {
    let Case {
        picture,
        order,
        all_back,
    } = case;
    let at = order.cancelled_at.or(last_refund(picture)).unwrap_or(order.placed_at);
    let mut gone = Vec::new();
    for card in rows
        .charges
        .iter()
        .filter(|c| c.kind == ChargeKind::GiftCard && c.quantity > 0)
    {
        let Some(line) = card.line else { continue };
        let refunded = rows.charges.iter().filter(|c| c.line == card.line && c.quantity < 0);
        let back: i64 = refunded.map(|c| -c.quantity).sum();
        let stay = match all_back {
            true => 0,
            false => card.quantity - back,
        };
        let units = missing_units(picture, order, line, card.quantity, (back, stay));
        if units > 0 {
            let take = |amount| split_by_quantity(amount, &[units, card.quantity - units], unit)[0];
            gone.push(Charge {
                at,
                amount: -take(card.amount),
                tax: -take(card.tax),
                quantity: -units,
                ..card.clone()
            });
        }
    }
    let worth = gone.iter().map(|c| -(c.amount + c.tax)).sum();
    rows.charges.extend(gone);
    worth
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

/// Charges that no refund names. A cancellation that leaves no goods takes back every one (LEDGER ruling 5), unless the order itself
/// says that something of it stays charged. Where goods had left before, or the order was not cancelled but paid back whole, as many
/// come back as the money `beyond` the goods pays for. The returns of `rows` from `told` on are those that no refund names.
/// Answers the value of what went back, with tax.
fn charges(case: Case<'_>, (told, beyond): (usize, i64), rows: &mut Rows) -> i64 {
    let Case { picture, order, .. } = case;
    if picture.whole.current_total.is_some_and(|left| left != 0) {
        return 0;
    }
    // Of goods that wait to be sent, what came back never left, whatever was done with it.
    let unsent = shipments(picture).is_empty() && picture.whole.source_name != "pos";
    let all_back = |counts: &dyn Fn(usize, &Returned, bool) -> bool| {
        rows.sold.iter().all(|sold| {
            let waits = unsent && order.lines[sold.line].ships;
            let back = rows.returned.iter().enumerate().filter(|(_, r)| r.line == sold.line);
            let back = back.filter(|(index, r)| counts(*index, r, waits));
            back.map(|(_, r)| r.quantity).sum::<i64>() >= sold.quantity
        })
    };
    let emptied = all_back(&|index, r, waits| {
        index >= told || r.restock == Restock::Cancel || (waits && r.restock != Restock::Return)
    });
    let (at, mut left_over) = match order.cancelled_at {
        Some(at) if emptied => (at, None),
        Some(at) if all_back(&|_, _, _| true) => (at, Some(beyond)),
        None if case.all_back && all_back(&|_, _, _| true) => {
            (last_refund(picture).unwrap_or(order.placed_at), Some(beyond))
        }
        _ => return 0,
    };
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
        match &mut left_over {
            Some(money) if *money < left + tax => continue,
            Some(money) => *money -= left + tax,
            None => {}
        }
        worth += left + tax;
        rows.charges.push(Charge {
            tax: -tax,
            ..charge(back, at, -left, first.origin)
        });
    }
    worth
}

/// Value that a cancellation took back from an order that had been paid, and did not pay back: it was kept (LEDGER ruling 35).
fn keep(picture: &Picture, order: &Order, kept: i64, rows: &mut Rows) {
    let paid = matches!(picture.whole.payment.as_str(), "paid" | "partially_refunded");
    let foreign = picture.refunds.iter().any(|r| r.foreign);
    let (Some(at), Some(first)) = (order.cancelled_at, rows.sold.first()) else {
        return;
    };
    // Where agreements tell of the cancellation, they say what it gave back.
    if kept <= 0 || !paid || foreign || picture.whole.exported || !picture.agreements.is_empty() {
        return;
    }
    let origin = first.origin;
    let sold: i64 = rows.sold.iter().map(|s| s.price + s.discount + s.tax).sum();
    let taxes: i64 = rows.sold.iter().map(|s| s.tax).sum();
    let tax = super::fallback::share(taxes, kept.min(sold), sold, order.currency.smallest_unit());
    rows.charges.push(Charge {
        tax,
        ..charge(ChargeKind::Adjustment, at, kept - tax, origin)
    });
    rows.notes.push(ReadError {
        code: "cancelled_in_part",
        message: format!(
            "it was cancelled, and {} {currency} of what it had cost were not paid back; its records do not show for what they were kept, and {} {currency} went back",
            order.currency.format(kept),
            order.currency.format(paid_back(picture)),
            currency = order.currency,
        ),
    });
}
