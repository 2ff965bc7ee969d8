//! Everything but the window: the ledger, its store, the connectors, metrics and charts.

pub mod api;
pub mod app;
pub mod auth;
pub mod charts;
pub mod clock;
pub mod connectors;
pub mod import;
pub mod ledger;
pub mod metrics;
pub mod model;
pub mod net;
pub mod report;
pub mod store;
pub mod sync;
