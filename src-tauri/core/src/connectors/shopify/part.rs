//! What one Shopify record says about an order, whatever shape it came in (GraphQL page, bulk lines, REST, CSV export).

use crate::connectors::ReadError;
use crate::model::{Currency, Money, PathRef, When};

/// A signed or plain amount in millionths of the order's currency, with its place in the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amount {
    /// Millionths.
    pub micros: i64,
    /// Where it stands.
    pub path: PathRef,
}

/// One record's statement.
#[derive(Clone, PartialEq, Debug)]
pub enum OrderPart {
    /// The order itself, as far as the record shows it.
    Whole(Box<Whole>),
    /// More of the order: a further page of one connection, or refunds and fulfilments read on their own.
    More(Box<More>),
    /// The order was deleted on the platform.
    Gone,
}

/// A further page of an order's parts.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct More {
    /// Which connection it continues (`lines`, `agreements`, `refund:7:lines`, `details`, …).
    pub family: String,
    /// Even more pages follow, by family.
    pub open: Vec<String>,
    /// Lines.
    pub lines: Vec<LinePart>,
    /// Shipping lines.
    pub shipping: Vec<ShippingPart>,
    /// Agreements; rows of one agreement may be spread over pages.
    pub agreements: Vec<Agreement>,
    /// Refunds with their lines; lines of one refund may be spread over pages.
    pub refunds: Vec<Refund>,
    /// Fulfilments with their lines.
    pub fulfilments: Vec<Fulfilment>,
    /// Words met that their closed lists do not hold.
    pub unknown: Vec<Unknown>,
}

/// The order's own record.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Whole {
    /// Number people see.
    pub name: Option<String>,
    /// Order date of the reports: `processedAt`, else `createdAt`; `None` where the record shows neither.
    pub placed_at: Option<When>,
    /// `updatedAt`.
    pub updated_at: Option<When>,
    /// `cancelledAt`.
    pub cancelled_at: Option<When>,
    /// Test order.
    pub test: bool,
    /// Line prices include tax.
    pub taxes_included: bool,
    /// The record shows whether they do.
    pub basis_shown: bool,
    /// Shop currency at the time of the order.
    pub currency: Option<Currency>,
    /// What the buyer was charged, where in another currency.
    pub presentment: Option<Money>,
    /// Payment state, lower case.
    pub payment: String,
    /// Fulfilment state, lower case.
    pub fulfilment: String,
    /// The record shows it, be it that nothing was sent.
    pub fulfilment_said: bool,
    /// `sourceName`, lower case.
    pub source_name: String,
    /// Sales channel's own name, where the record shows one.
    pub channel_name: Option<String>,
    /// Customer id.
    pub customer: Option<String>,
    /// Country of delivery.
    pub country: Option<String>,
    /// Total as placed.
    pub total: Option<Amount>,
    /// What is left of the total after returns, edits and cancellation.
    pub current_total: Option<i64>,
    /// Tip received.
    pub tip: Option<Amount>,
    /// Duties at placement.
    pub duty: Option<Amount>,
    /// Further fees at placement.
    pub fee: Option<Amount>,
    /// Tax of the whole order, shipping included.
    pub tax: Option<Amount>,
    /// All discounts of the order, shipping included.
    pub discounts: Option<Amount>,
    /// Lines; `None` where the record does not show them.
    pub lines: Option<Vec<LinePart>>,
    /// Shipping lines; `None` where not shown.
    pub shipping: Option<Vec<ShippingPart>>,
    /// Fulfilments; `None` where not shown.
    pub fulfilments: Option<Vec<Fulfilment>>,
    /// Refunds; `None` where not shown.
    pub refunds: Option<Vec<Refund>>,
    /// Payment fees of successful transactions: when processed, and how much (positive, without the fee's own tax).
    pub fees: Vec<(When, Amount)>,
    /// Sales agreements; `None` where not shown or not granted.
    pub agreements: Option<Vec<Agreement>>,
    /// Connections that hold more than the record shows (`lines`, `agreements`, `refund:7:lines`, `fulfilment:3`).
    pub open: Vec<String>,
    /// Number of facts stated, to prefer the fuller of two records of one version.
    pub breadth: u32,
    /// Words met that their closed lists do not hold.
    pub unknown: Vec<Unknown>,
    /// What is doubtful about the record as a whole.
    pub doubts: Vec<ReadError>,
    /// The record is a spreadsheet's: it leaves out tips, and what its lines say adds up to no total.
    pub exported: bool,
}

/// A word that its closed list does not hold, or a child of unknown kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// Place and word; untrusted text.
    pub what: String,
    /// Whether a figure hangs on it.
    pub counts: bool,
}

/// A line.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LinePart {
    /// Line id.
    pub id: String,
    /// SKU.
    pub sku: String,
    /// Title with variant.
    pub title: String,
    /// Product id.
    pub product: Option<String>,
    /// Variant id.
    pub variant: Option<String>,
    /// Units, refunded and removed ones included.
    pub quantity: i32,
    /// Units without them, where shown.
    pub current: Option<i32>,
    /// Gift card.
    pub gift_card: bool,
    /// A tip shown as a line (older API versions).
    pub tip: bool,
    /// Needs shipping.
    pub ships: bool,
    /// Price × quantity before discounts, tax included where the shop's prices include it; `None` where not shown.
    pub price: Option<Amount>,
    /// Sum of all discounts allocated to the line (positive).
    pub discount: i64,
    /// The record shows the line's share of discounts, be it none.
    pub discount_shown: bool,
    /// Sum of the line's taxes.
    pub tax: i64,
    /// The record shows the line's taxes, be it none.
    pub tax_shown: bool,
    /// Sum of the line's tax rates in millionths, for a fully discounted line of a tax-including shop.
    pub tax_rate: i64,
}

/// A shipping line.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ShippingPart {
    /// Price before discounts; `None` where not shown.
    pub price: Option<Amount>,
    /// Discount on it (positive).
    pub discount: i64,
    /// Its tax.
    pub tax: i64,
    /// The record shows its taxes, be it none.
    pub tax_shown: bool,
    /// Sum of its tax rates in millionths, for one that was free where prices include tax.
    pub tax_rate: i64,
    /// Removed by an edit.
    pub removed: bool,
}

/// A fulfilment (a parcel, or a service rendered).
#[derive(Clone, PartialEq, Debug)]
pub struct Fulfilment {
    /// Id.
    pub id: String,
    /// When it was made; `None` on further pages of its lines.
    pub at: Option<When>,
    /// How far it has come.
    pub state: Parcel,
    /// Line ids and units; `None` where not shown.
    pub lines: Option<Vec<(String, i32)>>,
}

impl Fulfilment {
    /// Its units have left.
    pub fn has_left(&self) -> bool {
        matches!(self.state, Parcel::Sent | Parcel::Unsaid)
    }
}

/// How far a fulfilment has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parcel {
    /// It succeeded: its units have left.
    Sent,
    /// The record does not say; taken as sent, and told.
    Unsaid,
    /// Asked of a fulfilment service that has not sent it yet, or in a state that is not known to us: it holds its units, and
    /// nothing of it has left.
    Waiting,
    /// Cancelled or failed: it ships nothing and holds nothing.
    Void,
}

/// What became of returned units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restock {
    /// Never left: cancelled before shipping.
    Cancel,
    /// Came back into stock.
    Return,
    /// Not restocked, or not said.
    No,
    /// Restocked by an older interface that did not say whether it had shipped.
    Legacy,
}

/// Units paid back.
#[derive(Clone, PartialEq, Debug)]
pub struct RefundLine {
    /// Line id.
    pub line: String,
    /// Units.
    pub quantity: i32,
    /// What became of them.
    pub restock: Restock,
    /// Value after discounts (positive), tax included where the shop's prices include it.
    pub subtotal: Amount,
    /// Tax (positive).
    pub tax: i64,
    /// The record shows it; where not, what the line was sold with tells it.
    pub tax_shown: bool,
}

/// A refund.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Refund {
    /// Id.
    pub id: String,
    /// When it was processed; `None` on further pages of its lines.
    pub at: Option<When>,
    /// Lines; `None` where not shown.
    pub lines: Option<Vec<RefundLine>>,
    /// Shipping paid back, without tax (positive), and its tax.
    pub shipping: Vec<(Amount, i64)>,
    /// Differences between goods and money, without tax, signed: negative paid more, positive kept back; and their tax.
    pub adjustments: Vec<(Amount, i64)>,
    /// Duties paid back (positive).
    pub duties: Vec<Amount>,
    /// Further fees paid back (positive).
    pub fees: Vec<Amount>,
    /// Money returned, where shown.
    pub total: Option<Amount>,
    /// Money was returned in another currency than the shop's; what it was in shop money is not shown.
    pub foreign: bool,
}

impl Refund {
    /// Nothing is said of what the money was for, although the refund's parts were shown.
    pub fn is_money_only(&self) -> bool {
        let Refund {
            lines,
            shipping,
            adjustments,
            duties,
            fees,
            ..
        } = self;
        lines.as_ref().is_some_and(Vec::is_empty)
            && shipping.is_empty()
            && adjustments.is_empty()
            && duties.is_empty()
            && fees.is_empty()
    }
}

/// A dated change of the order.
#[derive(Clone, PartialEq, Debug)]
pub struct Agreement {
    /// Id.
    pub id: String,
    /// When it happened.
    pub at: When,
    /// Why.
    pub reason: Reason,
    /// The refund it belongs to.
    pub refund: Option<String>,
    /// Its rows.
    pub sales: Vec<Sale>,
}

/// Why an agreement was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Placement.
    Order,
    /// Edit.
    Edit,
    /// Refund.
    Refund,
    /// Return.
    Return,
    /// Anything else.
    Unknown,
}

/// Which way a row counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Sold, or changed in price or discount.
    Sold,
    /// Taken back.
    Returned,
    /// Not known to us.
    Unknown,
}

/// What a row is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SaleKind {
    /// Goods.
    Product,
    /// Gift card.
    GiftCard,
    /// Tip.
    Tip,
    /// Shipping.
    Shipping,
    /// Duty.
    Duty,
    /// Fee charged (on returns: kept back).
    Fee,
    /// Further fee charged with the sale; taken back it is one paid back.
    AdditionalFee,
    /// Difference without goods.
    Adjustment,
    /// Not known to us.
    Unknown,
}

/// A signed row of an agreement.
#[derive(Clone, PartialEq, Debug)]
pub struct Sale {
    /// Id.
    pub id: String,
    /// Which way.
    pub action: Action,
    /// What for.
    pub kind: SaleKind,
    /// Units, signed.
    pub quantity: i32,
    /// After discounts, with tax; signed.
    pub total: Amount,
    /// Tax within it; signed.
    pub tax: i64,
    /// Discount before tax: positive on sales.
    pub discount: i64,
    /// Line id.
    pub line: Option<String>,
}

impl Sale {
    /// After discounts, without tax.
    pub fn net(&self) -> i64 {
        self.total.micros - self.tax
    }
}
