//! What an order's parts must keep to, whatever shape they came in (LEDGER rulings 11 to 13): bounds, one place per id, digits.

use std::collections::BTreeSet;

use super::super::bounds::{self, MOST};
use super::super::part::Parcel;
use super::super::paths::render;
use super::Picture;
use crate::connectors::ReadError;
use crate::model::{Currency, Order, PathRef, When, Zone};

/// Seconds by which a date may lie ahead of the time its record was read: clocks differ, and a civil day has no zone.
const AHEAD: i64 = 2 * 86_400;
/// 1995-01-01: an earlier date is a mistake. Orders that a shop brought along from another system may be older than Shopify.
pub(super) const EARLIEST: i64 = 788_918_400;

/// The sum over an order may be this many times the greatest amount: a total and its parts say the same thing twice over.
const SPARE: i128 = 4;

/// Looks whether the order as a whole stays within what the ledger counts.
///
/// # Errors
/// The order is set aside; names the greatest of its amounts.
pub(super) fn bounded(picture: &Picture) -> Result<(), ReadError> {
    let amounts = amounts(picture);
    let sum: i128 = amounts
        .iter()
        .map(|(micros, _)| i128::from(micros.unsigned_abs()))
        .sum();
    let units: i64 = picture.lines.iter().map(|l| i64::from(l.quantity)).sum();
    let returned = picture.refunds.iter().flat_map(|r| r.lines.iter().flatten());
    let returned: i64 = returned.map(|l| i64::from(l.quantity)).sum();
    let sales = picture.agreements.iter().flat_map(|a| &a.sales);
    let sold: i64 = sales.map(|s| i64::from(s.quantity).abs()).sum();
    let place = |path: Option<PathRef>| path.map_or_else(|| "$".to_owned(), render);
    if sum > i128::from(MOST) * SPARE {
        let greatest = amounts.iter().max_by_key(|(micros, _)| micros.unsigned_abs());
        return Err(ReadError {
            code: "amount_out_of_range",
            message: format!(
                "{}: the order's amounts come to more than a trillion, more than the ledger counts",
                place(greatest.map(|(_, path)| *path))
            ),
        });
    }
    if units.max(returned).max(sold) > i64::from(i32::MAX) {
        let most = picture.lines.iter().max_by_key(|l| l.quantity);
        return Err(ReadError {
            code: "amount_out_of_range",
            message: format!(
                "{}: the order's units come to more than two billion, more than the ledger counts",
                place(most.and_then(|l| l.price).map(|p| p.path))
            ),
        });
    }
    for line in &picture.lines {
        let path = line.price.map(|p| p.path).unwrap_or_default();
        bounds::units(line.quantity, path)?;
    }
    Ok(())
}

/// Leaves out what stands in the order a second time under the same id, and says so: counting it twice would be wrong, and
/// which of the two is right nobody can know.
pub(super) fn once(picture: &mut Picture) -> Vec<ReadError> {
    if !stands_twice(picture) {
        return Vec::new();
    }
    let mut twice: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    picture.lines.retain(|line| {
        let first = seen.insert(line.id.clone());
        if !first {
            twice.push(format!("line {}", line.id));
        }
        first
    });
    seen.clear();
    picture.refunds.retain(|refund| {
        let first = seen.insert(refund.id.clone());
        if !first {
            twice.push(format!("refund {}", refund.id));
        }
        first
    });
    seen.clear();
    picture.agreements.retain_mut(|agreement| {
        let first = seen.insert(agreement.id.clone());
        if !first {
            twice.push(format!("agreement {}", agreement.id));
        }
        let mut rows = BTreeSet::new();
        agreement.sales.retain(|sale| {
            let first = rows.insert(sale.id.clone());
            if !first {
                twice.push(format!("sale {}", sale.id));
            }
            first
        });
        first
    });
    seen.clear();
    picture.fulfilments.retain(|parcel| {
        let first = seen.insert(parcel.id.clone());
        if !first {
            twice.push(format!("fulfilment {}", parcel.id));
        }
        first
    });
    twice
        .into_iter()
        .take(1)
        .map(|what| ReadError {
            code: "stands_twice",
            message: format!("{what} stands in the order more than once; the first one counts"),
        })
        .collect()
}

/// Whether any id does. Nearly no order has one, so this looks without copying anything.
fn stands_twice(picture: &Picture) -> bool {
    fn twice<'a>(ids: impl Iterator<Item = &'a String>) -> bool {
        let mut ids: Vec<&String> = ids.collect();
        ids.sort_unstable();
        ids.windows(2).any(|pair| pair[0] == pair[1])
    }
    let agreements = &picture.agreements;
    twice(picture.lines.iter().map(|l| &l.id))
        || twice(picture.refunds.iter().map(|r| &r.id))
        || twice(picture.fulfilments.iter().map(|f| &f.id))
        || twice(agreements.iter().map(|a| &a.id))
        || agreements.iter().any(|a| twice(a.sales.iter().map(|s| &s.id)))
}

/// Units that came back although they were never sold.
pub(super) fn returns(picture: &Picture) -> Option<ReadError> {
    let back = |id: &str| -> i64 {
        let lines = picture.refunds.iter().flat_map(|r| r.lines.iter().flatten());
        lines.filter(|l| l.line == id).map(|l| i64::from(l.quantity)).sum()
    };
    let line = picture.lines.iter().find(|l| back(&l.id) > i64::from(l.quantity))?;
    Some(ReadError {
        code: "more_returned",
        message: format!(
            "line {}: {} units were paid back, {} were sold",
            line.id,
            back(&line.id),
            line.quantity
        ),
    })
}

/// Fulfilments of which the record does not say whether they left.
pub(super) fn parcels(picture: &Picture) -> Option<ReadError> {
    let mut parcels = picture.fulfilments.iter();
    let parcel = parcels.find(|f| f.state == Parcel::Unsaid && f.at.is_some())?;
    Some(ReadError {
        code: "missing_field",
        message: format!("fulfilment {} shows no status; it is taken as sent", parcel.id),
    })
}

/// Dates of the order that cannot be (LEDGER ruling 31): before anyone sold online, or later than the records that state them,
/// which were so at `known_at`. Days are named in `zone`.
pub(super) fn moments(order: &Order, known_at: Option<i64>, zone: Zone) -> Option<ReadError> {
    let own = [Some(order.placed_at), order.cancelled_at].into_iter().flatten();
    let posted = order.postings.iter().flat_map(|p| [Some(p.event_at), p.ship_at]);
    let all = || own.clone().chain(posted.clone().flatten());
    let far = |at: &When| {
        let late = known_at.is_some_and(|known| at.sort_key() > known.saturating_add(AHEAD));
        late || at.sort_key() < EARLIEST
    };
    let doubtful = all().filter(far).max_by_key(|at| at.sort_key())?;
    let day = doubtful.day(zone);
    let why = match known_at {
        Some(known) if doubtful.sort_key() > known => {
            format!("later than its record, which was read on {}", zone.day_of(known))
        }
        _ => "before anything was sold online".to_owned(),
    };
    Some(ReadError {
        code: "date_doubtful",
        message: format!("it is dated {day}, {why}; what it says counts on that day"),
    })
}

/// Amounts with more decimals than their currency has: kept to the digit, rounded only where a figure is shown.
pub(super) fn digits(picture: &Picture, currency: Currency) -> Option<ReadError> {
    let unit = currency.smallest_unit();
    let (micros, path) = amounts(picture).into_iter().find(|(micros, _)| micros % unit != 0)?;
    let exact = format!("{}.{:06}", micros / 1_000_000, (micros % 1_000_000).abs());
    Some(ReadError {
        code: "more_decimals",
        message: format!(
            "{}: {} has more decimals than {currency}; it is counted exactly, and figures are rounded when shown",
            render(path),
            exact.trim_end_matches('0')
        ),
    })
}

/// Every amount of the order with its place, but for what payments cost.
fn amounts(picture: &Picture) -> Vec<(i64, PathRef)> {
    let mut amounts = Vec::new();
    for line in &picture.lines {
        let path = line.price.map(|p| p.path).unwrap_or_default();
        amounts.extend([line.price.map_or(0, |p| p.micros), line.discount, line.tax].map(|micros| (micros, path)));
    }
    for line in &picture.shipping {
        let path = line.price.map(|p| p.path).unwrap_or_default();
        amounts.extend([line.price.map_or(0, |p| p.micros), line.discount, line.tax].map(|micros| (micros, path)));
    }
    for refund in &picture.refunds {
        let lines = refund.lines.iter().flatten();
        amounts.extend(lines.flat_map(|l| [l.subtotal.micros, l.tax].map(|micros| (micros, l.subtotal.path))));
        let parts = refund.shipping.iter().chain(&refund.adjustments);
        amounts.extend(parts.flat_map(|(amount, tax)| [amount.micros, *tax].map(|micros| (micros, amount.path))));
        let plain = refund.duties.iter().chain(&refund.fees).chain(&refund.total);
        amounts.extend(plain.map(|amount| (amount.micros, amount.path)));
    }
    for sale in picture.agreements.iter().flat_map(|a| &a.sales) {
        amounts.extend([sale.total.micros, sale.tax, sale.discount].map(|micros| (micros, sale.total.path)));
    }
    let whole = &picture.whole;
    let plain = [
        whole.total,
        whole.tip,
        whole.duty,
        whole.fee,
        whole.tax,
        whole.discounts,
    ];
    amounts.extend(plain.into_iter().flatten().map(|amount| (amount.micros, amount.path)));
    amounts
}
