//! However many threads work for the ledger, it comes out the same to the last row number.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use countinghouse_core::app::{CostPolicy, ImportOptions, Profile, ProfileInfo};
use countinghouse_core::auth::vault::Key;
use countinghouse_core::clock::SteppedClock;
use countinghouse_core::connectors::Channel;
use countinghouse_core::store::{IssueFilter, Options};
use serde_json::{Value, json};

use crate::oracle::{Shopify, spec};
use crate::rig::{NoNetwork, deps};

/// Orders of a simulated shop as it shows them `days` before its present.
fn orders(days: i64) -> Vec<Value> {
    let mut spec = spec(31, 150, 1);
    spec.now.0 -= days * 86_400;
    let node = |body: &bytes::Bytes| {
        let answer: Value = serde_json::from_slice(body).expect("JSON");
        answer["data"]["orders"]["nodes"][0].clone()
    };
    Shopify::new(spec).orders().iter().map(node).collect()
}

/// Two files: orders as they were, of some two versions and one broken; then all as they are.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let (now, before) = (orders(0), orders(25));
    let twice = now
        .iter()
        .filter(|n| before.iter().any(|b| b["id"] == n["id"] && b != *n));
    assert!(
        before.len() > 120 && twice.count() > 10,
        "there is something to share out, some of it in two versions"
    );
    let mut first: Vec<Value> = before.iter().chain(now.iter().step_by(7)).cloned().collect();
    first[40]["totalPriceSet"]["shopMoney"]["amount"] = json!("twelve");
    let second: Vec<Value> = now.iter().rev().cloned().collect();
    let file = |nodes: Vec<Value>| Value::Array(nodes).to_string().into_bytes();
    vec![("orders", file(first)), ("orders", file(second))]
}

/// A profile whose ledger has `threads` to work for it, and its folder.
fn profile(threads: usize) -> (Profile, PathBuf) {
    let folder = std::env::temp_dir().join(format!("countinghouse-threads-{}-{threads}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let info = ProfileInfo {
        id: "shop".to_owned(),
        name: "Shop".to_owned(),
        demo: false,
        created_at: 0,
    };
    let options = Options {
        threads: NonZeroUsize::new(threads),
        ..Options::default()
    };
    let clock = Arc::new(SteppedClock::running(1_780_000_000));
    let deps = deps(clock, Arc::new(NoNetwork));
    let key = Key::from_bytes([7; 32]);
    let profile = Profile::open_with(info, folder.clone(), &key, deps, options).expect("the profile opens");
    (profile, folder)
}

/// Every order with its row number, records and postings, every issue, and what stands for the roll-ups.
fn state(profile: &Profile) -> String {
    let mut text = profile.digest().expect("a digest");
    let read = profile.store().read_blocking(|r| {
        r.each_order(None, |id, connection, order| {
            text.push_str(&format!("\n{id} {connection:?} {order:?}"));
            Ok(())
        })?;
        for issue in r.issues(&IssueFilter::default(), 0, 1_000)? {
            text.push_str(&format!("\n{issue:?}"));
        }
        Ok(())
    });
    read.expect("a state to read");
    text
}

/// What the ledger of `threads` is after each step.
fn course(files: &[(&str, Vec<u8>)], threads: usize) -> Vec<String> {
    let (profile, folder) = profile(threads);
    let mut states = Vec::new();
    for (stream, bytes) in files {
        let options = ImportOptions {
            stream: Some((*stream).to_owned()),
            zone: Some("America/New_York".parse().expect("a zone")),
            ..ImportOptions::default()
        };
        let report = profile.import(Channel::Shopify, "orders.json", bytes, &options);
        states.push(format!("{:?}\n{}", report.expect("a report"), state(&profile)));
    }
    let before = state(&profile);
    assert_eq!(
        profile.rebuild().expect("a rebuild").orders,
        0,
        "no order comes out different"
    );
    assert_eq!(
        state(&profile),
        before,
        "a rebuild with {threads} threads changes nothing"
    );
    profile.set_cost_policy(CostPolicy::Backdate).expect("a policy");
    profile
        .set_zone(Some("Asia/Tokyo".parse().expect("a zone")))
        .expect("a zone");
    states.push(state(&profile));
    drop(profile);
    let _ = std::fs::remove_dir_all(&folder);
    states
}

#[test]
fn the_ledger_is_the_same_whatever_the_number_of_threads() {
    let files = files();
    let alone = course(&files, 1);
    assert!(alone[0].contains("twelve"), "the broken record is told");
    for threads in [2, 5] {
        for (step, (one, many)) in alone.iter().zip(course(&files, threads)).enumerate() {
            assert!(
                *one == many,
                "step {step} of {threads} threads is what one thread alone makes"
            );
        }
    }
}
