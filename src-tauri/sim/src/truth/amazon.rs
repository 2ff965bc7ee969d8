//! The truth about what the seller does at Amazon, by the rules of "Amazon: how truth counts" in the README.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::figures::{Book, Definition};
use super::posting::{Kind, Posting, Told};
use super::{DayFigures, Report, reach, spread};
use crate::world::World;
use crate::world::amazon::{
    AmazonLine, AmazonOrder, AmazonTransaction, Charge, Held, Marketplace, Network, OrderStatus, Part, Seller,
    TransactionItem, TransactionType,
};

/// The true figures of one marketplace on the days `from..=to`, as of the world's `now`, in its currency, with days in
/// `zone` (the marketplace's when `None`). A world without Amazon has nothing on any day.
pub fn report(
    world: &World,
    market: Marketplace,
    definition: Definition,
    from: NaiveDate,
    to: NaiveDate,
    zone: Option<Tz>,
) -> Report {
    let zone = zone.unwrap_or(market.zone());
    let book = book(world, market, definition, (from, to), zone);
    read(&book, definition, market.currency(), zone, (from, to))
}

/// The true figures of the shop and of all marketplaces that trade in the shop's currency together, each with its own
/// days. Sums over several currencies need rates, which are not the world's.
pub fn total(world: &World, definition: Definition, from: NaiveDate, to: NaiveDate) -> Report {
    let spec = world.spec();
    let mut all = super::book(world, definition, from, to, spec.zone);
    for market in Marketplace::ALL {
        if market.currency() == spec.currency {
            all.merge(&book(world, market, definition, (from, to), market.zone()));
        }
    }
    read(&all, definition, spec.currency, spec.zone, (from, to))
}

fn read(
    book: &Book,
    definition: Definition,
    currency: crate::world::Currency,
    zone: Tz,
    (from, to): (NaiveDate, NaiveDate),
) -> Report {
    let days = book.days().map(|(day, tally)| DayFigures {
        day,
        figures: tally.figures(definition, currency),
    });
    Report {
        definition,
        currency,
        zone,
        from,
        to,
        days: days.collect(),
        totals: book.total().figures(definition, currency),
    }
}

fn book(
    world: &World,
    market: Marketplace,
    definition: Definition,
    (from, to): (NaiveDate, NaiveDate),
    zone: Tz,
) -> Book {
    let mut book = Book::new(definition, from, to);
    let Some(seller) = world.amazon() else { return book };
    let (start, end) = reach(from, to);
    let orders = spread(
        seller.placed_between(market, start, end),
        || Book::new(definition, from, to),
        |book: &mut Book, index| {
            if let Some(order) = seller.order(market, index) {
                book.count(&tell(&seller, &order, zone));
            }
        },
        |book, other| book.merge(&other),
    );
    book.merge(&orders);
    book.count(&account(&seller, market, (from, to), zone));
    book
}

/// The postings of an order as it stands and as its money is shown now, with days in `zone`.
pub fn tell(seller: &Seller, order: &AmazonOrder, zone: Tz) -> Told {
    let cost = |variant: u32| seller.unit_cost(order.market, variant);
    told(order, seller.order_money(order.market, order.index), zone, &cost)
}

/// The postings of an order from its record, its transactions by date, and the cost of one unit of each variant.
pub fn told(order: &AmazonOrder, money: Vec<AmazonTransaction>, zone: Tz, cost: &dyn Fn(u32) -> Option<i64>) -> Told {
    // Money let go is the money that was held: it counts once, when it was held.
    let counted = money.into_iter().filter(counts).collect();
    Teller {
        cost,
        order,
        zone,
        money: counted,
        postings: Vec::new(),
    }
    .told()
}

/// Whether a transaction counts: all but the second telling of money that was held back.
fn counts(moved: &AmazonTransaction) -> bool {
    moved.status != Held::Released || moved.other.is_none()
}

/// Everything that belongs to no order, on the days `from..=to`: fees, reimbursements, payouts, advertising.
pub fn account(seller: &Seller, market: Marketplace, (from, to): (NaiveDate, NaiveDate), zone: Tz) -> Told {
    let mut postings = Vec::new();
    let (start, _) = reach(from, from);
    let (_, end) = reach(to, to);
    let mut after = None;
    loop {
        let page = seller.account_money(market, start, end, after, 500);
        for key in &page {
            let Some(moved) = seller.transaction(key) else { continue };
            let event = moved.posted.day_in(zone);
            for part in moved.all_parts() {
                if let Some((kind, amount)) = of_account(moved.kind, part) {
                    postings.push(row(kind, amount, event));
                }
            }
        }
        match page.last() {
            Some(last) => after = Some(*last),
            None => break,
        }
    }
    // Advertising is told by days of the marketplace, which no zone moves.
    let mut day = from;
    while day <= to {
        let spent: i64 = seller.ads(market, day).iter().map(|ad| ad.amount).sum();
        if spent != 0 {
            postings.push(row(Kind::AdSpend, -spent, day));
        }
        day = day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    }
    Told {
        placed: from,
        counts: false,
        priced: true,
        basis_unknown: false,
        units: 0,
        withdrawn: 0,
        fulfilled: false,
        postings,
    }
}

fn row(kind: Kind, amount: i64, event: NaiveDate) -> Posting {
    Posting {
        kind,
        event,
        order: event,
        ship: None,
        units: 0,
        amount,
        cancelled: false,
        of_shipped: false,
        edit: false,
        costed: false,
        line: None,
    }
}

/// What a part of a transaction without an order is; advertising comes from the daily figures instead.
fn of_account(kind: TransactionType, part: &Part) -> Option<(Kind, i64)> {
    match kind {
        // The list of payouts has it.
        TransactionType::Transfer => None,
        TransactionType::Reimbursement => Some((Kind::Reimbursement, part.amount)),
        TransactionType::ProductAdsPayment => Some((Kind::Payout, part.amount)),
        _ => Some((fee(part), part.amount)),
    }
}

/// The kind of a fee that is not posted with a refund, by its name.
fn fee(part: &Part) -> Kind {
    match part.name {
        "Commission" | "RefundCommission" | "VariableClosingFee" => Kind::FeeCommission,
        "FBAPerUnitFulfillmentFee" | "FBAInboundTransportationFee" | "ShippingChargeback" | "GiftwrapChargeback" => {
            Kind::FeeFulfilment
        }
        "FBAStorageFee" => Kind::FeeStorage,
        _ => Kind::FeeOther,
    }
}

struct Teller<'a> {
    cost: &'a dyn Fn(u32) -> Option<i64>,
    order: &'a AmazonOrder,
    zone: Tz,
    money: Vec<AmazonTransaction>,
    postings: Vec<Posting>,
}

impl Teller<'_> {
    fn told(mut self) -> Told {
        let order = self.order;
        let placed = order.created_at.day_in(self.zone);
        let blank = row(Kind::ItemPrice, 0, placed);
        if order.sells() && order.priced {
            for (place, line) in order.lines.iter().enumerate() {
                self.sold(place, line, blank);
            }
        }
        if order.replacement {
            self.given_away(blank);
        }
        let shipped = self.first_shipped();
        for moved in self.money.clone() {
            let like = Posting {
                event: moved.posted.day_in(self.zone),
                ship: shipped,
                ..blank
            };
            for item in &moved.items {
                self.moved(moved.kind, item, like);
            }
        }
        let basis_unknown = self.basis_unknown();
        let (units, withdrawn) = order.units();
        let waits = order
            .lines
            .iter()
            .any(|line| line.cancelled.is_none() && line.shipped < line.quantity);
        Told {
            placed,
            counts: order.sells(),
            priced: order.priced,
            basis_unknown: order.priced && basis_unknown,
            units: i64::from(units),
            withdrawn: i64::from(withdrawn),
            fulfilled: !waits && withdrawn < units,
            postings: self.postings,
        }
    }

    /// Adds a row unless it is empty.
    fn post(&mut self, kind: Kind, amount: i64, like: Posting) {
        if amount != 0 || like.units != 0 || kind == Kind::ItemPrice {
            self.postings.push(Posting { kind, amount, ..like });
        }
    }

    fn cost(&self, line: &AmazonLine) -> Option<i64> {
        (self.cost)(line.variant)
    }

    /// Shipments that money shows.
    fn shipments(&self) -> impl Iterator<Item = &AmazonTransaction> {
        self.money
            .iter()
            .filter(|moved| moved.kind == TransactionType::Shipment)
    }

    /// The order states its parcels: only orders that the seller ships do.
    fn states_parcels(&self) -> bool {
        self.order.network == Network::Mfn && !self.order.parcels.is_empty()
    }

    /// Day on which something first left: by the parcels that the order states, else as money shows it.
    fn first_shipped(&self) -> Option<NaiveDate> {
        let parcels = self.order.parcels.iter().map(|parcel| parcel.at.day_in(self.zone));
        match self.states_parcels() {
            true => parcels.min(),
            false => self.shipments().map(|moved| moved.posted.day_in(self.zone)).min(),
        }
    }

    /// How many units of a line left on which day, as far as it is told, and what is left over.
    fn parts(&self, place: usize) -> Vec<(u32, Option<NaiveDate>)> {
        let mut parts: Vec<(u32, Option<NaiveDate>)> = Vec::new();
        if self.states_parcels() {
            for parcel in &self.order.parcels {
                let own = parcel.lines.iter().filter(|(line, _)| *line == place);
                parts.extend(own.map(|(_, units)| (*units, Some(parcel.at.day_in(self.zone)))));
            }
        } else {
            for moved in self.shipments() {
                let own = moved.items.iter().filter(|item| item.line == place);
                parts.extend(own.map(|item| (item.units, Some(moved.posted.day_in(self.zone)))));
            }
        }
        let left: u32 = parts.iter().map(|(units, _)| units).sum();
        if left < self.order.lines[place].quantity {
            parts.push((self.order.lines[place].quantity - left, None));
        }
        parts
    }

    /// What a line charges without tax, and its taxes: as the order tells them, or once money shows price and tax of all
    /// units of its goods that together are what was charged. `None`: nobody tells the share of tax.
    fn apart(&self, place: usize) -> Option<Charge> {
        let line = &self.order.lines[place];
        let shows_tax = self.order.lines.iter().any(|line| line.charge.tax() != 0);
        if !self.order.market.taxes_included() || (self.order.tax_told && shows_tax) {
            return Some(line.charge);
        }
        let (mut charged, mut shown) = ([0; 3], [0; 3]);
        let same = |other: &&AmazonLine| other.variant == line.variant && other.cancelled.is_none();
        for line in self.order.lines.iter().filter(same) {
            let own = &line.charge;
            charged[0] += own.item - own.item_discount;
            charged[1] += own.shipping - own.shipping_discount;
            charged[2] += own.wrap;
        }
        let mut told = Charge::default();
        for item in self.shipments().flat_map(|moved| &moved.items) {
            for part in item.parts.iter().filter(|_| item.variant == line.variant) {
                let own = if item.line == place { part.amount } else { 0 };
                let group = match part.name {
                    "OurPricePrincipal" => (0, &mut told.item, own),
                    "OurPriceDiscount" => (0, &mut told.item_discount, -own),
                    "OurPriceTax" => (0, &mut told.tax_item, own),
                    "ShippingPrincipal" => (1, &mut told.shipping, own),
                    "ShippingDiscount" => (1, &mut told.shipping_discount, -own),
                    "ShippingTax" => (1, &mut told.tax_shipping, own),
                    "GiftwrapPrincipal" => (2, &mut told.wrap, own),
                    "GiftwrapTax" => (2, &mut told.tax_wrap, own),
                    _ => continue,
                };
                shown[group.0] += part.amount;
                *group.1 += group.2;
            }
        }
        (line.cancelled.is_none() && shown == charged && told.item != 0).then_some(told)
    }

    /// Whether nobody tells the share of tax in anything that stands; where nothing stands, in what was withdrawn.
    fn basis_unknown(&self) -> bool {
        let stands = self.order.lines.iter().any(|line| line.cancelled.is_none());
        let mut lines = self.order.lines.iter().enumerate();
        lines.any(|(place, line)| (line.cancelled.is_none() || !stands) && self.apart(place).is_none())
    }

    fn sold(&mut self, place: usize, line: &AmazonLine, blank: Posting) {
        let cost = self.cost(line);
        let apart = self.apart(place);
        let told = apart.is_some();
        let charge = &apart.unwrap_or(line.charge);
        let like = Posting {
            line: Some(place),
            costed: cost.is_some(),
            ..blank
        };
        // Where nobody tells the tax, there is none: prices count as they are charged.
        let tax = |amount: i64| if told { amount } else { 0 };
        let tax_goods = tax(charge.tax_item + charge.tax_wrap);
        if line.cancelled.is_some() {
            return self.cancelled(line, (tax_goods, tax(charge.tax_shipping)), like);
        }
        let parts = self.parts(place);
        let whole = i64::from(line.quantity);
        let sums = [charge.item, -charge.item_discount, tax(charge.tax_item)];
        let mut left = sums;
        for (number, (units, ship)) in parts.iter().enumerate() {
            let last = number + 1 == parts.len();
            let mut share = [0; 3];
            for kind in 0..3 {
                share[kind] = if last {
                    left[kind]
                } else {
                    sums[kind] * i64::from(*units) / whole
                };
                left[kind] -= share[kind];
            }
            let units = i64::from(*units);
            let row = Posting { ship: *ship, ..like };
            self.post(Kind::ItemPrice, share[0], Posting { units, ..row });
            self.post(Kind::ItemDiscountSeller, share[1], row);
            self.post(Kind::TaxItem, share[2], row);
            if let Some(cost) = cost {
                self.post(Kind::Cogs, -cost * units, row);
            }
        }
        let ship = self.first_shipped();
        let row = Posting { ship, ..like };
        self.post(Kind::Shipping, charge.shipping, row);
        self.post(Kind::ShippingDiscount, -charge.shipping_discount, row);
        self.post(Kind::TaxShipping, tax(charge.tax_shipping), row);
        self.post(Kind::OtherCharge, charge.wrap, row);
        self.post(Kind::TaxItem, tax(charge.tax_wrap), row);
    }

    /// A line that was cancelled: sold on the order's day, withdrawn when the order was cancelled; a line that was
    /// cancelled alone is withdrawn on the order's day, because no record tells another.
    fn cancelled(&mut self, line: &AmazonLine, (tax_goods, tax_shipping): (i64, i64), like: Posting) {
        let charge = &line.charge;
        let units = i64::from(line.quantity);
        let like = Posting {
            cancelled: true,
            ..like
        };
        self.post(Kind::ItemPrice, charge.item, Posting { units, ..like });
        self.post(Kind::ItemDiscountSeller, -charge.item_discount, like);
        self.post(Kind::TaxItem, tax_goods, like);
        self.post(Kind::Shipping, charge.shipping, like);
        self.post(Kind::ShippingDiscount, -charge.shipping_discount, like);
        self.post(Kind::TaxShipping, tax_shipping, like);
        self.post(Kind::OtherCharge, charge.wrap, like);
        let gone = self
            .order
            .cancelled_at
            .filter(|_| self.order.status == OrderStatus::Cancelled);
        let event = gone.map_or(like.event, |at| at.day_in(self.zone));
        let back = Posting { event, ..like };
        let goods = charge.item - charge.item_discount;
        self.post(Kind::ReversalItem, -goods, Posting { units: -units, ..back });
        self.post(Kind::ReversalShipping, charge.shipping_discount - charge.shipping, back);
        self.post(Kind::ReversalTax, -(tax_goods + tax_shipping), back);
        self.post(Kind::OtherCharge, -charge.wrap, back);
    }

    /// Goods of a free replacement are written off as they leave.
    fn given_away(&mut self, blank: Posting) {
        for (place, line) in self.order.lines.iter().enumerate() {
            let Some(cost) = self.cost(line) else { continue };
            for (units, ship) in self.parts(place) {
                if let Some(event) = ship {
                    let like = Posting {
                        event,
                        ship,
                        line: Some(place),
                        costed: true,
                        ..blank
                    };
                    self.post(Kind::WriteOff, -cost * i64::from(units), like);
                }
            }
        }
    }

    /// What the money of one line says beyond the order: fees, withheld tax, money given back.
    fn moved(&mut self, kind: TransactionType, item: &TransactionItem, like: Posting) {
        let costed = self.cost(&self.order.lines[item.line]).is_some();
        let like = Posting {
            line: Some(item.line),
            costed,
            ..like
        };
        let back = kind == TransactionType::Refund;
        let refund = Posting {
            of_shipped: true,
            ..like
        };
        let mut sums = BTreeMap::<&str, i64>::new();
        let told = self.apart(item.line).is_some();
        for part in &item.parts {
            match part.name {
                "OurPricePrincipal" | "OurPriceDiscount" if back => *sums.entry("goods").or_default() += part.amount,
                "ShippingPrincipal" | "ShippingDiscount" if back => *sums.entry("shipping").or_default() += part.amount,
                "GiftwrapPrincipal" if back => *sums.entry("wrap").or_default() += part.amount,
                "OurPriceTax" if back && !told => *sums.entry("goods").or_default() += part.amount,
                "ShippingTax" if back && !told => *sums.entry("shipping").or_default() += part.amount,
                "GiftwrapTax" if back && !told => *sums.entry("wrap").or_default() += part.amount,
                "OurPriceTax" | "ShippingTax" | "GiftwrapTax" if back => *sums.entry("tax").or_default() += part.amount,
                "GoodwillPrincipal" | "RestockingDeductionPrincipal" => {
                    self.post(Kind::RefundAdjustment, part.amount, refund);
                }
                // What was sold is told by the order.
                "OurPricePrincipal" | "OurPriceDiscount" | "OurPriceTax" | "ShippingPrincipal" | "ShippingDiscount"
                | "ShippingTax" | "GiftwrapPrincipal" | "GiftwrapTax" => {}
                "Promo" => self.post(Kind::Reimbursement, part.amount, like),
                name if name.starts_with("MarketplaceFacilitatorTax") => {
                    self.post(Kind::TaxWithheld, part.amount, like);
                }
                _ if back => self.post(Kind::FeeRefund, part.amount, like),
                _ => self.post(fee(part), part.amount, like),
            }
        }
        if let Some(goods) = sums.get("goods") {
            let units = -i64::from(item.units);
            self.post(Kind::RefundItem, *goods, Posting { units, ..refund });
        }
        let sum = |name: &str| sums.get(name).copied().unwrap_or(0);
        self.post(Kind::RefundShipping, sum("shipping"), refund);
        self.post(Kind::OtherCharge, sum("wrap"), like);
        self.post(Kind::RefundTax, sum("tax"), refund);
    }
}
