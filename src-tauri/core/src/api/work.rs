//! Work that goes on after the answer: syncs, demos.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, Event, Result};
use crate::store::ConnectionId;

use super::desk::Desk;

/// What to sync.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SyncArgs {
    /// The connection; null for all.
    pub connection: Option<i64>,
    /// From the beginning, not only what is new.
    pub full: bool,
}

/// Which run.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RunArgs {
    /// Its id.
    pub id: i64,
}

/// A demo to begin.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct DemoArgs {
    /// Days of history.
    pub days: u32,
}

/// Work that began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Started {
    /// The run to follow; the first where there are several.
    pub run: i64,
    /// All runs that began: one for each connection. Each is cancelled by itself.
    pub runs: Vec<i64>,
}

impl Started {
    fn of(runs: Vec<i64>) -> Result<Started> {
        let run = *runs.first().ok_or_else(|| ApiError::internal("no run began"))?;
        Ok(Started { run, runs })
    }
}

/// Answers `sync`: begins and returns at once.
///
/// # Errors
/// [`crate::app::Code::NotFound`] for an unknown connection, [`crate::app::Code::Busy`] where it is synced already.
pub fn sync(desk: Desk<'_>, args: SyncArgs) -> Result<Started> {
    let runs = desk
        .app
        .runs()?
        .sync(&desk.open()?, args.connection.map(ConnectionId), args.full)?;
    Started::of(runs)
}

/// Answers `cancel_run`.
///
/// # Errors
/// [`crate::app::Code::NotFound`].
pub fn cancel_run(desk: Desk<'_>, args: RunArgs) -> Result<()> {
    desk.app.runs()?.cancel(&desk.open()?, args.id)
}

/// Answers `start_demo`: makes a profile of invented data, chooses it, and begins to sync it.
///
/// # Errors
/// Why the profile cannot be made.
pub fn start_demo(desk: Desk<'_>, args: DemoArgs) -> Result<Started> {
    let runs = desk.app.runs()?.demo(args.days)?;
    desk.app.tell(Event::DataChanged);
    Started::of(runs)
}
