//! Amazon's own totals: the sales and traffic report, order metrics, economics. They are what figures are held against; of
//! economics, the advertising of single days is spending (contract sections 3.7 to 3.9, failures 35 and 36).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::days::day_of;
use super::markets::{MARKETS, Market, market};
use super::parse::{MoneyNode, micros};
use super::part::{Ads, Stated};
use super::paths::Place;
use super::record::{ADS, first_currency, member, members, text};
use super::{broken, plus};
use crate::connectors::{RawRecord, ReadError, StoredRaw};
use crate::model::{ControlTotal, Currency, Day};

/// The day a text begins with.
fn day(text: &str) -> Option<Day> {
    text.get(..10)?.parse().ok()
}

fn bad_day(text: &str) -> ReadError {
    ReadError {
        code: "not_a_date",
        message: format!("“{}” is no span of days", text.chars().take(60).collect::<String>()),
    }
}

/// Numbers and amounts of an object by name, as plain decimals; one level of objects inside is joined by a point.
fn figures(
    object: &str,
    before: &str,
    into: &mut Vec<(String, String)>,
    currency: &mut Option<Currency>,
) -> Result<(), ReadError> {
    for (name, value) in members(object) {
        let name = format!("{before}{name}");
        let raw = value.get().trim();
        match raw.as_bytes().first() {
            Some(b'{') => match amount(value)? {
                Some((number, own)) => {
                    *currency = currency.or(own);
                    into.push((name, number));
                }
                None if before.is_empty() => figures(raw, &format!("{name}."), into, currency)?,
                None => {}
            },
            Some(b'0'..=b'9' | b'-') => {
                micros(raw, Place::Root.at(&[]))?;
                into.push((name, raw.to_owned()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// An amount with its currency, as it is written.
fn amount(value: &RawValue) -> Result<Option<(String, Option<Currency>)>, ReadError> {
    let inner = members(value.get());
    if member(&inner, "currencyCode").is_none() {
        return Ok(None);
    }
    let node: MoneyNode<'_> = serde_json::from_str(value.get()).map_err(|e| broken(&e))?;
    let Some(read) = node.read(Place::Root.at(&[]))? else {
        return Ok(None);
    };
    let written = member(&inner, "amount").map(|raw| raw.get().trim_matches('"').to_owned());
    Ok(written.map(|number| (number, read.currency)))
}

/// A span in a key: `MARKETPLACE:FROM..TO…`.
fn span(key: &str) -> Option<(&str, Day, Day)> {
    let (outlet, rest) = key.split_once(':')?;
    let (from, rest) = rest.split_once("..")?;
    Some((outlet, day(from)?, day(rest)?))
}

/// A day, week or month of the sales and traffic report. Rows of products say nothing of a day, and do not add up to one.
pub(super) fn traffic(raw: &StoredRaw) -> Result<Option<ControlTotal>, ReadError> {
    let record = &raw.record;
    if record.facet != "by_date" {
        return Ok(None);
    }
    let (outlet, from, to) = span(&record.key).ok_or_else(|| bad_day(&record.key))?;
    let text = std::str::from_utf8(&record.bytes).unwrap_or_default();
    let all = members(text);
    let (mut found, mut currency) = (Vec::new(), None);
    for part in ["salesByDate", "trafficByDate", "sales", "traffic"] {
        if let Some(part) = member(&all, part) {
            figures(part.get(), "", &mut found, &mut currency)?;
        }
    }
    Ok(Some(total("sales_and_traffic", outlet, (from, to), currency, found)))
}

/// An interval of the order metrics.
pub(super) fn metric(raw: &StoredRaw) -> Result<Option<ControlTotal>, ReadError> {
    let text = std::str::from_utf8(&raw.record.bytes).unwrap_or_default();
    let all = members(text);
    let interval = self::text(&all, "interval").unwrap_or_default();
    let (start, end) = interval.split_once("--").unwrap_or((&interval, ""));
    let from = day(start).ok_or_else(|| bad_day(&interval))?;
    // The end is the first moment after it.
    let to = day(end).map_or(from, |end| end.plus(-1)).max(from);
    let hourly = day(end) == Some(from);
    let (mut found, mut currency) = (Vec::new(), None);
    figures(text, "", &mut found, &mut currency)?;
    let outlet = raw.record.key.split(':').next().unwrap_or_default();
    // Hours are no days; they stay as they came.
    Ok((!hourly).then(|| total("order_metrics", outlet, (from, to), currency, found)))
}

fn total(
    report: &str,
    outlet: &str,
    (from, to): (Day, Day),
    currency: Option<Currency>,
    figures: Vec<(String, String)>,
) -> ControlTotal {
    ControlTotal {
        report: report.to_owned(),
        outlet: outlet.to_owned(),
        sku: String::new(),
        from,
        to,
        currency,
        figures,
    }
}

/// What a row of economics says.
pub(super) struct Row {
    /// Its figures, as a total of the SKU.
    pub(super) control: ControlTotal,
    /// Its advertising, where the row is of one day.
    pub(super) ads: Option<Ads>,
    /// What a unit costs, as the seller typed it in at Amazon: SKU, millionths, currency.
    pub(super) cost: Option<(String, i64, Currency)>,
}

/// Reads a row of economics.
pub(super) fn economics(raw: &StoredRaw) -> Result<Row, ReadError> {
    let text = std::str::from_utf8(&raw.record.bytes).unwrap_or_default();
    let all = members(text);
    let of = |name: &str| self::text(&all, name);
    let marketplace = of("marketplaceId").unwrap_or_default();
    let span = |name: &str| {
        of(name)
            .and_then(|text| day(&text))
            .ok_or_else(|| bad_day(&of(name).unwrap_or_default()))
    };
    let (from, to) = (span("startDate")?, span("endDate")?);
    let sku = ["msku", "childAsin", "parentAsin"]
        .iter()
        .find_map(|name| of(name))
        .unwrap_or_default();
    let (mut found, mut currency) = (Vec::new(), None);
    for part in ["sales", "netProceeds"] {
        if let Some(part) = member(&all, part) {
            figures(part.get(), "", &mut found, &mut currency)?;
        }
    }
    let mut spent = Vec::new();
    let ads: Vec<&RawValue> = member(&all, "ads")
        .and_then(|ads| serde_json::from_str(ads.get()).ok())
        .unwrap_or_default();
    let mut sum = 0;
    for (at, ad) in ads.iter().enumerate() {
        let place = Place::Ad.at(&[at]);
        let charge = member(&members(ad.get()), "charge")
            .map(|c| members(c.get()))
            .unwrap_or_default();
        let node = member(&charge, "totalAmount").or(member(&charge, "amount"));
        let Some(node) = node.filter(|node| node.get() != "null") else {
            continue;
        };
        let node: MoneyNode<'_> = serde_json::from_str(node.get()).map_err(|e| broken(&e))?;
        if let Some(read) = node.read(place)? {
            currency = currency.or(read.currency);
            sum = plus(sum, read.micros, place)?;
            spent.push(Stated {
                micros: read.micros,
                place,
            });
        }
    }
    found.push((
        "ads".to_owned(),
        rust_decimal::Decimal::from_i128_with_scale(sum.into(), 6)
            .normalize()
            .to_string(),
    ));
    let control = ControlTotal {
        sku: sku.clone(),
        ..total("economics", &marketplace, (from, to), currency, found)
    };
    let one_day = raw.record.key.starts_with(ADS);
    let ads = one_day.then(|| Ads {
        day: day_of(raw.record.key.split('/').next().unwrap_or_default()).unwrap_or(from),
        market: market(Some(&marketplace), None),
        sku,
        currency,
        spent,
    });
    let cost = member(&all, "cost").map(|cost| members(cost.get())).unwrap_or_default();
    let cost = member(&cost, "costOfGoodsSold").filter(|node| node.get() != "null");
    let cost = match cost.zip(of("msku")) {
        Some((node, sku)) => {
            let node: MoneyNode<'_> = serde_json::from_str(node.get()).map_err(|e| broken(&e))?;
            let read = node.read(Place::Root.at(&[]))?.filter(|read| read.micros >= 0);
            // Without a currency nobody knows what it says.
            read.and_then(|read| Some((sku, read.micros, read.currency?)))
        }
        None => None,
    };
    Ok(Row { control, ads, cost })
}

/// The day of a row of economics, and the units it says were ordered; `None` where it is of a longer span or does not say.
pub(super) fn units_ordered(record: &RawRecord) -> Option<(Day, u64)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        start_date: Day,
        end_date: Day,
        sales: Sales,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sales {
        units_ordered: u64,
    }
    let row: Row = serde_json::from_slice(&record.bytes).ok()?;
    (row.start_date == row.end_date).then_some((row.start_date, row.sales.units_ordered))
}

/// Puts a total whose own answer does not name its marketplace to one: the one that is `given`, else the only one that sells in its
/// currency. Totals of two marketplaces must not take each other's place.
///
/// # Errors
/// The currency of the total, in which several marketplaces sell, or the given one does not; `None` where it states none.
pub fn put_to(record: &mut RawRecord, given: Option<&'static Market>) -> Result<(), Option<Currency>> {
    let totals = matches!(record.stream.as_ref(), "order_metrics" | "sales_and_traffic");
    if !totals || !record.key.starts_with(':') {
        return Ok(());
    }
    let stated = std::str::from_utf8(&record.bytes).ok().and_then(first_currency);
    let currency: Option<Currency> = stated.and_then(|code| code.parse().ok());
    let own = |market: &&Market| currency.is_none() || market.currency() == currency;
    let market = match given {
        Some(given) => Some(given).filter(own),
        None => {
            let mut of_currency = MARKETS.iter().filter(|market| currency.is_some() && own(market));
            let first = of_currency.next();
            first.filter(|_| of_currency.next().is_none())
        }
    };
    let market = market.ok_or(currency)?;
    record.key.insert_str(0, market.id);
    Ok(())
}
