//! Lists of the root: sorting, windows, filters, ends, and the index that lags behind (contract section 3.5).

use serde_json::{Value, json};

use super::rig::{NOW, Rig};
use crate::world::Second;

const DAY: i64 = 86_400;

fn nodes(data: &Value, list: &str, field: &str) -> Vec<String> {
    let nodes = data[list]["nodes"].as_array().expect("nodes are a list");
    nodes
        .iter()
        .map(|node| {
            node[field]
                .as_str()
                .map_or_else(|| node[field].to_string(), str::to_owned)
        })
        .collect()
}

/// Reads a list page by page to its end.
fn all(rig: &Rig, list: &str, arguments: &str, size: usize, field: &str) -> Vec<String> {
    let query = format!(
        "query P($after: String) {{ {list}(first: {size}, after: $after, {arguments}) {{ nodes {{ id {field} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        rig.sim.advance_seconds(0);
        rig.pass(0);
        let data = rig.data(&query, json!({ "after": after }));
        found.extend(nodes(&data, list, field));
        if data[list]["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        after = data[list]["pageInfo"]["endCursor"].clone();
        assert!(found.len() < 100_000, "the list of {list} does not end");
    }
}

#[test]
fn every_sort_key_gives_all_orders_once_in_its_order() {
    let rig = Rig::sized(40, 6, |_| {});
    let existing = (0..rig.world().order_count())
        .filter(|index| rig.world().order(*index).is_some())
        .count();
    for (key, field) in [
        ("UPDATED_AT", "updatedAt"),
        ("CREATED_AT", "createdAt"),
        ("PROCESSED_AT", "processedAt"),
        ("ID", "number"),
    ] {
        for reverse in [false, true] {
            let arguments = format!("sortKey: {key}, reverse: {reverse}");
            let values = all(&rig, "orders", &arguments, 37, field);
            assert_eq!(values.len(), existing, "by {key}, reverse {reverse}");
            if field != "number" {
                let sorted = values.windows(2).all(|pair| {
                    if reverse {
                        pair[0] >= pair[1]
                    } else {
                        pair[0] <= pair[1]
                    }
                });
                assert!(sorted, "by {key}, reverse {reverse} in order");
            }
            let ids: std::collections::BTreeSet<String> =
                all(&rig, "orders", &arguments, 50, "id").into_iter().collect();
            assert_eq!(ids.len(), existing, "by {key}, reverse {reverse} each once");
        }
    }
    let ids: Vec<u64> = all(&rig, "orders", "sortKey: ID", 41, "legacyResourceId")
        .iter()
        .map(|id| id.parse().expect("a number"))
        .collect();
    assert!(ids.is_sorted(), "ids above 2^53 come last");
    assert!(ids.last().is_some_and(|id| *id > 1 << 53), "and there are some");
}

#[test]
fn pages_can_be_read_from_the_end() {
    let rig = Rig::sized(40, 6, |_| {});
    let query = "query P($before: String) { orders(last: 20, before: $before, sortKey: UPDATED_AT) { nodes { id } pageInfo { hasPreviousPage startCursor } } }";
    let mut found = Vec::new();
    let mut before = Value::Null;
    loop {
        let data = rig.data(query, json!({ "before": before }));
        let mut page = nodes(&data, "orders", "id");
        page.append(&mut found);
        found = page;
        if data["orders"]["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
        before = data["orders"]["pageInfo"]["startCursor"].clone();
    }
    assert_eq!(
        found,
        all(&rig, "orders", "sortKey: UPDATED_AT", 100, "id"),
        "the same list as from the beginning"
    );
}

#[test]
fn windows_of_time_join_without_gap_or_overlap() {
    let rig = Rig::new();
    let iso = |second: i64| Second(second).iso();
    for field in ["updated_at", "created_at", "processed_at"] {
        let count = |from: i64, until: i64| {
            let filter = format!("{field}:>='{}' AND {field}:<'{}'", iso(from), iso(until));
            let key = field.to_uppercase();
            all(
                &rig,
                "orders",
                &format!("sortKey: {key}, query: \"{filter}\""),
                250,
                "id",
            )
            .len()
        };
        let (start, middle, end) = (NOW - 40 * DAY, NOW - 17 * DAY - 1234, NOW + 1);
        assert_eq!(
            count(start, middle) + count(middle, end),
            count(start, end),
            "windows by {field}"
        );
        assert!(count(start, end) > 100, "there is something in them");
    }
}

#[test]
fn filters_find_what_the_world_holds() {
    let rig = Rig::new();
    let world = rig.world();
    let orders: Vec<_> = (0..world.order_count())
        .filter_map(|index| world.order(index))
        .collect();
    let count = |filter: &str| {
        let answer = rig.data(
            "query C($q: String) { ordersCount(query: $q, limit: null) { count precision } }",
            json!({ "q": filter }),
        );
        assert_eq!(answer["ordersCount"]["precision"], "EXACT", "counted without a limit");
        answer["ordersCount"]["count"].as_u64().expect("a number") as usize
    };
    assert_eq!(count(""), orders.len(), "no filter");
    assert_eq!(
        count("test:true"),
        orders.iter().filter(|order| order.test).count(),
        "test orders"
    );
    assert_eq!(
        count("-test:true"),
        orders.iter().filter(|order| !order.test).count(),
        "others"
    );
    assert_eq!(
        count("status:cancelled"),
        orders.iter().filter(|order| order.cancelled.is_some()).count(),
        "cancelled orders"
    );
    let refunded = count("financial_status:refunded OR financial_status:partially_refunded");
    assert_eq!(
        refunded,
        count("financial_status:refunded") + count("financial_status:partially_refunded"),
        "either"
    );
    assert!(refunded > 0, "some were refunded");
    let limited = rig.data("{ ordersCount(limit: 5) { count precision } }", json!({}));
    assert_eq!(
        limited["ordersCount"],
        json!({ "count": 5, "precision": "AT_LEAST" }),
        "counted up to a limit"
    );
    let ten = rig.data(
        "{ orders(first: 1, query: \"id:1 OR id:2\") { nodes { id } } }",
        json!({}),
    );
    assert_eq!(ten["orders"]["nodes"], json!([]), "ids that nobody has");
    let id = orders[3].id;
    let found = rig.data(
        &format!("{{ orders(first: 5, query: \"id:{id}\") {{ nodes {{ legacyResourceId }} }} }}"),
        json!({}),
    );
    assert_eq!(
        found["orders"]["nodes"],
        json!([{ "legacyResourceId": id.to_string() }]),
        "an id that one has"
    );
}

#[test]
fn an_unknown_filter_field_is_warned_of_beside_the_data() {
    let rig = Rig::new();
    let answer = rig.ask(
        "{ orders(first: 2, query: \"changed_at:>='2026-11-01T00:00:00Z'\") { nodes { id } } }",
        json!({}),
    );
    assert_eq!(
        answer["data"]["orders"]["nodes"].as_array().map(Vec::len),
        Some(2),
        "the data come anyway"
    );
    let warning = &answer["extensions"]["search"][0];
    assert_eq!(
        (&warning["path"], &warning["warnings"][0]["code"]),
        (&json!(["orders"]), &json!("invalid_field")),
        "{answer}"
    );
    let known = rig.ask(
        "{ orders(first: 2, query: \"updated_at:>='2026-11-01T00:00:00Z'\") { nodes { id } } }",
        json!({}),
    );
    assert!(
        known["extensions"].get("search").is_none(),
        "a known field is not warned of: {known}"
    );
}

#[test]
fn nested_lists_end_at_their_limit_and_go_on_by_the_parents_id() {
    let rig = Rig::new();
    let data = rig.data(
        "{ products(first: 100) { nodes { id variantsCount { count } variants(first: 50) { nodes { id } pageInfo { hasNextPage endCursor } } } } }",
        json!({}),
    );
    let products = data["products"]["nodes"].as_array().expect("a list");
    let long = products
        .iter()
        .find(|product| product["variants"]["pageInfo"]["hasNextPage"] == true)
        .expect("one product has many variants");
    let rest = rig.data(
        "query R($id: ID!, $after: String) { product(id: $id) { variants(first: 50, after: $after) { nodes { id } pageInfo { hasNextPage } } } }",
        json!({ "id": long["id"], "after": long["variants"]["pageInfo"]["endCursor"] }),
    );
    let shown = |value: &Value| value.as_array().map_or(0, Vec::len) as u64;
    let total = shown(&long["variants"]["nodes"]) + shown(&rest["product"]["variants"]["nodes"]);
    assert_eq!(
        Some(total),
        long["variantsCount"]["count"].as_u64(),
        "the rest is found by the parent's id"
    );
    let too_many = rig.ask("{ orders(first: 251) { nodes { id } } }", json!({}));
    assert_eq!(
        too_many["errors"][0]["extensions"]["code"], "BAD_REQUEST",
        "251 are too many: {too_many}"
    );
    assert!(too_many["data"].is_null(), "and nothing comes: {too_many}");
}

#[test]
fn plain_lists_are_whole_or_cut_without_a_word() {
    let rig = Rig::new();
    let query = "{ orders(first: 250, sortKey: UPDATED_AT) { nodes { transactions { id } one: transactions(first: 1) { id } } } }";
    let data = rig.data(query, json!({}));
    let orders = data["orders"]["nodes"].as_array().expect("a list");
    assert!(
        orders
            .iter()
            .any(|order| order["transactions"].as_array().is_some_and(|list| list.len() > 1)),
        "some have several"
    );
    assert!(
        orders
            .iter()
            .all(|order| order["one"].as_array().is_some_and(|list| list.len() <= 1)),
        "one is one"
    );
}

#[test]
fn a_list_ends_after_25_000_records() {
    let rig = Rig::sized(100, 280, |setup| {
        setup.shopify.shop.plan = crate::shopify::ShopPlan::Enterprise
    });
    assert!(rig.world().order_count() > 26_000, "the world has more");
    let ids = all(&rig, "orders", "sortKey: UPDATED_AT", 250, "id");
    assert_eq!(ids.len(), 25_000, "the list ends there, as if there were no more");
}

#[test]
fn the_index_lags_but_looking_up_does_not() {
    let rig = Rig::with(|setup| setup.shopify.search_lag = 600);
    rig.pass(DAY);
    let world = rig.world();
    let newest = world
        .updated_between(Second(NOW), world.now().plus(1))
        .last()
        .expect("something happened today");
    // To the very second in which it changed, and then past the lag.
    rig.pass(newest.at.0 - NOW - DAY);
    let filter = format!(
        "{{ orders(first: 5, sortKey: UPDATED_AT, query: \"updated_at:>='{}'\") {{ nodes {{ id }} }} }}",
        newest.at.iso()
    );
    let id = format!("gid://shopify/Order/{}", newest.id);
    let looked_up = rig.data(
        "query O($id: ID!) { order(id: $id) { updatedAt } }",
        json!({ "id": id }),
    );
    assert_eq!(
        looked_up["order"]["updatedAt"],
        newest.at.iso(),
        "looked up by id the order is up to date"
    );
    assert!(
        nodes(&rig.data(&filter, json!({})), "orders", "id").is_empty(),
        "the search does not know yet"
    );
    rig.pass(600);
    assert!(
        nodes(&rig.data(&filter, json!({})), "orders", "id").contains(&id),
        "after the lag it does"
    );
}

#[test]
fn without_the_scope_for_all_orders_only_sixty_days_are_seen() {
    let rig = Rig::new();
    let all_orders = all(&rig, "orders", "sortKey: CREATED_AT", 250, "createdAt");
    rig.sim.set_scope("read_all_orders", false);
    let seen = all(&rig, "orders", "sortKey: CREATED_AT", 250, "createdAt");
    let edge = Second(NOW - 60 * DAY).iso();
    let expected = all_orders.iter().filter(|created| **created >= edge).count();
    assert_eq!(seen.len(), expected, "orders of sixty days");
    assert!(
        expected < all_orders.len() && seen.iter().all(|created| *created >= edge),
        "and no older ones"
    );
    let old = rig.world().order_id(0);
    let looked_up = rig.data(
        &format!("{{ order(id: \"gid://shopify/Order/{old}\") {{ id }} }}"),
        json!({}),
    );
    assert!(looked_up["order"].is_null(), "nor by id");
}

#[test]
fn customers_are_matched_by_the_day_of_their_change() {
    let rig = Rig::new();
    let customers = |filter: &str| {
        all(
            &rig,
            "customers",
            &format!("sortKey: UPDATED_AT, query: \"{filter}\""),
            250,
            "updatedAt",
        )
    };
    let noon = customers("updated_at:>='2026-11-10T12:00:00Z' AND updated_at:<'2026-11-12T12:00:00Z'");
    assert!(
        noon.iter().any(|at| at.as_str() < "2026-11-10T12:00:00Z"),
        "the first day comes whole: {noon:?}"
    );
    assert!(
        noon.iter().all(|at| at.as_str() < "2026-11-12"),
        "the last day does not come at all"
    );
    let by_id = all(&rig, "customers", "sortKey: ID", 100, "id");
    let by_change = all(&rig, "customers", "sortKey: UPDATED_AT", 77, "id");
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(by_id), sorted(by_change), "every sort key gives all customers");
}

#[test]
fn removed_orders_vanish_and_leave_an_event() {
    let rig = Rig::new();
    let world = rig.world();
    let removed = world.deleted_between(Second(NOW - 100 * DAY), Second(NOW));
    assert!(!removed.is_empty(), "the world removes orders");
    let events = rig.data(
        "{ events(first: 250, query: \"action:destroy\", sortKey: CREATED_AT) { nodes { createdAt ... on BasicEvent { subjectId subjectType } } } }",
        json!({}),
    );
    let subjects = nodes(&events, "events", "subjectId");
    for (_, index) in removed {
        let id = format!("gid://shopify/Order/{}", world.order_id(index));
        assert!(subjects.contains(&id), "{id} left an event");
        assert!(
            rig.data("query O($id: ID!) { order(id: $id) { id } }", json!({ "id": id }))["order"].is_null(),
            "and is gone"
        );
    }
}
