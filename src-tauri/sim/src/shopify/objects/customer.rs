//! Customers, without anything that names a person (contract sections 2.6 and 3.4).

use std::rc::Rc;

use super::line::AddressNode;
use super::money::money;
use super::order::OrderNode;
use super::{Answered, Cx, Plain, count, gid, moment, orders, texts, unlisted};
use crate::faults::mix;
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::lists::{self, Timeline, limited, step};
use crate::shopify::paging::{Key, Part};
use crate::shopify::search::{Bounds, Found, Kind, Known};
use crate::world::{Customer, Second};

/// A customer.
pub(crate) struct CustomerNode {
    cx: Rc<Cx>,
    customer: Customer,
}

impl CustomerNode {
    /// The customer with this number.
    pub(crate) fn by_id(cx: &Rc<Cx>, id: u64) -> Option<CustomerNode> {
        cx.world.customer(id).map(|customer| CustomerNode {
            cx: Rc::clone(cx),
            customer,
        })
    }

    /// A page of the customers.
    pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
        let filter = lists::filter(cx, "customers", args.text("query"), FILTERS);
        let passes = |id: u64, at: Second| filter.matches(&|field: &str| found(cx, id, at, field));
        let all = Bounds {
            from: cx.index.created_at(0).0 - 5 * 86_400,
            until: cx.index.now().0 + 1,
        };
        let by_change = |from: Second, to: Second| {
            let seen = cx
                .index
                .customers_updated_between(from, to)
                .filter(|(at, id)| passes(*id, *at));
            seen.map(|(at, id)| (Key::second(at.0, id), id)).collect()
        };
        let part = limited(cx, "customers", args, |window, limit| {
            if args.text("sortKey") == Some("UPDATED_AT") {
                let span = all.and(filter.bounds("updated_at"));
                let step = step(cx.index.order_count(), all.until - all.from, 600);
                return Ok(Timeline {
                    span,
                    step,
                    load: &by_change,
                }
                .part(window, limit));
            }
            let known = |id: u64| cx.index.customer(id).filter(|customer| passes(id, customer.updated_at));
            if args.text("sortKey") == Some("CREATED_AT") {
                let all = numbers(cx)
                    .iter()
                    .filter_map(|id| Some((Key::second(known(*id)?.created_at.0, *id), *id)))
                    .collect();
                return Ok(window.of(all));
            }
            Ok(window.of(numbers(cx)
                .iter()
                .filter(|id| known(**id).is_some())
                .map(|id| (Key::id(*id), *id))
                .collect()))
        })?;
        let Part {
            items,
            has_next,
            has_previous,
        } = part;
        let shown = items
            .into_iter()
            .filter_map(|(key, id)| Some((key, CustomerNode::by_id(cx, id)?)))
            .collect();
        Ok(Resolved::Page(
            Part {
                items: shown,
                has_next,
                has_previous,
            }
            .page(|node| node),
        ))
    }

    /// How many customers pass a filter.
    pub(crate) fn number(cx: &Rc<Cx>, args: &Args) -> Resolved {
        let filter = lists::filter(cx, "customersCount", args.text("query"), FILTERS);
        let seen = cx
            .index
            .customers_updated_between(Second(i64::MIN / 4), cx.index.now().plus(1));
        let passing = seen.filter(|(at, id)| filter.matches(&|field: &str| found(cx, *id, *at, field)));
        count(
            passing.count() as u64,
            args.int("limit").and_then(|limit| u64::try_from(limit).ok()),
        )
    }
}

/// The numbers of all customers, in order.
fn numbers(cx: &Cx) -> std::sync::Arc<Vec<u64>> {
    let mut places = cx.places.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    places.customers(cx.index.now(), || {
        let mut all: Vec<u64> = cx
            .index
            .customers_updated_between(Second(i64::MIN / 4), cx.index.now().plus(1))
            .map(|(_, id)| id)
            .collect();
        all.sort_unstable();
        all
    })
}

/// What customers can be filtered by. Changes are matched by the day.
const FILTERS: &[Known] = &[
    ("updated_at", Kind::WholeDay),
    ("customer_date", Kind::Time),
    ("id", Kind::Id),
    ("orders_count", Kind::Number),
    ("country", Kind::Text),
    ("state", Kind::Text),
    ("tag", Kind::Text),
    ("tag_not", Kind::Absent),
];

fn found(cx: &Cx, id: u64, at: Second, field: &str) -> Found {
    match field {
        "updated_at" => return Found::Second(at.0),
        "id" => return Found::id(id),
        _ => {}
    }
    let Some(customer) = cx.index.customer(id) else {
        return Found::Missing;
    };
    let tags = || Found::Texts(customer.tags.iter().map(|tag| (*tag).to_owned()).collect());
    match field {
        "customer_date" => Found::Second(customer.created_at.0),
        "orders_count" => Found::Number(i128::from(customer.number_of_orders)),
        "country" => Found::text(customer.region.country),
        "state" => Found::text("DISABLED"),
        "tag" if customer.tags.is_empty() => Found::Missing,
        "tag" | "tag_not" => tags(),
        _ => Found::Missing,
    }
}

impl Object for CustomerNode {
    fn kind(&self) -> &'static str {
        "Customer"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let (customer, cx) = (&self.customer, &self.cx);
        Ok(match name {
            "id" => gid("Customer", customer.id),
            "legacyResourceId" => Resolved::leaf(customer.id.to_string()),
            "createdAt" => moment(customer.created_at),
            "updatedAt" => moment(customer.updated_at),
            "state" => Resolved::leaf("DISABLED"),
            "locale" => Resolved::leaf(customer.locale),
            "note" => Resolved::Null,
            "tags" => texts(customer.tags.iter().copied()),
            "numberOfOrders" => Resolved::leaf(customer.number_of_orders.to_string()),
            "amountSpent" => money(customer.amount_spent, cx.world.spec().currency),
            "taxExempt" => Resolved::leaf(customer.tax_exempt),
            "canDelete" => Resolved::leaf(customer.number_of_orders == 0),
            "defaultAddress" => Resolved::object(AddressNode::new(customer.region, customer.id, "CustomerAddress")),
            "defaultEmailAddress" => {
                // One customer in eight left no address; the rest divide by their wish.
                let lot = mix(customer.id) % 8;
                let state = ["SUBSCRIBED", "NOT_SUBSCRIBED", "UNSUBSCRIBED"][(lot % 3) as usize];
                Resolved::maybe((lot != 7).then(|| {
                    Plain::new(
                        "CustomerEmailAddress",
                        [("marketingState", state.into()), ("validFormat", true.into())],
                    )
                }))
            }
            "lastOrder" => Resolved::maybe(customer.last_order.and_then(|index| OrderNode::at(cx, index))),
            "orders" => return orders::of_customer(cx, args, customer.id),
            _ => return unlisted(self.kind(), name),
        })
    }
}
