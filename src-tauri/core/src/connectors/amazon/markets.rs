//! Amazon's marketplaces: ids, names, zones, currencies, and whether their prices include tax (contract sections 2.4, 4 and 5).

use crate::model::{Currency, Zone};

/// A marketplace of the allow-list; pseudo marketplaces of sales outside Amazon are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Market {
    /// Amazon's id.
    pub id: &'static str,
    /// Country, ISO 3166 alpha-2.
    pub country: &'static str,
    /// The name in orders and reports, and of the sales channel here.
    pub name: &'static str,
    /// Currency of its prices.
    currency: &'static str,
    /// Zone of its days. CA and MX are not confirmed: Amazon's own advertising profiles say Los Angeles.
    zone: &'static str,
    /// Prices are stated without tax; elsewhere consumer prices include it.
    pub without_tax: bool,
}

macro_rules! markets {
    ($($id:literal $country:literal $name:literal $currency:literal $zone:literal $without_tax:literal,)*) => {
        /// Every marketplace.
        pub const MARKETS: &[Market] = &[$(Market {
            id: $id, country: $country, name: $name, currency: $currency, zone: $zone, without_tax: $without_tax,
        },)*];
    };
}

markets! {
    "ATVPDKIKX0DER" "US" "Amazon.com" "USD" "America/Los_Angeles" true,
    "A2EUQ1WTGCTBG2" "CA" "Amazon.ca" "CAD" "America/Los_Angeles" true,
    "A1AM78C64UM0Y8" "MX" "Amazon.com.mx" "MXN" "America/Los_Angeles" false,
    "A2Q3Y263D00KWC" "BR" "Amazon.com.br" "BRL" "America/Sao_Paulo" false,
    "A1F83G8C2ARO7P" "GB" "Amazon.co.uk" "GBP" "Europe/London" false,
    "A1PA6795UKMFR9" "DE" "Amazon.de" "EUR" "Europe/Berlin" false,
    "A13V1IB3VIYZZH" "FR" "Amazon.fr" "EUR" "Europe/Paris" false,
    "APJ6JRA9NG5V4" "IT" "Amazon.it" "EUR" "Europe/Rome" false,
    "A1RKKUPIHCS9HS" "ES" "Amazon.es" "EUR" "Europe/Madrid" false,
    "A1805IZSGTT6HS" "NL" "Amazon.nl" "EUR" "Europe/Amsterdam" false,
    "A2NODRKZP88ZB9" "SE" "Amazon.se" "SEK" "Europe/Stockholm" false,
    "A1C3SOZRARQ6R3" "PL" "Amazon.pl" "PLN" "Europe/Warsaw" false,
    "AMEN7PMS3EDWL" "BE" "Amazon.com.be" "EUR" "Europe/Brussels" false,
    "A28R8C7NBKEWEA" "IE" "Amazon.ie" "EUR" "Europe/Dublin" false,
    "A33AVAJ2PDY3EV" "TR" "Amazon.com.tr" "TRY" "Europe/Istanbul" false,
    "A2VIGQ35RCS4UG" "AE" "Amazon.ae" "AED" "Asia/Dubai" false,
    "A17E79C6D8DWNP" "SA" "Amazon.sa" "SAR" "Asia/Riyadh" false,
    "ARBP9OOSHTCHU" "EG" "Amazon.eg" "EGP" "Africa/Cairo" false,
    "A21TJRUUN4KGV" "IN" "Amazon.in" "INR" "Asia/Kolkata" false,
    "AE08WJ6YKNBMC" "ZA" "Amazon.co.za" "ZAR" "Africa/Johannesburg" false,
    "A1VC38T7YXB528" "JP" "Amazon.co.jp" "JPY" "Asia/Tokyo" false,
    "A39IBJ37TRP1C6" "AU" "Amazon.com.au" "AUD" "Australia/Sydney" false,
    "A19VAU5U5O7RUS" "SG" "Amazon.sg" "SGD" "Asia/Singapore" false,
}

/// Pseudo marketplaces: sales placed outside Amazon that it only fulfils.
const PSEUDO: [&str; 9] = [
    "A2ZV50J4W1RKNI",
    "A1MQXOICRS2Z7M",
    "A3H6HPSLHAK3XG",
    "AZMDEXL2RVFNN",
    "A38D8NSA03LJTC",
    "A1ZFFQZ3HTUKT9",
    "A62U237T8HV6N",
    "AFQLKURYRPEL8",
    "A1VN0HAN483KP2",
];

impl Market {
    /// Zone of its days.
    pub fn zone(&self) -> Zone {
        self.zone.parse().unwrap_or(Zone::UTC)
    }

    /// Currency of its prices.
    pub fn currency(&self) -> Option<Currency> {
        self.currency.parse().ok()
    }
}

/// The marketplace of an id, else of the name that orders and reports give it (`Amazon.com`, `www.amazon.de`).
pub fn market(id: Option<&str>, name: Option<&str>) -> Option<&'static Market> {
    let by_id = id.and_then(|id| MARKETS.iter().find(|m| m.id == id));
    let name = name.map(|name| name.trim().trim_start_matches("www."));
    by_id.or_else(|| {
        MARKETS
            .iter()
            .find(|m| name.is_some_and(|n| n.eq_ignore_ascii_case(m.name)))
    })
}

/// The marketplace that a person names: by its id, its country, or its name.
pub fn by_word(word: &str) -> Option<&'static Market> {
    let country = || MARKETS.iter().find(|m| m.country.eq_ignore_ascii_case(word.trim()));
    market(Some(word.trim()), Some(word)).or_else(country)
}

/// The marketplace an account without further word is in: the first with its currency and zone, or of either.
pub fn home(zone: Option<Zone>, currency: Option<Currency>) -> Option<&'static Market> {
    let of_currency = |m: &&Market| currency.is_some_and(|c| m.currency() == Some(c));
    let of_zone = |m: &&Market| zone.is_some_and(|z| z == m.zone());
    let both = MARKETS.iter().find(|m| of_currency(m) && of_zone(m));
    both.or_else(|| MARKETS.iter().find(of_currency))
        .or_else(|| MARKETS.iter().find(of_zone))
}

/// The marketplace that a record names first, by its id, else by its name.
pub fn named(record: &[u8]) -> Option<&'static Market> {
    let text = String::from_utf8_lossy(record);
    let by_id = MARKETS
        .iter()
        .filter_map(|m| Some((text.find(m.id)?, m)))
        .min_by_key(|(at, _)| *at);
    // “Amazon.com” begins the names of others: of those at one place the longest is meant.
    let by_name = || {
        let found = MARKETS.iter().filter_map(|m| Some((text.find(m.name)?, m)));
        found.min_by_key(|(at, m)| (*at, usize::MAX - m.name.len()))
    };
    by_id.or_else(by_name).map(|(_, market)| market)
}

/// Whether a sale was placed outside Amazon (failure 6): by channel, by pseudo marketplace, by the form of its number.
pub fn is_outside(order: &str, channel: Option<&str>, marketplace: Option<&str>) -> bool {
    let outside = |name: &str| {
        let name = name.to_ascii_lowercase().replace('_', "-");
        name.starts_with("non-amazon") || name.starts_with("si ")
    };
    order.starts_with("S01-") || channel.is_some_and(outside) || marketplace.is_some_and(|id| PSEUDO.contains(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marketplace_has_a_zone_and_a_currency() {
        for market in MARKETS {
            assert!(
                market.zone.parse::<Zone>().is_ok(),
                "{}: its zone is known",
                market.name
            );
            assert!(market.currency().is_some(), "{}: its currency is one", market.name);
        }
    }

    #[test]
    fn amazon_failure_41_pseudo_marketplaces_are_no_stores() {
        for id in PSEUDO {
            assert_eq!(market(Some(id), None), None, "{id} is not on the allow-list");
            assert!(is_outside("1", None, Some(id)), "{id} is a sale outside Amazon");
        }
        let made_up = market(Some("AT614YYYNOC1S"), Some("Amazon.se"));
        assert_eq!(made_up.map(|m| m.country), Some("SE"), "an unknown id goes by the name");
    }
}
