//! To which account files belong that name no connection: what they say of their marketplaces and their seller, and what of them the
//! account knows (LEDGER ruling 16).

use std::collections::BTreeSet;

use crate::connectors::amazon::auth::Region;
use crate::connectors::amazon::markets::{Market, named};
use crate::connectors::amazon::record::{member, members, text};
use crate::connectors::{Channel, RawRecord};
use crate::store::{self, Connection, Read};

use super::joining::is_files;
use super::{ApiError, Result};

/// Marketplaces that are named in a sentence; of more it says how many.
const NAMED: usize = 4;

/// How files stand to a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Stand {
    /// It knows something of them.
    Known,
    /// Nothing speaks against it.
    Fits,
    /// It knows nothing of them, or does not read where they are from; the reason as a part of a sentence.
    Unknown(String),
    /// They cannot be its own; the reason as a part of a sentence.
    Foreign(String),
}

/// What files say of where they are from.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Marketplaces.
    markets: Vec<&'static Market>,
    /// Ids of sellers.
    sellers: BTreeSet<String>,
    /// Numbers of orders.
    orders: BTreeSet<String>,
    /// SKUs, by the stream that names them.
    skus: BTreeSet<(String, String)>,
}

impl Said {
    /// What records say. Those of a platform whose files name no account say nothing.
    pub(super) fn by(channel: Channel, records: &[RawRecord]) -> Said {
        let mut said = Said::default();
        for record in records.iter().filter(|_| channel == Channel::Amazon) {
            if let Some(market) = named(&record.bytes).filter(|market| !said.markets.contains(market)) {
                said.markets.push(market);
            }
            said.sellers.extend(seller(record));
            match record.stream.as_ref() {
                "orders" | "finances" | "settlements" => said.orders.extend(order(record).map(str::to_owned)),
                "inventory" | "listings" => {
                    said.skus.insert((record.stream.to_string(), record.key.clone()));
                }
                _ => {}
            }
        }
        said
    }

    /// How the files stand to a connection. A set of files takes whatever comes.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) fn to(&self, r: &Read<'_>, connection: &Connection) -> store::Result<Stand> {
        if connection.channel != Channel::Amazon || is_files(connection) {
            return Ok(Stand::Fits);
        }
        if let Some(why) = self.foreign(connection) {
            return Ok(Stand::Foreign(why));
        }
        let id = connection.id;
        let orders = self.orders.iter().map(|order| ("orders", order));
        let skus = self.skus.iter().map(|(stream, sku)| (stream.as_str(), sku));
        let mut asked: BTreeSet<&str> = BTreeSet::new();
        for (stream, key) in orders.chain(skus) {
            asked.insert(stream);
            if r.knows_thing(id, stream, key)? {
                return Ok(Stand::Known);
            }
        }
        // What it has not read to the end it may not know yet.
        let states = r.stream_states(id)?;
        let mut read_whole = states.iter().filter(|state| state.last_good_at.is_some());
        let should_know = read_whole.any(|state| asked.contains(state.stream.as_str()));
        let read: Vec<&str> = connection.texts("outlets").collect();
        let elsewhere: Vec<&Market> = self.markets.iter().copied().filter(|m| !read.contains(&m.id)).collect();
        Ok(match (elsewhere.is_empty() || read.is_empty(), should_know) {
            (false, _) => Stand::Unknown(format!("it does not read {}, which the file names", names(&elsewhere))),
            (true, true) => Stand::Unknown(match self.orders.is_empty() {
                true => "it knows none of the SKUs in the file".to_owned(),
                false => "it knows none of the orders in the file".to_owned(),
            }),
            (true, false) => Stand::Fits,
        })
    }

    /// Why the files cannot be of an account: it is authorised for another region, or they name another seller.
    fn foreign(&self, connection: &Connection) -> Option<String> {
        let (region, seller) = match connection
            .account
            .as_deref()
            .and_then(|account| account.split_once(':'))
        {
            Some((region, seller)) => (region.parse::<Region>().ok(), Some(seller)),
            None => (None, None),
        };
        if let Some(region) = region {
            let beyond: Vec<&Market> = self
                .markets
                .iter()
                .copied()
                .filter(|m| Region::of(m) != region)
                .collect();
            if !beyond.is_empty() {
                return Some(format!(
                    "it is authorised for {region}, and the file names {}",
                    names(&beyond)
                ));
            }
        }
        // Where the seller's id is not known, the name of the store stands in its place.
        let seller = seller.filter(|seller| !seller.starts_with("store:"))?;
        let other = self.sellers.iter().find(|other| other.as_str() != seller)?;
        Some(format!("it is of seller {seller}, and the file of {other}"))
    }
}

/// The connection that files belong to, of those that may take them: the only one that knows something of them, else the only one that
/// nothing speaks against; `None` where a new set is to be made. With what is to be told of accounts that they are kept apart from.
///
/// # Errors
/// [`super::Code::Invalid`] where several fit.
pub(super) fn whose(
    r: &Read<'_>,
    fitting: Vec<Connection>,
    said: &Said,
) -> store::Result<Result<(Option<Connection>, Vec<String>)>> {
    let (mut known, mut open, mut apart) = (Vec::new(), Vec::new(), Vec::new());
    for connection in fitting {
        match said.to(r, &connection)? {
            Stand::Known => known.push(connection),
            Stand::Fits => open.push(connection),
            Stand::Unknown(why) => apart.push(format!(
                "{} If it is of that account after all, “countinghouse connections join” makes it part of it.",
                kept_apart(&connection, &why)
            )),
            Stand::Foreign(why) => apart.push(kept_apart(&connection, &why)),
        }
    }
    let mut candidates = if known.is_empty() { open } else { known };
    if candidates.len() > 1 {
        let names: Vec<&str> = candidates.iter().map(|c| c.name.as_str()).collect();
        return Ok(Err(ApiError::invalid(
            format!("the files could belong to any of: {}", names.join(", ")),
            "Name one with --connection.",
        )));
    }
    let found = candidates.pop();
    // Whose they are is certain where an account takes them.
    let told = match found.as_ref().is_some_and(|c| !is_files(c)) {
        true => Vec::new(),
        false => apart,
    };
    Ok(Ok((found, told)))
}

fn kept_apart(connection: &Connection, why: &str) -> String {
    let name = &connection.name;
    format!("Kept as a set of files of its own and not as a part of “{name}”: {why}.")
}

/// That files are not an account's own, though they were meant for it.
pub(super) fn refused(connection: &Connection, why: &str) -> ApiError {
    ApiError::invalid(
        format!("the file is not of “{}”: {why}", connection.name),
        "Leave --connection out, or give another name: what another account or region tells is a set of its own.",
    )
}

/// The number of the order that a record is about; none of a summary or a day of the account, whose keys hold a colon.
fn order(record: &RawRecord) -> Option<&str> {
    let key = record.key.split('/').next()?;
    (record.facet != "summary" && !key.contains(':')).then_some(key)
}

/// The seller that a transaction names.
fn seller(record: &RawRecord) -> Option<String> {
    if record.stream != "finances" {
        return None;
    }
    let raw = std::str::from_utf8(&record.bytes).ok()?;
    let meta = members(member(&members(raw), "sellingPartnerMetadata")?.get());
    text(&meta, "sellingPartnerId")
}

fn names(markets: &[&Market]) -> String {
    let all: Vec<&str> = markets.iter().take(NAMED).map(|m| m.name).collect();
    match markets.len().saturating_sub(NAMED) {
        0 => all.join(", "),
        more => format!("{} and {more} more", all.join(", ")),
    }
}
