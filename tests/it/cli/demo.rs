//! The demo on the command line, held against the simulator's own account of its seller.

use serde_json::{Value, json};

use super::Home;
use crate::oracle::{compare, days_agree, held};
use countinghouse_core::metrics::Definition;

/// A year of the seller, with few orders a day.
const SELLER: [&str; 4] = ["--days", "365", "--orders-per-day", "2"];

/// What the program answers without a passphrase.
fn answer(home: &Home, arguments: &[&str], more: &[&str]) -> Value {
    let all: Vec<&str> = arguments.iter().chain(more).copied().chain(["--json"]).collect();
    home.run_with(&all, &[], None).data()
}

#[test]
fn a_year_of_the_demo_equals_the_truth_per_platform_and_in_total() {
    let home = Home::new();
    let told = answer(&home, &["demo"], &SELLER);
    let (from, to) = (told["start_date"].clone(), told["end_date"].clone());
    let days = [
        "--from",
        from.as_str().expect("a day"),
        "--to",
        to.as_str().expect("a day"),
    ];
    for definition in Definition::ALL {
        let by = ["--definition", definition.name()];
        let truth = answer(&home, &["sim", "--truth"], &[&SELLER[..], &by, &days].concat());
        assert_eq!(
            truth["days"].as_array().map(Vec::len),
            Some(365),
            "every day of the year, asked for or not"
        );
        let kpis = answer(&home, &["metrics", "kpis"], &[&days[..], &by].concat());
        assert_eq!(kpis["blocked"], Value::Null, "there is a total: {kpis}");
        compare("in total", definition, &kpis["kpis"], &truth["totals"]);
        if told["definition"] == kpis["definition"] {
            assert_eq!(told["kpis"], kpis["kpis"], "the demo itself prints the same");
        }
        let daily = answer(&home, &["metrics", "daily"], &[&days[..], &by].concat());
        compare("over all days", definition, &daily["totals"], &truth["totals"]);
        for platform in ["shopify", "amazon"] {
            let true_ones = &truth["by_platform"][platform];
            assert!(
                true_ones["totals"]["orders"].as_u64() > Some(100),
                "the seller sells there: {}",
                true_ones["totals"]
            );
            compare(
                &format!("of {platform}"),
                definition,
                &kpis["by_platform"][platform],
                &true_ones["totals"],
            );
            let own = |row: &&Value| row["platform"] == platform;
            let rows: Vec<&Value> = daily["metrics"].as_array().expect("rows").iter().filter(own).collect();
            assert!(rows.len() > 200, "{platform} has sales on most days: {}", rows.len());
            days_agree(definition, &rows, &true_ones["days"], held(&daily));
        }
    }
}

#[test]
fn the_marketplaces_of_a_demo_both_listen_again_for_a_later_command() {
    let home = Home::new();
    let made = answer(&home, &["demo"], &["--days", "8", "--orders-per-day", "3", "--no-sync"]);
    assert_eq!(
        made["connections"].as_array().map(Vec::len),
        Some(2),
        "the shop and the seller account: {made}"
    );
    // Every command is a process of its own, whose marketplaces listen elsewhere.
    for round in ["the first sync", "the second"] {
        let synced = answer(&home, &["sync"], &[]);
        let runs = synced.as_array().expect("a report for each connection");
        assert_eq!(runs.len(), 2, "{round} reads both: {synced}");
        for run in runs {
            for stream in run["report"]["streams"].as_array().expect("streams") {
                assert_eq!(
                    stream["phase"],
                    json!("done"),
                    "{round}: {}: {stream}",
                    run["connection"]
                );
            }
        }
    }
    let amazon = answer(&home, &["sync", "amazon"], &[]);
    assert_eq!(
        amazon.as_array().map(Vec::len),
        Some(1),
        "by its platform too: {amazon}"
    );
    assert!(
        answer(&home, &["metrics", "kpis"], &["--days", "8"])["by_platform"]["amazon"]["orders"].as_u64() > Some(3),
        "and Amazon's orders are counted"
    );
}

#[test]
fn a_demo_of_so_many_orders_has_exactly_those() {
    for (orders, days) in [("0", "3"), ("1", "1"), ("1", "30"), ("40", "3")] {
        let home = Home::new();
        let of = ["--orders", orders, "--days", days, "--seed", "5"];
        let here = format!("{orders} orders in {days} days");
        let told = answer(&home, &["demo"], &of);
        let truth = answer(&home, &["sim", "--truth"], &of);
        if orders != "0" {
            compare(&here, Definition::OrderTotals, &told["kpis"], &truth["totals"]);
        }
        let held = answer(&home, &["orders", "list"], &["--channel", "shopify", "--limit", "1"]);
        let held = held["count"]
            .as_u64()
            .unwrap_or_else(|| panic!("{here}: they are listed: {held}"));
        let removed = removed(orders, days);
        let wanted: u64 = orders.parse().expect("a number");
        assert_eq!(held + removed, wanted, "{here}: each was read, but the removed ones");
    }
}

/// How many of the seller's orders the shop has removed up to its present.
fn removed(orders: &str, days: &str) -> u64 {
    let seller = countinghouse::demo::Seller {
        seed: 5,
        days: days.parse().expect("days"),
        orders: orders.parse().expect("orders"),
        exact: true,
    };
    let world = seller.world(chrono::Utc::now());
    assert_eq!(world.order_count(), seller.orders, "so many are placed");
    let amazon = world.amazon().expect("it sells there too");
    let at_amazon: u64 = countinghouse_sim::world::amazon::Marketplace::ALL
        .map(|market| amazon.order_count(market))
        .iter()
        .sum();
    assert_eq!(
        at_amazon, seller.orders,
        "and as many at Amazon, its marketplaces together"
    );
    (0..seller.orders)
        .map(|index| u64::from(world.order(index).is_none()))
        .sum()
}
