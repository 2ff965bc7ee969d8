//! Bulk operations: accepted, run by the clock, their result files made anew for every reader (contract section 5).

mod desk;
mod rows;
mod rules;

pub(crate) use desk::{Desk, Failure, Operation, Refusal, State};
pub(crate) use rows::{Order as RowOrder, Rows, Source};
pub(crate) use rules::{BulkPlan, accept};
