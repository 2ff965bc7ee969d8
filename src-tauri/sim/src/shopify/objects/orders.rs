//! The list of orders: found by the search index, sorted, counted.

use std::rc::Rc;

use super::order::{Indexed, OrderNode, filter};
use super::{Answered, Cx, count};
use crate::shopify::graphql::error::GraphError;
use crate::shopify::graphql::execute::Resolved;
use crate::shopify::graphql::variables::Args;
use crate::shopify::lists::{Timeline, limited, step};
use crate::shopify::paging::{Key, Part, Window};
use crate::shopify::search::{Bounds, Filter};
use crate::world::{BACKDATE_DAYS, Second};

const DAY: i64 = 86_400;

/// A page of the orders.
pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
    let search = Search::new(cx, args.text("query"));
    cx.warnings.borrow_mut().extend(search.filter.warning("orders"));
    let part = limited(cx, "orders", args, |window, limit| {
        search.part(args.text("sortKey"), window, limit)
    })?;
    let Part {
        items,
        has_next,
        has_previous,
    } = part;
    // An order that was removed after the index saw it is not shown.
    let shown = items
        .into_iter()
        .filter_map(|(key, index)| Some((key, OrderNode::at(cx, index)?)))
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

/// The orders of one customer.
pub(crate) fn of_customer(cx: &Rc<Cx>, args: &Args, customer: u64) -> Answered {
    let own = format!("customer_id:{customer}");
    let text = args
        .text("query")
        .map_or_else(|| own.clone(), |text| format!("({text}) AND {own}"));
    let search = Search::new(cx, Some(&text));
    let part = search.part(Some("CREATED_AT"), &Window::read(args)?, usize::MAX)?;
    let Part {
        items,
        has_next,
        has_previous,
    } = part;
    let shown = items
        .into_iter()
        .filter_map(|(key, index)| Some((key, OrderNode::at(cx, index)?)))
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

/// How many orders pass a filter, counted up to `limit`.
pub(crate) fn number(cx: &Rc<Cx>, args: &Args) -> Resolved {
    let search = Search::new(cx, args.text("query"));
    cx.warnings.borrow_mut().extend(search.filter.warning("ordersCount"));
    let limit = args.int("limit").and_then(|limit| u64::try_from(limit).ok());
    let enough = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1)
    });
    let bounds = search.span("updated_at");
    let found = if bounds.from > search.everything().from {
        let touched = cx.index.updated_between(Second(bounds.from), Second(bounds.until));
        touched
            .filter(|touch| search.passes(touch.index, touch.at.0))
            .take(enough)
            .count()
    } else {
        let created = search.span("created_at");
        let indexes = cx.index.created_between(Second(created.from), Second(created.until));
        indexes
            .filter(|index| {
                cx.index
                    .updated_at(*index)
                    .is_some_and(|at| search.passes(*index, at.0))
            })
            .take(enough)
            .count()
    };
    count(found as u64, limit)
}

struct Search<'a> {
    cx: &'a Rc<Cx>,
    filter: Filter,
}

impl<'a> Search<'a> {
    fn new(cx: &'a Rc<Cx>, text: Option<&str>) -> Search<'a> {
        Search {
            cx,
            filter: filter(cx, text),
        }
    }

    /// From before the first sale to the present of the index.
    fn everything(&self) -> Bounds {
        Bounds {
            from: self.cx.index.created_at(0).0 - (BACKDATE_DAYS + 1) * DAY,
            until: self.cx.index.now().0 + 1,
        }
    }

    fn span(&self, field: &str) -> Bounds {
        self.everything().and(self.filter.bounds(field))
    }

    fn passes(&self, index: u64, updated_at: i64) -> bool {
        self.cx.is_in_reach(index)
            && self.filter.matches(&Indexed {
                cx: self.cx,
                index,
                updated_at,
            })
    }

    fn part(&self, sort: Option<&str>, window: &Window, limit: usize) -> Result<Part<u64>, GraphError> {
        if let Some(ids) = self.filter.ids() {
            let indexes = ids.into_iter().filter_map(|id| self.cx.index.order_index(id));
            let found = indexes.filter(|index| {
                self.cx
                    .index
                    .updated_at(*index)
                    .is_some_and(|at| self.passes(*index, at.0))
            });
            let items = found
                .filter_map(|index| Some((self.key(sort, index)?, index)))
                .collect();
            return Ok(window.of(items));
        }
        match sort {
            Some("UPDATED_AT") => Ok(self.walk(self.span("updated_at"), window, limit, &|from, to| {
                let touched = self.cx.index.updated_between(from, to);
                touched
                    .filter(|touch| self.passes(touch.index, touch.at.0))
                    .map(|touch| (Key::second(touch.at.0, touch.id), touch.index))
                    .collect()
            })),
            Some("CREATED_AT") => Ok(self.walk(self.span("created_at"), window, limit, &|from, to| {
                self.placed(from, to, |index| Some(self.cx.index.created_at(index)))
            })),
            Some("ID" | "ORDER_NUMBER") => self.by_number(window, limit),
            _ => Ok(self.walk(self.span("processed_at"), window, limit, &|from, to| {
                let late = to.plus(BACKDATE_DAYS * DAY);
                let mut found = self.placed(from, late, |index| self.cx.order(index).map(|order| order.processed_at));
                found.retain(|(key, _)| key.as_second().is_some_and(|second| (from.0..to.0).contains(&second)));
                found
            })),
        }
    }

    fn key(&self, sort: Option<&str>, index: u64) -> Option<Key> {
        let id = self.cx.index.order_id(index);
        Some(match sort {
            Some("UPDATED_AT") => Key::second(self.cx.index.updated_at(index)?.0, id),
            Some("CREATED_AT") => Key::second(self.cx.index.created_at(index).0, id),
            Some("ID" | "ORDER_NUMBER") => Key::id(id),
            _ => Key::second(self.cx.order(index)?.processed_at.0, id),
        })
    }

    fn walk(
        &self,
        span: Bounds,
        window: &Window,
        limit: usize,
        load: &dyn Fn(Second, Second) -> Vec<(Key, u64)>,
    ) -> Part<u64> {
        let all = self.everything();
        let step = step(self.cx.index.order_count(), all.until - all.from, 400);
        Timeline { span, step, load }.part(window, limit)
    }

    /// Orders created in `from..to` that pass, keyed by a moment of theirs.
    fn placed(&self, from: Second, to: Second, moment: impl Fn(u64) -> Option<Second>) -> Vec<(Key, u64)> {
        let indexes = self.cx.index.created_between(from, to);
        let passing = indexes.filter(|index| {
            self.cx
                .index
                .updated_at(*index)
                .is_some_and(|at| self.passes(*index, at.0))
        });
        passing
            .filter_map(|index| Some((Key::second(moment(index)?.0, self.cx.index.order_id(index)), index)))
            .collect()
    }

    /// By id. Ids grow with the index, apart from those above 2^53, which come last.
    fn by_number(&self, window: &Window, limit: usize) -> Result<Part<u64>, GraphError> {
        if window.last.is_some() || window.before.is_some() {
            return Err(GraphError::bad_request("this sort key is read forward only"));
        }
        let world = &self.cx.index;
        let wide = |index: &u64| world.order_id(*index) > 1 << 53;
        let after = window.after.as_ref().and_then(|place| world.order_index(place.id));
        let past_narrow = after.is_some_and(|index| wide(&index));
        let end = world.order_count();
        let walk: Box<dyn Iterator<Item = u64>> = match (window.reverse, after) {
            (false, None) => Box::new((0..end).filter(|index| !wide(index)).chain((0..end).filter(wide))),
            (false, Some(index)) if past_narrow => Box::new((index + 1..end).filter(wide)),
            (false, Some(index)) => Box::new(
                (index + 1..end)
                    .filter(|index| !wide(index))
                    .chain((0..end).filter(wide)),
            ),
            (true, None) => Box::new(
                (0..end)
                    .rev()
                    .filter(wide)
                    .chain((0..end).rev().filter(|index| !wide(index))),
            ),
            (true, Some(index)) if past_narrow => Box::new(
                (0..index)
                    .rev()
                    .filter(wide)
                    .chain((0..end).rev().filter(|index| !wide(index))),
            ),
            (true, Some(index)) => Box::new((0..index).rev().filter(|index| !wide(index))),
        };
        let wanted = window.first.unwrap_or(usize::MAX).min(limit);
        let passing = walk.filter(|index| world.updated_at(*index).is_some_and(|at| self.passes(*index, at.0)));
        let mut items: Vec<(Key, u64)> = passing
            .take(wanted.saturating_add(1))
            .map(|index| (Key::id(world.order_id(index)), index))
            .collect();
        let has_next = items.len() > wanted;
        items.truncate(wanted);
        Ok(Part {
            items,
            has_next,
            has_previous: after.is_some(),
        })
    }
}
