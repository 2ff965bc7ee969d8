//! The account of the platform's payment service: every charge and refund with its fee, and a payout for each UTC day.

use std::collections::BTreeMap;

use super::instant::{DAY, Second};
use super::order::{Gateway, TransactionKind};
use super::plan::{Payment, Plan};
use super::records::{BalanceKind, BalanceTransaction, Payout, PayoutStatus};
use super::{World, build};

const PAYOUTS: u64 = 96_000_000_000;
/// A payout is issued this long after the start of the UTC day that it settles.
const ISSUED_AFTER: i64 = 2 * DAY + 8 * 3_600;

fn payout_id(day: i64) -> u64 {
    PAYOUTS + day.unsigned_abs()
}

impl World {
    /// Movements on the payment account in `from..to`, by (moment, id). One call holds the window's movements: ask
    /// for a few days at a time.
    pub fn balance_between(&self, from: Second, to: Second) -> Vec<BalanceTransaction> {
        let mut moves = Vec::new();
        for plan in self.candidates(from, to).filter(|plan| touches_account(plan, from, to)) {
            let visible = plan.visible(self.now);
            if visible.is_empty() {
                continue;
            }
            let order = build::order_after(&self.base, &plan, visible);
            for payment in &order.transactions {
                let moved = payment.moved().shop;
                let counts = payment.gateway == Gateway::PlatformPayments
                    && moved != 0
                    && (from..to).contains(&payment.processed_at);
                if counts {
                    let fee = payment.fee.unwrap_or(0);
                    moves.push(BalanceTransaction {
                        // A movement carries the number of its payment.
                        id: payment.id,
                        kind: match payment.kind {
                            TransactionKind::Refund => BalanceKind::Refund,
                            _ => BalanceKind::Charge,
                        },
                        processed_at: payment.processed_at,
                        amount: moved,
                        fee,
                        net: moved - fee,
                        source: Some((plan.index, payment.id)),
                        payout_id: payout_id(payment.processed_at.0.div_euclid(DAY)),
                    });
                }
            }
        }
        moves.sort_unstable_by_key(|movement| (movement.processed_at, movement.id));
        moves
    }

    /// Payouts issued in `from..to`, oldest first: one for each past UTC day with movements. Those of the last two
    /// days are already listed with their coming date.
    pub fn payouts_between(&self, from: Second, to: Second) -> Vec<Payout> {
        let first = (from.0 - ISSUED_AFTER + DAY - 1).div_euclid(DAY);
        let last = (to.0 - ISSUED_AFTER + DAY - 1)
            .div_euclid(DAY)
            .min(self.now.0.div_euclid(DAY));
        let mut days: BTreeMap<i64, Payout> = BTreeMap::new();
        let first = first.max(self.base.calendar.start().0.div_euclid(DAY) - super::BACKDATE_DAYS - 1);
        for week in (first..last).step_by(7) {
            let end = (week + 7).min(last);
            for movement in self.balance_between(Second(week * DAY), Second(end * DAY)) {
                let day = movement.processed_at.0.div_euclid(DAY);
                let payout = days.entry(day).or_insert_with(|| self.empty_payout(day));
                match movement.kind {
                    BalanceKind::Charge => {
                        payout.charges_gross += movement.amount;
                        payout.charges_fee += movement.fee;
                    }
                    BalanceKind::Refund => {
                        payout.refunds_gross += movement.amount;
                        payout.refunds_fee += movement.fee;
                    }
                }
                payout.net += movement.net;
            }
        }
        days.into_values().collect()
    }

    fn empty_payout(&self, day: i64) -> Payout {
        let issued_at = Second(day * DAY + ISSUED_AFTER);
        let status = match self.now.0 - issued_at.0 {
            i64::MIN..0 => PayoutStatus::Scheduled,
            0..DAY => PayoutStatus::InTransit,
            _ => PayoutStatus::Paid,
        };
        Payout {
            id: payout_id(day),
            issued_at,
            status,
            charges_gross: 0,
            charges_fee: 0,
            refunds_gross: 0,
            refunds_fee: 0,
            net: 0,
        }
    }
}

/// Whether any payment of the order by the platform's service can lie in the window.
fn touches_account(plan: &Plan, from: Second, to: Second) -> bool {
    let service = matches!(
        plan.payment,
        Payment::Card | Payment::CardRetried | Payment::CardLater | Payment::GiftCardFirst
    );
    let inside = |at: Second| (from..to).contains(&at);
    service && (inside(plan.processed_at) || plan.events().iter().any(|event| inside(event.at)))
}
