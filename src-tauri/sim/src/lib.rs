//! The marketplaces, simulated: a seeded world, its faces, and the truth about it.

pub mod amazon;
mod body;
mod control;
mod face;
pub mod faults;
mod reply;
mod server;
pub mod shopify;
mod sim;
pub mod truth;
pub mod world;

pub use body::{Body, Cut};
pub use server::Server;
pub use sim::{Clock, Setup, Sim};
