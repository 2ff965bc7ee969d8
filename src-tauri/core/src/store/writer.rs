//! The one thread that writes.

use std::any::Any;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::Read;
use super::checkpoint::Checkpoint;
use super::error::{Result, StoreError};
use super::lane::Lane;
use super::press::{Dictionary, Shape};

/// What came of a job: its result, or the panic it ended with.
type Ended<T> = std::result::Result<Result<T>, Box<dyn Any + Send>>;

type Job = Box<dyn FnOnce(&mut Lane, &mut Pending) + Send>;

/// The writer's thread and the way to it.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    checkpoint: Checkpoint,
    threads: NonZeroUsize,
}

/// What a transaction made that others may see only after its commit, and what the writer remembers between them.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) dictionaries: Vec<(Shape, Dictionary)>,
    /// Records stored without a dictionary, by shape; `None` once one was made or tried.
    pub(super) plain: HashMap<Shape, u64>,
}

/// One transaction of the writer. Reads through it see what it wrote.
pub struct Write<'a> {
    pub(super) read: Read<'a>,
    pub(super) pending: &'a mut Pending,
    pub(super) checkpoint: &'a Checkpoint,
    threads: NonZeroUsize,
}

impl Write<'_> {
    /// How many threads may compute for this transaction while it writes.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }
}

impl<'a> Deref for Write<'a> {
    type Target = Read<'a>;

    fn deref(&self) -> &Read<'a> {
        &self.read
    }
}

impl Write<'_> {
    /// Passes a named point of the work.
    pub(crate) fn pass(&self, point: &'static str) {
        self.checkpoint.pass(point);
    }
}

impl Writer {
    pub(super) fn start(mut lane: Lane, checkpoint: Checkpoint, threads: NonZeroUsize) -> Result<Writer> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new()
            .name("ledger writer".to_owned())
            .spawn(move || {
                let mut pending = Pending::default();
                for job in inbox {
                    job(&mut lane, &mut pending);
                }
            })
            .map_err(|source| StoreError::Io {
                path: "the writer's thread".into(),
                source,
            })?;
        Ok(Writer {
            jobs: Some(jobs),
            thread: Some(thread),
            checkpoint,
            threads,
        })
    }

    /// Puts `work` in the queue.
    pub(super) fn submit<T, F>(&self, work: F) -> Result<oneshot::Receiver<Ended<T>>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Write<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let (checkpoint, threads) = (self.checkpoint.clone(), self.threads);
        let job: Job = Box::new(move |lane, pending| {
            let ended = transact(lane, pending, &checkpoint, threads, work);
            // A caller that stopped waiting has lost interest in the answer, not in the work.
            let _ = answer.send(ended);
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).map_err(|_| StoreError::Closed)?;
        Ok(receiver)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // The last clone may be dropped by a job itself; a thread cannot wait for its own end.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// Hands the result, or the panic, of a job to whoever asked for it.
pub(super) fn unwrap<T>(received: std::result::Result<Ended<T>, oneshot::error::RecvError>) -> Result<T> {
    match received {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(StoreError::Closed),
    }
}

fn transact<T>(
    lane: &mut Lane,
    pending: &mut Pending,
    checkpoint: &Checkpoint,
    threads: NonZeroUsize,
    work: impl FnOnce(&mut Write<'_>) -> Result<T>,
) -> Ended<T> {
    if let Err(e) = lane.sql.execute_batch("BEGIN IMMEDIATE") {
        return Ok(Err(e.into()));
    }
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut write = Write {
            read: Read { lane },
            pending,
            checkpoint,
            threads,
        };
        work(&mut write)
    }));
    let ended = match ended {
        Ok(Ok(value)) => match lane.sql.execute_batch("COMMIT") {
            Ok(()) => {
                for (shape, dictionary) in pending.dictionaries.drain(..) {
                    lane.press.publish(Some(shape), dictionary);
                }
                return Ok(Ok(value));
            }
            Err(e) => Ok(Err(e.into())),
        },
        other => other,
    };
    // SQLite may have rolled back by itself (full disk); there is nothing more to undo then.
    let undone = if lane.sql.is_autocommit() {
        Ok(())
    } else {
        lane.sql.execute_batch("ROLLBACK")
    };
    *pending = Pending::default();
    lane.words.borrow_mut().forget();
    match undone {
        Ok(()) => ended,
        Err(e) => ended.map(|_| Err(e.into())),
    }
}
