//! What comes of orders: pages of the list, files, and the counts that both are held against.

use serde::Deserialize;

use super::{Held, List, OVERLAP, Orders, SETTLED, Under};
use crate::connectors::RawRecord;
use crate::connectors::amazon::fetch::calls::second_of;
use crate::connectors::amazon::fetch::errand::After;
use crate::connectors::amazon::fetch::flow::{self, DAY};
use crate::connectors::amazon::fetch::proof::{Proof, lacking};
use crate::connectors::amazon::fetch::{cancelled, cut, fatal, late, metrics, unusable};
use crate::connectors::amazon::markets::market;
use crate::connectors::amazon::record;
use crate::connectors::amazon::table::Table;
use crate::connectors::fetch::{Batch, Page, StreamCtx};
use crate::net::NetError;

/// Seconds after which an order that was placed has had its last change, as a rule.
const SETTLES: i64 = 10 * DAY;
/// Seconds between two repairs that are asked for because a list said too little.
const MENDED: i64 = 4 * 3_600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    pagination: Option<Pagination>,
    #[serde(default)]
    last_updated_before: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    #[serde(default)]
    next_token: Option<String>,
}

impl Orders {
    /// Takes in how many orders there are.
    pub(super) fn count(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>) -> Result<(), NetError> {
        let sum = i64::try_from(metrics::counted(batch)?.0).unwrap_or(i64::MAX);
        let Some(outlet) = self.uncounted.first().cloned() else {
            return Ok(());
        };
        match self.counts.get_mut(&outlet).filter(|(_, recent)| *recent < 0) {
            Some((_, recent)) => {
                *recent = sum;
                self.uncounted.remove(&outlet);
            }
            None => {
                self.counts.insert(outlet, (sum, -1));
            }
        }
        let fresh = |list: &List| list.token.is_none() && self.held.is_none();
        if self.uncounted.is_empty() && self.list.as_ref().is_none_or(fresh) {
            self.list = Some(self.start(ctx));
        }
        Ok(())
    }

    /// Takes a page of the list in.
    pub(super) fn listed(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>, page: &mut Page) -> Result<(), NetError> {
        let answer = flow::answer(batch)?;
        let orders = cut::list(answer, &["orders"])?;
        let told: Answer = flow::shaped(answer, "orders")?;
        page.records = cut::records("orders", &orders, record::order);
        self.done += orders.len() as u64;
        let Some(list) = &mut self.list else {
            return Err(NetError::defect("Orders came that nobody asked for."));
        };
        list.came += i64::try_from(orders.len()).unwrap_or(0);
        let bound = told.last_updated_before.as_deref().and_then(second_of);
        // Without a word the list reaches to some moment that lies two minutes back or more.
        list.bound = list.bound.or(bound).or(Some(list.token_at - SETTLED));
        let next = told
            .pagination
            .and_then(|p| p.next_token)
            .filter(|token| !token.is_empty());
        if next.is_some() && next == list.token {
            return Err(flow::misshapen("pagination: the same page again"));
        }
        list.token_at = ctx.now;
        list.token = next;
        // Only a missing token ends the list; a page may be empty (failure 14).
        if list.token.is_none() {
            // What was placed since then was changed since then, and must be in the list.
            let placed = (list.after, list.bound.unwrap_or(list.after) - OVERLAP);
            let proof = Proof::of(ctx, &list.outlets, placed, list.came.unsigned_abs());
            self.held = proof.map(|proof| Held { proof, list: true });
            if self.held.is_none() {
                self.list_ended(ctx, None, page);
            }
        }
        Ok(())
    }

    /// Takes in how many orders were placed in the span of what has come.
    pub(super) fn proven(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>, page: &mut Page) -> Result<(), NetError> {
        let over = match &mut self.held {
            Some(held) => held.proof.read(batch)?,
            None => false,
        };
        if let Some(held) = self.held.take_if(|_| over) {
            match held.list {
                true => self.list_ended(ctx, Some(&held.proof), page),
                false => self.file_ended(ctx, Some(&held.proof), page),
            }
        }
        Ok(())
    }

    /// The list is read to its end. One that lacks orders is read again; where they do not come, a report is asked for them.
    pub(super) fn list_ended(&mut self, ctx: &StreamCtx<'_>, proof: Option<&Proof>, page: &mut Page) {
        let Some(list) = self.list.take() else {
            return;
        };
        let lacks = proof.filter(|proof| proof.lacks_some());
        if lacks.is_some() && !list.again {
            self.list = Some(List {
                again: true,
                ..self.start(ctx)
            });
            return;
        }
        let bound = list.bound.unwrap_or(list.after).max(list.after);
        for outlet in &list.outlets {
            self.covered.insert(outlet, list.after, bound);
        }
        if let Some(proof) = lacks {
            let (span, came) = ((list.after, bound), list.came.unsigned_abs());
            let told = lacking("orders", &list.outlets.join(","), span, came, proof.placed());
            for outlet in &list.outlets {
                self.doubts.add(outlet, span, told.clone());
            }
            page.notes.push(told);
            if !(0..MENDED).contains(&(ctx.now - self.mended_at)) {
                self.mended_at = ctx.now;
                self.repairs = list.outlets.iter().cloned().collect();
            }
        } else if proof.is_some() {
            for outlet in &list.outlets {
                self.doubts.settle(outlet, (list.after, bound));
            }
        }
        if self.under.is_none() {
            self.choose(ctx);
        }
    }

    /// Takes in what came of the file under way.
    pub(super) fn fetched(&mut self, ctx: &StreamCtx<'_>, batch: &Batch<'_>, page: &mut Page) -> Result<(), NetError> {
        let Some(under) = &mut self.under else {
            return Err(NetError::defect("A file came that nobody asked for."));
        };
        let after = under.errand.read(ctx, batch)?;
        self.pace = under.errand.pace();
        let window = under.window.clone();
        match after {
            After::Going => {
                page.transient = under.errand.is_passing();
                if under.errand.is_late(super::PATIENCE, ctx.now) {
                    page.notes.push(late("orders"));
                }
                return Ok(());
            }
            After::Groups { last } => {
                let Batch::Groups { groups, .. } = batch else {
                    return Err(flow::misshapen("report"));
                };
                let (records, aside) = cut::groups("orders", groups)?;
                page.records = records.into_iter().filter(|record| is_of(record, ctx)).collect();
                page.notes.extend(unusable(aside));
                under.came += page.records.len() as u64;
                self.done += page.records.len() as u64;
                if last {
                    self.hold_file(ctx, page);
                }
                return Ok(());
            }
            // A report that is done and has no file has no rows; it says so.
            After::Empty => {
                self.hold_file(ctx, page);
                return Ok(());
            }
            After::Cancelled if under.repair => {}
            After::Cancelled => {
                self.barred.bar(window.name(), ctx.now);
                page.notes
                    .push(cancelled("orders", &window.outlet, window.from, window.to));
            }
            After::Fatal(why) => {
                self.barred.bar(window.name(), ctx.now);
                page.notes.push(fatal("orders", &why));
            }
        }
        self.under = None;
        self.choose(ctx);
        Ok(())
    }

    /// A file that is read to its end is held against the orders placed in its span.
    fn hold_file(&mut self, ctx: &StreamCtx<'_>, page: &mut Page) {
        let proof = self.under.as_ref().and_then(|under| {
            let window = &under.window;
            // The repair reaches to the present: what was placed in it was changed in it. Of an older span that is a rule of thumb.
            let to = match under.repair {
                true => window.to - OVERLAP,
                false => window.to - SETTLES,
            };
            Proof::of(ctx, std::slice::from_ref(&window.outlet), (window.from, to), under.came)
        });
        self.held = proof.map(|proof| Held { proof, list: false });
        if self.held.is_none() {
            self.file_ended(ctx, None, page);
        }
    }

    /// The file is read to its end. One that lacks orders is asked for again; where they do not come, its days stay open.
    pub(super) fn file_ended(&mut self, ctx: &StreamCtx<'_>, proof: Option<&Proof>, page: &mut Page) {
        let Some(Under {
            window,
            repair,
            came,
            again,
            ..
        }) = self.under.take()
        else {
            return;
        };
        let lacks = proof.filter(|proof| match repair {
            true => proof.lacks_some(),
            false => proof.lacks_most(),
        });
        if lacks.is_some() && !again {
            self.under = Some(Under {
                again: true,
                ..self.file(ctx, window, repair, false)
            });
            return;
        }
        let (name, span) = (window.name(), (window.from, window.to));
        match lacks {
            Some(proof) => {
                let told = lacking("orders", &window.outlet, span, came, proof.placed());
                self.doubts.add(&window.outlet, span, told.clone());
                page.notes.push(told);
                if !repair {
                    self.barred.bar(name, ctx.now);
                }
            }
            None => {
                self.barred.free(&name);
                self.doubts.settle(&window.outlet, span);
                if !repair {
                    self.covered.insert(&window.outlet, window.from, window.to);
                }
            }
        }
        self.choose(ctx);
    }
}

/// Whether a report's order is of a marketplace that is read: reports of a unified account hold others' rows too.
fn is_of(record: &RawRecord, ctx: &StreamCtx<'_>) -> bool {
    let text = String::from_utf8_lossy(&record.bytes);
    let channel = Table::of(&text)
        .get(0, "sales-channel")
        .and_then(|name| market(None, Some(name)));
    channel.is_none_or(|market| ctx.remote.outlets.iter().any(|outlet| outlet == market.id))
}
