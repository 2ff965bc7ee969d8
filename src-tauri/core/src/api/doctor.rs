//! Whether the machine is fit for the program: keyring, disk, permissions, clock; whether the ledger's file is whole; and how the
//! accounts stand as last heard.

use std::path::Path;

use crate::app::{ApiError, App, Profile, Result, fetcher};
use crate::auth::vault::KeptIn;
use crate::connectors::Channel;
use crate::connectors::fetch::StreamState;
use crate::net::limiter::Limiter;
use crate::store::{Connection, Read};

use super::accounts::RightState;
use super::desk::{Desk, Scene};
use super::health::{HealthLine, access_lines};
use super::rights;
use super::words::EN_US;

/// Less free space than this is told, in bytes.
const LITTLE: u64 = 1 << 30;
/// Seconds by which stored moments may be ahead of the clock.
const AHEAD: i64 = 300;

/// What can be told without opening a profile: folder, disk, keyring.
pub fn machine(app: &App, profile: Option<&str>) -> Vec<HealthLine> {
    let mut lines = vec![writable(app.home()), space(app.home())];
    lines.extend(private(app.home()));
    lines.extend(keyring(app, profile));
    lines
}

/// What only an open profile can tell: whether the clock fits what is stored, and whether every page of the file is whole.
///
/// # Errors
/// Why the profile does not open.
pub fn ledger(desk: Desk<'_>) -> Result<Vec<HealthLine>> {
    let profile = desk.open()?;
    let clock = desk.read(|r, scene| {
        let mut latest = None;
        let mut skewed = false;
        for connection in &scene.connections {
            latest = latest.max(r.last_answer_at(connection.id)?);
            for run in r.runs(Some(connection.id), 1)? {
                latest = latest.max(Some(run.finished_at.unwrap_or(run.started_at)));
                skewed |= run.progress.to_string().contains("\"clock_skew\"");
            }
        }
        Ok(clock(scene, latest, skewed))
    })?;
    Ok(vec![clock, whole(&profile)])
}

/// How the accounts stand, as last heard and without asking them: access and the age of the application's secret, rights and roles, speed
/// limits that are used up, files that are still being made.
///
/// # Errors
/// Why the profile does not open; database failures.
pub fn accounts(desk: Desk<'_>) -> Result<Vec<HealthLine>> {
    let profile = desk.open()?;
    desk.read(|r, scene| {
        let mut lines = Vec::new();
        let live = |c: &&Connection| c.disconnected_at.is_none() && !c.is_files_only();
        for connection in scene.connections.iter().filter(live) {
            lines.extend(access_lines(&profile, scene, connection));
            let run = r.runs(Some(connection.id), 1)?.into_iter().next();
            match connection.channel {
                Channel::Amazon => lines.push(roles(r, connection)?),
                Channel::Shopify => lines.extend(rights::line(connection, run.as_ref())),
            }
            lines.push(limits(r, scene, connection)?);
            lines.extend(awaited(r, scene, connection)?);
        }
        Ok(lines)
    })
}

/// Amazon's roles: which are missing and what is not shown without them, and which no sync has tried.
fn roles(r: &Read<'_>, connection: &Connection) -> Result<HealthLine> {
    let label = format!("{}: roles", connection.name);
    let all = rights::each(r, connection)?;
    let names = |state: RightState| -> Vec<&str> {
        let own = all.iter().filter(|right| right.state == state);
        own.map(|right| right.name.as_str()).collect()
    };
    let (missing, untried) = (names(RightState::Missing), names(RightState::Untried));
    let mut text = format!("{} of {} granted", names(RightState::Granted).len(), all.len());
    for (what, which) in [("missing", &missing), ("not tried by a sync yet", &untried)] {
        if !which.is_empty() {
            text.push_str(&format!("; {what}: {}", which.join(", ")));
        }
    }
    let why = all.iter().filter(|right| right.state == RightState::Missing);
    let why: Vec<&str> = why.map(|right| right.text.as_str()).collect();
    Ok(match why.is_empty() {
        true => HealthLine::fine(label, text),
        false => HealthLine::look(label, text, why.join(" ")),
    })
}

/// The platform's speed limits that are used up now. They fill by themselves: nothing is wrong with that.
fn limits(r: &Read<'_>, scene: &Scene, connection: &Connection) -> Result<HealthLine> {
    let label = format!("{}: speed limits", connection.name);
    let stored = r.limiter(connection.id)?;
    let limiter: Limiter = stored
        .and_then(|stored| serde_json::from_value(stored).ok())
        .unwrap_or_default();
    let met: Vec<String> = limiter
        .met(scene.now.saturating_mul(1_000))
        .into_iter()
        .map(|(name, seconds)| {
            let span = scene.words.span(i64::try_from(seconds).unwrap_or(i64::MAX));
            format!("{name} is used up, free again in {span}")
        })
        .collect();
    Ok(match met.is_empty() {
        true => HealthLine::fine(label, "none is used up"),
        false => HealthLine::fine(label, met.join("; ")),
    })
}

/// Files that the platform is still making. Nothing for a platform that makes none.
fn awaited(r: &Read<'_>, scene: &Scene, connection: &Connection) -> Result<Option<HealthLine>> {
    if connection.channel != Channel::Amazon {
        return Ok(None);
    }
    let label = format!("{}: reports waiting", connection.name);
    let fetcher = fetcher(connection.channel);
    let mut waiting = Vec::new();
    for state in r.stream_states(connection.id)? {
        let spec = fetcher.streams().iter().find(|spec| spec.name == state.stream);
        let asked_at = fetcher.awaited(&StreamState(state.state));
        if let (Some(spec), Some(at)) = (spec, asked_at) {
            let asked = scene.words.ago(at, scene.zone, scene.now);
            waiting.push(format!("{} (asked for {asked})", spec.label));
        }
    }
    Ok(Some(match waiting.is_empty() {
        true => HealthLine::fine(label, "none"),
        false => HealthLine {
            next_step: Some("Amazon is making them; the next sync goes on with them.".to_owned()),
            ..HealthLine::fine(label, waiting.join(", "))
        },
    }))
}

fn writable(home: &Path) -> HealthLine {
    let label = "Home folder";
    let probe = home.join(".probe");
    let tried = std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => HealthLine::fine(label, format!("{}, can be written", home.display())),
        Err(error) => HealthLine::failed(label, ApiError::folder(home, &error)),
    }
}

fn space(home: &Path) -> HealthLine {
    let label = "Disk space";
    match fs4::available_space(home) {
        Ok(free) if free < LITTLE => HealthLine::look(
            label,
            format!("{} free", EN_US.size(free)),
            "Free some space: a first sync of a large shop takes about 2 KB an order, and a migration a copy of the ledger.",
        ),
        Ok(free) => HealthLine::fine(label, format!("{} free", EN_US.size(free))),
        Err(error) => HealthLine::look(label, format!("not known: {error}"), "Look at the disk yourself."),
    }
}

/// Whether only the owner may read what is secret. Nothing where the system has no such permissions.
#[cfg(unix)]
fn private(home: &Path) -> Option<HealthLine> {
    use std::os::unix::fs::PermissionsExt as _;
    let profiles = std::fs::read_dir(home.join("profiles")).ok()?;
    let mut open = Vec::new();
    let folders = profiles.flatten().map(|entry| entry.path());
    for path in folders.flat_map(|folder| ["key.json", "vault.sealed"].map(|name| folder.join(name))) {
        let mode = std::fs::metadata(&path).map(|file| file.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o077 != 0) {
            open.push(path.display().to_string());
        }
    }
    Some(match open.is_empty() {
        true => HealthLine::fine("Permissions", "keys and tokens are for their owner only"),
        false => HealthLine::look(
            "Permissions",
            format!("others may read {}", open.join(", ")),
            "Take their rights away: chmod 600 on each.",
        ),
    })
}

#[cfg(not(unix))]
fn private(_: &Path) -> Option<HealthLine> {
    None
}

fn keyring(app: &App, profile: Option<&str>) -> Option<HealthLine> {
    app.deps().keys.keeper()?;
    // Without a profile there is no key to ask for.
    let standing = app.key_standing(profile).ok()?;
    let label = "Keyring";
    Some(match standing.keyring {
        Ok(_) => HealthLine::fine(label, "answers"),
        // Who has a passphrase needs none.
        // Who has a passphrase needs none.
        Err(_) if standing.kept_in != KeptIn::Keyring => {
            HealthLine::fine(label, "does not answer; this profile does not need it")
        }
        Err(error) => HealthLine::look(
            label,
            "does not answer",
            format!("Unlock or start the system's keyring: {error}."),
        ),
    })
}

fn clock(scene: &Scene, latest: Option<i64>, skewed: bool) -> HealthLine {
    let label = "Clock";
    let now = EN_US.moment(scene.now, scene.zone, scene.now);
    match latest {
        Some(latest) if latest > scene.now + AHEAD => HealthLine::look(
            label,
            format!(
                "{now}, but records were fetched {}",
                EN_US.moment(latest, scene.zone, scene.now)
            ),
            "Set the machine's date, time and time zone right.",
        ),
        _ if skewed => HealthLine::look(
            label,
            format!("{now}; the platform's clock differed by more than five minutes in the last sync"),
            "Set the machine's date, time and time zone right.",
        ),
        _ => HealthLine::fine(label, format!("{now}, in step with what is stored")),
    }
}

fn whole(profile: &Profile) -> HealthLine {
    let label = "Ledger file";
    match profile.store().read_blocking(|r| r.check()) {
        Ok(damage) if damage.is_empty() => HealthLine::fine(label, "every page passes its check"),
        Ok(damage) => HealthLine::look(
            label,
            format!("damaged: {}", damage.join("; ")),
            "Restore a backup, or make a new profile and sync again.",
        ),
        Err(error) => HealthLine::failed(label, error.into()),
    }
}
