//! Ranges of days, what they are compared with, and their steps.

use std::ops::Range;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};

use crate::model::Day;

/// A range of civil days, both ends in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Period {
    /// A period, or a sentence saying why it is none.
    ///
    /// # Errors
    /// The last day lies before the first.
    pub fn new(from: Day, to: Day) -> Result<Period, String> {
        if to < from {
            return Err(format!("the period ends ({to}) before it begins ({from})"));
        }
        Ok(Period { from, to })
    }

    /// The `days` days that end on `today`.
    pub fn ending(today: Day, days: i32) -> Period {
        Period {
            from: today.plus(1 - days.max(1)),
            to: today,
        }
    }

    /// Number of days.
    pub fn days(&self) -> i32 {
        self.to.0 - self.from.0 + 1
    }

    /// The range for queries, its end left out.
    pub fn range(&self) -> Range<Day> {
        self.from..self.to.plus(1)
    }

    /// Every day.
    pub fn each(&self) -> impl Iterator<Item = Day> + use<> {
        (self.from.0..=self.to.0).map(Day)
    }

    fn moved(&self, days: i32) -> Period {
        Period {
            from: self.from.plus(days),
            to: self.to.plus(days),
        }
    }

    /// The period it is compared with.
    pub fn previous(&self, comparison: Comparison) -> Period {
        match comparison {
            Comparison::SameLength => match whole_months(self) {
                // Whole calendar months are compared with as many whole months before.
                Some(months) => {
                    let from = months_back(self.from.date(), months);
                    Period {
                        from: Day::from_date(from),
                        to: self.from.plus(-1),
                    }
                }
                None => self.moved(-self.days()),
            },
            Comparison::LastYear => Period {
                from: Day::from_date(months_back(self.from.date(), 12)),
                to: match whole_months(self) {
                    // The last day of February stays the last day of February.
                    Some(_) => Day::from_date(months_back(self.to.plus(1).date(), 12)).plus(-1),
                    None => Day::from_date(months_back(self.to.date(), 12)),
                },
            },
            Comparison::SameWeekday => self.moved(-(self.days() + 6) / 7 * 7),
            Comparison::Retail445 => self.moved(-364),
        }
    }
}

impl FromStr for Period {
    type Err = String;

    /// Reads `2026-03-01..2026-03-31`.
    fn from_str(text: &str) -> Result<Period, String> {
        let (from, to) = text
            .split_once("..")
            .ok_or_else(|| format!("“{text}” is no period; write it as 2026-03-01..2026-03-31"))?;
        Period::new(from.trim().parse()?, to.trim().parse()?)
    }
}

/// Months of a period that begins on a first and ends on a last day of a month.
fn whole_months(period: &Period) -> Option<u32> {
    let (from, after) = (period.from.date(), period.to.plus(1).date());
    let months = (after.year() - from.year()) * 12 + after.month() as i32 - from.month() as i32;
    (from.day() == 1 && after.day() == 1)
        .then(|| u32::try_from(months).ok())
        .flatten()
        .filter(|m| *m > 0)
}

fn months_back(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_sub_months(Months::new(months)).unwrap_or(date)
}

/// With what a period is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Comparison {
    /// The period of the same length just before; for whole months, as many months before.
    #[default]
    SameLength,
    /// The same dates a year before.
    LastYear,
    /// As many whole weeks before as keep the weekdays and do not overlap.
    SameWeekday,
    /// The same weeks of the retail year before: 52 weeks back.
    Retail445,
}

impl Comparison {
    /// Every comparison.
    pub const ALL: [Comparison; 4] = [
        Comparison::SameLength,
        Comparison::LastYear,
        Comparison::SameWeekday,
        Comparison::Retail445,
    ];

    /// The name in options.
    pub fn name(self) -> &'static str {
        match self {
            Comparison::SameLength => "same-length",
            Comparison::LastYear => "last-year",
            Comparison::SameWeekday => "same-weekday",
            Comparison::Retail445 => "4-4-5",
        }
    }

    /// The name on screens.
    pub fn label(self) -> &'static str {
        match self {
            Comparison::SameLength => "Previous period",
            Comparison::LastYear => "Same dates last year",
            Comparison::SameWeekday => "Same weekdays before",
            Comparison::Retail445 => "Same retail weeks last year",
        }
    }
}

impl FromStr for Comparison {
    type Err = String;

    fn from_str(text: &str) -> Result<Comparison, String> {
        Comparison::ALL.into_iter().find(|c| c.name() == text).ok_or_else(|| {
            format!("“{text}” is no comparison; use same-length, last-year, same-weekday, 4-4-5 or A..B")
        })
    }
}

/// The step of a series.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Step {
    /// A point a day.
    #[default]
    Day,
    /// A point a week, named by its Monday.
    Week,
    /// A point a month, named by its first day.
    Month,
}

impl Step {
    /// The first day of the step that holds `day`.
    pub fn start(self, day: Day) -> Day {
        match self {
            Step::Day => day,
            Step::Week => day.plus(-(day.date().weekday().num_days_from_monday() as i32)),
            Step::Month => day.plus(1 - day.date().day() as i32),
        }
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Step, String> {
        match text {
            "day" => Ok(Step::Day),
            "week" => Ok(Step::Week),
            "month" => Ok(Step::Month),
            _ => Err(format!("“{text}” is no step; use day, week or month")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().expect("a period")
    }

    #[test]
    fn a_period_is_compared_as_people_mean_it() {
        let to = |text: &str, comparison| period(text).previous(comparison);
        assert_eq!(
            to("2026-03-08..2026-03-14", Comparison::SameLength),
            period("2026-03-01..2026-03-07"),
            "the week before"
        );
        assert_eq!(
            to("2026-03-01..2026-03-31", Comparison::SameLength),
            period("2026-02-01..2026-02-28"),
            "March with February"
        );
        assert_eq!(
            to("2025-02-01..2025-02-28", Comparison::LastYear),
            period("2024-02-01..2024-02-29"),
            "all of February"
        );
        assert_eq!(
            to("2026-03-02..2026-03-04", Comparison::SameWeekday),
            period("2026-02-23..2026-02-25"),
            "Monday to Wednesday"
        );
        assert_eq!(
            to("2026-03-01..2026-03-10", Comparison::SameWeekday),
            period("2026-02-15..2026-02-24"),
            "no overlap"
        );
        assert_eq!(
            to("2026-03-02..2026-03-04", Comparison::Retail445),
            period("2025-03-03..2025-03-05"),
            "52 weeks back"
        );
        assert!(
            "2026-03-02..2026-03-01".parse::<Period>().is_err(),
            "a period does not end before it begins"
        );
    }

    #[test]
    fn steps_start_on_mondays_and_firsts() {
        let day: Day = "2026-03-08".parse().expect("a day");
        assert_eq!(
            Step::Week.start(day).to_string(),
            "2026-03-02",
            "Sunday belongs to the week of the Monday before"
        );
        assert_eq!(
            Step::Month.start(day).to_string(),
            "2026-03-01",
            "the month's first day"
        );
    }
}
