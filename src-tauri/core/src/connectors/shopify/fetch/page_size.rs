//! How many things to ask for at once: small at first, growing while answers come well, halved when they do not.

use serde::{Deserialize, Serialize};

use super::cost::SINGLE_LIMIT;
use super::documents::{Document, POINTS};
use crate::connectors::fetch::StreamCtx;

/// The most the platform gives at once.
pub(super) const MOST: i64 = 250;
/// Good pages after which a halved size may grow again.
const PROBATION: u32 = 12;
/// An answer that took longer is a heavy one.
const HEAVY_SECONDS: u64 = 12;
/// An answer that took longer is no reason to ask for more.
const SLOW_SECONDS: u64 = 5;

/// A size that adapts. Kept in the stream's state, so that a second run starts with what the first one learned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct PageSize {
    now: i64,
    most: i64,
    good: u32,
}

impl PageSize {
    /// Starts at `first`, may grow to `most`.
    pub(super) fn new(first: i64, most: i64) -> Self {
        PageSize {
            now: first.min(most),
            most,
            good: 0,
        }
    }

    /// Notes an answer that took `seconds`.
    pub(super) fn came(&mut self, seconds: u64, most: i64) {
        if seconds > HEAVY_SECONDS {
            self.halve();
            return;
        }
        self.good += 1;
        if self.good >= PROBATION {
            self.most = (self.most * 2).min(most);
            self.good = 0;
        }
        if seconds <= SLOW_SECONDS {
            self.now = (self.now * 2).min(self.most);
        }
    }

    /// Half of it, for a while; `false` if there is nothing to halve.
    pub(super) fn halve(&mut self) -> bool {
        if self.now <= 1 {
            return false;
        }
        self.now /= 2;
        self.most = self.now;
        self.good = 0;
        true
    }

    /// The size to ask for now: as much of it as the platform lets in at once. `sizes` are the document's other sizes.
    pub(super) fn for_call(&self, ctx: &StreamCtx<'_>, document: &Document, sizes: &[(&'static str, i64)]) -> i64 {
        let ceiling = ctx.limits.capacity(POINTS).unwrap_or(SINGLE_LIMIT).min(SINGLE_LIMIT);
        let learned = ctx.limits.learned_milli(document.name).max(1);
        let fits = |n: i64| {
            let mut all = sizes.to_vec();
            all.push(("n", n));
            document.points(&all) * learned <= ceiling * 1_000
        };
        let mut n = self.now.max(1);
        while n > 1 && !fits(n) {
            n = if n > 20 { n - n / 10 } else { n - 1 };
        }
        n
    }

    /// The size without regard to cost, for lists of ids.
    pub(super) fn plain(&self) -> usize {
        usize::try_from(self.now.max(1)).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_grows_with_good_answers_and_halves_with_bad_ones() {
        let mut size = PageSize::new(50, MOST);
        size.came(1, MOST);
        assert_eq!(size.plain(), 100, "doubled");
        size.came(1, MOST);
        size.came(1, MOST);
        assert_eq!(size.plain(), 250, "up to the platform's most");
        size.came(30, MOST);
        assert_eq!(size.plain(), 125, "a heavy answer halves it");
        size.came(7, MOST);
        size.came(1, MOST);
        assert_eq!(size.plain(), 125, "and it stays so for a while");
        for _ in 0..10 {
            size.came(1, MOST);
        }
        assert_eq!(size.plain(), 250, "until twelve good answers have come");
        assert!(
            size.halve() && size.halve() && size.plain() == 62,
            "500 and 504 halve too"
        );
        for _ in 0..5 {
            size.halve();
        }
        assert!(size.plain() == 1 && !size.halve(), "one is the least");
    }
}
