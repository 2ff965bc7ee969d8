//! The signed ledger line.

use serde::{Deserialize, Serialize};

use super::When;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $name:literal $label:literal,)*) => {
        /// What a posting is for. Money to the seller is positive. All kinds are without tax; tax stands alone.
        ///
        /// The number is part of the stored form: never reuse or renumber one.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $variant = $code,)* }

        impl Kind {
            /// Every kind, in the order of its number.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// The kind's name in answers, SQL columns and files.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            /// The kind's name on screens.
            pub fn label(self) -> &'static str {
                match self { $(Kind::$variant => $label,)* }
            }

            /// The kind of a stored number.
            pub fn from_code(code: u8) -> Option<Kind> {
                match code { $($code => Some(Kind::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Price × quantity before discounts.
    ItemPrice = 0 "item_price" "Item price",
    /// A discount the seller bears (negative).
    ItemDiscountSeller = 1 "item_discount_seller" "Discount",
    /// A discount the platform bears (negative).
    ItemDiscountPlatform = 2 "item_discount_platform" "Discount borne by the platform",
    /// Shipping before its discount.
    Shipping = 3 "shipping" "Shipping",
    /// A discount on shipping (negative).
    ShippingDiscount = 4 "shipping_discount" "Shipping discount",
    /// Gift wrap, extra fees charged to the buyer.
    OtherCharge = 5 "other_charge" "Other charge",
    /// A tip.
    Tip = 6 "tip" "Tip",
    /// Import duty charged to the buyer.
    Duty = 7 "duty" "Import duty",
    /// Tax on items (and on what is no shipping).
    TaxItem = 8 "tax_item" "Tax on items",
    /// Tax on shipping.
    TaxShipping = 9 "tax_shipping" "Tax on shipping",
    /// A gift card sold: a liability, in gross sales only under order totals.
    GiftCardSold = 10 "gift_card_sold" "Gift card sold",
    /// Withdrawn before it shipped, net of its discount (negative).
    ReversalItem = 11 "reversal_item" "Withdrawn before shipping",
    /// Shipping withdrawn before anything shipped (negative).
    ReversalShipping = 12 "reversal_shipping" "Shipping withdrawn",
    /// Tax of what was withdrawn (negative).
    ReversalTax = 13 "reversal_tax" "Tax withdrawn",
    /// Returned after shipping, net of its discount (negative).
    RefundItem = 14 "refund_item" "Returned items",
    /// Restocking fee (positive), goodwill (negative).
    RefundAdjustment = 15 "refund_adjustment" "Refund adjustment",
    /// Shipping paid back after shipping (negative).
    RefundShipping = 16 "refund_shipping" "Shipping paid back",
    /// Tax paid back with a refund (negative).
    RefundTax = 17 "refund_tax" "Tax paid back",
    /// Tax the marketplace collected and remits itself (negative).
    TaxWithheld = 18 "tax_withheld" "Tax remitted by the marketplace",
    /// Commission, referral fee.
    FeeCommission = 19 "fee_commission" "Commission",
    /// Pick, pack and delivery by the marketplace.
    FeeFulfilment = 20 "fee_fulfilment" "Fulfilment fee",
    /// Payment processing.
    FeePayment = 21 "fee_payment" "Payment fee",
    /// Storage.
    FeeStorage = 22 "fee_storage" "Storage fee",
    /// Any other fee.
    FeeOther = 23 "fee_other" "Other fee",
    /// Fees kept or given back with a refund.
    FeeRefund = 24 "fee_refund" "Fee on a refund",
    /// Paid by the marketplace for lost or damaged goods (positive).
    Reimbursement = 25 "reimbursement" "Reimbursement",
    /// What sending the goods cost the seller (negative).
    ShippingCost = 26 "shipping_cost" "Cost of shipping",
    /// Cost of the goods sold (negative).
    Cogs = 27 "cogs" "Cost of goods",
    /// Cost of goods that came back into stock (positive).
    CogsReturned = 28 "cogs_returned" "Cost of returned goods",
    /// Goods lost or given away (negative).
    WriteOff = 29 "write_off" "Write-off",
    /// Advertising (negative).
    AdSpend = 30 "ad_spend" "Advertising",
    /// Money moved to the seller's bank; in no result.
    Payout = 31 "payout" "Payout",
}

impl Kind {
    /// Sale kinds: dated on the order day under order totals and on the ship day under accounting.
    pub fn is_sale(self) -> bool {
        (self as u8) <= Kind::GiftCardSold as u8
    }

    /// Charges that are paid back under their own kind, because there is none for their return.
    pub fn is_own_charge(self) -> bool {
        matches!(self, Kind::OtherCharge | Kind::Tip | Kind::Duty | Kind::GiftCardSold)
    }

    /// Reversals, refunds and adjustments.
    pub fn is_return(self) -> bool {
        (Kind::ReversalItem as u8..=Kind::RefundTax as u8).contains(&(self as u8))
    }

    /// Item kinds: what net sales is made of (`ITEMS`, `DISC` and `RET` of the product plan).
    pub fn is_item(self) -> bool {
        matches!(
            self,
            Kind::ItemPrice
                | Kind::ItemDiscountSeller
                | Kind::ItemDiscountPlatform
                | Kind::ReversalItem
                | Kind::RefundItem
                | Kind::RefundAdjustment
        )
    }
}

/// Marks on a posting, LEDGER rulings 2, 3, 6 and 8.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Flags(pub u8);

impl Flags {
    /// No mark.
    pub const NONE: Flags = Flags(0);
    /// Belongs to quantity that was withdrawn before shipping.
    pub const CANCELLED: Flags = Flags(1);
    /// A refund of goods that had shipped.
    pub const SHIPPED: Flags = Flags(2);
    /// Added by an edit or an exchange, after the order was placed.
    pub const EDIT: Flags = Flags(4);
    /// The line's cost is known, so the row counts in gross profit.
    pub const COSTED: Flags = Flags(8);
    /// The amount or its date was derived, not stated by the platform.
    pub const ESTIMATED: Flags = Flags(16);
    /// Goods that went back into stock, so that their cost comes back.
    pub const RESTOCKED: Flags = Flags(32);
    /// The day its goods left was derived: figures that count by that day are estimated, others are not.
    pub const SHIP_ESTIMATED: Flags = Flags(64);

    /// Whether every mark of `other` is set.
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of marks.
    pub fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// The marks without those of `other`.
    pub fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

/// Where in a raw record an amount stands: a template of the connector and the positions to fill into it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct PathRef {
    /// Number of the template in the connector's table ([`crate::connectors::Connector::path`] renders it).
    pub template: u16,
    /// Positions for the template's `{}` places, in order.
    pub at: [u16; 3],
}

/// One signed ledger line. `order_at` and the currency are the order's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posting {
    /// What it is for.
    pub kind: Kind,
    /// When it happened.
    pub event_at: When,
    /// When the goods it belongs to shipped; `None` while they have not, or never will.
    pub ship_at: Option<When>,
    /// Units (item kinds only): positive on sales, negative on returns and reversals.
    pub quantity: i32,
    /// Signed millionths of the order's currency.
    pub micros: i64,
    /// Index of the order's line it belongs to; `None` for the order as a whole.
    pub line: Option<u16>,
    /// Marks.
    pub flags: Flags,
    /// Index into [`super::Order::raws`]: the record the amount was read from.
    pub raw: u8,
    /// Where in that record.
    pub path: PathRef,
}
