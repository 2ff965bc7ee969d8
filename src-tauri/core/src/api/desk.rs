//! Where a command works: the profile it is about, and what every answer needs to know of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::{ApiError, App, Profile, Result, Settings, settings};
use crate::connectors::Channel;
use crate::model::{Currency, Day, Zone};
use crate::store::{Connection, ConnectionId, Outlet, Read};
use crate::sync::is_dead;

use super::words::{EN_US, Locale};

/// The app, and the profile a command is about.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The app.
    pub app: &'a App,
    /// Name or id of the profile; the active one where not given.
    pub profile: Option<&'a str>,
}

impl Desk<'_> {
    /// The profile.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open(&self) -> Result<Arc<Profile>> {
        self.app.profile(self.profile)
    }

    /// Runs `work` on one committed state of the profile's ledger.
    ///
    /// # Errors
    /// Why the profile does not open, and what `work` returns.
    pub fn read<T>(&self, work: impl FnOnce(&Read<'_>, &Scene) -> Result<T>) -> Result<T> {
        let profile = self.open()?;
        let now = self.app.deps().clock.now();
        let mut answer = None;
        profile.store().read_blocking(|r| {
            let scene = Scene::of(r, &profile, now)?;
            answer = Some(work(r, &scene));
            Ok(())
        })?;
        answer.unwrap_or_else(|| Err(ApiError::internal("the ledger was not read")))
    }
}

/// What an answer needs to know of the profile and the moment.
pub struct Scene {
    /// How texts are written.
    pub words: &'static Locale,
    /// The profile's settings.
    pub settings: Settings,
    /// Every connection, disconnected ones too.
    pub connections: Vec<Connection>,
    /// Zone in which the profile counts its days.
    pub zone: Zone,
    /// UTC second.
    pub now: i64,
    /// The day it is in `zone`.
    pub today: Day,
    /// Where the locks of runs lie.
    spool: PathBuf,
}

impl Scene {
    /// The scene of a ledger at UTC second `now`.
    pub(super) fn of(r: &Read<'_>, profile: &Profile, now: i64) -> crate::store::Result<Scene> {
        let settings = settings(r)?;
        let connections = r.connections()?;
        let zone = settings
            .zone
            .or(connections.iter().find_map(|c| c.zone))
            .unwrap_or(Zone::UTC);
        Ok(Scene {
            words: &EN_US,
            settings,
            connections,
            zone,
            now,
            today: zone.day_of(now),
            spool: profile.spool(),
        })
    }

    /// Whether a run is at work on a connection: someone holds its lease, and that process lives.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) fn is_at_work(&self, r: &Read<'_>, connection: ConnectionId) -> crate::store::Result<bool> {
        let leased = r.lease(connection)?.is_some_and(|lease| lease.expires_at > self.now);
        Ok(leased && !is_dead(&self.spool, connection))
    }

    /// Zone in which the days of a connection are counted.
    pub fn zone_of(&self, connection: ConnectionId) -> Zone {
        let own = self
            .connections
            .iter()
            .find(|c| c.id == connection)
            .and_then(|c| c.zone);
        self.settings.zone.or(own).unwrap_or(Zone::UTC)
    }

    /// The channel of a connection.
    pub fn channel_of(&self, connection: ConnectionId) -> Option<Channel> {
        self.connections.iter().find(|c| c.id == connection).map(|c| c.channel)
    }

    /// The name of a connection on screens.
    pub fn name_of(&self, connection: ConnectionId) -> &str {
        self.connections
            .iter()
            .find(|c| c.id == connection)
            .map_or("", |c| c.name.as_str())
    }

    /// The one currency of all figures and connections, where they agree: what zero is written in when nothing was sold.
    ///
    /// # Errors
    /// Database failures only.
    pub fn currency(&self, r: &Read<'_>) -> crate::store::Result<Option<Currency>> {
        let mut known: BTreeSet<Currency> = self.connections.iter().filter_map(|c| c.currency).collect();
        known.extend(r.currencies()?);
        Ok(if known.len() == 1 {
            known.into_iter().next()
        } else {
            None
        })
    }

    /// Whether sales channels are named with their platform, because there is more than one platform.
    fn several_platforms(&self) -> bool {
        let platforms: BTreeSet<Channel> = self.connections.iter().map(|c| c.channel).collect();
        platforms.len() > 1
    }

    /// A sales channel's name on screens.
    pub fn channel_label(&self, channel: Channel, sales_channel: &str) -> String {
        match (sales_channel, self.several_platforms()) {
            ("", false) => "No sales channel named".to_owned(),
            ("", true) => channel.label().to_owned(),
            (name, false) => name.to_owned(),
            // “Amazon.com” says already whose it is.
            (name, true) if name.starts_with(channel.label()) => name.to_owned(),
            (name, true) => format!("{} · {name}", channel.label()),
        }
    }
}

/// A platform, or one sales channel of it, as a page filters by it: `shopify`, `shopify/Online Store`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Part {
    /// The platform.
    pub channel: Channel,
    /// Only this sales channel inside it.
    pub sales_channel: Option<String>,
}

impl Part {
    /// The code at the border.
    pub fn code(&self) -> String {
        match &self.sales_channel {
            None => self.channel.name().to_owned(),
            Some(name) => format!("{}/{name}", self.channel.name()),
        }
    }

    /// Reads codes; the message names the argument.
    ///
    /// # Errors
    /// [`crate::app::Code::Invalid`] for a platform that is not known.
    pub fn parse_all(codes: &[String]) -> Result<Vec<Part>> {
        let parse = |code: &String| {
            let (channel, sales_channel) = match code.split_once('/') {
                Some((channel, name)) => (channel, Some(name.to_owned())),
                None => (code.as_str(), None),
            };
            match channel.parse() {
                Ok(channel) => Ok(Part { channel, sales_channel }),
                Err(message) => Err(ApiError::invalid(
                    format!("channels: {message}"),
                    "Take the codes that “frame” lists.",
                )),
            }
        };
        codes.iter().map(parse).collect()
    }

    /// Whether some sales belong to one of `parts`; to none at all means to all.
    pub fn admits(parts: &[Part], channel: Channel, sales_channel: &str) -> bool {
        let fits =
            |p: &Part| p.channel == channel && p.sales_channel.as_deref().is_none_or(|name| name == sales_channel);
        parts.is_empty() || parts.iter().any(fits)
    }

    /// Whether a connection is of one of `parts`; of none at all every one is.
    pub fn asks(parts: &[Part], connection: &Connection) -> bool {
        parts.is_empty() || parts.iter().any(|p| p.channel == connection.channel)
    }

    /// The connections (and their sales channels) behind `parts`; `None` for all.
    pub fn outlets(parts: &[Part], scene: &Scene) -> Option<Vec<Outlet>> {
        if parts.is_empty() {
            return None;
        }
        let of = |part: &Part| {
            let sales_channel = part.sales_channel.clone();
            let connections = scene.connections.iter().filter(|c| c.channel == part.channel);
            connections
                .map(|c| Outlet {
                    connection: c.id,
                    sales_channel: sales_channel.clone(),
                })
                .collect::<Vec<_>>()
        };
        Some(parts.iter().flat_map(of).collect())
    }
}
