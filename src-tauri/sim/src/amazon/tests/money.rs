//! Transactions.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::rig::{Rig, decimal};
use crate::world::Second;
use crate::world::amazon::{Held, Marketplace, Region};

const LIST: &str = "/finances/2024-06-19/transactions";

fn all(rig: &Rig, query: &str) -> Vec<Value> {
    rig.pages(
        &format!("{LIST}?{query}"),
        "/payload/transactions",
        "/payload/nextToken",
        "nextToken",
    )
}

fn related<'v>(moved: &'v Value, name: &str) -> Option<&'v str> {
    let list = moved["relatedIdentifiers"].as_array()?;
    let own = list.iter().find(|row| row["relatedIdentifierName"] == name)?;
    own["relatedIdentifierValue"].as_str()
}

/// Leaves of a tree with their amounts in text.
fn leaves(tree: &Value, into: &mut Vec<(String, Decimal)>) {
    for node in tree.as_array().into_iter().flatten() {
        match node["breakdowns"].as_array() {
            Some(inner) if !inner.is_empty() => leaves(&node["breakdowns"], into),
            _ => into.push((
                node["breakdownType"].as_str().expect("a name").to_owned(),
                decimal(&node["breakdownAmount"]["currencyAmount"]),
            )),
        }
    }
}

#[test]
fn all_money_is_listed_and_its_trees_add_up() {
    for region in Region::ALL {
        let rig = Rig::new(region);
        let from = Second(rig.now() - 60 * 86_400);
        let listed = all(&rig, &format!("postedAfter={}", from.iso()));
        let markets: Vec<Marketplace> = region.marketplaces().collect();
        let keys = rig
            .seller()
            .money(&markets, from, Second(rig.now() - 120), None, 1_000_000);
        let wanted: BTreeMap<String, _> = keys
            .iter()
            .filter_map(|key| rig.seller().transaction(key))
            .map(|moved| (moved.id.clone(), moved))
            .collect();
        let ids: BTreeSet<&str> = listed
            .iter()
            .filter_map(|moved| moved["transactionId"].as_str())
            .collect();
        assert_eq!(
            (listed.len(), ids.len()),
            (wanted.len(), wanted.len()),
            "every transaction, once"
        );
        for moved in &listed {
            let own = &wanted[moved["transactionId"].as_str().expect("an id")];
            let total = decimal(&moved["totalAmount"]["currencyAmount"]);
            assert_eq!(
                total,
                own.market.currency().decimal(own.total()),
                "the total of {}",
                own.id
            );
            let mut parts = Vec::new();
            let items = moved["items"].as_array().cloned().unwrap_or_default();
            items.iter().for_each(|item| leaves(&item["breakdowns"], &mut parts));
            if items.is_empty() {
                leaves(&moved["breakdowns"], &mut parts);
            }
            let sum: Decimal = parts.iter().map(|(_, amount)| amount).sum();
            assert_eq!(sum, total, "the leaves of {} add up: {parts:?}", own.id);
            let names: BTreeSet<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
            let told: BTreeSet<&str> = own.all_parts().map(|part| part.name).collect();
            assert_eq!(names, told, "by their names");
        }
    }
}

#[test]
fn held_money_is_let_go_and_says_so_on_both_sides() {
    let mut rig = Rig::new(Region::Na);
    let from = Second(rig.now() - 12 * 86_400);
    let query = format!(
        "postedAfter={}&postedBefore={}",
        from.iso(),
        Second(rig.now() - 4 * 86_400).iso()
    );
    let held = all(&rig, &format!("{query}&transactionStatus=DEFERRED"));
    assert!(held.len() > 10, "some money is held: {}", held.len());
    for moved in &held {
        assert_eq!(moved["contexts"][0]["deferralReason"], "DD7", "and says why");
        assert!(moved["contexts"][0]["maturityDate"].is_string(), "and until when");
    }
    rig.pass(20 * 86_400);
    rig.log_in();
    let later = all(&rig, &format!("{query}&transactionStatus=DEFERRED_RELEASED"));
    let mut found = 0;
    for moved in &held {
        let id = moved["transactionId"].as_str().expect("an id");
        let own = later
            .iter()
            .find(|later| later["transactionId"] == id)
            .expect("held money is let go");
        assert_eq!(own["postedDate"], moved["postedDate"], "with its first date");
        let order = related(own, "ORDER_ID").expect("an order");
        let path = format!("{LIST}?relatedIdentifierName=ORDER_ID&relatedIdentifierValue={order}");
        let of_order = rig.get(&path);
        let twin = of_order["payload"]["transactions"].as_array().expect("a list").iter();
        let twin = twin
            .filter(|twin| related(twin, "DEFERRED_TRANSACTION_ID") == Some(id))
            .collect::<Vec<_>>();
        assert_eq!(twin.len(), 1, "a second transaction points back to {id}");
        assert_eq!(twin[0]["transactionStatus"], "RELEASED", "it is free");
        assert_eq!(twin[0]["totalAmount"], moved["totalAmount"], "and the same money");
        found += 1;
    }
    assert_eq!(found, held.len(), "all of it");
}

#[test]
fn money_comes_late_and_long_spans_are_empty() {
    let rig = Rig::new(Region::Na);
    let seller = rig.seller();
    let recent = Second(rig.now() - 40 * 3_600);
    let shown = all(&rig, &format!("postedAfter={}", recent.iso())).len();
    let later = seller.at(Second(rig.now() + 3 * 86_400));
    let posted = later
        .money(&[Marketplace::Us], recent, Second(rig.now() - 120), None, 100_000)
        .len();
    assert!(
        shown < posted,
        "the last two days are not all there: {shown} of {posted}"
    );
    let query = |days: i64| {
        format!(
            "postedAfter={}&postedBefore={}",
            Second(rig.now() - days * 86_400).iso(),
            Second(rig.now() - 120).iso()
        )
    };
    assert!(!all(&rig, &query(180)).is_empty(), "180 days are answered");
    assert!(all(&rig, &query(181)).is_empty(), "more are not, and nobody says so");
    let status = |query: &str| rig.ask("GET", &format!("{LIST}?{query}"), &Value::Null).0;
    assert_eq!(status(""), 400, "a beginning is required");
    assert_eq!(
        status(&format!("postedAfter={}", Second(rig.now() - 60).iso())),
        400,
        "two minutes back"
    );
    let with = all(&rig, &format!("{}&marketplaceId=ATVPDKIKX0DER", query(60))).len();
    let without = all(&rig, &query(60));
    assert!(
        with < without.len(),
        "some of the seller's own shipments name no marketplace"
    );
    let nowhere = without
        .iter()
        .filter(|moved| moved["marketplaceDetails"].get("marketplaceId").is_none())
        .count();
    assert_eq!(without.len() - with, nowhere, "exactly those");
}

#[test]
fn a_settlement_is_the_money_of_its_group() {
    let rig = Rig::new(Region::Fe);
    let seller = rig.seller();
    let settled = seller.settlements(Marketplace::Jp, Second(rig.now() - 60 * 86_400));
    let last = settled.last().expect("a settlement is closed");
    let path = format!(
        "{LIST}?relatedIdentifierName=FINANCIAL_EVENT_GROUP_ID&relatedIdentifierValue={}",
        last.group()
    );
    let group = rig.get(&path);
    let sum: Decimal = group["payload"]["transactions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|moved| decimal(&moved["totalAmount"]["currencyAmount"]))
        .sum();
    let total = seller.settled_total(last);
    assert_eq!(sum, Decimal::from(total), "yen of the group");
    assert!(
        seller.settled(last).iter().all(|moved| moved.status == Held::Released),
        "free money only"
    );
}
