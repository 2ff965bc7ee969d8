//! What is not told is no zero: refunds and fees where no ledger of money was read, taxes whose share nobody knows, and orders of an
//! account that is another one.

use std::sync::Arc;

use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::{ImportOptions, Profile};
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::Day;
use countinghouse_sim::amazon::{Options as Account, Role};
use countinghouse_sim::world::amazon::AmazonSpec;
use serde_json::{Value, json};

use super::failures::sold;
use super::kinds::issues;
use super::{NUMBER, US, figure, import, import_well, item, ledger, order, page, transaction};
use crate::market::{Market, Seller};
use crate::oracle::spec;
use crate::rig::Rig;

/// What rests on money that moved: it is unknown where none is told.
const MOVED: [&str; 5] = [
    "refunds",
    "refund_rate",
    "units_returned",
    "contribution",
    "contribution_after_ads",
];

fn answer(profile: &Profile, definition: Definition, period: Period) -> Value {
    let question = Question {
        definition,
        period,
        channels: Vec::new(),
        connection: None,
        today: period.to.plus(1),
    };
    let answer = profile.store().read_blocking(|r| kpis(r, &question));
    serde_json::to_value(answer.expect("an answer")).expect("JSON")
}

fn march() -> Period {
    let day = |text: &str| text.parse::<Day>().expect("a day");
    Period::new(day("2026-03-01"), day("2026-03-31")).expect("a period")
}

fn shipped() -> Value {
    order(
        NUMBER,
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[sold(1, "30.00", "2.40")],
    )
}

#[test]
fn refunds_and_fees_of_files_that_tell_no_money_are_unknown_and_that_is_told() {
    let rig = Rig::new();
    rig.profile
        .set_cost_policy(countinghouse_core::app::CostPolicy::Backdate)
        .expect("a setting");
    import(&rig, "page.json", page(&[shipped()]));
    for definition in Definition::ALL {
        let told = answer(&rig.profile, definition, march());
        for name in MOVED {
            assert_eq!(
                told["kpis"][name],
                Value::Null,
                "{definition:?}: no record tells {name}"
            );
        }
        let text = told["completeness"]["money_text"].as_str().unwrap_or_default();
        assert!(
            text.contains("Refunds and fees of these days are not here") && text.contains("settlement"),
            "{definition:?}: beside the figures it says so, and what to do: {text}"
        );
    }
    let fee: &[(&str, &str)] = &[("Commission", "-4.50")];
    let moved =
        |id: &str, posted: &str| transaction(Some(NUMBER), "Shipment", id, "RELEASED", posted, &[("SKU-A", 1, fee)]);
    let money = [
        moved("T-1", "2026-03-01T20:00:00Z"),
        moved("T-2", "2026-03-31T20:00:00Z"),
    ];
    import_well(&rig, "ledger.json", ledger(&money));
    let told = answer(&rig.profile, Definition::OrderTotals, march());
    assert_eq!(
        told["kpis"]["refunds"],
        json!("0.00"),
        "money is told, and none of it went back"
    );
    assert_eq!(
        told["completeness"]["money_text"],
        Value::Null,
        "nothing is to be said then"
    );
}

#[test]
fn a_settlement_tells_the_money_of_all_its_days() {
    let rig = Rig::new();
    import(&rig, "page.json", page(&[shipped()]));
    let mut text = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date-time\n".to_owned();
    text.push_str(
        "77\t2026-03-02 00:00:00 UTC\t2026-03-16 00:00:00 UTC\t2026-03-18 00:00:00 UTC\t-4.50\tUSD\t\t\t\t\t\t\t\n",
    );
    text.push_str(&format!(
        "77\t\t\t\t\t\tOrder\t{NUMBER}\tAmazon.com\tItemFees\tCommission\t-4.50\t2026-03-05 20:00:00 UTC\n"
    ));
    import_well(&rig, "settlement.tsv", text);
    let told = answer(&rig.profile, Definition::OrderTotals, march());
    assert_eq!(
        told["kpis"]["refunds"],
        json!("0.00"),
        "of some of these days it is told"
    );
    let text = told["completeness"]["money_text"].as_str().unwrap_or_default();
    assert!(text.contains("after Mar 15"), "and of which, beside them: {text}");
}

fn account() -> Account {
    Account {
        speed: 10_000,
        report_times: (0, 0),
        kiosk_times: (0, 0),
        page: 20,
        ..Account::default()
    }
}

#[test]
fn without_the_role_for_money_refunds_and_fees_are_unknown() {
    let market = Market::selling_held(spec(3, 40, 2), AmazonSpec::new(160), account());
    let mut seller = Seller::disconnected(Arc::clone(&market));
    seller
        .connect_amazon(Region::NorthAmerica)
        .expect("the account lets its app in");
    market.sim.set_amazon_role(Role::Finance, false);
    seller.run();
    let today = seller.profile().today().expect("a day");
    let period = Period::ending(today.plus(-3), 20);
    let told = answer(seller.profile(), Definition::OrderTotals, period);
    assert!(told["kpis"]["net_sales"].is_string(), "sales are here: {told}");
    for name in MOVED {
        assert_eq!(told["kpis"][name], Value::Null, "nothing tells {name}");
    }
    assert!(
        told["completeness"]["money_text"].is_string(),
        "and it is said beside the figures"
    );
    market.sim.set_amazon_role(Role::Finance, true);
    seller.restart();
    market.wait(std::time::Duration::from_secs(86_400));
    seller.sync();
    let told = answer(seller.profile(), Definition::OrderTotals, period);
    assert!(told["kpis"]["refunds"].is_string(), "with the role they come: {told}");
    assert_eq!(
        told["completeness"]["money_text"],
        Value::Null,
        "and all of them are here"
    );
}

#[test]
fn taxes_whose_share_nobody_tells_are_unknown_and_that_is_said_beside_every_answer() {
    let rig = Rig::new();
    let german = order(
        NUMBER,
        "A1PA6795UKMFR9",
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 1, "EUR", Some("100.00"), None)],
    );
    import(&rig, "page.json", page(&[german]));
    for definition in [Definition::OrderTotals, Definition::Platform] {
        let told = answer(&rig.profile, definition, march());
        assert_eq!(told["kpis"]["net_sales"], json!("100.00"), "as charged");
        assert_eq!(
            told["kpis"]["taxes"],
            Value::Null,
            "which is not to say that there is no tax in it"
        );
        let text = told["completeness"]["basis_text"].as_str().unwrap_or_default();
        assert!(text.contains("as charged"), "and it says so: {text}");
    }
}

#[test]
fn files_of_another_region_or_account_do_not_become_part_of_the_one_that_is_connected() {
    let market = Market::selling_held(spec(3, 60, 2), AmazonSpec::new(200), account());
    let mut seller = Seller::disconnected(Arc::clone(&market));
    seller
        .connect_amazon(Region::NorthAmerica)
        .expect("the account lets its app in");
    seller.sync();
    let own = seller.digest();
    let import = |name: &str, text: &str, connection: Option<&str>| {
        let options = ImportOptions {
            connection: connection.map(str::to_owned),
            ..ImportOptions::default()
        };
        let report = seller
            .profile()
            .import(Channel::Amazon, name, text.as_bytes(), &options);
        report.expect("the profile takes files")
    };
    let name = |of: Option<String>| of.expect("a connection");
    let connections = || {
        seller
            .profile()
            .store()
            .read_blocking(|r| r.connections())
            .expect("connections")
    };
    let account = connections()[0].name.clone();
    let german = order(
        NUMBER,
        "A1PA6795UKMFR9",
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 1, "EUR", Some("100.00"), None)],
    );
    let refused = import("german.json", &page(std::slice::from_ref(&german)), Some(&account)).refused;
    let refused = refused.expect("an order of another region cannot be of the account");
    assert!(
        refused.message.contains("Amazon.de") && refused.hint.is_some(),
        "it says why, and the next step: {refused:?}"
    );
    assert_eq!(seller.digest(), own, "and nothing came in");
    let report = import("german.json", &page(&[german]), None);
    assert_ne!(
        name(report.connection),
        account,
        "without a name it is a set of its own"
    );
    assert!(
        report.notices.iter().any(|notice| notice.contains("set of its own")),
        "which is told: {:?}",
        report.notices
    );
}

#[test]
fn orders_of_days_that_the_account_knows_whole_and_knows_nothing_of_are_another_ones() {
    let market = Market::selling_held(spec(3, 60, 2), AmazonSpec::new(200), account());
    let mut seller = Seller::disconnected(Arc::clone(&market));
    seller
        .connect_amazon(Region::NorthAmerica)
        .expect("the account lets its app in");
    seller.sync();
    let known = seller.orders().into_iter().find(|order| order.status.counts());
    let known = known.expect("an order");
    let mut other = shipped();
    other["createdTime"] = json!(known_time(&known));
    let import = |text: &str| {
        let report = seller
            .profile()
            .import(Channel::Amazon, "page.json", text.as_bytes(), &ImportOptions::default());
        report
            .expect("the profile takes files")
            .connection
            .expect("a connection")
    };
    let mut own = other.clone();
    own["orderId"] = json!(known.key);
    let account = seller
        .profile()
        .store()
        .read_blocking(|r| r.connections())
        .expect("connections")[0]
        .name
        .clone();
    assert_eq!(
        import(&page(&[other.clone(), own])),
        account,
        "a file with an order of the account is its own"
    );
    let stranger = {
        let mut stranger = other;
        stranger["orderId"] = json!("112-4400002-1000002");
        stranger
    };
    assert_ne!(
        import(&page(&[stranger])),
        account,
        "one with none of them, of days it knows, is not"
    );
}

/// The moment of an order as Amazon writes it.
fn known_time(order: &countinghouse_core::model::Order) -> String {
    let day = order.placed_at.day(countinghouse_core::model::Zone::UTC);
    format!("{day}T12:00:00Z")
}

#[test]
fn a_settlement_that_comes_whole_after_it_was_cut_is_no_issue_any_more() {
    let head = "settlement-id\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date-time\n\
                77\t2026-03-18 00:00:00 UTC\t-9.00\tUSD\t\t\t\t\t\t\t\n";
    let row = |amount: &str| {
        format!("77\t\t\t\tOrder\t{NUMBER}\tAmazon.com\tItemFees\tCommission\t{amount}\t2026-03-05 20:00:00 UTC\n")
    };
    let rig = Rig::new();
    import_well(&rig, "page.json", page(&[shipped()]));
    import(&rig, "cut.tsv", format!("{head}{}", row("-4.50")));
    assert!(
        issues(&rig).iter().any(|i| i.about.code == "totals_differ"),
        "rows are missing: {:?}",
        issues(&rig)
    );
    import_well(&rig, "whole.tsv", format!("{head}{}{}", row("-4.50"), row("-4.50")));
    assert!(issues(&rig).is_empty(), "now none is: {:?}", issues(&rig));
    assert_eq!(figure(&rig, "refunds"), json!("0.00"), "and it counts");
}
