//! The suite that every connector passes, over a description of its channel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use countinghouse_core::app::{ApiError, Code};
use countinghouse_core::model::Order;
use countinghouse_core::net::Code as NetCode;
use countinghouse_core::store::Issue;
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
    /// Members of an order without which it cannot be counted, at any depth.
    essential: &'static [&'static str],
    /// A member of an order that no figure hangs on.
    spare: &'static str,
    /// Members with a word of a closed list that no figure hangs on.
    idle_words: &'static [&'static str],
    /// The same where a figure does.
    telling_words: &'static [&'static str],
    /// Where an answer holds its orders.
    place: &'static str,
    /// A connected profile over a seller.
    connect: fn(WorldSpec) -> Seller,
}

const CHANNELS: &[ChannelUnderTest] = &[ChannelUnderTest {
    orders: "orders",
    page: 50,
    right: "read_orders",
    essential: &[
        "id",
        "processedAt",
        "updatedAt",
        "test",
        "taxesIncluded",
        "currencyCode",
        "sourceName",
        "totalPriceSet",
        "lineItems",
        "lineItems.quantity",
        "lineItems.isGiftCard",
        "shippingLines",
        "shippingLines.originalPriceSet",
        "agreements",
        "agreements.happenedAt",
        "agreements.sales",
        "sales.lineType",
        "sales.totalAmount",
        "fulfillments",
        "fulfillments.createdAt",
        "fulfillments.fulfillmentLineItems",
        "refunds",
        "refunds.restockType",
        "refunds.subtotalSet",
        "refunds.orderAdjustments",
        "transactions",
        "transactions.status",
        "transactions.fees",
    ],
    spare: "closedAt",
    idle_words: &[
        "displayFinancialStatus",
        "displayFulfillmentStatus",
        "transactions.kind",
    ],
    telling_words: &[
        "agreements.reason",
        "sales.actionType",
        "sales.lineType",
        "refunds.restockType",
        "fulfillments.status",
        "transactions.status",
    ],
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

/// Takes note of the answers that refuse the token.
fn refusals(seller: &Seller) -> Arc<AtomicU32> {
    let count = Arc::new(AtomicU32::new(0));
    let counting = Arc::clone(&count);
    seller.market.tamper(move |_, body| {
        if String::from_utf8_lossy(&body).contains("Invalid API key or access token") {
            counting.fetch_add(1, Ordering::Relaxed);
        }
        body
    });
    count
}

#[test]
fn a_removed_app_asks_to_connect_again_and_loses_nothing() {
    every(|channel| {
        let seller = channel.with(channel.page);
        seller.sync();
        let before = seller.digest();
        let refused = refusals(&seller);
        seller.market.sim.set_installed(false);
        let error = channel.ends(&seller, "");
        assert_eq!(
            refused.load(Ordering::Relaxed),
            1,
            "the platform refused the token, and was not asked with it again"
        );
        assert_eq!(
            error.code,
            Code::NeedsReconnect,
            "the next step is to connect again: {error:?}"
        );
        assert!(
            error.message.contains("not installed")
                && error.hint.as_deref().is_some_and(|hint| hint.contains("nstall")),
            "and it is said what to do: {error:?}"
        );
        assert_eq!(seller.digest(), before, "what was fetched stays");
        let error = seller.connect().expect_err("it is still removed");
        assert!(
            error.message.contains("install") || error.hint.is_some_and(|hint| hint.contains("nstall")),
            "that the app is not installed is said: {}",
            error.message
        );
        seller.market.sim.set_installed(true);
        assert_eq!(
            seller.connect().expect("connected again"),
            seller.connection,
            "it is the same connection"
        );
        seller.market.advance(1);
        let report = seller.sync();
        assert!(
            stream(&report, channel.orders).new < channel.page / 2,
            "it goes on where it stood"
        );
        channel.settled(&seller);
    });
}

#[test]
fn an_app_that_is_removed_in_the_middle_of_the_load_goes_on_there_when_it_is_back() {
    every(|channel| {
        let seller = channel.with(5 * channel.page);
        let (market, place, mut pages) = (Arc::downgrade(&seller.market), channel.place, 0);
        seller.market.tamper(move |_, body| {
            let page = serde_json::from_slice::<Value>(&body).ok();
            let full = page.and_then(|page| {
                page.pointer(place)
                    .and_then(Value::as_array)
                    .map(|nodes| nodes.len() > 5)
            });
            pages += u32::from(full == Some(true));
            if pages == 2 {
                market.upgrade().expect("the market").sim.set_installed(false);
            }
            body
        });
        let error = channel.ends(&seller, "");
        assert_eq!(error.code, Code::NeedsReconnect, "it ends in the middle: {error:?}");
        let held = seller.orders().len() as u64;
        assert!(held > channel.page, "with what had come by then: {held} orders");
        seller.market.tamper(|_, body| body);
        seller.market.sim.set_installed(true);
        seller.connect().expect("connected again");
        let report = seller.sync();
        let all = seller.orders().len() as u64;
        assert!(
            stream(&report, channel.orders).new <= all - held && all > held,
            "no order that was held came anew: {} of {all} with {held} held",
            stream(&report, channel.orders).new
        );
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

/// A run in which some orders came spoiled, beside one in which all came whole.
struct Spoiled<'a> {
    seller: Seller,
    /// The orders as they should be, by key.
    whole: &'a BTreeMap<String, Order>,
}

impl<'a> Spoiled<'a> {
    fn by(channel: &ChannelUnderTest, fault: &str, whole: &'a BTreeMap<String, Order>) -> Spoiled<'a> {
        let seller = channel.with(channel.page);
        seller.market.faults(&format!("{fault}:{}@1-9", channel.orders));
        let report = seller.run();
        assert_eq!(
            stream(&report, channel.orders).phase,
            Phase::Done,
            "the sync goes on under {fault}"
        );
        Spoiled { seller, whole }
    }

    /// The issues, of which there is at least one, each of one code and naming `word`, with the raw record kept.
    fn told(&self, fault: &str, code: &str, word: &str) -> Vec<Issue> {
        let issues = self.seller.issues();
        assert!(!issues.is_empty(), "{fault} is told");
        for issue in &issues {
            let about = &issue.about;
            assert!(
                about.code == code && about.message.contains(word),
                "{fault} is told by its name: {about:?}"
            );
            let raw = about.raw.expect("the record is kept");
            let kept = self.seller.profile().store().read_blocking(move |r| r.raw(raw));
            let kept = kept.expect("the raw record").record;
            assert!(
                kept.key == about.record && !kept.bytes.is_empty(),
                "{fault} leaves the record as it came"
            );
        }
        issues
    }

    /// The orders that came whole are as they should be; answers the keys of the others.
    fn untouched(&self, fault: &str, issues: &[Issue]) -> Vec<String> {
        let orders = plain(&self.seller);
        let named: BTreeSet<&str> = issues.iter().map(|issue| issue.about.record.as_str()).collect();
        let other = |key: &&String| orders.get(*key) != self.whole.get(*key);
        let others: Vec<String> = self.whole.keys().filter(other).cloned().collect();
        assert!(
            others.len() <= named.len(),
            "under {fault} no order but those of {named:?} is another: {others:?}"
        );
        assert!(
            orders.keys().all(|key| self.whole.contains_key(key)),
            "under {fault} no order is made up"
        );
        others
    }

    /// The whole records mend it.
    fn mended(self, channel: &ChannelUnderTest, fault: &str) {
        self.seller.market.faults("");
        let full = Options {
            full: true,
            ..Options::default()
        };
        self.seller.try_sync(full, Cancel::default()).expect("a full run");
        channel.settled(&self.seller);
        assert_eq!(
            self.seller.issues(),
            [],
            "the whole records settle the issues of {fault}"
        );
    }
}

/// The orders of a run in which all came whole.
fn whole(channel: &ChannelUnderTest) -> BTreeMap<String, Order> {
    let seller = channel.with(channel.page);
    seller.sync();
    plain(&seller)
}

/// The orders of the ledger by key, in a form that does not depend on the numbers of their raw records.
fn plain(seller: &Seller) -> BTreeMap<String, Order> {
    let orders = seller.orders().into_iter().map(|mut order| {
        order.raws.clear();
        (order.key.clone(), order)
    });
    orders.collect()
}

#[test]
fn a_broken_record_is_set_aside_with_its_reason_and_the_others_come() {
    every(|channel| {
        let (fault, whole) = ("broken-amount", whole(channel));
        let spoiled = Spoiled::by(channel, fault, &whole);
        let issues = spoiled.told(fault, "not_an_amount", "not-a-number");
        let others = spoiled.untouched(fault, &issues);
        assert_eq!(others.len(), issues.len(), "each order of an issue is left out");
        let orders = plain(&spoiled.seller);
        assert!(
            others.iter().all(|key| !orders.contains_key(key)),
            "nothing is guessed of them"
        );
        spoiled.mended(channel, fault);
    });
}

#[test]
fn a_record_without_an_essential_member_is_set_aside_with_its_name() {
    every(|channel| {
        let whole = whole(channel);
        for member in channel.essential {
            let fault = format!("missing-field={member}");
            let spoiled = Spoiled::by(channel, &fault, &whole);
            let name = member.rsplit('.').next().unwrap_or(member);
            let issues = spoiled.told(&fault, "missing_field", name);
            let others = spoiled.untouched(&fault, &issues);
            assert_eq!(
                others.len(),
                issues.len(),
                "under {fault} as many orders lack as are told"
            );
            let orders = plain(&spoiled.seller);
            assert!(
                others.iter().all(|key| !orders.contains_key(key)),
                "under {fault} nothing is guessed"
            );
            // What is inside a member mends as the member does.
            if !member.contains('.') {
                spoiled.mended(channel, &fault);
            }
        }
        let fault = format!("missing-field={}", channel.spare);
        let spoiled = Spoiled::by(channel, &fault, &whole);
        assert_eq!(spoiled.seller.issues(), [], "{fault} is no matter");
        assert_eq!(&plain(&spoiled.seller), spoiled.whole, "{fault} changes no order");
        spoiled.mended(channel, &fault);
    });
}

#[test]
fn a_word_nobody_knows_is_told_and_never_silently_in_a_figure() {
    every(|channel| {
        let whole = whole(channel);
        let name = |member: &'static str| member.rsplit('.').next().unwrap_or(member);
        for member in channel.idle_words {
            let fault = format!("unknown-enum={member}");
            let spoiled = Spoiled::by(channel, &fault, &whole);
            spoiled.told(&fault, "unknown_value", &format!("{} = SOMETHING_NEW", name(member)));
            // No figure hangs on it.
            spoiled.seller.is_true();
            spoiled.mended(channel, &fault);
        }
        for member in channel.telling_words {
            let fault = format!("unknown-enum={member}");
            let spoiled = Spoiled::by(channel, &fault, &whole);
            let issues = spoiled.told(&fault, "unknown_value", &format!("{} = SOMETHING_NEW", name(member)));
            spoiled.untouched(&fault, &issues);
            let orders = plain(&spoiled.seller);
            for issue in &issues {
                let marked = orders.get(&issue.about.record).map(|order| order.incomplete);
                assert_eq!(marked, Some(true), "under {fault} the order is kept, and marked");
            }
            spoiled.mended(channel, &fault);
        }
    });
}

#[test]
fn a_broken_change_takes_nothing_away_and_is_told_however_often_it_comes() {
    every(|channel| {
        for member in channel.essential.iter().filter(|member| !member.contains('.')) {
            let seller = channel.with(channel.page);
            seller.sync();
            let known = seller.orders().len();
            let place = channel.place;
            seller.market.tamper(move |_, body| without(&body, place, member));
            for _ in 0..2 {
                let then = seller.market.sim.world().now();
                seller.market.advance(3);
                seller.run();
                let issues = seller.issues();
                let named = issues
                    .iter()
                    .filter(|issue| issue.about.code == "missing_field" && issue.about.message.contains(member));
                let named: BTreeSet<String> = named.map(|issue| issue.about.record.clone()).collect();
                let world = seller.market.sim.world();
                let changed: BTreeSet<String> = (0..world.order_count())
                    .filter_map(|index| world.order(index))
                    .filter(|order| order.updated_at > then)
                    .map(|order| order.id.to_string())
                    .collect();
                assert!(!changed.is_empty(), "orders changed in those days");
                match *member {
                    "id" => assert!(named.len() >= changed.len(), "each change without an id is told"),
                    _ => assert!(
                        named.is_superset(&changed),
                        "each change without {member} is told: {named:?} of {changed:?}"
                    ),
                }
                assert!(seller.orders().len() >= known, "without {member} no order goes away");
            }
            seller.market.tamper(|_, body| body);
            let full = Options {
                full: true,
                ..Options::default()
            };
            seller.try_sync(full, Cancel::default()).expect("a full run");
            channel.settled(&seller);
            assert_eq!(seller.issues(), [], "the whole records settle the issues");
        }
    });
}

/// An answer whose orders lack a member.
fn without(body: &Bytes, place: &str, member: &str) -> Bytes {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    let nodes = answer.pointer_mut(place).and_then(Value::as_array_mut);
    for node in nodes.into_iter().flatten().filter_map(Value::as_object_mut) {
        node.remove(member);
    }
    Bytes::from(answer.to_string())
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
