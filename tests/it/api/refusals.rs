//! What the border refuses, and how it says so.

use countinghouse_core::api::{Class, LIST};
use countinghouse_core::app::Code;
use serde_json::{Value, json};

use super::Shop;

#[test]
fn what_does_not_fit_is_named_by_its_field() {
    let shop = Shop::open();
    let trace = json!({
        "metric": "orders", "from": "2026-05-20", "to": "2026-05-28", "definition": "platform", "channels": [], "after": 0
    });
    let wrong: [(&str, Value, &str); 8] = [
        ("metric", json!("profits"), "metric"),
        ("from", json!("28.05.2026"), "from"),
        ("from", json!("2026-05-29"), "to"),
        ("definition", json!("cash"), "definition"),
        ("channels", json!(["ebay"]), "channels"),
        ("channels", json!([1]), "channels[0]"),
        ("after", json!(-1), "after"),
        ("surprise", json!(1), "surprise"),
    ];
    for (field, value, named) in wrong {
        let mut args = trace.clone();
        args[field] = value;
        let error = shop
            .ask(Class::Read, "trace", args.clone())
            .expect_err("it does not fit");
        assert_eq!(error.code, Code::Invalid, "{args} is the caller's fault");
        assert!(error.message.contains(named), "“{}” names {named}", error.message);
    }
    let mut missing = trace;
    missing.as_object_mut().expect("an object").remove("metric");
    let error = shop.ask(Class::Read, "trace", missing).expect_err("a field is missing");
    assert!(
        error.message.contains("metric"),
        "“{}” names the missing field",
        error.message
    );
    let nested = json!({"filter": {"search": 7, "from": null, "to": null, "channels": []}, "page": 0});
    let error = shop
        .ask(Class::Read, "orders", nested)
        .expect_err("a number is no search");
    assert!(
        error.message.contains("filter.search"),
        "“{}” names the nested field",
        error.message
    );
}

#[test]
fn a_command_answers_only_under_its_own_class() {
    let shop = Shop::open();
    let before = shop.rig.profile.digest().expect("a digest");
    let set = json!({"key": "zone", "value": "Asia/Tokyo"});
    let error = shop
        .ask(Class::Read, "set_setting", set)
        .expect_err("a read cannot change");
    assert_eq!(error.code, Code::Invalid, "it is refused");
    assert_eq!(
        before,
        shop.rig.profile.digest().expect("a digest"),
        "and changed nothing"
    );
    for command in LIST {
        for class in [Class::Read, Class::Change, Class::Files]
            .into_iter()
            .filter(|c| *c != command.class)
        {
            let error = shop.ask(class, command.name, json!({})).expect_err("another class");
            assert!(
                error.message.contains(command.name),
                "“{}” names {}",
                error.message,
                command.name
            );
        }
    }
    let error = shop.ask(Class::Read, "eval", json!({})).expect_err("no such command");
    assert!(
        error.hint.is_some_and(|hint| hint.contains("dashboard")),
        "what there is instead"
    );
}

#[test]
fn no_reading_command_changes_the_ledger() {
    let shop = Shop::open();
    let before = shop.rig.profile.digest().expect("a digest");
    let dates = json!({"from": "2026-05-01", "to": "2026-05-28", "definition": "platform", "channels": []});
    let with = |more: Value| {
        let mut args = dates.clone();
        for (field, value) in more.as_object().into_iter().flatten() {
            args[field] = value.clone();
        }
        args
    };
    let filter = json!({"search": "", "from": null, "to": null, "channels": []});
    let asked = [
        ("frame", json!({})),
        ("dashboard", with(json!({"compare": "last-year"}))),
        ("orders", json!({"filter": filter, "page": 0})),
        ("order", json!({"connection": 1, "key": "6001"})),
        ("trace", with(json!({"metric": "net_sales", "after": 0}))),
        ("raw", json!({"id": 1})),
        ("raw_list", json!({"stream": null, "search": "", "page": 0})),
        ("runs", json!({})),
        ("issues", json!({"page": 0})),
        ("connections", json!({})),
        ("health", json!({})),
        ("settings", Value::Null),
    ];
    for (command, args) in asked {
        shop.read(command, args);
    }
    assert_eq!(
        before,
        shop.rig.profile.digest().expect("a digest"),
        "reading left everything as it was"
    );
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let shop = Shop::open();
    let ask = |command: &str, args: Value| shop.ask(Class::Read, command, args).expect_err("it is not there");
    assert_eq!(
        ask("order", json!({"connection": 1, "key": "nobody"})).code,
        Code::NotFound,
        "no such order"
    );
    assert_eq!(
        ask("order", json!({"connection": 9, "key": "6001"})).code,
        Code::NotFound,
        "no such connection"
    );
    assert_eq!(ask("raw", json!({"id": 999})).code, Code::NotFound, "no such record");
    let change = |command: &str, args: Value| shop.ask(Class::Change, command, args).expect_err("it cannot be done");
    assert_eq!(
        change("choose_profile", json!({"id": "nobody"})).code,
        Code::NotFound,
        "no such profile"
    );
    assert!(
        change("set_setting", json!({"key": "zone", "value": "Mars"}))
            .message
            .contains("value"),
        "the value is named"
    );
    assert!(
        change("set_setting", json!({"key": "font", "value": "1"}))
            .message
            .contains("key"),
        "the key is named"
    );
}
