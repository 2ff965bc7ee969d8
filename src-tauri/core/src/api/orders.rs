//! Lists of orders.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::Result;
use crate::model::{Day, Status, When};
use crate::store::{OrderRow, OrderSearch};

use super::args;
use super::desk::{Desk, Part, Scene};
use super::words::{Paging, UNKNOWN, said};

/// Orders on a page.
pub const PAGE: u64 = 25;

/// Which orders.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct OrdersFilter {
    /// Part of the order's number, or an order's or a customer's id; empty for all.
    pub search: String,
    /// First order day.
    pub from: Option<Day>,
    /// Last order day.
    pub to: Option<Day>,
    /// Channel codes of the frame; empty means all.
    pub channels: Vec<String>,
}

/// A page of orders.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct OrdersArgs {
    /// Which orders.
    pub filter: OrdersFilter,
    /// Page, from 0.
    pub page: u32,
}

/// An order in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RecentOrder {
    /// Its connection.
    pub connection: i64,
    /// The platform's id.
    pub key: String,
    /// The number people see.
    pub name: String,
    /// When it was placed.
    pub placed_text: String,
    /// Where it was sold.
    pub channel: String,
    /// Who bought, as far as the platform tells customers apart.
    pub customer_text: String,
    /// The order total as charged, cancelled quantity left out.
    pub total_text: String,
    /// How it stands.
    pub status_text: String,
}

/// A page of orders.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct OrderList {
    /// The orders, newest first.
    pub rows: Vec<RecentOrder>,
    /// The page shown, from 0.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
    /// How many there are.
    pub count_text: String,
}

/// Answers `orders`.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a filter that is none.
pub fn orders(desk: Desk<'_>, args: OrdersArgs) -> Result<OrderList> {
    let filter = args.filter;
    let placed = match (filter.from, filter.to) {
        (None, None) => None,
        (from, to) => {
            let from = from.unwrap_or(Day(0));
            Some(args::period(from, to.unwrap_or(from.plus(36_000)))?.range())
        }
    };
    let parts = Part::parse_all(&filter.channels)?;
    let text = Some(filter.search.trim().to_owned()).filter(|t| !t.is_empty());
    desk.read(|r, scene| {
        let search = OrderSearch {
            placed,
            outlets: Part::outlets(&parts, scene),
            text,
        };
        let count = r.count_found(&search)?;
        let paging = Paging::of(args.page, count, PAGE);
        let rows = r.find_orders(&search, paging.skip, PAGE)?;
        Ok(OrderList {
            count_text: paging.text(scene.words, rows.len(), count, "order", "orders"),
            rows: rows.iter().map(|order| row(scene, order)).collect(),
            page: paging.page,
            pages: paging.pages,
        })
    })
}

/// An order as a row of a list.
pub(super) fn row(scene: &Scene, order: &OrderRow) -> RecentOrder {
    let zone = scene.zone_of(order.connection);
    // A moment on another day than the order's is a bare day that the platform stated.
    let placed = match zone.day_of(order.placed_at) == order.placed {
        true => When::Instant(order.placed_at),
        false => When::Day(order.placed),
    };
    let channel = scene.channel_of(order.connection);
    RecentOrder {
        connection: order.connection.0,
        key: order.key.clone(),
        name: order.name.clone(),
        placed_text: scene.words.when(placed, zone, scene.now),
        channel: channel.map_or_else(String::new, |c| scene.channel_label(c, &order.sales_channel)),
        customer_text: customer(order.customer.as_deref()),
        total_text: order
            .gross
            .map_or_else(|| UNKNOWN.to_owned(), |gross| scene.words.micros(gross, order.currency)),
        status_text: status(order.status, order.cancelled, &order.payment, &order.fulfilment),
    }
}

/// How a customer is named: nothing personal is kept, only the platform's id.
pub(super) fn customer(id: Option<&str>) -> String {
    id.map_or_else(|| "No customer named".to_owned(), |id| format!("Customer {id}"))
}

/// How an order stands, in a word or two.
pub(super) fn status(status: Status, cancelled: bool, payment: &str, fulfilment: &str) -> String {
    match status {
        Status::Sale | Status::Pending => {}
        other => return said(other.name()),
    }
    if cancelled {
        return "Cancelled".to_owned();
    }
    let (payment, fulfilment) = (said(payment), said(fulfilment));
    match (payment.is_empty(), fulfilment.is_empty()) {
        (true, true) => said(status.name()),
        (false, true) => payment,
        (true, false) => fulfilment,
        (false, false) => format!("{payment}, {}", fulfilment.to_lowercase()),
    }
}
