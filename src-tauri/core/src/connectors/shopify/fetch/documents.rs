//! The texts we send: each query with the fragments it uses, and what it costs.

use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Value, json};

use super::cost::CostTree;
use crate::connectors::fetch::{Auth, Remote, Step};
use crate::net::NetError;
use crate::net::limiter::Cost;

/// Name of the one speed limit: points of a bucket that belongs to the app and the shop.
pub(super) const POINTS: &str = "points";

/// A query ready to send.
#[derive(Debug)]
pub(super) struct Document {
    /// Name of the operation, which is also the label of its cost.
    pub(super) name: &'static str,
    text: String,
    cost: CostTree,
}

macro_rules! documents {
    ($($constant:ident $name:literal $file:literal [$($part:literal)*],)*) => {
        $(pub(super) static $constant: LazyLock<Document> = LazyLock::new(|| {
            Document::new($name, concat!(include_str!(concat!("../queries/", $file, ".graphql")) $(, include_str!(concat!("../queries/", $part, ".graphql")))*))
        });)*

        /// Every document, for tests.
        #[cfg(test)]
        pub(super) static ALL: &[&LazyLock<Document>] = &[$(&$constant,)*];
    };
}

documents! {
    SHOP "Shop" "shop" [],
    LOCATIONS "Locations" "locations" [],
    ORDERS_SURVEY "OrdersSurvey" "orders_survey" [],
    ORDERS "Orders" "orders" ["order_parts" "later_parts" "parts"],
    ORDERS_COUNTED "Orders" "orders_counted" ["order_parts" "later_parts" "parts"],
    ORDERS_COUNT "OrdersCount" "orders_count" [],
    ORDERS_WIDE "OrdersWide" "orders_wide" ["order_parts" "later_parts" "parts"],
    ORDERS_DETAILS "OrdersDetails" "orders_details" ["later_parts" "parts"],
    ORDER_LINES "OrderLines" "order_lines" ["parts"],
    ORDER_SHIPPING "OrderShipping" "order_shipping" ["parts"],
    ORDER_AGREEMENTS "OrderAgreements" "order_agreements" ["parts"],
    REFUND_LINES "RefundLines" "refund_lines" ["parts"],
    REFUND_SHIPPING "RefundShipping" "refund_shipping" ["parts"],
    REFUND_ADJUSTMENTS "RefundAdjustments" "refund_adjustments" ["parts"],
    FULFILMENT_LINES "FulfilmentLines" "fulfilment_lines" ["parts"],
    BULK_RUN "BulkRun" "bulk_run" [],
    BULK_POLL "BulkPoll" "bulk_poll" [],
    PRODUCTS "Products" "products" ["product_parts" "variant_parts"],
    PRODUCTS_COUNTED "Products" "products_counted" ["product_parts" "variant_parts"],
    PRODUCTS_COUNT "ProductsCount" "products_count" [],
    PRODUCT_VARIANTS "ProductVariants" "product_variants" ["variant_parts"],
    INVENTORY "Inventory" "inventory" ["inventory_parts" "level_parts"],
    INVENTORY_COUNTED "Inventory" "inventory_counted" ["inventory_parts" "level_parts"],
    VARIANTS_COUNT "VariantsCount" "variants_count" [],
    INVENTORY_BY_ID "InventoryById" "inventory_by_id" ["inventory_parts" "level_parts"],
    INVENTORY_CHANGED "InventoryChanged" "inventory_changed" ["inventory_parts" "level_parts"],
    INVENTORY_LEVELS "InventoryLevels" "inventory_levels" ["level_parts"],
    INVENTORY_TOUCHED "InventoryTouched" "inventory_touched" ["touched_parts"],
    INVENTORY_TOUCHED_COUNTED "InventoryTouched" "inventory_touched_counted" ["touched_parts"],
    CUSTOMERS "Customers" "customers" ["customer_parts"],
    CUSTOMERS_COUNTED "Customers" "customers_counted" ["customer_parts"],
    CUSTOMERS_COUNT "CustomersCount" "customers_count" [],
    PAYOUTS "Payouts" "payouts" [],
    DELETIONS "Deletions" "deletions" ["event_parts"],
    DELETIONS_COUNTED "Deletions" "deletions_counted" ["event_parts"],
    DELETIONS_COUNT "DeletionsCount" "deletions_count" [],
    ORDER_IDS "OrderIds" "order_ids" [],
    PRODUCT_IDS "ProductIds" "product_ids" [],
    KNOWN "Known" "known" [],
}

/// The inner text of a bulk run over orders, which takes no variables; with their sales agreements or without.
pub(super) fn bulk_orders(filter: &str, agreed: bool) -> String {
    let text = include_str!("../queries/orders_bulk.graphql");
    let cut = (!agreed).then(|| {
        let (before, agreements) = text.split_once("        agreements {\n")?;
        let (_, behind) = agreements.split_once("\n        }\n")?;
        Some(format!("{before}{behind}"))
    });
    cut.flatten().as_deref().unwrap_or(text).replace("FILTER", filter)
}

impl Document {
    /// The document of a text that holds one operation and fragments, of which those it uses are kept: the platform refuses others.
    fn new(name: &'static str, text: &str) -> Self {
        let pieces = pieces(text);
        let mut kept = vec![false; pieces.len()];
        let mut wanted: Vec<&str> = Vec::new();
        for (_, piece) in pieces.iter().filter(|(fragment, _)| fragment.is_none()) {
            wanted.extend(spreads(piece));
        }
        while let Some(name) = wanted.pop() {
            if let Some(at) = pieces.iter().position(|(fragment, _)| *fragment == Some(name))
                && !kept[at]
            {
                kept[at] = true;
                wanted.extend(spreads(pieces[at].1));
            }
        }
        let text: String = pieces
            .iter()
            .zip(&kept)
            .filter(|((fragment, _), kept)| fragment.is_none() || **kept)
            .flat_map(|((_, piece), _)| [*piece, "\n"])
            .collect();
        let parsed = graphql_parser::parse_query::<String>(&text);
        let cost = parsed.map_or_else(|_| CostTree::default(), |parsed| CostTree::of(&parsed));
        Document { name, text, cost }
    }

    /// Points for the given sizes.
    pub(super) fn points(&self, sizes: &[(&str, i64)]) -> i64 {
        self.cost.points(sizes)
    }

    /// The call of this document. Sizes are added to `variables`.
    ///
    /// # Errors
    /// A defect if the address cannot be formed.
    pub(super) fn call(&self, remote: &Remote, mut variables: Value, sizes: &[(&str, i64)]) -> Result<Step, NetError> {
        if let Some(map) = variables.as_object_mut() {
            for (name, size) in sizes {
                map.insert((*name).to_owned(), Value::from(*size));
            }
        }
        let body = json!({ "query": self.text, "variables": variables, "operationName": self.name });
        post(
            remote,
            &body,
            Cost {
                limit: POINTS,
                points: self.points(sizes),
                label: self.name,
            },
        )
    }
}

/// Asks for things one by one in one request, each under an alias of its own: `root(id: …) { id }`.
///
/// # Errors
/// A defect if the address cannot be formed.
pub(super) fn ask_one_by_one(remote: &Remote, root: &str, aliases: &[(String, String)]) -> Result<Step, NetError> {
    let fields: String = aliases
        .iter()
        .map(|(alias, gid)| format!("  {alias}: {root}(id: {}) {{ id }}\n", Value::from(gid.as_str())))
        .collect();
    let points = i64::try_from(aliases.len()).unwrap_or(1).max(1);
    let body = json!({ "query": format!("query Present {{\n{fields}}}"), "operationName": "Present" });
    post(
        remote,
        &body,
        Cost {
            limit: POINTS,
            points,
            label: "Present",
        },
    )
}

fn post(remote: &Remote, body: &Value, cost: Cost) -> Result<Step, NetError> {
    let path = format!("admin/api/{}/graphql.json", remote.version);
    let address = remote
        .base
        .join(&path)
        .map_err(|error| NetError::defect(format!("The shop's address cannot be formed: {error}.")))?;
    let request = http::Request::post(address.as_str())
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::ACCEPT, "application/json")
        .body(Bytes::from(body.to_string()))
        .map_err(|error| NetError::defect(format!("A request cannot be formed: {error}.")))?;
    Ok(Step::Call {
        request,
        auth: Auth::Token,
        cost,
    })
}

/// Cuts a text into its definitions: each with the fragment's name, or none for the operation.
fn pieces(text: &str) -> Vec<(Option<&str>, &str)> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("fragment ") || line.starts_with("query ") || line.starts_with("mutation ") {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let piece = text[*start..end].trim_end();
            let fragment = piece.strip_prefix("fragment ").and_then(|rest| rest.split(' ').next());
            (fragment, piece)
        })
        .collect()
}

/// Names of the fragments a text spreads.
fn spreads(text: &str) -> impl Iterator<Item = &str> {
    text.split("...").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        (end > 0).then_some(&rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_one_operation_with_exactly_its_fragments() {
        for document in ALL {
            let parsed = graphql_parser::parse_query::<String>(&document.text).expect(document.name);
            let operations = parsed
                .definitions
                .iter()
                .filter(|d| matches!(d, graphql_parser::query::Definition::Operation(_)))
                .count();
            assert_eq!(operations, 1, "{}", document.name);
            assert!(
                document.text.contains(&format!(" {}", document.name)),
                "{} is named like its constant",
                document.name
            );
            for (fragment, _) in pieces(&document.text) {
                let Some(fragment) = fragment else { continue };
                assert!(
                    document.text.contains(&format!("...{fragment}")),
                    "{}: {fragment} is used",
                    document.name
                );
            }
            for spread in spreads(&document.text) {
                assert!(
                    document.text.contains(&format!("fragment {spread} on ")),
                    "{}: {spread} is there",
                    document.name
                );
            }
        }
    }

    #[test]
    fn no_document_asks_for_personal_data() {
        let texts = ALL.iter().map(|d| d.text.clone()).chain([bulk_orders("", true)]);
        for text in texts {
            for word in [
                "email",
                "phone",
                "firstName",
                "lastName",
                "displayAddress",
                "address1",
                "zip",
                "city",
                "note",
                "staffMember",
                "user {",
            ] {
                let found = text
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .any(|token| token.eq_ignore_ascii_case(word));
                assert!(!found, "{word} is level 2 data or not needed: {text}");
            }
        }
    }

    #[test]
    fn the_bulk_text_keeps_to_the_platforms_rules() {
        for (agreed, connections) in [(true, 5), (false, 3)] {
            let text = bulk_orders("updated_at:>='2026-11-01T00:00:00Z'", agreed);
            assert_eq!(text.matches("edges {").count(), connections, "five connections at most");
            assert_eq!(
                (text.contains("agreements"), text.contains("sales {")),
                (agreed, agreed),
                "agreements and what is in them are asked for or not"
            );
            assert!(!text.contains("nodes"), "edges only");
            assert!(
                !text.contains("...") || !text.contains("fragment "),
                "no named fragments"
            );
            assert!(
                text.contains(r#"orders(query: "updated_at:>='2026-11-01T00:00:00Z'", sortKey: UPDATED_AT)"#),
                "{text}"
            );
            graphql_parser::parse_query::<String>(&text).expect("well formed");
        }
    }
}
