//! Getting access to a seller's account (contract section 2), as far as it needs no network: regions and their addresses, the
//! consent of a public application, roles, refusals of the token endpoint, the age of the application's secret.

mod consent;
mod region;
mod roles;
mod words;

use std::time::Duration;

use url::Url;

pub use self::consent::{Consent, PATIENCE};
pub use self::region::{Region, base_of};
pub use self::roles::{ROLES, Role, role_of};
pub(crate) use self::words::REPLACE;
pub use self::words::{SECRET_LIFE, secret_note};
use crate::auth::{Encoding, GrantSpec};
use crate::net::NetError;

/// Where the tokens of every region are given out.
const TOKENS: &str = "https://api.amazon.com/auth/o2/token";
/// Time before the end of a token at which a new one is got.
const MARGIN: Duration = Duration::from_secs(60);

/// How tokens of the account at `base` are got and renewed.
///
/// # Errors
/// A defect if no address can be formed from `base`.
pub(crate) fn grant_spec(base: &Url) -> Result<GrantSpec, NetError> {
    let token = match region::is_amazons(base) {
        true => Url::parse(TOKENS),
        // A simulator or proxy gives them out below its own address.
        false => base.join("auth/o2/token"),
    };
    Ok(GrantSpec {
        token: token.map_err(|error| NetError::defect(format!("The token address cannot be formed: {error}.")))?,
        encoding: Encoding::Form,
        margin: MARGIN,
        explain: words::explain,
    })
}
