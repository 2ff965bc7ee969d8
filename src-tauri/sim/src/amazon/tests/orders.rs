//! Searching and reading orders.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::rig::{Rig, escape};
use crate::world::Second;
use crate::world::amazon::{Marketplace, OrderStatus, Region};

const SEARCH: &str = "/orders/2026-01-01/orders";
const OURS: &str = "PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT";

fn all(rig: &Rig, query: &str) -> Vec<Value> {
    rig.pages(
        &format!("{SEARCH}?{query}"),
        "/orders",
        "/pagination/nextToken",
        "paginationToken",
    )
}

#[test]
fn a_search_finds_every_order_and_shows_it_as_it_stands() {
    let rig = Rig::new(Region::Eu);
    let seller = rig.seller();
    let from = Second(rig.now() - 40 * 86_400);
    let query = format!(
        "lastUpdatedAfter={}&includedData={OURS}&maxResultsPerPage=37",
        from.iso()
    );
    let shown = all(&rig, &query);
    let mut wanted = BTreeMap::new();
    for market in [Marketplace::Uk, Marketplace::De] {
        for index in 0..seller.order_count(market) {
            let order = seller.order(market, index).expect("an order below the count");
            if order.updated_at >= from && order.updated_at.0 <= rig.now() - 120 {
                wanted.insert(order.id.clone(), order);
            }
        }
    }
    let ids: BTreeSet<&str> = shown.iter().filter_map(|order| order["orderId"].as_str()).collect();
    assert_eq!(
        (ids.len(), shown.len()),
        (wanted.len(), wanted.len()),
        "every order, once"
    );
    assert!(wanted.len() > 300, "there are some");
    for row in &shown {
        let order = &wanted[row["orderId"].as_str().expect("an id")];
        let name = &order.id;
        let currency = order.market.currency();
        assert_eq!(
            row["salesChannel"]["marketplaceId"],
            order.market.id(),
            "{name} was sold there"
        );
        let told = row.pointer("/proceeds/grandTotal/amount").and_then(Value::as_str);
        let total = order.priced.then(|| currency.text(order.total()));
        assert_eq!(told, total.as_deref(), "the total of {name}, if it has one");
        for (line, item) in order.lines.iter().zip(row["orderItems"].as_array().expect("items")) {
            assert_eq!(item["quantityOrdered"], line.quantity, "units of {name}");
            assert_eq!(
                item["fulfillment"]["quantityFulfilled"], line.shipped,
                "units of {name} that left"
            );
            let amount = |kind: &str| {
                let parts = item["proceeds"]["breakdowns"].as_array().cloned().unwrap_or_default();
                let part = parts.into_iter().find(|part| part["type"] == kind);
                part.map(|part| {
                    part["subtotal"]["amount"]
                        .as_str()
                        .expect("text")
                        .trim_start_matches('-')
                        .to_owned()
                })
            };
            let some = |minor: i64| (order.priced && minor != 0).then(|| currency.text(minor));
            assert_eq!(amount("ITEM"), some(line.charge.item), "line total of {name}");
            assert_eq!(amount("SHIPPING"), some(line.charge.shipping), "shipping of {name}");
            let tax = if order.tax_told { line.charge.tax() } else { 0 };
            assert_eq!(amount("TAX"), some(tax), "tax of {name}, where it is told");
            let off = line.charge.item_discount + line.charge.shipping_discount;
            assert_eq!(
                amount("DISCOUNT"),
                some(off),
                "discounts of {name}, whatever their sign"
            );
            let executed = !item["cancellation"]["cancellationExecution"].is_null();
            assert_eq!(executed, line.cancelled.is_some(), "cancellation of {name}");
        }
    }
    let signs: BTreeSet<bool> = shown
        .iter()
        .flat_map(|order| order["orderItems"].as_array().expect("items"))
        .flat_map(|item| item["proceeds"]["breakdowns"].as_array().cloned().unwrap_or_default())
        .filter(|part| part["type"] == "DISCOUNT")
        .map(|part| part["subtotal"]["amount"].as_str().expect("text").starts_with('-'))
        .collect();
    assert_eq!(signs.len(), 2, "discounts come with both signs");
}

#[test]
fn only_what_is_asked_for_is_shown() {
    let rig = Rig::new(Region::Na);
    let plain = all(&rig, "createdAfter=2026-10-01T00:00:00Z");
    assert!(plain.len() > 100, "orders of some weeks");
    for order in &plain {
        for set in ["proceeds", "fulfillment", "buyer", "recipient", "packages"] {
            assert!(order.get(set).is_none(), "{set} was not asked for: {order}");
        }
        let item = &order["orderItems"][0];
        assert!(item["product"]["sellerSku"].is_string(), "the goods are always shown");
        for set in ["proceeds", "promotion", "cancellation", "expense", "fulfillment"] {
            assert!(item.get(set).is_none(), "nor {set} of an item");
        }
    }
    let asked = all(&rig, "createdAfter=2026-11-01T00:00:00Z&includedData=BUYER,RECIPIENT");
    assert!(
        asked.iter().all(|order| order.get("buyer").is_none()),
        "without the role buyers stay unknown, silently"
    );
    let open = Rig::with(Region::Na, |setup| {
        setup.amazon.apps[0].roles = crate::amazon::Role::ALL.to_vec()
    });
    let asked = all(&open, "createdAfter=2026-11-01T00:00:00Z&includedData=BUYER,RECIPIENT");
    assert!(
        asked.iter().all(|order| order["buyer"]["buyerName"].is_string()),
        "with it they are shown"
    );
    let plain = all(&open, "createdAfter=2026-11-01T00:00:00Z");
    assert!(
        plain.iter().all(|order| order.get("buyer").is_none()),
        "to who asks for them"
    );
}

#[test]
fn a_search_holds_to_its_rules() {
    let rig = Rig::new(Region::Na);
    let status = |query: &str| rig.ask("GET", &format!("{SEARCH}?{query}"), &Value::Null).0;
    let iso = |back: i64| Second(rig.now() - back).iso();
    assert_eq!(status(""), 400, "a search needs a beginning");
    assert_eq!(
        status("createdAfter=2026-11-01T00:00:00Z&lastUpdatedAfter=2026-11-01T00:00:00Z"),
        400,
        "one of them"
    );
    assert_eq!(
        status("createdAfter=2026-11-01T00:00:00Z&lastUpdatedBefore=2026-11-02T00:00:00Z"),
        400,
        "with its own end"
    );
    let base = "lastUpdatedAfter=2026-11-01T00:00:00Z";
    assert_eq!(
        status(&format!("{base}&lastUpdatedBefore={}", iso(119))),
        400,
        "two minutes back at least"
    );
    assert_eq!(
        status(&format!("{base}&lastUpdatedBefore={}", iso(120))),
        200,
        "not more"
    );
    assert_eq!(
        status(&format!("{base}&maxResultsPerPage=101")),
        400,
        "a hundred at most"
    );
    assert_eq!(
        status(&format!("{base}&includedData=EVERYTHING")),
        400,
        "known sets only"
    );
    assert_eq!(status(&format!("{base}&orderIds=112-1-1")), 400, "and known parameters");
    assert_eq!(
        status(&format!("{base}&marketplaceIds=A2ZV50J4W1RKNI")),
        403,
        "pseudo marketplaces are for nobody"
    );
    assert_eq!(
        status(&format!("{base}&marketplaceIds=A1PA6795UKMFR9")),
        403,
        "nor another region's"
    );
    let page = rig.get(&format!("{SEARCH}?{base}&maxResultsPerPage=5"));
    assert_eq!(page["lastUpdatedBefore"], iso(120), "the bound is told");
    let token = escape(page["pagination"]["nextToken"].as_str().expect("more pages"));
    let more = |query: &str| status(&format!("{query}&paginationToken={token}"));
    assert_eq!(
        more(&format!("{base}&maxResultsPerPage=50&includedData=PROCEEDS")),
        200,
        "size and sets may change"
    );
    assert_eq!(more("lastUpdatedAfter=2026-11-02T00:00:00Z"), 400, "nothing else");
    assert_eq!(more(&format!("{base}&fulfilledBy=AMAZON")), 400, "no filter either");
    rig.pass(86_401);
}

#[test]
fn copies_and_replacements_are_recognisable() {
    let rig = Rig::new(Region::Na);
    let seller = rig.seller();
    let everything = all(&rig, &format!("createdAfter=2026-08-01T00:00:00Z&includedData={OURS}"));
    let copies: Vec<&Value> = everything
        .iter()
        .filter(|order| order["salesChannel"]["channelName"] == "NON_AMAZON")
        .collect();
    assert!(copies.len() > 10, "some orders were sold elsewhere: {}", copies.len());
    let mut of_the_shop = 0;
    for copy in &copies {
        let id = copy["orderId"].as_str().expect("an id");
        assert!(id.starts_with("S01-"), "{id} has their form");
        assert_eq!(
            copy["salesChannel"]["marketplaceId"], "A2ZV50J4W1RKNI",
            "in the pseudo marketplace"
        );
        let order = seller.find(id).expect("the world knows it");
        if let Some(shop) = &order.copy_of {
            assert_eq!(
                copy["orderAliases"][0]["aliasId"],
                shop.name.as_str(),
                "it carries the shop's number"
            );
            of_the_shop += 1;
        }
    }
    assert!(of_the_shop > 10, "most belong to the shop: {of_the_shop}");
    let named = all(&rig, "createdAfter=2026-08-01T00:00:00Z&marketplaceIds=ATVPDKIKX0DER");
    assert_eq!(
        named.len(),
        everything.len() - copies.len(),
        "whoever names the marketplace does not see them"
    );
    let linked = everything
        .iter()
        .filter(|order| order["associatedOrders"][0]["associationType"] == "REPLACEMENT_ORIGINAL_ID");
    let (free, paid): (Vec<_>, Vec<_>) = linked.partition(|order| order["proceeds"]["grandTotal"]["amount"] == "0.00");
    assert!(
        free.len() > 5 && !paid.is_empty(),
        "free ones and paid ones: {} {}",
        free.len(),
        paid.len()
    );
}

#[test]
fn an_order_lives_under_the_eyes_of_who_reads_it() {
    let mut rig = Rig::new(Region::Na);
    let seller = rig.seller();
    let placed = seller.placed_between(Marketplace::Us, Second(rig.now() - 86_400), Second(rig.now()));
    let pending = placed
        .filter_map(|index| seller.order(Marketplace::Us, index))
        .find(|order| {
            order.status == OrderStatus::Pending
                && seller
                    .at(Second(rig.now() + 20 * 86_400))
                    .find(&order.id)
                    .is_some_and(|later| later.status == OrderStatus::Shipped)
        })
        .expect("an order of the last day waits");
    let path = format!("{SEARCH}/{}?includedData=PROCEEDS,FULFILLMENT", pending.id);
    let before = rig.get(&path)["order"].clone();
    assert_eq!(
        before["fulfillment"]["fulfillmentStatus"], "PENDING",
        "it is not confirmed"
    );
    assert!(
        before.get("proceeds").is_none() && before["orderItems"][0]["product"].get("price").is_none(),
        "nor priced"
    );
    rig.pass(20 * 86_400);
    rig.log_in();
    let after = rig.get(&path)["order"].clone();
    assert_eq!(after["fulfillment"]["fulfillmentStatus"], "SHIPPED", "it went its way");
    assert!(
        after["proceeds"]["grandTotal"]["amount"].is_string(),
        "and has its price"
    );
    assert!(
        after["lastUpdatedTime"].as_str() > before["lastUpdatedTime"].as_str(),
        "and was changed"
    );
    assert_eq!(
        rig.ask("GET", &format!("{SEARCH}/112-0000000-0000000"), &Value::Null).0,
        404,
        "an unknown order"
    );
}

#[test]
fn orders_can_come_late_to_lists() {
    let late = Rig::with(Region::Na, |setup| setup.amazon.late = 80_000);
    let query = format!("createdAfter={}", Second(late.now() - 86_400).iso());
    let bound = format!("{query}&createdBefore={}", Second(late.now() - 120).iso());
    let now = all(&late, &query).len();
    let whole = all(&Rig::new(Region::Na), &query).len();
    assert!(now < whole, "some orders are missing for a while: {now} of {whole}");
    late.pass(80_001);
    let mut late = late;
    late.log_in();
    assert_eq!(all(&late, &bound).len(), whole, "and come");
}

#[test]
fn a_million_orders_are_not_held() {
    let rig = Rig::with(Region::Na, |setup| {
        let spec = crate::world::WorldSpec::new(7, Second(super::rig::NOW), 365, 3);
        let world = crate::world::World::new(spec);
        setup.world = world.with_amazon(crate::world::amazon::AmazonSpec::new(1_000_000));
    });
    let body = rig.get(&format!("{SEARCH}?createdAfter=2026-03-01T00:00:00Z"));
    assert_eq!(
        body["orders"].as_array().map(Vec::len),
        Some(100),
        "a page out of the middle"
    );
    let body = rig.get(&format!("{SEARCH}?lastUpdatedAfter=2026-11-21T00:00:00Z"));
    assert_eq!(
        body["orders"].as_array().map(Vec::len),
        Some(100),
        "and one of the newest changes"
    );
}
