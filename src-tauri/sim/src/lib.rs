//! The marketplaces, simulated: a seeded world, its faces, and the truth about it.

mod shopify;
pub mod world;
