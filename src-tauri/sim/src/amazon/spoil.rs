//! Faults that spoil an answer: odd pages, broken records, personal data that nobody asked for.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::operations::Operation;
use super::storage::File;
use crate::faults::{Kind, Struck};

/// The list of records of the page before, by operation.
#[derive(Debug, Default)]
pub(super) struct Before(BTreeMap<Operation, Vec<Value>>);

fn records(operation: Operation, body: &mut Value) -> Option<&mut Vec<Value>> {
    let place = match operation {
        Operation::SearchOrders => "/orders",
        Operation::ListTransactions => "/payload/transactions",
        Operation::InventorySummaries => "/payload/inventorySummaries",
        Operation::SearchListings | Operation::SearchCatalog => "/items",
        Operation::GetReports => "/reports",
        Operation::OrderMetrics | Operation::Participations => "/payload",
        _ => return None,
    };
    body.pointer_mut(place)?.as_array_mut()
}

impl Before {
    /// Spoils an answer as far as the faults say.
    pub(super) fn spoil(&mut self, operation: Operation, struck: &Struck, body: &mut Value) {
        let Some(list) = records(operation, body) else {
            if operation == Operation::GetOrder && struck.has(&Kind::PlantPersonal) {
                plant(&mut body["order"]);
            }
            // What the query's answer goes on with is not told.
            if operation == Operation::GetQuery && struck.has(&Kind::LastPage) {
                end(body);
            }
            return;
        };
        let own = list.clone();
        let before = self.0.get(&operation);
        let mut last = false;
        for kind in struck.iter() {
            match kind {
                Kind::Duplicate => list.extend(own.last().cloned()),
                Kind::RepeatPage => {
                    if let Some(before) = before {
                        list.clone_from(before);
                    }
                }
                Kind::ShiftPage => {
                    if let Some(last) = before.and_then(|before| before.last()) {
                        list.insert(0, last.clone());
                    }
                }
                Kind::EmptyList => {
                    list.clear();
                    last = true;
                }
                Kind::LastPage => last = true,
                Kind::LostRecord => {
                    list.pop();
                }
                Kind::BrokenAmount => {
                    let broken = list.iter_mut().any(|record| {
                        ["amount", "currencyAmount"]
                            .iter()
                            .any(|name| with(record, name, &mut |value| *value = "12,3.4x".into()))
                    });
                    debug_assert!(broken || own.is_empty(), "some record of the page has an amount");
                }
                Kind::MissingField { field } => {
                    let _ = list.first_mut().is_some_and(|record| remove(record, field));
                }
                Kind::UnknownEnum { field } => {
                    let _ = list
                        .first_mut()
                        .is_some_and(|record| with(record, field, &mut |value| *value = "SOMETHING_NEW".into()));
                }
                Kind::PlantPersonal => {
                    if let Some(record) = list.first_mut().filter(|_| operation == Operation::SearchOrders) {
                        plant(record);
                    }
                }
                _ => {}
            }
        }
        self.0.insert(operation, own);
        if last {
            end(body);
        }
    }
}

/// Takes the token of the next page out of an answer, wherever the operation has it.
fn end(body: &mut Value) {
    for place in ["", "/payload", "/pagination"] {
        let holder = body.pointer_mut(place).and_then(Value::as_object_mut);
        holder.and_then(|members| members.remove("nextToken"));
    }
    let empty = |members: &Value| members.as_object().is_some_and(serde_json::Map::is_empty);
    if body.get("pagination").is_some_and(empty) {
        let members = body.as_object_mut();
        members.and_then(|members| members.remove("pagination"));
    }
}

/// Applies a change to the first member by a name, wherever it stands.
fn with(value: &mut Value, name: &str, change: &mut dyn FnMut(&mut Value)) -> bool {
    match value {
        Value::Object(members) => {
            if let Some(found) = members.get_mut(name) {
                change(found);
                return true;
            }
            members.values_mut().any(|inner| with(inner, name, change))
        }
        Value::Array(items) => items.iter_mut().any(|inner| with(inner, name, change)),
        _ => false,
    }
}

fn remove(value: &mut Value, name: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.remove(name).is_some() || members.values_mut().any(|inner| remove(inner, name))
        }
        Value::Array(items) => items.iter_mut().any(|inner| remove(inner, name)),
        _ => false,
    }
}

fn plant(record: &mut Value) {
    record["buyer"] = json!({ "buyerName": "Planted Person", "buyerEmail": "planted@marketplace.example" });
    record["recipient"] = json!({ "deliveryAddress": {
        "name": "Planted Person", "addressLine1": "1 Planted Street", "city": "Plantville", "postalCode": "00001" } });
}

/// A document without its rows, where that fault strikes: a table keeps its header, a report in JSON its lists, empty.
pub(super) fn emptied(file: File, struck: &Struck) -> File {
    if !struck.has(&Kind::EmptyFile) {
        return file;
    }
    let mut text = Vec::new();
    let read = match file.packed {
        true => GzDecoder::new(file.bytes.as_ref()).read_to_end(&mut text).is_ok(),
        false => {
            text.extend_from_slice(&file.bytes);
            true
        }
    };
    debug_assert!(read, "what was packed here can be unpacked");
    let frame = if file.media.starts_with("application/jsonlines") {
        Vec::new()
    } else if let Ok(Value::Object(mut members)) = serde_json::from_slice(&text) {
        for member in members.values_mut().filter(|member| member.is_array()) {
            *member = json!([]);
        }
        Value::Object(members).to_string().into_bytes()
    } else {
        let end = text
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(text.len(), |at| at + 1);
        text.truncate(end);
        text
    };
    let bytes = match file.packed {
        true => {
            let mut packer = GzEncoder::new(Vec::new(), Compression::default());
            let written = packer.write_all(&frame).and_then(|()| packer.finish());
            written.unwrap_or_default()
        }
        false => frame,
    };
    File {
        bytes: Bytes::from(bytes),
        ..file
    }
}
