//! Time as an argument: logic asks a [`Clock`], tests step one by hand.

use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A future that may be sent between threads.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the time is, and waiting.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970 in UTC. May jump when the machine's clock is set; nothing may rely on it going forward.
    fn now_millis(&self) -> i64;

    /// Seconds since 1970 in UTC.
    fn now(&self) -> i64 {
        self.now_millis().div_euclid(1000)
    }

    /// Ends after `time`. Dropping the future stops the waiting.
    fn sleep(&self, time: Duration) -> Pending<'_, ()>;
}

/// The machine's clock.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
impl Clock for SystemClock {
    fn now_millis(&self) -> i64 {
        chrono::Utc::now().timestamp_millis()
    }

    fn sleep(&self, time: Duration) -> Pending<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// A clock that stands still until it is stepped.
///
/// A *running* one steps by itself: whoever sleeps moves it on by that much at once, so that a test of a week of waiting ends
/// in no time. A *standing* one makes sleepers wait for [`SteppedClock::advance`].
#[derive(Debug)]
pub struct SteppedClock {
    running: bool,
    state: Mutex<Stepped>,
}

#[derive(Debug, Default)]
struct Stepped {
    millis: i64,
    slept: Duration,
    sleepers: BinaryHeap<Sleeper>,
}

#[derive(Debug)]
struct Sleeper {
    until: i64,
    waker: Waker,
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        self.until == other.until
    }
}
impl Eq for Sleeper {}
impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Sleeper {
    /// The earliest is the greatest, so that it stands on top of the heap.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.until.cmp(&self.until)
    }
}

impl SteppedClock {
    /// A clock that moves on when someone sleeps, starting at `second` (UTC).
    pub fn running(second: i64) -> Self {
        SteppedClock {
            running: true,
            state: Mutex::new(Stepped {
                millis: second * 1000,
                ..Stepped::default()
            }),
        }
    }

    /// A clock that moves only by [`SteppedClock::advance`], starting at `second` (UTC).
    pub fn standing(second: i64) -> Self {
        SteppedClock {
            running: false,
            state: Mutex::new(Stepped {
                millis: second * 1000,
                ..Stepped::default()
            }),
        }
    }

    /// Moves the clock on and wakes who waited for it.
    pub fn advance(&self, time: Duration) {
        let mut state = self.state();
        state.millis = state
            .millis
            .saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        while state.sleepers.peek().is_some_and(|first| first.until <= state.millis) {
            if let Some(first) = state.sleepers.pop() {
                first.waker.wake();
            }
        }
    }

    /// The time all sleepers have asked for together.
    pub fn slept(&self) -> Duration {
        self.state().slept
    }

    fn state(&self) -> MutexGuard<'_, Stepped> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SteppedClock {
    fn now_millis(&self) -> i64 {
        self.state().millis
    }

    fn sleep(&self, time: Duration) -> Pending<'_, ()> {
        let until = {
            let mut state = self.state();
            state.slept += time;
            state
                .millis
                .saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
        };
        if self.running {
            self.advance(time);
        }
        Box::pin(Sleep { clock: self, until })
    }
}

struct Sleep<'a> {
    clock: &'a SteppedClock,
    until: i64,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.millis >= self.until {
            return Poll::Ready(());
        }
        let until = self.until;
        state.sleepers.push(Sleeper {
            until,
            waker: context.waker().clone(),
        });
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_running_clock_moves_on_with_whoever_sleeps() {
        let clock = SteppedClock::running(1_000);
        clock.sleep(Duration::from_secs(3_600)).await;
        assert_eq!(clock.now(), 4_600, "an hour has passed without waiting for it");
        assert_eq!(clock.slept(), Duration::from_secs(3_600), "and the sleep is on record");
    }

    #[tokio::test]
    async fn a_standing_clock_holds_sleepers_until_it_is_stepped() {
        let clock = SteppedClock::standing(0);
        let mut sleep = clock.sleep(Duration::from_secs(10));
        let woken = std::future::poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context).is_ready())).await;
        assert!(!woken, "nobody has stepped the clock");
        clock.advance(Duration::from_secs(9));
        let woken = std::future::poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context).is_ready())).await;
        assert!(!woken, "a second is missing");
        clock.advance(Duration::from_secs(1));
        sleep.await;
        assert_eq!(clock.now(), 10, "the sleeper woke at its time");
    }
}
