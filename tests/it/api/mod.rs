//! The border's answers over a small shop: what a person would notice on each page.

mod dashboard;
mod lists;
mod order;
mod periods;
mod profiles;
mod refusals;
mod security;
mod trace;

use countinghouse_core::api::{Class, Desk, answer};
use countinghouse_core::app::{ApiError, FileReport};
use serde_json::Value;

use crate::rig::Rig;

/// A shop of six orders in New York's days; its clock stands on May 28, 2026, in the afternoon.
pub(crate) struct Shop {
    pub(crate) rig: Rig,
}

/// A file of the small shop.
fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/shopify/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect("the fixture is there")
}

impl Shop {
    /// Everything imported.
    pub(crate) fn open() -> Shop {
        let shop = Shop { rig: Rig::new() };
        for stream in ["locations", "products", "inventory", "customers", "orders"] {
            let report = shop.import(stream, stream);
            assert_eq!(
                report.set_aside.len(),
                0,
                "{stream} of the small shop are readable: {:?}",
                report.set_aside
            );
        }
        shop
    }

    /// Imports one more file.
    pub(crate) fn import(&self, stream: &str, name: &str) -> FileReport {
        self.rig.import_in(stream, name, &fixture(name), "America/New_York")
    }

    /// Imports a file that proves the days from this one to those of the shop's orders: its first order is a test, which never
    /// counts, its last one is known.
    pub(crate) fn prove_since(&self, day: &str) {
        let known: Value = serde_json::from_slice(&fixture("orders")).expect("JSON");
        let nodes = known["data"]["orders"]["nodes"].as_array().expect("orders").iter();
        let known = nodes
            .min_by_key(|order| order["createdAt"].to_string())
            .expect("an order");
        let mut first = known.clone();
        first["id"] = "gid://shopify/Order/1".into();
        first["name"] = "#1".into();
        first["test"] = true.into();
        for field in ["createdAt", "processedAt", "updatedAt"] {
            first[field] = format!("{day}T16:00:00Z").into();
        }
        let file = serde_json::to_vec(&serde_json::json!([first, known])).expect("JSON");
        let report = self.rig.import_in("orders", "earlier.json", &file, "America/New_York");
        assert_eq!((report.refused, report.read), (None, 2), "both are read");
    }

    /// The answer to a command, or why there is none.
    pub(crate) fn ask(&self, class: Class, command: &str, args: Value) -> Result<Value, ApiError> {
        answer(
            Desk {
                app: &self.rig.app,
                profile: None,
            },
            class,
            command,
            args,
        )
    }

    /// The answer to a reading command.
    pub(crate) fn read(&self, command: &str, args: Value) -> Value {
        self.ask(Class::Read, command, args)
            .unwrap_or_else(|e| panic!("{command} answers: {e}"))
    }
}

/// The rows of an answer whose field has a value.
pub(crate) fn find<'a>(rows: &'a Value, field: &str, value: &str) -> &'a Value {
    let found = rows
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row[field] == value));
    found.unwrap_or_else(|| panic!("no row with {field} = {value} in {rows}"))
}
