//! What goes wrong, on demand: throttling, outages, expired tokens, odd pages, broken records, cut connections.
//!
//! A [`Plan`] is a list of faults, each with the requests it strikes. Requests are counted for each fault by itself and
//! only those that its target names, so the same run meets the same faults at the same places.
//!
//! # Writing a plan
//! `kind[=value][:target][@when]`, joined by `;`. Without `@when` a fault strikes once, at the first request.
//!
//! | `when` | strikes |
//! |---|---|
//! | `3` | the third request |
//! | `3-5` | the third to the fifth |
//! | `3+` | from the third on |
//! | `3/4` | the third and every fourth after it |
//! | `*` | every request |
//! | `~25` | 25 of 1000 requests, chosen by the plan's seed (`seed=7` as an entry of its own) |
//!
//! The target is a root field of Shopify (`orders`, `products`, `bulkOperation`, …), an operation of Amazon (`searchOrders`,
//! `createReport`, …), `token` (OAuth), `download` (result files) or `api` (any API request, the default). For example `429=4.0@2;cut-body:orders@3-4;drift=600@*;seed=7`.
//! The same plan as JSON: `[{"kind":"429","value":"4.0","at":"2"},{"kind":"cut-body","target":"orders","at":"3-4"}]`.
//!
//! # Kinds
//! | kind | what happens |
//! |---|---|
//! | `100` to `599` | the answer is this status; `=4.0` adds `Retry-After` |
//! | `html` | a page of HTML with status 200 where JSON belongs |
//! | `cut` | the connection ends before any answer |
//! | `cut-body` | the body ends halfway, shorter than its length says |
//! | `cut-gzip` | the answer is whole, the compressed data in it are not |
//! | `redirect=HOST` | 301 to another host |
//! | `skew=SECONDS` | the `Date` header is off |
//! | `drift=SECONDS` | so much time passes before the answer: records change between pages |
//! | `throttled` | the bucket is empty |
//! | `heavy=N` | 500 or 504 when a page asks for more than N nodes |
//! | `internal` | an internal error: at Shopify inside an answer with status 200 |
//! | `expire-token`, `revoke-token` | the access token of this request is dead from now on; revoked, the consent too |
//! | `lose-scope=SCOPE` | the shop takes a scope away; at Amazon a role, by its name |
//! | `deny=FIELD` | a field, `customer` or `Order.customer`, is refused |
//! | `broken-amount` | an amount is no number |
//! | `missing-field=FIELD` | a field, `lineItems` or `refunds.subtotalSet`, is left out of a record |
//! | `unknown-enum=FIELD` | an enum, `reason` or `fulfillments.status`, has a member nobody knows |
//! | `duplicate` | a record comes twice in one page |
//! | `repeat-page` | the page before comes again |
//! | `shift-page` | the page begins with the last record of the page before |
//! | `empty-page` | no records, and more to come; at Shopify without a cursor to it, which a page without records has not |
//! | `empty-list` | no records, and nothing more to come, though there is |
//! | `last-page` | a page is said to be the last, though there is more (Amazon) |
//! | `lost-record` | the last record of a page is left out (Amazon) |
//! | `empty-file` | a report or kiosk document holds no rows, only its frame (Amazon) |
//! | `endless` | there is always a next page, behind the same cursor |
//! | `search-warning` | a filter field is said to be unknown |
//! | `old-version` | the oldest served version answers |
//! | `wrong-shop` | another shop answers |
//! | `bulk-fail=CODE` | bulk operations fail halfway, with partial data |
//! | `bulk-busy` | all places for bulk operations are taken by others |
//! | `bulk-shuffle` | children stand before their parents |
//! | `bulk-expired` | the download link is no longer valid |
//! | `link-expired` | the link of a report or kiosk document is no longer valid |
//! | `report-cancelled`, `report-fatal` | a report or kiosk query that is asked for ends so |
//! | `unknown-header` | a listings report with headers that nobody knows |
//! | `plant-personal` | a buyer's name and address stand in an order though nobody asked |
//! | `secret-expired` | the client secrets at Amazon have expired from now on |

mod parse;
mod striking;

pub use parse::PlanError;
pub(crate) use striking::{Strikes, Struck, mix};

/// What goes wrong. The texts of the plan language are in the module's table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Status { code: u16, retry_after: Option<String> },
    Html,
    Cut,
    CutBody,
    CutGzip,
    Redirect { host: String },
    Skew { seconds: i64 },
    Drift { seconds: i64 },
    Throttled,
    Heavy { nodes: u64 },
    Internal,
    ExpireToken,
    RevokeToken,
    LoseScope { scope: String },
    Deny { field: String },
    BrokenAmount,
    MissingField { field: String },
    UnknownEnum { field: String },
    Duplicate,
    RepeatPage,
    ShiftPage,
    EmptyPage,
    EmptyList,
    LastPage,
    LostRecord,
    EmptyFile,
    Endless,
    SearchWarning,
    OldVersion,
    WrongShop,
    BulkFail { code: String },
    BulkBusy,
    BulkShuffle,
    BulkExpired,
    LinkExpired,
    ReportCancelled,
    ReportFatal,
    UnknownHeader,
    PlantPersonal,
    SecretExpired,
}

/// Which of the counted requests a fault strikes. Requests count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// From the first to the second number, both included.
    Between(u64, u64),
    /// The first number, and then each time so many requests later.
    Every(u64, u64),
    /// So many of a thousand requests, chosen by the plan's seed.
    PerMille(u64),
}

impl When {
    /// Every request.
    pub const ALWAYS: When = When::Between(1, u64::MAX);

    /// Only this request.
    pub fn at(number: u64) -> When {
        When::Between(number, number)
    }
}

/// One fault of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// Which requests are counted: a root field, `token`, `download` or `api`.
    pub target: String,
    /// Which of them are struck.
    pub when: When,
}

/// What goes wrong in a run, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The faults; several may strike one request.
    pub faults: Vec<Fault>,
    /// For faults that strike by chance.
    pub seed: u64,
}

impl Plan {
    /// A plan with one fault.
    pub fn one(kind: Kind, target: &str, when: When) -> Plan {
        Plan {
            faults: vec![Fault {
                kind,
                target: target.to_owned(),
                when,
            }],
            seed: 0,
        }
    }
}
