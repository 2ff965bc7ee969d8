//! An order as the ledger holds it: header, lines, postings.

use serde::{Deserialize, Serialize};

use super::{Currency, Posting, When};

/// Whether and how an order takes part in the figures (status policy of the product plan, section 4).
///
/// The number is part of the stored form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// A sale.
    Sale = 0,
    /// Placed, not paid or not confirmed yet: counts, by the platform's own rule.
    Pending = 1,
    /// A test order: never counts.
    Test = 2,
    /// Deleted on the platform: never counts, also for the past.
    Deleted = 3,
    /// A draft: not an order yet.
    Draft = 4,
    /// A free replacement: not an order; its cost is a write-off.
    Replacement = 5,
    /// A copy of another channel's order (Amazon multi-channel fulfilment): not a sale here.
    Copy = 6,
    /// No order: what the platform charged or paid the account itself on a day (storage, subscriptions, advertising).
    Account = 7,
}

impl Status {
    /// Whether the order counts as an order.
    pub fn counts(self) -> bool {
        matches!(self, Status::Sale | Status::Pending)
    }

    /// Whether its postings enter any figure.
    pub fn posts(self) -> bool {
        !matches!(self, Status::Test | Status::Deleted | Status::Draft)
    }

    /// The status of a stored number.
    pub fn from_code(code: u8) -> Option<Status> {
        use Status::*;
        [Sale, Pending, Test, Deleted, Draft, Replacement, Copy, Account]
            .get(usize::from(code))
            .copied()
    }

    /// The status's name in answers and SQL.
    pub fn name(self) -> &'static str {
        match self {
            Status::Sale => "sale",
            Status::Pending => "pending",
            Status::Test => "test",
            Status::Deleted => "deleted",
            Status::Draft => "draft",
            Status::Replacement => "replacement",
            Status::Copy => "copy",
            Status::Account => "account",
        }
    }
}

/// Keys of what is no order but a day of the account ([`Status::Account`]) lie from the first of these texts to before the second.
pub const ACCOUNT_DAYS: [&str; 2] = ["account-", "account;"];

/// One line of an order, as sold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// The platform's id of the line.
    pub key: String,
    /// The seller's stock keeping unit; empty where the platform has none.
    pub sku: String,
    /// Title at the time of sale, variant included; untrusted text.
    pub title: String,
    /// The platform's product id; `None` for custom items and deleted products.
    pub product: Option<String>,
    /// The platform's variant id.
    pub variant: Option<String>,
    /// Units placed, edits included.
    pub quantity: i32,
    /// Units withdrawn before they shipped.
    pub cancelled: i32,
    /// A gift card: no unit, no cost.
    pub gift_card: bool,
    /// Whether the goods are sent (`false`: digital, service).
    pub ships: bool,
    /// Cost of one unit in millionths of the order's currency; `None` while unknown.
    pub unit_cost: Option<i64>,
    /// The cost was first known after the sale and taken by the user's leave.
    pub cost_estimated: bool,
}

/// An order, settled from every fact known about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The platform's id without its prefix, unique per connection.
    pub key: String,
    /// The number people see (`#1001`).
    pub name: String,
    /// Part in the figures.
    pub status: Status,
    /// The order date of the platform's reports.
    pub placed_at: When,
    /// Last change on the platform, as far as known.
    pub updated_at: When,
    /// Cancellation, if any.
    pub cancelled_at: Option<When>,
    /// Currency of every amount of the order (Shopify: the shop's, not the buyer's).
    pub currency: Currency,
    /// The buyer's currency and what the platform says he was charged in it, where it differs.
    pub presentment: Option<super::Money>,
    /// Name of the sales channel inside the platform (`Online Store`, `Point of Sale`).
    pub sales_channel: String,
    /// The platform's customer id; `None` for guests or where the platform tells customers not apart.
    pub customer: Option<String>,
    /// Country of delivery, ISO 3166 alpha-2.
    pub country: Option<String>,
    /// Payment state in the platform's own words, lower case.
    pub payment: String,
    /// Fulfilment state in the platform's own words, lower case.
    pub fulfilment: String,
    /// Units of the original order and its edits, gift cards excepted.
    pub units_placed: i32,
    /// Units withdrawn before they shipped.
    pub units_cancelled: i32,
    /// Every unit that was not withdrawn has shipped, and there is one.
    pub fulfilled: bool,
    /// First shipment.
    pub first_ship: Option<When>,
    /// Whether the platform has stated its amounts.
    pub priced: bool,
    /// Prices include an unknown share of tax (accounting figures are then unknown).
    pub basis_unknown: bool,
    /// Some of its days or amounts are derived, because the platform does not state them.
    pub estimated: bool,
    /// Parts of the order are not fetched yet (a page of lines, refund details) or not understood (a sale row of unknown kind):
    /// figures may still change.
    pub incomplete: bool,
    /// The total the platform itself states for the order as placed, in millionths of `currency`, for reconciling.
    pub stated_total: Option<i64>,
    /// Lines, in the platform's order.
    pub lines: Vec<Line>,
    /// Signed ledger lines.
    pub postings: Vec<Posting>,
    /// Ids of the raw records it rests on; [`Posting::raw`] points here.
    pub raws: Vec<i64>,
}

impl Order {
    /// No record shows what was ordered: neither lines nor amounts nor a number of units. How many units it is of, and whether they
    /// were sent, nobody knows (LEDGER ruling 42).
    pub fn untold(&self) -> bool {
        self.lines.is_empty() && !self.priced && self.units_placed == 0
    }

    /// Every unit was withdrawn before it shipped (LEDGER ruling 7), or it was cancelled before anything was said of it.
    pub fn wholly_cancelled(&self) -> bool {
        let told = self.units_placed > 0 || (self.cancelled_at.is_some() && !self.priced);
        told && self.units_cancelled >= self.units_placed
    }
}
