//! Whether what came is all there is: what lists and bulk runs brought, held against the platform's own count of the same span.
//!
//! The count is asked for after the reading. Until then things may change or be deleted, and so leave a past span; none enters it.
//! So it can only be lower than what came, unless something did not come.

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::change_list::ChangeList;
use super::envelope::Envelope;
use crate::connectors::fetch::Note;
use crate::connectors::intervals::Intervals;

/// Spans that one run reads again.
const MOST_AGAIN: u32 = 24;
/// How often a span of at most a day is read again in one run.
const TRIES: u32 = 2;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// Once a day so much is read again of every stream, for the platform's index lags (contract 3.6).
pub(super) const REREAD: i64 = 2 * DAY;
/// Runs that try a span again at once; it takes two requests.
const AT_ONCE: u32 = 8;
/// Doublings after which the wait until a span is tried again no longer grows.
const LONGEST_WAIT: u32 = 5;

/// How a stream speaks of what is lacking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// Code of the note.
    pub(super) code: &'static str,
    /// What is counted: “orders last changed”.
    pub(super) things: &'static str,
    /// What follows from it.
    pub(super) hint: &'static str,
}

/// A count as the platform answers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Count {
    /// How many there are; exact or a lower bound: fewer cannot be all.
    pub(super) found: u64,
    /// It does not look at its filter: the count of a span in which nothing can be was not zero (contract 3.5 knows one like that).
    blind: bool,
}

/// Where the count of a span left it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held {
    /// Everything came.
    Proved,
    /// It is to be read again.
    Again,
    /// Not everything came, however often it was read again.
    Short,
}

/// A span of which less seems to have come than there is; the count is asked for again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Doubt {
    pub(super) from: i64,
    pub(super) to: i64,
    came: u64,
}

/// A span to be read again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Again {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Things that should be in it.
    pub(super) about: u64,
    /// How often exactly this span was read again in this run.
    tries: u32,
    /// Runs that could not read all of it.
    runs: u32,
}

/// Something of which not all came, however often it was read again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Short {
    from: i64,
    to: i64,
    counted: u64,
    came: u64,
    runs: u32,
    at: i64,
}

impl Short {
    /// In the run of `now`; `runs` runs before could not read it either.
    pub(super) fn new((from, to): (i64, i64), counted: u64, came: u64, runs: u32, now: i64) -> Self {
        Short {
            from,
            to,
            counted,
            came,
            runs: runs + 1,
            at: now,
        }
    }

    /// Runs that could not read all of it.
    pub(super) fn runs(&self) -> u32 {
        self.runs
    }

    /// Whether it is time to try again: with the next runs at once, and from then on after one day, two, four, up to a month.
    pub(super) fn is_due(&self, now: i64) -> bool {
        match self.runs.checked_sub(AT_ONCE) {
            None => true,
            Some(more) => now - self.at >= DAY << more.min(LONGEST_WAIT),
        }
    }

    /// What is lacking, for the user.
    pub(super) fn note(&self, words: &Words) -> Note {
        let day = |second| {
            let at = DateTime::from_timestamp(second, 0).unwrap_or_default();
            at.format("%Y-%m-%d").to_string()
        };
        let (from, to) = (day(self.from), day(self.to));
        let span = match self.from {
            0 => format!("up to {to}"),
            _ if from == to => format!("on {to}"),
            _ => format!("from {from} to {to}"),
        };
        Note {
            code: words.code.into(),
            message: format!(
                "Of the {} {span} (UTC), Shopify counted {} and showed {}, also when read again on {}.",
                words.things,
                self.counted,
                self.came,
                day(self.at)
            ),
            hint: format!(
                "{} Later syncs ask again, less and less often; a full sync asks at once.",
                words.hint
            ),
        }
    }

    /// Several as one.
    fn together(several: &[Short]) -> Option<Short> {
        let first = several.first()?;
        Some(several[1..].iter().fold(first.clone(), |all, one| Short {
            from: all.from.min(one.from),
            to: all.to.max(one.to),
            counted: all.counted + one.counted,
            came: all.came + one.came,
            runs: all.runs.max(one.runs),
            at: all.at.max(one.at),
        }))
    }
}

/// What is proved, what is in doubt and what is lacking of a stream that is read along a moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Proof {
    /// What came is less than was counted, perhaps.
    doubt: Option<Doubt>,
    /// Spans to be read again, the next one last, and the one at hand.
    again: Vec<Again>,
    at_hand: Option<Again>,
    /// Spans read again in this run, and whether those of earlier runs were looked at.
    read_again: u32,
    tried_short: bool,
    /// Spans of which less came than the platform counts.
    short: Vec<Short>,
    /// The counts prove nothing.
    blind: bool,
}

impl Proof {
    /// Prepares a run. `goes_on`: the list at hand is gone on with; `busy`: what is read again is being made elsewhere.
    pub(super) fn begin(&mut self, goes_on: bool, busy: bool) {
        if !goes_on {
            // What was to be read again is not covered, and so is read with the other gaps.
            self.again.clear();
            self.at_hand = self.at_hand.take().filter(|_| self.doubt.is_some() || busy);
        }
        (self.read_again, self.tried_short) = (0, false);
    }

    /// The span whose count is to be asked for.
    pub(super) fn doubt(&self) -> Option<&Doubt> {
        self.doubt.as_ref()
    }

    /// Everything of `[from, to)` was read, and so much came; `counted` is what the platform counted at the beginning.
    pub(super) fn ended(&mut self, from: i64, to: i64, came: u64, counted: Option<u64>) {
        match counted {
            _ if self.blind => self.proved(from, to),
            Some(counted) if counted <= came => self.proved(from, to),
            _ => self.doubt = Some(Doubt { from, to, came }),
        }
    }

    /// The count of the span in doubt, `None` where the platform does not count. `oldest` is the oldest moment that anything has.
    /// What is lacking is taken out of `covered` until it is read again.
    pub(super) fn counted(
        &mut self,
        count: Option<Count>,
        oldest: Option<i64>,
        now: i64,
        covered: &mut Intervals,
    ) -> Held {
        let Some(Doubt { from, to, came }) = self.doubt.take() else {
            return Held::Proved;
        };
        let Again { tries, runs, .. } = self.at_hand.take().unwrap_or(Again {
            from,
            to,
            about: 0,
            tries: 0,
            runs: 0,
        });
        let counted = match count.filter(|count| !count.blind) {
            Some(count) => count.found,
            None => {
                // Nothing tells whether it was all: it is read once more, and then believed.
                self.blind = true;
                self.again.push(Again {
                    from,
                    to,
                    about: came,
                    tries,
                    runs,
                });
                covered.remove(from, to);
                return Held::Again;
            }
        };
        if counted <= came {
            self.proved(from, to);
            return Held::Proved;
        }
        covered.remove(from, to);
        let low = oldest.filter(|oldest| (from..to).contains(oldest)).unwrap_or(from);
        let middle = low + (to - low) / 2;
        let again = |from, to, tries| Again {
            from,
            to,
            about: counted / (if tries == 0 { 2 } else { 1 }),
            tries,
            runs,
        };
        if self.read_again < MOST_AGAIN && to - low > DAY {
            // In halves: what is missing is found in the shortest span there is, and the rest is held.
            self.again.push(again(from, middle, 0));
            self.again.push(again(middle, to, 0));
        } else if self.read_again < MOST_AGAIN && tries < TRIES {
            self.again.push(again(from, to, tries + 1));
        } else {
            covered.insert(from, to);
            self.short.push(Short::new((from, to), counted, came, runs, now));
            return Held::Short;
        }
        Held::Again
    }

    fn proved(&mut self, from: i64, to: i64) {
        self.at_hand = None;
        self.short.retain(|short| short.from < from || short.to > to);
    }

    /// Has what lacked in earlier runs read again where it is time; says whether there is anything like that.
    pub(super) fn look_back(&mut self, now: i64, covered: &mut Intervals) -> bool {
        if std::mem::replace(&mut self.tried_short, true) {
            return false;
        }
        let (due, wait): (Vec<Short>, Vec<Short>) = std::mem::take(&mut self.short)
            .into_iter()
            .partition(|short| short.is_due(now));
        self.short = wait;
        for short in &due {
            covered.remove(short.from, short.to);
            self.again.push(Again {
                from: short.from,
                to: short.to,
                about: short.counted,
                tries: TRIES,
                runs: short.runs,
            });
        }
        !due.is_empty()
    }

    /// Takes on the next span that is to be read again, if there is one.
    pub(super) fn take_on(&mut self) -> Option<Again> {
        let again = self.again.pop()?;
        self.read_again += 1;
        self.at_hand = Some(again.clone());
        Some(again)
    }

    /// Takes the next span to be read again, those of earlier runs first looked at where it is time.
    pub(super) fn next_span(&mut self, now: i64, covered: &mut Intervals) -> Option<(i64, i64)> {
        self.look_back(now, covered);
        self.take_on().map(|again| (again.from, again.to))
    }

    /// A list has ended, and is held against its count; says whether there was one that proves something.
    pub(super) fn close(&mut self, list: &ChangeList) -> bool {
        let ChangeList { span, tally, .. } = list;
        let proves = tally.counted.is_some() && !self.blind;
        if tally.counted.is_some() {
            self.ended(span.0, span.1, tally.came(), tally.counted);
        }
        proves
    }

    /// From when on everything is here of what is covered from `start` on.
    pub(super) fn complete_from(&self, start: i64) -> i64 {
        self.lacks_before().map_or(start, |lacks| start.max(lacks))
    }

    /// The end of the latest span of which not everything came, or may not have.
    pub(super) fn lacks_before(&self) -> Option<i64> {
        let short = self.short.iter().map(|short| short.to);
        short.chain(self.doubt.iter().map(|doubt| doubt.to)).max()
    }

    /// What is lacking even so, for the user; told at the end of a run, and beside the stream until it is there.
    pub(super) fn note(&self, words: &Words) -> Option<Note> {
        Short::together(&self.short).map(|short| short.note(words))
    }
}

/// What the member `root` of an answer counts, where it counts anything.
pub(super) fn count(envelope: &Envelope<'_>, root: &str) -> Option<Count> {
    #[derive(Deserialize)]
    struct Found {
        count: u64,
    }
    let number = |name: &str| {
        let found: Found = serde_json::from_str(envelope.root(name)?.get()).ok()?;
        Some(found.count)
    };
    Some(Count {
        found: number(root)?,
        blind: number("none").is_some_and(|none| none > 0),
    })
}
