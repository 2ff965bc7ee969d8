//! From a plan to an Amazon order: its lines and charges, then one step after the other up to a moment.

use super::goods::Listed;
use super::order::{AmazonLine, AmazonOrder, Canceller, Charge, Link, Network, OrderStatus, Parcel, ShopOrder};
use super::plan::{AmazonStep, Plan, Story};
use super::{Base, Marketplace, ids};
use crate::world::Base as Shop;
use crate::world::Second;
use crate::world::money::{ratio_cut, ratio_half_up};
use crate::world::rng::{Purpose, Rng};
use crate::world::{Goods, Order};

const MILLION: i64 = 1_000_000;

/// The order after `steps`, a non-empty prefix of its plan's; `shop_order` is what a copy copies.
pub(super) fn order_after(
    base: &Base,
    shop: &Shop,
    plan: &Plan,
    steps: &[(Second, AmazonStep)],
    shop_order: Option<&Order>,
) -> AmazonOrder {
    let mut rng = Rng::of(base.seed(plan.market), Purpose::Contents, plan.index);
    let mut order = placed(base, plan, shop_order, &mut rng);
    fill(base, shop, plan, &mut order, shop_order, &mut rng);
    for (number, (at, step)) in steps.iter().enumerate() {
        let key = plan.index * 16 + number as u64;
        let mut rng = Rng::of(base.seed(plan.market), Purpose::Step, key);
        apply(&mut order, *at, *step, &mut rng);
        order.updated_at = *at;
    }
    order
}

fn placed(base: &Base, plan: &Plan, shop_order: Option<&Order>, rng: &mut Rng) -> AmazonOrder {
    let copies = plan.story == Story::Copy;
    let earlier = |rng: &mut Rng| {
        let index = plan.index - 1 - rng.below(30);
        let copy = Plan::of(base, plan.market, index).is_some_and(|plan| plan.story == Story::Copy);
        ids::order(plan.market, index, copy)
    };
    let link = match plan.story {
        Story::Replacement | Story::PaidReplacement => Some((Link::Replacement, earlier(rng))),
        Story::Exchange => Some((Link::Exchange, earlier(rng))),
        _ => None,
    };
    let business = plan.business && !copies;
    let own_number = plan.network == Network::Mfn && rng.chance(300);
    AmazonOrder {
        market: plan.market,
        index: plan.index,
        id: ids::order(plan.market, plan.index, plan.story == Story::Copy),
        created_at: plan.placed(),
        updated_at: plan.placed(),
        status: OrderStatus::Pending,
        network: plan.network,
        business,
        prime: plan.network == Network::Afn && rng.chance(700),
        priced: false,
        tax_told: !plan.market.taxes_included() || business,
        link,
        replacement: plan.story == Story::Replacement,
        copy: copies,
        copy_of: shop_order.map(|order| ShopOrder {
            index: order.index,
            name: order.name(),
        }),
        seller_order_id: match shop_order {
            Some(order) => Some(order.name()),
            None if copies => Some(format!("EXT-{}", 70_000 + plan.index)),
            None => own_number.then(|| format!("HP-{}-{}", plan.market.country(), 1_000 + plan.index)),
        },
        cancel_asked: false,
        cancelled_at: None,
        lines: Vec::new(),
        parcels: Vec::new(),
    }
}

fn fill(base: &Base, shop: &Shop, plan: &Plan, order: &mut AmazonOrder, shop_order: Option<&Order>, rng: &mut Rng) {
    let mut wanted: Vec<(u32, u32)> = Vec::new();
    if let Some(copied) = shop_order {
        for line in copied.lines.iter().filter(|line| line.requires_shipping) {
            if let Goods::Variant(variant) = line.goods {
                wanted.push((base.goods.listed_as(variant), line.quantity));
            }
        }
    }
    if wanted.is_empty() {
        let count = match rng.below(100) {
            _ if plan.story == Story::LineCancelled => 2,
            0..=71 => 1,
            72..=90 => 2,
            _ => 3 + rng.below(2),
        };
        for _ in 0..count {
            let mut variant = base.goods.choose(rng);
            if let Some((same, _)) = wanted.last()
                && rng.chance(90)
            {
                variant = *same;
            }
            let quantity = match rng.below(100) {
                0..=79 => 1,
                80..=92 => 2,
                _ => 3,
            };
            wanted.push((variant, quantity));
        }
        if matches!(plan.story, Story::SplitTwo | Story::PartRefund) && wanted[0].1 < 2 {
            wanted[0].1 = 2;
        }
    }
    let rate = match plan.market.rates() {
        _ if order.business && plan.market == Marketplace::Us => 0,
        rates => i64::from(rng.pick(rates)),
    };
    let free = !order.sells();
    let offered = rng.below(1000);
    let lines = wanted.len();
    for (number, (variant, quantity)) in wanted.into_iter().enumerate() {
        let unit_price = if free {
            0
        } else {
            Listed::price(shop, plan.market, variant)
        };
        let mut line = AmazonLine {
            item_id: ids::item(plan.market, plan.index, number),
            variant,
            quantity,
            shipped: 0,
            cancelled: None,
            unit_price,
            charge: Charge::default(),
            funded: 0,
            points: 0,
        };
        // The line that a part of an order loses carries goods only.
        let bare = plan.story == Story::LineCancelled && number + 1 == lines;
        if !free {
            charge(order, &mut line, rate, (offered, bare), rng);
        }
        order.lines.push(line);
    }
    // Nothing more to tell: where nothing is paid, that is known at once; so it is in Japan.
    order.priced = free || plan.market == Marketplace::Jp;
    if free {
        order.status = OrderStatus::Unshipped;
    }
}

fn charge(order: &AmazonOrder, line: &mut AmazonLine, rate: i64, (offered, bare): (u64, bool), rng: &mut Rng) {
    let cents = |cents: i64| crate::world::catalogue::from_cents(cents, order.market.currency());
    let charge = &mut line.charge;
    charge.item = line.unit_price * i64::from(line.quantity);
    if offered < 160 {
        let hundredths = rng.pick(&[500, 1_000, 1_500, 10_000]);
        let hundredths = if hundredths == 10_000 && offered >= 20 {
            2_000
        } else {
            hundredths
        };
        charge.item_discount = ratio_half_up(charge.item, hundredths, 10_000);
    }
    // Amazon pays some promotions itself, wholly or by half.
    if charge.item_discount > 0 && rng.chance(250) {
        line.funded = if rng.chance(500) {
            charge.item_discount
        } else {
            charge.item_discount / 2
        };
    }
    let shipped_for = match order.network {
        Network::Afn if order.prime => 0,
        Network::Afn => 250,
        Network::Mfn => 600,
    };
    if !bare && rng.chance(shipped_for) {
        charge.shipping = cents(rng.pick(&[299, 399, 499, 599, 1_299]));
        if rng.chance(200) {
            charge.shipping_discount = if rng.chance(700) {
                charge.shipping
            } else {
                charge.shipping / 2
            };
        }
    }
    if !bare && rng.chance(60) {
        charge.wrap = cents(rng.pick(&[399, 449]));
    }
    let tax = |price: i64| {
        let whole = if order.tax_told { MILLION } else { MILLION + rate };
        ratio_half_up(price, rate, whole)
    };
    charge.tax_item = tax(charge.item - charge.item_discount);
    charge.tax_shipping = tax(charge.shipping - charge.shipping_discount);
    charge.tax_wrap = tax(charge.wrap);
    charge.tax_item_off = tax(charge.item) - charge.tax_item;
    charge.tax_shipping_off = tax(charge.shipping) - charge.tax_shipping;
    if order.market == Marketplace::Jp && rng.chance(300) {
        line.points = ratio_cut(charge.item, 1, 100);
    }
}

fn apply(order: &mut AmazonOrder, at: Second, step: AmazonStep, rng: &mut Rng) {
    match step {
        AmazonStep::Placed => {}
        AmazonStep::Priced => {
            order.priced = true;
            order.status = OrderStatus::Unshipped;
        }
        AmazonStep::CancelAsked => order.cancel_asked = true,
        AmazonStep::Cancelled => {
            let by = rng.pick(&[Canceller::Buyer, Canceller::Merchant, Canceller::Amazon]);
            order.cancel_asked = by == Canceller::Buyer;
            order.cancelled_at = Some(at);
            order.status = OrderStatus::Cancelled;
            order.lines.iter_mut().for_each(|line| line.cancelled = Some(by));
        }
        AmazonStep::LineCancelled => {
            let by = rng.pick(&[Canceller::Buyer, Canceller::Merchant]);
            if let Some(line) = order.lines.last_mut() {
                line.cancelled = Some(by);
            }
        }
        AmazonStep::Shipped(part, of) => ship(order, at, part, of),
    }
}

fn ship(order: &mut AmazonOrder, at: Second, part: u8, of: u8) {
    let open = |line: &AmazonLine| {
        let stands = line.cancelled.is_none();
        if stands { line.quantity - line.shipped } else { 0 }
    };
    let all: u32 = order.lines.iter().map(open).sum();
    let mut wanted = if part + 1 == of { all } else { (all / 2).max(1) };
    let mut lines = Vec::new();
    for (place, line) in order.lines.iter_mut().enumerate() {
        let units = open(line).min(wanted);
        if units > 0 {
            line.shipped += units;
            wanted -= units;
            lines.push((place, units));
        }
    }
    order.parcels.push(Parcel { at, lines });
    let left: u32 = order.lines.iter().map(open).sum();
    order.status = if left == 0 {
        OrderStatus::Shipped
    } else {
        OrderStatus::PartiallyShipped
    };
}
