//! Keys, secrets and the way to the marketplaces' grants.

pub mod vault;
