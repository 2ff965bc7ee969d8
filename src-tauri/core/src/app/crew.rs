//! Who does what the core alone cannot: going on with work after an answer, and connecting accounts. And what is told of it.

use std::sync::Arc;

use crate::api::connect::{Attempt, ConnectAmazonArgs, ConnectShopifyArgs, ShopifySetup};
use crate::api::runs::Run;
use crate::auth::vault::Secret;
use crate::store::ConnectionId;

use super::{ApiError, App, Code, Profile, Removed, Result, Tested};

/// Something that happened, for windows to follow.
#[derive(Clone, Debug)]
pub enum Event {
    /// Figures, orders or settings changed; every page reads anew.
    DataChanged,
    /// A run began, went on or ended.
    Run(Box<Run>),
}

/// Work that goes on after the answer.
pub trait Runs: Send + Sync {
    /// Begins to sync a connection of the profile (all of them where not given) and returns at once the ids of the runs that began,
    /// at least one.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Busy`].
    fn sync(&self, profile: &Arc<Profile>, connection: Option<ConnectionId>, full: bool) -> Result<Vec<i64>>;

    /// Stops a run; what it stored stays.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a run that is not at work here.
    fn cancel(&self, profile: &Arc<Profile>, run: i64) -> Result<()>;

    /// Asks all work on the profile with this id to stop, and does not wait for it.
    fn rest(&self, profile: &str);

    /// Makes a profile of invented data over so many days, chooses it, begins to sync it, and returns the runs' ids at once.
    ///
    /// # Errors
    /// Why the profile cannot be made.
    fn demo(&self, days: u32) -> Result<Vec<i64>>;
}

/// Connecting accounts, and what is done with connected ones. An attempt to connect goes on by itself; [`Connects::status`] tells how.
pub trait Connects: Send + Sync {
    /// What to choose in Shopify before connecting.
    fn shopify_setup(&self) -> ShopifySetup;

    /// Begins to connect a shop to the profile.
    ///
    /// # Errors
    /// [`Code::Invalid`] for a shop or endpoint that is none.
    fn shopify(&self, profile: &Arc<Profile>, args: ConnectShopifyArgs) -> Result<Attempt>;

    /// Begins to connect a seller's account at Amazon to the profile.
    ///
    /// # Errors
    /// [`Code::Invalid`] for a region, marketplace or endpoint that is none.
    fn amazon(&self, profile: &Arc<Profile>, args: ConnectAmazonArgs) -> Result<Attempt>;

    /// Asks a connected account who it is, and waits for the answer ([`Profile::test_connection`]).
    ///
    /// # Errors
    /// What keeps the account from answering.
    fn test(&self, profile: &Arc<Profile>, connection: ConnectionId) -> Result<Tested>;

    /// Puts another client secret in the place of one that ends, and waits until the platform took it
    /// ([`Profile::replace_amazon_secret`]). `since`: UTC second at which it was made.
    ///
    /// # Errors
    /// Why it is not taken; what was kept stays then.
    fn replace_secret(&self, profile: &Arc<Profile>, of: ConnectionId, new: &Secret, since: Option<i64>) -> Result<()>;

    /// Disconnects an account ([`Profile::remove_connection`]).
    ///
    /// # Errors
    /// [`Code::Busy`] for one that is being synced.
    fn remove(&self, profile: &Arc<Profile>, connection: ConnectionId, delete_data: bool) -> Result<Removed>;

    /// How an attempt stands.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    fn status(&self, attempt: &str) -> Result<Attempt>;

    /// Goes on with the address a browser ended on.
    ///
    /// # Errors
    /// [`Code::NotFound`], or why the address does not fit the attempt.
    fn finish(&self, attempt: &str, address: &Secret) -> Result<Attempt>;

    /// Gives an attempt up.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    fn cancel(&self, attempt: &str) -> Result<()>;
}

impl App {
    /// Puts in who runs syncs and demos. The first one stays.
    pub fn employ_runs(&self, runs: Arc<dyn Runs>) {
        let _ = self.runs.set(runs);
    }

    /// Puts in who connects accounts. The first one stays.
    pub fn employ_connects(&self, connects: Arc<dyn Connects>) {
        let _ = self.connects.set(connects);
    }

    pub(crate) fn runs(&self) -> Result<&Arc<dyn Runs>> {
        self.runs.get().ok_or_else(|| absent("syncs nothing"))
    }

    pub(crate) fn connects(&self) -> Result<&Arc<dyn Connects>> {
        self.connects.get().ok_or_else(|| absent("connects no accounts"))
    }

    /// What happens from now on. One who lags behind misses the oldest and reads anew.
    pub fn events(&self) -> tokio::sync::broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Tells everyone who follows.
    pub fn tell(&self, event: Event) {
        // Without anyone to hear there is nothing to do.
        let _ = self.events.send(event);
    }
}

fn absent(what: &str) -> ApiError {
    ApiError::new(
        Code::Invalid,
        format!("this form of the program {what}"),
        "Use the window or the command line for it.",
    )
}
