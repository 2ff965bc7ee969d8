//! The machine's time, for what lives in the composition root.

use chrono::{DateTime, Utc};
use countinghouse_core::clock::{Clock, SystemClock};

/// Now.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(SystemClock.now_millis()).unwrap_or_default()
}
