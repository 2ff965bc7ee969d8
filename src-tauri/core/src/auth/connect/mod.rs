//! Connecting an account: the steps through browser and token endpoint, one file per marketplace. What may be computed without
//! network is in the marketplace's connector.

pub mod shopify;
