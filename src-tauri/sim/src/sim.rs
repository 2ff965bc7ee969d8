//! The simulator as a whole: the world, the clock, the faces, and what goes wrong.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderValue, Request, Response, header};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::amazon;
use crate::body::{Body, Cut};
use crate::control;
use crate::face::{Face, Incoming};
use crate::faults::{Kind, Plan, Strikes, Struck};
use crate::reply::{self, Answer};
use crate::shopify;
use crate::world::amazon::AmazonSpec;
use crate::world::{Second, World};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a simulator is made of.
pub struct Setup {
    /// The seller. Its own `now` is replaced by the clock's, unless it is held.
    pub world: World,
    /// The time that the simulator lives in; [`Sim::advance`] adds to it.
    pub clock: Clock,
    /// The seller's life stands still at its own `now` (and moves by [`Sim::advance`] only), while tokens, buckets and dates
    /// follow the clock: a demonstration whose truth does not change under it.
    pub held: bool,
    /// Shopify's face.
    pub shopify: shopify::Options,
    /// Amazon's face. A world without an Amazon side has empty accounts there.
    pub amazon: amazon::Options,
    /// What goes wrong.
    pub faults: Plan,
}

impl Setup {
    /// The demo shop on this world, without faults.
    pub fn new(world: World, clock: Clock) -> Setup {
        Setup {
            world,
            clock,
            held: false,
            shopify: shopify::Options::default(),
            amazon: amazon::Options::default(),
            faults: Plan::default(),
        }
    }
}

/// The simulated marketplaces. All of it can be used from many threads at once.
///
/// # Addresses
/// | address | what answers |
/// |---|---|
/// | `https://{shop}.myshopify.com/…` | Shopify, told by the host |
/// | `/shopify/{shop}/…` on any host | the same |
/// | `/bulk-operation-outputs/…` on any host | the storage of bulk results, which refuses tokens |
/// | Amazon's token, API and Seller Central hosts | Amazon, told by the host |
/// | `/amazon/{na, eu or fe}/…` on any host | the same, one account for each region |
/// | `/amazon-documents/…` on any host | the storage of Amazon's documents, which refuses tokens |
/// | `/__sim/…` | the controls, described at `/__sim/` |
pub struct Sim {
    clock: Clock,
    added: AtomicI64,
    held: bool,
    world: World,
    strikes: Mutex<Strikes>,
    requests: AtomicU64,
    shopify: Arc<shopify::ShopFace>,
    amazon: Arc<amazon::SellerFace>,
    faces: Vec<Arc<dyn Face>>,
}

impl Sim {
    /// A simulator at its first request.
    pub fn new(setup: Setup) -> Sim {
        let shopify = Arc::new(shopify::ShopFace::new(setup.shopify));
        let amazon = Arc::new(amazon::SellerFace::new(setup.amazon));
        let world = match setup.world.amazon() {
            Some(_) => setup.world,
            None => setup.world.with_amazon(AmazonSpec::nothing()),
        };
        Sim {
            clock: setup.clock,
            added: AtomicI64::new(0),
            held: setup.held,
            world,
            strikes: Mutex::new(Strikes::new(setup.faults)),
            requests: AtomicU64::new(0),
            faces: vec![
                Arc::clone(&shopify) as Arc<dyn Face>,
                Arc::clone(&amazon) as Arc<dyn Face>,
            ],
            shopify,
            amazon,
        }
    }

    /// The present: the clock's, and what was added to it.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)() + chrono::Duration::milliseconds(self.added.load(Ordering::Relaxed))
    }

    /// The seller at the present.
    pub fn world(&self) -> World {
        match self.held {
            true => self
                .world
                .at(Second(self.world.now().0 + self.added.load(Ordering::Relaxed) / 1000)),
            false => self.world.at(Second(self.now().timestamp())),
        }
    }

    /// Lets so many days of 24 hours go by.
    pub fn advance(&self, days: u32) {
        self.advance_seconds(i64::from(days) * 86_400);
    }

    /// Lets so many seconds go by.
    pub fn advance_seconds(&self, seconds: i64) {
        self.added.fetch_add(seconds.saturating_mul(1000), Ordering::Relaxed);
    }

    /// Replaces what goes wrong; requests are counted from here.
    pub fn set_faults(&self, plan: Plan) {
        *self.strikes() = Strikes::new(plan);
    }

    /// Kills one access token at Shopify, or all of an app's installation.
    pub fn revoke(&self, token: Option<&str>) {
        self.shopify.revoke(token);
    }

    /// The Shopify shop removes every app (`false`), which kills all their tokens for good, or installs them again.
    pub fn set_installed(&self, installed: bool) {
        self.shopify.set_installed(installed);
    }

    /// The Shopify shop takes a scope away from every token, or gives it back.
    pub fn set_scope(&self, scope: &str, granted: bool) {
        self.shopify.set_scope(scope, granted);
    }

    /// The seller withdraws Amazon's consent: one refresh or access token, or all of them.
    pub fn revoke_amazon(&self, token: Option<&str>) {
        self.amazon.revoke(token);
    }

    /// All applications at Amazon lose a role, or get it back.
    pub fn set_amazon_role(&self, role: amazon::Role, granted: bool) {
        self.amazon.set_role(role, granted);
    }

    /// The client secrets at Amazon expire at a second since 1970, or never.
    pub fn set_amazon_secret_expiry(&self, at: Option<i64>) {
        self.amazon.set_secret_expiry(at);
    }

    /// Requests answered so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn strikes(&self) -> MutexGuard<'_, Strikes> {
        self.strikes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request. If the connection was to end early, the answer holds what arrived and a [`Cut`] among its
    /// extensions.
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = self.answer(request).into_parts();
        let (bytes, cut) = body.collect();
        let mut response = Response::from_parts(head, bytes);
        if let Some(cut) = cut {
            response.extensions_mut().insert(cut);
        }
        response
    }

    /// Answers a request with a body that is made while it is read.
    pub fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let path = request.uri().path().to_owned();
        if path.starts_with("/__sim/") {
            return control::answer(self, &path, &request);
        }
        let found = self.faces.iter().find_map(|face| Some((face, face.address(&request)?)));
        let Some((face, (account, path))) = found else {
            return reply::html(404, "404 Not Found", "<p>No marketplace lives here.</p>");
        };
        let (head, body) = request.into_parts();
        let mut incoming = Incoming {
            method: head.method,
            path,
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
            account,
            world: self.world(),
            millis: self.now().timestamp_millis(),
            request_id: request_id(number),
        };
        let names = face.names(&incoming);
        let struck = self
            .strikes()
            .request(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let drift = struck.find(|kind| {
            if let Kind::Drift { seconds } = kind {
                Some(*seconds)
            } else {
                None
            }
        });
        if let Some(seconds) = drift {
            self.advance_seconds(seconds);
            incoming.world = self.world();
            incoming.millis = self.now().timestamp_millis();
        }
        let instead = struck.find(|kind| instead(face.as_ref(), kind, &incoming));
        let answer = instead.unwrap_or_else(|| face.handle(&incoming, &struck));
        self.finish(answer, &incoming, &struck)
    }

    /// What every answer gets: date, request number, compression, and the ways in which it arrives badly.
    fn finish(&self, mut answer: Answer, incoming: &Incoming, struck: &Struck) -> Answer {
        let skew = struck
            .find(|kind| {
                if let Kind::Skew { seconds } = kind {
                    Some(*seconds)
                } else {
                    None
                }
            })
            .unwrap_or(0);
        let date = self.now() + chrono::Duration::seconds(skew);
        reply::set(
            &mut answer,
            "date",
            &date.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        );
        reply::set(&mut answer, "x-request-id", &incoming.request_id);
        let gzip = incoming
            .header("accept-encoding")
            .is_some_and(|kinds| kinds.contains("gzip"));
        let broken = struck.has(&Kind::CutGzip);
        if let Some(bytes) = answer.body().bytes().cloned()
            && (gzip || broken)
            && !answer.headers().contains_key(header::CONTENT_ENCODING)
        {
            let packed = pack(&bytes);
            let sent = if broken {
                packed.slice(..packed.len() / 2)
            } else {
                packed
            };
            *answer.body_mut() = Body::whole(sent);
            answer
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(length) = answer.body().bytes().map(Bytes::len) {
            answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        let length = answer
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if struck.has(&Kind::CutBody) {
            let cut = |body: Body| body.cut_after(length.map_or(4096, |length| length / 2), Cut::InBody);
            answer = answer.map(cut);
        }
        if struck.has(&Kind::Cut) {
            answer = answer.map(|body| body.cut_after(0, Cut::BeforeAnswer));
        }
        answer
    }
}

/// The answer that a fault puts in the place of the face's own.
fn instead(face: &dyn Face, kind: &Kind, incoming: &Incoming) -> Option<Answer> {
    match kind {
        Kind::Status { code, retry_after } => {
            let mut answer = face.refusal(*code);
            if let Some(seconds) = retry_after {
                reply::set(&mut answer, "retry-after", seconds);
            }
            Some(answer)
        }
        Kind::Html => Some(reply::html(
            200,
            "Just a moment...",
            "<p>Checking your browser before you go on.</p>",
        )),
        Kind::Redirect { host } => Some(reply::redirect(301, &format!("https://{host}{}", incoming.path))),
        _ => None,
    }
}

/// A request's number in the form of the platform's.
fn request_id(number: u64) -> String {
    let mut id = String::with_capacity(36);
    // Formatting into a String cannot fail.
    let _ = write!(
        id,
        "{:08x}-0000-4000-8000-{number:012x}",
        crate::faults::mix(number) >> 32
    );
    id
}

fn pack(bytes: &Bytes) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing into memory cannot fail.
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.map_or_else(|_| bytes.clone(), Bytes::from)
}
