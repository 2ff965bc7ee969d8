//! How figures, days and moments are written for people. Every text of the border is made here; pages only place them.
//!
//! What differs between languages stands in [`Locale`]; the functions take it from there and never write a separator themselves.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::metrics::catalog::{Unit, amount, fixed};
use crate::model::{Currency, Day, When, Zone};

/// What stands for a value that is not known.
pub const UNKNOWN: &str = "–";

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The conventions of a language and region.
#[derive(Debug)]
pub struct Locale {
    /// Between groups of three digits.
    group: &'static str,
    /// Between units and decimals.
    point: &'static str,
    /// Before a negative number.
    minus: &'static str,
    /// Names of the months, short, January first.
    months: [&'static str; 12],
    /// Currencies written by a sign in front of the amount; others by their code.
    signs: &'static [(&'static str, &'static str)],
    /// Thousands, millions, billions in short.
    short: [&'static str; 3],
}

/// English as written in the United States.
pub static EN_US: Locale = Locale {
    group: ",",
    point: ".",
    minus: "−",
    months: [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ],
    signs: &[
        ("USD", "$"),
        ("CAD", "CA$"),
        ("AUD", "A$"),
        ("NZD", "NZ$"),
        ("MXN", "MX$"),
        ("BRL", "R$"),
        ("HKD", "HK$"),
        ("TWD", "NT$"),
        ("EUR", "€"),
        ("GBP", "£"),
        ("JPY", "¥"),
        ("CNY", "CN¥"),
        ("INR", "₹"),
        ("KRW", "₩"),
        ("ILS", "₪"),
        ("VND", "₫"),
        ("PHP", "₱"),
    ],
    short: ["K", "M", "B"],
};

impl Locale {
    /// A plain decimal text (`-1234.50`) with groups, point and minus of the language.
    fn dress(&self, plain: &str) -> String {
        let (negative, digits) = match plain.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, plain),
        };
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let mut text = String::with_capacity(plain.len() + 6);
        if negative {
            text.push_str(self.minus);
        }
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                text.push_str(self.group);
            }
            text.push(digit);
        }
        if !rest.is_empty() {
            text.push_str(self.point);
            text.push_str(rest);
        }
        text
    }

    /// Puts the currency to a dressed number.
    fn with_currency(&self, number: &str, currency: Option<Currency>) -> String {
        let Some(currency) = currency else {
            return number.to_owned();
        };
        let (minus, digits) = match number.strip_prefix(self.minus) {
            Some(digits) => (self.minus, digits),
            None => ("", number),
        };
        match self.signs.iter().find(|(code, _)| *code == currency.code()) {
            Some((_, sign)) => format!("{minus}{sign}{digits}"),
            None => format!("{minus}{}\u{a0}{digits}", currency.code()),
        }
    }

    /// An amount in full: `$1,234.50`, `−€12.00`, `CHF 9.90`; without a currency the bare number with two decimals.
    pub fn money(&self, value: Decimal, currency: Option<Currency>) -> String {
        let digits = currency.map_or(2, |c| c.exponent());
        self.with_currency(&self.dress(&fixed(value, digits)), currency)
    }

    /// An amount of millionths in full.
    pub fn micros(&self, micros: impl Into<i128>, currency: Currency) -> String {
        self.money(amount(micros), Some(currency))
    }

    /// An amount in short for the side of a chart: `$12K`, `$1.5M`, `$250`.
    pub fn short_money(&self, value: Decimal, currency: Option<Currency>) -> String {
        self.with_currency(&self.short_number(value), currency)
    }

    /// A number in short: `12K`, `1.5M`, `250`, `0.25`.
    pub fn short_number(&self, value: Decimal) -> String {
        let scales = self.short.iter().zip([1_000_i64, 1_000_000, 1_000_000_000]).rev();
        for (name, scale) in scales {
            let scale = Decimal::from(scale);
            if value.abs() >= scale {
                let part = value.checked_div(scale).unwrap_or(value);
                let part = part
                    .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
                    .normalize();
                return format!("{}{name}", self.dress(&part.to_string()));
            }
        }
        let value = value
            .round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero)
            .normalize();
        self.dress(&value.to_string())
    }

    /// A whole number: `3,274`.
    pub fn number(&self, value: i64) -> String {
        self.dress(&value.to_string())
    }

    /// Things with their number: `1 order`, `3,274 orders`.
    pub fn things(&self, count: i64, one: &str, many: &str) -> String {
        format!("{} {}", self.number(count), if count == 1 { one } else { many })
    }

    /// A share as percent with one decimal: `3.4%`.
    pub fn percent(&self, share: Decimal) -> String {
        let hundredfold = share.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(share);
        format!("{}%", self.dress(&fixed(hundredfold, 1)))
    }

    /// A change as percent with its sign: `+12.4%`, `−2.1%`, `0.0%`.
    pub fn change(&self, share: Decimal) -> String {
        let text = self.percent(share);
        if rounds_to_nothing(share) {
            text
        } else {
            self.signed(share, &text)
        }
    }

    /// A change between two shares: `+0.6 points`.
    pub fn points(&self, difference: Decimal) -> String {
        let hundredfold = difference.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(difference);
        let text = format!("{} points", self.dress(&fixed(hundredfold, 1)));
        if rounds_to_nothing(difference) {
            text
        } else {
            self.signed(difference, &text)
        }
    }

    fn signed(&self, value: Decimal, text: &str) -> String {
        if value > Decimal::ZERO {
            format!("+{text}")
        } else {
            text.to_owned()
        }
    }

    /// A value of a metric in full.
    pub fn value(&self, value: Decimal, unit: Unit, currency: Option<Currency>) -> String {
        match unit {
            Unit::Money => self.money(value, currency),
            Unit::Count => self.dress(&fixed(value, 0)),
            Unit::Rate => self.percent(value),
        }
    }

    /// A value of a metric in short.
    pub fn short_value(&self, value: Decimal, unit: Unit, currency: Option<Currency>) -> String {
        match unit {
            Unit::Money => self.short_money(value, currency),
            Unit::Count => self.short_number(value),
            Unit::Rate => self.percent(value),
        }
    }

    fn month(&self, date: NaiveDate) -> &'static str {
        self.months[date.month0() as usize % 12]
    }

    /// A day in full: `Nov 22, 2026`.
    pub fn day(&self, day: Day) -> String {
        let date = day.date();
        format!("{} {}, {}", self.month(date), date.day(), date.year())
    }

    /// A day in short: `Nov 22`.
    pub fn short_day(&self, day: Day) -> String {
        let date = day.date();
        format!("{} {}", self.month(date), date.day())
    }

    /// A day, its year only where it is not this one.
    pub fn day_near(&self, day: Day, today: Day) -> String {
        match day.date().year() == today.date().year() {
            true => self.short_day(day),
            false => self.day(day),
        }
    }

    /// A range of days, both ends in it: `Oct 24 – Nov 22, 2026`.
    pub fn range(&self, from: Day, to: Day) -> String {
        let (first, last) = (from.date(), to.date());
        if from == to {
            return self.day(from);
        }
        if first.year() != last.year() {
            return format!("{} – {}", self.day(from), self.day(to));
        }
        if first.month() != last.month() {
            return format!("{} – {}", self.short_day(from), self.day(to));
        }
        format!("{} – {}, {}", self.short_day(from), last.day(), last.year())
    }

    /// The time of day of a UTC second in `zone`: `2:06 PM`.
    pub fn time(&self, second: i64, zone: Zone) -> String {
        let wall = zone.wall_second(second).unwrap_or(second);
        let at = DateTime::from_timestamp(wall, 0).unwrap_or_default();
        let (afternoon, hour) = at.hour12();
        format!("{hour}:{:02} {}", at.minute(), if afternoon { "PM" } else { "AM" })
    }

    /// A UTC second as people say it near `now`: `Nov 22, 2:06 PM`, with the year where it is another.
    pub fn moment(&self, second: i64, zone: Zone, now: i64) -> String {
        let day = self.day_near(zone.day_of(second), zone.day_of(now));
        format!("{day}, {}", self.time(second, zone))
    }

    /// A moment or a bare day.
    pub fn when(&self, when: When, zone: Zone, now: i64) -> String {
        match when {
            When::Instant(second) => self.moment(second, zone, now),
            When::Day(day) => self.day_near(day, zone.day_of(now)),
        }
    }

    /// How long ago a UTC second was: `just now`, `4 minutes ago`, `3 days ago`, or its day.
    pub fn ago(&self, second: i64, zone: Zone, now: i64) -> String {
        let past = now - second;
        let said = |n: i64, one: &str, many: &str| format!("{} ago", self.things(n, one, many));
        match past {
            // A clock that was set back is no prophecy.
            ..60 => "just now".to_owned(),
            60..3_600 => said(past / 60, "minute", "minutes"),
            3_600..DAY => said(past / 3_600, "hour", "hours"),
            _ if past < 7 * DAY => said(past / DAY, "day", "days"),
            _ => format!("on {}", self.day_near(zone.day_of(second), zone.day_of(now))),
        }
    }

    /// A length of time: `about 40 seconds`, `about 3 minutes`, `about 2 hours`.
    pub fn about(&self, seconds: i64) -> String {
        match seconds {
            ..90 => format!("about {}", self.things(seconds.max(1), "second", "seconds")),
            90..5_400 => format!("about {}", self.things((seconds + 30) / 60, "minute", "minutes")),
            _ => format!("about {}", self.things((seconds + 1_800) / 3_600, "hour", "hours")),
        }
    }

    /// A length of time to the minute: `40 s`, `12 min`, `1 h 50 min`, `3 d 2 h`.
    pub fn span(&self, seconds: i64) -> String {
        let minutes = (seconds.max(0) + 30) / 60;
        match minutes {
            _ if seconds < 60 => format!("{} s", seconds.max(1)),
            ..60 => format!("{minutes} min"),
            60..2_880 => format!("{} h {} min", minutes / 60, minutes % 60),
            _ => format!("{} d {} h", minutes / 1_440, minutes / 60 % 24),
        }
    }

    /// A size in bytes: `640 bytes`, `1.4 KB`, `61.2 MB`.
    pub fn size(&self, bytes: u64) -> String {
        let units = ["KB", "MB", "GB", "TB"];
        let mut scale = Decimal::ONE_THOUSAND;
        let value = Decimal::from(bytes);
        if value < scale {
            return self.things(i64::try_from(bytes).unwrap_or(i64::MAX), "byte", "bytes");
        }
        let mut name = units[0];
        for next in &units[1..] {
            if value < scale * Decimal::ONE_THOUSAND {
                break;
            }
            scale *= Decimal::ONE_THOUSAND;
            name = next;
        }
        format!("{} {name}", self.dress(&fixed(value / scale, 1)))
    }
}

/// Whether a share is written as 0.0%.
pub fn rounds_to_nothing(share: Decimal) -> bool {
    share
        .round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero)
        .is_zero()
}

/// A platform's own word for a state (`partially_refunded`) as a person writes it (`Partially refunded`).
pub fn said(word: &str) -> String {
    let spaced = word.trim().replace(['_', '-'], " ").to_lowercase();
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A part of a page: which rows, how many pages, and the sentence under the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paging {
    /// The page shown, from 0; the last one where a later one was asked for.
    pub page: u32,
    /// Number of pages, at least 1.
    pub pages: u32,
    /// Rows to leave out.
    pub skip: u64,
}

impl Paging {
    /// Page `page` of `count` rows in pages of `size`.
    pub fn of(page: u32, count: u64, size: u64) -> Paging {
        let pages = u32::try_from(count.div_ceil(size.max(1))).unwrap_or(u32::MAX).max(1);
        let page = page.min(pages - 1);
        Paging {
            page,
            pages,
            skip: u64::from(page) * size,
        }
    }

    /// `26–50 of 3,274 orders`; without more than one page only `12 orders`.
    pub fn text(&self, words: &Locale, shown: usize, count: u64, one: &str, many: &str) -> String {
        let all = words.things(i64::try_from(count).unwrap_or(i64::MAX), one, many);
        if self.pages == 1 || shown == 0 {
            return all;
        }
        let number = |n: u64| words.number(i64::try_from(n).unwrap_or(i64::MAX));
        format!(
            "{}–{} of {all}",
            number(self.skip + 1),
            number(self.skip + shown as u64)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    fn of(code: &str) -> Option<Currency> {
        Some(code.parse().expect("a currency"))
    }

    #[test]
    fn amounts_carry_their_currency_and_its_decimals() {
        let money = |text: &str, code: &str| EN_US.money(decimal(text), of(code));
        assert_eq!(
            money("1234567.5", "USD"),
            "$1,234,567.50",
            "groups of three, two decimals"
        );
        assert_eq!(money("-14", "USD"), "−$14.00", "the minus stands before the sign");
        assert_eq!(money("-0.001", "USD"), "$0.00", "what rounds to nothing has no minus");
        assert_eq!(money("3000", "JPY"), "¥3,000", "a yen has no cents");
        assert_eq!(
            money("9.9", "CHF"),
            "CHF\u{a0}9.90",
            "a currency without a sign is named by its code"
        );
        assert_eq!(EN_US.money(decimal("0"), None), "0.00", "no currency is invented");
        assert_eq!(
            EN_US.short_money(decimal("12500"), of("USD")),
            "$12.5K",
            "thousands in short"
        );
        assert_eq!(
            EN_US.short_money(decimal("-2000000"), of("USD")),
            "−$2M",
            "millions in short"
        );
        assert_eq!(EN_US.short_number(decimal("250")), "250", "small numbers in full");
    }

    #[test]
    fn changes_have_a_sign_only_where_something_changed() {
        assert_eq!(EN_US.change(decimal("0.1237")), "+12.4%", "up");
        assert_eq!(EN_US.change(decimal("-0.0212")), "−2.1%", "down");
        assert_eq!(
            EN_US.change(decimal("-0.0004")),
            "0.0%",
            "what rounds to nothing went nowhere"
        );
        assert_eq!(
            EN_US.points(decimal("0.006")),
            "+0.6 points",
            "the difference of two shares is points, not percent"
        );
    }

    #[test]
    fn days_and_ranges_say_no_more_than_needed() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let range = |from: &str, to: &str| EN_US.range(day(from), day(to));
        assert_eq!(range("2026-10-24", "2026-11-22"), "Oct 24 – Nov 22, 2026", "one year");
        assert_eq!(range("2026-11-01", "2026-11-22"), "Nov 1 – 22, 2026", "one month");
        assert_eq!(
            range("2025-12-20", "2026-01-03"),
            "Dec 20, 2025 – Jan 3, 2026",
            "two years"
        );
        assert_eq!(range("2026-11-22", "2026-11-22"), "Nov 22, 2026", "one day");
    }

    #[test]
    fn moments_follow_the_wall_clock_of_the_zone() {
        let zone: Zone = "America/New_York".parse().expect("a zone");
        let at = |text: &str| match When::parse_rfc3339(text) {
            Some(When::Instant(second)) => second,
            _ => panic!("a moment"),
        };
        let now = at("2026-11-22T20:00:00Z");
        assert_eq!(
            EN_US.moment(at("2026-11-22T19:06:11Z"), zone, now),
            "Nov 22, 2:06 PM",
            "this year needs no year"
        );
        assert_eq!(
            EN_US.moment(at("2025-03-09T07:30:00Z"), zone, now),
            "Mar 9, 2025, 3:30 AM",
            "the day the clocks change"
        );
        assert_eq!(
            EN_US.moment(at("2026-11-22T05:00:00Z"), zone, now),
            "Nov 22, 12:00 AM",
            "midnight"
        );
        assert_eq!(EN_US.ago(now - 250, zone, now), "4 minutes ago", "minutes");
        assert_eq!(EN_US.ago(now - 3_600, zone, now), "1 hour ago", "one hour");
        assert_eq!(
            EN_US.ago(now + 30, zone, now),
            "just now",
            "a clock set back is no prophecy"
        );
        assert_eq!(EN_US.ago(now - 40 * DAY, zone, now), "on Oct 13", "long ago is a day");
    }

    #[test]
    fn sizes_and_states_are_readable() {
        assert_eq!(EN_US.span(6_600), "1 h 50 min", "hours and minutes");
        assert_eq!(EN_US.span(3 * 86_400 + 7_200), "3 d 2 h", "days and hours");
        assert_eq!(EN_US.size(640), "640 bytes", "bytes");
        assert_eq!(EN_US.size(1_431), "1.4 KB", "kilobytes");
        assert_eq!(EN_US.size(61_200_000), "61.2 MB", "megabytes");
        assert_eq!(said("partially_refunded"), "Partially refunded", "a platform's word");
        let paging = Paging::of(9, 60, 25);
        assert_eq!(
            (paging.page, paging.pages, paging.skip),
            (2, 3, 50),
            "a page past the end is the last one"
        );
        assert_eq!(
            paging.text(&EN_US, 10, 60, "order", "orders"),
            "51–60 of 60 orders",
            "what is shown of how many"
        );
    }
}
