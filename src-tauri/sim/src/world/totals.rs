//! What an order's parts add up to.

use super::money::Bag;
use super::{
    Agreement, AgreementKind, Allocation, DiscountTarget, Line, Order, SaleAction, ShippingLine, Subject, TaxLine,
    Transaction, TransactionKind, TransactionStatus,
};

/// Sums over an order, the way platforms show them. "Contains tax" means: when the order's prices do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Lines after discounts at placement and after additions, before anything was taken back; contains tax.
    pub subtotal: Bag,
    /// The same less what was taken back; contains tax.
    pub current_subtotal: Bag,
    /// Everything charged, before anything was taken back: lines, tax, shipping, duties, fees, tip.
    pub total: Bag,
    /// The sum of all agreement rows: what the buyer owes or has paid in the end.
    pub current_total: Bag,
    /// The sum of the first agreement's rows.
    pub original_total: Bag,
    /// All discounts on lines and shipping; contains tax.
    pub discounts: Bag,
    /// Discounts on lines that are left after what was taken back (cut by quantity), and on shipping; contains tax.
    pub current_discounts: Bag,
    /// Order-wide discounts on lines; contains tax.
    pub cart_discount: Bag,
    /// Tax charged, included or added.
    pub tax: Bag,
    /// Tax less what was taken back.
    pub current_tax: Bag,
    /// Shipping after discounts; contains tax.
    pub shipping: Bag,
    /// Shipping less what was paid back; contains tax.
    pub current_shipping: Bag,
    /// Duties.
    pub duties: Bag,
    /// Duties less what was paid back.
    pub current_duties: Bag,
    /// Tip.
    pub tip: Bag,
    /// Further fees on the order.
    pub additional_fees: Bag,
    /// Further fees less what was paid back.
    pub current_additional_fees: Bag,
    /// Money that came in: successful sales and captures.
    pub received: Bag,
    /// Money that went back.
    pub refunded: Bag,
    /// Shipping (with its tax) within refunds that moved money.
    pub refunded_shipping: Bag,
    /// `received - refunded`.
    pub net_payment: Bag,
    /// `current_total - net_payment`: still to be paid, negative when too much was paid.
    pub outstanding: Bag,
    /// Sum of adjustments without goods, signed as they move sales.
    pub adjustments: Bag,
}

/// Where the payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinancialStatus {
    /// Nothing paid, a transfer is awaited.
    Pending,
    /// Promised by card, not captured.
    Authorized,
    /// Less paid than owed.
    PartiallyPaid,
    /// Paid, or nothing to pay.
    Paid,
    /// Some money went back.
    PartiallyRefunded,
    /// All money went back.
    Refunded,
    /// Cancelled without a payment.
    Voided,
}

/// Where the shipping stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FulfillmentStatus {
    /// Nothing left.
    Unfulfilled,
    /// Some units left.
    Partial,
    /// All units that were not withdrawn left.
    Fulfilled,
    /// No unit ever needed shipping.
    NotRequired,
}

fn allocated(allocations: &[Allocation]) -> Bag {
    allocations.iter().map(|share| share.amount).sum()
}

fn taxed(lines: &[TaxLine]) -> Bag {
    lines.iter().map(|line| line.amount).sum()
}

impl Line {
    /// Price of all units ever sold, before discounts; contains tax.
    pub fn original_total(&self) -> Bag {
        self.unit_price.times(self.quantity)
    }

    /// All discount shares; contains tax.
    pub fn discount(&self) -> Bag {
        allocated(&self.allocations)
    }

    /// Price after all discounts; contains tax.
    pub fn discounted(&self) -> Bag {
        self.original_total() - self.discount()
    }

    /// Tax on all units ever sold.
    pub fn tax(&self) -> Bag {
        taxed(&self.tax_lines)
    }

    /// What an order-wide discount can lower: nothing on gift cards.
    pub(crate) fn open_to_order_discount(&self) -> Bag {
        if self.gift_card { Bag::ZERO } else { self.discounted() }
    }

    /// Units that were neither withdrawn nor returned.
    pub fn current_quantity(&self) -> u32 {
        self.quantity - self.withdrawn - self.returned
    }

    /// Units that still have to ship.
    pub fn unfulfilled(&self) -> u32 {
        self.quantity - self.withdrawn - self.shipped
    }

    /// Units that shipped and did not come back.
    pub fn out(&self) -> u32 {
        self.shipped - self.returned
    }
}

impl ShippingLine {
    /// All discount shares; contains tax.
    pub fn discount(&self) -> Bag {
        allocated(&self.allocations)
    }

    /// Price after discounts; contains tax.
    pub fn discounted(&self) -> Bag {
        self.price - self.discount()
    }

    /// Tax charged.
    pub fn tax(&self) -> Bag {
        taxed(&self.tax_lines)
    }
}

impl Transaction {
    /// Money that this payment moved toward the shop: negative for refunds, zero for what is not money (yet).
    pub fn moved(&self) -> Bag {
        match (self.kind, self.status) {
            (TransactionKind::Sale | TransactionKind::Capture, TransactionStatus::Success) => self.amount,
            (TransactionKind::Refund, TransactionStatus::Success) => -self.amount,
            _ => Bag::ZERO,
        }
    }
}

impl Agreement {
    /// Sum of the rows.
    pub fn total(&self) -> Bag {
        self.sales.iter().map(|sale| sale.total).sum()
    }
}

impl Order {
    /// `#1001`.
    pub fn name(&self) -> String {
        format!("#{}", self.number)
    }

    /// Price after line-level discounts only, before the shares of order-wide ones; contains tax.
    pub fn line_discounted_total(&self, line: &Line) -> Bag {
        let own = |share: &&Allocation| matches!(self.discounts[share.discount].target, DiscountTarget::Line(_));
        line.original_total() - line.allocations.iter().filter(own).map(|share| share.amount).sum()
    }

    /// Units of all lines: ever sold, and left.
    pub fn units(&self) -> (u32, u32) {
        let ever = self.lines.iter().map(|line| line.quantity).sum();
        (ever, self.lines.iter().map(Line::current_quantity).sum())
    }

    /// What the parts add up to.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for line in &self.lines {
            totals.subtotal += line.discounted();
            totals.discounts += line.discount();
            totals.current_discounts +=
                line.discount() - line.discount().share(line.withdrawn + line.returned, line.quantity);
            totals.cart_discount += self.line_discounted_total(line) - line.discounted();
            totals.tax += line.tax();
        }
        for line in &self.shipping {
            totals.discounts += line.discount();
            totals.current_discounts += line.discount();
            totals.tax += line.tax();
            totals.shipping += line.discounted();
            totals.current_shipping += line.discounted() - line.refunded;
        }
        totals.duties = self.duties.iter().map(|duty| duty.price).sum();
        totals.additional_fees = self.additional_fees.iter().map(|fee| fee.price).sum();
        totals.tip = self.tip.map_or(Bag::ZERO, |tip| tip.amount);
        totals.total = totals.subtotal + totals.shipping + totals.duties + totals.additional_fees + totals.tip;
        if !self.taxes_included {
            totals.total += totals.tax;
        }
        totals.current_subtotal = totals.subtotal;
        totals.current_tax = totals.tax;
        totals.current_duties = totals.duties;
        totals.current_additional_fees = totals.additional_fees;
        for sale in self.agreements.iter().flat_map(|agreement| &agreement.sales) {
            totals.current_total += sale.total;
            if sale.action == SaleAction::Return {
                totals.current_tax += sale.tax;
                match sale.subject {
                    Subject::Duty(_) => totals.current_duties += sale.total,
                    Subject::AdditionalFee(_) => totals.current_additional_fees += sale.total,
                    _ => {}
                }
                if matches!(sale.subject, Subject::Product(_) | Subject::GiftCard(_)) {
                    totals.current_subtotal += sale.total - if self.taxes_included { Bag::ZERO } else { sale.tax };
                }
            }
        }
        let placement = self
            .agreements
            .iter()
            .find(|agreement| agreement.kind == AgreementKind::Order);
        totals.original_total = placement.map_or(Bag::ZERO, Agreement::total);
        for payment in &self.transactions {
            let moved = payment.moved();
            totals.net_payment += moved;
            if payment.kind == TransactionKind::Refund {
                totals.refunded -= moved
            } else {
                totals.received += moved
            }
        }
        for refund in self.refunds.iter().filter(|refund| !refund.total.is_zero()) {
            for line in &refund.shipping {
                totals.refunded_shipping += line.subtotal + if self.taxes_included { Bag::ZERO } else { line.tax };
            }
        }
        totals.adjustments = self
            .refunds
            .iter()
            .flat_map(|refund| &refund.adjustments)
            .map(|adjustment| adjustment.amount)
            .sum();
        totals.outstanding = totals.current_total - totals.net_payment;
        totals
    }

    /// Where the payment stands.
    pub fn financial_status(&self) -> FinancialStatus {
        let totals = self.totals();
        let captured = !totals.received.is_zero();
        let kind = |kind| self.transactions.iter().any(|payment| payment.kind == kind);
        if !captured {
            return match () {
                () if totals.original_total.is_zero() && totals.outstanding.shop <= 0 => FinancialStatus::Paid,
                () if self.cancelled.is_some() => FinancialStatus::Voided,
                () if kind(TransactionKind::Authorization) => FinancialStatus::Authorized,
                () => FinancialStatus::Pending,
            };
        }
        if totals.refunded.shop > 0 {
            let all = totals.net_payment.shop <= 0;
            return if all {
                FinancialStatus::Refunded
            } else {
                FinancialStatus::PartiallyRefunded
            };
        }
        if totals.outstanding.shop > 0 {
            FinancialStatus::PartiallyPaid
        } else {
            FinancialStatus::Paid
        }
    }

    /// Where the shipping stands.
    pub fn fulfillment_status(&self) -> FulfillmentStatus {
        let mut shippable = self.lines.iter().filter(|line| line.requires_shipping).peekable();
        if shippable.peek().is_none() {
            return FulfillmentStatus::NotRequired;
        }
        let (shipped, open) = shippable.fold((0, 0), |(shipped, open), line| {
            (shipped + line.shipped, open + line.unfulfilled())
        });
        match (shipped, open) {
            (0, _) => FulfillmentStatus::Unfulfilled,
            (_, 0) => FulfillmentStatus::Fulfilled,
            _ => FulfillmentStatus::Partial,
        }
    }
}
