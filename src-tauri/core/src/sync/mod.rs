//! Running a connector: plan, request, answer, one transaction per page, until every stream is up to date.
//!
//! A run can be killed at any instant. What an answer brought is stored together with the state behind it, or not at all, and
//! the next run goes on from the stored state. The same loop serves every marketplace: what is particular to one is in its
//! [`crate::connectors::fetch::Fetcher`].

mod cancel;
mod charset;
mod framing;
mod intake;
mod plan;
mod progress;
mod retry;
mod run;
mod shared;
mod spool;
mod stream;
mod table;

use std::path::PathBuf;
use std::sync::Arc;

pub use cancel::Cancel;
pub use progress::{Brought, Event, Phase, Reason, Report, StreamProgress};
pub use run::{is_dead, sync};

use crate::auth::Tokens;
use crate::clock::Clock;
use crate::connectors::fetch::{Fetcher, Note, Remote};
use crate::ledger::Books;
use crate::net::Transport;
use crate::net::entropy::Entropy;
use crate::store::{Checkpoint, Connection, ConnectionId, Read, Store};

/// The platform has a request and has begun to answer; nothing of its answer is at hand.
pub const REQUEST_SENT: &str = "request sent";
/// An answer is there as a whole, nothing of it is stored.
pub const BODY_RECEIVED: &str = "body received";

/// How a connection's books are opened: `app` knows the profile's settings.
pub type OpenBooks = fn(&Read<'_>, &Connection) -> crate::store::Result<Books>;

/// What a run works with.
#[derive(Clone)]
pub struct Job {
    /// The ledger it fills.
    pub store: Store,
    /// Whose records.
    pub connection: ConnectionId,
    /// The other end as known at the start; scopes and account are kept up to date from the answers.
    pub remote: Remote,
    /// What to fetch and how.
    pub fetcher: Arc<dyn Fetcher>,
    /// The connection's tokens.
    pub tokens: Arc<Tokens>,
    /// The way to the platform.
    pub transport: Arc<dyn Transport>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Jitter and spool keys.
    pub entropy: Arc<dyn Entropy>,
    /// Opens the connection's books.
    pub books: OpenBooks,
    /// Folder for files on their way in; only this profile's.
    pub spool: PathBuf,
    /// What the user should know whatever the run brings (access that is about to end).
    pub notes: Vec<Note>,
    /// A name of this process for the lease.
    pub owner: String,
    /// Where tests stop the process.
    pub checkpoint: Checkpoint,
}

/// How a run is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Read everything from the beginning. What is stored stays, and is compared.
    pub full: bool,
    /// Nothing older, UTC second.
    pub since: Option<i64>,
    /// Streams at a time; the connector's own number where not set.
    pub lanes: Option<usize>,
}
