//! What a marketplace's face is to the simulator: something that answers requests.

use axum::http::{HeaderMap, Method, Request};
use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::faults::Struck;
use crate::reply::Answer;
use crate::world::World;

/// A marketplace's face on the world. The simulator counts requests, strikes with the faults that any marketplace can
/// have, and sends; everything else is the face's own.
pub(crate) trait Face: Send + Sync {
    /// The account that a request is for and the path as the real platform would see it, if it is for this face.
    fn address(&self, request: &Request<Bytes>) -> Option<(String, String)>;

    /// The names by which a plan of faults can target a request.
    fn names(&self, incoming: &Incoming) -> Vec<String>;

    /// The words that go with a bare status.
    fn refusal(&self, status: u16) -> Answer;

    /// Answers a request, struck by the faults that only this face knows how to show.
    fn handle(&self, incoming: &Incoming, struck: &Struck) -> Answer;
}

/// A request on its way in, for a face.
pub(crate) struct Incoming {
    /// `GET`, `POST` and so on.
    pub(crate) method: Method,
    /// The path as the real platform would see it.
    pub(crate) path: String,
    /// What follows the question mark.
    pub(crate) query: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    /// Which account of the marketplace is meant: at Shopify, which shop.
    pub(crate) account: String,
    /// The world now.
    pub(crate) world: World,
    /// The present in milliseconds since 1970.
    pub(crate) millis: i64,
    /// The answer's `x-request-id`.
    pub(crate) request_id: String,
}

impl Incoming {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The present of the simulator, in seconds since 1970. The world's own may stand still.
    pub(crate) fn second(&self) -> i64 {
        self.millis.div_euclid(1000)
    }

    /// The present of the simulator.
    pub(crate) fn moment(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.millis).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Whether the caller says that it takes a kind of answer.
    pub(crate) fn accepts(&self, kind: &str) -> bool {
        self.header("accept").is_some_and(|accepted| accepted.contains(kind))
    }
}
