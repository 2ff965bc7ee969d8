//! Amazon's fetching half: which call or file comes next, what its answer means, which records it holds. Contract: the platform
//! contract for Amazon, sections 2.4, 3 and 7.

mod account;
mod calls;
mod classify;
mod cut;
mod errand;
mod files;
mod finances;
#[cfg(test)]
mod finances_tests;
mod flow;
mod goods;
mod inventory;
mod known;
mod metrics;
mod operations;
mod orders;
#[cfg(test)]
mod orders_tests;
#[cfg(test)]
pub(crate) mod play;
mod proof;
mod settlements;
#[cfg(test)]
mod streams_tests;
mod windows;

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use serde::Deserialize as _;

pub use self::account::{Participation, identity, participations};
use self::classify::Meaning;
use self::errand::Errand;
use self::files::{Economics, Files, Traffic};
use self::flow::{Flow, Trouble, load, note};
pub(crate) use self::known::{KNOWN_STREAM, MOST_IDS, Question, SELLER_STREAM};
use super::auth::grant_spec;
use super::markets::market;
use crate::auth::{AccessToken, GrantSpec};
use crate::connectors::Channel;
use crate::connectors::fetch::{
    Batch, Coverage, Fetcher, Mishap, Note, Page, Remote, Step, StreamCtx, StreamSpec, StreamState, Verdict,
};
use crate::net::limiter::{Limit, LimitHint};
use crate::net::{Code, NetError, TransportError};

/// Fetches from Amazon.
#[derive(Debug, Clone, Copy, Default)]
pub struct AmazonFetcher;

const fn stream(name: &'static str, label: &'static str, after: &'static [&'static str]) -> StreamSpec {
    StreamSpec {
        name,
        label,
        after,
        gate: false,
    }
}

const STREAMS: &[StreamSpec] = &[
    StreamSpec {
        gate: true,
        ..stream("marketplaces", "marketplaces", &[])
    },
    stream("orders", "orders", &["marketplaces"]),
    stream("inventory", "stock", &["marketplaces"]),
    stream("finances", "transactions", &["marketplaces"]),
    stream("order_metrics", "Amazon's daily totals", &["marketplaces"]),
    stream("listings", "listings", &["marketplaces"]),
    stream("settlements", "settlements", &["marketplaces"]),
    stream("catalog", "catalogue items", &["listings"]),
    stream("sales_and_traffic", "sales and traffic", &["marketplaces"]),
    stream("economics", "economics", &["marketplaces"]),
];

fn flow(stream: &str, state: Option<&StreamState>) -> Result<Box<dyn Flow>, NetError> {
    Ok(match stream {
        "marketplaces" => Box::new(load::<account::Account>(state)?),
        "orders" => Box::new(load::<orders::Orders>(state)?),
        "inventory" => Box::new(load::<inventory::Inventory>(state)?),
        "finances" => Box::new(load::<finances::Finances>(state)?),
        "order_metrics" => Box::new(load::<metrics::OrderMetrics>(state)?),
        "listings" => Box::new(load::<goods::Listings>(state)?),
        "settlements" => Box::new(load::<settlements::Settlements>(state)?),
        "catalog" => Box::new(load::<goods::Catalog>(state)?),
        "sales_and_traffic" => Box::new(load::<Files<Traffic>>(state)?),
        "economics" => Box::new(load::<Files<Economics>>(state)?),
        KNOWN_STREAM => Box::new(load::<known::Question>(state)?),
        SELLER_STREAM => Box::new(load::<known::Seller>(state)?),
        other => return Err(NetError::defect(format!("There is no stream “{other}”."))),
    })
}

/// The charset of a marketplace's reports that name none (contract section 3.6).
fn charset_of(outlet: &str) -> &'static str {
    match market(Some(outlet), None).map(|m| m.country) {
        Some("JP") => "shift_jis",
        _ => "windows-1252",
    }
}

/// The file that a stream goes for by its state, wherever the stream keeps it there.
fn errand_in(state: &serde_json::Value) -> Option<Errand> {
    use serde_json::Value;
    match state {
        Value::Object(fields) => Errand::deserialize(state)
            .ok()
            .or_else(|| fields.values().find_map(errand_in)),
        Value::Array(items) => items.iter().find_map(errand_in),
        _ => None,
    }
}

fn people(stream: &str) -> &str {
    STREAMS
        .iter()
        .find(|spec| spec.name == stream)
        .map_or(stream, |spec| spec.label)
}

/// A report that came to nothing: its days stay open.
fn cancelled(stream: &str, outlet: &str, from: i64, to: i64) -> Note {
    let name = market(Some(outlet), None).map_or(outlet, |m| m.name);
    let day = |second: i64| calls::time(second).chars().take(10).collect::<String>();
    note(
        "report_cancelled",
        format!(
            "Amazon cancelled a file of {} ({name}, {} to {}).",
            people(stream),
            day(from),
            day(to)
        ),
        "That is no proof that there is nothing: a later sync asks again.",
    )
}

/// Rows that are no usable record.
fn unusable(count: usize) -> Option<Note> {
    (count > 0).then(|| {
        note(
            "rows_unusable",
            format!("{count} rows of a report name no order and were left out."),
            "The orders they belong to may come by the next sync; please report it if it goes on.",
        )
    })
}

/// A report that cannot be made.
fn fatal(stream: &str, why: &str) -> Note {
    note(
        "report_fatal",
        format!(
            "Amazon cannot make a file of {}: {}",
            people(stream),
            classify::clean(why)
        ),
        "A later sync asks again. Please report it if it goes on.",
    )
}

/// A report that takes longer than a run waits.
fn late(stream: &str) -> Note {
    note(
        "report_late",
        format!("Amazon is still making a file of {}.", people(stream)),
        "The next sync fetches it; nothing is asked for twice.",
    )
}

impl AmazonFetcher {
    /// The state that goes another way past a trouble, if there is one.
    fn around(ctx: &StreamCtx<'_>, state: &StreamState, trouble: Trouble) -> Option<StreamState> {
        let mut flow = flow(ctx.stream, Some(state)).ok()?;
        flow.evade(ctx, trouble).then(|| StreamState(flow.save()))
    }
}

impl Fetcher for AmazonFetcher {
    fn channel(&self) -> Channel {
        Channel::Amazon
    }

    fn grant(&self, remote: &Remote) -> Result<GrantSpec, NetError> {
        grant_spec(&remote.base)
    }

    fn hosts(&self, remote: &Remote) -> Vec<String> {
        let host = remote.base.host_str().map(|host| match remote.base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        });
        host.into_iter().collect()
    }

    fn streams(&self) -> &'static [StreamSpec] {
        STREAMS
    }

    fn limits(&self) -> &'static [Limit] {
        operations::LIMITS
    }

    fn money(&self) -> Option<&'static str> {
        Some("finances")
    }

    fn lanes(&self) -> usize {
        // Most of a first run is waiting for buckets of their own and for files that are being made.
        8
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
        // A token with bytes that no header takes is sent as none; the platform's answer then says what is wrong.
        if let Ok(mut value) = HeaderValue::from_str(token.expose()) {
            value.set_sensitive(true);
            request.headers_mut().insert("x-amz-access-token", value);
        }
    }

    fn classify(
        &self,
        ctx: &StreamCtx<'_>,
        state: &StreamState,
        request: &http::Request<Bytes>,
        answer: &http::Response<Bytes>,
    ) -> Verdict {
        match classify::meaning(ctx, calls::operation(request), answer) {
            Meaning::Accept => Verdict::Accept,
            Meaning::Again(why) => Verdict::Retry { after: None, why },
            Meaning::Refresh(why) => Verdict::Refresh { why },
            Meaning::Skip(why) => match Self::around(ctx, state, Trouble::Denied) {
                Some(state) => Verdict::Restate { state, why },
                None => Verdict::Skip { why },
            },
            Meaning::Refused(why) => match Self::around(ctx, state, Trouble::Refused) {
                Some(state) => Verdict::Restate { state, why },
                None => Verdict::Fail(why),
            },
            Meaning::Fail(why) => Verdict::Fail(why),
        }
    }

    fn stumble(&self, ctx: &StreamCtx<'_>, state: &StreamState, mishap: &Mishap) -> Verdict {
        let refused = |message: String, hint: &str| NetError::stream(Code::RefusedByChannel, message, hint);
        match mishap {
            Mishap::Transport(error @ TransportError::Unsendable(_)) => Verdict::Fail(error.lasting()),
            Mishap::Transport(error) => Verdict::Retry {
                after: None,
                why: error.lasting(),
            },
            Mishap::Refused(status) => {
                let why = refused(
                    format!("Amazon's file storage answered with status {status}."),
                    "The next sync asks for the file again.",
                );
                // An address ends after five minutes; what the storage says then is no data (failure 23).
                match Self::around(ctx, state, Trouble::Storage) {
                    Some(state) => Verdict::Restate { state, why },
                    None => Verdict::Retry { after: None, why },
                }
            }
            Mishap::NotAsAnnounced(what) => Verdict::Fail(refused(
                format!("A file of Amazon cannot be used: {what}."),
                "Nothing of it was used, and what was known before stays; the next sync asks for it again.",
            )),
            Mishap::TooDear { .. } => Verdict::Fail(NetError::defect("A call is larger than its limit.")),
        }
    }

    fn observe(&self, limit: &'static str, answer: &http::Response<Bytes>) -> Option<LimitHint> {
        classify::hint(limit, answer)
    }

    fn pauses(&self) -> (Duration, Duration) {
        (Duration::from_secs(10), Duration::from_secs(640))
    }

    fn read(&self, ctx: &StreamCtx<'_>, state: &StreamState, batch: Batch<'_>) -> Result<Page, NetError> {
        let mut flow = flow(ctx.stream, Some(state))?;
        let mut page = flow.read(ctx, batch)?;
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

    fn coverage(&self, stream: &str, state: &StreamState) -> Coverage {
        flow(stream, Some(state))
            .map(|flow| flow.coverage())
            .unwrap_or_default()
    }

    fn doubt(&self, stream: &str, state: &StreamState) -> Option<Note> {
        flow(stream, Some(state)).ok()?.doubt()
    }

    fn awaited(&self, state: &StreamState) -> Option<i64> {
        errand_in(&state.0)?.awaited()
    }
}
