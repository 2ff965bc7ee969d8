//! Whether a file can be of a connected account: of its region, and with orders that it knows.

use crate::connectors::amazon::auth::Region;
use crate::connectors::amazon::markets::Market;
use crate::connectors::fetch::StreamState;
use crate::connectors::{Channel, ReadCtx, reader};
use crate::import::{Split, marketplaces};
use crate::model::{When, Zone};
use crate::store::{Connection, Read};

use super::import::ImportOptions;
use super::joining::is_files;
use super::{ApiError, Profile, Result, fetcher};

/// What of a file shows that it is not of an account (LEDGER ruling 16).
pub(super) struct Stranger {
    markets: Vec<&'static Market>,
    /// Orders with the second they were placed.
    orders: Vec<(String, Option<i64>)>,
}

impl Stranger {
    /// What a file shows of it.
    pub(super) fn of(channel: Channel, split: &Split) -> Stranger {
        let own = split
            .records
            .iter()
            .filter(|r| channel == Channel::Amazon && r.stream == "orders");
        let zone = Zone::UTC;
        let context = ReadCtx {
            zone,
            currency: None,
            reads_ledger: false,
        };
        let placed = |record| {
            reader(channel).placed(&context, record).map(|at| match at {
                When::Instant(at) => at,
                When::Day(day) => zone.start_of(day),
            })
        };
        Stranger {
            markets: marketplaces(channel, &split.records),
            orders: own.map(|record| (record.key.clone(), placed(record))).collect(),
        }
    }

    /// Why it cannot be of the account of a connection: that is of another region.
    pub(super) fn abroad(&self, connection: &Connection) -> Option<ApiError> {
        let region = Region::at(&connection.endpoint.parse().ok()?)?;
        let other = self.markets.iter().find(|market| Region::of(market) != region)?;
        Some(ApiError::invalid(
            format!(
                "the file tells of {}, and “{}” is an account in {region}",
                other.name, connection.name
            ),
            "Each region is an account of its own: connect it, or import the file without --connection; it becomes a set of its own then.",
        ))
    }

    /// Whether a connection knows all orders of some of its days, and not one of the file's.
    pub(super) fn unknown(&self, r: &Read<'_>, connection: &Connection) -> crate::store::Result<bool> {
        if self.orders.is_empty() || connection.endpoint.is_empty() {
            return Ok(false);
        }
        let Some(stored) = r.stream_state(connection.id, "orders")? else {
            return Ok(false);
        };
        let coverage = fetcher(connection.channel).coverage("orders", &StreamState(stored.state));
        let (Some(since), Some(until)) = (coverage.since, coverage.until) else {
            return Ok(false);
        };
        // The latest ones may not have come yet.
        let held = since..until - 2 * 86_400;
        if !self
            .orders
            .iter()
            .any(|(_, at)| at.is_some_and(|at| held.contains(&at)))
        {
            return Ok(false);
        }
        for (order, _) in &self.orders {
            if r.knows_thing(connection.id, "orders", order)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Profile {
    /// The connection that is named for files, where there is one of that name.
    pub(super) fn named_target(&self, channel: Channel, options: &ImportOptions) -> Result<Option<Connection>> {
        let Some(name) = &options.connection else {
            return Ok(None);
        };
        let all = self.store().read_blocking(|r| r.connections())?;
        let named = |c: &Connection| c.channel == channel && c.name.eq_ignore_ascii_case(name);
        Ok(all.into_iter().find(named))
    }

    /// What is to be said where files became a set of their own beside an account.
    pub(super) fn passed_over(&self, channel: Channel) -> Result<Option<String>> {
        let all = self.store().read_blocking(|r| r.connections())?;
        let account = all
            .iter()
            .find(|c| c.channel == channel && !is_files(c) && c.disconnected_at.is_none());
        Ok(account.map(|account| {
            format!(
                "Nothing in the file is known to “{}”, so that it is a set of its own: two accounts are never taken for one. If it is \
                 of that account, import it with --connection “{}”.",
                account.name, account.name
            )
        }))
    }
}
