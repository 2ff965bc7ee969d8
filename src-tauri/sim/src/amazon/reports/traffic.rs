//! Sales and Traffic, the seller's business report.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use serde_json::{Map, Value, json};

use super::super::answers::figure;
use super::super::tally::{Sold, count, over};
use crate::faults::mix;
use crate::world::amazon::{Marketplace, Seller};
use crate::world::{Currency, Second};

/// Times within days are ignored.
fn day_of(at: Second) -> NaiveDate {
    at.utc().date_naive()
}

/// The report of one marketplace: by day, week or month, and by goods over the whole range.
pub(super) fn file(
    seller: &Seller,
    market: Marketplace,
    (start, end): (Second, Second),
    options: &Map<String, Value>,
) -> (&'static str, Vec<u8>) {
    let (from, to) = (day_of(start), day_of(end));
    let text = |name: &str, missing: &str| options.get(name).and_then(Value::as_str).unwrap_or(missing).to_owned();
    let step = text("dateGranularity", "DAY");
    let by = text("asinGranularity", "PARENT");
    let first = |day: NaiveDate| match step.as_str() {
        "WEEK" => day.checked_sub_days(Days::new(day.weekday().num_days_from_sunday().into())),
        "MONTH" => day.with_day(1),
        _ => Some(day),
    };
    let told = |day: NaiveDate| seller.day_is_told(market, day);
    let kind = |business: bool| {
        count(seller, market, (from, to), move |day, order, _| {
            (told(day) && (!business || order.business)).then(|| first(day).unwrap_or(day))
        })
    };
    let (all, business) = (kind(false), kind(true));
    let currency = market.currency();
    let mut days = Vec::new();
    let mut day = from;
    while day <= to {
        let begin = first(day).unwrap_or(day);
        if told(day) && days.last().is_none_or(|(last, _)| *last != begin) {
            let sold = all.get(&begin).copied().unwrap_or_default();
            let own = business.get(&begin).copied().unwrap_or_default();
            let row = json!({
                "date": begin.to_string(),
                "salesByDate": sales_by_date(currency, &sold, &own),
                "trafficByDate": traffic(begin, &sold),
            });
            days.push((begin, row));
        }
        day = day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    }
    let goods = count(seller, market, (from, to), |day, _, line| {
        told(day).then_some(line.variant)
    });
    let mut rows: BTreeMap<(String, String), (Sold, String)> = BTreeMap::new();
    for (variant, sold) in &goods {
        let listing = seller.listing(market, *variant);
        let key = match by.as_str() {
            "PARENT" => (listing.parent_asin, String::new()),
            "CHILD" => (listing.parent_asin, listing.asin),
            _ => (listing.parent_asin, listing.sku),
        };
        let row = rows.entry(key).or_insert_with(|| (Sold::default(), String::new()));
        row.0 += sold;
        row.1 = child_asin(seller, market, *variant);
    }
    let by_asin = rows.into_iter().filter(|(_, (sold, _))| sold.units > 0).map(|((parent, own), (sold, asin))| {
        let mut row = json!({
            "parentAsin": parent,
            "salesByAsin": {
                "unitsOrdered": sold.units, "orderedProductSales": figure(currency, sold.sales), "totalOrderItems": sold.items },
            "trafficByAsin": traffic_by_asin(from, &sold),
        });
        match by.as_str() {
            "PARENT" => {}
            "CHILD" => row["childAsin"] = own.into(),
            _ => {
                row["childAsin"] = asin.into();
                row["sku"] = own.into();
            }
        }
        row
    });
    let by_asin: Vec<Value> = by_asin.collect();
    let by_date: Vec<Value> = days.into_iter().map(|(_, row)| row).collect();
    let body = json!({
        "reportSpecification": {
            "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
            "reportOptions": { "dateGranularity": step, "asinGranularity": by },
            "dataStartTime": from.to_string(),
            "dataEndTime": to.to_string(),
            "marketplaceIds": [market.id()],
        },
        "salesAndTrafficByDate": by_date,
        "salesAndTrafficByAsin": by_asin,
    });
    ("application/json", body.to_string().into_bytes())
}

fn child_asin(seller: &Seller, market: Marketplace, variant: u32) -> String {
    seller.listing(market, variant).asin
}

fn sales_by_date(currency: Currency, sold: &Sold, business: &Sold) -> Value {
    // Hundredths as a number with two decimals at most.
    let ratio = |top: i64, base: i64| hundredths(over(top * 100, base));
    json!({
        "orderedProductSales": figure(currency, sold.sales),
        "orderedProductSalesB2B": figure(currency, business.sales),
        "unitsOrdered": sold.units,
        "unitsOrderedB2B": business.units,
        "totalOrderItems": sold.items,
        "totalOrderItemsB2B": business.items,
        "averageSalesPerOrderItem": figure(currency, over(sold.sales, sold.items)),
        "averageSalesPerOrderItemB2B": figure(currency, over(business.sales, business.items)),
        "averageUnitsPerOrderItem": ratio(sold.units, sold.items),
        "averageUnitsPerOrderItemB2B": ratio(business.units, business.items),
        "averageSellingPrice": figure(currency, over(sold.sales, sold.units)),
        "averageSellingPriceB2B": figure(currency, over(business.sales, business.units)),
        "unitsRefunded": sold.refunded_units,
        "refundRate": ratio(sold.refunded_units * 100, sold.units),
        "claimsGranted": 0,
        "claimsAmount": figure(currency, 0),
        "shippedProductSales": figure(currency, sold.shipped_sales),
        "unitsShipped": sold.shipped_units,
        "ordersShipped": sold.shipped_orders,
    })
}

/// Hundredths as a number.
fn hundredths(number: i64) -> Value {
    let text = format!("{}.{:02}", number / 100, number % 100);
    text.parse().map_or(Value::Null, Value::Number)
}

fn traffic(day: NaiveDate, sold: &Sold) -> Value {
    let seen = sold.items * 9 + i64::try_from(mix(day.num_days_from_ce().unsigned_abs().into()) % 40).unwrap_or(0);
    let views = seen * 13 / 10;
    json!({
        "browserPageViews": views / 3,
        "mobileAppPageViews": views - views / 3,
        "pageViews": views,
        "browserSessions": seen / 3,
        "mobileAppSessions": seen - seen / 3,
        "sessions": seen,
        "buyBoxPercentage": hundredths(9_650),
        "orderItemSessionPercentage": hundredths(over(sold.items * 10_000, seen)),
        "unitSessionPercentage": hundredths(over(sold.units * 10_000, seen)),
        "averageOfferCount": 90,
        "averageParentItems": 40,
        "feedbackReceived": 0,
        "negativeFeedbackReceived": 0,
        "receivedNegativeFeedbackRate": hundredths(0),
    })
}

fn traffic_by_asin(day: NaiveDate, sold: &Sold) -> Value {
    let mut row = traffic(day, sold);
    let share = hundredths(2_500);
    if let Value::Object(members) = &mut row {
        let by_date = [
            "orderItemSessionPercentage",
            "averageOfferCount",
            "averageParentItems",
            "feedbackReceived",
            "negativeFeedbackReceived",
            "receivedNegativeFeedbackRate",
        ];
        members.retain(|name, _| !by_date.contains(&name.as_str()));
        for name in [
            "browserSessionPercentage",
            "mobileAppSessionPercentage",
            "sessionPercentage",
            "browserPageViewsPercentage",
            "mobileAppPageViewsPercentage",
            "pageViewsPercentage",
        ] {
            members.insert(name.to_owned(), share.clone());
        }
    }
    row
}
