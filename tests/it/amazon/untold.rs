//! Taxes whose share nobody knows are no zero.

use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::Profile;
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::Day;
use serde_json::{Value, json};

use super::failures::{DE, shipped};
use super::{item, money_is_read};

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

#[test]
fn taxes_whose_share_nobody_tells_are_unknown_and_that_is_said_beside_every_answer() {
    let rig = shipped(DE, item("1", "SKU-A", 1, "EUR", Some("100.00"), None));
    money_is_read(&rig);
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
