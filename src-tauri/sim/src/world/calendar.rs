//! When orders are placed: a monotone function from an order's index to its moment, and its inverse.
//!
//! Every local day has a weight (weekday and season). The number of orders before a day is the total, scaled by the
//! weights so far, so it is arithmetic and needs no history. Within a day, orders follow a daily curve over the
//! real length of the day (23 or 25 hours where clocks change).

use chrono::{Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

use super::instant::{DAY, Second};
use super::rng::{Purpose, Rng};

/// Days prepared after the history: the world can go on this long.
const FUTURE_DAYS: u64 = 3_653;
/// Monday to Sunday.
const WEEKDAY: [u64; 7] = [98, 92, 95, 100, 112, 108, 95];
/// Twelve seasons of 30 or 31 days through a cycle of 364 days.
const SEASON: [u64; 13] = [86, 88, 92, 94, 97, 96, 92, 95, 99, 104, 118, 132, 104];
/// Share of a day's orders in each of its 24 hours.
const HOURS: [u64; 24] = [
    16, 10, 6, 4, 4, 5, 10, 18, 28, 38, 44, 48, 52, 50, 48, 47, 48, 52, 60, 68, 72, 66, 48, 30,
];
const CYCLE: i64 = 364;
const FINE: u128 = 1 << 16;

/// The seller's days and the orders on them.
#[derive(Debug)]
pub(crate) struct Calendar {
    seed: u64,
    first_day: NaiveDate,
    /// UTC second at which each local day begins, one more than there are days. A day that is cut in two begins twice.
    starts: Vec<i64>,
    /// Orders placed before each start, as long as `starts`.
    before: Vec<u64>,
    /// The day that is cut in two, if one is.
    cut: Option<CutDay>,
}

/// A day of which so many orders are placed up to a moment, and the others after it.
#[derive(Debug, Clone, Copy)]
struct CutDay {
    /// Place of its first part among the starts; the second follows.
    first: usize,
    /// Where the cut stands on the curve of a whole day, second of 86,400.
    at: i64,
}

impl Calendar {
    /// Exactly `orders` placed up to `now` and from the first of `days` local days on, `now`'s the last of them; it goes on at
    /// that pace. Memory is that of the days, whatever the number of orders.
    pub(crate) fn until(seed: u64, zone: Tz, now: Second, days: u32, orders: u64) -> Self {
        let whole = Self::new(seed, zone, now.day_in(zone), days, 0);
        let today = days.max(1) as usize - 1;
        let (start, end) = (whole.starts[today], whole.starts[today + 1]);
        let cut = (now.0 + 1).clamp(start, end);
        let at = (cut - start) * DAY / (end - start).max(1);
        let mut starts = whole.starts;
        starts.insert(today + 1, cut);
        // Weights in parts of the day's curve, so that a part of a day weighs what is sold in it.
        let curve = u128::from(HOURS.iter().sum::<u64>()) * 3_600;
        let mut weights = vec![0_u128];
        for (index, day) in whole.first_day.iter_days().take(starts.len() - 2).enumerate() {
            let last = weights[weights.len() - 1];
            let of_day = u128::from(weight(day));
            if index == today {
                weights.push(last + of_day * curve_before(at));
            }
            weights.push(last + of_day * curve);
        }
        // A moment at which the curve has not begun still takes all orders that are asked for.
        let history = weights[today + 1];
        let scale = |weight: u128| match history {
            0 => 0,
            whole => (u128::from(orders) * weight / whole) as u64,
        };
        let mut before: Vec<u64> = weights.into_iter().map(scale).collect();
        before[today + 1] = orders;
        for index in today + 2..before.len() {
            before[index] = before[index].max(orders);
        }
        Self {
            seed,
            first_day: whole.first_day,
            starts,
            before,
            cut: Some(CutDay { first: today, at }),
        }
    }

    /// `orders` spread over `days` local days that end with `last_day`, and going on at that pace.
    pub(crate) fn new(seed: u64, zone: Tz, last_day: NaiveDate, days: u32, orders: u64) -> Self {
        let days = u64::from(days.max(1));
        let first_day = last_day.checked_sub_days(Days::new(days - 1)).unwrap_or(last_day);
        let span = days + FUTURE_DAYS;
        let mut midnights = Vec::new();
        let mut weights = vec![0_u128];
        for day in first_day.iter_days().take(span as usize + 1) {
            midnights.push(midnight(zone, day));
            weights.push(weights[weights.len() - 1] + u128::from(weight(day)));
        }
        let whole = weights[days as usize].max(1);
        let before = weights[..midnights.len()]
            .iter()
            .map(|weight| (u128::from(orders) * weight / whole) as u64)
            .collect();
        Self {
            seed,
            first_day,
            starts: midnights,
            before,
            cut: None,
        }
    }

    /// Days without any order, ever.
    pub(crate) fn nothing(first_day: NaiveDate) -> Self {
        let start = first_day.and_time(NaiveTime::MIN).and_utc().timestamp();
        Self {
            seed: 0,
            first_day,
            starts: vec![start],
            before: vec![0],
            cut: None,
        }
    }

    /// First day that can have orders.
    pub(crate) fn first_day(&self) -> NaiveDate {
        self.first_day
    }

    /// Moment at which the first day begins.
    pub(crate) fn start(&self) -> Second {
        Second(self.starts[0])
    }

    /// Orders that are ever placed.
    pub(crate) fn ever(&self) -> u64 {
        self.before[self.before.len() - 1]
    }

    /// When order `index` is placed; grows with the index, equal moments possible. Indexes from `ever()` on are
    /// never placed.
    pub(crate) fn placed(&self, index: u64) -> Second {
        if index >= self.ever() {
            return Second(i64::MAX);
        }
        let day = self.before.partition_point(|before| *before <= index) - 1;
        let orders = self.before[day + 1] - self.before[day];
        let jitter = Rng::of(self.seed, Purpose::Moment, index).below(FINE as u64);
        let place = u128::from(index - self.before[day]) * FINE + u128::from(jitter);
        let whole = u128::from(orders) * FINE;
        let Some((from, to)) = self.part(day) else {
            let length = self.starts[day + 1] - self.starts[day];
            return Second(self.starts[day] + hour_curve(place, whole) * length / DAY);
        };
        let cut = self.cut.map_or(day, |cut| cut.first);
        let (midnight, length) = (self.starts[cut], self.starts[cut + 2] - self.starts[cut]);
        let (sold, through) = (curve_before(from), curve_before(to));
        let curve = curve_before(DAY) * whole;
        let second = hour_curve(sold * whole + (through - sold) * place, curve);
        let at = midnight + second * length / DAY;
        Second(at.clamp(self.starts[day], (self.starts[day + 1] - 1).max(self.starts[day])))
    }

    /// From where to where on the curve of a whole day a part of a day goes; `None` for a whole day.
    fn part(&self, start: usize) -> Option<(i64, i64)> {
        let cut = self.cut?;
        match start.checked_sub(cut.first)? {
            0 => Some((0, cut.at)),
            1 => Some((cut.at, DAY)),
            _ => None,
        }
    }

    /// The first order placed at or after a moment: `placed(i) >= moment` exactly for `i >=` the answer.
    pub(crate) fn first_at_or_after(&self, moment: Second) -> u64 {
        let day = self.starts.partition_point(|start| *start <= moment.0);
        let Some(day) = day.checked_sub(1) else { return 0 };
        let mut low = self.before[day];
        let mut high = *self.before.get(day + 1).unwrap_or(&low);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.placed(middle) < moment {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// Second of a day of 86,400 that stands at `place` of `whole` on the daily curve.
fn hour_curve(place: u128, whole: u128) -> i64 {
    let total: u64 = HOURS.iter().sum();
    let mut mark = place * u128::from(total);
    for (hour, share) in HOURS.iter().enumerate() {
        let width = whole * u128::from(*share);
        if mark < width {
            return hour as i64 * 3600 + (mark * 3600 / width) as i64;
        }
        mark -= width;
    }
    DAY - 1
}

/// What is sold in a day's first seconds of 86,400, in parts of the daily curve.
fn curve_before(second: i64) -> u128 {
    let shares = HOURS.iter().enumerate().map(|(hour, share)| {
        let passed = (second - hour as i64 * 3_600).clamp(0, 3_600);
        u128::from(*share) * passed as u128
    });
    shares.sum()
}

fn weight(day: NaiveDate) -> u64 {
    let number = day.signed_duration_since(NaiveDate::default()).num_days();
    let weekday = WEEKDAY[(number + 3).rem_euclid(7) as usize];
    weekday * SEASON[(number.rem_euclid(CYCLE) * SEASON.len() as i64 / CYCLE) as usize]
}

/// UTC second at which a local day begins; where clocks jump over midnight, the first second after the jump.
pub(crate) fn midnight(zone: Tz, day: NaiveDate) -> i64 {
    let mut local = day.and_time(NaiveTime::MIN);
    for _ in 0..8 {
        if let Some(moment) = zone.from_local_datetime(&local).earliest() {
            return moment.timestamp();
        }
        local += chrono::Duration::minutes(30);
    }
    day.and_time(NaiveTime::MIN).and_utc().timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(orders: u64, days: u32) -> Calendar {
        let last = NaiveDate::from_ymd_opt(2026, 11, 22).expect("a date");
        Calendar::new(3, chrono_tz::America::New_York, last, days, orders)
    }

    #[test]
    fn moments_grow_and_invert() {
        let calendar = calendar(5_000, 400);
        let mut last = Second(i64::MIN);
        for index in 0..6_000 {
            let moment = calendar.placed(index);
            assert!(moment >= last, "order {index} is placed before its predecessor");
            if moment > last {
                assert_eq!(calendar.first_at_or_after(moment), index, "inverse of {index}");
                assert_eq!(
                    calendar.first_at_or_after(last.plus(1)),
                    index,
                    "inverse just after the one before"
                );
            }
            last = moment;
        }
    }

    #[test]
    fn the_history_holds_exactly_the_orders_asked_for() {
        for (orders, days) in [(0, 10), (1, 1), (7, 30), (1_000, 365), (100_000, 7)] {
            let calendar = calendar(orders, days);
            let end = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
            let end = Second(midnight(chrono_tz::America::New_York, end));
            assert_eq!(
                calendar.first_at_or_after(end),
                orders,
                "{orders} orders over {days} days"
            );
        }
    }

    #[test]
    fn up_to_a_moment_there_are_exactly_the_orders_asked_for() {
        let zone = chrono_tz::America::New_York;
        let end = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
        let (midnight, end) = (midnight(zone, end - Days::new(1)), midnight(zone, end));
        for now in [midnight, midnight + 1, midnight + 43_200, end - 1].map(Second) {
            for (orders, days) in [(0, 10), (1, 1), (1, 30), (2, 400), (100, 1), (399, 30), (1_000_000, 7)] {
                let calendar = Calendar::until(3, zone, now, days, orders);
                let here = format!("{orders} orders over {days} days up to {now:?}");
                assert_eq!(calendar.first_at_or_after(now.plus(1)), orders, "{here}");
                let first = calendar.first_day();
                assert_eq!(first, now.day_in(zone) - Days::new(u64::from(days) - 1), "{here}");
                let mut last = calendar.start();
                for index in (0..orders + 200).filter(|index| index % 97 == 0 || index.abs_diff(orders) < 200) {
                    let at = calendar.placed(index);
                    assert!(at >= last, "{here}: order {index} comes after those before it");
                    assert_eq!(at <= now, index < orders, "{here}: order {index} at {at:?}");
                    if at.0 < i64::MAX {
                        assert!(calendar.first_at_or_after(at) <= index, "{here}: inverse of {index}");
                        assert!(calendar.first_at_or_after(at.plus(1)) > index, "{here}: after {index}");
                    }
                    last = at;
                }
            }
        }
        let (even, cut) = (
            calendar(36_500, 365),
            Calendar::until(3, zone, Second(midnight + 43_200), 365, 36_500),
        );
        let tomorrow = |calendar: &Calendar| {
            calendar.first_at_or_after(Second(end + 86_400)) - calendar.first_at_or_after(Second(end))
        };
        assert!(
            tomorrow(&even).abs_diff(tomorrow(&cut)) < 3,
            "it goes on at the pace of the history: {} and {}",
            tomorrow(&even),
            tomorrow(&cut)
        );
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_jump() {
        let zone = chrono_tz::America::Havana;
        let day = NaiveDate::from_ymd_opt(2026, 3, 8).expect("a date");
        let start = Second(midnight(zone, day));
        assert_eq!(start.day_in(zone), day, "the first second belongs to the day");
        assert_ne!(start.plus(-1).day_in(zone), day, "the second before does not");
        assert_eq!(
            midnight(zone, day + Days::new(1)) - start.0,
            23 * 3600,
            "the day has 23 hours"
        );
    }

    #[test]
    fn days_of_23_and_25_hours_are_filled() {
        let calendar = calendar(400_000, 400);
        let zone = chrono_tz::America::New_York;
        for (year, month, day, hours) in [(2026, 3, 8, 23), (2026, 11, 1, 25)] {
            let day = NaiveDate::from_ymd_opt(year, month, day).expect("a date");
            let (start, end) = (midnight(zone, day), midnight(zone, day + Days::new(1)));
            assert_eq!(end - start, hours * 3600, "{day} has {hours} hours");
            let last = calendar.placed(calendar.first_at_or_after(Second(end)) - 1);
            assert_eq!(
                last.day_in(zone),
                day,
                "the last order before midnight belongs to {day}"
            );
            assert!(end - last.0 < 1800, "the last half hour of {day} has an order");
        }
    }
}
