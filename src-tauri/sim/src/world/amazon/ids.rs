//! Amazon's numbers: three groups of digits for orders, from which the order's index can be read back.

use super::market::Marketplace;

const DIGITS: u64 = 100_000_000_000_000;
/// Odd and no multiple of five, so that it has an inverse.
const FACTOR: u64 = 38_654_705_646_173;
const SHIFT: u64 = 4_410_037_281_977;

fn times(left: u64, right: u64) -> u64 {
    (u128::from(left) * u128::from(right) % u128::from(DIGITS)) as u64
}

/// The inverse of `FACTOR`: its power by the order of the group, less one.
fn inverse() -> u64 {
    // The exponent of the group of units modulo 10^14 divides 4 · 10^13.
    let (mut power, mut base, mut left) = (1, FACTOR, DIGITS / 10 * 4 - 1);
    while left > 0 {
        if left % 2 == 1 {
            power = times(power, base);
        }
        base = times(base, base);
        left /= 2;
    }
    power
}

/// Number of an order; copies of another channel's orders begin with `S01`.
pub(super) fn order(market: Marketplace, index: u64, copy: bool) -> String {
    let digits = (times(index % DIGITS, FACTOR) + SHIFT) % DIGITS;
    let prefix = if copy { "S01" } else { market.prefix() };
    format!("{prefix}-{:07}-{:07}", digits / 10_000_000, digits % 10_000_000)
}

/// The marketplace and index that an order's number can stand for.
pub(super) fn read(id: &str) -> Option<(Marketplace, u64)> {
    let mut groups = id.split('-');
    let (prefix, high, low) = (groups.next()?, groups.next()?, groups.next()?);
    let whole = groups.next().is_none() && high.len() == 7 && low.len() == 7;
    let market = match prefix {
        "S01" => Marketplace::Us,
        _ => Marketplace::ALL.into_iter().find(|market| market.prefix() == prefix)?,
    };
    let digits = high.parse::<u64>().ok()? * 10_000_000 + low.parse::<u64>().ok()?;
    whole.then(|| (market, times((digits + DIGITS - SHIFT) % DIGITS, inverse())))
}

/// Number of a line of an order.
pub(super) fn item(market: Marketplace, index: u64, line: usize) -> u64 {
    40_000_000_000_000 + (index * 4 + market.place() as u64) * 32 + line as u64
}

/// Letters that stand for a number, as opaque as the platform's.
pub(super) fn opaque(kind: &str, number: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let salt = kind.bytes().fold(0_u64, |sum, byte| sum * 131 + u64::from(byte));
    let mut text = String::with_capacity(43);
    for part in 0..4 {
        let mut bits = crate::faults::mix(number.wrapping_add(salt).wrapping_mul(4).wrapping_add(part));
        for _ in 0..10 {
            text.push(char::from(LETTERS[(bits % 64) as usize]));
            bits /= 64;
        }
    }
    text
}

/// The ASIN of a variant.
pub(super) fn asin(variant: u32) -> String {
    letters("B0", variant.into())
}

/// The ASIN of a product, which nobody can buy.
pub(super) fn parent_asin(product: u32) -> String {
    letters("B0P", product.into())
}

/// The number that Amazon's warehouses put on a variant's units.
pub(super) fn fnsku(variant: u32) -> String {
    letters("X00", variant.into())
}

fn letters(prefix: &str, number: u64) -> String {
    const LETTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut bits = number * 7_919 + 1_234_567;
    let mut text = Vec::new();
    while prefix.len() + text.len() < 10 {
        text.push(LETTERS[(bits % 36) as usize]);
        bits /= 36;
    }
    text.reverse();
    format!("{prefix}{}", String::from_utf8_lossy(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_numbers_lead_back_to_their_order() {
        let mut seen = std::collections::HashSet::new();
        for market in Marketplace::ALL {
            for index in (0..3_000).chain([10_000_000, 99_999_999_999]) {
                let id = order(market, index, false);
                assert!(seen.insert(id.clone()), "{id} is given twice");
                assert_eq!(read(&id), Some((market, index)), "{id} is read back");
                assert_eq!(id.len(), 19, "{id} has the form of the platform's");
            }
        }
        assert_eq!(
            read(&order(Marketplace::Us, 77, true)),
            Some((Marketplace::Us, 77)),
            "copies too"
        );
        assert_eq!(read("112-12-3"), None, "what has not the form is no order");
        assert_ne!(asin(1), asin(2), "goods differ");
        assert_eq!(
            (asin(9).len(), fnsku(9).len(), parent_asin(9).len()),
            (10, 10, 10),
            "ten letters"
        );
    }
}
