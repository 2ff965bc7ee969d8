//! Listings and the catalogue (contract section 3.5).

use serde_json::{Value, json};

use super::answers::{Refusal, denied, error, invalid, moment, money, object};
use super::pages::{Call, Outcome};
use super::params::{place, token};
use crate::faults::Kind;
use crate::world::amazon::{Listing, Marketplace};

const HOUR: i64 = 3_600;
/// More cannot be reached by paging.
const REACH: usize = 1_000;

fn all<'c>(call: &'c Call<'_>, market: Marketplace) -> impl Iterator<Item = Listing> + 'c {
    let trades = call.seller.trades(market);
    let variants = call.seller.listed().iter().filter(move |_| trades);
    variants.map(move |variant| call.seller.listing(market, *variant))
}

/// One page of a list: where it begins, and the token of the next.
fn page(call: &Call<'_>, count: usize) -> Result<(usize, usize, Option<Value>), Refusal> {
    let mark = call.params.mark(&["pageToken"]);
    let size = call.params.size("pageSize", 20, 10)?;
    let size = if call.has(&Kind::EmptyPage) { 0 } else { size };
    let mut first = 0;
    if let Some(given) = call.params.get("pageToken") {
        let found = place(given, mark, call.now, HOUR).and_then(|place| place.parse::<usize>().ok());
        first = found.ok_or_else(|| invalid("The pageToken is not valid, or has expired."))?;
    }
    let endless = call.has(&Kind::Endless);
    let more = count.min(REACH) > first + size || endless;
    let next = if endless { first } else { first + size };
    let pagination = more.then(|| json!({ "nextToken": token(mark, call.now, &next.to_string()) }));
    Ok((first, size, pagination))
}

/// `searchListingsItems`.
pub(super) fn search(call: &Call<'_>) -> Outcome {
    if call.tail != call.options.seller_id {
        return Err(denied("The seller of the path is not the seller of the token."));
    }
    let market = call.one_market("marketplaceIds")?;
    let wanted = call.params.list("includedData");
    let (kind, named) = (call.params.get("identifiersType"), call.params.list("identifiers"));
    if named.len() > 20 || named.is_empty() != kind.is_none() {
        return Err(invalid("identifiers (at most 20) and identifiersType belong together."));
    }
    let found = all(call, market).filter(|listing| match kind {
        None => true,
        Some("SKU") => named.contains(&listing.sku),
        Some("ASIN") => named.contains(&listing.asin),
        Some("FNSKU") => named.contains(&listing.fnsku),
        Some(_) => listing.barcode.as_ref().is_some_and(|code| named.contains(code)),
    });
    let found: Vec<Listing> = found.collect();
    let (first, size, pagination) = page(call, found.len())?;
    let items: Vec<Value> = found
        .iter()
        .skip(first)
        .take(size)
        .map(|listing| item(market, listing, &wanted))
        .collect();
    Ok((
        200,
        object([
            ("numberOfResults", Some(found.len().into())),
            ("pagination", pagination),
            ("items", Some(items.into())),
        ]),
    ))
}

/// `getListingsItem`.
pub(super) fn one(call: &Call<'_>) -> Outcome {
    let (seller, sku) = call.tail.split_once('/').unwrap_or((&call.tail, ""));
    if seller != call.options.seller_id {
        return Err(denied("The seller of the path is not the seller of the token."));
    }
    let market = call.one_market("marketplaceIds")?;
    let found = all(call, market).find(|listing| listing.sku == sku);
    let wanted = call.params.list("includedData");
    match found {
        Some(listing) => Ok((200, item(market, &listing, &wanted))),
        None => Err(error(
            404,
            "NOT_FOUND",
            &format!("SKU {sku:?} not found in marketplace."),
            "",
        )),
    }
}

fn item(market: Marketplace, listing: &Listing, wanted: &[String]) -> Value {
    let has = |set: &str| wanted.is_empty() && set == "summaries" || wanted.iter().any(|own| own == set);
    let status = if listing.active {
        json!(["BUYABLE", "DISCOVERABLE"])
    } else {
        json!([])
    };
    let summary = json!([{
        "marketplaceId": market.id(),
        "asin": listing.asin,
        "productType": "HOME",
        "conditionType": "new_new",
        "status": status,
        "fnSku": listing.fnsku,
        "itemName": listing.title,
        "createdDate": moment(listing.created_at),
        "lastUpdatedDate": moment(listing.created_at.plus(86_400)),
    }]);
    let mut available = Vec::new();
    if let Some(quantity) = listing.mfn_quantity {
        available.push(json!({ "fulfillmentChannelCode": "DEFAULT", "quantity": quantity }));
    }
    if listing.afn {
        available.push(json!({ "fulfillmentChannelCode": channel(market) }));
    }
    let offers = json!([{
        "marketplaceId": market.id(), "offerType": "B2C", "price": money(market.currency(), listing.price) }]);
    object([
        ("sku", Some(listing.sku.as_str().into())),
        ("summaries", has("summaries").then_some(summary)),
        ("offers", (has("offers") && listing.active).then_some(offers)),
        (
            "fulfillmentAvailability",
            has("fulfillmentAvailability").then(|| available.into()),
        ),
    ])
}

/// The word for Amazon's own shipping in a region.
pub(super) fn channel(market: Marketplace) -> &'static str {
    match market {
        Marketplace::Us => "AMAZON_NA",
        Marketplace::Uk | Marketplace::De => "AMAZON_EU",
        Marketplace::Jp => "AMAZON_JP",
    }
}

/// `searchCatalogItems`.
pub(super) fn search_catalog(call: &Call<'_>) -> Outcome {
    let market = call.one_market("marketplaceIds")?;
    let named = call.params.list("identifiers");
    let kind = call.params.get("identifiersType");
    if named.is_empty() || named.len() > 20 || kind.is_none() {
        return Err(invalid("identifiers (1 to 20) and identifiersType are required here."));
    }
    if kind == Some("SKU") && call.params.get("sellerId") != Some(call.options.seller_id.as_str()) {
        return Err(invalid("identifiersType SKU needs sellerId."));
    }
    let found = all(call, market).filter(|listing| match kind {
        Some("SKU") => named.contains(&listing.sku),
        Some("ASIN") => named.contains(&listing.asin),
        _ => listing.barcode.as_ref().is_some_and(|code| named.contains(code)),
    });
    let found: Vec<Listing> = found.collect();
    let (first, size, pagination) = page(call, found.len())?;
    let wanted = call.params.list("includedData");
    let items: Vec<Value> = found
        .iter()
        .skip(first)
        .take(size)
        .map(|listing| entry(market, listing, &wanted))
        .collect();
    Ok((
        200,
        object([
            ("numberOfResults", Some(found.len().into())),
            ("pagination", pagination),
            ("items", Some(items.into())),
        ]),
    ))
}

/// `getCatalogItem`.
pub(super) fn catalog_item(call: &Call<'_>) -> Outcome {
    let market = call.one_market("marketplaceIds")?;
    let found = all(call, market).find(|listing| listing.asin == call.tail);
    let wanted = call.params.list("includedData");
    match found {
        Some(listing) => Ok((200, entry(market, &listing, &wanted))),
        None => Err(error(
            404,
            "NOT_FOUND",
            &format!("Requested item {:?} not found.", call.tail),
            "",
        )),
    }
}

fn entry(market: Marketplace, listing: &Listing, wanted: &[String]) -> Value {
    let has = |set: &str| wanted.is_empty() && set == "summaries" || wanted.iter().any(|own| own == set);
    let codes: Vec<Value> = listing
        .barcode
        .iter()
        .map(|code| json!({ "identifierType": "EAN", "identifier": code }))
        .collect();
    let image = format!("https://m.media-amazon.com/images/I/{}.jpg", listing.asin);
    object([
        ("asin", Some(listing.asin.as_str().into())),
        (
            "identifiers",
            has("identifiers").then(|| json!([{ "marketplaceId": market.id(), "identifiers": codes }])),
        ),
        (
            "images",
            has("images").then(|| {
                json!([{ "marketplaceId": market.id(),
                    "images": [{ "variant": "MAIN", "link": image, "height": 500, "width": 500 }] }])
            }),
        ),
        (
            "productTypes",
            has("productTypes").then(|| json!([{ "marketplaceId": market.id(), "productType": "HOME" }])),
        ),
        (
            "summaries",
            has("summaries").then(|| {
                json!([{ "marketplaceId": market.id(), "brand": listing.brand, "itemName": listing.title,
                    "itemClassification": "BASE_PRODUCT", "manufacturer": listing.brand, "packageQuantity": 1 }])
            }),
        ),
    ])
}
