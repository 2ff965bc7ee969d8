//! Which spans of time are covered: what was read completely, and the gaps between.

use serde::{Deserialize, Serialize};

/// Disjoint spans `[from, to)` of UTC seconds, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Intervals(Vec<(i64, i64)>);

impl Intervals {
    /// Adds `[from, to)` and joins what touches.
    pub(crate) fn insert(&mut self, from: i64, to: i64) {
        if from >= to {
            return;
        }
        let (mut from, mut to) = (from, to);
        self.0.retain(|(start, end)| {
            let apart = *end < from || *start > to;
            if !apart {
                from = from.min(*start);
                to = to.max(*end);
            }
            apart
        });
        let at = self.0.partition_point(|(start, _)| *start < from);
        self.0.insert(at, (from, to));
    }

    /// Takes `[from, to)` back.
    pub(crate) fn remove(&mut self, from: i64, to: i64) {
        if from >= to {
            return;
        }
        let left = self.0.iter().flat_map(|(start, end)| {
            let (before, behind) = ((*start, (*end).min(from)), ((*start).max(to), *end));
            [before, behind]
        });
        self.0 = left.filter(|(start, end)| start < end).collect();
    }

    /// Takes back what is covered from `end` on.
    pub(crate) fn truncate(&mut self, end: i64) {
        self.0.retain(|(start, _)| *start < end);
        if let Some((_, last)) = self.0.last_mut() {
            *last = end.min(*last);
        }
    }

    /// The end of the latest span.
    pub(crate) fn end(&self) -> Option<i64> {
        self.0.last().map(|(_, end)| *end)
    }

    /// The start of the latest span: everything from there to its end is covered.
    pub(crate) fn start_of_last(&self) -> Option<i64> {
        self.0.last().map(|(start, _)| *start)
    }

    /// The latest gap below the latest span, not below `floor`; `None` if there is none or nothing is covered.
    pub(crate) fn latest_gap(&self, floor: i64) -> Option<(i64, i64)> {
        let start = self.start_of_last()?;
        let below = self
            .0
            .len()
            .checked_sub(2)
            .and_then(|at| self.0.get(at))
            .map_or(i64::MIN, |(_, end)| *end);
        let from = below.max(floor);
        (from < start).then_some((from, start))
    }

    /// The spans, in order.
    pub(crate) fn spans(&self) -> &[(i64, i64)] {
        &self.0
    }

    /// Whether nothing is covered.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_touches_is_joined_and_gaps_are_found_newest_first() {
        let mut covered = Intervals::default();
        assert_eq!(covered.latest_gap(0), None, "nothing covered, nothing between");
        covered.insert(80, 100);
        assert_eq!(covered.latest_gap(0), Some((0, 80)), "everything before");
        assert_eq!(covered.latest_gap(80), None, "nothing older is wanted");
        covered.insert(20, 40);
        assert_eq!(covered.latest_gap(0), Some((40, 80)), "the later gap first");
        covered.insert(40, 80);
        assert_eq!(covered.latest_gap(0), Some((0, 20)), "joined on both sides");
        assert_eq!(
            (covered.start_of_last(), covered.end()),
            (Some(20), Some(100)),
            "one span"
        );
        let mut shorter = covered.clone();
        shorter.truncate(30);
        assert_eq!(shorter, Intervals(vec![(20, 30)]), "taken back from 30 on");
        shorter.truncate(10);
        assert!(shorter.is_empty(), "nothing is left");
        covered.insert(50, 50);
        assert_eq!(covered, Intervals(vec![(20, 100)]), "an empty span adds nothing");
    }

    proptest! {
        #[test]
        fn any_order_of_the_same_spans_covers_the_same(spans in proptest::collection::vec((0_i64..200, 0_i64..30), 0..20), seed: u64) {
            let cover = |spans: &[(i64, i64)]| {
                let mut covered = Intervals::default();
                for (from, length) in spans {
                    covered.insert(*from, from + length);
                }
                covered
            };
            let mut shuffled = spans.clone();
            let turn = if spans.is_empty() { 0 } else { (seed % spans.len() as u64) as usize };
            shuffled.rotate_left(turn);
            shuffled.reverse();
            let covered = cover(&spans);
            prop_assert_eq!(&covered, &cover(&shuffled));
            for second in 0..240 {
                let wanted = spans.iter().any(|(from, length)| (*from..from + length).contains(&second));
                let found = covered.0.iter().any(|(from, to)| (*from..*to).contains(&second));
                prop_assert_eq!(wanted, found, "second {}", second);
            }
            prop_assert!(covered.0.windows(2).all(|pair| pair[0].1 < pair[1].0), "in order and apart");
        }
    }
}
