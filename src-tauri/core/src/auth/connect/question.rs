//! Questions on connecting: a short stream, asked with a token that nobody keeps yet.

use std::time::Duration;

use bytes::Bytes;

use super::World;
use crate::auth::AccessToken;
use crate::connectors::fetch::{Batch, Fetcher, Page, Remote, Step, StreamCtx, StreamState, Verdict};
use crate::net::limiter::{Cost, Limiter};
use crate::net::{NetError, WHOLE_LIMIT, send_whole};

/// Longest pause before a question is asked again, in seconds; they double from one.
const LONGEST_PAUSE: u64 = 4;

/// Who asks whom, with which token.
pub(super) struct Question<'a> {
    world: &'a World,
    fetcher: &'a dyn Fetcher,
    remote: &'a Remote,
    token: &'a AccessToken,
    stream: &'static str,
    limits: Limiter,
}

/// What came of one request.
pub(super) struct Reply {
    asked: http::Request<Bytes>,
    answer: Option<http::Response<Bytes>>,
    pub(super) verdict: Verdict,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        world: &'a World,
        fetcher: &'a dyn Fetcher,
        remote: &'a Remote,
        token: &'a AccessToken,
        stream: &'static str,
    ) -> Self {
        let mut limits = Limiter::default();
        limits.declare(fetcher.limits(), world.clock.now_millis());
        Question {
            world,
            fetcher,
            remote,
            token,
            stream,
            limits,
        }
    }

    /// What the connector hears of the world.
    pub(super) fn ctx(&self) -> StreamCtx<'_> {
        StreamCtx {
            stream: self.stream,
            remote: self.remote,
            now: self.world.clock.now(),
            limits: &self.limits,
            spool: None,
            since: None,
        }
    }

    /// Sends one request and judges what comes; without an answer the verdict is to try again.
    pub(super) async fn put(
        &self,
        ctx: &StreamCtx<'_>,
        state: &StreamState,
        mut request: http::Request<Bytes>,
        cost: Cost,
    ) -> Reply {
        let asked = request.clone();
        self.fetcher.sign(&mut request, self.token);
        let sent = send_whole(self.world.transport.as_ref(), request, WHOLE_LIMIT).await;
        self.world.spent.note(cost, self.world.clock.now_millis());
        match sent {
            Ok(answer) => Reply {
                verdict: self.fetcher.classify(ctx, state, &asked, &answer),
                answer: Some(answer),
                asked,
            },
            Err(error) => Reply {
                verdict: Verdict::Retry {
                    after: None,
                    why: error.lasting(),
                },
                answer: None,
                asked,
            },
        }
    }
}

/// Runs a stream of a few answers to its end and gives its last page; `None` where the token is not accepted.
///
/// # Errors
/// Why the account could not be asked, after some tries if that may pass.
pub(super) async fn ask(
    world: &World,
    fetcher: &dyn Fetcher,
    remote: &Remote,
    token: &AccessToken,
    stream: &'static str,
    stored: Option<StreamState>,
) -> Result<Option<Page>, NetError> {
    let question = Question::new(world, fetcher, remote, token, stream);
    let ctx = question.ctx();
    let mut state = fetcher.begin(&ctx, stored.as_ref())?;
    let mut last = Page::default();
    let mut pause = 1;
    loop {
        let (request, cost) = match fetcher.next(&ctx, &state)? {
            Step::Done => return Ok(Some(last)),
            Step::Call { request, cost, .. } => (request, cost),
            _ => return Err(NetError::defect("The account was not asked.")),
        };
        let reply = question.put(&ctx, &state, request, cost).await;
        let (why, other) = match (reply.verdict, &reply.answer) {
            (Verdict::Accept, Some(answer)) => {
                let batch = Batch::Answer {
                    request: &reply.asked,
                    answer,
                    took: Duration::ZERO,
                };
                last = fetcher.read(&ctx, &state, batch)?;
                state = last.state.clone();
                continue;
            }
            (Verdict::Accept, None) => return Err(NetError::defect("No answer was accepted.")),
            (Verdict::Restate { state, why }, _) => (why, Some(state)),
            (Verdict::Retry { why, .. }, _) => (why, None),
            (Verdict::Refresh { .. }, _) => return Ok(None),
            (Verdict::Skip { why } | Verdict::Fail(why), _) => return Err(why),
        };
        if pause > LONGEST_PAUSE {
            return Err(why);
        }
        match other {
            // Another question needs no pause.
            Some(other) => state = other,
            None => world.clock.sleep(Duration::from_secs(pause)).await,
        }
        pause *= 2;
    }
}
