//! Getting access to a shop (contract section 2), as far as it needs no network: names, consent, refusals, rights.

mod consent;
mod shop;
pub(crate) mod words;

use std::time::Duration;

use url::Url;

pub use self::consent::{Consent, PATIENCE, Rejected};
pub use self::shop::ShopName;
pub use self::words::{RIGHTS, Right, includes, missing};
use crate::auth::{Encoding, GrantSpec};
use crate::net::NetError;

/// Ports the browser may come back to. Fixed, because the platform compares redirect addresses exactly.
pub const CALLBACK_PORTS: [u16; 3] = [4850, 4851, 4852];
/// Time before the end of a token at which a new one is got.
const MARGIN: Duration = Duration::from_secs(600);

/// How tokens of the shop at `base` are got and renewed.
///
/// # Errors
/// A defect if no address can be formed from `base`.
pub(crate) fn grant_spec(base: &Url) -> Result<GrantSpec, NetError> {
    let token = base
        .join("admin/oauth/access_token")
        .map_err(|error| NetError::defect(format!("The shop's address cannot be formed: {error}.")))?;
    Ok(GrantSpec {
        token,
        encoding: Encoding::Json,
        margin: MARGIN,
        explain: words::explain,
    })
}
