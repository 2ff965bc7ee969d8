//! What an account at Amazon is charged without an order, and what Amazon ships for other shops: beside the sales, told apart by
//! marketplace.

use countinghouse_core::api::{Class, Desk, answer};
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::{Order, Status};
use countinghouse_core::store::{IssueFilter, Read};
use serde_json::{Value, json};

use super::failures::{sold, with};
use super::{NUMBER, US, figure, import, import_well, ledger, order, orders, page, sums, the, transaction};
use crate::rig::Rig;

const DE: &str = "A1PA6795UKMFR9";
const FR: &str = "A13V1IB3VIYZZH";

fn read(rig: &Rig, command: &str, args: Value) -> Value {
    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    answer(desk, Class::Read, command, args).unwrap_or_else(|e| panic!("{command} answers: {e}"))
}

/// Storage of a marketplace in euros, posted at eleven in the evening of March 5 in Berlin and Paris.
fn storage(id: &str, market: &str, amount: &str) -> Value {
    let fee: &[(&str, &str)] = &[("FBAStorageFee", amount)];
    let posted = "2026-03-05T22:00:00Z";
    let told = transaction(None, "ServiceFee", id, "RELEASED", posted, &[("", 0, fee)]);
    let text = told.to_string().replace("USD", "EUR").replace(US, market);
    let name = if market == DE { "Amazon.de" } else { "Amazon.fr" };
    serde_json::from_str(&text.replace("Amazon.com", name)).expect("JSON")
}

/// Open issues: what each is about, and its code.
fn issues(rig: &Rig) -> Vec<(String, String)> {
    let read = |r: &Read<'_>| r.issues(&IssueFilter::default(), 0, 100);
    let all = rig.profile.store().read_blocking(read).expect("issues").into_iter();
    all.map(|issue| (issue.about.record, issue.about.code)).collect()
}

/// The days of the account by marketplace, with the sum of each.
fn entries(rig: &Rig) -> Vec<(String, String, String)> {
    let days = orders(rig).into_iter().filter(|o| o.status == Status::Account);
    let sum = |order: &Order| order.postings.iter().map(|p| p.micros).sum();
    let mut all: Vec<_> = days
        .map(|o| (o.sales_channel.clone(), o.name.clone(), o.currency.format(sum(&o))))
        .collect();
    all.sort();
    all
}

#[test]
fn charges_of_two_marketplaces_on_one_day_are_told_apart_whatever_tells_of_them() {
    let own = |place: &str, amount: &str| {
        let name = format!("Account, 2026-03-05 ({place})");
        (place.to_owned(), name, amount.to_owned())
    };
    let both = [own("Amazon.de", "-10.00"), own("Amazon.fr", "-5.00")];
    let head = "settlement-id\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\tposted-date-time";
    let row = |place: &str, amount: &str| {
        let time = "2026-03-05\t2026-03-05 22:00:00 UTC";
        format!("9\t\t\t\tother-transaction\t\t{place}\tother-transaction\tStorage Fee\t{amount}\t{time}")
    };
    let summary = "9\t2026-03-18\t-15.00\tEUR\t\t\t\t\t\t\t\t";
    // One of its rows names no marketplace.
    let rows = [row("Amazon.de", "-10.00"), row("", "-5.00")].join("\n");
    let settlement = format!("{head}\n{summary}\n{rows}\n");
    let money = ledger(&[storage("T-1", DE, "-10.00"), storage("T-2", FR, "-5.00")]);
    for files in [[&money, &settlement], [&settlement, &money]] {
        let rig = Rig::new();
        for (at, text) in files.into_iter().enumerate() {
            import_well(&rig, &format!("file{at}"), text);
        }
        assert_eq!(
            entries(&rig),
            both,
            "each marketplace has its own, and the settlement says it again"
        );
        let trace = |place: &str| {
            let args = json!({"metric": "contribution", "from": "2026-03-05", "to": "2026-03-05", "after": 0,
                              "definition": "order_totals", "channels": [format!("amazon/{place}")]});
            read(&rig, "trace", args).to_string()
        };
        let (german, french) = (trace("Amazon.de"), trace("Amazon.fr"));
        assert!(
            german.contains("10.00") && !german.contains("15.00") && !german.contains("Amazon.fr"),
            "the figure of a marketplace leads to its own charges: {german}"
        );
        assert!(french.contains("5.00") && !french.contains("Amazon.de"), "{french}");
        rig.profile.rebuild().expect("made again from the raw records");
        assert_eq!(entries(&rig), both, "a rebuild says the same");
    }
    let rig = Rig::new();
    import_well(&rig, "settlement.tsv", &settlement);
    let alone = (
        "Amazon".to_owned(),
        "Account, 2026-03-05".to_owned(),
        "-5.00".to_owned(),
    );
    assert_eq!(
        entries(&rig),
        [alone, own("Amazon.de", "-10.00")],
        "what names no marketplace is not put to another one's account"
    );
}

#[test]
fn a_charge_that_cannot_be_read_is_one_issue_and_not_one_of_each_marketplace() {
    let mut broken = storage("T-2", FR, "-5.00");
    broken["items"][0]["breakdowns"][0]["breakdowns"][0]["breakdownAmount"]["currencyAmount"] = json!("5,x");
    let rig = Rig::new();
    import(&rig, "broken.json", ledger(&[broken]));
    import(&rig, "money.json", ledger(&[storage("T-1", DE, "-10.00")]));
    let issues = issues(&rig);
    let of_day = issues.iter().filter(|(record, _)| !record.contains('/')).count();
    assert_eq!(of_day, 1, "the day says once what it lacks: {issues:?}");
}

#[test]
fn a_sales_channel_on_which_nothing_is_sold_is_no_row_of_sales() {
    let copy = order(
        "S01-1",
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[sold(1, "10.00", "0.80")],
    );
    let fee: &[(&str, &str)] = &[("FBAPerUnitFulfillmentFee", "-6.00")];
    let shipped = transaction(
        Some("S01-1"),
        "Shipment",
        "T-1",
        "RELEASED",
        "2026-03-04T20:00:00Z",
        &[("SKU-A", 1, fee)],
    );
    let labels = |rig: &Rig| -> Vec<String> {
        let args = json!({"from": "2026-03-01", "to": "2026-03-31", "compare": "none", "definition": "order_totals", "channels": []});
        let board = read(rig, "dashboard", args);
        let rows = board["channels"].as_array().expect("rows").iter();
        rows.map(|row| row["label"].as_str().expect("a label").to_owned())
            .collect()
    };
    let rig = with(&[page(&[copy]), ledger(&[shipped])]);
    assert_eq!(sums(&rig)["fee_fulfilment"], "-6.00", "Amazon's fee counts");
    assert_eq!(labels(&rig), Vec::<String>::new(), "but nothing was sold there");
    let offered = |rig: &Rig| -> Vec<Value> {
        let frame = read(rig, "frame", json!({}));
        let choices = frame["channels"].as_array().expect("choices").iter();
        choices.map(|choice| choice["label"].clone()).collect()
    };
    assert_eq!(offered(&rig), Vec::<Value>::new(), "and it is none to filter sales by");
    // An order whose price nobody knows yet is something.
    let open = super::item("1", "SKU-A", 2, "USD", None, None);
    import_well(
        &rig,
        "open.json",
        page(&[order(NUMBER, US, "PENDING", "2026-03-02T18:01:00Z", &[open])]),
    );
    assert_eq!(labels(&rig), ["Amazon.com"], "where an order waits there is a row");
    assert_eq!(offered(&rig), [json!("Amazon.com")], "and something to filter by");
}

#[test]
fn units_that_left_nobody_knows_when_are_told() {
    let head = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsales-channel\tsku\titem-status\tquantity\tcurrency\titem-price";
    let row = format!("{NUMBER}\t2026-03-02T18:00:00+00:00\t\tShipped\tAmazon.com\tA\tShipped\t2\tUSD\t20.00");
    let rig = Rig::new();
    import_well(&rig, "report.tsv", format!("{head}\n{row}\n"));
    let issues = issues(&rig);
    assert!(
        issues.iter().any(|(_, code)| code == "ship_day_unknown"),
        "it is told: {issues:?}"
    );
    let order = the(&rig, NUMBER);
    assert!(order.incomplete && order.fulfilled, "sent, and counted in part");
    assert_eq!(order.first_ship, None, "on no day");
    assert_eq!(figure(&rig, "units"), json!(2), "as placed it counts");
    let said = rig.kpis(Definition::Accounting).to_string();
    assert!(
        said.contains("\"orders_incomplete\":1"),
        "and accounting says that it lacks something: {said}"
    );
}

#[test]
fn net_sales_over_time_are_told_by_channel_where_there_are_several() {
    let sale = |number: &str, market: &str, price: &str| {
        let line = super::item("1", "SKU-A", 1, "EUR", Some(price), Some("0"));
        order(number, market, "UNSHIPPED", "2026-03-03T10:00:00Z", &[line])
    };
    let board = |rig: &Rig| -> Value {
        let args = json!({"from": "2026-03-01", "to": "2026-03-04", "compare": "none", "definition": "order_totals", "channels": []});
        read(rig, "dashboard", args)["revenue"].clone()
    };
    let rig = with(&[page(&[sale("302-1", DE, "10.00")])]);
    let alone = board(&rig);
    assert_eq!(
        alone["inks"],
        json!(["now"]),
        "one channel is the whole: {}",
        alone["series"]
    );
    import_well(&rig, "more.json", page(&[sale("171-1", FR, "20.00")]));
    let both = board(&rig);
    let labels: Vec<&Value> = both["table"]["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .map(|c| &c["label"])
        .collect();
    assert_eq!(
        labels[2..],
        [&json!("Amazon.fr"), &json!("Amazon.de")],
        "a column each, the best first"
    );
    let rows = both["table"]["rows"].as_array().expect("rows");
    assert_eq!(
        rows[1].as_array().map(|row| &row[1..]),
        Some(&[json!("€30.00"), json!("€20.00"), json!("€10.00")][..]),
        "the whole and its parts on the day: {rows:?}"
    );
    let hit = &both["hits"][1]["values"];
    assert_eq!(
        hit.as_array().map(Vec::len),
        Some(3),
        "the pointer tells all three: {hit}"
    );
    assert_eq!(
        both["inks"],
        json!(["text", "1", "2"]),
        "each in the colour it has beside"
    );
}
