//! An order as it stands at one moment: lines, charges, payments, shipments, what was taken back, and the dated,
//! signed rows (agreements) that all of it adds up to.
//!
//! Marketplace-neutral where that is cheap: the words are those of a web shop, `channel` says where it was sold.

use super::changes::{Agreement, Fulfillment, LifeEvent, Refund};
use super::instant::Second;
use super::money::{Bag, Currency};

/// An order as visible at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Position in the world: `World::order_id(index)` and `World::order_index(id)` convert.
    pub index: u64,
    /// Identifier; above 2^53 for one order in 64.
    pub id: u64,
    /// Running number shown to people; the name is `#` and this number.
    pub number: u64,
    /// When the platform made the record. Orders after the world's `now` do not exist.
    pub created_at: Second,
    /// When the sale happened: equal to `created_at`, or up to three days earlier for imported orders.
    pub processed_at: Second,
    /// Moment of the last visible event.
    pub updated_at: Second,
    /// When it was archived.
    pub closed_at: Option<Second>,
    /// When it was cancelled, and why.
    pub cancelled: Option<(Second, CancelReason)>,
    /// A test order: never counts.
    pub test: bool,
    /// Whether lines were changed after placement.
    pub edited: bool,
    /// Whether prices of lines and shipping contain the tax.
    pub taxes_included: bool,
    /// Currency of `Bag::shop`.
    pub currency: Currency,
    /// Currency of `Bag::buyer`.
    pub buyer_currency: Currency,
    /// Where it was sold.
    pub channel: SalesChannel,
    /// The buyer, unless a guest.
    pub customer: Option<u64>,
    /// Where it goes; absent for point-of-sale orders.
    pub ship_to: Option<Region>,
    /// Location of a point-of-sale order.
    pub retail_location: Option<u64>,
    /// Tags in order of addition.
    pub tags: Vec<&'static str>,
    /// Discounts, in order of application; allocations name them by position.
    pub discounts: Vec<Discount>,
    /// Goods and gift cards, in order of addition. Tips are not here.
    pub lines: Vec<Line>,
    /// Shipping charges.
    pub shipping: Vec<ShippingLine>,
    /// A tip; platforms that show tips as a line use its line id.
    pub tip: Option<Tip>,
    /// Import duties.
    pub duties: Vec<Duty>,
    /// Further charges on the order.
    pub additional_fees: Vec<AdditionalFee>,
    /// Fees kept when goods came back.
    pub return_fees: Vec<ReturnFee>,
    /// Payments, oldest first.
    pub transactions: Vec<Transaction>,
    /// Shipments, oldest first.
    pub fulfillments: Vec<Fulfillment>,
    /// What was taken back or paid back, oldest first.
    pub refunds: Vec<Refund>,
    /// Ids of return records (exchanges, returns with a fee).
    pub returns: Vec<u64>,
    /// Dated, itemised, signed rows: placement first, then every change.
    pub agreements: Vec<Agreement>,
    /// The visible part of the order's life, oldest first; the first is the placement.
    pub events: Vec<LifeEvent>,
}

/// Why an order was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// The buyer changed their mind.
    Customer,
    /// Out of stock.
    Inventory,
    /// The payment was declined.
    Declined,
    /// Suspected fraud.
    Fraud,
    /// A mistake of the staff.
    Staff,
    /// Anything else.
    Other,
}

/// Where an order was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SalesChannel {
    /// The shop's own web site.
    OnlineStore,
    /// A till; ships when sold.
    PointOfSale,
    /// The platform's shopping app.
    ShopApp,
    /// A completed draft order.
    DraftOrder,
    /// A third-party app, known by its number only.
    App(u64),
}

/// Country and province of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Province or state code, where the country has them.
    pub province: Option<&'static str>,
}

/// One discount application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    /// How it came about.
    pub kind: DiscountKind,
    /// Code or title.
    pub title: &'static str,
    /// What it promised.
    pub value: DiscountValue,
    /// What it lowers.
    pub target: DiscountTarget,
    /// How it spreads over its targets.
    pub method: DiscountMethod,
}

/// How a discount came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiscountKind {
    /// The buyer typed a code.
    Code,
    /// A rule applied by itself.
    Automatic,
    /// Given by staff.
    Manual,
}

/// What a discount promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiscountValue {
    /// Percent in hundredths: 1250 is 12.5%.
    Percent(u32),
    /// A fixed amount.
    Amount(Bag),
}

/// What a discount lowers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiscountTarget {
    /// One line, by position in `Order::lines`.
    Line(usize),
    /// All lines that are not gift cards.
    AllLines,
    /// The shipping charge.
    Shipping,
}

/// How a discount spreads over its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiscountMethod {
    /// One amount over all targets: largest remainder by line price, ties by line order.
    Across,
    /// The value anew for each target.
    Each,
}

/// The share of a discount that falls on one line or charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// Position in `Order::discounts`.
    pub discount: usize,
    /// Positive; contains tax when prices contain tax.
    pub amount: Bag,
}

/// One tax on a line or charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxLine {
    /// Name of the tax.
    pub title: &'static str,
    /// Rate in millionths: 88_750 is 8.875%.
    pub rate_ppm: u32,
    /// Tax charged.
    pub amount: Bag,
}

/// What a line sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goods {
    /// Position in `Catalogue::variants`.
    Variant(u32),
    /// Typed in by staff: position in `Catalogue::custom_titles`; no product, no SKU, no cost.
    Custom(u32),
}

/// One line of an order. Quantities count units; `quantity` never falls, taken-back units are counted beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Identifier.
    pub id: u64,
    /// What is sold; `World::goods` tells title, SKU and identifiers.
    pub goods: Goods,
    /// When it joined the order.
    pub added_at: Second,
    /// Units ever sold on this line, including those taken back.
    pub quantity: u32,
    /// Units withdrawn before they shipped.
    pub withdrawn: u32,
    /// Units that came back after they shipped.
    pub returned: u32,
    /// Units that shipped, including those that came back.
    pub shipped: u32,
    /// Price of one unit before discounts; contains tax when prices contain tax.
    pub unit_price: Bag,
    /// Discount shares, in order of application.
    pub allocations: Vec<Allocation>,
    /// Taxes on all `quantity` units.
    pub tax_lines: Vec<TaxLine>,
    /// Whether tax applies.
    pub taxable: bool,
    /// Whether it has to be shipped; false for digital goods and gift cards.
    pub requires_shipping: bool,
    /// A gift card sold: a liability, not goods.
    pub gift_card: bool,
}

/// A shipping charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingLine {
    /// Identifier.
    pub id: u64,
    /// Name of the service.
    pub title: &'static str,
    /// Price before discounts; contains tax when prices contain tax.
    pub price: Bag,
    /// Discount shares.
    pub allocations: Vec<Allocation>,
    /// Taxes.
    pub tax_lines: Vec<TaxLine>,
    /// Paid back so far, after discounts, without tax unless prices contain it.
    pub refunded: Bag,
}

/// A tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Identifier in the numbers of lines.
    pub line_id: u64,
    /// Amount; tips carry no tax.
    pub amount: Bag,
}

/// An import duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// Identifier.
    pub id: u64,
    /// Amount; carries no tax.
    pub price: Bag,
    /// Country the goods come from, ISO 3166-1 alpha-2.
    pub origin: &'static str,
    /// Harmonised system code.
    pub hs_code: &'static str,
}

/// A further charge on the order, such as gift wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdditionalFee {
    /// Identifier.
    pub id: u64,
    /// What it is for.
    pub title: &'static str,
    /// Amount; carries no tax.
    pub price: Bag,
}

/// A fee kept when goods came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnFee {
    /// Identifier.
    pub id: u64,
    /// Amount kept, positive.
    pub price: Bag,
}

/// A payment or an attempt at one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transaction {
    /// Identifier.
    pub id: u64,
    /// What it does.
    pub kind: TransactionKind,
    /// How it ended.
    pub status: TransactionStatus,
    /// Who moved the money.
    pub gateway: Gateway,
    /// When it was made and processed.
    pub processed_at: Second,
    /// Always positive.
    pub amount: Bag,
    /// The authorisation that a capture uses, or the payment that a refund returns.
    pub parent: Option<u64>,
    /// What the platform's own payment service kept, in shop money, positive; absent for other gateways.
    pub fee: Option<i64>,
}

/// What a payment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionKind {
    /// Money promised, not moved.
    Authorization,
    /// Money promised before, moved now.
    Capture,
    /// Money moved at once.
    Sale,
    /// Money moved back.
    Refund,
    /// A promise let go.
    Void,
}

/// How a payment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionStatus {
    /// Done.
    Success,
    /// Refused.
    Failure,
    /// Waiting for a transfer.
    Pending,
}

/// Who moved the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gateway {
    /// The platform's own payment service: has fees and payouts.
    PlatformPayments,
    /// Balance of a gift card.
    GiftCard,
    /// Cash at the till.
    Cash,
    /// Bank transfer, marked as paid by staff.
    Manual,
    /// Sandbox of the platform: test orders only.
    Bogus,
}
