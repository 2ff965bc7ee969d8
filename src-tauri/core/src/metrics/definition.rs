//! The three definitions: which posting counts, and on which day (product plan, section 4, rows “dates” and “which quantity”).

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::{Day, Flags, Kind, Order, Posting, When, Zone};

/// By which rule a profile counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "DefinitionCode")]
#[repr(u8)]
pub enum Definition {
    /// Sale rows on the order day, cancelled quantity left out.
    #[default]
    OrderTotals = 0,
    /// Every row on its own day, as the platform's sales report counts.
    Platform = 1,
    /// Sale rows on the ship day, shipped quantity only.
    Accounting = 2,
}

impl Definition {
    /// All three.
    pub const ALL: [Definition; 3] = [Definition::OrderTotals, Definition::Platform, Definition::Accounting];

    /// The name in answers and options.
    pub fn name(self) -> &'static str {
        match self {
            Definition::OrderTotals => "order_totals",
            Definition::Platform => "platform",
            Definition::Accounting => "accounting",
        }
    }

    /// The name on screens.
    pub fn label(self) -> &'static str {
        match self {
            Definition::OrderTotals => "Order totals",
            Definition::Platform => "As the platform reports it",
            Definition::Accounting => "Accounting",
        }
    }

    /// The definition of a stored number.
    pub fn from_code(code: u8) -> Option<Definition> {
        Definition::ALL.get(usize::from(code)).copied()
    }

    /// The day on which `posting` of `order` counts, or `None` where this definition leaves it out.
    pub fn day_of(self, order: &Order, posting: &Posting, zone: Zone) -> Option<Day> {
        self.moment_at(order.placed_at, posting).map(|at| at.day(zone))
    }

    /// The moment by whose day `posting` of an order placed at `placed_at` counts, or `None` where this definition leaves it out.
    pub(super) fn moment_at(self, placed_at: When, posting: &Posting) -> Option<When> {
        // A tip, gift card, duty or further charge given back is no sale: it has a day of its own (LEDGER ruling 14).
        let given_back = posting.kind.is_own_charge() && posting.micros < 0;
        let dated_like_the_sale = (posting.kind.is_sale() && !given_back) || posting.kind == Kind::Cogs;
        let cancelled = posting.flags.has(Flags::CANCELLED);
        match self {
            Definition::Platform => Some(posting.event_at),
            Definition::OrderTotals if cancelled => None,
            Definition::OrderTotals if dated_like_the_sale => Some(placed_at),
            Definition::OrderTotals => Some(posting.event_at),
            Definition::Accounting if cancelled => None,
            Definition::Accounting if dated_like_the_sale => posting.ship_at,
            Definition::Accounting if posting.kind.is_return() && !posting.flags.has(Flags::SHIPPED) => None,
            Definition::Accounting => Some(posting.event_at),
        }
    }

    /// Whether what this definition counts of `posting` was derived: its amount, or the day it counts on.
    pub(super) fn is_estimated(self, posting: &Posting) -> bool {
        let has = |mark: Flags| posting.flags.has(mark);
        has(Flags::ESTIMATED) || (self == Definition::Accounting && has(Flags::SHIP_ESTIMATED))
    }
}

impl FromStr for Definition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Definition::ALL
            .into_iter()
            .find(|d| d.name() == text)
            .ok_or_else(|| format!("“{text}” is no definition; use order_totals, platform or accounting"))
    }
}
