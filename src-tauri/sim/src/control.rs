//! The controls of a running simulator, under `/__sim/`. They are no part of any marketplace.

use axum::http::{Method, Request};
use bytes::Bytes;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::json;

use crate::amazon::Role;
use crate::faults::Plan;
use crate::reply::{self, Answer, Fields};
use crate::sim::Sim;
use crate::truth::{Definition, amazon, report};
use crate::world::amazon::Marketplace;

const GUIDE: &str = "\
GET    /__sim/                                this page
GET    /__sim/state                           the simulator's time and the seller's, requests and orders so far
POST   /__sim/advance?days=2                  lets days go by (or seconds=90), from the seller's present on: while that is behind
                                              the simulator's time, changes may be dated before an answer that did not show
                                              them yet, and a sync finds those when it next reads the last two days again
POST   /__sim/faults                          the body is a plan of faults; replaces the one before
DELETE /__sim/faults                          nothing goes wrong any more
POST   /__sim/tokens/revoke?token=shpat_...   kills a token; without token, all of them
POST   /__sim/scopes?lose=read_orders         the shop takes a scope away (or give=read_orders)
POST   /__sim/amazon/tokens/revoke?token=...  Amazon's consent is withdrawn: one token, or without token all of them
POST   /__sim/amazon/roles?lose=NAME          all applications at Amazon lose a role (or give=NAME)
POST   /__sim/amazon/secret?expired=yes       the client secrets at Amazon have expired (or expired=no)
GET    /__sim/truth?definition=platform       what a correct product must answer: order_totals, platform or accounting;
                                              from=, to= days, zone= where the shop's is not meant,
                                              marketplace= for one of Amazon's by its id, or total for all
                                              channels in the shop's currency
";

/// Answers a control.
pub(crate) fn answer(sim: &Sim, path: &str, request: &Request<Bytes>) -> Answer {
    let fields = Fields::form(request.uri().query().unwrap_or_default().as_bytes());
    let wrong = |what: &str| reply::json(400, json!({ "error": what }).to_string());
    match (request.method(), path) {
        (&Method::GET, "/__sim/") => return reply::answer(200, "text/plain; charset=utf-8", GUIDE),
        (&Method::GET, "/__sim/state") => {}
        (&Method::POST, "/__sim/advance") => {
            let number = |name: &str| fields.get(name).map(str::parse::<u32>);
            match (number("days"), number("seconds")) {
                (Some(Ok(days)), None) => sim.advance(days),
                (None, Some(Ok(seconds))) => sim.advance_seconds(i64::from(seconds)),
                _ => return wrong("name the days, or the seconds, as a whole number"),
            }
        }
        (&Method::POST, "/__sim/faults") => match String::from_utf8_lossy(request.body()).parse::<Plan>() {
            Ok(plan) => sim.set_faults(plan),
            Err(error) => return wrong(&error.to_string()),
        },
        (&Method::DELETE, "/__sim/faults") => sim.set_faults(Plan::default()),
        (&Method::POST, "/__sim/tokens/revoke") => sim.revoke(fields.get("token")),
        (&Method::POST, "/__sim/scopes") => match (fields.get("lose"), fields.get("give")) {
            (Some(scope), None) => sim.set_scope(scope, false),
            (None, Some(scope)) => sim.set_scope(scope, true),
            _ => return wrong("name the scope to lose, or to give"),
        },
        (&Method::POST, "/__sim/amazon/tokens/revoke") => sim.revoke_amazon(fields.get("token")),
        (&Method::POST, "/__sim/amazon/roles") => {
            let named = |name: &str| fields.get(name).map(Role::named);
            match (named("lose"), named("give")) {
                (Some(Some(role)), None) => sim.set_amazon_role(role, false),
                (None, Some(Some(role))) => sim.set_amazon_role(role, true),
                _ => return wrong("name the role to lose, or to give, in the platform's words"),
            }
        }
        (&Method::POST, "/__sim/amazon/secret") => match fields.get("expired") {
            Some("yes") => sim.set_amazon_secret_expiry(Some(sim.now().timestamp())),
            Some("no") => sim.set_amazon_secret_expiry(None),
            _ => return wrong("say expired=yes or expired=no"),
        },
        (&Method::GET, "/__sim/truth") => {
            return truth(sim, &fields).map_or_else(|what| wrong(&what), |report| reply::json(200, report));
        }
        _ => return reply::json(404, json!({ "error": "no such control; see /__sim/" }).to_string()),
    }
    let (world, now) = (sim.world(), sim.now().to_rfc3339());
    let amazon = world.amazon().map_or(0, |seller| {
        let count = |market| seller.order_count(market);
        Marketplace::ALL.into_iter().map(count).sum::<u64>()
    });
    let state = json!({
        "now": now, "seller": world.now().iso(), "requests": sim.requests(), "orders": world.order_count(),
        "amazon_orders": amazon,
    });
    reply::json(200, state.to_string())
}

fn truth(sim: &Sim, fields: &Fields) -> Result<String, String> {
    let world = sim.world();
    let definition = Definition::named(fields.get("definition").unwrap_or("platform")).ok_or("no such definition")?;
    let zone: Option<Tz> = fields
        .get("zone")
        .map(str::parse)
        .transpose()
        .map_err(|_| "no such zone")?;
    let market = match fields.get("marketplace") {
        None | Some("total") => None,
        Some(id) => Some(Marketplace::of(id).ok_or_else(|| format!("{id:?} is no marketplace of the seller"))?),
    };
    let own = market.map_or(world.spec().zone, Marketplace::zone);
    let today = world.now().day_in(zone.unwrap_or(own));
    let day = |name: &str, missing: NaiveDate| {
        fields.get(name).map_or(Ok(missing), |text| {
            text.parse().map_err(|_| format!("{text:?} is no day"))
        })
    };
    let (from, to) = (day("from", world.first_day())?, day("to", today)?);
    let report = match market {
        Some(market) => amazon::report(&world, market, definition, from, to, zone),
        None if fields.get("marketplace").is_some() => amazon::total(&world, definition, from, to),
        None => report(&world, definition, from, to, zone),
    };
    serde_json::to_string(&report).map_err(|error| error.to_string())
}
