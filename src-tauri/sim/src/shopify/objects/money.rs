//! Amounts (contract section 3.1).

use serde_json::Value;

use super::{Answered, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::world::{Bag, Currency, Order};

/// An amount with its currency.
pub(crate) struct Money {
    /// Smallest units.
    pub(crate) minor: i64,
    /// Their currency.
    pub(crate) currency: Currency,
}

impl Object for Money {
    fn kind(&self) -> &'static str {
        "MoneyV2"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        match name {
            "amount" => Ok(Resolved::leaf(decimal(self.minor, self.currency))),
            "currencyCode" => Ok(Resolved::leaf(self.currency.code())),
            _ => unlisted(self.kind(), name),
        }
    }
}

/// An amount in the shop's currency and in the buyer's.
pub(crate) struct MoneyBag {
    bag: Bag,
    shop: Currency,
    buyer: Currency,
}

impl Object for MoneyBag {
    fn kind(&self) -> &'static str {
        "MoneyBag"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        match name {
            "shopMoney" => Ok(money(self.bag.shop, self.shop)),
            "presentmentMoney" => Ok(money(self.bag.buyer, self.buyer)),
            _ => unlisted(self.kind(), name),
        }
    }
}

/// An amount.
pub(crate) fn money(minor: i64, currency: Currency) -> Resolved {
    Resolved::object(Money { minor, currency })
}

/// An amount of an order.
pub(crate) fn bag(order: &Order, bag: Bag) -> Resolved {
    Resolved::object(MoneyBag {
        bag,
        shop: order.currency,
        buyer: order.buyer_currency,
    })
}

/// An amount of an order, absent when nothing of the kind was ever charged.
pub(crate) fn bag_if(order: &Order, exists: bool, amount: Bag) -> Resolved {
    if exists { bag(order, amount) } else { Resolved::Null }
}

/// A bare price, with the decimals of its currency.
pub(crate) fn price(minor: i64, currency: Currency) -> Value {
    Value::from(currency.text(minor))
}

/// The amount as the platform writes decimals: no padding, one digit after the point at least.
pub(crate) fn decimal(minor: i64, currency: Currency) -> String {
    let text = currency.text(minor);
    match text.split_once('.') {
        None => format!("{text}.0"),
        Some((whole, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            format!("{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_not_padded() {
        let currency = |code| Currency::of(code).expect("the world trades in it");
        let cases = [
            (2000, "USD", "20.0"),
            (710, "USD", "7.1"),
            (-5, "USD", "-0.05"),
            (0, "USD", "0.0"),
            (3000, "JPY", "3000.0"),
            (1250, "KWD", "1.25"),
            (1001, "KWD", "1.001"),
            (-120, "USD", "-1.2"),
        ];
        for (minor, code, text) in cases {
            assert_eq!(decimal(minor, currency(code)), text, "{minor} smallest units of {code}");
        }
        assert_eq!(price(1250, currency("USD")), "12.50", "bare prices keep their decimals");
    }
}
