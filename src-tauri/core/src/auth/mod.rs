//! Keys, secrets and the way to the marketplaces' grants.

mod browser;
pub mod connect;
mod grants;
mod token;
pub mod vault;

pub use browser::{Browser, SystemBrowser};
pub use grants::{
    Credentials, Encoding, GrantSpec, Granted, Route, authorize_address, client_credentials, exchange_code,
};
pub use token::{AccessStanding, AccessToken, TOKEN_UNSAVED, TokenSet, Tokens, access_standing};
