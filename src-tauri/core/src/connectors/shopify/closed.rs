//! Closed lists of words that an order is read by, and what a word means that they do not hold: a stable version of the
//! interface may gain members at any time (contract section 1.1).

use super::part::{Parcel, Restock, Unknown};
use super::paths::render;
use crate::model::PathRef;

/// Most of an unknown word that is repeated in a message.
const SHOWN: usize = 40;

/// A closed list.
#[derive(Debug)]
pub(super) struct Closed {
    /// Words of it that this version knows, in capitals.
    known: &'static [&'static str],
    /// Whether a figure hangs on the word.
    counts: bool,
}

/// State of payment: shown, and in no figure.
pub(super) static PAYMENT: Closed = Closed {
    known: &[
        "PENDING",
        "AUTHORIZED",
        "PARTIALLY_PAID",
        "PAID",
        "PARTIALLY_REFUNDED",
        "REFUNDED",
        "VOIDED",
        "EXPIRED",
    ],
    counts: false,
};

/// State of fulfilment: shown; what has shipped is told by the fulfilments themselves.
pub(super) static FULFILMENT: Closed = Closed {
    known: &[
        "UNFULFILLED",
        "PARTIALLY_FULFILLED",
        "PARTIAL",
        "FULFILLED",
        "IN_PROGRESS",
        "ON_HOLD",
        "SCHEDULED",
        "REQUEST_DECLINED",
        "FULFILLMENT_NOT_REQUIRED",
        "OPEN",
        "RESTOCKED",
        "PENDING_FULFILLMENT",
    ],
    counts: false,
};

/// Why an agreement was made: says what is an edit, and whether a fee is charged or kept back.
pub(super) static REASON: Closed = Closed {
    known: &["ORDER", "ORDER_EDIT", "REFUND", "RETURN", "UNKNOWN"],
    counts: true,
};

/// Which way a sale row counts; the platform's own “unknown” leaves its amount out, too.
pub(super) static ACTION: Closed = Closed {
    known: &["ORDER", "UPDATE", "RETURN"],
    counts: true,
};

/// What a sale row is for.
pub(super) static LINE_TYPE: Closed = Closed {
    known: &[
        "PRODUCT",
        "GIFT_CARD",
        "TIP",
        "SHIPPING",
        "DUTY",
        "FEE",
        "ADDITIONAL_FEE",
        "ADJUSTMENT",
    ],
    counts: true,
};

/// What became of returned units: tells reversals from refunds, and whether their cost comes back.
pub(super) static RESTOCK: Closed = Closed {
    known: &["CANCEL", "RETURN", "NO_RESTOCK", "LEGACY_RESTOCK"],
    counts: true,
};

/// What a correction of a refund is for: the older shape's own word.
pub(super) static ADJUSTMENT: Closed = Closed {
    known: &["REFUND_DISCREPANCY", "SHIPPING_REFUND"],
    counts: true,
};

/// How a fulfilment ended: whether anything shipped.
pub(super) static PARCEL: Closed = Closed {
    known: &["SUCCESS", "PENDING", "OPEN", "CANCELLED", "ERROR", "FAILURE"],
    counts: true,
};

/// What a payment was for: money is no sale (contract section 3.2).
pub(super) static PAYMENT_KIND: Closed = Closed {
    known: &[
        "AUTHORIZATION",
        "CAPTURE",
        "SALE",
        "REFUND",
        "VOID",
        "CHANGE",
        "EMV_AUTHORIZATION",
        "SUGGESTED_REFUND",
    ],
    counts: false,
};

/// How a payment ended: fees count of those that succeeded.
pub(super) static PAYMENT_STATUS: Closed = Closed {
    known: &["SUCCESS", "PENDING", "FAILURE", "ERROR", "AWAITING_RESPONSE", "UNKNOWN"],
    counts: true,
};

impl Closed {
    /// What to say of `word`, which stands as `member` at `place`, if the list does not hold it. A missing word is no word.
    pub(super) fn stranger(&self, word: Option<&str>, member: &str, place: PathRef) -> Option<Unknown> {
        let word = word.filter(|word| !self.known.iter().any(|known| known.eq_ignore_ascii_case(word)))?;
        let shown: String = word.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        Some(Unknown {
            what: format!("{}.{member} = {shown}", render(place)),
            counts: self.counts,
        })
    }
}

/// How far a fulfilment has come by its status, in any case of letters. Only a success has left: `pending` and `open` wait for a
/// fulfilment service (LEDGER ruling 30). What the carrier says later (`displayStatus`, `shipment_status`) moves no ship date.
pub(super) fn parcel(text: Option<&str>) -> Parcel {
    match text.map(str::to_ascii_lowercase).as_deref() {
        Some("success") => Parcel::Sent,
        Some("cancelled" | "error" | "failure") => Parcel::Void,
        Some(_) => Parcel::Waiting,
        None => Parcel::Unsaid,
    }
}

/// What a restock type says, in any case of letters.
pub(super) fn restock(text: Option<&str>) -> Restock {
    match text.map(str::to_ascii_lowercase).as_deref() {
        Some("cancel") => Restock::Cancel,
        Some("return") => Restock::Return,
        Some("legacy_restock") => Restock::Legacy,
        _ => Restock::No,
    }
}

#[cfg(test)]
mod tests {
    use super::super::paths::Place;
    use super::*;

    #[test]
    fn only_what_succeeded_has_left() {
        for (status, state) in [
            ("SUCCESS", Parcel::Sent),
            ("success", Parcel::Sent),
            ("PENDING", Parcel::Waiting),
            ("open", Parcel::Waiting),
            ("CANCELLED", Parcel::Void),
            ("error", Parcel::Void),
            ("FAILURE", Parcel::Void),
            ("TELEPORTED", Parcel::Waiting),
        ] {
            assert_eq!(parcel(Some(status)), state, "{status}");
        }
        for known in PARCEL.known.iter().filter(|known| **known != "SUCCESS") {
            assert!(
                matches!(parcel(Some(known)), Parcel::Waiting | Parcel::Void),
                "{known} is in the list, and has not left"
            );
        }
        assert_eq!(parcel(None), Parcel::Unsaid, "a record may leave the status out");
    }

    #[test]
    fn only_words_outside_the_list_are_told_and_cut_short() {
        let root = Place::Root.at(&[]);
        for known in [Some("PAID"), Some("paid"), None] {
            assert_eq!(PAYMENT.stranger(known, "x", root), None, "{known:?} is nothing to tell");
        }
        let told = RESTOCK
            .stranger(Some(&"NEW\n".repeat(40)), "restockType", Place::RefundLine.at(&[1, 2]))
            .expect("an unknown word is told");
        assert!(told.counts, "whether units were restocked is in figures");
        assert_eq!(
            told.what,
            format!(
                "$.refunds[1].refundLineItems.nodes[2].restockType = {}",
                &"NEW".repeat(14)[..40]
            ),
            "with its place, without line ends, and not at any length"
        );
    }
}
