//! A simulator for tests: a small world, a clock that stands until it is moved, and a caller.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{Request, Response};
use bytes::Bytes;
use chrono::DateTime;
use serde_json::{Value, json};

use crate::shopify::{App, Shop};
use crate::world::{Second, World, WorldSpec};
use crate::{Setup, Sim};

/// The present of tests: 2026-11-22T12:00:00Z.
pub(super) const NOW: i64 = 1_795_348_800;

pub(super) struct Rig {
    pub(super) sim: Sim,
    pub(super) clock: Arc<AtomicI64>,
    pub(super) token: String,
}

impl Rig {
    /// A world of 150 days with eight orders a day.
    pub(super) fn new() -> Rig {
        Rig::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut Setup)) -> Rig {
        Rig::sized(150, 8, change)
    }

    pub(super) fn sized(days: u32, per_day: u64, change: impl FnOnce(&mut Setup)) -> Rig {
        let clock = Arc::new(AtomicI64::new(NOW));
        let shown = Arc::clone(&clock);
        let world = World::new(WorldSpec::new(7, Second(NOW), days, per_day));
        let time = move || {
            DateTime::from_timestamp(shown.load(Ordering::Relaxed), 0).expect("a test's time is in the calendar")
        };
        let mut setup = Setup::new(world, Arc::new(time));
        change(&mut setup);
        Rig {
            sim: Sim::new(setup),
            clock,
            token: App::DEMO_TOKEN.to_owned(),
        }
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn world(&self) -> World {
        self.sim.world()
    }

    pub(super) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<Bytes> {
        let host = format!("https://{}.myshopify.com", Shop::DEMO_HANDLE);
        let address = if path.starts_with('/') {
            format!("{host}{path}")
        } else {
            path.to_owned()
        };
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.sim
            .handle(request.body(body.into()).expect("a test's request is well formed"))
    }

    /// The whole HTTP answer to a query.
    pub(super) fn post(&self, query: &str, variables: Value) -> Response<Bytes> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let headers = [
            ("content-type", "application/json"),
            ("x-shopify-access-token", self.token.as_str()),
        ];
        self.send("POST", "/admin/api/2026-10/graphql.json", &headers, body)
    }

    /// The JSON answer to a query, whatever it says.
    pub(super) fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = self.post(query, variables);
        assert_eq!(
            answer.status().as_u16(),
            200,
            "a query is answered: {:?}",
            answer.body()
        );
        serde_json::from_slice(answer.body()).expect("an answer is JSON")
    }

    /// The data of an answer that must be without errors.
    pub(super) fn data(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(query, variables);
        assert!(answer.get("errors").is_none(), "no errors were expected: {answer}");
        answer["data"].take()
    }
}

/// A file of the material beside the checkout; says so when it is not there.
#[expect(clippy::disallowed_methods, reason = "a test program begins here")]
pub(super) fn shared(path: &str) -> Option<String> {
    let root = std::env::var_os("COUNTINGHOUSE_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let home = [root, Some(beside)].into_iter().flatten().find(|home| home.is_dir());
    let found = home.and_then(|home| std::fs::read_to_string(home.join(path)).ok());
    if found.is_none() {
        note(&format!(
            "skipped: {path} is not beside the checkout (set COUNTINGHOUSE_SHARED)"
        ));
    }
    found
}

/// Tells the reader of a test run something.
#[allow(clippy::print_stderr)]
pub(super) fn note(text: &str) {
    eprintln!("{text}");
}

/// The ready queries, by file name.
pub(super) fn ready(name: &str) -> Option<String> {
    shared(&format!("specs/shopify/queries/{name}.graphql"))
}
