//! What will happen to an order and when, decided from its index alone, before any line of it exists. Cheap: scanning
//! a window of time needs the plans of 120 days and builds only the orders it returns.

use super::instant::{DAY, Second};
use super::rng::{Purpose, Rng};
use super::{BACKDATE_DAYS, Base, LIFE_DAYS};
use super::{LifeEvent, SalesChannel, Step};

/// Most events in one life.
const MOST_EVENTS: usize = 12;
const HOUR: i64 = 3_600;
/// Staff tag many orders at once on every tenth day at this second of the UTC day.
const BATCH_EVERY_DAYS: i64 = 10;
const BATCH_SECOND: i64 = 15 * HOUR;

/// The kind of life that an order leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    Whole,
    SplitTwo,
    SplitThree,
    Slow,
    NeverShipped,
    PartReturn,
    PartReturnTwice,
    AllReturn,
    AllReturnWithShipping,
    Goodwill,
    FeeKept,
    FeeItemised,
    LineAdded,
    UnitsAdded,
    UnitsRemoved,
    DiscountAdded,
    Exchange,
    PartCancel,
    PartCancelLost,
    CancelUnpaid,
    CancelPaid,
    Unpaid,
    SplitThenReturn,
    RemovedThenReturned,
    Deleted,
}

/// Every story but `Whole`, with its share of 1000 orders.
const STORIES: [(Story, u64); 24] = [
    (Story::SplitTwo, 55),
    (Story::SplitThree, 15),
    (Story::Slow, 20),
    (Story::NeverShipped, 14),
    (Story::PartReturn, 36),
    (Story::PartReturnTwice, 12),
    (Story::AllReturn, 20),
    (Story::AllReturnWithShipping, 16),
    (Story::Goodwill, 16),
    (Story::FeeKept, 8),
    (Story::FeeItemised, 6),
    (Story::LineAdded, 16),
    (Story::UnitsAdded, 8),
    (Story::UnitsRemoved, 16),
    (Story::DiscountAdded, 8),
    (Story::Exchange, 14),
    (Story::PartCancel, 12),
    (Story::PartCancelLost, 6),
    (Story::CancelUnpaid, 12),
    (Story::CancelPaid, 18),
    (Story::Unpaid, 8),
    (Story::SplitThenReturn, 10),
    (Story::RemovedThenReturned, 6),
    (Story::Deleted, 8),
];

impl Story {
    /// Nothing but goods that ship stay in such an order, and nothing but goods and shipping is charged: the whole
    /// of it is taken back.
    pub(crate) fn cancels(self) -> bool {
        matches!(self, Self::CancelUnpaid | Self::CancelPaid)
    }

    /// Units that need shipping, at least, for the story to be possible.
    pub(crate) fn units_needed(self) -> u32 {
        match self {
            Self::SplitThree | Self::SplitThenReturn | Self::PartReturnTwice | Self::RemovedThenReturned => 3,
            Self::SplitTwo | Self::PartReturn | Self::UnitsRemoved | Self::DiscountAdded => 2,
            Self::PartCancel | Self::PartCancelLost => 2,
            _ => 1,
        }
    }

    /// Whether an order taken at a till can lead this life.
    fn at_a_till(self) -> bool {
        matches!(
            self,
            Self::Whole
                | Self::PartReturn
                | Self::PartReturnTwice
                | Self::AllReturn
                | Self::Goodwill
                | Self::FeeKept
                | Self::Deleted
        )
    }

    /// Whether an order without goods that ship can lead this life.
    fn without_shipping(self) -> bool {
        matches!(self, Self::Whole | Self::Goodwill | Self::AllReturn)
    }
}

/// How an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payment {
    /// Card, at once.
    Card,
    /// Card, after a first attempt failed.
    CardRetried,
    /// Card, authorised at once, captured later.
    CardLater,
    /// Bank transfer, marked as paid later.
    Transfer,
    /// Cash at the till.
    Cash,
    /// A gift card's balance, the rest by card.
    GiftCardFirst,
    /// Sandbox.
    Sandbox,
    /// Bank transfer that never comes.
    Never,
}

/// What kind of goods an order holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basket {
    /// Goods that ship, perhaps with others.
    Shipped,
    /// Digital goods only.
    Digital,
    /// Gift cards only.
    GiftCards,
}

/// An order's life, before its contents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) index: u64,
    pub(crate) processed_at: Second,
    pub(crate) story: Story,
    pub(crate) channel: SalesChannel,
    pub(crate) basket: Basket,
    pub(crate) payment: Payment,
    pub(crate) test: bool,
    /// Whether it is charged for more than goods and shipping, and gets some of that back.
    pub(crate) gives_back: bool,
    events: [LifeEvent; MOST_EVENTS],
    length: usize,
}

impl Plan {
    /// The life of order `index`; `None` when it is never placed.
    pub(crate) fn of(base: &Base, index: u64) -> Option<Self> {
        if index >= base.calendar.ever() {
            return None;
        }
        let created = base.calendar.placed(index);
        let mut rng = Rng::of(base.spec.seed, Purpose::Plan, index);
        let mut story = draw_story(&mut rng);
        let channel = draw_channel(&mut rng);
        let till = channel == SalesChannel::PointOfSale;
        let basket = match rng.below(1000) {
            0..=24 => Basket::Digital,
            25..=31 => Basket::GiftCards,
            _ => Basket::Shipped,
        };
        let fits = match basket {
            Basket::Shipped => !till || story.at_a_till(),
            Basket::Digital => story.without_shipping(),
            Basket::GiftCards => story == Story::Whole,
        };
        if !fits {
            story = Story::Whole;
        }
        let test = rng.chance(7);
        let payment = draw_payment(&mut rng, story, till, test);
        let imported = !till && story != Story::Deleted && rng.chance(12);
        let processed_at = if imported {
            created.plus(-rng.between(HOUR, BACKDATE_DAYS * DAY - HOUR))
        } else {
            created
        };
        let mut plan = Self {
            index,
            processed_at,
            story,
            channel,
            basket,
            payment,
            test,
            gives_back: false,
            events: [LifeEvent {
                at: created,
                step: Step::Placed,
            }; MOST_EVENTS],
            length: 1,
        };
        plan.live(&mut rng, till);
        plan.give_back_charges(base.spec.seed);
        plan.remove_lowered(base.spec.seed);
        plan.mass_edit(index);
        Some(plan)
    }

    /// When the record was made.
    pub(crate) fn created_at(&self) -> Second {
        self.events[0].at
    }

    /// The whole life, oldest first.
    pub(crate) fn events(&self) -> &[LifeEvent] {
        &self.events[..self.length]
    }

    /// The part of the life that is visible at `now`; empty when the order does not exist then.
    pub(crate) fn visible(&self, now: Second) -> &[LifeEvent] {
        let seen = self.events().partition_point(|event| event.at <= now);
        let seen = &self.events[..seen];
        if seen.iter().any(|event| event.step == Step::Deleted) {
            &[]
        } else {
            seen
        }
    }

    /// Moment of removal, if it is visible at `now`.
    pub(crate) fn deleted_at(&self, now: Second) -> Option<Second> {
        self.events()
            .iter()
            .find(|event| event.step == Step::Deleted && event.at <= now)
            .map(|event| event.at)
    }

    fn add(&mut self, at: Second, step: Step) {
        let last = self.created_at().plus((LIFE_DAYS - 1) * DAY);
        if self.length < MOST_EVENTS && at < last {
            self.events[self.length] = LifeEvent { at, step };
            self.length += 1;
        }
    }

    /// Lays out the story's steps; every `add` lies after the one before it.
    fn live(&mut self, rng: &mut Rng, till: bool) {
        let mut at = self.created_at();
        let after = |rng: &mut Rng, at: &mut Second, low: i64, high: i64| {
            *at = at.plus(rng.between(low, high));
            *at
        };
        if self.payment == Payment::Transfer && !self.story.cancels() {
            self.add(after(rng, &mut at, HOUR, 10 * HOUR), Step::Paid);
        }
        match self.story {
            Story::LineAdded => self.add(after(rng, &mut at, 60, 30 * HOUR), Step::LineAdded),
            Story::UnitsAdded => self.add(after(rng, &mut at, 60, 20 * HOUR), Step::UnitsAdded),
            Story::DiscountAdded => self.add(after(rng, &mut at, 60, 30 * HOUR), Step::DiscountAdded),
            Story::UnitsRemoved | Story::RemovedThenReturned => {
                self.add(after(rng, &mut at, 60, 30 * HOUR), Step::UnitsRemoved);
            }
            Story::PartCancel => self.add(after(rng, &mut at, 600, 2 * DAY), Step::PartCancelled(false)),
            Story::PartCancelLost => self.add(after(rng, &mut at, 600, 2 * DAY), Step::PartCancelled(true)),
            Story::CancelPaid | Story::CancelUnpaid => {
                self.add(after(rng, &mut at, 600, 4 * DAY), Step::Cancelled);
            }
            _ => {}
        }
        let parts = match self.story {
            _ if till || self.basket != Basket::Shipped => 0,
            Story::NeverShipped | Story::CancelPaid | Story::CancelUnpaid => 0,
            Story::SplitTwo | Story::SplitThenReturn => 2,
            Story::SplitThree => 3,
            _ => 1,
        };
        let wait = if self.story == Story::Slow {
            (14 * DAY, 60 * DAY)
        } else {
            (4 * HOUR, 3 * DAY)
        };
        for part in 0..parts {
            self.add(after(rng, &mut at, wait.0, wait.1), Step::Shipped(part, parts));
        }
        if self.payment == Payment::CardLater && parts == 0 && !self.story.cancels() {
            self.add(after(rng, &mut at, HOUR, DAY), Step::Paid);
        }
        if parts > 0 && rng.chance(600) {
            self.add(after(rng, &mut at, DAY, 5 * DAY), Step::Delivered);
        }
        let late = if rng.chance(220) {
            (25 * DAY, 80 * DAY)
        } else {
            (2 * DAY, 16 * DAY)
        };
        match self.story {
            Story::PartReturn | Story::SplitThenReturn | Story::RemovedThenReturned => {
                self.add(after(rng, &mut at, late.0, late.1), Step::PartReturned);
            }
            Story::PartReturnTwice => {
                self.add(after(rng, &mut at, late.0, late.1), Step::PartReturned);
                self.add(after(rng, &mut at, HOUR, 12 * DAY), Step::PartReturned);
            }
            Story::AllReturn => self.add(after(rng, &mut at, late.0, late.1), Step::AllReturned(false)),
            Story::AllReturnWithShipping => self.add(after(rng, &mut at, late.0, late.1), Step::AllReturned(true)),
            Story::Goodwill => self.add(after(rng, &mut at, late.0, late.1), Step::Goodwill),
            Story::FeeKept => self.add(after(rng, &mut at, late.0, late.1), Step::ReturnedWithFee(false)),
            Story::FeeItemised => self.add(after(rng, &mut at, late.0, late.1), Step::ReturnedWithFee(true)),
            Story::Exchange => {
                self.add(after(rng, &mut at, 2 * DAY, 14 * DAY), Step::Exchanged);
                self.add(after(rng, &mut at, 4 * HOUR, 2 * DAY), Step::Shipped(0, 1));
            }
            Story::Deleted => self.add(after(rng, &mut at, 2 * DAY, 70 * DAY), Step::Deleted),
            _ => {}
        }
        if self.story != Story::Deleted && rng.chance(500) {
            self.add(after(rng, &mut at, HOUR, 14 * DAY), Step::Closed);
        }
    }

    /// A fifth of all orders is tagged in the first batch after their first day: many records, one instant.
    fn mass_edit(&mut self, index: u64) {
        if index % 5 != 2 || self.length == MOST_EVENTS {
            return;
        }
        let from = self.created_at().0 + DAY;
        let batch = BATCH_EVERY_DAYS * DAY;
        let at = Second((from - BATCH_SECOND).div_euclid(batch) * batch + batch + BATCH_SECOND);
        if self
            .events()
            .iter()
            .any(|event| event.at == at || (event.step == Step::Deleted && event.at < at))
        {
            return;
        }
        self.insert(at, Step::Tagged);
    }

    /// Tips, gift cards, duties and further fees of a few orders are paid back some days after the sale, whatever else happens to
    /// the order. Draws from a stream of its own, so that all other orders stay as they are.
    fn give_back_charges(&mut self, seed: u64) {
        let mut rng = Rng::of(seed, Purpose::Extras, self.index);
        let possible = self.basket != Basket::GiftCards && !self.story.cancels() && self.story != Story::Deleted;
        if !possible || !rng.chance(25) || self.length == MOST_EVENTS {
            return;
        }
        self.gives_back = true;
        let mut at = self.created_at().plus(rng.between(DAY, 25 * DAY));
        while self.events().iter().any(|event| event.at == at) {
            at = at.plus(1);
        }
        self.insert(at, Step::ChargesReturned);
    }

    /// Of most orders whose price staff lowered, units of that very line are taken away before anything leaves. Draws from a
    /// stream of its own, so that all other orders stay as they are.
    fn remove_lowered(&mut self, seed: u64) {
        let mut rng = Rng::of(seed, Purpose::Withdrawals, self.index);
        let lowered = self
            .events()
            .windows(2)
            .find(|pair| pair[0].step == Step::DiscountAdded);
        let Some((from, until)) = lowered.map(|pair| (pair[0].at, pair[1].at.0 - pair[0].at.0)) else {
            return;
        };
        if until < 2 || !rng.chance(800) || self.length == MOST_EVENTS {
            return;
        }
        let at = from.plus(rng.between(1, until - 1));
        self.insert(at, Step::LoweredRemoved(rng.chance(400)));
    }

    /// Puts a step between those before and those after its moment, which no other has.
    fn insert(&mut self, at: Second, step: Step) {
        let place = self.events().partition_point(|event| event.at < at);
        self.events.copy_within(place..self.length, place + 1);
        self.events[place] = LifeEvent { at, step };
        self.length += 1;
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

fn draw_channel(rng: &mut Rng) -> SalesChannel {
    match rng.below(100) {
        0..=61 => SalesChannel::OnlineStore,
        62..=75 => SalesChannel::PointOfSale,
        76..=84 => SalesChannel::ShopApp,
        85..=92 => SalesChannel::DraftOrder,
        93..=97 => SalesChannel::App(2_329_312),
        _ => SalesChannel::App(189_475_414_017),
    }
}

fn draw_payment(rng: &mut Rng, story: Story, till: bool, test: bool) -> Payment {
    let draw = rng.below(100);
    match story {
        _ if test && !matches!(story, Story::CancelUnpaid | Story::Unpaid) => Payment::Sandbox,
        Story::Unpaid => Payment::Never,
        Story::CancelUnpaid if draw < 50 => Payment::CardLater,
        Story::CancelUnpaid => Payment::Never,
        Story::Deleted if till => Payment::Cash,
        Story::Deleted => Payment::Transfer,
        _ if till => match draw {
            0..=44 => Payment::Cash,
            45..=49 => Payment::GiftCardFirst,
            _ => Payment::Card,
        },
        Story::CancelPaid => Payment::Card,
        Story::LineAdded | Story::UnitsAdded | Story::UnitsRemoved | Story::DiscountAdded => match draw {
            0..=14 => Payment::Transfer,
            _ => Payment::Card,
        },
        _ => match draw {
            0..=9 => Payment::CardLater,
            10..=15 => Payment::Transfer,
            16..=20 => Payment::GiftCardFirst,
            21..=23 => Payment::CardRetried,
            _ => Payment::Card,
        },
    }
}
