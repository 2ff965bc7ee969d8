//! Whose account it is and where it sells: the participations (contract section 2.4). Nothing else begins before.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::calls::get;
use super::cut;
use super::flow::{self, Flow, note};
use super::operations::Operation;
use crate::connectors::amazon::auth::Region;
use crate::connectors::amazon::markets::{MARKETS, Market, market};
use crate::connectors::amazon::record;
use crate::connectors::fetch::{Batch, Coverage, Identity, Measure, Page, Step, StreamCtx};
use crate::model::{Currency, Zone};
use crate::net::{Code, NetError};

/// A marketplace that an account takes part in; pseudo marketplaces are none (failure 41).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Participation {
    /// The marketplace.
    pub market: &'static Market,
    /// Name of the account's shop there; untrusted text.
    pub store: String,
    /// Its listings are suspended.
    pub suspended: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    marketplace: Place,
    participation: Part,
    #[serde(default)]
    store_name: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    is_participating: bool,
    #[serde(default)]
    has_suspended_listings: bool,
}

/// What an entry of the participations says, if the account takes part in a marketplace of the allow-list.
fn participation(entry: &[u8]) -> Option<Participation> {
    let entry: Entry = serde_json::from_slice(entry).ok()?;
    entry.participation.is_participating.then_some(())?;
    Some(Participation {
        market: market(Some(&entry.marketplace.id), None)?,
        store: entry.store_name.unwrap_or_default(),
        suspended: entry.participation.has_suspended_listings,
    })
}

/// Where an account sells, in the order of the allow-list.
pub fn participations<'e>(entries: impl Iterator<Item = &'e [u8]>) -> Vec<Participation> {
    let mut found: Vec<Participation> = entries.filter_map(participation).collect();
    found.sort_by_key(|one| MARKETS.iter().position(|market| market.id == one.market.id));
    found.dedup_by_key(|one| one.market.id);
    found
}

/// The account as known by the participations: of `region`, at home in the first of `outlets`.
pub fn identity(region: Region, outlets: &[String], all: &[Participation], account: Option<&str>) -> Option<Identity> {
    let home = outlets
        .iter()
        .find_map(|outlet| all.iter().find(|one| one.market.id == *outlet))
        .or(all.first())?;
    let name: String = home.store.chars().filter(|c| !c.is_control()).take(80).collect();
    let name = match name.trim() {
        "" => home.market.name.to_owned(),
        name => format!("{name} ({})", home.market.name),
    };
    // Participations do not say the seller's id; without one the shop's name and region must do.
    let account = account.map_or_else(|| format!("{}:store:{}", region.code(), home.store), str::to_owned);
    Some(Identity {
        domain: account.clone(),
        account,
        name,
        zone: home.market.zone(),
        currency: home.market.currency().unwrap_or(Currency::USD),
        scopes: Vec::new(),
    })
}

/// The seller's id within the account's.
pub(super) fn seller(account: Option<&str>) -> Option<&str> {
    let (_, seller) = account?.split_once(':')?;
    (!seller.starts_with("store:") && !seller.is_empty()).then_some(seller)
}

/// The zone of a marketplace's days.
pub(super) fn zone_of(outlet: &str) -> Zone {
    market(Some(outlet), None).map_or(Zone::UTC, Market::zone)
}

/// Asks for the participations.
pub(super) fn ask(ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
    get(
        ctx,
        Operation::Participations,
        "sellers/v1/marketplaceParticipations",
        &[],
    )
}

/// Where the stream stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Account {
    done: bool,
}

impl Flow for Account {
    fn begin(&mut self, _ctx: &StreamCtx<'_>) {
        self.done = false;
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        match self.done {
            true => Ok(Step::Done),
            false => ask(ctx),
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let answer = flow::answer(&batch)?;
        let items = cut::list(answer, &["payload"])?;
        let all = participations(items.iter().map(|item| item.get().as_bytes()));
        let outlets = &ctx.remote.outlets;
        let region = Region::at(&ctx.remote.base).unwrap_or(Region::NorthAmerica);
        let known = |outlet: &String| all.iter().any(|one| one.market.id == *outlet);
        if all.is_empty() || !outlets.is_empty() && !outlets.iter().any(known) {
            return Err(NetError::connection(
                Code::NeedsReconnect,
                "The account that answers sells in none of the marketplaces this connection reads.",
                "Connect the account again: it may be another one, of another region, or have left these marketplaces.",
            ));
        }
        let mut page = Page {
            measure: Measure::of(1, Some(1)),
            identity: identity(region, outlets, &all, ctx.remote.account.as_deref()),
            ..Page::default()
        };
        let real = |item: &&&RawValue| participation(item.get().as_bytes()).is_some();
        let items: Vec<&RawValue> = items.iter().filter(real).copied().collect();
        page.records = cut::records("marketplaces", &items, record::participation);
        for one in all
            .iter()
            .filter(|one| !outlets.iter().any(|outlet| outlet == one.market.id))
        {
            page.notes.push(note(
                "marketplace_unread",
                format!(
                    "The account sells on {} too, which this connection does not read.",
                    one.market.name
                ),
                "Connect the account again with this marketplace if its sales are to count.",
            ));
        }
        for gone in outlets.iter().filter(|outlet| !known(outlet)) {
            let name = market(Some(gone), None).map_or(gone.as_str(), |m| m.name);
            page.notes.push(note(
                "marketplace_left",
                format!("The account does not sell on {name} any more."),
                "What was fetched is kept.",
            ));
        }
        self.done = true;
        Ok(page)
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            whole: self.done,
            ..Coverage::default()
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
