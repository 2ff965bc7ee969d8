//! Sets of days: spans with both ends in them, earliest first, apart from one another.

use crate::metrics::Period;
use crate::model::Day;

/// Before every day there is.
const ALWAYS: Day = Day(i32::MIN / 2);
/// After every day there is.
const FOREVER: Day = Day(i32::MAX / 2);

/// A set of days.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Spans(Vec<Period>);

impl Spans {
    /// Every day.
    pub(super) fn all() -> Spans {
        Spans::from_to(None, None)
    }

    /// From a day to a day, both in it; `None` has no end there.
    pub(super) fn from_to(from: Option<Day>, to: Option<Day>) -> Spans {
        let (from, to) = (from.unwrap_or(ALWAYS), to.unwrap_or(FOREVER));
        Spans(if from <= to {
            vec![Period { from, to }]
        } else {
            Vec::new()
        })
    }

    /// These days and those.
    pub(super) fn and(mut self, other: Spans) -> Spans {
        self.0.extend(other.0);
        self.0.sort_by_key(|span| span.from);
        let mut joined: Vec<Period> = Vec::with_capacity(self.0.len());
        for span in self.0 {
            match joined.last_mut() {
                Some(last) if span.from <= last.to.plus(1) => last.to = last.to.max(span.to),
                _ => joined.push(span),
            }
        }
        Spans(joined)
    }

    /// The days that are in both.
    pub(super) fn common(&self, other: &Spans) -> Spans {
        let both = |a: &Period, b: &Period| Spans::from_to(Some(a.from.max(b.from)), Some(a.to.min(b.to))).0;
        let mut found: Vec<Period> = Vec::new();
        for a in &self.0 {
            found.extend(other.0.iter().flat_map(|b| both(a, b)));
        }
        found.sort_by_key(|span| span.from);
        Spans(found)
    }

    /// The days that are not in the other.
    pub(super) fn without(&self, other: &Spans) -> Spans {
        let mut left = Vec::new();
        for span in &self.0 {
            let mut from = span.from;
            for taken in other.0.iter().filter(|o| o.from <= span.to && span.from <= o.to) {
                if from < taken.from {
                    left.push(Period {
                        from,
                        to: taken.from.plus(-1),
                    });
                }
                from = from.max(taken.to.plus(1));
            }
            if from <= span.to {
                left.push(Period { from, to: span.to });
            }
        }
        Spans(left)
    }

    /// Those of a period.
    pub(super) fn within(&self, period: Period) -> Spans {
        self.common(&Spans(vec![period]))
    }

    /// From the first to the last of them, without a gap.
    pub(super) fn hull(&self) -> Spans {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) => Spans::from_to(Some(first.from), Some(last.to)),
            _ => Spans::default(),
        }
    }

    /// Whether every day of a period is among them.
    pub(super) fn cover(&self, period: Period) -> bool {
        self.0.iter().any(|s| s.from <= period.from && period.to <= s.to)
    }

    /// The spans.
    pub(super) fn each(&self) -> &[Period] {
        &self.0
    }

    /// The first day of the latest span; `None` where it has no beginning, or there is none.
    pub(super) fn last_from(&self) -> Option<Day> {
        self.0.last().map(|s| s.from).filter(|day| *day > ALWAYS)
    }

    /// The last day of the latest span; `None` where it has no end, or there is none.
    pub(super) fn last_to(&self) -> Option<Day> {
        self.0.last().map(|s| s.to).filter(|day| *day < FOREVER)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(of: &[(i32, i32)]) -> Spans {
        of.iter().fold(Spans::default(), |all, (from, to)| {
            all.and(Spans::from_to(Some(Day(*from)), Some(Day(*to))))
        })
    }

    #[test]
    fn days_that_touch_are_one_span_and_gaps_stay() {
        assert_eq!(
            spans(&[(10, 12), (1, 3), (4, 5), (11, 20)]),
            Spans(vec![
                Period {
                    from: Day(1),
                    to: Day(5)
                },
                Period {
                    from: Day(10),
                    to: Day(20)
                }
            ]),
            "in order, joined where no day is between them"
        );
        assert!(
            Spans::from_to(Some(Day(2)), Some(Day(1))).is_empty(),
            "an end before the beginning is no day"
        );
    }

    #[test]
    fn only_days_of_both_are_common() {
        let (one, other) = (spans(&[(1, 10), (20, 30)]), spans(&[(5, 25)]));
        assert_eq!(one.common(&other), spans(&[(5, 10), (20, 25)]), "what overlaps");
        assert_eq!(one.common(&other), other.common(&one), "from either side");
        assert_eq!(one.common(&Spans::all()), one, "every day takes nothing away");
        assert!(one.common(&Spans::default()).is_empty(), "no day leaves nothing");
        assert_eq!(one.hull(), spans(&[(1, 30)]), "from the first to the last");
    }

    #[test]
    fn what_is_taken_away_leaves_the_days_before_between_and_after() {
        let days = spans(&[(1, 10), (20, 30)]);
        assert_eq!(
            days.without(&spans(&[(3, 4), (8, 22), (29, 40)])),
            spans(&[(1, 2), (5, 7), (23, 28)]),
            "every day that is in the first only"
        );
        assert_eq!(days.without(&Spans::default()), days, "no day takes nothing away");
        assert!(days.without(&Spans::all()).is_empty(), "every day takes all of them");
        assert_eq!(
            Spans::all().without(&Spans::from_to(Some(Day(5)), None)),
            Spans::from_to(None, Some(Day(4))),
            "days without a beginning keep having none"
        );
    }

    #[test]
    fn a_period_is_covered_by_one_span_or_not_at_all() {
        let days = spans(&[(1, 3), (5, 9)]);
        let period = |from, to| Period {
            from: Day(from),
            to: Day(to),
        };
        assert!(days.cover(period(5, 9)), "both ends are in it");
        assert!(!days.cover(period(3, 5)), "the day between is not");
        assert_eq!(
            (days.last_from(), days.last_to()),
            (Some(Day(5)), Some(Day(9))),
            "the latest span"
        );
        let open = Spans::from_to(Some(Day(4)), None);
        assert_eq!(
            (open.last_from(), open.last_to()),
            (Some(Day(4)), None),
            "one without an end"
        );
    }
}
