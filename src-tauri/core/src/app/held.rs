//! What imported files prove to be all there: the orders from the first to the last order of each file, and the money from the
//! first to the last entry of each file of a marketplace's ledger of money.
//!
//! Nobody can tell what was left out of a file before its first order or after its last one. The spans are kept with the
//! connection, as UTC seconds, since one more file can prove days of which every order is known already.

use serde_json::{Value, json};

use crate::model::{When, Zone};
use crate::store::{ConnectionId, Read, Result};

/// What files tell all of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Proof {
    /// Orders, by when they were placed.
    Orders,
    /// What a marketplace paid back and charged, by when it was posted.
    Money,
}

impl Proof {
    /// Member of a connection's settings that holds the spans.
    fn setting(self) -> &'static str {
        match self {
            Proof::Orders => "orders_from_files",
            Proof::Money => "money_from_files",
        }
    }
}

/// The spans that the files of a connection prove, as UTC seconds with both ends in them, earliest first.
pub(crate) fn held_by_files(settings: &Value, proof: Proof) -> Vec<(i64, i64)> {
    let stored = settings.get(proof.setting()).cloned().unwrap_or_default();
    serde_json::from_value(stored).unwrap_or_default()
}

/// The settings with one more span; spans that overlap become one.
pub(super) fn with_span(settings: &Value, proof: Proof, span: (i64, i64)) -> Value {
    let mut spans = held_by_files(settings, proof);
    spans.push(span);
    spans.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    let mut settings = settings.clone();
    if let Some(members) = settings.as_object_mut() {
        members.insert(proof.setting().to_owned(), json!(joined));
    }
    settings
}

/// `settings` with all spans of `other` too.
pub(super) fn with_spans_of(settings: &Value, other: &Value) -> Value {
    let all = [Proof::Orders, Proof::Money].into_iter();
    let spans = all.flat_map(|proof| held_by_files(other, proof).into_iter().map(move |span| (proof, span)));
    spans.fold(settings.clone(), |settings, (proof, span)| {
        with_span(&settings, proof, span)
    })
}

/// From the earliest to the latest of what these records of money tell. A day that is stated alone is meant from its beginning to
/// its end in `zone`.
pub(super) fn money_span(told: impl Iterator<Item = (When, When)>, zone: Zone) -> Option<(i64, i64)> {
    let second = |at: When, ahead: i32, less: i64| match at {
        When::Instant(at) => at,
        When::Day(day) => zone.start_of(day.plus(ahead)) - less,
    };
    told.map(|(from, to)| (second(from, 0, 0), second(to, 1, 1)))
        .reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}

/// From the first to the last of these orders, as far as they are in the ledger. An order of which only the day is known stands
/// for the beginning of that day in `zone`.
pub(super) fn span_of<'k>(
    r: &Read<'_>,
    connection: ConnectionId,
    keys: impl Iterator<Item = &'k str>,
    zone: Zone,
) -> Result<Option<(i64, i64)>> {
    let mut span: Option<(i64, i64)> = None;
    for key in keys {
        let Some((at, day)) = r.order_placed(connection, key)? else {
            continue;
        };
        let at = if zone.day_of(at) == day { at } else { zone.start_of(day) };
        span = Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_prove_is_the_sum_of_their_spans_and_gaps_stay() {
        let none = json!({ "files_only": true });
        assert_eq!(held_by_files(&none, Proof::Orders), [], "no file, no day");
        let two = with_span(&with_span(&none, Proof::Orders, (50, 60)), Proof::Orders, (10, 20));
        assert_eq!(
            held_by_files(&two, Proof::Orders),
            [(10, 20), (50, 60)],
            "in order, the gap between them stays"
        );
        assert_eq!(two["files_only"], json!(true), "other settings are kept");
        let joined = with_span(&two, Proof::Orders, (15, 55));
        assert_eq!(
            held_by_files(&joined, Proof::Orders),
            [(10, 60)],
            "a file that bridges the gap closes it"
        );
        let two = with_span(&two, Proof::Money, (70, 80));
        let both = with_spans_of(&none, &two);
        assert_eq!(
            held_by_files(&both, Proof::Orders),
            held_by_files(&two, Proof::Orders),
            "the spans of another set"
        );
        assert_eq!(
            held_by_files(&both, Proof::Money),
            [(70, 80)],
            "those of money are kept by themselves"
        );
    }
}
