//! Connecting an account: the steps through browser and token endpoint, one file per marketplace. What may be computed without
//! network is in the marketplace's connector.

use std::sync::Arc;

use crate::auth::Browser;
use crate::clock::Clock;
use crate::net::Transport;
use crate::net::entropy::Entropy;

pub mod amazon;
pub mod granted;
mod question;
pub mod shopify;

/// What connecting needs of the world.
#[derive(Clone)]
pub struct World {
    /// The way to the platform.
    pub transport: Arc<dyn Transport>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For the state of a consent.
    pub entropy: Arc<dyn Entropy>,
    /// Where consent is given.
    pub browser: Arc<dyn Browser>,
}
