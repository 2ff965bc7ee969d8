//! What is sold: the listings report of each marketplace, and the catalogue's items for its SKUs
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
use super::proof::{Doubts, Proof, names};
use crate::connectors::amazon::record;
use crate::connectors::amazon::table::SKU;
use crate::connectors::fetch::{Batch, Coverage, Framing, Measure, Note, Page, Step, StreamCtx};
use crate::net::NetError;

/// Seconds between two listings reports.
const DAILY: i64 = 20 * 3_600;
/// Seconds between two looks at the catalogue.
const WEEKLY: i64 = 7 * DAY;
/// Seconds after which what held too little is asked for again.
const LATER: i64 = 4 * 3_600;
/// SKUs of one call.
const PER_CALL: usize = 20;
/// Seconds that a run waits for the report.
const PATIENCE: i64 = 1_800;

/// Seconds whose orders a report without a row is held against.
const SOLD: i64 = 30 * DAY;

/// A report under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Under {
    outlet: String,
    errand: Errand,
    /// Rows of it so far.
    came: u64,
    /// It is asked for the second time: the first one held too little.
    again: bool,
    /// Rows of the first one then.
    #[serde(default)]
    first: u64,
}

/// Where the stream of listings stands. One report a marketplace: of several only the first would be told (failure 42).
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Listings {
    /// When each marketplace's report was read.
    read: BTreeMap<String, i64>,
    /// Rows of that report.
    rows: BTreeMap<String, u64>,
    /// Not asked for before.
    later: BTreeMap<String, i64>,
    under: Option<Under>,
    /// The report held nothing, and is held against the orders of the last month.
    proof: Option<Proof>,
    doubts: Doubts,
    done: u64,
}

impl Listings {
    /// The next report that is due.
    fn choose(&mut self, ctx: &StreamCtx<'_>) {
        let due = |outlet: &&String| {
            let read = self.read.get(*outlet);
            let old = read.is_none_or(|at| !(0..DAILY).contains(&(ctx.now - at)));
            old && self.later.get(*outlet).is_none_or(|at| ctx.now >= *at)
        };
        let next = ctx.remote.outlets.iter().find(due).cloned();
        self.under = next.map(|outlet| Self::report(outlet, false, ctx.now));
    }

    fn report(outlet: String, again: bool, now: i64) -> Under {
        let wanted = Wanted::Report {
            kind: "GET_MERCHANT_LISTINGS_ALL_DATA".to_owned(),
            marketplace: outlet.clone(),
            span: None,
            options: BTreeMap::new(),
        };
        Under {
            outlet,
            errand: Errand::new(wanted, !again, now),
            came: 0,
            again,
            first: 0,
        }
    }

    /// What the second report does not tell stays as doubtful as the first one left it.
    fn doubted(&mut self, ctx: &StreamCtx<'_>, outlet: &str, came: u64) -> Note {
        let what = match (came, self.rows.get(outlet)) {
            (0, _) => "gave none, though goods are sold there".to_owned(),
            (came, known) => format!("gave {came}; {} were known there", known.copied().unwrap_or(0)),
        };
        let told = flow::note(
            "listings_lacking",
            format!("Asked twice for its listings ({}), Amazon {what}.", names(outlet)),
            "What is known of products stays. A later sync asks again.",
        );
        self.doubts.add(outlet, (0, i64::MAX), told.clone());
        self.leave(ctx, LATER);
        told
    }

    /// The report is left alone for so many seconds, and the next one is looked at.
    fn leave(&mut self, ctx: &StreamCtx<'_>, seconds: i64) {
        if let Some(under) = self.under.take() {
            self.later.insert(under.outlet, ctx.now + seconds);
        }
        self.choose(ctx);
    }

    /// A report that is read to its end and holds nothing is held against the orders of the last month.
    fn hold(&mut self, ctx: &StreamCtx<'_>) -> Option<Note> {
        let empty = self.under.as_ref().filter(|under| under.came == 0);
        let span = (ctx.now - SOLD, ctx.now - DAY);
        self.proof = empty.and_then(|under| Proof::of(ctx, std::slice::from_ref(&under.outlet), span, 0));
        match self.proof {
            Some(_) => None,
            None => self.ended(ctx),
        }
    }

    /// The report is read to its end. Nothing is deleted for a row that is not there (failures 21 and 25).
    fn ended(&mut self, ctx: &StreamCtx<'_>) -> Option<Note> {
        let sold = self.proof.take().is_some_and(|proof| proof.lacks_all());
        let under = self.under.take()?;
        let known = self.rows.get(&under.outlet).copied().unwrap_or(0);
        let nothing = under.came == 0 && (known > 0 || sold);
        if (nothing || under.came < known.div_ceil(2)) && !under.again {
            self.under = Some(Under {
                first: under.came,
                ..Self::report(under.outlet, true, ctx.now)
            });
            return None;
        }
        if nothing {
            let outlet = under.outlet.clone();
            self.under = Some(under);
            return Some(self.doubted(ctx, &outlet, 0));
        }
        self.doubts.settle(&under.outlet, (0, i64::MAX));
        self.rows.insert(under.outlet.clone(), under.came);
        self.read.insert(under.outlet, ctx.now);
        self.choose(ctx);
        None
    }
}

impl Flow for Listings {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        let outlets = &ctx.remote.outlets;
        self.done = 0;
        self.read.retain(|outlet, _| outlets.contains(outlet));
        self.rows.retain(|outlet, _| outlets.contains(outlet));
        self.doubts.retain(outlets);
        let usable = |under: &Under| !under.errand.is_stale(ctx.now) && outlets.contains(&under.outlet);
        match &mut self.under {
            Some(under) if usable(under) => under.errand.resume(ctx.now),
            _ => {
                self.proof = None;
                self.choose(ctx);
            }
        }
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if let Some(proof) = &self.proof {
            return proof.next(ctx);
        }
        match &self.under {
            Some(under) if under.errand.is_late(PATIENCE, ctx.now) => Ok(Step::Done),
            Some(under) => {
                let framing = Framing::Table {
                    by: SKU,
                    shared: None,
                    otherwise: super::charset_of(&under.outlet),
                };
                under.errand.next(ctx, framing)
            }
            None => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let mut page = Page::default();
        if let Some(proof) = &mut self.proof {
            if proof.read(&batch)? {
                page.notes.extend(self.ended(ctx));
            }
            page.measure = Measure::of(self.done, None);
            return Ok(page);
        }
        let Some(under) = &mut self.under else {
            return Err(NetError::defect("A file came that nobody asked for."));
        };
        match under.errand.read(ctx, &batch)? {
            After::Going => {
                page.transient = under.errand.is_passing();
                if under.errand.is_late(PATIENCE, ctx.now) {
                    page.notes.push(super::late("listings"));
                }
            }
            After::Groups { last } => {
                let Batch::Groups { groups, .. } = &batch else {
                    return Err(flow::misshapen("report"));
                };
                let home = ctx.remote.outlets.first() == Some(&under.outlet);
                let records = cut::groups("listings", groups)?.0.into_iter();
                page.records = records
                    .map(|one| record::of_marketplace(one, &under.outlet, home))
                    .collect();
                under.came += page.records.len() as u64;
                self.done += page.records.len() as u64;
                if last {
                    page.notes.extend(self.hold(ctx));
                }
            }
            After::Empty => page.notes.extend(self.hold(ctx)),
            // No proof that nothing is sold: what is known stays (failures 21 and 25). Asked again too soon it is cancelled, too.
            After::Cancelled if under.again => {
                let (outlet, first) = (under.outlet.clone(), under.first);
                page.notes.push(self.doubted(ctx, &outlet, first));
            }
            After::Cancelled => self.leave(ctx, LATER),
            After::Fatal(why) => {
                let asked = (under.outlet.clone(), under.first, under.again);
                page.notes.push(super::fatal("listings", &why));
                match asked {
                    (outlet, first, true) => page.notes.push(self.doubted(ctx, &outlet, first)),
                    _ => self.leave(ctx, DAY),
                }
            }
        }
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn evade(&mut self, ctx: &StreamCtx<'_>, trouble: Trouble) -> bool {
        if self.proof.take().is_some() {
            // Without a count nothing is held against it.
            self.ended(ctx);
            return true;
        }
        let under = self.under.as_mut();
        under.is_some_and(|under| under.errand.evade(trouble, ctx.now))
    }

    fn doubt(&self) -> Option<Note> {
        self.doubts.told()
    }

    fn coverage(&self) -> Coverage {
        let oldest = self.read.values().min().copied();
        Coverage {
            since: None,
            until: oldest,
            whole: oldest.is_some(),
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn redact(&mut self) {
        if let Some(under) = &mut self.under {
            under.errand.redact();
        }
    }
}

/// Where the stream of the catalogue stands. Each answer is held against the number of items that it says it found, and all of them
/// against the SKUs that were asked for: several SKUs may sell one item, and none only what is sold no more.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Catalog {
    /// SKUs that are not asked for yet; `None` before it is known which there are.
    left: Option<Vec<String>>,
    read_at: i64,
    done: u64,
    of: u64,
    /// The last of them are asked for the second time: the first answer held too little.
    again: bool,
    /// Items that came of these SKUs.
    came: u64,
    /// SKUs of answers that held too little twice.
    missed: Vec<String>,
    /// When those are asked for again.
    later: i64,
    doubts: Doubts,
}

/// What an answer says it found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(default)]
    number_of_results: Option<u64>,
}

impl Catalog {
    fn is_due(&self, now: i64) -> bool {
        !(0..WEEKLY).contains(&(now - self.read_at))
    }

    /// Takes in that the answer of the last call held `came` of `found` items. One that holds too little is asked for again.
    fn answered(&mut self, came: u64, found: Option<u64>) {
        let Some(left) = &mut self.left else { return };
        let keep = left.len().saturating_sub(PER_CALL);
        // More than a page is not asked for.
        let lacks = came < found.unwrap_or(0).min(PER_CALL as u64);
        if (lacks || came == 0) && !self.again {
            self.again = true;
            return;
        }
        self.again = false;
        self.came += came;
        self.done += (left.len() - keep) as u64;
        let asked = left.split_off(keep);
        if lacks {
            self.missed.extend(asked);
        }
    }

    /// All SKUs are asked for.
    fn ended(&mut self, ctx: &StreamCtx<'_>) -> Option<Note> {
        self.read_at = ctx.now;
        let outlet = ctx.remote.outlets.first()?;
        let nothing = self.came == 0 && self.of > 0;
        if self.missed.is_empty() && !nothing {
            self.doubts.settle(outlet, (0, i64::MAX));
            return None;
        }
        let lacking = if nothing { self.of } else { self.missed.len() as u64 };
        let told = flow::note(
            "catalog_lacking",
            format!(
                "Asked twice for the catalogue's items of the SKUs listed ({}), Amazon gave too few for {lacking} of {}.",
                names(outlet),
                self.of
            ),
            "What is known of products stays. A later sync asks again.",
        );
        self.doubts.add(outlet, (0, i64::MAX), told.clone());
        if nothing {
            self.missed.clear();
            self.read_at = ctx.now - WEEKLY + LATER;
        }
        self.later = ctx.now + LATER;
        Some(told)
    }
}

impl Flow for Catalog {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        // Work that was cut off goes on.
        let open = self.left.as_ref().is_some_and(|left| !left.is_empty());
        self.doubts.retain(&ctx.remote.outlets);
        if open {
            return;
        }
        self.again = false;
        if self.is_due(ctx.now) {
            self.left = None;
            self.missed.clear();
        } else if !self.missed.is_empty() && ctx.now >= self.later {
            self.of = self.missed.len() as u64;
            self.left = Some(std::mem::take(&mut self.missed));
        } else {
            return;
        }
        (self.done, self.came) = (0, 0);
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
                let answer = flow::answer(batch)?;
                let items = cut::list(answer, &["items"])?;
                let found: Found = flow::shaped(answer, "items")?;
                page.records = cut::records("catalog", &items, record::item);
                self.answered(items.len() as u64, found.number_of_results);
            }
        }
        if self.left.as_ref().is_some_and(Vec::is_empty) {
            page.notes.extend(self.ended(ctx));
        }
        page.measure = Measure::of(self.done, Some(self.of));
        Ok(page)
    }

    fn doubt(&self) -> Option<Note> {
        self.doubts.told()
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
