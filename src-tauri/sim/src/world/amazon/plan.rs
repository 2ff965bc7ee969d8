//! What will happen to an Amazon order and when, and which movements of money follow, from its index alone.

use super::Base;
use super::market::Marketplace;
use super::order::Network;
use crate::world::LIFE_DAYS;
use crate::world::instant::{DAY, Second};
use crate::world::rng::{Purpose, Rng};

const HOUR: i64 = 3_600;
const MOST_STEPS: usize = 8;
const MOST_MOVES: usize = 8;
/// Money is posted at once and shown within two days.
const LAG: (i64, i64) = (HOUR, 47 * HOUR);

/// The kind of life that an Amazon order leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    Whole,
    SplitTwo,
    CancelledUnpriced,
    CancelledPriced,
    LineCancelled,
    AskedInVain,
    PartRefund,
    FullRefund,
    FullRefundWithShipping,
    Goodwill,
    FeeKept,
    Replacement,
    PaidReplacement,
    Exchange,
    Copy,
    NeverShipped,
    LongPending,
}

/// Every story but `Whole`, with its share of 1000 orders.
const STORIES: [(Story, u64); 16] = [
    (Story::SplitTwo, 45),
    (Story::CancelledUnpriced, 18),
    (Story::CancelledPriced, 22),
    (Story::LineCancelled, 16),
    (Story::AskedInVain, 10),
    (Story::PartRefund, 30),
    (Story::FullRefund, 28),
    (Story::FullRefundWithShipping, 16),
    (Story::Goodwill, 10),
    (Story::FeeKept, 10),
    (Story::Replacement, 12),
    (Story::PaidReplacement, 5),
    (Story::Exchange, 6),
    (Story::Copy, 30),
    (Story::NeverShipped, 8),
    (Story::LongPending, 14),
];

/// What happens to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AmazonStep {
    /// Placed.
    Placed,
    /// Confirmed: prices are stated.
    Priced,
    /// The buyer asked for cancellation; nobody carries it out.
    CancelAsked,
    /// Cancelled as a whole.
    Cancelled,
    /// One line was cancelled.
    LineCancelled,
    /// A part left: part number from 0, of how many.
    Shipped(u8, u8),
}

/// A movement of money that belongs to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// The sale of one part that left.
    Shipment(u8),
    /// The same money, let go after it was held back.
    Release(u8),
    /// Money back.
    Refund(Back),
}

/// What a refund gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Back {
    /// One unit.
    Unit,
    /// All goods; with what shipping cost, or without.
    All(bool),
    /// Some money, no goods.
    Goodwill,
    /// All goods less a fee.
    LessFee,
}

/// A movement with its moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Date that it carries.
    pub(crate) posted: Second,
    /// Moment from which it is shown.
    pub(crate) shown: Second,
    /// For a sale held back: when it is let go.
    pub(crate) matures: Option<Second>,
    pub(crate) what: Move,
}

/// An order's life, before its contents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) market: Marketplace,
    pub(crate) index: u64,
    pub(crate) story: Story,
    pub(crate) network: Network,
    pub(crate) business: bool,
    steps: [(Second, AmazonStep); MOST_STEPS],
    step_count: usize,
    moves: [Moved; MOST_MOVES],
    move_count: usize,
}

impl Plan {
    /// The life of an order; `None` when it is never placed.
    pub(crate) fn of(base: &Base, market: Marketplace, index: u64) -> Option<Self> {
        let placed = base.placed(market, index)?;
        let mut rng = Rng::of(base.seed(market), Purpose::Plan, index);
        let mut story = draw_story(&mut rng);
        let mut network = if rng.chance(680) { Network::Afn } else { Network::Mfn };
        let business = rng.chance(80);
        match story {
            Story::Copy if market != Marketplace::Us => story = Story::Whole,
            Story::Replacement | Story::PaidReplacement | Story::Exchange if index < 40 => story = Story::Whole,
            Story::Copy => network = Network::Afn,
            Story::NeverShipped => network = Network::Mfn,
            _ => {}
        }
        let nothing = Moved {
            posted: placed,
            shown: placed,
            matures: None,
            what: Move::Shipment(0),
        };
        let mut plan = Self {
            market,
            index,
            story,
            network,
            business,
            steps: [(placed, AmazonStep::Placed); MOST_STEPS],
            step_count: 1,
            moves: [nothing; MOST_MOVES],
            move_count: 0,
        };
        plan.live(&mut rng, base.spec.posted_at_once);
        Some(plan)
    }

    pub(crate) fn placed(&self) -> Second {
        self.steps[0].0
    }

    /// The steps, oldest first.
    pub(crate) fn steps(&self) -> &[(Second, AmazonStep)] {
        &self.steps[..self.step_count]
    }

    /// The steps up to a moment.
    pub(crate) fn visible(&self, now: Second) -> &[(Second, AmazonStep)] {
        &self.steps[..self.steps().partition_point(|(at, _)| *at <= now)]
    }

    /// The movements of money, by kind and part.
    pub(crate) fn moves(&self) -> &[Moved] {
        &self.moves[..self.move_count]
    }

    fn add(&mut self, at: Second, step: AmazonStep) {
        self.steps[self.step_count] = (at, step);
        self.step_count += 1;
    }

    fn pay(&mut self, moved: Moved) {
        self.moves[self.move_count] = moved;
        self.move_count += 1;
    }

    /// Whether prices are stated from the start: in Japan, and where there is nothing to pay.
    fn priced_at_once(&self) -> bool {
        self.market == Marketplace::Jp || matches!(self.story, Story::Replacement | Story::Copy)
    }

    fn live(&mut self, rng: &mut Rng, at_once: bool) {
        let mut at = self.placed();
        let mut wait = |rng: &mut Rng, low: i64, high: i64| {
            at = at.plus(rng.between(low, high));
            at
        };
        let pending = match self.story {
            Story::LongPending => (3 * DAY, 12 * DAY),
            _ if self.network == Network::Afn => (1_800, 30 * HOUR),
            _ => (600, 4 * HOUR),
        };
        if self.story == Story::CancelledUnpriced {
            return self.add(wait(rng, 1_200, 4 * DAY), AmazonStep::Cancelled);
        }
        if !self.priced_at_once() {
            self.add(wait(rng, pending.0, pending.1), AmazonStep::Priced);
        }
        match self.story {
            Story::CancelledPriced => return self.add(wait(rng, 900, 3 * DAY), AmazonStep::Cancelled),
            Story::LineCancelled => self.add(wait(rng, 900, 20 * HOUR), AmazonStep::LineCancelled),
            Story::AskedInVain => self.add(wait(rng, 300, 6 * HOUR), AmazonStep::CancelAsked),
            Story::NeverShipped => return,
            _ => {}
        }
        let parts = if self.story == Story::SplitTwo { 2 } else { 1 };
        let mut left = self.placed();
        let held = rng.chance(450) && !matches!(self.story, Story::Copy | Story::Replacement);
        for part in 0..parts {
            left = wait(rng, 3 * HOUR, 3 * DAY);
            self.add(left, AmazonStep::Shipped(part, parts));
            let later = rng.between(60, 14 * HOUR);
            let posted = match at_once && self.network == Network::Mfn {
                true => left,
                false => left.plus(later),
            };
            let matures = held.then(|| posted.plus(rng.between(8 * DAY, 13 * DAY)));
            let shown = posted.plus(rng.between(LAG.0, LAG.1));
            self.pay(Moved {
                posted,
                shown,
                matures,
                what: Move::Shipment(part),
            });
            if let Some(matured) = matures {
                self.pay(Moved {
                    posted: matured,
                    shown: matured.plus(60),
                    matures: None,
                    what: Move::Release(part),
                });
            }
        }
        let back = match self.story {
            Story::PartRefund => Back::Unit,
            Story::FullRefund => Back::All(false),
            Story::FullRefundWithShipping => Back::All(true),
            Story::Goodwill => Back::Goodwill,
            Story::FeeKept => Back::LessFee,
            _ => return,
        };
        // A refund is posted after its sale is shown, sometimes weeks later.
        let late = if rng.chance(200) {
            (30 * DAY, 75 * DAY)
        } else {
            (4 * DAY, 20 * DAY)
        };
        let posted = left.plus(rng.between(late.0, late.1));
        debug_assert!(
            posted < self.placed().plus((LIFE_DAYS - 3) * DAY),
            "an order's life ends"
        );
        self.pay(Moved {
            posted,
            shown: posted.plus(rng.between(LAG.0, LAG.1)),
            matures: None,
            what: Move::Refund(back),
        });
    }
}

fn draw_story(rng: &mut Rng) -> Story {
    let mut mark = rng.below(1000);
    for (story, share) in STORIES {
        if mark < share {
            return story;
        }
        mark -= share;
    }
    Story::Whole
}
