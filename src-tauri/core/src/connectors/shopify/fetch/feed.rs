//! Streams that are read upward along a moment and remember only how far: products, customers, payouts.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::change_list::{ChangeList, Counted, Left, Listed};
use super::classify;
use super::documents::{
    CUSTOMERS, CUSTOMERS_COUNT, CUSTOMERS_COUNTED, PAYOUTS, PRODUCTS, PRODUCTS_COUNT, PRODUCTS_COUNTED,
};
use super::envelope::{Envelope, members};
use super::flow::{self, Flow};
use super::page_size::{MOST, PageSize};
use super::parts::{self, Part};
use super::proof::{self, DAY, Proof, REREAD, Words};
use super::slices::{self, PageInfo, Rows, second_of};
use crate::connectors::fetch::{Batch, Coverage, Measure, Note, Page, Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::net::NetError;

/// Seconds of overlap between two runs (contract 3.6).
const OVERLAP: i64 = 300;

/// What sets one such stream apart.
pub(super) trait Fed {
    /// Stream and facet of its records.
    const STREAM: &'static str;
    const FACET: &'static str;
    /// Names of the root and, where it is nested, of the object around it.
    const ROOT: (&'static str, &'static str);
    /// Member that holds the moment.
    const MOMENT: &'static str;
    /// Sizes of nested pages.
    const NESTED: &'static [(&'static str, i64)];
    /// Seconds read again in each run.
    const OVERLAP: i64;
    /// Size of the first page.
    const FIRST: i64;
    /// What is listed.
    fn listed() -> Listed;
}

/// Products with their variants. Every tracked movement of stock changes them, so their lists are long.
#[derive(Debug)]
pub(super) struct Products;

impl Fed for Products {
    const STREAM: &'static str = "products";
    const FACET: &'static str = "product";
    const ROOT: (&'static str, &'static str) = ("", "products");
    const MOMENT: &'static str = "updatedAt";
    const NESTED: &'static [(&'static str, i64)] = &[("variants", 90)];
    const OVERLAP: i64 = OVERLAP;
    const FIRST: i64 = 50;

    fn listed() -> Listed {
        Listed {
            document: &PRODUCTS,
            counted: Some(Counted {
                beside: &PRODUCTS_COUNTED,
                alone: &PRODUCTS_COUNT,
                root: "productsCount",
                words: Words {
                    code: "products_short",
                    things: "products last changed",
                    hint: "Names and prices of those products may be lacking.",
                },
            }),
            field: "updated_at",
            sort: "UPDATED_AT",
            prefix: "",
            open: false,
            switch: None,
        }
    }
}

/// Customers. Their filter is documented as matching whole days: a day more is read, and no end is set.
#[derive(Debug)]
pub(super) struct Customers;

impl Fed for Customers {
    const STREAM: &'static str = "customers";
    const FACET: &'static str = "customer";
    const ROOT: (&'static str, &'static str) = ("", "customers");
    const MOMENT: &'static str = "updatedAt";
    const NESTED: &'static [(&'static str, i64)] = &[];
    const OVERLAP: i64 = 86_400 + OVERLAP;
    const FIRST: i64 = MOST;

    fn listed() -> Listed {
        Listed {
            document: &CUSTOMERS,
            counted: Some(Counted {
                beside: &CUSTOMERS_COUNTED,
                alone: &CUSTOMERS_COUNT,
                root: "customersCount",
                words: Words {
                    code: "customers_short",
                    things: "customers last changed",
                    hint: "Those customers are lacking here.",
                },
            }),
            field: "updated_at",
            sort: "UPDATED_AT",
            prefix: "",
            open: true,
            switch: None,
        }
    }
}

/// Payouts. They change for days after their issue without stating when; no account means none. Nothing counts them: the end of the
/// first list is asked for twice, and every later run reads the last weeks again.
#[derive(Debug)]
pub(super) struct Payouts;

impl Fed for Payouts {
    const STREAM: &'static str = "payouts";
    const FACET: &'static str = "payout";
    const ROOT: (&'static str, &'static str) = ("shopifyPaymentsAccount", "payouts");
    const MOMENT: &'static str = "issuedAt";
    const NESTED: &'static [(&'static str, i64)] = &[];
    const OVERLAP: i64 = 45 * 86_400;
    const FIRST: i64 = MOST;

    fn listed() -> Listed {
        Listed {
            document: &PAYOUTS,
            counted: None,
            field: "issued_at",
            sort: "ISSUED_AT",
            prefix: "",
            open: true,
            switch: None,
        }
    }
}

/// Where such a stream stands.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, bound = "")]
pub(super) struct Feed<F: Fed> {
    covered: Intervals,
    target: i64,
    list: Option<ChangeList>,
    /// The list at hand is the run's first one: up to the present.
    forward: bool,
    parts: Vec<Part>,
    size: PageSize,
    proof: Proof,
    /// The end of a first list that nothing counts was asked for twice.
    confirmed: bool,
    /// Where this run's list begins but for what is read twice, and where that of the last run did, if no count proved it.
    begun: i64,
    twice_from: Option<i64>,
    /// When the last days were last read again, and whether this run does it.
    reread_at: i64,
    rereading: bool,
    oldest: Option<i64>,
    newest: Option<i64>,
    done: u64,
    /// When something was last read, UTC second.
    left_at: i64,
    #[serde(skip)]
    of: PhantomData<F>,
}

impl<F: Fed> Default for Feed<F> {
    fn default() -> Self {
        Feed {
            covered: Intervals::default(),
            target: 0,
            list: None,
            forward: false,
            parts: Vec::new(),
            size: PageSize::new(F::FIRST, MOST),
            proof: Proof::default(),
            confirmed: false,
            begun: 0,
            twice_from: None,
            reread_at: 0,
            rereading: false,
            oldest: None,
            newest: None,
            done: 0,
            left_at: 0,
            of: PhantomData,
        }
    }
}

impl<F: Fed> Feed<F> {
    /// The rows of an answer; none where there is no account.
    fn rows<'a>(envelope: &Envelope<'a>) -> Result<Option<Rows<'a>>, NetError> {
        let (around, root) = F::ROOT;
        let object = match around {
            "" => envelope.root(root),
            around => match envelope.root(around) {
                None => return Ok(None),
                Some(account) => members(account)
                    .and_then(|members| members.into_iter().find(|(name, _)| name == root))
                    .map(|(_, value)| value),
            },
        };
        object
            .and_then(|object| serde_json::from_str(object.get()).ok())
            .map(Some)
            .ok_or_else(|| flow::misshapen(root))
    }
}

impl<F: Fed> Feed<F> {
    /// Takes on the next span to be read: one of which not all came, or a gap.
    fn plan(&mut self, ctx: &StreamCtx<'_>) {
        if self.list.is_some() || self.proof.doubt().is_some() {
            return;
        }
        let again = self.proof.next_span(ctx.now, &mut self.covered);
        let Some((from, to)) = again.or_else(|| self.covered.latest_gap(0)) else {
            return;
        };
        self.list = Some(ChangeList::new(from, to, false).bounded(to < self.target));
    }

    fn read_list(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>, seconds: u64) -> Result<Page, NetError> {
        let mut page = Page::default();
        let rows = Self::rows(envelope)?;
        let nodes = rows.as_ref().map_or(&[][..], |rows| &rows.nodes);
        let mut last = None;
        if let Some(list) = &mut self.list {
            list.hear(envelope, &F::listed());
        }
        for node in nodes {
            let mut record = slices::record(F::STREAM, F::FACET, node);
            let second = moment(node, F::MOMENT);
            if record.version == 0 {
                // It is what is shown now, whenever it changed.
                record.version = ctx.now;
            }
            if let Some(second) = second {
                last = Some((second, record.key.clone()));
                self.newest = self.newest.max(Some(second));
                self.oldest = Some(self.oldest.map_or(second, |oldest| oldest.min(second)));
            }
            if let Some(list) = &mut self.list {
                list.tally.met(second.unwrap_or(0), &record.key, false);
            }
            self.parts.extend(parts::missing(node, record.version));
            if F::MOMENT != "updatedAt" {
                record.version = 0;
            }
            page.records.push(record);
        }
        self.done += nodes.len() as u64;
        self.size.came(seconds, MOST);
        let info = rows
            .as_ref()
            .map_or_else(PageInfo::default, |rows| rows.page_info.clone());
        if let Some(list) = &mut self.list
            && list.came(nodes.len(), last, &info, &mut self.covered)? == Left::Ended
        {
            self.ended(ctx, rows.is_some());
        }
        Ok(page)
    }

    /// The list at hand has ended; `known` where there is something to list at all.
    fn ended(&mut self, ctx: &StreamCtx<'_>, known: bool) {
        let Some(list) = self.list.take() else { return };
        if F::listed().counted.is_none() && known && list.span.0 == 0 && !self.confirmed {
            self.confirmed = true;
            let from = self.newest.unwrap_or(0).clamp(0, self.target - 1);
            self.list = Some(ChangeList::new(from, self.target, false));
            return;
        }
        let proved = self.proof.close(&list);
        if std::mem::take(&mut self.forward) {
            // What no count proves is asked for in two runs: an answer that was empty by mistake is then none for long.
            self.twice_from = (known && !proved).then_some(self.begun);
            if self.begun == 0 || self.rereading {
                self.reread_at = list.span.1;
            }
        }
        self.plan(ctx);
    }

    /// The count of the span in doubt.
    fn read_doubt(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>) {
        let counted = F::listed().counted;
        let count = counted.and_then(|counted| proof::count(envelope, counted.root));
        self.proof.counted(count, self.oldest, ctx.now, &mut self.covered);
        self.plan(ctx);
    }
}

/// The second that `member` of a node states.
pub(super) fn moment(node: &RawValue, member: &str) -> Option<i64> {
    let members = members(node)?;
    let (_, value) = members.iter().find(|(name, _)| name == member)?;
    second_of(&serde_json::from_str::<String>(value.get()).ok()?)
}

impl<F: Fed> Flow for Feed<F> {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        self.done = 0;
        let goes_on = flow::fresh(self.left_at, ctx.now)
            && (self.list.is_some() || self.proof.doubt().is_some() || !self.parts.is_empty());
        self.proof.begin(goes_on, false);
        if goes_on {
            return;
        }
        if let Some(end) = self.covered.end() {
            self.covered.truncate(flow::repaired(end, self.newest, ctx.now));
        }
        let end = self.covered.end().unwrap_or(0);
        self.target = ctx.now.max(end);
        // What was cut off between two pages of one thing is read anew: its own change is behind the overlap's start.
        let behind = self.parts.iter().map(Part::version).min().unwrap_or(i64::MAX);
        self.parts.clear();
        // Once a day the last two days are read again (contract 3.6).
        self.rereading = self.target - self.reread_at >= DAY;
        let overlap = if self.rereading {
            F::OVERLAP.max(REREAD)
        } else {
            F::OVERLAP
        };
        let twice = self.twice_from.unwrap_or(i64::MAX);
        let from = (end - overlap).min(behind).min(twice).max(0);
        self.begun = if end == 0 { 0 } else { end - F::OVERLAP };
        self.list = Some(ChangeList::new(from, self.target.max(from + 1), false));
        self.forward = true;
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match (self.parts.last(), self.proof.doubt(), &self.list) {
            (Some(part), ..) => part.step(ctx.remote),
            (None, Some(doubt), _) => F::listed().ask(ctx, doubt, self.target),
            (None, None, Some(list)) => list.step(ctx, &F::listed(), &self.size, F::NESTED),
            (None, None, None) => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        self.left_at = ctx.now;
        let (answer, seconds) = flow::answer(&batch)?;
        let envelope = flow::envelope(answer)?;
        let mut page = Page::default();
        if let Some(part) = self.parts.pop() {
            let read = part.read(&envelope)?;
            if read.stale {
                // It changed between two of its pages, and so stands further up: the list, or the next run, meets it again.
                self.parts.retain(|other| other.owner != part.owner);
            }
            self.parts.extend(read.next);
            page.records.extend(read.record);
        } else if self.proof.doubt().is_some() {
            self.read_doubt(ctx, &envelope);
        } else {
            page = self.read_list(ctx, &envelope, seconds)?;
        }
        page.notes.extend(classify::notes(&envelope));
        if self.parts.is_empty() && self.proof.doubt().is_none() && self.list.is_none() {
            page.notes.extend(self.doubt());
        }
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn less(&mut self) -> bool {
        self.parts.is_empty() && self.proof.doubt().is_none() && self.size.halve()
    }

    fn coverage(&self) -> Coverage {
        let start = self.covered.start_of_last();
        Coverage {
            since: start.map(|start| self.proof.complete_from(start)),
            until: self.covered.end(),
            whole: start == Some(0) && self.proof.lacks_before().is_none(),
        }
    }

    fn doubt(&self) -> Option<Note> {
        F::listed().counted.and_then(|counted| self.proof.note(&counted.words))
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
