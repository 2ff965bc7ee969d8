//! Raw records come back byte for byte, with or without a dictionary, in versions.

use std::borrow::Cow;

use proptest::prelude::*;

use super::{Folder, key, record, shop};
use crate::connectors::{RawRecord, Source};
use crate::store::*;

fn open(folder: &Folder) -> (Store, ConnectionId) {
    let store = Store::open(&folder.file(), &key()).expect("a new file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    (store, connection)
}

/// A record with the sameness of real ones.
fn lifelike(n: u64) -> RawRecord {
    let noise = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let text = format!(
        "{{\"id\":\"gid://shopify/Order/{n}\",\"name\":\"#{n}\",\"processedAt\":\"2026-03-02T10:{:02}:{:02}Z\",\"currencyCode\":\
         \"USD\",\"totalPriceSet\":{{\"shopMoney\":{{\"amount\":\"{}.{:02}\",\"currencyCode\":\"USD\"}}}},\"token\":\"{noise:x}\"}}",
        n % 60,
        n / 60 % 60,
        noise % 1_000,
        noise % 100
    );
    record(&n.to_string(), 1, &text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_come_back(
        records in proptest::collection::vec((any::<String>(), any::<i64>(), proptest::collection::vec(any::<u8>(), 0..300)), 1..8),
        pressed in any::<bool>(),
    ) {
        let folder = Folder::new("raw-any");
        let (store, connection) = open(&folder);
        for (key, version, bytes) in records {
            let record = RawRecord {
                stream: "things".into(), key, facet: "whole".into(), source: Source::Export, version, bytes,
            };
            let given = record.clone();
            let press = store.press();
            let put = store.write_blocking(move |w| {
                if pressed {
                    let packed = press.pack(connection, &given)?;
                    w.put_packed(connection, None, &packed, 5)
                } else {
                    w.put_raw(connection, None, &given, 5)
                }
            }).expect("stored");
            let back = store.read_blocking(|r| r.raw(put.id)).expect("read");
            prop_assert_eq!(back.record, record, "a record comes back exactly as it came");
            prop_assert_eq!(back.fetched_at, 5, "with the time it was fetched");
        }
    }
}

#[test]
fn a_dictionary_is_trained_and_changes_no_byte() {
    let folder = Folder::new("dictionary");
    let (store, connection) = open(&folder);
    let press = store.press();
    let put = |from: u64, to: u64| {
        store
            .write_blocking(move |w| {
                for n in from..to {
                    w.put_raw(connection, None, &lifelike(n), 1)?;
                }
                Ok(())
            })
            .expect("stored");
    };
    let packed_size = || press.pack(connection, &lifelike(7)).expect("packed").body.len();
    let plain = packed_size();
    put(0, 350);
    assert_eq!(packed_size(), plain, "too few records for a dictionary");
    put(350, 450);
    let with_dictionary = packed_size();
    assert!(
        with_dictionary * 2 < plain,
        "the dictionary saves more than half: {with_dictionary} of {plain} bytes"
    );
    put(450, 900);
    let check = |store: &Store| {
        let mut seen = 0;
        store
            .read_blocking(|r| {
                r.each_thing(connection, "orders", |key, raws| {
                    let n: u64 = key.parse().expect("a number");
                    assert_eq!(raws.len(), 1, "one record of thing {n}");
                    assert_eq!(raws[0].record, lifelike(n), "record {n} is as it came");
                    seen += 1;
                    Ok(())
                })
            })
            .expect("read");
        assert_eq!(seen, 900, "every thing once");
    };
    check(&store);
    // Another process that opened the file before the dictionary was made learns of it when it meets it.
    let count = |r: &Read<'_>| {
        Ok(r.lane
            .sql
            .query_row("SELECT count(*) FROM dictionary", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(
        store.read_blocking(count).expect("read"),
        1,
        "one dictionary for one kind of record"
    );
    drop(store);
    let store = Store::open(&folder.file(), &key()).expect("the same file");
    check(&store);
    assert!(
        store
            .press()
            .pack(connection, &lifelike(7))
            .expect("packed")
            .dictionary
            .is_some(),
        "known after reopening"
    );
}

#[test]
fn another_process_learns_of_a_new_dictionary() {
    let folder = Folder::new("dictionary-two");
    let (first, connection) = open(&folder);
    let second = Store::open(&folder.file(), &key()).expect("another process");
    for from in [0, 450] {
        first
            .write_blocking(move |w| {
                for n in from..from + 450 {
                    w.put_raw(connection, None, &lifelike(n), 1)?;
                }
                Ok(())
            })
            .expect("stored");
    }
    let raws = second
        .read_blocking(|r| r.raws_of(connection, "orders", "899"))
        .expect("read");
    assert_eq!(
        raws[0].record,
        lifelike(899),
        "a record packed with a dictionary made after opening"
    );
}

#[test]
fn a_dictionary_of_a_step_that_failed_is_not_used() {
    let folder = Folder::new("dictionary-undone");
    let (store, connection) = open(&folder);
    let failed = store.write_blocking(move |w| {
        for n in 0..450 {
            w.put_raw(connection, None, &lifelike(n), 1)?;
        }
        Err::<(), _>(StoreError::Invalid("second thoughts".to_owned()))
    });
    assert!(failed.is_err(), "the step was given up");
    let packed = store.press().pack(connection, &lifelike(1)).expect("packed");
    assert_eq!(packed.dictionary, None, "its dictionary was never in the file");
    store
        .write_blocking(move |w| w.put_packed(connection, None, &packed, 1))
        .expect("stored");
    let raws = store
        .read_blocking(|r| r.raws_of(connection, "orders", "1"))
        .expect("read");
    assert_eq!(raws[0].record, lifelike(1), "and the record is whole");
}

#[test]
fn each_facet_and_source_has_a_current_record() {
    let folder = Folder::new("facets");
    let (store, connection) = open(&folder);
    let put = |facet: &'static str, source, version, at, text: &str| {
        let facet = Cow::Borrowed(facet);
        let record = RawRecord {
            facet,
            source,
            ..record("5", version, text)
        };
        store
            .write_blocking(move |w| w.put_raw(connection, None, &record, at))
            .expect("stored")
            .outcome
    };
    assert_eq!(
        put("order", Source::Page, 10, 1, "a"),
        Outcome::New,
        "the first of its facet and source"
    );
    assert_eq!(
        put("order", Source::Export, 10, 1, "b"),
        Outcome::New,
        "another source stands beside it"
    );
    assert_eq!(
        put("lines:2", Source::Page, 10, 1, "c"),
        Outcome::New,
        "another facet too"
    );
    assert_eq!(
        put("order", Source::Page, 10, 2, "d"),
        Outcome::Changed,
        "same version, fetched later"
    );
    assert_eq!(
        put("order", Source::Page, 10, 1, "e"),
        Outcome::Older,
        "same version, fetched earlier"
    );
    assert_eq!(
        put("order", Source::Page, 9, 9, "f"),
        Outcome::Older,
        "an older version fetched later"
    );
    assert_eq!(
        put("order", Source::Page, 10, 3, "a"),
        Outcome::Unchanged,
        "bytes known under this version"
    );
    let current: Vec<String> = store
        .read_blocking(|r| r.raws_of(connection, "orders", "5"))
        .expect("read")
        .into_iter()
        .map(|raw| String::from_utf8(raw.record.bytes).expect("text"))
        .collect();
    assert_eq!(current.len(), 3, "one per facet and source: {current:?}");
    for text in ["b", "c", "d"] {
        assert!(current.contains(&text.to_owned()), "{text} is current: {current:?}");
    }

    assert_eq!(
        put("note", Source::Export, 0, 1, "x"),
        Outcome::New,
        "a record without a version"
    );
    assert_eq!(
        put("note", Source::Export, 0, 2, "y"),
        Outcome::Changed,
        "says something else"
    );
    assert_eq!(
        put("note", Source::Export, 0, 3, "y"),
        Outcome::Unchanged,
        "the same again"
    );
    assert_eq!(
        put("note", Source::Export, 0, 4, "x"),
        Outcome::Changed,
        "going back is a change where no version is stated"
    );
}

#[test]
fn a_record_knows_the_answer_it_came_in() {
    let folder = Folder::new("answers");
    let (store, connection) = open(&folder);
    let answer = Answer {
        connection,
        run: Some(3),
        address: "https://shop.example/graphql.json".to_owned(),
        status: 200,
        headers: "{\"x-request-id\":\"1\"}".to_owned(),
        fetched_at: 77,
        size: 1_234,
        hash: [9; 32],
    };
    let given = answer.clone();
    let (with, without) = store
        .write_blocking(move |w| {
            let id = w.put_answer(&given)?;
            let with = w.put_raw(connection, Some(id), &record("1", 1, "{}"), 77)?;
            let without = w.put_raw(connection, None, &record("2", 1, "{}"), 77)?;
            Ok((with.id, without.id))
        })
        .expect("stored");
    assert_eq!(
        store.read_blocking(|r| r.answer_of(with)).expect("read"),
        Some(answer),
        "the answer as it was kept"
    );
    assert_eq!(
        store.read_blocking(|r| r.answer_of(without)).expect("read"),
        None,
        "a record may come without one"
    );
    let missing = store.read_blocking(|r| r.answer_of(99)).expect_err("no such record");
    assert_eq!(missing.code(), "not_found", "an unknown record is told: {missing}");
}

#[test]
fn an_answer_is_dated_by_its_own_header() {
    let answer = |headers: &str| Answer {
        connection: ConnectionId(1),
        run: None,
        address: String::new(),
        status: 200,
        headers: headers.to_owned(),
        fetched_at: 5,
        size: 0,
        hash: [0; 32],
    };
    let dated = answer(r#"{"date":"Sun, 22 Nov 2026 23:10:47 GMT"}"#).dated();
    assert_eq!(dated, Some(1_795_389_047), "as HTTP writes it");
    for none in ["{}", r#"{"date":"yesterday"}"#, "no headers"] {
        assert_eq!(answer(none).dated(), None, "{none} states no time");
    }
}
