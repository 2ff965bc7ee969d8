//! What happens to an order after it was placed: refunds, payments, fulfilments.

use super::super::bounds;
use super::super::closed::{parcel, restock};
use super::super::nodes::{Bag, FulfillmentNode, RefundNode, TransactionNode, tail};
use super::super::part::{Amount, Fulfilment, Refund, RefundLine, Unknown};
use super::super::paths::Place;
use super::{Asked, Ear, closed, missing, moment, optional};
use crate::connectors::ReadError;
use crate::model::When;

impl Ear {
    pub(in super::super) fn refunds(&mut self, nodes: Vec<RefundNode<'_>>) -> Result<Vec<Refund>, ReadError> {
        let mut refunds = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.into_iter().enumerate() {
            let place = Place::Refund.at(&[i]);
            let id = tail(&node.id).to_owned();
            let at = optional(&node.processed_at.or(node.created_at), "processedAt", place)?;
            let shown = self.asked.is_of_pages();
            let lines = match node.refund_line_items {
                None if shown => return Err(missing("refundLineItems", place)),
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
                        self.hear(&closed::RESTOCK, &line.restock_type, "restockType", path);
                        let subtotal = self.amount(line.subtotal_set.as_ref(), path)?;
                        let tax = self.micros(line.total_tax_set.as_ref(), path)?;
                        let said = self.need(line.restock_type.as_deref(), "restockType", path)?;
                        lines.push(RefundLine {
                            line: tail(&line.line_item.id).to_owned(),
                            quantity: bounds::units(line.quantity, path)?,
                            restock: restock(said),
                            subtotal: subtotal.ok_or_else(|| missing("subtotalSet", path))?,
                            tax: self.need(tax, "totalTaxSet", path)?.unwrap_or(0),
                            tax_shown: tax.is_some(),
                        });
                    }
                    Some(lines)
                }
            };
            let mut shipping = Vec::new();
            if shown && (node.refund_shipping_lines.is_none() || node.order_adjustments.is_none()) {
                return Err(missing("refundShippingLines or orderAdjustments", place));
            }
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
                    let tax = self.micros(line.tax_amount_set.as_ref(), path)?;
                    let tax = self.need(tax, "taxAmountSet", path)?.unwrap_or(0);
                    shipping.push((amount.ok_or_else(|| missing("subtotalAmountSet", path))?, tax));
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
                    let tax = self.micros(row.tax_amount_set.as_ref(), path)?;
                    let tax = self.need(tax, "taxAmountSet", path)?.unwrap_or(0);
                    adjustments.push((amount.ok_or_else(|| missing("amountSet", path))?, tax));
                }
            }
            let mut duties = Vec::new();
            for (j, row) in node.duties.iter().flatten().enumerate() {
                let path = Place::RefundDuty.at(&[i, j]);
                let amount = self.amount(row.amount_set.as_ref(), path)?;
                duties.push(amount.ok_or_else(|| missing("amountSet", path))?);
            }
            let total = self.amount(node.total_refunded_set.as_ref(), place)?;
            refunds.push(Refund {
                id,
                at,
                lines,
                shipping,
                adjustments,
                duties,
                total,
                ..Refund::default()
            });
        }
        Ok(refunds)
    }

    /// Fees of payments that succeeded (contract section 3.2: failed and test transactions moved nothing).
    pub(super) fn fees(&mut self, nodes: Vec<TransactionNode<'_>>) -> Result<Vec<(When, Amount)>, ReadError> {
        let mut fees = Vec::new();
        for (i, node) in nodes.into_iter().enumerate() {
            let place = Place::Payment.at(&[i]);
            self.hear(&closed::PAYMENT_KIND, &node.kind, "kind", place);
            let status = self.need(node.status, "status", place)?;
            let test = self.need(node.test, "test", place)?;
            let rows = self.need(node.fees, "fees", place)?.unwrap_or_default();
            let stranger = closed::PAYMENT_STATUS.stranger(status.as_deref(), "status", place);
            self.unknown.extend(stranger.map(|told| Unknown {
                // No figure hangs on a payment without fees.
                counts: !rows.is_empty(),
                ..told
            }));
            if rows.is_empty() || status.as_deref() != Some("SUCCESS") || test == Some(true) {
                continue;
            }
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
                let amount = self.amount(Some(&bag), path)?;
                fees.extend(self.need(amount, "amount", path)?.map(|amount| (at, amount)));
            }
        }
        Ok(fees)
    }

    pub(in super::super) fn fulfilments(
        &mut self,
        nodes: Vec<FulfillmentNode<'_>>,
    ) -> Result<Vec<Fulfilment>, ReadError> {
        let mut fulfilments = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.into_iter().enumerate() {
            let place = Place::Parcel.at(&[i]);
            let id = tail(&node.id).to_owned();
            self.hear(&closed::PARCEL, &node.status, "status", place);
            if self.asked != Asked::Further {
                self.need(node.created_at.as_ref(), "createdAt", place)?;
                self.need(node.status.as_ref(), "status", place)?;
            }
            let at = optional(&node.created_at, "createdAt", place)?;
            let lines = match node.fulfillment_line_items {
                None if self.asked.is_of_pages() => return Err(missing("fulfillmentLineItems", place)),
                None => None,
                Some(conn) => {
                    let (nodes, _, more) = conn.into_parts();
                    self.more(more, || format!("fulfilment:{id}"));
                    let mut lines = Vec::with_capacity(nodes.len());
                    for line in nodes {
                        let units = self.need(line.quantity, "fulfillmentLineItems.quantity", place)?;
                        lines.push((
                            tail(&line.line_item.id).to_owned(),
                            bounds::units(units.unwrap_or(0), place)?,
                        ));
                    }
                    Some(lines)
                }
            };
            let state = parcel(node.status.as_deref());
            fulfilments.push(Fulfilment { id, at, state, lines });
        }
        Ok(fulfilments)
    }
}
