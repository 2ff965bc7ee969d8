//! Roll-ups kept by differences are the roll-ups of a recount.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::orders::{any_order, plain_order};
use super::{Folder, key, shop};
use crate::metrics::{Definition, Measures, ProductMeasures, contributions};
use crate::model::{Day, Order, Zone};
use crate::store::*;

/// Stores `order` and moves the roll-ups by the difference.
pub(super) fn take(w: &mut Write<'_>, connection: ConnectionId, order: &Order, delta: &mut RollupDelta) -> Result<i64> {
    let (business, products) = contributions(order, Zone::UTC);
    let days = OrderDays::of(order, Zone::UTC, &business);
    let (id, before) = w.put_order(connection, order, &days)?;
    if let Some(before) = before {
        let (business, products) = contributions(&before, Zone::UTC);
        delta.add(connection, &before, &business, &products, -1);
    }
    delta.add(connection, order, &business, &products, 1);
    Ok(id)
}

/// Makes amounts small enough to sum, days close enough to meet, and keys equal enough to replace one another.
pub(super) fn tame(mut order: Order, number: u8) -> Order {
    use crate::model::When;
    let near = |when: When| match when {
        When::Instant(at) => When::Instant(1_780_000_000 + at.rem_euclid(40 * 86_400)),
        When::Day(day) => When::Day(Day(20_600 + day.0.rem_euclid(40))),
    };
    order.key = (number % 6).to_string();
    order.placed_at = near(order.placed_at);
    order.first_ship = order.first_ship.map(near);
    order.units_placed %= 100;
    order.units_cancelled %= 100;
    for posting in &mut order.postings {
        posting.micros %= 1_000_000_000;
        posting.quantity %= 100;
        posting.event_at = near(posting.event_at);
        posting.ship_at = posting.ship_at.map(near);
    }
    order
}

type Told = (BTreeMap<String, Measures>, BTreeMap<String, ProductMeasures>);

/// Both roll-ups as the store tells them, for every definition, kept apart as finely as can be.
fn stored(r: &Read<'_>) -> Result<Told> {
    let group = Group {
        day: true,
        connection: true,
        sales_channel: true,
        status: true,
    };
    let mut sums = Told::default();
    for definition in Definition::ALL {
        for row in r.daily(definition, Day(0)..Day(99_999), &RollupFilter::default(), group)? {
            let key = format!(
                "{definition:?} {:?} {:?} {:?} {}",
                row.day, row.sales_channel, row.status, row.currency
            );
            sums.0.insert(key, row.measures);
        }
        for row in r.products_sold(definition, Day(0)..Day(99_999), &RollupFilter::default())? {
            sums.1
                .insert(format!("{definition:?} {} {}", row.sku, row.currency), row.measures);
        }
    }
    Ok(sums)
}

/// The same by plain loops over orders.
fn recounted(orders: &[Order]) -> Told {
    let mut sums = Told::default();
    for order in orders {
        let (business, products) = contributions(order, Zone::UTC);
        for c in business {
            let key = format!(
                "{:?} {:?} {:?} {:?} {}",
                c.definition,
                Some(c.day),
                Some(&order.sales_channel),
                Some(order.status),
                order.currency
            );
            sums.0.entry(key).or_default().merge(&c.measures, 1);
        }
        for c in products {
            let key = format!("{:?} {} {}", c.definition, c.sku, order.currency);
            sums.1.entry(key).or_default().merge(&c.measures, 1);
        }
    }
    sums.0.retain(|_, m| !m.is_empty());
    sums.1.retain(|_, m| !m.is_empty());
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn differences_give_what_a_recount_gives(
        orders in proptest::collection::vec((any_order(), any::<u8>()), 1..16),
        batch in 1_usize..5,
        gone in any::<u8>(),
    ) {
        let folder = Folder::new("deltas");
        let store = Store::open(&folder.file(), &key()).expect("a new file");
        let connection = store.write_blocking(|w| w.add_connection(&shop())).expect("a connection");
        let orders: Vec<Order> = orders.into_iter().map(|(order, number)| tame(order, number)).collect();
        for chunk in orders.chunks(batch) {
            let chunk = chunk.to_vec();
            store.write_blocking(move |w| {
                let mut delta = RollupDelta::default();
                for order in &chunk {
                    take(w, connection, order, &mut delta)?;
                }
                w.merge_rollups(&delta)
            }).expect("stored");
        }
        let gone = (gone % 6).to_string();
        let removed = gone.clone();
        store.write_blocking(move |w| {
            let mut delta = RollupDelta::default();
            if let Some(before) = w.remove_order(connection, &removed)? {
                let (business, products) = contributions(&before, Zone::UTC);
                delta.add(connection, &before, &business, &products, -1);
            }
            w.merge_rollups(&delta)
        }).expect("removed");
        let mut last: BTreeMap<String, Order> = BTreeMap::new();
        for order in orders {
            last.insert(order.key.clone(), order);
        }
        last.remove(&gone);
        let left: Vec<Order> = last.into_values().collect();
        let found = store.read_blocking(stored).expect("read");
        prop_assert_eq!(&found, &recounted(&left), "differences and a recount must not disagree");

        let mut all: Vec<Order> = Vec::new();
        store.read_blocking(|r| r.each_order(None, |_, _, order| { all.push(order); Ok(()) })).expect("read");
        all.sort_by(|a, b| a.key.cmp(&b.key));
        prop_assert_eq!(&all, &left, "the stored orders are the last ones of each key");

        let moved = again(&store, connection, Zone::UTC, batch);
        prop_assert_eq!(moved, [], "no order is on other days than it was stored on");
        let again_found = store.read_blocking(stored).expect("read");
        prop_assert_eq!(&again_found, &found, "counting the stored orders again gives the same");

        let far: Zone = "Pacific/Auckland".parse().expect("a zone");
        let moved: BTreeMap<i64, OrderDays> =
            again(&store, connection, far, batch).into_iter().map(|moved| (moved.id, moved.days)).collect();
        let mut expected = BTreeMap::new();
        store.read_blocking(|r| r.each_order(None, |id, _, order| {
            let of = |zone| OrderDays::of(&order, zone, &contributions(&order, zone).0);
            if of(far) != of(Zone::UTC) {
                expected.insert(id, of(far));
            }
            Ok(())
        })).expect("read");
        prop_assert_eq!(moved, expected, "exactly the orders whose days are others in another zone are moved");
        prop_assert_eq!(again(&store, connection, far, batch), [], "once moved, they stay");
    }
}

/// Takes the roll-ups down and counts all stored orders again in `zone`, `batch` at a time and turn about into two sums. Returns
/// the orders that belong to other days than stored, which are stored then.
fn again(store: &Store, connection: ConnectionId, zone: Zone, batch: usize) -> Vec<Moved> {
    let counted = store.write_blocking(move |w| {
        w.clear_rollups()?;
        let mut sums = [Sums::new(zone), Sums::new(zone)];
        let (mut after, mut turn, mut all) = (i64::MIN, 0, Vec::new());
        loop {
            let orders = w.packed_orders_after(connection, after, batch as u32)?;
            let Some(last) = orders.last() else { break };
            all.extend(sums[turn % 2].count(&orders)?);
            (after, turn) = (last, turn + 1);
        }
        for moved in &all {
            w.move_days(moved)?;
        }
        w.merge_sums(connection, &sums)?;
        Ok(all)
    });
    counted.expect("counted again")
}

#[test]
fn a_day_beyond_what_a_column_holds_stores_nothing_and_wraps_nothing() {
    let folder = Folder::new("beyond");
    let store = Store::open(&folder.file(), &key()).expect("a new file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    // Six trillion each: one fits in a column, two do not, neither in one step nor one after the other.
    let huge = |number: i64| {
        let mut order = plain_order(number, 1_780_000_000);
        let price = order
            .postings
            .iter_mut()
            .find(|p| p.kind == crate::model::Kind::ItemPrice);
        price.expect("a price").micros = 6_000_000_000_000_000_000;
        order
    };
    let store_all = |orders: Vec<Order>| {
        store.write_blocking(move |w| {
            let mut delta = RollupDelta::default();
            for order in &orders {
                take(w, connection, order, &mut delta)?;
            }
            w.merge_rollups(&delta)
        })
    };
    let refused = |result: Result<()>| {
        let error = result.expect_err("too much for one day");
        assert!(error.to_string().contains("more than the ledger can hold"), "{error}");
    };
    refused(store_all(vec![huge(1), huge(5)]));
    let empty = store.read_blocking(stored).expect("read");
    assert_eq!(empty, Told::default(), "nothing of the step stays");
    store_all(vec![huge(1)]).expect("one fits");
    refused(store_all(vec![huge(5)]));
    let one = store.read_blocking(stored).expect("read");
    assert_eq!(one, recounted(&[huge(1)]), "what was there stays as it was");
    let other_day = 1_780_000_000 + 40 * 86_400;
    let mut later = huge(5);
    later.placed_at = crate::model::When::Instant(other_day);
    for posting in &mut later.postings {
        posting.event_at = later.placed_at;
        posting.ship_at = Some(later.placed_at);
    }
    store_all(vec![later.clone()]).expect("another day holds it");
    let filter = RollupFilter::default();
    let rows = store
        .read_blocking(move |r| r.daily(Definition::OrderTotals, Day(0)..Day(99_999), &filter, Group::default()))
        .expect("read");
    let sum: i128 = rows
        .iter()
        .map(|row| row.measures.kind(crate::model::Kind::ItemPrice))
        .sum();
    let both = recounted(&[huge(1), later]).0;
    let stated: i128 = both
        .iter()
        .filter(|(key, _)| key.starts_with("OrderTotals"))
        .map(|(_, m)| m.kind(crate::model::Kind::ItemPrice))
        .sum();
    assert!(
        stated > i128::from(i64::MAX),
        "the test is about sums wider than an amount"
    );
    assert_eq!(sum, stated, "a sum over days is exact");
}

#[test]
fn whole_months_and_single_days_give_the_same_products() {
    let folder = Folder::new("months");
    let store = Store::open(&folder.file(), &key()).expect("a new file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    let orders: Vec<Order> = (0..120).map(|n| plain_order(n, 1_767_225_600 + n * 86_400)).collect();
    store
        .write_blocking(move |w| {
            let mut delta = RollupDelta::default();
            for order in &orders {
                take(w, connection, order, &mut delta)?;
            }
            w.merge_rollups(&delta)
        })
        .expect("stored");
    let sold = |days: std::ops::Range<Day>| {
        store
            .read_blocking(|r| r.products_sold(Definition::Accounting, days, &RollupFilter::default()))
            .expect("read")
    };
    let day = |text: &str| text.parse::<Day>().expect("a day");
    for (from, to) in [
        ("2026-01-01", "2026-04-01"),
        ("2026-01-17", "2026-03-05"),
        ("2026-02-03", "2026-02-20"),
        ("2026-01-31", "2026-02-01"),
    ] {
        let mut by_days: BTreeMap<String, ProductMeasures> = BTreeMap::new();
        let mut at = day(from);
        while at < day(to) {
            for row in sold(at..at.plus(1)) {
                by_days.entry(row.sku).or_default().merge(&row.measures, 1);
            }
            at = at.plus(1);
        }
        let whole: BTreeMap<String, ProductMeasures> = sold(day(from)..day(to))
            .into_iter()
            .map(|row| (row.sku, row.measures))
            .collect();
        assert_eq!(whole, by_days, "{from} to {to}: the sum of its days");
        assert!(!whole.is_empty(), "{from} to {to}: something was sold");
    }
}

#[test]
fn an_order_is_found_by_every_day_it_touches_and_by_no_other_after_it_moved() {
    let folder = Folder::new("days");
    let store = Store::open(&folder.file(), &key()).expect("a new file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    let put = |order: Order| {
        store
            .write_blocking(move |w| take(w, connection, &order, &mut RollupDelta::default()))
            .expect("stored")
    };
    let touching = |day: i32| {
        let mut keys = Vec::new();
        store
            .read_blocking(|r| {
                r.each_order_touching(Day(day)..Day(day + 1), |_, _, order| {
                    keys.push(order.name);
                    Ok(())
                })
            })
            .expect("read");
        keys
    };
    let id = put(plain_order(1, 20_600 * 86_400));
    assert_eq!(touching(20_600), ["#1001"], "the order day");
    assert_eq!(touching(20_601), ["#1001"], "the ship day, under accounting");
    assert_eq!(touching(20_602), Vec::<String>::new(), "a day it does not touch");
    let moved = put(plain_order(1, 20_610 * 86_400));
    assert_eq!(moved, id, "the row id of a key stays");
    assert_eq!(touching(20_600), Vec::<String>::new(), "its old day is forgotten");
    assert_eq!(touching(20_610), ["#1001"], "its new day is known");
}
