//! What an account lets its app read: the rights it granted, and what the last run was refused all the same.

use serde_json::Value;

use crate::app::{ApiError, Code, Result, fetcher};
use crate::connectors::Channel;
use crate::connectors::amazon::auth::{ROLES, Role};
use crate::connectors::shopify::auth::{RIGHTS, Right, includes, missing};
use crate::store::{Connection, Read, Run, StreamState};

use super::accounts::{AccountRight, RightState};
use super::health::HealthLine;

/// A stream that a run left out, because the platform did not permit it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LeftOut {
    stream: String,
    /// Its name for people.
    pub(super) label: String,
    /// It was read to its end before.
    pub(super) lost: bool,
    message: String,
    hint: String,
}

impl LeftOut {
    /// Whether figures that were shown stand still without it, or some are not there at all.
    pub(super) fn weighs(&self) -> bool {
        self.lost || self.is_of_orders() || self.is_of_money()
    }

    /// Whether it is a platform's ledger of money, without which refunds and fees are not known.
    fn is_of_money(&self) -> bool {
        Channel::ALL
            .iter()
            .any(|channel| fetcher(*channel).money().is_some_and(|stream| self.is_of(stream)))
    }

    /// Whether it is this one.
    pub(super) fn is_of(&self, stream: &str) -> bool {
        self.stream == stream
    }

    /// Whether it holds the orders.
    pub(super) fn is_of_orders(&self) -> bool {
        self.stream == "orders"
    }

    /// Why, and what to do.
    pub(super) fn why(&self) -> String {
        format!("{} {}", self.message, self.hint).trim().to_owned()
    }

    /// A right that was taken away: only the user can give it back.
    pub(super) fn problem(&self) -> ApiError {
        let message = format!("{} left out: {}", self.label, self.message);
        ApiError::new(Code::NeedsReconnect, message, self.hint.clone())
    }

    /// Rights that the platform named with its refusal; any one of them would do.
    fn named(&self) -> impl Iterator<Item = &str> {
        let words = self.message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| word.starts_with("read_"))
    }

    /// Whether one of those rights is among `granted`.
    fn granted_by(&self, granted: &[String]) -> bool {
        self.named().any(|scope| includes(granted, scope))
    }
}

/// The streams that a run left out.
pub(super) fn left_out(run: &Run) -> Vec<LeftOut> {
    let streams = run.progress.get("streams").and_then(Value::as_array);
    let skipped = streams
        .into_iter()
        .flatten()
        .filter(|stream| stream.get("phase").and_then(Value::as_str) == Some("skipped"));
    skipped
        .map(|stream| {
            let text = |at: &str| {
                stream
                    .pointer(at)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            LeftOut {
                stream: text("/stream"),
                label: text("/label"),
                lost: stream.get("lost").and_then(Value::as_bool).unwrap_or(false),
                message: text("/why/message"),
                hint: text("/why/hint"),
            }
        })
        .collect()
}

/// The rights that an account granted, as last heard; `None` before it has told.
fn granted(connection: &Connection) -> Option<Vec<String>> {
    let scopes = connection.settings.get("scopes")?.as_array()?;
    Some(scopes.iter().filter_map(|s| s.as_str().map(str::to_owned)).collect())
}

/// Rights that are used and were not granted; none before the account has told.
pub(super) fn lacking(connection: &Connection) -> Vec<Right> {
    let granted = granted(connection).unwrap_or_default();
    match connection.channel {
        _ if granted.is_empty() => Vec::new(),
        Channel::Shopify => missing(&granted),
        // Amazon tells no roles; a refused operation names itself.
        Channel::Amazon => Vec::new(),
    }
}

/// Every right of an account and how it stands. Amazon tells no roles: one is known by what was read with it, or refused.
pub(super) fn each(r: &Read<'_>, connection: &Connection) -> Result<Vec<AccountRight>> {
    let run = r.runs(Some(connection.id), 1)?.into_iter().next();
    let left = run.as_ref().map(left_out).unwrap_or_default();
    let right = |name: &str, state, text: String| AccountRight {
        name: name.to_owned(),
        state,
        text,
    };
    if connection.channel == Channel::Amazon {
        let states = r.stream_states(connection.id)?;
        let of = |role: &Role| match role_state(role, &states, &left) {
            (RightState::Missing, why) => right(role.name, RightState::Missing, format!("{} {why}", role.without)),
            (state, _) => right(role.name, state, role.why.to_owned()),
        };
        return Ok(ROLES.iter().map(of).collect());
    }
    let lacking = lacking(connection);
    let lacks = |scope: &str| lacking.iter().find(|right| right.scope == scope);
    let told = granted(connection).is_some();
    Ok(RIGHTS
        .iter()
        .map(|known| match lacks(known.scope) {
            Some(missing) => right(known.scope, RightState::Missing, missing.without.to_owned()),
            None if told => right(known.scope, RightState::Granted, String::new()),
            None => right(known.scope, RightState::Untried, String::new()),
        })
        .collect())
}

/// How a role stands, and why it is missing.
fn role_state(role: &Role, states: &[StreamState], left: &[LeftOut]) -> (RightState, String) {
    let refused = left.iter().find(|left| role.streams.contains(&left.stream.as_str()));
    if let Some(refused) = refused {
        return (RightState::Missing, refused.hint.clone());
    }
    let read = |state: &StreamState| role.streams.contains(&state.stream.as_str()) && state.last_good_at.is_some();
    match states.iter().any(read) {
        true => (RightState::Granted, String::new()),
        false => (RightState::Untried, String::new()),
    }
}

/// What may not be read, and what is not shown therefore. `run` is the latest one; nothing where neither it nor the account has told.
pub(super) fn line(connection: &Connection, run: Option<&Run>) -> Option<HealthLine> {
    let label = format!("{}: permissions", connection.name);
    let left = run.map(left_out).unwrap_or_default();
    let granted = match granted(connection) {
        Some(granted) => granted,
        None if left.is_empty() => return None,
        None => Vec::new(),
    };
    let lacking = lacking(connection);
    if lacking.is_empty() && left.is_empty() && connection.channel == Channel::Amazon && run.is_none() {
        return Some(HealthLine::fine(
            label,
            "Amazon tells no roles; the first sync shows which are missing",
        ));
    }
    if lacking.is_empty() && left.is_empty() {
        return Some(HealthLine::fine(label, "everything that is used is granted"));
    }
    let (mut texts, mut steps) = (Vec::new(), Vec::new());
    if !lacking.is_empty() {
        let names: Vec<&str> = lacking.iter().map(|right| right.scope).collect();
        texts.push(format!("not granted: {}", names.join(", ")));
        steps.extend(lacking.iter().map(|right| right.without.to_owned()));
        steps.push("Grant them in the app's settings and connect again.".to_owned());
    }
    for stream in &left {
        // A right that lacks is named above with what is not shown without it.
        if stream
            .named()
            .any(|scope| lacking.iter().any(|right| right.scope == scope))
        {
            continue;
        }
        texts.push(format!("{} left out at the last sync", stream.label));
        steps.push(match stream.granted_by(&granted) {
            true => format!(
                "{}. The right is granted now: sync. {}",
                stream.message.trim_end_matches('.'),
                more_than_rights(connection.channel)
            ),
            false => stream.why(),
        });
    }
    Some(HealthLine::look(label, texts.join("; "), steps.join(" ")))
}

/// What a platform may want besides a right.
fn more_than_rights(channel: Channel) -> &'static str {
    match channel {
        Channel::Shopify => {
            "If it is refused again, Shopify wants more than the right: ask for access to protected customer data in the Dev Dashboard."
        }
        Channel::Amazon => {
            "If it is refused again, authorize the app once more in Seller Central: a role that was added counts only from then on."
        }
    }
}
