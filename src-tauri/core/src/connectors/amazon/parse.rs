//! Amounts, numbers, moments and truths as Amazon writes them: texts or JSON numbers, several forms of dates.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::paths::render;
use super::table::{Decimals, may_be_either};
use crate::connectors::ReadError;
use crate::model::{Currency, Day, Money, PathRef, When};

/// The greatest amount, in millionths: a trillion units of the currency (LEDGER ruling 11).
const MOST: i64 = 1_000_000_000_000_000_000;

/// An amount with its currency, by the names that the interfaces give the two.
#[derive(Deserialize, Clone, Copy)]
pub(super) struct MoneyNode<'a> {
    #[serde(
        default,
        borrow,
        alias = "Amount",
        alias = "currencyAmount",
        alias = "CurrencyAmount"
    )]
    amount: Option<&'a RawValue>,
    #[serde(default, rename = "currencyCode", alias = "CurrencyCode")]
    currency: Option<Code>,
}

/// A currency code; whatever else stands there is none.
#[derive(Clone, Copy)]
struct Code(Option<Currency>);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(Code(text.and_then(|text| text.parse().ok())))
    }
}

/// An amount as read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Read {
    pub(super) micros: i64,
    pub(super) currency: Option<Currency>,
}

impl MoneyNode<'_> {
    /// The amount; `None` where none is stated, never zero for it.
    pub(super) fn read(&self, place: PathRef) -> Result<Option<Read>, ReadError> {
        let Some(text) = self.amount.map(|raw| raw.get().trim()).filter(|text| *text != "null") else {
            return Ok(None);
        };
        let text = text.trim_matches('"').trim();
        if text.is_empty() {
            return Ok(None);
        }
        let currency = self.currency.and_then(|code| code.0);
        let micros = micros(text, place)?;
        Ok(Some(Read { micros, currency }))
    }
}

/// Millionths of a decimal text; `1.5E-2` is one too, as JSON writes numbers.
pub(super) fn micros(text: &str, place: PathRef) -> Result<i64, ReadError> {
    let plain = plain(text);
    let money = Money::parse(plain.as_deref().unwrap_or(text), Currency::USD).map_err(|error| ReadError {
        code: "not_an_amount",
        message: format!("{}: {error}", render(place)),
    })?;
    match money.micros.unsigned_abs() > MOST.unsigned_abs() {
        true => Err(ReadError {
            code: "amount_out_of_range",
            message: format!(
                "{}: an amount is beyond a trillion, more than the ledger counts",
                render(place)
            ),
        }),
        false => Ok(money.micros),
    }
}

/// A number with an exponent, written out; `None` where it has none.
fn plain(text: &str) -> Option<String> {
    let (number, exponent) = text.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok().filter(|e| (-12..=15).contains(e))?;
    let (sign, number) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let length = i32::try_from(digits.len()).ok()?;
    Some(match point {
        point if point <= 0 => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        point if point >= length => format!("{sign}{digits}{}", "0".repeat((point - length) as usize)),
        point => {
            let (whole, fraction) = digits.split_at(point as usize);
            format!("{sign}{whole}.{fraction}")
        }
    })
}

/// Millionths of a cell of a report whose decimals begin as `decimals` says. Where nothing tells whether a sign stands behind
/// thousands or before decimals, it is no amount.
pub(super) fn cell_micros(
    text: &str,
    currency: Option<Currency>,
    decimals: Decimals,
    place: PathRef,
) -> Result<i64, ReadError> {
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    let without = |sign: char| text.replace(sign, "");
    let grouped = |sign: char| {
        let mut groups = text.trim_start_matches('-').split(sign);
        let first = groups.next().unwrap_or_default();
        (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3)
    };
    let plain = match (commas, points) {
        (0, 0) => text.to_owned(),
        // `1,980` of a currency that has no decimals.
        (1, 0) | (0, 1) if may_be_either(text) && currency.is_some_and(|c| c.exponent() == 0) => {
            text.replace([',', '.'], "")
        }
        (1, 0) | (0, 1) if may_be_either(text) => match (decimals, commas) {
            (Decimals::Comma, 1) | (Decimals::Point, 0) => text.replace(',', "."),
            (Decimals::Comma | Decimals::Point, _) => text.replace([',', '.'], ""),
            (Decimals::Unclear, _) => {
                return Err(ReadError {
                    code: "not_an_amount",
                    message: format!(
                        "{}: “{text}” may be thousands or a fraction, and nothing tells which",
                        render(place)
                    ),
                });
            }
        },
        // `12,34`
        (1, 0) => text.replace(',', "."),
        // `1.234,56`
        (1, _) if text.rfind(',') > text.rfind('.') => without('.').replace(',', "."),
        // `1,234.56`
        (_, 1) if text.rfind('.') > text.rfind(',') => without(','),
        // `1,234,567`
        (_, 0) if grouped(',') => without(','),
        (0, _) if grouped('.') => without('.'),
        _ => text.to_owned(),
    };
    micros(&plain, place)
}

/// A number of things: a JSON number or a text of digits. `None` where nothing is stated.
pub(super) fn units(raw: Option<&RawValue>, place: PathRef) -> Result<Option<i32>, ReadError> {
    let text = raw.map(|raw| raw.get().trim().trim_matches('"').trim());
    text.filter(|text| !text.is_empty() && *text != "null")
        .map(|text| cell_units(text, Decimals::Point, place))
        .transpose()
}

/// A number of things in a cell; never below zero. One that may be thousands needs to be told ([`cell_micros`]).
pub(super) fn cell_units(text: &str, decimals: Decimals, place: PathRef) -> Result<i32, ReadError> {
    let plain = match (may_be_either(text), decimals, text.contains(',')) {
        (true, Decimals::Comma, false) | (true, Decimals::Point, true) => text.replace([',', '.'], ""),
        (true, Decimals::Unclear, _) => String::new(),
        _ => text.replace(',', "."),
    };
    let whole = match plain.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|b| b == b'0') => whole,
        _ => &plain,
    };
    whole.parse().ok().filter(|n| *n >= 0).ok_or_else(|| ReadError {
        code: "not_a_quantity",
        message: format!(
            "{}: “{}” is no quantity",
            render(place),
            text.chars().take(40).collect::<String>()
        ),
    })
}

/// A moment that days depend on, in any of the forms Amazon writes: RFC 3339, `2025-06-09 05:23:19 UTC`, `09/06/25` and
/// `09/06/2025` (day first), `09.06.2025`, each with or without a time. `None` where it is none of them.
pub(super) fn moment(text: &str) -> Option<When> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(When::Instant(at.timestamp()));
    }
    let (zoned, text) = match ["UTC", "GMT", "Z"].iter().find_map(|zone| text.strip_suffix(zone)) {
        Some(rest) => (true, rest.trim_end()),
        None => (false, text),
    };
    for form in [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%d.%m.%Y %H:%M:%S",
        "%d/%m/%Y %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
    ] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Some(match zoned {
                true => When::Instant(at.and_utc().timestamp()),
                // A clock without a zone tells its day, and no instant.
                false => When::Day(Day::from_date(at.date())),
            });
        }
    }
    // A year of two digits must be tried before one of four, which would take it for the first century.
    let short = text.len() == 8;
    let forms: &[&str] = match short {
        true => &["%d/%m/%y", "%d.%m.%y"],
        false => &["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y/%m/%d"],
    };
    let date = forms.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    date.map(|date| When::Day(Day::from_date(date)))
}

/// A moment that must be one, with its place.
pub(super) fn moment_at(text: &str, what: &str, place: PathRef) -> Result<When, ReadError> {
    moment(text).ok_or_else(|| ReadError {
        code: "not_a_date",
        message: format!(
            "{}: {what} “{}” is no date",
            render(place),
            text.chars().take(40).collect::<String>()
        ),
    })
}

/// Flags come as booleans or as texts.
pub(super) fn truth(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| raw.get().trim().trim_matches('"').eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_failure_39_amounts_are_read_without_a_float() {
        let at = PathRef::default();
        assert_eq!(micros("0.0145", at), Ok(14_500), "four decimals stay");
        assert_eq!(micros("1980", at), Ok(1_980_000_000), "yen have none");
        assert_eq!(micros("1.45E-2", at), Ok(14_500), "JSON may write an exponent");
        assert_eq!(micros("-2.5e3", at), Ok(-2_500_000_000), "of either sign");
        let (euro, yen) = ("EUR".parse().ok(), "JPY".parse().ok());
        let unclear = |text: &str, currency| cell_micros(text, currency, Decimals::Unclear, at);
        assert_eq!(unclear("12,34", euro), Ok(12_340_000), "a comma in EU files");
        assert_eq!(
            unclear("-1.234,56", euro),
            Ok(-1_234_560_000),
            "with points between thousands"
        );
        assert_eq!(unclear("1,980", yen), Ok(1_980_000_000), "yen have no decimals");
        assert_eq!(unclear("1.980", yen), Ok(1_980_000_000), "behind whatever sign");
        assert_eq!(
            unclear("-1,234,567", yen),
            Ok(-1_234_567_000_000),
            "two commas stand behind thousands"
        );
        assert_eq!(unclear("1.234.567", euro), Ok(1_234_567_000_000), "so do two points");
        assert_eq!(
            unclear("1,234.50", euro),
            Ok(1_234_500_000),
            "so does one before a point"
        );
        assert_eq!(unclear("0,145", euro), Ok(145_000), "no thousands begin with 0");
        assert_eq!(unclear("1,2345", euro), Ok(1_234_500), "nor have they four digits");
        let thousands = |text: &str| text.replace([',', '.'], "").parse::<i64>().map(|n| n * 1_000_000).ok();
        for text in ["1,234", "-12,500", "1.234", "-12.500"] {
            assert!(unclear(text, euro).is_err(), "{text}: a thousand, or one and a bit");
            let (of_comma, of_point) = [Decimals::Comma, Decimals::Point]
                .map(|decimals| cell_micros(text, euro, decimals, at).ok())
                .into();
            let (fraction, thousand) = if text.contains(',') {
                (of_comma, of_point)
            } else {
                (of_point, of_comma)
            };
            assert_eq!(thousand, thousands(text), "{text}: behind thousands");
            assert_eq!(fraction, thousands(text).map(|n| n / 1_000), "{text}: before decimals");
        }
        assert_eq!(
            cell_units("1.000", Decimals::Comma, at),
            Ok(1_000),
            "things come in thousands too"
        );
        assert_eq!(
            cell_units("2.0", Decimals::Comma, at),
            Ok(2),
            "or with a zero behind them"
        );
        assert!(
            cell_units("1.000", Decimals::Unclear, at).is_err(),
            "which of both must be told"
        );
        assert!(micros("12 USD", at).is_err(), "never a guess");
    }

    #[test]
    fn the_forms_of_dates_in_reports_are_read() {
        let day = |text: &str| When::Day(text.parse().expect("a day"));
        assert_eq!(
            moment("2025-06-09 05:23:19 UTC"),
            Some(When::Instant(1_749_446_599)),
            "UTC is said"
        );
        assert_eq!(
            moment("2026-10-01T06:30:00+00:00"),
            Some(When::Instant(1_790_836_200)),
            "an offset"
        );
        assert_eq!(moment("09/06/25"), Some(day("2025-06-09")), "the day comes first");
        assert_eq!(moment("09.06.2025"), Some(day("2025-06-09")), "with points");
        assert_eq!(moment("2025-06-09"), Some(day("2025-06-09")), "a bare day");
        assert_eq!(moment("soon"), None, "no date");
    }
}
