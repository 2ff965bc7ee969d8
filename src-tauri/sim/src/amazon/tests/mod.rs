//! The face, held to the contract and to the published models.

mod all_orders;
mod documents;
mod faults;
mod login;
mod money;
mod orders;
mod published;
mod reading;
mod rig;
mod stock;
