//! The orders worked by hand: the oracle gives the same figures for the same postings, day by day and in total, under
//! every definition. Read from `shared/design/worked-orders.json` beside the checkout.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use countinghouse_sim::truth::{Book, Definition, Figures, Kind, Posting, Told};
use countinghouse_sim::world::Currency;
use serde_json::Value;

/// The shared folder: named by `COUNTINGHOUSE_SHARED`, or beside one of the folders above this package.
#[expect(clippy::disallowed_methods, reason = "a test program begins here")]
fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("COUNTINGHOUSE_SHARED").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared"));
    named
        .into_iter()
        .chain(above)
        .find(|folder| folder.join("design/worked-orders.json").is_file())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is a text in {value}"))
}

fn number(value: &Value, key: &str) -> i64 {
    value[key]
        .as_i64()
        .unwrap_or_else(|| panic!("{key} is a number in {value}"))
}

fn truth(value: &Value, key: &str) -> bool {
    value[key]
        .as_bool()
        .unwrap_or_else(|| panic!("{key} is true or false in {value}"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("{text} is a day"))
}

fn minor(text: &str, currency: Currency) -> i64 {
    let scale = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert_eq!(
        scale,
        currency.exponent() as usize,
        "{text} has the decimals of {}",
        currency.code()
    );
    text.replace('.', "")
        .parse()
        .unwrap_or_else(|_| panic!("{text} is an amount"))
}

/// The case as an order. The file tells units per order and per ship day; each price row gets an even share of its
/// group's.
fn told(case: &Value, currency: Currency) -> Told {
    let rows = case["postings"].as_array().expect("a case has postings");
    let has_cost = rows.iter().any(|row| text(row, "kind") == "cogs");
    let mut postings: Vec<Posting> = rows
        .iter()
        .map(|row| {
            let flags = text(row, "flags");
            Posting {
                kind: Kind::named(text(row, "kind")).unwrap_or_else(|| panic!("a kind we know in {row}")),
                event: day(text(row, "event")),
                order: day(text(row, "order")),
                ship: row["ship"].as_str().map(day),
                units: 0,
                amount: minor(text(row, "amount"), currency),
                cancelled: flags.contains('c'),
                of_shipped: flags.contains('s'),
                edit: flags.contains('e'),
                costed: has_cost,
                line: None,
            }
        })
        .collect();
    let mut groups: Vec<(Option<NaiveDate>, i64)> = case["shipped"]
        .as_array()
        .expect("a case tells what shipped")
        .iter()
        .map(|part| (part[0].as_str().map(day), part[1].as_i64().expect("units")))
        .collect();
    groups.push((None, number(case, "cancelled_units")));
    for (ship, units) in groups {
        let mut prices: Vec<&mut Posting> = postings
            .iter_mut()
            .filter(|row| row.kind == Kind::ItemPrice && row.ship == ship)
            .collect();
        let count = prices.len() as i64;
        assert!(
            count > 0 || units == 0,
            "{units} units of {} have a price row",
            text(case, "id")
        );
        for row in &mut prices {
            assert_eq!(units % count, 0, "units of {} share out evenly", text(case, "id"));
            row.units = units / count;
        }
    }
    Told {
        placed: day(text(case, "placed")),
        counts: truth(case, "is_order"),
        priced: truth(case, "priced"),
        basis_unknown: truth(case, "basis_unknown"),
        units: number(case, "units_placed"),
        withdrawn: number(case, "cancelled_units"),
        fulfilled: truth(case, "fulfilled"),
        postings,
    }
}

fn check(figures: &Figures, expected: &Value, place: &str) -> usize {
    let amount = |amount: Option<i64>| amount.map(|amount| figures.currency.text(amount));
    let mut checked = 0;
    for (name, value) in expected.as_object().expect("figures are an object") {
        let mine = match name.as_str() {
            "day" => continue,
            "gross_sales" => amount(figures.gross_sales),
            "discounts" => amount(figures.discounts),
            "refunds" => amount(figures.refunds),
            "net_sales" => amount(figures.net_sales),
            "gross_profit" => amount(figures.gross_profit),
            "contribution" => amount(figures.contribution),
            "orders" => Some(figures.orders.to_string()),
            "units" => Some(figures.units.to_string()),
            "aov" => amount(figures.aov),
            "refund_rate" => figures.refund_rate.map(|rate| rate.to_string()),
            "fulfillment_rate" => figures.fulfillment_rate.map(|rate| rate.to_string()),
            other => panic!("the file has a figure that nobody checks: {other}"),
        };
        let theirs = match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            number => Some(number.to_string()),
        };
        assert_eq!(mine, theirs, "{name} of {place}");
        checked += 1;
    }
    checked
}

#[test]
#[expect(clippy::print_stderr, reason = "a run without the file says so")]
fn the_oracle_agrees_with_every_order_worked_by_hand() {
    let Some(folder) = shared() else {
        eprintln!(
            "SKIPPED: no shared/design/worked-orders.json beside the checkout, and COUNTINGHOUSE_SHARED is not set"
        );
        return;
    };
    let file = std::fs::read_to_string(folder.join("design/worked-orders.json")).expect("the file can be read");
    let file: Value = serde_json::from_str(&file).expect("the file is JSON");
    let cases = file["cases"].as_array().expect("the file has cases");
    assert_eq!(cases.len(), 31, "the file has thirty-one cases");
    let mut checked = 0;
    for case in cases {
        let currency = Currency::of(text(case, "currency")).expect("a currency of the world");
        let told = told(case, currency);
        for definition in Definition::ALL {
            let place = format!("{} under {}", text(case, "id"), definition.name());
            let expected = &case["figures"][definition.name()];
            let mut book = Book::new(definition, day("2026-01-01"), day("2026-12-31"));
            book.count(&told);
            let days: Vec<_> = book
                .days()
                .filter(|(_, tally)| tally.rows > 0 || tally.orders > 0 || tally.units > 0)
                .collect();
            let wanted = expected["days"].as_array().expect("a case has days");
            let named: Vec<NaiveDate> = wanted.iter().map(|wanted| day(text(wanted, "day"))).collect();
            assert_eq!(
                days.iter().map(|(day, _)| *day).collect::<Vec<_>>(),
                named,
                "days of {place}"
            );
            for ((day, tally), wanted) in days.iter().zip(wanted) {
                checked += check(
                    &tally.figures(definition, currency),
                    wanted,
                    &format!("{day} in {place}"),
                );
            }
            let total = book.total().figures(definition, currency);
            checked += check(&total, &expected["total"], &format!("the total in {place}"));
        }
    }
    assert!(checked > 31 * 3 * 11, "every case has figures, {checked} were compared");
}
