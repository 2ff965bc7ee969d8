//! The seller at Amazon holds together: the shop stays as it is, time only adds, money adds up, windows are complete,
//! and the truth follows the rules of the README.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_sim::truth::amazon::{account, report, tell, total};
use countinghouse_sim::truth::{Definition, Kind, Told};
use countinghouse_sim::world::amazon::{
    AmazonOrder, AmazonSpec, AmazonTransaction, Held, Link, Marketplace, Network, OrderStatus, Seller, TransactionType,
};
use countinghouse_sim::world::{Second, World, WorldSpec};

const NOON: Second = Second(1_795_366_800); // 2026-11-22, noon in New York

fn world() -> World {
    World::new(WorldSpec::new(42, NOON, 240, 6)).with_amazon(AmazonSpec::new(240 * 30))
}

fn seller(world: &World) -> Seller {
    world.amazon().expect("the world has an Amazon side")
}

fn orders(seller: &Seller, market: Marketplace) -> Vec<AmazonOrder> {
    (0..seller.order_count(market))
        .filter_map(|index| seller.order(market, index))
        .collect()
}

fn everything(seller: &Seller) -> Vec<AmazonOrder> {
    Marketplace::ALL
        .into_iter()
        .flat_map(|market| orders(seller, market))
        .collect()
}

fn sum(told: &Told, wanted: impl Fn(Kind) -> bool) -> i64 {
    let own = told.postings.iter().filter(|row| wanted(row.kind));
    own.map(|row| row.amount).sum()
}

fn named(moved: &[AmazonTransaction], wanted: impl Fn(&str) -> bool) -> i64 {
    let parts = moved.iter().flat_map(AmazonTransaction::all_parts);
    parts.filter(|part| wanted(part.name)).map(|part| part.amount).sum()
}

/// The names of what the buyer pays.
fn paid(name: &str) -> bool {
    let names = [
        "OurPricePrincipal",
        "OurPriceDiscount",
        "OurPriceTax",
        "ShippingPrincipal",
        "ShippingDiscount",
        "ShippingTax",
        "GiftwrapPrincipal",
        "GiftwrapTax",
    ];
    names.contains(&name)
}

#[test]
fn the_shop_does_not_see_amazon() {
    let (with, without) = (world(), World::new(WorldSpec::new(42, NOON, 240, 6)));
    for index in 0..without.order_count() {
        assert_eq!(with.order(index), without.order(index), "order {index} of the shop");
    }
    assert!(without.amazon().is_none(), "a world without Amazon has none");
    let nobody = World::new(WorldSpec::new(1, NOON, 0, 0)).with_amazon(AmazonSpec::new(500));
    let nobody = seller(&nobody);
    let none = Marketplace::ALL
        .into_iter()
        .all(|market| nobody.order_count(market) > 0);
    assert!(none, "a seller can sell at Amazon alone, from the same goods");
    let empty = World::new(WorldSpec::new(1, NOON, 30, 0)).with_amazon(AmazonSpec::nothing());
    let empty = seller(&empty);
    for market in Marketplace::ALL {
        assert_eq!(empty.order_count(market), 0, "nothing is sold in {}", market.name());
        let money = empty.money(&[market], Second(0), NOON.plus(1), None, 10);
        assert!(money.is_empty(), "and no account is charged for it: {money:?}");
    }
}

#[test]
fn time_only_adds_to_an_order() {
    let world = world();
    let seller = seller(&world);
    for market in Marketplace::ALL {
        for index in (0..seller.order_count(market)).step_by(7) {
            let life = seller.life(market, index).expect("an order below the count has a life");
            assert!(life.windows(2).all(|pair| pair[0].0 < pair[1].0), "{index}: {life:?}");
            assert!(
                life[life.len() - 1].0.0 - life[0].0.0 < 100 * 86_400,
                "the life of {index} ends"
            );
            assert_eq!(
                seller.at(life[0].0.plus(-1)).order(market, index),
                None,
                "not yet placed"
            );
            let mut before: Option<AmazonOrder> = None;
            for (at, _) in life {
                let order = seller
                    .at(at)
                    .order(market, index)
                    .expect("it exists from its placement on");
                assert_eq!(order.updated_at, at, "the last step is the last change of {}", order.id);
                if let Some(before) = before {
                    assert_eq!(order.parcels[..before.parcels.len()], before.parcels, "parcels stay");
                    let charges = |order: &AmazonOrder| order.lines.iter().map(|line| line.charge).collect::<Vec<_>>();
                    assert_eq!(charges(&order), charges(&before), "charges of {} stay", order.id);
                }
                assert_eq!(
                    seller.at(at).find(&order.id).as_ref(),
                    Some(&order),
                    "{} is found",
                    order.id
                );
                before = Some(order);
            }
        }
    }
}

#[test]
fn windows_are_complete() {
    let world = world();
    let seller = seller(&world);
    let (from, to) = (NOON.plus(-33 * 86_400), NOON.plus(-11 * 86_400));
    let inside = |at: Second| from <= at && at < to;
    let markets = [Marketplace::Uk, Marketplace::De];
    let mut wanted: Vec<(Second, String)> = Vec::new();
    let mut money: Vec<(Second, String)> = Vec::new();
    let mut placed = 0;
    for market in markets {
        for order in orders(&seller, market) {
            placed += usize::from(inside(order.created_at));
            if inside(order.updated_at) {
                wanted.push((order.updated_at, order.id.clone()));
            }
            let moved = seller.order_money(market, order.index);
            money.extend(
                moved
                    .into_iter()
                    .filter(|moved| inside(moved.posted))
                    .map(|moved| (moved.posted, moved.id)),
            );
        }
    }
    wanted.sort();
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = seller.touched(&markets, from, to, after, 17);
        let Some(last) = page.last() else { break };
        after = Some(*last);
        for touched in page {
            let order = seller
                .order(touched.market, touched.index)
                .expect("a touched order exists");
            found.push((touched.at, order.id));
        }
    }
    found.sort();
    assert!(wanted.len() > 100, "the window holds orders");
    assert_eq!(found, wanted, "orders by change, seventeen at a time");
    assert_eq!(
        seller.created(&markets, from, to, None, 10_000).len(),
        placed,
        "orders by placement"
    );

    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = seller.money(&markets, from, to, after, 23);
        let Some(last) = page.last() else { break };
        after = Some(*last);
        seen.extend(page.iter().filter_map(|key| seller.transaction(key)));
    }
    assert!(
        seen.windows(2).all(|pair| pair[0].posted <= pair[1].posted),
        "money stands by date"
    );
    let own = seen.iter().filter(|moved| moved.order.is_some());
    let mut own: Vec<_> = own.map(|moved| (moved.posted, moved.id.clone())).collect();
    own.sort();
    money.sort();
    assert_eq!(own, money, "all money of orders, twenty-three at a time");
    let ids: BTreeSet<&str> = seen.iter().map(|moved| moved.id.as_str()).collect();
    assert_eq!(ids.len(), seen.len(), "every transaction has an identifier of its own");
}

#[test]
fn everything_that_can_happen_happens() {
    let world = world();
    let seller = seller(&world);
    let mut seen = BTreeMap::<&str, usize>::new();
    let mut mark = |name: &'static str, holds: bool| *seen.entry(name).or_default() += usize::from(holds);
    for order in everything(&seller) {
        let moved = seller.order_money(order.market, order.index);
        let lines = &order.lines;
        mark("seller ships", order.network == Network::Mfn);
        mark(
            "pending without a price",
            order.status == OrderStatus::Pending && !order.priced,
        );
        mark(
            "pending with a price",
            order.status == OrderStatus::Pending && order.priced,
        );
        mark(
            "cancelled without a price",
            order.status == OrderStatus::Cancelled && !order.priced,
        );
        mark(
            "cancelled with a price",
            order.status == OrderStatus::Cancelled && order.priced,
        );
        mark(
            "line cancelled, rest shipped",
            order.status == OrderStatus::Shipped && lines.iter().any(|line| line.cancelled.is_some()),
        );
        mark(
            "asked in vain",
            order.cancel_asked && order.status == OrderStatus::Shipped,
        );
        mark("partly shipped", order.status == OrderStatus::PartiallyShipped);
        mark("two parcels", order.parcels.len() == 2);
        mark(
            "discount on goods",
            lines.iter().any(|line| line.charge.item_discount > 0),
        );
        mark(
            "discount on shipping",
            lines.iter().any(|line| line.charge.shipping_discount > 0),
        );
        mark(
            "everything off",
            lines
                .iter()
                .any(|line| line.charge.item == line.charge.item_discount && line.charge.item > 0),
        );
        mark("paid by Amazon", lines.iter().any(|line| line.funded > 0));
        mark("gift wrap", lines.iter().any(|line| line.charge.wrap > 0));
        mark("points", lines.iter().any(|line| line.points > 0));
        mark(
            "no tax",
            order.tax_told && order.sells() && lines.iter().all(|line| line.charge.tax() == 0),
        );
        mark(
            "business with tax told",
            order.business && order.market == Marketplace::De && order.tax_told,
        );
        mark("tax within prices", !order.tax_told);
        mark("replacement", order.replacement);
        mark(
            "paid and linked",
            !order.replacement && matches!(order.link, Some((Link::Replacement, _))),
        );
        mark("exchange", matches!(order.link, Some((Link::Exchange, _))));
        mark("copy of the shop's order", order.copy_of.is_some());
        mark("own number", order.seller_order_id.is_some() && !order.copy);
        mark(
            "the same goods twice",
            lines.windows(2).any(|pair| pair[0].variant == pair[1].variant),
        );
        mark("held", moved.iter().any(|moved| moved.status == Held::Deferred));
        mark(
            "let go",
            moved.iter().any(|moved| moved.status == Held::DeferredReleased),
        );
        mark("without a marketplace", moved.iter().any(|moved| !moved.placed));
        mark(
            "shipped and not shown",
            order.status == OrderStatus::Shipped && moved.is_empty(),
        );
        for name in [
            "Commission",
            "RefundCommission",
            "VariableClosingFee",
            "FBAPerUnitFulfillmentFee",
            "ShippingChargeback",
            "GiftwrapChargeback",
            "CostOfPointsGranted",
            "GoodwillPrincipal",
            "RestockingDeductionPrincipal",
            "Promo",
            "MarketplaceFacilitatorTax-Principal",
            "MarketplaceFacilitatorTax-Shipping",
        ] {
            mark(
                name,
                moved
                    .iter()
                    .flat_map(AmazonTransaction::all_parts)
                    .any(|part| part.name == name),
            );
        }
        let refund = moved.iter().find(|moved| moved.kind == TransactionType::Refund);
        mark(
            "shipping given back",
            refund.is_some_and(|moved| moved.all_parts().any(|part| part.name == "ShippingPrincipal")),
        );
        mark(
            "a unit of several",
            refund.is_some_and(|moved| moved.items[0].units < lines[0].quantity),
        );
    }
    let money = seller.money(&Marketplace::ALL, Second(0), NOON, None, usize::MAX / 8);
    let account = money.iter().filter_map(|key| seller.transaction(key));
    for moved in account.filter(|moved| moved.order.is_none()) {
        mark("account", true);
        for name in [
            "AdvertisingFee",
            "FBAStorageFee",
            "Subscription",
            "FBAInboundTransportationFee",
            "FBAInventoryReimbursement",
            "FBAReversedReimbursement",
            "FundTransfer",
        ] {
            mark(name, moved.parts.iter().any(|part| part.name == name));
        }
    }
    let missing: Vec<_> = seen.iter().filter(|(_, count)| **count == 0).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}");
}

#[test]
fn money_adds_up() {
    let world = world();
    let seller = seller(&world);
    let later = seller.at(NOON.plus(120 * 86_400));
    let mut checked = 0;
    for order in everything(&seller) {
        let moved = later.order_money(order.market, order.index);
        let end = later.order(order.market, order.index).expect("orders stay");
        let sales: Vec<_> = moved
            .iter()
            .filter(|moved| moved.kind == TransactionType::Shipment)
            .cloned()
            .collect();
        let (again, first): (Vec<_>, Vec<_>) = sales
            .into_iter()
            .partition(|moved| moved.status == Held::Released && moved.other.is_some());
        if end.status == OrderStatus::Shipped {
            assert_eq!(
                named(&first, paid),
                end.total(),
                "sales of {} are what the buyer paid",
                end.id
            );
            checked += 1;
        } else {
            assert!(first.is_empty(), "{} did not ship, nothing was sold", end.id);
        }
        for moved in &again {
            let held = first.iter().find(|held| Some(&held.id) == moved.other.as_ref());
            let held = held.unwrap_or_else(|| panic!("what was let go of {} was held", end.id));
            assert_eq!(
                (&held.items, held.total()),
                (&moved.items, moved.total()),
                "the same money of {}",
                end.id
            );
            assert_eq!(held.other.as_ref(), Some(&moved.id), "and each names the other");
        }
        let back: Vec<_> = moved
            .iter()
            .filter(|moved| moved.kind == TransactionType::Refund)
            .cloned()
            .collect();
        assert!(
            -named(&back, paid) <= end.total().max(0),
            "no more of {} goes back than was paid",
            end.id
        );
    }
    assert!(checked > 5_000, "most orders ship: {checked}");
    let mut paid_out = 0;
    for market in Marketplace::ALL {
        for settled in seller.settlements(market, NOON.plus(-90 * 86_400)) {
            let total = seller.settled_total(&settled);
            let rows: i64 = seller.settled(&settled).iter().map(AmazonTransaction::total).sum();
            assert_eq!(rows, total, "a settlement of {} adds up", market.name());
            let moved = seller.money(&[market], settled.deposit, settled.deposit.plus(86_400), None, 1_000);
            let mut moved = moved.iter().filter_map(|key| seller.transaction(key));
            if let Some(moved) = moved.find(|moved| moved.kind == TransactionType::Transfer) {
                assert_eq!(
                    (moved.total(), moved.period),
                    (total, settled.period),
                    "the bank gets it"
                );
                paid_out += 1;
            }
        }
    }
    assert!(paid_out > 12, "settlements are paid out: {paid_out}");
}

#[test]
fn postings_follow_the_rules() {
    let world = world();
    let seller = seller(&world);
    let mut unknown = 0;
    for order in everything(&seller) {
        let zone = order.market.zone();
        let told = tell(&seller, &order, zone);
        let moved = seller.order_money(order.market, order.index);
        let name = &order.id;
        assert_eq!(told.counts, order.sells(), "{name} counts if it sells");
        if !order.sells() {
            let sold = sum(&told, |kind| kind.is_sale() || kind.is_refund() || kind == Kind::Cogs);
            assert_eq!(sold, 0, "{name} sells nothing");
            continue;
        }
        if !order.priced {
            assert!(told.postings.is_empty(), "{name} has no price yet");
            assert_eq!(
                (told.units, told.priced),
                (order.units().0.into(), false),
                "its units are known"
            );
            unknown += 1;
            continue;
        }
        let whole = order.cancelled_at.is_some();
        let left = |row: &&countinghouse_sim::truth::Posting| {
            !row.cancelled && row.kind.is_sale() && row.amount >= 0
                || !row.cancelled && matches!(row.kind, Kind::ItemDiscountSeller | Kind::ShippingDiscount)
        };
        let charged: i64 = told.postings.iter().filter(left).map(|row| row.amount).sum();
        assert_eq!(charged, if whole { 0 } else { order.total() }, "charges of {name}");
        let gone: i64 = told
            .postings
            .iter()
            .filter(|row| row.cancelled)
            .map(|row| row.amount)
            .sum();
        assert_eq!(gone, 0, "what was cancelled of {name} cancels out");
        let held: Vec<_> = moved
            .iter()
            .filter(|moved| moved.status != Held::Released || moved.other.is_none())
            .cloned()
            .collect();
        let fees = |name: &str| {
            !paid(name)
                && !name.starts_with("MarketplaceFacilitatorTax")
                && name != "Promo"
                && name != "GoodwillPrincipal"
                && name != "RestockingDeductionPrincipal"
        };
        let is_fee = |kind: Kind| {
            matches!(
                kind,
                Kind::FeeCommission | Kind::FeeFulfilment | Kind::FeeOther | Kind::FeeRefund | Kind::FeeStorage
            )
        };
        assert_eq!(sum(&told, is_fee), named(&held, fees), "fees of {name}, each once");
        let kept = |name: &str| name.starts_with("MarketplaceFacilitatorTax");
        assert_eq!(
            sum(&told, |kind| kind == Kind::TaxWithheld),
            named(&held, kept),
            "tax that Amazon keeps of {name}"
        );
        let back: Vec<_> = held
            .iter()
            .filter(|moved| moved.kind == TransactionType::Refund)
            .cloned()
            .collect();
        let given: i64 = told
            .postings
            .iter()
            .filter(|row| !row.cancelled && (row.kind.is_refund() || (row.kind == Kind::OtherCharge && row.amount < 0)))
            .map(|row| row.amount)
            .sum();
        let adjusted = |name: &str| paid(name) || name == "GoodwillPrincipal" || name == "RestockingDeductionPrincipal";
        assert_eq!(given, named(&back, adjusted), "what went back of {name}");
        let posted = held
            .iter()
            .filter(|moved| moved.kind == TransactionType::Shipment)
            .flat_map(|moved| &moved.items)
            .map(|item| item.units);
        let parcels = order.parcels.iter().flat_map(|parcel| &parcel.lines);
        let shipped: u32 = match order.network {
            Network::Mfn => parcels.map(|(_, units)| units).sum(),
            Network::Afn => posted.sum(),
        };
        let dated: i64 = told
            .postings
            .iter()
            .filter(|row| row.kind == Kind::ItemPrice && row.ship.is_some())
            .map(|row| row.units)
            .sum();
        assert_eq!(
            dated,
            i64::from(shipped),
            "units of {name} ship as its parcels say, or when money shows it"
        );
    }
    assert!(unknown > 5, "some orders wait for their price: {unknown}");
}

#[test]
fn figures_stand_by_channel_and_in_total() {
    let world = world();
    let seller = seller(&world);
    let to = NOON.day_in(world.spec().zone);
    let from = to - chrono::Days::new(200);
    for definition in Definition::ALL {
        let shop = countinghouse_sim::truth::report(&world, definition, from, to, None);
        let here = report(&world, Marketplace::Us, definition, from, to, None);
        let all = total(&world, definition, from, to);
        let sum = |pick: fn(&countinghouse_sim::truth::Figures) -> i64| {
            assert_eq!(
                pick(&shop.totals) + pick(&here.totals),
                pick(&all.totals),
                "{}",
                definition.name()
            );
        };
        sum(|figures| figures.orders);
        sum(|figures| figures.units);
        sum(|figures| figures.net_sales.expect("dollars are known"));
        sum(|figures| figures.fees);
        assert_eq!(
            shop.totals.ad_spend, None,
            "the shop tells of no advertising, which is not to have none"
        );
        assert_eq!(
            all.totals.ad_spend, here.totals.ad_spend,
            "what is known of it is Amazon's"
        );
        assert!(
            here.totals.fees < 0 && here.totals.ad_spend > Some(0),
            "Amazon costs money, and what was spent on advertising is told as an amount spent: {:?}",
            here.totals
        );
        assert!(here.totals.contribution.is_some() && here.totals.contribution_after_ads < here.totals.contribution);
        assert_eq!(
            here.totals
                .contribution
                .zip(here.totals.ad_spend)
                .map(|(before, spent)| before - spent),
            here.totals.contribution_after_ads,
            "what was spent is taken off"
        );
        let yen = report(&world, Marketplace::Jp, definition, from, to, None);
        assert_eq!(yen.currency.code(), "JPY", "each marketplace has its own money");
        let known = yen.totals.net_sales.is_some();
        assert_eq!(
            known,
            definition != Definition::Accounting,
            "what tax Japan's prices hold is not told before money shows it"
        );
        assert_eq!(yen.totals.gross_profit, None, "nor what the goods cost in yen");
        let days: i64 = yen.days.iter().map(|day| day.figures.orders).sum();
        assert_eq!(days, yen.totals.orders, "days add up");
    }
    let rows = account(&seller, Marketplace::Us, (from, to), Marketplace::Us.zone());
    assert!(
        sum(&rows, |kind| kind == Kind::Payout) < 0,
        "bills of advertising are paid"
    );
    let lumps = sum(&rows, |kind| kind == Kind::AdSpend);
    assert!(lumps < 0, "advertising counts by its days");
}
