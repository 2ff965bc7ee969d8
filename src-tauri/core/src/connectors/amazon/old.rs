//! Orders of the older interface (Orders v0): the order and its items come in answers of their own.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::markets::{is_outside, market};
use super::parse::{MoneyNode, moment, moment_at, truth, units};
use super::part::{By, LineCopy, LineMoney, OrderCopy, State, Stated};
use super::paths::Place;
use super::{broken, plus};
use crate::connectors::ReadError;
use crate::model::Currency;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Order<'a> {
    purchase_date: Option<String>,
    last_update_date: Option<String>,
    order_status: Option<String>,
    fulfillment_channel: Option<String>,
    sales_channel: Option<String>,
    marketplace_id: Option<String>,
    seller_order_id: Option<String>,
    #[serde(borrow)]
    order_total: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    number_of_items_shipped: Option<&'a RawValue>,
    #[serde(borrow)]
    number_of_items_unshipped: Option<&'a RawValue>,
    #[serde(borrow)]
    is_replacement_order: Option<&'a RawValue>,
    #[serde(borrow)]
    order_items: Option<Vec<Item<'a>>>,
}

#[derive(Deserialize)]
struct Items<'a> {
    #[serde(borrow, rename = "OrderItems")]
    items: Option<Vec<Item<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    order_item_id: Option<String>,
    #[serde(rename = "SellerSKU")]
    sku: Option<String>,
    #[serde(rename = "ASIN")]
    asin: Option<String>,
    title: Option<String>,
    #[serde(borrow)]
    quantity_ordered: Option<&'a RawValue>,
    #[serde(borrow)]
    quantity_shipped: Option<&'a RawValue>,
    #[serde(borrow)]
    item_price: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    item_tax: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    shipping_price: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    shipping_tax: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    gift_wrap_price: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    gift_wrap_tax: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    promotion_discount: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    promotion_discount_tax: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    shipping_discount: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    shipping_discount_tax: Option<MoneyNode<'a>>,
    #[serde(borrow, rename = "CODFee")]
    cod_fee: Option<MoneyNode<'a>>,
    #[serde(borrow, rename = "CODFeeDiscount")]
    cod_fee_discount: Option<MoneyNode<'a>>,
}

/// What an order's own record says.
pub(super) fn read(key: &str, bytes: &[u8]) -> Result<OrderCopy, ReadError> {
    let order: Order<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    let root = Place::Root.at(&[]);
    let word = order.order_status.unwrap_or_default();
    let created = order.purchase_date.as_deref();
    let mut currency = None;
    let total = order
        .order_total
        .map(|m| m.read(Place::OrderTotal.at(&[])))
        .transpose()?
        .flatten();
    let total = total.map(|total| {
        currency = total.currency;
        Stated {
            micros: total.micros,
            place: Place::OrderTotal.at(&[]),
        }
    });
    let shipped = units(order.number_of_items_shipped, root)?;
    let open = units(order.number_of_items_unshipped, root)?;
    let lines = order
        .order_items
        .map(|items| lines(&items, &mut currency))
        .transpose()?;
    Ok(OrderCopy {
        by: By::V0,
        state: state(&word),
        word: word.to_lowercase(),
        created: created.map(|text| moment_at(text, "PurchaseDate", root)).transpose()?,
        updated: order.last_update_date.as_deref().and_then(moment),
        market: market(order.marketplace_id.as_deref(), order.sales_channel.as_deref()),
        outside: is_outside(key, order.sales_channel.as_deref(), order.marketplace_id.as_deref()),
        by_seller: order.fulfillment_channel.as_deref() == Some("MFN"),
        channel: order.sales_channel,
        replaces: truth(order.is_replacement_order),
        alias: order.seller_order_id.filter(|id| !id.is_empty()),
        total,
        tip: None,
        currency,
        lines,
        units: match (shipped, open) {
            (None, None) => None,
            (shipped, open) => Some(shipped.unwrap_or(0).saturating_add(open.unwrap_or(0))),
        },
        parcels: Vec::new(),
    })
}

/// What an answer of its items says.
pub(super) fn read_items(bytes: &[u8]) -> Result<Vec<LineCopy>, ReadError> {
    let items: Items<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    lines(&items.items.unwrap_or_default(), &mut None)
}

/// The currency of the items in an answer of theirs.
pub(super) fn currency_of(bytes: &[u8]) -> Option<Currency> {
    let items: Items<'_> = serde_json::from_slice(bytes).ok()?;
    let mut currency = None;
    lines(&items.items.unwrap_or_default(), &mut currency).ok()?;
    currency
}

/// The state of a word.
fn state(word: &str) -> State {
    match word {
        "Pending" | "PendingAvailability" => State::Pending,
        "Unshipped" | "InvoiceUnconfirmed" => State::Unshipped,
        "PartiallyShipped" => State::Partly,
        "Shipped" => State::Shipped,
        "Canceled" | "Cancelled" => State::Cancelled,
        "Unfulfillable" => State::Unfulfillable,
        _ => State::Unknown,
    }
}

fn lines(items: &[Item<'_>], currency: &mut Option<Currency>) -> Result<Vec<LineCopy>, ReadError> {
    items
        .iter()
        .enumerate()
        .map(|(at, item)| line(at, item, currency))
        .collect()
}

fn line(at: usize, item: &Item<'_>, currency: &mut Option<Currency>) -> Result<LineCopy, ReadError> {
    let place = Place::OldItem.at(&[at]);
    let mut of = |node: Option<MoneyNode<'_>>| -> Result<Option<i64>, ReadError> {
        let read = node.map(|node| node.read(place)).transpose()?.flatten();
        Ok(read.map(|read| {
            *currency = currency.or(read.currency);
            read.micros
        }))
    };
    let price = of(item.item_price)?;
    let tax = of(item.item_tax)?;
    let wrap = of(item.gift_wrap_price)?.unwrap_or(0);
    let cod = of(item.cod_fee)?.unwrap_or(0) - of(item.cod_fee_discount)?.unwrap_or(0).abs();
    let tax_off = of(item.promotion_discount_tax)?.map(|tax| -tax.abs());
    let tax_shipping_off = of(item.shipping_discount_tax)?.map(|tax| -tax.abs());
    let money = LineMoney {
        place,
        item: price.unwrap_or(0),
        shipping: of(item.shipping_price)?.unwrap_or(0),
        other: plus(wrap, cod, place)?,
        discount: of(item.promotion_discount)?.unwrap_or(0).abs(),
        shipping_discount: of(item.shipping_discount)?.unwrap_or(0).abs(),
        tax_item: tax.unwrap_or(0),
        tax_other: of(item.gift_wrap_tax)?.unwrap_or(0),
        tax_shipping: of(item.shipping_tax)?.unwrap_or(0),
        tax_discount: tax_off,
        tax_shipping_discount: tax_shipping_off,
        tax_stated: tax.is_some(),
        total: None,
    };
    Ok(LineCopy {
        id: item.order_item_id.clone().unwrap_or_else(|| format!("item{}", at + 1)),
        sku: item.sku.clone().unwrap_or_default(),
        asin: item.asin.clone().unwrap_or_default(),
        title: item.title.clone().unwrap_or_default(),
        quantity: units(item.quantity_ordered, place)?.unwrap_or(0),
        fulfilled: units(item.quantity_shipped, place)?,
        cancelled: false,
        money: price.map(|_| money),
    })
}
