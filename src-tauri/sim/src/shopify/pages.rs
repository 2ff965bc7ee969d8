//! Faults inside an answer that is otherwise right: odd pages and broken records.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::graphql::plan::{Plan, Request, Selected};
use super::tree::Tree;
use crate::faults::{Kind, Struck};

/// The last page of each list that was read, for faults that bring it again.
#[derive(Debug, Default)]
pub(crate) struct PagesBefore {
    pages: BTreeMap<String, Tree>,
}

impl PagesBefore {
    /// Applies the faults that strike to the first list of an answer, and remembers the page as it would have been.
    pub(crate) fn apply(&mut self, request: &Request, plan: &Plan, struck: &Struck, data: &mut Tree) {
        let Some((field, page)) = first_list(plan, data) else {
            return;
        };
        let mut variables = request.variables.clone();
        variables.remove("after");
        let name = format!("{}\u{1f}{}", request.query, Value::Object(variables));
        let before = self.pages.insert(name, page.clone());
        for kind in struck.iter() {
            match kind {
                Kind::RepeatPage => {
                    if let Some(before) = &before {
                        *page = before.clone();
                    }
                }
                Kind::ShiftPage => shift(page, before.as_ref()),
                Kind::EmptyPage => empty(page, true),
                Kind::EmptyList => empty(page, false),
                Kind::Endless => endless(page, field),
                Kind::Duplicate => each_records(page, |records| {
                    if let Some(first) = records.first().cloned() {
                        records.push(first);
                    }
                }),
                Kind::BrokenAmount => on_first_record(page, |record| break_first(record, "amount", "not-a-number")),
                Kind::UnknownEnum { field } => {
                    on_first_record(page, |record| break_first(record, field, "SOMETHING_NEW"))
                }
                Kind::MissingField { field } => on_first_record(page, |record| remove_first(record, field)),
                _ => {}
            }
        }
    }
}

/// The first list of an answer: at the root, or one object below it.
fn first_list<'p, 'd>(plan: &'p Plan, data: &'d mut Tree) -> Option<(&'p Selected, &'d mut Tree)> {
    let is_list = |field: &&Selected| field.returned().is_some_and(|returned| returned.is_connection());
    for root in &plan.fields {
        if is_list(&root) && data.get(&root.key).is_some_and(|page| !page.is_null()) {
            return Some((root, data.get_mut(&root.key)?));
        }
        let inner = root.children.values().flatten().find(is_list);
        if let Some(inner) = inner
            && data
                .get(&root.key)
                .and_then(|object| object.get(&inner.key))
                .is_some_and(|page| !page.is_null())
        {
            return Some((inner, data.get_mut(&root.key)?.get_mut(&inner.key)?));
        }
    }
    None
}

/// The records of a page, under each of the ways in which they were asked for.
fn each_records(page: &mut Tree, mut change: impl FnMut(&mut Vec<Tree>)) {
    for key in ["nodes", "edges"] {
        if let Some(records) = page.get_mut(key).and_then(Tree::items_mut) {
            change(records);
        }
    }
}

fn on_first_record(page: &mut Tree, change: impl Fn(&mut Tree) -> bool) {
    each_records(page, |records| {
        let _ = records.iter_mut().any(&change);
    });
}

fn shift(page: &mut Tree, before: Option<&Tree>) {
    for key in ["nodes", "edges"] {
        let last = before
            .and_then(|before| before.get(key))
            .and_then(|records| match records {
                Tree::List(records) => records.last().cloned(),
                _ => None,
            });
        if let (Some(last), Some(records)) = (last, page.get_mut(key).and_then(Tree::items_mut)) {
            records.insert(0, last);
        }
    }
}

/// No records. Cursors are those of the first and last record of a page: there is none, so they are null.
fn empty(page: &mut Tree, more: bool) {
    each_records(page, Vec::clear);
    set_info(page, "hasNextPage", json!(more));
    set_info(page, "startCursor", Value::Null);
    set_info(page, "endCursor", Value::Null);
}

/// There is always more, and asking for it leads back to the same place.
fn endless(page: &mut Tree, field: &Selected) {
    set_info(page, "hasNextPage", json!(true));
    if let Some(here) = field.args.text("after") {
        set_info(page, "endCursor", json!(here));
    }
}

fn set_info(page: &mut Tree, name: &str, value: Value) {
    if let Some(info) = page.get_mut("pageInfo").and_then(|info| info.get_mut(name)) {
        *info = Tree::Leaf(value);
    }
}

/// Sets the first leaf by this name, at whatever depth. `fulfillments.status` is the first `status` inside `fulfillments`.
fn break_first(record: &mut Tree, name: &str, value: &str) -> bool {
    if let Some((outer, inner)) = name.split_once('.') {
        return inside(record, outer, &|found| break_first(found, inner, value));
    }
    match record {
        Tree::Object(members) => members.iter_mut().any(|(key, inner)| {
            if key == name && matches!(inner, Tree::Leaf(leaf) if !leaf.is_null()) {
                *inner = Tree::text(value);
                return true;
            }
            break_first(inner, name, value)
        }),
        Tree::List(items) => items.iter_mut().any(|item| break_first(item, name, value)),
        Tree::Leaf(_) => false,
    }
}

/// Takes out the first member by this name, at whatever depth; names as in [`break_first`].
fn remove_first(record: &mut Tree, name: &str) -> bool {
    if let Some((outer, inner)) = name.split_once('.') {
        return inside(record, outer, &|found| remove_first(found, inner));
    }
    match record {
        Tree::Object(members) => match members.iter().position(|(key, _)| key == name) {
            Some(at) => {
                members.remove(at);
                true
            }
            None => members.iter_mut().any(|(_, inner)| remove_first(inner, name)),
        },
        Tree::List(items) => items.iter_mut().any(|item| remove_first(item, name)),
        Tree::Leaf(_) => false,
    }
}

/// Tries a change on each member by this name, at whatever depth, until it has succeeded.
fn inside(record: &mut Tree, name: &str, change: &dyn Fn(&mut Tree) -> bool) -> bool {
    match record {
        Tree::Object(members) => members.iter_mut().any(|(key, inner)| match key == name {
            true => change(inner),
            false => inside(inner, name, change),
        }),
        Tree::List(items) => items.iter_mut().any(|item| inside(item, name, change)),
        Tree::Leaf(_) => false,
    }
}

/// Spoils one row of a result file without changing its length: the first that has the member.
pub(crate) fn spoil_rows(text: &str, struck: &Struck) -> Option<String> {
    let missing = struck.find(|kind| match kind {
        Kind::MissingField { field } => Some(field.clone()),
        _ => None,
    });
    if let Some(name) = missing {
        let start = text.find(&format!("\"{name}\":"))? + 1;
        return Some(blotted(text, start, name.len()));
    }
    let name = struck.find(|kind| match kind {
        Kind::BrokenAmount => Some("amount".to_owned()),
        Kind::UnknownEnum { field } => Some(field.clone()),
        _ => None,
    })?;
    let start = text.find(&format!("\"{name}\":\""))? + name.len() + 4;
    let length = text[start..].find('"')?;
    Some(blotted(text, start, length))
}

/// The text with so many bytes made unreadable.
fn blotted(text: &str, start: usize, length: usize) -> String {
    format!("{}{}{}", &text[..start], "Z".repeat(length), &text[start + length..])
}
