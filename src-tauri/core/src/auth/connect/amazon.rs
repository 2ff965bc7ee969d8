//! Connecting a seller's account: access by the seller's own application or by a public one, the region that lets it in, the
//! marketplaces it sells in, the seller's id (contract section 2).

use tokio::sync::oneshot;

pub use super::World;
pub use super::granted::{RoleStanding, Standing};
use super::question::ask;
use crate::auth::grants::refresh;
use crate::auth::vault::Secret;
use crate::auth::{AccessToken, Credentials, Granted, Route, TokenSet, Tokens, exchange_code};
use crate::connectors::amazon::auth::{Consent, REPLACE, Region, base_of, grant_spec, secret_note};
use crate::connectors::amazon::fetch::{
    KNOWN_STREAM, Participation, Question, SELLER_STREAM, identity, participations,
};
use crate::connectors::amazon::markets::{Market, market};
use crate::connectors::amazon::{AmazonFetcher, ORDERS_VERSION};
use crate::connectors::fetch::{Identity, Note, Remote, StreamState};
use crate::net::{Code, NetError};

/// By which way the account is connected.
#[derive(Clone, Debug)]
pub enum Access {
    /// The seller's own private application, authorised by the seller for itself.
    Private {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: Secret,
        /// The refresh token that the self-authorisation showed.
        refresh_token: Secret,
    },
    /// Consent to a public application, whose registered https address the browser ends on.
    Consent {
        /// The application's id (`amzn1.sp.solution.…`).
        application: String,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: Secret,
        /// The registered address.
        redirect: String,
        /// The application is not published yet.
        draft: bool,
    },
}

/// An account to connect.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its region; found by asking each where not given. A consent needs it.
    pub region: Option<Region>,
    /// The marketplaces to read, by country code, name or id, the home one first; all that the account sells in where empty.
    pub marketplaces: Vec<String>,
    /// The address below which the regions lie instead of Amazon's own: a simulator on this machine, or a proxy over https.
    pub endpoint: Option<String>,
    /// The seller's id (merchant token), where the user gives it.
    pub seller: Option<String>,
    /// When the client secret was made, UTC second; now where not given.
    pub secret_since: Option<i64>,
    /// How.
    pub access: Access,
}

/// An account that is connected. Nothing is stored yet.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The other end, with its account and marketplaces.
    pub remote: Remote,
    /// The region that let it in.
    pub region: Region,
    /// Who it is.
    pub identity: Identity,
    /// Everywhere it sells.
    pub participations: Vec<Participation>,
    /// For the vault.
    pub credentials: Credentials,
    /// For the vault.
    pub tokens: TokenSet,
    /// The roles of the application, as far as they were asked for ([`super::granted::roles`]).
    pub roles: Vec<RoleStanding>,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// What the user is told while connecting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Telling {
    /// The consent page is open in the browser, or should be opened by hand; the address it ends on is to be pasted.
    Consent {
        /// The page.
        page: String,
        /// The browser did not start.
        by_hand: bool,
    },
}

/// The marketplace that a country code, name or id names.
///
/// # Errors
/// `Invalid`, with those there are.
pub fn marketplace(text: &str) -> Result<&'static Market, NetError> {
    use crate::connectors::amazon::markets::MARKETS;
    let text = text.trim();
    let country = if text.eq_ignore_ascii_case("UK") { "GB" } else { text };
    let by_country = MARKETS.iter().find(|m| m.country.eq_ignore_ascii_case(country));
    by_country.or_else(|| market(Some(text), Some(text))).ok_or_else(|| {
        let known: Vec<&str> = MARKETS.iter().map(|m| m.country).collect();
        NetError::connection(
            Code::Invalid,
            format!(
                "“{}” is no marketplace of Amazon.",
                text.chars().take(40).collect::<String>()
            ),
            format!("Use a country code ({}), or its id.", known.join(", ")),
        )
    })
}

/// Connects an account. `pasted` brings the address that the browser ended on after a consent.
///
/// # Errors
/// [`NetError`] with the cause and the next step; nothing was stored.
pub async fn connect(
    world: &World,
    asked: Asked,
    pasted: Option<oneshot::Receiver<String>>,
    tell: impl Fn(Telling) + Send + Sync,
) -> Result<Connected, NetError> {
    connect_at(world, asked, pasted, tell).await.map_err(|error| {
        let hint = match error.code {
            Code::Offline => "Nothing was stored. Check the internet connection, and the endpoint if you gave one, and connect again.",
            Code::Throttled => "Nothing was stored. Wait a minute and connect again.",
            // What a connection that stands is told to do makes no sense before there is one.
            Code::Invalid if error.hint == REPLACE => {
                "Nothing was stored. In Seller Central open Apps and Services > Develop Apps and take client id and secret of the same \
application from View under LWA credentials; a secret that is older than 180 days must be made anew there."
            }
            Code::NeedsReconnect => {
                "Nothing was stored. In Seller Central open Apps and Services > Develop Apps, choose Edit App > Authorize of the same \
application, and connect with the refresh token that is shown then; it begins with “Atzr|”."
            }
            _ => return error,
        };
        NetError {
            hint: hint.to_owned(),
            ..error
        }
    })
}

async fn connect_at(
    world: &World,
    asked: Asked,
    pasted: Option<oneshot::Receiver<String>>,
    tell: impl Fn(Telling) + Send + Sync,
) -> Result<Connected, NetError> {
    let chosen = asked.marketplaces.iter().map(|text| marketplace(text));
    let chosen: Vec<&'static Market> = chosen.collect::<Result<_, _>>()?;
    let regions = regions(asked.region, &chosen)?;
    let first = base_of(regions[0], asked.endpoint.as_deref())?;
    let spec = grant_spec(&first)?;
    let transport = world.transport.as_ref();
    let now = world.clock.now();
    let (credentials, granted, consented) = match &asked.access {
        Access::Private {
            client_id,
            client_secret,
            refresh_token,
        } => {
            let credentials = own_app(client_id, client_secret, made(asked.secret_since, now)?);
            let token = trimmed(refresh_token);
            let granted = refresh(transport, &spec, &credentials, &token).await?;
            let granted = Granted {
                refresh: granted.refresh.or(Some(token)),
                ..granted
            };
            (credentials, granted, None)
        }
        Access::Consent {
            application,
            client_id,
            client_secret,
            redirect,
            draft,
        } => {
            if regions.len() > 1 {
                return Err(NetError::connection(
                    Code::Invalid,
                    "A consent is given for one region.",
                    "Name the region: na, eu or fe.",
                ));
            }
            let credentials = own_app(client_id, client_secret, made(asked.secret_since, now)?);
            let (home, entropy) = (chosen.first().copied(), world.entropy.as_ref());
            let consent = Consent::new(&first, home, application, redirect, *draft, entropy, now)?;
            let by_hand = world.browser.open(consent.page().as_str()).is_err();
            tell(Telling::Consent {
                page: consent.page().to_string(),
                by_hand,
            });
            let pasted = match pasted {
                Some(pasted) => pasted.await.ok(),
                None => None,
            };
            let pasted = pasted.ok_or_else(|| {
                NetError::connection(Code::Cancelled, "No address was pasted.", "Start connecting again.")
            })?;
            let (code, seller) = consent.check(&pasted, world.clock.now())?;
            let granted = exchange_code(transport, &spec, &credentials, &code, consent.redirect(), &[]).await?;
            (credentials, granted, seller)
        }
    };
    let tokens = TokenSet::granted(&granted, world.clock.now());
    let token = AccessToken::new(granted.access.clone());
    let (region, mut remote, all) = let_in(world, &regions, asked.endpoint.as_deref(), &token).await?;
    remote.outlets = outlets(&chosen, &all)?;
    let seller = match asked.seller.or(consented) {
        Some(seller) => Some(seller),
        None => seller(world, &remote, &token).await,
    };
    let seller = seller
        .map(|seller| seller.trim().to_owned())
        .filter(|seller| !seller.is_empty());
    remote.account = seller.map(|seller| format!("{}:{seller}", region.code()));
    let identity = identity(region, &remote.outlets, &all, remote.account.as_deref())
        .ok_or_else(|| NetError::defect("The account did not say where it sells."))?;
    let mut notes = Vec::new();
    if remote.account.is_none() {
        notes.push(Note {
            code: "seller_unknown".into(),
            message: "The seller's id is not known: no transaction of the last thirty days states it.".into(),
            hint: "The catalogue is not read without it. Connect again with --seller-id; it is the Merchant Token in Seller Central \
under Settings > Account Info."
                .into(),
        });
    }
    remote.account = Some(identity.account.clone());
    notes.extend(credentials.secret_since.and_then(|since| secret_note(since, now)));
    Ok(Connected {
        remote,
        region,
        identity,
        participations: all,
        credentials,
        tokens,
        roles: Vec::new(),
        notes,
    })
}

/// The regions to ask, in this order.
fn regions(given: Option<Region>, chosen: &[&'static Market]) -> Result<Vec<Region>, NetError> {
    let mut named: Vec<Region> = given.into_iter().chain(chosen.iter().map(|m| Region::of(m))).collect();
    named.dedup();
    match named.as_slice() {
        [] => Ok(Region::ALL.to_vec()),
        [one] => Ok(vec![*one]),
        _ => Err(NetError::connection(
            Code::Invalid,
            "These marketplaces are not all of one region.",
            "Connect each region by itself: an account's authorisation is for one.",
        )),
    }
}

/// The first region that says where the account sells.
async fn let_in(
    world: &World,
    regions: &[Region],
    endpoint: Option<&str>,
    token: &AccessToken,
) -> Result<(Region, Remote, Vec<Participation>), NetError> {
    let mut refusal = None;
    for region in regions {
        let remote = remote(*region, endpoint)?;
        match ask(world, &AmazonFetcher, &remote, token, "marketplaces", None).await {
            Ok(Some(page)) => {
                let entries = page.records.iter().map(|record| record.bytes.as_slice());
                return Ok((*region, remote, participations(entries)));
            }
            // An authorisation of another region is refused like none.
            Ok(None) => {}
            Err(error) if error.code == Code::NeedsReconnect => refusal = Some(error),
            Err(error) => return Err(error),
        }
    }
    let id = refusal.and_then(|error| error.request_id);
    if let Some(home) = elsewhere(world, regions, endpoint, token).await {
        let asked: Vec<&str> = regions.iter().map(|region| region.label()).collect();
        return Err(NetError::connection(
            Code::Invalid,
            format!("This authorisation is for {home}, not for {}.", asked.join(", ")),
            "Nothing was stored. Choose that region, or let it be found; another region needs an authorisation, and a connection, of its own.",
        )
        .of_request(id));
    }
    let asked: Vec<&str> = regions.iter().map(|region| region.label()).collect();
    Err(NetError::connection(
        Code::RefusedByChannel,
        format!("Amazon lets this application into no account ({}).", asked.join(", ")),
        "Check in Seller Central that the application has the role Selling Partner Insights and is authorised, and that the refresh token \
was made after the roles were chosen. Nothing was stored.",
    )
    .of_request(id))
}

/// The region that lets the account in, of those that were not asked for.
async fn elsewhere(world: &World, asked: &[Region], endpoint: Option<&str>, token: &AccessToken) -> Option<Region> {
    for region in Region::ALL.into_iter().filter(|region| !asked.contains(region)) {
        let remote = remote(region, endpoint).ok()?;
        if let Ok(Some(_)) = ask(world, &AmazonFetcher, &remote, token, "marketplaces", None).await {
            return Some(region);
        }
    }
    None
}

/// The other end in a region, before anything is known of it.
fn remote(region: Region, endpoint: Option<&str>) -> Result<Remote, NetError> {
    Ok(Remote {
        base: base_of(region, endpoint)?,
        account: None,
        scopes: Vec::new(),
        version: ORDERS_VERSION.to_owned(),
        outlets: Vec::new(),
    })
}

/// The marketplaces to read: the chosen ones, or all of the account.
fn outlets(chosen: &[&'static Market], all: &[Participation]) -> Result<Vec<String>, NetError> {
    if chosen.is_empty() {
        return Ok(all.iter().map(|one| one.market.id.to_owned()).collect());
    }
    let mut outlets: Vec<String> = Vec::new();
    for market in chosen {
        if !all.iter().any(|one| one.market.id == market.id) {
            let known: Vec<&str> = all.iter().map(|one| one.market.country).collect();
            return Err(NetError::connection(
                Code::Invalid,
                format!("The account does not sell on {}.", market.name),
                format!("It sells in: {}. Nothing was stored.", known.join(", ")),
            ));
        }
        if !outlets.iter().any(|id| id == market.id) {
            outlets.push(market.id.to_owned());
        }
    }
    Ok(outlets)
}

fn own_app(client_id: &str, secret: &Secret, since: i64) -> Credentials {
    Credentials {
        route: Route::AuthorizationCode,
        client_id: client_id.trim().to_owned(),
        client_secret: Some(trimmed(secret)),
        secret_since: Some(since),
    }
}

/// When a secret was made: as stated, else now. One that is yet to be made would never be too old.
///
/// # Errors
/// [`Code::Invalid`] for a day to come.
pub(crate) fn made(stated: Option<i64>, now: i64) -> Result<i64, NetError> {
    const DAY: i64 = 86_400;
    match stated {
        // It may be tomorrow already where the user is.
        Some(at) if at > now + DAY => Err(NetError::connection(
            Code::Invalid,
            "The day on which the client secret was made is still to come.",
            "Give the day that Seller Central shows for it, or leave it out if it was made today.",
        )),
        stated => Ok(stated.unwrap_or(now)),
    }
}

/// What is pasted often has blanks around it.
fn trimmed(secret: &Secret) -> Secret {
    Secret::from(secret.expose().trim())
}

/// The seller's id, where a transaction states it. Without the right to ask, or without transactions, it stays unknown.
async fn seller(world: &World, remote: &Remote, token: &AccessToken) -> Option<String> {
    let page = ask(world, &AmazonFetcher, remote, token, SELLER_STREAM, None)
        .await
        .ok()
        .flatten()?;
    page.seen.and_then(|(_, ids)| ids.into_iter().next())
}

/// Asks a connected account who it is, with the access it gave; a token that it rejects is renewed once.
///
/// # Errors
/// [`Code::NeedsReconnect`] where the access has ended, and what else keeps the account from answering.
pub async fn test(world: &World, remote: &Remote, tokens: &Tokens) -> Result<(Identity, Vec<Note>), NetError> {
    let token = tokens.current().await?;
    let mut answered = ask(world, &AmazonFetcher, remote, &token, "marketplaces", None).await?;
    if answered.is_none() {
        let token = tokens.renewed(&token).await?;
        answered = ask(world, &AmazonFetcher, remote, &token, "marketplaces", None).await?;
    }
    let page = answered.ok_or_else(|| {
        NetError::connection(
            Code::NeedsReconnect,
            "Amazon no longer accepts the access of this connection.",
            "Authorise the application again in Seller Central and connect once more; everything fetched so far is kept.",
        )
    })?;
    let identity = page
        .identity
        .ok_or_else(|| NetError::defect("The account did not say who it is."))?;
    Ok((identity, page.notes))
}

/// How many of some orders the account knows. `None` where it does not let us ask.
///
/// # Errors
/// What keeps the account from answering.
pub(crate) async fn known(world: &World, connected: &Connected, question: Question) -> Result<Option<u64>, NetError> {
    let state = serde_json::to_value(&question).map_err(|error| NetError::defect(error.to_string()))?;
    let token = AccessToken::new(connected.tokens.access.clone());
    let asked = ask(
        world,
        &AmazonFetcher,
        &connected.remote,
        &token,
        KNOWN_STREAM,
        Some(StreamState(state)),
    );
    match asked.await {
        Ok(page) => Ok(page.map(|page| page.measure.done)),
        Err(error) if error.code == Code::NotPermitted => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[path = "amazon_tests.rs"]
mod tests;
