//! The oracle by way of a sync: what the program fetched from an account at Amazon by itself equals the truth, and stays equal.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;

use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::sync::{Cancel, Options, Phase};
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::WorldSpec;
use countinghouse_sim::world::amazon::{AmazonOrder, AmazonSpec, Marketplace};

use super::oracle::Truth;
use crate::market::{Market, Seller};
use crate::oracle::spec;

/// How far back the interface is asked for orders; older ones are told by reports, which do not know parcels.
const REACH: i64 = 30 * 86_400;

/// An account that is synced.
struct Synced {
    seller: Seller,
    markets: &'static [Marketplace],
    /// Spans of time whose changes of orders were told by reports only.
    reported: RefCell<Vec<Range<i64>>>,
    /// When it was synced last.
    last: Cell<i64>,
}

impl Synced {
    /// An account of `days` of history, connected. Life goes on while it is read, so that reading must not take long: this Amazon
    /// answers as fast as it can.
    fn new(seed: u64, days: u32, per_day: u64, region: Region) -> Synced {
        let account = Account {
            speed: 10_000,
            report_times: (0, 0),
            kiosk_times: (0, 0),
            ..Account::default()
        };
        let world = WorldSpec {
            products: 12,
            ..spec(seed, days, 1)
        };
        let orders = AmazonSpec::new(u64::from(days) * per_day);
        let mut seller = Seller::disconnected(Market::selling(world, orders, account));
        seller.connect_amazon(region).expect("the account lets its app in");
        let markets = match region {
            Region::NorthAmerica => &[Marketplace::Us][..],
            Region::Europe => &[Marketplace::Uk, Marketplace::De],
            Region::FarEast => &[Marketplace::Jp],
        };
        Synced {
            seller,
            markets,
            reported: RefCell::default(),
            last: Cell::new(i64::MIN),
        }
    }

    /// A run that must end well, in every stream.
    fn sync(&self) {
        self.begins();
        self.seller.sync();
    }

    /// A run begins: what lies between it and the last one, and is not in the interface's reach, comes by report.
    fn begins(&self) {
        let now = self.seller.market.sim.world().now().0;
        let gap = self.last.replace(now)..now - REACH;
        if gap.start < gap.end {
            self.reported.borrow_mut().push(gap);
        }
    }

    /// Every day, metric and definition of every marketplace is as it truly was.
    fn is_true(&self) {
        let world = self.seller.market.sim.world();
        for market in self.markets {
            let mut truth = Truth {
                world: world.clone(),
                market: *market,
                without_parcels: BTreeSet::new(),
            };
            let reported = self.reported.borrow();
            let by_report = |order: &AmazonOrder| reported.iter().any(|span| span.contains(&order.updated_at.0));
            let old = truth.orders().into_iter().filter(by_report);
            truth.without_parcels = old.map(|order| order.id).collect();
            truth.holds(self.seller.profile(), self.markets.len() == 1);
        }
    }

    /// A run in which nothing happened stores nothing.
    fn another_run_writes_nothing(&self) {
        let before = self.seller.digest();
        let report = self.seller.sync();
        for stream in &report.streams {
            assert_eq!(
                (stream.new, stream.changed),
                (0, 0),
                "{} stored nothing of {}",
                stream.stream,
                stream.read
            );
        }
        assert_eq!(report.orders, 0, "no order is another now");
        assert_eq!(self.seller.digest(), before, "the ledger is as it was");
    }

    /// Synced today, again at once, and again after so many days each time: always the truth.
    fn follows_the_truth<const N: usize>(&self, later: [u64; N]) {
        self.sync();
        self.is_true();
        self.another_run_writes_nothing();
        for days in later {
            self.seller.market.pass(days);
            self.sync();
            self.is_true();
        }
    }
}

#[test]
fn a_synced_account_equals_the_truth_today_and_on_the_days_that_follow() {
    let synced = Synced::new(41, 100, 12, Region::NorthAmerica);
    synced.follows_the_truth([1, 2, 9, 40]);
    let before = synced.seller.digest();
    synced
        .seller
        .profile()
        .rebuild()
        .expect("made again from the raw records");
    assert_eq!(synced.seller.digest(), before, "a rebuild changes nothing");
    synced.is_true();
}

#[test]
fn several_marketplaces_of_one_account_each_equal_the_truth() {
    let synced = Synced::new(42, 75, 30, Region::Europe);
    synced.follows_the_truth([3]);
}

#[test]
fn an_account_in_yen_equals_the_truth() {
    let synced = Synced::new(43, 75, 60, Region::FarEast);
    synced.follows_the_truth([3]);
}

#[test]
fn an_account_that_fails_in_every_way_comes_to_the_truth() {
    let synced = Synced::new(44, 75, 12, Region::NorthAmerica);
    synced.seller.market.faults(
        "throttled@5;429@9;500@12-13;503@20;html@25;cut@31;cut-body@38;expire-token@45;internal:listTransactions@2;\
cut-gzip:download@1;403:download@3;expire-token:token@2;duplicate:searchOrders@2;empty-page:listTransactions@3",
    );
    // A run can end before its time; the next one goes on.
    synced.begins();
    let mut runs = 0;
    loop {
        runs += 1;
        assert!(runs < 20, "it comes to its end some time");
        let ended = synced.seller.try_sync(Options::default(), Cancel::default());
        if ended.is_ok_and(|report| report.streams.iter().all(|stream| stream.phase == Phase::Done)) {
            break;
        }
        synced.seller.market.wait(std::time::Duration::from_secs(60));
    }
    synced.seller.market.faults("");
    synced.sync();
    synced.is_true();
    synced.another_run_writes_nothing();
}
