//! Of which days nobody has read what a marketplace paid back and charged, though orders of them are here: it keeps that in a ledger of
//! its own, which needs a right of its own, comes later than the orders, or was not among the imported files.

use crate::app::{Proof, fetcher, held_by_files};
use crate::connectors::Channel;
use crate::metrics::Period;
use crate::model::Zone;
use crate::store::{Connection, Read, Result};

use super::history::{held, ranges};
use super::rights::left_out;
use super::spans::Spans;

/// Seconds within which two ends of what was read are of one run: its streams begin one after the other.
const ONE_RUN: i64 = 3_600;
/// The same where both streams reach back to the oldest that the platform shows, which moves on by the hour.
const OLDEST: i64 = 86_400;

/// A connection whose money is not known for all days of its orders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unread {
    name: String,
    pub(super) channel: Channel,
    /// Days of which orders are here and money is not.
    lacking: Spans,
    /// Days of which money is here.
    money: Spans,
    why: Why,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Why {
    /// It holds imported files only.
    Files,
    /// The last sync was not permitted to read it.
    Refused,
    /// It is still to come.
    NotRead,
}

impl Unread {
    /// What lacks of a connection whose `orders` are held; `None` where nothing does, or its orders tell their money themselves.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) fn of(r: &Read<'_>, connection: &Connection, zone: Zone, orders: &Spans) -> Result<Option<Unread>> {
        let Some(stream) = fetcher(connection.channel).money() else {
            return Ok(None);
        };
        let proved = held_by_files(&connection.settings, Proof::Money).into_iter();
        let mut money = proved.fold(Spans::default(), |days, (from, to)| {
            days.and(Spans::from_to(Some(zone.day_of(from)), Some(zone.day_of(to))))
        });
        let mut why = Why::Files;
        if !connection.is_files_only() {
            let run = r.runs(Some(connection.id), 1)?.into_iter().next();
            let refused = run.is_some_and(|run| left_out(&run).iter().any(|left| left.is_of(stream)));
            why = if refused { Why::Refused } else { Why::NotRead };
            let (sold, read) = (held(r, connection, "orders")?, held(r, connection, stream)?);
            if let Some((since, until)) = read.since.zip(read.until) {
                // The day in which it begins is whole only if it began with it.
                let from = match sold.since {
                    Some(first) if since <= first + OLDEST => None,
                    _ => Some(zone.day_of(since - 1).plus(1)),
                };
                let to = match sold.until {
                    Some(last) if last <= until + ONE_RUN => None,
                    _ => Some(zone.day_of(until).plus(-1)),
                };
                money = money.and(Spans::from_to(from, to));
            }
        }
        let lacking = orders.without(&money);
        Ok((!lacking.is_empty()).then(|| Unread {
            name: connection.name.clone(),
            channel: connection.channel,
            lacking,
            money,
            why,
        }))
    }

    /// Whether some of these days lack.
    pub(super) fn lacks(&self, days: Period) -> bool {
        !self.lacking.within(days).is_empty()
    }

    /// Whether it lacks and no day of these is known: then no figure made of such money is.
    pub(super) fn lacks_all(&self, days: Period) -> bool {
        self.lacks(days) && self.money.within(days).is_empty()
    }

    /// What lacks of these days, as a sentence without its end.
    pub(super) fn sentence(&self, days: Period) -> Option<String> {
        let lacking = self.lacking.within(days);
        let when = match lacking.each() {
            [] => return None,
            _ if lacking.cover(days) => "these days".to_owned(),
            spans => ranges(spans),
        };
        Some(format!(
            "What {} paid back and charged at “{}” was not read for {when}",
            self.channel.label(),
            self.name
        ))
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> String {
        let name = &self.name;
        match self.why {
            Why::Files => format!(
                "Orders tell neither refunds nor fees: import transactions or settlement reports of these days into “{name}”, or connect \
                 the account."
            ),
            Why::Refused => format!(
                "“{name}” does not let its transactions be read: its health names the role that is missing. Settlement reports can be \
                 imported too."
            ),
            Why::NotRead => format!("The transactions of “{name}” are still to come: sync."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::words::EN_US;
    use crate::model::Day;

    #[test]
    fn days_whose_money_is_known_stay_known_and_the_others_are_named() {
        let days = |from: i32, to: i32| Period {
            from: Day(20_000 + from),
            to: Day(20_000 + to),
        };
        let span = |p: Period| Spans::from_to(Some(p.from), Some(p.to));
        let unread = Unread {
            name: "amz".to_owned(),
            channel: Channel::Amazon,
            lacking: span(days(0, 9)),
            money: span(days(10, 20)),
            why: Why::NotRead,
        };
        assert!(unread.lacks_all(days(3, 5)), "nothing is known of these");
        assert!(
            unread.lacks(days(8, 12)) && !unread.lacks_all(days(8, 12)),
            "some of these are known"
        );
        assert!(!unread.lacks(days(12, 14)), "all of these are");
        let said = unread.sentence(days(8, 12)).expect("two days lack");
        assert!(
            said.contains(&EN_US.range(Day(20_008), Day(20_009))),
            "the sentence names them: {said}"
        );
        assert_eq!(
            unread.sentence(days(12, 14)),
            None,
            "and says nothing where nothing lacks"
        );
    }
}
