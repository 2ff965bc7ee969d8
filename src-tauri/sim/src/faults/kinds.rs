//! The words of the plan language: the one table that plans are read by and help is written from.

use super::Kind;

/// Whose answers a kind of fault is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Every marketplace's.
    All,
    /// Shopify's.
    Shopify,
    /// Amazon's.
    Amazon,
}

impl Of {
    /// All, in the order of [`WORDS`].
    pub const ALL: [Of; 3] = [Of::All, Of::Shopify, Of::Amazon];
}

/// A kind of fault as it is written in a plan.
#[derive(Debug)]
pub struct Word {
    /// Its name; of a status the numbers that it may have.
    pub name: &'static str,
    /// What stands behind `=`, in capitals; empty where nothing does.
    pub value: &'static str,
    /// Whose answers it is made for.
    pub of: Of,
    /// Requests that are counted where a plan does not say which.
    pub target: &'static str,
    /// What happens.
    pub what: &'static str,
    make: Make,
}

/// How a kind is made from what stands behind `=`.
#[derive(Debug)]
enum Make {
    /// From nothing.
    Plain(Kind),
    /// From a text that must be there; else what it needs.
    Text(fn(String) -> Kind, &'static str),
    /// From a whole number of seconds.
    Seconds(fn(i64) -> Kind),
    /// From a number of nodes.
    Nodes,
    /// From its own name, a number, and seconds that may be there.
    Status,
}

const fn plain(name: &'static str, of: Of, target: &'static str, kind: Kind, what: &'static str) -> Word {
    Word {
        name,
        value: "",
        of,
        target,
        what,
        make: Make::Plain(kind),
    }
}

const fn with(name: &'static str, value: &'static str, of: Of, make: Make, what: &'static str) -> Word {
    Word {
        name,
        value,
        of,
        target: "api",
        what,
        make,
    }
}

/// Every kind of fault, by marketplace.
pub static WORDS: [Word; 40] = [
    with(
        "100 to 599",
        "",
        Of::All,
        Make::Status,
        "the answer is this status; =4.0 adds Retry-After",
    ),
    plain(
        "html",
        Of::All,
        "api",
        Kind::Html,
        "a page of HTML with status 200 where JSON belongs",
    ),
    plain(
        "cut",
        Of::All,
        "api",
        Kind::Cut,
        "the connection ends before any answer",
    ),
    plain(
        "cut-body",
        Of::All,
        "api",
        Kind::CutBody,
        "the body ends halfway, shorter than its length says",
    ),
    plain(
        "cut-gzip",
        Of::All,
        "api",
        Kind::CutGzip,
        "the answer is whole, the compressed data in it are not",
    ),
    with(
        "redirect",
        "HOST",
        Of::All,
        Make::Text(|host| Kind::Redirect { host }, "needs a host after ="),
        "301 to another host",
    ),
    with(
        "skew",
        "SECONDS",
        Of::All,
        Make::Seconds(|seconds| Kind::Skew { seconds }),
        "the Date header is off",
    ),
    with(
        "drift",
        "SECONDS",
        Of::All,
        Make::Seconds(|seconds| Kind::Drift { seconds }),
        "so much time passes before the answer: records change between pages",
    ),
    plain("throttled", Of::All, "api", Kind::Throttled, "the bucket is empty"),
    plain(
        "internal",
        Of::All,
        "api",
        Kind::Internal,
        "an internal error: at Shopify inside an answer with status 200",
    ),
    plain(
        "expire-token",
        Of::All,
        "api",
        Kind::ExpireToken,
        "the access token of this request is dead from now on",
    ),
    plain(
        "revoke-token",
        Of::All,
        "api",
        Kind::RevokeToken,
        "the same, and the consent too",
    ),
    with(
        "lose-scope",
        "SCOPE",
        Of::All,
        Make::Text(|scope| Kind::LoseScope { scope }, "needs a scope after ="),
        "the shop takes a scope away; at Amazon a role, by its name",
    ),
    plain(
        "broken-amount",
        Of::All,
        "api",
        Kind::BrokenAmount,
        "an amount is no number",
    ),
    with(
        "missing-field",
        "FIELD",
        Of::All,
        Make::Text(|field| Kind::MissingField { field }, "needs a field after ="),
        "a field, lineItems or refunds.subtotalSet, is left out of a record",
    ),
    with(
        "unknown-enum",
        "FIELD",
        Of::All,
        Make::Text(|field| Kind::UnknownEnum { field }, "needs a field after ="),
        "an enum, reason or fulfillments.status, has a member nobody knows",
    ),
    plain(
        "duplicate",
        Of::All,
        "api",
        Kind::Duplicate,
        "a record comes twice in one page",
    ),
    plain(
        "repeat-page",
        Of::All,
        "api",
        Kind::RepeatPage,
        "the page before comes again",
    ),
    plain(
        "shift-page",
        Of::All,
        "api",
        Kind::ShiftPage,
        "the page begins with the last record of the page before",
    ),
    plain(
        "empty-page",
        Of::All,
        "api",
        Kind::EmptyPage,
        "no records, and more to come; at Shopify without a cursor to it",
    ),
    plain(
        "endless",
        Of::All,
        "api",
        Kind::Endless,
        "there is always a next page, behind the same cursor",
    ),
    plain(
        "empty-list",
        Of::All,
        "api",
        Kind::EmptyList,
        "no records, and nothing more to come, though there is",
    ),
    with(
        "heavy",
        "NODES",
        Of::Shopify,
        Make::Nodes,
        "500 or 504 when a page asks for more nodes",
    ),
    with(
        "deny",
        "FIELD",
        Of::Shopify,
        Make::Text(|field| Kind::Deny { field }, "needs a field after ="),
        "a field, customer or Order.customer, is refused",
    ),
    plain(
        "search-warning",
        Of::Shopify,
        "api",
        Kind::SearchWarning,
        "a filter field is said to be unknown",
    ),
    plain(
        "old-version",
        Of::Shopify,
        "api",
        Kind::OldVersion,
        "the oldest served version answers",
    ),
    plain(
        "wrong-shop",
        Of::Shopify,
        "api",
        Kind::WrongShop,
        "another shop answers",
    ),
    Word {
        name: "bulk-fail",
        value: "CODE",
        of: Of::Shopify,
        target: "bulkOperation",
        what: "bulk operations fail halfway, with partial data",
        make: Make::Text(|code| Kind::BulkFail { code }, "needs an error code after ="),
    },
    plain(
        "bulk-busy",
        Of::Shopify,
        "bulkOperationRunQuery",
        Kind::BulkBusy,
        "all places for bulk operations are taken by others",
    ),
    plain(
        "bulk-shuffle",
        Of::Shopify,
        "download",
        Kind::BulkShuffle,
        "children stand before their parents",
    ),
    plain(
        "bulk-expired",
        Of::Shopify,
        "download",
        Kind::BulkExpired,
        "the download link is no longer valid",
    ),
    plain(
        "link-expired",
        Of::Amazon,
        "download",
        Kind::LinkExpired,
        "the link of a report or Data Kiosk document is no longer valid",
    ),
    plain(
        "report-cancelled",
        Of::Amazon,
        "createReport",
        Kind::ReportCancelled,
        "a report or Data Kiosk query that is asked for ends CANCELLED",
    ),
    plain(
        "report-fatal",
        Of::Amazon,
        "createReport",
        Kind::ReportFatal,
        "it ends FATAL",
    ),
    plain(
        "unknown-header",
        Of::Amazon,
        "download",
        Kind::UnknownHeader,
        "a listings report has headers that nobody knows",
    ),
    plain(
        "last-page",
        Of::Amazon,
        "api",
        Kind::LastPage,
        "a page is said to be the last, though there is more",
    ),
    plain(
        "lost-record",
        Of::Amazon,
        "api",
        Kind::LostRecord,
        "the last record of a page is left out",
    ),
    plain(
        "empty-file",
        Of::Amazon,
        "download",
        Kind::EmptyFile,
        "a report or kiosk document holds no rows, only its frame",
    ),
    plain(
        "plant-personal",
        Of::Amazon,
        "searchOrders",
        Kind::PlantPersonal,
        "a buyer's name and address stand in an order though nobody asked",
    ),
    plain(
        "secret-expired",
        Of::Amazon,
        "api",
        Kind::SecretExpired,
        "the client secrets have expired from now on",
    ),
];

impl Word {
    /// The word that a plan's entry begins with.
    pub(super) fn named(name: &str) -> Option<&'static Word> {
        let status = name.parse::<u16>().is_ok();
        WORDS.iter().find(|word| match word.make {
            Make::Status => status,
            _ => word.name == name,
        })
    }

    /// How it is written: `skew=SECONDS`.
    pub fn form(&self) -> String {
        match self.value {
            "" => self.name.to_owned(),
            value => format!("{}={value}", self.name),
        }
    }

    /// The fault that an entry `name=value` means.
    ///
    /// # Errors
    /// What the entry needs.
    pub(super) fn kind(&self, name: &str, value: Option<&str>) -> Result<Kind, &'static str> {
        match &self.make {
            Make::Plain(_) if value.is_some() => Err("takes no value"),
            Make::Plain(kind) => Ok(kind.clone()),
            Make::Text(make, need) => value
                .filter(|value| !value.is_empty())
                .map(|value| make(value.to_owned()))
                .ok_or(need),
            Make::Seconds(make) => value
                .and_then(|value| value.parse().ok())
                .map(make)
                .ok_or("needs a whole number of seconds after ="),
            Make::Nodes => value
                .and_then(|value| value.parse().ok())
                .map(|nodes| Kind::Heavy { nodes })
                .ok_or("needs a number of nodes after ="),
            Make::Status => name
                .parse()
                .ok()
                .filter(|code| (100..600).contains(code))
                .map(|code| Kind::Status {
                    code,
                    retry_after: value.map(str::to_owned),
                })
                .ok_or("a status is between 100 and 599"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::faults::Plan;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        let mut names = BTreeSet::new();
        for word in &WORDS {
            assert!(names.insert(word.name), "{} stands in the table once", word.name);
            let name = word.name.split(' ').next().unwrap_or_default();
            let value = match word.value {
                "" => "",
                "SECONDS" | "NODES" => "=7",
                _ => "=x",
            };
            let plan: Plan = format!("{name}{value}")
                .parse()
                .unwrap_or_else(|error| panic!("{}: {error}", word.form()));
            assert_eq!(plan.faults[0].target, word.target, "where {name} strikes by itself");
        }
        let order: Vec<Of> = WORDS.iter().map(|word| word.of).collect();
        assert!(order.is_sorted(), "marketplace by marketplace: {order:?}");
    }
}
