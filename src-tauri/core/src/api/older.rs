//! Orders of before that nobody has read: what is paid back, changed or sent of them falls into days whose own orders are all here,
//! and is in no figure of those days. Their sums are the least there is, and never go without saying so.

use crate::metrics::Period;
use crate::model::Day;

use super::history::ranges;
use super::spans::Spans;
use super::words::EN_US;

/// Days of orders that a shop shows its app without the right to all of them.
const SHOWN: i32 = 60;

/// A connection that knows nothing of its older orders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Older {
    pub(super) name: String,
    /// Days whose orders it knows.
    pub(super) known: Spans,
    /// The platform shows the app the latest orders only; otherwise files do not tell of the others.
    pub(super) limited: bool,
}

impl Older {
    /// Whether older orders may have a part in these days. Where no order of them is known, that is told instead.
    pub(super) fn lacks(&self, days: Period) -> bool {
        !self.known.within(days).is_empty()
    }

    /// The first day of the orders whose refunds and shipments are known.
    pub(super) fn from(&self) -> Option<Day> {
        self.known.each().first().map(|span| span.from)
    }

    /// What lacks, as a sentence without its end.
    pub(super) fn sentence(&self, days: Period, today: Day) -> Option<String> {
        let first = self.from().filter(|_| self.lacks(days))?;
        let (name, spans) = (&self.name, self.known.each());
        let (which, why) = match self.limited {
            true => (
                match today.0 - first.0 <= SHOWN + 1 {
                    true => format!("orders before {}", EN_US.day(first)),
                    // What is older by then is not shown any more, though it was read when it was new.
                    false => format!("orders that were older than {SHOWN} days"),
                },
                format!("“{name}” shows its app the orders of the last {SHOWN} days only"),
            ),
            false => (
                match spans {
                    [_] => format!("orders before {}", EN_US.day(first)),
                    several => format!("orders of other days than {}", ranges(several)),
                },
                format!("no file of “{name}” tells of them"),
            ),
        };
        Some(format!("Refunds and shipments of {which} are not in it: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_which_orders_lack_and_why() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let period = |text: &str| text.parse::<Period>().expect("a period");
        let (first, today) = (day("2026-09-29"), day("2026-11-28"));
        let of = |known: Spans, limited: bool| Older {
            name: "Shop".to_owned(),
            known,
            limited,
        };
        let shop = of(Spans::from_to(Some(first), None), true);
        let october = period("2026-10-01..2026-10-31");
        assert_eq!(
            shop.sentence(october, today).as_deref(),
            Some(
                "Refunds and shipments of orders before Sep 29, 2026 are not in it: “Shop” shows its app the orders of the last 60 days only"
            ),
            "by the day that sixty days go back to"
        );
        let later = shop.sentence(october, day("2027-02-01")).expect("still");
        assert!(
            later.contains("orders that were older than 60 days"),
            "orders that were read when they were new are not shown later: {later}"
        );
        assert_eq!(
            shop.sentence(period("2026-08-01..2026-08-31"), today),
            None,
            "of days without any known order something else is told"
        );
        let files = Spans::from_to(Some(first), Some(day("2026-10-02")));
        let files = of(
            files.and(Spans::from_to(Some(day("2026-10-20")), Some(day("2026-10-25")))),
            false,
        );
        let said = files.sentence(october, today).expect("files begin somewhere");
        assert!(
            said.contains("orders of other days than") && said.contains("no file of “Shop”"),
            "files lack what lies between them too: {said}"
        );
    }
}
