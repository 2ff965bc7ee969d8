//! Whether everything the program needs works: keys, vault, ledger, connections with their access and their streams.

use serde::Serialize;
use ts_rs::TS;

use crate::app::{ApiError, Profile, Result, fetcher};
use crate::auth::vault::KeptIn;
use crate::auth::{AccessStanding, Route};
use crate::connectors::Channel;
use crate::connectors::fetch::StreamState;
use crate::store::{Connection, Read, Run};

use super::accounts::{SecretState, secret_age};
use super::connections::{ConnectionState, standing};
use super::desk::{Desk, Scene};
use super::history::{aside, files_text};
use super::issues::{Twice, beside_coming, coming_text, orders_twice};
use super::rights::{self, left_out};
use super::runs::{RunState, run as told};
use super::security::place_text;
use super::words::EN_US;
use super::{NoArgs, control};

/// Seconds before the end of an access within which it is warned of.
const SOON: i64 = 14 * 86_400;

/// One thing that is looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct HealthLine {
    /// What.
    pub label: String,
    /// How it stands.
    pub value_text: String,
    /// It works.
    pub ok: bool,
    /// What to do, where something is to do.
    pub next_step: Option<String>,
}

impl HealthLine {
    /// Something that works.
    pub fn fine(label: impl Into<String>, value_text: impl Into<String>) -> HealthLine {
        HealthLine {
            label: label.into(),
            value_text: value_text.into(),
            ok: true,
            next_step: None,
        }
    }

    /// Something to look at, and what to do about it.
    pub fn look(label: impl Into<String>, value_text: impl Into<String>, next_step: impl Into<String>) -> HealthLine {
        HealthLine {
            ok: false,
            next_step: Some(next_step.into()),
            ..HealthLine::fine(label, value_text)
        }
    }

    /// A failure with its own next step.
    pub fn failed(label: impl Into<String>, error: ApiError) -> HealthLine {
        HealthLine {
            ok: false,
            next_step: error.hint,
            ..HealthLine::fine(label, error.message)
        }
    }
}

/// Everything that is looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Health {
    /// One line per thing.
    pub lines: Vec<HealthLine>,
    /// The first thing that only a person can mend: a locked profile, an access that has ended.
    pub problem: Option<ApiError>,
}

/// Answers `health`. A profile that does not open is an answer, not an error.
///
/// # Errors
/// Database failures after the profile was opened.
pub fn health(desk: Desk<'_>, _: NoArgs) -> Result<Health> {
    let mut lines = vec![HealthLine::fine(
        "Program",
        format!("version {}", env!("CARGO_PKG_VERSION")),
    )];
    let profile = match desk.open() {
        Ok(profile) => profile,
        Err(error) => {
            lines.extend(key_line(desk));
            lines.push(HealthLine::failed("Ledger", error.clone()));
            return Ok(Health {
                lines,
                problem: Some(error),
            });
        }
    };
    // After the profile was opened: the first one is made by that.
    lines.extend(key_line(desk));
    lines.push(HealthLine::fine(
        "Ledger",
        format!(
            "encrypted, {}, opens with this profile's key",
            EN_US.size(size(&profile))
        ),
    ));
    desk.read(|r, scene| {
        let mut problem = None;
        for connection in scene.connections.iter().filter(|c| c.disconnected_at.is_none()) {
            let standing = standing(r, scene, connection)?;
            problem = problem.or(standing.problem.map(|found| ApiError {
                channel: Some(connection.channel.label().to_owned()),
                message: format!("{}: {}", connection.name, found.message),
                ..found
            }));
            lines.push(HealthLine {
                label: connection.name.clone(),
                value_text: format!("{}, {}", standing.state_text, standing.last_text),
                ok: standing.state == ConnectionState::Ok,
                next_step: standing.next_step,
            });
            if !connection.is_files_only() {
                lines.extend(access_lines(&profile, scene, connection));
                let run = r.runs(Some(connection.id), 1)?.into_iter().next();
                lines.extend(rights::line(connection, run.as_ref()));
                lines.extend(run_line(r, scene, connection, run.as_ref())?);
                lines.extend(stream_lines(r, scene, connection, run.as_ref())?);
                lines.extend(fees_line(r, scene, connection)?);
                lines.extend(control::orders_line(r, scene, connection)?);
            } else {
                lines.push(files_line(r, scene, connection)?);
            }
        }
        for Twice { what, next_step, .. } in orders_twice(r)? {
            lines.push(HealthLine::look("Orders twice", what, next_step));
        }
        let (filter, coming) = beside_coming(r)?;
        lines.extend(coming_text(scene, coming).map(|text| HealthLine::fine("Orders to come", text)));
        let open = r.count_issues(&filter)?;
        let count = scene.words.number(i64::try_from(open).unwrap_or(i64::MAX));
        lines.push(match open {
            0 => HealthLine::fine("Issues", count),
            _ => HealthLine::look("Issues", count, "Each names its record and what is wrong with it."),
        });
        Ok(Health { lines, problem })
    })
}

/// Bytes of the ledger; what is not in the main file yet lies beside it.
fn size(profile: &Profile) -> u64 {
    let files = ["", "-wal"].iter().filter_map(|tail| {
        let mut name = profile.store().path().as_os_str().to_owned();
        name.push(tail);
        std::fs::metadata(name).ok()
    });
    files.map(|file| file.len()).sum()
}

/// Where the profile's key is, and whether it can be had there. Nothing where keys have no place of their own.
fn key_line(desk: Desk<'_>) -> Option<HealthLine> {
    desk.app.deps().keys.keeper()?;
    let label = "Key";
    let standing = match desk.app.key_standing(desk.profile) {
        Ok(standing) => standing,
        Err(error) => return Some(HealthLine::failed(label, error)),
    };
    let place = place_text(standing.kept_in);
    Some(match (standing.kept_in, standing.locked, standing.keyring) {
        (_, true, _) => HealthLine::look(
            label,
            format!("{place}; the profile is locked"),
            "Unlock it with its passphrase.",
        ),
        (KeptIn::Keyring, _, Ok(true)) => HealthLine::fine(label, format!("{place}, which answers")),
        (KeptIn::Keyring, _, Ok(false)) => HealthLine::look(
            label,
            format!("{place}, which does not know it"),
            "If the profile came from another machine, open it there and set a passphrase.",
        ),
        (KeptIn::Keyring, _, Err(error)) => {
            HealthLine::look(label, format!("{place}, which does not answer"), error.to_string())
        }
        (KeptIn::Passphrase, _, Ok(true)) => HealthLine::look(
            label,
            format!("{place}; the keyring still has a copy"),
            "Set the passphrase again: the keyring forgets its copy then.",
        ),
        (KeptIn::Passphrase, _, Ok(false)) => HealthLine::fine(label, place),
        (KeptIn::Passphrase | KeptIn::File, _, Err(_)) => {
            HealthLine::fine(label, format!("{place}; this machine has no keyring that answers"))
        }
        (KeptIn::File, _, Ok(_)) => HealthLine::fine(label, place),
    })
}

/// How the access to an account stands: its way, its age, its end; and the age of its application's secret, where that ends.
pub(super) fn access_lines(profile: &Profile, scene: &Scene, connection: &Connection) -> Vec<HealthLine> {
    let label = format!("{}: access", connection.name);
    let access = match profile.access(connection.id) {
        Ok(Some(access)) => access,
        Ok(None) => return vec![HealthLine::look(label, "none is kept", "Connect the account again.")],
        Err(error) => return vec![HealthLine::failed(label, error)],
    };
    let mut lines = vec![access_text(label, connection.channel, &access, scene)];
    lines.extend(access.secret_since.map(|since| {
        let age = secret_age(scene, since);
        HealthLine {
            label: format!("{}: client secret", connection.name),
            value_text: age.text,
            ok: age.state == SecretState::Good,
            next_step: age.next_step,
        }
    }));
    lines
}

fn access_text(label: String, channel: Channel, access: &AccessStanding, scene: &Scene) -> HealthLine {
    let (words, now) = (scene.words, scene.now);
    let way = match (access.route, channel) {
        (Route::ClientCredentials, _) => "by client id and secret",
        (Route::AuthorizationCode, Channel::Amazon) => "by your application's authorisation",
        (Route::AuthorizationCode, Channel::Shopify) => "by consent in the browser",
        (Route::Pasted, _) => "by a pasted token",
    };
    let age = access
        .granted_at
        .map(|at| format!(", token got {}", words.ago(at, scene.zone, now)));
    let text = format!("{way}{}", age.unwrap_or_default());
    match (access.ends_at, access.expires_at) {
        (Some(end), _) if end <= now => HealthLine::look(
            label,
            format!("{text}, ended {}", words.moment(end, scene.zone, now)),
            "Connect the account again; everything fetched so far is kept.",
        ),
        (Some(end), _) if end - now < SOON => HealthLine::look(
            label,
            format!("{text}, ends {}", words.moment(end, scene.zone, now)),
            "A sync before then renews it where the platform allows; otherwise connect the account again.",
        ),
        (Some(end), _) => HealthLine::fine(label, format!("{text}, ends {}", words.moment(end, scene.zone, now))),
        (None, Some(end)) if end > now => {
            let at = words.moment(end, scene.zone, now);
            HealthLine::fine(label, format!("{text}, good until {at}, renewed by itself"))
        }
        (None, Some(_)) => HealthLine::fine(label, format!("{text}, renewed with the next request")),
        (None, None) => HealthLine::fine(label, format!("{text}, lasts until it is revoked")),
    }
}

/// How the last run ended and what it brought.
fn run_line(r: &Read<'_>, scene: &Scene, connection: &Connection, stored: Option<&Run>) -> Result<Option<HealthLine>> {
    let Some(stored) = stored else {
        return Ok(None);
    };
    let run = told(scene, stored, scene.is_at_work(r, connection.id)?);
    let label = format!("{}: last run", connection.name);
    let at = run.finished_text.as_deref().unwrap_or(&run.started_text);
    let text = format!("{} {at}: {}", run.state_text, run.counts_text);
    Ok(Some(match (run.error, run.notes.is_empty()) {
        (Some(error), _) => HealthLine::look(
            label,
            format!("{text}. {}", error.message),
            error.hint.unwrap_or_else(|| "Sync again.".to_owned()),
        ),
        (None, true) if run.state == RunState::Interrupted => HealthLine::look(
            label,
            text,
            "Its process ended before it did. The next sync goes on where it was cut off.",
        ),
        (None, true) => HealthLine::fine(label, text),
        (None, false) => HealthLine::look(label, text, run.notes.join(" ")),
    }))
}

/// Up to when Amazon's fees are final: a settlement closes them.
fn fees_line(r: &Read<'_>, scene: &Scene, connection: &Connection) -> Result<Option<HealthLine>> {
    if connection.channel != Channel::Amazon {
        return Ok(None);
    }
    let text = match r.last_payout(connection.id)? {
        Some(day) => format!(
            "final up to the last settlement, of {}; later ones may still change",
            scene.words.day(day)
        ),
        None => "not final before Amazon's first settlement".to_owned(),
    };
    Ok(Some(HealthLine::fine(format!("{}: fees", connection.name), text)))
}

/// Of which days the imported files of a connection tell all orders.
///
/// # Errors
/// Database failures only.
fn files_line(r: &Read<'_>, scene: &Scene, connection: &Connection) -> Result<HealthLine> {
    let label = format!("{}: orders", connection.name);
    Ok(match files_text(connection, scene.zone_of(connection.id)) {
        Some(days) => HealthLine::fine(label, format!("of its files, {days}; other days are not known")),
        None if aside(r, connection)? => HealthLine::look(
            label,
            "imported, and none of them could be counted",
            "The issues below say why; import them again as they should be, or connect the shop.",
        ),
        None => HealthLine::look(
            label,
            "none imported, so that its sales are not known",
            "Import its orders, or connect the shop.",
        ),
    })
}

/// How complete each stream is, and since when it was up to date last.
fn stream_lines(r: &Read<'_>, scene: &Scene, connection: &Connection, run: Option<&Run>) -> Result<Vec<HealthLine>> {
    let states = r.stream_states(connection.id)?;
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let fetcher = fetcher(connection.channel);
    let (words, zone) = (scene.words, scene.zone_of(connection.id));
    let left = run.map(left_out).unwrap_or_default();
    let lines = fetcher.streams().iter().filter(|spec| !spec.gate).map(|spec| {
        let label = format!("{}: {}", connection.name, spec.label);
        let Some(state) = states.iter().find(|state| state.stream == spec.name) else {
            return match left.iter().find(|left| left.label == spec.label) {
                Some(left) => HealthLine::look(label, "left out, never read", left.why()),
                None => HealthLine::look(label, "never read", "Sync."),
            };
        };
        let reached = StreamState(state.state.clone());
        let coverage = fetcher.coverage(spec.name, &reached);
        let out = left.iter().find(|left| left.label == spec.label);
        let past = out.is_some() || state.last_good_at.is_none();
        let held = match (coverage.whole, coverage.since) {
            (true, _) if past => Some("everything the platform showed before".to_owned()),
            (true, _) => Some("everything the platform shows".to_owned()),
            (false, Some(since)) => Some(format!("complete since {}", words.day(zone.day_of(since)))),
            (false, None) => None,
        };
        let good = state
            .last_good_at
            .map(|at| format!("up to date {}", words.ago(at, scene.zone, scene.now)));
        let text = [held, good].into_iter().flatten().collect::<Vec<_>>();
        if let Some(left) = out {
            return HealthLine::look(
                label,
                [text, vec!["left out since".to_owned()]].concat().join(", "),
                left.why(),
            );
        }
        if let Some(doubt) = fetcher.doubt(spec.name, &reached) {
            let text = [text, vec!["not complete".to_owned()]].concat().join(", ");
            return HealthLine::look(label, format!("{text}. {}", doubt.message), doubt.hint);
        }
        if let Some(lack) = fetcher.lacks(spec.name, &reached) {
            let text = text.join(", ");
            return HealthLine::look(label, format!("{text}. {}", lack.message), lack.hint);
        }
        match state.last_good_at {
            Some(_) => HealthLine::fine(label, text.join(", ")),
            None => HealthLine::look(
                label,
                [text, vec!["not read to its end yet".to_owned()]].concat().join(", "),
                "Sync; it goes on where it stopped.",
            ),
        }
    });
    Ok(lines.collect())
}
