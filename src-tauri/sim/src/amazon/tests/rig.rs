//! A simulator for tests: a small world with Amazon, a clock that stands until it is moved, and a caller.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{Request, Response};
use bytes::Bytes;
use chrono::DateTime;
use flate2::read::GzDecoder;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::published::Models;
use crate::amazon::App;
use crate::world::amazon::{AmazonSpec, Region, Seller};
use crate::world::{Second, World, WorldSpec};
use crate::{Setup, Sim};

/// The present of tests: 2026-11-22T12:00:00Z.
pub(super) const NOW: i64 = 1_795_348_800;

pub(super) struct Rig {
    pub(super) sim: Sim,
    clock: Arc<AtomicI64>,
    pub(super) region: Region,
    token: String,
    models: Models,
}

impl Rig {
    /// A world of 120 days with forty orders a day at Amazon.
    pub(super) fn new(region: Region) -> Rig {
        Rig::with(region, |_| {})
    }

    pub(super) fn with(region: Region, change: impl FnOnce(&mut Setup)) -> Rig {
        let clock = Arc::new(AtomicI64::new(NOW));
        let shown = Arc::clone(&clock);
        let world = World::new(WorldSpec::new(7, Second(NOW), 120, 3)).with_amazon(AmazonSpec::new(120 * 40));
        let time = move || {
            DateTime::from_timestamp(shown.load(Ordering::Relaxed), 0).expect("a test's time is in the calendar")
        };
        let mut setup = Setup::new(world, Arc::new(time));
        setup.amazon.speed = 0;
        change(&mut setup);
        let mut rig = Rig {
            sim: Sim::new(setup),
            clock,
            region,
            token: String::new(),
            models: Models::published(),
        };
        rig.log_in();
        rig
    }

    pub(super) fn models(&self) -> &Models {
        &self.models
    }

    /// A fresh access token.
    pub(super) fn log_in(&mut self) {
        let (status, body) = self.lwa(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &App::demo_token(self.region)),
        ]);
        assert_eq!(status, 200, "a refresh token gives an access token: {body}");
        self.token = body["access_token"].as_str().expect("an access token").to_owned();
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    pub(super) fn seller(&self) -> Seller {
        self.sim.world().amazon().expect("the world has an Amazon side")
    }

    pub(super) fn send(&self, method: &str, address: &str, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::from(body.to_owned()));
        self.sim.handle(request.expect("a test's request is well formed"))
    }

    /// A request to the token endpoint with the demo app's credentials, unless others are named.
    pub(super) fn lwa(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut all = vec![("client_id", App::DEMO_ID), ("client_secret", App::DEMO_SECRET)];
        all.retain(|(name, _)| !fields.iter().any(|(own, _)| own == name));
        all.extend(fields);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(all)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded;charset=UTF-8")];
        let answer = self.send("POST", "https://api.amazon.com/auth/o2/token", &headers, &body);
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_slice(answer.body()).expect("the token endpoint answers JSON"),
        )
    }

    pub(super) fn call_with(&self, method: &str, path: &str, token: &str, body: &str) -> Response<Bytes> {
        let address = format!("https://sellingpartnerapi-{}.amazon.com{path}", self.region.name());
        let headers = [
            ("x-amz-access-token", token),
            ("user-agent", "Countinghouse/1.0 (Language=Rust; Platform=Test)"),
        ];
        self.send(method, &address, &headers, body)
    }

    pub(super) fn call(&self, method: &str, path: &str, body: &str) -> Response<Bytes> {
        let answer = self.call_with(method, path, &self.token, body);
        assert!(
            answer.headers().contains_key("x-amzn-requestid"),
            "every answer of the API is numbered"
        );
        let limited = answer.headers().contains_key("x-amzn-ratelimit-limit");
        assert_eq!(
            limited,
            answer.status().is_success(),
            "the rate is told on success only: {path}"
        );
        if !answer.body().is_empty() {
            let value: Value = serde_json::from_slice(answer.body()).expect("the API answers JSON");
            self.models.hold(method, path, answer.status().as_u16(), &value);
        }
        answer
    }

    /// Status and body of a call.
    pub(super) fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = self.call(method, path, &text);
        let value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        (answer.status().as_u16(), value)
    }

    /// The body of a call that must work.
    pub(super) fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path} is answered: {body}");
        body
    }

    /// All records of a paged list: the query, the place of the records, and how the token is found and sent.
    pub(super) fn pages(&self, query: &str, records: &str, next: &str, parameter: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..400 {
            let more = token
                .as_ref()
                .map_or_else(String::new, |token| format!("&{parameter}={}", escape(token)));
            let mut body = self.get(&format!("{query}{more}"));
            all.append(
                body.pointer_mut(records)
                    .and_then(Value::as_array_mut)
                    .expect("records"),
            );
            token = body.pointer(next).and_then(Value::as_str).map(str::to_owned);
            if token.is_none() {
                return all;
            }
        }
        panic!("{query} never ends");
    }

    /// Asks for a report, lets the time pass, and answers its last state.
    pub(super) fn report(&self, kind: &str, market: &str, more: &Value) -> Value {
        let mut body = json!({ "reportType": kind, "marketplaceIds": [market] });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let (status, made) = self.ask("POST", "/reports/2021-06-30/reports", &body);
        assert_eq!(status, 202, "{kind} is accepted: {made}");
        let id = made["reportId"].as_str().expect("a report id").to_owned();
        let path = format!("/reports/2021-06-30/reports/{id}");
        assert_eq!(self.get(&path)["processingStatus"], "IN_QUEUE", "it waits");
        self.pass(30);
        let state = self.get(&path)["processingStatus"].clone();
        assert!(
            state == "IN_PROGRESS" || state == "CANCELLED",
            "then it is made: {state}"
        );
        self.pass(60);
        self.get(&path)
    }

    /// The bytes of a report's document and the media type that the storage told.
    pub(super) fn document(&self, report: &Value) -> (Vec<u8>, String) {
        let id = report["reportDocumentId"].as_str().expect("a document");
        let document = self.get(&format!("/reports/2021-06-30/documents/{id}"));
        let address = document["url"].as_str().expect("an address");
        let answer = self.send("GET", address, &[], "");
        assert_eq!(
            answer.status().as_u16(),
            200,
            "the storage gives it: {:?}",
            answer.body()
        );
        let media = answer.headers()["content-type"]
            .to_str()
            .expect("a media type")
            .to_owned();
        let mut bytes = answer.body().to_vec();
        assert_eq!(
            document["compressionAlgorithm"] == "GZIP",
            bytes.starts_with(&[0x1F, 0x8B]),
            "what is said is so"
        );
        if bytes.starts_with(&[0x1F, 0x8B]) {
            let mut plain = Vec::new();
            GzDecoder::new(bytes.as_slice())
                .read_to_end(&mut plain)
                .expect("it unpacks");
            bytes = plain;
        }
        (bytes, media)
    }
}

/// An exact number.
pub(super) fn decimal(value: &Value) -> Decimal {
    let text = value.to_string();
    text.parse().unwrap_or_else(|_| panic!("{text} is a number"))
}

/// A value for an address.
pub(super) fn escape(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A table's rows, by column name.
pub(super) fn rows(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let row = |line: &str| {
        header
            .iter()
            .map(|name| (*name).to_owned())
            .zip(line.split('\t').map(str::to_owned))
            .collect()
    };
    lines.map(row).collect()
}

/// A file of the material beside the checkout; says so when it is not there.
#[expect(clippy::disallowed_methods, reason = "a test program begins here")]
pub(super) fn shared(path: &str) -> Option<String> {
    let root = std::env::var_os("COUNTINGHOUSE_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let home = [root, Some(beside)].into_iter().flatten().find(|home| home.is_dir());
    home.and_then(|home| std::fs::read_to_string(home.join(path)).ok())
}

/// Tells the reader of a test run something.
#[allow(clippy::print_stderr)]
pub(super) fn note(text: &str) {
    eprintln!("{text}");
}
