//! Amazon's face on the world: login, consent, the Selling Partner API, reports, Data Kiosk, and the storage of documents.

mod answers;
mod app;
mod consent;
mod face;
mod finances;
mod inventory;
mod kiosk;
mod limits;
mod listings;
mod lwa;
mod metrics;
mod operations;
mod order;
mod orders;
mod pages;
mod params;
mod reports;
mod sellers;
mod spoil;
mod storage;
mod tally;
mod tokens;

pub use app::{App, Options, Role};
pub(crate) use face::SellerFace;

#[cfg(test)]
mod tests;
