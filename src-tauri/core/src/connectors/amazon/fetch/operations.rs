//! The operations that are used, each with its own speed limit and the role it needs (contract sections 2.1 and 3.1).

use crate::net::limiter::{Cost, Limit};

/// Points of a limit that one call takes: rates are fractions of a call, and a bucket counts whole points.
pub(super) const CALL: i64 = 1_000;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident $label:literal $rate:literal $burst:literal $role:literal,)*) => {
        /// An operation of the interface.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Operation { $($(#[$doc])* $name,)* }

        /// A bucket for each operation: millionths of a call a second are thousandths of a point.
        pub(super) const LIMITS: &[Limit] = &[$(Limit {
            name: $label, capacity: $burst * CALL, refill_milli: $rate,
        },)*];

        impl Operation {
            /// The name of its limit.
            pub(super) fn limit(self) -> &'static str {
                match self { $(Operation::$name => $label,)* }
            }

            /// The role that the application needs for it, by the name Seller Central gives it.
            pub(super) fn role(self) -> &'static str {
                match self { $(Operation::$name => $role,)* }
            }
        }
    };
}

// Rate in millionths of a call a second, calls a full bucket allows.
operations! {
    /// Whose account this is, and where it sells.
    Participations "getMarketplaceParticipations" 16_000 15 "Selling Partner Insights",
    /// Orders by their last change.
    SearchOrders "searchOrders" 5_600 20 "Inventory and Order Tracking",
    /// One order.
    GetOrder "getOrder" 500_000 30 "Inventory and Order Tracking",
    /// Amazon's own totals.
    OrderMetrics "getOrderMetrics" 500_000 15 "Inventory and Order Tracking",
    /// Stock in Amazon's warehouses.
    Inventory "getInventorySummaries" 2_000_000 2 "Amazon Fulfillment",
    /// Items of the catalogue.
    Catalog "searchCatalogItems" 2_000_000 2 "Product Listing",
    /// Money.
    Transactions "listTransactions" 500_000 10 "Finance and Accounting",
    /// Asks for a report.
    CreateReport "createReport" 16_700 15 "of the report",
    /// How far a report is.
    GetReport "getReport" 2_000_000 15 "of the report",
    /// Reports there are.
    GetReports "getReports" 22_200 10 "of the report",
    /// Where a report's file is.
    ReportDocument "getReportDocument" 16_700 15 "of the report",
    /// Asks Data Kiosk.
    CreateQuery "createQuery" 16_700 15 "Brand Analytics",
    /// How far a query is.
    GetQuery "getQuery" 2_000_000 15 "Brand Analytics",
    /// Where a query's file is.
    QueryDocument "getDocument" 16_700 15 "Brand Analytics",
}

impl Operation {
    /// What a call of it takes.
    pub(super) fn cost(self) -> Cost {
        Cost {
            limit: self.limit(),
            points: CALL,
            label: self.limit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::limiter::{Admission, Limiter};

    #[test]
    fn amazon_failure_18_a_burst_goes_at_once_and_then_a_call_per_179_seconds() {
        let mut limits = Limiter::default();
        limits.declare(LIMITS, 0);
        let cost = Operation::SearchOrders.cost();
        let mut gone = 0;
        while limits.admit(&cost, 0) == Admission::Go {
            limits.settle(&cost, None, 0);
            gone += 1;
        }
        assert_eq!(gone, 20, "the burst is used");
        let Admission::Wait(time) = limits.admit(&cost, 0) else {
            panic!("the bucket is empty");
        };
        assert_eq!(time.as_secs(), 178, "1 / 0.0056");
        let (mut now, mut calls) = (0_i64, 0_i64);
        while now < 86_400_000 {
            match limits.admit(&cost, now) {
                Admission::Go => {
                    limits.settle(&cost, None, now);
                    calls += 1;
                    now += 700;
                }
                Admission::Wait(time) => now += i64::try_from(time.as_millis()).expect("a short wait"),
                Admission::Never { .. } => panic!("one call fits"),
            }
        }
        let allowed = 86_400 * 56 / 10_000;
        assert!(
            calls * 10 >= allowed * 9 && calls <= allowed + 1,
            "{calls} of {allowed} calls a day: at least nine tenths, never more"
        );
    }

    #[test]
    fn amazon_failure_17_every_operation_has_a_bucket_of_its_own() {
        let mut limits = Limiter::default();
        limits.declare(LIMITS, 0);
        let create = Operation::CreateReport.cost();
        while limits.admit(&create, 0) == Admission::Go {
            limits.settle(&create, None, 0);
        }
        for other in [Operation::GetReport, Operation::SearchOrders, Operation::Transactions] {
            assert_eq!(
                limits.admit(&other.cost(), 0),
                Admission::Go,
                "{other:?} has not been asked"
            );
        }
        let stored = serde_json::to_string(&limits).expect("limits serialise");
        let mut again: Limiter = serde_json::from_str(&stored).expect("and come back");
        again.declare(LIMITS, 1_000);
        assert!(
            matches!(again.admit(&create, 1_000), Admission::Wait(_)),
            "a new process does not start with a full bucket"
        );
    }
}
