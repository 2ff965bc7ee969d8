//! Which scopes open which types and fields, in the platform's words (contract section 2.5).

use super::graphql::execute::Gate;
use super::graphql::schema::Schema;

/// What is needed to see a type or a field, any one scope of a list, and the words of the refusal.
struct Need {
    on: &'static str,
    scopes: &'static [&'static str],
    words: &'static str,
}

const ORDERS: &[&str] = &["read_orders", "read_marketplace_orders"];
const ORDERS_WORDS: &str = "`read_orders` access scope or `read_marketplace_orders` access scope.";
const PRODUCTS: &[&str] = &["read_products"];
const PRODUCTS_WORDS: &str = "`read_products` access scope.";
const LOCATIONS: &[&str] = &["read_locations"];
const LOCATIONS_WORDS: &str = "`read_locations` access scope.";
const RETURNS: &[&str] = &["read_returns", "read_marketplace_returns"];
const RETURNS_WORDS: &str = "`read_returns` access scope or `read_marketplace_returns` access scope.";

const NEEDS: &[Need] = &[
    Need {
        on: "Order",
        scopes: &["read_orders", "read_marketplace_orders", "read_quick_sale"],
        words: "`read_orders` access scope, `read_marketplace_orders` access scope or `read_quick_sale` access scope.",
    },
    Need {
        on: "QueryRoot.ordersCount",
        scopes: ORDERS,
        words: ORDERS_WORDS,
    },
    Need {
        on: "Refund",
        scopes: ORDERS,
        words: ORDERS_WORDS,
    },
    Need {
        on: "Fulfillment",
        scopes: ORDERS,
        words: ORDERS_WORDS,
    },
    Need {
        on: "OrderTransaction",
        scopes: ORDERS,
        words: ORDERS_WORDS,
    },
    Need {
        on: "SalesAgreement",
        scopes: ORDERS,
        words: ORDERS_WORDS,
    },
    Need {
        on: "LineItem",
        scopes: ORDERS,
        words: ORDERS_WORDS,
    },
    Need {
        on: "Return",
        scopes: RETURNS,
        words: RETURNS_WORDS,
    },
    Need {
        on: "Product",
        scopes: PRODUCTS,
        words: PRODUCTS_WORDS,
    },
    Need {
        on: "ProductVariant",
        scopes: PRODUCTS,
        words: PRODUCTS_WORDS,
    },
    Need {
        on: "QueryRoot.productsCount",
        scopes: PRODUCTS,
        words: PRODUCTS_WORDS,
    },
    Need {
        on: "QueryRoot.productVariantsCount",
        scopes: PRODUCTS,
        words: PRODUCTS_WORDS,
    },
    Need {
        on: "InventoryItem",
        scopes: &["read_inventory", "read_products"],
        words: "`read_inventory` access scope or `read_products` access scope.",
    },
    Need {
        on: "InventoryLevel",
        scopes: &["read_inventory"],
        words: "`read_inventory` access scope.",
    },
    Need {
        on: "InventoryItem.locationsCount",
        scopes: &["read_inventory"],
        words: "`read_inventory` access scope.",
    },
    Need {
        on: "InventoryItem.duplicateSkuCount",
        scopes: &["read_inventory"],
        words: "`read_inventory` access scope.",
    },
    Need {
        on: "Location",
        scopes: &["read_locations", "read_inventory", "read_markets_home"],
        words: "`read_locations` access scope, `read_inventory` access scope or `read_markets_home` access scope.",
    },
    Need {
        on: "Location.address",
        scopes: LOCATIONS,
        words: LOCATIONS_WORDS,
    },
    Need {
        on: "Location.isActive",
        scopes: LOCATIONS,
        words: LOCATIONS_WORDS,
    },
    Need {
        on: "Location.isFulfillmentService",
        scopes: LOCATIONS,
        words: LOCATIONS_WORDS,
    },
    Need {
        on: "Location.fulfillsOnlineOrders",
        scopes: LOCATIONS,
        words: LOCATIONS_WORDS,
    },
    Need {
        on: "Location.updatedAt",
        scopes: LOCATIONS,
        words: LOCATIONS_WORDS,
    },
    Need {
        on: "Location.createdAt",
        scopes: LOCATIONS,
        words: LOCATIONS_WORDS,
    },
    Need {
        on: "Location.name",
        scopes: &["read_locations", "read_markets_home"],
        words: "`read_locations` access scope or `read_markets_home` access scope.",
    },
    Need {
        on: "Customer",
        scopes: &["read_customers"],
        words: "`read_customers` access scope.",
    },
    Need {
        on: "QueryRoot.customersCount",
        scopes: &["read_customers"],
        words: "`read_customers` access scope.",
    },
    Need {
        on: "ShopifyPaymentsAccount",
        scopes: &["read_shopify_payments", "read_shopify_payments_accounts"],
        words: "the `read_shopify_payments` or the `read_shopify_payments_accounts` access scope.",
    },
    Need {
        on: "QueryRoot.shopifyqlQuery",
        scopes: &["read_reports"],
        words: "`read_reports` access scope. Also: Level 2 access to Customer data including name, address, phone, and email fields. \
                Please refer to protected customer data [requirements](https://shopify.dev/docs/apps/launch/protected-customer-data).",
    },
];

/// What a caller may see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permit {
    scopes: Vec<String>,
    refused: Vec<String>,
}

impl Permit {
    /// The scopes of a token.
    pub(crate) fn new(scopes: Vec<String>) -> Permit {
        Permit {
            scopes,
            refused: Vec::new(),
        }
    }

    /// The scopes.
    pub(crate) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Refuses one field, `customer` or `Order.customer`, whatever the scopes.
    pub(crate) fn refuse(&mut self, field: &str) {
        self.refused.push(field.to_owned());
    }

    /// Whether a scope is granted; writing contains reading.
    pub(crate) fn has(&self, scope: &str) -> bool {
        let writing = scope.strip_prefix("read_").map(|rest| format!("write_{rest}"));
        self.scopes
            .iter()
            .any(|own| own == scope || Some(own) == writing.as_ref())
    }

    fn lacks(&self, on: &str) -> Option<String> {
        let need = NEEDS.iter().find(|need| need.on == on)?;
        (!need.scopes.iter().any(|scope| self.has(scope))).then(|| need.words.to_owned())
    }
}

impl Gate for Permit {
    fn denied(&self, on: &str, field: &str, returned: &str) -> Option<String> {
        let own = format!("{on}.{field}");
        if self.refused.iter().any(|refused| *refused == own || refused == field) {
            let scope = NEEDS
                .iter()
                .find(|need| need.on == returned || need.on == own)
                .map(|need| need.words);
            return Some(scope.unwrap_or("approval for protected customer data.").to_owned());
        }
        let target = Schema::face().get(returned).filter(|known| known.is_connection());
        let inner = target
            .and_then(|known| known.fields.get("nodes"))
            .map_or(returned, |nodes| nodes.ty.name());
        self.lacks(&own).or_else(|| self.lacks(inner))
    }
}
