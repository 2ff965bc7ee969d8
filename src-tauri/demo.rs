//! The demonstration: an invented seller whose marketplaces live in this process.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use countinghouse_sim::faults::Plan;
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Setup, Sim};

/// What is invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seller {
    /// Source of everything random.
    pub seed: u64,
    /// Days of history, today included.
    pub days: u32,
    /// Orders in the whole history.
    pub orders: u64,
}

impl Default for Seller {
    fn default() -> Seller {
        Seller {
            seed: 1,
            days: 365,
            orders: 365 * 12,
        }
    }
}

impl Seller {
    /// The seller's world at the last noon of the shop before `now`: every run of a day sees the same one, so that its truth can
    /// be asked for later.
    pub fn world(&self, now: DateTime<Utc>) -> World {
        let spec = WorldSpec::new(self.seed, Second(now.timestamp()), self.days, 0);
        let local = now.with_timezone(&spec.zone);
        let noon = |date: chrono::NaiveDate| {
            let at = date.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default());
            spec.zone
                .from_local_datetime(&at)
                .earliest()
                .map_or(now.timestamp(), |at| at.timestamp())
        };
        let today = noon(local.date_naive());
        let moment = if today <= now.timestamp() {
            today
        } else {
            local.date_naive().pred_opt().map_or(today, noon)
        };
        World::new(WorldSpec {
            now: Second(moment),
            orders: self.orders,
            ..spec
        })
    }

    /// The marketplaces over this seller, the world held at its noon.
    pub fn marketplaces(&self, now: DateTime<Utc>, faults: Plan, storage: String) -> Sim {
        let mut setup = Setup::new(self.world(now), Arc::new(crate::clock::now));
        setup.held = true;
        setup.faults = faults;
        setup.shopify.storage = storage;
        Sim::new(setup)
    }
}
