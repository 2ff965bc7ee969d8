//! The demonstration: an invented seller whose marketplaces live in this process.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use countinghouse_core::app::{ApiError, App, CostPolicy, Profile};
use countinghouse_core::auth::connect::shopify::{Access, Asked, base_address};
use countinghouse_core::auth::vault::Secret;
use countinghouse_core::clock::Clock;
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::store::{Connection, ConnectionId};
use countinghouse_sim::faults::Plan;
use countinghouse_sim::shopify::{App as ShopApp, Shop, ShopPlan};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Server, Setup, Sim};
use serde::{Deserialize, Serialize};

/// Name of the demonstration's profile.
pub const NAME: &str = "Demo";
/// Orders on each day, where nothing else is asked for.
pub const ORDERS_A_DAY: u64 = 12;
/// Longest history that is invented, in days.
pub const LONGEST: u32 = 3_650;
/// Setting of a demonstration's profile that tells which seller it is of.
const SETTING: &str = "demonstration";

/// What is invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            orders: 365 * ORDERS_A_DAY,
        }
    }
}

/// A seller as a profile remembers it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Remembered {
    seller: Seller,
    /// UTC second of the present in which its history was invented.
    made_at: i64,
}

impl Seller {
    /// The usual seller with so many days of history.
    ///
    /// # Errors
    /// `Invalid` for no days, or for more than ten years.
    pub fn over(days: u32) -> Result<Seller, ApiError> {
        if !(1..=LONGEST).contains(&days) {
            return Err(ApiError::invalid(
                format!("a demonstration of {days} days cannot be made"),
                format!("Ask for 1 to {LONGEST} days."),
            ));
        }
        Ok(Seller {
            days,
            orders: ORDERS_A_DAY * u64::from(days),
            ..Seller::default()
        })
    }

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
    pub fn marketplaces(&self, clock: &Arc<dyn Clock>, faults: Plan, storage: String, plan: ShopPlan) -> Sim {
        simulate(self.world(present(clock)), clock, faults, storage, plan)
    }
}

/// The time as the simulator writes it.
fn present(clock: &Arc<dyn Clock>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock.now_millis()).unwrap_or_default()
}

fn simulate(world: World, clock: &Arc<dyn Clock>, faults: Plan, storage: String, plan: ShopPlan) -> Sim {
    let clock = Arc::clone(clock);
    let mut setup = Setup::new(world, Arc::new(move || present(&clock)));
    setup.held = true;
    setup.faults = faults;
    setup.shopify.storage = storage;
    setup.shopify.shop.plan = plan;
    Sim::new(setup)
}

/// Serves a world's marketplaces on a free port of 127.0.0.1, until the server is dropped.
async fn serve(world: World, clock: &Arc<dyn Clock>) -> Result<Server, ApiError> {
    let trouble = |e: std::io::Error| ApiError::internal(format!("the simulated marketplaces cannot listen: {e}"));
    let listener = Server::bind(0).await.map_err(trouble)?;
    let storage = Server::storage(&listener).map_err(trouble)?;
    let sim = Arc::new(simulate(world, clock, Plan::default(), storage, ShopPlan::default()));
    Server::serve(listener, sim).map_err(trouble)
}

/// A fresh profile for a demonstration: an earlier one is replaced, it holds invented data only. Call it on a thread that may wait.
///
/// # Errors
/// Why the profile cannot be made; `Invalid` where a profile of real data has the name.
pub fn profile(app: &App) -> Result<Arc<Profile>, ApiError> {
    if let Some(earlier) = app.profiles()?.iter().find(|p| p.name == NAME && p.demo) {
        app.remove_profile(&earlier.id)?;
    }
    let profile = app.create_profile(NAME, true)?;
    // The invented shop's costs are as old as its goods.
    profile.set_cost_policy(CostPolicy::Backdate)?;
    Ok(profile)
}

/// Opens the seller's marketplaces and connects the profile to them over loopback HTTP with OAuth. The profile remembers the seller.
///
/// # Errors
/// The marketplaces cannot listen, or why connecting failed.
pub async fn connect(
    profile: &Profile,
    seller: &Seller,
    clock: &Arc<dyn Clock>,
) -> Result<(Server, Connection), ApiError> {
    let made_at = clock.now();
    let world = seller.world(DateTime::from_timestamp(made_at, 0).unwrap_or_default());
    let server = serve(world, clock).await?;
    let remembered = Remembered {
        seller: *seller,
        made_at,
    };
    profile
        .store()
        .write(move |w| w.set_setting(SETTING, &remembered))
        .await?;
    let endpoint = server.shopify(Shop::DEMO_HANDLE);
    let asked = Asked {
        shop: Shop::DEMO_HANDLE.parse()?,
        endpoint: Some(endpoint),
        version: API_VERSION.to_owned(),
        access: Access::ClientCredentials {
            client_id: ShopApp::DEMO_ID.to_owned(),
            client_secret: Secret::from(ShopApp::DEMO_SECRET),
        },
    };
    let (connection, _) = profile.connect_shopify(asked, None, None, |_| {}).await?;
    Ok((server, connection))
}

/// Opens the marketplaces of a profile made earlier again, and points its connections to them. The seller is the same and has gone
/// on trading up to the last noon. `None` for a profile without a seller.
///
/// # Errors
/// The marketplaces cannot listen, or the ledger cannot be written.
pub async fn reopen(profile: &Profile, clock: &Arc<dyn Clock>) -> Result<Option<Server>, ApiError> {
    let remembered: Option<Remembered> = profile.store().read(|r| r.setting(SETTING)).await?;
    let Some(Remembered { seller, made_at }) = remembered else {
        return Ok(None);
    };
    let begun = seller.world(DateTime::from_timestamp(made_at, 0).unwrap_or_default());
    let noon = seller.world(present(clock)).now();
    // A machine whose clock was set back does not take sales back.
    let world = begun.at(noon.max(begun.now()));
    let server = serve(world, clock).await?;
    point(profile, &server).await?;
    Ok(Some(server))
}

/// Points the connections of a demonstration at these marketplaces, where another process made them point at its own.
///
/// # Errors
/// The ledger cannot be written.
pub async fn point(profile: &Profile, server: &Server) -> Result<(), ApiError> {
    let endpoint = base_address(&Shop::DEMO_HANDLE.parse()?, Some(&server.shopify(Shop::DEMO_HANDLE)))?;
    // Files of the user's own, and accounts that he connected, are not the demonstration's.
    let ours = |c: &Connection| c.endpoint.starts_with("http://127.0.0.1:") && c.endpoint != endpoint.as_str();
    let all = profile.store().read(|r| r.connections()).await?;
    let astray: Vec<ConnectionId> = all.iter().filter(|c| ours(c)).map(|c| c.id).collect();
    for id in astray {
        profile.move_connection(id, endpoint.as_str()).await?;
    }
    Ok(())
}
