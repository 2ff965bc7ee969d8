//! What every stream of Amazon does, so that they can be run by name.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connectors::fetch::{Batch, Coverage, Note, Page, Step, StreamCtx, StreamState};
use crate::model::Day;
use crate::net::{Code, NetError};

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// How far back Amazon shows orders, totals and traffic, seconds (contract section 4).
pub(super) const HISTORY: i64 = 730 * DAY;

/// What stands in a stream's way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// The request was not understood (400) or its thing is gone (404).
    Refused,
    /// The storage does not give a file with this address.
    Storage,
    /// The application may not ask this.
    Denied,
}

/// One stream's state and what follows from it.
pub(super) trait Flow {
    /// Prepares a run.
    fn begin(&mut self, ctx: &StreamCtx<'_>);
    /// What comes next.
    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError>;
    /// Takes a batch in; the page's state is filled in by the caller.
    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError>;
    /// Another way past a trouble; `false` if there is none.
    fn evade(&mut self, _ctx: &StreamCtx<'_>, _trouble: Trouble) -> bool {
        false
    }
    /// What it holds.
    fn coverage(&self) -> Coverage;
    /// What the platform gave that cannot be all there is, though it was asked for again; `None` where nothing is doubted.
    fn doubt(&self) -> Option<Note> {
        None
    }
    /// The state as a value.
    fn save(&self) -> Value;
    /// Takes out what must not be stored.
    fn redact(&mut self) {}
}

/// A day by its number.
pub(super) fn day(number: i64) -> Day {
    Day(i32::try_from(number).unwrap_or(0))
}

/// Reads a stored state; a missing one is the beginning.
pub(super) fn load<T: DeserializeOwned + Default>(stored: Option<&StreamState>) -> Result<T, NetError> {
    match stored {
        None | Some(StreamState(Value::Null)) => Ok(T::default()),
        Some(StreamState(value)) => T::deserialize(value).map_err(|error| {
            NetError::stream(
                Code::Internal,
                format!("The stored progress of this stream cannot be read ({error})."),
                "Sync it from the beginning with --full; nothing stored is lost.",
            )
        }),
    }
}

/// The answer of a batch that must be one.
pub(super) fn answer<'a>(batch: &Batch<'a>) -> Result<&'a http::Response<Bytes>, NetError> {
    match batch {
        Batch::Answer { answer, .. } => Ok(answer),
        _ => Err(NetError::defect("A stream was given something it did not ask for.")),
    }
}

/// An accepted answer as `T`.
pub(super) fn shaped<'a, T: Deserialize<'a>>(answer: &'a http::Response<Bytes>, part: &str) -> Result<T, NetError> {
    serde_json::from_slice(answer.body()).map_err(|_| misshapen(part))
}

/// An accepted answer that is not shaped as asked.
pub(super) fn misshapen(part: &str) -> NetError {
    NetError::stream(
        Code::RefusedByChannel,
        format!("Amazon's answer lacks the part “{part}” or gives it in an unknown form."),
        "The interface may have changed: update Countinghouse. What was fetched is kept.",
    )
}

pub(super) fn note(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Note {
    Note {
        code: code.to_owned(),
        message: message.into(),
        hint: hint.into(),
    }
}

/// Where to go on if what is covered ends in the future: an earlier run had been told a wrong time; the last week is read again.
pub(super) fn repaired(end: i64, now: i64) -> i64 {
    if end <= now { end } else { now - 7 * DAY }
}

/// The oldest second that is wanted.
pub(super) fn floor(ctx: &StreamCtx<'_>) -> i64 {
    (ctx.now - HISTORY).max(ctx.since.unwrap_or(i64::MIN))
}
