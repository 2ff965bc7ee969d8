//! Shopify's JSON: GraphQL answers (pages, single nodes, wrapped captures), bulk JSONL, and the older REST bodies.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::{Refused, Split};
use crate::connectors::{RawRecord, ReadError, Source, shopify};
use crate::model::When;

/// Streams a file may belong to.
pub(super) const STREAMS: [&str; 6] = ["orders", "products", "inventory", "locations", "customers", "payouts"];

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Kinds of things by gid type and by REST container, with the stream their records belong to.
const KINDS: [(&str, &str, &str, &str); 7] = [
    ("Order", "orders", "order", "orders"),
    ("Product", "products", "product", "products"),
    ("InventoryItem", "inventory_items", "inventory_item", "inventory"),
    ("InventoryLevel", "inventory_levels", "inventory_level", "inventory"),
    ("Location", "locations", "location", "locations"),
    ("Customer", "customers", "customer", "customers"),
    ("ShopifyPaymentsPayout", "payouts", "payout", "payouts"),
];

/// Cuts a JSON or JSONL text.
pub(super) fn split(stream: Option<&str>, text: &str) -> Result<Split, Refused> {
    let mut found = Found::default();
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => found.walk(value, None, stream, 0),
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

fn finish(stream: Option<&str>, found: Found) -> Result<Split, Refused> {
    let kinds: Vec<&str> = STREAMS
        .iter()
        .copied()
        .filter(|s| found.split.records.iter().any(|r| r.stream == *s))
        .collect();
    let mut split = found.split;
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
    if found.empty_list {
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
    /// A list of a known kind was there, and had no entries.
    empty_list: bool,
}

impl Found {
    /// Looks for records; `container` is the field the value stood under.
    fn walk(&mut self, value: &RawValue, container: Option<&str>, hint: Option<&str>, depth: usize) {
        if depth > 24 {
            return;
        }
        match value.get().trim_start().as_bytes().first() {
            Some(b'[') => {
                let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
                    return;
                };
                if items.is_empty() && KINDS.iter().any(|k| Some(k.1) == container) {
                    self.empty_list = true;
                }
                let ours = KINDS.iter().any(|k| Some(k.1) == container);
                for (index, item) in items.into_iter().enumerate() {
                    let object = item.get().starts_with('{');
                    if ours && !object && item.get() != "null" {
                        let name = format!("{} {}", container.unwrap_or_default(), index + 1);
                        let error = ReadError {
                            code: "unknown_shape",
                            message: format!(
                                "entry {} of “{}” is no object",
                                index + 1,
                                container.unwrap_or_default()
                            ),
                        };
                        self.split.set_aside.push((name, error));
                    }
                    self.walk(item, container, hint, depth + 1);
                }
            }
            Some(b'{') => {
                let Ok(object) = serde_json::from_str::<Object<'_>>(value.get()) else {
                    return;
                };
                if let Some(record) = record(value.get(), &object, container, hint) {
                    let variant = record.facet == "variant";
                    self.split.records.push(record);
                    // A variant on its own may carry its stock item.
                    if !variant {
                        return;
                    }
                }
                if let Some(aside) = nameless(&object) {
                    self.split.set_aside.push(aside);
                    return;
                }
                if let Some(errors) = object.get("errors") {
                    self.error.get_or_insert_with(|| first_message(errors));
                }
                if object.contains_key("nodes") || object.contains_key("edges") {
                    for list in ["nodes", "edges"].iter().filter_map(|f| object.get(*f)) {
                        self.walk(list, container, hint, depth + 1);
                    }
                    return;
                }
                // What was asked is not an answer: a captured request repeats ids.
                let answers = object
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_ref(), "request" | "variables" | "extensions"));
                for (name, child) in answers {
                    let name = if name == "node" { container } else { Some(name.as_ref()) };
                    self.walk(child, name, hint, depth + 1);
                }
            }
            _ => {}
        }
    }
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

fn string<'a>(object: &Object<'a>, field: &str) -> Option<Cow<'a, str>> {
    let raw = object.get(field)?;
    serde_json::from_str::<String>(raw.get()).ok().map(Cow::Owned)
}

/// An id of the older shape: a whole number, or its digits as a text, of any length and never by way of a float.
fn number(object: &Object<'_>, field: &str) -> Option<String> {
    let text = object.get(field)?.get();
    let digits = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| digits.to_owned())
}

/// Why an object that is an order by its members is no record: it says no id, or none that is one.
fn nameless(object: &Object<'_>) -> Option<(String, ReadError)> {
    let has = |member: &str| object.contains_key(member);
    let rest = has("line_items") && ["financial_status", "total_price", "processed_at"].into_iter().any(has);
    let graphql = has("lineItems") && ["processedAt", "currencyCode", "totalPriceSet"].into_iter().any(has);
    let known = number(object, "id").is_some() || string(object, "id").is_some_and(|id| id.starts_with("gid://"));
    if known || (!rest && !graphql) {
        return None;
    }
    let name = string(object, "name").map_or_else(|| "an order".to_owned(), |name| format!("the order “{name}”"));
    let message = match object.get("id") {
        None => format!("{name} has no id, so it cannot be told from others"),
        Some(id) => {
            let shown: String = id.get().chars().filter(|c| !c.is_control()).take(40).collect();
            format!("{name} has the id {shown}, which is no id of Shopify: a whole number or gid://shopify/Order/…")
        }
    };
    let error = ReadError {
        code: "missing_field",
        message,
    };
    Some((name, error))
}

fn version(object: &Object<'_>) -> i64 {
    ["updatedAt", "updated_at"]
        .iter()
        .find_map(|f| string(object, f))
        .and_then(|text| When::parse_rfc3339(&text))
        .map_or(0, When::sort_key)
}

/// The record that an object is, if it is one of ours.
fn record(text: &str, object: &Object<'_>, container: Option<&str>, hint: Option<&str>) -> Option<RawRecord> {
    // A reference ({"id": …}) tells nothing of the thing itself.
    if object.len() < 2 {
        return None;
    }
    if let Some(gid) = string(object, "id").filter(|id| id.starts_with("gid://shopify/")) {
        let (kind, key) = gid.strip_prefix("gid://shopify/")?.split_once('/')?;
        if kind == "ProductVariant" {
            return Some(RawRecord {
                stream: "products".into(),
                key: format!("ProductVariant/{key}"),
                facet: "variant".into(),
                source: Source::Page,
                version: version(object),
                bytes: text.as_bytes().to_vec(),
            });
        }
        let (_, _, _, stream) = KINDS.iter().find(|k| k.0 == kind && k.0 != "InventoryLevel")?;
        return Some(RawRecord {
            stream: (*stream).into(),
            key: key.to_owned(),
            facet: graphql_facet(stream, object),
            source: Source::Page,
            version: version(object),
            bytes: text.as_bytes().to_vec(),
        });
    }
    let gid = string(object, "admin_graphql_api_id");
    let kind = gid
        .as_deref()
        .and_then(|g| g.strip_prefix("gid://shopify/"))
        .and_then(|g| g.split('/').next())
        .and_then(|kind| KINDS.iter().find(|k| k.0 == kind))
        .or_else(|| KINDS.iter().find(|k| Some(k.1) == container || Some(k.2) == container))
        .or_else(|| rest_shape(object, hint))?;
    let (key, facet): (String, Cow<'static, str>) = match kind.0 {
        "InventoryLevel" => (
            number(object, "inventory_item_id")?,
            format!("level-{}", number(object, "location_id")?).into(),
        ),
        "InventoryItem" => (number(object, "id")?, "item".into()),
        _ => (number(object, "id")?, kind.2.into()),
    };
    Some(RawRecord {
        stream: kind.3.into(),
        key,
        facet,
        source: Source::Legacy,
        version: version(object),
        bytes: text.as_bytes().to_vec(),
    })
}

/// Kind of a bare REST object by what only it has, or by the stream the user named.
fn rest_shape(
    object: &Object<'_>,
    hint: Option<&str>,
) -> Option<&'static (&'static str, &'static str, &'static str, &'static str)> {
    let has = |field: &str| object.contains_key(field);
    let by_shape = match () {
        () if has("line_items") && has("financial_status") => Some("Order"),
        () if has("variants") && has("product_type") => Some("Product"),
        () if has("inventory_item_id") && has("location_id") => Some("InventoryLevel"),
        () if has("orders_count") && has("total_spent") => Some("Customer"),
        () => None,
    };
    match (by_shape, hint) {
        (Some(kind), _) => KINDS.iter().find(|k| k.0 == kind),
        (None, Some(stream)) if number(object, "id").is_some() && !has("errors") => {
            KINDS.iter().find(|k| k.3 == stream)
        }
        _ => None,
    }
}

/// Which part of an order a GraphQL node tells. Only one that shows all that our own query asks for is the order's whole
/// record; others are parts, told from other selections of fields by their names, so that no selection replaces another.
fn graphql_facet(stream: &str, object: &Object<'_>) -> Cow<'static, str> {
    match stream {
        "orders" if shopify::shows_all(|member| object.contains_key(member)) => shopify::WHOLE_ORDER.into(),
        "orders" if object.contains_key("agreements") && !object.contains_key("lineItems") => "agreements".into(),
        "orders" => format!("part-{:08x}", fields_hash(object)).into(),
        "products" if object.contains_key("title") => "product".into(),
        "products" => format!("part-{:08x}", fields_hash(object)).into(),
        "inventory" => "item".into(),
        "locations" => "location".into(),
        "customers" => "customer".into(),
        _ => "payout".into(),
    }
}

/// A small stable hash (FNV-1a) of the field names.
fn fields_hash(object: &Object<'_>) -> u32 {
    let names = object.keys().flat_map(|name| name.bytes().chain([0]));
    names.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
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
            let known = |found: &Found| found.split.records.len() + found.split.set_aside.len();
            let before = known(found);
            found.walk(value, None, stream, 0);
            if known(found) == before {
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
            .and_then(|object| Some((record(first, &object, None, None)?, object)));
        match record {
            Some((record, object)) if record.stream == "orders" => found.split.records.push(RawRecord {
                facet: match shopify::shows_all_in_bulk(|member| object.contains_key(member)) {
                    true => shopify::WHOLE_ORDER.into(),
                    false => format!("part-{:08x}", fields_hash(&object)).into(),
                },
                source: Source::Bulk,
                bytes: slice.into_bytes(),
                ..record
            }),
            Some((record, _)) => found.split.records.push(RawRecord {
                source: Source::Bulk,
                bytes: slice.into_bytes(),
                ..record
            }),
            None => found.set_aside(number, "unknown_shape", "is no record of a kind we keep"),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: &str) -> String {
        format!(r##"{{{id}"name":"#1","financial_status":"paid","line_items":[]}}"##)
    }

    #[test]
    fn an_order_without_a_usable_id_is_named_and_the_others_are_kept() {
        let orders = [
            r#""id":7,"#,
            r#""id":"8","#,
            r#""id":99999999999999999999999,"#,
            "",
            r#""id":1.5,"#,
            r#""id":null,"#,
        ];
        let orders = orders.map(order).join(",");
        let text = format!(r#"{{"orders":[{orders},5,"x"]}}"#);
        let Ok(split) = split(None, &text) else {
            panic!("the file is taken")
        };
        let keys: Vec<&str> = split.records.iter().map(|r| r.key.as_str()).collect();
        assert_eq!(
            keys,
            ["7", "8", "99999999999999999999999"],
            "digits are an id, of any length"
        );
        let told: Vec<&str> = split.set_aside.iter().map(|(_, e)| e.message.as_str()).collect();
        assert_eq!(
            told,
            [
                "the order “#1” has no id, so it cannot be told from others",
                "the order “#1” has the id 1.5, which is no id of Shopify: a whole number or gid://shopify/Order/…",
                "the order “#1” has the id null, which is no id of Shopify: a whole number or gid://shopify/Order/…",
                "entry 7 of “orders” is no object",
                "entry 8 of “orders” is no object",
            ],
            "nothing is dropped without a word"
        );
    }
}
