//! Everything that the seller lists, with headers in the marketplace's language.

use super::super::listings::channel;
use super::table::{Charset, Table};
use crate::world::amazon::{Marketplace, Seller};

const COLUMNS: [&str; 16] = [
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "item-is-marketplace",
    "product-id-type",
    "item-note",
    "item-condition",
    "asin1",
    "product-id",
    "pending-quantity",
    "fulfillment-channel",
    "status",
];

const GERMAN: [&str; 16] = [
    "Artikelbezeichnung",
    "Artikelbeschreibung",
    "Angebotsnummer",
    "H\u{e4}ndler-SKU",
    "Preis",
    "Menge",
    "Erstellungsdatum",
    "Artikel ist Marketplace-Angebot",
    "Produkt-ID-Typ",
    "Anmerkung zum Artikel",
    "Artikelzustand",
    "ASIN 1",
    "Produkt-ID",
    "Anzahl Bestellungen",
    "Versender",
    "Status",
];

const JAPANESE: [&str; 16] = [
    "商品名",
    "商品説明",
    "出品ID",
    "出品者SKU",
    "価格",
    "数量",
    "出品日",
    "item-is-marketplace",
    "商品IDタイプ",
    "コンディション説明",
    "コンディション",
    "ASIN 1",
    "商品ID",
    "pending-quantity",
    "フルフィルメント・チャンネル",
    "ステータス",
];

/// The report of one marketplace. Where the header is `unknown`, no column can be told.
pub(super) fn file(seller: &Seller, market: Marketplace, unknown: bool) -> (&'static str, Vec<u8>) {
    let titles = match market {
        Marketplace::Us | Marketplace::Uk => COLUMNS,
        Marketplace::De => GERMAN,
        Marketplace::Jp => JAPANESE,
    };
    let titles = if unknown { [""; 16].map(|_| "kolumna") } else { titles };
    let mut table = Table::new(&COLUMNS, &titles, "\r\n");
    for variant in seller.listed() {
        let listing = seller.listing(market, *variant);
        let opened = listing.created_at.utc().with_timezone(&market.zone());
        let opened = match market {
            Marketplace::Us => opened.format("%Y-%m-%d %H:%M:%S %Z"),
            Marketplace::Jp => opened.format("%Y/%m/%d %H:%M:%S %Z"),
            _ => opened.format("%d/%m/%Y %H:%M:%S %Z"),
        };
        // What Amazon ships has no quantity here, and a listing of both kinds has a line for each.
        let mut rows: Vec<(String, &str)> = Vec::new();
        rows.extend(listing.mfn_quantity.map(|units| (units.to_string(), "DEFAULT")));
        rows.extend(listing.afn.then(|| (String::new(), channel(market))));
        rows.truncate(1);
        for (quantity, channel) in rows {
            table.short_row(&[
                ("item-name", listing.title.clone()),
                ("item-description", format!("Made by {}", listing.brand)),
                ("listing-id", format!("{}Z{:06}", market.country(), variant)),
                ("seller-sku", listing.sku.clone()),
                ("price", market.currency().text(listing.price)),
                ("quantity", quantity),
                ("open-date", opened.to_string()),
                ("item-is-marketplace", "y".to_owned()),
                ("product-id-type", "1".to_owned()),
                ("item-condition", "11".to_owned()),
                ("asin1", listing.asin.clone()),
                ("product-id", listing.asin.clone()),
                ("pending-quantity", "0".to_owned()),
                ("fulfillment-channel", channel.to_owned()),
                ("status", if listing.active { "Active" } else { "Inactive" }.to_owned()),
            ]);
        }
    }
    let charset = Charset::of_listings(market);
    (charset.media(), table.bytes(charset))
}
