//! The tokens of one connection: kept in the vault, renewed in time, one renewal at a time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::grants::{self, Credentials, GrantSpec, Granted, Route};
use super::vault::{Secret, Vault};
use crate::clock::Clock;
use crate::net::entropy::Entropy;
use crate::net::{Code, NetError, Reach, Transport};
use crate::store::Checkpoint;

/// Name of the credentials among a connection's secrets.
const CREDENTIALS: &str = "credentials";
/// Name of the tokens among a connection's secrets.
const TOKENS: &str = "tokens";
/// A token has come, of a new connection or in place of another, and is nowhere but in memory.
pub const TOKEN_UNSAVED: &str = "token received but unsaved";
/// Attempts at a token endpoint that fails in passing.
const ATTEMPTS: u32 = 4;

/// A token that may be used now.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Secret);

impl AccessToken {
    /// A token of its text.
    pub fn new(secret: Secret) -> Self {
        AccessToken(secret)
    }

    /// The text; only for the header of a request.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(•••)")
    }
}

/// A pair of tokens with their ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenSet {
    /// The access token.
    pub access: Secret,
    /// UTC second at which it ends; `None`: it lasts.
    pub expires_at: Option<i64>,
    /// The token for the next refresh.
    pub refresh: Option<Secret>,
    /// UTC second at which that ends.
    pub refresh_expires_at: Option<i64>,
    /// UTC second at which it was granted, where that is known.
    pub granted_at: Option<i64>,
}

/// How a connection's access stands, without any of its secrets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AccessStanding {
    /// The way it was got.
    pub route: Route,
    /// UTC second at which the token at hand was granted, where that is known.
    pub granted_at: Option<i64>,
    /// UTC second at which the token at hand ends; `None`: it lasts.
    pub expires_at: Option<i64>,
    /// UTC second after which the user must connect again; `None`: not known to end.
    pub ends_at: Option<i64>,
    /// When the app's secret was made, UTC second, where it ends by its age and that is known.
    pub secret_since: Option<i64>,
}

impl TokenSet {
    /// What was granted at `now` (UTC second).
    pub fn granted(granted: &Granted, now: i64) -> Self {
        let end = |time: Option<Duration>| {
            time.map(|time| now.saturating_add(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)))
        };
        TokenSet {
            access: granted.access.clone(),
            expires_at: end(granted.expires_in),
            refresh: granted.refresh.clone(),
            refresh_expires_at: end(granted.refresh_expires_in),
            granted_at: Some(now),
        }
    }

    /// A token that lasts until it is revoked.
    pub fn lasting(access: Secret) -> Self {
        TokenSet {
            access,
            expires_at: None,
            refresh: None,
            refresh_expires_at: None,
            granted_at: None,
        }
    }
}

/// The tokens of one connection. There must be one of these per connection in a process; between processes the connection's
/// lease keeps two from renewing at once.
pub struct Tokens {
    connection: String,
    spec: GrantSpec,
    transport: Arc<dyn Transport>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    checkpoint: Checkpoint,
    /// What the vault holds, as last read or written. Held while renewing, so that there is one renewal at a time.
    held: Mutex<Option<Held>>,
}

#[derive(Clone)]
struct Held {
    current: TokenSet,
    /// The pair before, until the current one has worked once: its refresh token may still be good.
    before: Option<TokenSet>,
}

impl Tokens {
    /// The tokens of `connection`.
    pub fn new(
        connection: String,
        spec: GrantSpec,
        transport: Arc<dyn Transport>,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Tokens {
            connection,
            spec,
            transport,
            vault,
            clock,
            entropy,
            checkpoint: Checkpoint::default(),
            held: Mutex::new(None),
        }
    }

    /// The same, with named points at which a test can stop the process.
    pub fn with_checkpoint(self, checkpoint: Checkpoint) -> Self {
        Tokens { checkpoint, ..self }
    }

    /// Puts a new connection's access into the vault.
    ///
    /// # Errors
    /// [`NetError`] if the vault cannot keep it.
    pub async fn keep(&self, credentials: &Credentials, tokens: &TokenSet) -> Result<(), NetError> {
        let mut held = self.held.lock().await;
        self.put_credentials(credentials)?;
        self.write(
            &mut held,
            Held {
                current: tokens.clone(),
                before: None,
            },
        )
    }

    /// Puts another secret of the same app in the place of the one kept, if tokens can be got with it. The connection's tokens stay.
    ///
    /// # Errors
    /// `NeedsReconnect` if there is no access to keep; why the platform does not take the secret. What was kept stays then.
    pub async fn replace_secret(&self, secret: &Secret, since: i64) -> Result<(), NetError> {
        let mut held = self.held.lock().await;
        let known = self.read(&mut held)?;
        let stored: StoredCredentials = self.get(CREDENTIALS)?.ok_or_else(reconnect)?;
        let refresh = known.current.refresh.clone().ok_or_else(reconnect)?;
        let credentials = Credentials {
            client_secret: Some(secret.clone()),
            secret_since: Some(since),
            ..Credentials::from(stored)
        };
        let granted = self.ask(&credentials, Some(&refresh)).await?;
        let mut next = TokenSet::granted(&granted, self.clock.now());
        next.refresh = next.refresh.or(Some(refresh));
        self.put_credentials(&credentials)?;
        let before = Some(known.current);
        self.write(&mut held, Held { current: next, before })
    }

    fn put_credentials(&self, credentials: &Credentials) -> Result<(), NetError> {
        let secret = credentials.client_secret.as_ref();
        let stored = StoredCredentials {
            route: credentials.route,
            client_id: credentials.client_id.clone(),
            client_secret: secret.map(|secret| secret.expose().to_owned()),
            secret_since: credentials.secret_since,
        };
        self.put(CREDENTIALS, &stored)
    }

    /// Removes the connection's access from the vault.
    ///
    /// # Errors
    /// [`NetError`] if the vault cannot be written.
    pub async fn forget(&self) -> Result<(), NetError> {
        let mut held = self.held.lock().await;
        *held = None;
        for name in [TOKENS, CREDENTIALS] {
            self.vault
                .delete(&self.connection, name)
                .map_err(|error| locked(&error))?;
        }
        Ok(())
    }

    /// A token that is good for a while: the one at hand, or a new one.
    ///
    /// # Errors
    /// `NeedsReconnect` if there is none and none can be got without the user.
    pub async fn current(&self) -> Result<AccessToken, NetError> {
        let mut held = self.held.lock().await;
        let known = self.read(&mut held)?;
        let margin = i64::try_from(self.spec.margin.as_secs()).unwrap_or(0);
        match known.current.expires_at {
            Some(end) if self.clock.now() + margin >= end => self.renew(&mut held, known).await,
            _ => Ok(AccessToken(known.current.access)),
        }
    }

    /// A token in place of one that the platform has rejected. Whoever comes second gets what the first one got.
    ///
    /// # Errors
    /// `NeedsReconnect` if none can be got without the user.
    pub async fn renewed(&self, rejected: &AccessToken) -> Result<AccessToken, NetError> {
        let mut held = self.held.lock().await;
        *held = None;
        let known = self.read(&mut held)?;
        if known.current.access != rejected.0 {
            return Ok(AccessToken(known.current.access));
        }
        self.renew(&mut held, known).await
    }

    /// Takes note that the platform has accepted `token`: the pair before it is not needed any more.
    ///
    /// # Errors
    /// [`NetError`] if the vault cannot be written.
    pub async fn worked(&self, token: &AccessToken) -> Result<(), NetError> {
        let mut held = self.held.lock().await;
        match held.clone() {
            Some(Held {
                current,
                before: Some(_),
            }) if current.access == token.0 => self.write(&mut held, Held { current, before: None }),
            _ => Ok(()),
        }
    }

    /// When the way to new tokens ends, UTC second, where it does: the user must have opened the program before.
    ///
    /// # Errors
    /// [`NetError`] if there are no tokens.
    pub async fn ends_at(&self) -> Result<Option<i64>, NetError> {
        let mut held = self.held.lock().await;
        Ok(self.read(&mut held)?.current.refresh_expires_at)
    }

    async fn renew(&self, held: &mut Option<Held>, known: Held) -> Result<AccessToken, NetError> {
        let stored: StoredCredentials = self.get(CREDENTIALS)?.ok_or_else(reconnect)?;
        let credentials = Credentials::from(stored);
        let granted = match (credentials.route, &known.current.refresh) {
            (Route::ClientCredentials, _) => self.ask(&credentials, None).await?,
            (Route::AuthorizationCode, Some(refresh)) => {
                let earlier = known.before.as_ref().and_then(|pair| pair.refresh.as_ref());
                match (self.ask(&credentials, Some(refresh)).await, earlier) {
                    (Err(error), Some(earlier)) if error.code == Code::NeedsReconnect => {
                        self.ask(&credentials, Some(earlier)).await?
                    }
                    (answer, _) => answer?,
                }
            }
            (Route::AuthorizationCode | Route::Pasted, _) => return Err(reconnect()),
        };
        self.checkpoint.pass(TOKEN_UNSAVED);
        let mut next = TokenSet::granted(&granted, self.clock.now());
        if next.refresh.is_none() {
            next.refresh = known.current.refresh.clone();
            next.refresh_expires_at = known.current.refresh_expires_at;
        }
        let token = AccessToken(next.access.clone());
        let before = next.refresh.is_some().then_some(known.current);
        // Written before it is used: a crash in between must not leave a token that nobody has.
        self.write(held, Held { current: next, before })?;
        Ok(token)
    }

    /// Asks the token endpoint, again after a pause if it fails in passing.
    async fn ask(&self, credentials: &Credentials, refresh: Option<&Secret>) -> Result<Granted, NetError> {
        let mut attempt = 0;
        loop {
            let answer = match refresh {
                Some(token) => grants::refresh(self.transport.as_ref(), &self.spec, credentials, token).await,
                None => grants::client_credentials(self.transport.as_ref(), &self.spec, credentials).await,
            };
            attempt += 1;
            match answer {
                Err(error) if attempt < ATTEMPTS && matches!(error.code, Code::Offline | Code::Throttled) => {
                    let pause = 1_000 * (1 << attempt) + self.entropy.below(1_000);
                    self.clock.sleep(Duration::from_millis(pause)).await;
                }
                Err(error) => {
                    return Err(NetError {
                        reach: Reach::Connection,
                        ..error
                    });
                }
                Ok(granted) => return Ok(granted),
            }
        }
    }

    fn read(&self, held: &mut Option<Held>) -> Result<Held, NetError> {
        if let Some(known) = held {
            return Ok(known.clone());
        }
        let stored: StoredTokens = self.get(TOKENS)?.ok_or_else(reconnect)?;
        let known = Held {
            current: stored.current.into(),
            before: stored.before.map(Into::into),
        };
        *held = Some(known.clone());
        Ok(known)
    }

    fn write(&self, held: &mut Option<Held>, next: Held) -> Result<(), NetError> {
        let stored = StoredTokens {
            current: (&next.current).into(),
            before: next.before.as_ref().map(Into::into),
        };
        self.put(TOKENS, &stored)?;
        *held = Some(next);
        Ok(())
    }

    fn get<T: for<'d> Deserialize<'d>>(&self, name: &str) -> Result<Option<T>, NetError> {
        stored(self.vault.as_ref(), &self.connection, name)
    }

    fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<(), NetError> {
        let text = serde_json::to_string(value).map_err(|_| NetError::defect("A token cannot be written down."))?;
        self.vault
            .put(&self.connection, name, &Secret::new(text))
            .map_err(|error| locked(&error))
    }
}

/// The connection's access is gone.
fn reconnect() -> NetError {
    NetError::connection(
        Code::NeedsReconnect,
        "The access to this account has ended or was revoked.",
        "Connect it again; everything fetched so far is kept.",
    )
}

fn locked(error: &dyn fmt::Display) -> NetError {
    NetError::connection(
        Code::Internal,
        format!("The keys of this profile cannot be used: {error}."),
        "Unlock the profile and try again.",
    )
}

#[derive(Serialize, Deserialize)]
struct StoredCredentials {
    route: Route,
    client_id: String,
    client_secret: Option<String>,
    #[serde(default)]
    secret_since: Option<i64>,
}

impl From<StoredCredentials> for Credentials {
    fn from(stored: StoredCredentials) -> Self {
        Credentials {
            route: stored.route,
            client_id: stored.client_id,
            client_secret: stored.client_secret.map(Secret::new),
            secret_since: stored.secret_since,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredTokens {
    current: StoredPair,
    before: Option<StoredPair>,
}

/// How the access kept for a connection stands; `None` where none is kept. Asks only the vault.
///
/// # Errors
/// The vault cannot be read, or holds what is no token.
pub fn access_standing(vault: &dyn Vault, connection: &str) -> Result<Option<AccessStanding>, NetError> {
    let (Some(credentials), Some(tokens)) = (
        stored::<StoredCredentials>(vault, connection, CREDENTIALS)?,
        stored::<StoredTokens>(vault, connection, TOKENS)?,
    ) else {
        return Ok(None);
    };
    let renewable = credentials.route == Route::ClientCredentials;
    let current = tokens.current;
    Ok(Some(AccessStanding {
        route: credentials.route,
        granted_at: current.granted_at,
        expires_at: current.expires_at,
        secret_since: credentials.secret_since,
        ends_at: match (renewable, &current.refresh) {
            (true, _) => None,
            (false, Some(_)) => current.refresh_expires_at,
            (false, None) => current.expires_at,
        },
    }))
}

fn stored<T: for<'d> Deserialize<'d>>(vault: &dyn Vault, connection: &str, name: &str) -> Result<Option<T>, NetError> {
    let Some(secret) = vault.get(connection, name).map_err(|error| locked(&error))? else {
        return Ok(None);
    };
    // The text is not quoted: it is a secret.
    serde_json::from_str(secret.expose()).map(Some).map_err(|_| reconnect())
}

#[derive(Serialize, Deserialize)]
struct StoredPair {
    access: String,
    expires_at: Option<i64>,
    refresh: Option<String>,
    refresh_expires_at: Option<i64>,
    #[serde(default)]
    granted_at: Option<i64>,
}

impl From<StoredPair> for TokenSet {
    fn from(stored: StoredPair) -> Self {
        TokenSet {
            access: Secret::new(stored.access),
            expires_at: stored.expires_at,
            refresh: stored.refresh.map(Secret::new),
            refresh_expires_at: stored.refresh_expires_at,
            granted_at: stored.granted_at,
        }
    }
}

impl From<&TokenSet> for StoredPair {
    fn from(set: &TokenSet) -> Self {
        StoredPair {
            access: set.access.expose().to_owned(),
            expires_at: set.expires_at,
            refresh: set.refresh.as_ref().map(|secret| secret.expose().to_owned()),
            refresh_expires_at: set.refresh_expires_at,
            granted_at: set.granted_at,
        }
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
