//! The marketplaces that the seller trades on at Amazon: their days, money, taxes and numbers.

use chrono_tz::Tz;

use crate::world::Currency;

/// An Amazon marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Marketplace {
    /// Amazon.com: prices without tax, which Amazon collects and keeps.
    Us,
    /// Amazon.co.uk: consumer prices with tax.
    Uk,
    /// Amazon.de: consumer prices with tax.
    De,
    /// Amazon.co.jp: prices with tax, in a currency without decimals.
    Jp,
}

/// A selling region: one account, one host, one refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// North America.
    Na,
    /// Europe.
    Eu,
    /// Far East.
    Fe,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 3] = [Self::Na, Self::Eu, Self::Fe];

    /// `na`, `eu` or `fe`: the end of the API host's name, and the account of the simulator's own addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Na => "na",
            Self::Eu => "eu",
            Self::Fe => "fe",
        }
    }

    /// The region with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.name() == name)
    }

    /// Its marketplaces on which the seller trades.
    pub fn marketplaces(self) -> impl Iterator<Item = Marketplace> {
        Marketplace::ALL
            .into_iter()
            .filter(move |market| market.region() == self)
    }
}

impl Marketplace {
    /// All marketplaces of the world.
    pub const ALL: [Self; 4] = [Self::Us, Self::Uk, Self::De, Self::Jp];

    /// Amazon's identifier.
    pub fn id(self) -> &'static str {
        match self {
            Self::Us => "ATVPDKIKX0DER",
            Self::Uk => "A1F83G8C2ARO7P",
            Self::De => "A1PA6795UKMFR9",
            Self::Jp => "A1VC38T7YXB528",
        }
    }

    /// The marketplace with this identifier.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|market| market.id() == id)
    }

    /// Identifier of the pseudo marketplace for sales outside Amazon.
    pub fn outside_id(self) -> &'static str {
        match self {
            Self::Us => "A2ZV50J4W1RKNI",
            Self::Uk => "AZMDEXL2RVFNN",
            Self::De => "A38D8NSA03LJTC",
            Self::Jp => "A1VN0HAN483KP2",
        }
    }

    /// Name of the pseudo marketplace.
    pub fn outside_name(self) -> &'static str {
        match self {
            Self::Us => "Non-Amazon US",
            Self::Uk => "SI UK Prod Marketplace",
            Self::De => "SI Prod DE Marketplace",
            Self::Jp => "SI JP Prod Marketplace",
        }
    }

    /// `Amazon.com` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "Amazon.com",
            Self::Uk => "Amazon.co.uk",
            Self::De => "Amazon.de",
            Self::Jp => "Amazon.co.jp",
        }
    }

    /// `www.amazon.com` and so on.
    pub fn domain(self) -> String {
        format!("www.{}", self.name().to_ascii_lowercase())
    }

    /// ISO 3166-1 alpha-2.
    pub fn country(self) -> &'static str {
        match self {
            Self::Us => "US",
            Self::Uk => "GB",
            Self::De => "DE",
            Self::Jp => "JP",
        }
    }

    /// Language and country.
    pub fn language(self) -> &'static str {
        match self {
            Self::Us => "en_US",
            Self::Uk => "en_GB",
            Self::De => "de_DE",
            Self::Jp => "ja_JP",
        }
    }

    /// Currency of its amounts.
    pub fn currency(self) -> Currency {
        let code = match self {
            Self::Us => "USD",
            Self::Uk => "GBP",
            Self::De => "EUR",
            Self::Jp => "JPY",
        };
        Currency::of(code).unwrap_or(Currency::USD)
    }

    /// Zone of its days.
    pub fn zone(self) -> Tz {
        match self {
            Self::Us => chrono_tz::America::Los_Angeles,
            Self::Uk => chrono_tz::Europe::London,
            Self::De => chrono_tz::Europe::Berlin,
            Self::Jp => chrono_tz::Asia::Tokyo,
        }
    }

    /// The region of its account.
    pub fn region(self) -> Region {
        match self {
            Self::Us => Region::Na,
            Self::Uk | Self::De => Region::Eu,
            Self::Jp => Region::Fe,
        }
    }

    /// Whether consumer prices contain the tax, and orders do not say how much.
    pub fn taxes_included(self) -> bool {
        self != Self::Us
    }

    /// Rates of tax that its orders have, in millionths.
    pub(crate) fn rates(self) -> &'static [u32] {
        match self {
            Self::Us => &[0, 62_500, 72_500, 88_750, 102_500],
            Self::Uk => &[200_000],
            Self::De => &[190_000],
            Self::Jp => &[100_000],
        }
    }

    /// Share of the seller's Amazon orders, of a hundred.
    pub(crate) fn share(self) -> u64 {
        match self {
            Self::Us => 55,
            Self::Uk => 18,
            Self::De => 17,
            Self::Jp => 10,
        }
    }

    /// First group of its order numbers.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Us => "112",
            Self::Uk => "203",
            Self::De => "304",
            Self::Jp => "250",
        }
    }

    /// Its place in [`Marketplace::ALL`].
    pub(crate) fn place(self) -> usize {
        self as usize
    }
}

/// So many orders shared out among the marketplaces, in the order of [`Marketplace::ALL`]. `all`: none is left over, the largest
/// rests go up.
pub(super) fn shares(orders: u64, all: bool) -> [u64; 4] {
    let exact = Marketplace::ALL.map(|market| u128::from(orders) * u128::from(market.share()));
    let mut shares = exact.map(|share| (share / 100) as u64);
    let left = orders.saturating_sub(shares.iter().sum());
    let mut by_rest = [0, 1, 2, 3];
    by_rest.sort_by_key(|place: &usize| std::cmp::Reverse(exact[*place] % 100));
    if all {
        for place in by_rest.into_iter().take(usize::try_from(left).unwrap_or(0)) {
            shares[place] += 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_where_all_are_wanted() {
        for orders in [0, 1, 2, 3, 99, 100, 101, 4_380, 1_000_003] {
            let shares = shares(orders, true);
            assert_eq!(shares.iter().sum::<u64>(), orders, "{orders} orders: {shares:?}");
            assert!(
                shares.is_sorted_by(|one, next| one >= next),
                "the larger marketplace has more: {shares:?}"
            );
        }
        assert_eq!(shares(1, true), [1, 0, 0, 0], "one order is the largest marketplace's");
        assert_eq!(
            shares(101, false),
            [55, 18, 17, 10],
            "else each has its own share, rounded down"
        );
    }
}
