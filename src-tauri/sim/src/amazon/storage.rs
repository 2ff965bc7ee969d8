//! The storage of documents: another host than the API's, for whoever has the signed address (contract section 3.6).

use bytes::Bytes;

use crate::face::Incoming;
use crate::faults::{Kind, Struck, mix};
use crate::reply::{self, Answer, Fields};

/// Seconds that a link is good for.
pub(super) const LINK: i64 = 300;
/// Where documents live.
pub(super) const PREFIX: &str = "/amazon-documents/";

/// A document's bytes and what they are.
pub(super) struct File {
    pub(super) media: &'static str,
    pub(super) bytes: Bytes,
    /// Whether the bytes are packed with gzip.
    pub(super) packed: bool,
}

fn signature(name: &str, until: i64) -> u64 {
    name.bytes()
        .fold(mix(until.unsigned_abs()), |sum, byte| mix(sum ^ u64::from(byte)))
}

/// The signed address of a document, good for five minutes.
pub(super) fn link(storage: &str, name: &str, now: i64, told: bool) -> String {
    let until = now + LINK;
    let told = if told { "&content-encoding=true" } else { "" };
    format!(
        "{storage}{PREFIX}{name}?X-Amz-Expires={LINK}&X-Amz-Date={until}&X-Amz-Signature={:016x}{told}",
        signature(name, until)
    )
}

fn refuse(status: u16, code: &str, what: &str) -> Answer {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{what}</Message></Error>"
    );
    reply::answer(status, "application/xml", text)
}

/// Serves a document; a token has no business here.
pub(super) fn serve(incoming: &Incoming, struck: &Struck, find: impl FnOnce(&str) -> Option<File>) -> Answer {
    if incoming.header("x-amz-access-token").is_some() || incoming.header("authorization").is_some() {
        return refuse(400, "InvalidArgument", "Only one auth mechanism allowed");
    }
    let name = incoming.path.strip_prefix(PREFIX).unwrap_or_default();
    let fields = Fields::form(incoming.query.as_bytes());
    let until: i64 = fields.text("X-Amz-Date").parse().unwrap_or(0);
    if fields.text("X-Amz-Signature") != format!("{:016x}", signature(name, until)) {
        return refuse(403, "SignatureDoesNotMatch", "The request signature does not match");
    }
    if incoming.second() >= until || struck.has(&Kind::LinkExpired) {
        return refuse(403, "AccessDenied", "Request has expired");
    }
    let Some(file) = find(name) else {
        return refuse(404, "NoSuchKey", "The specified key does not exist.");
    };
    let mut answer = reply::answer(200, file.media, file.bytes);
    if file.packed && fields.get("content-encoding").is_some() {
        reply::set(&mut answer, "content-encoding", "gzip");
    }
    answer
}
