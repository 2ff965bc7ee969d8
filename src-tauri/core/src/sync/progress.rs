//! How far a run has come, for people.

use serde::Serialize;

use crate::connectors::fetch::{Measure, Note};
use crate::net::NetError;

/// What a stream of a run is doing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Not begun.
    Queued,
    /// At work.
    Working,
    /// Waiting for the platform: a speed limit, a file that is being made, a fault that passes.
    Waiting,
    /// Up to date.
    Done,
    /// Left out: the platform does not permit it. What is stored of it stays.
    Skipped {
        /// Why.
        why: NetError,
    },
    /// Ended by an error. What is stored of it stays; the next run goes on from there.
    Failed {
        /// Why.
        why: NetError,
    },
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
    /// Requests sent.
    pub requests: u64,
    /// Records stored that were not known before.
    pub new: u64,
    /// Records stored of known things that say something else now.
    pub changed: u64,
    #[serde(skip)]
    started_at: i64,
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
            requests: 0,
            new: 0,
            changed: 0,
            started_at: 0,
        }
    }

    pub(super) fn begin(&mut self, now: i64) {
        self.phase = Phase::Working;
        self.started_at = now;
    }

    /// Takes note of how far it is at `now`.
    pub(super) fn measure(&mut self, measure: Measure, now: i64) {
        self.done = measure.done;
        self.total = measure.total;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_follows_the_pace_so_far() {
        let mut progress = StreamProgress::queued("orders", "orders");
        progress.begin(1_000);
        progress.measure(
            Measure {
                done: 0,
                total: Some(900),
            },
            1_010,
        );
        assert_eq!(progress.seconds_left, None, "no pace yet, no guess");
        progress.measure(
            Measure {
                done: 300,
                total: Some(900),
            },
            1_030,
        );
        assert_eq!(progress.seconds_left, Some(60), "a third took 30 seconds");
        progress.measure(
            Measure {
                done: 900,
                total: Some(900),
            },
            1_090,
        );
        assert_eq!(progress.seconds_left, Some(0), "done");
        progress.measure(Measure { done: 5, total: None }, 1_100);
        assert_eq!(progress.seconds_left, None, "no total, no estimate");
    }
}
