//! Rows without sales agreements (contract section 7.5): what was sold by the lines as placed, what came back by the
//! refunds and by what agreements there are. Edits cannot be dated; everything is marked estimated.

use crate::connectors::ReadError;
use crate::model::{Order, When};

use super::super::part::LinePart;
use super::rows::{Charge, ChargeKind, Origin, Rows, Sold};
use super::stated::{self, Heard};
use super::{Picture, given_back, gone};

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
        let (gross, discount) = ex_tax(price.micros, part.discount, (tax, part.tax_rate), included, unit);
        let base = charge(ChargeKind::Shipping, at, gross, origin);
        rows.charges.push(Charge { discount, tax, ..base });
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
    gone::settle(picture, order, money, &mut rows);
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

/// Price before discounts and discount (negative) of a line, both without tax.
fn without_tax(part: &LinePart, included: bool, unit: i64) -> (i64, i64) {
    let price = part.price.map_or(0, |p| p.micros);
    ex_tax(price, part.discount, (part.tax, part.tax_rate), included, unit)
}

/// Price before discounts and discount (negative), both without tax, of goods or shipping (product plan, “Tax basis”).
fn ex_tax(price: i64, discount: i64, (tax, rate): (i64, i64), included: bool, unit: i64) -> (i64, i64) {
    if !included {
        return (price, -discount);
    }
    let incl = price - discount;
    let net = incl - tax;
    let discount = if incl != 0 {
        share(discount, net, incl, unit)
    } else {
        // Nothing was charged, so no tax shows the ratio: the rate of the tax lines does.
        share(discount, 1_000_000, 1_000_000 + rate, unit)
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
