//! The process is killed at every named point; what was committed is there afterwards, what was not has left no trace.
//!
//! A kill is a real one: this test program starts itself with one test and a point to abort at.

use std::process::Command;

use super::orders::plain_order;
use super::rollups::take;
use super::{Folder, key, record, shop};
use crate::store::*;

const POINT: &str = "STORE_TEST_KILL_POINT";
const FILE: &str = "STORE_TEST_KILL_FILE";

/// The step that is killed: a batch as a sync takes it in.
fn step(store: &Store, connection: ConnectionId, first: i64) -> Result<()> {
    store.write_blocking(move |w| {
        let mut delta = RollupDelta::default();
        for n in first..first + 10 {
            let order = plain_order(n, 1_780_000_000);
            w.put_raw(connection, None, &record(&order.key, 1, &format!("{{\"n\":{n}}}")), 1)?;
            take(w, connection, &order, &mut delta)?;
        }
        w.merge_rollups(&delta)?;
        w.set_stream_state(connection, "orders", &serde_json::json!({ "after": first + 10 }), None)
    })
}

/// Not a test by itself: the process that is killed. Does nothing unless the tests below start it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the entry point of a process of its own")]
fn process_to_be_killed() {
    let (Ok(point), Ok(file)) = (std::env::var(POINT), std::env::var(FILE)) else {
        return;
    };
    let armed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(point == MID_MIGRATION));
    let trigger = std::sync::Arc::clone(&armed);
    let checkpoint = Checkpoint::new(move |name| {
        if name == point && trigger.load(std::sync::atomic::Ordering::SeqCst) {
            std::process::abort();
        }
    });
    let options = Options {
        checkpoint,
        ..Options::default()
    };
    let store = Store::open_with(std::path::Path::new(&file), &key(), options).expect("the file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    step(&store, connection, 0).expect("the step before");
    armed.store(true, std::sync::atomic::Ordering::SeqCst);
    step(&store, connection, 100).expect("never reached: the process ends inside");
    panic!("the process passed its kill point");
}

fn kill_at(point: &str, folder: &Folder) {
    let program = std::env::current_exe().expect("this program");
    let ended = Command::new(program)
        .args(["--exact", "store::tests::killed::process_to_be_killed", "--nocapture"])
        .env(POINT, point)
        .env(FILE, folder.file())
        .output()
        .expect("started");
    assert!(!ended.status.success(), "the process must die at “{point}”");
    let text = String::from_utf8_lossy(&ended.stderr);
    assert!(
        !text.contains("panicked"),
        "it must die of the kill, not of a panic: {text}"
    );
}

#[test]
fn a_step_killed_at_any_point_leaves_no_trace() {
    for point in [RAW_WRITTEN, MID_ROLLUP, STATE_ADVANCED] {
        let folder = Folder::new(&format!("killed-{}", point.replace(' ', "-")));
        kill_at(point, &folder);
        let store = Store::open(&folder.file(), &key()).expect("opens after the kill");
        let connection = ConnectionId(1);
        let count = |r: &Read<'_>| r.count_orders(&OrderFilter::default());
        assert_eq!(
            store.read_blocking(count).expect("read"),
            10,
            "{point}: the committed step, and nothing of the other"
        );
        let state = store
            .read_blocking(|r| r.stream_state(connection, "orders"))
            .expect("read")
            .expect("there");
        assert_eq!(
            state.state,
            serde_json::json!({ "after": 10 }),
            "{point}: the state did not run ahead"
        );
        let raws = store.read_blocking(|r| r.keys_of(connection, "orders")).expect("read");
        assert_eq!(raws.len(), 10, "{point}: no raw record without its order");
        step(&store, connection, 100).expect("the step is done again");
        assert_eq!(
            store.read_blocking(count).expect("read"),
            20,
            "{point}: going on gives what was wanted"
        );
    }
}

#[test]
fn a_migration_killed_in_the_middle_is_done_again() {
    let folder = Folder::new("killed-migration");
    kill_at(MID_MIGRATION, &folder);
    let store = Store::open(&folder.file(), &key()).expect("opens after the kill");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    step(&store, connection, 0).expect("a whole schema");
}
