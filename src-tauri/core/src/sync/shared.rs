//! What the streams of one run share: the other end, the limiter, the claim, the time, what is told to the user.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::DateTime;

use super::intake::{Claim, refused};
use super::progress::{Event, Phase, Reason, StreamProgress};
use super::{Cancel, Job, Options};
use crate::connectors::fetch::{Note, Remote};
use crate::net::limiter::{Admission, Cost, LimitHint, Limiter};
use crate::net::{Code, NetError};

/// Seconds a claim on the connection holds, and after which it is renewed.
const CLAIM: i64 = 300;
const RENEW: i64 = 60;
/// Longest pause without a look at the claim.
const SLICE: Duration = Duration::from_secs(30);
/// A limit that is shut for longer ends the run.
const PATIENCE: Duration = Duration::from_secs(300);

/// A pause for the speed limit that is shorter is not told: it belongs to the pace.
const TOLD: Duration = Duration::from_secs(2);
/// Difference of the clocks that is told, milliseconds.
const SKEWED: i64 = 300_000;

/// Told what happens.
pub(super) type Tell = Arc<dyn Fn(Event) + Send + Sync>;

pub(super) struct Shared {
    pub(super) job: Job,
    pub(super) options: Options,
    pub(super) cancel: Cancel,
    pub(super) run: i64,
    remote: Mutex<Remote>,
    limiter: Mutex<Limiter>,
    /// The platform's clock less ours, milliseconds.
    skew: AtomicI64,
    renewed_at: AtomicI64,
    progress: Mutex<Vec<StreamProgress>>,
    notes: Mutex<Vec<Note>>,
    orders: AtomicI64,
    tell: Tell,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(job: Job, options: Options, cancel: Cancel, run: i64, limiter: Limiter, tell: Tell) -> Self {
        let progress = job
            .fetcher
            .streams()
            .iter()
            .map(|spec| StreamProgress::queued(spec.name, spec.label))
            .collect();
        Shared {
            remote: Mutex::new(job.remote.clone()),
            renewed_at: AtomicI64::new(job.clock.now()),
            job,
            options,
            cancel,
            run,
            limiter: Mutex::new(limiter),
            skew: AtomicI64::new(0),
            progress: Mutex::new(progress),
            notes: Mutex::default(),
            orders: AtomicI64::new(0),
            tell,
        }
    }

    /// UTC second by the platform's clock.
    pub(super) fn now(&self) -> i64 {
        (self.job.clock.now_millis() + self.skew.load(Ordering::Relaxed)).div_euclid(1_000)
    }

    /// Takes the platform's time from an answer's `Date`.
    pub(super) fn hear_time(&self, headers: &http::HeaderMap) {
        let date = headers.get(http::header::DATE).and_then(|value| value.to_str().ok());
        let Some(at) = date.and_then(|text| DateTime::parse_from_rfc2822(text).ok()) else {
            return;
        };
        let skew = at.timestamp_millis() - self.job.clock.now_millis();
        self.skew.store(skew, Ordering::Relaxed);
        if skew.abs() > SKEWED {
            self.note(vec![Note {
                code: "clock_skew".into(),
                message: "This machine's clock and the platform's differ by more than five minutes.".into(),
                hint: "Set the machine's date, time and time zone right; until then the newest changes may come late."
                    .into(),
            }]);
        }
    }

    pub(super) fn remote(&self) -> Remote {
        locked(&self.remote).clone()
    }

    /// What is known of the other end from here on.
    pub(super) fn identify(&self, account: &str, scopes: &[String]) {
        let mut remote = locked(&self.remote);
        remote.account = Some(account.to_owned());
        remote.scopes = scopes.to_vec();
    }

    pub(super) fn limits(&self) -> Limiter {
        locked(&self.limiter).clone()
    }

    pub(super) fn limits_json(&self) -> serde_json::Value {
        serde_json::to_value(&*locked(&self.limiter)).unwrap_or_default()
    }

    /// Waits until a request of `cost` may go; `Some(capacity)` if it never may.
    ///
    /// # Errors
    /// `Throttled` if the platform has shut us out for long, `Cancelled`, or a lost claim.
    pub(super) async fn admit(&self, stream: &str, cost: &Cost) -> Result<Option<i64>, NetError> {
        loop {
            let admission = locked(&self.limiter).admit(cost, self.job.clock.now_millis());
            match admission {
                Admission::Go => return Ok(None),
                Admission::Never { capacity } => return Ok(Some(capacity)),
                Admission::Wait(time) if time > PATIENCE => {
                    return Err(NetError::connection(
                        Code::Throttled,
                        format!(
                            "The platform lets nothing in for another {} minutes.",
                            time.as_secs().div_ceil(60)
                        ),
                        "Sync again afterwards; what was fetched is kept.",
                    ));
                }
                Admission::Wait(time) if time < TOLD => self.pause(time).await?,
                Admission::Wait(time) => {
                    self.waiting(stream, time, Reason::Throttled);
                    self.pause(time).await?;
                    self.progress(stream, |progress| progress.phase = Phase::Working);
                }
            }
        }
    }

    /// Tells that a stream waits for so long, and what for.
    pub(super) fn waiting(&self, stream: &str, time: Duration, reason: Reason) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        // The second in which it goes on, not the one before.
        let until = self.job.clock.now_millis().saturating_add(millis).saturating_add(999) / 1_000;
        self.progress(stream, |progress| progress.phase = Phase::Waiting { reason, until });
    }

    /// Takes note of what an answer tells about the limits.
    pub(super) fn settle(&self, cost: &Cost, hint: Option<&LimitHint>) {
        locked(&self.limiter).settle(cost, hint, self.job.clock.now_millis());
    }

    /// Waits, keeping the claim alive and listening for the user's wish to stop.
    ///
    /// # Errors
    /// `Cancelled`, or a lost claim.
    pub(super) async fn pause(&self, time: Duration) -> Result<(), NetError> {
        let mut left = time;
        while !left.is_zero() {
            let slice = left.min(SLICE);
            self.cancel.or(self.job.clock.sleep(slice)).await?;
            left -= slice;
            self.renew().await?;
        }
        Ok(())
    }

    /// The claim for a transaction now.
    pub(super) fn claim(&self) -> Claim {
        let now = self.job.clock.now();
        self.renewed_at.store(now, Ordering::Relaxed);
        Claim {
            owner: self.job.owner.clone(),
            now,
            until: now + CLAIM,
        }
    }

    /// Renews the claim if it has grown old.
    ///
    /// # Errors
    /// `Busy` if another process has taken the connection over meanwhile (this one slept too long).
    pub(super) async fn renew(&self) -> Result<(), NetError> {
        let age = self.job.clock.now() - self.renewed_at.load(Ordering::Relaxed);
        if (0..RENEW).contains(&age) {
            return Ok(());
        }
        let (claim, connection) = (self.claim(), self.job.connection);
        let held = self
            .job
            .store
            .write(move |w| w.take_lease(connection, &claim.owner, claim.now, claim.until))
            .await;
        match held.map_err(|error| refused(&error))? {
            true => Ok(()),
            false => Err(taken(None)),
        }
    }

    /// Changes what is known of a stream's progress and tells it.
    pub(super) fn progress(&self, stream: &str, change: impl FnOnce(&mut StreamProgress)) {
        let mut all = locked(&self.progress);
        if let Some(one) = all.iter_mut().find(|one| one.stream == stream) {
            change(one);
            let told = one.clone();
            drop(all);
            (self.tell)(Event::Progress(told));
        }
    }

    /// Tells the user something, once.
    pub(super) fn note(&self, notes: Vec<Note>) {
        for note in notes {
            let mut known = locked(&self.notes);
            if !known.contains(&note) {
                known.push(note.clone());
                drop(known);
                (self.tell)(Event::Noted(note));
            }
        }
    }

    /// Takes note of orders that are others now.
    pub(super) fn stored(&self, stream: &'static str, orders: u64) {
        self.orders
            .fetch_add(i64::try_from(orders).unwrap_or(0), Ordering::Relaxed);
        if orders > 0 {
            (self.tell)(Event::Stored { stream, orders });
        }
    }

    pub(super) fn streams(&self) -> Vec<StreamProgress> {
        locked(&self.progress).clone()
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        locked(&self.notes).clone()
    }

    pub(super) fn orders(&self) -> u64 {
        u64::try_from(self.orders.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Hosts that may see the credential.
    pub(super) fn hosts(&self) -> BTreeSet<String> {
        self.job.fetcher.hosts(&self.remote()).into_iter().collect()
    }
}

/// Another process is at work on the connection.
pub(super) fn taken(until: Option<i64>) -> NetError {
    let until = until
        .and_then(|at| DateTime::from_timestamp(at, 0))
        .map(|at| format!(" (its claim ends at {})", at.format("%H:%M:%S UTC")));
    NetError::connection(
        Code::Busy,
        format!(
            "Another window or process is syncing this connection{}.",
            until.unwrap_or_default()
        ),
        "Wait until it has finished.",
    )
}
