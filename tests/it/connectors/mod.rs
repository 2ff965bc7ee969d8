//! Connectors against the simulated platforms: what goes wrong there, and what must come of it.

mod contract;
mod failures;
