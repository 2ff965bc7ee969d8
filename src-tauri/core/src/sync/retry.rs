//! How often and after which pauses a failed request is repeated (contract section 9).

use std::time::Duration;

use crate::net::entropy::Entropy;
use crate::net::{Code, NetError};

/// Attempts at one request before the stream gives up until the next run.
const TRIES: u32 = 6;
/// Attempts while the platform only asks to slow down.
const SLOW_TRIES: u32 = 30;
/// Changes of state (smaller pages, another way) in a row.
const RESTATES: u32 = 12;

/// Attempts since something was last accepted.
#[derive(Debug)]
pub(super) struct Tries {
    failed: u32,
    slowed: u32,
    restated: u32,
    refreshed: bool,
    /// The first pause and the longest.
    pauses: (Duration, Duration),
}

impl Tries {
    /// None yet, of a platform that is given these pauses.
    pub(super) fn new(pauses: (Duration, Duration)) -> Self {
        Tries {
            failed: 0,
            slowed: 0,
            restated: 0,
            refreshed: false,
            pauses,
        }
    }

    /// The pause before the next attempt; `None` if there is to be none.
    pub(super) fn again(&mut self, why: &NetError, after: Option<Duration>, entropy: &dyn Entropy) -> Option<Duration> {
        let (first, longest) = self.pauses;
        if why.code == Code::Throttled {
            self.slowed += 1;
            let own = backoff(self.slowed.min(4), first, longest, entropy);
            return (self.slowed < SLOW_TRIES).then(|| after.map_or(own, |time| time + jitter(500, entropy)));
        }
        self.failed += 1;
        (self.failed < TRIES).then(|| after.unwrap_or_else(|| backoff(self.failed, first, longest, entropy)))
    }

    /// The pause before going on from another state; `None` if there is to be none.
    pub(super) fn restate(&mut self, entropy: &dyn Entropy) -> Option<Duration> {
        self.restated += 1;
        let (first, longest) = self.pauses;
        (self.restated < RESTATES).then(|| backoff(self.restated.min(4), first, longest, entropy))
    }

    /// Whether a new token may be got.
    pub(super) fn refresh(&mut self) -> bool {
        !std::mem::replace(&mut self.refreshed, true)
    }
}

/// The first pause, twice that, four times … up to the longest, and up to half of it more.
fn backoff(attempt: u32, first: Duration, longest: Duration, entropy: &dyn Entropy) -> Duration {
    let times = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    let pause = first.saturating_mul(times).min(longest);
    pause + jitter(u64::try_from(pause.as_millis() / 2).unwrap_or(0), entropy)
}

fn jitter(most_millis: u64, entropy: &dyn Entropy) -> Duration {
    Duration::from_millis(entropy.below(most_millis + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::entropy::SeededEntropy;

    const USUAL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(64));

    #[test]
    fn pauses_grow_with_jitter_and_end() {
        let entropy = SeededEntropy::new(3);
        let mut tries = Tries::new(USUAL);
        let fault = NetError::stream(Code::RefusedByChannel, "a fault", "later");
        for base in [1, 2, 4, 8, 16] {
            let pause = tries.again(&fault, None, &entropy).expect("another attempt");
            assert!(
                pause >= Duration::from_secs(base) && pause <= Duration::from_millis(base * 1_500),
                "{base} s: {pause:?}"
            );
        }
        assert_eq!(tries.again(&fault, None, &entropy), None, "six attempts in all");
    }

    #[test]
    fn a_time_the_platform_names_is_kept() {
        let entropy = SeededEntropy::new(3);
        let slow = NetError::stream(Code::Throttled, "slow down", "later");
        let mut tries = Tries::new(USUAL);
        for attempt in 1..SLOW_TRIES {
            let pause = tries
                .again(&slow, Some(Duration::from_secs(4)), &entropy)
                .expect("another attempt");
            assert!(
                pause >= Duration::from_secs(4) && pause <= Duration::from_millis(4_500),
                "attempt {attempt}: {pause:?}"
            );
        }
        assert_eq!(tries.again(&slow, None, &entropy), None, "not for ever");
        assert!(tries.refresh() && !tries.refresh(), "one new token");
    }
}
