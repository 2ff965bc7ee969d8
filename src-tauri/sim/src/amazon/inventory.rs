//! `getInventorySummaries` (contract section 3.4).

use serde_json::{Value, json};

use super::answers::{invalid, moment, object};
use super::pages::{Call, Outcome};
use super::params::{place, token};
use crate::faults::Kind;
use crate::world::amazon::{AmazonStock, Listing};

/// Seconds that a token lives.
const LIFE: i64 = 30;
const ROWS: usize = 50;

/// `getInventorySummaries`.
pub(super) fn summaries(call: &Call<'_>) -> Outcome {
    let params = &call.params;
    let market = call.one_market("marketplaceIds")?;
    if params.get("granularityType") != Some("Marketplace") || params.get("granularityId") != Some(market.id()) {
        return Err(invalid(
            "granularityType is Marketplace, and granularityId names the same marketplace.",
        ));
    }
    let since = params.moment("startDateTime")?;
    if since.is_some_and(|since| since.0 < call.now - 548 * 86_400) {
        return Err(invalid("startDateTime lies more than 18 months back."));
    }
    let mut skus = params.list("sellerSkus");
    skus.extend(params.get("sellerSku").map(str::to_owned));
    if skus.len() > 50 {
        return Err(invalid("sellerSkus names more than 50."));
    }
    let mark = params.mark(&["nextToken"]);
    let mut first = 0;
    if let Some(given) = params.get("nextToken") {
        let found = place(given, mark, call.now, LIFE).and_then(|place| place.parse::<usize>().ok());
        first = found.ok_or_else(|| invalid("The nextToken is not valid, or has expired."))?;
    }
    let listings = call
        .seller
        .listed()
        .iter()
        .map(|variant| call.seller.listing(market, *variant));
    let own = listings.filter_map(|listing| {
        let stock = listing.stock?;
        let changed = since.is_none_or(|since| stock.updated_at >= since);
        let asked = since.is_some() || skus.is_empty() || skus.contains(&listing.sku);
        (changed && asked).then_some((listing, stock))
    });
    let own: Vec<(Listing, AmazonStock)> = if call.seller.trades(market) {
        own.collect()
    } else {
        Vec::new()
    };
    let size = if call.has(&Kind::EmptyPage) { 0 } else { ROWS };
    let details = params.get("details") == Some("true");
    let shown: Vec<Value> = own
        .iter()
        .skip(first)
        .take(size)
        .map(|(listing, stock)| row(listing, stock, details))
        .collect();
    let more = own.len() > first + size || call.has(&Kind::Endless);
    let next = if call.has(&Kind::Endless) { first } else { first + size };
    let pagination = more.then(|| json!({ "nextToken": token(mark, call.now, &next.to_string()) }));
    Ok((
        200,
        object([
            ("pagination", pagination),
            (
                "payload",
                Some(json!({
                    "granularity": { "granularityType": "Marketplace", "granularityId": market.id() },
                    "inventorySummaries": shown,
                })),
            ),
        ]),
    ))
}

fn row(listing: &Listing, stock: &AmazonStock, details: bool) -> Value {
    let inner = details.then(|| {
        json!({
            "fulfillableQuantity": stock.fulfillable,
            "inboundWorkingQuantity": stock.inbound_working,
            "inboundShippedQuantity": stock.inbound_shipped,
            "inboundReceivingQuantity": stock.inbound_receiving,
            "reservedQuantity": {
                "totalReservedQuantity": stock.reserved(),
                "pendingCustomerOrderQuantity": stock.reserved_orders,
                "pendingTransshipmentQuantity": stock.reserved_transfer,
                "fcProcessingQuantity": stock.reserved_processing,
            },
            "researchingQuantity": {
                "totalResearchingQuantity": stock.researching,
                "researchingQuantityBreakdown": [
                    { "name": "researchingQuantityInShortTerm", "quantity": stock.researching },
                    { "name": "researchingQuantityInMidTerm", "quantity": 0 },
                    { "name": "researchingQuantityInLongTerm", "quantity": 0 },
                ],
            },
            "unfulfillableQuantity": {
                "totalUnfulfillableQuantity": stock.unfulfillable(),
                "customerDamagedQuantity": stock.customer_damaged,
                "warehouseDamagedQuantity": stock.warehouse_damaged,
                "distributorDamagedQuantity": 0,
                "carrierDamagedQuantity": 0,
                "defectiveQuantity": 0,
                "expiredQuantity": 0,
            },
        })
    });
    object([
        ("asin", Some(listing.asin.as_str().into())),
        ("fnSku", Some(listing.fnsku.as_str().into())),
        ("sellerSku", Some(listing.sku.as_str().into())),
        ("condition", Some("NewItem".into())),
        ("inventoryDetails", inner),
        ("lastUpdatedTime", Some(moment(stock.updated_at))),
        ("productName", Some(listing.title.as_str().into())),
        ("totalQuantity", Some(stock.total().into())),
        ("stores", Some(json!([]))),
    ])
}
