//! What every stream of Shopify does, so that they can be run by name.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::envelope::Envelope;
use crate::connectors::fetch::{Batch, Coverage, Mishap, Note, Page, Step, StreamCtx, StreamState};
use crate::net::{Code, NetError};

/// One stream's state and what follows from it.
pub(super) trait Flow {
    /// Prepares a run.
    fn begin(&mut self, ctx: &StreamCtx<'_>);
    /// What comes next.
    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError>;
    /// Takes a batch in; the page's state and notes are filled in by the caller.
    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError>;
    /// Asks for less next time; `false` if there is nothing less to ask for.
    fn less(&mut self) -> bool {
        false
    }
    /// Goes on without what the platform refuses; `false` if it cannot.
    fn refused(&mut self, _ctx: &StreamCtx<'_>, _why: &NetError) -> bool {
        false
    }
    /// Another way after a mishap; `false` if there is none.
    fn evade(&mut self, _ctx: &StreamCtx<'_>, _mishap: &Mishap) -> bool {
        false
    }
    /// What it holds.
    fn coverage(&self) -> Coverage;
    /// What is lacking though it was asked for again.
    fn doubt(&self) -> Option<Note> {
        None
    }
    /// What the platform refuses of it, and which it is read without.
    fn lacks(&self) -> Option<Note> {
        None
    }
    /// The state as a value.
    fn save(&self) -> Value;
    /// Takes out what must not be stored.
    fn redact(&mut self) {}
}

/// Where to go on if what is covered ends in the future: an earlier run had been told a wrong time. What it really saw was
/// there at its time; without that, the last week is read again.
pub(super) fn repaired(end: i64, newest: Option<i64>, now: i64) -> i64 {
    if end <= now {
        end
    } else {
        newest.unwrap_or(now - 7 * 86_400).min(now)
    }
}

/// Seconds after which a cursor is no longer used: it belongs to the run, or to one that was cut off a moment ago.
const CURSOR_LIFE: i64 = 600;

/// Whether a state left at `left_at` may be gone on from as it is, cursors and all.
pub(super) fn fresh(left_at: i64, now: i64) -> bool {
    (0..CURSOR_LIFE).contains(&(now - left_at))
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
pub(super) fn answer<'a>(batch: &Batch<'a>) -> Result<(&'a http::Response<bytes::Bytes>, u64), NetError> {
    match batch {
        Batch::Answer { answer, took, .. } => Ok((answer, took.as_secs())),
        Batch::Groups { .. } | Batch::Missing(_) | Batch::Known(_) => {
            Err(NetError::defect("A stream was given a file it did not ask for."))
        }
    }
}

/// The envelope of an accepted answer.
pub(super) fn envelope(answer: &http::Response<bytes::Bytes>) -> Result<Envelope<'_>, NetError> {
    Envelope::of(answer.body()).ok_or_else(|| NetError::defect("An accepted answer is no JSON."))
}

/// An accepted answer that is not shaped as asked.
pub(super) fn misshapen(root: &str) -> NetError {
    NetError::stream(
        Code::RefusedByChannel,
        format!("Shopify's answer lacks the part “{root}” or gives it in an unknown form."),
        "The interface may have changed: update Countinghouse. What was fetched is kept.",
    )
}
