//! Connections and how they stand: told from their runs and streams.

use serde::Serialize;
use ts_rs::TS;

use crate::app::{ApiError, Code, Result};
use crate::connectors::Channel;
use crate::net::{NetError, Reach};
use crate::store::{Connection as Stored, Read, Run, RunState, StreamState};

use super::desk::{Desk, Scene};
use super::history::{files_text, held_orders};
use super::rights::{LeftOut, left_out};
use super::{NoArgs, accounts};

/// After so many seconds without a good sync a connection wants attention.
const STALE: i64 = 2 * 86_400;

/// How a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// All is well.
    Ok,
    /// It works, but something is worth a look.
    Attention,
    /// It does not work until someone does something.
    Broken,
}

/// A connected account, or the source of imported files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Connection {
    /// Its number.
    pub id: i64,
    /// Code of its platform.
    pub channel: String,
    /// The platform's name on screens.
    pub channel_label: String,
    /// Its own name.
    pub label: String,
    /// Its address on the platform, its zone and currency.
    pub detail_text: String,
    /// How it stands.
    pub state: ConnectionState,
    /// The same in a word or two.
    pub state_text: String,
    /// The last good sync or import.
    pub last_sync_text: String,
    /// From which day on its history is complete.
    pub complete_since_text: Option<String>,
    /// What to do, where something is to do.
    pub next_step: Option<String>,
    /// An account is connected that can be synced.
    pub can_sync: bool,
    /// Invented data.
    pub demo: bool,
}

/// How a connection stands, for answers that only touch on it.
pub(super) struct Standing {
    pub(super) state: ConnectionState,
    pub(super) state_text: String,
    pub(super) last_text: String,
    /// Its data is as new as it should be.
    pub(super) fresh: bool,
    pub(super) next_step: Option<String>,
    /// What keeps it from being read, where only a person can mend that.
    pub(super) problem: Option<ApiError>,
}

/// Answers `connections`.
///
/// # Errors
/// Why the profile does not open.
pub fn connections(desk: Desk<'_>, _: NoArgs) -> Result<Vec<Connection>> {
    let demo = desk.open()?.info().demo;
    desk.read(|r, scene| {
        scene
            .connections
            .iter()
            .map(|c| connection(r, scene, c, demo))
            .collect()
    })
}

fn connection(r: &Read<'_>, scene: &Scene, stored: &Stored, demo: bool) -> Result<Connection> {
    let standing = standing(r, scene, stored)?;
    let zone = stored.zone.map_or_else(
        || "days in UTC, no time zone known".to_owned(),
        |z| format!("days in {z}"),
    );
    let place = match stored.channel {
        // The seller's id says nothing to a person; region and marketplaces do.
        Channel::Amazon => {
            let region = accounts::region(stored).map(|region| region.label().to_owned());
            let read = accounts::outlets(stored).join(", ");
            let both = [region, Some(read).filter(|read| !read.is_empty())]
                .into_iter()
                .flatten();
            Some(both.collect::<Vec<_>>().join(" · ")).filter(|place| !place.is_empty())
        }
        Channel::Shopify => stored.domain.clone(),
    };
    let known = [place, stored.currency.map(|c| c.code().to_owned()), Some(zone)];
    Ok(Connection {
        id: stored.id.0,
        channel: stored.channel.name().to_owned(),
        channel_label: stored.channel.label().to_owned(),
        label: stored.name.clone(),
        detail_text: known.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        state: standing.state,
        state_text: standing.state_text,
        last_sync_text: standing.last_text,
        complete_since_text: complete_since(r, scene, stored)?,
        next_step: standing.next_step,
        can_sync: !stored.endpoint.is_empty() && stored.disconnected_at.is_none(),
        demo,
    })
}

/// The error that ended a run.
pub(super) fn error_of(run: &Run) -> Option<ApiError> {
    let stored = run.error.clone()?;
    match serde_json::from_value::<NetError>(stored.clone()) {
        Ok(error) => Some(error.into()),
        Err(_) => Some(ApiError::internal(
            stored.as_str().map_or_else(|| stored.to_string(), str::to_owned),
        )),
    }
}

/// Whether a run ended because the platform refused the account, not one of its streams.
fn refused_as_a_whole(run: &Run) -> bool {
    let stored = run
        .error
        .clone()
        .and_then(|error| serde_json::from_value::<NetError>(error).ok());
    stored.is_some_and(|error| error.reach == Reach::Connection)
}

/// From when on the orders of a connection are complete.
fn complete_since(r: &Read<'_>, scene: &Scene, connection: &Stored) -> Result<Option<String>> {
    let zone = scene.zone_of(connection.id);
    if connection.is_files_only() {
        let text = files_text(connection, zone).map(|days| format!("Orders of its files: {days}"));
        return Ok(Some(text.unwrap_or_else(|| "No orders in its files".to_owned())));
    }
    let coverage = held_orders(r, connection)?;
    Ok(match coverage.since {
        _ if coverage.whole => Some("All orders the platform shows".to_owned()),
        Some(since) => Some(format!("Complete since {}", scene.words.day(zone.day_of(since)))),
        None => None,
    })
}

/// How a connection stands now.
pub(super) fn standing(r: &Read<'_>, scene: &Scene, connection: &Stored) -> Result<Standing> {
    let (words, now) = (scene.words, scene.now);
    let states = r.stream_states(connection.id)?;
    let run = r.runs(Some(connection.id), 1)?.into_iter().next();
    let left = run.as_ref().map(left_out).unwrap_or_default();
    let orders = states.iter().any(|s| s.stream == "orders");
    // What may not be read is told as such: a sync that left it out was a good one.
    let never = |state: &StreamState| state.last_good_at.is_none() && left.iter().any(|left| left.is_of(&state.stream));
    let expected = states.iter().filter(|state| !never(state));
    let last_good = match expected.map(|s| s.last_good_at).collect::<Option<Vec<i64>>>() {
        Some(all) => all.into_iter().min().filter(|_| orders),
        // A stream that was never up to date leaves the connection without a good sync.
        None => None,
    };
    let standing = |state, state_text: &str, last_text: String, next_step: Option<String>| Standing {
        state,
        state_text: state_text.to_owned(),
        // A first sync that is under way has not brought everything yet.
        fresh: state == ConnectionState::Ok && (last_good.is_some() || connection.is_files_only()),
        last_text,
        next_step,
        problem: None,
    };
    let ago = |at: i64| words.ago(at, scene.zone, now);
    if let Some(at) = connection.disconnected_at {
        let text = format!("disconnected {}", ago(at));
        return Ok(standing(ConnectionState::Attention, "Disconnected", text, None));
    }
    let good = last_good.map_or_else(|| "not synced yet".to_owned(), |at| format!("synced {}", ago(at)));
    if connection.is_files_only() && run.is_none() && states.is_empty() {
        let last = r.last_answer_at(connection.id)?;
        let text = last.map_or_else(
            || "nothing imported yet".to_owned(),
            |at| format!("imported {}", ago(at)),
        );
        return Ok(standing(ConnectionState::Ok, "Files only", text, None));
    }
    let at_work = scene.is_at_work(r, connection.id)?;
    match run {
        Some(run) if run.state == RunState::Running && at_work => {
            Ok(standing(ConnectionState::Ok, "Syncing", good, None))
        }
        Some(run) if matches!(run.state, RunState::Running | RunState::Interrupted) => {
            let next = "The next sync goes on where it was cut off.".to_owned();
            Ok(standing(ConnectionState::Attention, "Cut off", good, Some(next)))
        }
        Some(run) if run.state == RunState::Failed => {
            let error = error_of(&run).unwrap_or_else(|| ApiError::internal("the last sync failed"));
            // Only these need a person: the access, and what the platform refuses to the whole account. The others may mend themselves
            // on the next try.
            let broken = match error.code {
                Code::NeedsReconnect | Code::Locked => true,
                Code::RefusedByChannel => refused_as_a_whole(&run),
                _ => false,
            };
            let (state, text) = match broken {
                true => (ConnectionState::Broken, "Needs you"),
                false => (ConnectionState::Attention, "Last sync failed"),
            };
            let next = [Some(error.message.clone()), error.hint.clone()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ");
            let good = last_good.map_or_else(
                || "not synced yet".to_owned(),
                |at| format!("last good sync {}", ago(at)),
            );
            Ok(Standing {
                problem: broken.then_some(error),
                ..standing(state, text, good, Some(next))
            })
        }
        Some(_) if left.iter().any(LeftOut::weighs) => {
            let left: Vec<&LeftOut> = left.iter().filter(|stream| stream.weighs()).collect();
            let names: Vec<&str> = left.iter().map(|stream| stream.label.as_str()).collect();
            let text = match left.iter().any(|stream| stream.lost) {
                true => "A right was lost",
                false => "A right is missing",
            };
            let last = format!("{} left out, {good}", names.join(", "));
            let next = left.iter().map(|stream| stream.why()).collect::<Vec<_>>().join(" ");
            let lost = left.iter().find(|stream| stream.lost).map(|stream| stream.problem());
            Ok(Standing {
                problem: lost,
                ..standing(ConnectionState::Attention, text, last, Some(next))
            })
        }
        _ => match last_good {
            Some(at) if now - at <= STALE => Ok(standing(ConnectionState::Ok, "Connected", good, None)),
            _ => {
                let next = "Start a sync.".to_owned();
                Ok(standing(ConnectionState::Attention, "Not up to date", good, Some(next)))
            }
        },
    }
}
