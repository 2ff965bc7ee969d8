//! Orders in the shape of Shopify's orders CSV export (contract section 6.2): all rows of one order, header row first.

use std::collections::HashMap;

use super::part::{Amount, Fulfilment, LinePart, OrderPart, Parcel, Refund, ShippingPart, Whole};
use super::paths::Place;
use super::{amount_error, bounds};
use crate::connectors::{ReadCtx, ReadError};
use crate::model::{Currency, Day, Money, PathRef, When};

/// Columns without which a file is no orders export.
pub const REQUIRED: [&str; 6] = [
    "Name",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Total",
];

/// A row with access by column name; older exports lack the tail, resaved ones may change the order.
struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    cells: csv::StringRecord,
}

impl Row<'_> {
    fn get(&self, column: &str) -> Option<&str> {
        self.columns
            .get(column)
            .and_then(|i| self.cells.get(*i))
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
    }

    fn micros(&self, column: &str, place: PathRef, currency: Currency) -> Result<Option<i64>, ReadError> {
        self.get(column)
            .map(|text| {
                let money = Money::parse(text, currency).map_err(|e| amount_error(&e, place))?;
                bounds::within(money.micros, place)
            })
            .transpose()
    }
}

/// Reads `2026-05-01 09:58:12 -0400`. A file resaved by a spreadsheet loses the offset; the text is then local to the
/// connection's zone, and a bare date is a day.
fn moment(text: &str, ctx: &ReadCtx) -> Option<When> {
    let text = text.trim();
    if let Ok(at) = chrono::DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z") {
        return Some(When::Instant(at.timestamp()));
    }
    if let Some(at) = When::parse_rfc3339(text) {
        return Some(at);
    }
    for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"] {
        if let Ok(local) = chrono::NaiveDateTime::parse_from_str(text, form) {
            let day = ctx.zone.start_of(Day::from_date(local.date()));
            let second = i64::from(chrono::Timelike::num_seconds_from_midnight(&local.time()));
            return Some(When::Instant(day + second));
        }
    }
    text.parse::<Day>().ok().map(When::Day)
}

/// Reads one order: `bytes` are the file's header row and the rows of the order, as they stood in the file.
pub(super) fn read(ctx: &ReadCtx, bytes: &[u8]) -> Result<OrderPart, ReadError> {
    let unreadable = |message: String| ReadError {
        code: "broken_csv",
        message,
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let columns: HashMap<String, usize> = reader
        .headers()
        .map_err(|e| unreadable(e.to_string()))?
        .iter()
        .enumerate()
        .map(|(i, name)| (name.trim().trim_start_matches('\u{feff}').to_owned(), i))
        .collect();
    let rows: Result<Vec<Row<'_>>, _> = reader
        .records()
        .map(|cells| {
            cells.map(|cells| Row {
                columns: &columns,
                cells,
            })
        })
        .collect();
    let rows = rows.map_err(|e| unreadable(e.to_string()))?;
    let head = rows.first().ok_or_else(|| unreadable("no row".into()))?;
    let currency = match head.get("Currency") {
        Some(code) => code
            .parse::<Currency>()
            .map_err(|e| amount_error(&e, Place::CsvTotal.at(&[1])))?,
        None => ctx
            .currency
            .ok_or_else(|| unreadable("no Currency column; name the currency when importing".into()))?,
    };
    let when = |column: &str| match head.get(column) {
        None => Ok(None),
        Some(text) => moment(text, ctx)
            .map(Some)
            .ok_or_else(|| unreadable(format!("“{column}”: “{text}” is no date"))),
    };
    let placed_at = when("Created at")?;
    let cancelled_at = when("Cancelled at")?;
    let fulfilled_at = when("Fulfilled at")?;
    let amount = |column: &str, place: PathRef| -> Result<Option<Amount>, ReadError> {
        Ok(head
            .micros(column, place, currency)?
            .map(|micros| Amount { micros, path: place }))
    };
    let total = amount("Total", Place::CsvTotal.at(&[1]))?;
    let tax = amount("Taxes", Place::CsvTaxes.at(&[1]))?;
    let shipping = amount("Shipping", Place::CsvShipping.at(&[1]))?;
    let refunded = amount("Refunded Amount", Place::CsvRefunded.at(&[1]))?.filter(|a| a.micros != 0);
    let duty = amount("Duties", Place::CsvDuties.at(&[1]))?.filter(|a| a.micros != 0);
    let code_discount = amount("Discount Amount", Place::CsvDiscount.at(&[1]))?.map_or(0, |a| a.micros);
    let mut lines = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let place = Place::CsvPrice.at(&[index + 1]);
        let Some(quantity) = row.get("Lineitem quantity") else {
            continue;
        };
        let quantity: i32 = quantity
            .parse()
            .map_err(|_| unreadable(format!("row {}: “{quantity}” is no quantity", index + 1)))?;
        let quantity = bounds::units(quantity, place)?;
        let unit = row.micros("Lineitem price", place, currency)?;
        let price = unit.map(|unit| bounds::times(bounds::price(unit, place)?, quantity, place));
        lines.push(LinePart {
            id: format!("row{}", index + 1),
            sku: row.get("Lineitem sku").unwrap_or_default().to_owned(),
            title: row.get("Lineitem name").unwrap_or_default().to_owned(),
            quantity,
            ships: row.get("Lineitem requires shipping") != Some("false"),
            price: price.transpose()?.map(|micros| Amount { micros, path: place }),
            discount: row.micros("Lineitem discount", place, currency)?.unwrap_or(0),
            discount_shown: true,
            ..LinePart::default()
        });
    }
    // What the lines lost is what lies between their prices and the subtotal; the discount column may include shipping.
    let (mut on_lines, mut prices) = (0, 0);
    for line in &lines {
        let place = line.price.map_or(Place::CsvPrice.at(&[1]), |p| p.path);
        on_lines = bounds::plus(on_lines, line.discount, place)?;
        prices = bounds::plus(prices, line.price.map_or(0, |p| p.micros), place)?;
    }
    let mut doubts = Vec::new();
    if let Some(subtotal) = amount("Subtotal", Place::CsvTotal.at(&[1]))?.filter(|s| s.micros > prices - on_lines) {
        doubts.push(ReadError {
            code: "totals_differ",
            message: format!(
                "the order's rows come to {} {currency}, its subtotal is {}: rows of it are missing",
                currency.format(prices - on_lines),
                currency.format(subtotal.micros)
            ),
        });
    }
    let lost = amount("Subtotal", Place::CsvTotal.at(&[1]))?.map_or(code_discount, |s| prices - s.micros);
    if lost > on_lines {
        let weights: Vec<i64> = lines
            .iter()
            .map(|l| l.price.map_or(0, |p| p.micros) - l.discount)
            .collect();
        let shares = crate::model::split_evenly_by_weight(lost - on_lines, &weights, currency.smallest_unit());
        for (line, share) in lines.iter_mut().zip(shares) {
            line.discount += share;
        }
    }
    let fulfilment = head.get("Fulfillment Status").unwrap_or_default().to_lowercase();
    let fulfilments = (fulfilment == "fulfilled").then(|| {
        vec![Fulfilment {
            id: "export".into(),
            at: fulfilled_at.or(placed_at),
            state: Parcel::Sent,
            lines: None,
        }]
    });
    let refunds = refunded
        .map(|total| Refund {
            id: "export".into(),
            at: placed_at,
            total: Some(total),
            ..Refund::default()
        })
        .into_iter()
        .collect();
    Ok(OrderPart::Whole(Box::new(Whole {
        name: head.get("Name").map(str::to_owned),
        placed_at,
        updated_at: None,
        cancelled_at,
        test: false,
        taxes_included: taxes_included(&lines, shipping, tax, total, duty),
        currency: Some(currency),
        payment: head.get("Financial Status").unwrap_or_default().to_lowercase(),
        fulfilment,
        source_name: head.get("Source").unwrap_or_default().to_lowercase(),
        country: head.get("Shipping Country").map(str::to_owned),
        total,
        duty,
        tax,
        breadth: 8,
        lines: Some(lines),
        shipping: Some(
            shipping
                .filter(|s| s.micros != 0)
                .map(|price| ShippingPart {
                    price: Some(price),
                    ..ShippingPart::default()
                })
                .into_iter()
                .collect(),
        ),
        fulfilments: Some(fulfilments.unwrap_or_default()),
        refunds: Some(refunds),
        doubts,
        exported: true,
        ..Whole::default()
    })))
}

/// The export does not say whether prices include tax; the total does: it equals lines and shipping without the tax.
fn taxes_included(
    lines: &[LinePart],
    shipping: Option<Amount>,
    tax: Option<Amount>,
    total: Option<Amount>,
    duty: Option<Amount>,
) -> bool {
    let goods: i64 = lines.iter().map(|l| l.price.map_or(0, |p| p.micros) - l.discount).sum();
    let micros = |a: Option<Amount>| a.map_or(0, |a| a.micros);
    tax.is_some_and(|t| t.micros != 0) && goods + micros(shipping) + micros(duty) == micros(total)
}
