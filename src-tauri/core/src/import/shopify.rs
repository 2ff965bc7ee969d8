//! Shopify's JSON: GraphQL answers (pages, single nodes, wrapped captures), bulk JSONL, and the older REST bodies.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use super::shopify_record::{KINDS, Object, Place, Unusable, fields_hash, record, string};
use super::{Refused, Split};
use crate::connectors::{RawRecord, ReadError, Source};

/// Streams a file may belong to.
pub(super) const STREAMS: [&str; 6] = ["orders", "products", "inventory", "locations", "customers", "payouts"];

/// Cuts a JSON or JSONL text.
pub(super) fn split(stream: Option<&str>, text: &str) -> Result<Split, Refused> {
    let mut found = Found::default();
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => found.walk(value, &Place::whole(stream), 0),
        Err(whole) => lines(text, stream, &mut found).map_err(|at| {
            let what = match at {
                Some(line) => format!("line {line} is not JSON"),
                None => format!("the file is not JSON: {whole}"),
            };
            Refused::new(
                "cut_file",
                what,
                "The file is damaged or cut; export or download it again. Nothing was imported.",
            )
        })?,
    }
    finish(stream, found)
}

/// What a file does not hold although it names it.
fn notes(unfinished: BTreeMap<String, bool>, beside: Option<String>) -> Vec<String> {
    let pages = unfinished.into_iter().filter(|(_, goes_on)| *goes_on).map(|(list, _)| {
        format!("the last page of “{list}” says that there are more (hasNextPage); import the pages that follow, too")
    });
    let error = beside.map(|message| {
        format!(
            "Shopify answered with an error beside the data: {message}. What the error is about is missing in the file"
        )
    });
    pages.chain(error).collect()
}

fn finish(stream: Option<&str>, found: Found) -> Result<Split, Refused> {
    let kinds: Vec<&str> = STREAMS
        .iter()
        .copied()
        .filter(|s| found.split.records.iter().any(|r| r.stream == *s))
        .collect();
    let mut split = found.split;
    split.notes = notes(found.unfinished, found.beside);
    if let Some(stream) = stream {
        split.records.retain(|r| r.stream == stream);
    }
    if !split.records.is_empty() || !split.set_aside.is_empty() {
        return Ok(split);
    }
    if !kinds.is_empty() {
        return Err(Refused::new(
            "wrong_stream",
            format!(
                "the file holds no {}, but {}",
                stream.unwrap_or("records"),
                kinds.join(" and ")
            ),
            format!("Import it as “{}”.", kinds[0]),
        ));
    }
    if let Some(message) = found.error {
        return Err(Refused::new(
            "error_answer",
            format!("the file is an error answer of Shopify: {message}"),
            "Fix what the message names and fetch the data again.",
        ));
    }
    if found.empty_lists > 0 {
        return Ok(split);
    }
    Err(Refused::new(
        "unknown_kind",
        "the file is JSON, but holds none of Shopify's orders, products, inventory, locations, customers or payouts",
        "Check that it is the answer or export you meant; nothing was imported.",
    ))
}

#[derive(Default)]
struct Found {
    split: Split,
    error: Option<String>,
    /// The first error that stood beside records in one answer.
    beside: Option<String>,
    /// By the name of a list: whether its last page says that there are more.
    unfinished: BTreeMap<String, bool>,
    /// Lists of a known kind that were there, and had no entries.
    empty_lists: usize,
    /// Pages without entries.
    empty_pages: usize,
}

impl Found {
    /// Looks for records.
    fn walk(&mut self, value: &RawValue, place: &Place<'_>, depth: usize) {
        if depth > 24 {
            return;
        }
        match value.get().trim_start().as_bytes().first() {
            Some(b'[') => self.list(value, place, depth),
            Some(b'{') => {
                let Ok(object) = serde_json::from_str::<Object<'_>>(value.get()) else {
                    return;
                };
                match record(value.get(), &object, place) {
                    Ok(Some(record)) => {
                        let variant = record.facet == "variant";
                        self.split.records.push(record);
                        // A variant on its own may carry its stock item and its product.
                        if variant {
                            for (name, child) in object.iter().filter(|(_, child)| child.get().contains("gid://")) {
                                self.walk(child, &place.under(name), depth + 1);
                            }
                        }
                        return;
                    }
                    Ok(None) => {}
                    // What is in it is part of it, and no record of its own.
                    Err((code, why)) => return self.unusable(place, (code, named(&object, why))),
                }
                if let Some(errors) = object.get("errors") {
                    self.error.get_or_insert_with(|| first_message(errors));
                }
                if object.contains_key("nodes") || object.contains_key("edges") {
                    self.page(&object, place);
                    for list in ["nodes", "edges"].iter().filter_map(|f| object.get(*f)) {
                        self.empty_pages += usize::from(list.get() == "[]");
                        self.walk(list, place, depth + 1);
                    }
                    return;
                }
                // What was asked is not an answer: a captured request repeats ids. Errors name places in it.
                let answers = object
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_ref(), "request" | "variables" | "extensions" | "errors"));
                let before = self.split.records.len();
                for (name, child) in answers {
                    let inner = if name == "node" { *place } else { place.under(name) };
                    self.walk(child, &inner, depth + 1);
                }
                let errors = object.get("errors").filter(|_| self.split.records.len() > before);
                if let Some(errors) = errors.filter(|errors| !matches!(errors.get(), "null" | "[]")) {
                    self.beside.get_or_insert_with(|| first_message(errors));
                }
            }
            _ => {}
        }
    }

    /// Remembers whether a page is the last of its list, as far as the file goes.
    fn page(&mut self, object: &Object<'_>, place: &Place<'_>) {
        let info = object
            .get("pageInfo")
            .and_then(|info| serde_json::from_str::<Object<'_>>(info.get()).ok());
        let goes_on = info.and_then(|info| info.get("hasNextPage").map(|flag| flag.get() == "true"));
        if let Some(goes_on) = goes_on {
            let list = place.container.unwrap_or("the file").to_owned();
            self.unfinished.insert(list, goes_on);
        }
    }

    /// Looks through a list. Where records stand in it, whatever else stands there is set aside, each item by itself.
    fn list(&mut self, value: &RawValue, place: &Place<'_>, depth: usize) {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
            return;
        };
        if items.is_empty() && place.item.is_none() && KINDS.iter().any(|k| Some(k.1) == place.container) {
            self.empty_lists += 1;
        }
        let before = self.split.records.len();
        let mut silent = Vec::new();
        for (number, item) in items.into_iter().enumerate() {
            let inner = Place {
                item: Some(number),
                ..*place
            };
            let before = self.told();
            self.walk(item, &inner, depth + 1);
            if self.told() == before {
                silent.push((inner, item));
            }
        }
        if place.holds_records() || self.split.records.len() > before {
            for (inner, item) in silent {
                self.unusable(&inner, no_record(item));
            }
        }
    }

    /// How much was found so far, empty pages included.
    fn told(&self) -> usize {
        self.split.records.len() + self.split.set_aside.len() + self.empty_lists + self.empty_pages
    }

    fn unusable(&mut self, place: &Place<'_>, why: Unusable) {
        let name = place.name();
        let message = format!("{name} {}", why.1);
        self.split.set_aside.push((name, ReadError { code: why.0, message }));
    }
}

/// The end of a sentence about an object, with the number or name people know it by.
fn named(object: &Object<'_>, why: String) -> String {
    let name = ["name", "title"].iter().find_map(|field| string(object, field));
    match name {
        Some(name) => {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            format!("(“{shown}”) {why}")
        }
        None => why,
    }
}

/// What an item is that is no record at all.
fn no_record(item: &RawValue) -> Unusable {
    let what = match item.get().as_bytes().first() {
        Some(b'{') => {
            let object = serde_json::from_str::<Object<'_>>(item.get()).unwrap_or_default();
            if let Some(errors) = object.get("errors") {
                return ("error_answer", format!("is an error answer: {}", first_message(errors)));
            }
            return match object.contains_key("id") {
                true if object.len() == 1 => ("missing_field", "holds nothing but an id".to_owned()),
                true => ("unknown_shape", "is no record of a kind we keep".to_owned()),
                false => ("missing_field", "has no id".to_owned()),
            };
        }
        Some(b'[') => "is a list without records",
        Some(b'"') => "is a text",
        Some(b'n') => "is null",
        Some(b't' | b'f') => "is true or false",
        _ => "is a number",
    };
    ("unknown_shape", format!("{what}, no record"))
}

/// The first message of an `errors` field, which is a text or a list of objects.
fn first_message(errors: &RawValue) -> String {
    let listed = serde_json::from_str::<Vec<serde_json::Value>>(errors.get()).ok();
    let message = listed
        .as_ref()
        .and_then(|list| list.first())
        .and_then(|e| e.get("message"))
        .and_then(|m| m.as_str());
    let plain = serde_json::from_str::<String>(errors.get()).ok();
    message
        .map(str::to_owned)
        .or(plain)
        .unwrap_or_else(|| errors.get().chars().take(120).collect())
}

/// JSONL: one record a line, or a bulk file whose children name their parents. Answers the first bad line's number.
fn lines(text: &str, stream: Option<&str>, found: &mut Found) -> Result<(), Option<usize>> {
    let rows: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(i, row)| (i + 1, row))
        .filter(|(_, row)| !row.trim().is_empty())
        .collect();
    if rows.len() < 2 {
        return Err(None);
    }
    let mut parsed = Vec::with_capacity(rows.len());
    for (number, row) in rows {
        let value: &RawValue = serde_json::from_str(row.trim()).map_err(|_| (number > 1).then_some(number))?;
        let object: Object<'_> = serde_json::from_str(value.get()).map_err(|_| Some(number))?;
        parsed.push((number, value, object));
    }
    if parsed.iter().all(|(_, _, object)| !object.contains_key("__parentId")) {
        for (number, value, _) in &parsed {
            let place = Place {
                line: Some(*number),
                ..Place::whole(stream)
            };
            let before = found.told();
            found.walk(value, &place, 0);
            if found.told() == before {
                found.set_aside(*number, "unknown_shape", "is no record of a kind we keep");
            }
        }
        return Ok(());
    }
    bulk(parsed, found);
    Ok(())
}

/// Groups a bulk file: every child goes to the root it descends from, whatever the order of the lines.
fn bulk(parsed: Vec<(usize, &RawValue, Object<'_>)>, found: &mut Found) {
    let mut parent_of: HashMap<String, String> = HashMap::new();
    let mut slices: BTreeMap<usize, String> = BTreeMap::new();
    let mut roots: HashMap<String, usize> = HashMap::new();
    for (number, value, object) in &parsed {
        match (string(object, "id"), string(object, "__parentId")) {
            (Some(id), None) => {
                roots.insert(id.into_owned(), *number);
                slices.insert(*number, value.get().to_owned());
            }
            (Some(id), Some(parent)) => {
                parent_of.insert(id.into_owned(), parent.into_owned());
            }
            (None, Some(_)) => {}
            (None, None) => found.set_aside(*number, "missing_field", "has neither an id nor a parent"),
        }
    }
    for (number, value, object) in &parsed {
        let Some(parent) = string(object, "__parentId") else {
            continue;
        };
        let mut root = parent.into_owned();
        for _ in 0..8 {
            match parent_of.get(&root) {
                Some(next) => root = next.clone(),
                None => break,
            }
        }
        match roots.get(&root).and_then(|at| slices.get_mut(at)) {
            Some(slice) => {
                slice.push('\n');
                slice.push_str(value.get());
            }
            None => found.set_aside(*number, "unknown_parent", "names a parent that the file does not hold"),
        }
    }
    for (number, slice) in slices {
        let first = slice.split('\n').next().unwrap_or_default();
        let record = serde_json::from_str::<Object<'_>>(first)
            .ok()
            .map(|object| record(first, &object, &Place::whole(None)).map(|record| record.map(|r| (r, object))));
        match record.transpose().map(Option::flatten) {
            Ok(Some((record, object))) => found.split.records.push(RawRecord {
                facet: match record.stream.as_ref() {
                    "orders" => format!("part-{:08x}", fields_hash(&object)).into(),
                    _ => record.facet,
                },
                source: Source::Bulk,
                bytes: slice.into_bytes(),
                ..record
            }),
            Ok(None) => found.set_aside(number, "unknown_shape", "is no record of a kind we keep"),
            Err((code, why)) => found.set_aside(number, code, &why),
        }
    }
}

impl Found {
    fn set_aside(&mut self, line: usize, code: &'static str, why: &str) {
        self.split.set_aside.push((
            format!("line {line}"),
            ReadError {
                code,
                message: format!("line {line} {why}"),
            },
        ));
    }
}
