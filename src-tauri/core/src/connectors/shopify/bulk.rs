//! Orders in bulk shape: the order's JSONL line, then the lines of its children in the file's order, each with `__parentId`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::asked::{self, Asked};
use super::broken;
use super::graphql::Ear;
use super::nodes::{AgreementNode, LineNode, OrderNode, SaleNode, ShippingNode, tail};
use super::part::{Agreement, OrderPart, Unknown};
use super::paths::Place;
use crate::connectors::ReadError;

#[derive(Deserialize)]
struct Child<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "__typename")]
    typename: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "__parentId")]
    parent: Option<Cow<'a, str>>,
    #[serde(rename = "lineType")]
    line_type: Option<serde::de::IgnoredAny>,
    #[serde(rename = "happenedAt")]
    happened_at: Option<serde::de::IgnoredAny>,
}

impl Child<'_> {
    /// The kind of thing: `__typename`, else the gid's type, else what its fields betray (children without an id exist).
    fn kind(&self) -> &str {
        if self.line_type.is_some() {
            return "Sale";
        }
        let agreement = self.typename.as_deref().is_some_and(|name| name.ends_with("Agreement"));
        if self.happened_at.is_some() || agreement {
            return "Agreement";
        }
        if let Some(name) = self.typename.as_deref() {
            return name;
        }
        self.id
            .as_deref()
            .and_then(|id| id.strip_prefix("gid://shopify/"))
            .and_then(|id| id.split('/').next())
            .unwrap_or("")
    }
}

/// Reads the slice of one order. One that we asked for must show what figures hang on.
pub(super) fn read(bytes: &[u8], asked: Asked) -> Result<OrderPart, ReadError> {
    let mut rows = bytes
        .split(|b| *b == b'\n')
        .enumerate()
        .filter(|(_, row)| !row.is_empty());
    let (_, first) = rows.next().ok_or_else(|| ReadError {
        code: "broken_json",
        message: "an empty record".into(),
    })?;
    asked::check(first, asked)?;
    let mut ear = Ear::new(asked);
    let node: OrderNode<'_> = serde_json::from_slice(first).map_err(|e| broken(&e))?;
    let mut whole = ear.order(node)?;
    let mut lines = Vec::new();
    let mut shipping = Vec::new();
    let mut agreements: Vec<Agreement> = Vec::new();
    let mut orphans: HashMap<String, Vec<super::part::Sale>> = HashMap::new();
    for (index, row) in rows {
        let path = Place::BulkRow.at(&[index + 1]);
        let child: Child<'_> = serde_json::from_slice(row).map_err(|e| broken(&e))?;
        match child.kind() {
            "LineItem" => lines.push(ear.line(parse::<LineNode<'_>>(row)?, path)?),
            "ShippingLine" => shipping.push(ear.shipping(&parse::<ShippingNode<'_>>(row)?, path)?),
            "Agreement" => agreements.push(ear.agreement(&parse::<AgreementNode<'_>>(row)?, path)?),
            "Sale" => {
                let parent = child.parent.as_deref().map(tail).unwrap_or_default().to_owned();
                let sale = ear.sale(parse::<SaleNode<'_>>(row)?, path)?;
                orphans.entry(parent).or_default().push(sale);
            }
            other => whole.unknown.push(Unknown {
                what: format!("line {}: a child of unknown kind “{other}”", index + 1),
                counts: true,
            }),
        }
    }
    for agreement in &mut agreements {
        agreement.sales = orphans.remove(&agreement.id).unwrap_or_default();
    }
    if let Some(parent) = orphans.keys().next() {
        return Err(ReadError {
            code: "unknown_shape",
            message: format!("sales of an agreement {parent} that the record does not hold"),
        });
    }
    whole.unknown.append(&mut ear.unknown);
    whole.lines.get_or_insert_default().append(&mut lines);
    whole.shipping.get_or_insert_default().append(&mut shipping);
    whole.agreements.get_or_insert_default().append(&mut agreements);
    whole.breadth += 4;
    asked::check_whole(&whole, asked)?;
    Ok(OrderPart::Whole(Box::new(whole)))
}

fn parse<'a, T: Deserialize<'a>>(row: &'a [u8]) -> Result<T, ReadError> {
    serde_json::from_slice(row).map_err(|e| broken(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_assigned_by_parent_id_in_any_order() {
        let record = concat!(
            r#"{"id":"gid:\/\/shopify\/Order\/1","name":"1","processedAt":"2026-03-02T10:00:00Z","currencyCode":"USD"}"#,
            "\n",
            r#"{"__typename":"SalesAgreement","id":"gid://shopify/SalesAgreement/9","happenedAt":"2026-03-02T10:00:00Z","reason":"ORDER","__parentId":"gid://shopify/Order/1"}"#,
            "\n",
            r#"{"id":"gid://shopify/LineItem/5","quantity":1,"originalTotalSet":{"shopMoney":{"amount":"7.0"}},"__parentId":"gid://shopify/Order/1"}"#,
            "\n",
            r#"{"__typename":"ProductSale","id":"gid://shopify/ProductSale/3","actionType":"ORDER","lineType":"PRODUCT","quantity":1,"totalAmount":{"shopMoney":{"amount":"7.0"}},"totalTaxAmount":{"shopMoney":{"amount":"0.0"}},"totalDiscountAmountBeforeTaxes":{"shopMoney":{"amount":"0.0"}},"lineItem":{"id":"gid://shopify/LineItem/5"},"__parentId":"gid://shopify/SalesAgreement/9"}"#,
        );
        let OrderPart::Whole(whole) = read(record.as_bytes(), Asked::Unknown).expect("a readable slice") else {
            panic!("an order")
        };
        let agreements = whole.agreements.expect("agreements are shown");
        assert_eq!(
            whole.lines.expect("lines are shown").len(),
            1,
            "the line belongs to the order"
        );
        assert_eq!(
            agreements[0].sales[0].total.micros, 7_000_000,
            "the sale belongs to its agreement"
        );
        assert_eq!(
            super::super::paths::render(agreements[0].sales[0].total.path),
            "line 4",
            "the path names the row in the slice"
        );
        let stray = record.replace("SalesAgreement/9\"}", "SalesAgreement/8\"}");
        assert!(
            read(stray.as_bytes(), Asked::Unknown).is_err(),
            "a sale without its agreement is never dropped silently"
        );
    }

    #[test]
    fn a_moment_is_required_where_days_depend_on_it() {
        assert!(
            super::super::moment(None, "happenedAt", Place::Root.at(&[])).is_err(),
            "a missing date is an issue, not a guess"
        );
    }
}
