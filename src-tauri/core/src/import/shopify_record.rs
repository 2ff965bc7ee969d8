//! Which records Shopify's JSON objects are: told by their gid, by the field they stand under, or by their shape.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::connectors::{RawRecord, Source, shopify};
use crate::model::When;

/// The fields of a JSON object, their values as they are written.
pub(super) type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Why something is no usable record: a short code, and the end of a sentence that begins with its place.
pub(super) type Unusable = (&'static str, String);

/// A kind of thing: its type in a gid, its REST containers (many, one), its stream.
pub(super) type Kind = (&'static str, &'static str, &'static str, &'static str);

/// Kinds of things by gid type and by REST container, with the stream their records belong to.
pub(super) const KINDS: [Kind; 7] = [
    ("Order", "orders", "order", "orders"),
    ("Product", "products", "product", "products"),
    ("InventoryItem", "inventory_items", "inventory_item", "inventory"),
    ("InventoryLevel", "inventory_levels", "inventory_level", "inventory"),
    ("Location", "locations", "location", "locations"),
    ("Customer", "customers", "customer", "customers"),
    ("ShopifyPaymentsPayout", "payouts", "payout", "payouts"),
];

/// Where a value stands in the file.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The stream the user named.
    pub(super) stream: Option<&'a str>,
    /// The field it stands under, lists and connections left out.
    pub(super) container: Option<&'a str>,
    /// Its position, where it is an item of a list.
    pub(super) item: Option<usize>,
    /// Its line, in a file of one value a line.
    pub(super) line: Option<usize>,
}

impl<'a> Place<'a> {
    /// A whole file.
    pub(super) fn whole(stream: Option<&'a str>) -> Place<'a> {
        Place {
            stream,
            container: None,
            item: None,
            line: None,
        }
    }

    /// The place of the field `name` of what stands here.
    pub(super) fn under<'b>(&self, name: &'b str) -> Place<'b>
    where
        'a: 'b,
    {
        Place {
            container: Some(name),
            item: None,
            ..*self
        }
    }

    /// The kind of thing that stands here by the name of the field.
    fn kind(&self) -> Option<&'static Kind> {
        KINDS
            .iter()
            .find(|k| Some(k.1) == self.container || Some(k.2) == self.container)
    }

    /// What stands in a list here are records, or should be.
    pub(super) fn holds_records(&self) -> bool {
        self.kind().is_some_and(|k| self.stream.is_none_or(|s| s == k.3))
    }

    /// As people find it: `orders[3]`.
    pub(super) fn name(&self) -> String {
        let line = self.line.map(|line| format!("line {line}"));
        let field = match self.item {
            Some(item) => Some(format!("{}[{item}]", self.container.unwrap_or_default())),
            None => self.container.map(str::to_owned),
        };
        match (line, field) {
            (Some(line), Some(field)) => format!("{line}, {field}"),
            (None, None) => "the file".to_owned(),
            (line, field) => line.or(field).unwrap_or_default(),
        }
    }
}

/// The text in a field.
pub(super) fn string<'a>(object: &Object<'a>, field: &str) -> Option<Cow<'a, str>> {
    let raw = object.get(field)?;
    serde_json::from_str::<String>(raw.get()).ok().map(Cow::Owned)
}

fn number(object: &Object<'_>, field: &str) -> Option<u64> {
    id_number(object.get(field)?.get()).ok()
}

/// An id as a whole number, or as a text of its digits; the error says what it is instead.
fn id_number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let shown: String = digits.chars().filter(|c| !c.is_control()).take(40).collect();
    let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match whole && (digits == "0" || !digits.starts_with('0')) {
        true => digits
            .parse()
            .map_err(|_| format!("is {shown}, more than an id can be (2^64 - 1)")),
        false => Err(format!("is {shown}, and an id is a whole number")),
    }
}

fn version(object: &Object<'_>) -> i64 {
    ["updatedAt", "updated_at"]
        .iter()
        .find_map(|f| string(object, f))
        .and_then(|text| When::parse_rfc3339(&text))
        .map_or(0, When::sort_key)
}

/// The record that an object is, if it is one of ours.
///
/// # Errors
/// It is one by its shape or its place, but has no usable id.
pub(super) fn record(text: &str, object: &Object<'_>, place: &Place<'_>) -> Result<Option<RawRecord>, Unusable> {
    // A reference ({"id": …}) tells nothing of the thing itself.
    if object.len() < 2 {
        return Ok(None);
    }
    let made = |stream: &'static str, key: String, facet: Cow<'static, str>, source| RawRecord {
        stream: stream.into(),
        key,
        facet,
        source,
        version: version(object),
        bytes: text.as_bytes().to_vec(),
    };
    if let Some(gid) = string(object, "id").filter(|id| id.starts_with("gid://shopify/")) {
        let Some((kind, key)) = gid.strip_prefix("gid://shopify/").and_then(|rest| rest.split_once('/')) else {
            return Ok(None);
        };
        let variant = kind == "ProductVariant";
        let known = KINDS.iter().find(|k| k.0 == kind && k.0 != "InventoryLevel");
        let stream = match known {
            Some(known) => known.3,
            None if variant => "products",
            None => return Ok(None),
        };
        let key = id_number(key).map_err(|why| ("bad_id", format!("has an id whose number {why}")))?;
        return Ok(Some(match variant {
            true => made(stream, format!("ProductVariant/{key}"), "variant".into(), Source::Page),
            false => made(stream, key.to_string(), graphql_facet(stream, object), Source::Page),
        }));
    }
    let gid = string(object, "admin_graphql_api_id");
    let by_gid = gid
        .as_deref()
        .and_then(|g| g.strip_prefix("gid://shopify/"))
        .and_then(|g| g.split('/').next())
        .and_then(|kind| KINDS.iter().find(|k| k.0 == kind));
    let by_place = || place.kind().filter(|kind| !wraps(object, kind));
    let Some(kind) = by_gid.or_else(by_place).or_else(|| rest_shape(object, place.stream)) else {
        return Ok(None);
    };
    let id = |field: &str| match object.get(field).map(|id| id.get()) {
        None => Err(("missing_field", format!("has no {field}"))),
        Some("null") => Err(("missing_field", format!("has the {field} null"))),
        Some(text) => id_number(text).map_err(|why| ("bad_id", format!("has an {field} that {why}"))),
    };
    let (key, facet): (u64, Cow<'static, str>) = match kind.0 {
        "InventoryLevel" => (id("inventory_item_id")?, format!("level-{}", id("location_id")?).into()),
        "InventoryItem" => (id("id")?, "item".into()),
        "Order" => (id("id")?, rest_facet(object)),
        _ => (id("id")?, kind.2.into()),
    };
    Ok(Some(made(kind.3, key.to_string(), facet, Source::Legacy)))
}

/// Whether an object only leads to things of a kind: a page of them, or one under its name.
fn wraps(object: &Object<'_>, kind: &Kind) -> bool {
    ["nodes", "edges", "node", "pageInfo", kind.1, kind.2]
        .iter()
        .any(|field| object.contains_key(*field))
}

/// Kind of a bare REST object by what only it has, or by the stream the user named.
fn rest_shape(object: &Object<'_>, hint: Option<&str>) -> Option<&'static Kind> {
    let has = |field: &str| object.contains_key(field);
    let by_shape = match () {
        () if has("line_items") && has("financial_status") => Some("Order"),
        () if has("order_number") && (has("total_price") || has("line_items")) => Some("Order"),
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

/// Which part of an order a GraphQL node tells. It is a part of anyone's choice, told from other selections of fields by their names,
/// so that no selection replaces another; it is not held to what our own query asks for.
fn graphql_facet(stream: &str, object: &Object<'_>) -> Cow<'static, str> {
    match stream {
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

/// Which part of an order a REST body tells, by the same rule: one that leaves out a list must not replace one that shows it.
fn rest_facet(object: &Object<'_>) -> Cow<'static, str> {
    let lists = ["line_items", "shipping_lines", "fulfillments", "refunds"];
    let shown = |list: &str| object.get(list).is_some_and(|value| value.get() != "null");
    match lists.into_iter().all(shown) {
        true => shopify::WHOLE_ORDER.into(),
        false => {
            let mut shown_only = object.clone();
            shown_only.retain(|_, value| value.get() != "null");
            format!("part-{:08x}", fields_hash(&shown_only)).into()
        }
    }
}

/// A small stable hash (FNV-1a) of the field names.
pub(super) fn fields_hash(object: &Object<'_>) -> u32 {
    let names = object.keys().flat_map(|name| name.bytes().chain([0]));
    names.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
