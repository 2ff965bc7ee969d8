//! The steps of an order's life after its placement.

use super::Build;
use super::rows::{line_amounts, plain_row, shipping_amounts, tax_lines};
use crate::world::money::Bag;
use crate::world::words::{CARRIERS, NOTES};
use crate::world::{
    Adjustment, AgreementKind, CancelReason, Fate, Fulfillment, Goods, Refund, RefundDuty, RefundLine, RefundShipping,
    Restock, ReturnFee, Sale, SaleAction, SalesChannel, Subject,
};

/// What one refund takes back, before its money moves.
#[derive(Default)]
pub(super) struct TakenBack {
    pub(super) lines: Vec<RefundLine>,
    pub(super) shipping: Vec<RefundShipping>,
    pub(super) duties: Vec<RefundDuty>,
    pub(super) rows: Vec<Sale>,
}

impl Build<'_> {
    fn at_till(&self) -> bool {
        self.plan.channel == SalesChannel::PointOfSale
    }

    /// What needs no shipping is handed over when sold; so is everything at a till.
    pub(super) fn hand_over(&mut self) {
        let till = self.at_till();
        let mut lines = Vec::new();
        for (at, line) in self.order.lines.iter_mut().enumerate() {
            if till || !line.requires_shipping {
                line.shipped = line.quantity;
            }
            if till && line.requires_shipping {
                lines.push((at, line.quantity));
            }
        }
        if !lines.is_empty() {
            let (id, created_at, location) = (self.part_id(), self.at, self.base.till());
            let delivered_at = Some(created_at);
            self.order.fulfillments.push(Fulfillment {
                id,
                created_at,
                delivered_at,
                location,
                lines,
                carrier: None,
            });
        }
    }

    pub(super) fn ship(&mut self, part: u8, of: u8) {
        let open: u32 = self.order.lines.iter().map(crate::world::Line::unfulfilled).sum();
        let parts_left = u32::from(of - part);
        let mut wanted = if parts_left <= 1 {
            open
        } else {
            (open / parts_left).max(1)
        };
        let mut lines = Vec::new();
        for (at, line) in self.order.lines.iter_mut().enumerate() {
            let units = line.unfulfilled().min(wanted);
            if units > 0 {
                line.shipped += units;
                wanted -= units;
                lines.push((at, units));
            }
        }
        if lines.is_empty() {
            return;
        }
        let location = self.draw_warehouse();
        let carrier = Some(self.rng.pick(&CARRIERS));
        let (id, created_at) = (self.part_id(), self.at);
        self.order.fulfillments.push(Fulfillment {
            id,
            created_at,
            delivered_at: None,
            location,
            lines,
            carrier,
        });
        self.capture();
    }

    fn draw_warehouse(&mut self) -> u64 {
        let place = usize::from(self.rng.chance(200));
        self.base.catalogue.locations[place].id
    }

    pub(super) fn deliver(&mut self) {
        for parcel in &mut self.order.fulfillments {
            parcel.delivered_at.get_or_insert(self.at);
        }
    }

    pub(super) fn new_physical_line(&mut self, quantity: u32) -> usize {
        let catalogue = &self.base.catalogue;
        let goods = Goods::Variant(catalogue.choose(&catalogue.physical, &mut self.rng, self.at));
        let mut line = self.line(goods, quantity);
        if line.taxable {
            line.tax_lines = tax_lines(&self.rates, line.discounted(), self.order.taxes_included);
        }
        self.order.lines.push(line);
        self.order.lines.len() - 1
    }

    pub(super) fn line_row(&self, at: usize) -> Sale {
        let line = &self.order.lines[at];
        let amounts = line_amounts(line, self.order.taxes_included);
        amounts.row(Subject::Product(at), SaleAction::Order, Some(line.quantity), Fate::Sold)
    }

    /// An unshipped line and units of it to withdraw, such that at least one unit stays.
    fn choose_unshipped(&mut self) -> Option<(usize, u32)> {
        let open: Vec<(usize, u32)> = self
            .order
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.unfulfilled() > 0)
            .map(|(at, line)| (at, line.unfulfilled()))
            .collect();
        let all: u32 = open.iter().map(|(_, units)| units).sum();
        if all < 2 {
            return None;
        }
        let (at, units) = self.rng.pick(&open);
        Some((at, self.rng.between(1, i64::from(units.min(all - 1))) as u32))
    }

    pub(super) fn remove_units(&mut self) {
        let Some((at, units)) = self.choose_unshipped() else {
            return;
        };
        let mut taken = TakenBack::default();
        self.take(&mut taken, at, units, Restock::Cancel, true);
        self.order.edited = true;
        self.agree(AgreementKind::Edit, taken.rows);
        self.refund_overpaid();
    }

    /// Takes away units of the first line, all of them or some, such that at least one unit of the order stays.
    pub(super) fn remove_lowered(&mut self, refunded: bool) {
        let open = |at: usize, order: &crate::world::Order| order.lines[at].unfulfilled();
        let others: u32 = (1..self.order.lines.len()).map(|at| open(at, &self.order)).sum();
        let most = match others {
            0 => open(0, &self.order).saturating_sub(1),
            _ => open(0, &self.order),
        };
        if most == 0 {
            return;
        }
        let all = self.rng.chance(500);
        let units = if all {
            most
        } else {
            self.rng.between(1, i64::from(most)) as u32
        };
        let mut taken = TakenBack::default();
        self.take(&mut taken, 0, units, Restock::Cancel, true);
        if refunded {
            return self.refund(taken, Bag::ZERO, None);
        }
        self.order.edited = true;
        self.agree(AgreementKind::Edit, taken.rows);
        self.refund_overpaid();
    }

    /// Money owed after a change goes back by a refund of its own, without lines and without rows.
    pub(super) fn refund_overpaid(&mut self) {
        let (transactions, total) = self.pay_back();
        if transactions.is_empty() {
            return;
        }
        let id = self.part_id();
        self.order.refunds.push(Refund {
            id,
            created_at: self.at,
            note: "",
            lines: Vec::new(),
            shipping: Vec::new(),
            adjustments: Vec::new(),
            duties: Vec::new(),
            transactions,
            total,
            return_id: None,
        });
        self.agree(AgreementKind::Refund(id), Vec::new());
    }

    pub(super) fn cancel_part(&mut self, lost: bool) {
        let Some((at, units)) = self.choose_unshipped() else {
            return;
        };
        let mut taken = TakenBack::default();
        self.take(
            &mut taken,
            at,
            units,
            if lost { Restock::NoRestock } else { Restock::Cancel },
            true,
        );
        self.refund(taken, Bag::ZERO, None);
    }

    pub(super) fn cancel(&mut self) {
        let restock = if self.rng.chance(800) {
            Restock::Cancel
        } else {
            Restock::NoRestock
        };
        let mut taken = TakenBack::default();
        for at in 0..self.order.lines.len() {
            let units = self.order.lines[at].unfulfilled();
            self.take(&mut taken, at, units, restock, true);
        }
        self.take_shipping(&mut taken, true);
        let reason = self.rng.pick(&[
            CancelReason::Customer,
            CancelReason::Inventory,
            CancelReason::Declined,
            CancelReason::Fraud,
            CancelReason::Staff,
            CancelReason::Other,
        ]);
        self.order.cancelled = Some((self.at, reason));
        self.void();
        self.refund(taken, Bag::ZERO, None);
    }

    /// Lines whose goods are with the buyer.
    fn returnable(&self) -> Vec<usize> {
        let lines = self.order.lines.iter().enumerate();
        lines
            .filter(|(_, line)| line.out() > 0 && !line.gift_card)
            .map(|(at, _)| at)
            .collect()
    }

    fn draw_restock(&mut self, at: usize) -> Restock {
        let back = self.order.lines[at].requires_shipping && self.rng.chance(620);
        if back { Restock::Return } else { Restock::NoRestock }
    }

    pub(super) fn return_part(&mut self) {
        let mut taken = TakenBack::default();
        let mut choices = self.returnable();
        let lines = if self.rng.chance(250) { 2 } else { 1 };
        for _ in 0..lines {
            if choices.is_empty() {
                break;
            }
            let at = choices.swap_remove(self.rng.below(choices.len() as u64) as usize);
            let units = self.rng.between(1, i64::from(self.order.lines[at].out()).min(2)) as u32;
            let restock = self.draw_restock(at);
            self.take(&mut taken, at, units, restock, false);
        }
        if !taken.lines.is_empty() {
            self.refund(taken, Bag::ZERO, None);
        }
    }

    pub(super) fn return_all(&mut self, shipping: bool) {
        let mut taken = TakenBack::default();
        for at in self.returnable() {
            let restock = self.draw_restock(at);
            self.take(&mut taken, at, self.order.lines[at].out(), restock, false);
        }
        if shipping {
            self.take_shipping(&mut taken, false);
        }
        if !taken.lines.is_empty() {
            self.refund(taken, Bag::ZERO, None);
        }
    }

    pub(super) fn goodwill(&mut self) {
        let paid = self.order.totals().net_payment;
        let share = self.rng.between(5, 30) as u32;
        let amount = paid.share(share, 100);
        if amount.shop > 0 {
            self.refund(TakenBack::default(), -amount, None);
        }
    }

    pub(super) fn return_with_fee(&mut self, itemised: bool) {
        let choices = self.returnable();
        if choices.is_empty() {
            return;
        }
        let at = self.rng.pick(&choices);
        let mut taken = TakenBack::default();
        let restock = self.draw_restock(at);
        self.take(&mut taken, at, self.order.lines[at].out(), restock, false);
        let value: Bag = taken.rows.iter().map(|row| row.tax - row.total).sum();
        let fee = value.share(self.rng.pick(&[10, 15, 20]), 100);
        if !itemised {
            return self.refund(taken, fee, None);
        }
        if fee.shop > 0 {
            let id = self.part_id();
            self.order.return_fees.push(ReturnFee { id, price: fee });
            let subject = Subject::ReturnFee(self.order.return_fees.len() - 1);
            taken.rows.push(plain_row(subject, SaleAction::Order, fee));
        }
        let return_id = self.part_id();
        self.refund(taken, Bag::ZERO, Some(return_id));
    }

    pub(super) fn exchange(&mut self) {
        let mut choices = self.returnable();
        choices.retain(|at| self.order.lines[*at].requires_shipping);
        if choices.is_empty() {
            return;
        }
        let at = self.rng.pick(&choices);
        let units = self.rng.between(1, i64::from(self.order.lines[at].out())) as u32;
        let mut taken = TakenBack::default();
        self.take(&mut taken, at, units, Restock::Return, false);
        let fresh = self.new_physical_line(units);
        let row = self.line_row(fresh);
        if self.rng.chance(300) {
            // The new goods are an edit of their own at the same moment.
            self.order.edited = true;
            self.agree(AgreementKind::Edit, vec![row]);
        } else {
            taken.rows.push(row);
        }
        let return_id = self.part_id();
        self.refund(taken, Bag::ZERO, Some(return_id));
        self.charge_difference();
    }

    /// Takes units of a line back: the refund line, and the row that says so.
    pub(super) fn take(&mut self, taken: &mut TakenBack, at: usize, units: u32, restock: Restock, unshipped: bool) {
        if units == 0 {
            return;
        }
        let included = self.order.taxes_included;
        let id = self.part_id();
        let stock_place = if self.at_till() {
            self.base.till()
        } else {
            self.base.catalogue.locations[0].id
        };
        let line = &mut self.order.lines[at];
        let amounts = line_amounts(line, included).part(line.withdrawn + line.returned, units, line.quantity);
        let fate = if unshipped {
            line.withdrawn += units;
            Fate::Withdrawn
        } else {
            line.returned += units;
            Fate::Returned {
                restocked: restock == Restock::Return,
            }
        };
        let subject = if line.gift_card {
            Subject::GiftCard(at)
        } else {
            Subject::Product(at)
        };
        taken
            .rows
            .push(amounts.row(subject, SaleAction::Return, Some(units), fate));
        taken.lines.push(RefundLine {
            id,
            line: at,
            quantity: units,
            restock,
            location: (restock != Restock::NoRestock).then_some(stock_place),
            subtotal: if included {
                amounts.total
            } else {
                amounts.total - amounts.tax
            },
            tax: amounts.tax,
        });
    }

    fn take_shipping(&mut self, taken: &mut TakenBack, unshipped: bool) {
        let included = self.order.taxes_included;
        for at in 0..self.order.shipping.len() {
            let id = self.part_id();
            let line = &mut self.order.shipping[at];
            let amounts = shipping_amounts(line, included);
            if amounts.total.is_zero() {
                continue;
            }
            let subtotal = if included {
                amounts.total
            } else {
                amounts.total - amounts.tax
            };
            line.refunded += subtotal;
            let fate = if unshipped {
                Fate::Withdrawn
            } else {
                Fate::Returned { restocked: false }
            };
            taken
                .rows
                .push(amounts.row(Subject::Shipping(at), SaleAction::Return, None, fate));
            taken.shipping.push(RefundShipping {
                id,
                line: at,
                subtotal,
                tax: amounts.tax,
            });
        }
    }

    /// Closes a refund: its agreement, then the money that is left over. `adjustment` is signed as it moves sales.
    pub(super) fn refund(&mut self, mut taken: TakenBack, adjustment: Bag, return_id: Option<u64>) {
        let id = self.part_id();
        let mut adjustments = Vec::new();
        if !adjustment.is_zero() {
            adjustments.push(Adjustment {
                id: self.part_id(),
                amount: adjustment,
            });
            taken
                .rows
                .push(plain_row(Subject::Adjustment, SaleAction::Return, adjustment));
        }
        let kind = return_id.map_or(AgreementKind::Refund(id), AgreementKind::Return);
        self.order.returns.extend(return_id);
        self.agree(kind, taken.rows);
        let (transactions, total) = self.pay_back();
        let note = self.rng.pick(&NOTES);
        self.order.refunds.push(Refund {
            id,
            created_at: self.at,
            note,
            lines: taken.lines,
            shipping: taken.shipping,
            adjustments,
            duties: taken.duties,
            transactions,
            total,
            return_id,
        });
    }
}
