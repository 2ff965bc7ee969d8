//! An Amazon order as it stands at one moment. Amounts are smallest units of the marketplace's currency.

use super::market::Marketplace;
use crate::world::Second;

/// An order at Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmazonOrder {
    /// Where it was sold.
    pub market: Marketplace,
    /// Position among the marketplace's orders.
    pub index: u64,
    /// `112-1234567-1234567`; copies of another channel's orders begin with `S01`.
    pub id: String,
    /// When it was placed.
    pub created_at: Second,
    /// Last change of the order itself; refunds and fees do not change it.
    pub updated_at: Second,
    /// Where it stands.
    pub status: OrderStatus,
    /// Who ships it.
    pub network: Network,
    /// Bought by a business.
    pub business: bool,
    /// Bought by a member of Prime.
    pub prime: bool,
    /// Whether Amazon states prices yet.
    pub priced: bool,
    /// Whether the order says how much tax it holds; prices are without tax then.
    pub tax_told: bool,
    /// An earlier order that this one replaces.
    pub link: Option<(Link, String)>,
    /// A free replacement: no order for any count.
    pub replacement: bool,
    /// The fulfilment of an order sold elsewhere: nothing is sold here.
    pub copy: bool,
    /// The Shopify order that it fulfils, where it is one.
    pub copy_of: Option<ShopOrder>,
    /// The seller's own number, where there is one.
    pub seller_order_id: Option<String>,
    /// The buyer asked for cancellation.
    pub cancel_asked: bool,
    /// When the whole order was cancelled.
    pub cancelled_at: Option<Second>,
    /// Lines in order of the record; two can sell the same goods.
    pub lines: Vec<AmazonLine>,
    /// Parcels, oldest first.
    pub parcels: Vec<Parcel>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OrderStatus {
    /// Not confirmed yet.
    Pending,
    /// To be shipped.
    Unshipped,
    /// Some units left.
    PartiallyShipped,
    /// All units left.
    Shipped,
    /// Cancelled as a whole.
    Cancelled,
    /// Amazon cannot ship it; only copies of another channel's orders.
    Unfulfillable,
}

/// Who ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// Amazon, from its own warehouses.
    Afn,
    /// The seller.
    Mfn,
}

/// How an order belongs to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// `REPLACEMENT_ORIGINAL_ID`.
    Replacement,
    /// `EXCHANGE_ORIGINAL_ID`.
    Exchange,
}

/// An order of the seller's Shopify shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopOrder {
    /// Its index in the world.
    pub index: u64,
    /// Its name, `#1001`.
    pub name: String,
}

/// Who cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Canceller {
    /// The buyer.
    Buyer,
    /// The seller.
    Merchant,
    /// Amazon.
    Amazon,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmazonLine {
    /// Identifier; reports do not tell it.
    pub item_id: u64,
    /// Position of the variant in the catalogue.
    pub variant: u32,
    /// Units ordered; cancelled ones stay in it.
    pub quantity: u32,
    /// Units that left.
    pub shipped: u32,
    /// Who cancelled it, if anybody did.
    pub cancelled: Option<Canceller>,
    /// Price of one unit.
    pub unit_price: i64,
    /// What is charged for all units.
    pub charge: Charge,
    /// Part of the discount on goods that Amazon pays back.
    pub funded: i64,
    /// Points granted, in yen.
    pub points: i64,
}

/// What a line charges for all its units. Where the order does not tell its tax, the first five contain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charge {
    /// Goods, before discounts.
    pub item: i64,
    /// Discount on goods, positive.
    pub item_discount: i64,
    /// Shipping, before discounts.
    pub shipping: i64,
    /// Discount on shipping, positive.
    pub shipping_discount: i64,
    /// Gift wrap.
    pub wrap: i64,
    /// Tax on goods after discounts.
    pub tax_item: i64,
    /// Tax on shipping after discounts.
    pub tax_shipping: i64,
    /// Tax on gift wrap.
    pub tax_wrap: i64,
    /// Tax that the discount on goods takes off.
    pub tax_item_off: i64,
    /// Tax that the discount on shipping takes off.
    pub tax_shipping_off: i64,
}

impl Charge {
    /// Taxes together.
    pub fn tax(&self) -> i64 {
        self.tax_item + self.tax_shipping + self.tax_wrap
    }

    /// What the buyer pays, by whether the taxes stand apart.
    pub fn total(&self, tax_told: bool) -> i64 {
        let prices = self.item - self.item_discount + self.shipping - self.shipping_discount + self.wrap;
        prices + if tax_told { self.tax() } else { 0 }
    }
}

/// Units that left together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// When they left.
    pub at: Second,
    /// Units per line: (position in `AmazonOrder::lines`, units).
    pub lines: Vec<(usize, u32)>,
}

impl AmazonOrder {
    /// Units ordered, and units cancelled among them.
    pub fn units(&self) -> (u32, u32) {
        let all = self.lines.iter().map(|line| line.quantity).sum();
        let gone = self.lines.iter().filter(|line| line.cancelled.is_some());
        (all, gone.map(|line| line.quantity).sum())
    }

    /// Whether anything was charged or will be: not for copies of other channels' orders and free replacements.
    pub fn sells(&self) -> bool {
        !self.copy && !self.replacement
    }

    /// What the buyer pays for what was not cancelled line by line.
    pub fn total(&self) -> i64 {
        let whole = self.status == OrderStatus::Cancelled;
        let stands = self.lines.iter().filter(|line| whole || line.cancelled.is_none());
        stands.map(|line| line.charge.total(self.tax_told)).sum()
    }
}
