//! Connectors against the simulated platforms: what goes wrong there, and what must come of it.

mod begin;
mod clocks;
mod contract;
mod failures;
mod rows;

/// Makes the shop answer with nested pages so short that their remainders are asked for.
pub(crate) fn long_lists(market: &crate::market::Market) {
    for (from, to) in [
        ("\"lines\":90", "\"lines\":1"),
        ("\"lines\":12", "\"lines\":1"),
        ("\"refunded\":54", "\"refunded\":1"),
        ("\"refunded\":7", "\"refunded\":1"),
        ("\"fulfilled\":90", "\"fulfilled\":1"),
        ("\"fulfilled\":12", "\"fulfilled\":1"),
        ("\"sales\":54", "\"sales\":1"),
        ("\"sales\":12", "\"sales\":1"),
        ("\"variants\":90", "\"variants\":1"),
        ("\"levels\":20", "\"levels\":1"),
    ] {
        market.edit(from, to);
    }
}
