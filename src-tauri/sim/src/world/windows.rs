//! Orders by the moment of their last change: windows of time, in the order (moment, id), without holding the world.
//!
//! A window is served in chunks of thirty days. The keys of a chunk are found among the orders created in the 120 days
//! before its end, from their plans alone, and a few chunks are kept, so that reading page after page is cheap.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::instant::{DAY, Second};
use super::plan::Plan;
use super::{BACKDATE_DAYS, LIFE_DAYS, World, ids};

const CHUNK: i64 = 30 * DAY;
/// Keys kept at most, in all chunks together.
const KEPT_KEYS: usize = 2_000_000;

/// An order and the moment of its last visible change. Sorts by moment, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// The order's `updated_at`.
    pub at: Second,
    /// The order's id.
    pub id: u64,
    /// The order's index.
    pub index: u64,
}

/// Keys of one chunk at one `now`.
type Kept = VecDeque<((Second, i64), Arc<Vec<Touch>>)>;

/// The chunks read last.
#[derive(Debug, Default)]
pub(crate) struct ChunkShelf(Mutex<Kept>);

impl World {
    /// Parts of `from..to` that each lie within one chunk, oldest first, cut to the time in which anything happens.
    pub(crate) fn chunks(&self, from: Second, to: Second) -> impl DoubleEndedIterator<Item = (Second, Second)> + use<> {
        let from = from.max(self.base.calendar.start().plus(-BACKDATE_DAYS * DAY));
        let to = to.min(self.now.plus(1));
        let numbers = from.0.div_euclid(CHUNK)..(to.0 + CHUNK - 1).div_euclid(CHUNK);
        numbers
            .map(move |number| (Second(number * CHUNK).max(from), Second((number + 1) * CHUNK).min(to)))
            .filter(|(start, end)| start < end)
    }

    fn chunk(&self, at: Second) -> Arc<Vec<Touch>> {
        let number = at.0.div_euclid(CHUNK);
        let key = (self.now, number);
        let shelf = &self.base.chunks.0;
        let find = |kept: &Kept| {
            kept.iter()
                .find(|(kept, _)| *kept == key)
                .map(|(_, keys)| Arc::clone(keys))
        };
        if let Some(keys) = find(&shelf.lock().unwrap_or_else(PoisonError::into_inner)) {
            return keys;
        }
        let (start, end) = (Second(number * CHUNK), Second((number + 1) * CHUNK));
        let mut keys: Vec<Touch> = self
            .candidates(start, end)
            .filter_map(|plan| {
                let at = plan.visible(self.now).last()?.at;
                (start..end).contains(&at).then(|| Touch {
                    at,
                    id: ids::order(plan.index),
                    index: plan.index,
                })
            })
            .collect();
        keys.sort_unstable();
        let keys = Arc::new(keys);
        let mut kept = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((key, Arc::clone(&keys)));
        while kept.len() > 1 && kept.iter().map(|(_, keys)| keys.len()).sum::<usize>() > KEPT_KEYS {
            kept.pop_back();
        }
        keys
    }

    /// Plans of all orders that can have an event, or their sale, in `from..to`, by index.
    pub(crate) fn candidates(&self, from: Second, to: Second) -> impl Iterator<Item = Plan> + '_ {
        let first = self.base.calendar.first_at_or_after(from.plus(-LIFE_DAYS * DAY));
        let last = self
            .base
            .calendar
            .first_at_or_after(to.plus(BACKDATE_DAYS * DAY).min(self.now.plus(1)));
        (first..last).filter_map(|index| Plan::of(&self.base, index))
    }

    /// Orders whose `updated_at` lies in `from..to`, by (moment, id). Removed orders are not among them.
    pub fn updated_between(&self, from: Second, to: Second) -> impl Iterator<Item = Touch> + '_ {
        self.chunks(from, to).flat_map(|(start, end)| {
            let keys = self.chunk(start);
            let first = keys.partition_point(|touch| touch.at < start);
            let last = keys.partition_point(|touch| touch.at < end);
            (first..last).map(move |at| keys[at])
        })
    }

    /// At most `limit` orders whose `updated_at` lies in `from..to`, by (moment, id) ascending, or descending when
    /// `newest_first`; `after` is the (moment, id) of the last one already seen.
    pub fn updated_page(
        &self,
        from: Second,
        to: Second,
        after: Option<(Second, u64)>,
        newest_first: bool,
        limit: usize,
    ) -> Vec<Touch> {
        let mut page = Vec::new();
        if newest_first {
            let to = after.map_or(to, |(at, _)| to.min(at.plus(1)));
            for (start, end) in self.chunks(from, to).rev() {
                let keys = self.chunk(start);
                let last = keys
                    .partition_point(|touch| touch.at < end && after.is_none_or(|after| (touch.at, touch.id) < after));
                let wanted = keys[..last].iter().rev().take_while(|touch| touch.at >= start);
                page.extend(wanted.take(limit - page.len()));
                if page.len() == limit {
                    break;
                }
            }
        } else {
            let from = after.map_or(from, |(at, _)| from.max(at));
            for (start, end) in self.chunks(from, to) {
                let keys = self.chunk(start);
                let first = keys.partition_point(|touch| {
                    touch.at < start || after.is_some_and(|after| (touch.at, touch.id) <= after)
                });
                let wanted = keys[first..].iter().take_while(|touch| touch.at < end);
                page.extend(wanted.take(limit - page.len()));
                if page.len() == limit {
                    break;
                }
            }
        }
        page
    }

    /// Indexes of the orders created in `from..to`, as far as they exist at `now`; removed ones are among them and
    /// answer `None` to [`World::order`].
    pub fn created_between(&self, from: Second, to: Second) -> std::ops::Range<u64> {
        let end = self.order_count();
        let first = self.base.calendar.first_at_or_after(from).min(end);
        first..self.base.calendar.first_at_or_after(to).min(end).max(first)
    }

    /// Orders removed in `from..to`: (moment, index), oldest first.
    pub fn deleted_between(&self, from: Second, to: Second) -> Vec<(Second, u64)> {
        let mut removed: Vec<(Second, u64)> = self
            .candidates(from, to)
            .filter_map(|plan| plan.deleted_at(self.now).map(|at| (at, plan.index)))
            .filter(|(at, _)| (from..to).contains(at))
            .collect();
        removed.sort_unstable();
        removed
    }
}
