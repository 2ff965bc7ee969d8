//! The builder of tests: an app in a folder of its own, with a clock that stands still.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::{ApiError, App, Deps, FileReport, ImportOptions, Keys, Profile, ProfileInfo};
use countinghouse_core::auth::Browser;
use countinghouse_core::auth::vault::Key;
use countinghouse_core::clock::SteppedClock;
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::Day;
use countinghouse_core::net::entropy::SeededEntropy;
use countinghouse_core::net::{Body, Code, NetError, Pending, Transport, TransportError};
use http::{Request, Response};

/// Keys of tests: one key for all.
pub(crate) struct TestKeys;

impl Keys for TestKeys {
    fn key(&self, _folder: &Path, _profile: &ProfileInfo, _create: bool) -> Result<Key, ApiError> {
        Ok(Key::from_bytes([7; 32]))
    }
}

/// The way to nowhere: tests of files send nothing.
struct Unplugged;

impl Transport for Unplugged {
    fn send(&self, request: Request<Bytes>) -> Pending<'_, Result<Response<Box<dyn Body>>, TransportError>> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let cause = "this test has no network".to_owned();
        Box::pin(async move { Err(TransportError::Unreachable { host, cause }) })
    }
}

/// No browser: the page has to be opened by hand.
pub(crate) struct NoBrowser;

impl Browser for NoBrowser {
    fn open(&self, _page: &str) -> Result<(), NetError> {
        Err(NetError::connection(
            Code::Invalid,
            "There is no browser here.",
            "Open the page by hand.",
        ))
    }
}

/// An app in a temporary folder, removed with the rig.
pub(crate) struct Rig {
    pub(crate) profile: Arc<Profile>,
    home: PathBuf,
}

impl Rig {
    pub(crate) fn new() -> Rig {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("countinghouse-it-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        let clock = Arc::new(SteppedClock::running(1_780_000_000));
        let app = App::open(
            &home,
            Deps {
                clock,
                keys: Arc::new(TestKeys),
                transport: Arc::new(Unplugged),
                browser: Arc::new(NoBrowser),
                entropy: Arc::new(SeededEntropy::new(number.into())),
            },
        )
        .expect("a home folder");
        let profile = app.profile(None).expect("a first profile");
        Rig { profile, home }
    }

    pub(crate) fn import(&self, stream: Option<&str>, name: &str, bytes: &[u8]) -> FileReport {
        let options = ImportOptions {
            stream: stream.map(str::to_owned),
            zone: None,
            ..ImportOptions::default()
        };
        self.profile
            .import(Channel::Shopify, name, bytes, &options)
            .expect("the profile takes files")
    }

    /// Imports into a connection that counts its days in `zone`.
    pub(crate) fn import_in(&self, stream: &str, name: &str, bytes: &[u8], zone: &str) -> FileReport {
        let options = ImportOptions {
            stream: Some(stream.to_owned()),
            zone: Some(zone.parse().expect("a zone")),
            ..ImportOptions::default()
        };
        self.profile
            .import(Channel::Shopify, name, bytes, &options)
            .expect("the profile takes files")
    }

    /// A KPI over all days, as JSON.
    pub(crate) fn kpi(&self, definition: Definition, name: &str) -> serde_json::Value {
        self.kpis(definition)["kpis"][name].clone()
    }

    /// The KPIs over all days, as JSON.
    pub(crate) fn kpis(&self, definition: Definition) -> serde_json::Value {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let question = Question {
            definition,
            period: Period::new(day("2000-01-01"), day("2030-12-31")).expect("a period"),
            channels: Vec::new(),
            connection: None,
            today: day("2030-12-31"),
        };
        let answer = self
            .profile
            .store()
            .read_blocking(|r| kpis(r, &question))
            .expect("an answer");
        serde_json::to_value(&answer).expect("an answer is JSON")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}
