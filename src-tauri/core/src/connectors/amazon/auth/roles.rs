//! The roles that an application needs (contract section 2.1), by the names Seller Central gives them, and what each is for.
//! Amazon tells no application which roles it has, and answers some operations by any of several. So a role counts as granted where
//! what it is for was answered, and as missing where that was refused.

/// A role and what it opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Role {
    /// Its name in Seller Central.
    pub name: &'static str,
    /// What it is for.
    pub why: &'static str,
    /// What is not shown without it.
    pub without: &'static str,
    /// Streams that are read by it.
    pub streams: &'static [&'static str],
    /// The stream whose first request shows whether the role is there, where that request asks for nothing to be made.
    pub shown_by: Option<&'static str>,
    /// Nothing works without it.
    pub required: bool,
}

/// Every role that is used; the restricted ones, which open personal data, are not.
pub const ROLES: &[Role] = &[
    Role {
        name: "Selling Partner Insights",
        why: "in which marketplaces the account sells; tests the connection",
        without: "The account does not say where it sells, and cannot be connected.",
        streams: &["marketplaces"],
        shown_by: Some("marketplaces"),
        required: true,
    },
    Role {
        name: "Inventory and Order Tracking",
        why: "orders, and Amazon's own daily totals to hold the figures against",
        without: "No orders, and therefore no sales.",
        streams: &["orders", "order_metrics"],
        shown_by: Some("orders"),
        required: true,
    },
    Role {
        name: "Finance and Accounting",
        why: "refunds, fees, reimbursements and settlements",
        without: "Refunds and fees are not known, so that refunds and profit are not shown.",
        streams: &["finances", "settlements"],
        shown_by: Some("finances"),
        required: false,
    },
    Role {
        name: "Amazon Fulfillment",
        why: "stock in Amazon's warehouses",
        without: "Stock in Amazon's warehouses is not known.",
        streams: &["inventory"],
        shown_by: Some("inventory"),
        required: false,
    },
    Role {
        name: "Product Listing",
        why: "listings with prices and your own stock, and names of products",
        without: "Products have only the names that orders give them, and your own stock is not known.",
        streams: &["listings", "catalog"],
        shown_by: None,
        required: false,
    },
    Role {
        name: "Brand Analytics",
        why: "advertising by day, unit costs you entered at Amazon, and the sales and traffic report",
        without: "Advertising by day is not known.",
        streams: &["sales_and_traffic", "economics"],
        shown_by: None,
        required: false,
    },
];

/// The role that a stream is read by.
pub fn role_of(stream: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.streams.contains(&stream))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::amazon::AmazonFetcher;
    use crate::connectors::fetch::Fetcher as _;

    #[test]
    fn every_stream_is_read_by_one_role() {
        for spec in AmazonFetcher.streams() {
            let roles = ROLES.iter().filter(|role| role.streams.contains(&spec.name)).count();
            assert_eq!(roles, 1, "{} has a role whose lack explains its own", spec.name);
        }
        for role in ROLES {
            let known = |name: &&str| AmazonFetcher.streams().iter().any(|spec| spec.name == *name);
            assert!(
                role.streams.iter().all(known) && role.shown_by.is_none_or(|name| role.streams.contains(&name)),
                "{} speaks of streams there are",
                role.name
            );
        }
    }
}
