//! Sales as Amazon's own reports count them: by order day, with what was cancelled later, as charged for goods.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::world::amazon::{AmazonLine, AmazonOrder, Marketplace, Seller, TransactionType};
use crate::world::{LIFE_DAYS, Second};

/// Sums of a day, or of a product on a day. Amounts in smallest units.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sold {
    pub(super) sales: i64,
    pub(super) units: i64,
    pub(super) items: i64,
    pub(super) orders: i64,
    pub(super) refunded_units: i64,
    pub(super) refunded: i64,
    pub(super) shipped_sales: i64,
    pub(super) shipped_units: i64,
    pub(super) shipped_orders: i64,
}

impl std::ops::AddAssign<&Sold> for Sold {
    fn add_assign(&mut self, other: &Sold) {
        self.sales += other.sales;
        self.units += other.units;
        self.items += other.items;
        self.orders += other.orders;
        self.refunded_units += other.refunded_units;
        self.refunded += other.refunded;
        self.shipped_sales += other.shipped_sales;
        self.shipped_units += other.shipped_units;
        self.shipped_orders += other.shipped_orders;
    }
}

/// The first moments of a range of local days, and of the day after it, with a day to spare on both sides.
pub(super) fn around(from: NaiveDate, to: NaiveDate) -> (Second, Second) {
    let edge = |day: Option<NaiveDate>| {
        let day = day.unwrap_or_default().and_time(chrono::NaiveTime::MIN);
        Second(day.and_utc().timestamp())
    };
    (
        edge(from.checked_sub_days(Days::new(1))),
        edge(to.checked_add_days(Days::new(2))),
    )
}

/// What was ordered, shipped and refunded on the days `from..=to`, by a key of day and line; `None` leaves it out.
pub(super) fn count<K: Ord + Copy>(
    seller: &Seller,
    market: Marketplace,
    (from, to): (NaiveDate, NaiveDate),
    key: impl Fn(NaiveDate, &AmazonOrder, &AmazonLine) -> Option<K>,
) -> BTreeMap<K, Sold> {
    let mut all: BTreeMap<K, Sold> = BTreeMap::new();
    let (start, end) = around(from, to);
    let range = from..=to;
    let placed = seller.placed_between(market, start.plus(-LIFE_DAYS * 86_400), end);
    for order in placed.filter_map(|index| seller.order(market, index)) {
        if !order.sells() {
            continue;
        }
        let day = order.created_at.day_in(market.zone());
        let mut first = true;
        for line in &order.lines {
            let Some(key) = key(day, &order, line).filter(|_| range.contains(&day)) else {
                continue;
            };
            let sold = all.entry(key).or_default();
            sold.sales += if order.priced { line.charge.item } else { 0 };
            sold.units += i64::from(line.quantity);
            sold.items += 1;
            sold.orders += i64::from(first);
            first = false;
        }
        for parcel in &order.parcels {
            let day = parcel.at.day_in(market.zone());
            let mut first = true;
            for (place, units) in &parcel.lines {
                let line = &order.lines[*place];
                let Some(key) = key(day, &order, line).filter(|_| range.contains(&day)) else {
                    continue;
                };
                let sold = all.entry(key).or_default();
                sold.shipped_units += i64::from(*units);
                sold.shipped_sales += line.charge.item * i64::from(*units) / i64::from(line.quantity.max(1));
                sold.shipped_orders += i64::from(first);
                first = false;
            }
        }
        for moved in seller.order_money(market, order.index) {
            let day = moved.posted.day_in(market.zone());
            if moved.kind != TransactionType::Refund || !range.contains(&day) {
                continue;
            }
            for item in &moved.items {
                let goods = item.parts.iter().find(|part| part.name == "OurPricePrincipal");
                let (Some(goods), Some(key)) = (goods, key(day, &order, &order.lines[item.line])) else {
                    continue;
                };
                let sold = all.entry(key).or_default();
                sold.refunded_units += i64::from(item.units);
                sold.refunded -= goods.amount;
            }
        }
    }
    all
}

/// `top ÷ base`, halves away from zero; nothing over nothing is nothing.
pub(super) fn over(top: i64, base: i64) -> i64 {
    if base == 0 { 0 } else { (2 * top + base) / (2 * base) }
}
