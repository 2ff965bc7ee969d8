//! How complete the overview's figures are, line by line.

use crate::app::Result;
use crate::metrics::Measure;
use crate::store::Read;

use super::completeness::{estimated_text, unpriced_text, untold_text};
use super::dashboard::{Board, CompletenessLine};
use super::issues::{Twice, orders_twice};
use super::words::UNKNOWN;

/// One line per measure.
///
/// # Errors
/// Database failures only.
pub(super) fn lines(r: &Read<'_>, board: &Board<'_>) -> Result<Vec<CompletenessLine>> {
    let (words, m) = (board.scene.words, &board.whole.measures);
    let mut lines = Vec::new();
    let shared = |label: &str, part: i64, whole: i64, more: &[Option<String>]| {
        let share = rust_decimal::Decimal::from(part).checked_div(rust_decimal::Decimal::from(whole));
        let share = share.map_or_else(|| UNKNOWN.to_owned(), |s| words.percent(s));
        let texts: Vec<&str> = std::iter::once(&share)
            .chain(more.iter().flatten())
            .map(String::as_str)
            .collect();
        CompletenessLine {
            label: label.to_owned(),
            value_text: texts.join(", "),
            ok: part == whole,
        }
    };
    let priced = m.get(Measure::OrdersWithPrice);
    let open = [unpriced_text(m), untold_text(m)];
    lines.push(shared(
        "Orders with a price",
        priced,
        priced + m.get(Measure::OrdersUnpriced),
        &open,
    ));
    lines.push(shared(
        "Units with a known cost",
        m.get(Measure::UnitsWithCost),
        m.get(Measure::Units),
        &[],
    ));
    lines.extend(estimated_text(m).map(|value_text| CompletenessLine {
        label: "Estimated".to_owned(),
        value_text,
        ok: false,
    }));
    lines.push(CompletenessLine {
        label: "Orders".to_owned(),
        value_text: [Some(board.history.text()), board.gaps.left_out_text()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; "),
        ok: board.gaps.lacking.orders == 0
            && board.whole_range()
            && board.previous.is_none_or(|p| board.history.covers(p)),
    });
    let (money, older) = (
        board.history.unread_text(board.period),
        board.history.older_text(board.period),
    );
    let money = money.map(|_| ("Refunds and fees", "not read for all days"));
    let older = older.map(|_| ("Older orders", "their refunds and shipments are not in it"));
    for (label, value) in [money, older].into_iter().flatten() {
        lines.push(CompletenessLine {
            label: label.to_owned(),
            value_text: value.to_owned(),
            ok: false,
        });
    }
    let in_part = ("Orders counted in part", board.gaps.in_part);
    let unread = i64::try_from(board.gaps.lacking.records).unwrap_or(i64::MAX);
    for (label, count) in [in_part, ("Records left out", unread)] {
        if count > 0 {
            lines.push(CompletenessLine {
                label: label.to_owned(),
                value_text: words.number(count),
                ok: false,
            });
        }
    }
    for Twice { what, .. } in orders_twice(r)? {
        lines.push(CompletenessLine {
            label: "Orders twice".to_owned(),
            value_text: what,
            ok: false,
        });
    }
    for connection in board.scene.connections.iter().filter(|c| c.disconnected_at.is_none()) {
        let standing = super::connections::standing(r, board.scene, connection)?;
        lines.push(CompletenessLine {
            label: connection.name.clone(),
            value_text: standing.last_text,
            ok: standing.fresh,
        });
    }
    Ok(lines)
}
