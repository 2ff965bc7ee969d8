//! The builder of tests: an app in a folder of its own, with a clock that stands still.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::{ApiError, App, Deps, FileReport, ImportOptions, Keys, Profile, ProfileInfo};
use countinghouse_core::auth::Browser;
use countinghouse_core::auth::vault::Key;
use countinghouse_core::clock::{Clock, SteppedClock};
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::Day;
use countinghouse_core::net::entropy::SeededEntropy;
use countinghouse_core::net::{Body, NetError, Pending, Transport, TransportError};

/// Keys of tests: one key for all.
pub(crate) struct TestKeys;

impl Keys for TestKeys {
    fn key(&self, _folder: &Path, _profile: &ProfileInfo, _create: bool) -> Result<Key, ApiError> {
        Ok(Key::from_bytes([7; 32]))
    }
}

/// A machine without a network.
pub(crate) struct NoNetwork;

impl Transport for NoNetwork {
    fn send(&self, _: http::Request<Bytes>) -> Pending<'_, Result<http::Response<Box<dyn Body>>, TransportError>> {
        Box::pin(async {
            Err(TransportError::Unreachable {
                host: "any".into(),
                cause: "a machine without a network".into(),
            })
        })
    }
}

/// A machine without a browser.
pub(crate) struct NoBrowser;

impl Browser for NoBrowser {
    fn open(&self, _: &str) -> Result<(), NetError> {
        Err(NetError::defect("there is no browser"))
    }
}

/// A world with the clock's time and the transport's network.
pub(crate) fn deps(clock: Arc<dyn Clock>, transport: Arc<dyn Transport>) -> Deps {
    Deps {
        clock,
        keys: Arc::new(TestKeys),
        transport,
        browser: Arc::new(NoBrowser),
        entropy: Arc::new(SeededEntropy::new(1)),
    }
}

/// An app in a temporary folder, removed with the rig.
pub(crate) struct Rig {
    pub(crate) app: Arc<App>,
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
        let app = App::open(&home, deps(clock, Arc::new(NoNetwork))).expect("a home folder");
        let profile = app.profile(None).expect("a first profile");
        Rig {
            app: Arc::new(app),
            profile,
            home,
        }
    }

    pub(crate) fn import(&self, stream: Option<&str>, name: &str, bytes: &[u8]) -> FileReport {
        self.import_of(Channel::Shopify, stream, name, bytes)
    }

    /// Imports a file of a platform.
    pub(crate) fn import_of(&self, channel: Channel, stream: Option<&str>, name: &str, bytes: &[u8]) -> FileReport {
        let options = ImportOptions {
            stream: stream.map(str::to_owned),
            zone: None,
            ..ImportOptions::default()
        };
        self.profile
            .import(channel, name, bytes, &options)
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
            period: Period::new(day("1970-01-01"), day("2030-12-31")).expect("a period"),
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
