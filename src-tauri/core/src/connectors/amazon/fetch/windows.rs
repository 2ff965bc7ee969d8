//! Spans of time of several marketplaces that are read as files, newest first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::errand::Barred;
use crate::connectors::intervals::Intervals;

/// A span `[from, to)` of one marketplace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) outlet: String,
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Window {
    /// What it is called among those that are left alone. The end moves with the time, the start does not.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.outlet, self.from)
    }
}

/// What is covered, by marketplace.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Covered(BTreeMap<String, Intervals>);

impl Covered {
    pub(super) fn insert(&mut self, outlet: &str, from: i64, to: i64) {
        self.0.entry(outlet.to_owned()).or_default().insert(from, to);
    }

    /// Takes `[from, to)` back, to be read again.
    pub(super) fn remove(&mut self, outlet: &str, from: i64, to: i64) {
        if let Some(spans) = self.0.get_mut(outlet) {
            spans.remove(from, to);
        }
    }

    /// The end of the latest span of every one of `outlets`; `None` while one has none.
    pub(super) fn end(&self, outlets: &[String]) -> Option<i64> {
        let ends = outlets.iter().map(|outlet| self.0.get(outlet).and_then(Intervals::end));
        ends.collect::<Option<Vec<i64>>>()?.into_iter().min()
    }

    /// The end of the latest span of one.
    pub(super) fn end_of(&self, outlet: &str) -> Option<i64> {
        self.0.get(outlet).and_then(Intervals::end)
    }

    /// The second from which on everything of all is covered; `None` while one has nothing.
    pub(super) fn since(&self, outlets: &[String]) -> Option<i64> {
        let starts = outlets
            .iter()
            .map(|outlet| self.0.get(outlet).and_then(Intervals::start_of_last));
        starts.collect::<Option<Vec<i64>>>()?.into_iter().max()
    }

    /// The same of those that anything is known of.
    pub(super) fn coverage(&self) -> (Option<i64>, Option<i64>) {
        let outlets: Vec<String> = self.0.keys().cloned().collect();
        match outlets.is_empty() {
            true => (None, None),
            false => (self.since(&outlets), self.end(&outlets)),
        }
    }

    /// Forgets marketplaces that are not read any more.
    pub(super) fn retain(&mut self, outlets: &[String]) {
        self.0.retain(|outlet, _| outlets.contains(outlet));
    }

    /// Takes back what is covered after `end`.
    pub(super) fn truncate(&mut self, end: i64) {
        self.0.values_mut().for_each(|spans| spans.truncate(end));
    }

    /// The latest window that is not covered and not left alone, not below `floor`, at most `longest` seconds (or days) long.
    pub(super) fn latest(
        &self,
        outlets: &[String],
        floor: i64,
        longest: i64,
        barred: &Barred,
        now: i64,
    ) -> Option<Window> {
        let mut found: Option<Window> = None;
        for outlet in outlets {
            let Some(mut spans) = self.0.get(outlet).cloned() else {
                continue;
            };
            while let Some((from, to)) = spans.latest_gap(floor) {
                let window = Window {
                    outlet: outlet.clone(),
                    from: from.max(to - longest),
                    to,
                };
                if !barred.holds(&window.name(), now) {
                    if found.as_ref().is_none_or(|known| known.to < window.to) {
                        found = Some(window);
                    }
                    break;
                }
                // What is left alone is passed over.
                spans.insert(window.from, window.to);
            }
        }
        found
    }

    /// How many windows are left.
    pub(super) fn left(&self, outlets: &[String], floor: i64, longest: i64) -> u64 {
        let mut left = 0;
        for outlet in outlets {
            let Some(mut spans) = self.0.get(outlet).cloned() else {
                continue;
            };
            while let Some((from, to)) = spans.latest_gap(floor) {
                left += u64::try_from((to - from + longest - 1) / longest).unwrap_or(0);
                spans.insert(from, to);
            }
        }
        left
    }
}
