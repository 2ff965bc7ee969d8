//! Orders in the older REST shape (contract section 6.1): read when a user imports saved answers or webhook bodies.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::closed::{self, restock};
use super::part::{Amount, Fulfilment, LinePart, OrderPart, Refund, RefundLine, ShippingPart, Unknown, Whole};
use super::paths::Place;
use super::{amount_error, broken, moment};
use crate::connectors::ReadError;
use crate::model::{Currency, Money, PathRef};

type Text<'a> = Option<Cow<'a, str>>;
type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct Set<'a> {
    #[serde(borrow)]
    shop_money: Option<SetMoney<'a>>,
    #[serde(borrow)]
    presentment_money: Option<SetMoney<'a>>,
}

#[derive(Deserialize)]
struct SetMoney<'a> {
    #[serde(borrow)]
    amount: Raw<'a>,
    #[serde(borrow)]
    currency_code: Text<'a>,
}

#[derive(Deserialize)]
struct RestOrder<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    created_at: Text<'a>,
    #[serde(borrow)]
    processed_at: Text<'a>,
    #[serde(borrow)]
    updated_at: Text<'a>,
    #[serde(borrow)]
    cancelled_at: Text<'a>,
    test: Option<bool>,
    taxes_included: Option<bool>,
    #[serde(borrow)]
    currency: Text<'a>,
    #[serde(borrow)]
    financial_status: Text<'a>,
    #[serde(borrow)]
    fulfillment_status: Text<'a>,
    #[serde(borrow)]
    source_name: Text<'a>,
    customer: Option<IdOnly>,
    #[serde(borrow)]
    shipping_address: Option<RestAddress<'a>>,
    #[serde(borrow)]
    total_price: Raw<'a>,
    #[serde(borrow)]
    total_price_set: Option<Set<'a>>,
    #[serde(borrow)]
    total_tip_received: Raw<'a>,
    #[serde(borrow)]
    original_total_duties_set: Option<Set<'a>>,
    #[serde(borrow)]
    line_items: Option<Vec<RestLine<'a>>>,
    #[serde(borrow)]
    shipping_lines: Option<Vec<RestShipping<'a>>>,
    #[serde(borrow)]
    fulfillments: Option<Vec<RestFulfilment<'a>>>,
    #[serde(borrow)]
    refunds: Option<Vec<RestRefund<'a>>>,
}

#[derive(Deserialize)]
struct IdOnly {
    id: Option<u64>,
}

#[derive(Deserialize)]
struct RestAddress<'a> {
    #[serde(borrow)]
    country_code: Text<'a>,
}

#[derive(Deserialize)]
struct RestTax<'a> {
    #[serde(borrow)]
    price: Raw<'a>,
    #[serde(borrow)]
    price_set: Option<Set<'a>>,
    #[serde(borrow)]
    rate: Raw<'a>,
}

#[derive(Deserialize)]
struct RestAllocation<'a> {
    #[serde(borrow)]
    amount: Raw<'a>,
    #[serde(borrow)]
    amount_set: Option<Set<'a>>,
}

#[derive(Deserialize)]
struct RestLine<'a> {
    id: u64,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    variant_title: Text<'a>,
    #[serde(borrow)]
    sku: Text<'a>,
    product_id: Option<u64>,
    variant_id: Option<u64>,
    quantity: i32,
    current_quantity: Option<i32>,
    gift_card: Option<bool>,
    requires_shipping: Option<bool>,
    #[serde(borrow)]
    price: Raw<'a>,
    #[serde(borrow)]
    price_set: Option<Set<'a>>,
    #[serde(borrow)]
    total_discount: Raw<'a>,
    #[serde(borrow)]
    discount_allocations: Option<Vec<RestAllocation<'a>>>,
    #[serde(borrow)]
    tax_lines: Option<Vec<RestTax<'a>>>,
}

#[derive(Deserialize)]
struct RestShipping<'a> {
    #[serde(borrow)]
    price: Raw<'a>,
    #[serde(borrow)]
    price_set: Option<Set<'a>>,
    #[serde(borrow)]
    discounted_price: Raw<'a>,
    #[serde(borrow)]
    discount_allocations: Option<Vec<RestAllocation<'a>>>,
    #[serde(borrow)]
    tax_lines: Option<Vec<RestTax<'a>>>,
    is_removed: Option<bool>,
}

#[derive(Deserialize)]
struct RestFulfilment<'a> {
    id: u64,
    #[serde(borrow)]
    created_at: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    line_items: Option<Vec<FulfilledLine>>,
}

#[derive(Deserialize)]
struct FulfilledLine {
    id: u64,
    quantity: i32,
}

#[derive(Deserialize)]
struct RestRefund<'a> {
    id: u64,
    #[serde(borrow)]
    created_at: Text<'a>,
    #[serde(borrow)]
    processed_at: Text<'a>,
    #[serde(borrow)]
    refund_line_items: Option<Vec<RestRefundLine<'a>>>,
    #[serde(borrow)]
    refund_shipping_lines: Option<Vec<RestRefundShipping<'a>>>,
    #[serde(borrow)]
    order_adjustments: Option<Vec<RestAdjustment<'a>>>,
}

#[derive(Deserialize)]
struct RestRefundLine<'a> {
    line_item_id: u64,
    quantity: i32,
    #[serde(borrow)]
    restock_type: Text<'a>,
    #[serde(borrow)]
    subtotal: Raw<'a>,
    #[serde(borrow)]
    subtotal_set: Option<Set<'a>>,
    #[serde(borrow)]
    total_tax: Raw<'a>,
    #[serde(borrow)]
    total_tax_set: Option<Set<'a>>,
}

#[derive(Deserialize)]
struct RestRefundShipping<'a> {
    #[serde(borrow)]
    subtotal_amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    tax_amount_set: Option<Set<'a>>,
}

#[derive(Deserialize)]
struct RestAdjustment<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    amount: Raw<'a>,
    #[serde(borrow)]
    amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    tax_amount: Raw<'a>,
    #[serde(borrow)]
    tax_amount_set: Option<Set<'a>>,
}

/// Millionths of an amount: the shop money of its set where there is one, else the plain field (a text or a number).
fn micros(set: Option<&Set<'_>>, plain: Raw<'_>, place: PathRef) -> Result<Option<i64>, ReadError> {
    let raw = set.and_then(|s| s.shop_money.as_ref()).and_then(|m| m.amount).or(plain);
    let Some(text) = raw.map(RawValue::get).filter(|t| *t != "null") else {
        return Ok(None);
    };
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    Money::parse(text, Currency::USD)
        .map(|m| Some(m.micros))
        .map_err(|e| amount_error(&e, place))
}

fn taxes(lines: Option<&Vec<RestTax<'_>>>, place: PathRef) -> Result<(i64, i64), ReadError> {
    let (mut sum, mut rate) = (0, 0);
    for tax in lines.into_iter().flatten() {
        sum += micros(tax.price_set.as_ref(), tax.price, place)?.unwrap_or(0);
        rate += tax
            .rate
            .and_then(|r| Money::parse(r.get().trim_matches('"'), Currency::USD).ok())
            .map_or(0, |m| m.micros);
    }
    Ok((sum, rate))
}

fn discounts(allocations: Option<&Vec<RestAllocation<'_>>>, place: PathRef) -> Result<Option<i64>, ReadError> {
    let Some(allocations) = allocations else {
        return Ok(None);
    };
    let mut sum = 0;
    for a in allocations {
        sum += micros(a.amount_set.as_ref(), a.amount, place)?.unwrap_or(0);
    }
    Ok(Some(sum))
}

/// Reads one REST order.
pub(super) fn read(bytes: &[u8]) -> Result<OrderPart, ReadError> {
    let order: RestOrder<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    let root = Place::Root.at(&[]);
    let optional = |text: &Text<'_>, what: &'static str| match text.as_deref() {
        None => Ok(None),
        some => moment(some, what, root).map(Some),
    };
    let currency = order
        .currency
        .as_deref()
        .map(str::parse::<Currency>)
        .transpose()
        .map_err(|e| amount_error(&e, root))?;
    let unknown = strangers(&order);
    let lines = order
        .line_items
        .map(|lines| lines.into_iter().enumerate().map(line).collect())
        .transpose()?;
    let shipping = match order.shipping_lines {
        None => None,
        Some(rows) => Some(
            rows.iter()
                .enumerate()
                .map(shipping_line)
                .collect::<Result<Vec<_>, _>>()?,
        ),
    };
    let fulfilments = match order.fulfillments {
        None => None,
        Some(rows) => Some(rows.iter().map(fulfilment).collect::<Result<Vec<_>, _>>()?),
    };
    let refunds = match order.refunds {
        None => None,
        Some(rows) => Some(rows.iter().enumerate().map(refund).collect::<Result<Vec<_>, _>>()?),
    };
    let amount = |value: Option<i64>, path: PathRef| value.map(|micros| Amount { micros, path });
    let total_path = Place::RestTotal.at(&[]);
    let tip_path = Place::RestTip.at(&[]);
    let duty_path = Place::RestDuty.at(&[]);
    let presentment = match order
        .total_price_set
        .as_ref()
        .and_then(|s| s.presentment_money.as_ref())
    {
        Some(SetMoney {
            amount: Some(raw),
            currency_code: Some(code),
        }) => {
            let other: Currency = code.parse().map_err(|e| amount_error(&e, total_path))?;
            let money = Money::parse(raw.get().trim_matches('"'), other).map_err(|e| amount_error(&e, total_path))?;
            (Some(other) != currency).then_some(money)
        }
        _ => None,
    };
    let lower = |text: &Text<'_>| text.as_deref().unwrap_or_default().to_lowercase();
    Ok(OrderPart::Whole(Box::new(Whole {
        name: order.name.as_deref().map(str::to_owned),
        placed_at: optional(&order.processed_at, "processed_at")?.or(optional(&order.created_at, "created_at")?),
        updated_at: optional(&order.updated_at, "updated_at")?,
        cancelled_at: optional(&order.cancelled_at, "cancelled_at")?,
        test: order.test.unwrap_or(false),
        taxes_included: order.taxes_included.unwrap_or(false),
        currency,
        presentment,
        payment: lower(&order.financial_status),
        fulfilment: lower(&order.fulfillment_status),
        source_name: lower(&order.source_name),
        channel_name: None,
        customer: order.customer.and_then(|c| c.id).map(|id| id.to_string()),
        country: order.shipping_address.and_then(|a| a.country_code).map(Cow::into_owned),
        total: amount(
            micros(order.total_price_set.as_ref(), order.total_price, total_path)?,
            total_path,
        ),
        tip: amount(micros(None, order.total_tip_received, tip_path)?, tip_path),
        duty: amount(
            micros(order.original_total_duties_set.as_ref(), None, duty_path)?,
            duty_path,
        ),
        tax: None,
        discounts: None,
        breadth: u32::from(lines.is_some()) * 4 + 5,
        lines,
        shipping,
        fulfilments,
        refunds,
        fees: Vec::new(),
        agreements: None,
        open: Vec::new(),
        unknown,
    })))
}

/// Words of the order that their closed lists do not hold.
fn strangers(order: &RestOrder<'_>) -> Vec<Unknown> {
    let root = Place::Root.at(&[]);
    let mut unknown = Vec::new();
    unknown.extend(closed::PAYMENT.stranger(order.financial_status.as_deref(), "financial_status", root));
    unknown.extend(closed::FULFILMENT.stranger(order.fulfillment_status.as_deref(), "fulfillment_status", root));
    for (index, parcel) in order.fulfillments.iter().flatten().enumerate() {
        let place = Place::Parcel.at(&[index]);
        unknown.extend(closed::PARCEL.stranger(parcel.status.as_deref(), "status", place));
    }
    for (index, refund) in order.refunds.iter().flatten().enumerate() {
        for (j, line) in refund.refund_line_items.iter().flatten().enumerate() {
            let place = Place::RestRefundLine.at(&[index, j]);
            unknown.extend(closed::RESTOCK.stranger(line.restock_type.as_deref(), "restock_type", place));
        }
    }
    unknown
}

fn line((index, row): (usize, RestLine<'_>)) -> Result<LinePart, ReadError> {
    let path = Place::RestLine.at(&[index]);
    let (tax, tax_rate) = taxes(row.tax_lines.as_ref(), path)?;
    let unit = micros(row.price_set.as_ref(), row.price, path)?;
    let allocated = discounts(row.discount_allocations.as_ref(), path)?;
    let discount = match allocated {
        Some(sum) => sum,
        None => micros(None, row.total_discount, path)?.unwrap_or(0),
    };
    let title = row.title.map(Cow::into_owned).unwrap_or_default();
    let tip = row.product_id.is_none() && row.variant_id.is_none() && title == "Tip";
    let title = match row.variant_title.as_deref() {
        Some(variant) if !variant.is_empty() => format!("{title} – {variant}"),
        _ => title,
    };
    Ok(LinePart {
        id: row.id.to_string(),
        sku: row.sku.map(Cow::into_owned).unwrap_or_default(),
        title,
        product: row.product_id.map(|id| id.to_string()),
        variant: row.variant_id.map(|id| id.to_string()),
        quantity: row.quantity,
        current: row.current_quantity,
        gift_card: row.gift_card.unwrap_or(false),
        tip,
        ships: row.requires_shipping.unwrap_or(true) && !tip,
        price: unit.map(|u| Amount {
            micros: u.saturating_mul(i64::from(row.quantity)),
            path,
        }),
        discount,
        discount_shown: true,
        tax,
        tax_rate,
    })
}

fn shipping_line((index, row): (usize, &RestShipping<'_>)) -> Result<ShippingPart, ReadError> {
    let path = Place::RestShipping.at(&[index]);
    let price = micros(row.price_set.as_ref(), row.price, path)?.unwrap_or(0);
    let discount = match discounts(row.discount_allocations.as_ref(), path)? {
        Some(sum) if sum != 0 => sum,
        _ => price - micros(None, row.discounted_price, path)?.unwrap_or(price),
    };
    let (tax, _) = taxes(row.tax_lines.as_ref(), path)?;
    Ok(ShippingPart {
        price: Amount { micros: price, path },
        discount,
        tax,
        removed: row.is_removed.unwrap_or(false),
    })
}

fn fulfilment(row: &RestFulfilment<'_>) -> Result<Fulfilment, ReadError> {
    Ok(Fulfilment {
        id: row.id.to_string(),
        at: Some(moment(
            row.created_at.as_deref(),
            "fulfillments.created_at",
            Place::Root.at(&[]),
        )?),
        void: matches!(row.status.as_deref(), Some("cancelled" | "error" | "failure")),
        lines: row
            .line_items
            .as_ref()
            .map(|lines| lines.iter().map(|l| (l.id.to_string(), l.quantity)).collect()),
    })
}

fn refund((index, row): (usize, &RestRefund<'_>)) -> Result<Refund, ReadError> {
    let place = Place::RestRefund.at(&[index]);
    let at = moment(
        row.processed_at.as_deref().or(row.created_at.as_deref()),
        "processed_at",
        place,
    )?;
    let mut lines = Vec::new();
    for (j, line) in row.refund_line_items.iter().flatten().enumerate() {
        let path = Place::RestRefundLine.at(&[index, j]);
        lines.push(RefundLine {
            line: line.line_item_id.to_string(),
            quantity: line.quantity,
            restock: restock(line.restock_type.as_deref()),
            subtotal: Amount {
                micros: micros(line.subtotal_set.as_ref(), line.subtotal, path)?.unwrap_or(0),
                path,
            },
            tax: micros(line.total_tax_set.as_ref(), line.total_tax, path)?.unwrap_or(0),
        });
    }
    let mut shipping = Vec::new();
    for (j, line) in row.refund_shipping_lines.iter().flatten().enumerate() {
        let path = Place::RestRefundShipping.at(&[index, j]);
        let amount = micros(line.subtotal_amount_set.as_ref(), None, path)?.unwrap_or(0);
        shipping.push((
            Amount { micros: amount, path },
            micros(line.tax_amount_set.as_ref(), None, path)?.unwrap_or(0),
        ));
    }
    let shown_as_lines = !shipping.is_empty();
    let mut adjustments = Vec::new();
    for (j, adjustment) in row.order_adjustments.iter().flatten().enumerate() {
        let path = Place::RestAdjustment.at(&[index, j]);
        let amount = micros(adjustment.amount_set.as_ref(), adjustment.amount, path)?.unwrap_or(0);
        let tax = micros(adjustment.tax_amount_set.as_ref(), adjustment.tax_amount, path)?.unwrap_or(0);
        match adjustment.kind.as_deref() {
            // The same money stands in refund_shipping_lines where those exist (contract 6.1): counted once.
            Some("shipping_refund") if shown_as_lines => {}
            Some("shipping_refund") => shipping.push((Amount { micros: -amount, path }, -tax)),
            _ => adjustments.push((Amount { micros: amount, path }, tax)),
        }
    }
    Ok(Refund {
        id: row.id.to_string(),
        at: Some(at),
        lines: Some(lines),
        shipping,
        adjustments,
        total: None,
    })
}
