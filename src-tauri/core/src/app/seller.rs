//! Connecting a seller's account at Amazon, and the sets of imported files that turn out to be its own.

use serde_json::json;

use crate::auth::connect::amazon::{self, Asked, Connected, Telling, known};
use crate::auth::connect::granted;
use crate::auth::connect::{Spent, World};
use crate::auth::{AccessToken, TOKEN_UNSAVED};
use crate::connectors::Channel;
use crate::connectors::amazon::AmazonFetcher;
use crate::connectors::amazon::fetch::{MOST_IDS, Question};
use crate::store::Connection;

use super::accounts::Account;
use super::adoption::Claim;
use super::joining::is_files;
use super::{Profile, Result};

/// An account that let us in, and what it says of the files that were imported before.
#[derive(Clone, Debug)]
pub struct SellerAnswered {
    /// The account.
    pub connected: Connected,
    /// Its say about each set of imported files.
    claims: Vec<Claim>,
    /// What asking it took from its limits.
    spent: Spent,
}

impl Profile {
    /// Connects a seller's account at Amazon: gets access, finds region, marketplaces and seller, keeps the access in the vault, and
    /// stores the connection. An account that is connected already, or whose files were imported before, keeps its connection.
    ///
    /// # Errors
    /// [`crate::net::NetError`]'s cause and next step; nothing was stored then.
    pub async fn connect_amazon(
        &self,
        asked: Asked,
        name: Option<String>,
        pasted: Option<tokio::sync::oneshot::Receiver<String>>,
        tell: impl Fn(Telling) + Send + Sync,
    ) -> Result<(Connection, Connected)> {
        let answered = self.ask_amazon(asked, pasted, tell).await?;
        self.keep_amazon(answered, name).await
    }

    /// The first half of [`Profile::connect_amazon`]: gets access and asks the account who it is. May be given up at any time.
    ///
    /// # Errors
    /// As [`Profile::connect_amazon`].
    pub async fn ask_amazon(
        &self,
        asked: Asked,
        pasted: Option<tokio::sync::oneshot::Receiver<String>>,
        tell: impl Fn(Telling) + Send + Sync,
    ) -> Result<SellerAnswered> {
        let world = self.world();
        let mut connected = amazon::connect(&world, asked, pasted, tell).await?;
        let token = AccessToken::new(connected.tokens.access.clone());
        connected.roles = granted::roles(&world, &connected.remote, &token).await;
        let claims = self.amazon_claims(&world, &connected).await?;
        Ok(SellerAnswered {
            connected,
            claims,
            spent: world.spent,
        })
    }

    /// Asks the account for the newest orders of each set of imported files. Orders' numbers are Amazon's own, so that no two
    /// accounts know the same.
    async fn amazon_claims(&self, world: &World, connected: &Connected) -> Result<Vec<Claim>> {
        let sets = self.store().read(|r| {
            let all = r.connections()?.into_iter();
            all.filter(|c| c.channel == Channel::Amazon && is_files(c))
                .map(|c| {
                    let mut orders = Vec::new();
                    for key in r.keys_of(c.id, "orders")? {
                        // A number of another form (fulfilment for other shops) is not asked for.
                        if let Some(order) = r.order(c.id, &key)?.filter(|_| key.len() == 19) {
                            orders.push((order.placed_at.sort_key(), key));
                        }
                    }
                    orders.sort_unstable();
                    let ids: Vec<String> = orders.into_iter().rev().take(MOST_IDS).map(|(_, key)| key).collect();
                    Ok((c, ids))
                })
                .collect::<crate::store::Result<Vec<_>>>()
        });
        let mut claims = Vec::new();
        for (connection, ids) in sets.await? {
            let asked = ids.len() as u64;
            let known = match asked {
                0 => Some(0),
                _ => known(world, connected, Question::of(ids)).await?,
            };
            claims.push(Claim {
                connection: connection.id,
                name: connection.name,
                asked: known.map_or(0, |_| asked),
                known: known.unwrap_or(0),
            });
        }
        Ok(claims)
    }

    /// The second half of [`Profile::connect_amazon`]: stores the connection and keeps its access. Must run to its end.
    ///
    /// # Errors
    /// The ledger or the vault cannot be written.
    pub async fn keep_amazon(&self, answered: SellerAnswered, name: Option<String>) -> Result<(Connection, Connected)> {
        self.checkpoint.pass(TOKEN_UNSAVED);
        let now = self.deps.clock.now();
        let now_millis = self.deps.clock.now_millis();
        let SellerAnswered {
            mut connected,
            claims,
            spent,
        } = answered;
        let (identity, remote, region) = (connected.identity.clone(), connected.remote.clone(), connected.region);
        let account = Account {
            channel: Channel::Amazon,
            endpoint: remote.base.to_string(),
            settings: json!({
                "scopes": identity.scopes, "version": remote.version, "outlets": remote.outlets, "region": region.code(),
            }),
            identity,
            claims,
            name,
        };
        let kept = self.store().write(move |w| {
            let (connection, notes) = account.keep(w, now)?;
            let known = w
                .limiter(connection.id)?
                .and_then(|stored| serde_json::from_value(stored).ok());
            let limits = spent.leaves(&AmazonFetcher, known, now_millis);
            w.set_limiter(connection.id, &json!(limits))?;
            Ok((connection, notes))
        });
        let (connection, notes) = kept.await?;
        connected.notes.extend(notes);
        self.checkpoint.pass(TOKEN_UNSAVED);
        // The address of the region, and with it that of the tokens, may be another one than before.
        self.tokens
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(&connection.id);
        self.tokens(&connection)?
            .keep(&connected.credentials, &connected.tokens)
            .await?;
        Ok((connection, connected))
    }
}
