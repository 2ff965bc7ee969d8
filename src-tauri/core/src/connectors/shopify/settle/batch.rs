//! Units of a line as they were sold, what became of them, and the changes of their price (LEDGER rulings 1, 2 and 6).

use crate::model::{When, split_by_quantity};

use super::super::part::Restock;
use super::rows::{Returned, Sold};

/// Price, discount and tax of a part of a row.
pub(super) type Portion = (i64, i64, i64);

/// One batch of units of a line, with what was withdrawn from it and how the rest shipped.
pub(super) struct Batch {
    pub(super) sold: Sold,
    pub(super) withdrawn: i64,
    /// What the platform's reversals took back: net and tax, positive.
    reversed: (i64, i64),
    /// Ship moment (`None`: not yet) and units.
    pub(super) parts: Vec<(Option<When>, i64)>,
    changes: Vec<Change>,
}

/// This batch's share of a change of price.
struct Change {
    sold: Sold,
    /// Units that the batch held at that moment.
    covers: i64,
    /// How many of these were withdrawn later.
    withdrawn: i64,
}

impl Batch {
    pub(super) fn of(sold: Sold) -> Batch {
        Batch {
            sold,
            withdrawn: 0,
            reversed: (0, 0),
            parts: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// The row that sold the units, then those that changed their price.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Sold> {
        std::iter::once(&self.sold).chain(self.changes.iter().map(|change| &change.sold))
    }

    /// What was withdrawn of each of these rows (ruling 2): of a change the share of the units it covered, of the sale what the
    /// reversals took back beyond that. Where they are far from the share of all rows, of each its share.
    pub(super) fn withdrawn_portions(&self, unit: i64) -> Vec<Portion> {
        let whole = (&self.sold, self.withdrawn, self.sold.quantity);
        let of_changes = self.changes.iter().map(|c| (&c.sold, c.withdrawn, c.covers));
        let rows: Vec<(&Sold, i64, i64)> = std::iter::once(whole).chain(of_changes).collect();
        let mut portions: Vec<Portion> = rows.iter().map(|row| proportional(*row, unit)).collect();
        let (net, tax) = self.reversed;
        let near = |part: i64, of: fn(&Sold) -> i64| {
            // In millionths of the last digit, so that no share is rounded before it is compared.
            let exact = |(sold, units, all): &(&Sold, i64, i64)| {
                i128::from(of(sold)) * i128::from(*units) * 1_000_000 / i128::from(*all)
            };
            let shares: i128 = rows.iter().map(exact).sum();
            let spare = i128::from(self.withdrawn) * i128::from(unit) * 1_000_000 + rows.len() as i128;
            (i128::from(part) * 1_000_000 - shares).abs() <= spare
        };
        let all = self.withdrawn >= self.sold.quantity;
        if self.withdrawn > 0 && !all && near(net, |sold| sold.price + sold.discount) && near(tax, |sold| sold.tax) {
            let changes = || portions.iter().skip(1);
            let net = net - changes().map(|(price, discount, _)| price + discount).sum::<i64>();
            let tax = tax - changes().map(|(_, _, tax)| tax).sum::<i64>();
            let price = if self.sold.discount == 0 { net } else { portions[0].0 };
            portions[0] = (price, net - price, tax);
        }
        portions
    }
}

/// The share of `units` out of `all` in a row.
fn proportional((sold, units, all): (&Sold, i64, i64), unit: i64) -> Portion {
    if units >= all {
        return (sold.price, sold.discount, sold.tax);
    }
    let cut = |amount: i64| split_by_quantity(amount, &[units, all - units], unit)[0];
    (cut(sold.price), cut(sold.discount), cut(sold.tax))
}

/// Gives a change of price to the units that the line holds at that moment; answers the change if it holds none.
pub(super) fn change(batches: &mut [Batch], sold: Sold, unit: i64) -> Option<Sold> {
    let by = |batch: &Batch| batch.sold.at.sort_key() <= sold.at.sort_key();
    let held = |batch: &Batch| match by(batch) {
        true => (batch.sold.quantity - batch.withdrawn).max(0),
        false => 0,
    };
    let mut held: Vec<i64> = batches.iter().map(held).collect();
    // The last that holds any takes what is left over.
    let Some(last) = held.iter().rposition(|units| *units > 0) else {
        return Some(sold);
    };
    held.truncate(last + 1);
    let prices = split_by_quantity(sold.price, &held, unit);
    let discounts = split_by_quantity(sold.discount, &held, unit);
    let taxes = split_by_quantity(sold.tax, &held, unit);
    for (number, covers) in held.into_iter().enumerate().filter(|(_, covers)| *covers > 0) {
        batches[number].changes.push(Change {
            sold: Sold {
                price: prices[number],
                discount: discounts[number],
                tax: taxes[number],
                ..sold.clone()
            },
            covers,
            withdrawn: 0,
        });
    }
    None
}

/// How many of the returned units had not shipped at that moment, and never did: what a parcel took later had not been withdrawn.
pub(super) fn reversal_units(
    batches: &[Batch],
    ships: bool,
    parcels: &[(When, i32)],
    returned: &Returned,
    withdrawn: i64,
) -> i64 {
    match returned.restock {
        Restock::Cancel => returned.quantity,
        Restock::Return => 0,
        Restock::No | Restock::Legacy if !ships => 0,
        Restock::No | Restock::Legacy => {
            let by = |moment: When| moment.sort_key() <= returned.at.sort_key();
            let placed: i64 = batches.iter().filter(|b| by(b.sold.at)).map(|b| b.sold.quantity).sum();
            let all: i64 = batches.iter().map(|b| b.sold.quantity).sum();
            let units = |counts: &dyn Fn(&(When, i32)) -> bool| -> i64 {
                let parcels = parcels.iter().filter(|parcel| counts(parcel));
                parcels.map(|(_, units)| i64::from(*units)).sum()
            };
            let sent = units(&|(at, _)| by(*at));
            // A later parcel that does not show its contents took what was left.
            let ever = units(&|(at, units)| by(*at) || *units < i32::MAX);
            let waiting = (placed - sent).min(all - ever) - withdrawn;
            waiting.clamp(0, returned.quantity)
        }
    }
}

/// Takes `units` back out of the batches, the latest first; answers how many there were to take.
pub(super) fn withdraw(batches: &mut [Batch], returned: &Returned, units: i64, unit: i64) -> i64 {
    let mut takes: Vec<(usize, i64)> = Vec::new();
    let mut left = units;
    for (index, batch) in batches.iter().enumerate().rev() {
        if left == 0 {
            break;
        }
        if batch.sold.at.sort_key() > returned.at.sort_key() {
            continue;
        }
        let take = left.min(batch.sold.quantity - batch.withdrawn).max(0);
        if take > 0 {
            takes.push((index, take));
            left -= take;
        }
    }
    let taken = units - left;
    let mut quantities: Vec<i64> = takes.iter().map(|(_, q)| *q).collect();
    quantities.push(returned.quantity - taken);
    let nets = split_by_quantity(-returned.net, &quantities, unit);
    let taxes = split_by_quantity(-returned.tax, &quantities, unit);
    let whole = taken == returned.quantity;
    let last = takes.len().saturating_sub(1);
    for (position, (index, take)) in takes.iter().enumerate() {
        // With nothing left for a refund, the last batch takes the leftover cents.
        let spare = if whole && position == last {
            (nets[position + 1], taxes[position + 1])
        } else {
            (0, 0)
        };
        let batch = &mut batches[*index];
        batch.withdrawn += take;
        batch.changes.iter_mut().for_each(|change| change.withdrawn += take);
        batch.reversed.0 += nets[position] + spare.0;
        batch.reversed.1 += taxes[position] + spare.1;
    }
    taken
}

/// Assigns shipments to the units that remain, first sold first sent.
pub(super) fn ship(batches: &mut [Batch], ships: bool, parcels: &[(When, i32)]) {
    let mut parcels: Vec<(When, i64)> = parcels.iter().map(|(at, units)| (*at, i64::from(*units))).collect();
    for batch in batches.iter_mut() {
        let mut left = (batch.sold.quantity - batch.withdrawn).max(0);
        if !ships {
            batch.parts.push((Some(batch.sold.at), left));
            continue;
        }
        for (at, units) in parcels.iter_mut().filter(|(_, units)| *units > 0) {
            if left == 0 {
                break;
            }
            let take = left.min(*units);
            *units -= take;
            left -= take;
            match batch.parts.last_mut() {
                Some((Some(last), count)) if *last == *at => *count += take,
                _ => batch.parts.push((Some(*at), take)),
            }
        }
        if left > 0 {
            batch.parts.push((None, left));
        }
    }
}
