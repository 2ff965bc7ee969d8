//! Buckets: one for each operation, account and application (contract section 3.1).

use std::collections::BTreeMap;

use super::operations::Operation;
use crate::world::amazon::Region;

/// Parts of a call in which a bucket counts: a ten-thousandth of a call a second is one part a millisecond.
const CALL: u64 = 10_000_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    parts: u64,
    at: i64,
}

/// All buckets of a seller.
#[derive(Debug, Default)]
pub(super) struct Buckets(BTreeMap<(Operation, Region, String), Bucket>);

impl Buckets {
    /// Takes a call out of its bucket; `false` when it holds none. `now` in milliseconds.
    pub(super) fn take(
        &mut self,
        operation: Operation,
        region: Region,
        client: &str,
        now: i64,
        speed: u64,
        drained: bool,
    ) -> bool {
        let (rate, burst) = operation.limit();
        let full = burst * CALL;
        let bucket = self
            .0
            .entry((operation, region, client.to_owned()))
            .or_insert(Bucket { parts: full, at: now });
        let passed = u64::try_from(now.saturating_sub(bucket.at)).unwrap_or(0);
        let gained = passed.saturating_mul(rate).saturating_mul(speed);
        bucket.parts = bucket.parts.saturating_add(gained).min(full);
        bucket.at = bucket.at.max(now);
        if drained && speed > 0 {
            bucket.parts = 0;
        }
        let admitted = if speed == 0 { !drained } else { bucket.parts >= CALL };
        if admitted && speed > 0 {
            bucket.parts -= CALL;
        }
        admitted
    }
}

/// A rate as the header tells it: `0.0056`, `0.5`, `2.0`.
pub(super) fn rate_text(rate: u64) -> String {
    let text = format!("{}.{:04}", rate / 10_000, rate % 10_000);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') {
        format!("{short}0")
    } else {
        short.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut buckets = Buckets::default();
        let mut take = |now, client: &str| buckets.take(Operation::SearchOrders, Region::Na, client, now, 1, false);
        assert_eq!((0..25).filter(|_| take(0, "a")).count(), 20, "twenty calls at once");
        assert!(take(0, "b"), "another application has its own");
        assert!(!take(178_000, "a"), "the next one after 179 seconds");
        assert!(take(179_000, "a"), "0.0056 calls a second");
        assert!(!take(179_000, "a"), "one");
        assert_eq!(rate_text(56), "0.0056", "as the header writes it");
        assert_eq!(
            (rate_text(5_000), rate_text(20_000)),
            ("0.5".into(), "2.0".into()),
            "with one decimal"
        );
    }
}
