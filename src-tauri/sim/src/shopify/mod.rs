//! Shopify's face on the world: OAuth, the GraphQL Admin API, bulk operations.

mod access;
mod bulk;
mod graphql;
mod limits;
mod lists;
mod oauth;
mod objects;
mod paging;
mod search;
mod shop;
mod tree;
mod versions;

pub use oauth::App;
pub use shop::{Shop, ShopPlan};
