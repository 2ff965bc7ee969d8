//! The way to the marketplaces: sending requests, keeping to their speed limits, hearing the browser's answer.

pub mod entropy;
mod error;
pub mod limiter;
pub mod loopback;
#[cfg(test)]
pub(crate) mod scripted;
mod wire;

use std::time::Duration;

use bytes::Bytes;

pub use crate::clock::Pending;
pub use error::{Code, NetError, Reach};
pub use wire::Wire;
pub(crate) use wire::is_loopback;

/// Sends one request and gives the answer as it comes. Never follows a redirect, never repeats a request, keeps no cookie.
pub trait Transport: Send + Sync {
    /// Sends `request`; the answer's head is there, its body follows chunk by chunk, already unpacked (gzip).
    ///
    /// Dropping the future, or the body, breaks the connection off.
    ///
    /// # Errors
    /// [`TransportError`]; an answer with a bad status is no error here.
    fn send(&self, request: http::Request<Bytes>)
    -> Pending<'_, Result<http::Response<Box<dyn Body>>, TransportError>>;
}

/// The body of an answer, chunk by chunk.
pub trait Body: Send {
    /// The next chunk; `None` at the proper end.
    ///
    /// # Errors
    /// [`TransportError`] if the body breaks off or cannot be unpacked.
    fn chunk(&mut self) -> Pending<'_, Result<Option<Bytes>, TransportError>>;
}

/// A request that brought no whole answer. Transient unless said otherwise.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TransportError {
    /// The host cannot be found or reached.
    #[error("cannot reach {host}: {cause}")]
    Unreachable {
        /// The host asked for.
        host: String,
        /// What the system says.
        cause: String,
    },
    /// The secure connection failed: certificate, protocol.
    #[error("no secure connection to {host}: {cause}")]
    Insecure {
        /// The host asked for.
        host: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Nothing came for too long.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host asked for.
        host: String,
    },
    /// The answer broke off.
    #[error("the answer of {host} broke off: {cause}")]
    Cut {
        /// The host asked for.
        host: String,
        /// Where it broke.
        cause: String,
    },
    /// The answer's packing (gzip) is broken.
    #[error("the answer of {host} cannot be unpacked")]
    Packing {
        /// The host asked for.
        host: String,
    },
    /// The answer is larger than the program takes at once.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host asked for.
        host: String,
        /// The most it takes.
        limit: usize,
    },
    /// The request cannot be sent as it is: a defect of this program.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
}

impl TransportError {
    /// The failure to report when trying again has not helped.
    pub fn lasting(&self) -> NetError {
        let again = "What was fetched is kept; the next sync goes on from here.";
        match self {
            TransportError::Unreachable { .. } | TransportError::Timeout { .. } => NetError::connection(
                Code::Offline,
                format!("{self}."),
                format!("Check the internet connection. {again}"),
            ),
            TransportError::Insecure { .. } => NetError::connection(
                Code::Offline,
                format!("{self}."),
                "Check the machine's date and time, and whether a proxy or virus scanner opens secure connections.",
            ),
            TransportError::Cut { .. } | TransportError::Packing { .. } => NetError::stream(
                Code::RefusedByChannel,
                format!("{self}."),
                format!("Try again in some minutes. {again}"),
            ),
            TransportError::TooLarge { .. } => NetError::stream(Code::RefusedByChannel, format!("{self}."), again),
            TransportError::Unsendable(_) => NetError::defect(format!("{self}.")),
        }
    }
}

/// Most bytes of an answer that is taken into memory as a whole. Larger ones are files and go to a spool.
pub const WHOLE_LIMIT: usize = 64 << 20;

/// How long an answer that is taken as a whole may stay away.
pub const WHOLE_PATIENCE: Duration = Duration::from_secs(120);

/// Sends `request` and takes the answer's body into memory.
///
/// # Errors
/// [`TransportError`]; `TooLarge` beyond `limit` bytes.
pub async fn send_whole(
    transport: &dyn Transport,
    request: http::Request<Bytes>,
    limit: usize,
) -> Result<http::Response<Bytes>, TransportError> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let begun = transport.send(request).await?;
    take_whole(begun, &host, limit).await
}

/// Takes the body of an answer that has begun into memory. `host` is who sends it.
///
/// # Errors
/// As [`send_whole`].
pub async fn take_whole(
    begun: http::Response<Box<dyn Body>>,
    host: &str,
    limit: usize,
) -> Result<http::Response<Bytes>, TransportError> {
    let (head, mut body) = begun.into_parts();
    let mut whole = Vec::new();
    while let Some(chunk) = body.chunk().await? {
        if whole.len() + chunk.len() > limit {
            let host = host.to_owned();
            return Err(TransportError::TooLarge { host, limit });
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(http::Response::from_parts(head, Bytes::from(whole)))
}
