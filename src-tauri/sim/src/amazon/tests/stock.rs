//! Stock, listings, the catalogue and order metrics.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rig::{Rig, escape};
use crate::amazon::Options;
use crate::truth::Definition;
use crate::world::amazon::{Marketplace, Region};

const US: &str = "ATVPDKIKX0DER";

#[test]
fn stock_is_paged_by_tokens_that_die_young() {
    let rig = Rig::new(Region::Na);
    let base = format!(
        "/fba/inventory/v1/summaries?details=true&granularityType=Marketplace&granularityId={US}&marketplaceIds={US}"
    );
    let rows = rig.pages(
        &base,
        "/payload/inventorySummaries",
        "/pagination/nextToken",
        "nextToken",
    );
    let seller = rig.seller();
    let wanted = seller
        .listed()
        .iter()
        .map(|variant| seller.listing(Marketplace::Us, *variant));
    let wanted: Vec<_> = wanted
        .filter_map(|listing| Some((listing.sku, listing.stock?)))
        .collect();
    assert!(wanted.len() > 50, "more than a page");
    assert_eq!(rows.len(), wanted.len(), "every listing at Amazon, once");
    for (row, (sku, stock)) in rows.iter().zip(&wanted) {
        assert_eq!(row["sellerSku"], sku.as_str(), "in order");
        assert_eq!(row["totalQuantity"], stock.total(), "units of {sku}");
        assert_eq!(
            row["inventoryDetails"]["fulfillableQuantity"], stock.fulfillable,
            "for sale of {sku}"
        );
    }
    let page = rig.get(&base);
    let token = escape(page["pagination"]["nextToken"].as_str().expect("more pages"));
    let status = |more: &str| rig.ask("GET", &format!("{base}{more}"), &Value::Null).0;
    assert_eq!(status(&format!("&nextToken={token}")), 200, "at once");
    assert_eq!(
        status(&format!("&nextToken={token}&sellerSku=X")),
        400,
        "with the same parameters"
    );
    let raw = page["pagination"]["nextToken"].as_str().expect("a token");
    assert_eq!(status(&format!("&nextToken={raw}")), 400, "and escaped");
    rig.pass(31);
    assert_eq!(status(&format!("&nextToken={token}")), 400, "not after thirty seconds");
    let both = base.replace(
        &format!("marketplaceIds={US}"),
        &format!("marketplaceIds={US},A1PA6795UKMFR9"),
    );
    assert_eq!(rig.ask("GET", &both, &Value::Null).0, 400, "one marketplace at a time");
}

#[test]
fn listings_and_catalogue_tell_the_goods() {
    let rig = Rig::new(Region::Eu);
    let seller = rig.seller();
    let de = Marketplace::De.id();
    let base = format!(
        "/listings/2021-08-01/items/{}?marketplaceIds={de}&includedData=summaries,offers,fulfillmentAvailability&pageSize=20",
        Options::DEMO_SELLER
    );
    let rows = rig.pages(&base, "/items", "/pagination/nextToken", "pageToken");
    assert_eq!(rows.len(), seller.listed().len(), "every listing");
    let mut codes = BTreeSet::new();
    for row in &rows {
        for way in row["fulfillmentAvailability"].as_array().expect("ways to ship") {
            codes.insert(way["fulfillmentChannelCode"].as_str().expect("a code").to_owned());
        }
    }
    assert_eq!(
        codes,
        BTreeSet::from(["AMAZON_EU".to_owned(), "DEFAULT".to_owned()]),
        "both ways to ship"
    );
    let first = seller.listing(Marketplace::De, seller.listed()[0]);
    let one = rig.get(&format!(
        "/listings/2021-08-01/items/{}/{}?marketplaceIds={de}",
        Options::DEMO_SELLER,
        first.sku
    ));
    assert_eq!(one["summaries"][0]["asin"], first.asin.as_str(), "one by its number");
    let path = format!("/listings/2021-08-01/items/SOMEBODY?marketplaceIds={de}");
    assert_eq!(
        rig.ask("GET", &path, &Value::Null).0,
        403,
        "another seller's are not shown"
    );
    let path = format!(
        "/catalog/2022-04-01/items/{}?marketplaceIds={de}&includedData=summaries,identifiers,images,productTypes",
        first.asin
    );
    assert_eq!(
        rig.get(&path)["summaries"][0]["itemName"],
        first.title.as_str(),
        "the catalogue's words"
    );
    let base = format!(
        "/catalog/2022-04-01/items?marketplaceIds={de}&identifiersType=SKU&identifiers={}",
        first.sku
    );
    assert_eq!(
        rig.ask("GET", &base, &Value::Null).0,
        400,
        "numbers of a seller need the seller"
    );
    let found = rig.get(&format!("{base}&sellerId={}", Options::DEMO_SELLER));
    assert_eq!(found["items"][0]["asin"], first.asin.as_str(), "then they are found");
}

#[test]
fn metrics_are_ordered_product_sales() {
    let rig = Rig::new(Region::Na);
    let zone = "America/Los_Angeles";
    let path = format!(
        "/sales/v1/orderMetrics?marketplaceIds={US}&granularity=Day&granularityTimeZone={zone}&interval={}",
        escape("2026-11-01T00:00:00-07:00--2026-11-15T00:00:00-08:00")
    );
    let body = rig.get(&path);
    let days = body["payload"].as_array().expect("days");
    assert_eq!(days.len(), 14, "a row for each day, the one with 25 hours among them");
    assert_eq!(
        days[0]["interval"], "2026-11-01T00:00-07:00--2026-11-02T00:00-08:00",
        "with its offsets"
    );
    let world = rig.sim.world();
    for (place, day) in days.iter().enumerate() {
        let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 1).expect("a date") + chrono::Days::new(place as u64);
        let truth = crate::truth::amazon::report(&world, Marketplace::Us, Definition::Platform, date, date, None);
        let gross = truth.totals.gross_sales.map(|minor| truth.currency.text(minor));
        assert_eq!(
            day["totalSales"]["amount"].as_str(),
            gross.as_deref(),
            "sales of {date}"
        );
        assert_eq!(day["unitCount"], truth.totals.units, "units of {date}");
        assert_eq!(day["orderCount"], truth.totals.orders, "orders of {date}");
    }
    let status = |query: &str| {
        rig.ask(
            "GET",
            &format!("/sales/v1/orderMetrics?marketplaceIds={US}&{query}"),
            &Value::Null,
        )
        .0
    };
    let span = escape("2026-11-01T00:00:00-07:00--2026-11-03T00:00:00-08:00");
    assert_eq!(
        status(&format!("granularity=Day&interval={span}")),
        400,
        "days need a zone"
    );
    assert_eq!(
        status(&format!("granularity=Day&granularityTimeZone=UTC&interval={span}")),
        400,
        "and begin with it"
    );
    assert_eq!(
        status(&format!("granularity=Hour&interval={span}")),
        200,
        "hours do not"
    );
    assert_eq!(
        status(&format!("granularity=Total&interval={span}")),
        200,
        "nor the whole"
    );
}
