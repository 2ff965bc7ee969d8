//! From an order of the world to postings, by the ledger's rulings, in plain steps.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::posting::{Kind, Posting, Told};
use crate::world::{Agreement, Fate, Line, Order, Sale, SaleAction, SalesChannel, Subject, World};

/// The postings of an order as it stands, with days in `zone`; `None` for test orders, which make no rows at all.
pub fn tell(world: &World, order: &Order, zone: Tz) -> Option<Told> {
    if order.test {
        return None;
    }
    let mut teller = Teller::new(world, order, zone);
    for agreement in &order.agreements {
        teller.agreement(agreement);
    }
    for payment in &order.transactions {
        if let Some(fee) = payment.fee {
            let event = payment.processed_at.day_in(zone);
            teller.post(Kind::FeePayment, -fee, Posting { event, ..teller.blank });
        }
    }
    Some(teller.told())
}

/// Units of one line that left on one day; the last part may still be here.
#[derive(Clone, Copy)]
struct Part {
    units: i64,
    ship: Option<NaiveDate>,
}

/// What a change of price lost with units that were withdrawn after it: (price, net, tax) as cut, and net and tax exactly.
struct Lost {
    cut: (i64, i64, i64),
    net: (i64, i64),
    tax: (i64, i64),
}

/// The share of `units` out of `all` in (price, net, tax): price, discount and tax are each cut toward zero.
fn share_of((price, net, tax): (i64, i64, i64), units: i64, all: i64) -> (i64, i64, i64) {
    if units == all {
        return (price, net, tax);
    }
    let cut = |amount: i64| amount * units / all;
    (cut(price), cut(price) + cut(net - price), cut(tax))
}

struct Teller<'a> {
    world: &'a World,
    order: &'a Order,
    zone: Tz,
    till: bool,
    /// Shipment days of the order's parcels, oldest first.
    parcels: Vec<NaiveDate>,
    /// A row of this order with nothing in it.
    blank: Posting,
    postings: Vec<Posting>,
}

impl<'a> Teller<'a> {
    fn new(world: &'a World, order: &'a Order, zone: Tz) -> Self {
        let placed = order.processed_at.day_in(zone);
        let blank = Posting {
            kind: Kind::ItemPrice,
            event: placed,
            order: placed,
            ship: None,
            units: 0,
            amount: 0,
            cancelled: false,
            of_shipped: false,
            edit: false,
            costed: false,
            line: None,
        };
        Self {
            world,
            order,
            zone,
            till: order.channel == SalesChannel::PointOfSale,
            parcels: order
                .fulfillments
                .iter()
                .map(|parcel| parcel.created_at.day_in(zone))
                .collect(),
            blank,
            postings: Vec::with_capacity(order.lines.len() * 4 + 4),
        }
    }

    /// Adds a row unless it is empty: rows that carry units count, also where the goods were free.
    fn post(&mut self, kind: Kind, amount: i64, like: Posting) {
        if amount != 0 || like.units != 0 || kind == Kind::ItemPrice {
            self.postings.push(Posting { kind, amount, ..like });
        }
    }

    fn agreement(&mut self, agreement: &Agreement) {
        let event = agreement.happened_at.day_in(self.zone);
        let edit = agreement.id != self.order.agreements[0].id;
        for sale in &agreement.sales {
            let like = Posting {
                event,
                edit,
                ..self.blank
            };
            match (sale.subject, sale.action) {
                (Subject::Product(at), SaleAction::Return) => self.goods_back(at, sale, like),
                (Subject::Product(at), _) => self.goods_sold(at, sale, like),
                (Subject::Shipping(_), SaleAction::Return) => self.shipping_back(sale, like),
                (Subject::Shipping(_), _) => self.shipping_charged(sale, like),
                // What is given back of these is a negative row of the same kind (ruling 14).
                (Subject::GiftCard(_), _) => self.post(Kind::GiftCardSold, sale.total.shop, sold_at_once(like)),
                (Subject::Tip, _) => self.post(Kind::Tip, sale.total.shop, sold_at_once(like)),
                (Subject::Duty(_), _) => {
                    let ship = self.charges_ship(event);
                    self.post(Kind::Duty, sale.total.shop, Posting { ship, ..like });
                }
                (Subject::AdditionalFee(_), _) => {
                    let ship = self.charges_ship(event);
                    self.post(Kind::OtherCharge, sale.total.shop, Posting { ship, ..like });
                }
                (Subject::Adjustment | Subject::ReturnFee(_), _) => {
                    let costed = self.order.lines.iter().any(|line| self.world.unit_cost(line).is_some());
                    let of_shipped = self.order.lines.iter().any(|line| line.shipped > 0);
                    let like = Posting {
                        edit: false,
                        costed,
                        of_shipped,
                        ship: self.first_parcel(),
                        ..like
                    };
                    self.post(Kind::RefundAdjustment, sale.total.shop, like);
                }
            }
        }
    }

    fn first_parcel(&self) -> Option<NaiveDate> {
        self.parcels.first().copied()
    }

    /// When charges of the whole order ship: with the first parcel, or when sold where nothing has to be shipped.
    fn charges_ship(&self, sold: NaiveDate) -> Option<NaiveDate> {
        let nothing_ships = !self.order.lines.iter().any(|line| line.requires_shipping);
        if self.till || nothing_ships {
            Some(sold)
        } else {
            self.first_parcel()
        }
    }

    /// How the units of one sale row that were not withdrawn left: parcel by parcel, then what is still here. Rows of
    /// one line are served in their order.
    fn parts(&self, at: usize, sale: &Sale, kept: i64, sold: NaiveDate) -> Vec<Part> {
        let line = &self.order.lines[at];
        if self.till || !line.requires_shipping {
            return vec![Part {
                units: kept,
                ship: Some(sold),
            }];
        }
        let rows = self.order.agreements.iter().flat_map(|agreement| &agreement.sales);
        let earlier = rows
            .take_while(|row| row.id != sale.id)
            .filter(|row| row.subject == Subject::Product(at) && row.fate == Fate::Sold);
        let mut before: i64 = earlier.map(|row| i64::from(row.quantity.unwrap_or(0))).sum();
        let mut open = kept;
        let mut parts = Vec::new();
        for (parcel, day) in self.order.fulfillments.iter().zip(&self.parcels) {
            for (_, units) in parcel.lines.iter().filter(|(line, _)| *line == at) {
                let skipped = before.min(i64::from(*units));
                before -= skipped;
                let units = (i64::from(*units) - skipped).min(open);
                open -= units;
                if units > 0 {
                    parts.push(Part {
                        units,
                        ship: Some(*day),
                    });
                }
            }
        }
        if open > 0 {
            parts.push(Part {
                units: open,
                ship: None,
            });
        }
        parts
    }

    fn goods_sold(&mut self, at: usize, sale: &Sale, like: Posting) {
        let line = &self.order.lines[at];
        let cost = self.world.unit_cost(line);
        let like = Posting {
            line: Some(at),
            costed: cost.is_some(),
            ..like
        };
        let mut net = sale.total.shop - sale.tax.shop;
        let mut price = net + sale.discount_before_tax.shop;
        let mut tax = sale.tax.shop;
        let units = i64::from(sale.quantity.unwrap_or(0));
        if units == 0 {
            self.price_changed(at, sale, (price, net, tax), like);
            return;
        }
        let withdrawn = i64::from(line.withdrawn).min(units);
        if withdrawn > 0 {
            let cut = self.withdrawn_part(at, (price, net, tax), withdrawn, units);
            let cancelled = Posting {
                cancelled: true,
                ..like
            };
            self.post(
                Kind::ItemPrice,
                cut.0,
                Posting {
                    units: withdrawn,
                    ..cancelled
                },
            );
            self.post(Kind::ItemDiscountSeller, cut.1 - cut.0, cancelled);
            self.post(Kind::TaxItem, cut.2, cancelled);
            price -= cut.0;
            net -= cut.1;
            tax -= cut.2;
        }
        let parts = self.parts(at, sale, units - withdrawn, like.event);
        self.goods_parts(&parts, (price, net, tax), cost, true, like);
    }

    /// A price change without units belongs to the units that the line held then: what was withdrawn of them later takes its
    /// share of the change with it, the rest leaves as they do.
    fn price_changed(&mut self, at: usize, sale: &Sale, whole: (i64, i64, i64), like: Posting) {
        let (held, gone) = self.held(at, sale);
        let cut = share_of(whole, gone, held);
        let cancelled = Posting {
            cancelled: true,
            ..like
        };
        if cut.0 != 0 {
            self.post(Kind::ItemPrice, cut.0, cancelled);
        }
        self.post(Kind::ItemDiscountSeller, cut.1 - cut.0, cancelled);
        self.post(Kind::TaxItem, cut.2, cancelled);
        let rest = (whole.0 - cut.0, whole.1 - cut.1, whole.2 - cut.2);
        let mut rows = self.order.agreements[0].sales.iter();
        let first = rows.find(|row| row.subject == Subject::Product(at));
        let parts = first.map_or_else(Vec::new, |row| self.parts(at, row, held - gone, like.event));
        self.goods_parts(&parts, rest, None, false, like);
    }

    /// The units of a line at the moment of one of its rows, and how many of these were withdrawn after it.
    fn held(&self, at: usize, sale: &Sale) -> (i64, i64) {
        let rows = self.order.agreements.iter().flat_map(|agreement| &agreement.sales);
        let (mut held, mut gone, mut after) = (0, 0, false);
        for row in rows.filter(|row| row.subject == Subject::Product(at)) {
            after |= row.id == sale.id;
            let units = i64::from(row.quantity.unwrap_or(0));
            match row.fate {
                Fate::Sold | Fate::Withdrawn if !after => held += units,
                Fate::Withdrawn => gone -= units,
                _ => {}
            }
        }
        (held, gone)
    }

    /// What each change of a line's price lost with the units withdrawn after it, and that share as a fraction.
    fn changes_lost(&self, at: usize) -> Vec<Lost> {
        let rows = self.order.agreements.iter().flat_map(|agreement| &agreement.sales);
        let changes = rows.filter(|row| {
            row.subject == Subject::Product(at) && row.fate == Fate::Sold && row.quantity.unwrap_or(0) == 0
        });
        changes
            .map(|row| {
                let net = row.total.shop - row.tax.shop;
                let whole = (net + row.discount_before_tax.shop, net, row.tax.shop);
                let (held, gone) = self.held(at, row);
                Lost {
                    cut: share_of(whole, gone, held),
                    net: (net * gone, held),
                    tax: (row.tax.shop * gone, held),
                }
            })
            .collect()
    }

    /// Splits (price, net, tax) over parts by quantity: cut toward zero, the last part takes what is left.
    /// Price rows carry the units, unless the row sells none.
    fn goods_parts(
        &mut self,
        parts: &[Part],
        whole: (i64, i64, i64),
        cost: Option<i64>,
        sells_units: bool,
        like: Posting,
    ) {
        let units: i64 = parts.iter().map(|part| part.units).sum();
        let (price, discount, tax) = (whole.0, whole.1 - whole.0, whole.2);
        let mut left = (price, discount, tax);
        for (number, part) in parts.iter().enumerate() {
            let last = number + 1 == parts.len();
            let cut = |amount: i64, left: i64| if last { left } else { amount * part.units / units };
            let share = (cut(price, left.0), cut(discount, left.1), cut(tax, left.2));
            left = (left.0 - share.0, left.1 - share.1, left.2 - share.2);
            let row = Posting {
                ship: part.ship,
                ..like
            };
            if sells_units || share.0 != 0 {
                let units = if sells_units { part.units } else { 0 };
                self.post(Kind::ItemPrice, share.0, Posting { units, ..row });
            }
            self.post(Kind::ItemDiscountSeller, share.1, row);
            self.post(Kind::TaxItem, share.2, row);
            if let Some(cost) = cost {
                self.post(Kind::Cogs, -cost * part.units, row);
            }
        }
    }

    /// The (price, net, tax) of the withdrawn units of a row: what the reversals took back beyond what the changes of its price
    /// lost, unless all of it is further from the proportional share than one smallest unit for each unit withdrawn.
    fn withdrawn_part(&self, at: usize, whole: (i64, i64, i64), withdrawn: i64, units: i64) -> (i64, i64, i64) {
        let rows = self.order.agreements.iter().flat_map(|agreement| &agreement.sales);
        let reversals = rows.filter(|row| row.subject == Subject::Product(at) && row.fate == Fate::Withdrawn);
        let (mut net, mut tax) = (0, 0);
        for row in reversals {
            net -= row.total.shop - row.tax.shop;
            tax -= row.tax.shop;
        }
        let lost = self.changes_lost(at);
        let near = |part: i64, whole: i64, changes: fn(&Lost) -> (i64, i64)| {
            let (mut above, mut below) = (i128::from(whole * withdrawn), i128::from(units));
            for (more, of) in lost.iter().map(changes) {
                above = above * i128::from(of) + i128::from(more) * below;
                below *= i128::from(of);
            }
            (i128::from(part) * below - above).abs() <= i128::from(withdrawn) * below
        };
        let share = |amount: i64| amount * withdrawn / units;
        let fits = near(net, whole.1, |lost| lost.net) && near(tax, whole.2, |lost| lost.tax);
        for change in &lost {
            net -= change.cut.1;
            tax -= change.cut.2;
        }
        if !fits {
            let price = share(whole.0);
            return (price, price + share(whole.1 - whole.0), share(whole.2));
        }
        let price = if whole.0 == whole.1 { net } else { share(whole.0) };
        (price, net, tax)
    }

    fn goods_back(&mut self, at: usize, sale: &Sale, like: Posting) {
        let line = &self.order.lines[at];
        let cost = self.world.unit_cost(line);
        let units = i64::from(sale.quantity.unwrap_or(0));
        let like = Posting {
            line: Some(at),
            costed: cost.is_some(),
            edit: false,
            ..like
        };
        let net = sale.total.shop - sale.tax.shop;
        match sale.fate {
            Fate::Returned { restocked } => {
                let like = Posting {
                    of_shipped: true,
                    ship: self.first_parcel().or(Some(like.order)),
                    ..like
                };
                self.post(Kind::RefundItem, net, Posting { units, ..like });
                self.post(Kind::RefundTax, sale.tax.shop, like);
                if let Some(cost) = cost.filter(|_| restocked) {
                    self.post(Kind::CogsReturned, -units * cost, like);
                }
            }
            _ => {
                let like = Posting {
                    cancelled: true,
                    ..like
                };
                self.post(Kind::ReversalItem, net, Posting { units, ..like });
                self.post(Kind::ReversalTax, sale.tax.shop, like);
            }
        }
    }

    fn shipping_charged(&mut self, sale: &Sale, like: Posting) {
        let needing: Vec<&Line> = self.order.lines.iter().filter(|line| line.requires_shipping).collect();
        let all_withdrawn = !needing.is_empty() && needing.iter().all(|line| line.withdrawn == line.quantity);
        let rows = self.order.agreements.iter().flat_map(|agreement| &agreement.sales);
        let mut reversed =
            rows.filter(|row| matches!(row.subject, Subject::Shipping(_)) && row.fate == Fate::Withdrawn);
        let cancelled = all_withdrawn && reversed.next().is_some();
        let like = Posting {
            ship: self.charges_ship(like.event),
            cancelled,
            ..like
        };
        let discount = sale.discount_before_tax.shop;
        self.post(Kind::Shipping, sale.total.shop - sale.tax.shop + discount, like);
        self.post(Kind::ShippingDiscount, -discount, like);
        self.post(Kind::TaxShipping, sale.tax.shop, like);
    }

    fn shipping_back(&mut self, sale: &Sale, like: Posting) {
        let net = sale.total.shop - sale.tax.shop;
        if sale.fate == Fate::Withdrawn {
            let like = Posting {
                cancelled: true,
                edit: false,
                ..like
            };
            self.post(Kind::ReversalShipping, net, like);
            self.post(Kind::ReversalTax, sale.tax.shop, like);
        } else {
            // Shipping is given back as shipped once it has shipped itself, whatever needs no parcel (rulings 3 and 4).
            let ship = self.charges_ship(like.event);
            let like = Posting {
                of_shipped: ship.is_some(),
                edit: false,
                ship,
                ..like
            };
            self.post(Kind::RefundShipping, net, like);
            self.post(Kind::RefundTax, sale.tax.shop, like);
        }
    }

    fn told(self) -> Told {
        let goods = || self.order.lines.iter().filter(|line| !line.gift_card);
        let sum = |count: fn(&Line) -> u32| goods().map(|line| i64::from(count(line))).sum::<i64>();
        let (units, withdrawn) = (sum(|line| line.quantity), sum(|line| line.withdrawn));
        let waiting = goods()
            .filter(|line| line.requires_shipping)
            .any(|line| line.unfulfilled() > 0);
        Told {
            placed: self.blank.order,
            counts: true,
            priced: true,
            basis_unknown: false,
            units,
            withdrawn,
            fulfilled: !waiting && withdrawn < units,
            postings: self.postings,
        }
    }
}

/// Sold and handed over at once.
fn sold_at_once(like: Posting) -> Posting {
    Posting {
        ship: Some(like.event),
        ..like
    }
}
