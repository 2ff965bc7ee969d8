//! Shopify's fetching half: which query comes next, what its answer means, which records it holds.

mod account;
mod change_list;
mod classify;
mod cost;
#[cfg(test)]
mod counted_tests;
mod deletions;
mod documents;
mod envelope;
mod feed;
mod flow;
mod inventory;
mod known;
mod order_bulk;
mod order_group;
mod orders;
mod page_size;
mod parts;
#[cfg(test)]
pub(crate) mod play;
mod proof;
mod search;
mod slices;
#[cfg(test)]
mod streams_tests;
mod tally;

use bytes::Bytes;
use http::HeaderValue;

use self::classify::Meaning;
use self::documents::POINTS;
use self::flow::{Flow, load};
pub(crate) use self::known::{KNOWN_STREAM, MOST_IDS, MOST_NAMES, Question};
use super::auth::grant_spec;
use crate::auth::{AccessToken, GrantSpec};
use crate::connectors::Channel;
use crate::connectors::fetch::{
    Batch, Coverage, Fetcher, Mishap, Note, Page, Remote, Step, StreamCtx, StreamSpec, StreamState, Verdict,
};
use crate::net::limiter::{Limit, LimitHint};
use crate::net::{NetError, TransportError};

/// Fetches from Shopify.
#[derive(Debug, Clone, Copy, Default)]
pub struct ShopifyFetcher;

const STREAMS: &[StreamSpec] = &[
    StreamSpec {
        name: "shop",
        label: "shop",
        after: &[],
        gate: true,
    },
    StreamSpec {
        name: "locations",
        label: "locations",
        after: &["shop"],
        gate: false,
    },
    StreamSpec {
        name: "orders",
        label: "orders",
        after: &["shop"],
        gate: false,
    },
    StreamSpec {
        name: "products",
        label: "products",
        after: &["locations"],
        gate: false,
    },
    StreamSpec {
        name: "inventory",
        label: "stock",
        after: &["products"],
        gate: false,
    },
    StreamSpec {
        name: "customers",
        label: "customers",
        after: &["shop"],
        gate: false,
    },
    StreamSpec {
        name: "payouts",
        label: "payouts",
        after: &["shop"],
        gate: false,
    },
    StreamSpec {
        name: "deletions",
        label: "deletions",
        after: &["orders", "products"],
        gate: false,
    },
];

/// The smallest bucket there is (contract 4.1); every answer states the real one.
const LIMITS: &[Limit] = &[Limit {
    name: POINTS,
    capacity: 2_000,
    refill_milli: 100_000,
}];

fn flow(stream: &str, state: Option<&StreamState>) -> Result<Box<dyn Flow>, NetError> {
    Ok(match stream {
        "shop" => Box::new(load::<account::Shop>(state)?),
        "locations" => Box::new(load::<account::Locations>(state)?),
        "orders" => Box::new(load::<orders::Orders>(state)?),
        "products" => Box::new(load::<feed::Feed<feed::Products>>(state)?),
        "inventory" => Box::new(load::<inventory::Inventory>(state)?),
        "customers" => Box::new(load::<feed::Feed<feed::Customers>>(state)?),
        "payouts" => Box::new(load::<feed::Feed<feed::Payouts>>(state)?),
        "deletions" => Box::new(load::<deletions::Deletions>(state)?),
        KNOWN_STREAM => Box::new(load::<known::Question>(state)?),
        other => return Err(NetError::defect(format!("There is no stream “{other}”."))),
    })
}

impl ShopifyFetcher {
    /// The state that asks for less, if there is less to ask for.
    fn smaller(stream: &str, state: &StreamState) -> Option<StreamState> {
        let mut flow = flow(stream, Some(state)).ok()?;
        flow.less().then(|| StreamState(flow.save()))
    }

    /// The state that goes on without what is refused, if it can.
    fn without(ctx: &StreamCtx<'_>, state: &StreamState, why: &NetError) -> Option<StreamState> {
        let mut flow = flow(ctx.stream, Some(state)).ok()?;
        flow.refused(ctx, why).then(|| StreamState(flow.save()))
    }
}

impl Fetcher for ShopifyFetcher {
    fn channel(&self) -> Channel {
        Channel::Shopify
    }

    fn grant(&self, remote: &Remote) -> Result<GrantSpec, NetError> {
        grant_spec(&remote.base)
    }

    fn hosts(&self, remote: &Remote) -> Vec<String> {
        remote
            .base
            .host_str()
            .map(|host| match remote.base.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            })
            .into_iter()
            .collect()
    }

    fn streams(&self) -> &'static [StreamSpec] {
        STREAMS
    }

    fn limits(&self) -> &'static [Limit] {
        LIMITS
    }

    fn lanes(&self) -> usize {
        2
    }

    fn begin(&self, ctx: &StreamCtx<'_>, stored: Option<&StreamState>) -> Result<StreamState, NetError> {
        let mut flow = flow(ctx.stream, stored)?;
        flow.begin(ctx);
        Ok(StreamState(flow.save()))
    }

    fn next(&self, ctx: &StreamCtx<'_>, state: &StreamState) -> Result<Step, NetError> {
        flow(ctx.stream, Some(state))?.next(ctx)
    }

    fn sign(&self, request: &mut http::Request<Bytes>, token: &AccessToken) {
        // A token with bytes that no header takes is sent as none; the platform's 401 then says what is wrong.
        if let Ok(mut value) = HeaderValue::from_str(token.expose()) {
            value.set_sensitive(true);
            request.headers_mut().insert("x-shopify-access-token", value);
        }
    }

    fn classify(
        &self,
        ctx: &StreamCtx<'_>,
        state: &StreamState,
        _request: &http::Request<Bytes>,
        answer: &http::Response<Bytes>,
    ) -> Verdict {
        match classify::meaning(ctx, answer) {
            Meaning::Accept => Verdict::Accept,
            Meaning::Again(after, why) => Verdict::Retry { after, why },
            Meaning::Less(why) => match Self::smaller(ctx.stream, state) {
                Some(state) => Verdict::Restate { state, why },
                None => Verdict::Retry { after: None, why },
            },
            Meaning::OnlyLess(why) => match Self::smaller(ctx.stream, state) {
                Some(state) => Verdict::Restate { state, why },
                None => Verdict::Fail(why),
            },
            Meaning::Without(why) => match Self::without(ctx, state, &why) {
                Some(state) => Verdict::Restate { state, why },
                None => Verdict::Skip { why },
            },
            Meaning::Refresh(why) => Verdict::Refresh { why },
            Meaning::Skip(why) => Verdict::Skip { why },
            Meaning::Fail(why) => Verdict::Fail(why),
        }
    }

    fn stumble(&self, ctx: &StreamCtx<'_>, state: &StreamState, mishap: &Mishap) -> Verdict {
        let why = match mishap {
            Mishap::Transport(error) => error.lasting(),
            Mishap::Refused(status) => NetError::stream(
                crate::net::Code::RefusedByChannel,
                format!("Shopify's file storage answered with status {status}."),
                "The next sync asks for the file again.",
            ),
            Mishap::NotAsAnnounced(what) => NetError::stream(
                crate::net::Code::RefusedByChannel,
                format!("A file of Shopify is not what was announced: {what}."),
                "Nothing of it was used; the next sync asks for it again.",
            ),
            Mishap::TooDear { capacity } => NetError::defect(format!(
                "A query needs more than the {capacity} points that Shopify allows at once."
            )),
        };
        if let Ok(mut flow) = flow(ctx.stream, Some(state))
            && flow.evade(ctx, mishap)
        {
            return Verdict::Restate {
                state: StreamState(flow.save()),
                why,
            };
        }
        let heavy = matches!(
            mishap,
            Mishap::TooDear { .. }
                | Mishap::Transport(TransportError::Timeout { .. } | TransportError::TooLarge { .. })
        );
        match Self::smaller(ctx.stream, state).filter(|_| heavy) {
            Some(state) => Verdict::Restate { state, why },
            None => match mishap {
                Mishap::Transport(TransportError::Unsendable(_)) | Mishap::TooDear { .. } => Verdict::Fail(why),
                _ => Verdict::Retry { after: None, why },
            },
        }
    }

    fn observe(&self, _limit: &'static str, answer: &http::Response<Bytes>) -> Option<LimitHint> {
        classify::hint(answer)
    }

    fn read(&self, ctx: &StreamCtx<'_>, state: &StreamState, batch: Batch<'_>) -> Result<Page, NetError> {
        let mut flow = flow(ctx.stream, Some(state))?;
        let version = match &batch {
            Batch::Answer { answer, .. } => classify::version_note(ctx, answer),
            Batch::Groups { .. } | Batch::Missing(_) | Batch::Known(_) => None,
        };
        let mut page = flow.read(ctx, batch)?;
        page.notes.extend(version);
        page.state = StreamState(flow.save());
        Ok(page)
    }

    fn stored(&self, stream: &str, state: &StreamState) -> StreamState {
        match flow(stream, Some(state)) {
            Ok(mut flow) => {
                flow.redact();
                StreamState(flow.save())
            }
            Err(_) => StreamState::default(),
        }
    }

    fn doubt(&self, stream: &str, state: &StreamState) -> Option<Note> {
        flow(stream, Some(state)).ok()?.doubt()
    }

    fn lacks(&self, stream: &str, state: &StreamState) -> Option<Note> {
        flow(stream, Some(state)).ok()?.lacks()
    }

    fn coverage(&self, stream: &str, state: &StreamState) -> Coverage {
        flow(stream, Some(state))
            .map(|flow| flow.coverage())
            .unwrap_or_default()
    }
}
