//! Shopify's face on the world: OAuth, the GraphQL Admin API, bulk operations.

mod access;
mod bulk;
mod face;
mod graphql;
mod limits;
mod lists;
mod oauth;
mod objects;
mod pages;
mod paging;
mod search;
mod shop;
mod storage;
mod tree;
mod versions;

pub use face::Options;
pub(crate) use face::ShopFace;
pub use oauth::App;
pub use shop::{Shop, ShopPlan};

#[cfg(test)]
mod tests;
