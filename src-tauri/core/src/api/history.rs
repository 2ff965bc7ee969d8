//! How far back the orders behind a figure reach: newest come first, so that figures can be seen before all history is here.

use crate::app::{fetcher, settings};
use crate::connectors::fetch::{Coverage, StreamState};
use crate::metrics::{Measures, Period};
use crate::model::{Day, Zone};
use crate::store::{Connection, Read, Result};

use super::words::EN_US;

/// From which day on every order is held, in the connections asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum History {
    /// Every order that the platforms show, however old.
    Whole,
    /// From this day on, in the connection's zone.
    Since(Day),
    /// No day is complete yet.
    None,
}

impl History {
    /// How far the orders of the connections that `admits` lets in reach: as far as the shortest of them.
    ///
    /// Connections that only take files and those that are disconnected hold what they hold; nothing more will come, and nobody
    /// can tell what was left out of a file.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) fn of(r: &Read<'_>, admits: impl Fn(&Connection) -> bool) -> Result<History> {
        let shared = settings(r)?.zone;
        let connections = r.connections()?;
        if connections.is_empty() {
            return Ok(History::None);
        }
        let mut reach = History::Whole;
        for connection in connections {
            if connection.disconnected_at.is_none() && !connection.is_files_only() && admits(&connection) {
                let zone = shared.or(connection.zone).unwrap_or(Zone::UTC);
                reach = reach.shorter(own(r, &connection, zone)?);
            }
        }
        Ok(reach)
    }

    fn shorter(self, other: History) -> History {
        match (self, other) {
            (History::None, _) | (_, History::None) => History::None,
            (History::Whole, other) => other,
            (own, History::Whole) => own,
            (History::Since(a), History::Since(b)) => History::Since(a.max(b)),
        }
    }

    /// Whether every order of this day and all later ones is held.
    pub(super) fn holds(self, day: Day) -> bool {
        match self {
            History::Whole => true,
            History::Since(first) => day >= first,
            History::None => false,
        }
    }

    /// Whether every order of these days is held.
    pub(super) fn covers(self, period: Period) -> bool {
        self.holds(period.from)
    }

    /// Whether nothing can be told of days that end with `last`: none of them is held, and nothing that happened in them has come.
    pub(super) fn knows_nothing(self, last: Day, sums: &Measures) -> bool {
        !self.holds(last) && *sums == Measures::default()
    }

    /// The first day from which on every order is held; `None` where all of them are, or none.
    pub(super) fn from(self) -> Option<Day> {
        match self {
            History::Since(day) => Some(day),
            History::Whole | History::None => None,
        }
    }

    /// What is missing, as a sentence; `None` where nothing of these days is.
    pub(super) fn sentence(self, period: Period) -> Option<String> {
        match self {
            _ if self.covers(period) => None,
            History::Since(day) if day <= period.to => {
                Some(format!("Orders before {} are not all here", EN_US.day(day)))
            }
            _ => Some("The orders of these days are not all here".to_owned()),
        }
    }
}

/// What a connection holds of its orders; nothing before its first sync.
///
/// # Errors
/// Database failures only.
pub(super) fn held_orders(r: &Read<'_>, connection: &Connection) -> Result<Coverage> {
    let stored = r.stream_state(connection.id, "orders")?;
    Ok(stored.map_or_else(Coverage::default, |stored| {
        fetcher(connection.channel).coverage("orders", &StreamState(stored.state))
    }))
}

fn own(r: &Read<'_>, connection: &Connection, zone: Zone) -> Result<History> {
    let coverage = held_orders(r, connection)?;
    Ok(match coverage.since {
        _ if coverage.whole => History::Whole,
        // The day in which that second lies is complete only if it is its first one.
        Some(since) => History::Since(zone.day_of(since - 1).plus(1)),
        None => History::None,
    })
}
