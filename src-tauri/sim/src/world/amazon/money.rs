//! The movements of money at Amazon: sales as they ship, refunds, and their parts by name. Amounts are from the
//! seller's purse: fees are negative, a refund mirrors its sale.

use super::market::Marketplace;
use super::order::{AmazonLine, AmazonOrder, Network};
use super::plan::{Back, Move};
use crate::world::catalogue::from_cents;
use crate::world::instant::Second;
use crate::world::money::{ratio_cut, ratio_half_up};

const MILLION: i64 = 1_000_000;

/// A transaction of the seller's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmazonTransaction {
    /// Identifier.
    pub id: String,
    /// Whose account.
    pub market: Marketplace,
    /// What it is.
    pub kind: TransactionType,
    /// The date that it carries.
    pub posted: Second,
    /// Moment from which it is shown.
    pub shown: Second,
    /// Whether the money is held back or let go.
    pub status: Held,
    /// Until when a held sale is held.
    pub matures: Option<Second>,
    /// For money let go: the transaction that held it. For a held one: the transaction that let it go.
    pub other: Option<String>,
    /// The order.
    pub order: Option<(u64, String)>,
    /// The parcel, where it is a sale.
    pub shipment: Option<String>,
    /// The refund, where it is one.
    pub refund: Option<String>,
    /// The settlement that pays it out: number of its period.
    pub period: i64,
    /// Whether the transaction names its marketplace; some of the seller's own shipments in the US do not.
    pub placed: bool,
    /// What was sold or came back, line by line.
    pub items: Vec<TransactionItem>,
    /// Parts that belong to no line.
    pub parts: Vec<Part>,
}

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TransactionType {
    /// A sale that shipped.
    Shipment,
    /// Money back to a buyer.
    Refund,
    /// A fee of the account: storage, subscription.
    ServiceFee,
    /// Advertising paid from the account.
    ProductAdsPayment,
    /// Amazon pays for lost or damaged goods, or takes such a payment back.
    Reimbursement,
    /// Money moved to the bank.
    Transfer,
}

impl TransactionType {
    /// The platform's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shipment => "Shipment",
            Self::Refund => "Refund",
            Self::ServiceFee => "ServiceFee",
            Self::ProductAdsPayment => "ProductAdsPayment",
            Self::Reimbursement => "FBAInventoryReimbursement",
            Self::Transfer => "Transfer",
        }
    }
}

/// Whether money is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Held {
    /// Held back.
    Deferred,
    /// Was held back and has been let go: another transaction says so.
    DeferredReleased,
    /// Free.
    Released,
}

/// What a transaction says about one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionItem {
    /// Position in the order's lines.
    pub line: usize,
    /// Position of the variant.
    pub variant: u32,
    /// Units.
    pub units: u32,
    /// Its parts; none is zero.
    pub parts: Vec<Part>,
}

/// One part of a transaction: a name under a group, and an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The name above it, if any.
    pub group: &'static str,
    /// The platform's word.
    pub name: &'static str,
    /// Smallest units; to the seller is positive.
    pub amount: i64,
}

impl AmazonTransaction {
    /// All parts, those of lines first.
    pub fn all_parts(&self) -> impl Iterator<Item = &Part> {
        self.items.iter().flat_map(|item| &item.parts).chain(&self.parts)
    }

    /// What it moves.
    pub fn total(&self) -> i64 {
        self.all_parts().map(|part| part.amount).sum()
    }
}

/// The parts of one line's sale, all units together.
fn sale(order: &AmazonOrder, line: &AmazonLine) -> Vec<Part> {
    let cents = |cents: i64| from_cents(cents, order.market.currency());
    let charge = &line.charge;
    let units = i64::from(line.quantity);
    let mut parts = Vec::new();
    let mut add = |group, name, amount| {
        if amount != 0 {
            parts.push(Part { group, name, amount });
        }
    };
    let unit_fee = cents(322 + i64::from(line.variant % 7) * 60);
    if order.copy {
        add("FBAFees", "FBAPerUnitFulfillmentFee", -(unit_fee + cents(190)) * units);
        return parts;
    }
    // Prices and discounts without the tax that they contain where the order does not tell it.
    let rate = order.market.rates().first().copied().unwrap_or(0).into();
    let split = |price: i64, discount: i64, tax: i64| {
        if order.tax_told {
            return (price, discount);
        }
        let whole = ratio_half_up(price, rate, MILLION + rate);
        (price - whole, discount - (whole - tax))
    };
    let (item, item_off) = split(charge.item, charge.item_discount, charge.tax_item);
    let (shipping, shipping_off) = split(charge.shipping, charge.shipping_discount, charge.tax_shipping);
    let (wrap, _) = split(charge.wrap, 0, charge.tax_wrap);
    add("ProductCharges", "OurPricePrincipal", item);
    add("PromoRebates", "OurPriceDiscount", -item_off);
    add("Tax", "OurPriceTax", charge.tax_item);
    add("Shipping", "ShippingPrincipal", shipping);
    add("PromoRebates", "ShippingDiscount", -shipping_off);
    add("Tax", "ShippingTax", charge.tax_shipping);
    add("Giftwrap", "GiftwrapPrincipal", wrap);
    add("Tax", "GiftwrapTax", charge.tax_wrap);
    if order.market == Marketplace::Us {
        add(
            "MarketplaceFacilitatorTax",
            "MarketplaceFacilitatorTax-Principal",
            -charge.tax_item,
        );
        add(
            "MarketplaceFacilitatorTax",
            "MarketplaceFacilitatorTax-Shipping",
            -charge.tax_shipping,
        );
        add(
            "MarketplaceFacilitatorTax",
            "MarketplaceFacilitatorTax-Other",
            -charge.tax_wrap,
        );
    }
    add("PromoRebates", "Promo", line.funded);
    let base = charge.item - charge.item_discount + charge.shipping - charge.shipping_discount + charge.wrap;
    add("AmazonFees", "Commission", -ratio_half_up(base, 15, 100));
    if line.variant.is_multiple_of(5) {
        add("AmazonFees", "VariableClosingFee", -cents(180) * units);
    }
    if order.network == Network::Afn && !order.replacement {
        add("FBAFees", "FBAPerUnitFulfillmentFee", -unit_fee * units);
        add("AmazonFees", "ShippingChargeback", -(shipping - shipping_off));
        add("AmazonFees", "GiftwrapChargeback", -wrap);
    }
    add("AmazonFees", "CostOfPointsGranted", -line.points);
    parts
}

/// The share of units `before..before + units` of a line's parts: cut, and the last units take what is left.
fn share(parts: &[Part], before: u32, units: u32, whole: u32) -> Vec<Part> {
    let cut = |amount: i64, units: u32| ratio_cut(amount, units.into(), whole.max(1).into());
    let shares = parts.iter().map(|part| Part {
        amount: cut(part.amount, before + units) - cut(part.amount, before),
        ..*part
    });
    shares.filter(|part| part.amount != 0).collect()
}

/// What a movement says about each line of its order, as the order stands once it has moved.
pub(super) fn items(order: &AmazonOrder, what: Move) -> Vec<TransactionItem> {
    match what {
        Move::Shipment(part) | Move::Release(part) => shipped(order, usize::from(part)),
        Move::Refund(back) => given_back(order, back),
    }
}

fn shipped(order: &AmazonOrder, part: usize) -> Vec<TransactionItem> {
    let Some(parcel) = order.parcels.get(part) else {
        return Vec::new();
    };
    let item = |(place, units): &(usize, u32)| {
        let line = &order.lines[*place];
        let earlier = order.parcels[..part].iter().flat_map(|parcel| &parcel.lines);
        let before = earlier
            .filter(|(other, _)| other == place)
            .map(|(_, units)| units)
            .sum();
        TransactionItem {
            line: *place,
            variant: line.variant,
            units: *units,
            parts: share(&sale(order, line), before, *units, line.quantity),
        }
    };
    parcel.lines.iter().map(item).collect()
}

fn given_back(order: &AmazonOrder, back: Back) -> Vec<TransactionItem> {
    let stands = order.lines.iter().enumerate().filter(|(_, line)| line.shipped > 0);
    let lines: Vec<(usize, &AmazonLine)> = match back {
        Back::Unit | Back::Goodwill => stands.take(1).collect(),
        Back::All(_) | Back::LessFee => stands.collect(),
    };
    let item = |(place, line): (usize, &AmazonLine)| {
        let units = if back == Back::Unit { 1 } else { line.shipped };
        let sold = share(&sale(order, line), 0, units, line.quantity);
        let parts = match back {
            Back::Goodwill => goodwill(&sold),
            _ => mirrored(order, &sold, back),
        };
        TransactionItem {
            line: place,
            variant: line.variant,
            units,
            parts,
        }
    };
    lines.into_iter().map(item).collect()
}

fn of(parts: &[Part], names: &[&str]) -> i64 {
    let own = parts.iter().filter(|part| names.contains(&part.name));
    own.map(|part| part.amount).sum()
}

fn goodwill(sold: &[Part]) -> Vec<Part> {
    let worth = of(sold, &["OurPricePrincipal", "OurPriceDiscount"]);
    let amount = -ratio_cut(worth, 1, 10);
    let part = Part {
        group: "ProductCharges",
        name: "GoodwillPrincipal",
        amount,
    };
    (amount != 0).then_some(part).into_iter().collect()
}

fn mirrored(order: &AmazonOrder, sold: &[Part], back: Back) -> Vec<Part> {
    let shipping = back == Back::All(true);
    let goods = [
        "OurPricePrincipal",
        "OurPriceDiscount",
        "OurPriceTax",
        "MarketplaceFacilitatorTax-Principal",
        "Promo",
        "Commission",
    ];
    let rest = [
        "ShippingPrincipal",
        "ShippingDiscount",
        "ShippingTax",
        "MarketplaceFacilitatorTax-Shipping",
        "ShippingChargeback",
        "GiftwrapPrincipal",
        "GiftwrapTax",
        "MarketplaceFacilitatorTax-Other",
        "GiftwrapChargeback",
    ];
    let own = |part: &&Part| goods.contains(&part.name) || (shipping && rest.contains(&part.name));
    let mut parts: Vec<Part> = sold
        .iter()
        .filter(own)
        .map(|part| Part {
            amount: -part.amount,
            ..*part
        })
        .collect();
    let commission = -of(sold, &["Commission"]);
    let kept = ratio_cut(commission, 20, 100).min(from_cents(500, order.market.currency()));
    let fee = ratio_cut(of(sold, &["OurPricePrincipal", "OurPriceDiscount"]), 20, 100);
    let deduction = if back == Back::LessFee { fee } else { 0 };
    let more = [
        ("AmazonFees", "RefundCommission", -kept),
        ("ProductCharges", "RestockingDeductionPrincipal", deduction),
    ];
    let more = more
        .into_iter()
        .map(|(group, name, amount)| Part { group, name, amount });
    parts.extend(more.filter(|part| part.amount != 0));
    parts
}
