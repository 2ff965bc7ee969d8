//! The schema as it is written down, every statement against it, and the views for people who open the file by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::orders::any_order;
use super::rollups::{take, tame};
use super::{Folder, key, record, shop};
use crate::connectors::{Channel, Source};
use crate::metrics::Definition;
use crate::metrics::catalog::Metric;
use crate::model::{Currency, Day, Location, Order, Product, Status, StockLevel, Variant};
use crate::store::lane::hex;
use crate::store::migrate::MIGRATIONS;
use crate::store::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(clippy::disallowed_methods, reason = "a test's switch, read where the test begins")]
fn updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|v| v == "1")
}

/// Compares with a file of `tests/snapshots`, or writes it where `UPDATE=1` is set.
fn snapshot(name: &str, text: &str) {
    let path = root().join("tests/snapshots").join(name);
    if updating() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the snapshots' folder");
        std::fs::write(&path, text).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        text, kept,
        "{name} differs from its snapshot; look at the difference, then run with UPDATE=1"
    );
}

fn open(folder: &Folder) -> Store {
    Store::open(&folder.file(), &key()).expect("a new file")
}

#[test]
fn the_schema_is_the_one_written_down() {
    let folder = Folder::new("schema");
    let text = open(&folder)
        .read_blocking(|r| {
            let mut all = r.lane.sql.prepare(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name",
            )?;
            let rows = all.query_map([], |row| row.get::<_, String>(0))?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })
        .expect("read");
    snapshot("schema.sql", &(text.join(";\n\n") + ";\n"));
}

/// Once a version is released its migrations are what users' files went through: the hashes are never refreshed then.
#[test]
fn released_migrations_are_never_edited() {
    let mut text = String::new();
    for (name, statements) in MIGRATIONS {
        let digest = ring::digest::digest(&ring::digest::SHA256, statements.as_bytes());
        text.push_str(&format!("{}  {name}.sql\n", hex(digest.as_ref())));
    }
    snapshot("migrations.sha256", &text);
    let mut files: Vec<String> = std::fs::read_dir(root().join("migrations"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let known: Vec<String> = MIGRATIONS.iter().map(|(name, _)| format!("{name}.sql")).collect();
    assert_eq!(
        files, known,
        "every file of the folder is applied, in the order of its number"
    );
}

/// String literals of a Rust source, as far as this folder writes them: plain ones, with escapes and line ends.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find('"') {
        let mut text = String::new();
        let mut chars = rest[start + 1..].char_indices();
        let end = loop {
            match chars.next() {
                Some((at, '"')) => break at,
                Some((_, '\\')) => {
                    chars.next();
                    text.push(' ');
                }
                Some((_, c)) => text.push(c),
                None => return found,
            }
        };
        found.push(text);
        rest = &rest[start + 1 + end + 1..];
    }
    found
}

/// Text constants of a Rust source, by name.
fn constants(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in source.split("const ").skip(1) {
        if let Some((name, rest)) = part.split_once(": &str =") {
            let text = literals(rest).into_iter().next().unwrap_or_default();
            found.push((name.to_owned(), text));
        }
    }
    found
}

fn sources(folder: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push((path.clone(), std::fs::read_to_string(&path).expect("text")));
        }
    }
}

#[test]
fn every_statement_can_be_prepared() {
    // What the statements' own places are filled with, beside the constants of their files.
    let fill = [
        ("{COLUMNS}", "id"),
        ("SELECT count(*) {from}", "SELECT count(*) FROM orders"),
        ("WHERE {text}", "WHERE 1 = 1"),
        ("WHERE {sold}", "WHERE d.orders <> 0"),
        (" {text}", " "),
        ("FROM orders {}", "FROM orders"),
        ("{order}", "id"),
        ("{column} = ?2", "v.sku = ?2"),
        ("{table}", "product_day"),
        ("connection, sku, currency, {}", "connection, sku, currency, units"),
        ("status, {} FROM daily", "status, orders FROM daily"),
    ];
    let folder = Folder::new("prepare");
    let store = open(&folder);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut statements: Vec<(PathBuf, String)> = Vec::new();
    sources(&here, "sql", &mut statements);
    let mut rust = Vec::new();
    sources(&here, "rs", &mut rust);
    for (path, source) in rust {
        let constants = constants(&source);
        for literal in literals(&source) {
            let mut text = literal.trim().to_owned();
            for (name, value) in &constants {
                text = text.replace(&format!("{{{name}}}"), value);
            }
            let verb = text.split_whitespace().next().unwrap_or_default();
            // The roll-ups' statements are put together from the measures' names; their own tests run every one of them.
            let made = path.ends_with("rollup/merge.rs") && text.contains('{');
            if ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb) && !made {
                for (from, to) in fill {
                    text = text.replace(from, to);
                }
                statements.push((path.clone(), text));
            }
        }
    }
    assert!(
        statements.len() > 60,
        "only {} statements were found: the search is broken",
        statements.len()
    );
    store
        .read_blocking(|r| {
            for (path, text) in &statements {
                for statement in text.split(';').filter(|s| !s.trim().is_empty()) {
                    let prepared = r.lane.sql.prepare(statement);
                    assert!(
                        prepared.is_ok(),
                        "{}: {:?}\n{statement}",
                        path.display(),
                        prepared.err()
                    );
                }
            }
            Ok(())
        })
        .expect("read");
}

#[test]
fn lookups_use_an_index() {
    let folder = Folder::new("plans");
    let store = open(&folder);
    for (statement, index) in [
        (
            "SELECT id FROM raw WHERE connection = 1 AND stream = 1 AND key = 5",
            "raw_thing",
        ),
        (
            "SELECT id FROM raw WHERE connection = 1 AND stream = 1 ORDER BY key DESC, facet, source",
            "raw_thing",
        ),
        ("SELECT id FROM orders WHERE connection = 1 AND key = 5", "orders_key"),
        (
            "SELECT id FROM orders WHERE connection = 1 AND name = '#1001'",
            "orders_name",
        ),
        (
            "SELECT id FROM orders WHERE +connection = 1 AND placed_at > 5 ORDER BY placed_at DESC",
            "orders_placed",
        ),
        (
            "SELECT id FROM orders WHERE connection = 1 AND key >= 'account-' AND key < 'account;'",
            "orders_key",
        ),
        (
            "SELECT order_id FROM order_day WHERE day >= 5 AND day < 6",
            "PRIMARY KEY",
        ),
        (
            "SELECT * FROM daily WHERE definition = 0 AND day >= 5 AND day < 6",
            "PRIMARY KEY",
        ),
        ("SELECT id FROM goods WHERE hash = 5 AND sku = ''", "goods_hash"),
        (
            "SELECT id FROM staged WHERE connection = 1 AND stream = 'orders' AND parent = 5",
            "staged_parent",
        ),
    ] {
        let plan: String = store
            .read_blocking(|r| {
                Ok(r.lane
                    .sql
                    .query_row(&format!("EXPLAIN QUERY PLAN {statement}"), [], |row| row.get(3))?)
            })
            .expect("a plan");
        assert!(
            plan.contains(index) && plan.starts_with("SEARCH"),
            "{statement}: {plan}"
        );
    }
}

/// A view's rows as texts, by column.
fn rows(store: &Store, statement: &str) -> Vec<BTreeMap<String, Option<String>>> {
    use rusqlite::types::ValueRef;
    store
        .read_blocking(|r| {
            let mut find = r.lane.sql.prepare(statement)?;
            let names: Vec<String> = find.column_names().into_iter().map(str::to_owned).collect();
            let mut rows = find.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let mut columns = BTreeMap::new();
                for (at, name) in names.iter().enumerate() {
                    let text = match row.get_ref(at)? {
                        ValueRef::Null => None,
                        ValueRef::Integer(n) => Some(n.to_string()),
                        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                        ValueRef::Blob(bytes) => Some(hex(bytes)),
                        ValueRef::Real(n) => panic!("{name} is the float {n}"),
                    };
                    assert!(
                        columns.insert(name.clone(), text).is_none(),
                        "column {name} is there twice"
                    );
                }
                found.push(columns);
            }
            Ok(found)
        })
        .expect("read")
}

fn name_of(currency: Currency) -> String {
    currency.code().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_metrics_view_tells_what_the_formulas_tell(
        orders in proptest::collection::vec((any_order(), any::<u8>(), 0_usize..3), 1..12),
    ) {
        let folder = Folder::new("view-metrics");
        let store = open(&folder);
        let connection = store.write_blocking(|w| w.add_connection(&shop())).expect("a connection");
        let codes = ["USD", "JPY", "KWD"];
        let orders: Vec<Order> = orders
            .into_iter()
            .map(|(order, number, at)| Order { currency: codes[at].parse().expect("a currency"), ..tame(order, number) })
            .collect();
        store.write_blocking(move |w| {
            let mut delta = RollupDelta::default();
            for order in &orders {
                take(w, connection, order, &mut delta)?;
            }
            w.merge_rollups(&delta)
        }).expect("stored");
        let group = Group { day: true, connection: true, sales_channel: true, status: true };
        let mut told = 0;
        for definition in Definition::ALL {
            let all = RollupFilter::default();
            for row in store.read_blocking(|r| r.daily(definition, Day(0)..Day(99_999), &all, group)).expect("read") {
                let found = rows(&store, &format!(
                    "SELECT * FROM unified_metrics_daily WHERE day = '{}' AND definition = '{}' AND currency = '{}'
                     AND status = '{}' AND sales_channel = CAST(x'{}' AS TEXT)",
                    row.day.expect("grouped by day"), definition.name(), row.currency,
                    row.status.expect("grouped by status").name(),
                    hex(row.sales_channel.as_deref().unwrap_or_default().as_bytes()),
                ));
                prop_assert_eq!(found.len(), 1, "one row of the view for one of the roll-up");
                for metric in [
                    Metric::GrossSales, Metric::Discounts, Metric::Refunds, Metric::NetSales, Metric::Shipping, Metric::Taxes,
                    Metric::Duties, Metric::Tips, Metric::GiftCards, Metric::TotalSales, Metric::AdSpend,
                    Metric::GrossProfit, Metric::Contribution, Metric::ContributionAfterAds, Metric::Orders, Metric::Units,
                    Metric::UnitsReturned,
                ] {
                    let expected = metric.value(definition, &row.measures).map(|v| v.text(row.currency));
                    let text = found[0].get(metric.name()).unwrap_or_else(|| panic!("no column {}", metric.name()));
                    prop_assert_eq!(text, &expected, "{} under {}", metric.name(), definition.name());
                }
                told += 1;
            }
        }
        let count: usize = rows(&store, "SELECT count(*) AS n FROM unified_metrics_daily")[0]["n"]
            .as_ref().expect("a count").parse().expect("a number");
        prop_assert_eq!(count, told, "the view has no row of its own");

        for definition in Definition::ALL {
            let sold = store
                .read_blocking(|r| r.products_sold(definition, Day(0)..Day(99_999), &RollupFilter::default()))
                .expect("read");
            for row in sold {
                let found = rows(&store, &format!(
                    "SELECT sum(units) AS units, sum(units_returned) AS returned FROM product_metrics
                     WHERE definition = '{}' AND currency = '{}' AND sku = CAST(x'{}' AS TEXT)",
                    definition.name(), name_of(row.currency), hex(row.sku.as_bytes())
                ));
                prop_assert_eq!(found[0]["units"].clone(), Some(row.measures.units.to_string()), "units of {}", row.sku);
                let returned = found[0]["returned"].clone();
                prop_assert_eq!(returned, Some(row.measures.units_returned.to_string()), "returns of {}", row.sku);
            }
        }
    }
}

#[test]
fn the_views_write_amounts_days_and_names_as_people_do() {
    let folder = Folder::new("views");
    let store = open(&folder);
    let rank = Rank {
        version: 7,
        source: Source::Page,
    };
    store
        .write_blocking(move |w| {
            let connection = w.add_connection(&shop())?;
            let mut known = w.connection(connection)?;
            known.currency = Some(Currency::USD);
            w.update_connection(&known)?;
            for (index, source) in [Source::Export, Source::Legacy, Source::Bulk, Source::Page]
                .into_iter()
                .enumerate()
            {
                let record = crate::connectors::RawRecord {
                    source,
                    ..record("9007199254740993", index as i64, "{}")
                };
                w.put_raw(connection, None, &record, 1_780_000_000)?;
            }
            w.put_raw(connection, None, &record("9007199254740993", 900, "{ }"), 1_780_000_000)?;
            for status in 0..7 {
                let mut order = super::orders::plain_order(i64::from(status), 1_780_000_000);
                order.status = Status::from_code(status).expect("a status");
                order.priced = status != 1;
                order.postings[0].micros = -4_000_000_000;
                take(w, connection, &order, &mut RollupDelta::default())?;
            }
            let variant = Variant {
                key: "31".into(),
                item: Some("41".into()),
                sku: "A".into(),
                title: "Red".into(),
                barcode: String::new(),
                price: Some(12_345_000),
            };
            let product = Product {
                key: "21".into(),
                title: "<b>Shirt</b>".into(),
                vendor: "V".into(),
                category: "C".into(),
                status: "active".into(),
                updated_at: 1_780_000_000,
                deleted: false,
                variants: vec![variant],
            };
            w.put_product(connection, rank, &product, true)?;
            let location = Location {
                key: "51".into(),
                name: "Attic".into(),
                active: true,
                country: None,
            };
            w.put_location(connection, rank, &location)?;
            let level = StockLevel {
                item: "41".into(),
                location: "51".into(),
                sku: "A".into(),
                active: true,
                quantities: vec![("on_hand".into(), 7), ("available".into(), -2)],
                updated_at: 1_780_000_000,
            };
            w.put_stock(connection, rank, &[level])?;
            Ok(())
        })
        .expect("stored");

    let orders = rows(&store, "SELECT * FROM unified_orders ORDER BY id");
    let statuses: Vec<_> = orders.iter().map(|o| o["status"].clone().unwrap_or_default()).collect();
    let names: Vec<_> = (0..7)
        .filter_map(Status::from_code)
        .map(|s| s.name().to_owned())
        .collect();
    assert_eq!(statuses, names, "statuses by the names of answers");
    assert_eq!(orders[0]["placed_day"].as_deref(), Some("2026-05-28"), "a day");
    assert_eq!(
        orders[0]["placed_at"].as_deref(),
        Some("2026-05-28T20:26:40Z"),
        "a moment"
    );
    assert_eq!(orders[0]["platform"].as_deref(), Some("shopify"), "the platform's name");
    assert!(
        orders[0]["net_sales"]
            .as_deref()
            .is_some_and(|t| t.starts_with("-39") && t.contains('.')),
        "{orders:?}"
    );
    assert_eq!(
        orders[1]["gross_sales"], None,
        "an order without a stated price has no amount, not zero"
    );

    let raws = rows(&store, "SELECT * FROM raw_shopify ORDER BY id");
    let sources: Vec<_> = raws.iter().map(|r| r["source"].clone().unwrap_or_default()).collect();
    assert_eq!(sources, ["export", "legacy", "bulk", "page", "page"], "sources by name");
    assert_eq!(
        raws[0]["record"].as_deref(),
        Some("9007199254740993"),
        "ids beyond 2^53 are whole"
    );
    assert_eq!(raws[0]["version"], None, "no version is no moment");
    let current: Vec<_> = raws.iter().map(|r| r["current"].clone().unwrap_or_default()).collect();
    assert_eq!(
        current,
        ["1", "1", "1", "0", "1"],
        "the newest version of each source is current"
    );
    let text = rows(
        &store,
        "SELECT raw_text(body, dictionary, size) AS text FROM raw_shopify WHERE id = 5",
    );
    assert_eq!(
        text[0]["text"].as_deref(),
        Some("{ }"),
        "the program's own connections unpack a record"
    );

    let products = rows(&store, "SELECT * FROM unified_products");
    assert_eq!(
        products[0]["price"].as_deref(),
        Some("12.35"),
        "half a cent goes away from zero"
    );
    assert_eq!(
        products[0]["product"].as_deref(),
        Some("<b>Shirt</b>"),
        "titles as they are"
    );
    let stock = rows(&store, "SELECT * FROM unified_inventory");
    assert_eq!(
        stock[0]["available"].as_deref(),
        Some("-2"),
        "quantities may be negative"
    );
    assert_eq!(stock[0]["incoming"], None, "an unstated quantity is unknown, not zero");
    assert_eq!(stock[0]["location"].as_deref(), Some("Attic"), "the location's name");
}

#[test]
fn the_views_know_every_currency_and_channel() {
    let folder = Folder::new("forms");
    let store = open(&folder);
    let known: BTreeMap<String, u32> = rows(&store, "SELECT code, decimals FROM currency_form")
        .into_iter()
        .map(|row| {
            let decimals = row["decimals"].as_deref().and_then(|n| n.parse().ok());
            (row["code"].clone().expect("a code"), decimals.expect("a number"))
        })
        .collect();
    let letters = || (b'A'..=b'Z').map(char::from);
    for code in letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}")))) {
        let currency: Currency = code.parse().expect("three letters");
        assert_eq!(
            known.get(&code).copied().unwrap_or(2),
            currency.exponent(),
            "decimals of {code}"
        );
    }
    let channels = rows(&store, "SELECT channel, name FROM platform ORDER BY channel");
    let expected: Vec<_> = Channel::ALL
        .iter()
        .map(|c| ((*c as u8).to_string(), c.name().to_owned()))
        .collect();
    let found: Vec<_> = channels
        .iter()
        .map(|row| {
            (
                row["channel"].clone().expect("a number"),
                row["name"].clone().expect("a name"),
            )
        })
        .collect();
    assert_eq!(found, expected, "every channel by its name");
}
