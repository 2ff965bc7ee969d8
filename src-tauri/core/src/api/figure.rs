//! Figures as answers: money as text with the currency's decimals, rates and counts as numbers, unknown as `null`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::metrics::Definition;
use crate::metrics::catalog::{Metric, Value, fixed};
use crate::model::Currency;

/// One value of an answer.
#[derive(Clone, Debug)]
pub enum Figure {
    /// Not known, or without a base.
    Unknown,
    /// Money as text with the currency's decimals.
    Money(String),
    /// A count or a rate, written as a plain number.
    Number(Box<RawValue>),
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Figure::Unknown => serializer.serialize_none(),
            Figure::Money(text) => serializer.serialize_str(text),
            Figure::Number(raw) => raw.serialize(serializer),
        }
    }
}

impl PartialEq for Figure {
    fn eq(&self, other: &Figure) -> bool {
        match (self, other) {
            (Figure::Unknown, Figure::Unknown) => true,
            (Figure::Money(one), Figure::Money(other)) => one == other,
            (Figure::Number(one), Figure::Number(other)) => one.get() == other.get(),
            _ => false,
        }
    }
}

impl Eq for Figure {}

impl Figure {
    /// A number from its plain text, which must be valid JSON.
    pub fn number(text: String) -> Figure {
        RawValue::from_string(text).map_or(Figure::Unknown, Figure::Number)
    }

    /// A value in the given currency.
    pub fn of(value: Option<Value>, currency: Currency) -> Figure {
        match value {
            None => Figure::Unknown,
            Some(Value::Money(_)) => Figure::Money(value.map(|v| v.text(currency)).unwrap_or_default()),
            Some(Value::Count(n)) => Figure::number(n.to_string()),
            Some(Value::Rate(d)) => Figure::number(trimmed(&fixed(d, 4))),
        }
    }
}

/// A decimal text without trailing zeros after the point.
fn trimmed(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

/// Figures by name, in a fixed order of names.
pub type Figures = BTreeMap<&'static str, Figure>;

/// Every metric of the catalogue by its value, under the names of the daily answer. Without one currency (`None`) only what is
/// not money is known.
pub(super) fn figures(
    definition: Definition,
    currency: Option<Currency>,
    value: impl Fn(Metric) -> Option<Value>,
) -> Figures {
    Metric::ALL
        .iter()
        .filter(|metric| definition == Definition::Platform || **metric != Metric::TotalSales)
        .map(|metric| {
            let figure = match currency {
                None if metric.adds_money() => Figure::Unknown,
                currency => Figure::of(value(*metric), currency.unwrap_or(Currency::USD)),
            };
            (metric.name(), figure)
        })
        .collect()
}

/// A share with four decimals.
pub(super) fn rate(value: Option<rust_decimal::Decimal>) -> Figure {
    value.map_or(Figure::Unknown, |d| Figure::number(trimmed(&fixed(d, 4))))
}

/// A share in percent with one decimal.
pub(super) fn percent(value: Option<rust_decimal::Decimal>) -> Figure {
    let hundred = rust_decimal::Decimal::ONE_HUNDRED;
    value
        .and_then(|d| d.checked_mul(hundred))
        .map_or(Figure::Unknown, |d| Figure::number(fixed(d, 1)))
}
