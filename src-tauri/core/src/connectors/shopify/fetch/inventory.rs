//! Stock and unit costs: items that changed by themselves, and items of products that changed, because a product's change is
//! the sure sign of a movement of stock (contract 3.4).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::change_list::{ChangeList, Left, Listed};
use super::classify;
use super::documents::{INVENTORY, INVENTORY_BY_ID, INVENTORY_CHANGED, INVENTORY_TOUCHED, PRODUCT_VARIANTS};
use super::envelope::Envelope;
use super::flow::{self, Flow};
use super::page_size::{MOST, PageSize};
use super::parts::{self, Part};
use super::search;
use super::slices::{self, PageInfo, Rows, gid, number};
use crate::connectors::fetch::{Batch, Coverage, Measure, Page, Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::net::NetError;

/// Seconds of overlap between two runs.
const OVERLAP: i64 = 300;
/// Items of one list after which it is begun anew by id: the platform ends it at 25,000.
const LIST_LIMIT: u32 = 20_000;
/// Nested sizes of an item.
const NESTED: &[(&str, i64)] = &[("variants", 4), ("levels", 20)];
/// Most items asked for by id at once.
const MOST_IDS: i64 = 100;

/// Seconds after which what belongs to a change is surely written.
const WRITTEN: i64 = 60;
/// Nested sizes of a product that is only asked for its items.
const TOUCHED: &[(&str, i64)] = &[("variants", MOST)];

fn touched_listed() -> Listed {
    Listed {
        document: &INVENTORY_TOUCHED,
        field: "updated_at",
        sort: "UPDATED_AT",
        prefix: "",
        open: false,
    }
}

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
    /// Products that changed, in the pass at hand.
    products: Option<ChangeList>,
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

/// A list of items in the order of their ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Items {
    after: Option<String>,
    /// Everything up to this id is read.
    last: u64,
    /// Ids have only grown so far, so that the list can be begun anew behind the last one.
    ordered: bool,
    /// The list was begun behind this id.
    above: u64,
    read: u32,
}

impl Items {
    fn new(above: u64) -> Self {
        Items {
            after: None,
            last: above,
            ordered: true,
            above,
            read: 0,
        }
    }
}

impl Default for Inventory {
    fn default() -> Self {
        Inventory {
            until: None,
            since: 0,
            from: 0,
            target: 0,
            items: None,
            products: None,
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

    /// Ends the pass when nothing of it is left.
    fn settle(&mut self) {
        if matches!(self.job(), Job::Done) {
            if self.until.is_none() {
                self.since = self.target - WRITTEN;
            }
            self.until = Some(self.target);
            let (from, to) = (self.target - OVERLAP, self.target - WRITTEN);
            self.recent.retain(|(_, version)| (from..to).contains(version));
        }
    }

    fn read_items(&mut self, envelope: &Envelope<'_>, seconds: u64, page: &mut Page) -> Result<(), NetError> {
        let rows: Rows<'_> = rows(envelope, "inventoryItems")?;
        let before = page.records.len();
        self.take(&rows.nodes, page);
        self.size.came(seconds, MOST);
        let Some(items) = &mut self.items else { return Ok(()) };
        for record in &page.records[before..] {
            let id: u64 = record.key.parse().unwrap_or(0);
            items.ordered &= id > items.last;
            items.last = items.last.max(id);
        }
        items.read = items
            .read
            .saturating_add(u32::try_from(rows.nodes.len()).unwrap_or(u32::MAX));
        let PageInfo {
            has_next_page,
            end_cursor,
        } = rows.page_info;
        if !has_next_page || end_cursor.is_none() || end_cursor == items.after {
            self.items = None;
        } else if items.read >= LIST_LIMIT && items.ordered {
            self.items = Some(Items::new(items.last));
        } else {
            items.after = end_cursor;
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

    fn read_products(&mut self, envelope: &Envelope<'_>, seconds: u64) -> Result<(), NetError> {
        let rows: Rows<'_> = rows(envelope, "products")?;
        let mut last = None;
        for node in &rows.nodes {
            let head = slices::record("products", "touched", node);
            if head.version > 0 {
                last = Some((head.version, head.key.clone()));
                self.newest = self.newest.max(last.as_ref().map(|(second, _)| *second));
            }
            if self.recent.contains(&(head.key.clone(), head.version)) {
                continue;
            }
            self.recent.push((head.key.clone(), head.version));
            let product: Touched = serde_json::from_str(node.get()).map_err(|_| flow::misshapen("products"))?;
            if product.variants.page_info.has_next_page {
                self.variants
                    .push((head.key, product.variants.page_info.end_cursor.clone()));
            }
            self.touch(product.variants);
        }
        self.products_size.came(seconds, MOST);
        if let Some(list) = &mut self.products
            && list.came(rows.nodes.len(), last, &rows.page_info, &mut Intervals::default())? == Left::Ended
        {
            self.products = None;
        }
        Ok(())
    }

    /// Items to ask for by id in one request.
    fn ids(&self) -> Vec<String> {
        let asked = self.touched.iter().take(self.ids_size.plain());
        asked.map(|item| gid("InventoryItem", item)).collect()
    }

    fn touch(&mut self, variants: Variants) {
        for variant in variants.nodes {
            let item = number(&variant.inventory_item.id).to_owned();
            if !self.touched.contains(&item) {
                self.touched.push(item);
            }
        }
    }

    fn read_variants(&mut self, envelope: &Envelope<'_>) {
        let product: Option<Touched> = envelope
            .root("product")
            .and_then(|root| serde_json::from_str(root.get()).ok());
        let Some((id, asked)) = self.variants.pop() else { return };
        // Gone meanwhile.
        let Some(product) = product else { return };
        let info = product.variants.page_info.clone();
        if info.has_next_page && info.end_cursor.is_some() && info.end_cursor != asked {
            self.variants.push((id, info.end_cursor));
        }
        self.touch(product.variants);
    }
}

#[derive(Deserialize)]
struct Touched {
    variants: Variants,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variants {
    #[serde(default)]
    page_info: PageInfo,
    #[serde(default)]
    nodes: Vec<VariantNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VariantNode {
    inventory_item: ItemRef,
}

#[derive(Deserialize)]
struct ItemRef {
    id: String,
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
        let unfinished = self
            .items
            .as_ref()
            .filter(|items| items.ordered && self.until.is_none())
            .map(|items| items.last);
        self.until = self.until.map(|end| flow::repaired(end, self.newest, ctx.now));
        let end = self.until.unwrap_or(0);
        if unfinished.is_none() {
            self.target = ctx.now.max(end);
            self.from = self.until.map_or(0, |end| (end - OVERLAP).max(0));
        }
        self.items = Some(Items::new(unfinished.unwrap_or(0)));
        // The first pass reads every item: no product can tell of a further one. After it, only products that changed since, or
        // so shortly before that their items may have been behind.
        self.products = self.until.map(|until| {
            let from = (until - OVERLAP).max(self.since.min(until)).max(0);
            ChangeList::new(from, self.target.max(from + 1), false)
        });
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match self.job() {
            Job::Part(part) => part.step(ctx.remote),
            Job::Items(items) => {
                let span = match self.until {
                    None => String::new(),
                    Some(_) => format!("{} AND ", search::between("updated_at", self.from, self.target)),
                };
                let filter = format!("{span}id:>{}", items.above);
                let mut sizes = NESTED.to_vec();
                if self.touched.is_empty() {
                    sizes.push(("n", self.size.for_call(ctx, &INVENTORY, NESTED)));
                    return INVENTORY.call(ctx.remote, json!({ "q": filter, "after": items.after }), &sizes);
                }
                sizes.push(("n", self.size.for_call(ctx, &INVENTORY_CHANGED, NESTED)));
                let variables = json!({ "q": filter, "after": items.after, "ids": self.ids() });
                INVENTORY_CHANGED.call(ctx.remote, variables, &sizes)
            }
            Job::Variants(product, after) => {
                let variables = json!({ "id": gid("Product", product), "after": after });
                PRODUCT_VARIANTS.call(ctx.remote, variables, &[("n", MOST)])
            }
            Job::Products(list) => list.step(ctx, &touched_listed(), &self.products_size, TOUCHED),
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
                    let read = part.read(&envelope);
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
            Job::Products(_) => self.read_products(&envelope, seconds)?,
            Job::Variants(..) => self.read_variants(&envelope),
            Job::ById => self.read_ids(&envelope, seconds, &mut page)?,
            Job::Done => return Err(NetError::defect("An answer came that nobody asked for.")),
        }
        self.settle();
        page.measure = Measure::of(self.done, None);
        Ok(page)
    }

    fn less(&mut self) -> bool {
        match self.job() {
            Job::Items(_) => self.size.halve() || self.ids_size.halve(),
            Job::Products(_) => self.products_size.halve(),
            Job::ById => self.ids_size.halve(),
            Job::Part(_) | Job::Variants(..) | Job::Done => false,
        }
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            since: self.until.map(|_| 0),
            until: self.until,
            whole: self.until.is_some(),
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
