//! Edits that add to an order: a line, units, a discount.

use super::Build;
use super::contents::discount_on;
use super::rows::{amounts, line_amounts, plain_row, tax_lines};
use crate::world::money::Bag;
use crate::world::{
    AgreementKind, Allocation, Discount, DiscountKind, DiscountMethod, DiscountTarget, DiscountValue, Fate, Sale,
    SaleAction, Subject,
};

impl Build<'_> {
    pub(super) fn add_line(&mut self) {
        let quantity = self.rng.between(1, 2) as u32;
        let at = self.new_physical_line(quantity);
        self.order.edited = true;
        self.agree(AgreementKind::Edit, vec![self.line_row(at)]);
        self.charge_difference();
    }

    pub(super) fn add_units(&mut self) {
        let units = self.rng.between(1, 2) as u32;
        let included = self.order.taxes_included;
        let line = &mut self.order.lines[0];
        let price = line.unit_price.times(units);
        let rates: Vec<_> = line.tax_lines.iter().map(|tax| (tax.title, tax.rate_ppm)).collect();
        let more = tax_lines(&rates, price, included);
        let amounts = amounts(price, Bag::ZERO, &more, included);
        for (tax, more) in line.tax_lines.iter_mut().zip(&more) {
            tax.amount += more.amount;
        }
        line.quantity += units;
        self.order.edited = true;
        let row = amounts.row(Subject::Product(0), SaleAction::Order, Some(units), Fate::Sold);
        self.agree(AgreementKind::Edit, vec![row]);
        self.charge_difference();
    }

    /// Lowers the price of the first line: a row that changes an earlier purchase, without units.
    pub(super) fn add_discount(&mut self) {
        let included = self.order.taxes_included;
        let line = &mut self.order.lines[0];
        let before = line_amounts(line, included);
        let value = DiscountValue::Percent(1_000);
        let amount = discount_on(line.discounted(), value);
        if amount.is_zero() {
            return;
        }
        line.allocations.push(Allocation {
            discount: self.order.discounts.len(),
            amount,
        });
        let rates: Vec<_> = line.tax_lines.iter().map(|tax| (tax.title, tax.rate_ppm)).collect();
        line.tax_lines = tax_lines(&rates, line.discounted(), included);
        let after = line_amounts(line, included);
        let (target, method) = (DiscountTarget::Line(0), DiscountMethod::Each);
        let (kind, title) = (DiscountKind::Manual, "Price match");
        self.order.discounts.push(Discount {
            kind,
            title,
            value,
            target,
            method,
        });
        self.order.edited = true;
        let (total, tax) = (after.total - before.total, after.tax - before.tax);
        let row = Sale {
            total,
            tax,
            // What the price without tax fell by: the row's own price before discounts is nothing.
            discount_before_tax: tax - total,
            discount_after_tax: after.discount_after_tax - before.discount_after_tax,
            ..plain_row(Subject::Product(0), SaleAction::Update, total)
        };
        self.agree(
            AgreementKind::Edit,
            vec![Sale {
                quantity: Some(0),
                ..row
            }],
        );
        self.refund_overpaid();
    }
}
