//! The machine's time, for what lives in the composition root.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use countinghouse_core::clock::{Clock, SystemClock};

/// The machine's clock.
pub fn system() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Now.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(SystemClock.now_millis()).unwrap_or_default()
}
