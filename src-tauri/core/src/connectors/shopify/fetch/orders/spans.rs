//! Which span of orders comes next: one to be read again, a bulk run, the run after it.

use chrono::{DateTime, Datelike};

use super::{ALL_ORDERS, BULK_AIM, BULK_FROM, BULK_SHORTEST, DAY, Orders, SHOWN_DAYS, listed};
use crate::connectors::fetch::{Step, StreamCtx};
use crate::connectors::shopify::fetch::change_list::ChangeList;
use crate::connectors::shopify::fetch::order_bulk::Bulk;
use crate::connectors::shopify::fetch::proof::Doubt;
use crate::connectors::shopify::fetch::search;
use crate::net::NetError;

impl Orders {
    /// Takes on the next span that is to be read again, if there is one.
    pub(super) fn plan_again(&mut self, ctx: &StreamCtx<'_>) -> bool {
        if self.proof.look_back(ctx.now, &mut self.covered) {
            self.whole = false;
        }
        let Some(again) = self.proof.take_on() else {
            return false;
        };
        match again.about >= BULK_FROM && self.survey.is_some() && !self.bulk_refused {
            true => self.bulk = Some(Bulk::new(again.from, again.to)),
            false => self.list = Some(ChangeList::new(again.from, again.to, true)),
        }
        true
    }

    /// The question how many orders a doubtful span has now.
    pub(super) fn ask(&self, ctx: &StreamCtx<'_>, doubt: &Doubt) -> Result<Step, NetError> {
        // Whether the count knows of orders that the lists may not show is not documented: those are left out of it.
        match self.lacking.iter().any(|scope| scope == ALL_ORDERS) {
            true => {
                let made = ctx.now - SHOWN_DAYS * DAY;
                let filter = search::between_made_since("updated_at", doubt.from, doubt.to, made);
                listed(true).ask_by(ctx, &filter, doubt.to)
            }
            false => listed(true).ask(ctx, doubt, self.target),
        }
    }

    /// The bulk run over the end of `[from, to)`; `None` where pages are the better way.
    pub(super) fn run_over(&self, from: i64, to: i64) -> Option<Bulk> {
        let survey = self
            .survey
            .filter(|survey| survey.count >= BULK_FROM && !self.bulk_refused)?;
        if to <= survey.oldest || self.bulk_span < BULK_SHORTEST {
            return None;
        }
        let aim = BULK_AIM.saturating_mul((self.target - survey.oldest).max(1))
            / i64::try_from(survey.count).unwrap_or(i64::MAX).max(1);
        let span = self.bulk_span.min(aim.max(BULK_SHORTEST));
        let start = month_start(to - 1).max(to - span).max(from).max(survey.oldest);
        Some(Bulk::new(start, to))
    }

    /// Has the next run made while the file of this one is read.
    pub(super) fn look_ahead(&mut self, ctx: &StreamCtx<'_>) {
        let Some(bulk) = self
            .bulk
            .as_ref()
            .filter(|bulk| bulk.is_reading() && self.ahead.is_none())
        else {
            return;
        };
        let mut covered = self.covered.clone();
        covered.insert(bulk.from, bulk.to);
        let gap = covered.latest_gap(ctx.since.unwrap_or(0));
        self.ahead = gap.and_then(|(from, to)| self.run_over(from, to));
    }
}

/// The first second of the UTC month that holds `second`.
fn month_start(second: i64) -> i64 {
    let at = DateTime::from_timestamp(second, 0).unwrap_or_default();
    at.date_naive()
        .with_day(1)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map_or(0, |start| start.and_utc().timestamp())
}
