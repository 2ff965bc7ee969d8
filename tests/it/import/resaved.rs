//! Orders exports that a spreadsheet has saved again, and older ones without ids: an order is told by its id, else by its number and
//! time; what cannot be told apart is set aside (LEDGER ruling 33).

use countinghouse_core::app::FileReport;
use countinghouse_core::metrics::Definition;
use serde_json::json;

use super::{order, places};
use crate::rig::Rig;

const HEADER: &str = "Name,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem taxable,Id\n";

/// A row of an order of two mugs at 50.00.
fn row(name: &str, created: &str, id: &str) -> String {
    format!("{name},paid,USD,100.00,0.00,0.00,100.00,{created},2,Mug,50.00,M,true,{id}\n")
}

const MORNING: &str = "2026-03-02 12:00:00 -0500";

fn import(rig: &Rig, rows: &[String]) -> FileReport {
    let text = format!("{HEADER}{}", rows.concat());
    rig.import_in("orders", "orders_export.csv", text.as_bytes(), "America/New_York")
}

/// Orders and net sales.
fn counted(rig: &Rig) -> (serde_json::Value, serde_json::Value) {
    let kpis = rig.kpis(Definition::Platform);
    (kpis["kpis"]["total_orders"].clone(), kpis["kpis"]["net_sales"].clone())
}

fn is(orders: u32, net: &str) -> (serde_json::Value, serde_json::Value) {
    (json!(orders), json!(net))
}

#[test]
fn a_rounded_id_is_no_id() {
    let rig = Rig::new();
    let rows = [row("#1001", MORNING, "5E+12"), row("#1002", MORNING, "5.00000E+12")];
    let report = import(&rig, &rows);
    assert_eq!(counted(&rig), is(2, "200.00"), "two numbers are two orders");
    let note = report.notices.iter().find(|note| note.contains("5E+12"));
    let note = note.unwrap_or_else(|| panic!("what happened to the ids is said: {:?}", report.notices));
    assert!(
        note.contains("2 orders") && note.contains("#1001"),
        "of how many, and of which: {note}"
    );
}

#[test]
fn a_resaved_copy_of_an_export_counts_nothing_twice() {
    let whole = [
        row("#1001", MORNING, "5000000000001"),
        row("#1002", MORNING, "5000000000002"),
    ];
    let copy = [
        row("#1001", "2026-03-02 12:00", "5E+12"),
        row("#1002", "2026-03-02 12:00", "5E+12"),
    ];
    for files in [[&whole, &copy], [&copy, &whole]] {
        let rig = Rig::new();
        files.iter().for_each(|rows| drop(import(&rig, rows.as_slice())));
        assert_eq!(counted(&rig), is(2, "200.00"), "once each, whichever came first");
    }
    // Beside the answer of the interface, and beside an export without ids.
    let rig = Rig::new();
    rig.import_in(
        "orders",
        "a.json",
        order("5000000000001", "#1001").as_bytes(),
        "America/New_York",
    );
    import(&rig, &copy[..1]);
    assert_eq!(counted(&rig), is(1, "10.00"), "the answer knows more");
    let rig = Rig::new();
    import(&rig, &[row("#1001", MORNING, "")]);
    import(&rig, &copy[..1]);
    import(&rig, &[row("#1001", "2026-03-02", "5E+12")]);
    assert_eq!(counted(&rig), is(1, "100.00"), "of three without ids one counts");
}

#[test]
fn one_number_at_two_times_is_two_orders() {
    let rig = Rig::new();
    import(
        &rig,
        &[row("#1001", MORNING, ""), row("#1001", "2026-03-05 12:00:00 -0500", "")],
    );
    assert_eq!(counted(&rig), is(2, "200.00"), "the shop gave the number again");
    // Which of them another file's order is cannot be told from its number.
    for turned in [false, true] {
        let rig = Rig::new();
        let files = [
            (
                "a.csv",
                format!("{HEADER}{}", row("#1001", "2025-01-05 12:00:00 -0500", "")),
            ),
            ("b.json", order("5000000000001", "#1001")),
        ];
        let mut told = Vec::new();
        for at in if turned { [1, 0] } else { [0, 1] } {
            let (name, text) = &files[at];
            let report = rig.import_in("orders", name, text.as_bytes(), "America/New_York");
            told.extend(report.set_aside.into_iter().map(|aside| (aside.code, aside.reason)));
        }
        assert_eq!(counted(&rig), is(1, "10.00"), "the one with an id counts");
        let [(code, reason)] = told.as_slice() else {
            panic!("the other is set aside: {told:?}")
        };
        assert_eq!(code, "number_given_again", "{reason}");
        assert!(
            reason.contains("2025-01-05") && reason.contains("2026-03-02"),
            "with both days: {reason}"
        );
    }
}

#[test]
fn a_number_cut_in_two_sets_its_order_aside() {
    let rig = Rig::new();
    let cut = row("#1001", MORNING, "5000000000001").replace("50.00", "50,00");
    let report = import(&rig, &[cut, row("#1002", MORNING, "5000000000002")]);
    assert_eq!(counted(&rig), is(1, "100.00"), "the other order counts");
    assert_eq!(places(&report), [("#1001", "broken_csv")], "{:?}", report.set_aside);
    let reason = &report.set_aside[0].reason;
    assert!(
        reason.contains("decimal comma") && reason.contains("line 2"),
        "cause and place: {reason}"
    );
}

#[test]
fn two_numbers_under_one_id_are_set_aside() {
    let rig = Rig::new();
    let rows = [
        row("#1001", MORNING, "5000000000000"),
        row("#1002", MORNING, "5000000000000"),
        row("#1003", MORNING, "6000000000001"),
    ];
    let report = import(&rig, &rows);
    assert_eq!(counted(&rig), is(1, "100.00"), "the third is the only one that is sure");
    assert_eq!(
        places(&report),
        [("#1001", "bad_id"), ("#1002", "bad_id")],
        "both are told"
    );
}

#[test]
fn rows_sorted_away_from_their_order_go_back_to_it() {
    let rig = Rig::new();
    let more = "#1001,,,,,,,,1,Jug,20.00,J,true,\n".to_owned();
    let lost = more.replace("#1001", "#1009");
    let first = row("#1001", MORNING, "5000000000001").replace("100.00", "120.00");
    let report = import(&rig, &[more, row("#1000", MORNING, "5000000000000"), first, lost]);
    assert_eq!(counted(&rig), is(2, "220.00"), "with its row of 20.00");
    assert_eq!(
        places(&report),
        [("line 5", "missing_field")],
        "a row of no order is told"
    );
}

#[test]
fn other_separators_are_named() {
    for (separator, name) in [(";", "semicolons"), ("\t", "tabs")] {
        let rig = Rig::new();
        let text = format!("{HEADER}{}", row("#1001", MORNING, "5000000000001")).replace(',', separator);
        let report = rig.import(None, "orders_export.csv", text.as_bytes());
        let refused = report.refused.expect("it is not read");
        assert!(refused.message.contains(name), "the cause: {refused}");
        assert!(refused.hint.is_some(), "and what to do");
    }
}
