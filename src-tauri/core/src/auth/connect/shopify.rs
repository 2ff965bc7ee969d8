//! Connecting a shop: get a token by one of three routes, then ask the shop who it is and what may be read.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use url::{Url, form_urlencoded};

pub use super::World;
use super::question::ask;
use crate::auth::vault::Secret;
use crate::auth::{AccessToken, Credentials, Granted, Route, TokenSet, Tokens, client_credentials, exchange_code};
use crate::connectors::fetch::{Identity, Note, Remote, StreamState};
use crate::connectors::shopify::ShopifyFetcher;
use crate::connectors::shopify::auth::{
    CALLBACK_PORTS, Consent, PATIENCE, RIGHTS, Rejected, Right, ShopName, grant_spec, missing,
};
use crate::connectors::shopify::fetch::{KNOWN_STREAM, Question};
use crate::net::loopback::{Callback, Judged};
use crate::net::{Code, NetError, is_loopback};

/// Path of the address that the browser comes back to.
const CALLBACK: &str = "/auth/callback";

/// By which route the shop is connected (contract 2.1).
#[derive(Clone, Debug)]
pub enum Access {
    /// The user's own app in the shop's organization: id and secret.
    ClientCredentials {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: Secret,
    },
    /// Consent in the browser.
    Browser {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: Secret,
        /// Ask for tokens that end after an hour and are refreshed, instead of ones that last.
        expiring: bool,
        /// Ask for orders older than 60 days too. Some apps may not ask for that.
        all_orders: bool,
    },
    /// The token of an older custom app.
    Token(Secret),
}

/// A shop to connect.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which one.
    pub shop: ShopName,
    /// Another address than the shop's own: a simulator on this machine, or a proxy over https.
    pub endpoint: Option<String>,
    /// Version of the interface.
    pub version: String,
    /// How.
    pub access: Access,
}

/// What the user is told while connecting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Telling {
    /// The consent page is open in the browser, or should be opened by hand.
    Consent {
        /// The page.
        page: String,
        /// The browser did not start.
        by_hand: bool,
    },
}

/// A shop that is connected. Nothing is stored yet.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The other end, with its account and rights.
    pub remote: Remote,
    /// Who it is.
    pub identity: Identity,
    /// For the vault.
    pub credentials: Credentials,
    /// For the vault.
    pub tokens: TokenSet,
    /// Rights that are missing, with what is lost without them.
    pub missing: Vec<Right>,
    /// What else the user should know.
    pub notes: Vec<Note>,
}

/// The addresses the user must enter in the app's settings as allowed redirect addresses, all of them.
pub fn redirect_addresses() -> Vec<String> {
    CALLBACK_PORTS
        .iter()
        .map(|port| format!("http://127.0.0.1:{port}{CALLBACK}"))
        .collect()
}

/// Where the interface of `shop` is: its own host, or `endpoint` in its place.
///
/// # Errors
/// `Invalid` for an endpoint without https that is not on this machine, or with credentials in it.
pub fn base_address(shop: &ShopName, endpoint: Option<&str>) -> Result<Url, NetError> {
    let Some(endpoint) = endpoint else {
        return Url::parse(&format!("https://{}/", shop.domain())).map_err(|error| NetError::defect(error.to_string()));
    };
    let invalid = |message: &str| {
        NetError::connection(
            Code::Invalid,
            message,
            "Use https://…, or http://127.0.0.1:PORT for a simulator on this machine.",
        )
    };
    let endpoint = Url::parse(endpoint.trim()).map_err(|_| invalid("The endpoint is no address."))?;
    let host = endpoint.host_str().unwrap_or_default();
    if !(endpoint.scheme() == "https" || endpoint.scheme() == "http" && is_loopback(host)) || host.is_empty() {
        return Err(invalid("The endpoint has no secure connection."));
    }
    if !endpoint.username().is_empty()
        || endpoint.password().is_some()
        || endpoint.query().is_some()
        || endpoint.fragment().is_some()
    {
        return Err(invalid(
            "The endpoint must be a plain address, without name, password or query.",
        ));
    }
    let mut base = endpoint;
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    Ok(base)
}

/// Connects a shop. `pasted` may bring the address from the browser's address bar, where the browser cannot reach this machine.
///
/// # Errors
/// [`NetError`] with the cause and the next step; nothing was stored.
pub async fn connect(
    world: &World,
    asked: Asked,
    pasted: Option<oneshot::Receiver<String>>,
    tell: impl Fn(Telling) + Send + Sync,
) -> Result<Connected, NetError> {
    let base = base_address(&asked.shop, asked.endpoint.as_deref())?;
    let ended = connect_at(world, base.clone(), asked, pasted, tell).await;
    ended.map_err(|error| while_connecting(error, &base))
}

/// An error of a connection that was never made: there is nothing that was fetched, and no next sync.
fn while_connecting(error: NetError, base: &Url) -> NetError {
    let hint = match error.code {
        Code::Offline if base.host_str().is_some_and(is_loopback) => {
            format!("Nothing was stored. Start what should answer at {base}, or check the endpoint, and connect again.")
        }
        Code::Offline => {
            "Nothing was stored. Check the internet connection and the shop's name, and connect again.".to_owned()
        }
        Code::Throttled => "Nothing was stored. Wait a minute and connect again.".to_owned(),
        _ => return error,
    };
    NetError { hint, ..error }
}

async fn connect_at(
    world: &World,
    base: Url,
    asked: Asked,
    pasted: Option<oneshot::Receiver<String>>,
    tell: impl Fn(Telling) + Send + Sync,
) -> Result<Connected, NetError> {
    let remote = Remote {
        base,
        account: None,
        scopes: Vec::new(),
        version: asked.version,
        outlets: Vec::new(),
    };
    let spec = grant_spec(&remote.base)?;
    let transport = world.transport.as_ref();
    let (credentials, granted) = match asked.access {
        Access::Token(token) => {
            let credentials = Credentials {
                route: Route::Pasted,
                client_id: String::new(),
                client_secret: None,
                secret_since: None,
            };
            let lasting = Granted {
                access: trimmed(&token),
                expires_in: None,
                refresh: None,
                refresh_expires_in: None,
                scopes: None,
            };
            (credentials, lasting)
        }
        Access::ClientCredentials {
            client_id,
            client_secret,
        } => {
            let credentials = own_app(Route::ClientCredentials, &client_id, &client_secret);
            let granted = client_credentials(transport, &spec, &credentials).await?;
            (credentials, granted)
        }
        Access::Browser {
            client_id,
            client_secret,
            expiring,
            all_orders,
        } => {
            let credentials = own_app(Route::AuthorizationCode, &client_id, &client_secret);
            let scopes: Vec<&str> = RIGHTS
                .iter()
                .map(|right| right.scope)
                .filter(|scope| all_orders || *scope != "read_all_orders")
                .collect();
            let callback = Callback::open(&CALLBACK_PORTS, CALLBACK).await?;
            let app = (credentials.client_id.as_str(), &trimmed(&client_secret));
            let now = world.clock.now();
            let consent = Consent::new(
                &asked.shop,
                &remote.base,
                app,
                &scopes,
                &callback.address(),
                world.entropy.as_ref(),
                now,
            )?;
            let by_hand = world.browser.open(consent.page().as_str()).is_err();
            tell(Telling::Consent {
                page: consent.page().to_string(),
                by_hand,
            });
            let code = answer(world, callback, &consent, pasted).await?;
            let extra = [("expiring", if expiring { "1" } else { "0" })];
            let granted = exchange_code(transport, &spec, &credentials, &code, consent.redirect(), &extra).await?;
            (credentials, granted)
        }
    };
    let tokens = TokenSet::granted(&granted, world.clock.now());
    let answered = introduce(world, &remote, &AccessToken::new(granted.access)).await?;
    let (identity, notes) = answered.ok_or_else(|| {
        NetError::connection(
            Code::Invalid,
            "Shopify does not accept this access token.",
            "Check that the whole token was pasted (it begins with shpat_), and that it belongs to this shop.",
        )
    })?;
    // Behind another address any shop may answer; its own address says which shop it is, but costs nothing to compare.
    if !identity.domain.eq_ignore_ascii_case(&asked.shop.domain()) {
        return Err(another_shop(&asked.shop, &identity));
    }
    let remote = Remote {
        account: Some(identity.account.clone()),
        scopes: identity.scopes.clone(),
        ..remote
    };
    let missing = missing(&identity.scopes);
    Ok(Connected {
        remote,
        identity,
        credentials,
        tokens,
        missing,
        notes,
    })
}

fn own_app(route: Route, client_id: &str, secret: &Secret) -> Credentials {
    Credentials {
        route,
        client_id: client_id.trim().to_owned(),
        client_secret: Some(trimmed(secret)),
        secret_since: None,
    }
}

/// What is pasted often has blanks around it.
fn trimmed(secret: &Secret) -> Secret {
    Secret::from(secret.expose().trim())
}

/// Waits for the answer of a consent, from the listener or pasted.
async fn answer(
    world: &World,
    callback: Callback,
    consent: &Consent,
    pasted: Option<oneshot::Receiver<String>>,
) -> Result<Secret, NetError> {
    let patience = Duration::from_secs(PATIENCE.unsigned_abs());
    let clock = Arc::clone(&world.clock);
    let judge = |query: &[(String, String)]| match consent.check(query, world.clock.now()) {
        Ok(code) => Judged::Done(Ok(code)),
        Err(Rejected::Stray(why)) => Judged::Refused(why),
        Err(Rejected::Final(error)) => Judged::Done(Err(error)),
    };
    let heard = callback.wait(clock, patience, judge);
    let by_hand = async {
        let text = match pasted {
            Some(pasted) => pasted.await.ok(),
            None => None,
        };
        match text {
            Some(text) => text,
            // Nobody pastes: only the listener can bring the answer.
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        found = heard => found?,
        text = by_hand => {
            let query = text.trim().split_once('?').map_or("", |(_, query)| query);
            let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            consent.check(&query, world.clock.now()).map_err(|rejected| match rejected {
                Rejected::Final(error) => error,
                Rejected::Stray(why) => {
                    NetError::connection(Code::Invalid, why, "Paste the whole address from the browser's address bar.")
                }
            })
        }
    }
}

/// Asks a connected shop who it is and what may be read, with the access it gave; a token that it rejects is renewed once.
///
/// # Errors
/// [`Code::NeedsReconnect`] where the access has ended, and what else keeps the shop from answering.
pub async fn test(
    world: &World,
    remote: &Remote,
    tokens: &Tokens,
) -> Result<(Identity, Vec<Right>, Vec<Note>), NetError> {
    let token = tokens.current().await?;
    let mut answered = introduce(world, remote, &token).await?;
    if answered.is_none() {
        answered = introduce(world, remote, &tokens.renewed(&token).await?).await?;
    }
    let (identity, notes) = answered.ok_or_else(|| {
        NetError::connection(
            Code::NeedsReconnect,
            "Shopify no longer accepts the access of this connection.",
            "Connect the shop again; everything fetched so far is kept.",
        )
    })?;
    let missing = missing(&identity.scopes);
    Ok((identity, missing, notes))
}

/// Why a shop is not connected that is another one than was named.
fn another_shop(asked: &ShopName, identity: &Identity) -> NetError {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(80).collect::<String>();
    let (name, domain) = (clean(&identity.name), clean(&identity.domain));
    NetError::connection(
        Code::Invalid,
        format!("Another shop answers than the one asked for: “{name}” ({domain}), not {asked}."),
        format!(
            "Nothing was stored. Connect it as {domain} if that is the shop you mean; otherwise check the endpoint and the token."
        ),
    )
}

/// How many of some things the shop knows, and how many it was asked for. `None` where it does not let us ask.
///
/// # Errors
/// What keeps the shop from answering.
pub(crate) async fn known(
    world: &World,
    connected: &Connected,
    question: Question,
) -> Result<Option<(u64, u64)>, NetError> {
    let state = serde_json::to_value(&question).map_err(|error| NetError::defect(error.to_string()))?;
    let token = AccessToken::new(connected.tokens.access.clone());
    let asked = ask(
        world,
        &ShopifyFetcher,
        &connected.remote,
        &token,
        KNOWN_STREAM,
        Some(StreamState(state)),
    );
    match asked.await {
        Ok(page) => Ok(page.map(|page| (page.measure.done, page.measure.total.unwrap_or(0)))),
        Err(error) if error.code == Code::NotPermitted => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks the shop who it is, with the new token: a harmless call that proves it.
async fn introduce(
    world: &World,
    remote: &Remote,
    token: &AccessToken,
) -> Result<Option<(Identity, Vec<Note>)>, NetError> {
    let Some(page) = ask(world, &ShopifyFetcher, remote, token, "shop", None).await? else {
        return Ok(None);
    };
    let identity = page
        .identity
        .ok_or_else(|| NetError::defect("The shop did not say who it is."))?;
    let notes = page.notes.into_iter().filter(|note| note.code == "api_version");
    Ok(Some((identity, notes.collect())))
}

#[cfg(test)]
#[path = "shopify_tests.rs"]
mod tests;
