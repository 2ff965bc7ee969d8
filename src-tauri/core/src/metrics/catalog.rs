//! The metrics as formulas over measures: one table, product plan section 4. No formula subtracts postings; signs are in the
//! postings. A ratio is computed after summing, stays an exact decimal, and is rounded half-up on output only.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::model::{Currency, Kind};

use super::{Definition, Measure, Measures};

/// A figure's value, exact.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value {
    /// An amount in units of the currency of the sums it came from.
    Money(Decimal),
    /// A number of things.
    Count(i64),
    /// A share; 1 is all.
    Rate(Decimal),
}

impl Value {
    /// The value as a decimal, whatever its unit.
    pub fn decimal(self) -> Decimal {
        match self {
            Value::Money(d) | Value::Rate(d) => d,
            Value::Count(n) => Decimal::from(n),
        }
    }

    /// Text for answers: money with the currency's decimals, rates with four, counts plain; halves away from zero.
    pub fn text(self, currency: Currency) -> String {
        match self {
            Value::Money(d) => fixed(d, currency.exponent()),
            Value::Rate(d) => fixed(d, 4),
            Value::Count(n) => n.to_string(),
        }
    }
}

/// `value` with exactly `digits` decimals, half-up, never “-0.00”.
pub fn fixed(value: Decimal, digits: u32) -> String {
    let mut rounded = value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_zero() {
        rounded.set_sign_positive(true);
    }
    rounded.rescale(digits);
    rounded.to_string()
}

/// Millionths as a decimal amount; a sum of many amounts may be wider than one.
pub fn amount(micros: impl Into<i128>) -> Decimal {
    Decimal::from_i128_with_scale(micros.into(), 6)
}

/// What a value counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Money.
    Money,
    /// Things.
    Count,
    /// A share.
    Rate,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident $name:literal $label:literal $unit:ident,)*) => {
        /// A figure the product answers.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Metric { $($(#[$doc])* $variant,)* }

        impl Metric {
            /// Every metric, in the order of answers and tables.
            pub const ALL: &'static [Metric] = &[$(Metric::$variant,)*];

            /// The name in answers and options.
            pub fn name(self) -> &'static str {
                match self { $(Metric::$variant => $name,)* }
            }

            /// The name on screens.
            pub fn label(self) -> &'static str {
                match self { $(Metric::$variant => $label,)* }
            }

            /// What it counts.
            pub fn unit(self) -> Unit {
                match self { $(Metric::$variant => Unit::$unit,)* }
            }

            /// The metric of a name.
            pub fn from_name(name: &str) -> Option<Metric> {
                Metric::ALL.iter().copied().find(|m| m.name() == name)
            }
        }
    };
}

metrics! {
    /// Gross sales.
    GrossSales "gross_sales" "Gross sales" Money,
    /// Discounts (negative).
    Discounts "discounts" "Discounts" Money,
    /// Refunds, shown positive.
    Refunds "refunds" "Refunds" Money,
    /// Net sales; `revenue` in answers.
    NetSales "net_sales" "Net sales" Money,
    /// Orders.
    Orders "orders" "Orders" Count,
    /// Units.
    Units "units" "Units sold" Count,
    /// Average order value.
    Aov "aov" "Average order value" Money,
    /// Refund rate.
    RefundRate "refund_rate" "Refund rate" Rate,
    /// Fulfilment rate.
    FulfillmentRate "fulfillment_rate" "Fulfilment rate" Rate,
    /// Gross profit over lines with a known cost.
    GrossProfit "gross_profit" "Gross profit" Money,
    /// Contribution before ads.
    Contribution "contribution" "Contribution" Money,
    /// Contribution after ads.
    ContributionAfterAds "contribution_after_ads" "Contribution after ads" Money,
    /// Advertising, shown positive.
    AdSpend "ad_spend" "Ad spend" Money,
    /// Shipping charged, less its discounts and what was paid back.
    Shipping "shipping" "Shipping" Money,
    /// Taxes, less what was paid back.
    Taxes "taxes" "Taxes" Money,
    /// Duties.
    Duties "duties" "Duties" Money,
    /// Tips.
    Tips "tips" "Tips" Money,
    /// Gift cards sold.
    GiftCards "gift_cards_sold" "Gift cards sold" Money,
    /// Total sales, platform definition only.
    TotalSales "total_sales" "Total sales" Money,
    /// Units returned or withdrawn.
    UnitsReturned "units_returned" "Units returned" Count,
}

impl Metric {
    /// Whether amounts are in it, so that it has no value over several currencies: money itself and shares of money.
    pub fn adds_money(self) -> bool {
        match self.unit() {
            Unit::Money => true,
            Unit::Rate => self == Metric::RefundRate,
            Unit::Count => false,
        }
    }
}

/// `ITEMS`.
const ITEMS: &[Kind] = &[Kind::ItemPrice];
/// `DISC`.
const DISC: &[Kind] = &[Kind::ItemDiscountSeller, Kind::ItemDiscountPlatform];
/// `RET`.
const RET: &[Kind] = &[Kind::ReversalItem, Kind::RefundItem, Kind::RefundAdjustment];
/// `SHIP`.
const SHIP: &[Kind] = &[
    Kind::Shipping,
    Kind::ShippingDiscount,
    Kind::ReversalShipping,
    Kind::RefundShipping,
    Kind::OtherCharge,
];
/// `TAX`.
const TAX: &[Kind] = &[Kind::TaxItem, Kind::TaxShipping, Kind::ReversalTax, Kind::RefundTax];
/// What is paid back of a sale, on a later day.
const PAID_BACK: &[Kind] = &[
    Kind::RefundItem,
    Kind::RefundAdjustment,
    Kind::RefundShipping,
    Kind::RefundTax,
];
/// All sale kinds.
const SALE: &[Kind] = &[
    Kind::ItemPrice,
    Kind::ItemDiscountSeller,
    Kind::ItemDiscountPlatform,
    Kind::Shipping,
    Kind::ShippingDiscount,
    Kind::OtherCharge,
    Kind::Tip,
    Kind::Duty,
    Kind::TaxItem,
    Kind::TaxShipping,
    Kind::GiftCardSold,
];
/// What contribution adds to gross profit besides `SHIP`.
const RESULT: &[Kind] = &[
    Kind::FeeCommission,
    Kind::FeeFulfilment,
    Kind::FeePayment,
    Kind::FeeStorage,
    Kind::FeeOther,
    Kind::FeeRefund,
    Kind::Reimbursement,
    Kind::ShippingCost,
    Kind::WriteOff,
];

impl Metric {
    /// The kinds whose plain sum is this metric under `definition`; `None` for ratios, counts and profit.
    /// [`Metric::Refunds`] and [`Metric::AdSpend`] show the sum with the sign turned.
    pub fn kinds(self, definition: Definition) -> Option<Vec<Kind>> {
        use Definition::*;
        let parts: &[&[Kind]] = match (self, definition) {
            (Metric::GrossSales, OrderTotals) => &[SALE],
            (Metric::GrossSales, Platform) => &[ITEMS],
            (Metric::GrossSales, Accounting) => &[ITEMS, &[Kind::Shipping, Kind::OtherCharge]],
            (Metric::Discounts, OrderTotals | Platform) => &[DISC],
            (Metric::Discounts, Accounting) => &[DISC, &[Kind::ShippingDiscount]],
            (Metric::Refunds, OrderTotals) => &[
                RET,
                &[
                    Kind::RefundShipping,
                    Kind::ReversalShipping,
                    Kind::RefundTax,
                    Kind::ReversalTax,
                ],
            ],
            (Metric::Refunds, Platform) => &[RET],
            (Metric::Refunds, Accounting) => &[RET, &[Kind::RefundShipping, Kind::ReversalShipping]],
            (Metric::NetSales, OrderTotals) => &[ITEMS, DISC],
            (Metric::NetSales, Platform) => &[ITEMS, DISC, RET],
            (Metric::NetSales, Accounting) => &[ITEMS, DISC, RET, SHIP],
            (Metric::AdSpend, _) => &[&[Kind::AdSpend]],
            (Metric::Shipping, _) => &[SHIP],
            (Metric::Taxes, _) => &[TAX],
            (Metric::Duties, _) => &[&[Kind::Duty]],
            (Metric::Tips, _) => &[&[Kind::Tip]],
            (Metric::GiftCards, _) => &[&[Kind::GiftCardSold]],
            (Metric::TotalSales, Platform) => &[ITEMS, DISC, RET, SHIP, &[Kind::Duty], TAX],
            _ => return None,
        };
        Some(parts.concat())
    }

    /// The formula in words, for the text that opens on hovering over a figure.
    pub fn formula(self, definition: Definition) -> String {
        if let Some(kinds) = self.kinds(definition) {
            let names: Vec<String> = kinds.iter().map(|k| k.label().to_lowercase()).collect();
            let sign = if self.turned() { "−(" } else { "" };
            return format!("{sign}{}{}", names.join(" + "), if self.turned() { ")" } else { "" });
        }
        match (self, definition) {
            (Metric::Orders, Definition::Accounting) => "orders by first ship day".into(),
            (Metric::Orders, Definition::OrderTotals) => "orders placed, wholly cancelled ones left out".into(),
            (Metric::Orders, Definition::Platform) => "orders placed".into(),
            (Metric::Units, Definition::Accounting) => "units shipped".into(),
            (Metric::Units, Definition::OrderTotals) => "units placed and not cancelled, on the order day".into(),
            (Metric::Units, Definition::Platform) => "units placed, edits on their own day".into(),
            (Metric::Aov, Definition::Platform) => {
                "(item price + discounts of the original order) ÷ orders with a price".into()
            }
            (Metric::Aov, Definition::OrderTotals) => "net sales ÷ orders with a price".into(),
            (Metric::Aov, Definition::Accounting) => "net sales ÷ orders shipped".into(),
            (Metric::RefundRate, Definition::Platform) => "refunds ÷ (item price + discounts)".into(),
            (Metric::RefundRate, _) => "refunds ÷ gross sales".into(),
            (Metric::FulfillmentRate, _) => "orders completely shipped ÷ orders placed".into(),
            (Metric::GrossProfit, _) => {
                "item price + discounts + returns + cost of goods + cost of returned goods, over lines with a known cost".into()
            }
            (Metric::Contribution, _) => {
                "gross profit + shipping + fees + reimbursement + shipping cost + write-off".into()
            }
            (Metric::ContributionAfterAds, _) => "contribution + ad spend".into(),
            (Metric::UnitsReturned, _) => "units withdrawn or returned".into(),
            (Metric::TotalSales, _) => "only under “As the platform reports it”".into(),
            _ => String::new(),
        }
    }

    /// Whether it holds what is paid back, or the marketplace's charges: neither is told by an order itself where a marketplace keeps
    /// a ledger of its own for money.
    pub fn holds_money_back(self, definition: Definition) -> bool {
        match self {
            Metric::RefundRate
            | Metric::UnitsReturned
            | Metric::GrossProfit
            | Metric::Contribution
            | Metric::ContributionAfterAds => true,
            Metric::Aov => definition == Definition::Accounting,
            _ => self
                .kinds(definition)
                .is_some_and(|kinds| kinds.iter().any(|kind| PAID_BACK.contains(kind))),
        }
    }

    /// Whether orders of days before have a part in it: what is paid back of them, and where the definition counts by the day of
    /// the event or of the shipment, what is changed or sent of them.
    pub fn holds_older_orders(self, definition: Definition) -> bool {
        let else_by_event = match definition {
            // Given back under their own kind, on the day it happens.
            Definition::OrderTotals => matches!(self, Metric::Duties | Metric::Tips | Metric::GiftCards),
            Definition::Platform => !matches!(
                self,
                Metric::Orders | Metric::Aov | Metric::FulfillmentRate | Metric::AdSpend
            ),
            Definition::Accounting => !matches!(self, Metric::FulfillmentRate | Metric::AdSpend),
        };
        else_by_event || self.holds_money_back(definition)
    }

    /// The kinds that contribution adds to gross profit.
    pub fn contribution_kinds() -> impl Iterator<Item = Kind> {
        SHIP.iter().chain(RESULT).copied()
    }

    /// The change from `previous` to `current` as a share of the previous value; `None` without a base. What is shown below zero
    /// because it takes off, as discounts, grows as more is taken off.
    pub fn change(self, current: Option<Value>, previous: Option<Value>) -> Option<Decimal> {
        let (current, previous) = (current?.decimal(), previous?.decimal());
        let by = match self {
            Metric::Discounts => previous - current,
            _ => current - previous,
        };
        by.checked_div(previous.abs())
    }

    /// What is more or less of it, of a metric of which more is not more earned: `more discounted`, `less spent`.
    pub fn taken(self) -> Option<&'static str> {
        match self {
            Metric::Discounts => Some("discounted"),
            Metric::Refunds | Metric::RefundRate => Some("refunded"),
            Metric::UnitsReturned => Some("returned"),
            Metric::AdSpend => Some("spent"),
            _ => None,
        }
    }

    /// Shown with the sign turned.
    fn turned(self) -> bool {
        matches!(self, Metric::Refunds | Metric::AdSpend)
    }

    /// The figure over `m` under `definition`, or `None` where it is unknown or has no base: never zero for either.
    pub fn value(self, definition: Definition, m: &Measures) -> Option<Value> {
        let known = amounts_known(definition, m);
        if let Some(kinds) = self.kinds(definition) {
            let sum: i128 = kinds.iter().map(|k| m.kind(*k)).sum();
            // No advertising row at all means that none is known, not that none was spent.
            let known = known && (self != Metric::AdSpend || sum != 0);
            // Of a tax whose share in some prices nobody tells, what is told elsewhere is no total.
            let known = known && (self != Metric::Taxes || m.get(Measure::RowsBasisUnknown) == 0);
            return known.then(|| Value::Money(amount(if self.turned() { -sum } else { sum })));
        }
        let money = |metric: Metric| metric.value(definition, m).map(Value::decimal);
        let over = |top: Option<Decimal>, base: Option<Decimal>| top?.checked_div(base.filter(|b| !b.is_zero())?);
        let count = |measure: Measure| Decimal::from(m.get(measure));
        match self {
            Metric::Orders => counted(
                m,
                Measure::Orders,
                definition == Definition::Accounting && all_untold(m),
            ),
            Metric::Units => counted(m, Measure::Units, m.get(Measure::OrdersUntold) > 0),
            Metric::UnitsReturned => counted(m, Measure::UnitsReturned, all_untold(m)),
            Metric::Aov => match definition {
                Definition::OrderTotals => over(money(Metric::NetSales), Some(count(Measure::OrdersWithPrice))),
                Definition::Platform => {
                    let placed = m.sum(Measure::ItemPricePlaced) + m.sum(Measure::DiscountPlaced);
                    over(known.then(|| amount(placed)), Some(count(Measure::OrdersWithPrice)))
                }
                Definition::Accounting => over(money(Metric::NetSales), Some(count(Measure::Orders))),
            }
            .map(Value::Money),
            Metric::RefundRate => {
                let base = match definition {
                    Definition::Platform => {
                        let kinds = ITEMS.iter().chain(DISC);
                        known.then(|| amount(kinds.map(|k| m.kind(*k)).sum::<i128>()))
                    }
                    _ => money(Metric::GrossSales),
                };
                over(money(Metric::Refunds), base).map(Value::Rate)
            }
            Metric::FulfillmentRate => over(
                Some(count(Measure::OrdersFulfilled)),
                Some(count(Measure::OrdersToFulfil)),
            )
            .map(Value::Rate),
            Metric::GrossProfit => known
                .then(|| gross_profit(m))
                .flatten()
                .map(|p| Value::Money(amount(p))),
            Metric::Contribution | Metric::ContributionAfterAds => {
                let profit = known.then(|| gross_profit(m)).flatten()?;
                let rest: i128 = SHIP.iter().chain(RESULT).map(|k| m.kind(*k)).sum();
                let ads = if self == Metric::Contribution {
                    0
                } else {
                    m.kind(Kind::AdSpend)
                };
                // Without any advertising row none is known: then nothing is known after it either.
                let known = self == Metric::Contribution || ads != 0;
                known.then(|| Value::Money(amount(profit + rest + ads)))
            }
            _ => None,
        }
    }
}

/// Whether amounts are known at all: not where every order still waits for its price and no goods were counted, and not
/// under accounting where a row's share of tax is unknown.
fn amounts_known(definition: Definition, m: &Measures) -> bool {
    let goods = m.get(Measure::RowsCosted) + m.get(Measure::RowsUncosted);
    let nothing_but_unpriced = m.get(Measure::OrdersUnpriced) > 0 && m.get(Measure::OrdersWithPrice) == 0 && goods == 0;
    let basis_missing = definition == Definition::Accounting && m.get(Measure::RowsBasisUnknown) > 0;
    !nothing_but_unpriced && !basis_missing
}

/// A count; `None` where it is nothing and `open` says that nobody knows whether it is.
fn counted(m: &Measures, measure: Measure, open: bool) -> Option<Value> {
    let count = m.get(measure);
    (count != 0 || !open).then_some(Value::Count(count))
}

/// Whether there are orders of which no record shows what was ordered, and no others: then whether anything was sent or came
/// back is unknown (LEDGER ruling 42).
fn all_untold(m: &Measures) -> bool {
    m.get(Measure::OrdersUntold) > 0 && m.get(Measure::OrdersToFulfil) == 0
}

/// Gross profit in millionths, or `None` where it is unknown (LEDGER ruling 8).
fn gross_profit(m: &Measures) -> Option<i128> {
    let unknown = m.get(Measure::RowsCosted) == 0 && (m.get(Measure::RowsUncosted) > 0 || m.get(Measure::Rows) == 0);
    (!unknown).then(|| m.sum(Measure::ItemsCosted) + m.kind(Kind::Cogs) + m.kind(Kind::CogsReturned))
}
