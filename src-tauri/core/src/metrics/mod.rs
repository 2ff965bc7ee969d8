//! From postings to figures: which posting counts on which day (`definition`), plain sums (`measures`), formulas over the
//! sums (`catalog`), ranges and comparisons (`query`), and the way back from a figure to its records (`trace`).
//!
//! Pure: no I/O, no clock, no floating point.

pub mod catalog;
mod definition;
mod measures;
mod period;
pub mod trace;

pub use definition::Definition;
pub use measures::{Contribution, Measure, Measures, ProductContribution, ProductMeasures, contributions};
pub use period::{Comparison, Period, Step};
