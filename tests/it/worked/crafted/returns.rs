//! What came back of an order whose agreements do not tell its sale: by its refunds and by its agreements, each once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{agreement, bag, graphql, heard, paid_back, postings, sale, stated};

/// A row that takes back units of a line; a unit is worth 40.00.
fn back(id: u32, units: i32, line: u32) -> Value {
    sale(id, "RETURN", "PRODUCT", -units, &format!("-{}.0", units * 40), line)
}

/// What was posted beside the price of the goods, and the codes of the issues.
fn returns(
    lines: &[(i32, i32, &str)],
    agreements: Value,
    refunds: Value,
) -> (BTreeMap<String, String>, Vec<&'static str>) {
    let (order, notes) = heard(&graphql(lines, agreements, refunds, json!({})));
    assert!(order.estimated && order.incomplete, "it is marked");
    let mut posted = postings(&order);
    posted.retain(|what, _| !what.starts_with("item_price"));
    (posted, notes.into_iter().map(|(code, _)| code).collect())
}

const SOLD_ONE: [(i32, i32, &str); 1] = [(1, 0, "40.0")];
const SOLD_TWO: [(i32, i32, &str); 1] = [(2, 0, "80.0")];
const UNTOLD: &str = "sale_not_told";

#[test]
fn a_dated_return_without_a_refund_counts_on_its_day() {
    for reason in ["REFUND", "RETURN", "UNKNOWN"] {
        let agreed = json!([agreement(1, reason, 9, 0, json!([back(1, 1, 1)]))]);
        let (posted, codes) = returns(&SOLD_ONE, agreed, json!([]));
        assert_eq!(posted, stated(&[("refund_item 09", "-40.00")]), "{reason}");
        assert_eq!(codes, [UNTOLD], "{reason}: that the sale is not told, and nothing else");
    }
    // It names a refund that the record does not hold.
    let agreed = json!([agreement(1, "REFUND", 9, 7, json!([back(1, 1, 1)]))]);
    assert_eq!(
        returns(&SOLD_ONE, agreed, json!([])).0,
        stated(&[("refund_item 09", "-40.00")]),
        "a refund that is not shown"
    );
}

#[test]
fn a_refund_and_the_agreement_that_names_it_are_one_return() {
    let agreed = |units: i32| json!([agreement(1, "REFUND", 9, 1, json!([back(1, units, 1)]))]);
    let whole = paid_back(1, &[(1, 1, "RETURN", "40.0")], "40.0");
    let (posted, codes) = returns(&SOLD_ONE, agreed(1), json!([whole]));
    assert_eq!(
        posted,
        stated(&[("refund_item 05", "-40.00")]),
        "by the refund, on its day"
    );
    assert_eq!(codes, [UNTOLD], "both say the same");
    let (posted, codes) = returns(&SOLD_ONE, agreed(1), json!([paid_back(1, &[], "40.0")]));
    assert_eq!(
        posted,
        stated(&[("refund_item 09", "-40.00")]),
        "by the agreement, if the refund shows nothing but money"
    );
    assert_eq!(codes, [UNTOLD], "both say the same");
    let (posted, codes) = returns(&SOLD_TWO, agreed(2), json!([whole]));
    assert_eq!(
        posted,
        stated(&[("refund_item 05", "-80.00")]),
        "by the refund, and what else the line has lost came back, too: both had left"
    );
    assert_eq!(codes, [UNTOLD, "returns_differ"], "and that they differ is told");
}

#[test]
fn a_refund_and_a_return_that_name_nothing_are_one_return_of_a_line() {
    let agreed = |units: i32| json!([agreement(1, "RETURN", 9, 0, json!([back(1, units, 1)]))]);
    let one = paid_back(1, &[(1, 1, "RETURN", "40.0")], "40.0");
    let (posted, codes) = returns(&SOLD_ONE, agreed(1), json!([one]));
    assert_eq!(
        posted,
        stated(&[("refund_item 05", "-40.00")]),
        "as many units: the refund"
    );
    assert_eq!(codes, [UNTOLD], "both say the same");
    let (posted, codes) = returns(&SOLD_TWO, agreed(2), json!([one]));
    assert_eq!(
        posted,
        stated(&[("refund_item 09", "-80.00")]),
        "more units: the agreements"
    );
    assert_eq!(codes, [UNTOLD, "returns_differ"], "and that they differ is told");
    let two = paid_back(1, &[(1, 2, "RETURN", "80.0")], "80.0");
    let (posted, _) = returns(&SOLD_TWO, agreed(1), json!([two]));
    assert_eq!(
        posted,
        stated(&[("refund_item 05", "-80.00")]),
        "fewer units: the refund"
    );
    // Of another line it is another return.
    let lines = [(1, 0, "40.0"), (1, 0, "40.0")];
    let (posted, codes) = returns(
        &lines,
        agreed(1),
        json!([paid_back(1, &[(2, 1, "RETURN", "40.0")], "40.0")]),
    );
    assert_eq!(
        posted,
        stated(&[("refund_item 05", "-40.00"), ("refund_item 09", "-40.00")]),
        "both"
    );
    assert_eq!(codes, [UNTOLD], "nothing differs");
}

#[test]
fn money_without_parts_is_what_an_agreement_gave_back() {
    let agreed = json!([agreement(1, "RETURN", 9, 0, json!([back(1, 1, 1)]))]);
    for (money, goodwill) in [("40.0", None), ("38.0", None), ("45.0", Some("-5.00"))] {
        let (posted, codes) = returns(&SOLD_ONE, agreed.clone(), json!([paid_back(1, &[], money)]));
        let mut wanted = stated(&[("refund_item 09", "-40.00")]);
        wanted.extend(goodwill.map(|more| ("refund_adjustment 05".to_owned(), more.to_owned())));
        assert_eq!(
            posted, wanted,
            "{money} pays for the return, and what is beyond is goodwill"
        );
        assert_eq!(codes, [UNTOLD], "{money}");
    }
    // Without such an agreement it is goodwill.
    let sold = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([sale(1, "ORDER", "SHIPPING", 1, "6.0", 0)])
    )]);
    let (posted, _) = returns(&[(1, 1, "40.0")], sold, json!([paid_back(1, &[], "5.0")]));
    assert_eq!(posted, stated(&[("refund_adjustment 05", "-5.00")]), "goodwill");
}

#[test]
fn an_edit_takes_away_beside_refunds_of_other_units() {
    let edit = |refund: u32| {
        json!([
            agreement(1, "ORDER_EDIT", 4, 0, json!([back(1, 1, 1)])),
            agreement(
                2,
                "REFUND",
                9,
                refund,
                json!([sale(2, "RETURN", "BUNDLE", -1, "-40.0", 1)])
            )
        ])
    };
    let one = json!([paid_back(1, &[(1, 1, "RETURN", "40.0")], "40.0")]);
    let (posted, _) = returns(&SOLD_TWO, edit(1), one.clone());
    assert_eq!(
        posted,
        stated(&[("refund_item 04", "-40.00"), ("refund_item 05", "-40.00")]),
        "two units are gone: one by the edit, one by the refund"
    );
    let (posted, _) = returns(&[(2, 1, "80.0")], edit(1), one);
    assert_eq!(
        posted,
        stated(&[("refund_item 05", "-40.00")]),
        "one unit is gone: the refund pays for what the edit took away"
    );
}

#[test]
fn charges_given_back_count_by_the_refund_where_it_shows_them() {
    let agreed = json!([agreement(
        1,
        "RETURN",
        9,
        0,
        json!([
            back(1, 1, 1),
            sale(2, "RETURN", "SHIPPING", -1, "-6.0", 0),
            sale(3, "RETURN", "ADJUSTMENT", 0, "-3.0", 0),
            sale(4, "ORDER", "FEE", 1, "10.0", 0),
            sale(5, "RETURN", "DUTY", -1, "-2.0", 0),
            // What an exchange sells is told by its line.
            sale(6, "ORDER", "PRODUCT", 1, "40.0", 2)
        ])
    )]);
    let lines = [(1, 0, "40.0"), (1, 1, "40.0")];
    let (posted, _) = returns(&lines, agreed.clone(), json!([]));
    assert_eq!(
        posted,
        stated(&[
            ("refund_item 09", "-40.00"),
            ("refund_shipping 09", "-6.00"),
            ("refund_adjustment 09", "7.00"),
            ("duty 09", "-2.00"),
        ]),
        "by the agreement, the fee that was kept with it"
    );
    let mut refund = paid_back(1, &[(1, 1, "RETURN", "40.0")], "36.0");
    refund["refundShippingLines"] = json!({"nodes": [{"subtotalAmountSet": bag("6.0"), "taxAmountSet": bag("0.0")}]});
    refund["orderAdjustments"] = json!({"nodes": [{"amountSet": bag("10.0"), "taxAmountSet": bag("0.0")}]});
    let (posted, codes) = returns(&lines, agreed, json!([refund]));
    assert_eq!(
        posted,
        stated(&[
            ("refund_item 05", "-40.00"),
            ("refund_shipping 05", "-6.00"),
            ("refund_adjustment 05", "10.00"),
            ("duty 09", "-2.00"),
        ]),
        "by the refund what it shows, by the agreement the rest"
    );
    assert_eq!(codes, [UNTOLD, "returns_differ"], "the adjustments differ");
}

#[test]
fn what_the_order_states_of_its_charges_is_not_charged_again_by_an_agreement() {
    let agreed = json!([agreement(
        1,
        "ORDER",
        2,
        0,
        json!([
            sale(1, "ORDER", "TIP", 1, "5.0", 0),
            sale(2, "ORDER", "DUTY", 1, "4.0", 0),
            sale(3, "ORDER", "SHIPPING", 1, "6.0", 0)
        ])
    )]);
    let shipping =
        json!({"nodes": [{"originalPriceSet": bag("6.0"), "discountedPriceSet": bag("6.0"), "taxLines": []}]});
    let more = json!({
        "totalTipReceivedSet": bag("5.0"), "originalTotalDutiesSet": bag("4.0"), "shippingLines": shipping
    });
    let (order, _) = heard(&graphql(&[(1, 1, "40.0")], agreed, json!([]), more));
    assert_eq!(
        postings(&order),
        stated(&[
            ("item_price 02", "40.00"),
            ("tip 02", "5.00"),
            ("duty 02", "4.00"),
            ("shipping 02", "6.00")
        ]),
        "each charge once"
    );
}

#[test]
fn a_cancellation_told_by_an_agreement_leaves_nothing_charged() {
    let agreed = json!([agreement(1, "REFUND", 4, 0, json!([back(1, 1, 1)]))]);
    let shipping =
        json!({"nodes": [{"originalPriceSet": bag("6.0"), "discountedPriceSet": bag("6.0"), "taxLines": []}]});
    let more = json!({
        "cancelledAt": super::at(4), "fulfillments": [], "shippingLines": shipping, "displayFulfillmentStatus": "UNFULFILLED"
    });
    let (order, _) = heard(&graphql(&SOLD_ONE, agreed, json!([]), more));
    assert_eq!(
        postings(&order),
        stated(&[
            ("item_price 02 c", "40.00"),
            ("reversal_item 04 c", "-40.00"),
            ("shipping 02 c", "6.00"),
            ("reversal_shipping 04 c", "-6.00"),
        ]),
        "goods and shipping are taken back, each once"
    );
}
