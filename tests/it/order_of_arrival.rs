//! However records arrive – in any order, twice, in older versions, in another shape – the ledger is the same.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::oracle::{Shopify, spec};
use crate::rig::Rig;

/// Order answers of a small world now and as they were 20 days before: the same orders in two versions.
fn bodies() -> Vec<Vec<u8>> {
    let now = spec(21, 60, 1);
    let mut before = now.clone();
    before.now.0 -= 20 * 86_400;
    let mut bodies = Vec::new();
    for spec in [now, before] {
        bodies.extend(Shopify::new(spec).orders().iter().map(|b| b.to_vec()));
    }
    bodies
}

fn digest_of<'a>(bodies: impl Iterator<Item = &'a Vec<u8>>) -> String {
    let rig = Rig::new();
    for body in bodies {
        rig.import_in("orders", "page.json", body, "America/New_York");
    }
    rig.profile.digest().expect("a digest")
}

#[test]
fn any_order_of_arrival_gives_the_same_ledger() {
    let bodies = bodies();
    assert!(bodies.len() > 80, "there is something to shuffle");
    let straight = digest_of(bodies.iter());
    assert_eq!(straight, digest_of(bodies.iter().rev()), "newest last or newest first");
    assert_eq!(
        straight,
        digest_of(bodies.iter().chain(bodies.iter())),
        "everything twice"
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 4,
        ..ProptestConfig::default()
    });
    let shuffled = Just(bodies.clone()).prop_shuffle();
    runner
        .run(&shuffled, |bodies| {
            prop_assert_eq!(&straight, &digest_of(bodies.iter()), "shuffled");
            Ok(())
        })
        .expect("any order of arrival gives the same ledger");
}

#[test]
fn a_rebuild_and_a_recount_change_nothing() {
    let rig = Rig::new();
    for body in bodies() {
        rig.import_in("orders", "page.json", &body, "America/New_York");
    }
    let before = rig.profile.digest().expect("a digest");
    assert_eq!(
        rig.profile.rebuild().expect("a rebuild").orders,
        0,
        "no order comes out different"
    );
    assert_eq!(before, rig.profile.digest().expect("a digest"), "rebuilt from raw");
    rig.profile.rebuild_measures().expect("a recount");
    assert_eq!(
        before,
        rig.profile.digest().expect("a digest"),
        "sums moved by differences equal sums counted anew"
    );
    rig.profile
        .set_zone(Some("Asia/Tokyo".parse().expect("a zone")))
        .expect("a zone");
    assert_ne!(
        before,
        rig.profile.digest().expect("a digest"),
        "another zone has other days"
    );
    rig.profile.set_zone(None).expect("no zone");
    assert_eq!(before, rig.profile.digest().expect("a digest"), "and back");
}

#[test]
fn a_broken_newer_version_takes_nothing_away() {
    let rig = Rig::new();
    let body = Shopify::new(spec(22, 30, 1)).orders()[0].to_vec();
    rig.import_in("orders", "page.json", &body, "America/New_York");
    let before = rig.profile.digest().expect("a digest");
    let mut answer: Value = serde_json::from_slice(&body).expect("JSON");
    let order = &mut answer["data"]["orders"]["nodes"][0];
    order["updatedAt"] = json!("2027-01-01T00:00:00Z");
    order["agreements"]["nodes"][0]["sales"]["nodes"][0]["totalAmount"]["shopMoney"]["amount"] = json!("twelve");
    let report = rig.import_in(
        "orders",
        "broken.json",
        answer.to_string().as_bytes(),
        "America/New_York",
    );
    assert_eq!(report.set_aside.len(), 1, "the broken record is told");
    let reason = &report.set_aside[0].reason;
    assert!(
        reason.contains("“twelve” is not an amount") && reason.contains("$.agreements"),
        "with its place: {reason}"
    );
    assert_eq!(
        before,
        rig.profile.digest().expect("a digest"),
        "what the earlier version said still counts, and no zero was guessed"
    );
}
