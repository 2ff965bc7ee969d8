//! Whether what came is all there is: what lists and bulk runs brought, held against the platform's own count of the same span.
//!
//! The count is asked for after the reading. Until then orders may change or be deleted, and so leave a past span; none enters it.
//! So it can only be lower than what came, unless something did not come.

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ALL_ORDERS, BULK_FROM, DAY, ORDERS_COUNT, Orders};
use crate::connectors::fetch::{Note, Step, StreamCtx};
use crate::connectors::shopify::fetch::change_list::ChangeList;
use crate::connectors::shopify::fetch::envelope::Envelope;
use crate::connectors::shopify::fetch::order_bulk::Bulk;
use crate::connectors::shopify::fetch::{flow, search};
use crate::net::NetError;

/// Spans that one run reads again.
const MOST_AGAIN: u32 = 24;
/// How often a span of at most a day is read again in one run.
const TRIES: u32 = 2;
/// Days for which orders are shown without the right to all of them, less one: where exactly that ends is not known.
const SHOWN_DAYS: i64 = 59;
/// Runs after which the wait until a span is tried again no longer doubles.
const LONGEST_WAIT: u32 = 7;

/// A span of which less seems to have come than there is; the count is asked for again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Doubt {
    from: i64,
    to: i64,
    came: u64,
}

/// A span to be read again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Again {
    from: i64,
    to: i64,
    /// Orders that should be in it.
    about: u64,
    /// How often exactly this span was read again in this run.
    tries: u32,
    /// Runs that could not read all of it.
    runs: u32,
}

/// A span of which not all came, however often it was read again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Short {
    pub(super) from: i64,
    pub(super) to: i64,
    counted: u64,
    came: u64,
    runs: u32,
    at: i64,
}

impl Short {
    /// Whether it is time to try again: with the next run at once, and from then on after one day, two, four, up to a month.
    fn is_due(&self, now: i64) -> bool {
        match self.runs {
            0 | 1 => true,
            runs => now - self.at >= DAY << (runs.min(LONGEST_WAIT) - 2),
        }
    }
}

impl Orders {
    /// Everything of `[from, to)` was read, and so much came; `counted` is what the platform counted at the beginning.
    pub(super) fn ended(&mut self, from: i64, to: i64, came: u64, counted: Option<u64>) {
        match counted {
            Some(counted) if counted <= came => self.proved(from, to),
            _ => self.doubt = Some(Doubt { from, to, came }),
        }
    }

    /// The question how many orders a doubtful span has now.
    pub(super) fn ask(&self, ctx: &StreamCtx<'_>, doubt: &Doubt) -> Result<Step, NetError> {
        // Whether the count knows of orders that the lists may not show is not documented: those are left out of it.
        let filter = match self.lacking.iter().any(|scope| scope == ALL_ORDERS) {
            true => search::between_made_since("updated_at", doubt.from, doubt.to, ctx.now - SHOWN_DAYS * DAY),
            false => search::between("updated_at", doubt.from, doubt.to),
        };
        ORDERS_COUNT.call(ctx.remote, json!({ "q": filter }), &[])
    }

    pub(super) fn read_doubt(
        &mut self,
        ctx: &StreamCtx<'_>,
        envelope: &Envelope<'_>,
    ) -> Result<Option<Note>, NetError> {
        // Whether it is exact or a lower bound: fewer than it cannot be all.
        let counted = count(envelope).ok_or_else(|| flow::misshapen("ordersCount"))?;
        let Some(Doubt { from, to, came }) = self.doubt.take() else {
            return Ok(None);
        };
        let mut note = None;
        let Again { tries, runs, .. } = self.again_at.take().unwrap_or(Again {
            from,
            to,
            about: 0,
            tries: 0,
            runs: 0,
        });
        if counted <= came {
            self.proved(from, to);
        } else {
            self.covered.remove(from, to);
            self.whole = false;
            let oldest = self.survey.map(|survey| survey.oldest);
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
                self.covered.insert(from, to);
                let short = Short {
                    from,
                    to,
                    counted,
                    came,
                    runs: runs + 1,
                    at: ctx.now,
                };
                note = Some(short_note(&short));
                self.short.push(short);
            }
        }
        self.whole |= self.covered.start_of_last() == Some(0);
        self.plan(ctx);
        Ok(note)
    }

    fn proved(&mut self, from: i64, to: i64) {
        self.again_at = None;
        self.short.retain(|short| short.from < from || short.to > to);
    }

    /// Takes on the next span that is to be read again, if there is one.
    pub(super) fn plan_again(&mut self, ctx: &StreamCtx<'_>) -> bool {
        if !std::mem::replace(&mut self.tried_short, true) {
            let (due, wait): (Vec<Short>, Vec<Short>) = std::mem::take(&mut self.short)
                .into_iter()
                .partition(|short| short.is_due(ctx.now));
            self.short = wait;
            for short in due {
                self.covered.remove(short.from, short.to);
                self.whole = false;
                self.again.push(Again {
                    from: short.from,
                    to: short.to,
                    about: short.counted,
                    tries: TRIES,
                    runs: short.runs,
                });
            }
        }
        let Some(again) = self.again.pop() else { return false };
        self.read_again += 1;
        match again.about >= BULK_FROM && self.survey.is_some() && !self.bulk_refused {
            true => self.bulk = Some(Bulk::new(again.from, again.to)),
            false => self.list = Some(ChangeList::new(again.from, again.to, true)),
        }
        self.again_at = Some(again);
        true
    }

    /// The end of the latest span of which not everything came, or may not have.
    pub(super) fn lacks_before(&self) -> Option<i64> {
        let short = self.short.iter().map(|short| short.to);
        short.chain(self.doubt.iter().map(|doubt| doubt.to)).max()
    }

    /// What is still lacking from earlier runs, for the user.
    pub(super) fn short_notes(&self) -> Vec<Note> {
        self.short.iter().map(short_note).collect()
    }
}

/// How many orders an answer counts, where it does.
pub(super) fn count(envelope: &Envelope<'_>) -> Option<u64> {
    #[derive(Deserialize)]
    struct Count {
        count: u64,
    }
    let root = envelope.root("ordersCount")?;
    Some(serde_json::from_str::<Count>(root.get()).ok()?.count)
}

fn short_note(short: &Short) -> Note {
    let day = |second| {
        let at = DateTime::from_timestamp(second, 0).unwrap_or_default();
        at.format("%Y-%m-%d").to_string()
    };
    let since = match short.from {
        0 => String::new(),
        from => format!("from {} ", day(from)),
    };
    Note {
        code: "orders_short".into(),
        message: format!(
            "Shopify counts {} orders last changed {since}to {}, but its lists show {} of them, also when read again.",
            short.counted,
            day(short.to),
            short.came
        ),
        hint: "Earlier days count as not complete. Later syncs ask for these orders again, less and less often.".into(),
    }
}
