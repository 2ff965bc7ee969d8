//! Orders of the current interface (Orders 2026-01-01).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::markets::{is_outside, market};
use super::parse::{MoneyNode, Read, moment_at, units};
use super::part::{By, LineCopy, LineMoney, OrderCopy, Parcel, State, Stated};
use super::paths::Place;
use super::{broken, plus};
use crate::connectors::ReadError;
use crate::model::{Currency, PathRef, split_evenly_by_weight};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    created_time: Option<String>,
    last_updated_time: Option<String>,
    order_aliases: Option<Vec<Alias>>,
    associated_orders: Option<Vec<Association>>,
    sales_channel: Option<Channel>,
    #[serde(borrow)]
    proceeds: Option<Proceeds<'a>>,
    fulfillment: Option<Fulfillment>,
    #[serde(borrow)]
    order_items: Option<Vec<Item<'a>>>,
    #[serde(borrow)]
    packages: Option<Vec<Package<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alias {
    alias_id: Option<String>,
    alias_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Association {
    association_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    channel_name: Option<String>,
    marketplace_id: Option<String>,
    marketplace_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proceeds<'a> {
    #[serde(borrow)]
    grand_total: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    proceeds_total: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    breakdowns: Option<Vec<Breakdown<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Breakdown<'a> {
    r#type: Option<String>,
    #[serde(borrow)]
    subtotal: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    detailed_breakdowns: Option<Vec<Detail<'a>>>,
}

#[derive(Deserialize)]
struct Detail<'a> {
    subtype: Option<String>,
    #[serde(borrow)]
    value: Option<MoneyNode<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fulfillment {
    fulfillment_status: Option<String>,
    fulfilled_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    order_item_id: Option<String>,
    #[serde(borrow)]
    quantity_ordered: Option<&'a RawValue>,
    product: Option<Product>,
    #[serde(borrow)]
    proceeds: Option<Proceeds<'a>>,
    cancellation: Option<Cancellation>,
    #[serde(borrow)]
    fulfillment: Option<ItemFulfillment<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    asin: Option<String>,
    title: Option<String>,
    seller_sku: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cancellation {
    cancellation_execution: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFulfillment<'a> {
    #[serde(borrow)]
    quantity_fulfilled: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    ship_time: Option<String>,
    package_status: Option<PackageStatus>,
    #[serde(borrow)]
    package_items: Option<Vec<PackageItem<'a>>>,
}

#[derive(Deserialize)]
struct PackageStatus {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackageItem<'a> {
    order_item_id: Option<String>,
    #[serde(borrow)]
    quantity: Option<&'a RawValue>,
}

/// What an order's record says.
pub(super) fn read(key: &str, bytes: &[u8]) -> Result<OrderCopy, ReadError> {
    let order: Order<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    let root = Place::Root.at(&[]);
    let time = |text: Option<&str>, what: &str| text.map(|text| moment_at(text, what, root)).transpose();
    let channel = order.sales_channel.as_ref();
    let marketplace = channel.and_then(|c| c.marketplace_id.as_deref());
    let name = channel.and_then(|c| c.marketplace_name.as_deref());
    let by_seller = order.fulfillment.as_ref().and_then(|f| f.fulfilled_by.as_deref()) == Some("MERCHANT");
    let word = order.fulfillment.and_then(|f| f.fulfillment_status).unwrap_or_default();
    let replaces = |a: &Association| {
        let kind = a.association_type.as_deref().unwrap_or_default();
        matches!(kind, "REPLACEMENT_ORIGINAL_ID" | "EXCHANGE_ORIGINAL_ID")
    };
    let mut copy = OrderCopy {
        by: By::V2026,
        state: state(&word),
        word: word.to_lowercase(),
        created: time(order.created_time.as_deref(), "createdTime")?,
        updated: time(order.last_updated_time.as_deref(), "lastUpdatedTime")?,
        market: market(marketplace, name),
        channel: name.map(str::to_owned),
        outside: is_outside(key, channel.and_then(|c| c.channel_name.as_deref()), marketplace)
            || is_outside(key, name, None),
        by_seller,
        replaces: order
            .associated_orders
            .as_ref()
            .is_some_and(|all| all.iter().any(replaces)),
        alias: order.order_aliases.into_iter().flatten().find_map(|alias| {
            let own = alias.alias_type.as_deref().is_none_or(|kind| kind == "SELLER_ORDER_ID");
            alias.alias_id.filter(|id| own && !id.is_empty())
        }),
        total: None,
        tip: None,
        currency: None,
        lines: None,
        units: None,
        parcels: parcels(order.packages.unwrap_or_default())?,
    };
    let mut currency = None;
    let proceeds = order.proceeds.as_ref();
    if let Some(total) = proceeds.and_then(|p| p.grand_total) {
        let place = Place::GrandTotal.at(&[]);
        copy.total = stated(total.read(place)?, place, &mut currency);
    }
    for (at, part) in proceeds
        .and_then(|p| p.breakdowns.as_ref())
        .into_iter()
        .flatten()
        .enumerate()
    {
        let place = Place::Breakdown.at(&[at]);
        if part.r#type.as_deref() == Some("DELIVERY_TIP") {
            let tip = part.subtotal.map(|m| m.read(place)).transpose()?.flatten();
            copy.tip = stated(tip, place, &mut currency);
        }
    }
    if let Some(items) = &order.order_items {
        // A total of an order that waits or is cancelled says nothing of what its items cost.
        let priced = copy.total.is_some() && !matches!(copy.state, State::Pending | State::Cancelled);
        let lines = items
            .iter()
            .enumerate()
            .map(|(at, item)| line(at, item, priced, &mut currency));
        copy.lines = Some(lines.collect::<Result<_, _>>()?);
    }
    copy.currency = currency;
    Ok(copy)
}

fn stated(read: Option<Read>, place: PathRef, currency: &mut Option<Currency>) -> Option<Stated> {
    let read = read?;
    *currency = currency.or(read.currency);
    Some(Stated {
        micros: read.micros,
        place,
    })
}

/// The state of a word; any other is told apart and treated as to be shipped.
fn state(word: &str) -> State {
    match word {
        "PENDING" | "PENDING_AVAILABILITY" => State::Pending,
        "UNSHIPPED" => State::Unshipped,
        "PARTIALLY_SHIPPED" => State::Partly,
        "SHIPPED" => State::Shipped,
        "CANCELLED" => State::Cancelled,
        "UNFULFILLABLE" => State::Unfulfillable,
        _ => State::Unknown,
    }
}

fn parcels(packages: Vec<Package<'_>>) -> Result<Vec<Parcel>, ReadError> {
    let mut parcels = Vec::new();
    for (at, package) in packages.into_iter().enumerate() {
        let place = Place::Package.at(&[at]);
        let status = package.package_status.and_then(|s| s.status).unwrap_or_default();
        let Some(time) = package
            .ship_time
            .filter(|_| !matches!(status.as_str(), "PENDING" | "CANCELLED"))
        else {
            continue;
        };
        let time = moment_at(&time, "shipTime", place)?;
        let mut contents = Vec::new();
        for item in package.package_items.unwrap_or_default() {
            if let Some(id) = item.order_item_id {
                contents.push((id, units(item.quantity, place)?.unwrap_or(0)));
            }
        }
        parcels.push(Parcel { at: time, contents });
    }
    Ok(parcels)
}

fn line(at: usize, item: &Item<'_>, priced: bool, currency: &mut Option<Currency>) -> Result<LineCopy, ReadError> {
    let place = Place::Item.at(&[at]);
    let product = item.product.as_ref();
    let owned = |text: Option<&String>| text.cloned().unwrap_or_default();
    let fulfilled = item.fulfillment.as_ref().and_then(|f| f.quantity_fulfilled);
    let money = item
        .proceeds
        .as_ref()
        .map(|p| money(at, p, priced, currency))
        .transpose()?;
    Ok(LineCopy {
        id: item.order_item_id.clone().unwrap_or_else(|| format!("item{}", at + 1)),
        sku: owned(product.and_then(|p| p.seller_sku.as_ref())),
        asin: owned(product.and_then(|p| p.asin.as_ref())),
        title: owned(product.and_then(|p| p.title.as_ref())),
        quantity: units(item.quantity_ordered, place)?.unwrap_or(0),
        fulfilled: units(fulfilled, place)?,
        cancelled: item
            .cancellation
            .as_ref()
            .is_some_and(|c| c.cancellation_execution.is_some()),
        // Of an order whose total is stated, an item without proceeds costs nothing: zero is left out, not sent.
        money: match money {
            Some(money) => money,
            None => priced.then(|| LineMoney {
                place,
                ..LineMoney::default()
            }),
        },
    })
}

/// The amounts of a line; `None` where its price is not among them yet.
fn money(
    at: usize,
    proceeds: &Proceeds<'_>,
    priced: bool,
    currency: &mut Option<Currency>,
) -> Result<Option<LineMoney>, ReadError> {
    let total_place = Place::ProceedsTotal.at(&[at]);
    let total = match proceeds.proceeds_total {
        Some(total) => stated(total.read(total_place)?, total_place, currency),
        None => None,
    };
    let mut money = LineMoney {
        place: total_place,
        total: total.map(|t| t.micros),
        ..LineMoney::default()
    };
    let (mut shown, mut other_off, mut tax_off) = (false, 0, 0);
    for (part_at, part) in proceeds.breakdowns.iter().flatten().enumerate() {
        let place = Place::Proceeds.at(&[at, part_at]);
        let subtotal = part.subtotal.map(|m| m.read(place)).transpose()?.flatten();
        let subtotal = stated(subtotal, place, currency).map(|s| s.micros);
        let mut details: Vec<(&str, i64)> = Vec::new();
        for detail in part.detailed_breakdowns.iter().flatten() {
            let value = detail.value.map(|m| m.read(place)).transpose()?.flatten();
            if let Some(value) = stated(value, place, currency) {
                details.push((detail.subtype.as_deref().unwrap_or_default(), value.micros));
            }
        }
        let of = |kinds: &[&str]| -> Result<i64, ReadError> {
            let mut sum = 0;
            for (_, micros) in details.iter().filter(|(kind, _)| kinds.contains(kind)) {
                sum = plus(sum, *micros, place)?;
            }
            Ok(sum)
        };
        match (part.r#type.as_deref().unwrap_or_default(), subtotal) {
            ("ITEM", Some(micros)) => {
                shown = true;
                money.place = place;
                money.item = plus(money.item, micros, place)?;
            }
            ("SHIPPING", Some(micros)) => money.shipping = plus(money.shipping, micros, place)?,
            ("GIFT_WRAP" | "COD_FEE" | "OTHER", Some(micros)) => money.other = plus(money.other, micros, place)?,
            ("TAX", _) => {
                money.tax_stated = true;
                let (shipping, other) = (of(&["SHIPPING"])?, of(&["GIFT_WRAP", "COD_FEE", "OTHER"])?);
                // A discount takes tax off, whichever sign it is written with.
                let discount = -of(&["DISCOUNT"])?.abs();
                let all = match subtotal {
                    Some(micros) => micros,
                    None => of(&["ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER"])? + discount,
                };
                money.tax_shipping += shipping;
                money.tax_other += other;
                tax_off += discount;
                money.tax_item += all - shipping - other - discount;
            }
            ("DISCOUNT", _) => {
                // The subtotal holds the discounts on all that is charged; the sign is not settled, so magnitudes count.
                let shipping = of(&["SHIPPING"])?.abs();
                let other = of(&["GIFT_WRAP", "COD_FEE", "OTHER"])?.abs();
                let items = match (of(&["ITEM"])?.abs(), subtotal) {
                    (0, Some(micros)) => (micros.abs() - shipping - other).max(0),
                    (items, _) => items,
                };
                money.discount += items;
                money.shipping_discount += shipping;
                other_off = plus(other_off, other, place)?;
            }
            _ => {}
        }
    }
    // One detail tells what all discounts take off the tax; it follows the discounts.
    let unit = currency.map_or(1, |c| c.smallest_unit());
    let weights = [money.discount, money.shipping_discount, other_off];
    let off = split_evenly_by_weight(tax_off, &weights, unit);
    (money.tax_discount, money.tax_shipping_discount) = (Some(off[0]), Some(off[1]));
    money.tax_other += off[2];
    money.other -= other_off;
    Ok((shown || money.total.is_some() || priced).then_some(money))
}
