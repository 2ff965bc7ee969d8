//! A profile connected to the simulated shop inside this process: no sockets, and a clock on which waits take no time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{TimeZone, Utc};
use countinghouse_core::app::{ApiError, CostPolicy, Deps, Profile, ProfileInfo};
use countinghouse_core::auth::connect::amazon::{self as seller, Connected};
use countinghouse_core::auth::connect::shopify::{Access, Asked};
use countinghouse_core::auth::vault::{Key, Secret};
use countinghouse_core::clock::{Clock, SteppedClock};
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::model::Order;
use countinghouse_core::net::entropy::SeededEntropy;
use countinghouse_core::net::{Body, Pending, Transport, TransportError};
use countinghouse_core::store::{self, Checkpoint, ConnectionId, Issue, IssueFilter};
use countinghouse_core::sync::{Cancel, Event, Options, Phase, Report, StreamProgress};
use countinghouse_sim::amazon;
use countinghouse_sim::shopify::{self, App, Shop, ShopPlan};
use countinghouse_sim::world::amazon::AmazonSpec;
use countinghouse_sim::world::{World, WorldSpec};
use countinghouse_sim::{Cut, Setup, Sim, world};
use http::{Request, Response};

use crate::rig::{NoBrowser, TestKeys};

/// Time that an answer takes.
const ANSWER: Duration = Duration::from_millis(40);

/// Changes an answer's body on its way, told by the request's.
pub(crate) type Tamper = dyn FnMut(&str, Bytes) -> Bytes + Send;

/// Hears every request's body with its answer's, as the marketplace gave it.
pub(crate) type Listener = dyn FnMut(&str, &[u8]) + Send;

/// A request that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    /// When it was, milliseconds.
    pub(crate) at: i64,
    /// Its path.
    pub(crate) path: String,
    /// The answer's status.
    pub(crate) status: u16,
}

/// The simulated marketplaces behind the interface that the program sends by.
pub(crate) struct Market {
    pub(crate) sim: Sim,
    clock: Arc<SteppedClock>,
    /// Milliseconds by which the seller's life was moved on together with the clock.
    moved: Arc<AtomicI64>,
    asked: Mutex<Vec<String>>,
    calls: Mutex<Vec<Answered>>,
    tamper: Mutex<Option<Box<Tamper>>>,
    edits: Mutex<Vec<(&'static str, &'static str)>>,
    listener: Mutex<Option<Box<Listener>>>,
}

impl Market {
    /// The shop of `spec`, whose life stands still unless it is moved on.
    pub(crate) fn new(spec: WorldSpec, shop: shopify::Options) -> Arc<Market> {
        Market::of(spec, shop, true)
    }

    /// The shop of `spec`, whose life goes on with the clock: what happens is dated when it can be seen.
    pub(crate) fn living(spec: WorldSpec) -> Arc<Market> {
        Market::of(spec, shop(), false)
    }

    /// The same with a search that is so many seconds behind.
    pub(crate) fn lagging(spec: WorldSpec, seconds: i64) -> Arc<Market> {
        let shop = shopify::Options {
            search_lag: seconds,
            ..shop()
        };
        Market::of(spec, shop, false)
    }

    /// Lets days go by.
    pub(crate) fn pass(&self, days: u64) {
        self.clock.advance(Duration::from_secs(days * 86_400));
    }

    /// The shop of `spec`, whose clock is so many seconds ahead of the program's, or behind it.
    pub(crate) fn apart(spec: WorldSpec, seconds: i64) -> Arc<Market> {
        let market = Market::living(spec);
        market.moved.fetch_sub(seconds * 1_000, Ordering::Relaxed);
        market
    }

    /// Sets the program's clock on by days, and the platform's not.
    pub(crate) fn mistake(&self, days: u32) {
        self.moved.fetch_add(i64::from(days) * 86_400_000, Ordering::Relaxed);
        self.clock.advance(Duration::from_secs(u64::from(days) * 86_400));
    }

    /// The seller of `spec`, who sells so much at Amazon too; the life goes on with the clock.
    pub(crate) fn selling(spec: WorldSpec, amazon: AmazonSpec, account: amazon::Options) -> Arc<Market> {
        Market::with(
            World::new(spec.clone()).with_amazon(amazon),
            spec,
            (shop(), account),
            false,
        )
    }

    /// The same, whose life stands still.
    pub(crate) fn selling_held(spec: WorldSpec, amazon: AmazonSpec, account: amazon::Options) -> Arc<Market> {
        Market::with(
            World::new(spec.clone()).with_amazon(amazon),
            spec,
            (shop(), account),
            true,
        )
    }

    fn of(spec: WorldSpec, shop: shopify::Options, held: bool) -> Arc<Market> {
        Market::with(World::new(spec.clone()), spec, (shop, amazon::Options::default()), held)
    }

    fn with(
        world: World,
        spec: WorldSpec,
        (shop, amazon): (shopify::Options, amazon::Options),
        held: bool,
    ) -> Arc<Market> {
        let clock = Arc::new(SteppedClock::running(spec.now.0));
        let told = Arc::clone(&clock);
        let moved = Arc::new(AtomicI64::new(0));
        let ahead = Arc::clone(&moved);
        let now = move || {
            let millis = told.now_millis() - ahead.load(Ordering::Relaxed);
            Utc.timestamp_millis_opt(millis).single().expect("a moment")
        };
        let setup = Setup {
            held,
            shopify: shop,
            amazon,
            ..Setup::new(world, Arc::new(now))
        };
        Arc::new(Market {
            sim: Sim::new(setup),
            clock,
            moved,
            asked: Mutex::default(),
            calls: Mutex::default(),
            tamper: Mutex::default(),
            edits: Mutex::default(),
            listener: Mutex::default(),
        })
    }

    /// Sets what goes wrong, in the language of fault plans.
    pub(crate) fn faults(&self, plan: &str) {
        self.sim.set_faults(plan.parse().expect("a plan of faults"));
    }

    /// Changes the bodies of answers from here on.
    pub(crate) fn tamper(&self, change: impl FnMut(&str, Bytes) -> Bytes + Send + 'static) {
        *self.tamper.lock().expect("a lock") = Some(Box::new(change));
    }

    /// Hears what is asked and answered from here on.
    pub(crate) fn listen(&self, ear: impl FnMut(&str, &[u8]) + Send + 'static) {
        *self.listener.lock().expect("a lock") = Some(Box::new(ear));
    }

    /// The clock of the program and the platform.
    pub(crate) fn clock(&self) -> Arc<SteppedClock> {
        Arc::clone(&self.clock)
    }

    /// Lets time go by, for the program and the platform alike.
    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Moves a life that stands still on by days, and the time with it.
    pub(crate) fn advance(&self, days: u32) {
        let time = Duration::from_secs(u64::from(days) * 86_400);
        self.moved.fetch_add(i64::from(days) * 86_400_000, Ordering::Relaxed);
        self.clock.advance(time);
        self.sim.advance(days);
    }

    /// Replaces a text in requests on their way, so that the shop answers another question.
    pub(crate) fn edit(&self, from: &'static str, to: &'static str) {
        self.edits.lock().expect("a lock").push((from, to));
    }

    /// What was asked and how it was answered since this was last asked.
    pub(crate) fn calls(&self) -> Vec<Answered> {
        std::mem::take(&mut *self.calls.lock().expect("a lock"))
    }

    /// Bodies of the requests since this was last asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("a lock"))
    }
}

impl Transport for Market {
    fn send(&self, request: Request<Bytes>) -> Pending<'_, Result<Response<Box<dyn Body>>, TransportError>> {
        self.clock.advance(ANSWER);
        let host = request.uri().host().unwrap_or_default().to_owned();
        let path = request.uri().path().to_owned();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.asked.lock().expect("a lock").push(body.clone());
        let edits = self.edits.lock().expect("a lock").clone();
        let request = request.map(|bytes| match edits.is_empty() {
            true => bytes,
            false => Bytes::from(
                edits
                    .iter()
                    .fold(body.clone(), |text, (from, to)| text.replace(from, to)),
            ),
        });
        let answer = self.sim.handle(request);
        self.calls.lock().expect("a lock").push(Answered {
            at: self.clock.now_millis(),
            path,
            status: answer.status().as_u16(),
        });
        if let Some(ear) = self.listener.lock().expect("a lock").as_mut() {
            ear(&body, answer.body());
        }
        let cut = answer.extensions().get::<Cut>().copied();
        let broken = answer.headers().contains_key("content-encoding");
        let lost = |cause: &str| TransportError::Cut {
            host: host.clone(),
            cause: cause.to_owned(),
        };
        let answer = match cut {
            Some(Cut::BeforeAnswer) => Err(lost("before the answer")),
            _ => Ok(answer.map(|mut bytes| {
                if let Some(change) = self.tamper.lock().expect("a lock").as_mut() {
                    bytes = change(&body, bytes);
                }
                let end = match cut {
                    Some(_) => Some(lost("inside the body")),
                    // Nothing packed was asked for: what comes packed is the fault of broken packing.
                    None => broken.then(|| TransportError::Packing { host: host.clone() }),
                };
                Box::new(Whole {
                    bytes: Some(bytes),
                    end,
                }) as Box<dyn Body>
            })),
        };
        Box::pin(async move { answer })
    }
}

/// A body in one piece, and how it ends.
struct Whole {
    bytes: Option<Bytes>,
    end: Option<TransportError>,
}

impl Body for Whole {
    fn chunk(&mut self) -> Pending<'_, Result<Option<Bytes>, TransportError>> {
        let next = match (self.bytes.take(), self.end.take()) {
            (Some(bytes), end) => {
                self.end = end;
                Ok(Some(bytes))
            }
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        };
        Box::pin(async move { next })
    }
}

/// A shop with room enough in its bucket that tests do not wait for it.
pub(crate) fn shop() -> shopify::Options {
    shopify::Options {
        shop: Shop {
            plan: ShopPlan::Enterprise,
            ..Shop::demo()
        },
        ..shopify::Options::default()
    }
}

/// A shop that says it has more orders than are read by pages: the first load goes by bulk runs.
pub(crate) fn large(market: &Market) {
    market.tamper(|_, body| many(body));
}

/// The same for one answer.
pub(crate) fn many(body: Bytes) -> Bytes {
    counted(body, 60_000)
}

/// An answer that counts so many orders: that to the first look at the shop. Later counts hold what came against what is there.
pub(crate) fn counted(body: Bytes, orders: u64) -> Bytes {
    let text = String::from_utf8_lossy(&body);
    if !text.contains("\"orders\":") || text.contains("\"pageInfo\"") {
        return body;
    }
    match text.split_once("\"ordersCount\":{\"count\":") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            Bytes::from(format!("{before}\"ordersCount\":{{\"count\":{orders}{rest}"))
        }
        None => body,
    }
}

/// A profile in a folder of its own, connected to a market.
pub(crate) struct Seller {
    pub(crate) market: Arc<Market>,
    profile: Option<Profile>,
    pub(crate) connection: ConnectionId,
    folder: PathBuf,
    options: store::Options,
    /// The program's time, where it is not kept by the market's clock alone.
    time: Option<Arc<dyn Clock>>,
}

impl Seller {
    /// Connected, not yet synced.
    pub(crate) fn new(spec: WorldSpec) -> Seller {
        Seller::of(Market::new(spec, shop()))
    }

    /// Connected to a market of one's own.
    pub(crate) fn of(market: Arc<Market>) -> Seller {
        let mut seller = Seller::disconnected(market);
        seller.connection = seller.connect().expect("the simulated shop lets its app in");
        seller
    }

    /// A profile beside a market, without a connection.
    pub(crate) fn disconnected(market: Arc<Market>) -> Seller {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("countinghouse-market-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Seller::in_folder(market, folder, Checkpoint::default())
    }

    /// A profile in a folder that may hold one already.
    pub(crate) fn in_folder(market: Arc<Market>, folder: PathBuf, checkpoint: Checkpoint) -> Seller {
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut seller = Seller {
            market,
            profile: None,
            connection: ConnectionId(1),
            folder,
            options: store::Options {
                checkpoint,
                patience: Duration::ZERO,
                ..store::Options::default()
            },
            time: None,
        };
        seller.restart();
        seller
    }

    /// Closes the profile as a program that ends does, and opens its file again.
    pub(crate) fn restart(&mut self) {
        self.profile = None;
        let own = || Arc::clone(&self.market.clock) as Arc<dyn Clock>;
        let deps = Deps {
            clock: self.time.clone().unwrap_or_else(own),
            keys: Arc::new(TestKeys),
            transport: Arc::clone(&self.market) as Arc<dyn Transport>,
            browser: Arc::new(NoBrowser),
            entropy: Arc::new(SeededEntropy::new(5)),
        };
        let info = ProfileInfo {
            id: "shop".to_owned(),
            name: "Shop".to_owned(),
            demo: false,
            created_at: 0,
        };
        let key = Key::from_bytes([7; 32]);
        let profile = Profile::open_with(info, self.folder.clone(), &key, deps, self.options.clone());
        let profile = profile.expect("the profile opens");
        profile.set_cost_policy(CostPolicy::Backdate).expect("a setting");
        self.profile = Some(profile);
    }

    /// Lets the program wait by another clock from here on.
    pub(crate) fn waits_by(&mut self, clock: Arc<dyn Clock>) {
        self.time = Some(clock);
        self.restart();
    }

    /// Opens the file again on a disk with room for so many pages of it, or room enough.
    pub(crate) fn limit(&mut self, pages: Option<u32>) {
        self.options.max_pages = pages;
        self.restart();
    }

    /// Closes the profile as a program that ends does, and leaves its folder where it is.
    pub(crate) fn leave(mut self) -> PathBuf {
        self.profile = None;
        std::mem::take(&mut self.folder)
    }

    /// The profile's folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The profile.
    pub(crate) fn profile(&self) -> &Profile {
        self.profile.as_ref().expect("an open profile")
    }

    /// Connects by client credentials.
    pub(crate) fn connect(&self) -> Result<ConnectionId, ApiError> {
        let asked = Asked {
            shop: Shop::DEMO_HANDLE.parse().expect("a shop's name"),
            endpoint: None,
            version: API_VERSION.to_owned(),
            access: Access::ClientCredentials {
                client_id: App::DEMO_ID.to_owned(),
                client_secret: Secret::from(App::DEMO_SECRET),
            },
        };
        let (connection, _) = wait(self.profile().connect_shopify(asked, None, None, |_| {}))?;
        Ok(connection.id)
    }

    /// Connects the account at Amazon in a region, by the seller's own application.
    pub(crate) fn connect_amazon(&mut self, region: Region) -> Result<Connected, ApiError> {
        let asked = application(region);
        let (connection, connected) = wait(self.profile().connect_amazon(asked, None, None, |_| {}))?;
        self.connection = connection.id;
        Ok(connected)
    }

    /// One run, heard as it goes.
    pub(crate) fn sync_heard(&self, options: Options, hear: impl Fn(Event) + Send + Sync + 'static) -> Report {
        let ended = wait(self.profile().sync(self.connection, options, Cancel::default(), hear));
        ended.expect("the run ends well")
    }

    /// One run.
    pub(crate) fn try_sync(&self, options: Options, cancel: Cancel) -> Result<Report, ApiError> {
        wait(self.profile().sync(self.connection, options, cancel, |_| {}))
    }

    /// A run that must end well, in every stream.
    pub(crate) fn sync(&self) -> Report {
        let report = self.run();
        for stream in &report.streams {
            assert_eq!(stream.phase, Phase::Done, "stream {} is up to date", stream.stream);
        }
        report
    }

    /// A run that must come to its end; streams may be left out or fail.
    pub(crate) fn run(&self) -> Report {
        self.try_sync(Options::default(), Cancel::default())
            .expect("the run ends well")
    }

    /// All of the ledger as one text.
    pub(crate) fn digest(&self) -> String {
        self.profile().digest().expect("a readable ledger")
    }

    /// The ledger equals the truth about the seller at this moment.
    pub(crate) fn is_true(&self) {
        crate::oracle::equals_truth(self.profile(), &self.market.sim.world());
    }

    /// Open issues.
    pub(crate) fn issues(&self) -> Vec<Issue> {
        let read = |r: &store::Read<'_>| r.issues(&IssueFilter::default(), 0, 1000);
        self.profile().store().read_blocking(read).expect("a readable ledger")
    }

    /// The orders of the ledger.
    pub(crate) fn orders(&self) -> Vec<Order> {
        let connection = self.connection;
        let read = move |r: &store::Read<'_>| {
            let keys = r.keys_of(connection, "orders")?;
            keys.iter()
                .filter_map(|key| r.order(connection, key).transpose())
                .collect()
        };
        self.profile().store().read_blocking(read).expect("a readable ledger")
    }
}

impl Drop for Seller {
    fn drop(&mut self) {
        self.profile = None;
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The seller's own application, authorised in a region.
pub(crate) fn application(region: Region) -> seller::Asked {
    let token = match region {
        Region::NorthAmerica => amazon::App::demo_token(world::amazon::Region::Na),
        Region::Europe => amazon::App::demo_token(world::amazon::Region::Eu),
        Region::FarEast => amazon::App::demo_token(world::amazon::Region::Fe),
    };
    seller::Asked {
        region: Some(region),
        marketplaces: Vec::new(),
        endpoint: None,
        seller: None,
        secret_since: None,
        access: seller::Access::Private {
            client_id: amazon::App::DEMO_ID.to_owned(),
            client_secret: Secret::from(amazon::App::DEMO_SECRET),
            refresh_token: Secret::from(token.as_str()),
        },
    }
}

/// How a stream of a run ended.
pub(crate) fn stream<'a>(report: &'a Report, name: &str) -> &'a StreamProgress {
    report
        .streams
        .iter()
        .find(|stream| stream.stream == name)
        .expect("a stream of the channel")
}

/// Runs a future of the program to its end on this thread.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
}
