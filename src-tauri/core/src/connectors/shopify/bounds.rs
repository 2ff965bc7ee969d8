//! What amounts and quantities may be (LEDGER ruling 11). The ledger counts in millionths in 64 bits; with these ends no sum over
//! one order comes near that edge.

use super::paths::render;
use crate::connectors::ReadError;
use crate::model::PathRef;

/// The greatest amount, in millionths: a trillion units of the currency.
pub(super) const MOST: i64 = 1_000_000_000_000_000_000;

fn beyond(place: PathRef, what: &str) -> ReadError {
    ReadError {
        code: "amount_out_of_range",
        message: format!(
            "{}: {what} is beyond a trillion, more than the ledger counts",
            render(place)
        ),
    }
}

fn negative(place: PathRef, what: &str) -> ReadError {
    ReadError {
        code: "below_zero",
        message: format!("{}: {what} is below zero", render(place)),
    }
}

/// An amount as read.
pub(super) fn within(micros: i64, place: PathRef) -> Result<i64, ReadError> {
    match micros.unsigned_abs() > MOST.unsigned_abs() {
        true => Err(beyond(place, "an amount")),
        false => Ok(micros),
    }
}

/// The sum of two amounts.
pub(super) fn plus(sum: i64, more: i64, place: PathRef) -> Result<i64, ReadError> {
    sum.checked_add(more)
        .filter(|sum| sum.unsigned_abs() <= MOST.unsigned_abs())
        .ok_or_else(|| beyond(place, "a sum"))
}

/// A unit price times a quantity.
pub(super) fn times(unit: i64, quantity: i32, place: PathRef) -> Result<i64, ReadError> {
    unit.checked_mul(quantity.into())
        .filter(|whole| whole.unsigned_abs() <= MOST.unsigned_abs())
        .ok_or_else(|| beyond(place, "price × quantity"))
}

/// A price, which nobody is paid for taking.
pub(super) fn price(micros: i64, place: PathRef) -> Result<i64, ReadError> {
    match micros < 0 {
        true => Err(negative(place, "the price")),
        false => Ok(micros),
    }
}

/// A number of units.
pub(super) fn units(quantity: i32, place: PathRef) -> Result<i32, ReadError> {
    match quantity < 0 {
        true => Err(negative(place, "the quantity")),
        false => Ok(quantity),
    }
}
