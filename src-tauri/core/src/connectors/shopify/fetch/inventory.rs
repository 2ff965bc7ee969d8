//! Stock and unit costs: items that changed by themselves, and items of products that changed, because a product's change is
//! the sure sign of a movement of stock (contract 3.4).

mod census;
mod touched;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use self::census::{Census, FEW, Items, variants_of};
use self::touched::WORDS;
use super::change_list::ChangeList;
use super::classify;
use super::documents::{
    INVENTORY, INVENTORY_BY_ID, INVENTORY_CHANGED, INVENTORY_COUNTED, PRODUCT_VARIANTS, VARIANTS_COUNT,
};
use super::envelope::Envelope;
use super::flow::{self, Flow};
use super::page_size::{MOST, PageSize};
use super::parts::{self, Part};
use super::proof::{self, DAY, Doubt, Proof, REREAD, Short};
use super::search;
use super::slices::{self, PageInfo, Rows, gid, number};
use crate::connectors::fetch::{Batch, Coverage, Measure, Note, Page, Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::net::{Code, NetError};

/// Seconds of overlap between two runs.
const OVERLAP: i64 = 300;
/// Items of one list after which it is begun anew by id: the platform ends it at 25,000.
const LIST_LIMIT: u32 = 20_000;
/// Nested sizes of an item.
const NESTED: &[(&str, i64)] = &[("variants", 4), ("levels", 20)];
/// Most items asked for by id at once.
const MOST_IDS: i64 = 100;

/// Pages in a row that may bring nothing further.
const STALLS: u32 = 3;
/// Seconds after which what belongs to a change is surely written.
const WRITTEN: i64 = 60;
/// Where the stock stands.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Inventory {
    /// Everything up to this second is read.
    until: Option<i64>,
    /// Changes of products before this second are in the items as they were read: the pass that read every item was then.
    since: i64,
    /// First second and end of the pass at hand.
    from: i64,
    target: i64,
    items: Option<Items>,
    /// What came of every item, in a pass that reads them all.
    census: Option<Census>,
    /// The last such pass found fewer than there are.
    few: Option<Short>,
    /// Nothing was counted in the last pass over every item: the next run makes it again.
    uncounted: bool,
    /// When the last days were last read again.
    reread_at: i64,
    rereading: bool,
    /// Start of the last pass over items that changed by themselves: nothing counts them, so each span is asked for in two runs.
    twice_from: Option<i64>,
    /// Products that changed, in the pass at hand.
    products: Option<ChangeList>,
    /// Spans of changed products that were read whole in this pass, and what was counted in them.
    met: Intervals,
    proof: Proof,
    /// Products of the last pass's end with their change: the overlap meets them again, and they touch nothing anew.
    recent: Vec<(String, i64)>,
    /// Products with more variants than fit into a page: id and cursor.
    variants: Vec<(String, Option<String>)>,
    /// Items to read by id.
    touched: Vec<String>,
    parts: Vec<Part>,
    size: PageSize,
    ids_size: PageSize,
    products_size: PageSize,
    newest: Option<i64>,
    done: u64,
    /// When something was last read, UTC second.
    left_at: i64,
}

impl Default for Inventory {
    fn default() -> Self {
        Inventory {
            until: None,
            since: 0,
            from: 0,
            target: 0,
            items: None,
            census: None,
            few: None,
            uncounted: false,
            reread_at: 0,
            rereading: false,
            twice_from: None,
            products: None,
            met: Intervals::default(),
            proof: Proof::default(),
            recent: Vec::new(),
            variants: Vec::new(),
            touched: Vec::new(),
            parts: Vec::new(),
            size: PageSize::new(100, MOST),
            ids_size: PageSize::new(MOST_IDS, MOST_IDS),
            products_size: PageSize::new(100, MOST),
            newest: None,
            done: 0,
            left_at: 0,
        }
    }
}

enum Job<'a> {
    Part(&'a Part),
    ById,
    Doubt(&'a Doubt),
    Census,
    Variants(&'a str, &'a Option<String>),
    Items(&'a Items),
    Products(&'a ChangeList),
    Done,
}

impl Inventory {
    fn job(&self) -> Job<'_> {
        if let Some(part) = self.parts.last() {
            return Job::Part(part);
        }
        if let Some((product, after)) = self.variants.last() {
            return Job::Variants(product, after);
        }
        if let Some(doubt) = self.proof.doubt() {
            return Job::Doubt(doubt);
        }
        if self.census.as_ref().is_some_and(|census| census.asking) {
            return Job::Census;
        }
        match (&self.products, &self.items) {
            // A page of products may touch many items: they are read before the next page.
            (Some(_), _) if !self.touched.is_empty() => Job::ById,
            (Some(products), _) => Job::Products(products),
            // What is left of them comes with the items that changed by themselves.
            (None, Some(items)) => Job::Items(items),
            (None, None) if !self.touched.is_empty() => Job::ById,
            (None, None) => Job::Done,
        }
    }

    /// Seconds that this run reads again.
    fn overlap(&self) -> i64 {
        if self.rereading { REREAD } else { OVERLAP }
    }

    /// Ends the pass when nothing of it is left; gives what was lacking in it.
    fn settle(&mut self) -> Option<Note> {
        if !matches!(self.job(), Job::Done) {
            return None;
        }
        self.twice_from = self
            .until
            .filter(|_| self.census.is_none())
            .map(|until| until - OVERLAP);
        if let Some(census) = self.census.take() {
            self.since = self.target - WRITTEN;
            if census.counted.is_none_or(|counted| counted <= census.named) {
                self.few = None;
            }
            self.uncounted = census.counted.is_none() && !self.uncounted;
            self.reread_at = self.target;
        }
        if std::mem::take(&mut self.rereading) {
            self.reread_at = self.target;
        }
        self.until = Some(self.target);
        let (from, to) = (self.target - OVERLAP, self.target - WRITTEN);
        self.recent.retain(|(_, version)| (from..to).contains(version));
        self.doubt()
    }

    fn read_items(&mut self, envelope: &Envelope<'_>, seconds: u64, page: &mut Page) -> Result<(), NetError> {
        let rows: Rows<'_> = rows(envelope, "inventoryItems")?;
        let before = page.records.len();
        self.take(&rows.nodes, page);
        self.size.came(seconds, MOST);
        let counted = proof::count(envelope, "productVariantsCount");
        let Some(items) = &mut self.items else { return Ok(()) };
        let nodes = rows.nodes.iter().filter(|node| node.get() != "null");
        for (record, node) in page.records[before..].iter().zip(nodes) {
            let id: u64 = record.key.parse().unwrap_or(0);
            if let Some(census) = self.census.as_mut().filter(|_| id > items.last || !items.ordered) {
                census.named += variants_of(node);
            }
            items.ordered &= id >= items.last;
            items.last = items.last.max(id);
        }
        if let (Some(census), Some(counted)) = (&mut self.census, counted) {
            census.counted = Some(counted.found);
        }
        items.read = items
            .read
            .saturating_add(u32::try_from(rows.nodes.len()).unwrap_or(u32::MAX));
        let PageInfo {
            has_next_page,
            end_cursor,
        } = rows.page_info;
        let last = items.last;
        if !has_next_page {
            self.items = None;
            if let Some(census) = &mut self.census {
                census.asking = census.counted.is_some_and(|counted| counted > census.named);
                census.last = last;
            }
        } else if end_cursor.is_none() || end_cursor == items.after {
            // A page that says “more” without saying from where is asked for again.
            items.stalls += 1;
            if items.stalls >= STALLS {
                return Err(NetError::stream(
                    Code::RefusedByChannel,
                    "Shopify's pages of stock go on without bringing anything further.",
                    "The next sync tries again from here.",
                ));
            }
        } else if items.read >= LIST_LIMIT && items.ordered {
            self.items = Some(Items::new(items.last));
        } else {
            (items.after, items.stalls) = (end_cursor, 0);
        }
        Ok(())
    }

    fn read_ids(&mut self, envelope: &Envelope<'_>, seconds: u64, page: &mut Page) -> Result<(), NetError> {
        let nodes: Vec<&RawValue> = envelope
            .root("nodes")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .ok_or_else(|| flow::misshapen("nodes"))?;
        let asked = self.ids_size.plain().min(self.touched.len());
        self.touched.drain(..asked);
        self.take(&nodes, page);
        self.ids_size.came(seconds, MOST_IDS);
        Ok(())
    }

    fn take(&mut self, nodes: &[&RawValue], page: &mut Page) {
        for node in nodes.iter().filter(|node| node.get() != "null") {
            let record = slices::record("inventory", "item", node);
            self.newest = self.newest.max(Some(record.version));
            self.parts.extend(parts::missing(node, record.version));
            page.records.push(record);
        }
        self.done += nodes.len() as u64;
    }

    /// Items to ask for by id in one request.
    fn ids(&self) -> Vec<String> {
        let asked = self.touched.iter().take(self.ids_size.plain());
        asked.map(|item| gid("InventoryItem", item)).collect()
    }
}

fn rows<'a>(envelope: &Envelope<'a>, root: &str) -> Result<Rows<'a>, NetError> {
    envelope
        .root(root)
        .and_then(|object| serde_json::from_str(object.get()).ok())
        .ok_or_else(|| flow::misshapen(root))
}

impl Flow for Inventory {
    fn begin(&mut self, ctx: &StreamCtx<'_>) {
        self.done = 0;
        if flow::fresh(self.left_at, ctx.now) && !matches!(self.job(), Job::Done) {
            return;
        }
        for part in std::mem::take(&mut self.parts) {
            let item = number(&part.owner_gid()).to_owned();
            if !self.touched.contains(&item) {
                self.touched.push(item);
            }
        }
        self.variants.clear();
        if self.products.is_some() || !self.touched.is_empty() {
            // The last pass did not end: what it met may not have been read.
            self.recent.clear();
        }
        self.proof.begin(false, false);
        let due = self.few.as_ref().is_some_and(|few| few.is_due(ctx.now));
        let all = self.until.is_none() || due || self.uncounted;
        let unfinished = self.items.take().filter(|items| items.ordered && self.census.is_some());
        self.until = self.until.map(|end| flow::repaired(end, self.newest, ctx.now));
        let end = self.until.unwrap_or(0);
        if unfinished.is_none() {
            self.target = ctx.now.max(end);
            self.census = all.then(Census::default);
            // Once a day the last two days are read again (contract 3.6).
            self.rereading = self.target - self.reread_at >= DAY;
            let from = self.until.map_or(0, |end| end - self.overlap());
            self.from = self.twice_from.map_or(from, |twice| twice.min(from)).max(0);
        }
        self.items = Some(Items::new(unfinished.map_or(0, |items| items.last)));
        // The first pass reads every item: no product can tell of a further one. After it, only products that changed since, or
        // so shortly before that their items may have been behind.
        self.met = Intervals::default();
        self.products = self.until.map(|until| {
            let from = match self.rereading {
                true => until - REREAD,
                false => (until - OVERLAP).max(self.since.min(until)),
            };
            let from = from.max(0);
            ChangeList::new(from, self.target.max(from + 1), false)
        });
        self.plan(ctx);
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match self.job() {
            Job::Part(part) => part.step(ctx.remote),
            Job::Items(items) => {
                let span = match &self.census {
                    Some(_) => String::new(),
                    None => format!("{} AND ", search::between("updated_at", self.from, self.target)),
                };
                let filter = format!("{span}id:>{}", items.above);
                let mut sizes = NESTED.to_vec();
                if self.touched.is_empty() {
                    let counting = self
                        .census
                        .as_ref()
                        .is_some_and(|census| census.counted.is_none() && items.is_new());
                    let document = if counting { &INVENTORY_COUNTED } else { &INVENTORY };
                    sizes.push(("n", self.size.for_call(ctx, document, NESTED)));
                    return document.call(ctx.remote, json!({ "q": filter, "after": items.after }), &sizes);
                }
                sizes.push(("n", self.size.for_call(ctx, &INVENTORY_CHANGED, NESTED)));
                let variables = json!({ "q": filter, "after": items.after, "ids": self.ids() });
                INVENTORY_CHANGED.call(ctx.remote, variables, &sizes)
            }
            Job::Variants(product, after) => {
                let variables = json!({ "id": gid("Product", product), "after": after });
                PRODUCT_VARIANTS.call(ctx.remote, variables, &[("n", MOST)])
            }
            Job::Products(list) => list.step(ctx, &touched::listed(), &self.products_size, touched::TOUCHED),
            Job::Doubt(doubt) => touched::listed().ask(ctx, doubt, self.target),
            Job::Census => VARIANTS_COUNT.call(ctx.remote, json!({}), &[]),
            Job::ById => INVENTORY_BY_ID.call(ctx.remote, json!({ "ids": self.ids() }), NESTED),
            Job::Done => Ok(Step::Done),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        self.left_at = ctx.now;
        let (answer, seconds) = flow::answer(&batch)?;
        let envelope = flow::envelope(answer)?;
        let mut page = Page {
            notes: classify::notes(&envelope),
            ..Page::default()
        };
        match self.job() {
            Job::Part(_) => {
                if let Some(part) = self.parts.pop() {
                    let read = part.read(&envelope)?;
                    if read.stale {
                        self.parts.retain(|other| other.owner != part.owner);
                        self.touched.push(part.owner);
                    }
                    self.parts.extend(read.next);
                    page.records.extend(read.record);
                }
            }
            Job::Items(_) => {
                if !self.touched.is_empty() {
                    self.read_ids(&envelope, seconds, &mut page)?;
                }
                self.read_items(&envelope, seconds, &mut page)?;
            }
            Job::Products(_) => self.read_products(ctx, &envelope, seconds)?,
            Job::Doubt(_) => self.read_doubt(ctx, &envelope),
            Job::Census => self.read_census(ctx, &envelope),
            Job::Variants(..) => self.read_variants(&envelope),
            Job::ById => self.read_ids(&envelope, seconds, &mut page)?,
            Job::Done => return Err(NetError::defect("An answer came that nobody asked for.")),
        }
        page.notes.extend(self.settle());
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn less(&mut self) -> bool {
        match self.job() {
            Job::Items(_) => self.size.halve() || self.ids_size.halve(),
            Job::Products(_) => self.products_size.halve(),
            Job::ById => self.ids_size.halve(),
            Job::Part(_) | Job::Variants(..) | Job::Doubt(_) | Job::Census | Job::Done => false,
        }
    }

    fn coverage(&self) -> Coverage {
        let lacks = match &self.few {
            Some(_) => self.until,
            None => self.proof.lacks_before(),
        };
        Coverage {
            since: self.until.map(|_| lacks.unwrap_or(0)),
            until: self.until,
            whole: self.until.is_some() && lacks.is_none(),
        }
    }

    fn doubt(&self) -> Option<Note> {
        let few = self.few.as_ref().map(|few| few.note(&FEW));
        few.or_else(|| self.proof.note(&WORDS))
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
