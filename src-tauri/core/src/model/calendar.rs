//! The days of many moments.

use super::{Day, When, Zone};

/// Seconds whose offset is kept as one.
const SPAN: i64 = 3_600;

/// Works out the days of moments in one zone and remembers what it asked the zone's rules, which cost more than all the sums of
/// an order.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: Zone,
    /// Hours of UTC and the zone's offset in each, seconds; an hour's place is its number modulo the length.
    hours: Vec<(i64, i64)>,
}

impl Calendar {
    /// For moments all over the years.
    pub fn of_many(zone: Zone) -> Calendar {
        Calendar::with(zone, 4_096)
    }

    /// For the moments of one order.
    pub fn of_one(zone: Zone) -> Calendar {
        Calendar::with(zone, 16)
    }

    fn with(zone: Zone, hours: usize) -> Calendar {
        Calendar {
            zone,
            hours: vec![(i64::MIN, 0); hours],
        }
    }

    /// The civil day of a moment, as [`When::day`] tells it.
    pub fn day_of(&mut self, moment: When) -> Day {
        let second = match moment {
            When::Day(day) => return day,
            // So far away that an hour's ends cannot be reckoned.
            When::Instant(second) if second.unsigned_abs() > 1 << 50 => return self.zone.day_of(second),
            When::Instant(second) => second,
        };
        let hour = second.div_euclid(SPAN);
        let place = hour.rem_euclid(self.hours.len() as i64) as usize;
        let offset = match self.hours[place] {
            (known, offset) if known == hour => offset,
            _ => {
                let ends = [hour * SPAN, hour * SPAN + SPAN - 1].map(|at| self.zone.offset_at(at));
                // The clocks change inside the hour.
                if ends[0] != ends[1] {
                    return self.zone.day_of(second);
                }
                self.hours[place] = (hour, ends[0]);
                ends[0]
            }
        };
        Day((second + offset).div_euclid(86_400) as i32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 7] = [
        "UTC",
        "America/New_York",
        "America/Santiago",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_remembered_day_is_the_day(
            zone in proptest::sample::select(&ZONES[..]),
            start in -5_000_000_000_i64..5_000_000_000,
            steps in proptest::collection::vec(0_i64..90_000, 1..60),
        ) {
            let zone: Zone = zone.parse().expect("a zone");
            let (mut many, mut one, mut second) = (Calendar::of_many(zone), Calendar::of_one(zone), start);
            for step in steps {
                second += step;
                let day = zone.day_of(second);
                prop_assert_eq!(many.day_of(When::Instant(second)), day, "{} {}", zone, second);
                prop_assert_eq!(one.day_of(When::Instant(second)), day, "{} {}, in a small memory", zone, second);
            }
        }
    }

    #[test]
    fn days_are_right_on_both_sides_of_every_change_of_the_clocks() {
        for name in ZONES {
            let zone: Zone = name.parse().expect("a zone");
            let mut days = Calendar::of_many(zone);
            // Every quarter of an hour of three years, so that every hour is asked more than once.
            for quarter in 0..3 * 365 * 96 {
                let second = 1_704_067_200 + quarter * 900 + 899;
                assert_eq!(
                    days.day_of(When::Instant(second)),
                    zone.day_of(second),
                    "{name} at {second}"
                );
            }
        }
    }

    #[test]
    fn a_civil_day_is_not_moved_and_far_moments_do_not_fail() {
        let mut days = Calendar::of_one(Zone::UTC);
        assert_eq!(days.day_of(When::Day(Day(7))), Day(7), "a day is a day");
        for second in [i64::MIN, i64::MIN + 1, i64::MAX, 1 << 60] {
            assert_eq!(
                days.day_of(When::Instant(second)),
                Zone::UTC.day_of(second),
                "{second} is as far as it is"
            );
        }
    }
}
