//! Connecting an account: what to choose on the platform, and the attempts under way.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, Result};
use crate::auth::vault::Secret;
use crate::connectors::amazon::auth::{ROLES, Region};
use crate::model::Day;

use super::NoArgs;
use super::desk::Desk;
use super::frame::Choice;

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

/// What to choose in Seller Central before connecting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct AmazonSetup {
    /// The roles to choose, by the names Seller Central gives them.
    pub roles: Vec<ScopeWhy>,
    /// The regions; an authorisation is for one.
    pub regions: Vec<RegionChoice>,
}

/// A region of Amazon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct RegionChoice {
    /// Its short name.
    pub code: String,
    /// Its name on screens.
    pub label: String,
    /// Its marketplaces by country.
    pub marketplaces: Vec<Choice>,
}

/// A seller's account at Amazon to connect, by the seller's own application. Secrets print dots.
#[derive(Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ConnectAmazonArgs {
    /// The application's client id.
    pub client_id: String,
    /// Its client secret.
    #[serde(deserialize_with = "secret")]
    #[ts(type = "string")]
    pub client_secret: Secret,
    /// The refresh token that its authorisation showed.
    #[serde(deserialize_with = "secret")]
    #[ts(type = "string")]
    pub refresh_token: Secret,
    /// Short name of the region; found by asking each where null.
    pub region: Option<String>,
    /// Marketplaces to read, by country, the home one first; all that the account sells in where empty.
    pub marketplaces: Vec<String>,
    /// The seller's id (merchant token), where the user gives it.
    pub seller_id: Option<String>,
    /// Day the client secret was made; today where null.
    pub secret_made: Option<Day>,
    /// The address below which the regions lie instead of Amazon's own: a loopback address or another https host.
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

/// A marketplace of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct MarketRef {
    /// Its name.
    pub name: String,
    /// Its sales are read.
    pub read: bool,
    /// What to know of it.
    pub note: Option<String>,
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
    /// Where it sells, of a platform with marketplaces.
    pub marketplaces: Vec<MarketRef>,
    /// Scopes or roles that were granted.
    pub granted: Vec<String>,
    /// Scopes that were not.
    pub missing: Vec<MissingScope>,
    /// Roles that the first sync tries; no harmless request shows them.
    pub untried: Vec<String>,
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

/// Answers `amazon_setup`.
///
/// # Errors
/// None.
pub fn amazon_setup(_: Desk<'_>, _: NoArgs) -> Result<AmazonSetup> {
    let role = |role: &crate::connectors::amazon::auth::Role| ScopeWhy {
        scope: role.name.to_owned(),
        why: role.why.to_owned(),
        required: role.required,
    };
    let region = |region: Region| RegionChoice {
        code: region.code().to_owned(),
        label: region.label().to_owned(),
        marketplaces: region.markets().map(|m| Choice::new(m.country, m.name)).collect(),
    };
    Ok(AmazonSetup {
        roles: ROLES.iter().map(role).collect(),
        regions: Region::ALL.into_iter().map(region).collect(),
    })
}

/// Answers `connect_amazon`: begins an attempt and returns at once.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a region, marketplace or endpoint that is none.
pub fn connect_amazon(desk: Desk<'_>, args: ConnectAmazonArgs) -> Result<Attempt> {
    desk.app.connects()?.amazon(&desk.open()?, args)
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
