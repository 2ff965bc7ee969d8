//! Money of the simulated world: whole smallest units of a currency, in the shop's money and in the buyer's.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::Decimal;

/// A currency and how many decimals its smallest unit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    code: &'static str,
    exponent: u32,
}

/// Every currency that the world trades in, with its smallest unit and what 1.00 USD is worth in millionths of it.
const CURRENCIES: [(Currency, i64); 9] = [
    (
        Currency {
            code: "USD",
            exponent: 2,
        },
        1_000_000,
    ),
    (
        Currency {
            code: "EUR",
            exponent: 2,
        },
        921_700,
    ),
    (
        Currency {
            code: "GBP",
            exponent: 2,
        },
        786_300,
    ),
    (
        Currency {
            code: "CAD",
            exponent: 2,
        },
        1_364_900,
    ),
    (
        Currency {
            code: "AUD",
            exponent: 2,
        },
        1_513_200,
    ),
    (
        Currency {
            code: "SEK",
            exponent: 2,
        },
        10_412_500,
    ),
    (
        Currency {
            code: "JPY",
            exponent: 0,
        },
        149_310_000,
    ),
    (
        Currency {
            code: "KWD",
            exponent: 3,
        },
        307_150,
    ),
    (
        Currency {
            code: "BHD",
            exponent: 3,
        },
        376_040,
    ),
];

impl Currency {
    /// US dollar, the default shop currency.
    pub const USD: Self = Self {
        code: "USD",
        exponent: 2,
    };

    /// The currency with this ISO 4217 code, if the world trades in it.
    pub fn of(code: &str) -> Option<Self> {
        CURRENCIES
            .iter()
            .map(|(currency, _)| *currency)
            .find(|currency| currency.code == code)
    }

    /// All currencies of the world.
    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.iter().map(|(currency, _)| *currency)
    }

    /// ISO 4217 code.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// Number of decimals of the smallest unit: 0 for yen, 2 for dollars, 3 for dinars.
    pub fn exponent(self) -> u32 {
        self.exponent
    }

    /// The amount with exactly the currency's decimals, for example `-3.50`, `3000`, `1.250`.
    pub fn text(self, minor: i64) -> String {
        self.decimal(minor).to_string()
    }

    /// The amount as an exact decimal whose scale is the currency's exponent.
    pub fn decimal(self, minor: i64) -> Decimal {
        Decimal::new(minor, self.exponent)
    }

    /// Millionths of this currency that 1.00 USD buys.
    pub(crate) fn per_dollar(self) -> i64 {
        CURRENCIES
            .iter()
            .find(|(currency, _)| *currency == self)
            .map_or(1_000_000, |(_, rate)| *rate)
    }

    /// 10 to the power of the exponent: smallest units in one whole unit.
    pub(crate) fn unit(self) -> i64 {
        10_i64.pow(self.exponent)
    }
}

/// One amount told twice: in the shop's currency and in the currency that the buyer paid in, each in smallest units.
/// Both sides are computed by the same steps from their own prices, so both add up on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Bag {
    /// Smallest units of the shop's currency. Reports count this one.
    pub shop: i64,
    /// Smallest units of the buyer's (presentment) currency.
    pub buyer: i64,
}

impl Bag {
    /// No money.
    pub const ZERO: Self = Self { shop: 0, buyer: 0 };

    /// Applies one integer rule to each side.
    #[must_use]
    pub fn each(self, rule: impl Fn(i64) -> i64) -> Self {
        Self {
            shop: rule(self.shop),
            buyer: rule(self.buyer),
        }
    }

    /// Applies one integer rule to each side of two bags.
    #[must_use]
    pub fn with(self, other: Self, rule: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            shop: rule(self.shop, other.shop),
            buyer: rule(self.buyer, other.buyer),
        }
    }

    /// Whether both sides are zero.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// `quantity` times the amount.
    #[must_use]
    pub fn times(self, quantity: u32) -> Self {
        self.each(|side| side * i64::from(quantity))
    }

    /// The part of an amount over `whole` units that falls on the first `units` of them, cut toward zero. Returns of
    /// a line take `share(before + q) - share(before)`, so the last unit that comes back takes the leftover cents.
    #[must_use]
    pub fn share(self, units: u32, whole: u32) -> Self {
        if whole == 0 {
            return Self::ZERO;
        }
        self.each(|side| ratio_cut(side, i64::from(units), i64::from(whole)))
    }
}

/// `amount × part ÷ whole`, cut toward zero.
pub(crate) fn ratio_cut(amount: i64, part: i64, whole: i64) -> i64 {
    narrow(i128::from(amount) * i128::from(part) / i128::from(whole))
}

/// `amount × part ÷ whole`, rounded half away from zero.
pub(crate) fn ratio_half_up(amount: i64, part: i64, whole: i64) -> i64 {
    let product = i128::from(amount) * i128::from(part);
    let whole = i128::from(whole);
    let rounded = (product.abs() * 2 + whole) / (whole * 2);
    narrow(if product < 0 { -rounded } else { rounded })
}

fn narrow(wide: i128) -> i64 {
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

/// Splits `amount` over `weights` by largest remainder in smallest units; ties go to the earlier weight.
pub(crate) fn largest_remainder(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i64 = weights.iter().sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let mut parts: Vec<i64> = weights.iter().map(|weight| ratio_cut(amount, *weight, whole)).collect();
    let mut left = amount - parts.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    let remainder = |at: usize| i128::from(amount) * i128::from(weights[at]) % i128::from(whole);
    order.sort_by_key(|at| std::cmp::Reverse(remainder(*at)));
    for at in order {
        if left == 0 {
            break;
        }
        parts[at] += 1;
        left -= 1;
    }
    parts
}

impl Add for Bag {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
}

impl Sub for Bag {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
}

impl Neg for Bag {
    type Output = Self;
    fn neg(self) -> Self {
        self.each(|side| -side)
    }
}

impl AddAssign for Bag {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Bag {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Bag {
    fn sum<I: Iterator<Item = Self>>(bags: I) -> Self {
        bags.fold(Self::ZERO, |total, bag| total + bag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftover_cents_go_to_the_largest_remainders_and_ties_to_the_first() {
        assert_eq!(
            largest_remainder(1_000, &[1_000, 1_000, 1_000]),
            [334, 333, 333],
            "a tie goes to the first line"
        );
        assert_eq!(
            largest_remainder(100, &[200, 350, 450]),
            [20, 35, 45],
            "an exact split has no leftover"
        );
        assert_eq!(
            largest_remainder(5, &[10, 45, 45]),
            [1, 2, 2],
            "the largest remainder is served first"
        );
        assert_eq!(largest_remainder(7, &[0, 0]), [0, 0], "nothing falls on nothing");
        for amount in 0..200 {
            let parts = largest_remainder(amount, &[37, 61, 102]);
            assert_eq!(parts.iter().sum::<i64>(), amount, "all of {amount} is given out");
            assert!(
                parts.iter().zip([37, 61, 102]).all(|(part, weight)| *part <= weight),
                "no line pays {parts:?}"
            );
        }
    }

    #[test]
    fn shares_are_cut_and_the_last_takes_the_rest() {
        let whole = Bag {
            shop: 1_000,
            buyer: -1_000,
        };
        assert_eq!(
            whole.share(1, 3),
            Bag { shop: 333, buyer: -333 },
            "both signs are cut toward zero"
        );
        assert_eq!(whole.share(3, 3), whole, "all units have all of it");
        assert_eq!(ratio_half_up(5, 1, 2), 3, "halves go away from zero");
        assert_eq!(ratio_half_up(-5, 1, 2), -3, "on both sides");
    }

    #[test]
    fn amounts_are_written_with_their_decimals() {
        let text = |code: &str, minor| Currency::of(code).map(|currency| currency.text(minor));
        assert_eq!(text("USD", -350).as_deref(), Some("-3.50"), "two decimals");
        assert_eq!(text("JPY", 3_000).as_deref(), Some("3000"), "none");
        assert_eq!(text("KWD", 1_250).as_deref(), Some("1.250"), "three");
        assert_eq!(text("XXX", 1), None, "a currency that the world does not trade in");
    }
}
