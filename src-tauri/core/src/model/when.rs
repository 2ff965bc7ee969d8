//! Moments and civil days. A `Day` is never moved by a zone; an instant belongs to a day only in a zone.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// A civil day, counted from 1970-01-01; `YYYY-MM-DD` at the border.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ts_rs::TS)]
#[ts(type = "string")]
pub struct Day(pub i32);

/// 1970-01-01 in chrono's count of days from the common era.
const EPOCH_FROM_CE: i32 = 719_163;

impl Day {
    /// The day of a calendar date.
    pub fn from_date(date: NaiveDate) -> Self {
        Day(date.num_days_from_ce() - EPOCH_FROM_CE)
    }

    /// The calendar date.
    pub fn date(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0.saturating_add(EPOCH_FROM_CE)).unwrap_or(NaiveDate::MIN)
    }

    /// The day `days` later (earlier when negative).
    pub fn plus(self, days: i32) -> Self {
        Day(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date().format("%Y-%m-%d"))
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(Day::from_date)
            .map_err(|_| format!("“{text}” is not a day; write it as YYYY-MM-DD, for example 2026-03-02"))
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A time zone of the IANA database; days of a connection are taken in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(chrono_tz::UTC);

    /// The civil day of a UTC second in this zone, daylight saving included.
    pub fn day_of(&self, utc_second: i64) -> Day {
        Day((utc_second + self.offset_at(utc_second)).div_euclid(86_400) as i32)
    }

    /// Seconds by which the zone's clocks are ahead of UTC; 0 beyond the calendar.
    pub fn offset_at(&self, utc_second: i64) -> i64 {
        DateTime::from_timestamp(utc_second, 0).map_or(0, |at| {
            let offset = self.0.offset_from_utc_datetime(&at.naive_utc()).fix();
            offset.local_minus_utc().into()
        })
    }

    /// The first UTC second of a civil day in this zone (the later reading where the day starts inside a gap).
    pub fn start_of(&self, day: Day) -> i64 {
        let midnight = day.date().and_hms_opt(0, 0, 0).unwrap_or_default();
        match self.0.from_local_datetime(&midnight) {
            chrono::LocalResult::Single(at) | chrono::LocalResult::Ambiguous(at, _) => at.timestamp(),
            chrono::LocalResult::None => {
                let guess = midnight.and_utc().timestamp();
                let mut low = guess - 93_600;
                let mut high = guess + 93_600;
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if self.day_of(middle) >= day {
                        high = middle
                    } else {
                        low = middle
                    }
                }
                high
            }
        }
    }

    /// What a clock on the wall shows at a UTC second, counted as if it were UTC; `None` beyond the calendar.
    pub fn wall_second(&self, utc_second: i64) -> Option<i64> {
        let at = DateTime::from_timestamp(utc_second, 0)?;
        let offset = self.0.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
        Some(utc_second + i64::from(offset))
    }

    /// The zone's IANA name.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.trim()
            .parse::<chrono_tz::Tz>()
            .map(Zone)
            .map_err(|_| format!("“{text}” is not a time zone; use an IANA name such as America/New_York"))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When something happened: to the second in UTC, or only a civil day.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum When {
    /// A UTC second since 1970.
    Instant(i64),
    /// A civil day as the platform wrote it; no zone moves it.
    Day(Day),
}

impl When {
    /// The civil day in `zone`.
    pub fn day(self, zone: Zone) -> Day {
        match self {
            When::Instant(second) => zone.day_of(second),
            When::Day(day) => day,
        }
    }

    /// A number to order moments by: the second, or the first second of the day in UTC.
    pub fn sort_key(self) -> i64 {
        match self {
            When::Instant(second) => second,
            When::Day(day) => i64::from(day.0) * 86_400,
        }
    }

    /// Reads RFC 3339 (`2026-06-22T22:34:02Z`, `2026-08-28T06:59:14+02:00`).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text.trim())
            .ok()
            .map(|at| When::Instant(at.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_falls_on_the_day_of_its_zone() {
        let zone: Zone = "America/New_York".parse().expect("a zone");
        let at = |text: &str| When::parse_rfc3339(text).expect("a moment").day(zone).to_string();
        assert_eq!(
            at("2026-03-08T04:59:59Z"),
            "2026-03-07",
            "an evening order stays on its local day"
        );
        assert_eq!(
            at("2026-03-08T05:00:00Z"),
            "2026-03-08",
            "winter offset before the clocks change"
        );
        assert_eq!(at("2026-03-09T03:59:59Z"), "2026-03-08", "summer offset after it");
        assert_eq!(
            When::Day("2026-03-08".parse().expect("a day")).day(zone).to_string(),
            "2026-03-08",
            "a civil day is not moved"
        );
    }

    #[test]
    fn a_day_starts_at_its_first_second_even_inside_a_gap() {
        let zone: Zone = "America/Santiago".parse().expect("a zone");
        for text in ["2026-03-08", "2026-09-06", "1970-01-01", "2026-04-05"] {
            let day: Day = text.parse().expect("a day");
            let start = zone.start_of(day);
            assert_eq!(zone.day_of(start), day, "{text}: its first second belongs to it");
            assert_eq!(
                zone.day_of(start - 1),
                day.plus(-1),
                "{text}: the second before belongs to the day before"
            );
        }
    }

    #[test]
    fn days_before_the_epoch_keep_their_order() {
        assert_eq!(Zone::UTC.day_of(-1).to_string(), "1969-12-31", "floor, not truncation");
        assert_eq!(
            Day::from_date(NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date")),
            Day(0),
            "the epoch is day 0"
        );
    }
}
