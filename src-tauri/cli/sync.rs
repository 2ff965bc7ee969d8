//! `sync`: progress while it runs, and what it brought.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use countinghouse::clock;
use countinghouse_core::api::words::EN_US;
use countinghouse_core::app::{ApiError, Code, Profile};
use countinghouse_core::connectors::Channel;
use countinghouse_core::model::{Day, Zone};
use countinghouse_core::net::NetError;
use countinghouse_core::store::Connection;
use countinghouse_core::sync::{Brought, Cancel, Event, Options, Phase, Report, StreamProgress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::task::JoinHandle;

use super::connections::{find, is_live, noted};
use super::market::Market;
use super::out::{plain, table};
use super::{Context, Done, block_on, needs_user};

#[derive(Args)]
pub(crate) struct SyncArguments {
    /// Platform or connection; everything if left out
    what: Option<String>,
    /// Read everything from the beginning again
    #[arg(long)]
    full: bool,
    /// Nothing older than this day (YYYY-MM-DD)
    #[arg(long, value_name = "DAY", conflicts_with = "full")]
    since: Option<Day>,
}

pub(crate) fn sync(context: &Context<'_>, arguments: &SyncArguments) -> Done {
    let profile = context.profile()?;
    let chosen = chosen(&profile, arguments.what.as_deref())?;
    let ended = block_on(async {
        let _open = Market::open(context, &profile).await?;
        let stop = Stop::on_ctrl_c();
        let mut ended = Vec::with_capacity(chosen.len());
        for connection in &chosen {
            if stop.is_wished() {
                ended.push((&connection.name, Err(NetError::cancelled().into())));
                continue;
            }
            let zone = connection.zone.unwrap_or(Zone::UTC);
            let options = Options {
                full: arguments.full,
                since: arguments.since.map(|day| zone.start_of(day)),
                lanes: None,
            };
            // One that fails does not keep the others from being read.
            ended.push((
                &connection.name,
                run(context, &profile, connection, options, &stop).await,
            ));
        }
        Ok(ended)
    })?;
    let answer: Vec<serde_json::Value> = ended
        .iter()
        .map(|(name, ended)| match ended {
            Ok(report) => json!({ "connection": name, "report": report, "error": null }),
            Err(error) => json!({ "connection": name, "report": null, "error": error }),
        })
        .collect();
    let text = || {
        let told = |(name, ended): &(&String, Result<Report, ApiError>)| match ended {
            Ok(report) => summary(name, report),
            Err(error) => format!("{}: not synced. {}", plain(name), error.message),
        };
        let mut parts: Vec<String> = ended.iter().map(told).collect();
        if context.out.hints() {
            parts.push(NEXT.to_owned());
        }
        parts.join("\n\n")
    };
    let failures = ended.iter().flat_map(|(_, ended)| match ended {
        Ok(report) => [report.failure().map(|why| ApiError::from(why.clone())), lost(report)],
        Err(error) => [Some(error.clone()), None],
    });
    // What only a person can mend is what the command ends with.
    match failures.flatten().min_by_key(|error| !needs_user(error.code)) {
        Some(failure) => Err(context.out.partial(&answer, failure, text)),
        None => context.out.answer(&answer, text),
    }
}

/// What to look at after a sync.
const NEXT: &str = "How connections stand: “countinghouse health”. Where a figure comes from: “countinghouse trace net_sales --day DAY”.";

/// A right that was taken away: only the user can give it back.
fn lost(report: &Report) -> Option<ApiError> {
    report.lost().map(|(stream, why)| {
        let message = format!("{} left out: {}", stream.label, plain(&why.message));
        ApiError::new(Code::NeedsReconnect, message, why.hint.clone())
    })
}

/// The connections that are meant; never none.
fn chosen(profile: &Profile, what: Option<&str>) -> Result<Vec<Connection>, ApiError> {
    let all = profile.store().read_blocking(|r| r.connections())?;
    let live = all.iter().filter(|c| is_live(c)).cloned();
    let chosen: Vec<Connection> = match what {
        None => live.collect(),
        Some(what) => match what.parse::<Channel>() {
            Ok(channel) => live.filter(|c| c.channel == channel).collect(),
            Err(_) => vec![find(profile, what)?],
        },
    };
    if chosen.is_empty() {
        return Err(ApiError::new(
            Code::NotFound,
            "there is nothing to sync: no account is connected",
            "“countinghouse connect shopify --help” and “connect amazon --help” tell how to connect an account.",
        ));
    }
    Ok(chosen)
}

/// The wish to stop, by Ctrl-C: of the whole command, whichever account it is at.
pub(crate) struct Stop {
    cancel: Cancel,
    watch: JoinHandle<()>,
}

impl Stop {
    /// Hears Ctrl-C from here on, on the runtime that calls it.
    pub(crate) fn on_ctrl_c() -> Stop {
        let cancel = Cancel::default();
        let wish = cancel.clone();
        let watch = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                wish.cancel();
            }
        });
        Stop { cancel, watch }
    }

    /// Whether it was pressed: what has not begun is not begun any more.
    pub(crate) fn is_wished(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Runs one sync with progress on the terminal; Ctrl-C stops it at the next step, and nothing is lost.
pub(crate) async fn run(
    context: &Context<'_>,
    profile: &Arc<Profile>,
    connection: &Connection,
    options: Options,
    stop: &Stop,
) -> Result<Report, ApiError> {
    let bars = context.out.shows_progress().then(Bars::default);
    let steps = context.out.tells_progress().then(Steps::default);
    let verbosity = context.out.verbosity();
    let last = Mutex::new(Vec::new());
    let tell = move |event: Event| {
        if let (Some(bars), Event::Progress(progress)) = (&bars, &event) {
            bars.show(progress);
        }
        let step = match (&steps, &event) {
            (Some(steps), Event::Progress(progress)) => steps.line(progress, clock::now().timestamp()),
            _ => None,
        };
        if let Some(line) = step.or_else(|| line(&event, verbosity, &last)) {
            // Standard error may be closed; the run goes on.
            let _ = writeln!(std::io::stderr(), "{}", plain(&line));
        }
    };
    profile.sync(connection.id, options, stop.cancel.clone(), tell).await
}

/// What is told of an event: at 1 what a stream turns to, at 2 every step.
fn line(event: &Event, verbosity: u8, last: &Mutex<Vec<(&'static str, String)>>) -> Option<String> {
    if verbosity == 0 {
        return None;
    }
    match event {
        Event::Began { run } => Some(format!("run {run} begins")),
        Event::Noted(note) => Some(format!("note: {} {}", plain(&note.message), note.hint)),
        Event::Stored { stream, orders } => (verbosity > 1).then(|| format!("{stream}: {orders} orders settled")),
        Event::Progress(progress) => {
            let doing = match &progress.phase {
                Phase::Queued => "queued".to_owned(),
                Phase::Working => "reading".to_owned(),
                _ => doing(progress, clock::now().timestamp()),
            };
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            let known = last.iter().position(|(stream, _)| *stream == progress.stream);
            let same = known.is_some_and(|at| last[at].1 == doing);
            match known {
                Some(at) => last[at].1.clone_from(&doing),
                None => last.push((progress.stream, doing.clone())),
            }
            let counts = format!("{} read, {} requests", progress.read, progress.requests);
            (verbosity > 1 || !same).then(|| format!("{}: {} ({counts})", progress.label, plain(&doing)))
        }
    }
}

/// Seconds between two lines about a stream that goes on, where no bar is drawn.
const EVERY: i64 = 60;

/// What is told line by line where no bar can be drawn: that a stream has ended, and every so often how far one is that goes on.
#[derive(Default)]
struct Steps {
    /// When each stream was told of last, UTC second.
    told: Mutex<Vec<(&'static str, i64)>>,
}

impl Steps {
    /// The line about a stream at UTC second `now`, if one is due.
    fn line(&self, progress: &StreamProgress, now: i64) -> Option<String> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let at = told.iter().position(|(stream, _)| *stream == progress.stream);
        let ended = matches!(
            progress.phase,
            Phase::Done | Phase::Failed { .. } | Phase::Skipped { .. }
        );
        let due = ended || at.is_some_and(|at| now - told[at].1 >= EVERY);
        match at {
            Some(at) if due => told[at].1 = now,
            Some(_) => {}
            None => told.push((progress.stream, now)),
        }
        let done = match progress.total.filter(|_| !ended) {
            Some(total) => format!("{} of {total}", progress.done),
            None => format!("{} read", progress.read),
        };
        let doing = doing(progress, now);
        let parts: Vec<&str> = [done.as_str(), doing.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        due.then(|| format!("{}: {}", progress.label, parts.join(", ")))
    }
}

/// A bar per stream.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    bars: Mutex<Vec<(&'static str, ProgressBar)>>,
}

impl Bars {
    fn show(&self, progress: &StreamProgress) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = match bars.iter().find(|(name, _)| *name == progress.stream) {
            Some((_, bar)) => bar.clone(),
            None => {
                let bar = self.all.add(ProgressBar::no_length());
                bar.set_prefix(progress.label);
                bars.push((progress.stream, bar.clone()));
                bar
            }
        };
        let form = match progress.total {
            Some(total) => {
                bar.set_length(total.max(progress.done));
                "{prefix:>14} {bar:30} {pos}/{len} {msg}"
            }
            None => "{prefix:>14} {pos} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar.set_position(progress.done);
        let message = doing(progress, clock::now().timestamp());
        match &progress.phase {
            Phase::Done => bar.finish_with_message(message),
            Phase::Failed { .. } | Phase::Skipped { .. } => bar.abandon_with_message(message),
            _ => bar.set_message(message),
        }
    }
}

/// What a stream does at UTC second `now`, behind its bar.
fn doing(progress: &StreamProgress, now: i64) -> String {
    // What is left is known while it waits, too.
    let left = progress
        .seconds_left
        .map(|s| format!("about {} left", EN_US.span(i64::try_from(s).unwrap_or(i64::MAX))));
    match &progress.phase {
        Phase::Done => "done".to_owned(),
        Phase::Failed { why } => format!("failed: {}", why.message),
        Phase::Skipped { why, .. } => format!("left out: {}", why.message),
        Phase::Waiting { reason, until } => {
            let at = chrono::DateTime::from_timestamp(*until, 0).unwrap_or_default();
            let at = at.with_timezone(&chrono::Local).format("%H:%M:%S");
            let waits = format!("waiting until {at} ({} s): {}", (until - now).max(0), reason.text());
            left.into_iter().chain([waits]).collect::<Vec<_>>().join(", ")
        }
        Phase::Queued | Phase::Working => left.unwrap_or_default(),
    }
}

/// What a sync brought: a line per stream and one for all, then what needs a look.
pub(crate) fn summary(name: &str, report: &Report) -> String {
    let row = |label: &str, b: Brought| {
        let mut cells = vec![label.to_owned()];
        cells.extend([b.read, b.new, b.changed, b.unchanged, b.set_aside].map(|n| n.to_string()));
        cells
    };
    let mut rows: Vec<Vec<String>> = report
        .streams
        .iter()
        .map(|stream| row(stream.label, Brought::of(std::slice::from_ref(stream))))
        .collect();
    rows.push(row("total", report.totals));
    let failed = report.failure().is_some() || report.lost().is_some();
    let mut lines = vec![format!(
        "{}: {} (run {})",
        plain(name),
        if failed { "synced in part" } else { "synced" },
        report.run
    )];
    lines.push(table(&["", "read", "new", "changed", "unchanged", "set aside"], &rows));
    for stream in &report.streams {
        match &stream.phase {
            Phase::Failed { why } => {
                lines.push(format!("{} failed: {} {}", stream.label, plain(&why.message), why.hint))
            }
            Phase::Skipped { why, .. } => {
                lines.push(format!(
                    "{} left out: {} {}",
                    stream.label,
                    plain(&why.message),
                    why.hint
                ));
            }
            _ => {}
        }
    }
    lines.extend(report.notes.iter().map(|note| noted(note).trim_start().to_owned()));
    if report.totals.set_aside > 0 {
        lines.push(
            "Records set aside are kept but not counted; “countinghouse health” names each with its reason.".into(),
        );
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use countinghouse_core::sync::Reason;

    use super::*;

    #[test]
    fn a_stream_that_waits_says_why_and_until_when() {
        let mut stream = StreamProgress::queued("orders", "orders");
        for (reason, word) in [
            (Reason::Throttled, "speed limit"),
            (Reason::Preparing, "making the file"),
            (Reason::Fault, "asked again"),
        ] {
            stream.phase = Phase::Waiting { reason, until: 1_042 };
            let said = doing(&stream, 1_000);
            assert!(said.contains(word), "why: {said}");
            assert!(said.contains("(42 s)") && said.contains("until "), "until when: {said}");
        }
    }

    #[test]
    fn what_is_left_is_told_while_a_file_is_awaited() {
        let mut stream = StreamProgress::queued("orders", "orders");
        (stream.done, stream.total, stream.seconds_left) = (829, Some(6_293), Some(2_160));
        stream.phase = Phase::Working;
        assert_eq!(doing(&stream, 1_000), "about 36 min left", "while it works");
        stream.phase = Phase::Waiting {
            reason: Reason::Preparing,
            until: 1_030,
        };
        let said = doing(&stream, 1_000);
        assert!(
            said.starts_with("about 36 min left, waiting until "),
            "and while it waits: {said}"
        );
    }

    #[test]
    fn without_a_terminal_a_line_tells_of_each_end_and_every_minute_how_far_a_stream_is() {
        let steps = Steps::default();
        let mut orders = StreamProgress::queued("orders", "orders");
        orders.phase = Phase::Working;
        assert_eq!(steps.line(&orders, 1_000), None, "it has just begun");
        (orders.done, orders.total, orders.seconds_left) = (829, Some(6_293), Some(2_160));
        assert_eq!(steps.line(&orders, 1_059), None, "not at every step");
        assert_eq!(
            steps.line(&orders, 1_060).as_deref(),
            Some("orders: 829 of 6293, about 36 min left"),
            "a minute later"
        );
        assert_eq!(steps.line(&orders, 1_100), None, "a minute after that one");
        let mut stock = StreamProgress::queued("inventory", "stock");
        (stock.phase, stock.read) = (Phase::Done, 12);
        assert_eq!(
            steps.line(&stock, 1_100).as_deref(),
            Some("stock: 12 read, done"),
            "an end at once"
        );
        orders.phase = Phase::Waiting {
            reason: Reason::Preparing,
            until: 1_150,
        };
        let waits = steps.line(&orders, 1_120).unwrap_or_default();
        assert!(
            waits.contains("about 36 min left, waiting until"),
            "while it waits, too: {waits}"
        );
    }
}
