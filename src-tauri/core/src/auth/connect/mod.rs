//! Connecting an account: the steps through browser and token endpoint, one file per marketplace. What may be computed without
//! network is in the marketplace's connector.

use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::Browser;
use crate::clock::Clock;
use crate::connectors::fetch::Fetcher;
use crate::net::Transport;
use crate::net::entropy::Entropy;
use crate::net::limiter::{Cost, Limiter};

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
    /// What connecting has taken from the platform's limits, which the first sync must not take again.
    pub spent: Spent,
}

/// Costs of requests, each with the milliseconds UTC at which it was answered.
#[derive(Clone, Debug, Default)]
pub struct Spent(Arc<Mutex<Vec<(Cost, i64)>>>);

impl Spent {
    fn note(&self, cost: Cost, at: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((cost, at));
    }

    /// Limits as they stand after what was spent; `known` are those that an earlier run has left.
    pub(crate) fn leaves(&self, fetcher: &dyn Fetcher, known: Option<Limiter>, now_millis: i64) -> Limiter {
        let spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut limits = known.unwrap_or_default();
        limits.declare(fetcher.limits(), spent.first().map_or(now_millis, |(_, at)| *at));
        for (cost, at) in spent.iter() {
            limits.settle(cost, None, *at);
        }
        limits
    }
}
