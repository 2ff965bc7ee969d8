//! Composition root: the real world for the core.

pub mod clock;
pub mod crew;
pub mod demo;
pub mod halt;
mod keys;
#[cfg(feature = "desktop")]
pub mod shell;

use std::path::PathBuf;
use std::sync::Arc;

use countinghouse_core::app::{ApiError, App, Deps, Runs};
use countinghouse_core::auth::SystemBrowser;
use countinghouse_core::auth::vault::PASSPHRASE_VARIABLE;
use countinghouse_core::clock::SystemClock;
use countinghouse_core::net::Wire;
use countinghouse_core::net::entropy::SystemEntropy;

pub use keys::{Ask, Wanted};

/// What the app needs of the real world. A passphrase for profiles without a keyring is taken from `COUNTINGHOUSE_PASSPHRASE`,
/// or asked for.
///
/// # Errors
/// Secure connections cannot be set up on this machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the composition root reads the environment for the program"
)]
pub fn deps(ask: Option<Ask>) -> Result<Deps, ApiError> {
    let passphrase = std::env::var(PASSPHRASE_VARIABLE).ok();
    Ok(Deps {
        clock: Arc::new(SystemClock),
        keys: Arc::new(keys::HomeKeys::new(passphrase, ask)),
        transport: Arc::new(Wire::new()?),
        browser: Arc::new(SystemBrowser),
        entropy: Arc::new(SystemEntropy::default()),
    })
}

/// The app with a crew on `runtime`: it syncs, connects accounts and makes demonstrations.
pub fn staffed(app: App, runtime: tokio::runtime::Handle) -> Arc<App> {
    let app = Arc::new(app);
    let crew = Arc::new(crew::Crew::new(&app, runtime));
    app.employ_runs(Arc::clone(&crew) as Arc<dyn Runs>);
    app.employ_connects(crew);
    app
}

/// The home folder where none is named: the system's place for a user's application data.
///
/// # Errors
/// The system names no such place.
#[expect(
    clippy::disallowed_methods,
    reason = "the composition root reads the environment for the program"
)]
pub fn default_home() -> Result<PathBuf, ApiError> {
    let base = if cfg!(target_os = "windows") {
        std::env::var_os("APPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join("Library/Application Support"))
    } else {
        std::env::var_os("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")))
    };
    base.map(|base| base.join("countinghouse")).ok_or_else(|| {
        ApiError::invalid(
            "the system names no folder for application data",
            "Name one with --home or COUNTINGHOUSE_HOME.",
        )
    })
}
