//! Connecting an account: what to choose on the platform, and the attempts under way.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, Result};
use crate::auth::vault::Secret;

use super::NoArgs;
use super::desk::Desk;

/// What to choose in Shopify before connecting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct ShopifySetup {
    /// The scopes, as one line to paste.
    pub scopes: String,
    /// The same one by one.
    pub scope_list: Vec<ScopeWhy>,
    /// Redirect addresses to enter.
    pub redirect_urls: Vec<String>,
}

/// A scope and what it is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct ScopeWhy {
    /// Its name on the platform.
    pub scope: String,
    /// What it is for.
    pub why: String,
    /// Nothing works without it.
    pub required: bool,
}

/// How a Shopify shop lets the program in. Secrets print dots.
#[derive(Debug, Deserialize, TS)]
#[serde(tag = "route", rename_all = "snake_case", deny_unknown_fields)]
pub enum ShopifyCredentials {
    /// An app of the shop's own organisation: id and secret, no browser.
    ClientCredentials {
        /// The app's client id.
        client_id: String,
        /// Its secret.
        #[serde(deserialize_with = "secret")]
        #[ts(type = "string")]
        client_secret: Secret,
    },
    /// Consent in the browser.
    Consent {
        /// The app's client id.
        client_id: String,
        /// Its secret.
        #[serde(deserialize_with = "secret")]
        #[ts(type = "string")]
        client_secret: Secret,
        /// Ask for tokens that expire and are renewed.
        expiring: bool,
    },
    /// A token the user already has.
    Token {
        /// The token.
        #[serde(deserialize_with = "secret")]
        #[ts(type = "string")]
        token: Secret,
    },
}

pub(super) fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Secret, D::Error> {
    Ok(Secret::new(String::deserialize(deserializer)?))
}

/// A Shopify shop to connect.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConnectShopifyArgs {
    /// The shop's name or address.
    pub shop: String,
    /// How it lets the program in.
    pub credentials: ShopifyCredentials,
    /// A loopback address or another https host instead of the shop's own.
    pub endpoint: Option<String>,
}

/// How an attempt stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// The user is asked in the browser.
    WaitingForBrowser,
    /// The credentials are tried.
    Testing,
    /// The account answered.
    Connected,
    /// It did not work.
    Failed,
}

/// The account that answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct ShopRef {
    /// Its name.
    pub name: String,
    /// Its address.
    pub domain: String,
    /// Its currency.
    pub currency: String,
    /// Its time zone.
    pub zone: String,
}

/// A scope that was not granted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct MissingScope {
    /// Its name on the platform.
    pub scope: String,
    /// What is missing without it.
    pub effect: String,
}

/// An attempt to connect. Carries no secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Attempt {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: AttemptState,
    /// The same in a sentence.
    pub text: String,
    /// The consent page, for a browser that did not open by itself.
    pub authorize_url: Option<String>,
    /// The connection that was made.
    pub connection: Option<i64>,
    /// The account that answered.
    pub shop: Option<ShopRef>,
    /// Scopes that were granted.
    pub granted: Vec<String>,
    /// Scopes that were not.
    pub missing: Vec<MissingScope>,
    /// What else to know: what became of imported files, and the like.
    pub notes: Vec<String>,
    /// Why it failed.
    pub error: Option<ApiError>,
}

/// Which attempt.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AttemptArgs {
    /// Its id.
    pub attempt: String,
}

/// The address a browser ended on, pasted by the user.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct FinishArgs {
    /// The attempt.
    pub attempt: String,
    /// The address; it carries a one-use code.
    #[serde(deserialize_with = "secret")]
    #[ts(type = "string")]
    pub address: Secret,
}

/// Answers `shopify_setup`.
///
/// # Errors
/// The program was put together without a connector.
pub fn shopify_setup(desk: Desk<'_>, _: NoArgs) -> Result<ShopifySetup> {
    Ok(desk.app.connects()?.shopify_setup())
}

/// Answers `connect_shopify`: begins an attempt and returns at once.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a shop or endpoint that is none.
pub fn connect_shopify(desk: Desk<'_>, args: ConnectShopifyArgs) -> Result<Attempt> {
    desk.app.connects()?.shopify(&desk.open()?, args)
}

/// Answers `connect_status`.
///
/// # Errors
/// [`crate::app::Code::NotFound`].
pub fn connect_status(desk: Desk<'_>, args: AttemptArgs) -> Result<Attempt> {
    desk.app.connects()?.status(&args.attempt)
}

/// Answers `connect_finish`.
///
/// # Errors
/// [`crate::app::Code::NotFound`], or why the address does not fit the attempt.
pub fn connect_finish(desk: Desk<'_>, args: FinishArgs) -> Result<Attempt> {
    desk.app.connects()?.finish(&args.attempt, &args.address)
}

/// Answers `connect_cancel`.
///
/// # Errors
/// [`crate::app::Code::NotFound`].
pub fn connect_cancel(desk: Desk<'_>, args: AttemptArgs) -> Result<()> {
    desk.app.connects()?.cancel(&args.attempt)
}
