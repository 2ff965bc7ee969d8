//! What an order's rows come to, beside what the order says of itself (LEDGER ruling 40). The rows count; what contradicts them is
//! told, for the order does not say which of the two is wrong.

use super::super::part::{Agreement, Refund, Restock};
use super::rows::{Charge, ChargeKind, Rows};
use super::telling::Telling;
use super::{Picture, given_back, live, shipments};
use crate::connectors::ReadError;
use crate::model::Order;

/// Code of what is said of goods that left nobody knows when.
pub(super) const UNSENT: &str = "fulfilment_untold";

/// Everything that is to be said of an order's rows once they are written.
pub(super) fn doubts(picture: &Picture, order: &Order, rows: &Rows, telling: Telling) -> Vec<ReadError> {
    let mut doubts: Vec<ReadError> = written(order, rows).into_iter().collect();
    if picture.incomplete {
        // What is still to come may be what is missing.
        return doubts;
    }
    let told = !rows.notes.is_empty() || picture.whole.unknown.iter().any(|unknown| unknown.counts);
    if !told {
        doubts.extend(totals(picture, order, rows, telling));
    }
    doubts.extend(refunds(picture, order, rows, telling));
    doubts.extend(unsent(picture, order));
    doubts.extend(taken_back_though_sent(picture));
    doubts
}

/// The postings of each line, and of what belongs to none, come to what their rows do. Anything else is a mistake of ours.
fn written(order: &Order, rows: &Rows) -> Option<ReadError> {
    let mut open = vec![0_i128; order.lines.len() + 1];
    let none = order.lines.len();
    let mut add = |line: Option<usize>, micros: i64| open[line.unwrap_or(none).min(none)] += i128::from(micros);
    for sold in &rows.sold {
        add(Some(sold.line), sold.price + sold.discount + sold.tax);
    }
    for returned in &rows.returned {
        add(Some(returned.line), returned.net + returned.tax);
    }
    for charge in &rows.charges {
        add(charge.line, charge.value());
    }
    for posting in &order.postings {
        add(posting.line.map(usize::from), -posting.micros);
    }
    let at = open.iter().position(|micros| *micros != 0)?;
    let what = match order.lines.get(at) {
        Some(line) => format!("line {}", line.key),
        None => "charges of the whole order".to_owned(),
    };
    let micros = i64::try_from(open[at]).unwrap_or(i64::MAX);
    Some(ReadError {
        code: "rows_not_posted",
        message: format!(
            "order {}, {what}: {} {} of its rows is in no figure; this is a mistake of this program, please report it",
            order.name,
            order.currency.format(micros),
            order.currency
        ),
    })
}

/// The order's own totals, where it states them.
fn totals(picture: &Picture, order: &Order, rows: &Rows, telling: Telling) -> Option<ReadError> {
    let whole = &picture.whole;
    let sum = |of: &dyn Fn(&Charge) -> bool| -> i64 { rows.charges.iter().filter(|c| of(c)).map(Charge::value).sum() };
    let sold: i64 = rows.sold.iter().map(|s| s.price + s.discount + s.tax).sum();
    let back: i64 = rows.returned.iter().map(|r| r.net + r.tax).sum();
    let is_plain = |c: &Charge| !matches!(c.kind, ChargeKind::PaymentFee | ChargeKind::Adjustment);
    // Each row's tax is rounded, and each amount by itself from the buyer's currency; the order's total is once.
    let each = rows
        .sold
        .iter()
        .map(|s| s.tax)
        .chain(rows.returned.iter().map(|r| r.tax));
    let each = each.chain(rows.charges.iter().map(|c| c.tax));
    let rounded = each.filter(|tax| *tax != 0 || whole.presentment.is_some()).count();
    let spare = rounding(order, rounded);
    let differs = |stated: i64, candidates: &[i64]| candidates.iter().all(|sum| (sum - stated).abs() > spare);
    let differ = |what: &str, sum: i64, stated: i64| {
        let (sum, stated) = (order.currency.format(sum), order.currency.format(stated));
        let message = format!(
            "{what} {sum} {}, the order says {stated}; its rows count",
            order.currency
        );
        Some(ReadError {
            code: "totals_differ",
            message,
        })
    };
    let now = sold + back + sum(&is_plain);
    if let Some(stated) = whole.current_total {
        // Goodwill and fees kept are in it, or are not; duties may be collected later.
        let goodwill = sum(&|c| c.kind == ChargeKind::Adjustment && c.amount < 0);
        let kept = sum(&|c| c.kind == ChargeKind::Adjustment && c.amount > 0);
        let duty = sum(&|c| c.kind == ChargeKind::Duty);
        let mut candidates = Vec::new();
        for duty in [0, duty] {
            let base = now - duty;
            candidates.extend([base + goodwill + kept, base, base + goodwill, base + kept]);
        }
        if differs(stated, &candidates) {
            return differ("what is left of it comes to", candidates[0], stated);
        }
    }
    // Lines are held to the total where it is spread over them.
    let stated = whole.total.filter(|_| telling == Telling::Agreements)?.micros;
    let first = rows.sold.iter().filter(|s| !s.edit);
    let first: i64 = first.map(|s| s.price + s.discount + s.tax).sum();
    let charged = rows.charged() - sold;
    let charged_first = sum(&|c| is_plain(c) && c.value() > 0 && !c.edit);
    let duty = sum(&|c| c.kind == ChargeKind::Duty && c.value() > 0);
    // As placed, with what edits and exchanges added, or with what edits took away.
    let added = rows.sold.iter().filter(|s| s.edit && s.price + s.discount > 0);
    let added: i64 = added.map(|s| s.price + s.discount + s.tax).sum();
    let candidates = [
        sold + charged,
        first + charged_first,
        first + charged,
        first + added + charged,
        now,
    ];
    let candidates = candidates.into_iter().flat_map(|sum| [sum, sum - duty]);
    let candidates: Vec<i64> = candidates.collect();
    match differs(stated, &candidates) && !between(stated, &candidates, rows) {
        true => differ("what was charged comes to", candidates[0], stated),
        false => None,
    }
}

/// An order that was edited more than once may have had its total fixed at any of the edits.
fn between(stated: i64, candidates: &[i64], rows: &Rows) -> bool {
    let edits = rows.sold.iter().filter(|s| s.edit).count() + rows.returned.len();
    let (low, high) = (candidates.iter().min(), candidates.iter().max());
    edits > 1 && low.is_some_and(|low| *low <= stated) && high.is_some_and(|high| stated <= *high)
}

/// By how much so many amounts may differ from their sum because each was rounded from the buyer's currency by itself.
pub(super) fn spare(picture: &Picture, order: &Order, amounts: usize) -> i64 {
    picture.whole.presentment.map_or(0, |_| rounding(order, amounts))
}

/// By how much so many amounts that were each rounded by itself may differ from a sum that was rounded once.
pub(super) fn rounding(order: &Order, amounts: usize) -> i64 {
    order.currency.smallest_unit() * i64::try_from(amounts).unwrap_or(0)
}

/// Refunds that the rows do not tell of, and refunds that the order's state tells of and nothing shows.
fn refunds(picture: &Picture, order: &Order, rows: &Rows, telling: Telling) -> Option<ReadError> {
    let untold = |message: String| {
        Some(ReadError {
            code: "refund_untold",
            message,
        })
    };
    let given = rows.returned.iter().any(|r| r.net + r.tax < 0)
        || rows
            .charges
            .iter()
            .any(|c| c.kind != ChargeKind::PaymentFee && c.value() < 0);
    let state = picture.whole.payment.as_str();
    if matches!(state, "refunded" | "partially_refunded") && picture.refunds.is_empty() && !given {
        let state = state.replace('_', " ");
        return untold(format!("the order is {state}, and no refund is shown; none is counted"));
    }
    if telling != Telling::Agreements {
        return None;
    }
    let silent = |refund: &&Refund| {
        refund.is_money_only()
            && refund.total.is_some_and(|total| total.micros != 0)
            && !given_back::is_told(picture, refund)
    };
    if let Some(refund) = picture.refunds.iter().find(silent) {
        return untold(format!(
            "its sales agreements do not tell of refund {}, which moved money; the money is not counted",
            refund.id
        ));
    }
    // A return or an edit may have given back what a later refund paid: all money against all that went back.
    let all = picture.agreements.iter().flat_map(|a| &a.sales);
    let back: Vec<i64> = all.map(|s| s.total.micros).filter(|micros| *micros < 0).collect();
    // An agreement without rows says of its refund that it was paid too much.
    let empty = |refund: &&Refund| {
        let named = |a: &&Agreement| a.refund.as_ref() == Some(&refund.id);
        picture.agreements.iter().filter(named).any(|a| a.sales.is_empty())
    };
    let paid = picture.refunds.iter().filter(|r| !r.foreign && !empty(r));
    let moved: i64 = paid.filter_map(|r| r.total).map(|total| total.micros).sum();
    let spare = spare(picture, order, back.len());
    let given: i64 = -back.iter().sum::<i64>();
    // A refund whose own parts count was told already.
    let added = rows.notes.iter().any(|note| note.code == "sale_not_told");
    if !added && moved - given > spare {
        return untold(format!(
            "its refunds moved {} {currency}, its sales agreements give back {}; the agreements count",
            order.currency.format(moved),
            order.currency.format(given),
            currency = order.currency,
        ));
    }
    let refunded = |line: &str| -> i64 {
        let lines = picture.refunds.iter().flat_map(|refund| refund.lines.iter().flatten());
        lines.filter(|l| l.line == line).map(|l| i64::from(l.quantity)).sum()
    };
    for line in picture.lines.iter().filter(|line| !line.tip && !line.gift_card) {
        let back = rows.returned.iter().filter(|r| order.lines[r.line].key == line.id);
        let back: i64 = back.map(|r| r.quantity).sum();
        let paid = refunded(&line.id);
        if paid > back {
            return untold(format!(
                "its refunds name {paid} units of line {}, its sales agreements {back}; the agreements count",
                line.id
            ));
        }
    }
    None
}

/// The order's state says that goods have left, and no fulfilment is shown: nobody knows when.
fn unsent(picture: &Picture, order: &Order) -> Option<ReadError> {
    let whole = &picture.whole;
    let state = whole.fulfilment.as_str();
    let left = matches!(state, "fulfilled" | "partial" | "partially_fulfilled");
    // A spreadsheet has states of its own for each line; what is handed over at a till needs no parcel.
    if !left || whole.exported || whole.source_name == "pos" || !live(picture).is_empty() {
        return None;
    }
    let waits = |withdrawn: bool| {
        let goods = order.lines.iter().filter(|l| l.ships && !l.gift_card);
        goods.into_iter().any(|l| withdrawn || l.quantity > l.cancelled)
    };
    if order.cancelled_at.is_some() && waits(true) && !waits(false) {
        return Some(ReadError {
            code: "sent_and_cancelled",
            message: format!(
                "the order is {} and cancelled, and no fulfilment is shown; it counts as never sent",
                state.replace('_', " ")
            ),
        });
    }
    waits(false).then(|| ReadError {
        code: UNSENT,
        message: match state {
            "fulfilled" => {
                "the order is fulfilled, and no fulfilment is shown; it counts as shipped on its own day".to_owned()
            }
            _ => format!(
                "the order is {}, and no fulfilment is shown; nothing of it counts as shipped",
                state.replace('_', " ")
            ),
        },
    })
}

/// Units that were taken back as never sent, of which a fulfilment says that they left.
fn taken_back_though_sent(picture: &Picture) -> Option<ReadError> {
    let sent = shipments(picture);
    for line in &picture.lines {
        let refunds = picture.refunds.iter().flat_map(|refund| refund.lines.iter().flatten());
        let cancelled = refunds.filter(|l| l.line == line.id && l.restock == Restock::Cancel);
        let cancelled: i64 = cancelled.map(|l| i64::from(l.quantity)).sum();
        let parcels = sent.get(line.id.as_str()).into_iter().flatten();
        // A parcel that does not show its contents took what was left.
        let sent: i64 = parcels
            .filter(|(_, units)| *units < i32::MAX)
            .map(|(_, units)| i64::from(*units))
            .sum();
        if cancelled > 0 && cancelled + sent > i64::from(line.quantity) {
            return Some(ReadError {
                code: "sent_and_cancelled",
                message: format!(
                    "line {}: of {} units {sent} were sent and {cancelled} taken back as never sent; they count as never sent",
                    line.id, line.quantity
                ),
            });
        }
    }
    None
}
