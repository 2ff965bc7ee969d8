//! The signed rows of agreements, and the amounts of lines that they are made of.

use super::Build;
use crate::world::money::{Bag, ratio_half_up};
use crate::world::{Agreement, AgreementKind, Fate, Line, Order, Sale, SaleAction, ShippingLine, Subject, TaxLine};

const MILLION: i64 = 1_000_000;

/// A tax to charge: title and rate in millionths.
pub(super) type Rate = (&'static str, u32);

/// The tax lines on `base`, which contains the tax when `included`: rounded half up for each tax.
pub(super) fn tax_lines(rates: &[Rate], base: Bag, included: bool) -> Vec<TaxLine> {
    rates
        .iter()
        .map(|(title, rate_ppm)| {
            let rate = i64::from(*rate_ppm);
            let whole = if included { MILLION + rate } else { MILLION };
            TaxLine {
                title,
                rate_ppm: *rate_ppm,
                amount: base.each(|side| ratio_half_up(side, rate, whole)),
            }
        })
        .collect()
}

pub(super) fn tax_of(lines: &[TaxLine]) -> Bag {
    lines.iter().map(|line| line.amount).sum()
}

fn rates_of(lines: &[TaxLine]) -> Vec<Rate> {
    lines.iter().map(|line| (line.title, line.rate_ppm)).collect()
}

/// The amounts of a sale, as rows tell them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amounts {
    pub(super) total: Bag,
    pub(super) tax: Bag,
    pub(super) discount_before_tax: Bag,
    pub(super) discount_after_tax: Bag,
}

/// Amounts of something priced at `price` with `discount` off and `taxes` on the rest.
pub(super) fn amounts(price: Bag, discount: Bag, taxes: &[TaxLine], included: bool) -> Amounts {
    let tax = tax_of(taxes);
    let undiscounted_tax = tax_of(&tax_lines(&rates_of(taxes), price, included));
    if included {
        let total = price - discount;
        Amounts {
            total,
            tax,
            discount_before_tax: (price - undiscounted_tax) - (total - tax),
            discount_after_tax: discount,
        }
    } else {
        Amounts {
            total: price - discount + tax,
            tax,
            discount_before_tax: discount,
            discount_after_tax: discount + undiscounted_tax - tax,
        }
    }
}

/// Amounts of all units ever sold on a line.
pub(super) fn line_amounts(line: &Line, included: bool) -> Amounts {
    let discount = line.allocations.iter().map(|share| share.amount).sum();
    amounts(
        line.unit_price.times(line.quantity),
        discount,
        &line.tax_lines,
        included,
    )
}

/// Amounts of a shipping charge.
pub(super) fn shipping_amounts(line: &ShippingLine, included: bool) -> Amounts {
    let discount = line.allocations.iter().map(|share| share.amount).sum();
    amounts(line.price, discount, &line.tax_lines, included)
}

impl Amounts {
    /// The amounts of units `before..before + units` of `whole`: differences of shares cut toward zero, so that the
    /// last unit takes the leftover cents and all parts add up to the whole.
    pub(super) fn part(self, before: u32, units: u32, whole: u32) -> Self {
        let cut = |bag: Bag| bag.share(before + units, whole) - bag.share(before, whole);
        let (total, tax) = (cut(self.total - self.tax), cut(self.tax));
        Self {
            total: total + tax,
            tax,
            discount_before_tax: cut(self.discount_before_tax),
            discount_after_tax: cut(self.discount_after_tax),
        }
    }

    fn negated(self) -> Self {
        Self {
            total: -self.total,
            tax: -self.tax,
            discount_before_tax: -self.discount_before_tax,
            discount_after_tax: -self.discount_after_tax,
        }
    }

    /// A row with these amounts; taken-back rows are negated.
    pub(super) fn row(self, subject: Subject, action: SaleAction, quantity: Option<u32>, fate: Fate) -> Sale {
        let back = action == SaleAction::Return;
        let signed = if back { self.negated() } else { self };
        let quantity = quantity.map(|units| if back { -(units as i32) } else { units as i32 });
        Sale {
            id: 0,
            action,
            subject,
            quantity,
            total: signed.total,
            tax: signed.tax,
            discount_before_tax: signed.discount_before_tax,
            discount_after_tax: signed.discount_after_tax,
            fate,
        }
    }
}

/// A row of one untaxed, undiscounted amount.
pub(super) fn plain_row(subject: Subject, action: SaleAction, total: Bag) -> Sale {
    let amounts = Amounts {
        total,
        ..Amounts::default()
    };
    let fate = if action == SaleAction::Return {
        Fate::Returned { restocked: false }
    } else {
        Fate::Sold
    };
    Sale {
        action,
        ..amounts.row(subject, SaleAction::Order, None, fate)
    }
}

/// What the buyer owes for everything sold and not taken back: the sum of all rows.
pub(super) fn owed(order: &Order) -> Bag {
    order
        .agreements
        .iter()
        .flat_map(|agreement| &agreement.sales)
        .map(|sale| sale.total)
        .sum()
}

impl Build<'_> {
    /// Adds a dated agreement with these rows.
    pub(super) fn agree(&mut self, kind: AgreementKind, mut sales: Vec<Sale>) {
        let id = self.part_id();
        for sale in &mut sales {
            sale.id = self.part_id();
        }
        let happened_at = self.at;
        self.order.agreements.push(Agreement {
            id,
            kind,
            happened_at,
            sales,
        });
    }
}
