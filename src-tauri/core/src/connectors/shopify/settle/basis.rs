//! Whether an order's prices include tax, and how much, where its record does not show it (LEDGER rulings 13 and 23): what nobody
//! tells is not zero.

use super::super::missing;
use super::super::part::{LinePart, RefundLine, ShippingPart};
use super::telling::Telling;
use super::{Picture, fallback, sums};
use crate::connectors::ReadError;
use crate::model::Order;

/// Settles the basis of the picture's prices. Where it stays unknown they stand as charged, with a note that says why.
///
/// # Errors
/// A refund names units without their tax, and nothing tells it.
pub(super) fn hear(picture: &mut Picture, order: &Order, telling: Telling) -> Result<Option<ReadError>, ReadError> {
    if !picture.whole.basis_shown {
        guess(picture, order);
    }
    let of_lines = telling == Telling::Lines && fallback::is_possible(picture);
    let note = match (picture.whole.basis_shown, picture.whole.taxes_included) {
        _ if !of_lines => None,
        (true, true) if is_untold(picture) => {
            Some("its prices include tax, and its record does not show how much; they stand as charged")
        }
        (false, _) => Some("its record does not show whether its prices include its tax; they stand as charged"),
        _ => None,
    };
    if note.is_some() {
        as_charged(picture);
    }
    taxes_of_refunds(picture, order, of_lines)?;
    Ok(note.map(|message| ReadError {
        code: "tax_not_shown",
        message: message.to_owned(),
    }))
}

/// Whether a part was charged of which neither its own tax nor the order's is shown.
pub(super) fn is_untold(picture: &Picture) -> bool {
    picture.whole.tax.is_none()
        && (picture.lines.iter().any(|line| carries(line) && !line.tax_shown)
            || picture.shipping.iter().any(|line| is_charged(line) && !line.tax_shown))
}

/// A line whose price may hold tax, or bear it on top.
fn carries(line: &LinePart) -> bool {
    !line.tip && !line.gift_card && line.price.is_some_and(|price| price.micros != 0)
}

fn is_charged(line: &ShippingPart) -> bool {
    !line.removed && line.price.is_some_and(|price| price.micros != 0)
}

/// Where the record does not say whether prices include tax: without tax they do not, and else the order's total tells.
fn guess(picture: &mut Picture, order: &Order) {
    if is_untold(picture) {
        return;
    }
    let whole = &picture.whole;
    let own = picture
        .lines
        .iter()
        .map(|l| l.tax)
        .chain(picture.shipping.iter().map(|s| s.tax));
    let tax = whole.tax.map_or_else(|| own.sum(), |tax| tax.micros);
    if tax == 0 {
        picture.whole.basis_shown = true;
        return;
    }
    let Some(total) = whole.total.filter(|_| !picture.incomplete && picture.shipping_shown) else {
        return;
    };
    let micros = |amount: Option<super::super::part::Amount>| amount.map_or(0, |amount| amount.micros);
    let discounts: i64 = picture.lines.iter().map(|l| l.discount).sum();
    let off_shipping: i64 = picture.shipping.iter().map(|s| s.discount).sum();
    let prices: i64 = picture.lines.iter().map(|l| micros(l.price)).sum();
    let shipping = picture.shipping.iter().filter(|s| !s.removed);
    let shipping: i64 = shipping.map(|s| micros(s.price) - s.discount).sum();
    let tip = match picture.lines.iter().any(|l| l.tip) {
        true => 0,
        false => micros(whole.tip),
    };
    let off = match whole.discounts {
        Some(stated) if discounts == 0 => stated.micros - off_shipping,
        _ => discounts,
    };
    let base = prices - off + shipping + tip + micros(whole.fee);
    let spare = sums::rounding(order, picture.lines.len() + picture.shipping.len());
    let misses = |sum: i64| {
        let duty = micros(whole.duty);
        (total.micros - sum).abs().min((total.micros - sum - duty).abs())
    };
    let (with, without) = (misses(base + tax), misses(base));
    if with.min(without) <= spare && with != without {
        picture.whole.taxes_included = without < with;
        picture.whole.basis_shown = true;
    }
}

/// Leaves within its price the tax of every part of which it is not known, and what was paid back of it too.
fn as_charged(picture: &mut Picture) {
    if !picture.whole.basis_shown {
        picture.whole.taxes_included = true;
        picture.whole.tax = None;
        for line in &mut picture.lines {
            (line.tax, line.tax_rate, line.tax_shown) = (0, 0, false);
        }
        for line in &mut picture.shipping {
            (line.tax, line.tax_rate, line.tax_shown) = (0, 0, false);
        }
    }
    let (lines, shipping) = (&picture.lines, &picture.shipping);
    let silent = |line: &RefundLine| lines.iter().any(|l| l.id == line.line && !l.tax_shown);
    let shipping_silent = shipping.iter().any(|line| !line.tax_shown);
    let all_silent = lines.iter().all(|line| !line.tax_shown);
    for refund in &mut picture.refunds {
        let back = refund.lines.iter_mut().flatten();
        back.filter(|line| silent(line))
            .for_each(|line| (line.tax, line.tax_shown) = (0, true));
        let back = refund.shipping.iter_mut().filter(|_| shipping_silent);
        back.for_each(|(_, tax)| *tax = 0);
        let back = refund.adjustments.iter_mut().filter(|_| all_silent);
        back.for_each(|(_, tax)| *tax = 0);
    }
}

/// Tax of units paid back without it: the share of their value in the tax that their line was sold with.
fn taxes_of_refunds(picture: &mut Picture, order: &Order, of_lines: bool) -> Result<(), ReadError> {
    let Picture {
        lines, refunds, whole, ..
    } = picture;
    let unit = order.currency.smallest_unit();
    let silent = refunds.iter_mut().flat_map(|refund| refund.lines.iter_mut().flatten());
    for back in silent.filter(|back| !back.tax_shown) {
        let sold = lines.iter().find(|line| line.id == back.line);
        let Some(sold) = sold.filter(|sold| sold.tax_shown || whole.tax.is_none_or(|tax| tax.micros == 0)) else {
            match of_lines && back.subtotal.micros != 0 {
                true => return Err(missing("totalTaxSet", back.subtotal.path)),
                false => continue,
            }
        };
        let charged = sold.price.map_or(0, |price| price.micros) - sold.discount;
        if charged != 0 {
            back.tax = fallback::share(sold.tax, back.subtotal.micros, charged, unit);
        }
    }
    Ok(())
}
