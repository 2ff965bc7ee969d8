//! The streams beside the orders, played against invented answers.

use serde_json::{Value, json};

use super::ShopifyFetcher;
use super::flow::fresh;
use super::play::{NOW, Play, Played, bounds, time};
use crate::connectors::fetch::{Fetcher as _, StreamState};
use crate::net::Code;

fn names(played: &Played) -> Vec<&str> {
    played
        .asked
        .iter()
        .map(|body| body["operationName"].as_str().unwrap_or_default())
        .collect()
}

fn page(nodes: &[Value], more: Option<&str>) -> Value {
    json!({ "pageInfo": { "hasNextPage": more.is_some(), "endCursor": more }, "nodes": nodes })
}

fn keys(played: &Played) -> Vec<String> {
    played
        .records
        .iter()
        .map(|record| format!("{} {}", record.key, record.facet))
        .collect()
}

/// The answer with the counts that were asked for: as many as it lists. Stock items name no variants here.
fn counted(body: &Value, mut answer: Value) -> Value {
    let query = body["query"].as_str().unwrap_or_default();
    for root in ["products", "customers", "events"] {
        if query.contains(&format!("{root}Count(")) {
            let count = answer["data"][root]["nodes"].as_array().map_or(0, Vec::len);
            answer["data"][format!("{root}Count")] = json!({ "count": count });
        }
    }
    if query.contains("productVariantsCount(") {
        answer["data"]["productVariantsCount"] = json!({ "count": 0 });
    }
    answer
}

/// Nodes whose moment is within a filter's bounds, in one page.
fn within(nodes: &[Value], member: &str, filter: &str) -> Vec<Value> {
    let (from, to, _) = bounds(filter);
    let second = |node: &Value| {
        let text = node[member].as_str().unwrap_or_default();
        chrono::DateTime::parse_from_rfc3339(text).map_or(0, |at| at.timestamp())
    };
    nodes
        .iter()
        .filter(|node| (from..to).contains(&second(node)))
        .cloned()
        .collect()
}

fn product(id: u64, at: i64, more: bool) -> Value {
    let item = json!({ "id": format!("gid://shopify/InventoryItem/{}", id * 10) });
    let variant = json!({ "id": format!("gid://shopify/ProductVariant/{}", id * 100), "inventoryItem": item });
    json!({ "id": format!("gid://shopify/Product/{id}"), "updatedAt": time(at),
        "variants": page(&[variant], more.then_some("v1")) })
}

#[test]
fn products_are_read_upward_with_the_variants_that_do_not_fit() {
    let products = [product(1, NOW - 9_000, false), product(2, NOW - 8_000, true)];
    let answer = |body: &Value| match body["operationName"].as_str() {
        Some("Products") => {
            let found = within(
                &products,
                "updatedAt",
                body["variables"]["q"].as_str().expect("a filter"),
            );
            counted(body, json!({ "data": { "products": page(&found, None) } }))
        }
        _ => {
            assert_eq!(
                body["variables"]["id"], "gid://shopify/Product/2",
                "only the second goes on"
            );
            let mut rest = product(2, NOW - 8_000, false);
            rest["variants"] = page(&[json!({ "id": "gid://shopify/ProductVariant/201" })], None);
            json!({ "data": { "product": rest } })
        }
    };
    let first = Play::default().run("products", None, answer).expect("it ends well");
    assert_eq!(
        keys(&first),
        ["1 product", "2 product", "2 variants:2"],
        "both, and the rest of the second"
    );
    let later = Play {
        now: NOW + 100,
        ..Play::default()
    };
    let again = later.run("products", Some(&first.state), answer).expect("it ends well");
    assert_eq!(
        (names(&again), again.records.len()),
        (vec!["Products"], 0),
        "nothing changed: one request"
    );
    let cut = Play {
        restart: true,
        ..Play::default()
    }
    .run("products", None, answer)
    .expect("it ends well");
    let mut found = keys(&cut);
    found.sort();
    found.dedup();
    assert_eq!(
        found,
        ["1 product", "2 product", "2 variants:2"],
        "a process killed after every step loses nothing"
    );
}

#[test]
fn customers_are_read_with_a_day_of_overlap_and_without_an_end() {
    let mut filters = Vec::new();
    let mut answer = |body: &Value| {
        filters.push(body["variables"]["q"].as_str().unwrap_or_default().to_owned());
        let node = json!({ "id": "gid://shopify/Customer/7", "updatedAt": time(NOW - 50) });
        counted(body, json!({ "data": { "customers": page(&[node], None) } }))
    };
    let first = Play::default()
        .run("customers", None, &mut answer)
        .expect("it ends well");
    assert_eq!(keys(&first), ["7 customer"], "the customer");
    Play {
        now: NOW + 1_000,
        ..Play::default()
    }
    .run("customers", Some(&first.state), &mut answer)
    .expect("it ends well");
    assert_eq!(
        filters[1],
        format!("updated_at:>='{}'", time(NOW - 86_400 - 300)),
        "the filter may match whole days only"
    );
}

#[test]
fn payouts_are_read_again_for_weeks_and_no_account_is_no_error() {
    let none = Play::default()
        .run(
            "payouts",
            None,
            |_| json!({ "data": { "shopifyPaymentsAccount": null } }),
        )
        .expect("no error");
    assert!(none.records.is_empty(), "no payments account, no payouts");
    let mut filters = Vec::new();
    let mut answer = |body: &Value| {
        filters.push(body["variables"]["q"].as_str().unwrap_or_default().to_owned());
        let payout = json!({ "id": "gid://shopify/ShopifyPaymentsPayout/4", "issuedAt": time(NOW - 86_400), "status": "SCHEDULED" });
        json!({ "data": { "shopifyPaymentsAccount": { "id": "gid://shopify/ShopifyPaymentsAccount/1", "payouts": page(&[payout], None) } } })
    };
    let first = Play::default().run("payouts", None, &mut answer).expect("it ends well");
    assert_eq!(
        (first.records[0].key.as_str(), first.records[0].version),
        ("4", 0),
        "a payout states no version"
    );
    let mut state = first.state;
    for wait in [100, 200] {
        let play = Play {
            now: NOW + wait,
            ..Play::default()
        };
        state = play
            .run("payouts", Some(&state), &mut answer)
            .expect("it ends well")
            .state;
    }
    assert_eq!(
        filters[1..],
        [
            format!("issued_at:>='{}'", time(NOW - 86_400)),
            format!("issued_at:>='{}'", time(0)),
            format!("issued_at:>='{}'", time(NOW - 45 * 86_400))
        ],
        "the end of the first list is asked for twice, and all of it by the next run, because nothing counts payouts; and their state changes for days"
    );
}

#[test]
fn fm28_inactive_locations_are_read_and_pages_followed() {
    let place =
        |id: u64| json!({ "id": format!("gid://shopify/Location/{id}"), "isActive": id == 1, "updatedAt": time(NOW) });
    let played = Play::default()
        .run("locations", None, |body| match body["variables"]["after"].as_str() {
            None => json!({ "data": { "locations": page(&[place(1)], Some("c")) } }),
            Some(_) => json!({ "data": { "locations": page(&[place(2)], None) } }),
        })
        .expect("it ends well");
    assert_eq!(keys(&played), ["1 location", "2 location"], "both pages");
    let query = played.asked[0]["query"].as_str().expect("a text");
    assert!(
        query.contains("includeInactive: true") && query.contains("includeLegacy: true"),
        "inactive ones too: {query}"
    );
}

fn item(id: u64) -> Value {
    json!({ "id": format!("gid://shopify/InventoryItem/{id}"), "updatedAt": time(NOW - 9_000),
        "variants": page(&[], None), "inventoryLevels": page(&[], (id == 20).then_some("l")) })
}

/// A shop of two products with an item each; `changed` is when the first product changed.
fn stock(changed: i64) -> impl FnMut(&Value) -> Value {
    let listed = |variables: &Value| {
        let filter = variables["q"].as_str().expect("a filter");
        let all = !filter.contains("updated_at");
        let (_, _, above) = bounds(filter);
        let found = [10, 20].into_iter().filter(|id| all && above.is_none_or(|a| *id > a));
        page(&found.map(item).collect::<Vec<Value>>(), None)
    };
    let named = |variables: &Value| {
        let number = |gid: &Value| {
            gid.as_str()
                .and_then(|g| g.rsplit('/').next())
                .and_then(|n| n.parse().ok())
                .expect("a gid")
        };
        let ids = variables["ids"].as_array().expect("ids");
        ids.iter().map(|gid| item(number(gid))).collect::<Vec<Value>>()
    };
    move |body: &Value| {
        let variables = &body["variables"];
        match body["operationName"].as_str() {
            Some("Inventory") => counted(body, json!({ "data": { "inventoryItems": listed(variables) } })),
            Some("InventoryChanged") => {
                json!({ "data": { "nodes": named(variables), "inventoryItems": listed(variables) } })
            }
            Some("InventoryTouched") => {
                let all = [product(1, changed, false), product(2, NOW - 9_000, false)];
                let found = within(&all, "updatedAt", variables["q"].as_str().expect("a filter"));
                counted(body, json!({ "data": { "products": page(&found, None) } }))
            }
            Some("InventoryById") => json!({ "data": { "nodes": named(variables) } }),
            _ => {
                json!({ "data": { "inventoryItem": { "id": variables["id"], "updatedAt": time(NOW - 9_000), "inventoryLevels": page(&[json!({ "id": "gid://shopify/InventoryLevel/9" })], None) } } })
            }
        }
    }
}

#[test]
fn stock_is_read_whole_once_and_then_where_products_changed() {
    let first = Play::default()
        .run("inventory", None, stock(NOW - 9_000))
        .expect("it ends well");
    assert_eq!(
        keys(&first),
        ["10 item", "20 item", "20 levels:2"],
        "every item, with all its levels"
    );
    assert_eq!(
        names(&first),
        ["Inventory", "InventoryLevels"],
        "no product is needed for that"
    );
    let quiet = Play {
        now: NOW + 1_000,
        ..Play::default()
    };
    let second = quiet
        .run("inventory", Some(&first.state), stock(NOW - 9_000))
        .expect("it ends well");
    assert_eq!(
        (second.asked.len(), second.records.len()),
        (2, 0),
        "P7: nothing changed, two requests"
    );
    let busy = Play {
        now: NOW + 2_000,
        ..Play::default()
    };
    let third = busy
        .run("inventory", Some(&second.state), stock(NOW + 1_500))
        .expect("it ends well");
    assert_eq!(
        keys(&third),
        ["10 item"],
        "a product changed: its item's stock is read, though the item itself says nothing"
    );
    let soon = Play {
        now: NOW + 2_030,
        ..Play::default()
    };
    let fourth = soon
        .run("inventory", Some(&third.state), stock(NOW + 1_800))
        .expect("it ends well");
    assert_eq!(keys(&fourth), ["10 item"], "another change");
    let again = soon
        .run("inventory", Some(&fourth.state), stock(NOW + 1_800))
        .expect("it ends well");
    assert_eq!(
        keys(&again),
        Vec::<String>::new(),
        "which the overlap meets again, but does not read again"
    );
}

#[test]
fn stock_that_moved_while_every_item_was_read_is_read_again_and_no_other() {
    // The first pass begins at NOW. A change shortly before it may not have been in the items yet; an earlier one was.
    for (before, again) in [(10, true), (60, true), (61, false), (200, false)] {
        let changed = NOW - before;
        let first = Play::default()
            .run("inventory", None, stock(changed))
            .expect("it ends well");
        let later = Play {
            now: NOW + 100,
            ..Play::default()
        };
        let second = later
            .run("inventory", Some(&first.state), stock(changed))
            .expect("it ends well");
        let wanted: &[&str] = if again { &["10 item"] } else { &[] };
        assert_eq!(
            keys(&second),
            wanted,
            "a product that changed {before} s before the first pass"
        );
        assert_eq!(
            second.asked.len(),
            2,
            "{before} s: what changed by itself, with the items of products that did"
        );
    }
    // Of a later pass the same holds: what changed in its last minute is met again, and read again.
    let first = Play::default()
        .run("inventory", None, stock(NOW - 9_000))
        .expect("it ends well");
    for (before, again) in [(10, true), (60, true), (61, false)] {
        let run = |now: i64, state: &StreamState| {
            let play = Play { now, ..Play::default() };
            play.run("inventory", Some(state), stock(NOW + 5_000 - before))
                .expect("it ends well")
        };
        let second = run(NOW + 5_000, &first.state);
        assert_eq!(keys(&second), ["10 item"], "{before} s before the pass: read");
        let third = run(NOW + 5_100, &second.state);
        assert_eq!(
            !keys(&third).is_empty(),
            again,
            "{before} s before the last pass: {:?}",
            keys(&third)
        );
    }
}

/// Things of every stream that lists by a moment, the last of which changed at `changed`.
fn listed(stream: &str, changed: i64) -> impl FnMut(&Value) -> Value {
    let stream = stream.to_owned();
    move |body: &Value| {
        let filter = body["variables"]["q"].as_str().unwrap_or_default().to_owned();
        let node = |kind: &str, moment: &str| {
            let member = moment.to_owned();
            json!({ "id": format!("gid://shopify/{kind}/70"), member: time(changed), "action": "destroy",
                "subjectId": "gid://shopify/Order/70" })
        };
        let found = |kind: &str, moment: &str| page(&within(&[node(kind, moment)], moment, &filter), None);
        let data = match (stream.as_str(), body["operationName"].as_str()) {
            ("products", _) => json!({ "products": found("Product", "updatedAt") }),
            ("customers", _) => json!({ "customers": found("Customer", "updatedAt") }),
            ("payouts", _) => {
                json!({ "shopifyPaymentsAccount": { "payouts": found("ShopifyPaymentsPayout", "issuedAt") } })
            }
            ("deletions", _) => json!({ "events": found("BasicEvent", "createdAt") }),
            ("orders", Some("OrdersSurvey")) => {
                json!({ "ordersCount": { "count": 1 }, "orders": page(&[], None) })
            }
            ("orders", _) => json!({ "orders": found("Order", "updatedAt") }),
            (_, Some("InventoryTouched")) => json!({ "products": page(&[], None) }),
            _ => json!({ "inventoryItems": found("InventoryItem", "updatedAt") }),
        };
        json!({ "data": data })
    }
}

/// Every window of a run ends at the present, or has no end.
fn ends_now(stream: &str, played: &Played, now: i64) {
    for body in &played.asked {
        let (_, to, _) = bounds(body["variables"]["q"].as_str().unwrap_or_default());
        assert!(
            to == i64::MAX || to == now,
            "{stream}: no window ends beyond the present, or before it: {body}"
        );
    }
}

#[test]
fn what_changes_after_a_run_is_found_by_the_next_one_however_soon_it_comes() {
    for stream in ["orders", "products", "inventory", "customers", "payouts", "deletions"] {
        let first = Play::default()
            .run(stream, None, listed(stream, NOW + 1_800))
            .expect("it ends well");
        // A platform may show what it dates later: nothing claims that it was read.
        let until = ShopifyFetcher.coverage(stream, &first.state).until;
        assert_eq!(until, Some(NOW), "{stream}: read up to now, and no further");
        ends_now(stream, &first, NOW);
        for wait in [1_900, 3_700, 90_000] {
            let later = Play {
                now: NOW + wait,
                ..Play::default()
            };
            let second = later
                .run(stream, Some(&first.state), listed(stream, NOW + 1_800))
                .expect("it ends well");
            assert_eq!(
                second.records.len(),
                1,
                "{stream}: {wait} s later the change of half an hour after the first run is there"
            );
            let until = ShopifyFetcher.coverage(stream, &second.state).until;
            assert_eq!(until, Some(NOW + wait), "{stream}: and it is read up to then");
            ends_now(stream, &second, NOW + wait);
        }
    }
}

#[test]
fn a_cursor_is_used_for_ten_minutes_and_by_no_clock_that_went_back() {
    for (after, used) in [(0, true), (599, true), (600, false), (86_400, false), (-1, false)] {
        assert_eq!(fresh(NOW, NOW + after), used, "{after} s after it was given");
    }
}

#[test]
fn a_stock_run_killed_after_every_step_loses_nothing() {
    let cut = Play {
        restart: true,
        ..Play::default()
    }
    .run("inventory", None, stock(NOW - 9_000))
    .expect("it ends well");
    let mut found = keys(&cut);
    found.sort();
    found.dedup();
    assert!(
        found.contains(&"10 item".to_owned()) && found.contains(&"20 item".to_owned()),
        "both items: {found:?}"
    );
}

#[test]
fn deletions_are_read_from_events_since_the_first_run() {
    let event = |kind: &str, id: u64, at: i64| {
        json!({ "id": format!("gid://shopify/BasicEvent/{id}"), "action": "destroy", "createdAt": time(at),
            "subjectId": format!("gid://shopify/{kind}/{id}"), "subjectType": kind.to_uppercase() })
    };
    let events = [
        event("Order", 5, NOW + 10),
        event("Collection", 6, NOW + 11),
        event("Product", 7, NOW + 12),
        event("Order", 1, NOW - 9_000),
    ];
    let answer = |body: &Value| {
        let filter = body["variables"]["q"].as_str().expect("a filter");
        assert!(filter.starts_with("action:destroy AND created_at:>='"), "{filter}");
        json!({ "data": { "events": page(&within(&events, "createdAt", filter), None) } })
    };
    let first = Play::default().run("deletions", None, answer).expect("it ends well");
    assert!(
        first.records.is_empty(),
        "what was deleted before the first load was never stored"
    );
    let later = Play {
        now: NOW + 100,
        ..Play::default()
    };
    let second = later
        .run("deletions", Some(&first.state), answer)
        .expect("it ends well");
    assert_eq!(
        keys(&second),
        ["Order/5 event", "Product/7 event"],
        "orders and products, nothing else"
    );
    let empty = Play {
        now: NOW + 200,
        ..Play::default()
    };
    empty
        .run(
            "deletions",
            Some(&second.state),
            |_| json!({ "data": { "events": null } }),
        )
        .expect("no events are no error");
}

#[test]
fn a_deletion_that_shows_late_is_found_when_the_last_two_days_are_read_again() {
    // Dated before the first load, and shown only after it (contract 3.6: search is an index).
    let late = json!({ "id": "gid://shopify/BasicEvent/5", "action": "destroy", "createdAt": time(NOW - 9_000),
        "subjectId": "gid://shopify/Order/5", "subjectType": "ORDER" });
    let run = |now: i64, state: Option<&StreamState>, shown: bool| {
        let play = Play { now, ..Play::default() };
        let events: Vec<Value> = shown.then(|| late.clone()).into_iter().collect();
        let answer = |body: &Value| {
            let filter = body["variables"]["q"].as_str().expect("a filter");
            json!({ "data": { "events": page(&within(&events, "createdAt", filter), None) } })
        };
        play.run("deletions", state, answer).expect("it ends well")
    };
    let first = run(NOW, None, false);
    let soon = run(NOW + 3_600, Some(&first.state), true);
    assert!(
        soon.records.is_empty(),
        "what is new is read with every run, and no more"
    );
    let next = run(NOW + 86_400, Some(&soon.state), true);
    assert_eq!(
        keys(&next),
        ["Order/5 event"],
        "a day later the last two days are read again"
    );
    let same_day = run(NOW + 86_400 + 7_200, Some(&next.state), true);
    assert!(same_day.records.is_empty(), "once a day");
}

#[test]
fn once_a_month_all_ids_are_compared_and_absent_ones_asked_for() {
    let answer = |body: &Value| match body["operationName"].as_str() {
        Some("Deletions") => json!({ "data": { "events": page(&[], None) } }),
        Some("OrderIds") => json!({ "data": { "orders": page(&[json!({ "id": "gid://shopify/Order/4" })], None) } }),
        Some("ProductIds") => json!({ "data": { "products": page(&[], None) } }),
        _ => {
            let query = body["query"].as_str().expect("a text");
            let six = if query.contains("product(") {
                Value::Null
            } else {
                json!({ "id": "gid://shopify/Order/6" })
            };
            json!({ "data": { "x5": null, "x6": six } })
        }
    };
    let state: StreamState =
        serde_json::from_value(json!({ "covered": [[0, NOW]], "compared_at": NOW - 31 * 86_400 })).expect("a state");
    let month = Play {
        now: NOW + 100,
        ..Play::default()
    };
    let played = month.run("deletions", Some(&state), answer).expect("it ends well");
    assert_eq!(
        keys(&played),
        ["Order/5 absent", "Product/5 absent", "Product/6 absent"],
        "gone only if the platform says so for the id itself"
    );
    assert!(
        String::from_utf8_lossy(&played.records[0].bytes).contains(r#""x5":null"#),
        "the answer that says so is the record"
    );
    let recent = Play {
        now: NOW + 100,
        scopes: vec!["read_orders".into()],
        ..Play::default()
    };
    let played = recent.run("deletions", Some(&state), answer).expect("it ends well");
    assert_eq!(
        names(&played),
        ["Deletions"],
        "fm27: where only recent orders are shown, an absent one says nothing"
    );
}

fn shop(id: u64, scopes: &[&str], zone: &str, currency: &str) -> Value {
    json!({ "data": {
        "shop": { "id": format!("gid://shopify/Shop/{id}"), "name": "A shop", "myshopifyDomain": "a-shop.myshopify.com", "currencyCode": currency, "ianaTimezone": zone },
        "currentAppInstallation": { "accessScopes": scopes.iter().map(|scope| json!({ "handle": scope })).collect::<Vec<_>>() },
        "publicApiVersions": [{ "handle": "2026-10", "supported": true }, { "handle": "2027-01", "supported": false }]
    } })
}

#[test]
fn fm27_lost_rights_are_told() {
    let before = Play {
        scopes: vec!["read_orders".into(), "read_products".into()],
        ..Play::default()
    };
    let played = before
        .run("shop", None, |_| shop(1, &["read_orders"], "Europe/Berlin", "EUR"))
        .expect("it ends well");
    let lost: Vec<&str> = played
        .notes
        .iter()
        .filter(|note| note.code == "scope_lost")
        .map(|note| note.message.as_str())
        .collect();
    assert!(
        lost.len() == 1 && lost[0].contains("read_products") && !lost[0].contains("read_orders"),
        "{lost:?}"
    );
    assert!(
        played.notes.iter().any(|note| note.code == "without_read_all_orders"),
        "and what is missing: {:?}",
        played.notes
    );
}

#[test]
fn an_unknown_zone_or_currency_is_an_error_and_no_guess() {
    for (zone, currency, word) in [
        ("Mars/Olympus", "EUR", "time zone"),
        ("Europe/Berlin", "E\u{20ac}R", "currency"),
    ] {
        let error = Play::default()
            .run("shop", None, |_| shop(1, &[], zone, currency))
            .err()
            .expect("refused");
        assert!(
            error.code == Code::RefusedByChannel && error.message.contains(word),
            "{error}"
        );
    }
}

#[test]
fn an_answer_of_another_shape_is_an_error_and_no_empty_list() {
    for (stream, answer) in [
        (
            "orders",
            json!({ "data": { "ordersCount": { "count": 1 }, "orders": [] } }),
        ),
        ("products", json!({ "data": { "products": { "edges": [] } } })),
        ("inventory", json!({ "data": { "other": {} } })),
        ("customers", json!({ "data": { "customers": 7 } })),
        ("locations", json!({ "data": { "locations": null } })),
        ("shop", json!({ "data": { "shop": { "id": 7 } } })),
    ] {
        let error = Play::default()
            .run(stream, None, |_| answer.clone())
            .err()
            .expect("refused");
        assert!(error.message.contains("lacks the part"), "{stream}: {error}");
    }
}
