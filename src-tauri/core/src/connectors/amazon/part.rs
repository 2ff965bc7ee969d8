//! What Amazon's records say about an order or a day of the account, before it is settled.

use super::markets::Market;
use crate::model::{Currency, PathRef, When};

/// A statement of one record.
#[derive(Clone, PartialEq, Debug)]
pub enum OrderPart {
    /// A copy of the order in some version: of the current interface, the older one, or a report.
    Copy(Box<OrderCopy>),
    /// The items of an order of the older interface, which come in an answer of their own.
    Items(Vec<LineCopy>, Option<Currency>),
    /// Money that moved because of the order, or of the account on a day.
    Entry(Box<Entry>),
    /// Advertising of a marketplace's day for one SKU.
    Ads(Box<Ads>),
}

/// By which way a copy of an order came. A higher one wins where both show the same state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum By {
    /// An all-orders report.
    Report,
    /// Orders v0.
    V0,
    /// Orders 2026-01-01.
    V2026,
}

/// How far an order is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// Not confirmed yet.
    Pending,
    /// To be shipped.
    Unshipped,
    /// Some of it has left.
    Partly,
    /// All of it has left.
    Shipped,
    /// Cancelled as a whole.
    Cancelled,
    /// Cannot be fulfilled (multi-channel orders only).
    Unfulfillable,
    /// A word that is not known; it is treated as to be shipped.
    Unknown,
}

/// A copy of an order.
#[derive(Clone, PartialEq, Debug)]
pub struct OrderCopy {
    pub(super) by: By,
    pub(super) state: State,
    /// The platform's own word for it.
    pub(super) word: String,
    pub(super) created: Option<When>,
    pub(super) updated: Option<When>,
    pub(super) market: Option<&'static Market>,
    /// Name of the sales channel as stated.
    pub(super) channel: Option<String>,
    /// Placed outside Amazon, only fulfilled by it.
    pub(super) outside: bool,
    /// Sent by the seller, not by Amazon, as far as it says.
    pub(super) by_seller: bool,
    /// Sent in place of another order, or in exchange for it.
    pub(super) replaces: bool,
    /// The seller's own number of it.
    pub(super) alias: Option<String>,
    /// The total as stated.
    pub(super) total: Option<Stated>,
    pub(super) tip: Option<Stated>,
    /// Currency of its amounts.
    pub(super) currency: Option<Currency>,
    /// Lines, where the record shows them.
    pub(super) lines: Option<Vec<LineCopy>>,
    /// Units as counted by the order itself, for records without lines.
    pub(super) units: Option<i32>,
    pub(super) parcels: Vec<Parcel>,
}

/// A parcel that has left.
#[derive(Clone, PartialEq, Debug)]
pub struct Parcel {
    pub(super) at: When,
    /// Order item ids and units; empty where it does not list them.
    pub(super) contents: Vec<(String, i32)>,
}

/// An amount with its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stated {
    pub(super) micros: i64,
    pub(super) place: PathRef,
}

/// A line in a copy of an order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LineCopy {
    pub(super) id: String,
    pub(super) sku: String,
    pub(super) asin: String,
    pub(super) title: String,
    pub(super) quantity: i32,
    pub(super) fulfilled: Option<i32>,
    /// A cancellation was executed; a request alone cancels nothing.
    pub(super) cancelled: bool,
    /// Its amounts; `None` while the platform has stated none.
    pub(super) money: Option<LineMoney>,
}

/// The amounts of a line, as stated: line totals, discounts as magnitudes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineMoney {
    pub(super) place: PathRef,
    pub(super) item: i64,
    pub(super) shipping: i64,
    /// Gift wrap, cash on delivery and other charges.
    pub(super) other: i64,
    pub(super) discount: i64,
    pub(super) shipping_discount: i64,
    pub(super) tax_item: i64,
    pub(super) tax_other: i64,
    pub(super) tax_shipping: i64,
    /// What a discount on goods takes off their tax (zero or below); `None` where nobody says.
    pub(super) tax_discount: Option<i64>,
    /// What a discount on shipping takes off its tax (zero or below); `None` where nobody says.
    pub(super) tax_shipping_discount: Option<i64>,
    /// A tax is stated, be it zero.
    pub(super) tax_stated: bool,
    /// The line's total as stated.
    pub(super) total: Option<i64>,
}

impl LineMoney {
    /// All taxes.
    pub(super) fn tax(&self) -> i64 {
        let off = |tax: Option<i64>| tax.unwrap_or(0);
        self.tax_item + self.tax_other + self.tax_shipping + off(self.tax_discount) + off(self.tax_shipping_discount)
    }

    /// Everything but the taxes.
    pub(super) fn charges(&self) -> i64 {
        self.item + self.shipping + self.other - self.discount - self.shipping_discount
    }
}

/// Why money moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// An order was shipped and charged.
    Sale,
    /// Something was paid back.
    Refund,
    /// Anything else.
    Other,
}

/// By which way an entry came. A higher one wins where two tell of the same money.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ledger {
    /// A settlement report.
    Settlement,
    /// Finances v0.
    Events,
    /// Finances 2024-06-19.
    Transactions,
}

/// Money that moved, with the amounts it is made of: the leaves only.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub(super) ledger: Ledger,
    /// Its id within its ledger.
    pub(super) id: String,
    /// It is of the day of the account before or after, and told here because another record may have it on this one.
    pub(super) beside: bool,
    pub(super) family: Family,
    pub(super) at: Option<When>,
    pub(super) market: Option<&'static Market>,
    pub(super) currency: Option<Currency>,
    /// Counts in the day's profit; a release of what was deferred before does not, it was counted then.
    pub(super) counts: bool,
    /// The deferred transaction that it releases.
    pub(super) releases: Option<String>,
    /// Moves money without earning or costing any: a transfer to the bank.
    pub(super) moves: bool,
    pub(super) leaves: Vec<Leaf>,
    /// The total as stated.
    pub(super) total: Option<i64>,
}

impl Entry {
    /// The sum of its leaves.
    pub(super) fn sum(&self) -> i64 {
        self.leaves.iter().fold(0, |sum, leaf| sum.saturating_add(leaf.micros))
    }
}

/// One amount, from the seller's purse.
#[derive(Clone, PartialEq, Debug)]
pub struct Leaf {
    pub(super) what: What,
    pub(super) sku: Option<String>,
    /// Units of the item it belongs to, said once per item.
    pub(super) units: i32,
    pub(super) title: Option<String>,
    pub(super) micros: i64,
    pub(super) place: PathRef,
}

/// What an amount is for, whatever the ledger calls it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum What {
    /// The price of goods, without tax.
    Principal,
    /// A discount on goods.
    Discount,
    /// Shipping charged.
    Shipping,
    /// A discount on shipping.
    ShippingDiscount,
    /// Gift wrap, cash on delivery.
    OtherCharge,
    /// Tax on goods.
    Tax,
    /// Tax on shipping.
    TaxShipping,
    /// Tax on gift wrap and other charges.
    TaxOther,
    /// Tax that Amazon collects and remits.
    TaxWithheld,
    /// Commission.
    Commission,
    /// Picking, packing, delivery by Amazon.
    Fulfilment,
    /// Storage.
    Storage,
    /// Payment processing.
    Payment,
    /// A fee on a refund.
    RefundFee,
    /// Any other fee.
    Fee,
    /// Paid for what was lost or damaged.
    Reimbursement,
    /// Goodwill, restocking.
    Adjustment,
    /// Labels bought from Amazon.
    Label,
    /// A bill of advertising was paid; its days are told elsewhere.
    AdBill,
    /// Reserves, transfers, debts: money only changes its place.
    Movement,
}

/// Advertising of a day.
#[derive(Clone, PartialEq, Debug)]
pub struct Ads {
    pub(super) day: crate::model::Day,
    pub(super) market: Option<&'static Market>,
    pub(super) sku: String,
    pub(super) currency: Option<Currency>,
    /// What was spent, positive, each with its place.
    pub(super) spent: Vec<Stated>,
}
