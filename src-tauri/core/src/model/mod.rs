//! The ledger's vocabulary: money, days, orders and their signed postings, products, stock, customers.
//!
//! Nothing here performs I/O or reads a clock. The rules behind the types are in `src-tauri/LEDGER.md`.

mod calendar;
mod control;
mod money;
mod order;
mod party;
mod posting;
mod product;
mod when;

pub use calendar::Calendar;
pub use control::ControlTotal;
pub use money::{Currency, Money, MoneyError, split_by_quantity, split_evenly_by_weight};
pub use order::{ACCOUNT_DAYS, Line, Order, Status};
pub use party::{Customer, Payout};
pub use posting::{Flags, Kind, PathRef, Posting};
pub use product::{CostBook, KnownCost, Location, Product, StockLevel, Variant};
pub use when::{Day, When, Zone};
