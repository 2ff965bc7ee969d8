//! From raw records to the ledger: store what came, extract its facts, settle the orders they touch from all their facts,
//! apply costs, and move the roll-ups by exactly the difference.

mod costs;
mod desk;
mod ingest;
mod redo;
mod relay;
mod settle;
mod things;
mod told;

pub use costs::apply_costs;
pub use ingest::{Books, Ingested, TOO_LITTLE, Trouble, ingest};
pub use redo::{rebuild, recost, recount_all, resettle, retry};
