//! Orders in GraphQL shape: one node of a page, with `nodes` or `edges`, whole or in part.

use std::borrow::Cow;

use super::asked::{self, Asked};
use super::closed::{self, Closed};
use super::nodes::{Amt, Bag, LineNode, OrderNode, ShippingNode, Tax, Text, tail};
use super::part::{Amount, LinePart, OrderPart, ShippingPart, Unknown, Whole};
use super::paths::Place;
use super::{amount_error, bounds, broken, missing, moment};
use crate::connectors::ReadError;
use crate::model::{Currency, Money, PathRef, When};

mod later;
mod sales;

/// Reads amounts and remembers what could not be understood.
pub(super) struct Ear {
    /// What was asked for, and so must be there.
    asked: Asked,
    currency: Option<Currency>,
    /// Words met that their closed lists do not hold.
    pub(super) unknown: Vec<Unknown>,
    /// Connections that hold more than was shown.
    pub(super) open: Vec<String>,
}

impl Ear {
    pub(super) fn new(asked: Asked) -> Self {
        Ear {
            asked,
            currency: None,
            unknown: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Takes note of a word that its list does not hold.
    fn hear(&mut self, list: &Closed, word: &Text<'_>, member: &str, place: PathRef) {
        self.unknown.extend(list.stranger(word.as_deref(), member, place));
    }

    /// A member that may only be missing where nobody knows whether it was asked for.
    fn need<T>(&self, value: Option<T>, member: &'static str, place: PathRef) -> Result<Option<T>, ReadError> {
        match value {
            None if self.asked != Asked::Unknown => Err(missing(member, place)),
            value => Ok(value),
        }
    }

    fn micros(&mut self, bag: Option<&Bag<'_>>, place: PathRef) -> Result<Option<i64>, ReadError> {
        let Some(money) = bag.and_then(|b| b.shop_money.as_ref()) else {
            return Ok(None);
        };
        let currency = self.currency_of(money, place)?;
        let text = money.amount.get();
        let plain = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let money = Money::parse(plain, currency).map_err(|e| amount_error(&e, place))?;
        bounds::within(money.micros, place).map(Some)
    }

    /// The currency of an amount, which must be the order's.
    fn currency_of(&mut self, money: &Amt<'_>, place: PathRef) -> Result<Currency, ReadError> {
        let Some(code) = money.currency_code.as_deref() else {
            return Ok(self.currency.unwrap_or(Currency::USD));
        };
        let currency: Currency = code.parse().map_err(|e| amount_error(&e, place))?;
        match self.currency {
            Some(known) if known != currency => Err(ReadError {
                code: "mixed_currencies",
                message: format!(
                    "{}: shop money in {currency} on an order in {known}",
                    super::paths::render(place)
                ),
            }),
            _ => {
                self.currency = Some(currency);
                Ok(currency)
            }
        }
    }

    fn amount(&mut self, bag: Option<&Bag<'_>>, path: PathRef) -> Result<Option<Amount>, ReadError> {
        Ok(self.micros(bag, path)?.map(|micros| Amount { micros, path }))
    }

    fn taxes(&mut self, taxes: Option<&Vec<Tax<'_>>>, path: PathRef) -> Result<(i64, i64), ReadError> {
        let (mut sum, mut rate) = (0, 0);
        for tax in taxes.into_iter().flatten() {
            let micros = self.micros(tax.price_set.as_ref(), path)?;
            sum = bounds::plus(sum, self.need(micros, "taxLines.priceSet", path)?.unwrap_or(0), path)?;
            let share = tax
                .rate
                .and_then(|r| Money::parse(r.get(), Currency::USD).ok())
                .map_or(0, |m| m.micros);
            rate = bounds::plus(rate, share, path)?;
        }
        Ok((sum, rate))
    }

    pub(super) fn line(&mut self, node: LineNode<'_>, path: PathRef) -> Result<LinePart, ReadError> {
        let tax_shown = node.tax_lines.is_some();
        let (tax, tax_rate) = self.taxes(self.need(node.tax_lines.as_ref(), "taxLines", path)?, path)?;
        let mut discount = 0;
        let discount_shown = node.discount_allocations.is_some();
        let allocations = self.need(node.discount_allocations, "discountAllocations", path)?;
        for allocation in allocations.iter().flatten() {
            let micros = self.micros(allocation.allocated_amount_set.as_ref(), path)?;
            let micros = self.need(micros, "discountAllocations.allocatedAmountSet", path)?;
            discount = bounds::plus(discount, micros.unwrap_or(0), path)?;
        }
        let price = match self.amount(node.original_total_set.as_ref(), path)? {
            Some(total) => Some(total),
            None => self
                .micros(node.original_unit_price_set.as_ref(), path)?
                .map(|unit| bounds::times(unit, node.quantity, path))
                .transpose()?
                .map(|micros| Amount { micros, path }),
        };
        let quantity = bounds::units(node.quantity, path)?;
        let current = node.current_quantity.map(|q| bounds::units(q, path)).transpose()?;
        if let Some(price) = price {
            bounds::price(price.micros, path)?;
        }
        let price = self.need(price, "originalTotalSet", path)?;
        let title = match (node.title, node.variant_title) {
            (Some(title), Some(variant)) if !variant.is_empty() => format!("{title} – {variant}"),
            (Some(title), _) => title.into_owned(),
            (None, variant) => variant.map(Cow::into_owned).unwrap_or_default(),
        };
        Ok(LinePart {
            id: tail(&node.id).to_owned(),
            sku: node.sku.map(Cow::into_owned).unwrap_or_default(),
            title,
            product: node.product.map(|p| tail(&p.id).to_owned()),
            variant: node.variant.map(|v| tail(&v.id).to_owned()),
            quantity,
            current: self.need(current, "currentQuantity", path)?,
            gift_card: self.need(node.is_gift_card, "isGiftCard", path)?.unwrap_or(false),
            tip: false,
            ships: self
                .need(node.requires_shipping, "requiresShipping", path)?
                .unwrap_or(true),
            price,
            discount,
            discount_shown,
            tax,
            tax_shown,
            tax_rate,
        })
    }

    pub(super) fn shipping(&mut self, node: &ShippingNode<'_>, path: PathRef) -> Result<ShippingPart, ReadError> {
        let original = self.amount(node.original_price_set.as_ref(), path)?;
        let original = self.need(original, "originalPriceSet", path)?;
        let discounted = self.amount(node.discounted_price_set.as_ref(), path)?;
        let discounted = self.need(discounted, "discountedPriceSet", path)?;
        let price = original.or(discounted);
        let micros = price.map_or(Ok(0), |price| bounds::price(price.micros, path))?;
        let discount = discounted.map_or(0, |discounted| micros - discounted.micros);
        let tax_shown = node.tax_lines.is_some();
        let (tax, tax_rate) = self.taxes(self.need(node.tax_lines.as_ref(), "taxLines", path)?, path)?;
        Ok(ShippingPart {
            price,
            discount,
            tax,
            tax_shown,
            tax_rate,
            removed: node.is_removed.unwrap_or(false),
        })
    }

    fn more(&mut self, open: bool, family: impl FnOnce() -> String) {
        if open {
            self.open.push(family());
        }
    }

    /// The order's record; children that stand in bulk lines of their own are added by the caller.
    pub(super) fn order(&mut self, node: OrderNode<'_>) -> Result<Whole, ReadError> {
        let root = Place::Root.at(&[]);
        if let Some(code) = node.currency_code.as_deref() {
            self.currency = Some(code.parse().map_err(|e| amount_error(&e, root))?);
        }
        self.hear(
            &closed::PAYMENT,
            &node.display_financial_status,
            "displayFinancialStatus",
            root,
        );
        self.hear(
            &closed::FULFILMENT,
            &node.display_fulfillment_status,
            "displayFulfillmentStatus",
            root,
        );
        let placed_at =
            optional(&node.processed_at, "processedAt", root)?.or(optional(&node.created_at, "createdAt", root)?);
        let total = self.amount(node.total_price_set.as_ref(), Place::Total.at(&[]))?;
        let current_total = self.micros(node.current_total_price_set.as_ref(), root)?;
        self.micros(node.subtotal_price_set.as_ref(), root)?;
        let presentment = presentment(node.total_price_set.as_ref(), self.currency)?;
        let mut lines = None;
        if let Some(conn) = node.line_items {
            let (nodes, edges, more) = conn.into_parts();
            self.more(more, || "lines".into());
            let place = if edges { Place::LineEdge } else { Place::Line };
            let read: Result<Vec<LinePart>, ReadError> = nodes
                .into_iter()
                .enumerate()
                .map(|(i, n)| self.line(n, place.at(&[i])))
                .collect();
            lines = Some(read?);
        }
        let mut shipping = None;
        if let Some(conn) = node.shipping_lines {
            let (nodes, edges, more) = conn.into_parts();
            self.more(more, || "shipping".into());
            let place = if edges { Place::ShippingEdge } else { Place::Shipping };
            let read: Result<Vec<ShippingPart>, ReadError> = nodes
                .iter()
                .enumerate()
                .map(|(i, n)| self.shipping(n, place.at(&[i])))
                .collect();
            shipping = Some(read?);
        }
        let fulfilments = node.fulfillments.map(|nodes| self.fulfilments(nodes)).transpose()?;
        let refunds = node.refunds.map(|nodes| self.refunds(nodes)).transpose()?;
        let agreements = node.agreements.map(|conn| self.agreements(conn)).transpose()?;
        let fees = self.fees(node.transactions.unwrap_or_default())?;
        let tip = self.amount(node.total_tip_received_set.as_ref(), Place::Tip.at(&[]))?;
        let duty = self.amount(node.original_total_duties_set.as_ref(), Place::Duty.at(&[]))?;
        let discounts = self.amount(node.total_discounts_set.as_ref(), Place::Discounts.at(&[]))?;
        let tax = self.amount(node.total_tax_set.as_ref(), Place::Tax.at(&[]))?;
        let lower = |text: &Text<'_>| text.as_deref().unwrap_or_default().to_lowercase();
        let channel_name = node
            .attribution
            .and_then(|a| a.display_name)
            .or(node.app.and_then(|a| a.name))
            .map(Cow::into_owned)
            .filter(|name| !name.is_empty());
        let breadth = u32::from(lines.is_some()) * 4
            + u32::from(agreements.is_some()) * 4
            + [
                placed_at.is_some(),
                total.is_some(),
                shipping.is_some(),
                refunds.is_some(),
                fulfilments.is_some(),
            ]
            .iter()
            .map(|known| u32::from(*known))
            .sum::<u32>();
        Ok(Whole {
            name: node.name.as_deref().map(str::to_owned),
            placed_at,
            updated_at: optional(&node.updated_at, "updatedAt", root)?,
            cancelled_at: optional(&node.cancelled_at, "cancelledAt", root)?,
            test: node.test.unwrap_or(false),
            taxes_included: node.taxes_included.unwrap_or(false),
            basis_shown: node.taxes_included.is_some(),
            currency: self.currency,
            presentment,
            payment: lower(&node.display_financial_status),
            fulfilment: lower(&node.display_fulfillment_status),
            fulfilment_said: node.display_fulfillment_status.is_some(),
            source_name: lower(&node.source_name),
            channel_name,
            customer: node.customer.map(|c| tail(&c.id).to_owned()),
            country: node
                .shipping_address
                .and_then(|a| a.country_code_v2)
                .map(Cow::into_owned),
            total,
            current_total,
            tip,
            duty,
            tax,
            discounts,
            lines,
            shipping,
            fulfilments,
            refunds,
            fees,
            agreements,
            open: std::mem::take(&mut self.open),
            breadth,
            unknown: std::mem::take(&mut self.unknown),
            ..Whole::default()
        })
    }
}

fn presentment(total: Option<&Bag<'_>>, shop: Option<Currency>) -> Result<Option<Money>, ReadError> {
    let Some(money) = total.and_then(|t| t.presentment_money.as_ref()) else {
        return Ok(None);
    };
    let place = Place::Total.at(&[]);
    let Some(code) = money.currency_code.as_deref() else {
        return Ok(None);
    };
    let currency: Currency = code.parse().map_err(|e| amount_error(&e, place))?;
    if Some(currency) == shop {
        return Ok(None);
    }
    let text = money.amount.get();
    Money::parse(text.trim_matches('"'), currency)
        .map(Some)
        .map_err(|e| amount_error(&e, place))
}

/// A moment that a record may leave out.
fn optional(text: &Text<'_>, what: &'static str, place: PathRef) -> Result<Option<When>, ReadError> {
    text.as_deref().map(|text| moment(Some(text), what, place)).transpose()
}

/// Reads an `order` record. One that we asked for must show what figures hang on.
pub(super) fn read(bytes: &[u8], asked: Asked) -> Result<OrderPart, ReadError> {
    asked::check(bytes, asked)?;
    let node: OrderNode<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    let whole = Ear::new(asked).order(node)?;
    asked::check_whole(&whole, asked)?;
    Ok(OrderPart::Whole(Box::new(whole)))
}
