//! Instants of the simulated world: whole seconds of UTC.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;

/// Seconds in a UTC day.
pub(crate) const DAY: i64 = 86_400;

/// A moment, in whole seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Second(pub i64);

impl Second {
    /// The moment as UTC date and time. Moments outside the calendar of `chrono` become the epoch.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// `2026-06-22T22:34:02Z`.
    pub fn iso(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The calendar day in a zone, daylight saving included.
    pub fn day_in(self, zone: Tz) -> NaiveDate {
        self.utc().with_timezone(&zone).date_naive()
    }

    /// The moment `seconds` later (earlier when negative).
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }

    /// Reads `2026-06-22T22:34:02Z` or the same with an offset; `None` when it is not RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|moment| Self(moment.timestamp()))
    }
}
