//! Where every query and every change begins.

use std::rc::Rc;

use super::bulk::{OperationNode, cancel, run};
use super::catalog::{ProductNode, VariantNode, variants};
use super::customer::CustomerNode;
use super::event::EventNode;
use super::inventory::{ItemNode, LocationNode};
use super::payout::AccountNode;
use super::shop::{InstallationNode, ShopNode, versions};
use super::{Answered, Cx, count, node, orders, shopifyql, unlisted};
use crate::shopify::graphql::error::GraphError;
use crate::shopify::graphql::execute::{Gate, Object, Resolved};
use crate::shopify::graphql::variables::Args;

/// The root of queries.
pub(crate) struct QueryRoot {
    pub(crate) cx: Rc<Cx>,
}

impl QueryRoot {
    /// What a gid names, if it is of a kind that is asked for; `None` asks for any.
    fn find(&self, gid: &str, kind: Option<&str>) -> Answered {
        let found = node::find(&self.cx, gid);
        let found = match (found, kind) {
            (Ok(Some(object)), Some(kind)) if object.kind() != kind => None,
            (Ok(object), _) => object,
            (Err(error), None) => return Err(error),
            // A gid of another kind leads to nothing; a text that is no gid at all is an error.
            (Err(_), Some(_)) if gid.starts_with("gid://shopify/") => None,
            (Err(error), Some(_)) => return Err(error),
        };
        let Some(object) = found else { return Ok(Resolved::Null) };
        match self.cx.permit.denied("QueryRoot", "node", object.kind()) {
            Some(required) => Err(GraphError::access_denied("node", &required)),
            None => Ok(Resolved::Object(object)),
        }
    }

    fn one(&self, kind: &str, args: &Args) -> Answered {
        self.find(args.text("id").unwrap_or_default(), Some(kind))
    }
}

impl Object for QueryRoot {
    fn kind(&self) -> &'static str {
        "QueryRoot"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let cx = &self.cx;
        Ok(match name {
            "shop" => Resolved::object(ShopNode { cx: Rc::clone(cx) }),
            "currentAppInstallation" => Resolved::object(InstallationNode { cx: Rc::clone(cx) }),
            "publicApiVersions" => versions(cx),
            "orders" => return orders::list(cx, args),
            "ordersCount" => orders::number(cx, args),
            "products" => return ProductNode::list(cx, args),
            "productsCount" => ProductNode::number(cx, args),
            "productVariants" => return VariantNode::list(cx, args),
            // This count ignores its filter and still calls itself exact, as on the platform.
            "productVariantsCount" => count(variants(&cx.index).count() as u64, None),
            "inventoryItems" => return ItemNode::list(cx, args),
            "locations" => return LocationNode::list(cx, args),
            "locationsCount" => count(
                cx.world.locations().iter().filter(|place| place.active).count() as u64,
                None,
            ),
            "customers" => return CustomerNode::list(cx, args),
            "customersCount" => CustomerNode::number(cx, args),
            "events" => return EventNode::list(cx, args),
            "eventsCount" => EventNode::number(cx, args),
            "shopifyPaymentsAccount" => Resolved::maybe(AccountNode::of(cx)),
            "shopifyqlQuery" => shopifyql::answer(cx, args.text("query").unwrap_or_default()),
            "node" => return self.find(args.text("id").unwrap_or_default(), None),
            "nodes" => Resolved::List(
                args.texts("ids")
                    .into_iter()
                    .map(|gid| self.find(gid, None))
                    .collect::<Result<_, _>>()?,
            ),
            "order" => return self.one("Order", args),
            "refund" => return self.one("Refund", args),
            "return" => return self.one("Return", args),
            "fulfillment" => return self.one("Fulfillment", args),
            "product" => return self.one("Product", args),
            "productVariant" => return self.one("ProductVariant", args),
            "inventoryItem" => return self.one("InventoryItem", args),
            "inventoryLevel" => return self.one("InventoryLevel", args),
            "customer" => return self.one("Customer", args),
            "location" => match args.text("id") {
                Some(gid) => return self.find(gid, Some("Location")),
                None => Resolved::maybe(LocationNode::main(cx)),
            },
            "bulkOperation" => Resolved::maybe(OperationNode::by_gid(cx, args.text("id").unwrap_or_default())?),
            "bulkOperations" => return OperationNode::list(cx, args),
            "currentBulkOperation" => {
                Resolved::maybe(OperationNode::newest(cx).filter(|_| args.text("type") != Some("MUTATION")))
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// The root of changes.
pub(crate) struct MutationRoot {
    pub(crate) cx: Rc<Cx>,
}

impl Object for MutationRoot {
    fn kind(&self) -> &'static str {
        "Mutation"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        match name {
            "bulkOperationRunQuery" => run(&self.cx, args),
            "bulkOperationCancel" => cancel(&self.cx, args),
            _ => unlisted(self.kind(), name),
        }
    }
}
