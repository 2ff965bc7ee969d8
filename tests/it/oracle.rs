//! Every daily figure equals the simulator's truth: orders as the simulated Shopify answers them, imported, settled, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use chrono::{TimeZone, Utc};
use countinghouse_core::api::metrics::{Question, daily};
use countinghouse_core::app::{CostPolicy, Profile};
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::{Day, Flags, Kind, Order, Zone};
use countinghouse_core::store::IssueFilter;
use countinghouse_sim::shopify::{App, Options, Shop, ShopPlan};
use countinghouse_sim::truth::{self, report};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Setup, Sim};
use serde_json::{Value, json};

use crate::rig::Rig;

/// Figures that an answer and the truth both have, at least; what else both have under one name is compared as well.
const SHARED: [&str; 19] = [
    "gross_sales",
    "discounts",
    "refunds",
    "net_sales",
    "orders",
    "units",
    "aov",
    "refund_rate",
    "fulfillment_rate",
    "gross_profit",
    "contribution",
    "contribution_after_ads",
    "ad_spend",
    "shipping",
    "taxes",
    "duties",
    "tips",
    "gift_cards_sold",
    "units_returned",
];

const QUERIES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src-tauri/core/src/connectors/shopify/queries/"
);

fn query(names: &[&str]) -> String {
    let text = |name: &&str| std::fs::read_to_string(format!("{QUERIES}{name}.graphql")).expect("a query of ours");
    names.iter().map(text).collect()
}

pub(crate) struct Shopify {
    sim: Sim,
    token: String,
}

impl Shopify {
    pub(crate) fn new(spec: WorldSpec) -> Shopify {
        // A second goes by whenever someone looks, so that the bucket fills; the seller's life stands still.
        let second = AtomicI64::new(spec.now.0);
        let now = move || {
            let second = second.fetch_add(1, Ordering::Relaxed);
            Utc.timestamp_opt(second, 0).single().expect("a moment")
        };
        let shop = Shop {
            plan: ShopPlan::Enterprise,
            ..Shop::demo()
        };
        let options = Options {
            shop,
            ..Options::default()
        };
        let setup = Setup {
            held: true,
            shopify: options,
            ..Setup::new(World::new(spec), Arc::new(now))
        };
        let mut shopify = Shopify {
            sim: Sim::new(setup),
            token: String::new(),
        };
        let body =
            json!({"grant_type": "client_credentials", "client_id": App::DEMO_ID, "client_secret": App::DEMO_SECRET});
        let answer = shopify.post("/admin/oauth/access_token", &body);
        shopify.token = answer["access_token"].as_str().expect("a token").to_owned();
        shopify
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        serde_json::from_slice(&self.bytes(path, body)).expect("JSON")
    }

    fn bytes(&self, path: &str, body: &Value) -> Bytes {
        let request = http::Request::post(format!("https://{}.myshopify.com{path}", Shop::DEMO_HANDLE))
            .header("content-type", "application/json")
            .header("x-shopify-access-token", &self.token)
            .body(Bytes::from(body.to_string()))
            .expect("a request");
        self.sim.handle(request).into_body()
    }

    /// Every order, one a page, with everything that settling needs.
    pub(crate) fn orders(&self) -> Vec<Bytes> {
        let limits = json!({"n": 1, "q": "", "sort": "UPDATED_AT", "down": false, "agreed": true, "lines": 100, "shipping": 5, "agreements": 10, "sales": 100, "fulfilled": 100,
                            "refunded": 100, "refundShipping": 5, "adjustments": 5});
        self.pages(&["orders", "order_parts", "later_parts", "parts"], "orders", limits)
    }

    /// Every page of a connection at the root, as the bodies came.
    fn pages(&self, names: &[&str], root: &str, mut variables: Value) -> Vec<Bytes> {
        let text = query(names);
        let mut bodies = Vec::new();
        loop {
            let bytes = self.bytes(
                "/admin/api/2026-10/graphql.json",
                &json!({"query": text, "variables": variables}),
            );
            let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
            assert_eq!(answer["errors"], Value::Null, "the simulated shop answers {root}");
            let page = &answer["data"][root]["pageInfo"];
            let next = page["hasNextPage"]
                .as_bool()
                .expect("a page")
                .then(|| page["endCursor"].clone());
            bodies.push(bytes);
            match next {
                Some(cursor) => variables["after"] = cursor,
                None => return bodies,
            }
        }
    }
}

/// A world imported into a profile, and the figures of both compared day by day.
fn check(spec: WorldSpec) {
    let shopify = Shopify::new(spec.clone());
    let rig = Rig::new();
    rig.profile.set_cost_policy(CostPolicy::Backdate).expect("a setting");
    let inventory = shopify.pages(
        &["inventory", "inventory_parts", "level_parts"],
        "inventoryItems",
        json!({"n": 20, "q": "", "variants": 5, "levels": 10}),
    );
    let orders = shopify.orders();
    assert!(orders.len() > 100, "the world has orders to tell apart");
    for (stream, bodies) in [("inventory", inventory), ("orders", orders)] {
        for (page, body) in bodies.iter().enumerate() {
            let report = rig.import_in(stream, &format!("{stream}-{page}.json"), body, spec.zone.name());
            assert_eq!(report.refused, None, "{stream} page {page} is taken");
            assert_eq!(
                report.set_aside.len(),
                0,
                "{stream} page {page}: {:?}",
                report.set_aside
            );
        }
    }
    let issues = rig
        .profile
        .store()
        .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 5));
    assert_eq!(issues.expect("issues"), vec![], "nothing is wrong with any record");
    equals_truth(&rig.profile, &shopify.sim.world());
}

/// Postings, days and totals of a profile equal the truth under every definition.
pub(crate) fn equals_truth(profile: &Profile, world: &World) {
    postings_agree(profile, world);
    let spec = world.spec();
    let from: Day = world.first_day().to_string().parse().expect("a day");
    // The truth of days to come is nothing; the history ends with the seller's present.
    let today = Day::from_date(world.now().day_in(spec.zone));
    let period = Period::new(from.plus(-4), today.plus(1)).expect("a period");
    for definition in Definition::ALL {
        let theirs = truth::Definition::named(definition.name()).expect("the same names");
        let truth = report(world, theirs, period.from.date(), period.to.date(), None);
        let truth = serde_json::to_value(&truth).expect("JSON");
        let question = Question {
            definition,
            period,
            channels: Vec::new(),
            connection: None,
            today,
        };
        let ours = profile
            .store()
            .read_blocking(|r| daily(r, &question))
            .expect("an answer");
        let ours = serde_json::to_value(&ours).expect("JSON");
        compare("in total", definition, &ours["totals"], &truth["totals"]);
        let days = ours["metrics"].as_array().expect("rows");
        days_agree(
            definition,
            &days.iter().collect::<Vec<_>>(),
            &truth["days"],
            held(&ours),
        );
    }
}

/// Which days an answer knows the orders of: a file tells of the days from its first to its last order, where a refund may come
/// later; a sync of all days.
pub(crate) fn held(answer: &Value) -> impl Fn(&str) -> bool {
    let bound = |name: &str| answer["completeness"][name].as_str().map(str::to_owned);
    let (first, last) = (bound("orders_complete_from"), bound("orders_complete_to"));
    move |date| first.as_deref().is_none_or(|first| first <= date) && last.as_deref().is_none_or(|last| date <= last)
}

/// Every day of the truth is among the rows with the same figures, or is one on which nothing was. `held`: whether orders of a
/// day are known.
pub(crate) fn days_agree(definition: Definition, days: &[&Value], truth: &Value, held: impl Fn(&str) -> bool) {
    for stated in truth.as_array().expect("days") {
        let date = stated["date"].as_str().expect("a day");
        match days.iter().find(|row| row["date"] == date) {
            Some(row) if held(date) => compare(date, definition, row, stated),
            Some(row) => compare(date, definition, row, &known(stated)),
            None => assert!(
                stated["orders"] == 0 && stated["orders_placed"] == 0 && stated["gross_profit"].is_null(),
                "{date}: nothing is known here, but the truth says {stated}"
            ),
        }
    }
}

/// The truth of a day as one knows it who does not have all of its orders: what is zero may not stay so.
fn known(stated: &Value) -> Value {
    // `0`, `0.0`, "0.00"
    let zero = |value: &Value| {
        let text = value.to_string();
        text.contains('0') && text.chars().all(|c| matches!(c, '0' | '.' | '"'))
    };
    let mut known = stated.clone();
    for value in known.as_object_mut().expect("a day's figures").values_mut() {
        if zero(value) {
            *value = Value::Null;
        }
    }
    known
}

/// A value's text; a number without the zeros that say nothing.
fn plain(value: &Value) -> String {
    match value {
        Value::Number(number) if number.to_string().contains('.') => number
            .to_string()
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        other => other.to_string(),
    }
}

/// Every figure that both have, without an exception.
pub(crate) fn compare(what: &str, definition: Definition, ours: &Value, truth: &Value) {
    let (ours, truth) = (ours.as_object().expect("figures"), truth.as_object().expect("figures"));
    for metric in SHARED {
        assert!(
            ours.contains_key(metric) && truth.contains_key(metric),
            "{metric} {what} is told by both: {ours:?} {truth:?}"
        );
    }
    for (metric, mine) in ours {
        let Some(theirs) = truth.get(metric) else { continue };
        assert_eq!(
            plain(mine),
            plain(theirs),
            "{metric} {what} under {}: {mine}, the truth is {theirs}",
            definition.name()
        );
    }
}

pub(crate) fn spec(seed: u64, days: u32, per_day: u64) -> WorldSpec {
    WorldSpec {
        products: 40,
        ..WorldSpec::new(seed, Second(1_795_000_000), days, per_day)
    }
}

#[test]
fn a_year_of_orders_equals_the_truth_day_by_day() {
    check(spec(11, 365, 3));
}

#[test]
fn a_shop_with_tax_in_its_prices_equals_the_truth() {
    check(WorldSpec {
        taxes_included: true,
        zone: chrono_tz::Europe::London,
        ..spec(12, 40, 6)
    });
}

#[test]
fn a_shop_in_yen_equals_the_truth() {
    check(WorldSpec {
        currency: countinghouse_sim::world::Currency::of("JPY").expect("yen"),
        zone: chrono_tz::Asia::Tokyo,
        ..spec(13, 40, 6)
    });
}

/// Postings of every order, ours beside the truth: the figures' differences by name.
fn postings_agree(profile: &Profile, world: &World) {
    let zone: Zone = world.spec().zone.name().parse().expect("a zone");
    let unit = 10_i64.pow(6 - world.spec().currency.exponent());
    let mut wrong = Vec::new();
    for index in 0..world.order_count() {
        let Some(order) = world.order(index) else { continue };
        let Some(told) = truth::tell(world, &order, world.spec().zone) else {
            continue;
        };
        let id = world.order_id(index).to_string();
        let ours = profile.store().read_blocking(|r| {
            let connection = r.connections()?[0].id;
            r.order(connection, &id)
        });
        let Some(ours) = ours.expect("a readable ledger") else {
            wrong.push(format!("{id}: not in the ledger"));
            continue;
        };
        wrong.extend(unlike(&told, &ours, zone, unit));
    }
    assert!(
        wrong.is_empty(),
        "{} orders differ: {}",
        wrong.len(),
        wrong.into_iter().take(6).collect::<Vec<_>>().join("\n")
    );
}

/// How an order's postings and counts differ from the truth's; `unit`: millionths of the currency's smallest unit.
pub(crate) fn unlike(told: &truth::Told, ours: &Order, zone: Zone, unit: i64) -> Vec<String> {
    let mut wrong = Vec::new();
    let id = &ours.key;
    // The ship day matters where a definition dates by it: sale rows and their cost.
    let dated = |kind: &str| {
        Kind::ALL
            .iter()
            .any(|k| k.name() == kind && (k.is_sale() || *k == Kind::Cogs))
    };
    let mark = |c: bool, s: bool, e: bool| {
        [(c, 'c'), (s, 's'), (e, 'e')]
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, l)| *l)
            .collect::<String>()
    };
    let mut sums: std::collections::BTreeMap<_, i64> = std::collections::BTreeMap::new();
    for p in &told.postings {
        let key = (
            p.kind.name().to_owned(),
            p.event.to_string(),
            p.ship.filter(|_| dated(p.kind.name())).map(|d| d.to_string()),
            mark(p.cancelled, p.of_shipped, p.edit),
        );
        *sums.entry(key).or_default() += p.amount * unit;
    }
    for p in &ours.postings {
        let f = |flag| p.flags.has(flag);
        let key = (
            p.kind.name().to_owned(),
            p.event_at.day(zone).to_string(),
            p.ship_at
                .filter(|_| dated(p.kind.name()))
                .map(|w| w.day(zone).to_string()),
            mark(f(Flags::CANCELLED), f(Flags::SHIPPED), f(Flags::EDIT)),
        );
        *sums.entry(key).or_default() -= p.micros;
    }
    sums.retain(|_, v| *v != 0);
    if !sums.is_empty() {
        wrong.push(format!(
            "{id} {}: truth less ours {sums:?} {:?}",
            ours.name, ours.fulfilment
        ));
    }
    let counts = (told.fulfilled, told.units, told.withdrawn);
    let own = (ours.fulfilled, ours.units_placed.into(), ours.units_cancelled.into());
    if told.counts && counts != own {
        wrong.push(format!("{id}: truth {counts:?} ours {own:?}"));
    }
    wrong
}
