//! Stopping a run from outside.

use std::sync::Arc;

use tokio::sync::watch;

use crate::net::NetError;

/// The user's wish to stop. Cheap to clone; every clone hears it.
#[derive(Clone, Debug)]
pub struct Cancel {
    wish: Arc<watch::Sender<bool>>,
    above: Option<Arc<watch::Sender<bool>>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Cancel {
            wish: Arc::new(watch::Sender::new(false)),
            above: None,
        }
    }
}

impl Cancel {
    /// A wish of its own that also hears this one.
    pub(super) fn below(&self) -> Cancel {
        Cancel {
            above: Some(Arc::clone(&self.wish)),
            ..Cancel::default()
        }
    }

    /// Asks for a stop. What is being stored is stored to its end.
    pub fn cancel(&self) {
        self.wish.send_replace(true);
    }

    /// Whether a stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        *self.wish.borrow() || self.above.as_ref().is_some_and(|above| *above.borrow())
    }

    /// Ends when a stop is asked for.
    pub async fn cancelled(&self) {
        let mut wish = self.wish.subscribe();
        let mut above = self.above.as_ref().unwrap_or(&self.wish).subscribe();
        // The senders live as long as `self`, so that this ends only with a wish.
        tokio::select! {
            _ = wish.wait_for(|wish| *wish) => {}
            _ = above.wait_for(|wish| *wish) => {}
        }
    }

    /// Runs `work`, or gives up when a stop is asked for first.
    ///
    /// # Errors
    /// `Cancelled`.
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, NetError> {
        tokio::select! {
            biased;
            () = self.cancelled() => Err(NetError::cancelled()),
            done = work => Ok(done),
        }
    }
}
