//! The HTTP side of the face: which address does what, who may, and which faults strike.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{Method, Request as HttpRequest, header};
use bytes::Bytes;
use serde_json::Value;

use super::answers::{Refusal, denied, error, invalid, json_answer, throttled};
use super::app::{App, Options, Role};
use super::kiosk::Desk as Kiosk;
use super::limits::{Buckets, rate_text};
use super::operations::Operation;
use super::pages::{Call, Outcome};
use super::params::Params;
use super::reports::Desk as Reports;
use super::spoil::Before;
use super::tokens::{Access, Refused, Tokens};
use super::{consent, finances, inventory, kiosk, listings, lwa, metrics, orders, reports, sellers, spoil, storage};
use crate::face::{Face, Incoming};
use crate::faults::{Kind, Struck};
use crate::reply::{self, Answer, Fields};
use crate::world::amazon::{Region, Seller};

/// The face of one seller's accounts in all regions.
pub(crate) struct SellerFace {
    options: Options,
    state: Mutex<State>,
}

struct State {
    apps: Vec<App>,
    tokens: Tokens,
    buckets: Buckets,
    before: Before,
    reports: Reports,
    kiosk: Kiosk,
}

impl SellerFace {
    /// A face whose buckets are full.
    pub(crate) fn new(options: Options) -> SellerFace {
        let state = State {
            tokens: Tokens::new(options.seed, &options.apps),
            apps: options.apps.clone(),
            buckets: Buckets::default(),
            before: Before::default(),
            reports: Reports::default(),
            kiosk: Kiosk::default(),
        };
        SellerFace {
            options,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The seller withdraws consent: one token, or all of them.
    pub(crate) fn revoke(&self, token: Option<&str>) {
        self.state().tokens.revoke(token);
    }

    /// All applications lose a role, or get it back.
    pub(crate) fn set_role(&self, role: Role, granted: bool) {
        for app in &mut self.state().apps {
            app.roles.retain(|own| *own != role);
            if granted {
                app.roles.push(role);
            }
        }
    }

    /// The secret of all applications expires at a second since 1970, or never.
    pub(crate) fn set_secret_expiry(&self, at: Option<i64>) {
        self.state().apps.iter_mut().for_each(|app| app.secret_expires = at);
    }

    fn strike_tokens(&self, incoming: &Incoming, struck: &Struck) {
        let mut state = self.state();
        for kind in struck.iter() {
            match kind {
                Kind::ExpireToken => {
                    if let Some(token) = incoming.header("x-amz-access-token") {
                        state.tokens.expire(token);
                    }
                }
                Kind::RevokeToken => state.tokens.revoke(None),
                Kind::SecretExpired => {
                    let now = incoming.second();
                    state.apps.iter_mut().for_each(|app| app.secret_expires = Some(now));
                }
                Kind::LoseScope { scope } => {
                    if let Some(role) = Role::named(scope) {
                        state
                            .apps
                            .iter_mut()
                            .for_each(|app| app.roles.retain(|own| *own != role));
                    }
                }
                _ => {}
            }
        }
    }

    /// Who calls, if the call may be looked at.
    fn caller(&self, incoming: &Incoming, region: Region) -> Result<(Access, App), Refusal> {
        let agent = incoming.header("user-agent").unwrap_or_default();
        if agent.len() > 500 || !agent.contains('/') {
            return Err(invalid(
                "The user-agent header must name the application and its version.",
            ));
        }
        let Some(token) = incoming.header("x-amz-access-token") else {
            return Err(denied("The access token is missing in the request header."));
        };
        let state = self.state();
        let access = match state.tokens.access(token, incoming.second()) {
            Ok(access) => access,
            Err(Refused::Expired) => return Err(denied("The access token you provided has expired.")),
            Err(Refused::Unknown) => {
                return Err(denied(
                    "The access token you provided is revoked, malformed or invalid.",
                ));
            }
        };
        let Some(app) = state.apps.iter().find(|app| app.client_id == access.client_id) else {
            return Err(denied("The application is not known."));
        };
        if app.secret_expires.is_some_and(|at| at <= incoming.second()) {
            return Err(denied(
                "The LWA secret of your application has expired. Rotate it to go on.",
            ));
        }
        if access.region != Some(region) {
            return Err(denied(""));
        }
        Ok((access, app.clone()))
    }

    fn api(&self, incoming: &Incoming, struck: &Struck, region: Region) -> Result<Answer, Refusal> {
        self.strike_tokens(incoming, struck);
        let Some((operation, tail)) = Operation::at(&incoming.method, &incoming.path) else {
            return Err(error(404, "NotFound", "The requested resource is not found.", ""));
        };
        let (access, app) = self.caller(incoming, region)?;
        if !operation.roles().iter().any(|role| app.roles.contains(role)) {
            return Err(denied(""));
        }
        let drained = struck.has(&Kind::Throttled);
        let (speed, millis) = (self.options.speed, incoming.millis);
        let admitted = self
            .state()
            .buckets
            .take(operation, region, &access.client_id, millis, speed, drained);
        if !admitted {
            return Err(throttled());
        }
        if struck.has(&Kind::Internal) {
            return Err(error(
                500,
                "InternalFailure",
                "We encountered an internal error. Please try again.",
                "",
            ));
        }
        let Some(seller) = incoming.world.amazon() else {
            return Err(denied("The seller does not sell at Amazon."));
        };
        let call = Call {
            options: &self.options,
            app: &app,
            region,
            seller,
            now: incoming.second(),
            params: Params::of(&incoming.query),
            tail,
            body: &incoming.body,
            struck,
        };
        let (status, mut body) = self.run(operation, &call)?;
        self.state().before.spoil(operation, struck, &mut body);
        let mut answer = if body == Value::Null {
            reply::answer(status, "application/json", Bytes::new())
        } else {
            json_answer(status, &body)
        };
        // A bucket that fills faster says so; one that never empties tells the documented rate.
        let rate = operation.limit().0.saturating_mul(speed.max(1));
        reply::set(&mut answer, "x-amzn-ratelimit-limit", &rate_text(rate));
        Ok(answer)
    }

    fn run(&self, operation: Operation, call: &Call<'_>) -> Outcome {
        match operation {
            Operation::Participations => sellers::participations(call),
            Operation::SearchOrders => orders::search(call),
            Operation::GetOrder => orders::one(call),
            Operation::InventorySummaries => inventory::summaries(call),
            Operation::SearchCatalog => listings::search_catalog(call),
            Operation::GetCatalogItem => listings::catalog_item(call),
            Operation::SearchListings => listings::search(call),
            Operation::GetListing => listings::one(call),
            Operation::OrderMetrics => metrics::order_metrics(call),
            Operation::ListTransactions => finances::list(call),
            Operation::CreateReport => reports::create(&mut self.state().reports, call),
            Operation::GetReport => reports::get(&self.state().reports, call),
            Operation::GetReports => reports::list(&self.state().reports, call),
            Operation::CancelReport => reports::cancel(&mut self.state().reports, call),
            Operation::ReportDocument => reports::document(&self.state().reports, call),
            Operation::CreateQuery => kiosk::create(&mut self.state().kiosk, call),
            Operation::GetQuery => kiosk::get(&self.state().kiosk, call),
            Operation::GetQueries => kiosk::list(&self.state().kiosk, call),
            Operation::CancelQuery => kiosk::cancel(&mut self.state().kiosk, call),
            Operation::KioskDocument => kiosk::document(&self.state().kiosk, call),
        }
    }

    fn download(&self, incoming: &Incoming, struck: &Struck) -> Answer {
        let seller = incoming.world.amazon();
        storage::serve(incoming, struck, |name| {
            let seller: &Seller = seller.as_ref()?;
            let report = self.state().reports.made(name);
            if let Some(report) = report {
                return reports::file(&report, seller, struck).map(|file| spoil::emptied(file, struck));
            }
            if let Some(settled) = reports::settlement_file(name, seller) {
                return Some(spoil::emptied(settled, struck));
            }
            let query = self.state().kiosk.made(name)?;
            Some(spoil::emptied(kiosk::file(&query, self.options.kiosk_rows), struck))
        })
    }
}

impl Face for SellerFace {
    fn address(&self, request: &HttpRequest<Bytes>) -> Option<(String, String)> {
        address(request)
    }

    fn names(&self, incoming: &Incoming) -> Vec<String> {
        if incoming.path.starts_with(storage::PREFIX) {
            return vec!["download".to_owned()];
        }
        if incoming.path.starts_with("/auth/") || incoming.path.starts_with("/apps/") {
            return vec!["token".to_owned()];
        }
        let mut names = vec!["api".to_owned()];
        let operation = Operation::at(&incoming.method, &incoming.path);
        names.extend(operation.map(|(operation, _)| operation.name().to_owned()));
        names
    }

    fn refusal(&self, status: u16) -> Answer {
        let refusal = match status {
            400 => invalid("Request has missing or invalid parameters and cannot be parsed."),
            403 => denied(""),
            404 => error(404, "NotFound", "The requested resource is not found.", ""),
            429 => throttled(),
            500 => error(
                500,
                "InternalFailure",
                "We encountered an internal error. Please try again.",
                "",
            ),
            503 => error(
                503,
                "ServiceUnavailable",
                "Service is temporarily unavailable. Please try again.",
                "",
            ),
            _ => error(status, "Unknown", "The request was not answered.", ""),
        };
        refusal.answer()
    }

    fn handle(&self, incoming: &Incoming, struck: &Struck) -> Answer {
        if incoming.path.starts_with(storage::PREFIX) {
            return self.download(incoming, struck);
        }
        let now = incoming.second();
        if incoming.path == "/auth/o2/token" {
            if incoming.method != Method::POST {
                return reply::html(405, "Method Not Allowed", "");
            }
            self.strike_tokens(incoming, struck);
            let state = &mut *self.state();
            let fields = Fields::form(&incoming.body);
            return lwa::token(&state.apps, &mut state.tokens, &fields, &incoming.request_id, now);
        }
        let Some(region) = Region::named(&incoming.account) else {
            return reply::html(404, "404 Not Found", "<p>No account lives here.</p>");
        };
        if incoming.path == "/apps/authorize/consent" {
            let state = &mut *self.state();
            let fields = Fields::form(incoming.query.as_bytes());
            let seller = &self.options.seller_id;
            return consent::authorize(&state.apps, &mut state.tokens, seller, region, &fields, now);
        }
        let answered = self.api(incoming, struck, region);
        let mut answer = answered.unwrap_or_else(|refused| refused.answer());
        reply::set(&mut answer, "x-amzn-requestid", &incoming.request_id);
        answer
    }
}

/// Which account a request is for, and the path there. The token endpoint and the storage belong to none.
fn address(request: &HttpRequest<Bytes>) -> Option<(String, String)> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/amazon/") {
        let (account, rest) = rest.split_once('/').unwrap_or((rest, ""));
        return Some((account.to_owned(), format!("/{rest}")));
    }
    if path.starts_with(storage::PREFIX) {
        return Some((String::new(), path.to_owned()));
    }
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().host().or(named)?.split(':').next()?;
    let account = match host {
        "api.amazon.com" => "",
        "sellingpartnerapi-na.amazon.com" => "na",
        "sellingpartnerapi-eu.amazon.com" => "eu",
        "sellingpartnerapi-fe.amazon.com" => "fe",
        _ => match host.strip_prefix("sellercentral")? {
            ".amazon.com" | ".amazon.ca" | ".amazon.com.mx" | ".amazon.com.br" => "na",
            ".amazon.co.jp" | ".amazon.com.au" | ".amazon.sg" => "fe",
            _ => "eu",
        },
    };
    Some((account.to_owned(), path.to_owned()))
}
