//! Inventory, listings and the catalogue: stock by SKU and place, products by ASIN with the SKUs that sell them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::markets::{Market, home, market};
use super::parse::{MoneyNode, cell_micros, cell_units, moment, units};
use super::paths::Place;
use super::table::Table;
use super::{broken, broken_report};
use crate::connectors::{Fact, ReadCtx, ReadError, StoredRaw};
use crate::model::{Location, Product, StockLevel, Variant, When};

/// The seller's own stock.
fn merchant() -> Location {
    Location {
        key: "merchant".to_owned(),
        name: "Merchant".to_owned(),
        active: true,
        country: None,
    }
}

/// Amazon's warehouses of a marketplace.
fn warehouses(market: Option<&Market>) -> Location {
    Location {
        key: market.map_or_else(|| "fba".to_owned(), |m| format!("fba:{}", m.id)),
        name: market.map_or_else(|| "Amazon FBA".to_owned(), |m| format!("Amazon FBA ({})", m.country)),
        active: true,
        country: market.map(|m| m.country.to_owned()),
    }
}

fn level(location: &Location, sku: &str, quantities: Vec<(String, i64)>, updated_at: i64) -> StockLevel {
    StockLevel {
        item: sku.to_owned(),
        location: location.key.clone(),
        sku: sku.to_owned(),
        active: true,
        quantities,
        updated_at,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    asin: Option<String>,
    product_name: Option<String>,
    last_updated_time: Option<String>,
    #[serde(borrow)]
    total_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    inventory_details: Option<Details<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Details<'a> {
    #[serde(borrow)]
    fulfillable_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    inbound_working_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    inbound_shipped_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    inbound_receiving_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    reserved_quantity: Option<Reserved<'a>>,
    #[serde(borrow)]
    unfulfillable_quantity: Option<Unfulfillable<'a>>,
    #[serde(borrow)]
    researching_quantity: Option<Researching<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reserved<'a> {
    #[serde(borrow)]
    total_reserved_quantity: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unfulfillable<'a> {
    #[serde(borrow)]
    total_unfulfillable_quantity: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Researching<'a> {
    #[serde(borrow)]
    total_researching_quantity: Option<&'a RawValue>,
}

/// Stock in Amazon's warehouses, as the interface tells it.
pub(super) fn summary(raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
    let s: Summary<'_> = serde_json::from_slice(&raw.record.bytes).map_err(|e| broken(&e))?;
    let root = Place::Root.at(&[]);
    let marketplace = raw.record.facet.split_once(':').map(|(_, id)| id);
    let location = warehouses(market(marketplace, None));
    // A whole sweep does not name it any more ([`super::record::unnamed`]): how much is there is not known.
    let named = s.asin.is_some() || s.total_quantity.is_some() || s.inventory_details.is_some();
    let details = s.inventory_details.unwrap_or_default();
    let mut quantities = Vec::new();
    let mut put = |name: &str, parts: &[Option<&RawValue>]| -> Result<(), ReadError> {
        let mut sum: Option<i64> = None;
        for part in parts {
            if let Some(count) = units(*part, root)? {
                sum = Some(sum.unwrap_or(0) + i64::from(count));
            }
        }
        // What is not stated is unknown, not nothing.
        quantities.extend(sum.map(|sum| (name.to_owned(), sum)));
        Ok(())
    };
    put("available", &[details.fulfillable_quantity])?;
    put(
        "reserved",
        &[details.reserved_quantity.and_then(|r| r.total_reserved_quantity)],
    )?;
    put(
        "incoming",
        &[
            details.inbound_working_quantity,
            details.inbound_shipped_quantity,
            details.inbound_receiving_quantity,
        ],
    )?;
    put(
        "unfulfillable",
        &[details
            .unfulfillable_quantity
            .and_then(|u| u.total_unfulfillable_quantity)],
    )?;
    put(
        "researching",
        &[details.researching_quantity.and_then(|r| r.total_researching_quantity)],
    )?;
    put("total", &[s.total_quantity])?;
    let sku = &raw.record.key;
    let updated = s
        .last_updated_time
        .as_deref()
        .and_then(moment)
        .map_or(0, When::sort_key);
    let mut facts = vec![
        Fact::Stock(vec![StockLevel {
            active: named,
            ..level(&location, sku, quantities, updated)
        }]),
        Fact::Location(location),
    ];
    // Stock tells no price and no state of what is sold: the listing does, whichever changed later.
    if let Some(asin) = s.asin.filter(|asin| !asin.is_empty()) {
        let title = s.product_name.unwrap_or_default();
        facts.push(mention(&asin, sku, &title, None, ""));
    }
    Ok(facts)
}

/// A product and the SKU that sells it, as a record of stock names them.
fn mention(asin: &str, sku: &str, title: &str, price: Option<i64>, status: &str) -> Fact {
    Fact::Mention(Product {
        variants: vec![variant(sku, price)],
        ..product(asin, title, status, 0)
    })
}

fn product(asin: &str, title: &str, status: &str, updated_at: i64) -> Product {
    Product {
        key: asin.to_owned(),
        title: title.to_owned(),
        vendor: String::new(),
        category: String::new(),
        status: status.to_lowercase(),
        updated_at,
        deleted: false,
        variants: Vec::new(),
    }
}

fn variant(sku: &str, price: Option<i64>) -> Variant {
    Variant {
        key: sku.to_owned(),
        item: Some(sku.to_owned()),
        sku: sku.to_owned(),
        title: String::new(),
        barcode: String::new(),
        price,
    }
}

/// A row of the FBA inventory report, or of the listings report.
pub(super) fn report(ctx: &ReadCtx, raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
    let text = std::str::from_utf8(&raw.record.bytes).map_err(|e| broken_report(&e.to_string()))?;
    let table = Table::of(text);
    let sku = raw.record.key.as_str();
    let (place, decimals) = (Place::Row.at(&[1]), table.decimals());
    let count = |column: &str| {
        table
            .get(0, column)
            .map(|text| cell_units(text, decimals, place))
            .transpose()
    };
    let mut facts = Vec::new();
    let mut merchants = None;
    let asin = ["asin", "asin1", "product-id"]
        .iter()
        .find_map(|column| table.get(0, column));
    if raw.record.facet == "myi" {
        let zone = (ctx.zone != crate::model::Zone::UTC).then_some(ctx.zone);
        let location = warehouses(home(zone, ctx.currency));
        let mut quantities = Vec::new();
        for (name, columns) in [
            ("available", &["afn-fulfillable-quantity"][..]),
            ("reserved", &["afn-reserved-quantity"][..]),
            (
                "incoming",
                &[
                    "afn-inbound-working-quantity",
                    "afn-inbound-shipped-quantity",
                    "afn-inbound-receiving-quantity",
                ][..],
            ),
            ("unfulfillable", &["afn-unsellable-quantity"][..]),
            ("researching", &["afn-researching-quantity"][..]),
            ("total", &["afn-total-quantity"][..]),
        ] {
            let mut sum: Option<i64> = None;
            for column in columns {
                if let Some(units) = count(column)? {
                    sum = Some(sum.unwrap_or(0) + i64::from(units));
                }
            }
            quantities.extend(sum.map(|sum| (name.to_owned(), sum)));
        }
        // A SKU that Amazon does not hold has blank cells: nothing is known of it there.
        if !quantities.is_empty() {
            facts.push(Fact::Stock(vec![level(&location, sku, quantities, 0)]));
            facts.push(Fact::Location(location));
        }
        merchants = count("mfn-fulfillable-quantity")?;
    } else if table
        .get(0, "fulfillment-channel")
        .is_none_or(|channel| channel.eq_ignore_ascii_case("DEFAULT"))
    {
        merchants = count("quantity")?;
    }
    // The same goods are offered in every marketplace: the seller's own stock is told by the one the account is at home in, and by
    // another where that one does not list the SKU ([`super::record::of_marketplace`]).
    let abroad = super::record::marketplace_of(&raw.record).and_then(|id| market(Some(id), None));
    if let Some(units) = merchants {
        let location = merchant();
        let quantities = vec![("available".to_owned(), i64::from(units))];
        facts.push(Fact::Stock(vec![level(&location, sku, quantities, 0)]));
        facts.push(Fact::Location(location));
    }
    if let Some(asin) = asin {
        let title = ["product-name", "item-name"]
            .iter()
            .find_map(|c| table.get(0, c))
            .unwrap_or_default();
        let price = ["your-price", "price"].iter().find_map(|c| table.get(0, c));
        let currency = abroad.map_or(ctx.currency, |market| market.currency());
        let price = price
            .map(|text| cell_micros(text, currency, decimals, place))
            .transpose()?;
        // A price in another currency than the connection's would be shown in the wrong one.
        let fits = abroad.is_none_or(|market| ctx.currency.is_none() || market.currency() == ctx.currency);
        let price = price.filter(|_| fits);
        let status = table.get(0, "status").unwrap_or("active");
        if raw.record.facet == "myi" {
            facts.push(mention(asin, sku, title, price, status));
        } else {
            facts.push(Fact::Listed(product(asin, title, status, 0)));
            facts.push(Fact::Variants(asin.to_owned(), vec![variant(sku, price)]));
        }
    }
    Ok(facts)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing<'a> {
    summaries: Option<Vec<ListingSummary>>,
    #[serde(borrow)]
    offers: Option<Vec<Offer<'a>>>,
    #[serde(borrow)]
    fulfillment_availability: Option<Vec<Availability<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListingSummary {
    marketplace_id: Option<String>,
    asin: Option<String>,
    status: Option<Vec<String>>,
    item_name: Option<String>,
    last_updated_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offer<'a> {
    offer_type: Option<String>,
    #[serde(borrow)]
    price: Option<MoneyNode<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Availability<'a> {
    fulfillment_channel_code: Option<String>,
    #[serde(borrow)]
    quantity: Option<&'a RawValue>,
}

/// A listing: a product, its SKU with its price, and the seller's own stock of it.
pub(super) fn listing(ctx: &ReadCtx, raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
    let listing: Listing<'_> = serde_json::from_slice(&raw.record.bytes).map_err(|e| broken(&e))?;
    let root = Place::Root.at(&[]);
    let sku = raw.record.key.as_str();
    let summaries = listing.summaries.unwrap_or_default();
    let own = home(None, ctx.currency).map(|m| m.id);
    let summary = summaries
        .iter()
        .find(|s| own.is_some() && s.marketplace_id.as_deref() == own)
        .or(summaries.first());
    let mut price = None;
    for offer in listing
        .offers
        .iter()
        .flatten()
        .filter(|o| o.offer_type.as_deref() != Some("B2B"))
    {
        let read = offer.price.map(|m| m.read(root)).transpose()?.flatten();
        // A price in another currency than the connection's would be shown in the wrong one.
        let fits = read.is_some_and(|r| ctx.currency.is_none_or(|own| r.currency.is_none_or(|c| c == own)));
        price = price.or(read.filter(|_| fits).map(|r| r.micros));
    }
    let mut facts = Vec::new();
    for availability in listing.fulfillment_availability.iter().flatten() {
        let ours = availability.fulfillment_channel_code.as_deref() == Some("DEFAULT");
        if let Some(count) = units(availability.quantity, root)?.filter(|_| ours) {
            let location = merchant();
            let quantities = vec![("available".to_owned(), i64::from(count))];
            facts.push(Fact::Stock(vec![level(&location, sku, quantities, raw.record.version)]));
            facts.push(Fact::Location(location));
        }
    }
    if let Some((asin, summary)) = summary.and_then(|s| Some((s.asin.clone().filter(|a| !a.is_empty())?, s))) {
        let status = match summary
            .status
            .as_ref()
            .is_some_and(|all| all.iter().any(|s| s == "BUYABLE"))
        {
            true => "active",
            false => "inactive",
        };
        let updated = summary
            .last_updated_date
            .as_deref()
            .and_then(moment)
            .map_or(0, When::sort_key);
        let title = summary.item_name.clone().unwrap_or_default();
        facts.push(Fact::Listed(product(&asin, &title, status, updated)));
        facts.push(Fact::Variants(asin, vec![variant(sku, price)]));
    }
    Ok(facts)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CatalogItem {
    summaries: Option<Vec<CatalogSummary>>,
    product_types: Option<Vec<ProductType>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CatalogSummary {
    brand: Option<String>,
    item_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProductType {
    product_type: Option<String>,
}

/// An item of the catalogue: what an ASIN is called, who makes it and what it is. Nothing where the answer holds no summary.
pub(super) fn item(raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
    let item: CatalogItem = serde_json::from_slice(&raw.record.bytes).map_err(|e| broken(&e))?;
    let Some(summary) = item.summaries.unwrap_or_default().into_iter().next() else {
        return Ok(vec![Fact::Nothing]);
    };
    let category = item
        .product_types
        .unwrap_or_default()
        .into_iter()
        .find_map(|t| t.product_type);
    let title = summary.item_name.unwrap_or_default();
    Ok(vec![Fact::Described(Product {
        vendor: summary.brand.unwrap_or_default(),
        category: category.unwrap_or_default(),
        ..product(&raw.record.key, &title, "active", 0)
    })])
}
