//! What an exported order was charged. The export does not say whether prices include tax, nor what shipping lost to a discount: the
//! order's total does (LEDGER ruling 34).

use crate::connectors::ReadError;
use crate::model::Currency;

/// The order's columns, in millionths; what a file does not show is zero, but for the total.
pub(super) struct Columns {
    /// Its subtotal, or the prices of its rows after discounts.
    pub(super) goods: i64,
    /// Discounts that the rows show themselves.
    pub(super) on_rows: i64,
    /// What lies between the rows' prices and the subtotal.
    pub(super) lost: i64,
    /// “Discount Amount”.
    pub(super) discounts: Option<i64>,
    pub(super) shipping: i64,
    pub(super) tax: i64,
    pub(super) duty: i64,
    pub(super) total: Option<i64>,
}

/// How the columns add up.
pub(super) struct Charged {
    /// Prices include tax.
    pub(super) taxes_included: bool,
    /// Discount on shipping (positive), taken off the column.
    pub(super) off_shipping: i64,
    /// Discount on shipping (positive) that the column is without already.
    pub(super) off_before: i64,
    /// What does not add up.
    pub(super) doubts: Vec<ReadError>,
}

impl Columns {
    /// Reads the columns so that they come to the total. Discounts beyond what the rows lost were on shipping.
    pub(super) fn add_up(&self, currency: Currency) -> Charged {
        let text = |micros: i64| format!("{} {currency}", currency.format(micros));
        let mut doubts = Vec::new();
        let mut doubt = |message: String| {
            doubts.push(ReadError {
                code: "totals_differ",
                message,
            });
        };
        let discounts = self.discounts.unwrap_or(0);
        if self.discounts.is_some() && self.lost > discounts.saturating_add(self.on_rows) {
            doubt(format!(
                "the order's rows come to {} more than its subtotal, its discounts are {}",
                text(self.lost),
                text(discounts)
            ));
        }
        // Whether the column holds the discounts that rows show themselves, files differ.
        let beyond = [discounts - self.lost, discounts - (self.lost - self.on_rows)];
        let beyond = beyond.into_iter().filter(|off| *off > 0 && *off <= self.shipping);
        let ways: Vec<(i64, bool)> = beyond
            .chain([0])
            .flat_map(|off| [(off, false), (off, true)])
            .filter(|(_, included)| !included || self.tax != 0)
            .collect();
        let plain = ways.first().copied().unwrap_or_default();
        let Some(total) = self.total else {
            return Charged {
                taxes_included: false,
                off_shipping: plain.0,
                off_before: 0,
                doubts,
            };
        };
        // Duties may stand outside the total.
        let right = |way: &&(i64, bool)| {
            let charged = self.charged(**way);
            charged == i128::from(total) || charged + i128::from(self.duty) == i128::from(total)
        };
        let found = ways.iter().find(right).copied();
        if found.is_none() {
            doubt(format!(
                "the order's rows, shipping and taxes come to {}, its total is {}; the rows count. A tip is in the total, and not shown",
                text(i64::try_from(self.charged(plain)).unwrap_or(i64::MAX)),
                text(total)
            ));
        }
        let (off_shipping, taxes_included) = found.unwrap_or(plain);
        // The total knows of no further discount: the column of shipping is what was left of it.
        let unseen = match off_shipping {
            0 => (discounts - self.lost).max(0),
            _ => 0,
        };
        Charged {
            taxes_included,
            off_shipping,
            off_before: if found.is_some() { unseen } else { 0 },
            doubts,
        }
    }

    fn charged(&self, (off, included): (i64, bool)) -> i128 {
        let tax = if included { 0 } else { self.tax };
        [self.goods, self.shipping, tax, -off].into_iter().map(i128::from).sum()
    }
}
