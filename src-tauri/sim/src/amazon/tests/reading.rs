//! What the face tells is enough: a reader that knows only the answers and the rules of the README ("Amazon: how truth
//! counts") comes to the figures of the truth, day by day, under every definition.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::all_orders::from_reports;
use super::rig::{Rig, decimal};
use crate::truth::{Book, Definition, Kind, Posting, Told};
use crate::world::Second;
use crate::world::amazon::{Marketplace, Region};

const OURS: &str = "PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES";

/// What the answers say about one marketplace.
struct Reader {
    market: Marketplace,
    zone: Tz,
    costs: BTreeMap<String, i64>,
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn related<'v>(moved: &'v Value, name: &str) -> Option<&'v str> {
    let own = list(moved, "relatedIdentifiers")
        .iter()
        .find(|row| row["relatedIdentifierName"] == name)?;
    own["relatedIdentifierValue"].as_str()
}

/// Leaves of a tree.
fn leaves(tree: &[Value], into: &mut Vec<(String, Decimal)>) {
    for node in tree {
        let inner = list(node, "breakdowns");
        if inner.is_empty() {
            let amount = decimal(&node["breakdownAmount"]["currencyAmount"]);
            into.push((text(node, "breakdownType").to_owned(), amount));
        }
        leaves(inner, into);
    }
}

impl Reader {
    fn minor(&self, amount: Decimal) -> i64 {
        let unit = Decimal::from(10_i64.pow(self.market.currency().exponent()));
        let minor = (amount * unit).normalize();
        minor
            .to_string()
            .parse()
            .unwrap_or_else(|_| panic!("{amount} is in whole smallest units"))
    }

    fn money(&self, money: &Value) -> i64 {
        self.minor(text(money, "amount").parse().expect("an amount"))
    }

    fn day(&self, moment: &Value) -> NaiveDate {
        let at = chrono::DateTime::parse_from_rfc3339(moment.as_str().expect("a moment")).expect("a moment");
        at.with_timezone(&self.zone).date_naive()
    }

    /// A breakdown's sum, or one of its details; nothing where it is left out.
    fn part(&self, item: &Value, kind: &str, detail: Option<&str>) -> i64 {
        let Some(part) = list(&item["proceeds"], "breakdowns")
            .iter()
            .find(|part| part["type"] == kind)
        else {
            return 0;
        };
        match detail {
            None => self.money(&part["subtotal"]),
            Some(detail) => {
                let own = list(part, "detailedBreakdowns")
                    .iter()
                    .find(|own| own["subtype"] == detail);
                own.map_or(0, |own| self.money(&own["value"]))
            }
        }
    }

    fn row(&self, day: NaiveDate) -> Posting {
        Posting {
            kind: Kind::ItemPrice,
            event: day,
            order: day,
            ship: None,
            units: 0,
            amount: 0,
            cancelled: false,
            of_shipped: false,
            edit: false,
            costed: false,
            line: None,
        }
    }

    /// One order from its record and its transactions, oldest first.
    fn told(&self, order: &Value, money: &[&Value]) -> Told {
        let placed = self.day(&order["createdTime"]);
        let priced = !order["proceeds"].is_null();
        let replaces = list(order, "associatedOrders")
            .iter()
            .any(|link| link["associationType"] == "REPLACEMENT_ORIGINAL_ID");
        let free = priced && self.money(&order["proceeds"]["grandTotal"]) == 0;
        let replacement = replaces && free;
        let sells = text(&order["salesChannel"], "channelName") == "AMAZON" && !replacement;
        let items = list(order, "orderItems");
        let taxed = items.iter().any(|item| self.part(item, "TAX", None) != 0);
        let told_apart = self.market == Marketplace::Us || taxed;
        let units = |item: &Value| item["quantityOrdered"].as_i64().expect("units");
        let cancelled = |item: &Value| !item["cancellation"]["cancellationExecution"].is_null();
        let shipments: Vec<&&Value> = money
            .iter()
            .filter(|moved| moved["transactionType"] == "Shipment")
            .collect();
        let packages = list(order, "packages");
        let first_shipped = match packages {
            [] => shipments.iter().map(|moved| self.day(&moved["postedDate"])).min(),
            some => some.iter().map(|package| self.day(&package["shipTime"])).min(),
        };
        // Units of a number go to the order's lines in their order.
        let mut parts: Vec<Vec<(i64, NaiveDate)>> = vec![Vec::new(); items.len()];
        // What money shows of each line.
        let mut shown: Vec<BTreeMap<String, i64>> = vec![BTreeMap::new(); items.len()];
        for moved in &shipments {
            for item in list(moved, "items") {
                let mut left = item["contexts"][0]["quantityShipped"].as_i64().expect("units");
                for (place, line) in items.iter().enumerate() {
                    let filled: i64 = parts[place].iter().map(|(units, _)| units).sum();
                    let own = line["product"]["sellerSku"] == item["contexts"][0]["sku"] && !cancelled(line);
                    let take = if own { left.min(units(line) - filled) } else { 0 };
                    if take > 0 {
                        parts[place].push((take, self.day(&moved["postedDate"])));
                        left -= take;
                        let mut tree = Vec::new();
                        leaves(list(item, "breakdowns"), &mut tree);
                        for (name, amount) in tree {
                            *shown[place].entry(name).or_default() += self.minor(amount);
                        }
                    }
                }
            }
        }
        if !packages.is_empty() {
            parts.iter_mut().for_each(Vec::clear);
        }
        for package in packages {
            for own in list(package, "packageItems") {
                let line = items.iter().position(|item| item["orderItemId"] == own["orderItemId"]);
                let units = own["quantity"].as_i64().expect("units");
                parts[line.expect("a parcel holds the order's items")].push((units, self.day(&package["shipTime"])));
            }
        }
        let apart: Vec<bool> = (0..items.len())
            .map(|place| told_apart || self.shows_tax(items, &shown, place))
            .collect();
        let stands = items.iter().any(|item| !cancelled(item));
        let basis_unknown = (0..items.len()).any(|place| (!cancelled(&items[place]) || !stands) && !apart[place]);
        let mut rows = Vec::new();
        let mut post = |kind: Kind, amount: i64, like: Posting| {
            if amount != 0 || like.units != 0 || kind == Kind::ItemPrice {
                rows.push(Posting { kind, amount, ..like });
            }
        };
        let cost_of = |item: &Value| self.costs.get(text(&item["product"], "sellerSku")).copied();
        for (place, item) in items.iter().enumerate() {
            let cost = cost_of(item);
            let like = Posting {
                costed: cost.is_some(),
                line: Some(place),
                ..self.row(placed)
            };
            if replacement {
                for (units, day) in &parts[place] {
                    let like = Posting {
                        event: *day,
                        ship: Some(*day),
                        ..like
                    };
                    post(Kind::WriteOff, -cost.unwrap_or(0) * units, like);
                }
            }
            if !sells || !priced {
                continue;
            }
            let by_order = told_apart || !apart[place];
            let own = |name: &str, sign: i64, ordered: i64| match by_order {
                true => ordered,
                false => sign * shown[place].get(name).copied().unwrap_or(0),
            };
            let of = |kind: &str, detail: Option<&str>| self.part(item, kind, detail);
            let price = own("OurPricePrincipal", 1, of("ITEM", None));
            let off = own("OurPriceDiscount", -1, of("DISCOUNT", Some("ITEM")).abs());
            let shipping = own("ShippingPrincipal", 1, of("SHIPPING", None));
            let shipping_off = own("ShippingDiscount", -1, of("DISCOUNT", Some("SHIPPING")).abs());
            let wrap = own("GiftwrapPrincipal", 1, of("GIFT_WRAP", None));
            let (tax_wrap, tax_shipping) = (of("TAX", Some("GIFT_WRAP")), of("TAX", Some("SHIPPING")));
            let tax_item = own("OurPriceTax", 1, of("TAX", None) - tax_shipping - tax_wrap);
            let tax_wrap = own("GiftwrapTax", 1, tax_wrap);
            let tax_shipping = own("ShippingTax", 1, tax_shipping);
            if cancelled(item) {
                let gone = Posting {
                    cancelled: true,
                    ..like
                };
                let whole = order["fulfillment"]["fulfillmentStatus"] == "CANCELLED";
                let event = if whole {
                    self.day(&order["lastUpdatedTime"])
                } else {
                    placed
                };
                let back = Posting { event, ..gone };
                let units = units(item);
                post(Kind::ItemPrice, price, Posting { units, ..gone });
                post(Kind::ItemDiscountSeller, -off, gone);
                post(Kind::TaxItem, tax_item + tax_wrap, gone);
                post(Kind::Shipping, shipping, gone);
                post(Kind::ShippingDiscount, -shipping_off, gone);
                post(Kind::TaxShipping, tax_shipping, gone);
                post(Kind::OtherCharge, wrap, gone);
                post(Kind::ReversalItem, off - price, Posting { units: -units, ..back });
                post(Kind::ReversalShipping, shipping_off - shipping, back);
                post(Kind::ReversalTax, -(tax_item + tax_wrap + tax_shipping), back);
                post(Kind::OtherCharge, -wrap, back);
                continue;
            }
            let all = units(item);
            let mut split: Vec<(i64, Option<NaiveDate>)> =
                parts[place].iter().map(|(units, day)| (*units, Some(*day))).collect();
            let open = all - split.iter().map(|(units, _)| units).sum::<i64>();
            if open > 0 {
                split.push((open, None));
            }
            let (mut left_price, mut left_off, mut left_tax) = (price, off, tax_item);
            for (number, (units, ship)) in split.iter().enumerate() {
                let last = number + 1 == split.len();
                let cut = |amount: i64, left: i64| if last { left } else { amount * units / all };
                let own = (cut(price, left_price), cut(off, left_off), cut(tax_item, left_tax));
                left_price -= own.0;
                left_off -= own.1;
                left_tax -= own.2;
                let like = Posting { ship: *ship, ..like };
                post(Kind::ItemPrice, own.0, Posting { units: *units, ..like });
                post(Kind::ItemDiscountSeller, -own.1, like);
                post(Kind::TaxItem, own.2, like);
                post(Kind::Cogs, -cost.unwrap_or(0) * units, like);
            }
            let like = Posting {
                ship: first_shipped,
                ..like
            };
            post(Kind::Shipping, shipping, like);
            post(Kind::ShippingDiscount, -shipping_off, like);
            post(Kind::TaxShipping, tax_shipping, like);
            post(Kind::OtherCharge, wrap, like);
            post(Kind::TaxItem, tax_wrap, like);
        }
        for moved in money {
            for item in list(moved, "items") {
                let sku = text(&item["contexts"][0], "sku");
                let like = Posting {
                    ship: first_shipped,
                    costed: self.costs.contains_key(sku),
                    event: self.day(&moved["postedDate"]),
                    ..self.row(placed)
                };
                let mut parts = Vec::new();
                leaves(list(item, "breakdowns"), &mut parts);
                let refund = moved["transactionType"] == "Refund";
                let units = item["contexts"][0]["quantityShipped"].as_i64().expect("units");
                let parts: Vec<(&str, i64)> = parts
                    .iter()
                    .map(|(name, amount)| (name.as_str(), self.minor(*amount)))
                    .collect();
                let own = items
                    .iter()
                    .position(|line| line["product"]["sellerSku"] == sku && !cancelled(line));
                let known = own.is_some_and(|place| apart[place]);
                self.moved(&parts, (refund, units), known, like, &mut post);
            }
        }
        let fulfilled = |item: &&Value| item["fulfillment"]["quantityFulfilled"].as_i64() == Some(units(item));
        let stands: Vec<&Value> = items.iter().filter(|item| !cancelled(item)).collect();
        Told {
            placed,
            counts: sells,
            priced,
            basis_unknown,
            units: items.iter().map(units).sum(),
            withdrawn: items.iter().filter(|item| cancelled(item)).map(units).sum(),
            fulfilled: !stands.is_empty() && stands.iter().all(fulfilled),
            postings: rows,
        }
    }

    /// Whether money shows price and tax of all units of a line's goods that together are what was charged.
    fn shows_tax(&self, items: &[Value], shown: &[BTreeMap<String, i64>], place: usize) -> bool {
        let sku = &items[place]["product"]["sellerSku"];
        let gone = |item: &Value| !item["cancellation"]["cancellationExecution"].is_null();
        let same: Vec<usize> = (0..items.len())
            .filter(|other| items[*other]["product"]["sellerSku"] == *sku && !gone(&items[*other]))
            .collect();
        let groups = [
            ("ITEM", "ITEM", ["OurPricePrincipal", "OurPriceDiscount", "OurPriceTax"]),
            (
                "SHIPPING",
                "SHIPPING",
                ["ShippingPrincipal", "ShippingDiscount", "ShippingTax"],
            ),
            ("GIFT_WRAP", "GIFT_WRAP", ["GiftwrapPrincipal", "", "GiftwrapTax"]),
        ];
        let agrees = groups.iter().all(|(kind, off, names)| {
            let charged: i64 = same
                .iter()
                .map(|at| self.part(&items[*at], kind, None) - self.part(&items[*at], "DISCOUNT", Some(off)).abs())
                .sum();
            let moved = same
                .iter()
                .flat_map(|at| names.iter().filter_map(|name| shown[*at].get(*name)));
            charged == moved.sum::<i64>()
        });
        let sold = |at: &usize| shown[*at].get("OurPricePrincipal").is_some_and(|amount| *amount != 0);
        same.contains(&place) && agrees && sold(&place)
    }

    fn moved(
        &self,
        parts: &[(&str, i64)],
        (refund, units): (bool, i64),
        basis_known: bool,
        like: Posting,
        post: &mut impl FnMut(Kind, i64, Posting),
    ) {
        let back = Posting {
            of_shipped: true,
            ..like
        };
        let sum = |names: &[&str]| -> i64 {
            parts
                .iter()
                .filter(|(name, _)| names.contains(name))
                .map(|(_, amount)| amount)
                .sum()
        };
        let goods = ["OurPricePrincipal", "OurPriceDiscount"];
        if refund {
            let inside = |name: &str| if basis_known { 0 } else { sum(&[name]) };
            if parts.iter().any(|(name, _)| goods.contains(name)) {
                let amount = sum(&goods) + inside("OurPriceTax");
                post(Kind::RefundItem, amount, Posting { units: -units, ..back });
            }
            let shipping = sum(&["ShippingPrincipal", "ShippingDiscount"]) + inside("ShippingTax");
            post(Kind::RefundShipping, shipping, back);
            post(
                Kind::OtherCharge,
                sum(&["GiftwrapPrincipal"]) + inside("GiftwrapTax"),
                like,
            );
            let taxes = if basis_known {
                sum(&["OurPriceTax", "ShippingTax", "GiftwrapTax"])
            } else {
                0
            };
            post(Kind::RefundTax, taxes, back);
            let adjusted = sum(&["GoodwillPrincipal", "RestockingDeductionPrincipal"]);
            post(Kind::RefundAdjustment, adjusted, back);
        }
        let sold = [
            "OurPricePrincipal",
            "OurPriceDiscount",
            "OurPriceTax",
            "ShippingPrincipal",
            "ShippingDiscount",
            "ShippingTax",
            "GiftwrapPrincipal",
            "GiftwrapTax",
            "GoodwillPrincipal",
            "RestockingDeductionPrincipal",
        ];
        for (name, amount) in parts.iter().filter(|(name, _)| !sold.contains(name)) {
            let kind = match *name {
                "Promo" => Kind::Reimbursement,
                name if name.starts_with("MarketplaceFacilitatorTax") => Kind::TaxWithheld,
                _ if refund => Kind::FeeRefund,
                "Commission" | "VariableClosingFee" => Kind::FeeCommission,
                "FBAPerUnitFulfillmentFee" | "ShippingChargeback" | "GiftwrapChargeback" => Kind::FeeFulfilment,
                _ => Kind::FeeOther,
            };
            post(kind, *amount, like);
        }
    }

    /// A transaction without an order.
    fn account(&self, moved: &Value) -> Option<Posting> {
        let mut parts = Vec::new();
        leaves(list(moved, "breakdowns"), &mut parts);
        let amount: i64 = parts.iter().map(|(_, amount)| self.minor(*amount)).sum();
        let (kind, amount) = match text(moved, "transactionType") {
            "ProductAdsPayment" => (Kind::Payout, amount),
            "FBAInventoryReimbursement" => (Kind::Reimbursement, amount),
            "ServiceFee" => (Kind::FeeOther, amount),
            _ => return None,
        };
        let day = self.day(&moved["postedDate"]);
        Some(Posting {
            kind,
            amount,
            ..self.row(day)
        })
    }
}

/// All rows of a Data Kiosk query.
fn economics(rig: &Rig, market: Marketplace, from: NaiveDate, to: NaiveDate) -> Vec<Value> {
    let query = format!(
        "query {{ analytics_economics_2024_03_15 {{ economics(startDate: \"{from}\", endDate: \"{to}\", marketplaceIds: \
         [\"{}\"], aggregateBy: {{ date: DAY, productId: MSKU }}) {{ startDate msku ads {{ charge {{ totalAmount {{ amount }} }} }} \
         cost {{ costOfGoodsSold {{ amount }} }} }} }} }}",
        market.id()
    );
    let mut rows = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut body = json!({ "query": query });
        if token.is_string() {
            body["paginationToken"] = token;
        }
        let (status, made) = rig.ask("POST", "/dataKiosk/2023-11-15/queries", &body);
        assert_eq!(status, 202, "the query is accepted: {made}");
        rig.pass(60);
        let done = rig.get(&format!("/dataKiosk/2023-11-15/queries/{}", text(&made, "queryId")));
        let document = rig.get(&format!(
            "/dataKiosk/2023-11-15/documents/{}",
            text(&done, "dataDocumentId")
        ));
        let answer = rig.send("GET", text(&document, "documentUrl"), &[], "");
        let lines = String::from_utf8(answer.body().to_vec()).expect("text");
        rows.extend(
            lines
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).expect("a row a line")),
        );
        token = done["pagination"]["nextToken"].clone();
        if token.is_null() {
            return rows;
        }
    }
}

fn reads_the_truth(region: Region, market: Marketplace, by_reports: bool) {
    // The seller stands still, so that everything has arrived in every list.
    let rig = Rig::with(region, |setup| setup.held = true);
    rig.pass(3 * 86_400);
    let mut rig = rig;
    rig.log_in();
    let seller = rig.seller();
    let zone = market.zone();
    let today = seller.now().day_in(zone);
    let from = today - Days::new(70);
    let since = Second(seller.now().0 - 125 * 86_400);
    let orders = if by_reports {
        from_reports(&rig, market, 125)
    } else {
        rig.pages(
            &format!(
                "/orders/2026-01-01/orders?createdAfter={}&includedData={OURS}",
                since.iso()
            ),
            "/orders",
            "/pagination/nextToken",
            "paginationToken",
        )
    };
    let money = rig.pages(
        &format!("/finances/2024-06-19/transactions?postedAfter={}", since.iso()),
        "/payload/transactions",
        "/payload/nextToken",
        "nextToken",
    );
    let told = economics(&rig, market, from, today);
    let mut reader = Reader {
        market,
        zone,
        costs: BTreeMap::new(),
    };
    let mut spent: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    for row in &told {
        let day: NaiveDate = text(row, "startDate").parse().expect("a day");
        for ad in list(row, "ads") {
            *spent.entry(day).or_default() += reader.minor(decimal(&ad["charge"]["totalAmount"]["amount"]));
        }
        if let Some(cost) = row.pointer("/cost/costOfGoodsSold/amount") {
            let sku = text(row, "msku").to_owned();
            reader.costs.insert(sku, reader.minor(decimal(cost)));
        }
    }
    // Goods that sold today for the first time have no row yet; what rows say is what the seller typed.
    for variant in seller.listed() {
        let listing = seller.listing(market, *variant);
        let typed = seller.unit_cost(market, *variant);
        if let Some(cost) = reader.costs.get(&listing.sku) {
            assert_eq!(Some(*cost), typed, "cost of {}", listing.sku);
        } else if let Some(cost) = typed {
            reader.costs.insert(listing.sku, cost);
        }
    }
    let counted = |moved: &&Value| related(moved, "DEFERRED_TRANSACTION_ID").is_none();
    let mut by_order: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let mut alone: Vec<&Value> = Vec::new();
    for moved in money.iter().filter(counted) {
        match related(moved, "ORDER_ID") {
            Some(id) => by_order.entry(id).or_default().push(moved),
            None => alone.push(moved),
        }
    }
    let ids: BTreeSet<&str> = orders.iter().map(|order| text(order, "orderId")).collect();
    assert_eq!(ids.len(), orders.len(), "orders come once");
    let here = |order: &&Value| {
        let id = text(&order["salesChannel"], "marketplaceId");
        id == market.id() || id == market.outside_id()
    };
    let mut all: Vec<Told> = orders
        .iter()
        .filter(here)
        .map(|order| reader.told(order, by_order.get(text(order, "orderId")).map_or(&[], Vec::as_slice)))
        .collect();
    assert!(all.len() > 400, "there are orders: {}", all.len());
    let world = rig.sim.world();
    let mut without_parcels: Vec<Told> = Vec::new();
    for (read, order) in all.iter().zip(orders.iter().filter(here)) {
        let id = text(order, "orderId");
        let mut own = seller.find(id).expect("the world has the order");
        if by_reports {
            // Reports tell of no parcels.
            own.parcels.clear();
        }
        let truth = crate::truth::amazon::tell(&seller, &own, zone);
        without_parcels.push(truth.clone());
        let rows = |told: &Told| {
            let row = |row: &Posting| format!("{:?}", Posting { line: None, ..*row });
            let mut rows: Vec<String> = told.postings.iter().map(row).collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(read), rows(&truth), "postings of {id}");
        let counts = |told: &Told| (told.counts, told.priced, told.units, told.withdrawn, told.fulfilled);
        assert_eq!(counts(read), counts(&truth), "counts of {id}");
    }
    let own = |moved: &&&Value| moved["marketplaceDetails"]["marketplaceId"] == market.id();
    let mut rows: Vec<Posting> = alone
        .iter()
        .filter(own)
        .filter_map(|moved| reader.account(moved))
        .collect();
    rows.extend(spent.iter().map(|(day, amount)| Posting {
        kind: Kind::AdSpend,
        amount: -amount,
        ..reader.row(*day)
    }));
    all.push(Told {
        placed: from,
        counts: false,
        priced: true,
        basis_unknown: false,
        units: 0,
        withdrawn: 0,
        fulfilled: false,
        postings: rows,
    });
    for definition in Definition::ALL {
        let mut book = Book::new(definition, from, today);
        all.iter().for_each(|told| book.count(told));
        let mut truth = crate::truth::amazon::report(&world, market, definition, from, today, None);
        if by_reports {
            // Parcels that nobody tells date nothing.
            let mut known = Book::new(definition, from, today);
            without_parcels.iter().for_each(|told| known.count(told));
            known.count(&crate::truth::amazon::account(&seller, market, (from, today), zone));
            truth.totals = known.total().figures(definition, market.currency());
            for ((_, tally), day) in known.days().zip(&mut truth.days) {
                day.figures = tally.figures(definition, market.currency());
            }
        }
        for ((day, tally), true_day) in book.days().zip(&truth.days) {
            let figures = tally.figures(definition, market.currency());
            assert_eq!(
                figures,
                true_day.figures,
                "{} of {day} in {}",
                definition.name(),
                market.name()
            );
        }
        assert_eq!(
            book.total().figures(definition, market.currency()),
            truth.totals,
            "and in total"
        );
        assert!(truth.totals.orders > 200, "which is not nothing");
    }
}

#[test]
fn a_reader_of_the_us_comes_to_the_truth() {
    reads_the_truth(Region::Na, Marketplace::Us, false);
}

#[test]
fn a_reader_of_reports_comes_to_the_truth() {
    reads_the_truth(Region::Na, Marketplace::Us, true);
}

#[test]
fn a_reader_of_europe_comes_to_the_truth() {
    reads_the_truth(Region::Eu, Marketplace::De, false);
}

#[test]
fn a_reader_of_japan_comes_to_the_truth() {
    reads_the_truth(Region::Fe, Marketplace::Jp, false);
}
