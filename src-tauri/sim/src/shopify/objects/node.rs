//! Anything by its gid.

use std::rc::Rc;

use super::bulk::OperationNode;
use super::catalog::{ProductNode, VariantNode};
use super::customer::CustomerNode;
use super::event::EventNode;
use super::fulfillment::FulfillmentNode;
use super::inventory::{ItemNode, LevelNode, LocationNode};
use super::line::{DutyNode, LineNode};
use super::order::OrderNode;
use super::payment::PaymentNode;
use super::payout::AccountNode;
use super::refund::{RefundNode, ReturnNode};
use super::shop::{InstallationNode, ShopNode, installation_gid};
use super::{Cx, gid_text, number_of};
use crate::shopify::graphql::error::GraphError;
use crate::shopify::graphql::execute::Object;
use crate::world::Order;

/// What a gid names.
type Found = Option<Box<dyn Object>>;

/// What a gid names, if it exists and the caller may see it.
///
/// # Errors
/// The text is no gid, or names a type that the face cannot look up.
pub(crate) fn find(cx: &Rc<Cx>, gid: &str) -> Result<Found, GraphError> {
    let invalid = || GraphError::new(format!("Invalid global id '{gid}'")).code("RESOURCE_NOT_FOUND");
    let kind = gid
        .strip_prefix("gid://shopify/")
        .and_then(|rest| rest.split_once('/'))
        .map(|(kind, _)| kind)
        .ok_or_else(invalid)?;
    let number = || number_of(kind, gid);
    let part = |make: &dyn Fn(&Rc<Order>, u64) -> Found| {
        let id = number()?;
        let order = cx.order(cx.world.part_owner(id)?)?;
        make(&order, id)
    };
    let shared = || Rc::clone(cx);
    Ok(match kind {
        "Order" => number()
            .and_then(|id| cx.world.order_index(id))
            .and_then(|index| OrderNode::at(cx, index))
            .map(boxed),
        "LineItem" => part(&|order, id| {
            let at = order.lines.iter().position(|line| line.id == id)?;
            Some(boxed(LineNode {
                cx: shared(),
                order: Rc::clone(order),
                at,
            }))
        }),
        "Refund" => part(&|order, id| RefundNode::by_id(cx, order, id).map(boxed)),
        "Return" => part(&|order, id| {
            order.returns.contains(&id).then(|| {
                boxed(ReturnNode {
                    cx: shared(),
                    order: Rc::clone(order),
                    id,
                })
            })
        }),
        "Fulfillment" => part(&|order, id| {
            let at = order.fulfillments.iter().position(|fulfillment| fulfillment.id == id)?;
            Some(boxed(FulfillmentNode {
                cx: shared(),
                order: Rc::clone(order),
                at,
            }))
        }),
        "OrderTransaction" => part(&|order, id| {
            let at = order.transactions.iter().position(|payment| payment.id == id)?;
            Some(boxed(PaymentNode {
                cx: shared(),
                order: Rc::clone(order),
                at,
            }))
        }),
        "Duty" => part(&|order, id| {
            let duty = *order.duties.iter().find(|duty| duty.id == id)?;
            Some(boxed(DutyNode {
                order: Rc::clone(order),
                duty,
            }))
        }),
        "Product" => number().and_then(|id| ProductNode::by_id(cx, id)).map(boxed),
        "ProductVariant" => number().and_then(|id| VariantNode::by_id(cx, id)).map(boxed),
        "InventoryItem" => number().and_then(|id| ItemNode::by_id(cx, id)).map(boxed),
        "InventoryLevel" => LevelNode::by_gid(cx, gid).map(boxed),
        "Location" => number().and_then(|id| LocationNode::by_id(cx, id)).map(boxed),
        "Customer" => number().and_then(|id| CustomerNode::by_id(cx, id)).map(boxed),
        "BasicEvent" => number().and_then(|id| EventNode::by_id(cx, id)).map(boxed),
        "BulkOperation" => number().and_then(|id| OperationNode::by_id(cx, id)).map(boxed),
        "ShopifyPaymentsAccount" => {
            let own = gid_text("ShopifyPaymentsAccount", cx.shop.id + 7);
            AccountNode::of(cx).filter(|_| own == gid).map(boxed)
        }
        "Shop" => (gid == gid_text("Shop", cx.shop.id)).then(|| boxed(ShopNode { cx: shared() })),
        "AppInstallation" => (gid == installation_gid(&cx.shop)).then(|| boxed(InstallationNode { cx: shared() })),
        _ => return Err(invalid()),
    })
}

fn boxed(object: impl Object + 'static) -> Box<dyn Object> {
    Box::new(object)
}
