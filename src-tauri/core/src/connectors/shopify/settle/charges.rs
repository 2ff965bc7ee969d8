//! Postings of what belongs to no line: shipping, tips, gift cards, duties, fees, adjustments (LEDGER rulings 3 to 5).

use crate::model::{Flags, Kind, When};

use super::post::{Out, Physical};
use super::rows::{Charge, ChargeKind};

/// Writes the postings of one charge; `ship` is when charges of the whole order ship, `first_ship` when its first goods did. What is
/// given back of a charge follows the charge's own day, an adjustment the goods.
pub(super) fn post_charge(
    out: &mut Out,
    charge: &Charge,
    ship: Option<When>,
    first_ship: Option<When>,
    physical: &Physical,
    all: &[Charge],
) {
    let Charge {
        at,
        amount,
        discount,
        tax,
        quantity,
        origin,
        ..
    } = *charge;
    let edit = if charge.edit { Flags::EDIT } else { Flags::NONE };
    // What a cancellation took back leaves with the goods, whatever it was for.
    let withdrawn = physical.emptied && taken_back(charge.kind, all);
    let edit = if withdrawn { edit.with(Flags::CANCELLED) } else { edit };
    let ship = ship.filter(|_| !withdrawn);
    let at_once = (!withdrawn).then_some(at);
    let own_ship = match charge.kind {
        ChargeKind::Tip | ChargeKind::GiftCard => at_once,
        ChargeKind::Adjustment | ChargeKind::PaymentFee => first_ship,
        ChargeKind::Shipping | ChargeKind::ShippingBack | ChargeKind::Duty | ChargeKind::Other => ship,
    };
    let returned = match own_ship {
        Some(_) => Flags::SHIPPED,
        None => Flags::NONE,
    };
    // The tax of what is given back is given back with it.
    let (tax_kind, tax_flags) = match (amount < 0, withdrawn) {
        (false, _) => (Kind::TaxItem, edit),
        (true, true) => (Kind::ReversalTax, edit),
        (true, false) => (Kind::RefundTax, returned),
    };
    match charge.kind {
        ChargeKind::Shipping => {
            let flags = if shipping_withdrawn(physical, all) {
                edit.with(Flags::CANCELLED)
            } else {
                edit
            };
            let ship = if flags.has(Flags::CANCELLED) { None } else { ship };
            out.add(Kind::Shipping, at, ship, 0, amount, None, flags, origin);
            out.add(Kind::ShippingDiscount, at, ship, 0, discount, None, flags, origin);
            out.add(Kind::TaxShipping, at, ship, 0, tax, None, flags, origin);
        }
        ChargeKind::ShippingBack if physical.all_withdrawn_by(at) => {
            let flags = if shipping_withdrawn(physical, all) {
                Flags::CANCELLED
            } else {
                Flags::NONE
            };
            out.add(Kind::ReversalShipping, at, None, 0, amount, None, flags, origin);
            out.add(Kind::ReversalTax, at, None, 0, tax, None, flags, origin);
        }
        ChargeKind::ShippingBack => {
            out.add(Kind::RefundShipping, at, ship, 0, amount, None, returned, origin);
            out.add(Kind::RefundTax, at, ship, 0, tax, None, returned, origin);
        }
        ChargeKind::Tip => out.add(Kind::Tip, at, at_once, 0, amount + tax, None, edit, origin),
        ChargeKind::GiftCard => {
            out.add(
                Kind::GiftCardSold,
                at,
                at_once,
                quantity,
                amount,
                charge.line,
                edit,
                origin,
            );
            out.add(tax_kind, at, at_once, 0, tax, charge.line, tax_flags, origin);
        }
        ChargeKind::Duty => {
            out.add(Kind::Duty, at, ship, 0, amount, None, edit, origin);
            out.add(tax_kind, at, ship, 0, tax, None, tax_flags, origin);
        }
        ChargeKind::Other => {
            out.add(Kind::OtherCharge, at, ship, 0, amount, None, edit, origin);
            out.add(tax_kind, at, ship, 0, tax, None, tax_flags, origin);
        }
        ChargeKind::PaymentFee => out.add(Kind::FeePayment, at, first_ship, 0, amount, None, Flags::NONE, origin),
        ChargeKind::Adjustment => {
            out.add(
                Kind::RefundAdjustment,
                at,
                first_ship,
                0,
                amount,
                None,
                returned,
                origin,
            );
            out.add(Kind::RefundTax, at, first_ship, 0, tax, None, returned, origin);
        }
    }
}

/// All tips, gift cards, duties or further fees of the order were taken back in full (ruling 5).
fn taken_back(kind: ChargeKind, all: &[Charge]) -> bool {
    let of_kind = || all.iter().filter(|c| c.kind == kind);
    let own = matches!(
        kind,
        ChargeKind::Tip | ChargeKind::GiftCard | ChargeKind::Duty | ChargeKind::Other
    );
    own && of_kind().any(|c| c.amount < 0) && of_kind().map(|c| c.amount + c.tax).sum::<i64>() == 0
}

/// The shipping was taken back in full, with all goods, before anything was sent (ruling 5).
fn shipping_withdrawn(physical: &Physical, all: &[Charge]) -> bool {
    let charged: i64 = all
        .iter()
        .filter(|c| c.kind == ChargeKind::Shipping)
        .map(|c| c.amount + c.discount)
        .sum();
    let backs: Vec<&Charge> = all.iter().filter(|c| c.kind == ChargeKind::ShippingBack).collect();
    let back: i64 = backs.iter().map(|c| c.amount).sum();
    charged + back == 0
        && (!backs.is_empty() || charged == 0)
        && backs.iter().all(|c| physical.all_withdrawn_by(c.at))
        && physical.any
        && physical.withdrawn >= physical.placed
}
