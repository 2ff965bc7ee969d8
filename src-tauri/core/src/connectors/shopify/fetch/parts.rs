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
use crate::net::NetError;

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
}

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
    pub(super) fn read(&self, envelope: &Envelope<'_>) -> PartRead {
        let (root, connection) = self.names();
        // Gone meanwhile: the deletion is seen elsewhere.
        let Some(object) = envelope.root(root) else {
            return PartRead::default();
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
            return PartRead {
                stale: true,
                ..PartRead::default()
            };
        }
        let record = RawRecord {
            stream: self.stream().into(),
            key: self.owner.clone(),
            facet: self.facet().into(),
            source: Source::Page,
            version: self.version,
            bytes: object.get().as_bytes().to_vec(),
        };
        PartRead {
            record: Some(record),
            next: member(connection).and_then(|rows| self.following(rows)),
            stale: false,
        }
    }

    /// The part after this one, by the connection that came.
    fn following(&self, rows: &RawValue) -> Option<Part> {
        let next = Part {
            page: self.page + 1,
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
        // The same cursor again would go round for ever.
        let more = info.has_next_page && info.end_cursor.is_some() && info.end_cursor != self.after;
        let after = info.end_cursor;
        more.then_some(Part {
            after,
            sales_after: None,
            ..next
        })
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
mod tests {
    use super::*;
    use crate::connectors::fetch::Step;

    const VERSION: i64 = 1_782_167_642;

    fn parts(text: &str) -> Vec<Part> {
        missing(&RawValue::from_string(text.to_owned()).expect("JSON"), VERSION)
    }

    fn asked(part: &Part) -> serde_json::Value {
        let remote = Remote {
            base: "https://shop.myshopify.com/".parse().expect("an address"),
            account: None,
            scopes: Vec::new(),
            version: "2026-10".into(),
            outlets: Vec::new(),
        };
        match part.step(&remote).expect("a step") {
            Step::Call { request, .. } => {
                serde_json::from_slice::<serde_json::Value>(request.body()).expect("JSON")["variables"].clone()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fm11_every_nested_page_that_goes_on_is_continued() {
        let more = r#"{"pageInfo":{"hasNextPage":true,"endCursor":"c1"},"nodes":[]}"#;
        let done = r#"{"pageInfo":{"hasNextPage":false,"endCursor":"c1"},"nodes":[]}"#;
        let order = format!(
            r#"{{"id":"gid://shopify/Order/5","lineItems":{more},"shippingLines":{more},
            "agreements":{{"pageInfo":{{"hasNextPage":false}},"nodes":[{{"sales":{done}}},{{"sales":{more}}}]}},
            "refunds":[{{"id":"gid://shopify/Refund/1","refundLineItems":{done},"refundShippingLines":{done},"orderAdjustments":{more}}},
                       {{"id":"gid://shopify/Refund/2","refundLineItems":{more},"refundShippingLines":{more},"orderAdjustments":{done}}}],
            "fulfillments":[{{"id":"gid://shopify/Fulfillment/8","fulfillmentLineItems":{more}}}]}}"#
        );
        let facets: Vec<String> = parts(&order).iter().map(Part::facet).collect();
        let wanted = [
            "lines:2",
            "shipping:2",
            "refund:1:adjustments:2",
            "refund:2:lines:2",
            "refund:2:shipping:2",
            "fulfilment:8:2",
            "agreements:2",
        ];
        assert_eq!(facets, wanted, "each of them, none twice");
        assert!(
            parts(&order.replace("true", "false")).is_empty(),
            "nothing goes on, nothing is asked"
        );
        assert_eq!(
            parts(&format!(r#"{{"id":"gid://shopify/Product/5","variants":{more}}}"#)).len(),
            1,
            "variants of a product"
        );
        let item = format!(r#"{{"id":"gid://shopify/InventoryItem/5","variants":{more},"inventoryLevels":{more}}}"#);
        assert_eq!(
            parts(&item).iter().map(Part::facet).collect::<Vec<_>>(),
            ["levels:2"],
            "levels of a stock item"
        );
    }

    #[test]
    fn fm12_a_refunds_remainder_is_asked_of_that_very_refund() {
        let more = r#"{"pageInfo":{"hasNextPage":true,"endCursor":"c9"}}"#;
        let order = format!(
            r#"{{"id":"gid://shopify/Order/5","refunds":[{{"id":"gid://shopify/Refund/1"}},{{"id":"gid://shopify/Refund/2","refundLineItems":{more}}}]}}"#
        );
        let parts = parts(&order);
        assert_eq!(parts.len(), 1, "only the second refund goes on");
        assert_eq!(
            asked(&parts[0])["id"],
            "gid://shopify/Refund/2",
            "and is asked for by its own id"
        );
        assert_eq!(asked(&parts[0])["after"], "c9", "from its own cursor");
        let body = br#"{"data":{"refund":{"id":"gid://shopify/Refund/2","order":{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:02Z"},"refundLineItems":{"pageInfo":{"hasNextPage":true,"endCursor":"c10"},"nodes":[]}}}}"#;
        let read = parts[0].read(&Envelope::of(body).expect("JSON"));
        let record = read.record.expect("a record");
        assert_eq!(
            (record.key.as_str(), record.facet.as_ref(), record.version),
            ("5", "refund:2:lines:2", VERSION),
            "of its order"
        );
        let next = read.next.expect("it goes on");
        assert_eq!(
            (next.facet().as_str(), asked(&next)["after"].as_str()),
            ("refund:2:lines:3", Some("c10")),
            "the next page of the same refund"
        );
    }

    #[test]
    fn a_page_of_a_changed_record_is_stale_and_of_a_deleted_one_nothing() {
        let part =
            &parts(r#"{"id":"gid://shopify/Order/5","lineItems":{"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}"#)
                [0];
        let body = br#"{"data":{"order":{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:03Z","lineItems":{"nodes":[]}}}}"#;
        let read = part.read(&Envelope::of(body).expect("JSON"));
        assert!(
            read.stale && read.record.is_none() && read.next.is_none(),
            "one second later is another record"
        );
        let gone = part.read(&Envelope::of(br#"{"data":{"order":null}}"#).expect("JSON"));
        assert!(
            !gone.stale && gone.record.is_none() && gone.next.is_none(),
            "deleted meanwhile"
        );
        let round = br#"{"data":{"order":{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:02Z","lineItems":{"pageInfo":{"hasNextPage":true,"endCursor":"c"},"nodes":[]}}}}"#;
        assert!(
            part.read(&Envelope::of(round).expect("JSON")).next.is_none(),
            "the same cursor again is the end"
        );
    }

    #[test]
    fn agreements_are_walked_one_by_one_with_all_their_sales() {
        let order = r#"{"id":"gid://shopify/Order/5","agreements":{"pageInfo":{"hasNextPage":true,"endCursor":"x"},"nodes":[]}}"#;
        let mut part = parts(order).remove(0);
        let answers = [
            (
                r#"{"pageInfo":{"hasNextPage":true,"endCursor":"a1"},"nodes":[{"sales":{"pageInfo":{"hasNextPage":true,"endCursor":"s1"}}}]}"#,
                (None, None),
            ),
            (
                r#"{"pageInfo":{"hasNextPage":true,"endCursor":"a1"},"nodes":[{"sales":{"pageInfo":{"hasNextPage":false,"endCursor":"s2"}}}]}"#,
                (None, Some("s1")),
            ),
            (
                r#"{"pageInfo":{"hasNextPage":false,"endCursor":"a2"},"nodes":[{"sales":{"pageInfo":{"hasNextPage":false}}}]}"#,
                (Some("a1"), None),
            ),
        ];
        let count = answers.len();
        for (number, (rows, (after, sales))) in answers.into_iter().enumerate() {
            let variables = asked(&part);
            assert_eq!(
                (variables["after"].as_str(), variables["salesAfter"].as_str()),
                (after, sales),
                "request {number}"
            );
            let body = format!(
                r#"{{"data":{{"order":{{"id":"gid://shopify/Order/5","updatedAt":"2026-06-22T22:34:02Z","agreements":{rows}}}}}}}"#
            );
            let read = part.read(&Envelope::of(body.as_bytes()).expect("JSON"));
            assert_eq!(
                read.record.expect("a record").facet,
                format!("agreements:{}", number + 2),
                "its own facet"
            );
            match read.next {
                Some(next) => part = next,
                None => assert_eq!(number + 1, count, "the walk ends after the last agreement"),
            }
        }
    }
}
