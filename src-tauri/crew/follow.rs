//! Following a run: what it tells becomes events for windows, at a pace that a page can keep up with.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use countinghouse_core::api::runs::{self, RunCounts, RunProgress};
use countinghouse_core::api::words::said;
use countinghouse_core::app::{App, Event, Profile};
use countinghouse_core::clock::Clock;
use countinghouse_core::store::RunState;
use countinghouse_core::sync::{Brought, Event as Heard, Phase, StreamProgress};
use tokio::sync::Notify;

use super::locked;

/// Shortest time between two events of a run.
const PACE: Duration = Duration::from_millis(500);
/// Shortest time between two wishes that pages read their figures anew, in milliseconds.
const REFRESH: i64 = 3_000;

/// One run on its way from the connector to the windows.
pub(super) struct Follow {
    app: Weak<App>,
    profile: Arc<Profile>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    news: Notify,
}

#[derive(Default)]
struct Known {
    run: Option<i64>,
    streams: Vec<StreamProgress>,
    /// Figures have changed since windows were told last.
    stored: bool,
    /// Millisecond at which they were.
    told_at: Option<i64>,
}

impl Follow {
    pub(super) fn new(app: &Arc<App>, profile: &Arc<Profile>) -> Follow {
        Follow {
            app: Arc::downgrade(app),
            profile: Arc::clone(profile),
            clock: Arc::clone(&app.deps().clock),
            known: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// Takes note of what the run tells. Never waits.
    pub(super) fn hear(&self, heard: Heard) {
        let mut known = locked(&self.known);
        match heard {
            Heard::Began { run } => known.run = Some(run),
            Heard::Progress(progress) => match known.streams.iter_mut().find(|s| s.stream == progress.stream) {
                Some(stream) => *stream = progress,
                None => known.streams.push(progress),
            },
            Heard::Stored { .. } => known.stored = true,
            Heard::Noted(_) => return,
        }
        drop(known);
        self.news.notify_one();
    }

    /// The number of the run, once it has begun.
    pub(super) fn run(&self) -> Option<i64> {
        locked(&self.known).run
    }

    /// Tells windows what is new, as long as it is awaited.
    pub(super) async fn tell(&self) -> Infallible {
        loop {
            self.news.notified().await;
            self.keep().await;
            self.pass_on(false).await;
            if self.figures_are_due()
                && let Some(app) = self.app.upgrade()
            {
                app.tell(Event::DataChanged);
            }
            self.clock.sleep(PACE).await;
        }
    }

    /// Tells windows how the run ended.
    pub(super) async fn end(&self) {
        self.pass_on(true).await;
        if let Some(app) = self.app.upgrade() {
            app.tell(Event::DataChanged);
        }
    }

    /// Stores how far the run is, for pages that ask.
    async fn keep(&self) {
        let (run, counts, progress) = {
            let known = locked(&self.known);
            let Some(run) = known.run else { return };
            (run, counts(&known.streams), progress(&known.streams))
        };
        let (Ok(counts), Ok(progress)) = (serde_json::to_value(counts), serde_json::to_value(progress)) else {
            return;
        };
        let store = self.profile.store().write(move |w| {
            let stored = w.run(run)?;
            // A run that has ended keeps its own account of itself.
            if stored.state == RunState::Running {
                w.update_run(&countinghouse_core::store::Run {
                    counts,
                    progress,
                    ..stored
                })?;
            }
            Ok(())
        });
        // A ledger that cannot be written ends the run itself, with the cause.
        let _ = store.await;
    }

    /// Sends the run as it stands: while it works, or its end. Its end stands in the ledger before everything is done that belongs
    /// to it, and is told by [`Follow::end`] alone.
    async fn pass_on(&self, end: bool) {
        let (Some(run), Some(app)) = (self.run(), self.app.upgrade()) else {
            return;
        };
        let (profile, now) = (Arc::clone(&self.profile), self.clock.now());
        let told = tokio::task::spawn_blocking(move || runs::told(&profile, run, now)).await;
        // A page that misses this one hears the next, or reads the list of runs.
        if let Ok(Ok(told)) = told
            && told.finished_text.is_some() == end
        {
            app.tell(Event::Run(Box::new(told)));
        }
    }

    fn figures_are_due(&self) -> bool {
        let now = self.clock.now_millis();
        let mut known = locked(&self.known);
        let due = known.stored && known.told_at.is_none_or(|at| now < at || now - at >= REFRESH);
        if due {
            known.stored = false;
            known.told_at = Some(now);
        }
        due
    }
}

fn counts(streams: &[StreamProgress]) -> RunCounts {
    let brought = Brought::of(streams);
    RunCounts {
        requests: streams.iter().map(|s| s.requests).sum(),
        records: brought.read,
        new: brought.new,
        changed: brought.changed,
        unchanged: brought.unchanged,
        issues: brought.set_aside,
    }
}

/// How far the run is: told by the stream that a speed limit holds back longest, else by the first one at work.
fn progress(streams: &[StreamProgress]) -> RunProgress {
    let at_work = || {
        streams
            .iter()
            .filter(|s| matches!(s.phase, Phase::Working | Phase::Waiting { .. }))
    };
    let held_back = at_work().filter(|s| s.limited && s.total.is_some() && s.seconds_left.is_some_and(|left| left > 0));
    if let Some(slow) = held_back.max_by_key(|s| s.seconds_left) {
        return RunProgress {
            stream: slow.label.to_owned(),
            done: slow.done,
            total: slow.total,
            eta: slow.seconds_left.and_then(|s| i64::try_from(s).ok()),
            limited: true,
            ..RunProgress::default()
        };
    }
    let Some(shown) = at_work().find(|s| s.phase == Phase::Working).or(at_work().next()) else {
        return RunProgress::default();
    };
    // What is left of the whole run is known only where every stream at work has an estimate; the slowest one tells.
    let left: Option<Vec<u64>> = at_work().map(|s| s.seconds_left).collect();
    let (waiting, until) = match shown.phase {
        Phase::Waiting { reason, until } => {
            let why = format!("{} waiting: {}", said(shown.label), reason.text());
            (Some(why), Some(until))
        }
        _ => (None, None),
    };
    RunProgress {
        stream: shown.label.to_owned(),
        done: shown.done,
        total: shown.total,
        eta: left
            .and_then(|all| all.into_iter().max())
            .and_then(|s| i64::try_from(s).ok()),
        limited: false,
        waiting,
        until,
    }
}

#[cfg(test)]
mod tests {
    use countinghouse_core::sync::Reason;

    use super::*;

    /// A stream that waits for a file.
    fn waits(until: i64) -> Phase {
        Phase::Waiting {
            reason: Reason::Preparing,
            until,
        }
    }

    fn stream(name: &'static str, phase: Phase, left: Option<u64>) -> StreamProgress {
        let mut stream = StreamProgress::queued(name, name);
        stream.phase = phase;
        (stream.done, stream.total, stream.seconds_left) = (3, Some(9), left);
        stream
    }

    #[test]
    fn the_slowest_stream_at_work_tells_what_is_left() {
        let both = [
            stream("shop", Phase::Done, Some(0)),
            stream("orders", Phase::Working, Some(60)),
            stream("products", waits(7), Some(90)),
        ];
        let told = progress(&both);
        assert_eq!(
            told.stream, "orders",
            "a stream that works is shown before one that waits"
        );
        assert_eq!(told.eta, Some(90), "the run lasts as long as its slowest stream");
        assert_eq!(told.waiting, None, "something works");
    }

    #[test]
    fn a_stream_that_a_speed_limit_holds_back_is_told_with_its_own_estimate() {
        let mut orders = stream("orders", waits(7), Some(6_600));
        (orders.done, orders.total, orders.limited) = (2_140, Some(38_000), true);
        let told = progress(&[stream("listings", Phase::Working, None), orders]);
        assert_eq!(
            (told.stream.as_str(), told.done, told.total, told.eta),
            ("orders", 2_140, Some(38_000), Some(6_600)),
            "what takes longest, and how long"
        );
        assert!(
            told.limited && told.waiting.is_none(),
            "at the platform's speed, which is no trouble"
        );
    }

    #[test]
    fn without_every_estimate_there_is_none() {
        let told = progress(&[
            stream("orders", Phase::Working, Some(60)),
            stream("products", Phase::Working, None),
        ]);
        assert_eq!(told.eta, None, "a part that is not known is not zero");
    }

    #[test]
    fn a_run_that_only_waits_says_so() {
        let told = progress(&[stream("orders", waits(7), None), stream("shop", Phase::Done, None)]);
        let why = told.waiting.expect("nothing else is at work");
        assert!(
            why.contains("Orders") && why.contains("making the file"),
            "it says what waits for what: {why}"
        );
        assert_eq!(told.until, Some(7), "and until when");
        assert_eq!(
            progress(&[]),
            RunProgress::default(),
            "nothing is known of a run that has told nothing"
        );
    }
}
