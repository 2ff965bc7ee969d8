//! Syncs and demonstrations in the background.

use std::pin::pin;
use std::sync::Arc;

use countinghouse_core::app::{ApiError, Code, Profile, Result, Runs};
use countinghouse_core::store::{Connection, ConnectionId};
use countinghouse_core::sync::{Event, Options, Report};
use tokio::sync::oneshot;

use super::follow::Follow;
use super::place::Place;
use super::{Crew, closing, locked};
use crate::demo::{self, Seller};

impl Runs for Crew {
    fn sync(&self, profile: &Arc<Profile>, connection: Option<ConnectionId>, full: bool) -> Result<Vec<i64>> {
        let chosen = match connection {
            Some(id) => vec![profile.store().read_blocking(|r| r.connection(id))?.id],
            None => live(profile)?,
        };
        let options = Options {
            full,
            ..Options::default()
        };
        self.reach(profile)?;
        self.begin_all(profile, &chosen, options)
    }

    fn cancel(&self, profile: &Arc<Profile>, run: i64) -> Result<()> {
        self.places.cancel(&profile.info().id, run)
    }

    fn rest(&self, profile: &str) {
        self.places.stop(profile);
        self.attempts.stop(profile);
    }

    fn demo(&self, days: u32) -> Result<Vec<i64>> {
        let (app, seller) = (self.app()?, Seller::over(days)?);
        let (profile, connections) = {
            let mut markets = locked(&self.markets);
            let earlier = app.profiles()?.into_iter().find(|p| p.name == demo::NAME && p.demo);
            if let Some(earlier) = earlier {
                self.runtime.block_on(self.places.clear(&earlier.id));
                markets.remove(&earlier.id);
            }
            let profile = demo::profile(&app)?;
            let id = profile.info().id.clone();
            let connected = self
                .runtime
                .block_on(demo::connect(&profile, &seller, &app.deps().clock));
            let (server, connections) = match connected {
                Ok(connected) => connected,
                Err(error) => {
                    drop(profile);
                    // A demonstration that could not be connected leaves no half of itself behind; its cause is told.
                    let _ = app.remove_profile(&id);
                    return Err(error);
                }
            };
            markets.insert(id, server);
            (profile, connections)
        };
        app.choose_profile(&profile.info().id)?;
        let all: Vec<ConnectionId> = connections.iter().map(|c| c.id).collect();
        self.begin_all(&profile, &all, Options::default())
    }
}

impl Crew {
    /// Begins to sync connections, all before any is waited for: they go on side by side, each with its own run. The numbers of
    /// those that began, or why none did.
    fn begin_all(&self, profile: &Arc<Profile>, connections: &[ConnectionId], options: Options) -> Result<Vec<i64>> {
        let begun: Vec<_> = connections.iter().map(|id| self.begin(profile, *id, options)).collect();
        let (mut runs, mut refused) = (Vec::new(), None);
        for begun in begun {
            let answer = begun.and_then(|begun| self.runtime.block_on(begun).unwrap_or_else(|_| Err(closing())));
            match answer {
                Ok(run) => runs.push(run),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match runs.is_empty() {
            false => Ok(runs),
            true => Err(refused.unwrap_or_else(closing)),
        }
    }

    /// Begins to sync a connection. The run's number comes by the receiver, or why it did not begin.
    fn begin(
        &self,
        profile: &Arc<Profile>,
        connection: ConnectionId,
        options: Options,
    ) -> Result<oneshot::Receiver<Result<i64>>> {
        let place = self.places.take(&profile.info().id, connection)?;
        let follow = Arc::new(Follow::new(&self.app()?, profile));
        let (began, begun) = oneshot::channel();
        self.runtime
            .spawn(work(Arc::clone(profile), place, options, follow, began));
        Ok(begun)
    }

    /// Sees to it that the marketplaces of a demonstration listen.
    pub(super) fn reach(&self, profile: &Arc<Profile>) -> Result<()> {
        let (app, info) = (self.app()?, profile.info());
        let mut markets = locked(&self.markets);
        if !info.demo {
            return Ok(());
        }
        match markets.get(&info.id) {
            // A command line may have pointed the connections at marketplaces of its own meanwhile.
            Some(server) => self.runtime.block_on(demo::point(profile, server))?,
            None => {
                if let Some(server) = self.runtime.block_on(demo::reopen(profile, &app.deps().clock))? {
                    markets.insert(info.id.clone(), server);
                }
            }
        }
        Ok(())
    }
}

/// Connections of a profile that can be synced.
fn live(profile: &Profile) -> Result<Vec<ConnectionId>> {
    let all = profile.store().read_blocking(|r| r.connections())?;
    let live = |c: &&Connection| !c.endpoint.is_empty() && c.disconnected_at.is_none();
    let chosen: Vec<ConnectionId> = all.iter().filter(live).map(|c| c.id).collect();
    if chosen.is_empty() {
        return Err(ApiError::new(
            Code::NotFound,
            "there is nothing to sync: no account is connected",
            "Connect an account first.",
        ));
    }
    Ok(chosen)
}

/// Syncs, and tells windows how it goes.
async fn work(
    profile: Arc<Profile>,
    place: Place,
    options: Options,
    follow: Arc<Follow>,
    began: oneshot::Sender<Result<i64>>,
) {
    let began = std::sync::Mutex::new(Some(began));
    let numbered = place.numbered();
    let heard = Arc::clone(&follow);
    let (connection, cancel) = (place.connection(), place.cancel.clone());
    let began = Arc::new(began);
    let first = Arc::clone(&began);
    let tell = move |event: Event| {
        if let Event::Began { run } = &event {
            numbered(*run);
            if let Some(began) = locked(&first).take() {
                // Whoever began it may be gone; the run goes on.
                let _ = began.send(Ok(*run));
            }
        }
        heard.hear(event);
    };
    let ended: Result<Report> = {
        let mut syncing = pin!(profile.sync(connection, options, cancel, tell));
        tokio::select! {
            ended = &mut syncing => ended,
            never = follow.tell() => match never {},
        }
    };
    // Free before it is told: who hears of the end may begin anew.
    place.free();
    let unheard = locked(&began).take();
    if let (Err(error), Some(began)) = (ended, unheard) {
        let _ = began.send(Err(error));
    }
    follow.end().await;
    // The ledger is closed before the place is left: who clears the profile may delete its file.
    drop((follow, profile));
    drop(place);
}
