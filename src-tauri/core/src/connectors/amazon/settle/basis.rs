//! Tax out of prices and discounts that include an unknown or derived share of it, where Finances shows both: its principal is
//! without tax, and principal and tax together are what was charged.

use super::super::part::What;
use super::rows::{Row, Sums};
use super::told::Told;
use crate::model::{Currency, split_evenly_by_weight};

/// Resolves the rows of every SKU whose charges Finances accounts for to the cent.
pub(super) fn resolve(rows: &mut [Row], told: &Told<'_>, currency: Currency) {
    let skus: Vec<String> = rows
        .iter()
        .filter(|r| r.basis_unknown || r.derived)
        .map(|r| r.line.sku.clone())
        .collect();
    let one = rows.iter().all(|r| r.line.sku == rows[0].line.sku);
    let mut done: Vec<String> = Vec::new();
    for sku in skus {
        if done.contains(&sku) {
            continue;
        }
        done.push(sku.clone());
        let found = shown(told, &sku, one);
        let mine: Vec<usize> = (0..rows.len())
            .filter(|at| rows[*at].line.sku == sku && rows[*at].live > 0 && rows[*at].sums.is_some())
            .collect();
        let of = |part: fn(&Sums) -> i64| -> Vec<i64> {
            mine.iter().map(|at| rows[*at].sums.as_ref().map_or(0, part)).collect()
        };
        let total = |parts: &[i64]| parts.iter().fold(0_i64, |sum, n| sum.saturating_add(*n));
        let (items, discounts) = (of(|s| s.item), of(|s| s.discount));
        let (shipping, off) = (of(|s| s.shipping), of(|s| s.shipping_discount));
        let others = of(|s| s.other);
        // What was charged, with the tax that is told apart already.
        let goods = total(&of(|s| s.item + s.discount + s.tax_item));
        let sending = total(&of(|s| s.shipping + s.shipping_discount + s.tax_shipping));
        let wrapping = total(&of(|s| s.other + s.tax_other));
        let same = found.item + found.discount + found.tax_item == goods
            && found.shipping + found.shipping_discount + found.tax_shipping == sending
            && found.other + found.tax_other == wrapping;
        if !same || found.item == 0 || mine.is_empty() {
            continue;
        }
        let unit = currency.smallest_unit();
        let share = |whole: i64, weights: &[i64]| split_evenly_by_weight(whole, weights, unit);
        let parts = [
            share(found.item, &items),
            share(found.discount, &discounts),
            share(found.tax_item, &items),
            share(found.shipping, &shipping),
            share(found.shipping_discount, &off),
            share(found.tax_shipping, &shipping),
            share(found.other, &others),
            share(found.tax_other, &others),
        ];
        for (place, at) in mine.iter().enumerate() {
            rows[*at].sums = Some(Sums {
                item: parts[0][place],
                discount: parts[1][place],
                tax_item: parts[2][place],
                shipping: parts[3][place],
                shipping_discount: parts[4][place],
                tax_shipping: parts[5][place],
                other: parts[6][place],
                tax_other: parts[7][place],
            });
            (rows[*at].basis_unknown, rows[*at].derived) = (false, false);
        }
    }
}

/// What Finances shows for a SKU. `one`: the order sells no other, so that amounts without a SKU are its too.
fn shown(told: &Told<'_>, sku: &str, one: bool) -> Sums {
    let mut sums = Sums::default();
    for leaf in told.sales().flat_map(|(_, entry)| &entry.leaves) {
        let own = match &leaf.sku {
            Some(own) => own == sku,
            None => one,
        };
        let slot = match leaf.what {
            _ if !own => continue,
            What::Principal => &mut sums.item,
            What::Discount if leaf.micros <= 0 => &mut sums.discount,
            What::Tax => &mut sums.tax_item,
            What::TaxOther => &mut sums.tax_other,
            What::OtherCharge => &mut sums.other,
            What::Shipping => &mut sums.shipping,
            What::ShippingDiscount => &mut sums.shipping_discount,
            What::TaxShipping => &mut sums.tax_shipping,
            _ => continue,
        };
        *slot = slot.saturating_add(leaf.micros);
    }
    sums
}
