//! Money: how an order is paid, and how money goes back. After every step a paid order's net payment is what it owes.

use super::Build;
use super::rows::owed;
use crate::world::catalogue::from_cents;
use crate::world::money::{Bag, ratio_half_up};
use crate::world::plan::Payment;
use crate::world::{Gateway, Transaction, TransactionKind, TransactionStatus};

impl Build<'_> {
    fn gateway(&self) -> Gateway {
        match self.plan.payment {
            Payment::Card | Payment::CardRetried | Payment::CardLater | Payment::GiftCardFirst => {
                Gateway::PlatformPayments
            }
            Payment::Transfer | Payment::Never => Gateway::Manual,
            Payment::Cash => Gateway::Cash,
            Payment::Sandbox => Gateway::Bogus,
        }
    }

    fn transact(
        &mut self,
        kind: TransactionKind,
        status: TransactionStatus,
        gateway: Gateway,
        amount: Bag,
        parent: Option<u64>,
    ) -> u64 {
        let id = self.part_id();
        let charged = matches!(kind, TransactionKind::Sale | TransactionKind::Capture)
            && status == TransactionStatus::Success
            && gateway == Gateway::PlatformPayments;
        // 2.9% and 30 cents.
        let fee = charged.then(|| ratio_half_up(amount.shop, 29, 1_000) + from_cents(30, self.base.spec.currency));
        self.order.transactions.push(Transaction {
            id,
            kind,
            status,
            gateway,
            processed_at: self.at,
            amount,
            parent,
            fee,
        });
        id
    }

    /// The payment or promise that comes with the placement; nothing for orders without anything to pay.
    pub(super) fn first_payment(&mut self) {
        let due = owed(&self.order);
        if due.is_zero() {
            return;
        }
        let gateway = self.gateway();
        let (sale, success) = (TransactionKind::Sale, TransactionStatus::Success);
        match self.plan.payment {
            Payment::Card | Payment::Cash | Payment::Sandbox => {
                self.transact(sale, success, gateway, due, None);
            }
            Payment::CardRetried => {
                self.transact(sale, TransactionStatus::Failure, gateway, due, None);
                self.transact(sale, success, gateway, due, None);
            }
            Payment::CardLater => {
                self.transact(TransactionKind::Authorization, success, gateway, due, None);
            }
            Payment::Transfer | Payment::Never => {
                self.transact(sale, TransactionStatus::Pending, gateway, due, None);
            }
            Payment::GiftCardFirst => {
                let balance = due.share(self.rng.between(3, 10) as u32, 10);
                self.transact(sale, success, Gateway::GiftCard, balance, None);
                if due != balance {
                    self.transact(sale, success, gateway, due - balance, None);
                }
            }
        }
    }

    fn received(&self) -> Bag {
        self.order.transactions.iter().map(Transaction::moved).sum()
    }

    /// The authorisation that waits for its capture.
    fn open_authorization(&self) -> Option<u64> {
        let kind = |kind| self.order.transactions.iter().find(move |payment| payment.kind == kind);
        let used = kind(TransactionKind::Capture).or(kind(TransactionKind::Void)).is_some();
        kind(TransactionKind::Authorization)
            .filter(|_| !used)
            .map(|payment| payment.id)
    }

    /// Captures what was authorised, or marks the transfer as arrived.
    pub(super) fn pay_open_amount(&mut self) {
        let due = owed(&self.order) - self.received();
        if due.shop <= 0 {
            return;
        }
        let gateway = self.gateway();
        let success = TransactionStatus::Success;
        match self.open_authorization() {
            Some(parent) => self.transact(TransactionKind::Capture, success, gateway, due, Some(parent)),
            None => {
                let promise = self
                    .order
                    .transactions
                    .iter()
                    .find(|payment| payment.status == TransactionStatus::Pending);
                let parent = promise.map(|payment| payment.id);
                self.transact(TransactionKind::Sale, success, gateway, due, parent)
            }
        };
    }

    /// Collects what a change added, unless the order waits for its payment as a whole.
    pub(super) fn charge_difference(&mut self) {
        let waits = self.received().is_zero()
            && (self.open_authorization().is_some()
                || self
                    .order
                    .transactions
                    .iter()
                    .any(|payment| payment.status == TransactionStatus::Pending));
        if !waits {
            self.pay_open_amount();
        }
    }

    /// Captures at the first shipment.
    pub(super) fn capture(&mut self) {
        if self.open_authorization().is_some() {
            self.pay_open_amount();
        }
    }

    /// Lets go of money that was authorised and never captured.
    pub(super) fn void(&mut self) {
        if let Some(parent) = self.open_authorization() {
            let amount = owed_once(&self.order.transactions, parent);
            self.transact(
                TransactionKind::Void,
                TransactionStatus::Success,
                self.gateway(),
                amount,
                Some(parent),
            );
        }
    }

    /// Pays back what was paid beyond what is owed, newest payment first; the payments made, and their sum.
    pub(super) fn pay_back(&mut self) -> (Vec<u64>, Bag) {
        let mut over = self.received() - owed(&self.order);
        let mut made = (Vec::new(), Bag::ZERO);
        let paid: Vec<(u64, Gateway, i64)> = self
            .order
            .transactions
            .iter()
            .rev()
            .filter(|payment| payment.moved().shop > 0)
            .map(|payment| (payment.id, payment.gateway, payment.amount.shop))
            .collect();
        for (parent, gateway, amount) in paid {
            let back: i64 = self
                .order
                .transactions
                .iter()
                .filter(|payment| payment.parent == Some(parent) && payment.kind == TransactionKind::Refund)
                .map(|payment| payment.amount.shop)
                .sum();
            let shop = over.shop.min(amount - back);
            if shop <= 0 {
                continue;
            }
            // The buyer's money follows the shop's: the last payment takes all that is left of it.
            let buyer = if shop == over.shop {
                over.buyer
            } else {
                ratio_half_up(over.buyer, shop, over.shop)
            };
            let amount = Bag { shop, buyer };
            let id = self.transact(
                TransactionKind::Refund,
                TransactionStatus::Success,
                gateway,
                amount,
                Some(parent),
            );
            made.0.push(id);
            made.1 += amount;
            over -= amount;
        }
        made
    }
}

fn owed_once(transactions: &[Transaction], id: u64) -> Bag {
    transactions
        .iter()
        .find(|payment| payment.id == id)
        .map_or(Bag::ZERO, |payment| payment.amount)
}
