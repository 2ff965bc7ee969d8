//! Amazon's own totals and its advertising: held beside the figures, never part of them (failures 35 to 38, 42, 45).

use countinghouse_core::app::ImportOptions;
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::amazon::markets::by_word;
use countinghouse_core::model::Day;
use serde_json::{Value, json};

use super::failures::{sold, with};
use super::{NUMBER, US, figure, import_well, ledger, order, page, sums, transaction};
use crate::rig::Rig;

#[test]
fn amazon_failure_35_a_bill_of_advertising_is_no_days_spending() {
    let bill: &[(&str, &str)] = &[("TransactionTotalAmount", "-300.00")];
    let paid = transaction(
        None,
        "ProductAdsPayment",
        "T",
        "RELEASED",
        "2026-03-04T20:00:00Z",
        &[("", 0, bill)],
    );
    let rig = with(&[ledger(&[paid])]);
    assert_eq!(
        figure(&rig, "ad_spend"),
        Value::Null,
        "what was spent on which day is not known"
    );
    assert_eq!(sums(&rig)["payout"], "-300.00", "the payment is there, in no result");
    let ads = |day: &str, spent: &str| {
        let amount: Value = serde_json::from_str(spent).expect("a number");
        let charge = json!({"amount": {"amount": amount, "currencyCode": "USD"}, "totalAmount": {"amount": amount, "currencyCode": "USD"}});
        json!({"marketplaceId": US, "startDate": day, "endDate": day, "msku": "SKU-A", "fees": [], "sales": {},
               "ads": [{"adTypeName": "SponsoredProductFee", "charge": charge}], "netProceeds": {"total": null}})
    };
    let rows = format!("{}\n{}\n", ads("2026-03-01", "0.0145"), ads("2026-03-02", "9.99"));
    import_well(&rig, "economics.jsonl", &rows);
    assert_eq!(
        figure(&rig, "ad_spend"),
        json!("10.00"),
        "economics tells the days: 0.0145 + 9.99"
    );
    assert_eq!(
        figure(&rig, "orders"),
        Value::Null,
        "a day of advertising is no order, and proves no day of orders"
    );
    assert_eq!(import_well(&rig, "again.jsonl", &rows).new, 0, "once");
}

/// The stored totals of a report.
fn controls(rig: &Rig, report: &str) -> Vec<countinghouse_core::model::ControlTotal> {
    let days = "2000-01-01".parse::<Day>().expect("a day").."2030-01-01".parse::<Day>().expect("a day");
    let all = rig
        .profile
        .store()
        .read_blocking(|r| {
            let connection = r.connections()?[0].id;
            r.control_totals(connection, days)
        })
        .expect("read");
    all.into_iter().filter(|total| total.report == report).collect()
}

fn traffic(from: &str, to: &str, markets: &[&str]) -> String {
    let amount =
        |n: &str| json!({"amount": serde_json::from_str::<Value>(n).expect("a number"), "currencyCode": "USD"});
    json!({
        "reportSpecification": {"reportType": "GET_SALES_AND_TRAFFIC_REPORT", "dataStartTime": from, "dataEndTime": to,
                                "marketplaceIds": markets},
        "salesAndTrafficByDate": [{"date": "2026-03-02", "salesByDate": {
            "orderedProductSales": amount("238.44"), "unitsOrdered": 23, "unitsRefunded": 1, "refundRate": 4.35},
            "trafficByDate": {"browerPageViews": 7}}],
        "salesAndTrafficByAsin": [{"parentAsin": "B1", "sku": "A", "salesByAsin": {"orderedProductSales": amount("43.04")}}]
    })
    .to_string()
}

#[test]
fn amazon_failure_36_products_of_a_range_are_no_days_and_no_total() {
    let rig = with(&[traffic("2026-03-01", "2026-03-14", &[US])]);
    let all = controls(&rig, "sales_and_traffic");
    assert_eq!(all.len(), 1, "the day is a total; the product of two weeks is none");
    let sales = all[0].figures.iter().find(|(name, _)| name == "orderedProductSales");
    assert_eq!(
        sales.map(|(_, n)| n.as_str()),
        Some("238.44"),
        "of the by-date part, with its own amount"
    );
    assert_eq!(
        (all[0].from.to_string(), all[0].outlet.as_str()),
        ("2026-03-02".to_owned(), US),
        "on its day and marketplace"
    );
    assert_eq!(
        figure(&rig, "gross_sales"),
        Value::Null,
        "a total is never part of a figure, and proves no day of orders"
    );
}

#[test]
fn amazon_failure_37_the_refund_rate_stays_in_percent() {
    let rig = with(&[traffic("2026-03-02", "2026-03-02", &[US])]);
    let all = controls(&rig, "sales_and_traffic");
    let rate = all[0].figures.iter().find(|(name, _)| name == "refundRate");
    assert_eq!(
        rate.map(|(_, n)| n.as_str()),
        Some("4.35"),
        "1 of 23, as Amazon writes it"
    );
}

#[test]
fn amazon_failure_38_a_week_is_the_days_its_row_names() {
    let row = json!({"marketplaceId": US, "startDate": "2024-12-29", "endDate": "2025-01-04", "sales": {
        "unitsOrdered": 124, "orderedProductSales": {"amount": 5095.84, "currencyCode": "USD"}}, "traffic": {"sessions": 4}});
    let rig = with(&[row.to_string()]);
    let all = controls(&rig, "sales_and_traffic");
    let span = (all[0].from.to_string(), all[0].to.to_string());
    assert_eq!(
        span,
        ("2024-12-29".to_owned(), "2025-01-04".to_owned()),
        "not the range that was asked for"
    );
    let receipt =
        json!({"queryId": "1", "processingStatus": "DONE", "dataDocumentId": "d", "pagination": {"nextToken": "more"}});
    let report = rig.import_of(Channel::Amazon, None, "query.json", receipt.to_string().as_bytes());
    assert!(report.refused.is_some(), "a receipt is no document");
}

#[test]
fn amazon_failure_42_of_several_marketplaces_only_the_first_was_delivered() {
    let rig = with(&[traffic("2026-03-02", "2026-03-02", &[US, "A2EUQ1WTGCTBG2"])]);
    let all = controls(&rig, "sales_and_traffic");
    assert_eq!(
        (all.len(), all[0].outlet.as_str()),
        (1, US),
        "the total is the first one's, and nothing of the other is claimed"
    );
}

#[test]
fn amazon_failure_45_misspelt_members_and_contradictions_are_read_by_the_rules() {
    let mut line = sold(2, "20.00", "1.60");
    line["cancellation"] = json!({"cancellationExecution": {"cancelledBy": "MERCHANT"}});
    let rig = with(&[page(&[order(NUMBER, US, "SHIPPED", "2026-03-05T10:00:00Z", &[line])])]);
    assert_eq!(
        figure(&rig, "net_sales"),
        json!("0.00"),
        "a shipped line with an executed cancellation is cancelled"
    );
    import_well(&rig, "traffic.json", traffic("2026-03-02", "2026-03-02", &[US]));
    let all = controls(&rig, "sales_and_traffic");
    assert!(
        all[0]
            .figures
            .iter()
            .any(|(name, n)| name == "browerPageViews" && n == "7"),
        "kept by the name it came with"
    );
}

#[test]
fn totals_of_two_countries_in_files_do_not_replace_one_another() {
    let metrics = |currency: &str, amount: &str| {
        let sold: Value = serde_json::from_str(amount).expect("a number");
        json!({"payload": [{"interval": "2026-03-02T00:00-08:00--2026-03-03T00:00-08:00", "unitCount": 1, "orderItemCount": 1,
            "orderCount": 1, "averageUnitPrice": {"amount": sold, "currencyCode": currency},
            "totalSales": {"amount": sold, "currencyCode": currency}}]})
        .to_string()
    };
    let rig = Rig::new();
    import_well(&rig, "us.json", metrics("USD", "10.00"));
    import_well(&rig, "ca.json", metrics("CAD", "7.00"));
    rig.profile.rebuild().expect("made again from what is stored");
    let mut held: Vec<String> = controls(&rig, "order_metrics")
        .iter()
        .filter_map(|total| total.currency.map(|currency| currency.to_string()))
        .collect();
    held.sort();
    assert_eq!(held, ["CAD", "USD"], "an answer names no marketplace, but its money");
}

#[test]
fn order_metrics_of_two_marketplaces_of_one_currency_do_not_take_each_others_place() {
    let day = |units: i64, currency: &str| {
        json!({"payload": [{"interval": "2026-03-02T00:00+01:00--2026-03-03T00:00+01:00", "unitCount": units, "orderItemCount": 1,
            "orderCount": 1, "averageUnitPrice": {"amount": "5.00", "currencyCode": currency},
            "totalSales": {"amount": "5.00", "currencyCode": currency}}]})
        .to_string()
    };
    let rig = Rig::new();
    let import = |word: Option<&str>, text: String| {
        let options = ImportOptions {
            marketplace: word.map(|word| by_word(word).expect("a marketplace")),
            ..ImportOptions::default()
        };
        let report = rig
            .profile
            .import(Channel::Amazon, "day.json", text.as_bytes(), &options);
        report.expect("the profile takes files")
    };
    let refused = import(None, day(2, "EUR")).refused.expect("nobody knows whose it is");
    assert!(
        refused.message.contains("several sell in EUR") && refused.hint.is_some_and(|h| h.contains("--marketplace")),
        "why, and what to do: {}",
        refused.message
    );
    import(Some("DE"), day(2, "EUR"));
    import(Some("Amazon.fr"), day(3, "EUR"));
    import(None, day(4, "GBP"));
    let wrong = import(Some("FR"), day(5, "GBP"))
        .refused
        .expect("France does not sell in pounds");
    assert!(
        wrong.message.contains("Amazon.fr"),
        "which one is named: {}",
        wrong.message
    );
    let mut found: Vec<(String, String)> = controls(&rig, "order_metrics")
        .into_iter()
        .map(|total| {
            (
                total.outlet,
                total
                    .figures
                    .into_iter()
                    .find(|(n, _)| n == "unitCount")
                    .expect("units")
                    .1,
            )
        })
        .collect();
    found.sort();
    let own = |id: &str, units: &str| (id.to_owned(), units.to_owned());
    assert_eq!(
        found,
        [
            own("A13V1IB3VIYZZH", "3"),
            own("A1F83G8C2ARO7P", "4"),
            own("A1PA6795UKMFR9", "2")
        ],
        "each has its own total; pounds are one marketplace's only"
    );
}
