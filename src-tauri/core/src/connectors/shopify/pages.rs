//! Further pages of an order's connections.

use super::asked::Asked;
use super::broken;
use super::graphql::Ear;
use super::nodes::{FulfillmentNode, OrderNode, RefundNode};
use super::part::{More, OrderPart};
use crate::connectors::ReadError;

/// Reads a further page: facets `lines:2`, `agreements:3`, `details`, `refund:7:lines:2`, `fulfilment:3:2`.
pub(super) fn read(facet: &str, bytes: &[u8]) -> Result<OrderPart, ReadError> {
    let family = match facet.rsplit_once(':') {
        Some((family, page)) if page.bytes().all(|b| b.is_ascii_digit()) => family,
        _ => facet,
    };
    let mut ear = Ear::new(match facet {
        "details" => Asked::Page,
        // Agreements without a page number come from a file: nobody knows what was asked for.
        "agreements" => Asked::Unknown,
        _ => Asked::Further,
    });
    let mut more = More {
        family: family.to_owned(),
        ..More::default()
    };
    if family.starts_with("refund:") {
        let node: RefundNode<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
        more.refunds = ear.refunds(vec![node])?;
    } else if family.starts_with("fulfilment:") {
        let node: FulfillmentNode<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
        more.fulfilments = ear.fulfilments(vec![node])?;
    } else {
        let node: OrderNode<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
        let whole = ear.order(node)?;
        more.lines = whole.lines.unwrap_or_default();
        more.shipping = whole.shipping.unwrap_or_default();
        more.agreements = whole.agreements.unwrap_or_default();
        more.refunds = whole.refunds.unwrap_or_default();
        more.fulfilments = whole.fulfilments.unwrap_or_default();
        ear.open = whole.open;
        ear.unknown = whole.unknown;
    }
    more.open = ear.open;
    more.unknown = ear.unknown;
    Ok(OrderPart::More(Box::new(more)))
}
