//! The access of connected accounts: trying it, looking at it, giving it up.

use serde::Serialize;
use serde_json::Value;

use crate::auth::connect::granted::{self, RoleStanding};
use crate::auth::connect::{amazon, shopify};
use crate::auth::vault::Secret;
use crate::auth::{AccessStanding, access_standing};
use crate::connectors::Channel;
use crate::connectors::amazon::auth::secret_note;
use crate::connectors::fetch::{Identity, Note};
use crate::connectors::shopify::API_VERSION;
use crate::connectors::shopify::auth::Right;
use crate::store::{Connection, ConnectionId, Held};

use super::joining::settle;
use super::{ApiError, Code, Profile, Result};

/// Member of a connection's settings that holds the version of the interface which the user chose.
pub(super) const INTERFACE_VERSION: &str = "interface_version";

/// What an account said when it was asked who it is.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The connection.
    pub connection: Connection,
    /// Who answered.
    pub identity: Identity,
    /// Rights that the product uses and the account did not grant.
    pub missing: Vec<Right>,
    /// Roles of the application, where the platform has such.
    pub roles: Vec<RoleStanding>,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// What became of a connection that was removed.
#[derive(Clone, Debug, Serialize)]
pub struct Removed {
    /// Its number.
    pub connection: ConnectionId,
    /// Its name.
    pub name: String,
    /// Its access was kept here, and is deleted.
    pub access_deleted: bool,
    /// What of its stored data was deleted; `None`: all of it stays.
    pub data_deleted: Option<Held>,
    /// What is left for the user to do at the platform.
    pub next_step: Option<String>,
}

impl Profile {
    /// Asks the account of a connection who it is and what may be read: one harmless request. What it grants now is kept.
    ///
    /// # Errors
    /// [`Code::NeedsReconnect`] where the access has ended, and what else keeps the account from answering.
    pub async fn test_connection(&self, id: ConnectionId) -> Result<Tested> {
        let connection = self.live(id).await?;
        let remote = Self::remote(&connection)?;
        let tokens = self.tokens(&connection)?;
        let (identity, missing, roles, notes) = match connection.channel {
            Channel::Shopify => {
                let (identity, missing, notes) = shopify::test(&self.world(), &remote, &tokens).await?;
                (identity, missing, Vec::new(), notes)
            }
            Channel::Amazon => {
                let (identity, mut notes) = amazon::test(&self.world(), &remote, &tokens).await?;
                notes.extend(self.secret_note(id)?);
                let roles = granted::roles(&self.world(), &remote, &tokens.current().await?).await;
                (identity, Vec::new(), roles, notes)
            }
        };
        if connection
            .account
            .as_ref()
            .is_some_and(|known| *known != identity.account)
        {
            return Err(ApiError::new(
                Code::NeedsReconnect,
                format!("another account answers at the address of “{}”", connection.name),
                "Connect the account again.",
            ));
        }
        let scopes = identity.scopes.clone();
        let connection = self
            .store()
            .write(move |w| {
                let mut known = w.connection(id)?;
                if let Some(settings) = known.settings.as_object_mut() {
                    settings.insert("scopes".into(), serde_json::json!(scopes));
                }
                w.update_connection(&known)?;
                Ok(known)
            })
            .await?;
        Ok(Tested {
            connection,
            identity,
            missing,
            roles,
            notes,
        })
    }

    /// Has a connection ask for another version of its platform's interface than this program does by itself; `None` goes back to that.
    ///
    /// # Errors
    /// [`Code::Invalid`] where that is no version, or the platform's interface has none to choose.
    pub async fn set_interface_version(&self, id: ConnectionId, version: Option<String>) -> Result<Connection> {
        let connection = self.live(id).await?;
        Self::remote(&connection)?;
        if connection.channel != Channel::Shopify {
            return Err(ApiError::invalid(
                format!(
                    "{} has no versions of its interface to choose from",
                    connection.channel.label()
                ),
                "Only a shop's connection has.",
            ));
        }
        if let Some(text) = version.as_deref().filter(|text| !is_version(text)) {
            return Err(ApiError::invalid(
                format!("“{text}” is no version of Shopify's interface"),
                format!("A version is a year and a quarter's first month, such as {API_VERSION}."),
            ));
        }
        let set = self.store().write(move |w| {
            let mut known = w.connection(id)?;
            if let Some(settings) = known.settings.as_object_mut() {
                match &version {
                    Some(version) => settings.insert(INTERFACE_VERSION.into(), serde_json::json!(version)),
                    None => settings.remove(INTERFACE_VERSION),
                };
            }
            w.update_connection(&known)?;
            Ok(known)
        });
        Ok(set.await?)
    }

    /// A connection that can be asked something.
    pub(super) async fn live(&self, id: ConnectionId) -> Result<Connection> {
        let connection = self.store().read(move |r| r.connection(id)).await?;
        if connection.disconnected_at.is_some() {
            return Err(ApiError::new(
                Code::NeedsReconnect,
                format!("“{}” is disconnected", connection.name),
                "Connect it again to use it.",
            ));
        }
        Ok(connection)
    }

    /// How the access of a connection stands; `None` where none is kept. Asks nobody but the vault.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub fn access(&self, id: ConnectionId) -> Result<Option<AccessStanding>> {
        Ok(access_standing(self.vault.as_ref(), &id.to_string())?)
    }

    /// What the user should know of the secret of a connection's app, where it ends by its age.
    pub(super) fn secret_note(&self, id: ConnectionId) -> Result<Option<Note>> {
        let since = self.access(id)?.and_then(|access| access.secret_since);
        Ok(since.and_then(|since| secret_note(since, self.deps.clock.now())))
    }

    /// Puts another client secret in the place of the one of an Amazon connection, if Amazon takes it. Nothing else changes: the
    /// refresh token outlives the secret. `since` is when the secret was made, UTC second.
    ///
    /// # Errors
    /// [`Code::Invalid`] for a connection that is none of Amazon's, and for a secret that Amazon does not take; what was kept stays.
    pub async fn replace_amazon_secret(&self, id: ConnectionId, secret: &Secret, since: Option<i64>) -> Result<()> {
        let connection = self.live(id).await?;
        if connection.channel != Channel::Amazon {
            return Err(ApiError::invalid(
                format!("“{}” is no connection to Amazon", connection.name),
                "Only secrets of Amazon applications are replaced so.",
            ));
        }
        let since = amazon::made(since, self.deps.clock.now())?;
        let secret = Secret::from(secret.expose().trim());
        Ok(self.tokens(&connection)?.replace_secret(&secret, since).await?)
    }

    /// What is stored of a connection.
    ///
    /// # Errors
    /// Database failures only.
    pub fn held(&self, id: ConnectionId) -> Result<Held> {
        Ok(self.store().read_blocking(|r| r.held(id))?)
    }

    /// Forgets a connection's access and disconnects it; with `delete_data` everything stored of it goes too, in one step.
    ///
    /// The platform keeps the app's rights: Shopify's contract names no request by which an app gives up its own token, which
    /// ends when the app is uninstalled (contract section 2.3). The answer says so.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Busy`] for data that a sync is adding to; the ledger or the vault cannot be written.
    pub async fn remove_connection(&self, id: ConnectionId, delete_data: bool) -> Result<Removed> {
        let connection = self.store().read(move |r| r.connection(id)).await?;
        let now = self.deps.clock.now();
        if delete_data {
            let lease = self.store().read(move |r| r.lease(id)).await?;
            if lease.is_some_and(|lease| lease.expires_at > now) {
                return Err(ApiError::new(
                    Code::Busy,
                    format!("“{}” is being synced, or was until a moment ago", connection.name),
                    "Wait until it has finished (five minutes after a crash), and try again.",
                ));
            }
        }
        let had = self.access(id).is_ok_and(|access| access.is_some());
        // Access first: what is cut off after it is disconnected anyway, and can be removed again.
        if let Ok(tokens) = self.tokens(&connection) {
            tokens.forget().await?;
        }
        self.tokens
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(&id);
        let data_deleted = self
            .store()
            .write(move |w| {
                if delete_data {
                    let held = w.delete_connection(id)?;
                    // What it held may have stood in another connection too.
                    settle(w, now)?;
                    return Ok(Some(held));
                }
                let known = w.connection(id)?;
                w.update_connection(&Connection {
                    disconnected_at: known.disconnected_at.or(Some(now)),
                    ..known
                })?;
                Ok(None)
            })
            .await?;
        let next_step = had.then(|| match connection.channel {
            Channel::Amazon => {
                "In Seller Central, remove the app under Apps and Services > Manage Your Apps.".to_owned()
            }
            Channel::Shopify => {
                "Shopify offers an app no way to give up its own token. To end the app's rights there, uninstall it: \
                                 Settings > Apps and sales channels > your app > Uninstall."
                    .to_owned()
            }
        });
        Ok(Removed {
            connection: id,
            name: connection.name,
            access_deleted: had,
            data_deleted,
            next_step,
        })
    }
}

/// `settings` with the version of the interface that `other` chose.
pub(super) fn with_version_of(mut settings: Value, other: &Value) -> Value {
    if let (Some(settings), Some(version)) = (settings.as_object_mut(), other.get(INTERFACE_VERSION)) {
        settings.insert(INTERFACE_VERSION.into(), version.clone());
    }
    settings
}

/// Whether a text is a version of Shopify's interface: a year and the first month of a quarter.
fn is_version(text: &str) -> bool {
    let parts = text.split_once('-');
    parts.is_some_and(|(year, month)| {
        year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && matches!(month, "01" | "04" | "07" | "10")
    })
}
