//! Connected accounts one by one: what is read of them, what they granted, how old their secret is; and what is done with them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{Event, Profile, Result};
use crate::auth::connect::granted::Standing;
use crate::auth::vault::Secret;
use crate::connectors::Channel;
use crate::connectors::amazon::auth::{Region, SECRET_LIFE, secret_note};
use crate::connectors::amazon::markets::market;
use crate::model::{Day, Zone};
use crate::store::{Connection, ConnectionId, Read};

use super::NoArgs;
use super::connect::{MarketRef, secret};
use super::desk::{Desk, Scene};
use super::rights;

/// Every connected account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Accounts {
    /// One entry per connection, disconnected ones and sets of files too.
    pub accounts: Vec<Account>,
}

/// A connected account, or the source of imported files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Account {
    /// Number of the connection.
    pub id: i64,
    /// Code of its platform.
    pub channel: String,
    /// The platform's name on screens.
    pub channel_label: String,
    /// Its own name.
    pub label: String,
    /// An account is connected that can be asked.
    pub live: bool,
    /// Invented data: nothing of it is changed here.
    pub demo: bool,
    /// What is known of it.
    pub facts: Vec<Fact>,
    /// Where it sells, of a platform with marketplaces.
    pub marketplaces: Vec<MarketRef>,
    /// What it lets be read.
    pub rights: Vec<AccountRight>,
    /// How old its application's secret is, where that ends by its age.
    pub secret: Option<SecretAge>,
}

/// Something known, with its name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Fact {
    /// Its name.
    pub label: String,
    /// What is known.
    pub text: String,
}

impl Fact {
    fn new(label: &str, text: impl Into<String>) -> Fact {
        Fact {
            label: label.to_owned(),
            text: text.into(),
        }
    }
}

/// How a right stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RightState {
    /// It is there.
    Granted,
    /// It is not.
    Missing,
    /// Nothing was read yet that needs it.
    Untried,
}

/// A scope or role of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct AccountRight {
    /// Its name on the platform.
    pub name: String,
    /// How it stands.
    pub state: RightState,
    /// What it is for, or what is missing without it.
    pub text: String,
}

/// How a secret that ends by its age stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretState {
    /// There is time.
    Good,
    /// It ends soon.
    Soon,
    /// It has ended.
    Ended,
}

/// The age of a client secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct SecretAge {
    /// How it stands.
    pub state: SecretState,
    /// When it was made and when it ends.
    pub text: String,
    /// What to do, where something is to do.
    pub next_step: Option<String>,
}

/// Which account.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AccountArgs {
    /// Number of the connection.
    pub connection: i64,
}

/// A new client secret of an account's application.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SecretArgs {
    /// Number of the connection.
    pub connection: i64,
    /// The new secret.
    #[serde(deserialize_with = "secret")]
    #[ts(type = "string")]
    pub client_secret: Secret,
    /// Day it was made; today where null.
    pub made: Option<Day>,
}

/// An account to disconnect.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RemoveArgs {
    /// Number of the connection.
    pub connection: i64,
    /// Delete everything stored of it too; its sales leave the figures.
    pub delete_data: bool,
}

/// What an account said when it was asked who it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct TestedAccount {
    /// Who answered.
    pub text: String,
    /// What it lets be read.
    pub rights: Vec<AccountRight>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// What became of an account that was disconnected.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RemovedAccount {
    /// What was done.
    pub text: String,
    /// What is left to do at the platform.
    pub next_step: Option<String>,
}

/// Answers `accounts`.
///
/// # Errors
/// Why the profile does not open, or its vault cannot be read.
pub fn accounts(desk: Desk<'_>, _: NoArgs) -> Result<Accounts> {
    let profile = desk.open()?;
    desk.read(|r, scene| {
        let all = scene.connections.iter().map(|c| account(r, scene, &profile, c));
        Ok(Accounts {
            accounts: all.collect::<Result<_>>()?,
        })
    })
}

fn account(r: &Read<'_>, scene: &Scene, profile: &Profile, stored: &Connection) -> Result<Account> {
    let live = !stored.endpoint.is_empty() && stored.disconnected_at.is_none();
    let since = match live {
        true => profile.access(stored.id)?.and_then(|access| access.secret_since),
        false => None,
    };
    Ok(Account {
        id: stored.id.0,
        channel: stored.channel.name().to_owned(),
        channel_label: stored.channel.label().to_owned(),
        label: stored.name.clone(),
        live,
        demo: profile.info().demo,
        facts: facts(stored),
        marketplaces: marketplaces(r, stored)?,
        rights: if live { rights::each(r, stored)? } else { Vec::new() },
        secret: since.map(|since| secret_age(scene, since)),
    })
}

/// Region, address, currency and days of a connection.
fn facts(stored: &Connection) -> Vec<Fact> {
    let mut facts = Vec::new();
    match stored.channel {
        Channel::Amazon => {
            facts.extend(region(stored).map(|region| Fact::new("Region", region.label())));
            let seller = stored.account.as_deref().and_then(|account| account.split_once(':'));
            let seller = seller.map(|(_, seller)| seller).filter(|s| !s.starts_with("store:"));
            facts.extend(seller.map(|seller| Fact::new("Seller", seller)));
        }
        Channel::Shopify => facts.extend(stored.domain.clone().map(|domain| Fact::new("Address", domain))),
    }
    facts.extend(stored.currency.map(|currency| Fact::new("Currency", currency.code())));
    facts.extend(stored.zone.map(|zone| Fact::new("Days in", zone.to_string())));
    match (stored.endpoint.is_empty(), stored.disconnected_at) {
        (_, Some(_)) => facts.push(Fact::new("State", "disconnected; what was fetched is kept")),
        (true, None) => facts.push(Fact::new("State", "imported files only")),
        (false, None) => {}
    }
    facts
}

/// The region of a connection to Amazon.
pub(super) fn region(stored: &Connection) -> Option<Region> {
    stored.settings.get("region")?.as_str()?.parse().ok()
}

/// Names of the marketplaces that a connection reads, the home one first.
pub(super) fn outlets(stored: &Connection) -> Vec<&str> {
    let ids = stored.texts("outlets");
    ids.map(|id| market(Some(id), None).map_or(id, |m| m.name)).collect()
}

/// Where an account sells: what is read, and what else it takes part in, as far as the last sync heard.
fn marketplaces(r: &Read<'_>, stored: &Connection) -> Result<Vec<MarketRef>> {
    if stored.channel != Channel::Amazon {
        return Ok(Vec::new());
    }
    let read = outlets(stored);
    let mut all: Vec<MarketRef> = read
        .iter()
        .enumerate()
        .map(|(index, name)| MarketRef {
            name: (*name).to_owned(),
            read: true,
            note: (index == 0 && read.len() > 1).then(|| "home: its days and currency are the connection's".to_owned()),
        })
        .collect();
    for id in r.keys_of(stored.id, "marketplaces")? {
        let Some(other) = market(Some(&id), None).filter(|m| !read.contains(&m.name)) else {
            continue;
        };
        all.push(MarketRef {
            name: other.name.to_owned(),
            read: false,
            note: Some("connect the account again with this marketplace to read it".to_owned()),
        });
    }
    Ok(all)
}

/// How a secret made at `since` (UTC second) stands.
pub(super) fn secret_age(scene: &Scene, since: i64) -> SecretAge {
    let (words, zone) = (scene.words, scene.zone);
    let end = since.saturating_add(SECRET_LIFE);
    // A day that somebody states is kept as its first second in UTC, and is that day wherever it is read.
    let zone = if since.rem_euclid(86_400) == 0 { Zone::UTC } else { zone };
    let made = words.day(zone.day_of(since));
    let ends = words.day(zone.day_of(end));
    let left = (end - scene.now).div_euclid(86_400);
    let note = secret_note(since, scene.now);
    let (state, text) = match (&note, left) {
        (_, ..0) => (SecretState::Ended, format!("made {made}, ended {ends}")),
        (None, _) => (SecretState::Good, format!("made {made}, good until {ends}")),
        (Some(_), 0) => (SecretState::Soon, format!("made {made}, ends within a day")),
        (Some(_), left) => {
            let left = words.things(left, "day", "days");
            (SecretState::Soon, format!("made {made}, ends {ends}, in {left}"))
        }
    };
    SecretAge {
        state,
        text,
        next_step: note.map(|note| note.hint),
    }
}

/// Answers `test_account`: one harmless question, and waits for what the account says.
///
/// # Errors
/// [`crate::app::Code::NeedsReconnect`] where the access has ended, and what else keeps the account from answering.
pub fn test_account(desk: Desk<'_>, args: AccountArgs) -> Result<TestedAccount> {
    let tested = desk
        .app
        .connects()?
        .test(&desk.open()?, ConnectionId(args.connection))?;
    let identity = &tested.identity;
    let mut all: Vec<AccountRight> = identity
        .scopes
        .iter()
        .map(|scope| AccountRight {
            name: scope.clone(),
            state: RightState::Granted,
            text: String::new(),
        })
        .collect();
    all.extend(tested.missing.iter().map(|right| AccountRight {
        name: right.scope.to_owned(),
        state: RightState::Missing,
        text: right.without.to_owned(),
    }));
    all.extend(tested.roles.iter().map(|told| {
        let (state, text) = match &told.standing {
            Standing::Granted => (RightState::Granted, told.role.why.to_owned()),
            Standing::Refused(why) => (RightState::Missing, format!("{} {}", told.role.without, why.hint)),
            Standing::Untried => (RightState::Untried, told.role.why.to_owned()),
        };
        AccountRight {
            name: told.role.name.to_owned(),
            state,
            text,
        }
    }));
    let notes = tested.notes.iter();
    Ok(TestedAccount {
        text: format!(
            "“{}” answers: {}, {}, days in {}.",
            tested.connection.name, identity.name, identity.currency, identity.zone
        ),
        rights: all,
        notes: notes
            .map(|note| format!("{} {}", note.message, note.hint).trim_end().to_owned())
            .collect(),
    })
}

/// Answers `replace_secret`: the platform tries the new secret first.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a secret that is not taken; what was kept stays.
pub fn replace_secret(desk: Desk<'_>, args: SecretArgs) -> Result<()> {
    let since = args.made.map(|day| Zone::UTC.start_of(day));
    let of = ConnectionId(args.connection);
    desk.app
        .connects()?
        .replace_secret(&desk.open()?, of, &args.client_secret, since)
}

/// Answers `remove_account`.
///
/// # Errors
/// [`crate::app::Code::Busy`] for one that is being synced.
pub fn remove_account(desk: Desk<'_>, args: RemoveArgs) -> Result<RemovedAccount> {
    let profile = desk.open()?;
    let connection = ConnectionId(args.connection);
    let gone = desk.app.connects()?.remove(&profile, connection, args.delete_data)?;
    desk.app.tell(Event::DataChanged);
    let text = match (&gone.data_deleted, gone.access_deleted) {
        (Some(_), _) => format!("“{}” is removed with everything stored of it.", gone.name),
        (None, true) => format!(
            "“{}” is disconnected and its access deleted. Its records stay.",
            gone.name
        ),
        (None, false) => format!("“{}” is disconnected. Its records stay.", gone.name),
    };
    Ok(RemovedAccount {
        text,
        next_step: gone.next_step,
    })
}
