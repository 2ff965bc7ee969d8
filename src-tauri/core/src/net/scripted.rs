//! A transport that plays a script, for tests without sockets.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::{Body, Pending, Transport, TransportError};

type Answer = Result<http::Response<Vec<Result<Bytes, TransportError>>>, TransportError>;
type Responder = dyn FnMut(&http::Request<Bytes>) -> Answer + Send;

/// Answers by script and records what was asked.
pub(crate) struct Scripted {
    respond: Mutex<Box<Responder>>,
    asked: Mutex<Vec<http::Request<Bytes>>>,
}

impl Scripted {
    /// Answers every request by `respond`.
    pub(crate) fn by(respond: impl FnMut(&http::Request<Bytes>) -> Answer + Send + 'static) -> Self {
        Scripted {
            respond: Mutex::new(Box::new(respond)),
            asked: Mutex::default(),
        }
    }

    /// Gives the answers of `script` in turn; a request beyond them fails the test.
    pub(crate) fn of(script: impl IntoIterator<Item = Answer>) -> Self {
        let mut script: VecDeque<Answer> = script.into_iter().collect();
        Scripted::by(move |request| match script.pop_front() {
            Some(answer) => answer,
            None => panic!(
                "unexpected request to {}: {}",
                request.uri(),
                String::from_utf8_lossy(request.body())
            ),
        })
    }

    /// Everything asked so far.
    pub(crate) fn asked(&self) -> Vec<http::Request<Bytes>> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(copy)
            .collect()
    }
}

/// An answer with a status and a body, as one chunk.
pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    answer_with(status, &[], body)
}

/// An answer with headers.
pub(crate) fn answer_with(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut builder = http::Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    Ok(builder
        .body(vec![Ok(body.into())])
        .expect("a test's answer is well formed"))
}

fn copy(request: &http::Request<Bytes>) -> http::Request<Bytes> {
    let mut copy = http::Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

impl Transport for Scripted {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Pending<'_, Result<http::Response<Box<dyn Body>>, TransportError>> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(copy(&request));
        let answer = (self.respond.lock().unwrap_or_else(PoisonError::into_inner))(&request);
        Box::pin(
            async move { answer.map(|answer| answer.map(|chunks| Box::new(Chunks(chunks.into())) as Box<dyn Body>)) },
        )
    }
}

struct Chunks(VecDeque<Result<Bytes, TransportError>>);

impl Body for Chunks {
    fn chunk(&mut self) -> Pending<'_, Result<Option<Bytes>, TransportError>> {
        let next = self.0.pop_front().transpose();
        Box::pin(async move { next })
    }
}
