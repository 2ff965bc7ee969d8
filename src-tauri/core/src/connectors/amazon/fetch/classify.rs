//! What an answer means (contract sections 2.3, 3.1 and 7).

use bytes::Bytes;
use serde::Deserialize;

use super::operations::Operation;
use crate::connectors::amazon::auth::{REPLACE, Region};
use crate::connectors::fetch::StreamCtx;
use crate::net::limiter::LimitHint;
use crate::net::{Code, NetError};

/// An answer's meaning before the stream's own state is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// Read it.
    Accept,
    /// Ask again later.
    Again(NetError),
    /// Get a new token.
    Refresh(NetError),
    /// The stream is not to be had.
    Skip(NetError),
    /// The request is not understood: a token of pages has ended, or the thing is gone.
    Refused(NetError),
    /// Stop.
    Fail(NetError),
}

#[derive(Deserialize, Default)]
struct Errors {
    #[serde(default)]
    errors: Vec<Told>,
}

#[derive(Deserialize, Default)]
struct Told {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    details: Option<String>,
}

impl Told {
    /// The text, wherever it stands: Amazon puts it in the message or in the details.
    fn text(&self) -> String {
        let parts = [&self.message, &self.details];
        let parts: Vec<&str> = parts
            .iter()
            .filter_map(|p| p.as_deref())
            .filter(|p| !p.is_empty())
            .collect();
        clean(&parts.join(" – "))
    }
}

/// What `answer` to `operation` means.
pub(super) fn meaning(ctx: &StreamCtx<'_>, operation: Option<Operation>, answer: &http::Response<Bytes>) -> Meaning {
    let id = request_id(answer);
    let errors: Errors = serde_json::from_slice(answer.body()).unwrap_or_default();
    let first = errors.errors.into_iter().next().unwrap_or_default();
    let said = first.text();
    let stream = |code, message: String, hint: &str| NetError::stream(code, message, hint).of_request(id.clone());
    match answer.status().as_u16() {
        200..=202 => match answer.body().iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') if serde_json::from_slice::<serde::de::IgnoredAny>(answer.body()).is_ok() => Meaning::Accept,
            _ => Meaning::Again(stream(
                Code::RefusedByChannel,
                "Amazon answered with something other than data.".into(),
                "If this goes on, check whether a proxy or a sign-in page of the network stands between.",
            )),
        },
        429 => Meaning::Again(stream(
            Code::Throttled,
            format!(
                "Amazon asks to slow down ({}).",
                operation.map_or("an operation", Operation::limit)
            ),
            "The next sync goes on from here.",
        )),
        401 => Meaning::Refresh(expired(id)),
        403 => forbidden(ctx, operation, &first, id),
        status @ (408 | 500..=599) => Meaning::Again(stream(
            Code::RefusedByChannel,
            format!("Amazon has a fault (status {status}{}).", after_colon(&said)),
            "What was fetched is kept; the next sync goes on from here.",
        )),
        status @ (400 | 404) => Meaning::Refused(stream(
            Code::RefusedByChannel,
            format!(
                "Amazon does not understand a request (status {status}{}).",
                after_colon(&said)
            ),
            "What was fetched is kept. Sync again; please report it if it goes on.",
        )),
        status => Meaning::Fail(stream(
            Code::RefusedByChannel,
            format!("Amazon refused a request (status {status}{}).", after_colon(&said)),
            "What was fetched is kept. Sync again; please report it if it goes on.",
        )),
    }
}

/// A token that has ended.
fn expired(id: Option<String>) -> NetError {
    NetError::connection(
        Code::NeedsReconnect,
        "Amazon does not accept the access token, not even a new one.",
        "Authorise the application again in Seller Central and connect once more; everything fetched so far is kept.",
    )
    .of_request(id)
}

/// Status 403 has many causes, and only the text tells them apart (failures 19 and 20).
fn forbidden(ctx: &StreamCtx<'_>, operation: Option<Operation>, told: &Told, id: Option<String>) -> Meaning {
    let said = told.text();
    let text = said.to_lowercase();
    let ended = [
        "expired",
        "has ended",
        "revoked",
        "malformed or invalid",
        "missing or invalid",
    ]
    .iter()
    .any(|word| text.contains(word));
    if text.contains("secret") && (ended || text.contains("rotat")) {
        let why = NetError::connection(
            Code::Invalid,
            "The client secret of your Amazon application has ended after 180 days: nothing can be read until it is replaced.",
            REPLACE,
        );
        return Meaning::Fail(why.of_request(id));
    }
    if ended && (text.contains("token") || text.contains("credential")) {
        return Meaning::Refresh(expired(id));
    }
    let role = operation.map_or("of the operation", Operation::role);
    let role = match (role, ctx.stream) {
        ("of the report", "orders") => "Inventory and Order Tracking",
        ("of the report", "listings") => "Product Listing",
        ("of the report", "settlements") => "Finance and Accounting",
        ("of the report", "sales_and_traffic") => "Brand Analytics",
        (role, _) => role,
    };
    if operation == Some(Operation::Participations) {
        let region = Region::at(&ctx.remote.base).map_or("this", Region::label);
        let why = NetError::connection(
            Code::NeedsReconnect,
            format!(
                "Amazon lets this application see nothing of the account in the region {region}{}.",
                after_colon(&said)
            ),
            "Check in Seller Central that the application has the role Selling Partner Insights, that it is still authorised, and that \
the refresh token is of this region; then connect again. Everything fetched so far is kept.",
        );
        return Meaning::Fail(why.of_request(id));
    }
    // Whose account it is was answered in this run: the token is good and the region right, so that the role is missing.
    let why = NetError::stream(
        Code::NotPermitted,
        format!(
            "Amazon does not permit reading {}{}.",
            super::people(ctx.stream),
            after_colon(&said)
        ),
        format!(
            "Give your application the role “{role}” in Seller Central (Apps and Services > Develop Apps > Edit App), authorise it again, and \
connect with the new refresh token. What was fetched before is kept."
        ),
    );
    Meaning::Skip(why.of_request(id))
}

/// What an answer tells about the limit its request took from.
pub(super) fn hint(limit: &'static str, answer: &http::Response<Bytes>) -> Option<LimitHint> {
    let stated = answer
        .headers()
        .get("x-amzn-ratelimit-limit")
        .and_then(|v| v.to_str().ok());
    let rate = stated.and_then(millionths).filter(|rate| *rate > 0);
    // Nothing says how full the bucket is but that it was found empty: then a whole call must flow in first.
    let empty = (answer.status() == http::StatusCode::TOO_MANY_REQUESTS).then_some(0);
    (rate.is_some() || empty.is_some()).then(|| LimitHint {
        limit: limit.to_owned(),
        available_milli: empty,
        refill_milli: rate,
        ..LimitHint::default()
    })
}

/// A plain decimal number in millionths; further digits are cut.
fn millionths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(digits.parse().ok()?)
}

/// The platform's number of the request.
fn request_id(answer: &http::Response<Bytes>) -> Option<String> {
    let value = answer.headers().get("x-amzn-requestid")?;
    value.to_str().ok().map(clean)
}

fn after_colon(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!(": {}", text.trim_end_matches('.')),
    }
}

/// Text of the platform for a message: without control characters, not too long.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
