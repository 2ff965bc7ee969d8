//! An attempt to connect a seller's account at Amazon.

use countinghouse_core::api::connect::{Attempt, ConnectAmazonArgs, MarketRef, MissingScope};
use countinghouse_core::app::{Profile, Result};
use countinghouse_core::auth::connect::amazon::{Access, Asked, Connected, Standing, marketplace};
use countinghouse_core::connectors::amazon::auth::{Region, base_of};
use countinghouse_core::model::Zone;
use countinghouse_core::store::Connection;

use super::attempts::{Tried, given_up, noted, shop_of};

/// What a page asks for, as the connector takes it.
pub(super) fn asked(args: ConnectAmazonArgs) -> Result<Asked> {
    let given = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let region = given(args.region).map(|code| code.parse::<Region>()).transpose()?;
    let endpoint = given(args.endpoint);
    // What is no address, and what is no marketplace, is told before anybody is asked.
    base_of(region.unwrap_or(Region::NorthAmerica), endpoint.as_deref())?;
    for text in &args.marketplaces {
        marketplace(text)?;
    }
    Ok(Asked {
        region,
        marketplaces: args.marketplaces,
        endpoint,
        seller: given(args.seller_id),
        secret_since: args.secret_made.map(|day| Zone::UTC.start_of(day)),
        access: Access::Private {
            client_id: args.client_id,
            client_secret: args.client_secret,
            refresh_token: args.refresh_token,
        },
    })
}

/// Goes through with the attempt. Giving it up ends the asking; once the account has answered it is stored to the end.
pub(super) async fn run(tried: &Tried, profile: &Profile, asked: Asked) {
    let answered = tried.cancel.or(profile.ask_amazon(asked, None, |_| {})).await;
    let ended = match answered {
        Ok(Ok(answered)) => profile.keep_amazon(answered, None).await,
        Ok(Err(error)) => Err(error),
        Err(_) => Err(given_up()),
    };
    tried.end(ended, tell_connected);
}

fn tell_connected(told: &mut Attempt, _: &Connection, connected: &Connected) {
    told.shop = Some(shop_of(&connected.identity, connected.region.to_string()));
    let outlets = &connected.remote.outlets;
    let markets = connected.participations.iter().map(|one| {
        let read = outlets.iter().any(|outlet| outlet == one.market.id);
        let home = outlets.len() > 1 && outlets.first().is_some_and(|outlet| outlet == one.market.id);
        MarketRef {
            name: one.market.name.to_owned(),
            read,
            note: match (one.suspended, home) {
                (true, _) => Some("its listings are suspended".to_owned()),
                (false, true) => Some("home: its days and currency are the connection's".to_owned()),
                (false, false) => None,
            },
        }
    });
    told.marketplaces = markets.collect();
    for role in &connected.roles {
        let name = role.role.name.to_owned();
        match &role.standing {
            Standing::Granted => told.granted.push(name),
            Standing::Refused(why) => told.missing.push(MissingScope {
                scope: name,
                effect: format!("{} {}", role.role.without, why.hint),
            }),
            Standing::Untried => told.untried.push(name),
        }
    }
    told.notes = noted(&connected.notes);
}
