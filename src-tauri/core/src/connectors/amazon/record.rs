//! Which records Amazon's answers hold, and how each is kept: stream, key, facet, and its bytes without personal data. Files and
//! syncs make their records here, so that the same thing by either way is the same record.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::keep;
use super::parse::moment;
use super::settlement::posted;
use super::table::Table;
use crate::connectors::{RawRecord, Source};
use crate::model::{Currency, When, Zone};

/// Why something is no usable record: a short code, and the end of a sentence that begins with its place.
pub type Unusable = (&'static str, String);

/// Begins the keys of days of the account; the currency and the day follow, and in the key of an entry the marketplace it is of.
/// Within [`crate::model::ACCOUNT_DAYS`].
pub const ACCOUNT: &str = "account:";

/// Begins the keys of days of advertising; the marketplace and the day follow.
pub const ADS: &str = "account-ads:";

/// The members of an object, in the order they stand in; none where the text is no object.
pub fn members(text: &str) -> Vec<(String, &RawValue)> {
    let found: Option<std::collections::BTreeMap<String, &RawValue>> = serde_json::from_str(text).ok();
    let mut found: Vec<(String, &RawValue)> = found.unwrap_or_default().into_iter().collect();
    found.sort_by_key(|(_, value)| value.get().as_ptr() as usize);
    found
}

/// The member of a name.
pub fn member<'a>(members: &[(String, &'a RawValue)], name: &str) -> Option<&'a RawValue> {
    members.iter().find(|(n, _)| n == name).map(|(_, value)| *value)
}

/// The text in a member; a number is taken as it is written.
pub fn text(members: &[(String, &RawValue)], name: &str) -> Option<String> {
    let raw = member(members, name)?.get();
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).ok(),
        Some(b'0'..=b'9') => Some(keep::json(raw, false)),
        _ => None,
    }
}

/// An id that can be a key: some text without a slash or signs that cannot be seen.
fn id(members: &[(String, &RawValue)], names: &[&str]) -> Result<String, Unusable> {
    let Some(found) = names.iter().find_map(|name| text(members, name)) else {
        return Err(("missing_field", format!("has no {}", names[0])));
    };
    key(&found, names[0])
}

/// A text as a key.
pub fn key(found: &str, what: &str) -> Result<String, Unusable> {
    let found = found.trim();
    let shown: String = found.chars().filter(|c| !c.is_control()).take(40).collect();
    match found.is_empty() || found.len() > 200 || found.contains('/') || found.chars().any(char::is_control) {
        true => Err(("bad_id", format!("has a {what} “{shown}” that is none"))),
        false => Ok(found.to_owned()),
    }
}

/// A SKU as a key: sellers put any sign into one, slashes too.
pub fn sku(found: &str) -> Result<String, Unusable> {
    let found = found.trim();
    match found.is_empty() || found.len() > 200 || found.chars().any(char::is_control) {
        true => Err(("bad_id", "has a SKU that is none".to_owned())),
        false => Ok(found.to_owned()),
    }
}

fn sku_of(members: &[(String, &RawValue)], name: &str) -> Result<String, Unusable> {
    match text(members, name) {
        Some(found) => sku(&found),
        None => Err(("missing_field", format!("has no {name}"))),
    }
}

fn version(members: &[(String, &RawValue)], name: &str) -> i64 {
    let at = text(members, name).and_then(|text| moment(&text));
    // A moment before the first second is as good as none.
    at.map_or(0, |at| at.sort_key().max(0))
}

fn made(
    stream: &'static str,
    key: String,
    facet: impl Into<Cow<'static, str>>,
    source: Source,
    version: i64,
    bytes: String,
) -> RawRecord {
    RawRecord {
        stream: stream.into(),
        key,
        facet: facet.into(),
        source,
        version,
        bytes: bytes.into_bytes(),
    }
}

/// An order of the current interface.
pub fn order(text: &str) -> Result<RawRecord, Unusable> {
    let members = members(text);
    let key = id(&members, &["orderId"])?;
    let version = version(&members, "lastUpdatedTime");
    Ok(made(
        "orders",
        key,
        "order",
        Source::Page,
        version,
        keep::json(text, true),
    ))
}

/// An order of the older interface, without its items.
pub fn old_order(text: &str) -> Result<RawRecord, Unusable> {
    let members = members(text);
    let key = id(&members, &["AmazonOrderId"])?;
    let version = version(&members, "LastUpdateDate");
    Ok(made(
        "orders",
        key,
        "order",
        Source::Legacy,
        version,
        keep::json(text, true),
    ))
}

/// The items of an order of the older interface: the answer's payload.
pub fn old_items(text: &str) -> Result<RawRecord, Unusable> {
    let key = id(&members(text), &["AmazonOrderId"])?;
    Ok(made("orders", key, "items", Source::Legacy, 0, keep::json(text, true)))
}

/// The day of the account that money without an order belongs to: the UTC day it was posted.
fn account(currency: Option<&str>, at: Option<When>) -> String {
    let day = at.map_or_else(|| "undated".to_owned(), |at| at.day(Zone::UTC).to_string());
    format!("{ACCOUNT}{}:{day}", currency.unwrap_or("unknown"))
}

/// A transaction of Finances 2024-06-19. Its key begins with the order's, or with the day of the account.
pub fn transaction(raw: &str) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let related: Vec<&RawValue> = member(&members, "relatedIdentifiers")
        .and_then(|list| serde_json::from_str(list.get()).ok())
        .unwrap_or_default();
    let order = related.iter().find_map(|entry| {
        let entry = self::members(entry.get());
        let is = text(&entry, "relatedIdentifierName").as_deref() == Some("ORDER_ID");
        text(&entry, "relatedIdentifierValue").filter(|value| is && !value.trim().is_empty())
    });
    let owner = match order {
        Some(order) => key(&order, "ORDER_ID")?,
        None => {
            let total = member(&members, "totalAmount").map(|total| self::members(total.get()));
            let stated = total.and_then(|total| text(&total, "currencyCode"));
            let currency = stated.or_else(|| first_currency(raw).map(str::to_owned));
            account(
                currency.as_deref(),
                super::money::dated(text(&members, "postedDate").as_deref()),
            )
        }
    };
    // The id may hold any sign; what names no transaction is told by what it says.
    let id = text(&members, "transactionId").filter(|id| !id.is_empty());
    let kept = keep::json(raw, false);
    let id = id.unwrap_or_else(|| said(&kept));
    Ok(made(
        "finances",
        format!("{owner}/{id}"),
        "transaction",
        Source::Page,
        0,
        kept,
    ))
}

/// The first currency that a record of money names.
pub(super) fn first_currency(raw: &str) -> Option<&str> {
    let (_, rest) = raw.split_once("urrencyCode\"")?;
    rest.split('"').nth(1)
}

/// An event of Finances v0, out of the list `list`; `twin` counts the same event in one answer. It is told by what it says, in
/// whatever way its file writes JSON.
pub fn event(list: &str, raw: &str, twin: usize) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let find = |names: &[&str]| names.iter().find_map(|name| text(&members, name));
    let owner = match find(&["AmazonOrderId", "amazonOrderId"]).filter(|id| !id.trim().is_empty()) {
        Some(order) => key(&order, "AmazonOrderId")?,
        None => {
            let currency = first_currency(raw);
            account(
                currency,
                super::money::dated(find(&["PostedDate", "postedDate"]).as_deref()),
            )
        }
    };
    let kept = keep::json(raw, false);
    let key = format!("{owner}/{list}:{}:{twin}", said(&kept));
    Ok(made("finances", key, format!("event:{list}"), Source::Legacy, 0, kept))
}

/// An inventory summary of a marketplace.
pub fn summary(raw: &str, marketplace: Option<&str>) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let key = sku_of(&members, "sellerSku")?;
    let facet = format!("fba:{}", marketplace.unwrap_or_default());
    let version = version(&members, "lastUpdatedTime");
    Ok(made(
        "inventory",
        key,
        facet,
        Source::Page,
        version,
        keep::json(raw, false),
    ))
}

/// A SKU that a whole sweep of a marketplace's stock does not name any more: a summary that states nothing but the SKU.
pub fn unnamed(sku: &str, marketplace: &str, version: i64) -> RawRecord {
    let bytes = serde_json::json!({ "sellerSku": sku }).to_string();
    made(
        "inventory",
        sku.to_owned(),
        format!("fba:{marketplace}"),
        Source::Page,
        version,
        bytes,
    )
}

/// Begins the facet of a row of a listings report of another marketplace than the account is at home in; its id follows.
const ABROAD: &str = "listing_report:";

/// A row of the listings report as one of a marketplace. Rows of the one the account is at home in are of a higher version, so that
/// what they say of a SKU counts, in whatever order the files come.
pub fn of_marketplace(record: RawRecord, marketplace: &str, home: bool) -> RawRecord {
    match home {
        true => RawRecord { version: 1, ..record },
        false => RawRecord {
            facet: format!("{ABROAD}{marketplace}").into(),
            ..record
        },
    }
}

/// The marketplace of such a row, where it is not the one the account is at home in.
pub fn marketplace_of(record: &RawRecord) -> Option<&str> {
    record.facet.strip_prefix(ABROAD)
}

/// A listing.
pub fn listing(raw: &str) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let key = sku_of(&members, "sku")?;
    let summaries: Vec<&RawValue> = member(&members, "summaries")
        .and_then(|s| serde_json::from_str(s.get()).ok())
        .unwrap_or_default();
    let changed = summaries
        .iter()
        .map(|s| version(&self::members(s.get()), "lastUpdatedDate"))
        .max();
    Ok(made(
        "listings",
        key,
        "listing",
        Source::Page,
        changed.unwrap_or(0),
        keep::json(raw, false),
    ))
}

/// An item of the catalogue.
pub fn item(raw: &str) -> Result<RawRecord, Unusable> {
    let key = id(&members(raw), &["asin"])?;
    Ok(made("catalog", key, "item", Source::Page, 0, keep::json(raw, false)))
}

/// A marketplace the account takes part in.
pub fn participation(raw: &str) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let marketplace = member(&members, "marketplace")
        .map(|m| self::members(m.get()))
        .unwrap_or_default();
    let key = id(&marketplace, &["id"])?;
    Ok(made(
        "marketplaces",
        key,
        "participation",
        Source::Page,
        0,
        keep::json(raw, false),
    ))
}

/// A row of the sales and traffic report: by date (`by_date`), or of one product over the whole range (`by_asin`).
pub fn traffic(raw: &str, facet: &'static str, marketplace: &str, from: &str, to: &str) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let sales = text(&members, "date");
    let span = match &sales {
        Some(date) => format!("{date}..{date}"),
        None => format!("{from}..{to}"),
    };
    let product: Vec<String> = ["parentAsin", "childAsin", "sku"]
        .iter()
        .filter_map(|name| text(&members, name))
        .collect();
    let name = match product.is_empty() {
        true => String::new(),
        false => format!(":{}", product.join(":")),
    };
    Ok(made(
        "sales_and_traffic",
        format!("{marketplace}:{span}{name}"),
        facet,
        Source::Page,
        0,
        keep::json(raw, false),
    ))
}

/// A row of a Data Kiosk document.
pub fn kiosk(raw: &str, economics: bool) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let marketplace = id(&members, &["marketplaceId"])?;
    let (from, to) = (id(&members, &["startDate"])?, id(&members, &["endDate"])?);
    if !economics {
        let by_asin = ["parentAsin", "childAsin", "sku"]
            .iter()
            .any(|name| text(&members, name).is_some());
        return traffic(
            raw,
            if by_asin { "by_asin" } else { "by_date" },
            &marketplace,
            &from,
            &to,
        );
    }
    let product: Vec<String> = ["msku", "childAsin", "parentAsin"]
        .iter()
        .filter_map(|name| text(&members, name))
        .collect();
    // A day of advertising belongs to its day; longer spans stand by themselves.
    let owner = match from == to {
        true => format!("{ADS}{marketplace}:{from}"),
        false => format!("{marketplace}:{from}..{to}"),
    };
    Ok(made(
        "economics",
        format!("{owner}/{}", product.join(":")),
        "economics",
        Source::Page,
        0,
        keep::json(raw, false),
    ))
}

/// An interval of the order metrics; `marketplace` is empty where the answer does not name it ([`super::put_to`]).
pub fn metric(raw: &str, marketplace: &str) -> Result<RawRecord, Unusable> {
    let members = members(raw);
    let Some(interval) = text(&members, "interval") else {
        return Err(("missing_field", "has no interval".to_owned()));
    };
    Ok(made(
        "order_metrics",
        format!("{marketplace}:{interval}"),
        "metrics",
        Source::Page,
        0,
        keep::json(raw, false),
    ))
}

/// The columns of a report that must not be kept, by their places.
pub fn personal(header: &str) -> Vec<usize> {
    let columns = header.split('\t').enumerate();
    columns
        .filter(|(_, name)| keep::is_personal_column(name))
        .map(|(at, _)| at)
        .collect()
}

/// The rows of one order in an all-orders report; `lines` begin with the header.
pub fn report_order(order: &str, lines: &[String]) -> RawRecord {
    let bytes = joined(lines);
    let text = bytes.as_str();
    let table = Table::of(text);
    let updated = (0..table.rows())
        .filter_map(|row| moment(table.get(row, "last-updated-date")?))
        .map(When::sort_key)
        .max();
    made(
        "orders",
        order.to_owned(),
        "report",
        Source::Bulk,
        updated.unwrap_or(0).max(0),
        bytes,
    )
}

/// A row of a report about one SKU; `lines` are the header and the row.
pub fn report_sku(stream: &'static str, facet: &'static str, sku: &str, lines: &[String]) -> RawRecord {
    made(stream, sku.to_owned(), facet, Source::Bulk, 0, joined(lines))
}

/// The rows of one order, or of one day of the account, in a settlement report; `lines` begin with header and summary.
pub fn settlement(owner: &str, settlement: &str, lines: &[String]) -> RawRecord {
    made(
        "settlements",
        format!("{owner}/{settlement}"),
        "rows",
        Source::Bulk,
        0,
        joined(lines),
    )
}

/// The summary row of a settlement report; `lines` are header and summary.
pub fn settlement_summary(settlement: &str, lines: &[String]) -> RawRecord {
    made(
        "settlements",
        settlement.to_owned(),
        "summary",
        Source::Bulk,
        0,
        joined(lines),
    )
}

/// The sum of a settlement's rows and its stated total, where both can be read and differ: then rows are missing.
pub fn settlement_gap(table: &Table<'_>, rows: &[usize], summary: usize) -> Option<(String, String)> {
    let currency: Currency = table.get(summary, "currency")?.parse().ok()?;
    let (place, decimals) = (crate::model::PathRef::default(), table.decimals());
    let read = |row: usize, column: &str| {
        super::parse::cell_micros(table.get(row, column)?, Some(currency), decimals, place).ok()
    };
    let stated = read(summary, "total-amount")?;
    let sum = rows
        .iter()
        .try_fold(0_i64, |sum, row| sum.checked_add(read(*row, "amount")?))?;
    (sum != stated).then(|| (currency.format(sum), currency.format(stated)))
}

/// Whose a settlement row is: the order's, or the account's day.
pub fn settlement_owner(table: &Table<'_>, row: usize, currency: Option<&str>) -> Result<String, Unusable> {
    match table.get(row, "order-id") {
        Some(order) => key(order, "order-id"),
        None => Ok(account(currency, posted(table, row))),
    }
}

fn joined(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// A short name of what a record without an id says, in whatever way its file writes JSON.
pub(super) fn said(kept: &str) -> String {
    format!("{:016x}", hash(&keep::meaning(kept)))
}

/// A small stable hash (FNV-1a).
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
