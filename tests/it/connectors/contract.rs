//! The suite that every connector passes, over a description of its channel.

use bytes::Bytes;
use countinghouse_core::app::{ApiError, Code};
use countinghouse_core::net::Code as NetCode;
use countinghouse_core::sync::{Cancel, Options, Phase, Report};
use countinghouse_sim::world::WorldSpec;
use serde_json::Value;

use crate::market::{Market, Seller, shop, stream};
use crate::oracle::spec;

/// What the suite must know of a channel: the streams and the words of its fault plans.
struct ChannelUnderTest {
    /// Stream of the orders, and the target that fault plans know it by.
    orders: &'static str,
    /// Orders on the first page.
    page: u64,
    /// The right without which no orders are to be had.
    right: &'static str,
    /// Member of an order that the rest of the record makes up for where it is missing.
    spare: &'static str,
    /// Member with a word of a closed list.
    word: &'static str,
    /// Where an answer holds its orders.
    place: &'static str,
    /// A connected profile over a seller.
    connect: fn(WorldSpec) -> Seller,
}

const CHANNELS: &[ChannelUnderTest] = &[ChannelUnderTest {
    orders: "orders",
    page: 50,
    right: "read_orders",
    spare: "processedAt",
    word: "displayFinancialStatus",
    place: "/data/orders/nodes",
    connect: |spec| Seller::of(Market::new(spec, shop())),
}];

impl ChannelUnderTest {
    /// A seller with so many orders in all.
    fn with(&self, orders: u64) -> Seller {
        (self.connect)(WorldSpec {
            orders,
            ..spec(301, 15, 0)
        })
    }

    /// Syncs under a plan of faults for the orders, after which the ledger must equal the truth and need nothing more.
    fn survives(&self, orders: u64, plan: &str) -> Report {
        let seller = self.with(orders);
        seller.market.faults(&plan.replace(":it", &format!(":{}", self.orders)));
        let report = seller.sync();
        self.settled(&seller);
        report
    }

    /// The ledger equals the truth, every order is there once, and another run stores nothing.
    fn settled(&self, seller: &Seller) {
        seller.market.faults("");
        seller.is_true();
        let world = seller.market.sim.world();
        let told = (0..world.order_count())
            .filter(|index| world.order(*index).is_some())
            .count();
        assert_eq!(seller.orders().len(), told, "every order once");
        let before = seller.digest();
        let again = seller.sync();
        let stored: u64 = again.streams.iter().map(|stream| stream.new + stream.changed).sum();
        assert_eq!((stored, again.orders), (0, 0), "a second run stores nothing");
        assert_eq!(seller.digest(), before, "and changes nothing");
    }

    /// A run that ends with an error of the whole connection.
    fn ends(&self, seller: &Seller, plan: &str) -> ApiError {
        seller.market.faults(&plan.replace(":it", &format!(":{}", self.orders)));
        seller
            .try_sync(Options::default(), Cancel::default())
            .expect_err("the run cannot go on")
    }
}

fn every(test: impl Fn(&ChannelUnderTest)) {
    CHANNELS.iter().for_each(test);
}

#[test]
fn an_empty_account_is_no_error() {
    every(|channel| {
        let seller = channel.with(0);
        let report = seller.sync();
        assert_eq!(stream(&report, channel.orders).new, 0, "there is nothing to read");
        channel.settled(&seller);
    });
}

#[test]
fn one_record_is_read() {
    every(|channel| {
        channel.survives(1, "");
    });
}

#[test]
fn pages_end_well_at_their_boundary_and_around_it() {
    every(|channel| {
        for orders in [channel.page - 1, channel.page, channel.page + 1] {
            channel.survives(orders, "");
        }
    });
}

#[test]
fn many_pages_are_read() {
    every(|channel| {
        let report = channel.survives(6 * channel.page, "");
        assert!(stream(&report, channel.orders).requests > 2, "it took several pages");
    });
}

#[test]
fn pages_that_are_repeated_or_shifted_double_nothing() {
    every(|channel| {
        for fault in ["repeat-page:it@3", "shift-page:it@3", "duplicate:it@2-4"] {
            channel.survives(5 * channel.page, fault);
        }
    });
}

#[test]
fn a_cursor_that_never_ends_is_noticed() {
    every(|channel| {
        let seller = channel.with(2 * channel.page);
        seller.market.faults(&format!("endless:{}@*", channel.orders));
        let report = seller.run();
        let ended = stream(&report, channel.orders);
        assert!(ended.requests < 100, "it asked {} times and stopped", ended.requests);
        // Whatever the run made of it, the next one without the fault comes to the truth.
        seller.market.faults("");
        seller.sync();
        channel.settled(&seller);
    });
}

#[test]
fn being_told_to_slow_down_is_waited_out() {
    every(|channel| {
        for fault in ["429=4.0:it@2-4", "429:it@2-4", "throttled:it@2-4"] {
            channel.survives(3 * channel.page, fault);
        }
    });
}

#[test]
fn outages_that_pass_are_waited_out() {
    every(|channel| {
        for fault in [
            "500:it@2-3",
            "502:it@2-5",
            "503:it@1-4",
            "504:it@2",
            "cut:it@2-4",
            "internal:it@2-3",
        ] {
            channel.survives(2 * channel.page, fault);
        }
    });
}

#[test]
fn an_outage_that_stays_ends_the_stream_and_the_next_run_goes_on() {
    every(|channel| {
        let seller = channel.with(2 * channel.page);
        seller.market.faults(&format!("503:{}@2+", channel.orders));
        let report = seller.run();
        match &stream(&report, channel.orders).phase {
            Phase::Failed { why } => assert_eq!(why.code, NetCode::RefusedByChannel, "the platform's fault: {why}"),
            other => panic!("a platform that is down left the stream at {other:?}"),
        }
        seller.market.faults("");
        seller.sync();
        channel.settled(&seller);
    });
}

#[test]
fn a_token_that_expires_in_the_middle_is_renewed() {
    every(|channel| {
        channel.survives(3 * channel.page, "expire-token:it@2");
    });
}

#[test]
fn a_revoked_installation_asks_to_connect_again_and_loses_nothing() {
    every(|channel| {
        let seller = channel.with(channel.page);
        seller.sync();
        let before = seller.digest();
        seller.market.advance(1);
        let error = channel.ends(&seller, "401:api@*");
        assert_eq!(
            error.code,
            Code::NeedsReconnect,
            "the next step is to connect again: {error:?}"
        );
        assert!(error.hint.is_some(), "and it is said");
        assert_eq!(seller.digest(), before, "what was fetched stays");
        seller.market.faults("");
        seller.connect().expect("connected again");
        seller.sync();
        channel.settled(&seller);
    });
}

#[test]
fn a_right_that_is_lost_leaves_what_is_stored() {
    every(|channel| {
        let seller = channel.with(channel.page);
        seller.sync();
        let before = seller.digest();
        seller.market.sim.set_scope(channel.right, false);
        let report = seller.run();
        assert!(
            matches!(&stream(&report, channel.orders).phase, Phase::Skipped { why, .. } if why.code == NetCode::NotPermitted),
            "the stream is left out, and the reason is the right"
        );
        assert_eq!(seller.digest(), before, "no order is taken away");
        seller.market.sim.set_scope(channel.right, true);
        seller.sync();
        channel.settled(&seller);
    });
}

#[test]
fn answers_that_are_no_answers_are_asked_for_again() {
    every(|channel| {
        for fault in ["html:it@2-3", "cut-body:it@2-3", "cut-gzip:it@2-3"] {
            channel.survives(2 * channel.page, fault);
        }
    });
}

/// A record spoiled on its first way in is set aside with a reason or taken with a mark; the others come, and the whole one
/// mends it.
fn spoiled(channel: &ChannelUnderTest, fault: &str) {
    let seller = channel.with(channel.page / 2);
    seller.market.faults(&format!("{fault}:{}@1-9", channel.orders));
    seller.run();
    let (orders, issues) = (seller.orders().len(), seller.issues().len());
    let whole = channel.with(channel.page / 2);
    whole.sync();
    let all = whole.orders().len();
    assert!(
        orders + 1 >= all,
        "under {fault} the other orders are there: {orders} of {all}"
    );
    // A word that nobody knows is shown as it is; where no figure hangs on it there is nothing to report.
    if issues == 0 {
        seller.is_true();
    }
    seller.market.faults("");
    let full = Options {
        full: true,
        ..Options::default()
    };
    seller.try_sync(full, Cancel::default()).expect("a full run");
    channel.settled(&seller);
    assert_eq!(
        seller.issues().len(),
        0,
        "the whole record settles the issue of {fault}"
    );
}

#[test]
fn a_broken_record_is_set_aside_and_the_others_come() {
    every(|channel| spoiled(channel, "broken-amount"));
}

#[test]
fn a_member_nobody_knows_and_one_that_is_missing_stop_nothing() {
    every(|channel| {
        spoiled(channel, &format!("unknown-enum={}", channel.word));
        spoiled(channel, &format!("missing-field={}", channel.spare));
    });
}

#[test]
fn equal_moments_and_large_ids_lose_no_record() {
    every(|channel| {
        let seller = channel.with(3 * channel.page);
        let place = channel.place;
        seller.market.tamper(move |_, body| same_moment(&body, place));
        seller.sync();
        let (mut keys, orders): (Vec<_>, _) = {
            let orders = seller.orders();
            (orders.iter().map(|order| order.key.clone()).collect(), orders)
        };
        keys.sort();
        keys.dedup();
        let world = seller.market.sim.world();
        let told = (0..world.order_count()).filter_map(|index| world.order(index));
        let mut theirs: Vec<_> = told.map(|order| order.id.to_string()).collect();
        theirs.sort();
        assert_eq!(keys, theirs, "every order of one second, once");
        let large = orders
            .iter()
            .flat_map(|order| &order.lines)
            .filter_map(|line| line.key.parse::<u64>().ok());
        assert!(
            large.into_iter().any(|id| id > 1 << 53),
            "with numbers beyond 2^53 among them"
        );
    });
}

/// An answer whose orders all changed in one second.
fn same_moment(body: &Bytes, place: &str) -> Bytes {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    for node in answer
        .pointer_mut(place)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if node.get("updatedAt").is_some() {
            node["updatedAt"] = "2026-11-18T09:00:00Z".into();
        }
    }
    Bytes::from(answer.to_string())
}

#[test]
fn a_restart_after_every_step_comes_to_the_same_end() {
    every(|channel| {
        let whole = channel.with(channel.page);
        whole.sync();
        let mut seller = channel.with(channel.page);
        for runs in 1.. {
            assert!(runs < 100, "it ends some time");
            seller.market.faults(&format!("402@{}+", runs + 1));
            let ended = seller.try_sync(Options::default(), Cancel::default());
            seller.restart();
            if ended.is_ok_and(|report| report.failure().is_none()) {
                break;
            }
        }
        assert_eq!(seller.digest(), whole.digest(), "as in one run");
        channel.settled(&seller);
    });
}
