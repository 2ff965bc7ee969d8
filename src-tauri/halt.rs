//! Stopping the program at a named point of its work, so that a test can kill it there.

use std::io::Write as _;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use countinghouse_core::auth::TOKEN_UNSAVED;
use countinghouse_core::store::{
    Checkpoint, MID_COPY, MID_MIGRATION, MID_ROLLUP, MID_TRANSFORM, RAW_WRITTEN, STATE_ADVANCED,
};
use countinghouse_core::sync::{BODY_RECEIVED, REQUEST_SENT};

/// Every named point.
pub const POINTS: [&str; 9] = [
    REQUEST_SENT,
    BODY_RECEIVED,
    RAW_WRITTEN,
    MID_TRANSFORM,
    MID_ROLLUP,
    STATE_ADVANCED,
    MID_COPY,
    MID_MIGRATION,
    TOKEN_UNSAVED,
];

/// Stands for any point.
pub const ANY: &str = "any";

/// First words of what is said on standard error at the halt.
pub const HALTED: &str = "halted at ";

/// Where to halt: a point, or any, and how often it is passed before. Written `POINT` or `POINT@PASSES`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Halt {
    point: &'static str,
    passes: u64,
}

impl FromStr for Halt {
    type Err = String;

    fn from_str(text: &str) -> Result<Halt, String> {
        let (name, passes) = text.split_once('@').unwrap_or((text, "0"));
        let point = POINTS.into_iter().chain([ANY]).find(|point| *point == name);
        let point = point.ok_or_else(|| format!("no such point; there are: {}, {ANY}", POINTS.join(", ")))?;
        let passes = passes.parse().map_err(|_| "how often it is passed is a number")?;
        Ok(Halt { point, passes })
    }
}

impl From<Halt> for Checkpoint {
    /// The thread that comes to the point says so on standard error and goes no further; the others are not held up.
    fn from(halt: Halt) -> Checkpoint {
        let count = AtomicU64::new(0);
        Checkpoint::new(move |name| {
            let meant = halt.point == ANY || halt.point == name;
            if meant && count.fetch_add(1, Ordering::SeqCst) == halt.passes {
                // Nobody reads it: then nobody kills the process here either, and it stands still until it is ended.
                let _ = writeln!(std::io::stderr(), "{HALTED}{name}");
                loop {
                    std::thread::park();
                }
            }
        })
    }
}
