//! P4, P5, P9 and P10: what is asked of a ledger.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use countinghouse_core::api::metrics::{Question, daily, kpis};
use countinghouse_core::api::{Class, Desk, answer};
use countinghouse_core::app::{App, Deps, Profile};
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::{Definition, Period, contributions};
use countinghouse_core::model::{Day, Kind, Order, Zone};
use countinghouse_core::store::{NewConnection, OrderDays, RollupDelta};
use serde_json::{Value, json};

use crate::table::{load, memory, note, percentiles, row};
use crate::world;

/// Orders in a transaction.
const BATCH: u64 = 4_000;

/// Days whose orders are traced to their raw records.
const TRACED: u64 = 40;

fn ask(app: &App, command: &str, args: Value) -> Value {
    answer(Desk { app, profile: None }, Class::Read, command, args).unwrap()
}

fn ms(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}

/// Day number `n` of the invented orders.
fn day(n: i64) -> Day {
    Day((world::FIRST / 86_400 + n) as i32)
}

/// A profile with invented orders of `lines` lines, and whether there are raw records is told by [`traced`].
pub(crate) fn fill(profile: &Profile, lines: u64) -> (u64, u64) {
    let connection = profile
        .store()
        .write_blocking(|w| {
            w.add_connection(&NewConnection {
                channel: Channel::Shopify,
                name: "Perf".into(),
                endpoint: String::new(),
                settings: json!({}),
                created_at: 0,
            })
        })
        .unwrap();
    let sample: usize = (0..2_000).map(|i| world::order(i, 2_000).lines.len()).sum();
    let total = lines * 2_000 / sample as u64;
    let (sender, receiver) = sync_channel::<Vec<Order>>(3);
    let maker = std::thread::spawn(move || {
        for from in (0..total).step_by(BATCH as usize) {
            let batch = (from..(from + BATCH).min(total))
                .map(|i| world::order(i, total))
                .collect();
            if sender.send(batch).is_err() {
                return;
            }
        }
    });
    let mut made = 0;
    for mut orders in receiver {
        made += orders.iter().map(|o| o.lines.len() as u64).sum::<u64>();
        let stored = profile.store().write_blocking(move |w| {
            let mut delta = RollupDelta::default();
            for order in &mut orders {
                if traced(order.placed_at.day(Zone::UTC)) {
                    let raw = w.put_raw(connection, None, &world::record(order), 0)?;
                    order.raws = vec![raw.id];
                }
                let (business, products) = contributions(order, Zone::UTC);
                w.put_order(connection, order, &OrderDays::of(order, Zone::UTC, &business))?;
                delta.add(connection, order, &business, &products, 1);
            }
            w.merge_rollups(&delta)
        });
        stored.unwrap();
    }
    maker.join().unwrap();
    (total, made)
}

/// The days that are traced: their orders have raw records.
fn traced_days() -> impl Iterator<Item = Day> {
    (0..TRACED).map(|n| day(30 + n as i64 * (world::DAYS - 60) / TRACED as i64))
}

fn traced(placed: Day) -> bool {
    traced_days().any(|day| day == placed)
}

/// P4, P5 and P9 on invented orders.
pub(crate) fn measure(app: &App, profile: &Profile, home: &Path, lines: u64) {
    let began = Instant::now();
    let (orders, lines) = fill(profile, lines);
    println!(
        "\n{orders} invented orders of {lines} lines over {} days, made in {:.0} s, load {}",
        world::DAYS,
        began.elapsed().as_secs_f64(),
        load()
    );
    periods(app, profile);
    crate::breakdown::measure(profile, home);
    trace(app);
    recount(profile, lines);
}

/// Periods of every length, warm: the sums and days, and the dashboard whole, with its pictures.
fn periods(app: &App, profile: &Profile) {
    let spans: Vec<(i64, i64)> = (0..60)
        .map(|n| {
            let (a, b) = (world::mix(n, 1) as i64 & 0xFFFF, world::mix(n, 2) as i64 & 0xFFFF);
            let (a, b) = (a % world::DAYS, b % world::DAYS);
            (a.min(b), a.max(b))
        })
        .chain([(0, world::DAYS - 1), (world::DAYS - 365, world::DAYS - 1)])
        .collect();
    let (mut queries, mut boards) = (Vec::new(), Vec::new());
    for round in 0..2 {
        for (index, (first, last)) in spans.iter().enumerate() {
            let definition = Definition::ALL[index % 3];
            let question = Question {
                definition,
                period: Period::new(day(*first), day(*last)).unwrap(),
                channels: Vec::new(),
                connection: None,
                today: day(world::DAYS - 1),
            };
            let began = Instant::now();
            profile.store().read_blocking(|r| kpis(r, &question)).unwrap();
            profile.store().read_blocking(|r| daily(r, &question)).unwrap();
            let query = ms(began);
            let args = json!({"from": day(*first).to_string(), "to": day(*last).to_string(), "compare": "none",
                "definition": definition, "channels": []});
            let began = Instant::now();
            ask(app, "dashboard", args);
            if round == 1 {
                queries.push(query);
                boards.push(ms(began));
            }
        }
    }
    let (p50, p95) = percentiles(&mut queries);
    row(
        "P4",
        "KPIs and days of a period",
        &format!("p50 {p50:.1} ms, p95 {p95:.1} ms"),
        "p95 <= 50 ms",
        50.0 / p95,
    );
    let (p50, p95) = percentiles(&mut boards);
    row(
        "P4",
        "the whole dashboard with its charts",
        &format!("p50 {p50:.1} ms, p95 {p95:.1} ms"),
        "p95 <= 100 ms (painted)",
        100.0 / p95,
    );
}

/// P3 at the size that its target names: all measures of `lines` lines counted again.
fn recount(profile: &Profile, lines: u64) {
    let began = Instant::now();
    profile.rebuild_measures().unwrap();
    let million = ms(began) * 1e3 / lines as f64;
    row(
        "P3",
        "only measures",
        &format!("{million:.2} s per 1M lines ({lines} lines)"),
        "<= 1.5 s",
        1.5 / million,
    );
}

/// A figure of a day to its formula, its orders and the raw record of the first of them.
fn trace(app: &App) {
    let mut times = Vec::new();
    let mut records = 0;
    for (n, day) in traced_days().enumerate() {
        let args = json!({"metric": "net_sales", "from": day.to_string(), "to": day.to_string(),
            "definition": Definition::OrderTotals, "channels": [], "after": 0});
        let began = Instant::now();
        let trace = ask(app, "trace", args);
        let orders = trace["orders"].as_array().unwrap();
        let raw = ask(app, "raw", json!({"id": orders[n % orders.len()]["raws"][0]}));
        records += usize::from(raw["id"].is_i64());
        times.push(ms(began));
    }
    let (p50, p95) = percentiles(&mut times);
    row(
        "P9",
        "figure to raw record",
        &format!("p50 {p50:.1} ms, p95 {p95:.1} ms ({records} records)"),
        "p95 <= 150 ms",
        150.0 / p95,
    );
    note("", "(only orders of the traced days have raw records)");
}

/// P10: from nothing to the first dashboard.
pub(crate) fn start(home: &Path, deps: Deps) {
    let began = Instant::now();
    let app = Arc::new(App::open(home, deps).unwrap());
    let args = json!({"from": "2026-10-20", "to": "2026-11-18", "compare": "none",
        "definition": Definition::OrderTotals, "channels": []});
    ask(&app, "dashboard", args);
    let took = ms(began);
    row(
        "P10",
        "cold start to the first dashboard",
        &format!("{took:.0} ms (process start not counted)"),
        "<= 1,000 ms",
        1_000.0 / took,
    );
    let idle = memory("VmRSS");
    row(
        "P10",
        "idle memory, without the window",
        &format!("{idle:.0} MB"),
        "<= 200 MB",
        200.0 / idle,
    );
}

/// Amounts of items, what the ad-hoc question sums.
pub(crate) fn is_net(kind: Kind) -> bool {
    matches!(kind, Kind::ItemPrice | Kind::ItemDiscountSeller | Kind::RefundItem)
}
