//! Settlement reports: made by Amazon every fourteen days, found in the list of reports.

use serde_json::{Value, json};

use super::super::answers::moment;
use super::super::pages::Call;
use super::table::{Charset, Table};
use super::{DAY, KEPT, Sort};
use crate::world::amazon::{AmazonTransaction, Marketplace, Network, Part, Seller, Settlement, TransactionType};
use crate::world::{Currency, Second};

const COLUMNS: [&str; 24] = [
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "amount-type",
    "amount-description",
    "amount",
    "fulfillment-id",
    "posted-date",
    "posted-date-time",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "promotion-id",
];

fn document(settled: &Settlement) -> String {
    format!("amzn1.spdoc.1.4.settlement.{}.{}", settled.market.id(), settled.period)
}

/// The settlement that a document's name tells.
pub(super) fn named(document: &str) -> Option<(Marketplace, i64)> {
    let rest = document.strip_prefix("amzn1.spdoc.1.4.settlement.")?;
    let (market, period) = rest.split_once('.')?;
    Some((Marketplace::of(market)?, period.parse().ok()?))
}

/// The settlement reports of an account, as far as they are kept.
pub(super) fn all(call: &Call<'_>) -> Vec<Value> {
    if !Sort::Settlement
        .roles()
        .iter()
        .any(|role| call.app.roles.contains(role))
    {
        return Vec::new();
    }
    let since = Second(call.now - KEPT);
    let markets = call.region.marketplaces();
    let settled = markets.flat_map(|market| call.seller.settlements(market, since.plus(-14 * DAY)));
    let kept = settled.filter(|settled| made(settled) >= since);
    kept.map(|settled| {
        json!({
            "marketplaceIds": [settled.market.id()],
            "reportId": settled.id.to_string(),
            "reportType": Sort::Settlement.name(),
            "dataStartTime": moment(settled.start),
            "dataEndTime": moment(settled.end),
            "createdTime": moment(made(&settled)),
            "processingStatus": "DONE",
            "processingStartTime": moment(made(&settled)),
            "processingEndTime": moment(made(&settled)),
            "reportDocumentId": document(&settled),
        })
    })
    .collect()
}

/// When a settlement's report is made: as it is paid. All of its money is shown by then.
fn made(settled: &Settlement) -> Second {
    settled.deposit
}

/// The report of one settlement. Its first row sums it up; the rest of the file adds up to that.
pub(super) fn file(seller: &Seller, market: Marketplace, period: i64) -> Option<(&'static str, Vec<u8>)> {
    let settled = Settlement::numbered(market, period);
    if made(&settled) > seller.now() {
        return None;
    }
    let mut table = Table::new(&COLUMNS, &COLUMNS, "\n");
    let currency = market.currency();
    let time = |at: Second| match market {
        Marketplace::De => at.utc().format("%d.%m.%Y %H:%M:%S UTC").to_string(),
        _ => at.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    };
    table.row(&[
        ("settlement-id", settled.id.to_string()),
        ("settlement-start-date", time(settled.start)),
        ("settlement-end-date", time(settled.end)),
        ("deposit-date", time(settled.deposit)),
        (
            "total-amount",
            written(market, currency, seller.settled_total(&settled)),
        ),
        ("currency", currency.code().to_owned()),
    ]);
    let mut rows = |moved: &AmazonTransaction, part: &Part, item: &[(&'static str, String)]| {
        let (kind, description) = words(moved.kind, part);
        let day = match market {
            Marketplace::De => moved.posted.utc().format("%d.%m.%Y"),
            Marketplace::Uk => moved.posted.utc().format("%d/%m/%y"),
            _ => moved.posted.utc().format("%Y-%m-%d"),
        };
        let mut cells = vec![
            ("settlement-id", settled.id.to_string()),
            ("transaction-type", transaction(moved, part).to_owned()),
            ("amount-type", kind.to_owned()),
            ("amount-description", description.to_owned()),
            ("amount", written(market, currency, part.amount)),
            ("posted-date", day.to_string()),
            ("posted-date-time", time(moved.posted)),
        ];
        if moved.placed {
            cells.push(("marketplace-name", market.name().to_owned()));
        }
        if let Some((_, id)) = &moved.order {
            cells.push(("order-id", id.clone()));
            cells.push(("merchant-order-id", id.clone()));
        }
        cells.extend(moved.shipment.clone().map(|id| ("shipment-id", id)));
        cells.extend(moved.refund.clone().map(|id| ("adjustment-id", id)));
        cells.extend(item.iter().cloned());
        table.row(&cells);
    };
    for moved in seller.settled(&settled) {
        let order = moved.order.as_ref().and_then(|(index, _)| seller.order(market, *index));
        for item in &moved.items {
            let line = order.as_ref().and_then(|order| order.lines.get(item.line));
            let network = order.as_ref().map(|order| order.network);
            let cells = [
                ("sku", seller.listing(market, item.variant).sku),
                ("quantity-purchased", item.units.to_string()),
                (
                    "order-item-code",
                    line.map_or_else(String::new, |line| line.item_id.to_string()),
                ),
                (
                    "fulfillment-id",
                    if network == Some(Network::Mfn) { "MFN" } else { "AFN" }.to_owned(),
                ),
            ];
            item.parts.iter().for_each(|part| rows(&moved, part, &cells));
        }
        moved.parts.iter().for_each(|part| rows(&moved, part, &[]));
    }
    let charset = Charset::of_orders(market);
    Some((charset.media(), table.bytes(charset)))
}

/// An amount as the marketplace writes it: with a comma in Germany.
fn written(market: Marketplace, currency: Currency, minor: i64) -> String {
    let text = currency.text(minor);
    if market == Marketplace::De {
        text.replace('.', ",")
    } else {
        text
    }
}

fn transaction(moved: &AmazonTransaction, part: &Part) -> &'static str {
    match moved.kind {
        TransactionType::Shipment => "Order",
        TransactionType::Refund => "Refund",
        TransactionType::Reimbursement => "other-transaction",
        _ if part.name == "FBAStorageFee" => "Storage Fee",
        _ if part.name == "Subscription" => "Subscription Fee",
        _ => "ServiceFee",
    }
}

/// `amount-type` and `amount-description`.
fn words(kind: TransactionType, part: &Part) -> (&'static str, &'static str) {
    match part.name {
        "OurPricePrincipal" => ("ItemPrice", "Principal"),
        "OurPriceTax" => ("ItemPrice", "Tax"),
        "ShippingPrincipal" => ("ItemPrice", "Shipping"),
        "ShippingTax" => ("ItemPrice", "ShippingTax"),
        "GiftwrapPrincipal" => ("ItemPrice", "GiftWrap"),
        "GiftwrapTax" => ("ItemPrice", "GiftWrapTax"),
        "GoodwillPrincipal" => ("ItemPrice", "Goodwill"),
        "RestockingDeductionPrincipal" => ("ItemPrice", "RestockingFee"),
        "OurPriceDiscount" => ("Promotion", "Principal"),
        "ShippingDiscount" => ("Promotion", "Shipping"),
        "Promo" => ("Promotion", "AmazonFunded"),
        "AdvertisingFee" => ("Cost of Advertising", "TransactionTotalAmount"),
        "FBAInventoryReimbursement" => ("FBA Inventory Reimbursement", "REVERSAL_REIMBURSEMENT"),
        "FBAReversedReimbursement" => ("FBA Inventory Reimbursement", "COMPENSATED_CLAWBACK"),
        name if name.starts_with("MarketplaceFacilitatorTax") => ("ItemWithheldTax", name),
        name if kind == TransactionType::ServiceFee => ("other-transaction", name),
        name => ("ItemFees", name),
    }
}
