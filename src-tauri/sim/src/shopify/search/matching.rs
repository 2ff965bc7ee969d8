//! Holding a filter against records.

use chrono::{DateTime, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;

use super::parse::{Comparison, Expr, Term};

/// How a field of a list is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To the second.
    Time,
    /// To the whole day, whatever time of day is written.
    WholeDay,
    /// Numeric identifier, also as `gid://…/123`.
    Id,
    /// Whole number.
    Number,
    /// Text without regard to case; `abc*` is a beginning.
    Text,
    /// `true` or `false`.
    Flag,
    /// Words that must be absent from the record's texts.
    Absent,
}

/// A field that a list can be filtered by.
pub(crate) type Known = (&'static str, Kind);

/// What a record holds for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Seconds since 1970.
    Second(i64),
    /// An id or another whole number.
    Number(i128),
    /// One or more texts; any of them may match.
    Texts(Vec<String>),
    /// Yes or no.
    Flag(bool),
    /// Nothing.
    Missing,
}

impl Found {
    /// A single text.
    pub(crate) fn text(text: impl Into<String>) -> Found {
        Found::Texts(vec![text.into()])
    }

    /// An id.
    pub(crate) fn id(id: u64) -> Found {
        Found::Number(i128::from(id))
    }

    /// An id that may be absent.
    pub(crate) fn maybe_id(id: Option<u64>) -> Found {
        id.map_or(Found::Missing, Found::id)
    }
}

/// A record that can be filtered.
pub(crate) trait Searchable {
    /// What it holds for one of the list's fields.
    fn found(&self, field: &str) -> Found;
}

/// From the first second (included) to the second (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The first second that can match.
    pub(crate) from: i64,
    /// The first second that cannot match any more.
    pub(crate) until: i64,
}

impl Bounds {
    /// All of time.
    pub(crate) const ALL: Bounds = Bounds {
        from: i64::MIN,
        until: i64::MAX,
    };

    /// The seconds in both.
    pub(crate) fn and(self, other: Bounds) -> Bounds {
        Bounds {
            from: self.from.max(other.from),
            until: self.until.min(other.until),
        }
    }

    fn or(self, other: Bounds) -> Bounds {
        Bounds {
            from: self.from.min(other.from),
            until: self.until.max(other.until),
        }
    }
}

/// What a list can be filtered by, and the days of its shop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Its fields.
    pub(crate) fields: &'static [Known],
    /// The shop's zone: a bare date is a day there.
    pub(crate) zone: Tz,
    /// The present, for `now`, in seconds since 1970.
    pub(crate) now: i64,
}

impl Rules {
    /// How a field is compared, if the list knows it.
    pub(crate) fn kind(&self, field: &str) -> Option<Kind> {
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, kind)| *kind)
    }

    /// Whether a record passes.
    pub(crate) fn matches(&self, expr: &Expr, record: &dyn Searchable) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.matches(part, record)),
            Expr::Any(parts) => parts.iter().any(|part| self.matches(part, record)),
            Expr::Not(inner) => !self.matches(inner, record) || self.is_unknown(inner),
            Expr::Term(term) => self.term(term, record),
        }
    }

    fn is_unknown(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Term(Term { field: Some(field), .. }) if self.kind(field).is_none())
    }

    fn term(&self, term: &Term, record: &dyn Searchable) -> bool {
        let Some(field) = &term.field else {
            return text_matches(&record.found("default"), &term.value);
        };
        let Some(kind) = self.kind(field) else { return true };
        let found = record.found(field);
        if term.comparison == Comparison::Present {
            return found != Found::Missing;
        }
        match (kind, &found) {
            (_, Found::Missing) => kind == Kind::Absent,
            (Kind::Time | Kind::WholeDay, Found::Second(second)) => self
                .time_bounds(term, kind)
                .is_some_and(|bounds| (bounds.from..bounds.until).contains(second)),
            (Kind::Id | Kind::Number, Found::Number(number)) => {
                number_of(&term.value).is_some_and(|wanted| compares(term.comparison, *number, wanted))
            }
            (Kind::Flag, Found::Flag(flag)) => term.value.eq_ignore_ascii_case(if *flag { "true" } else { "false" }),
            (Kind::Absent, _) => !text_matches(&found, &term.value),
            _ => text_matches(&found, &term.value),
        }
    }

    /// Between which seconds a time field lies in every record that passes.
    pub(crate) fn bounds(&self, expr: &Expr, field: &str) -> Bounds {
        match expr {
            Expr::All(parts) => parts
                .iter()
                .fold(Bounds::ALL, |sum, part| sum.and(self.bounds(part, field))),
            Expr::Any(parts) => {
                let mut parts = parts.iter().map(|part| self.bounds(part, field));
                parts.next().map_or(Bounds::ALL, |first| parts.fold(first, Bounds::or))
            }
            Expr::Not(_) => Bounds::ALL,
            Expr::Term(term) if term.field.as_deref() == Some(field) => match self.kind(field) {
                Some(kind @ (Kind::Time | Kind::WholeDay)) => {
                    self.time_bounds(term, kind).unwrap_or(Bounds { from: 0, until: 0 })
                }
                _ => Bounds::ALL,
            },
            Expr::Term(_) => Bounds::ALL,
        }
    }

    /// The seconds that a time term admits; nothing for a text that is no time.
    fn time_bounds(&self, term: &Term, kind: Kind) -> Option<Bounds> {
        let written = self.written_time(&term.value)?;
        let span = if kind == Kind::WholeDay {
            self.day_around(written.from)?
        } else {
            written
        };
        Some(match term.comparison {
            Comparison::Equal => span,
            Comparison::AtLeast => Bounds {
                from: span.from,
                until: i64::MAX,
            },
            Comparison::Over => Bounds {
                from: span.until,
                until: i64::MAX,
            },
            Comparison::Under => Bounds {
                from: i64::MIN,
                until: span.from,
            },
            Comparison::AtMost => Bounds {
                from: i64::MIN,
                until: span.until,
            },
            Comparison::Present => Bounds::ALL,
        })
    }

    /// The seconds that a written time stands for: one for an instant, a day of the shop for a date.
    fn written_time(&self, text: &str) -> Option<Bounds> {
        if text.eq_ignore_ascii_case("now") {
            return Some(Bounds {
                from: self.now,
                until: self.now + 1,
            });
        }
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Bounds {
                from: instant.timestamp(),
                until: instant.timestamp() + 1,
            });
        }
        // A date, or what is left of a time that was cut at its first colon.
        let date = text.split_once('T').map_or(text, |(date, _)| date);
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        let start = |day: NaiveDate| {
            self.zone
                .from_local_datetime(&day.and_hms_opt(0, 0, 0)?)
                .earliest()
                .map(|start| start.timestamp())
        };
        Some(Bounds {
            from: start(date)?,
            until: start(date.checked_add_days(Days::new(1))?)?,
        })
    }

    fn day_around(&self, second: i64) -> Option<Bounds> {
        let day = DateTime::<Utc>::from_timestamp(second, 0)?.date_naive();
        let start = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
        Some(Bounds {
            from: start,
            until: start + 86_400,
        })
    }
}

/// The ids that a filter demands, where it demands any.
pub(crate) fn ids(expr: &Expr) -> Option<Vec<u64>> {
    match expr {
        Expr::All(parts) => parts.iter().find_map(ids),
        Expr::Any(parts) => parts
            .iter()
            .map(ids)
            .collect::<Option<Vec<_>>>()
            .map(|groups| groups.concat()),
        Expr::Not(_) => None,
        Expr::Term(term) if term.field.as_deref() == Some("id") && term.comparison == Comparison::Equal => Some(
            number_of(&term.value)
                .and_then(|number| u64::try_from(number).ok())
                .into_iter()
                .collect(),
        ),
        Expr::Term(_) => None,
    }
}

fn number_of(text: &str) -> Option<i128> {
    let digits = text.rsplit('/').next().unwrap_or(text);
    digits.split('?').next().and_then(|digits| digits.parse().ok())
}

fn compares(comparison: Comparison, found: i128, wanted: i128) -> bool {
    match comparison {
        Comparison::Equal => found == wanted,
        Comparison::Over => found > wanted,
        Comparison::AtLeast => found >= wanted,
        Comparison::Under => found < wanted,
        Comparison::AtMost => found <= wanted,
        Comparison::Present => true,
    }
}

fn text_matches(found: &Found, wanted: &str) -> bool {
    let Found::Texts(texts) = found else { return false };
    let wanted = wanted.to_lowercase();
    texts
        .iter()
        .map(|text| text.to_lowercase())
        .any(|text| match wanted.strip_suffix('*') {
            Some(beginning) => text.starts_with(beginning),
            None => text == wanted,
        })
}
