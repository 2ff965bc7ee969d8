//! What the fields of each type come to, read from the world.

pub(crate) mod agreement;
pub(crate) mod bulk;
pub(crate) mod catalog;
pub(crate) mod customer;
pub(crate) mod event;
pub(crate) mod fulfillment;
pub(crate) mod inventory;
pub(crate) mod line;
pub(crate) mod money;
pub(crate) mod node;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod payment;
pub(crate) mod payout;
pub(crate) mod refund;
pub(crate) mod root;
pub(crate) mod shop;
pub(crate) mod shopifyql;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono_tz::Tz;
use serde_json::Value;

use super::access::Permit;
use super::bulk::Desk;
use super::graphql::error::GraphError;
use super::graphql::execute::{Object, Resolved};
use super::graphql::variables::Args;
use super::lists::Places;
use super::paging::{Key, SortValue, Window};
use super::shop::Shop;
use super::tree::Tree;
use super::versions::Version;
use crate::world::{Order, Second, World};

/// Everything that answering one request needs.
pub(crate) struct Cx {
    /// The world now.
    pub(crate) world: World,
    /// The world as the search index knows it, some seconds behind.
    pub(crate) index: World,
    /// The shop.
    pub(crate) shop: Arc<Shop>,
    /// The version that answers.
    pub(crate) version: Version,
    /// What the caller may see.
    pub(crate) permit: Permit,
    /// The caller.
    pub(crate) client_id: String,
    /// The present of the platform's own machinery, in seconds since 1970; the seller's life may stand still.
    pub(crate) time: i64,
    /// The shop's bulk operations.
    pub(crate) desk: Arc<Mutex<Desk>>,
    /// Where pages that were handed out ended.
    pub(crate) places: Arc<Mutex<Places>>,
    /// The address of the storage that holds result files.
    pub(crate) storage: String,
    /// Whether lists are read whole, for a bulk operation.
    pub(crate) bulk: bool,
    /// `extensions.search` so far.
    pub(crate) warnings: RefCell<Vec<Tree>>,
    orders: RefCell<BTreeMap<u64, Option<Rc<Order>>>>,
}

impl Cx {
    /// A context; `client_id` is the caller's app.
    pub(crate) fn new(
        world: World,
        index: World,
        shop: Arc<Shop>,
        version: Version,
        caller: Caller,
        shared: Shared,
    ) -> Rc<Cx> {
        Rc::new(Cx {
            world,
            index,
            shop,
            version,
            permit: caller.permit,
            client_id: caller.client_id,
            time: caller.time,
            desk: shared.desk,
            places: shared.places,
            storage: shared.storage,
            bulk: false,
            warnings: RefCell::default(),
            orders: RefCell::default(),
        })
    }

    /// A context for the inside of a bulk operation, without ends of lists.
    pub(crate) fn for_bulk(world: World, shop: Arc<Shop>, version: Version, permit: Permit, shared: Shared) -> Rc<Cx> {
        Rc::new(Cx {
            index: world.clone(),
            time: world.now().0,
            world,
            shop,
            version,
            permit,
            client_id: String::new(),
            desk: shared.desk,
            places: shared.places,
            storage: shared.storage,
            bulk: true,
            warnings: RefCell::default(),
            orders: RefCell::default(),
        })
    }

    /// The present of the seller's life, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.world.now().0
    }

    /// The zone of the shop.
    pub(crate) fn zone(&self) -> Tz {
        self.world.spec().zone
    }

    /// An order as it stands now, if it exists and the caller may see orders of its age.
    pub(crate) fn order(&self, index: u64) -> Option<Rc<Order>> {
        if !self.is_in_reach(index) {
            return None;
        }
        let mut orders = self.orders.borrow_mut();
        if let Some(known) = orders.get(&index) {
            return known.clone();
        }
        if orders.len() > 2000 {
            orders.clear();
        }
        let made = self.world.order(index).map(Rc::new);
        orders.insert(index, made.clone());
        made
    }

    /// Whether the caller may see an order of this age: 60 days without the scope for all.
    pub(crate) fn is_in_reach(&self, index: u64) -> bool {
        self.permit.has("read_all_orders") || self.world.created_at(index).0 >= self.now() - 60 * 86_400
    }

    /// What this request shares with others.
    pub(crate) fn shared(&self) -> Shared {
        Shared {
            desk: Arc::clone(&self.desk),
            places: Arc::clone(&self.places),
            storage: self.storage.clone(),
        }
    }

    /// The bulk operations, to read or change.
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who asks, and when.
pub(crate) struct Caller {
    /// What the caller may see.
    pub(crate) permit: Permit,
    /// The caller's app.
    pub(crate) client_id: String,
    /// The present, in seconds since 1970.
    pub(crate) time: i64,
}

/// What requests share.
#[derive(Clone)]
pub(crate) struct Shared {
    /// The shop's bulk operations.
    pub(crate) desk: Arc<Mutex<Desk>>,
    /// Where pages that were handed out ended.
    pub(crate) places: Arc<Mutex<Places>>,
    /// The address of the storage that holds result files.
    pub(crate) storage: String,
}

/// What fields answer with.
pub(crate) type Answered = Result<Resolved, GraphError>;

/// The table lists a field that the face has no answer for: a defect that a test rules out.
pub(crate) fn unlisted(kind: &str, name: &str) -> Answered {
    Err(GraphError::new(format!(
        "the field {kind}.{name} is listed but has no answer"
    )))
}

/// `gid://shopify/Kind/1`.
pub(crate) fn gid(kind: &str, id: impl std::fmt::Display) -> Resolved {
    Resolved::leaf(gid_text(kind, id))
}

/// `gid://shopify/Kind/1` as text.
pub(crate) fn gid_text(kind: &str, id: impl std::fmt::Display) -> String {
    format!("gid://shopify/{kind}/{id}")
}

/// The number of a gid of this kind.
pub(crate) fn number_of(kind: &str, gid: &str) -> Option<u64> {
    gid.strip_prefix("gid://shopify/")?
        .strip_prefix(kind)?
        .strip_prefix('/')?
        .parse()
        .ok()
}

/// A moment.
pub(crate) fn moment(at: Second) -> Resolved {
    Resolved::leaf(at.iso())
}

/// A moment that may not have come.
pub(crate) fn maybe_moment(at: Option<Second>) -> Resolved {
    at.map_or(Resolved::Null, moment)
}

/// A list of texts.
pub(crate) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Resolved {
    Resolved::Leaf(Value::Array(
        texts.into_iter().map(|text| Value::String(text.into())).collect(),
    ))
}

/// A fraction, exact in its decimal text, as a JSON number.
pub(crate) fn float(text: &str) -> Resolved {
    Resolved::leaf(text.parse().map_or(Value::Null, Value::Number))
}

/// A page of a short list that belongs to one object; `id` numbers the items for cursors.
pub(crate) fn nested<T, O: Object + 'static>(
    args: &Args,
    items: impl IntoIterator<Item = T>,
    id: impl Fn(&T) -> u64,
    make: impl Fn(T) -> O,
) -> Answered {
    let list = items
        .into_iter()
        .enumerate()
        .map(|(position, item)| {
            (
                Key {
                    value: SortValue::Number(position as u64),
                    id: id(&item),
                },
                item,
            )
        })
        .collect();
    Ok(Resolved::Page(Window::read(args)?.of(list).page(make)))
}

/// The first so many items of a plain list, all without `first`.
pub(crate) fn first<T>(args: &Args, items: impl IntoIterator<Item = T>) -> Result<Vec<T>, GraphError> {
    let limit = match args.int("first") {
        None => usize::MAX,
        Some(limit) => usize::try_from(limit).map_err(|_| GraphError::bad_request("first cannot be negative"))?,
    };
    Ok(items.into_iter().take(limit).collect())
}

/// An object of leaves.
pub(crate) struct Plain {
    kind: &'static str,
    leaves: Vec<(&'static str, Value)>,
}

impl Plain {
    /// An object of this type with these leaves.
    pub(crate) fn new<const N: usize>(kind: &'static str, leaves: [(&'static str, Value); N]) -> Plain {
        Plain {
            kind,
            leaves: leaves.into(),
        }
    }
}

impl Object for Plain {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        match self.leaves.iter().find(|(own, _)| *own == name) {
            Some((_, value)) => Ok(Resolved::leaf(value.clone())),
            None => unlisted(self.kind, name),
        }
    }
}

/// How many there are, told exactly up to a limit.
pub(crate) fn count(found: u64, limit: Option<u64>) -> Resolved {
    let (count, precision) = match limit {
        Some(limit) if found > limit => (limit, "AT_LEAST"),
        _ => (found, "EXACT"),
    };
    Resolved::object(Plain::new(
        "Count",
        [("count", Value::from(count)), ("precision", Value::from(precision))],
    ))
}
