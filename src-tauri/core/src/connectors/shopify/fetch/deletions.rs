//! What is gone from the shop: it vanishes without a trace in the lists (contract 3.4). Events tell of it for a year; once a
//! month all ids are compared with what is stored, and whatever is missing is asked for by id before it counts as gone.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::change_list::{ChangeList, Counted, Left, Listed};
use super::classify;
use super::documents::{self, DELETIONS, DELETIONS_COUNT, DELETIONS_COUNTED, ORDER_IDS, PRODUCT_IDS};
use super::envelope::{Envelope, members};
use super::feed::moment;
use super::flow::{self, Flow};
use super::page_size::{MOST, PageSize};
use super::proof::{self, DAY, Proof, REREAD, Words};
use super::slices::{Head, Rows, gid, number};
use crate::connectors::fetch::{Batch, Coverage, Measure, Note, Page, Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::connectors::shopify::auth::words;
use crate::connectors::{RawRecord, Source};
use crate::net::NetError;

const OVERLAP: i64 = 300;
/// Seconds between two comparisons of all ids.
const MONTH: i64 = 30 * DAY;
/// Ids of one list after which it is begun anew.
const LIST_LIMIT: u32 = 20_000;
/// Ids asked for one by one in one request.
const ASKED: usize = 25;
/// What is told of deletions that are counted and not shown.
const WORDS: Words = Words {
    code: "deletions_short",
    things: "deletions made",
    hint: "What was deleted may still be counted here; once a month all ids are compared.",
};

/// Everything that was destroyed, by the moment.
fn listed() -> Listed {
    Listed {
        document: &DELETIONS,
        counted: Some(Counted {
            beside: &DELETIONS_COUNTED,
            alone: &DELETIONS_COUNT,
            root: "eventsCount",
            words: WORDS,
        }),
        field: "created_at",
        sort: "CREATED_AT",
        prefix: "action:destroy AND ",
        open: false,
        switch: None,
    }
}

/// Where the search for deletions stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Deletions {
    covered: Intervals,
    /// First second of the first run.
    since: Option<i64>,
    /// Where this run's list begins but for what is read twice, and where that of the last run did, if no count proved it.
    begun: i64,
    twice_from: Option<i64>,
    target: i64,
    /// When the last days were last read again, and whether the list at hand does it.
    reread_at: i64,
    rereading: bool,
    events: Option<ChangeList>,
    proof: Proof,
    /// When all ids were last compared, UTC second.
    compared_at: Option<i64>,
    pass: Option<Pass>,
    done: u64,
    /// When something was last read, UTC second.
    left_at: i64,
}

/// A comparison of all ids of one kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pass {
    of: Kind,
    /// Ids are asked for above this one.
    above: String,
    after: Option<String>,
    read: u32,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Orders,
    Products,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Stage {
    Listing,
    Comparing,
    /// Ids that were not in the lists, to be asked for.
    Asking(Vec<String>),
}

impl Kind {
    /// Stream, gid type, root of the list and root of one.
    fn names(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Kind::Orders => ("orders", "Order", "orders", "order"),
            Kind::Products => ("products", "Product", "products", "product"),
        }
    }
}

impl Pass {
    fn new(of: Kind) -> Self {
        Pass {
            of,
            above: "0".into(),
            after: None,
            read: 0,
            stage: Stage::Listing,
        }
    }
}

impl Deletions {
    /// The next comparison, after `done` or as the first one.
    fn follow(&mut self, done: Option<Kind>) {
        self.pass = match done {
            None => Some(Pass::new(Kind::Orders)),
            Some(Kind::Orders) => Some(Pass::new(Kind::Products)),
            Some(Kind::Products) => {
                self.compared_at = Some(self.target);
                None
            }
        };
    }

    /// Takes on the next span of events to be read: one of which not all came, or a gap.
    fn plan(&mut self, ctx: &StreamCtx<'_>) {
        if self.events.is_some() || self.proof.doubt().is_some() {
            return;
        }
        let again = self.proof.next_span(ctx.now, &mut self.covered);
        let floor = self.since.unwrap_or(self.target);
        self.events = again
            .or_else(|| self.covered.latest_gap(floor))
            .map(|(from, to)| ChangeList::new(from, to, false));
    }

    fn read_events(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>) -> Result<Page, NetError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Event {
            #[serde(default)]
            subject_id: Option<String>,
        }
        // A shop without any event answers null.
        let rows: Option<Rows<'_>> = match envelope.root("events") {
            None => None,
            Some(object) => Some(serde_json::from_str(object.get()).map_err(|_| flow::misshapen("events"))?),
        };
        let nodes = rows.as_ref().map_or(&[][..], |rows| &rows.nodes);
        let mut page = Page::default();
        let mut last = None;
        if let Some(list) = &mut self.events {
            list.hear(envelope, &listed());
        }
        for node in nodes {
            let at = moment(node, "createdAt");
            let head: Option<Head<'_>> = serde_json::from_str(node.get()).ok();
            let id = head.map(|head| number(&head.id).to_owned()).unwrap_or_default();
            if let Some(list) = &mut self.events {
                list.tally.met(at.unwrap_or(0), &id, false);
            }
            if let (Some(at), false) = (at, id.is_empty()) {
                last = Some((at, id));
            }
            let subject = serde_json::from_str::<Event>(node.get())
                .ok()
                .and_then(|event| event.subject_id);
            let key = subject
                .as_deref()
                .and_then(|gid| gid.strip_prefix("gid://shopify/"))
                .unwrap_or_default();
            if key.starts_with("Order/") || key.starts_with("Product/") {
                page.records.push(RawRecord {
                    stream: "deletions".into(),
                    key: key.to_owned(),
                    facet: "event".into(),
                    source: Source::Page,
                    version: at.unwrap_or(0),
                    bytes: node.get().as_bytes().to_vec(),
                });
            }
        }
        let info = rows.as_ref().map(|rows| rows.page_info.clone()).unwrap_or_default();
        if let Some(list) = &mut self.events
            && list.came(nodes.len(), last, &info, &mut self.covered)? == Left::Ended
        {
            self.ended(ctx);
        }
        Ok(page)
    }

    /// The list at hand has ended.
    fn ended(&mut self, ctx: &StreamCtx<'_>) {
        let proved = self.events.take().is_some_and(|list| self.proof.close(&list));
        // What no count proves is asked for in two runs.
        self.twice_from = (!proved).then_some(self.begun);
        if std::mem::take(&mut self.rereading) {
            self.reread_at = self.target;
        }
        self.plan(ctx);
    }

    /// The count of the span in doubt.
    fn read_doubt(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>) {
        let count = proof::count(envelope, "eventsCount");
        self.proof.counted(count, None, ctx.now, &mut self.covered);
        self.plan(ctx);
    }

    fn read_ids(&mut self, envelope: &Envelope<'_>) -> Result<Option<(&'static str, Vec<String>)>, NetError> {
        let Some(pass) = &mut self.pass else { return Ok(None) };
        let (stream, _, list, _) = pass.of.names();
        let rows: Rows<'_> = envelope
            .root(list)
            .and_then(|object| serde_json::from_str(object.get()).ok())
            .ok_or_else(|| flow::misshapen(list))?;
        let ids: Vec<String> = rows
            .nodes
            .iter()
            .filter_map(|node| serde_json::from_str::<Head<'_>>(node.get()).ok())
            .map(|head| number(&head.id).to_owned())
            .collect();
        pass.read = pass.read.saturating_add(u32::try_from(ids.len()).unwrap_or(u32::MAX));
        if !rows.page_info.has_next_page
            || rows.page_info.end_cursor.is_none()
            || rows.page_info.end_cursor == pass.after
        {
            pass.stage = Stage::Comparing;
        } else if pass.read >= LIST_LIMIT
            && let Some(last) = ids.last()
        {
            (pass.above, pass.after, pass.read) = (last.clone(), None, 0);
        } else {
            pass.after = rows.page_info.end_cursor;
        }
        Ok(Some((stream, ids)))
    }

    /// Which of the asked ids are really gone: the platform answers null for them.
    fn read_asked(&mut self, envelope: &Envelope<'_>) -> Vec<RawRecord> {
        let Some(Pass {
            of,
            stage: Stage::Asking(keys),
            ..
        }) = &mut self.pass
        else {
            return Vec::new();
        };
        let (_, kind, _, _) = of.names();
        let asked: Vec<String> = keys.drain(..keys.len().min(ASKED)).collect();
        let (left, of) = (keys.len(), *of);
        let data: Option<&RawValue> = envelope.data;
        let answers = data.and_then(members).unwrap_or_default();
        let gone = asked.into_iter().filter(|key| {
            let alias = format!("x{key}");
            answers
                .iter()
                .any(|(name, value)| *name == alias && value.get() == "null")
        });
        let records = gone
            .map(|key| RawRecord {
                stream: "deletions".into(),
                key: format!("{kind}/{key}"),
                facet: "absent".into(),
                source: Source::Page,
                version: 0,
                bytes: data.map(|data| data.get().as_bytes().to_vec()).unwrap_or_default(),
            })
            .collect();
        if left == 0 {
            self.follow(Some(of));
        }
        records
    }
}

impl Flow for Deletions {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        self.done = 0;
        if let Some(end) = self.covered.end() {
            self.covered.truncate(flow::repaired(end, None, ctx.now));
        }
        let end = self.covered.end();
        let open = self.events.is_some() || self.proof.doubt().is_some();
        let goes_on = flow::fresh(self.left_at, ctx.now) && open;
        self.proof.begin(goes_on, false);
        if !goes_on {
            self.target = ctx.now.max(end.unwrap_or(0));
            if end.is_none() {
                self.reread_at = self.target;
            }
            // Once a day the last two days are read again (contract 3.6), also from before the first load: what was deleted then was
            // never stored, but for what the lists still showed.
            self.rereading = self.target - self.reread_at >= DAY;
            let end = end.unwrap_or(self.target);
            self.begun = end - OVERLAP;
            let from = match self.rereading {
                true => end - REREAD,
                false => self.begun,
            };
            let from = self.twice_from.map_or(from, |twice| twice.min(from));
            self.since.get_or_insert(from);
            self.events = Some(ChangeList::new(from, self.target.max(from + 1), false));
        }
        self.pass = None;
        let due = match self.compared_at {
            None => {
                self.compared_at = Some(self.target);
                false
            }
            Some(last) => self.target - last >= MONTH,
        };
        // Where only recent orders are shown, an absent one says nothing.
        if due && words::includes(&ctx.remote.scopes, "read_all_orders") {
            self.follow(None);
        }
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if let Some(doubt) = self.proof.doubt() {
            return listed().ask(ctx, doubt, self.target);
        }
        if let Some(events) = &self.events {
            return events.step(ctx, &listed(), &PageSize::new(MOST, MOST), &[]);
        }
        let Some(pass) = &self.pass else { return Ok(Step::Done) };
        let (stream, kind, _, one) = pass.of.names();
        match &pass.stage {
            Stage::Listing => {
                let document = match pass.of {
                    Kind::Orders => &ORDER_IDS,
                    Kind::Products => &PRODUCT_IDS,
                };
                document.call(
                    ctx.remote,
                    json!({ "q": format!("id:>{}", pass.above), "after": pass.after }),
                    &[("n", MOST)],
                )
            }
            Stage::Comparing => Ok(Step::Compare {
                pass: stream,
                among: stream,
            }),
            Stage::Asking(keys) => {
                let asked: Vec<(String, String)> = keys
                    .iter()
                    .take(ASKED)
                    .map(|key| (format!("x{key}"), gid(kind, key)))
                    .collect();
                documents::ask_one_by_one(ctx.remote, one, &asked)
            }
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        self.left_at = ctx.now;
        let mut page = Page::default();
        match batch {
            Batch::Missing(keys) => {
                // Only plain numbers are ids of the platform; imported or unreadable records have others.
                let mut keys: Vec<String> = keys
                    .into_iter()
                    .filter(|key| key.bytes().all(|b| b.is_ascii_digit()))
                    .collect();
                keys.sort();
                if let Some(pass) = &mut self.pass {
                    let of = pass.of;
                    if keys.is_empty() {
                        self.follow(Some(of));
                    } else {
                        pass.stage = Stage::Asking(keys);
                    }
                }
            }
            batch => {
                let (answer, _) = flow::answer(&batch)?;
                let envelope = flow::envelope(answer)?;
                if self.proof.doubt().is_some() {
                    self.read_doubt(ctx, &envelope);
                } else if self.events.is_some() {
                    page = self.read_events(ctx, &envelope)?;
                } else if matches!(
                    self.pass,
                    Some(Pass {
                        stage: Stage::Asking(_),
                        ..
                    })
                ) {
                    page.records = self.read_asked(&envelope);
                } else {
                    page.seen = self.read_ids(&envelope)?;
                }
                page.notes.extend(classify::notes(&envelope));
            }
        }
        if self.events.is_none() && self.proof.doubt().is_none() && self.pass.is_none() {
            page.notes.extend(self.doubt());
        }
        self.done += page.records.len() as u64;
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn coverage(&self) -> Coverage {
        let start = self.covered.start_of_last();
        Coverage {
            since: start.map(|start| self.proof.complete_from(start)),
            until: self.covered.end(),
            whole: false,
        }
    }

    fn doubt(&self) -> Option<Note> {
        self.proof.note(&WORDS)
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
