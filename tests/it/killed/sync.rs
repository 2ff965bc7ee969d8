//! A sync that is killed and continued: the same ledger as in one run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countinghouse::halt::POINTS;
use countinghouse_core::api::runs::{RunState, told};
use countinghouse_core::app::Code;
use countinghouse_core::auth::TOKEN_UNSAVED;
use countinghouse_core::clock::Clock as _;
use countinghouse_core::store::{Checkpoint, MID_COPY, MID_MIGRATION, RAW_WRITTEN};
use countinghouse_core::sync::{BODY_RECEIVED, Cancel, Options, REQUEST_SENT};

use super::{Work, again_and_again, folder, halted};
use crate::market::Seller;

/// Connects the profile in `folder` where it is not, and syncs it to the end.
pub(super) fn go_on(work: Work, folder: &Path, checkpoint: Checkpoint) -> Seller {
    let market = work.market();
    let mut seller = Seller::in_folder(Arc::clone(&market), folder.to_owned(), checkpoint);
    let connections = seller.profile().store().read_blocking(|r| r.connections());
    match connections.expect("a ledger").is_empty() {
        true => drop(work.connect(&mut seller)),
        // Time has gone on since the process was killed, however long that took under load.
        false => market.wait(Duration::from_secs(3_600)),
    }
    // The tokens have run out meanwhile.
    market.wait(Duration::from_secs(2 * 86_400));
    let sync = |seller: &Seller| seller.try_sync(work.options(), Cancel::default());
    let report = match sync(&seller) {
        // Killed between the connection and its token: the user is told to connect again, and does.
        Err(error) if error.code == Code::NeedsReconnect => {
            let before = seller.connection;
            let again = work.connect(&mut seller);
            assert_eq!(again, before, "the account keeps its connection");
            sync(&seller)
        }
        other => other,
    };
    assert_eq!(
        report.expect("the run ends well").failure(),
        None,
        "every stream is up to date"
    );
    seller
}

/// Kills `work` at each named point, some times it is passed, and continues it. `whole`: the undisturbed digest; `check`: what
/// else must hold of a ledger that was continued.
pub(super) fn killed_at_each_point(work: Work, check: impl Fn(&Seller)) {
    let whole = work.undisturbed();
    for point in POINTS.into_iter().filter(|point| *point != MID_COPY) {
        let passes: &[u64] = match point {
            // Its first passes are the account's own record and the like; later ones are in the middle of a page.
            RAW_WRITTEN => &[0, 17, 60],
            // Twice for a new connection, before and after it is known, and once for the renewal.
            TOKEN_UNSAVED => &[0, 1, 2],
            // The last of these is a file's where there are files.
            REQUEST_SENT | BODY_RECEIVED => &[0, 3, 9],
            // There are two migrations.
            MID_MIGRATION => &[0, 1],
            _ => &[0, 2],
        };
        for passes in passes {
            let folder = folder(&point.replace(' ', "-"));
            let halt = format!("{point}@{passes}");
            let killed = work.kill(&folder, &halt);
            assert!(killed, "{work:?}: the process came to {halt}");
            let seller = work.go_on(&folder, Checkpoint::default());
            assert_eq!(seller.digest(), whole, "{work:?}: killed at {halt} and continued");
            if *passes == 0 {
                check(&seller);
            }
        }
    }
}

#[test]
fn a_run_whose_process_was_killed_is_cut_off_at_once() {
    let folder = folder("gone");
    let halt = format!("{REQUEST_SENT}@9");
    // Opened before the other process writes: it may be halted while it holds the file.
    let seller = Seller::in_folder(Work::Pages.market(), folder.clone(), Checkpoint::default());
    seller.connect().expect("connected");
    let alive = halted(&mut Work::Pages.process(&folder, &halt)).expect("it comes to a request");
    let now = seller.market.clock().now();
    let standing = || {
        let run = told(seller.profile(), 1, now).expect("a run");
        (run.state, run.state_text)
    };
    let lease = seller.profile().store().read_blocking(|r| r.lease(seller.connection));
    assert!(
        lease.expect("readable").is_some_and(|lease| lease.expires_at > now),
        "its claim has not run out"
    );
    assert_eq!(
        standing(),
        (RunState::Running, "Running".to_owned()),
        "while it lives it runs"
    );
    drop(alive);
    assert_eq!(
        standing(),
        (RunState::Interrupted, "Cut off".to_owned()),
        "once it is killed it does not, however long its claim lasts"
    );
}

#[test]
fn a_sync_killed_at_each_named_point_goes_on_to_the_same_ledger() {
    for work in [Work::Pages, Work::Bulk] {
        killed_at_each_point(work, Seller::is_true);
    }
}

#[test]
fn a_sync_by_pages_killed_at_fifty_moments_goes_on_to_the_same_ledger() {
    again_and_again(Work::Pages, 104_729, 50);
}

#[test]
fn a_sync_by_bulk_runs_killed_at_fifty_moments_goes_on_to_the_same_ledger() {
    again_and_again(Work::Bulk, 7_919, 50);
}

/// Cuts `work` off at each of its requests, one point later every second time, and goes on at a platform that lives on with its files and
/// its bucket; it must come to the ledger of one run, and a further run to the same.
pub(super) fn cut_off_at_every_request(work: Work) -> Seller {
    let whole = work.undisturbed();
    let (passed, at) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(u64::MAX)));
    let (count, limit) = (Arc::clone(&passed), Arc::clone(&at));
    let checkpoint = Checkpoint::new(move |name| {
        let meant = [REQUEST_SENT, BODY_RECEIVED].contains(&name);
        if meant && count.fetch_add(1, Ordering::SeqCst) == limit.load(Ordering::SeqCst) {
            std::panic::resume_unwind(Box::new("cut off"));
        }
    });
    let mut seller = Seller::in_folder(work.market(), folder("cut-off"), checkpoint);
    work.connect(&mut seller);
    work.rest(&seller);
    for cuts in 0.. {
        assert!(cuts < 200, "{work:?}: it ends some time");
        passed.store(0, Ordering::SeqCst);
        at.store(cuts / 2, Ordering::SeqCst);
        let run = AssertUnwindSafe(|| seller.try_sync(work.options(), Cancel::default()));
        let ended = catch_unwind(run);
        seller.restart();
        if let Ok(report) = ended {
            assert_eq!(
                report.expect("the run ends well").failure(),
                None,
                "every stream is up to date"
            );
            assert!(cuts > 10, "{work:?}: it was cut off {cuts} times");
            break;
        }
    }
    assert_eq!(seller.digest(), whole, "{work:?}: as in one run");
    at.store(u64::MAX, Ordering::SeqCst);
    seller
        .try_sync(work.options(), Cancel::default())
        .expect("another run ends well");
    assert_eq!(seller.digest(), whole, "{work:?}: and nothing twice");
    seller
}

#[test]
fn a_run_cut_off_at_every_request_goes_on_at_a_platform_that_has_done_what_was_asked() {
    for work in [Work::Pages, Work::Bulk] {
        cut_off_at_every_request(work).is_true();
    }
}

#[test]
fn a_connection_whose_token_was_lost_asks_to_be_made_again() {
    let folder = folder("lost-token");
    assert!(
        Work::Pages.kill(&folder, &format!("{TOKEN_UNSAVED}@1")),
        "killed between the connection and its token"
    );
    let seller = Seller::in_folder(Work::Pages.market(), folder, Checkpoint::default());
    let error = seller
        .try_sync(Options::default(), Cancel::default())
        .expect_err("there is no token");
    assert_eq!(error.code, Code::NeedsReconnect, "the screens offer to connect again");
    assert!(
        error.hint.as_deref().unwrap_or_default().contains("Connect it again"),
        "the next step is named: {error:?}"
    );
    seller.connect().expect("connected again");
    let connections = seller.profile().store().read_blocking(|r| r.connections());
    assert_eq!(connections.expect("a ledger").len(), 1, "the shop is there once");
    seller.sync();
    seller.is_true();
}
