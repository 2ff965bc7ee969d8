//! The marketplaces, simulated: a seeded world, its faces, and the truth about it.

mod body;
pub mod faults;
mod reply;
pub mod shopify;
pub mod world;
