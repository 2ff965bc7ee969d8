//! Full disks, damaged, foreign and newer files, errors and panics in the middle: each told apart, nothing lost.

use std::path::Path;
use std::time::Duration;

use super::orders::plain_order;
use super::rollups::take;
use super::{Folder, key, record, shop};
use crate::store::lane::Lane;
use crate::store::*;

/// A closed file with two hundred orders in it.
fn filled(folder: &Folder) {
    let store = Store::open(&folder.file(), &key()).expect("a new file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    store
        .write_blocking(move |w| {
            let mut delta = RollupDelta::default();
            for n in 0..200 {
                let order = plain_order(n, 1_780_000_000 + n * 9_000);
                w.put_raw(connection, None, &record(&order.key, 1, &format!("{{\"n\":{n}}}")), 1)?;
                take(w, connection, &order, &mut delta)?;
            }
            w.merge_rollups(&delta)
        })
        .expect("stored");
}

fn open(path: &Path) -> Result<Store> {
    Store::open(path, &key())
}

fn count(store: &Store) -> Result<u64> {
    store.read_blocking(|r| r.count_orders(&OrderFilter::default()))
}

#[test]
fn a_file_of_another_key_is_refused_and_left_alone() {
    let folder = Folder::new("other-key");
    filled(&folder);
    let before = std::fs::read(folder.file()).expect("the file");
    let error = Store::open(&folder.file(), &Key::from_bytes([8; 32])).expect_err("another key");
    assert!(matches!(error, StoreError::WrongKey(_)), "told as a wrong key: {error}");
    assert_eq!(error.code(), "locked", "the screens ask for the right passphrase");
    assert_eq!(
        std::fs::read(folder.file()).expect("the file"),
        before,
        "the file is as it was"
    );
    assert_eq!(
        count(&open(&folder.file()).expect("the right key")).expect("read"),
        200,
        "and opens with its own key"
    );
}

#[test]
fn a_foreign_file_is_refused_and_left_alone() {
    let folder = Folder::new("foreign");
    let plain = rusqlite::Connection::open(folder.file()).expect("a file of plain SQLite");
    plain
        .execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');")
        .expect("written");
    drop(plain);
    let before = std::fs::read(folder.file()).expect("the file");
    let error = open(&folder.file()).expect_err("not ours");
    assert!(matches!(error, StoreError::Foreign(_)), "told as foreign: {error}");
    assert_eq!(
        std::fs::read(folder.file()).expect("the file"),
        before,
        "the file is as it was"
    );

    std::fs::write(folder.file(), b"PK\x03\x04").expect("written");
    assert!(
        matches!(open(&folder.file()), Err(StoreError::Foreign(_))),
        "a few bytes of something else"
    );
    std::fs::write(folder.file(), vec![0xA5; 40_000]).expect("written");
    assert!(
        matches!(open(&folder.file()), Err(StoreError::WrongKey(_))),
        "noise may be a file of another key"
    );

    let folder = Folder::new("foreign-encrypted");
    let options = Options::default();
    let lane = Lane::open(&folder.file(), &key(), &options, lane::Role::Writer, Default::default()).expect("a file");
    lane.sql
        .execute_batch("CREATE TABLE notes (text TEXT) STRICT")
        .expect("written");
    drop(lane);
    assert!(
        matches!(open(&folder.file()), Err(StoreError::Foreign(_))),
        "our key, another program's tables"
    );
}

#[test]
fn a_file_of_a_newer_program_is_refused_and_left_alone() {
    let folder = Folder::new("newer");
    filled(&folder);
    let store = open(&folder.file()).expect("ours");
    store
        .write_blocking(|w| Ok(w.lane.sql.pragma_update(None, "user_version", 99)?))
        .expect("written");
    drop(store);
    let error = open(&folder.file()).expect_err("newer");
    assert!(
        matches!(error, StoreError::TooNew { found: 99, .. }),
        "told as newer: {error}"
    );
    assert_eq!(error.code(), "database_too_new", "the screens offer an update");
    assert!(
        error.to_string().contains("Update the program"),
        "the text names the next step: {error}"
    );
}

#[test]
fn damage_is_told_wherever_it_is() {
    let folder = Folder::new("damage");
    filled(&folder);
    let good = std::fs::read(folder.file()).expect("the file");
    let pages = good.len() / 8192;
    assert!(pages > 8, "the test needs a file of several pages, not {pages}");
    let read_all = || -> Result<usize> {
        let store = open(&folder.file())?;
        let mut seen = 0;
        store.read_blocking(|r| {
            r.each_order(None, |_, _, _| {
                seen += 1;
                Ok(())
            })?;
            r.each_thing(ConnectionId(1), "orders", |_, _| Ok(()))?;
            r.sizes().map(drop)
        })?;
        Ok(seen)
    };
    assert_eq!(read_all().expect("the good file"), 200, "everything is there before");
    for page in 0..pages {
        let mut bad = good.clone();
        bad[page * 8192 + 4_321] ^= 0x10;
        std::fs::write(folder.file(), &bad).expect("written");
        let error = read_all().expect_err("one flipped bit");
        assert!(
            matches!(error, StoreError::Corrupt(_)),
            "page {page}: told as damage, not {error:?}"
        );
    }
    for pages in [1, pages / 2, pages - 1] {
        std::fs::write(folder.file(), &good[..pages * 8192]).expect("written");
        let error = read_all().expect_err("a cut file");
        assert!(
            matches!(error, StoreError::Corrupt(_)),
            "cut to {pages} pages: told as damage, not {error:?}"
        );
    }
    std::fs::write(folder.file(), &good).expect("written");
    assert_eq!(read_all().expect("the good file"), 200, "the good file still opens");
}

#[test]
fn looking_through_the_file_finds_damage_that_no_question_met() {
    let folder = Folder::new("check");
    filled(&folder);
    let store = open(&folder.file()).expect("ours");
    assert_eq!(
        store.read_blocking(|r| r.check()).expect("looked"),
        Vec::<String>::new(),
        "a good file"
    );
    drop(store);
    let mut bytes = std::fs::read(folder.file()).expect("the file");
    let last = bytes.len() - 8192 + 4_000;
    bytes[last] ^= 1;
    std::fs::write(folder.file(), &bytes).expect("written");
    let store = open(&folder.file()).expect("opens: the page is not needed for that");
    let found = store.read_blocking(|r| r.check());
    assert!(
        found.map_or(true, |lines| !lines.is_empty()),
        "the damaged page is found"
    );
}

#[test]
fn a_file_with_content_is_copied_before_it_is_brought_up_to_date() {
    use crate::store::migrate::{KNOWN, MIGRATIONS};
    let folder = Folder::new("copy");
    let old = Lane::open(
        &folder.file(),
        &key(),
        &Options::default(),
        lane::Role::Writer,
        Default::default(),
    );
    let old = old.expect("a file");
    old.sql.execute_batch(MIGRATIONS[0].1).expect("the first schema");
    old.sql
        .execute_batch(
            "INSERT INTO setting VALUES ('kept', '1'); PRAGMA application_id = 1131702088; PRAGMA user_version = 1;",
        )
        .expect("content");
    drop(old);
    let store = open(&folder.file()).expect("brought up to date");
    let version = |path: &Path| {
        let lane = Lane::open(
            path,
            &key(),
            &Options::default(),
            lane::Role::Reader,
            Default::default(),
        )
        .expect("opens");
        let kept: String = lane
            .sql
            .query_row("SELECT value FROM setting WHERE name = 'kept'", [], |row| row.get(0))
            .expect("kept");
        assert_eq!(kept, "1", "content is in {}", path.display());
        lane.sql
            .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
            .expect("a version")
    };
    assert_eq!(version(&folder.file()), KNOWN, "the file is of this program's version");
    let copy = folder.file().with_file_name("ledger.db.before-2");
    assert_eq!(version(&copy), 1, "the copy is as the file was");
    drop(store);
    std::fs::remove_file(&copy).expect("removed");
    drop(open(&folder.file()).expect("opens again"));
    assert!(!copy.exists(), "a file that is up to date is not copied");
}

#[test]
fn a_record_that_is_not_what_was_stored_is_told() {
    let folder = Folder::new("hash");
    filled(&folder);
    let store = open(&folder.file()).expect("ours");
    store
        .write_blocking(|w| {
            Ok(w.lane
                .sql
                .execute_batch("UPDATE raw SET hash = zeroblob(16) WHERE id = 7")?)
        })
        .expect("written");
    let error = store.read_blocking(|r| r.raw(7)).expect_err("the hash does not fit");
    assert!(
        error.to_string().contains("raw record 7"),
        "the record is named: {error}"
    );
    assert!(store.read_blocking(|r| r.raw(8)).is_ok(), "the others are fine");
}

#[test]
fn a_full_disk_stores_all_of_a_step_or_nothing() {
    let folder = Folder::new("full");
    filled(&folder);
    let pages = (std::fs::metadata(folder.file()).expect("the file").len() / 8192) as u32;
    let options = Options {
        max_pages: Some(pages + 6),
        ..Options::default()
    };
    let store = Store::open_with(&folder.file(), &key(), options).expect("opens");
    let connection = ConnectionId(1);
    let put = |from: i64, to: i64| {
        store.write_blocking(move |w| {
            for n in from..to {
                let mut order = plain_order(n, 1_780_000_000);
                order.sales_channel = format!("Channel {n}");
                take(w, connection, &order, &mut RollupDelta::default())?;
            }
            Ok(())
        })
    };
    let error = put(1_000, 3_000).expect_err("two thousand orders do not fit");
    assert!(matches!(error, StoreError::DiskFull), "told as a full disk: {error}");
    assert_eq!(error.code(), "disk_full", "the screens say so");
    assert_eq!(count(&store).expect("read"), 200, "nothing of the step stayed");
    put(1_000, 1_010).expect("a small step still fits, with words the failed one had given numbers to");
    assert_eq!(count(&store).expect("read"), 210, "and is there");
    let found = store
        .read_blocking(|r| r.order(connection, &plain_order(1_005, 0).key))
        .expect("read");
    assert_eq!(
        found.expect("stored").sales_channel,
        "Channel 1005",
        "its words are its own"
    );
}

#[test]
fn errors_and_panics_undo_the_whole_step() {
    let folder = Folder::new("undo");
    let store = open(&folder.file()).expect("a new file");
    let refused = store.write_blocking(|w| {
        w.add_connection(&shop())?;
        Err::<(), _>(StoreError::refused(std::io::Error::other("second thoughts")))
    });
    assert_eq!(
        refused.expect_err("given up").to_string(),
        "second thoughts",
        "the caller's own reason comes back"
    );
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write_blocking(|w| {
            w.add_connection(&shop())?;
            if w.connections()?.len() == 1 {
                panic!("a defect");
            }
            Ok(())
        })
    }));
    assert!(panicked.is_err(), "the panic reaches the caller");
    assert!(
        store.read_blocking(|r| r.connections()).expect("read").is_empty(),
        "neither step left anything"
    );
    store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("the writer goes on");
}

#[test]
fn a_locked_file_is_told_as_busy() {
    let folder = Folder::new("busy");
    filled(&folder);
    let options = Options {
        patience: Duration::ZERO,
        ..Options::default()
    };
    let store = Store::open_with(&folder.file(), &key(), options).expect("opens");
    let other = Lane::open(
        &folder.file(),
        &key(),
        &Options::default(),
        lane::Role::Writer,
        Default::default(),
    );
    let other = other.expect("another process");
    other.sql.execute_batch("BEGIN IMMEDIATE").expect("it writes");
    let error = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect_err("the file is taken");
    assert_eq!(error.code(), "busy", "told as busy: {error}");
    assert_eq!(
        count(&store).expect("reading goes on"),
        200,
        "readers do not wait for a writer"
    );
    other.sql.execute_batch("ROLLBACK").expect("it is done");
    store.write_blocking(|w| w.add_connection(&shop())).expect("free again");
}

#[test]
fn nothing_readable_lies_in_the_file() {
    let folder = Folder::new("sealed");
    let store = open(&folder.file()).expect("a new file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    store
        .write_blocking(move |w| w.put_raw(connection, None, &record("1", 1, "planted planted planted"), 1))
        .expect("stored");
    for name in ["ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(folder.file().with_file_name(name)).expect("the file");
        for word in [&b"planted"[..], b"orders", b"CREATE TABLE", b"shop.example"] {
            assert!(
                !bytes.windows(word.len()).any(|w| w == word),
                "{name} shows {:?}",
                String::from_utf8_lossy(word)
            );
        }
    }
}

#[tokio::test]
async fn async_and_blocking_calls_see_the_same_ledger() {
    let folder = Folder::new("async");
    let store = open(&folder.file()).expect("a new file");
    let id = store.write(|w| w.add_connection(&shop())).await.expect("a connection");
    let found = store.read(move |r| r.connection(id)).await.expect("the connection");
    assert_eq!(found.id, id, "read after an awaited write");
    let missing = store
        .read(|r| r.connection(ConnectionId(99)))
        .await
        .expect_err("no such connection");
    assert_eq!(missing.code(), "not_found", "told as missing: {missing}");
}
