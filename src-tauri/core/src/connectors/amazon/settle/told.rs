//! Which tellings of an order count (`README.md`, “Which telling counts”).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::markets::Market;
use super::super::part::{Ads, By, Entry, Family, Ledger, OrderCopy, OrderPart, State, What};
use super::rows::Row;
use crate::connectors::{OrderBody, OrderFact};
use crate::model::{Currency, When, Zone};

/// A copy of the order and the fact it is.
pub(super) struct Copied<'a> {
    pub(super) fact: &'a OrderFact,
    pub(super) copy: Cow<'a, OrderCopy>,
}

impl Copied<'_> {
    /// Every line that was sold has its amounts.
    pub(super) fn is_priced(&self) -> bool {
        let sold = |lines: &Vec<_>| -> bool {
            let lines: &Vec<super::super::part::LineCopy> = lines;
            !lines.is_empty()
                && lines
                    .iter()
                    .all(|l| l.money.is_some() || l.quantity == 0 || l.cancelled)
        };
        self.copy.lines.as_ref().is_some_and(sold)
    }

    /// Whether its lines are named by the platform's own item ids.
    pub(super) fn names_items(&self) -> bool {
        self.copy.by != By::Report
    }
}

/// Everything that is told, ranked.
pub(super) struct Told<'a> {
    /// Every copy in every version, oldest first.
    pub(super) copies: Vec<Copied<'a>>,
    /// The money that moved, each movement once.
    pub(super) entries: Vec<(&'a OrderFact, &'a Entry)>,
    pub(super) ads: Vec<(&'a OrderFact, &'a Ads)>,
    /// Something was released whose deferred transaction is not known: what it earned is missing.
    pub(super) open: bool,
}

impl<'a> Told<'a> {
    pub(super) fn of(facts: &[&'a OrderFact]) -> Told<'a> {
        let mut facts: Vec<&OrderFact> = facts.to_vec();
        facts.sort_by_key(|fact| (fact.rank, fact.raw));
        let mut copies = Vec::new();
        let mut items = None;
        let (mut entries, mut ads) = (Vec::new(), Vec::new());
        for fact in facts {
            match &fact.body {
                OrderBody::Amazon(OrderPart::Copy(copy)) => copies.push(Copied {
                    fact,
                    copy: Cow::Borrowed(copy.as_ref()),
                }),
                OrderBody::Amazon(OrderPart::Items(lines, currency)) => items = Some((lines, currency)),
                OrderBody::Amazon(OrderPart::Entry(entry)) => entries.push((fact, entry.as_ref())),
                OrderBody::Amazon(OrderPart::Ads(day)) => ads.push((fact, day.as_ref())),
                OrderBody::Shopify(_) => {}
            }
        }
        copies.sort_by_key(|c| (c.fact.rank.0, c.copy.by, c.fact.rank.2, c.fact.raw));
        if let Some((lines, currency)) = items {
            // The older interface tells the items of an order in an answer of their own.
            for copied in copies
                .iter_mut()
                .filter(|c| c.copy.by == By::V0 && c.copy.lines.is_none())
            {
                let copy = copied.copy.to_mut();
                copy.lines = Some(lines.clone());
                copy.currency = copy.currency.or(*currency);
            }
        }
        let (entries, open) = once(entries);
        Told {
            copies,
            entries,
            ads,
            open,
        }
    }

    /// The copy that counts: of the highest interface, unless a newer one of a lower shows another state, or has the price that
    /// the higher lacks.
    pub(super) fn copy(&self) -> Option<&Copied<'a>> {
        let newest = self.copies.last()?;
        let highest = self.copies.iter().map(|c| c.copy.by).max()?;
        let best = self.copies.iter().rfind(|c| c.copy.by == highest)?;
        let moved_on = newest.fact.rank.0 > best.fact.rank.0
            && (newest.copy.state != best.copy.state || (newest.is_priced() && !best.is_priced()));
        Some(if moved_on { newest } else { best })
    }

    /// When the order was cancelled as a whole: the first version that shows it.
    pub(super) fn cancelled_at(&self, copy: &Copied<'_>) -> Option<When> {
        if copy.copy.state != State::Cancelled {
            return None;
        }
        let first = self.copies.iter().find(|c| c.copy.state == State::Cancelled);
        first.and_then(|c| c.copy.updated).or(copy.copy.created)
    }

    /// Sale entries, oldest first.
    pub(super) fn sales(&self) -> impl Iterator<Item = &(&'a OrderFact, &'a Entry)> {
        self.entries.iter().filter(|(_, e)| e.family == Family::Sale)
    }

    /// The first moment of a kind of entry.
    pub(super) fn first_moment(&self, family: Family) -> Option<When> {
        let of = self.entries.iter().filter(|(_, e)| e.family == family);
        of.filter_map(|(_, e)| e.at).min_by_key(|at| at.sort_key())
    }

    /// The first moment of any entry.
    pub(super) fn first_of_all(&self) -> Option<When> {
        self.entries
            .iter()
            .filter_map(|(_, e)| e.at)
            .min_by_key(|at| at.sort_key())
    }

    pub(super) fn market(&self) -> Option<&'static Market> {
        let entries = self.entries.iter().find_map(|(_, e)| e.market);
        entries.or_else(|| self.ads.iter().find_map(|(_, ads)| ads.market))
    }

    /// The currency of the amounts: the copy's, else the first entry's.
    pub(super) fn currency(&self) -> Option<Currency> {
        let copy = self.copy().and_then(|c| c.copy.currency);
        let any = || self.copies.iter().rev().find_map(|c| c.copy.currency);
        let entries = || self.entries.iter().find_map(|(_, e)| e.currency);
        copy.or_else(any)
            .or_else(entries)
            .or_else(|| self.ads.iter().find_map(|(_, ads)| ads.currency))
    }

    /// Whether the entries show that goods were sold.
    pub(super) fn sells(&self) -> bool {
        let sold = |entry: &Entry| entry.at.is_some() && entry.leaves.iter().any(|l| l.what == What::Principal);
        self.sales().any(|(_, entry)| sold(entry))
    }

    /// Whether the entries tell the price of all that the rows sell. `known`: the order has a record of its own.
    pub(super) fn prices(&self, rows: &[Row], units: Option<i32>, known: bool) -> bool {
        if !self.sells() {
            return false;
        }
        let sold: i32 = self.sales().flat_map(|(_, e)| &e.leaves).map(|l| l.units).sum();
        let placed: i32 = units.unwrap_or_else(|| rows.iter().map(|r| r.live).sum());
        let nothing_gone = rows.iter().all(|r| r.gone == 0);
        !known || (sold > 0 && sold >= placed && nothing_gone)
    }
}

/// Each movement of money once. Transactions of the current interface by their id, the latest telling of each; an event of the
/// older interface, or a settlement's, only where no higher ledger tells of one of its kind on its day or of its sum. Whether a
/// release is without what it releases.
fn once<'a>(all: Vec<(&'a OrderFact, &'a Entry)>) -> (Vec<(&'a OrderFact, &'a Entry)>, bool) {
    let mut by_id: BTreeMap<(Ledger, &str), (&OrderFact, &Entry)> = BTreeMap::new();
    for (fact, entry) in all {
        // In ascending rank: a later telling replaces an earlier one.
        by_id.insert((entry.ledger, &entry.id), (fact, entry));
    }
    let known = |id: &str| by_id.contains_key(&(Ledger::Transactions, id));
    let mut open = false;
    let mut taken: Vec<(&OrderFact, &Entry)> = Vec::new();
    let mut seen: Vec<&Entry> = Vec::new();
    for ledger in [Ledger::Transactions, Ledger::Events, Ledger::Settlement] {
        let of_ledger: Vec<_> = by_id.values().filter(|(_, e)| e.ledger == ledger).copied().collect();
        let told = told_already(&seen, &of_ledger);
        for ((fact, entry), told) in of_ledger.iter().zip(told) {
            if entry.counts && !told {
                taken.push((fact, entry));
            }
            open |= !entry.counts && entry.releases.as_deref().is_some_and(|id| !known(id));
        }
        seen.extend(of_ledger.iter().map(|(_, e)| *e));
    }
    taken.sort_by_key(|(fact, e)| (e.at.map_or(i64::MAX, When::sort_key), e.ledger, fact.raw, e.id.as_str()));
    (taken, open)
}

/// Which of the lower entries a higher ledger tells of: by kind and day, else by kind and sum, each higher one once.
fn told_already(higher: &[&Entry], lower: &[(&OrderFact, &Entry)]) -> Vec<bool> {
    let day = |entry: &Entry| entry.at.map(|at| at.day(Zone::UTC));
    let mut free = vec![true; higher.len()];
    let mut told: Vec<bool> = Vec::with_capacity(lower.len());
    for (_, entry) in lower {
        // A bare day may be the marketplace's own: what has that day there, and the same sum, is the same.
        let same = |(at, other): (usize, &&Entry)| {
            let same = free[at] && other.family == entry.family && other.sum() == entry.sum();
            (same && on_its_own_day(other, entry)).then_some(at)
        };
        let mut any = false;
        if let Some(at) = higher.iter().enumerate().find_map(same) {
            (any, free[at]) = (true, false);
        }
        for (at, other) in higher.iter().enumerate() {
            if other.family == entry.family && day(other) == day(entry) {
                (any, free[at]) = (true, false);
            }
        }
        told.push(any);
    }
    for ((_, entry), told) in lower.iter().zip(&mut told).filter(|(_, told)| !**told) {
        // A movement may have been dated anew between the two; then its sum is the same.
        let same = |(at, other): (usize, &&Entry)| {
            (free[at] && other.family == entry.family && other.sum() == entry.sum()).then_some(at)
        };
        if let Some(at) = higher.iter().enumerate().find_map(same) {
            (*told, free[at]) = (true, false);
        }
    }
    told
}

/// Whether `other` was posted on the bare day of `entry` in its marketplace, and on another one in UTC. Where nobody names the
/// marketplace, the days beside may be it.
fn on_its_own_day(other: &Entry, entry: &Entry) -> bool {
    let (Some(When::Day(bare)), Some(When::Instant(_))) = (entry.at, other.at) else {
        return false;
    };
    let day = |zone: Zone| other.at.map(|at| at.day(zone));
    let zone = other.market.or(entry.market).map(Market::zone);
    let near = [bare.plus(-1), bare.plus(1)]
        .into_iter()
        .any(|beside| day(Zone::UTC) == Some(beside));
    near && zone.is_none_or(|zone| day(zone) == Some(bare))
}
