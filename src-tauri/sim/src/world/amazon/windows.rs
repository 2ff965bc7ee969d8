//! Windows of time over Amazon's orders and money, made from the orders placed in the days before them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::account::period;
use super::market::Marketplace;
use super::money::{AmazonTransaction, Held, TransactionType, items};
use super::order::AmazonOrder;
use super::plan::{Move, Moved, Plan};
use super::{Seller, ids};
use crate::world::LIFE_DAYS;
use crate::world::instant::{DAY, Second};

const CHUNK: i64 = 15 * DAY;
/// Keys kept at most, in all chunks together.
const KEPT_KEYS: usize = 2_000_000;

/// An order and the moment of its last visible change. Sorts by moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touched {
    /// The moment.
    pub at: Second,
    /// The marketplace.
    pub market: Marketplace,
    /// The order's index.
    pub index: u64,
}

/// A movement of money, before it is looked at. Sorts by its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoneyKey {
    /// The date that it carries.
    pub posted: Second,
    /// The marketplace.
    pub market: Marketplace,
    /// Moment from which it is shown.
    pub shown: Second,
    source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// Index, and number among the order's movements.
    Order(u64, usize),
    /// UTC day, and number among the day's rows.
    Account(i64, usize),
}

type Kept<T, K> = VecDeque<(K, Arc<Vec<T>>)>;

/// The chunks read last.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    touched: Mutex<Kept<Touched, (Second, Marketplace, i64)>>,
    money: Mutex<Kept<MoneyKey, (Marketplace, i64)>>,
}

fn kept<T, K: PartialEq>(shelf: &Mutex<Kept<T, K>>, key: K, make: impl FnOnce() -> Vec<T>) -> Arc<Vec<T>> {
    let lock = || shelf.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, found)) = lock().iter().find(|(own, _)| *own == key) {
        return Arc::clone(found);
    }
    let made = Arc::new(make());
    let mut shelf = lock();
    shelf.push_front((key, Arc::clone(&made)));
    while shelf.len() > 1 && shelf.iter().map(|(_, keys)| keys.len() + 64).sum::<usize>() > KEPT_KEYS {
        shelf.pop_back();
    }
    made
}

impl Seller {
    fn candidates(&self, market: Marketplace, from: Second, to: Second) -> impl Iterator<Item = Plan> + '_ {
        let calendar = self.base.calendar(market);
        let first = calendar.first_at_or_after(from.plus(-LIFE_DAYS * DAY));
        let last = calendar.first_at_or_after(to);
        (first..last).filter_map(move |index| Plan::of(&self.base, market, index))
    }

    fn touched_chunk(&self, market: Marketplace, number: i64) -> Arc<Vec<Touched>> {
        kept(&self.base.shelf.touched, (self.now(), market, number), || {
            let (start, end) = (Second(number * CHUNK), Second((number + 1) * CHUNK));
            let touched = self.candidates(market, start, end.min(self.now().plus(1)));
            let touched = touched.filter_map(|plan| {
                let (at, _) = plan.visible(self.now()).last()?;
                (start..end).contains(at).then_some(Touched {
                    at: *at,
                    market,
                    index: plan.index,
                })
            });
            let mut touched: Vec<Touched> = touched.collect();
            touched.sort_unstable();
            touched
        })
    }

    fn chunks(&self, markets: &[Marketplace], from: Second, to: Second) -> std::ops::Range<i64> {
        let starts = markets.iter().map(|market| self.base.calendar(*market).start());
        let from = from.max(starts.min().unwrap_or(from));
        let to = to.min(self.now().plus(1));
        from.0.div_euclid(CHUNK)..(to.0 + CHUNK - 1).div_euclid(CHUNK)
    }

    /// At most `limit` orders whose last change lies in `from..to`, oldest first, behind `after`.
    pub fn touched(
        &self,
        markets: &[Marketplace],
        from: Second,
        to: Second,
        after: Option<Touched>,
        limit: usize,
    ) -> Vec<Touched> {
        let from = after.map_or(from, |after| from.max(after.at));
        let mut page = Vec::new();
        for number in self.chunks(markets, from, to) {
            let mut all: Vec<Touched> = Vec::new();
            for market in markets {
                let keys = self.touched_chunk(*market, number);
                let first = keys.partition_point(|touched| touched.at < from);
                let own = keys[first..]
                    .iter()
                    .filter(|touched| after.is_none_or(|after| **touched > after));
                all.extend(own.take_while(|touched| touched.at < to).take(limit));
            }
            all.sort_unstable();
            page.extend(all.into_iter().take(limit - page.len()));
            if page.len() >= limit {
                break;
            }
        }
        page
    }

    /// The same by the moment of placement.
    pub fn created(
        &self,
        markets: &[Marketplace],
        from: Second,
        to: Second,
        after: Option<Touched>,
        limit: usize,
    ) -> Vec<Touched> {
        let from = after.map_or(from, |after| from.max(after.at));
        let mut all = Vec::new();
        for market in markets {
            let indexes = self.placed_between(*market, from, to);
            let touched = indexes.map(|index| Touched {
                at: self.base.calendar(*market).placed(index),
                market: *market,
                index,
            });
            all.extend(
                touched
                    .filter(|touched| after.is_none_or(|after| *touched > after))
                    .take(limit),
            );
        }
        all.sort_unstable();
        all.truncate(limit);
        all
    }

    /// Indexes of the orders placed in `from..to`, as far as they exist now.
    pub fn placed_between(&self, market: Marketplace, from: Second, to: Second) -> std::ops::Range<u64> {
        let calendar = self.base.calendar(market);
        let end = self.order_count(market);
        let first = calendar.first_at_or_after(from).min(end);
        first..calendar.first_at_or_after(to).min(end).max(first)
    }

    /// Movements dated in `from..to`, by date, whether they are shown already or not.
    pub(super) fn money_keys(&self, market: Marketplace, from: Second, to: Second) -> Vec<MoneyKey> {
        let mut keys = Vec::new();
        for number in self.chunks(&[market], from, to) {
            let chunk = self.money_chunk(market, number);
            let first = chunk.partition_point(|key| key.posted < from);
            keys.extend(chunk[first..].iter().take_while(|key| key.posted < to));
        }
        keys
    }

    fn money_chunk(&self, market: Marketplace, number: i64) -> Arc<Vec<MoneyKey>> {
        kept(&self.base.shelf.money, (market, number), || {
            let (start, end) = (Second(number * CHUNK), Second((number + 1) * CHUNK));
            let mut keys = Vec::new();
            for plan in self.candidates(market, start, end) {
                for (place, moved) in plan.moves().iter().enumerate() {
                    if (start..end).contains(&moved.posted) {
                        keys.push(MoneyKey {
                            posted: moved.posted,
                            market,
                            shown: moved.shown,
                            source: Source::Order(plan.index, place),
                        });
                    }
                }
            }
            for day in start.0 / DAY..end.0 / DAY {
                for (place, row) in self.account_rows(market, day).iter().enumerate() {
                    keys.push(MoneyKey {
                        posted: row.posted,
                        market,
                        shown: row.posted.plus(2 * 3_600),
                        source: Source::Account(day, place),
                    });
                }
            }
            keys.sort_unstable();
            keys
        })
    }

    /// At most `limit` movements dated in `from..to` that are shown now, by date, behind `after`.
    pub fn money(
        &self,
        markets: &[Marketplace],
        from: Second,
        to: Second,
        after: Option<MoneyKey>,
        limit: usize,
    ) -> Vec<MoneyKey> {
        let from = after.map_or(from, |after| from.max(after.posted));
        let mut page = Vec::new();
        for number in self.chunks(markets, from, to) {
            let mut all = Vec::new();
            for market in markets {
                let keys = self.money_chunk(*market, number);
                let first = keys.partition_point(|key| key.posted < from);
                let own = keys[first..].iter().take_while(|key| key.posted < to);
                let own = own.filter(|key| after.is_none_or(|after| **key > after));
                all.extend(own.filter(|key| key.shown <= self.now()).take(limit).copied());
            }
            all.sort_unstable();
            page.extend(all.into_iter().take(limit - page.len()));
            if page.len() >= limit {
                break;
            }
        }
        page
    }

    /// The same for what belongs to no order.
    pub fn account_money(
        &self,
        market: Marketplace,
        from: Second,
        to: Second,
        after: Option<MoneyKey>,
        limit: usize,
    ) -> Vec<MoneyKey> {
        let from = after.map_or(from, |after| from.max(after.posted));
        let to = to.min(self.now().plus(1));
        let mut page = Vec::new();
        for day in from.0.div_euclid(DAY)..=to.0.div_euclid(DAY) {
            let rows = self.account_rows(market, day).into_iter().enumerate();
            let keys = rows.map(|(place, row)| MoneyKey {
                posted: row.posted,
                market,
                shown: row.posted.plus(2 * 3_600),
                source: Source::Account(day, place),
            });
            let wanted = |key: &MoneyKey| {
                (from..to).contains(&key.posted) && key.shown <= self.now() && after.is_none_or(|after| *key > after)
            };
            page.extend(keys.filter(wanted));
            if page.len() >= limit {
                page.truncate(limit);
                break;
            }
        }
        page
    }

    /// The movement behind a key, as it is shown now; `None` where nothing moves.
    pub fn transaction(&self, key: &MoneyKey) -> Option<AmazonTransaction> {
        match key.source {
            Source::Account(day, place) => self.account_transaction(key.market, day, place),
            Source::Order(index, place) => {
                let plan = Plan::of(&self.base, key.market, index)?;
                let moved = *plan.moves().get(place)?;
                let order = self.build(&plan, plan.steps());
                self.order_transaction(&plan, &order, place, moved)
            }
        }
    }

    /// All movements of an order that are shown now, by date.
    pub fn order_money(&self, market: Marketplace, index: u64) -> Vec<AmazonTransaction> {
        let Some(plan) = Plan::of(&self.base, market, index) else {
            return Vec::new();
        };
        if !plan.moves().iter().any(|moved| moved.shown <= self.now()) {
            return Vec::new();
        }
        let order = self.build(&plan, plan.steps());
        let shown = plan
            .moves()
            .iter()
            .enumerate()
            .filter(|(_, moved)| moved.shown <= self.now());
        let mut shown: Vec<AmazonTransaction> = shown
            .filter_map(|(place, moved)| self.order_transaction(&plan, &order, place, *moved))
            .collect();
        shown.sort_by_key(|moved| moved.posted);
        shown
    }

    fn order_transaction(
        &self,
        plan: &Plan,
        order: &AmazonOrder,
        place: usize,
        moved: Moved,
    ) -> Option<AmazonTransaction> {
        let number = |place: usize| (plan.index * 16 + place as u64) * 4 + plan.market.place() as u64;
        let id = |place: usize| ids::opaque("order", number(place));
        let (part, kind) = match moved.what {
            Move::Shipment(part) | Move::Release(part) => (Some(part), TransactionType::Shipment),
            Move::Refund(_) => (None, TransactionType::Refund),
        };
        let twin = |what: fn(u8) -> Move| {
            let wanted = part.map(what);
            plan.moves().iter().position(|other| Some(other.what) == wanted)
        };
        let (status, other) = match moved.what {
            Move::Release(_) => (Held::Released, twin(Move::Shipment).map(id)),
            Move::Refund(_) => (Held::Released, None),
            Move::Shipment(_) => match twin(Move::Release) {
                None => (Held::Released, None),
                Some(release) if plan.moves()[release].shown <= self.now() => {
                    (Held::DeferredReleased, Some(id(release)))
                }
                Some(_) => (Held::Deferred, None),
            },
        };
        let items = items(order, moved.what);
        // The seller's own shipments in the US do not always say where they were sold.
        let placed = !(plan.market == Marketplace::Us && order.network == super::Network::Mfn && plan.index % 2 == 1);
        (!items.is_empty()).then(|| AmazonTransaction {
            id: id(place),
            market: plan.market,
            kind,
            posted: moved.posted,
            shown: moved.shown,
            status,
            matures: moved.matures,
            other,
            order: Some((order.index, order.id.clone())),
            shipment: part.map(|part| (7_000_000_000_000 + number(usize::from(part))).to_string()),
            refund: part.is_none().then(|| ids::opaque("refund", number(place))),
            period: period(moved.posted),
            placed,
            items,
            parts: Vec::new(),
        })
    }
}

impl MoneyKey {
    /// A place between two movements and the bound of the search, as text for a token.
    pub(crate) fn write_with(bound: Second, after: Option<MoneyKey>) -> String {
        after.map_or_else(
            || format!("{}", bound.0),
            |key| {
                let (kind, number, place) = match key.source {
                    Source::Order(index, place) => ("o", i64::try_from(index).unwrap_or(0), place),
                    Source::Account(day, place) => ("a", day, place),
                };
                format!(
                    "{}.{}.{}.{}.{kind}.{number}.{place}",
                    bound.0,
                    key.posted.0,
                    key.market.place(),
                    key.shown.0
                )
            },
        )
    }

    /// Reads what [`MoneyKey::write_with`] wrote.
    pub(crate) fn read_with(text: &str) -> Option<(Second, Option<MoneyKey>)> {
        let mut parts = text.split('.');
        let bound = Second(parts.next()?.parse().ok()?);
        let Some(posted) = parts.next() else {
            return Some((bound, None));
        };
        let market = *Marketplace::ALL.get(parts.next()?.parse::<usize>().ok()?)?;
        let shown = Second(parts.next()?.parse().ok()?);
        let kind = parts.next()?;
        let number: i64 = parts.next()?.parse().ok()?;
        let place = parts.next()?.parse().ok()?;
        let source = match kind {
            "o" => Source::Order(number.unsigned_abs(), place),
            _ => Source::Account(number, place),
        };
        let posted = Second(posted.parse().ok()?);
        Some((
            bound,
            Some(MoneyKey {
                posted,
                market,
                shown,
                source,
            }),
        ))
    }
}
