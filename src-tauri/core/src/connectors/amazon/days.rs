//! Keys of days of the account: what is in them, and which entries of the ledger records of a day may be of.

use super::markets::{MARKETS, Market, market};
use super::record::{ACCOUNT, ADS};
use crate::model::{Currency, Day};

/// The day of a key of the account or of advertising.
pub(super) fn day_of(key: &str) -> Option<Day> {
    let place = if key.starts_with(ADS) || key.starts_with(ACCOUNT) {
        2
    } else {
        return None;
    };
    key.split(':').nth(place)?.parse().ok()
}

/// The entries that records of a day of the account may be of: one for each marketplace of its currency, and one for what names none
/// of them. Each is told all of the day, because one record may say again what another says with a marketplace.
pub(super) fn entries_of(day: &str) -> Vec<String> {
    let currency = currency_of(day);
    let markets = MARKETS
        .iter()
        .filter(|m| m.currency() == currency && currency.is_some());
    let named = markets.map(|m| format!("{day}:{}", m.id));
    std::iter::once(day.to_owned()).chain(named).collect()
}

/// The keys of the days of the account before and after one.
pub(super) fn beside(day: &str) -> Vec<String> {
    let account = day.strip_prefix(ACCOUNT).and_then(|rest| rest.split_once(':'));
    let Some((currency, on)) = account.and_then(|(currency, on)| Some((currency, on.parse::<Day>().ok()?))) else {
        return Vec::new();
    };
    let key = |days: i32| format!("{ACCOUNT}{currency}:{}", on.plus(days));
    vec![key(-1), key(1)]
}

/// The key of the day of the account that an entry is of, and its marketplace.
pub(super) fn account_day(key: &str) -> (&str, Option<&'static Market>) {
    match key.match_indices(':').nth(2).filter(|_| key.starts_with(ACCOUNT)) {
        Some((at, _)) => (&key[..at], market(key.get(at + 1..), None)),
        None => (key, None),
    }
}

/// The currency in the key of a day of the account.
pub(super) fn currency_of(key: &str) -> Option<Currency> {
    key.split(':').nth(1)?.parse().ok()
}
