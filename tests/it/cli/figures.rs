//! What the figures' text says of their completeness: everything the JSON says.

use serde_json::{Value, json};

use super::{Home, Said};

/// 3 March 2026 against the day before.
const COMPARED: [&str; 6] = [
    "metrics",
    "compare",
    "--current",
    "2026-03-03..2026-03-03",
    "--previous",
    "2026-03-02..2026-03-02",
];

/// A home with this file of Shopify orders imported.
fn with(orders: &Value) -> Home {
    let home = Home::new();
    let said = import(&home, orders);
    assert_eq!(said.code, 0, "the file is taken: {}", said.all());
    home
}

fn import(home: &Home, orders: &Value) -> Said {
    let file = home.0.with_extension("json");
    std::fs::write(&file, json!({ "orders": orders }).to_string()).expect("a file");
    let path = file.to_str().expect("a path").to_owned();
    let said = home.run(&["import", "shopify", "orders", &path, "--time-zone", "America/New_York"]);
    let _ = std::fs::remove_file(&file);
    said
}

fn order(id: u32, day: &str) -> Value {
    json!({
        "id": id, "name": format!("#{id}"), "created_at": format!("{day}T12:00:00-05:00"), "currency": "USD", "financial_status": "paid",
        "taxes_included": false, "test": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
        "line_items": [{"id": id + 1000, "title": "Mug", "sku": "M", "quantity": 1, "price": "10.00", "requires_shipping": true,
            "tax_lines": [], "discount_allocations": []}]
    })
}

/// An order that shows neither lines nor amounts of them.
fn bare(id: u32, day: &str) -> Value {
    json!({"id": id, "name": format!("#{id}"), "created_at": format!("{day}T12:00:00-05:00"), "currency": "USD", "total_price": "12.00",
        "financial_status": "paid", "test": false})
}

/// A text as one line, for it is wrapped.
fn line(said: &Said) -> String {
    assert_eq!(said.code, 0, "answered: {}", said.all());
    said.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

const MARCH: [&str; 4] = ["--from", "2026-03-02", "--to", "2026-03-03"];

#[test]
fn rows_of_several_currencies_say_which_is_which() {
    let mut abroad = order(2, "2026-03-02");
    abroad["currency"] = json!("EUR");
    let rows = |orders: &Value| {
        let said = with(orders).run(&[&["metrics", "daily"], &MARCH[..]].concat());
        assert_eq!(said.code, 0, "answered: {}", said.all());
        let rows = said
            .out
            .lines()
            .filter(|line| line.starts_with("date") || line.starts_with("2026-03-02"));
        rows.map(|row| row.split_whitespace().nth(2).unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let both = rows(&json!([order(1, "2026-03-02"), abroad]));
    assert_eq!(
        both,
        ["currency", "EUR", "USD"],
        "each row of the day names its currency"
    );
    let one = rows(&json!([order(1, "2026-03-02")]));
    assert_eq!(
        one.first().map(String::as_str),
        Some("gross_sales"),
        "one currency needs no column"
    );
}

#[test]
fn text_says_what_is_estimated_without_a_price_or_in_part() {
    let home = with(&json!([
        order(1, "2026-03-02"),
        bare(2, "2026-03-02"),
        order(3, "2026-03-03")
    ]));
    for command in [
        &["metrics", "kpis"][..],
        &["metrics", "daily"],
        &["metrics", "trends", "--metric", "units"],
    ] {
        let text = line(&home.run(&[command, &MARCH].concat()));
        for words in [
            "1 order without a price yet",
            "1 order without a record of what was ordered",
            "Estimated: 2 ledger rows with an amount or a day that was derived",
            "1 order counts in part",
            "Cost known for 0.0% of units only",
        ] {
            assert!(text.contains(words), "{command:?} says “{words}”: {text}");
        }
        let data = home.run(&[command, &MARCH, &["--json"]].concat()).data();
        let complete = if data["completeness"].is_object() {
            &data["completeness"]
        } else {
            &data
        };
        assert_eq!(
            (
                &complete["orders_without_price"],
                &complete["rows_estimated"],
                &complete["orders_incomplete"]
            ),
            (&json!(1), &json!(2), &json!(1)),
            "{command:?} in JSON: {data}"
        );
    }
    let daily = home.run(&[&["metrics", "daily"][..], &MARCH].concat());
    let marked: Vec<&str> = daily.out.lines().filter(|l| l.starts_with("2026-03-0")).collect();
    assert!(
        marked[0].ends_with("1 without price, 1 in part, estimated") && marked[1].ends_with("  estimated"),
        "each day says it of itself: {marked:?}"
    );
    let orders = home.run(&["orders", "list"]);
    let row = orders.out.lines().find(|l| l.starts_with("#2")).expect("a row");
    assert!(
        row.contains('–') && !row.contains(" 0 "),
        "the list shows no zero units: {row}"
    );
}

#[test]
fn text_of_a_course_of_untold_orders_has_no_zero_units() {
    let home = with(&json!([bare(2, "2026-03-02")]));
    let day = ["--from", "2026-03-02", "--to", "2026-03-02", "--json"];
    let data = home
        .run(&[&["metrics", "trends", "--metric", "units"][..], &day].concat())
        .data();
    assert_eq!(data["series"][0]["value"], Value::Null, "nobody knows how many: {data}");
    assert_eq!(
        data["series"][0]["moving_average"],
        Value::Null,
        "so there is no mean either"
    );
}

#[test]
fn a_comparison_says_which_side_lacks_something() {
    let mut broken = order(2, "2026-03-02");
    broken["line_items"][0]["price"] = json!("ten");
    let home = with(&json!([
        order(1, "2026-03-02"),
        broken,
        order(3, "2026-03-03"),
        bare(4, "2026-03-03")
    ]));
    let data = home.run(&[&COMPARED[..], &["--json"]].concat()).data();
    let counts = |side: &str| {
        let side = &data[side];
        [
            &side["orders_left_out"],
            &side["orders_incomplete"],
            &side["orders_complete"],
        ]
        .map(Clone::clone)
    };
    assert_eq!(
        counts("current_period"),
        [json!(0), json!(1), json!(false)],
        "of this side one counts in part: {data}"
    );
    assert_eq!(
        counts("previous_period"),
        [json!(1), json!(0), json!(false)],
        "of the other one is left out: {data}"
    );
    let text = line(&home.run(&COMPARED));
    for words in [
        "now: Not complete: 1 order counts in part",
        "now: Not complete: 1 order without a price yet",
        "before: Not complete: 1 order could not be counted",
    ] {
        assert!(text.contains(words), "“{words}”: {text}");
    }
}

#[test]
fn less_taken_off_is_less_and_says_so() {
    let reduced = |id: u32, day: &str, by: &str, back: &str| {
        let mut order = order(id, day);
        order["line_items"][0]["discount_allocations"] = json!([{ "amount": by }]);
        order["refunds"] = json!([{
            "id": id, "created_at": format!("{day}T13:00:00-05:00"), "refund_line_items": [],
            "order_adjustments": [{"kind": "refund_discrepancy", "amount": format!("-{back}"), "tax_amount": "0.00"}]
        }]);
        order
    };
    let home = with(&json!([
        reduced(1, "2026-03-02", "4.00", "2.00"),
        reduced(2, "2026-03-03", "1.00", "3.00")
    ]));
    let data = home.run(&[&COMPARED[..], &["--json"]].concat()).data();
    assert_eq!(
        (
            &data["changes_percent"]["discounts_change"],
            &data["changes_text"]["discounts_change"]
        ),
        (&json!(-75.0), &json!("less discounted")),
        "from 4.00 to 1.00: {data}"
    );
    assert_eq!(
        (
            &data["changes_percent"]["refunds_change"],
            &data["changes_text"]["refunds_change"]
        ),
        (&json!(50.0), &json!("more refunded")),
        "from 2.00 to 3.00: {data}"
    );
    assert_eq!(
        data["changes_text"]["net_sales_change"],
        Value::Null,
        "what is earned needs no word"
    );
    let text = home.run(&COMPARED).out;
    let row = |label: &str| {
        let row = text.lines().find(|line| line.starts_with(label)).unwrap_or_default();
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(
        row("Discounts").ends_with("-75.0% less discounted"),
        "the text says what there is less of: {text}"
    );
    assert!(row("Refunds").ends_with(" 50.0% more refunded"), "or more: {text}");
}

#[test]
fn what_is_known_of_a_sku_only_stands_under_the_products() {
    let home = with(&json!([order(1, "2026-03-02"), order(2, "2026-03-02")]));
    let variant = |id: u32, title: &str| json!({"id": id, "product_id": 1, "sku": "M", "title": title, "price": "10.00", "inventory_item_id": id});
    let mug = json!({"product": {"id": 1, "title": "Mug", "product_type": "", "variants": [variant(1, "Blue"), variant(2, "Red")]}});
    let file = home.0.join("products.json");
    std::fs::write(&file, mug.to_string()).expect("a file");
    let path = file.to_str().expect("a path");
    let said = home.run(&["import", "shopify", "products", path]);
    assert_eq!(said.code, 0, "the products are taken: {}", said.all());
    let said = home.run(&["products", "list", "--from", "2026-03-02", "--to", "2026-03-02"]);
    let words = |start: &str| {
        let lines = said.out.lines().filter(|line| line.starts_with(start));
        lines
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words("Mug – Red"),
        ["Mug – Red M 10.00 – – – –"],
        "a variant of two shows none of it: {}",
        said.out
    );
    assert_eq!(
        words("M "),
        ["M 2 2 20.00 –"],
        "what was sold under the SKU stands once: {}",
        said.out
    );
    assert!(
        said.out.contains("Several variants share these SKUs."),
        "with the reason: {}",
        said.out
    );
}

#[test]
fn parts_of_weeks_and_unequal_periods_are_named_in_the_text() {
    let days = ["2026-03-02", "2026-03-11"].into_iter().zip(1..);
    let home = with(&days.map(|(day, id)| order(id, day)).collect());
    // The second of March is a Monday; the eleventh is the Wednesday of the week after.
    let weeks = home.run(&[
        "metrics",
        "trends",
        "--by",
        "week",
        "--from",
        "2026-03-03",
        "--to",
        "2026-03-11",
    ]);
    let text = line(&weeks);
    assert!(
        text.contains("2026-03-02, only 2026-03-03 – 2026-03-08 (6 of 7 days)"),
        "the first week is cut in front: {text}"
    );
    assert!(
        text.contains("2026-03-09, only 2026-03-09 – 2026-03-11 (3 of 7 days)"),
        "the second at its end: {text}"
    );
    let months = line(&home.run(&[
        "metrics",
        "trends",
        "--by",
        "month",
        "--from",
        "2026-03-02",
        "--to",
        "2026-03-11",
    ]));
    assert!(
        months.contains("(10 of 31 days)"),
        "a month is cut on both sides: {months}"
    );
    let whole = line(&home.run(&[
        "metrics",
        "trends",
        "--by",
        "week",
        "--from",
        "2026-03-02",
        "--to",
        "2026-03-08",
    ]));
    assert!(!whole.contains(", only"), "a whole week is not: {whole}");

    let asked = |previous: &str| {
        line(&home.run(&[
            "metrics",
            "compare",
            "--current",
            "2026-03-06..2026-03-11",
            "--previous",
            previous,
        ]))
    };
    let unequal = asked("2026-03-02..2026-03-05");
    assert!(
        unequal.contains("Compared: 6 days (Mar 6 – 11, 2026) held against 4 days (Mar 2 – 5, 2026)."),
        "what is held against what: {unequal}"
    );
    let equal = line(&home.run(&[
        "metrics",
        "compare",
        "--current",
        "2026-03-07..2026-03-11",
        "--previous",
        "2026-03-02..2026-03-06",
    ]));
    assert!(
        !equal.contains("Compared:"),
        "of one length, and over: nothing is to be said: {equal}"
    );
}

#[test]
fn the_trace_gives_every_amount_and_mark_as_data() {
    let home = with(&json!([order(1, "2026-03-02")]));
    let data = home
        .run(&["trace", "net_sales", "--day", "2026-03-02", "--json"])
        .data();
    let order = &data["orders"][0];
    assert_eq!(
        (&data["figure"], &order["amount"]),
        (&json!("10.00"), &json!("10.00")),
        "{data}"
    );
    let row = &order["postings"][0];
    assert_eq!(row["amount"], json!("10.00"), "a plain decimal: {row}");
    assert_eq!(row["flags"], json!(["estimated"]), "marks as codes: {row}");
    assert_eq!(row["raw"], order["raws"][0], "“raw” is the stored record: {row}");
    assert_eq!(data["terms"][0]["amount"], json!("10.00"), "{data}");
}

#[test]
fn an_order_that_counts_twice_is_told_beside_every_figure() {
    let home = with(&json!([order(1, "2026-03-02")]));
    let file = home.0.with_extension("copy.json");
    std::fs::write(&file, json!({ "orders": [order(1, "2026-03-02")] }).to_string()).expect("a file");
    let path = file.to_str().expect("a path").to_owned();
    let other = [
        "import",
        "shopify",
        "orders",
        &path,
        "--connection",
        "Neu",
        "--time-zone",
        "Asia/Tokyo",
    ];
    home.run(&[&other[..], &["--json"]].concat()).data();
    let _ = std::fs::remove_file(&file);
    let days = &MARCH[..];
    for command in [
        [&["metrics", "kpis"][..], days].concat(),
        [&["metrics", "daily"][..], days].concat(),
        [&["metrics", "trends"][..], days].concat(),
        vec!["metrics", "compare", "--current", "2026-03-02..2026-03-03"],
        [&["trace", "net_sales"][..], days].concat(),
    ] {
        let said = "1 order stands in “Neu” and in “Shopify files”, and counts twice";
        let text = line(&home.run(&command));
        assert!(text.contains(said), "{command:?} says it in words: {text}");
        let data = home.run(&[&command[..], &["--json"]].concat()).data();
        assert!(data.to_string().contains(said), "{command:?} says it as JSON: {data}");
        let complete = [&data["completeness"], &data["current_period"], &data];
        let complete = complete.iter().find_map(|part| part.get("orders_complete"));
        if command[0] == "metrics" {
            assert_eq!(
                complete,
                Some(&json!(false)),
                "{command:?} is not called complete: {data}"
            );
        }
    }
}

#[test]
fn days_of_one_currency_keep_their_course_and_what_has_no_common_one_says_why() {
    let mut yen = order(3, "2026-03-04");
    yen["currency"] = json!("JPY");
    let home = with(&json!([order(1, "2026-03-02"), order(2, "2026-03-03"), yen]));
    let trends = ["metrics", "trends", "--from", "2026-03-02", "--to", "2026-03-04"];
    let data = home.run(&[&trends[..], &["--json"]].concat()).data();
    let points: Vec<(&Value, &Value)> = data["series"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| (&point["value"], &point["currency"]))
        .collect();
    assert_eq!(
        points,
        [
            (&json!("10.00"), &json!("USD")),
            (&json!("10.00"), &json!("USD")),
            (&json!("10"), &json!("JPY"))
        ],
        "each day has its amount in its own currency: {data}"
    );
    assert_eq!(
        (
            &data["series"][1]["moving_average"],
            &data["series"][2]["moving_average"]
        ),
        (&json!("10.00"), &Value::Null),
        "dollars and yen have no mean: {data}"
    );
    assert!(
        data["blocked"].as_str().is_some_and(|why| why.contains("JPY and USD")),
        "and it says why there is no total: {data}"
    );
    let text = line(&home.run(&trends));
    assert!(
        text.contains("No total: amounts are in JPY and USD") && text.contains("10.00 USD") && text.contains("10 JPY"),
        "in words too, each amount with its currency: {text}"
    );
    let orders = home
        .run(&[&trends[..], &["--metric", "orders", "--json"]].concat())
        .data();
    assert_eq!(
        (&orders["series"][2]["moving_average"], &orders["blocked"]),
        (&json!(1), &Value::Null),
        "orders are of no currency: {orders}"
    );

    let compare = [
        "metrics",
        "compare",
        "--current",
        "2026-03-02..2026-03-02",
        "--previous",
        "2026-03-04..2026-03-04",
    ];
    let data = home.run(&[&compare[..], &["--json"]].concat()).data();
    assert_eq!(data["changes"]["net_sales_change"], Value::Null, "{data}");
    let why = "amounts are in USD now and in JPY before, and no rates are known";
    assert_eq!(data["blocked"], json!(why), "the reason stands beside it: {data}");
    let text = line(&home.run(&compare));
    assert!(
        text.contains(&format!("Amounts are not compared: {why}.")) && text.contains("now, USD before, JPY"),
        "and in words, with both currencies: {text}"
    );
}

#[test]
fn a_costs_missing_currency_is_told_and_once_it_is_known_the_cost_counts() {
    let home = with(&json!([order(1, "2026-03-02")]));
    home.run(&["profile", "set", "--costs", "backdate"]);
    let items = json!({ "inventory_items": [
        { "id": 1, "sku": "M", "cost": "4.00", "updated_at": "2026-02-01T00:00:00Z" },
        { "id": 2, "sku": "N", "cost": null, "updated_at": "2026-02-01T00:00:00Z" }
    ] });
    let file = home.0.with_extension("items.json");
    std::fs::write(&file, items.to_string()).expect("a file");
    let import = ["import", "shopify", "inventory", file.to_str().expect("a path")];
    let told = "1 unit cost names no currency and counts for nothing";
    for time in ["the first time", "again"] {
        let said = line(&home.run(&import));
        assert!(
            said.contains(told) && said.contains("--currency"),
            "{time} it is told: {said}"
        );
    }
    let profit = || {
        let kpis = home
            .run(&[&["metrics", "kpis"][..], &MARCH, &["--json"]].concat())
            .data();
        kpis["kpis"]["gross_profit"].clone()
    };
    assert_eq!(profit(), Value::Null, "nothing is guessed");
    let said = line(&home.run(&[&import[..], &["--currency", "USD"]].concat()));
    let _ = std::fs::remove_file(&file);
    assert!(!said.contains(told), "now it counts: {said}");
    assert_eq!(profit(), json!("6.00"), "10.00 less 4.00, without a rebuild");
    let rebuilt = home.run(&["rebuild", "--json"]).data();
    assert_eq!(
        rebuilt["orders_changed"],
        json!(0),
        "a rebuild finds nothing to change: {rebuilt}"
    );
    assert_eq!(profit(), json!("6.00"), "and changes nothing");
}
