//! Charges beside goods and shipping that are paid back: tips, gift cards nobody used, duties, further fees.

use super::Build;
use super::rows::plain_row;
use super::steps::TakenBack;
use crate::world::money::Bag;
use crate::world::{RefundDuty, Restock, SaleAction, Subject};

impl Build<'_> {
    /// Pays back charges that are neither goods nor shipping: of each kind that the order has, by chance, and of one
    /// kind at least. Only gift cards leave a line in the refund, only duties an entry; the rest is rows and money.
    pub(super) fn return_charges(&mut self) {
        let all = self.rng.chance(300);
        let drawn = [(); 3].map(|()| all || self.rng.chance(500));
        let cards: Vec<usize> = self
            .order
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.gift_card && line.out() > 0)
            .map(|(at, _)| at)
            .collect();
        let order = &self.order;
        let has = [order.tip.is_some(), !cards.is_empty(), !order.duties.is_empty()];
        let any = has.iter().zip(drawn).any(|(has, drawn)| *has && drawn);
        let wanted = |kind: usize| has[kind] && (drawn[kind] || !any);
        let mut taken = TakenBack::default();
        let back = |subject, amount: Bag| plain_row(subject, SaleAction::Return, -amount);
        if wanted(0) {
            taken.rows.extend(order.tip.map(|tip| back(Subject::Tip, tip.amount)));
        }
        if wanted(2) {
            for (at, duty) in order.duties.iter().enumerate() {
                taken.rows.push(back(Subject::Duty(at), duty.price));
                taken.duties.push(RefundDuty {
                    duty: at,
                    amount: duty.price,
                });
            }
        }
        if wanted(1) {
            for at in cards {
                let units = self.rng.between(1, i64::from(self.order.lines[at].out())) as u32;
                self.take(&mut taken, at, units, Restock::NoRestock, false);
            }
        }
        let fees = self.order.additional_fees.len();
        if fees > 0 && (all || taken.rows.is_empty() || self.rng.chance(500)) {
            let price = |at: usize| self.order.additional_fees[at].price;
            taken
                .rows
                .extend((0..fees).map(|at| back(Subject::AdditionalFee(at), price(at))));
        }
        if !taken.rows.is_empty() {
            self.refund(taken, Bag::ZERO, None);
        }
    }
}
