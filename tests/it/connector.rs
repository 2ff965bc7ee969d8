//! The simulated Shopify read by the real connector, in process: its clock and ours are one, so that a year of history and
//! every pause of the speed limit take no time.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{TimeZone, Utc};
use countinghouse_core::auth::connect::shopify::{Access, Asked, World as Outside, connect};
use countinghouse_core::auth::vault::{Key, MemoryVault};
use countinghouse_core::auth::{Browser, Tokens};
use countinghouse_core::clock::{Clock, Pending, SteppedClock};
use countinghouse_core::connectors::fetch::{Fetcher, StreamState};
use countinghouse_core::connectors::shopify::ShopifyFetcher;
use countinghouse_core::connectors::{Channel, ReadCtx};
use countinghouse_core::ledger::Books;
use countinghouse_core::model::{CostBook, Flags, Kind, Order, PathRef, Zone};
use countinghouse_core::net::entropy::SeededEntropy;
use countinghouse_core::net::{Body, NetError, Transport, TransportError};
use countinghouse_core::store::{Checkpoint, Connection, ConnectionId, NewConnection, Read, Store};
use countinghouse_core::sync::{Cancel, Job, Options, Phase, Report, sync};
use countinghouse_sim::faults::Plan;
use countinghouse_sim::shopify::{App, Shop, ShopPlan};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Cut, Setup, Sim};

const NOW: i64 = 1_795_000_000;

/// The simulator behind a line with a delay.
struct Line {
    sim: Arc<Sim>,
    clock: Arc<SteppedClock>,
    delay: Duration,
    requests: AtomicU64,
    points: AtomicU64,
    throttled: AtomicU64,
}

struct Whole(Option<Result<Bytes, TransportError>>);

impl Body for Whole {
    fn chunk(&mut self) -> Pending<'_, Result<Option<Bytes>, TransportError>> {
        let next = self.0.take().transpose();
        Box::pin(async move { next })
    }
}

impl Transport for Line {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Pending<'_, Result<http::Response<Box<dyn Body>>, TransportError>> {
        Box::pin(async move {
            self.clock.advance(self.delay);
            self.requests.fetch_add(1, Ordering::Relaxed);
            let host = request.uri().host().unwrap_or_default().to_owned();
            let mut answer = self.sim.handle(request);
            let cut = answer.extensions_mut().remove::<Cut>();
            let error = TransportError::Cut {
                host,
                cause: "cut".into(),
            };
            match cut {
                Some(Cut::BeforeAnswer) => return Err(error),
                Some(Cut::InBody) => return Ok(answer.map(|_| Box::new(Whole(Some(Err(error)))) as Box<dyn Body>)),
                None => {}
            }
            if let Ok(value) = serde_json::from_slice::<serde_json::Value>(answer.body()) {
                let cost = value["extensions"]["cost"]["actualQueryCost"].as_u64().unwrap_or(0);
                self.points.fetch_add(cost, Ordering::Relaxed);
                let throttled = value["errors"][0]["extensions"]["code"] == "THROTTLED";
                self.throttled.fetch_add(u64::from(throttled), Ordering::Relaxed);
            }
            Ok(answer.map(|bytes| Box::new(Whole(Some(Ok(bytes)))) as Box<dyn Body>))
        })
    }
}

struct NoBrowser;

impl Browser for NoBrowser {
    fn open(&self, _: &str) -> Result<(), NetError> {
        Ok(())
    }
}

fn books(r: &Read<'_>, connection: &Connection) -> countinghouse_core::store::Result<Books> {
    let zone = connection.zone.unwrap_or(Zone::UTC);
    let costs: CostBook = r.cost_book(connection.id)?;
    Ok(Books {
        connection: connection.id,
        channel: connection.channel,
        ctx: ReadCtx {
            zone,
            currency: connection.currency,
            reads_ledger: true,
        },
        zone,
        costs,
    })
}

pub(crate) struct Synced {
    folder: PathBuf,
    pub(crate) store: Store,
    pub(crate) connection: ConnectionId,
    clock: Arc<SteppedClock>,
    pub(crate) sim: Arc<Sim>,
    line: Arc<Line>,
}

impl Drop for Synced {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Synced {
    pub(crate) fn new(spec: WorldSpec, plan: ShopPlan, delay: Duration, held: bool) -> Synced {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("countinghouse-synced-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let clock = Arc::new(SteppedClock::running(spec.now.0));
        let told = Arc::clone(&clock);
        let mut setup = Setup::new(
            World::new(spec),
            Arc::new(move || Utc.timestamp_millis_opt(told.now_millis()).single().expect("a moment")),
        );
        setup.held = held;
        setup.shopify.shop = Shop { plan, ..Shop::demo() };
        let sim = Arc::new(Sim::new(setup));
        let line = Arc::new(Line {
            sim: Arc::clone(&sim),
            clock: Arc::clone(&clock),
            delay,
            requests: AtomicU64::new(0),
            points: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        });
        let store = Store::open(&folder.join("ledger.db"), &Key::from_bytes([7; 32])).expect("a ledger");
        let new = NewConnection {
            channel: Channel::Shopify,
            name: "Shop".into(),
            endpoint: String::new(),
            settings: serde_json::json!({}),
            created_at: NOW,
        };
        let connection = store
            .write_blocking(move |w| w.add_connection(&new))
            .expect("a connection");
        Synced {
            folder,
            store,
            connection,
            clock,
            sim,
            line,
        }
    }

    async fn job(&self) -> Job {
        let entropy = Arc::new(SeededEntropy::new(9));
        let outside = Outside {
            transport: Arc::clone(&self.line) as Arc<dyn Transport>,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: entropy.clone(),
            browser: Arc::new(NoBrowser),
            spent: Default::default(),
        };
        let asked = Asked {
            shop: Shop::DEMO_HANDLE.parse().expect("a shop"),
            endpoint: None,
            version: "2026-10".into(),
            access: Access::ClientCredentials {
                client_id: App::DEMO_ID.into(),
                client_secret: App::DEMO_SECRET.into(),
            },
        };
        let connected = connect(&outside, asked, None, |_| {}).await.expect("connected");
        let fetcher: Arc<dyn Fetcher> = Arc::new(ShopifyFetcher);
        let tokens = Tokens::new(
            "1".into(),
            fetcher.grant(&connected.remote).expect("a grant"),
            Arc::clone(&outside.transport),
            Arc::new(MemoryVault::default()),
            Arc::clone(&outside.clock),
            entropy.clone(),
        );
        tokens
            .keep(&connected.credentials, &connected.tokens)
            .await
            .expect("kept");
        Job {
            store: self.store.clone(),
            connection: self.connection,
            remote: connected.remote,
            fetcher,
            tokens: Arc::new(tokens),
            transport: Arc::clone(&outside.transport),
            clock: Arc::clone(&outside.clock),
            entropy,
            books,
            spool: self.folder.join("spool"),
            notes: Vec::new(),
            owner: "test".into(),
            checkpoint: Checkpoint::default(),
        }
    }

    /// Every order as the ledger holds it: without the numbers and places of its raw records, lines by their ids.
    fn orders(&self) -> Vec<Order> {
        let connection = self.connection;
        let read = move |r: &Read<'_>| {
            let keys = r.keys_of(connection, "orders")?;
            keys.iter()
                .filter_map(|key| r.order(connection, key).transpose())
                .collect::<Result<Vec<_>, _>>()
        };
        self.store
            .read_blocking(read)
            .expect("readable")
            .into_iter()
            .map(plain)
            .collect()
    }

    fn sync(&self) -> Result<Report, NetError> {
        self.runtime()
            .block_on(async { sync(self.job().await, Options::default(), Cancel::default(), |_| {}).await })
    }

    /// Lets days go by, for the shop and for us.
    fn pass(&self, days: u32) {
        self.clock.advance(Duration::from_secs(u64::from(days) * 86_400));
    }

    /// Every record beside the orders, as it was last met: stream, key, facet, bytes.
    fn things(&self) -> BTreeSet<(String, String, String, Vec<u8>)> {
        let connection = self.connection;
        let read = move |r: &Read<'_>| {
            let mut found = BTreeSet::new();
            for stream in ["products", "inventory", "customers", "payouts", "deletions"] {
                for key in r.keys_of(connection, stream)? {
                    for raw in r.raws_of(connection, stream, &key)? {
                        found.insert((
                            stream.to_owned(),
                            key.clone(),
                            raw.record.facet.to_string(),
                            raw.record.bytes.clone(),
                        ));
                    }
                }
            }
            Ok(found)
        };
        self.store.read_blocking(read).expect("readable")
    }

    fn runtime(&self) -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
    }

    /// Makes the next first load go by bulk runs, however few orders there are.
    fn load_by_bulk(&self) {
        self.surveyed(900_000);
    }

    /// Makes the next first load go by pages, however many orders there are.
    fn load_by_pages(&self) {
        self.surveyed(1);
    }

    fn surveyed(&self, count: u64) {
        let (connection, oldest) = (self.connection, self.sim.world().first_day());
        let oldest = oldest.and_hms_opt(0, 0, 0).expect("midnight").and_utc().timestamp() - 4 * 86_400;
        let state = serde_json::json!({ "survey": { "count": count, "oldest": oldest }, "reread_at": NOW });
        self.store
            .write_blocking(move |w| w.set_stream_state(connection, "orders", &state, None))
            .expect("a state");
    }

    fn break_down(&self, plan: &str) {
        self.sim.set_faults(plan.parse::<Plan>().expect(plan));
    }
}

/// An order in a form that does not depend on the way it came, nor on when its costs were first seen.
fn plain(mut order: Order) -> Order {
    order.raws.clear();
    order.lines.iter_mut().for_each(|line| line.unit_cost = None);
    order
        .postings
        .retain(|posting| !matches!(posting.kind, Kind::Cogs | Kind::CogsReturned));
    order
        .postings
        .iter_mut()
        .for_each(|posting| posting.flags = posting.flags.without(Flags::COSTED));
    let mut by_key: Vec<usize> = (0..order.lines.len()).collect();
    by_key.sort_by(|a, b| order.lines[*a].key.cmp(&order.lines[*b].key));
    let place = |line: u16| {
        by_key
            .iter()
            .position(|at| *at == usize::from(line))
            .and_then(|at| u16::try_from(at).ok())
    };
    for posting in &mut order.postings {
        posting.raw = 0;
        posting.path = PathRef::default();
        posting.line = posting.line.and_then(place);
    }
    order.postings.sort_by_key(|posting| format!("{posting:?}"));
    order.lines.sort_by(|a, b| a.key.cmp(&b.key));
    order
}

fn spec(days: u32, per_day: u64) -> WorldSpec {
    WorldSpec {
        products: 30,
        ..WorldSpec::new(21, Second(NOW), days, per_day)
    }
}

fn shop(days: u32, per_day: u64) -> Synced {
    Synced::new(spec(days, per_day), ShopPlan::Plus, Duration::from_millis(50), false)
}

/// Fails with the first difference.
fn assert_same(ours: &[Order], theirs: &[Order], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}: as many orders");
    for (our, their) in ours.iter().zip(theirs) {
        assert_eq!(our, their, "{what}: order {}", our.key);
    }
    assert!(
        ours.iter().all(|order| !order.incomplete),
        "{what}: no order lacks a part"
    );
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of P6 are read from here")]
fn the_speed_limit_is_used_and_kept_and_a_second_run_asks_almost_nothing() {
    // What the platform's buckets hold and regain a second (contract 4.1).
    for (plan, days, capacity, refill, delay) in [
        (ShopPlan::Standard, 45, 2_000, 100, 300),
        (ShopPlan::Plus, 165, 20_000, 1_000, 20),
    ] {
        let name = format!("{plan:?}");
        let synced = Synced::new(spec(days, 40), plan, Duration::from_millis(delay), true);
        synced.load_by_pages();
        let started = synced.clock.now_millis();
        let report = synced.sync().expect("a run");
        assert!(
            report.streams.iter().all(|stream| stream.phase == Phase::Done),
            "{report:?}"
        );
        let passed = u64::try_from(synced.clock.now_millis() - started).expect("time goes on");
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (points, requests) = (count(&synced.line.points), count(&synced.line.requests));
        let throttled = count(&synced.line.throttled);
        let offered = capacity + refill * passed / 1_000;
        println!(
            "P6 {name}: {points} of {offered} points used ({}.{} %) in {passed} ms, {throttled} of {requests} requests throttled",
            points * 100 / offered,
            points * 1_000 / offered % 10
        );
        assert!(
            points > capacity + capacity / 10,
            "P6 {name}: more was read than the full bucket at the start lets in: {points} points"
        );
        assert!(
            points * 10 >= offered * 9,
            "P6 {name}: {points} of {offered} points were used"
        );
        assert!(
            throttled * 1_000 <= requests,
            "P6 {name}: {throttled} of {requests} requests were throttled"
        );
        let again = synced.sync().expect("a second run");
        for stream in &again.streams {
            assert!(
                stream.requests <= 2,
                "P7: {} took {} requests",
                stream.stream,
                stream.requests
            );
            assert_eq!(
                stream.new + stream.changed,
                0,
                "{} stored something again",
                stream.stream
            );
        }
    }
}

#[test]
fn days_read_one_by_one_equal_a_first_load_of_the_end() {
    let (daily, whole) = (shop(30, 8), shop(30, 8));
    daily.sync().expect("a first load");
    for _ in 0..3 {
        daily.clock.advance(Duration::from_secs(86_400));
        daily.sync().expect("a day");
    }
    whole.clock.advance(Duration::from_secs(3 * 86_400));
    whole.sync().expect("a first load");
    // Both stand a few seconds apart; what happened in between is no difference of ours.
    let until = NOW + 3 * 86_400 - 600;
    let settled = |synced: &Synced| {
        synced
            .orders()
            .into_iter()
            .filter(|order| order.updated_at.sort_key() < until)
            .collect::<Vec<_>>()
    };
    assert_same(&settled(&daily), &settled(&whole), "day by day");
}

#[test]
fn a_load_by_bulk_runs_equals_one_by_pages_also_when_files_break() {
    let pages = shop(35, 6);
    pages.sync().expect("a first load");
    let expected = pages.orders();
    for plan in [
        "",
        "bulk-shuffle:download@*",
        "bulk-expired:download@1",
        "cut-body:download@1-2",
        "cut:download@1;500:download@2",
        "bulk-busy:bulkOperationRunQuery@1-2",
        "bulk-busy:bulkOperationRunQuery@*",
        "bulk-fail=INTERNAL_SERVER_ERROR:bulkOperationRunQuery@1-2",
        "bulk-fail=TIMEOUT:bulkOperationRunQuery@*",
    ] {
        let bulk = shop(35, 6);
        bulk.load_by_bulk();
        if !plan.is_empty() {
            bulk.break_down(plan);
        }
        let report = bulk.sync().expect(plan);
        assert!(
            report.streams.iter().all(|stream| stream.phase == Phase::Done),
            "{plan}: {report:?}"
        );
        assert_same(
            &bulk.orders(),
            &expected,
            if plan.is_empty() { "without a fault" } else { plan },
        );
    }
}

#[test]
fn faults_of_the_line_and_of_pages_cost_nothing() {
    let clean = shop(30, 8);
    clean.sync().expect("a run");
    let expected = clean.orders();
    for plan in [
        "500@2;502@4;503@6;504@9",
        "429=4.0@3;429@5",
        "html@4;html@5",
        "cut@3;cut-body@5;cut-gzip@7",
        "expire-token@4",
        "throttled@3-6",
        "heavy=40:orders@*",
        "internal:orders@2-4",
        "duplicate:orders@*",
        "repeat-page:orders@2;repeat-page:orders@4",
        "shift-page:orders@2-9",
        "empty-page:orders@2",
        "empty-page:orders@3;empty-page:orders@5",
        "empty-list:orders@1",
        "empty-list:orders@2",
        "empty-list:orders@3;empty-list:orders@6",
        "drift=700:orders@3",
        "skew=86400@*",
        "deny=customers@*",
    ] {
        let synced = shop(30, 8);
        synced.break_down(plan);
        synced.sync().expect(plan);
        let until = NOW - 600;
        let known: Vec<Order> = synced
            .orders()
            .into_iter()
            .filter(|order| order.placed_at.sort_key() < until)
            .collect();
        let wanted: Vec<Order> = expected
            .iter()
            .filter(|order| order.placed_at.sort_key() < until)
            .cloned()
            .collect();
        assert_same(&known, &wanted, plan);
    }
}

#[test]
fn a_list_that_is_empty_by_mistake_is_not_believed() {
    for plan in ["empty-page:orders@2", "empty-list:orders@2", "empty-list:orders@2-4"] {
        let synced = shop(30, 8);
        synced.break_down(plan);
        let report = synced.sync().expect(plan);
        assert_eq!(report.notes, vec![], "{plan}: nothing is lacking in the end");
        let told = usize::try_from(synced.sim.world().order_count()).expect("a small shop");
        let held = synced.store.read_blocking({
            let connection = synced.connection;
            move |r: &Read<'_>| {
                Ok((
                    r.keys_of(connection, "orders")?.len(),
                    r.stream_state(connection, "orders")?,
                ))
            }
        });
        let (orders, state) = held.expect("readable");
        assert_eq!(orders, told, "{plan}: every order is there");
        let coverage = ShopifyFetcher.coverage("orders", &StreamState(state.expect("a state").state));
        assert!(coverage.whole, "{plan}: and so it is the whole");
    }
    // Where it stays so, that is told, and the next sync brings what was lacking.
    let synced = shop(30, 8);
    synced.break_down("empty-list:orders@2+");
    let report = synced.sync().expect("a run");
    let told = report.notes.iter().filter(|note| note.code == "orders_short").count();
    assert!(
        told > 0,
        "what was counted and did not come is told: {:?}",
        report.notes
    );
    assert!(synced.orders().is_empty(), "nothing came");
    synced.sim.set_faults(Plan::default());
    let report = synced.sync().expect("the next run");
    assert_eq!(report.notes, vec![], "nothing is lacking any more");
    assert!(synced.orders().len() > 200, "everything came");
}

/// How many things of each stream are held, and whether the stream says that it has the whole.
fn held(synced: &Synced) -> Vec<(&'static str, usize, bool)> {
    let connection = synced.connection;
    let read = move |r: &Read<'_>| {
        [
            "locations",
            "products",
            "inventory",
            "customers",
            "payouts",
            "deletions",
        ]
        .into_iter()
        .map(|stream| {
            let state = r
                .stream_state(connection, stream)?
                .map(|state| StreamState(state.state));
            let whole = state.is_some_and(|state| ShopifyFetcher.coverage(stream, &state).whole);
            Ok((stream, r.keys_of(connection, stream)?.len(), whole))
        })
        .collect::<Result<Vec<_>, _>>()
    };
    synced.store.read_blocking(read).expect("readable")
}

#[test]
fn no_list_of_any_stream_is_believed_to_be_empty_by_mistake() {
    let clean = shop(30, 8);
    clean.sync().expect("a run");
    let expected = held(&clean);
    let many = |stream: &str| expected.iter().any(|(name, count, _)| *name == stream && *count > 0);
    assert!(
        ["locations", "products", "inventory", "customers", "payouts"]
            .into_iter()
            .all(many),
        "the shop has things of every kind: {expected:?}"
    );
    for list in [
        "locations",
        "products",
        "inventoryItems",
        "customers",
        "shopifyPaymentsAccount",
    ] {
        for which in ["empty-list", "empty-page"] {
            let plan = format!("{which}:{list}@1");
            let synced = shop(30, 8);
            synced.break_down(&plan);
            let report = synced.sync().expect(&plan);
            assert_eq!(report.notes, vec![], "{plan}: nothing is lacking in the end");
            assert_eq!(held(&synced), expected, "{plan}: everything came");
        }
    }
    // What changed later is not lost either.
    let later = |plan: &str| {
        let synced = shop(60, 20);
        synced.sync().expect("a first run");
        synced.pass(25);
        synced.break_down(plan);
        let report = synced.sync().expect(plan);
        synced.sim.set_faults(Plan::default());
        synced.sync().expect("a third run");
        (held(&synced), report.notes, synced.things())
    };
    let (expected, _, things) = later("");
    let deleted = expected
        .iter()
        .any(|(stream, count, _)| *stream == "deletions" && *count > 0);
    assert!(deleted, "something was deleted meanwhile: {expected:?}");
    for list in [
        "products",
        "inventoryItems",
        "customers",
        "events",
        "shopifyPaymentsAccount",
    ] {
        let plan = format!("empty-list:{list}@1");
        let (found, notes, met) = later(&plan);
        assert_eq!(notes, vec![], "{plan}: nothing is lacking in the end");
        assert_eq!(found, expected, "{plan}: everything new came");
        assert!(met == things, "{plan}: and everything that changed, as it is now");
    }
}

#[test]
fn what_ends_a_run_keeps_what_is_stored_and_the_next_run_completes_it() {
    let clean = shop(30, 8);
    clean.sync().expect("a run");
    let expected = clean.orders();
    for (plan, code) in [
        ("redirect=other.myshopify.com:orders@3", "needs_reconnect"),
        ("402:orders@3", "refused_by_channel"),
        ("404:orders@3", "not_found"),
        ("423:orders@3", "refused_by_channel"),
        ("599:orders@3", "refused_by_channel"),
        ("endless:orders@3-8", "refused_by_channel"),
        ("search-warning:orders@3", "internal"),
        ("403:orders@3", "not_permitted"),
        ("wrong-shop:shop@2", "invalid"),
    ] {
        let synced = shop(30, 8);
        synced.break_down(plan);
        let found = match synced.sync() {
            Err(error) => error.code.name(),
            Ok(report) => report
                .streams
                .iter()
                .find_map(|stream| match &stream.phase {
                    Phase::Failed { why } | Phase::Skipped { why, .. } => Some(why.code.name()),
                    _ => None,
                })
                .unwrap_or("none"),
        };
        assert_eq!(found, code, "{plan}: the cause is told");
        synced.sim.set_faults(Plan::default());
        // A locked shop shuts the limit for an hour.
        synced.clock.advance(Duration::from_secs(3_700));
        synced
            .sync()
            .unwrap_or_else(|error| panic!("{plan}: the next run: {error}"));
        let held: BTreeSet<String> = synced.orders().into_iter().map(|order| order.key).collect();
        assert!(
            expected.iter().all(|order| held.contains(&order.key)),
            "{plan}: every order is held afterwards"
        );
    }
}
