//! What came back of an order, each return once (LEDGER ruling 29). An order's refunds and the returns in its agreements are two
//! tellings of the same, and where agreements do not tell the sale neither need be whole.

use std::collections::BTreeMap;

use super::super::part::{Action, Agreement, Reason, Refund, Sale, SaleKind};
use super::fallback::{charge, share};
use super::rows::{self, Charge, ChargeKind, Origin, Returned, Rows};
use super::{Picture, sums};
use crate::connectors::ReadError;
use crate::model::{Order, When};

/// What may be told twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Return<'a> {
    /// What a refund gave back that an agreement names.
    Refund(&'a str),
    /// Returns of a line that name no refund.
    Line(usize),
    /// Charges given back that name none.
    Charge(ChargeKind),
}

/// Money that refunds paid back without saying what for.
#[derive(Default)]
pub(super) struct Money {
    /// One for each refund: negative, with its share of tax.
    charges: Vec<Charge>,
    /// Value that came back without being paid for, as far as is known: positive.
    owed: i64,
}

impl Money {
    /// Whether there is any.
    pub(super) fn is_some(&self) -> bool {
        !self.charges.is_empty()
    }

    /// Its last day.
    pub(super) fn last(&self) -> Option<When> {
        self.charges.iter().map(|c| c.at).max_by_key(|at| at.sort_key())
    }

    /// What was paid back beyond value that came back unpaid, `withdrawn` among it.
    pub(super) fn beyond(&self, withdrawn: i64) -> i64 {
        let paid: i64 = self.charges.iter().map(|c| -(c.amount + c.tax)).sum();
        (paid - (self.owed + withdrawn).max(0)).max(0)
    }

    /// The last day of such a refund that does not show its lines at all, so that units it was for may be missing.
    pub(super) fn unexplained(&self, picture: &Picture) -> Option<When> {
        let bare = picture.refunds.iter().filter(|r| r.lines.is_none());
        let days = bare.filter_map(|r| r.at).max_by_key(|at| at.sort_key());
        days.filter(|_| !self.charges.is_empty())
    }

    /// Adds to `rows` what it was beyond the value that came back unpaid and `withdrawn`, the value of units that are gone without
    /// a refund: goodwill. Answers the value that stays unpaid.
    pub(super) fn pay(self, withdrawn: i64, rows: &mut Rows, unit: i64) -> i64 {
        let mut owed = self.owed + withdrawn;
        let mut charges = self.charges;
        charges.sort_by_key(|c| c.at.sort_key());
        for money in charges {
            let paid = -(money.amount + money.tax);
            let beyond = (paid - owed.max(0)).max(0);
            owed -= paid - beyond;
            let tax = share(money.tax, beyond, paid, unit);
            if beyond != 0 {
                rows.charges.push(Charge {
                    amount: -beyond - tax,
                    tax,
                    ..money
                });
            }
        }
        owed.max(0)
    }
}

/// Rows of one side.
#[derive(Default)]
struct Side {
    goods: Vec<Returned>,
    charges: Vec<Charge>,
}

impl Side {
    fn is_empty(&self) -> bool {
        self.goods.is_empty() && self.charges.is_empty()
    }

    fn units(&self) -> i64 {
        let cards = self.charges.iter().map(|c| -c.quantity);
        self.goods.iter().map(|r| r.quantity).chain(cards).sum()
    }

    /// What it gave back, with tax: negative.
    fn value(&self) -> i64 {
        value(&self.goods, &self.charges)
    }
}

fn value(goods: &[Returned], charges: &[Charge]) -> i64 {
    let charges = charges.iter().map(|c| c.amount + c.tax);
    goods.iter().map(|r| r.net + r.tax).chain(charges).sum()
}

/// The two tellings of a return: by agreements, and by refunds.
#[derive(Default)]
struct Told {
    agreed: Side,
    refunded: Side,
}

/// A refund says what its money was for.
fn shows_parts(refund: &Refund) -> bool {
    refund.lines.is_some() && !refund.is_money_only()
}

/// The refund of the record that an agreement names.
fn named<'a>(picture: &'a Picture, agreement: &Agreement) -> Option<&'a Refund> {
    let id = agreement.refund.as_ref()?;
    picture.refunds.iter().find(|refund| refund.id == *id)
}

/// Adds what came back to `rows`, which hold what was sold by the lines. Where an agreement names a refund, the refund counts, or
/// the agreement if the refund does not show its parts. Returns that name none may be the same ones: of each line the telling
/// with more units counts, else the refunds'; of each other charge the refunds'. Money without parts is for the caller to pay.
pub(super) fn tell(picture: &Picture, order: &Order, rows: &mut Rows) -> Money {
    let mut told: BTreeMap<Return<'_>, Told> = BTreeMap::new();
    for agreement in &picture.agreements {
        let refund = named(picture, agreement).map(|refund| Return::Refund(&refund.id));
        sort(&mut told, refund, by_agreement(picture, order, agreement), |told| {
            &mut told.agreed
        });
    }
    let taxes = rows.sold.iter().map(|s| s.tax);
    let taxes = taxes.chain(rows.charges.iter().map(|c| c.tax)).sum();
    let charged = (order.stated_total.unwrap_or_else(|| rows.charged()), taxes);
    let mut money = Money::default();
    for refund in &picture.refunds {
        let spoken_for = picture.agreements.iter().any(|a| a.refund.as_ref() == Some(&refund.id));
        let whole = spoken_for.then_some(Return::Refund(&refund.id));
        let mut came = by_refund(picture, order, refund, charged);
        rows.notes.append(&mut came.notes);
        if !shows_parts(refund) {
            // Where an agreement says what it was for, that agreement counts.
            if !whole.is_some_and(|whole| told.contains_key(&whole)) {
                money.charges.append(&mut came.charges);
            }
            continue;
        }
        if !refund.foreign {
            let paid = refund.total.map_or(0, |total| total.micros);
            let parts = -value(&came.returned, &came.charges);
            money.owed += (parts - paid).max(0);
            // Parts and money are rounded by themselves from the buyer's currency.
            let spare = sums::spare(picture, order, came.returned.len() + came.charges.len());
            if let Some(total) = refund.total.filter(|total| total.micros - parts > spare) {
                // More than its parts come to: as money that does not say what for.
                let origin = came.charges.first().map(|c| c.origin.raw);
                let raw = origin.or(came.returned.first().map(|r| r.origin.raw));
                let origin = Origin {
                    raw: raw.unwrap_or(picture.sources.whole),
                    path: total.path,
                };
                let at = refund.at.unwrap_or(order.placed_at);
                money
                    .charges
                    .push(charge(ChargeKind::Adjustment, at, parts - total.micros, origin));
            }
        }
        sort(&mut told, whole, came, |told| &mut told.refunded);
    }
    let mut differ = (0, 0);
    let mut compare = |agreed: i64, refunded: i64| {
        if agreed != refunded {
            differ = (differ.0 + agreed, differ.1 + refunded);
        }
    };
    for (what, Told { agreed, refunded }) in told {
        let by_agreement = match (agreed.is_empty(), refunded.is_empty(), what) {
            (true, ..) => false,
            (.., Return::Line(line)) if is_counted(picture, order, rows, line, &agreed) => false,
            (_, true, _) => true,
            (.., Return::Line(_)) => agreed.units() > refunded.units(),
            (.., Return::Refund(_) | Return::Charge(_)) => false,
        };
        if !agreed.is_empty() && !refunded.is_empty() {
            compare(agreed.value(), refunded.value());
        }
        if by_agreement && !matches!(what, Return::Refund(_)) {
            money.owed += (refunded.value() - agreed.value()).max(0);
        }
        let side = if by_agreement { agreed } else { refunded };
        rows.returned.extend(side.goods);
        rows.charges.extend(side.charges);
    }
    if differ != (0, 0) {
        let text = |micros: i64| order.currency.format(-micros);
        rows.notes.push(ReadError {
            code: "returns_differ",
            message: format!(
                "its agreements give back {} {currency}, its refunds {} {currency} for the same; it is counted once",
                text(differ.0),
                text(differ.1),
                currency = order.currency,
            ),
        });
    }
    money
}

/// Puts rows to the side `of` the return they are: `whole`, or each to its line or kind.
fn sort<'a>(
    told: &mut BTreeMap<Return<'a>, Told>,
    whole: Option<Return<'a>>,
    rows: Rows,
    of: impl Fn(&mut Told) -> &mut Side,
) {
    for row in rows.returned {
        let told = told.entry(whole.unwrap_or(Return::Line(row.line))).or_default();
        of(told).goods.push(row);
    }
    for row in rows.charges {
        let own = row.line.map_or(Return::Charge(row.kind), Return::Line);
        let told = told.entry(whole.unwrap_or(own)).or_default();
        of(told).charges.push(row);
    }
}

/// Whether refunds that agreements name have given back a line's units already, so that a return which names none, as an edit,
/// would take back more than the line has lost.
fn is_counted(picture: &Picture, order: &Order, rows: &Rows, line: usize, agreed: &Side) -> bool {
    let part = picture.lines.iter().find(|part| part.id == order.lines[line].key);
    let lost = part.and_then(|part| Some(i64::from(part.quantity) - i64::from(part.current?)));
    let counted: i64 = rows
        .returned
        .iter()
        .filter(|r| r.line == line)
        .map(|r| r.quantity)
        .sum();
    counted > 0 && lost.is_some_and(|lost| counted + agreed.units() > lost)
}

/// Adds to `rows`, which agreements tell, the parts of refunds of which no agreement tells, and says so.
pub(super) fn add_untold(picture: &Picture, order: &Order, rows: &mut Rows) {
    if picture.refunds.is_empty() || picture.incomplete {
        return;
    }
    for refund in picture.refunds.iter().filter(|refund| shows_parts(refund)) {
        if picture.agreements.iter().any(|a| may_tell_of(picture, a, refund)) {
            continue;
        }
        let came = by_refund(picture, order, refund, (0, 0));
        let side = Side {
            goods: came.returned,
            charges: came.charges,
        };
        if side.value() != 0 {
            rows.returned.extend(side.goods);
            rows.charges.extend(side.charges);
            rows.notes.push(ReadError {
                code: "sale_not_told",
                message: format!(
                    "its sales agreements do not tell of refund {}; its own parts count",
                    refund.id
                ),
            });
        }
    }
}

/// Whether an agreement tells of a refund that shows nothing but money: it names it, be it without a row (the money was paid too
/// much), or it gives something back and names none of the record.
pub(super) fn is_told(picture: &Picture, refund: &Refund) -> bool {
    let names = |a: &Agreement| a.refund.as_ref() == Some(&refund.id);
    let may = |a: &Agreement| named(picture, a).is_none() && a.sales.iter().any(gives_back);
    picture.agreements.iter().any(|a| names(a) || may(a))
}

fn gives_back(sale: &Sale) -> bool {
    sale.kind != SaleKind::Unknown && (sale.action == Action::Returned || sale.total.micros < 0)
}

/// Whether an agreement gives back what a refund may have paid: it names that refund, or none of the record. An edit takes away
/// what may be refunded later: it is the same if they share a line.
fn may_tell_of(picture: &Picture, agreement: &Agreement, refund: &Refund) -> bool {
    let mut back = agreement.sales.iter().filter(|s| gives_back(s));
    let shared = |line: Option<&String>| refund.lines.iter().flatten().any(|l| Some(&l.line) == line);
    match (named(picture, agreement), agreement.reason) {
        (Some(other), _) if other.id != refund.id => false,
        (None, Reason::Edit) => back.any(|s| shared(s.line.as_ref())),
        _ => back.next().is_some(),
    }
}

/// The rows of an agreement that give back, or keep a fee of what is given back. What belongs to no line of the record is an
/// adjustment.
fn by_agreement(picture: &Picture, order: &Order, agreement: &Agreement) -> Rows {
    let mut known = order.clone();
    let lines = known.lines.len();
    let mut rows = rows::of_agreement(picture, &mut known, agreement);
    let (goods, strange): (Vec<Returned>, Vec<Returned>) = rows.returned.into_iter().partition(|r| r.line < lines);
    rows.charges.retain(|c| match c.kind {
        ChargeKind::ShippingBack | ChargeKind::Adjustment => true,
        ChargeKind::Shipping | ChargeKind::PaymentFee => false,
        ChargeKind::Tip | ChargeKind::GiftCard | ChargeKind::Duty | ChargeKind::Other => c.amount < 0,
    });
    let mut charges = rows.charges;
    for charge in &mut charges {
        charge.line = charge.line.filter(|line| *line < lines);
    }
    charges.extend(strange.into_iter().map(|r| Charge {
        tax: r.tax,
        ..charge(ChargeKind::Adjustment, r.at, r.net, r.origin)
    }));
    Rows {
        returned: goods,
        charges,
        ..Rows::default()
    }
}

/// The parts of a refund; `charged` is what was charged and the taxes in it, for money of which no part is shown.
fn by_refund(picture: &Picture, order: &Order, refund: &Refund, (charged, taxes): (i64, i64)) -> Rows {
    let mut rows = Rows::default();
    let included = picture.whole.taxes_included;
    let at = refund.at.unwrap_or(order.placed_at);
    let raw = picture
        .sources
        .refunds
        .get(&refund.id)
        .copied()
        .unwrap_or(picture.sources.whole);
    for part in refund.lines.iter().flatten() {
        let origin = Origin {
            raw,
            path: part.subtotal.path,
        };
        let net = part.subtotal.micros - if included { part.tax } else { 0 };
        if picture.lines.iter().any(|l| l.tip && l.id == part.line) {
            let base = charge(ChargeKind::Tip, at, -net, origin);
            rows.charges.push(Charge { tax: -part.tax, ..base });
            continue;
        }
        let Some(line) = order.lines.iter().position(|l| l.key == part.line) else {
            rows.charges.push(Charge {
                tax: -part.tax,
                ..charge(ChargeKind::Adjustment, at, -net, origin)
            });
            continue;
        };
        if order.lines[line].gift_card {
            let base = charge(ChargeKind::GiftCard, at, -net, origin);
            rows.charges.push(Charge {
                line: Some(line),
                quantity: -i64::from(part.quantity),
                tax: -part.tax,
                ..base
            });
            continue;
        }
        let quantity = i64::from(part.quantity);
        rows.returned.push(Returned {
            line,
            at,
            quantity,
            net: -net,
            tax: -part.tax,
            restock: part.restock,
            lowers: None,
            origin,
        });
    }
    for (amount, tax) in &refund.shipping {
        let net = amount.micros - if included { *tax } else { 0 };
        let base = charge(ChargeKind::ShippingBack, at, -net, Origin { raw, path: amount.path });
        rows.charges.push(Charge { tax: -tax, ..base });
    }
    for (amount, tax) in refund
        .adjustments
        .iter()
        .filter(|(amount, tax)| amount.micros != 0 || *tax != 0)
    {
        let base = charge(
            ChargeKind::Adjustment,
            at,
            amount.micros,
            Origin { raw, path: amount.path },
        );
        rows.charges.push(Charge { tax: *tax, ..base });
    }
    for (kind, amounts) in [(ChargeKind::Duty, &refund.duties), (ChargeKind::Other, &refund.fees)] {
        let back = amounts.iter().filter(|a| a.micros != 0);
        rows.charges
            .extend(back.map(|a| charge(kind, at, -a.micros, Origin { raw, path: a.path })));
    }
    if refund.foreign && refund.is_money_only() {
        rows.notes.push(ReadError {
            code: "missing_field",
            message: format!(
                "refund {} paid back money of another currency and does not say what for; it is not counted",
                refund.id
            ),
        });
    }
    if let Some(total) = refund.total.filter(|t| t.micros != 0 && refund.is_money_only()) {
        // Paid back without saying for what (contract section 7.3, goodwill); what came back unpaid takes from it.
        let origin = Origin { raw, path: total.path };
        rows.charges
            .push(charge(ChargeKind::Adjustment, at, -total.micros, origin));
    }
    // Money without detail (CSV export): goods, shipping and tax share it as they shared the order's total.
    if let (None, Some(total), None) = (&refund.lines, refund.total, order.cancelled_at) {
        let origin = Origin { raw, path: total.path };
        let taken = share(taxes, total.micros, charged, order.currency.smallest_unit());
        rows.charges.push(Charge {
            tax: -taken,
            ..charge(ChargeKind::Adjustment, at, taken - total.micros, origin)
        });
    }
    rows
}
