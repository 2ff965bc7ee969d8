//! The members of REST orders that are read.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

pub(super) type Text<'a> = Option<Cow<'a, str>>;
pub(super) type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
pub(super) struct Set<'a> {
    #[serde(borrow)]
    pub(super) shop_money: Option<SetMoney<'a>>,
    #[serde(borrow)]
    pub(super) presentment_money: Option<SetMoney<'a>>,
}

#[derive(Deserialize)]
pub(super) struct SetMoney<'a> {
    #[serde(borrow)]
    pub(super) amount: Raw<'a>,
    #[serde(borrow)]
    pub(super) currency_code: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct RestOrder<'a> {
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
    pub(super) currency: Text<'a>,
    #[serde(borrow)]
    pub(super) financial_status: Text<'a>,
    /// `None` where the record does not show it.
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) fulfillment_status: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) source_name: Text<'a>,
    pub(super) customer: Option<IdOnly>,
    #[serde(borrow)]
    pub(super) shipping_address: Option<RestAddress<'a>>,
    #[serde(borrow)]
    pub(super) total_price: Raw<'a>,
    #[serde(borrow)]
    pub(super) total_price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) current_total_price: Raw<'a>,
    #[serde(borrow)]
    pub(super) current_total_price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) total_tax: Raw<'a>,
    #[serde(borrow)]
    pub(super) total_tax_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) total_discounts: Raw<'a>,
    #[serde(borrow)]
    pub(super) total_discounts_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) total_shipping_price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) total_tip_received: Raw<'a>,
    #[serde(borrow)]
    pub(super) original_total_duties_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) original_total_additional_fees_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) line_items: Option<Vec<RestLine<'a>>>,
    #[serde(borrow)]
    pub(super) shipping_lines: Option<Vec<RestShipping<'a>>>,
    #[serde(borrow)]
    pub(super) fulfillments: Option<Vec<RestFulfilment<'a>>>,
    #[serde(borrow)]
    pub(super) refunds: Option<Vec<RestRefund<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct IdOnly {
    #[serde(default, deserialize_with = "id_or_none")]
    pub(super) id: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct RestAddress<'a> {
    #[serde(borrow)]
    pub(super) country_code: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct RestTax<'a> {
    #[serde(borrow)]
    pub(super) price: Raw<'a>,
    #[serde(borrow)]
    pub(super) price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) rate: Raw<'a>,
}

#[derive(Deserialize)]
pub(super) struct RestAllocation<'a> {
    #[serde(borrow)]
    pub(super) amount: Raw<'a>,
    #[serde(borrow)]
    pub(super) amount_set: Option<Set<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RestLine<'a> {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) variant_title: Text<'a>,
    #[serde(borrow)]
    pub(super) sku: Text<'a>,
    #[serde(default, deserialize_with = "id_or_none")]
    pub(super) product_id: Option<u64>,
    #[serde(default, deserialize_with = "id_or_none")]
    pub(super) variant_id: Option<u64>,
    pub(super) quantity: i32,
    pub(super) current_quantity: Option<i32>,
    pub(super) gift_card: Option<bool>,
    pub(super) requires_shipping: Option<bool>,
    #[serde(borrow)]
    pub(super) price: Raw<'a>,
    #[serde(borrow)]
    pub(super) price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) total_discount: Raw<'a>,
    #[serde(borrow)]
    pub(super) discount_allocations: Option<Vec<RestAllocation<'a>>>,
    #[serde(borrow)]
    pub(super) tax_lines: Option<Vec<RestTax<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct RestShipping<'a> {
    #[serde(borrow)]
    pub(super) price: Raw<'a>,
    #[serde(borrow)]
    pub(super) price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) discounted_price: Raw<'a>,
    #[serde(borrow)]
    pub(super) discount_allocations: Option<Vec<RestAllocation<'a>>>,
    #[serde(borrow)]
    pub(super) tax_lines: Option<Vec<RestTax<'a>>>,
    pub(super) is_removed: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct RestFulfilment<'a> {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(borrow)]
    pub(super) created_at: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    pub(super) line_items: Option<Vec<FulfilledLine>>,
}

#[derive(Deserialize)]
pub(super) struct FulfilledLine {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    pub(super) quantity: i32,
}

#[derive(Deserialize)]
pub(super) struct RestRefund<'a> {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    #[serde(borrow)]
    pub(super) created_at: Text<'a>,
    #[serde(borrow)]
    pub(super) processed_at: Text<'a>,
    #[serde(borrow)]
    pub(super) refund_line_items: Option<Vec<RestRefundLine<'a>>>,
    #[serde(borrow)]
    pub(super) refund_shipping_lines: Option<Vec<RestRefundShipping<'a>>>,
    #[serde(borrow)]
    pub(super) order_adjustments: Option<Vec<RestAdjustment<'a>>>,
    #[serde(borrow)]
    pub(super) duties: Option<Vec<RestChargeBack<'a>>>,
    #[serde(borrow)]
    pub(super) additional_fees: Option<Vec<RestChargeBack<'a>>>,
    #[serde(borrow)]
    pub(super) transactions: Option<Vec<RestTransaction<'a>>>,
}

/// A duty or further fee paid back.
#[derive(Deserialize)]
pub(super) struct RestChargeBack<'a> {
    #[serde(borrow)]
    pub(super) amount_set: Option<Set<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RestTransaction<'a> {
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    pub(super) test: Option<bool>,
    #[serde(borrow)]
    pub(super) amount: Raw<'a>,
    #[serde(borrow)]
    pub(super) currency: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct RestRefundLine<'a> {
    #[serde(deserialize_with = "id")]
    pub(super) line_item_id: u64,
    pub(super) quantity: i32,
    #[serde(borrow)]
    pub(super) restock_type: Text<'a>,
    #[serde(borrow)]
    pub(super) subtotal: Raw<'a>,
    #[serde(borrow)]
    pub(super) subtotal_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) total_tax: Raw<'a>,
    #[serde(borrow)]
    pub(super) total_tax_set: Option<Set<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RestRefundShipping<'a> {
    #[serde(borrow)]
    pub(super) subtotal_amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) tax_amount_set: Option<Set<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RestAdjustment<'a> {
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) amount: Raw<'a>,
    #[serde(borrow)]
    pub(super) amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub(super) tax_amount: Raw<'a>,
    #[serde(borrow)]
    pub(super) tax_amount_set: Option<Set<'a>>,
}

/// An id: a whole number, or its digits as a text. Never by way of a float (contract section 8, failure 29).
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    number(raw).ok_or_else(|| {
        let shown: String = raw.get().chars().filter(|c| !c.is_control()).take(40).collect();
        D::Error::custom(format!("the id {shown} is no whole number"))
    })
}

/// A member that is there, be it null.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
    Text::deserialize(deserializer).map(Some)
}

fn id_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let raw = <Option<&RawValue>>::deserialize(deserializer)?;
    Ok(raw.and_then(number))
}

fn number(raw: &RawValue) -> Option<u64> {
    let text = raw.get();
    let digits = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    digits.parse().ok()
}
