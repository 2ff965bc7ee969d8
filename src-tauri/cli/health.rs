//! `health` and `doctor`: how the profile and the machine stand, and what to do.

use clap::Args;
use countinghouse_core::api::health::{HealthLine, health as ask_health};
use countinghouse_core::api::issues::{IssuesArgs, issues};
use countinghouse_core::api::{NoArgs, doctor as checks};
use countinghouse_core::app::{ApiError, Code};
use countinghouse_core::ledger::{TOO_LITTLE, Trouble};
use countinghouse_core::store::Lacks;
use serde_json::json;

use super::out::{plain, wrapped};
use super::{Context, Done};

/// Issues that are shown to people.
const SHOWN: usize = 25;

pub(crate) fn health(context: &Context<'_>) -> Done {
    let app = context.app()?;
    let desk = context.desk(&app);
    let answer = ask_health(desk, NoArgs {})?;
    // A profile that does not open has no issues to show; the answer's problem says why.
    let mut rows = Vec::new();
    if desk.open().is_ok() {
        let mut pages = 1;
        let mut page = 0;
        while page < pages {
            let list = issues(desk, IssuesArgs { page })?;
            rows.extend(list.rows);
            (page, pages) = (page + 1, list.pages);
        }
    }
    let data = json!({ "lines": answer.lines, "issues": rows });
    let text = || {
        let mut text = lines(&answer.lines);
        for issue in rows.iter().take(SHOWN) {
            let of = [&issue.channel, &issue.stream, &issue.key].map(|part| plain(part));
            let of: Vec<&str> = of.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
            text.push_str(&format!("\n\n{}: {}", of.join(" "), plain(&issue.text)));
            let raw = issue.raw.map(|raw| {
                format!(
                    "Its bytes: countinghouse raw show {} {} '#{raw}'",
                    issue.channel.to_lowercase(),
                    issue.stream
                )
            });
            for next in [issue.hint.clone(), raw].into_iter().flatten() {
                text.push_str(&format!("\n{}", wrapped(&next, 4)));
            }
        }
        if rows.len() > SHOWN {
            text.push_str(&format!(
                "\n\nThese are the latest {SHOWN} of {} issues; --json lists all of them.",
                rows.len()
            ));
        }
        text
    };
    match answer.problem {
        Some(problem) => Err(context.out.partial(&data, problem, text)),
        None => context.out.answer(&data, text),
    }
}

/// One thing a line, what to do below it.
fn lines(all: &[HealthLine]) -> String {
    let width = all.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    let told = |line: &HealthLine| {
        let mark = if line.ok { "ok  " } else { "look" };
        let label = plain(&line.label);
        let fill = " ".repeat(width.saturating_sub(label.chars().count()));
        let mut text = format!("{mark}  {label}{fill}  {}", plain(&line.value_text));
        if let Some(next) = &line.next_step {
            text.push_str(&format!("\n{}", wrapped(next, 6)));
        }
        text
    };
    all.iter().map(told).collect::<Vec<_>>().join("\n")
}

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// Look only; mend nothing and leave the figures as they are
    #[arg(long)]
    look: bool,
}

pub(crate) fn doctor(context: &Context<'_>, arguments: &DoctorArguments) -> Done {
    let app = context.app()?;
    let desk = context.desk(&app);
    let name = context.global.profile.as_deref();
    // An unknown profile is told as such; a home without any is still looked at.
    if name.is_some() || !app.has_no_profile()? {
        app.profile_info(name)?;
    }
    let mut all = checks::machine(&app, name);
    let opened = match app.has_no_profile()? {
        true => Ok(None),
        false => desk.open().map(Some),
    };
    let mut digest = None;
    let failure = match opened {
        Ok(None) => None,
        Err(error) => {
            all.push(HealthLine::failed("Ledger", error.clone()));
            Some(error)
        }
        Ok(Some(profile)) => {
            all.extend(checks::ledger(desk)?);
            // What a damaged file does not let be read must not keep the damage from being told.
            match checks::accounts(desk) {
                Ok(lines) => all.extend(lines),
                Err(error) => all.push(HealthLine::failed("Accounts", error)),
            }
            if !arguments.look {
                let before = profile.digest()?;
                profile.rebuild_measures()?;
                let counted = profile.digest()?;
                let rebuilt = profile.rebuild()?;
                digest = Some(profile.digest()?);
                all.push(sums(before == counted));
                all.push(orders(rebuilt.orders));
                all.push(records(&rebuilt.troubles));
            }
            None
        }
    };
    let wrong = all.iter().filter(|line| !line.ok).count();
    let data = json!({ "lines": all, "digest": digest });
    let text = || {
        let mut text = lines(&all);
        if let Some(digest) = &digest {
            text.push_str(&format!("\n\nDigest of orders, postings and daily sums: {digest}"));
        }
        text
    };
    match (failure, wrong) {
        (Some(failure), _) => Err(context.out.partial(&data, failure, text)),
        (None, 0) => context.out.answer(&data, text),
        (None, _) => {
            let names: Vec<&str> = all.iter().filter(|l| !l.ok).map(|l| l.label.as_str()).collect();
            let found = ApiError::new(
                Code::Invalid,
                format!("something is not as it should be: {}", names.join(", ")),
                "The next step stands under each.",
            );
            Err(context.out.partial(&data, found, text))
        }
    }
}

fn sums(right: bool) -> HealthLine {
    match right {
        true => HealthLine::fine(
            "Daily sums",
            "right; counted again from the orders they came out the same",
        ),
        false => HealthLine::look("Daily sums", "were wrong and are mended", "Please report this."),
    }
}

fn orders(changed: u64) -> HealthLine {
    match changed {
        0 => HealthLine::fine(
            "Orders",
            "right; settled again from the raw records they came out the same",
        ),
        n => HealthLine::fine(
            "Orders",
            format!("{n} came out different from the raw records and are renewed"),
        ),
    }
}

/// Whether the records can be read and yet do not tell enough to count what they are of.
fn too_little(trouble: &Trouble) -> bool {
    trouble.error.code == TOO_LITTLE || trouble.lacks != Lacks::Nothing
}

/// What became of the stored records. Two that tell one order count as one thing that tells too little.
fn records(troubles: &[Trouble]) -> HealthLine {
    let label = "Raw records";
    let count = |kind: fn(&Trouble) -> bool| troubles.iter().filter(|trouble| kind(trouble)).count();
    let told = [
        (
            count(|t| t.left_out),
            "could not be used and are left out of the figures",
        ),
        (
            count(|t| !t.left_out && too_little(t)),
            "tell too little to be counted and are left out of the figures",
        ),
        (
            count(|t| !t.left_out && !too_little(t)),
            "are not understood in part; what they tell counts",
        ),
    ];
    let told: Vec<String> = told
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    match told.is_empty() {
        true => HealthLine::fine(label, "every one is what was stored, and could be used"),
        false => HealthLine::look(
            label,
            format!("every one is what was stored; {}", told.join("; ")),
            "“countinghouse health” names each with its reason.",
        ),
    }
}
