//! Customers and payouts.

use serde::{Deserialize, Serialize};

use super::{Currency, Day};

/// A customer, without personal data: the product needs the id, the country and what the platform counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// The platform's customer id.
    pub key: String,
    /// First seen on the platform, UTC second.
    pub created_at: i64,
    /// Last change, UTC second.
    pub updated_at: i64,
    /// ISO 3166 alpha-2 of the default address.
    pub country: Option<String>,
    /// Region code of the default address.
    pub province: Option<String>,
    /// Orders the platform counts for this customer.
    pub orders: Option<i64>,
    /// What the platform says was spent, in millionths of `currency`.
    pub spent: Option<i64>,
    /// Currency of `spent`.
    pub currency: Option<Currency>,
}

/// Money the platform moved, or will move, to the seller's bank.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Payout {
    /// The platform's payout id.
    pub key: String,
    /// Day of issue as the platform states it.
    pub day: Day,
    /// State in the platform's words, lower case (`scheduled`, `in_transit`, `paid`, `failed`, `canceled`).
    pub status: String,
    /// Net amount in millionths of `currency`; negative for withdrawals.
    pub net: i64,
    /// Fees within it, in millionths (negative), where stated.
    pub fees: Option<i64>,
    /// Currency.
    pub currency: Currency,
}
