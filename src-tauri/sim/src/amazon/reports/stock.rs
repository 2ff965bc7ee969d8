//! Units in Amazon's warehouses, and what the seller ships.

use super::table::{Charset, Table};
use crate::world::amazon::{Marketplace, Seller};

const COLUMNS: [&str; 21] = [
    "sku",
    "fnsku",
    "asin",
    "product-name",
    "condition",
    "your-price",
    "mfn-listing-exists",
    "mfn-fulfillable-quantity",
    "afn-listing-exists",
    "afn-warehouse-quantity",
    "afn-fulfillable-quantity",
    "afn-unsellable-quantity",
    "afn-reserved-quantity",
    "afn-total-quantity",
    "per-unit-volume",
    "afn-inbound-working-quantity",
    "afn-inbound-shipped-quantity",
    "afn-inbound-receiving-quantity",
    "afn-researching-quantity",
    "afn-reserved-future-supply",
    "afn-future-supply-buyable",
];

/// The report of one marketplace; what is not at Amazon leaves Amazon's columns blank.
pub(super) fn file(seller: &Seller, market: Marketplace) -> (&'static str, Vec<u8>) {
    let mut table = Table::new(&COLUMNS, &COLUMNS, "\r\n");
    for variant in seller.listed() {
        let listing = seller.listing(market, *variant);
        let yes = |holds: bool| if holds { "Yes" } else { "No" }.to_owned();
        let number = if listing.afn {
            listing.fnsku
        } else {
            listing.asin.clone()
        };
        let mut cells = vec![
            ("sku", listing.sku),
            ("fnsku", number),
            ("asin", listing.asin),
            ("product-name", listing.title),
            ("condition", "New".to_owned()),
            ("your-price", market.currency().text(listing.price)),
            ("mfn-listing-exists", yes(listing.mfn_quantity.is_some())),
            ("afn-listing-exists", yes(listing.afn)),
        ];
        cells.extend(
            listing
                .mfn_quantity
                .map(|units| ("mfn-fulfillable-quantity", units.to_string())),
        );
        if let Some(stock) = listing.stock {
            let inside = stock.fulfillable + stock.unfulfillable() + stock.reserved();
            let units = [
                ("afn-warehouse-quantity", inside),
                ("afn-fulfillable-quantity", stock.fulfillable),
                ("afn-unsellable-quantity", stock.unfulfillable()),
                ("afn-reserved-quantity", stock.reserved()),
                ("afn-total-quantity", stock.total()),
                ("afn-inbound-working-quantity", stock.inbound_working),
                ("afn-inbound-shipped-quantity", stock.inbound_shipped),
                ("afn-inbound-receiving-quantity", stock.inbound_receiving),
                ("afn-researching-quantity", stock.researching),
                ("afn-reserved-future-supply", 0),
                ("afn-future-supply-buyable", 0),
            ];
            cells.extend(units.map(|(name, units)| (name, units.to_string())));
            cells.push(("per-unit-volume", "0.09".to_owned()));
        }
        table.row(&cells);
    }
    let charset = Charset::of_orders(market);
    (charset.media(), table.bytes(charset))
}
