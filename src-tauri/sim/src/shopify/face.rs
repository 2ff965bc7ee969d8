//! The HTTP side of the face: which address does what, who may, and which faults strike.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{Method, Request as HttpRequest, header};
use bytes::Bytes;
use serde_json::{Value, json};

use super::access::Permit;
use super::bulk::Desk;
use super::graphql::cost;
use super::graphql::error::GraphError;
use super::graphql::execute::{Object, run};
use super::graphql::plan::{Kind as Operation, Plan, Request, Selected, plan};
use super::limits::Bucket;
use super::lists::Places;
use super::oauth::{Access, App, Tokens, authorize, exchange};
use super::objects::root::{MutationRoot, QueryRoot};
use super::objects::{Caller, Cx, Shared, number_of};
use super::pages::PagesBefore;
use super::shop::Shop;
use super::storage::download;
use super::tree::Tree;
use super::versions::Version;
use crate::face::{Face, Incoming};
use crate::faults::{Kind, Struck};
use crate::reply::{self, Answer, Fields};
use crate::world::Second;

/// Words of a 401, as the platform says them.
const BAD_TOKEN: &str = "[API] Invalid API key or access token (unrecognized login or wrong password)";

/// How the face is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The shop.
    pub shop: Shop,
    /// Handles that the shop had before: they redirect to the present one.
    pub former_handles: Vec<String>,
    /// The apps that the platform knows.
    pub apps: Vec<App>,
    /// Seconds that the search index is behind.
    pub search_lag: i64,
    /// Seconds between two states of the search index; more than one spares work where the clock runs.
    pub search_step: i64,
    /// Rows of bulk operations that are made in a second.
    pub bulk_speed: u64,
    /// Where result files are fetched, without a trailing slash. It is another host than the shop's.
    pub storage: String,
    /// Source of tokens and secrets.
    pub seed: u64,
}

impl Default for Options {
    /// The demo shop with the demo app, whose callbacks are on ports 4850 to 4852, and an index that is up to date.
    fn default() -> Options {
        Options {
            shop: Shop::demo(),
            former_handles: Vec::new(),
            apps: vec![App::demo(&[4850, 4851, 4852])],
            search_lag: 0,
            search_step: 1,
            bulk_speed: 50_000,
            storage: "https://storage.shop.invalid".to_owned(),
            seed: 1,
        }
    }
}

/// The face of one shop.
pub(crate) struct ShopFace {
    shop: Arc<Shop>,
    options: Options,
    state: Mutex<State>,
    shared: Shared,
}

struct State {
    apps: Vec<App>,
    tokens: Tokens,
    buckets: BTreeMap<String, Bucket>,
    before: PagesBefore,
}

impl ShopFace {
    /// The face of a shop whose buckets are full.
    pub(crate) fn new(options: Options) -> ShopFace {
        let state = State {
            tokens: Tokens::new(options.seed, &options.apps),
            apps: options.apps.clone(),
            buckets: BTreeMap::new(),
            before: PagesBefore::default(),
        };
        let shared = Shared {
            desk: Arc::new(Mutex::new(Desk::new(options.seed, options.bulk_speed))),
            places: Arc::new(Mutex::new(Places::default())),
            storage: options.storage.clone(),
        };
        ShopFace {
            shop: Arc::new(options.shop.clone()),
            options,
            state: Mutex::new(state),
            shared,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn access(&self, incoming: &Incoming) -> Option<Access> {
        self.state()
            .tokens
            .access(incoming.header("x-shopify-access-token")?, incoming.second())
    }

    fn graphql(&self, incoming: &Incoming, struck: &Struck, version: Version) -> Answer {
        let version = if struck.has(&Kind::OldVersion) {
            Version::oldest(incoming.moment())
        } else {
            version
        };
        let mut answer = self.query(incoming, struck, version);
        reply::set(&mut answer, "x-shopify-api-version", &version.to_string());
        answer
    }

    fn query(&self, incoming: &Incoming, struck: &Struck, version: Version) -> Answer {
        self.strike_tokens(incoming, struck);
        let Some(access) = self.access(incoming) else {
            return self.refusal(401);
        };
        if !incoming
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"))
        {
            return reply::json(400, json!({ "errors": "Bad Request" }).to_string());
        }
        let Some(request) = read_body(&incoming.body) else {
            return reply::json(
                400,
                json!({ "errors": { "query": "Required parameter missing or invalid" } }).to_string(),
            );
        };
        let plan = match plan(&request) {
            Ok(plan) => plan,
            Err(errors) => return respond(None, &errors, None, Vec::new()),
        };
        if struck
            .find(|kind| matches!(kind, Kind::Heavy { nodes } if asked_nodes(&plan) > *nodes).then_some(()))
            .is_some()
        {
            return self.refusal(if asked_nodes(&plan).is_multiple_of(2) { 500 } else { 504 });
        }
        let requested = cost::requested(&plan);
        if requested > cost::LIMIT && plan.kind == Operation::Query {
            return respond(
                None,
                &[GraphError::too_costly(requested, cost::LIMIT)],
                None,
                Vec::new(),
            );
        }
        if let Some(refused) = self.admit(&access.client_id, requested, incoming.millis, struck) {
            return respond(None, &[GraphError::throttled()], Some(refused), Vec::new());
        }
        if struck.has(&Kind::Internal) {
            let told = self.charge(&access.client_id, requested, requested);
            return respond(
                None,
                &[GraphError::internal(&incoming.request_id)],
                Some(told),
                Vec::new(),
            );
        }
        let cx = self.context(incoming, struck, version, access);
        self.strike_bulk(&cx, &plan, struck);
        self.run(struck, &request, &plan, &cx, requested)
    }

    fn context(&self, incoming: &Incoming, struck: &Struck, version: Version, access: Access) -> Rc<Cx> {
        let mut permit = Permit::new(access.scopes);
        struck.iter().for_each(|kind| {
            if let Kind::Deny { field } = kind {
                permit.refuse(field);
            }
        });
        let shop = if struck.has(&Kind::WrongShop) {
            Arc::new(another(&self.shop))
        } else {
            Arc::clone(&self.shop)
        };
        let step = self.options.search_step.max(1);
        // Where the world stands still, the index has caught up.
        let seen = match incoming.world.now().0 {
            now if now == incoming.second() => (now - self.options.search_lag).div_euclid(step) * step,
            held => held,
        };
        let index = incoming.world.at(Second(seen));
        let caller = Caller {
            permit,
            client_id: access.client_id,
            time: incoming.second(),
        };
        Cx::new(
            incoming.world.clone(),
            index,
            shop,
            version,
            caller,
            self.shared.clone(),
        )
    }

    fn run(&self, struck: &Struck, request: &Request, plan: &Plan, cx: &Rc<Cx>, requested: u64) -> Answer {
        let root: Box<dyn Object> = match plan.kind {
            Operation::Query => Box::new(QueryRoot { cx: Rc::clone(cx) }),
            Operation::Mutation => Box::new(MutationRoot { cx: Rc::clone(cx) }),
        };
        let mut outcome = run(plan, root.as_ref(), &cx.permit);
        cx.desk().taken_by_others = 0;
        self.state().before.apply(request, plan, struck, &mut outcome.data);
        let told = self.charge(&cx.client_id, requested, outcome.cost);
        let mut warnings = cx.warnings.take();
        if struck.has(&Kind::SearchWarning) {
            warnings.push(Tree::from(json!({
                "path": [plan.fields.first().map_or("", |root| root.name())],
                "query": "updated_at",
                "parsed": { "field": "updated_at" },
                "warnings": [{ "field": "updated_at", "message": "Invalid search field for this query.", "code": "invalid_field" }],
            })));
        }
        respond(Some(outcome.data), &outcome.errors, Some(told), warnings)
    }

    fn strike_tokens(&self, incoming: &Incoming, struck: &Struck) {
        let mut state = self.state();
        for kind in struck.iter() {
            match kind {
                Kind::ExpireToken | Kind::RevokeToken => {
                    if let Some(token) = incoming.header("x-shopify-access-token") {
                        state.tokens.revoke(token);
                    }
                    if *kind == Kind::RevokeToken {
                        state.tokens.revoke_all();
                    }
                }
                Kind::LoseScope { scope } => state.tokens.set_scope(scope, false),
                _ => {}
            }
        }
    }

    fn strike_bulk(&self, cx: &Cx, plan: &Plan, struck: &Struck) {
        if struck.has(&Kind::BulkBusy) {
            cx.desk().taken_by_others = 5;
        }
        if let Some(code) = struck.find(|kind| {
            if let Kind::BulkFail { code } = kind {
                Some(code.clone())
            } else {
                None
            }
        }) {
            let polled = plan.fields.iter().filter(|root| root.name() == "bulkOperation");
            for id in polled.filter_map(|root| number_of("BulkOperation", root.args.text("id")?)) {
                cx.desk().fail(id, &code, cx.time);
            }
        }
    }

    /// Lets a query in, or tells the cost that keeps it out.
    fn admit(&self, client_id: &str, requested: u64, millis: i64, struck: &Struck) -> Option<Value> {
        let mut state = self.state();
        let bucket = state
            .buckets
            .entry(client_id.to_owned())
            .or_insert_with(|| Bucket::full(self.shop.plan, millis));
        bucket.restore(millis);
        if struck.has(&Kind::Throttled) {
            bucket.drain();
        }
        (!bucket.admits(requested)).then(|| bucket.told(requested, None))
    }

    fn charge(&self, client_id: &str, requested: u64, actual: u64) -> Value {
        let mut state = self.state();
        match state.buckets.get_mut(client_id) {
            Some(bucket) => {
                bucket.charge(actual);
                bucket.told(requested, Some(actual))
            }
            None => Value::Null,
        }
    }

    /// Kills one token, or all.
    pub(crate) fn revoke(&self, token: Option<&str>) {
        match token {
            Some(token) => self.state().tokens.revoke(token),
            None => self.state().tokens.revoke_all(),
        }
    }

    /// The shop removes all apps, or installs them again.
    pub(crate) fn set_installed(&self, installed: bool) {
        let state = &mut *self.state();
        state.apps.iter_mut().for_each(|app| app.installed = installed);
        if !installed {
            state.tokens.revoke_all();
        }
    }

    /// The shop takes a scope away, or gives it back.
    pub(crate) fn set_scope(&self, scope: &str, granted: bool) {
        self.state().tokens.set_scope(scope, granted);
    }
}

impl Face for ShopFace {
    fn address(&self, request: &HttpRequest<Bytes>) -> Option<(String, String)> {
        address(request)
    }

    fn names(&self, incoming: &Incoming) -> Vec<String> {
        if incoming.path.starts_with("/bulk-operation-outputs/") {
            return vec!["download".to_owned()];
        }
        if incoming.path.starts_with("/admin/oauth/") {
            return vec!["token".to_owned()];
        }
        let mut names = vec!["api".to_owned()];
        if let Some(plan) = read_body(&incoming.body).and_then(|request| plan(&request).ok()) {
            names.extend(plan.fields.iter().map(|root| root.name().to_owned()));
        }
        names
    }

    fn refusal(&self, status: u16) -> Answer {
        let words = match status {
            401 => BAD_TOKEN,
            402 => "[API] This shop's plan does not have access to this feature",
            403 => "[API] This action requires merchant approval for read_orders scope.",
            404 => "Not Found",
            423 => "[API] This shop is unavailable",
            429 => "Exceeded 4 calls per second for api client. Reduce request rates to resume uninterrupted service.",
            430 => "Security Rejection",
            _ => {
                return reply::html(
                    status,
                    "Something went wrong",
                    "<p>What happened? We are looking into it.</p>",
                );
            }
        };
        reply::json(status, json!({ "errors": words }).to_string())
    }

    fn handle(&self, incoming: &Incoming, struck: &Struck) -> Answer {
        if let Some(name) = incoming.path.strip_prefix("/bulk-operation-outputs/") {
            return download(&self.shared, name, incoming, struck);
        }
        if incoming.account != self.shop.handle {
            if self.options.former_handles.contains(&incoming.account) {
                return reply::redirect(301, &format!("https://{}{}", self.shop.domain(), incoming.path));
            }
            return reply::html(
                404,
                "404 Not Found",
                "<p>Sorry, this shop is currently unavailable.</p>",
            );
        }
        let now = incoming.second();
        let post = incoming.method == Method::POST;
        match incoming.path.as_str() {
            "/admin/oauth/authorize" => {
                let state = &mut *self.state();
                authorize(
                    &self.shop.handle,
                    &mut state.apps,
                    &mut state.tokens,
                    &Fields::form(incoming.query.as_bytes()),
                    now,
                )
            }
            "/admin/oauth/access_token" if post => {
                let fields = Fields::json(&incoming.body).unwrap_or_else(|| Fields::form(&incoming.body));
                let state = &mut *self.state();
                exchange(&state.apps, &mut state.tokens, &fields, incoming.accepts("json"), now)
            }
            "/admin/oauth/access_scopes.json" => match self.access(incoming) {
                None => self.refusal(401),
                Some(access) => {
                    let scopes: Vec<Value> = access.scopes.iter().map(|scope| json!({ "handle": scope })).collect();
                    reply::json(200, json!({ "access_scopes": scopes }).to_string())
                }
            },
            path => match version_of(path) {
                Some(asked) if post => match Version::answering(asked, incoming.moment()) {
                    Some(version) => self.graphql(incoming, struck, version),
                    None => self.refusal(404),
                },
                _ if path.starts_with("/admin/api/") => self.refusal(404),
                _ => reply::html(404, "404 Not Found", ""),
            },
        }
    }
}

/// Which shop a request is for, and the path there.
fn address(request: &HttpRequest<Bytes>) -> Option<(String, String)> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/shopify/") {
        let (shop, rest) = rest.split_once('/').unwrap_or((rest, ""));
        return Some((shop.to_owned(), format!("/{rest}")));
    }
    if path.starts_with("/bulk-operation-outputs/") {
        return Some((String::new(), path.to_owned()));
    }
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().host().or(named)?;
    let shop = host.split(':').next()?.strip_suffix(".myshopify.com")?;
    Some((shop.to_owned(), path.to_owned()))
}

/// The version in the path of the API: `Some(None)` for a path without one, `None` for another path.
fn version_of(path: &str) -> Option<Option<&str>> {
    let rest = path.strip_prefix("/admin/api/")?;
    if rest == "graphql.json" {
        return Some(None);
    }
    rest.strip_suffix("/graphql.json")
        .filter(|version| !version.contains('/'))
        .map(Some)
}

fn read_body(body: &Bytes) -> Option<Request> {
    let members: Value = serde_json::from_slice(body).ok()?;
    let query = members.get("query")?.as_str()?.to_owned();
    let variables = match members.get("variables") {
        None | Some(Value::Null) => serde_json::Map::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(_) => return None,
    };
    let operation = members.get("operationName").and_then(Value::as_str).map(str::to_owned);
    Some(Request {
        query,
        variables,
        operation,
    })
}

/// The most nodes that one list of the root is asked for.
fn asked_nodes(plan: &Plan) -> u64 {
    let size = |field: &Selected| {
        field
            .args
            .int("first")
            .and_then(|first| u64::try_from(first).ok())
            .unwrap_or(0)
    };
    plan.fields.iter().map(size).max().unwrap_or(0)
}

/// A shop that is not this one.
fn another(shop: &Shop) -> Shop {
    Shop {
        id: shop.id + 1,
        handle: format!("{}-2", shop.handle),
        name: "Another shop".to_owned(),
        ..shop.clone()
    }
}

fn respond(data: Option<Tree>, errors: &[GraphError], cost: Option<Value>, search: Vec<Tree>) -> Answer {
    let mut members = Vec::new();
    if !errors.is_empty() {
        members.push(("errors", Tree::List(errors.iter().map(GraphError::to_tree).collect())));
    }
    members.extend(data.map(|data| ("data", data)));
    let mut extensions = Vec::new();
    extensions.extend(cost.map(|cost| ("cost", Tree::from(cost))));
    if !search.is_empty() {
        extensions.push(("search", Tree::List(search)));
    }
    if !extensions.is_empty() {
        members.push(("extensions", Tree::object(extensions)));
    }
    let mut text = String::new();
    Tree::object(members).write(&mut text);
    reply::json(200, text)
}
