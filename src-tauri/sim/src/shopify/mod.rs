//! Shopify's face on the world: OAuth, the GraphQL Admin API, bulk operations.

mod graphql;
mod search;
mod tree;
