//! P1, P2, P3 and P11: orders into the ledger, all of it again, and what they take on disk.

use std::path::Path;
use std::time::Instant;

use chrono::Utc;
use countinghouse_core::app::Profile;
use countinghouse_core::auth::vault::Key;
use countinghouse_core::connectors::{Channel, ReadCtx};
use countinghouse_core::ledger::{Books, ingest};
use countinghouse_core::model::{CostBook, Zone};
use countinghouse_core::store::{Connection, ConnectionId, NewConnection, Store};
use serde_json::json;

use crate::answers::{NOW, Spool};
use crate::table::{load, memory, note, row};

/// Orders in a transaction.
const BATCH: usize = 2_000;

fn zone() -> Zone {
    "America/New_York".parse().unwrap()
}

fn connect(store: &Store) -> ConnectionId {
    let new = NewConnection {
        channel: Channel::Shopify,
        name: "Perf".into(),
        endpoint: String::new(),
        settings: json!({}),
        created_at: 0,
    };
    let made = store.write_blocking(move |w| {
        let id = w.add_connection(&new)?;
        let own = Connection {
            zone: Some(zone()),
            ..w.connection(id)?
        };
        w.update_connection(&own)?;
        Ok(id)
    });
    made.unwrap()
}

/// Seconds spent in `take` for all records of `spool`; reading them is not counted.
fn timed(spool: &Spool, mut take: impl FnMut(Vec<countinghouse_core::connectors::RawRecord>)) -> f64 {
    let mut busy = 0.0;
    for batch in spool.batches(BATCH) {
        let began = Instant::now();
        take(batch);
        busy += began.elapsed().as_secs_f64();
    }
    busy
}

/// P1: raw, orders, postings, roll-ups; a transaction per batch, durable, encrypted. Seconds.
fn take_in(profile: &Profile, spool: &Spool) -> f64 {
    let books = Books {
        connection: connect(profile.store()),
        channel: Channel::Shopify,
        ctx: ReadCtx {
            zone: zone(),
            currency: None,
            reads_ledger: true,
        },
        zone: zone(),
        costs: CostBook::default(),
    };
    timed(spool, |batch| {
        let books = books.clone();
        let work = profile
            .store()
            .write_blocking(move |w| ingest(w, &books, None, &batch, NOW));
        assert_eq!(work.unwrap().troubles, [], "every record is understood");
    })
}

/// The same bytes as they are into one table of a file under the same cipher: key and body. Seconds.
fn plain(home: &Path, spool: &Spool) -> f64 {
    let sql = rusqlite::Connection::open(home.join("plain.db")).unwrap();
    let set_up = format!(
        "PRAGMA key = \"x'{}'\"; PRAGMA cipher_page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096;
         CREATE TABLE raw (id INTEGER PRIMARY KEY, key INTEGER, body BLOB);",
        "07".repeat(32)
    );
    sql.execute_batch(&set_up).unwrap();
    timed(spool, |batch| {
        let step = sql.unchecked_transaction().unwrap();
        let mut put = step
            .prepare_cached("INSERT INTO raw (key, body) VALUES (?1, ?2)")
            .unwrap();
        for record in &batch {
            put.execute(rusqlite::params![record.key, record.bytes]).unwrap();
        }
        drop(put);
        step.commit().unwrap();
    })
}

/// The same bytes as raw records of ours and nothing else: hashed, compressed, found again by key. Seconds.
fn raw_only(home: &Path, spool: &Spool) -> f64 {
    let store = Store::open(&home.join("raw.db"), &Key::from_bytes([7; 32])).unwrap();
    let connection = connect(&store);
    timed(spool, |batch| {
        let work = store.write_blocking(move |w| {
            for record in &batch {
                w.put_raw(connection, None, record, NOW)?;
            }
            Ok(())
        });
        work.unwrap();
    })
}

fn rate(count: usize, seconds: f64) -> String {
    format!("{:.0} orders/s", count as f64 / seconds)
}

/// Ingests into `profile` and measures.
pub(crate) fn measure(profile: &Profile, home: &Path, spool: &Spool) {
    let count = spool.count;
    println!(
        "{count} orders, {} of them the simulated shop's own answers, {} bytes of JSON in the mean, load {}, {}",
        spool.own,
        spool.mean,
        load(),
        Utc::now().format("%F %H:%M")
    );
    let before = memory("VmHWM");
    let ours = take_in(profile, spool);
    let peak = memory("VmHWM");
    let per_second = count as f64 / ours;
    row(
        "P1",
        "ingest",
        &rate(count, ours),
        "10,000 orders/s",
        per_second / 10_000.0,
    );
    let plain = plain(home, spool);
    let ratio = plain / ours;
    row(
        "P2",
        "against a plain insert of the bytes",
        &format!("{ratio:.2} ({})", rate(count, plain)),
        ">= 0.5",
        ratio / 0.5,
    );
    let raw_only = raw_only(home, spool);
    note(
        "against our raw records only",
        &format!("{:.2} ({})", raw_only / ours, rate(count, raw_only)),
    );
    let again = take_in_again(profile, spool);
    note("the same records again", &rate(count, again));
    row(
        "P10",
        "peak memory while ingesting",
        &format!("{peak:.0} MB ({before:.0} MB before)"),
        "<= 400 MB",
        400.0 / peak,
    );

    let sizes = profile.store().read_blocking(|r| r.sizes()).unwrap();
    let of = |raw: bool| {
        let is_raw = |name: &str| name.starts_with("raw") || name == "dictionary";
        let of = sizes.iter().filter(|(name, _)| is_raw(name) == raw);
        of.map(|(_, bytes)| bytes).sum::<i64>() as f64 / count as f64
    };
    let (raw, rest) = (of(true), of(false));
    row(
        "P11",
        "disk per order",
        &format!("{raw:.0} B raw + {rest:.0} B the rest"),
        "<= 1,200 B + 600 B",
        (1_200.0 / raw).min(600.0 / rest),
    );

    let began = Instant::now();
    let rebuilt = profile.rebuild().unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(rebuilt.orders, 0, "a rebuild changes nothing");
    let million = seconds * 1e6 / count as f64;
    row(
        "P3",
        "rebuild all from raw",
        &format!("{million:.1} s per 1M orders"),
        "<= 40 s",
        40.0 / million,
    );
    let began = Instant::now();
    profile.rebuild_measures().unwrap();
    let seconds = began.elapsed().as_secs_f64();
    let lines = lines(profile);
    let million = seconds * 1e6 / lines as f64;
    row(
        "P3",
        "only measures",
        &format!(
            "{million:.2} s per 1M lines ({:.1} an order)",
            lines as f64 / count as f64
        ),
        "<= 1.5 s",
        1.5 / million,
    );
}

fn lines(profile: &Profile) -> usize {
    let mut lines = 0;
    let counted = profile.store().read_blocking(|r| {
        r.each_order(None, |_, _, order| {
            lines += order.lines.len();
            Ok(())
        })
    });
    counted.unwrap();
    lines
}

/// Everything again: nothing changes. Seconds.
fn take_in_again(profile: &Profile, spool: &Spool) -> f64 {
    let connections = profile.store().read_blocking(|r| r.connections()).unwrap();
    let books = Books {
        connection: connections[0].id,
        channel: Channel::Shopify,
        ctx: ReadCtx {
            zone: zone(),
            currency: None,
            reads_ledger: true,
        },
        zone: zone(),
        costs: CostBook::default(),
    };
    timed(spool, |batch| {
        let (books, count) = (books.clone(), batch.len() as u64);
        let work = profile
            .store()
            .write_blocking(move |w| ingest(w, &books, None, &batch, NOW));
        assert_eq!(work.unwrap().unchanged, count, "nothing changes");
    })
}
