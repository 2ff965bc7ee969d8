//! The economics of goods: sales, fees, advertising and costs by day and product. Fees and advertising are costs and
//! positive here; amounts can have four decimals.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use graphql_parser::query::{
    Definition, Field, OperationDefinition, Selection, SelectionSet, Value as Literal, parse_query,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::super::tally::{Sold, around, count};
use crate::faults::mix;
use crate::world::amazon::{Held, Marketplace, Seller};
use crate::world::{Currency, LIFE_DAYS};

const ROOT: &str = "analytics_economics_2024_03_15";
const FIELD: &str = "economics";
/// Ten-thousandths of a currency, in which rows count.
const FINE: i64 = 10_000;

/// A query, read.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) markets: Vec<String>,
    from: NaiveDate,
    to: NaiveDate,
    by_date: String,
    by_product: String,
    wanted: Wanted,
}

/// Members that a query asks for; none means all of a leaf.
#[derive(Debug, Clone, Default)]
struct Wanted(Vec<(String, Wanted)>);

impl Wanted {
    fn of(set: &SelectionSet<'_, String>) -> Wanted {
        let fields = set.items.iter().filter_map(|item| match item {
            Selection::Field(field) => Some((field.name.clone(), Wanted::of(&field.selection_set))),
            _ => None,
        });
        Wanted(fields.collect())
    }

    fn cut(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.cut(item)).collect(),
            Value::Object(members) if !self.0.is_empty() => {
                let own = self.0.iter().map(|(name, inner)| {
                    let value = members.get(name).unwrap_or(&Value::Null);
                    (name.clone(), inner.cut(value))
                });
                Value::Object(own.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }
}

fn field<'d>(set: &'d SelectionSet<'d, String>, name: &str) -> Option<&'d Field<'d, String>> {
    set.items.iter().find_map(|item| match item {
        Selection::Field(field) if field.name == name => Some(field),
        _ => None,
    })
}

impl Query {
    /// Reads the text of a query.
    pub(super) fn read(text: &str) -> Result<Query, String> {
        let document = parse_query::<String>(text).map_err(|error| format!("The query cannot be read: {error}"))?;
        let set = document.definitions.iter().find_map(|definition| match definition {
            Definition::Operation(OperationDefinition::Query(query)) => Some(&query.selection_set),
            Definition::Operation(OperationDefinition::SelectionSet(set)) => Some(set),
            _ => None,
        });
        let root = set
            .and_then(|set| field(set, ROOT))
            .ok_or_else(|| format!("There is no field {ROOT}."))?;
        let inner = field(&root.selection_set, FIELD).ok_or_else(|| format!("{ROOT} is asked for {FIELD} here."))?;
        let argument = |name: &str| {
            inner
                .arguments
                .iter()
                .find(|(own, _)| own == name)
                .map(|(_, value)| value)
        };
        let day = |name: &str| match argument(name) {
            Some(Literal::String(text)) => text
                .parse::<NaiveDate>()
                .map_err(|_| format!("{name} {text:?} is no date.")),
            _ => Err(format!("{name} is required.")),
        };
        let markets = match argument("marketplaceIds") {
            Some(Literal::List(ids)) => ids.iter().filter_map(|id| match id {
                Literal::String(id) => Some(id.clone()),
                _ => None,
            }),
            _ => return Err("marketplaceIds is required.".to_owned()),
        };
        let word = |name: &str, missing: &str| match argument("aggregateBy") {
            Some(Literal::Object(members)) => match members.get(name) {
                Some(Literal::Enum(word)) => word.clone(),
                _ => missing.to_owned(),
            },
            _ => missing.to_owned(),
        };
        let (by_date, by_product) = (word("date", "DAY"), word("productId", "MSKU"));
        let known = ["DAY", "WEEK", "MONTH", "RANGE"].contains(&by_date.as_str())
            && ["MSKU", "FNSKU", "CHILD_ASIN", "PARENT_ASIN"].contains(&by_product.as_str());
        if !known {
            return Err("aggregateBy is not known.".to_owned());
        }
        let query = Query {
            markets: markets.collect(),
            from: day("startDate")?,
            to: day("endDate")?,
            by_date,
            by_product,
            wanted: Wanted::of(&inner.selection_set),
        };
        if query.to < query.from || query.markets.is_empty() || query.wanted.0.is_empty() {
            return Err("The query asks for nothing.".to_owned());
        }
        Ok(query)
    }

    /// Whether it begins more than two years back.
    pub(super) fn too_old(&self, now: i64) -> bool {
        let start = self.from.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
        start < now - 732 * 86_400
    }

    /// The span of days in which a day is counted: whole weeks and months are widened to.
    fn span(&self, day: NaiveDate) -> (NaiveDate, NaiveDate) {
        let plus = |day: NaiveDate, days: u64| day.checked_add_days(Days::new(days)).unwrap_or(day);
        match self.by_date.as_str() {
            "WEEK" => {
                let back = Days::new(day.weekday().num_days_from_sunday().into());
                let first = day.checked_sub_days(back).unwrap_or(day);
                (first, plus(first, 6))
            }
            "MONTH" => {
                let first = day.with_day(1).unwrap_or(day);
                let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
                (first, next.checked_sub_days(Days::new(1)).unwrap_or(first))
            }
            "RANGE" => (self.from, self.to),
            _ => (day, day),
        }
    }

    /// All rows, by marketplace, first day and product.
    pub(super) fn rows(&self, seller: &Seller) -> Vec<Value> {
        let markets = self.markets.iter().filter_map(|id| Marketplace::of(id));
        markets.flat_map(|market| self.rows_of(seller, market)).collect()
    }

    fn rows_of(&self, seller: &Seller, market: Marketplace) -> Vec<Value> {
        let (from, to) = (self.span(self.from).0, self.span(self.to).1);
        let mut rows: BTreeMap<(NaiveDate, String), Row> = BTreeMap::new();
        let names: BTreeMap<u32, String> = seller
            .listed()
            .iter()
            .map(|variant| {
                let listing = seller.listing(market, *variant);
                let own = match self.by_product.as_str() {
                    "PARENT_ASIN" => listing.parent_asin,
                    "CHILD_ASIN" => listing.asin,
                    _ => listing.sku,
                };
                (*variant, own)
            })
            .collect();
        let mut at = |day: NaiveDate, variant: u32, change: &mut dyn FnMut(&mut Row)| {
            let own = names.get(&variant).cloned().unwrap_or_default();
            let row = rows.entry((self.span(day).0, own)).or_insert_with(|| Row {
                variant,
                ..Row::default()
            });
            change(row);
        };
        let told = |day: NaiveDate| seller.day_is_told(market, day);
        let sold = count(seller, market, (from, to), |day, _, line| {
            told(day).then_some((day, line.variant))
        });
        for ((day, variant), own) in &sold {
            at(*day, *variant, &mut |row| row.sold += own);
        }
        let fine = FINE / market.currency().unit();
        let (start, end) = around(from, to);
        let placed = seller.placed_between(market, start.plus(-LIFE_DAYS * 86_400), end);
        for index in placed {
            for moved in seller.order_money(market, index) {
                let day = moved.posted.day_in(market.zone());
                let again = moved.status == Held::Released && moved.other.is_some();
                if again || !(from..=to).contains(&day) || !told(day) {
                    continue;
                }
                for item in &moved.items {
                    for part in &item.parts {
                        let Some(name) = fee(part.name, part.amount) else {
                            continue;
                        };
                        at(day, item.variant, &mut |row| {
                            let own = row.fees.entry(name).or_default();
                            own.0 -= part.amount * fine;
                            own.1 += i64::from(item.units);
                        });
                    }
                }
            }
        }
        // Goods are listed before any is sold: rows of zeros, as most recorded rows are, which tell what each costs.
        let listed = listed_on(seller.first_day(market));
        if seller.trades(market) && (from..=to).contains(&listed) {
            for variant in seller.listed() {
                at(listed, *variant, &mut |_| {});
            }
        }
        let mut day = from;
        while day <= to {
            for ad in seller.ads(market, day) {
                at(day, ad.variant, &mut |row| {
                    *row.ads.entry(ad.kind).or_default() += ad.amount * fine
                });
            }
            // Storage is spread over days to fractions of the smallest unit.
            if told(day) && seller.trades(market) && day >= seller.first_day(market) {
                for variant in seller.listed().iter().filter(|variant| **variant % 3 != 0).take(6) {
                    let cost =
                        i64::try_from(mix(u64::from(*variant) * 400 + u64::from(day.ordinal())) % 400).unwrap_or(0);
                    at(day, *variant, &mut |row| {
                        row.fees.entry("FbaStorageFee").or_default().0 += cost + 1
                    });
                }
            }
            day = day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        }
        let shown = rows
            .iter()
            .map(|((day, _), row)| self.wanted.cut(&self.show(seller, market, *day, row)));
        shown.collect()
    }

    fn show(&self, seller: &Seller, market: Marketplace, day: NaiveDate, row: &Row) -> Value {
        let listing = seller.listing(market, row.variant);
        let currency = market.currency();
        let fine = FINE / currency.unit();
        let (first, last) = self.span(day);
        let sold = &row.sold;
        let units = sold.units - sold.refunded_units;
        let net = (sold.sales - sold.refunded) * fine;
        let amount = |fine: i64| fine_amount(currency, fine);
        let per = |sum: i64, count: i64| if count == 0 { Value::Null } else { amount(sum / count) };
        let fees: Vec<Value> = row
            .fees
            .iter()
            .map(|(name, (sum, quantity))| {
                let detail = json!({
                    "amount": amount(*sum), "promotionAmount": amount(0), "taxAmount": amount(0), "totalAmount": amount(*sum),
                    "quantity": if *quantity == 0 { Value::Null } else { json!(quantity) },
                    "amountPerUnit": per(*sum, *quantity), "amountPerUnitDelta": null,
                });
                json!({ "feeTypeName": name, "charge": null, "charges": [{
                    "identifier": format!("{name}_Standard"), "startDate": first.to_string(), "endDate": last.to_string(),
                    "aggregatedDetail": detail, "components": null, "properties": null }] })
            })
            .collect();
        let ads: Vec<Value> = row
            .ads
            .iter()
            .map(|(name, sum)| {
                json!({ "adTypeName": name, "charge": {
                    "amount": amount(*sum), "promotionAmount": amount(0), "taxAmount": amount(0), "totalAmount": amount(*sum),
                    "quantity": null, "amountPerUnit": null, "amountPerUnitDelta": null } })
            })
            .collect();
        let cost = seller.unit_cost(market, row.variant);
        let costs: i64 = row.fees.values().map(|(sum, _)| sum).sum::<i64>() + row.ads.values().sum::<i64>();
        let total = net - costs - cost.unwrap_or(0) * fine * units;
        let own_sku = matches!(self.by_product.as_str(), "MSKU" | "FNSKU");
        let child = self.by_product != "PARENT_ASIN";
        json!({
            "marketplaceId": market.id(),
            "startDate": first.to_string(),
            "endDate": last.to_string(),
            "parentAsin": listing.parent_asin,
            "childAsin": if child { json!(listing.asin) } else { Value::Null },
            "msku": if own_sku { json!(listing.sku) } else { Value::Null },
            "fnsku": if own_sku && listing.afn { json!(listing.fnsku) } else { Value::Null },
            "sales": {
                "orderedProductSales": amount(sold.sales * fine),
                "refundedProductSales": amount(sold.refunded * fine),
                "netProductSales": amount(net),
                "averageSellingPrice": amount(if sold.units == 0 { 0 } else { sold.sales * fine / sold.units }),
                "unitsOrdered": sold.units,
                "unitsRefunded": sold.refunded_units,
                "netUnitsSold": units,
            },
            "fees": fees,
            "ads": ads,
            "cost": {
                "costOfGoodsSold": cost.map(|cost| amount(cost * fine)),
                "miscellaneousCost": null, "fbaCost": null, "mfnCost": null,
            },
            "netProceeds": { "total": amount(total), "perUnit": per(total, units) },
        })
    }
}

/// The day on which everything is listed: some days before the first sale.
fn listed_on(first_sale: NaiveDate) -> NaiveDate {
    first_sale.checked_sub_days(Days::new(3)).unwrap_or(first_sale)
}

/// What a product did in a span of days. Fees and advertising in ten-thousandths, positive.
#[derive(Debug, Default)]
struct Row {
    variant: u32,
    sold: Sold,
    fees: BTreeMap<&'static str, (i64, i64)>,
    ads: BTreeMap<&'static str, i64>,
}

/// The name of a fee here.
fn fee(name: &str, amount: i64) -> Option<&'static str> {
    Some(match name {
        "Commission" if amount > 0 => "RefundedReferralFee",
        "Commission" => "ReferralFee",
        "RefundCommission" => "RefundAdministrationFee",
        "VariableClosingFee" => "VariableClosingFee",
        "FBAPerUnitFulfillmentFee" => "FbaFulfilmentFee",
        _ => return None,
    })
}

fn fine_amount(currency: Currency, fine: i64) -> Value {
    let text = Decimal::new(fine, 4).normalize().to_string();
    let number = text.parse().map_or(Value::Null, Value::Number);
    json!({ "amount": number, "currencyCode": currency.code() })
}
