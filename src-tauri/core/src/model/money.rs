//! Exact money: millionths of a currency unit in an `i64`, with the currency beside it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code, three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Why a text is no amount or no currency. The message names the text, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("“{0}” is not an amount")]
    NotANumber(String),
    /// The number has more decimals or digits than the ledger holds exactly (six decimals, nine trillion units).
    #[error("“{0}” does not fit the ledger's exact range")]
    OutOfRange(String),
    /// Not three letters.
    #[error("“{0}” is not a currency code")]
    NotACurrency(String),
}

/// Codes of ISO 4217, those withdrawn since 1999 among them: orders may be as old. In the order of the alphabet.
const LISTED: &[[u8; 3]] = &[
    *b"AED", *b"AFA", *b"AFN", *b"ALL", *b"AMD", *b"ANG", *b"AOA", *b"ARS", *b"ATS", *b"AUD", *b"AWG", *b"AZM",
    *b"AZN", *b"BAM", *b"BBD", *b"BDT", *b"BEF", *b"BGL", *b"BGN", *b"BHD", *b"BIF", *b"BMD", *b"BND", *b"BOB",
    *b"BOV", *b"BRL", *b"BSD", *b"BTN", *b"BWP", *b"BYB", *b"BYN", *b"BYR", *b"BZD", *b"CAD", *b"CDF", *b"CHE",
    *b"CHF", *b"CHW", *b"CLF", *b"CLP", *b"CNY", *b"COP", *b"COU", *b"CRC", *b"CSD", *b"CUC", *b"CUP", *b"CVE",
    *b"CYP", *b"CZK", *b"DEM", *b"DJF", *b"DKK", *b"DOP", *b"DZD", *b"ECS", *b"EEK", *b"EGP", *b"ERN", *b"ESP",
    *b"ETB", *b"EUR", *b"FIM", *b"FJD", *b"FKP", *b"FRF", *b"GBP", *b"GEL", *b"GHC", *b"GHS", *b"GIP", *b"GMD",
    *b"GNF", *b"GRD", *b"GTQ", *b"GWP", *b"GYD", *b"HKD", *b"HNL", *b"HRK", *b"HTG", *b"HUF", *b"IDR", *b"IEP",
    *b"ILS", *b"INR", *b"IQD", *b"IRR", *b"ISK", *b"ITL", *b"JMD", *b"JOD", *b"JPY", *b"KES", *b"KGS", *b"KHR",
    *b"KMF", *b"KPW", *b"KRW", *b"KWD", *b"KYD", *b"KZT", *b"LAK", *b"LBP", *b"LKR", *b"LRD", *b"LSL", *b"LTL",
    *b"LUF", *b"LVL", *b"LYD", *b"MAD", *b"MDL", *b"MGA", *b"MGF", *b"MKD", *b"MMK", *b"MNT", *b"MOP", *b"MRO",
    *b"MRU", *b"MTL", *b"MUR", *b"MVR", *b"MWK", *b"MXN", *b"MXV", *b"MYR", *b"MZM", *b"MZN", *b"NAD", *b"NGN",
    *b"NIO", *b"NLG", *b"NOK", *b"NPR", *b"NZD", *b"OMR", *b"PAB", *b"PEN", *b"PGK", *b"PHP", *b"PKR", *b"PLN",
    *b"PTE", *b"PYG", *b"QAR", *b"ROL", *b"RON", *b"RSD", *b"RUB", *b"RUR", *b"RWF", *b"SAR", *b"SBD", *b"SCR",
    *b"SDD", *b"SDG", *b"SEK", *b"SGD", *b"SHP", *b"SIT", *b"SKK", *b"SLE", *b"SLL", *b"SOS", *b"SRD", *b"SRG",
    *b"SSP", *b"STD", *b"STN", *b"SVC", *b"SYP", *b"SZL", *b"THB", *b"TJS", *b"TMM", *b"TMT", *b"TND", *b"TOP",
    *b"TRL", *b"TRY", *b"TTD", *b"TWD", *b"TZS", *b"UAH", *b"UGX", *b"USD", *b"USN", *b"UYI", *b"UYU", *b"UYW",
    *b"UZS", *b"VEB", *b"VED", *b"VEF", *b"VES", *b"VND", *b"VUV", *b"WST", *b"XAF", *b"XAG", *b"XAU", *b"XCD",
    *b"XCG", *b"XDR", *b"XOF", *b"XPD", *b"XPF", *b"XPT", *b"XSU", *b"XUA", *b"YER", *b"YUM", *b"ZAR", *b"ZMK",
    *b"ZMW", *b"ZWD", *b"ZWG", *b"ZWL", *b"ZWN", *b"ZWR",
];

impl Currency {
    /// United States dollar; the currency tests and samples use most.
    pub const USD: Currency = Currency(*b"USD");

    /// The code as text.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Whether ISO 4217 lists the code, or did since 1999. What means no currency at all (`XXX`, `XTS`) is none.
    pub fn is_listed(&self) -> bool {
        LISTED.binary_search(&self.0).is_ok()
    }

    /// Decimals of the smallest unit (ISO 4217): 0 for JPY, 3 for KWD, 2 for most.
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// Millionths in one smallest unit: 10,000 for USD (a cent), 1,000,000 for JPY.
    pub fn smallest_unit(&self) -> i64 {
        10_i64.pow(6 - self.exponent())
    }

    /// The amount as the currency writes it, rounded half-even to its decimals: `1234.50`, `3000`.
    pub fn format(&self, micros: i64) -> String {
        let unit = i128::from(self.smallest_unit());
        let rounded = round_half_even(i128::from(micros), unit);
        let scale = 10_i128.pow(self.exponent());
        let (whole, rest) = (rounded.abs() / scale, rounded.abs() % scale);
        let sign = if rounded < 0 { "-" } else { "" };
        match self.exponent() {
            0 => format!("{sign}{whole}"),
            digits => format!("{sign}{whole}.{rest:0width$}", width = digits as usize),
        }
    }

    /// The amount rounded half-even to the currency's smallest unit, in millionths.
    pub fn round(&self, micros: i64) -> i64 {
        let unit = self.smallest_unit();
        (round_half_even(i128::from(micros), i128::from(unit)) as i64).saturating_mul(unit)
    }
}

/// `value ÷ unit`, rounded half to even.
fn round_half_even(value: i128, unit: i128) -> i128 {
    let (quotient, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    match (rest * 2).cmp(&unit) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.trim().as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_alphabetic) => Ok(Currency(code.map(|b| b.to_ascii_uppercase()))),
            _ => Err(MoneyError::NotACurrency(text.to_owned())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An exact amount: millionths of the currency's unit. Positive is money to the seller.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Millionths of one unit of `currency`.
    pub micros: i64,
    /// The currency the amount is in.
    pub currency: Currency,
}

impl Money {
    /// An amount of `micros` millionths.
    pub fn new(micros: i64, currency: Currency) -> Self {
        Money { micros, currency }
    }

    /// Reads a plain decimal (`-12.5`, `3000`, `0.1234`) exactly.
    ///
    /// # Errors
    /// `NotANumber` for anything else (exponents, grouping, blanks inside), `OutOfRange` beyond six decimals
    /// or the `i64` range: an amount is never rounded on the way in.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Money {
            micros: parse_micros(text)?,
            currency,
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.format(self.micros), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}µ {}", self.micros, self.currency)
    }
}

/// Millionths of a plain decimal text.
fn parse_micros(text: &str) -> Result<i64, MoneyError> {
    let not_a_number = || MoneyError::NotANumber(text.chars().take(40).collect());
    let out_of_range = || MoneyError::OutOfRange(text.chars().take(40).collect());
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(not_a_number());
    }
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(not_a_number());
    }
    let significant = fraction.trim_end_matches('0');
    if significant.len() > 6 || whole.len() > 18 {
        return Err(out_of_range());
    }
    let mut value: i64 = 0;
    for digit in whole.bytes() {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i64::from(digit - b'0')))
            .ok_or_else(out_of_range)?;
    }
    value = value.checked_mul(1_000_000).ok_or_else(out_of_range)?;
    let mut place = 100_000;
    for digit in significant.bytes() {
        value = value
            .checked_add(i64::from(digit - b'0') * place)
            .ok_or_else(out_of_range)?;
        place /= 10;
    }
    Ok(if negative { -value } else { value })
}

/// Splits `total` over `parts` units each, by LEDGER ruling 1: every part but the last is its share cut toward zero at
/// `unit`, the last takes what is left. A total of no units gives everything to the last part.
pub fn split_by_quantity(total: i64, parts: &[i64], unit: i64) -> Vec<i64> {
    let whole: i128 = parts.iter().map(|q| i128::from(*q)).sum();
    let Some(last) = parts.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut left = total;
    let mut amounts = Vec::with_capacity(parts.len());
    for (index, quantity) in parts.iter().enumerate() {
        let amount = match (index == last, whole) {
            (true, _) => left,
            (false, 0) => 0,
            (false, whole) => {
                let share = i128::from(total) * i128::from(*quantity) / whole;
                (share / i128::from(unit) * i128::from(unit)) as i64
            }
        };
        left -= amount;
        amounts.push(amount);
    }
    amounts
}

/// Allocates `total` over `weights` by largest remainder in multiples of `unit`, ties by position (product plan, Rounding).
/// What is below one unit goes to the first part. Weights of zero in sum give everything to the first.
pub fn split_evenly_by_weight(total: i64, weights: &[i64], unit: i64) -> Vec<i64> {
    if weights.is_empty() {
        return Vec::new();
    }
    let sum: i128 = weights.iter().map(|w| i128::from(w.unsigned_abs())).sum();
    if sum == 0 {
        let mut amounts = vec![0; weights.len()];
        amounts[0] = total;
        return amounts;
    }
    let units = total / unit;
    let mut shares: Vec<(usize, i64, i128)> = weights
        .iter()
        .enumerate()
        .map(|(index, weight)| {
            let exact = i128::from(units) * i128::from(weight.unsigned_abs());
            (index, (exact / sum) as i64, (exact % sum).abs())
        })
        .collect();
    let mut left = units - shares.iter().map(|s| s.1).sum::<i64>();
    shares.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
    for share in &mut shares {
        if left == 0 {
            break;
        }
        share.1 += left.signum();
        left -= left.signum();
    }
    shares.sort_by_key(|s| s.0);
    let mut amounts: Vec<i64> = shares.iter().map(|s| s.1 * unit).collect();
    amounts[0] += total % unit;
    amounts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        Money::parse(text, Currency::USD).expect("a plain decimal").micros
    }

    #[test]
    fn a_decimal_is_read_exactly_or_refused() {
        assert_eq!(micros("20.0"), 20_000_000, "trailing zeros do not matter");
        assert_eq!(micros("-7.1"), -7_100_000, "a refund keeps its sign");
        assert_eq!(micros(".5"), 500_000, "a missing whole part is zero");
        assert_eq!(
            micros("9007199254740.993"),
            9_007_199_254_740_993_000,
            "no float stands between: beyond 2^53 stays exact"
        );
        for bad in ["", "-", ".", "1,000.00", "12.5 USD", "1e3", "NaN", "１２"] {
            assert!(
                matches!(Money::parse(bad, Currency::USD), Err(MoneyError::NotANumber(_))),
                "“{bad}” must be refused, never read as zero"
            );
        }
        for bad in ["0.0000001", "99999999999999"] {
            assert!(
                matches!(Money::parse(bad, Currency::USD), Err(MoneyError::OutOfRange(_))),
                "“{bad}” would lose digits"
            );
        }
    }

    #[test]
    fn a_currency_writes_its_own_decimals() {
        let of = |code: &str| code.parse::<Currency>().expect("a currency code");
        assert_eq!(
            of("usd").format(1_234_500_000),
            "1234.50",
            "two decimals, code in any case"
        );
        assert_eq!(of("JPY").format(3_000_000_000), "3000", "no decimals");
        assert_eq!(
            of("KWD").format(-1_500),
            "-0.002",
            "three decimals, half to even, sign kept"
        );
        assert_eq!(of("USD").format(-4_000), "0.00", "what rounds to nothing has no sign");
        assert!(
            "US".parse::<Currency>().is_err() && "U$D".parse::<Currency>().is_err(),
            "a code is three letters"
        );
    }

    #[test]
    fn parts_by_quantity_sum_to_the_whole() {
        assert_eq!(
            split_by_quantity(29_970_000, &[2, 1], 10_000),
            vec![19_980_000, 9_990_000],
            "even shares"
        );
        assert_eq!(
            split_by_quantity(10_000_000, &[1, 1, 1], 10_000),
            vec![3_330_000, 3_330_000, 3_340_000],
            "the last part takes the leftover cent"
        );
        assert_eq!(
            split_by_quantity(-10_000_000, &[1, 2], 10_000),
            vec![-3_330_000, -6_670_000],
            "a discount is cut toward zero too"
        );
        assert_eq!(
            split_by_quantity(5_000_000, &[0], 10_000),
            vec![5_000_000],
            "no units: nothing is lost"
        );
    }

    #[test]
    fn an_allocation_gives_leftover_cents_to_the_largest_remainder_in_line_order() {
        assert_eq!(
            split_evenly_by_weight(-10_000_000, &[10, 10, 10], 10_000),
            vec![-3_340_000, -3_330_000, -3_330_000],
            "ties go by position"
        );
        assert_eq!(
            split_evenly_by_weight(1_000_000, &[0, 0], 10_000),
            vec![1_000_000, 0],
            "nothing is lost without weights"
        );
    }

    #[test]
    fn currencies_are_those_of_iso_4217() {
        assert!(LISTED.is_sorted(), "they are looked up by their order");
        for (code, listed) in [
            ("USD", true),
            ("ZWG", true),
            ("HRK", true),
            ("ZZZ", false),
            ("XXX", false),
        ] {
            let currency: Currency = code.parse().expect("three letters");
            assert_eq!(currency.is_listed(), listed, "{code}");
        }
    }
}
