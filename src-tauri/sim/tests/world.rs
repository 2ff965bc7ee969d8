//! The world holds together: the same seed gives the same seller, time only adds, money adds up, windows are complete.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_sim::world::{
    AgreementKind, Bag, BalanceKind, Currency, Fate, Order, Restock, SaleAction, SalesChannel, Second, Step, Subject,
    Touch, World, WorldSpec,
};

const NOON: Second = Second(1_795_366_800); // 2026-11-22, noon in New York

fn spec(days: u32, per_day: u64) -> WorldSpec {
    WorldSpec::new(42, NOON, days, per_day)
}

fn world(days: u32, per_day: u64) -> World {
    World::new(spec(days, per_day))
}

fn orders(world: &World) -> Vec<Order> {
    (0..world.order_count())
        .filter_map(|index| world.order(index))
        .collect()
}

fn every_currency() -> Vec<World> {
    let mut worlds = Vec::new();
    for (code, included) in [("USD", false), ("JPY", true), ("KWD", false), ("EUR", true)] {
        let currency = Currency::of(code).expect("the world trades in it");
        worlds.push(World::new(WorldSpec {
            currency,
            taxes_included: included,
            ..spec(150, 20)
        }));
    }
    worlds
}

#[test]
fn the_same_seed_gives_the_same_seller() {
    let (one, two) = (world(100, 12), world(100, 12));
    let other = World::new(WorldSpec {
        seed: 43,
        ..spec(100, 12)
    });
    assert_eq!(orders(&one), orders(&two), "orders are a function of the seed");
    assert_ne!(orders(&one), orders(&other), "another seed gives another seller");
    let alone = world(100, 12);
    assert_eq!(
        alone.order(777),
        one.order(777),
        "an order does not depend on which orders were made before it"
    );
}

#[test]
fn history_and_future_have_the_pace_asked_for() {
    let mut world = world(200, 15);
    let end_of_day = NOON.plus(12 * 3_600 - 1);
    assert_eq!(
        world.at(end_of_day).order_count(),
        3_000,
        "the history ends with the present day"
    );
    assert!(world.order_count() < 3_000, "the rest of today is still to come");
    assert!(
        world.created_at(0).day_in(world.spec().zone) >= world.first_day(),
        "nothing is older than the history"
    );
    world.advance(100);
    let more = world.order_count() - 3_000;
    assert!(
        (1_200..1_900).contains(&more),
        "a hundred more days bring about 1500 orders, not {more}"
    );
}

#[test]
fn time_only_adds_to_an_order() {
    let world = world(140, 10);
    for index in 0..world.order_count() {
        let life = world.life(index).expect("orders below the count have a life");
        assert!(
            life.windows(2).all(|pair| pair[0].at < pair[1].at),
            "events of {index} stand in order: {life:?}"
        );
        assert!(
            life[life.len() - 1].at.0 - life[0].at.0 < 120 * 86_400,
            "the life of {index} ends in 120 days"
        );
        assert_eq!(
            world.order_as_of(index, life[0].at.plus(-1)),
            None,
            "order {index} does not exist before it is made"
        );
        let mut before: Option<Order> = None;
        for (number, event) in life.iter().enumerate() {
            let seen = world.order_as_of(index, event.at);
            let still = life.get(number + 1).map_or(event.at.plus(9), |next| next.at.plus(-1));
            assert_eq!(
                seen,
                world.order_as_of(index, still),
                "nothing changes between the events of order {index}"
            );
            if event.step == Step::Deleted {
                assert_eq!(seen, None, "a removed order does not exist");
                continue;
            }
            let seen = seen.expect("an order exists from its placement on");
            assert_eq!(
                seen.updated_at, event.at,
                "order {index} was last changed by its last event"
            );
            assert_eq!(seen.events, life[..=number], "exactly the events up to now are visible");
            if let Some(before) = before {
                assert_eq!(
                    seen.agreements[..before.agreements.len()],
                    before.agreements,
                    "rows never change"
                );
                assert_eq!(
                    seen.transactions[..before.transactions.len()],
                    before.transactions,
                    "payments never change"
                );
                assert_eq!(
                    seen.refunds[..before.refunds.len()],
                    before.refunds,
                    "refunds never change"
                );
                assert!(seen.lines.len() >= before.lines.len(), "lines are never dropped");
            }
            before = Some(seen);
        }
    }
}

/// Rows of an agreement kind of sale, by what they do to the total.
fn rows(order: &Order, sold: bool) -> Bag {
    let sales = order.agreements.iter().flat_map(|agreement| &agreement.sales);
    let own = sales.filter(|sale| {
        let charge = sale.action != SaleAction::Return && !matches!(sale.subject, Subject::ReturnFee(_));
        charge == sold
    });
    own.map(|sale| sale.total).sum()
}

#[test]
fn money_is_conserved() {
    for world in every_currency() {
        let mut paid = 0;
        for order in orders(&world) {
            let totals = order.totals();
            let name = format!("{} of {}", order.name(), order.currency.code());
            assert_eq!(
                rows(&order, true),
                totals.total,
                "sale rows of {name} add up to what was charged"
            );
            assert_eq!(
                rows(&order, true) + rows(&order, false),
                totals.current_total,
                "all rows of {name}"
            );
            if !totals.received.is_zero() {
                assert_eq!(
                    totals.outstanding,
                    Bag::ZERO,
                    "{name}: charged less taken back is paid less paid back"
                );
                paid += 1;
            }
            for refund in &order.refunds {
                let moved = order
                    .transactions
                    .iter()
                    .filter(|payment| refund.transactions.contains(&payment.id));
                assert_eq!(
                    moved.map(|payment| payment.amount).sum::<Bag>(),
                    refund.total,
                    "refunds of {name}"
                );
            }
            let placement = &order.agreements[0];
            assert_eq!(
                placement.kind,
                AgreementKind::Order,
                "the first agreement of {name} is its placement"
            );
            assert_eq!(
                placement.happened_at, order.processed_at,
                "the placement of {name} is its sale"
            );
            assert!(
                !order.agreements[1..]
                    .iter()
                    .any(|more| more.kind == AgreementKind::Order),
                "{name}: one placement"
            );
        }
        assert!(paid > 1_500, "most orders are paid");
    }
}

#[test]
fn lines_rows_and_units_agree() {
    for world in every_currency() {
        for order in orders(&world) {
            for (at, line) in order.lines.iter().enumerate() {
                let name = format!("line {at} of {}", order.name());
                let mut units = (0, 0, 0);
                let (mut net, mut tax, mut gross) = (Bag::ZERO, Bag::ZERO, Bag::ZERO);
                for sale in order.agreements.iter().flat_map(|agreement| &agreement.sales) {
                    if sale.subject != Subject::Product(at) && sale.subject != Subject::GiftCard(at) {
                        continue;
                    }
                    let quantity = sale.quantity.expect("goods have a quantity");
                    match sale.fate {
                        Fate::Sold => {
                            units.0 += quantity;
                            net += sale.total - sale.tax;
                            tax += sale.tax;
                            gross += sale.total - sale.tax + sale.discount_before_tax;
                        }
                        Fate::Withdrawn => units.1 -= quantity,
                        Fate::Returned { .. } => units.2 -= quantity,
                    }
                }
                let kept = (line.quantity as i32, line.withdrawn as i32, line.returned as i32);
                assert_eq!(units, kept, "units sold, withdrawn and returned of {name}");
                assert!(line.returned <= line.shipped, "{name}: only what shipped comes back");
                assert!(
                    line.shipped + line.withdrawn <= line.quantity,
                    "{name}: a unit ships or is withdrawn"
                );
                assert_eq!(tax, line.tax(), "tax of {name}");
                if order.taxes_included {
                    assert_eq!(net + tax, line.discounted(), "{name} with tax");
                } else {
                    assert_eq!(net, line.discounted(), "{name} without tax");
                    assert_eq!(gross, line.original_total(), "price of {name} before discounts");
                }
                if line.withdrawn + line.returned == line.quantity {
                    let back: Bag = taken_back(&order, at);
                    assert_eq!(
                        back,
                        net + tax,
                        "a line that came back in parts gave back all of {name}"
                    );
                }
            }
            let shipped: u32 = order
                .fulfillments
                .iter()
                .flat_map(|parcel| &parcel.lines)
                .map(|(_, units)| units)
                .sum();
            let counted: u32 = order
                .lines
                .iter()
                .filter(|line| line.requires_shipping)
                .map(|line| line.shipped)
                .sum();
            assert_eq!(shipped, counted, "parcels of {} hold the shipped units", order.name());
        }
    }
}

fn taken_back(order: &Order, line: usize) -> Bag {
    let sales = order.agreements.iter().flat_map(|agreement| &agreement.sales);
    let subjects = [Subject::Product(line), Subject::GiftCard(line)];
    let own = sales.filter(|sale| subjects.contains(&sale.subject) && sale.action == SaleAction::Return);
    -own.map(|sale| sale.total).sum::<Bag>()
}

#[test]
fn discounts_are_given_out_to_the_last_cent() {
    let mut leftover = 0;
    for world in every_currency() {
        for order in orders(&world) {
            for (at, discount) in order.discounts.iter().enumerate() {
                let lines = order.lines.iter().flat_map(|line| &line.allocations);
                let shipping = order.shipping.iter().flat_map(|line| &line.allocations);
                let shares: Vec<Bag> = lines
                    .chain(shipping)
                    .filter(|share| share.discount == at)
                    .map(|share| share.amount)
                    .collect();
                let given: Bag = shares.iter().copied().sum();
                assert!(given.shop > 0, "discount {at} of {} lowers something", order.name());
                if let countinghouse_sim::world::DiscountValue::Amount(promised) = discount.value {
                    assert!(
                        given.shop <= promised.shop,
                        "no more is given than was promised on {}",
                        order.name()
                    );
                }
                leftover += usize::from(shares.len() > 2 && shares.iter().any(|share| share.shop != shares[0].shop));
            }
            for line in &order.lines {
                assert!(
                    line.discounted().shop >= 0,
                    "no line of {} costs less than nothing",
                    order.name()
                );
                assert!(
                    !line.gift_card || line.allocations.is_empty(),
                    "gift cards are not discounted"
                );
            }
        }
    }
    assert!(leftover > 20, "order discounts are spread over unequal lines");
}

fn brute(world: &World, from: Second, to: Second) -> Vec<Touch> {
    let mut touches: Vec<Touch> = (0..world.order_count())
        .filter_map(|index| world.order(index))
        .filter(|order| (from..to).contains(&order.updated_at))
        .map(|order| Touch {
            at: order.updated_at,
            id: order.id,
            index: order.index,
        })
        .collect();
    touches.sort_unstable();
    touches
}

#[test]
fn windows_by_change_are_complete() {
    let mut world = world(260, 9);
    for days in [0, 1, 45] {
        world.advance(days);
        let end = world.now().plus(1);
        let day = |ago: i64| world.now().plus(-ago * 86_400);
        for (from, to) in [
            (Second(0), end),
            (day(30), day(3)),
            (day(200), day(150)),
            (day(1), end),
            (day(5), day(5)),
        ] {
            let expected = brute(&world, from, to);
            assert_eq!(
                world.updated_between(from, to).collect::<Vec<_>>(),
                expected,
                "window {from:?}..{to:?}"
            );
            for newest_first in [false, true] {
                let mut seen = Vec::new();
                let mut after = None;
                loop {
                    let page = world.updated_page(from, to, after, newest_first, 7);
                    let Some(last) = page.last() else { break };
                    after = Some((last.at, last.id));
                    seen.extend(page);
                }
                if newest_first {
                    seen.reverse();
                }
                assert_eq!(
                    seen, expected,
                    "pages of {from:?}..{to:?}, newest first: {newest_first}"
                );
            }
        }
    }
}

#[test]
fn many_orders_share_one_instant() {
    let world = world(300, 40);
    let mut counts = BTreeMap::new();
    for touch in world.updated_between(Second(0), NOON) {
        *counts.entry(touch.at).or_insert(0) += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    assert!(
        most > 30,
        "staff tagged many orders at once, but at most {most} share an instant"
    );
}

#[test]
fn windows_by_creation_and_removal_are_complete() {
    let world = world(200, 30);
    let (from, to) = (NOON.plus(-90 * 86_400), NOON.plus(-20 * 86_400));
    let created = world.created_between(from, to);
    for index in 0..world.order_count() {
        let inside = (from..to).contains(&world.created_at(index));
        assert_eq!(
            created.contains(&index),
            inside,
            "order {index} in the window of creation"
        );
    }
    let removed = world.deleted_between(from, to);
    let mut expected = Vec::new();
    for index in 0..world.order_count() {
        let life = world.life(index).expect("a life");
        let gone = life
            .iter()
            .find(|event| event.step == Step::Deleted)
            .map(|event| event.at);
        if let Some(at) = gone.filter(|at| (from..to).contains(at)) {
            expected.push((at, index));
            assert_eq!(world.order(index), None, "order {index} was removed");
        }
    }
    expected.sort_unstable();
    assert_eq!(removed, expected, "removed orders");
    assert!(removed.len() > 3, "some orders are removed");
}

#[test]
fn an_empty_seller_is_possible() {
    let mut world = World::new(WorldSpec {
        products: 0,
        ..spec(30, 0)
    });
    world.advance(400);
    assert_eq!(world.products().count(), 0, "no products");
    assert_eq!(world.order_count(), 0, "no orders");
    assert_eq!(world.order(0), None, "not even one");
    assert_eq!(
        world.updated_between(Second(0), Second(i64::MAX / 2)).count(),
        0,
        "no changes"
    );
    assert_eq!(
        world.customers_updated_between(Second(0), world.now()).count(),
        0,
        "no customers"
    );
    assert!(world.payouts_between(Second(0), world.now()).is_empty(), "no payouts");
    assert!(
        world.deleted_between(Second(0), world.now()).is_empty(),
        "nothing removed"
    );
}

#[test]
fn everything_that_can_happen_happens() {
    let world = world(365, 25);
    let (mut steps, mut statuses) = (BTreeSet::new(), BTreeSet::new());
    let mut seen = BTreeMap::<&str, usize>::new();
    let mut mark = |name: &'static str, holds: bool| *seen.entry(name).or_default() += usize::from(holds);
    for index in 0..world.order_count() {
        for event in world.life(index).expect("a life") {
            steps.insert(format!("{:?}", event.step));
        }
        let Some(order) = world.order(index) else { continue };
        let rows: Vec<_> = order.agreements.iter().flat_map(|agreement| &agreement.sales).collect();
        let lost = |refund: &countinghouse_sim::world::RefundLine| refund.restock == Restock::NoRestock;
        mark("id above 2^53", order.id > 1 << 53);
        mark("more than sixty lines", order.lines.len() > 60);
        mark("five units", order.lines.iter().any(|line| line.quantity == 5));
        mark("nothing to pay", order.totals().total.is_zero());
        mark("taxes included", order.taxes_included);
        mark("no tax", order.totals().tax.is_zero());
        mark("several taxes", order.lines[0].tax_lines.len() > 1);
        mark("foreign money", order.buyer_currency != order.currency);
        mark("yen", order.buyer_currency.exponent() == 0);
        mark("dinars", order.buyer_currency.exponent() == 3);
        mark("tip", order.tip.is_some());
        mark("duty", !order.duties.is_empty());
        mark("additional fee", !order.additional_fees.is_empty());
        mark("return fee", !order.return_fees.is_empty());
        mark(
            "gift card sold",
            rows.iter().any(|sale| matches!(sale.subject, Subject::GiftCard(_))),
        );
        let gone = |given: fn(Subject) -> bool| rows.iter().any(|sale| given(sale.subject) && sale.total.shop < 0);
        mark("tip paid back", gone(|of| of == Subject::Tip));
        mark("gift card paid back", gone(|of| matches!(of, Subject::GiftCard(_))));
        mark(
            "duty paid back",
            order.refunds.iter().any(|refund| !refund.duties.is_empty()),
        );
        mark(
            "price change",
            rows.iter().any(|sale| sale.action == SaleAction::Update),
        );
        mark(
            "free shipping",
            order
                .shipping
                .iter()
                .any(|line| !line.price.is_zero() && line.discounted().is_zero()),
        );
        mark(
            "taxed shipping",
            order.shipping.iter().any(|line| !line.tax().is_zero()),
        );
        mark("imported", order.processed_at < order.created_at);
        mark("test", order.test);
        mark("guest", order.customer.is_none());
        mark("till", order.channel == SalesChannel::PointOfSale);
        mark("numeric app", matches!(order.channel, SalesChannel::App(_)));
        mark(
            "custom line",
            order.lines.iter().any(|line| world.goods(line).product_id.is_none()),
        );
        mark("no sku", order.lines.iter().any(|line| world.goods(line).sku.is_none()));
        mark(
            "no cost",
            order.lines.iter().any(|line| world.unit_cost(line).is_none()),
        );
        mark(
            "refund without lines",
            order.refunds.iter().any(|refund| refund.lines.is_empty()),
        );
        mark(
            "refund without money",
            order.refunds.iter().any(|refund| refund.total.is_zero()),
        );
        mark(
            "refund by two payments",
            order.refunds.iter().any(|refund| refund.transactions.len() > 1),
        );
        mark(
            "not restocked",
            order.refunds.iter().flat_map(|refund| &refund.lines).any(lost),
        );
        mark(
            "agreement without rows",
            order.agreements.iter().any(|agreement| agreement.sales.is_empty()),
        );
        mark(
            "parts from two places",
            order
                .fulfillments
                .windows(2)
                .any(|pair| pair[0].location != pair[1].location),
        );
        statuses.insert(format!("{:?}", order.financial_status()));
    }
    let missing: Vec<_> = seen.iter().filter(|(_, count)| **count == 0).collect();
    assert!(missing.is_empty(), "never seen in a year: {missing:?}");
    for status in [
        "Pending",
        "Authorized",
        "Paid",
        "PartiallyRefunded",
        "Refunded",
        "Voided",
    ] {
        assert!(statuses.contains(status), "some order is {status} after a year");
    }
    for step in [
        "Placed",
        "Paid",
        "Shipped(0, 1)",
        "Shipped(2, 3)",
        "Delivered",
        "LineAdded",
        "UnitsAdded",
        "UnitsRemoved",
        "DiscountAdded",
        "LoweredRemoved(false)",
        "LoweredRemoved(true)",
        "PartCancelled(false)",
        "PartCancelled(true)",
        "Cancelled",
        "PartReturned",
        "AllReturned(false)",
        "AllReturned(true)",
        "Goodwill",
        "ReturnedWithFee(false)",
        "ReturnedWithFee(true)",
        "Exchanged",
        "ChargesReturned",
        "Tagged",
        "Closed",
        "Deleted",
    ] {
        assert!(steps.contains(step), "{step} happens in a year");
    }
}

#[test]
fn customers_are_what_their_orders_say() {
    let world = world(220, 11);
    let mut expected: BTreeMap<u64, (u64, i64, Second)> = BTreeMap::new();
    for order in orders(&world) {
        let Some(customer) = order.customer else { continue };
        let entry = expected.entry(customer).or_insert((0, 0, Second(i64::MIN)));
        if !order.test {
            entry.0 += 1;
            entry.1 += order.totals().net_payment.shop;
        }
        entry.2 = entry.2.max(order.updated_at);
    }
    let listed: Vec<(Second, u64)> = world.customers_updated_between(Second(0), NOON.plus(1)).collect();
    assert!(
        listed.windows(2).all(|pair| pair[0] < pair[1]),
        "customers come by (moment, id), each once"
    );
    let mut never_bought = 0;
    for (at, id) in &listed {
        let customer = world.customer(*id).expect("a listed customer exists");
        assert_eq!(customer.updated_at, *at, "customer {id} is listed at the last change");
        match expected.remove(id) {
            Some((count, spent, updated)) => {
                assert_eq!(
                    (customer.number_of_orders, customer.amount_spent),
                    (count, spent),
                    "customer {id}"
                );
                assert_eq!(customer.updated_at, updated, "customer {id} changes with the orders");
            }
            None => never_bought += 1,
        }
    }
    assert_eq!(expected, BTreeMap::new(), "every buyer is listed");
    assert_eq!(never_bought, 12, "people who signed up only are listed too");
    let (from, to) = (NOON.plus(-50 * 86_400), NOON.plus(-10 * 86_400));
    let window: Vec<_> = listed.into_iter().filter(|(at, _)| (from..to).contains(at)).collect();
    assert_eq!(
        world.customers_updated_between(from, to).collect::<Vec<_>>(),
        window,
        "a window of customers"
    );
}

#[test]
fn payouts_settle_every_payment_once() {
    let world = world(120, 14);
    let balance = world.balance_between(Second(0), NOON.plus(1));
    let mut charges = 0;
    let mut back = 0;
    for order in orders(&world) {
        for payment in &order.transactions {
            if payment.gateway == countinghouse_sim::world::Gateway::PlatformPayments {
                let moved = payment.moved().shop;
                if moved > 0 { charges += moved } else { back += moved }
            }
        }
    }
    let sum = |kind| {
        balance
            .iter()
            .filter(|entry| entry.kind == kind)
            .map(|entry| entry.amount)
            .sum::<i64>()
    };
    assert_eq!(sum(BalanceKind::Charge), charges, "every charge is on the account");
    assert_eq!(sum(BalanceKind::Refund), back, "every refund is on the account");
    assert!(charges > 0 && back < 0, "there are charges and refunds");
    let payouts = world.payouts_between(Second(0), NOON.plus(4 * 86_400));
    for payout in &payouts {
        let own = balance.iter().filter(|entry| entry.payout_id == payout.id);
        assert_eq!(
            own.map(|entry| entry.net).sum::<i64>(),
            payout.net,
            "payout {} settles its day",
            payout.id
        );
    }
    let today = NOON.0.div_euclid(86_400) * 86_400;
    let past = balance
        .iter()
        .filter(|entry| entry.processed_at.0 < today)
        .map(|entry| entry.net)
        .sum::<i64>();
    assert_eq!(
        payouts.iter().map(|payout| payout.net).sum::<i64>(),
        past,
        "all past days are settled"
    );
}

#[test]
fn stock_moves_and_products_vanish() {
    let mut world = world(365, 5);
    let first = world.products().next().expect("a product").clone();
    let variant = world.variants_of(&first)[0].clone();
    let (levels, touched) = (world.stock_levels(&variant), world.product_updated_at(&first));
    assert!(!levels.is_empty(), "goods are kept somewhere");
    for level in &levels {
        let held = level.committed + level.reserved + level.damaged + level.quality_control + level.safety_stock;
        assert_eq!(
            level.on_hand,
            level.available + held,
            "what is in the building is sold, held or promised"
        );
        assert!(level.updated_at <= world.now(), "stock never moves in the future");
    }
    let many = world.products().find(|product| world.variants_of(product).len() > 50);
    assert!(many.is_some(), "one product has more variants than a page shows");
    let (start, present) = (world.at(world.created_at(0)), world.products().count());
    assert!(start.products().count() > present, "products vanish over the year");
    world.advance(8);
    assert_ne!(world.stock_levels(&variant), levels, "stock moves within a week");
    assert!(
        world.product_updated_at(&first) > touched,
        "a product changes when its stock moves"
    );
}
