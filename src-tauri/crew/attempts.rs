//! Attempts to connect an account: each goes on by itself, and pages ask how it stands.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use countinghouse_core::api::connect::{
    Attempt, AttemptState, ConnectAmazonArgs, ConnectShopifyArgs, MissingScope, ScopeWhy, ShopRef, ShopifyCredentials,
    ShopifySetup,
};
use countinghouse_core::app::{ApiError, Code, Connects, Event, Profile, Removed, Result, Tested};
use countinghouse_core::auth::connect::shopify::{Access, Asked, Connected, Telling, base_address, redirect_addresses};
use countinghouse_core::auth::vault::Secret;
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::fetch::{Identity, Note};
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::connectors::shopify::auth::{RIGHTS, ShopName};
use countinghouse_core::net::entropy::Entropy;
use countinghouse_core::store::{Connection, ConnectionId};
use countinghouse_core::sync::Cancel;
use tokio::sync::oneshot;
use url::Url;

use super::{Crew, locked, seller};

/// Attempts that are remembered; the oldest ended ones are forgotten first.
const REMEMBERED: usize = 16;
/// The right without which a shop has nothing to tell.
const ESSENTIAL: &str = "read_orders";

/// The attempts of a crew, oldest first.
#[derive(Default)]
pub(super) struct Attempts(Mutex<Vec<Arc<Tried>>>);

/// One attempt.
pub(super) struct Tried {
    id: String,
    /// Id of the profile it is for.
    profile: String,
    channel: Channel,
    told: Mutex<Attempt>,
    /// Where a pasted address goes, if the attempt may take one; used once.
    paste: Mutex<Option<oneshot::Sender<String>>>,
    pub(super) cancel: Cancel,
}

impl Connects for Crew {
    fn shopify_setup(&self) -> ShopifySetup {
        let scopes: Vec<&str> = RIGHTS.iter().map(|right| right.scope).collect();
        let why = |right: &countinghouse_core::connectors::shopify::auth::Right| ScopeWhy {
            scope: right.scope.to_owned(),
            why: format!("Without it: {}", decapitalised(right.without)),
            required: right.scope == ESSENTIAL,
        };
        ShopifySetup {
            scopes: scopes.join(","),
            scope_list: RIGHTS.iter().map(why).collect(),
            redirect_urls: redirect_addresses(),
        }
    }

    fn shopify(&self, profile: &Arc<Profile>, args: ConnectShopifyArgs) -> Result<Attempt> {
        let asked = asked(args)?;
        let (paste, pasted) = oneshot::channel();
        let (tried, profile) = (
            self.try_for(profile, Channel::Shopify, Some(paste))?,
            Arc::clone(profile),
        );
        let own = Arc::clone(&tried);
        self.go_on(&tried, async move { own.run(&profile, asked, pasted).await });
        Ok(tried.told())
    }

    fn amazon(&self, profile: &Arc<Profile>, args: ConnectAmazonArgs) -> Result<Attempt> {
        let asked = seller::asked(args)?;
        // Nothing waits for an address: the application is the seller's own.
        let (tried, profile) = (self.try_for(profile, Channel::Amazon, None)?, Arc::clone(profile));
        let own = Arc::clone(&tried);
        self.go_on(&tried, async move { seller::run(&own, &profile, asked).await });
        Ok(tried.told())
    }

    fn test(&self, profile: &Arc<Profile>, connection: ConnectionId) -> Result<Tested> {
        self.reach(profile)?;
        self.runtime.block_on(profile.test_connection(connection))
    }

    fn replace_secret(&self, profile: &Arc<Profile>, of: ConnectionId, new: &Secret, since: Option<i64>) -> Result<()> {
        profile.must_be_real()?;
        self.runtime.block_on(profile.replace_amazon_secret(of, new, since))?;
        self.app()?.tell(Event::DataChanged);
        Ok(())
    }

    fn remove(&self, profile: &Arc<Profile>, connection: ConnectionId, delete_data: bool) -> Result<Removed> {
        profile.must_be_real()?;
        // Nobody syncs it meanwhile, and nobody begins to.
        let _place = self.places.take(&profile.info().id, connection)?;
        self.runtime
            .block_on(profile.remove_connection(connection, delete_data))
    }

    fn status(&self, attempt: &str) -> Result<Attempt> {
        Ok(self.attempts.find(attempt)?.told())
    }

    fn finish(&self, attempt: &str, address: &Secret) -> Result<Attempt> {
        self.attempts.find(attempt)?.finish(address.expose())
    }

    fn cancel(&self, attempt: &str) -> Result<()> {
        self.attempts.find(attempt)?.cancel.cancel();
        Ok(())
    }
}

impl Crew {
    /// A new attempt for a profile that takes real data.
    fn try_for(
        &self,
        profile: &Profile,
        channel: Channel,
        paste: Option<oneshot::Sender<String>>,
    ) -> Result<Arc<Tried>> {
        profile.must_be_real()?;
        let id = id(self.app()?.deps().entropy.as_ref())?;
        let tried = Arc::new(Tried::new(id, profile.info().id.clone(), channel, paste));
        self.attempts.remember(&tried);
        Ok(tried)
    }

    /// Lets an attempt go on by itself; windows are told when an account is connected by it.
    fn go_on(&self, tried: &Arc<Tried>, attempt: impl Future<Output = ()> + Send + 'static) {
        let (own, app) = (Arc::clone(tried), self.app.clone());
        self.runtime.spawn(async move {
            attempt.await;
            if own.told().state == AttemptState::Connected
                && let Some(app) = app.upgrade()
            {
                app.tell(Event::DataChanged);
            }
        });
    }
}

impl Attempts {
    fn remember(&self, tried: &Arc<Tried>) {
        let mut all = locked(&self.0);
        while all.len() >= REMEMBERED
            && let Some(at) = all.iter().position(|t| t.has_ended())
        {
            all.remove(at);
        }
        all.push(Arc::clone(tried));
    }

    /// Gives up every attempt for a profile.
    pub(super) fn stop(&self, profile: &str) {
        for tried in locked(&self.0).iter().filter(|t| t.profile == profile) {
            tried.cancel.cancel();
        }
    }

    fn find(&self, id: &str) -> Result<Arc<Tried>> {
        let all = locked(&self.0);
        let found = all.iter().find(|t| t.id == id).map(Arc::clone);
        found.ok_or_else(|| {
            ApiError::new(
                Code::NotFound,
                "this attempt to connect is over",
                "Start connecting again.",
            )
        })
    }
}

impl Tried {
    fn new(id: String, profile: String, channel: Channel, paste: Option<oneshot::Sender<String>>) -> Tried {
        let told = Attempt {
            id: id.clone(),
            state: AttemptState::Testing,
            text: asking(channel).to_owned(),
            authorize_url: None,
            connection: None,
            shop: None,
            marketplaces: Vec::new(),
            granted: Vec::new(),
            missing: Vec::new(),
            untried: Vec::new(),
            notes: Vec::new(),
            error: None,
        };
        Tried {
            id,
            profile,
            channel,
            told: Mutex::new(told),
            paste: Mutex::new(paste),
            cancel: Cancel::default(),
        }
    }

    fn told(&self) -> Attempt {
        locked(&self.told).clone()
    }

    fn has_ended(&self) -> bool {
        matches!(locked(&self.told).state, AttemptState::Connected | AttemptState::Failed)
    }

    /// Goes through with the attempt. Giving it up ends the asking; once the shop has answered it is stored to the end.
    async fn run(&self, profile: &Profile, asked: Asked, pasted: oneshot::Receiver<String>) {
        let asking = profile.ask_shopify(asked, Some(pasted), |telling| self.hear(telling));
        let answered = self.cancel.or(asking).await;
        let ended = match answered {
            Ok(Ok(connected)) => profile.keep_shopify(connected, None).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Err(given_up()),
        };
        self.end(ended, tell_connected);
    }

    /// Tells how the attempt ended.
    pub(super) fn end<T>(&self, ended: Result<(Connection, T)>, tell: impl FnOnce(&mut Attempt, &Connection, &T)) {
        let mut told = locked(&self.told);
        told.authorize_url = None;
        match ended {
            Ok((connection, connected)) => {
                told.state = AttemptState::Connected;
                told.text = format!("“{}” is connected.", connection.name);
                told.connection = Some(connection.id.0);
                tell(&mut told, &connection, &connected);
            }
            Err(error) => {
                told.state = AttemptState::Failed;
                told.text = error.message.clone();
                told.error = Some(ApiError {
                    channel: error.channel.clone().or(Some(self.channel.label().to_owned())),
                    ..error
                });
            }
        }
    }

    fn hear(&self, telling: Telling) {
        let Telling::Consent { page, by_hand } = telling;
        let mut told = locked(&self.told);
        told.state = AttemptState::WaitingForBrowser;
        told.text = match by_hand {
            true => "Open the consent page in a browser on this machine".to_owned(),
            false => "Waiting for the answer from the browser".to_owned(),
        };
        told.authorize_url = Some(page);
    }

    /// Goes on with a pasted address. One that cannot be the answer is refused, and the attempt waits on.
    fn finish(&self, address: &str) -> Result<Attempt> {
        let mut told = locked(&self.told);
        let page = told.authorize_url.as_deref().and_then(|page| Url::parse(page).ok());
        let (AttemptState::WaitingForBrowser, Some(page)) = (told.state, page) else {
            return Err(ApiError::invalid(
                "this attempt does not wait for an address",
                "Look at how it stands, or start connecting again.",
            ));
        };
        let whole = "Paste the whole address from the browser's address bar, as it is after consenting.";
        let answer = Url::parse(address.trim()).map_err(|_| ApiError::invalid("this is not an address", whole))?;
        let said = |url: &Url, name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned());
        if said(&answer, "code").or(said(&answer, "error")).is_none() {
            return Err(ApiError::invalid("this address does not hold the shop's answer", whole));
        }
        if said(&answer, "state") != said(&page, "state") {
            return Err(ApiError::invalid(
                "this address belongs to another attempt to connect",
                "Paste the address of the page that was opened last, or start connecting again.",
            ));
        }
        let paste = locked(&self.paste).take();
        let sent = paste.is_some_and(|paste| paste.send(address.trim().to_owned()).is_ok());
        if !sent {
            return Err(ApiError::invalid(
                "this attempt has its answer already",
                "Look at how it stands.",
            ));
        }
        told.state = AttemptState::Testing;
        told.text = asking(self.channel).to_owned();
        Ok(told.clone())
    }
}

/// The end of an attempt that its user ended.
pub(super) fn given_up() -> ApiError {
    ApiError::new(
        Code::Cancelled,
        "Connecting was given up.",
        "Start connecting again whenever you like.",
    )
}

/// What is done while the account is asked.
fn asking(channel: Channel) -> &'static str {
    match channel {
        Channel::Shopify => "Asking the shop",
        Channel::Amazon => "Asking Amazon who this account is, and what may be read",
    }
}

fn tell_connected(told: &mut Attempt, connection: &Connection, connected: &Connected) {
    let identity = &connected.identity;
    told.shop = Some(shop_of(identity, connection.domain.clone().unwrap_or_default()));
    told.granted = identity.scopes.clone();
    let missing = connected.missing.iter().map(|right| MissingScope {
        scope: right.scope.to_owned(),
        effect: right.without.to_owned(),
    });
    told.missing = missing.collect();
    told.notes = noted(&connected.notes);
}

/// The account that answered; `place`: where it is on its platform.
pub(super) fn shop_of(identity: &Identity, place: String) -> ShopRef {
    ShopRef {
        name: identity.name.clone(),
        domain: place,
        currency: identity.currency.code().to_owned(),
        zone: identity.zone.to_string(),
    }
}

/// Notes as sentences.
pub(super) fn noted(notes: &[Note]) -> Vec<String> {
    let text = |note: &Note| format!("{} {}", note.message, note.hint).trim_end().to_owned();
    notes.iter().map(text).collect()
}

/// What a page asks for, as the connector takes it.
fn asked(args: ConnectShopifyArgs) -> Result<Asked> {
    let shop: ShopName = args.shop.parse()?;
    let endpoint = args
        .endpoint
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    base_address(&shop, endpoint.as_deref())?;
    let access = match args.credentials {
        ShopifyCredentials::ClientCredentials {
            client_id,
            client_secret,
        } => Access::ClientCredentials {
            client_id,
            client_secret,
        },
        ShopifyCredentials::Consent {
            client_id,
            client_secret,
            expiring,
        } => Access::Browser {
            client_id,
            client_secret,
            expiring,
            all_orders: true,
        },
        ShopifyCredentials::Token { token } => Access::Token(token),
    };
    Ok(Asked {
        shop,
        endpoint,
        version: API_VERSION.to_owned(),
        access,
    })
}

/// A name that nobody guesses.
fn id(entropy: &dyn Entropy) -> Result<String> {
    let mut bytes = [0_u8; 16];
    entropy
        .fill(&mut bytes)
        .map_err(|e| ApiError::internal(e.to_string()))?;
    let mut id = String::with_capacity(32);
    for byte in bytes {
        // Formatting into a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    Ok(id)
}

fn decapitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
