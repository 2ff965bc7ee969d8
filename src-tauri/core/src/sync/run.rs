//! A run: the claim, the streams in their lanes, the end.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::intake::{follow_money, recost, refused, retry};
use super::plan::Plan;
use super::progress::{Brought, Event, Phase, Report};
use super::shared::{Shared, Tell, taken};
use super::spool::sweep;
use super::stream::Stream;
use super::{Cancel, Job, Options};
use crate::net::limiter::Limiter;
use crate::net::{Code, NetError, Reach};
use crate::store::{ConnectionId, Run, RunState, Write};

/// Seconds the first claim holds.
const CLAIM: i64 = 300;
/// How often a lock is tried before it counts as held.
const LOOKS: usize = 20;

/// Reads everything that is new on the platform into the ledger. `tell` hears of every step.
///
/// A stream that is not permitted is left out and told; one that fails does not stop the others, unless its failure concerns
/// the whole connection.
///
/// # Errors
/// `Busy` if another process syncs the connection; `Cancelled`; otherwise the failure that ended the run. What was stored
/// stays in every case.
pub async fn sync(
    job: Job,
    options: Options,
    cancel: Cancel,
    tell: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Report, NetError> {
    let tell: Tell = Arc::new(tell);
    let claimed = claim(&job).await?;
    let run = claimed.run;
    tell(Event::Began { run });
    let prepared = prepare(&job, &options).await;
    let (ended, shared) = match prepared {
        Ok(limiter) => {
            let shared = Arc::new(Shared::new(job.clone(), options, cancel.below(), run, limiter, tell));
            shared.note(job.notes.clone());
            (streams(&shared).await, Some(shared))
        }
        Err(error) => (Err(error), None),
    };
    let streams = shared.as_ref().map(|shared| shared.streams()).unwrap_or_default();
    let report = Report {
        run,
        totals: Brought::of(&streams),
        streams,
        notes: shared.as_ref().map(|shared| shared.notes()).unwrap_or_default(),
        orders: shared.as_ref().map_or(0, |shared| shared.orders()),
    };
    let closed = close(&job, &report, ended.as_ref().err()).await;
    drop(claimed);
    ended?;
    closed?;
    Ok(report)
}

/// A run's claim on its connection. The lock ends with the process, however it ends; the lease in the ledger tells others who
/// holds it, and stops a process that comes back after another has taken over.
struct Claimed {
    run: i64,
    /// Held for its lock.
    _lock: Option<File>,
}

/// Takes the connection for this run and begins it.
async fn claim(job: &Job) -> Result<Claimed, NetError> {
    let (connection, owner, now) = (job.connection, job.owner.clone(), job.clock.now());
    let lock = lock(job)?;
    // With the lock in hand, whoever still holds a lease is dead.
    let as_of = if matches!(lock, Lock::Held(_)) { i64::MAX } else { now };
    let claimed = job.store.write(move |w| {
        if !w.take_lease(connection, &owner, as_of, now + CLAIM)? {
            let until = w.lease(connection)?.map(|lease| lease.expires_at);
            return Ok(Err(until));
        }
        Ok(Ok(w.start_run(connection, now)?))
    });
    let run = claimed.await.map_err(|error| refused(&error))?.map_err(taken)?;
    let lock = match lock {
        Lock::Held(file) => Some(file),
        Lock::Unsupported => None,
    };
    Ok(Claimed { run, _lock: lock })
}

enum Lock {
    Held(File),
    /// The file system knows no locks: the lease alone decides.
    Unsupported,
}

/// The operating system's lock on the connection: no other run on this machine holds it.
fn lock(job: &Job) -> Result<Lock, NetError> {
    let unusable = |error: std::io::Error| {
        NetError::connection(
            Code::Internal,
            format!("The folder {} cannot be used: {error}.", job.spool.display()),
            "Check who owns it and whether there is room, and sync again.",
        )
    };
    std::fs::create_dir_all(&job.spool).map_err(unusable)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(lock_path(&job.spool, job.connection))
        .map_err(unusable)?;
    for _ in 0..LOOKS {
        match file.try_lock() {
            Ok(()) => return Ok(Lock::Held(file)),
            // Someone may have looked whether it is held, for a moment.
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            Err(TryLockError::Error(_)) => return Ok(Lock::Unsupported),
        }
    }
    Err(taken(None))
}

fn lock_path(spool: &Path, connection: ConnectionId) -> PathBuf {
    spool.join(format!("{connection}.lock"))
}

/// Whether no process of this machine works on the connection any more, whatever the ledger says: its lock is free. `false` where
/// nobody can tell.
pub fn is_dead(spool: &Path, connection: ConnectionId) -> bool {
    File::open(lock_path(spool, connection)).is_ok_and(|file| file.try_lock_shared().is_ok())
}

/// Reads what an earlier run left: the limiter, spool files, costs that were learned but not applied.
async fn prepare(job: &Job, options: &Options) -> Result<Limiter, NetError> {
    let connection = job.connection;
    sweep(&job.spool, &format!("{connection}-"));
    let stored = job
        .store
        .read(move |r| r.limiter(connection))
        .await
        .map_err(|error| refused(&error))?;
    // A limiter of an unknown form is forgotten: the first answer tells how things stand.
    let mut limiter: Limiter = stored
        .and_then(|stored| serde_json::from_value(stored).ok())
        .unwrap_or_default();
    limiter.declare(job.fetcher.limits(), job.clock.now_millis());
    if options.full {
        let streams: Vec<&'static str> = job.fetcher.streams().iter().map(|spec| spec.name).collect();
        let clear = move |w: &mut Write<'_>| {
            streams
                .iter()
                .try_for_each(|name| w.clear_stream_state(connection, name))
        };
        job.store.write(clear).await.map_err(|error| refused(&error))?;
    }
    recost(&job.store, connection, job.books).await?;
    retry(&job.store, connection, job.books, job.clock.now()).await?;
    Ok(limiter)
}

/// Runs the streams, several at a time, each after those it needs.
async fn streams(shared: &Arc<Shared>) -> Result<(), NetError> {
    let fetcher = Arc::clone(&shared.job.fetcher);
    let lanes = shared.options.lanes.unwrap_or_else(|| fetcher.lanes());
    let mut plan = Plan::new(fetcher.streams());
    let mut running: JoinSet<(Stream, Result<(), NetError>)> = JoinSet::new();
    let mut fatal: Option<NetError> = None;
    let mut costs_learned = false;
    loop {
        while fatal.is_none()
            && let Some(spec) = plan.next(lanes)
        {
            let mut stream = Stream::new(Arc::clone(shared), spec);
            running.spawn(async move {
                let ended = stream.run().await;
                (stream, ended)
            });
        }
        let Some(joined) = running.join_next().await else { break };
        let (stream, ended) = match joined {
            Ok(ended) => ended,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Err(NetError::cancelled()),
            },
        };
        let spec = stream.spec;
        costs_learned |= stream.costs_learned;
        plan.end(&spec);
        let failure = match ended {
            Ok(()) => seen_all(shared, stream).await.err(),
            Err(error) => Some(error),
        };
        let refused_by_right = |why: &NetError| why.code == Code::NotPermitted && why.reach == Reach::Stream;
        let lost = match failure.as_ref().is_some_and(refused_by_right) {
            true => was_read(&shared.job, spec.name).await?,
            false => false,
        };
        shared.progress(spec.name, |progress| {
            progress.phase = match failure.clone() {
                None => Phase::Done,
                Some(why) if refused_by_right(&why) => Phase::Skipped { why, lost },
                Some(why) => Phase::Failed { why },
            };
        });
        if let Some(why) = failure.filter(|why| why.reach == Reach::Connection || spec.gate) {
            // The others end at their next step; what they have stored stays.
            shared.cancel.cancel();
            fatal.get_or_insert(why);
        }
        if plan.is_over() {
            break;
        }
    }
    if let Some(why) = fatal {
        return Err(why);
    }
    let money = fetcher.money();
    let phase = shared.streams().into_iter().find(|stream| Some(stream.stream) == money);
    let reads = match phase.map(|stream| stream.phase) {
        Some(Phase::Done) => Some(true),
        Some(Phase::Skipped { .. }) => Some(false),
        _ => None,
    };
    if let Some((stream, reads)) = money.zip(reads) {
        let job = &shared.job;
        let changed = follow_money(&job.store, job.connection, reads, job.books, job.clock.now()).await?;
        shared.stored(stream, changed);
    }
    if costs_learned {
        let changed = recost(&shared.job.store, shared.job.connection, shared.job.books).await?;
        shared.stored("inventory", changed);
    }
    Ok(())
}

/// Whether a stream was ever read to its end.
async fn was_read(job: &Job, stream: &'static str) -> Result<bool, NetError> {
    let connection = job.connection;
    let state = job.store.read(move |r| r.stream_state(connection, stream)).await;
    let state = state.map_err(|error| refused(&error))?;
    Ok(state.is_some_and(|state| state.last_good_at.is_some()))
}

/// A whole pass over a stream has ended well: what stated no id, and was not met again, has come whole since.
async fn seen_all(shared: &Shared, stream: Stream) -> Result<(), NetError> {
    if !shared.options.full || shared.options.since.is_some() {
        return Ok(());
    }
    let (connection, now) = (shared.job.connection, shared.job.clock.now());
    let close = move |w: &mut Write<'_>| w.resolve_nameless(connection, stream.spec.name, &stream.nameless, now);
    shared.job.store.write(close).await.map_err(|error| refused(&error))?;
    Ok(())
}

/// Ends the run in the ledger and gives the connection free.
async fn close(job: &Job, report: &Report, failure: Option<&NetError>) -> Result<(), NetError> {
    let failure = failure.or_else(|| report.failure());
    let state = match failure {
        None => RunState::Done,
        Some(error) if error.code == Code::Cancelled => RunState::Cancelled,
        Some(_) => RunState::Failed,
    };
    let counts = json!({
        "requests": report.streams.iter().map(|stream| stream.requests).sum::<u64>(),
        "records": report.totals.read,
        "new": report.totals.new,
        "changed": report.totals.changed,
        "unchanged": report.totals.unchanged,
        "issues": report.totals.set_aside,
        "orders": report.orders,
    });
    let run = Run {
        id: report.run,
        connection: job.connection,
        started_at: 0,
        finished_at: Some(job.clock.now()),
        state,
        counts,
        progress: json!({ "streams": report.streams, "notes": report.notes }),
        error: failure.map(|error| serde_json::to_value(error).unwrap_or(Value::Null)),
    };
    let (connection, owner) = (job.connection, job.owner.clone());
    let end = move |w: &mut Write<'_>| {
        w.update_run(&run)?;
        w.release_lease(connection, &owner)?;
        Ok(())
    };
    job.store.write(end).await.map_err(|error| refused(&error))
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
