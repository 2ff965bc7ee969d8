//! Records that could not be read, and what else the user should know.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ORDERS_TWICE, Result, fetcher};
use crate::ledger::{PARTS_MISSING, TOO_LITTLE};
use crate::store::{Coming, ConnectionId, Issue as Stored, IssueFilter, Lacks, NewIssue, Read};

use super::desk::{Desk, Scene};
use super::words::Paging;

/// Issues on a page.
const PAGE: u64 = 25;

/// A page of issues.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct IssuesArgs {
    /// Page, from 0.
    pub page: u32,
}

/// Something about a record that the user should know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Issue {
    /// Its id.
    pub id: i64,
    /// The platform's name.
    pub channel: String,
    /// The stream of the record.
    pub stream: String,
    /// The platform's id of the thing.
    pub key: String,
    /// What is wrong.
    pub text: String,
    /// What it means for the figures, and what to do.
    pub hint: Option<String>,
    /// When it was seen last.
    pub seen_text: String,
    /// Id of the raw record.
    pub raw: Option<i64>,
    /// Where in the record.
    pub path: Option<String>,
}

/// A page of issues.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct IssueList {
    /// The issues, latest first.
    pub rows: Vec<Issue>,
    /// The page shown, from 0.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
    /// How many there are.
    pub count_text: String,
    /// Orders that a sync which is not at its end will bring, though records that tell of them are here; `null` where there are none.
    pub coming_text: Option<String>,
}

/// Answers `issues`: those that are open.
///
/// # Errors
/// Why the profile does not open.
pub fn issues(desk: Desk<'_>, args: IssuesArgs) -> Result<IssueList> {
    desk.read(|r, scene| {
        let (filter, coming) = beside_coming(r)?;
        let count = r.count_issues(&filter)?;
        let paging = Paging::of(args.page, count, PAGE);
        let rows = r.issues(&filter, paging.skip, PAGE)?;
        Ok(IssueList {
            count_text: paging.text(scene.words, rows.len(), count, "issue", "issues"),
            rows: rows.into_iter().map(|stored| issue(scene, stored)).collect(),
            page: paging.page,
            pages: paging.pages,
            coming_text: coming_text(scene, coming),
        })
    })
}

/// Everything open but what is about orders that a first sync has not brought yet: that is progress, and no issue while it goes on.
/// With how many of these there are.
///
/// # Errors
/// Database failures only.
pub(super) fn beside_coming(r: &Read<'_>) -> Result<(IssueFilter, u64)> {
    let mut connections = Vec::new();
    for connection in r.connections()? {
        let money = fetcher(connection.channel).money();
        let told = r.stream_states(connection.id)?;
        let mut open = told.iter().filter(|state| state.last_good_at.is_none());
        let live = !connection.is_files_only() && connection.disconnected_at.is_none();
        if live && open.any(|state| state.stream == "orders" || Some(state.stream.as_str()) == money) {
            connections.push(connection.id);
        }
    }
    let of = |only: bool| IssueFilter {
        coming: Some((
            Coming {
                connections: connections.clone(),
                code: PARTS_MISSING,
            },
            only,
        )),
        ..IssueFilter::default()
    };
    let count = r.count_issues(&of(true))?;
    Ok((of(false), count))
}

/// That so many orders are on their way.
pub(super) fn coming_text(scene: &Scene, count: u64) -> Option<String> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    (count > 0).then(|| {
        format!(
            "{} of which fees, refunds or parts are here; a sync brings the rest",
            scene.words.things(count, "order still to come", "orders still to come")
        )
    })
}

/// Orders that two connections hold, and that count twice until the user has decided.
pub(super) struct Twice {
    /// One of the two.
    pub(super) connection: ConnectionId,
    /// That they count twice, without a full stop.
    pub(super) what: String,
    /// What to do.
    pub(super) next_step: String,
}

/// What is open about orders that two connections hold.
///
/// # Errors
/// Database failures only.
pub(super) fn orders_twice(r: &Read<'_>) -> crate::store::Result<Vec<Twice>> {
    let filter = IssueFilter {
        stream: Some("orders".to_owned()),
        record: Some(String::new()),
        ..IssueFilter::default()
    };
    let open = r.issues(&filter, 0, PAGE)?.into_iter();
    let told = open.filter(|issue| issue.about.code == ORDERS_TWICE).map(|issue| {
        let NewIssue {
            message, connection, ..
        } = issue.about;
        let (what, next_step) = match message.split_once(". ") {
            Some((what, next)) => (what.to_owned(), next.to_owned()),
            None => (message, String::new()),
        };
        Twice {
            connection,
            what,
            next_step,
        }
    });
    Ok(told.collect())
}

fn issue(scene: &Scene, stored: Stored) -> Issue {
    let about = stored.about;
    let seen = scene.words.moment(stored.last_at, scene.zone, scene.now);
    let channel = scene.channel_of(about.connection);
    let hint = hint(&about).map(str::to_owned);
    Issue {
        id: stored.id,
        channel: channel.map_or_else(String::new, |c| c.label().to_owned()),
        stream: about.stream,
        key: about.record,
        hint,
        path: path_in(&about.message),
        text: about.message,
        seen_text: match stored.count {
            1 => seen,
            count => format!(
                "{seen} ({} times)",
                scene.words.number(i64::try_from(count).unwrap_or(i64::MAX))
            ),
        },
        raw: about.raw,
    }
}

/// What an issue means for the figures, and what to do.
fn hint(about: &NewIssue) -> Option<&'static str> {
    match (about.code.as_str(), about.lacks) {
        (TOO_LITTLE, _) => Some(
            "It is in no figure yet. Its records are kept, and it counts as soon as one arrives that shows what is missing: sync, or \
             import a file that holds it.",
        ),
        (
            "lines_not_shown"
            | "parts_missing"
            | "shipping_not_shown"
            | "tax_not_shown"
            | "discounts_not_shown"
            | "fulfilment_untold"
            | "refund_untold",
            _,
        ) => Some("A sync brings what is missing; so does a file that holds the whole order."),
        ("currency_not_listed", _) => {
            Some("Look whether the code is right where it comes from. Amounts of different codes have no common total.")
        }
        (_, Lacks::Record) if about.raw.is_none() => {
            Some("It is in no figure. Mend the file, or export it again, and import it under the same name.")
        }
        (_, Lacks::Order) => Some(
            "The order is in no figure. Its record is kept as it came; the order counts as soon as a version that can be read arrives. A \
             sync reads it again when it changes; a newer version of this program tries the kept record again by itself, with the next sync \
             or import or “countinghouse rebuild”; “countinghouse sync --full” asks for all of them again.",
        ),
        ("broken_json" | "broken_csv" | "not_an_amount" | "not_a_date" | "missing_field" | "unknown_shape", _) => Some(
            "The record is kept as it came. It counts as soon as a version that can be read arrives; an earlier one counts until then.",
        ),
        _ => None,
    }
}

/// The JSON path an issue's message begins with, as `$.lineItems.nodes[0]: …`.
fn path_in(message: &str) -> Option<String> {
    let (path, _) = message.split_once(": ")?;
    path.starts_with('$').then(|| path.to_owned())
}
