//! The account of the platform's payment service (contract section 3.4).

use std::rc::Rc;

use super::money::{Money, money};
use super::{Answered, Cx, Plain, gid, gid_text, moment, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::lists::{self, Timeline, limited, step};
use crate::shopify::paging::{Key, Part};
use crate::shopify::search::{Bounds, Found, Kind, Known};
use crate::world::{BalanceKind, BalanceTransaction, Payout, PayoutStatus, Second};

const DAY: i64 = 86_400;

/// The account. A shop without the payment service has none.
pub(crate) struct AccountNode {
    pub(crate) cx: Rc<Cx>,
}

impl AccountNode {
    /// The shop's account, if it has one.
    pub(crate) fn of(cx: &Rc<Cx>) -> Option<AccountNode> {
        cx.shop.payments.then(|| AccountNode { cx: Rc::clone(cx) })
    }

    fn span(&self) -> Bounds {
        // Payouts of the last days are listed with their coming date.
        Bounds {
            from: self.cx.index.created_at(0).0 - 5 * DAY,
            until: self.cx.index.now().0 + 5 * DAY,
        }
    }

    fn payouts(&self, args: &Args) -> Answered {
        let cx = &self.cx;
        let filter = lists::filter(cx, "payouts", args.text("query"), PAYOUT_FILTERS);
        let kind = args.text("transactionType");
        let load = |from: Second, to: Second| {
            let issued = cx.index.payouts_between(from, to).into_iter();
            let wanted = issued.filter(|payout| {
                let found = |field: &str| match field {
                    "issued_at" => Found::Second(payout.issued_at.0),
                    "id" => Found::id(payout.id),
                    "status" => Found::text(status(payout.status)),
                    _ => Found::Missing,
                };
                filter.matches(&found) && kind.is_none_or(|kind| kind == direction(payout))
            });
            wanted
                .map(|payout| (Key::second(payout.issued_at.0, payout.id), payout))
                .collect()
        };
        let timeline = Timeline {
            span: self.span().and(filter.bounds("issued_at")),
            step: 30 * DAY,
            load: &load,
        };
        let part = limited(cx, "payouts", args, |window, limit| Ok(timeline.part(window, limit)))?;
        Ok(Resolved::Page(part.page(|payout| PayoutNode {
            cx: Rc::clone(cx),
            payout,
        })))
    }

    fn movements(&self, args: &Args) -> Answered {
        let cx = &self.cx;
        let filter = lists::filter(cx, "balanceTransactions", args.text("query"), MOVEMENT_FILTERS);
        let load = |from: Second, to: Second| {
            let moved = cx.index.balance_between(from, to).into_iter();
            let wanted = moved.filter(|movement| {
                filter.matches(&|field: &str| match field {
                    "processed_at" => Found::Second(movement.processed_at.0),
                    "id" => Found::id(movement.id),
                    "payments_transfer_id" => Found::id(movement.payout_id),
                    "transaction_type" => Found::text(kind(movement.kind)),
                    _ => Found::Missing,
                })
            });
            wanted
                .map(|movement| (Key::second(movement.processed_at.0, movement.id), movement))
                .collect()
        };
        let all = self.span();
        let step = step(cx.index.order_count(), all.until - all.from, 400).max(DAY);
        let timeline = Timeline {
            span: all.and(filter.bounds("processed_at")),
            step,
            load: &load,
        };
        let part = limited(cx, "balanceTransactions", args, |window, limit| {
            Ok(timeline.part(window, limit))
        })?;
        let Part {
            items,
            has_next,
            has_previous,
        } = part;
        let payouts = self.payouts_of(items.iter().map(|(_, movement)| movement));
        let nodes = items.into_iter().map(|(key, movement)| {
            let payout = payouts
                .iter()
                .find(|payout| payout.id == movement.payout_id)
                .map(|payout| payout.status);
            (
                key,
                MovementNode {
                    cx: Rc::clone(cx),
                    movement,
                    payout,
                },
            )
        });
        Ok(Resolved::Page(
            Part {
                items: nodes.collect(),
                has_next,
                has_previous,
            }
            .page(|node| node),
        ))
    }

    /// The payouts that settle these movements: each a few days after its movements.
    fn payouts_of<'m>(&self, movements: impl Iterator<Item = &'m BalanceTransaction>) -> Vec<Payout> {
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for movement in movements {
            first = first.min(movement.processed_at.0);
            last = last.max(movement.processed_at.0);
        }
        if first > last {
            Vec::new()
        } else {
            self.cx.index.payouts_between(Second(first), Second(last + 5 * DAY))
        }
    }
}

const PAYOUT_FILTERS: &[Known] = &[("issued_at", Kind::Time), ("id", Kind::Id), ("status", Kind::Text)];
const MOVEMENT_FILTERS: &[Known] = &[
    ("processed_at", Kind::Time),
    ("id", Kind::Id),
    ("payments_transfer_id", Kind::Id),
    ("transaction_type", Kind::Text),
];

impl Object for AccountNode {
    fn kind(&self) -> &'static str {
        "ShopifyPaymentsAccount"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        Ok(match name {
            "id" => gid("ShopifyPaymentsAccount", self.cx.shop.id + 7),
            "activated" => Resolved::leaf(true),
            "onboardable" => Resolved::leaf(false),
            "country" => Resolved::leaf("US"),
            "defaultCurrency" => Resolved::leaf(self.cx.world.spec().currency.code()),
            "payouts" => return self.payouts(args),
            "balanceTransactions" => return self.movements(args),
            _ => return unlisted(self.kind(), name),
        })
    }
}

fn status(status: PayoutStatus) -> &'static str {
    match status {
        PayoutStatus::Scheduled => "SCHEDULED",
        PayoutStatus::InTransit => "IN_TRANSIT",
        PayoutStatus::Paid => "PAID",
    }
}

fn direction(payout: &Payout) -> &'static str {
    if payout.net < 0 { "WITHDRAWAL" } else { "DEPOSIT" }
}

fn kind(kind: BalanceKind) -> &'static str {
    match kind {
        BalanceKind::Charge => "CHARGE",
        BalanceKind::Refund => "REFUND",
    }
}

/// A payout.
pub(crate) struct PayoutNode {
    cx: Rc<Cx>,
    payout: Payout,
}

impl Object for PayoutNode {
    fn kind(&self) -> &'static str {
        "ShopifyPaymentsPayout"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (payout, currency) = (&self.payout, self.cx.world.spec().currency);
        Ok(match name {
            "id" => gid("ShopifyPaymentsPayout", payout.id),
            "legacyResourceId" => Resolved::leaf(payout.id.to_string()),
            "issuedAt" => moment(payout.issued_at),
            "status" => Resolved::leaf(status(payout.status)),
            "transactionType" => Resolved::leaf(direction(payout)),
            "net" => money(payout.net, currency),
            "gross" => money(payout.charges_gross + payout.refunds_gross, currency),
            "summary" => Resolved::object(SummaryNode {
                cx: Rc::clone(&self.cx),
                payout: *payout,
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct SummaryNode {
    cx: Rc<Cx>,
    payout: Payout,
}

impl Object for SummaryNode {
    fn kind(&self) -> &'static str {
        "ShopifyPaymentsPayoutSummary"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let minor = match name {
            "chargesGross" => self.payout.charges_gross,
            "chargesFee" => self.payout.charges_fee,
            "refundsFeeGross" => self.payout.refunds_gross,
            "refundsFee" => self.payout.refunds_fee,
            "adjustmentsGross"
            | "adjustmentsFee"
            | "advanceGross"
            | "advanceFees"
            | "reservedFundsGross"
            | "reservedFundsFee"
            | "retriedPayoutsGross"
            | "retriedPayoutsFee"
            | "usdcRebateCreditAmount" => 0,
            _ => return unlisted(self.kind(), name),
        };
        Ok(Resolved::object(Money {
            minor,
            currency: self.cx.world.spec().currency,
        }))
    }
}

/// A movement on the account.
struct MovementNode {
    cx: Rc<Cx>,
    movement: BalanceTransaction,
    payout: Option<PayoutStatus>,
}

impl Object for MovementNode {
    fn kind(&self) -> &'static str {
        "ShopifyPaymentsBalanceTransaction"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (movement, currency) = (&self.movement, self.cx.world.spec().currency);
        Ok(match name {
            "id" => gid("ShopifyPaymentsBalanceTransaction", movement.id),
            "type" | "sourceType" => Resolved::leaf(kind(movement.kind)),
            "test" => Resolved::leaf(false),
            "transactionDate" => moment(movement.processed_at),
            "amount" => money(movement.amount, currency),
            "fee" => money(movement.fee, currency),
            "net" => money(movement.net, currency),
            "sourceId" | "sourceOrderTransactionId" => {
                Resolved::leaf(movement.source.map(|(_, payment)| payment.to_string()))
            }
            "adjustmentReason" => Resolved::Null,
            "associatedOrder" => {
                let order = movement.source.and_then(|(index, _)| self.cx.world.order(index));
                Resolved::maybe(order.map(|order| {
                    Plain::new(
                        "ShopifyPaymentsAssociatedOrder",
                        [
                            ("id", gid_text("Order", order.id).into()),
                            ("name", order.name().into()),
                        ],
                    )
                }))
            }
            "associatedPayout" => Resolved::object(Plain::new(
                "ShopifyPaymentsBalanceTransactionAssociatedPayout",
                [
                    ("id", gid_text("ShopifyPaymentsPayout", movement.payout_id).into()),
                    ("status", self.payout.map(status).into()),
                ],
            )),
            _ => return unlisted(self.kind(), name),
        })
    }
}
