//! Personal data is planted wherever Amazon could send it, and then looked for: in every table of the opened database, in every
//! raw record, in every answer of the border, in the page that leaves the house.

use std::path::Path;

use countinghouse_core::api::dashboard::dashboard;
use countinghouse_core::api::{Class, Desk, LIST, answer};
use countinghouse_core::app::{ImportOptions, Profile};
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::amazon::AmazonFetcher;
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::connectors::fetch::Fetcher;
use countinghouse_core::report::dashboard_page;
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::amazon::AmazonSpec;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use super::personal::{SECRET, files};
use super::{NUMBER, US, import, item, order, page};
use crate::killed::{by_hand, test_key};
use crate::market::{Market, Seller};
use crate::oracle::spec;
use crate::rig::Rig;

/// What the simulator plants, and what its reports name of addresses.
const PLANTED: [&str; 7] = [
    SECRET,
    "Planted Person",
    "planted@marketplace.example",
    "1 Planted Street",
    "Plantville",
    "SPRINGFIELD",
    "97477",
];

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

/// The cells of all tables of the opened database, each with the name of its table.
fn cells(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let sql = by_hand(&folder.join("ledger.db"), &test_key());
    let mut names = sql
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .expect("a statement");
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("names");
    assert!(names.len() > 10, "the database has tables: {names:?}");
    let mut cells = Vec::new();
    for name in names {
        let mut all = sql.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a statement");
        let width = all.column_count();
        let mut rows = all.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for at in 0..width {
                let bytes = match row.get_ref(at).expect("a cell") {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                    ValueRef::Integer(number) => number.to_string().into_bytes(),
                    ValueRef::Real(number) => number.to_string().into_bytes(),
                    ValueRef::Null => continue,
                };
                cells.push((name.clone(), bytes));
            }
        }
    }
    cells
}

/// Every raw record as it came, with its key: the tables hold them packed.
fn raws(profile: &Profile) -> Vec<(String, Vec<u8>)> {
    let read = profile.store().read_blocking(|r| {
        let mut all = Vec::new();
        for connection in r.connections()? {
            for stream in AmazonFetcher.streams().iter().map(|stream| stream.name) {
                for key in r.keys_of(connection.id, stream)? {
                    for raw in r.raws_of(connection.id, stream, &key)? {
                        all.push((format!("raw {stream} {key}"), raw.record.bytes));
                    }
                }
            }
        }
        Ok(all)
    });
    read.expect("readable records")
}

/// Nothing of what was planted is among these, and what was not personal is.
fn nothing_of_it(all: &[(String, Vec<u8>)], kept: &str) {
    assert!(
        all.iter().any(|(_, bytes)| holds(bytes, kept)),
        "what is searched holds what was kept ({kept})"
    );
    for word in PLANTED {
        let found: Vec<&String> = all
            .iter()
            .filter(|(place, bytes)| holds(bytes, word) || place.contains(word))
            .map(|(place, _)| place)
            .collect();
        assert!(found.is_empty(), "“{word}” is in {found:?}");
    }
}

/// Every answer that reads, as far as it goes: pages of lists, the first orders in full, every raw record, figures by the days.
fn answers(rig: &Rig) -> Vec<(String, Vec<u8>)> {
    let desk = || Desk {
        app: &rig.app,
        profile: None,
    };
    let mut all = Vec::new();
    let mut keep = |command: &str, args: Value| -> Value {
        let told = match answer(desk(), Class::Read, command, args.clone()) {
            Ok(told) => told,
            Err(error) => json!(format!("{error:?}")),
        };
        all.push((format!("{command} {args}"), told.to_string().into_bytes()));
        told
    };
    let days = json!({"from": "2026-03-01", "to": "2026-03-31", "compare": "none", "definition": "order_totals", "channels": []});
    let filter = json!({"from": "2026-03-01", "to": "2026-03-31", "channels": [], "search": ""});
    let orders = keep("orders", json!({"filter": filter, "page": 0}));
    assert!(orders["rows"].is_array(), "the list of orders opens: {orders}");
    for row in orders["rows"].as_array().into_iter().flatten() {
        let told = keep("order", json!({"connection": row["connection"], "key": row["key"]}));
        assert!(told["lines"].is_array(), "an order opens: {told}");
    }
    let list = keep("raw_list", json!({"stream": null, "search": "", "page": 0}));
    assert!(list["rows"].is_array(), "the list of records opens: {list}");
    for row in list["rows"].as_array().into_iter().flatten() {
        keep("raw", json!({"id": row["id"]}));
    }
    keep("issues", json!({"page": 0}));
    keep("dashboard", days.clone());
    for command in LIST.iter().filter(|c| matches!(c.class, Class::Read)) {
        keep(command.name, json!({}));
    }
    let board = dashboard(desk(), serde_json::from_value(days).expect("arguments")).expect("a dashboard");
    all.push(("the page".to_owned(), dashboard_page("mine", &board).into_bytes()));
    all
}

#[test]
fn what_files_plant_is_in_no_table_record_answer_or_page() {
    let rig = Rig::new();
    for (name, text) in files() {
        assert!(text.contains(SECRET), "{name}: there is something to lose");
        let report = import(&rig, name, &text);
        assert!(report.new > 0 || report.unchanged > 0, "{name}: its records are kept");
        assert!(
            !format!("{report:?}").contains(SECRET),
            "{name}: the report does not tell it"
        );
    }
    // A record that cannot be read is told about, and still by nobody's name.
    let mut broken = order(
        "902-9",
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 1, "USD", Some("9,9.x"), None)],
    );
    broken["buyer"] = json!({"buyerName": SECRET});
    import(&rig, "broken.json", page(&[broken]));
    nothing_of_it(&cells(rig.profile.folder()), NUMBER);
    nothing_of_it(&raws(&rig.profile), NUMBER);
    let told = answers(&rig);
    nothing_of_it(&told, NUMBER);
    let issues = told.iter().find(|(command, _)| command.starts_with("issues"));
    assert!(
        issues.is_some_and(|(_, bytes)| holds(bytes, "902-9")),
        "the record that cannot be read is told"
    );
}

#[test]
fn what_a_sync_meets_is_in_no_table_and_no_record() {
    let account = Account {
        speed: 10_000,
        report_times: (0, 0),
        kiosk_times: (0, 0),
        ..Account::default()
    };
    let market = Market::selling_held(spec(3, 90, 2), AmazonSpec::new(200), account);
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::<&str>::new()));
    let heard = std::sync::Arc::clone(&seen);
    market.listen(move |_, bytes| {
        let met = PLANTED.iter().filter(|word| holds(bytes, word));
        heard.lock().expect("a lock").extend(met);
    });
    market.faults("plant-personal:searchOrders@*;plant-personal:getOrder@*");
    let mut seller = Seller::disconnected(market);
    seller
        .connect_amazon(Region::NorthAmerica)
        .expect("the account lets its app in");
    seller.run();
    for (name, text) in files() {
        let report = seller
            .profile()
            .import(Channel::Amazon, name, text.as_bytes(), &ImportOptions::default())
            .expect("the profile takes files");
        assert_eq!(report.refused, None, "{name} is taken");
    }
    let seen = seen.lock().expect("a lock").clone();
    for word in ["Planted Person", "planted@marketplace.example", "Plantville"] {
        assert!(seen.contains(&word), "Amazon sent “{word}”: {} answers", seen.len());
    }
    let kept = seller.orders().first().expect("an order came").key.clone();
    nothing_of_it(&cells(seller.folder()), &kept);
    nothing_of_it(&raws(seller.profile()), &kept);
}
