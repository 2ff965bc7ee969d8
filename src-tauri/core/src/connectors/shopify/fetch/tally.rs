//! What a list brought, each thing once, beside what the platform counts in the same span.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Counts the things of a list that runs along time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tally {
    /// What the platform counted in the span when the list was begun.
    pub(super) counted: Option<u64>,
    /// Things of the seconds that the list has passed.
    passed: u64,
    /// The second it stands in, and the things of it that were met.
    second: Option<i64>,
    met: BTreeSet<String>,
    /// Reading one crowded second by id: the highest id met.
    above: Option<u64>,
}

impl Tally {
    /// Takes note of a thing with its moment; 0 where it states none that can be read. What comes again counts once.
    pub(super) fn met(&mut self, version: i64, key: &str, down: bool) {
        if version == 0 {
            self.passed += 1;
            return;
        }
        if let Some(above) = &mut self.above {
            if let Some(id) = key.parse::<u64>().ok().filter(|id| *id > *above) {
                *above = id;
                self.passed += 1;
            }
            return;
        }
        let further = self
            .second
            .is_none_or(|second| version != second && (version < second) == down);
        if further {
            self.passed += self.met.len() as u64;
            self.met.clear();
            self.second = Some(version);
        }
        if self.second == Some(version) {
            self.met.insert(key.to_owned());
        }
    }

    /// The second at hand is read again from its beginning, by id.
    pub(super) fn by_id(&mut self) {
        self.met.clear();
        self.above = Some(0);
    }

    /// The list goes on behind the crowded second.
    pub(super) fn by_moment(&mut self) {
        self.above = None;
    }

    /// How many things came.
    pub(super) fn came(&self) -> u64 {
        self.passed + self.met.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_counts_once() {
        for down in [false, true] {
            let at = |second: i64| if down { 100 - second } else { second };
            let mut tally = Tally::default();
            for (second, key) in [(1, "1"), (2, "2"), (2, "3"), (2, "2"), (1, "1"), (3, "4"), (2, "3")] {
                tally.met(at(second), key, down);
            }
            assert_eq!(tally.came(), 4, "a page that comes again brings nothing, down = {down}");
            tally.met(at(3), "5", down);
            tally.by_id();
            for key in ["4", "5", "6", "6"] {
                tally.met(at(3), key, down);
            }
            tally.by_moment();
            tally.met(at(4), "7", down);
            assert_eq!(
                tally.came(),
                7,
                "a crowded second that is read by id counts once, down = {down}"
            );
        }
    }
}
