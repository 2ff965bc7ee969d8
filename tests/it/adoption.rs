//! Files that were imported before their shop was connected: its own become part of the connection, others stay apart, and
//! no order counts twice.

use std::fmt::Write as _;
use std::sync::Arc;

use countinghouse_core::app::{ApiError, Code, ImportOptions};
use countinghouse_core::auth::connect::shopify::{Access, Asked, Connected};
use countinghouse_core::auth::vault::Secret;
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::model::Order;
use countinghouse_core::store::Connection;
use countinghouse_sim::shopify::{App, Shop};

use crate::market::{Market, Seller, shop, wait};
use crate::oracle::spec;

/// A market, its orders as another profile has synced them, and a profile with nothing yet.
struct Case {
    synced: Seller,
    seller: Seller,
}

impl Case {
    fn new() -> Case {
        let market = Market::new(spec(37, 20, 3), shop());
        let synced = Seller::of(Arc::clone(&market));
        synced.sync();
        let seller = Seller::disconnected(market);
        Case { synced, seller }
    }

    /// The shop's orders, newest last.
    fn orders(&self) -> Vec<Order> {
        self.synced.orders()
    }

    /// The stored bytes of so many orders, one a line.
    fn file(&self, skip: usize, count: usize) -> String {
        let connection = self.synced.connection;
        let read = move |r: &countinghouse_core::store::Read<'_>| {
            let mut text = String::new();
            for key in r.keys_of(connection, "orders")?.iter().skip(skip).take(count) {
                for raw in r.raws_of(connection, "orders", key)? {
                    text.push_str(&String::from_utf8_lossy(&raw.record.bytes));
                    text.push('\n');
                }
            }
            Ok(text)
        };
        self.synced
            .profile()
            .store()
            .read_blocking(read)
            .expect("stored orders")
    }

    fn import(&self, connection: Option<&str>, zone: Option<&str>, name: &str, text: &str) {
        let options = ImportOptions {
            connection: connection.map(str::to_owned),
            zone: zone.map(|zone| zone.parse().expect("a zone")),
            ..ImportOptions::default()
        };
        let report = self
            .seller
            .profile()
            .import(Channel::Shopify, name, text.as_bytes(), &options);
        let report = report.expect("the profile takes files");
        assert_eq!(report.refused, None, "{name} is taken");
        assert!(report.new > 0, "{name} holds records");
    }

    fn connections(&self) -> Vec<Connection> {
        let read = self.seller.profile().store().read_blocking(|r| r.connections());
        read.expect("connections")
    }

    fn sync(&mut self, connection: &Connection) {
        self.seller.connection = connection.id;
        self.seller.sync();
    }
}

fn connect(seller: &Seller, name: &str, endpoint: Option<&str>) -> Result<(Connection, Connected), ApiError> {
    let asked = Asked {
        shop: name.parse().expect("a shop's name"),
        endpoint: endpoint.map(str::to_owned),
        version: API_VERSION.to_owned(),
        access: Access::ClientCredentials {
            client_id: App::DEMO_ID.to_owned(),
            client_secret: Secret::from(App::DEMO_SECRET),
        },
    };
    wait(seller.profile().connect_shopify(asked, None, None, |_| {}))
}

fn connected(case: &Case) -> (Connection, Connected) {
    connect(&case.seller, Shop::DEMO_HANDLE, None).expect("the shop lets its app in")
}

fn codes(connected: &Connected) -> Vec<&str> {
    connected.notes.iter().map(|note| note.code.as_str()).collect()
}

/// An orders export without ids, of these orders, each this many seconds later than it was placed.
fn export(orders: &[Order], later: i64) -> String {
    let mut text = String::from(
        "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem requires shipping,Lineitem discount,Refunded Amount,Cancelled at,Fulfillment Status,Fulfilled at,Paid at,Payment Method,Source,Discount Code,Shipping Method,Lineitem fulfillment status\n",
    );
    for order in orders {
        let at = chrono::DateTime::from_timestamp(order.placed_at.sort_key() + later, 0).expect("a time");
        let at = at.format("%Y-%m-%d %H:%M:%S +0000");
        writeln!(
            text,
            "{},x,paid,USD,10.00,0.00,0.00,10.00,0.00,{at},1,Mug,10.00,M,true,0.00,0.00,,,,{at},,web,,,",
            order.name
        )
        .expect("text");
    }
    text
}

#[test]
fn another_shop_than_the_one_asked_for_is_refused_behind_any_address() {
    let case = Case::new();
    let address = format!("https://{}.myshopify.com/", Shop::DEMO_HANDLE);
    let error = connect(&case.seller, "othershop", Some(&address)).expect_err("another shop answers");
    assert_eq!(error.code, Code::Invalid, "it is what was asked that is wrong: {error}");
    for words in ["harbor-and-pine.myshopify.com", "othershop.myshopify.com"] {
        assert!(error.message.contains(words), "both are named: {error}");
    }
    assert!(
        error.hint.is_some_and(|h| h.contains("Nothing was stored")),
        "and what came of it"
    );
    assert!(case.connections().is_empty(), "nothing was stored");
    let (connection, _) = connect(&case.seller, Shop::DEMO_HANDLE, Some(&address)).expect("by its own name");
    assert_eq!(
        connection.domain.as_deref(),
        Some("harbor-and-pine.myshopify.com"),
        "its own domain is kept, not the address it was reached at"
    );
}

#[test]
fn files_of_the_shop_become_part_of_its_connection_and_count_once_on_its_own_days() {
    let mut case = Case::new();
    let text = case.file(0, 12);
    case.import(None, Some("Asia/Tokyo"), "orders.jsonl", &text);
    let (connection, told) = connected(&case);
    assert_eq!(
        codes(&told),
        ["files_adopted", "files_recounted"],
        "it is told: {:?}",
        told.notes
    );
    assert!(
        told.notes[1].message.contains("Asia/Tokyo"),
        "with the zone before: {:?}",
        told.notes
    );
    assert_eq!(case.connections().len(), 1, "one connection");
    let adopted = case.seller.digest();
    case.seller.profile().rebuild().expect("a ledger made again");
    assert_eq!(
        case.seller.digest(),
        adopted,
        "the imported orders stand on the shop's days already"
    );
    case.sync(&connection);
    case.seller.is_true();
}

#[test]
fn files_of_another_shop_stay_apart() {
    let mut case = Case::new();
    let other = case.file(0, 5);
    // Ids of another shop: none that this one gave.
    let other = other
        .replace("gid://shopify/Order/", "gid://shopify/Order/9")
        .replace("gid://shopify/Product/", "gid://shopify/Product/9");
    case.import(None, Some("Europe/London"), "other.jsonl", &other);
    let files = case.connections()[0].clone();
    let (connection, told) = connected(&case);
    assert_ne!(connection.id, files.id, "a connection of its own");
    assert_eq!(codes(&told), ["files_apart"], "it is told: {:?}", told.notes);
    let still = case.connections().into_iter().find(|c| c.id == files.id);
    assert_eq!(
        still,
        Some(files),
        "the files' connection is as it was, zone and name too"
    );
    case.sync(&connection);
    assert_eq!(
        case.seller.orders().len(),
        case.orders().len(),
        "the shop's connection holds the shop's orders"
    );
}

#[test]
fn an_export_without_ids_is_known_by_names_and_seconds() {
    for (later, expected) in [(0, "files_adopted"), (61, "files_apart")] {
        let mut case = Case::new();
        let all = case.orders();
        let text = export(&all[..all.len().min(6)], later);
        case.import(None, None, "orders_export.csv", &text);
        let (connection, told) = connected(&case);
        assert!(codes(&told).contains(&expected), "{later} s: {:?}", told.notes);
        case.sync(&connection);
        if later == 0 {
            assert_eq!(case.seller.orders().len(), case.orders().len(), "every order once");
        }
    }
}

#[test]
fn every_set_of_files_that_the_shop_knows_becomes_part_of_its_connection() {
    let mut case = Case::new();
    // Of different zones, so that they do not become one by themselves.
    case.import(Some("A"), Some("Asia/Tokyo"), "a.jsonl", &case.file(0, 3));
    case.import(Some("B"), Some("Europe/London"), "b.jsonl", &case.file(0, 6));
    let (connection, told) = connected(&case);
    let adopted = codes(&told).iter().filter(|code| **code == "files_adopted").count();
    assert_eq!(adopted, 2, "both are told: {:?}", told.notes);
    assert_eq!(case.connections().len(), 1, "nothing is left beside the shop");
    assert_eq!(case.seller.orders().len(), 6, "each order once");
    let joined = case.seller.digest();
    case.seller.profile().rebuild().expect("a ledger made again");
    assert_eq!(case.seller.digest(), joined, "on the shop's days already");
    case.sync(&connection);
    case.seller.is_true();
}
