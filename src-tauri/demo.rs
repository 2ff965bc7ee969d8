//! The demonstration: an invented seller whose marketplaces live in this process.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use countinghouse_core::app::{ApiError, App, CostPolicy, Profile};
use countinghouse_core::auth::connect::{amazon as seller, shopify as shop};
use countinghouse_core::auth::vault::Secret;
use countinghouse_core::clock::Clock;
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::amazon::auth::{Region, base_of};
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::metrics::Period;
use countinghouse_core::model::Day;
use countinghouse_core::store::Connection;
use countinghouse_sim::amazon;
use countinghouse_sim::faults::Plan;
use countinghouse_sim::shopify::{App as ShopApp, Shop, ShopPlan};
use countinghouse_sim::world::amazon::{AmazonSpec, Region as Account};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Server, Setup, Sim};
use serde::{Deserialize, Serialize};
use url::Url;

/// Name of the demonstration's profile.
pub const NAME: &str = "Demo";
/// Orders of the shop on each day, where nothing else is asked for.
pub const ORDERS_A_DAY: u64 = 12;
/// How many times faster than Amazon the demonstration's own one lets itself be asked and makes its files, so that nobody waits.
const FAST: u64 = 10_000;
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
    /// Orders of the shop in the whole history. Amazon's marketplaces together have as many beside it, a little more than half of
    /// them in the United States.
    pub orders: u64,
    /// The orders are placed up to the present, to the order; else up to the end of its day.
    #[serde(default)]
    pub exact: bool,
}

impl Default for Seller {
    fn default() -> Seller {
        Seller {
            seed: 1,
            days: 365,
            orders: 365 * ORDERS_A_DAY,
            exact: false,
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

    /// The seller's world at the noon of the shop's day, and before noon at the day's beginning: every run of a morning and every run
    /// of an afternoon sees the same one, so that its truth can be asked for later, and the days end with today at any hour.
    pub fn world(&self, now: DateTime<Utc>) -> World {
        let spec = WorldSpec::new(self.seed, Second(now.timestamp()), self.days, 0);
        let today = now.with_timezone(&spec.zone).date_naive();
        let at = |hour: u32| {
            let at = today.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default());
            spec.zone
                .from_local_datetime(&at)
                .earliest()
                .map_or(now.timestamp(), |at| at.timestamp())
        };
        let noon = at(12);
        let moment = if noon <= now.timestamp() { noon } else { at(0) };
        let shop = World::new(WorldSpec {
            now: Second(moment),
            orders: self.orders,
            exact: self.exact,
            ..spec
        });
        // An order that the seller sends and that only a report tells is dated by its money, and marked (LEDGER ruling 37). The demo
        // is held to what truly happened, by the day: its money is posted as the parcel leaves.
        shop.with_amazon(AmazonSpec {
            posted_at_once: true,
            ..AmazonSpec::new(self.orders)
        })
    }

    /// The days of the shop's history as of UTC second `now`, today the last of them.
    pub fn days_until(&self, now: i64) -> Period {
        let world = self.world(DateTime::from_timestamp(now, 0).unwrap_or_default());
        let last = Day::from_date(world.now().day_in(world.spec().zone));
        Period::ending(last, i32::try_from(self.days).unwrap_or(i32::MAX))
    }

    /// The marketplaces over this seller, the world held at its moment, at the platforms' own pace.
    pub fn marketplaces(&self, clock: &Arc<dyn Clock>, faults: Plan, storage: String, plan: ShopPlan) -> Sim {
        self.marketplaces_at(clock, faults, storage, Pace { plan, amazon: 1 })
    }

    /// The same at another pace.
    pub fn marketplaces_at(&self, clock: &Arc<dyn Clock>, faults: Plan, storage: String, pace: Pace) -> Sim {
        simulate(self.world(present(clock)), clock, faults, storage, pace)
    }
}

/// How fast the marketplaces let themselves be asked.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The shop's plan.
    pub plan: ShopPlan,
    /// How many times faster than real Amazon is, at least 1.
    pub amazon: u64,
}

/// The time as the simulator writes it.
fn present(clock: &Arc<dyn Clock>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock.now_millis()).unwrap_or_default()
}

fn simulate(world: World, clock: &Arc<dyn Clock>, faults: Plan, storage: String, pace: Pace) -> Sim {
    let clock = Arc::clone(clock);
    let mut setup = Setup::new(world, Arc::new(move || present(&clock)));
    setup.held = true;
    setup.faults = faults;
    setup.amazon.storage.clone_from(&storage);
    setup.shopify.storage = storage;
    setup.shopify.shop.plan = pace.plan;
    let speed = pace.amazon.max(1);
    let faster = |seconds: i64| seconds / i64::try_from(speed).unwrap_or(i64::MAX);
    let faster = |(waits, made): (i64, i64)| (faster(waits), faster(made));
    setup.amazon.speed = speed;
    setup.amazon.report_times = faster(setup.amazon.report_times);
    setup.amazon.kiosk_times = faster(setup.amazon.kiosk_times);
    Sim::new(setup)
}

/// The address to connect a seller account with: below it lie the regions.
pub fn amazon_endpoint(server: &Server) -> String {
    format!("http://{}/amazon", server.address())
}

/// Serves a world's marketplaces on a free port of 127.0.0.1, until the server is dropped.
async fn serve(world: World, clock: &Arc<dyn Clock>) -> Result<Server, ApiError> {
    let trouble = |e: std::io::Error| ApiError::internal(format!("the simulated marketplaces cannot listen: {e}"));
    let listener = Server::bind(0).await.map_err(trouble)?;
    let storage = Server::storage(&listener).map_err(trouble)?;
    let pace = Pace {
        plan: ShopPlan::default(),
        amazon: FAST,
    };
    let sim = Arc::new(simulate(world, clock, Plan::default(), storage, pace));
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

/// Opens the seller's marketplaces and connects the profile to the shop and to Amazon.com over loopback HTTP with OAuth. Both sell in
/// dollars; a total over Amazon's other marketplaces would need rates, which nobody publishes for an invented year. The profile
/// remembers the seller. The shop's connection comes first.
///
/// # Errors
/// The marketplaces cannot listen, or why connecting failed.
pub async fn connect(
    profile: &Profile,
    seller: &Seller,
    clock: &Arc<dyn Clock>,
) -> Result<(Server, Vec<Connection>), ApiError> {
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
    let asked = shop::Asked {
        shop: Shop::DEMO_HANDLE.parse()?,
        endpoint: Some(server.shopify(Shop::DEMO_HANDLE)),
        version: API_VERSION.to_owned(),
        access: shop::Access::ClientCredentials {
            client_id: ShopApp::DEMO_ID.to_owned(),
            client_secret: Secret::from(ShopApp::DEMO_SECRET),
        },
    };
    let (shopify, _) = profile.connect_shopify(asked, None, None, |_| {}).await?;
    let asked = seller::Asked {
        region: Some(Region::NorthAmerica),
        marketplaces: Vec::new(),
        endpoint: Some(amazon_endpoint(&server)),
        seller: Some(amazon::Options::DEMO_SELLER.to_owned()),
        secret_since: None,
        access: seller::Access::Private {
            client_id: amazon::App::DEMO_ID.to_owned(),
            client_secret: Secret::from(amazon::App::DEMO_SECRET),
            refresh_token: Secret::from(amazon::App::demo_token(Account::Na).as_str()),
        },
    };
    let (amazon, _) = profile.connect_amazon(asked, None, None, |_| {}).await?;
    Ok((server, vec![shopify, amazon]))
}

/// Opens the marketplaces of a profile made earlier again, and points its connections to them. The seller is the same and has gone
/// on trading up to the noon of the day, or to its beginning. `None` for a profile without a seller.
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
    let shopify = shop::base_address(&Shop::DEMO_HANDLE.parse()?, Some(&server.shopify(Shop::DEMO_HANDLE)))?;
    let all = profile.store().read(|r| r.connections()).await?;
    // Files of the user's own, and accounts that he connected, are not the demonstration's.
    for connection in all.iter().filter(|c| c.endpoint.starts_with("http://127.0.0.1:")) {
        let endpoint = match connection.channel {
            Channel::Amazon => {
                let here = Url::parse(&connection.endpoint).ok();
                let region = here.and_then(|here| Region::at(&here)).unwrap_or(Region::NorthAmerica);
                base_of(region, Some(&amazon_endpoint(server)))?
            }
            _ => shopify.clone(),
        };
        if connection.endpoint != endpoint.as_str() {
            profile.move_connection(connection.id, endpoint.as_str()).await?;
        }
    }
    Ok(())
}
