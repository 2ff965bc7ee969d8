//! What was taken back and paid back, and the return records.

use std::rc::Rc;

use super::inventory::LocationNode;
use super::line::{DutyNode, LineNode, ShippingNode};
use super::money::bag;
use super::order::OrderNode;
use super::payment::PaymentNode;
use super::{Answered, Cx, gid, maybe_moment, moment, nested, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::world::{
    Adjustment, AgreementKind, Bag, Order, Refund, RefundDuty, RefundLine, RefundShipping, Restock, Second,
};

/// A refund.
pub(crate) struct RefundNode {
    pub(crate) cx: Rc<Cx>,
    pub(crate) order: Rc<Order>,
    /// Its place in the order.
    pub(crate) at: usize,
}

impl RefundNode {
    /// The refund of an order with this number.
    pub(crate) fn by_id(cx: &Rc<Cx>, order: &Rc<Order>, id: u64) -> Option<RefundNode> {
        let at = order.refunds.iter().position(|refund| refund.id == id)?;
        Some(RefundNode {
            cx: Rc::clone(cx),
            order: Rc::clone(order),
            at,
        })
    }

    fn refund(&self) -> &Refund {
        &self.order.refunds[self.at]
    }
}

impl Object for RefundNode {
    fn kind(&self) -> &'static str {
        "Refund"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let (refund, order, cx) = (self.refund(), &self.order, &self.cx);
        let (own, shared) = (|| Rc::clone(order), || Rc::clone(cx));
        Ok(match name {
            "id" => gid("Refund", refund.id),
            "legacyResourceId" => Resolved::leaf(refund.id.to_string()),
            "createdAt" | "processedAt" | "updatedAt" => moment(refund.created_at),
            "note" => Resolved::leaf(refund.note),
            "totalRefundedSet" => bag(order, refund.total),
            "order" => Resolved::object(OrderNode {
                cx: shared(),
                order: own(),
            }),
            "duties" => Resolved::list(refund.duties.iter().map(|line| DutyBack {
                order: own(),
                line: *line,
            })),
            "return" => Resolved::maybe(refund.return_id.map(|id| ReturnNode {
                cx: shared(),
                order: own(),
                id,
            })),
            "refundLineItems" => {
                return nested(
                    args,
                    refund.lines.iter().copied(),
                    |line| line.id,
                    |line| GoodsBack {
                        cx: shared(),
                        order: own(),
                        line,
                    },
                );
            }
            "refundShippingLines" => {
                return nested(
                    args,
                    refund.shipping.iter().copied(),
                    |line| line.id,
                    |line| ShippingBack { order: own(), line },
                );
            }
            "orderAdjustments" => {
                return nested(
                    args,
                    refund.adjustments.iter().copied(),
                    |line| line.id,
                    |line| AdjustmentNode { order: own(), line },
                );
            }
            "transactions" => {
                let places = refund
                    .transactions
                    .iter()
                    .filter_map(|id| order.transactions.iter().position(|payment| payment.id == *id));
                return nested(
                    args,
                    places,
                    |at| order.transactions[*at].id,
                    |at| PaymentNode {
                        cx: shared(),
                        order: own(),
                        at,
                    },
                );
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct GoodsBack {
    cx: Rc<Cx>,
    order: Rc<Order>,
    line: RefundLine,
}

impl Object for GoodsBack {
    fn kind(&self) -> &'static str {
        "RefundLineItem"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (line, order) = (&self.line, &self.order);
        Ok(match name {
            "id" => gid("RefundLineItem", line.id),
            "quantity" => Resolved::leaf(line.quantity),
            "restockType" => Resolved::leaf(match line.restock {
                Restock::Cancel => "CANCEL",
                Restock::Return => "RETURN",
                Restock::NoRestock => "NO_RESTOCK",
            }),
            "restocked" => Resolved::leaf(line.restock != Restock::NoRestock),
            "location" => Resolved::maybe(line.location.and_then(|id| LocationNode::by_id(&self.cx, id))),
            "lineItem" => Resolved::object(LineNode {
                cx: Rc::clone(&self.cx),
                order: Rc::clone(order),
                at: line.line,
            }),
            "priceSet" => bag(order, line.subtotal.share(1, line.quantity)),
            "subtotalSet" => bag(order, line.subtotal),
            "totalTaxSet" => bag(order, line.tax),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct ShippingBack {
    order: Rc<Order>,
    line: RefundShipping,
}

impl Object for ShippingBack {
    fn kind(&self) -> &'static str {
        "RefundShippingLine"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("RefundShippingLine", self.line.id),
            "shippingLine" => Resolved::object(ShippingNode {
                order: Rc::clone(&self.order),
                at: self.line.line,
            }),
            "subtotalAmountSet" => bag(&self.order, self.line.subtotal),
            "taxAmountSet" => bag(&self.order, self.line.tax),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct DutyBack {
    order: Rc<Order>,
    line: RefundDuty,
}

impl Object for DutyBack {
    fn kind(&self) -> &'static str {
        "RefundDuty"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "amountSet" => bag(&self.order, self.line.amount),
            "originalDuty" => Resolved::object(DutyNode {
                order: Rc::clone(&self.order),
                duty: self.order.duties[self.line.duty],
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct AdjustmentNode {
    order: Rc<Order>,
    line: Adjustment,
}

impl Object for AdjustmentNode {
    fn kind(&self) -> &'static str {
        "OrderAdjustment"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("OrderAdjustment", self.line.id),
            "reason" => Resolved::leaf("REFUND_DISCREPANCY"),
            "amountSet" => bag(&self.order, self.line.amount),
            "taxAmountSet" => bag(&self.order, Bag::ZERO),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// A return record: goods came back, perhaps for others in their place.
pub(crate) struct ReturnNode {
    pub(crate) cx: Rc<Cx>,
    pub(crate) order: Rc<Order>,
    pub(crate) id: u64,
}

impl ReturnNode {
    fn refunds(&self) -> impl Iterator<Item = usize> + '_ {
        let refunds = self.order.refunds.iter().enumerate();
        refunds
            .filter(|(_, refund)| refund.return_id == Some(self.id))
            .map(|(at, _)| at)
    }

    fn created_at(&self) -> Second {
        let agreed = self
            .order
            .agreements
            .iter()
            .find(|agreement| agreement.kind == AgreementKind::Return(self.id));
        let refunded = || self.refunds().next().map(|at| self.order.refunds[at].created_at);
        agreed
            .map(|agreement| agreement.happened_at)
            .or_else(refunded)
            .unwrap_or(self.order.updated_at)
    }
}

impl Object for ReturnNode {
    fn kind(&self) -> &'static str {
        "Return"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let (order, cx) = (&self.order, &self.cx);
        Ok(match name {
            "id" => gid("Return", self.id),
            "name" => {
                let number = order
                    .returns
                    .iter()
                    .position(|id| *id == self.id)
                    .map_or(0, |at| at + 1);
                Resolved::leaf(format!("{}-R{number}", order.name()))
            }
            "status" => Resolved::leaf("CLOSED"),
            "createdAt" => moment(self.created_at()),
            "closedAt" => maybe_moment(Some(self.created_at())),
            "order" => Resolved::object(OrderNode {
                cx: Rc::clone(cx),
                order: Rc::clone(order),
            }),
            "totalQuantity" => {
                let units = self
                    .refunds()
                    .flat_map(|at| &order.refunds[at].lines)
                    .map(|line| line.quantity)
                    .sum::<u32>();
                Resolved::leaf(units)
            }
            "refunds" => {
                let make = |at| RefundNode {
                    cx: Rc::clone(cx),
                    order: Rc::clone(order),
                    at,
                };
                return nested(args, self.refunds(), |at| order.refunds[*at].id, make);
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}
