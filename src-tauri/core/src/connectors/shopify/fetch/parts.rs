//! Remainder pages: what did not fit into a record's nested pages, read by the id of the very thing it belongs to
//! (contract 3.5, failures 11 and 12).

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::documents::{self, Document};
use super::envelope::Envelope;
use super::page_size::MOST;
use super::slices::{Head, PageInfo, gid, number};
use crate::connectors::fetch::{Remote, Step};
use crate::connectors::{RawRecord, Source};
use crate::net::{Code, NetError};

/// What is continued.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Of {
    Lines,
    Shipping,
    Agreements,
    RefundLines,
    RefundShipping,
    RefundAdjustments,
    FulfilmentLines,
    Variants,
    Levels,
}

/// A remainder page that is still to be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    of: Of,
    /// Key of the record it continues (order, product, stock item).
    pub(super) owner: String,
    /// Version of that record; a page of another one is stale.
    version: i64,
    /// The gid to ask for.
    asked: String,
    after: Option<String>,
    /// Cursor inside the one agreement at hand.
    sales_after: Option<String>,
    /// Number of the page: the record itself held the first.
    page: u32,
    /// How often the page was asked for and did not bring what was announced.
    #[serde(default)]
    barren: u32,
}

/// How often a page may not bring what was announced.
const BARREN: u32 = 3;

/// What an answer to a part brought.
#[derive(Debug, Default)]
pub(super) struct PartRead {
    pub(super) record: Option<RawRecord>,
    pub(super) next: Option<Part>,
    /// The record has changed meanwhile: it must be read anew.
    pub(super) stale: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct More {
    #[serde(default)]
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Any {
    #[serde(default)]
    page_info: PageInfo,
    nodes: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agreements {
    #[serde(default)]
    page_info: PageInfo,
    #[serde(default)]
    nodes: Vec<Agreement>,
}

#[derive(Deserialize)]
struct Agreement {
    #[serde(default)]
    sales: More,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    id: String,
    #[serde(default)]
    refund_line_items: More,
    #[serde(default)]
    refund_shipping_lines: More,
    #[serde(default)]
    order_adjustments: More,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fulfilment {
    id: String,
    #[serde(default)]
    fulfillment_line_items: More,
}

/// The nested pages of an order, product or stock item, as far as they are asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    id: String,
    #[serde(default)]
    line_items: Option<More>,
    #[serde(default)]
    shipping_lines: Option<More>,
    #[serde(default)]
    agreements: Option<Agreements>,
    #[serde(default)]
    refunds: Option<Vec<Refund>>,
    #[serde(default)]
    fulfillments: Option<Vec<Fulfilment>>,
    #[serde(default)]
    variants: Option<More>,
    #[serde(default)]
    inventory_levels: Option<More>,
}

/// What is still missing of a record. A node that cannot be understood misses nothing: its reader will say what is wrong with it.
pub(super) fn missing(node: &RawValue, version: i64) -> Vec<Part> {
    let Ok(shape) = serde_json::from_str::<Shape>(node.get()) else {
        return Vec::new();
    };
    let owner = number(&shape.id).to_owned();
    let mut parts = Vec::new();
    let mut open = |of: Of, asked: &str, info: &PageInfo| {
        if info.has_next_page {
            let (owner, asked, after) = (owner.clone(), asked.to_owned(), info.end_cursor.clone());
            parts.push(Part {
                of,
                owner,
                version,
                asked,
                after,
                sales_after: None,
                page: 2,
                barren: 0,
            });
        }
    };
    for (of, more) in [
        (Of::Lines, &shape.line_items),
        (Of::Shipping, &shape.shipping_lines),
        (Of::Levels, &shape.inventory_levels),
    ] {
        if let Some(more) = more {
            open(of, &shape.id, &more.page_info);
        }
    }
    // A stock item's variants have no remainder of their own: the products list all of them.
    if let (Some(more), None) = (&shape.variants, &shape.inventory_levels) {
        open(Of::Variants, &shape.id, &more.page_info);
    }
    for refund in shape.refunds.iter().flatten() {
        open(Of::RefundLines, &refund.id, &refund.refund_line_items.page_info);
        open(Of::RefundShipping, &refund.id, &refund.refund_shipping_lines.page_info);
        open(Of::RefundAdjustments, &refund.id, &refund.order_adjustments.page_info);
    }
    for fulfilment in shape.fulfillments.iter().flatten() {
        open(
            Of::FulfilmentLines,
            &fulfilment.id,
            &fulfilment.fulfillment_line_items.page_info,
        );
    }
    if let Some(agreements) = &shape.agreements {
        let more =
            agreements.page_info.has_next_page || agreements.nodes.iter().any(|one| one.sales.page_info.has_next_page);
        // All agreements are walked again, one at a time: a page of sales is then never asked of the wrong agreement.
        open(
            Of::Agreements,
            &shape.id,
            &PageInfo {
                has_next_page: more,
                end_cursor: None,
            },
        );
    }
    parts
}

impl Part {
    fn document(&self) -> &'static Document {
        match self.of {
            Of::Lines => &documents::ORDER_LINES,
            Of::Shipping => &documents::ORDER_SHIPPING,
            Of::Agreements => &documents::ORDER_AGREEMENTS,
            Of::RefundLines => &documents::REFUND_LINES,
            Of::RefundShipping => &documents::REFUND_SHIPPING,
            Of::RefundAdjustments => &documents::REFUND_ADJUSTMENTS,
            Of::FulfilmentLines => &documents::FULFILMENT_LINES,
            Of::Variants => &documents::PRODUCT_VARIANTS,
            Of::Levels => &documents::INVENTORY_LEVELS,
        }
    }

    /// Names of the root and of the connection in it.
    fn names(&self) -> (&'static str, &'static str) {
        match self.of {
            Of::Lines => ("order", "lineItems"),
            Of::Shipping => ("order", "shippingLines"),
            Of::Agreements => ("order", "agreements"),
            Of::RefundLines => ("refund", "refundLineItems"),
            Of::RefundShipping => ("refund", "refundShippingLines"),
            Of::RefundAdjustments => ("refund", "orderAdjustments"),
            Of::FulfilmentLines => ("fulfillment", "fulfillmentLineItems"),
            Of::Variants => ("product", "variants"),
            Of::Levels => ("inventoryItem", "inventoryLevels"),
        }
    }

    fn stream(&self) -> &'static str {
        match self.of {
            Of::Variants => "products",
            Of::Levels => "inventory",
            _ => "orders",
        }
    }

    fn facet(&self) -> String {
        let (page, id) = (self.page, number(&self.asked));
        match self.of {
            Of::Lines => format!("lines:{page}"),
            Of::Shipping => format!("shipping:{page}"),
            Of::Agreements => format!("agreements:{page}"),
            Of::RefundLines => format!("refund:{id}:lines:{page}"),
            Of::RefundShipping => format!("refund:{id}:shipping:{page}"),
            Of::RefundAdjustments => format!("refund:{id}:adjustments:{page}"),
            Of::FulfilmentLines => format!("fulfilment:{id}:{page}"),
            Of::Variants => format!("variants:{page}"),
            Of::Levels => format!("levels:{page}"),
        }
    }

    /// The request for it.
    pub(super) fn step(&self, remote: &Remote) -> Result<Step, NetError> {
        let variables = match self.of {
            Of::Agreements => json!({ "id": self.asked, "after": self.after, "salesAfter": self.sales_after }),
            _ => json!({ "id": self.asked, "after": self.after }),
        };
        self.document().call(remote, variables, &[("n", MOST)])
    }

    /// The answer to it.
    ///
    /// # Errors
    /// [`NetError`] if the pages contradict each other however often they are asked for: one says that there is more, and the next
    /// shows nothing, or leads back to itself.
    pub(super) fn read(&self, envelope: &Envelope<'_>) -> Result<PartRead, NetError> {
        let (root, connection) = self.names();
        // Gone meanwhile: the deletion is seen elsewhere.
        let Some(object) = envelope.root(root) else {
            return Ok(PartRead::default());
        };
        let members = super::envelope::members(object).unwrap_or_default();
        let member = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        let head = match root {
            "refund" | "fulfillment" => member("order"),
            _ => Some(object),
        };
        let version = head
            .and_then(|head| serde_json::from_str::<Head<'_>>(head.get()).ok())
            .and_then(|head| head.version());
        if version != Some(self.version) {
            return Ok(PartRead {
                stale: true,
                ..PartRead::default()
            });
        }
        let rows = member(connection);
        if rows.is_some_and(|rows| self.contradicts(rows)) && !self.may_be_empty(rows) {
            return self.once_more();
        }
        let record = RawRecord {
            stream: self.stream().into(),
            key: self.owner.clone(),
            facet: self.facet().into(),
            source: Source::Page,
            version: self.version,
            bytes: object.get().as_bytes().to_vec(),
        };
        Ok(PartRead {
            record: Some(record),
            next: rows.and_then(|rows| self.following(rows)),
            stale: false,
        })
    }

    /// Whether a page shows nothing, though there was more, or says that there is more where it is itself.
    fn contradicts(&self, rows: &RawValue) -> bool {
        let Ok(Any { page_info, nodes }) = serde_json::from_str(rows.get()) else {
            return false;
        };
        nodes.is_empty()
            || (page_info.has_next_page && (page_info.end_cursor.is_none() || page_info.end_cursor == self.after))
    }

    /// The levels of an item may be fewer without the item being another; after a few tries none is an answer.
    fn may_be_empty(&self, rows: Option<&RawValue>) -> bool {
        let more = rows.and_then(|rows| serde_json::from_str::<More>(rows.get()).ok());
        self.of == Of::Levels && self.barren + 1 >= BARREN && more.is_some_and(|more| !more.page_info.has_next_page)
    }

    fn once_more(&self) -> Result<PartRead, NetError> {
        if self.barren + 1 >= BARREN {
            return Err(NetError::stream(
                Code::RefusedByChannel,
                format!(
                    "Shopify announces further {} of {} and does not show them.",
                    self.names().1,
                    self.owner_gid()
                ),
                "The next sync asks for them again.",
            ));
        }
        Ok(PartRead {
            next: Some(Part {
                barren: self.barren + 1,
                ..self.clone()
            }),
            ..PartRead::default()
        })
    }

    /// The part after this one, by the connection that came.
    fn following(&self, rows: &RawValue) -> Option<Part> {
        let next = Part {
            page: self.page + 1,
            barren: 0,
            ..self.clone()
        };
        let info = serde_json::from_str::<More>(rows.get()).unwrap_or_default().page_info;
        if self.of == Of::Agreements {
            let agreements: Agreements = serde_json::from_str(rows.get()).ok()?;
            let sales = agreements.nodes.first().map(|agreement| &agreement.sales.page_info);
            if let Some(sales) = sales.filter(|sales| sales.has_next_page && sales.end_cursor != self.sales_after) {
                return Some(Part {
                    sales_after: sales.end_cursor.clone(),
                    ..next
                });
            }
        }
        let after = info.end_cursor;
        info.has_next_page.then_some(Part {
            after,
            sales_after: None,
            ..next
        })
    }

    /// Whether it continues the sales agreements of an order.
    pub(super) fn is_of_agreements(&self) -> bool {
        self.of == Of::Agreements
    }

    /// Version of the record it continues, UTC second.
    pub(super) fn version(&self) -> i64 {
        self.version
    }

    /// The gid of the record it continues.
    pub(super) fn owner_gid(&self) -> String {
        let kind = match self.of {
            Of::Variants => "Product",
            Of::Levels => "InventoryItem",
            _ => "Order",
        };
        gid(kind, &self.owner)
    }
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
