//! Processes that are killed (SIGKILL) at named points and seeded moments of their work, and what they leave behind.
//!
//! A moment is a count of points passed, not a time. The process says that it has come there and stands still; then it is killed.

mod amazon;
mod import;
pub(crate) mod migration;
mod rebuild;
mod sync;
pub(crate) mod terminals;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countinghouse::halt::{ANY, HALTED, Halt};
use countinghouse_core::auth::vault::Key;
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::store::{Checkpoint, ConnectionId, MID_ROLLUP, MID_TRANSFORM, RAW_WRITTEN, STATE_ADVANCED};
use countinghouse_core::sync::{BODY_RECEIVED, Options, REQUEST_SENT};

use crate::market::{Market, Seller, large, shop};
use crate::oracle::spec;

/// Environment of the process that is to die: where its profile lies, where it halts, and what it does.
const FOLDER: &str = "COUNTINGHOUSE_TEST_KILL_FOLDER";
const HALT: &str = "COUNTINGHOUSE_TEST_KILL_HALT";
const WORK: &str = "COUNTINGHOUSE_TEST_KILL_WORK";
/// And where the files lie that it imports.
const FILES: &str = "COUNTINGHOUSE_TEST_KILL_FILES";

/// Work that is interrupted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    /// A first sync by pages, connecting included.
    Pages,
    /// A first sync by bulk runs, connecting included.
    Bulk,
    /// A first sync of an account at Amazon, connecting included.
    Account,
    /// Files are imported.
    Import,
    /// Everything is recomputed from the raw records.
    Rebuild,
    /// The daily sums are counted again.
    Measures,
    /// The profile is opened, no more.
    Open,
}

const WORKS: [Work; 7] = [
    Work::Pages,
    Work::Bulk,
    Work::Account,
    Work::Import,
    Work::Rebuild,
    Work::Measures,
    Work::Open,
];

impl Work {
    /// The shop of these tests, small or so large that it is read by bulk runs.
    pub(crate) fn market(self) -> Arc<Market> {
        if self == Work::Account {
            return amazon::market();
        }
        let market = Market::new(spec(201, 12, 3), shop());
        if self == Work::Bulk {
            large(&market);
        }
        market
    }

    /// Does the work in `folder`, going on where an earlier process was killed.
    pub(crate) fn go_on(self, folder: &Path, checkpoint: Checkpoint) -> Seller {
        match self {
            Work::Pages | Work::Bulk | Work::Account => sync::go_on(self, folder, checkpoint),
            Work::Import => import::go_on(self.market(), folder, checkpoint),
            Work::Rebuild => {
                let seller = Seller::in_folder(self.market(), folder.to_owned(), checkpoint);
                seller.profile().rebuild().expect("a rebuild");
                seller
            }
            Work::Measures => {
                let seller = Seller::in_folder(self.market(), folder.to_owned(), checkpoint);
                seller.profile().rebuild_measures().expect("sums counted again");
                seller
            }
            Work::Open => Seller::in_folder(self.market(), folder.to_owned(), checkpoint),
        }
    }

    /// Connects the marketplace to the profile.
    fn connect(self, seller: &mut Seller) -> ConnectionId {
        if self == Work::Account {
            let connected = seller.connect_amazon(Region::NorthAmerica);
            connected.expect("the simulated account lets its app in");
            return seller.connection;
        }
        seller.connect().expect("the simulated shop lets its app in")
    }

    /// Lets the time go by that lies between connecting and syncing where the work counts days from its present.
    fn rest(self, seller: &Seller) {
        if self == Work::Account {
            seller.market.wait(Duration::from_secs(2 * 86_400));
        }
    }

    /// How far back it is read.
    fn options(self) -> Options {
        Options {
            since: (self == Work::Account).then_some(amazon::SINCE),
            ..Options::default()
        }
    }

    /// Digest of the ledger after work that nobody disturbed.
    fn undisturbed(self) -> String {
        self.go_on(&folder("whole"), Checkpoint::default()).digest()
    }

    /// Does the work in a process of its own and kills it at `halt`; whether it came there before its end.
    pub(crate) fn kill(self, folder: &Path, halt: &str) -> bool {
        kill(&mut self.process(folder, halt))
    }

    /// A process that does the work and halts at `halt`.
    pub(crate) fn process(self, folder: &Path, halt: &str) -> Command {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command
            .args(["--exact", "killed::process_to_be_killed", "--nocapture"])
            .env(FOLDER, folder)
            .env(HALT, halt)
            .env(WORK, format!("{self:?}"));
        if self == Work::Import {
            command.env(FILES, import::files());
        }
        command
    }
}

/// Not a test by itself: the process that is killed. Does nothing unless the tests start it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the entry point of a process of its own")]
fn process_to_be_killed() {
    let (Ok(folder), Ok(halt), Ok(work)) = (std::env::var(FOLDER), std::env::var(HALT), std::env::var(WORK)) else {
        return;
    };
    if let Ok(files) = std::env::var(FILES) {
        import::files_are_at(files.into());
    }
    let work = WORKS.into_iter().find(|known| format!("{known:?}") == work);
    let halt: Halt = halt.parse().expect("a point");
    let seller = work.expect("known work").go_on(Path::new(&folder), halt.into());
    seller.leave();
}

/// Starts a process and kills it as soon as it says that it has halted; whether it did. One that ends before must end well.
pub(crate) fn kill(command: &mut Command) -> bool {
    halted(command).is_some()
}

/// A process that stands still in the middle of its work. It is killed when this is dropped.
pub(crate) struct Halted(Child);

impl Drop for Halted {
    fn drop(&mut self) {
        self.0.kill().expect("it can be killed");
        self.0.wait().expect("it is dead");
    }
}

/// Starts a process and waits until it says that it has halted; `None` where it has come to its end, which must be a good one.
pub(crate) fn halted(command: &mut Command) -> Option<Halted> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the process starts");
    let mut told = String::new();
    for line in BufReader::new(child.stderr.take().expect("its words")).lines() {
        let line = line.expect("text");
        if line.starts_with(HALTED) {
            return Some(Halted(child));
        }
        told.push_str(&line);
        told.push('\n');
    }
    let ended = child.wait().expect("it ends");
    assert!(ended.success(), "a process that is not killed ends well: {told}");
    None
}

/// Moments drawn from a seed.
pub(crate) struct Moments(pub(crate) u64);

impl Moments {
    fn below(&mut self, within: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % within
    }

    /// Where to halt next: every kind of point as often as the others, though records are written far more often than pages
    /// are asked for, and any point at all as well. An import asks nobody.
    pub(crate) fn halt(&mut self, work: Work) -> String {
        let kinds = [
            (ANY, 300),
            (RAW_WRITTEN, 150),
            (MID_TRANSFORM, 36),
            (MID_ROLLUP, 8),
            (REQUEST_SENT, 12),
            (BODY_RECEIVED, 12),
            (STATE_ADVANCED, 12),
        ];
        let files = [(ANY, 80), (RAW_WRITTEN, 36), (MID_TRANSFORM, 36), (MID_ROLLUP, 6)];
        let kinds = if work == Work::Import { &files[..] } else { &kinds };
        let (point, within) = kinds[self.below(kinds.len() as u64) as usize];
        format!("{point}@{}", self.below(within))
    }
}

/// A path of its own that nothing lies at.
pub(crate) fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("countinghouse-killed-{}-{number}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// The files of a closed profile once more, elsewhere.
pub(crate) fn copied(from: &Path, name: &str) -> PathBuf {
    let to = folder(name);
    std::fs::create_dir_all(&to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let file = entry.expect("an entry");
        if file.file_type().expect("a kind").is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).expect("copied");
        }
    }
    to
}

/// A ledger file opened by hand, with the key of test profiles.
pub(crate) fn by_hand(file: &Path, key: &Key) -> rusqlite::Connection {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sql = rusqlite::Connection::open(file).expect("a file");
    sql.execute_batch(&format!(
        "PRAGMA key = \"x'{}{}'\"; PRAGMA cipher_page_size = 8192;",
        key.hex().as_str(),
        hex(&key.mark())
    ))
    .expect("the key is taken");
    sql
}

/// The key of test profiles.
pub(crate) fn test_key() -> Key {
    Key::from_bytes([7; 32])
}

/// Kills of work that is then done to its end.
pub(crate) const KILLS_IN_A_ROUND: u32 = 5;

/// Kills work at seeded moments until `kills` are done. After some kills it is continued to its end, the ledger must be that of
/// an undisturbed run, and the next kills meet a new profile.
fn again_and_again(work: Work, seed: u64, kills: u32) {
    let whole = work.undisturbed();
    let mut moments = Moments(seed);
    let mut done = 0;
    while done < kills {
        let folder = folder("moments");
        let mut halts = Vec::new();
        for _ in 0..KILLS_IN_A_ROUND {
            let halt = moments.halt(work);
            if work.kill(&folder, &halt) {
                done += 1;
                halts.push(halt);
            }
        }
        let seller = work.go_on(&folder, Checkpoint::default());
        assert_eq!(seller.digest(), whole, "{work:?}: the ledger after kills at {halts:?}");
    }
}
