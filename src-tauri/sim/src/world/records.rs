//! Everything beside orders: products, stock, locations, customers, payouts, as they stand at the world's `now`.

use super::instant::Second;

/// A product as visible at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Position in the catalogue.
    pub index: u32,
    /// Identifier.
    pub id: u64,
    /// Title, as untrusted as real ones: quotes, markup, emoji, right-to-left text.
    pub title: String,
    /// Short name in addresses.
    pub handle: String,
    /// Maker.
    pub vendor: &'static str,
    /// Kind of product.
    pub product_type: &'static str,
    /// Whether it is on sale.
    pub status: ProductStatus,
    /// A gift card.
    pub gift_card: bool,
    /// Made.
    pub created_at: Second,
    /// Moment after which the product does not exist any more, if it is ever removed.
    pub deleted_at: Option<Second>,
    /// Positions of its variants.
    pub variants: std::ops::Range<u32>,
    /// Tags.
    pub tags: Vec<&'static str>,
}

/// Whether a product is on sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProductStatus {
    /// On sale.
    Active,
    /// No longer sold.
    Archived,
    /// Not sold yet.
    Draft,
}

/// A variant of a product; it owns one inventory item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Position in the catalogue.
    pub index: u32,
    /// Identifier.
    pub id: u64,
    /// Identifier of its inventory item.
    pub inventory_item_id: u64,
    /// Position of its product.
    pub product: u32,
    /// Title, for example `Large / Blue`; `Default Title` for the only variant.
    pub title: String,
    /// Name and value of the option.
    pub option: (&'static str, String),
    /// Stock-keeping unit; one variant has none, one pair shares one.
    pub sku: Option<String>,
    /// Bar code.
    pub barcode: Option<String>,
    /// Price in the shop's smallest units; contains tax when the order's prices do.
    pub price: i64,
    /// Price before a reduction.
    pub compare_at_price: Option<i64>,
    /// Cost of one unit in the shop's smallest units, constant over time; unknown for some.
    pub unit_cost: Option<i64>,
    /// Position within the product, from 1.
    pub position: u32,
    /// Whether tax applies.
    pub taxable: bool,
    /// False for digital goods and gift cards.
    pub requires_shipping: bool,
    /// Whether stock is counted.
    pub tracked: bool,
    /// Made.
    pub created_at: Second,
}

/// A place that holds stock or sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Identifier.
    pub id: u64,
    /// Name.
    pub name: &'static str,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it serves the web shop.
    pub fulfills_online: bool,
    /// Whether it belongs to a fulfilment service.
    pub service: bool,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Province or state code.
    pub province: Option<&'static str>,
    /// Last change.
    pub updated_at: Second,
}

/// Stock of one variant at one location at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockLevel {
    /// Position of the variant.
    pub variant: u32,
    /// Location identifier.
    pub location: u64,
    /// Whether the location still stocks it.
    pub active: bool,
    /// For sale; can be negative.
    pub available: i64,
    /// In the building: available + committed + reserved + damaged + quality control + safety stock.
    pub on_hand: i64,
    /// Promised to unshipped orders.
    pub committed: i64,
    /// On its way in.
    pub incoming: i64,
    /// Held back for drafts and transfers.
    pub reserved: i64,
    /// Damaged.
    pub damaged: i64,
    /// In inspection.
    pub quality_control: i64,
    /// Kept as reserve.
    pub safety_stock: i64,
    /// Last movement.
    pub updated_at: Second,
}

/// A customer as visible at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Identifier; `Order::customer` carries it.
    pub id: u64,
    /// First seen.
    pub created_at: Second,
    /// Last change of any of the customer's orders, or first seen.
    pub updated_at: Second,
    /// Orders, without test orders.
    pub number_of_orders: u64,
    /// Paid less paid back, in the shop's smallest units, without test orders.
    pub amount_spent: i64,
    /// Index of the newest order.
    pub last_order: Option<u64>,
    /// Country and province of the default address.
    pub region: super::order::Region,
    /// Language.
    pub locale: &'static str,
    /// Exempt from tax.
    pub tax_exempt: bool,
    /// Tags.
    pub tags: Vec<&'static str>,
}

/// One movement on the account of the platform's payment service, in shop money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceTransaction {
    /// Identifier.
    pub id: u64,
    /// Charge, refund or payout.
    pub kind: BalanceKind,
    /// When.
    pub processed_at: Second,
    /// Signed amount before the fee, smallest units.
    pub amount: i64,
    /// Fee, positive, smallest units.
    pub fee: i64,
    /// `amount - fee`.
    pub net: i64,
    /// Order index and the id of its payment, for charges and refunds.
    pub source: Option<(u64, u64)>,
    /// The payout that settles it.
    pub payout_id: u64,
}

/// What moved on the payment account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BalanceKind {
    /// Money from a buyer.
    Charge,
    /// Money back to a buyer.
    Refund,
}

/// A payout of the platform's payment service: everything processed on one UTC day, paid two days later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payout {
    /// Identifier.
    pub id: u64,
    /// When it was issued.
    pub issued_at: Second,
    /// How far it is.
    pub status: PayoutStatus,
    /// Charges before fees, smallest units of the shop's currency.
    pub charges_gross: i64,
    /// Fees on charges, positive.
    pub charges_fee: i64,
    /// Refunds before fees, negative or zero.
    pub refunds_gross: i64,
    /// Fees on refunds, positive.
    pub refunds_fee: i64,
    /// What is paid: gross figures less fees. Negative means the account is debited.
    pub net: i64,
}

/// How far a payout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutStatus {
    /// Its day has not come.
    Scheduled,
    /// Issued less than a day ago.
    InTransit,
    /// Arrived.
    Paid,
}

/// What a line of an order sells, as the platform shows it at one moment: a removed product leaves title and SKU on
/// the line, but no identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoodsView<'a> {
    /// Title of the product or of the custom line.
    pub title: &'a str,
    /// Title of the variant; absent for custom lines and single variants.
    pub variant_title: Option<&'a str>,
    /// Stock-keeping unit.
    pub sku: Option<&'a str>,
    /// Maker.
    pub vendor: Option<&'a str>,
    /// Product identifier while the product exists.
    pub product_id: Option<u64>,
    /// Variant identifier while the product exists.
    pub variant_id: Option<u64>,
}
