//! Connected accounts: connecting, syncing, disconnecting.

use std::sync::Arc;

use serde_json::json;

use crate::auth::connect::shopify::{self, Asked, Connected, Telling, World};
use crate::auth::{TOKEN_UNSAVED, Tokens, vault::Vault};
use crate::connectors::Channel;
use crate::connectors::amazon::{AmazonFetcher, ORDERS_VERSION};
use crate::connectors::fetch::{Fetcher, Identity, Note, Remote};
use crate::connectors::shopify::{API_VERSION, ShopifyFetcher};
use crate::ledger;
use crate::net::NetError;
use crate::store::{self, Connection, ConnectionId, NewConnection, Write};
use crate::sync::{self, Cancel, Event, Job, Options, Report};

use super::access::{INTERFACE_VERSION, with_version_of};
use super::adoption::{Answered, Claim, Fate, recounted};
use super::held::with_spans_of;
use super::joining::{join, settle};
use super::listing::is_removed;
use super::profile::{books, rebuild_all};
use super::{ApiError, Code, Profile, Result};

/// The fetching half of a channel's connector.
pub(crate) fn fetcher(channel: Channel) -> Arc<dyn Fetcher> {
    match channel {
        Channel::Shopify => Arc::new(ShopifyFetcher),
        Channel::Amazon => Arc::new(AmazonFetcher),
    }
}

impl Profile {
    /// What connecting needs of the world.
    pub(super) fn world(&self) -> World {
        World {
            transport: Arc::clone(&self.deps.transport),
            clock: Arc::clone(&self.deps.clock),
            entropy: Arc::clone(&self.deps.entropy),
            browser: Arc::clone(&self.deps.browser),
            spent: crate::auth::connect::Spent::default(),
        }
    }

    /// Connects a Shopify shop: gets access, asks who it is, keeps the access in the vault, and stores the connection. A shop that
    /// is connected already, or whose files were imported before, keeps its connection.
    ///
    /// # Errors
    /// [`NetError`]'s cause and next step; nothing was stored then.
    pub async fn connect_shopify(
        &self,
        asked: Asked,
        name: Option<String>,
        pasted: Option<tokio::sync::oneshot::Receiver<String>>,
        tell: impl Fn(Telling) + Send + Sync,
    ) -> Result<(Connection, Connected)> {
        let answered = self.ask_shopify(asked, pasted, tell).await?;
        self.keep_shopify(answered, name).await
    }

    /// The first half of [`Profile::connect_shopify`]: gets access and asks the shop who it is. May be given up at any time.
    ///
    /// # Errors
    /// As [`Profile::connect_shopify`].
    pub async fn ask_shopify(
        &self,
        asked: Asked,
        pasted: Option<tokio::sync::oneshot::Receiver<String>>,
        tell: impl Fn(Telling) + Send + Sync,
    ) -> Result<Answered> {
        let world = self.world();
        let connected = shopify::connect(&world, asked, pasted, tell).await?;
        let claims = self.claims(&world, &connected).await?;
        Ok(Answered { connected, claims })
    }

    /// The second half of [`Profile::connect_shopify`]: stores the connection and keeps its access. Must run to its end.
    /// Records from files become part of it where the shop knows them ([`super::adoption`]); the notes say so.
    ///
    /// # Errors
    /// The ledger or the vault cannot be written.
    pub async fn keep_shopify(&self, answered: Answered, name: Option<String>) -> Result<(Connection, Connected)> {
        self.checkpoint.pass(TOKEN_UNSAVED);
        let now = self.deps.clock.now();
        let Answered { mut connected, claims } = answered;
        let (identity, remote) = (connected.identity.clone(), connected.remote.clone());
        let account = Account {
            channel: Channel::Shopify,
            endpoint: remote.base.to_string(),
            settings: json!({ "scopes": identity.scopes }),
            identity,
            claims,
            name,
        };
        let kept = self.store().write(move |w| account.keep(w, now));
        let (connection, notes) = kept.await?;
        connected.notes.extend(notes);
        self.checkpoint.pass(TOKEN_UNSAVED);
        self.tokens(&connection)?
            .keep(&connected.credentials, &connected.tokens)
            .await?;
        Ok((connection, connected))
    }

    /// The other end of a connection as stored.
    pub(super) fn remote(connection: &Connection) -> Result<Remote> {
        let base = url::Url::parse(&connection.endpoint).map_err(|_| {
            ApiError::new(
                Code::NeedsReconnect,
                format!(
                    "“{}” holds imported files only and is connected to no account",
                    connection.name
                ),
                "Connect the shop to sync it.",
            )
        })?;
        let texts = |name: &str| connection.texts(name).map(str::to_owned).collect();
        // What the program asks for rises with it; only what the user chose is kept.
        let (chosen, usual) = match connection.channel {
            Channel::Shopify => (INTERFACE_VERSION, API_VERSION),
            Channel::Amazon => ("version", ORDERS_VERSION),
        };
        Ok(Remote {
            base,
            account: connection.account.clone(),
            scopes: texts("scopes"),
            outlets: texts("outlets"),
            version: connection
                .settings
                .get(chosen)
                .and_then(|v| v.as_str())
                .unwrap_or(usual)
                .to_owned(),
        })
    }

    /// The tokens of a connection: one object per connection in a process.
    pub(super) fn tokens(&self, connection: &Connection) -> Result<Arc<Tokens>> {
        let mut held = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(tokens) = held.get(&connection.id) {
            return Ok(Arc::clone(tokens));
        }
        let spec = fetcher(connection.channel).grant(&Self::remote(connection)?)?;
        let tokens = Arc::new(
            Tokens::new(
                connection.id.to_string(),
                spec,
                Arc::clone(&self.deps.transport),
                Arc::clone(&self.vault) as Arc<dyn Vault>,
                Arc::clone(&self.deps.clock),
                Arc::clone(&self.deps.entropy),
            )
            .with_checkpoint(self.checkpoint.clone()),
        );
        held.insert(connection.id, Arc::clone(&tokens));
        Ok(tokens)
    }

    /// Points a connection at another address of the same account (a simulator that was started again).
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn move_connection(&self, id: ConnectionId, endpoint: &str) -> Result<()> {
        let endpoint = endpoint.to_owned();
        self.tokens
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(&id);
        let moved = self.store().write(move |w| {
            let connection = Connection {
                endpoint,
                ..w.connection(id)?
            };
            w.update_connection(&connection)
        });
        Ok(moved.await?)
    }

    /// Reads everything that is new on the platform. `tell` hears of every step; `cancel` stops it at the next one.
    ///
    /// # Errors
    /// What ended the run. What was stored stays, and the next run goes on from there.
    pub async fn sync(
        &self,
        id: ConnectionId,
        options: Options,
        cancel: Cancel,
        tell: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Report> {
        let connection = self.live(id).await?;
        let spool = self.spool();
        std::fs::create_dir_all(&spool).map_err(|e| ApiError::folder(&spool, &e))?;
        let job = Job {
            store: self.store().clone(),
            connection: id,
            remote: Self::remote(&connection)?,
            fetcher: fetcher(connection.channel),
            tokens: self.tokens(&connection)?,
            transport: Arc::clone(&self.deps.transport),
            clock: Arc::clone(&self.deps.clock),
            entropy: Arc::clone(&self.deps.entropy),
            books,
            spool,
            notes: self.secret_note(id)?.into_iter().collect(),
            owner: format!("{}-{}", std::process::id(), self.info().id),
            checkpoint: self.checkpoint.clone(),
        };
        let label = connection.channel.label();
        let keys = Arc::clone(&self.deps.keys);
        let (folder, info, stop) = (self.folder().to_owned(), self.info().clone(), cancel.clone());
        let tell = Arc::new(tell);
        let heard = Arc::clone(&tell);
        let hear = move |event: Event| {
            // Whoever locks the profile or removes it, in whatever process, stops what is under way.
            if matches!(event, Event::Progress(_)) && (keys.locked(&folder) || is_removed(&folder, &info)) {
                stop.cancel();
            }
            heard(event);
        };
        let ended = sync::sync(job, options, cancel, hear).await;
        if is_removed(self.folder(), self.info()) {
            return Err(ApiError::new(
                Code::NotFound,
                format!("the profile “{}” was removed while this sync ran", self.info().name),
                "What came is gone with it. Make the profile and connect the account again to have it.",
            ));
        }
        // Orders that came before a failure may stand in another connection too.
        let found = match self.deps.keys.locked(self.folder()) {
            true => Ok(Vec::new()),
            false => self.find_twice().await,
        };
        for note in found.iter().flatten() {
            tell(Event::Noted(note.clone()));
        }
        match ended {
            Ok(mut report) => {
                let notes = found?;
                self.keep_notes(report.run, &notes).await?;
                report.notes.extend(notes);
                Ok(report)
            }
            Err(_) if self.deps.keys.locked(self.folder()) => Err(super::lock::locked()),
            Err(error) => Err(ApiError {
                channel: Some(label.to_owned()),
                ..ApiError::from(error)
            }),
        }
    }
}

/// An account that is to be stored as a connection.
pub(super) struct Account {
    pub(super) channel: Channel,
    pub(super) endpoint: String,
    pub(super) settings: serde_json::Value,
    pub(super) identity: Identity,
    /// What it says of the imported files.
    pub(super) claims: Vec<Claim>,
    /// The name the user gives it.
    pub(super) name: Option<String>,
}

impl Account {
    /// Stores the connection, with the files that are the account's ([`super::adoption`]). The notes say what became of them.
    pub(super) fn keep(self, w: &mut Write<'_>, now: i64) -> store::Result<(Connection, Vec<Note>)> {
        let Account {
            channel,
            endpoint,
            settings,
            identity,
            claims,
            name,
        } = self;
        let all = w.connections()?;
        let account = Some(identity.account.as_str());
        let before = all
            .iter()
            .find(|c| c.channel == channel && c.account.as_deref() == account);
        let fate = Fate::of(before, &claims);
        let id = match before.map(|before| before.id).or(fate.adopted) {
            Some(known) => known,
            None => w.add_connection(&NewConnection {
                channel,
                name: name.clone().unwrap_or_else(|| identity.name.clone()),
                endpoint: endpoint.clone(),
                settings: json!({}),
                created_at: now,
            })?,
        };
        let stored = w.connection(id)?;
        let own = before.map(|before| before.name.clone());
        let connection = Connection {
            name: name.or(own).unwrap_or_else(|| identity.name.clone()),
            endpoint,
            account: Some(identity.account),
            domain: Some(identity.domain),
            zone: Some(identity.zone),
            currency: Some(identity.currency),
            settings: with_version_of(with_spans_of(&settings, &stored.settings), &stored.settings),
            disconnected_at: None,
            ..stored.clone()
        };
        w.update_connection(&connection)?;
        let mut notes = fate.notes;
        let moved = (stored.zone, stored.currency) != (connection.zone, connection.currency);
        let dated_anew = connection.channel == Channel::Amazon && stored.is_files_only();
        if fate.adopted == Some(id) && (moved || dated_anew) {
            // What was counted by the files' own zone and currency is counted by the account's; what had left by when a file showed
            // it, by the account's ledger of money (LEDGER ruling 37).
            rebuild_all(w, now)?;
            ledger::recount_all(w, books)?;
            notes.extend(recounted(&stored, identity.zone));
        }
        for files in &fate.joined {
            let files = w.connection(*files)?;
            notes.extend(join(w, &files, id, now)?);
        }
        notes.extend(settle(w, now)?.notes);
        Ok((w.connection(id)?, notes))
    }
}

impl From<NetError> for ApiError {
    fn from(error: NetError) -> ApiError {
        use crate::net::Code as Net;
        let code = match error.code {
            Net::Invalid => Code::Invalid,
            Net::NotFound => Code::NotFound,
            Net::NeedsReconnect => Code::NeedsReconnect,
            Net::NotPermitted | Net::RefusedByChannel => Code::RefusedByChannel,
            Net::Throttled => Code::Throttled,
            Net::Offline => Code::Offline,
            Net::Busy => Code::Busy,
            Net::Cancelled => Code::Cancelled,
            Net::DiskFull => Code::DiskFull,
            Net::Internal => Code::Internal,
        };
        let request = error
            .request_id
            .map(|id| format!(" (request {id})"))
            .unwrap_or_default();
        ApiError {
            code,
            message: format!("{}{request}", error.message),
            hint: Some(error.hint).filter(|hint| !hint.is_empty()),
            channel: None,
        }
    }
}
