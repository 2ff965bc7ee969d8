//! Filters as SQL: only fixed texts of this folder become SQL, everything a person typed is a value.

use std::ops::Range;

use rusqlite::types::Value;

use crate::model::{ACCOUNT_DAYS, Day};

/// Conditions joined by AND (or OR inside brackets), with their values.
#[derive(Default)]
pub(super) struct Conditions {
    /// Empty, or from `WHERE` on.
    pub(super) text: String,
    /// A value per `?`.
    pub(super) values: Vec<Value>,
}

impl Conditions {
    /// One more condition that must hold.
    pub(super) fn add(&mut self, condition: &'static str, value: Value) {
        self.text
            .push_str(if self.text.is_empty() { "WHERE " } else { " AND " });
        self.text.push_str(condition);
        self.values.push(value);
    }

    /// One that may hold instead of those before it in the same bracket.
    pub(super) fn or(&mut self, condition: &'static str, value: Value) {
        self.text.push_str(" OR ");
        self.text.push_str(condition);
        self.values.push(value);
    }

    /// Closes a bracket.
    pub(super) fn close(&mut self) {
        self.text.push(')');
    }

    /// Only orders, no days of the account: by their keys, which an index holds, so that counting reads no order.
    pub(super) fn only_orders(&mut self) {
        let [from, to] = ACCOUNT_DAYS.map(|end| Value::Text(end.to_owned()));
        self.add("(key < ?", from);
        self.or("key >= ?)", to);
    }

    /// A column that must have one of some values; none at all never holds.
    pub(super) fn any(&mut self, column: &'static str, values: impl Iterator<Item = Value>) {
        self.text
            .push_str(if self.text.is_empty() { "WHERE " } else { " AND " });
        let before = self.values.len();
        self.values.extend(values);
        let places = vec!["?"; self.values.len() - before].join(", ");
        self.text.push_str(&format!("{column} IN ({places})"));
    }

    /// Order days, the last one left out.
    pub(super) fn placed(&mut self, days: &Range<Day>) {
        self.add("placed_day >= ?", Value::Integer(days.start.0.into()));
        self.add("placed_day < ?", Value::Integer(days.end.0.into()));
        // The day's index is the one of moments: two days' margin covers every zone.
        self.add("placed_at >= ?", Value::Integer((i64::from(days.start.0) - 2) * 86_400));
        self.add("placed_at < ?", Value::Integer((i64::from(days.end.0) + 2) * 86_400));
    }
}
