//! Rows without sales agreements (contract section 7.5): what was sold by the lines as placed, what came back by the
//! refunds. Edits cannot be dated; everything is marked estimated.

use crate::model::{Order, When, split_by_quantity, split_evenly_by_weight};

use super::super::part::{Amount, LinePart, Refund, Restock};
use super::Picture;
use super::rows::{Charge, ChargeKind, Origin, Returned, Rows, Sold};

/// Rows of the order, or `None` where the record states no price of its goods.
pub(super) fn rows(picture: &Picture, order: &Order) -> Option<Rows> {
    let at = order.placed_at;
    let unit = order.currency.smallest_unit();
    let included = picture.whole.taxes_included;
    let mut rows = Rows::default();
    if picture.lines.is_empty() || picture.lines.iter().any(|l| l.price.is_none()) {
        return None;
    }
    let mut taxes: Vec<i64> = picture.lines.iter().map(|l| l.tax).collect();
    if let Some(tax) = picture.whole.tax.filter(|_| taxes.iter().all(|t| *t == 0)) {
        let weights: Vec<i64> = picture.lines.iter().map(charged).collect();
        taxes = split_evenly_by_weight(tax.micros, &weights, unit);
    }
    let lines = discounted(picture, unit);
    let mut index = 0;
    for (part, tax) in lines.iter().zip(&taxes) {
        let price = part.price.unwrap_or_default();
        let origin = Origin {
            raw: picture.sources.whole,
            path: price.path,
        };
        if part.tip {
            rows.charges.push(charge(ChargeKind::Tip, at, price.micros, origin));
            continue;
        }
        let (gross, discount) = without_tax(part, *tax, included, unit);
        if part.gift_card {
            let amount = gross + discount;
            let quantity = i64::from(part.quantity);
            let base = charge(ChargeKind::GiftCard, at, amount, origin);
            rows.charges.push(Charge {
                line: Some(index),
                quantity,
                tax: *tax,
                ..base
            });
        } else {
            let quantity = i64::from(part.quantity);
            rows.sold.push(Sold {
                line: index,
                at,
                quantity,
                price: gross,
                discount,
                tax: *tax,
                edit: false,
                origin,
            });
        }
        index += 1;
    }
    for part in picture.shipping.iter().filter(|s| !s.removed) {
        let origin = Origin {
            raw: picture.sources.whole,
            path: part.price.path,
        };
        let net = part.price.micros - part.discount - if included { part.tax } else { 0 };
        let discount = if included {
            share(part.discount, net, part.price.micros - part.discount, unit)
        } else {
            part.discount
        };
        let base = charge(ChargeKind::Shipping, at, net + discount, origin);
        rows.charges.push(Charge {
            discount: -discount,
            tax: part.tax,
            ..base
        });
    }
    if !picture.lines.iter().any(|l| l.tip) {
        push_amount(&mut rows, ChargeKind::Tip, at, picture.whole.tip, picture.sources.whole);
    }
    push_amount(
        &mut rows,
        ChargeKind::Duty,
        at,
        picture.whole.duty,
        picture.sources.whole,
    );
    for refund in &picture.refunds {
        read_refund(picture, order, refund, included, &mut rows);
    }
    withdrawn(picture, order, unit, &mut rows);
    Some(rows)
}

fn charge(kind: ChargeKind, at: When, amount: i64, origin: Origin) -> Charge {
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

fn push_amount(rows: &mut Rows, kind: ChargeKind, at: When, amount: Option<Amount>, raw: u8) {
    if let Some(amount) = amount.filter(|a| a.micros != 0) {
        rows.charges
            .push(charge(kind, at, amount.micros, Origin { raw, path: amount.path }));
    }
}

/// The lines, with the order's discounts spread over them where the record states only their sum.
fn discounted(picture: &Picture, unit: i64) -> Vec<LinePart> {
    let mut lines = picture.lines.clone();
    let on_shipping: i64 = picture.shipping.iter().map(|s| s.discount).sum();
    let unspread = picture.whole.discounts.map_or(0, |d| d.micros - on_shipping);
    if unspread > 0 && lines.iter().all(|l| !l.discount_shown) {
        let weights: Vec<i64> = lines.iter().map(|l| l.price.map_or(0, |p| p.micros)).collect();
        for (line, share) in lines.iter_mut().zip(split_evenly_by_weight(unspread, &weights, unit)) {
            line.discount = share;
        }
    }
    lines
}

/// What the line was charged at, tax included where prices include it.
fn charged(part: &LinePart) -> i64 {
    part.price.map_or(0, |p| p.micros) - part.discount
}

/// Price before discounts and discount (negative), both without tax (product plan, “Tax basis”).
fn without_tax(part: &LinePart, tax: i64, included: bool, unit: i64) -> (i64, i64) {
    let price = part.price.map_or(0, |p| p.micros);
    if !included {
        return (price, -part.discount);
    }
    let incl = price - part.discount;
    let net = incl - tax;
    let discount = if incl != 0 {
        share(part.discount, net, incl, unit)
    } else {
        // Nothing was charged, so no tax shows the ratio: the rate of the tax lines does.
        share(part.discount, 1_000_000, 1_000_000 + part.tax_rate, unit)
    };
    (net + discount, -discount)
}

/// `amount × part ÷ whole`, rounded to the nearest unit, halves to even.
fn share(amount: i64, part: i64, whole: i64, unit: i64) -> i64 {
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

fn line_of(order: &Order, id: &str) -> Option<usize> {
    order.lines.iter().position(|l| l.key == id)
}

fn read_refund(picture: &Picture, order: &Order, refund: &Refund, included: bool, rows: &mut Rows) {
    let at = refund.at.unwrap_or(order.placed_at);
    let raw = picture
        .sources
        .refunds
        .get(&refund.id)
        .copied()
        .unwrap_or(picture.sources.whole);
    for part in refund.lines.iter().flatten() {
        let origin = Origin {
            raw,
            path: part.subtotal.path,
        };
        let net = part.subtotal.micros - if included { part.tax } else { 0 };
        let Some(line) = line_of(order, &part.line) else {
            rows.charges.push(Charge {
                tax: -part.tax,
                ..charge(ChargeKind::Adjustment, at, -net, origin)
            });
            continue;
        };
        if order.lines[line].gift_card {
            let base = charge(ChargeKind::GiftCard, at, -net, origin);
            rows.charges.push(Charge {
                line: Some(line),
                quantity: -i64::from(part.quantity),
                ..base
            });
            continue;
        }
        let quantity = i64::from(part.quantity);
        rows.returned.push(Returned {
            line,
            at,
            quantity,
            net: -net,
            tax: -part.tax,
            restock: part.restock,
            origin,
        });
    }
    for (amount, tax) in &refund.shipping {
        let net = amount.micros - if included { *tax } else { 0 };
        let base = charge(ChargeKind::ShippingBack, at, -net, Origin { raw, path: amount.path });
        rows.charges.push(Charge { tax: -tax, ..base });
    }
    for (amount, tax) in refund
        .adjustments
        .iter()
        .filter(|(amount, tax)| amount.micros != 0 || *tax != 0)
    {
        let base = charge(
            ChargeKind::Adjustment,
            at,
            amount.micros,
            Origin { raw, path: amount.path },
        );
        rows.charges.push(Charge { tax: *tax, ..base });
    }
    // Money without detail (CSV export): goods, shipping and tax share it as they shared the order's total.
    if let (None, Some(total), None) = (&refund.lines, refund.total, order.cancelled_at) {
        let origin = Origin { raw, path: total.path };
        let tax: i64 = rows.sold.iter().map(|s| s.tax).sum();
        let whole = order.stated_total.unwrap_or(total.micros);
        let taken = share(tax, total.micros, whole, order.currency.smallest_unit());
        rows.charges.push(Charge {
            tax: -taken,
            ..charge(ChargeKind::Adjustment, at, taken - total.micros, origin)
        });
    }
}

/// Units that are gone without a refund: removed by an edit, or the order was cancelled unpaid.
fn withdrawn(picture: &Picture, order: &Order, unit: i64, rows: &mut Rows) {
    let mut withdrawn = Vec::new();
    for sold in &rows.sold {
        let returned: i64 = rows
            .returned
            .iter()
            .filter(|r| r.line == sold.line)
            .map(|r| r.quantity)
            .sum();
        let part = picture.lines.iter().find(|l| l.id == order.lines[sold.line].key);
        let gone = match (part.and_then(|l| l.current), order.cancelled_at) {
            (Some(current), _) => sold.quantity - i64::from(current) - returned,
            (None, Some(_)) => sold.quantity - returned,
            (None, None) => 0,
        };
        if gone <= 0 || sold.quantity <= 0 {
            continue;
        }
        let share = |amount: i64| split_by_quantity(amount, &[gone, sold.quantity - gone], unit)[0];
        let whole = gone == sold.quantity;
        let take = |amount: i64| if whole { amount } else { share(amount) };
        withdrawn.push(Returned {
            line: sold.line,
            at: order.cancelled_at.unwrap_or(order.placed_at),
            quantity: gone,
            net: -take(sold.price + sold.discount),
            tax: -take(sold.tax),
            restock: Restock::Cancel,
            origin: sold.origin,
        });
    }
    rows.returned.extend(withdrawn);
    let all_gone = rows.sold.iter().all(|sold| {
        rows.returned
            .iter()
            .filter(|r| r.line == sold.line && r.restock == Restock::Cancel)
            .map(|r| r.quantity)
            .sum::<i64>()
            >= sold.quantity
    });
    let nothing_back = !rows.charges.iter().any(|c| c.kind == ChargeKind::ShippingBack);
    if let (Some(at), true, true) = (order.cancelled_at, all_gone, nothing_back) {
        let back: Vec<Charge> = rows
            .charges
            .iter()
            .filter(|c| c.kind == ChargeKind::Shipping)
            .map(|c| Charge {
                kind: ChargeKind::ShippingBack,
                at,
                amount: -(c.amount + c.discount),
                discount: 0,
                tax: -c.tax,
                ..c.clone()
            })
            .collect();
        rows.charges.extend(back);
    }
}
