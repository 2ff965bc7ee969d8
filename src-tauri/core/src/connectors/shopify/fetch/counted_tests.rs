//! Lists beside the orders that are empty by mistake: what the shop counts is not believed to be absent.

use serde_json::{Value, json};

use super::ShopifyFetcher;
use super::play::{NOW, Play, Played, bounds, time};
use crate::connectors::fetch::{Coverage, Fetcher as _, StreamState};

const STREAMS: [(&str, &str); 4] = [
    ("products", "products"),
    ("customers", "customers"),
    ("deletions", "events"),
    ("inventory", "products"),
];

fn coverage(stream: &str, played: &Played) -> Coverage {
    ShopifyFetcher.coverage(stream, &played.state)
}

/// A shop with things that changed at these seconds, of whatever kind is asked for.
struct Shop {
    changes: Vec<i64>,
    /// Counts do not look at their filters.
    blind: bool,
    /// Lists do not show this change.
    hidden: Option<i64>,
}

impl Shop {
    fn new(changes: impl IntoIterator<Item = i64>) -> Self {
        Shop {
            changes: changes.into_iter().collect(),
            blind: false,
            hidden: None,
        }
    }

    fn node(&self, change: i64) -> Value {
        let id = change - NOW + 50_000_000;
        json!({
            "id": format!("gid://shopify/Thing/{id}"), "updatedAt": time(change), "createdAt": time(change), "action": "destroy",
            "subjectId": format!("gid://shopify/Product/{id}"),
            "variants": page(vec![json!({ "id": format!("gid://shopify/ProductVariant/{id}"),
                "inventoryItem": { "id": format!("gid://shopify/InventoryItem/{id}") } })]),
            "inventoryLevels": page(Vec::new()),
        })
    }

    fn within(&self, filter: &str) -> impl Iterator<Item = i64> + use<> {
        let (from, to, _) = bounds(filter);
        self.changes
            .clone()
            .into_iter()
            .filter(move |at| (from..to).contains(at))
    }

    /// The answer to a request; its lists are empty where `lost`.
    fn answer(&self, body: &Value, lost: bool) -> Value {
        let filter = |name: &str| body["variables"][name].as_str().unwrap_or_default().to_owned();
        let query = body["query"].as_str().unwrap_or_default();
        let count = |name: &str| match self.blind {
            true => json!({ "count": self.changes.len() }),
            false => json!({ "count": self.within(&filter(name)).count() }),
        };
        let mut data = serde_json::Map::new();
        for root in ["products", "customers", "events"] {
            if query.contains(&format!("{root}Count(query: $q")) {
                data.insert(format!("{root}Count"), count("q"));
            }
            if query.contains(&format!("{root}(first")) {
                let shown = self.within(&filter("q")).filter(|at| Some(*at) != self.hidden && !lost);
                data.insert(root.into(), page(shown.map(|at| self.node(at)).collect()));
            }
        }
        if query.contains("none:") {
            data.insert("none".into(), count("none"));
        }
        if query.contains("inventoryItems(") {
            data.insert("inventoryItems".into(), page(Vec::new()));
        }
        if query.contains("nodes(ids") {
            let ids = body["variables"]["ids"].as_array().cloned().unwrap_or_default();
            let nodes = ids.into_iter().map(|id| {
                json!({ "id": id, "updatedAt": time(NOW), "variants": page(Vec::new()), "inventoryLevels": page(Vec::new()) })
            });
            data.insert("nodes".into(), nodes.collect());
        }
        json!({ "data": data })
    }
}

fn page(nodes: Vec<Value>) -> Value {
    json!({ "pageInfo": { "hasNextPage": false }, "nodes": nodes })
}

/// Whether a request is for the list that may be lost.
fn lists(root: &str, body: &Value) -> bool {
    body["query"]
        .as_str()
        .is_some_and(|query| query.contains(&format!("{root}(first")))
}

/// A state in which the first run is over.
fn begun(stream: &'static str) -> StreamState {
    let shop = Shop::new([]);
    let play = Play {
        now: NOW - 10 * 86_400,
        ..Play::default()
    };
    play.run(stream, None, |body| shop.answer(body, false))
        .expect("a first run")
        .state
}

#[test]
fn a_list_that_is_lost_by_mistake_is_read_again() {
    let shop = Shop::new((0..60).map(|n| NOW - 9 * 86_400 + n * 7_000));
    for (stream, root) in STREAMS {
        let state = begun(stream);
        for restart in [false, true] {
            let play = Play {
                restart,
                ..Play::default()
            };
            let mut asked = 0;
            let played = play
                .run(stream, Some(&state), |body| {
                    asked += u32::from(lists(root, body));
                    shop.answer(body, lists(root, body) && asked == 1)
                })
                .expect("it ends well");
            let mut keys: Vec<&str> = played.records.iter().map(|record| record.key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), 60, "{stream}: everything came, restart = {restart}");
            let whole = coverage(stream, &played);
            assert!(
                (whole.whole || stream == "deletions") && played.notes.is_empty(),
                "{stream}: and nothing is lacking, restart = {restart}: {whole:?} {:?}",
                played.notes
            );
        }
    }
}

#[test]
fn what_is_counted_and_never_shown_is_told_and_asked_for_less_and_less() {
    for (stream, root) in STREAMS {
        let mut shop = Shop::new((0..60).map(|n| NOW - 9 * 86_400 + n * 7_000));
        let hidden = shop.changes[30];
        shop.hidden = Some(hidden);
        let run = |now: i64, shop: &Shop, state: &StreamState| {
            let play = Play { now, ..Play::default() };
            play.run(stream, Some(state), |body| shop.answer(body, false))
                .expect("it ends well")
        };
        let first = run(NOW, &shop, &begun(stream));
        let told = first.notes.first().expect("it is told");
        assert!(
            told.code.ends_with("_short") && told.message.contains("counted ") && told.message.contains(" and showed "),
            "{stream}: with both numbers: {told:?}"
        );
        let held = coverage(stream, &first);
        assert!(!held.whole, "{stream}: it is not the whole");
        let since = held.since.expect("something is complete");
        assert!(
            (hidden + 1..hidden + 2 * 86_400).contains(&since),
            "{stream}: what came after it is complete: {since} for {hidden}"
        );
        let mut second = first;
        for time in 2..=8 {
            second = run(NOW + time, &shop, &second.state);
            let asked = second.asked.iter().filter(|body| lists(root, body)).count();
            assert!(
                !second.notes.is_empty() && asked == 2,
                "{stream}: run {time} tries again, and tells it still"
            );
        }
        let third = run(NOW + 120, &shop, &second.state);
        let asked = third.asked.iter().filter(|body| lists(root, body)).count();
        assert_eq!(asked, 1, "{stream}: and then not at once");
        assert!(!third.notes.is_empty(), "{stream}: but it is told");
        shop.hidden = None;
        let last = run(NOW + 10 * 86_400, &shop, &third.state);
        assert!(
            last.notes.is_empty() && (coverage(stream, &last).whole || stream == "deletions"),
            "{stream}: when it is shown at last, nothing is lacking: {:?}",
            last.notes
        );
        assert!(!last.records.is_empty(), "{stream}: and it is read");
    }
}

#[test]
fn a_count_that_does_not_look_at_its_filter_proves_nothing_and_troubles_nobody() {
    for (stream, root) in STREAMS {
        let mut shop = Shop::new((0..60).map(|n| NOW - 9 * 86_400 + n * 7_000));
        shop.blind = true;
        shop.changes.insert(0, NOW - 100 * 86_400);
        let run = |now: i64, state: &StreamState| {
            let play = Play { now, ..Play::default() };
            play.run(stream, Some(state), |body| shop.answer(body, false))
                .expect("it ends well")
        };
        let first = run(NOW, &begun(stream));
        assert_eq!(first.notes, vec![], "{stream}: nothing is said to be lacking");
        let asked = first.asked.iter().filter(|body| lists(root, body)).count();
        assert_eq!(asked, 2, "{stream}: what cannot be counted is read twice");
        let second = run(NOW + 3_600, &first.state);
        let asked = second.asked.iter().filter(|body| lists(root, body)).count();
        assert_eq!((asked, second.notes.len()), (1, 0), "{stream}: once and for all");
    }
}

/// A shop with items of stock by number, each with one variant.
fn items(count: u64, body: &Value, most: u64) -> Value {
    let query = body["query"].as_str().unwrap_or_default();
    let mut data = serde_json::Map::new();
    if query.contains("productVariantsCount(") {
        data.insert("productVariantsCount".into(), json!({ "count": count }));
    }
    if query.contains("inventoryItems(") {
        let filter = body["variables"]["q"].as_str().unwrap_or_default();
        let (_, _, above) = bounds(filter);
        let after: u64 = body["variables"]["after"]
            .as_str()
            .and_then(|after| after.parse().ok())
            .unwrap_or(0);
        let from = above.unwrap_or(0).max(after) + 1;
        let shown: Vec<u64> = match filter.contains("updated_at") {
            true => Vec::new(),
            false => (from..=count).take(40).filter(|id| *id <= most).collect(),
        };
        let more = shown.len() == 40 && shown.last() < Some(&count);
        let nodes = shown.iter().map(|id| {
            json!({ "id": format!("gid://shopify/InventoryItem/{id}"), "updatedAt": time(NOW - 9_000),
                "variants": page(vec![json!({ "id": format!("gid://shopify/ProductVariant/{id}") })]),
                "inventoryLevels": page(Vec::new()) })
        });
        let nodes: Vec<Value> = nodes.collect();
        let info = json!({ "hasNextPage": more, "endCursor": shown.last().map(u64::to_string) });
        data.insert("inventoryItems".into(), json!({ "pageInfo": info, "nodes": nodes }));
    }
    if query.contains("products(first") {
        data.insert("products".into(), page(Vec::new()));
    }
    json!({ "data": data })
}

#[test]
fn items_of_stock_that_name_fewer_variants_than_there_are_are_read_again() {
    for restart in [false, true] {
        for lost in [1, 2, 3] {
            let play = Play {
                restart,
                ..Play::default()
            };
            let mut asked = 0;
            let played = play
                .run("inventory", None, |body| {
                    let listed = body["query"]
                        .as_str()
                        .is_some_and(|query| query.contains("inventoryItems("));
                    asked += u64::from(listed);
                    items(100, body, if listed && asked == lost { 0 } else { u64::MAX })
                })
                .expect("it ends well");
            let mut keys: Vec<&str> = played.records.iter().map(|record| record.key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(
                keys.len(),
                100,
                "page {lost} was lost, restart = {restart}: every item came"
            );
            assert!(
                played.notes.is_empty() && coverage("inventory", &played).whole,
                "page {lost}, restart = {restart}: and nothing is lacking: {:?}",
                played.notes
            );
        }
    }
    let run = |now: i64, state: Option<&StreamState>, most: u64| {
        let play = Play { now, ..Play::default() };
        play.run("inventory", state, |body| items(100, body, most))
            .expect("it ends well")
    };
    let first = run(NOW, None, 90);
    let told = first
        .notes
        .first()
        .map(|note| note.message.as_str())
        .unwrap_or_default();
    assert!(
        told.contains("Shopify counted 100 and showed 90"),
        "what never comes is told: {told}"
    );
    assert!(!coverage("inventory", &first).whole, "and the stock is not whole");
    let mut second = first;
    for time in 2..=8 {
        second = run(NOW + time, Some(&second.state), 90);
        assert!(!second.notes.is_empty(), "nor after run {time}, which reads all again");
    }
    let third = run(NOW + 120, Some(&second.state), u64::MAX);
    assert_eq!(
        (third.records.len(), third.notes.len()),
        (0, 1),
        "the one after it leaves them alone for a day, and tells it"
    );
    let last = run(NOW + 3 * 86_400, Some(&third.state), u64::MAX);
    assert!(
        last.records.len() == 100 && last.notes.is_empty() && coverage("inventory", &last).whole,
        "until they are shown: {:?}",
        last.notes
    );
}

#[test]
fn a_shop_without_locations_is_no_answer() {
    let place = json!({ "id": "gid://shopify/Location/1", "isActive": true, "updatedAt": time(NOW) });
    for wrong in [
        json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [] }),
        json!({ "pageInfo": { "hasNextPage": true, "endCursor": null }, "nodes": [] }),
    ] {
        let mut asked = 0;
        let played = Play::default()
            .run("locations", None, |_| {
                asked += 1;
                let right = page(vec![place.clone()]);
                json!({ "data": { "locations": if asked == 1 { wrong.clone() } else { right } } })
            })
            .expect("it ends well");
        assert_eq!(played.records.len(), 1, "asked again: {wrong}");
        let error = Play::default()
            .run("locations", None, |_| json!({ "data": { "locations": wrong } }))
            .err()
            .expect("it is not believed");
        assert!(error.message.contains("locations"), "and told in the end: {error:?}");
    }
}

#[test]
fn what_nothing_counts_is_asked_for_in_two_runs() {
    let payout = |at: i64| json!({ "id": format!("gid://shopify/ShopifyPaymentsPayout/{at}"), "issuedAt": time(at) });
    let made: Vec<i64> = (0..120).map(|n| NOW + n * 86_400).collect();
    let answer = |body: &Value, lost: bool| {
        let (from, to, _) = bounds(body["variables"]["q"].as_str().unwrap_or_default());
        let shown = made.iter().filter(|at| (from..to).contains(*at) && !lost);
        let rows = page(shown.map(|at| payout(*at)).collect());
        json!({ "data": { "shopifyPaymentsAccount": { "id": "gid://shopify/ShopifyPaymentsAccount/1", "payouts": rows } } })
    };
    let run = |now: i64, state: Option<&StreamState>, lost: bool| {
        let play = Play { now, ..Play::default() };
        play.run("payouts", state, |body| answer(body, lost))
            .expect("it ends well")
    };
    let first = run(NOW, None, true);
    let second = run(NOW + 120 * 86_400, Some(&first.state), false);
    assert_eq!(
        second.records.len(),
        120,
        "a first load that was lost twice is made again by the next run"
    );
    let lost = run(NOW + 121 * 86_400, Some(&run(NOW, None, false).state), true);
    let found = run(NOW + 122 * 86_400, Some(&lost.state), false);
    assert_eq!(
        found.records.len(),
        120,
        "and so is a list of four months that was lost, though only the last weeks may change"
    );
    let later = run(NOW + 123 * 86_400, Some(&found.state), false);
    let quiet = run(NOW + 124 * 86_400, Some(&later.state), false);
    assert!(
        quiet.records.len() < 60 && quiet.asked.len() == 1,
        "once it came, only the last weeks are read: {}",
        quiet.records.len()
    );
}

#[test]
fn where_counts_are_denied_each_run_reads_again_what_the_last_one_read() {
    let shop = Shop::new((0..60).map(|n| NOW - 9 * 86_400 + n * 7_000));
    let uncounted = |body: &Value, lost: bool| {
        let mut answer = shop.answer(body, lost);
        for root in ["productsCount", "customersCount"] {
            answer["data"].as_object_mut().expect("data").remove(root);
        }
        answer
    };
    for stream in ["products", "customers"] {
        let run = |now: i64, state: Option<&StreamState>, lost: bool| {
            let play = Play { now, ..Play::default() };
            play.run(stream, state, |body| uncounted(body, lost))
                .expect("it ends well")
        };
        let empty = run(NOW - 10 * 86_400, None, true);
        let lost = run(NOW, Some(&empty.state), true);
        let found = run(NOW + 60, Some(&lost.state), false);
        assert_eq!(
            found.records.len(),
            60,
            "{stream}: what was lost comes with the next run"
        );
        let later = run(NOW + 120, Some(&found.state), false);
        let quiet = run(NOW + 180, Some(&later.state), false);
        assert!(
            quiet.records.len() < 20 && quiet.asked.len() == 1,
            "{stream}: and then no more: {}",
            quiet.records.len()
        );
    }
    let events = |body: &Value, lost: bool| {
        let mut answer = shop.answer(body, lost);
        answer["data"].as_object_mut().expect("data").remove("eventsCount");
        answer
    };
    let run = |now: i64, state: &StreamState, lost: bool| {
        let play = Play { now, ..Play::default() };
        play.run("deletions", Some(state), |body| events(body, lost))
            .expect("it ends well")
    };
    let lost = run(NOW, &begun("deletions"), true);
    let found = run(NOW + 60, &lost.state, false);
    assert_eq!(found.records.len(), 60, "deletions come with the next run");
    let quiet = run(NOW + 180, &run(NOW + 120, &found.state, false).state, false);
    assert_eq!(quiet.records.len(), 0, "and then no more");
    let count = |body: &Value, most: u64| {
        let mut answer = items(100, body, most);
        answer["data"]
            .as_object_mut()
            .expect("data")
            .remove("productVariantsCount");
        answer
    };
    let run = |now: i64, state: Option<&StreamState>, most: u64| {
        let play = Play { now, ..Play::default() };
        play.run("inventory", state, |body| count(body, most))
            .expect("it ends well")
    };
    let lost = run(NOW, None, 0);
    let found = run(NOW + 60, Some(&lost.state), u64::MAX);
    assert_eq!(found.records.len(), 100, "every item of stock comes with the next run");
    let quiet = run(NOW + 120, Some(&found.state), u64::MAX);
    assert_eq!(quiet.records.len(), 0, "and then no more");
}

#[test]
fn once_a_day_the_last_two_days_are_read_again() {
    // Shown only a day after it is dated (contract 3.6: search is an index).
    let late = NOW - 3_600;
    for (stream, _) in STREAMS.iter().filter(|(stream, _)| *stream != "deletions") {
        let mut shop = Shop::new([NOW - 9 * 86_400]);
        let run = |now: i64, shop: &Shop, state: &StreamState| {
            let play = Play { now, ..Play::default() };
            play.run(stream, Some(state), |body| shop.answer(body, false))
                .expect("it ends well")
        };
        let first = run(NOW, &shop, &begun(stream));
        shop.changes.push(late);
        let second = run(NOW + 86_400, &shop, &first.state);
        let key = (late - NOW + 50_000_000).to_string();
        let found = second.records.iter().any(|record| record.key == key);
        assert!(found, "{stream}: what an index showed late is found the next day");
        let third = run(NOW + 86_400 + 7_200, &shop, &second.state);
        let again = third.records.iter().any(|record| record.key == key);
        assert!(
            !again || *stream == "customers",
            "{stream}: and is not read with every run"
        );
    }
}

#[test]
fn a_product_that_does_not_say_when_it_changed_is_taken_as_it_is_shown() {
    let node = json!({ "id": "gid://shopify/Product/5", "title": "Now" });
    let played = Play::default()
        .run(
            "products",
            None,
            |_| json!({ "data": { "products": page(vec![node.clone()]) } }),
        )
        .expect("it ends well");
    assert_eq!(
        (played.records[0].key.as_str(), played.records[0].version),
        ("5", NOW),
        "it is no older than what is stored"
    );
}
