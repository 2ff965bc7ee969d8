//! Reports: asked for, waiting, made, cancelled, fetched (contract sections 3.6 and 3.7).

mod listings;
mod orders;
mod settlement;
mod stock;
mod table;
mod traffic;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::answers::{Refusal, denied, error, invalid, moment, object};
use super::app::Role;
use super::pages::{Call, Outcome};
use super::params::{place, token};
use super::storage::{File, link};
use crate::faults::{Kind, Struck};
use crate::world::Second;
use crate::world::amazon::{Marketplace, Region, Seller};
use table::pack;

const DAY: i64 = 86_400;
/// Reports are kept this long; those of orders shorter.
const KEPT: i64 = 90 * DAY;
const ORDERS_KEPT: i64 = 30 * DAY;

/// What kind of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    OrdersByChange,
    OrdersByDate,
    Listings,
    Stock,
    Traffic,
    Settlement,
}

impl Sort {
    const ALL: [Self; 6] = [
        Self::OrdersByChange,
        Self::OrdersByDate,
        Self::Listings,
        Self::Stock,
        Self::Traffic,
        Self::Settlement,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::OrdersByChange => "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
            Self::OrdersByDate => "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
            Self::Listings => "GET_MERCHANT_LISTINGS_ALL_DATA",
            Self::Stock => "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
            Self::Traffic => "GET_SALES_AND_TRAFFIC_REPORT",
            Self::Settlement => "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }

    fn roles(self) -> &'static [Role] {
        match self {
            Self::OrdersByChange | Self::OrdersByDate => &[Role::InventoryAndOrders],
            Self::Listings => &[Role::ProductListing, Role::InventoryAndOrders],
            Self::Stock => &[Role::Fulfillment],
            Self::Traffic => &[Role::BrandAnalytics],
            Self::Settlement => &[Role::Finance],
        }
    }

    /// Seconds in which the same report is not made again.
    fn cooldown(self) -> i64 {
        match self {
            Self::Stock | Self::Listings => 1_800,
            _ => 0,
        }
    }
}

/// A report that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Job {
    number: u64,
    region: Region,
    sort: Sort,
    markets: Vec<Marketplace>,
    start: Option<Second>,
    end: Option<Second>,
    options: Map<String, Value>,
    /// Second of the simulator's clock at which it was asked for.
    created: i64,
    times: (i64, i64),
    /// The seller's own present at that time.
    seen: Second,
    fate: Fate,
}

/// How a report ends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Done,
    /// Cancelled at a second.
    Cancelled(i64),
    /// Failed, for this reason.
    Fatal(String),
}

impl Job {
    fn id(&self) -> String {
        (50_000_000_000 + self.number).to_string()
    }

    fn document(&self) -> String {
        format!(
            "amzn1.spdoc.1.4.{}.{:012}.T{}",
            self.region.name(),
            self.number,
            self.number % 97
        )
    }

    /// Whether it is not kept any more.
    fn gone(&self, now: i64) -> bool {
        let kept = match self.sort {
            Sort::OrdersByChange | Sort::OrdersByDate => ORDERS_KEPT,
            _ => KEPT,
        };
        now >= self.created + kept
    }

    fn done_at(&self) -> i64 {
        self.created + self.times.0 + self.times.1
    }

    fn status(&self, now: i64) -> &'static str {
        match &self.fate {
            Fate::Cancelled(at) if now >= *at => "CANCELLED",
            _ if now < self.created + self.times.0 => "IN_QUEUE",
            _ if now < self.done_at() => "IN_PROGRESS",
            Fate::Fatal(_) => "FATAL",
            _ => "DONE",
        }
    }

    fn show(&self, now: i64) -> Value {
        let status = self.status(now);
        let began = status != "IN_QUEUE" && status != "CANCELLED";
        let ended = matches!(status, "DONE" | "FATAL");
        let cancelled = match self.fate {
            Fate::Cancelled(at) if status == "CANCELLED" => Some(at),
            _ => None,
        };
        let end = cancelled.or(ended.then(|| self.done_at()));
        object([
            (
                "marketplaceIds",
                Some(self.markets.iter().map(|market| market.id()).collect::<Vec<_>>().into()),
            ),
            ("reportId", Some(self.id().into())),
            ("reportType", Some(self.sort.name().into())),
            ("dataStartTime", self.start.map(moment)),
            ("dataEndTime", self.end.map(moment)),
            ("createdTime", Some(moment(Second(self.created)))),
            ("processingStatus", Some(status.into())),
            (
                "processingStartTime",
                began.then(|| moment(Second(self.created + self.times.0))),
            ),
            ("processingEndTime", end.map(|at| moment(Second(at)))),
            ("reportDocumentId", ended.then(|| self.document().into())),
        ])
    }
}

/// All reports that were asked for.
#[derive(Debug, Default)]
pub(super) struct Desk {
    jobs: Vec<Job>,
}

impl Desk {
    fn find(&self, id: &str, region: Region, now: i64) -> Option<&Job> {
        let own = |job: &&Job| job.region == region && job.id() == id && !job.gone(now);
        self.jobs.iter().find(own)
    }

    /// The report behind a document's name.
    pub(super) fn made(&self, document: &str) -> Option<Job> {
        self.jobs.iter().find(|job| job.document() == document).cloned()
    }
}

fn allowed(call: &Call<'_>, sort: Sort) -> Result<(), Refusal> {
    let may = sort.roles().iter().any(|role| call.app.roles.contains(role));
    if may { Ok(()) } else { Err(denied("")) }
}

/// `createReport`.
pub(super) fn create(desk: &mut Desk, call: &Call<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(call.body).map_err(|_| invalid("The body is no JSON."))?;
    let name = body["reportType"].as_str().unwrap_or_default();
    let sort = Sort::named(name).ok_or_else(|| invalid(&format!("Report type {name:?} is not known.")))?;
    allowed(call, sort)?;
    if sort == Sort::Settlement {
        return Err(invalid(
            "Settlement reports are made by Amazon and cannot be requested.",
        ));
    }
    let ids = body["marketplaceIds"].as_array().cloned().unwrap_or_default();
    if ids.is_empty() || ids.len() > 25 {
        return Err(invalid("marketplaceIds names 1 to 25 marketplaces."));
    }
    let named = ids.iter().map(|id| call.market(id.as_str().unwrap_or_default()));
    let markets = named.collect::<Result<Vec<_>, _>>()?;
    let time = |name: &str| match body[name].as_str() {
        None => Ok(None),
        Some(text) => {
            let day = format!("{text}T00:00:00Z");
            let at = Second::parse(text).or_else(|| Second::parse(&day));
            at.map(Some)
                .ok_or_else(|| invalid(&format!("{name} {text:?} is no date and time.")))
        }
    };
    let (start, end) = (time("dataStartTime")?, time("dataEndTime")?);
    let options = body["reportOptions"].as_object().cloned().unwrap_or_default();
    let mut job = Job {
        number: call.number(|number| desk.jobs.iter().any(|job| job.number == number)),
        region: call.region,
        sort,
        markets,
        start,
        end,
        options,
        created: call.now,
        times: call.options.report_times,
        seen: call.seller.now(),
        fate: Fate::Done,
    };
    job.fate = fate(desk, call, &job);
    let id = job.id();
    desk.jobs.push(job);
    Ok((202, json!({ "reportId": id })))
}

fn fate(desk: &Desk, call: &Call<'_>, job: &Job) -> Fate {
    let waited = call.now + job.times.0;
    let again = desk.jobs.iter().any(|other| {
        other.sort == job.sort
            && other.markets == job.markets
            && other.fate == Fate::Done
            && other.created + job.sort.cooldown() > call.now
    });
    let nothing = match job.sort {
        Sort::Stock | Sort::Listings => !call.seller.trades(job.markets[0]),
        _ => false,
    };
    if again || nothing || call.has(&Kind::ReportCancelled) {
        return Fate::Cancelled(waited);
    }
    let span = match (job.start, job.end) {
        (Some(start), end) => end.map_or(call.now, |end| end.0) - start.0,
        (None, _) => 0,
    };
    let reason = match job.sort {
        _ if call.has(&Kind::ReportFatal) => Some("An internal error occurred while the report was made."),
        Sort::OrdersByChange | Sort::OrdersByDate if job.start.is_none() => Some("dataStartTime is required."),
        Sort::OrdersByChange | Sort::OrdersByDate if span > 31 * DAY => {
            Some("The date range is longer than the 30 days that this report allows.")
        }
        Sort::Traffic if job.start.is_none() || job.end.is_none() => {
            Some("dataStartTime and dataEndTime are required.")
        }
        Sort::Traffic if job.start.is_some_and(|start| start.0 < call.now - 732 * DAY) => {
            Some("dataStartTime lies more than two years back.")
        }
        _ => None,
    };
    reason.map_or(Fate::Done, |reason| Fate::Fatal(reason.to_owned()))
}

/// `getReport`.
pub(super) fn get(desk: &Desk, call: &Call<'_>) -> Outcome {
    if let Some(job) = desk.find(&call.tail, call.region, call.now) {
        allowed(call, job.sort)?;
        return Ok((200, job.show(call.now)));
    }
    let settled = settlement::all(call)
        .into_iter()
        .find(|row| row["reportId"] == call.tail.as_str());
    settled
        .map(|row| (200, row))
        .ok_or_else(|| error(404, "NotFound", "The report was not found.", ""))
}

/// `cancelReport`.
pub(super) fn cancel(desk: &mut Desk, call: &Call<'_>) -> Outcome {
    let (now, region) = (call.now, call.region);
    let found = desk
        .jobs
        .iter_mut()
        .find(|job| job.region == region && job.id() == call.tail);
    let Some(job) = found else {
        return Err(error(404, "NotFound", "The report was not found.", ""));
    };
    if job.status(now) != "IN_QUEUE" {
        return Err(invalid("Only reports that wait can be cancelled."));
    }
    job.fate = Fate::Cancelled(now);
    Ok((200, Value::Null))
}

/// `getReports`: a token must come alone.
pub(super) fn list(desk: &Desk, call: &Call<'_>) -> Outcome {
    let params = &call.params;
    let mut query = super::params::Params::of("");
    let mut first = 0;
    if let Some(given) = params.get("nextToken") {
        if params.names().count() != 1 {
            return Err(invalid("nextToken must be the only parameter."));
        }
        let text = place(given, 1, call.now, 3_600).ok_or_else(|| invalid("The nextToken has expired."))?;
        let (at, asked) = text.split_once('.').unwrap_or(("0", ""));
        first = at.parse().unwrap_or(0);
        query = super::params::Params::of(asked);
    }
    let params = if params.get("nextToken").is_some() {
        &query
    } else {
        params
    };
    let types = params.list("reportTypes");
    if types.is_empty() || types.len() > 10 {
        return Err(invalid("Either reportTypes (at most 10) or nextToken is required."));
    }
    for name in &types {
        let sort = Sort::named(name).ok_or_else(|| invalid(&format!("Report type {name:?} is not known.")))?;
        allowed(call, sort)?;
    }
    let size = params.size("pageSize", 100, 10)?;
    let statuses = params.list("processingStatuses");
    let markets = params.list("marketplaceIds");
    let since = params
        .moment("createdSince")?
        .unwrap_or(Second(call.now - KEPT))
        .max(Second(call.now - KEPT));
    let until = params.moment("createdUntil")?.unwrap_or(Second(call.now));
    let own = desk
        .jobs
        .iter()
        .filter(|job| job.region == call.region && !job.gone(call.now))
        .map(|job| job.show(call.now));
    let mut all: Vec<Value> = own.chain(settlement::all(call)).collect();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    all.retain(|row| {
        let created = Second::parse(&text(row, "createdTime")).unwrap_or_default();
        let of = row["marketplaceIds"].as_array().cloned().unwrap_or_default();
        let here = |id: &Value| markets.iter().any(|own| id == own.as_str());
        types.contains(&text(row, "reportType"))
            && (statuses.is_empty() || statuses.contains(&text(row, "processingStatus")))
            && (markets.is_empty() || of.iter().any(here))
            && (since..=until).contains(&created)
    });
    all.sort_by_key(|row| std::cmp::Reverse((text(row, "createdTime"), text(row, "reportId"))));
    let more = all.len() > first + size || call.has(&Kind::Endless);
    let size_shown = if call.has(&Kind::EmptyPage) { 0 } else { size };
    let page: Vec<Value> = all.into_iter().skip(first).take(size_shown).collect();
    let next = more.then(|| {
        let asked = params.written();
        let at = if call.has(&Kind::Endless) {
            first
        } else {
            first + size_shown
        };
        token(1, call.now, &format!("{at}.{asked}"))
    });
    Ok((
        200,
        object([("reports", Some(page.into())), ("nextToken", next.map(Value::from))]),
    ))
}

/// `getReportDocument`.
pub(super) fn document(desk: &Desk, call: &Call<'_>) -> Outcome {
    let job = desk
        .made(&call.tail)
        .filter(|job| job.region == call.region && !job.gone(call.now));
    let ended = |job: &Job| matches!(job.status(call.now), "DONE" | "FATAL");
    let own = settlement::named(&call.tail).filter(|market| market.0.region() == call.region);
    let packed = match (&job, own) {
        (Some(job), _) if ended(job) => {
            allowed(call, job.sort)?;
            packs(job)
        }
        (None, Some(_)) => {
            allowed(call, Sort::Settlement)?;
            false
        }
        _ => return Err(error(404, "NotFound", "The document was not found.", "")),
    };
    let told = call.params.get("enableContentEncodingUrlHeader") == Some("true");
    Ok((
        200,
        object([
            ("reportDocumentId", Some(call.tail.as_str().into())),
            (
                "url",
                Some(link(&call.options.storage, &call.tail, call.now, told).into()),
            ),
            ("compressionAlgorithm", packed.then(|| "GZIP".into())),
        ]),
    ))
}

fn packs(job: &Job) -> bool {
    matches!(job.fate, Fate::Done) && !matches!(job.sort, Sort::Listings | Sort::Settlement)
}

/// The bytes of a report.
pub(super) fn file(job: &Job, seller: &Seller, struck: &Struck) -> Option<File> {
    if let Fate::Fatal(reason) = &job.fate {
        return Some(File {
            media: "text/plain; charset=UTF-8",
            bytes: Bytes::from(json!({ "errorDetails": reason }).to_string()),
            packed: false,
        });
    }
    let seller = seller.at(job.seen);
    // Of several marketplaces only the first is told of.
    let market = *job.markets.first()?;
    let (media, bytes) = match job.sort {
        Sort::OrdersByChange | Sort::OrdersByDate => {
            let (start, end) = (job.start?, job.end.unwrap_or(Second(job.created)));
            orders::file(&seller, market, job.sort == Sort::OrdersByChange, (start, end))
        }
        Sort::Listings => listings::file(&seller, market, struck.has(&Kind::UnknownHeader)),
        Sort::Stock => stock::file(&seller, market),
        Sort::Traffic => traffic::file(&seller, market, (job.start?, job.end?), &job.options),
        Sort::Settlement => return None,
    };
    let packed = packs(job);
    let bytes = if packed { pack(&bytes) } else { Bytes::from(bytes) };
    Some(File { media, bytes, packed })
}

/// The bytes of a settlement report.
pub(super) fn settlement_file(name: &str, seller: &Seller) -> Option<File> {
    let (market, period) = settlement::named(name)?;
    let (media, bytes) = settlement::file(seller, market, period)?;
    Some(File {
        media,
        bytes: Bytes::from(bytes),
        packed: false,
    })
}
