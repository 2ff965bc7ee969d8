//! All orders, line by line, by change or by placement.

use super::table::{Charset, Table};
use crate::world::Second;
use crate::world::amazon::{AmazonLine, AmazonOrder, Marketplace, Network, OrderStatus, Seller, Touched};

const COLUMNS: [&str; 33] = [
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "sales-channel",
    "order-channel",
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
    "is-business-order",
    "purchase-order-number",
    "price-designation",
    "is-replacement-order",
    "cpf",
];

/// The report of one marketplace; copies of other channels' orders stand in that of the US.
pub(super) fn file(
    seller: &Seller,
    market: Marketplace,
    by_change: bool,
    (start, end): (Second, Second),
) -> (&'static str, Vec<u8>) {
    // The tax column of Brazil belongs to the report by order date only.
    let columns = if by_change { &COLUMNS[..32] } else { &COLUMNS[..] };
    let mut table = Table::new(columns, columns, "\n");
    let mut after: Option<Touched> = None;
    loop {
        let page = match by_change {
            true => seller.touched(&[market], start, end, after, 1_000),
            false => seller.created(&[market], start, end, after, 1_000),
        };
        for touched in &page {
            if let Some(order) = seller.order(touched.market, touched.index) {
                for line in &order.lines {
                    row(&mut table, seller, &order, line);
                }
            }
        }
        match page.last() {
            Some(last) => after = Some(*last),
            None => break,
        }
    }
    let charset = Charset::of_orders(market);
    (charset.media(), table.bytes(charset))
}

fn row(table: &mut Table, seller: &Seller, order: &AmazonOrder, line: &AmazonLine) {
    let listing = seller.listing(order.market, line.variant);
    let charge = &line.charge;
    let currency = order.market.currency();
    let time = |at: Second| at.utc().format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let known = order.priced && order.sells();
    let amount = |minor: i64| {
        let shown = known && minor != 0;
        if shown { currency.text(minor) } else { String::new() }
    };
    let tax = |minor: i64| if order.tax_told { amount(minor) } else { String::new() };
    // Reports state prices as the older interface does: with the tax where consumer prices contain it, also where the newer one
    // states the two apart (contract section 4, failure 3). The tax is then the one in the price before discounts (a price less its
    // tax is the price without tax), and discounts are parts of such prices: no column tells the tax in them.
    let inside = order.tax_told && order.market.taxes_included();
    let within = |minor: i64, tax: i64| if inside { minor + tax } else { minor };
    let whole = |tax: i64, off: i64| if inside { tax + off } else { tax };
    let tax_item = whole(charge.tax_item, charge.tax_item_off);
    let tax_shipping = whole(charge.tax_shipping, charge.tax_shipping_off);
    let status = match order.status {
        OrderStatus::Pending => "Pending",
        OrderStatus::Unshipped | OrderStatus::Unfulfillable => "Unshipped",
        OrderStatus::PartiallyShipped => "Shipping",
        OrderStatus::Shipped => "Shipped",
        OrderStatus::Cancelled => "Cancelled",
    };
    let item_status = match line {
        _ if line.cancelled.is_some() => "Cancelled",
        _ if line.shipped > 0 => "Shipped",
        _ => "Unshipped",
    };
    let price = match () {
        () if known => currency.text(within(charge.item, tax_item)),
        () if order.priced => currency.text(0),
        () => String::new(),
    };
    let channel = if order.copy {
        ("Non-Amazon", "")
    } else {
        (order.market.name(), "")
    };
    let discounted = known && charge.item_discount + charge.shipping_discount > 0;
    let promotion = format!("{}-PROMO-{}", order.market.country(), order.index % 40);
    table.row(&[
        ("amazon-order-id", order.id.clone()),
        (
            "merchant-order-id",
            order.seller_order_id.clone().unwrap_or_else(|| order.id.clone()),
        ),
        ("purchase-date", time(order.created_at)),
        ("last-updated-date", time(order.updated_at)),
        ("order-status", status.to_owned()),
        (
            "fulfillment-channel",
            if order.network == Network::Afn {
                "Amazon"
            } else {
                "Merchant"
            }
            .to_owned(),
        ),
        ("sales-channel", channel.0.to_owned()),
        ("order-channel", channel.1.to_owned()),
        (
            "ship-service-level",
            if order.prime { "Expedited" } else { "Standard" }.to_owned(),
        ),
        ("product-name", listing.title),
        ("sku", listing.sku),
        ("asin", listing.asin),
        ("item-status", item_status.to_owned()),
        ("quantity", line.quantity.to_string()),
        ("currency", if order.priced { currency.code() } else { "" }.to_owned()),
        ("item-price", price),
        ("item-tax", tax(tax_item)),
        ("shipping-price", amount(within(charge.shipping, tax_shipping))),
        ("shipping-tax", tax(tax_shipping)),
        ("gift-wrap-price", amount(within(charge.wrap, charge.tax_wrap))),
        ("gift-wrap-tax", tax(charge.tax_wrap)),
        (
            "item-promotion-discount",
            amount(within(charge.item_discount, charge.tax_item_off)),
        ),
        (
            "ship-promotion-discount",
            amount(within(charge.shipping_discount, charge.tax_shipping_off)),
        ),
        ("ship-city", "SPRINGFIELD".to_owned()),
        ("ship-postal-code", "97477".to_owned()),
        ("ship-country", order.market.country().to_owned()),
        ("promotion-ids", if discounted { promotion } else { String::new() }),
        ("is-business-order", order.business.to_string()),
        (
            "price-designation",
            if order.business { "Business Price" } else { "" }.to_owned(),
        ),
        ("is-replacement-order", order.replacement.to_string()),
    ]);
}
