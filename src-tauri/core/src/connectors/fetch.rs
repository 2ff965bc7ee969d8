//! The fetching half of a connector: which request comes next, what an answer means for the way on, and the records in it.
//!
//! A [`Fetcher`] computes; it sends nothing, waits for nothing and reads no clock. `crate::sync` runs it. Everything it must
//! remember between two steps is in the [`StreamState`], which is stored with each page, so that a run can be taken up at any
//! step by another process.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Channel, RawRecord};
use crate::auth::{AccessToken, GrantSpec};
use crate::model::{Currency, Zone};
use crate::net::limiter::{Cost, Limit, LimitHint, Limiter};
use crate::net::{NetError, TransportError};

/// A kind of thing that a channel offers to read, fetched on its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamSpec {
    /// Name in states, records and options.
    pub name: &'static str,
    /// Name for people, in the plural (`orders`).
    pub label: &'static str,
    /// Streams that must have ended before.
    pub after: &'static [&'static str],
    /// Whether a failure of it ends the run: it tells whose account this is and what may be read.
    pub gate: bool,
}

/// What a stream remembers between two steps. Opaque outside its connector.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamState(pub serde_json::Value);

/// The other end of a connection as it is known now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remote {
    /// Where the interface is: the platform's host for this account, or a proxy or simulator in its place. Ends with a slash.
    pub base: Url,
    /// The platform's id of the account, once known; another one answering is an error.
    pub account: Option<String>,
    /// The rights granted, as last seen.
    pub scopes: Vec<String>,
    /// Version of the interface to ask for.
    pub version: String,
    /// The marketplaces or stores of the account that are read, by the platform's ids; empty where an account is one store.
    pub outlets: Vec<String>,
}

/// What a step may look at besides its state.
#[derive(Clone, Copy, Debug)]
pub struct StreamCtx<'a> {
    /// Name of the stream.
    pub stream: &'static str,
    /// The other end.
    pub remote: &'a Remote,
    /// UTC second by the platform's clock, as far as its answers tell it, else by the machine's.
    pub now: i64,
    /// The limits as they stand.
    pub limits: &'a Limiter,
    /// The file that is at hand, if one was downloaded in this run.
    pub spool: Option<SpoolInfo<'a>>,
    /// The user wants nothing older, UTC second.
    pub since: Option<i64>,
}

/// A downloaded file, ready to be read group by group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpoolInfo<'a> {
    /// The name its [`Step::Download`] gave it.
    pub name: &'a str,
    /// Groups in it: a parent line with its children, in file order of the parents.
    pub groups: u64,
}

/// Whether a request carries the credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Auth {
    /// It does; only to a host the connector declares.
    Token,
    /// It must not: signed storage addresses.
    None,
}

/// How a downloaded file is cut into groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// One JSON object a line; `id` names it, `parent` its parent, which may be in a line before or after.
    JsonLines {
        /// Member that holds a line's id.
        id: &'static str,
        /// Member that holds the id of its parent; a line without one starts a group.
        parent: &'static str,
    },
    /// A table: a header line, cells between tabs, quoting off, rows that may be short. Rows that say the same in one column are a
    /// group, in file order; rows that say nothing in it are one too. Each group begins with the header line. Its text is given
    /// out as UTF-8, whatever the file's charset is.
    Table {
        /// Names of that column, one of which the header must have; compared without case.
        by: &'static [&'static str],
        /// Rows that belong to every group, and follow its header: those in which the first of these columns is filled and the
        /// second is not.
        shared: Option<(&'static str, &'static str)>,
        /// The charset where the answer names none and the bytes are no UTF-8, by its name on the web.
        otherwise: &'static str,
    },
    /// The whole file is one group.
    Whole {
        /// Most bytes taken, unpacked.
        most: usize,
    },
}

impl Framing {
    /// One JSON object a line, each a group.
    pub const LINES: Framing = Framing::JsonLines { id: "", parent: "" };
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// A request whose answer is read as a whole.
    Call {
        /// The request, unsigned.
        request: http::Request<Bytes>,
        /// Whether it is signed.
        auth: Auth,
        /// What it takes from a limit.
        cost: Cost,
    },
    /// A file to fetch into the spool; its groups are read by [`Step::Drain`] afterwards.
    Download {
        /// The request, unsigned.
        request: http::Request<Bytes>,
        /// Name of the file for [`SpoolInfo`].
        name: String,
        /// How it is cut.
        framing: Framing,
        /// Lines the platform says it has.
        lines: Option<u64>,
        /// Bytes the platform says it has; it may be packed on the way, so that fewer is an error and more is not.
        bytes: Option<u64>,
    },
    /// Read groups of the file at hand, from this one on.
    Drain {
        /// First group.
        from: u64,
    },
    /// Find out which stored things the platform has not shown in the pass that has ended.
    Compare {
        /// Name of the pass, as in [`Page::seen`].
        pass: &'static str,
        /// Stream whose stored keys are looked through.
        among: &'static str,
    },
    /// Tell which things are stored.
    Known {
        /// Stream whose stored keys are wanted.
        among: &'static str,
    },
    /// Nothing can be done before.
    Wait(Duration),
    /// The stream is up to date.
    Done,
}

/// What the runner hands in for reading.
#[derive(Debug)]
pub enum Batch<'a> {
    /// An accepted answer.
    Answer {
        /// The request it answers, unsigned.
        request: &'a http::Request<Bytes>,
        /// The answer.
        answer: &'a http::Response<Bytes>,
        /// How long it took.
        took: Duration,
    },
    /// Groups of the file at hand.
    Groups {
        /// Number of the first group.
        from: u64,
        /// Each group's lines, joined by line feeds, in file order.
        groups: Vec<Vec<u8>>,
        /// Whether these are the last ones.
        last: bool,
    },
    /// Keys that [`Step::Compare`] found missing.
    Missing(Vec<String>),
    /// Keys that [`Step::Known`] asked for, in their order.
    Known(Vec<String>),
}

/// Who is at the other end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The platform's id of the account.
    pub account: String,
    /// Its name; untrusted text.
    pub name: String,
    /// Its address on the platform, which no two accounts share (Shopify: `NAME.myshopify.com`).
    pub domain: String,
    /// Its zone, in which its days are taken.
    pub zone: Zone,
    /// Its currency.
    pub currency: Currency,
    /// Rights granted.
    pub scopes: Vec<String>,
}

/// Something the user should know about a run, which does not stop it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Short code for grouping.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// How far a stream has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Measure {
    /// Things read.
    pub done: u64,
    /// Things there are, where the platform tells.
    pub total: Option<u64>,
    /// Seconds the rest takes, where the platform's speed limit and not the pace so far decides it.
    pub left: Option<u64>,
}

impl Measure {
    /// So many of so many, where the pace so far tells how long the rest takes.
    pub fn of(done: u64, total: Option<u64>) -> Self {
        Measure {
            done,
            total,
            left: None,
        }
    }
}

/// A page of several that are true only together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Together {
    /// Which pass the page is of. A page of another pass takes the place of all that came before.
    pub pass: i64,
    /// The pass ends with it: what was kept of it is stored now, in one transaction.
    pub last: bool,
}

/// What was read from a batch. Stored as one: records, state and all.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Page {
    /// The records in it.
    pub records: Vec<RawRecord>,
    /// The state from here on.
    pub state: StreamState,
    /// What the user should know.
    pub notes: Vec<Note>,
    /// Who answered, where the answer tells.
    pub identity: Option<Identity>,
    /// Keys seen in a pass over all things, with the pass's name.
    pub seen: Option<(&'static str, Vec<String>)>,
    /// How far the stream has come.
    pub measure: Measure,
    /// Its records are kept back until the last page of its pass, and are lost, with the state behind them, where that never comes.
    pub together: Option<Together>,
    /// Nothing of it is worth storing: the state before leads here again (a poll that says “not yet”).
    pub transient: bool,
}

/// What an answer means for the way on. The last arm of every classification is `Fail`.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Read it.
    Accept,
    /// Ask again, after that time or the runner's own.
    Retry {
        /// The time the platform asked for.
        after: Option<Duration>,
        /// The failure, if trying again does not help.
        why: NetError,
    },
    /// Get a new token and ask again, once.
    Refresh {
        /// The failure, if that does not help.
        why: NetError,
    },
    /// Go on from another state (a smaller page, another way).
    Restate {
        /// The state.
        state: StreamState,
        /// The failure, if that does not help.
        why: NetError,
    },
    /// This stream cannot be read now; what is stored of it stays.
    Skip {
        /// Why.
        why: NetError,
    },
    /// Stop.
    Fail(NetError),
}

/// Why a step brought nothing to classify.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mishap {
    /// No whole answer.
    Transport(TransportError),
    /// A download was answered with this status.
    Refused(u16),
    /// The file is not what was announced; the text says how.
    NotAsAnnounced(String),
    /// The request needs more points than a full bucket holds.
    TooDear {
        /// What a full bucket holds.
        capacity: i64,
    },
}

/// What a stream holds, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// Everything changed on the platform from this UTC second on is held; `None` while nothing is.
    pub since: Option<i64>,
    /// Up to this UTC second.
    pub until: Option<i64>,
    /// Everything the platform shows is held, however old.
    pub whole: bool,
}

/// The fetching half of a connector. Pure: no I/O, no clock, no randomness.
pub trait Fetcher: Send + Sync {
    /// Which channel.
    fn channel(&self) -> Channel;
    /// How tokens are got and renewed.
    ///
    /// # Errors
    /// [`NetError`] if the account's address does not allow it.
    fn grant(&self, remote: &Remote) -> Result<GrantSpec, NetError>;
    /// Hosts (with port, where it is not the usual one) that may see the credential.
    fn hosts(&self, remote: &Remote) -> Vec<String>;
    /// The streams, in an order in which each comes after those it needs.
    fn streams(&self) -> &'static [StreamSpec];
    /// The speed limits.
    fn limits(&self) -> &'static [Limit];
    /// How many streams may be read at the same time.
    fn lanes(&self) -> usize;
    /// The stream of the platform's own ledger of money, where shipments are dated by it.
    fn money(&self) -> Option<&'static str> {
        None
    }
    /// The state a run of the stream starts with: what was stored, without what does not outlive a run (cursors).
    ///
    /// # Errors
    /// [`NetError`] if the stored state is not one of this stream's.
    fn begin(&self, ctx: &StreamCtx<'_>, stored: Option<&StreamState>) -> Result<StreamState, NetError>;
    /// What comes next.
    ///
    /// # Errors
    /// [`NetError`] if the state makes no sense.
    fn next(&self, ctx: &StreamCtx<'_>, state: &StreamState) -> Result<Step, NetError>;
    /// Puts the credential on a request.
    fn sign(&self, request: &mut http::Request<Bytes>, token: &AccessToken);
    /// What an answer means.
    fn classify(
        &self,
        ctx: &StreamCtx<'_>,
        state: &StreamState,
        request: &http::Request<Bytes>,
        answer: &http::Response<Bytes>,
    ) -> Verdict;
    /// What the lack of an answer means.
    fn stumble(&self, ctx: &StreamCtx<'_>, state: &StreamState, mishap: &Mishap) -> Verdict;
    /// What an answer tells about the speed limits; `limit` is the one its request took from.
    fn observe(&self, limit: &'static str, answer: &http::Response<Bytes>) -> Option<LimitHint>;
    /// The first pause before something is tried again, and the longest; each is twice the one before.
    fn pauses(&self) -> (Duration, Duration) {
        (Duration::from_secs(1), Duration::from_secs(64))
    }
    /// The records of a batch and the state after it.
    ///
    /// # Errors
    /// [`NetError`] if the batch as a whole makes no sense; a single broken record is handed on as it is.
    fn read(&self, ctx: &StreamCtx<'_>, state: &StreamState, batch: Batch<'_>) -> Result<Page, NetError>;
    /// The state as it may be stored: without what is secret (signed addresses).
    fn stored(&self, stream: &str, state: &StreamState) -> StreamState;
    /// What the stream holds.
    fn coverage(&self, stream: &str, state: &StreamState) -> Coverage;
    /// What the platform gave of the stream that cannot be all there is, though it was asked for again: its span does not count as
    /// held. `None` where nothing is doubted.
    fn doubt(&self, _stream: &str, _state: &StreamState) -> Option<Note> {
        None
    }
    /// What the platform does not let us read of the stream's things, which are held without it. `None` where nothing is refused.
    fn lacks(&self, _stream: &str, _state: &StreamState) -> Option<Note> {
        None
    }
    /// When the file was asked for, as a UTC second, that the platform is still making for the stream; `None` where it makes none.
    fn awaited(&self, _state: &StreamState) -> Option<i64> {
        None
    }
}
