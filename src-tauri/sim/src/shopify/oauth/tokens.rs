//! The tokens in circulation, and how one retires another (contract sections 2.2 and 2.3).

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

use super::apps::App;

/// Seconds that a client-credentials token lives.
const DAY_TOKEN: i64 = 86_399;
/// Seconds that an expiring offline token lives.
const HOUR_TOKEN: i64 = 3600;
/// Seconds that a refresh token lives.
const REFRESH: i64 = 7_776_000;
/// Seconds that a refresh token still works after its first use.
const GRACE: i64 = 30 * 86_400;
/// Seconds that an authorization code lives.
const CODE: i64 = 600;

/// What a token lets its holder do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// The app.
    pub(crate) client_id: String,
    /// The scopes granted.
    pub(crate) scopes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Issued {
    access: Access,
    expires: Option<i64>,
}

#[derive(Debug, Clone)]
struct Code {
    access: Access,
    expires: i64,
}

/// The newest pair of an app, and the refresh token that made it.
#[derive(Debug, Clone)]
struct Chain {
    access_token: String,
    refresh_token: String,
    refresh_expires: i64,
    scopes: Vec<String>,
    before: Option<Used>,
}

#[derive(Debug, Clone)]
struct Used {
    refresh_token: String,
    expires: i64,
}

/// A fresh token as the token endpoint tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fresh {
    /// The access token.
    pub(crate) access_token: String,
    /// Its scopes.
    pub(crate) scopes: Vec<String>,
    /// Seconds until it expires, if it does.
    pub(crate) expires_in: Option<i64>,
    /// The refresh token and the seconds until it expires.
    pub(crate) refresh: Option<(String, i64)>,
}

/// All tokens of one shop. Moments are seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    seed: u64,
    issued: u64,
    access: BTreeMap<String, Issued>,
    codes: BTreeMap<String, Code>,
    chains: BTreeMap<String, Chain>,
    lost: Vec<String>,
}

impl Tokens {
    /// No tokens yet, except the old ones that apps brought along.
    pub(crate) fn new(seed: u64, apps: &[App]) -> Tokens {
        let mut tokens = Tokens {
            seed,
            ..Tokens::default()
        };
        for app in apps {
            if let Some(token) = &app.legacy_token {
                let access = Access {
                    client_id: app.client_id.clone(),
                    scopes: app.grant(app.scopes.iter().map(String::as_str)),
                };
                tokens.access.insert(token.clone(), Issued { access, expires: None });
            }
        }
        tokens
    }

    /// What a token lets its holder do now, if it is alive.
    pub(crate) fn access(&self, token: &str, now: i64) -> Option<Access> {
        let issued = self
            .access
            .get(token)
            .filter(|issued| issued.expires.is_none_or(|expires| now < expires))?;
        let mut access = issued.access.clone();
        access.scopes.retain(|scope| !self.lost.contains(scope));
        Some(access)
    }

    /// Makes a code for the callback.
    pub(crate) fn code(&mut self, access: Access, now: i64) -> String {
        let code = self.make("");
        self.codes.insert(
            code.clone(),
            Code {
                access,
                expires: now + CODE,
            },
        );
        code
    }

    /// Turns a code into a token, once. `None` for a used, expired or foreign code.
    pub(crate) fn redeem(&mut self, client_id: &str, code: &str, expiring: bool, now: i64) -> Option<Fresh> {
        let code = self
            .codes
            .remove(code)
            .filter(|code| code.access.client_id == client_id && now < code.expires)?;
        self.retire(client_id);
        let access_token = self.make("shpat_");
        let scopes = code.access.scopes.clone();
        if !expiring {
            self.access.insert(
                access_token.clone(),
                Issued {
                    access: code.access,
                    expires: None,
                },
            );
            return Some(Fresh {
                access_token,
                scopes,
                expires_in: None,
                refresh: None,
            });
        }
        Some(self.pair(client_id, scopes, None, now))
    }

    /// A token for the app itself, good for a day.
    pub(crate) fn own(&mut self, access: Access, now: i64) -> Fresh {
        if let Some(chain) = self.chains.get_mut(&access.client_id) {
            chain.before = None;
        }
        let access_token = self.make("");
        let scopes = access.scopes.clone();
        self.access.insert(
            access_token.clone(),
            Issued {
                access,
                expires: Some(now + DAY_TOKEN),
            },
        );
        Fresh {
            access_token,
            scopes,
            expires_in: Some(DAY_TOKEN),
            refresh: None,
        }
    }

    /// Exchanges a refresh token. The one before still works until its successor is used, another token is acquired,
    /// 30 days have passed since its first use, or its own time is up; using it again retires its first result.
    pub(crate) fn refresh(&mut self, client_id: &str, refresh_token: &str, now: i64) -> Option<Fresh> {
        let chain = self.chains.get(client_id)?.clone();
        let used = if chain.refresh_token == refresh_token && now < chain.refresh_expires {
            Used {
                refresh_token: chain.refresh_token,
                expires: chain.refresh_expires.min(now + GRACE),
            }
        } else {
            let used = chain
                .before
                .filter(|used| used.refresh_token == refresh_token && now < used.expires)?;
            self.access.remove(&chain.access_token);
            used
        };
        Some(self.pair(client_id, chain.scopes, Some(used), now))
    }

    fn pair(&mut self, client_id: &str, scopes: Vec<String>, before: Option<Used>, now: i64) -> Fresh {
        let (access_token, refresh_token) = (self.make("shpat_"), self.make("shprt_"));
        let access = Access {
            client_id: client_id.to_owned(),
            scopes: scopes.clone(),
        };
        self.access.insert(
            access_token.clone(),
            Issued {
                access,
                expires: Some(now + HOUR_TOKEN),
            },
        );
        let chain = Chain {
            access_token: access_token.clone(),
            refresh_token: refresh_token.clone(),
            refresh_expires: now + REFRESH,
            scopes: scopes.clone(),
            before,
        };
        self.chains.insert(client_id.to_owned(), chain);
        Fresh {
            access_token,
            scopes,
            expires_in: Some(HOUR_TOKEN),
            refresh: Some((refresh_token, REFRESH)),
        }
    }

    /// Ends the refresh chain of an app that acquires a new token another way.
    fn retire(&mut self, client_id: &str) {
        if let Some(chain) = self.chains.remove(client_id) {
            self.access.remove(&chain.access_token);
        }
    }

    /// Kills one access token.
    pub(crate) fn revoke(&mut self, token: &str) {
        self.access.remove(token);
    }

    /// Kills everything, as removing the app from the shop does. Old tokens never come back.
    pub(crate) fn revoke_all(&mut self) {
        self.access.clear();
        self.codes.clear();
        self.chains.clear();
    }

    /// The shop takes a scope away from all tokens, or gives it back.
    pub(crate) fn set_scope(&mut self, scope: &str, granted: bool) {
        self.lost.retain(|lost| lost != scope);
        if !granted {
            self.lost.push(scope.to_owned());
        }
    }

    fn make(&mut self, prefix: &str) -> String {
        self.issued += 1;
        let hash = digest(&SHA256, format!("{}:{}", self.seed, self.issued).as_bytes());
        let hex: String = hash
            .as_ref()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{prefix}{hex}")
    }
}
