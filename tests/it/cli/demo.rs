//! The demo on the command line, held against the simulator's own account of its seller.

use serde_json::{Value, json};

use super::Home;
use crate::oracle::{compare, days_agree, held};
use countinghouse_core::clock::{Clock as _, SystemClock};
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
fn the_page_of_a_demo_is_of_the_days_that_it_prints_and_shows_whose_each_part_is() {
    let home = Home::new();
    let file = home.0.with_extension("html");
    let path = file.to_str().expect("a path").to_owned();
    let told = answer(
        &home,
        &["demo"],
        &["--days", "4", "--orders-per-day", "1", "--html", &path],
    );
    let page = std::fs::read_to_string(&file).expect("the page is written");
    let _ = std::fs::remove_file(&file);
    let days = &["--days", "4"];
    let kpis = answer(&home, &["metrics", "kpis"], days);
    for name in ["start_date", "end_date", "kpis"] {
        assert_eq!(
            kpis[name], told[name],
            "{name}: its days are the last four, as for every command"
        );
    }
    let text = |name: &str| kpis[name].as_str().expect("a day").to_owned();
    let args = json!({ "from": text("start_date"), "to": text("end_date"), "compare": "none", "definition": "order_totals", "channels": [] });
    let app = countinghouse_core::app::App::open(&home.0, countinghouse::deps(None).expect("this machine"))
        .expect("the home");
    let desk = countinghouse_core::api::Desk {
        app: &app,
        profile: Some("Demo"),
    };
    let board = countinghouse_core::api::answer(desk, countinghouse_core::api::Class::Read, "dashboard", args);
    let board = board.expect("a dashboard");
    for tile in board["tiles"].as_array().expect("tiles") {
        let value = tile["value_text"].as_str().expect("a text");
        assert!(
            page.contains(value),
            "the page shows the same {}: {value}",
            tile["label"]
        );
    }
    assert!(
        !page.contains("Compared with"),
        "before its first day the seller was not there, and is compared with nothing"
    );
    let legend = page
        .split("<ul class=\"legend\">")
        .nth(1)
        .and_then(|rest| rest.split("</ul>").next());
    let legend = legend.unwrap_or_else(|| panic!("the parts of the bar are named: {page}"));
    let channels = board["channels"].as_array().expect("channels");
    assert!(channels.len() > 1, "it sells in several: {board}");
    for (n, channel) in channels.iter().enumerate() {
        let label = channel["label"].as_str().expect("a name");
        let mark = format!("var(--chart-{}", n % 6 + 1);
        let own = legend.split("</li>").find(|part| part.contains(label));
        assert!(
            own.is_some_and(|part| part.contains(&mark)),
            "{label} with the colour of its part: {legend}"
        );
    }
}

#[test]
fn a_seller_s_days_end_with_today_at_any_hour() {
    let seller = countinghouse::demo::Seller::over(30).expect("days");
    for hour in ["05:30", "09:00", "12:30", "23:00"] {
        let now = chrono::DateTime::parse_from_rfc3339(&format!("2026-05-14T{hour}:00-04:00")).expect("a moment");
        let days = seller.days_until(now.timestamp());
        assert_eq!(
            (days.from.to_string(), days.to.to_string()),
            ("2026-04-15".to_owned(), "2026-05-14".to_owned()),
            "at {hour} in New York"
        );
        let world = seller.world(now.to_utc());
        assert!(world.now().0 <= now.timestamp(), "at {hour} nothing lies ahead");
    }
}

#[test]
fn the_list_of_products_comes_to_all_that_was_sold() {
    let home = Home::new();
    answer(&home, &["demo"], &["--days", "120", "--orders-per-day", "4"]);
    let days = ["--days", "120"];
    let kpis = answer(&home, &["metrics", "kpis"], &days);
    // Of Amazon's orders without a price yet the units are known, and not their goods.
    let sold = &kpis["by_platform"]["shopify"];
    let (from, to) = (
        kpis["start_date"].as_str().expect("a day"),
        kpis["end_date"].as_str().expect("a day"),
    );
    // Cents: every amount has two decimals.
    let cents = |amount: &Value| {
        amount
            .as_str()
            .map_or(0, |text| text.replace('.', "").parse::<i64>().expect("an amount"))
    };
    let mut net = 0;
    let (mut units, mut unlisted) = (0, 0);
    for page in 1.. {
        let page = page.to_string();
        let listed = answer(
            &home,
            &["products", "list"],
            &[
                "--channel",
                "shopify",
                "--from",
                from,
                "--to",
                to,
                "--limit",
                "200",
                "--page",
                &page,
            ],
        );
        for part in ["rows", "shared_skus", "unlisted"] {
            for row in listed[part].as_array().expect("rows") {
                units += row["units"].as_i64().unwrap_or_default();
                net += cents(&row["net_sales"]);
            }
        }
        unlisted += listed["unlisted"].as_array().map_or(0, Vec::len);
        if listed["page"] == listed["pages"] {
            break;
        }
        assert_eq!(
            listed["unlisted"],
            json!([]),
            "what is in no row stands once, with the last page"
        );
    }
    assert!(unlisted > 0, "something was sold that the catalogue does not list");
    assert_eq!(json!(units), sold["units"], "every unit stands somewhere, and once");
    assert_eq!(net, cents(&sold["net_sales"]), "so does every amount");
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
    let world = seller.world(chrono::DateTime::from_timestamp(SystemClock.now(), 0).expect("a moment"));
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
