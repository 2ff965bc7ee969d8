//! Lists of things along a moment (their last change): upward for what is new, downward for what is old (contract 3.6).
//!
//! A list never trusts a cursor longer than a run, never grows beyond what the platform gives (25,000), and survives a second
//! in which more things changed than that: it then goes on by id within the second.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::documents::Document;
use super::envelope::Envelope;
use super::page_size::PageSize;
use super::proof::{self, Doubt, Words};
use super::search;
use super::slices::PageInfo;
use super::tally::Tally;
use crate::connectors::fetch::{Step, StreamCtx};
use crate::connectors::intervals::Intervals;
use crate::net::{Code, NetError};

/// Objects of one list after which it is begun anew: the platform ends it at 25,000.
const LIST_LIMIT: u32 = 20_000;
/// Pages in a row that may bring nothing further.
const STALLS: u32 = 3;

/// What is listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) document: &'static Document,
    /// How many there are in a span, where the platform counts that.
    pub(super) counted: Option<Counted>,
    /// Filter and sort key of the moment (`updated_at`, `UPDATED_AT`).
    pub(super) field: &'static str,
    pub(super) sort: &'static str,
    /// Further filter before it, with its `AND`.
    pub(super) prefix: &'static str,
    /// Without an upper end: the filter is not exact to the second.
    pub(super) open: bool,
    /// A switch of the list's query, and how it stands.
    pub(super) switch: Option<(&'static str, bool)>,
}

/// How a list's things are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    /// The list's query with the count beside it, for the first page.
    pub(super) beside: &'static Document,
    /// The count alone, for a span in doubt.
    pub(super) alone: &'static Document,
    /// Name of the count's root.
    pub(super) root: &'static str,
    /// How things are spoken of that are counted and not shown.
    pub(super) words: Words,
}

/// Seconds from a span's end to one in which nothing can be.
const NEVER: i64 = 10 * 365 * 86_400;

impl Listed {
    /// The filter of `[from, to)`; `last` where nothing comes behind it.
    fn filter(&self, from: i64, to: i64, last: bool) -> String {
        let span = match self.open && last {
            true => search::since(self.field, from),
            false => search::between(self.field, from, to),
        };
        format!("{}{span}", self.prefix)
    }

    /// The question how many things a span in doubt has now, and whether the count looks at its filter at all; `target` is where
    /// the run's span ends.
    pub(super) fn ask(&self, ctx: &StreamCtx<'_>, doubt: &Doubt, target: i64) -> Result<Step, NetError> {
        self.ask_by(ctx, &self.filter(doubt.from, doubt.to, doubt.to >= target), doubt.to)
    }

    /// As [`Listed::ask`], by a filter of the span that ends with `to`.
    pub(super) fn ask_by(&self, ctx: &StreamCtx<'_>, filter: &str, to: i64) -> Result<Step, NetError> {
        let Some(counted) = self.counted else {
            return Err(NetError::defect("What is not counted cannot be in doubt."));
        };
        let none = format!("{}{}", self.prefix, search::since(self.field, to.saturating_add(NEVER)));
        counted
            .alone
            .call(ctx.remote, json!({ "q": filter, "none": none }), &[])
    }
}

/// A span of moments being read page by page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct ChangeList {
    /// First second.
    pub(super) from: i64,
    /// Second after the last one.
    pub(super) to: i64,
    /// Newest first.
    pub(super) down: bool,
    after: Option<String>,
    /// Objects read since the list was begun.
    read: u32,
    /// Moment and id of the last thing read.
    last: Option<(i64, String)>,
    /// Reading one crowded second by id: ids above this one are left.
    crowd: Option<String>,
    stalls: u32,
    /// Further things are behind its end, so that a filter without one would bring them, too.
    #[serde(default)]
    bounded: bool,
    /// The span it was begun with, and what came of it.
    #[serde(default)]
    pub(super) span: (i64, i64),
    #[serde(default)]
    pub(super) tally: Tally,
}

/// Where a page left a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Left {
    /// It goes on.
    Open,
    /// Everything in its span is read.
    Ended,
}

impl ChangeList {
    /// The changes of `[from, to)`.
    pub(super) fn new(from: i64, to: i64, down: bool) -> Self {
        ChangeList {
            from,
            to,
            down,
            after: None,
            read: 0,
            last: None,
            crowd: None,
            stalls: 0,
            bounded: false,
            span: (from, to),
            tally: Tally::default(),
        }
    }

    /// The same, ending where it says even if its filter is otherwise without an end.
    pub(super) fn bounded(self, bounded: bool) -> Self {
        ChangeList { bounded, ..self }
    }

    /// Takes in the count that came with its first page, where one did.
    pub(super) fn hear(&mut self, envelope: &Envelope<'_>, listed: &Listed) {
        let count = listed.counted.and_then(|counted| proof::count(envelope, counted.root));
        if let Some(count) = count {
            self.tally.counted = Some(count.found);
        }
    }

    /// Whether the next page is the one with which the platform's count of the span is asked for.
    pub(super) fn is_counting(&self) -> bool {
        let begins = self.read == 0 && self.after.is_none() && self.crowd.is_none();
        self.tally.counted.is_none() && begins && (self.from, self.to) == self.span
    }

    /// The request for its next page.
    pub(super) fn step(
        &self,
        ctx: &StreamCtx<'_>,
        listed: &Listed,
        size: &PageSize,
        nested: &[(&'static str, i64)],
    ) -> Result<Step, NetError> {
        let document = match listed.counted {
            Some(counted) if self.is_counting() => counted.beside,
            _ => listed.document,
        };
        let mut sizes = nested.to_vec();
        sizes.push(("n", size.for_call(ctx, document, nested)));
        let crowded = if self.down { self.to - 1 } else { self.from };
        let (filter, sort, down) = match &self.crowd {
            Some(id) => {
                let second = search::between_above(listed.field, crowded, crowded + 1, id);
                (format!("{}{second}", listed.prefix), "ID", false)
            }
            None => (listed.filter(self.from, self.to, !self.bounded), listed.sort, self.down),
        };
        let mut variables = json!({ "q": filter, "after": self.after, "sort": sort, "down": down });
        if let Some((name, stands)) = listed.switch {
            variables[name] = stands.into();
        }
        document.call(ctx.remote, variables, &sizes)
    }

    /// Takes note of a page of `count` things that ends with `last` (its moment and id), and adds to `covered` what is
    /// now completely read.
    ///
    /// # Errors
    /// [`NetError`] if pages go on without bringing anything further.
    pub(super) fn came(
        &mut self,
        count: usize,
        last: Option<(i64, String)>,
        info: &PageInfo,
        covered: &mut Intervals,
    ) -> Result<Left, NetError> {
        self.read = self.read.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        let stands = last.is_none() || last == self.last || info.end_cursor.is_none() || info.end_cursor == self.after;
        self.stalls = if info.has_next_page && stands {
            self.stalls + 1
        } else {
            0
        };
        if self.stalls >= STALLS {
            return Err(NetError::stream(
                Code::RefusedByChannel,
                "Shopify's pages go on without bringing anything further.",
                "The next sync tries again from here.",
            ));
        }
        if last.is_some() {
            self.last = last;
        }
        if self.crowd.is_some() {
            return Ok(self.came_by_id(info, covered));
        }
        if !info.has_next_page {
            covered.insert(self.from, self.to);
            return Ok(Left::Ended);
        }
        // A page that says “more” without saying from where is asked for again.
        if info.end_cursor.is_some() {
            self.after.clone_from(&info.end_cursor);
        }
        let Some((second, _)) = self.last.clone() else {
            return Ok(Left::Open);
        };
        // The last second may go on on the next page, so it is not covered yet. Seconds outside the span are no progress.
        let second = second.clamp(self.from, self.to - 1);
        let (start, end) = if self.down {
            (second + 1, self.to)
        } else {
            (self.from, second)
        };
        covered.insert(start, end);
        if self.read >= LIST_LIMIT {
            self.begin_anew(second);
        }
        Ok(Left::Open)
    }

    /// Goes on as a list of its own behind what is covered, the second of the last thing included: what was read before is told apart
    /// from what is read from here on.
    pub(super) fn set_apart(&mut self) {
        match (&self.crowd, &self.last) {
            (Some(_), _) => (self.crowd, self.after, self.read) = (Some("0".to_owned()), None, 0),
            (None, Some((second, _))) => self.begin_anew((*second).clamp(self.from, self.to - 1)),
            (None, None) => {}
        }
    }

    /// Begins the list anew behind what is covered; if that is a single crowded second, goes on in it by id.
    fn begin_anew(&mut self, second: i64) {
        let moved = if self.down {
            second + 1 < self.to
        } else {
            second > self.from
        };
        if self.down {
            self.to = second + 1;
        } else {
            self.from = second;
        }
        self.after = None;
        self.read = 0;
        if !moved {
            self.crowd = Some("0".to_owned());
            self.last = None;
            self.tally.by_id();
        }
    }

    fn came_by_id(&mut self, info: &PageInfo, covered: &mut Intervals) -> Left {
        if info.has_next_page {
            if info.end_cursor.is_some() {
                self.after.clone_from(&info.end_cursor);
            }
            if self.read >= LIST_LIMIT
                && let Some((_, id)) = &self.last
            {
                self.crowd = Some(id.clone());
                self.after = None;
                self.read = 0;
            }
            return Left::Open;
        }
        let second = if self.down { self.to - 1 } else { self.from };
        covered.insert(second, second + 1);
        let rest = if self.down {
            (self.from, second)
        } else {
            (second + 1, self.to)
        };
        let mut tally = std::mem::take(&mut self.tally);
        tally.by_moment();
        *self = ChangeList {
            span: self.span,
            bounded: self.bounded,
            tally,
            ..ChangeList::new(rest.0, rest.1, self.down)
        };
        if self.from >= self.to { Left::Ended } else { Left::Open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(cursor: Option<&str>) -> PageInfo {
        PageInfo {
            has_next_page: cursor.is_some(),
            end_cursor: cursor.map(str::to_owned),
        }
    }

    fn at(second: i64, id: u32) -> Option<(i64, String)> {
        Some((second, id.to_string()))
    }

    #[test]
    fn only_what_is_completely_read_is_covered() {
        let mut covered = Intervals::default();
        let mut up = ChangeList::new(100, 200, false);
        assert_eq!(
            up.came(50, at(150, 1), &info(Some("a")), &mut covered),
            Ok(Left::Open),
            "more pages"
        );
        assert_eq!(
            (covered.start_of_last(), covered.end()),
            (Some(100), Some(150)),
            "second 150 may go on on the next page"
        );
        assert_eq!(
            up.came(9, at(160, 2), &info(None), &mut covered),
            Ok(Left::Ended),
            "the last page"
        );
        assert_eq!(
            covered.end(),
            Some(200),
            "fm19: to the end of the span, also where nothing happened"
        );
        let mut covered = Intervals::default();
        let mut down = ChangeList::new(0, 200, true);
        assert_eq!(
            down.came(50, at(150, 1), &info(Some("a")), &mut covered),
            Ok(Left::Open),
            "more pages"
        );
        assert_eq!(
            covered.start_of_last(),
            Some(151),
            "newest first: what is above second 150"
        );
        assert_eq!(
            down.came(0, None, &info(None), &mut covered),
            Ok(Left::Ended),
            "an empty last page"
        );
        assert_eq!(covered.start_of_last(), Some(0), "everything");
    }

    #[test]
    fn fm14_a_second_fuller_than_a_list_is_read_by_id() {
        for down in [false, true] {
            let mut covered = Intervals::default();
            let mut list = ChangeList::new(100, 200, down);
            let crowded = 150;
            let mut cursor = 0;
            while list.crowd.is_none() {
                cursor += 1;
                assert!(cursor < 300, "the list must turn to ids");
                let left = list.came(250, at(crowded, cursor), &info(Some(&cursor.to_string())), &mut covered);
                assert_eq!(left, Ok(Left::Open), "page {cursor}");
            }
            assert_eq!(
                list.came(250, at(crowded, 5_000), &info(Some("x")), &mut covered),
                Ok(Left::Open),
                "by id"
            );
            assert_eq!(
                list.came(10, at(crowded, 5_010), &info(None), &mut covered),
                Ok(Left::Open),
                "the second is done, the span is not"
            );
            let (edge, beyond) = if down { (150, 149) } else { (151, 152) };
            let open = covered
                .latest_gap(beyond)
                .map_or(covered.end(), |_| covered.start_of_last());
            assert_eq!(
                open,
                Some(edge),
                "covered up to the crowded second and with it, down = {down}"
            );
            assert_eq!(
                list.came(3, at(170, 1), &info(None), &mut covered),
                Ok(Left::Ended),
                "the rest"
            );
            assert_eq!(
                (covered.start_of_last(), covered.end()),
                (Some(100), Some(200)),
                "nothing left out, down = {down}"
            );
        }
    }

    #[test]
    fn a_list_is_begun_anew_before_the_platform_ends_it() {
        let mut covered = Intervals::default();
        let mut list = ChangeList::new(0, 1_000_000, false);
        for page in 1..=80_i64 {
            list.came(
                250,
                at(page * 100, page as u32),
                &info(Some(&format!("c{page}"))),
                &mut covered,
            )
            .expect("it goes on");
        }
        assert_eq!(
            (list.from, list.after.as_deref(), list.read),
            (8_000, None, 0),
            "behind what is covered, without a cursor"
        );
        assert!(list.crowd.is_none(), "no crowded second here");
    }

    #[test]
    fn pages_that_bring_nothing_further_are_an_error() {
        let mut covered = Intervals::default();
        let mut list = ChangeList::new(0, 100, false);
        list.came(1, at(5, 1), &info(Some("a")), &mut covered).expect("a page");
        list.came(1, at(5, 1), &info(Some("b")), &mut covered)
            .expect("the same page again");
        list.came(1, at(5, 1), &info(Some("c")), &mut covered)
            .expect("and again");
        assert!(
            list.came(1, at(5, 1), &info(Some("d")), &mut covered).is_err(),
            "endless pages end"
        );
        let mut list = ChangeList::new(0, 100, false);
        let no_cursor = PageInfo {
            has_next_page: true,
            end_cursor: None,
        };
        list.came(1, at(5, 1), &info(Some("a")), &mut covered).expect("a page");
        list.came(0, None, &no_cursor, &mut covered)
            .expect("an empty page with more to come");
        assert_eq!(
            list.after.as_deref(),
            Some("a"),
            "is asked for again, not from the beginning"
        );
        assert_eq!(
            list.came(1, at(6, 1), &info(None), &mut covered),
            Ok(Left::Ended),
            "and the list goes on"
        );
    }
}
