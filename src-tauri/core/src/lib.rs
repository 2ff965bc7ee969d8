//! Everything but the window: the ledger, its store, the connectors, metrics and charts.

pub mod charts;
pub mod metrics;
pub mod model;
