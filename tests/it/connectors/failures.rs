//! One test for each failure mode of the Shopify contract's section 8, by its number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use countinghouse_core::app::Code;
use countinghouse_core::model::{Order, Zone};
use countinghouse_core::net::Code as NetCode;
use countinghouse_core::sync::{Cancel, Options, Phase};
use countinghouse_sim::world::{self, Second, TransactionKind, TransactionStatus, World};

use crate::market::{Market, Seller, large, many, shop, stream};
use crate::oracle::spec;

/// A small shop of 20 days, connected.
fn small(seed: u64) -> Seller {
    Seller::new(spec(seed, 20, 4))
}

/// A small shop that is read by bulk runs.
fn bulk(seed: u64) -> Seller {
    let market = Market::new(spec(seed, 20, 4), shop());
    large(&market);
    Seller::of(market)
}

/// A shop whose orders are such as the test needs: the first seed from `seed` on that brings them.
fn with(seed: u64, needed: impl Fn(&[world::Order]) -> bool) -> Seller {
    let of = |seed: &u64| {
        let world = World::new(spec(*seed, 30, 6));
        let orders: Vec<_> = (0..world.order_count())
            .filter_map(|index| world.order(index))
            .collect();
        needed(&orders)
    };
    let seed = (seed..)
        .step_by(1000)
        .take(40)
        .find(of)
        .expect("one of 40 shops has such orders");
    Seller::new(spec(seed, 30, 6))
}

/// What the shop holds now.
fn told(seller: &Seller) -> Vec<world::Order> {
    let world = seller.market.sim.world();
    (0..world.order_count())
        .filter_map(|index| world.order(index))
        .collect()
}

/// The ledger's form of an order of the shop.
fn ledger<'a>(orders: &'a [Order], order: &world::Order) -> &'a Order {
    let key = order.id.to_string();
    orders
        .iter()
        .find(|known| known.key == key)
        .expect("the order is in the ledger")
}

/// A run under a plan of faults ends well and brings the truth.
fn survives(seller: &Seller, plan: &str) {
    seller.market.faults(plan);
    seller.sync();
    seller.is_true();
}

/// Page sizes of the order lists asked for, in turn.
fn sizes(asked: &[String]) -> Vec<u64> {
    let lists = asked.iter().filter(|body| body.contains("orders(first: $n"));
    let size = |body: &String| serde_json::from_str::<serde_json::Value>(body).ok()?["variables"]["n"].as_u64();
    lists.filter_map(size).collect()
}

#[test]
fn failure_01_closed_and_cancelled_orders_are_there() {
    let seller = small(101);
    seller.sync();
    let (orders, told) = (seller.orders(), told(&seller));
    let ended: Vec<_> = told
        .iter()
        .filter(|order| order.cancelled.is_some() || order.closed_at.is_some())
        .collect();
    assert!(
        ended.iter().any(|order| order.cancelled.is_some()),
        "the shop has a cancelled order"
    );
    for order in ended {
        let known = ledger(&orders, order);
        assert_eq!(
            known.cancelled_at.is_some(),
            order.cancelled.is_some(),
            "{} is known as it ended",
            known.name
        );
    }
}

#[test]
fn failure_02_later_changes_of_old_orders_are_seen() {
    let seller = small(102);
    seller.sync();
    let then = seller.market.sim.world().now();
    seller.market.advance(6);
    let changed = told(&seller)
        .iter()
        .filter(|order| order.created_at < then && order.updated_at > then)
        .count();
    assert!(changed > 5, "{changed} old orders changed after the first sync");
    seller.sync();
    seller.is_true();
}

#[test]
fn failure_03_refunds_come_with_their_orders_and_once() {
    let seller = small(103);
    seller.sync();
    let then = seller.market.sim.world().now();
    for _ in 0..5 {
        seller.market.advance(1);
        seller.sync();
        seller.sync();
    }
    let late = |order: &&world::Order| order.created_at < then && order.refunds.iter().any(|r| r.created_at > then);
    assert!(
        told(&seller).iter().any(|order| late(&order)),
        "an old order was refunded since"
    );
    seller.is_true();
}

#[test]
fn failure_04_a_refund_counts_on_its_own_day() {
    let seller = small(104);
    seller.sync();
    let zone = seller.market.sim.world().spec().zone;
    let ours: Zone = zone.name().parse().expect("a zone");
    let (orders, mut later) = (seller.orders(), 0);
    for order in told(&seller)
        .iter()
        .filter(|order| !order.test && order.cancelled.is_none())
    {
        for refund in &order.refunds {
            let (placed, refunded) = (order.processed_at.day_in(zone), refund.created_at.day_in(zone));
            if placed != refunded && !refund.lines.is_empty() {
                later += 1;
                let days = ledger(&orders, order)
                    .postings
                    .iter()
                    .map(|posting| posting.event_at.day(ours).to_string());
                let found = days.into_iter().any(|day| day == refunded.to_string());
                assert!(
                    found,
                    "order {} has postings on {refunded}, the day of its refund",
                    order.number
                );
            }
        }
    }
    assert!(later > 0, "an order was refunded on a later day");
}

#[test]
fn failure_05_totals_before_edits_and_refunds_are_not_what_is_counted() {
    let seller = small(105);
    let edited = |order: &world::Order| order.edited || !order.refunds.is_empty();
    assert!(told(&seller).iter().any(edited), "an order was edited or refunded");
    seller.sync();
    seller.is_true();
    for order in told(&seller).iter().filter(|order| edited(order) && !order.test) {
        let known = seller.orders();
        let known = ledger(&known, order);
        let (sum, stated) = (known.postings.iter().map(|p| p.micros).sum::<i64>(), known.stated_total);
        if let Some(stated) = stated.filter(|stated| *stated != sum) {
            // The ledger's sum went its own way, and the comparison with the truth says it is the right one.
            assert_ne!(sum, stated, "{} is not counted at its first total", known.name);
            return;
        }
    }
    panic!("no order of this shop has a ledger that differs from its first total");
}

#[test]
fn failure_06_all_four_parts_of_a_refund_count() {
    let seller = Seller::new(spec(106, 40, 6));
    let told = told(&seller);
    let refunds = || told.iter().flat_map(|order| &order.refunds);
    assert!(refunds().any(|r| !r.lines.is_empty()), "a refund of lines");
    assert!(refunds().any(|r| !r.shipping.is_empty()), "a refund of shipping");
    assert!(
        refunds().any(|r| !r.adjustments.is_empty()),
        "a refund with an adjustment"
    );
    assert!(
        refunds().any(|r| r.lines.iter().any(|l| l.tax.shop != 0)),
        "a refund with tax"
    );
    seller.sync();
    seller.is_true();
}

#[test]
fn failure_07_payments_are_not_sales() {
    let seller = with(107, |orders| {
        let steps = |order: &&world::Order| {
            let kinds = order.transactions.iter().map(|paid| paid.kind);
            kinds.clone().any(|kind| kind == TransactionKind::Authorization)
                && kinds.clone().any(|kind| kind == TransactionKind::Capture)
        };
        let failed = |order: &&world::Order| {
            order
                .transactions
                .iter()
                .any(|p| p.status == TransactionStatus::Failure)
        };
        orders.iter().any(|order| steps(&order)) && orders.iter().any(|order| failed(&order))
    });
    seller.sync();
    seller.is_true();
}

#[test]
fn failure_08_test_orders_gift_cards_and_tips_are_no_sales() {
    let seller = with(108, |orders| {
        orders.iter().any(|order| order.test)
            && orders.iter().any(|order| order.tip.is_some())
            && orders.iter().any(|order| order.lines.iter().any(|line| line.gift_card))
    });
    seller.sync();
    seller.is_true();
    let orders = seller.orders();
    for order in told(&seller).iter().filter(|order| order.test) {
        let known = ledger(&orders, order);
        assert!(!known.status.counts(), "test order {} does not count", known.name);
    }
}

#[test]
fn failure_09_days_are_the_shops_own() {
    let seller = small(109);
    let zone = seller.market.sim.world().spec().zone;
    let evening = |order: &&world::Order| order.processed_at.day_in(zone) != order.processed_at.day_in(chrono_tz::UTC);
    assert!(
        told(&seller).iter().any(|order| evening(&order)),
        "an order was placed on another day in UTC"
    );
    seller.sync();
    seller.is_true();
}

#[test]
fn failure_10_buyers_currencies_are_not_summed() {
    let seller = Seller::new(spec(110, 40, 6));
    let told = told(&seller);
    let foreign = |order: &&world::Order| order.buyer_currency != order.currency;
    assert!(
        told.iter().any(|order| foreign(&order)),
        "a buyer paid in another currency"
    );
    seller.sync();
    seller.is_true();
    assert!(
        seller.orders().iter().all(|order| order.currency.to_string() == "USD"),
        "all amounts are the shop's"
    );
}

#[test]
fn failure_11_nested_lists_are_read_to_their_ends() {
    let seller = small(111);
    for (from, to) in [("\"lines\":90", "\"lines\":1"), ("\"lines\":12", "\"lines\":1")] {
        seller.market.edit(from, to);
    }
    assert!(
        told(&seller).iter().any(|order| order.lines.len() > 3),
        "an order has several lines"
    );
    seller.sync();
    let asked = seller.market.asked();
    assert!(
        asked.iter().any(|body| body.contains("query OrderLines(")),
        "further lines are asked for"
    );
    seller.is_true();
}

#[test]
fn failure_12_more_lines_of_a_refund_go_to_that_refund() {
    let seller = with(112, |orders| {
        let later = |order: &world::Order| order.refunds.iter().skip(1).any(|refund| refund.lines.len() > 1);
        orders.iter().any(later)
    });
    for (from, to) in [
        ("\"refunded\":54", "\"refunded\":1"),
        ("\"refunded\":7", "\"refunded\":1"),
    ] {
        seller.market.edit(from, to);
    }
    seller.sync();
    let asked = seller.market.asked();
    assert!(
        asked.iter().any(|body| body.contains("gid://shopify/Refund/")),
        "a refund's lines are asked for by its id"
    );
    seller.is_true();
}

#[test]
fn failure_13_a_bulk_run_cut_off_skips_no_order() {
    let mut seller = bulk(113);
    for after in [4, 6, 8, 10, 12, 14] {
        seller.market.faults(&format!("402@{after}+"));
        let _ = seller.try_sync(Options::default(), Cancel::default());
        seller.restart();
    }
    survives(&seller, "");
}

#[test]
fn failure_14_orders_changed_in_one_second_are_read_once_each() {
    let seller = Seller::new(spec(114, 30, 6));
    let moment = Second(seller.market.sim.world().now().0 - 7_200).iso();
    seller
        .market
        .tamper(move |asked, body| match asked.contains("orders(first: $n") {
            true => restamp(&body, &moment),
            false => body,
        });
    // Small pages, so that many of them in a row end in the same second.
    seller.market.faults("heavy=25:orders@*");
    let report = seller.sync();
    let orders = told(&seller).len();
    assert!(orders > 100, "there are many pages of them");
    let sizes = sizes(&seller.market.asked());
    assert!(
        sizes.iter().filter(|size| **size <= 25).count() > 5,
        "of 25 orders at most: {sizes:?}"
    );
    assert_eq!(
        seller.orders().len(),
        orders,
        "every order of a mass edit is there, once"
    );
    assert!(stream(&report, "orders").requests < 60, "and the list came to its end");
}

/// An answer in which every order was last changed at `moment`.
fn restamp(body: &Bytes, moment: &str) -> Bytes {
    let Ok(mut answer) = serde_json::from_slice::<serde_json::Value>(body) else {
        return body.clone();
    };
    for node in answer["data"]["orders"]["nodes"].as_array_mut().into_iter().flatten() {
        node["updatedAt"] = moment.into();
    }
    Bytes::from(answer.to_string())
}

#[test]
fn failure_15_bulk_children_find_their_parents_in_any_order() {
    let seller = bulk(115);
    survives(&seller, "bulk-shuffle:download@*");
    assert!(seller.market.asked().iter().any(String::is_empty), "a file was fetched");
}

#[test]
fn failure_16_a_bulk_file_that_lacks_rows_is_not_believed() {
    let seller = bulk(116);
    let files = Arc::new(AtomicU32::new(0));
    let cut = Arc::clone(&files);
    seller.market.tamper(move |asked, body| match asked.is_empty() {
        true => {
            cut.fetch_add(1, Ordering::Relaxed);
            // The last child is missing, as when the platform cuts a nested list.
            let end = body
                .trim_ascii_end()
                .iter()
                .rposition(|byte| *byte == b'\n')
                .unwrap_or(0);
            body.slice(..=end)
        }
        false => many(body),
    });
    survives(&seller, "");
    assert!(
        files.load(Ordering::Relaxed) > 1,
        "the file was asked for again before orders came by pages"
    );
}

#[test]
fn failure_17_a_file_larger_than_is_held_in_memory_is_read() {
    let seller = bulk(117);
    let files = Arc::new(AtomicU32::new(0));
    let grown = Arc::clone(&files);
    seller.market.tamper(move |asked, body| match asked.is_empty() {
        true => {
            grown.fetch_add(1, Ordering::Relaxed);
            Bytes::from([&body[..], &vec![b'\n'; 65 << 20][..]].concat())
        }
        false => many(body),
    });
    survives(&seller, "");
    let asked = seller.market.asked();
    let runs = asked
        .iter()
        .filter(|body| body.contains("bulkOperationRunQuery"))
        .count();
    let files = files.load(Ordering::Relaxed) as usize;
    assert!(
        (1..=runs).contains(&files),
        "each file, larger than any answer held whole, is taken at once: {files} files of {runs} runs"
    );
}

#[test]
fn failure_18_bulk_places_taken_by_others_lead_to_pages() {
    let seller = bulk(118);
    survives(&seller, "bulk-busy:bulkOperationRunQuery@*");
    let asked = seller.market.asked();
    assert!(
        asked.iter().any(|body| body.contains("bulkOperationRunQuery")),
        "a bulk run was asked for"
    );
    assert!(!asked.iter().any(String::is_empty), "and none was made");
}

#[test]
fn failure_19_a_window_without_changes_moves_on() {
    let seller = Seller::new(spec(119, 20, 0));
    let mut starts = Vec::new();
    for _ in 0..4 {
        seller.sync();
        let asked = seller.market.asked();
        let list = asked.iter().rev().find(|body| body.contains("orders(first: $n"));
        let from = list
            .and_then(|body| body.split("updated_at:>='").nth(1))
            .map(|rest| rest[..20].to_owned());
        starts.extend(from);
        seller.market.advance(4);
    }
    assert!(starts.len() >= 3, "orders were asked for in every run");
    assert!(
        starts.windows(2).all(|pair| pair[0] < pair[1]),
        "each window begins later: {starts:?}"
    );
}

#[test]
fn failure_20_changes_during_a_sync_are_not_lost() {
    let seller = Seller::new(spec(120, 30, 6));
    seller.market.faults("drift=7200:orders@*");
    seller.sync();
    survives(&seller, "");
}

#[test]
fn failure_20_what_the_search_shows_late_is_not_lost() {
    // The search is two minutes behind; runs follow one another too soon for the daily second look.
    let lag = 120;
    let seller = Seller::of(Market::lagging(spec(120, 6, 250), lag));
    seller.sync();
    let mut late = 0;
    for _ in 0..16 {
        let then = seller.market.sim.world().now();
        late += told(&seller)
            .iter()
            .filter(|order| order.updated_at.0 > then.0 - lag)
            .count();
        seller.market.wait(Duration::from_secs(1_800));
        seller.sync();
    }
    assert!(
        late > 3,
        "{late} orders changed so shortly before a run that it could not see them"
    );
    let (orders, shown) = (seller.orders(), seller.market.sim.world().now().0 - lag - 60);
    for order in told(&seller).iter().filter(|order| order.updated_at.0 < shown) {
        let known = ledger(&orders, order).updated_at.sort_key();
        assert_eq!(
            known, order.updated_at.0,
            "order {} is known as it is now",
            order.number
        );
    }
}

#[test]
fn failure_21_an_error_inside_a_200_is_no_empty_page() {
    let seller = small(121);
    survives(
        &seller,
        "throttled:orders@1-2;throttled:products@1;throttled:customers@1",
    );
    let report = seller.sync();
    assert_eq!(report.orders, 0, "nothing was left for the next run");
}

#[test]
fn failure_22_what_is_not_permitted_is_said_and_kept() {
    let seller = small(122);
    seller.sync();
    let before = seller.digest();
    seller.market.sim.set_scope("read_orders", false);
    let report = seller.run();
    match &stream(&report, "orders").phase {
        Phase::Skipped { why, .. } => assert_eq!(why.code, NetCode::NotPermitted, "the cause is the right: {why}"),
        other => panic!("orders that may not be read ended as {other:?}"),
    }
    assert_eq!(seller.digest(), before, "what was fetched before stays");
}

#[test]
fn failure_23_an_internal_error_is_repeated_with_less() {
    let seller = small(123);
    survives(&seller, "internal:orders@2-3");
    let sizes = sizes(&seller.market.asked());
    assert!(
        sizes.windows(2).any(|pair| pair[1] < pair[0]),
        "a smaller page was asked for: {sizes:?}"
    );
}

#[test]
fn failure_24_a_heavy_page_is_halved() {
    let seller = small(124);
    survives(&seller, "504:orders@2;500:orders@3");
    let sizes = sizes(&seller.market.asked());
    assert!(
        sizes.windows(2).any(|pair| pair[1] == pair[0] / 2),
        "half a page was asked for: {sizes:?}"
    );
}

#[test]
fn failure_25_shipped_orders_count_as_fulfilled_though_closed() {
    let seller = small(125);
    let closed = |order: &world::Order| order.closed_at.is_some() && !order.fulfillments.is_empty() && !order.test;
    let told = told(&seller);
    assert!(told.iter().any(closed), "the shop has shipped and closed an order");
    seller.sync();
    let orders = seller.orders();
    for order in told.iter().filter(|order| closed(order) && order.cancelled.is_none()) {
        assert!(
            ledger(&orders, order).first_ship.is_some(),
            "order {} has shipped",
            order.number
        );
    }
    seller.is_true();
}

#[test]
fn failure_26_a_token_that_ends_in_the_middle_is_renewed_once() {
    let seller = small(126);
    seller.market.asked();
    survives(&seller, "expire-token:orders@2");
    let grants = seller
        .market
        .asked()
        .iter()
        .filter(|body| body.contains("client_credentials"))
        .count();
    assert_eq!(grants, 1, "one new token, and the run went on");
}

#[test]
fn failure_27_a_lost_right_is_told_and_takes_nothing_away() {
    let seller = Seller::new(spec(127, 80, 1));
    seller.sync();
    let before = seller.orders().len();
    seller.market.sim.set_scope("read_all_orders", false);
    let report = seller.run();
    let told = report
        .notes
        .iter()
        .any(|note| note.code == "scope_lost" && note.message.contains("read_all_orders"));
    assert!(told, "the lost right is named: {:?}", report.notes);
    assert_eq!(seller.orders().len(), before, "orders that are no longer shown stay");
}

#[test]
fn failure_28_lines_keep_title_and_sku_without_their_product() {
    let seller = Seller::new(spec(128, 40, 6));
    seller.sync();
    let asked = seller.market.asked();
    for list in ["locations(", "inventoryLevels("] {
        let all = asked.iter().filter(|body| body.contains(list));
        assert!(
            all.into_iter().all(|body| body.contains("includeInactive: true")),
            "{list} with the inactive ones"
        );
    }
    let orders = seller.orders();
    let orphans = orders
        .iter()
        .flat_map(|order| &order.lines)
        .filter(|line| line.product.is_none());
    assert!(orphans.clone().count() > 0, "a line is of no product");
    assert!(
        orphans.into_iter().all(|line| !line.title.is_empty()),
        "it keeps its title"
    );
}

#[test]
fn failure_29_ids_are_exact_at_any_size() {
    let seller = small(129);
    seller.sync();
    let orders = seller.orders();
    let mut beyond = 0;
    for order in told(&seller) {
        let known = ledger(&orders, &order);
        for line in order.lines.iter().filter(|line| line.id > 1 << 53) {
            beyond += 1;
            let key = line.id.to_string();
            assert!(
                known.lines.iter().any(|known| known.key == key),
                "line {key} is known by its own number"
            );
        }
    }
    assert!(beyond > 0, "the shop has numbers beyond 2^53");
}

#[test]
fn failure_30_another_shop_that_answers_is_not_mixed_in() {
    let seller = small(130);
    seller.sync();
    let before = seller.digest();
    seller.market.advance(2);
    for (plan, code) in [
        ("wrong-shop@*", Code::Invalid),
        ("redirect=other.myshopify.com@*", Code::NeedsReconnect),
    ] {
        seller.market.faults(plan);
        let ended = seller.try_sync(Options::default(), Cancel::default());
        assert_eq!(
            ended.expect_err("another shop is an error").code,
            code,
            "the user hears of it under {plan}"
        );
        assert_eq!(seller.digest(), before, "nothing of it is stored under {plan}");
    }
}

#[test]
fn failure_31_an_ignored_filter_stores_nothing() {
    let seller = small(131);
    seller.market.asked();
    seller.market.faults("search-warning:orders@*");
    let report = seller.run();
    assert!(
        matches!(stream(&report, "orders").phase, Phase::Failed { .. }),
        "orders ended with an error"
    );
    assert_eq!(seller.orders().len(), 0, "nothing of a page with a warning is stored");
    for body in seller.market.asked().iter().filter(|body| body.contains("updated_at:")) {
        assert!(
            !body.contains("updated_at:>=2") && !body.contains("updated_at:<2"),
            "moments are quoted: {body}"
        );
    }
    survives(&seller, "");
}

#[test]
fn failure_32_an_older_version_that_answers_is_told() {
    let seller = small(132);
    seller.market.faults("old-version@*");
    let report = seller.run();
    assert!(
        report.notes.iter().any(|note| note.code == "api_version"),
        "the user hears of it: {:?}",
        report.notes
    );
    let runs = seller
        .profile()
        .store()
        .read_blocking(|r| r.runs(None, 1))
        .expect("a readable ledger");
    assert!(
        runs[0].progress.to_string().contains("api_version"),
        "and it is kept with the run"
    );
    let note = report
        .notes
        .iter()
        .find(|note| note.code == "api_version")
        .expect("it is told");
    assert!(
        note.hint.contains("connections set") && note.hint.contains("--interface-version"),
        "the advice names what there is: {note:?}"
    );
}
