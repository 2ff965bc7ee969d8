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
//! The kinds are the table [`WORDS`].

mod kinds;
mod parse;
mod striking;

pub use kinds::{Of, WORDS, Word};
pub use parse::PlanError;
pub(crate) use striking::{Strikes, Struck, mix};

/// What goes wrong. What each means, and how a plan writes it, is in [`WORDS`].
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
