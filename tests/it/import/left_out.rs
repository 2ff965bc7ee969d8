//! Orders that are kept and not counted, or count in part, stand beside every figure of their days, as long as they do.

use countinghouse_core::api::metrics::{Question, compare, daily, kpis, trends};
use countinghouse_core::api::{Class, Desk, answer};
use countinghouse_core::connectors::{Channel, RawRecord, Source};
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Comparison, Definition, Period, Step};
use countinghouse_core::model::Day;
use countinghouse_core::report::dashboard_page;
use serde_json::{Value, json};

use super::{broken, order};
use crate::amazon::{US, item, order as amazon_order, page};
use crate::rig::Rig;

pub(super) fn question(from: &str, to: &str, channels: &[Channel]) -> Question {
    let day = |text: &str| text.parse::<Day>().expect("a day");
    Question {
        definition: Definition::OrderTotals,
        period: Period::new(day(from), day(to)).expect("a period"),
        channels: channels.to_vec(),
        connection: None,
        today: day("2026-12-31"),
    }
}

pub(super) fn asked(rig: &Rig, question: &Question) -> Value {
    let answer = rig.profile.store().read_blocking(|r| kpis(r, question));
    serde_json::to_value(answer.expect("an answer")).expect("JSON")
}

/// The completeness of March, or of another range.
fn march(rig: &Rig) -> Value {
    asked(rig, &question("2026-03-01", "2026-03-31", &[]))["completeness"].clone()
}

pub(super) fn ask(rig: &Rig, command: &str, args: Value) -> Value {
    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    answer(desk, Class::Read, command, args).expect("an answer")
}

pub(super) fn overview(rig: &Rig) -> Value {
    let args = json!({"from": "2026-03-01", "to": "2026-03-31", "compare": "none", "definition": "order_totals", "channels": []});
    ask(rig, "dashboard", args)
}

/// Codes of the open issues.
pub(super) fn issues(rig: &Rig) -> Vec<(String, String)> {
    let list = ask(rig, "issues", json!({"page": 0}));
    let rows = list["rows"].as_array().expect("issues").iter();
    rows.map(|i| {
        (
            i["key"].as_str().expect("a key").to_owned(),
            i["text"].as_str().expect("a text").to_owned(),
        )
    })
    .collect()
}

/// A list of orders in a file.
pub(super) fn file(orders: &[String]) -> Vec<u8> {
    format!("[{}]", orders.join(",")).into_bytes()
}

#[test]
fn an_order_that_cannot_be_counted_stands_beside_every_figure_of_its_days() {
    let rig = Rig::new();
    rig.import(
        Some("orders"),
        "two.json",
        &file(&[order("1", "#1001"), broken("2", "#1002")]),
    );
    let complete = march(&rig);
    assert_eq!(complete["orders_left_out"], json!(1), "one of two: {complete}");
    assert_eq!(
        complete["orders_left_out_undated"],
        json!(0),
        "its day is known though its price is not"
    );
    assert_eq!(complete["orders_complete"], json!(false), "so they are not complete");
    let text = complete["left_out_text"].as_str().expect("a sentence").to_owned();
    assert!(
        text.contains("1 order could not be counted") && text.contains("Data > Issues"),
        "what, and where to look: {text}"
    );
    for (from, to) in [("2026-02-01", "2026-03-01"), ("2026-03-03", "2026-03-31")] {
        let other = asked(&rig, &question(from, to, &[]))["completeness"].clone();
        assert_eq!(
            other["orders_left_out"],
            json!(0),
            "days from {from} to {to} lack nothing"
        );
        assert_eq!(other["left_out_text"], Value::Null, "and say nothing of it");
    }

    let read = |q: &Question| {
        let (daily, trends) = rig
            .profile
            .store()
            .read_blocking(|r| {
                Ok((
                    daily(r, q)?,
                    trends(r, q, Metric::NetSales, Step::Day, Comparison::SameLength)?,
                ))
            })
            .expect("answers");
        [serde_json::to_value(daily), serde_json::to_value(trends)].map(|answer| answer.expect("JSON"))
    };
    let [days, course] = read(&question("2026-03-01", "2026-03-31", &[]));
    assert_eq!(days["completeness"]["left_out_text"], text, "beside the days");
    assert_eq!(course["left_out_text"], text, "and beside a course");
    let april = question("2026-04-01", "2026-04-30", &[]);
    let before = question("2026-03-01", "2026-03-31", &[]).period;
    let against = rig
        .profile
        .store()
        .read_blocking(|r| compare(r, &april, before))
        .expect("an answer");
    let against = against.left_out_text.expect("a sentence");
    assert!(
        against.contains("In the days compared with: 1 order could not be counted"),
        "a comparison says of which side: {against}"
    );

    let board = overview(&rig);
    assert_eq!(board["left_out_text"], text, "the window's overview says it");
    let tiles = board["tiles"].as_array().expect("tiles");
    let orders = tiles.iter().find(|tile| tile["metric"] == "orders").expect("a tile");
    assert!(
        orders["note"]
            .as_str()
            .is_some_and(|note| note.contains("1 order not counted")),
        "the figure itself says it: {orders}"
    );
    let lines = board["completeness"]["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["label"] == "Orders").expect("a line");
    assert_eq!(line["ok"], json!(false), "and the list of what is complete: {line}");

    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    let args = json!({"from": "2026-03-01", "to": "2026-03-31", "compare": "none", "definition": "order_totals", "channels": []});
    let args = serde_json::from_value(args).expect("arguments");
    let report = dashboard_page(
        "mine",
        &countinghouse_core::api::dashboard::dashboard(desk, args).expect("a dashboard"),
    );
    assert!(
        report.contains("1 order could not be counted"),
        "a report that leaves the house says it, too"
    );
}

#[test]
fn a_profile_whose_only_order_is_left_out_does_not_say_zero() {
    let rig = Rig::new();
    // Days before and after are proven, so that a zero of the second of March would pass for one.
    let test = |id: &str, name: &str, day: &str| {
        order(id, name)
            .replace("\"test\":false", "\"test\":true")
            .replace("2026-03-02", day)
    };
    let orders = [
        test("8", "#1008", "2026-03-01"),
        broken("1", "#1001"),
        test("9", "#1009", "2026-03-31"),
    ];
    rig.import(Some("orders"), "one.json", &file(&orders));
    let answer = asked(&rig, &question("2026-03-01", "2026-03-31", &[]));
    assert_eq!(
        answer["kpis"]["net_sales"],
        Value::Null,
        "nobody knows what was sold: {answer}"
    );
    assert_eq!(answer["kpis"]["orders"], Value::Null, "nor how often");
    assert_eq!(
        answer["by_platform"]["shopify"]["orders_left_out"],
        json!(1),
        "by platform, too"
    );
    for tile in overview(&rig)["tiles"].as_array().expect("tiles") {
        assert_eq!(tile["value_text"], "–", "no figure passes for a zero: {tile}");
    }
    let quiet = asked(&rig, &question("2026-03-03", "2026-03-30", &[]));
    assert_eq!(
        quiet["kpis"]["net_sales"],
        json!("0.00"),
        "days that lack nothing sold nothing"
    );

    rig.import(Some("orders"), "mended.json", order("1", "#1001").as_bytes());
    let mended = asked(&rig, &question("2026-03-01", "2026-03-31", &[]));
    assert_eq!(
        mended["kpis"]["net_sales"],
        json!("10.00"),
        "a version that can be read counts"
    );
    assert_eq!(
        mended["completeness"]["orders_left_out"],
        json!(0),
        "and nothing is left out"
    );
    assert_eq!(mended["completeness"]["left_out_text"], Value::Null, "nor said to be");
}

#[test]
fn another_version_of_the_program_tries_again_what_the_last_one_could_not_read() {
    let rig = Rig::new();
    rig.import(Some("orders"), "broken.json", broken("1", "#1001").as_bytes());
    assert_eq!(march(&rig)["orders_left_out"], json!(1), "it could not be read");
    let kept = RawRecord {
        stream: "orders".into(),
        key: "1".into(),
        facet: "order".into(),
        source: Source::Legacy,
        version: 0,
        bytes: order("1", "#1001").into_bytes(),
    };
    // As if this version could read what the last one kept.
    let put = rig.profile.store().write_blocking(move |w| {
        let connection = w.connections()?[0].id;
        w.put_raw(connection, None, &kept, 2)?;
        w.set_setting(&format!("settled_by:{connection}"), &"0.0.1")
    });
    put.expect("stored");
    rig.import(Some("orders"), "another.json", order("2", "#1002").as_bytes());
    let figures = asked(&rig, &question("2026-03-01", "2026-03-31", &[]));
    assert_eq!(
        (
            &figures["kpis"]["net_sales"],
            &figures["completeness"]["orders_left_out"]
        ),
        (&json!("20.00"), &json!(0)),
        "it counts without a new record of it: {figures}"
    );
}

#[test]
fn what_tells_too_little_is_a_lasting_issue_until_the_rest_arrives() {
    let rig = Rig::new();
    let without = |member: &str| {
        let mut order: Value = serde_json::from_str(&order("1", "#1001")).expect("JSON");
        order.as_object_mut().expect("an order").remove(member);
        order.to_string()
    };
    let report = rig.import(Some("orders"), "few.json", without("currency").as_bytes());
    let note = report
        .notices
        .iter()
        .find(|note| note.contains("kept, but not counted"));
    assert!(
        note.is_some_and(|note| note.contains("its currency")),
        "the import says it: {:?}",
        report.notices
    );
    let open = issues(&rig);
    assert!(
        matches!(open.as_slice(), [(key, text)] if key == "1" && text.contains("its records do not show its currency")),
        "and the list of issues goes on saying it: {open:?}"
    );
    let health = ask(&rig, "health", json!({}));
    let line = health["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .find(|line| line["label"] == "Issues");
    assert_eq!(line.expect("a line")["ok"], json!(false), "health says it: {health}");
    assert_eq!(march(&rig)["orders_left_out"], json!(1), "beside the figures");

    rig.profile.rebuild().expect("rebuilt");
    assert_eq!(issues(&rig), open, "a rebuild says the same");
    assert_eq!(march(&rig)["orders_left_out"], json!(1), "of the figures, too");

    rig.import(Some("orders"), "whole.json", order("1", "#1001").as_bytes());
    assert_eq!(issues(&rig), [], "what was missing has come");
    let complete = march(&rig);
    assert_eq!(
        (&complete["orders_left_out"], &complete["orders_complete"]),
        (&json!(0), &json!(false)),
        "it counts; a file proves no more than its days: {complete}"
    );
    let day = asked(&rig, &question("2026-03-02", "2026-03-02", &[]));
    assert_eq!(
        day["completeness"]["orders_complete"],
        json!(true),
        "its own day is whole: {day}"
    );
}

#[test]
fn an_order_of_which_nobody_knows_the_day_lacks_in_every_range() {
    let rig = Rig::new();
    let undated = broken("2", "#1002").replace("\"created_at\":\"2026-03-02T12:00:00-05:00\",", "");
    rig.import(Some("orders"), "undated.json", &file(&[order("1", "#1001"), undated]));
    for (from, to) in [("2026-03-01", "2026-03-31"), ("2020-01-01", "2020-01-02")] {
        let complete = asked(&rig, &question(from, to, &[]))["completeness"].clone();
        assert_eq!(
            (&complete["orders_left_out"], &complete["orders_left_out_undated"]),
            (&json!(1), &json!(1)),
            "{from}: it may belong here: {complete}"
        );
        let text = complete["left_out_text"].as_str().expect("a sentence");
        assert!(text.contains("unknown day"), "and the sentence says why: {text}");
    }
}

#[test]
fn a_broken_newer_version_of_a_counted_order_is_told_too() {
    let rig = Rig::new();
    rig.import(Some("orders"), "good.json", order("1", "#1001").as_bytes());
    let newer = broken("1", "#1001").replacen("\"id\":1,", "\"id\":1,\"updated_at\":\"2026-03-04T12:00:00-05:00\",", 1);
    rig.import(Some("orders"), "newer.json", newer.as_bytes());
    let complete = march(&rig);
    assert_eq!(
        (&complete["orders_left_out"], &complete["records_left_out"]),
        (&json!(0), &json!(1)),
        "the order counts by its earlier version, what changed since is lacking: {complete}"
    );
    assert!(complete["left_out_text"].is_string(), "in words, too");
}

#[test]
fn a_piece_of_a_file_that_is_no_record_is_told_until_the_file_is_mended() {
    let rig = Rig::new();
    let no_id = order("1", "#1003").replacen("\"id\":1,", "", 1);
    rig.import(Some("orders"), "orders.json", &file(&[order("1", "#1001"), no_id]));
    assert_eq!(march(&rig)["records_left_out"], json!(1), "it is in no figure");
    assert!(
        issues(&rig).iter().any(|(key, _)| key.starts_with("orders.json: ")),
        "and the list names the file: {:?}",
        issues(&rig)
    );
    rig.import(
        Some("orders"),
        "orders.json",
        &file(&[order("1", "#1001"), order("3", "#1003")]),
    );
    assert_eq!(march(&rig)["records_left_out"], json!(0), "the mended file has it");
    assert_eq!(issues(&rig), [], "nothing is open any more");
}

#[test]
fn orders_that_count_in_part_are_counted_with_their_channel() {
    let rig = Rig::new();
    // Dated later than it was read: it counts, marked incomplete (LEDGER ruling 31).
    let future = order("1", "#1001").replace("2026-03-02", "2029-03-02");
    rig.import(Some("orders"), "future.json", &file(&[future, order("2", "#1002")]));
    let of = |year: &str, channels: &[Channel]| {
        let asked = asked(
            &rig,
            &question(&format!("{year}-03-01"), &format!("{year}-03-31"), channels),
        );
        asked["completeness"].clone()
    };
    let then = of("2029", &[]);
    assert_eq!(then["orders_incomplete"], json!(1), "one of them is in doubt: {then}");
    assert!(
        then["left_out_text"]
            .as_str()
            .is_some_and(|text| text.contains("1 order counts in part")),
        "in words: {then}"
    );
    assert_eq!(of("2026", &[])["orders_incomplete"], json!(0), "the other is not");
    assert_eq!(
        of("2029", &[Channel::Amazon])["orders_incomplete"],
        json!(0),
        "nor is it Amazon's"
    );
    rig.profile.rebuild_measures().expect("counted again");
    assert_eq!(
        of("2029", &[])["orders_incomplete"],
        json!(1),
        "counted again it is the same"
    );
}

#[test]
fn amazon_orders_that_do_not_count_are_told_by_channel() {
    let rig = Rig::new();
    rig.import(Some("orders"), "shop.json", order("1", "#1001").as_bytes());
    let whole = amazon_order(
        "112-4400001-1000001",
        US,
        "SHIPPED",
        "2026-03-04T00:00:00Z",
        &[item("1", "SKU", 1, "USD", Some("10.00"), None)],
    );
    let broken = whole.to_string().replace("\"10.00\"", "\"ten\"");
    let broken: Value = serde_json::from_str(&broken).expect("JSON");
    rig.import_of(Channel::Amazon, None, "broken.json", page(&[broken]).as_bytes());
    let of = |channels: &[Channel]| {
        asked(&rig, &question("2026-03-01", "2026-03-31", channels))["completeness"]["orders_left_out"].clone()
    };
    assert_eq!(of(&[]), json!(1), "Amazon's order is broken");
    assert_eq!(of(&[Channel::Amazon]), json!(1), "it is Amazon's");
    assert_eq!(of(&[Channel::Shopify]), json!(0), "and not the shop's");
    rig.import_of(Channel::Amazon, None, "whole.json", page(&[whole]).as_bytes());
    assert_eq!(of(&[]), json!(0), "a whole one settles it");
}

#[test]
fn a_day_of_which_no_order_could_be_counted_is_a_gap_in_every_course() {
    let rig = Rig::new();
    let on = |order: String, day: &str| order.replace("2026-03-02T", &format!("2026-03-{day}T"));
    let orders = [
        order("1", "#1001"),
        on(broken("2", "#1002"), "03"),
        on(order("3", "#1003"), "04"),
    ];
    rig.import(Some("orders"), "three.json", &file(&orders));
    let q = question("2026-03-02", "2026-03-04", &[]);
    for metric in [Metric::NetSales, Metric::Orders] {
        let read = |r: &countinghouse_core::store::Read<'_>| trends(r, &q, metric, Step::Day, Comparison::SameLength);
        let answer = rig.profile.store().read_blocking(read).expect("an answer");
        let answer = serde_json::to_value(answer).expect("JSON");
        let values: Vec<bool> = (0..3).map(|day| answer["series"][day]["value"].is_null()).collect();
        assert_eq!(
            values,
            [false, true, false],
            "{metric:?}: the day between is not known to be zero: {answer}"
        );
        assert_eq!(
            answer["series"][2]["moving_average"], answer["series"][0]["value"],
            "{metric:?}: nor does it pull the average down"
        );
    }
    let whole = overview(&rig);
    let chart = whole.to_string();
    assert!(
        !chart.contains("Mar 3: $0.00"),
        "the overview draws no zero for that day either"
    );
}
