//! Speed and size of the ledger against the targets P1 to P5 and P9 to P11: `cargo bench --bench ledger`.
//!
//! `ORDERS` (100,000; 0 leaves it out) orders as the simulated shop answers them, of `BYTES` (5,000; 0: of any size) in the
//! mean, for P1 to P3, P10 and P11; `LINES` (10,000,000; 0 leaves it out) lines of invented orders for P4, P5 and P9. Figures
//! are printed beside their targets (`pass`, `HALF`: between half and whole, `MISS`), nothing is asserted of them: they are of one run on one
//! machine, and the load is printed with them.
#![allow(
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs
)]

mod answers;
mod breakdown;
mod ingest;
mod questions;
mod table;
#[path = "../../src-tauri/core/benches/ledger/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use countinghouse_core::app::{ApiError, App, Deps, Keys, ProfileInfo};
use countinghouse_core::auth::vault::Key;
use countinghouse_core::clock::SteppedClock;

struct OneKey;

impl Keys for OneKey {
    fn key(&self, _: &Path, _: &ProfileInfo, _: bool) -> Result<Key, ApiError> {
        Ok(Key::from_bytes([7; 32]))
    }
}

fn number(name: &str, otherwise: usize) -> usize {
    let given = std::env::var(name).ok();
    given
        .and_then(|n| n.replace(['_', ','], "").parse().ok())
        .unwrap_or(otherwise)
}

fn deps() -> Deps {
    Deps {
        clock: Arc::new(SteppedClock::running(answers::NOW)),
        keys: Arc::new(OneKey),
        ..countinghouse::deps(None).unwrap()
    }
}

/// Runs this program again for one part, so that its memory is that part's alone.
fn part(name: &str, home: &Path) {
    let program = std::env::current_exe().unwrap();
    let ended = std::process::Command::new(program)
        .env("PART", name)
        .env("HOME_OF_RUN", home)
        .status();
    assert!(ended.unwrap().success(), "{name} ends well");
}

fn main() {
    let home = std::env::var_os("HOME_OF_RUN").map(PathBuf::from);
    let part_name = std::env::var("PART").unwrap_or_default();
    match (part_name.as_str(), home) {
        ("spool", Some(home)) => {
            answers::Spool::fill(
                &home.join("orders.jsonl"),
                number("ORDERS", 100_000),
                number("BYTES", 5_000),
            );
        }
        ("ingest", Some(home)) => {
            let app = App::open(&home.join("orders"), deps()).unwrap();
            let profile = app.profile(None).unwrap();
            ingest::measure(&profile, &home, &answers::Spool::open(&home.join("orders.jsonl")));
        }
        ("start", Some(home)) => questions::start(&home.join("orders"), deps()),
        ("questions", Some(home)) => {
            let app = App::open(&home.join("lines"), deps()).unwrap();
            let profile = app.profile(None).unwrap();
            questions::measure(&app, &profile, &home, number("LINES", 10_000_000) as u64);
        }
        _ => {
            let home = std::env::temp_dir().join(format!("countinghouse-perf-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&home);
            std::fs::create_dir_all(&home).unwrap();
            if number("ORDERS", 100_000) > 0 {
                for name in ["spool", "ingest", "start"] {
                    part(name, &home);
                }
            }
            if number("LINES", 10_000_000) > 0 {
                part("questions", &home);
            }
            let _ = std::fs::remove_dir_all(&home);
        }
    }
}
