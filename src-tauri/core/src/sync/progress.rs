//! How far a run has come, for people.

use serde::Serialize;

use crate::connectors::fetch::{Measure, Note};
use crate::ledger::Ingested;
use crate::net::NetError;

/// What a stream of a run is doing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Not begun.
    Queued,
    /// At work.
    Working,
    /// Waiting for the platform.
    Waiting {
        /// What for.
        reason: Reason,
        /// UTC second at which it goes on.
        until: i64,
    },
    /// Up to date.
    Done,
    /// Left out: the platform does not permit it. What is stored of it stays.
    Skipped {
        /// Why.
        why: NetError,
        /// It was permitted before: figures that rest on it stand still until the right is given back.
        lost: bool,
    },
    /// Ended by an error. What is stored of it stays; the next run goes on from there.
    Failed {
        /// Why.
        why: NetError,
    },
}

/// What a stream waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The platform's speed limit.
    Throttled,
    /// A file of everything, which the platform is making.
    Preparing,
    /// A fault that may pass; the request is repeated then.
    Fault,
}

impl Reason {
    /// The same in words, to go on after “waiting:”.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Throttled => "the platform's speed limit is reached",
            Reason::Preparing => "the platform is making the file that was asked for",
            Reason::Fault => "the platform did not answer as it should, and is asked again",
        }
    }
}

/// How far a stream has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StreamProgress {
    /// Name of the stream.
    pub stream: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it is doing.
    #[serde(flatten)]
    pub phase: Phase,
    /// Things read.
    pub done: u64,
    /// Things there are, where the platform tells.
    pub total: Option<u64>,
    /// Seconds left at the pace so far, where there is a total and a pace.
    pub seconds_left: Option<u64>,
    /// The platform's speed limit tells what is left, and not the pace so far; the total is the platform's estimate then.
    #[serde(skip)]
    pub limited: bool,
    /// Requests sent.
    pub requests: u64,
    /// Records read.
    pub read: u64,
    /// Records stored that were not known before.
    pub new: u64,
    /// Records stored of known things that say something else now.
    pub changed: u64,
    /// Records known already, byte for byte, or older than what is known.
    pub unchanged: u64,
    /// Records among them that are kept but left out of the figures, each as an issue with its reason.
    pub set_aside: u64,
    #[serde(skip)]
    started_at: i64,
}

/// What became of the records of several streams; each number as in [`StreamProgress`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Brought {
    /// Records read.
    pub read: u64,
    /// Those not known before.
    pub new: u64,
    /// Those of known things that say something else now.
    pub changed: u64,
    /// Those known already.
    pub unchanged: u64,
    /// Those left out of the figures.
    pub set_aside: u64,
}

impl Brought {
    /// The sum over streams.
    pub fn of(streams: &[StreamProgress]) -> Brought {
        let sum = |count: fn(&StreamProgress) -> u64| streams.iter().map(count).sum();
        Brought {
            read: sum(|s| s.read),
            new: sum(|s| s.new),
            changed: sum(|s| s.changed),
            unchanged: sum(|s| s.unchanged),
            set_aside: sum(|s| s.set_aside),
        }
    }
}

impl StreamProgress {
    /// A stream that has not begun.
    pub fn queued(stream: &'static str, label: &'static str) -> Self {
        StreamProgress {
            stream,
            label,
            phase: Phase::Queued,
            done: 0,
            total: None,
            seconds_left: None,
            limited: false,
            requests: 0,
            read: 0,
            new: 0,
            changed: 0,
            unchanged: 0,
            set_aside: 0,
            started_at: 0,
        }
    }

    pub(super) fn begin(&mut self, now: i64) {
        self.phase = Phase::Working;
        self.started_at = now;
    }

    /// Takes note of a page that was stored.
    pub(super) fn take(&mut self, came: &Ingested) {
        self.read += came.new + came.changed + came.unchanged;
        self.new += came.new;
        self.changed += came.changed;
        self.unchanged += came.unchanged;
        self.set_aside += came.troubles.iter().filter(|trouble| trouble.left_out).count() as u64;
    }

    /// Takes note of how far it is at `now`.
    pub(super) fn measure(&mut self, measure: Measure, now: i64) {
        self.done = measure.done;
        self.total = measure.total;
        self.limited = measure.left.is_some();
        if measure.left.is_some() {
            self.seconds_left = measure.left;
            return;
        }
        let passed = u64::try_from(now - self.started_at).unwrap_or(0);
        self.seconds_left = measure.total.and_then(|total| {
            let left = total.saturating_sub(measure.done);
            (measure.done > 0).then(|| {
                u64::try_from(u128::from(left) * u128::from(passed) / u128::from(measure.done)).unwrap_or(u64::MAX)
            })
        });
    }
}

/// What a run tells while it works.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The connection is claimed and the run is in the ledger. Told first, and once.
    Began {
        /// Number of the run.
        run: i64,
    },
    /// A stream has come further, or changed what it is doing.
    Progress(StreamProgress),
    /// Something was stored that figures may depend on.
    Stored {
        /// Stream it came by.
        stream: &'static str,
        /// Orders whose ledger form is another now.
        orders: u64,
    },
    /// Something the user should know.
    Noted(Note),
}

/// What a run came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// Number of the run.
    pub run: i64,
    /// How each stream ended.
    pub streams: Vec<StreamProgress>,
    /// What became of the records of all streams.
    pub totals: Brought,
    /// What the user should know.
    pub notes: Vec<Note>,
    /// Orders whose ledger form is another now.
    pub orders: u64,
}

impl Report {
    /// The first error that ended a stream, if any.
    pub fn failure(&self) -> Option<&NetError> {
        self.streams.iter().find_map(|stream| match &stream.phase {
            Phase::Failed { why } => Some(why),
            _ => None,
        })
    }

    /// The first stream that had to be left out though it was permitted before, or though there is no figure without it, and why.
    pub fn lost(&self) -> Option<(&StreamProgress, &NetError)> {
        self.streams.iter().find_map(|stream| match &stream.phase {
            Phase::Skipped { why, lost } if *lost || stream.stream == "orders" => Some((stream, why)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_follows_the_pace_so_far() {
        let mut progress = StreamProgress::queued("orders", "orders");
        progress.begin(1_000);
        progress.measure(Measure::of(0, Some(900)), 1_010);
        assert_eq!(progress.seconds_left, None, "no pace yet, no guess");
        progress.measure(Measure::of(300, Some(900)), 1_030);
        assert_eq!(progress.seconds_left, Some(60), "a third took 30 seconds");
        progress.measure(Measure::of(900, Some(900)), 1_090);
        assert_eq!(progress.seconds_left, Some(0), "done");
        progress.measure(Measure::of(5, None), 1_100);
        assert_eq!(progress.seconds_left, None, "no total, no estimate");
        let limited = Measure {
            left: Some(6_600),
            ..Measure::of(2_140, Some(38_000))
        };
        progress.measure(limited, 1_110);
        assert_eq!(
            progress.seconds_left,
            Some(6_600),
            "a speed limit says more than a pace that began in a burst"
        );
        assert!(progress.limited, "and it is told apart from a pace");
    }
}
