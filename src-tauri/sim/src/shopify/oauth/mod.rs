//! Authorization as the contract's section 2 describes it: consent in a browser, exchange, refresh, client credentials.

mod apps;
mod authorize;
mod exchange;
mod tokens;

pub use apps::App;
pub(crate) use authorize::authorize;
pub(crate) use exchange::exchange;
pub(crate) use tokens::{Access, Tokens};

#[cfg(test)]
mod tests;
