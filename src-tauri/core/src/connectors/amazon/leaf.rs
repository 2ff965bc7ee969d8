//! What an amount in Finances, its older interface or a settlement report is for, told from the words that lead to it.

use super::part::{Family, What};

/// Words in the path of a fee that say it is storage.
const STORAGE: &[&str] = &["storage"];
/// … that Amazon picked, packed, sent, or took the shipping money back.
const FULFILMENT: &[&str] = &[
    "fba",
    "fulfillment",
    "fulfilment",
    "pickandpack",
    "pick & pack",
    "weightbased",
    "weighthandling",
    "perunit",
    "perorder",
    "shippingchargeback",
    "giftwrapchargeback",
    "transportation",
    "removal",
    "disposal",
];
/// … that it is a share of the price.
const COMMISSION: &[&str] = &["commission", "referral", "closingfee", "shippinghb", "holdback"];
/// … that a payment was processed.
const PAYMENT: &[&str] = &["paymentmethod", "codchargeback", "codfee", "pointsfee"];
/// Words of money that Amazon pays for what it lost, damaged or owes.
const REIMBURSEMENT: &[&str] = &[
    "reimbursement",
    "warehouse_lost",
    "warehouse_damage",
    "warehouselost",
    "warehousedamage",
    "missing_from_inbound",
    "missingfrominbound",
    "compensated_clawback",
    "compensatedclawback",
    "reversal_reimbursement",
    "free_replacement_refund_items",
    "cs_error_items",
    "safe-t",
    "safet",
];

/// What an amount is for. `path`: the words from the whole to the amount (transaction type, breakdowns, description).
pub(super) fn what(family: Family, path: &[&str]) -> What {
    let joined = path.join("/").to_lowercase();
    let plain: String = joined.chars().filter(|c| !c.is_whitespace()).collect();
    let has = |words: &[&str]| words.iter().any(|word| joined.contains(word) || plain.contains(word));
    let sale = matches!(family, Family::Sale | Family::Refund);
    if has(&["withheld", "facilitator", "retrocharge", "taxcollectedatsource"]) {
        return What::TaxWithheld;
    }
    if has(REIMBURSEMENT) {
        return What::Reimbursement;
    }
    if has(&["advertis", "productads", "sponsored"]) {
        return What::AdBill;
    }
    // The buyer paid the seller past Amazon: the sale is told, and nothing is earned twice.
    if has(&["directpayment"]) {
        return What::Movement;
    }
    if has(&["restocking", "goodwill"]) {
        return What::Adjustment;
    }
    if has(&["postage", "shippingservices", "shippinglabel", "buyshipping"]) {
        return What::Label;
    }
    // A chargeback is itself what is paid back, and no fee; of a fee of the account the transaction's own word tells.
    let parts = if sale { path.get(1..).unwrap_or_default() } else { path };
    let ends_like_a_fee = parts.iter().any(|word| {
        let word = word.to_lowercase();
        ["fee", "fees", "commission", "chargeback", "holdback", "hb"]
            .iter()
            .any(|end| word.ends_with(end))
    });
    if ends_like_a_fee || has(&["feelist", "feeadjustment", "amazonfees", "itemfees", "fbafees"]) {
        return match family {
            Family::Refund => What::RefundFee,
            _ if has(STORAGE) => What::Storage,
            _ if has(COMMISSION) => What::Commission,
            _ if has(FULFILMENT) => What::Fulfilment,
            _ if has(PAYMENT) => What::Payment,
            _ => What::Fee,
        };
    }
    if !sale {
        return match () {
            () if has(STORAGE) => What::Storage,
            () if has(FULFILMENT) => What::Fulfilment,
            () if has(&["transfer", "disbursement", "reserve", "debt", "payout", "deposit"]) => What::Movement,
            () if has(&["tax", "gst", "vat"]) => What::TaxWithheld,
            () => What::Fee,
        };
    }
    let shipping = has(&["shipping", "shipment/ship", "delivery"])
        || joined.rsplit('/').next().is_some_and(|w| w.starts_with("ship"));
    match () {
        () if has(&["promo", "discount", "rebate", "coupon"]) && has(&["tax"]) && !has(&["promotax"]) => match shipping
        {
            true => What::TaxShipping,
            false => What::Tax,
        },
        () if has(&["promo", "discount", "rebate", "coupon"]) => match shipping {
            true => What::ShippingDiscount,
            false => What::Discount,
        },
        () if has(&["tax", "gst", "vat"]) => match shipping {
            true => What::TaxShipping,
            false if has(&["gift", "cod"]) => What::TaxOther,
            false => What::Tax,
        },
        () if has(&["gift", "cod", "exportcharge"]) => What::OtherCharge,
        () if shipping => What::Shipping,
        () if has(&["principal", "principle", "productcharges", "ourprice", "sales"]) => What::Principal,
        () => What::Fee,
    }
}

/// Why money moved, by the word of the transaction or event.
pub(super) fn family(word: &str) -> Family {
    let word = word.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| word.contains(w));
    match () {
        () if has(&["removal", "fee", "retrocharge"]) => Family::Other,
        () if has(&["refund", "guarantee", "chargeback", "a-to-z"]) => Family::Refund,
        () if has(&["shipment"]) || word == "order" || word == "order payment" => Family::Sale,
        () => Family::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_by_the_words_that_lead_to_them() {
        use Family::{Other, Refund, Sale};
        let cases: &[(Family, &[&str], What)] = &[
            (
                Sale,
                &["Shipment", "ProductCharges", "OurPricePrincipal"],
                What::Principal,
            ),
            (Sale, &["Shipment", "Tax", "OurPriceTax"], What::Tax),
            (Sale, &["Shipment", "Tax", "ShippingTax"], What::TaxShipping),
            (Sale, &["Shipment", "Tax", "GiftwrapTax"], What::TaxOther),
            (Sale, &["Shipment", "Shipping", "ShippingPrincipal"], What::Shipping),
            (
                Sale,
                &["Shipment", "AmazonFees", "FBAPerUnitFulfillmentFee", "Tax"],
                What::Fulfilment,
            ),
            (
                Sale,
                &["Shipment", "AmazonFees", "Commission", "Base"],
                What::Commission,
            ),
            (
                Sale,
                &["Shipment", "AmazonFees", "ShippingChargeback", "Base"],
                What::Fulfilment,
            ),
            (Sale, &["Order", "ItemPrice", "Principal"], What::Principal),
            (Sale, &["Order", "ItemPrice", "Shipping"], What::Shipping),
            (Sale, &["Order", "ItemPrice", "ShippingTax"], What::TaxShipping),
            (
                Sale,
                &["Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"],
                What::TaxWithheld,
            ),
            (Sale, &["Order", "ItemFees", "ShippingHB"], What::Commission),
            (Sale, &["Order", "Promotion", "Principal"], What::Discount),
            (Sale, &["Order", "Promotion", "Shipping"], What::ShippingDiscount),
            (
                Sale,
                &["ShipmentEventList", "ItemChargeList", "ShippingCharge"],
                What::Shipping,
            ),
            (
                Sale,
                &["ShipmentEventList", "ItemChargeList", "Principal"],
                What::Principal,
            ),
            (Sale, &["ShipmentEventList", "ItemChargeList", "Tax"], What::Tax),
            (Refund, &["Refund", "ItemFees", "RefundCommission"], What::RefundFee),
            (Refund, &["Refund", "ItemPrice", "Principal"], What::Principal),
            (Refund, &["Refund", "ItemPrice", "RestockingFee"], What::Adjustment),
            (
                Refund,
                &["Chargeback", "ProductCharges", "OurPricePrincipal"],
                What::Principal,
            ),
            (Refund, &["Chargeback", "Tax", "OurPriceTax"], What::Tax),
            (
                Refund,
                &["Chargeback", "AmazonFees", "Commission", "Base"],
                What::RefundFee,
            ),
            (
                Sale,
                &["Shipment", "ItemFeeList", "FeeAmount", "ShippingChargeback"],
                What::Fulfilment,
            ),
            (
                Other,
                &["other-transaction", "other-transaction", "Storage Fee"],
                What::Storage,
            ),
            (
                Other,
                &["ServiceFee", "Cost of Advertising", "TransactionTotalAmount"],
                What::AdBill,
            ),
            (Other, &["ServiceFee", "Subscription Fee"], What::Fee),
            (
                Other,
                &[
                    "other-transaction",
                    "FBA Inventory Reimbursement",
                    "REVERSAL_REIMBURSEMENT",
                ],
                What::Reimbursement,
            ),
            (Other, &["other-transaction", "Current Reserve Amount"], What::Movement),
            (Other, &["Transfer"], What::Movement),
            (Other, &["Retrocharge", "BaseTax"], What::TaxWithheld),
        ];
        for (of, path, expected) in cases {
            assert_eq!(what(*of, path), *expected, "{of:?} {path:?}");
        }
    }

    #[test]
    fn transactions_are_told_apart() {
        assert_eq!(family("Shipment"), Family::Sale, "a shipment");
        assert_eq!(family("Order"), Family::Sale, "a settlement's word for it");
        assert_eq!(family("A-to-z Guarantee Refund"), Family::Refund, "a claim");
        assert_eq!(
            family("RemovalShipment"),
            Family::Other,
            "goods that left the warehouse are no sale"
        );
        assert_eq!(family("ProductAdsPayment"), Family::Other, "a bill");
    }
}
