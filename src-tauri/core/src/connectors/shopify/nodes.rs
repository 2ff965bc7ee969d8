//! The shapes of Shopify's GraphQL objects, as far as an order is read from them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) type Text<'a> = Option<Cow<'a, str>>;

/// A connection in either form.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Conn<T> {
    pub(super) nodes: Option<Vec<T>>,
    pub(super) edges: Option<Vec<Edge<T>>>,
    #[serde(rename = "pageInfo")]
    pub(super) page_info: Option<PageInfo>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Edge<T> {
    pub(super) node: T,
}

#[derive(Deserialize)]
pub(super) struct PageInfo {
    #[serde(rename = "hasNextPage", default)]
    pub(super) has_next_page: bool,
}

impl<T> Conn<T> {
    /// The nodes, whether they stood under `edges`, and whether more follow.
    pub(super) fn into_parts(self) -> (Vec<T>, bool, bool) {
        let open = self.page_info.is_some_and(|p| p.has_next_page);
        match (self.nodes, self.edges) {
            (Some(nodes), _) => (nodes, false, open),
            (None, Some(edges)) => (edges.into_iter().map(|e| e.node).collect(), true, open),
            (None, None) => (Vec::new(), false, open),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bag<'a> {
    #[serde(borrow)]
    pub(super) shop_money: Option<Amt<'a>>,
    #[serde(borrow)]
    pub(super) presentment_money: Option<Amt<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Amt<'a> {
    #[serde(borrow)]
    pub(super) amount: &'a RawValue,
    #[serde(borrow)]
    pub(super) currency_code: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Ref<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) display_name: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address<'a> {
    #[serde(borrow)]
    pub(super) country_code_v2: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderNode<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) created_at: Text<'a>,
    #[serde(borrow)]
    pub(super) processed_at: Text<'a>,
    #[serde(borrow)]
    pub(super) updated_at: Text<'a>,
    #[serde(borrow)]
    pub(super) cancelled_at: Text<'a>,
    pub(super) test: Option<bool>,
    pub(super) taxes_included: Option<bool>,
    #[serde(borrow)]
    pub(super) currency_code: Text<'a>,
    #[serde(borrow)]
    pub(super) display_financial_status: Text<'a>,
    #[serde(borrow)]
    pub(super) display_fulfillment_status: Text<'a>,
    #[serde(borrow)]
    pub(super) source_name: Text<'a>,
    #[serde(borrow)]
    pub(super) app: Option<Named<'a>>,
    #[serde(borrow)]
    pub(super) attribution: Option<Named<'a>>,
    #[serde(borrow)]
    pub(super) customer: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(super) shipping_address: Option<Address<'a>>,
    #[serde(borrow)]
    pub(super) total_price_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) current_total_price_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) subtotal_price_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) total_discounts_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) total_tax_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) total_tip_received_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) original_total_duties_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) line_items: Option<Conn<LineNode<'a>>>,
    #[serde(borrow)]
    pub(super) shipping_lines: Option<Conn<ShippingNode<'a>>>,
    #[serde(borrow)]
    pub(super) fulfillments: Option<Vec<FulfillmentNode<'a>>>,
    #[serde(borrow)]
    pub(super) refunds: Option<Vec<RefundNode<'a>>>,
    #[serde(borrow)]
    pub(super) transactions: Option<Vec<TransactionNode<'a>>>,
    #[serde(borrow)]
    pub(super) agreements: Option<Conn<AgreementNode<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionNode<'a> {
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    pub(super) test: Option<bool>,
    #[serde(borrow)]
    pub(super) created_at: Text<'a>,
    #[serde(borrow)]
    pub(super) processed_at: Text<'a>,
    #[serde(borrow)]
    pub(super) fees: Option<Vec<FeeNode<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct FeeNode<'a> {
    #[serde(borrow)]
    pub(super) amount: Option<Amt<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tax<'a> {
    pub(super) rate: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) price_set: Option<Bag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Allocation<'a> {
    #[serde(borrow)]
    pub(super) allocated_amount_set: Option<Bag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineNode<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) variant_title: Text<'a>,
    #[serde(borrow)]
    pub(super) sku: Text<'a>,
    pub(super) quantity: i32,
    pub(super) current_quantity: Option<i32>,
    pub(super) is_gift_card: Option<bool>,
    pub(super) requires_shipping: Option<bool>,
    #[serde(borrow)]
    pub(super) product: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(super) variant: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(super) original_total_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) original_unit_price_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) discount_allocations: Option<Vec<Allocation<'a>>>,
    #[serde(borrow)]
    pub(super) tax_lines: Option<Vec<Tax<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShippingNode<'a> {
    pub(super) is_removed: Option<bool>,
    #[serde(borrow)]
    pub(super) original_price_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) discounted_price_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) tax_lines: Option<Vec<Tax<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FulfillmentNode<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) created_at: Text<'a>,
    #[serde(borrow)]
    pub(super) fulfillment_line_items: Option<Conn<FulfillmentLine<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FulfillmentLine<'a> {
    pub(super) quantity: Option<i32>,
    #[serde(borrow)]
    pub(super) line_item: Ref<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundNode<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) created_at: Text<'a>,
    #[serde(borrow)]
    pub(super) processed_at: Text<'a>,
    #[serde(borrow)]
    pub(super) total_refunded_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) refund_line_items: Option<Conn<RefundLineNode<'a>>>,
    #[serde(borrow)]
    pub(super) refund_shipping_lines: Option<Conn<RefundShippingNode<'a>>>,
    #[serde(borrow)]
    pub(super) order_adjustments: Option<Conn<AdjustmentNode<'a>>>,
    #[serde(borrow)]
    pub(super) duties: Option<Vec<RefundDuty<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundDuty<'a> {
    #[serde(borrow)]
    pub(super) amount_set: Option<Bag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundLineNode<'a> {
    pub(super) quantity: i32,
    #[serde(borrow)]
    pub(super) restock_type: Text<'a>,
    #[serde(borrow)]
    pub(super) line_item: Ref<'a>,
    #[serde(borrow)]
    pub(super) subtotal_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) total_tax_set: Option<Bag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundShippingNode<'a> {
    #[serde(borrow)]
    pub(super) subtotal_amount_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) tax_amount_set: Option<Bag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdjustmentNode<'a> {
    #[serde(borrow)]
    pub(super) amount_set: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) tax_amount_set: Option<Bag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgreementNode<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) happened_at: Text<'a>,
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
    #[serde(borrow)]
    pub(super) refund: Option<Ref<'a>>,
    #[serde(borrow)]
    pub(super) sales: Option<Conn<SaleNode<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaleNode<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) action_type: Text<'a>,
    #[serde(borrow)]
    pub(super) line_type: Text<'a>,
    pub(super) quantity: Option<i32>,
    #[serde(borrow)]
    pub(super) total_amount: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) total_tax_amount: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) total_discount_amount_before_taxes: Option<Bag<'a>>,
    #[serde(borrow)]
    pub(super) line_item: Option<Ref<'a>>,
}

/// The id's number: what follows the last slash of a gid (with its query part), or the text itself.
pub(super) fn tail(gid: &str) -> &str {
    gid.rsplit('/').next().unwrap_or(gid)
}
