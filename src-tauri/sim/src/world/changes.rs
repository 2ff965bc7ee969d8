//! What happens to an order after it was placed: shipments, refunds, and the agreements and events that date them.

use super::instant::Second;
use super::money::Bag;

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfillment {
    /// Identifier.
    pub id: u64,
    /// When the goods left.
    pub created_at: Second,
    /// When they arrived, once visible.
    pub delivered_at: Option<Second>,
    /// Where they left from.
    pub location: u64,
    /// Units per line: (position in `Order::lines`, units).
    pub lines: Vec<(usize, u32)>,
    /// Carrier; absent for goods handed over at a till.
    pub carrier: Option<&'static str>,
}

/// Goods or money taken back. A refund can be without lines (goodwill, money owed after an edit) and without money
/// (an order cancelled before it was paid).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Identifier.
    pub id: u64,
    /// When it happened.
    pub created_at: Second,
    /// Words of the staff, may be empty.
    pub note: &'static str,
    /// Goods taken back.
    pub lines: Vec<RefundLine>,
    /// Shipping paid back.
    pub shipping: Vec<RefundShipping>,
    /// Difference between the goods' value and the money that moved, signed as it moves sales: goodwill is negative,
    /// a fee kept is positive.
    pub adjustments: Vec<Adjustment>,
    /// Duties paid back.
    pub duties: Vec<RefundDuty>,
    /// Payments that carried it, ids into `Order::transactions`.
    pub transactions: Vec<u64>,
    /// Money that really moved to the buyer, positive.
    pub total: Bag,
    /// The return record it closes, if any.
    pub return_id: Option<u64>,
}

/// Units of one line taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundLine {
    /// Identifier.
    pub id: u64,
    /// Position in `Order::lines`.
    pub line: usize,
    /// Units.
    pub quantity: u32,
    /// What became of the goods.
    pub restock: Restock,
    /// Where they went back to stock.
    pub location: Option<u64>,
    /// Value after discounts, positive; contains tax when prices contain tax.
    pub subtotal: Bag,
    /// Tax of these units, positive.
    pub tax: Bag,
}

/// What became of goods that were taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Restock {
    /// Never left: withdrawn before shipping.
    Cancel,
    /// Came back into stock.
    Return,
    /// Not put back into stock.
    NoRestock,
}

/// Shipping paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundShipping {
    /// Identifier.
    pub id: u64,
    /// Position in `Order::shipping`.
    pub line: usize,
    /// After discounts, positive; contains tax when prices contain tax.
    pub subtotal: Bag,
    /// Its tax, positive.
    pub tax: Bag,
}

/// A duty paid back, always in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundDuty {
    /// Position in `Order::duties`.
    pub duty: usize,
    /// Positive; duties carry no tax.
    pub amount: Bag,
}

/// Difference between the value taken back and the money that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// Identifier.
    pub id: u64,
    /// Negative when the buyer got more than the goods' value, positive when less.
    pub amount: Bag,
}

/// A dated agreement: the placement of the order or a change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Identifier.
    pub id: u64,
    /// What was agreed.
    pub kind: AgreementKind,
    /// When. The placement's moment is the order's `processed_at`.
    pub happened_at: Second,
    /// Itemised rows; may be empty (money owed after an edit is paid back).
    pub sales: Vec<Sale>,
}

/// What an agreement agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgreementKind {
    /// Placement.
    Order,
    /// Lines changed.
    Edit,
    /// Refund with this id.
    Refund(u64),
    /// Return with this id.
    Return(u64),
}

/// One signed row of an agreement. Sales are positive, returns negative, in every amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    /// Identifier.
    pub id: u64,
    /// Sold, changed, or taken back.
    pub action: SaleAction,
    /// What the row is about.
    pub subject: Subject,
    /// Units, signed like the amounts; zero for price changes, absent for charges without units.
    pub quantity: Option<i32>,
    /// After discounts, with tax.
    pub total: Bag,
    /// Tax within `total`.
    pub tax: Bag,
    /// Discounts without tax; `total - tax + discount` is the price without tax before discounts.
    pub discount_before_tax: Bag,
    /// Discounts with the tax they saved.
    pub discount_after_tax: Bag,
    /// What the world knows about the units, and no marketplace says on this row.
    pub fate: Fate,
}

/// What a row of an agreement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SaleAction {
    /// A purchase or charge.
    Order,
    /// A price or discount change of an earlier purchase.
    Update,
    /// A removal or return.
    Return,
}

/// What a row of an agreement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Goods: position in `Order::lines`.
    Product(usize),
    /// A gift card sold: position in `Order::lines`.
    GiftCard(usize),
    /// The order's tip.
    Tip,
    /// Shipping: position in `Order::shipping`.
    Shipping(usize),
    /// Duty: position in `Order::duties`.
    Duty(usize),
    /// A return fee: position in `Order::return_fees`.
    ReturnFee(usize),
    /// A further charge: position in `Order::additional_fees`.
    AdditionalFee(usize),
    /// An adjustment without goods.
    Adjustment,
}

/// What became of the units of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Sold.
    Sold,
    /// Withdrawn before shipping.
    Withdrawn,
    /// Taken back after shipping; back into stock or not.
    Returned {
        /// Whether the goods went back into stock.
        restocked: bool,
    },
}

/// One event in an order's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeEvent {
    /// When.
    pub at: Second,
    /// What.
    pub step: Step,
}

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Placed.
    Placed,
    /// An open amount was paid or an authorisation captured.
    Paid,
    /// A part left: part number from 0, of how many.
    Shipped(u8, u8),
    /// Everything arrived.
    Delivered,
    /// A line was added.
    LineAdded,
    /// Units were added to an existing line.
    UnitsAdded,
    /// Unshipped units were removed.
    UnitsRemoved,
    /// Staff lowered the price of a line.
    DiscountAdded,
    /// Unshipped units of the line whose price was lowered were taken away; `true` with a refund.
    LoweredRemoved(bool),
    /// Unshipped units were cancelled with a refund; `true` when marked as not restocked.
    PartCancelled(bool),
    /// The whole order was cancelled before anything shipped.
    Cancelled,
    /// Some shipped units came back.
    PartReturned,
    /// All shipped units came back; `true` when shipping was paid back too.
    AllReturned(bool),
    /// Money back without goods.
    Goodwill,
    /// Goods came back and a fee was kept; `true` when it is itemised as a return fee.
    ReturnedWithFee(bool),
    /// One line came back and another went out in its place.
    Exchanged,
    /// A tip, gift cards nobody used, duties or further fees were paid back.
    ChargesReturned,
    /// Staff tagged many orders at once.
    Tagged,
    /// Archived.
    Closed,
    /// Removed for good: from here on the order does not exist.
    Deleted,
}
