//! When units left: parcels where the order states any, else the shipments in Finances by SKU and units: what Amazon sends is dated
//! so, what the seller sends is estimated, for its money may be posted some hours after the parcel has left. Without either they
//! have not left yet, so that no day depends on when someone looked; only where no ledger of money is read, because the account may
//! not or the records are files, the first version counts that shows them gone (estimated: the last change of an order is no
//! shipment).

use std::collections::BTreeMap;

use super::super::part::{Parcel, State};
use super::rows::{Row, Shipped};
use super::told::{Copied, Told};
use crate::model::When;

/// How what has left was dated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Dated {
    /// A moment was derived.
    pub(super) estimated: bool,
    /// Units that have left, nobody knows when.
    pub(super) undated: i32,
}

/// Dates what has left. `reads_ledger`: what Finances does not show has not left yet.
pub(super) fn date(rows: &mut [Row], copy: &Copied<'_>, told: &Told<'_>, reads_ledger: bool) -> Dated {
    let stated = !copy.copy.parcels.is_empty();
    let mut by_sku: BTreeMap<String, Vec<(When, i32)>> = BTreeMap::new();
    for (_, entry) in told.sales().filter(|_| !stated) {
        let Some(at) = entry.at else { continue };
        for leaf in entry.leaves.iter().filter(|l| l.units > 0) {
            by_sku
                .entry(leaf.sku.clone().unwrap_or_default())
                .or_default()
                .push((at, leaf.units));
        }
    }
    let shipments = told.sales().filter_map(|(_, e)| e.at);
    let whole = shipments.filter(|_| !stated).min_by_key(|at| at.sort_key());
    let named = by_sku.values().any(|all| !all.is_empty());
    let by_seller = told.copies.iter().any(|c| c.copy.by_seller);
    let mut dated = Dated::default();
    for row in rows.iter_mut().filter(|row| row.shipped.is_empty() && row.live > 0) {
        let mut left = row.live;
        let mut take = |row: &mut Row, at: When, units: i32, estimated: bool| {
            let units = units.min(left);
            if units > 0 {
                left -= units;
                row.shipped.push(Shipped { at, units, estimated });
            }
        };
        for Parcel { at, contents } in &copy.copy.parcels {
            let of: i32 = contents
                .iter()
                .filter(|(id, _)| *id == row.line.key)
                .map(|(_, units)| units)
                .sum();
            // A parcel that does not list its contents took what there was.
            take(row, *at, if contents.is_empty() { i32::MAX } else { of }, false);
        }
        if let Some(parts) = by_sku.get_mut(&row.line.sku) {
            for (at, units) in parts.iter_mut() {
                let before = row.shipped_units();
                take(row, *at, *units, by_seller);
                *units -= row.shipped_units() - before;
            }
        }
        let gone = match (row.fulfilled, copy.copy.state) {
            (Some(units), _) => units.min(row.live),
            (None, State::Shipped) => row.live,
            _ => 0,
        };
        row.fulfilled = Some(gone);
        let rest = gone - row.shipped_units();
        if rest > 0 {
            match whole.filter(|_| !named) {
                Some(at) => take(row, at, rest, by_seller),
                None if reads_ledger => {}
                None => match first_gone(told, copy, &row.line.key, gone) {
                    Some(at) => take(row, at, rest, true),
                    None => dated.undated = dated.undated.saturating_add(rest),
                },
            }
        }
        row.shipped.sort_by_key(|part| part.at.sort_key());
        dated.estimated |= row.shipped.iter().any(|part| part.estimated);
    }
    dated
}

/// When the first version was written that shows the units gone.
fn first_gone(told: &Told<'_>, copy: &Copied<'_>, line: &str, units: i32) -> Option<When> {
    let shows = |c: &&Copied<'_>| {
        let found = c.copy.lines.iter().flatten().find(|l| l.id == line);
        let stated = found
            .filter(|_| c.names_items() == copy.names_items())
            .and_then(|l| l.fulfilled);
        match stated {
            Some(fulfilled) => fulfilled >= units,
            None => c.copy.state == State::Shipped,
        }
    };
    let first = told.copies.iter().find(shows).and_then(|c| c.copy.updated);
    first.or(copy.copy.updated)
}
