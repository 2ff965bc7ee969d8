//! Quarterly versions of the API: which are served at a moment, and which one answers (contract section 1.1).

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// A version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// Named after its quarter.
    Quarter {
        /// Year of release.
        year: i32,
        /// Month of release: 1, 4, 7 or 10.
        month: u32,
    },
    /// Whatever is being built.
    Unstable,
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Version::Quarter { year, month } => write!(out, "{year}-{month:02}"),
            Version::Unstable => out.write_str("unstable"),
        }
    }
}

impl Version {
    fn parse(text: &str) -> Option<Version> {
        if text == "unstable" {
            return Some(Version::Unstable);
        }
        let (year, month) = text
            .split_once('-')
            .filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        matches!(month, 1 | 4 | 7 | 10).then_some(Version::Quarter { year, month })
    }

    /// The version released `quarters` later.
    fn plus(self, quarters: i32) -> Version {
        match self {
            Version::Unstable => Version::Unstable,
            Version::Quarter { year, month } => {
                let quarter = year * 4 + month as i32 / 3 + quarters;
                Version::Quarter {
                    year: quarter.div_euclid(4),
                    month: quarter.rem_euclid(4) as u32 * 3 + 1,
                }
            }
        }
    }

    fn moment(self, day: u32, hour: u32) -> Option<DateTime<Utc>> {
        match self {
            Version::Unstable => None,
            Version::Quarter { year, month } => NaiveDate::from_ymd_opt(year, month, day)?
                .and_hms_opt(hour, 0, 0)
                .map(|at| at.and_utc()),
        }
    }

    /// The newest version whose release has come.
    fn latest(now: DateTime<Utc>) -> Version {
        let this = Version::Quarter {
            year: now.year(),
            month: (now.month() - 1) / 3 * 3 + 1,
        };
        if this.moment(1, 17).is_some_and(|release| release <= now) {
            this
        } else {
            this.plus(-1)
        }
    }

    /// The oldest version still served: each is served for a year and until the sixteenth, 15:00.
    pub(crate) fn oldest(now: DateTime<Utc>) -> Version {
        let latest = Self::latest(now);
        let year_old = latest.plus(-4);
        let ended = |version: Version| version.plus(4).moment(16, 15).is_none_or(|end| end <= now);
        if ended(year_old) { latest.plus(-3) } else { year_old }
    }

    /// The version that answers a path naming `asked`, or no version at all: an aged one falls forward to the oldest
    /// served. `None` if there is no such version.
    pub(crate) fn answering(asked: Option<&str>, now: DateTime<Utc>) -> Option<Version> {
        let oldest = Self::oldest(now);
        match asked {
            None => Some(oldest),
            Some(text) => match Self::parse(text)? {
                Version::Unstable => Some(Version::Unstable),
                asked if asked < oldest => Some(oldest),
                asked if asked <= Self::latest(now).plus(1) => Some(asked),
                _ => None,
            },
        }
    }

    /// What `publicApiVersions` lists: handle, whether stable, name.
    pub(crate) fn listed(now: DateTime<Utc>) -> Vec<(Version, bool, String)> {
        let latest = Self::latest(now);
        let mut version = Self::oldest(now);
        let mut list = Vec::new();
        while version <= latest {
            let name = if version == latest {
                format!("{version} (Latest)")
            } else {
                version.to_string()
            };
            list.push((version, true, name));
            version = version.plus(1);
        }
        list.push((version, false, format!("{version} (Release candidate)")));
        list.push((Version::Unstable, false, "unstable".to_owned()));
        list
    }

    /// Whether enum members added in a quarter are known.
    pub(crate) fn has(self, year: i32, month: u32) -> bool {
        self >= Version::Quarter { year, month }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a test's moment is well formed")
    }

    fn answers(asked: Option<&str>, now: &str) -> Option<String> {
        Version::answering(asked, at(now)).map(|version| version.to_string())
    }

    #[test]
    fn the_table_of_the_contract_is_what_is_served() {
        let now = "2026-11-22T00:00:00Z";
        let listed: Vec<String> = Version::listed(at(now)).into_iter().map(|(_, _, name)| name).collect();
        let expected = [
            "2026-01",
            "2026-04",
            "2026-07",
            "2026-10 (Latest)",
            "2027-01 (Release candidate)",
            "unstable",
        ];
        assert_eq!(listed, expected, "contract section 1.1, state of 2026-11-22");
        assert_eq!(
            answers(Some("2026-10"), now).as_deref(),
            Some("2026-10"),
            "the latest answers itself"
        );
        assert_eq!(
            answers(Some("2027-01"), now).as_deref(),
            Some("2027-01"),
            "so does the candidate"
        );
        assert_eq!(
            answers(Some("2025-10"), now).as_deref(),
            Some("2026-01"),
            "an aged version falls forward"
        );
        assert_eq!(
            answers(None, now).as_deref(),
            Some("2026-01"),
            "as does a path without version"
        );
        assert_eq!(
            answers(Some("2027-04"), now),
            None,
            "a version of the future does not exist"
        );
        assert_eq!(answers(Some("2026-02"), now), None, "nor one between quarters");
    }

    #[test]
    fn a_version_ends_on_the_sixteenth_after_a_year() {
        assert_eq!(
            answers(Some("2025-10"), "2026-10-16T14:59:59Z").as_deref(),
            Some("2025-10"),
            "served to the last second"
        );
        assert_eq!(
            answers(Some("2025-10"), "2026-10-16T15:00:00Z").as_deref(),
            Some("2026-01"),
            "and then no more"
        );
        assert_eq!(
            Version::latest(at("2026-10-01T16:59:59Z")).to_string(),
            "2026-07",
            "released at 17:00"
        );
        assert_eq!(
            Version::latest(at("2027-01-01T17:00:00Z")).to_string(),
            "2027-01",
            "across a new year"
        );
    }
}
