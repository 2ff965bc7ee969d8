//! Payments of an order.

use std::rc::Rc;

use super::inventory::LocationNode;
use super::money::{bag, money};
use super::order::{OrderNode, is_authorization};
use super::{Answered, Cx, gid, moment, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::world::{Currency, Gateway, Order, Transaction, TransactionKind, TransactionStatus};

/// A payment or an attempt at one.
pub(crate) struct PaymentNode {
    pub(crate) cx: Rc<Cx>,
    pub(crate) order: Rc<Order>,
    /// Its place in the order.
    pub(crate) at: usize,
}

impl PaymentNode {
    fn payment(&self) -> &Transaction {
        &self.order.transactions[self.at]
    }

    /// Whether the payment at a place is an authorisation that nothing has used yet.
    pub(crate) fn is_open(order: &Order, at: usize) -> bool {
        let payment = &order.transactions[at];
        is_authorization(payment.kind)
            && payment.status == TransactionStatus::Success
            && !order.transactions.iter().any(|other| other.parent == Some(payment.id))
    }

    fn other(&self, id: u64) -> Option<PaymentNode> {
        let at = self.order.transactions.iter().position(|payment| payment.id == id)?;
        Some(PaymentNode {
            cx: Rc::clone(&self.cx),
            order: Rc::clone(&self.order),
            at,
        })
    }
}

impl Object for PaymentNode {
    fn kind(&self) -> &'static str {
        "OrderTransaction"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (payment, order) = (self.payment(), &*self.order);
        let own_service = payment.gateway == Gateway::PlatformPayments;
        Ok(match name {
            "id" => gid("OrderTransaction", payment.id),
            "kind" => Resolved::leaf(match payment.kind {
                TransactionKind::Authorization => "AUTHORIZATION",
                TransactionKind::Capture => "CAPTURE",
                TransactionKind::Sale => "SALE",
                TransactionKind::Refund => "REFUND",
                TransactionKind::Void => "VOID",
            }),
            "status" => Resolved::leaf(match payment.status {
                TransactionStatus::Success => "SUCCESS",
                TransactionStatus::Failure => "FAILURE",
                TransactionStatus::Pending => "PENDING",
            }),
            "test" => Resolved::leaf(order.test),
            "gateway" => Resolved::leaf(gateway_name(payment.gateway)),
            "formattedGateway" => Resolved::leaf(match payment.gateway {
                Gateway::PlatformPayments => "Shopify Payments",
                Gateway::GiftCard => "Gift Card",
                Gateway::Cash => "Cash",
                Gateway::Manual => "Bank Deposit",
                Gateway::Bogus => "(for testing) Bogus Gateway",
            }),
            "manualPaymentGateway" => Resolved::leaf(payment.gateway == Gateway::Manual),
            "multiCapturable" => Resolved::leaf(false),
            "createdAt" | "processedAt" => moment(payment.processed_at),
            "amountSet" => bag(order, payment.amount),
            "amountRoundingSet" | "currencyExchangeAdjustment" => Resolved::Null,
            "settlementCurrency" => Resolved::leaf(own_service.then(|| order.currency.code())),
            "parentTransaction" => Resolved::maybe(payment.parent.and_then(|id| self.other(id))),
            "order" => Resolved::object(OrderNode {
                cx: Rc::clone(&self.cx),
                order: Rc::clone(&self.order),
            }),
            "location" => Resolved::maybe(order.retail_location.and_then(|id| LocationNode::by_id(&self.cx, id))),
            "fees" => {
                let fee = payment.fee.map(|amount| FeeNode {
                    id: payment.id,
                    amount,
                    currency: order.currency,
                });
                Resolved::list(fee)
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// What the platform's payment service kept of a payment.
struct FeeNode {
    id: u64,
    amount: i64,
    currency: Currency,
}

impl Object for FeeNode {
    fn kind(&self) -> &'static str {
        "TransactionFee"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("TransactionFee", self.id),
            "type" => Resolved::leaf("processing_fee"),
            "amount" => money(self.amount, self.currency),
            "flatFee" | "taxAmount" => money(0, self.currency),
            "flatFeeName" | "rateName" => Resolved::Null,
            "rate" => Resolved::leaf("0.0"),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// A gateway's name in the API.
pub(crate) fn gateway_name(gateway: Gateway) -> &'static str {
    match gateway {
        Gateway::PlatformPayments => "shopify_payments",
        Gateway::GiftCard => "gift_card",
        Gateway::Cash => "cash",
        Gateway::Manual => "manual",
        Gateway::Bogus => "bogus",
    }
}
