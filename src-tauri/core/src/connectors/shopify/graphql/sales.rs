//! Sales agreements and their rows (contract section 3.3).

use super::super::nodes::{AgreementNode, Conn, SaleNode, tail};
use super::super::part::{Action, Agreement, Reason, Sale, SaleKind};
use super::super::paths::{Place, render};
use super::{Ear, closed, missing, moment};
use crate::connectors::ReadError;
use crate::model::PathRef;

impl Ear {
    pub(in super::super) fn sale(&mut self, node: SaleNode<'_>, path: PathRef) -> Result<Sale, ReadError> {
        let total = self
            .amount(node.total_amount.as_ref(), path)?
            .ok_or_else(|| missing("totalAmount", path))?;
        let tax = self
            .micros(node.total_tax_amount.as_ref(), path)?
            .ok_or_else(|| missing("totalTaxAmount", path))?;
        let discount = self
            .micros(node.total_discount_amount_before_taxes.as_ref(), path)?
            .ok_or_else(|| missing("totalDiscountAmountBeforeTaxes", path))?;
        self.hear(&closed::ACTION, &node.action_type, "actionType", path);
        self.hear(&closed::LINE_TYPE, &node.line_type, "lineType", path);
        let action = match node.action_type.as_deref() {
            Some("ORDER" | "UPDATE") => Action::Sold,
            Some("RETURN") => Action::Returned,
            Some(_) => Action::Unknown,
            None => return Err(missing("actionType", path)),
        };
        let kind = match node.line_type.as_deref() {
            Some("PRODUCT") => SaleKind::Product,
            Some("GIFT_CARD") => SaleKind::GiftCard,
            Some("TIP") => SaleKind::Tip,
            Some("SHIPPING") => SaleKind::Shipping,
            Some("DUTY") => SaleKind::Duty,
            Some("FEE") => SaleKind::Fee,
            Some("ADDITIONAL_FEE") => SaleKind::AdditionalFee,
            Some("ADJUSTMENT") => SaleKind::Adjustment,
            Some(_) => SaleKind::Unknown,
            None => return Err(missing("lineType", path)),
        };
        if kind == SaleKind::Product {
            self.need(node.line_item.as_ref(), "lineItem", path)?;
            if node.action_type.as_deref() == Some("ORDER") {
                self.need(node.quantity, "quantity", path)?;
            }
        }
        Ok(Sale {
            id: node.id.map(|id| tail(&id).to_owned()).unwrap_or_else(|| render(path)),
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
    pub(in super::super) fn agreement(
        &mut self,
        node: &AgreementNode<'_>,
        place: PathRef,
    ) -> Result<Agreement, ReadError> {
        self.hear(&closed::REASON, &node.reason, "reason", place);
        let reason = match self.need(node.reason.as_deref(), "reason", place)? {
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

    pub(in super::super) fn agreements(&mut self, conn: Conn<AgreementNode<'_>>) -> Result<Vec<Agreement>, ReadError> {
        let (nodes, _, mut open) = conn.into_parts();
        let mut agreements = Vec::with_capacity(nodes.len());
        for (i, mut node) in nodes.into_iter().enumerate() {
            let mut agreement = self.agreement(&node, Place::Sale.at(&[i, 0]))?;
            if let Some(sales) = self.need(node.sales.take(), "sales", Place::Sale.at(&[i, 0]))? {
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
}
