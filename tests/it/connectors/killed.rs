//! A sync whose process is killed, at each named point and at seeded moments, and continued: the same ledger as in one run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countinghouse_core::auth::TOKEN_UNSAVED;
use countinghouse_core::store::{Checkpoint, MID_MIGRATION, MID_ROLLUP, RAW_WRITTEN, STATE_ADVANCED};
use countinghouse_core::sync::{BODY_RECEIVED, Cancel, Options, REQUEST_SENT};

use crate::market::{Market, Seller, large, shop};
use crate::oracle::spec;

/// Environment of the process that is to die: where its profile lies, the point, how often it is passed before, and the way
/// of the first load.
const FOLDER: &str = "COUNTINGHOUSE_TEST_KILL_FOLDER";
const POINT: &str = "COUNTINGHOUSE_TEST_KILL_POINT";
const PASSES: &str = "COUNTINGHOUSE_TEST_KILL_PASSES";
const WAY: &str = "COUNTINGHOUSE_TEST_KILL_WAY";
/// Stands for any point.
const ANY: &str = "any";

/// The shop of these tests, by pages or by bulk runs.
fn market(bulk: bool) -> Arc<Market> {
    let market = Market::new(spec(201, 12, 3), shop());
    if bulk {
        large(&market);
    }
    market
}

/// A hook that ends the process without any tidying up when `point` was passed `passes` times before.
fn deadly(point: String, passes: u64) -> Checkpoint {
    let count = AtomicU64::new(0);
    Checkpoint::new(move |name| {
        if (point == ANY || point == name) && count.fetch_add(1, Ordering::SeqCst) == passes {
            std::process::abort();
        }
    })
}

/// Connects a profile in `folder` if it is not connected, and syncs it to the end.
fn go_on(market: Arc<Market>, folder: &Path, checkpoint: Checkpoint) -> Seller {
    let seller = Seller::in_folder(Arc::clone(&market), folder.to_owned(), checkpoint);
    if seller
        .profile()
        .store()
        .read_blocking(|r| r.connections())
        .expect("a ledger")
        .is_empty()
    {
        seller.connect().expect("the simulated shop lets its app in");
    }
    // The tokens have run out meanwhile, and so has the claim of a process that died.
    market.wait(Duration::from_secs(2 * 86_400));
    let connection = seller.connection;
    let lease = seller
        .profile()
        .store()
        .read_blocking(|r| r.lease(connection))
        .expect("a ledger");
    let left = lease.map_or(0, |lease| lease.expires_at + 1 - market.now());
    market.wait(Duration::from_secs(left.max(0).unsigned_abs()));
    let report = seller
        .try_sync(Options::default(), Cancel::default())
        .expect("the run ends well");
    assert_eq!(report.failure(), None, "every stream is up to date");
    seller
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the entry point of a process of its own")]
fn process_to_be_killed() {
    let (Ok(folder), Ok(point)) = (std::env::var(FOLDER), std::env::var(POINT)) else {
        return;
    };
    let passes = std::env::var(PASSES)
        .ok()
        .and_then(|text| text.parse().ok())
        .expect("a number");
    let bulk = std::env::var(WAY).is_ok_and(|way| way == "bulk");
    go_on(market(bulk), &PathBuf::from(folder), deadly(point, passes));
}

/// Runs a sync in a process of its own until it dies at the point; whether it died.
fn kill(folder: &Path, point: &str, passes: u64, bulk: bool) -> bool {
    let program = std::env::current_exe().expect("this program");
    let ended = Command::new(program)
        .args(["--exact", "connectors::killed::process_to_be_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(POINT, point)
        .env(PASSES, passes.to_string())
        .env(WAY, if bulk { "bulk" } else { "pages" })
        .output()
        .expect("the process starts");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(!told.contains("panicked"), "it may die of the kill only: {told}");
    !ended.status.success()
}

fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("countinghouse-killed-{}-{number}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Ledger of a run that nobody disturbed.
fn undisturbed(bulk: bool) -> String {
    let folder = folder(if bulk { "whole-bulk" } else { "whole" });
    go_on(market(bulk), &folder, Checkpoint::default()).digest()
}

#[test]
fn a_sync_killed_at_each_named_point_goes_on_to_the_same_ledger() {
    let whole = undisturbed(false);
    let points = [
        REQUEST_SENT,
        BODY_RECEIVED,
        RAW_WRITTEN,
        STATE_ADVANCED,
        MID_ROLLUP,
        MID_MIGRATION,
        TOKEN_UNSAVED,
    ];
    for point in points {
        let folder = folder(&point.replace(' ', "-"));
        let passes = if point == RAW_WRITTEN { 17 } else { 0 };
        assert!(kill(&folder, point, passes, false), "the process died at “{point}”");
        let seller = go_on(market(false), &folder, Checkpoint::default());
        assert_eq!(seller.digest(), whole, "killed at “{point}” and continued");
        if point == REQUEST_SENT {
            seller.is_true();
        }
    }
}

#[test]
fn a_sync_killed_again_and_again_goes_on_to_the_same_ledger() {
    for bulk in [false, true] {
        let whole = undisturbed(bulk);
        let mut moment = if bulk { 7_919_u64 } else { 104_729 };
        let folder = folder(if bulk { "moments-bulk" } else { "moments" });
        let (mut kills, mut ends) = (0, 0);
        while kills < 25 {
            moment = moment
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let within = if ends == 0 { 60 } else { 400 };
            if kill(&folder, ANY, (moment >> 33) % within, bulk) {
                kills += 1;
                continue;
            }
            ends += 1;
            let seller = Seller::in_folder(market(bulk), folder.clone(), Checkpoint::default());
            assert_eq!(seller.digest(), whole, "the ledger after {kills} kills");
            // Dropping the seller takes the folder away: the next kills meet a new profile.
        }
        let seller = go_on(market(bulk), &folder, Checkpoint::default());
        assert_eq!(seller.digest(), whole, "the ledger after {kills} kills");
    }
}
