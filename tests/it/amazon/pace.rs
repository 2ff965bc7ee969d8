//! How fast an account at Amazon is read at the platform's own limits, on a clock on which waiting takes no time, and what is said
//! of the time that is left.

use std::sync::{Arc, Mutex};

use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::sync::{Event, Options, Phase, StreamProgress};
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::WorldSpec;
use countinghouse_sim::world::amazon::{AmazonSpec, Marketplace};

use crate::market::{Answered, Market, Seller};
use crate::oracle::spec;

const DAY: i64 = 86_400;

/// A connected account with so many orders in so many days, at real speed.
fn account(seed: u64, days: u32, orders: u64, page: usize) -> Seller {
    let world = WorldSpec {
        products: 12,
        ..spec(seed, days, 1)
    };
    let account = Account {
        page,
        ..Account::default()
    };
    let mut seller = Seller::disconnected(Market::selling_held(world, AmazonSpec::new(orders), account));
    seller
        .connect_amazon(Region::NorthAmerica)
        .expect("the account lets its app in");
    seller
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of P6 are read from here")]
fn a_month_is_read_as_fast_as_the_limit_allows_and_hardly_an_answer_says_to_slow_down() {
    // Few transactions to a page, so that money takes far more calls than the bucket holds.
    let seller = account(51, 30, 1_500, 5);
    seller.market.calls();
    let since = Some(seller.market.sim.world().now().0 - 30 * DAY);
    let report = seller.sync_heard(
        Options {
            since,
            // One stream after the other: on this clock the waits of streams side by side would be added up.
            lanes: Some(1),
            ..Options::default()
        },
        |_| {},
    );
    for stream in &report.streams {
        assert_eq!(stream.phase, Phase::Done, "{} is up to date", stream.stream);
    }
    let calls = seller.market.calls();
    let throttled = calls.iter().filter(|call| call.status == 429).count();
    assert!(
        throttled * 1_000 <= calls.len(),
        "P6: {throttled} of {} answers say to slow down",
        calls.len()
    );
    assert_eq!(
        throttled, 0,
        "what connecting has asked for counts: the first sync runs into no limit"
    );
    // Rate and burst of listTransactions by the contract (section 3.1).
    let (rate_a_thousand_seconds, burst) = (500, 10);
    let money: Vec<&Answered> = calls
        .iter()
        .filter(|call| call.path.ends_with("/transactions"))
        .collect();
    let (first, last) = (money.first().expect("calls").at, money.last().expect("calls").at);
    let offered = burst + (last - first) * rate_a_thousand_seconds / 1_000_000;
    let used = i64::try_from(money.len()).expect("a number");
    println!(
        "P6 Amazon: {used} of {offered} calls in {} s, {throttled} throttled",
        (last - first) / 1_000
    );
    assert!(
        used > burst * 10,
        "a backlog is far more than the bucket holds: {used} calls"
    );
    assert!(
        used * 10 >= offered * 9,
        "P6: {used} of {offered} calls that the limit allows were used"
    );
}

#[test]
fn the_estimate_of_a_first_load_is_honest() {
    let seller = account(52, 700, 2_000, 100);
    let world = seller.market.sim.world();
    let life = world.amazon().expect("a seller at Amazon");
    let sold = (0..life.order_count(Marketplace::Us)).filter_map(|index| life.order(Marketplace::Us, index));
    let sold = sold.filter(|order| !order.copy).count() as u64;
    let heard: Arc<Mutex<Vec<(i64, StreamProgress)>>> = Arc::default();
    let (notes, market) = (Arc::clone(&heard), Arc::clone(&seller.market));
    let options = Options {
        // As above; otherwise the estimate would be held against waits that no user has.
        lanes: Some(1),
        ..Options::default()
    };
    seller.sync_heard(options, move |event| {
        if let Event::Progress(progress) = event
            && progress.stream == "orders"
        {
            let now = market.sim.now().timestamp();
            notes.lock().expect("a lock").push((now, progress));
        }
    });
    let heard = heard.lock().expect("a lock");
    let ended = heard.last().expect("progress is told").0;
    let told: Vec<(i64, u64, i64)> = heard
        .iter()
        .filter_map(|(at, p)| Some((*at, p.total?, i64::try_from(p.seconds_left?).ok()?)))
        .collect();
    let first = told.first().expect("an estimate is given");
    let whole = ended - first.0;
    assert!(whole > 600, "the load takes its time: {whole} s");
    for (at, total, left) in &told {
        assert!(
            total * 20 >= sold * 19 && *total * 20 <= sold * 21,
            "about {total} orders are announced, there are {sold}"
        );
        let really = ended - at;
        // Near the end a minute more or less is no lie.
        assert!(
            (left - really).abs() <= (really / 2).max(180),
            "{left} s are announced {really} s before the end of {whole}"
        );
    }
}
