//! Clocks that differ: the platform's counts, whatever this machine's says.

use countinghouse_core::sync::Report;

use crate::market::{Market, Seller};
use crate::oracle::spec;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

fn told(report: &Report) -> bool {
    report.notes.iter().any(|note| note.code == "clock_skew")
}

#[test]
fn no_order_is_missed_however_far_the_clocks_are_apart_and_it_is_told() {
    for apart in [-10 * DAY, -3 * DAY, -HOUR, HOUR, 3 * DAY, 200 * DAY] {
        let seller = Seller::of(Market::apart(spec(401, 20, 4), apart));
        for days in [0, 1, 2, 1] {
            seller.market.pass(days);
            let report = seller.sync();
            seller.is_true();
            let note = report.notes.iter().find(|note| note.code == "clock_skew");
            let note = note.expect("clocks that differ are told");
            assert!(
                note.hint.contains("date") && note.hint.contains("time"),
                "with what to do: {note:?}"
            );
        }
    }
    let near = Seller::of(Market::apart(spec(401, 20, 4), 60));
    assert!(!told(&near.sync()), "a minute is no matter");
}

#[test]
fn days_that_pass_for_one_side_only_lose_nothing() {
    let seller = Seller::of(Market::living(spec(402, 20, 4)));
    assert!(!told(&seller.sync()), "both clocks are right");
    seller.is_true();
    // Days pass on the platform while this machine's clock stands.
    for days in [1, 3, 9] {
        seller.market.sim.advance(days);
        assert!(told(&seller.sync()), "the platform is days ahead");
        seller.is_true();
    }
    // This machine's clock is set on, beyond the platform's.
    for days in [20, 5] {
        seller.market.mistake(days);
        assert!(told(&seller.sync()), "the machine is days ahead");
        seller.is_true();
        seller.market.pass(1);
        seller.sync();
        seller.is_true();
    }
    // And the platform comes up with it.
    seller.market.sim.advance(12);
    assert!(!told(&seller.sync()), "both clocks are right again");
    seller.is_true();
}
