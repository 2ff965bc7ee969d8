//! Where keys and secrets live: the profile's key in the OS keyring (or wrapped by a passphrase), tokens and client secrets
//! in a sealed file under a key derived from it. Never in SQLite, never in a log.

mod key;
mod secret;

pub use key::Key;
pub use secret::Secret;
