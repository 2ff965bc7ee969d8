use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::connectors::fetch::{Fetcher, StreamState};
use crate::connectors::shopify::ShopifyFetcher;
use crate::connectors::shopify::fetch::play::{NOW, Orders as Shop, Play, Played};

/// Answers of a shop that refuses agreements wherever they are asked for of an order.
fn refusing(shop: &Shop, body: &Value) -> Value {
    if body["variables"]["agreed"] != true {
        return shop.answer(body);
    }
    json!({ "data": null, "errors": [{
        "message": "Access denied for agreements field.", "path": ["orders", "nodes", 0, "agreements"],
        "extensions": { "code": "ACCESS_DENIED", "requiredAccess": "approval for protected customer data." }
    }] })
}

fn at(now: i64) -> Play {
    Play { now, ..Play::default() }
}

/// Of how many orders a record of this facet came.
fn came(played: &Played, facet: &str) -> usize {
    let records = played.records.iter().filter(|record| record.facet == facet);
    records.map(|record| &record.key).collect::<BTreeSet<_>>().len()
}

fn told(state: &StreamState) -> Option<String> {
    ShopifyFetcher.lacks("orders", state).map(|note| note.message)
}

#[test]
fn fm22_orders_whose_agreements_are_refused_are_read_without_them_and_again_once_they_are_granted() {
    let mut shop = Shop::every(3_600, 120, NOW - 10);
    shop.long = vec![1_050];
    for restart in [false, true] {
        let play = |now| Play { restart, ..at(now) };
        let refused = play(NOW)
            .run("orders", None, |body| refusing(&shop, body))
            .expect("it ends");
        assert_eq!(
            (came(&refused, "order"), came(&refused, "unagreed")),
            (0, 120),
            "restart {restart}: every order comes without them, also the one that did not fit"
        );
        let why = told(&refused.state).expect("it is told beside the stream");
        assert!(
            why.contains("sales agreements")
                && why.contains("approval for protected customer data")
                && why.contains("estimated"),
            "what is refused, what is needed and what follows: {why}"
        );
        assert!(
            refused.notes.iter().any(|note| note.code == "agreements_not_permitted"),
            "and at the end of the run: {:?}",
            refused.notes
        );
        let coverage = ShopifyFetcher.coverage("orders", &refused.state);
        assert!(coverage.whole, "no order lacks");
        let still = play(NOW + 3_600).run("orders", Some(&refused.state), |body| refusing(&shop, body));
        let still = still.expect("it ends");
        assert!(
            still.records.len() <= 1 && still.asked.len() <= 3,
            "restart {restart}: while they are refused old orders are not read again: {} requests",
            still.asked.len()
        );
        assert_eq!(told(&still.state), Some(why), "and it is still told");
        let granted = play(NOW + 7_200).run("orders", Some(&still.state), |body| shop.answer(body));
        let granted = granted.expect("it ends");
        assert_eq!(
            (
                came(&granted, "order"),
                came(&granted, "unagreed"),
                told(&granted.state)
            ),
            (120, 0, None),
            "restart {restart}: every order comes again, with them, and nothing is told any more"
        );
        let after = play(NOW + 10_800).run("orders", Some(&granted.state), |body| shop.answer(body));
        assert_eq!(after.expect("it ends").records.len(), 0, "and then no more");
    }
}

#[test]
fn a_state_of_a_version_that_knew_nothing_of_this_is_gone_on_from() {
    let shop = Shop::every(3_600, 30, NOW - 10);
    let first = at(NOW).run("orders", None, |body| shop.answer(body)).expect("it ends");
    let mut state = first.state.0;
    assert!(
        state
            .as_object_mut()
            .is_some_and(|state| state.remove("agreed").is_some()),
        "the state remembers it: {state}"
    );
    let second = at(NOW + 3_600).run("orders", Some(&StreamState(state)), |body| shop.answer(body));
    let second = second.expect("an older state is read");
    assert_eq!(second.asked.len(), 1, "and gone on from where it stood");
}

#[test]
fn what_was_read_of_agreements_before_they_were_refused_is_read_again_later() {
    let mut shop = Shop::every(3_600, 200, NOW - 10);
    shop.long = vec![1_199];
    let mut answers = 0;
    let cut = at(NOW).run("orders", None, |body| {
        answers += 1;
        // Refused from the second page on.
        if answers <= 2 {
            shop.answer(body)
        } else {
            refusing(&shop, body)
        }
    });
    let cut = cut.expect("it ends");
    assert_eq!(
        (came(&cut, "order"), came(&cut, "unagreed")),
        (49, 152),
        "the first page came with them; its order that did not fit, the rest and the second between came without"
    );
    let granted = at(NOW + 7_200).run("orders", Some(&cut.state), |body| shop.answer(body));
    let granted = granted.expect("it ends");
    assert_eq!(
        (came(&granted, "order"), told(&granted.state)),
        (152, None),
        "only those are read again"
    );
}
