//! An account at Amazon whose first sync is killed and continued, also while Amazon makes a file.

use std::sync::Arc;

use countinghouse_core::store::{Checkpoint, Read};
use countinghouse_core::sync::REQUEST_SENT;
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::WorldSpec;
use countinghouse_sim::world::amazon::AmazonSpec;

use super::sync::{cut_off_at_every_request, killed_at_each_point};
use super::{Work, again_and_again, folder};
use crate::market::{Market, Seller};
use crate::oracle::spec;

/// The account's present.
const NOW: i64 = 1_795_000_000;
/// The second from which on it is read: what the interface reaches, and more that only files bring.
pub(super) const SINCE: i64 = NOW - 38 * 86_400;

/// An account whose buckets fill fast and which takes its usual time to make files.
pub(super) fn market() -> Arc<Market> {
    let account = Account {
        speed: 10_000,
        ..Account::default()
    };
    let world = WorldSpec {
        products: 12,
        ..spec(203, 45, 1)
    };
    assert_eq!(world.now.0, NOW, "the history ends with the present");
    Market::selling_held(world, AmazonSpec::new(120), account)
}

/// Streams of a profile that wait for a file which was asked for, as their stored states say.
fn waiting(seller: &Seller) -> Vec<&'static str> {
    let connection = seller.connection;
    let streams = ["orders", "sales_and_traffic", "economics", "listings"];
    let read = move |r: &Read<'_>| {
        let mut waiting = Vec::new();
        for stream in streams {
            let Some(state) = r.stream_state(connection, stream)? else {
                continue;
            };
            let state = state.state.to_string();
            // An errand with a number and no document yet.
            if state.contains("\"document\":null") && !state.contains("\"id\":null") && state.contains("\"id\":") {
                waiting.push(stream);
            }
        }
        Ok(waiting)
    };
    seller.profile().store().read_blocking(read).expect("a readable ledger")
}

#[test]
fn an_account_killed_at_each_named_point_goes_on_to_the_same_ledger() {
    killed_at_each_point(Work::Account, |_| {});
}

#[test]
fn an_account_killed_at_fifty_moments_goes_on_to_the_same_ledger() {
    again_and_again(Work::Account, 32_452_843, 50);
}

#[test]
fn an_account_cut_off_at_every_request_goes_on_at_a_platform_that_has_done_what_was_asked() {
    cut_off_at_every_request(Work::Account);
}

#[test]
fn an_account_killed_while_files_are_being_made_goes_on_to_the_same_ledger() {
    let work = Work::Account;
    let whole = work.undisturbed();
    let mut waited = std::collections::BTreeSet::new();
    for passes in (8..48).step_by(2) {
        let folder = folder("waiting");
        if !work.kill(&folder, &format!("{REQUEST_SENT}@{passes}")) {
            break;
        }
        let killed = Seller::in_folder(work.market(), folder, Checkpoint::default());
        let streams = waiting(&killed);
        let folder = killed.leave();
        if streams.is_empty() {
            continue;
        }
        waited.extend(streams);
        let seller = work.go_on(&folder, Checkpoint::default());
        assert_eq!(seller.digest(), whole, "killed at request {passes} and continued");
    }
    for stream in ["orders", "economics"] {
        assert!(
            waited.contains(stream),
            "one was killed while {stream} waited: {waited:?}"
        );
    }
}
