//! Postings: what one order did to the seller's money, as signed and dated rows. The oracle's own form of the ledger;
//! it shares no code with the product's.

use chrono::NaiveDate;

/// Kinds of postings. All amounts are without tax; tax stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Price of goods before discounts.
    ItemPrice,
    /// Discount on goods borne by the seller, negative.
    ItemDiscountSeller,
    /// Discount on goods borne by the marketplace, negative.
    ItemDiscountPlatform,
    /// Shipping charged before discounts.
    Shipping,
    /// Discount on shipping, negative.
    ShippingDiscount,
    /// Gift wrap and further fees charged.
    OtherCharge,
    /// Tip.
    Tip,
    /// Import duty charged.
    Duty,
    /// Tax on goods.
    TaxItem,
    /// Tax on shipping.
    TaxShipping,
    /// Gift card sold.
    GiftCardSold,
    /// Goods withdrawn before shipping, negative.
    ReversalItem,
    /// Shipping withdrawn, negative.
    ReversalShipping,
    /// Tax withdrawn, negative.
    ReversalTax,
    /// Goods returned, negative.
    RefundItem,
    /// Goodwill (negative) or a fee kept (positive).
    RefundAdjustment,
    /// Shipping paid back, negative.
    RefundShipping,
    /// Tax paid back, negative.
    RefundTax,
    /// Tax that the marketplace keeps and remits.
    TaxWithheld,
    /// Marketplace commission.
    FeeCommission,
    /// Fulfilment fee.
    FeeFulfilment,
    /// Payment fee.
    FeePayment,
    /// Storage fee.
    FeeStorage,
    /// Other fee.
    FeeOther,
    /// Fee given back.
    FeeRefund,
    /// Reimbursement by the marketplace.
    Reimbursement,
    /// Cost of a shipping label.
    ShippingCost,
    /// Cost of goods sold, negative.
    Cogs,
    /// Cost of goods that came back into stock.
    CogsReturned,
    /// Goods lost or given away, negative.
    WriteOff,
    /// Advertising, negative.
    AdSpend,
    /// Money moved to the bank; in no result.
    Payout,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 32] = [
        Self::ItemPrice,
        Self::ItemDiscountSeller,
        Self::ItemDiscountPlatform,
        Self::Shipping,
        Self::ShippingDiscount,
        Self::OtherCharge,
        Self::Tip,
        Self::Duty,
        Self::TaxItem,
        Self::TaxShipping,
        Self::GiftCardSold,
        Self::ReversalItem,
        Self::ReversalShipping,
        Self::ReversalTax,
        Self::RefundItem,
        Self::RefundAdjustment,
        Self::RefundShipping,
        Self::RefundTax,
        Self::TaxWithheld,
        Self::FeeCommission,
        Self::FeeFulfilment,
        Self::FeePayment,
        Self::FeeStorage,
        Self::FeeOther,
        Self::FeeRefund,
        Self::Reimbursement,
        Self::ShippingCost,
        Self::Cogs,
        Self::CogsReturned,
        Self::WriteOff,
        Self::AdSpend,
        Self::Payout,
    ];

    /// Name in files: `item_price` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::ItemPrice => "item_price",
            Self::ItemDiscountSeller => "item_discount_seller",
            Self::ItemDiscountPlatform => "item_discount_platform",
            Self::Shipping => "shipping",
            Self::ShippingDiscount => "shipping_discount",
            Self::OtherCharge => "other_charge",
            Self::Tip => "tip",
            Self::Duty => "duty",
            Self::TaxItem => "tax_item",
            Self::TaxShipping => "tax_shipping",
            Self::GiftCardSold => "gift_card_sold",
            Self::ReversalItem => "reversal_item",
            Self::ReversalShipping => "reversal_shipping",
            Self::ReversalTax => "reversal_tax",
            Self::RefundItem => "refund_item",
            Self::RefundAdjustment => "refund_adjustment",
            Self::RefundShipping => "refund_shipping",
            Self::RefundTax => "refund_tax",
            Self::TaxWithheld => "tax_withheld",
            Self::FeeCommission => "fee_commission",
            Self::FeeFulfilment => "fee_fulfilment",
            Self::FeePayment => "fee_payment",
            Self::FeeStorage => "fee_storage",
            Self::FeeOther => "fee_other",
            Self::FeeRefund => "fee_refund",
            Self::Reimbursement => "reimbursement",
            Self::ShippingCost => "shipping_cost",
            Self::Cogs => "cogs",
            Self::CogsReturned => "cogs_returned",
            Self::WriteOff => "write_off",
            Self::AdSpend => "ad_spend",
            Self::Payout => "payout",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the buyer is charged.
    pub fn is_sale(self) -> bool {
        self <= Self::GiftCardSold
    }

    /// Price, discounts and returns of goods.
    pub fn is_item(self) -> bool {
        matches!(
            self,
            Self::ItemPrice
                | Self::ItemDiscountSeller
                | Self::ItemDiscountPlatform
                | Self::ReversalItem
                | Self::RefundItem
                | Self::RefundAdjustment
        )
    }

    /// Taken back before shipping.
    pub fn is_reversal(self) -> bool {
        matches!(self, Self::ReversalItem | Self::ReversalShipping | Self::ReversalTax)
    }

    /// Paid back after shipping, with the cost that came back.
    pub fn is_refund(self) -> bool {
        matches!(
            self,
            Self::RefundItem | Self::RefundAdjustment | Self::RefundShipping | Self::RefundTax | Self::CogsReturned
        )
    }
}

/// One signed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// What it is.
    pub kind: Kind,
    /// Day of the event.
    pub event: NaiveDate,
    /// Day of the order.
    pub order: NaiveDate,
    /// Day on which the goods left; `None` while they have not.
    pub ship: Option<NaiveDate>,
    /// Units of goods: positive on prices, negative on returns, zero elsewhere.
    pub units: i64,
    /// Smallest units of the currency; to the seller is positive.
    pub amount: i64,
    /// Belongs to a quantity withdrawn before shipping (flag c).
    pub cancelled: bool,
    /// Refund of shipped goods (flag s).
    pub of_shipped: bool,
    /// Added by an edit or exchange (flag e).
    pub edit: bool,
    /// On goods with a known cost; matters on item rows only.
    pub costed: bool,
    /// Position of the order's line.
    pub line: Option<usize>,
}

/// One order as the oracle tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Day of the order.
    pub placed: NaiveDate,
    /// Counts as an order; free replacements and copies of another channel's orders do not.
    pub counts: bool,
    /// Whether the platform has stated prices.
    pub priced: bool,
    /// Whether the share of tax in the amounts is unknown.
    pub basis_unknown: bool,
    /// Units placed, gift cards not counted, later additions included.
    pub units: i64,
    /// Of these, withdrawn before shipping.
    pub withdrawn: i64,
    /// Every unit that was not withdrawn and needs shipping has shipped, and at least one unit was not withdrawn.
    pub fulfilled: bool,
    /// The rows.
    pub postings: Vec<Posting>,
}

impl Told {
    /// All units were withdrawn, and there were any.
    pub fn wholly_withdrawn(&self) -> bool {
        self.units > 0 && self.withdrawn == self.units
    }

    /// Day on which the first units left.
    pub fn first_shipped(&self) -> Option<NaiveDate> {
        let left = self
            .postings
            .iter()
            .filter(|row| row.kind == Kind::ItemPrice && !row.cancelled);
        left.filter_map(|row| row.ship).min()
    }
}
