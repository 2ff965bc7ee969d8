//! The way back from a figure: the sums it is made of, and the postings of an order that stand behind it.

use crate::model::{Day, Flags, Kind, Order, Posting, Zone};

use super::catalog::{Metric, Unit, Value, amount};
use super::{Definition, Measure, Measures, Period, contributions};

/// What a term does in its formula.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Added up: the figure, or what stands above the line of a ratio.
    Plus,
    /// Added up below the line of a ratio.
    Over,
}

/// A sum of the formula.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// What is summed.
    pub about: About,
    /// What it does in the formula.
    pub role: Role,
    /// How much, with the sign it has in the formula: the terms of a plain sum add up to the figure.
    pub value: Value,
}

/// What a term sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    /// Postings of a kind.
    Kind(Kind),
    /// A count or another sum of the roll-up.
    Measure(Measure),
}

impl About {
    /// The name on screens.
    pub fn label(self) -> &'static str {
        match self {
            About::Kind(kind) => kind.label(),
            About::Measure(measure) => measure.label(),
        }
    }
}

/// The formula of a metric as lists of what is added.
struct Formula {
    plus: Vec<About>,
    over: Vec<About>,
    /// Shown with the sign turned.
    turned: bool,
}

fn kinds(metric: Metric, definition: Definition) -> Vec<About> {
    metric
        .kinds(definition)
        .unwrap_or_default()
        .into_iter()
        .map(About::Kind)
        .collect()
}

fn formula(metric: Metric, definition: Definition) -> Formula {
    use About::{Kind as K, Measure as M};
    let sum = |plus: Vec<About>| Formula {
        plus,
        over: Vec::new(),
        turned: false,
    };
    match metric {
        Metric::Orders => sum(vec![M(Measure::Orders)]),
        Metric::Units => sum(vec![M(Measure::Units)]),
        Metric::UnitsReturned => sum(vec![M(Measure::UnitsReturned)]),
        Metric::Aov => match definition {
            Definition::OrderTotals => Formula {
                over: vec![M(Measure::OrdersWithPrice)],
                ..sum(kinds(Metric::NetSales, definition))
            },
            Definition::Platform => Formula {
                over: vec![M(Measure::OrdersWithPrice)],
                ..sum(vec![M(Measure::ItemPricePlaced), M(Measure::DiscountPlaced)])
            },
            Definition::Accounting => Formula {
                over: vec![M(Measure::Orders)],
                ..sum(kinds(Metric::NetSales, definition))
            },
        },
        Metric::RefundRate => Formula {
            plus: kinds(Metric::Refunds, definition),
            over: match definition {
                Definition::Platform => [Metric::GrossSales, Metric::Discounts]
                    .map(|m| kinds(m, definition))
                    .concat(),
                _ => kinds(Metric::GrossSales, definition),
            },
            turned: true,
        },
        Metric::FulfillmentRate => Formula {
            over: vec![M(Measure::OrdersToFulfil)],
            ..sum(vec![M(Measure::OrdersFulfilled)])
        },
        Metric::GrossProfit => sum(profit()),
        Metric::Contribution => sum([profit(), Metric::contribution_kinds().map(K).collect()].concat()),
        Metric::ContributionAfterAds => sum([
            profit(),
            Metric::contribution_kinds().map(K).collect(),
            vec![K(Kind::AdSpend)],
        ]
        .concat()),
        Metric::Refunds | Metric::AdSpend => Formula {
            turned: true,
            ..sum(kinds(metric, definition))
        },
        _ => sum(kinds(metric, definition)),
    }
}

/// What gross profit is made of (LEDGER ruling 8).
fn profit() -> Vec<About> {
    vec![
        About::Measure(Measure::ItemsCosted),
        About::Kind(Kind::Cogs),
        About::Kind(Kind::CogsReturned),
    ]
}

/// The sums that `metric` over `m` is made of, without those that are nothing; a formula of nothing keeps its first.
pub fn terms(metric: Metric, definition: Definition, m: &Measures) -> Vec<Term> {
    let formula = formula(metric, definition);
    let term = |about: &About, role: Role| {
        let turned = formula.turned && role == Role::Plus;
        Term {
            about: *about,
            role,
            value: value_of(*about, m, turned),
        }
    };
    let part = |of: &[About], role: Role| {
        let all: Vec<Term> = of.iter().map(|about| term(about, role)).collect();
        let some: Vec<Term> = all.iter().filter(|t| !t.value.decimal().is_zero()).cloned().collect();
        if some.is_empty() {
            all.into_iter().take(1).collect()
        } else {
            some
        }
    };
    [part(&formula.plus, Role::Plus), part(&formula.over, Role::Over)].concat()
}

fn value_of(about: About, m: &Measures, turned: bool) -> Value {
    let sign = if turned { -1 } else { 1 };
    match about {
        About::Kind(kind) => Value::Money(amount(i128::from(sign) * m.kind(kind))),
        About::Measure(measure) if measure.is_money() => Value::Money(amount(i128::from(sign) * m.sum(measure))),
        About::Measure(measure) => Value::Count(sign * m.get(measure)),
    }
}

/// What one order adds to a figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Share {
    /// How much: what it adds to a plain sum, or above the line of a ratio.
    pub value: Value,
    /// Indices of its postings that stand behind the figure.
    pub postings: Vec<usize>,
}

/// What `order` adds to `metric` on the days of `period`; `None` where it has no part in it.
pub fn share(metric: Metric, definition: Definition, period: Period, order: &Order, zone: Zone) -> Option<Share> {
    let within = |day: Day| period.from <= day && day <= period.to;
    let mut m = Measures::default();
    let (business, _) = contributions(order, zone);
    for part in business.iter().filter(|c| c.definition == definition && within(c.day)) {
        m.merge(&part.measures, 1);
    }
    let formula = formula(metric, definition);
    let postings: Vec<usize> = order
        .postings
        .iter()
        .enumerate()
        .filter(|(_, p)| definition.day_of(order, p, zone).is_some_and(within))
        .filter(|(_, p)| {
            formula
                .plus
                .iter()
                .chain(&formula.over)
                .any(|about| about.rests_on(order, p))
        })
        .map(|(index, _)| index)
        .collect();
    let counted = formula
        .plus
        .iter()
        .chain(&formula.over)
        .any(|a| !value_of(*a, &m, false).decimal().is_zero());
    if postings.is_empty() && !counted {
        return None;
    }
    let values = formula
        .plus
        .iter()
        .map(|about| value_of(*about, &m, formula.turned).decimal());
    let sum = values.fold(rust_decimal::Decimal::ZERO, |sum, v| sum + v);
    let money = formula
        .plus
        .iter()
        .any(|about| matches!(value_of(*about, &m, false), Value::Money(_)));
    let value = match metric.unit() {
        Unit::Count => Value::Count(i64::try_from(sum).unwrap_or(i64::MAX)),
        Unit::Rate if !money => Value::Count(i64::try_from(sum).unwrap_or(i64::MAX)),
        _ => Value::Money(sum),
    };
    Some(Share { value, postings })
}

impl About {
    /// Whether a posting of `order` is part of the sum. Counts of orders rest on the order itself, on no posting.
    fn rests_on(self, order: &Order, posting: &Posting) -> bool {
        let goods = || {
            let line = posting.line.and_then(|index| order.lines.get(usize::from(index)));
            !line.is_some_and(|l| l.gift_card)
        };
        match self {
            About::Kind(kind) => posting.kind == kind,
            About::Measure(Measure::ItemsCosted) => posting.kind.is_item() && posting.flags.has(Flags::COSTED),
            About::Measure(Measure::ItemPricePlaced) => {
                posting.kind == Kind::ItemPrice && !posting.flags.has(Flags::EDIT)
            }
            About::Measure(Measure::DiscountPlaced) => {
                matches!(posting.kind, Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform)
                    && !posting.flags.has(Flags::EDIT)
            }
            About::Measure(Measure::Units) => posting.kind == Kind::ItemPrice && posting.quantity != 0 && goods(),
            About::Measure(Measure::UnitsReturned) => posting.kind.is_return() && posting.quantity != 0 && goods(),
            About::Measure(_) => false,
        }
    }
}
