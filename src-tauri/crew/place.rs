//! Who is at work where: at most one sync per connection of a profile.

use std::sync::{Arc, Mutex};

use countinghouse_core::app::{ApiError, Code, Result};
use countinghouse_core::store::ConnectionId;
use countinghouse_core::sync::Cancel;
use tokio::sync::watch;

use super::locked;

/// The work under way.
#[derive(Default)]
pub(super) struct Places(Mutex<Vec<Taken>>);

struct Taken {
    /// Which place this is.
    mark: Arc<()>,
    profile: String,
    connection: ConnectionId,
    /// Once it is in the ledger.
    run: Option<i64>,
    /// The run has ended; windows are being told.
    over: bool,
    cancel: Cancel,
    /// Closed with the work.
    ended: watch::Receiver<()>,
}

impl Taken {
    /// Whether it is at work on this connection.
    fn is(&self, profile: &str, connection: ConnectionId) -> bool {
        !self.over && self.profile == profile && self.connection == connection
    }
}

/// A connection that is being worked on; it is free again when this is dropped, however the work ends.
pub(super) struct Place {
    places: Arc<Places>,
    mark: Arc<()>,
    connection: ConnectionId,
    pub(super) cancel: Cancel,
    _at_work: watch::Sender<()>,
}

impl Places {
    /// Takes a connection.
    ///
    /// # Errors
    /// `Busy` if it is taken.
    pub(super) fn take(self: &Arc<Places>, profile: &str, connection: ConnectionId) -> Result<Place> {
        let mut taken = locked(&self.0);
        if taken.iter().any(|t| t.is(profile, connection)) {
            return Err(ApiError::new(
                Code::Busy,
                "this connection is being synced already",
                "Wait until it has finished, or cancel it.",
            ));
        }
        let cancel = Cancel::default();
        let (at_work, ended) = watch::channel(());
        let mark = Arc::new(());
        taken.push(Taken {
            mark: Arc::clone(&mark),
            profile: profile.to_owned(),
            connection,
            run: None,
            over: false,
            cancel: cancel.clone(),
            ended,
        });
        Ok(Place {
            places: Arc::clone(self),
            mark,
            connection,
            cancel,
            _at_work: at_work,
        })
    }

    /// Asks a run to stop.
    ///
    /// # Errors
    /// `NotFound` if it is not at work here.
    pub(super) fn cancel(&self, profile: &str, run: i64) -> Result<()> {
        let taken = locked(&self.0);
        let found = taken
            .iter()
            .find(|t| !t.over && t.profile == profile && t.run == Some(run));
        let found = found.ok_or_else(|| {
            ApiError::new(
                Code::NotFound,
                format!("run {run} is not at work in this window"),
                "It has ended already, or another window or process runs it: stop it there.",
            )
        })?;
        found.cancel.cancel();
        Ok(())
    }

    /// Asks all work on a profile to stop.
    pub(super) fn stop(&self, profile: &str) {
        for taken in locked(&self.0).iter().filter(|t| t.profile == profile) {
            taken.cancel.cancel();
        }
    }

    /// Asks all work on a profile to stop, and waits until it has.
    pub(super) async fn clear(&self, profile: &str) {
        let all: Vec<_> = locked(&self.0)
            .iter()
            .filter(|t| t.profile == profile)
            .map(|t| (t.cancel.clone(), t.ended.clone()))
            .collect();
        for (cancel, _) in &all {
            cancel.cancel();
        }
        for (_, mut ended) in all {
            // Nothing is ever sent: this ends when the sender is gone.
            let _ = ended.changed().await;
        }
    }
}

impl Place {
    /// The connection.
    pub(super) fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// Frees the connection. Who clears the profile still waits until this is dropped.
    pub(super) fn free(&self) {
        let mut taken = locked(&self.places.0);
        // Senders of work that was dropped are gone; those entries have nobody to wait for.
        taken.retain(|t| t.ended.has_changed().is_ok());
        let own = taken.iter_mut().find(|t| Arc::ptr_eq(&t.mark, &self.mark));
        if let Some(own) = own {
            own.over = true;
        }
    }

    /// Who to tell the number of the run, once it has begun.
    pub(super) fn numbered(&self) -> impl Fn(i64) + Send + Sync + 'static {
        let (places, mark) = (Arc::clone(&self.places), Arc::clone(&self.mark));
        move |run| {
            let mut taken = locked(&places.0);
            let own = taken.iter_mut().find(|t| Arc::ptr_eq(&t.mark, &mark));
            if let Some(own) = own {
                own.run = Some(run);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.free();
    }
}
