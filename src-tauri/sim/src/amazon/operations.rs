//! The operations of the API: their addresses, limits and roles.

use axum::http::Method;

use super::app::Role;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Operation {
    Participations,
    SearchOrders,
    GetOrder,
    InventorySummaries,
    SearchCatalog,
    GetCatalogItem,
    SearchListings,
    GetListing,
    OrderMetrics,
    ListTransactions,
    CreateReport,
    GetReport,
    GetReports,
    CancelReport,
    ReportDocument,
    CreateQuery,
    GetQuery,
    GetQueries,
    CancelQuery,
    KioskDocument,
}

impl Operation {
    /// The operation at an address, and the last part of its path.
    pub(super) fn at(method: &Method, path: &str) -> Option<(Operation, String)> {
        let get = method == Method::GET;
        let post = method == Method::POST;
        let delete = method == Method::DELETE;
        let decode = |text: &str| {
            let text = format!("x={}", text.replace('+', "%2B"));
            let mut pairs = url::form_urlencoded::parse(text.as_bytes());
            pairs.next().map_or_else(String::new, |(_, value)| value.into_owned())
        };
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let found = match parts.as_slice() {
            ["sellers", "v1", "marketplaceParticipations"] if get => (Self::Participations, ""),
            ["orders", "2026-01-01", "orders"] if get => (Self::SearchOrders, ""),
            ["orders", "2026-01-01", "orders", id] if get => (Self::GetOrder, *id),
            ["fba", "inventory", "v1", "summaries"] if get => (Self::InventorySummaries, ""),
            ["catalog", "2022-04-01", "items"] if get => (Self::SearchCatalog, ""),
            ["catalog", "2022-04-01", "items", asin] if get => (Self::GetCatalogItem, *asin),
            ["listings", "2021-08-01", "items", seller] if get => (Self::SearchListings, *seller),
            ["listings", "2021-08-01", "items", seller, sku] if get => {
                return Some((Self::GetListing, format!("{}/{}", decode(seller), decode(sku))));
            }
            ["sales", "v1", "orderMetrics"] if get => (Self::OrderMetrics, ""),
            ["finances", "2024-06-19", "transactions"] if get => (Self::ListTransactions, ""),
            ["reports", "2021-06-30", "reports"] if post => (Self::CreateReport, ""),
            ["reports", "2021-06-30", "reports"] if get => (Self::GetReports, ""),
            ["reports", "2021-06-30", "reports", id] if get => (Self::GetReport, *id),
            ["reports", "2021-06-30", "reports", id] if delete => (Self::CancelReport, *id),
            ["reports", "2021-06-30", "documents", id] if get => (Self::ReportDocument, *id),
            ["dataKiosk", "2023-11-15", "queries"] if post => (Self::CreateQuery, ""),
            ["dataKiosk", "2023-11-15", "queries"] if get => (Self::GetQueries, ""),
            ["dataKiosk", "2023-11-15", "queries", id] if get => (Self::GetQuery, *id),
            ["dataKiosk", "2023-11-15", "queries", id] if delete => (Self::CancelQuery, *id),
            ["dataKiosk", "2023-11-15", "documents", id] if get => (Self::KioskDocument, *id),
            _ => return None,
        };
        Some((found.0, decode(found.1)))
    }

    /// Its name in the published model, by which a plan of faults can target it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Participations => "getMarketplaceParticipations",
            Self::SearchOrders => "searchOrders",
            Self::GetOrder => "getOrder",
            Self::InventorySummaries => "getInventorySummaries",
            Self::SearchCatalog => "searchCatalogItems",
            Self::GetCatalogItem => "getCatalogItem",
            Self::SearchListings => "searchListingsItems",
            Self::GetListing => "getListingsItem",
            Self::OrderMetrics => "getOrderMetrics",
            Self::ListTransactions => "listTransactions",
            Self::CreateReport => "createReport",
            Self::GetReport => "getReport",
            Self::GetReports => "getReports",
            Self::CancelReport => "cancelReport",
            Self::ReportDocument => "getReportDocument",
            Self::CreateQuery => "createQuery",
            Self::GetQuery => "getQuery",
            Self::GetQueries => "getQueries",
            Self::CancelQuery => "cancelQuery",
            Self::KioskDocument => "getDocument",
        }
    }

    /// Ten-thousandths of a call that come back in a second, and calls in a full bucket.
    pub(super) fn limit(self) -> (u64, u64) {
        match self {
            Self::Participations => (160, 15),
            Self::SearchOrders => (56, 20),
            Self::GetOrder => (5_000, 30),
            Self::InventorySummaries | Self::SearchCatalog | Self::GetCatalogItem => (20_000, 2),
            Self::SearchListings => (50_000, 5),
            Self::GetListing => (50_000, 10),
            Self::OrderMetrics => (5_000, 15),
            Self::ListTransactions => (5_000, 10),
            Self::CreateReport | Self::ReportDocument | Self::CreateQuery | Self::KioskDocument => (167, 15),
            Self::GetReport | Self::GetQuery => (20_000, 15),
            Self::GetReports | Self::CancelReport | Self::GetQueries | Self::CancelQuery => (222, 10),
        }
    }

    /// Roles of which one must be there; reports ask for their own.
    pub(super) fn roles(self) -> &'static [Role] {
        match self {
            Self::Participations => &[Role::SellingPartnerInsights, Role::ProductListing],
            Self::SearchOrders | Self::GetOrder | Self::OrderMetrics => &[
                Role::InventoryAndOrders,
                Role::Finance,
                Role::Fulfillment,
                Role::DirectToConsumerShipping,
            ],
            Self::InventorySummaries => &[Role::Fulfillment],
            Self::SearchCatalog | Self::GetCatalogItem | Self::SearchListings | Self::GetListing => {
                &[Role::ProductListing]
            }
            Self::ListTransactions => &[Role::Finance],
            Self::CreateQuery | Self::GetQuery | Self::GetQueries | Self::CancelQuery | Self::KioskDocument => {
                &[Role::BrandAnalytics]
            }
            _ => &Role::ALL,
        }
    }
}
