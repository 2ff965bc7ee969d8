//! Lists of the root: filtered, sorted, read page by page; long ones by walking along time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::PoisonError;

use super::graphql::error::GraphError;
use super::graphql::execute::{Object, Resolved};
use super::graphql::variables::Args;
use super::objects::{Answered, Cx};
use super::paging::{Key, Part, Window};
use super::search::{Bounds, Filter, Found, Known, Rules, Searchable};
use crate::world::Second;

/// A list ends after so many records, whatever it would hold (contract section 3.5).
pub(crate) const LIST_END: usize = 25_000;

/// How many page ends are remembered.
const REMEMBERED: usize = 10_000;

/// How far into its list each page that was handed out reached, and other things worth keeping between requests.
#[derive(Debug, Default)]
pub(crate) struct Places {
    reached: BTreeMap<String, usize>,
    oldest: VecDeque<String>,
    customers: Option<(Second, Numbers)>,
}

/// Numbers of customers in order, shared between requests.
type Numbers = std::sync::Arc<Vec<u64>>;

impl Places {
    /// The numbers of all customers at a moment, made when they are not at hand.
    pub(crate) fn customers(&mut self, at: Second, make: impl FnOnce() -> Vec<u64>) -> Numbers {
        match &self.customers {
            Some((known, numbers)) if *known == at => Numbers::clone(numbers),
            _ => {
                let numbers = Numbers::new(make());
                self.customers = Some((at, Numbers::clone(&numbers)));
                numbers
            }
        }
    }

    fn remember(&mut self, place: String, position: usize) {
        if self.reached.insert(place.clone(), position).is_none() {
            self.oldest.push_back(place);
        }
        if self.oldest.len() > REMEMBERED
            && let Some(place) = self.oldest.pop_front()
        {
            self.reached.remove(&place);
        }
    }
}

impl<F: Fn(&str) -> Found> Searchable for F {
    fn found(&self, field: &str) -> Found {
        self(field)
    }
}

/// Reads a filter; what it does not know becomes a warning beside the answer.
pub(crate) fn filter(cx: &Cx, list: &str, text: Option<&str>, fields: &'static [Known]) -> Filter {
    let filter = Filter::new(
        text,
        Rules {
            fields,
            zone: cx.zone(),
            now: cx.now(),
        },
    );
    cx.warnings.borrow_mut().extend(filter.warning(list));
    filter
}

/// A page of a list that is held whole.
pub(crate) fn memory<T, O: Object + 'static>(
    cx: &Cx,
    list: &str,
    args: &Args,
    fields: &'static [Known],
    items: Vec<(Key, T)>,
    found: impl Fn(&T, &str) -> Found,
    make: impl Fn(T) -> O,
) -> Answered {
    let window = Window::read(args)?;
    let filter = filter(cx, list, args.text("query"), fields);
    let passing = items
        .into_iter()
        .filter(|(_, item)| filter.matches(&|field: &str| found(item, field)))
        .collect();
    Ok(Resolved::Page(window.of(passing).page(make)))
}

/// A list whose records lie along time, read without holding it.
pub(crate) struct Timeline<'l, T> {
    /// Between which seconds anything can lie.
    pub(crate) span: Bounds,
    /// How many seconds to read at once.
    pub(crate) step: i64,
    /// The records of so many seconds, in any order; their keys are seconds within them.
    pub(crate) load: &'l dyn Fn(Second, Second) -> Vec<(Key, T)>,
}

impl<T> Timeline<'_, T> {
    /// The part of the list that a window asks for, at most `limit` records.
    pub(crate) fn part(&self, window: &Window, limit: usize) -> Part<T> {
        let from_end = window.last.is_some();
        let wanted = window.first.or(window.last).unwrap_or(usize::MAX).min(limit);
        let forward = window.reverse == from_end;
        let (low, high) = if window.reverse {
            (&window.before, &window.after)
        } else {
            (&window.after, &window.before)
        };
        let second = |place: &Option<Key>| place.as_ref().and_then(Key::as_second);
        let from = second(low).map_or(self.span.from, |second| second.max(self.span.from));
        let until = second(high).map_or(self.span.until, |second| second.saturating_add(1).min(self.span.until));
        let mut items: Vec<(Key, T)> = Vec::new();
        let mut edge = if forward { from } else { until };
        while from < until && (if forward { edge < until } else { edge > from }) && items.len() <= wanted {
            let next = if forward {
                edge.saturating_add(self.step).min(until)
            } else {
                edge.saturating_sub(self.step).max(from)
            };
            let (start, end) = if forward { (edge, next) } else { (next, edge) };
            let mut loaded = (self.load)(Second(start), Second(end));
            loaded.retain(|(key, _)| {
                low.as_ref().is_none_or(|low| key > low) && high.as_ref().is_none_or(|high| key < high)
            });
            loaded.sort_by(|(one, _), (two, _)| if forward { one.cmp(two) } else { two.cmp(one) });
            items.extend(loaded);
            edge = next;
        }
        let more = items.len() > wanted;
        items.truncate(wanted);
        if from_end {
            items.reverse();
            return Part {
                items,
                has_next: window.before.is_some(),
                has_previous: more,
            };
        }
        Part {
            items,
            has_next: more,
            has_previous: window.after.is_some(),
        }
    }
}

/// Reads the part of a long list that the arguments ask for, and ends the list where the platform does.
///
/// # Errors
/// Those of [`Window::read`].
pub(crate) fn limited<T>(
    cx: &Cx,
    list: &str,
    args: &Args,
    read: impl FnOnce(&Window, usize) -> Result<Part<T>, GraphError>,
) -> Result<Part<T>, GraphError> {
    let window = Window::read(args)?;
    if cx.bulk {
        return read(&window, usize::MAX);
    }
    let name = |cursor: &str| {
        let part = |name: &str| args.text(name).unwrap_or_default().to_owned();
        [
            list,
            &part("query"),
            &part("sortKey"),
            if args.flag("reverse") { "1" } else { "0" },
            cursor,
        ]
        .join("\u{1f}")
    };
    let mut places = cx.places.lock().unwrap_or_else(PoisonError::into_inner);
    let start = args
        .text("after")
        .and_then(|cursor| places.reached.get(&name(cursor)).copied())
        .unwrap_or(0);
    drop(places);
    let left = LIST_END.saturating_sub(start);
    let mut part = read(&window, left)?;
    if part.items.len() >= left {
        part.has_next = false;
    }
    if let Some((key, _)) = part.items.last() {
        places = cx.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.remember(name(&key.cursor()), start + part.items.len());
    }
    Ok(part)
}

/// Seconds that hold about so many records of a list of `total` along `length` seconds.
pub(crate) fn step(total: u64, length: i64, records: i64) -> i64 {
    let total = i64::try_from(total.max(1)).unwrap_or(i64::MAX);
    length
        .max(1)
        .saturating_mul(records)
        .checked_div(total)
        .unwrap_or(0)
        .clamp(600, 30 * 86_400)
}
