//! Dated rows of an order, the same for every shape it came in.

use crate::connectors::ReadError;
use crate::model::{Line, Order, PathRef, When};

use super::super::part::{Action, Agreement, Reason, Restock, Sale, SaleKind};
use super::Picture;

/// Where an amount was read: the raw record's index and the place in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) raw: u8,
    pub(super) path: PathRef,
}

/// Units sold, or a change of price on units sold.
#[derive(Clone, Debug)]
pub(super) struct Sold {
    pub(super) line: usize,
    pub(super) at: When,
    pub(super) quantity: i64,
    /// Without tax, before discounts.
    pub(super) price: i64,
    /// Negative.
    pub(super) discount: i64,
    pub(super) tax: i64,
    /// Not part of the order as placed.
    pub(super) edit: bool,
    pub(super) origin: Origin,
}

/// Units taken back, or value without units.
#[derive(Clone, Debug)]
pub(super) struct Returned {
    pub(super) line: usize,
    pub(super) at: When,
    /// Positive.
    pub(super) quantity: i64,
    /// Without tax, after discounts; negative.
    pub(super) net: i64,
    /// Negative.
    pub(super) tax: i64,
    pub(super) restock: Restock,
    /// The row is one of the sale that takes units off it.
    pub(super) lowers: Option<Lowered>,
    pub(super) origin: Origin,
}

/// What a row that takes units off a sale says besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lowered {
    /// Negative.
    pub(super) discount: i64,
    /// Not part of the order as placed.
    pub(super) edit: bool,
}

/// What a row of the whole order is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum ChargeKind {
    Shipping,
    ShippingBack,
    Tip,
    GiftCard,
    Duty,
    Other,
    Adjustment,
    PaymentFee,
}

/// A row that belongs to no goods.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    pub(super) kind: ChargeKind,
    pub(super) at: When,
    /// Without tax, before discounts; signed.
    pub(super) amount: i64,
    /// Negative; shipping only.
    pub(super) discount: i64,
    pub(super) tax: i64,
    /// Gift card lines.
    pub(super) line: Option<usize>,
    pub(super) quantity: i64,
    pub(super) edit: bool,
    pub(super) origin: Origin,
}

impl Charge {
    /// What it comes to, with tax.
    pub(super) fn value(&self) -> i64 {
        self.amount + self.discount + self.tax
    }
}

/// All rows of an order.
#[derive(Default, Debug)]
pub(super) struct Rows {
    pub(super) sold: Vec<Sold>,
    pub(super) returned: Vec<Returned>,
    pub(super) charges: Vec<Charge>,
    pub(super) notes: Vec<ReadError>,
}

impl Rows {
    /// What was charged, with tax: all that was sold, and every charge but money that went back or was kept of it.
    pub(super) fn charged(&self) -> i64 {
        let sold: i64 = self.sold.iter().map(|s| s.price + s.discount + s.tax).sum();
        let plain = |c: &&Charge| !matches!(c.kind, ChargeKind::PaymentFee | ChargeKind::Adjustment);
        let charges = self.charges.iter().filter(plain).map(Charge::value);
        sold + charges.filter(|value| *value > 0).sum::<i64>()
    }

    /// Adds what the payment service kept (shop currency, dated by the transaction).
    pub(super) fn add_fees(&mut self, picture: &Picture) {
        for (at, fee) in &picture.whole.fees {
            self.charges.push(Charge {
                kind: ChargeKind::PaymentFee,
                at: *at,
                amount: -fee.micros,
                discount: 0,
                tax: 0,
                line: None,
                quantity: 0,
                edit: false,
                origin: Origin {
                    raw: picture.sources.whole,
                    path: fee.path,
                },
            });
        }
    }
}

/// Rows from sales agreements (contract sections 3.3 and 7.1).
pub(super) fn from_agreements(picture: &Picture, order: &mut Order) -> Rows {
    let mut agreements: Vec<&Agreement> = picture.agreements.iter().collect();
    agreements.sort_by(|a, b| (a.at.sort_key(), &a.id).cmp(&(b.at.sort_key(), &b.id)));
    let original = agreements
        .iter()
        .find(|a| a.reason == Reason::Order)
        .or(agreements.first())
        .map(|a| a.id.clone())
        .unwrap_or_default();
    let mut rows = Rows::default();
    for agreement in agreements {
        for sale in &agreement.sales {
            read_sale(picture, order, agreement, sale, agreement.id != original, &mut rows);
        }
    }
    rows
}

/// The rows of one agreement by itself; none of them is part of the order as placed.
pub(super) fn of_agreement(picture: &Picture, order: &mut Order, agreement: &Agreement) -> Rows {
    let mut rows = Rows::default();
    for sale in &agreement.sales {
        read_sale(picture, order, agreement, sale, true, &mut rows);
    }
    rows
}

fn read_sale(picture: &Picture, order: &mut Order, agreement: &Agreement, sale: &Sale, edit: bool, rows: &mut Rows) {
    let raw = picture
        .sources
        .agreements
        .get(&sale.id)
        .copied()
        .unwrap_or(picture.sources.whole);
    let origin = Origin {
        raw,
        path: sale.total.path,
    };
    let (net, tax, at) = (sale.net(), sale.tax, agreement.at);
    // Some edit rows state a negative discount; it is none (contract section 7.1).
    let discount = -sale.discount.max(0);
    let mut charge = |kind, amount, discount, line| {
        let quantity = i64::from(sale.quantity);
        rows.charges.push(Charge {
            kind,
            at,
            amount,
            discount,
            tax,
            line,
            quantity,
            edit,
            origin,
        });
    };
    match (sale.action, sale.kind) {
        (_, SaleKind::Unknown) | (Action::Unknown, SaleKind::Product | SaleKind::GiftCard) => {
            rows.notes.push(ReadError {
                code: "unknown_value",
                message: format!(
                    "{} is a sale row of a kind this version does not know; its amount is left out",
                    sale.id
                ),
            });
        }
        // Units taken off the sale: they never left.
        (Action::Sold, SaleKind::Product) if sale.quantity < 0 => rows.returned.push(Returned {
            line: line_index(order, sale.line.as_deref()),
            at,
            quantity: i64::from(sale.quantity.unsigned_abs()),
            net,
            tax,
            restock: Restock::Cancel,
            lowers: Some(Lowered { discount, edit }),
            origin,
        }),
        (Action::Sold, SaleKind::Product) => rows.sold.push(Sold {
            line: line_index(order, sale.line.as_deref()),
            at,
            quantity: i64::from(sale.quantity),
            price: net - discount,
            discount,
            tax,
            edit,
            origin,
        }),
        (Action::Returned, SaleKind::Product) => {
            let line = line_index(order, sale.line.as_deref());
            let restock = restock(picture, agreement, sale.line.as_deref());
            let quantity = i64::from(sale.quantity.unsigned_abs());
            rows.returned.push(Returned {
                line,
                at,
                quantity,
                net,
                tax,
                restock,
                lowers: None,
                origin,
            });
        }
        // Of what is no goods the sign says which way it went, if the action does not.
        (Action::Unknown, SaleKind::Shipping) if net < 0 => charge(ChargeKind::ShippingBack, net, 0, None),
        (Action::Returned, SaleKind::Shipping) => charge(ChargeKind::ShippingBack, net, 0, None),
        (_, SaleKind::Shipping) => charge(ChargeKind::Shipping, net - discount, discount, None),
        (_, SaleKind::Tip) => charge(ChargeKind::Tip, net, 0, None),
        (_, SaleKind::GiftCard) => {
            let line = sale.line.as_deref().map(|id| line_index(order, Some(id)));
            if let Some(line) = line {
                order.lines[line].gift_card = true;
            }
            charge(ChargeKind::GiftCard, net, 0, line);
        }
        (_, SaleKind::Duty) => charge(ChargeKind::Duty, net, 0, None),
        (_, SaleKind::AdditionalFee) => charge(ChargeKind::Other, net, 0, None),
        // A fee of a return is what the seller keeps back; any other fee is charged with the sale.
        (_, SaleKind::Fee) if matches!(agreement.reason, Reason::Return | Reason::Refund) => {
            charge(ChargeKind::Adjustment, net, 0, None);
        }
        (_, SaleKind::Fee) => {
            charge(ChargeKind::Other, net, 0, None);
            if agreement.reason == Reason::Unknown {
                rows.notes.push(ReadError {
                    code: "unknown_value",
                    message: format!(
                        "{} is a fee of an agreement whose reason is not known; it is counted as charged with the sale",
                        sale.id
                    ),
                });
            }
        }
        (_, SaleKind::Adjustment) => charge(ChargeKind::Adjustment, net, 0, None),
    }
}

/// The ledger line of a platform id; a line the record does not show (deleted custom items) is added without a name.
fn line_index(order: &mut Order, id: Option<&str>) -> usize {
    let id = id.unwrap_or_default();
    match order.lines.iter().position(|l| l.key == id) {
        Some(index) => index,
        None => {
            order.lines.push(Line {
                key: id.to_owned(),
                ships: true,
                ..Line::default()
            });
            order.lines.len() - 1
        }
    }
}

/// What became of the units: as the refund of this agreement says, else any refund of the same line.
fn restock(picture: &Picture, agreement: &Agreement, line: Option<&str>) -> Restock {
    // An edit only takes away what has not shipped; a refund of the line is another matter.
    if agreement.reason == Reason::Edit {
        return Restock::No;
    }
    let of = |refund: &super::super::part::Refund| {
        refund
            .lines
            .iter()
            .flatten()
            .find(|l| Some(l.line.as_str()) == line)
            .map(|l| l.restock)
    };
    let same = picture
        .refunds
        .iter()
        .find(|r| Some(&r.id) == agreement.refund.as_ref());
    same.and_then(of)
        .or_else(|| {
            let sharing = picture.refunds.iter().filter(|r| r.at == Some(agreement.at));
            sharing.filter_map(of).next()
        })
        .or_else(|| match agreement.refund {
            Some(_) => None,
            None => picture.refunds.iter().filter_map(of).next(),
        })
        .unwrap_or(Restock::No)
}
