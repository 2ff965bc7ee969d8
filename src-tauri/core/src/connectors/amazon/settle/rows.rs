//! The lines of a sale with what stands and what was withdrawn, their amounts without tax.

use super::super::part::{By, Family, LineCopy, LineMoney, OrderCopy, State, What};
use super::Raws;
use super::told::{Copied, Told};
use crate::connectors::ReadError;
use crate::model::{Line, PathRef, When, split_evenly_by_weight};

/// Amounts of a line, signed for the seller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sums {
    pub(super) item: i64,
    pub(super) discount: i64,
    pub(super) shipping: i64,
    pub(super) shipping_discount: i64,
    pub(super) other: i64,
    pub(super) tax_item: i64,
    pub(super) tax_shipping: i64,
    /// Tax on `other`.
    pub(super) tax_other: i64,
}

impl Sums {
    fn minus(self, less: Sums) -> Sums {
        Sums {
            item: self.item.saturating_sub(less.item),
            discount: self.discount.saturating_sub(less.discount),
            shipping: self.shipping.saturating_sub(less.shipping),
            shipping_discount: self.shipping_discount.saturating_sub(less.shipping_discount),
            other: self.other.saturating_sub(less.other),
            tax_item: self.tax_item.saturating_sub(less.tax_item),
            tax_shipping: self.tax_shipping.saturating_sub(less.tax_shipping),
            tax_other: self.tax_other.saturating_sub(less.tax_other),
        }
    }
}

/// Units that left at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shipped {
    pub(super) at: When,
    pub(super) units: i32,
    /// The moment was derived.
    pub(super) estimated: bool,
}

/// A line of the order.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) line: Line,
    /// Units that stand, and their amounts; `None` while not stated.
    pub(super) live: i32,
    pub(super) sums: Option<Sums>,
    /// The amounts include an unknown share of tax.
    pub(super) basis_unknown: bool,
    /// What its discounts take off the tax was derived, not stated.
    pub(super) derived: bool,
    pub(super) place: PathRef,
    pub(super) raw: u8,
    /// Units that were withdrawn before they shipped, with the amounts first seen.
    pub(super) gone: i32,
    pub(super) gone_sums: Option<Sums>,
    pub(super) gone_at: Option<When>,
    pub(super) gone_place: PathRef,
    pub(super) gone_raw: u8,
    /// Units that the order's own record says have left.
    pub(super) fulfilled: Option<i32>,
    pub(super) shipped: Vec<Shipped>,
}

impl Row {
    pub(super) fn shipped_units(&self) -> i32 {
        self.shipped.iter().map(|part| part.units).fold(0, i32::saturating_add)
    }

    /// Units that have left, be their day known or not.
    pub(super) fn left(&self) -> i32 {
        self.shipped_units().max(self.fulfilled.unwrap_or(0).min(self.live))
    }

    /// It costs nothing, or nothing is said of what it costs.
    pub(super) fn is_free(&self) -> bool {
        let free = |sums: &Option<Sums>| sums.is_none_or(|s| s == Sums::default());
        free(&self.sums) && free(&self.gone_sums)
    }
}

/// Whether the platform has stated the amounts: of all that stands, or of what was withdrawn where nothing stands.
pub(super) fn priced(rows: &[Row]) -> bool {
    let standing = || rows.iter().filter(|row| row.live > 0);
    match standing().next() {
        Some(_) => standing().all(|row| row.sums.is_some()),
        None => rows.iter().any(|row| row.gone_sums.is_some() || row.sums.is_some()),
    }
}

/// Rows and what is to be said of them.
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<ReadError>,
}

/// The rows of the copy that counts. What was withdrawn keeps the amounts it was first seen with, in whatever version.
pub(super) fn rows(told: &Told<'_>, copy: &Copied<'_>, raws: &mut Raws) -> Found {
    let mut notes = Vec::new();
    let cancelled = copy.copy.state == State::Cancelled;
    let lines = copy.copy.lines.as_deref().unwrap_or_default();
    let raw = raws.at(copy.fact.raw);
    let alike: Vec<&Copied<'_>> = told
        .copies
        .iter()
        .filter(|c| c.names_items() == copy.names_items())
        .collect();
    let mut rows: Vec<Row> = Vec::with_capacity(lines.len());
    for line in lines {
        let live = if cancelled || line.cancelled { 0 } else { line.quantity };
        let counted = sums(&copy.copy, line);
        notes.extend(counted.note);
        let mut row = Row {
            line: ledger_line(line),
            live,
            sums: counted.sums.filter(|_| live > 0),
            basis_unknown: counted.basis_unknown,
            derived: counted.derived,
            place: line.money.map_or_else(PathRef::default, |m| m.place),
            raw,
            fulfilled: line.fulfilled,
            ..Row::default()
        };
        withdrawn(&mut row, &alike, copy, line, raws);
        row.line.quantity = row.live.saturating_add(row.gone);
        row.line.cancelled = row.gone;
        rows.push(row);
    }
    if cancelled && !priced(&rows) {
        // The copy's own interface never showed a price; a copy of another did.
        let first = told
            .copies
            .iter()
            .find(|c| c.is_priced() && c.copy.state != State::Cancelled);
        let any = || told.copies.iter().find(|c| c.is_priced() && lines_cost(&c.copy));
        if let Some(first) = first.or_else(any) {
            rows = gone_as_in(first, raws);
        }
    }
    notes.extend(total_note(copy, lines));
    Found { rows, notes }
}

fn lines_cost(copy: &OrderCopy) -> bool {
    copy.lines.iter().flatten().any(|line| line.money.is_some())
}

fn ledger_line(line: &LineCopy) -> Line {
    Line {
        key: line.id.clone(),
        sku: line.sku.clone(),
        title: line.title.clone(),
        product: (!line.asin.is_empty()).then(|| line.asin.clone()),
        variant: None,
        quantity: line.quantity,
        cancelled: 0,
        gift_card: false,
        ships: true,
        unit_cost: None,
        cost_estimated: false,
    }
}

/// The same line in another copy.
fn same<'c>(copy: &'c OrderCopy, line: &LineCopy) -> Option<&'c LineCopy> {
    let lines = copy.lines.iter().flatten();
    lines
        .into_iter()
        .find(|other| other.id == line.id && (other.sku == line.sku || line.sku.is_empty()))
}

/// What was withdrawn of a line: what the copy that counts still states of it, else the difference between what was first seen
/// with a price and what stands. A line of an order that lives on is withdrawn on the order's own day: no record tells the
/// moment, and when somebody looked is none.
fn withdrawn(row: &mut Row, alike: &[&Copied<'_>], copy: &Copied<'_>, line: &LineCopy, raws: &mut Raws) {
    row.gone_at = copy.copy.created.filter(|_| copy.copy.state != State::Cancelled);
    // What is cancelled and shows zero has forgotten its price.
    if row.live == 0 && line.quantity > 0 && line.money.is_some_and(|m| m.item != 0) {
        let was = sums(&copy.copy, line);
        (row.gone, row.gone_sums, row.basis_unknown) = (line.quantity, was.sums, was.basis_unknown);
        (row.gone_place, row.gone_raw) = (row.place, row.raw);
        return;
    }
    let seen = || alike.iter().filter_map(|c| Some((*c, same(&c.copy, line)?)));
    let stands = |copy: &OrderCopy, l: &LineCopy| match copy.state == State::Cancelled || l.cancelled {
        true => 0,
        false => l.quantity,
    };
    let shows = |copy: &OrderCopy, l: &LineCopy| l.money.is_some_and(|m| m.item != 0 || stands(copy, l) > 0);
    let first = seen().find(|(c, l)| shows(&c.copy, l) && l.quantity > 0 && l.quantity >= row.live);
    let most = seen().map(|(_, l)| l.quantity).max().unwrap_or(0);
    let whole = first.map_or(most, |(_, l)| l.quantity);
    row.gone = (whole - row.live).max(0);
    if row.gone == 0 {
        return;
    }
    let Some((copied, first)) = first else { return };
    let was = sums(&copied.copy, first);
    row.gone_sums = was.sums.map(|sums| sums.minus(row.sums.unwrap_or_default()));
    row.gone_place = first.money.map_or_else(PathRef::default, |m| m.place);
    row.gone_raw = raws.at(copied.fact.raw);
    row.basis_unknown |= was.basis_unknown;
    row.derived |= was.derived;
}

/// All lines of a copy, withdrawn.
fn gone_as_in(first: &Copied<'_>, raws: &mut Raws) -> Vec<Row> {
    let raw = raws.at(first.fact.raw);
    let lines = first.copy.lines.as_deref().unwrap_or_default();
    let row = |line: &LineCopy| {
        let was = sums(&first.copy, line);
        let place = line.money.map_or_else(PathRef::default, |m| m.place);
        Row {
            line: Line {
                cancelled: line.quantity,
                ..ledger_line(line)
            },
            gone: line.quantity,
            gone_sums: was.sums,
            gone_place: place,
            gone_raw: raw,
            raw,
            place,
            basis_unknown: was.basis_unknown,
            derived: was.derived,
            ..Row::default()
        }
    };
    lines.iter().map(row).collect()
}

/// Where a line's taxes stand in relation to its prices.
enum Basis {
    /// Beside them.
    Beside,
    /// In them.
    Within,
    /// Nobody says.
    Unknown,
}

/// The amounts of a line without tax, and how sure they are.
#[derive(Default)]
struct Counted {
    sums: Option<Sums>,
    /// An unknown share of tax is left in them.
    basis_unknown: bool,
    /// What discounts take off the tax was derived.
    derived: bool,
    /// What does not add up.
    note: Option<ReadError>,
}

fn sums(copy: &OrderCopy, line: &LineCopy) -> Counted {
    let Some(money) = line.money else {
        return Counted::default();
    };
    let (basis, note) = basis(copy, line, &money);
    let inside = matches!(basis, Basis::Within);
    let within = i64::from(inside);
    let unit = copy.currency.map_or(1, |c| c.smallest_unit());
    // Where nobody says it, a discount takes off the share of tax that is in what it is a discount on.
    let off = |stated: Option<i64>, discount: i64, price: i64, tax: i64| match stated {
        None if inside => (
            -split_evenly_by_weight(discount, &[price - tax, tax], unit)[1],
            discount != 0 && tax != 0,
        ),
        stated => (stated.unwrap_or(0), false),
    };
    let (tax_off, derived) = off(money.tax_discount, money.discount, money.item, money.tax_item);
    let (tax_shipping_off, shipping_derived) = off(
        money.tax_shipping_discount,
        money.shipping_discount,
        money.shipping,
        money.tax_shipping,
    );
    let sums = Sums {
        item: money.item - within * money.tax_item,
        discount: -money.discount - within * tax_off,
        shipping: money.shipping - within * money.tax_shipping,
        shipping_discount: -money.shipping_discount - within * tax_shipping_off,
        other: money.other - within * money.tax_other,
        tax_item: money.tax_item + tax_off,
        tax_shipping: money.tax_shipping + tax_shipping_off,
        tax_other: money.tax_other,
    };
    Counted {
        sums: Some(sums),
        // What costs nothing includes no tax.
        basis_unknown: matches!(basis, Basis::Unknown) && sums != Sums::default(),
        derived: derived || shipping_derived,
        note,
    }
}

/// Whether prices include tax: as the line's or order's own total shows, else by interface and marketplace.
fn basis(copy: &OrderCopy, line: &LineCopy, money: &LineMoney) -> (Basis, Option<ReadError>) {
    let without_tax = copy.market.is_some_and(|m| m.without_tax);
    let tax = money.tax();
    let all = |of: fn(&LineMoney) -> i64| -> i64 {
        let lines = copy.lines.iter().flatten();
        lines
            .filter_map(|l| l.money.as_ref())
            .map(of)
            .fold(0, i64::saturating_add)
    };
    match copy.by {
        By::V2026 if money.tax_stated => match money.total {
            Some(total) if total != money.charges() + tax && total == money.charges() => (Basis::Within, None),
            Some(total) if total != money.charges() + tax => {
                (Basis::Beside, Some(differs(line, copy, total, money.charges() + tax)))
            }
            _ => (Basis::Beside, None),
        },
        // No tax stands beside the amounts: they come to the line's total by themselves, or something of it is not told.
        By::V2026 => {
            let note = money.total.filter(|total| *total != money.charges());
            let note = note.map(|total| differs(line, copy, total, money.charges()));
            (if without_tax { Basis::Beside } else { Basis::Unknown }, note)
        }
        By::V0
            if copy
                .total
                .is_some_and(|t| t.micros == all(LineMoney::charges) && all(LineMoney::tax) > 0) =>
        {
            (Basis::Within, None)
        }
        By::V0
            if copy
                .total
                .is_some_and(|t| t.micros == all(|m| m.charges() + m.tax()) && all(LineMoney::tax) > 0) =>
        {
            (Basis::Beside, None)
        }
        _ if without_tax => (Basis::Beside, None),
        By::V0 | By::Report if tax > 0 && copy.market.is_some() => (Basis::Within, None),
        By::V0 | By::Report if tax > 0 => (Basis::Beside, None),
        _ => (Basis::Unknown, None),
    }
}

fn differs(line: &LineCopy, copy: &OrderCopy, stated: i64, sum: i64) -> ReadError {
    let form = |micros: i64| copy.currency.map_or_else(|| micros.to_string(), |c| c.format(micros));
    ReadError {
        code: "totals_differ",
        message: format!(
            "item {}: its parts come to {}, its total is {}",
            line.id,
            form(sum),
            form(stated)
        ),
    }
}

/// What is to be said where an order's lines do not come to its total.
fn total_note(copy: &Copied<'_>, lines: &[LineCopy]) -> Option<ReadError> {
    let (order, total) = (&copy.copy, copy.copy.total?);
    if order.by != By::V2026 || order.state == State::Cancelled || !copy.is_priced() || total.micros == 0 {
        return None;
    }
    let of = |line: &LineCopy| {
        let money = line.money?;
        Some(money.total.unwrap_or_else(|| money.charges() + money.tax()))
    };
    let tip = order.tip.map_or(0, |t| t.micros);
    let all = lines.iter().filter_map(of).fold(tip, i64::saturating_add);
    let standing = lines
        .iter()
        .filter(|l| !l.cancelled)
        .filter_map(of)
        .fold(tip, i64::saturating_add);
    let form = |micros: i64| order.currency.map_or_else(|| micros.to_string(), |c| c.format(micros));
    (total.micros != all && total.micros != standing).then(|| ReadError {
        code: "totals_differ",
        message: format!(
            "the order's items come to {}, its total is {}",
            form(all),
            form(total.micros)
        ),
    })
}

/// The rows that the money tells of: one per SKU, dated when it was posted. Finances states amounts without tax.
pub(super) fn from_entries(told: &Told<'_>, raws: &mut Raws) -> Vec<Row> {
    let by_seller = told.copies.iter().any(|c| c.copy.by_seller);
    let mut rows: Vec<Row> = Vec::new();
    for (fact, entry) in told.sales().filter(|(_, e)| e.family == Family::Sale && e.at.is_some()) {
        let raw = raws.at(fact.raw);
        for leaf in &entry.leaves {
            let sku = leaf.sku.clone().unwrap_or_default();
            let at = rows.iter().position(|row| row.line.sku == sku);
            let row = match at {
                Some(at) => &mut rows[at],
                None => {
                    rows.push(Row {
                        line: Line {
                            key: format!("sku:{sku}"),
                            sku,
                            title: leaf.title.clone().unwrap_or_default(),
                            ships: true,
                            ..Line::default()
                        },
                        sums: Some(Sums::default()),
                        place: leaf.place,
                        raw,
                        ..Row::default()
                    });
                    let last = rows.len() - 1;
                    &mut rows[last]
                }
            };
            row.live = row.live.saturating_add(leaf.units);
            row.line.quantity = row.live;
            if let (true, Some(at)) = (leaf.units > 0, entry.at) {
                row.shipped.push(Shipped {
                    at,
                    units: leaf.units,
                    estimated: by_seller,
                });
            }
            let sums = row.sums.get_or_insert_default();
            let slot = match leaf.what {
                What::Principal => &mut sums.item,
                What::Discount if leaf.micros <= 0 => &mut sums.discount,
                What::Shipping => &mut sums.shipping,
                What::ShippingDiscount => &mut sums.shipping_discount,
                What::OtherCharge => &mut sums.other,
                What::Tax => &mut sums.tax_item,
                What::TaxOther => &mut sums.tax_other,
                What::TaxShipping => &mut sums.tax_shipping,
                _ => continue,
            };
            *slot = slot.saturating_add(leaf.micros);
            if leaf.what == What::Principal {
                (row.place, row.raw) = (leaf.place, raw);
            }
        }
    }
    // Fees that name no SKU sell nothing.
    rows.retain(|row| row.live > 0 || !row.is_free());
    // Without units the moment of the posting is still when it left.
    let first = told.first_moment(Family::Sale);
    for row in rows.iter_mut().filter(|row| row.shipped.is_empty()) {
        row.shipped.extend(first.map(|at| Shipped {
            at,
            units: 0,
            estimated: by_seller,
        }));
    }
    rows
}
