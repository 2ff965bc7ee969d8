//! Sync runs: how they stand and what they brought.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::app::{ApiError, Profile, Result};
use crate::store::{Run as Stored, RunState as Ended};

use super::NoArgs;
use super::connections::error_of;
use super::desk::{Desk, Scene};

/// Runs in an answer.
const SHOWN: u64 = 50;

/// What a run brought so far; the runner stores it with the run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunCounts {
    /// Requests sent.
    pub requests: u64,
    /// Records read.
    pub records: u64,
    /// Records not seen before.
    pub new: u64,
    /// Records of known things that say something else now.
    pub changed: u64,
    /// Records known already.
    pub unchanged: u64,
    /// Records set aside.
    pub issues: u64,
}

/// How far a run is; the runner stores it with the run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunProgress {
    /// The stream it works on.
    pub stream: String,
    /// Records done of it.
    pub done: u64,
    /// Records of it in all, where known.
    pub total: Option<u64>,
    /// Seconds left of the whole run, where there is an estimate; where the platform's speed limit rules, of the stream.
    pub eta: Option<i64>,
    /// The platform's speed limit tells what is left; the total is the platform's estimate.
    pub limited: bool,
    /// It waits (for the platform's limit, a report, the network): why.
    pub waiting: Option<String>,
    /// UTC second until which it does.
    pub until: Option<i64>,
}

/// How a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// At work.
    Running,
    /// Waiting for the platform or the network.
    Waiting,
    /// Finished.
    Done,
    /// Ended by an error; what it stored stays.
    Failed,
    /// Ended by the user.
    Cancelled,
    /// Cut off by the end of its process; the next run goes on from there.
    Interrupted,
}

/// How far a run is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Progress {
    /// Records done.
    pub done: u64,
    /// Records in all, where known.
    pub total: Option<u64>,
    /// What it does.
    pub text: String,
    /// What is left, where there is an estimate.
    pub eta_text: Option<String>,
}

/// A sync of a connection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Run {
    /// Its id.
    pub id: i64,
    /// The connection.
    pub connection: i64,
    /// Its name.
    pub connection_label: String,
    /// Code of its platform.
    pub channel: String,
    /// How it stands.
    pub state: RunState,
    /// The same in a word or two.
    pub state_text: String,
    /// When it began.
    pub started_text: String,
    /// When it ended.
    pub finished_text: Option<String>,
    /// How far it is, while it runs.
    pub progress: Option<Progress>,
    /// What it brought.
    pub counts_text: String,
    /// What ended it.
    pub error: Option<ApiError>,
    /// What to know about it: streams that were left out, limits that were met.
    pub notes: Vec<String>,
}

/// Answers `runs`: the latest first.
///
/// # Errors
/// Why the profile does not open.
pub fn runs(desk: Desk<'_>, _: NoArgs) -> Result<Vec<Run>> {
    desk.read(|r, scene| {
        let mut answer = Vec::new();
        for stored in r.runs(None, SHOWN)? {
            // A run whose connection nobody works on was cut off.
            let alive = scene.is_at_work(r, stored.connection)?;
            answer.push(run(scene, &stored, alive));
        }
        Ok(answer)
    })
}

/// One run of the profile as it stands at UTC second `now`, for those who follow it.
///
/// # Errors
/// [`crate::app::Code::NotFound`].
pub fn told(profile: &Profile, id: i64, now: i64) -> Result<Run> {
    Ok(profile.store().read_blocking(|r| {
        let stored = r.run(id)?;
        let scene = Scene::of(r, profile, now)?;
        let alive = scene.is_at_work(r, stored.connection)?;
        Ok(run(&scene, &stored, alive))
    })?)
}

/// A run for people; `alive` tells whether someone works on its connection.
pub fn run(scene: &Scene, stored: &Stored, alive: bool) -> Run {
    let words = scene.words;
    let counts: RunCounts = serde_json::from_value(stored.counts.clone()).unwrap_or_default();
    let progress: RunProgress = serde_json::from_value(stored.progress.clone()).unwrap_or_default();
    let (state, state_text) = match stored.state {
        Ended::Running if !alive => (RunState::Interrupted, "Cut off"),
        Ended::Running if progress.waiting.is_some() => (RunState::Waiting, "Waiting"),
        Ended::Running => (RunState::Running, "Running"),
        Ended::Done => (RunState::Done, "Done"),
        Ended::Failed => (RunState::Failed, "Failed"),
        Ended::Cancelled => (RunState::Cancelled, "Cancelled"),
        Ended::Interrupted => (RunState::Interrupted, "Cut off"),
    };
    let live = matches!(state, RunState::Running | RunState::Waiting);
    let moment = |at: i64| words.moment(at, scene.zone, scene.now);
    Run {
        id: stored.id,
        connection: stored.connection.0,
        connection_label: scene.name_of(stored.connection).to_owned(),
        channel: scene
            .channel_of(stored.connection)
            .map_or_else(String::new, |c| c.name().to_owned()),
        state,
        state_text: state_text.to_owned(),
        started_text: moment(stored.started_at),
        finished_text: stored.finished_at.map(moment),
        progress: live.then(|| how_far(scene, stored, &progress)),
        counts_text: brought(scene, &counts),
        error: error_of(stored),
        notes: notes(stored),
    }
}

/// What the runner noted, and streams it left out, each with its next step. A run tells of them when it has ended.
fn notes(stored: &Stored) -> Vec<String> {
    let list = |name: &str| {
        stored
            .progress
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let text = |value: &Value, field: &str| {
        value
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let sentence = |value: &Value| {
        let parts = [text(value, "message"), text(value, "hint")];
        parts
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut notes: Vec<String> = list("notes").iter().map(sentence).collect();
    for stream in list("streams").iter().filter(|s| text(s, "phase") == "skipped") {
        let why = stream.get("why").map(sentence).unwrap_or_default();
        notes.push(format!(
            "{} left out: {why}",
            super::words::said(&text(stream, "label"))
        ));
    }
    notes.retain(|note| !note.is_empty());
    notes
}

fn how_far(scene: &Scene, stored: &Stored, progress: &RunProgress) -> Progress {
    let words = scene.words;
    let number = |n: u64| words.number(i64::try_from(n).unwrap_or(i64::MAX));
    let what = if progress.stream.is_empty() {
        "Beginning".to_owned()
    } else {
        super::words::said(&progress.stream)
    };
    let waiting = progress.waiting.as_ref().map(|why| match progress.until {
        Some(until) => format!("{why}, until {}", words.time(until, scene.zone)),
        None => why.clone(),
    });
    let text = match (waiting, progress.total) {
        // Waiting for a speed limit is how such a stream works, and no trouble.
        (_, Some(total)) if progress.limited => {
            format!(
                "{} of about {} {}",
                number(progress.done),
                number(total),
                progress.stream
            )
        }
        (Some(waiting), _) => waiting,
        (None, Some(total)) => format!("{what}: {} of {}", number(progress.done), number(total)),
        (None, None) if progress.done > 0 => format!("{what}: {}", number(progress.done)),
        (None, None) => what,
    };
    let channel = scene
        .channel_of(stored.connection)
        .map_or("the platform", |c| c.label());
    Progress {
        done: progress.done,
        total: progress.total,
        text,
        eta_text: progress.eta.map(|seconds| match progress.limited {
            true => format!("{} at {channel}'s speed", words.span(seconds)),
            false => format!("{} left", words.about(seconds)),
        }),
    }
}

/// New, changed and set aside: what was read again without a change is told only where there is nothing else.
fn brought(scene: &Scene, counts: &RunCounts) -> String {
    let things = |n: u64, one: &str, many: &str| scene.words.things(i64::try_from(n).unwrap_or(i64::MAX), one, many);
    let mut parts = Vec::new();
    if counts.new > 0 {
        parts.push(things(counts.new, "new record", "new records"));
    }
    if counts.changed > 0 {
        parts.push(things(counts.changed, "changed record", "changed records"));
    }
    if counts.issues > 0 {
        parts.push(things(counts.issues, "record set aside", "records set aside"));
    }
    match (parts.is_empty(), counts.records) {
        (false, _) => parts.join(", "),
        (true, 0) => "nothing new".to_owned(),
        (true, read) => format!("nothing new among {}", things(read, "record", "records")),
    }
}
