//! The storage of result files: another host than the shop, for whoever has the signed address (contract section 5).

use std::sync::PoisonError;

use axum::http::header;
use bytes::Bytes;

use super::bulk::RowOrder;
use super::objects::Shared;
use super::pages::spoil_rows;
use crate::body::Body;
use crate::face::Incoming;
use crate::faults::{Kind, Struck};
use crate::reply::{self, Answer, Fields};

/// A result file. The storage is no part of the shop: a token has no business there.
pub(crate) fn download(shared: &Shared, name: &str, incoming: &Incoming, struck: &Struck) -> Answer {
    let refuse = |status: u16, code: &str, what: &str| {
        let text = format!(
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{what}</Message></Error>"
        );
        reply::answer(status, "application/xml; charset=UTF-8", text)
    };
    if incoming.header("x-shopify-access-token").is_some() || incoming.header("authorization").is_some() {
        return refuse(400, "InvalidArgument", "Only one authentication mechanism is allowed");
    }
    let fields = Fields::form(incoming.query.as_bytes());
    let expires = fields.text("Expires").parse().unwrap_or(0);
    let desk = shared.desk.lock().unwrap_or_else(PoisonError::into_inner);
    let file = desk
        .file(name, expires, incoming.second())
        .filter(|_| fields.text("Signature") == name.trim_end_matches("-partial"));
    let Some((operation, whole)) = file.filter(|_| !struck.has(&Kind::BulkExpired)) else {
        return refuse(400, "ExpiredToken", "Invalid argument. The provided token has expired.");
    };
    let rows = operation.rows(struck.has(&Kind::BulkShuffle).then_some(RowOrder::Reversed));
    let length = if whole {
        operation.bytes
    } else {
        operation.partial.unwrap_or(0)
    };
    let struck = struck.clone();
    let mut unspoiled = true;
    let pieces = rows.map(move |piece: Bytes| {
        let spoiled = unspoiled
            .then(|| spoil_rows(std::str::from_utf8(&piece).ok()?, &struck))
            .flatten();
        unspoiled &= spoiled.is_none();
        spoiled.map_or(piece, Bytes::from)
    });
    if whole {
        let mut answer = reply::answer(200, "application/jsonl", Bytes::new());
        *answer.body_mut() = Body::pieces(pieces);
        answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        return answer;
    }
    let mut answer = reply::answer(200, "application/jsonl", Bytes::new());
    *answer.body_mut() = Body::pieces(whole_lines(pieces, length));
    answer
}

/// The whole lines within the first so many bytes.
fn whole_lines(pieces: impl Iterator<Item = Bytes>, mut left: u64) -> impl Iterator<Item = Bytes> {
    pieces.map_while(move |piece| {
        let keep = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        left -= keep as u64;
        let lines = piece[..keep]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        (lines > 0).then(|| piece.slice(..lines))
    })
}
