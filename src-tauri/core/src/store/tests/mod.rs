//! The store as a whole: opening, transactions, failures.

mod codec;
mod failures;
mod killed;
mod lists;
mod orders;
mod raws;
mod rollups;
mod schema;

use std::path::PathBuf;

use super::*;
use crate::connectors::{Channel, RawRecord, Source};

/// A folder of its own for a test, removed afterwards.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("countinghouse-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Folder(path)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("ledger.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn key() -> Key {
    Key::from_bytes([7; 32])
}

pub(super) fn shop() -> NewConnection {
    NewConnection {
        channel: Channel::Shopify,
        name: "Shop".to_owned(),
        endpoint: "https://shop.example".to_owned(),
        settings: serde_json::json!({}),
        created_at: 1_700_000_000,
    }
}

pub(super) fn record(key: &str, version: i64, text: &str) -> RawRecord {
    RawRecord {
        stream: "orders".into(),
        key: key.to_owned(),
        facet: "order".into(),
        source: Source::Page,
        version,
        bytes: text.as_bytes().to_vec(),
    }
}

#[test]
fn what_is_written_is_read_after_reopening() {
    let folder = Folder::new("reopen");
    let id = {
        let store = Store::open(&folder.file(), &key()).expect("a new file");
        store
            .write_blocking(|w| w.add_connection(&shop()))
            .expect("a connection")
    };
    let store = Store::open(&folder.file(), &key()).expect("the same file");
    let found = store.read_blocking(|r| r.connection(id)).expect("the connection");
    assert_eq!(found.name, "Shop", "the name survives closing");
    assert_eq!(found.channel, Channel::Shopify, "the channel survives closing");
}

#[test]
fn a_changed_record_is_a_new_version_and_the_same_bytes_write_nothing() {
    let folder = Folder::new("versions");
    let store = Store::open(&folder.file(), &key()).expect("a new file");
    let shop = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    let put = move |version, text: &'static str, at| {
        store
            .write_blocking(move |w| w.put_raw(shop, None, &record("42", version, text), at))
            .expect("stored")
    };
    let first = put(10, "{\"a\":1}", 100);
    assert_eq!(first.outcome, Outcome::New, "nothing was known");
    assert_eq!(
        put(10, "{\"a\":1}", 200),
        PutRaw {
            id: first.id,
            outcome: Outcome::Unchanged
        },
        "the same record again"
    );
    let second = put(20, "{\"a\":2}", 300);
    assert_eq!(second.outcome, Outcome::Changed, "a newer version");
    assert_eq!(
        put(10, "{\"a\":1}", 400).outcome,
        Outcome::Unchanged,
        "an older version that is known"
    );
    assert_eq!(
        put(15, "{\"a\":3}", 500).outcome,
        Outcome::Older,
        "an older version that is not known"
    );
}
