//! Files of an account at Amazon that were imported before it was connected: its own become part of the connection, and no order
//! counts twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use countinghouse_core::app::{FileReport, ImportOptions};
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::connectors::{Channel, Source};
use countinghouse_core::store::{Connection, Read};
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::amazon::AmazonSpec;
use serde_json::json;

use super::{NUMBER, US, item, ledger, order, page, transaction};
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

/// An order that no account of these tests knows, of a marketplace.
fn unheard_of(number: &str, market: &str, currency: &str) -> String {
    let line = item("1", "SKU-A", 1, currency, Some("20.00"), Some("1.60"));
    page(&[order(number, market, "SHIPPED", "2026-03-05T10:00:00Z", &[line])])
}

#[test]
fn a_file_that_names_no_connection_goes_to_the_account_that_knows_of_it_and_else_stays_apart() {
    let mut case = Case::new();
    case.seller.connect_amazon(Region::NorthAmerica).expect("it is let in");
    case.seller.sync();
    let account = case.connections()[0].clone();
    let give = |name: &str, connection: Option<&str>, text: &str| {
        let options = ImportOptions {
            connection: connection.map(str::to_owned),
            ..ImportOptions::default()
        };
        case.seller
            .profile()
            .import(Channel::Amazon, name, text.as_bytes(), &options)
    };
    let taken = |report: Result<FileReport, _>| {
        let report = report.expect("the profile takes files");
        assert_eq!(report.refused, None, "the file is taken");
        (report.connection.expect("a connection"), report.notices.join(" "))
    };
    let (pages, report) = case.files(3);
    for (name, text) in [("own.jsonl", &pages), ("own.txt", &report)] {
        let (into, told) = taken(give(name, None, text));
        assert_eq!(into, account.name, "{name}: the account knows its orders");
        assert!(!told.contains("of its own"), "{name}: nothing is to be told: {told}");
    }
    let german = unheard_of("302-7777777-1000001", "A1PA6795UKMFR9", "EUR");
    let (files, told) = taken(give("de.json", None, &german));
    assert_ne!(
        files, account.name,
        "an account of North America sells nothing in Germany"
    );
    assert!(
        told.contains(&account.name) && told.contains("Amazon.de") && told.contains("North America"),
        "it is told why: {told}"
    );
    let (into, told) = taken(give("us.json", None, &unheard_of("999-7777777-1000001", US, "USD")));
    assert_eq!(
        into, files,
        "an account that has read its orders and knows none of these is another's"
    );
    assert!(
        told.contains("knows none") && told.contains("connections join"),
        "told with the next step: {told}"
    );
    let canada = unheard_of("999-7777777-1000002", "A2EUQ1WTGCTBG2", "CAD");
    let (into, told) = taken(give("ca.json", None, &canada));
    assert_eq!(into, files, "nor of a marketplace that the account does not read");
    assert!(told.contains("Amazon.ca"), "it is told: {told}");
    let mut foreign = transaction(None, "ServiceFee", "T-1", "RELEASED", "2026-03-05T10:00:00Z", &[]);
    foreign["sellingPartnerMetadata"] = json!({"sellingPartnerId": "A9SOMEONE"});
    foreign["totalAmount"] = json!({"currencyAmount": -5.0, "currencyCode": "USD"});
    let foreign = ledger(&[foreign]);
    let (into, told) = taken(give("fees.json", None, &foreign));
    assert_eq!(into, files, "nor money of another seller");
    assert!(told.contains("A9SOMEONE"), "it is told: {told}");
    let nobody = ledger(&[transaction(
        Some(NUMBER),
        "Shipment",
        "T-2",
        "RELEASED",
        "2026-03-05T10:00:00Z",
        &[],
    )]);
    let (into, _) = taken(give("money.json", None, &nobody));
    assert_eq!(into, files, "nor money of orders that it does not know");
    for (name, text, word) in [("de.json", &german, "Amazon.de"), ("fees.json", &foreign, "A9SOMEONE")] {
        let error = give(name, Some(&account.name), text).expect_err("it cannot be this account's");
        assert!(
            error.message.contains(word),
            "{name}: not even by name: {}",
            error.message
        );
    }
    let own = unheard_of("999-7777777-1000003", US, "USD");
    let (into, _) = taken(give("old.json", Some(&account.name), &own));
    assert_eq!(into, account.name, "what may be the account's goes there by name");
    let held = case.connections();
    assert_eq!(held.len(), 2, "one account and one set of files: {held:?}");
}

#[test]
fn of_two_accounts_a_file_goes_to_the_one_of_its_region() {
    let mut case = Case::new();
    for region in [Region::NorthAmerica, Region::Europe] {
        case.seller.connect_amazon(region).expect("it is let in");
    }
    let profile = case.seller.profile();
    let text = unheard_of("302-7777777-1000001", "A1PA6795UKMFR9", "EUR");
    let report = profile.import(Channel::Amazon, "de.json", text.as_bytes(), &ImportOptions::default());
    let report = report.expect("exactly one account fits");
    let europe = case.connections().into_iter().find(|c| c.id == case.seller.connection);
    assert_eq!(report.connection, europe.map(|c| c.name), "the European one");
}
