//! Events: the only trace that removed orders and products leave (contract section 3.4).

use std::rc::Rc;

use super::{Answered, Cx, count, gid, gid_text, moment, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::lists::{self, memory};
use crate::shopify::paging::Key;
use crate::shopify::search::{Found, Kind, Known};
use crate::world::Second;

/// Seconds that events are kept.
const KEPT: i64 = 365 * 86_400;
/// Up to so many events are counted.
const MOST_COUNTED: u64 = 10_000;

/// The removal of an order or a product.
pub(crate) struct EventNode {
    number: u64,
    at: Second,
    subject: (&'static str, &'static str, u64),
}

impl EventNode {
    /// A page of the events. The face keeps removals only.
    pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
        let key = |event: &EventNode| match args.text("sortKey") {
            Some("CREATED_AT") => Key::second(event.at.0, event.number),
            _ => Key::id(event.number),
        };
        let items = removals(cx).into_iter().map(|event| (key(&event), event)).collect();
        memory(cx, "events", args, FILTERS, items, EventNode::found, |event| event)
    }

    /// How many events pass a filter; counted up to 10,000 and no further.
    pub(crate) fn number(cx: &Rc<Cx>, args: &Args) -> Resolved {
        let filter = lists::filter(cx, "eventsCount", args.text("query"), FILTERS);
        let passing = removals(cx)
            .into_iter()
            .filter(|event| filter.matches(&|field: &str| event.found(field)));
        count(passing.count() as u64, Some(MOST_COUNTED))
    }

    fn found(&self, field: &str) -> Found {
        match field {
            "action" => Found::text("destroy"),
            "created_at" => Found::Second(self.at.0),
            "id" => Found::id(self.number),
            "subject_type" => Found::text(self.subject.1),
            "comments" => Found::Flag(false),
            _ => Found::Missing,
        }
    }

    /// The event with this number.
    pub(crate) fn by_id(cx: &Rc<Cx>, id: u64) -> Option<EventNode> {
        removals(cx).into_iter().find(|event| event.number == id)
    }
}

const FILTERS: &[Known] = &[
    ("action", Kind::Text),
    ("created_at", Kind::Time),
    ("id", Kind::Id),
    ("subject_type", Kind::Text),
    ("comments", Kind::Flag),
];

/// Everything removed within a year, oldest first. An event is numbered by its second and its subject.
fn removals(cx: &Cx) -> Vec<EventNode> {
    let (from, to) = (cx.index.now().plus(-KEPT), cx.index.now().plus(1));
    let mut events: Vec<EventNode> = Vec::new();
    if cx.permit.has("read_orders") {
        let orders = cx.index.deleted_between(from, to).into_iter();
        events.extend(orders.map(|(at, index)| event(at, ("Order", "ORDER", cx.index.order_id(index)))));
    }
    if cx.permit.has("read_products") {
        let products = (0..).map_while(|index| cx.index.product(index));
        let removed =
            products.filter_map(|product| Some((product.deleted_at.filter(|at| (from..to).contains(at))?, product.id)));
        events.extend(removed.map(|(at, id)| event(at, ("Product", "PRODUCT", id))));
    }
    events.sort_by_key(|event| (event.at, event.number));
    events
}

fn event(at: Second, subject: (&'static str, &'static str, u64)) -> EventNode {
    EventNode {
        number: at.0.unsigned_abs() * 100_000 + subject.2 / 32 % 100_000,
        at,
        subject,
    }
}

impl Object for EventNode {
    fn kind(&self) -> &'static str {
        "BasicEvent"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (kind, member, id) = self.subject;
        Ok(match name {
            "id" => gid("BasicEvent", self.number),
            "action" => Resolved::leaf("destroy"),
            "createdAt" => moment(self.at),
            "subjectId" => Resolved::leaf(gid_text(kind, id)),
            "subjectType" => Resolved::leaf(member),
            "message" => Resolved::leaf(format!("{kind} was deleted.")),
            "appTitle" => Resolved::Null,
            "attributeToApp" | "criticalAlert" => Resolved::leaf(false),
            "attributeToUser" => Resolved::leaf(true),
            _ => return unlisted(self.kind(), name),
        })
    }
}
