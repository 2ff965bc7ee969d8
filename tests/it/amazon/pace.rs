//! How fast an account at Amazon is read at the platform's own limits, on a clock on which waiting takes no time, and what is said
//! of the time that is left.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use countinghouse_core::clock::{Clock, Pending, SteppedClock};
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

/// Rate of listTransactions in a thousand seconds, and its burst, by the contract (section 3.1).
const RATE: i64 = 500;
const BURST: i64 = 10;

/// How many of the calls that the limit allowed between the first and the last of these there are.
fn used_of_offered(money: &[&Answered]) -> (i64, i64) {
    let (first, last) = (money.first().expect("calls").at, money.last().expect("calls").at);
    let used = i64::try_from(money.len()).expect("a number");
    (used, BURST + (last - first) * RATE / 1_000_000)
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
    let money: Vec<&Answered> = calls
        .iter()
        .filter(|call| call.path.ends_with("/transactions"))
        .collect();
    let (used, offered) = used_of_offered(&money);
    println!("P6 Amazon: {used} of {offered} calls, {throttled} throttled");
    assert!(
        used > BURST * 10,
        "a backlog is far more than the bucket holds: {used} calls"
    );
    assert!(
        used * 10 >= offered * 9,
        "P6: {used} of {offered} calls that the limit allows were used"
    );
}

/// A clock for streams that are read side by side: time goes on when all of them wait, to the first moment that one of them waits
/// for. Which streams are at work is heard from the run.
struct Lanes {
    clock: Arc<SteppedClock>,
    state: Mutex<Waits>,
}

#[derive(Default)]
struct Waits {
    at_work: BTreeSet<&'static str>,
    /// Who waits, until which millisecond.
    asleep: BTreeMap<u64, (i64, Option<Waker>)>,
    number: u64,
}

impl Lanes {
    fn hear(&self, progress: &StreamProgress) {
        let mut state = self.state.lock().expect("a lock");
        match progress.phase {
            Phase::Queued => false,
            Phase::Working | Phase::Waiting { .. } => state.at_work.insert(progress.stream),
            Phase::Done | Phase::Skipped { .. } | Phase::Failed { .. } => state.at_work.remove(progress.stream),
        };
        self.go_on(&mut state);
    }

    fn go_on(&self, state: &mut Waits) {
        if state.asleep.len() < state.at_work.len().max(1) {
            return;
        }
        let first = state.asleep.values().map(|(until, _)| *until).min().unwrap_or_default();
        let left = u64::try_from(first - self.clock.now_millis()).unwrap_or(0);
        self.clock.advance(Duration::from_millis(left));
        let now = self.clock.now_millis();
        state.asleep.retain(|_, (until, waker)| {
            let waits = *until > now;
            if let Some(waker) = waker.take_if(|_| !waits) {
                waker.wake();
            }
            waits
        });
    }
}

impl Clock for Lanes {
    fn now_millis(&self) -> i64 {
        self.clock.now_millis()
    }

    fn sleep(&self, time: Duration) -> Pending<'_, ()> {
        let mut state = self.state.lock().expect("a lock");
        let until = self.now_millis() + i64::try_from(time.as_millis()).expect("a while");
        state.number += 1;
        let number = state.number;
        state.asleep.insert(number, (until, None));
        self.go_on(&mut state);
        Box::pin(poll_fn(move |context| {
            let mut state = self.state.lock().expect("a lock");
            match state.asleep.get_mut(&number) {
                Some((_, waker)) => {
                    *waker = Some(context.waker().clone());
                    Poll::Pending
                }
                None => Poll::Ready(()),
            }
        }))
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of P6 are read from here")]
fn streams_side_by_side_use_the_limit_as_well_and_take_no_longer_than_the_slowest() {
    let mut seller = account(51, 30, 1_500, 5);
    let lanes = Arc::new(Lanes {
        clock: seller.market.clock(),
        state: Mutex::default(),
    });
    seller.waits_by(Arc::clone(&lanes) as Arc<dyn Clock>);
    seller.market.calls();
    let since = Some(seller.market.sim.world().now().0 - 30 * DAY);
    let began = lanes.now_millis();
    let options = Options {
        since,
        ..Options::default()
    };
    assert_eq!(options.lanes, None, "as many lanes as the program uses");
    let together: Arc<Mutex<usize>> = Arc::default();
    let (ear, most) = (Arc::clone(&lanes), Arc::clone(&together));
    let report = seller.sync_heard(options, move |event| {
        if let Event::Progress(progress) = event {
            ear.hear(&progress);
            let at_work = ear.state.lock().expect("a lock").at_work.len();
            let mut most = most.lock().expect("a lock");
            *most = at_work.max(*most);
        }
    });
    for stream in &report.streams {
        assert_eq!(stream.phase, Phase::Done, "{} is up to date", stream.stream);
    }
    assert!(*together.lock().expect("a lock") > 4, "streams are read side by side");
    let calls = seller.market.calls();
    let throttled = calls.iter().filter(|call| call.status == 429).count();
    assert!(
        throttled * 1_000 <= calls.len(),
        "P6: {throttled} of {} answers say to slow down, though streams share limits",
        calls.len()
    );
    let money: Vec<&Answered> = calls
        .iter()
        .filter(|call| call.path.ends_with("/transactions"))
        .collect();
    let used = used_of_offered(&money);
    let whole = lanes.now_millis() - began;
    let slowest = money.last().expect("calls").at - money.first().expect("calls").at;
    println!(
        "P6 Amazon, side by side: {} calls in {} s of {} s",
        used.0,
        slowest / 1_000,
        whole / 1_000
    );
    assert!(
        used.0 * 10 >= used.1 * 9,
        "P6: {} of {} calls that the limit allows were used while others were read",
        used.0,
        used.1
    );
    assert!(
        whole * 9 <= slowest * 10,
        "the run takes {whole} ms, the stream with most calls {slowest} ms of it"
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
