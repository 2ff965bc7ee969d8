//! Totals: sums added up, or the reason why there is no total.

use std::collections::BTreeSet;

use crate::metrics::catalog::{Metric, Value};
use crate::metrics::{Definition, Measures, Period};
use crate::model::Currency;

use super::figure::{Figure, Figures, figures};
use super::history::History;

/// The total over sums, its currency, and why there is none.
pub(super) struct Total {
    pub(super) measures: Measures,
    pub(super) currency: Option<Currency>,
    pub(super) blocked: Option<String>,
    /// Nothing of these days was fetched yet: nothing is known, not even zero.
    pub(super) unfetched: bool,
}

/// Adds up sums with their currency; amounts of two currencies have no sum until a dated rate joins them.
pub(super) fn total_over<'a>(sums: impl Iterator<Item = (Currency, &'a Measures)>) -> Total {
    let mut measures = Measures::default();
    let mut currencies: BTreeSet<Currency> = BTreeSet::new();
    for (currency, m) in sums {
        measures.merge(m, 1);
        currencies.insert(currency);
    }
    let blocked = (currencies.len() > 1).then(|| {
        let codes: Vec<&str> = currencies.iter().map(Currency::code).collect();
        format!(
            "amounts are in {} and no rates are known, so there is no total in one currency",
            codes.join(" and ")
        )
    });
    let currency = if currencies.len() == 1 {
        currencies.into_iter().next()
    } else {
        None
    };
    Total {
        measures,
        currency,
        blocked,
        unfetched: false,
    }
}

impl Total {
    /// The total of a period, in the light of how far back the orders reach.
    pub(super) fn seen(self, history: History, period: Period) -> Total {
        Total {
            unfetched: history.knows_nothing(period.to, &self.measures),
            ..self
        }
    }

    pub(super) fn figures(&self, definition: Definition) -> Figures {
        // With nothing sold no currency is in play, and zero needs none.
        let currency = match &self.blocked {
            Some(_) => None,
            None => Some(self.currency.unwrap_or(Currency::USD)),
        };
        let mut figures = figures(definition, &self.measures, currency);
        if self.unfetched {
            figures.values_mut().for_each(|figure| *figure = Figure::Unknown);
        }
        figures
    }

    pub(super) fn value(&self, metric: Metric, definition: Definition) -> Option<Value> {
        let blocked = metric.adds_money() && self.blocked.is_some();
        match self.unfetched || blocked {
            true => None,
            false => metric.value(definition, &self.measures),
        }
    }
}
