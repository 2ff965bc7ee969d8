//! The invented marketplaces of a demonstration, open as long as a command works with them.

use countinghouse::demo;
use countinghouse_core::app::{ApiError, Profile};
use countinghouse_sim::Server;

use super::Context;

/// They listen until this is dropped; nothing for profiles of real accounts.
pub(crate) struct Market {
    _server: Option<Server>,
}

impl Market {
    /// Opens them again where the profile is a demonstration. Its seller has gone on trading meanwhile.
    pub(crate) async fn open(context: &Context<'_>, profile: &Profile) -> Result<Market, ApiError> {
        if !profile.info().demo {
            return Ok(Market { _server: None });
        }
        let clock = countinghouse::clock::system();
        let server = demo::reopen(profile, &clock).await?;
        if server.is_some() {
            context
                .out
                .note("The invented marketplaces of this demo listen while the command runs.");
        }
        Ok(Market { _server: server })
    }
}
