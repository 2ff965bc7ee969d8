//! Files of an account at Amazon that were imported before it was connected: its own become part of the connection, and no order
//! counts twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use countinghouse_core::app::ImportOptions;
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::connectors::{Channel, Source};
use countinghouse_core::store::{Connection, Read};
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::amazon::AmazonSpec;
use serde_json::json;

use super::{US, item, order, page};
use crate::market::{Market, Seller};
use crate::oracle::spec;

/// An account, as another profile has synced it, and a profile with nothing yet.
struct Case {
    synced: Seller,
    seller: Seller,
}

impl Case {
    fn new() -> Case {
        let account = Account {
            speed: 10_000,
            report_times: (0, 0),
            kiosk_times: (0, 0),
            ..Account::default()
        };
        let market = Market::selling_held(spec(3, 60, 2), AmazonSpec::new(120), account);
        let mut synced = Seller::disconnected(Arc::clone(&market));
        synced
            .connect_amazon(Region::NorthAmerica)
            .expect("the account lets its app in");
        synced.sync();
        Case {
            synced,
            seller: Seller::disconnected(market),
        }
    }

    /// So many of the account's orders as the interface gives them, and so many as rows of a report.
    fn files(&self, count: usize) -> (String, String) {
        let connection = self.synced.connection;
        let read = move |r: &Read<'_>| {
            let (mut pages, mut rows) = (Vec::new(), Vec::new());
            for key in r.keys_of(connection, "orders")? {
                for raw in r.raws_of(connection, "orders", &key)? {
                    let text = String::from_utf8_lossy(&raw.record.bytes).into_owned();
                    match raw.record.source {
                        Source::Page => pages.push(text),
                        _ => rows.push(text),
                    }
                }
            }
            Ok((pages, rows))
        };
        let (pages, rows) = self
            .synced
            .profile()
            .store()
            .read_blocking(read)
            .expect("stored orders");
        assert!(pages.len() >= count && rows.len() >= count, "there are both");
        let header = rows[0].lines().next().expect("a header").to_owned();
        let lines = rows
            .iter()
            .take(count)
            .flat_map(|group| group.lines().skip(1).map(str::to_owned).collect::<Vec<_>>());
        let report: Vec<String> = std::iter::once(header).chain(lines).collect();
        (pages[..count].join("\n"), report.join("\n"))
    }

    fn import(&self, name: &str, text: &str) {
        let profile = self.seller.profile();
        let report = profile.import(Channel::Amazon, name, text.as_bytes(), &ImportOptions::default());
        let report = report.expect("the profile takes files");
        assert_eq!(report.refused, None, "{name} is taken");
        assert!(report.new > 0, "{name} holds records");
    }

    fn connections(&self) -> Vec<Connection> {
        let read = self.seller.profile().store().read_blocking(|r| r.connections());
        read.expect("connections")
    }
}

/// What is posted of each order, by kind.
fn posted(seller: &Seller) -> BTreeMap<String, BTreeMap<&'static str, i64>> {
    let mut all: BTreeMap<String, BTreeMap<&'static str, i64>> = BTreeMap::new();
    for order in seller.orders() {
        let kinds = all.entry(order.key.clone()).or_default();
        for posting in &order.postings {
            *kinds.entry(posting.kind.name()).or_default() += posting.micros;
        }
    }
    all
}

#[test]
fn files_of_the_account_become_part_of_its_connection_and_count_once() {
    let mut case = Case::new();
    let (pages, report) = case.files(8);
    case.import("orders.jsonl", &pages);
    case.import("all-orders.txt", &report);
    let files = case.connections();
    assert_eq!(files.len(), 1, "both files are of one set");
    let connected = case.seller.connect_amazon(Region::NorthAmerica).expect("it is let in");
    let told: Vec<&str> = connected.notes.iter().map(|note| note.code.as_str()).collect();
    assert!(told.contains(&"files_adopted"), "it is told: {told:?}");
    let now = case.connections();
    assert_eq!(now.len(), 1, "the set is the connection now: {now:?}");
    assert_eq!(now[0].id, files[0].id, "what was imported stays where it is");
    assert!(now[0].account.is_some(), "and is connected");
    case.seller.sync();
    assert_eq!(
        posted(&case.seller),
        posted(&case.synced),
        "every order counts once, as without the files"
    );
}

#[test]
fn files_of_another_account_stay_apart() {
    let mut case = Case::new();
    let line = item("1", "SKU-A", 1, "USD", Some("20.00"), Some("1.60"));
    let foreign = order("999-7777777-1000001", US, "SHIPPED", "2026-03-05T10:00:00Z", &[line]);
    case.import("page.json", &page(&[foreign]));
    let connected = case.seller.connect_amazon(Region::NorthAmerica).expect("it is let in");
    let told: Vec<&str> = connected.notes.iter().map(|note| note.code.as_str()).collect();
    assert!(told.contains(&"files_apart"), "it is told: {told:?}");
    let now = case.connections();
    assert_eq!(now.len(), 2, "they are another account's");
    assert_eq!(
        json!(now.iter().filter(|c| c.account.is_some()).count()),
        json!(1),
        "one is connected"
    );
}
