//! Marketplaces of the account, with the pseudo ones and one that the seller does not trade in.

use serde_json::{Value, json};

use super::pages::{Call, Outcome};
use crate::world::amazon::{Marketplace, Region};

/// `getMarketplaceParticipations`.
pub(super) fn participations(call: &Call<'_>) -> Outcome {
    let mut list = Vec::new();
    for market in call.region.marketplaces() {
        list.push(row(call, market.id(), market.name(), &market.domain(), market, true));
        list.push(row(
            call,
            market.outside_id(),
            market.outside_name(),
            "sim1.stores.amazon.com",
            market,
            true,
        ));
    }
    let (id, name) = match call.region {
        Region::Na => ("A2EUQ1WTGCTBG2", "Amazon.ca"),
        Region::Eu => ("A13V1IB3VIYZZH", "Amazon.fr"),
        Region::Fe => ("A39IBJ37TRP1C6", "Amazon.com.au"),
    };
    let mut idle = row(
        call,
        id,
        name,
        &format!("www.{}", name.to_lowercase()),
        Marketplace::Us,
        false,
    );
    let (country, currency, language) = match call.region {
        Region::Na => ("CA", "CAD", "en_CA"),
        Region::Eu => ("FR", "EUR", "fr_FR"),
        Region::Fe => ("AU", "AUD", "en_AU"),
    };
    idle["marketplace"]["countryCode"] = country.into();
    idle["marketplace"]["defaultCurrencyCode"] = currency.into();
    idle["marketplace"]["defaultLanguageCode"] = language.into();
    list.push(idle);
    Ok((200, json!({ "payload": list })))
}

fn row(call: &Call<'_>, id: &str, name: &str, domain: &str, market: Marketplace, takes_part: bool) -> Value {
    json!({
        "marketplace": {
            "id": id,
            "countryCode": market.country(),
            "name": name,
            "defaultCurrencyCode": market.currency().code(),
            "defaultLanguageCode": market.language(),
            "domainName": domain,
        },
        "storeName": call.options.store,
        "participation": { "isParticipating": takes_part, "hasSuspendedListings": false },
    })
}
