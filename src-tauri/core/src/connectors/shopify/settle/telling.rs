//! By what an order's sale is told: by its sales agreements where they tell it whole, else by its lines (LEDGER ruling 28).

use super::super::part::{Action, LinePart, Sale, SaleKind};
use super::{Picture, fallback};
use crate::connectors::ReadError;

/// What counts of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Telling {
    /// Its sales agreements.
    Agreements,
    /// Its lines and refunds.
    Lines,
    /// Neither tells what it cost: it is an order without a price.
    Nothing,
}

/// By what the order is told, and what is to be said if agreements are there that do not tell its sale.
pub(super) fn of(picture: &Picture) -> (Telling, Option<ReadError>) {
    let sales: Vec<&Sale> = picture.agreements.iter().flat_map(|a| &a.sales).collect();
    if sales.is_empty() {
        return (Telling::Lines, None);
    }
    let goods: Vec<&LinePart> = picture.lines.iter().filter(|l| l.quantity > 0 && !l.tip).collect();
    let untold = match goods.as_slice() {
        [] => None,
        goods => untold(picture, goods, &sales),
    };
    let Some(untold) = untold else {
        return (Telling::Agreements, None);
    };
    let any = sales.iter().any(|s| is_goods_sold(s));
    match (fallback::is_possible(picture), any) {
        (true, _) => (Telling::Lines, Some(untold.note("its lines and refunds count instead"))),
        // What is known of it counts rather than nothing; it is marked.
        (false, true) => (Telling::Agreements, Some(untold.note("its lines show no price either"))),
        (false, false) => {
            let note = untold.note("its lines show no price either, so it has none");
            (Telling::Nothing, Some(note))
        }
    }
}

/// Marks the lines that are tips: a tip has a line of its own, which may or may not stand among the order's. It is known by the row
/// that sells it, or where no row sells it as goods by its name, for it is of no product and needs no shipping.
pub(super) fn mark_tips(picture: &mut Picture) {
    let sales = || picture.agreements.iter().flat_map(|a| &a.sales);
    let named = |kind: SaleKind, id: &String| sales().any(|s| s.kind == kind && s.line.as_ref() == Some(id));
    let any = sales().any(|s| s.kind == SaleKind::Tip);
    let is_tip = |line: &LinePart| {
        let bare = line.product.is_none() && line.variant.is_none() && !line.ships;
        let called = bare && line.title == "Tip" && !named(SaleKind::Product, &line.id);
        called || (any && named(SaleKind::Tip, &line.id))
    };
    let tips: Vec<bool> = picture.lines.iter().map(is_tip).collect();
    for (line, tip) in picture.lines.iter_mut().zip(tips) {
        line.tip |= tip;
    }
}

/// Why agreements do not tell the sale.
enum Untold {
    /// A row of unknown kind is, or may be, about goods.
    Stranger,
    /// No row sells this line, or any.
    Line(Option<String>),
}

impl Untold {
    fn note(self, instead: &str) -> ReadError {
        let (code, why) = match self {
            // The unknown word is told under the same code.
            Untold::Stranger => (
                "unknown_value",
                "Its sales agreements may tell of goods in a way this version does not know".to_owned(),
            ),
            Untold::Line(None) => ("sale_not_told", "its sales agreements do not tell the sale".to_owned()),
            Untold::Line(Some(id)) => (
                "sale_not_told",
                format!("its sales agreements do not tell the sale of line {id}"),
            ),
        };
        ReadError {
            code,
            message: format!("{why}; {instead}"),
        }
    }
}

/// What the agreements fail to tell of the goods, if anything. Without every sale, what they say of returns is half a story.
fn untold(picture: &Picture, goods: &[&LinePart], sales: &[&Sale]) -> Option<Untold> {
    if sales.iter().any(|s| may_be_goods(s)) {
        return Some(Untold::Stranger);
    }
    let sold: Vec<&Sale> = sales.iter().copied().filter(|s| is_goods_sold(s)).collect();
    let strangers = sales.iter().any(|s| s.kind == SaleKind::Unknown);
    if sold.is_empty() {
        return Some(match strangers {
            true => Untold::Stranger,
            false => Untold::Line(None),
        });
    }
    // Rows may still come, and a selection of anyone's may not say of which line they are.
    if picture.incomplete || sold.iter().any(|s| s.line.is_none()) {
        return None;
    }
    if strangers {
        // A row of unknown kind may be the sale of units that no other row sells.
        let short = |line: &&LinePart| units_sold(&sold, line).unwrap_or(0) < i64::from(line.quantity);
        return goods.iter().copied().find(short).map(|_| Untold::Stranger);
    }
    // What was free need not have a row.
    let charged = |line: &LinePart| line.price.is_some_and(|price| price.micros > line.discount);
    let missing = |line: &&LinePart| charged(line) && units_sold(&sold, line).is_none();
    let line = goods.iter().copied().find(missing)?;
    Some(Untold::Line(Some(line.id.clone())))
}

/// Units of a line that rows sell; `None` if no row does.
fn units_sold(sold: &[&Sale], line: &LinePart) -> Option<i64> {
    let of = sold.iter().filter(|s| s.line.as_ref() == Some(&line.id));
    of.map(|s| i64::from(s.quantity)).reduce(|a, b| a + b)
}

fn is_goods_sold(sale: &Sale) -> bool {
    sale.action == Action::Sold && is_goods(sale)
}

fn is_goods(sale: &Sale) -> bool {
    matches!(sale.kind, SaleKind::Product | SaleKind::GiftCard)
}

/// A row that sells or takes back goods in a way that is not known: only rows of goods and tips name a line.
fn may_be_goods(sale: &Sale) -> bool {
    match sale.kind {
        SaleKind::Unknown => sale.line.is_some(),
        _ => sale.action == Action::Unknown && is_goods(sale),
    }
}
