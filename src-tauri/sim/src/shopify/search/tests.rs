use chrono_tz::Tz;

use super::*;

const FIELDS: &[Known] = &[
    ("updated_at", Kind::Time),
    ("created_at", Kind::Time),
    ("day", Kind::WholeDay),
    ("id", Kind::Id),
    ("test", Kind::Flag),
    ("financial_status", Kind::Text),
    ("tag", Kind::Text),
    ("tag_not", Kind::Absent),
    ("cancelled", Kind::Time),
];

struct Record {
    id: u64,
    updated_at: &'static str,
    test: bool,
    status: &'static str,
}

fn second(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text)
        .expect("a test's time is well formed")
        .timestamp()
}

impl Searchable for Record {
    fn found(&self, field: &str) -> Found {
        match field {
            "updated_at" | "created_at" | "day" => Found::Second(second(self.updated_at)),
            "id" => Found::id(self.id),
            "test" => Found::Flag(self.test),
            "financial_status" => Found::text(self.status),
            "tag" | "tag_not" => Found::Texts(vec!["red".to_owned(), "big".to_owned()]),
            "default" => Found::text(format!("#{}", self.id)),
            _ => Found::Missing,
        }
    }
}

const RECORD: Record = Record {
    id: 42,
    updated_at: "2026-11-01T05:30:00Z",
    test: false,
    status: "PAID",
};

fn filter(text: &str) -> Filter {
    let zone: Tz = "America/New_York".parse().expect("the zone exists");
    Filter::new(
        Some(text),
        Rules {
            fields: FIELDS,
            zone,
            now: second("2026-11-22T00:00:00Z"),
        },
    )
}

#[test]
fn each_form_of_the_grammar_selects_what_it_says() {
    let cases = [
        ("", true),
        ("updated_at:>='2026-11-01T05:30:00Z'", true),
        ("updated_at:>'2026-11-01T05:30:00Z'", false),
        ("updated_at:<'2026-11-01T05:30:00Z'", false),
        ("updated_at:<='2026-11-01T05:30:00Z'", true),
        ("updated_at:'2026-11-01T05:30:00Z'", true),
        ("updated_at:\"2026-11-01T05:30:01Z\"", false),
        ("updated_at:>='2026-11-01T06:30:00+01:00'", true),
        ("updated_at: >='2026-11-01T05:30:00Z'", true),
        (
            "updated_at:>='2026-11-01T00:00:00Z' AND updated_at:<'2026-11-08T00:00:00Z'",
            true,
        ),
        (
            "updated_at:>='2026-11-01T00:00:00Z' updated_at:<'2026-11-01T05:00:00Z'",
            false,
        ),
        ("updated_at:<now", true),
        // A bare date is a day of the shop: 1 November in New York begins at 04:00 UTC.
        ("updated_at:2026-11-01", true),
        ("updated_at:>2026-11-01", false),
        ("updated_at:'2026-10-01..2026-11-01'", true),
        ("day:>'2026-11-01T00:00:00Z'", false),
        ("day:>='2026-11-01T23:00:00Z'", true),
        ("day:<'2026-11-01T23:00:00Z'", false),
        ("id:42", true),
        ("id:'gid://shopify/Order/42'", true),
        ("id:>=42 id:<=42", true),
        ("id:41..43", true),
        ("id:43", false),
        ("id:1 OR id:42", true),
        ("(id:1 OR id:2) AND test:false", false),
        ("(id:1 OR id:42) AND test:false", true),
        ("id:1 OR id:42 AND test:true", false),
        ("-id:42", false),
        ("NOT id:1", true),
        ("NOT (id:1 OR id:42)", false),
        ("test:false", true),
        ("test:true", false),
        ("financial_status:paid", true),
        ("financial_status:PA*", true),
        ("financial_status:refunded", false),
        ("tag:big", true),
        ("tag_not:big", false),
        ("tag_not:small", true),
        ("cancelled:*", false),
        ("tag:*", true),
        ("#42", true),
        ("#43", false),
    ];
    for (text, expected) in cases {
        assert_eq!(filter(text).matches(&RECORD), expected, "filter {text:?}");
        assert!(
            filter(text).warning("orders").is_none(),
            "filter {text:?} uses only known fields"
        );
    }
}

#[test]
fn unknown_fields_match_everything_and_are_only_mentioned_in_a_warning() {
    let unknown = filter("updatedat:>='2030-01-01T00:00:00Z' AND test:false");
    assert!(unknown.matches(&RECORD), "an unknown field does not filter");
    let negated = filter("-colour:red");
    assert!(negated.matches(&RECORD), "nor does its negation");
    let mut text = String::new();
    unknown
        .warning("orders")
        .expect("the unknown field is mentioned")
        .write(&mut text);
    let warning: Value = serde_json::from_str(&text).expect("a warning is JSON");
    assert_eq!(warning["path"], json!(["orders"]), "the warning names the list");
    assert_eq!(warning["warnings"][0]["field"], "updatedat", "and the field");
    assert_eq!(
        warning["warnings"][0]["code"], "invalid_field",
        "with the platform's code"
    );
}

#[test]
fn a_time_without_quotes_falls_apart_at_its_colons() {
    let loose = filter("updated_at:>=2026-11-01T06:00:00Z");
    assert!(
        loose.matches(&RECORD),
        "only the date is left, so an earlier time of that day passes"
    );
    assert!(loose.warning("orders").is_some(), "the rest became an unknown field");
    assert!(
        !filter("updated_at:>='2026-11-01T06:00:00Z'").matches(&RECORD),
        "with quotes the same filter is exact"
    );
}

#[test]
fn nonsense_is_passed_over() {
    for text in [
        "(test:false",
        "test:false OR",
        "AND AND",
        ")",
        "id:",
        ":",
        "NOT",
        "'",
        "(((",
    ] {
        assert!(filter(text).matches(&RECORD), "filter {text:?} is passed over");
    }
}

#[test]
fn windows_and_ids_are_read_off_a_filter() {
    let window = filter("updated_at:>='2026-11-01T00:00:00Z' AND updated_at:<'2026-11-08T00:00:00Z' AND test:false");
    let bounds = window.bounds("updated_at");
    assert_eq!(
        bounds.from,
        second("2026-11-01T00:00:00Z"),
        "the window begins where the filter says"
    );
    assert_eq!(bounds.until, second("2026-11-08T00:00:00Z"), "and ends there");
    assert_eq!(window.bounds("created_at"), Bounds::ALL, "other fields are free");
    let either = filter("updated_at:<'2026-01-01T00:00:00Z' OR updated_at:>='2026-11-01T00:00:00Z'");
    assert_eq!(either.bounds("updated_at"), Bounds::ALL, "alternatives are joined");
    assert_eq!(filter("id:7 OR id:8").ids(), Some(vec![7, 8]), "alternatives of ids");
    assert_eq!(
        filter("id:7 OR test:true").ids(),
        None,
        "other alternatives are not bound to ids"
    );
    assert_eq!(filter("-id:7").ids(), None, "a negation names no ids");
}
