//! An order of which a later record shows less than an earlier one (LEDGER ruling 36): the parts are as the earlier one showed
//! them, how the order stands is as the later one says.

use super::super::part::{OrderPart, Whole};
use super::Sources;
use crate::connectors::{OrderFact, ReadError};

/// A record that shows what an order's goods cost wins over a later one that does not: it knows what was sold.
pub(super) fn tells_sale(whole: &Whole) -> bool {
    let agreed = whole.agreements.iter().flatten().any(|a| !a.sales.is_empty());
    let priced = |lines: &Vec<_>| lines.iter().all(|l: &super::LinePart| l.price.is_some());
    whole.lines.as_ref().is_some_and(|lines| agreed || priced(lines))
}

/// A record of the same version as `whole` that shows sales agreements, where that one shows none: it was read while the shop refused
/// them, be it before or after.
pub(super) fn agreed<'a>(
    fact: &OrderFact,
    whole: &Whole,
    facts: &[(&'a OrderFact, &'a OrderPart)],
) -> Option<(&'a OrderFact, &'a Whole)> {
    if whole.agreements.is_some() || fact.rank.0 == 0 {
        return None;
    }
    facts.iter().rev().find_map(|(other, part)| match part {
        OrderPart::Whole(whole) if whole.agreements.is_some() && tells_sale(whole) => {
            (other.rank.0 == fact.rank.0).then_some((*other, whole.as_ref()))
        }
        _ => None,
    })
}

/// Brings `whole`, read from `fact`, up to what `later` records say of how the order stands. An older record's parts are doubtful
/// if the order has changed since.
pub(super) fn follow<'a>(whole: &mut Whole, fact: &OrderFact, later: impl Iterator<Item = (&'a OrderFact, &'a Whole)>) {
    let mut changed = false;
    for (other, later) in later {
        whole.cancelled_at = later.cancelled_at.or(whole.cancelled_at);
        whole.updated_at = later.updated_at.or(whole.updated_at);
        whole.current_total = later.current_total.or(whole.current_total);
        whole.test |= later.test;
        whole.fulfilment_said |= later.fulfilment_said;
        for (own, newer) in [
            (&mut whole.payment, &later.payment),
            (&mut whole.fulfilment, &later.fulfilment),
        ] {
            if !newer.is_empty() {
                own.clone_from(newer);
            }
        }
        changed |= fact.rank.0 > 0 && other.rank.0 > fact.rank.0;
    }
    if changed {
        whole.doubts.push(ReadError {
            code: "older_parts",
            message: "the order has changed since the record that shows its lines; they count as they were".to_owned(),
        });
    }
}

/// How the order stands where `whole`, read from `fact`, neither says it nor shows the list behind it, and another record of the same
/// version says it.
pub(super) fn stand<'a>(whole: &mut Whole, fact: &OrderFact, others: impl Iterator<Item = (&'a OrderFact, &'a Whole)>) {
    for (_, other) in others.filter(|(other, _)| other.rank.0 == fact.rank.0) {
        if whole.payment.is_empty() && whole.refunds.is_none() {
            whole.payment.clone_from(&other.payment);
        }
        if !whole.fulfilment_said && whole.fulfilments.is_none() {
            whole.fulfilment.clone_from(&other.fulfilment);
            whole.fulfilment_said = other.fulfilment_said;
        }
    }
}

/// Lists that `whole` does not show, as the latest of `others` (in ascending rank) shows them. Pages that go on where a record
/// left off are of one snapshot; where there are any, nothing is added to it.
pub(super) fn fill(whole: &mut Whole, facts: &[(&OrderFact, &OrderPart)], raws: &mut Vec<i64>, sources: &mut Sources) {
    if facts.iter().any(|(_, part)| matches!(part, OrderPart::More(_))) {
        return;
    }
    for (fact, part) in facts.iter().rev() {
        let OrderPart::Whole(other) = part else { continue };
        if whole.fulfilments.is_none() {
            whole.fulfilments.clone_from(&other.fulfilments);
        }
        let refunds = other.refunds.as_ref().filter(|_| whole.refunds.is_none());
        let shipping = other.shipping.as_ref().filter(|_| whole.shipping.is_none());
        if refunds.is_none() && shipping.is_none() {
            continue;
        }
        let raw = u8::try_from(raws.len()).unwrap_or(u8::MAX);
        raws.push(fact.raw);
        if let Some(refunds) = refunds {
            sources.refunds.extend(refunds.iter().map(|r| (r.id.clone(), raw)));
            whole.refunds = Some(refunds.clone());
        }
        if let Some(shipping) = shipping {
            sources.shipping = raw;
            whole.shipping = Some(shipping.clone());
        }
    }
}
