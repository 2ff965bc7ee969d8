//! What is sold: the listings report of the marketplace the account is at home in, and the catalogue's items for its SKUs
//! (contract sections 3.5 to 3.7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::seller;
use super::calls::get;
use super::cut;
use super::errand::{After, Errand, Wanted};
use super::flow::{self, DAY, Flow, Trouble};
use super::operations::Operation;
use crate::connectors::amazon::record;
use crate::connectors::amazon::table::SKU;
use crate::connectors::fetch::{Batch, Coverage, Framing, Measure, Page, Step, StreamCtx};
use crate::net::NetError;

/// Seconds between two listings reports.
const DAILY: i64 = 20 * 3_600;
/// Seconds between two looks at the catalogue.
const WEEKLY: i64 = 7 * DAY;
/// SKUs of one call.
const PER_CALL: usize = 20;
/// Seconds that a run waits for the report.
const PATIENCE: i64 = 1_800;

/// Where the stream of listings stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Listings {
    errand: Option<Errand>,
    read_at: i64,
    /// Not asked for before.
    later: i64,
    done: u64,
}

impl Flow for Listings {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        self.done = 0;
        if let Some(errand) = self.errand.as_mut().filter(|errand| !errand.is_stale(ctx.now)) {
            errand.resume(ctx.now);
            return;
        }
        let due = !(0..DAILY).contains(&(ctx.now - self.read_at)) && ctx.now >= self.later;
        self.errand = ctx.remote.outlets.first().filter(|_| due).map(|outlet| {
            let wanted = Wanted::Report {
                kind: "GET_MERCHANT_LISTINGS_ALL_DATA".to_owned(),
                marketplace: outlet.clone(),
                span: None,
                options: BTreeMap::new(),
            };
            Errand::new(wanted, true, ctx.now)
        });
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        let home = ctx.remote.outlets.first().map_or("", String::as_str);
        let framing = Framing::Table {
            by: SKU,
            shared: None,
            otherwise: super::charset_of(home),
        };
        match &self.errand {
            Some(errand) if errand.is_late(PATIENCE, ctx.now) => Ok(Step::Done),
            Some(errand) => errand.next(ctx, framing),
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let Some(errand) = &mut self.errand else {
            return Err(NetError::defect("A file came that nobody asked for."));
        };
        let mut page = Page::default();
        match errand.read(ctx, &batch)? {
            After::Going => {
                page.transient = errand.is_passing();
                if errand.is_late(PATIENCE, ctx.now) {
                    page.notes.push(super::late("listings"));
                }
            }
            After::Groups { last } => {
                let Batch::Groups { groups, .. } = &batch else {
                    return Err(flow::misshapen("report"));
                };
                page.records = cut::groups("listings", groups)?.0;
                self.done += page.records.len() as u64;
                if last {
                    self.errand = None;
                    self.read_at = ctx.now;
                }
            }
            // No proof that nothing is sold: what is known stays (failures 21 and 25).
            After::Empty | After::Cancelled => {
                self.errand = None;
                self.later = ctx.now + 4 * 3_600;
            }
            After::Fatal(why) => {
                self.errand = None;
                self.later = ctx.now + DAY;
                page.notes.push(super::fatal("listings", &why));
            }
        }
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn evade(&mut self, ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        match (&mut self.errand, trouble) {
            (Some(errand), Trouble::Storage) => errand.readdress(),
            (Some(errand), Trouble::Refused) => errand.restart(ctx.now),
            _ => false,
        }
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            since: None,
            until: Some(self.read_at).filter(|at| *at > 0),
            whole: self.read_at > 0,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn redact(&mut self) {
        if let Some(errand) = &mut self.errand {
            errand.redact();
        }
    }
}

/// Where the stream of the catalogue stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Catalog {
    /// SKUs that are not asked for yet; `None` before it is known which there are.
    left: Option<Vec<String>>,
    read_at: i64,
    done: u64,
    of: u64,
}

impl Catalog {
    fn is_due(&self, now: i64) -> bool {
        !(0..WEEKLY).contains(&(now - self.read_at))
    }
}

impl Flow for Catalog {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        // Work that was cut off goes on.
        let open = self.left.as_ref().is_some_and(|left| !left.is_empty());
        if self.is_due(ctx.now) && !open {
            self.left = None;
            self.done = 0;
        }
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        // By SKU the catalogue is only searched with the seller's id.
        let (Some(seller), Some(outlet)) = (seller(ctx.remote.account.as_deref()), ctx.remote.outlets.first()) else {
            return Ok(Step::Done);
        };
        match &self.left {
            None if self.is_due(ctx.now) => Ok(Step::Known { among: "listings" }),
            Some(left) if !left.is_empty() => {
                let skus = left[left.len().saturating_sub(PER_CALL)..].join(",");
                let pairs = [
                    ("marketplaceIds", outlet.as_str()),
                    ("identifiersType", "SKU"),
                    ("identifiers", &skus),
                    ("sellerId", seller),
                    ("includedData", "summaries,identifiers,images,productTypes"),
                    ("pageSize", "20"),
                ];
                get(ctx, Operation::Catalog, "catalog/2022-04-01/items", &pairs)
            }
            _ => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let mut page = Page::default();
        match &batch {
            Batch::Known(keys) => {
                // A comma parts the SKUs of a call, so that one with a comma cannot be asked for.
                let askable = |key: &&String| !key.contains(',') && !key.starts_with(crate::connectors::NAMELESS);
                let left: Vec<String> = keys.iter().filter(askable).cloned().collect();
                self.of = left.len() as u64;
                self.left = Some(left);
            }
            batch => {
                let items = cut::list(flow::answer(batch)?, &["items"])?;
                page.records = cut::records("catalog", &items, record::item);
                if let Some(left) = &mut self.left {
                    let keep = left.len().saturating_sub(PER_CALL);
                    self.done += (left.len() - keep) as u64;
                    left.truncate(keep);
                }
            }
        }
        if self.left.as_ref().is_some_and(Vec::is_empty) {
            self.read_at = ctx.now;
        }
        page.measure = Measure::of(self.done, Some(self.of));
        Ok(page)
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            since: None,
            until: Some(self.read_at).filter(|at| *at > 0),
            whole: self.read_at > 0,
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
