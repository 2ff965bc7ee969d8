//! What the ledger costs: bytes per order, orders per second, time of scans and questions.
//!
//! `cargo bench -p countinghouse-core --bench ledger -- [ORDERS]` (200,000 unless said). Figures are ratios of one run on one
//! machine; nothing here fails for being slow.
#![allow(clippy::print_stdout, clippy::float_arithmetic, missing_docs)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]

mod rows;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use countinghouse_core::auth::vault::Key;
use countinghouse_core::connectors::{Channel, RawRecord};
use countinghouse_core::metrics::{Definition, contributions};
use countinghouse_core::model::{Day, Order, Zone};
use countinghouse_core::store::{
    ConnectionId, Group, NewConnection, OrderDays, OrderFilter, PackedRaw, Result, RollupDelta, RollupFilter, Store,
};

const BATCH: u64 = 2_000;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let total: u64 = std::env::args()
        .filter_map(|a| a.parse().ok())
        .next()
        .unwrap_or(200_000);
    let folder = std::env::temp_dir().join(format!("countinghouse-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = run(total, &folder);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn run(total: u64, folder: &Path) -> std::result::Result<(), Box<dyn std::error::Error>> {
    println!("{total} orders over {} days", world::DAYS);
    let sample: Vec<Order> = (0..1_000).map(|i| world::order(i * total / 1_000, total)).collect();
    let postings: usize = sample.iter().map(|o| o.postings.len()).sum();
    let lines: usize = sample.iter().map(|o| o.lines.len()).sum();
    let bytes: usize = sample.iter().map(|o| world::record(o).bytes.len()).sum();
    println!("an order: {bytes} B of JSON / 1000, {lines} lines / 1000, {postings} postings / 1000\n");
    forms(total, folder)?;
    ledger(total, folder)?;
    Ok(())
}

/// Packed blocks against a row per posting, nothing else stored.
fn forms(total: u64, folder: &Path) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let month = (
        (world::FIRST + 600 * 86_400) / 86_400,
        (world::FIRST + 630 * 86_400) / 86_400,
    );
    println!("form of the postings         bytes/order   orders/s   full scan   one month");
    let path = folder.join("rows.db");
    let mut rows = rows::Rows::create(&path)?;
    let made = timed_batches(total, |orders| Ok(rows.put(&orders)?))?;
    let scan = Instant::now();
    let sum = rows.sum_all()?;
    let scan = scan.elapsed();
    let span = Instant::now();
    rows.sum_span(month.0 * 86_400, month.1 * 86_400)?;
    let span = span.elapsed();
    let size: i64 = rows.sizes()?.iter().map(|(_, size)| size).sum();
    line("a row per posting", size, total, made, scan, span);
    for (name, size) in rows.sizes()? {
        println!("    {name:<24} {:>8.1}", size as f64 / total as f64);
    }
    drop(rows);

    let store = open(&folder.join("blocks.db"))?;
    let shop = connect(&store)?;
    let made = timed_batches(total, |orders| {
        store.write_blocking(move |w| {
            for order in &orders {
                let placed = order.placed_at.day(Zone::UTC);
                w.put_order(
                    shop,
                    order,
                    &OrderDays {
                        placed,
                        all: Vec::new(),
                    },
                )?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    let scan = Instant::now();
    let packed_sum = store.read_blocking(|r| {
        let mut sum = 0;
        r.each_order(None, |_, _, order| {
            sum += order.postings.iter().map(|p| p.micros).sum::<i64>();
            Ok(())
        })?;
        Ok(sum)
    })?;
    let scan = scan.elapsed();
    assert_eq!(sum, packed_sum, "both forms hold the same amounts");
    let span = Instant::now();
    store.read_blocking(|r| {
        let days = Day(month.0 as i32)..Day(month.1 as i32);
        r.each_order_placed(days, |_, _, order| {
            sum_of(&order);
            Ok(())
        })
    })?;
    let span = span.elapsed();
    let sizes = store.read_blocking(|r| r.sizes())?;
    let size: i64 = sizes.iter().map(|(_, size)| size).sum();
    line("one packed block per order", size, total, made, scan, span);
    for (name, size) in sizes.iter().filter(|(_, size)| size * 200 > size_of_all(&sizes)) {
        println!("    {name:<24} {:>8.1}", *size as f64 / total as f64);
    }
    println!();
    Ok(())
}

fn size_of_all(sizes: &[(String, i64)]) -> i64 {
    sizes.iter().map(|(_, size)| size).sum()
}

fn sum_of(order: &Order) -> i64 {
    order.postings.iter().map(|p| p.micros).sum()
}

fn line(name: &str, size: i64, total: u64, made: f64, scan: std::time::Duration, span: std::time::Duration) {
    println!(
        "{name:<28} {:>11.1} {:>10.0} {:>9.0}ms {:>9.1}ms",
        size as f64 / total as f64,
        total as f64 / made,
        scan.as_secs_f64() * 1e3,
        span.as_secs_f64() * 1e3
    );
}

/// Makes orders in batches on another thread and times only `take`.
fn timed_batches(
    total: u64,
    mut take: impl FnMut(Vec<Order>) -> std::result::Result<(), Box<dyn std::error::Error>>,
) -> std::result::Result<f64, Box<dyn std::error::Error>> {
    let (sender, receiver) = sync_channel::<Vec<Order>>(4);
    let maker = std::thread::spawn(move || {
        for from in (0..total).step_by(BATCH as usize) {
            let batch = (from..(from + BATCH).min(total))
                .map(|i| world::order(i, total))
                .collect();
            if sender.send(batch).is_err() {
                break;
            }
        }
    });
    let mut busy = 0.0;
    for batch in receiver {
        let start = Instant::now();
        take(batch)?;
        busy += start.elapsed().as_secs_f64();
    }
    maker.join().map_err(|_| "the maker's thread panicked")?;
    Ok(busy)
}

/// The whole of it: raw record, order, days, both roll-ups; then rebuilding and asking.
fn ledger(total: u64, folder: &Path) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = folder.join("ledger.db");
    let store = open(&path)?;
    let shop = connect(&store)?;
    let start = Instant::now();
    let mut writer = 0.0;
    // The bench's own making of records is not the ledger's work: it is timed and taken off.
    let (sender, receiver) = sync_channel::<(Vec<Order>, Vec<PackedRaw>, f64)>(3);
    let press = store.press();
    let maker = std::thread::spawn(move || {
        for from in (0..total).step_by(BATCH as usize) {
            let making = Instant::now();
            let orders: Vec<Order> = (from..(from + BATCH).min(total))
                .map(|i| world::order(i, total))
                .collect();
            let records: Vec<RawRecord> = orders.iter().map(world::record).collect();
            let making = making.elapsed().as_secs_f64();
            let packed: Vec<PackedRaw> = records.iter().filter_map(|r| press.pack(shop, r).ok()).collect();
            if sender.send((orders, packed, making)).is_err() {
                break;
            }
        }
    });
    let mut making = 0.0;
    for (orders, packed, made) in receiver {
        making += made;
        let busy = Instant::now();
        store.write_blocking(move |w| {
            let mut delta = RollupDelta::default();
            for (order, raw) in orders.iter().zip(&packed) {
                w.put_packed(shop, None, raw, order.updated_at.sort_key())?;
                let (business, products) = contributions(order, Zone::UTC);
                let days = OrderDays::of(order, Zone::UTC, &business);
                w.put_order(shop, order, &days)?;
                delta.add(shop, order, &business, &products, 1);
            }
            w.merge_rollups(&delta)
        })?;
        writer += busy.elapsed().as_secs_f64();
    }
    maker.join().map_err(|_| "the maker's thread panicked")?;
    let wall = start.elapsed().as_secs_f64();
    println!(
        "P1 ingest, durable and encrypted: {:.0} orders/s on the wall clock, {:.0}/s of writer time",
        total as f64 / wall,
        total as f64 / writer
    );
    println!(
        "   (two threads; making the invented records took {making:.1} s of the other one, so the wall clock is a floor)"
    );

    let plain = plain_insert(total.min(100_000), folder)?;
    println!(
        "P2 plain insert of the same bytes, same cipher: {plain:.0} orders/s; ratio {:.2}",
        total as f64 / writer / plain
    );

    let sizes = store.read_blocking(|r| r.sizes())?;
    let raw: i64 = sizes
        .iter()
        .filter(|(name, _)| name.starts_with("raw") || name == "dictionary")
        .map(|s| s.1)
        .sum();
    let rest = size_of_all(&sizes) - raw;
    println!(
        "P11 disk per order: raw {:.0} B, the rest {:.0} B",
        raw as f64 / total as f64,
        rest as f64 / total as f64
    );
    for (name, size) in sizes.iter().filter(|(_, size)| size * 200 > size_of_all(&sizes)) {
        println!("    {name:<24} {:>8.1}", *size as f64 / total as f64);
    }

    let begin = Instant::now();
    let mut bytes = 0;
    store.read_blocking(|r| {
        r.each_thing(shop, "orders", |_, raws| {
            bytes += raws.iter().map(|raw| raw.record.bytes.len()).sum::<usize>();
            Ok(())
        })
    })?;
    let took = begin.elapsed().as_secs_f64();
    println!(
        "P3 reading all raw records by key: {:.0} orders/s, {:.0} MB/s",
        total as f64 / took,
        bytes as f64 / took / 1e6
    );
    ask(&store, shop)
}

/// Questions of the screens, warm, as p50 and p95 of many periods.
fn ask(store: &Store, shop: ConnectionId) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let first = (world::FIRST / 86_400) as i32;
    let periods: Vec<std::ops::Range<Day>> = (0..40)
        .map(|n| {
            let (a, b) = (world::mix(n, 1) % 1_095, world::mix(n, 2) % 1_095);
            Day(first + a.min(b) as i32)..Day(first + a.max(b) as i32 + 1)
        })
        .chain([Day(first)..Day(first + 1_095)])
        .collect();
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut time = |name, work: &dyn Fn() -> Result<usize>| -> Result<()> {
        let start = Instant::now();
        work()?;
        times.entry(name).or_default().push(start.elapsed().as_secs_f64() * 1e3);
        Ok(())
    };
    for round in 0..2 {
        for (index, days) in periods.iter().enumerate() {
            let definition = Definition::ALL[index % 3];
            if round == 0 {
                store.read_blocking(|r| r.products_sold(definition, days.clone(), &RollupFilter::default()))?;
                continue;
            }
            let none = RollupFilter::default();
            let daily = Group {
                day: true,
                ..Group::default()
            };
            let channels = Group {
                sales_channel: true,
                connection: true,
                ..Group::default()
            };
            time("P4 by day", &|| {
                store.read_blocking(|r| Ok(r.daily(definition, days.clone(), &none, daily)?.len()))
            })?;
            time("P4 by channel", &|| {
                store.read_blocking(|r| Ok(r.daily(definition, days.clone(), &none, channels)?.len()))
            })?;
            time("P4 products", &|| {
                store.read_blocking(|r| Ok(r.products_sold(definition, days.clone(), &none)?.len()))
            })?;
            let one_day = days.start..days.start.plus(1);
            time("P9 orders of a day", &|| {
                let mut count = 0;
                store.read_blocking(|r| {
                    r.each_order_touching(one_day.clone(), |_, _, _| {
                        count += 1;
                        Ok(())
                    })
                })?;
                Ok(count)
            })?;
            let filter = OrderFilter {
                connection: Some(shop),
                placed: Some(days.clone()),
                ..OrderFilter::default()
            };
            time("list of 50 orders", &|| {
                store.read_blocking(|r| Ok(r.orders(&filter, 0, 50)?.len()))
            })?;
        }
    }
    for (name, mut all) in times {
        all.sort_by(f64::total_cmp);
        println!(
            "{name:<22} p50 {:>7.2} ms   p95 {:>7.2} ms",
            all[all.len() / 2],
            all[all.len() * 95 / 100]
        );
    }
    Ok(())
}

fn plain_insert(total: u64, folder: &Path) -> std::result::Result<f64, Box<dyn std::error::Error>> {
    let sql = rusqlite::Connection::open(folder.join("plain.db"))?;
    sql.execute_batch(&format!(
        "PRAGMA key = \"x'{}'\"; PRAGMA cipher_page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;
         CREATE TABLE raw (id INTEGER PRIMARY KEY, key INTEGER, body BLOB);",
        "07".repeat(32)
    ))?;
    let mut busy = 0.0;
    for from in (0..total).step_by(BATCH as usize) {
        let batch: Vec<RawRecord> = (from..(from + BATCH).min(total))
            .map(|i| world::record(&world::order(i, total)))
            .collect();
        let start = Instant::now();
        let step = sql.unchecked_transaction()?;
        let mut put = step.prepare_cached("INSERT INTO raw (key, body) VALUES (?1, ?2)")?;
        for record in &batch {
            put.execute(rusqlite::params![record.key, record.bytes])?;
        }
        drop(put);
        step.commit()?;
        busy += start.elapsed().as_secs_f64();
    }
    Ok(total as f64 / busy)
}

fn open(path: &Path) -> Result<Store> {
    Store::open(&PathBuf::from(path), &Key::from_bytes([7; 32]))
}

fn connect(store: &Store) -> Result<ConnectionId> {
    store.write_blocking(|w| {
        w.add_connection(&NewConnection {
            channel: Channel::Shopify,
            name: "Shop".to_owned(),
            endpoint: "https://shop.example".to_owned(),
            settings: serde_json::json!({}),
            created_at: 0,
        })
    })
}
