use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::auth::vault::{Key, MemoryVault};
use crate::auth::{Credentials, Route, TokenSet, Tokens};
use crate::clock::{Clock, SteppedClock};
use crate::connectors::fetch::{Fetcher, StreamSpec};
use crate::connectors::shopify::ShopifyFetcher;
use crate::connectors::shopify::fetch::play::{NOW, Orders, remote};
use crate::connectors::{Channel, ReadCtx};
use crate::ledger::Books;
use crate::model::{CostBook, Zone};
use crate::net::entropy::SeededEntropy;
use crate::net::scripted::{Scripted, answer, answer_with};
use crate::net::{Transport, TransportError};
use crate::store::{Checkpoint, Connection, ConnectionId, NewConnection, Options as Opening, Read, Store};

const SCOPES: [&str; 3] = ["read_orders", "read_all_orders", "read_customers"];
const PLANTED: &str = "planted-access-token";

/// A profile folder with one connection, removed afterwards.
struct Rig {
    folder: std::path::PathBuf,
    store: Store,
    connection: ConnectionId,
    clock: Arc<SteppedClock>,
    checkpoint: Checkpoint,
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn books(_: &Read<'_>, connection: &Connection) -> crate::store::Result<Books> {
    let zone = connection.zone.unwrap_or(Zone::UTC);
    let ctx = ReadCtx {
        zone,
        currency: connection.currency,
        reads_ledger: true,
    };
    Ok(Books {
        connection: connection.id,
        channel: connection.channel,
        ctx,
        zone,
        costs: CostBook::default(),
    })
}

/// Runs blocking work of the ledger from inside a test's runtime.
fn outside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("no panic"))
}

fn rig(name: &str, checkpoint: Checkpoint) -> Rig {
    let folder = std::env::temp_dir().join(format!("countinghouse-sync-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let opening = Opening {
        checkpoint: checkpoint.clone(),
        ..Opening::default()
    };
    let store = Store::open_with(&folder.join("ledger.db"), &Key::from_bytes([7; 32]), opening).expect("a ledger");
    let new = NewConnection {
        channel: Channel::Shopify,
        name: "Shop".into(),
        endpoint: "https://shop.myshopify.com/".into(),
        settings: json!({}),
        created_at: NOW,
    };
    let connection = outside(|| store.write_blocking(move |w| w.add_connection(&new))).expect("a connection");
    Rig {
        folder,
        store,
        connection,
        clock: Arc::new(SteppedClock::running(NOW)),
        checkpoint,
    }
}

impl Rig {
    async fn job(&self, transport: &Arc<Scripted>) -> Job {
        let fetcher: Arc<dyn Fetcher> = Arc::new(ShopifyFetcher);
        self.job_with(transport, fetcher, Route::Pasted).await
    }

    async fn job_with(&self, transport: &Arc<Scripted>, fetcher: Arc<dyn Fetcher>, route: Route) -> Job {
        let transport: Arc<dyn Transport> = Arc::clone(transport) as Arc<dyn Transport>;
        let entropy = Arc::new(SeededEntropy::new(11));
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let remote = remote(&[]);
        let tokens = Tokens::new(
            "1".into(),
            fetcher.grant(&remote).expect("a grant"),
            Arc::clone(&transport),
            Arc::new(MemoryVault::default()),
            Arc::clone(&clock),
            Arc::clone(&entropy) as Arc<dyn crate::net::entropy::Entropy>,
        );
        let credentials = Credentials {
            route,
            client_id: "id".into(),
            client_secret: Some("planted-secret".into()),
            secret_since: None,
        };
        tokens
            .keep(&credentials, &TokenSet::lasting(PLANTED.into()))
            .await
            .expect("kept");
        Job {
            store: self.store.clone(),
            connection: self.connection,
            remote,
            fetcher,
            tokens: Arc::new(tokens),
            transport,
            clock,
            entropy,
            books,
            spool: self.folder.join("spool"),
            notes: Vec::new(),
            owner: "test".into(),
            checkpoint: self.checkpoint.clone(),
        }
    }

    async fn sync(&self, transport: &Arc<Scripted>) -> Result<Report, NetError> {
        let one = Options {
            lanes: Some(1),
            ..Options::default()
        };
        sync(self.job(transport).await, one, Cancel::default(), |_| {}).await
    }

    /// Keys and facets of everything stored.
    fn held(&self) -> BTreeMap<&'static str, Vec<String>> {
        let connection = self.connection;
        let names = ["shop", "locations", "orders", "deletions"];
        let read = move |r: &Read<'_>| {
            names
                .into_iter()
                .map(|name| Ok((name, r.keys_of(connection, name)?)))
                .collect()
        };
        self.store.read_blocking(read).expect("a readable ledger")
    }

    fn run(&self) -> Run {
        self.store
            .read_blocking(|r| r.runs(None, 1))
            .expect("a readable ledger")
            .remove(0)
    }
}

fn json_answer(value: &Value) -> Result<http::Response<Vec<Result<Bytes, TransportError>>>, TransportError> {
    answer_with(
        200,
        &[("x-request-id", "r-1"), ("x-shopify-api-version", "2026-10")],
        value.to_string(),
    )
}

fn body(request: &http::Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap_or_default()
}

fn operation(request: &http::Request<Bytes>) -> String {
    body(request)["operationName"].as_str().unwrap_or_default().to_owned()
}

/// A transport in front of a shop; `before` may answer instead of it.
fn shop(
    orders: Orders,
    mut before: impl FnMut(
        &http::Request<Bytes>,
    ) -> Option<Result<http::Response<Vec<Result<Bytes, TransportError>>>, TransportError>>
    + Send
    + 'static,
) -> Arc<Scripted> {
    Arc::new(Scripted::by(move |request| match before(request) {
        Some(answer) => answer,
        None => json_answer(&orders.answer_all(&body(request), &SCOPES)),
    }))
}

#[tokio::test]
async fn a_run_fills_the_ledger_and_a_second_one_finds_nothing_to_write() {
    let rig = rig("fills", Checkpoint::default());
    let transport = shop(Orders::every(3_600, 120, NOW - 1_000), |_| None);
    let report = rig.sync(&transport).await.expect("a run");
    assert_eq!(rig.held()["orders"].len(), 120, "every order is held");
    assert!(
        report.streams.iter().all(|stream| stream.phase == Phase::Done),
        "{report:?}"
    );
    assert_eq!(rig.run().state, RunState::Done, "the run ended well");
    let (zone, scopes) = rig
        .store
        .read_blocking(|r| r.connections())
        .map(|all| {
            (
                all[0].zone.map(|zone| zone.to_string()),
                all[0].settings["scopes"].clone(),
            )
        })
        .expect("a connection");
    assert_eq!(
        (zone.as_deref(), scopes),
        (Some("America/New_York"), json!(SCOPES)),
        "what the shop said of itself is kept"
    );
    let answers = |rig: &Rig| {
        rig.store
            .read_blocking(|r| r.raw(1).and_then(|_| r.answer_of(1)))
            .expect("an answer")
    };
    let first = answers(&rig).expect("the first record has an answer");
    assert!(
        first.address.ends_with("graphql.json#Shop") && first.headers.contains("r-1"),
        "{first:?}"
    );

    let before = transport.asked().len();
    let again = rig.sync(&transport).await.expect("a second run");
    let mut per_stream: BTreeMap<String, usize> = BTreeMap::new();
    for request in &transport.asked()[before..] {
        let stream = operation(request).replace("InventoryTouched", "Inventory");
        *per_stream.entry(stream).or_default() += 1;
    }
    assert!(
        per_stream.values().all(|requests| *requests <= 2),
        "P7: at most two requests a stream: {per_stream:?}"
    );
    assert!(
        again.streams.iter().all(|stream| stream.new + stream.changed == 0) && again.orders == 0,
        "nothing is stored again"
    );
    for request in transport.asked() {
        assert_eq!(
            request.headers()["x-shopify-access-token"],
            PLANTED,
            "signed by the platform's own header"
        );
        assert!(!request.headers().contains_key("authorization"), "and no other");
    }
    let run = rig.run();
    let told = format!("{:?}{}{}", run.error, run.progress, run.counts);
    assert!(!told.contains("planted"), "no secret is in what a run leaves: {told}");
}

#[tokio::test]
async fn a_process_stopped_at_any_named_point_continues_without_loss_or_doubling() {
    let orders = || {
        let mut orders = Orders::every(3_600, 130, NOW - 10);
        orders.long = vec![1_100];
        orders
    };
    let whole = rig("whole", Checkpoint::default());
    whole.sync(&shop(orders(), |_| None)).await.expect("a run");
    let mut stop_at = 0;
    loop {
        let passed = Arc::new(AtomicUsize::new(0));
        let armed = Arc::new(AtomicBool::new(false));
        let (counter, limit, is_armed) = (Arc::clone(&passed), stop_at, Arc::clone(&armed));
        let checkpoint = Checkpoint::new(move |name| {
            if is_armed.load(Ordering::SeqCst) && counter.fetch_add(1, Ordering::SeqCst) == limit {
                panic!("stopped at {name}");
            }
        });
        let rig = Arc::new(rig("stopped", checkpoint));
        let transport = shop(orders(), |_| None);
        armed.store(true, Ordering::SeqCst);
        let (one, other) = (Arc::clone(&rig), Arc::clone(&transport));
        let stopped = tokio::spawn(async move { one.sync(&other).await }).await.is_err();
        assert!(
            !stopped || passed.load(Ordering::SeqCst) > limit,
            "it stops where it should"
        );
        // Another process, a moment later.
        rig.clock.advance(Duration::from_secs(3));
        if stopped {
            rig.sync(&transport).await.expect("the next run goes on");
        }
        assert_eq!(rig.held(), whole.held(), "stopped at point {limit}: the same is held");
        let connection = rig.connection;
        let doubled = rig
            .store
            .read_blocking(move |r| r.raws_of(connection, "orders", "1050"))
            .expect("readable");
        assert_eq!(doubled.len(), 1, "stopped at point {limit}: nothing is held twice");
        if !stopped {
            assert!(stop_at > 30, "the points of a whole run were tried: {stop_at}");
            break;
        }
        stop_at += 3;
    }
}

#[tokio::test]
async fn fm26_an_expired_token_is_renewed_once_in_the_middle() {
    let rig = rig("expired", Checkpoint::default());
    let renewals = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&renewals);
    let transport = shop(Orders::every(3_600, 20, NOW - 10), move |request| {
        if request.uri().path().ends_with("/admin/oauth/access_token") {
            counted.fetch_add(1, Ordering::SeqCst);
            return Some(answer(
                200,
                r#"{"access_token":"new-token","scope":"read_orders","expires_in":86399}"#,
            ));
        }
        let old = request.headers()["x-shopify-access-token"] == PLANTED;
        (old && operation(request) == "Orders")
            .then(|| answer(401, r#"{"errors":"[API] Invalid API key or access token"}"#))
    });
    let job = rig
        .job_with(&transport, Arc::new(ShopifyFetcher), Route::ClientCredentials)
        .await;
    sync(job, Options::default(), Cancel::default(), |_| {})
        .await
        .expect("a run");
    assert_eq!(renewals.load(Ordering::SeqCst), 1, "one new token for all streams");
    assert_eq!(rig.held()["orders"].len(), 20, "and nothing was lost");
}

#[tokio::test]
async fn a_revoked_token_needs_the_user_and_leaves_everything_in_place() {
    let rig = rig("revoked", Checkpoint::default());
    rig.sync(&shop(Orders::every(3_600, 20, NOW - 10), |_| None))
        .await
        .expect("a run");
    let error = rig
        .sync(&shop(Orders::default(), |_| Some(answer(401, "{}"))))
        .await
        .expect_err("no access");
    assert_eq!(error.code, Code::NeedsReconnect, "{error}");
    assert_eq!(rig.held()["orders"].len(), 20, "what was fetched stays");
    assert_eq!(rig.run().state, RunState::Failed, "the run says so");
    let lease = rig.store.read_blocking(|r| r.lease(ConnectionId(1))).expect("readable");
    assert!(lease.is_none(), "and the connection is free");
}

#[tokio::test]
async fn fm22_a_stream_without_permission_is_left_out_and_the_others_go_on() {
    let rig = rig("denied", Checkpoint::default());
    let denied = json!({ "data": { "customers": null }, "errors": [{ "message": "Access denied", "path": ["customers"],
        "extensions": { "code": "ACCESS_DENIED", "requiredAccess": "`read_customers` access scope." } }] });
    let transport = shop(Orders::every(3_600, 20, NOW - 10), move |request| {
        (operation(request) == "Customers").then(|| json_answer(&denied))
    });
    let report = rig.sync(&transport).await.expect("a run");
    let customers = report
        .streams
        .iter()
        .find(|stream| stream.stream == "customers")
        .expect("customers");
    assert!(
        matches!(&customers.phase, Phase::Skipped { why, .. } if why.message.contains("read_customers")),
        "{customers:?}"
    );
    assert_eq!(rig.held()["orders"].len(), 20, "orders came");
    assert_eq!(rig.run().state, RunState::Done, "leaving out is no failure");
}

#[tokio::test]
async fn faults_are_retried_with_pauses_and_then_left_to_the_next_run() {
    let rig = rig("faults", Checkpoint::default());
    let count = Arc::new(Mutex::new(BTreeMap::<String, u32>::new()));
    let counted = Arc::clone(&count);
    let transport = shop(Orders::every(3_600, 60, NOW - 10), move |request| {
        let name = operation(request);
        let seen = {
            let mut all = counted.lock().expect("no panic");
            let seen = all.entry(name.clone()).or_default();
            *seen += 1;
            *seen
        };
        match (name.as_str(), seen) {
            ("Orders", 1) => Some(answer(504, "<html>")),
            ("Orders", 2) => Some(answer_with(429, &[("retry-after", "4.0")], "{}")),
            ("Orders", 3) => Some(Err(TransportError::Cut {
                host: "shop".into(),
                cause: "cut".into(),
            })),
            ("Orders", 4) => Some(answer(200, "<html>a sign-in page</html>")),
            ("Payouts", _) => Some(answer(503, "down")),
            _ => None,
        }
    });
    let started = rig.clock.now();
    let report = rig.sync(&transport).await.expect("the run as a whole goes on");
    assert_eq!(rig.held()["orders"].len(), 60, "four different faults cost nothing");
    let payouts = report
        .streams
        .iter()
        .find(|stream| stream.stream == "payouts")
        .expect("payouts");
    assert!(
        matches!(&payouts.phase, Phase::Failed { why } if why.message.contains("503")),
        "{payouts:?}"
    );
    assert!(payouts.requests >= 6, "six attempts at least: {}", payouts.requests);
    assert!(rig.clock.now() - started > 30, "with growing pauses");
    assert_eq!(
        rig.run().state,
        RunState::Failed,
        "and the run says that something is missing"
    );
}

#[tokio::test]
async fn a_throttled_request_waits_for_its_points() {
    let rig = rig("throttled", Checkpoint::default());
    let throttled = json!({ "errors": [{ "message": "Throttled", "extensions": { "code": "THROTTLED" } }],
        "extensions": { "cost": { "requestedQueryCost": 900, "actualQueryCost": null,
            "throttleStatus": { "maximumAvailable": 2000.0, "currentlyAvailable": 100, "restoreRate": 100.0 } } } });
    let times = Arc::new(Mutex::new(Vec::new()));
    let (noted, clock) = (Arc::clone(&times), Arc::clone(&rig.clock));
    let transport = shop(Orders::every(3_600, 20, NOW - 10), move |request| {
        if operation(request) != "Orders" {
            return None;
        }
        let mut times = noted.lock().expect("no panic");
        times.push(clock.now_millis());
        (times.len() == 1).then(|| json_answer(&throttled))
    });
    rig.sync(&transport).await.expect("a run");
    let times = times.lock().expect("no panic").clone();
    let waited = times[1] - times[0];
    assert!(
        (8_000..=9_000).contains(&waited),
        "800 points at 100 a second, and a little: {waited} ms"
    );
}

#[tokio::test]
async fn a_wish_to_stop_is_heard_during_a_pause() {
    let rig = rig("cancel", Checkpoint::default());
    let clock = Arc::new(SteppedClock::standing(NOW));
    let transport = shop(Orders::every(3_600, 20, NOW - 10), |request| {
        (operation(request) == "Orders").then(|| answer_with(429, &[("retry-after", "3000")], "{}"))
    });
    let job = Job {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..rig.job(&transport).await
    };
    let cancel = Cancel::default();
    let wish = cancel.clone();
    let tell = move |event: Event| {
        if let Event::Progress(progress) = &event
            && let ("orders", Phase::Waiting { reason, until }) = (progress.stream, &progress.phase)
        {
            assert_eq!(*reason, crate::sync::Reason::Throttled, "it says what it waits for");
            assert!(
                (NOW + 3_000..NOW + 3_002).contains(until),
                "and until when: the platform said 3,000 seconds, {} are told",
                until - NOW
            );
            wish.cancel();
        }
    };
    let error = sync(job, Options::default(), cancel, tell).await.expect_err("stopped");
    assert_eq!(error.code, Code::Cancelled, "{error}");
    assert_eq!(rig.run().state, RunState::Cancelled, "the run says so");
    assert_eq!(clock.now(), NOW, "without waiting for the pause to end");
    rig.sync(&shop(Orders::every(3_600, 20, NOW - 10), |_| None))
        .await
        .expect("the next run");
    assert_eq!(rig.held()["orders"].len(), 20, "goes on from there");
}

#[tokio::test]
async fn one_run_at_a_time_and_a_dead_ones_claim_is_no_obstacle() {
    let rig = rig("lease", Checkpoint::default());
    let connection = rig.connection;
    let spool = rig.folder.join("spool");
    std::fs::create_dir_all(&spool).expect("a folder");
    let held = std::fs::File::create(spool.join("1.lock")).expect("a lock file");
    held.lock().expect("locked as another run would");
    let error = rig.sync(&shop(Orders::default(), |_| None)).await.expect_err("busy");
    assert_eq!(error.code, Code::Busy, "{error}");
    assert!(
        rig.store
            .read_blocking(|r| r.runs(None, 5))
            .expect("readable")
            .is_empty(),
        "no run was begun"
    );
    drop(held);
    outside(|| {
        rig.store
            .write_blocking(move |w| w.take_lease(connection, "dead", NOW, NOW + 300))
    })
    .expect("left behind");
    rig.sync(&shop(Orders::default(), |_| None))
        .await
        .expect("a process that was killed a moment ago holds nothing");
    let lease = rig.store.read_blocking(move |r| r.lease(connection)).expect("readable");
    assert!(lease.is_none(), "and at the end the connection is free");
}

#[tokio::test]
async fn a_claim_lost_while_the_machine_slept_stores_nothing_more() {
    let rig = rig("slept", Checkpoint::default());
    let (store, connection, clock) = (rig.store.clone(), rig.connection, Arc::clone(&rig.clock));
    let transport = shop(Orders::every(3_600, 20, NOW - 10), move |request| {
        if operation(request) == "Orders" {
            // The machine sleeps for an hour while the answer comes; another process takes over.
            clock.advance(Duration::from_secs(3_600));
            let now = clock.now();
            outside(|| store.write_blocking(move |w| w.take_lease(connection, "another", now, now + 300)))
                .expect("taken over");
        }
        None
    });
    let error = rig.sync(&transport).await.expect_err("not ours any more");
    assert_eq!(error.code, Code::Busy, "{error}");
    assert!(rig.held()["orders"].is_empty(), "nothing was stored after that");
}

#[tokio::test]
async fn fm30_a_redirect_or_another_shop_ends_the_run_without_a_second_request() {
    let rig = rig("redirect", Checkpoint::default());
    let moved = || answer_with(301, &[("location", "https://new.myshopify.com/x")], "");
    let transport = shop(Orders::default(), move |_| Some(moved()));
    let error = rig.sync(&transport).await.expect_err("moved");
    assert!(error.message.contains("new.myshopify.com"), "{error}");
    assert_eq!(transport.asked().len(), 1, "and nobody followed with the token");
    let transport = shop(Orders::every(60, 5, NOW - 10), |_| None);
    let mut job = rig.job(&transport).await;
    job.remote.account = Some("gid://shopify/Shop/2".into());
    let error = sync(job, Options::default(), Cancel::default(), |_| {})
        .await
        .expect_err("another shop");
    assert_eq!(error.code, Code::Invalid, "{error}");
    assert!(
        rig.held().values().all(Vec::is_empty),
        "nothing of the other shop is stored"
    );
}

/// Sends requests to where its hosts are not.
struct Astray(ShopifyFetcher);

impl Fetcher for Astray {
    fn channel(&self) -> Channel {
        self.0.channel()
    }
    fn grant(&self, remote: &crate::connectors::fetch::Remote) -> Result<crate::auth::GrantSpec, NetError> {
        self.0.grant(remote)
    }
    fn hosts(&self, _: &crate::connectors::fetch::Remote) -> Vec<String> {
        vec!["elsewhere.example".into()]
    }
    fn streams(&self) -> &'static [StreamSpec] {
        self.0.streams()
    }
    fn limits(&self) -> &'static [crate::net::limiter::Limit] {
        self.0.limits()
    }
    fn lanes(&self) -> usize {
        1
    }
    fn begin(
        &self,
        ctx: &crate::connectors::fetch::StreamCtx<'_>,
        stored: Option<&crate::connectors::fetch::StreamState>,
    ) -> Result<crate::connectors::fetch::StreamState, NetError> {
        self.0.begin(ctx, stored)
    }
    fn next(
        &self,
        ctx: &crate::connectors::fetch::StreamCtx<'_>,
        state: &crate::connectors::fetch::StreamState,
    ) -> Result<crate::connectors::fetch::Step, NetError> {
        self.0.next(ctx, state)
    }
    fn sign(&self, request: &mut http::Request<Bytes>, token: &crate::auth::AccessToken) {
        self.0.sign(request, token);
    }
    fn classify(
        &self,
        ctx: &crate::connectors::fetch::StreamCtx<'_>,
        state: &crate::connectors::fetch::StreamState,
        request: &http::Request<Bytes>,
        answer: &http::Response<Bytes>,
    ) -> crate::connectors::fetch::Verdict {
        self.0.classify(ctx, state, request, answer)
    }
    fn stumble(
        &self,
        ctx: &crate::connectors::fetch::StreamCtx<'_>,
        state: &crate::connectors::fetch::StreamState,
        mishap: &crate::connectors::fetch::Mishap,
    ) -> crate::connectors::fetch::Verdict {
        self.0.stumble(ctx, state, mishap)
    }
    fn observe(&self, limit: &'static str, answer: &http::Response<Bytes>) -> Option<crate::net::limiter::LimitHint> {
        self.0.observe(limit, answer)
    }
    fn read(
        &self,
        ctx: &crate::connectors::fetch::StreamCtx<'_>,
        state: &crate::connectors::fetch::StreamState,
        batch: crate::connectors::fetch::Batch<'_>,
    ) -> Result<crate::connectors::fetch::Page, NetError> {
        self.0.read(ctx, state, batch)
    }
    fn stored(
        &self,
        stream: &str,
        state: &crate::connectors::fetch::StreamState,
    ) -> crate::connectors::fetch::StreamState {
        self.0.stored(stream, state)
    }
    fn coverage(
        &self,
        stream: &str,
        state: &crate::connectors::fetch::StreamState,
    ) -> crate::connectors::fetch::Coverage {
        self.0.coverage(stream, state)
    }
}

#[tokio::test]
async fn no_credential_leaves_for_a_host_that_is_not_declared() {
    let rig = rig("astray", Checkpoint::default());
    let transport = shop(Orders::default(), |_| None);
    let job = rig
        .job_with(&transport, Arc::new(Astray(ShopifyFetcher)), Route::Pasted)
        .await;
    let error = sync(job, Options::default(), Cancel::default(), |_| {})
        .await
        .expect_err("refused");
    assert!(error.message.contains("was not sent"), "{error}");
    assert!(transport.asked().is_empty(), "nothing was sent at all");
}
