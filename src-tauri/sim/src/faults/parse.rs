//! Reading a plan of faults.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::{Fault, Plan, When, Word};

/// A plan that cannot be read: the entry, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// The entry as written.
    pub entry: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for PlanError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "fault {:?}: {}", self.entry, self.reason)
    }
}

impl std::error::Error for PlanError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kind: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    at: Option<String>,
}

impl FromStr for Plan {
    type Err = PlanError;

    /// Reads a plan in either form.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    fn from_str(text: &str) -> Result<Plan, PlanError> {
        let text = text.trim();
        if text.starts_with('[') {
            let entries: Vec<Entry> = serde_json::from_str(text).map_err(|error| PlanError {
                entry: text.to_owned(),
                reason: error.to_string(),
            })?;
            return collect(
                entries
                    .into_iter()
                    .map(|entry| (format!("{} at {:?}", entry.kind, entry.at), entry)),
            );
        }
        let entries = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        collect(entries.map(|part| (part.to_owned(), split(part))))
    }
}

fn split(part: &str) -> Entry {
    let (rest, at) = part
        .rsplit_once('@')
        .map_or((part, None), |(rest, at)| (rest, Some(at.to_owned())));
    let (rest, target) = rest
        .split_once(':')
        .map_or((rest, None), |(rest, target)| (rest, Some(target.to_owned())));
    let (kind, value) = rest
        .split_once('=')
        .map_or((rest, None), |(kind, value)| (kind, Some(value.to_owned())));
    Entry {
        kind: kind.trim().to_owned(),
        value,
        target,
        at,
    }
}

fn collect(entries: impl Iterator<Item = (String, Entry)>) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    for (written, entry) in entries {
        let wrong = |reason: &str| PlanError {
            entry: written.clone(),
            reason: reason.to_owned(),
        };
        if entry.kind == "seed" {
            let seed = entry.value.as_deref().and_then(|value| value.parse().ok());
            plan.seed = seed.ok_or_else(|| wrong("the seed is a whole number: seed=7"))?;
            continue;
        }
        let word = Word::named(&entry.kind).ok_or_else(|| wrong("no such kind of fault"))?;
        let kind = word.kind(&entry.kind, entry.value.as_deref()).map_err(wrong)?;
        let target = entry.target.unwrap_or_else(|| word.target.to_owned());
        let when = entry.at.as_deref().map_or(Some(When::at(1)), when);
        let when =
            when.ok_or_else(|| wrong("strikes at 3, 3-5, 3+, 3/4, * or ~25 (of a thousand); requests count from 1"))?;
        plan.faults.push(Fault { kind, target, when });
    }
    Ok(plan)
}

fn when(text: &str) -> Option<When> {
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|number| *number > 0);
    if text == "*" {
        return Some(When::ALWAYS);
    }
    if let Some(share) = text.strip_prefix('~') {
        return share.parse().ok().filter(|share| *share <= 1000).map(When::PerMille);
    }
    if let Some(first) = text.strip_suffix('+') {
        return Some(When::Between(number(first)?, u64::MAX));
    }
    if let Some((first, step)) = text.split_once('/') {
        return Some(When::Every(number(first)?, number(step)?));
    }
    match text.split_once('-') {
        Some((first, last)) => Some(When::Between(number(first)?, number(last)?)),
        None => number(text).map(When::at),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn both_forms_of_a_plan_say_the_same() {
        let written: Plan = "429=4.0@2; cut-body:orders@3-4;drift=600@*"
            .parse()
            .expect("the short form is a plan");
        let listed: Plan = r#"[{"kind":"429","value":"4.0","at":"2"},{"kind":"cut-body","target":"orders","at":"3-4"},{"kind":"drift","value":"600","at":"*"}]"#
            .parse()
            .expect("the JSON form is a plan");
        assert_eq!(written, listed, "the two forms are two ways of writing one plan");
        assert_eq!(
            written.faults[1],
            Fault {
                kind: Kind::CutBody,
                target: "orders".to_owned(),
                when: When::Between(3, 4)
            },
            "kind, target and requests are read"
        );
        assert_eq!(
            written.faults[0].target, "api",
            "without a target any API request counts"
        );
    }

    #[test]
    fn every_way_of_saying_when_is_read() {
        let cases = [
            ("throttled", When::at(1)),
            ("throttled@3", When::at(3)),
            ("throttled@3+", When::Between(3, u64::MAX)),
            ("throttled@3/4", When::Every(3, 4)),
            ("throttled@*", When::ALWAYS),
            ("throttled@~25", When::PerMille(25)),
        ];
        for (text, when) in cases {
            let plan: Plan = text.parse().expect("a plan of one fault");
            assert_eq!(plan.faults[0].when, when, "plan {text:?}");
        }
        let seeded: Plan = "seed=7;internal@~1".parse().expect("a plan with a seed");
        assert_eq!((seeded.seed, seeded.faults.len()), (7, 1), "the seed is no fault");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let nonsense = [
            "nosuch",
            "throttled@0",
            "throttled@x",
            "skew",
            "skew=soon",
            "html=1",
            "999",
            "heavy=",
            "[{}]",
            "[{\"kind\":\"html\",\"when\":1}]",
            "seed=x",
        ];
        for text in nonsense {
            let refused = text.parse::<Plan>();
            assert!(refused.is_err(), "{text:?} is no plan, yet was read as {refused:?}");
        }
        let error = "internal;skew=soon"
            .parse::<Plan>()
            .expect_err("the second entry is wrong");
        assert_eq!(error.entry, "skew=soon", "the error names the entry");
    }
}
