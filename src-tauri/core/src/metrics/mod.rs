//! From postings to figures: which posting counts on which day (`definition`), plain sums (`measures`) and the walk that
//! makes them (`count`), what one order adds (`contribution`), formulas over the sums (`catalog`), ranges
//! and comparisons (`period`), and the way back from a figure to its records (`trace`).
//!
//! Pure: no I/O, no clock, no floating point.

pub mod catalog;
mod contribution;
mod count;
mod definition;
mod measures;
mod period;
pub mod trace;

pub(crate) use contribution::product_key;
pub use contribution::{Contribution, ProductContribution, contributions};
pub(crate) use count::{Countable, LineMarks, Tally, count};
pub use definition::Definition;
pub use measures::{Measure, Measures, ProductMeasures};
pub use period::{Comparison, Period, Step};
