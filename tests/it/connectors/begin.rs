//! The first moment of a process, in which several ledgers are opened at once: what happened to any test that came first.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;

use countinghouse_core::auth::vault::Key;
use countinghouse_core::store::Store;

const FOLDER: &str = "COUNTINGHOUSE_TEST_BEGIN_FOLDER";
/// Ledgers opened at once, and processes that try it: of twenty processes that begin without care, one fails.
const LEDGERS: usize = 24;
const PROCESSES: usize = 80;

fn key() -> Key {
    Key::from_bytes([7; 32])
}

fn ledger(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number}.db"))
}

/// Not a test by itself: a process that does nothing but open ledgers at once. Does nothing unless the test starts it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the entry point of a process of its own")]
fn process_that_begins() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let ready = Barrier::new(LEDGERS);
    std::thread::scope(|scope| {
        for number in 0..LEDGERS {
            let (file, ready) = (ledger(Path::new(&folder), number), &ready);
            scope.spawn(move || {
                ready.wait();
                Store::open(&file, &key()).expect("the ledger opens");
            });
        }
    });
}

/// A folder that is taken away with this.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn ledgers_opened_at_once_in_the_first_moment_of_a_process_all_open() {
    let folder = Folder(std::env::temp_dir().join(format!("countinghouse-begin-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).expect("a folder");
    for number in 0..LEDGERS {
        Store::open(&ledger(&folder.0, number), &key()).expect("a ledger is made");
    }
    let program = std::env::current_exe().expect("this program");
    for run in 0..PROCESSES {
        let ended = Command::new(&program)
            .args(["--exact", "connectors::begin::process_that_begins", "--nocapture"])
            .env(FOLDER, &folder.0)
            .stdin(Stdio::null())
            .output()
            .expect("the process starts");
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "process {run}: every ledger opens: {told}");
    }
}
