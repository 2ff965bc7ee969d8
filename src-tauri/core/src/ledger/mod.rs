//! From raw records to a settled, costed order: the steps between a connector's facts and the store.

mod costs;

pub use costs::apply_costs;
