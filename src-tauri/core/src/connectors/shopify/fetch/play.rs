//! Plays streams against an invented shop, without network and without a runner: tests of what is asked and what comes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{LIMITS, ShopifyFetcher};
use crate::connectors::RawRecord;
use crate::connectors::fetch::{Batch, Fetcher, Note, Remote, SpoolInfo, Step, StreamCtx, StreamState, Verdict};
use crate::net::NetError;
use crate::net::limiter::Limiter;

pub(crate) const NOW: i64 = 1_800_000_000;

/// A second as the shop writes it.
pub(crate) fn time(second: i64) -> String {
    chrono::DateTime::from_timestamp(second, 0)
        .expect("a second")
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The other end of a played stream.
pub(crate) struct Play {
    pub(crate) now: i64,
    pub(crate) scopes: Vec<String>,
    pub(crate) since: Option<i64>,
    /// A new process after every step: the state goes through its stored form and begins a run.
    pub(crate) restart: bool,
    /// The file that downloads find, cut into groups.
    pub(crate) file: Vec<Vec<u8>>,
}

/// What came of a played run.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) state: StreamState,
    pub(crate) records: Vec<RawRecord>,
    pub(crate) notes: Vec<Note>,
    /// Bodies of the requests, by and by.
    pub(crate) asked: Vec<Value>,
    pub(crate) waited: Duration,
    pub(crate) downloads: usize,
}

impl Default for Play {
    fn default() -> Self {
        Play {
            now: NOW,
            scopes: ["read_orders", "read_all_orders", "read_customers"]
                .map(str::to_owned)
                .into(),
            since: None,
            restart: false,
            file: Vec::new(),
        }
    }
}

/// The usual remote end.
pub(crate) fn remote(scopes: &[String]) -> Remote {
    Remote {
        base: "https://shop.myshopify.com/".parse().expect("an address"),
        account: None,
        scopes: scopes.to_vec(),
        version: "2026-10".into(),
        outlets: Vec::new(),
    }
}

impl Play {
    /// Runs `stream` from `stored` to its end; `respond` answers the requests' bodies.
    pub(crate) fn run(
        &self,
        stream: &'static str,
        stored: Option<&StreamState>,
        mut respond: impl FnMut(&Value) -> Value,
    ) -> Result<Played, NetError> {
        let fetcher = ShopifyFetcher;
        let remote = remote(&self.scopes);
        let mut limits = Limiter::default();
        limits.declare(LIMITS, 0);
        let mut played = Played::default();
        let mut spool: Option<String> = None;
        let mut now = self.now;
        let mut transient = false;
        let mut state = {
            let ctx = StreamCtx {
                stream,
                remote: &remote,
                now,
                limits: &limits,
                spool: None,
                since: self.since,
            };
            fetcher.begin(&ctx, stored)?
        };
        for _ in 0..100_000 {
            let plain = StreamCtx {
                stream,
                remote: &remote,
                now,
                limits: &limits,
                spool: None,
                since: self.since,
            };
            // What is not stored is no place to be cut off at: the state before leads there again.
            if self.restart && !transient && !matches!(fetcher.next(&plain, &state)?, Step::Done) {
                let text = serde_json::to_string(&fetcher.stored(stream, &state)).expect("a state serialises");
                let again: StreamState = serde_json::from_str(&text).expect("and comes back");
                state = fetcher.begin(&plain, Some(&again))?;
                spool = None;
            }
            let at_hand = spool.clone();
            let info = at_hand.as_deref().map(|name| SpoolInfo {
                name,
                groups: self.file.len() as u64,
            });
            let ctx = StreamCtx { spool: info, ..plain };
            let page = match fetcher.next(&ctx, &state)? {
                Step::Done => {
                    played.state = state;
                    return Ok(played);
                }
                Step::Wait(time) => {
                    now += i64::try_from(time.as_secs()).expect("a short wait");
                    played.waited += time;
                    continue;
                }
                Step::Download { name, .. } => {
                    played.downloads += 1;
                    spool = Some(name);
                    if self.restart {
                        // A run that is cut off after every step still reads at least one batch of the file it fetched.
                        let info = SpoolInfo {
                            name: spool.as_deref().unwrap_or_default(),
                            groups: self.file.len() as u64,
                        };
                        let ctx = StreamCtx {
                            spool: Some(info),
                            ..ctx
                        };
                        let Step::Drain { from } = fetcher.next(&ctx, &state)? else {
                            panic!("a file at hand is read")
                        };
                        self.drain(&fetcher, &ctx, &state, from)?
                    } else {
                        continue;
                    }
                }
                Step::Drain { from } => self.drain(&fetcher, &ctx, &state, from)?,
                Step::Known { .. } => fetcher.read(&ctx, &state, Batch::Known(Vec::new()))?,
                Step::Compare { .. } => fetcher.read(&ctx, &state, Batch::Missing(vec!["5".into(), "6".into()]))?,
                Step::Call { request, .. } => {
                    let body: Value = serde_json::from_slice(request.body()).expect("JSON");
                    let answer = http::Response::new(Bytes::from(respond(&body).to_string()));
                    played.asked.push(body);
                    match fetcher.classify(&ctx, &state, &request, &answer) {
                        Verdict::Accept => {
                            let took = Duration::from_millis(300);
                            fetcher.read(
                                &ctx,
                                &state,
                                Batch::Answer {
                                    request: &request,
                                    answer: &answer,
                                    took,
                                },
                            )?
                        }
                        Verdict::Restate { state: other, .. } => {
                            // It is not stored either.
                            (state, transient) = (other, true);
                            continue;
                        }
                        Verdict::Skip { why }
                        | Verdict::Fail(why)
                        | Verdict::Refresh { why }
                        | Verdict::Retry { why, .. } => return Err(why),
                    }
                }
            };
            transient = page.transient;
            played.records.extend(page.records);
            played.notes.extend(page.notes);
            state = page.state;
        }
        panic!("the stream {stream} does not end");
    }

    fn drain(
        &self,
        fetcher: &ShopifyFetcher,
        ctx: &StreamCtx<'_>,
        state: &StreamState,
        from: u64,
    ) -> Result<crate::connectors::fetch::Page, NetError> {
        let start = usize::try_from(from).expect("a small file");
        let groups: Vec<Vec<u8>> = self.file.iter().skip(start).take(3).cloned().collect();
        let last = start + groups.len() >= self.file.len();
        fetcher.read(ctx, state, Batch::Groups { from, groups, last })
    }
}

/// A shop that has nothing but orders: id and last change, oldest change first.
#[derive(Clone, Default)]
pub(crate) struct Orders {
    pub(crate) all: Vec<(u64, i64)>,
    /// Ids of orders whose lines do not fit into a narrow page.
    pub(crate) long: Vec<u64>,
}

impl Orders {
    /// One order every `step` seconds, the last one at `last`.
    pub(crate) fn every(step: i64, count: i64, last: i64) -> Self {
        Orders {
            all: (0..count)
                .map(|n| (1_000 + n as u64, last - (count - 1 - n) * step))
                .collect(),
            long: Vec::new(),
        }
    }

    fn node(&self, id: u64, at: i64, wide: bool) -> Value {
        let cut = self.long.contains(&id) && !wide;
        json!({
            "id": format!("gid://shopify/Order/{id}"), "updatedAt": time(at), "name": format!("#{id}"),
            "createdAt": time(at - 60), "processedAt": time(at - 60), "currencyCode": "USD", "test": false,
            "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED", "taxesIncluded": false,
            "totalPriceSet": { "shopMoney": { "amount": "0.0", "currencyCode": "USD" } },
            "shippingLines": { "nodes": [] }, "agreements": { "nodes": [] }, "transactions": [], "refunds": [], "fulfillments": [],
            "lineItems": { "pageInfo": { "hasNextPage": cut, "endCursor": "l" }, "nodes": [] }
        })
    }

    /// Answers the queries of every stream; only orders are there.
    pub(crate) fn answer_all(&self, body: &Value, scopes: &[&str]) -> Value {
        let nothing = json!({ "pageInfo": { "hasNextPage": false }, "nodes": [] });
        let data = match body["operationName"].as_str().unwrap_or_default() {
            "Shop" => json!({
                "shop": { "id": "gid://shopify/Shop/1", "name": "A shop", "myshopifyDomain": "a-shop.myshopify.com", "currencyCode": "USD", "ianaTimezone": "America/New_York",
                    "updatedAt": time(NOW - 1_000_000) },
                "currentAppInstallation": { "accessScopes": scopes.iter().map(|scope| json!({ "handle": scope })).collect::<Vec<_>>() },
                "publicApiVersions": [{ "handle": "2026-10", "supported": true }]
            }),
            "Locations" => json!({ "locations": { "pageInfo": { "hasNextPage": false },
                "nodes": [{ "id": "gid://shopify/Location/3", "name": "Here", "isActive": true, "updatedAt": time(NOW - 900_000) }] } }),
            "Products" | "InventoryTouched" => json!({ "products": nothing }),
            "Inventory" => json!({ "inventoryItems": nothing }),
            "Customers" => json!({ "customers": nothing }),
            "Payouts" => json!({ "shopifyPaymentsAccount": null }),
            "Deletions" => json!({ "events": nothing }),
            _ => return self.answer(body),
        };
        json!({ "data": data })
    }

    /// Answers the queries of the orders stream.
    pub(crate) fn answer(&self, body: &Value) -> Value {
        let variables = &body["variables"];
        let data = match body["operationName"].as_str().unwrap_or_default() {
            "Orders"
                if body["query"]
                    .as_str()
                    .is_some_and(|query| query.contains("ordersCount")) =>
            {
                json!({ "ordersCount": self.count(variables), "orders": self.page(variables) })
            }
            "Orders" => json!({ "orders": self.page(variables) }),
            "OrdersCount" => json!({ "ordersCount": self.count(variables) }),
            "OrdersWide" => {
                let nodes: Vec<Value> = variables["ids"]
                    .as_array()
                    .expect("ids")
                    .iter()
                    .map(|gid| {
                        let id: u64 = gid
                            .as_str()
                            .and_then(|g| g.rsplit('/').next())
                            .and_then(|n| n.parse().ok())
                            .expect("a gid");
                        let at = self
                            .all
                            .iter()
                            .find(|(known, _)| *known == id)
                            .expect("a known order")
                            .1;
                        self.node(id, at, true)
                    })
                    .collect();
                json!({ "nodes": nodes })
            }
            "OrdersSurvey" => {
                let (from, to, _) = bounds(variables["q"].as_str().expect("a filter"));
                let found: Vec<&(u64, i64)> = self.all.iter().filter(|(_, at)| (from..to).contains(at)).collect();
                let first: Vec<Value> = found
                    .first()
                    .map(|(id, at)| self.node(*id, *at, false))
                    .into_iter()
                    .collect();
                json!({ "ordersCount": { "count": found.len(), "precision": "EXACT" }, "orders": { "nodes": first } })
            }
            other => panic!("unexpected query {other}"),
        };
        json!({ "data": data })
    }

    fn count(&self, variables: &Value) -> Value {
        let (from, to, _) = bounds(variables["q"].as_str().expect("a filter"));
        let found = self.all.iter().filter(|(_, at)| (from..to).contains(at)).count();
        json!({ "count": found, "precision": "EXACT" })
    }

    fn page(&self, variables: &Value) -> Value {
        let (from, to, above) = bounds(variables["q"].as_str().expect("a filter"));
        let mut found: Vec<(u64, i64)> = self
            .all
            .iter()
            .copied()
            .filter(|(id, at)| (from..to).contains(at) && above.is_none_or(|above| *id > above))
            .collect();
        match variables["sort"].as_str() {
            Some("ID") => found.sort(),
            _ => found.sort_by_key(|(id, at)| (*at, *id)),
        }
        if variables["down"] == true {
            found.reverse();
        }
        let n = usize::try_from(variables["n"].as_u64().expect("a size")).expect("a small size");
        // A list ends at 25,000, as the platform's do.
        found.truncate(25_000);
        let start = match variables["after"].as_str() {
            None => 0,
            Some(cursor) => {
                let id: u64 = cursor.parse().expect("a cursor of ours");
                found
                    .iter()
                    .position(|(known, _)| *known == id)
                    .map_or(found.len(), |at| at + 1)
            }
        };
        let rows: Vec<(u64, i64)> = found.iter().copied().skip(start).take(n).collect();
        let more = start + rows.len() < found.len();
        let nodes: Vec<Value> = rows.iter().map(|(id, at)| self.node(*id, *at, false)).collect();
        json!({ "pageInfo": { "hasNextPage": more, "endCursor": rows.last().map(|(id, _)| id.to_string()) }, "nodes": nodes })
    }
}

/// The bounds of a filter: first second, second after the last, and the id above which.
pub(crate) fn bounds(filter: &str) -> (i64, i64, Option<u64>) {
    let second = |mark: &str| {
        let rest = filter.split(mark).nth(1)?;
        let quoted = rest.split('\'').nth(1)?;
        chrono::DateTime::parse_from_rfc3339(quoted)
            .ok()
            .map(|at| at.timestamp())
    };
    let above = filter
        .split("id:>")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .and_then(|id| id.parse().ok());
    (
        second(":>=").unwrap_or(i64::MIN),
        second(":<").unwrap_or(i64::MAX),
        above,
    )
}

/// How often each order came.
pub(crate) fn counts(records: &[RawRecord]) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for record in records.iter().filter(|record| record.facet == "order") {
        *counts.entry(record.key.parse().expect("a number")).or_default() += 1;
    }
    counts
}
