//! Named points of the work at which a test can stop the process.

use std::fmt;
use std::sync::Arc;

/// A record was stored, its facts not yet.
pub const RAW_WRITTEN: &str = "raw written";
/// A stream's state was moved on, the transaction is not committed.
pub const STATE_ADVANCED: &str = "state advanced";
/// An order was settled and stored, the sums of its days do not count it yet.
pub const MID_TRANSFORM: &str = "mid-transform";
/// Some of the day sums are merged, some not.
pub const MID_ROLLUP: &str = "mid-rollup";
/// The file of an older program is being copied before it is migrated; the copy has not got its name yet.
pub const MID_COPY: &str = "mid-copy";
/// A migration ran, its transaction is not committed.
pub const MID_MIGRATION: &str = "mid-migration";

/// What is called at each named point. Does nothing unless a test puts something in.
#[derive(Clone, Default)]
pub struct Checkpoint(Option<Arc<dyn Fn(&'static str) + Send + Sync>>);

impl Checkpoint {
    /// Calls `hook` with the name of every point passed.
    pub fn new(hook: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Checkpoint(Some(Arc::new(hook)))
    }

    /// Passes the point `name`.
    pub fn pass(&self, name: &'static str) {
        if let Some(hook) = &self.0 {
            hook(name);
        }
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Checkpoint(set)"
        } else {
            "Checkpoint"
        })
    }
}
