//! The dated, signed rows behind the platform's reports (contract section 3.3).

use std::rc::Rc;

use super::line::{DutyNode, LineNode, ShippingNode, TaxNode, TipLineNode};
use super::money::bag;
use super::order::OrderNode;
use super::refund::{RefundNode, ReturnNode};
use super::shop::AppNode;
use super::{Answered, Cx, gid, moment, nested, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::world::{
    AdditionalFee, Agreement, AgreementKind, Bag, Order, ReturnFee, Sale, SaleAction, Subject, TaxLine,
};

/// An agreement: the placement of an order or a change of it.
pub(crate) struct AgreementNode {
    pub(crate) cx: Rc<Cx>,
    pub(crate) order: Rc<Order>,
    /// Its place in the order.
    pub(crate) at: usize,
}

impl AgreementNode {
    fn agreement(&self) -> &Agreement {
        &self.order.agreements[self.at]
    }
}

impl Object for AgreementNode {
    fn kind(&self) -> &'static str {
        match self.agreement().kind {
            AgreementKind::Order => "OrderAgreement",
            AgreementKind::Edit => "OrderEditAgreement",
            AgreementKind::Refund(_) => "RefundAgreement",
            AgreementKind::Return(_) => "ReturnAgreement",
        }
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let (agreement, order, cx) = (self.agreement(), &self.order, &self.cx);
        let own = || Rc::clone(order);
        Ok(match (name, agreement.kind) {
            ("id", _) => gid(self.kind(), agreement.id),
            ("happenedAt", _) => moment(agreement.happened_at),
            ("reason", kind) => Resolved::leaf(match kind {
                AgreementKind::Order => "ORDER",
                AgreementKind::Edit => "ORDER_EDIT",
                AgreementKind::Refund(_) => "REFUND",
                AgreementKind::Return(_) => "RETURN",
            }),
            ("app", _) => Resolved::object(AppNode::online_store(&cx.shop)),
            ("order", _) => Resolved::object(OrderNode {
                cx: Rc::clone(cx),
                order: own(),
            }),
            ("refund", AgreementKind::Refund(id)) => Resolved::maybe(RefundNode::by_id(cx, order, id)),
            ("return", AgreementKind::Return(id)) => Resolved::object(ReturnNode {
                cx: Rc::clone(cx),
                order: own(),
                id,
            }),
            ("sales", _) => {
                let make = |sale| SaleNode {
                    cx: Rc::clone(cx),
                    order: own(),
                    sale,
                };
                return nested(args, agreement.sales.iter().copied(), |sale| sale.id, make);
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// One row of an agreement.
struct SaleNode {
    cx: Rc<Cx>,
    order: Rc<Order>,
    sale: Sale,
}

impl SaleNode {
    /// The taxes that the row's tax divides into, with their shares.
    fn taxes(&self) -> Vec<TaxLine> {
        let order = &*self.order;
        let lines: &[TaxLine] = match self.sale.subject {
            Subject::Product(at) | Subject::GiftCard(at) => &order.lines[at].tax_lines,
            Subject::Shipping(at) => &order.shipping[at].tax_lines,
            _ => &[],
        };
        let whole: Bag = lines.iter().map(|line| line.amount).sum();
        let mut left = self.sale.tax;
        let mut taxes: Vec<TaxLine> = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            let last = at + 1 == lines.len();
            let share = if last {
                left
            } else {
                cut(self.sale.tax, line.amount, whole)
            };
            left -= share;
            taxes.push(TaxLine { amount: share, ..*line });
        }
        taxes
    }
}

/// `amount * part / whole` on each side, cut toward zero.
fn cut(amount: Bag, part: Bag, whole: Bag) -> Bag {
    let side = |amount: i64, part: i64, whole: i64| {
        let share = if whole == 0 {
            0
        } else {
            i128::from(amount) * i128::from(part) / i128::from(whole)
        };
        i64::try_from(share).unwrap_or(amount)
    };
    Bag {
        shop: side(amount.shop, part.shop, whole.shop),
        buyer: side(amount.buyer, part.buyer, whole.buyer),
    }
}

impl Object for SaleNode {
    fn kind(&self) -> &'static str {
        match self.sale.subject {
            Subject::Product(_) => "ProductSale",
            Subject::GiftCard(_) => "GiftCardSale",
            Subject::Tip => "TipSale",
            Subject::Shipping(_) => "ShippingLineSale",
            Subject::Duty(_) => "DutySale",
            Subject::ReturnFee(_) => "FeeSale",
            Subject::AdditionalFee(_) => "AdditionalFeeSale",
            Subject::Adjustment => "AdjustmentSale",
        }
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (sale, order) = (&self.sale, &self.order);
        let own = || Rc::clone(order);
        Ok(match (name, sale.subject) {
            ("id", _) => gid(self.kind(), sale.id),
            ("actionType", _) => Resolved::leaf(match sale.action {
                SaleAction::Order => "ORDER",
                SaleAction::Update => "UPDATE",
                SaleAction::Return => "RETURN",
            }),
            ("lineType", subject) => Resolved::leaf(match subject {
                Subject::Product(_) => "PRODUCT",
                Subject::GiftCard(_) => "GIFT_CARD",
                Subject::Tip => "TIP",
                Subject::Shipping(_) => "SHIPPING",
                Subject::Duty(_) => "DUTY",
                Subject::ReturnFee(_) => "FEE",
                Subject::AdditionalFee(_) => "ADDITIONAL_FEE",
                Subject::Adjustment => "ADJUSTMENT",
            }),
            ("quantity", _) => Resolved::leaf(sale.quantity),
            ("totalAmount", _) => bag(order, sale.total),
            ("totalTaxAmount", _) => bag(order, sale.tax),
            ("totalDiscountAmountBeforeTaxes", _) => bag(order, sale.discount_before_tax),
            ("totalDiscountAmountAfterTaxes", _) => bag(order, sale.discount_after_tax),
            ("taxes", _) => {
                let taxes = self.taxes().into_iter().enumerate();
                Resolved::list(taxes.map(|(at, tax)| SaleTaxNode {
                    order: own(),
                    id: sale.id * 8 + at as u64,
                    tax,
                }))
            }
            ("lineItem", Subject::Product(at) | Subject::GiftCard(at)) => Resolved::object(LineNode {
                cx: Rc::clone(&self.cx),
                order: own(),
                at,
            }),
            ("lineItem", Subject::Tip) => Resolved::object(TipLineNode { order: own() }),
            // The platform does not say which charge a return gives back.
            ("shippingLine", Subject::Shipping(at)) => {
                Resolved::maybe((sale.action != SaleAction::Return).then(|| ShippingNode { order: own(), at }))
            }
            ("duty", Subject::Duty(at)) => Resolved::object(DutyNode {
                order: own(),
                duty: order.duties[at],
            }),
            ("fee", Subject::ReturnFee(at)) => Resolved::object(ReturnFeeNode {
                order: own(),
                fee: order.return_fees[at],
            }),
            ("additionalFee", Subject::AdditionalFee(at)) => Resolved::object(AdditionalFeeNode {
                order: own(),
                fee: order.additional_fees[at],
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct SaleTaxNode {
    order: Rc<Order>,
    id: u64,
    tax: TaxLine,
}

impl Object for SaleTaxNode {
    fn kind(&self) -> &'static str {
        "SaleTax"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("SaleTax", self.id),
            "amount" => bag(&self.order, self.tax.amount),
            "taxLine" => Resolved::object(TaxNode {
                order: Rc::clone(&self.order),
                tax: self.tax,
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct ReturnFeeNode {
    order: Rc<Order>,
    fee: ReturnFee,
}

impl Object for ReturnFeeNode {
    fn kind(&self) -> &'static str {
        "ReturnShippingFee"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("ReturnShippingFee", self.fee.id),
            "amountSet" => bag(&self.order, self.fee.price),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct AdditionalFeeNode {
    order: Rc<Order>,
    fee: AdditionalFee,
}

impl Object for AdditionalFeeNode {
    fn kind(&self) -> &'static str {
        "SaleAdditionalFee"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("SaleAdditionalFee", self.fee.id),
            "name" => Resolved::leaf(self.fee.title),
            "price" => bag(&self.order, self.fee.price),
            "taxLines" => Resolved::List(Vec::new()),
            _ => return unlisted(self.kind(), name),
        })
    }
}
