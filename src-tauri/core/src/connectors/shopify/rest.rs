//! Orders in the older REST shape (contract section 6.1): read when a user imports saved answers or webhook bodies.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::closed::{self, parcel, restock};
use super::part::{Amount, Fulfilment, LinePart, OrderPart, Refund, RefundLine, ShippingPart, Unknown, Whole};
use super::paths::{Place, render};
use super::{amount_error, bounds, broken, missing, moment};
use crate::connectors::ReadError;
use crate::model::{Currency, Money, PathRef};
use shape::{
    FulfilledLine, Raw, RestAllocation, RestChargeBack, RestFulfilment, RestLine, RestOrder, RestRefund, RestShipping,
    RestTax, RestTransaction, Set, SetMoney, Text,
};

mod shape;

/// Reads amounts in the order's currency.
struct Ear {
    currency: Option<Currency>,
    /// Shipping of the whole order, for the one line that shows no price.
    shipping: Option<i64>,
}

impl Ear {
    /// Millionths of an amount: the shop money of its set where there is one, else the plain field (a text or a number).
    fn micros(&mut self, set: Option<&Set<'_>>, plain: Raw<'_>, place: PathRef) -> Result<Option<i64>, ReadError> {
        let money = set.and_then(|s| s.shop_money.as_ref());
        if let Some(code) = money.and_then(|m| m.currency_code.as_deref()) {
            self.agrees(code, place)?;
        }
        let Some(text) = money.and_then(|m| m.amount).or(plain).map(RawValue::get) else {
            return Ok(None);
        };
        if text == "null" {
            return Ok(None);
        }
        let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let money = Money::parse(text, Currency::USD).map_err(|e| amount_error(&e, place))?;
        bounds::within(money.micros, place).map(Some)
    }

    /// Shop money is in the order's currency, whatever was shown to the buyer.
    fn agrees(&mut self, code: &str, place: PathRef) -> Result<(), ReadError> {
        let currency: Currency = code.parse().map_err(|e| amount_error(&e, place))?;
        match self.currency.replace(currency) {
            Some(known) if known != currency => Err(ReadError {
                code: "mixed_currencies",
                message: format!("{}: shop money in {currency} on an order in {known}", render(place)),
            }),
            _ => Ok(()),
        }
    }

    fn amount(&mut self, set: Option<&Set<'_>>, plain: Raw<'_>, path: PathRef) -> Result<Option<Amount>, ReadError> {
        Ok(self.micros(set, plain, path)?.map(|micros| Amount { micros, path }))
    }

    fn taxes(&mut self, lines: Option<&Vec<RestTax<'_>>>, place: PathRef) -> Result<(i64, i64), ReadError> {
        let (mut sum, mut rate) = (0, 0);
        for tax in lines.into_iter().flatten() {
            let micros = self.micros(tax.price_set.as_ref(), tax.price, place)?;
            sum = bounds::plus(sum, micros.ok_or_else(|| missing("tax_lines.price", place))?, place)?;
            let share = tax
                .rate
                .and_then(|r| Money::parse(r.get().trim_matches('"'), Currency::USD).ok())
                .map_or(0, |m| m.micros);
            rate = bounds::plus(rate, share, place)?;
        }
        Ok((sum, rate))
    }

    fn discounts(
        &mut self,
        allocations: Option<&Vec<RestAllocation<'_>>>,
        place: PathRef,
    ) -> Result<Option<i64>, ReadError> {
        let Some(allocations) = allocations else {
            return Ok(None);
        };
        let mut sum = 0;
        for a in allocations {
            let micros = self.micros(a.amount_set.as_ref(), a.amount, place)?;
            sum = bounds::plus(
                sum,
                micros.ok_or_else(|| missing("discount_allocations.amount", place))?,
                place,
            )?;
        }
        Ok(Some(sum))
    }

    fn line(&mut self, index: usize, row: RestLine<'_>) -> Result<LinePart, ReadError> {
        let path = Place::RestLine.at(&[index]);
        let tax_shown = row.tax_lines.is_some();
        let (tax, tax_rate) = self.taxes(row.tax_lines.as_ref(), path)?;
        let unit = self.micros(row.price_set.as_ref(), row.price, path)?;
        let unit = unit.map(|unit| bounds::price(unit, path)).transpose()?;
        let quantity = bounds::units(row.quantity, path)?;
        let current = row.current_quantity.map(|q| bounds::units(q, path)).transpose()?;
        let allocated = self.discounts(row.discount_allocations.as_ref(), path)?;
        // Older records show a line's own discount here only.
        let own = self.micros(None, row.total_discount, path)?;
        let discount = allocated.filter(|sum| *sum != 0).or(own).unwrap_or(0);
        let title = row.title.map(Cow::into_owned).unwrap_or_default();
        // A shop may sell a thing of that name; a tip is sent to nobody.
        let sent = row.requires_shipping == Some(true);
        let tip = row.product_id.is_none() && row.variant_id.is_none() && title == "Tip" && !sent;
        let title = match row.variant_title.as_deref() {
            Some(variant) if !variant.is_empty() => format!("{title} – {variant}"),
            _ => title,
        };
        let price = unit.map(|unit| bounds::times(unit, quantity, path)).transpose()?;
        Ok(LinePart {
            id: row.id.to_string(),
            sku: row.sku.map(Cow::into_owned).unwrap_or_default(),
            title,
            product: row.product_id.map(|id| id.to_string()),
            variant: row.variant_id.map(|id| id.to_string()),
            quantity,
            current,
            gift_card: row.gift_card.unwrap_or(false),
            tip,
            ships: row.requires_shipping.unwrap_or(true) && !tip,
            price: price.map(|micros| Amount { micros, path }),
            discount: bounds::price(discount, path)?,
            discount_shown: allocated.is_some(),
            tax,
            tax_shown,
            tax_rate,
        })
    }

    /// A shipping line; one without a price of its own stands for the shipping of the whole order if it is the only one.
    fn shipping_line(&mut self, index: usize, row: &RestShipping<'_>, only: bool) -> Result<ShippingPart, ReadError> {
        let path = Place::RestShipping.at(&[index]);
        let discounted = self.micros(None, row.discounted_price, path)?;
        let price = self
            .micros(row.price_set.as_ref(), row.price, path)?
            .or(discounted)
            .or(self.shipping.filter(|_| only));
        let micros = price.map_or(Ok(0), |price| bounds::price(price, path))?;
        let discount = match self.discounts(row.discount_allocations.as_ref(), path)? {
            Some(sum) if sum != 0 => sum,
            _ => micros - discounted.unwrap_or(micros),
        };
        let tax_shown = row.tax_lines.is_some();
        let (tax, tax_rate) = self.taxes(row.tax_lines.as_ref(), path)?;
        Ok(ShippingPart {
            price: price.map(|micros| Amount { micros, path }),
            discount,
            tax,
            tax_shown,
            tax_rate,
            removed: row.is_removed.unwrap_or(false),
        })
    }

    fn refund(&mut self, index: usize, row: &RestRefund<'_>) -> Result<Refund, ReadError> {
        let place = Place::RestRefund.at(&[index]);
        let at = moment(
            row.processed_at.as_deref().or(row.created_at.as_deref()),
            "processed_at",
            place,
        )?;
        let mut lines = Vec::new();
        for (j, line) in row.refund_line_items.iter().flatten().enumerate() {
            let path = Place::RestRefundLine.at(&[index, j]);
            let subtotal = self.amount(line.subtotal_set.as_ref(), line.subtotal, path)?;
            let tax = self.micros(line.total_tax_set.as_ref(), line.total_tax, path)?;
            lines.push(RefundLine {
                line: line.line_item_id.to_string(),
                quantity: bounds::units(line.quantity, path)?,
                restock: restock(line.restock_type.as_deref()),
                subtotal: subtotal.ok_or_else(|| missing("subtotal", path))?,
                tax: tax.ok_or_else(|| missing("total_tax", path))?,
                tax_shown: true,
            });
        }
        let mut shipping = Vec::new();
        for (j, line) in row.refund_shipping_lines.iter().flatten().enumerate() {
            let path = Place::RestRefundShipping.at(&[index, j]);
            let amount = self.amount(line.subtotal_amount_set.as_ref(), None, path)?;
            let tax = self.micros(line.tax_amount_set.as_ref(), None, path)?;
            shipping.push((
                amount.ok_or_else(|| missing("subtotal_amount_set", path))?,
                tax.unwrap_or(0),
            ));
        }
        let (total, foreign) = self.money_back(row.transactions.as_ref(), Place::RestRefundMoney.at(&[index]))?;
        let shown_as_lines = !shipping.is_empty();
        let mut adjustments = Vec::new();
        for (j, adjustment) in row.order_adjustments.iter().flatten().enumerate() {
            let path = Place::RestAdjustment.at(&[index, j]);
            let amount = self
                .amount(adjustment.amount_set.as_ref(), adjustment.amount, path)?
                .ok_or_else(|| missing("amount", path))?;
            let tax = self.micros(adjustment.tax_amount_set.as_ref(), adjustment.tax_amount, path)?;
            let tax = tax.unwrap_or(0);
            match adjustment.kind.as_deref() {
                // The same money stands in refund_shipping_lines where those exist (contract 6.1): counted once.
                Some("shipping_refund") if shown_as_lines => {}
                Some("shipping_refund") => {
                    let micros = -amount.micros;
                    shipping.push((Amount { micros, path }, -tax));
                }
                _ => adjustments.push((amount, tax)),
            }
        }
        Ok(Refund {
            id: row.id.to_string(),
            at: Some(at),
            lines: Some(lines),
            shipping,
            adjustments,
            duties: self.charges_back(row.duties.as_ref(), Place::RestRefundDuty, index)?,
            fees: self.charges_back(row.additional_fees.as_ref(), Place::RestRefundFee, index)?,
            total,
            foreign,
        })
    }

    fn charges_back(
        &mut self,
        rows: Option<&Vec<RestChargeBack<'_>>>,
        place: Place,
        index: usize,
    ) -> Result<Vec<Amount>, ReadError> {
        let mut amounts = Vec::new();
        for (j, row) in rows.into_iter().flatten().enumerate() {
            let path = place.at(&[index, j]);
            let amount = self.amount(row.amount_set.as_ref(), None, path)?;
            amounts.push(amount.ok_or_else(|| missing("amount_set", path))?);
        }
        Ok(amounts)
    }

    /// What the refund's payments moved (contract section 3.2), and whether one moved money of another currency.
    fn money_back(
        &mut self,
        rows: Option<&Vec<RestTransaction<'_>>>,
        path: PathRef,
    ) -> Result<(Option<Amount>, bool), ReadError> {
        let mut total = None;
        for row in rows.into_iter().flatten() {
            let moved = row.kind.as_deref() == Some("refund") && row.status.as_deref() == Some("success");
            if !moved || row.test == Some(true) {
                continue;
            }
            if row
                .currency
                .as_deref()
                .is_some_and(|code| code.parse().ok() != self.currency)
            {
                return Ok((None, true));
            }
            let micros = self
                .micros(None, row.amount, path)?
                .ok_or_else(|| missing("amount", path))?;
            total = Some(bounds::plus(total.unwrap_or(0), micros, path)?);
        }
        Ok((total.map(|micros| Amount { micros, path }), false))
    }
}

/// Reads one REST order.
pub(super) fn read(bytes: &[u8]) -> Result<OrderPart, ReadError> {
    let order: RestOrder<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    let root = Place::Root.at(&[]);
    let optional = |text: &Text<'_>, what: &'static str| match text.as_deref() {
        None => Ok(None),
        some => moment(some, what, root).map(Some),
    };
    let unknown = strangers(&order);
    let currency = order
        .currency
        .as_deref()
        .map(str::parse::<Currency>)
        .transpose()
        .map_err(|e| amount_error(&e, root))?;
    let mut ear = Ear {
        currency,
        shipping: None,
    };
    ear.shipping = ear.micros(order.total_shipping_price_set.as_ref(), None, root)?;
    let total = ear.amount(
        order.total_price_set.as_ref(),
        order.total_price,
        Place::RestTotal.at(&[]),
    )?;
    let current_total = ear.micros(order.current_total_price_set.as_ref(), order.current_total_price, root)?;
    let tip = ear.amount(None, order.total_tip_received, Place::RestTip.at(&[]))?;
    let duty = ear.amount(order.original_total_duties_set.as_ref(), None, Place::RestDuty.at(&[]))?;
    let fee = ear.amount(
        order.original_total_additional_fees_set.as_ref(),
        None,
        Place::RestFee.at(&[]),
    )?;
    let tax = ear.amount(order.total_tax_set.as_ref(), order.total_tax, Place::RestTax.at(&[]))?;
    let discounts = ear.amount(
        order.total_discounts_set.as_ref(),
        order.total_discounts,
        Place::RestDiscounts.at(&[]),
    )?;
    let lines: Option<Vec<LinePart>> = order
        .line_items
        .map(|rows| rows.into_iter().enumerate().map(|(i, row)| ear.line(i, row)).collect())
        .transpose()?;
    let shipping: Option<Vec<ShippingPart>> = order
        .shipping_lines
        .map(|rows| {
            let only = rows.len() == 1;
            let rows = rows.iter().enumerate();
            rows.map(|(i, row)| ear.shipping_line(i, row, only)).collect()
        })
        .transpose()?;
    let fulfilments: Option<Vec<Fulfilment>> = order
        .fulfillments
        .map(|rows| rows.iter().enumerate().map(fulfilment).collect())
        .transpose()?;
    let refunds: Option<Vec<Refund>> = order
        .refunds
        .map(|rows| rows.iter().enumerate().map(|(i, row)| ear.refund(i, row)).collect())
        .transpose()?;
    let currency = ear.currency;
    let presentment = match order
        .total_price_set
        .as_ref()
        .and_then(|s| s.presentment_money.as_ref())
    {
        Some(SetMoney {
            amount: Some(raw),
            currency_code: Some(code),
        }) => {
            let place = Place::RestTotal.at(&[]);
            let other: Currency = code.parse().map_err(|e| amount_error(&e, place))?;
            let money = Money::parse(raw.get().trim_matches('"'), other).map_err(|e| amount_error(&e, place))?;
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
        basis_shown: order.taxes_included.is_some(),
        currency,
        presentment,
        payment: lower(&order.financial_status),
        // Nothing sent is said by null.
        fulfilment_said: order.fulfillment_status.is_some(),
        fulfilment: lower(&order.fulfillment_status.flatten()),
        source_name: lower(&order.source_name),
        customer: order.customer.and_then(|c| c.id).map(|id| id.to_string()),
        country: order.shipping_address.and_then(|a| a.country_code).map(Cow::into_owned),
        total,
        current_total,
        tip,
        duty,
        fee,
        tax,
        discounts,
        breadth: u32::from(lines.is_some()) * 4 + 5,
        lines,
        shipping,
        fulfilments,
        refunds,
        unknown,
        ..Whole::default()
    })))
}

/// Words of the order that their closed lists do not hold.
fn strangers(order: &RestOrder<'_>) -> Vec<Unknown> {
    let root = Place::Root.at(&[]);
    let mut unknown = Vec::new();
    unknown.extend(closed::PAYMENT.stranger(order.financial_status.as_deref(), "financial_status", root));
    unknown.extend(closed::FULFILMENT.stranger(
        order.fulfillment_status.as_ref().and_then(Option::as_deref),
        "fulfillment_status",
        root,
    ));
    for (index, parcel) in order.fulfillments.iter().flatten().enumerate() {
        let place = Place::Parcel.at(&[index]);
        unknown.extend(closed::PARCEL.stranger(parcel.status.as_deref(), "status", place));
    }
    for (index, refund) in order.refunds.iter().flatten().enumerate() {
        for (j, line) in refund.refund_line_items.iter().flatten().enumerate() {
            let place = Place::RestRefundLine.at(&[index, j]);
            unknown.extend(closed::RESTOCK.stranger(line.restock_type.as_deref(), "restock_type", place));
        }
        for (j, adjustment) in refund.order_adjustments.iter().flatten().enumerate() {
            let place = Place::RestAdjustment.at(&[index, j]);
            unknown.extend(closed::ADJUSTMENT.stranger(adjustment.kind.as_deref(), "kind", place));
        }
    }
    unknown
}

fn fulfilment((index, row): (usize, &RestFulfilment<'_>)) -> Result<Fulfilment, ReadError> {
    let place = Place::Parcel.at(&[index]);
    let units = |line: &FulfilledLine| {
        let quantity = bounds::units(line.quantity, place)?;
        Ok((line.id.to_string(), quantity))
    };
    Ok(Fulfilment {
        id: row.id.to_string(),
        at: Some(moment(row.created_at.as_deref(), "fulfillments.created_at", place)?),
        state: parcel(row.status.as_deref()),
        lines: row
            .line_items
            .as_ref()
            .map(|lines| lines.iter().map(units).collect())
            .transpose()?,
    })
}
