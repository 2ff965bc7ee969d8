//! Questions on connecting: a short stream, asked with a token that nobody keeps yet.

use std::time::Duration;

use super::World;
use crate::auth::AccessToken;
use crate::connectors::fetch::{Batch, Fetcher, Page, Remote, Step, StreamCtx, StreamState, Verdict};
use crate::net::limiter::Limiter;
use crate::net::{NetError, WHOLE_LIMIT, send_whole};

/// Longest pause before a question is asked again, in seconds; they double from one.
const LONGEST_PAUSE: u64 = 4;

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
    let mut limits = Limiter::default();
    limits.declare(fetcher.limits(), world.clock.now_millis());
    let ctx = StreamCtx {
        stream,
        remote,
        now: world.clock.now(),
        limits: &limits,
        spool: None,
        since: None,
    };
    let mut state = fetcher.begin(&ctx, stored.as_ref())?;
    let mut last = Page::default();
    let mut pause = 1;
    loop {
        let mut request = match fetcher.next(&ctx, &state)? {
            Step::Done => return Ok(Some(last)),
            Step::Call { request, .. } => request,
            _ => return Err(NetError::defect("The account was not asked.")),
        };
        let asked = request.clone();
        fetcher.sign(&mut request, token);
        let sent = send_whole(world.transport.as_ref(), request, WHOLE_LIMIT).await;
        let verdict = match &sent {
            Ok(answer) => fetcher.classify(&ctx, &state, &asked, answer),
            Err(error) => Verdict::Retry {
                after: None,
                why: error.lasting(),
            },
        };
        let why = match (verdict, &sent) {
            (Verdict::Accept, Ok(answer)) => {
                let batch = Batch::Answer {
                    request: &asked,
                    answer,
                    took: Duration::ZERO,
                };
                last = fetcher.read(&ctx, &state, batch)?;
                state = last.state.clone();
                continue;
            }
            (Verdict::Restate { state: other, why }, _) => {
                state = other;
                why
            }
            (Verdict::Retry { why, .. }, _) => why,
            (Verdict::Refresh { .. }, _) => return Ok(None),
            (Verdict::Skip { why } | Verdict::Fail(why), _) => return Err(why),
            (Verdict::Accept, Err(error)) => return Err(error.lasting()),
        };
        if pause > LONGEST_PAUSE {
            return Err(why);
        }
        world.clock.sleep(Duration::from_secs(pause)).await;
        pause *= 2;
    }
}
