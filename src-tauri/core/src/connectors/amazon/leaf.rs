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

/// Words of money that only changes its place: transfers to the bank, reserves, balances carried over, debts, and what Amazon lends
/// and is paid back.
const MOVED: &[&str] = &[
    "transfer",
    "disbursement",
    "reserve",
    "debt",
    "payout",
    "deposit",
    "loan",
    "lending",
    "capitalforsellers",
    "payabletoamazon",
    "successfulcharge",
    "failedcharge",
    "chargeinstrument",
    "creditcardcharge",
    "carriedover",
    "previousbalance",
    "beginningbalance",
    "openingbalance",
    "closingbalance",
    "negativebalance",
    "unavailablebalance",
    "overpayment",
];
/// Words of what the account is charged for beside fees that are called so.
const CHARGED: &[&str] = &[
    "servicefee",
    "subscription",
    "inbound",
    "processing",
    "prepservice",
    "labeling",
    "coupon",
    "deal",
    "vine",
    "enrollment",
    "imaging",
    "premium",
    "unplanned",
    "defect",
    "capacityreservation",
    "upstream",
    "customs",
    "freight",
    "affordability",
    "valueaddedservice",
    "networkcommingling",
    "liquidationfee",
    "gradeandresell",
    "customerreturn",
    "returnpostage",
    "carriermisc",
    "chargerefund",
];
/// Words of what is paid for goods that Amazon sold off for the seller.
const SOLD_OFF: &[&str] = &["proceeds", "revenue", "liquidations"];

/// What an amount is for. `path`: the words from the whole to the amount (transaction type, breakdowns, description). Of no kind is
/// known what it is by its sign: an amount in words that are neither a fee nor income nor a movement is [`What::Unknown`].
pub(super) fn what(family: Family, path: &[&str]) -> What {
    let joined = path.join("/").to_lowercase();
    let squeeze = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
    let plain = squeeze(&joined);
    let has = |words: &[&str]| words.iter().any(|word| joined.contains(word) || plain.contains(word));
    let sale = matches!(family, Family::Sale | Family::Refund);
    let head = squeeze(&path.first().copied().unwrap_or_default().to_lowercase());
    // Money that the transaction itself only moves, whatever its parts are called.
    if !sale && MOVED.iter().any(|word| head.contains(word)) {
        return What::Movement;
    }
    if has(&[
        "withheld",
        "facilitator",
        "retrocharge",
        "taxcollectedatsource",
        "lowvaluegoods",
        "tcs-",
    ]) {
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
    if has(&["restocking", "goodwill", "genericdeduction"]) {
        return What::Adjustment;
    }
    if has(&["postage", "shippingservices", "shippinglabel", "buyshipping"]) {
        return What::Label;
    }
    // Points that buyers were given are a cost to the seller (contract section 3.2).
    let points = has(&["costofpoints", "pointsgranted", "pointsreturned"]);
    // A chargeback is itself what is paid back, and no fee; of a fee of the account the transaction's own word tells.
    let parts = if sale { path.get(1..).unwrap_or_default() } else { path };
    let ends_like_a_fee = parts.iter().any(|word| {
        let word = word.to_lowercase();
        ["fee", "fees", "commission", "chargeback", "holdback", "hb"]
            .iter()
            .any(|end| word.ends_with(end))
    });
    if points
        || ends_like_a_fee
        || has(&[
            "feelist",
            "feeadjustment",
            "amazonfees",
            "itemfees",
            "fbafees",
            "feecomponent",
        ])
    {
        return match family {
            Family::Refund => What::RefundFee,
            _ if points => What::Fee,
            _ if has(STORAGE) => What::Storage,
            _ if has(COMMISSION) => What::Commission,
            _ if has(FULFILMENT) => What::Fulfilment,
            _ if has(PAYMENT) => What::Payment,
            _ => What::Fee,
        };
    }
    if !sale {
        return match () {
            () if has(SOLD_OFF) => What::Reimbursement,
            () if has(MOVED) => What::Movement,
            () if has(STORAGE) => What::Storage,
            () if has(FULFILMENT) => What::Fulfilment,
            () if has(&["tax", "gst", "vat"]) && !has(CHARGED) => What::TaxWithheld,
            () if has(CHARGED) || path.iter().any(|word| word.to_lowercase().contains("fee")) => What::Fee,
            () => What::Unknown,
        };
    }
    // The lists of the older interface are called by shipments, and so say nothing of shipping.
    let named: Vec<String> = parts.iter().map(|word| word.to_lowercase()).collect();
    let shipping = named.iter().any(|word| {
        let own = !word.starts_with("shipment");
        own && (word.starts_with("ship") || word.contains("shipping") || word.contains("delivery"))
    });
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
        () => What::Unknown,
    }
}

/// What the total of a transaction is for that shows no parts: of a sale or a refund nobody tells its taxes and fees.
pub(super) fn what_whole(family: Family, words: &[&str]) -> What {
    match family {
        Family::Sale | Family::Refund => What::Whole,
        Family::Other => what(family, words),
    }
}

/// Why money moved, by the word of the transaction or event.
pub(super) fn family(word: &str) -> Family {
    let word: String = word.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let has = |words: &[&str]| words.iter().any(|w| word.contains(w));
    match () {
        () if has(&["removal", "fee", "retrocharge", "chargerefund"]) || has(MOVED) => Family::Other,
        () if has(&["refund", "guarantee", "chargeback", "a-to-z"]) => Family::Refund,
        () if has(&["shipment"]) || word == "order" || word == "orderpayment" => Family::Sale,
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
                &[
                    "ShipmentEventList",
                    "ShipmentItemList",
                    "ItemChargeList",
                    "ChargeAmount",
                    "ShippingCharge",
                ],
                What::Shipping,
            ),
            (
                Sale,
                &[
                    "ShipmentEventList",
                    "ShipmentItemList",
                    "ItemChargeList",
                    "ChargeAmount",
                    "Principal",
                ],
                What::Principal,
            ),
            (
                Sale,
                &[
                    "ShipmentEventList",
                    "ShipmentItemList",
                    "ItemChargeList",
                    "ChargeAmount",
                    "Tax",
                ],
                What::Tax,
            ),
            (
                Sale,
                &[
                    "ShipmentEventList",
                    "ShipmentItemList",
                    "ItemChargeList",
                    "ChargeAmount",
                    "ShippingTax",
                ],
                What::TaxShipping,
            ),
            (
                Sale,
                &[
                    "ShipmentEventList",
                    "ShipmentItemList",
                    "PromotionList",
                    "PromotionAmount",
                    "Shipping",
                ],
                What::ShippingDiscount,
            ),
            (
                Sale,
                &["ShipmentEventList", "ShipmentItemList", "CostOfPointsGranted"],
                What::Fee,
            ),
            (
                Refund,
                &[
                    "RefundEventList",
                    "ShipmentItemAdjustmentList",
                    "ItemChargeAdjustmentList",
                    "ChargeAmount",
                    "Principal",
                ],
                What::Principal,
            ),
            (Sale, &["Order", "ItemPrice", "Something"], What::Unknown),
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
            (
                Other,
                &["other-transaction", "other-transaction", "Payable to Amazon"],
                What::Movement,
            ),
            (
                Other,
                &["other-transaction", "other-transaction", "Successful charge"],
                What::Movement,
            ),
            (Other, &["LoanServicingEventList", "LoanAmount"], What::Movement),
            (Other, &["LoanServicing", "Fees", "LoanFee"], What::Movement),
            (Other, &["Adjustment", "Amazon lending payment"], What::Movement),
            (
                Other,
                &["DebtRecoveryEventList", "ChargeInstrumentList", "Amount"],
                What::Movement,
            ),
            (
                Other,
                &["FBALiquidationEventList", "LiquidationProceedsAmount"],
                What::Reimbursement,
            ),
            (
                Other,
                &["FBALiquidationEventList", "LiquidationFeeAmount"],
                What::Fulfilment,
            ),
            (
                Other,
                &["other-transaction", "other-transaction", "Something else"],
                What::Unknown,
            ),
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
        assert_eq!(family("LoanRefund"), Family::Other, "what is lent is no sale");
    }
}
