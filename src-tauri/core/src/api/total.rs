//! Totals: sums added up, or the reason why there is no total.

use std::collections::BTreeSet;

use crate::connectors::Channel;
use crate::metrics::catalog::{Metric, Value};
use crate::metrics::{Definition, Measure, Measures, Period};
use crate::model::Currency;

use super::figure::{Figures, figures};
use super::gaps::Gaps;
use super::history::History;

/// The total over sums, its currency, and why there is none.
pub(super) struct Total {
    pub(super) measures: Measures,
    pub(super) currency: Option<Currency>,
    pub(super) blocked: Option<String>,
    /// Of none of these days every order is held: a figure of zero is not known to be one.
    pub(super) unheld: bool,
    /// Nothing counts, and there are orders that could not be counted: no zero is known to be one then, either.
    pub(super) uncounted: bool,
    /// What was paid back and charged on these days was not read: nothing that is made of it is known.
    pub(super) unread: bool,
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
        unheld: false,
        uncounted: false,
        unread: false,
    }
}

impl Total {
    /// The total of a period, in the light of which orders are held.
    pub(super) fn seen(self, history: &History, period: Period) -> Total {
        Total {
            unheld: !history.touches(period),
            unread: history.unread(period, None),
            ..self
        }
    }

    /// The total of one channel, in the light of whether its money was read.
    pub(super) fn of_channel(self, history: &History, period: Period, channel: Channel) -> Total {
        Total {
            unread: history.unread(period, Some(channel)),
            ..self
        }
    }

    /// The same, in the light of what could not be counted.
    pub(super) fn beside(self, gaps: &Gaps) -> Total {
        Total {
            uncounted: gaps.are_all(&self.measures),
            ..self
        }
    }

    /// Whether there is nothing to show: no day is held or no order could be counted, and nothing else of these days has come.
    pub(super) fn is_unknown(&self) -> bool {
        (self.unheld || self.uncounted) && self.measures == Measures::default()
    }

    pub(super) fn figures(&self, definition: Definition) -> Figures {
        // With nothing sold no currency is in play, and zero needs none.
        let currency = match &self.blocked {
            Some(_) => None,
            None => Some(self.currency.unwrap_or(Currency::USD)),
        };
        figures(definition, currency, |metric| self.known(metric, definition))
    }

    pub(super) fn value(&self, metric: Metric, definition: Definition) -> Option<Value> {
        let blocked = metric.adds_money() && self.blocked.is_some();
        match blocked {
            true => None,
            false => self.known(metric, definition),
        }
    }

    /// Why a figure of these days is unknown, in few words.
    pub(super) fn unknown_because(
        &self,
        (metric, definition): (Metric, Definition),
        (history, period): (&History, Period),
    ) -> String {
        let m = &self.measures;
        let amounts = metric.adds_money();
        let why = match metric {
            Metric::AdSpend => "no advertising costs are known",
            _ if self.unheld => history.unknown(period),
            _ if self.uncounted => "its orders could not be counted",
            _ if self.hides(metric, definition) => "what was paid back and charged was not read",
            _ if amounts && self.blocked.is_some() => "amounts are in several currencies",
            _ if amounts && m.get(Measure::Rows) == 0 && m.get(Measure::OrdersUnpriced) > 0 => {
                "no order has a price yet"
            }
            _ if amounts && definition == Definition::Accounting && m.get(Measure::RowsBasisUnknown) > 0 => {
                "the share of tax in some prices is unknown"
            }
            Metric::Taxes if m.get(Measure::RowsBasisUnknown) > 0 => "the share of tax in some prices is unknown",
            Metric::GrossProfit | Metric::Contribution | Metric::ContributionAfterAds => match m.get(Measure::Rows) {
                0 => "nothing was sold",
                _ => "no unit cost is known",
            },
            Metric::Units | Metric::UnitsReturned | Metric::FulfillmentRate | Metric::Orders
                if m.get(Measure::OrdersUntold) > 0 =>
            {
                "no record shows what was ordered"
            }
            Metric::Aov => "no order has a price",
            Metric::RefundRate => "nothing was sold that could be refunded",
            Metric::FulfillmentRate => "no orders were placed",
            _ => "not known",
        };
        why.to_owned()
    }

    /// Whether a metric is made of what was not read.
    pub(super) fn hides(&self, metric: Metric, definition: Definition) -> bool {
        self.unread && metric.holds_money_back(definition)
    }

    fn known(&self, metric: Metric, definition: Definition) -> Option<Value> {
        let value = metric.value(definition, &self.measures);
        let value = value.filter(|_| !self.hides(metric, definition));
        value.filter(|value| !(self.unheld || self.uncounted) || !value.decimal().is_zero())
    }
}
