//! The rows of a result file, made a batch of parents at a time: nothing is held but the batch.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::rules::{Branch, BulkPlan, NodePlan};
use crate::faults::mix;
use crate::shopify::access::Permit;
use crate::shopify::graphql::error::GraphError;
use crate::shopify::graphql::execute::{Object, Resolved, run_object};
use crate::shopify::graphql::variables::Args;
use crate::shopify::objects::root::QueryRoot;
use crate::shopify::objects::{Cx, Shared};
use crate::shopify::shop::Shop;
use crate::shopify::tree::Tree;
use crate::shopify::versions::Version;
use crate::world::World;

/// Parents made at once.
const BATCH: u64 = 250;

/// What the rows are made from. It does not change while an operation lives.
#[derive(Clone)]
pub(crate) struct Source {
    /// The world as it stood when the operation began.
    pub(crate) world: World,
    /// The shop.
    pub(crate) shop: Arc<Shop>,
    /// The version that took the query.
    pub(crate) version: Version,
    /// What the caller may see.
    pub(crate) permit: Permit,
    /// What requests share.
    pub(crate) shared: Shared,
    /// The query.
    pub(crate) plan: Arc<BulkPlan>,
}

/// How parents and children stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Children right after their parent.
    Grouped,
    /// Children somewhere after their parent.
    Loose,
    /// Children before their parent.
    Reversed,
}

/// The rows of a file.
pub(crate) struct Rows {
    source: Source,
    order: Order,
    root: usize,
    after: Option<String>,
    batch: u64,
    /// The first error met, which ends the file.
    pub(crate) failed: Option<GraphError>,
}

/// A batch of rows.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The text, a line for each row.
    pub(crate) text: String,
    /// Rows in it.
    pub(crate) objects: u64,
    /// Rows of the root lists in it.
    pub(crate) roots: u64,
}

/// A row with the rows below it.
struct Twig {
    line: String,
    below: Vec<Twig>,
}

impl Rows {
    /// The rows from the beginning.
    pub(crate) fn new(source: Source, order: Order) -> Rows {
        Rows {
            source,
            order,
            root: 0,
            after: None,
            batch: 0,
            failed: None,
        }
    }

    /// The next batch of rows; `None` at the end or after an error.
    pub(crate) fn batch(&mut self) -> Option<Batch> {
        let plan = Arc::clone(&self.source.plan);
        let branch = plan.roots.get(self.root).filter(|_| self.failed.is_none())?;
        let source = self.source.clone();
        let cx = Cx::for_bulk(source.world, source.shop, source.version, source.permit, source.shared);
        let twigs = match self.twigs(&cx, branch) {
            Ok(twigs) => twigs,
            Err(error) => {
                self.failed = Some(error);
                return None;
            }
        };
        self.batch += 1;
        let mut batch = Batch {
            roots: twigs.len() as u64,
            ..Batch::default()
        };
        write(twigs, self.order, mix(self.batch), &mut batch);
        Some(batch)
    }

    fn twigs(&mut self, cx: &Rc<Cx>, branch: &Branch) -> Result<Vec<Twig>, GraphError> {
        let root = QueryRoot { cx: Rc::clone(cx) };
        let maker = Maker { cx };
        if !branch.list {
            self.root += 1;
            let Resolved::Object(object) = maker.resolve(&root, branch, &branch.field.args)? else {
                return Ok(Vec::new());
            };
            return Ok(vec![maker.twig(object.as_ref(), branch, None)?]);
        }
        let mut args = branch.field.args.clone();
        args.whole = false;
        args.set("first", Value::from(BATCH));
        if let Some(cursor) = &self.after {
            args.set("after", Value::from(cursor.as_str()));
        }
        let Resolved::Page(page) = maker.resolve(&root, branch, &args)? else {
            self.root += 1;
            return Ok(Vec::new());
        };
        self.after = page
            .nodes
            .last()
            .map(|(cursor, _)| cursor.clone())
            .filter(|_| page.has_next);
        if self.after.is_none() {
            self.root += 1;
        }
        page.nodes
            .iter()
            .map(|(_, node)| maker.twig(node.as_ref(), branch, None))
            .collect()
    }
}

impl Iterator for Rows {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.batch().map(|batch| Bytes::from(batch.text))
    }
}

struct Maker<'a> {
    cx: &'a Rc<Cx>,
}

impl Maker<'_> {
    fn resolve(&self, on: &dyn Object, branch: &Branch, args: &Args) -> Result<Resolved, GraphError> {
        let Some(def) = branch.field.def else {
            return Ok(Resolved::Null);
        };
        let gate = &self.cx.permit as &dyn crate::shopify::graphql::execute::Gate;
        match gate.denied(on.kind(), &def.name, def.ty.name()) {
            Some(required) => Err(GraphError::access_denied(&def.name, &required)),
            None => on.field(&def.name, args),
        }
    }

    fn twig(&self, object: &dyn Object, branch: &Branch, parent: Option<&str>) -> Result<Twig, GraphError> {
        let nothing = NodePlan::default();
        let plan = branch.node(object.kind()).unwrap_or(&nothing);
        let (mut tree, errors) = run_object(object, &plan.fields, &self.cx.permit);
        if let Some(error) = errors.into_iter().next() {
            return Err(error);
        }
        let id = tree.get("id").and_then(Tree::as_str).map(str::to_owned);
        if let (Tree::Object(members), Some(parent)) = (&mut tree, parent) {
            members.push(("__parentId".to_owned(), Tree::text(parent)));
        }
        let mut line = String::new();
        tree.write_escaping_slashes(&mut line);
        line.push('\n');
        let mut below = Vec::new();
        for list in &plan.lists {
            below.extend(self.below(object, list, id.as_deref())?);
        }
        Ok(Twig { line, below })
    }

    /// The rows of a list inside a node, reached through some objects.
    fn below(&self, object: &dyn Object, list: &Branch, parent: Option<&str>) -> Result<Vec<Twig>, GraphError> {
        let mut held: Option<Box<dyn Object>> = None;
        for step in &list.through {
            let (Some(def), on) = (step.def, held.as_deref().unwrap_or(object)) else {
                return Ok(Vec::new());
            };
            match on.field(&def.name, &step.args)? {
                Resolved::Object(next) => held = Some(next),
                _ => return Ok(Vec::new()),
            }
        }
        let Resolved::Page(page) = self.resolve(held.as_deref().unwrap_or(object), list, &list.field.args)? else {
            return Ok(Vec::new());
        };
        page.nodes
            .iter()
            .map(|(_, node)| self.twig(node.as_ref(), list, parent))
            .collect()
    }
}

/// Writes rows in an order that depends on nothing but `chance`.
fn write(twigs: Vec<Twig>, order: Order, chance: u64, batch: &mut Batch) {
    match order {
        Order::Grouped => twigs.into_iter().for_each(|twig| {
            put(&twig.line, batch);
            write(twig.below, order, chance, batch);
        }),
        Order::Reversed => twigs.into_iter().rev().for_each(|twig| {
            write(twig.below, order, chance, batch);
            put(&twig.line, batch);
        }),
        Order::Loose => {
            let mut waiting: Vec<Twig> = Vec::new();
            let mut draw = chance;
            for twig in twigs {
                put(&twig.line, batch);
                waiting.extend(twig.below);
                // Now and then a child of any parent so far.
                for _ in 0..2 {
                    draw = mix(draw);
                    pick(&mut waiting, draw, batch);
                }
            }
            while !waiting.is_empty() {
                draw = mix(draw);
                pick(&mut waiting, draw, batch);
            }
        }
    }
}

fn pick(waiting: &mut Vec<Twig>, draw: u64, batch: &mut Batch) {
    if waiting.is_empty() {
        return;
    }
    let at = usize::try_from(draw % waiting.len() as u64).unwrap_or(0);
    let twig = waiting.swap_remove(at);
    put(&twig.line, batch);
    waiting.extend(twig.below);
}

fn put(line: &str, batch: &mut Batch) {
    batch.text.push_str(line);
    batch.objects += 1;
}
