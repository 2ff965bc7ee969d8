//! What stands out, in sentences, each computed from the figures beside it.

use rust_decimal::Decimal;

use crate::metrics::Step;
use crate::metrics::catalog::{Metric, Unit, Value, amount};

use super::dashboard::{BestProduct, Board};
use super::products::Sold;
use super::tiles::{Direction, between, moved};

/// At most four sentences; none where there is no total, or where orders of the range are missing.
pub(super) fn insights(board: &Board<'_>, best: &[BestProduct], sold: &[Sold]) -> Vec<String> {
    if board.whole.blocked.is_some() || !board.whole_range() {
        return Vec::new();
    }
    let mut sentences = changes(board);
    sentences.extend(fastest_channel(board));
    sentences.extend(best_product(board, best, sold));
    sentences.extend(best_day(board));
    sentences.truncate(4);
    sentences
}

/// The two largest changes of the main figures that are worth a sentence.
fn changes(board: &Board<'_>) -> Vec<String> {
    let Some(previous) = board.previous else {
        return Vec::new();
    };
    let words = board.scene.words;
    let than = words.range(previous.from, previous.to);
    let subjects = [
        (Metric::NetSales, "Net sales are"),
        (Metric::Aov, "The average order value is"),
        (Metric::RefundRate, "The refund rate is"),
        (Metric::GrossProfit, "Gross profit is"),
    ];
    let mut found: Vec<(Decimal, String)> = subjects
        .into_iter()
        .filter_map(|(metric, subject)| {
            let moved = moved(board, metric)?;
            // Points weigh more than percent: a refund rate from 2% to 3% is one point.
            let weight = match metric.unit() {
                Unit::Rate => moved.by.abs() * Decimal::TEN,
                _ => moved.by.abs(),
            };
            let way = match moved.direction {
                Direction::Up => "up",
                Direction::Down => "down",
                Direction::Flat => return None,
            };
            let by = match metric.unit() {
                Unit::Rate => words.points(moved.by.abs()),
                _ => words.change(moved.by.abs()),
            };
            let by = by.trim_start_matches('+');
            let was = words.value(moved.before, metric.unit(), board.currency);
            let text = format!("{subject} {way} {by} on {than}, when {} {was}.", verb(metric));
            (weight >= Decimal::new(3, 2)).then_some((weight, text))
        })
        .collect();
    found.sort_by_key(|sentence| std::cmp::Reverse(sentence.0));
    found.into_iter().take(2).map(|(_, text)| text).collect()
}

/// A name from outside that keeps its own direction of writing to itself (Unicode's first strong isolate).
fn apart(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

fn verb(metric: Metric) -> &'static str {
    if metric == Metric::NetSales {
        "they were"
    } else {
        "it was"
    }
}

/// The sales channel that grew most, where there are several.
fn fastest_channel(board: &Board<'_>) -> Option<String> {
    let earlier = board.before?.by_channel(&board.history);
    let now = board.now.by_channel(&board.history);
    if now.len() < 2 {
        return None;
    }
    let grown = now.iter().filter_map(|(channel, name, total)| {
        let before = earlier
            .iter()
            .find(|(c, n, _)| c == channel && n == name)
            .map(|(_, _, total)| total)?;
        let moved = between(board, Metric::NetSales, total, before)?;
        (moved.direction == Direction::Up).then(|| (moved, board.scene.channel_label(*channel, name)))
    });
    let (moved, label) = grown.max_by(|a, b| a.0.by.cmp(&b.0.by))?;
    Some(format!("{} grew fastest: {} net sales.", apart(&label), moved.text))
}

fn best_product(board: &Board<'_>, best: &[BestProduct], sold: &[Sold]) -> Option<String> {
    let (product, sums) = best.first().zip(sold.first())?;
    if board.whole.hides(Metric::NetSales, board.definition) {
        return None;
    }
    let all = board
        .whole
        .value(Metric::NetSales, board.definition)
        .map(Value::decimal)?;
    let share = amount(sums.net(board.definition))
        .checked_div(all)
        .filter(|s| *s > Decimal::ZERO)?;
    let words = board.scene.words;
    Some(format!(
        "“{}” sold best: {}, {} of net sales.",
        apart(&product.title),
        product.net_text,
        words.percent(share)
    ))
}

/// The best day, where the range is long enough for one to stand out.
fn best_day(board: &Board<'_>) -> Option<String> {
    if board.period.days() < 7 {
        return None;
    }
    let course = board.now.course(Metric::NetSales, Step::Day, &board.history);
    let (day, value) = course
        .into_iter()
        .filter_map(|(day, v)| Some((day, v?)))
        .max_by_key(|(_, v)| *v)?;
    let words = board.scene.words;
    (value > Decimal::ZERO).then(|| {
        format!(
            "Best day: {} with {}.",
            words.day(day),
            words.money(value, board.currency)
        )
    })
}
