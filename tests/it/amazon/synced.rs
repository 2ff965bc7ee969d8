//! An account at Amazon by way of a sync, against the simulated interface.

use std::collections::BTreeSet;

use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::model::Zone;
use countinghouse_core::sync::{Phase, Report};
use countinghouse_sim::amazon::{Options, Role};
use countinghouse_sim::world::amazon::{AmazonSpec, Marketplace, Network};

use crate::market::{Market, Seller, stream};
use crate::oracle::spec;

/// A seller with so many orders at Amazon, whose account there answers as fast as it can.
fn seller(orders: u64) -> Seller {
    let account = Options {
        speed: 1_000,
        ..Options::default()
    };
    Seller::disconnected(Market::selling(spec(3, 120, 2), AmazonSpec::new(orders), account))
}

fn all_done(report: &Report) {
    for stream in &report.streams {
        assert_eq!(stream.phase, Phase::Done, "stream {} is up to date", stream.stream);
    }
}

/// Amazon's own totals of each of the last hundred days are held, whatever the files were that they came in.
fn every_day_has_its_totals(seller: &Seller) {
    let connection = seller.connection;
    for name in ["sales_and_traffic", "order_metrics"] {
        let read = move |r: &countinghouse_core::store::Read<'_>| r.keys_of(connection, name);
        let keys = seller.profile().store().read_blocking(read).expect("a readable ledger");
        let zone: Zone = "America/Los_Angeles".parse().expect("a zone");
        let today = zone.day_of(1_795_000_000);
        let missing: Vec<String> = (3..100)
            .map(|back| today.plus(-back).to_string())
            .filter(|day| !keys.iter().any(|key| key.contains(day.as_str())))
            .collect();
        assert!(
            missing.is_empty(),
            "{name}: no total for {missing:?} of {} keys",
            keys.len()
        );
    }
}

#[test]
fn a_first_sync_brings_every_order_and_a_second_one_asks_little() {
    let mut seller = seller(400);
    let connected = seller
        .connect_amazon(Region::NorthAmerica)
        .expect("the account lets its app in");
    assert_eq!(
        connected.remote.outlets,
        [Marketplace::Us.id()],
        "where it sells in this region"
    );
    assert!(
        connected.identity.account.ends_with(Options::DEMO_SELLER),
        "{}",
        connected.identity.account
    );
    let report = seller.run();
    all_done(&report);
    let held: BTreeSet<String> = seller.orders().into_iter().map(|order| order.key).collect();
    let world = seller.market.sim.world();
    let life = world.amazon().expect("a seller at Amazon");
    let count = life.order_count(Marketplace::Us);
    let missing: Vec<String> = (0..count)
        .filter_map(|index| life.order(Marketplace::Us, index))
        .map(|order| order.id)
        // What Amazon only ships for another shop is none of its sales, and comes by reports alone.
        .filter(|id| !id.starts_with("S01-"))
        .filter(|id| !held.contains(id))
        .collect();
    assert!(count > 20, "there are orders to bring: {count}");
    assert!(
        missing.is_empty(),
        "{} of {count} orders are missing: {missing:?}",
        missing.len()
    );
    every_day_has_its_totals(&seller);
    let before = seller.digest();
    let second = seller.run();
    all_done(&second);
    for stream in &second.streams {
        assert!(
            stream.requests <= 4,
            "{} asked {} times",
            stream.stream,
            stream.requests
        );
    }
    assert_eq!(seller.digest(), before, "nothing is another for being read again");
}

#[test]
fn amazon_failure_19_a_missing_role_leaves_out_its_stream_only() {
    let mut seller = seller(60);
    seller
        .connect_amazon(Region::NorthAmerica)
        .expect("the account lets its app in");
    seller.market.sim.set_amazon_role(Role::Finance, false);
    let report = seller.run();
    assert!(
        matches!(&stream(&report, "finances").phase, Phase::Skipped { why, .. } if why.hint.contains("Finance and Accounting")),
        "{:?}",
        stream(&report, "finances").phase
    );
    assert_eq!(stream(&report, "orders").phase, Phase::Done, "the others go on");
}

#[test]
fn without_the_role_for_finances_what_was_sent_has_an_estimated_day_until_they_are_read() {
    // What the seller sends itself and reports alone tell is dated by its money, and estimated.
    let by_amazon = |seller: &Seller, id: &str| {
        let world = seller.market.sim.world();
        let life = world.amazon().expect("a seller at Amazon");
        life.find(id).is_some_and(|order| order.network == Network::Afn)
    };
    let dated = |seller: &Seller| -> (usize, usize, usize) {
        let sent: Vec<_> = seller
            .orders()
            .into_iter()
            .filter(|o| o.fulfilled && o.priced && by_amazon(seller, &o.key))
            .collect();
        let estimated = sent.iter().filter(|order| order.estimated).count();
        let without = sent.iter().filter(|order| order.first_ship.is_none()).count();
        (sent.len(), estimated, without)
    };
    let account = Options {
        speed: 1_000,
        ..Options::default()
    };
    let market = Market::selling_held(spec(3, 120, 2), AmazonSpec::new(200), account);
    let connected = || {
        let mut seller = Seller::disconnected(std::sync::Arc::clone(&market));
        seller
            .connect_amazon(Region::NorthAmerica)
            .expect("the account lets its app in");
        seller
    };
    let clean = connected();
    clean.sync();
    let (sent, estimated, _) = dated(&clean);
    assert!(
        sent > 20 && estimated == 0,
        "Finances tell the days: {estimated} of {sent}"
    );
    let mut seller = connected();
    market.sim.set_amazon_role(Role::Finance, false);
    seller.run();
    let (sent, estimated, without) = dated(&seller);
    assert!(sent > 20 && estimated > 0, "others are derived: {estimated} of {sent}");
    assert_eq!(without, 0, "what was sold and sent is in accounting");
    let before = seller.digest();
    seller.profile().rebuild().expect("made again from the raw records");
    assert_eq!(seller.digest(), before, "a rebuild says the same");
    market.sim.set_amazon_role(Role::Finance, true);
    seller.restart();
    market.wait(std::time::Duration::from_secs(86_400));
    seller.sync();
    clean.sync();
    assert_eq!(dated(&seller).1, 0, "read again, Finances date all of them");
    let days = |seller: &Seller| -> Vec<_> {
        let all = seller.orders().into_iter();
        all.map(|order| (order.key, order.first_ship)).collect()
    };
    assert_eq!(days(&seller), days(&clean), "as where they were read all along");
}
