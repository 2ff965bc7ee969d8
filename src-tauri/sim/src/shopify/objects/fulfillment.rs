//! Shipments of an order.

use std::rc::Rc;

use super::inventory::LocationNode;
use super::line::LineNode;
use super::money::bag;
use super::order::OrderNode;
use super::{Answered, Cx, Plain, first, gid, maybe_moment, moment, nested, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::world::{Fulfillment, Order};

/// A shipment.
pub(crate) struct FulfillmentNode {
    pub(crate) cx: Rc<Cx>,
    pub(crate) order: Rc<Order>,
    /// Its place in the order.
    pub(crate) at: usize,
}

impl FulfillmentNode {
    fn fulfillment(&self) -> &Fulfillment {
        &self.order.fulfillments[self.at]
    }
}

impl Object for FulfillmentNode {
    fn kind(&self) -> &'static str {
        "Fulfillment"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let (fulfillment, order, cx) = (self.fulfillment(), &self.order, &self.cx);
        Ok(match name {
            "id" => gid("Fulfillment", fulfillment.id),
            "legacyResourceId" => Resolved::leaf(fulfillment.id.to_string()),
            "name" => Resolved::leaf(format!("{}.{}", order.name(), self.at + 1)),
            "status" => Resolved::leaf("SUCCESS"),
            "displayStatus" => Resolved::leaf(match (fulfillment.delivered_at, fulfillment.carrier) {
                (Some(_), _) => "DELIVERED",
                (None, Some(_)) => "IN_TRANSIT",
                (None, None) => "FULFILLED",
            }),
            "createdAt" => moment(fulfillment.created_at),
            "updatedAt" => moment(fulfillment.delivered_at.unwrap_or(fulfillment.created_at)),
            "inTransitAt" => maybe_moment(fulfillment.carrier.map(|_| fulfillment.created_at)),
            "deliveredAt" => maybe_moment(fulfillment.delivered_at),
            "location" => Resolved::maybe(LocationNode::by_id(cx, fulfillment.location)),
            "order" => Resolved::object(OrderNode {
                cx: Rc::clone(cx),
                order: Rc::clone(order),
            }),
            "requiresShipping" => Resolved::leaf(
                fulfillment
                    .lines
                    .iter()
                    .any(|(line, _)| order.lines[*line].requires_shipping),
            ),
            "totalQuantity" => Resolved::leaf(fulfillment.lines.iter().map(|(_, units)| units).sum::<u32>()),
            "trackingInfo" => {
                let number = format!("SIM{}", fulfillment.id);
                let tracking = fulfillment.carrier.map(|carrier| {
                    Plain::new(
                        "FulfillmentTrackingInfo",
                        [
                            ("company", carrier.into()),
                            ("number", number.into()),
                            ("url", ().into()),
                        ],
                    )
                });
                Resolved::list(first(args, tracking)?)
            }
            "fulfillmentLineItems" => {
                let lines = fulfillment
                    .lines
                    .iter()
                    .enumerate()
                    .map(|(place, (line, units))| ShippedNode {
                        cx: Rc::clone(cx),
                        order: Rc::clone(order),
                        // A shipment has fewer lines than its number has room for.
                        id: fulfillment.id * 64 + place as u64,
                        line: *line,
                        units: *units,
                    });
                return nested(args, lines, |line| line.id, |line| line);
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// Units of a line in a shipment.
struct ShippedNode {
    cx: Rc<Cx>,
    order: Rc<Order>,
    id: u64,
    line: usize,
    units: u32,
}

impl Object for ShippedNode {
    fn kind(&self) -> &'static str {
        "FulfillmentLineItem"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (order, line) = (&self.order, &self.order.lines[self.line]);
        Ok(match name {
            "id" => gid("FulfillmentLineItem", self.id),
            "quantity" => Resolved::leaf(self.units),
            "lineItem" => Resolved::object(LineNode {
                cx: Rc::clone(&self.cx),
                order: Rc::clone(order),
                at: self.line,
            }),
            "originalTotalSet" => bag(order, line.unit_price.times(self.units)),
            "discountedTotalSet" => bag(
                order,
                order.line_discounted_total(line).share(self.units, line.quantity),
            ),
            _ => return unlisted(self.kind(), name),
        })
    }
}
