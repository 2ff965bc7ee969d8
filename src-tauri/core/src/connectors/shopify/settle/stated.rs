//! The order's own totals against what its lines say (LEDGER ruling 12): where the lines say nothing, the total is spread over
//! them; where both speak and differ, the lines count and the difference is told.

use super::super::part::{LinePart, ShippingPart};
use super::{Picture, sums};
use crate::connectors::ReadError;
use crate::model::{Order, split_evenly_by_weight};

/// What the lines of an order come to once its own totals have been heard.
pub(super) struct Heard {
    /// The order's lines with their share of discounts and tax.
    pub(super) lines: Vec<LinePart>,
    /// Tax of each shipping line.
    pub(super) shipping_tax: Vec<i64>,
    /// What does not add up.
    pub(super) notes: Vec<ReadError>,
}

/// Hears the totals of an order that has prices.
pub(super) fn hear(picture: &Picture, order: &Order) -> Heard {
    let mut heard = Heard {
        lines: picture.lines.clone(),
        shipping_tax: picture.shipping.iter().map(|s| s.tax).collect(),
        notes: Vec::new(),
    };
    heard.discounts(picture, order);
    heard.taxes(picture, order);
    heard.rounded_discounts(picture, order);
    heard.rounded_total(picture, order);
    heard.total(picture, order);
    heard
}

/// Price after discounts of shipping that was not taken off the order.
fn shipping(picture: &Picture) -> i64 {
    let kept = picture.shipping.iter().filter(|s| !s.removed);
    kept.map(|s| s.price.map_or(0, |p| p.micros) - s.discount).sum()
}

impl Heard {
    fn tell(&mut self, order: &Order, what: &str, lines: i64, stated: i64) {
        let text = |micros| order.currency.format(micros);
        self.notes.push(ReadError {
            code: "totals_differ",
            message: format!(
                "{what} of its parts come to {} {}, the order says {}; the parts count",
                text(lines),
                order.currency,
                text(stated)
            ),
        });
    }

    fn sum(&self, of: fn(&LinePart) -> i64) -> i64 {
        self.lines.iter().map(of).sum()
    }

    /// Shares of `amount` by what each line of goods is charged, or by `of` where that says anything.
    fn spread(&self, amount: i64, order: &Order, of: fn(&LinePart) -> i64) -> Vec<i64> {
        self.spread_with(amount, order, of, &[])
    }

    /// The same with further `shares` behind the lines.
    fn spread_with(&self, amount: i64, order: &Order, of: fn(&LinePart) -> i64, shares: &[i64]) -> Vec<i64> {
        let goods = |line: &LinePart| match line.tip || line.gift_card {
            true => 0,
            false => of(line),
        };
        let mut weights: Vec<i64> = self.lines.iter().map(goods).collect();
        if weights.iter().all(|w| *w == 0) {
            weights = self.lines.iter().map(of).collect();
        }
        weights.extend(shares);
        split_evenly_by_weight(amount, &weights, order.currency.smallest_unit())
    }

    fn discounts(&mut self, picture: &Picture, order: &Order) {
        let Some(stated) = picture.whole.discounts.map(|d| d.micros) else {
            return;
        };
        let on_lines = self.sum(|l| l.discount);
        let on_shipping: i64 = picture.shipping.iter().map(|s| s.discount).sum();
        let missing = stated - on_lines - on_shipping;
        if missing == 0 || stated == on_lines || self.is_rounding_of_discounts(order, missing) {
            return;
        }
        let silent = self.lines.iter().all(|l| !l.discount_shown);
        // Lines that deny a discount are believed over its sum if the order's total does not know of it either.
        let denied = picture
            .whole
            .total
            .is_some_and(|t| self.charged(picture).contains(&t.micros));
        if missing > 0 && on_lines == 0 && (silent || !denied) {
            let shares = self.spread(missing, order, price);
            for (line, share) in self.lines.iter_mut().zip(shares) {
                line.discount += share;
            }
        } else {
            self.tell(order, "the discounts", on_lines + on_shipping, stated);
        }
    }

    fn taxes(&mut self, picture: &Picture, order: &Order) {
        let Some(stated) = picture.whole.tax.map(|t| t.micros) else {
            return;
        };
        let on_lines = self.sum(|l| l.tax);
        let on_shipping: i64 = picture.shipping.iter().map(|s| s.tax).sum();
        let missing = stated - on_lines - on_shipping;
        if missing == 0 {
            return;
        }
        let taxed = self.lines.iter().filter(|l| l.tax != 0).count() + picture.shipping.len();
        let rounding = sums::rounding(order, taxed);
        let shares = if on_lines == 0 && missing > 0 {
            // Tax that stands in the prices stands in that of shipping, too.
            let carried = |s: &ShippingPart| match picture.whole.taxes_included && on_shipping == 0 && !s.removed {
                true => s.price.map_or(0, |p| p.micros) - s.discount,
                false => 0,
            };
            let carried: Vec<i64> = picture.shipping.iter().map(carried).collect();
            self.spread_with(missing, order, |line| price(line) - line.discount, &carried)
        } else if on_lines != 0 && missing.abs() <= rounding {
            // Each line's tax is rounded, the order's is rounded once: its own is what was charged.
            self.spread(missing, order, |line| line.tax)
        } else {
            self.tell(order, "the taxes", on_lines + on_shipping, stated);
            return;
        };
        let taxes = self.lines.iter_mut().map(|line| &mut line.tax);
        for (tax, share) in taxes.chain(&mut self.shipping_tax).zip(shares) {
            *tax += share;
        }
    }

    /// Whether the lines' discounts may miss the order's by this much because the discount of each unit was rounded by itself.
    fn is_rounding_of_discounts(&self, order: &Order, missing: i64) -> bool {
        let units = self.lines.iter().filter(|l| l.discount != 0).map(units).sum();
        missing.abs() <= sums::rounding(order, units)
    }

    /// The order's discount was rounded once: it is what was taken off, unless the order's total is what the lines come to.
    fn rounded_discounts(&mut self, picture: &Picture, order: &Order) {
        let Some(stated) = picture.whole.discounts.map(|d| d.micros) else {
            return;
        };
        let on_shipping: i64 = picture.shipping.iter().map(|s| s.discount).sum();
        let on_lines = self.sum(|l| l.discount);
        let missing = stated - on_lines - on_shipping;
        let denied = picture
            .whole
            .total
            .is_some_and(|t| self.charged(picture).contains(&t.micros));
        if missing == 0 || stated == on_lines || denied || !self.is_rounding_of_discounts(order, missing) {
            return;
        }
        let shares = self.spread(missing, order, |line| line.discount);
        for (line, share) in self.lines.iter_mut().zip(shares) {
            line.discount += share;
        }
    }

    /// Where every part is shown and the order's total differs by no more than rounding makes it, the total is what was charged. The
    /// difference goes to what was rounded: taxes or discounts of which the order states no sum, else prices.
    fn rounded_total(&mut self, picture: &Picture, order: &Order) {
        let whole = &picture.whole;
        let Some(stated) = whole.total.map(|t| t.micros).filter(|_| self.is_whole(picture)) else {
            return;
        };
        let differences = self.charged(picture).into_iter().map(|sum| stated - sum);
        let Some(missing) = differences.min_by_key(|missing| missing.abs()) else {
            return;
        };
        let each = |line: &LinePart| match (line.discount != 0 || whole.presentment.is_some(), line.tax != 0) {
            (true, _) => units(line),
            (false, taxed) => usize::from(taxed),
        };
        let shipping = picture
            .shipping
            .iter()
            .filter(|s| s.tax != 0 || whole.presentment.is_some());
        let rounded = self.lines.iter().map(each).sum::<usize>() + shipping.count();
        if missing == 0 || missing.abs() > sums::rounding(order, rounded) {
            return;
        }
        let taxed = whole.tax.is_none() && !whole.taxes_included && self.sum(|l| l.tax) != 0;
        let reduced = whole.discounts.is_none() && self.sum(|l| l.discount) != 0;
        let shares = self.spread(
            missing,
            order,
            match (taxed, reduced) {
                (true, _) => |line| line.tax,
                (false, true) => |line| line.discount,
                (false, false) => price,
            },
        );
        for (line, share) in self.lines.iter_mut().zip(shares) {
            match (taxed, reduced, &mut line.price) {
                (true, ..) => line.tax += share,
                (false, true, _) => line.discount -= share,
                (false, false, Some(price)) => price.micros += share,
                (false, false, None) => {}
            }
        }
    }

    /// Whether the parts are all there, and nothing is said against them yet.
    fn is_whole(&self, picture: &Picture) -> bool {
        let shown = !picture.incomplete && !picture.whole.exported && picture.shipping_shown;
        shown && picture.shipping.iter().all(|s| s.price.is_some()) && self.notes.is_empty()
    }

    /// What the order may have been charged by its parts. Duties stand in the total or are collected later; shipping that
    /// was taken off may have been in it.
    fn charged(&self, picture: &Picture) -> Vec<i64> {
        let whole = &picture.whole;
        let micros = |amount: Option<super::super::part::Amount>| amount.map_or(0, |a| a.micros);
        let tip = match picture.lines.iter().any(|l| l.tip) {
            true => 0,
            false => micros(whole.tip),
        };
        let goods = self.sum(|l| price(l) - l.discount);
        let tax = match whole.taxes_included {
            true => 0,
            false => self.sum(|l| l.tax) + picture.shipping.iter().map(|s| s.tax).sum::<i64>(),
        };
        let base = goods + tax + shipping(picture) + tip + micros(whole.fee);
        let removed: i64 = picture
            .shipping
            .iter()
            .filter(|s| s.removed)
            .map(|s| micros(s.price) - s.discount)
            .sum();
        let duty = micros(whole.duty);
        vec![base, base + duty, base + removed, base + duty + removed]
    }

    fn total(&mut self, picture: &Picture, order: &Order) {
        let unseen = !picture.incomplete && !picture.whole.exported && !picture.shipping_shown;
        let Some(stated) = picture.whole.total.map(|t| t.micros) else {
            if unseen {
                self.notes.push(ReadError {
                    code: "shipping_not_shown",
                    message: "its record shows neither its shipping nor its total, so that what shipping cost is in no figure".to_owned(),
                });
            }
            return;
        };
        // Parts that were not shown or that speak for themselves are no difference.
        let charged = self.charged(picture);
        if self.is_whole(picture) && !charged.contains(&stated) {
            self.tell(order, "the charges", charged[1], stated);
        }
        if unseen && self.notes.is_empty() && !charged.contains(&stated) {
            let text = |micros| order.currency.format(micros);
            self.notes.push(ReadError {
                code: "totals_differ",
                message: format!(
                    "its record does not show its shipping; what it shows comes to {} {}, the order says {}, and the rest is in no figure",
                    text(charged[0]),
                    order.currency,
                    text(stated)
                ),
            });
        }
    }
}

/// Units of a line, each of which may have been rounded by itself.
fn units(line: &LinePart) -> usize {
    usize::try_from(line.quantity).unwrap_or(0)
}

fn price(line: &LinePart) -> i64 {
    line.price.map_or(0, |p| p.micros)
}
