//! Tokens in circulation: refresh tokens of one region each, access tokens of an hour, codes of five minutes
//! (contract sections 2.2 and 2.3).

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

use super::app::App;
use crate::world::amazon::Region;

/// Seconds that an access token lives.
pub(super) const HOUR: i64 = 3_600;
/// Seconds that a code of the consent page lives.
const CODE: i64 = 300;

/// What an access token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Access {
    /// The application.
    pub(super) client_id: String,
    /// The region of the seller's account; none for tokens of the application itself.
    pub(super) region: Option<Region>,
    expires: i64,
}

#[derive(Debug, Clone)]
struct Grant {
    client_id: String,
    region: Region,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its hour is over.
    Expired,
    /// Nobody gave it out, or it was withdrawn.
    Unknown,
}

/// All tokens. Moments are seconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    seed: u64,
    issued: u64,
    refresh: BTreeMap<String, Grant>,
    access: BTreeMap<String, Access>,
    codes: BTreeMap<String, (Grant, i64)>,
}

impl Tokens {
    pub(super) fn new(seed: u64, apps: &[App]) -> Tokens {
        let mut tokens = Tokens {
            seed,
            ..Tokens::default()
        };
        for app in apps {
            for (region, token) in &app.refresh_tokens {
                let grant = Grant {
                    client_id: app.client_id.clone(),
                    region: *region,
                };
                tokens.refresh.insert(token.clone(), grant);
            }
        }
        tokens
    }

    fn make(&mut self, prefix: &str) -> String {
        self.issued += 1;
        let hash = digest(&SHA256, format!("amazon:{}:{}", self.seed, self.issued).as_bytes());
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{prefix}{hex}")
    }

    /// A code for the way back from the consent page.
    pub(super) fn code(&mut self, client_id: &str, region: Region, now: i64) -> String {
        let code = self.make("");
        let code = format!("ANx{}", &code[..17]);
        let grant = Grant {
            client_id: client_id.to_owned(),
            region,
        };
        self.codes.insert(code.clone(), (grant, now + CODE));
        code
    }

    /// Turns a code into a refresh token, once.
    pub(super) fn redeem(&mut self, client_id: &str, code: &str, now: i64) -> Option<String> {
        let (grant, expires) = self.codes.remove(code)?;
        if grant.client_id != client_id || now >= expires {
            return None;
        }
        let token = self.make("Atzr|IwEB");
        self.refresh.insert(token.clone(), grant);
        Some(token)
    }

    /// An access token for a refresh token, which stays as it is.
    pub(super) fn refresh(&mut self, client_id: &str, token: &str, now: i64) -> Option<String> {
        let region = self
            .refresh
            .get(token)
            .filter(|grant| grant.client_id == client_id)?
            .region;
        Some(self.open(client_id, Some(region), now))
    }

    /// An access token of the application itself.
    pub(super) fn own(&mut self, client_id: &str, now: i64) -> String {
        self.open(client_id, None, now)
    }

    fn open(&mut self, client_id: &str, region: Option<Region>, now: i64) -> String {
        let token = self.make("Atza|IwEB");
        let access = Access {
            client_id: client_id.to_owned(),
            region,
            expires: now + HOUR,
        };
        self.access.insert(token.clone(), access);
        token
    }

    /// What an access token stands for now.
    pub(super) fn access(&self, token: &str, now: i64) -> Result<Access, Refused> {
        match self.access.get(token) {
            Some(access) if now < access.expires => Ok(access.clone()),
            Some(_) => Err(Refused::Expired),
            None => Err(Refused::Unknown),
        }
    }

    /// Ends an access token's hour.
    pub(super) fn expire(&mut self, token: &str) {
        if let Some(access) = self.access.get_mut(token) {
            access.expires = 0;
        }
    }

    /// The seller withdraws consent: one refresh token, or all of them, and every access token.
    pub(super) fn revoke(&mut self, token: Option<&str>) {
        match token {
            Some(token) if self.refresh.remove(token).is_none() => {
                self.access.remove(token);
            }
            Some(_) => self.access.clear(),
            None => {
                self.refresh.clear();
                self.access.clear();
                self.codes.clear();
            }
        }
    }
}
