//! Rows of bulk files that are not as they should be.

use countinghouse_core::sync::{Cancel, Options};

use crate::market::{Market, Seller, large, shop};
use crate::oracle::spec;

/// A shop that is read by bulk runs, synced under a plan of faults.
fn synced(plan: &str) -> Seller {
    let market = Market::new(spec(601, 20, 4), shop());
    large(&market);
    let seller = Seller::of(market);
    seller.market.faults(plan);
    seller.sync();
    let asked = seller.market.asked();
    assert!(asked.iter().any(String::is_empty), "a file was fetched");
    seller
}

/// What is left after a whole pass without faults: the truth, and no issue.
fn mends(seller: &Seller, plan: &str) {
    seller.market.faults("");
    let full = Options {
        full: true,
        ..Options::default()
    };
    seller.try_sync(full, Cancel::default()).expect("a full run");
    assert_eq!(seller.issues(), [], "the whole rows settle the issues of {plan}");
    seller.is_true();
}

#[test]
fn a_row_without_an_essential_member_is_set_aside_with_its_name() {
    let all = synced("").orders().len();
    for member in ["processedAt", "refunds", "quantity", "totalAmount", "happenedAt"] {
        let plan = format!("missing-field={member}:download@*");
        let seller = synced(&plan);
        let issues = seller.issues();
        assert!(!issues.is_empty(), "{plan} is told");
        for issue in &issues {
            assert!(
                issue.about.code == "missing_field"
                    && issue.about.message.contains(member)
                    && issue.about.raw.is_some(),
                "{plan} is told by its name, and kept: {:?}",
                issue.about
            );
        }
        assert_eq!(
            seller.orders().len() + issues.len(),
            all,
            "under {plan} every order is counted or told"
        );
        mends(&seller, &plan);
    }
}

#[test]
fn a_row_without_its_id_is_not_believed() {
    let seller = synced("missing-field=id:download@1");
    assert_eq!(seller.issues(), [], "the file was asked for again");
    seller.is_true();
}

#[test]
fn a_word_nobody_knows_in_a_row_is_told_and_marks_its_order() {
    for member in ["reason", "lineType", "actionType"] {
        let plan = format!("unknown-enum={member}:download@*");
        let seller = synced(&plan);
        let (issues, orders) = (seller.issues(), seller.orders());
        assert!(!issues.is_empty(), "{plan} is told");
        for issue in &issues {
            let about = &issue.about;
            assert!(
                about.code == "unknown_value" && about.message.contains(&format!("{member} = ZZ")),
                "{plan} is told by its value: {about:?}"
            );
            let order = orders.iter().find(|order| order.key == about.record);
            assert!(
                order.is_some_and(|order| order.incomplete),
                "under {plan} the order is marked"
            );
        }
        mends(&seller, &plan);
    }
}
