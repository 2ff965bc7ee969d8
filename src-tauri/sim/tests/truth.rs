//! The oracle holds together: rows add up to what buyers paid, days add up to ranges, and withdrawn goods leave no trace
//! in the figures that drop them.

use chrono::{Days, NaiveDate};
use countinghouse_sim::truth::{Book, Definition, Kind, Posting, Told, goods, report, tell};
use countinghouse_sim::world::{
    Agreement, AgreementKind, Bag, Currency, Fate, Fulfillment, Goods, Line, Order, Sale, SaleAction, SalesChannel,
    Second, Subject, TaxLine, World, WorldSpec,
};

const NOON: Second = Second(1_795_366_800); // 2026-11-22, noon in New York

fn world(code: &str, included: bool) -> World {
    let currency = Currency::of(code).expect("the world trades in it");
    World::new(WorldSpec {
        currency,
        taxes_included: included,
        ..WorldSpec::new(7, NOON, 160, 25)
    })
}

fn worlds() -> [World; 3] {
    [world("USD", false), world("JPY", true), world("KWD", false)]
}

fn told_orders(world: &World) -> Vec<(Order, Told)> {
    let orders = (0..world.order_count()).filter_map(|index| world.order(index));
    let told = orders.filter_map(|order| tell(world, &order, world.spec().zone).map(|told| (order, told)));
    told.collect()
}

fn today(world: &World) -> NaiveDate {
    world.now().day_in(world.spec().zone)
}

fn sum(told: &Told, wanted: impl Fn(&Posting) -> bool) -> i64 {
    told.postings
        .iter()
        .filter(|row| wanted(row))
        .map(|row| row.amount)
        .sum()
}

fn buyers(kind: Kind) -> bool {
    (kind.is_sale() || kind.is_reversal() || kind.is_refund()) && kind != Kind::CogsReturned
}

/// A tip, gift card, duty or other charge that was paid back: a negative row of its own kind.
fn given_back(row: &Posting) -> bool {
    let own = [Kind::OtherCharge, Kind::Tip, Kind::Duty, Kind::GiftCardSold];
    own.contains(&row.kind) && row.amount < 0
}

#[test]
fn charges_paid_back_count_on_their_own_day_under_every_definition() {
    for world in worlds() {
        let mut kinds = std::collections::BTreeSet::new();
        for (order, told) in told_orders(&world) {
            for row in told.postings.iter().filter(|row| given_back(row)) {
                kinds.insert(row.kind);
                let refund = order.refunds.iter().any(|refund| {
                    refund.created_at.day_in(world.spec().zone) == row.event && refund.created_at > order.processed_at
                });
                assert!(refund, "{:?} of {} goes back by a refund", row.kind, order.name());
                for definition in Definition::ALL {
                    assert_eq!(
                        definition.day(row),
                        Some(row.event),
                        "{:?} of {} under {}",
                        row.kind,
                        order.name(),
                        definition.name()
                    );
                }
            }
            for kind in [Kind::OtherCharge, Kind::Tip, Kind::Duty, Kind::GiftCardSold] {
                let left = sum(&told, |row| row.kind == kind);
                assert!(
                    left >= 0,
                    "no more {kind:?} of {} goes back than was charged",
                    order.name()
                );
            }
        }
        assert_eq!(
            kinds.len(),
            4,
            "tips, duties, gift cards and further fees are paid back: {kinds:?}"
        );
    }
}

#[test]
fn rows_add_up_to_what_the_buyer_paid() {
    for world in worlds() {
        let mut paid = 0;
        for (order, told) in told_orders(&world) {
            let totals = order.totals();
            let charged = sum(&told, |row| buyers(row.kind));
            assert_eq!(
                charged,
                totals.current_total.shop,
                "charges less refunds of {}",
                order.name()
            );
            if !totals.received.is_zero() {
                assert_eq!(
                    charged,
                    totals.net_payment.shop,
                    "{} is paid less paid back",
                    order.name()
                );
                paid += 1;
            }
            assert_eq!(
                sum(&told, |row| row.kind.is_sale() && !given_back(row)),
                totals.total.shop,
                "sale kinds of {}",
                order.name()
            );
        }
        assert!(paid > 3_000, "most orders are paid");
    }
}

#[test]
fn withdrawn_goods_cancel_out_to_the_cent() {
    for world in worlds() {
        let mut withdrawn = 0;
        for (order, told) in told_orders(&world) {
            let left = sum(&told, |row| row.cancelled);
            assert_eq!(left, 0, "withdrawn rows of {} and their reversals", order.name());
            let goods = sum(&told, |row| row.cancelled && row.kind.is_item());
            assert_eq!(goods, 0, "withdrawn goods of {}", order.name());
            withdrawn += told.withdrawn;
            let units: i64 = told
                .postings
                .iter()
                .filter(|row| row.kind == Kind::ItemPrice)
                .map(|row| row.units)
                .sum();
            assert_eq!(units, told.units, "price rows of {} carry all units", order.name());
            let gone = told
                .postings
                .iter()
                .filter(|row| row.kind == Kind::ItemPrice && row.cancelled);
            assert_eq!(
                gone.map(|row| row.units).sum::<i64>(),
                told.withdrawn,
                "withdrawn units of {}",
                order.name()
            );
            let cost: i64 = order
                .lines
                .iter()
                .map(|line| world.unit_cost(line).unwrap_or(0) * i64::from(line.quantity - line.withdrawn))
                .sum();
            assert_eq!(
                sum(&told, |row| row.kind == Kind::Cogs),
                -cost,
                "cost of goods of {}",
                order.name()
            );
        }
        assert!(withdrawn > 50, "some units are withdrawn");
    }
}

#[test]
fn shipped_rows_are_the_parcels() {
    let world = world("USD", false);
    let mut split = 0;
    for (order, told) in told_orders(&world) {
        for parcel in &order.fulfillments {
            let day = parcel.created_at.day_in(world.spec().zone);
            let same_day = order
                .fulfillments
                .iter()
                .filter(|other| other.created_at.day_in(world.spec().zone) == day);
            let units: i64 = same_day
                .flat_map(|parcel| &parcel.lines)
                .map(|(_, units)| i64::from(*units))
                .sum();
            let rows = told.postings.iter().filter(|row| {
                let ships = row.line.is_some_and(|at| order.lines[at].requires_shipping);
                row.kind == Kind::ItemPrice && ships && row.ship == Some(day)
            });
            assert_eq!(
                rows.map(|row| row.units).sum::<i64>(),
                units,
                "units of {} that left on {day}",
                order.name()
            );
        }
        split += usize::from(order.fulfillments.len() > 1);
    }
    assert!(split > 50, "some orders leave in parts");
}

#[test]
fn days_add_up_to_the_range_and_ranges_to_longer_ones() {
    for world in worlds() {
        for definition in Definition::ALL {
            let (from, to) = (world.first_day(), today(&world));
            let middle = from + Days::new(77);
            let whole = report(&world, definition, from, to, None);
            let parts = [
                report(&world, definition, from, middle, None),
                report(&world, definition, middle + Days::new(1), to, None),
            ];
            let days: Vec<_> = parts.iter().flat_map(|part| part.days.clone()).collect();
            assert_eq!(days, whole.days, "a day's figures do not depend on the range asked for");
            let add = |pick: fn(&countinghouse_sim::truth::Figures) -> Option<i64>| {
                whole.days.iter().filter_map(|day| pick(&day.figures)).sum::<i64>()
            };
            let total = &whole.totals;
            assert_eq!(Some(add(|day| day.gross_sales)), total.gross_sales, "gross sales");
            assert_eq!(Some(add(|day| day.discounts)), total.discounts, "discounts");
            assert_eq!(Some(add(|day| day.refunds)), total.refunds, "refunds");
            assert_eq!(Some(add(|day| day.net_sales)), total.net_sales, "net sales");
            assert_eq!(Some(add(|day| day.gross_profit)), total.gross_profit, "gross profit");
            assert_eq!(Some(add(|day| day.contribution)), total.contribution, "contribution");
            assert_eq!(add(|day| Some(day.orders)), total.orders, "orders");
            assert_eq!(add(|day| Some(day.units)), total.units, "units");
            let products = goods(&world, definition, from, to, None);
            let all = |pick: fn(&countinghouse_sim::truth::GoodsTally) -> i64| {
                products.rows.iter().map(|row| pick(&row.tally)).sum::<i64>()
            };
            assert_eq!(
                all(|row| row.units),
                total.units,
                "units of products under {definition:?}"
            );
            assert_eq!(
                all(|row| row.units_returned),
                total.units_returned,
                "returned units of products"
            );
            assert_eq!(
                all(|row| row.units_with_cost),
                total.units_with_cost,
                "units with cost of products"
            );
            let gross = total.gross_sales.expect("known");
            if definition == Definition::Platform {
                assert_eq!(all(|row| row.item_price), gross, "gross sales of products");
            }
        }
    }
}

#[test]
fn the_past_of_the_platform_stays_and_the_past_of_order_totals_moves() {
    let mut world = World::new(WorldSpec::new(7, NOON, 60, 40));
    let from = world.first_day();
    let facts = |world: &World, definition, to| {
        let days = report(world, definition, from, to, None).days.into_iter();
        days.map(|day| (day.figures.gross_sales, day.figures.net_sales, day.figures.orders))
            .collect::<Vec<_>>()
    };
    // Imported orders arrive with sales of the last three days: what lies before them is past.
    let past = today(&world) - Days::new(4);
    let yesterday = today(&world) - Days::new(1);
    let see = |world: &World| {
        let removed = world.deleted_between(Second(0), world.now().plus(1)).len();
        (
            facts(world, Definition::Platform, past),
            facts(world, Definition::OrderTotals, yesterday),
            removed,
        )
    };
    let before = see(&world);
    world.advance(1);
    let after = see(&world);
    assert_eq!(before.2, after.2, "nothing was removed on this day");
    assert_eq!(before.0, after.0, "what the platform reported stays");
    assert_ne!(before.1, after.1, "order totals learn of cancellations");
}

#[test]
fn a_reporting_zone_moves_days_only() {
    let world = world("USD", false);
    let (from, to) = (world.first_day() - Days::new(9), today(&world) + Days::new(2));
    let home = report(&world, Definition::Platform, from, to, None);
    let away = report(&world, Definition::Platform, from, to, Some(chrono_tz::Asia::Tokyo));
    assert_ne!(home.days, away.days, "evening orders fall on the next day in Tokyo");
    assert_eq!(home.totals, away.totals, "the whole range holds the same orders");
}

#[test]
fn nothing_is_known_about_nothing() {
    let world = World::new(WorldSpec::new(7, NOON, 30, 0));
    let whole = report(&world, Definition::OrderTotals, world.first_day(), today(&world), None);
    let text = serde_json::to_value(&whole).expect("a report is JSON");
    assert_eq!(whole.days.len(), 30, "every day is listed");
    assert_eq!(text["totals"]["gross_sales"], "0.00", "nothing was sold");
    assert_eq!(text["totals"]["orders"], 0, "no orders");
    for unknown in [
        "aov",
        "refund_rate",
        "fulfillment_rate",
        "gross_profit",
        "contribution",
        "total_sales",
    ] {
        assert!(text["totals"][unknown].is_null(), "{unknown} has no base");
    }
    assert_eq!(text["days"][0]["date"], "2026-10-24", "days are civil dates");
    let yen = report(
        &self::world("JPY", true),
        Definition::Platform,
        today(&world),
        today(&world),
        None,
    );
    let text = serde_json::to_string(&yen.totals).expect("figures are JSON");
    assert!(!text.contains(".00\""), "yen have no decimals: {text}");
    let rate = serde_json::to_value(&yen.totals).expect("figures are JSON")["fulfillment_rate"].is_number();
    assert!(rate, "rates are numbers: {text}");
}

/// Three units at 9.99 less 1.00 in all with 8% tax: one withdrawn, one shipped on the 3rd, one on the 5th.
fn split_order() -> Order {
    let at = |day: i64| Second(1_772_463_600 + (day - 2) * 86_400); // 2026-03-02, 10:00 in New York
    let bag = |shop: i64| Bag { shop, buyer: shop };
    let sale = |id, action, quantity, total, tax, discount, fate| Sale {
        id,
        action,
        subject: Subject::Product(0),
        quantity: Some(quantity),
        total: bag(total),
        tax: bag(tax),
        discount_before_tax: bag(discount),
        discount_after_tax: bag(discount),
        fate,
    };
    let placement = sale(11, SaleAction::Order, 3, 3_129, 232, 100, Fate::Sold);
    let removal = sale(21, SaleAction::Return, -1, -1_042, -77, -33, Fate::Withdrawn);
    let agreement = |id, kind, day, sale| Agreement {
        id,
        kind,
        happened_at: at(day),
        sales: vec![sale],
    };
    let parcel = |id, day| Fulfillment {
        id,
        created_at: at(day),
        delivered_at: None,
        location: 1,
        lines: vec![(0, 1)],
        carrier: None,
    };
    Order {
        index: 0,
        id: 1,
        number: 1,
        created_at: at(2),
        processed_at: at(2),
        updated_at: at(5),
        closed_at: None,
        cancelled: None,
        test: false,
        edited: true,
        taxes_included: false,
        currency: Currency::USD,
        buyer_currency: Currency::USD,
        channel: SalesChannel::OnlineStore,
        customer: None,
        ship_to: None,
        retail_location: None,
        tags: Vec::new(),
        discounts: Vec::new(),
        lines: vec![Line {
            id: 2,
            goods: Goods::Variant(0),
            added_at: at(2),
            quantity: 3,
            withdrawn: 1,
            returned: 0,
            shipped: 2,
            unit_price: bag(999),
            allocations: Vec::new(),
            tax_lines: vec![TaxLine {
                title: "Tax",
                rate_ppm: 80_000,
                amount: bag(232),
            }],
            taxable: true,
            requires_shipping: true,
            gift_card: false,
        }],
        shipping: Vec::new(),
        tip: None,
        duties: Vec::new(),
        additional_fees: Vec::new(),
        return_fees: Vec::new(),
        transactions: Vec::new(),
        fulfillments: vec![parcel(31, 3), parcel(32, 5)],
        refunds: Vec::new(),
        returns: Vec::new(),
        agreements: vec![
            agreement(10, AgreementKind::Order, 2, placement),
            agreement(20, AgreementKind::Edit, 3, removal),
        ],
        events: Vec::new(),
    }
}

#[test]
fn a_split_order_is_told_by_the_rulings() {
    let world = world("USD", false);
    let told = tell(&world, &split_order(), world.spec().zone).expect("not a test order");
    let ship = |day: u32| NaiveDate::from_ymd_opt(2026, 3, day);
    let rows: Vec<(Kind, i64, i64, Option<NaiveDate>, bool)> = told
        .postings
        .iter()
        .filter(|row| row.kind != Kind::Cogs)
        .map(|row| (row.kind, row.units, row.amount, row.ship, row.cancelled))
        .collect();
    // The reversal took 10.42 - 0.77 = 9.65 without tax: price 9.99, so the discount part is 0.34. Left: 19.98, 0.66
    // and 1.55 over two units, cut toward zero, the second takes the rest.
    let expected = vec![
        (Kind::ItemPrice, 1, 999, None, true),
        (Kind::ItemDiscountSeller, 0, -34, None, true),
        (Kind::TaxItem, 0, 77, None, true),
        (Kind::ItemPrice, 1, 999, ship(3), false),
        (Kind::ItemDiscountSeller, 0, -33, ship(3), false),
        (Kind::TaxItem, 0, 77, ship(3), false),
        (Kind::ItemPrice, 1, 999, ship(5), false),
        (Kind::ItemDiscountSeller, 0, -33, ship(5), false),
        (Kind::TaxItem, 0, 78, ship(5), false),
        (Kind::ReversalItem, -1, -965, None, true),
        (Kind::ReversalTax, 0, -77, None, true),
    ];
    assert_eq!(rows, expected, "rows by the ledger's rulings 1 and 2");
    assert!(told.fulfilled, "every unit that was not withdrawn has shipped");
    let mut book = Book::new(Definition::Accounting, ship(1).expect("a day"), ship(9).expect("a day"));
    book.count(&told);
    let orders: Vec<i64> = book.days().map(|(_, tally)| tally.orders).collect();
    assert_eq!(
        orders,
        [0, 0, 1, 0, 0, 0, 0, 0, 0],
        "under accounting it counts on its first ship day"
    );
}

#[test]
fn a_reversal_far_from_its_share_leaves_all_parts_proportional() {
    let world = world("USD", false);
    let mut order = split_order();
    order.agreements[1].sales[0].total = Bag {
        shop: -577,
        buyer: -577,
    };
    let told = tell(&world, &order, world.spec().zone).expect("not a test order");
    let cut: Vec<(Kind, i64)> = told
        .postings
        .iter()
        .filter(|row| row.cancelled)
        .map(|row| (row.kind, row.amount))
        .collect();
    let expected = vec![
        (Kind::ItemPrice, 999),
        (Kind::ItemDiscountSeller, -33),
        (Kind::TaxItem, 77),
        (Kind::ReversalItem, -500),
        (Kind::ReversalTax, -77),
    ];
    assert_eq!(
        cut, expected,
        "the withdrawn part is the proportional share, the difference stays visible"
    );
}

#[test]
fn without_a_discount_the_withdrawn_price_is_the_platforms_own() {
    let world = world("USD", false);
    let mut order = split_order();
    let bag = |shop: i64| Bag { shop, buyer: shop };
    let (sold, back) = (order.agreements[0].sales[0], order.agreements[1].sales[0]);
    // Ten dollars for three; the platform took 3.34 back where the cut share is 3.33.
    order.agreements[0].sales[0] = Sale {
        total: bag(1_000),
        tax: Bag::ZERO,
        discount_before_tax: Bag::ZERO,
        ..sold
    };
    order.agreements[1].sales[0] = Sale {
        total: bag(-334),
        tax: Bag::ZERO,
        discount_before_tax: Bag::ZERO,
        ..back
    };
    let told = tell(&world, &order, world.spec().zone).expect("not a test order");
    let rows: Vec<(Kind, i64)> = told
        .postings
        .iter()
        .filter(|row| row.kind != Kind::Cogs)
        .map(|row| (row.kind, row.amount))
        .collect();
    let price = Kind::ItemPrice;
    let expected = vec![(price, 334), (price, 333), (price, 333), (Kind::ReversalItem, -334)];
    assert_eq!(
        rows, expected,
        "the withdrawn part leaves no cent behind and makes up no discount"
    );
}

#[test]
fn units_added_to_a_line_ship_after_the_first_ones() {
    let world = world("USD", false);
    let mut order = split_order();
    let line = &mut order.lines[0];
    (line.quantity, line.withdrawn, line.shipped) = (3, 0, 3);
    order.fulfillments[1].lines = vec![(0, 2)];
    order.agreements[0].sales[0].quantity = Some(2);
    let added = Sale {
        id: 21,
        quantity: Some(1),
        ..order.agreements[0].sales[0]
    };
    order.agreements[1].sales = vec![added];
    let told = tell(&world, &order, world.spec().zone).expect("not a test order");
    let prices = told.postings.iter().filter(|row| row.kind == Kind::ItemPrice);
    let rows: Vec<(i64, Option<NaiveDate>, bool)> = prices.map(|row| (row.units, row.ship, row.edit)).collect();
    let ship = |day: u32| NaiveDate::from_ymd_opt(2026, 3, day);
    let expected = vec![(1, ship(3), false), (1, ship(5), false), (1, ship(5), true)];
    assert_eq!(rows, expected, "rows of one line are served in their order");
}

#[test]
fn test_orders_make_no_rows() {
    let world = world("USD", false);
    let mut order = split_order();
    order.test = true;
    assert_eq!(
        tell(&world, &order, world.spec().zone),
        None,
        "a test order makes no rows at all"
    );
    assert!(
        (0..world.order_count()).any(|index| world.order(index).is_some_and(|order| order.test)),
        "they exist"
    );
}
