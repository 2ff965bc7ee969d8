//! Day sums: what the formulas start from, kept up to date by exact integer differences.
//!
//! Two roll-ups: of the business (by sales channel, currency and status) and of products (by SKU and currency, also by
//! month). Both are sums of what each order contributes, so an order that changes moves them by the difference, and rows in
//! which nothing is left go away: the roll-ups are the same whichever way they came about.

mod delta;
mod merge;
mod query;
mod sums;

pub use delta::{DailyKey, RollupDelta};
pub use query::{DailyRow, Group, ProductRow, RollupFilter};
pub use sums::{Moved, Sums};

use crate::model::Day;

/// First day of the month a day is in.
fn month_of(day: Day) -> Day {
    use chrono::Datelike;
    Day(day.0 - (day.date().day() as i32 - 1))
}

/// First day of the next month.
fn next_month(day: Day) -> Day {
    month_of(month_of(day).plus(31))
}
