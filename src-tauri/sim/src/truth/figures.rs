//! From postings to figures: three definitions, each a plain sum over kinds on its own days and quantities.

use std::ops::AddAssign;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::posting::{Kind, Posting, Told};
use crate::world::Currency;

/// Which definition of the measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Definition {
    /// Sales on the order day as charged; withdrawn quantity leaves the past.
    OrderTotals,
    /// As the platform reports it: everything on its event day.
    Platform,
    /// Shipped quantity on its ship day.
    Accounting,
}

impl Definition {
    /// All three.
    pub const ALL: [Self; 3] = [Self::OrderTotals, Self::Platform, Self::Accounting];

    /// `order_totals`, `platform` or `accounting`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderTotals => "order_totals",
            Self::Platform => "platform",
            Self::Accounting => "accounting",
        }
    }

    /// The definition with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|definition| definition.name() == name)
    }

    /// The day on which a row counts; `None` when it does not.
    pub fn day(self, row: &Posting) -> Option<NaiveDate> {
        let own = [Kind::OtherCharge, Kind::Tip, Kind::Duty, Kind::GiftCardSold].contains(&row.kind);
        let sold = (row.kind.is_sale() && (row.amount >= 0 || !own)) || row.kind == Kind::Cogs;
        match self {
            Self::OrderTotals if row.cancelled => None,
            Self::OrderTotals => Some(if sold { row.order } else { row.event }),
            Self::Platform => Some(row.event),
            Self::Accounting if row.cancelled || row.kind.is_reversal() => None,
            Self::Accounting if row.kind.is_refund() && !row.of_shipped => None,
            Self::Accounting if sold => row.ship,
            Self::Accounting if own && row.amount < 0 && row.ship.is_none() => None,
            Self::Accounting => Some(row.event),
        }
    }
}

/// Sums and counts of a day or of several; adding is exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    by_kind: [i64; Kind::ALL.len()],
    /// Rows counted.
    pub rows: i64,
    /// Orders, by order day or first ship day.
    pub orders: i64,
    /// Orders placed, as the fulfilment rate counts them.
    pub orders_placed: i64,
    /// Of these, completely shipped.
    pub orders_fulfilled: i64,
    /// Of these, with a price.
    pub orders_with_price: i64,
    /// Units.
    pub units: i64,
    /// Of these, with a known cost.
    pub units_with_cost: i64,
    /// Units withdrawn or returned.
    pub units_returned: i64,
    placed_net: i64,
    costed_items: i64,
    costed_rows: i64,
    costless_rows: i64,
    basis_unknown_rows: i64,
    ad_rows: i64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            by_kind: [0; Kind::ALL.len()],
            rows: 0,
            orders: 0,
            orders_placed: 0,
            orders_fulfilled: 0,
            orders_with_price: 0,
            units: 0,
            units_with_cost: 0,
            units_returned: 0,
            placed_net: 0,
            costed_items: 0,
            costed_rows: 0,
            costless_rows: 0,
            basis_unknown_rows: 0,
            ad_rows: 0,
        }
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        for (mine, theirs) in self.by_kind.iter_mut().zip(other.by_kind) {
            *mine += theirs;
        }
        self.rows += other.rows;
        self.orders += other.orders;
        self.orders_placed += other.orders_placed;
        self.orders_fulfilled += other.orders_fulfilled;
        self.orders_with_price += other.orders_with_price;
        self.units += other.units;
        self.units_with_cost += other.units_with_cost;
        self.units_returned += other.units_returned;
        self.placed_net += other.placed_net;
        self.costed_items += other.costed_items;
        self.costed_rows += other.costed_rows;
        self.costless_rows += other.costless_rows;
        self.basis_unknown_rows += other.basis_unknown_rows;
        self.ad_rows += other.ad_rows;
    }
}

/// One tally for each day of a range, under one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    definition: Definition,
    from: NaiveDate,
    days: Vec<Tally>,
}

impl Book {
    /// An empty book for the days `from..=to`; no days when `to` lies before `from`.
    pub fn new(definition: Definition, from: NaiveDate, to: NaiveDate) -> Self {
        let days = (to - from).num_days() + 1;
        Self {
            definition,
            from,
            days: vec![Tally::default(); usize::try_from(days).unwrap_or(0)],
        }
    }

    /// Each day with its tally, oldest first.
    pub fn days(&self) -> impl Iterator<Item = (NaiveDate, &Tally)> {
        self.from.iter_days().zip(&self.days)
    }

    /// The sum of all days.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for day in &self.days {
            total += day;
        }
        total
    }

    /// Adds another book of the same days and definition.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.days.iter_mut().zip(&other.days) {
            *mine += theirs;
        }
    }

    fn on(&mut self, day: NaiveDate) -> Option<&mut Tally> {
        usize::try_from((day - self.from).num_days())
            .ok()
            .and_then(|at| self.days.get_mut(at))
    }

    /// Counts one order; what falls on days outside the range is left out.
    pub fn count(&mut self, told: &Told) {
        let definition = self.definition;
        for row in &told.postings {
            if let Some(tally) = definition.day(row).and_then(|day| self.on(day)) {
                tally.row(row, told.basis_unknown);
            }
        }
        if !told.counts || (definition != Definition::Platform && told.wholly_withdrawn()) {
            return;
        }
        if let Some(tally) = self.on(told.placed) {
            tally.orders_placed += 1;
            tally.orders_fulfilled += i64::from(told.fulfilled);
            tally.orders_with_price += i64::from(told.priced);
            if definition != Definition::Accounting {
                tally.orders += 1;
                if !told.priced {
                    // No rows tell the units of an order without prices.
                    let withdrawn = if definition == Definition::Platform {
                        0
                    } else {
                        told.withdrawn
                    };
                    tally.units += told.units - withdrawn;
                }
            }
        }
        if definition == Definition::Accounting
            && let Some(tally) = told.first_shipped().and_then(|day| self.on(day))
        {
            tally.orders += 1;
        }
    }
}

impl Tally {
    fn row(&mut self, row: &Posting, basis_unknown: bool) {
        self.by_kind[row.kind as usize] += row.amount;
        self.rows += 1;
        // Only what buyers paid or got back can hold a tax that nobody told.
        let buyers = row.kind.is_sale() || row.kind.is_reversal() || row.kind.is_refund();
        self.basis_unknown_rows += i64::from(basis_unknown && buyers);
        match row.kind {
            Kind::ItemPrice => {
                self.units += row.units;
                self.units_with_cost += if row.costed { row.units } else { 0 };
            }
            Kind::ReversalItem | Kind::RefundItem => self.units_returned -= row.units,
            Kind::AdSpend => self.ad_rows += 1,
            _ => {}
        }
        let placed = matches!(
            row.kind,
            Kind::ItemPrice | Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform
        );
        if placed && !row.edit {
            self.placed_net += row.amount;
        }
        if row.kind.is_item() {
            if row.costed {
                self.costed_items += row.amount;
                self.costed_rows += 1;
            } else {
                self.costless_rows += 1;
            }
        }
    }

    fn sum(&self, kinds: &[Kind]) -> i64 {
        kinds.iter().map(|kind| self.by_kind[*kind as usize]).sum()
    }

    /// The figures of these sums.
    pub fn figures(&self, definition: Definition, currency: Currency) -> Figures {
        use Kind::*;
        let items = self.sum(&[ItemPrice]);
        let discounts = self.sum(&[ItemDiscountSeller, ItemDiscountPlatform]);
        let returns = self.sum(&[ReversalItem, RefundItem, RefundAdjustment]);
        let shipping = self.sum(&[
            Shipping,
            ShippingDiscount,
            ReversalShipping,
            RefundShipping,
            OtherCharge,
        ]);
        let shipping_back = self.sum(&[RefundShipping, ReversalShipping]);
        let taxes = self.sum(&[TaxItem, TaxShipping, ReversalTax, RefundTax]);
        let (gross, discounts, refunds, net) = match definition {
            Definition::OrderTotals => {
                let charged: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_sale()).collect();
                let back = returns + shipping_back + self.sum(&[RefundTax, ReversalTax]);
                (self.sum(&charged), discounts, -back, items + discounts)
            }
            Definition::Platform => (items, discounts, -returns, items + discounts + returns),
            Definition::Accounting => (
                items + self.sum(&[Shipping, OtherCharge]),
                discounts + self.sum(&[ShippingDiscount]),
                -(returns + shipping_back),
                items + discounts + returns + shipping,
            ),
        };
        // Amounts are unknown where every order still waits for its price and no goods were sold or returned, and where the
        // share of tax is missing.
        let goods = self.costed_rows + self.costless_rows;
        let waiting = goods == 0 && self.orders_placed > 0 && self.orders_with_price == 0;
        let basis_missing = definition == Definition::Accounting && self.basis_unknown_rows > 0;
        let known = |amount: i64| (!waiting && !basis_missing).then_some(amount);
        let cost_unknown = self.costed_rows == 0 && (self.costless_rows > 0 || self.rows == 0);
        let profit = self.costed_items + self.sum(&[Cogs, CogsReturned]);
        let profit = known(profit).filter(|_| !cost_unknown);
        let fees = [
            FeeCommission,
            FeeFulfilment,
            FeePayment,
            FeeStorage,
            FeeOther,
            FeeRefund,
        ];
        let fees = self.sum(&fees);
        let rest = shipping + fees + self.sum(&[Reimbursement, ShippingCost, WriteOff]);
        // Where no day of advertising was told, none is known; that is not to have spent nothing.
        let ads = (self.ad_rows > 0).then(|| self.sum(&[AdSpend]));
        let (aov_top, aov_base) = match definition {
            Definition::OrderTotals => (net, self.orders_with_price),
            Definition::Platform => (self.placed_net, self.orders_with_price),
            Definition::Accounting => (net, self.orders),
        };
        let refund_base = if definition == Definition::Platform {
            items + self.sum(&[ItemDiscountSeller, ItemDiscountPlatform])
        } else {
            gross
        };
        let total = net + shipping + self.sum(&[Duty]) + taxes;
        Figures {
            currency,
            gross_sales: known(gross),
            discounts: known(discounts),
            refunds: known(refunds),
            net_sales: known(net),
            orders: self.orders,
            units: self.units,
            aov: known(aov_top).and_then(|top| ratio(top, aov_base)).map(in_minor_units),
            refund_rate: known(refunds).and_then(|top| ratio(top, refund_base)).map(rounded),
            fulfillment_rate: ratio(self.orders_fulfilled, self.orders_placed).map(rounded),
            gross_profit: profit,
            contribution: profit.map(|profit| profit + rest),
            contribution_after_ads: profit.zip(ads).map(|(profit, ads)| profit + rest + ads),
            fees,
            reimbursements: self.sum(&[Reimbursement]),
            ad_spend: ads.and_then(|ads| known(-ads)),
            tax_withheld: self.sum(&[TaxWithheld]),
            shipping: known(shipping),
            // Where the share of tax in some price is not told, no total of it is.
            taxes: known(taxes).filter(|_| self.basis_unknown_rows == 0),
            duties: known(self.sum(&[Duty])),
            tips: known(self.sum(&[Tip])),
            gift_cards_sold: known(self.sum(&[GiftCardSold])),
            total_sales: known(total).filter(|_| definition == Definition::Platform),
            units_returned: self.units_returned,
            units_with_cost: self.units_with_cost,
            cost_coverage: ratio(self.units_with_cost, self.units).map(rounded),
            orders_placed: self.orders_placed,
            orders_fulfilled: self.orders_fulfilled,
            orders_with_price: self.orders_with_price,
        }
    }
}

fn ratio(top: i64, base: i64) -> Option<Decimal> {
    Decimal::from(top).checked_div(Decimal::from(base))
}

/// Four decimals, halves away from zero.
fn rounded(rate: Decimal) -> Decimal {
    let mut rate = rate.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero);
    rate.rescale(4);
    rate
}

/// A ratio of smallest units to whole smallest units, halves away from zero.
fn in_minor_units(amount: Decimal) -> i64 {
    let whole = amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    i64::try_from(whole).unwrap_or(i64::MAX)
}

/// The figures of a day or a range under one definition. Amounts are smallest units of `currency`; `None` is unknown
/// or without a base, never zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Currency of all amounts.
    pub currency: Currency,
    /// Gross sales.
    pub gross_sales: Option<i64>,
    /// Discounts, negative.
    pub discounts: Option<i64>,
    /// Refunds, positive.
    pub refunds: Option<i64>,
    /// Net sales.
    pub net_sales: Option<i64>,
    /// Orders.
    pub orders: i64,
    /// Units.
    pub units: i64,
    /// Average order value, rounded to smallest units.
    pub aov: Option<i64>,
    /// Refund rate, four decimals.
    pub refund_rate: Option<Decimal>,
    /// Fulfilment rate, four decimals.
    pub fulfillment_rate: Option<Decimal>,
    /// Gross profit over goods with a known cost.
    pub gross_profit: Option<i64>,
    /// Gross profit, shipping and fees.
    pub contribution: Option<i64>,
    /// The same after advertising.
    pub contribution_after_ads: Option<i64>,
    /// Fees of every kind less fees given back, negative.
    pub fees: i64,
    /// Paid by the marketplace for lost goods and its own promotions.
    pub reimbursements: i64,
    /// Advertising, positive; `None` where none was told.
    pub ad_spend: Option<i64>,
    /// Tax that the marketplace keeps and remits, negative.
    pub tax_withheld: i64,
    /// Shipping less discounts and what was paid back, further fees.
    pub shipping: Option<i64>,
    /// Taxes less what was paid back.
    pub taxes: Option<i64>,
    /// Duties.
    pub duties: Option<i64>,
    /// Tips.
    pub tips: Option<i64>,
    /// Gift cards sold.
    pub gift_cards_sold: Option<i64>,
    /// Total sales; platform definition only.
    pub total_sales: Option<i64>,
    /// Units withdrawn or returned.
    pub units_returned: i64,
    /// Units with a known cost.
    pub units_with_cost: i64,
    /// Share of units with a known cost, four decimals.
    pub cost_coverage: Option<Decimal>,
    /// Orders placed, as the fulfilment rate counts them.
    pub orders_placed: i64,
    /// Of these, completely shipped.
    pub orders_fulfilled: i64,
    /// Of these, with a price.
    pub orders_with_price: i64,
}
