//! What an order holds when it is placed: lines, discounts, taxes, shipping, further charges, and its first agreement.

use super::Build;
use super::rows::{Rate, line_amounts, plain_row, shipping_amounts, tax_lines};
use crate::world::catalogue::from_cents;
use crate::world::money::{Bag, Currency, largest_remainder, ratio_half_up};
use crate::world::plan::{Basket, Plan, Story};
use crate::world::rng::{Purpose, Rng};
use crate::world::words::{CAMPAIGNS, CODES, CUSTOM_TITLES, MARKETS, Market, SERVICES};
use crate::world::{
    AdditionalFee, AgreementKind, Allocation, Discount, DiscountKind, DiscountMethod, DiscountTarget, DiscountValue,
    Duty, Fate, Goods, Line, Order, SaleAction, SalesChannel, ShippingLine, Subject, Tip,
};
use crate::world::{Base, ids, people};

/// Conversion from the shop's to the buyer's smallest units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    numerator: i64,
    denominator: i64,
}

impl Exchange {
    /// The rate of the order's day; it wavers by up to a percent.
    fn of(plan: &Plan, base: &Base, buyer: Currency) -> Self {
        let shop = base.spec.currency;
        if buyer == shop {
            return Self {
                numerator: 1,
                denominator: 1,
            };
        }
        let day = plan.processed_at.0.div_euclid(crate::world::instant::DAY);
        let waver = Rng::of(base.spec.seed, Purpose::Exchange, day.unsigned_abs()).between(990, 1_010);
        Self {
            numerator: buyer.per_dollar() * buyer.unit() * waver,
            denominator: shop.per_dollar() * shop.unit() * 1_000,
        }
    }

    /// An amount in both currencies.
    pub(super) fn bag(self, shop: i64) -> Bag {
        Bag {
            shop,
            buyer: ratio_half_up(shop, self.numerator, self.denominator),
        }
    }
}

/// The taxes of an order: none when exempt, one joint rate when prices contain them.
fn rates(market: &Market, included: bool, exempt: bool) -> Vec<Rate> {
    match (market.taxes, exempt) {
        (_, true) | ([], _) => Vec::new(),
        ([only], _) => vec![*only],
        (several, _) if included => vec![("Sales tax", several.iter().map(|(_, rate)| rate).sum())],
        (several, _) => several.to_vec(),
    }
}

fn draw_market(rng: &mut Rng, till: bool) -> &'static Market {
    if till {
        return &MARKETS[0];
    }
    let mut mark = rng.below(1000);
    for market in &MARKETS {
        if mark < market.weight {
            return market;
        }
        mark -= market.weight;
    }
    &MARKETS[0]
}

impl<'a> Build<'a> {
    /// The order at the moment of its placement.
    pub(super) fn placed(base: &'a Base, plan: &'a Plan) -> Self {
        let mut rng = Rng::of(base.spec.seed, Purpose::Contents, plan.index);
        let till = plan.channel == SalesChannel::PointOfSale;
        let market = draw_market(&mut rng, till);
        let included = base.spec.taxes_included != rng.chance(120);
        let foreign = market.abroad && rng.chance(700);
        let buyer = Currency::of(market.money)
            .filter(|_| foreign)
            .unwrap_or(base.spec.currency);
        let exempt = rng.chance(30);
        let order = Order {
            index: plan.index,
            id: ids::order(plan.index),
            number: 1_001 + plan.index,
            created_at: plan.created_at(),
            processed_at: plan.processed_at,
            updated_at: plan.created_at(),
            closed_at: None,
            cancelled: None,
            test: plan.test,
            edited: false,
            taxes_included: included,
            currency: base.spec.currency,
            buyer_currency: buyer,
            channel: plan.channel,
            customer: if plan.story == Story::Deleted {
                None
            } else {
                people::buyer(base, plan.index)
            },
            ship_to: (!till).then_some(market.region),
            retail_location: till.then(|| base.till()),
            tags: if rng.chance(60) { vec!["b2b"] } else { Vec::new() },
            discounts: Vec::new(),
            lines: Vec::new(),
            shipping: Vec::new(),
            tip: None,
            duties: Vec::new(),
            additional_fees: Vec::new(),
            return_fees: Vec::new(),
            transactions: Vec::new(),
            fulfillments: Vec::new(),
            refunds: Vec::new(),
            returns: Vec::new(),
            agreements: Vec::new(),
            events: Vec::new(),
        };
        let mut build = Self {
            base,
            plan,
            order,
            rates: rates(market, included, exempt),
            exchange: Exchange::of(plan, base, buyer),
            parts: 0,
            rng,
            at: plan.processed_at,
        };
        build.fill_lines();
        build.discount_lines();
        build.discount_order();
        build.tax_lines();
        build.charge_shipping(market);
        build.charge_extras(market);
        build.first_agreement();
        build.first_payment();
        build.hand_over();
        build
    }

    fn fill_lines(&mut self) {
        let story = self.plan.story;
        let many = self.plan.basket == Basket::Shipped && !story.cancels() && self.rng.chance(4);
        let count = match self.rng.below(100) {
            _ if many => 61 + self.rng.below(20),
            0..=54 => 1,
            55..=76 => 2,
            77..=88 => 3,
            89..=94 => 4,
            95..=97 => 5,
            _ => 6 + self.rng.below(4),
        };
        for number in 0..count {
            let goods = self.draw_goods(number == 0);
            let mut quantity = match self.rng.below(100) {
                0..=69 => 1,
                70..=86 => 2,
                87..=93 => 3,
                94..=97 => 4,
                _ => 5,
            };
            if number == 0 {
                quantity = quantity.max(story.units_needed());
            }
            let line = self.line(goods, quantity);
            self.order.lines.push(line);
        }
        let mut extras = self.extras();
        if self.plan.gives_back && extras.chance(350) {
            let catalogue = &self.base.catalogue;
            let card = catalogue.choose(&catalogue.gift_cards, &mut extras, self.plan.processed_at);
            let line = self.line(Goods::Variant(card), 1 + extras.below(2) as u32);
            self.order.lines.push(line);
        }
    }

    /// Numbers of what is charged beside goods and shipping in orders that get some of it back.
    fn extras(&self) -> Rng {
        Rng::of(self.base.spec.seed, Purpose::Extras, !self.plan.index)
    }

    fn draw_goods(&mut self, first: bool) -> Goods {
        let catalogue = &self.base.catalogue;
        let draw = self.rng.below(100);
        let shelf = match self.plan.basket {
            Basket::Digital => &catalogue.digital,
            Basket::GiftCards => &catalogue.gift_cards,
            Basket::Shipped if first => &catalogue.physical,
            Basket::Shipped if self.plan.story.cancels() || draw < 89 => &catalogue.physical,
            Basket::Shipped => match draw {
                89..=93 => &catalogue.digital,
                94..=96 => &catalogue.gift_cards,
                _ => return Goods::Custom(self.rng.below(CUSTOM_TITLES.len() as u64) as u32),
            },
        };
        Goods::Variant(catalogue.choose(shelf, &mut self.rng, self.plan.processed_at))
    }

    /// A new line without discounts and taxes.
    pub(super) fn line(&mut self, goods: Goods, quantity: u32) -> Line {
        let base = self.base;
        let (price, taxable, requires_shipping, gift_card) = match goods {
            Goods::Variant(index) => {
                let variant = base.catalogue.variant(index);
                let gift_card = base.catalogue.product_of(variant).gift_card;
                (variant.price, variant.taxable, variant.requires_shipping, gift_card)
            }
            Goods::Custom(_) => (
                from_cents(self.rng.between(500, 9_000), base.spec.currency),
                true,
                true,
                false,
            ),
        };
        Line {
            id: self.part_id(),
            goods,
            added_at: self.at,
            quantity,
            withdrawn: 0,
            returned: 0,
            shipped: 0,
            unit_price: self.exchange.bag(price),
            allocations: Vec::new(),
            tax_lines: Vec::new(),
            taxable,
            requires_shipping,
            gift_card,
        }
    }

    /// Discounts on single lines.
    fn discount_lines(&mut self) {
        let value = match self.rng.below(1000) {
            0..=79 => DiscountValue::Percent(self.rng.pick(&[500, 1_000, 1_250, 2_000, 3_333])),
            80..=129 => DiscountValue::Amount(
                self.exchange
                    .bag(from_cents(self.rng.between(100, 900), self.base.spec.currency)),
            ),
            130..=139 => DiscountValue::Percent(10_000),
            _ => return,
        };
        let kind = self
            .rng
            .pick(&[DiscountKind::Automatic, DiscountKind::Code, DiscountKind::Manual]);
        let several = self.rng.chance(300);
        for at in 0..self.order.lines.len() {
            if self.order.lines[at].gift_card || (at > 0 && !several) || at > 3 {
                continue;
            }
            let price = self.order.lines[at].unit_price.times(self.order.lines[at].quantity);
            let amount = discount_on(price, value);
            if amount.is_zero() {
                continue;
            }
            let discount = self.order.discounts.len();
            self.order.lines[at].allocations.push(Allocation { discount, amount });
            let title = self.discount_title(kind);
            let (target, method) = (DiscountTarget::Line(at), DiscountMethod::Each);
            self.order.discounts.push(Discount {
                kind,
                title,
                value,
                target,
                method,
            });
        }
    }

    /// A discount on the whole order, spread over the lines by largest remainder.
    fn discount_order(&mut self) {
        let value = match self.rng.below(1000) {
            0..=109 => DiscountValue::Percent(self.rng.pick(&[500, 1_000, 1_500, 2_500])),
            110..=209 => DiscountValue::Amount(self.exchange.bag(from_cents(
                self.rng.pick(&[500, 1_000, 1_001, 1_999, 2_500]),
                self.base.spec.currency,
            ))),
            210..=221 => DiscountValue::Percent(10_000),
            _ => return,
        };
        let kind = self
            .rng
            .pick(&[DiscountKind::Code, DiscountKind::Code, DiscountKind::Automatic]);
        let title = self.discount_title(kind);
        let left: Vec<Bag> = self.order.lines.iter().map(Line::open_to_order_discount).collect();
        let amount = discount_on(left.iter().copied().sum(), value);
        if amount.is_zero() {
            return;
        }
        let side = |pick: fn(&Bag) -> i64| left.iter().map(pick).collect::<Vec<_>>();
        let shop = largest_remainder(amount.shop, &side(|bag| bag.shop));
        let buyer = largest_remainder(amount.buyer, &side(|bag| bag.buyer));
        let discount = self.order.discounts.len();
        for (line, (shop, buyer)) in self.order.lines.iter_mut().zip(shop.into_iter().zip(buyer)) {
            let amount = Bag { shop, buyer };
            if !amount.is_zero() {
                line.allocations.push(Allocation { discount, amount });
            }
        }
        let (target, method) = (DiscountTarget::AllLines, DiscountMethod::Across);
        self.order.discounts.push(Discount {
            kind,
            title,
            value,
            target,
            method,
        });
    }

    pub(super) fn discount_title(&mut self, kind: DiscountKind) -> &'static str {
        match kind {
            DiscountKind::Code => self.rng.pick(&CODES[..5]),
            DiscountKind::Automatic => self.rng.pick(&CAMPAIGNS),
            DiscountKind::Manual => "Agreed with customer",
        }
    }

    fn tax_lines(&mut self) {
        let included = self.order.taxes_included;
        for line in &mut self.order.lines {
            if line.taxable {
                line.tax_lines = tax_lines(&self.rates, line.discounted(), included);
            }
        }
    }

    fn charge_shipping(&mut self, market: &Market) {
        if self.plan.basket != Basket::Shipped || self.plan.channel == SalesChannel::PointOfSale {
            return;
        }
        let taxed = self.rng.chance(700);
        let lines = if self.rng.chance(10) { 2 } else { 1 };
        // An order that will be cancelled as a whole has a charge to reverse: a service with a price, undiscounted.
        let cancels = self.plan.story.cancels();
        let services = if cancels { &SERVICES[..4] } else { &SERVICES[..] };
        for number in 0..lines {
            let (title, cents) = self.rng.pick(services);
            let cents = if market.abroad { cents * 3 } else { cents };
            let price = self.exchange.bag(from_cents(cents, self.base.spec.currency));
            let id = self.part_id();
            let mut line = ShippingLine {
                id,
                title,
                price,
                allocations: Vec::new(),
                tax_lines: Vec::new(),
                refunded: Bag::ZERO,
            };
            if number == 0 && !cancels && !price.is_zero() && self.rng.chance(110) {
                let value = DiscountValue::Percent(self.rng.pick(&[10_000, 10_000, 10_000, 5_000]));
                let discount = self.order.discounts.len();
                line.allocations.push(Allocation {
                    discount,
                    amount: discount_on(price, value),
                });
                let (target, method) = (DiscountTarget::Shipping, DiscountMethod::Each);
                let kind = self.rng.pick(&[DiscountKind::Code, DiscountKind::Automatic]);
                let title = if kind == DiscountKind::Code {
                    CODES[5]
                } else {
                    "Free shipping week"
                };
                self.order.discounts.push(Discount {
                    kind,
                    title,
                    value,
                    target,
                    method,
                });
            }
            if taxed {
                line.tax_lines = tax_lines(&self.rates, line.discounted(), self.order.taxes_included);
            }
            self.order.shipping.push(line);
        }
    }

    /// Tip, duties, further fees: never on orders that will be cancelled as a whole.
    fn charge_extras(&mut self, market: &Market) {
        if self.plan.story.cancels() || self.plan.basket == Basket::GiftCards {
            return;
        }
        let goods: i64 = self.order.lines.iter().map(|line| line.discounted().shop).sum();
        let till = self.plan.channel == SalesChannel::PointOfSale;
        let mut extras = self.extras();
        let forced = [650, 850].map(|share| extras.chance(share) && self.plan.gives_back);
        if self.rng.chance(if till { 80 } else { 20 }) || forced[0] {
            let amount = self
                .exchange
                .bag(ratio_half_up(goods, self.rng.pick(&[5, 10, 15]), 100));
            if !amount.is_zero() {
                self.order.tip = Some(Tip {
                    line_id: self.part_id(),
                    amount,
                });
            }
        }
        if market.abroad && self.plan.basket == Basket::Shipped && (self.rng.chance(250) || forced[1]) {
            let price = self.exchange.bag(ratio_half_up(goods, self.rng.between(30, 90), 1_000));
            if !price.is_zero() {
                let id = self.part_id();
                self.order.duties.push(Duty {
                    id,
                    price,
                    origin: "US",
                    hs_code: "691200",
                });
            }
        }
        let wrapped = extras.chance(500) && self.plan.gives_back;
        if self.rng.chance(20) || wrapped {
            let price = self.exchange.bag(from_cents(395, self.base.spec.currency));
            let id = self.part_id();
            self.order.additional_fees.push(AdditionalFee {
                id,
                title: "Gift wrap",
                price,
            });
        }
    }

    fn first_agreement(&mut self) {
        let included = self.order.taxes_included;
        let order = &self.order;
        let mut sales = Vec::with_capacity(order.lines.len() + 2);
        for (at, line) in order.lines.iter().enumerate() {
            let subject = if line.gift_card {
                Subject::GiftCard(at)
            } else {
                Subject::Product(at)
            };
            let amounts = line_amounts(line, included);
            sales.push(amounts.row(subject, SaleAction::Order, Some(line.quantity), Fate::Sold));
        }
        for (at, line) in order.shipping.iter().enumerate() {
            let amounts = shipping_amounts(line, included);
            sales.push(amounts.row(Subject::Shipping(at), SaleAction::Order, None, Fate::Sold));
        }
        sales.extend(
            order
                .tip
                .map(|tip| plain_row(Subject::Tip, SaleAction::Order, tip.amount)),
        );
        for (at, duty) in order.duties.iter().enumerate() {
            sales.push(plain_row(Subject::Duty(at), SaleAction::Order, duty.price));
        }
        for (at, fee) in order.additional_fees.iter().enumerate() {
            sales.push(plain_row(Subject::AdditionalFee(at), SaleAction::Order, fee.price));
        }
        self.agree(AgreementKind::Order, sales);
    }
}

/// What a promise takes off a price, never more than the price.
pub(super) fn discount_on(price: Bag, value: DiscountValue) -> Bag {
    match value {
        DiscountValue::Percent(hundredths) => {
            price.each(|side| ratio_half_up(side, i64::from(hundredths), 10_000).min(side))
        }
        DiscountValue::Amount(amount) => amount.with(price, i64::min),
    }
}
