//! `getOrderMetrics` (contract section 3.9).

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::answers::{invalid, money};
use super::pages::{Call, Outcome};
use super::tally::over;
use crate::world::Second;
use crate::world::amazon::Network;

/// Reads a moment whose seconds may be left out.
fn moment(text: &str) -> Option<DateTime<chrono::FixedOffset>> {
    let forms = [
        "%Y-%m-%dT%H:%M:%S%.f%:z",
        "%Y-%m-%dT%H:%M%:z",
        "%Y-%m-%dT%H:%M:%S%.f%#z",
    ];
    let text = text.replace('Z', "+00:00");
    forms.iter().find_map(|form| DateTime::parse_from_str(&text, form).ok())
}

fn midnight(zone: Tz, day: NaiveDate) -> i64 {
    let local = zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
    local.map_or(0, |at| at.timestamp())
}

/// `getOrderMetrics`.
pub(super) fn order_metrics(call: &Call<'_>) -> Outcome {
    let params = &call.params;
    let market = call.one_market("marketplaceIds")?;
    let interval = params.get("interval").unwrap_or_default();
    let bounds = interval
        .split_once("--")
        .and_then(|(from, to)| Some((moment(from)?, moment(to)?)));
    let Some((from, to)) = bounds.filter(|(from, to)| from < to) else {
        return Err(invalid(
            "interval is two moments in ISO 8601 with offsets, joined by --.",
        ));
    };
    let granularity = params.get("granularity").unwrap_or_default();
    let zone = match (granularity, params.get("granularityTimeZone")) {
        ("Hour" | "Total", None) => chrono_tz::UTC,
        (_, Some(name)) => name
            .parse::<Tz>()
            .map_err(|_| invalid("granularityTimeZone is not known."))?,
        _ => return Err(invalid("granularityTimeZone is required for this granularity.")),
    };
    let span = (to - from).num_days();
    if granularity == "Hour" && span > 30 || span > 731 {
        return Err(invalid("The interval is too long for this granularity."));
    }
    let (from, to) = (from.timestamp(), to.timestamp());
    let local = |second: i64| Second(second).day_in(zone);
    if granularity != "Hour" && granularity != "Total" {
        let whole = |second: i64| midnight(zone, local(second)) == second;
        if !whole(from) || !whole(to) {
            return Err(invalid(
                "The interval must begin and end with days of granularityTimeZone.",
            ));
        }
    }
    let next = |at: i64| -> Option<i64> {
        let day = local(at);
        let day = match granularity {
            "Hour" => return Some(at + 3_600),
            "Total" => return Some(to),
            "Day" => day.checked_add_days(Days::new(1))?,
            "Week" => {
                let sunday = params.get("firstDayOfWeek") == Some("Sunday");
                let passed = if sunday {
                    day.weekday().num_days_from_sunday()
                } else {
                    day.weekday().num_days_from_monday()
                };
                day.checked_add_days(Days::new(u64::from(7 - passed)))?
            }
            "Month" => day.with_day(1)?.checked_add_months(Months::new(1))?,
            "Year" => day.with_day(1)?.with_month(1)?.checked_add_months(Months::new(12))?,
            _ => return None,
        };
        Some(midnight(zone, day))
    };
    let mut steps = vec![from];
    while let Some(last) = steps.last().copied().filter(|last| *last < to) {
        let step = next(last).filter(|next| *next > last);
        steps.push(step.ok_or_else(|| invalid("granularity is not known."))?.min(to));
    }
    let buyer = params.get("buyerType").unwrap_or("All");
    let network = params.get("fulfillmentNetwork");
    let (sku, asin) = (params.get("sku"), params.get("asin"));
    let mut rows = vec![(0_i64, 0_i64, 0_i64, 0_i64); steps.len() - 1];
    let placed = call.seller.placed_between(market, Second(from), Second(to));
    for order in placed.filter_map(|index| call.seller.order(market, index)) {
        let own = match network {
            Some("MFN") => order.network == Network::Mfn,
            Some("AFN") => order.network == Network::Afn,
            _ => true,
        };
        let kind = match buyer {
            "B2B" => order.business,
            "B2C" => !order.business,
            _ => true,
        };
        if !order.sells() || !own || !kind {
            continue;
        }
        let place = steps.partition_point(|step| *step <= order.created_at.0) - 1;
        let mut counted = false;
        for line in &order.lines {
            let listing = (sku.is_some() || asin.is_some()).then(|| call.seller.listing(market, line.variant));
            let wanted = listing.is_none_or(|listing| {
                sku.is_none_or(|sku| sku == listing.sku) && asin.is_none_or(|asin| asin == listing.asin)
            });
            if let Some(row) = rows.get_mut(place).filter(|_| wanted) {
                row.0 += i64::from(line.quantity);
                row.1 += 1;
                row.2 += i64::from(!counted);
                row.3 += if order.priced { line.charge.item } else { 0 };
                counted = true;
            }
        }
    }
    let currency = market.currency();
    let text = |second: i64| {
        Second(second)
            .utc()
            .with_timezone(&zone)
            .format("%Y-%m-%dT%H:%M%:z")
            .to_string()
    };
    let payload = rows.iter().enumerate().map(|(place, (units, items, orders, sales))| {
        json!({
            "interval": format!("{}--{}", text(steps[place]), text(steps[place + 1])),
            "unitCount": units,
            "orderItemCount": items,
            "orderCount": orders,
            "averageUnitPrice": money(currency, over(*sales, *units)),
            "totalSales": money(currency, *sales),
        })
    });
    let payload: Vec<Value> = payload.collect();
    Ok((200, json!({ "payload": payload })))
}
