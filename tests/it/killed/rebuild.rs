//! Rebuilding that is killed: the ledger is as it was before, and the next rebuild comes to its end.

use countinghouse_core::store::{Checkpoint, MID_ROLLUP, MID_TRANSFORM};

use super::{Work, copied};
use crate::market::Seller;

/// Kills `work` at each point of it. `spoil` puts the ledger into a state that the work changes.
fn killed_at_each_point(work: Work, spoil: impl Fn(&Seller)) {
    let synced = Seller::of(work.market());
    synced.sync();
    let whole = synced.digest();
    spoil(&synced);
    let before = synced.digest();
    assert_ne!(before, whole, "there is something to rebuild");
    let template = synced.leave();
    // Opening the profile merges sums once, with nothing in them: the work's own merge is the next.
    let in_the_sums = format!("{MID_ROLLUP}@1");
    for halt in [MID_TRANSFORM, "mid-transform@5", &in_the_sums, "any@9"] {
        let folder = copied(&template, "rebuild");
        assert!(work.kill(&folder, halt), "{work:?}: the process came to {halt}");
        let seller = Seller::in_folder(work.market(), folder.clone(), Checkpoint::default());
        assert_eq!(seller.digest(), before, "{work:?} killed at {halt} has changed nothing");
        seller.leave();
        let seller = work.go_on(&folder, Checkpoint::default());
        assert_eq!(seller.digest(), whole, "{work:?} done again after a kill at {halt}");
        seller.is_true();
    }
    std::fs::remove_dir_all(template).expect("removed");
}

#[test]
fn a_rebuild_from_raw_killed_at_each_point_changes_nothing_and_can_be_done_again() {
    killed_at_each_point(Work::Rebuild, |seller| {
        let connection = seller.connection;
        let lose = move |w: &mut countinghouse_core::store::Write<'_>| {
            for key in w.keys_of(connection, "orders")?.iter().step_by(2) {
                w.remove_order(connection, key)?;
            }
            Ok(())
        };
        seller.profile().store().write_blocking(lose).expect("orders are lost");
        seller.profile().rebuild_measures().expect("their sums too");
    });
}

#[test]
fn a_rebuild_of_the_measures_killed_at_each_point_changes_nothing_and_can_be_done_again() {
    killed_at_each_point(Work::Measures, |seller| {
        let clear = |w: &mut countinghouse_core::store::Write<'_>| w.clear_rollups();
        seller
            .profile()
            .store()
            .write_blocking(clear)
            .expect("the sums are lost");
    });
}
