//! Answers held against the models that the platform publishes. Every answer that a test's caller gets goes through
//! here: each member must be in the model and have its type, and each required one must be there.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;

use super::rig::{Rig, note, shared};
use crate::amazon::operations::Operation;
use crate::world::amazon::Region;

const FILES: [&str; 9] = [
    "orders_2026-01-01",
    "finances_2024-06-19",
    "reports_2021-06-30",
    "fbaInventory",
    "sellers",
    "sales",
    "dataKiosk_2023-11-15",
    "listingsItems_2021-08-01",
    "catalogItems_2022-04-01",
];

/// The published models, as far as they lie beside the checkout.
pub(super) struct Models {
    models: Vec<Value>,
    held: RefCell<usize>,
    served: RefCell<BTreeSet<String>>,
}

impl Models {
    pub(super) fn published() -> Models {
        let read = |name: &&str| shared(&format!("specs/amazon/models/{name}.json"));
        let models: Vec<Value> = FILES
            .iter()
            .filter_map(read)
            .map(|text| serde_json::from_str(&text).expect("a published model is JSON"))
            .collect();
        if models.is_empty() {
            note("skipped: the published models are not beside the checkout (set COUNTINGHOUSE_SHARED)");
        }
        Models {
            models,
            held: RefCell::new(0),
            served: RefCell::new(BTreeSet::new()),
        }
    }

    /// Holds an answer against the model of its operation.
    pub(super) fn hold(&self, method: &str, path: &str, status: u16, body: &Value) {
        let path = path.split('?').next().unwrap_or_default();
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let Some((operation, _)) = Operation::at(&method, path) else {
            return;
        };
        for model in &self.models {
            let operations = model["paths"].as_object().into_iter().flatten();
            let operations = operations.flat_map(|(_, methods)| methods.as_object().into_iter().flatten());
            let mut own = operations.filter(|(_, told)| told["operationId"] == operation.name());
            let Some((_, told)) = own.next() else { continue };
            let answer = &told["responses"][status.to_string()];
            assert!(answer.is_object(), "{} may answer {status}", operation.name());
            let mut walk = Walk {
                model,
                path: operation.name().to_owned(),
                seen: 0,
                served: BTreeSet::new(),
            };
            walk.value(&answer["schema"], body);
            *self.held.borrow_mut() += walk.seen;
            self.served.borrow_mut().append(&mut walk.served);
            return;
        }
        assert!(self.models.is_empty(), "{} has a published model", operation.name());
    }
}

impl Drop for Models {
    fn drop(&mut self) {
        if !self.models.is_empty() {
            note(&format!("validated: {} values of answers", self.held.borrow()));
        }
    }
}

/// A schema with its reference followed and its parts put together.
fn whole<'s>(model: &'s Value, schema: &'s Value) -> Cow<'s, Value> {
    if let Some(place) = schema["$ref"].as_str() {
        let found = model.pointer(place.trim_start_matches('#'));
        return whole(model, found.unwrap_or_else(|| panic!("{place} is in the model")));
    }
    let Some(parts) = schema["allOf"].as_array() else {
        return Cow::Borrowed(schema);
    };
    let mut all = serde_json::json!({ "type": "object", "properties": {}, "required": [] });
    for part in parts {
        let part = whole(model, part);
        for (name, own) in part["properties"].as_object().into_iter().flatten() {
            all["properties"][name] = own.clone();
        }
        let required = part["required"].as_array().cloned().unwrap_or_default();
        all["required"].as_array_mut().expect("a list").extend(required);
    }
    Cow::Owned(all)
}

struct Walk<'m> {
    model: &'m Value,
    path: String,
    seen: usize,
    served: BTreeSet<String>,
}

impl Walk<'_> {
    fn value(&mut self, schema: &Value, value: &Value) {
        self.seen += 1;
        let schema = whole(self.model, schema);
        let place = self.path.clone();
        match schema["type"].as_str().unwrap_or("object") {
            "object" => {
                let members = value
                    .as_object()
                    .unwrap_or_else(|| panic!("{place} is an object: {value}"));
                for name in schema["required"].as_array().into_iter().flatten() {
                    let name = name.as_str().expect("a name");
                    assert!(members.contains_key(name), "{place} has its {name}: {value}");
                }
                for (name, inner) in members {
                    let own = &schema["properties"][name];
                    let free = schema["additionalProperties"].is_object() || schema["additionalProperties"] == true;
                    assert!(own.is_object() || free, "{place} has no member {name} in the model");
                    self.path = format!("{place}.{name}");
                    self.served.insert(self.path.clone());
                    // What the model does not require may be null: the platform sends it so.
                    if own.is_object() && !(inner.is_null() && name == "breakdowns") {
                        self.value(own, inner);
                    }
                }
            }
            "array" => {
                let items = value.as_array().unwrap_or_else(|| panic!("{place} is a list: {value}"));
                if let Some(most) = schema["maxItems"].as_u64() {
                    assert!(items.len() as u64 <= most, "{place} has at most {most} items");
                }
                for item in items {
                    self.path.clone_from(&place);
                    self.value(&schema["items"], item);
                }
            }
            "string" => {
                let text = value.as_str().unwrap_or_else(|| panic!("{place} is text: {value}"));
                if let Some(members) = schema["enum"].as_array() {
                    assert!(members.contains(value), "{place}: {text} is a member of {members:?}");
                }
                match schema["format"].as_str() {
                    Some("date-time") => {
                        let read = chrono::DateTime::parse_from_rfc3339(text);
                        assert!(read.is_ok(), "{place}: {text} is a moment");
                    }
                    Some("date") => assert!(text.parse::<chrono::NaiveDate>().is_ok(), "{place}: {text} is a day"),
                    _ => {}
                }
            }
            "integer" => assert!(value.is_i64() || value.is_u64(), "{place} is whole: {value}"),
            "number" => assert!(value.is_number(), "{place} is a number: {value}"),
            "boolean" => assert!(value.is_boolean(), "{place} is true or false: {value}"),
            other => panic!("{place} has a type {other} that no model has"),
        }
        self.path = place;
    }
}

/// Members of orders and transactions that the platform has and the face leaves out; the list may only get shorter.
const LEFT_OUT: [&str; 8] = [
    "payment",
    "tax",
    "fulfillmentOrders",
    "measurement",
    "associatedOrderItems",
    "serialNumbers",
    "labelPrintingWindow",
    "shipFromAddress",
];

#[test]
fn fields_of_an_order_are_served_or_listed_as_left_out() {
    let rig = Rig::new(Region::Na);
    if rig.models_are_missing() {
        return;
    }
    let all = crate::amazon::order::INCLUDED.join(",");
    let from = "2026-09-01T00:00:00Z";
    let path = format!("/orders/2026-01-01/orders?createdAfter={from}&includedData={all}");
    rig.pages(&path, "/orders", "/pagination/nextToken", "paginationToken");
    let served = rig.served();
    for (kind, place) in [
        ("Order", "searchOrders.orders"),
        ("OrderItem", "searchOrders.orders.orderItems"),
        ("OrderFulfillment", "searchOrders.orders.fulfillment"),
        ("ItemProceeds", "searchOrders.orders.orderItems.proceeds"),
        ("ItemCancellation", "searchOrders.orders.orderItems.cancellation"),
    ] {
        for name in rig.members(kind) {
            let personal = name == "buyer" || name == "recipient" || name == "programs" || name == "expense";
            let told = served.contains(&format!("{place}.{name}"));
            let left = LEFT_OUT.contains(&name.as_str());
            assert!(
                told != left || personal,
                "{kind}.{name} is served, or among what is left out"
            );
        }
    }
}

impl Rig {
    fn models_are_missing(&self) -> bool {
        self.models().models.is_empty()
    }

    fn served(&self) -> BTreeSet<String> {
        self.models().served.borrow().clone()
    }

    fn members(&self, definition: &str) -> Vec<String> {
        let models = &self.models().models;
        let members = models[0]["definitions"][definition]["properties"].as_object();
        members.expect("the definition has members").keys().cloned().collect()
    }
}
