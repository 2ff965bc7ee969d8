//! Requests, unsigned: addresses below the account's base, each value percent-encoded once.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request};
use serde_json::Value;

use super::operations::Operation;
use crate::connectors::fetch::{Auth, Step, StreamCtx};
use crate::net::NetError;

/// Seconds before now that a bound in the past must lie; Amazon demands 120 (failure 11).
pub(super) const SETTLED: i64 = 180;

/// A second as Amazon reads it.
pub(super) fn time(second: i64) -> String {
    DateTime::from_timestamp(second, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The UTC second of a time as Amazon writes it.
pub(super) fn second_of(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp())
}

/// A value for an address: everything that is not plain is encoded, `+`, `/` and `%` too (failure 15).
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// A call that reads. `path` begins without a slash; ids in it are plain.
pub(super) fn get(
    ctx: &StreamCtx<'_>,
    operation: Operation,
    path: &str,
    pairs: &[(&str, &str)],
) -> Result<Step, NetError> {
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let address = format!("{}{path}{mark}{}", ctx.remote.base, query.join("&"));
    call(ctx, operation, Method::GET, &address, Bytes::new())
}

/// A call that asks for something to be made.
pub(super) fn post(ctx: &StreamCtx<'_>, operation: Operation, path: &str, body: &Value) -> Result<Step, NetError> {
    let address = format!("{}{path}", ctx.remote.base);
    call(ctx, operation, Method::POST, &address, Bytes::from(body.to_string()))
}

/// The system this runs on, as a caller is to name it (contract section 2.4).
fn platform() -> &'static str {
    match () {
        () if cfg!(windows) => "Windows",
        () if cfg!(target_os = "macos") => "macOS",
        () => "Linux",
    }
}

fn call(
    ctx: &StreamCtx<'_>,
    operation: Operation,
    method: Method,
    address: &str,
    body: Bytes,
) -> Result<Step, NetError> {
    let agent = concat!("Countinghouse/", env!("CARGO_PKG_VERSION"));
    let agent = format!("{agent} (Language=Rust; Platform={})", platform());
    let at = DateTime::from_timestamp(ctx.now, 0).unwrap_or_default();
    let mut request = Request::builder()
        .method(method)
        .uri(address)
        .header(USER_AGENT, agent)
        .header("x-amz-date", at.format("%Y%m%dT%H%M%SZ").to_string());
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let request = request
        .body(body)
        .map_err(|error| NetError::defect(format!("A request to Amazon cannot be written: {error}.")))?;
    Ok(Step::Call {
        request,
        auth: Auth::Token,
        cost: operation.cost(),
    })
}

/// A file of the storage: a signed address, asked without any header of ours (failure 23).
pub(super) fn file(address: &str) -> Result<Request<Bytes>, NetError> {
    Request::get(address)
        .body(Bytes::new())
        .map_err(|_| NetError::defect("The address of a file of Amazon cannot be used."))
}

/// The operation that a request asks for.
pub(super) fn operation(request: &Request<Bytes>) -> Option<Operation> {
    let path = request.uri().path();
    let post = request.method() == Method::POST;
    let has = |part: &str| path.contains(part);
    Some(match () {
        () if has("/sellers/v1/marketplaceParticipations") => Operation::Participations,
        () if path.ends_with("/orders/2026-01-01/orders") => Operation::SearchOrders,
        () if has("/orders/2026-01-01/orders/") => Operation::GetOrder,
        () if has("/sales/v1/orderMetrics") => Operation::OrderMetrics,
        () if has("/fba/inventory/v1/summaries") => Operation::Inventory,
        () if has("/catalog/2022-04-01/items") => Operation::Catalog,
        () if has("/finances/2024-06-19/transactions") => Operation::Transactions,
        () if has("/reports/2021-06-30/documents/") => Operation::ReportDocument,
        () if has("/reports/2021-06-30/reports/") => Operation::GetReport,
        () if has("/reports/2021-06-30/reports") && post => Operation::CreateReport,
        () if has("/reports/2021-06-30/reports") => Operation::GetReports,
        () if has("/dataKiosk/2023-11-15/documents/") => Operation::QueryDocument,
        () if has("/dataKiosk/2023-11-15/queries/") => Operation::GetQuery,
        () if has("/dataKiosk/2023-11-15/queries") => Operation::CreateQuery,
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_failure_15_tokens_and_skus_are_encoded_once() {
        assert_eq!(
            encoded("a+b/c%d e=ü"),
            "a%2Bb%2Fc%25d%20e%3D%C3%BC",
            "every sign that is not plain"
        );
        assert_eq!(
            encoded("2027-01-15T08:00:00Z"),
            "2027-01-15T08%3A00%3A00Z",
            "colons too"
        );
    }
}
