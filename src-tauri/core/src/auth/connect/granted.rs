//! Which roles an application has at Amazon: found by asking, for no answer lists them.

use super::World;
use super::question::Question;
use crate::auth::AccessToken;
use crate::connectors::amazon::AmazonFetcher;
use crate::connectors::amazon::auth::{ROLES, Role};
use crate::connectors::fetch::{Fetcher, Remote, Step, Verdict};
use crate::net::NetError;

/// Most ways that a stream's first request is put in.
const WAYS: usize = 4;

/// How a role stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// What it opens was answered.
    Granted,
    /// That was refused, with the reason and what to do.
    Refused(NetError),
    /// Nothing of it was asked for: the first sync tells.
    Untried,
}

/// A role of the application, and how it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleStanding {
    /// The role.
    pub role: &'static Role,
    /// How it stands.
    pub standing: Standing,
}

/// Asks for the first page of what each role opens, where that asks for nothing to be made. The account has said already where it
/// sells. A request that fails for another reason leaves its role untried: connecting does not fail by it.
pub async fn roles(world: &World, remote: &Remote, token: &AccessToken) -> Vec<RoleStanding> {
    let mut all = Vec::with_capacity(ROLES.len());
    for role in ROLES {
        let standing = match role.shown_by {
            Some("marketplaces") => Standing::Granted,
            Some(stream) => first(world, remote, token, stream).await.unwrap_or(Standing::Untried),
            None => Standing::Untried,
        };
        all.push(RoleStanding { role, standing });
    }
    all
}

async fn first(
    world: &World,
    remote: &Remote,
    token: &AccessToken,
    stream: &'static str,
) -> Result<Standing, NetError> {
    let fetcher = AmazonFetcher;
    let question = Question::new(world, &fetcher, remote, token, stream);
    let ctx = question.ctx();
    let mut state = fetcher.begin(&ctx, None)?;
    for _ in 0..WAYS {
        let Step::Call { request, cost, .. } = fetcher.next(&ctx, &state)? else {
            break;
        };
        if request.method() != http::Method::GET {
            break;
        }
        match question.put(&ctx, &state, request, cost).await.verdict {
            Verdict::Accept => return Ok(Standing::Granted),
            Verdict::Skip { why } => return Ok(Standing::Refused(why)),
            // There is another way to the same, which may need another role.
            Verdict::Restate { state: other, .. } => state = other,
            Verdict::Retry { .. } | Verdict::Refresh { .. } | Verdict::Fail(_) => break,
        }
    }
    Ok(Standing::Untried)
}
