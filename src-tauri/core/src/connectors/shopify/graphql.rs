//! Orders in GraphQL shape: one node of a page, with `nodes` or `edges`, whole or in part.

use std::borrow::Cow;

use super::nodes::{
    AgreementNode, Amt, Bag, Conn, FulfillmentNode, LineNode, OrderNode, RefundNode, SaleNode, ShippingNode, Tax, Text,
    TransactionNode, restock, tail,
};
use super::part::{
    Action, Agreement, Amount, Fulfilment, LinePart, OrderPart, Reason, Refund, RefundLine, Sale, SaleKind,
    ShippingPart, Whole,
};
use super::paths::Place;
use super::{amount_error, broken, moment};
use crate::connectors::ReadError;
use crate::model::{Currency, Money, PathRef, When};

/// Reads amounts and remembers what could not be understood.
pub(super) struct Ear {
    currency: Option<Currency>,
    /// Enum values met that we do not know.
    pub(super) unknown: Vec<String>,
    /// Connections that hold more than was shown.
    pub(super) open: Vec<String>,
}

impl Ear {
    pub(super) fn new() -> Self {
        Ear {
            currency: None,
            unknown: Vec::new(),
            open: Vec::new(),
        }
    }

    fn micros(&mut self, bag: Option<&Bag<'_>>, place: PathRef) -> Result<Option<i64>, ReadError> {
        let Some(money) = bag.and_then(|b| b.shop_money.as_ref()) else {
            return Ok(None);
        };
        let currency = self.currency_of(money, place)?;
        let text = money.amount.get();
        let plain = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        Money::parse(plain, currency)
            .map(|m| Some(m.micros))
            .map_err(|e| amount_error(&e, place))
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
            sum += self.micros(tax.price_set.as_ref(), path)?.unwrap_or(0);
            rate += tax
                .rate
                .and_then(|r| Money::parse(r.get(), Currency::USD).ok())
                .map_or(0, |m| m.micros);
        }
        Ok((sum, rate))
    }

    pub(super) fn line(&mut self, node: LineNode<'_>, path: PathRef) -> Result<LinePart, ReadError> {
        let (tax, tax_rate) = self.taxes(node.tax_lines.as_ref(), path)?;
        let mut discount = 0;
        let discount_shown = node.discount_allocations.is_some();
        for allocation in node.discount_allocations.iter().flatten() {
            discount += self
                .micros(allocation.allocated_amount_set.as_ref(), path)?
                .unwrap_or(0);
        }
        let price = match self.amount(node.original_total_set.as_ref(), path)? {
            Some(total) => Some(total),
            None => self
                .amount(node.original_unit_price_set.as_ref(), path)?
                .map(|unit| Amount {
                    micros: unit.micros.saturating_mul(i64::from(node.quantity)),
                    path,
                }),
        };
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
            quantity: node.quantity,
            current: node.current_quantity,
            gift_card: node.is_gift_card.unwrap_or(false),
            tip: false,
            ships: node.requires_shipping.unwrap_or(true),
            price,
            discount,
            discount_shown,
            tax,
            tax_rate,
        })
    }

    pub(super) fn shipping(&mut self, node: &ShippingNode<'_>, path: PathRef) -> Result<ShippingPart, ReadError> {
        let original = self.amount(node.original_price_set.as_ref(), path)?;
        let discounted = self.amount(node.discounted_price_set.as_ref(), path)?;
        let price = original.or(discounted).unwrap_or(Amount { micros: 0, path });
        let discount = price.micros - discounted.unwrap_or(price).micros;
        let (tax, _) = self.taxes(node.tax_lines.as_ref(), path)?;
        Ok(ShippingPart {
            price,
            discount,
            tax,
            removed: node.is_removed.unwrap_or(false),
        })
    }

    pub(super) fn sale(&mut self, node: SaleNode<'_>, path: PathRef) -> Result<Sale, ReadError> {
        let missing = |what: &str| ReadError {
            code: "missing_field",
            message: format!("{}: no {what}", super::paths::render(path)),
        };
        let total = self
            .amount(node.total_amount.as_ref(), path)?
            .ok_or_else(|| missing("totalAmount"))?;
        let tax = self
            .micros(node.total_tax_amount.as_ref(), path)?
            .ok_or_else(|| missing("totalTaxAmount"))?;
        let discount = self
            .micros(node.total_discount_amount_before_taxes.as_ref(), path)?
            .ok_or_else(|| missing("totalDiscountAmountBeforeTaxes"))?;
        let action = match node.action_type.as_deref() {
            Some("ORDER" | "UPDATE") => Action::Sold,
            Some("RETURN") => Action::Returned,
            other => {
                self.unknown.push(format!(
                    "{}.actionType = {}",
                    super::paths::render(path),
                    other.unwrap_or("(none)")
                ));
                Action::Unknown
            }
        };
        let kind = match node.line_type.as_deref() {
            Some("PRODUCT") => SaleKind::Product,
            Some("GIFT_CARD") => SaleKind::GiftCard,
            Some("TIP") => SaleKind::Tip,
            Some("SHIPPING") => SaleKind::Shipping,
            Some("DUTY") => SaleKind::Duty,
            Some("FEE" | "ADDITIONAL_FEE") => SaleKind::Fee,
            Some("ADJUSTMENT") => SaleKind::Adjustment,
            other => {
                self.unknown.push(format!(
                    "{}.lineType = {}",
                    super::paths::render(path),
                    other.unwrap_or("(none)")
                ));
                SaleKind::Unknown
            }
        };
        Ok(Sale {
            id: node
                .id
                .map(|id| tail(&id).to_owned())
                .unwrap_or_else(|| super::paths::render(path)),
            action,
            kind,
            quantity: node.quantity.unwrap_or(0),
            total,
            tax,
            discount,
            line: node.line_item.map(|l| tail(&l.id).to_owned()),
        })
    }

    /// An agreement without its rows.
    pub(super) fn agreement(&mut self, node: &AgreementNode<'_>, place: PathRef) -> Result<Agreement, ReadError> {
        let reason = match node.reason.as_deref() {
            Some("ORDER") => Reason::Order,
            Some("ORDER_EDIT") => Reason::Edit,
            Some("REFUND") => Reason::Refund,
            Some("RETURN") => Reason::Return,
            _ => Reason::Unknown,
        };
        Ok(Agreement {
            id: tail(&node.id).to_owned(),
            at: moment(node.happened_at.as_deref(), "happenedAt", place)?,
            reason,
            refund: node.refund.as_ref().map(|r| tail(&r.id).to_owned()),
            sales: Vec::new(),
        })
    }

    fn agreements(&mut self, conn: Conn<AgreementNode<'_>>) -> Result<Vec<Agreement>, ReadError> {
        let (nodes, _, mut open) = conn.into_parts();
        let mut agreements = Vec::with_capacity(nodes.len());
        for (i, mut node) in nodes.into_iter().enumerate() {
            let mut agreement = self.agreement(&node, Place::Sale.at(&[i, 0]))?;
            if let Some(sales) = node.sales.take() {
                let (rows, edges, more) = sales.into_parts();
                open |= more;
                let place = if edges { Place::SaleEdge } else { Place::Sale };
                for (j, row) in rows.into_iter().enumerate() {
                    agreement.sales.push(self.sale(row, place.at(&[i, j]))?);
                }
            }
            agreements.push(agreement);
        }
        self.more(open, || "agreements".into());
        Ok(agreements)
    }

    pub(super) fn refunds(&mut self, nodes: Vec<RefundNode<'_>>) -> Result<Vec<Refund>, ReadError> {
        let mut refunds = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.into_iter().enumerate() {
            let place = Place::Refund.at(&[i]);
            let id = tail(&node.id).to_owned();
            let at = optional(&node.processed_at.or(node.created_at), "processedAt", place)?;
            let lines = match node.refund_line_items {
                None => None,
                Some(conn) => {
                    let (nodes, edges, more) = conn.into_parts();
                    self.more(more, || format!("refund:{id}:lines"));
                    let form = if edges {
                        Place::RefundLineEdge
                    } else {
                        Place::RefundLine
                    };
                    let mut lines = Vec::with_capacity(nodes.len());
                    for (j, line) in nodes.into_iter().enumerate() {
                        let path = form.at(&[i, j]);
                        lines.push(RefundLine {
                            line: tail(&line.line_item.id).to_owned(),
                            quantity: line.quantity,
                            restock: restock(line.restock_type.as_deref()),
                            subtotal: self
                                .amount(line.subtotal_set.as_ref(), path)?
                                .unwrap_or(Amount { micros: 0, path }),
                            tax: self.micros(line.total_tax_set.as_ref(), path)?.unwrap_or(0),
                        });
                    }
                    Some(lines)
                }
            };
            let mut shipping = Vec::new();
            if let Some(conn) = node.refund_shipping_lines {
                let (nodes, edges, more) = conn.into_parts();
                self.more(more, || format!("refund:{id}:shipping"));
                let form = if edges {
                    Place::RefundShippingEdge
                } else {
                    Place::RefundShipping
                };
                for (j, line) in nodes.iter().enumerate() {
                    let path = form.at(&[i, j]);
                    let amount = self.amount(line.subtotal_amount_set.as_ref(), path)?;
                    let tax = self.micros(line.tax_amount_set.as_ref(), path)?.unwrap_or(0);
                    shipping.push((amount.unwrap_or(Amount { micros: 0, path }), tax));
                }
            }
            let mut adjustments = Vec::new();
            if let Some(conn) = node.order_adjustments {
                let (nodes, edges, more) = conn.into_parts();
                self.more(more, || format!("refund:{id}:adjustments"));
                let form = if edges {
                    Place::AdjustmentEdge
                } else {
                    Place::Adjustment
                };
                for (j, row) in nodes.iter().enumerate() {
                    let path = form.at(&[i, j]);
                    let amount = self.amount(row.amount_set.as_ref(), path)?;
                    let tax = self.micros(row.tax_amount_set.as_ref(), path)?.unwrap_or(0);
                    adjustments.push((amount.unwrap_or(Amount { micros: 0, path }), tax));
                }
            }
            let total = self.amount(node.total_refunded_set.as_ref(), place)?;
            refunds.push(Refund {
                id,
                at,
                lines,
                shipping,
                adjustments,
                total,
            });
        }
        Ok(refunds)
    }

    /// Fees of payments that succeeded (contract section 3.2: failed and test transactions moved nothing).
    fn fees(&mut self, nodes: Vec<TransactionNode<'_>>) -> Result<Vec<(When, Amount)>, ReadError> {
        let mut fees = Vec::new();
        for (i, node) in nodes.into_iter().enumerate() {
            let counts = node.status.as_deref() == Some("SUCCESS") && node.test != Some(true);
            let Some(rows) = node.fees.filter(|rows| counts && !rows.is_empty()) else {
                continue;
            };
            let place = Place::Fee.at(&[i, 0]);
            let at = moment(
                node.processed_at.or(node.created_at).as_deref(),
                "transactions.processedAt",
                place,
            )?;
            for (j, row) in rows.into_iter().enumerate() {
                let path = Place::Fee.at(&[i, j]);
                let bag = Bag {
                    shop_money: row.amount,
                    presentment_money: None,
                };
                fees.extend(self.amount(Some(&bag), path)?.map(|amount| (at, amount)));
            }
        }
        Ok(fees)
    }

    pub(super) fn fulfilments(&mut self, nodes: Vec<FulfillmentNode<'_>>) -> Result<Vec<Fulfilment>, ReadError> {
        let mut fulfilments = Vec::with_capacity(nodes.len());
        for node in nodes {
            let id = tail(&node.id).to_owned();
            let at = optional(&node.created_at, "fulfillments.createdAt", Place::Root.at(&[]))?;
            let lines = node.fulfillment_line_items.map(|conn| {
                let (nodes, _, more) = conn.into_parts();
                self.more(more, || format!("fulfilment:{id}"));
                nodes
                    .iter()
                    .map(|l| (tail(&l.line_item.id).to_owned(), l.quantity.unwrap_or(0)))
                    .collect()
            });
            let void = matches!(node.status.as_deref(), Some("CANCELLED" | "ERROR" | "FAILURE"));
            fulfilments.push(Fulfilment { id, at, void, lines });
        }
        Ok(fulfilments)
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
        let placed_at =
            optional(&node.processed_at, "processedAt", root)?.or(optional(&node.created_at, "createdAt", root)?);
        let total = self.amount(node.total_price_set.as_ref(), Place::Total.at(&[]))?;
        self.micros(node.current_total_price_set.as_ref(), root)?;
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
        let discounts = self.amount(node.total_discounts_set.as_ref(), root)?;
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
            currency: self.currency,
            presentment,
            payment: lower(&node.display_financial_status),
            fulfilment: lower(&node.display_fulfillment_status),
            source_name: lower(&node.source_name),
            channel_name,
            customer: node.customer.map(|c| tail(&c.id).to_owned()),
            country: node
                .shipping_address
                .and_then(|a| a.country_code_v2)
                .map(Cow::into_owned),
            total,
            tip,
            duty,
            tax: None,
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

/// Reads an `order` record.
pub(super) fn read(bytes: &[u8]) -> Result<OrderPart, ReadError> {
    let node: OrderNode<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    Ok(OrderPart::Whole(Box::new(Ear::new().order(node)?)))
}
