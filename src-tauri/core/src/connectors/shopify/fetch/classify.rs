//! What an answer means (contract sections 8 and 9). HTTP 200 says nothing: the errors inside decide.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::envelope::{Envelope, GraphError};
use crate::connectors::fetch::{Note, StreamCtx};
use crate::net::limiter::LimitHint;
use crate::net::{Code, NetError};

/// How long to stay away after a refusal for security reasons or of a locked shop.
const LONG: Duration = Duration::from_secs(3_600);
/// Fields whose loss leaves a record whole: what they tell is stated as unknown.
const OPTIONAL: &[&str] = &[
    "shippingAddress",
    "customer",
    "defaultAddress",
    "app",
    "attribution",
    "retailLocation",
    "category",
    "amountSpent",
    "plan",
    "productsCount",
    "productVariantsCount",
    "customersCount",
    "eventsCount",
];

/// An answer's meaning before the stream's own state is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// Read it.
    Accept,
    /// Ask again, after that time if it is stated.
    Again(Option<Duration>, NetError),
    /// Ask for less, or again if there is nothing less to ask for.
    Less(NetError),
    /// Ask for less; asking again does not help.
    OnlyLess(NetError),
    /// Get a new token.
    Refresh(NetError),
    /// Ask without sales agreements.
    Without(NetError),
    /// The stream is not to be had.
    Skip(NetError),
    /// Stop.
    Fail(NetError),
}

/// What `answer` means.
pub(super) fn meaning(ctx: &StreamCtx<'_>, answer: &http::Response<Bytes>) -> Meaning {
    let status = answer.status().as_u16();
    let id = request_id(answer);
    let envelope = Envelope::of(answer.body());
    let told = envelope
        .as_ref()
        .and_then(|e| e.errors.0.first())
        .map(|error| clean(&error.message))
        .unwrap_or_default();
    let connection =
        |code, message: String, hint: &str| NetError::connection(code, message, hint).of_request(id.clone());
    let stream = |code, message: String, hint: &str| NetError::stream(code, message, hint).of_request(id.clone());
    match status {
        200 => match envelope {
            Some(envelope) => of_envelope(ctx, &envelope, id),
            None => Meaning::Again(
                None,
                stream(
                    Code::RefusedByChannel,
                    format!("The shop answered with {} instead of data.", kind_of(answer)),
                    "If this goes on, check whether a proxy or a sign-in page of the network stands between.",
                ),
            ),
        },
        300..=399 => {
            let to = answer.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
            let host = to.and_then(|to| url::Url::parse(to).ok()).and_then(|to| to.host_str().map(str::to_owned));
            let host = host.map(|host| format!(" ({host})")).unwrap_or_default();
            Meaning::Fail(connection(
                Code::NeedsReconnect,
                format!("The shop answers at another address now{host}."),
                "Connect the shop again under its present myshopify.com name; everything fetched so far is kept.",
            ))
        }
        400 => Meaning::Fail(stream(
            Code::RefusedByChannel,
            format!("Shopify could not understand a request{}.", after_colon(&told)),
            "Please report this; other data is still fetched.",
        )),
        401 => Meaning::Refresh(connection(
            Code::NeedsReconnect,
            "Shopify does not accept the access token any more: it has expired, was revoked, or the app was uninstalled.".into(),
            "Connect the shop again; everything fetched so far is kept.",
        )),
        402 => Meaning::Fail(connection(
            Code::RefusedByChannel,
            "Shopify has frozen this shop because of an unpaid bill.".into(),
            "Settle it in Shopify under Settings > Billing; syncing goes on afterwards.",
        )),
        403 => Meaning::Skip(stream(
            Code::NotPermitted,
            format!("Shopify does not permit this{}.", after_colon(&told)),
            "Give the app the missing right in the Dev Dashboard, release it, approve it in the shop, and sync again.",
        )),
        404 => Meaning::Fail(connection(
            Code::NotFound,
            "There is no such shop or interface at this address.".into(),
            "Check the shop's name; it may have been closed or renamed.",
        )),
        423 => Meaning::Fail(connection(
            Code::RefusedByChannel,
            "Shopify has locked this shop.".into(),
            "Wait some hours, or ask Shopify's support. Syncing too soon makes it last longer.",
        )),
        429 => Meaning::Again(
            retry_after(answer),
            stream(Code::Throttled, "Shopify asks to slow down.".into(), "The next sync goes on from here."),
        ),
        430 => Meaning::Fail(connection(
            Code::RefusedByChannel,
            "Shopify has refused requests from this machine for security reasons.".into(),
            "Wait at least an hour before syncing again.",
        )),
        500 | 502 | 503 | 504 => Meaning::Less(faulty(status, id)),
        501 | 505..=509 | 520..=530 | 540 => Meaning::Again(None, faulty(status, id)),
        other => Meaning::Fail(connection(
            Code::RefusedByChannel,
            format!("Shopify answered with the unknown status {other}{}.", after_colon(&told)),
            "Try again later; please report it if it goes on.",
        )),
    }
}

fn faulty(status: u16, id: Option<String>) -> NetError {
    NetError::stream(
        Code::RefusedByChannel,
        format!("Shopify has a fault (status {status})."),
        "What was fetched is kept; the next sync goes on from here.",
    )
    .of_request(id)
}

fn of_envelope(ctx: &StreamCtx<'_>, envelope: &Envelope<'_>, id: Option<String>) -> Meaning {
    // The first error that stops anything decides; errors about optional fields stop nothing.
    for error in &envelope.errors.0 {
        match of_error(ctx, envelope, error, id.clone()) {
            Meaning::Accept => {}
            other => return other,
        }
    }
    let warnings = envelope
        .extensions
        .search
        .iter()
        .flatten()
        .flat_map(|search| search.warnings.iter().flatten());
    if let Some(warning) = warnings.into_iter().next() {
        let field = warning.field.as_str().map(clean).unwrap_or_default();
        return Meaning::Fail(
            NetError::defect(format!(
                "Shopify ignored a filter ({field}: {}), so the answer may hold anything.",
                clean(&warning.message)
            ))
            .of_request(id),
        );
    }
    if envelope.data.is_none_or(|data| data.get() == "null") {
        let why = NetError::stream(
            Code::RefusedByChannel,
            "Shopify answered without data.",
            "The next sync goes on from here.",
        );
        return Meaning::Again(None, why.of_request(id));
    }
    Meaning::Accept
}

fn of_error(ctx: &StreamCtx<'_>, envelope: &Envelope<'_>, error: &GraphError, id: Option<String>) -> Meaning {
    let id = error.extensions.request_id.clone().or(id);
    let message = clean(&error.message);
    match error.extensions.code.as_deref() {
        Some("THROTTLED") => Meaning::Again(
            envelope
                .extensions
                .cost
                .as_ref()
                .and_then(|cost| throttle_wait(&cost.hint())),
            NetError::stream(
                Code::Throttled,
                "Shopify asks to slow down.",
                "The next sync goes on from here.",
            )
            .of_request(id),
        ),
        Some("MAX_COST_EXCEEDED") => {
            Meaning::OnlyLess(NetError::defect(format!("A query asks for too much at once: {message}")).of_request(id))
        }
        Some("ACCESS_DENIED") if optional(error) => Meaning::Accept,
        Some("ACCESS_DENIED") => refused(ctx, error, id),
        Some("INTERNAL_SERVER_ERROR" | "TIMEOUT") => Meaning::Less(
            NetError::stream(
                Code::RefusedByChannel,
                format!("Shopify has a fault{}.", after_colon(&message)),
                "What was fetched is kept; the next sync goes on from here.",
            )
            .of_request(id),
        ),
        Some("SHOP_INACTIVE") => Meaning::Fail(
            NetError::connection(
                Code::RefusedByChannel,
                "This shop is not active.",
                "Open it again in Shopify; syncing goes on afterwards.",
            )
            .of_request(id),
        ),
        None if optional(error) => Meaning::Accept,
        None if message.contains("not approved") || message.contains("ccess denied") => refused(ctx, error, id),
        code => Meaning::Fail(
            NetError::stream(
                Code::RefusedByChannel,
                format!(
                    "Shopify refused a query ({}){}.",
                    code.unwrap_or("no code"),
                    after_colon(&message)
                ),
                "Please report this; the interface may have changed. Other data is still fetched.",
            )
            .of_request(id),
        ),
    }
}

/// A denial: of the stream, or only of its orders' sales agreements, without which they can be told (contract 7.5).
fn refused(ctx: &StreamCtx<'_>, error: &GraphError, id: Option<String>) -> Meaning {
    let mut steps = error.path.iter().filter_map(Value::as_str);
    match steps.any(|step| step == "agreements") {
        true => Meaning::Without(denied("the sales agreements of orders", error, id)),
        false => Meaning::Skip(denied(ctx.stream, error, id)),
    }
}

fn denied(what: &str, error: &GraphError, id: Option<String>) -> NetError {
    let access = error
        .extensions
        .required_access
        .as_deref()
        .map(clean)
        .filter(|text| !text.is_empty());
    let access = access.unwrap_or_else(|| clean(&error.message));
    NetError::stream(
        Code::NotPermitted,
        format!("Shopify does not permit reading {what}: {access}"),
        "Give the app this right in the Dev Dashboard, release it, approve it in the shop, and sync again. What was fetched before is kept.",
    )
    .of_request(id)
}

/// Whether an error is about a field that may be missing.
fn optional(error: &GraphError) -> bool {
    error
        .path
        .iter()
        .filter_map(Value::as_str)
        .any(|step| OPTIONAL.contains(&step))
}

/// The errors of an accepted answer, as notes: what could not be read and why.
pub(super) fn notes(envelope: &Envelope<'_>) -> Vec<Note> {
    let mut fields: Vec<&str> = Vec::new();
    for error in &envelope.errors.0 {
        if let Some(field) = error
            .path
            .iter()
            .filter_map(Value::as_str)
            .find(|step| OPTIONAL.contains(step))
            && !fields.contains(&field)
        {
            fields.push(field);
        }
    }
    fields
        .into_iter()
        .map(|field| Note {
            code: "field_not_permitted".into(),
            message: format!("Shopify does not show the field {field} to this app."),
            hint: "Figures that need it say “not available”. The app's rights are set in the Dev Dashboard.".into(),
        })
        .collect()
}

/// What to do about a version of the interface that is not served (contract section 1.1).
pub(super) const OTHER_VERSION: &str = "Update Countinghouse, or have this connection ask for a version that Shopify serves: “countinghouse \
     connections set NAME --interface-version YEAR-MONTH”.";

/// The version that answered, if it is another one than asked for (failure 32).
pub(super) fn version_note(ctx: &StreamCtx<'_>, answer: &http::Response<Bytes>) -> Option<Note> {
    let answered = answer
        .headers()
        .get("x-shopify-api-version")
        .and_then(|value| value.to_str().ok())?;
    (answered != ctx.remote.version).then(|| Note {
        code: "api_version".into(),
        message: format!(
            "Shopify answered with version {} of its interface instead of {}.",
            clean(answered),
            ctx.remote.version
        ),
        hint: OTHER_VERSION.into(),
    })
}

/// What an answer tells about the speed limit.
pub(super) fn hint(answer: &http::Response<Bytes>) -> Option<LimitHint> {
    let shut = matches!(answer.status().as_u16(), 423 | 430)
        .then_some(LONG)
        .or_else(|| match answer.status().as_u16() {
            429 => retry_after(answer),
            _ => None,
        });
    let cost = Envelope::of(answer.body()).and_then(|envelope| envelope.extensions.cost.map(|cost| cost.hint()));
    match (cost, shut) {
        (None, None) => None,
        (cost, shut) => Some(LimitHint {
            limit: super::documents::POINTS.to_owned(),
            shut,
            ..cost.unwrap_or_default()
        }),
    }
}

/// The time until the bucket holds what was asked for (contract 4.3).
fn throttle_wait(hint: &LimitHint) -> Option<Duration> {
    let missing = hint.asked? * 1_000 - hint.available_milli?;
    let refill = hint.refill_milli.filter(|refill| *refill > 0)?;
    Some(Duration::from_millis(
        u64::try_from(missing.max(0) * 1_000 / refill).unwrap_or(0),
    ))
}

/// The decimal seconds of `Retry-After`, at most an hour.
fn retry_after(answer: &http::Response<Bytes>) -> Option<Duration> {
    let text = answer.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?;
    let milli = super::envelope::thousandths(text)?;
    Some(Duration::from_millis(u64::try_from(milli).ok()?).min(LONG))
}

/// The platform's number of the request.
pub(super) fn request_id(answer: &http::Response<Bytes>) -> Option<String> {
    answer
        .headers()
        .get("x-request-id")
        .and_then(|value| value.to_str().ok())
        .map(clean)
}

fn kind_of(answer: &http::Response<Bytes>) -> &'static str {
    let start = answer.body().iter().find(|byte| !byte.is_ascii_whitespace());
    match start {
        Some(b'<') => "a web page",
        Some(b'{' | b'[') => "broken JSON",
        Some(_) => "something unreadable",
        None => "nothing",
    }
}

fn after_colon(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {}", text.trim_end_matches('.'))
    }
}

/// Text of the platform for a message: without control characters, not too long.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
