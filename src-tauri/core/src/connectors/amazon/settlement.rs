//! Settlement reports (V2): the header, the summary row, and the rows of one order, or of one day of the account.

use std::collections::BTreeMap;

use super::broken_report;
use super::leaf::{family, what};
use super::markets::market;
use super::parse::{cell_micros, cell_units, moment, moment_at};
use super::part::{Entry, Family, Leaf, Ledger};
use super::paths::Place;
use super::record::ACCOUNT;
use super::table::Table;
use crate::connectors::ReadError;
use crate::model::{Currency, Payout, When, Zone};

/// Columns without which a file is no settlement report of the second version.
pub const REQUIRED: [&str; 5] = [
    "settlement-id",
    "transaction-type",
    "amount-type",
    "amount-description",
    "amount",
];

/// Columns of the first version, which has ended.
pub const FIRST_VERSION: [&str; 2] = ["price-type", "item-related-fee-type"];

fn table(bytes: &[u8]) -> Result<Table<'_>, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|e| broken_report(&e.to_string()))?;
    Ok(Table::of(text))
}

fn currency(table: &Table<'_>) -> Option<Currency> {
    (0..table.rows()).find_map(|row| table.get(row, "currency")?.parse().ok())
}

/// When a row was posted: the moment where it is stated, else the day.
pub(super) fn posted(table: &Table<'_>, row: usize) -> Option<When> {
    let of = |column: &str| table.get(row, column).and_then(moment);
    match of("posted-date-time") {
        Some(When::Instant(at)) => Some(When::Instant(at)),
        other => of("posted-date").or(other),
    }
}

/// The payout that the summary row tells of.
pub(super) fn summary(id: &str, bytes: &[u8]) -> Result<Option<Payout>, ReadError> {
    let table = table(bytes)?;
    let row = (0..table.rows()).find(|row| table.get(*row, "total-amount").is_some());
    let (Some(row), Some(currency)) = (row, currency(&table)) else {
        return Ok(None);
    };
    let place = Place::Row.at(&[row + 1]);
    let net = cell_micros(
        table.get(row, "total-amount").unwrap_or_default(),
        Some(currency),
        table.decimals(),
        place,
    )?;
    let day = ["deposit-date", "settlement-end-date"]
        .iter()
        .find_map(|column| table.get(row, column));
    let Some(day) = day else { return Ok(None) };
    Ok(Some(Payout {
        key: id.to_owned(),
        day: moment_at(day, "deposit-date", place)?.day(Zone::UTC),
        status: "paid".to_owned(),
        net,
        fees: None,
        currency,
    }))
}

/// What the rows of an order or a day (`owner`) say: an entry per kind of transaction and moment, and per marketplace of what is
/// charged beside; of the account's rows with a bare day each is one by itself. Identical rows are real, each counts.
pub(super) fn entries(owner: &str, settlement: &str, bytes: &[u8]) -> Result<Vec<Entry>, ReadError> {
    let table = table(bytes)?;
    let currency = currency(&table);
    let mut entries: BTreeMap<(String, String, i64, String, usize), Entry> = BTreeMap::new();
    let decimals = table.decimals();
    let of_account = owner.starts_with(ACCOUNT);
    // Items of shipments whose units are counted.
    let mut counted = Vec::new();
    for row in 0..table.rows() {
        let Some(kind) = table.get(row, "transaction-type") else {
            continue;
        };
        let place = Place::Row.at(&[row + 1]);
        let cell = |column: &str| table.get(row, column);
        let text = cell("amount").ok_or_else(|| ReadError {
            code: "missing_field",
            message: format!("{}: no amount", super::paths::render(place)),
        })?;
        let micros = cell_micros(text, currency, decimals, place)?;
        let at = posted(&table, row);
        let family = family(kind);
        let key = (
            kind.to_owned(),
            cell("adjustment-id").unwrap_or_default().to_owned(),
            at.map_or(0, When::sort_key),
            // An order is of one marketplace, a day of the account of several.
            match family {
                Family::Other => cell("marketplace-name").unwrap_or_default().to_owned(),
                _ => String::new(),
            },
            match at {
                Some(When::Day(_)) if of_account => row,
                _ => 0,
            },
        );
        let entry = entries.entry(key.clone()).or_insert_with(|| Entry {
            ledger: Ledger::Settlement,
            id: format!("{owner}/{settlement}:{}", row + 1),
            beside: false,
            family,
            at,
            market: market(None, cell("marketplace-name")),
            currency,
            counts: true,
            releases: None,
            moves: false,
            leaves: Vec::new(),
            total: None,
        });
        let words = [
            kind,
            cell("amount-type").unwrap_or_default(),
            cell("amount-description").unwrap_or_default(),
        ];
        let sku = cell("sku").map(str::to_owned);
        let item = cell("order-item-code").or(cell("sku"));
        // Every row of an item repeats its units; they stand on the first of it in each shipment.
        let (item, shipment) = (item.unwrap_or_default(), cell("shipment-id").unwrap_or_default());
        let known = counted.iter().any(|(k, i, s): &(_, &str, &str)| {
            *k == key && *i == item && (*s == shipment || s.is_empty() || shipment.is_empty())
        });
        let units = match family {
            Family::Other => 0,
            _ if known => 0,
            _ => cell("quantity-purchased")
                .map(|text| cell_units(text, decimals, place))
                .transpose()?
                .unwrap_or(0),
        };
        if units > 0 {
            counted.push((key, item, shipment));
        }
        entry.leaves.push(Leaf {
            what: what(family, &words),
            sku,
            units,
            title: None,
            micros,
            place,
        });
    }
    Ok(entries.into_values().collect())
}
