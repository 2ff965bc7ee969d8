//! Records that show less than what is known already: they take nothing away, and tell what they know (LEDGER ruling 36).

use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use crate::rig::Rig;

/// A REST order of 100.00 with shipping of 6.00 and a refund of 50.00; `more` replaces members, `null` takes them away.
fn rest(day: u32, more: &Value) -> Vec<u8> {
    let at = |day: u32| format!("2026-03-{day:02}T15:00:00Z");
    let mut order = json!({
        "id": 1, "name": "#1001", "created_at": at(2), "processed_at": at(2), "updated_at": at(day), "currency": "USD",
        "financial_status": "partially_refunded", "fulfillment_status": "fulfilled", "taxes_included": false, "test": false,
        "line_items": [{"id": 11, "title": "Mug", "sku": "M", "quantity": 2, "price": "50.00", "requires_shipping": true}],
        "shipping_lines": [{"id": 12, "price": "6.00"}],
        "fulfillments": [{"id": 13, "created_at": at(3), "status": "success", "line_items": [{"id": 11, "quantity": 2}]}],
        "refunds": [{"id": 14, "created_at": at(5), "processed_at": at(5), "transactions": [], "refund_line_items": [
            {"line_item_id": 11, "quantity": 1, "restock_type": "return", "subtotal": "50.00", "total_tax": "0.00"}]}]
    });
    let members = order.as_object_mut().expect("members");
    for (name, value) in more.as_object().expect("members") {
        match value.is_null() {
            true => members.remove(name),
            false => members.insert(name.clone(), value.clone()),
        };
    }
    json!({ "orders": [order] }).to_string().into_bytes()
}

fn figures(rig: &Rig, definition: Definition) -> [Value; 3] {
    let kpis = rig.kpis(definition);
    ["net_sales", "total_sales", "total_orders"].map(|name| kpis["kpis"][name].clone())
}

/// All figures by the three definitions.
fn all(rig: &Rig) -> [Value; 3] {
    [Definition::OrderTotals, Definition::Platform, Definition::Accounting]
        .map(|definition| rig.kpis(definition)["kpis"].clone())
}

#[test]
fn a_record_without_lists_takes_none_away() {
    let whole = rest(10, &json!({}));
    let rig = Rig::new();
    rig.import(Some("orders"), "orders.json", &whole);
    let known = all(&rig);
    let platform = figures(&rig, Definition::Platform);
    assert_eq!(
        platform,
        [json!("50.00"), json!("56.00"), json!(1)],
        "what the whole record tells"
    );
    for left_out in [
        json!({"line_items": null}),
        json!({"refunds": null}),
        json!({"shipping_lines": null}),
        json!({"fulfillments": null}),
        json!({"refunds": null, "shipping_lines": null, "fulfillments": null, "line_items": null}),
    ] {
        for day in [10, 20] {
            let newer = rest(day, &left_out);
            for files in [[&whole, &newer], [&newer, &whole]] {
                let rig = Rig::new();
                for bytes in files {
                    rig.import(Some("orders"), "orders.json", bytes);
                }
                assert_eq!(
                    all(&rig),
                    known,
                    "nothing is lost by a record without {left_out} of the {day}th"
                );
            }
        }
    }
}

#[test]
fn a_member_that_is_null_takes_nothing_away_either() {
    let rig = Rig::new();
    rig.import(Some("orders"), "a.json", &rest(10, &json!({})));
    let text = String::from_utf8(rest(20, &json!({"line_items": null}))).expect("text");
    let text = text.replacen("\"name\":", "\"line_items\":null,\"name\":", 1);
    rig.import(Some("orders"), "b.json", text.as_bytes());
    assert_eq!(
        figures(&rig, Definition::Platform)[0],
        json!("50.00"),
        "its lines are known"
    );
}

#[test]
fn what_a_record_without_lines_knows_of_the_order_counts() {
    let bare = json!({"line_items": null, "refunds": null, "shipping_lines": null, "fulfillments": null});
    let with = |more: Value| {
        let mut all = bare.clone();
        for (name, value) in more.as_object().expect("members") {
            all[name] = value.clone();
        }
        all
    };
    let rig = Rig::new();
    rig.import(
        Some("orders"),
        "a.json",
        &rest(10, &json!({"fulfillments": [], "refunds": []})),
    );
    let gone = with(json!({"cancelled_at": "2026-03-20T15:00:00Z", "financial_status": "voided"}));
    let report = rig.import(Some("orders"), "b.json", &rest(20, &gone));
    assert_eq!(
        figures(&rig, Definition::Platform)[0],
        json!("0.00"),
        "it was cancelled since"
    );
    let said = report
        .notices
        .iter()
        .any(|note| note.contains("has changed since the record"));
    assert!(said, "its parts are of an older record: {:?}", report.notices);
    rig.import(Some("orders"), "c.json", &rest(21, &with(json!({"test": true}))));
    assert_eq!(figures(&rig, Definition::Platform)[2], json!(0), "a test order is none");
}

#[test]
fn an_older_export_with_fewer_columns_takes_no_prices_away() {
    let rig = Rig::new();
    let header = "Name,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Id\n";
    let row = |price: &str| format!("{header}#1001,USD,100.00,100.00,2026-03-02 10:00:00 -0500,2,Mug,{price},1\n");
    rig.import(Some("orders"), "a.csv", row("50.00").as_bytes());
    rig.import(Some("orders"), "b.csv", row("").as_bytes());
    assert_eq!(
        figures(&rig, Definition::Platform)[0],
        json!("100.00"),
        "the price is known"
    );
}
