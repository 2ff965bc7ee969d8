//! Speed and size of the ledger at 100,000 orders, against the targets P1 to P4, P10 and P11: run `cargo bench --bench ledger`.
//!
//! Orders are the simulated shop's own answers, repeated under other ids and days. Figures are printed, nothing is asserted.
#![allow(
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use chrono::{TimeZone, Utc};
use countinghouse_core::api::metrics::{Question, daily, kpis};
use countinghouse_core::app::{ApiError, App, Deps, Keys, ProfileInfo};
use countinghouse_core::auth::vault::Key;
use countinghouse_core::clock::SteppedClock;
use countinghouse_core::connectors::{Channel, RawRecord, ReadCtx, Source};
use countinghouse_core::ledger::{Books, ingest};
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::{CostBook, Day, Zone};
use countinghouse_core::store::{NewConnection, Store};
use countinghouse_sim::shopify::{Options, Shop, ShopPlan};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Setup, Sim};
use serde_json::{Value, json};

struct OneKey;

impl Keys for OneKey {
    fn key(&self, _: &Path, _: &ProfileInfo, _: bool) -> Result<Key, ApiError> {
        Ok(Key::from_bytes([7; 32]))
    }
}

/// Real answers of the simulated shop, one order each.
fn answers(count: u64) -> Vec<String> {
    let spec = WorldSpec {
        orders: count,
        ..WorldSpec::new(5, Second(1_795_000_000), 200, 0)
    };
    let now = Utc.timestamp_opt(1_795_000_000, 0).unwrap();
    let shop = Shop {
        plan: ShopPlan::Enterprise,
        ..Shop::demo()
    };
    let options = Options {
        shop,
        ..Options::default()
    };
    let sim = Sim::new(Setup {
        shopify: options,
        ..Setup::new(World::new(spec), Arc::new(move || now))
    });
    let post = |path: &str, token: &str, body: Value| {
        let request = http::Request::post(format!("https://{}.myshopify.com{path}", Shop::DEMO_HANDLE))
            .header("content-type", "application/json")
            .header("x-shopify-access-token", token)
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let bytes = sim.handle(request).into_body();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let app = json!({"grant_type": "client_credentials", "client_id": countinghouse_sim::shopify::App::DEMO_ID,
                     "client_secret": countinghouse_sim::shopify::App::DEMO_SECRET});
    let token = post("/admin/oauth/access_token", "", app)["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src-tauri/core/src/connectors/shopify/queries/"
    );
    let query: String = ["orders", "order_parts", "later_parts", "parts"]
        .iter()
        .map(|n| std::fs::read_to_string(format!("{folder}{n}.graphql")).unwrap())
        .collect();
    let mut variables = json!({"n": 1, "q": "", "sort": "UPDATED_AT", "down": false, "lines": 100, "shipping": 5, "agreements": 10,
        "sales": 100, "fulfilled": 100, "refunded": 100, "refundShipping": 5, "adjustments": 5});
    let mut orders = Vec::new();
    loop {
        let answer = post(
            "/admin/api/2026-10/graphql.json",
            &token,
            json!({"query": query, "variables": variables}),
        );
        let page = &answer["data"]["orders"];
        orders.extend(page["nodes"].as_array().unwrap().iter().map(Value::to_string));
        if page["pageInfo"]["hasNextPage"] != true {
            return orders;
        }
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
}

fn rate(count: usize, seconds: f64) -> String {
    format!("{:>9.0} orders/s ({seconds:.2} s)", count as f64 / seconds)
}

fn main() {
    let count: usize = std::env::var("ORDERS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let samples = answers(600);
    let mean = samples.iter().map(String::len).sum::<usize>() / samples.len();
    println!(
        "{count} orders made from {} answers of {mean} bytes in the mean",
        samples.len()
    );
    let records: Vec<RawRecord> = (0..count)
        .map(|index| {
            let sample = &samples[index % samples.len()];
            let id = 7_000_000_000_000 + index as u64;
            let value: Value = serde_json::from_str(sample).unwrap();
            let own = value["id"].as_str().unwrap();
            let text = sample.replace(own, &format!("gid://shopify/Order/{id}"));
            RawRecord {
                stream: "orders".into(),
                key: id.to_string(),
                facet: "order".into(),
                source: Source::Page,
                version: 1_790_000_000 + index as i64,
                bytes: text.into_bytes(),
            }
        })
        .collect();
    let bytes: usize = records.iter().map(|r| r.bytes.len()).sum();

    let home = std::env::temp_dir().join(format!("countinghouse-perf-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&home);
    let deps = Deps {
        clock: Arc::new(SteppedClock::running(1_795_000_000)),
        keys: Arc::new(OneKey),
        ..countinghouse::deps(None).unwrap()
    };
    let app = App::open(&home, deps.clone()).unwrap();
    let profile = app.profile(None).unwrap();
    let zone: Zone = "America/New_York".parse().unwrap();
    let new = || NewConnection {
        channel: Channel::Shopify,
        name: "Perf".into(),
        endpoint: String::new(),
        settings: json!({}),
        created_at: 0,
    };
    let connection = profile
        .store()
        .write_blocking(move |w| w.add_connection(&new()))
        .unwrap();
    let books = Books {
        connection,
        channel: Channel::Shopify,
        ctx: ReadCtx { zone, currency: None },
        zone,
        costs: CostBook::default(),
    };

    // P1: raw, orders, postings, roll-ups; a transaction per 2,000 records, durable, encrypted.
    let began = Instant::now();
    for batch in records.chunks(2_000) {
        let (books, batch) = (books.clone(), batch.to_vec());
        profile
            .store()
            .write_blocking(move |w| ingest(w, &books, None, &batch, 1_795_000_000))
            .unwrap();
    }
    let ours = began.elapsed().as_secs_f64();
    println!("P1  ingest                 {}", rate(count, ours));

    // P2: the same bytes as plain rows into an encrypted file of the same kind.
    let plain = Store::open(&home.join("plain.db"), &Key::from_bytes([7; 32])).unwrap();
    let plain_connection = plain.write_blocking(move |w| w.add_connection(&new())).unwrap();
    let began = Instant::now();
    for batch in records.chunks(2_000) {
        let batch = batch.to_vec();
        plain
            .write_blocking(move |w| {
                for record in &batch {
                    w.put_raw(plain_connection, None, record, 1_795_000_000)?;
                }
                Ok(())
            })
            .unwrap();
    }
    let raw_only = began.elapsed().as_secs_f64();
    println!(
        "P2  raw rows only          {}, ours is {:.2} of it",
        rate(count, raw_only),
        raw_only / ours
    );

    let size = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
    let (all, raw) = (size(profile.store().path()), size(&home.join("plain.db")));
    println!(
        "P11 disk per order         {} bytes raw + {} bytes the rest, for {} bytes of JSON",
        raw / count as u64,
        all.saturating_sub(raw) / count as u64,
        bytes / count
    );

    let began = Instant::now();
    profile.rebuild().unwrap();
    let rebuilt = began.elapsed().as_secs_f64();
    println!(
        "P3  rebuild from raw       {}: {:.0} s for a million",
        rate(count, rebuilt),
        rebuilt * 1e6 / count as f64
    );
    let began = Instant::now();
    profile.rebuild_measures().unwrap();
    let measured = began.elapsed().as_secs_f64();
    println!("P3  only measures          {}", rate(count, measured));

    let day = |text: &str| text.parse::<Day>().unwrap();
    let mut times: Vec<f64> = Vec::new();
    for run in 0..60 {
        let question = Question {
            definition: Definition::ALL[run % 3],
            period: Period::new(day("2025-11-18"), day("2026-11-18")).unwrap(),
            channels: Vec::new(),
            connection: None,
            today: day("2026-11-18"),
        };
        let began = Instant::now();
        profile.store().read_blocking(|r| kpis(r, &question)).unwrap();
        profile.store().read_blocking(|r| daily(r, &question)).unwrap();
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "P4  a year's KPIs and days p50 {:.1} ms, p95 {:.1} ms",
        times[times.len() / 2],
        times[times.len() * 95 / 100]
    );

    drop((profile, app));
    let began = Instant::now();
    let app = App::open(&home, deps).unwrap();
    let profile = app.profile(None).unwrap();
    let question = Question {
        definition: Definition::OrderTotals,
        period: Period::new(day("2026-10-20"), day("2026-11-18")).unwrap(),
        channels: Vec::new(),
        connection: None,
        today: day("2026-11-18"),
    };
    profile.store().read_blocking(|r| kpis(r, &question)).unwrap();
    println!(
        "P10 open, first KPIs       {:.0} ms",
        began.elapsed().as_secs_f64() * 1000.0
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(line) = status.lines().find(|l| l.starts_with("VmHWM")) {
        println!(
            "P10 {} (the {} MB of records included)",
            line.replace('\t', " "),
            bytes / 1_000_000
        );
    }
    let _ = std::fs::remove_dir_all(&home);
}
