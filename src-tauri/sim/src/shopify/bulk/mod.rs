//! Bulk operations: accepted, run by the clock, their result files made anew for every reader (contract section 5).

mod desk;
mod rows;
mod rules;

pub(crate) use desk::{Desk, Operation, Refusal, State};
pub(crate) use rows::{Order as RowOrder, Source};
pub(crate) use rules::accept;
