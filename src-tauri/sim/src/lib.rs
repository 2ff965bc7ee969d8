//! The marketplaces, simulated.
