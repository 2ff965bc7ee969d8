//! Who does the work that goes on after an answer: syncs, demonstrations, attempts to connect. All of it runs on one runtime.

mod attempts;
mod follow;
mod place;
mod seller;
mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use countinghouse_core::app::{ApiError, App, Result};
use countinghouse_sim::Server;
use tokio::runtime::Handle;

use attempts::Attempts;
use place::Places;

/// The crew of an app. Beginning something waits for a moment, so that its calls belong on threads that may wait, as those of
/// [`countinghouse_core::api::dispatch`] are.
pub struct Crew {
    /// The app keeps its crew, so that the crew only knows of the app.
    app: Weak<App>,
    runtime: Handle,
    places: Arc<Places>,
    attempts: Attempts,
    /// The simulated marketplaces of demonstrations, by profile. They listen until they are replaced or the crew ends.
    markets: Mutex<HashMap<String, Server>>,
}

impl Crew {
    /// A crew for `app` whose work runs on `runtime`, which must have several threads.
    pub fn new(app: &Arc<App>, runtime: Handle) -> Crew {
        Crew {
            app: Arc::downgrade(app),
            runtime,
            places: Arc::default(),
            attempts: Attempts::default(),
            markets: Mutex::default(),
        }
    }

    fn app(&self) -> Result<Arc<App>> {
        self.app.upgrade().ok_or_else(closing)
    }
}

fn closing() -> ApiError {
    ApiError::internal("the program is closing")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
