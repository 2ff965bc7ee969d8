//! Data Kiosk: queries that wait, run and leave documents in parts (contract section 3.8).

mod economics;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::answers::{Refusal, error, invalid, moment, object};
use super::pages::{Call, Outcome};
use super::params::{place, token};
use super::storage::{File, link};
use crate::faults::{Kind, mix};
use crate::world::Second;
use crate::world::amazon::Region;
use economics::Query;

/// Queries and their documents are kept this long, in seconds.
const KEPT: i64 = 30 * 86_400;
/// Letters that a query may have.
const LONGEST: usize = 8_000;

/// A query that was asked.
#[derive(Debug, Clone)]
pub(super) struct Job {
    number: u64,
    region: Region,
    text: String,
    /// Which part of the document this one makes.
    part: usize,
    created: i64,
    times: (i64, i64),
    /// All rows of the query; its parts share them.
    rows: Arc<Vec<Value>>,
    cancelled: Option<i64>,
    failed: Option<&'static str>,
}

impl Job {
    fn id(&self) -> String {
        (1_898_000_000_000 + self.number).to_string()
    }

    fn document(&self) -> String {
        let kind = if self.failed.is_some() { "error" } else { "data" };
        format!("amzn1.tortuga.4.{}.{kind}.{:012}", self.region.name(), self.number)
    }

    fn mark(&self) -> u64 {
        self.text.bytes().fold(3, |mark, byte| mix(mark ^ u64::from(byte)))
    }

    fn ended(&self) -> i64 {
        self.created + self.times.0 + self.times.1
    }

    fn status(&self, now: i64) -> &'static str {
        match self.cancelled {
            Some(at) if now >= at => "CANCELLED",
            _ if now < self.created + self.times.0 => "IN_QUEUE",
            _ if now < self.ended() => "IN_PROGRESS",
            _ if self.failed.is_some() => "FATAL",
            _ => "DONE",
        }
    }

    fn show(&self, now: i64, size: usize) -> Value {
        let status = self.status(now);
        let over = matches!(status, "DONE" | "FATAL");
        let began = status == "IN_PROGRESS" || over;
        let more = status == "DONE" && self.rows.len() > (self.part + 1) * size;
        let next = more.then(|| json!({ "nextToken": token(self.mark(), 0, &(self.part + 1).to_string()) }));
        object([
            ("queryId", Some(self.id().into())),
            ("query", Some(self.text.as_str().into())),
            ("createdTime", Some(moment(Second(self.created)))),
            ("processingStatus", Some(status.into())),
            (
                "processingStartTime",
                began.then(|| moment(Second(self.created + self.times.0))),
            ),
            ("processingEndTime", over.then(|| moment(Second(self.ended())))),
            // What has no rows has no document.
            (
                "dataDocumentId",
                (status == "DONE" && !self.rows.is_empty()).then(|| self.document().into()),
            ),
            ("errorDocumentId", (status == "FATAL").then(|| self.document().into())),
            ("pagination", next),
        ])
    }
}

/// All queries that were asked.
#[derive(Debug, Default)]
pub(super) struct Desk {
    jobs: Vec<Job>,
}

impl Desk {
    fn find(&self, id: &str, region: Region, now: i64) -> Option<&Job> {
        let own = |job: &&Job| job.region == region && job.id() == id && now < job.created + KEPT;
        self.jobs.iter().find(own)
    }

    /// The query behind a document's name.
    pub(super) fn made(&self, document: &str) -> Option<Job> {
        self.jobs.iter().find(|job| job.document() == document).cloned()
    }
}

fn missing() -> Refusal {
    error(404, "NotFound", "The requested resource was not found.", "")
}

/// `createQuery`.
pub(super) fn create(desk: &mut Desk, call: &Call<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(call.body).map_err(|_| invalid("The body is no JSON."))?;
    let text = body["query"].as_str().unwrap_or_default();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(invalid("query has 1 to 8,000 letters."));
    }
    let query = Query::read(text).map_err(|what| invalid(&what))?;
    for id in &query.markets {
        call.market(id)?;
    }
    let busy = desk.jobs.iter().any(|job| {
        let runs = !matches!(job.status(call.now), "DONE" | "FATAL" | "CANCELLED");
        job.region == call.region && runs && job.text == text && body["paginationToken"].is_null()
    });
    if busy {
        return Err(invalid("The same query is being processed."));
    }
    let mut job = Job {
        number: call.number(|number| desk.jobs.iter().any(|job| job.number == number)),
        region: call.region,
        text: text.to_owned(),
        part: 0,
        created: call.now,
        times: call.options.kiosk_times,
        rows: Arc::default(),
        cancelled: None,
        failed: None,
    };
    if let Some(given) = body["paginationToken"].as_str() {
        let part = place(given, job.mark(), 0, 0).and_then(|part| part.parse().ok());
        job.part = part.ok_or_else(|| invalid("The paginationToken does not belong to this query."))?;
    }
    if call.has(&Kind::ReportCancelled) {
        job.cancelled = Some(call.now + job.times.0);
    }
    if call.has(&Kind::ReportFatal) {
        job.failed = Some("An internal error occurred.");
    } else if query.too_old(call.now) {
        job.failed = Some("startDate lies more than two years back.");
    } else {
        let first = desk
            .jobs
            .iter()
            .rev()
            .find(|other| job.part > 0 && other.text == job.text);
        job.rows = match first {
            Some(first) => Arc::clone(&first.rows),
            None => Arc::new(query.rows(&call.seller)),
        };
    }
    let id = job.id();
    desk.jobs.push(job);
    Ok((202, json!({ "queryId": id })))
}

/// `getQuery`.
pub(super) fn get(desk: &Desk, call: &Call<'_>) -> Outcome {
    let job = desk.find(&call.tail, call.region, call.now).ok_or_else(missing)?;
    Ok((200, job.show(call.now, call.options.kiosk_rows)))
}

/// `getQueries`, newest first.
pub(super) fn list(desk: &Desk, call: &Call<'_>) -> Outcome {
    let size = call.params.size("pageSize", 100, 10)?;
    let statuses = call.params.list("processingStatuses");
    let own = desk.jobs.iter().rev().filter(|job| job.region == call.region);
    let fits = |job: &&Job| statuses.is_empty() || statuses.iter().any(|own| own == job.status(call.now));
    let shown = own
        .filter(fits)
        .take(size)
        .map(|job| job.show(call.now, call.options.kiosk_rows));
    Ok((200, json!({ "queries": shown.collect::<Vec<_>>() })))
}

/// `cancelQuery`.
pub(super) fn cancel(desk: &mut Desk, call: &Call<'_>) -> Outcome {
    let (now, region) = (call.now, call.region);
    let found = desk
        .jobs
        .iter_mut()
        .find(|job| job.region == region && job.id() == call.tail);
    let job = found.ok_or_else(missing)?;
    if matches!(job.status(now), "DONE" | "FATAL" | "CANCELLED") {
        return Err(invalid("The query has ended."));
    }
    job.cancelled = Some(now);
    Ok((204, Value::Null))
}

/// `getDocument`.
pub(super) fn document(desk: &Desk, call: &Call<'_>) -> Outcome {
    let job = desk.made(&call.tail).filter(|job| job.region == call.region);
    let over = job.filter(|job| matches!(job.status(call.now), "DONE" | "FATAL") && call.now < job.created + KEPT);
    let job = over.ok_or_else(missing)?;
    let url = link(&call.options.storage, &job.document(), call.now, false);
    Ok((200, json!({ "documentId": job.document(), "documentUrl": url })))
}

/// The bytes of a query's document: one part of its rows, a line each.
pub(super) fn file(job: &Job, size: usize) -> File {
    let text = match job.failed {
        Some(reason) => json!({ "errors": [{ "message": reason }] }).to_string(),
        None => {
            let part = job.rows.iter().skip(job.part * size).take(size);
            part.map(|row| format!("{row}\n")).collect()
        }
    };
    File {
        media: "application/jsonlines; charset=UTF-8",
        bytes: Bytes::from(text),
        packed: false,
    }
}
